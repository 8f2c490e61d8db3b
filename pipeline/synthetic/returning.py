"""What each service puts in its return: the tables of the study cut by site, in the words of the return's schemas."""

from __future__ import annotations

import numpy as np

from pipeline.codes import INTERVENTIONS, PATHWAYS
from pipeline.synthetic.aggregates import aggregate_rows
from pipeline.synthetic.calibration import PERIOD_END, PERIOD_START
from pipeline.synthetic.drawing import Column, Dates, Flags, Table, Texts, Whole, only_where
from pipeline.synthetic.services import Service
from pipeline.synthetic.study import Study

REGIONS = 7
AS_DAYS = {
    **{"assessment_date": "assessment_day", "first_treatment_date": "first_treatment_day", "end_date": "end_day"},
    **{"contact_date": "contact_day", "date": "day"},
}


def tables_of(study: Study, number: int) -> dict[str, Table]:
    """Make the tables that service `number` returns, columns in the order of the schemas."""
    service, here = study.services[number], study.site == number
    tables: dict[str, Table] = {"service": _service(service, number)}
    if service.is_aggregate:
        parts = (study.people, study.courses, study.entry, study.later, study.returned)
        tables["aggregates"] = aggregate_rows(service, here, *parts)
    else:
        tables["referrals"] = _referrals(study, here)
        tables["contacts"] = _cut(study, *study.contacts, here)
        tables["outcomes"] = _cut(study, *study.outcomes, here)
        if service.stores_items:
            answers = study.answers[here[study.outcomes[0]]]
            tables["outcomes"] |= {f"item_{i + 1}": answers[:, i] for i in range(answers.shape[1])}
        if service.dated_by == "days":
            tables = _by_days(tables)
    if number in study.activity:
        tables["activity"] = study.activity[number]
    tables |= study.voices.tables.get(number, {})
    return {name: _in_order(name, service.site_id, table) for name, table in tables.items()}


def _yes_no(values: Flags | list[bool]) -> Texts:
    return np.where(values, "y", "n").astype(object)


def _service(service: Service, number: int) -> Table:
    offers, contexts = service.offers, service.contexts
    others = ("prior_therapy_required", "trauma_training_delivered", "lived_experience_group")
    yes_no = {name: offers[name] for name in (*PATHWAYS, *INTERVENTIONS, *others)} | contexts
    words = {
        "wave": service.wave,
        "region": f"Region {'ABCDEFG'[number % REGIONS]}",
        "nil_return": "n",
        "area": "whole_system" if offers["whole_system"] else "pilot",
    }
    days = {"go_live_date": service.go_live, "period_start": PERIOD_START, "period_end": PERIOD_END}
    table: Table = {name: np.array([word], dtype=object) for name, word in words.items()}
    table |= {name: np.array([day]) for name, day in days.items()}
    table |= {name: _yes_no([is_so]) for name, is_so in yes_no.items()}
    table |= {f"wte_{name}": np.array([wte]) for name, wte in service.staff.items()}
    table["invented"] = _yes_no([True])
    return table | {"return_version": np.array([1]), "time_limit_months": np.array([service.time_limit_months])}


def _referrals(study: Study, here: Flags) -> Table:
    people, decisions, courses = study.people, study.decisions, study.courses
    pairs = zip(people.pathway[here], people.second_pathway[here], strict=True)
    eligible = only_where(decisions.is_accepted, _yes_no(decisions.is_eligible))
    started = ~np.isnat(courses.started)
    columns: dict[str, Column] = {
        "referral_id": study.referral_id,
        "person_id": study.person_id,
        "client": np.full(len(here), "woman_or_birthing_parent", dtype=object),
        "referral_date": people.referred,
        "referral_source": people.source,
        "perinatal_stage": people.stage,
        "age_band": people.age[study.first_of],
        "ethnic_category": people.ethnic[study.first_of],
        "imd_decile": people.deprivation[study.first_of],
        "accepted": decisions.accepted,
        "rejection_reason": decisions.reason,
        "assessment_date": courses.assessed,
        "first_treatment_date": courses.started,
        "end_date": courses.ended,
        "end_reason": study.end_reason,
        "intervention": only_where(started, people.intervention),
        "eligible_for_outcomes": eligible,
    }
    table = {name: values[here] for name, values in columns.items()}
    return table | {"pathway": np.array([";".join(filter(None, pair)) for pair in pairs], dtype=object)}


def _cut(study: Study, row: Whole, table: Table, here: Flags) -> Table:
    kept = here[row]
    return {"referral_id": study.referral_id[row[kept]], **{name: values[kept] for name, values in table.items()}}


def _by_days(tables: dict[str, Table]) -> dict[str, Table]:
    """Months and days from referral in place of dates. Referrals fall on the first of a month, so nothing is lost."""
    referrals = tables["referrals"]
    order = np.argsort(referrals["referral_id"])
    known, referred = referrals["referral_id"][order], referrals["referral_date"][order]
    changed = {"service": tables["service"]}
    for name in ("referrals", "contacts", "outcomes"):
        table = tables[name]
        origin: Dates = referred[np.searchsorted(known, table["referral_id"])]
        changed[name] = {AS_DAYS.get(c, c): _days_since(v, origin) if c in AS_DAYS else v for c, v in table.items()}
    changed["referrals"]["referral_month"] = changed["referrals"].pop("referral_date").astype("datetime64[M]")
    return changed


def _days_since(dates: Dates, origin: Dates) -> Column:
    """Whole days, NaN where there is no date."""
    return np.where(np.isnat(dates), np.nan, (dates - origin).astype(np.int64).astype(float))


def _in_order(name: str, site_id: str, table: Table) -> Table:
    """Add the site; order columns as the schema does, items last. An unknown column is a fault of ours: KeyError."""
    from pipeline.tables.returned import RETURNED

    rows = len(next(iter(table.values())))
    table = {"site_id": np.full(rows, site_id, dtype=object), **table}
    known = [column for column in RETURNED[name].columns if column in table]
    items = [column for column in table if column.startswith("item_")]
    unknown = set(table) - set(known) - set(items)
    if unknown:
        raise KeyError(f"{name}: no such column in a return: {', '.join(sorted(unknown))}")
    return {column: table[column] for column in (*known, *items)}

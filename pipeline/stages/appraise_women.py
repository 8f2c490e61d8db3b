"""The women behind a theory: one number each for its outcome, in its population, and whether she has its context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.theories.vocabulary import MATCHED, VOICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

    from pipeline.config import AccessSettings, CompareSettings
    from pipeline.measures import Measure
    from pipeline.theories import Theory

KEY = ["site_id", "referral_id"]
TABLES_OF_VOICES = ("experience_summary", "staff_change", "training_change")


@dataclass(frozen=True, kw_only=True, eq=False)
class Records:
    """What is known of women, as the stages before made it; `measures`: those of the study, the first one first."""

    change: DataFrame
    due: DataFrame
    referrals: DataFrame
    contacts: DataFrame
    experience: DataFrame
    measures: dict[str, Measure]
    compare: CompareSettings
    access: AccessSettings
    data_cut: Any = None
    voices: Mapping[str, DataFrame] = field(default_factory=dict)

    @classmethod
    def of(
        cls, rows: dict[str, DataFrame], measures: dict[str, Measure], compare: CompareSettings, access: AccessSettings
    ) -> Records:
        """From the tables that the plan names as those of the women of theories."""
        tables = {"change": rows["change"], "due": rows["due"], "data_cut": rows["flow"]["data_cut"].max()}
        tables |= {name: rows[f"accepted_{name}"] for name in ("referrals", "contacts", "experience")}
        voices = {name: rows[name] for name in TABLES_OF_VOICES}
        return cls(measures=measures, compare=compare, access=access, voices=voices, **tables)

    def measure_of(self, theory: Theory) -> str:
        """The measure behind an outcome: its own, else the study's first; blank for a wait, and for what people say."""
        own, kind = theory.outcome.measure, theory.outcome.kind
        return own or ("" if kind in ("wait", *VOICES) else next(iter(self.measures), ""))


def women_of(theory: Theory, records: Records, service: DataFrame) -> DataFrame:
    """One row a woman of the theory's population: site, referral, `y`, first score (`pre`, missing for a wait) and `x`.

    `y` is improvement in points; whether she recovered, of those who were cases; whether she has a second score, of those due
    one who have a first; whether she was seen within the weeks, or the days until then. `x`: whether she has the context,
    missing where that is not known, and for contexts of sites.
    """
    kinds = {"change": _changed, "recovered": _recovered, "retention": _retained}
    kind = theory.outcome.kind
    women = _waited(theory, records, service) if kind == "wait" else kinds[kind](records, records.measure_of(theory))
    known = records.referrals.drop_duplicates(KEY).drop(columns="person_id")
    women = women.merge(known, on=KEY, how="left").sort_values(KEY, kind="stable", ignore_index=True)
    if theory.population is not None:
        for column, codes in theory.population.chosen.items():
            women = women[holds(_values(women, column), codes).fillna(value=False).astype(bool)]
    women = women.reset_index(drop=True)
    return women.assign(x=_has_context(theory, women))


def holds(values: Series[Any], codes: tuple[str, ...]) -> Series[Any]:
    """Whether any of `codes` stands in each value, one code or several joined by semicolons; missing where it is."""
    listed = ";" + values.astype("str").fillna("").str.replace(" ", "") + ";"
    found = listed.str.contains("|".join(f";{code};" for code in codes), regex=True)
    return found.astype("boolean").where(values.notna())


def _values(women: DataFrame, column: str) -> Series[Any]:
    if column == "deprivation_fifth":
        fifth = (women["imd_decile"].astype("float64") + 1) // 2
        return fifth.map(lambda number: f"{number:.0f}", na_action="ignore").astype("str")
    if column == "ethnic_group":
        from pipeline.stages.access_equity import GROUP_OF_CATEGORY

        return women["ethnic_category"].map(GROUP_OF_CATEGORY).astype("str")
    return women[column]


def _has_context(theory: Theory, women: DataFrame) -> Series[Any]:
    import pandas as pd

    context = theory.context
    if context.is_of_sites:
        return pd.Series(pd.NA, index=women.index, dtype="boolean")
    if context.column != MATCHED:
        return holds(_values(women, context.column), context.codes)
    of_any = pd.Series(data=False, index=women.index, dtype="boolean")
    matched = of_any.copy()
    for pathway, interventions in (context.matches or {}).items():
        is_hers = holds(women["pathway"], (pathway,)).fillna(value=False)
        of_any |= is_hers
        matched |= is_hers & holds(women["intervention"], interventions).fillna(value=False)
    is_match = matched if context.is_ == "y" else ~matched
    return is_match.where(of_any & women["intervention"].notna())


def _changed(records: Records, measure: str) -> DataFrame:
    used = records.change[records.change["first_referral"].fillna(value=False) & (records.change["measure"] == measure)]
    kept = used[[*KEY, "person_id", "measure", "pre_date", "post_date", "pre", "post", "improvement"]]
    return kept.assign(y=used["improvement"].astype("float64"))


def _recovered(records: Records, measure: str) -> DataFrame:
    used = records.change[records.change["first_referral"].fillna(value=False) & (records.change["measure"] == measure)]
    used = used[used["case_before"].fillna(value=False).astype(bool) & used["recovered"].notna()]
    return used[[*KEY, "person_id", "pre"]].assign(y=used["recovered"].astype("float64"))


def _retained(records: Records, measure: str) -> DataFrame:
    used = records.due[records.due["measure"] == measure]
    return used[[*KEY, "person_id", "pre"]].assign(y=used["post"].notna().astype("float64"))


def _waited(theory: Theory, records: Records, service: DataFrame) -> DataFrame:
    """Referrals that were followed for all the weeks, so that shares are plain ones: Aalen and Johansen's without censoring.

    A woman who left before she was seen was not seen within the weeks; in days her wait counts as all of them. A referral too
    late to have been followed so long says nothing of its wait and is left out, whatever came of it: without censoring the
    cumulative incidence (Aalen and Johansen 1978, Scand J Stat 5:141) is the plain share, and every site's error is binomial.
    """
    from pipeline.stages.access import SEEN, first_events, follow

    referrals = records.referrals
    women = referrals[referrals["client"].isna() | (referrals["client"] == "woman_or_birthing_parent")]
    women = women.assign(person=women["person_id"].fillna("of referral " + women["referral_id"]))
    cut = records.data_cut if records.data_cut is not None else women[["referral_date", "end_date"]].max().max()
    if women["referral_date"].isna().all():
        return women.loc[[], [*KEY, "person_id"]].assign(y=float("nan"), pre=float("nan"))
    ends = service.groupby("site_id")["period_end"].max().clip(upper=cut)
    until = ends.reindex(women["site_id"]).set_axis(women.index).fillna(cut)
    when = first_events(women, records.contacts, records.access)[theory.outcome.event]
    followed = follow(women, when, until)
    days = 7 * (theory.outcome.within_weeks or 0)
    is_whole = (until - women["referral_date"]).dt.days.reindex(followed.index) >= days
    is_in_time = (followed["kind"] == SEEN) & (followed["days"] <= days)
    as_days = followed["days"].where(is_in_time, float(days))
    y = is_in_time.astype("float64") if theory.smallest_difference.scale == "risk_difference" else as_days
    kept = women.loc[followed.index, [*KEY, "person_id"]].assign(y=y, pre=float("nan"))[is_whole]
    first = women.loc[kept.index].sort_values(["referral_date", "referral_id"], kind="stable")
    return kept.loc[first.drop_duplicates(["site_id", "person"]).index]

"""On which side of a theory's context each service is, and the figure of its outcome that is released of it elsewhere."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.report import wording
from pipeline.report.material import is_shown
from pipeline.report.plots.axis import points_of

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_RETENTION = "the share who have a second score"
_WAIT = re.compile(r"the wait to (\w+): .* within (\d+) weeks")
_SEEN = {"assessment": "assessed", "treatment": "whose treatment began"}
_LIMIT, _NO_LIMIT = "time_limit_months", "no_limit"


@dataclass(frozen=True)
class Side:
    """One side of a context, and its services in order of their code: `site_id`, `value`, and limits where there are any."""

    title: str
    rows: list[Row]


@dataclass(frozen=True)
class Outcome:
    """What is told of services: the label of its axis, a few words for it, its unit, and a row a service that is shown."""

    label: str
    words: str
    unit: str
    rows: list[Row]


def component_of(theory: Row) -> str | None:
    """The part of a service that is the context, where services tell it one by one."""
    if theory.get("component") is not None:
        return str(theory["component"])
    name = str(theory["context"]).partition(": ")[0]
    return _LIMIT if name == wording.words(_LIMIT) else None


def answers(theory: Row, material: Material) -> dict[str, str]:
    """`y` or `n` by service, whether it has the part that is the context; services that did not say are left out."""
    told = {row["site_id"]: str(row["value"]) for row in material.rows("open_services", component=component_of(theory))}
    if component_of(theory) == _LIMIT:
        told = {site: "n" if value == _NO_LIMIT else "y" for site, value in told.items() if value == _NO_LIMIT or value.isdigit()}
    return {site: value for site, value in told.items() if value in ("y", "n")}


def value_of_context(theory: Row) -> str:
    """`y` or `n`: the answer that the theory speaks of."""
    given = theory.get("component_value")
    return str(given) if given is not None else "n" if str(theory["context"]).endswith(": no") else "y"


def outcome_by_site(theory: Row, material: Material) -> Outcome | None:
    """The outcome of a theory by service; None where it is none that is released by service."""
    outcome = str(theory["outcome"])
    if (measure := material.measures.get(str(theory.get("measure")))) is not None:
        rows = [_row(row, "mean_improvement", "low", "high") for row in material.rows("open_sites", measure=measure.id)]
        told = [row for row in rows if row is not None and row["low"] is not None]
        return Outcome(points_of(measure, "Mean improvement"), "mean improvements", "points", told)
    if wait := _WAIT.match(outcome):
        event, weeks = wait.group(1), int(wait.group(2))
        rows = [
            _row(row, "seen_pct", "seen_low_pct", "seen_high_pct")
            for row in material.rows("open_waits", event=event, weeks=weeks)
            if row["site_id"] != "ALL"
        ]
        label = f"Women {_SEEN.get(event, f'with {event}')} within {weeks} weeks of referral, percent"
        return Outcome(label, "shares", "percent", [row for row in rows if row is not None])
    if outcome.lower().startswith(_RETENTION) and material.primary is not None:
        rows = [_row(row, "completion_pct") for row in material.rows("open_completeness", measure=material.primary)]
        label = f"Women with both scores on {material.measures[material.primary].label}, percent of those due a second one"
        return Outcome(label, "shares", "percent", [row for row in rows if row is not None and row["site_id"] != "ALL"])
    return None


def sides_of(theory: Row, material: Material) -> tuple[list[Side], Outcome | None]:
    """Both sides with the services that are shown, that of the context first; none where context or outcome is not told."""
    told, outcome = answers(theory, material), outcome_by_site(theory, material)
    component = component_of(theory)
    rows = [row for row in outcome.rows if row["site_id"] in told] if outcome else []
    if component is None or not rows:
        return [], outcome
    context = value_of_context(theory)
    name, words = wording.component(component), {"y": "yes", "n": "no"}
    return [
        Side(
            f"{name}: {words[value]}",
            sorted((row for row in rows if told[row["site_id"]] == value), key=lambda row: str(row["site_id"])),
        )
        for value in (context, {"y": "n", "n": "y"}[context])
    ], outcome


def _row(row: Row, value: str, low: str = "", high: str = "") -> Row | None:
    if not is_shown(row, value):
        return None
    return {"site_id": row["site_id"], "value": row[value], "low": row.get(low), "high": row.get(high)}

"""What may leave of the configurations: no site by its code, and nothing of the outcome of one or two sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import MINIMUM_SITES, NOT_RECORDED, SHOWN, TOO_FEW, is_enough
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.theories import Theory

_BY = ["theory_id", "is_adjusted", "outcome"]
_FITS = ["inclusion", "pri", "coverage", "unique_coverage", "model_inclusion", "model_pri", "model_coverage"]
_SECRET = ["k_sites_in", "k_sites_out", "inclusion", "pri", "result"]
PLACES = 2


def release_configurations(
    exact: dict[str, DataFrame], theories: dict[str, Theory], rule: ReleaseSettings
) -> dict[str, DataFrame]:
    """`open_truth_table`, `open_solutions` and `open_necessary`.

    A theory is in them only where every site of its truth table has the minimum of women, so that no figure tells of too few.
    Which service has which components is open; so a row of one or two sites says how many there are and nothing of their
    outcome.
    """
    table, sites = exact["truth_table"], exact["theory_sites"]
    fits = [name for name in theories if _may_stand(table[table["theory_id"] == name], sites, theories[name], rule)]
    open_ones = {name: exact[name][exact[name]["theory_id"].isin(fits)] for name in ("truth_table", "solutions", "necessary")}
    solutions = open_ones["solutions"].rename(columns={"kind": "solution"})
    necessary = open_ones["necessary"]
    numbers = ["inclusion", "coverage", "relevance"]
    return {
        "open_truth_table": _truth_table(open_ones["truth_table"]),
        "open_solutions": solutions.assign(**_rounded(solutions, _FITS)) if len(solutions) else empty("open_solutions"),
        "open_necessary": necessary.assign(**_rounded(necessary, numbers)) if len(necessary) else empty("open_necessary"),
    }


def _truth_table(rows: DataFrame) -> DataFrame:
    if rows.empty:
        return empty("open_truth_table")
    named = rows.rename(columns={"n_sites": "k_sites", "n_in": "k_sites_in", "n_out": "k_sites_out", "status": "result"})
    named = named.assign(**_rounded(named, ["inclusion", "pri"]))
    is_shown = named["k_sites"] >= MINIMUM_SITES
    named[_SECRET] = named[_SECRET].where(is_shown)
    status = is_shown.map({True: SHOWN, False: TOO_FEW}).where(named["k_sites"] > 0, NOT_RECORDED)
    return named.assign(status=status, result=named["result"].where(named["k_sites"] > 0, "remainder")).drop(
        columns=["sites", "is_contradictory"]
    )


def _rounded(table: DataFrame, names: list[str]) -> dict[str, Series[Any]]:
    return {name: table[name].astype("float64").round(PLACES) for name in names}


def _may_stand(rows: DataFrame, sites: DataFrame, theory: Theory, rule: ReleaseSettings) -> bool:
    used = {site for each in rows["sites"].dropna() for site in each.split(";") if site}
    about = {*theory.context.codes, *((theory.population.pathway if theory.population else None) or ())}
    if about & {*rule.sensitive.pathways}:
        rule = rule.model_copy(update={"minimum_count": rule.sensitive.minimum_count})
    mine = sites[(sites["theory_id"] == theory.id) & sites["site_id"].isin(used)]
    return bool(used) and len(mine) == len(used) and bool(is_enough(mine["n"], rule).all())

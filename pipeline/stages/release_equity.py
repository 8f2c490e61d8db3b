"""What may leave of who came: women by characteristic over all sites, with what else must stay back so that none is found out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.attack import withhold
from pipeline.disclosure.rule import as_status, is_spread, may_enter, round_counts, share
from pipeline.stages.access_equity import ALL, NO_ANSWERS
from pipeline.stats.equity import rate_ratios
from pipeline.tables import empty

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings

_STEPS = ("referred", "accepted", "treated")


def release_equity(equity: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Women by characteristic and group: referred, accepted and treated, a later step only where the one before is shown.

    At every step both sides must stand: those who went on, and those who did not. Groups are withheld further, as far as the
    total less the others would tell a small one. Pathways are held to the higher minimum of the sensitive ones, all of them,
    as each could else be worked out from the others. Percentages and ratios of rates come from the rounded counts.
    """
    import pandas as pd

    parts = []
    for dimension, rows in equity.groupby("dimension", sort=False):
        sensitive = rule.sensitive.minimum_count
        least = max(rule.minimum_count, sensitive) if dimension == "pathway" else rule.minimum_count
        its_rule = rule.model_copy(update={"minimum_count": least})
        parts.append(_of_dimension(rows, its_rule).assign(dimension=dimension))
    return pd.concat(parts, ignore_index=True) if parts else empty("open_equity")


def _of_dimension(rows: DataFrame, rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    exact = rows[rows["site_id"] == ALL].set_index("group")
    sites = rows[rows["site_id"] != ALL]
    kept = may_enter(sites.groupby("site_id")["n_referred"].sum(), rule)
    mine = sites[sites["site_id"].isin(kept.index[kept])]
    counts = {
        step: mine.pivot_table(index="group", columns="site_id", values=f"n_{step}", fill_value=0).reindex(
            exact.index, fill_value=0
        )
        for step in _STEPS
    }
    shown = _shown(counts, rule)
    totals = pd.DataFrame({step: counts[step].sum(axis=1) for step in _STEPS})
    table = pd.DataFrame({"group": exact.index, "k_sites": (counts["referred"] > 0).sum(axis=1)}, index=exact.index)
    for step, is_shown in shown.items():
        table[f"n_{step}"] = round_counts(totals[step], rule).where(is_shown)
        table["status" if step == "referred" else f"{step}_status"] = as_status(is_shown)
    table["k_sites"] = table["k_sites"].where(shown["referred"])
    return _with_rates(_with_shares(table, totals, exact, shown, rule), exact).reset_index(drop=True)


def _shown(counts: dict[str, DataFrame], rule: ReleaseSettings) -> dict[str, Series[bool]]:
    """By step, the groups that may be shown."""
    shown: dict[str, Series[bool]] = {}
    before = None
    for step in _STEPS:
        sides = [counts[step]] if before is None else [counts[step], counts[before] - counts[step]]
        fits = sides[0].index.to_series().map(lambda _: True).astype(bool) if before is None else shown[before].copy()
        for side in sides:
            fits &= side.apply(is_spread, axis=1, rule=rule).astype(bool)
        for side in sides:
            fits &= withhold(side.sum(axis=1), fits, ~_is_spread(side, rule), rule, by_site=False)
        shown[step], before = fits, step
    return shown


def _is_spread(side: DataFrame, rule: ReleaseSettings) -> Series[bool]:
    return side.apply(is_spread, axis=1, rule=rule).astype(bool)


def _with_shares(
    table: DataFrame, totals: DataFrame, exact: DataFrame, shown: dict[str, Series[bool]], rule: ReleaseSettings
) -> DataFrame:
    """Shares of the women with an answer, and of the accepted who were treated; the limits of these by the spread of sites."""
    import pandas as pd

    is_answer = ~totals.index.isin(NO_ANSWERS)
    answered = pd.Series(totals.loc[is_answer, "referred"].sum(), index=totals.index)
    of_answers = share(totals["referred"], answered, rule)
    table["share_referred_pct"] = of_answers["pct"].where(of_answers["is_shown"] & is_answer & shown["referred"])
    treated = share(totals["treated"], totals["accepted"], rule)
    is_shown = treated["is_shown"].astype(bool) & shown["treated"]
    table["treated_pct"] = treated["pct"].where(is_shown)
    for end in ("low", "high"):
        table[f"treated_{end}_pct"] = (100 * exact[end]).round(0).where(is_shown)
    return table


def _with_rates(table: DataFrame, exact: DataFrame) -> DataFrame:
    """Ratios of rates from the rounded counts; none where a group with a denominator is withheld, as it would be in them."""
    names = ["rate_ratio", "ratio_low", "ratio_high"]
    table[names] = float("nan")
    known = exact["denominator"].dropna()
    counts: Any = table.loc[known.index, "n_referred"]
    if known.empty or counts.isna().any():
        return table
    found = rate_ratios(counts.to_numpy(dtype="int64"), known.to_numpy(dtype="float64"))
    for name, values in zip(names, (found.ratio, found.low, found.high), strict=True):
        table.loc[known.index, name] = values.round(2)
    return table

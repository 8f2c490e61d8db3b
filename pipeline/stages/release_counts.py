"""The open tables of counts: the flow of women, completeness, the spread of change, and its classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.codes import FLOW_STATES
from pipeline.disclosure.attack import withhold
from pipeline.disclosure.estimates import POOL_FROM
from pipeline.disclosure.rule import (
    NOT_RECORDED,
    SHOWN,
    TOO_FEW,
    as_status,
    is_enough,
    is_spread,
    may_enter,
    merge_bins,
    round_counts,
    share,
    status_of,
)
from pipeline.stages.compare_shares import national_shares
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

ALL = "ALL"
N_BINS = 16
UNDATED_STATES = ("due_without_pre", "due_without_post", "paired")
_SIDES = ("reliably_improved", "not_reliably_improved")
_CLASSES = ("reliably_improved", "no_reliable_change", "reliably_deteriorated")
_COUNTS = [f"n_{name}" for name in _CLASSES]


def release_flow(flow: DataFrame, order: Iterable[str], rule: ReleaseSettings, *, has_referrals: bool) -> DataFrame:
    """Referrals by measure and state over all sites. Without referral tables only the `UNDATED_STATES` can be told."""
    import pandas as pd

    parts = []
    for measure in order:
        mine = flow[flow["measure"] == measure]
        if mine.empty:
            continue
        referrals, persons = (
            mine.pivot_table(index="state", columns="site_id", values=name, fill_value=0, aggfunc="sum").reindex(
                FLOW_STATES, fill_value=0
            )
            for name in ("n_referrals", "n_persons")
        )
        women = persons.max()  # at least so many distinct women a site, as one woman may stand in several states
        kept = may_enter(women, rule)
        counts = referrals.loc[:, kept].sum(axis=1)
        known = pd.Series([has_referrals or state in UNDATED_STATES for state in FLOW_STATES], index=FLOW_STATES)
        is_given = is_spread(women[kept], rule)
        shown = persons.loc[known, kept].apply(is_spread, axis=1, rule=rule) & is_given
        shown = withhold(counts[known], shown, ~shown, rule, by_site=False) if is_given else shown
        words = as_status(shown).reindex(FLOW_STATES, fill_value=NOT_RECORDED)
        total = pd.Series({"referred": SHOWN if is_given else TOO_FEW})
        status = pd.concat([total, words])
        numbers = round_counts(pd.concat([pd.Series({"referred": counts.sum()}), counts]), rule).where(status == SHOWN)
        parts.append(
            pd.DataFrame({"measure": measure, "state": status.index, "n": numbers.to_numpy(), "status": status.to_numpy()})
        )
    return pd.concat(parts, ignore_index=True) if parts else empty("open_flow")


def release_completeness(missingness: DataFrame, order: Iterable[str], rule: ReleaseSettings) -> DataFrame:
    """Women due and women with both scores, over all sites and by site, both or neither."""
    import pandas as pd

    parts = []
    for measure in order:
        mine = missingness[missingness["measure"] == measure].set_index("site_id")[["n_due", "n_paired"]].astype("float64")
        if mine.empty:
            continue
        sides = pd.DataFrame({"paired": mine["n_paired"], "rest": mine["n_due"] - mine["n_paired"]})
        kept = may_enter(mine["n_due"], rule)
        is_given = all(is_spread(sides[name][kept], rule) for name in sides)
        shares = share(mine["n_paired"], mine["n_due"], rule)
        if is_given:
            shares["is_shown"] = _guard(sides, shares["is_shown"], kept, rule)
        total = pd.DataFrame([mine[kept].sum()], index=[ALL])
        over_all = share(total["n_paired"], total["n_due"], rule)
        over_all["is_shown"] &= is_given
        both, counts = pd.concat([over_all, shares]), pd.concat([total, mine])
        is_shown = both["is_shown"].astype(bool)
        table = {
            "measure": measure,
            "site_id": both.index,
            "n_due": round_counts(counts["n_due"], rule).where(is_shown),
            "n_paired": both["n"].where(is_shown),
            "completion_pct": both["pct"].where(is_shown),
            "status": as_status(is_shown),
        }
        parts.append(pd.DataFrame(table))
    return pd.concat(parts, ignore_index=True) if parts else empty("open_completeness")


def release_distribution(change: DataFrame, measures: dict[str, Measure], rule: ReleaseSettings) -> DataFrame:
    """How many women improved by how much, over all sites, in bins that are wide enough.

    A change at the edge of two bins counts in the one further from no change, on either side, as a threshold counts it.
    """
    import numpy as np
    import pandas as pd

    parts = []
    for name, measure in measures.items():
        mine = change[(change["measure"] == name) & change["first_referral"]]
        kept = may_enter(mine.groupby("site_id").size(), rule)
        width = _bin_width(measure)
        steps = np.arange(-N_BINS, N_BINS + 1) * width
        counts = pd.DataFrame(
            {site: _binned(rows["improvement"].to_numpy(), width) for site, rows in mine.groupby("site_id") if kept[site]}
        )
        for first, last in merge_bins(counts, rule):
            n = counts.iloc[first : last + 1].to_numpy().sum()
            parts.append({"measure": name, "bin_low": steps[first], "bin_high": steps[last + 1], "n": n})
    if not parts:
        return empty("open_distribution")
    table = pd.DataFrame(parts)
    return table.assign(n=round_counts(table["n"], rule), status=status_of(table["n"], rule))


def _binned(improvement: NDArray[np.float64], width: float) -> NDArray[np.int64]:
    """Counts in `2 N_BINS` bins, of which the upper half closes on its left and the lower half on its right."""
    import numpy as np

    out = np.floor(np.abs(improvement) / width + 1e-9).astype(np.int64)  # 0.1 is no binary number
    at = np.where(improvement < 0, N_BINS - 1 - out, N_BINS + out)
    return np.bincount(at.clip(0, 2 * N_BINS - 1), minlength=2 * N_BINS)


def _bin_width(measure: Measure) -> float:
    """A sixteenth of the range, and at least one step, so that every possible change falls into a bin."""
    width = (measure.range.high - measure.range.low) / N_BINS
    return float(
        width if measure.range.step == "any" else max(-(-width // measure.range.step) * measure.range.step, measure.range.step)
    )


def release_classes(effects: DataFrame, shares: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Three classes over all sites, or two where one of the three is too small; at a site two, reliably improved and not.

    Limits over all sites are those of `shares`; where the rule leaves a small site out, they are found again without it.
    """
    import pandas as pd

    known = effects.dropna(subset=_COUNTS)
    parts = [
        _classes_of(rows, shares[shares["measure"] == measure], rule).assign(measure=measure)
        for measure, rows in known.groupby("measure", sort=False)
    ]
    return pd.concat(parts, ignore_index=True) if parts else empty("open_classes")


def _classes_of(rows: DataFrame, model: DataFrame, rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    counts = rows.set_index("site_id")[_COUNTS].astype("float64").rename(columns=lambda name: name.removeprefix("n_"))
    sides = pd.DataFrame({_SIDES[0]: counts.iloc[:, 0], _SIDES[1]: counts.iloc[:, 1:].sum(axis=1)})
    of = sides.sum(axis=1)
    kept = may_enter(of, rule)
    limits = _limits(rows[kept.to_numpy()], model, n=of[kept].sum())
    nation = _over_all(counts[kept], sides[kept], limits, rule, k_sites=int(rows["is_pooled"].sum()))
    by_class = {name: share(sides[name], of, rule) for name in sides}
    is_shown = by_class[_SIDES[0]]["is_shown"] & by_class[_SIDES[1]]["is_shown"]
    if (nation["status"] == SHOWN).any():
        is_shown = _guard(sides, is_shown, kept, rule)
    sites = [
        pd.DataFrame(
            {
                "site_id": found.index,
                "class": str(name),
                "n": found["n"].where(is_shown).array,
                **{
                    f"share_{end}_pct" if end else "share_pct": found[end or "pct"].where(is_shown).array
                    for end in ("", "low", "high")
                },
                "status": as_status(is_shown).array,
            }
        )
        for name, found in by_class.items()
    ]
    return pd.concat([nation, *sites], ignore_index=True)


def _limits(rows: DataFrame, model: DataFrame, *, n: float) -> DataFrame:
    """The limits of each class over the `n` women of these sites, in per cent: from the model of exactly these women."""
    import pandas as pd

    if set(model["n"][model["share"] == _SIDES[0]]) != {n}:
        model = pd.DataFrame(national_shares(rows, ""), columns=["share", "low", "high"])
    limits = 100 * model.set_index("share")[["low", "high"]].reindex([*_CLASSES, _SIDES[1]])
    limits.loc[_SIDES[1], ["low", "high"]] = 100 - limits.loc[_SIDES[0], ["high", "low"]].to_numpy()
    return limits.round(0)


def _over_all(counts: DataFrame, sides: DataFrame, limits: DataFrame, rule: ReleaseSettings, *, k_sites: int) -> DataFrame:
    """The classes over all sites: all three, else two and no word on how many of the others deteriorated, else none."""
    import pandas as pd

    three, two = (_shares(chosen, limits, rule) for chosen in (counts, sides))
    if k_sites >= POOL_FROM and three is not None:
        return three
    if k_sites >= POOL_FROM and two is not None:
        worst = pd.DataFrame({"class": counts.columns[2:], "site_id": ALL, "status": TOO_FEW})
        return pd.concat([two, worst], ignore_index=True)
    return pd.DataFrame({"class": counts.columns, "site_id": ALL, "status": TOO_FEW})


def _shares(counts: DataFrame, limits: DataFrame, rule: ReleaseSettings) -> DataFrame | None:
    """Shares of classes (columns) over sites (rows) with their `limits`; None where one may not stand."""
    import pandas as pd

    total = counts.sum()
    shares = share(total, pd.Series(total.sum(), index=total.index), rule)
    if not (shares["is_shown"].all() and all(is_spread(counts[name], rule) for name in counts)):
        return None
    return pd.DataFrame(
        {
            "class": total.index,
            "site_id": ALL,
            "n": shares["n"].array,
            "share_pct": shares["pct"].array,
            "share_low_pct": limits["low"].reindex(total.index).array,
            "share_high_pct": limits["high"].reindex(total.index).array,
            "status": SHOWN,
        }
    )


def _guard(sides: DataFrame, is_shown: Series[bool], kept: Series[bool], rule: ReleaseSettings) -> Series[bool]:
    """Withhold further sites, as far as the figures over all sites would else tell what a withheld one has."""
    for name in sides:
        mine = sides[name][kept]
        still = withhold(mine, is_shown[kept].astype(bool), ~is_enough(mine, rule), rule, by_site=True)
        is_shown = is_shown & still.reindex(is_shown.index, fill_value=True)
    return is_shown

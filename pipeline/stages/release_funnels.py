"""Open funnels and the budget of false alarms, made of released numbers alone.

A point is a site's released value at its released number of women, and the limits are drawn round the mean of such values. Only
the variance within sites comes from elsewhere, and that is of at least five sites together. A site's flag holds for every
number that rounds to the printed ones, else it says that the site lies at the limit: so no flag tells more of a site than
what is printed of it already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.estimates import POOL_FROM
from pipeline.disclosure.rule import SHOWN, TOO_FEW, is_spread, round_counts
from pipeline.stages.release_counts import ALL
from pipeline.stats.funnel import LEVELS, funnel_of_means, funnel_of_proportions, limits_at
from pipeline.stats.funnel_alarms import expected_false_alarms
from pipeline.stats.streams import stream

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.config import FunnelSettings, ReleaseSettings
    from pipeline.stats.funnel import Funnel

MEAN, IMPROVED = "mean", "reliably_improved"
NAMES = dict(zip(LEVELS, ("95", "998"), strict=True))
"""How the levels are written in columns."""
NO_FUNNEL = "With fewer than five sites to draw, no funnel is given, and the sites stand side by side."
_TWO_HOLD_MOST = "Two sites hold nearly all women, so that no funnel is given."
_SAME = "With fewer than ten sites over-dispersion is not looked for, so that both kinds of limits are the same."
_POINTS_ON_CURVE = 60


def release_funnels(
    effects: DataFrame, sites: DataFrame, classes: DataFrame, policy: FunnelSettings, rule: ReleaseSettings, seed: int
) -> dict[str, DataFrame]:
    """`open_funnels`, `open_funnel_limits` and `open_false_alarms`.

    `effects`: exact rows by measure and site, for the variance within sites; `sites`, `classes`: the open tables of change and of
    its classes by site. Sites that sent totals are not drawn: the spread of their women is not known in the same way.
    """
    import pandas as pd

    made: dict[str, list[DataFrame]] = {"open_funnels": [], "open_funnel_limits": [], "open_false_alarms": []}
    for measure in effects["measure"].unique():
        mine = effects[(effects["measure"] == measure) & (effects["grain"] == "record")].set_index("site_id")
        for kind, points in _points(mine, sites, classes, str(measure), rule).items():
            if points.empty:
                continue
            is_drawn = (points["status"] == SHOWN) & (points["n"].fillna(0) >= policy.minimum).astype(bool)
            for name, table in _drawn(
                points, is_drawn, mine, kind, policy, rule, stream(seed, "open funnel", measure, kind)
            ).items():
                made[name].append(table.assign(measure=measure, kind=kind))
    return {name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame() for name, parts in made.items()}


def _points(mine: DataFrame, sites: DataFrame, classes: DataFrame, measure: str, rule: ReleaseSettings) -> dict[str, DataFrame]:
    """By kind, what is released of each site: n, value, status, and for shares the released count of women."""
    of_sites = sites[(sites["measure"] == measure) & sites["site_id"].isin(mine.index)].set_index("site_id")
    means = of_sites[["n", "status"]].assign(value=of_sites["mean_improvement"])
    named = classes[(classes["measure"] == measure) & (classes["class"] == IMPROVED) & (classes["site_id"] != ALL)]
    shares = named[named["site_id"].isin(mine.index)].set_index("site_id")
    counts = ["n_reliably_improved", "n_no_reliable_change", "n_reliably_deteriorated"]
    women = round_counts(mine[counts].astype("float64").sum(axis=1, skipna=False), rule).reindex(shares.index)
    is_shown = shares["status"] == SHOWN
    of = {"n": women.where(is_shown), "value": shares["share_pct"], "events": shares["n"], "status": shares["status"]}
    return {MEAN: means, IMPROVED: shares[[]].assign(**of)}


def _drawn(
    points: DataFrame,
    is_drawn: Series[bool],
    mine: DataFrame,
    kind: str,
    policy: FunnelSettings,
    rule: ReleaseSettings,
    rng: Any,
) -> dict[str, DataFrame]:
    import pandas as pd

    here = points[is_drawn]
    words = points["status"].where(is_drawn | (points["status"] != SHOWN), TOO_FEW)
    listed = points[["n", "value"]].where(is_drawn).assign(status=words, flag=None)
    levels = [(level, is_od) for is_od in (False, True) for level in LEVELS]
    rows = [
        {
            "level_pct": round(100 * level, 1),
            "is_over_dispersed": is_od,
            "is_policy": NAMES[level] == str(policy.policy_level) and is_od == policy.over_dispersed,
            "minimum": max(policy.minimum, rule.minimum_count),
            "k_drawn": len(here),
            "status": TOO_FEW,
        }
        for level, is_od in levels
    ]
    if len(here) < POOL_FROM or not is_spread(mine["n_paired"].reindex(here.index), rule):
        listed = listed.assign(status=words.where(~is_drawn, TOO_FEW), n=None, value=None)
        note = NO_FUNNEL if len(here) < POOL_FROM else _TWO_HOLD_MOST
        alarms = pd.DataFrame([{**row, "note": note} for row in rows if row["is_policy"]])
        return {"open_funnels": listed.reset_index(), "open_false_alarms": alarms}
    funnel = _funnel(here, mine, kind)
    expected = expected_false_alarms(funnel, rng=rng)
    for row, (level, is_od) in zip(rows, levels, strict=True):
        flags = _flags(funnel, here, kind, rule, level=level, is_over_dispersed=is_od)
        found = (expected.over_dispersed if is_od else expected.base)[level]
        row |= {"expected": round(found, 2), "k_beyond": int(flags.isin(["below", "above"]).sum()), "status": SHOWN}
        row |= {"k_at_limit": int((flags == "at_limit").sum()), "note": _SAME if funnel.reason else ""}
        if row["is_policy"]:
            listed["flag"] = flags.reindex(listed.index)
    limits = _curves(funnel, here, rule)
    return {"open_funnels": listed.reset_index(), "open_funnel_limits": limits, "open_false_alarms": pd.DataFrame(rows)}


def _funnel(here: DataFrame, mine: DataFrame, kind: str) -> Funnel:
    """The funnel of the printed values; for means with the variance within those sites, exact."""
    n = here["n"].to_numpy(dtype="int64")
    if kind != MEAN:
        return funnel_of_proportions(here["events"].to_numpy(dtype="int64"), n)
    exact = mine.reindex(here.index)
    variance, size = (exact["se"] ** 2 * exact["n_paired"]).astype("float64"), exact["n_paired"].astype("float64")
    sigma = float(((size - 1) * variance).sum() / (size - 1).sum()) ** 0.5
    return funnel_of_means(n, here["value"].to_numpy(dtype="float64"), [sigma] * len(n))


def _flags(
    funnel: Funnel, here: DataFrame, kind: str, rule: ReleaseSettings, *, level: float, is_over_dispersed: bool
) -> Series[Any]:
    """Below, within or above where every number that rounds to the printed ones says so; else at the limit."""
    import numpy as np
    import pandas as pd

    below, above = rule.round_to // 2, (rule.round_to - 1) // 2
    printed = here["n"].to_numpy(dtype="float64")
    sizes = (np.maximum(printed - below, rule.minimum_count), printed + above)
    said = []
    for n in sizes:
        low, high = limits_at(funnel, n, level=level, is_over_dispersed=is_over_dispersed)
        if kind == MEAN:
            value = here["value"].to_numpy(dtype="float64")
            ends = (value - 0.05, value + 0.05)
        else:
            events = here["events"].to_numpy(dtype="float64")
            ends = (np.maximum(events - below, 0) / sizes[1], np.minimum((events + above) / sizes[0], 1.0))
        said += [np.where(end < low, "below", np.where(end > high, "above", "within")) for end in ends]
    agree = np.all([each == said[0] for each in said], axis=0)
    return pd.Series(np.where(agree, said[0], "at_limit"), index=here.index)


def _curves(funnel: Funnel, here: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """The limits at round numbers of women, from the smallest to the largest site drawn."""
    import numpy as np
    import pandas as pd

    first, last = int(here["n"].min()), int(here["n"].max())
    step = rule.round_to * max(1, -(-(last - first) // (rule.round_to * _POINTS_ON_CURVE)))
    n = np.unique([*range(first, last, step), last])
    scale = 1.0 if funnel.kind == "mean" else 100.0
    table: dict[str, Any] = {"n": n, "target": round(scale * funnel.target, 1)}
    for level, name in NAMES.items():
        for is_od, suffix in ((False, ""), (True, "_od")):
            low, high = limits_at(funnel, n.astype("float64"), level=level, is_over_dispersed=is_od)
            table |= {f"low_{name}{suffix}": (scale * low).round(1) + 0.0, f"high_{name}{suffix}": (scale * high).round(1) + 0.0}
    return pd.DataFrame(table)

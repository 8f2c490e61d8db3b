"""What may leave of thresholds, of regression to the mean and of the methods of reliable change; over all sites alone.

Two thresholds that stand side by side tell how many women lie between them. So a threshold is released only where the women
between it and every other released set on the same changes, the bins of the distribution and the classes among them, are none
or enough to be a figure themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import NOT_RECORDED, SHOWN, TOO_FEW, may_enter, percent, share
from pipeline.disclosure.sets import ReleasedSets
from pipeline.stages.classify import classify
from pipeline.stats.reliable_methods import reliable_change_by_method
from pipeline.tables import empty

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.measures import Measure

ALL = "ALL"
OPEN = ("open_thresholds", "open_verdicts", "open_twin", "open_methods")
_EXACT = ("strip", "strip_verdicts", "twin", "methods")
_SLACK = 1e-9
_IMPROVED, _SAME, _WORSE, _NOT = "reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_reliably_improved"
Rows = list[dict[str, Any]]


def release_thresholds(
    exact: dict[str, DataFrame],
    released: dict[str, DataFrame],
    why_not: dict[str, str],
    measures: dict[str, Measure],
    rule: ReleaseSettings,
) -> dict[str, DataFrame]:
    """The strip, its verdicts, the twin and the methods. `why_not`: by measure, why no pool is released; blank where one is.

    `released` holds open_distribution and open_classes, beside which these must stand. Where the rule leaves a small site
    out, all is found again without it.
    """
    import pandas as pd

    used = exact["change"][exact["change"]["first_referral"].fillna(value=False).astype(bool)]
    women = women_of_entering_sites(used, rule)
    found = {name: exact[name] for name in _EXACT} if len(women) == len(used) else classify(women, measures)
    rows: dict[str, Rows] = {name: [] for name in OPEN}
    for name, measure in measures.items():
        mine = women[women["measure"] == name]
        tables = {key: table[table["measure"] == name] for key, table in found.items()}
        if mine.empty or tables["strip_verdicts"].empty:
            continue
        if why_not[name]:
            rows["open_verdicts"].append({"measure": name, "status": TOO_FEW, "reason": why_not[name]})
            rows["open_twin"].append({"measure": name, "is_sourced": False, "status": TOO_FEW, "note": why_not[name]})
            continue
        bins, classes = (table[table["measure"] == name] for table in (released["open_distribution"], released["open_classes"]))
        held = _held(mine, bins, classes, rule)
        strip = _strip(mine, tables["strip"], measure, held, rule)
        rows["open_thresholds"] += strip
        rows["open_verdicts"].append(_verdict(tables["strip_verdicts"].iloc[0], strip))
        rows["open_twin"] += _twin(tables["twin"])
        rows["open_methods"] += _methods(mine, tables["methods"], measure, held, rule)
    return {name: pd.DataFrame(made) if made else empty(name) for name, made in rows.items()}


def women_of_entering_sites(women: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Those of `women`, a row a woman and measure, whose site may stand in a figure over sites on that measure."""
    import pandas as pd

    parts = [
        rows[rows["site_id"].map(may_enter(rows.groupby("site_id").size(), rule)).astype(bool)]
        for _, rows in women.groupby("measure", sort=False)
    ]
    return pd.concat(parts).sort_index() if parts else women


def held_sets(women: DataFrame, released: dict[str, DataFrame], measure: Measure, rule: ReleaseSettings) -> ReleasedSets:
    """The sets of `women` behind all that is released on their changes, thresholds and methods among them.

    `released`: the measure's rows of open_distribution, open_classes, open_thresholds and open_methods.
    """
    held = _held(women, released["open_distribution"], released["open_classes"], rule)
    gain = women["improvement"].to_numpy(dtype="float64")
    for row in released["open_thresholds"].to_dict("records"):
        for name, beyond in (("improved_pct", gain), ("deteriorated_pct", -gain)):
            if row.get(name) == row.get(name, float("nan")):
                held.hold(beyond >= row["points"] - _SLACK)
    shown = released["open_methods"][released["open_methods"]["status"] == SHOWN]
    if len(shown):
        pre, post, reliability = women["pre"].to_numpy(), women["post"].to_numpy(), float(shown["reliability"].iloc[0])
        made = reliable_change_by_method(pre, post, sign=measure.sign, reliability=reliability)
        for method, name in zip(shown["method"], shown["class"], strict=True):
            held.hold(made[method].classes == (_IMPROVED if name == _NOT else name))
    return held


def _held(women: DataFrame, bins: DataFrame, classes: DataFrame, rule: ReleaseSettings) -> ReleasedSets:
    """The sets on these changes that are out already: what lies beyond the bins' edges, and the classes over all sites."""
    import pandas as pd

    held = ReleasedSets(pd.factorize(women["site_id"], sort=True)[0], rule)
    gain = women["improvement"].to_numpy(dtype="float64")
    for edge in bins["bin_low"]:
        held.hold(gain >= edge - _SLACK if edge >= 0 else gain > edge + _SLACK)  # as the bins count a change at their edge
    nation = classes[(classes["site_id"] == ALL) & (classes["status"] == SHOWN)]["class"]
    for name in (_IMPROVED, _WORSE):
        if name in set(nation):
            held.hold((women["class"] == name).to_numpy(dtype=bool))
    return held


def _strip(women: DataFrame, strip: DataFrame, measure: Measure, held: ReleasedSets, rule: ReleaseSettings) -> Rows:
    """Published thresholds first, that of the classes before all; then the curve from its middle, as far as it may."""
    gain = women["improvement"].to_numpy(dtype="float64")
    primary = measure.primary_reliable_change
    ordered = strip.assign(rank=(strip["points"] - (primary or 0)).abs()).sort_values(
        ["is_published", "rank"], ascending=[False, True], kind="stable"
    )
    rows = []
    for row in ordered.to_dict("records"):
        improved, worse = gain >= row["points"] - _SLACK, gain <= _SLACK - row["points"]
        made: dict[str, Any] = {"measure": measure.id, "points": row["points"], "is_published": row["is_published"]}
        better = _percent(improved, rule) if held.admits(improved) else None
        if better is not None:
            held.hold(improved)
            made |= {"improved_pct": better}
            if row["is_published"]:
                made |= {"low_pct": round(100 * row["low"]), "high_pct": round(100 * row["high"])}
            made |= {"twin_pct": round(100 * row["twin"]) if row["twin"] == row["twin"] else None}
        less = _percent(worse, rule) if held.admits(worse) else None
        if less is not None:
            held.hold(worse)
            made["deteriorated_pct"] = less
        if row["is_published"] or better is not None or less is not None:
            rows.append(made | {"status": TOO_FEW if better is None else SHOWN})
    return sorted(rows, key=lambda made: (made["is_published"], made["points"]))


def _percent(women: NDArray[np.bool_], rule: ReleaseSettings) -> float | None:
    """A whole percentage from rounded counts, None where it may not stand."""
    return percent(int(women.sum()), len(women), rule)


def _verdict(row: Any, strip: Rows) -> dict[str, Any]:
    """The verdict stands on the published thresholds, and is held back with the lowest or the highest of them."""
    made = {"measure": row["measure"]}
    ends = [each["status"] for each in strip if each["is_published"]]
    if len(ends) > 1 and TOO_FEW in (ends[0], ends[-1]):
        reason = "At the lowest or the highest published threshold the share may not be shown."
        return {**made, "status": TOO_FEW, "reason": reason}
    return {**made, "verdict": row["verdict"].replace(" ", "_"), "reason": row["reason"], "status": SHOWN}


def _twin(twin: DataFrame) -> Rows:
    rows = []
    for row in twin.to_dict("records"):
        made = {"measure": row["measure"], "is_sourced": row["is_sourced"], "retest": row["retest"], "note": row["reason"]}
        if row["expected"] != row["expected"]:
            rows.append({**made, "status": NOT_RECORDED})
            continue
        made |= {name: round(row[name], 1) + 0.0 for name in ("population_mean", "expected")}
        made["observed"] = round(row["observed"]) + 0.0  # more would tell of a site, beside the means of the others
        for name in ("improved", "deteriorated"):
            made[f"{name}_pct"] = round(100 * row[name]) if row[name] == row[name] else None
        rows.append({**made, "status": SHOWN})
    return rows


def _methods(women: DataFrame, methods: DataFrame, measure: Measure, held: ReleasedSets, rule: ReleaseSettings) -> Rows:
    """Three classes a method, or two where one of the three may not stand, or none."""
    if methods.empty:
        return []
    reliability = float(methods["reliability"].iloc[0])
    made = reliable_change_by_method(
        women["pre"].to_numpy(), women["post"].to_numpy(), sign=measure.sign, reliability=reliability
    )
    rows: Rows = []
    for method, found in made.items():
        sets = {name: found.classes == name for name in (_IMPROVED, _SAME, _WORSE)}
        if not any(each.any() for each in sets.values()):
            continue
        is_two = _percent(sets[_IMPROVED], rule) is not None and held.admit(sets[_IMPROVED])
        others = (_SAME, _WORSE)
        is_three = is_two and all(_percent(sets[name], rule) is not None and held.admits(sets[name]) for name in others)
        for name in others if is_three else ():
            held.hold(sets[name])
        shown = (_IMPROVED, *others) if is_three else (_IMPROVED, _NOT) if is_two else ()
        sets[_NOT] = ~sets[_IMPROVED]
        given = {"measure": measure.id, "method": method, "reliability": reliability}
        rows += [{**given, "class": name, "status": SHOWN, **_count(sets[name], rule)} for name in shown]
        rows += [{**given, "class": name, "status": TOO_FEW} for name in (_IMPROVED, _WORSE) if name not in shown]
    return rows


def _count(women: NDArray[np.bool_], rule: ReleaseSettings) -> dict[str, Any]:
    import pandas as pd

    found = share(pd.Series([women.sum()]), pd.Series([len(women)]), rule).iloc[0]
    return {"n": found["n"], "share_pct": found["pct"]}

"""Change: pair each woman's first and last score within a referral, apply the sign once, and give each pair one class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.change_flow import due_of, flow_of, missingness_of, standing_of
from pipeline.stages.change_severity import completion_of
from pipeline.stages.change_timing import timing_of
from pipeline.stages.change_uses import uses_of
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    import datetime

    from pandas import DataFrame, Series

    from pipeline.config import ChangeSettings
    from pipeline.measures import Measure

KEY = ["site_id", "referral_id", "measure"]
_REFERRAL = ["site_id", "referral_id"]
_OF_CASE = [
    *(*_REFERRAL, "person_id", "accepted", "eligible_for_outcomes"),
    *("referral_date", "first_treatment_date", "end_date", "end_reason"),
]
"""What is asked of a referral here; it stands once a measure, so that more columns would only take room."""


def change(
    scores: DataFrame,
    referrals: DataFrame,
    measures: dict[str, Measure],
    settings: ChangeSettings,
    data_cut: datetime.date | None,
) -> dict[str, DataFrame]:
    """Pairs (`change`); where every referral stands (`flow`); who lacks a second score (`missingness`, by woman `due`).

    `completion` tells who has a second score by the first one, `timing` how long before treatment that was. `data_cut`
    defaults to the latest accepted date. Partners and other clients are left out.
    """
    cases = _cases(scores, referrals, measures)
    usable = _one_score_a_day(scores.assign(row=scores.index))
    candidates = usable.merge(cases, on=KEY, how="inner")
    gaps = {name: max(settings.min_gap_days, measure.recall_days or 0) for name, measure in measures.items()}
    candidates["gap_days"] = candidates["measure"].map(gaps)
    firsts = _first_scores(candidates, settings)
    pairs = _last_scores(candidates, firsts, settings)
    table = _classified(pairs, candidates, measures)
    cut = _data_cut(data_cut, scores, referrals)
    due = due_of(cases, firsts, table, cut=cut, grace_days=settings.post_grace_days)
    return {
        "change": shape("change", table) if len(table) else empty("change"),
        "flow": flow_of(cases, firsts, table, cut=cut, grace_days=settings.post_grace_days),
        "missingness": missingness_of(cases, firsts, table, cut=cut, grace_days=settings.post_grace_days),
        "score_uses": uses_of(scores, usable, cases, firsts, pairs),
        "due": due,
        "completion": completion_of(due, measures),
        "timing": timing_of(table) if len(table) else empty("timing"),
        "standing": standing_of(cases, firsts, table, cut=cut, grace_days=settings.post_grace_days),
    }


def _cases(scores: DataFrame, referrals: DataFrame, measures: dict[str, Measure]) -> DataFrame:
    """Every referral of a woman by measure used at its site, and everywhere by the primary measure, the first that has scores.

    Referrals known only from their scores are undated.
    """
    import pandas as pd

    women = referrals[referrals["client"].isna() | (referrals["client"] == "woman_or_birthing_parent")]
    seen = scores[_REFERRAL].drop_duplicates()
    alone = seen[~seen["site_id"].isin(referrals["site_id"].unique())]
    known = pd.concat([women, alone], ignore_index=True)
    known = known.assign(has_referral=[True] * len(women) + [False] * len(alone))
    known["person_id"] = known["person_id"].fillna("of referral " + known["referral_id"])
    used = scores.loc[scores["measure"].isin(list(measures)), ["site_id", "measure"]]
    first = next((name for name in measures if name in set(scores["measure"])), next(iter(measures)))
    primary = women[["site_id"]].assign(measure=first)
    each = pd.concat([used, primary], ignore_index=True).drop_duplicates()
    return known[[*_OF_CASE, "has_referral"]].merge(each, on="site_id")


def _one_score_a_day(scores: DataFrame) -> DataFrame:
    """Two totals of one day, or of one undated occasion: equal ones are one, different ones are both left out."""
    when = scores["date"].astype("str").fillna(scores["occasion"])
    moment = scores.assign(moment=when).sort_values([*KEY, "moment", "occasion"], ascending=False, kind="stable")
    same = moment.groupby([*KEY, "moment"], dropna=False)["score"]
    return moment[same.transform("nunique") == 1].drop_duplicates([*KEY, "moment"]).drop(columns="moment")


def _is_dated(frame: DataFrame) -> Series[bool]:
    return frame["has_referral"] & frame["date"].notna() & frame["first_treatment_date"].notna()


def _first_scores(candidates: DataFrame, settings: ChangeSettings) -> DataFrame:
    import pandas as pd

    dated = candidates[_is_dated(candidates)]
    limit = dated["first_treatment_date"] + pd.Timedelta(days=settings.pre_window_days)
    start = dated["referral_date"].fillna(dated["date"])
    is_pre = dated["date"].between(start, limit) & (dated["occasion"].isna() | (dated["occasion"] == "pre"))
    undated = _undated(candidates, dated[is_pre])
    declared = undated[undated["occasion"] == "pre"]
    first_seen = undated[undated["date"].notna() & undated["occasion"].isna()]
    found = pd.concat([dated[is_pre], declared, first_seen[~_has(first_seen, declared)]])
    found = found.sort_values([*KEY, "date"], kind="stable").drop_duplicates(KEY)
    firsts = found[[*KEY, "date", "score", "row"]].rename(columns={"date": "pre_date", "score": "pre", "row": "pre_row"})
    lasts = dated[is_pre].sort_values([*KEY, "date"], kind="stable").drop_duplicates(KEY, keep="last")
    lasts = lasts[[*KEY, "date", "score"]].rename(columns={"date": "pre_last_date", "score": "pre_last"})
    return firsts.merge(lasts, on=KEY, how="left")


def _last_scores(candidates: DataFrame, firsts: DataFrame, settings: ChangeSettings) -> DataFrame:
    import pandas as pd

    later = candidates.merge(firsts, on=KEY)
    gap = pd.to_timedelta(later["gap_days"], unit="D")
    waited = (later["date"] >= later["pre_date"] + gap) | later["pre_date"].isna()
    dated = _is_dated(later) & later["end_date"].notna() & later["pre_date"].notna()
    until = later["end_date"] + pd.Timedelta(days=settings.post_grace_days)
    is_free = later["occasion"].isna() | (later["occasion"] == "post")
    is_post = dated & waited & (later["date"] > later["first_treatment_date"]) & (later["date"] <= until) & is_free
    can_be_undated = ~later["has_referral"] | (later["date"].isna() & later["end_date"].notna())
    declared = can_be_undated & (later["occasion"] == "post") & (later["date"].isna() | waited)
    last_seen = ~later["has_referral"] & later["occasion"].isna() & waited & (later["date"] > later["pre_date"])
    last_seen &= ~_has(later, later[declared])
    found = later[is_post | declared | last_seen].assign(undated_treatment=lambda f: ~is_post[f.index])
    found = found.sort_values([*KEY, "date"], kind="stable", na_position="first").drop_duplicates(KEY, keep="last")
    return _with_last_start(found).rename(columns={"date": "post_date", "score": "post"})


def _with_last_start(found: DataFrame) -> DataFrame:
    """Add the last valid score by which treatment had hardly begun, missing where the last score follows it too soon."""
    import pandas as pd

    soon = found["date"] < found["pre_last_date"] + pd.to_timedelta(found["gap_days"], unit="D")
    waited = (found["first_treatment_date"] - found["pre_date"]).dt.days
    return found.assign(pre_last=found["pre_last"].fillna(found["pre"]).mask(soon), days_to_treatment=waited)


def _undated(candidates: DataFrame, dated: DataFrame) -> DataFrame:
    rest = candidates[~candidates["has_referral"] | (candidates["date"].isna() & candidates["first_treatment_date"].notna())]
    return rest[~_has(rest, dated)]


def _has(frame: DataFrame, other: DataFrame) -> Series[bool]:
    import pandas as pd

    return pd.Series(pd.MultiIndex.from_frame(frame[KEY]).isin(pd.MultiIndex.from_frame(other[KEY])), index=frame.index)


def _classified(pairs: DataFrame, scores: DataFrame, measures: dict[str, Measure]) -> DataFrame:
    import pandas as pd

    parts = [_classify(pairs[pairs["measure"] == n], scores[scores["measure"] == n], m) for n, m in measures.items()]
    parts = [part for part in parts if len(part)]
    if not parts:
        return empty("change").assign(referral_date=None)
    table = pd.concat(parts, ignore_index=True)
    order = table.sort_values(["measure", "site_id", "person_id", "referral_date", "referral_id"], kind="stable")
    table["first_referral"] = ~order.duplicated(["measure", "site_id", "person_id"]).reindex(table.index)
    return table.sort_values(["measure", "site_id", "referral_id"], kind="stable", ignore_index=True)


def _classify(pairs: DataFrame, scores: DataFrame, measure: Measure) -> DataFrame:

    from pipeline.stats.reliable import classify, reliable_change_index

    gain = measure.sign * (pairs["pre"] - pairs["post"])
    table = pairs.assign(improvement=gain, rci=float("nan"), **{"class": "not_classified"})
    reliability = next((r.value for r in measure.reliabilities if r.evidence != "BK"), None)
    spread = _spread(scores, measure)
    if reliability is not None and spread is not None:
        table["rci"] = reliable_change_index(gain.to_numpy(), sd=spread, reliability=reliability)
    if measure.primary_reliable_change is not None:
        table["class"] = classify(gain.to_numpy(), threshold=float(measure.primary_reliable_change))
    elif table["rci"].notna().any():
        table["class"] = classify(table["rci"].to_numpy(), threshold=1.96, is_inclusive=False)
    case_before, case_after = (_is_case(pairs[which], measure) for which in ("pre", "post"))
    recovered = case_before & ~case_after
    improved = (table["class"] == "reliably_improved").astype("boolean").mask(table["class"] == "not_classified")
    return table.assign(
        case_before=case_before, case_after=case_after, recovered=recovered, reliably_recovered=recovered & improved
    )


def _spread(scores: DataFrame, measure: Measure) -> float | None:
    """SD of first scores: sourced where the measure has it, else one pooled within-site SD of all assessed women."""
    sourced = next((n.sd for n in measure.norms if n.selected and n.evidence != "BK"), None)
    if sourced is not None:
        return float(sourced)
    firsts = scores[scores["occasion"].isna() | (scores["occasion"] == "pre")].sort_values(
        ["date", "referral_date", "referral_id"]
    )
    within = firsts.drop_duplicates(["site_id", "person_id"]).groupby("site_id")["score"]
    degrees = within.count() - 1
    if degrees.sum() < 1:
        return None
    pooled = float((within.var().fillna(0) * degrees).sum() / degrees.sum())
    return pooled**0.5 if pooled > 0 else None


def _is_case(scores: Series[Any], measure: Measure) -> Series[Any]:
    import pandas as pd

    cut_off = next((c.value for c in measure.clinical_cut_offs), None)
    if cut_off is None:
        return pd.Series(pd.NA, index=scores.index, dtype="boolean")
    return ((scores >= cut_off) if measure.better == "lower" else (scores < cut_off)).astype("boolean")


def _data_cut(stated: datetime.date | None, scores: DataFrame, referrals: DataFrame) -> Any:
    import pandas as pd

    if stated is not None:
        return pd.Timestamp(stated)
    dates = [scores["date"], *(referrals[c] for c in ("referral_date", "assessment_date", "first_treatment_date", "end_date"))]
    return pd.concat(dates).max()

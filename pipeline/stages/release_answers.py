"""What may leave of answers: neighbouring answers joined until each band may stand as a figure over sites; and survey options."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pipeline.codes import GROUPS
from pipeline.disclosure.attack import withhold
from pipeline.disclosure.rule import SHOWN, TOO_FEW, as_status, is_spread, may_enter, merge_bins, round_counts, share
from pipeline.stages.voices_people import ALL
from pipeline.stats.proportion import share_over_groups
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument

    Row = dict[str, Any]

_BY = ["topic", "instrument", "question", "occasion"]


def release_answers(counts: DataFrame, instruments: Mapping[str, Instrument], rule: ReleaseSettings) -> DataFrame:
    """Bands of answers over all sites, question by question, and the positive answers together.

    `counts`: rows by site. Every person who answered stands in exactly one band, so that no band is left to be worked out. Where
    the positive answers, or the others, may not stand by themselves, all are joined without regard to them. Percentages come
    from rounded counts; their limits let sites differ.
    """
    import pandas as pd

    rows: list[Row] = []
    for key, mine in counts.groupby(_BY, dropna=False, sort=True):
        what: Row = {name: value if value == value else None for name, value in zip(_BY, key, strict=True)}
        instrument = instruments.get(what["instrument"])
        rows += [{**what, **_about(instrument, what["question"]), **found} for found in _of_question(mine, instrument, rule)]
    if not rows:
        return empty("open_answers")
    table = _with_figures(pd.DataFrame(rows), rule)
    order = table["question"].str.extract(r"^(\d+)$", expand=False).astype("float64")
    return table.assign(order=order).sort_values(
        ["topic", "instrument", "order", "question", "occasion", "part", "answer_low"], kind="stable", ignore_index=True
    )


def _about(instrument: Instrument | None, question: str) -> Row:
    """The construct of a question, and whether it is worded against it."""
    for construct in instrument.constructs.values() if instrument else ():
        if instrument and question in construct.questions:
            is_reversed = instrument.reversed is not None and question in instrument.reversed.questions
            return {"construct": construct.name, "is_reversed": "y" if is_reversed else "n"}
    return {"construct": None, "is_reversed": None}


def _of_question(mine: DataFrame, instrument: Instrument | None, rule: ReleaseSettings) -> Iterator[Row]:
    wide = mine[mine["part"] == "answer"].pivot_table(index="answer", columns="site_id", values="n", fill_value=0).sort_index()
    kept = may_enter(wide.sum(), rule)
    wide = wide.loc[:, kept]
    people = wide.sum()
    if not is_spread(people, rule):
        yield {"part": "answers", "status": TOO_FEW}
        return
    positive = set(instrument.positive.codes) if instrument and instrument.positive else set()
    is_positive = wide.index.isin(positive) if positive else None
    bands = _bands(wide, is_positive, rule)
    has_sides = is_positive is not None and len({is_positive[first] for first, _ in bands}) == 2
    place: Row = {"k_sites": int((people > 0).sum()), "status": SHOWN}
    for first, last in bands:
        counted = wide.iloc[first : last + 1].sum()
        low, high = int(wide.index[first]), int(wide.index[last])
        words = {"answer_low": low, "answer_high": high, "label": _label(instrument, wide.index[first : last + 1])}
        side = ("y" if is_positive[first] else "n") if has_sides and is_positive is not None else None
        yield {"part": "answers", "is_positive": side, **words, **place, **_figures(counted, people)}
    if has_sides and is_positive is not None:
        yield {"part": "positive", "is_positive": "y", **place, **_figures(wide.loc[is_positive].sum(), people)}
    beside = mine[(mine["part"] == "non_answer") & mine["site_id"].isin(wide.columns)].groupby("site_id")["n"].sum()
    if is_spread(beside, rule):
        yield {"part": "beside_the_scale", "status": SHOWN, "k_sites": int((beside > 0).sum()), "n": float(beside.sum())}


def _bands(wide: DataFrame, is_positive: Any, rule: ReleaseSettings) -> list[tuple[int, int]]:
    """Positions of bands that each may stand, never over the border of the positive answers where both sides have one."""
    if is_positive is not None:
        edges = [i for i in range(1, len(wide)) if is_positive[i] != is_positive[i - 1]]
        bounds = [0, *edges, len(wide)]
        parts = [(start, merge_bins(wide.iloc[start:end], rule)) for start, end in pairwise(bounds)]
        if len(parts) > 1 and all(found for _, found in parts):
            return [(start + first, start + last) for start, found in parts for first, last in found]
    return merge_bins(wide, rule)


def _figures(counted: Series[Any], people: Series[Any]) -> Row:
    """Exact counts, and limits by the spread of sites; they pass the rule all together."""
    limits = share_over_groups(counted.to_numpy(), people.to_numpy())
    ends = {end: 100 * float(value[0]) for end, value in (("low", limits.low), ("high", limits.high))}
    return {"n": float(counted.sum()), "n_answered": float(people.sum()), **ends}


def _with_figures(table: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Rounded counts, and percentages where the rule gives one, with limits that hold them."""
    needed = ("answer_low", "answer_high", "n", "n_answered", "low", "high")
    table = table.reindex(columns=[*table.columns, *(name for name in needed if name not in table)])
    n, of = table["n"].astype("float64"), table["n_answered"].astype("float64")
    found = share(n, of.fillna(0), rule)
    pct = found["pct"].where(found["is_shown"].astype(bool))
    rounded = {end: table[end].astype("float64").round(0).where(pct.notna()) for end in ("low", "high")}
    return table.drop(columns=["low", "high"]).assign(
        n=round_counts(n, rule).where(n.notna()),
        n_answered=round_counts(of, rule).where(of.notna()),
        share_pct=pct,
        share_low_pct=rounded["low"].where(rounded["low"] <= pct, pct),
        share_high_pct=rounded["high"].where(rounded["high"] >= pct, pct),
    )


def _label(instrument: Instrument | None, answers: Any) -> str | None:
    labels = [instrument.labels.get(int(code), "") for code in answers] if instrument else []
    return " or ".join(label.lower() if at else label for at, label in enumerate(labels)) if labels and all(labels) else None


def release_survey(counts: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """Options of the survey over all sites, by group and over all groups, in the order of their numbers.

    An option is shown where those who ticked it, and those who did not, may each stand. Groups are withheld further, as far as
    the whole less the others would tell a small one; so are options of a question of which everybody ticked exactly one.
    Limits are Wilson's, from the rounded counts.
    """
    import pandas as pd

    parts = [
        _options(mine, rule).assign(question=question) for question, mine in counts.groupby("question", sort=True) if len(mine)
    ]
    return pd.concat(parts, ignore_index=True) if parts else empty("open_survey")


def _options(mine: DataFrame, rule: ReleaseSettings) -> DataFrame:
    import pandas as pd

    whole = mine[mine["group"] == ALL]
    kept = may_enter(whole.groupby("site_id")["n_answered"].first(), rule)
    mine = mine[mine["site_id"].isin(kept.index[kept])]
    options = sorted(mine["option"].unique())
    answered = {str(group): rows.groupby("site_id")["n_answered"].first() for group, rows in mine.groupby("group")}
    ticked = {key: rows.set_index("site_id")["n"] for key, rows in mine.groupby(["group", "option"])}
    groups = _groups(answered, rule)
    shown = {
        (group, option): group in groups and _both_sides(ticked.get((group, option)), answered[group], rule)
        for group in answered
        for option in options
    }
    others = [group for group in answered if group != ALL]
    for option in options:
        for of_ticks in (True, False):
            n = pd.Series({g: _side(ticked.get((g, option)), answered[g], of_ticks=of_ticks) for g in others}, dtype="float64")
            is_shown = pd.Series({g: shown[g, option] for g in others}, dtype="bool")
            if shown.get((ALL, option)) and len(n):
                for g, still in withhold(n, is_shown, ~is_shown, rule, by_site=False).items():
                    shown[str(g), option] = bool(still)
    for group in answered:
        n = pd.Series({o: _side(ticked.get((group, o)), answered[group], of_ticks=True) for o in options}, dtype="float64")
        if n.sum() == answered[group].sum():
            is_shown = pd.Series({o: shown[group, o] for o in options}, dtype="bool")
            for o, still in withhold(n, is_shown, ~is_shown, rule, by_site=False).items():
                shown[group, int(str(o))] = bool(still)
    return _survey_rows(ticked, answered, shown, rule)


def _groups(answered: dict[str, Series[Any]], rule: ReleaseSettings) -> set[str]:
    """The groups, and all of them together, of which it may be told how many answered."""
    import pandas as pd

    if not is_spread(answered[ALL], rule):
        return set()
    others = pd.Series({g: float(n.sum()) for g, n in answered.items() if g != ALL}, dtype="float64")
    fits = pd.Series({g: g in GROUPS and is_spread(answered[g], rule) for g in others.index}, dtype="bool")
    small = pd.Series({g: not is_spread(answered[g], rule) for g in others.index}, dtype="bool")
    fits = withhold(others, fits, small, rule, by_site=False) if len(others) else fits
    return {ALL, *(str(g) for g in fits.index[fits])}


def _side(ticked: Series[Any] | None, answered: Series[Any], *, of_ticks: bool) -> float:
    n = 0.0 if ticked is None else float(ticked.sum())
    return n if of_ticks else float(answered.sum()) - n


def _both_sides(ticked: Series[Any] | None, answered: Series[Any], rule: ReleaseSettings) -> bool:
    if ticked is None:
        return False
    return is_spread(ticked, rule) and is_spread(answered.sub(ticked, fill_value=0), rule)


def _survey_rows(
    ticked: dict[Any, Series[Any]], answered: dict[str, Series[Any]], shown: dict[tuple[str, int], bool], rule: ReleaseSettings
) -> DataFrame:
    import pandas as pd

    keys = [key for group in (ALL, *GROUPS) for key in sorted(shown, key=lambda k: k[1]) if key[0] == group]
    n = pd.Series([_side(ticked.get(key), answered[key[0]], of_ticks=True) for key in keys], dtype="float64")
    of = pd.Series([float(answered[group].sum()) for group, _ in keys], dtype="float64")
    is_shown = pd.Series([shown[key] for key in keys], dtype="bool")
    found = share(n, of, rule)
    table = pd.DataFrame({"group": [group for group, _ in keys], "option": [option for _, option in keys]})
    table["k_sites"] = pd.Series([int((answered[group] > 0).sum()) for group, _ in keys]).where(is_shown)
    table["n"], table["n_answered"] = round_counts(n, rule).where(is_shown), round_counts(of, rule).where(is_shown)
    for end in ("", "_low", "_high"):
        table[f"share{end}_pct"] = found[end.removeprefix("_") or "pct"].where(is_shown & found["is_shown"].astype(bool))
    return table.assign(status=as_status(is_shown))

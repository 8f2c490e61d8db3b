"""What may leave of voices: answers and scores over all sites, and of a site only how many answered.

Codes of instruments and questions are typed by sites. One that no file names leaves only where several sites wrote the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.disclosure.attack import withhold
from pipeline.disclosure.rule import MINIMUM_SITES, as_status, is_enough, is_spread, may_enter, round_counts
from pipeline.stages.release_answers import release_answers, release_survey
from pipeline.stages.release_scores import release_constructs, release_staff_change
from pipeline.stages.voices_people import ALL, ENTERING
from pipeline.tables import empty
from pipeline.tables.voiced import VOICED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pandas import DataFrame, Series

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument

_CODE = r"[a-z0-9][a-z0-9_]{0,31}"
_TOPICS = ("experience", "staff", "training", "survey")


def release_voices(
    exact: Mapping[str, DataFrame], instruments: Mapping[str, Instrument], rule: ReleaseSettings
) -> dict[str, DataFrame]:
    """The open tables of voices. `exact` as the stage voices makes it; tables that are absent count as empty."""
    import pandas as pd

    found = {name: exact[name] if name in exact else empty(name) for name in VOICED}
    counts = pd.concat([found["experience_summary"], found["staff_summary"]], ignore_index=True)
    counts = counts[~counts["site_id"].isin([ALL, ENTERING])]
    counts = counts[_may_be_named(counts, instruments)]
    changes = {topic: found[f"{topic}_change"] for topic in ("staff", "training")}
    twice = {(topic, name) for topic, table in changes.items() for name in table["instrument"].unique()}
    is_twice = [pair in twice for pair in zip(counts["topic"], counts["instrument"], strict=True)]
    once = counts[~pd.Series(is_twice, index=counts.index, dtype="bool")]
    survey = found["survey_summary"]
    survey = survey[survey["site_id"] != ALL]
    survey = survey[_used_by_several(survey, ["question"])]
    nomad = found["nomad"]
    return {
        "open_voices": _who_answered(found["voices"], rule),
        "open_instruments": pd.DataFrame(_questionnaires(counts, instruments)),
        "open_answers": release_answers(once, instruments, rule),
        "open_survey": release_survey(survey, rule),
        "open_staff_change": release_staff_change(changes, instruments, rule),
        "open_constructs": release_constructs(nomad[~nomad["instrument"].isin({n for _, n in twice})], instruments, rule),
    }


def _may_be_named(counts: DataFrame, instruments: Mapping[str, Instrument]) -> Series[bool]:
    """Rows whose instrument and question may be printed: named in a file, or a short code that several sites use."""
    import pandas as pd

    named = {name: {q for c in each.constructs.values() for q in c.questions} for name, each in instruments.items()}
    pairs = list(zip(counts["instrument"], counts["question"], strict=True))
    is_named = pd.Series([question in named.get(name, ()) for name, question in pairs], index=counts.index, dtype="bool")
    return is_named | (_are_short(counts["instrument"]) & _used_by_several(counts, ["instrument", "question"]))


def _are_short(codes: Series[str]) -> Series[bool]:
    return codes.str.fullmatch(_CODE).astype(bool)


def _used_by_several(rows: DataFrame, codes: list[str]) -> Series[bool]:
    """Whether the last of `codes` is a short one, and all of them together stand at several sites."""
    k_sites = rows.groupby(codes)["site_id"].transform("nunique")
    return _are_short(rows[codes[-1]]) & (k_sites >= MINIMUM_SITES)


def _who_answered(voices: DataFrame, rule: ReleaseSettings) -> DataFrame:
    """People by topic, over all sites and by site, as far as no withheld site can be worked out."""
    import pandas as pd

    parts = []
    for topic in _TOPICS:
        n = voices[voices["topic"] == topic].set_index("site_id")["n"].astype("float64").sort_index()
        if n.empty:
            continue
        kept, shown = may_enter(n, rule), is_enough(n, rule)
        is_given = is_spread(n[kept], rule)
        if is_given:
            mine = n[kept]
            still = withhold(mine, shown[kept].astype(bool), ~is_enough(mine, rule), rule, by_site=True)
            shown = shown & still.reindex(n.index, fill_value=True)
        total = pd.Series({ALL: n[kept].sum()})
        both = pd.concat([total, n])
        words = as_status(pd.concat([pd.Series({ALL: is_given}), shown]).astype(bool))
        table = pd.DataFrame({"n": round_counts(both, rule).where(words == "shown"), "status": words})
        table["k_sites"] = pd.Series({ALL: int(kept.sum())}).reindex(table.index).where(words == "shown")
        parts.append(table.rename_axis("site_id").reset_index().assign(topic=topic))
    return pd.concat(parts, ignore_index=True) if parts else empty("open_voices")


def _questionnaires(counts: DataFrame, instruments: Mapping[str, Instrument]) -> Iterator[dict[str, Any]]:
    """What is known of each questionnaire that was returned."""
    for topic, name in sorted(set(zip(counts["topic"], counts["instrument"], strict=True))):
        row = {"topic": topic, "instrument": name, "name": name, "has_file": "n"}
        instrument = instruments.get(name)
        if instrument is None:
            yield row
            continue
        constructs = [c.name for c in instrument.constructs.values()]
        kinds = {c.score for c in instrument.constructs.values()}
        how = "sums of answers" if kinds == {"sum"} else "means of the answered questions"
        beside = instrument.non_answers
        yield row | {
            "name": instrument.label,
            "about": instrument.about,
            "has_file": "y",
            "scored": f"{how}: {', '.join(constructs)}" if constructs else "",
            "positive": ", ".join(_words(instrument, code) for code in instrument.positive.codes) if instrument.positive else "",
            "not_counted": f"{beside.means}{' (counted in the denominator)' if beside.are_counted else ''}" if beside else "",
            "source": instrument.source,
            "evidence": instrument.evidence,
        }


def _words(instrument: Instrument, code: int) -> str:
    return instrument.labels.get(code, f"answer {code}")

"""One answer a person, question and occasion, from rows as sites send them; and one score a person, construct and occasion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.instruments import LEAST_SHARE_ANSWERED

if TYPE_CHECKING:
    from pandas import DataFrame, Series

    from pipeline.instruments import Instrument

ALL, ENTERING = "ALL", "ENTERING"
WHO = ["site_id", "person", "is_linked"]
WHAT = ["instrument", "question", "occasion"]
_PEOPLE = {"staff": "staff_code", "training": "attendee_code"}
_DATES = {"experience": "date", "staff": "date", "training": "session_date"}
_NUMBERED = r"^(?:q|question|item)?[ _.]*0*(\d+)$"


def plain_codes(codes: Series[Any]) -> Series[Any]:
    """Codes of instruments and questions in one spelling: lower case, `Q07` as `7`, blanks and hyphens as `_`."""
    words = codes.astype("str").str.strip().str.lower()
    number = words.str.extract(_NUMBERED, expand=False)
    return number.fillna(words.str.replace(r"[\s-]+", "_", regex=True)).astype("str")


def answers_of(topic: str, rows: DataFrame, referrals: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    """The last answer of each person to each question, on each occasion: columns WHO, WHAT, `response` and `kind`.

    A woman who is known by her referral counts once, whatever number of forms she filled in; a form without a referral counts as
    a person of its own, since nothing says whose it is. Two answers of one person and one date that differ are both left out.
    `kind`: on the `scale`, `counted` or `beside` it, `unusable` where the instrument has no such answer, `any` where nothing is
    known of it.
    """
    import pandas as pd

    given = rows[rows["response"].notna()].reset_index(drop=True)
    frame = pd.DataFrame({"site_id": given["site_id"]})
    frame["person"] = _woman(given, referrals) if topic == "experience" else given[_PEOPLE[topic]].astype("str")
    frame["is_linked"] = frame["person"].notna()
    frame["person"] = frame["person"].fillna("form " + frame.index.to_series().astype("str"))
    frame["instrument"], frame["question"] = plain_codes(given["instrument"]), plain_codes(given["question"])
    frame["occasion"] = (
        given["occasion"].astype("str") if "occasion" in given else pd.Series(None, index=given.index, dtype="str")
    )
    frame["response"], frame["date"] = given["response"].astype("int64"), given[_DATES[topic]]
    return _with_kinds(_last(frame), instruments)


def _woman(rows: DataFrame, referrals: DataFrame) -> Series[Any]:
    """The woman behind each form, by her referral; the referral itself where no person is known; missing where neither is."""
    known = referrals.drop_duplicates(["site_id", "referral_id"])[["site_id", "referral_id", "person_id"]]
    person = rows[["site_id", "referral_id"]].merge(known, on=["site_id", "referral_id"], how="left")["person_id"]
    own = ("woman " + person.astype("str")).where(person.notna(), "referral " + rows["referral_id"].astype("str"))
    return own.where(rows["referral_id"].notna()).astype("str")


def _last(frame: DataFrame) -> DataFrame:
    keys = ["site_id", "person", *WHAT]
    order = frame.sort_values([*keys, "date", "response"], kind="stable", na_position="first")
    one_day = order.groupby([*keys, "date"], dropna=False)["response"].transform("nunique")
    latest = order.assign(is_clear=one_day == 1).drop_duplicates(keys, keep="last")
    return latest[latest["is_clear"]].drop(columns=["date", "is_clear"]).reset_index(drop=True)


def _with_kinds(frame: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    kinds = frame["instrument"].map(lambda _: "any").astype("str")
    for name, mine in frame.groupby("instrument"):
        instrument = instruments.get(str(name))
        if instrument is None or instrument.answers is None:
            continue
        scaled = mine[mine["question"].isin(instrument.scaled)] if instrument.constructs else mine
        beside = instrument.non_answers.codes if instrument.non_answers else ()
        word = "counted" if instrument.non_answers and instrument.non_answers.are_counted else "beside"
        which = scaled["response"].map({**dict.fromkeys(instrument.scale, "scale"), **dict.fromkeys(beside, word)})
        kinds.loc[scaled.index] = which.fillna("unusable").astype("str")
    return frame.assign(kind=kinds)


def scores_of(answers: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    """A row a person, construct and occasion: `score`, and `has_beside` where a box beside the scale was ticked.

    A mean is that of the answered questions, of which at least half must be answered; a sum needs them all. Answers to questions
    worded against their construct are turned round within the scale. A person without a score keeps a row where a box beside the
    scale was ticked.
    """
    import pandas as pd

    keys = ["site_id", "person", "instrument", "occasion"]
    parts = []
    for name, instrument in instruments.items():
        mine = answers[(answers["instrument"] == name) & answers["kind"].isin(["scale", "beside", "counted"])]
        for key, construct in instrument.constructs.items():
            rows = mine[mine["question"].isin(construct.questions)]
            if rows.empty or instrument.answers is None:
                continue
            turned = rows["question"].isin(instrument.reversed.questions if instrument.reversed else ())
            ends = instrument.answers.low + instrument.answers.high
            value = rows["response"].where(~turned, ends - rows["response"]).where(rows["kind"] == "scale").astype("float64")
            found = value.groupby([rows[k] for k in keys], dropna=False).agg(["sum", "mean", "count"])
            least = len(construct.questions) * (1.0 if construct.score == "sum" else LEAST_SHARE_ANSWERED)
            score = found[construct.score].where(found["count"] >= least)
            beside = (rows["kind"] != "scale").groupby([rows[k] for k in keys], dropna=False).any()
            parts.append(pd.DataFrame({"score": score, "has_beside": beside}).reset_index().assign(construct=key))
    columns = [*keys, "construct", "score", "has_beside"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def sign_of(instrument: Instrument, construct: str) -> int:
    """1 where a lower score is better, else -1: more counts as better, or as more where neither end is."""
    return 1 if instrument.constructs[construct].better == "lower" else -1

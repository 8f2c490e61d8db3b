"""How many people gave each answer, by question, site and over all sites; and the survey with several ticks a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.voices_people import ALL, WHAT, plain_codes
from pipeline.stats.proportion import share_over_groups, wilson
from pipeline.tables import empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pandas import DataFrame

    from pipeline.instruments import Instrument

_COUNTED = ("scale", "counted", "any")
_NONE, _EVERY = "", -(10**9)
"""No occasion, and several answers together, while people are counted: missing keys would be lost."""


def count_answers(topic: str, answers: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    """People by answer at every site and over all: single answers, the positive ones together, boxes beside the scale.

    Shares are of the people who ticked a counted box. Limits at a site are Wilson's, for people who answer independently; over
    all sites they let sites differ (`share_over_groups`).
    """
    import pandas as pd

    if answers.empty:
        return empty("experience_summary")
    rows = answers.assign(occasion=answers["occasion"].fillna(_NONE), instrument=answers["instrument"])
    told = _told(rows, instruments)
    table = _at_sites(rows, told, _possible(rows, told, instruments))
    has_share = table["part"].isin(["answer", "positive"])
    found = wilson(table["n"].where(has_share, 0), table["n_answered"])
    limits = pd.DataFrame({"share": found.estimate, "low": found.low, "high": found.high}, index=table.index).where(has_share)
    whole = pd.DataFrame(_over_all(table))
    table = pd.concat([whole, pd.concat([table, limits], axis=1)], ignore_index=True).astype({"answer": "Int64"})
    if topic != "experience":
        table["n_linked"] = pd.NA
    table["answer"] = table["answer"].where(table["answer"] != _EVERY)
    table["occasion"] = table["occasion"].where(table["occasion"] != _NONE)
    return table.assign(topic=topic).sort_values(["site_id", *WHAT, "part", "answer"], kind="stable", ignore_index=True)


def _told(rows: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    """A row a person, part and answer: a positive answer stands in two parts."""
    import pandas as pd

    parts = {"scale": "answer", "counted": "answer", "any": "answer", "beside": "non_answer", "unusable": "unusable"}
    single = rows.assign(part=rows["kind"].map(parts), answer=rows["response"])
    single.loc[single["part"] == "unusable", "answer"] = _EVERY
    positive = {(n, code) for n, each in instruments.items() if each.positive for code in each.positive.codes}
    is_positive = [pair in positive for pair in zip(rows["instrument"], rows["response"], strict=True)]
    again = single[(single["part"] == "answer") & pd.Series(is_positive, index=rows.index, dtype="bool")]
    return pd.concat([single, again.assign(part="positive", answer=_EVERY)], ignore_index=True)


def _possible(rows: DataFrame, told: DataFrame, instruments: dict[str, Instrument]) -> DataFrame:
    """By question, every part and answer that somebody gave, or that lies on the scale or is positive."""
    import pandas as pd

    scaled = rows.loc[rows["kind"] == "scale", WHAT].drop_duplicates()
    more = []
    for name, mine in scaled.groupby("instrument"):
        instrument = instruments[str(name)]
        codes = [("answer", code) for code in instrument.scale] + ([("positive", _EVERY)] if instrument.positive else [])
        more.append(mine.merge(pd.DataFrame(codes, columns=["part", "answer"]), how="cross"))
    return pd.concat([told[[*WHAT, "part", "answer"]], *more], ignore_index=True).drop_duplicates()


def _at_sites(rows: DataFrame, told: DataFrame, possible: DataFrame) -> DataFrame:
    """People by question, part, answer and site, 0 where nobody of a site that answered the question gave it."""
    keys = [*WHAT, "part", "answer", "site_id"]
    n = told.groupby(keys)["is_linked"].agg(n="size", n_linked="sum").reset_index()
    counted = rows[rows["kind"].isin(_COUNTED)]
    n_answered = counted.groupby([*WHAT, "site_id"]).size().rename("n_answered").reset_index()
    sites = rows[[*WHAT, "site_id"]].drop_duplicates()
    table = possible.merge(sites, on=WHAT).merge(n, on=keys, how="left").merge(n_answered, on=[*WHAT, "site_id"], how="left")
    return table.fillna({"n": 0, "n_linked": 0, "n_answered": 0}).astype(dict.fromkeys(("n", "n_linked", "n_answered"), "int64"))


def _over_all(table: DataFrame) -> Iterator[dict[str, Any]]:
    by = [*WHAT, "part", "answer"]
    for key, mine in table.groupby(by, sort=False):
        n, of = mine["n"].to_numpy(), mine["n_answered"].to_numpy()
        row = {**dict(zip(by, key, strict=True)), "site_id": ALL, "n": n.sum(), "n_answered": of.sum()}
        row["n_linked"] = mine["n_linked"].sum()
        if row["part"] in ("answer", "positive"):
            found = share_over_groups(n, of)
            row |= {"share": found.estimate[0], "low": found.low[0], "high": found.high[0]}
        yield row


def count_options(survey: DataFrame) -> DataFrame:
    """People who ticked each option, by site, group and over all; shares are of the people who ticked any of the question.

    Whoever skipped a question does not stand in its denominator. A person who names two groups stands in neither but in
    `not_recorded`. Limits are Wilson's: each respondent answers once, and independently.
    """
    import pandas as pd

    known = survey[survey["option"].notna()]
    if known.empty:
        return empty("survey_summary")
    people = ["site_id", "respondent_code"]
    rows = known[[*people, "option"]].assign(question=plain_codes(known["question"]), group=known["group"].astype("str"))
    rows["group"] = rows["group"].fillna("not_recorded")
    is_one = rows.groupby(people)["group"].transform("nunique") == 1
    rows["group"] = rows["group"].where(is_one, "not_recorded")
    rows = rows.drop_duplicates([*people, "question", "option"])
    views = [rows.assign(**{column: ALL for column in over}) for over in ((), ("site_id",), ("group",), ("site_id", "group"))]
    parts = [_options(view.assign(person=rows["site_id"] + "/" + rows["respondent_code"])) for view in views]
    return pd.concat(parts, ignore_index=True).sort_values(["site_id", "group", "question", "option"], ignore_index=True)


def _options(rows: DataFrame) -> DataFrame:
    """Every option of a question against every site and group in which the question was answered."""
    where = ["site_id", "group", "question"]
    n_answered = rows.groupby(where)["person"].nunique().rename("n_answered").reset_index()
    options = rows[["question", "option"]].drop_duplicates()
    n = rows.groupby([*where, "option"])["person"].nunique().rename("n").reset_index()
    table = n_answered.merge(options, on="question").merge(n, on=[*where, "option"], how="left")
    table["n"] = table["n"].fillna(0).astype("int64")
    found = wilson(table["n"], table["n_answered"])
    return table.assign(share=found.estimate, low=found.low, high=found.high)

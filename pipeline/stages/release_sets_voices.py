"""The people behind what is released of voices, so that a later release can be held against an earlier one.

Codes of staff and attendees need not last, and many forms have none. So nobody is known by a code here: a person is what she
answered, and two who answered the same are numbered. Of a form that was filled in anew, the old one has gone and a new one come.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.voices_people import plain_codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

PEOPLE, ANSWERS = "people", "answers"
"""Variables: `people/<topic>`, who answered at all, and `answers/<instrument>`, what they answered; the survey is one, too."""
SURVEY = "survey"
_CODES = {"experience": "referral_id", "staff": "staff_code", "training": "attendee_code", SURVEY: "respondent_code"}
_ANSWERED = {"experience": "response", "staff": "response", "training": "response", SURVEY: "option"}


def told(frame: DataFrame) -> Series[Any]:
    """All that each row says, as one text; blank where it says nothing."""
    cells = [frame[name].astype("object").where(frame[name].notna(), "").astype("str").astype("object") for name in frame]
    joined: Series[Any] = cells[0]
    for each in cells[1:]:
        joined = joined + "|" + each
    return joined


def people_behind(accepted: Mapping[str, DataFrame]) -> DataFrame:
    """Of the accepted tables of voices: variable, site_id, woman (what a person answered, and a number) and value (blank)."""
    import pandas as pd

    parts = [part for topic in _CODES if len(rows := accepted[f"accepted_{topic}"]) for part in _of_topic(topic, rows)]
    columns = ["variable", "site_id", "woman", "value"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns, dtype="str")


def _of_topic(topic: str, rows: DataFrame) -> list[DataFrame]:
    """Who answered the topic, and who answered each of its instruments."""
    import pandas as pd

    given = rows[rows[_ANSWERED[topic]].notna()].reset_index(drop=True)
    given = given.assign(**{name: plain_codes(given[name]) for name in ("instrument", "question") if name in given})
    instrument = given["instrument"] if "instrument" in given else pd.Series(SURVEY, index=given.index)
    own = given[_CODES[topic]].astype("object").astype("str")
    person = own.where(given[_CODES[topic]].notna(), "row " + given.index.to_series().astype("str"))
    said = told(given.drop(columns=["site_id", _CODES[topic]]))
    frame = pd.DataFrame({"site_id": given["site_id"].astype("str"), "person": person, "told": said, "instrument": instrument})
    whole = _numbered(frame.assign(variable=f"{PEOPLE}/{topic}"))
    return [whole, _numbered(frame.assign(variable=f"{ANSWERS}/" + frame["instrument"]))]


def _numbered(frame: DataFrame) -> DataFrame:
    keys = ["variable", "site_id", "person"]
    each = frame.sort_values([*keys, "told"], kind="stable").groupby(keys, sort=True)["told"].agg(";".join).reset_index()
    again = each.groupby(["variable", "site_id", "told"]).cumcount().astype("str")
    return each.assign(woman=each["told"] + " no. " + again, value="")

"""Linked counts of people who answered: by topic and site, question by question, and the groups and options of the survey."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.disclosure.rule import SHOWN
from pipeline.stages.release_linked import ALL, Name, Together
from pipeline.stages.release_linked_change import entering
from pipeline.stages.release_linked_scores import add_scores
from pipeline.stages.release_masks import Unit
from pipeline.stages.voices_people import ENTERING

if TYPE_CHECKING:
    from pandas import DataFrame

    Tables = dict[str, DataFrame]

_BY = ["topic", "instrument", "question", "occasion"]
SURVEY = "survey"


def add_voices(made: Together, exact: Tables, opened: Tables) -> None:
    """People by topic and site, and those who gave each answer. `opened`: the open tables of voices."""
    told = opened["open_voices"][opened["open_voices"]["status"] == SHOWN]
    shown = set(zip(told["topic"], told["site_id"], strict=True))
    for topic, rows in exact["voices"].groupby("topic", sort=True):
        counts = rows.set_index("site_id")["n"].astype("float64").sort_index()
        for site, n in counts.items():
            unit = Unit("open_voices", (("topic", str(topic)), ("site_id", str(site))))
            made.add(("open_voices", str(topic), str(site), "answered"), n, unit, is_shown=(topic, site) in shown)
        names = [_answered(str(topic), site) for site in entering(counts, made)]
        unit = Unit("open_voices", (("topic", str(topic)), ("site_id", ALL)))
        made.sum_up(("open_voices", str(topic), ALL, "answered"), names, unit, is_shown=(topic, ALL) in shown, is_sought=False)
    _add_questions(made, exact, opened["open_answers"])
    _add_survey(made, exact["survey_summary"], opened["open_survey"])
    add_scores(made, exact, opened)


def _answered(topic: str, site: str) -> Name:
    return "open_voices", topic, str(site), "answered"


def _add_questions(made: Together, exact: Tables, opened: DataFrame) -> None:
    """Bands of answers, which add up to whoever answered a question; the positive ones are some of them."""
    import pandas as pd

    given = pd.concat([exact["experience_summary"], exact["staff_summary"]], ignore_index=True)
    given = given[(given["part"] == "answer") & ~given["site_id"].isin([ALL, ENTERING])]
    bands = opened[(opened["status"] == SHOWN) & (opened["part"] == "answers")]
    for key, rows in bands.groupby(_BY, dropna=False, sort=True):
        known = {column: value for column, value in zip(_BY, key, strict=True) if value == value and value is not None}
        mine = given
        for column, value in known.items():
            mine = mine[mine[column] == value]
        topic, what = str(known["topic"]), " ".join(str(value) for column, value in known.items() if column != "topic")
        unit = Unit("open_answers", tuple((column, str(value)) for column, value in known.items()))
        people = mine.groupby("site_id")["n"].sum()
        kept = entering(people, made)
        mine = mine[mine["site_id"].isin(kept)]
        whole = made.add_over_sites(("open_answers", topic, ALL, what), dict(people[kept]), unit, is_shown=True)
        parts = []
        for low, high in zip(rows["answer_low"], rows["answer_high"], strict=True):
            counts = mine[mine["answer"].between(low, high)].groupby("site_id")["n"].sum()
            name: Name = ("open_answers", topic, ALL, f"{what}: {low} to {high}")
            parts.append(made.add_over_sites(name, dict(counts), unit, is_shown=True))
        made.tie([whole], parts, is_all=True)
        made.tie([_answered(topic, site) for site in kept], [whole])


def _add_survey(made: Together, survey: DataFrame, opened: DataFrame) -> None:
    """Groups and options question by question: groups add up to all, and whoever ticked an option answered the question."""
    given = survey[survey["site_id"] != ALL]
    printed = opened[opened["status"] == SHOWN]
    for question, rows in given[given["question"].isin(printed["question"])].groupby("question", sort=True):
        answered = rows[rows["group"] == ALL].groupby("site_id")["n_answered"].first()
        kept = entering(answered, made)
        mine, shown = rows[rows["site_id"].isin(kept)], printed[printed["question"] == question]
        pairs = set(zip(shown["group"], shown["option"].astype("int64"), strict=True))
        whole: dict[str, Name] = {}
        ticked: dict[tuple[str, int], Name] = {}
        for group, each in mine.groupby("group", sort=True):
            unit = Unit("open_survey", (("question", str(question)), ("group", str(group))))
            place: Name = ("open_survey", SURVEY, ALL, f"{question} {group}")
            counts = each.groupby("site_id")["n_answered"].first()
            is_told = group in {each for each, _ in pairs}
            whole[str(group)] = made.add_over_sites(place, dict(counts), unit, is_shown=is_told)
            for option, n in each.groupby("option", sort=True):
                of_option: Any = n.set_index("site_id")["n"]
                key = (str(group), int(str(option)))
                unit = Unit("open_survey", (*unit.where[:2], ("option", int(str(option)))))
                ticked[key] = _add_option(made, whole[str(group)], (place[3], key[1]), counts, of_option, unit, key in pairs)
        made.tie([whole[ALL]] if ALL in whole else [], [name for group, name in whole.items() if group != ALL], is_all=True)
        for option in {option for _, option in ticked}:
            others = [name for (group, each), name in ticked.items() if each == option and group != ALL]
            made.tie([ticked[ALL, option]] if (ALL, option) in ticked else [], others, is_all=True)
        made.tie([_answered(SURVEY, site) for site in kept], [whole[ALL]] if ALL in whole else [])


def _add_option(
    made: Together, whole: Name, part: tuple[str, int], answered: Any, ticked: Any, unit: Unit, is_shown: bool
) -> Name:
    """Who ticked an option and who did not, who are known to be the minimum where the first are printed."""
    name: Name = ("open_survey", SURVEY, ALL, f"{part[0]} ticked {part[1]}")
    made.add_over_sites(name, dict(ticked), unit, is_shown=is_shown)
    left = answered.sub(ticked, fill_value=0)
    rest: Name = ("open_survey", SURVEY, ALL, f"{part[0]} not ticked {part[1]}")
    told = (float(made.rule.minimum_count), math.inf)
    made.add_over_sites(rest, dict(left), unit, is_shown=is_shown, told=told)
    made.linked.total(whole, [name, rest])
    return name

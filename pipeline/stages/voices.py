"""Voices: what women, families and staff say, by question and by construct; instruments are never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.stages.voices_answers import count_answers, count_options
from pipeline.stages.voices_change import change_of, constructs_of
from pipeline.stages.voices_people import answers_of, scores_of
from pipeline.tables import empty, shape

if TYPE_CHECKING:
    from pandas import DataFrame

    from pipeline.config import ReleaseSettings
    from pipeline.instruments import Instrument


def voices(
    returned: dict[str, DataFrame],
    referrals: DataFrame,
    service: DataFrame,
    instruments: dict[str, Instrument],
    rule: ReleaseSettings,
) -> dict[str, DataFrame]:
    """Answers by question, the survey, change of staff and attendees, scores of constructs, and who answered at all.

    `returned`: the accepted tables `experience`, `survey`, `staff` and `training`. People are told apart by site and code; an
    instrument without a file is counted by question and answer, unscored.
    """
    import pandas as pd

    answers = {topic: answers_of(topic, returned[topic], referrals, instruments) for topic in ("experience", "staff", "training")}
    counts = {topic: count_answers(topic, rows, instruments) for topic, rows in answers.items()}
    scores = {topic: scores_of(answers[topic], instruments) for topic in ("staff", "training")}
    latest = service.sort_values("period_end", kind="stable", na_position="first").drop_duplicates("site_id", keep="last")
    both = [counts[topic] for topic in ("staff", "training") if len(counts[topic])]
    people = pd.concat([*(_people(topic, rows) for topic, rows in answers.items()), _respondents(returned["survey"])])
    return {
        "experience_summary": shape("experience_summary", counts["experience"]),
        "staff_summary": shape("staff_summary", pd.concat(both, ignore_index=True)) if both else empty("staff_summary"),
        "survey_summary": shape("survey_summary", count_options(returned["survey"])),
        **{f"{topic}_change": change_of(scores[topic], instruments, rule, f"{topic}_change") for topic in scores},
        "nomad": constructs_of(scores["staff"], latest.set_index("site_id")["wave"], rule),
        "voices": shape("voices", people) if len(people) else empty("voices"),
    }


def _people(topic: str, answers: DataFrame) -> DataFrame:
    """Distinct people by site: women and codes, and of forms without either as many as the question most often answered."""
    import pandas as pd

    linked = answers[answers["is_linked"]].groupby("site_id")["person"].nunique()
    alone = answers[~answers["is_linked"]].groupby(["site_id", "instrument", "question"]).size().groupby("site_id").max()
    unusable = answers[answers["kind"] == "unusable"].groupby("site_id")["person"].nunique()
    table = pd.DataFrame({"linked": linked, "alone": alone, "n_unusable": unusable}).fillna(0).astype("int64")
    return table.assign(topic=topic, n=table["linked"] + table["alone"]).rename_axis("site_id").reset_index()


def _respondents(survey: DataFrame) -> DataFrame:
    n = survey[survey["option"].notna()].groupby("site_id")["respondent_code"].nunique().rename("n").reset_index()
    return n.assign(topic="survey", n_unusable=0)

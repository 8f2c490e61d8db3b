"""Tables of voices, exact: answers on experience, by staff and after training, the survey, change of staff, and constructs."""

from pipeline import codes
from pipeline.tables.columns import Column, code, number, table, text, whole
from pipeline.tables.returned import SITE

PARTS = ("answer", "positive", "non_answer", "unusable")
COMPARISONS = ("paired", "unpaired")
AFTER = ("after", "follow_up")
WAVES = ("ALL", *codes.WAVES)
TOPICS = ("experience", "staff", "training")

_SITE = text("Site", "ALL for all sites; ENTERING for those that a released figure may hold, where these are others", needed=True)
_INSTRUMENT = text("Instrument", "Short code", needed=True)


def _share(what: str) -> dict[str, Column]:
    return {
        "n": whole(what, unit="people", needed=True),
        "n_answered": whole("People who answered the question", "Those who ticked a counted box", unit="people", needed=True),
        "share": number("Share of those who answered"),
        "low": number("Share: lower 95 % limit", "By the spread of sites over all sites, else Wilson"),
        "high": number("Share: upper 95 % limit"),
    }


_answers = {
    "topic": code("Topic", TOPICS, needed=True),
    "site_id": _SITE,
    "instrument": _INSTRUMENT,
    "question": text("Question", needed=True),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS, blank="not asked before and after"),
    "part": code("Part", PARTS, "Unusable: a number that is no answer of the instrument", needed=True),
    "answer": whole("Answer", blank="all positive, or all unusable ones"),
    **_share("People"),
    "n_linked": whole("Of them, women known by their referral", unit="women"),
}
_survey = {
    "site_id": _SITE,
    "group": code("Group", ("ALL", *codes.GROUPS, "not_recorded"), needed=True),
    "question": text("Question", needed=True),
    "option": whole("Option", needed=True),
    **_share("People who ticked it"),
}
_change = {
    "site_id": _SITE,
    "instrument": _INSTRUMENT,
    "construct": text("Construct", needed=True),
    "occasion": code("Later occasion", AFTER, needed=True),
    "comparison": code("Comparison", COMPARISONS, "The same people twice, or different people", needed=True),
    "k_sites": whole("Sites"),
    "n_before": whole("People before", needed=True, unit="people"),
    "n_after": whole("People after", needed=True, unit="people"),
    **{
        f"{what}_{when}": number(f"{words} {when}", unit="points of the construct")
        for what, words in (("mean", "Mean"), ("sd", "SD"))
        for when in ("before", "after")
    },
    "change": number("Mean change", "Positive is better, or more where neither end is better", unit="points of the construct"),
    "low": number("Mean change: lower 95 % limit", "By t, or by Welch for different people", unit="points of the construct"),
    "high": number("Mean change: upper 95 % limit", unit="points of the construct"),
    "low_by_site": number("The same where people of a site go together: lower limit", unit="points of the construct"),
    "high_by_site": number("The same: upper limit", unit="points of the construct"),
    "shift": number("Hodges-Lehmann estimate of the change", unit="points of the construct"),
    "shift_low": number("Hodges-Lehmann: lower 95 % limit", unit="points of the construct"),
    "shift_high": number("Hodges-Lehmann: upper 95 % limit", unit="points of the construct"),
    "p_value": number("p of the rank test", "Wilcoxon with Pratt's zeros, or Mann and Whitney"),
    "rank_biserial": number("Rank-biserial correlation", "From -1 to 1; of matched pairs where paired"),
    "reason": text("Why a number is missing"),
}
_nomad = {
    "site_id": _SITE,
    "instrument": _INSTRUMENT,
    "construct": text("Construct", needed=True),
    "wave": code("Wave", (*WAVES, "not_recorded"), "ALL for both", needed=True),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS, blank="asked once"),
    "k_sites": whole("Sites"),
    "n": whole("People with a score", needed=True, unit="people"),
    "n_not_relevant": whole("People who ticked a box beside the scale in any of its questions", unit="people"),
    "mean": number("Mean score", unit="points of the construct"),
    "sd": number("SD of scores", unit="points of the construct"),
    "low": number("Mean: lower 95 % limit", "Over sites, people of a site go together", unit="points of the construct"),
    "high": number("Mean: upper 95 % limit", unit="points of the construct"),
}
_voices = {
    "topic": code("Topic", (*TOPICS, "survey"), needed=True),
    "site_id": SITE,
    "n": whole("People", "Distinct codes or women; forms without either count one each", needed=True, unit="people"),
    "n_unusable": whole(
        "People with a number that is no answer of the instrument", "Accepted by the analyst all the same", unit="people"
    ),
}

VOICED = {
    schema.name: schema
    for schema in (
        table("experience_summary", "Answers on experience", "One row a site, question and answer", _answers),
        table("staff_summary", "Answers of staff and attendees", "One row a site, question, occasion and answer", _answers),
        table(
            "survey_summary",
            "Lived-experience survey",
            "One row a site, group, question and option",
            _survey,
            key=("site_id", "group", "question", "option"),
        ),
        *(
            table(
                f"{topic}_change",
                f"Change in {words}",
                "One row a site, construct, later occasion and comparison",
                _change,
                key=("site_id", "instrument", "construct", "occasion", "comparison"),
            )
            for topic, words in (("staff", "staff"), ("training", "those who were trained"))
        ),
        table(
            "nomad",
            "Scores of constructs",
            "One row a site, construct, wave and occasion",
            _nomad,
            key=("site_id", "instrument", "construct", "wave", "occasion"),
        ),
        table("voices", "Who answered", "One row a topic and site", _voices, key=("topic", "site_id")),
    )
}

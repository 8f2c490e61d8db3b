"""Open tables of voices: suppressed and rounded, of people over all sites; of a site only how many answered."""

from pipeline import codes
from pipeline.tables.columns import Column, code, number, table, text, whole
from pipeline.tables.voiced import AFTER, COMPARISONS, TOPICS, WAVES

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_INSTRUMENT = text("Instrument", "Short code", needed=True)
_SITES = whole("Sites behind the figure", unit="sites")
_TOGETHER = "Of the same people: people of a site go together, and the limits are never narrower than if they did not"
_ORDER = whole("Order", "As in the file of the instrument", needed=True)


def _n(title: str) -> Column:
    return whole(title, "Rounded; blank where it is not shown", unit="people")


def _share(title: str) -> dict[str, Column]:
    ends = {"": "", "_low": ": lower 95 % limit", "_high": ": upper 95 % limit"}
    return {f"share{end}_pct": number(f"{title}{words}", unit="percent") for end, words in ends.items()}


_voices = {
    "topic": code("Topic", (*TOPICS, "survey"), needed=True),
    "site_id": text("Site", "ALL for the study", needed=True),
    "k_sites": _SITES,
    "n": _n("People who answered"),
    "status": _STATUS,
}
_instruments = {
    "topic": code("Topic", TOPICS, needed=True),
    "instrument": _INSTRUMENT,
    "name": text("Name", "The code where there is no file of the instrument"),
    "about": text("What it asks about"),
    "has_file": code("File of the instrument", ("y", "n"), needed=True),
    "scored": text("What is scored, and how"),
    "positive": text("Answers that count as positive"),
    "not_counted": text("Boxes beside the scale"),
    "source": text("Source"),
    "evidence": text("How far the source was verified"),
}
_answers = {
    "topic": code("Topic", TOPICS, needed=True),
    "instrument": _INSTRUMENT,
    "question": text("Question", needed=True),
    "construct": text("Construct", "Name; blank where the question belongs to none"),
    "is_reversed": code("Worded against its construct", ("y", "n")),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS),
    "part": code("Part", ("answers", "positive", "beside_the_scale"), needed=True),
    "answer_low": whole("Answer, or the first of several joined"),
    "answer_high": whole("The last of several joined"),
    "label": text("Answer in words", "Where the file of the instrument gives them"),
    "is_positive": code("Counts as positive", ("y", "n"), blank="not known"),
    "k_sites": _SITES,
    "n": _n("People"),
    "n_answered": _n("People who answered the question"),
    **_share("Share of those who answered"),
    "status": _STATUS,
}
_survey = {
    "group": code("Group", ("ALL", *codes.GROUPS), needed=True),
    "question": text("Question", needed=True),
    "option": whole("Option", needed=True),
    "k_sites": _SITES,
    "n": _n("People who ticked it"),
    "n_answered": _n("People who answered the question"),
    **_share("Share of those who answered"),
    "status": _STATUS,
}
_change = {
    "topic": code("Topic", TOPICS[1:], needed=True),
    "instrument": _INSTRUMENT,
    "construct": text("Construct", needed=True),
    "name": text("Name of the construct"),
    "order": _ORDER,
    "occasion": code("Later occasion", AFTER, needed=True),
    "comparison": code("Comparison", COMPARISONS, "The same people twice, or different people", needed=True),
    "is_better": code("Whether more is better", ("higher", "lower"), blank="neither end is"),
    "scale_low": number("Lowest score that can be"),
    "scale_high": number("Highest score that can be"),
    "k_sites": _SITES,
    "n_before": _n("People before"),
    "n_after": _n("People after"),
    "mean_before": number("Mean before", unit="points of the construct"),
    "mean_after": number("Mean after", unit="points of the construct"),
    "change": number("Mean change", "Positive is better", unit="points of the construct"),
    "low": number("Mean change: lower 95 % limit", _TOGETHER, unit="points of the construct"),
    "high": number("Mean change: upper 95 % limit", _TOGETHER, unit="points of the construct"),
    "rank_biserial": number("Rank-biserial correlation"),
    "status": _STATUS,
    "note": text("Note", "Why something is not given"),
}
_constructs = {
    "instrument": _INSTRUMENT,
    "construct": text("Construct", needed=True),
    "name": text("Name of the construct"),
    "order": _ORDER,
    "wave": code("Wave", WAVES, "ALL for both", needed=True),
    "occasion": code("Occasion", codes.TRAINING_OCCASIONS),
    "is_better": code("Whether more is better", ("higher", "lower"), blank="neither end is"),
    "scale_low": number("Lowest score that can be"),
    "scale_high": number("Highest score that can be"),
    "k_sites": _SITES,
    "n": _n("People with a score"),
    "mean": number("Mean score", unit="points of the construct"),
    "low": number("Mean: lower 95 % limit", unit="points of the construct"),
    "high": number("Mean: upper 95 % limit", unit="points of the construct"),
    "status": _STATUS,
}

RELEASED_VOICES = {
    schema.name: schema
    for schema in (
        table("open_voices", "Who answered", "One row a topic and site", _voices, key=("topic", "site_id")),
        table("open_instruments", "Questionnaires", "One row a topic and instrument", _instruments, key=("topic", "instrument")),
        table("open_answers", "Answers", "One row a question, occasion and band of answers", _answers),
        table(
            "open_survey",
            "Lived-experience survey",
            "One row a group, question and option",
            _survey,
            key=("group", "question", "option"),
        ),
        table(
            "open_staff_change",
            "Change in staff and in those who were trained",
            "One row a topic, construct, later occasion and comparison",
            _change,
            key=("topic", "instrument", "construct", "occasion", "comparison"),
        ),
        table(
            "open_constructs",
            "Scores of constructs",
            "One row a construct, wave and occasion",
            _constructs,
            key=("instrument", "construct", "wave", "occasion"),
        ),
    )
}

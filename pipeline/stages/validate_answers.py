"""What answers to questionnaires must hold: a question that the form has, and a box that the form has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.returns.cells import masked
from pipeline.stages.voices_people import plain_codes

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.instruments import Instrument
    from pipeline.stages.validate_checked import Checked, Positions

ANSWERED = ("experience", "staff", "training")
"""Tables of which a row is an answer."""
_FEW = 3
"""More cells of a site than this with one and the same wrong number are one mistake, told once."""
_MOST_NAMED = 5


def check_answers(checked: Checked, instruments: dict[str, Instrument]) -> None:
    """Blank answers that the instrument of their row does not have; the rest of the row stays.

    What no file says is not asked: an instrument without a file, questions where a file does not say that it names all of them,
    numbers where it gives no scale. Instruments and questions are read in any spelling.
    """
    if checked.table not in ANSWERED:
        return
    names, questions = plain_codes(checked.typed["instrument"]), plain_codes(checked.typed["question"])
    for name in sorted({*names} & {*instruments}):
        mine, instrument = names == name, instruments[name]
        if instrument.questions:
            _check_questions(checked, mine & ~questions.isin(instrument.questions), instrument)
        if instrument.codes:
            scaled = mine & (questions.isin(instrument.scaled) if instrument.scaled else True)
            _check_numbers(checked, scaled, instrument)


def _check_questions(checked: Checked, rows: Series[bool], instrument: Instrument) -> None:
    """One line a site for all questions that the form does not have."""
    asked = rows & checked.typed["response"].notna()

    def named(at: Positions) -> str:
        codes = list(dict.fromkeys(masked(str(code)) for code in checked.typed["question"].iloc[at]))
        more = ", ..." if len(codes) > _MOST_NAMED else ""
        return f"{len(at)} answer(s) to {', '.join(codes[:_MOST_NAMED])}{more}"

    known = sorted(instrument.questions, key=lambda code: (not code.isdigit(), int(code) if code.isdigit() else 0))
    limit = f"{instrument.label}: {_runs(tuple(known))}"
    checked.add_once("unknown-question", asked & ~checked.is_rejected, "question", limit=limit, found=named, blanks="response")


def _check_numbers(checked: Checked, rows: Series[bool], instrument: Instrument) -> None:
    """A line a cell; where a site writes one wrong number again and again, one line for all of them."""
    response = checked.typed["response"]
    wrong = rows & response.notna() & ~response.isin(instrument.codes) & ~checked.is_rejected
    limit = f"{_runs(tuple(map(str, instrument.codes)))} for {instrument.label}"
    for number in sorted(response[wrong].unique().tolist()):
        same = wrong & (response == number)
        is_many = same.groupby(checked.site).transform("sum") > _FEW
        checked.add("not-an-answer", same & ~is_many, "response", limit=limit)
        found = f"{masked(str(number))} in {{n}} answers"
        checked.add_once("not-an-answer", same & is_many, "response", limit=limit, found=found, blanks="response")


def _runs(codes: tuple[str, ...]) -> str:
    """`1 to 20, g1, g2 or g3`: whole numbers that follow each other as one."""
    runs: list[list[str]] = []
    for code in codes:
        follows = runs and code.isdigit() and runs[-1][-1].isdigit() and int(code) == int(runs[-1][-1]) + 1
        runs[-1].append(code) if follows else runs.append([code])
    said = [word for run in runs for word in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]
    return f"{', '.join(said[:-1])} or {said[-1]}" if len(said) > 1 else said[0]

"""What became of the theories, in sentences: how many came to each verdict, and how far such verdicts may be leaned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import sentences, wording, wording_theories

if TYPE_CHECKING:
    from pipeline.report.material import Material, Row

_DEPENDS = "depends on baseline adjustment"
_LATE = "; exploratory, as it was not registered before results"
_PLAIN = {
    "by two stages, as the model of all women was singular": "by site first, as one model of all women could not be fitted",
    "the model of all women was singular": "one model of all women could not be fitted",
    "in the intermediate solution": "among those that lead to the outcome",
}
_WITNESSED = {"declared, not witnessed: exploratory": "none on record before results, so exploratory"}


def verdicts(material: Material, *, is_front: bool = False) -> str:
    """How many theories came to each verdict, and which; a verdict that no theory came to is left out, but for the first.

    `is_front`: consistent theories are named only as far as they were registered before results and survive Holm's correction.
    """
    if is_none_testable(material):
        return "These data are not enough to test any of the theories."
    said = []
    for verdict in wording.VERDICTS:
        row = material.finding(f"theories.k_{verdict}")
        rows = material.rows("open_theories", verdict=verdict)
        is_bare = is_front and verdict == "consistent" and not all(wording_theories.survives(each) for each in rows)
        names = [] if is_bare else [each["theory_id"] for each in rows]
        if verdict == "consistent" or row is None or row["value"] != 0:
            which = f" ({wording.listed(names)})" if names else ""
            said.append(f"{sentences.sentence(material, f'theories.k_{verdict}').removesuffix('.')}{which}.")
    return " ".join([*said, *_registered(material, is_front=is_front)])


def is_none_testable(material: Material) -> bool:
    """Whether there are theories and every one of them came out as not testable."""
    return {row["verdict"] for row in material.rows("open_theories")} == {"not_testable"}


def reason_of(row: Row) -> str:
    """Why a theory has its verdict, and how it was registered, each said once."""
    registered = row["registered"].rstrip(". ")
    reason = row["reason"].rstrip(". ")
    if "exploratory" in registered:
        reason = reason.replace(_LATE, "")
    for written, plain in _PLAIN.items():
        reason = reason.replace(written, plain)
    if reason == _DEPENDS:
        reason = _both_ways(row) or reason
    return f"{wording.capital(reason)}. Registration: {registration(registered)}."


def registration(registered: str) -> str:
    """How a theory was registered, in words that a reader can take in."""
    return _WITNESSED.get(registered, registered)


def _both_ways(row: Row) -> str:
    """What the interval holds as measured and after adjustment, where these disagree; blank where they may not be told."""
    said = [_holds(row, suffix) for suffix in ("", "_adjusted")]
    if "" in said or said[0] == said[1]:
        return ""
    return f"depends on the adjustment: as measured the interval {said[0]}, adjusted it {said[1]}"


def _holds(row: Row, suffix: str) -> str:
    """Where one interval lies, against no difference and against the smallest that matters, on the side that is expected."""
    sign = {"with": 1, "without": -1}.get(str(row.get("side")), 0)
    ends, smallest = [row[f"{end}{suffix}"] for end in ("low", "high")], row.get("smallest_difference")
    if not sign or None in ends or smallest is None:
        return ""
    low, high = sorted(sign * end for end in ends)
    if high < 0:
        return "lies on the opposite side"
    if low > 0:
        return "lies on the expected side" + (", below a difference that matters" if high < smallest else "")
    return "rules out a difference that matters" if high < smallest else "holds both no difference and one that matters"


def _registered(material: Material, *, is_front: bool) -> list[str]:
    """How far the verdicts may be leaned on: which theories were written down before results, and which survive many tests."""
    rows = material.rows("open_theories")
    late = [row["theory_id"] for row in rows if not wording_theories.is_prespecified(row)]
    said = []
    if late:
        which = "No theory was" if len(late) == len(rows) else f"{wording.listed(late)} {'was' if len(late) == 1 else 'were'} not"
        said.append(f"{which} registered before results: such verdicts are exploratory, uncorrected for how many were tried.")
    held = [row["theory_id"] for row in rows if row["verdict"] == "consistent" and wording_theories.survives(row)]
    if is_front and held and any(row["verdict"] == "consistent" and row["theory_id"] not in held for row in rows):
        said.append(f"Registered before results, and consistent after Holm's correction for many tests: {wording.listed(held)}.")
    return said

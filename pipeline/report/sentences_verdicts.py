"""What became of the theories, in sentences: how many came to each verdict, and how far such verdicts may be leaned on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import sentences, wording, wording_theories

if TYPE_CHECKING:
    from pipeline.report.material import Material


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

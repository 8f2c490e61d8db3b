"""What was done otherwise than registered or preset: theories changed since registration, settings other than their defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report import numerals, wording
from pipeline.report.blocks import Block, Column, Heading, Paragraph, Table
from pipeline.report.sentences_verdicts import registration

if TYPE_CHECKING:
    from pipeline.report.material import Material
    from pipeline.report.study import StudyFacts


def deviations(material: Material, study: StudyFacts) -> list[Block]:
    """How each theory stands to its registration, and every setting that differs from its default."""
    blocks: list[Block] = [Heading("Deviations from the registered plan", level=2)]
    by_state: dict[str, list[str]] = {}
    for row in material.rows("open_theories"):
        by_state.setdefault(registration(row["registered"].rstrip(". ")), []).append(row["theory_id"])
    everyone = len(by_state) == 1 and len(material.rows("open_theories")) > 1
    said = [f"{'All of them' if everyone else wording.listed(names)}: {state}." for state, names in by_state.items()]
    changed: dict[str, list[str]] = {}
    for row in material.rows("open_theory_changes"):
        changed.setdefault(row["theory_id"], []).append(wording.words(row["field"]))
    said += [f"Changed since it was registered, {name}: {wording.listed(fields)}." for name, fields in changed.items()]
    blocks.append(Paragraph(" ".join(said) or "No theory was registered.", lead="Theories."))
    others = {name: value for name, value in study.settings.items() if study.defaults.get(name, value) != value}
    if not others:
        return [*blocks, Paragraph("Every setting that decides results stands at its default.", lead="Settings.")]
    rows = tuple((name, _plain(study.defaults[name]), _plain(value)) for name, value in sorted(others.items()))
    columns = (Column("Setting", share=1), Column("Default", "right"), Column("In this run", "right"))
    note = "The defaults were fixed before any return was read; a setting of this run decides how far they were departed from."
    return [*blocks, Table("Settings other than their defaults", columns, rows, note=note)]


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return numerals.plain(value) if isinstance(value, int | float) else str(value)

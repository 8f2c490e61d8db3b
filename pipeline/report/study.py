"""What every figure and document says of the study and of the run that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.config import FigureSettings

if TYPE_CHECKING:
    from pipeline.bibliography import Source

CONFIDENCE_PCT = 95
SYNTHETIC = "SYNTHETIC"
_LOOK = FigureSettings()


@dataclass(frozen=True)
class StudyFacts:
    """The facts of one run. Dates are ISO texts or None; none of them comes from a clock.

    `sources` gives the citations behind the measure files by source id; `settings`, `defaults` (what they are where nothing is
    chosen), `hashes` (of what the run was made from) and `governance` are printed as they are, name by name. `why_draft` says in
    one line what a real run lacks to be FINAL.
    """

    title: str
    synthetic: bool
    is_draft: bool
    period_start: str | None
    period_end: str | None
    data_cut: str | None
    run_id: str
    minimum_count: int
    round_to: int
    version: str
    min_pairs: int
    k_sites: int
    pool_from_sites: int = 5
    predict_from_sites: int = 10
    colour: str = _LOOK.colour
    accent: str = _LOOK.accent
    author: str = "Maternal Mental Health Services realist evaluation"
    sources: Mapping[str, Source] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)
    governance: Mapping[str, str] = field(default_factory=dict)
    retain_until: str | None = None
    why_draft: str = ""

    @property
    def state(self) -> str:
        """FINAL where a real run states under whose agreement it holds its data, and until when; else DRAFT."""
        return "DRAFT" if self.is_draft else "FINAL"

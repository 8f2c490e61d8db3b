"""What is planted in the invented voices, and the few ways in which answers are made."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pipeline.synthetic.drawing import Flags, Floats, Table, Texts, Whole


@dataclass(frozen=True)
class Planted:
    """INVENTION, all of it. Levels and shifts lie on the latent scale before answers are cut to whole numbers."""

    form_share: float = 0.22  # of women in treatment, a form half-way that is linked to the referral
    fft_share: float = 0.40  # of women whose care ended, an anonymous form
    felt_understood: float = 3.3
    with_peer_support: float = 0.7  # more on that question at services with peer support
    with_improvement: float = 0.35  # more for each SD by which a woman improves
    fft_positive: float = 0.66
    fft_with_joint_provider: float = 0.10
    fft_with_lived_experience: float = 0.20  # twice the smallest difference of the theory on it
    discharge_every: int = 4  # every so many sites audit a discharge questionnaire that has no file
    discharge_forms: int = 24
    nomad_sites: int = 16
    nomad_people: tuple[int, int] = (5, 8)
    nomad_level: dict[str, float] = field(
        default_factory=lambda: {
            **{"coherence": 3.9, "cognitive_participation": 4.0, "collective_action": 3.4, "reflexive_monitoring": 3.6}
        }
    )
    nomad_fast_follower: float = -0.5
    not_relevant_share: float = 0.04
    psat_sites: int = 14
    psat_people: tuple[int, int] = (5, 8)
    psat_level: dict[str, float] = field(
        default_factory=lambda: {
            **{"environmental_support": 4.9, "funding_stability": 3.9, "partnerships": 4.7, "organisational_capacity": 4.8},
            **{"programme_evaluation": 4.8, "programme_adaptation": 5.2, "communications": 4.6, "strategic_planning": 4.5},
        }
    )  # 1 to 7; funding lowest and adaptation highest, as in Bacon and colleagues 2022, who found a mean of 4.73
    psat_fast_follower: float = -0.8  # on the stability of funding alone
    staff_sites: int = 12
    staff_people: tuple[int, int] = (7, 11)
    staff_confidence: float = 0.5
    proqol_people: tuple[int, int] = (7, 10)
    proqol_twice: float = 0.90
    proqol_level: dict[str, float] = field(
        default_factory=lambda: {"compassion_satisfaction": 3.8, "burnout": 2.5, "secondary_traumatic_stress": 2.6}
    )
    proqol_trained: float = -0.6  # on each of ten questions on secondary traumatic stress: twice the smallest difference
    training_people: tuple[int, int] = (32, 44)
    training: dict[str, float] = field(default_factory=lambda: {"knowledge": 0.9, "confidence": 0.6})
    asked_twice: float = 0.70
    asked_before_alone: float = 0.16
    asked_again: float = 0.45  # of those asked twice, once more months later
    survey_sites: int = 20
    survey_people: tuple[int, int] = (15, 22)
    survey_groups: tuple[float, ...] = (0.62, 0.28, 0.10)
    priorities: tuple[float, ...] = (0.90, 0.62, 0.55, 0.34, 0.21)
    venues: tuple[float, ...] = (0.56, 0.48, 0.27)


PLANTED = Planted()


def ticked(latent: Floats, highest: int = 5) -> Whole:
    """Answers from 1 to the highest."""
    return np.asarray(np.clip(np.rint(latent), 1, highest), dtype=np.int64)


def joined(parts: list[Table]) -> Table:
    """Tables of the same columns one below the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def mean(values: Floats | Whole | Flags) -> float | None:
    """A mean for the answer key; none of nobody."""
    return round(float(np.mean(values)), 6) if len(values) else None


def texts(words: list[str] | str, n: int = 0) -> Texts:
    """A column of words, or of one word `n` times."""
    return np.full(n, words, dtype=object) if isinstance(words, str) else np.array(words, dtype=object)

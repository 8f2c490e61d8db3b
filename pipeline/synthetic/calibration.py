"""What the invented study is built on: figures with a source, and what had to be invented, kept apart."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

MEASURES = ("pcl5", "core10", "phq9", "gad7", "epds", "wsas")
CONTEXTS = ("peer_support", "non_medical_venue", "self_referral_accepted", "joint_provider")
PERIOD_START = np.datetime64("2024-07-01", "D")
PERIOD_END = np.datetime64("2026-06-30", "D")
"""Last day of the period, and the data cut of every return."""


@dataclass(frozen=True)
class Sourced:
    """Figures read in a publication. The section after each is that of the project's collection of field facts."""

    pathway_mix: dict[str, float] = field(
        default_factory=lambda: {"birth_trauma": 0.50, "perinatal_loss": 0.35, "tokophobia": 0.14, "other": 0.01}
    )  # domain 1.2: Reed 2024, BJPsych Open; 185 accepted by primary reason
    stage_mix: dict[str, float] = field(
        default_factory=lambda: {"pregnant": 0.53, "postnatal": 0.29, "post_loss": 0.17, "preconception": 0.01}
    )  # domain 1.2: same service, at referral; reached through `stage_given_pathway`
    offer_mix: dict[str, float] = field(
        default_factory=lambda: {"midwifery": 0.49, "psychology": 0.31, "both": 0.18, "group": 0.02}
    )  # domain 1.2: same service; groups were few
    accepted_share: float = 0.75  # domain 1.2: three quarters accepted
    fall: dict[str, float] = field(
        default_factory=lambda: {"pcl5": 17.8, "core10": 7.84}
    )  # domain 1.2 and 7 point 7: Hunter 2025, Mersey group of 30 women; instruments inferred
    loss_of_custody_share: float = 11 / 41  # domain 1.4: MMHA 2024, services that support women after removal
    assessment_wait_weeks: float = 6.0  # domain 1.4: MMHA 2024, average
    assessment_wait_weeks_longest: float = 26.0  # domain 1.4: upper end of the range
    therapy_wait_weeks: float = 16.0  # domain 1.4: average from assessment to one-to-one therapy
    therapy_wait_weeks_longest: float = 52.0  # domain 1.4: upper end of the range
    reliability: float = 0.82  # domain 4: PCL-5 test-retest over a week, Blevins 2015; used for every measure


@dataclass(frozen=True)
class Scale:
    """What is planted for one measure, in points. All of it is invented."""

    population_mean: float
    population_sd: float
    improvement: float
    improvement_sd: float
    site_sd: float
    typical_true: float


@dataclass(frozen=True)
class Invented:
    """INVENTION. No published figure was found for these; they stand for nothing but themselves.

    `improvement` of PCL-5 and CORE-10 is set so that the fall among pairs comes out near the sourced fall, once the
    regression to the mean and the missing second scores have played their part.
    """

    scales: dict[str, Scale] = field(
        default_factory=lambda: {
            "pcl5": Scale(22.0, 19.0, 9.0, 9.0, 3.0, 40.5),
            "core10": Scale(10.5, 7.6, 6.35, 4.6, 1.3, 18.0),
            "phq9": Scale(8.5, 5.8, 5.0, 3.9, 0.9, 13.5),
            "gad7": Scale(8.0, 5.0, 4.4, 3.3, 0.8, 12.3),
            "epds": Scale(9.5, 5.8, 3.9, 3.8, 0.9, 14.5),
            "wsas": Scale(12.5, 8.6, 4.5, 5.6, 1.2, 20.0),
        }
    )
    context_effects: dict[str, dict[str, float]] = field(
        default_factory=lambda: {m: {c: 10.0 if (m, c) == ("pcl5", "peer_support") else 0.0 for c in CONTEXTS} for m in MEASURES}
    )  # twice the smallest difference of the theory on peer support, so that a rehearsal shows a clear finding
    self_referral_severity_sd: float = 0.50  # severer women where they may refer themselves; no better for it
    improvement_per_true_point: float = 0.20  # severer women improve more, which confounds that context
    correlation_of_measures: float = 0.70
    correlation_of_improvements: float = 0.60
    share_of_site_effect_in_common: float = 0.60  # variance that a site's effects share over measures
    referral_midpoint_sd: float = 0.70  # referrers send women with a high observed score
    referral_width_sd: float = 0.50
    other_decline_share: float = 0.12  # declined for reasons that have nothing to do with the score
    pending_days: int = 28
    pending_share: float = 0.50
    completion_low: float = 0.58
    completion_high: float = 0.72
    completion_slope: float = 0.50  # logit of a second score by SD of a woman's improvement
    pre_share_low: float = 0.92
    pre_share_high: float = 0.98
    answered_share: float = 0.98  # of one measure, once a questionnaire is given at all
    during_share: float = 0.40
    grace_days: int = 30  # a score counts up to so long after the end
    shortest_course_days: int = 42  # longer than the recall of any measure
    sessions_least: int = 3
    sessions_further: float = 2.0
    left_before_assessment: float = 0.04
    left_before_start: float = 0.10
    midwifery_only_without_outcomes: float = 0.30
    wait_shape: float = 2.5
    two_referrals_share: float = 0.04
    two_pathways_share: float = 0.04
    loss_of_custody_weight: float = 0.04  # at sites that offer it
    size_spread: float = 0.45  # SD of the log of a site's referrals a month
    stage_given_pathway: dict[str, tuple[float, ...]] = field(
        default_factory=lambda: {  # pregnant, postnatal, post-loss, preconception; marginals meet stage_mix
            "birth_trauma": (0.47, 0.52, 0.00, 0.01),
            "perinatal_loss": (0.46, 0.05, 0.48, 0.01),
            "tokophobia": (0.96, 0.03, 0.00, 0.01),
            "loss_of_custody": (0.20, 0.80, 0.00, 0.00),
            "other": (0.50, 0.50, 0.00, 0.00),
        }
    )
    age_mix: tuple[float, ...] = (0.02, 0.11, 0.24, 0.36, 0.21, 0.06)  # in the order of the age bands
    ethnic_mix: dict[str, float] = field(
        default_factory=lambda: {
            **{"A": 0.58, "B": 0.01, "C": 0.08, "D": 0.01, "E": 0.01, "F": 0.01, "G": 0.01, "H": 0.03, "J": 0.05},
            **{"K": 0.02, "L": 0.02, "M": 0.01, "N": 0.04, "P": 0.01, "R": 0.01, "S": 0.02, "Z": 0.05, "99": 0.03},
        }
    )
    blank_share: float = 0.02  # of ethnic category and of deprivation decile
    tiny_fewest: int = 6
    tiny_most: int = 9
    late_days_least: int = 60  # open so long before the end of the period
    late_days_most: int = 150
    pathway_offered: dict[str, float] = field(
        default_factory=lambda: {"birth_trauma": 1.0, "perinatal_loss": 1.0, "tokophobia": 0.9, "other": 0.5}
    )
    intervention_offered: dict[str, float] = field(
        default_factory=lambda: {
            "emdr": 0.8,
            "tf_cbt": 0.6,
            "cbt": 1.0,
            "cft": 0.4,
            "act": 0.3,
            "vig": 0.3,
            "psychodynamic": 0.2,
            "group": 1.0,
            "midwifery": 0.65,  # so that services without a specialist midwife stand beside those with one
        }
    )
    feature_share: float = 0.40  # of sites: prior therapy required, training, lived-experience group, whole system
    pre_at_start_share: float = 0.30  # of sites: first score at the first session, not at assessment
    wait_spread: float = 0.25  # SD of the log of a site's waits
    staff: dict[str, float] = field(
        default_factory=lambda: {
            "psychology": 3.0,
            "midwifery": 2.0,
            "peer_support": 1.0,
            "psychiatry": 0.2,
            "other": 0.8,
        }
    )
    peer_supported_share: float = 0.60  # of women at sites that offer it
    source_mix: dict[str, float] = field(
        default_factory=lambda: {
            "A4": 0.42,
            "A1": 0.18,
            "A2": 0.1,
            "H2": 0.09,
            "P1": 0.07,
            "I1": 0.06,
            "A3": 0.05,
            "M9": 0.03,
        }
    )
    self_source_mix: dict[str, float] = field(
        default_factory=lambda: {"B1": 0.15, "B2": 0.02}
    )  # added where self-referral is accepted
    other_reason_mix: dict[str, float] = field(
        default_factory=lambda: {
            "outside_area": 0.2,
            "above_threshold": 0.15,
            "not_perinatal": 0.15,
            "other_service_better_placed": 0.3,
            "prior_therapy_required": 0.15,
            "outside_time_limit": 0.15,
            "no_contact": 0.15,
            "other": 0.05,
        }
    )
    left_for: dict[str, float] = field(
        default_factory=lambda: {
            "declined_before_start": 0.5,
            "no_further_contact": 0.3,
            "moved_away": 0.1,
            "transferred": 0.1,
        }
    )
    ended_with_score: dict[str, float] = field(
        default_factory=lambda: {
            "completed": 0.9,
            "ended_by_woman": 0.05,
            "no_further_contact": 0.02,
            "transferred": 0.03,
        }
    )
    ended_without_score: dict[str, float] = field(
        default_factory=lambda: {
            "completed": 0.5,
            "ended_by_woman": 0.2,
            "no_further_contact": 0.22,
            "transferred": 0.08,
        }
    )
    seen_mix: dict[str, float] = field(default_factory=lambda: {"5": 0.94, "6": 0.06})  # at assessment and at the first session
    attendance_mix: dict[str, float] = field(
        default_factory=lambda: {"5": 0.82, "6": 0.03, "3": 0.07, "2": 0.05, "4": 0.02, "7": 0.01}
    )
    mode_mix: dict[str, float] = field(default_factory=lambda: {"01": 0.5, "11": 0.35, "02": 0.15})
    assessor_mix: dict[str, float] = field(default_factory=lambda: {"psychologist": 0.6, "midwife": 0.4})


SOURCED = Sourced()
INVENTED = Invented()


def constants() -> dict[str, Any]:
    """Every constant for the answer key, the sourced apart from the invented."""
    return {"sourced": asdict(SOURCED), "invented": asdict(INVENTED)}


def per_measure(name: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One field of every measure's scale, in the order of MEASURES."""
    return np.array([getattr(INVENTED.scales[m], name) for m in MEASURES])

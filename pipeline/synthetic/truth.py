"""The answer key: what was planted, and what a flawless analysis of complete data would have found."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.synthetic.calibration import INVENTED, MEASURES, PERIOD_END, PERIOD_START, SOURCED, constants
from pipeline.synthetic.drawing import Flags, Floats
from pipeline.synthetic.outcomes import completion_intercepts
from pipeline.synthetic.severity import site_improvement
from pipeline.synthetic.study import Study

DECIMALS = 6


def truth_of(study: Study, *, seed: int, women: int) -> dict[str, Any]:
    """Everything that a test may want to recover, as plain numbers and words; an empty group has null."""
    effects = INVENTED.context_effects
    return {
        "synthetic": True,
        "seed": seed,
        "sites": len(study.services),
        "referrals_asked_for": women,
        "referrals": len(study.site),
        "women": len(np.unique(study.first_of)),
        "period_start": str(PERIOD_START),
        "period_end": str(PERIOD_END),
        "constants": constants(),
        "reliability": {m: SOURCED.reliability for m in MEASURES},
        "context_effects": effects,
        "completion_model": {
            "log_odds": "site intercept + slope x (woman's PCL-5 improvement beyond her site's mean, in its SD)",
            "slope": INVENTED.completion_slope,
            "intercepts": _by_site(study, completion_intercepts(study.services)),
        },
        "overall": {m: _measure(study, j, np.ones(len(study.site), dtype=bool)) for j, m in enumerate(MEASURES)},
        "activity": study.planted_series,
        "voices": study.voices.planted,
        "by_site": {s.site_id: _site(study, i) for i, s in enumerate(study.services)},
    }


def _by_site(study: Study, values: Floats) -> dict[str, float]:
    return {s.site_id: round(float(v), DECIMALS) for s, v in zip(study.services, values, strict=True)}


def _site(study: Study, number: int) -> dict[str, Any]:
    service, here = study.services[number], study.site == number
    planned = site_improvement(service)
    return {
        "role": service.role,
        "wave": service.wave,
        "form": service.form,
        "dated_by": service.dated_by,
        "pre_at": service.pre_at,
        "stores_items": service.stores_items,
        "referrals": service.n_referrals,
        "contexts": service.contexts,
        "completion_planned": round(service.completion, DECIMALS),
        "measures": {
            m: {
                "site_effect": round(service.effects[m], DECIMALS),
                "planted_improvement": round(float(planned[j]), DECIMALS),
                **_measure(study, j, here),
            }
            for j, m in enumerate(MEASURES)
            if m in service.measures
        },
    }


def _measure(study: Study, j: int, here: Flags) -> dict[str, float | int | None]:
    """One measure over the due women and the pairs `here`.

    `true_improvement` is free of error and of regression to the mean. `score_fall` is what the scores show: with
    every second score among the due, and with those returned among the pairs (a woman's first pair only).
    """
    has = np.array([MEASURES[j] in s.measures for s in study.services])[study.site]
    due = here & has & study.courses.is_due
    paired = here & _first_pairs(study, j)
    true = study.later.true_improvement[:, j]
    fall = study.entry.observed[:, j] - study.later.post[:, j]
    entered = study.entry.observed[:, j]
    expected = (1 - SOURCED.reliability) * (entered - study.entry.population_mean[:, j])
    return {
        "n_due": int(due.sum()),
        "n_paired": int(paired.sum()),
        "population_mean_due": _mean(study.entry.population_mean[due, j]),
        "mean_entry_due": _mean(entered[due]),
        "true_improvement_due": _mean(true[due]),
        "true_improvement_paired": _mean(true[paired]),
        "score_fall_due": _mean(fall[due]),
        "score_fall_paired": _mean(fall[paired]),
        "regression_to_the_mean_expected": _mean(expected[due]),
        "regression_to_the_mean_planted": _mean((entered - study.entry.true[:, j])[due]),
    }


def _first_pairs(study: Study, j: int) -> Flags:
    """Pairs, without the second pair of a woman who came back; referrals of one woman stand in order of date."""
    paired = study.returned.is_paired[:, j]
    rows = np.flatnonzero(paired)
    _, first = np.unique(study.first_of[rows], return_index=True)
    flags = np.zeros(len(paired), dtype=bool)
    flags[rows[first]] = True
    return flags


def _mean(values: Floats) -> float | None:
    return round(float(values.mean()), DECIMALS) if len(values) else None

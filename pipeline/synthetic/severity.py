"""True scores, the observed scores on which women enter, and how much they truly improve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.measures import load
from pipeline.synthetic.calibration import INVENTED, MEASURES, SOURCED, per_measure
from pipeline.synthetic.drawing import Flags, Floats, Whole, alike, expit
from pipeline.synthetic.services import Service


@dataclass(frozen=True)
class Entry:
    """Women as referred: arrays of (women, measures), and the index on which referrers and services select."""

    true: Floats
    observed: Floats
    index: Floats
    population_mean: Floats


@dataclass(frozen=True)
class Later:
    """Scores after entry, complete: every woman has them here, whether or not her site will return them."""

    true_improvement: Floats
    deviation: Floats
    during: Floats
    post: Floats


def on_scale(points: Floats) -> Floats:
    """Whole points within each measure's range."""
    ranges = [load()[m].range for m in MEASURES]
    return np.rint(np.clip(points, [r.low for r in ranges], [r.high for r in ranges]))


def refer(stream: Generator, services: tuple[Service, ...], site: Whole) -> Entry:
    """Draw women from the unselected population until each place is filled by one whom a referrer would send.

    Observed = true + error, with one reliability and one correlation between measures for both parts, so that
    given the observed score a woman's true score lies at mean + reliability x (observed - mean), whoever was selected.
    """
    severe = INVENTED.self_referral_severity_sd
    shift = np.array([severe * s.contexts["self_referral_accepted"] for s in services])[site]
    true, observed = (np.zeros((len(site), len(MEASURES))) for _ in range(2))
    open_places = np.arange(len(site))
    while open_places.size:
        first, error = (_normals(stream, open_places.size) for _ in range(2))
        real = shift[open_places, None] + np.sqrt(SOURCED.reliability) * first
        seen = real + np.sqrt(1 - SOURCED.reliability) * error
        sent = stream.random(open_places.size) < _chance_of_referral(_index(seen))
        true[open_places[sent]], observed[open_places[sent]] = real[sent], seen[sent]
        open_places = open_places[~sent]
    mean, sd = per_measure("population_mean"), per_measure("population_sd")
    return Entry(mean + sd * true, on_scale(mean + sd * observed), _index(observed), mean + sd * shift[:, None])


def _normals(stream: Generator, rows: int) -> Floats:
    return alike(stream, rows=rows, columns=len(MEASURES), correlation=INVENTED.correlation_of_measures)


def _index(standardised: Floats) -> Floats:
    return np.asarray(standardised[:, :2].mean(axis=1))


def _chance_of_referral(index: Floats) -> Floats:
    return expit((index - INVENTED.referral_midpoint_sd) / INVENTED.referral_width_sd)


def below_threshold(entry: Entry, otherwise_declined: Flags) -> Flags:
    """Who is declined for too low a score, the threshold being the one at which the sourced share is accepted."""
    lowest = 1 - SOURCED.accepted_share / (1 - INVENTED.other_decline_share)
    below = entry.index < np.quantile(entry.index, lowest)
    return np.asarray(below & ~otherwise_declined)


def site_improvement(service: Service) -> Floats:
    """Add up the planted mean improvement of a site by measure: general mean, site effect and contexts."""
    effects = INVENTED.context_effects
    context = [sum(effects[m][c] for c, has in service.contexts.items() if has) for m in MEASURES]
    own = np.array([service.effects[m] for m in MEASURES])
    return np.asarray(per_measure("improvement") + own + np.array(context))


def improve(true_stream: Generator, score_stream: Generator, services: tuple[Service, ...], site: Whole, entry: Entry) -> Later:
    """Draw each woman's true improvement and the scores that she would give during and after treatment."""
    low, high = ([getattr(load()[m].range, end) for m in MEASURES] for end in ("low", "high"))
    spread = alike(true_stream, rows=len(site), columns=len(MEASURES), correlation=INVENTED.correlation_of_improvements)
    slope = INVENTED.improvement_per_true_point
    deviation = slope * (entry.true - per_measure("typical_true")) + per_measure("improvement_sd") * spread
    planned = np.array([site_improvement(s) for s in services])[site] + deviation
    before, after = (np.clip(points, low, high) for points in (entry.true, entry.true - planned))
    error = per_measure("population_sd") * np.sqrt(1 - SOURCED.reliability)
    during, post = (error * _normals(score_stream, len(site)) for _ in range(2))
    halfway = on_scale((before + after) / 2 + during)
    return Later(before - after, deviation / per_measure("improvement_sd"), halfway, on_scale(after + post))

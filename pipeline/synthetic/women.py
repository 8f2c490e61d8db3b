"""Who is referred, why, and what the service decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.codes import AGE_BANDS, PATHWAYS, PERINATAL_STAGES, REJECTION_REASONS
from pipeline.synthetic.calibration import INVENTED, PERIOD_END, PERIOD_START, SOURCED
from pipeline.synthetic.drawing import Dates, Flags, Floats, Texts, Whole, choose, days, only_where, pick
from pipeline.synthetic.services import THERAPIES, Service
from pipeline.synthetic.severity import Entry, below_threshold


@dataclass(frozen=True)
class People:
    """One value a referral. `second_pathway` is None for most; `kind` is what kind of help is offered."""

    referred: Dates
    pathway: Texts
    second_pathway: Texts
    stage: Texts
    source: Texts
    age: Texts
    ethnic: Texts
    deprivation: Floats
    kind: Texts
    intervention: Texts


@dataclass(frozen=True)
class Decisions:
    """One value a referral: `accepted` is y, n or pending; `reason` is None unless declined."""

    accepted: Texts
    reason: Texts
    decided: Dates
    is_eligible: Flags

    @property
    def is_accepted(self) -> Flags:
        """Whether the referral was accepted."""
        return np.asarray(self.accepted == "y")


def draw_people(stream: Generator, services: tuple[Service, ...], site: Whole) -> People:
    """Draw who is referred; nothing here depends on severity."""
    n = len(site)
    weights = _pathway_weights(services)[site]
    first = choose(stream, weights)
    further = weights.copy()
    further[np.arange(n), first] = 0
    has_second = (stream.random(n) < INVENTED.two_pathways_share) & (further.sum(axis=1) > 0)
    second = choose(stream, np.where(further.sum(axis=1, keepdims=True) > 0, further, 1.0))
    pathways = np.array(PATHWAYS, dtype=object)
    stages = np.array([INVENTED.stage_given_pathway[p] for p in PATHWAYS])
    order = [("pregnant", "postnatal", "post_loss", "preconception").index(s) for s in PERINATAL_STAGES]
    drawn = pick(stream, SOURCED.offer_mix, n)
    has_midwife = np.array([s.offers["midwifery"] for s in services])[site]
    kind = np.where(~has_midwife & np.isin(drawn, ("midwifery", "both")), "psychology", drawn)
    bands = dict(zip(AGE_BANDS, INVENTED.age_mix, strict=True))
    return People(
        referred=_referral_dates(stream, services, site),
        pathway=pathways[first],
        second_pathway=only_where(has_second, pathways[second]),
        stage=np.array(PERINATAL_STAGES, dtype=object)[choose(stream, stages[first][:, order])],
        source=_sources(stream, services, site),
        age=pick(stream, bands, n),
        ethnic=only_where(stream.random(n) >= INVENTED.blank_share, pick(stream, INVENTED.ethnic_mix, n)),
        deprivation=_deprivation(stream, len(services), site),
        kind=kind,
        intervention=_interventions(stream, services, site, kind),
    )


def _pathway_weights(services: tuple[Service, ...]) -> Floats:
    """Weights by site and pathway: the sourced mix over all sites, nil where a pathway is not offered."""
    mix = {**SOURCED.pathway_mix, "loss_of_custody": INVENTED.loss_of_custody_weight}
    return np.array([[mix[p] / INVENTED.pathway_offered.get(p, 1.0) * s.offers[p] for p in PATHWAYS] for s in services])


def _referral_dates(stream: Generator, services: tuple[Service, ...], site: Whole) -> Dates:
    """Spread evenly over the days open; the first of the month where a site returns months and days."""
    opened = np.array([np.maximum(s.go_live, PERIOD_START) for s in services])[site]
    span = (PERIOD_END - opened).astype(np.int64) + 1
    referred = opened + np.floor(stream.random(len(site)) * span).astype("timedelta64[D]")
    by_days = np.array([s.dated_by == "days" for s in services])[site]
    referred = np.where(by_days, referred.astype("datetime64[M]").astype("datetime64[D]"), referred)
    return np.asarray(referred[np.lexsort((referred, site))])


def _sources(stream: Generator, services: tuple[Service, ...], site: Whole) -> Texts:
    """Self-referral only where it is accepted."""
    accepts = np.array([s.contexts["self_referral_accepted"] for s in services])[site]
    mix = INVENTED.source_mix | INVENTED.self_source_mix
    weights = np.tile(np.array(list(mix.values())), (len(site), 1))
    weights[~accepts, len(INVENTED.source_mix) :] = 0
    return np.array(list(mix), dtype=object)[choose(stream, weights)]


def _deprivation(stream: Generator, sites: int, site: Whole) -> Floats:
    """Deciles, tilted to one end or the other by site; NaN where blank."""
    tilt = stream.normal(-0.08, 0.10, sites)
    weights = np.exp(tilt[:, None] * np.arange(10))[site]
    decile = choose(stream, weights) + 1.0
    return np.where(stream.random(len(site)) < INVENTED.blank_share, np.nan, decile)


def _interventions(stream: Generator, services: tuple[Service, ...], site: Whole, kind: Texts) -> Texts:
    """Draw what a woman receives, out of what her service offers; several are joined by semicolons."""
    offered = np.array([[float(s.offers[t]) for t in THERAPIES] for s in services])[site]
    therapy = np.array(THERAPIES, dtype=object)[choose(stream, offered)]
    base = np.select(
        [kind == "midwifery", kind == "group", kind == "both"], ["midwifery", "group", "midwifery;" + therapy], therapy
    )
    has_peer = np.array([s.offers["peer_support"] for s in services])[site] & (
        stream.random(len(site)) < INVENTED.peer_supported_share
    )
    return np.where(has_peer, base + ";peer_support", base)


def decide(stream: Generator, services: tuple[Service, ...], site: Whole, people: People, entry: Entry) -> Decisions:
    """Accept the sourced share: a low score is declined, others for reasons of their own, the latest are pending."""
    n = len(site)
    otherwise = stream.random(n) < INVENTED.other_decline_share
    low = below_threshold(entry, otherwise)
    recent = people.referred > PERIOD_END - np.timedelta64(INVENTED.pending_days, "D")
    decided = people.referred + days(stream.uniform(2, INVENTED.pending_days, n))
    pending = (recent & (stream.random(n) < INVENTED.pending_share)) | (decided > PERIOD_END)
    accepted = np.where(pending, "pending", np.where(otherwise | low, "n", "y")).astype(object)
    reason = np.where(low, "below_threshold", _other_reason(stream, services, site))
    midwifery_only = (people.kind == "midwifery") & (stream.random(n) < INVENTED.midwifery_only_without_outcomes)
    return Decisions(accepted, only_where(np.asarray(accepted == "n"), reason), decided, np.asarray(~midwifery_only))


def _other_reason(stream: Generator, services: tuple[Service, ...], site: Whole) -> Texts:
    """Draw a reason that the service's own rules allow."""
    weights = np.array([[INVENTED.other_reason_mix.get(r, 0.0) for r in REJECTION_REASONS] for _ in services])
    requires = np.array([s.offers["prior_therapy_required"] for s in services])
    limited = ~np.isnan([s.time_limit_months for s in services])
    weights[:, REJECTION_REASONS.index("prior_therapy_required")] *= requires
    weights[:, REJECTION_REASONS.index("outside_time_limit")] *= limited
    return np.array(REJECTION_REASONS, dtype=object)[choose(stream, weights[site])]

"""The invented services: their size, what they offer, the context they work in, and what is planted in each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.codes import PATHWAYS
from pipeline.synthetic.calibration import (
    CONTEXTS,
    INVENTED,
    MEASURES,
    PERIOD_END,
    PERIOD_START,
    SOURCED,
    per_measure,
)
from pipeline.synthetic.drawing import Dates, Flags, Floats, Texts, Whole, alike

THERAPIES = ("emdr", "tf_cbt", "cbt", "cft", "act", "psychodynamic")
FEATURES = ("prior_therapy_required", "trauma_training_delivered", "lived_experience_group", "whole_system")
ASSIGNMENTS_TRIED = 500


@dataclass(frozen=True)
class Service:
    """One invented service. `effects` are points of improvement beyond the planted mean, before any context."""

    site_id: str
    wave: str
    role: str
    form: str
    dated_by: str
    go_live: np.datetime64
    n_referrals: int
    offers: dict[str, bool]
    contexts: dict[str, bool]
    effects: dict[str, float]
    measures: tuple[str, ...]
    stores_items: bool
    pre_at: str
    completion: float
    pre_share: float
    wait_factor: float
    time_limit_months: float
    staff: dict[str, float]

    @property
    def is_aggregate(self) -> bool:
        """Whether it sends no records."""
        return self.role == "aggregate"


def draw_services(stream: Generator, *, sites: int, women: int) -> tuple[Service, ...]:
    """Draw `sites` services with about `women` referrals between them."""
    waves = np.array(["EI" if i < sites // 3 else "FF" for i in range(sites)], dtype=object)
    roles, by_days = _roles(stream, waves)
    go_live = _go_live(stream, waves, roles)
    sizes = _sizes(stream, roles, go_live, women)
    effects = _effects(stream, sites)
    contexts = _contexts(stream, effects[:, 0], np.isin(roles, ("ordinary", "aggregate")))
    offers = _offers(stream, contexts, roles)
    measures = _measures(stream, sites)
    width = max(2, len(str(sites)))
    return tuple(
        Service(
            site_id=f"S{i + 1:0{width}d}",
            wave=str(waves[i]),
            role=roles[i],
            form="workbook" if i % 2 == 0 else "folder",
            dated_by="days" if by_days[i] else "dates",
            go_live=go_live[i],
            n_referrals=int(sizes[i]),
            offers=offers[i],
            contexts=contexts[i],
            effects=dict(zip(MEASURES, map(float, effects[i]), strict=True)),
            measures=measures[i],
            stores_items=i % 7 == 1,
            pre_at="first_treatment" if stream.random() < INVENTED.pre_at_start_share else "assessment",
            completion=float(stream.uniform(INVENTED.completion_low, INVENTED.completion_high)),
            pre_share=float(stream.uniform(INVENTED.pre_share_low, INVENTED.pre_share_high)),
            wait_factor=float(np.exp(stream.normal(0, INVENTED.wait_spread))),
            time_limit_months=float(stream.choice([math.nan, 12.0, 24.0], p=[0.5, 0.3, 0.2])),
            staff=_staff(stream, int(sizes[i]), offers[i]),
        )
        for i in range(sites)
    )


def _roles(stream: Generator, waves: Texts) -> tuple[list[str], Flags]:
    """Odd sites are Fast Followers, workbooks and folders in turn; none under six sites, none late under twelve."""
    sites = len(waves)
    by_days = np.zeros(sites, dtype=bool)
    roles = ["ordinary"] * sites
    followers = stream.permutation(np.flatnonzero(waves == "FF"))
    piles = [followers[followers % 2 == odd].tolist() for odd in (0, 1)]
    wanted = {"aggregate": sites // 6, "tiny": sites // 6, "late": sites // 12, "days": sites // 6}
    for turn, role in enumerate(role for role, n in wanted.items() for _ in range(min(2, n))):
        i = piles[turn % 2].pop()
        if role == "days":
            by_days[i] = True
        else:
            roles[i] = role
    return roles, by_days


def _go_live(stream: Generator, waves: Texts, roles: list[str]) -> Dates:
    """Early Implementers first, Fast Followers up to a year later, late ones in the last months of the period."""
    early = np.datetime64("2021-01-01") + stream.integers(0, 150, len(waves)).astype("timedelta64[D]")
    follow = np.datetime64("2021-06-01") + stream.integers(0, 365, len(waves)).astype("timedelta64[D]")
    late = PERIOD_END - stream.integers(INVENTED.late_days_least, INVENTED.late_days_most, len(waves)).astype("timedelta64[D]")
    return np.where(np.array(roles) == "late", late, np.where(waves == "EI", early, follow))


def _sizes(stream: Generator, roles: list[str], go_live: Dates, women: int) -> Whole:
    """Referrals a site: uneven rates times the days it was open; what the tiny ones lack goes to the others."""
    role = np.array(roles)
    rates = np.exp(stream.normal(0, INVENTED.size_spread, len(role)))
    rates[role == "aggregate"] = np.maximum(rates[role == "aggregate"], 1.0)
    days_open = (PERIOD_END - np.maximum(go_live, PERIOD_START)).astype(float) + 1
    weights = np.where(role == "tiny", 0.0, rates * days_open)
    tiny = stream.integers(INVENTED.tiny_fewest, INVENTED.tiny_most + 1, len(role))
    left = women - int(tiny[role == "tiny"].sum())
    shares = np.maximum(np.rint(left * weights / weights.sum()), 1)
    return np.where(role == "tiny", tiny, shares).astype(np.int64)


def _effects(stream: Generator, sites: int) -> Floats:
    """Points by site and measure: the planted SD exactly, mean nil, and partly shared between measures."""
    draws = alike(stream, rows=sites, columns=len(MEASURES), correlation=INVENTED.share_of_site_effect_in_common)
    if sites < 3:
        return draws * per_measure("site_sd")
    draws = draws - draws.mean(axis=0)
    return np.asarray(draws / draws.std(axis=0, ddof=1) * per_measure("site_sd"))


def _contexts(stream: Generator, effect: Floats, counts: Flags) -> list[dict[str, bool]]:
    """Half the sites a context; of many assignments the least entangled over the sites that count for comparison.

    So the contexts can be told apart from each other and from the site effects, and a planted nil shows as nil.
    """
    sites = len(effect)
    order = stream.random((ASSIGNMENTS_TRIED, len(CONTEXTS), sites)).argsort(axis=2)
    has = order < sites // 2
    rows = np.concatenate([has, np.broadcast_to(effect, (ASSIGNMENTS_TRIED, 1, sites))], axis=1)[:, :, counts]
    centred = rows - rows.mean(axis=2, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=2, keepdims=True))
    unit = centred / np.maximum(length, 1e-12)
    entangled = np.abs(unit @ unit.transpose(0, 2, 1)) - np.eye(rows.shape[1])
    splits = (length > 0).all(axis=(1, 2))
    best = has[int(np.where(splits, entangled.max(axis=(1, 2)), 2.0).argmin())]
    return [dict(zip(CONTEXTS, map(bool, best[:, i]), strict=True)) for i in range(sites)]


def _offers(stream: Generator, contexts: list[dict[str, bool]], roles: list[str]) -> list[dict[str, bool]]:
    """Pathways and interventions a site; loss of custody at as few as was found, first at sites that send records."""
    sites = len(contexts)
    rank = stream.random(sites) + np.array([role != "ordinary" for role in roles])
    custody = set(np.argsort(rank)[: round(SOURCED.loss_of_custody_share * sites)].tolist())
    offers = []
    for i in range(sites):
        pathways = {p: bool(stream.random() < INVENTED.pathway_offered.get(p, 0.0)) for p in PATHWAYS}
        interventions = {t: bool(stream.random() < share) for t, share in INVENTED.intervention_offered.items()}
        chosen = {"loss_of_custody": i in custody, "peer_support": contexts[i]["peer_support"]}
        features = {f: bool(stream.random() < INVENTED.feature_share) for f in FEATURES}
        offers.append({**pathways, **interventions, **chosen, **features})
    return offers


def _measures(stream: Generator, sites: int) -> list[tuple[str, ...]]:
    """PCL-5 and CORE-10 everywhere, PHQ-9 and GAD-7 at half the sites, EPDS and WSAS at a few."""
    half = set(stream.permutation(sites)[: sites // 2].tolist())
    few = [set(stream.permutation(sites)[: max(1, sites // 7)].tolist()) for _ in range(2)]
    return [
        (
            *("pcl5", "core10"),
            *(("phq9", "gad7") if i in half else ()),
            *(("epds",) if i in few[0] else ()),
            *(("wsas",) if i in few[1] else ()),
        )
        for i in range(sites)
    ]


def _staff(stream: Generator, n_referrals: int, offers: dict[str, bool]) -> dict[str, float]:
    """Whole-time equivalents in tenths, larger where more women are referred; none of whom a service does not have."""
    scale = math.sqrt(max(n_referrals, 30) / 300)
    factors = stream.uniform(0.6, 1.4, len(INVENTED.staff))
    drawn = {p: m * scale * float(f) for (p, m), f in zip(INVENTED.staff.items(), factors, strict=True)}
    return {p: round(wte * offers.get(p, True), 1) for p, wte in drawn.items()}

"""Invented voices: forms on experience, questionnaires of staff, training in four sites, and a survey, with a truth in each.

Their streams are their own, so that no other table of a study moves with them.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from pipeline.codes import GROUPS
from pipeline.stats.streams import stream
from pipeline.synthetic.calibration import PERIOD_END, PERIOD_START
from pipeline.synthetic.courses import Courses
from pipeline.synthetic.drawing import Dates, Flags, Table, Texts, Whole
from pipeline.synthetic.services import Service
from pipeline.synthetic.severity import Later
from pipeline.synthetic.voices_planted import PLANTED, joined, mean, texts, ticked
from pipeline.synthetic.voices_staff import draw_staff, draw_training


@dataclass(frozen=True)
class Voices:
    """The tables by number of the service, and what is planted in them, for the answer key."""

    tables: dict[int, dict[str, Table]]
    planted: dict[str, Any]


def draw_voices(
    seed: int, services: tuple[Service, ...], site: Whole, courses: Courses, later: Later, referral_id: Texts
) -> Voices:
    """Draw every table on voices of a study that is drawn already."""
    open_ones = np.array([number for number, service in enumerate(services) if service.role != "aggregate"])
    large = np.array([number for number in open_ones if services[number].role == "ordinary"], dtype=np.int64)
    experience, planted_experience = _experience(seed, services, site, courses, later, referral_id)
    staff, planted_staff = draw_staff(seed, services, large)
    training, planted_training = draw_training(seed, services, large)
    survey, planted_survey = _survey(seed, open_ones)
    tables: dict[int, dict[str, Table]] = {}
    for name, table in (("experience", experience), ("staff", staff), ("training", training), ("survey", survey)):
        number = table.pop("number")
        for here in np.unique(number).tolist():
            tables.setdefault(here, {})[name] = {column: values[number == here] for column, values in table.items()}
    planted = {"constants": asdict(PLANTED), "experience": planted_experience, "survey": planted_survey}
    return Voices(tables, {**planted, "staff": planted_staff, "training": planted_training})


def _experience(
    seed: int, services: tuple[Service, ...], site: Whole, courses: Courses, later: Later, referral_id: Texts
) -> tuple[Table, dict[str, Any]]:
    """Forms half-way that are linked, anonymous ones at the end, and an audit by a form that no file describes."""
    rng = stream(seed, "voices", "experience")
    sends = np.array([s.role != "aggregate" for s in services])[site]
    half = courses.started + ((courses.last_session - courses.started).astype(np.int64) // 2).astype("timedelta64[D]")
    in_care = sends & ~np.isnat(half) & (half <= PERIOD_END) & (rng.random(len(site)) < PLANTED.form_share)
    linked, has_peers, understood = _linked(rng, services, site, half, in_care, later, referral_id)
    ended = sends & ~np.isnat(courses.ended) & ~np.isnat(courses.started) & (rng.random(len(site)) < PLANTED.fft_share)
    anonymous, is_joint, is_shaped = _anonymous(rng, services, site[ended], courses.ended[ended])
    audited = _audits(rng, services)
    is_good = anonymous["response"] <= 2
    planted = {
        "felt_understood": {"with": mean(understood[has_peers] >= 4), "without": mean(understood[~has_peers] >= 4)},
        "fft": {"with": mean(is_good[is_joint]), "without": mean(is_good[~is_joint]), "all": mean(is_good)},
        "fft_by_lived_experience": {"with": mean(is_good[is_shaped]), "without": mean(is_good[~is_shaped])},
        "forms": {"linked": int(in_care.sum()), "anonymous": int(ended.sum())},
    }
    return joined([linked, anonymous, *([audited] if audited else [])]), planted


def _linked(
    rng: Generator, services: tuple[Service, ...], site: Whole, half: Dates, in_care: Flags, later: Later, referral_id: Texts
) -> tuple[Table, Flags, Whole]:
    """Two questions a woman: `felt_understood`, which rises with peer support and improvement, and one that does not."""
    has_peers = np.array([s.contexts["peer_support"] for s in services])[site[in_care]]
    spread = later.deviation[in_care, 0]
    level = PLANTED.felt_understood + PLANTED.with_peer_support * has_peers + PLANTED.with_improvement * spread
    understood = ticked(level + rng.normal(0, 0.8, len(level)))
    involved = ticked(rng.normal(3.6, 0.9, len(level)))
    by_days = np.array([s.dated_by == "days" for s in services])[site[in_care]]
    parts = [
        {
            "number": site[in_care],
            "instrument": texts("rehearsal_experience", len(level)),
            "question": texts(question, len(level)),
            "response": response,
            "date": np.where(by_days, half[in_care].astype("datetime64[M]").astype("datetime64[D]"), half[in_care]),
            "referral_id": referral_id[in_care],
        }
        for question, response in (("felt_understood", understood), ("involved_in_decisions", involved))
    ]
    return joined(parts), has_peers, understood


def _anonymous(rng: Generator, services: tuple[Service, ...], site: Whole, ended: Dates) -> tuple[Table, Flags, Flags]:
    """The Friends and Family Test: 1 and 2 are positive, 6 is no opinion; with who is joint, and who has a standing group."""
    n = len(site)
    is_joint = np.array([s.contexts["joint_provider"] for s in services])[site]
    is_shaped = np.array([s.offers["lived_experience_group"] for s in services])[site]
    chance = PLANTED.fft_positive + PLANTED.fft_with_joint_provider * is_joint + PLANTED.fft_with_lived_experience * is_shaped
    good = rng.choice([1, 2], n, p=[0.62, 0.38])
    other = rng.choice([3, 4, 5, 6], n, p=[0.5, 0.2, 0.15, 0.15])
    day = np.minimum(ended + rng.integers(0, 10, n).astype("timedelta64[D]"), PERIOD_END)
    table: Table = {
        "number": site,
        "instrument": texts("fft", n),
        "question": texts("1", n),
        "response": np.where(rng.random(n) < chance, good, other),
        "date": day,
        "referral_id": np.full(n, None, dtype=object),
    }
    return table, is_joint, is_shaped


def _audits(rng: Generator, services: tuple[Service, ...]) -> Table:
    """A discharge questionnaire of three questions with four answers, at every fourth site."""
    sites = [number for number, s in enumerate(services) if s.role == "ordinary"][:: PLANTED.discharge_every]
    parts = []
    for number in sites:
        n = PLANTED.discharge_forms + int(rng.integers(-6, 7))
        day = PERIOD_END - rng.integers(0, 300, n).astype("timedelta64[D]")
        for question, level in (("1", 3.3), ("2", 3.0), ("3", 2.4)):
            answers = np.clip(np.rint(rng.normal(level, 0.8, n)), 1, 4).astype(np.int64)
            parts.append(
                {
                    "number": np.full(n, number),
                    "instrument": texts("discharge_questionnaire", n),
                    "question": texts(question, n),
                    "response": answers,
                    "date": np.maximum(day, np.maximum(services[number].go_live, PERIOD_START)),
                    "referral_id": np.full(n, None, dtype=object),
                }
            )
    return joined(parts) if parts else {}


def _survey(seed: int, sites: Whole) -> tuple[Table, dict[str, Any]]:
    """What should come first and where: several ticks a question, some people skip one."""
    rng = stream(seed, "voices", "survey")
    chosen = sites[: PLANTED.survey_sites]
    number = np.repeat(chosen, rng.integers(*PLANTED.survey_people, len(chosen), endpoint=True))
    n = len(number)
    code = texts([f"C{i + 1:04}" for i in range(n)])
    group = np.array(GROUPS, dtype=object)[rng.choice(len(GROUPS), n, p=PLANTED.survey_groups)]
    parts, told = [], {}
    for question, shares in (("priorities", PLANTED.priorities), ("venue", PLANTED.venues)):
        ticks = rng.random((n, len(shares))) < np.array(shares)
        ticks[~ticks.any(axis=1), 0] = True  # who answers ticks something
        answered = rng.random(n) > 0.05
        told[question] = {str(i + 1): mean(ticks[answered, i]) for i in range(len(shares))}
        for option in range(len(shares)):
            rows = answered & ticks[:, option]
            parts.append(
                {
                    "number": number[rows],
                    "respondent_code": code[rows],
                    "group": group[rows],
                    "question": texts(question, int(rows.sum())),
                    "option": np.full(int(rows.sum()), option + 1),
                }
            )
    return joined(parts), told

"""Invented answers of staff and of those who were trained: implementation asked once, knowledge and confidence asked twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.random import Generator

from pipeline.codes import PROFESSIONS
from pipeline.stats.streams import stream
from pipeline.synthetic.calibration import PERIOD_END
from pipeline.synthetic.drawing import Dates, Table, Texts, Whole
from pipeline.synthetic.services import Service
from pipeline.synthetic.voices_planted import PLANTED, joined, mean, texts, ticked

TRAINING_SITES = 4
"""As many as the project that this one follows trained staff in (ESMI-III, phase 3)."""
NOMAD = {"coherence": 4, "cognitive_participation": 4, "collective_action": 7, "reflexive_monitoring": 5}
"""Questions by construct, in the order of their numbers."""
NOMAD_REVERSED = 10
NOMAD_GENERAL = ("g1", "g2", "g3")


PROQOL = {
    "compassion_satisfaction": (3, 6, 12, 16, 18, 20, 22, 24, 27, 30),
    "burnout": (1, 4, 8, 10, 15, 17, 19, 21, 26, 29),
    "secondary_traumatic_stress": (2, 5, 7, 9, 11, 13, 14, 23, 25, 28),
}
PROQOL_REVERSED = (1, 4, 15, 17, 29)
PSAT_EACH = 5
"""Questions of each domain."""


def draw_staff(seed: int, services: tuple[Service, ...], large: Whole) -> tuple[Table, dict[str, Any]]:
    """Four questionnaires: implementation and sustainability, asked once; confidence and what work does to staff, asked twice."""
    rng = stream(seed, "voices", "staff")
    nomad, scores = _nomad(rng, services, large[: PLANTED.nomad_sites])
    shifts = {"confidence": PLANTED.staff_confidence}
    others = large[::-1][: PLANTED.staff_sites]
    people = rng.integers(*PLANTED.staff_people, len(others), endpoint=True)
    change, told = _twice(rng, np.repeat(others, people), shifts, {"confidence": ("4", "5", "6")})
    change = {"staff_code": change.pop("person"), "role": change.pop("profession"), **change}
    psat, capacity = _psat(stream(seed, "voices", "psat"), services, large[: PLANTED.psat_sites])
    proqol, work = _proqol(stream(seed, "voices", "proqol"), services, large)
    tables = [nomad, {name: change[name] for name in nomad}, psat, proqol]
    return joined(tables), {"nomad": scores, "psat": capacity, "proqol": work, **told}


def _nomad(rng: Generator, services: tuple[Service, ...], sites: Whole) -> tuple[Table, dict[str, Any]]:
    """Answers of 1 to 5, lower at Fast Followers; some boxes beside the scale; one question worded the other way round."""
    per_site = rng.integers(*PLANTED.nomad_people, len(sites), endpoint=True)
    number = np.repeat(sites, per_site)
    n = len(number)
    follows = np.array([services[i].wave == "FF" for i in number], dtype=bool)
    code = texts([f"N{i + 1:03}" for i in range(n)])
    role, day = _professions(rng, n), PERIOD_END - rng.integers(10, 200, n).astype("timedelta64[D]")
    person = rng.normal(0, 0.35, n)
    parts, scores, question = [], {}, 0
    for construct, k in NOMAD.items():
        level = PLANTED.nomad_level[construct] + PLANTED.nomad_fast_follower * follows + person
        answers = ticked(level[:, None] + rng.normal(0, 0.75, (n, k)))
        beside = rng.random((n, k)) < PLANTED.not_relevant_share
        n_told = np.maximum((~beside).sum(axis=1), 1)
        score = np.where(beside, 0, answers).sum(axis=1) / n_told
        scores[construct] = {"EI": mean(score[~follows]), "FF": mean(score[follows])}
        for item in range(k):
            question += 1
            box = 6 - answers[:, item] if question == NOMAD_REVERSED else answers[:, item]
            response = np.where(beside[:, item], rng.integers(6, 9, n), box)
            parts.append(_asked(number, code, role, day, "nomad", str(question), response))
    for general in NOMAD_GENERAL:
        parts.append(_asked(number, code, role, day, "nomad", general, rng.integers(3, 11, n)))
    return joined(parts), scores


def _psat(rng: Generator, services: tuple[Service, ...], sites: Whole) -> tuple[Table, dict[str, Any]]:
    """Answers of 1 to 7 on the capacity to last; at Fast Followers, whose money came later, funding is rated lower."""
    number = np.repeat(sites, rng.integers(*PLANTED.psat_people, len(sites), endpoint=True))
    n = len(number)
    follows = np.array([services[i].wave == "FF" for i in number], dtype=bool)
    code = texts([f"P{i + 1:03}" for i in range(n)])
    role, day = _professions(rng, n), PERIOD_END - rng.integers(10, 200, n).astype("timedelta64[D]")
    person = rng.normal(0, 0.5, n)
    parts, scores = [], {}
    for at, (domain, planted) in enumerate(PLANTED.psat_level.items()):
        level = planted + person + (PLANTED.psat_fast_follower * follows if domain == "funding_stability" else 0.0)
        answers = ticked(level[:, None] + rng.normal(0, 0.9, (n, PSAT_EACH)), 7)
        score = answers.mean(axis=1)
        scores[domain] = {"planted": planted, "all": mean(score), "EI": mean(score[~follows]), "FF": mean(score[follows])}
        for item in range(PSAT_EACH):
            parts.append(_asked(number, code, role, day, "psat", str(at * PSAT_EACH + item + 1), answers[:, item]))
    return joined(parts), scores


def _proqol(rng: Generator, services: tuple[Service, ...], sites: Whole) -> tuple[Table, dict[str, Any]]:
    """Thirty answers of 1 to 5 before and after; secondary traumatic stress falls where the service says that it trained."""
    number = np.repeat(sites, rng.integers(*PLANTED.proqol_people, len(sites), endpoint=True))
    n = len(number)
    trained = np.array([services[i].offers["trauma_training_delivered"] for i in number], dtype=bool)
    code, role, day = texts([f"W{i + 1:03}" for i in range(n)]), _professions(rng, n), PERIOD_END - np.timedelta64(240, "D")
    again, person, parts = rng.random(n) < PLANTED.proqol_twice, rng.normal(0, 0.4, n), []
    sums: dict[str, list[Any]] = {name: [] for name in PROQOL}
    for occasion, asked in (("before", np.ones(n, dtype=bool)), ("after", again)):
        days = np.full(n, day + np.timedelta64(180 * (occasion == "after"), "D"))
        for name, questions in PROQOL.items():
            fall = PLANTED.proqol_trained * trained if (occasion, name) == ("after", "secondary_traumatic_stress") else 0.0
            answers = ticked((PLANTED.proqol_level[name] + person + fall)[:, None] + rng.normal(0, 0.7, (n, len(questions))))
            sums[name].append(answers.sum(axis=1))
            for item, question in enumerate(questions):
                box = 6 - answers[:, item] if question in PROQOL_REVERSED else answers[:, item]
                told = _asked(number, code, role, days, "proqol", str(question), box) | {"occasion": texts(occasion, n)}
                parts.append({column: values[asked] for column, values in told.items()})
    falls = {name: (before - after)[again] for name, (before, after) in sums.items()}
    sides = {name: {"with": mean(fall[trained[again]]), "without": mean(fall[~trained[again]])} for name, fall in falls.items()}
    return joined(parts), sides


def _asked(number: Whole, code: Texts, role: Texts, day: Dates, instrument: str, question: str, response: Whole) -> Table:
    n = len(number)
    blank = np.full(n, None, dtype=object)
    return {
        **{"number": number, "staff_code": code, "role": role, "date": day, "occasion": blank},
        **{"instrument": texts(instrument, n), "question": texts(question, n), "response": response},
    }


def _professions(rng: Generator, n: int) -> Texts:
    return np.array(PROFESSIONS, dtype=object)[rng.integers(0, len(PROFESSIONS), n)]


def draw_training(seed: int, services: tuple[Service, ...], large: Whole) -> tuple[Table, dict[str, Any]]:
    """Sessions at four sites, first at those whose service says that it trained, asked before, after and months later."""
    rng = stream(seed, "voices", "training")
    trains = [number for number in large.tolist() if services[number].offers["trauma_training_delivered"]]
    sites = np.array([*trains, *(n for n in large.tolist() if n not in trains)], dtype=np.int64)[:TRAINING_SITES]
    people = rng.integers(*PLANTED.training_people, len(sites), endpoint=True)
    questions = {"knowledge": ("1", "2", "3"), "confidence": ("4", "5", "6")}
    table, told = _twice(rng, np.repeat(sites, people), PLANTED.training, questions)
    table = {"attendee_code": table.pop("person"), "session_date": table.pop("date"), **table}
    return table, {"sites": [services[number].site_id for number in sites], **told}


def _twice(
    rng: Generator, number: Whole, shifts: dict[str, float], questions: Mapping[str, tuple[str, ...]]
) -> tuple[Table, dict[str, Any]]:
    """People asked before and after, on one of these occasions alone, or once more later; all answers of an occasion at once."""
    n = len(number)
    fate = rng.random(n)
    twice = fate < PLANTED.asked_twice
    alone = PLANTED.asked_twice + PLANTED.asked_before_alone
    asked = {"before": fate < alone, "after": twice | (fate >= alone), "follow_up": twice & (rng.random(n) < PLANTED.asked_again)}
    session = PERIOD_END - rng.integers(120, 300, n).astype("timedelta64[D]")
    lags = {"before": 0, "after": 1, "follow_up": 90}
    code, profession = texts([f"A{i + 1:03}" for i in range(n)]), _professions(rng, n)
    own = rng.normal(0, 0.5, n)
    parts, told = [], {}
    for construct, names in questions.items():
        scores = {}
        for occasion, is_asked in asked.items():
            gain = 0.0 if occasion == "before" else shifts[construct] * (0.8 if occasion == "follow_up" else 1.0)
            answers = ticked((2.7 + gain + own)[:, None] + rng.normal(0, 0.6, (n, len(names))))
            scores[occasion] = answers.mean(axis=1)
            for item, question in enumerate(names):
                parts.append(
                    {
                        "number": number[is_asked],
                        "person": code[is_asked],
                        "profession": profession[is_asked],
                        "date": session[is_asked] + np.timedelta64(lags[occasion], "D"),
                        "occasion": texts(occasion, int(is_asked.sum())),
                        "instrument": texts("rehearsal_training", int(is_asked.sum())),
                        "question": texts(question, int(is_asked.sum())),
                        "response": answers[is_asked, item],
                    }
                )
        both = asked["before"] & asked["after"]
        told[construct] = {
            "planted": shifts[construct],
            "paired": int(both.sum()),
            "mean_change_paired": mean((scores["after"] - scores["before"])[both]),
            "mean_change_everyone": mean(scores["after"] - scores["before"]),
        }
    return joined(parts), told

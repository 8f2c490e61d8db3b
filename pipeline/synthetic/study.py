"""The whole invented study in memory, before a word of it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from pipeline.synthetic.activity import draw_activity
from pipeline.synthetic.contacts import contact_rows
from pipeline.synthetic.courses import Courses, end_reasons, follow, who_comes_back
from pipeline.synthetic.drawing import Floats, Table, Texts, Whole, streams
from pipeline.synthetic.outcomes import Returned, complete, item_answers, outcome_rows
from pipeline.synthetic.services import Service, draw_services
from pipeline.synthetic.severity import Entry, Later, improve, refer
from pipeline.synthetic.voices import Voices, draw_voices
from pipeline.synthetic.women import Decisions, People, decide, draw_people

LARGEST_PSEUDONYM = 9_999


@dataclass(frozen=True)
class Study:
    """Everything that was drawn; arrays hold one value a referral, in the order of site and referral date.

    `first_of` is the row of the same woman's first referral. `contacts` and `outcomes` are a pair each: the row of the
    referral, and the table without identifiers; `answers` are the items, a row an outcome. `activity` and `voices`: tables
    by service.
    """

    services: tuple[Service, ...]
    site: Whole
    people: People
    entry: Entry
    decisions: Decisions
    courses: Courses
    later: Later
    returned: Returned
    first_of: Whole
    end_reason: Texts
    person_id: Texts
    referral_id: Texts
    contacts: tuple[Whole, Table]
    outcomes: tuple[Whole, Table]
    answers: Floats
    activity: dict[int, Table]
    planted_series: dict[str, Any]
    voices: Voices


def draw_study(*, sites: int, women: int, seed: int) -> Study:
    """Draw a study of `sites` services and about `women` referrals."""
    stream = streams(seed)
    services = draw_services(stream.sites, sites=sites, women=women)
    site = np.repeat(np.arange(sites), [s.n_referrals for s in services])
    entry = refer(stream.severity, services, site)
    people = draw_people(stream.people, services, site)
    decisions = decide(stream.decisions, services, site, people, entry)
    courses = follow(stream.courses, services, site, people, decisions)
    later = improve(stream.improvements, stream.scores, services, site, entry)
    returned = complete(stream.completion, services, site, decisions, courses, later)
    outcomes = outcome_rows(entry, later, returned)
    first_of = who_comes_back(stream.names, site, people, courses)
    activity, planted_series = draw_activity(stream.activity, services)
    person_id = _pseudonyms(stream.names, site, "P")[first_of]
    referral_id = _pseudonyms(stream.names, site, "R")
    return Study(
        services=services,
        site=site,
        people=people,
        entry=entry,
        decisions=decisions,
        courses=courses,
        later=later,
        returned=returned,
        first_of=first_of,
        end_reason=end_reasons(stream.decisions, courses, decisions, np.asarray(returned.has_post.any(axis=1))),
        person_id=person_id,
        referral_id=referral_id,
        contacts=contact_rows(stream.contacts, people, courses),
        outcomes=outcomes,
        answers=item_answers(stream.items, services, site, outcomes),
        activity=activity,
        planted_series=planted_series,
        voices=draw_voices(seed, services, site, courses, later, referral_id),
    )


def _pseudonyms(stream: Generator, site: Whole, letter: str) -> Texts:
    """Draw pseudonyms unique within a site only: the same one stands for different women at different sites."""
    sizes = np.bincount(site)
    largest = max(LARGEST_PSEUDONYM, 2 * int(sizes.max()))
    numbers = np.concatenate([1 + stream.choice(largest, size=n, replace=False) for n in sizes])
    return np.array([f"{letter}{number:06d}" for number in numbers.tolist()], dtype=object)

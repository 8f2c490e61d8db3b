"""How a referral goes on after it is accepted: assessment, wait, treatment, end; and who comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.synthetic.calibration import INVENTED, PERIOD_END, SOURCED
from pipeline.synthetic.drawing import Dates, Flags, Floats, Texts, Whole, days, only_where, pick
from pipeline.synthetic.services import Service
from pipeline.synthetic.women import Decisions, People

NEVER = np.datetime64("NaT", "D")


@dataclass(frozen=True)
class Courses:
    """One value a referral; NaT is what has not happened by the data cut. `last_session` may lie beyond it."""

    assessed: Dates
    started: Dates
    last_session: Dates
    ended: Dates
    sessions: Whole
    is_due: Flags


def follow(stream: Generator, services: tuple[Service, ...], site: Whole, people: People, decisions: Decisions) -> Courses:
    """Draw waits, leavers and courses of treatment of the accepted, and hide what lies beyond the data cut."""
    n = len(site)
    factor = np.array([s.wait_factor for s in services])[site]
    to_assessment = _wait(stream, SOURCED.assessment_wait_weeks * factor, SOURCED.assessment_wait_weeks_longest)
    to_therapy = _wait(stream, SOURCED.therapy_wait_weeks * factor, SOURCED.therapy_wait_weeks_longest)
    sessions = INVENTED.sessions_least + stream.poisson(INVENTED.sessions_further, n)
    course = np.maximum((sessions - 1) * stream.uniform(10, 18, n), INVENTED.shortest_course_days)
    fate, when = stream.random(n), stream.uniform(0.2, 0.9, n)
    leaves_early = fate < INVENTED.left_before_assessment
    leaves = fate < INVENTED.left_before_assessment + INVENTED.left_before_start
    assessed = people.referred + days(to_assessment)
    last_session = assessed + days(to_therapy) + days(course)
    ended = np.select(
        [~decisions.is_accepted, leaves_early, leaves],
        [decisions.decided, people.referred + days(to_assessment * when), assessed + days(to_therapy * when)],
        last_session + stream.integers(0, 8, n).astype("timedelta64[D]"),
    )
    stays = decisions.is_accepted & ~leaves
    started = _by_cut(assessed + days(to_therapy), stays)
    by_cut = _by_cut(ended, decisions.accepted != "pending")
    grace = np.timedelta64(INVENTED.grace_days, "D")
    return Courses(
        assessed=_by_cut(assessed, decisions.is_accepted & ~leaves_early),
        started=started,
        last_session=np.where(stays, last_session, NEVER),
        ended=by_cut,
        sessions=sessions.astype(np.int64),
        is_due=np.asarray(stays & decisions.is_eligible & (by_cut + grace <= PERIOD_END)),
    )


def _wait(stream: Generator, mean_weeks: Floats, longest_weeks: float) -> Floats:
    shape = INVENTED.wait_shape
    return np.clip(stream.gamma(shape, 7 * mean_weeks / shape), 1, 7 * longest_weeks)


def _by_cut(dates: Dates, happens: Flags) -> Dates:
    return np.where(happens & (dates <= PERIOD_END), dates, NEVER)


def end_reasons(stream: Generator, courses: Courses, decisions: Decisions, has_post: Flags) -> Texts:
    """Why a referral ended; none for those declined at the door, whose reason stands in a column of its own."""
    n = len(has_post)
    mixes = (INVENTED.left_for, INVENTED.ended_with_score, INVENTED.ended_without_score)
    left, with_score, without = (pick(stream, mix, n) for mix in mixes)
    treated = np.where(has_post, with_score, without)
    ended = decisions.is_accepted & ~np.isnat(courses.ended)
    return only_where(ended, np.where(np.isnat(courses.started), left, treated))


def who_comes_back(stream: Generator, site: Whole, people: People, courses: Courses) -> Whole:
    """For each referral the row of the same woman's first referral: its own row, but for the planted few."""
    n = len(site)
    first_of = np.arange(n)
    far = np.int64(100_000) * site
    opens = far + people.referred.astype(np.int64)
    closes = far + courses.ended.astype(np.int64)
    shuffled = stream.permutation(np.flatnonzero(~np.isnat(courses.ended)))
    firsts = shuffled[: round(1.5 * INVENTED.two_referrals_share * n)]
    others = np.setdiff1d(first_of, firsts)
    seconds = stream.permutation(others)[: round(0.6 * n)]
    firsts = firsts[np.argsort(closes[firsts], kind="stable")]
    seconds = seconds[np.argsort(opens[seconds], kind="stable")]
    gap = stream.integers(30, 240, len(firsts))
    place = np.searchsorted(opens[seconds], closes[firsts] + gap)
    place, kept = np.unique(place, return_index=True)
    inside = place < len(seconds)
    found, origin = seconds[place[inside]], firsts[kept[inside]]
    same = site[found] == site[origin]
    wanted = round(INVENTED.two_referrals_share * n / (1 + INVENTED.two_referrals_share))
    chosen = np.sort(stream.permutation(np.flatnonzero(same))[:wanted])
    first_of[found[chosen]] = origin[chosen]
    return first_of

"""Which scores are returned, and their rows: before, during and after treatment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipeline.measures import load
from pipeline.synthetic.calibration import INVENTED, MEASURES, PERIOD_END
from pipeline.synthetic.courses import Courses
from pipeline.synthetic.drawing import Column, Dates, Flags, Floats, Table, Whole, expit
from pipeline.synthetic.services import Service
from pipeline.synthetic.severity import Entry, Later
from pipeline.synthetic.women import Decisions

LOGISTIC_SPREAD = 0.346
"""(16 sqrt(3) / (15 pi))^2: how far a normal spread of log odds pulls the mean share towards a half."""


@dataclass(frozen=True)
class Returned:
    """Flags of (women, measures) and the date of each occasion; a score without its flag is never written."""

    has_pre: Flags
    has_during: Flags
    has_post: Flags
    pre_date: Dates
    during_date: Dates
    post_date: Dates

    @property
    def is_paired(self) -> Flags:
        """Whether both scores are returned."""
        return self.has_pre & self.has_post


def completion_intercepts(services: tuple[Service, ...]) -> Floats:
    """Log odds of a second score by site for a woman of middling improvement, so that pairs meet the planned share."""
    share = np.array([s.completion / (s.pre_share * INVENTED.answered_share**2) for s in services])
    spread = np.sqrt(1 + LOGISTIC_SPREAD * INVENTED.completion_slope**2)
    return np.asarray(np.log(share / (1 - share)) * spread)


def complete(
    stream: Generator,
    services: tuple[Service, ...],
    site: Whole,
    decisions: Decisions,
    courses: Courses,
    later: Later,
) -> Returned:
    """Decide who gives which score. The second is likelier the more a woman improved, beside others at her site.

    Second scores of women who are not yet due are not in: their questionnaires are still to be sent back.
    """
    n = len(site)
    at_start = np.array([s.pre_at == "first_treatment" for s in services])[site]
    pre_date = np.where(at_start, courses.started, courses.assessed)
    course = (courses.last_session - courses.started).astype(np.int64)
    during_date = courses.started + (course // 2).astype("timedelta64[D]")
    post_date = courses.last_session + stream.integers(-7, 15, n).astype("timedelta64[D]")
    chance = expit(completion_intercepts(services)[site] + INVENTED.completion_slope * later.deviation[:, 0])
    gives_pre = stream.random(n) < np.array([s.pre_share for s in services])[site]
    gives_during = (stream.random(n) < INVENTED.during_share) & (during_date <= PERIOD_END)
    used = np.array([[m in s.measures for m in MEASURES] for s in services])[site] & decisions.is_eligible[:, None]
    answered = stream.random((3, n, len(MEASURES))) < INVENTED.answered_share
    return Returned(
        has_pre=(gives_pre & ~np.isnat(pre_date))[:, None] & used & answered[0],
        has_during=gives_during[:, None] & used & answered[1],
        has_post=(courses.is_due & (stream.random(n) < chance))[:, None] & used & answered[2],
        pre_date=pre_date,
        during_date=during_date,
        post_date=post_date,
    )


def outcome_rows(entry: Entry, later: Later, returned: Returned) -> tuple[Whole, Table]:
    """Give the women's rows and the table of scores, in the order of woman, occasion and measure."""
    parts = [
        ("pre", returned.has_pre, entry.observed, returned.pre_date),
        ("during", returned.has_during, later.during, returned.during_date),
        ("post", returned.has_post, later.post, returned.post_date),
    ]
    counts = np.array([str(items.count) if (items := load()[m].items) else "" for m in MEASURES], dtype=object)
    found = [np.nonzero(flags) for _, flags, _, _ in parts]
    woman = np.concatenate([w for w, _ in found])
    measure = np.concatenate([m for _, m in found])
    occasion = np.repeat(np.arange(3), [len(w) for w, _ in found])
    total = np.concatenate([scores[f] for f, (_, _, scores, _) in zip(found, parts, strict=True)])
    date = np.concatenate([dates[w] for (w, _), (_, _, _, dates) in zip(found, parts, strict=True)])
    order = np.lexsort((measure, occasion, woman))
    table: dict[str, Column] = {
        "measure": np.array(MEASURES, dtype=object)[measure],
        "date": date,
        "occasion": np.array([name for name, *_ in parts], dtype=object)[occasion],
        "total": total.astype(np.int64),
        "items_answered": counts[measure],
    }
    return woman[order], {name: values[order] for name, values in table.items()}


def item_answers(stream: Generator, services: tuple[Service, ...], site: Whole, outcomes: tuple[Whole, Table]) -> Floats:
    """Give answers (rows of outcomes, items) to PCL-5 at sites that return items, NaN in every other row.

    PCL-5 alone: its licence lets items be stored and its total is their sum.
    """
    row, table = outcomes
    items = load()["pcl5"].items
    if items is None:
        return np.empty((len(row), 0))
    stored = np.array([s.stores_items for s in services])[site[row]] & (table["measure"] == "pcl5")
    answers = np.full((len(row), items.count), np.nan)
    answers[stored] = _spread(stream, table["total"][stored], count=items.count, high=items.high)
    return answers


def _spread(stream: Generator, totals: Whole, *, count: int, high: int) -> Whole:
    """Answers (rows, count) of 0 to `high` whose sum is the total: so many of all possible points, at random."""
    rank = stream.random((len(totals), count * high)).argsort(axis=1).argsort(axis=1)
    ticked = rank < totals[:, None]
    return np.asarray(ticked.reshape(len(totals), count, high).sum(axis=2), dtype=np.int64)

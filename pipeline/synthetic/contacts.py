"""The contacts of each referral: one assessment, then the sessions of treatment, kept or not."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from pipeline.synthetic.calibration import INVENTED, PERIOD_END
from pipeline.synthetic.courses import Courses
from pipeline.synthetic.drawing import Column, Table, Texts, Whole, choose, days, only_where, pick
from pipeline.synthetic.women import People

PROFESSION = {
    **{"midwifery": "midwife", "peer_support": "peer_support_worker", "group": "therapist", "cft": "therapist"},
    **{"psychodynamic": "therapist", "emdr": "psychologist", "tf_cbt": "psychologist", "cbt": "psychologist"},
    **{"act": "psychologist"},
}


def contact_rows(stream: Generator, people: People, courses: Courses) -> tuple[Whole, Table]:
    """Give the women's rows and the table of contacts, in the order of woman and date and up to the data cut."""
    assessed = np.flatnonzero(~np.isnat(courses.assessed))
    treated = np.flatnonzero(~np.isnat(courses.started))
    sessions = courses.sessions[treated]
    woman = np.concatenate([assessed, np.repeat(treated, sessions)])
    number = np.concatenate([np.zeros(len(assessed), dtype=np.int64), 1 + _count_up(sessions)])
    is_session, n = number > 0, len(woman)
    course = (courses.last_session - courses.started)[woman].astype(np.int64)
    part = (number - 1) / (courses.sessions[woman] - 1)
    session = courses.started[woman] + days(np.where(is_session, course * part, 0))
    date = np.where(is_session, session, courses.assessed[woman])
    intervention = _one_of(stream, people.intervention[woman])
    profession = np.array([PROFESSION[i] for i in intervention], dtype=object)
    kept = np.where(number <= 1, pick(stream, INVENTED.seen_mix, n), pick(stream, INVENTED.attendance_mix, n))
    table: dict[str, Column] = {
        "contact_date": date,
        "attendance": kept,
        "mode": pick(stream, INVENTED.mode_mix, n),
        "profession": np.where(is_session, profession, pick(stream, INVENTED.assessor_mix, n)),
        "intervention": only_where(is_session, intervention),
    }
    order = np.lexsort((number, woman))
    order = order[date[order] <= PERIOD_END]
    return woman[order], {name: values[order] for name, values in table.items()}


def _count_up(lengths: Whole) -> Whole:
    """0, 1, 2 ... anew for each length."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - lengths, lengths)


def _one_of(stream: Generator, joined: Texts) -> Texts:
    """One of the interventions that semicolons join, each as likely."""
    kinds, inverse = np.unique(joined.astype(str), return_inverse=True)
    options = [kind.split(";") for kind in kinds]
    weights = np.array([[float(i in o) / len(o) for i in PROFESSION] for o in options])
    return np.array(list(PROFESSION), dtype=object)[choose(stream, weights[inverse])]

"""What a site returns that sends no records: a row a measure and pathway, reckoned over its due women."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.codes import PATHWAYS
from pipeline.measures import load
from pipeline.synthetic.calibration import MEASURES, PERIOD_END, PERIOD_START
from pipeline.synthetic.courses import Courses
from pipeline.synthetic.drawing import Flags, Floats, Table
from pipeline.synthetic.outcomes import Returned
from pipeline.synthetic.services import Service
from pipeline.synthetic.severity import Entry, Later
from pipeline.synthetic.women import People

FEWEST_PAIRS = 10
DECIMALS = 3


def aggregate_rows(
    service: Service, here: Flags, people: People, courses: Courses, entry: Entry, later: Later, returned: Returned
) -> Table:
    """Reckon the site's aggregates; a pathway with fewer than ten pairs has no row of its own."""
    due = here & courses.is_due
    groups = {"all": due} | {p: due & ((people.pathway == p) | (people.second_pathway == p)) for p in PATHWAYS}
    rows: list[dict[str, Any]] = []
    for name in service.measures:
        j = MEASURES.index(name)
        for pathway, women in groups.items():
            pre, post = women & returned.has_pre[:, j], women & returned.has_post[:, j]
            if post.sum() > pre.sum():
                post &= pre  # such a service counts last scores among those who have a first
            if pathway == "all" or (pre & post).sum() >= FEWEST_PAIRS:
                row = _row(name, entry.observed[:, j], later.post[:, j], pre=pre, post=post)
                rows.append({"measure": name, "pathway": pathway, "n_eligible": int(women.sum()), **row})
    table: Table = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    table |= {key: table[key].astype(object) for key in ("measure", "pathway")}
    period = {"period_start": PERIOD_START, "period_end": PERIOD_END}
    return table | {key: np.full(len(rows), day) for key, day in period.items()}


def _row(name: str, before: Floats, after: Floats, *, pre: Flags, post: Flags) -> dict[str, float]:
    pairs = pre & post
    change = before[pairs] - after[pairs]
    counts: dict[str, float] = {}
    threshold = load()[name].primary_reliable_change
    if threshold is not None:
        counts["n_reliably_improved"] = int((change >= threshold).sum())
        counts["n_reliably_deteriorated"] = int((change <= -threshold).sum())
    else:
        counts = {"n_reliably_improved": np.nan, "n_reliably_deteriorated": np.nan}
    points = {
        "mean_pre": _mean(before[pre]),
        "sd_pre": _sd(before[pre]),
        "mean_post": _mean(after[post]),
        "sd_post": _sd(after[post]),
        "mean_pre_paired": _mean(before[pairs]),
        "mean_post_paired": _mean(after[pairs]),
        "r": float(np.corrcoef(before[pairs], after[pairs])[0, 1]) if len(change) > 2 else np.nan,
        "sd_change": _sd(change),
    }
    rounded = {key: round(value, DECIMALS) for key, value in points.items()}
    return {"n_pre": int(pre.sum()), "n_post": int(post.sum()), "n_paired": int(pairs.sum()), **rounded, **counts}


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else np.nan


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else np.nan

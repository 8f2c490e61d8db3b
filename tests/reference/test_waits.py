"""Waits against R's survfit: with one kind of event on published data, with two on invented data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.waiting import Incidence, cumulative_incidence, share_within

pytestmark = pytest.mark.filterwarnings("error")
Read = Callable[[str], Any]
EXACT = 1e-10  # both sum some hundreds of steps in double precision
# What is in the columns of each published set: the event's code, and the column that splits the curves.
EVENT = {"lung": "2", "lung_ph": "2", "veteran": "1", "veteran_cell": "1"}


def _assert_close(ours: Any, theirs: Any, where: str) -> int:
    """Compare and count; a null of R is a NaN of ours."""
    theirs = np.asarray(theirs, dtype=float)
    np.testing.assert_allclose(np.asarray(ours, dtype=float), theirs, rtol=EXACT, atol=1e-13, err_msg=where)
    return int(theirs.size)


def _groups(rows: list[dict[str, str]], formula: str, strata: dict[str, int] | None) -> list[list[dict[str, str]]]:
    """Split the rows as survfit does, in the order of its strata."""
    if strata is None:
        return [rows]
    return [[row for row in rows if row[formula] == name.split("=")[1]] for name in strata]


def _curve(rows: list[dict[str, str]], event: str) -> Incidence:
    return cumulative_incidence([float(row["time"]) for row in rows], [int(row["status"] == event) for row in rows])


def test_one_kind_of_event(read_shared_values: Read, read_shared_data: Callable[[str], list[dict[str, str]]]) -> None:
    """The curve of those waiting is Kaplan and Meier's, its error Greenwood's, its limits those of conf.type log."""
    compared: Counter[str] = Counter()
    for ref in read_shared_values("survival")["refs"]:
        name, _, kind = ref["id"].partition(":")
        rows = read_shared_data(ref["data"])
        if kind.startswith("survfit:log:") and kind.endswith(":curve"):
            theirs = ref["value"]
            ours = [_curve(group, EVENT[name]) for group in _groups(rows, kind.split("~")[1].split(":")[0], theirs["strata"])]
            assert [len(one.days) for one in ours] == list((theirs["strata"] or {"": len(theirs["time"])}).values())
            joined = {
                "time": np.concatenate([one.days for one in ours]),
                "n.risk": np.concatenate([one.n_at_risk for one in ours]),
                "surv": np.concatenate([one.share[0] for one in ours]),
                "lower": np.concatenate([one.low[0] for one in ours]),
                "upper": np.concatenate([one.high[0] for one in ours]),
            }
            for part, values in joined.items():
                compared["curve"] += _assert_close(values, theirs[part], f"{ref['id']} {part}")
            is_left = joined["surv"] > 0  # R's error is that of the logarithm, infinite where nobody is left
            errors = np.concatenate([one.se[0] for one in ours])[is_left] / joined["surv"][is_left]
            compared["error"] += _assert_close(errors, np.array(theirs["std.err"], dtype=object)[is_left], ref["id"])
        elif kind == "at_times":
            at = share_within(_curve(rows, EVENT[name]), [row["time"] for row in ref["value"]])
            for part, values in {"n.risk": at.n_at_risk, "surv": at.share[0], "lower": at.low[0], "upper": at.high[0]}.items():
                compared["times"] += _assert_close(values, [row[part] for row in ref["value"]], f"{ref['id']} {part}")
    assert compared == {"curve": 5 * 1235, "error": 1235 - 10, "times": 4 * 5 * 4}


def test_two_kinds_of_event(read_own_values: Read) -> None:
    n_compared = 0
    for name, case in read_own_values("waits")["cases"].items():
        for theirs in case["curves"]:
            ours = cumulative_incidence(case["day"], case["event"], interval=theirs.pop("interval"))
            for part, values in theirs.items():
                n_compared += _assert_close(getattr(ours, part), values, f"{name} {part}")
    assert n_compared == 2 * (2 + 4 * 3) * 94

"""Interrupted series against R's nlme (gls with corAR1, REML) and sandwich (NeweyWest), on invented counts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from pipeline.stats.autoregressive import fit_autoregressive
from pipeline.stats.interrupted import Change, interrupted_series

pytestmark = pytest.mark.filterwarnings("error")
EXACT = 1e-9  # at the same phi both solve the same triangular system
SEARCHED = 2e-6  # nlme's search for phi stops within this, and coefficients move by less than that share of their errors
STEP, TREND = 2, 3  # places of the two changes among R's coefficients


def _design(series: dict[str, Any], is_seen: np.ndarray) -> np.ndarray:
    """The columns of R's formula, in the order in which its coefficients were pinned."""
    t = np.array(series["month"], dtype=float)[is_seen] - series["go_live"]
    after = (t >= 0).astype(float)
    return np.column_stack([t**0, t, after, t * after, np.sin(2 * np.pi * t / 12), np.cos(2 * np.pi * t / 12)])


def _assert_change(ours: Change, theirs: dict[str, Any], at: int, link: str, df: int) -> int:
    """The estimate and limits at R's own phi, on the scale that we print."""
    turn = math.exp if link == "log" else float
    reach = stats.t.ppf(0.975, df) * math.sqrt(theirs["found"]["variance"][at])
    middle = theirs["found"]["estimate"][at]
    error = math.sqrt(theirs["found"]["variance"][at])
    assert ours.se == pytest.approx(error, rel=SEARCHED)
    for mine, peer in ((ours.estimate, middle), (ours.low, middle - reach), (ours.high, middle + reach)):
        assert mine == pytest.approx(turn(peer), abs=10 * SEARCHED * error * turn(peer if link == "log" else 1))
    return 4


def test_every_series(read_own_values: Callable[[str], Any]) -> None:
    compared: Counter[str] = Counter()
    for name, case in read_own_values("interrupted")["cases"].items():
        series = case["series"]
        counts = np.array([math.nan if count is None else count for count in series["count"]], dtype=float)
        days, is_seen = np.array(series["days"], dtype=float), ~np.isnan(counts)
        for theirs in case["fits"]:
            link = theirs["link"]
            response = (np.log((counts + 0.5) / days) if link == "log" else counts / days)[is_seen]
            at = theirs["at"]
            fit = fit_autoregressive(_design(series, is_seen), response, np.array(series["month"])[is_seen], phi=at["phi"])
            np.testing.assert_allclose(fit.coefficients, at["estimate"], rtol=EXACT, err_msg=name)
            np.testing.assert_allclose(np.diag(fit.covariance), at["variance"], rtol=EXACT, err_msg=name)
            assert (fit.sigma, fit.log_likelihood) == pytest.approx((at["sigma"], at["log_likelihood"]), rel=EXACT)
            compared["at a given phi"] += 14

            ours = interrupted_series(counts, days, go_live=series["go_live"], link=link)
            assert ours.level is not None and ours.slope is not None
            assert ours.phi == pytest.approx(theirs["found"]["phi"], abs=SEARCHED)
            assert (ours.df, ours.lag) == (int(is_seen.sum()) - 6, theirs["lag"])
            best = fit_autoregressive(_design(series, is_seen), response, np.array(series["month"])[is_seen])
            assert best.log_likelihood >= theirs["found"]["log_likelihood"] - 1e-9  # ours is at least as likely
            compared["changes"] += _assert_change(ours.level, theirs, STEP, link, ours.df)
            compared["changes"] += _assert_change(ours.slope, theirs, TREND, link, ours.df)
            if np.all(is_seen):  # sandwich takes the months on either side of a missing one for neighbours
                for change, place in ((ours.level, STEP), (ours.slope, TREND)):
                    plain = theirs["plain"][place]
                    assert change.estimate_newey_west == pytest.approx(math.exp(plain) if link == "log" else plain, rel=EXACT)
                    assert change.se_newey_west == pytest.approx(math.sqrt(theirs["newey_west"][place]), rel=EXACT)
                    compared["newey west"] += 2
    assert compared == {"at a given phi": 5 * 2 * 14, "changes": 5 * 2 * 8, "newey west": 4 * 2 * 4}

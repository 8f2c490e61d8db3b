"""Change by ranks and resampled d_av against R: wilcox.test, coin, quantile; `own/signed_rank.R` pins the values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.resampling import resample_d_av
from pipeline.stats.signed_rank import signed_rank

Read = Callable[[str], Any]
EXACT = 1e-12


class GivenDraws(np.random.Generator):
    """A generator whose next draws are given, so that R and we resample the same pairs."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__(np.random.PCG64(0))
        self._rows = rows

    def integers(self, low: Any, high: Any = None, size: Any = None, **_: Any) -> Any:  # type: ignore[override]
        assert (low, high, size) == (0, self._rows.max() + 1, self._rows.shape)
        return self._rows


def test_ranks(read_own_values: Read) -> None:
    n_compared = 0
    for case in read_own_values("signed_rank")["cases"]:
        for sign in (1, -1):
            first, last = (case["pre"], case["post"])[::sign]  # turned round, so that improvement stays the same
            ours = signed_rank(first, last, sign=sign)
            assert ours.method == ("exact" if case["is_exact"] else "normal")
            for name in ("n_zero", "estimate", "low", "high", "w_plus", "w_minus", "rank_biserial", "p_value"):
                theirs = float("nan") if case[name] is None else case[name]
                assert getattr(ours, name) == pytest.approx(theirs, rel=EXACT, abs=1e-13, nan_ok=True), (case["name"], name)
                n_compared += 1
    assert n_compared == 9 * 2 * 8


def test_where_wilcox_test_differs(read_own_values: Read) -> None:
    """The same where exact; else it inverts its own test, after dropping zeros: half a point, 1.3 with three zeros of ten."""
    n_compared = 0
    for case in read_own_values("signed_rank")["cases"]:
        ours = signed_rank(case["pre"], case["post"], sign=1)
        for name in ("estimate", "low", "high"):
            if np.isnan(getattr(ours, name)):  # wilcox.test lowers the level and gives limits of 93.75 %
                assert case["name"].endswith("no limits")
                continue
            within = 1e-10 if case["is_exact"] else 1.3 if case["n_zero"] > 1 else 0.5
            assert getattr(ours, name) == pytest.approx(case["wilcox_test"][name], abs=within), (case["name"], name)
            n_compared += 1
    assert n_compared == 9 * 3 - 2


def test_limits_of_the_same_resamples(read_own_values: Read) -> None:
    pinned = read_own_values("signed_rank")["d_av"]
    rows = np.array(pinned["rows_of_sorted"])
    ours = resample_d_av(pinned["pre"], pinned["post"], sign=1, rng=GivenDraws(rows), replicates=40)
    assert (ours.replicates, ours.reason) == (40, "")
    assert [ours.estimate, ours.low, ours.high] == pytest.approx([pinned["estimate"], *pinned["limits"]], rel=EXACT)


def test_limits_of_other_resamples(read_own_values: Read) -> None:
    """20,000 of ours against 200,000 of R's: within four standard errors of a quantile, sqrt(q(1 - q)/B)/density."""
    pinned = read_own_values("signed_rank")["d_av"]
    ours = resample_d_av(pinned["pre"], pinned["post"], sign=1, rng=np.random.default_rng(7), replicates=20_000)
    for mine, theirs, density in zip((ours.low, ours.high), pinned["limits_of_many"], pinned["density_at_limits"], strict=True):
        error = (0.025 * 0.975 * (1 / 20_000 + 1 / pinned["n_many"])) ** 0.5 / density
        assert abs(mine - theirs) < 4 * error
        assert error < 0.02

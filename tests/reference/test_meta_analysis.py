"""Random-effects models against R metafor on nine published data sets.

metafor's searches stop early: Fisher scoring once a step is below 1e-5 (which may leave ten times that undone), root
searches once the root is known to 1.2e-4 (`.Machine$double.eps^0.25`). So each number is compared twice: all that
follows from tau2 at metafor's own tau2, to 1e-8; and tau2 itself loosely, with proof that metafor's is where its rule
stops and that ours solves the estimating equation at least as well. With metafor told to go on, `test_own_values.py`
compares the whole to 1e-8.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from pipeline.stats.meta import RandomEffects, fit_random_effects, leave_one_out, shrink

Array = NDArray[np.float64]
SAME_TAU2 = 1e-8
FISHER_STEP = 1e-5
FISHER_STOPS = 10 * FISHER_STEP
ROOT_STOPS = np.finfo(float).eps ** 0.25
DATA_SETS = (
    *("bcg", "bcg_or", "bcg_rd", "normand1999", "normand1999_md"),
    *("raudenbush1985", "konstantopoulos2011", "hackshaw1998", "gibson2002"),
)
METHODS = ("REML", "DL", "PM", "ML")
COEFFICIENT = {"estimate": "b", "se": "se", "low": "ci.lb", "high": "ci.ub", "p_value": "pval"}
SINGLE = {"q": "QE", "q_p": "QEp", "i2": "I2", "h2": "H2", "tau2": "tau2"}
PREDICTION = {"pi_low": "pi.lb", "pi_high": "pi.ub"}


@dataclass
class Peer:
    """Every value of the family by its id, and how many numbers have been compared with it."""

    values: dict[str, Any]
    data_of: dict[str, str]
    compared: dict[str, int] = field(default_factory=dict)

    def studies(self, data_set: str) -> tuple[Array, Array]:
        rows = [row for row in self.values[f"{data_set}:yi_vi"] if row["yi"] is not None]
        return np.array([row["yi"] for row in rows]), np.array([row["vi"] for row in rows])

    def agree(self, kind: str, ours: Any, theirs: Any, *, relative: float = SAME_TAU2, absolute: float = 0.0) -> None:
        ours, theirs = np.atleast_1d(ours).astype(float), np.atleast_1d(theirs).astype(float)
        assert ours.shape == theirs.shape, kind
        np.testing.assert_allclose(ours, theirs, rtol=relative, atol=absolute + 1e-14, err_msg=kind)
        self.compared[kind] = self.compared.get(kind, 0) + ours.size


@pytest.fixture
def peer(read_shared_values: Callable[[str], Any]) -> Peer:
    refs = read_shared_values("meta_analysis")["refs"]
    return Peer({ref["id"]: ref["value"] for ref in refs}, {ref["id"]: ref["data"] for ref in refs})


def _quadratic(y: Array, v: Array, design: Array, tau2: float) -> tuple[float, Array]:
    """Return y'Py and P by the textbook's matrices."""
    w = np.diag(1 / (v + tau2))
    p = w - w @ design @ np.linalg.inv(design.T @ w @ design) @ design.T @ w
    return float(y @ p @ y), p


def _equation(y: Array, v: Array, design: Array, tau2: float, method: str) -> tuple[float, float]:
    """Return what each method sets to zero, and what Fisher scoring divides it by."""
    quadratic, p = _quadratic(y, v, design, tau2)
    if method == "PM":
        return quadratic - (len(y) - design.shape[1]), 1.0
    w = 1 / (v + tau2)
    if method == "ML":
        return float(y @ p @ p @ y - np.sum(w)), float(np.sum(w**2))
    return float(y @ p @ p @ y - np.trace(p)), float(np.trace(p @ p))


def _assert_tau2(peer: Peer, kind: str, ours: float, theirs: float, studies: tuple[Array, Array, Array], method: str) -> None:
    if method == "DL":
        peer.agree(kind, ours, theirs)
        return
    peer.agree(kind, ours, theirs, absolute=ROOT_STOPS if method == "PM" else FISHER_STOPS)
    ours_left, information = _equation(*studies, ours, method)
    theirs_left, their_information = _equation(*studies, theirs, method)
    if method != "PM":
        assert abs(theirs_left) / their_information < FISHER_STEP, kind
        ours_left, theirs_left = ours_left / information, theirs_left / their_information
    if ours > 0:
        assert abs(ours_left) <= max(abs(theirs_left), 1e-9 * max(ours, 1e-3)), kind
    else:
        assert ours_left <= 0, kind


def _assert_rest(peer: Peer, kind: str, fit: RandomEffects, theirs: dict[str, Any]) -> None:
    for ours_name, name in COEFFICIENT.items():
        peer.agree(kind, getattr(fit, ours_name), theirs[name])
    for ours_name, name in SINGLE.items():
        peer.agree(kind, getattr(fit, ours_name), theirs[name])
    if fit.test == "knha":
        peer.agree(kind, [fit.df, fit.scale], [theirs["df"], theirs["s2w"]])


def test_pooled_effects(peer: Peer) -> None:
    for data_set in DATA_SETS:
        y, v = peer.studies(data_set)
        for method in METHODS:
            for test in ("knha", "z"):
                theirs = peer.values[f"{data_set}:rma:{method}:{test}"]
                ours = fit_random_effects(y, v, method=method, test=test).tau2
                _assert_tau2(peer, "tau2", ours, theirs["tau2"], (y, v, np.ones((len(y), 1))), method)
                fit = fit_random_effects(y, v, test=test, tau2=theirs["tau2"])
                _assert_rest(peer, "rma", fit, theirs)
                for ours_name, name in PREDICTION.items():
                    peer.agree("prediction", getattr(fit, ours_name), theirs[name])
            theirs = peer.values[f"{data_set}:rma:{method}:adhoc"]
            fit = fit_random_effects(y, v, tau2=theirs["tau2"])
            peer.agree("adhoc", [fit.low_adhoc[0], fit.high_adhoc[0]], [theirs["ci.lb"], theirs["ci.ub"]])
    assert peer.compared == {"tau2": 72, "rma": 9 * 4 * (10 + 12), "prediction": 144, "adhoc": 72}


def test_pooled_effects_end_to_end_where_metafor_has_converged(peer: Peer) -> None:
    """Without borrowing tau2: to 1e-6 wherever metafor's own tau2 is that good; DL always is."""
    for data_set in DATA_SETS:
        y, v = peer.studies(data_set)
        for method in METHODS:
            theirs = peer.values[f"{data_set}:rma:{method}:knha"]
            fit = fit_random_effects(y, v, method=method)
            if abs(fit.tau2 - theirs["tau2"]) <= 1e-7 * fit.tau2:
                ours = [fit.estimate[0], fit.se[0], fit.low[0], fit.high[0], fit.tau2, fit.i2, fit.pi_low, fit.pi_high]
                names = ("b", "se", "ci.lb", "ci.ub", "tau2", "I2", "pi.lb", "pi.ub")
                peer.agree(method, ours, [theirs[name] for name in names], relative=1e-6)
    assert peer.compared == {"DL": 9 * 8, "REML": 3 * 8, "ML": 3 * 8, "PM": 8}


def test_q_profile(peer: Peer) -> None:
    at_ceiling = []
    for data_set in DATA_SETS:
        y, v = peer.studies(data_set)
        for method in ("REML", "DL", "PM"):
            estimate, *theirs = peer.values[f"{data_set}:confint:{method}"]["values"][0]
            fit = fit_random_effects(y, v, method=method)
            for ours, limit, share in zip((fit.tau2_low, fit.tau2_high), theirs, (0.975, 0.025), strict=True):
                target = stats.chi2.ppf(share, len(y) - 1)
                quadratic = _quadratic(y, v, fit.design, ours)[0]
                assert quadratic == pytest.approx(target, rel=1e-9) if ours > 0 else quadratic < target
                if limit == pytest.approx(10 * estimate, rel=1e-12):
                    at_ceiling.append((data_set, method))
                    continue
                peer.agree("limit", ours, limit, absolute=ROOT_STOPS)
    # metafor searches no further than ten times the DL estimate, and returns that ceiling for the limit beyond it.
    assert at_ceiling == [("normand1999_md", "DL")]
    assert peer.compared == {"limit": 9 * 3 * 2 - 1}


def test_shrunken_estimates(peer: Peer) -> None:
    n_studies = 0
    for data_set in DATA_SETS:
        y, v = peer.studies(data_set)
        n_studies += len(y)
        for test, key in (("z", "blup"), ("knha", "blup:knha")):
            tau2 = peer.values[f"{data_set}:rma:REML:{test}"]["tau2"]
            ours = shrink(y, v, fit_random_effects(y, v, test=test, tau2=tau2))
            theirs = [row for row in peer.values[f"{data_set}:{key}"] if row["pred"] is not None]
            for name, column in (("estimate", "pred"), ("se", "se"), ("low", "pi.lb"), ("high", "pi.ub")):
                peer.agree(key, getattr(ours, name), [row[column] for row in theirs])
    assert n_studies == 182
    assert peer.compared == {"blup": 4 * 182, "blup:knha": 4 * 182}


def test_leave_one_out(peer: Peer) -> None:
    columns = {"estimate": "estimate", "se": "se", "low": "ci.lb", "high": "ci.ub", "p_value": "pval"}
    for data_set in DATA_SETS:
        y, v = peer.studies(data_set)
        rows = [row for row in peer.values[f"{data_set}:leave1out:knha"] if row["estimate"] is not None]
        ours = leave_one_out(y, v)
        peer.agree("q", ours.q, [row["Q"] for row in rows])
        peer.agree("q_p", ours.q_p, [row["Qp"] for row in rows])
        for left, row in enumerate(rows):
            keep = np.arange(len(y)) != left
            kept = (y[keep], v[keep], np.ones((len(y) - 1, 1)))
            _assert_tau2(peer, "tau2", float(ours.tau2[left]), row["tau2"], kept, "REML")
            fit = fit_random_effects(y[keep], v[keep], tau2=row["tau2"])
            for name, column in columns.items():
                peer.agree("at_tau2", getattr(fit, name)[0], row[column])
            peer.agree("at_tau2", [fit.i2, fit.h2], [row["I2"], row["H2"]])
            again = fit_random_effects(y[keep], v[keep])
            assert (ours.tau2[left], ours.low_adhoc[left]) == (again.tau2, again.low_adhoc[0])
    assert peer.compared == {"tau2": 182, "q": 182, "q_p": 182, "at_tau2": 182 * 7}


def test_meta_regression(peer: Peer, read_shared_data: Callable[[str], list[dict[str, str]]]) -> None:
    ids = [name for name in peer.values if ":metareg:" in name]
    for name in ids:
        data_set, _, moderators, method, test = name.split(":")
        y, v = peer.studies(data_set)
        rows = read_shared_data(peer.data_of[name])
        columns = np.array([[float(row[moderator]) for moderator in moderators.split("+")] for row in rows])
        theirs = peer.values[name]
        estimated = fit_random_effects(y, v, moderators=columns, method=method, test=test)
        _assert_tau2(peer, "tau2", estimated.tau2, theirs["tau2"], (y, v, estimated.design), method)
        fit = fit_random_effects(y, v, moderators=columns, test=test, tau2=theirs["tau2"])
        _assert_rest(peer, "metareg", fit, theirs)
        peer.agree("covariance", fit.covariance, theirs["vcov"]["values"])
        assert np.isnan([fit.pi_low, fit.pi_high]).all()
    assert len(ids) == 48
    # 40 fits with one moderator and 8 with two; half of each under Knapp-Hartung.
    assert peer.compared == {"tau2": 48, "metareg": 40 * 15 + 8 * 20 + 24 * 2, "covariance": 40 * 4 + 8 * 9}

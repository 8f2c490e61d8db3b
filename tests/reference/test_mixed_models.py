"""Mixed models against R lme4 and lmerTest: on shared data as it stops by default, on our own told to go on.

By default lmer's search stops while variances still lack some 1e-5 of themselves; the restricted likelihood, flat at its top,
then agrees to 1e-9, and ours is never the lower one. Estimates depend little on the variances, standard errors
more, Satterthwaite's df most (and lmerTest takes its curvature from numerical derivatives at that place).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.mixed import MixedModel, fit_random_intercept, fit_random_slope

Values = Callable[[str], Any]
Data = Callable[[str], list[dict[str, str]]]
BY_DEFAULT = {"estimate": 1e-8, "se": 5e-6, "df": 1e-5, "variance": 2e-5, "ranef": 2e-5}
GOING_ON = {"estimate": 1e-8, "se": 1e-8, "df": 1e-6, "variance": 1e-7, "ranef": 1e-7}
NOISE = 1e-7  # of a predicted deviation, in points: some are all but 0


def _column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def _codes(rows: list[dict[str, str]], name: str) -> tuple[list[str], np.ndarray]:
    names, codes = np.unique([row[name] for row in rows], return_inverse=True)
    return list(names), codes


@pytest.fixture
def shared(read_shared_values: Values, read_shared_data: Data) -> dict[str, tuple[list[str], MixedModel, dict[str, Any]]]:
    """Each shared model that ours can be: the names of its sites, our fit, and lmer's values by kind."""
    values = {ref["id"]: ref["value"] for ref in read_shared_values("mixed_models")["refs"]}
    sleep, pupils = read_shared_data("lme4__sleepstudy.csv"), read_shared_data("brandsma.csv")
    subjects, of_subject = _codes(sleep, "Subject")
    schools, of_school = _codes(pupils, "site_id")
    schools = [str(int(name.removeprefix("S"))) for name in schools]
    days, reaction = _column(sleep, "Days")[:, None], _column(sleep, "Reaction")
    pre, post = _column(pupils, "pre"), _column(pupils, "post")
    columns = np.column_stack([pre, _column(pupils, "iq_verbal"), _column(pupils, "ses")])
    fits = {
        "sleepstudy": (subjects, fit_random_intercept(of_subject, reaction, days)),
        "sleepstudy_uncor": (subjects, fit_random_slope(of_subject, reaction, days, days[:, 0])),
        "brandsma_null": (schools, fit_random_intercept(of_school, post)),
        "brandsma_pre_only": (schools, fit_random_intercept(of_school, post, pre[:, None])),
        "brandsma_ancova": (schools, fit_random_intercept(of_school, post, columns)),
    }
    kinds = ("lmer:REML=TRUE", "confint:Wald", "ranef", "anova")
    return {name: (*fit, {kind: values[f"{name}:{kind}"] for kind in kinds}) for name, fit in fits.items()}


def test_fits_of_shared_data(shared: dict[str, tuple[list[str], MixedModel, dict[str, Any]]]) -> None:
    compared: Counter[str] = Counter()
    for name, (_, ours, values) in shared.items():
        theirs = values["lmer:REML=TRUE"]
        for kind, column in (("estimate", "Estimate"), ("se", "Std. Error"), ("df", "df")):
            given = [row[column] for row in theirs["coef"]]
            np.testing.assert_allclose(getattr(ours, kind), given, rtol=BY_DEFAULT[kind], err_msg=f"{name} {kind}")
            compared[kind] += len(given)
        np.testing.assert_allclose(ours.covariance, theirs["vcov"]["values"], rtol=2 * BY_DEFAULT["se"], atol=1e-12)
        variances = [ours.variance_site, ours.variance_slope, ours.variance_residual]
        given = [row["vcov"] for row in theirs["varcorr"]]
        np.testing.assert_allclose([v for v in variances if np.isfinite(v)], given, rtol=BY_DEFAULT["variance"])
        compared["variance"] += len(given)
        assert (ours.n, ours.k, ours.is_singular) == (theirs["n"], next(iter(theirs["ngrps"].values())), theirs["singular"])
        assert ours.log_likelihood == pytest.approx(theirs["logLik"], abs=1e-9)
        assert ours.log_likelihood >= theirs["logLik"] - 1e-10
        if len(given) == 2:
            assert ours.icc == pytest.approx(theirs["icc"], rel=BY_DEFAULT["variance"])
            compared["icc"] += 1
    assert compared == {"estimate": 11, "se": 11, "df": 11, "variance": 11, "icc": 4}


def test_limits_and_tests_of_shared_data(shared: dict[str, tuple[list[str], MixedModel, dict[str, Any]]]) -> None:
    """Their Wald limits are normal, ours by t: compared through estimate and error. Their F of one df is our t squared."""
    compared: Counter[str] = Counter()
    for _, ours, values in shared.values():
        wald = values["confint:Wald"]["values"][-len(ours.estimate) :]
        limits = ours.estimate[:, None] + ours.se[:, None] * np.array([-1, 1]) * 1.959963984540054
        np.testing.assert_allclose(limits, wald, rtol=1e-6)
        assert np.all(ours.low < limits[:, 0])
        assert np.all(ours.high > limits[:, 1])
        compared["limits"] += limits.size
        for at, row in enumerate(values["anova"], start=1):
            assert (ours.estimate[at] / ours.se[at]) ** 2 == pytest.approx(row["F value"], rel=1e-5)
            assert ours.df[at] == pytest.approx(row["DenDF"], rel=BY_DEFAULT["df"])
            assert ours.p_value[at] == pytest.approx(row["Pr(>F)"], rel=1e-4, abs=1e-250)  # far out, theirs turns 0
            compared["anova"] += 1
    assert compared == {"limits": 22, "anova": 6}


def test_predicted_deviations_of_shared_data(shared: dict[str, tuple[list[str], MixedModel, dict[str, Any]]]) -> None:
    n_compared = 0
    for name, (sites, ours, values) in shared.items():
        for row in values["ranef"]:
            at = sites.index(row["grp"])
            which = "intercepts" if row["term"] == "(Intercept)" else "slopes"
            deviation, error = getattr(ours, which)[at], getattr(ours, f"{which}_se")[at]
            assert deviation == pytest.approx(row["condval"], rel=BY_DEFAULT["ranef"], abs=1e-4), (name, row["grp"])
            assert error == pytest.approx(row["condsd"], rel=BY_DEFAULT["ranef"])
            n_compared += 2
    assert n_compared == 2 * (18 + 2 * 18 + 211 + 197 + 197)


def test_own_women(read_own_values: Values) -> None:
    pinned = read_own_values("mixed_models")
    compared: Counter[str] = Counter()
    for case in pinned["fits"]:
        women = pinned["sets"][case["set"]]
        site, pre, within, improvement = (
            np.array([woman[name] for woman in women]) for name in ("site", "pre", "within", "improvement")
        )
        where = f"{case['set']} {case['model']}"
        if case["model"] == "slope":
            ours = fit_random_slope(site, improvement, np.column_stack([within, pre]), within)
        else:
            ours = fit_random_intercept(site, improvement, pre[:, None] if case["model"] == "adjusted" else None)
        for kind in ("estimate", "se", "df"):
            given = np.atleast_1d(case[kind])
            np.testing.assert_allclose(getattr(ours, kind), given, rtol=GOING_ON[kind], err_msg=f"{where} {kind}")
            compared[kind] += len(given)
        np.testing.assert_allclose(ours.covariance, case["covariance"], rtol=1e-7, atol=1e-10)
        for name in ("variance_site", "variance_slope", "variance_residual"):
            given = np.nan if case[name] is None else case[name]
            np.testing.assert_allclose(getattr(ours, name), given, rtol=GOING_ON["variance"], atol=1e-10, err_msg=where)
            compared["variance"] += 1
        for name in ("intercepts", "intercepts_se", *(("slopes", "slopes_se") if case["model"] == "slope" else ())):
            np.testing.assert_allclose(
                getattr(ours, name), case[name], rtol=GOING_ON["ranef"], atol=3e-6 if ours.is_singular else NOISE, err_msg=where
            )
            compared["ranef"] += len(case[name])
        assert ours.log_likelihood == pytest.approx(case["log_likelihood"], abs=1e-9)
        assert ours.is_singular == case["is_singular"]
    n_sites = 30 + 8 + 4 + 12
    assert compared == {"estimate": 24, "se": 24, "df": 24, "variance": 36, "ranef": n_sites * (2 + 2 + 4)}

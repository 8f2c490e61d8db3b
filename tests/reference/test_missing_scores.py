"""Missing last scores against R: mice's draws and pooling, metafor's pooled mean, on published and on invented data."""

from __future__ import annotations

import csv
import math
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.stats.balance import standardised_differences
from pipeline.stats.completed import complete_sites, pool_completed, pool_imputed_sites
from pipeline.stats.imputation import draw_regression, impute_last_scores, impute_normal
from pipeline.stats.rubin import Pooled, pool_rubin
from tests.reference.conftest import SHARED

pytestmark = pytest.mark.filterwarnings("error")
Read = Callable[[str], Any]
Impute = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
EXACT = 1e-10  # both sides work in double precision; R's json holds 15 digits, and lm loses some on 25 rows
SEARCHED = 1e-7  # metafor's scoring is told to go on until a step is 1e-10 of a squared point; tau2 near 0 stays within 1e-9
MODELS = {"nhanes": ("chl", ("age", "bmi")), "boys": ("bmi", ("age", "hc", "tv"))}
SCALAR = {
    "qbar": "estimate",
    "ubar": "within",
    "b": "between",
    "t": "total",
    "df": "df",
    "r": "relative_increase",
    "fmi": "fraction_missing",
}
TERM = {"estimate": "estimate", "std.error": "se", "df": "df", "2.5 %": "low", "97.5 %": "high"}
TERM_PARTS = {"ubar": "within", "b": "between", "t": "total", "riv": "relative_increase", "fmi": "fraction_missing"}


def _fit(y: np.ndarray, columns: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray, int]:
    """Least squares as R's lm does it: coefficients, their variances, residual degrees of freedom."""
    x = np.column_stack([np.ones(len(y)), *columns])
    coefficients, *_ = np.linalg.lstsq(x, y)
    residual = y - x @ coefficients
    df = len(y) - x.shape[1]
    return coefficients, residual @ residual / df * np.diag(np.linalg.inv(x.T @ x)), df


def _completed(name: str) -> list[dict[str, np.ndarray]]:
    path = SHARED / "data" / f"mice_completed__{name}.csv"
    if not path.exists():
        pytest.skip("The shared completed data sets are not beside this clone.")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    numbers = {key: np.array([float(row[key]) for row in rows]) for key in rows[0]}
    return [{key: column[numbers[".imp"] == i] for key, column in numbers.items()} for i in np.unique(numbers[".imp"])]


@pytest.mark.parametrize("name", MODELS)
def test_pooling_of_given_data_sets(read_shared_values: Read, name: str) -> None:
    outcome, terms = MODELS[name]
    fits = [_fit(d[outcome], [d[term] for term in terms]) for d in _completed(name)]
    pooled = pool_rubin([f[0] for f in fits], [f[1] for f in fits], df_complete=fits[0][2])
    theirs = next(ref["value"] for ref in read_shared_values("multiple_imputation")["refs"] if ref["id"] == f"{name}:pool:lm")
    n_compared = 0
    for part, names in (("summary", TERM), ("pooled", TERM_PARTS)):
        for at, row in enumerate(theirs[part]):
            for peer, ours in names.items():
                assert getattr(pooled, ours)[at] == pytest.approx(row[peer], rel=1e-8), (at, peer)  # lm on collinear ages
                n_compared += 1
    assert n_compared == {"nhanes": 3, "boys": 4}[name] * 10
    assert (pooled.m, pooled.reason) == (20, "")


def test_pooling_of_given_numbers(read_shared_values: Read) -> None:
    compared: Counter[str] = Counter()
    for ref in read_shared_values("multiple_imputation")["refs"]:
        if not ref["id"].startswith("pool.scalar"):
            continue
        df = 120 - 3 if "n=120" in ref["call"] else math.inf
        pooled = pool_rubin([-8.1, -7.6, -8.4, -7.9, -8.8], [0.51, 0.47, 0.55, 0.49, 0.53], df_complete=df)
        for peer, ours in SCALAR.items():
            assert getattr(pooled, ours) == pytest.approx(ref["value"][peer], rel=1e-12), (ref["id"], peer)
            compared[ref["id"]] += 1
    assert compared == {"pool.scalar:a": 7, "pool.scalar:n=Inf": 7}


def _donate(x: np.ndarray, y: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    """Predictive mean matching with five donors, as mice does by default, on our draw of the coefficients."""
    seen = ~np.isnan(y)
    drawn, _ = draw_regression(x[seen], y[seen], df=int(seen.sum()) - x.shape[1], m=1, stream=stream)
    fitted, *_ = np.linalg.lstsq(x[seen], y[seen])
    nearest = np.argsort(np.abs(x[seen] @ fitted - (x[~seen] @ drawn[0])[:, None]), axis=1, kind="stable")[:, :5]
    return y[seen][nearest[np.arange(len(nearest)), stream.integers(0, 5, len(nearest))]]


def _draw(x: np.ndarray, y: np.ndarray, stream: np.random.Generator) -> np.ndarray:
    return impute_normal(x, y, m=1, stream=stream).values[0]


def _chained(columns: dict[str, np.ndarray], impute: Impute, stream: np.random.Generator) -> dict[str, np.ndarray]:
    """Impute each incomplete column from all others in turn, ten times over, from a start at random observed values."""
    holes = {name: np.isnan(column) for name, column in columns.items() if np.any(np.isnan(column))}
    full = {name: column.copy() for name, column in columns.items()}
    for name, hole in holes.items():
        full[name][hole] = stream.choice(columns[name][~hole], int(hole.sum()))
    for _ in range(10):
        for name, hole in holes.items():
            others = [np.ones(len(hole)), *(full[other] for other in full if other != name)]
            full[name][hole] = impute(np.column_stack(others), columns[name], stream)
    return full


def _assert_lands(columns: dict[str, np.ndarray], impute: Impute, model: tuple[str, tuple[str, ...]], theirs: Any) -> None:
    """Twenty runs of twenty data sets: the mean of theirs and of ours, five standard errors of their difference apart at most."""
    (outcome, terms), stream, runs = model, np.random.default_rng(20261122), list[Pooled]()
    for _ in range(20):
        fits = [_fit(d[outcome], [d[t] for t in terms]) for d in (_chained(columns, impute, stream) for _ in range(20))]
        runs.append(pool_rubin([f[0] for f in fits], [f[1] for f in fits], df_complete=fits[0][2]))
    for ours, mean, sd in (("estimate", "mean_est", "sd_est"), ("se", "mean_se", "sd_se")):
        error = np.array(theirs[sd]) * math.sqrt(1 / 20 + 1 / 60)
        distance = (np.mean([getattr(run, ours) for run in runs], axis=0) - theirs[mean]) / error
        assert distance.shape == (1 + len(terms),)
        assert np.all(np.abs(distance) < 5), (ours, distance)


def test_chained_draws_with_donors_land_where_mice_lands(
    read_shared_values: Read, read_shared_data: Callable[[str], list[dict[str, str]]]
) -> None:
    rows = read_shared_data("mice__nhanes.csv")
    columns = {name: np.array([float(row[name]) if row[name] else math.nan for row in rows]) for name in rows[0]}
    theirs = next(ref["value"] for ref in read_shared_values("multiple_imputation")["refs"] if ref["id"] == "nhanes:mc_error")
    _assert_lands(columns, _donate, MODELS["nhanes"], theirs)


def test_chained_normal_draws_land_where_mice_lands(own: dict[str, Any]) -> None:
    columns = {
        name: np.array([math.nan if row[name] is None else row[name] for row in own["few_women"]], dtype=float)
        for name in ("age", "pre", "post")
    }
    assert [int(np.isnan(column).sum()) for column in columns.values()] == own["few_holes"] != [0, 0, 0]
    _assert_lands(columns, _draw, ("post", ("age", "pre")), own["few_runs"])


@pytest.fixture
def own(read_own_values: Read) -> dict[str, Any]:
    pinned: dict[str, Any] = read_own_values("missing")
    pinned["columns"] = {
        name: np.array([math.nan if woman[name] is None else woman[name] for woman in pinned["women"]], dtype=float)
        for name in ("site", "pre", "age", "post")
    }
    return pinned


@pytest.mark.parametrize("way", ["columns for sites", "sites"])
def test_draws_have_the_mean_and_spread_of_mice(own: dict[str, Any], way: str) -> None:
    """4,000 draws a woman on both sides: five standard errors of the difference of two means, and of two SDs."""
    site, pre, age, post = (own["columns"][name] for name in ("site", "pre", "age", "post"))
    stream, m = np.random.default_rng(7), 4000
    if way == "sites":
        imputed = impute_last_scores(site, pre, post, m=m, stream=stream, covariates=age[:, None])
    else:
        dummies = (site[:, None] == np.arange(6)).astype(float)
        imputed = impute_normal(np.column_stack([dummies, pre, age]), post, m=m, stream=stream)
    theirs = {name: np.array(own["draws"][name]) for name in ("mean", "sd")}
    assert (own["draws"]["n"], imputed.reason, len(imputed.rows)) == (m, "", len(theirs["mean"]))
    assert np.all(np.isnan(post[imputed.rows])) and len(imputed.rows) == 77
    error = theirs["sd"] * math.sqrt(2 / m)
    assert np.all(np.abs(imputed.values.mean(axis=0) - theirs["mean"]) < 5 * error)
    assert np.all(np.abs(imputed.values.std(axis=0, ddof=1) - theirs["sd"]) < 5 * error / math.sqrt(2))


def test_pooled_regression(own: dict[str, Any]) -> None:
    theirs = own["pooled"]
    each = [own["each"][at] for at in range(5)]
    pooled = pool_rubin([e["estimate"] for e in each], [e["variance"] for e in each], df_complete=theirs.pop("df_complete"))
    n_compared = 0
    for name, values in theirs.items():
        np.testing.assert_allclose(getattr(pooled, name), values, rtol=EXACT, err_msg=name)
        n_compared += len(values)
    assert n_compared == 5 * 3


def test_pooled_scalars(own: dict[str, Any]) -> None:
    n_compared = 0
    for case in own["scalars"]:
        q, u, df = case.pop("q"), case.pop("u"), case.pop("df_complete")
        pooled = pool_rubin(q, u, df_complete=math.inf if df is None else df)
        for name, value in case.items():
            assert getattr(pooled, name) == pytest.approx(value, rel=EXACT), name
            n_compared += 1
    assert n_compared == 3 * 7


def test_pooled_mean_at_every_delta(own: dict[str, Any]) -> None:
    site, pre, post = (own["columns"][name] for name in ("site", "pre", "post"))
    rows = np.flatnonzero(np.isnan(post))
    sites = complete_sites(site, pre - post, rows=rows, imputed=pre[rows] - np.array(own["imputed"]))
    deltas = [case["delta"] for case in own["deltas"]]
    ours = pool_completed(sites, is_pooled=np.ones(6, dtype=bool), deltas=deltas)
    n_compared = 0
    for at, case in enumerate(own["deltas"]):
        for name in ("estimate", "se", "df", "low", "high"):
            assert getattr(ours.pooled, name)[at] == pytest.approx(case[name], rel=SEARCHED), (case["delta"], name)
            n_compared += 1
        for name in ("tau2_median", "tau2_low", "tau2_high"):
            assert getattr(ours, name)[at] == pytest.approx(case[name], rel=SEARCHED, abs=1e-9), (case["delta"], name)
            n_compared += 1
    assert n_compared == 5 * 8


def test_sites_pooled_first_at_every_delta(own: dict[str, Any]) -> None:
    site, pre, post = (own["columns"][name] for name in ("site", "pre", "post"))
    rows = np.flatnonzero(np.isnan(post))
    sites = complete_sites(site, pre - post, rows=rows, imputed=pre[rows] - np.array(own["imputed"]))
    ours = pool_imputed_sites(sites, is_pooled=np.ones(6, dtype=bool), deltas=[case["delta"] for case in own["site_deltas"]])
    n_compared = 0
    for at, case in enumerate(own["site_deltas"]):
        for name in ("estimate", "se", "low", "high", "tau2"):
            assert getattr(ours, name)[at] == pytest.approx(case[name], rel=SEARCHED, abs=1e-9), (case["delta"], name)
            n_compared += 1
    assert n_compared == 5 * 5


def test_standardised_differences(own: dict[str, Any]) -> None:
    columns = own["columns"]
    ours = standardised_differences(np.column_stack([columns["pre"], columns["age"]]), ~np.isnan(columns["post"]))
    n_compared = 0
    for at, name in enumerate(("pre", "age")):
        for part, value in own["balance"][name].items():
            assert getattr(ours, part)[at] == pytest.approx(value, rel=1e-12), (name, part)
            n_compared += 1
    assert n_compared == 6

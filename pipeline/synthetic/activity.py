"""Monthly series of the invented services: bed days that step at go-live or do not, and consultations that rise once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from pipeline.synthetic.calibration import PERIOD_END, PERIOD_START
from pipeline.synthetic.drawing import Dates, Floats, Table
from pipeline.synthetic.services import Service

UNIT, OUT_OF_AREA, CONSULTATIONS = "mother_and_baby_unit_bed_days", "out_of_area_bed_days", "consultations"


@dataclass(frozen=True)
class Planted:
    """INVENTION, all of it. One series: per day before the break, the step there (per day, or a ratio of rates), and errors.

    `months_before`: months before the break that are returned; 0 for a series of the period alone, which breaks in its middle.
    `autocorrelation`, `sd`: of the errors, per day, or of the logarithm where `is_ratio`. `days_each`: of one person a month.
    """

    series: str
    months_before: int
    level: float
    step: float
    is_ratio: bool
    autocorrelation: float
    sd: float
    wave: float
    days_each: float


SERIES = (
    (
        Planted(UNIT, 36, 10.0, -2.5, is_ratio=False, autocorrelation=0.4, sd=0.7, wave=0.4, days_each=14),
        Planted(CONSULTATIONS, 0, 1.6, 1.5, is_ratio=True, autocorrelation=0.2, sd=0.08, wave=0.03, days_each=1.5),
    ),
    (Planted(UNIT, 36, 9.0, 0.0, is_ratio=False, autocorrelation=0.4, sd=0.7, wave=0.4, days_each=14),),
    (Planted(OUT_OF_AREA, 30, 0.6, 0.5, is_ratio=True, autocorrelation=0.3, sd=0.35, wave=0.1, days_each=12),),
    (
        Planted(UNIT, 12, 9.5, -2.0, is_ratio=False, autocorrelation=0.4, sd=0.7, wave=0.4, days_each=14),
        Planted(CONSULTATIONS, 0, 0.3, 1.0, is_ratio=True, autocorrelation=0.2, sd=0.3, wave=0.0, days_each=1.5),
    ),
)
"""By site: a step and a rise, no step, small counts of which each month tells of few women, and too few months before."""


def draw_activity(stream: Generator, services: tuple[Service, ...]) -> tuple[dict[int, Table], dict[str, Any]]:
    """The table of each service that returns series, by its number, and what is planted in them, for the answer key."""
    known = [number for number, service in enumerate(services) if service.role == "ordinary"]
    tables: dict[int, Table] = {}
    truth: dict[str, Any] = {}
    for number, planted in zip(known, SERIES, strict=False):
        service = services[number]
        parts = [_series(stream, service, each) for each in planted]
        tables[number] = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        truth[service.site_id] = {each.series: {**asdict(each), "breaks_on": str(_months(service, each)[1])} for each in planted}
    return tables, truth


def _months(service: Service, planted: Planted) -> tuple[Dates, np.datetime64]:
    """The months returned, and the day of the break: go-live, or the middle of the period."""
    end = PERIOD_END.astype("datetime64[M]") + 1
    if planted.months_before:
        start = service.go_live.astype("datetime64[M]") - planted.months_before
        return np.arange(start, end), service.go_live
    months = np.arange(PERIOD_START.astype("datetime64[M]"), end)
    return months, months[len(months) // 2].astype("datetime64[D]")


def _series(stream: Generator, service: Service, planted: Planted) -> Table:
    months, breaks_on = _months(service, planted)
    starts = months.astype("datetime64[D]")
    days = ((months + 1).astype("datetime64[D]") - starts).astype(np.float64)
    after = np.clip((starts + days.astype("timedelta64[D]") - breaks_on).astype(np.float64) / days, 0, 1)
    moves = _errors(stream, len(months), planted) + planted.wave * np.sin(2 * np.pi * np.arange(len(months)) / 12)
    if planted.is_ratio:
        rate = planted.level * np.exp(np.log(planted.step) * after + moves)
        value = stream.poisson(rate * days).astype(np.float64)
    else:
        value = np.rint(np.maximum(planted.level + planted.step * after + moves, 0.0) * days)
    return {
        "month": months,
        "series": np.full(len(months), planted.series, dtype=object),
        "value": value,
        "persons": np.ceil(value / planted.days_each).astype(np.int64),
    }


def _errors(stream: Generator, n: int, planted: Planted) -> Floats:
    """Errors of which each remembers the one before, with the same SD in every month."""
    fresh = stream.standard_normal(n) * planted.sd
    errors = np.empty(n)
    errors[0] = fresh[0]
    for month in range(1, n):
        errors[month] = planted.autocorrelation * errors[month - 1] + np.sqrt(1 - planted.autocorrelation**2) * fresh[month]
    return errors

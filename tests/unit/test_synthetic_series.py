"""The invented monthly series: what is planted in them, and that an honest analysis finds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.access_series import series_of
from pipeline.synthetic import synthesise
from pipeline.synthetic.activity import CONSULTATIONS, OUT_OF_AREA, UNIT, draw_activity
from pipeline.synthetic.drawing import streams
from pipeline.synthetic.services import draw_services
from pipeline.tables import empty, shape

pytestmark = pytest.mark.filterwarnings("error")

SITES = 8


def drawn(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """The table activity, the services' days of go-live and the answer key of one seed."""
    stream = streams(seed)
    services = draw_services(stream.sites, sites=SITES, women=800)
    tables, truth = draw_activity(stream.activity, services)
    frames = [pd.DataFrame(table).assign(site_id=services[number].site_id) for number, table in tables.items()]
    sent = pd.concat(frames, ignore_index=True)
    sent["month"] = sent["month"].astype("datetime64[us]")
    opened = pd.DataFrame({"site_id": [s.site_id for s in services], "go_live_date": [s.go_live for s in services]})
    opened["go_live_date"] = opened["go_live_date"].astype("datetime64[us]")
    return shape("accepted_activity", sent), shape("accepted_service", opened), truth


def found(seed: int) -> tuple[pd.DataFrame, dict[str, Any]]:
    sent, opened, truth = drawn(seed)
    women = empty("accepted_referrals").assign(person=pd.Series(dtype="str"))
    return series_of(women, sent, opened)["interrupted"].set_index("site_id"), truth


def test_the_planted_steps_lie_within_their_intervals_at_least_as_often_as_promised() -> None:
    n_within = n_all = n_seen = 0
    for seed in range(20):
        breaks, truth = found(seed)
        for site, row in breaks[breaks["level"].notna()].iterrows():
            planted = truth[str(site)][row["series"]]
            n_within += row["level_low"] <= planted["step"] <= row["level_high"]
            n_all += 1
            n_seen += planted["step"] == -2.5 and row["level_high"] < 0
    assert n_all == 60, "three series a study have two years on either side"
    assert n_within >= 52, "of 60 intervals of 95 %; 51 or fewer come by chance once in five hundred times"
    assert n_seen >= 18, "the step of two and a half a day is found"


def test_a_site_with_one_year_before_is_not_tested() -> None:
    breaks, _ = found(1)
    assert breaks["reason"].str.contains("fewer than 24 months").sum() == 1
    assert breaks["link"].tolist().count("log") == 1


def test_the_errors_remember_the_month_before() -> None:
    correlations = []
    for seed in range(30):
        sent, _, truth = drawn(seed)
        site = next(site for site, series in truth.items() if series.get(UNIT, {}).get("step") == 0)
        mine = sent[(sent["site_id"] == site) & (sent["series"] == UNIT)]
        rate = mine["value"].to_numpy() / mine["month"].dt.days_in_month.to_numpy()
        t = 2 * np.pi * np.arange(len(rate)) / 12
        design = np.column_stack([np.ones(len(rate)), np.sin(t), np.cos(t)])
        rest = rate - design @ np.linalg.lstsq(design, rate)[0]
        correlations.append(np.corrcoef(rest[1:], rest[:-1])[0, 1])
    assert np.mean(correlations) == pytest.approx(0.4, abs=0.06)


def test_every_month_tells_how_many_persons_stand_behind_it() -> None:
    sent, _, _ = drawn(1)
    least = sent.groupby(["site_id", "series"])["persons"].min().reset_index("site_id", drop=True)
    assert (least[UNIT] >= 10).all()
    assert least[OUT_OF_AREA] < 10
    assert (least[CONSULTATIONS] >= 10).tolist() == [True, False]


def test_series_stand_in_the_returns_and_in_the_answer_key(tmp_path: Path) -> None:
    synthesise(tmp_path, sites=SITES, women=800)
    truth = json.loads((tmp_path / "truth.json").read_text(encoding="utf-8"))["activity"]
    assert len(truth) == 4
    sent = {path.parent.name: pd.read_csv(path) for path in (tmp_path / "returns").glob("*/activity.csv")}
    assert set(sent) <= set(truth)
    for site, frame in sent.items():
        assert set(frame["series"]) == set(truth[site])
        assert frame["month"].str.fullmatch(r"\d{4}-\d{2}").all()


def test_the_series_move_no_other_draw() -> None:
    one, other = streams(5), streams(5)
    one.activity.random(100)
    assert one.names.random() == other.names.random()

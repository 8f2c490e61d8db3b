"""An open CSV of invented data says so in every row, and reads like any other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.engine.marked import MarkedCsv
from pipeline.tables import shape

RETURNS = shape(
    "open_returns",
    pd.DataFrame([{"site_id": "S01", "status": "read", "faults": "none", "n_referrals": 120, "n_status": "shown"}] * 1),
)


def saved(path: Path, mark: str) -> pd.DataFrame:
    MarkedCsv(name="open", path=path, schema="open_returns", level="OPEN", grain="a site", mark=mark).save(RETURNS)
    return pd.read_csv(path)


def test_the_mark_stands_in_a_column_of_its_own(tmp_path: Path) -> None:
    frame = saved(tmp_path / "open.csv", "SYNTHETIC")
    assert list(frame.columns) == [*RETURNS.columns, "data"]
    assert list(frame["data"]) == ["SYNTHETIC"]


def test_a_real_file_has_no_such_column(tmp_path: Path) -> None:
    assert list(saved(tmp_path / "open.csv", "").columns) == list(RETURNS.columns)


def test_a_table_of_another_shape_is_refused(tmp_path: Path) -> None:
    node = MarkedCsv(name="open", path=tmp_path / "open.csv", schema="open_returns", mark="SYNTHETIC")
    with pytest.raises(TypeError, match="open_returns does not have its shape"):
        node.save(RETURNS.drop(columns="status"))
    assert not (tmp_path / "open.csv").exists()

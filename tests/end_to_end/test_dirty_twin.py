"""The dirty twin of a synthetic study: every planted mistake is found at its cell and by its rule, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.synthetic import synthesise
from tests.conftest import make_once, tell, write_config

FOUND = ["site_id", "table", "cell", "rule_id"]


@pytest.fixture(scope="module")
def twins(shared_folder: Path) -> Path:
    def make(folder: Path) -> None:
        for name in ("clean", "dirty"):
            synthesise(folder / name / "invented", sites=8, women=800, dirty=name == "dirty")
            (folder / name / "invented" / "returns").rename(folder / name / "raw")
            config = write_config(folder / name, sites=8, women=800, reports="none")
            config.write_text(
                config.read_text(encoding="utf-8").replace("rehearsal: invented, ", "") + "synthetic: true\n", encoding="utf-8"
            )
            told = tell("run", "compare", "--config", config)
            assert told.code == 0, told.err

    return make_once(shared_folder, "twins", make)


def table(study: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(study / "processed" / f"{name}.parquet")


def test_every_planted_mistake_is_found_and_no_other(twins: Path) -> None:
    key = json.loads((twins / "dirty" / "invented" / "faults.json").read_text(encoding="utf-8"))
    assert len(key) >= 20
    found = table(twins / "dirty", "rejected")
    before = table(twins / "clean", "rejected")
    new = found[found["severity"] != "note"].merge(before[FOUND], on=FOUND, how="left", indicator=True)
    new = new[new["_merge"] == "left_only"]
    assert sorted(map(tuple, new[FOUND].to_numpy())) == sorted(tuple(each[c] for c in FOUND) for each in key)


def test_rows_read_are_rows_accepted_and_rejected(twins: Path) -> None:
    quality = table(twins / "dirty", "quality")
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()
    assert quality["rows_rejected"].sum() > 0


def test_the_figures_of_clean_sites_do_not_move(twins: Path) -> None:
    key = json.loads((twins / "dirty" / "invented" / "faults.json").read_text(encoding="utf-8"))
    dirty_sites = {each["site_id"] for each in key}
    own = [c for c in table(twins / "clean", "site_effects").columns if not c.startswith("shrunken")]
    clean, dirty = (table(twins / name, "site_effects").set_index(["measure", "site_id"]) for name in ("clean", "dirty"))
    kept = [index for index in clean.index if index[1] not in dirty_sites]
    assert len(kept) > 5
    columns = [c for c in own if c in clean.columns]
    pd.testing.assert_frame_equal(clean.loc[kept, columns], dirty.loc[kept, columns])

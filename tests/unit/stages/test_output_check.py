"""The manifest of what leaves, as whoever checks it reads it: what each file is, and the smallest count in it."""

from __future__ import annotations

import io

import pandas as pd

from pipeline.config import ReleaseSettings
from pipeline.stages.output_check import output_check
from pipeline.tables import empty

FILES = {
    "sites/S01.pdf": b"%PDF",
    "sites-text/S01.md": b"# Site S01",
    "national-report.html": b"<html>",
    "run.json": b"{}",
    "figures/flow.svg": b"<svg>",
    "figures/flow.csv": b"# SYNTHETIC\nstate,n,status\nreferred,115,shown\npaired,35,shown\n",
    "figures/alt.json": b"{}",
    "tables/open_flow.csv": b"measure,state,n,status\n",
}


def manifest() -> pd.DataFrame:
    checked = {name: empty(name) for name in ("checked_cells", "checked_attack")}
    opened = {"findings": empty("findings"), "open_flow": pd.DataFrame({"measure": ["pcl5"], "n": [40]})}
    packed = output_check(FILES, opened, checked, ReleaseSettings())
    return pd.read_csv(io.BytesIO(packed["manifest.csv"]), comment="#").set_index("file")


def test_every_file_is_called_what_it_is() -> None:
    titles = manifest()["title"].to_dict()
    assert titles["sites/S01.pdf"] == "Report of site S01"
    assert titles["sites-text/S01.md"] == "Report of site S01, as plain text"
    assert titles["national-report.html"] == "National report, for a browser"
    assert titles["run.json"] == "Facts of the run"
    assert titles["figures/flow.svg"] == "Figure flow", "a table that does not leave bears the same name"
    assert titles["figures/alt.json"] == "What each figure shows, in words"


def test_a_figure_has_the_smallest_count_of_the_data_beside_it() -> None:
    smallest = manifest()["smallest_n"].to_dict()
    assert smallest["figures/flow.svg"] == smallest["figures/flow.csv"] == 35
    assert smallest["tables/open_flow.csv"] == 40

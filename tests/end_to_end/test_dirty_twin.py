"""The dirty twin of a synthetic study: every planted mistake is found at its cell and by its rule, and nothing else is."""

from __future__ import annotations

import datetime
import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.instruments import load as load_instruments
from pipeline.measures import load
from pipeline.returns.inventory import Refused, take_inventory
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import ValidateSettings, validate
from pipeline.synthetic import synthesise
from pipeline.tables.returned import RETURNED
from tests.conftest import make_once, tell, write_config

SITES, WOMEN = 30, 3000
PLACE = ["site_id", "rule_id", "severity", "sheet", "cell"]
NUMBERS = set(range(49))
"""The list of bad inputs, and 0 for what it names without a number."""
UNSEEN = ("Invented-", "another.woman", "ward@", "A. Nother")


@dataclass(frozen=True)
class Study:
    """An invented study as it lies on the disk, and what the intake made of it."""

    folder: Path
    key: dict[str, Any]
    refused: list[Refused]
    records: dict[str, dict[str, pd.DataFrame]]
    found: dict[str, pd.DataFrame]

    @property
    def planted(self) -> list[dict[str, Any]]:
        return list(self.key["planted"])

    @property
    def dirty_sites(self) -> set[str]:
        return {each["site_id"] for each in self.planted}


def take_in(folder: Path, received: str, sites: list[str] | None = None) -> Study:
    faults = folder / "faults.json"
    key = json.loads(faults.read_text(encoding="utf-8")) if faults.exists() else {}
    returns, refused = take_inventory(folder / "returns", sites)
    mappings = {each.site_id: folder / "mappings" / f"{each.site_id}.yaml" for each in returns}
    records = {
        each.site_id: ingest(each, IntakeSettings(), path if (path := mappings[each.site_id]).exists() else None)
        for each in returns
    }
    settings = ValidateSettings(received=datetime.date.fromisoformat(received), synthetic=True)
    return Study(folder, key, refused, records, validate(records, load(), None, settings, load_instruments()))


@pytest.fixture(scope="module")
def twins(shared_folder: Path) -> Path:
    def make(folder: Path) -> None:
        synthesise(folder / "clean", sites=SITES, women=WOMEN)
        synthesise(folder / "dirty", sites=SITES, women=WOMEN, dirty=True)

    return make_once(shared_folder, "twins", make)


@pytest.fixture(scope="module")
def dirty(twins: Path) -> Study:
    config = json.loads((twins / "dirty" / "faults.json").read_text(encoding="utf-8"))["config"]
    return take_in(twins / "dirty", config["study"]["received"], config["sites"])


@pytest.fixture(scope="module")
def clean(twins: Path, dirty: Study) -> Study:
    return take_in(twins / "clean", dirty.key["config"]["study"]["received"])


def places(rows: pd.DataFrame) -> Counter[tuple[str, ...]]:
    return Counter(map(tuple, rows[PLACE].fillna("").to_numpy()))


def test_thirty_sites_have_room_for_every_kind(dirty: Study) -> None:
    assert set(dirty.key["numbers"]) == NUMBERS
    assert dirty.key["numbers_without_room"] == []
    assert len(dirty.records.keys() - dirty.dirty_sites) == SITES // 5
    rules = [each["rule_id"] for each in dirty.planted]
    assert (rules.count("not-an-answer"), rules.count("unknown-question")) == (2, 1)


def test_every_planted_mistake_is_found_and_no_other(clean: Study, dirty: Study) -> None:
    """What the clean study raises at a site stands here too, unless the site's rows are out."""
    key = Counter(tuple(each[part] for part in PLACE) for each in dirty.planted if each["rule_id"])
    before, found = places(clean.found["rejected"]), places(dirty.found["rejected"])
    new = found - before
    assert sorted((key - new).elements()) == [], "planted and not found"
    assert sorted((new - key).elements()) == [], "found and not planted"
    kept = [place for place in before if place[0] not in dirty.dirty_sites]
    assert {place: found[place] for place in kept} == {place: before[place] for place in kept}


def test_what_is_no_return_is_refused(dirty: Study) -> None:
    names = {each["file"] for each in dirty.planted if each["consequence"] == "not taken in"}
    assert len(dirty.refused) == len(names) == 4
    assert all((dirty.folder / "returns" / name).exists() for name in names)


def test_each_line_of_the_key_names_a_column_and_a_row_that_are_there(dirty: Study) -> None:
    """The cell of a fault of a table lies in a row that was read, under a column that is known or beside all of them."""
    rows = dirty.found["rejected"].query("severity in ['row', 'value'] and table != ''")
    assert len(rows) > 50
    assert rows["cell"].str.fullmatch(r"[A-Z]{1,2}[1-9][0-9]*").all()
    assert (rows["cell"].str.extract(r"(\d+)$")[0].astype(int) == rows["row"]).all()


def test_rows_read_are_rows_accepted_and_rejected(dirty: Study) -> None:
    quality = dirty.found["quality"]
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()
    assert len(quality) == len(dirty.records) * len(RETURNED)
    assert set(quality["status"]) == {"read", "absent", "set_aside"}
    assert quality["rows_rejected"].sum() > 1000


def test_what_costs_nothing_takes_no_row(dirty: Study) -> None:
    """At sites without a fault that takes a row or a table out, every row that was read is accepted."""
    costs = {each["site_id"] for each in dirty.planted if each["severity"] in {"row", "file"}}
    quality = dirty.found["quality"]
    harmless = quality[~quality["site_id"].isin(costs)]
    assert (harmless["rows_read"] == harmless["rows_accepted"]).all()
    assert harmless["rows_read"].sum() > 3000


def test_sites_without_a_mistake_do_not_move(clean: Study, dirty: Study) -> None:
    kept = set(clean.records) - dirty.dirty_sites
    for name in (f"accepted_{table}" for table in RETURNED):
        one, other = (each.found[name][each.found[name]["site_id"].isin(kept)].reset_index(drop=True) for each in (clean, dirty))
        pd.testing.assert_frame_equal(one, other)
    files = [path.relative_to(clean.folder) for site in kept for path in (clean.folder / "returns").glob(f"{site}*")]
    assert len(files) == len(kept)
    assert all(_content(clean.folder / file) == _content(dirty.folder / file) for file in files)


def test_what_the_key_says_a_mistake_costs_it_costs(dirty: Study) -> None:
    """The table is set aside, the row is among the rejected, the value is blank, or an unreadable return has no table at all."""
    quality = dirty.found["quality"].set_index(["site_id", "table"])
    rejected = dirty.found["rejected_rows"]
    out = set(zip(rejected["site_id"], rejected["sheet"], rejected["row"].astype(int), strict=True))
    for each in dirty.planted:
        row = int("".join(filter(str.isdigit, each["cell"])) or 0)
        if each["consequence"] == "table set aside":
            assert quality.loc[(each["site_id"], each["table"]), "status"] == "set_aside", each
        elif each["consequence"].startswith("return"):
            assert (quality.loc[each["site_id"], "rows_accepted"] == 0).all(), each
        elif each["consequence"] == "row rejected":
            assert (each["site_id"], each["sheet"], row) in out, each
        elif each["consequence"] == "value blanked":
            assert (each["site_id"], each["sheet"], row) not in out, each


def test_a_count_held_back_is_an_interval(dirty: Study) -> None:
    each = next(each for each in dirty.planted if each["rule_id"] == "suppressed-count")
    rows = dirty.found["accepted_aggregates"].query(f"site_id == {each['site_id']!r} and pathway == 'all'")
    assert rows[["n_reliably_deteriorated_low", "n_reliably_deteriorated_high"]].iloc[0].tolist() == [0, 4]
    assert pd.isna(rows["n_reliably_deteriorated"].iloc[0])


def test_no_identifier_is_in_any_frame(dirty: Study) -> None:
    identifiers = dirty.key["identifiers"]
    assert len(identifiers) > 50
    frames = [frame for site in dirty.records.values() for frame in site.values()]
    words = "\n".join(_words([*frames, *dirty.found.values()]))
    assert "S01" in words
    assert not [text for text in (*identifiers, *UNSEEN) if text in words or text.replace(" ", "") in words]


def _words(frames: Iterable[pd.DataFrame]) -> Iterable[str]:
    for frame in frames:
        for name in frame:
            yield from frame[name].dropna().astype("str").unique()


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        synthesise(tmp_path / name, sites=8, women=400, dirty=True)
    one, other = (_content(tmp_path / name) for name in ("one", "other"))
    assert one == other
    assert any(name.endswith("faults.json") for name in one)


def _content(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


@pytest.mark.parametrize(("sites", "women", "seed"), [(1, 60, 1), (3, 90, 2), (8, 800, 3), (12, 600, 4)])
def test_any_study_is_found_out_whatever_fits_into_it(tmp_path: Path, sites: int, women: int, seed: int) -> None:
    for name in ("clean", "dirty"):
        synthesise(tmp_path / name, sites=sites, women=women, seed=seed, dirty=name == "dirty")
    made = take_in(tmp_path / "dirty", "2026-07-31", [f"S{n + 1:02}" for n in range(sites)])
    before = take_in(tmp_path / "clean", "2026-07-31")
    key = Counter(tuple(each[part] for part in PLACE) for each in made.planted if each["rule_id"])
    assert sorted((places(made.found["rejected"]) - places(before.found["rejected"])).elements()) == sorted(key.elements())
    assert len(made.records.keys() - made.dirty_sites) >= 1
    assert bool(made.planted) == (sites > 1)


# --- The whole run -------------------------------------------------------------------------------------------------------


def test_a_run_over_mistakes_ends_well_and_lists_what_is_set_aside(twins: Path, dirty: Study, tmp_path: Path) -> None:
    """A web page, a password, an identifier, two versions, an old template, tables set aside, and a return as it should be."""
    wanted = {"file-unreadable", "identifier-found", "file-conflict", "template-version", "table-twice", "table-unreadable"}
    aside = {each["site_id"] for each in dirty.planted if each["rule_id"] in wanted}
    incidents = {each["site_id"] for each in dirty.planted if each["rule_id"] == "identifier-found"}
    others = {each["site_id"] for each in dirty.planted if each["rule_id"] == "copied-block"}  # with letters that no font has
    sites = sorted(aside | others | {min(dirty.records.keys() - dirty.dirty_sites)})
    (tmp_path / "raw").mkdir()
    for path in (path for site in sites for path in (twins / "dirty" / "returns").glob(f"{site}*")):
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, tmp_path / "raw" / path.name)
    config = write_config(tmp_path, sites=8, women=800, reports="none")
    text = config.read_text(encoding="utf-8").replace("rehearsal: invented, ", "")
    config.write_text(f"{text}synthetic: true\nsites: [{', '.join(sites)}]\n", encoding="utf-8")
    told = tell("run", "validate", "to-sites", "--config", config)
    assert told.code == 0, told.err
    assert "Traceback" not in told.err + told.out
    assert not [text for text in dirty.key["identifiers"] if text in told.err + told.out]
    told_aside = [line for line in told.err.splitlines() if "Set aside: " in line]
    assert {site for site in sites if any(f" of {site}. " in line for line in told_aside)} == aside
    assert {each["site_id"] for each in dirty.planted if f"INCIDENT: the return of {each['site_id']} " in told.err} == incidents
    written = "\n".join(_words(map(pd.read_parquet, sorted((tmp_path / "processed").rglob("*.parquet")))))
    books = list((tmp_path / "processed").rglob("*.xlsx"))
    assert len(books) >= 3
    written += "".join(map(_unpacked, books))
    assert sites[0] in written
    assert not [text for text in dirty.key["identifiers"] if text in written]


def _unpacked(book: Path) -> str:
    with zipfile.ZipFile(book) as package:
        return "".join(package.read(name).decode("utf-8", "replace") for name in package.namelist())


def test_the_planted_workbooks_open_in_another_reader(dirty: Study) -> None:
    """Every workbook that is no web page, has no password and is not too large is a whole package."""
    import openpyxl

    closed = {each["site_id"] for each in dirty.planted if each["rule_id"] in {"file-unreadable", "file-too-large"}}
    books = [path for path in (dirty.folder / "returns").glob("S*.xls[xm]") if path.stem not in closed and not path.is_symlink()]
    assert len(books) > 12
    for path in books:
        with zipfile.ZipFile(path) as package:
            assert package.testzip() is None
        assert openpyxl.load_workbook(path, read_only=True).sheetnames

"""Every file that leaves is searched: for people, for counts as they were, for the machine that it was made on."""

from __future__ import annotations

import csv
import getpass
import json
import re
import socket
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pandas as pd
import pikepdf
import pytest
from nbclient import NotebookClient

from pipeline.tables import schemas
from tests.printed import words_of

TEXT = {".csv", ".svg", ".md", ".json", ".html"}
NHS_NUMBER = re.compile(r"(?<![\w.,-])\d{3}[ -]?\d{3}[ -]?\d{4}(?![\w.,-])")
E_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[A-Za-z]{2,}")
COUNT = re.compile(r"^n(_(?!.*status).+)?$")
SVG = "{http://www.w3.org/2000/svg}"
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def leaving(study: Path) -> list[Path]:
    return sorted(path for path in (study / "reports").rglob("*") if path.is_file())


def words_of_pdf(path: Path) -> tuple[str, str]:
    """What a PDF prints with what it says of itself, and all its streams unpacked."""
    text = "\n".join(words_of(path))
    with pikepdf.open(path) as pdf:
        about = " ".join(f"{key} {value}" for key, value in pdf.docinfo.items())
        with pdf.open_metadata() as metadata:
            about += " ".join(f"{key} {value}" for key, value in metadata.items())
        assert not pdf.attachments
        streams = [obj.read_bytes() for obj in pdf.objects if isinstance(obj, pikepdf.Stream) and "/Font" not in obj]
    return f"{text} {about}", b" ".join(streams).decode("latin-1")


def texts(study: Path) -> Iterator[tuple[Path, str, str]]:
    """Every file, the words in it, and what else is hidden in it."""
    for path in leaving(study):
        if path.suffix in TEXT:
            yield path, path.read_text(encoding="utf-8"), ""
        else:
            assert path.suffix == ".pdf", path.name
            yield path, *words_of_pdf(path)


def is_nhs_number(digits: str) -> bool:
    """By the check digit of the NHS Data Dictionary: the first nine weighted by 10 to 2, modulo 11."""
    numbers = [int(digit) for digit in digits]
    check = 11 - sum(weight * number for weight, number in zip(range(10, 1, -1), numbers, strict=False)) % 11
    return check != 10 and check % 11 == numbers[9]


def pseudonyms(study: Path) -> set[str]:
    """Every name that a site uses for a woman, a referral or a person who answered."""
    found: set[str] = set()
    for path in (study / "processed").glob("accepted_*.parquet"):
        table = pd.read_parquet(path)
        for column in table:
            if str(column).endswith("_id") and column != "site_id":
                found |= set(table[column].dropna().astype("str"))
    return found


def test_the_scan_finds_what_it_looks_for() -> None:
    assert [is_nhs_number(n) for n in ("9991234567", "9434765919", "9434765918")] == [False, True, False]
    assert NHS_NUMBER.search("was 999 476 5919 then")
    assert not NHS_NUMBER.search("M 0.9434765919 12")
    assert E_MAIL.search("ask a.b@nhs.net now")


def test_no_file_that_leaves_holds_a_person(full_study: Path) -> None:
    known = pseudonyms(full_study)
    assert len(known) > 10_000
    looks = re.compile("|".join(sorted({re.sub(r"\d+", r"\\d+", name) for name in known}, key=len, reverse=True)))
    seen = set()
    for path, text, hidden in texts(full_study):
        seen.add(path.suffix)
        numbers = [re.sub(r"\D", "", found) for found in NHS_NUMBER.findall(text)]
        assert not [n for n in numbers if is_nhs_number(n)], path.name
        assert not E_MAIL.search(text), path.name
        words = set(re.findall(r"[A-Za-z0-9_-]+", text + hidden))
        assert not {word for word in words if looks.fullmatch(word)} & known, path.name
    assert {".csv", ".svg", ".md", ".json", ".pdf"} <= seen


def test_no_file_that_leaves_names_the_machine_or_a_folder(full_study: Path) -> None:
    told = {str(full_study), str(full_study.parent), str(Path.home())} | {socket.gethostname()} - {"localhost"}
    told |= {getpass.getuser()} - {"root", "user", "runner"}
    for path, text, hidden in texts(full_study):
        for word in told:
            assert len(word) < 4 or word not in text + hidden, path.name
        if path.suffix == ".svg":
            assert "<dc:date>" not in text
            assert "<dc:creator>" not in text


def test_every_count_that_leaves_is_rounded_and_none_is_small(full_study: Path) -> None:
    seen = 0
    for path in leaving(full_study):
        if path.suffix != ".csv":
            continue
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        for row in csv.DictReader(lines):
            for name, value in row.items():
                if COUNT.match(str(name)) and value:
                    seen += 1
                    assert float(value) % 5 == 0, (path.name, name)
                    assert float(value) >= 10, (path.name, name)
    assert seen > 1000


def test_findings_give_no_count_that_is_not_rounded(full_study: Path) -> None:
    found = pd.read_parquet(full_study / "processed" / "findings.parquet")
    people = found[found["unit"].isin(["women", "referrals"]) & found["value"].notna()]
    assert len(people) > 3
    assert (people["value"] % 5 == 0).all()


def test_no_figure_has_more_marks_than_released_rows(full_study: Path) -> None:
    """A mark and its outline for each row that is shown, a line and its ends; beyond these the frame and the key alone."""
    drawn = 0
    for path in sorted((full_study / "reports" / "figures").glob("*.svg")):
        lines = [line for line in path.with_suffix(".csv").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        rows = sum(row.get("status", "shown") == "shown" for row in csv.DictReader(lines))
        shapes = list(ElementTree.parse(path).getroot().iter())
        marks = {SVG + name for name in ("circle", "ellipse", "rect", "use")}
        is_closed = [
            each.tag in marks or (each.tag == SVG + "path" and each.get("d", "").rstrip().endswith("z")) for each in shapes
        ]
        lines_drawn = sum(each.tag == SVG + "path" for each in shapes) - sum(is_closed)
        assert sum(is_closed) <= 2 * rows + 12, path.name
        assert lines_drawn <= 3 * rows + 20, path.name
        drawn += 1
    assert drawn > 20


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_what_a_notebook_prints_holds_no_person(path: Path, full_study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMHS_REPORTS", str(full_study / "reports"))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    printed = json.dumps([cell.get("outputs", []) for cell in notebook.cells])
    assert not set(re.findall(r"[A-Za-z0-9_-]+", printed)) & pseudonyms(full_study)
    assert not E_MAIL.search(printed)


def test_the_pack_for_output_checking_has_a_line_for_every_file_and_lies_elsewhere(full_study: Path) -> None:
    pack = full_study / "processed" / "output-check"
    manifest = pd.read_csv(pack / "manifest.csv").set_index("file")
    files = {path.relative_to(full_study / "reports").as_posix() for path in leaving(full_study)}
    assert set(manifest.index) == files
    assert manifest[["title", "population", "period", "rule", "sha256"]].notna().all(axis=None)
    assert manifest["smallest_n"].dropna().min() >= 10
    cells = pd.read_csv(pack / "cells.csv")
    assert set(cells["reason"]) <= {"shown", "primary", "complementary", "earlier_release", "by_rule"}
    primary = cells[cells["reason"] == "primary"]
    assert (primary["n"] < 20).all()
    assert set(primary.loc[primary["n"] >= 10, "table"]) <= {"open_subgroups"}, "sensitive pathways are held to 20"
    assert (cells.loc[cells["reason"] == "shown", "n"] >= 10).all()
    attack = pd.read_csv(pack / "attack.csv")
    assert attack["found_by"].isna().all()
    assert (attack["low"] <= 0).all()
    assert (attack["high"] >= 9).all()
    assert not [path for path in leaving(full_study) if path.name in {"manifest.csv", "cells.csv", "attack.csv"}]
    assert list(cells.columns) == list(schemas()["checked_cells"].columns)

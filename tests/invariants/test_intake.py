"""Whatever a site sends: nothing is lost, nothing is raised, order means nothing, and an error is named by its own cell."""

from __future__ import annotations

import csv
import datetime
import io
import re
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_parquet
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from pipeline.tables import schemas

Cells = list[list[Any]]
Frames = dict[str, pd.DataFrame]
MEASURES = load()
SETTINGS = settings(
    deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate), suppress_health_check=[HealthCheck.too_slow]
)
FORMS = ("comma", "semicolon", "tab", "workbook")

COLUMNS = {
    "referrals": (
        *("site_id", "referral_id", "person_id", "referral_date", "referral_month", "pathway", "imd_decile", "accepted"),
        *("assessment_date", "first_treatment_day", "end_date", "end_reason"),
    ),
    "outcomes": (
        "site_id",
        "referral_id",
        "measure",
        "date",
        "day",
        "occasion",
        "total",
        "item_1",
        "item_2",
        "item_3",
        "items_answered",
    ),
    "contacts": ("referral_id", "contact_date", "contact_day", "attendance", "mode"),
    "aggregates": ("measure", "pathway", "n_pre", "n_post", "n_paired", "mean_pre_paired", "mean_post_paired", "sd_change", "r"),
    "activity": ("month", "series", "value", "persons"),
}
CLEAN = {
    **{
        "site_id": ("S01",),
        "referral_id": ("R1", "R2", "R3", "007"),
        "person_id": ("P1", "P2"),
        "measure": ("gad7", "phq9", "epds"),
    },
    **{
        "pathway": ("birth_trauma", "tokophobia"),
        "accepted": ("y", "n"),
        "occasion": ("pre", "post"),
        "end_reason": ("completed",),
    },
    **{"attendance": ("5", "6"), "mode": ("01", "11"), "series": ("bed_days",), "month": ("2026-01", "2026-02")},
    **{"referral_month": ("2026-01",), "r": ("0.5",), "n_pre": ("9",), "n_post": ("8",), "n_paired": ("7",)},
}
DATES = ("2026-01-05", "2026-02-10", "2026-06-20")
DIRTY = (
    *(
        "",
        " ",
        "NA",
        "None",
        "nan",
        "45*",
        "<5",
        "4,5",
        "forty",
        "TRUE",
        "1e1",
        "-1",
        "99",
        "81",
        "3.5",
        "0",
        "10000000000000000000",
    ),
    *("03/04/2022", "2026-02-30", "1900-01-01", "0202-01-01", "2026-13-01", "999999999999999", "60000", "=1+1", "@x", "-x", "+1"),
    *(
        "é",
        "\u200b",
        "\u202eabc",
        "a;b",
        'say "so"',
        "two\nlines",
        "x" * 300,
        "943 476 5918",
        "referral_id",
        "S02",
        "#REF!",
        "'7",
    ),
)


def cell(column: str) -> st.SearchStrategy[str]:
    """Mostly what may stand under a heading, sometimes anything."""
    clean = CLEAN.get(column, DATES if "date" in column else ("1", "2", "7"))
    return st.one_of(st.sampled_from(clean), st.sampled_from(clean), st.sampled_from(clean), st.sampled_from(DIRTY))


@st.composite
def tables(draw: st.DrawFn, *, is_odd: bool = True) -> dict[str, Cells]:
    """A few small tables; odd ones have banners, blank and repeated rows, unknown and repeated headings, ragged ends."""
    made: dict[str, Cells] = {}
    for name in draw(st.lists(st.sampled_from(sorted(COLUMNS)), min_size=1, max_size=3, unique=True)):
        headings = list(draw(st.permutations(COLUMNS[name]))[: draw(st.integers(2, 12))])
        if draw(st.booleans()):
            headings = list(dict.fromkeys([*headings, "referral_id", "measure"])) if "month" not in COLUMNS[name] else headings
        extra = draw(st.sampled_from(["", "notes", *(("referral_id", "", "item_0", "item_01") if is_odd else ())]))
        headings += [extra] if extra else []
        rows: Cells = [[draw(cell(heading)) for heading in headings] for _ in range(draw(st.integers(0, 5)))]
        if is_odd:
            for odd in draw(st.lists(st.sampled_from(["blank", "again", "copy", "beyond", "short"]), max_size=3)):
                rows += [odd_row(odd, headings, rows)]
        banner: Cells = [["Return of the service"], []] if is_odd and draw(st.booleans()) else []
        made[name] = [*banner, headings, *rows]
    return made


def odd_row(kind: str, headings: list[str], rows: Cells) -> list[str]:
    last = rows[-1] if rows else ["x"] * len(headings)
    return {"blank": ["", " "], "again": list(headings), "copy": list(last), "beyond": [*last, "", "7"], "short": list(last[:1])}[
        kind
    ]


def write(folder: Path, content: dict[str, Cells], form: str) -> Path:
    if form == "workbook":
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for name, rows in content.items():
            sheet = book.create_sheet(name)
            for i, row in enumerate(rows, start=1):
                for j, value in enumerate(row, start=1):
                    sheet.cell(i, j).value = value or None
                    if isinstance(value, str) and value.startswith("="):
                        sheet.cell(i, j).data_type = "s"
        book.save(folder / "S01.xlsx")
        return folder / "S01.xlsx"
    (folder / "S01").mkdir()
    for name, rows in content.items():
        with (folder / "S01" / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, delimiter={"comma": ",", "semicolon": ";", "tab": "\t"}[form]).writerows(rows)
    return folder / "S01"


def take_in(content: dict[str, Cells], form: str) -> Frames:
    with tempfile.TemporaryDirectory() as folder:
        return follow(write(Path(folder), content, form))


def follow(path: Path) -> Frames:
    """Ingest and validate, with the records written and read again in between as in a run."""
    read = ingest(Return("S01", path), IntakeSettings())
    records = {name: pd.read_parquet(io.BytesIO(to_parquet(frame))) for name, frame in read.items()}
    made = validate({"S01": records}, MEASURES)
    for name in (name for name, table in made.items() if len(table)):
        to_parquet(schemas()[name].validate(made[name]))
    return made


def plain(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", "_", str(value).strip().lower()).strip("_")


def header_of(rows: Cells, table: str) -> int:
    """The row that we wrote as headings."""
    return 2 if rows[0] == ["Return of the service"] else 0


def data_rows(rows: Cells, table: str) -> int:
    """Rows that hold something and are no repeated headings: counted on what was written, not on what was read."""
    at = header_of(rows, table)
    headings = [plain(h) for h in rows[at]]
    filled = [row for row in rows[at + 1 :] if any(str(value).strip() for value in row)]
    return sum([plain(value) for value in row[: len(headings)]] != headings for row in filled)


@pytest.mark.parametrize("form", FORMS)
@settings(SETTINGS, max_examples=12)
@given(content=tables())
def test_every_row_is_accepted_or_rejected_and_nothing_is_raised(form: str, content: dict[str, Cells]) -> None:
    made = take_in(content, form)
    quality = made["quality"].set_index("table")
    missing_header = {
        f["table"] for f in made["rejected"].to_dict("records") if f["rule_id"] == "heading-not-found" and pd.isna(f["row"])
    }
    for name, rows in content.items():
        read, accepted, rejected = (int(quality.loc[name, f"rows_{what}"]) for what in ("read", "accepted", "rejected"))
        assert read == accepted + rejected
        assert accepted == len(made[f"accepted_{name}"])
        assert rejected == (made["rejected_rows"]["table"] == name).sum()
        if name not in missing_header:
            assert read == data_rows(rows, name)
    places = made["rejected_rows"][["sheet", "row"]]
    assert not places.duplicated().any()


@pytest.mark.parametrize("form", ["comma", "workbook"])
@settings(SETTINGS, max_examples=10)
@given(content=tables())
def test_every_fault_of_a_row_or_value_stands_at_a_cell_under_the_heading_that_it_names(
    form: str, content: dict[str, Cells]
) -> None:
    for fault in take_in(content, form)["rejected"].to_dict("records"):
        assert all(fault[text] for text in ("rule_id", "severity", "found", "expected", "mend", "cost"))
        if fault["severity"] not in {"row", "value"}:
            continue
        rows, row = content[fault["table"]], int(fault["row"])
        headings = rows[header_of(rows, fault["table"])]
        if fault["cell"]:
            letter = fault["cell"].removesuffix(str(row))
            beyond = {get_column_letter(j): "" for j in range(len(headings) + 1, len(headings) + 3)}
            named = {get_column_letter(j): plain(h) for j, h in enumerate(headings, start=1)} | beyond
            assert named[letter] == ("" if fault["rule_id"] == "beyond-headings" else fault["column"])
        else:
            assert fault["column"] not in {plain(h) for h in headings}
        assert header_of(rows, fault["table"]) + 1 < row <= len(rows)


@settings(SETTINGS, max_examples=12)
@given(contents=st.lists(tables(), min_size=2, max_size=4))
def test_a_return_fares_alike_whatever_the_other_sites_sent(contents: list[dict[str, Cells]]) -> None:
    records: dict[str, Frames] = {}
    for number, content in enumerate(contents, start=1):
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder), content, FORMS[number % 4])
            records[f"S0{number}"] = ingest(Return(f"S0{number}", path), IntakeSettings())
    together = validate(records, MEASURES)
    for site, frames in records.items():
        for name, alone in validate({site: frames}, MEASURES).items():
            mine = together[name][together[name]["site_id"] == site].reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, alone, obj=f"{site}: {name}")


def without_addresses(made: Frames) -> dict[str, Counter[Any]]:
    columns = ["table", "rule_id", "severity", "column", "expected", "found"]
    kept: dict[str, Counter[Any]] = {}
    for name, table in made.items():
        if name.startswith("accepted_"):
            kept[name] = Counter(table.astype("object").where(table.notna(), None).itertuples(index=False, name=None))
    once = made["rejected"].query("severity in ('file', 'warning')")
    each = made["rejected"].query("severity not in ('file', 'warning')")
    kept["faults"] = Counter(each[columns].fillna("").itertuples(index=False, name=None))
    kept["tables"] = Counter(once[["table", "rule_id"]].fillna("").itertuples(index=False, name=None))
    return kept


@pytest.mark.parametrize("form", ["comma", "workbook"])
@settings(SETTINGS, max_examples=10)
@given(content=tables(is_odd=False), random=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_changes_nothing_but_addresses(form: str, content: dict[str, Cells], random: Any) -> None:
    other: dict[str, Cells] = {}
    for name in random.sample(sorted(content), len(content)):
        headings, *rows = content[name]
        order = random.sample(range(len(headings)), len(headings))
        other[name] = [[row[i] for i in order] for row in [headings, *random.sample(rows, len(rows))]]
    assert without_addresses(take_in(content, form)) == without_addresses(take_in(other, form))


# --- Bytes that no program wrote -----------------------------------------------------------------------------------------

START = b"referral_id,measure,date,total\nR1,gad7,2026-01-05,7\n"
NOISE = st.lists(
    st.one_of(
        st.binary(max_size=8),
        st.sampled_from([START, b'"', b'",', b"\r", b"\n", b";", b"\t", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x81"]),
    ),
    max_size=12,
).map(b"".join)


@settings(SETTINGS, max_examples=20)
@given(before=NOISE, after=NOISE)
def test_no_bytes_in_a_csv_file_raise_or_lose_a_row(before: bytes, after: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "outcomes.csv").write_bytes(before + START + after)
        quality = follow(Path(folder))["quality"]
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()


@settings(SETTINGS, max_examples=20)
@given(data=st.data())
def test_no_change_to_the_inside_of_a_workbook_raises(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder), {"outcomes": [["referral_id", "measure", "total"], ["R1", "gad7", "7"]]}, "workbook")
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        victim = data.draw(st.sampled_from(sorted(name for name in parts if "sheet" in name or "workbook" in name)))
        start, length = data.draw(st.integers(0, len(parts[victim]))), data.draw(st.integers(0, 40))
        put = data.draw(
            st.one_of(st.binary(max_size=6), st.sampled_from([b'r="XFD9"', b"<c>", b"</row>", b'"', b"&#0;", b"1e309"]))
        )
        parts[victim] = parts[victim][:start] + put + parts[victim][start + length :]
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        quality = follow(path)["quality"]
    assert (quality["rows_read"] == quality["rows_accepted"] + quality["rows_rejected"]).all()


# --- An error at a random cell -------------------------------------------------------------------------------------------

PLANTED: dict[str, list[tuple[str, str, str]]] = {
    "referrals": [
        ("referral_date", "05/01/2026", "not-a-date"),
        ("pathway", "birth", "not-a-code"),
        ("imd_decile", "11", "not-a-code"),
        ("imd_decile", "three", "not-whole"),
        ("end_date", "2026-01-01", "before-referral"),
        ("referral_id", "", "blank-needed"),
    ],
    "outcomes": [
        ("total", "22", "score-out-of-range"),
        ("total", "4,5", "not-a-number"),
        ("total", "", "blank-needed"),
        ("date", "20-06-2026", "not-a-date"),
        ("date", "2025-12-31", "score-before-referral"),
        ("measure", "gad-7", "unknown-measure"),
        ("referral_id", "R99", "referral-not-found"),
        ("site_id", "S02", "site-disagrees"),
    ],
}


def clean_rows(table: str, count: int) -> tuple[list[str], Cells]:
    day = datetime.date(2026, 1, 5)
    if table == "referrals":
        headings = ["site_id", "referral_id", "referral_date", "pathway", "imd_decile", "end_date"]
        return headings, [
            ["S01", f"R{i}", str(day), "tokophobia", str(i % 10 + 1), str(day + datetime.timedelta(90))] for i in range(count)
        ]
    headings = ["site_id", "referral_id", "measure", "date", "total"]
    return headings, [["S01", f"R{i}", "gad7", str(day + datetime.timedelta(i)), str(i)] for i in range(count)]


@pytest.mark.parametrize("form", FORMS)
@settings(SETTINGS, max_examples=10)
@given(data=st.data())
def test_an_error_at_a_random_cell_is_named_exactly_and_it_alone(form: str, data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 8))
    content = {table: [headings, *rows] for table in PLANTED for headings, rows in [clean_rows(table, count)]}
    table = data.draw(st.sampled_from(sorted(PLANTED)))
    column, value, rule = data.draw(st.sampled_from(PLANTED[table]))
    victim = data.draw(st.integers(1, count))
    headings = content[table][0]
    content[table][victim][headings.index(column)] = value
    order = data.draw(st.permutations(range(len(headings))))
    width = data.draw(st.integers(0, 3))
    rows: Cells = [["note"] * width + [row[i] for i in order] for row in content[table]]
    row_of_victim = rows[victim]
    for kind in data.draw(st.lists(st.sampled_from(["blank", "again"]), max_size=3)):
        rows.insert(data.draw(st.integers(1, len(rows))), [] if kind == "blank" else list(rows[0]))
    banners = data.draw(st.integers(0, 4))
    content[table] = [["NHS Trust"]] * banners + rows
    at = next(n for n, row in enumerate(content[table], start=1) if row is row_of_victim)
    address = f"{get_column_letter(width + order.index(headings.index(column)) + 1)}{at}"
    made = take_in(content, form)
    faults = made["rejected"].query("severity not in ('warning', 'note')")
    mine = faults[faults["table"] == table]
    assert list(zip(mine["rule_id"], mine["sheet"], mine["cell"], strict=True)) == [(rule, table, address)]
    others = faults[faults["table"] != table]
    assert set(others["rule_id"]) <= {"referral-left-out", "referral-not-found"}  # the scores of a referral that is out
    assert len(others) == (table == "referrals" and rule == "blank-needed")

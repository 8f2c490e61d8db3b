"""A site's own words: translated where they are written down, named by their own cell, never guessed."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

from pipeline import measures
from pipeline.config import IntakeSettings
from pipeline.returns.inventory import Return
from pipeline.returns.mapping import Mapping, load
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from pipeline.strict_yaml import FactError
from tests.conftest import tell

KNOWN = measures.load()
HOW_TO = Path(__file__).parents[3] / "docs" / "site-mapping.md"
Cells = list[list[object]]


def book(folder: Path, **sheets: Cells) -> Path:
    """A workbook of the site S07; dates are real dates, and an underscore in a sheet's name is a space."""
    path = folder / "S07.xlsx"
    with xlsxwriter.Workbook(path) as made:
        dated = made.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = made.add_worksheet(name.replace("_", " "))
            for r, row in enumerate(rows):
                for c, cell in enumerate(row):
                    if isinstance(cell, datetime.date):
                        sheet.write_datetime(r, c, cell, dated)
                    elif cell is not None:
                        sheet.write(r, c, cell)
    return path


def take(path: Path, text: str) -> dict[str, pd.DataFrame]:
    """Ingest and validate a return of S07 with a mapping."""
    file = path.parent / "S07.yaml"
    file.write_text(text, encoding="utf-8")
    load_one(file)
    return validate({"S07": ingest(Return("S07", path), IntakeSettings(), file)}, KNOWN)


def load_one(file: Path) -> Mapping:
    folder = file.parent / "mappings"
    folder.mkdir(exist_ok=True)
    (folder / file.name).write_bytes(file.read_bytes())
    return load(folder, sites=None, measures=KNOWN)[file.stem]


def rows(made: dict[str, pd.DataFrame], table: str, *columns: str) -> list[tuple[Any, ...]]:
    frame = made[f"accepted_{table}"][list(columns)].astype("object")
    shown = frame.map(lambda v: "" if pd.isna(v) else v.strftime("%Y-%m-%d") if isinstance(v, pd.Timestamp) else v)
    return sorted(shown.itertuples(index=False, name=None))


def faults(made: dict[str, pd.DataFrame], *, warnings: bool = False) -> list[tuple[str, str, str]]:
    found = made["rejected"]
    mine = found[found["severity"].isin(["file", "row", "value"] if not warnings else ["warning"])]
    return sorted(zip(mine["rule_id"], mine["sheet"].fillna(""), mine["cell"].fillna(""), strict=True))


# --- Sheets and headings -------------------------------------------------------------------------------------------------


def test_sheets_and_headings_are_renamed_and_faults_stand_at_the_cells_of_the_site(tmp_path: Path) -> None:
    path = book(tmp_path, Our_list=[["Logo"], [], [None, "Reason", "Our REF"], [None, "birth_trauma", "R1"], [None, "sad", "R2"]])
    made = take(path, "sheets: {our list: referrals}\ncolumns: {referrals: {Our ref: referral_id, Reason: pathway}}\n")
    assert rows(made, "referrals", "referral_id", "pathway") == [("R1", "birth_trauma"), ("R2", "")]
    assert faults(made) == [("not-a-code", "Our list", "B5")]


def test_without_a_mapping_none_of_it_is_guessed(tmp_path: Path) -> None:
    path = book(tmp_path, Our_list=[["Our ref", "Reason"], ["R1", "birth_trauma"]])
    made = validate({"S07": ingest(Return("S07", path), IntakeSettings())}, KNOWN)
    assert faults(made) == [("no-known-table", "", "")]


def test_a_tab_a_quarter_is_one_table_and_each_cell_has_the_address_of_its_own_tab(tmp_path: Path) -> None:
    first: Cells = [["referral_id", "measure", "occasion", "total"], ["R1", "pcl5", "pre", 40], ["R2", "pcl5", "pre", "x"]]
    second: Cells = [["total", "referral_id", "measure", "occasion"], [30, "R1", "pcl5", "post"], [99, "R2", "pcl5", "post"]]
    made = take(book(tmp_path, Q1=first, Q2=second), "sheets: {outcomes: [Q1, Q2]}\n")
    assert rows(made, "outcomes", "occasion", "total") == [("post", 30.0), ("pre", 40.0)]
    assert [each[1:] for each in faults(made)] == [("Q1", "D3"), ("Q2", "A3")]
    quality = made["quality"].set_index("table").loc["outcomes"]
    assert (quality["rows_read"], quality["rows_accepted"], quality["rows_rejected"]) == (4, 2, 2)


def test_a_tab_beside_those_that_the_mapping_names_sets_the_table_aside(tmp_path: Path) -> None:
    tab: Cells = [["referral_id", "measure", "occasion", "total"], ["R1", "pcl5", "pre", 40]]
    made = take(book(tmp_path, Q1=tab, outcomes=tab), "sheets: {Q1: outcomes}\n")
    assert [each[0] for each in faults(made)] == ["table-twice"]


def test_files_of_a_folder_are_mapped_by_their_names_and_headings_tell_the_separator(tmp_path: Path) -> None:
    (tmp_path / "S07").mkdir()
    (tmp_path / "S07" / "Liste.csv").write_text("Kennung;Grund\nR1;birth_trauma\n", encoding="utf-8")
    made = take(tmp_path / "S07", "sheets: {Liste: referrals}\ncolumns: {referrals: {Kennung: referral_id, Grund: pathway}}\n")
    assert rows(made, "referrals", "referral_id", "pathway") == [("R1", "birth_trauma")]


def test_names_that_the_return_does_not_have_are_one_warning_for_the_analyst(tmp_path: Path) -> None:
    path = book(tmp_path, referrals=[["referral_id", "pathway"], ["R1", "birth_trauma"]])
    text = "sheets: {Quarter 9: outcomes}\ncolumns: {referrals: {Our ref: referral_id}}\n"
    made = take(path, text)
    (found,) = made["rejected"].loc[made["rejected"]["rule_id"] == "mapping-unused", "found"]
    assert found == "sheet quarter_9, referrals: our_ref"
    assert rows(made, "referrals", "referral_id") == [("R1",)]


# --- Codes and dates -----------------------------------------------------------------------------------------------------


def test_codes_are_translated_and_an_unmapped_one_is_an_error_that_shows_itself(tmp_path: Path) -> None:
    cells: Cells = [["referral_id", "pathway", "accepted"], ["R1", "Birth  TRAUMA; tokophobia", "Yes"], ["R2", "Loss", "maybe"]]
    made = take(
        book(tmp_path, referrals=cells),
        'codes: {referrals.pathway: {Birth trauma: birth_trauma}, referrals.accepted: {"Yes": y}}\n',
    )
    assert rows(made, "referrals", "pathway", "accepted") == [("", ""), ("birth_trauma;tokophobia", "y")]
    assert faults(made) == [("not-a-code", "referrals", "B3"), ("not-a-code", "referrals", "C3")]
    assert set(made["rejected"].loc[made["rejected"]["rule_id"] == "not-a-code", "found"]) == {"Aaaa", "aaaaa"}


def test_a_measure_a_site_code_and_an_answer_are_translated(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        outcomes=[["site_id", "referral_id", "measure", "occasion", "total"], ["North Trust", "R1", "PCL", "pre", 40]],
        experience=[["instrument", "question", "response"], ["poem", "1", "Always"], ["poem", "2", "Mostly"]],
    )
    text = """
        codes:
          outcomes.site_id: {north trust: S07}
          outcomes.measure: {PCL: pcl5}
          experience.response: {Always: "4"}
    """
    made = take(path, text)
    assert rows(made, "outcomes", "site_id", "measure", "total") == [("S07", "pcl5", 40.0)]
    assert rows(made, "experience", "question", "response") == [("1", 4), ("2", "")]
    assert faults(made) == [("not-whole", "experience", "C3")]


def test_british_dates_are_read_only_where_the_mapping_says_so(tmp_path: Path) -> None:
    day = datetime.date(2026, 4, 3)
    cells: Cells = [["referral_id", "referral_date", "imd_decile"]]
    cells += [
        [f"R{n}", date, 1]
        for n, date in enumerate(["03/04/2026", "3/4/2026", day, "2026-04-03", "04/13/2026", "31/02/2026", "3/4/26"])
    ]
    made = take(book(tmp_path, referrals=cells), "dates: dd/mm/yyyy\n")
    assert [date for _, date in rows(made, "referrals", "referral_id", "referral_date")] == ["2026-04-03"] * 4 + [""] * 3
    assert faults(made) == [("not-a-date", "referrals", f"B{n}") for n in (6, 7, 8)]
    made = take(book(tmp_path, referrals=cells), "dates: iso\n")
    assert [date for _, date in rows(made, "referrals", "referral_id", "referral_date")] == ["", ""] + ["2026-04-03"] * 2 + [
        ""
    ] * 3


# --- Wide outcomes -------------------------------------------------------------------------------------------------------

WIDE = """
sheets: {Scores: outcomes}
columns:
  outcomes:
    Ref: referral_id
    PCL first: {measure: pcl5, occasion: pre, date: First day}
    PCL last: {measure: pcl5, occasion: post, date: Last day}
    CORE first: {measure: core10, occasion: pre, date: First day}
"""
HEADINGS: list[object] = ["Ref", "First day", "PCL first", "CORE first", "Last day", "PCL last"]


def test_scores_side_by_side_become_a_row_each_under_their_own_cells(tmp_path: Path) -> None:
    a, b = datetime.date(2026, 1, 5), datetime.date(2026, 6, 1)
    cells = [HEADINGS, ["R1", a, 50, 20, b, 30], ["R2", a, 45, None, None, None], ["R3", a, None, 41, b, "x"], ["R4", None, None]]
    made = take(book(tmp_path, Scores=cells), WIDE)
    assert rows(made, "outcomes", "referral_id", "measure", "occasion", "date", "total") == [
        ("R1", "core10", "pre", "2026-01-05", 20.0),
        ("R1", "pcl5", "post", "2026-06-01", 30.0),
        ("R1", "pcl5", "pre", "2026-01-05", 50.0),
        ("R2", "pcl5", "pre", "2026-01-05", 45.0),
    ]
    assert faults(made) == [("not-a-number", "Scores", "F4"), ("score-out-of-range", "Scores", "D4")]
    quality = made["quality"].set_index("table").loc["outcomes"]
    assert (quality["rows_read"], quality["rows_accepted"], quality["rows_rejected"]) == (6, 4, 2)


def test_tabs_may_name_one_score_in_two_ways_each_with_its_own_date(tmp_path: Path) -> None:
    text = """
sheets: {outcomes: [Q1, Q2]}
columns:
  outcomes:
    Ref: referral_id
    PCL start: {measure: pcl5, occasion: pre, date: Start}
    PCL first: {measure: pcl5, occasion: pre, date: First}
"""
    tabs = {
        "Q1": [["Ref", "PCL start", "Start"], ["R1", 50, "2026-01-05"]],
        "Q2": [["First", "PCL first", "Ref"], ["5 May", 40, "R2"]],
    }
    made = take(book(tmp_path, **tabs), text)
    assert rows(made, "outcomes", "referral_id", "date", "total") == [("R1", "2026-01-05", 50.0), ("R2", "", 40.0)]
    assert faults(made) == [("not-a-date", "Q2", "A2")]


def test_a_faulty_date_stands_at_the_date_of_its_own_score(tmp_path: Path) -> None:
    made = take(book(tmp_path, Scores=[HEADINGS, ["R1", "soon", 50, None, "later", 30]]), WIDE)
    cells = made["rejected"].loc[made["rejected"]["rule_id"] == "not-a-date", "cell"]
    assert sorted(cells) == ["B2", "E2"]


def test_a_score_struck_through_is_left_out_and_no_other(tmp_path: Path) -> None:
    path = book(tmp_path, Scores=[HEADINGS, ["R1", datetime.date(2026, 1, 5), 50, 20, datetime.date(2026, 6, 1), 30]])
    edited = openpyxl.load_workbook(path)
    edited["Scores"]["D2"].font = openpyxl.styles.Font(strike=True)
    edited.save(path)
    made = take(path, WIDE)
    assert rows(made, "outcomes", "measure", "total") == [("pcl5", 30.0), ("pcl5", 50.0)]
    assert ("struck-through", "Scores", "D2") in faults(made)


def test_one_date_beside_scores_of_two_occasions_sets_the_table_aside(tmp_path: Path) -> None:
    text = re.sub(r", date: \w+ day", "", WIDE)
    cells: Cells = [["Ref", "date", "PCL first", "PCL last"], ["R1", "2026-01-05", 50, 30]]
    made = take(book(tmp_path, Scores=cells), text)
    assert [each[0] for each in faults(made)] == ["date-of-several"]
    undated = take(book(tmp_path, Scores=[["Ref", "PCL first", "PCL last"], ["R1", 50, 30]]), text)
    assert rows(undated, "outcomes", "occasion", "total") == [("post", 30.0), ("pre", 50.0)]


def test_a_total_of_ours_beside_scores_of_theirs_sets_the_table_aside(tmp_path: Path) -> None:
    made = take(book(tmp_path, Scores=[["Ref", "PCL first", "PCL last", "total"], ["R1", 50, 30, 80]]), WIDE)
    assert [each[0] for each in faults(made)] == ["heading-twice"]
    assert made["quality"].set_index("table").loc["outcomes", "rows_accepted"] == 0


def test_a_value_right_of_the_headings_is_named_also_where_its_row_has_no_score(tmp_path: Path) -> None:
    made = take(book(tmp_path, Scores=[HEADINGS, ["R1", None, None, None, None, None, 7], ["R2", None, 40]]), WIDE)
    assert ("beyond-headings", "Scores", "G2") in faults(made)
    assert rows(made, "outcomes", "referral_id") == [("R2",)]


# --- Mistakes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("sheet: {a: referrals}\n", 1, ["unknown key", "sheets"]),
        ("sheets:\n  a: referral\n", 2, ["'referral' is no table", "referrals"]),
        ("sheets:\n  referral: [Q1]\n", 2, ["'referral' is no table"]),
        ("sheets:\n  outcomes: [Q-1]\n  q 1: referrals\n", 3, ["named twice"]),
        ("columns:\n  referrals:\n    Ref: referral\n", 3, ["'referral' is no column of referrals", "referral_id"]),
        ("columns:\n  referrals:\n    Ref: referral_id\n    REF.: pathway\n", 4, ["named twice"]),
        ("columns:\n  referrals:\n    Größe: pathway\n    примечание: accepted\n", 4, ["letter from a to z"]),
        ("columns:\n  outcomes:\n    A: {measure: pcl5, occasion: first}\n", 3, ["'pre', 'during', 'post' or 'follow_up'"]),
        ("columns:\n  outcomes:\n    A: {measure: pcl6, occasion: pre}\n", 3, ["'pcl6'", "pcl5"]),
        ("columns:\n  referrals:\n    A: {measure: pcl5, occasion: pre}\n", 3, ["only headings of outcomes"]),
        ("columns:\n  outcomes:\n    A: {measure: pcl5, occasion: pre}\n    B: total\n", 4, ["cannot stand beside"]),
        ("columns:\n  outcomes:\n    A: {measure: pcl5, occasion: pre, date: B}\n    B: day\n", 3, ["line of its own"]),
        ("codes:\n  referrals: {a: b}\n", 2, ["is no column of referrals"]),
        ("codes:\n  referrals.pathway:\n    a: trauma\n", 3, ["'trauma' is no value", "birth_trauma"]),
        ("codes:\n  referrals.pathway:\n    a: birth_trauma\n    A: tokophobia\n", 4, ["named twice"]),
        ("codes:\n  referrals.referral_date: {a: '2026-01-01'}\n", 2, ["not translated"]),
        ("codes:\n  referrals.referral_id: {a: R1}\n", 2, ["not translated"]),
        ("codes:\n  outcomes.measure:\n    PCL: pcl\n", 3, ["'pcl'", "pcl5"]),
        ("codes:\n  experience.response:\n    Always: four\n", 3, ["'four' is no value"]),
        ("codes:\n  referrals.accepted: {Yes: y}\n", 2, ["True", "in quotes"]),
        ("codes:\n  referrals.imd_decile:\n    Ten: 10\n", 3, ["found 10", "valid string"]),
        ("dates: mm/dd/yyyy\n", 1, ["'iso' or 'dd/mm/yyyy'"]),
    ],
)
def test_a_mistake_is_named_by_file_and_line_when_the_study_is_opened(
    tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    (tmp_path / "S07.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(FactError) as error:
        load_one(tmp_path / "S07.yaml")
    assert f"S07.yaml:{line}: " in str(error.value)
    assert all(word in str(error.value) for word in words), str(error.value)


@pytest.mark.parametrize("name", ["S07.yml", "S 07.yaml", "S07.txt", "S08.yaml"])
def test_a_file_that_is_no_sites_mapping_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("dates: iso\n", encoding="utf-8")
    with pytest.raises(FactError, match="Rename it"):
        load(tmp_path, sites=["S07"], measures=KNOWN)


def test_read_mes_and_hidden_files_are_passed_over_and_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    (tmp_path / ".keep").touch()
    assert load(tmp_path, sites=None, measures=KNOWN) == {}
    with pytest.raises(FactError, match="no folder"):
        load(tmp_path / "none", sites=None, measures=KNOWN)


# --- The how-to, done ----------------------------------------------------------------------------------------------------


def lay_out(folder: Path) -> Path:
    """The example of the how-to, and a return in its words; returns the config."""
    (example,) = re.findall(r"```yaml\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    (folder / "mappings").mkdir()
    (folder / "mappings" / "S07.yaml").write_text(example, encoding="utf-8")
    (folder / "raw").mkdir()
    heads: list[object] = ["Our ref", "Start date", "PCL-5 at start", "End date", "PCL-5 at end"]
    book(
        folder / "raw",
        Referral_list=[
            ["Our ref", "Referred on", "Reason", "Taken on?"],
            *[["R1", "05/01/2026", "Birth trauma", "Yes"], ["R2", "12/01/2026", "baby loss", "Deferred"]],
        ],
        **{
            "PCL Apr-Jun": [heads, ["R1", "12/01/2026", 50, "02/06/2026", 31]],
            "PCL Jul-Sep": [heads, ["R2", "20/01/2026", 44, None, None]],
        },
    )
    config = folder / "config.yaml"
    paths = "{returns: raw, processed: processed, reports: reports, releases: releases, mappings: mappings}"
    config.write_text(f"paths: {paths}\nmeasures: [pcl5]\n", encoding="utf-8")
    return config


def test_the_example_of_the_how_to_reads_such_a_return(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    told = tell("run", "validate", "--config", config)
    assert told.code == 0, told.err
    made = {p.stem: pd.read_parquet(p) for p in (tmp_path / "processed").glob("*.parquet")}
    assert rows(made, "referrals", "referral_id", "referral_date", "pathway", "accepted") == [
        ("R1", "2026-01-05", "birth_trauma", "y"),
        ("R2", "2026-01-12", "perinatal_loss", ""),
    ]
    assert rows(made, "outcomes", "referral_id", "occasion", "date", "total") == [
        ("R1", "post", "2026-06-02", 31.0),
        ("R1", "pre", "2026-01-12", 50.0),
        ("R2", "pre", "2026-01-20", 44.0),
    ]
    assert faults(made) == [("not-a-code", "Referral list", "D3")]


def test_a_changed_mapping_is_read_again_and_a_wrong_one_stops_the_run_with_its_line(tmp_path: Path) -> None:
    config = lay_out(tmp_path)
    file = tmp_path / "mappings" / "S07.yaml"
    assert tell("run", "validate", "--config", config).code == 0
    assert tell("run", "validate", "--config", config).ran == []
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('"No": n', 'No: n, "Deferred": pending'), encoding="utf-8")
    told = tell("run", "validate", "--config", config)
    assert (told.code, told.ran) == (2, [])
    line = text[: text.index("referrals.accepted")].count("\n") + 1
    assert f"S07.yaml:{line}: codes.referrals.accepted" in told.err
    file.write_text(text.replace('"No": n', '"No": n, "Deferred": pending'), encoding="utf-8")
    assert "ingest" in tell("run", "validate", "--config", config).steps
    accepted = pd.read_parquet(tmp_path / "processed" / "accepted_referrals.parquet")["accepted"]
    assert sorted(accepted) == ["pending", "y"]

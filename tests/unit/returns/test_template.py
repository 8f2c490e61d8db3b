"""The empty workbook for a site: filled in as its notes say, it comes through clean."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.returns.template import template
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate
from pipeline.tables import schemas
from pipeline.tables.returned import RETURNED


def book() -> Any:
    return openpyxl.load_workbook(io.BytesIO(template()))


def examples() -> dict[tuple[str, str], str]:
    """What the guide gives as an example, by table and column."""
    rows = list(book()["read me"].iter_rows(values_only=True))
    start = next(number for number, row in enumerate(rows) if row[0] == "table")
    return {(row[0], row[1]): row[2] for row in rows[start + 1 :]}


def typed(text: str) -> object:
    """An example as a person types it into a cell that is not formatted as text."""
    for kind in (int, float, datetime.date.fromisoformat):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def received(path: Path, filled: Any) -> dict[str, Any]:
    filled.save(path / "S07.xlsx")
    return validate({"S07": ingest(Return("S07", path / "S07.xlsx"), IntakeSettings())}, load())


def fill_in(sheet: Any, values: dict[str, object], row: int = 2) -> None:
    headings = {cell.value: cell.column for cell in sheet[1]}
    for column, value in values.items():
        sheet.cell(row, headings[column]).value = value


def asked(schema: Any) -> dict[str, Any]:
    """No service is asked whether its women are invented."""
    return {column: spec for column, spec in schema.columns.items() if column != "invented"}


def test_a_sheet_a_table_with_the_headings_of_its_schema_in_order() -> None:
    made = book()
    assert made.sheetnames == ["read me", *RETURNED]
    for name, schema in RETURNED.items():
        assert [cell.value for cell in made[name][1]] == list(asked(schema))


def test_every_heading_has_a_note_that_says_what_may_stand_under_it() -> None:
    made = book()
    for name, schema in RETURNED.items():
        for cell in made[name][1]:
            column, spec = cell.value, schema.columns[cell.value]
            assert cell.comment is not None, f"{name}.{column}"
            needed = "Needed in each row." if spec.metadata["needed"] else "May be left blank."
            assert needed in cell.comment.text
            assert all(code in cell.comment.text for code in spec.metadata["codes"])


def test_short_code_lists_are_offered_as_drop_downs() -> None:
    offered = book()["outcomes"].data_validations.dataValidation
    lists = {rule.formula1.strip('"'): str(rule.sqref) for rule in offered}
    assert lists["pre,during,post,follow_up"].startswith("F2:F")


def test_columns_of_codes_and_identifiers_keep_what_is_typed() -> None:
    """In a cell of any other format a spreadsheet makes 1 of 01 and 7 of 007."""
    sheet = book()["contacts"]
    spans = {(span.min, span.max): span.number_format for span in sheet.column_dimensions.values()}
    formats = {cell.value: next(f for (low, high), f in spans.items() if low <= cell.column <= high) for cell in sheet[1]}
    as_typed = {"site_id", "referral_id", "attendance", "mode", "profession", "intervention"}
    assert {column for column, given in formats.items() if given == "@"} == as_typed
    assert formats["contact_date"] == "yyyy-mm-dd"


def test_each_example_is_right_and_a_template_filled_with_them_validates_clean(tmp_path: Path) -> None:
    filled, given = book(), examples()
    for name, schema in RETURNED.items():
        values: dict[str, object] = {}
        for column, spec in asked(schema).items():
            text = given[(name, column)]
            values[column] = text if spec.metadata["kind"] in {"text", "code", "code_list"} else typed(text)
        fill_in(filled[name], values)
    made = received(tmp_path, filled)
    assert (made["rejected"]["severity"] == "note").all()
    assert (made["quality"]["status"] == "read").all()
    assert (made["quality"]["rows_accepted"] == 1).all()


def test_filled_in_by_hand_with_blanks_where_the_notes_allow_it_validates_clean(tmp_path: Path) -> None:
    filled = book()
    referral = {"site_id": "S07", "referral_id": "0001", "referral_date": datetime.date(2026, 1, 5), "accepted": "y"}
    optional = {
        **{
            "person_id": "P1",
            "client": "woman_or_birthing_parent",
            "referral_source": "A1",
            "pathway": "birth_trauma;tokophobia",
        },
        **{
            "perinatal_stage": "postnatal",
            "age_band": "25_29",
            "ethnic_category": "A",
            "imd_decile": 3,
            "rejection_reason": "other",
        },
        **{"assessment_day": 10, "first_treatment_day": 21, "end_day": 100, "end_reason": "completed", "intervention": "emdr"},
        "eligible_for_outcomes": "y",
    }
    fill_in(filled["referrals"], referral | optional)
    fill_in(filled["referrals"], {"site_id": "S07", "referral_id": "0002"}, row=3)
    fill_in(filled["outcomes"], {"site_id": "S07", "referral_id": "0001", "measure": "pcl5", "day": 12, "total": 44})
    made = received(tmp_path, filled)
    assert (made["rejected"]["severity"] == "note").all()
    assert list(made["accepted_referrals"]["referral_id"]) == ["0001", "0002"]
    assert list(made["accepted_outcomes"]["date"].dt.strftime("%Y-%m-%d")) == ["2026-01-17"]


def test_sheets_that_are_left_empty_are_no_fault_and_stop_no_other(tmp_path: Path) -> None:
    filled = book()
    fill_in(filled["outcomes"], {"site_id": "S07", "referral_id": "R1", "measure": "pcl5", "occasion": "pre", "total": 44})
    made = received(tmp_path, filled)
    assert (made["rejected"]["severity"] == "note").all()
    assert len(made["accepted_outcomes"]) == 1


def test_every_column_has_an_example_in_the_guide() -> None:
    assert set(examples()) == {(name, column) for name in RETURNED for column in asked(schemas()[name])}


def test_the_template_is_the_same_bytes_each_time() -> None:
    assert template() == template()


@pytest.mark.parametrize("word", ["names", "NHS number", "dates of birth", "addresses", "free text"])
def test_the_guide_warns_of_what_must_not_be_sent(word: str) -> None:
    assert word in " ".join(str(row[0]) for row in book()["read me"].iter_rows(max_row=5, values_only=True))

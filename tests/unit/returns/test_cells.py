"""Addresses, cells as text, and the mask over what was found."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

from pipeline.returns.cells import as_text, heading, letters, masked, position


@given(st.integers(0, 16_383))
def test_letters_are_those_of_a_spreadsheet(number: int) -> None:
    assert letters(number) == get_column_letter(number + 1)
    assert position(letters(number)) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (12.0, "12"),
        (12.5, "12.5"),
        (-3.0, "-3"),
        (0.00001, "0.00001"),
        (1e14, "100000000000000"),
        (True, "TRUE"),
        (False, "FALSE"),
        ("007", "007"),
        (" NA ", " NA "),
        (datetime.date(2026, 3, 31), "2026-03-31"),
        (datetime.datetime(2026, 3, 31), "2026-03-31"),
        (datetime.datetime(2026, 3, 31, 9, 30), "2026-03-31 09:30:00"),
    ],
)
def test_a_cell_says_as_text_what_it_said(value: object, text: str) -> None:
    assert as_text(value) == text


def test_a_number_whose_last_digits_are_lost_is_not_written_as_if_they_were_known() -> None:
    assert as_text(4857773456123456.0) != "4857773456123456"


def test_headings_are_compared_without_case_marks_and_blanks() -> None:
    assert {heading(h) for h in ("Referral ID", " referral_id ", "REFERRAL-ID", "referral\nid")} == {"referral_id"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("45*", "45*"),
        ("<5", "<5"),
        ("03/04/2022", "03/04/2022"),
        ("PCL-C", "AAA-A"),
        ("Ærøskøbing Łódź", "Aaaaaaaaaa Aaaa"),
        ("小林", "aa"),
    ],
)
def test_a_short_number_or_mark_stands_and_letters_do_not(value: str, shown: str) -> None:
    assert masked(value) == shown


@pytest.mark.parametrize("value", ["999 000 0018", "9990000018", "07700 900 123", "ref 999-000-0018 x", "x" * 39 + "9990000018"])
def test_a_long_number_never_shows_its_digits(value: str) -> None:
    assert not set(masked(value)) & set("012345678")


@given(st.text(min_size=1))
def test_no_letter_is_ever_shown(value: str) -> None:
    assert {c for c in masked(value) if c.isalpha()} <= {"a", "A"}
    assert len(masked(value)) <= 43

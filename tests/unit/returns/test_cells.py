"""Addresses, cells as text, and the mask over what was found."""

from __future__ import annotations

import datetime
import re

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


LONG = ["999 000 0018", "9990000018", "07700 900 123", "ref 999-000-0018 x", "x" * 39 + "9990000018", "12345678.5"]


@pytest.mark.parametrize("value", LONG)
def test_a_long_number_never_shows_its_digits(value: str) -> None:
    assert not set(re.sub(r"\[code of \d+ characters\]", "", masked(value))) & set("012345678")


@pytest.mark.parametrize(
    "value",
    [
        *("birth_trauma", "Birth Trauma", "pending", "imd_decile", "Referral ID", "outcomes", "A", "M9", "white"),
        *("2026-02-29", "29/02/2026", "2019-01-01 00:00:00", "03/04/2022 09:30", "3 Apr 2024", "May 2024"),
        *("12:30", "12:30:00", "1 day, 2:00:00", "45123", "80.5", "1e1", "1.23E+15"),
    ],
)
def test_what_a_site_needs_to_see_stands(value: str) -> None:
    """Our own words, days and lengths of time name no woman."""
    assert masked(value) == value


@pytest.mark.parametrize("value", ["White", "BLACK", "Mrs White", "April", "June", "Jo", "JS", "a", "birth_trauma;Smith"])
def test_a_word_of_ours_that_may_be_a_name_does_not_stand(value: str) -> None:
    assert set(masked(value)) <= set("aA _;")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("R9999", "[code of 5 characters]"),
        ("R1", "[code of 2 characters]"),
        ("A-17/2", "[code of 6 characters]"),
        ("4417b", "[code of 5 characters]"),
        ("was R9999 before", "aaa [code of 5 characters] aaaaaa"),
        ("1234567", "[number of 7 digits]"),
    ],
)
def test_an_id_is_shown_neither_whole_nor_as_another_id(value: str, shown: str) -> None:
    assert masked(value) == shown


@given(st.text(st.characters(categories=["L", "N"]), min_size=2).filter(lambda text: not text.isascii() or len(text) > 30))
def test_no_letter_of_another_text_is_ever_shown(value: str) -> None:
    left = re.sub(r"\[(code|number) of \d+ (characters|digits)\]", "", masked(value))
    assert {c for c in left if c.isalpha()} <= {"a", "A"}

"""The grammar of cells: what is understood, what is not, and that nothing is guessed."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.returns.parsing import join_items, parse


def read(kind: str, *cells: str, codes: tuple[str, ...] = ()) -> list[object]:
    """Each cell's value; `bad` where it is not understood, None where it is blank."""
    parsed = parse(pd.Series(cells, dtype="str"), {"kind": kind, "codes": codes})
    typed: Any = parsed.typed.astype("object")
    return ["bad" if bad else None if pd.isna(value) else value for value, bad in zip(typed, parsed.is_bad, strict=True)]


NO_NUMBERS = "45* <5 45/80 O forty 4,5 TRUE 1e1 0x1F NA N/A None nan inf -inf -- £5 5% 1. .5 1.5.5 1_000 =45 '45 #REF! 12:30"
OTHER_DIGITS = ("\uff14\uff15", "\u0664\u0665")


@pytest.mark.parametrize("cell", [*NO_NUMBERS.split(), *OTHER_DIGITS, "1 2", "4\u00a05", "1" * 400])
@pytest.mark.parametrize("kind", ["number", "whole"])
def test_what_is_no_plain_number_is_not_read_as_one(kind: str, cell: str) -> None:
    assert read(kind, cell, "7") == ["bad", 7]


def test_numbers_are_read_as_they_stand_and_blanks_are_no_fault() -> None:
    assert read("number", "45", " 45 ", "\u00a045", "-3", "+3", "12.5", "007", "0.00001", "", "  ") == [
        *(45, 45, 45, -3, 3, 12.5, 7, 0.00001),
        *(None, None),
    ]


def test_one_bad_cell_does_not_spoil_its_column() -> None:
    assert read("number", "1", "x", "3", "", "5.5") == [1, "bad", 3, None, 5.5]


def test_a_whole_number_has_no_fraction() -> None:
    assert read("whole", "12", "12.0", "12.5", "-1") == [12, 12, "bad", -1]


NO_DATES = "03/04/2022 31.03.2026 2026-3-1 20260331 46112 2026-03 2026-02-29 2026-13-01 2026-00-10 2026-03-31T00:00:00 today"
NOT_OUR_TIME = "0202-01-01 1900-01-01 1989-12-31 9999-12-31 2101-01-01"


@pytest.mark.parametrize(
    "cell", [*NO_DATES.split(), *NOT_OUR_TIME.split(), "31 March 2026", "2026-03-31 09:30:00", "\uff12\uff10\uff12\uff16-01-01"]
)
def test_only_a_date_of_our_time_written_year_first_is_a_date(cell: str) -> None:
    assert read("date", cell) == ["bad"]


def test_dates_and_months() -> None:
    assert read("date", "2026-03-31", "2024-02-29", "2026-03-31 00:00:00", "1990-01-01", "2100-12-31", "") == [
        *map(pd.Timestamp, ("2026-03-31", "2024-02-29", "2026-03-31", "1990-01-01", "2100-12-31")),
        None,
    ]
    march = pd.Timestamp("2026-03-01")
    assert read("month", "2026-03", "2026-03-01", "2026-03-02", "Mar-26", "2026-3", "03/2026") == [march, march, *["bad"] * 4]


def test_codes_are_a_closed_list_without_regard_to_case() -> None:
    assert read("code", "y", "Y", " n ", "yes", "1", "TRUE", "", codes=("y", "n")) == ["y", "y", "n", "bad", "bad", "bad", None]
    assert read("code", "01", "1", codes=("01", "02")) == ["01", "bad"]
    assert read("code", "a", "A4", codes=("A", "a4x", "A4")) == ["A", "A4"]


def test_several_codes_are_joined_by_semicolons_and_each_must_be_known() -> None:
    codes = ("birth_trauma", "tokophobia")
    assert read(
        "code_list", "tokophobia; birth_trauma", "birth_trauma;", "birth_trauma;x", ";", "birth_trauma,tokophobia", codes=codes
    ) == [
        *("tokophobia;birth_trauma", "birth_trauma"),
        *("bad", "bad", "bad"),
    ]


def test_text_is_kept_as_received() -> None:
    kept = ["007", "NA", "None", "1E5", "=cmd()", "-12", "@x", "True", "R 1", "Ö", "R1\u200b", "$x", "_"]
    assert read("text", *kept) == kept
    assert read("text", " R1 ", "") == ["R1", None]


@pytest.mark.parametrize("cell", ["R1\nR2", "R1\tR2", "R\x00", "x" * 101, "4.85777E+15", "1E+18"])
def test_text_that_is_no_code_is_not_kept(cell: str) -> None:
    assert read("text", cell) == ["bad"]


def items(**columns: list[str]) -> list[object]:
    joined = join_items(pd.DataFrame(columns, dtype="str"))
    return [None if pd.isna(value) else value for value in joined]


def test_answers_stand_in_the_place_of_their_number() -> None:
    assert items(item_1=["1", "", " "], item_2=["2", "0", ""], item_3=[" 3 ", "4", ""]) == ["1;2;3", ";0;4", None]
    assert items(item_10=["x"], item_2=["b"], item_1=["a"]) == ["a;b;;;;;;;;x"]


def test_a_missing_item_column_leaves_its_place_blank() -> None:
    assert items(item_1=["1"], item_3=["3"]) == ["1;;3"]


def test_answers_may_come_in_one_column() -> None:
    assert items(items=["1; 2 ;3", "", ";;", "1;;3"]) == ["1;2;3", None, None, "1;;3"]


def test_no_answers_no_items() -> None:
    assert items(total=["4"]) == [None]
    assert items(item_1=[]) == []

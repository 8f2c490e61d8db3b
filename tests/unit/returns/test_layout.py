"""Finding a table in a sheet: headings, columns, rows, and what is not kept."""

from __future__ import annotations

import pytest

from pipeline.returns.layout import Located, locate
from pipeline.returns.sheets import Sheet

KNOWN = {"site_id", "referral_id", "measure", "date", "total", "items"}


def sheet(text: str, *, first_row: int = 0, first_column: int = 0) -> Sheet:
    """A sheet drawn as text: a line a row, cells between bars."""
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip("\n").splitlines()]
    return Sheet("outcomes", rows, first_row, first_column)


def find(text: str, known: set[str] = KNOWN, **at: int) -> Located:
    return locate(sheet(text, **at), site_id="S01", table="outcomes", known=known, needed={"referral_id", "measure"})


def rules(found: Located) -> list[tuple[str, str]]:
    return [(fault.rule_id, fault.cell) for fault in found.faults]


def test_headings_in_any_order_and_spelling_with_the_letter_of_each() -> None:
    found = find("Total | Referral ID | MEASURE\n40 | R1 | pcl5")
    assert found.letters == {"total": "A", "referral_id": "B", "measure": "C"}
    assert (found.rows, found.cells) == ([2], [["40", "R1", "pcl5"]])
    assert not found.faults


def test_rows_and_letters_count_from_the_edge_of_the_sheet() -> None:
    found = find("referral_id | measure\nR1 | pcl5", first_row=3, first_column=25)
    assert (found.letters, found.rows) == ({"referral_id": "Z", "measure": "AA"}, [5])


def test_banners_blank_rows_and_repeated_headings_are_passed_over() -> None:
    found = find(
        """
        NHS Trust     |         |
        Outcomes 2026 |         |
        referral_id   | measure | total
        R1            | pcl5    | 40
                      |         |
        referral_id   | measure | total
        R2            | pcl5    | 41
        """.replace("        ", "").strip()
    )
    assert found.rows == [4, 7]
    assert [row[0] for row in found.cells] == ["R1", "R2"]
    assert not found.faults


@pytest.mark.parametrize("text", ["one | two\n1 | 2", "referral_id\nR1", "", "40 | 41"])
def test_without_a_row_of_headings_the_table_is_set_aside_and_its_rows_are_counted(text: str) -> None:
    found = find(text)
    assert found.is_set_aside
    assert rules(found) == [("heading-not-found", "")]
    assert len(found.rows) == len([line for line in text.splitlines() if line.strip(" |")])


def test_a_needed_heading_that_is_missing_is_one_fault_of_the_table() -> None:
    found = find("referral_id | total\nR1 | 40\nR2 | 41")
    assert found.is_set_aside
    assert rules(found) == [("heading-not-found", "")]
    assert "measure" in found.faults[0].found
    assert found.rows == [2, 3]


def test_a_heading_twice_sets_the_table_aside_at_the_second() -> None:
    found = find("referral_id | measure | total | Total\nR1 | pcl5 | 40 | 41")
    assert found.is_set_aside
    assert rules(found) == [("heading-twice", "D1")]
    assert found.rows == [2]


@pytest.mark.parametrize("pair", ["item_1 | item_01", "item_1 | items", "items | item_20"])
def test_answers_named_in_two_ways_are_a_heading_twice(pair: str) -> None:
    assert [rule for rule, _ in rules(find(f"referral_id | measure | {pair}\nR1 | pcl5 | 1 | 2"))] == ["heading-twice"]


def test_unknown_columns_are_counted_and_not_kept() -> None:
    found = find("referral_id | notes | measure | surname\nR1 | she said | pcl5 | Smith")
    assert found.cells == [["R1", "pcl5"]]
    assert rules(found) == [("unknown-columns", "B1")]
    assert "2" in found.faults[0].found
    assert not [word for fault in found.faults for word in ("notes", "said", "Smith", "surname") if word in str(fault)]


def test_values_under_no_heading_are_an_unknown_column_not_nothing() -> None:
    assert rules(find("referral_id | | measure\nR1 | 7 | pcl5")) == [("unknown-columns", "B1")]
    assert rules(find("referral_id | | measure\nR1 | | pcl5")) == []


def test_a_heading_in_another_alphabet_is_a_heading() -> None:
    found = find("referral_id | measure | примечание\nR1 | pcl5 | да")
    assert rules(found) == [("unknown-columns", "C1")]
    assert found.beyond == [""]


def test_a_value_to_the_right_of_the_headings_is_kept_with_its_letter() -> None:
    found = find("referral_id | measure\nR1 | pcl5 | | 7\nR2 | pcl5", first_column=1)
    assert found.beyond == ["E", ""]
    assert found.cells == [["R1", "pcl5"], ["R2", "pcl5"]]


@pytest.mark.parametrize("heading", ["item_0", "item_1000", "item_x", "item", "items_1", "item_1a"])
def test_what_is_no_item_is_unknown(heading: str) -> None:
    assert rules(find(f"referral_id | measure | {heading}\nR1 | pcl5 | 1")) == [("unknown-columns", "C1")]


def test_items_are_known_only_where_the_table_takes_them() -> None:
    assert "item_7" in find("referral_id | measure | Item 7\nR1 | pcl5 | 1").letters
    assert "item_7" not in find("referral_id | measure | Item 7\nR1 | pcl5 | 1", known=KNOWN - {"items"}).letters


def test_short_rows_are_filled_with_blanks() -> None:
    assert find("referral_id | measure | total\nR1").cells == [["R1", "", ""]]


def test_the_best_row_of_headings_is_taken_not_the_first_that_has_a_word_of_them() -> None:
    found = find("date | total | x\nreferral_id | measure | total | date\nR1 | pcl5 | 4 | 2026-01-01")
    assert found.rows == [3]


def test_one_heading_is_enough_where_no_other_is_needed() -> None:
    found = locate(sheet("referral_id\nR1"), site_id="S01", table="referrals", known=KNOWN, needed={"referral_id"})
    assert (found.cells, found.faults) == ([["R1"]], [])
    assert locate(sheet("wave\nEI"), site_id="S01", table="service", known={"wave", "area"}, needed=set()).is_set_aside

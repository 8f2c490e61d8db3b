"""The file of evidence: plain codes by case, every fault named by its cell, nothing that anyone said read or kept."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.returns.evidence_file import read_evidence, with_unknown

SITES, THEORIES = ["S01", "S02"], ["CMO-01", "CMO-03"]
HEAD = "excerpt_id,source_id,site_id,role_group,theory_id,element,stance"
SOUND = "E1,I1,S01,staff,CMO-01,mechanism,supports"


def read(tmp_path: Path, *lines: str, head: str = HEAD) -> tuple[pd.DataFrame, pd.DataFrame]:
    path = tmp_path / "evidence.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    tables = read_evidence(path, SITES)
    said = tables["evidence"].drop(columns="theory_cell")
    return said, with_unknown(tables["evidence_faults"], tables["evidence"], THEORIES)


def test_no_file_is_no_evidence_and_no_fault() -> None:
    tables = read_evidence(None, SITES)
    assert tables["evidence"].empty
    assert tables["evidence_faults"].empty


def test_a_plain_file_is_read_and_a_group_of_no_site_keeps_its_blank(tmp_path: Path) -> None:
    said, faults = read(tmp_path, SOUND, "E2,G1,,leaders,CMO-03,context,refines")
    assert faults.empty
    assert said["source_id"].tolist() == ["G1", "I1"]
    assert said["site_id"].isna().tolist() == [True, False]
    assert said.set_index("source_id").loc["I1"].tolist() == ["E1", "S01", "staff", "CMO-01", "mechanism", "supports"]


@pytest.mark.parametrize(
    ("line", "cell", "column", "expected"),
    [
        ("E1,I1,S09,staff,CMO-01,mechanism,supports", "C2", "site_id", "a site of the study, or blank"),
        ("E1,I1,S01,nurses,CMO-01,mechanism,supports", "D2", "role_group", "one of: women_and_families, staff, leaders"),
        ("E1,I1,S01,,CMO-01,mechanism,supports", "D2", "role_group", "one of: women_and_families, staff, leaders"),
        ("E1,I1,S01,staff,peer support,mechanism,supports", "E2", "theory_id", "the id of a theory, such as CMO-03"),
        ("E1,I1,S01,staff,CMO-01,mechanisms,supports", "F2", "element", "one of: context, mechanism, outcome"),
        ("E1,I1,S01,staff,CMO-01,mechanism,agrees", "G2", "stance", "one of: supports, contradicts, refines"),
        (
            "She told us,I1,S01,staff,CMO-01,mechanism,supports",
            "A2",
            "excerpt_id",
            "letters, digits and _ . : - alone, at most 60",
        ),
        (",I1,S01,staff,CMO-01,mechanism,supports", "A2", "excerpt_id", "letters, digits and _ . : - alone, at most 60"),
    ],
)
def test_each_fault_is_named_by_its_cell_and_costs_its_line_alone(
    line: str, cell: str, column: str, expected: str, tmp_path: Path
) -> None:
    said, faults = read(tmp_path, line, "E2,I2,S01,staff,CMO-01,mechanism,supports")
    assert said["excerpt_id"].tolist() == ["E2"]
    (fault,) = faults.to_dict("records")
    assert (fault["line"], fault["cell"], fault["column"], fault["costs"]) == (2, cell, column, "the line")
    assert fault["expected"] == expected
    assert not fault["is_incident"]


def test_a_theory_without_a_file_is_named_by_its_cell_and_its_line_waits_for_the_file(tmp_path: Path) -> None:
    """The table does not depend on which theories there are, so that a new one changes nothing before the verdicts."""
    said, faults = read(tmp_path, SOUND, "E2,I2,S01,staff,CMO-99,mechanism,supports")
    assert said["theory_id"].tolist() == ["CMO-01", "CMO-99"]
    (fault,) = faults.to_dict("records")
    assert (fault["line"], fault["cell"], fault["column"], fault["costs"]) == (3, "E3", "theory_id", "the line")
    assert (fault["found"], fault["expected"]) == ("[code of 6 characters]", "one of: CMO-01, CMO-03")
    tables = read_evidence(tmp_path / "evidence.csv", SITES)
    assert with_unknown(tables["evidence_faults"], tables["evidence"], [*THEORIES, "CMO-99"]).empty


def test_every_fault_of_a_line_is_told_at_once(tmp_path: Path) -> None:
    _, faults = read(tmp_path, "E1,I1,S01,nobody,CMO 1,mind,agrees")
    assert faults["cell"].tolist() == ["D2", "E2", "F2", "G2"]


def test_what_was_said_is_left_unread_and_counted_and_found_in_no_table(tmp_path: Path) -> None:
    head = f"{HEAD},content,memo"
    said, faults = read(tmp_path, f'{SOUND},"She was, in her words, unheard",', head=head)
    assert len(said) == 1
    (fault,) = faults.to_dict("records")
    assert (fault["found"], fault["cell"], fault["costs"]) == ("2 columns under another heading, left unread", "H1", "nothing")
    assert "unheard" not in said.to_csv() + faults.to_csv()


def test_columns_may_stand_in_any_order_and_be_spelt_as_people_do(tmp_path: Path) -> None:
    said, faults = read(
        tmp_path,
        "supports,S01,E1,I1,staff,CMO-01,outcome",
        head="Stance,Site ID,Excerpt ID,source id,ROLE_GROUP,Theory ID,Element",
    )
    assert faults.empty
    assert said.iloc[0].tolist() == ["E1", "I1", "S01", "staff", "CMO-01", "outcome", "supports"]


def test_without_a_column_nothing_is_read(tmp_path: Path) -> None:
    said, faults = read(tmp_path, "E1,I1,S01,staff,CMO-01,mechanism", head=HEAD.removesuffix(",stance"))
    assert said.empty
    assert faults["found"].tolist() == ["no stance"]
    assert faults["costs"].tolist() == ["the file"]


@pytest.mark.parametrize("where", ["A", "H"])
def test_an_identifier_anywhere_sets_the_whole_file_aside_and_is_not_told(where: str, tmp_path: Path) -> None:
    number = "999 000 0018"  # a test number that passes the check
    first, last = (number, "") if where == "A" else ("E1", number)
    said, faults = read(
        tmp_path,
        f"{first},I1,S01,staff,CMO-01,mechanism,supports,{last}",
        SOUND.replace("E1", "E2") + ",",
        head=f"{HEAD},content",
    )
    assert said.empty
    assert faults["is_incident"].all()
    assert faults["cell"].tolist() == [f"{where}2"]
    assert "999" not in faults.to_csv()


def test_an_excerpt_coded_twice_on_one_element_counts_neither_time(tmp_path: Path) -> None:
    twice = [SOUND, SOUND.replace("supports", "contradicts"), SOUND.replace("mechanism", "outcome")]
    said, faults = read(tmp_path, *twice)
    assert said["element"].tolist() == ["outcome"]
    assert faults["line"].tolist() == [2, 3]


def test_a_source_of_two_sites_or_two_groups_is_not_counted_as_two(tmp_path: Path) -> None:
    lines = [SOUND, "E2,I1,S02,staff,CMO-01,mechanism,supports", "E3,I2,S01,staff,CMO-01,mechanism,supports"]
    said, faults = read(tmp_path, *lines)
    assert said["source_id"].tolist() == ["I2"]
    assert faults["cell"].tolist() == ["C2", "C3"]
    said, faults = read(tmp_path, SOUND, "E2,I1,S01,leaders,CMO-01,mechanism,supports")
    assert said.empty
    assert set(faults["column"]) == {"role_group"}


def test_the_order_of_lines_changes_nothing(tmp_path: Path) -> None:
    lines = [f"E{n},I{n},S0{1 + n % 2},staff,CMO-01,mechanism,supports" for n in range(6)]
    one, _ = read(tmp_path, *lines)
    other, _ = read(tmp_path, *lines[::-1])
    pd.testing.assert_frame_equal(one, other)


def test_a_folder_or_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert read_evidence(tmp_path / "folder", SITES)["evidence_faults"]["found"].tolist() == ["a folder"]
    path = tmp_path / "evidence.csv"
    path.write_bytes(b"\xff\xfe\x00")
    assert len(read_evidence(path, SITES)["evidence_faults"]) <= 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=300).map(lambda text: f"{HEAD}\n{text}".encode())))
def test_nothing_ever_raises(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "evidence.csv"
    path.write_bytes(content)
    read_evidence(path, SITES)

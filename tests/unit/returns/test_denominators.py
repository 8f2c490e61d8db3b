"""The file of denominators: read whole, or refused with every mistake and its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.returns.denominators import read_denominators
from pipeline.strict_yaml import FactError

HEAD = "dimension,group,n,source\n"
GOOD = HEAD + "ethnic_group,white,41000,invented\n\nethnic_group, black ,5200,invented\ndeprivation_fifth,fifth_1,9000,invented\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "denominators.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_rows_are_read_without_blank_lines_and_spaces(tmp_path: Path, encoding: str) -> None:
    assert read_denominators(written(tmp_path, GOOD, encoding)) == (
        ("ethnic_group", "white", 41000),
        ("ethnic_group", "black", 5200),
        ("deprivation_fifth", "fifth_1", 9000),
    )


def test_a_study_without_the_file_has_none() -> None:
    assert read_denominators(None) == ()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ethnicity,white,10,x", "dimension: found 'ethnicity'"),
        ("ethnic_group,fifth_1,10,x", "group: found 'fifth_1'"),
        ("ethnic_group,white,0,x", "n: found '0'"),
        ("ethnic_group,white,1.5,x", "n: found '1.5'"),
        ("ethnic_group,white,\N{SUPERSCRIPT TWO},x", "expected a whole number above 0"),
        ("ethnic_group,white,10,", "source: found nothing"),
        ("ethnic_group,white,10", "found 3 values, expected 4"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(FactError, match="line 3") as raised:
        read_denominators(written(tmp_path, HEAD + "ethnic_group,asian,7,x\n" + line + "\n"))
    assert said in str(raised.value)


def test_every_mistake_is_named_in_one_pass(tmp_path: Path) -> None:
    with pytest.raises(FactError) as raised:
        read_denominators(written(tmp_path, HEAD + "a,b,1,x\nethnic_group,white,-1,x\n"))
    assert len(str(raised.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("text", "encoding", "said"),
    [
        (HEAD + "ethnic_group,white,10,x\nethnic_group,white,11,y\n", "utf-8", "white stands twice"),
        ("dimension,group,number,source\n", "utf-8", "line 1: expected the headings"),
        ("", "utf-8", "line 1: expected the headings"),
        (HEAD + "ethnic_group,white,10,café\n", "latin-1", "no text in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, text: str, encoding: str, said: str) -> None:
    with pytest.raises(FactError, match=said):
        read_denominators(written(tmp_path, text, encoding))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FactError, match="cannot be read"):
        read_denominators(tmp_path / "none.csv")

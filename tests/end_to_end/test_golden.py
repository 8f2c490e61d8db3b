"""The words of the documents, kept as files, so that a change of them is read as a difference before it is taken.

`make golden` writes them anew. Numbers may differ by one in their last place, as sums of floating point may from machine to
machine; hashes and versions are left out.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path

import pytest

KEPT = Path(__file__).parent / "golden"
DOCUMENTS = ("national-report.md", "commissioner-brief.md", "summary-for-women.md", "sites-text/S07.md")
MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(rf"[{MINUS}-]?\d+(?:,\d{{3}})*(?:\.\d+)?")
MOST_SHOWN = 40


def without_hashes(text: str) -> str:
    """The text without what changes with every edit of the code or of a library: the run, hashes, versions."""
    text = re.sub(
        r"(?m)^(- (?:Run|package|configuration|returns, together|settings that decide results): )[0-9a-f]{12}$", r"\1…", text
    )
    return re.sub(r"(?m)^(- [\w.-]+: )\d+(?:\.\d+){1,3}\S*$", r"\1…", text)


def is_near(then: str, now: str) -> bool:
    """Whether two numbers are written alike and differ by one in the last place at most."""
    plain = [number.replace(",", "").replace(MINUS, "-") for number in (then, now)]
    places = [len(number.partition(".")[2]) for number in plain]
    return places[0] == places[1] and abs(float(plain[0]) - float(plain[1])) <= 1.001 * 10.0 ** -places[0]


def is_same(then: str, now: str) -> bool:
    if then == now:
        return True
    pairs = [NUMBER.findall(line) for line in (then, now)]
    return (
        NUMBER.sub("#", then) == NUMBER.sub("#", now)
        and len(pairs[0]) == len(pairs[1])
        and all(is_near(a, b) for a, b in zip(*pairs, strict=True))
    )


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_words_of_a_document_are_those_that_were_read(full_study: Path, name: str) -> None:
    text = without_hashes((full_study / "reports" / name).read_text(encoding="utf-8"))
    if os.environ.get("GOLDEN") == "write":
        (KEPT / Path(name).name).write_text(text, encoding="utf-8", newline="\n")
    now = text.splitlines()
    then = (KEPT / Path(name).name).read_text(encoding="utf-8").splitlines()
    if len(then) != len(now) or not all(is_same(a, b) for a, b in zip(then, now, strict=True)):
        lines = list(difflib.unified_diff(then, now, "kept", "made", n=0, lineterm=""))
        more = f"\n... {len(lines) - MOST_SHOWN} more lines" if len(lines) > MOST_SHOWN else ""
        told = "\n".join(lines[:MOST_SHOWN]) + more
        pytest.fail(f"{name} reads otherwise. If it should, run `make golden` and read the difference in git.\n{told}")


def test_a_word_or_a_number_that_is_another_is_seen() -> None:
    assert is_same("mean 17.4 points, 2,235 women", "mean 17.5 points, 2,235 women")
    assert not is_same("mean 17.4 points", "mean 17.6 points")
    assert not is_same("mean 17.4 points", "mean 17.40 points")
    assert not is_same("mean 17.4 points", "mean 17.4 scores")
    assert without_hashes("- Run: a74680981001\n- numpy: 2.4.6") == "- Run: …\n- numpy: …"

"""Complementary suppression beside R's GaussSuppression: no cell can be recovered, and hardly more cells are lost."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline.disclosure.linked import Linked, Printing
from pipeline.disclosure.readers import Room, not_recovered
from pipeline.disclosure.search import Search
from pipeline.disclosure.withholding import withhold_linked

ASKED = [f"{table}:SuppressSmallCounts:maxN{n}:protectZeros={zeros}" for table in ("t1", "t2") for n in (4, 5, 9) for zeros in
         ("TRUE", "FALSE")]  # fmt: skip
EXACTLY = Printing(round_to=None)


def linked(cells: list[dict[str, Any]]) -> Linked:
    """A table with all its margins, of which each is the sum over one characteristic."""
    named = [name for name in cells[0] if name not in ("Freq", "primary", "suppressed")]
    made = Linked()
    for cell in cells:
        made.add(tuple(cell[name] for name in named), cell["Freq"])
    for cell in list(made.names):
        for place, level in enumerate(cell):
            if level == "Total":
                rest = [
                    other for other in made.names if other[place] != "Total" and without(other, place) == without(cell, place)
                ]
                made.total(cell, rest)
    return made


def without(cell: tuple[str, ...], place: int) -> tuple[str, ...]:
    return cell[:place] + cell[place + 1 :]


@pytest.mark.parametrize("asked", ASKED)
def test_no_cell_is_recovered_and_at_most_a_tenth_more_are_lost(read_shared_values: Callable[[str], Any], asked: str) -> None:
    (ref,) = [ref for ref in read_shared_values("suppression")["refs"] if ref["id"] == asked]
    cells, made = ref["value"]["cells"], linked(ref["value"]["cells"])
    is_primary = np.array([cell["primary"] for cell in cells])
    most = int(re.search(r"maxN(\d+)", asked)[1])
    small = [cell["Freq"] <= most and (cell["Freq"] > 0 or asked.endswith("TRUE")) for cell in cells]
    assert is_primary.tolist() == small
    needs = not_recovered(made, is_primary)
    costs = {name: 1 + math.log1p(n) for name, n in zip(made.names, made.exact, strict=True) if n}
    found = withhold_linked(made, ~is_primary, needs, costs, EXACTLY)
    assert not found.unmet
    assert not (found.is_shown & is_primary).any()
    search = Search(made, found.is_shown, EXACTLY)
    for need in needs:
        low, high = search.extremes(need.at)
        assert low < high, "otherwise the cell is recovered"
    assert (~found.is_shown).sum() <= 1.1 * ref["value"]["n_suppressed"]


def test_the_peer_itself_passes_the_attack(read_shared_values: Callable[[str], Any]) -> None:
    for ref in read_shared_values("suppression")["refs"]:
        cells = ref["value"]["cells"]
        made, is_primary = linked(cells), np.array([cell["primary"] for cell in cells])
        search = Search(made, ~np.array([cell["suppressed"] for cell in cells]), EXACTLY)
        needs = not_recovered(made, is_primary)
        room = Room(search, owners_read=False, women_read=False)
        assert not [need for need in needs if room.breaks(need) is not None]

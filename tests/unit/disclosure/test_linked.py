"""Linked counts, held against a search through every whole number that each of them could be."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.disclosure.linked import Linked, Printing
from pipeline.disclosure.readers import Room, not_recovered, small_counts
from pipeline.disclosure.search import Search
from pipeline.disclosure.withholding import withhold_linked

MINIMUM, FAR = 3, 9
COLUMNS = ("a", "b")


def two_way(rows: list[tuple[int, int]]) -> Linked:
    """Rows are sites, which know theirs; with the totals of rows, of columns and of all."""
    made = Linked()
    for site, row in enumerate(rows):
        for column, n in zip(COLUMNS, row, strict=True):
            made.add((site, column), n, owner=site)
        made.add((site, "all"), sum(row), owner=site)
        made.total((site, "all"), [(site, column) for column in COLUMNS])
    for at, column in enumerate((*COLUMNS, "all")):
        made.add(("all", column), sum(sum(row) if at == 2 else row[at] for row in rows))
        made.total(("all", column), [(site, column) for site in range(len(rows))])
    return made


def could_be(made: Linked, shown: np.ndarray, known: tuple[int, ...], printing: Printing) -> dict[int, set[int]]:
    """By count that is withheld, every whole number (up to `FAR`) that fits what a reader knows, found by trying all of them."""
    low, high = printing.bounds(np.array(made.exact))
    inner = [at for at, (site, column) in enumerate(made.names) if site != "all" and column != "all"]
    choices = []
    for at in inner:
        if made.names[at][0] in known:
            choices.append([int(made.exact[at])])
        else:
            choices.append(list(range(int(low[at]), int(high[at]) + 1)) if shown[at] else list(range(FAR + 1)))
    found: dict[int, set[int]] = {at: set() for at in np.flatnonzero(~shown)}
    for numbers in product(*choices):
        whole = dict(zip(inner, numbers, strict=True))
        for at, (site, column) in enumerate(made.names):
            if at not in whole:
                mine = [i for i in inner if site in ("all", made.names[i][0]) and column in ("all", made.names[i][1])]
                whole[at] = sum(whole[i] for i in mine)
        if all(low[at] <= n <= high[at] for at, n in whole.items() if shown[at]):
            for at in found:
                found[at].add(whole[at])
    return found


def readers(made: Linked) -> list[tuple[int, ...]]:
    sites = sorted({owner for owner in made.owners if owner is not None})
    return [(), *combinations(sites, 1), *combinations(sites, 2)]


def is_open(made: Linked, shown: np.ndarray, at: int, printing: Printing) -> bool:
    needed = set(range(MINIMUM))
    asking = [known for known in readers(made) if made.owners[at] not in known]
    return all(needed <= could_be(made, shown, known, printing)[at] for known in asking)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Linked, np.ndarray]:
    rows = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=3))
    made = two_way(rows)
    withheld = draw(st.lists(st.integers(0, len(made) - 1), min_size=2, max_size=6))
    shown = np.ones(len(made), dtype=bool)
    inner = 0
    for at in withheld:
        inner += "all" not in made.names[at]
        shown[at] = "all" not in made.names[at] and inner > 4
    return made, shown


@settings(max_examples=40, deadline=None)
@given(table=tables())
def test_a_count_is_open_just_where_a_search_through_all_numbers_finds_each_of_them(table: tuple[Linked, np.ndarray]) -> None:
    made, shown = table
    is_small = ~shown & (np.array(made.exact) < MINIMUM)
    needs = small_counts(made, is_small, MINIMUM)
    room = Room(Search(made, shown, Printing()), owners_read=True, women_read=False)
    for need in needs:
        assert (room.breaks(need) is None) == is_open(made, shown, need.at, Printing()), made.names[need.at]


@settings(max_examples=30, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), min_size=2, max_size=5),
    round_to=st.sampled_from([None, 2, 5]),
)
def test_what_is_left_after_withholding_meets_every_need(rows: list[tuple[int, int]], round_to: int | None) -> None:
    made, printing = two_way(rows), Printing(round_to, MINIMUM)
    is_small = np.array(made.exact) < MINIMUM
    needs = small_counts(made, is_small, MINIMUM)
    costs = {name: 1.0 + n for name, n in zip(made.names, made.exact, strict=True)}
    found = withhold_linked(made, ~is_small, needs, costs, printing, owners_read=True)
    assert not (found.is_shown & is_small).any()
    search = Search(made, found.is_shown, printing)
    unmet = {need.at for need, _ in found.unmet}
    for need in needs:
        for known in readers(made):
            if need.at not in unmet and made.owners[need.at] not in known:
                at = frozenset(search.owner_names.index(site) for site in known)
                low, high = search.extremes(need.at, known=at)
                assert low <= 0
                assert high >= MINIMUM - 1
    for unit in found.further:
        again = found.is_shown.copy()
        again[made.names.index(unit)] = True
        room = Room(Search(made, again, printing), owners_read=True, women_read=False)
        assert any(room.breaks(need) for need in needs if need.at not in unmet), f"{unit} need not be withheld"


THREE_SITES = [(6, 1), (7, 8), (9, 9)]


def test_one_small_count_takes_three_others_with_it() -> None:
    made = two_way(THREE_SITES)
    shown = np.array(made.exact) >= MINIMUM
    costs = {name: n for name, n in zip(made.names, made.exact, strict=True) if "all" not in name}
    found = withhold_linked(made, shown, small_counts(made, ~shown, MINIMUM), costs, Printing())
    withheld = {name for name, is_shown in zip(made.names, found.is_shown, strict=True) if not is_shown}
    assert withheld == {(0, "b"), (0, "a"), (1, "a"), (1, "b")}, "a square whose sums stay as they are, the smallest there is"


def test_a_site_that_knows_its_own_row_needs_a_further_site_to_be_withheld() -> None:
    made = two_way([*THREE_SITES, (12, 11)])
    shown = np.array(made.exact) >= MINIMUM
    costs = {name: n for name, n in zip(made.names, made.exact, strict=True) if "all" not in name}
    needs = small_counts(made, ~shown, MINIMUM)
    found = withhold_linked(made, shown, needs, costs, Printing(), owners_read=True)
    rows = {name[0] for name, is_shown in zip(made.names, found.is_shown, strict=True) if not is_shown}
    assert rows == {0, 1, 2, 3}, "two sites together know two of the others, and one must be left"


def test_what_cannot_be_met_is_said() -> None:
    made = two_way(THREE_SITES)
    shown = np.array(made.exact) >= MINIMUM
    (need,) = small_counts(made, ~shown, MINIMUM)
    found = withhold_linked(made, shown, [need], {}, Printing())
    assert [(made.names[n.at], reader.known) for n, reader in found.unmet] == [((0, "b"), frozenset())]


def test_a_woman_who_is_counted_knows_that_the_count_is_not_nought() -> None:
    made = Linked()
    for name, n in (("x", 1), ("y", 2)):
        made.add(name, n, owner=name)
    made.add("all", 3)
    made.total("all", ["x", "y"])
    shown = np.array([False, False, True])
    needs = small_counts(made, ~shown, MINIMUM + 1)
    search = Search(made, shown, Printing())
    assert [Room(search, owners_read=False, women_read=False).breaks(need) for need in needs] == [None, None]
    first = Room(search, owners_read=False, women_read=True).breaks(needs[0])
    assert first is not None
    assert made.names[first.present] == "y", "whoever is in y knows that x is not three"


@pytest.mark.parametrize(("exact", "is_met"), [(10, True), (11, True), (12, True)])
def test_three_numbers_stay_open_of_a_rounded_count(exact: int, is_met: bool) -> None:
    made = Linked()
    made.add("n", exact)
    (need,) = not_recovered(made, np.array([True]), others=2)
    room = Room(Search(made, np.array([True]), Printing(5, 10)), owners_read=False, women_read=False)
    assert (room.breaks(need) is None) is is_met, "ten to twelve are printed as ten"


def test_parts_that_leave_two_numbers_to_a_rounded_count_are_found() -> None:
    made = Linked()
    for name, n in (("n", 54), ("improved", 12), ("not", 42)):
        made.add(name, n)
    made.total("n", ["improved", "not"])
    shown = np.ones(3, dtype=bool)
    needs = not_recovered(made, shown, others=2)
    search = Search(made, shown, Printing(5, 10))
    assert search.extremes(0) == (53, 54), "10 to 12 and 38 to 42 are 54 at the most, and 55 is 53 at the least"
    found = withhold_linked(made, shown, needs, {"improved": 1.0, "not": 2.0}, Printing(5, 10))
    assert (found.further, found.unmet) == (("improved",), ())


def test_a_relation_that_does_not_hold_and_a_name_used_twice_are_refused() -> None:
    made = Linked()
    made.add("n", 5)
    with pytest.raises(ValueError, match="added once"):
        made.add("n", 6)
    with pytest.raises(ValueError, match="does not hold"):
        made.relate({"n": 1.0}, 6.0, 7.0)


def test_what_is_printed_is_known_up_to_its_rounding_and_the_minimum() -> None:
    exact = np.array([10.0, 12.0, 13.0, 40.0])
    low, high = Printing(5, 10).bounds(exact)
    assert list(zip(low, high, strict=True)) == [(10, 12), (10, 12), (13, 17), (38, 42)]
    bounds: Any = Printing(None).bounds(exact)
    assert [each.tolist() for each in bounds] == [exact.tolist(), exact.tolist()]

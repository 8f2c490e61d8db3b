"""Two releases side by side: what is said of the same cells then and now, and of the women who came, went or changed."""

from __future__ import annotations

import pandas as pd

from tests.unit.stages.adversary import FAR, MINIMUM, Cell, Reader, Sum
from tests.unit.stages.reading_of_change import BOTH, RANGE, REST

STAYED, GONE, COME = "stayed", "gone", "come"
KEY = ["site_id", "referral_id"]


def beside(then: Reader, now: Reader, change: tuple[pd.DataFrame, pd.DataFrame], measure: str, *, only_come: bool) -> Reader:
    """A reader of two releases. `change`: pairs of scores then and now; whoever changed has gone as one and come as another.

    `only_come`: she takes it that nobody goes and no score changes, where that is so. Where one to nine women of a site differ,
    their number must stay open, as any other.
    """
    both = Reader()
    for reader, when in ((then, "then"), (now, "now")):
        _add(both, reader, when)
    pairs = [_women(table, measure) for table in change]
    for site in sorted({*then.sites(), *now.sites()}):
        old, new = ({row for row in mine if row[0] == site} for mine in pairs)
        differing = {row[1] for row in old ^ new}
        is_small = 0 < len(differing) < MINIMUM
        stayed = both.cell((site, measure, STAYED), len(old & new), is_secret=False)
        gone = both.cell((site, measure, GONE), len(old - new), is_secret=is_small and not only_come)
        come = both.cell((site, measure, COME), len(new - old), is_secret=is_small)
        _tie(both, measure, site, (stayed, gone, come), only_come=only_come)
    return both


def _women(change: pd.DataFrame, measure: str) -> set[tuple[str, ...]]:
    mine = change[(change["measure"] == measure) & change["first_referral"].fillna(value=False).astype(bool)]
    return {tuple(str(each) for each in row) for row in mine[[*KEY, "pre", "post"]].to_numpy()}


def _add(both: Reader, reader: Reader, when: str) -> None:
    """All that a release says, of cells that are told apart by the release."""
    named = {cell: (*cell, when) for cell in reader.truth}
    both.truth |= {named[cell]: n for cell, n in reader.truth.items()}
    both.broken |= {named[cell] for cell in reader.broken}
    both.said += [({named[cell]: weight for cell, weight in terms.items()}, low, high) for terms, low, high in reader.said]
    for mine, sums in ((both.hidden, reader.hidden), (both.told, reader.told)):
        mine += [Sum(f"{each.name}, {when}", tuple(named[cell] for cell in each.cells), each.least) for each in sums]


def _tie(both: Reader, measure: str, site: str, cells: tuple[Cell, Cell, Cell], *, only_come: bool) -> None:
    """Who stayed and who went were there then, who stayed and who came are there now; so in every class, and for the sums."""
    stayed, gone, come = cells
    of_changes = [cell for cell in both.truth if cell[:2] == (site, measure) and cell[2] in ("change", "paired")]
    there = {when: [cell for cell in of_changes if cell[-1] == when] for when in ("then", "now")}
    for when, other in (("then", gone), ("now", come)):
        both.is_so({**dict.fromkeys(there[when], 1.0), stayed: -1.0, other: -1.0}, 0.0, 0.0)
    for kind in {cell[3] for cell in of_changes if cell[2] == "change"}:
        more = {cell: 1.0 if cell[-1] == "now" else -1.0 for cell in of_changes if cell[3] == kind}
        both.is_so({**more, come: -1.0}, -FAR, 0.0)
        both.is_so({**more, gone: 1.0}, 0.0, FAR)
    sums = [(site, measure, "sum of changes", when) for when in ("now", "then")]
    if all(cell in both.truth for cell in sums):
        for sign in (1.0, -1.0):
            both.is_so({sums[0]: sign, sums[1]: -sign, gone: -RANGE, come: -RANGE}, -FAR, 0.0)
    if only_come:
        both.guesses({gone: 1.0}, 0.0, 0.0)
        for part in (BOTH, REST):
            cells_of = [(site, measure, part, when) for when in ("now", "then")]
            if all(cell in both.truth for cell in cells_of):
                both.holds(cells_of[:1], cells_of[1:])

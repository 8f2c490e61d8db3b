"""Two releases of one study, attacked together: neither a small count of one of them, nor how few women came, went or changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.disclosure.releases import hashed_women
from pipeline.not_for_release import THE_KEY
from pipeline.stages.release import release
from pipeline.stages.release_ledger import ReleaseLedger
from pipeline.tables import shape
from tests.unit.stages.adversary import MINIMUM
from tests.unit.stages.adversary_solving import Solver
from tests.unit.stages.drawn_study import MEASURE, Study, sites
from tests.unit.stages.reading_of_all import Opened
from tests.unit.stages.reading_of_releases import beside
from tests.unit.stages.reading_of_study import read_all

RULE = ReleaseSettings()
KEY = "5a" * 32
Tables = dict[str, pd.DataFrame]
Counts = dict[str, int]
PAIRED, MISSING = sites(62, 57, 53, 48, 44, 14), sites(14, 12, 23, 17, 12, 11)


@dataclass
class Later(Study):
    """The same study after women have `come` with both scores, `gone`, got their `second` score, or had a score `changed`."""

    come: Counts = field(default_factory=dict)
    gone: Counts = field(default_factory=dict)
    second: Counts = field(default_factory=dict)
    changed: Counts = field(default_factory=dict)

    def exact(self) -> Tables:
        made = super().exact()
        women = self._women()
        state = np.where(women["post"].notna(), "paired", "due_without_post")
        known = women[["site_id", "measure", "referral_id", "person_id"]]
        return made | {"standing": shape("standing", known.assign(state=state, is_due=~women["is_early"]))}

    def _women(self) -> pd.DataFrame:
        first = super()._women()
        further = Study(self.paired | self.come, {}, seed=self.seed + 100)._women()
        parts = []
        for site, mine in first.groupby("site_id", sort=False):
            where, mine = str(site), mine.iloc[self.gone.get(str(site), 0) :].copy()
            without = mine.index[mine["post"].isna()][: self.second.get(where, 0)]
            others = mine.index[mine["post"].notna()][: self.changed.get(where, 0)]
            mine.loc[without, "post"] = mine.loc[without, "pre"] - 12
            mine.loc[others, "post"] -= 1
            parts.append(mine)
            came = further[further["site_id"] == site].iloc[: self.come.get(where, 0)]
            parts.append(came.assign(referral_id="N" + came["referral_id"], person_id="N" + came["person_id"]))
        table = pd.concat(parts, ignore_index=True)
        gain = table["pre"] - table["post"]
        named = np.where(gain >= 15, "reliably_improved", np.where(gain <= -15, "reliably_deteriorated", "no_reliable_change"))
        return table.assign(improvement=gain, **{"class": named})


def published(study: Study, earlier: dict[str, Any] | None = None) -> tuple[Tables, Tables, pd.DataFrame]:
    """The exact tables, the open ones beside the `earlier` release, and the women behind what is shown."""
    exact = study.exact()
    ledger = ReleaseLedger(exact, RULE, earlier)
    opened = release(exact, {"pcl5": MEASURE}, {}, RULE, ledger=ledger)
    return exact, opened, hashed_women(ledger.kept(opened)["released_women"], KEY)


FIRST = Later(PAIRED, MISSING, seed=2)
CHANGED = Later(
    PAIRED,
    MISSING,
    seed=2,
    second={"S01": 3, "S04": 12},
    gone={"S02": 4, "S03": 11},
    come={"S05": 14, "S06": 3},
)
FEW = Later(PAIRED, MISSING, seed=2, come={"S01": 3, "S03": 2}, changed={"S02": 1})
ASKED = ((), ("S06",), ("S01", "S02"), ("S05", "S06"))


@pytest.fixture(scope="module")
def first() -> tuple[Tables, Tables, pd.DataFrame]:
    return published(FIRST)


def having_both(
    before: tuple[Tables, Tables, pd.DataFrame], after: tuple[Tables, Tables, pd.DataFrame], *, only_come: bool
) -> Solver:
    """Who has both releases; `only_come`: and takes it that nobody went, and that no score was changed."""
    then, now = (read_all(exact, Opened(opened)) for exact, opened, _ in (before, after))
    return Solver(beside(then, now, (before[0]["change"], after[0]["change"]), "pcl5", only_come=only_come))


@pytest.mark.parametrize("later", [CHANGED, FEW], ids=["many changes", "few changes"])
def test_nobody_who_has_both_releases_finds_a_small_count_or_how_few_women_differ(
    first: tuple[Tables, Tables, pd.DataFrame], later: Later
) -> None:
    second = published(later, {"first": first[2], THE_KEY: {"key": KEY}})
    for only_come in (False, True):
        solver = having_both(first, second, only_come=only_come)
        assert {goal.name.split()[-1] for goal in solver.goals} >= {"then", "now", "come"}
        assert {known: found for known in ASKED if (found := solver.finds(known))} == {}
    assert solver.finds_with_herself() == []
    differing = {s: sum(each.get(s, 0) for each in (later.come, later.gone, later.second, later.changed)) for s in later.paired}
    opened = second[1]["open_sites"]
    shown = set(opened.loc[opened["status"] == "shown", "site_id"])
    assert not [site for site in shown if 0 < differing[site] < MINIMUM], "their earlier figure stands"
    assert shown, "and something is told anew"


def test_without_the_comparison_she_finds_how_few_have_come(first: tuple[Tables, Tables, pd.DataFrame]) -> None:
    solver = having_both(first, published(FEW), only_come=True)
    assert [found for known in ASKED for found in solver.finds(known) if "come" in found]

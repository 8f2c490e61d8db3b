"""A reader who puts all open tables of a study together: what each count of a site could be, by integer programming.

Means are taken as sums: a printed mean says that the sum of changes lies so close to so many times the women.
It shares nothing with the code that withholds: it reads printed numbers, knows what the columns mean and how counts are rounded,
and solves for the least and the most of every count of every site, for the public, for each site and for any two sites.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp

MINIMUM, ROUND_TO, RANGE = 10, 5, 80.0
PARTS = ("improved", "same", "worse", "due", "due_paired", "sum")
IMPROVED, SAME, WORSE, NOT = "reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_reliably_improved"
OF_CLASS = {IMPROVED: ("improved",), SAME: ("same",), WORSE: ("worse",), NOT: ("same", "worse")}
PAIRED = ("improved", "same", "worse")
MEANING = {"paired": PAIRED, "improved": ("improved",), "not": ("same", "worse"), "due": ("due",), "due_paired": ("due_paired",)}


@dataclass
class Adversary:
    """What is true of each site, and every statement that the open tables make."""

    truth: pd.DataFrame
    """A row a site, the columns PARTS."""
    statements: list[tuple[dict[tuple[str, str], float], float, float]] = field(default_factory=list)

    def says(self, terms: dict[tuple[str, str], float], low: float, high: float) -> None:
        value = sum(weight * self.truth.loc[site, part] for (site, part), weight in terms.items())
        assert low - 1e-9 <= value <= high + 1e-9, "the reader must not believe what is false"
        self.statements.append((terms, low, high))

    def prints(self, sites: list[str], parts: tuple[str, ...], printed: Any, *, figures: int = 1) -> None:
        """A sum of counts was printed; `figures`: as the sum of so many rounded ones."""
        low = max(float(printed) - figures * (ROUND_TO // 2), MINIMUM)
        self.says({(s, p): 1.0 for s in sites for p in parts}, low, float(printed) + figures * ((ROUND_TO - 1) // 2))

    def prints_over_sites(self, of: tuple[str, ...], parts: tuple[str, ...], printed: Any, *, figures: int = 1) -> None:
        """The same over the sites that enter; small ones do so together or not at all, which the number of sites tells."""
        n = self.truth[list(of)].sum(axis=1)
        for sites in (list(n.index[n > 0]), list(n.index[n >= MINIMUM])):
            value = self.truth.loc[sites, list(parts)].to_numpy().sum()
            if abs(float(printed) - value) <= figures * (ROUND_TO // 2):
                self.prints(sites, parts, printed, figures=figures)
                return

    def prints_mean(self, sites: list[str], printed: float) -> None:
        """The mean change of these sites' women, to one decimal: their sum is within 0.05 of it for each of them."""
        for sign in (1.0, -1.0):
            terms = {(s, p): sign * -printed - 0.05 for s in sites for p in PAIRED} | {(s, "sum"): sign for s in sites}
            self.says(terms, -np.inf, 1e-6)

    def ends(self, site: str, parts: tuple[str, ...], known: tuple[str, ...]) -> tuple[float, float]:
        """The least and the most that a sum of parts at a site could be for sites who know their own rows."""
        names = [(s, p) for s in self.truth.index for p in PARTS]
        at = {name: i for i, name in enumerate(names)}
        exact = np.array([float(self.truth.loc[name]) for name in names])
        is_known = np.array([s in known for s, _ in names])
        is_sum = np.array([part == "sum" for _, part in names])
        far = np.where(is_sum, np.inf, 10.0 * MINIMUM + exact)
        matrix = np.zeros((len(self.statements), len(names)))
        for row, (terms, _, _) in enumerate(self.statements):
            for name, weight in terms.items():
                matrix[row, at[name]] = weight
        low, high = (np.array([each[end] for each in self.statements]) for end in (1, 2))
        bounds = Bounds(np.where(is_known, exact, np.where(is_sum, -np.inf, 0.0)), np.where(is_known, exact, far))
        cost = np.zeros(len(names))
        for part in parts:
            cost[at[site, part]] = 1.0
        found = []
        for sign in (1.0, -1.0):
            options = {"presolve": False}
            made = milp(
                sign * cost,
                constraints=LinearConstraint(matrix, low, high),
                bounds=bounds,
                integrality=np.where(is_sum, 0, 1),
                options=options,
            )
            found.append(sign * made.fun)
        return round(found[0]), round(found[1])

    def readers(self, site: str) -> Iterator[tuple[str, ...]]:
        others = [each for each in self.truth.index if each != site]
        yield ()
        yield from combinations(others, 1)
        yield from combinations(others, 2)


def truth_of(exact: dict[str, pd.DataFrame], measure: str) -> pd.DataFrame:
    effects = exact["site_effects"].query("measure == @measure").set_index("site_id")
    due = exact["missingness"].query("measure == @measure").set_index("site_id")
    table = pd.DataFrame(index=effects.index.union(due.index))
    for part, name in zip(PAIRED, (IMPROVED, SAME, WORSE), strict=True):
        table[part] = effects[f"n_{name}"]
    total = effects["n_paired"] * effects["mean_improvement"]
    return table.assign(due=due["n_due"], due_paired=due["n_paired"], sum=total).fillna(0).astype("float64")


def reading(exact: dict[str, pd.DataFrame], opened: dict[str, pd.DataFrame], measure: str) -> Adversary:
    """Everything that the open tables of a study say of the women of one measure, all of whose sites sent records."""
    reader = Adversary(truth_of(exact, measure))
    mine = {name: table[table["measure"] == measure] for name, table in opened.items() if "measure" in table}
    sites = list(reader.truth.index)
    for site in sites:
        reader.says({(site, p): 1.0 for p in PAIRED} | {(site, "due_paired"): -1.0}, 0, np.inf)
        reader.says({(site, "due"): 1.0, (site, "due_paired"): -1.0}, 0, np.inf)
        for sign in (1.0, -1.0):
            reader.says({(site, p): -RANGE for p in PAIRED} | {(site, "sum"): sign}, -np.inf, 0.0)
    for row in _shown(mine["open_sites"]):
        reader.prints([row["site_id"]], PAIRED, row["n"])
        reader.prints_mean([row["site_id"]], row["mean_improvement"])
    for row in _shown(mine["open_twin"])[:1]:
        n = reader.truth[list(PAIRED)].sum(axis=1)
        for where in (list(n.index[n > 0]), list(n.index[n >= MINIMUM])):
            if round(reader.truth.loc[where, "sum"].sum() / n[where].sum(), 1) == row["observed"]:
                reader.prints_mean(where, row["observed"])
                break
    for row in _shown(mine["open_funnels"]):
        reader.prints([row["site_id"]], PAIRED, row["n"])
    for row in _shown(mine["open_completeness"]):
        site = row["site_id"]
        if site == "ALL":
            reader.prints_over_sites(("due",), ("due",), row["n_due"])
            reader.prints_over_sites(("due",), ("due_paired",), row["n_paired"])
        else:
            reader.prints([site], ("due",), row["n_due"])
            reader.prints([site], ("due_paired",), row["n_paired"])
            reader.says({(site, "due"): 1.0, (site, "due_paired"): -1.0}, MINIMUM, np.inf)
    for row in _shown(mine["open_classes"]):
        if row["site_id"] == "ALL":
            reader.prints_over_sites(PAIRED, OF_CLASS[row["class"]], row["n"])
        else:
            reader.prints([row["site_id"]], OF_CLASS[row["class"]], row["n"])
    for row in _shown(mine["open_pooled"]):
        reader.prints_over_sites(PAIRED, PAIRED, row["n"])
    for table in (mine["open_distribution"], mine["open_methods"]):
        for _, rows in table.groupby(table["method"] if "method" in table else table["measure"]):
            if len(rows) and (rows["status"] == "shown").all():
                reader.prints_over_sites(PAIRED, PAIRED, rows["n"].sum(), figures=len(rows))
    for row in _shown(mine["open_missing"]):
        if not pd.isna(row["n"]):
            reader.prints_over_sites(("due",), ("due_paired",), row["n"])
    return reader


def _shown(table: pd.DataFrame) -> list[dict[str, Any]]:
    return table[table["status"] == "shown"].to_dict("records")

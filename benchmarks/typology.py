"""How often the typology names types where there are none, and finds them where they were planted.

    python -m benchmarks.typology [--studies 300] [--into benchmarks/results/typology.csv]

Noise: every component is offered or not by itself, as common as chance has it. Planted: types with components of their own, which
each service has, and others lack, with the probability `sharp`. Each study has random numbers of its own, so that any one can be
looked at again. A rate stands beside its error.
"""

from __future__ import annotations

import argparse
import csv
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.stats.partition import adjusted_rand
from pipeline.stats.typology import TYPES, find_types

SEED, COMPONENTS = 20261122, 21
NOISE = (12, 20, 30, 46)
PLANTED = tuple((sites, types, sharp) for sites in (12, 30) for types in (2, 3) for sharp in (0.9, 0.8, 0.7))
FIELDS = ("kind", "sites", "types", "sharp", "studies", "said_stable", "said_patterns", "error", "right_number", "agreement")


def noise(stream: np.random.Generator, sites: int) -> NDArray[np.float64]:
    """Components that have nothing to do with one another."""
    return (stream.random((sites, COMPONENTS)) < stream.uniform(0.2, 0.8, COMPONENTS)).astype(np.float64)


def planted(stream: np.random.Generator, sites: int, types: int, sharp: float) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Components by type, and the type of each service."""
    profiles, truth = np.arange(COMPONENTS) % types == np.arange(types)[:, None], np.arange(sites) % types
    kept = stream.random((sites, COMPONENTS)) < sharp
    return np.where(kept, profiles[truth], ~profiles[truth]).astype(np.float64), truth


def cell(sites: int, types: int, sharp: float, studies: int) -> dict[str, object]:
    """One row of the results; `types` 0 is noise."""
    verdicts, numbers, agreements = [], [], []
    for study in range(studies):
        stream = np.random.default_rng([SEED, sites, types, round(100 * sharp), study])
        values, truth = planted(stream, sites, types, sharp) if types else (noise(stream, sites), None)
        found = find_types(values, stream, n_permutations=199, n_resamples=100)
        verdicts.append(found.verdict)
        if truth is not None and found.k:
            numbers.append(found.k == types)
            agreements.append(adjusted_rand(found.labels, truth))
    stable, patterns = (sum(verdict == word for verdict in verdicts) / studies for word in (TYPES, "patterns"))
    said = stable + patterns
    return {
        "kind": "planted" if types else "noise",
        "sites": sites,
        "types": types or "",
        "sharp": sharp if types else "",
        "studies": studies,
        "said_stable": round(stable, 3),
        "said_patterns": round(patterns, 3),
        "error": round(math.sqrt(said * (1 - said) / studies), 3),
        "right_number": round(float(np.mean(numbers)), 3) if numbers else "",
        "agreement": round(float(np.mean(agreements)), 3) if agreements else "",
    }


def main() -> None:
    """Run every cell and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=300)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent / "results" / "typology.csv")
    asked = parser.parse_args()
    plan = [*((sites, 0, 0.5, asked.studies) for sites in NOISE), *((*each, max(asked.studies // 4, 1)) for each in PLANTED)]
    with asked.into.open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, FIELDS, lineterminator="\n")
        rows.writeheader()
        for sites, types, sharp, studies in plan:
            found = cell(sites, types, sharp, studies)
            rows.writerow(found)
            file.flush()
            print(*(f"{name} {value}" for name, value in found.items() if value != ""), sep=", ")


if __name__ == "__main__":
    main()

"""What leaves of the configurations: no site by its code, no outcome of one or two sites, nothing where a site is too small."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import theories
from pipeline.config import ReleaseSettings
from pipeline.stages.release_configurations import release_configurations
from pipeline.tables import empty, shape

RULE = ReleaseSettings()
THEORY = {"CMO-12": theories.load()["CMO-12"]}
BY = {"theory_id": "CMO-12", "is_adjusted": False, "outcome": "present"}
ROWS = {"S01;S02;S03": (3, 2, 1), "S04;S05": (2, 2, 0), "S06": (1, 0, 1), "": (0, 0, 0)}


def exact(n: dict[str, int] | None = None) -> dict[str, pd.DataFrame]:
    rows = [
        {
            **BY,
            **{"row": at + 1, "configuration": f"a{at}*~b", "n_sites": k, "n_in": k_in, "n_out": k_out},
            **{"inclusion": 0.8765 if k else None, "pri": 0.6543 if k else None, "sites": sites, "is_predicted": at == 1},
            **{"status": "positive" if k else "remainder", "is_contradictory": False},
        }
        for at, (sites, (k, k_in, k_out)) in enumerate(ROWS.items())
    ]
    women = {f"S{number:02d}": 40 for number in range(1, 7)} | (n or {})
    sites = pd.DataFrame({"theory_id": "CMO-12", "site_id": list(women), "n": list(women.values()), "is_used": True})
    solution = {"kind": "intermediate", "model": 1, "term": "a*~b", "is_predicted": True, "inclusion": 0.91234, "pri": 0.8}
    necessary = {"condition": "~b", "inclusion": 0.95123, "coverage": 0.7, "relevance": 0.6, "is_necessary": True}
    return {
        "truth_table": shape("truth_table", pd.DataFrame(rows)),
        "theory_sites": shape("theory_sites", sites.assign(grain="record", scale="points")),
        "solutions": shape("solutions", pd.DataFrame([BY | solution])),
        "necessary": shape("necessary", pd.DataFrame([BY | necessary])),
    }


def released(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    return {name: shape(name, table) for name, table in release_configurations(tables, THEORY, RULE).items()}


def test_rows_of_fewer_than_three_sites_say_how_many_and_nothing_of_their_outcome() -> None:
    table = released(exact())["open_truth_table"].set_index("row")
    assert table["k_sites"].tolist() == [3, 2, 1, 0]
    assert table["status"].tolist() == ["shown", "too_few", "too_few", "not_recorded"]
    assert table.loc[1, ["k_sites_in", "k_sites_out", "inclusion", "pri", "result"]].tolist() == [2, 1, 0.88, 0.65, "positive"]
    assert table.loc[[2, 3], ["k_sites_in", "k_sites_out", "inclusion", "pri", "result"]].isna().all(axis=None)
    assert table.loc[4, "result"] == "remainder"


def test_no_site_is_named() -> None:
    assert not any(f"S0{number}" in table.to_csv() for table in released(exact()).values() for number in range(1, 7))


def test_solutions_and_necessary_conditions_leave_to_two_decimals() -> None:
    tables = released(exact())
    assert tables["open_solutions"].loc[0, ["solution", "term", "inclusion"]].tolist() == ["intermediate", "a*~b", 0.91]
    assert tables["open_necessary"].loc[0, ["condition", "inclusion"]].tolist() == ["~b", 0.95]


@pytest.mark.parametrize("site", ["S01", "S06"])
def test_one_site_with_too_few_women_keeps_all_of_it_back(site: str) -> None:
    assert all(table.empty for table in released(exact({site: 9})).values())


def test_a_site_of_which_no_number_is_known_keeps_all_of_it_back() -> None:
    tables = exact()
    tables["theory_sites"] = tables["theory_sites"].iloc[1:]
    assert all(table.empty for table in released(tables).values())


def test_without_configurations_the_tables_are_empty() -> None:
    names = ("truth_table", "theory_sites", "solutions", "necessary")
    assert all(table.empty for table in released({name: empty(name) for name in names}).values())

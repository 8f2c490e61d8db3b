"""Who has a second score, by the first one: the bands, and what of them may leave."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.measures import CutOff, Measure, Range
from pipeline.stages.change_severity import bands_of, completion_of
from pipeline.stages.release_counts import release_completeness
from pipeline.stages.release_severity import release_severity
from pipeline.tables import empty, schemas, shape

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
CUT = CutOff(value=30, case="at_or_beyond", source="invented", evidence="V")
LOWER = Measure(id="m", name="M", better="lower", range=Range(low=0, high=80), clinical_cut_offs=(CUT,))
HIGHER = LOWER.model_copy(update={"better": "higher"})
THIRDS = LOWER.model_copy(update={"clinical_cut_offs": ()})


def women(site: str, pre: float, paired: int, alone: int, post: float = 20.0) -> pd.DataFrame:
    """So many women of one site with a first score of `pre`, with a last one and without."""
    rows = {"site_id": site, "measure": "m", "pre": pre, "post": [post] * paired + [None] * alone}
    return pd.DataFrame(rows, index=range(paired + alone))


def due(*parts: pd.DataFrame) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True)
    names = [f"R{at:04d}" for at in range(len(table))]
    return shape("due", table.assign(referral_id=names, person_id=names, improvement=table["pre"] - table["post"].astype(float)))


def test_a_first_score_at_the_cut_off_is_a_case_in_the_direction_of_the_measure() -> None:
    first = pd.Series([29.0, 30.0, 31.0])
    assert bands_of(first, LOWER).tolist() == ["not_case", "case", "case"]
    assert bands_of(first, HIGHER).tolist() == ["case", "not_case", "not_case"]


def test_without_a_cut_off_the_bands_are_thirds_of_all_first_scores_from_the_least_severe() -> None:
    first = pd.Series([10.0, 20, 30, 40, 50, 60])
    assert bands_of(first, THIRDS).tolist() == ["low_third"] * 2 + ["middle_third"] * 2 + ["high_third"] * 2
    turned = THIRDS.model_copy(update={"better": "higher"})
    assert bands_of(first, turned).tolist() == ["high_third"] * 2 + ["middle_third"] * 2 + ["low_third"] * 2
    equal = bands_of(pd.Series([30.0] * 5), THIRDS)
    assert set(equal) == {"low_third"}, "equal scores stand in one band"


def test_women_due_and_women_with_both_scores_are_counted_by_site_and_over_all() -> None:
    table = completion_of(due(women("S01", 40, 5, 3), women("S01", 20, 2, 4), women("S02", 35, 1, 6)), {"m": LOWER})
    schemas()["completion"].validate(table)
    found = {(row.site_id, row.band): (row.n_due, row.n_paired) for row in table.itertuples()}
    assert found == {
        ("ALL", "not_case"): (6, 2),
        ("ALL", "case"): (15, 6),
        ("S01", "not_case"): (6, 2),
        ("S01", "case"): (8, 5),
        ("S02", "case"): (7, 1),
    }
    assert completion_of(empty("due"), {"m": LOWER}).empty


def opened(table: pd.DataFrame, first_alone: dict[str, int], measure: Measure = LOWER) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Open bands, and open completeness; `first_alone`: women due without even a first score, by site."""
    counts = table.groupby("site_id").agg(n_due=("pre", "size"), n_pre=("pre", "size"), n_paired=("post", "count"))
    counts["n_due"] += pd.Series(first_alone).reindex(counts.index).fillna(0).astype(int)
    missingness = shape("missingness", counts.reset_index().assign(measure="m", n_referred=counts["n_due"].to_numpy()))
    exact = {"completion": completion_of(table, {"m": measure}), "missingness": missingness, "change": empty("change")}
    completeness = release_completeness(missingness, {"m": measure}, RULE)
    found = shape("open_severity", release_severity(exact, completeness, {"m": measure}, RULE))
    schemas()["open_severity"].validate(found)
    return found, completeness


FIVE = [women(f"S0{n}", 40, 43, 27) for n in range(1, 6)] + [women(f"S0{n}", 20, 21, 34) for n in range(1, 6)]


def test_bands_leave_with_rounded_counts_and_shares_from_them() -> None:
    found, _ = opened(due(*FIVE), dict.fromkeys((f"S0{n}" for n in range(1, 6)), 20))
    rows = found.set_index("band")
    assert rows["status"].tolist() == ["shown", "shown"]
    assert rows.loc["case", ["n_due", "n_paired", "completion_pct"]].tolist() == [350, 215, 61]
    assert rows.loc["not_case", ["n_due", "n_paired", "completion_pct"]].tolist() == [275, 105, 38]
    assert "site_id" not in found


@pytest.mark.parametrize(
    ("first_alone", "is_told"),
    [({}, False), ({"S01": 12}, False), ({"S01": 1, "S02": 1, "S03": 1}, True)],
    ids=["none: 0 to 6", "one site: 4 to 16", "three: 0 to 11"],
)
def test_counts_stay_back_where_they_would_tell_how_few_lack_a_first_score(first_alone: dict[str, int], is_told: bool) -> None:
    """625 women stand in the bands. What all who are due leave over them, each figure rounded, must have room for 0 to 9."""
    found, completeness = opened(due(*FIVE), first_alone)
    assert completeness.set_index("site_id").loc["ALL", "status"] == "shown"
    assert found["completion_pct"].tolist() == [38, 61]
    assert found[["n_due", "n_paired"]].notna().all(axis=None) == is_told
    assert found[["n_due", "n_paired"]].isna().all(axis=None) == (not is_told)


def test_counts_stay_back_where_they_would_narrow_the_total_round_a_withheld_site() -> None:
    """Two small sites are withheld. The bands would be two more roundings of how many have both scores over all sites."""
    small = [women("S06", 40, 3, 5), women("S07", 40, 4, 4), women("S07", 20, 1, 0)]
    found, completeness = opened(due(*FIVE, *small), dict.fromkeys((f"S0{n}" for n in range(1, 6)), 20))
    assert (completeness["status"] == "too_few").any()
    both = completeness.set_index("site_id").loc["ALL", "n_paired"]
    exact = [43 * 5 + 7, 21 * 5 + 1]
    printed = [5 * ((n + 2) // 5) for n in exact]
    assert sum(printed) != both, "the roundings disagree, and so tell more than one of them"
    assert found[["n_due", "n_paired"]].isna().all(axis=None)
    assert found["completion_pct"].notna().all()


def test_one_band_that_may_not_stand_takes_the_others_with_it() -> None:
    """Else it would be the total less the other."""
    few = [women(f"S0{n}", 20, 1, 1) for n in range(1, 6)]
    found, _ = opened(due(*FIVE[:5], *few), dict.fromkeys((f"S0{n}" for n in range(1, 6)), 20))
    assert set(found["status"]) == {"too_few"}
    assert found[["n_due", "n_paired", "completion_pct"]].isna().all(axis=None)
    assert found["note"].str.contains("in one of the bands").all()


def test_where_completion_over_all_sites_is_withheld_so_are_its_bands() -> None:
    found, completeness = opened(due(*FIVE[:2], *FIVE[5:7]), {})
    assert completeness.set_index("site_id").loc["ALL", "status"] == "too_few"
    assert set(found["status"]) == {"too_few"}

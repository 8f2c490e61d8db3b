"""Compare: who enters the pool, by which grain, with which error, and what is kept beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import CompareSettings
from pipeline.measures import Measure, Range
from pipeline.stages.compare import compare
from pipeline.stages.compare_pool import pool
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

LOWER = Measure(id="pcl5", name="A", better="lower", range=Range(low=0, high=80))
HIGHER = Measure(id="pcl5", name="A", better="higher", range=Range(low=0, high=80))
SETTINGS = CompareSettings()


def pairs(counts: dict[str, int], *, seed: int = 1, **fixed: Any) -> pd.DataFrame:
    """One pair a woman, drawn at random; `fixed` overrides columns."""
    random = np.random.default_rng(seed)
    rows = [(site, f"R{i}") for site, n in counts.items() for i in range(n)]
    table = pd.DataFrame(rows, columns=["site_id", "referral_id"])
    pre = random.normal(45, 12, len(table)).round()
    post = (pre - random.normal(10, 11, len(table))).round()
    facts = {
        "measure": "pcl5",
        "class": "not_classified",
        "first_referral": True,
        "improvement": pre - post,
        "pre": pre,
        "post": post,
    }
    return shape("change", table.assign(**{**facts, **fixed}))


def aggregates(text: str) -> pd.DataFrame:
    table = drawn(text)
    return shape(
        "accepted_aggregates",
        table.assign(measure="pcl5").astype({"period_end": "datetime64[us]"} if "period_end" in table else {}),
    )


def run(
    change: pd.DataFrame, sent: pd.DataFrame | None = None, due: pd.DataFrame | None = None, **options: Any
) -> dict[str, pd.DataFrame]:
    measure = options.pop("measure", LOWER)
    sent = empty("accepted_aggregates") if sent is None else sent
    due = empty("missingness") if due is None else due
    settings = CompareSettings(**options) if options else SETTINGS
    found = compare(change, due, sent, empty("accepted_referrals"), {"pcl5": measure}, settings, 1)
    for name, table in found.items():
        schemas()[name].validate(table)
    return found


SIX = """
    site_id  pathway  n_paired  mean_pre_paired  mean_post_paired  sd_pre  sd_post  sd_change
    S01      all      40        50               38                10      10       10
    S02      all      25        50               41                8       8        8
    S03      all      60        50               35                12      12       12
    S04      all      16        50               44                8       8        8
    S05      all      100       50               40                10      10       10
    S06      all      36        50               32                12      12       12
"""


def test_the_pool_and_the_shrunken_estimates_are_those_of_metafor() -> None:
    found = run(empty("change"), aggregates(SIX))
    row = found["pooled"].iloc[0]
    # R 4.2.2, metafor 3.8.1: rma(y, s^2 / n, method = "REML", test = "knha" and "adhoc"), threshold 1e-12
    expected = {"estimate": 11.63469953709568, "se": 1.71883813563417, "low": 7.21628544723549, "high": 16.05311362695587}
    expected |= {"low_adhoc": 7.21628544723549, "high_adhoc": 16.05311362695587, "tau2": 14.20211149546296}
    for name, value in expected.items():
        assert row[name] == pytest.approx(value, rel=1e-9), name
    assert (row["k"], row["n"], row["q_df"]) == (6, 277, 5)
    assert (row["pi_low"], row["pi_high"]) == pytest.approx((0.9872, 22.2822), abs=1e-4)
    # blup() of the same
    assert found["site_effects"]["shrunken"].tolist() == pytest.approx(
        [11.94532121537394, 9.40238551192018, 14.51351241598530, 7.23825184534227, 10.10753108458542, 16.60119514936694], rel=1e-9
    )


def test_a_site_with_few_pairs_or_without_spread_keeps_its_row_and_stays_out() -> None:
    change = pairs({"S01": 30, "S02": 30, "S03": 9, "S04": 1, "S05": 12})
    change.loc[change["site_id"] == "S05", ["pre", "post", "improvement"]] = [40.0, 30.0, 10.0]
    due = drawn("""
        site_id  n_due  n_pre
        S01      50     45
        S06      20     18
    """)
    sites = run(change, due=shape("missingness", due.assign(measure="pcl5")))["site_effects"].set_index("site_id")
    assert sites["is_pooled"].tolist() == [True, True, False, False, False, False]
    assert sites["n_paired"].tolist() == [30, 30, 9, 1, 12, 0]
    assert sites["note"].tolist() == [
        "",
        "",
        "fewer than 10 pairs",
        "fewer than 10 pairs",
        "no spread in the changes",
        "fewer than 10 pairs",
    ]
    assert (sites.loc["S01", "n_eligible"], sites.loc["S06", "n_eligible"], sites.loc["S06", "n_pre"]) == (50, 20, 18)
    assert sites.loc[["S03", "S05"], "mean_improvement"].notna().all()
    assert sites.loc["S05", "se"] == 0


def test_the_least_number_of_pairs_is_a_setting() -> None:
    change = pairs({"S01": 30, "S02": 30, "S03": 9})
    assert run(change)["pooled"].loc[0, "k"] == 2
    assert run(change, min_pairs=9)["pooled"].loc[0, "k"] == 3


def test_a_single_site_is_described_and_not_pooled() -> None:
    found = run(pairs({"S01": 30}))
    row = found["pooled"].iloc[0]
    assert (row["k"], row["n"], row["method"]) == (1, 30, "not pooled: fewer than two sites")
    assert row[["estimate", "se", "low", "high", "tau2", "q"]].isna().all()
    assert found["site_effects"]["shrunken"].isna().all()
    assert found["pooled_sensitivity"].empty
    assert found["adjusted"].empty


def test_nothing_at_all_gives_empty_tables() -> None:
    assert all(table.empty for table in run(empty("change")).values())


def test_only_a_womans_first_paired_referral_counts() -> None:
    change = pairs({"S01": 30, "S02": 30})
    again = change.head(5).assign(referral_id=[f"Q{i}" for i in range(5)], first_referral=False, post=0.0)
    whole = run(pd.concat([change, again], ignore_index=True))
    pd.testing.assert_frame_equal(whole["site_effects"], run(change)["site_effects"])


@pytest.mark.parametrize(
    ("line", "se", "note"),
    [
        ("S07 all 25 45 35 12 14 10 0.6", 10 / 5, "error from sd_change"),
        ("S07 all 25 45 35 12 14 - 0.6", (144 + 196 - 2 * 0.6 * 12 * 14) ** 0.5 / 5, "error from given r"),
        ("S07 all 25 45 35 12 14 - -", (144 + 196 - 12 * 14) ** 0.5 / 5, "error from assumed r"),
        ("S07 all 25 45 35 - - - -", None, "no spread given"),
        ("S07 all 25 - - 12 14 10 0.6", 2.0, "unpaired means"),
        ("S07 all 9 45 35 12 14 9 0.6", 3.0, "fewer than 10 pairs"),
        ("S07 all 0 - - - - - -", None, "fewer than 10 pairs"),
    ],
)
def test_the_error_of_an_aggregate_site_comes_from_the_best_that_it_sent(line: str, se: float | None, note: str) -> None:
    head = "site_id pathway n_paired mean_pre_paired mean_post_paired sd_pre sd_post sd_change r"
    row = run(pairs({"S01": 30, "S02": 30}), aggregates(f"{head}\n{line}"))["site_effects"].set_index("site_id").loc["S07"]
    assert (row["grain"], row["note"]) == ("aggregate", note)
    assert row["se"] == pytest.approx(se if se is not None else float("nan"), nan_ok=True)
    assert row["is_pooled"] == note.startswith("error from")
    if row["is_pooled"]:
        assert row["mean_improvement"] == 10


def test_only_the_latest_row_of_all_pathways_stands_for_an_aggregate_site() -> None:
    sent = aggregates("""
        site_id  pathway         period_end  n_paired  mean_pre_paired  mean_post_paired  sd_change
        S07      all             2026-06-30  80        45               33                10
        S07      all             2025-06-30  40        45               40                10
        S07      perinatal_loss  2026-06-30  30        45               20                10
    """)
    for order in ([0, 1, 2], [2, 1, 0]):
        row = run(empty("change"), sent.iloc[order])["site_effects"].iloc[0]
        assert (row["n_paired"], row["mean_improvement"]) == (80, 12)


def test_records_stand_before_aggregates_and_aggregates_before_no_pair_at_all() -> None:
    sent = aggregates("""
        site_id  pathway  n_paired  mean_pre_paired  mean_post_paired  sd_change
        S01      all      80        45               33                10
        S02      all      80        45               33                10
    """)
    due = shape("missingness", pd.DataFrame({"measure": "pcl5", "site_id": ["S01", "S02", "S03"], "n_due": 40, "n_pre": 30}))
    sites = run(pairs({"S01": 30}), sent, due)["site_effects"].set_index("site_id")
    assert sites["grain"].to_dict() == {"S01": "record", "S02": "aggregate", "S03": "record"}
    assert sites["n_paired"].to_dict() == {"S01": 30, "S02": 80, "S03": 0}


def test_the_pool_is_repeated_at_other_correlations_where_one_was_assumed() -> None:
    sent = aggregates("\n".join(line.rsplit(maxsplit=1)[0] for line in SIX.strip().splitlines()))
    found = run(empty("change"), sent)["pooled_sensitivity"].set_index("analysis")
    # R: v <- 2 * s^2 * (1 - r) / n; rma(y, v, method = "REML", test = "adhoc")
    for r, numbers in {
        0.3: (11.61816683085158, 7.25306156980433, 15.98327209189883),
        0.8: (11.65519820502727, 7.16472866428914, 16.14566774576540),
    }.items():
        row = found.loc[f"assumed r = {r}"]
        assert (row["estimate"], row["low_adhoc"], row["high_adhoc"]) == pytest.approx(numbers, rel=1e-8)
    assert not [name for name in run(empty("change"), aggregates(SIX))["pooled_sensitivity"]["analysis"] if "assumed" in name]


def test_what_other_methods_would_say_stands_beside_the_pool() -> None:
    change = pairs({f"S{i:02d}": 20 + i for i in range(1, 7)})
    found = run(change, aggregates(SIX.replace("S0", "A0")))
    names = found["pooled_sensitivity"]["analysis"].tolist()
    sites = found["site_effects"]["site_id"].tolist()
    assert names == [
        "tau2 by DL",
        "tau2 by PM",
        "tau2 by ML",
        "normal interval",
        "one variance within sites",
        "record-level sites alone",
        *(f"without {s}" for s in sites),
    ]
    by_name = found["pooled_sensitivity"].set_index("analysis")
    alone = run(change)["pooled"].iloc[0]
    assert by_name.loc["record-level sites alone", "estimate"] == pytest.approx(alone["estimate"])
    assert by_name.loc["record-level sites alone", "k"] == 6
    rest, row = pool(found["site_effects"].query("site_id != 'A03'"), "pcl5")
    assert by_name.loc["without A03", ["estimate", "low_adhoc", "tau2", "k", "n"]].tolist() == pytest.approx(
        [row[name] for name in ("estimate", "low_adhoc", "tau2", "k", "n")]
    )
    assert len(rest) == 11


def test_classes_are_counted_only_where_women_are_classified() -> None:
    change = pairs({"S01": 12, "S02": 12})
    change.loc[change["site_id"] == "S01", "class"] = (
        ["reliably_improved"] * 7 + ["no_reliable_change"] * 4 + ["reliably_deteriorated"]
    )
    change["case_before"] = pd.array([True] * 9 + [False] * 3 + [pd.NA] * 12, dtype="boolean")
    change["recovered"] = pd.array([True] * 5 + [False] * 7 + [pd.NA] * 12, dtype="boolean")
    sites = run(change)["site_effects"].set_index("site_id")
    assert sites.loc["S01", ["n_reliably_improved", "n_no_reliable_change", "n_reliably_deteriorated"]].tolist() == [7, 4, 1]
    assert sites.loc["S01", ["n_case_before", "n_recovered"]].tolist() == [9, 5]
    assert sites.loc["S02", ["n_reliably_improved", "n_case_before", "n_recovered"]].isna().all()


def test_neither_the_order_of_rows_nor_another_site_changes_what_a_site_shows() -> None:
    change = pairs({"S01": 25, "S02": 40, "S03": 33, "S04": 18})
    found = run(change)
    shuffled = run(change.sample(frac=1, random_state=7).reset_index(drop=True))
    for name in found:
        pd.testing.assert_frame_equal(found[name], shuffled[name])
    columns = list(found["site_effects"].columns)
    until = [*columns[: columns.index("d_pre") + 1]]
    fewer = run(change[change["site_id"] != "S03"])["site_effects"][until]
    kept = found["site_effects"].query("site_id != 'S03'")[until].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, fewer, check_exact=True)


def test_turning_the_direction_of_a_measure_turns_signs_alone() -> None:
    change = pairs({f"S{i:02d}": 30 for i in range(1, 7)})
    found, turned = run(change), run(change, measure=HIGHER)
    for name in ("mean_improvement", "d_z", "d_av", "d_pre", "shrunken"):
        assert turned["site_effects"][name].tolist() == pytest.approx((-found["site_effects"][name]).tolist()), name
    assert turned["site_effects"]["se"].tolist() == pytest.approx(found["site_effects"]["se"].tolist())
    for name in ("tau2", "q", "se"):
        assert turned["pooled"].loc[0, name] == pytest.approx(found["pooled"].loc[0, name]), name
    assert turned["adjusted"]["estimate"].tolist() == pytest.approx((-found["adjusted"]["estimate"]).tolist())


def test_the_adjusted_effect_of_a_site_is_its_improvement_at_the_same_first_score() -> None:
    change = pairs({"S01": 30, "S02": 30, "S03": 30})
    change.loc[change["site_id"] == "S03", "pre"] += 15.0
    change["post"] = 0.6 * change["pre"] + change["site_id"].map({"S01": 5.0, "S02": 8.0, "S03": 5.0})
    found = run(change)["adjusted"].set_index("site_id")["estimate"]
    crude = run(change)["site_effects"].set_index("site_id")["mean_improvement"]
    assert crude["S03"] - crude["S01"] > 4, "women of S03 begin higher"
    assert found["S03"] == pytest.approx(found["S01"], abs=1e-9), "and improve by the same once that is taken away"
    assert found["S02"] == pytest.approx(found["S01"] - 3, abs=1e-9)


LOWEST = (11.69525460050052, 1.70598998703835, 7.30986772804231, 16.08064147295872, 13.58000908033132)
HIGHEST = (11.60472023515984, 1.72497911306027, 7.17052026027507, 16.03892021004460, 14.52411293039318)


def test_a_count_known_within_bounds_enters_at_its_lowest_and_its_highest_stands_beside() -> None:
    sent = aggregates(SIX).assign(n_paired_low=lambda f: f["n_paired"], n_paired_high=lambda f: f["n_paired"])
    sent.loc[3, ["n_paired", "n_paired_low", "n_paired_high"]] = [pd.NA, 12, 19]
    found = run(empty("change"), sent)
    site = found["site_effects"].set_index("site_id").loc["S04"]
    assert (site["n_paired"], bool(site["is_pooled"])) == (12, True)
    assert site["note"] == "error from sd_change; count of pairs known within bounds, the lowest used"
    others = found["pooled_sensitivity"].set_index("analysis")
    highest = others.loc["rounded or held-back counts at their highest"]
    # R 4.2.2, metafor 3.8.1: rma(y, s^2 / n, method = "REML", test = "knha") with n[4] = 12 and 19, threshold 1e-12
    for row, values in ((found["pooled"].iloc[0], LOWEST), (highest, HIGHEST)):
        assert row[["estimate", "se", "low", "high", "tau2"]].tolist() == pytest.approx(values, rel=1e-9)
    assert (found["pooled"].loc[0, "n"], highest["n"]) == (273, 280)


def test_a_count_that_may_be_below_the_least_stays_out() -> None:
    sent = aggregates(SIX).assign(n_paired_low=lambda f: f["n_paired"], n_paired_high=lambda f: f["n_paired"])
    sent.loc[3, ["n_paired", "n_paired_low", "n_paired_high"]] = [10, 6, 14]
    site = run(empty("change"), sent)["site_effects"].set_index("site_id").loc["S04"]
    assert (bool(site["is_pooled"]), site["note"]) == (False, "fewer than 10 pairs")


COMMON = (11.88386559753696, 7.47468679222673, 16.29304440284719, 13.73666049452418)


def test_the_pool_with_one_variance_within_sites_is_that_of_metafor() -> None:
    """Errors from the spread within all sites: a few women with an unlike spread then do not decide a site's weight."""
    found = run(empty("change"), aggregates(SIX))["pooled_sensitivity"].set_index("analysis").loc["one variance within sites"]
    # R 4.2.2, metafor 3.8.1: s2 <- sum((n - 1) s^2)/sum(n - 1); rma(y, s2/n, method = "REML", test = "adhoc"), threshold 1e-12
    assert found[["estimate", "low_adhoc", "high_adhoc", "tau2"]].tolist() == pytest.approx(COMMON, rel=1e-8)

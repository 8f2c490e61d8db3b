"""Release: what leaves of each table, drawn as exact counts in and open ones out."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest

from pipeline.codes import CHANGE_CLASSES, FLOW_STATES
from pipeline.config import ReleaseSettings
from pipeline.measures import Measure, Range, ReliableChange
from pipeline.plan import EXACT
from pipeline.stages.compare import pool
from pipeline.stages.describe import services
from pipeline.stages.release import release
from pipeline.stages.release_counts import release_classes, release_completeness, release_distribution, release_flow
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn
from tests.unit.stages.test_appraise import SITES, WITH, theory

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
EXACTLY = ReleaseSettings(round_to=1)
RELIABLE = ReliableChange(points=15, kind="jacobson_truax", source="invented", evidence="V")
PCL5 = Measure(
    id="pcl5",
    name="A",
    better="lower",
    range=Range(low=0, high=80, step=1),
    reliable_changes=(RELIABLE,),
    primary_reliable_change=15,
)
NAMES = EXACT
COUNT = re.compile(r"^n(_|$)")


def flow(text: str, *, persons: str | None = None) -> pd.DataFrame:
    """Referrals by state (rows) and site (columns); persons the same unless drawn too."""
    long = drawn(text).melt("state", var_name="site_id", value_name="n_referrals")
    others = (
        drawn(persons).melt("state", var_name="site_id", value_name="n_persons")["n_persons"] if persons else long["n_referrals"]
    )
    return shape("flow", long.assign(measure="pcl5", n_persons=others))


def opened(table: pd.DataFrame) -> dict[str, Any]:
    return {
        state: (n if n == n and n is not pd.NA else status)
        for state, n, status in zip(table["state"], table["n"], table["status"], strict=True)
    }


SIX = """
    state             S01  S02  S03  S04  S05  S06
    declined          3    4    2    3    4    3
    waiting           11   9    12   8    10   13
    due_without_pre   1    0    0    0    0    0
    due_without_post  14   11   16   12   9    15
    paired            31   42   28   37   33   40
"""


def test_flow_is_shown_by_state_where_three_sites_and_enough_women_stand_behind_it() -> None:
    shown = opened(release_flow(flow(SIX), ["pcl5"], RULE, has_referrals=True))
    assert shown["referred"] == 370, "371 exactly"
    assert (shown["waiting"], shown["due_without_post"], shown["paired"]) == (65, 75, 210)
    assert shown["declined"] == 20, "19, and eleven without the two largest sites"
    assert shown["due_without_pre"] == shown["pending"] == "too_few"
    assert list(shown) == ["referred", *FLOW_STATES]


def test_a_state_that_two_sites_fill_is_withheld() -> None:
    text = SIX.replace("declined          3    4    2    3    4    3", "declined          9    9    1    0    0    0")
    assert opened(release_flow(flow(text), ["pcl5"], RULE, has_referrals=True))["declined"] == "too_few"


def test_flow_of_two_sites_is_told_in_words_alone() -> None:
    two = flow(SIX).query("site_id in ['S01', 'S02']")
    assert set(opened(release_flow(two, ["pcl5"], RULE, has_referrals=True)).values()) == {"too_few"}


def test_without_referrals_the_states_before_treatment_are_not_recorded() -> None:
    shown = opened(release_flow(flow(SIX), ["pcl5"], RULE, has_referrals=False))
    assert shown["pending"] == shown["in_treatment"] == "not_recorded"
    assert (shown["paired"], shown["due_without_pre"]) == (210, "too_few")


def test_a_small_site_alone_is_left_out_of_the_flow() -> None:
    alone = drawn(SIX).assign(S07=[0, 2, 0, 1, 4])
    exact = shape(
        "flow",
        alone.melt("state", var_name="site_id", value_name="n_referrals").assign(
            measure="pcl5", n_persons=lambda f: f["n_referrals"]
        ),
    )
    pd.testing.assert_frame_equal(
        release_flow(exact, ["pcl5"], RULE, has_referrals=True), release_flow(flow(SIX), ["pcl5"], RULE, has_referrals=True)
    )


def test_the_minimum_is_tested_on_women_and_not_on_referrals() -> None:
    persons = SIX.replace("declined          3    4    2    3    4    3", "declined          1    2    1    1    2    1")
    shown = opened(release_flow(flow(SIX, persons=persons), ["pcl5"], RULE, has_referrals=True))
    assert shown["declined"] == "too_few"
    assert shown["waiting"] == 65


def test_a_single_small_state_takes_another_with_it_where_the_total_would_tell() -> None:
    text = """
        state             S01  S02  S03  S04
        due_without_pre   1    1    1    1
        due_without_post  12   11   14   13
        paired            31   42   28   37
    """
    shown = opened(release_flow(flow(text), ["pcl5"], EXACTLY, has_referrals=False))
    assert shown["referred"] == 192
    assert shown["paired"] == 138
    assert shown["due_without_pre"] == shown["due_without_post"] == "too_few"


def missingness(text: str) -> pd.DataFrame:
    return shape("missingness", drawn(text).assign(measure="pcl5"))


def test_completeness_shows_both_counts_or_neither() -> None:
    exact = missingness("""
        site_id  n_due  n_paired  n_referred
        S01      140    98        200
        S02      89     51        120
        S03      60     55        90
        S04      40     25        60
        S05      80     8         90
        S06      75     44        90
        S07      4      4         9
    """)
    expected = drawn("""
        site_id  n_due  n_paired  completion_pct  status
        ALL      485    280       58              shown
        S01      140    100       71              shown
        S02      90     50        56              shown
        S03      -      -         -               too_few
        S04      -      -         -               too_few
        S05      -      -         -               too_few
        S06      75     45        60              shown
        S07      -      -         -               too_few
    """)
    shown = release_completeness(exact, ["pcl5"], RULE)
    for name in expected:
        assert (
            shown[name].astype("object").where(shown[name].notna(), None).tolist()
            == expected[name].astype("object").where(expected[name].notna(), None).tolist()
        ), name


def test_completeness_over_two_sites_is_withheld_and_each_site_stands_for_itself() -> None:
    exact = missingness("""
        site_id  n_due  n_paired
        S01      140    98
        S02      89     51
    """)
    shown = release_completeness(exact, ["pcl5"], RULE).set_index("site_id")
    assert shown["status"].to_dict() == {"ALL": "too_few", "S01": "shown", "S02": "shown"}
    assert shown.loc["ALL", ["n_due", "n_paired", "completion_pct"]].isna().all()


def test_sites_are_withheld_where_the_total_less_the_others_would_tell_one() -> None:
    exact = missingness("""
        site_id  n_due  n_paired
        S01      140    98
        S02      89     51
        S03      120    72
        S04      60     54
        S05      150    90
        S06      170    100
    """)
    loose = release_completeness(exact, ["pcl5"], EXACTLY).set_index("site_id")
    assert loose[loose["status"] == "shown"].index.tolist() == ["ALL", "S05", "S06"], (
        "six women of S04 have no second score; any two sites that take their own off must still leave another beside it"
    )
    rounded = release_completeness(exact, ["pcl5"], RULE).set_index("site_id")
    assert rounded[rounded["status"] == "shown"].index.tolist() == ["ALL", "S03", "S05", "S06"], "rounding hides more"


def pairs(changes: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(site, f"R{i}", change) for site, found in changes.items() for i, change in enumerate(found)]
    table = pd.DataFrame(rows, columns=["site_id", "referral_id", "improvement"])
    return shape("change", table.assign(measure="pcl5", pre=40.0, post=40.0, first_referral=True, **{"class": "not_classified"}))


def test_the_spread_of_change_is_given_in_wide_bins_that_reach_to_the_ends_of_the_scale() -> None:
    change = pairs({f"S{i}": [-33.0, *[4.0] * 12, *[12.0] * 9, 41.0] for i in range(5)})
    shown = release_distribution(change, {"pcl5": PCL5}, RULE)
    assert shown[["bin_low", "bin_high", "n"]].to_numpy().tolist() == [[-80, 5, 65], [5, 80, 50]]
    assert set(shown["status"]) == {"shown"}
    assert release_distribution(change.query("site_id in ['S0', 'S1']"), {"pcl5": PCL5}, RULE).empty


def test_a_change_of_just_a_threshold_counts_in_a_bin_as_it_counts_in_its_class() -> None:
    """So that no few women stand between a class and the bins beyond its threshold."""
    rows = [(f"S{site}", gain) for site in range(6) for gain in [-15.0] * 20 + [-12.0] * 20 + [15.0] * 20 + [12.0] * 20]
    change = pd.DataFrame(rows, columns=["site_id", "improvement"]).assign(measure="pcl5", first_referral=True)
    shown = release_distribution(change, {"pcl5": PCL5}, RULE)
    held = shown[shown["n"] > 0].set_index("n")
    assert [(low, high) for low, high in zip(held["bin_low"], held["bin_high"], strict=True) if high == -15 or low == 15] != []
    assert not [low for low, high in zip(shown["bin_low"], shown["bin_high"], strict=True) if low < -15 < high or low < 15 < high]


def effects(text: str) -> pd.DataFrame:
    table = drawn(text)
    worse = [name for name in table if name.startswith("n_")]
    n = table["n_paired"] if "n_paired" in table else table[worse].sum(axis=1)
    return shape("site_effects", table.assign(measure="pcl5", grain="record", n_paired=n, is_pooled=n >= 10))


FIVE = """
    site_id  n_reliably_improved  n_no_reliable_change  n_reliably_deteriorated
    S01      54                   40                    4
    S02      32                   15                    4
    S03      87                   26                    4
    S04      22                   11                    4
    S05      33                   20                    4
    S06      40                   44                    8
"""


def test_three_classes_over_all_sites_and_two_at_a_site() -> None:
    shown = release_classes(effects(FIVE), empty("shares"), RULE)
    nation = shown[shown["site_id"] == "ALL"].set_index("class")
    assert list(nation.index) == list(CHANGE_CLASSES[:3])
    assert nation["n"].tolist() == [270, 155, 30]
    assert nation["share_pct"].tolist() == [60, 34, 7], "of 450, from the rounded counts"
    site = shown[shown["site_id"] == "S01"].set_index("class")
    assert site["n"].to_dict() == {"reliably_improved": 55, "not_reliably_improved": 45}
    small = shown[shown["site_id"] == "S04"]
    assert set(small["status"]) == {"too_few"}, "37 women are too few for shares"
    assert small[["n", "share_pct", "share_low_pct", "share_high_pct"]].isna().all(axis=None)


def test_shares_over_all_sites_let_the_sites_differ_and_shares_at_a_site_do_not() -> None:
    shown = release_classes(effects(FIVE), empty("shares"), RULE).set_index(["site_id", "class"])
    limits = ["share_low_pct", "share_high_pct"]
    # R: glmer(cbind(x, n - x) ~ 1 + (1 | g), binomial, nAGQ = 25) gives 0.3711 (0.1796) and an SD of 0.361 between sites;
    # plogis(0.3711 + c(-1, 1) * qt(0.975, 5) * 0.1796 * sqrt(6 / 5)) is 0.466 to 0.706 for a middle site, a little less for the mean.
    assert shown.loc[("ALL", "reliably_improved"), limits].tolist() == [47, 70]
    assert shown.loc[("S01", "reliably_improved"), limits].tolist() == [45, 64]  # R: prop.test(55, 100, correct = FALSE)


def model_of(n: int) -> pd.DataFrame:
    classes = {"reliably_improved": (0.512, 0.678), "no_reliable_change": (0.2, 0.4), "reliably_deteriorated": (0.05, 0.09)}
    rows = [{"share": name, "low": low, "high": high} for name, (low, high) in classes.items()]
    return shape("shares", pd.DataFrame(rows).assign(measure="pcl5", k=6, n=n, events=1))


def test_limits_are_those_of_the_model_where_it_holds_exactly_the_women_shown() -> None:
    limits = ["share_low_pct", "share_high_pct"]
    shown = release_classes(effects(FIVE), model_of(452), RULE).query("site_id == 'ALL'").set_index("class")
    assert shown[limits].to_numpy().tolist() == [[51, 68], [20, 40], [5, 9]]
    with_small = FIVE + "    S07      6                    0                     0\n"
    without = release_classes(effects(with_small), model_of(458), RULE).query("site_id == 'ALL'").set_index("class")
    assert without.loc["reliably_improved", limits].tolist() == [47, 70], (
        "six women at one site are in no figure, and in no limit"
    )
    few = FIVE.replace(" 4\n", " 1\n").replace("8\n", "1\n")
    two = release_classes(effects(few), model_of(430), RULE).query("site_id == 'ALL'").set_index("class")
    assert two.loc["not_reliably_improved", limits].tolist() == [32, 49], "what is left of the limits of its contrary"


def test_where_few_deteriorated_two_classes_are_given_over_all_sites() -> None:
    text = FIVE.replace(" 4\n", " 1\n").replace("8\n", "1\n")
    nation = release_classes(effects(text), empty("shares"), RULE).query("site_id == 'ALL'").set_index("class")
    assert nation["n"].dropna().to_dict() == {"reliably_improved": 270, "not_reliably_improved": 160}
    assert nation["status"].tolist() == ["shown", "shown", "too_few"]


def test_below_five_sites_no_class_is_given_over_all_of_them() -> None:
    shown = release_classes(effects("\n".join(FIVE.strip().splitlines()[:5])), empty("shares"), RULE)
    assert set(shown[shown["site_id"] == "ALL"]["status"]) == {"too_few"}
    assert "shown" in set(shown[shown["site_id"] == "S01"]["status"])


SITE_EFFECTS = """
    site_id  n_paired  mean_improvement  se    is_pooled
    S01      40        12.0              1.58  yes
    S02      25        9.0               1.60  yes
    S03      60        15.0              1.55  yes
    S04      16        6.0               2.00  yes
    S05      100       10.0              1.00  yes
    S06      36        18.0              2.00  yes
    S07      6         30.0              3.00  yes
    S08      50        -                 -     no
"""


def exact_tables(**given: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {**{name: empty(name) for name in NAMES}, **given}


def referrals(persons: dict[str, list[str]]) -> pd.DataFrame:
    rows = [(site, f"R{i}", name) for site, names in persons.items() for i, name in enumerate(names)]
    return shape("accepted_referrals", pd.DataFrame(rows, columns=["site_id", "referral_id", "person_id"]))


def quality(sites: list[str], table: str = "outcomes") -> pd.DataFrame:
    counts = {name: 1 for name in ("rows_read", "rows_accepted", "rows_rejected", "n_values_blanked", "n_warnings")}
    facts = {"table": table, "status": "read", "form": "folder", "is_duplicated": False}
    return shape("quality", pd.DataFrame({"site_id": sites}).assign(**counts, **facts))


def let_out(
    rule: ReleaseSettings = RULE, theories: dict[str, Any] | None = None, **given: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    found = release(exact_tables(**given), {"pcl5": PCL5}, theories or {}, rule)
    for name, table in found.items():
        schemas()[name].validate(table)
        for column in table:
            numbers = table[column].dropna() if COUNT.match(column) and column != "n_status" else []
            assert all(n % rule.round_to == 0 and n >= rule.minimum_count for n in numbers), (name, column)
    return found


def site_effects(text: str = SITE_EFFECTS) -> pd.DataFrame:
    table, _ = pool(shape("site_effects", drawn(text).assign(measure="pcl5", grain="record")), "pcl5")
    return table


def test_a_lone_small_site_is_in_neither_the_released_pool_nor_its_shrunken_estimates() -> None:
    found = let_out(site_effects=site_effects())
    row = found["open_pooled"].iloc[0]
    without = [line for line in SITE_EFFECTS.splitlines() if "S07" not in line]
    _, expected = pool(site_effects("\n".join(without)), "pcl5")
    assert (row["k_sites"], row["n"], row["k_sites_left_out"]) == (6, 275, 1), "S08 sent no paired mean, and is no small site"
    assert row["mean_improvement"] == round(expected["estimate"], 1)
    assert (row["low"], row["high"]) == (round(expected["low_adhoc"], 1), round(expected["high_adhoc"], 1))
    shrunken = site_effects("\n".join(without)).set_index("site_id")["shrunken"].round(1)
    sites = found["open_sites"].set_index("site_id")
    assert sites.loc["S01":"S06", "shrunken"].tolist() == shrunken.loc["S01":"S06"].tolist()
    assert sites["status"].tolist() == ["shown"] * 6 + ["too_few", "not_recorded"]
    assert sites["is_pooled"].tolist() == [True] * 6 + [False, False]


def test_an_exact_pool_is_never_what_is_released_by_mistake() -> None:
    exact = site_effects()
    sites = let_out(site_effects=exact)["open_sites"]
    assert (exact["shrunken"].round(1) != sites["shrunken"]).any(), "the exact estimates lean on S07"


def test_a_figure_that_is_not_given_says_why_in_its_finding() -> None:
    lines = SITE_EFFECTS.strip().splitlines()
    few = let_out(site_effects=site_effects("\n".join(lines[:5])))["findings"].set_index("key")
    assert few.loc["change.pcl5.pooled", "status"] == "too_few"
    assert "fewer than five sites" in few.loc["change.pcl5.pooled", "statement"]
    assert few.loc["compare.pcl5.S01.mean_improvement", "value"] == 12.0
    assert few.loc["compare.pcl5.S01.shrunken", "status"] == "too_few"
    assert "fewer than five sites" in few.loc["compare.pcl5.S01.shrunken", "statement"]
    some = let_out(site_effects=site_effects())["findings"].set_index("key")
    assert some.loc["change.pcl5.pooled", "status"] == "shown"
    assert some.loc["change.pcl5.prediction", "status"] == "too_few"
    assert some.loc["compare.pcl5.S07.mean_improvement", ["value", "low", "high", "n"]].isna().all()


def test_two_sites_may_use_one_pseudonym_for_two_women() -> None:
    names = [f"P{i}" for i in range(20)]
    given = referrals({"S01": [*names, "P1"], "S02": names, "S03": names})
    findings = let_out(accepted_referrals=given, quality=quality(["S01", "S02", "S03"], "referrals"))["findings"].set_index("key")
    assert findings.loc["study.n_women", "value"] == 60
    assert findings.loc["study.n_referrals", "value"] == 60, "61"


def test_returns_hide_further_sites_where_the_total_would_tell_a_small_one() -> None:
    women = {"S01": 41, "S02": 52, "S03": 33, "S04": 6, "S05": 60, "S06": 70}
    given = referrals({site: [f"P{i}" for i in range(n)] for site, n in women.items()})
    tables = let_out(EXACTLY, accepted_referrals=given, quality=quality(list(women), "referrals"))
    shown = tables["open_returns"].set_index("site_id")
    assert tables["findings"].set_index("key").loc["study.n_referrals", "value"] == 262
    assert shown["n_referrals"].dropna().to_dict() == {"S05": 60, "S06": 70}
    assert shown["n_status"].tolist() == ["too_few"] * 4 + ["shown"] * 2
    assert shown["status"].tolist() == ["read"] * 6


def test_a_study_of_outcomes_alone_has_no_referrals_to_count() -> None:
    found = let_out(quality=quality(["S01", "S02"]))
    assert found["findings"].set_index("key").loc["study.n_women", "status"] == "not_recorded"
    assert found["open_returns"]["n_status"].tolist() == ["not_recorded"] * 2


def test_decisions_leave_by_rule_and_reason_with_a_rounded_number_and_no_value() -> None:
    said = ["correct of not-a-number: checked_against_form"] * 13 + ["accept of total-disagrees: confirmed_by_site"] * 9
    notes = pd.DataFrame(
        {"found": said, "rule_id": "decision-applied", "severity": "note", "site_id": "S01", "sheet": "outcomes"}
    )
    tables = let_out(quality=quality(["S01", "S02"]), rejected=shape("rejected", notes))
    assert tables["open_decisions"].to_dict("split", index=False)["data"] == [
        ["not-a-number", "checked_against_form", "correct", 15, "shown"],
        ["total-disagrees", "confirmed_by_site", "accept", None, "too_few"],
    ]
    assert tables["disclosure_log"].set_index("table").loc["open_decisions", "k_cells_withheld"] == 1
    assert let_out(quality=quality(["S01", "S02"]))["open_decisions"].empty


def appraisal(**given: Any) -> pd.DataFrame:
    facts = {
        "theory_id": "CMO-01",
        "test": "moderation",
        "sites_with": 4,
        "sites_without": 4,
        "women_with": 203,
        "women_without": 198,
    }
    facts |= {"estimate": 5.04, "low": 3.06, "high": -0.04, "estimate_adjusted": 4.0, "low_adjusted": 2.0, "high_adjusted": 6.0}
    facts |= {"smallest_detectable": 2.74, "verdict": "consistent", "reason": "r", "registered": "", "theory_hash": "h"}
    return shape("appraisal", pd.DataFrame([{**facts, **given}]))


@pytest.mark.parametrize(
    ("women", "may_stand", "why"),
    [
        ([50, 51, 52, 50, 49, 50, 50, 49], True, "four sites a side"),
        ([50, 51, 52, 9, 49, 50, 50, 49], False, "one small site could be found"),
        ([50, 51, 9, 9, 49, 50, 50, 49], True, "two small sites hide each other"),
        ([90, 90, 4, 5, 49, 50, 50, 49], False, "two sites are most of a side"),
    ],
)
def test_a_contrast_is_shown_where_each_side_may_stand_as_a_figure(women: list[int], may_stand: bool, why: str) -> None:
    table = {
        "measure": "pcl5",
        "grain": "record",
        "site_id": SITES,
        "n_paired": women,
        "mean_improvement": 10.0,
        "se": 2.0,
        "is_pooled": True,
    }
    service = pd.DataFrame({"site_id": SITES, "peer_support": ["y" if has else "n" for has in WITH]})
    given = {"site_effects": shape("site_effects", pd.DataFrame(table)), "accepted_service": shape("accepted_service", service)}
    sides = pd.DataFrame({"theory_id": "CMO-01", "site_id": SITES, "has_context": WITH, "is_used": True, "n": women})
    given["theory_sites"] = shape("theory_sites", sides)
    row = let_out(theories={"CMO-01": theory()}, appraisal=appraisal(), **given)["open_theories"].iloc[0]
    assert (row["status"] == "shown") is may_stand, why
    shown = {"n_women_with": 205, "n_women_without": 200, "estimate": 5.0, "low": 3.1, "high": 0.0, "smallest_detectable": 2.7}
    for name, value in shown.items():
        assert (row[name] == value) if may_stand else pd.isna(row[name]), name
    assert (row["verdict"], row["k_sites_with"], row["context"]) == ("consistent", 4, "peer support: yes")


def test_the_latest_description_of_a_service_is_shown() -> None:
    rows = drawn("""
        site_id  period_end  peer_support
        S01      2026-06-30  y
        S01      2025-06-30  n
        S01      -           n
    """).astype({"period_end": "datetime64[us]"})
    described = services(shape("accepted_service", rows), empty("quality"), 1)
    shown = let_out(**described)["open_services"].set_index("component")
    assert shown.loc["peer_support", "value"] == "y"
    assert shown.loc["emdr", "value"] == "not_recorded"


def test_the_log_says_how_many_cells_were_withheld() -> None:
    log = let_out(site_effects=site_effects())["disclosure_log"].set_index("table")
    assert (log.loc["open_sites", "k_cells"], log.loc["open_sites", "k_cells_withheld"]) == (8, 2)
    later = {"open_changes_since"}  # made of what is released here
    assert set(log.index) == {name for name in schemas() if name.startswith("open_")} - later | {"findings"}
    assert log["rule"].str.contains("fewer than 10 people").all()


def test_a_study_without_anything_gives_empty_open_tables() -> None:
    found = let_out()
    assert all(table.empty for name, table in found.items() if name not in {"findings", "disclosure_log"})

"""Open waits, equity and series: what may be told, and what a reader who knows much still cannot find out."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.disclosure.rule import round_counts
from pipeline.stages import release_access
from pipeline.stages.release_equity import release_equity
from pipeline.stages.release_series import WITHHELD, release_breaks, release_series
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

RULE = ReleaseSettings()
EXACTLY = ReleaseSettings(round_to=1)
DECLARED = (6, 16)


def is_hidden(parts: list[int], shown: list[bool], *, by_site: bool) -> bool:
    """Whether nobody finds a number below ten out of the exact total and the exact parts shown, alone or with another site.

    What is left to the parts that a reader does not know is their sum: one part alone is that sum, and of several each may be
    anything from 0 to it, so that 0 to 9 stay open where the sum is at least 9.
    """
    readers = [(), *combinations(range(len(parts)), 1), *combinations(range(len(parts)), 2)] if by_site else [()]
    for known in readers:
        left = [n for i, (n, is_shown) in enumerate(zip(parts, shown, strict=True)) if not is_shown and i not in known]
        if min(left, default=10) < 10 and (len(left) == 1 or sum(left) < 9):
            return False
    return True


def checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    made = shape(name, table) if len(table) else empty(name)
    schemas()[name].validate(made)
    return made


def waits(
    seen: str, *, left: str | None = None, women: dict[str, int], at_risk: int | None = None, whole: int | None = None
) -> Any:
    """Exact waits: women seen so far (and women who left) by weeks (rows) and site (columns), and all women of each site."""
    parts = []
    gone = drawn(left).set_index("weeks") if left else None
    so_far = drawn(seen).set_index("weeks")
    for site in [*so_far, "ALL"]:
        mine, n = (so_far.sum(axis=1), whole or sum(women.values())) if site == "ALL" else (so_far[site], women[site])
        away = 0 * mine if gone is None else (gone.sum(axis=1) if site == "ALL" else gone[site])
        rows = pd.DataFrame({"site_id": site, "weeks": mine.index, "n": n, "persons": n, "n_seen": mine, "n_left": away})
        rows["persons_at_risk"] = n - mine - away if at_risk is None else at_risk
        rows = rows.assign(persons_seen=mine, persons_left=away, share_seen=mine / n, share_left=away / n)
        parts.append(rows.assign(low_seen=mine / n - 0.01, high_seen=mine / n + 0.01))
    return shape("waits", pd.concat(parts, ignore_index=True).assign(event="treatment"))


def release_waits(
    exact: pd.DataFrame, weeks: tuple[int, ...], rule: ReleaseSettings, who: pd.DataFrame | None = None
) -> pd.DataFrame:
    return release_access.release_waits(exact, empty("equity") if who is None else who, weeks, rule)


WOMEN = {"S01": 300, "S02": 280, "S03": 260, "S04": 240}
SEEN = """
    weeks  S01  S02  S03  S04
    4      3    2    2    2
    6      40   38   30   28
    8      43   40   32   30
    12     80   77   70   60
    16     120  110  100  90
    20     123  112  102  92
    24     190  180  160  150
"""


def at(found: pd.DataFrame, site: str = "ALL", column: str = "seen_pct") -> dict[int, float | None]:
    rows = found[found["site_id"] == site]
    return {int(week): None if pd.isna(value) else float(value) for week, value in zip(rows["weeks"], rows[column], strict=True)}


def test_a_point_needs_the_minimum_of_further_women_and_declared_weeks_go_first() -> None:
    found = checked("open_waits", release_waits(waits(SEEN, women=WOMEN), DECLARED, RULE))
    assert at(found) == {4: None, 6: 13, 8: None, 12: 27, 16: 39, 20: None, 24: 63}
    # Nine by 4 weeks; nine more from 6 to 8 and from 16 to 20 weeks; of 1,080 women at the weeks shown.
    assert set(found.loc[(found["site_id"] == "ALL") & found["seen_pct"].isna(), "status"]) == {"too_few"}


def test_a_week_that_would_leave_few_women_to_the_next_point_is_left_out() -> None:
    text = SEEN.replace("12     80   77   70   60", "12     118  108  98   88")
    assert at(release_waits(waits(text, women=WOMEN), DECLARED, RULE))[12] is None, "eight more by 16 weeks, which is declared"


def test_the_curve_ends_where_fewer_than_the_minimum_still_wait_without_the_two_largest_sites() -> None:
    short = {"S01": 200, "S02": 190, "S03": 164, "S04": 155}
    found = release_waits(waits(SEEN, women=short), DECLARED, RULE)
    assert at(found)[16] is not None
    assert 24 not in at(found), "four and five wait at S03 and S04"


def test_a_site_is_told_at_the_declared_weeks_alone_and_only_out_of_enough_women() -> None:
    text = "\n".join(
        line + ("  S05" if "weeks" in line else "  31" if line.strip().startswith(("16", "2")) else "  0")
        for line in SEEN.strip().splitlines()
    )
    found = release_waits(waits(text, women={**WOMEN, "S05": 47}), DECLARED, RULE)
    assert at(found, "S01") == {6: 13, 16: 40}
    assert at(found, "S05") == {6: None, 16: None}, "47 women are 45"
    assert found.loc[(found["site_id"] == "S05"), "n"].isna().all()


def test_the_share_who_left_has_steps_of_its_own() -> None:
    left = """
        weeks  S01  S02  S03  S04
        4      5    5    5    5
        6      6    6    5    5
        8      6    6    6    5
        12     11   11   10   10
        16     11   11   11   10
        20     11   11   11   10
        24     12   11   11   10
    """
    found = checked("open_waits", release_waits(waits(SEEN, left=left, women=WOMEN), DECLARED, RULE))
    assert at(found, column="left_pct") == {4: None, 6: 2, 8: None, 12: None, 16: 4, 20: None, 24: None}


def test_no_share_is_printed_as_0_or_100() -> None:
    many = {site: 40 * n for site, n in WOMEN.items()}
    found = release_waits(waits(SEEN, women=many), (6, 24), RULE)
    assert at(found)[6] is None, "136 of 43,200"
    assert at(found)[24] == 2


@pytest.mark.parametrize("women", [{"S01": 300, "S02": 280}, {"S01": 300, "S02": 280, "S03": 5}])
def test_two_sites_give_no_curve_of_all(women: dict[str, int]) -> None:
    text = "\n".join(" ".join(line.split()[: len(women) + 1]) for line in SEEN.strip().splitlines())
    found = release_waits(waits(text.replace("30", "3").replace("70", "4"), women=women), DECLARED, RULE)
    assert not any(at(found).values())


def test_a_curve_of_other_women_than_those_who_may_be_in_it_is_not_given() -> None:
    assert not any(at(release_waits(waits(SEEN, women=WOMEN, whole=1087), DECLARED, RULE)).values()), "seven of a lone small site"


def came(referred: dict[str, int], accepted: dict[str, int]) -> pd.DataFrame:
    rows = [{"site_id": site, "n_referred": referred[site], "n_accepted": accepted[site]} for site in referred]
    return shape("equity", pd.DataFrame(rows).assign(dimension="age_band", group="25_29"))


@pytest.mark.parametrize(
    ("turned_away", "undecided", "is_told"), [(30, 8, True), (4, 8, False), (30, 4, False), (30, 0, False), (0, 8, False)]
)
def test_the_number_who_waited_does_not_tell_of_a_few_turned_away_or_undecided(
    turned_away: int, undecided: int, *, is_told: bool
) -> None:
    who = came({s: n + turned_away for s, n in WOMEN.items()}, {s: n - undecided for s, n in WOMEN.items()})
    found = checked("open_waits", release_waits(waits(SEEN, women=WOMEN), DECLARED, RULE, who))
    assert (set(found.loc[found["site_id"] == "ALL", "n"].dropna()) == {1080}) is is_told, "two of four sites are taken away"
    assert found.loc[found["site_id"] != "ALL", "n"].isna().all(), (
        "beside a site's referrals it would tell whom the site turned away"
    )
    assert at(found)[6] == 13, "the share stands without it"


def test_no_waits_no_rows() -> None:
    assert release_waits(empty("waits"), DECLARED, RULE).empty


SITES = [f"S{i:02d}" for i in range(1, 7)]


def equity(groups: dict[str, tuple[int, int, int]], dimension: str = "ethnic_group", **denominators: float) -> pd.DataFrame:
    """Exact counts over six sites, spread as evenly as can be: referred, accepted and treated by group."""
    rows = []
    for group, counts in groups.items():
        row: dict[str, Any] = {"group": group, "site_id": "ALL", "k_sites": 6, "denominator": denominators.get(group)}
        rows.append({**row, **dict(zip(("n_referred", "n_accepted", "n_treated"), counts, strict=True)), "low": 0.1, "high": 0.9})
        for i, site in enumerate(SITES):
            n = [count // 6 + (i < count % 6) for count in counts]
            rows.append({"group": group, "site_id": site, "n_referred": n[0], "n_accepted": n[1], "n_treated": n[2]})
    return shape("equity", pd.DataFrame(rows).assign(dimension=dimension))


GROUPS = {
    "white": (600, 400, 250),
    "asian": (121, 72, 48),
    "black": (62, 40, 20),
    "mixed": (26, 12, 6),
    "not_stated": (57, 42, 28),
}


def rows_of(exact: pd.DataFrame, rule: ReleaseSettings = RULE) -> pd.DataFrame:
    return checked("open_equity", release_equity(exact, rule)).set_index("group")


def test_each_step_is_shown_where_both_of_its_sides_may_stand() -> None:
    rows = rows_of(equity(GROUPS))
    assert rows["n_referred"].tolist() == [600, 120, 60, 25, 55]
    assert rows["accepted_status"].tolist() == ["shown", "shown", "shown", "too_few", "too_few"]
    # 12 accepted of six sites leave 8 without the two largest; 15 not accepted leave 9.
    assert rows["treated_status"].tolist() == ["shown", "shown", "shown", "too_few", "too_few"]
    assert rows.loc["black", "treated_pct"] != rows.loc["black", "treated_pct"], "of 40, too few for a share"
    assert rows.loc["asian", ["n_treated", "treated_pct"]].tolist() == [50, 71], "of 50 and 70"


def test_shares_are_of_the_women_with_an_answer_and_kinds_of_no_answer_have_none() -> None:
    rows = rows_of(equity(GROUPS))
    assert rows.loc["white", "share_referred_pct"] == 74, "600 of 809, that is 810"
    assert pd.isna(rows.loc["not_stated", "share_referred_pct"])


def test_a_small_group_takes_the_smallest_other_with_it() -> None:
    groups = {"white": (600, 0, 0), "asian": (121, 0, 0), "black": (62, 0, 0), "other": (4, 0, 0)}
    rows = rows_of(equity(groups), EXACTLY)
    assert rows["status"].to_dict() == {"white": "shown", "asian": "shown", "black": "too_few", "other": "too_few"}
    shown = (rows["status"] == "shown").tolist()
    assert is_hidden([600, 121, 62, 4], shown, by_site=False)
    assert not is_hidden([600, 121, 62, 4], [True, True, True, False], by_site=False)


@pytest.mark.parametrize("rule", [RULE, EXACTLY])
def test_no_count_of_a_few_can_be_worked_out_at_any_step(rule: ReleaseSettings) -> None:
    groups = {"white": (90, 58, 30), "asian": (80, 49, 28), "black": (70, 66, 34), "other": (33, 29, 2), "not_known": (3, 2, 0)}
    rows = rows_of(equity(groups), rule)
    exact = pd.DataFrame(groups, index=["referred", "accepted", "treated"]).T
    sides = {"status": ["referred"], "accepted_status": ["accepted", "rest"], "treated_status": ["treated", "rest"]}
    before = {"accepted_status": "referred", "treated_status": "accepted"}
    for status, kinds in sides.items():
        step = status.removesuffix("_status").replace("status", "referred")
        for kind in kinds:
            parts = exact[step] if kind != "rest" else exact[before[status]] - exact[step]
            shown = rows[status] == "shown"
            assert (parts[shown] >= rule.minimum_count).all()
            total = parts.sum()
            known = round_counts(parts[shown], rule).sum()
            hidden = parts[~shown]
            if (hidden < rule.minimum_count).any() and shown.any():
                slack = (len(parts[shown]) + 1) * (rule.round_to // 2)
                assert total - known + slack >= rule.minimum_count - 1, (status, kind)
                assert len(hidden) > 1 or total - known - slack <= 0, (status, kind)


def test_sensitive_pathways_are_held_to_their_higher_minimum_and_others_with_them() -> None:
    groups = {"birth_trauma": (600, 400, 250), "loss_of_custody": (24, 0, 0), "tokophobia": (27, 0, 0), "other": (48, 0, 0)}
    rows = rows_of(equity(groups, "pathway"))
    assert rows["status"].to_dict() == {
        "birth_trauma": "shown",
        "loss_of_custody": "too_few",
        "tokophobia": "too_few",
        "other": "shown",
    }, "24 and 27 leave 16 and 18 without their two largest sites"
    assert rows_of(equity(groups, "age_band"))["status"].tolist() == ["shown"] * 4


def test_ratios_of_rates_come_from_rounded_counts_or_not_at_all() -> None:
    rows = rows_of(equity(GROUPS, white=6000.0, asian=1000.0))
    assert rows.loc["asian", "rate_ratio"] == 1.2, "120 in 1,000 and 600 in 6,000"
    assert rows.loc["asian", ["ratio_low", "ratio_high"]].tolist() == [0.98, 1.46]  # R: poisson.test(c(120, 600), c(1000, 6000))
    few = {**GROUPS, "mixed": (6, 2, 1)}
    assert rows_of(equity(few, white=6000.0, mixed=70.0))["rate_ratio"].isna().all(), "the ratio of one would tell the other"


def test_a_lone_small_site_is_in_no_group() -> None:
    exact = equity(GROUPS)
    alone = shape(
        "equity",
        pd.DataFrame(
            [{"dimension": "ethnic_group", "group": "white", "site_id": "S09", "n_referred": 8, "n_accepted": 8, "n_treated": 8}]
        ),
    )
    with_it = pd.concat([exact, alone], ignore_index=True)
    with_it.loc[(with_it["site_id"] == "ALL") & (with_it["group"] == "white"), "n_referred"] += 8
    pd.testing.assert_frame_equal(rows_of(with_it), rows_of(exact))


def test_no_equity_no_rows() -> None:
    assert release_equity(empty("equity"), RULE).empty


def series(persons: dict[str, list[int]], name: str = "referrals", per: float = 1.0, **more: Any) -> pd.DataFrame:
    """A series with the persons of each period by grain; the value is `per` times as much."""
    starts = {"month": "MS", "quarter": "QS", "year": "YS"}
    parts = []
    for grain, counts in persons.items():
        months = pd.date_range("2024-01-01", periods=len(counts), freq=starts[grain])
        rows = pd.DataFrame({"grain": grain, "month": months, "persons": counts, "value": [per * n for n in counts]})
        parts.append(rows.assign(chart="xmr" if len(counts) >= 15 else "run", centre=per * 23.6, low=-3.2, high=41.4))
    facts = {"site_id": "S01", "series": name, "rule": "", "direction": 0}
    return shape("activity_series", pd.concat(parts, ignore_index=True).assign(**{**facts, **more}))


NOBODY = pd.Series(dtype="float64")
BY_MONTH = [11, 13, 12, 17, 14, 18] * 3


@pytest.mark.parametrize(
    ("persons", "grain"),
    [
        ({"month": BY_MONTH, "quarter": [36, 49] * 3}, "month"),
        ({"month": [9, *BY_MONTH], "quarter": [36, 49] * 3}, "quarter"),
        ({"month": [9, *BY_MONTH], "quarter": [9, 49] * 3, "year": [100] * 5}, "year"),
        ({"month": [9, *BY_MONTH], "quarter": [9, 49] * 3, "year": [100] * 3}, None),
    ],
)
def test_the_finest_grain_of_which_every_period_may_be_shown(persons: dict[str, list[int]], grain: str | None) -> None:
    found = checked("open_series", release_series(series(persons), NOBODY, RULE))
    if grain is None:
        assert found[["status", "value"]].isna().sum().tolist() == [0, 1]
        assert found["status"].tolist() == ["too_few"]
    else:
        assert set(found["grain"]) == {grain}, "one grain alone: two would give away what lies between them"
        assert (found["value"] % 5 == 0).all()
        assert len(found) == len(persons[grain])


def test_limits_are_whole_and_a_median_is_rounded_like_the_values_that_it_is_one_of() -> None:
    by_month = release_series(series({"month": BY_MONTH}), NOBODY, RULE).iloc[0]
    assert by_month[["centre", "low", "high"]].tolist() == [24, 0, 41]
    by_quarter = release_series(series({"month": [1], "quarter": [36, 49] * 3}), NOBODY, RULE).iloc[0]
    assert by_quarter["centre"] == 25
    assert by_quarter[["low", "high"]].isna().all()


def test_persons_that_are_not_known_are_too_few() -> None:
    exact = series({"month": BY_MONTH}, "bed_days", per=20.0)
    exact.loc[4, "persons"] = pd.NA
    assert release_series(exact, NOBODY, RULE)["status"].tolist() == ["too_few"]


def test_a_month_that_is_missing_stays_blank() -> None:
    exact = series({"month": BY_MONTH}, "bed_days", per=20.0)
    exact.loc[4, ["value", "persons"]] = pd.NA
    found = release_series(exact, NOBODY, RULE)
    assert found["value"].isna().sum() == 1
    assert set(found["status"]) == {"shown"}


@pytest.mark.parametrize(("total", "is_told"), [(40 * 4, True), (40 * 4 + 3, False), (40 * 4 + 12, True)])
def test_what_lies_outside_the_periods_is_not_found_from_the_total(total: int, *, is_told: bool) -> None:
    exact = series({"month": [1], "quarter": [40] * 4, "year": [160]})
    found = release_series(exact, pd.Series({"S01": total}), EXACTLY)
    assert (found["status"].iloc[0] == "shown") is is_told
    other = series({"month": [1], "quarter": [40] * 4, "year": [160]}, "consultations")
    assert release_series(other, pd.Series({"S01": total}), EXACTLY)["status"].iloc[0] == "shown", "its total is not released"


def test_flags_are_told_in_words() -> None:
    exact = series({"month": BY_MONTH})
    exact.loc[3, ["rule", "direction"]] = ["shift", -1]
    row = checked("open_series", release_series(exact, NOBODY, RULE)).iloc[3]
    assert row[["rule", "direction"]].tolist() == ["shift", "down"]


def interrupted(**given: Any) -> pd.DataFrame:
    facts: dict[str, Any] = {
        "site_id": "S01",
        "series": "bed_days",
        "link": "identity",
        "k_months_before": 36,
        "k_months_after": 30,
    }
    facts |= {"level": -2.14, "level_low": -2.98, "level_high": -1.31, "slope": 0.004, "slope_low": -0.03, "slope_high": 0.04}
    facts |= {"persons_before": 12.0, "persons_after": 11.0, "reason": ""}
    return shape("interrupted", pd.DataFrame([{**facts, **given}]))


def test_a_break_is_told_where_every_month_may_be() -> None:
    opened = release_series(series({"month": BY_MONTH}, "bed_days", per=20.0), NOBODY, RULE)
    row = checked("open_breaks", release_breaks(interrupted(), opened, RULE)).iloc[0]
    assert row[["level", "level_low", "level_high"]].tolist() == [-2.1, -3.0, -1.3]
    assert row[["slope", "slope_low", "slope_high"]].tolist() == [0.0, -0.4, 0.5], "a year"
    assert row["status"] == "shown"


def test_a_break_of_few_people_or_without_a_test_is_told_in_words() -> None:
    opened = release_series(series({"month": BY_MONTH}, "bed_days", per=20.0), NOBODY, RULE)
    few = release_breaks(interrupted(persons_after=9.0), opened, RULE).iloc[0]
    assert (few["status"], few["note"]) == ("too_few", WITHHELD)
    assert few[["level", "k_months_before"]].isna().all()
    words = release_breaks(interrupted(), release_series(series({"month": [3]}, "bed_days"), NOBODY, RULE), RULE).iloc[0]
    assert words["note"] == WITHHELD
    untested = release_breaks(interrupted(level=None, reason="fewer than 24 months"), opened, RULE).iloc[0]
    assert (untested["status"], untested["note"], untested["k_months_before"]) == ("too_few", "fewer than 24 months", 36)


def test_ratios_keep_two_decimals_and_a_year_is_twelve_months_of_them() -> None:
    opened = release_series(series({"month": BY_MONTH}, "bed_days", per=20.0), NOBODY, RULE)
    row = release_breaks(interrupted(link="log", level=0.514, slope=1.01, level_low=0.4, level_high=0.6), opened, RULE).iloc[0]
    assert (row["level"], row["slope"]) == (0.51, 1.13)

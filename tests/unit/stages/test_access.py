"""Waits, equity and series, on studies of a few women that can be reckoned by hand."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.config import AccessSettings, ReleaseSettings
from pipeline.stages.access import access
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")

SETTINGS = AccessSettings(weeks=(6, 16), bootstrap_draws=200)
RULE = ReleaseSettings(minimum_count=8)
DATES = ("referral_date", "assessment_date", "first_treatment_date", "end_date", "contact_date")
CUT = pd.Timestamp("2025-12-31")


def table(name: str, text: str, **more: Any) -> pd.DataFrame:
    frame = drawn(text).assign(**more)
    return shape(name, frame.assign(**{c: pd.to_datetime(frame[c]) for c in DATES if c in frame}))


def made(referrals: pd.DataFrame, *, cut: pd.Timestamp | None = CUT, **given: Any) -> dict[str, pd.DataFrame]:
    others = {name: given.get(name, empty(f"accepted_{name}")) for name in ("contacts", "activity", "service")}
    found = access(
        shape("accepted_referrals", referrals),
        others["contacts"],
        others["activity"],
        others["service"],
        given.get("denominators", ()),
        SETTINGS,
        RULE,
        cut,
        seed=1,
    )
    for name, frame in found.items():
        schemas()[name].validate(frame)
    return found


def by_week(found: dict[str, pd.DataFrame], event: str = "assessment", site: str = "S01") -> pd.DataFrame:
    waits = found["waits"]
    return waits[(waits["event"] == event) & (waits["site_id"] == site)].set_index("weeks")


def service(text: str) -> pd.DataFrame:
    frame = drawn(text)
    dated = {c: pd.to_datetime(frame[c]) for c in ("go_live_date", "period_start", "period_end") if c in frame}
    return shape("accepted_service", frame.assign(**dated))


FOUR = """
    site_id  referral_id  person_id  referral_date  assessment_date  end_date    accepted
    S01      R1           P1         2025-01-01     2025-01-11       -           y
    S01      R2           P2         2025-01-01     -                2025-01-21  y
    S01      R3           P3         2025-01-01     2025-01-31       -           y
    S01      R4           P4         2025-01-01     -                -           y
"""


def test_shares_seen_and_left_are_of_all_women_and_not_one_minus_the_waiting() -> None:
    rows = by_week(made(table("accepted_referrals", FOUR), cut=pd.Timestamp("2025-02-10")))
    # Days 10 seen, 20 left, 30 seen, 40 followed: a quarter seen and a quarter gone by 4 weeks; then half of the half left.
    assert rows.loc[4, ["share_seen", "share_left", "share_waiting"]].tolist() == pytest.approx([0.25, 0.25, 0.5])
    assert rows.loc[4, ["n", "n_seen", "n_left", "n_at_risk"]].tolist() == [4, 1, 1, 2]
    assert pd.isna(rows.loc[6, "share_seen"]), "nobody was followed for six weeks"
    later = by_week(made(table("accepted_referrals", FOUR)))
    assert later.loc[6, ["share_seen", "share_left", "share_waiting"]].tolist() == pytest.approx([0.5, 0.25, 0.25])


def test_what_happens_after_the_cut_has_not_happened() -> None:
    rows = by_week(made(table("accepted_referrals", FOUR), cut=pd.Timestamp("2025-01-30")))
    assert rows.loc[4, ["n_seen", "n_left"]].tolist() == [1, 1]
    assert rows.loc[6, ["n_seen", "n_left"]].tolist() == [1, 1], "the assessment of 31 January is not known on 30 January"


def test_a_site_is_followed_to_the_end_of_its_own_return() -> None:
    early = service("""
        site_id  period_end
        S01      2025-01-15
    """)
    rows = by_week(made(table("accepted_referrals", FOUR), service=early))
    assert rows.loc[4, ["n", "n_seen", "n_left", "n_at_risk"]].tolist() == [4, 1, 0, 0]
    assert pd.isna(rows.loc[4, "share_seen"])
    late = early.assign(period_end=pd.Timestamp("2030-01-01").as_unit("us"))
    assert by_week(made(table("accepted_referrals", FOUR), service=late)).loc[6, "n_seen"] == 2


def test_a_referral_that_was_turned_away_or_came_after_the_cut_does_not_wait() -> None:
    more = """
        S01      R5           P5         2025-01-01     2025-01-02       -           n
        S01      R6           P6         2026-01-02     -                -           y
        S01      R7           P7         2025-01-01     2024-12-30       -           y
    """
    rows = by_week(made(table("accepted_referrals", FOUR.rstrip() + more.rstrip() + "\n")))
    assert rows.loc[4, ["n", "persons"]].tolist() == [4, 4], "a wait below 0 is left out, not taken for 0"


def test_partners_do_not_wait_and_are_not_counted() -> None:
    referrals = table("accepted_referrals", FOUR).assign(client=["partner", "woman_or_birthing_parent", None, None])
    found = made(referrals)
    assert by_week(found).loc[4, "n"] == 3
    stage = found["equity"].query("dimension == 'perinatal_stage' and site_id == 'ALL'")
    assert stage["n_referred"].tolist() == [3]


def test_a_site_that_sends_no_such_date_has_no_waits() -> None:
    assert made(table("accepted_referrals", FOUR))["waits"]["event"].unique().tolist() == ["assessment"]


def test_women_are_counted_once_and_a_pseudonym_is_a_site_s_own() -> None:
    text = FOUR.replace("P3", "P1").replace("P4", "P1") + FOUR.split("accepted\n")[1].replace("S01", "S02")
    found = made(table("accepted_referrals", text))
    rows = by_week(found)
    assert rows.loc[6, ["n", "persons", "n_seen", "persons_seen"]].tolist() == [4, 2, 2, 1]
    assert by_week(found, site="S02").loc[6, "persons_seen"] == 2


def test_without_dates_of_assessment_and_treatment_contacts_that_count_stand_for_them() -> None:
    referrals = table(
        "accepted_referrals",
        """
        site_id  referral_id  person_id  referral_date
        S01      R1           P1         2025-01-01
    """,
    )
    contacts = table(
        "accepted_contacts",
        """
        site_id  referral_id  contact_date
        S01      R1           2025-01-02
        S01      R1           2025-01-03
        S01      R1           2025-02-01
        S01      R1           2025-03-01
        S02      R1           2025-01-01
    """,
        attendance=["3", "5", "5", "6", "5"],
        mode=["01", "02", "11", "01", "01"],
    )
    found = made(referrals, contacts=contacts)
    assert by_week(found).loc[4, "n_seen"] == 0, "2 January was not attended, 3 January was by telephone"
    assert by_week(found).loc[6, "n_seen"] == 1, "1 February, day 31"
    treated = by_week(found, "treatment")
    assert treated.loc[[8, 12], "n_seen"].tolist() == [0, 1], "1 March, day 59: the first after the assessment"


def test_below_ten_sites_all_sites_together_have_no_interval() -> None:
    def study(k: int) -> pd.DataFrame:
        body = [
            FOUR.split("accepted\n")[1].replace("S01", f"S{s:02d}").replace("P", f"P{i}").rstrip()
            for s in range(k)
            for i in range(5)
        ]
        rows = drawn(FOUR.split("\n")[1] + "\n" + "\n".join(body))
        rows["referral_id"] = [f"R{i}" for i in range(len(rows))]
        return table("accepted_referrals", FOUR.split("\n")[1] + "\n" + "\n".join(body)).assign(referral_id=rows["referral_id"])

    nine, ten = by_week(made(study(9)), site="ALL"), by_week(made(study(10)), site="ALL")
    assert nine.loc[6, "share_seen"] == ten.loc[6, "share_seen"] == pytest.approx(0.5)
    assert pd.isna(nine.loc[6, "low_seen"]) and ten.loc[6, "low_seen"] == pytest.approx(0.5), "ten sites that are all alike"


def test_a_lone_small_site_is_not_in_the_curve_of_all_sites() -> None:
    body = "".join(
        FOUR.split("accepted\n")[1].replace("S01", s).replace("R", r).replace("P", r)
        for s, r in (("S02", "A"), ("S02", "B"), ("S02", "C"))
    )
    found = made(table("accepted_referrals", FOUR + body))
    assert by_week(found, site="ALL").loc[6, "persons"] == 12, "twelve women of S02, without the four of S01"


PEOPLE = """
    site_id  referral_id  person_id  referral_date  ethnic_category  imd_decile  pathway                    accepted  first_treatment_date
    S01      R1           P1         2025-01-01     A                1           birth_trauma               y         2025-02-01
    S01      R2           P2         2025-01-02     C                2           birth_trauma;tokophobia    y         -
    S01      R3           P3         2025-01-03     Z                3           perinatal_loss             n         -
    S01      R4           P1         2025-06-01     M                10          tokophobia                 y         2025-07-01
    S01      R5           P4         2025-01-05     99               -           -                          pending   2025-02-01
    S01      R6           P5         2025-01-06     -                9           birth_trauma               n         -
    S02      R1           P1         2025-01-01     -                -           birth_trauma               y         -
"""


def equity(dimension: str, **given: Any) -> pd.DataFrame:
    referrals = drawn(PEOPLE).assign(ethnic_category=["A", "C", "Z", "M", "99", None, None])
    dated = {c: pd.to_datetime(referrals[c]) for c in DATES if c in referrals}
    rows = made(shape("accepted_referrals", referrals.assign(**dated)), **given)["equity"]
    return rows[(rows["dimension"] == dimension) & (rows["site_id"] == "ALL")].set_index("group")


def test_a_woman_counts_once_and_kinds_of_no_answer_stay_apart() -> None:
    rows = equity("ethnic_group")
    expected = {
        "white": [2, 2, 1],
        "not_stated": [1, 0, 0],
        "not_known": [1, 1, 1],
        "not_recorded": [1, 0, 0],
        "not_sent": [1, 1, 0],
    }
    counts = ["n_referred", "n_accepted", "n_treated"]
    assert {group: row.tolist() for group, row in rows[counts].iterrows()} == expected, "P1 is white, by her first referral"
    assert rows.loc["white", "share_referred"] == 1
    assert rows.loc["not_stated":, "share_referred"].isna().all()


def test_tenths_of_deprivation_become_fifths_and_two_pathways_several() -> None:
    fifths = equity("deprivation_fifth")["n_referred"].to_dict()
    assert fifths == {"fifth_1": 2, "fifth_2": 1, "fifth_5": 1, "not_recorded": 1, "not_sent": 1}
    pathways = equity("pathway")["n_referred"].to_dict()
    assert pathways == {"birth_trauma": 3, "perinatal_loss": 1, "several": 1, "not_recorded": 1}


def test_rates_of_referral_are_compared_with_those_of_the_other_groups_that_have_a_denominator() -> None:
    given = (("ethnic_group", "white", 100), ("ethnic_group", "black", 50), ("deprivation_fifth", "fifth_1", 10))
    rows = equity("ethnic_group", denominators=given)
    assert rows.loc["white", "rate_ratio"] == float("inf"), "nobody of the other group came"
    assert rows.loc["white", "ratio_low"] == pytest.approx(0.0939, abs=1e-4)  # R: poisson.test(c(2, 0), c(100, 50))$conf.int


def series(found: dict[str, pd.DataFrame], name: str = "referrals", grain: str = "month") -> pd.DataFrame:
    rows = found["activity_series"]
    return rows[(rows["series"] == name) & (rows["grain"] == grain)].set_index("month")


def test_a_month_without_a_referral_is_nought_and_months_in_part_are_left_out() -> None:
    referrals = table(
        "accepted_referrals",
        """
        site_id  referral_id  person_id  referral_date
        S01      R1           P1         2025-01-20
        S01      R2           P1         2025-02-03
        S01      R3           P2         2025-02-04
        S01      R4           P1         2025-04-30
        S01      R5           P3         2025-08-10
    """,
    )
    period = service("""
        site_id  go_live_date  period_start  period_end
        S01      2024-06-01    2025-01-15    2025-08-15
    """)
    months = series(made(referrals, service=period))
    assert [month.strftime("%m") for month in months.index] == ["02", "03", "04", "05", "06", "07"]
    assert months["value"].tolist() == [2, 0, 1, 0, 0, 0]
    quarters = series(made(referrals, service=period), grain="quarter")
    assert quarters[["value", "persons"]].to_numpy().tolist() == [[1, 1]], "April to June alone is whole"
    assert len(series(made(referrals))) == 8, "without a period, from the first referral to the last"


def activity(values: list[float | None], start: str = "2020-01", name: str = "bed_days", persons: int = 3) -> pd.DataFrame:
    months = pd.date_range(start, periods=len(values), freq="MS")
    frame = pd.DataFrame({"site_id": "S01", "month": months, "series": name, "value": values, "persons": persons})
    return shape("accepted_activity", frame)


OPEN_MID_MONTH = """
    site_id  go_live_date
    S01      2022-03-15
"""


def test_persons_of_a_quarter_are_at_least_those_of_its_fullest_month() -> None:
    sent = activity([10.0, 20.0, None, 5.0, 5.0, 5.0]).assign(persons=[3, 4, 1, 2, 2, 2])
    rows = series(made(empty("accepted_referrals"), activity=sent), "bed_days", "quarter")
    assert rows["persons"].tolist() == [4, 2], "the same women may come again, so they are not added up"
    assert rows["value"].tolist()[1] == 15 and pd.isna(rows["value"].tolist()[0]), "a quarter that lacks a month has no value"


def test_the_month_in_which_a_service_opens_is_neither_before_nor_after() -> None:
    values = [300.0 + 7 * (i % 5) - 40 * (i >= 26) for i in range(60)]
    values[26] = 9999.0
    row = made(empty("accepted_referrals"), activity=activity(values), service=service(OPEN_MID_MONTH))["interrupted"].iloc[0]
    assert (row["k_months_before"], row["k_months_after"]) == (26, 33)
    assert -2 < row["level"] < -0.5, "some 40 days a month are 1.3 a day; the odd month has no part in it"
    whole = service(OPEN_MID_MONTH.replace("-15", "-01"))
    row = made(empty("accepted_referrals"), activity=activity(values), service=whole)["interrupted"].iloc[0]
    assert (row["k_months_before"], row["k_months_after"]) == (26, 34)


@pytest.mark.parametrize(
    ("values", "opened", "reason"),
    [
        ([300.0 + i % 3 for i in range(40)], OPEN_MID_MONTH, "fewer than 24 months"),
        ([300.0 + i % 3 for i in range(20)], OPEN_MID_MONTH, "outside the series"),
    ],
)
def test_a_short_series_is_charted_and_not_tested(values: list[float | None], opened: str, reason: str) -> None:
    found = made(empty("accepted_referrals"), activity=activity(values), service=service(opened))
    row = found["interrupted"].iloc[0]
    assert reason in row["reason"]
    assert pd.isna(row["level"])
    assert len(series(found, "bed_days")) == len(values)


def test_small_counts_are_compared_as_ratios_and_other_series_not_at_all() -> None:
    sent = pd.concat([activity([4.0, 6.0, 5.0] * 20), activity([30.0, 31.0, 29.0] * 20, name="consultations")], ignore_index=True)
    found = made(empty("accepted_referrals"), activity=sent, service=service(OPEN_MID_MONTH))
    assert found["interrupted"][["series", "link"]].to_numpy().tolist() == [["bed_days", "log"]]


def test_a_step_at_go_live_has_limits_of_its_own_on_either_side() -> None:
    values = [100.0 + i % 2 for i in range(26)] + [50.0 + i % 2 for i in range(34)]
    rows = series(made(empty("accepted_referrals"), activity=activity(values), service=service(OPEN_MID_MONTH)), "bed_days")
    assert rows["centre"].iloc[[0, -1]].tolist() == [100.5, 50.5]
    assert not rows["rule"].iloc[30:].any()


def test_nothing_gives_empty_tables() -> None:
    found = made(empty("accepted_referrals"), cut=None)
    assert all(frame.empty for frame in found.values())

"""What services offer: the latest period, the three kinds of no answer, bands of staff, and types that are more than chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.stages.describe import BINARY, services, staff_band
from pipeline.stages.describe_outcomes import subgroups
from pipeline.stats.partition import adjusted_rand
from pipeline.synthetic.services import draw_services
from pipeline.tables import empty, schemas, shape
from tests.unit.drawn import drawn

pytestmark = pytest.mark.filterwarnings("error")


def described(text: str, *, returned: tuple[str, ...] = (), seed: int = 1) -> dict[str, pd.DataFrame]:
    rows = shape("service", drawn(text)) if text else empty("service")
    quality = shape("quality", pd.DataFrame({"site_id": list(returned), "table": "outcomes", "status": "read"}))
    found = services(rows, quality if returned else empty("quality"), seed)
    for name, table in found.items():
        schemas()[name].validate(table)
    return found


def answers(found: dict[str, pd.DataFrame], component: str) -> dict[str, str]:
    mine = found["components"][found["components"]["component"] == component]
    return dict(zip(mine["site_id"], mine["value"], strict=True))


def test_the_latest_period_counts_and_of_it_the_last_version() -> None:
    found = described("""
        site_id  period_end  return_version  emdr  wave
        S01      2026-03-31  1               n     FF
        S01      2026-03-31  2               y     FF
        S01      2025-03-31  3               n     FF
        S02      -           -               n     EI
        S02      2025-03-31  1               y     EI
    """)
    assert answers(found, "emdr") == {"S01": "y", "S02": "y"}


def test_kinds_of_no_answer_stay_apart() -> None:
    found = described(
        """
        site_id  period_end  go_live_date  emdr  cbt
        S01      2026-03-31  2024-01-01    -     y
        S02      2026-03-31  2026-06-01    y     y
        """,
        returned=("S01", "S02", "S03"),
    )
    assert answers(found, "emdr") == {"S01": "not_recorded", "S02": "not_open_yet", "S03": "not_returned"}
    counts = found["component_counts"].set_index("component").loc["cbt"]
    assert [counts[f"k_{name}"] for name in ("with", "without", "not_recorded", "not_open_yet", "not_returned")] == [
        1,
        0,
        0,
        1,
        1,
    ]
    status = found["site_types"].set_index("site_id")["status"]
    assert status.to_dict() == {"S01": "not_recorded", "S02": "not_open_yet", "S03": "not_returned"}


def test_staff_leave_in_bands_and_none_stands_apart() -> None:
    assert [staff_band(wte) for wte in (0, 0.1, 0.9, 1, 1.9, 2, 4.9, 5, 30)] == [
        *("none", "under_1", "under_1", "1_to_2", "1_to_2", "2_to_5", "2_to_5", "5_and_more", "5_and_more")
    ]
    found = described("""
        site_id  wte_psychology  wte_peer_support  cbt
        S01      3.7             0                 y
        S02      -               0.4               y
    """)
    assert answers(found, "wte_psychology") == {"S01": "2_to_5", "S02": "not_recorded"}
    assert answers(found, "wte_peer_support") == {"S01": "none", "S02": "under_1"}
    assert not found["components"]["value"].str.contains(r"\.").any()


def test_a_blank_time_limit_is_none_only_where_the_service_says_anything_of_its_features() -> None:
    found = described("""
        site_id  time_limit_months  joint_provider  cbt
        S01      12                 y               y
        S02      -                  n               y
        S03      -                  -               y
    """)
    assert answers(found, "time_limit_months") == {"S01": "12", "S02": "no_limit", "S03": "not_recorded"}


def test_without_a_description_nothing_is_said() -> None:
    found = described("", returned=("S01",))
    assert all(table.empty for table in found.values())


def study_of_types(seed: int, *, sharp: float, sites: int = 30, types: int = 3) -> tuple[pd.DataFrame, Any]:
    """A study of its own with planted types of service; `sharp` 0.5 is noise."""
    stream = np.random.default_rng([20261122, seed])
    truth = np.arange(sites) % types
    profile = np.arange(len(BINARY)) % types == np.arange(types)[:, None]
    kept = stream.random((sites, len(BINARY))) < sharp
    has = np.where(kept, profile[truth], ~profile[truth])
    table = pd.DataFrame(np.where(has, "y", "n"), columns=list(BINARY))
    return table.assign(site_id=[f"S{number:02d}" for number in range(1, sites + 1)]), truth


def test_planted_types_are_found_named_by_size_and_described_by_what_sets_them_apart() -> None:
    table, truth = study_of_types(1, sharp=0.9)
    found = services(shape("service", table), empty("quality"), 1)
    whole = found["typology"].set_index("type").loc["ALL"]
    assert (whole["verdict"], whole["k_types"], whole["k_sites"]) == ("stable", 3, 30)
    assert whole["p_value"] <= 0.01
    assert adjusted_rand(found["site_types"]["type"].map({"A": 0, "B": 1, "C": 2}), truth) > 0.85
    sizes = found["site_types"]["type"].value_counts()
    assert sizes["A"] >= sizes["B"] >= sizes["C"]
    profiles = found["type_profiles"]
    telling = profiles[profiles["is_telling"].astype(bool)]
    assert set(telling["type"]) == {"A", "B", "C"}
    assert (telling.groupby("type").size() <= 5).all()
    assert ((telling["share"] - telling["share_others"]).abs() >= 0.5).all()
    assert (telling["share"] > telling["share_others"]).all(), "each planted type is what it has"


def test_names_of_types_do_not_depend_on_the_order_of_rows() -> None:
    table, _ = study_of_types(2, sharp=0.9)
    one, other = (services(shape("service", rows), empty("quality"), 1) for rows in (table, table[::-1]))
    for name, made in one.items():
        pd.testing.assert_frame_equal(made, other[name])


def test_components_that_were_drawn_apart_give_no_types() -> None:
    table, _ = study_of_types(3, sharp=0.5)
    found = services(shape("service", table), empty("quality"), 1)
    whole = found["typology"]
    assert whole["type"].tolist() == ["ALL"]
    assert whole["verdict"].tolist() == ["none"]
    assert whole["reason"].tolist() == ["chance"]
    assert found["site_types"]["type"].isna().all()
    assert set(found["site_types"]["status"]) == {"no_types"}
    assert found["type_profiles"].empty


@pytest.mark.parametrize("sites", [11, 4])
def test_few_services_have_no_types(sites: int) -> None:
    table, _ = study_of_types(1, sharp=1.0, sites=sites, types=2)
    found = services(shape("service", table), empty("quality"), 1)
    whole = found["typology"]
    assert (whole["verdict"].tolist(), whole["reason"].tolist()) == (["none"], ["few_units"])
    assert (found["site_types"]["status"] == "no_types").all(), "they answered, and are no gap in the data"


def test_services_that_hardly_answer_are_not_grouped() -> None:
    table, _ = study_of_types(1, sharp=0.95)
    table.loc[0, list(BINARY)[: len(BINARY) // 2 + 1]] = None
    sites = services(shape("service", table), empty("quality"), 1)["site_types"].set_index("site_id")
    assert (sites.loc["S01", "status"], bool(sites.loc["S01", "is_used"])) == ("not_recorded", False)
    assert (sites["status"] == "shown").sum() == 29


def women(n_by_site: dict[str, int], pathway: str, intervention: str | None, gain: float, start: int = 0) -> pd.DataFrame:
    stream = np.random.default_rng(start + 1)
    parts = []
    for site, n in n_by_site.items():
        ids = [f"R{start + number:04d}" for number in range(n)]
        improvement = gain + stream.normal(0, 8, n).round()
        parts.append(pd.DataFrame({"site_id": site, "referral_id": ids, "pre": 50.0, "improvement": improvement}))
    return pd.concat(parts).assign(pathway=pathway, intervention=intervention, measure="pcl5", first_referral=True)


def tables_of(*groups: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    whole = pd.concat(groups, ignore_index=True)
    return shape("change", whole), shape("accepted_referrals", whole)


def test_a_woman_is_in_one_group_of_a_dimension() -> None:
    six = {f"S{number:02d}": 12 for number in range(1, 7)}
    change, referrals = tables_of(
        women(six, "birth_trauma", "emdr", 15),
        women(six, "tokophobia;birth_trauma", "emdr;cbt", 9, 100),
        women(six, "tokophobia", None, 5, 200),
    )
    again = change.head(5).assign(first_referral=False)
    found = subgroups(pd.concat([change, again]), referrals, {"pcl5": None})  # type: ignore[dict-item]  # names alone are used
    whole = found[found["site_id"] == "ALL"].set_index(["dimension", "group"])
    assert whole["n"].to_dict() == {
        ("pathway", "birth_trauma"): 72,
        ("pathway", "tokophobia"): 72,
        ("pathway", "several"): 72,
        ("intervention", "emdr"): 72,
        ("intervention", "several"): 72,
        ("intervention", "not_recorded"): 72,
    }
    row = whole.loc[("pathway", "birth_trauma")]
    assert row["low"] < 15 < row["high"]
    assert row["k_sites"] == 6


def test_few_sites_give_a_mean_without_limits() -> None:
    change, referrals = tables_of(women({"S01": 20, "S02": 30, "S03": 25}, "birth_trauma", "emdr", 15))
    found = subgroups(change, referrals, {"pcl5": None})  # type: ignore[dict-item]  # names alone are used
    row = found[(found["site_id"] == "ALL") & (found["dimension"] == "pathway")].iloc[0]
    assert row["mean_improvement"] == pytest.approx(change["improvement"].mean())
    assert np.isnan(row["low"])


def test_the_rehearsal_has_no_types_since_its_services_were_drawn_part_by_part() -> None:
    """Five rehearsals: by chance alone one in twenty would be called patterned."""
    verdicts = []
    for seed in range(5):
        drawn_ones = draw_services(np.random.default_rng(seed), sites=30, women=9000)
        offers = [
            {name: "y" if each.offers.get(name, each.contexts.get(name)) else "n" for name in BINARY} for each in drawn_ones
        ]
        table = pd.DataFrame(offers).assign(site_id=[each.site_id for each in drawn_ones])
        whole = services(shape("service", table), empty("quality"), seed)["typology"]
        verdicts.append(whole["verdict"].iloc[0])
    assert verdicts.count("none") >= 4

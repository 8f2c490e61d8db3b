"""Who referred a woman: national codes in the groups of the national dashboard, and no answer apart."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import codes
from pipeline.stages.access_equity import DIMENSIONS, OTHER_SOURCE, SOURCES, equity_of

pytestmark = pytest.mark.filterwarnings("error")
NO_RATES = pd.DataFrame(columns=["dimension", "group", "n"])


def counted(sources: list[str | None], sites: list[str] | None = None) -> dict[str, int]:
    women = pd.DataFrame({"referral_source": sources, "site_id": sites or ["S01"] * len(sources)}).assign(
        person=[f"P{number}" for number in range(len(sources))],
        referral_id=[f"R{number}" for number in range(len(sources))],
        referral_date=pd.Timestamp("2026-01-05"),
        accepted="y",
        treated=pd.NaT,
        **dict.fromkeys(("pathway", "perinatal_stage", "age_band", "ethnic_category"), pd.Series(dtype="str")),
        imd_decile=pd.Series(dtype="Int64"),
    )
    found = equity_of(women, NO_RATES)
    mine = found[(found["dimension"] == "referral_source") & (found["site_id"] == "ALL")]
    return dict(zip(mine["group"], mine["n_referred"], strict=True))


def test_codes_are_grouped_as_the_national_dashboard_has_them() -> None:
    assert counted(["A1", "A2", "A3", "A4", "P1", "H2", "B1", "B2", "G3"]) == {
        "general_practice": 1,
        "health_visiting": 1,
        "other_primary_care": 1,
        "maternity": 1,
        "secondary_care": 2,
        "self": 2,
        "other_source": 1,
    }


def test_a_blank_and_a_column_that_was_not_sent_stay_apart() -> None:
    assert counted(["A4", None, None], ["S01", "S01", "S02"]) == {"maternity": 1, "not_recorded": 1, "not_sent": 1}


def test_every_code_has_a_group_and_every_group_a_code() -> None:
    grouped = {SOURCES.get(code, OTHER_SOURCE) for code in codes.REFERRAL_SOURCES}
    assert grouped == set(DIMENSIONS["referral_source"])
    assert set(SOURCES) <= set(codes.REFERRAL_SOURCES)

"""Small invented studies for tests of the verdicts: sites and women with a planted difference."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import AccessSettings, CompareSettings
from pipeline.measures import load
from pipeline.stages.appraise import Records
from pipeline.tables import empty, shape
from pipeline.theories import Theory

CUT = pd.Timestamp("2026-06-30")


def theory(number: int = 1, **more: Any) -> Theory:
    """A theory on peer support and improvement by 3 points, but for what is given."""
    facts = {
        "id": f"CMO-{number:02d}",
        "title": "A theory",
        "context": {"variable": "service.peer_support", "is": "y"},
        "mechanism": {"says": "Something happens."},
        "outcome": {"variable": "change.pcl5", "expected": "larger_improvement"},
        "smallest_difference": {"value": 3},
        "would_count_against": "Nothing differs.",
        "registered": datetime.date(2026, 1, 5),
        "sources": ("invented",),
    }
    return Theory.model_validate({**facts, **more})


def referrals(k: int, n: int, **columns: Any) -> pd.DataFrame:
    """`n` referrals at each of `k` sites, alike but for the columns that are given."""
    table = pd.DataFrame({"site_id": np.repeat([f"S{s + 1:02d}" for s in range(k)], n)})
    table["referral_id"] = [f"R{at:04d}" for at in range(len(table))]
    table = table.assign(person_id=table["referral_id"], accepted="y", pathway="birth_trauma", age_band="25_29", imd_decile=5)
    return table.assign(**columns)


def pairs(sent: pd.DataFrame, *, pre: Any, improvement: Any, **columns: Any) -> pd.DataFrame:
    """A pair of PCL-5 scores for every referral."""
    table = sent[["site_id", "referral_id", "person_id"]].assign(measure="pcl5", pre=pre, improvement=improvement)
    table["post"] = table["pre"] - table["improvement"]
    return shape("change", table.assign(first_referral=True, **{"class": "not_classified"}, **columns))


def services(k: int, **columns: Any) -> pd.DataFrame:
    """A row a site; each column as a word of y, n and -, one letter a site, or as values."""
    table = {"site_id": [f"S{s + 1:02d}" for s in range(k)], "period_end": CUT}
    for name, given in columns.items():
        is_word = isinstance(given, str) and len(given) == k
        table[name] = [None if letter == "-" else letter for letter in given] if is_word else given
    return shape("accepted_service", pd.DataFrame(table))


def records(sent: pd.DataFrame, **tables: Any) -> Records:
    """Records of the study, each table empty that is not given."""
    names = {"change": "change", "due": "due", "contacts": "accepted_contacts", "experience": "accepted_experience"}
    given = {name: tables.get(name, empty(schema)) for name, schema in names.items()}
    return Records(
        **given,
        referrals=shape("accepted_referrals", sent),
        measures={"pcl5": load()["pcl5"]},
        compare=CompareSettings(min_pairs=tables.get("min_pairs", 10)),
        access=AccessSettings(),
        data_cut=CUT,
    )

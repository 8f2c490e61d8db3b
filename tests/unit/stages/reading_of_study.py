"""What all open tables of a study say, put together; and what is not read, with the reason."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.unit.stages.adversary import Reader
from tests.unit.stages.reading_of_access import read_equity, read_referrals, read_waits
from tests.unit.stages.reading_of_all import Opened, Tables
from tests.unit.stages.reading_of_change import read_change
from tests.unit.stages.reading_of_groups import read_groups
from tests.unit.stages.reading_of_voices import read_voices

_WITHIN = {"experience": "experience", "staff": "staff", "training": "training"}
_LIMITS = "limits of a share, of rounded counts or of a model that lets sites differ, in whole per cent"
_EXPECTED = "expected by a model of the measure, and not counted"
NOT_READ = {
    **{("open_classes", f"share_{end}_pct"): _LIMITS for end in ("low", "high")},
    **{("open_recovery", f"share_{end}_pct"): _LIMITS for end in ("low", "high")},
    **{("open_answers", f"share_{end}_pct"): _LIMITS for end in ("low", "high")},
    **{("open_survey", f"share_{end}_pct"): _LIMITS for end in ("low", "high")},
    **{("open_equity", f"treated_{end}_pct"): _LIMITS for end in ("low", "high")},
    **{("open_thresholds", f"{end}_pct"): _LIMITS for end in ("low", "high")},
    **{
        ("open_waits", f"{kind}_{end}_pct"): "limits of a share: of a site they are taken to tell how many waited, which is read"
        for kind in ("seen", "left")
        for end in ("low", "high")
    },
    ("open_thresholds", "twin_pct"): _EXPECTED,
    ("open_twin", "improved_pct"): _EXPECTED,
    ("open_twin", "deteriorated_pct"): _EXPECTED,
    ("open_type_profiles", "share_pct"): "a share of services",
    ("open_type_profiles", "share_others_pct"): "a share of services",
    ("open_decisions", "n"): "cells of returns that were decided on",
    ("open_funnel_limits", "n"): "sizes that any site could have",
    ("open_false_alarms", "minimum"): "a choice of the policy",
    ("open_false_alarms", "level_pct"): "a choice of the policy",
}
"""Columns of open tables that hold counts or percentages and are not read, and why."""


def read_all(exact: Tables, opened: Opened, theories: Any = None) -> Reader:
    """Everything on women who were referred, by measure too, and on people who answered. `theories`: by name."""
    reader = Reader()
    read_referrals(reader, exact, opened)
    read_equity(reader, exact["equity"], opened)
    read_waits(reader, exact["waits"], opened)
    for measure in dict.fromkeys(exact["site_effects"]["measure"]):
        paired = read_change(reader, measure, exact, opened)
        read_groups(reader, measure, exact, paired, opened)
    read_voices(reader, exact, opened)
    _theories(reader, exact["theory_sites"], opened, theories or {})
    return reader


def _theories(reader: Reader, sites: pd.DataFrame, opened: Opened, theories: Any) -> None:
    """Sides of contrasts, at every site that stands on one: women or people who are among those counted there."""
    for name, rows in sites[sites["is_used"].fillna(value=False).astype(bool)].groupby("theory_id"):
        theory = theories[name]
        has_it = rows["has_context"].fillna(value=False).astype(bool)
        for side in ("with", "without"):
            n = opened.figure("open_theories", f"n_women_{side}", theory_id=name)
            here = rows[f"n_{side}"].fillna(0)
            if theory.context.is_of_sites:
                mine, here = rows[has_it == (side == "with")], rows["n"].fillna(0)
            else:
                mine = rows
            cells = [reader.cell((str(s), str(name), side), here[at]) for at, s in zip(mine.index, mine["site_id"], strict=True)]
            reader.sees(f"{name} {side}", cells, n)
            for cell in cells:
                reader.holds(_whom(reader, cell[0], theory.outcome), [cell])
                if theory.outcome.kind == "change" and theory.context.is_of_sites and theory.population is None:
                    reader.same(_whom(reader, cell[0], theory.outcome), [cell])


def _whom(reader: Reader, site: str, outcome: Any) -> list[Any]:
    """The cells of a site of which a theory's women or people are a part."""
    if outcome.kind in _WITHIN:
        wanted: list[Any] = [(site, _WITHIN[outcome.kind], "answered")]
    elif outcome.kind == "wait":
        wanted = [(site, "people", "women")]
    elif outcome.kind == "retention":
        wanted = [(site, outcome.measure, part) for part in ("due, with both", "due, without")]
    else:
        wanted = [c for c in reader.here.get((site, outcome.measure), ()) if c[2] in ("change", "paired")]
    return [cell for cell in wanted if cell in reader.truth]

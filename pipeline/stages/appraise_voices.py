"""Outcomes of services that are told by people and not by scores of women: experience, change in staff, change after training."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.stages.appraise_sites import EFFECTS, Finding, contrast_of_sites
from pipeline.stats.interval import t_interval
from pipeline.stats.proportion import wilson
from pipeline.stats.small_sites import pool_small_sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame, Series

    from pipeline.theories import Theory

FEWEST = 5
"""People whom a site needs to count as one: its error rests on the spread of all sites, so that few are enough."""
NOTES = {
    "experience": "the numbers are of answers on experience, not adjusted for who answered",
    "staff": "the numbers are of staff asked twice, not of women, and not adjusted",
    "training": "the numbers are of people asked before and after training, not of women, and not adjusted",
}
NOT_ASKED = "no site returned answers to it"


def contrast_of_voices(theory: Theory, voices: Mapping[str, DataFrame], has_context: Series[Any]) -> Finding:
    """Hold the sites with a context against those without it, by what people there say.

    There is nothing to adjust by, so that the contrast beside the crude one is the same; the note says so.
    """
    effects = effects_of_voices(theory, voices)
    found = contrast_of_sites(theory, effects, has_context)
    lacks = NOT_ASKED if effects.empty else found.lacks
    return dataclasses.replace(found, lacks=lacks, note=NOTES[theory.outcome.kind])


def effects_of_voices(theory: Theory, voices: Mapping[str, DataFrame]) -> DataFrame:
    """By site the people (`n`), the share of positive answers or the mean change (`effect`), and its error (`se`).

    Change is of people asked twice, before and after. The error of a mean change at a site of fewer than ten people rests on
    the spread within all sites, that of a share on the share of all sites together; sites of fewer than `FEWEST` people are
    not compared.
    """
    import pandas as pd

    instrument, part = theory.outcome.asked
    is_experience = theory.outcome.kind == "experience"
    told = voices.get("experience_summary" if is_experience else f"{theory.outcome.kind}_change")
    table = pd.DataFrame() if told is None else (_positive if is_experience else _changed)(told, instrument, part)
    if table.empty:
        return pd.DataFrame({name: pd.Series(dtype="object" if name in ("site_id", "grain") else "float64") for name in EFFECTS})
    is_pooled = (table["n"] >= FEWEST) & (table["se"] > 0)
    found = table.assign(grain="record", is_pooled=is_pooled.astype("boolean"), adjusted=table["effect"], se_adjusted=table["se"])
    return found[EFFECTS]


def _positive(answers: DataFrame, instrument: str, question: str) -> DataFrame:
    mine = _of_sites(answers[(answers["instrument"] == instrument) & (answers["question"] == question)])
    rows = mine[mine["part"] == "positive"].groupby("site_id")[["n", "n_answered"]].first()
    rows = rows[rows["n_answered"] > 0].astype("float64")
    if rows.empty:
        return rows
    found = wilson(rows["n"].to_numpy(), rows["n_answered"].to_numpy())
    share = float(rows["n"].sum() / rows["n_answered"].sum())
    errors = np.sqrt(share * (1 - share) / rows["n_answered"])
    table = rows.assign(n=rows["n_answered"], effect=found.estimate, se=errors, low=found.low, high=found.high)
    return table.assign(mean_pre=np.nan, sd_pre=np.nan).reset_index()


def _changed(change: DataFrame, instrument: str, construct: str) -> DataFrame:
    is_it = (change["instrument"] == instrument) & (change["construct"] == construct)
    mine = _of_sites(change[is_it & (change["comparison"] == "paired") & (change["occasion"] == "after")])
    mine = mine[mine["change"].notna()].sort_values("site_id", ignore_index=True)
    if mine.empty:
        return mine
    n = mine["n_after"].to_numpy(dtype="float64")
    one = np.ones(len(n))
    half = t_interval(0 * one, one, n)[1]  # of an error of one
    spread = (mine["high"] - mine["low"]).to_numpy(dtype="float64") / 2 / half * np.sqrt(n)
    pooled = pool_small_sites(n, mine["change"].to_numpy(), spread)
    table = mine.rename(columns={"change": "effect", "mean_before": "mean_pre", "sd_before": "sd_pre"})
    return table.assign(n=n, se=pooled.se, low=pooled.low, high=pooled.high)


def _of_sites(rows: DataFrame) -> DataFrame:
    return rows[~rows["site_id"].isin(["ALL", "ENTERING"])]

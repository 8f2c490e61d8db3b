"""Sentences on what surrounds a pooled mean: for a finding that is shown, for one that is not, and the form of its number."""

from __future__ import annotations

from typing import Literal

Form = Literal["count", "tally", "points", "percent", "hundredths", "plain", "range", "sites", "theories"]
"""How the number of a sentence is printed."""
NUMBERS: dict[str, tuple[str, str, Form]] = {
    "missing.imputed": (
        "With second scores imputed for the women without one, the mean improvement on {measure} is {value} points{limits}.",
        "No mean with imputed second scores is given for {measure}: {why}.",
        "points",
    ),
    "missing.complete": (
        "Over the same sites, women with both scores on {measure} improved by {value} points.",
        "The mean of women with both scores over just these sites is not given for {measure}: {why}.",
        "points",
    ),
    "missing.tenth_percentile": (
        "Had each of them improved by only as much as nine in ten of the others at least did, it would be about {value} points.",
        "What it would be had every woman without a second score improved little is not given for {measure}: {why}.",
        "count",
    ),
    "missing.no_change": (
        "Had none of the women without a second score changed, the mean on {measure} would be about {value} points.",
        "What the mean on {measure} would be had none of the women without a second score changed is not given: {why}.",
        "count",
    ),
    "missing.ninetieth_percentile": (
        "Had each of them improved by as much as only one in ten of the others did, it would be about {value} points.",
        "What it would be had every woman without a second score improved much is not given for {measure}: {why}.",
        "count",
    ),
    "missing.site_no_change": (
        "Had none of the women here without a second score changed, the mean on {measure} here would be about {value} points.",
        "What women without a second score could mean here on {measure} is not given in numbers: {why}.",
        "count",
    ),
    "missing.no_effect": (
        "The finding of an improvement on {measure} holds unless women without a second score did {value} points worse than "
        "similar women with a second score.",
        "No point is given at which women without a second score would turn the finding of an improvement on {measure}: {why}.",
        "points",
    ),
    "missing.too_small": (
        "The mean on {measure} would fall below the smallest important change if they did {value} points worse than similar "
        "women with a second score.",
        "No point is given at which the mean on {measure} would fall below the smallest important change: {why}.",
        "points",
    ),
    "completion.case_pct": (
        "Of the women whose first score on {measure} lay at or beyond the clinical cut-off, {value} have a second one.",
        "How many of the women at or beyond the clinical cut-off on {measure} have a second score is not given: {why}.",
        "percent",
    ),
    "completion.not_case_pct": (
        "Of the women whose first score on {measure} did not reach the clinical cut-off, {value} have a second one.",
        "How many of the women short of the clinical cut-off on {measure} have a second score is not given: {why}.",
        "percent",
    ),
    "completion.low_third_pct": (
        "Of the third of the women with the least severe first scores on {measure}, {value} have a second one.",
        "How many of the women with the least severe first scores on {measure} have a second one is not given: {why}.",
        "percent",
    ),
    "completion.middle_third_pct": (
        "Of the middle third by first score on {measure}, {value} have a second one.",
        "How many of the middle third by first score on {measure} have a second one is not given: {why}.",
        "percent",
    ),
    "completion.high_third_pct": (
        "Of the third of the women with the severest first scores on {measure}, {value} have a second one.",
        "How many of the women with the severest first scores on {measure} have a second one is not given: {why}.",
        "percent",
    ),
    "timing.median_days": (
        "Half of the women with both scores on {measure} gave the first one at least {value} days before treatment began.",
        "How long before treatment women gave their first score on {measure} is not given: {why}.",
        "count",
    ),
    "recovery.recovered_pct": (
        "Of the women at or beyond the clinical cut-off on {measure} before, {value} were no longer so at their last "
        "score{over_sites}.",
        "How many of the women at or beyond the clinical cut-off on {measure} recovered is not given: {why}.",
        "percent",
    ),
    "recovery.reliably_recovered_pct": (
        "Of the same women {value} crossed it and improved reliably as well{over_sites}.",
        "How many of them recovered and improved reliably is not given for {measure}: {why}.",
        "percent",
    ),
    "balance.first_score": (
        "In first scores on {measure}, women with a second score and women without one differ by {value} standard deviations.",
        "How women with and without a second score on {measure} differed in first scores is not given: {why}.",
        "hundredths",
    ),
    "twin.expected": (
        "Regression to the mean alone would give an improvement of {value} points on {measure}.",
        "What regression to the mean alone would give on {measure} is not given as one number: {why}.",
        "points",
    ),
    "twin.expected_range": (
        "Over the means that were tried it would give between {range} points on {measure}.",
        "What regression to the mean alone would give on {measure} is not given: {why}.",
        "range",
    ),
    "sensitivity.one_site_left_out": (
        "Whichever site is left out, the pooled mean on {measure} stays between {range} points.",
        "What leaving out one site would do to the pooled mean on {measure} is not given: {why}.",
        "range",
    ),
}

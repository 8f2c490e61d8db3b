"""Sentences on voices: for a finding that is shown, for one that is not, and the form of its number."""

from __future__ import annotations

from pipeline.report.sentences_numbers import Form

VOICES: dict[str, tuple[str, str, Form]] = {
    "voices.people": (
        "{what}: about {value} people at {sites}.",
        "{what}: how many people answered is not given, since {why}.",
        "count",
    ),
    "voices.positive_pct": (
        "On {question}, {value} of those who answered gave a positive answer{limits}.",
        "The share of positive answers on {question} is not given: {why}.",
        "percent",
    ),
    "voices.share_pct": (
        "Option {option} was ticked by {value}{limits}.",
        "How many ticked option {option} is not given: {why}.",
        "percent",
    ),
    "voices.change": (
        "Asked before and after, the same people changed on {construct} by {value} points{limits}; above nought is better.",
        "How the same people changed on {construct} is not given: {why}.",
        "hundredths",
    ),
    "voices.cohorts": (
        "People asked only after stand {value} points beyond other people, asked only before, on {construct}{limits}.",
        "How people asked only after stand beside others asked only before on {construct} is not given: {why}.",
        "hundredths",
    ),
    "voices.score": (
        "The mean score on {construct} was {value}{limits}.",
        "The mean score on {construct} is not given: {why}.",
        "hundredths",
    ),
}

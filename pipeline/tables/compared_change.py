"""Exact tables of change over all sites: sizes of change, who has a second score by the first, theories with imputed scores."""

from pipeline.tables.columns import POINTS, Column, code, counts, limits, number, table, text, whole
from pipeline.tables.returned import MEASURE, SITE

BANDS = ("not_case", "case", "low_third", "middle_third", "high_third")
"""By the first score: on this side of the sourced cut-off or at or beyond it; else thirds from the least severe."""


def _size(name: str, title: str, unit: str, *, also: tuple[str, str] | None = None) -> dict[str, Column]:
    """A size with its printed limits; `also`: the ending and the words of others, which are kept beside them."""
    ends = {f"{name}_{end}": number(f"{title}: {word} 95 % limit", unit=unit) for end, word in _ENDS.items()}
    if also:
        others = {f"{name}_{end}_{also[0]}": f"{title}: {word} 95 % limit, {also[1]}" for end, word in _ENDS.items()}
        ends |= {each: number(words, "Not printed", unit=unit) for each, words in others.items()}
    return {name: number(title, unit=unit), **ends}


_ENDS = {"low": "lower", "high": "upper"}
_QUARTILES = ("lower", "median", "upper")
_effect_sizes = {
    "measure": MEASURE,
    "n": whole("Women with both scores", unit="women", needed=True),
    "r": number("Correlation of first and last score"),
    **_size("d_z", "Standardised by the SD of change", "SD of change", also=("noncentral", "noncentral t")),
    **_size("d_av", "Standardised by the average SD", "average SD", also=("drawn", "percentile of drawn pairs")),
    **_size(
        *("d_pre", "Standardised by the SD of first scores, bias corrected", "SD of first scores"),
        also=("normal", "normal, Becker"),
    ),
    **_size("hodges_lehmann", "Hodges-Lehmann estimate of improvement", POINTS["unit"]),
    "wilcoxon_p": number("p of Wilcoxon's signed rank test, Pratt's zeros"),
    "rank_method": text("Distribution behind p and the Hodges-Lehmann limits"),
    "reason": text("Reason", "Why a number is missing"),
}
_completion = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for all sites", needed=True),
    "band": code("Band of the first score", BANDS, "By the sourced cut-off where there is one, else thirds", needed=True),
    "cut": number("Clinical cut-off", "Blank for thirds", **POINTS),
    **counts(n_due="Due, with a first score in the band", n_paired="Of these, with both scores"),
}
_timing = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for all sites", needed=True),
    "n": whole("Women with both scores and known dates", unit="women", needed=True),
    **{f"{name}_days": number(f"Days from first score to treatment: {name}", unit="days") for name in _QUARTILES},
}
_theory_imputed = {
    "theory_id": text("Theory", needed=True),
    "method": text("Method", "How the contrast is found in each completed data set", needed=True),
    "complete": number("Contrast of women due with both scores, found in the same way"),
    "estimate": number("Contrast with imputed second scores"),
    "se": number("Standard error"),
    **limits("Contrast with imputed second scores"),
    "df": number("Degrees of freedom, Barnard and Rubin"),
    "fraction_missing": number("Share of information that is missing"),
    "m": whole("Completed data sets", needed=True),
    **counts(n_due="Due, with a first score and a known context", n_paired="Of these, with both scores", n_imputed="Imputed"),
    "reason": text("Reason", "Why there is no number, or who was left out"),
}
_theory_imputed_sites = {
    "theory_id": text("Theory", needed=True),
    "site_id": SITE,
    "side": code("Side", ("with", "without"), "With the context or without it", needed=True),
    **counts(n_paired="With both scores", n_imputed="Imputed"),
}

COMPARED_CHANGE = {
    schema.name: schema
    for schema in (
        table("effect_sizes", "Sizes of change", "One row a measure", _effect_sizes, key=("measure",)),
        table(
            "completion",
            "Second scores by the first",
            "One row a measure, site and band of the first score",
            _completion,
            key=("measure", "site_id", "band"),
        ),
        table("timing", "Days from first score to treatment", "One row a measure and site", _timing, key=("measure", "site_id")),
        table("theory_imputed", "Theories with imputed second scores", "One row a theory", _theory_imputed, key=("theory_id",)),
        table(
            "theory_imputed_sites",
            "Women behind theories with imputed second scores",
            "One row a theory, site and side",
            _theory_imputed_sites,
            key=("theory_id", "site_id", "side"),
        ),
    )
}

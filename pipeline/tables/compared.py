"""Tables of numbers over sites, exact: what sites are compared by, how sure it is, who waits, and what happens by month."""

from pipeline import codes
from pipeline.tables.columns import POINTS, Column, code, counts, flag, limits, number, table, text, whole
from pipeline.tables.returned import MEASURE, REFERRAL, SITE

_due = {
    "site_id": SITE,
    "referral_id": REFERRAL,
    "person_id": text("Person"),
    "measure": MEASURE,
    "pre": number("First score", needed=True, **POINTS),
    "post": number("Last score", "Blank where there is none", **POINTS),
    "improvement": number("Improvement", "Positive always means better", **POINTS),
}

_imputed = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for the pool over sites", needed=True),
    **counts(n_due="Due, with a first score", n_paired="With both scores", n_imputed="With an imputed second score"),
    "m": whole("Completed data sets", needed=True),
    "complete": number("Mean improvement of those with both scores", **POINTS),
    "estimate": number("Mean improvement with imputed scores", **POINTS),
    "se": number("Standard error", **POINTS),
    **limits("Mean improvement with imputed scores"),
    "df": number("Degrees of freedom"),
    "fraction_missing": number("Share of information that is missing"),
    "tau2": number("Variance between sites", unit="points squared"),
    **{
        f"tau2_{name}": number(f"Variance between sites: {word} over completed data sets", unit="points squared")
        for name, word in (("median", "median"), ("low", "least"), ("high", "greatest"))
    },
    "reason": text("Reason", "Why there is no number, or who was left out"),
}

_scenarios = {
    "measure": MEASURE,
    "site_id": text("Site", "ALL for the pool over sites", needed=True),
    "scenario": text("Scenario", needed=True),
    "fill": number("Improvement in place of every missing one", **POINTS),
    "estimate": number("Mean improvement", **POINTS),
    "reason": text("Reason", "Why there is no number"),
}

_tipping = {
    "measure": MEASURE,
    "question": code("Question", ("no_effect", "too_small"), needed=True),
    "delta": number("Points worse than similar women with a second score", **POINTS),
    "status": text("Status", needed=True),
    "smallest_important": number("Smallest important change", **POINTS),
    "reason": text("Reason"),
}

_balance = {
    "measure": MEASURE,
    "characteristic": text("Characteristic when she came", needed=True),
    **counts(n_paired="With a second score", n_unpaired="Without one"),
    "mean_paired": number("Mean or share of those with a second score"),
    "mean_unpaired": number("Mean or share of those without one"),
    "difference": number("Standardised difference", unit="average SD"),
    "low": number("Standardised difference: lower 95 % limit"),
    "high": number("Standardised difference: upper 95 % limit"),
    "reason": text("Reason"),
}

_site_effects = {
    "measure": MEASURE,
    "site_id": SITE,
    "grain": code("Grain", ("record", "aggregate"), needed=True),
    **counts(n_eligible="Due", n_pre="With a first score", n_paired="With both scores"),
    "mean_pre": number("Mean first score", **POINTS),
    "sd_pre": number("SD of first scores", **POINTS),
    "mean_post": number("Mean last score", **POINTS),
    "sd_post": number("SD of last scores", **POINTS),
    "r": number("Correlation of first and last score"),
    "mean_improvement": number("Mean improvement", **POINTS),
    "se": number("Standard error of the mean improvement", **POINTS),
    **limits("Mean improvement"),
    "d_z": number("Standardised by the SD of change", unit="SD of change"),
    "d_av": number("Standardised by the average SD", unit="average SD"),
    "d_pre": number("Standardised by the SD of first scores, bias corrected", unit="SD of first scores"),
    "shrunken": number("Shrunken estimate", "Best linear unbiased prediction", **POINTS),
    "shrunken_low": number("Shrunken estimate: lower 95 % limit", **POINTS),
    "shrunken_high": number("Shrunken estimate: upper 95 % limit", **POINTS),
    "shrunken_low_averaged": number("Shrunken estimate: lower 95 % limit, no variance taken as known", **POINTS),
    "shrunken_high_averaged": number("Shrunken estimate: upper 95 % limit, no variance taken as known", **POINTS),
    **counts(
        n_reliably_improved="Reliably improved",
        n_no_reliable_change="No reliable change",
        n_reliably_deteriorated="Reliably deteriorated",
        n_case_before="Case before",
        n_recovered="Recovered",
        n_reliably_recovered="Reliably recovered",
    ),
    "is_pooled": flag("Pooled", "Whether the site enters the pooled estimate", needed=True),
    "note": text("Note", "Why a site stays out, or how its error was found"),
}

_pooled_numbers = {
    "k": whole("Sites pooled", needed=True),
    "n": whole("Women pooled", unit="women", needed=True),
    "estimate": number("Pooled mean improvement", **POINTS),
    "se": number("Standard error", **POINTS),
    **limits("Pooled mean improvement, Knapp-Hartung"),
    "low_adhoc": number("Lower limit, Knapp-Hartung never narrower than z", **POINTS),
    "high_adhoc": number("Upper limit, Knapp-Hartung never narrower than z", **POINTS),
    "tau2": number("Variance between sites", unit="points squared"),
    "tau2_low": number("Variance between sites: lower Q-profile limit", unit="points squared"),
    "tau2_high": number("Variance between sites: upper Q-profile limit", unit="points squared"),
    "i2": number("I squared", unit="percent"),
    "h2": number("H squared"),
    "q": number("Cochran's Q"),
    "q_df": whole("Degrees of freedom of Q"),
    "q_p": number("p of Q"),
    "pi_low": number("Prediction interval, lower limit", **POINTS),
    "pi_high": number("Prediction interval, upper limit", **POINTS),
    "method": text("Method", needed=True),
}

_matched = {
    "tau2_low_matched": number("Variance between sites: lower limit for errors that are estimated", unit="points squared"),
    "tau2_high_matched": number("Variance between sites: upper limit for errors that are estimated", unit="points squared"),
}

_adjusted = {
    "measure": MEASURE,
    "site_id": SITE,
    "n": whole("Women", unit="women", needed=True),
    "estimate": number("Improvement at the grand mean of first score and case mix", needed=True, **POINTS),
    "se": number("Standard error", needed=True, **POINTS),
    "blup": number("The same by a random-intercept model", "Best linear unbiased prediction", **POINTS),
    "blup_se": number("Its standard error, given the fixed effects", **POINTS),
    "adjusted_for": text("Adjusted for"),
}

_one_stage = {
    "measure": MEASURE,
    "k": whole("Sites", needed=True),
    "n": whole("Women", unit="women", needed=True),
    "estimate": number("Mean improvement by one model over all women", **POINTS),
    "se": number("Standard error", **POINTS),
    "df": number("Degrees of freedom, Satterthwaite"),
    **limits("Mean improvement by one model"),
    "two_stage": number("Mean improvement pooled over sites", **POINTS),
    "low_two_stage": number("Pooled over sites: lower 95 % limit", **POINTS),
    "high_two_stage": number("Pooled over sites: upper 95 % limit", **POINTS),
    "icc": number("Share of the variance of improvement that lies between sites"),
    "variance_site": number("Variance between sites", unit="points squared"),
    "variance_residual": number("Variance within sites", unit="points squared"),
    "agrees": flag("Both ways agree"),
    "statement": text("What is to be said of it", needed=True),
}

_shares = {
    "measure": MEASURE,
    "share": text("Share", needed=True),
    "k": whole("Sites", needed=True),
    "n": whole("Women", unit="women", needed=True),
    "events": whole("Women in the class", unit="women", needed=True),
    "observed": number("Women in the class of all women"),
    "estimate": number("Share over sites"),
    "low": number("Share over sites: lower 95 % limit"),
    "high": number("Share over sites: upper 95 % limit"),
    "median_share": number("Share at a site in the middle"),
    "tau": number("SD between sites", unit="log odds"),
    "reason": text("Reason"),
}


def _funnel_limits() -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, level in (("95", "95 %"), ("998", "99.8 %")):
        for suffix, words in (("", ""), ("_od", ", over-dispersed")):
            columns[f"low_{name}{suffix}"] = number(f"Lower {level} limit{words}")
            columns[f"high_{name}{suffix}"] = number(f"Upper {level} limit{words}")
            columns[f"flag_{name}{suffix}"] = code(f"Beside the {level} limits{words}", codes.FUNNEL_FLAGS)
        columns[f"flag_{name}_exact"] = code(f"Beside the exact binomial {level} limits", codes.FUNNEL_FLAGS)
    return columns


_funnel = {
    "measure": MEASURE,
    "kind": text("Kind", "mean, or the share that is drawn", needed=True),
    "site_id": SITE,
    "n": whole("Women", unit="women", needed=True),
    "value": number("Mean improvement in points, or share"),
    "is_drawn": flag("Drawn", "A site with fewer women than the minimum is listed, not drawn", needed=True),
    **_funnel_limits(),
    "target": number("Where the funnel narrows to"),
    "phi": number("Winsorised mean of squared z-scores"),
    "tau2": number("Variance between sites that widens the over-dispersed limits"),
    "sigma2": number("Variance within sites", unit="points squared"),
    "reason": text("Reason"),
}

_funnel_budget = {
    "measure": MEASURE,
    "kind": text("Kind", needed=True),
    "k_drawn": whole("Sites drawn", needed=True),
    **{
        f"{what}_{name}{suffix}": number(f"{word} {level} limits{words}", unit="sites")
        for name, level in (("95", "the 95 %"), ("998", "the 99.8 %"))
        for suffix, words in (("", ""), ("_od", ", over-dispersed"))
        for what, word in (("expected", "Expected by chance beyond"), ("flagged", "Beyond"))
    },
    "reason": text("Reason"),
}

_strip = {
    "measure": MEASURE,
    "points": number("Threshold", needed=True, **POINTS),
    "is_published": flag("Published", needed=True),
    "improved": number("Share improved by so much"),
    "low": number("Share improved: lower 95 % limit"),
    "high": number("Share improved: upper 95 % limit"),
    "deteriorated": number("Share deteriorated by so much"),
    "twin": number("Share improved by regression to the mean alone"),
}

_strip_verdicts = {
    "measure": MEASURE,
    "n": whole("Women", unit="women", needed=True),
    "verdict": text("Verdict", needed=True),
    "reason": text("Reason"),
}

_twin = {
    "measure": MEASURE,
    "is_sourced": flag("Population sourced", needed=True),
    "population_mean": number("Mean of the unselected population", **POINTS),
    "retest": number("Test-retest correlation"),
    "observed": number("Mean improvement seen", **POINTS),
    "expected": number("Mean improvement by regression to the mean alone", **POINTS),
    "improved": number("Share improved by regression to the mean alone"),
    "deteriorated": number("Share deteriorated by regression to the mean alone"),
    "reason": text("Reason"),
}

_methods = {
    "measure": MEASURE,
    "method": text("Method of reliable change", needed=True),
    "class": code("Class", codes.CHANGE_CLASSES, needed=True),
    "n": whole("Women", unit="women", needed=True),
    "reliability": number("Reliability used"),
    "reason": text("Reason"),
}

COMPARED = {
    schema.name: schema
    for schema in (
        table(
            "due",
            "Women due a second score",
            "One row a woman and measure, with a first score",
            _due,
            key=("site_id", "measure", "person_id"),
        ),
        table("imputed", "Imputed second scores", "One row a measure and site", _imputed, key=("measure", "site_id")),
        table(
            "scenarios", "Scenarios", "One row a measure, scenario and site", _scenarios, key=("measure", "scenario", "site_id")
        ),
        table("tipping", "Tipping points", "One row a measure and question", _tipping, key=("measure", "question")),
        table(
            "balance",
            "With and without a second score",
            "One row a measure and characteristic",
            _balance,
            key=("measure", "characteristic"),
        ),
        table("site_effects", "Site effects", "One row a measure and site", _site_effects, key=("measure", "site_id")),
        table(
            "pooled",
            "Pooled estimates",
            "One row a measure",
            {"measure": MEASURE, **_pooled_numbers, **_matched},
            key=("measure",),
        ),
        table(
            "pooled_sensitivity",
            "Pooled estimates by other methods",
            "One row a measure and analysis",
            {"measure": MEASURE, "analysis": text("Analysis", needed=True), **_pooled_numbers},
            key=("measure", "analysis"),
        ),
        table("adjusted", "Adjusted site effects", "One row a measure and site", _adjusted, key=("measure", "site_id")),
        table("one_stage", "One stage beside two", "One row a measure", _one_stage, key=("measure",)),
        table("shares", "National shares", "One row a measure and share", _shares, key=("measure", "share")),
        table("funnel", "Funnels", "One row a measure, kind and site", _funnel, key=("measure", "kind", "site_id")),
        table("funnel_budget", "False alarms", "One row a measure and kind", _funnel_budget, key=("measure", "kind")),
        table("strip", "Shares by threshold", "One row a measure and threshold", _strip),
        table("strip_verdicts", "Whether thresholds agree", "One row a measure", _strip_verdicts, key=("measure",)),
        table("twin", "Regression to the mean", "One row a measure and population mean", _twin),
        table("methods", "Methods of reliable change", "One row a measure, method and class", _methods),
    )
}

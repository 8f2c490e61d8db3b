"""Which results make a line of the table, and what is to be said of them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.coverage import contexts, missing, pooled, series, shares, sites, waits
from benchmarks.coverage.cells import Result
from benchmarks.coverage.invented import LEFT, UNLIKE


@dataclass(frozen=True)
class Entry:
    """A line of the table, or one a number of sites.

    `what`, `quantity`, `shapes`, `women`, `detail` and `excluded` choose the results (empty: any). `has_target`: False for what
    is shown for comparison alone. `printed_from`: the fewest sites at which a report gives it; below, no target stands.
    """

    label: str
    what: str
    quantity: str = "coverage"
    shapes: tuple[str, ...] = ()
    detail: str = ""
    excluded: str = ""
    is_by_sites: bool = False
    has_target: bool = True
    remark: str = ""
    women: tuple[str, ...] = ()
    printed_from: int = 0

    def holds(self, row: Result) -> bool:
        """Whether a result belongs to it."""
        is_shape = (not self.shapes or row.shape in self.shapes) and (not self.women or row.n in self.women)
        is_left_out = bool(self.excluded) and self.excluded in row.detail
        return (
            row.what == self.what and row.quantity == self.quantity and is_shape and self.detail in row.detail and not is_left_out
        )


NORMAL, SKEWED = ("normal",), ("skewed", LEFT)
FEW, MANY = ("8", "15"), ("30", "75", "150")
CUT, MAR, MNAR = "cut off", "MAR", "MNAR"
TESTS, ALARMS, BIAS = "false_positives", "false_alarms", "bias"

_SWINGS = (
    "Reckoned exactly. Counts are whole, so that any such interval swings with the share (Brown, Cai and DasGupta 2001). Read "
    "the mean over shares below."
)
_NEVER_SO_FEW = "Never printed: sizes are of the women of five sites and more together."
_LEFT_OUT = {"d_z": sites.D_Z_LEFT, "d_av": sites.D_AV_LEFT, "d_pre": sites.D_PRE_LEFT}

OF_A_SITE = (
    Entry("Site mean, t interval", sites.T, shapes=NORMAL, excluded=CUT),
    Entry("Site mean, t interval; skewed", sites.T, shapes=SKEWED, excluded=CUT),
    Entry("Site mean, t interval; scores cut off at the ends", sites.T, detail=CUT),
    Entry("Site mean, pooled variance (option below 10 pairs)", "Site mean, pooled variance (option)"),
    Entry(
        "Site mean, pooled variance; the site most spread out",
        "Site mean, pooled variance (option): most spread-out site",
        remark="An option, off by default: it asks that spreads be alike. Keep small_site_variance: own where they may differ.",
    ),
    *(
        Entry(f"{size}, jackknife (printed){words}", what, shapes=shapes, women=MANY)
        for size, what in _LEFT_OUT.items()
        for shapes, words in ((NORMAL, ""), (("skewed",), "; a few got much better"), ((LEFT,), "; a few got much worse"))
    ),
    *(
        Entry(f"{size}, jackknife; fewer women", what, women=FEW, has_target=False, remark=_NEVER_SO_FEW)
        for size, what in _LEFT_OUT.items()
    ),
    Entry("d_z, noncentral t", sites.D_Z, has_target=False, remark="Not printed. It asks for a normal shape."),
    Entry(
        "d_av, percentile bootstrap",
        sites.D_AV,
        has_target=False,
        remark="Not printed. Percentiles are too narrow for few women.",
    ),
    Entry("d_pre, normal (Becker)", sites.D_PRE, has_target=False, remark="Not printed. It asks for a normal shape."),
    Entry("d_pre, t (Bonett)", sites.D_PRE_T, has_target=False, remark="Not printed. Wide for few women; no better if skewed."),
    Entry("Hodges-Lehmann, by ranks; truth between two half points", sites.RANKS_OFF),
    Entry(
        "Hodges-Lehmann, by ranks; truth on a half point",
        sites.RANKS,
        remark="Limits are half points, so that they often end on the truth itself and count as holding it. Nothing to do.",
    ),
    Entry("Wilcoxon's test", "Wilcoxon's test", TESTS),
    Entry("Share of one group, Wilson", "Share of one group, Wilson", remark=_SWINGS),
    Entry(
        "Share of one group, Wilson; mean over shares", "Share of one group, Wilson: mean over shares", remark="Reckoned exactly."
    ),
    Entry("Standardised difference, paired and unpaired", "Standardised difference, paired and unpaired"),
)
WIDE = "Wide only where the sites' true means are all the same, as it is never narrower than if that were known. Read it as safe."
PRINTED_FROM = 5
"""Sites; the rule of the release (`disclosure.estimates.POOL_FROM`)."""
ALIKE = "Own variances go with own means where changes are skewed: sites that improved more weigh less."
OVER_SITES = (
    Entry("Pooled mean, Knapp-Hartung ad hoc (printed)", pooled.PRINTED, shapes=NORMAL, is_by_sites=True, remark=WIDE),
    Entry("Pooled mean, Knapp-Hartung ad hoc; spreads unlike", pooled.PRINTED, shapes=(UNLIKE,), is_by_sites=True, remark=WIDE),
    Entry("Pooled mean, Knapp-Hartung ad hoc; skewed", pooled.PRINTED, shapes=SKEWED, is_by_sites=True, remark=WIDE),
    Entry(
        "Pooled mean, ad hoc, own variances at all times",
        pooled.ADHOC,
        has_target=False,
        remark=f"Not printed where it differs by a quarter of its half width from the pool with one variance. {ALIKE}",
    ),
    Entry(
        "Pooled mean, ad hoc, one variance within all sites (sensitivity)",
        pooled.COMMON,
        has_target=False,
        remark="It holds where changes are skewed or spreads unlike, too.",
    ),
    Entry("Pooled mean (printed): bias, points; skewed", pooled.PRINTED, BIAS, shapes=SKEWED),
    Entry("Pooled mean, own variances: bias, points; skewed", pooled.ADHOC, BIAS, shapes=SKEWED, remark=ALIKE),
    Entry("Pooled mean, one variance: bias, points; skewed", pooled.COMMON, BIAS, shapes=SKEWED),
    Entry("Pooled mean, Knapp-Hartung plain", pooled.PLAIN, has_target=False),
    Entry("Pooled mean, normal (sensitivity)", pooled.NORMAL, has_target=False),
    Entry(
        "A new site, prediction interval (printed)",
        pooled.AHEAD,
        is_by_sites=True,
        has_target=False,
        printed_from=10,
        remark="Too narrow where the sites differ little; print the simulated coverage beside it.",
    ),
    Entry(
        "Variance between sites, moments matched (printed)",
        pooled.MATCHED,
        is_by_sites=True,
        remark="A nil variance is held in 97.5 % by design. A little wide where the women of sites of 10 changed unevenly.",
    ),
    Entry(
        "Variance between sites, Q-profile",
        pooled.BETWEEN,
        has_target=False,
        remark="Not printed. It takes the sites' errors as known.",
    ),
    Entry(
        "Shrunken site effects (printed)",
        pooled.SHRUNKEN,
        is_by_sites=True,
        printed_from=PRINTED_FROM,
        remark="Wide where the sites' true means are the same or nearly so: a spread that cannot be ruled out is allowed for. "
        "Read them as safe, not as sharp.",
    ),
    Entry(
        "Shrunken site effects (printed); the sites most spread out",
        pooled.WIDEST,
        is_by_sites=True,
        printed_from=PRINTED_FROM,
        remark="Sites where women's changes spread most, of unlike ones. Wide where true means are nearly the same, as above.",
    ),
    Entry(
        "Shrunken site effects, both variances as known",
        pooled.KNOWN,
        is_by_sites=True,
        has_target=False,
        remark="Not printed. Wide where sites are alike, narrow where few women stand behind each.",
    ),
    Entry("Adjusted site effects", pooled.ADJUSTED),
    Entry("Adjusted site effects; smallest site", f"{pooled.ADJUSTED}: smallest site (8)"),
    Entry(
        "One model over all women",
        pooled.ONE,
        is_by_sites=True,
        printed_from=PRINTED_FROM,
        remark="A variance estimated as nil counts as known.",
    ),
    Entry(
        "National share, random-intercept logistic, wider (printed)",
        shares.WIDER,
        is_by_sites=True,
        printed_from=PRINTED_FROM,
        remark="Wide where sites are alike: t(k - 1) allows for a spread that few sites may have and not show. Read it as safe.",
    ),
    Entry(
        "National share, random-intercept logistic",
        shares.NATIONAL,
        has_target=False,
        remark="Not printed. Too narrow where few sites differ much.",
    ),
    Entry(
        "Share over groups, ratio to size",
        shares.GROUPS,
        is_by_sites=True,
        has_target=False,
        remark="Not printed. Sites of very unequal size: a few hold most people.",
    ),
)
_JUDGED = "Judged by the budget stated beside the funnel: far above the limit's name where sites truly differ."
_BUDGET = {"mean": _JUDGED, "proportion": f"{_JUDGED} Where shares differ much, the budget errs high by up to a point."}
TESTS_AND_LIMITS = (
    Entry("Contrast of sites by a context", contexts.CONTRAST, TESTS, is_by_sites=True),
    Entry(
        "Contrast of sites, crude; severity differs",
        f"{contexts.CONTRAST}: crude",
        TESTS,
        detail="by 5",
        has_target=False,
        remark="Why no verdict rests on the crude contrast alone.",
    ),
    Entry(
        "Contrast of sites, adjusted; severity differs", f"{contexts.CONTRAST}: adjusted", TESTS, detail="by 5", has_target=False
    ),
    Entry("Contrast, crude and adjusted both (the rule); severity differs", contexts.BOTH, TESTS, detail="by 5"),
    Entry(
        "Context of women, random slope; fits not singular (the rule)",
        f"{contexts.SLOPE}: fits not singular",
        TESTS,
        is_by_sites=True,
    ),
    Entry(
        "Context of women, random slope; singular fits included",
        contexts.SLOPE,
        TESTS,
        has_target=False,
        remark="Not the rule: a singular fit is not used.",
    ),
    *(
        Entry(
            f"Funnel of {kind}s, {limits}{level} limits",
            f"Funnel of {kind}s, {limits}{level} limits",
            ALARMS,
            remark=_BUDGET[kind] if limits else "",
        )
        for kind in ("mean", "proportion")
        for limits in ("", "over-dispersed ")
        for level in ("95.0%", "99.8%")
    ),
    Entry("Break in level, AR(1) over phi (printed)", f"{series.LEVEL}{series.WAYS[1]}", TESTS),
    Entry("Break in slope, AR(1) over phi (printed)", f"{series.SLOPE}{series.WAYS[1]}", TESTS),
    Entry(
        "Break in level, AR(1) at one phi",
        series.LEVEL,
        TESTS,
        has_target=False,
        remark="Not printed. It takes for known how much months remember each other.",
    ),
    Entry(
        "Break in slope, AR(1) at one phi",
        series.SLOPE,
        TESTS,
        has_target=False,
        remark="Not printed. It takes for known how much months remember each other.",
    ),
    Entry("Break in level, Newey-West (sensitivity)", f"{series.LEVEL}{series.WAYS[2]}", TESTS, has_target=False),
    Entry("Control chart of chance alone: months marked", "Control chart: months marked", ALARMS, has_target=False),
    Entry("Control chart of chance alone: charts with a mark", "Control chart: charts with a mark", ALARMS, has_target=False),
    Entry(
        "Share seen in time at a site, Aalen-Johansen, log (not printed)",
        waits.SITE,
        has_target=False,
        remark="Too narrow for few women and a share near all, where the error can be nil.",
    ),
    Entry(
        "Share seen in time at a site, Wilson by its error",
        waits.BY_ERROR,
        remark="Never for more women than were seen, left or followed so long.",
    ),
    Entry(
        "Share seen in time over sites, bootstrap of sites",
        waits.NATIONAL,
        is_by_sites=True,
        remark="A little wide where sites are alike, as few sites of unequal size count as fewer.",
    ),
)
_AT_RANDOM, _WORSE = "missing at random", "those missing 6 points worse"


def _of_missing(place: str, way: str, quantity: str, mechanism: str, remark: str = "") -> Entry:
    words = _AT_RANDOM if mechanism == MAR else _WORSE
    what = f"{place} of all women due, {way}"
    has_target = (mechanism, way) == (MAR, missing.IMPUTED)
    if has_target and quantity == "coverage" and place == "Pooled mean":
        remark = WIDE
    return Entry(f"{what}; {words}", what, quantity, detail=mechanism, has_target=has_target, remark=remark)


_NEVER = "No method sees what is not in the data: why the tipping point is printed."
OF_MISSING = (
    *(
        _of_missing(place, way, quantity, MAR)
        for place in ("Pooled mean", "Site mean")
        for way in (missing.COMPLETE, missing.IMPUTED)
        for quantity in (BIAS, "coverage")
    ),
    _of_missing("Pooled mean", missing.COMPLETE, BIAS, MNAR, "The two biases happen to oppose each other here."),
    _of_missing("Pooled mean", missing.IMPUTED, BIAS, MNAR, _NEVER),
    _of_missing("Pooled mean", missing.IMPUTED, "coverage", MNAR, _NEVER),
    _of_missing("Site mean", missing.IMPUTED, "coverage", MNAR, _NEVER),
)
ENTRIES: tuple[Entry, ...] = (*OF_A_SITE, *OVER_SITES, *TESTS_AND_LIMITS, *OF_MISSING)

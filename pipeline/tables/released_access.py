"""Open tables of funnels, waits, equity and series: suppressed and rounded, as the other open tables."""

from pipeline import codes
from pipeline.tables.columns import Column, code, flag, month, number, table, text, whole
from pipeline.tables.returned import MEASURE, SITE

_STATUS = code("Status", codes.STATUSES, "Why a figure is or is not shown", needed=True)
_KIND = code(
    "Kind", ("mean", "reliably_improved"), "Mean improvement in points, or the percentage reliably improved", needed=True
)


def _n(title: str) -> Column:
    return whole(title, "Rounded; blank where it is not shown", unit="women")


def _with_limits(name: str, title: str, unit: str) -> dict[str, Column]:
    ends = {"": "", "_low": ": lower 95 % limit", "_high": ": upper 95 % limit"}
    return {
        f"{name}{end}{'_pct' if unit == 'percent' else ''}": number(f"{title}{words}", unit=unit) for end, words in ends.items()
    }


_funnels = {
    "measure": MEASURE,
    "kind": _KIND,
    "site_id": SITE,
    "n": _n("Women with both scores"),
    "value": number("Mean improvement, or percentage"),
    "flag": code("Beside the limits of the policy", codes.OPEN_FUNNEL_FLAGS, "By every number that rounds to the printed one"),
    "status": _STATUS,
}
_funnel_limits = {
    "measure": MEASURE,
    "kind": _KIND,
    "n": whole("Women of a site of that size", unit="women", needed=True),
    "target": number("Where the funnel narrows to"),
    **{
        f"{end}_{level}{suffix}": number(f"{word} {words} limit{more}")
        for level, words in (("95", "95 %"), ("998", "99.8 %"))
        for suffix, more in (("", ""), ("_od", ", over-dispersed"))
        for end, word in (("low", "Lower"), ("high", "Upper"))
    },
}
_false_alarms = {
    "measure": MEASURE,
    "kind": _KIND,
    "level_pct": number("Level of the limits", unit="percent", needed=True),
    "is_over_dispersed": flag("Over-dispersed limits", needed=True),
    "is_policy": flag("The limits by which the policy decides", needed=True),
    "minimum": whole("Fewest women of a site that is drawn", "By the policy, of the rounded number", unit="women", needed=True),
    "k_drawn": whole("Sites drawn", unit="sites", needed=True),
    "expected": number("Sites expected beyond by chance alone", unit="sites"),
    "k_beyond": whole("Sites beyond", unit="sites"),
    "k_at_limit": whole("Sites at the limit", "Rounding leaves open on which side they lie", unit="sites"),
    "status": _STATUS,
    "note": text("Note", "Why there is no funnel, or one kind of limits"),
}
_waits = {
    "event": code("Event", ("assessment", "treatment"), needed=True),
    "site_id": text("Site", "ALL for the study", needed=True),
    "weeks": whole("Weeks since referral", unit="weeks", needed=True),
    "n": _n("Women referred and not turned away"),
    "k_sites": whole("Sites", unit="sites"),
    **_with_limits("seen", "Seen by then", "percent"),
    "status": _STATUS,
    **_with_limits("left", "Left before, by then", "percent"),
    "left_status": _STATUS,
}
_equity = {
    "dimension": code("Characteristic", codes.CHARACTERISTICS, needed=True),
    "group": text("Group", "Or which kind of no answer", needed=True),
    "k_sites": whole("Sites with such women", unit="sites"),
    "n_referred": _n("Referred"),
    "share_referred_pct": number("Share of the women with an answer", unit="percent"),
    "status": _STATUS,
    "n_accepted": _n("Accepted"),
    "accepted_status": _STATUS,
    "n_treated": _n("Treated by the data cut"),
    **_with_limits("treated", "Treated of those accepted", "percent"),
    "treated_status": _STATUS,
    "rate_ratio": number("Rate of referral beside that of all other groups"),
    "ratio_low": number("Rate ratio: lower 95 % limit"),
    "ratio_high": number("Rate ratio: upper 95 % limit"),
}
_series = {
    "site_id": SITE,
    "series": text("Series", needed=True),
    "grain": code("Grain", ("month", "quarter", "year"), "The finest by which every period may be shown"),
    "period": month("First month of the period"),
    "value": number("Value", "To the nearest multiple of the rounding"),
    "chart": code("Chart", ("xmr", "run"), "Fewer than 15 periods: a run chart without limits"),
    "centre": number("Centre", "Mean, or the median of a run chart"),
    "low": number("Lower limit of chance"),
    "high": number("Upper limit of chance"),
    "rule": code("Rule broken", codes.CHART_RULES),
    "direction": code("Direction", ("up", "down")),
    "status": _STATUS,
}
_breaks = {
    "site_id": SITE,
    "series": text("Series", needed=True),
    "go_live": month("Month of go-live"),
    "link": code("Link", ("identity", "log"), "identity: change per day; log: ratio of rates"),
    "k_months_before": whole("Months before go-live", unit="months"),
    "k_months_after": whole("Months after go-live", unit="months"),
    "level": number("Step at go-live"),
    "level_low": number("Step: lower 95 % limit"),
    "level_high": number("Step: upper 95 % limit"),
    "slope": number("Change of trend a year"),
    "slope_low": number("Change of trend a year: lower 95 % limit"),
    "slope_high": number("Change of trend a year: upper 95 % limit"),
    "status": _STATUS,
    "note": text("Note", "Why there is no test"),
}

RELEASED_ACCESS = {
    schema.name: schema
    for schema in (
        table("open_funnels", "Funnels", "One row a measure, kind and site", _funnels, key=("measure", "kind", "site_id")),
        table(
            "open_funnel_limits",
            "Limits of funnels",
            "One row a measure, kind and size",
            _funnel_limits,
            key=("measure", "kind", "n"),
        ),
        table(
            "open_false_alarms",
            "False alarms",
            "One row a measure, kind and kind of limits",
            _false_alarms,
            key=("measure", "kind", "level_pct", "is_over_dispersed"),
        ),
        table("open_waits", "Waits", "One row an event, site and number of weeks", _waits, key=("event", "site_id", "weeks")),
        table("open_equity", "Who came", "One row a characteristic and group", _equity, key=("dimension", "group")),
        table("open_series", "Series", "One row a site, series and period", _series, key=("site_id", "series", "period")),
        table("open_breaks", "Breaks at go-live", "One row a site and series", _breaks, key=("site_id", "series")),
    )
}

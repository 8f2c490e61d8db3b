"""Tables of access, exact: waits, equity, and series by month."""

from pipeline import codes
from pipeline.tables.columns import code, counts, month, number, table, text, whole
from pipeline.tables.returned import SITE

_EVENTS = {"seen": "seen", "left": "left before", "waiting": "still waiting"}
_waits = {
    "event": code("Event", ("assessment", "treatment"), needed=True),
    "site_id": text("Site", "ALL for all sites", needed=True),
    "weeks": whole("Weeks since referral", unit="weeks", needed=True),
    "n": whole("Referrals not turned away", unit="referrals", needed=True),
    "n_at_risk": whole("Followed so long and still waiting", unit="referrals"),
    "n_seen": whole("Seen by then", unit="referrals"),
    "n_left": whole("Left before, by then", unit="referrals"),
    "persons": whole("Distinct women behind n", unit="women", needed=True),
    "persons_at_risk": whole("Distinct women followed so long and still waiting", unit="women"),
    "persons_seen": whole("Distinct women seen by then", unit="women"),
    "persons_left": whole("Distinct women who left before, by then", unit="women"),
    **{
        f"{part}_{name}": number(f"{word}: {words}")
        for name, words in _EVENTS.items()
        for part, word in (("share", "Share"), ("low", "Lower 95 % limit"), ("high", "Upper 95 % limit"))
    },
}

_equity = {
    "dimension": code("Dimension", codes.CHARACTERISTICS, needed=True),
    "group": text("Group", "Or which kind of no answer", needed=True),
    "site_id": text("Site", "ALL for all sites", needed=True),
    **counts(n_referred="Referred", n_accepted="Accepted", n_treated="Treated"),
    "k_sites": whole("Sites with such women"),
    "share_referred": number("Share of those who gave an answer"),
    "share_treated": number("Treated, of those accepted"),
    "low": number("Treated, of those accepted: lower 95 % limit"),
    "high": number("Treated, of those accepted: upper 95 % limit"),
    "rate_ratio": number("Rate of referral beside that of all other groups together"),
    "ratio_low": number("Rate ratio: lower 95 % limit"),
    "ratio_high": number("Rate ratio: upper 95 % limit"),
    "denominator": number("People of the group, as given"),
}

_series = {
    "site_id": SITE,
    "series": text("Series", needed=True),
    "grain": code("Grain", ("month", "quarter", "year"), needed=True),
    "month": month("Month", "The first of the quarter or year", needed=True),
    "value": number("Value"),
    "persons": whole("Distinct persons", "At least so many where only months are known", unit="persons"),
    "chart": code("Chart", ("xmr", "run"), "Fewer than 15 months: a run chart without limits"),
    "centre": number("Centre"),
    "low": number("Lower limit"),
    "high": number("Upper limit"),
    "rule": text("Rule broken"),
    "direction": whole("Direction", "1 above or rising, -1 below or falling"),
    "reason": text("Reason"),
}

_interrupted = {
    "site_id": SITE,
    "series": text("Series", needed=True),
    "go_live": month("Month of go-live"),
    "link": code("Link", ("identity", "log"), "log: changes are ratios of rates"),
    "k_months_before": whole("Months before go-live"),
    "k_months_after": whole("Months after go-live"),
    **{
        f"{name}{end}": number(f"{words}{more}")
        for name, words in (("level", "Step at go-live"), ("slope", "Change of trend a month"))
        for end, more in (
            *(("", ""), ("_low", ": lower 95 % limit"), ("_high", ": upper 95 % limit")),
            *(("_low_at_phi", ": lower limit, phi as if known"), ("_high_at_phi", ": upper limit, phi as if known")),
            *(("_low_newey_west", ": lower limit, Newey and West"), ("_high_newey_west", ": upper limit, Newey and West")),
        )
    },
    "phi": number("Correlation of neighbouring months"),
    "persons_before": number("Fewest persons of a month before", unit="persons"),
    "persons_after": number("Fewest persons of a month after", unit="persons"),
    "reason": text("Reason"),
}

ACCESSED = {
    schema.name: schema
    for schema in (
        table("waits", "Waits", "One row an event, site and number of weeks", _waits, key=("event", "site_id", "weeks")),
        table("equity", "Equity", "One row a dimension, group and site", _equity, key=("dimension", "group", "site_id")),
        table(
            "activity_series",
            "Series",
            "One row a site, series, grain and period",
            _series,
            key=("site_id", "series", "grain", "month"),
        ),
        table("interrupted", "Series broken at go-live", "One row a site and series", _interrupted, key=("site_id", "series")),
    )
}

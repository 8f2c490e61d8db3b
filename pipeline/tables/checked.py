"""Tables of output checking: the women behind what is released, what a release keeps of them, every cell and its attack."""

from pipeline import codes
from pipeline.tables.columns import code, flag, number, table, text, whole
from pipeline.tables.returned import MEASURE, REFERRAL, SITE

REASONS = ("shown", "primary", "complementary", "earlier_release", "by_rule")
"""Shown; too few women; withheld to cover another one; beside an earlier release; by another part of the rule."""
_VARIABLE = text("Variable", "What the figures are made of, such as paired/pcl5", needed=True)
_IS_IN_TOTAL = flag("In a released figure over sites")
_IS_AT_SITE = flag("In a released figure of the site")

_standing = {
    "site_id": SITE,
    "measure": MEASURE,
    "referral_id": REFERRAL,
    "person_id": text("Person", needed=True),
    "state": code("State", codes.FLOW_STATES, needed=True),
    "is_due": flag("Due a second score"),
}
_released_women = {
    "variable": _VARIABLE,
    "site_id": SITE,
    "woman": text("Woman", "Her pseudonym at the site", needed=True),
    "value": text("Value", "All that she adds to figures on the variable", needed=True),
    "is_in_total": _IS_IN_TOTAL,
    "is_at_site": _IS_AT_SITE,
}
_published_women = {
    "variable": _VARIABLE,
    "site_id": SITE,
    "woman": text("Woman", "Keyed hash of her pseudonym", needed=True),
    "value": text("Value", "Keyed hash of her pseudonym and all that she adds", needed=True),
    "is_in_total": _IS_IN_TOTAL,
    "is_at_site": _IS_AT_SITE,
}
_checked_cells = {
    "table": text("Open table", needed=True),
    "measure": text("Measure"),
    "site_id": text("Site", "ALL for the study", needed=True),
    "part": text("Part", "Class, state or side", needed=True),
    "n": whole("Underlying count", needed=True),
    "printed": whole("Count as printed", "Blank where it is not shown"),
    "reason": code("Reason", REASONS, "Why it is shown or withheld", needed=True),
}
_checked_attack = {
    "table": text("Open table", needed=True),
    "measure": text("Measure"),
    "site_id": text("Site", "ALL for the study", needed=True),
    "part": text("Part", needed=True),
    "n": whole("Underlying count", needed=True),
    "low": number("Least that the public could think", needed=True),
    "high": number("Most that the public could think", needed=True),
    "found_by": text("Found by", "The reader who can tell too much; blank where nobody can"),
}

CHECKED = {
    schema.name: schema
    for schema in (
        table("standing", "Where referrals stand", "One row a woman's referral and measure", _standing),
        table("released_women", "Women behind figures", "One row a variable and woman", _released_women),
        table("published_women", "Women behind a release", "One row a variable and woman, hashed", _published_women),
        table("checked_cells", "Cells of output checking", "One row a count that is released or withheld", _checked_cells),
        table("checked_attack", "Attack of output checking", "One row a count that must not be found out", _checked_attack),
    )
}

"""What cells must hold whatever their table: the site's own code, a value of the column's kind, values where rows need one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.stages.validate_apart import add_apart, add_counted
from pipeline.stages.validate_rows import check_beyond
from pipeline.tables import schemas

if TYPE_CHECKING:
    from pandas import Series

    from pipeline.returns.parsing import Parsed
    from pipeline.stages.validate_apart import Apart
    from pipeline.stages.validate_checked import Checked

_ONE_OF = {
    "outcomes": (("total", "items"), ("date", "day", "occasion")),
    "aggregates": (("n_paired", "n_pre", "n_post"), ("mean_pre_paired", "mean_post_paired", "mean_pre", "mean_post")),
}
"""Beside the columns that a row needs: groups of which it needs one."""
_INSTEAD = (
    *(("referral_date", "referral_month"), ("contact_date", "contact_day"), ("date", "day", "occasion")),
    *((f"{event}_date", f"{event}_day") for event in ("assessment", "first_treatment", "end")),
    ("total", "items", "items_answered"),
)
"""Where one of these columns holds something, the others may stay blank without a word; else one word is enough."""


def check_site(checked: Checked, given: Parsed | None) -> None:
    """A row of another site sets the site's table aside; a blank is the site of the file."""
    if given is not None:
        is_other = given.is_bad | (given.typed.notna() & (given.typed != checked.site))
        checked.add_once("site-disagrees", is_other & ~checked.is_rejected, "site_id", found="another site code")
    checked.typed["site_id"] = checked.site


def check_cells(checked: Checked, parsed: dict[str, Parsed], apart: Apart) -> None:
    """Values beyond the headings, values that are not understood, needed values that are not there, blank columns."""
    columns = schemas()[checked.table].columns
    check_beyond(checked)
    groups = [
        *((c,) for c, spec in columns.items() if spec.metadata["needed"] and c != "site_id"),
        *_ONE_OF.get(checked.table, ()),
    ]
    has = {group: checked.typed[list(group)].notna().any(axis=1) for group in groups}
    add_apart(checked, apart, has)
    for column, result in parsed.items():
        for group in (group for group in groups if column in group):
            checked.add(result.rule, result.is_bad & ~has[group], column, limit=result.limit, severity="row")
        checked.add(result.rule, result.is_bad, column, limit=result.limit)
    for group in groups:
        _check_needed(checked, group, has[group])
    add_counted(checked, apart)
    _check_blank_columns(checked, columns)


def _check_needed(checked: Checked, group: tuple[str, ...], has: Series[bool]) -> None:
    """A site of which no row has what each needs, and whose rows have no other fault, has one fault of the table."""
    by_site = checked.site.groupby(checked.site)
    some = (has | checked.is_rejected).groupby(checked.site).transform("any")
    throughout = (~some | checked.site.isin(_without_column(checked, group))) & (by_site.transform("size") > 1)
    limit = " or ".join(group)
    checked.add_once("blank-needed", throughout, *group, limit=limit, found="no row has it", severity="file")
    checked.add("blank-needed", ~has, *group, limit=limit)


def _without_column(checked: Checked, group: tuple[str, ...]) -> list[str]:
    """Sites that sent none of these columns: that is one fault of their headings, whatever else is wrong in their rows."""
    return [
        site
        for site, sent in checked.sent.items()
        if not any(c in group or ("items" in group and c.startswith("item_")) for c in sent)
    ]


def _check_blank_columns(checked: Checked, columns: dict[str, Any]) -> None:
    """One warning a site for each column that is absent or blank throughout, unless another stands in its place."""
    filled = checked.typed.notna().groupby(checked.site).any()
    told = {(each.site_id, each.column) for each in checked.faults}
    for site, at in checked.by_site(~checked.site.isin(checked.set_aside)):
        blank = {c for c in columns if not filled.loc[site, c] and (site, c) not in told}
        for column, spec in columns.items():
            instead = next((group for group in _INSTEAD if column in group), (column,))
            if column == instead[0] and blank.issuperset(instead) and not spec.metadata["blank"]:
                checked.add_once("blank-column", checked.marking(at[:1]), column, limit=column, found="no value")

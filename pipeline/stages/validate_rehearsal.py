"""Keep invented returns and real ones apart: a return that does not belong to the study is set aside whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.stages.validate_checked import Checked

MARK = "invented"
"""The column of the table service that says y in every return that `synthesise` makes."""


def set_strangers_aside(tables: Mapping[str, Checked], *, synthetic: bool) -> None:
    """Set aside invented returns of a real study and, where others are invented, unmarked returns of a rehearsal.

    A return without a table `service` says nothing either way. A rehearsal in which no return is marked is taken at its
    config's word.
    """
    if "service" not in tables:
        return
    service = tables["service"]
    is_marked = (service.typed[MARK] == "y").fillna(value=False)
    marked = {site for site, _ in service.by_site(is_marked)}
    if synthetic:
        rule, found = "not-invented", "a return without the mark"
        strangers = set(service.site) - marked if marked else set()
    else:
        rule, found, strangers = "invented-return", f"{MARK} y in service", marked
    for site in sorted(strangers):
        service.put_aside_for(site, rule, found)
        for table in tables.values():
            table.put_aside(site)

"""What is said of groups of the women of one measure: by first score, of recovery, by pathway, with and without a second score."""

from __future__ import annotations

import pandas as pd

from pipeline.stages.case_mix import characteristics
from tests.unit.stages.adversary import MINIMUM, SENSITIVE, Cell, Reader, but
from tests.unit.stages.reading_of_all import ALL, Opened, Tables, enter
from tests.unit.stages.reading_of_change import BOTH, IMPROVED, REST, By

KEY = ["site_id", "referral_id"]


def read_groups(reader: Reader, measure: str, exact: Tables, paired: By, opened: Opened) -> None:
    """All groups of women of a measure. `paired`: cells of those with both scores, by site."""
    women = exact["change"].query("measure == @measure")
    women = women[women["first_referral"].fillna(value=False).astype(bool)]
    _bands(reader, measure, exact["completion"].query("measure == @measure"), opened)
    _recovery(reader, measure, women, paired, opened)
    _by_care(reader, measure, women, exact["accepted_referrals"], paired, opened)
    _balance(reader, measure, exact["due"].query("measure == @measure"), exact["accepted_referrals"], opened)


def _bands(reader: Reader, measure: str, completion: pd.DataFrame, opened: Opened) -> None:
    """Women due with a first score, by its band: those with both scores, and the rest."""
    completion = completion[completion["site_id"] != ALL]
    due = {s: [(s, measure, part) for part in (BOTH, REST)] for s in dict.fromkeys(completion["site_id"])}
    counted = {s: sum(reader.truth[cell] for cell in cells) for s, cells in due.items() if cells[0] in reader.truth}
    entering = set(enter(pd.Series(counted, dtype="float64")))
    for name, rows in completion.groupby("band"):
        band, counts = str(name), rows.set_index("site_id")
        sites = [s for s in counted if s in counts.index]
        both = [reader.cell((s, measure, f"first score {band}", "both"), counts.loc[s, "n_paired"]) for s in sites]
        rest = [
            reader.cell((s, measure, f"first score {band}", "rest"), counts.loc[s, "n_due"] - counts.loc[s, "n_paired"])
            for s in sites
        ]
        kept = [[cell for cell in cells if cell[0] in entering] for cells in (both, rest)]
        place = {"measure": measure, "band": band}
        reader.sees(f"{measure} {band} paired", kept[0], opened.figure("open_severity", "n_paired", **place))
        reader.sees(f"{measure} {band} due", [*kept[0], *kept[1]], opened.figure("open_severity", "n_due", **place))
        reader.sees_share(kept[0], kept[1], opened.figure("open_severity", "completion_pct", **place))
    for site in counted:
        for end, part in (("both", BOTH), ("rest", REST)):
            mine = [c for c in reader.here.get((site, measure), ()) if c[2].startswith("first score") and c[-1] == end]
            reader.holds([(site, measure, part)], mine)


def _recovery(reader: Reader, measure: str, women: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Cases before, who recovered reliably, recovered, or did neither."""
    rows = opened.rows("open_recovery", measure=measure)
    known = women[women["case_before"].notna()]
    known = known[known["site_id"].isin(enter(known.groupby("site_id").size()))]
    cases = known[known["case_before"].fillna(value=False).astype(bool)]
    sites = enter(cases.groupby("site_id").size())
    if not rows or not sites:
        return
    flags = {name: cases[name].fillna(value=False).astype(bool) for name in ("recovered", "reliably_recovered")}
    kinds = {
        "reliably": flags["reliably_recovered"] & flags["recovered"],
        "recovered": flags["recovered"] & ~flags["reliably_recovered"],
        "neither": ~flags["recovered"],
    }
    cells = {
        kind: [reader.cell((s, measure, f"case, {kind}"), int((chosen & (cases["site_id"] == s)).sum())) for s in sites]
        for kind, chosen in kinds.items()
    }
    everybody = [cell for mine in cells.values() for cell in mine]
    found = [opened.figure("open_recovery", "n_cases", measure=measure, share=row["share"]) for row in rows]
    for n in dict.fromkeys(n for n in found if n is not None):
        reader.sees(f"{measure} cases", everybody, n)
    for share, parts in (("recovered", ("reliably", "recovered")), ("reliably_recovered", ("reliably",))):
        if any(row["share"] == share for row in rows):
            mine = [cell for part in parts for cell in cells[part]]
            reader.sees(f"{measure} {share}", mine, opened.figure("open_recovery", "n", measure=measure, share=share))
            percent = opened.figure("open_recovery", "share_pct", measure=measure, share=share)
            reader.sees_share(mine, but(everybody, mine), percent)
    for place, site in enumerate(sites):
        reader.holds(paired.get(site, []), [mine[place] for mine in cells.values()])
        reader.holds([cell for cell in paired.get(site, []) if IMPROVED in cell], [cells["reliably"][place]])


def _by_care(reader: Reader, measure: str, women: pd.DataFrame, referrals: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Women with both scores by pathway and by intervention: each tells all of them apart."""
    women = women[KEY].merge(referrals.drop_duplicates(KEY), on=KEY)
    sites = enter(women.groupby("site_id").size())
    women = women[women["site_id"].isin(sites)]
    for dimension, least in (("pathway", SENSITIVE), ("intervention", MINIMUM)):
        rows = opened.rows("open_subgroups", measure=measure, dimension=dimension)
        given = women[dimension].astype("object").where(women[dimension].notna(), "not_recorded")
        given = given.mask(given.str.contains(";").astype(bool), "several")
        counts = pd.Series(list(zip(women["site_id"], given, strict=True)), dtype="object").value_counts()
        cells: dict[str, list[Cell]] = {}
        for group in dict.fromkeys([*(row["group"] for row in rows), *given]):
            cells[group] = [reader.cell((s, measure, dimension, group), counts.get((s, group), 0)) for s in sites]
            n = opened.figure("open_subgroups", "n", measure=measure, dimension=dimension, group=group)
            reader.sees(f"{measure} {dimension} {group}", cells[group], n, least=least)
        for place, site in enumerate(sites):
            reader.same(paired.get(site, []), [mine[place] for mine in cells.values()])


def _balance(reader: Reader, measure: str, due: pd.DataFrame, referrals: pd.DataFrame, opened: Opened) -> None:
    """Shares of women with and without a second score who had a characteristic when they came."""
    rows = [row for row in opened.rows("open_balance", measure=measure) if row["characteristic"] != "first_score"]
    women = due[due["site_id"].isin(enter(due.groupby("site_id").size()))]
    women = women.sort_values(KEY, kind="stable", ignore_index=True)
    if not rows or women.empty:
        return
    mix, is_paired = characteristics(women, referrals), women["post"].notna()
    for row in rows:
        name = row["characteristic"]
        least = SENSITIVE if name in ("pathway_loss_of_custody", "pathway_other") else MINIMUM
        for side, chosen, part in (("paired", is_paired, BOTH), ("unpaired", ~is_paired, REST)):
            share = opened.figure("open_balance", f"share_{side}_pct", measure=measure, characteristic=name)
            if share is None:
                continue
            has_it = mix[name] == 1
            cells = []
            for kept in (has_it, ~has_it):
                counts = women[chosen & kept].groupby("site_id").size()
                word = f"{name} {'yes' if kept is has_it else 'no'}, {side}"
                cells.append([reader.cell((s, measure, word), counts.get(s, 0)) for s in dict.fromkeys(women["site_id"])])
            reader.sees_share(cells[0], cells[1], share, least=least)
            for mine in zip(*cells, strict=True):
                if (mine[0][0], measure, part) in reader.truth:
                    reader.holds([(mine[0][0], measure, part)], mine)

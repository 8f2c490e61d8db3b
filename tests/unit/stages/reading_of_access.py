"""What is said of women who were referred: how many by site and month, who they were, and how long they waited."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.unit.stages.adversary import MINIMUM, SENSITIVE, Cell, Reader, but
from tests.unit.stages.reading_of_all import ALL, Opened, Tables, enter

STEPS = {"treated": "treated_status", "accepted": "accepted_status", "referred": "status"}
NO_ANSWERS = ("not_stated", "not_known", "not_recorded", "not_sent")
KINDS = {"seen": "status", "left": "left_status"}


def read_referrals(reader: Reader, exact: Tables, opened: Opened) -> None:
    """Referrals and women of each site, months or quarters of referrals, and the totals of the study."""
    sent = exact["accepted_referrals"]
    person = sent["person_id"].fillna("of " + sent["referral_id"])
    is_woman = sent["client"].isna() | (sent["client"] == "woman_or_birthing_parent")
    counts = pd.DataFrame({"referrals": sent.groupby("site_id").size(), "people": person.groupby(sent["site_id"]).nunique()})
    counts["women"] = person[is_woman].groupby(sent["site_id"]).nunique().reindex(counts.index, fill_value=0)
    parts = {"women": counts["women"], "others": counts["people"] - counts["women"]}
    parts["further referrals"] = counts["referrals"] - counts["people"]
    for site in (str(each) for each in counts.index):
        # No table tells of people who are not women, or of women referred again: nothing of them is withheld.
        mine = [reader.cell((site, "people", part), n[site], is_secret=part == "women") for part, n in parts.items()]
        n = opened.figure("open_returns", "n_referrals", "n_status", site_id=site)
        reader.sees(f"referrals of {site}", mine, n)
        reader.holds(mine, _months(reader, site, exact["activity_series"], opened))
    for name, of in (("women", [*parts][:2]), ("referrals", [*parts])):
        cells = [(str(site), "people", part) for part in of for site in counts.index]
        reader.sees(f"all {name}", cells, opened.figure("findings", "n", key=f"study.n_{name}"))


def _months(reader: Reader, site: str, series: pd.DataFrame, opened: Opened) -> list[Cell]:
    mine = series[(series["site_id"] == site) & (series["series"] == "referrals")]
    cells = []
    for row in opened.rows("open_series", site_id=site, series="referrals", status="shown"):
        period, grain = row["period"], row["grain"]
        n = opened.figure("open_series", "value", site_id=site, series="referrals", period=period)
        exact = mine.loc[(mine["grain"] == grain) & (mine["month"] == period), "value"]
        if n is not None:
            cells.append(reader.cell((site, "people", f"in {period:%Y-%m}"), exact.iloc[0]))
            reader.sees(f"{period:%Y-%m} at {site}", cells[-1:], n)
    return cells


def read_equity(reader: Reader, equity: pd.DataFrame, opened: Opened) -> None:
    """Women by characteristic: referred alone, accepted too, treated too; each characteristic tells all of them apart."""
    of_sites = equity[equity["site_id"] != ALL]
    for name, rows in of_sites.groupby("dimension"):
        dimension = str(name)
        least = SENSITIVE if dimension == "pathway" else MINIMUM
        sites = enter(rows.groupby("site_id")["n_referred"].sum(), least)
        upto: dict[str, dict[str, list[Cell]]] = {}
        for group, mine in rows.groupby("group"):
            known = mine.set_index("site_id")[[f"n_{step}" for step in STEPS]].reindex(sites, fill_value=0)
            so_far: list[Cell] = []
            before = 0 * known["n_treated"]
            for step in STEPS:
                here = known[f"n_{step}"]
                so_far = [*so_far, *(reader.cell((s, dimension, str(group), step), here[s] - before[s]) for s in sites)]
                upto.setdefault(str(group), {})[step] = so_far
                before = here
        _groups(reader, dimension, upto, opened, least)
        for site in sites:
            women = [cell for steps in upto.values() for cell in steps["referred"] if cell[0] == site]
            reader.same([(site, "people", "women")], women)


def _groups(reader: Reader, dimension: str, upto: dict[str, dict[str, list[Cell]]], opened: Opened, least: int) -> None:
    answered = {group: steps["referred"] for group, steps in upto.items() if group not in NO_ANSWERS}
    for group, steps in upto.items():
        place = {"dimension": dimension, "group": group}
        before = None
        for step, status in reversed(STEPS.items()):
            n = opened.figure("open_equity", f"n_{step}", status, **place)
            reader.sees(f"{dimension} {group} {step}", steps[step], n, least=least)
            if before is not None and n is not None:
                rest = but(steps[before], steps[step])
                reader.is_so(dict.fromkeys(rest, 1.0), least, float("inf"))
            before = step
        others = [cell for other, cells in answered.items() if other != group for cell in cells]
        share = opened.figure("open_equity", "share_referred_pct", **place)
        reader.sees_share(steps["referred"], others, share, least=least)
        accepted = but(steps["accepted"], steps["treated"])
        share = opened.figure("open_equity", "treated_pct", "treated_status", **place)
        reader.sees_share(steps["treated"], accepted, share, least=least)


def read_waits(reader: Reader, waits: pd.DataFrame, opened: Opened) -> None:
    """Women who waited, by when they were seen or had left. She corrects a share for those of whom no more is known."""
    for name, rows in waits[waits["site_id"] != ALL].groupby("event"):
        event = str(name)
        persons = rows.groupby("site_id")["persons"].first()
        cells: dict[str, dict[str, dict[int, Cell]]] = {}
        for where, by_week in rows.groupby("site_id"):
            cells[str(where)] = _of_site(reader, event, str(where), by_week.set_index("weeks"), opened)
        everybody = {
            site: [*parts["seen"].values(), *parts["left"].values(), *parts[""].values()] for site, parts in cells.items()
        }
        for site, mine in everybody.items():
            reader.holds([(site, "people", "women")], mine)
            steps = reader.here.get((site, "perinatal_stage"), ())
            reader.holds(mine, [cell for cell in steps if cell[-1] in ("accepted", "treated")])
        sites = enter(persons)
        for kind, status in KINDS.items():
            for row in [*opened.rows("open_waits", event=event, **{status: "shown"})]:
                _share(reader, row, kind, sites, cells, everybody, opened)
        over_all = [n for row in opened.rows("open_waits", event=event, site_id=ALL) if (n := _n(opened, row)) is not None]
        reader.sees(f"waited for {event}", [c for site in sites for c in everybody[site]], over_all[0] if over_all else None)


def _n(opened: Opened, row: dict[str, Any]) -> Any:
    place = {name: row[name] for name in ("event", "site_id", "weeks")}
    found = [opened.figure("open_waits", "n", status, **place) for status in KINDS.values()]
    return next((n for n in found if n is not None), None)


def _of_site(reader: Reader, event: str, site: str, rows: pd.DataFrame, opened: Opened) -> dict[str, dict[int, Cell]]:
    """The women of a site by the week by which they were seen or had left, of the weeks that are printed anywhere."""
    made: dict[str, dict[int, Cell]] = {"": {}}
    left = rows["persons"].iloc[0]
    for kind, status in KINDS.items():
        weeks = sorted({row["weeks"] for row in opened.rows("open_waits", event=event, **{status: "shown"})})
        made[kind], before = {}, 0
        for week in weeks:
            n = rows.loc[week, f"persons_{kind}"] if week in rows.index else before
            made[kind][week] = reader.cell((site, event, f"{kind} by {week}"), n - before)
            before = n
        left -= before
    made[""][0] = reader.cell((site, event, "neither"), max(left, 0))
    return made


def _share(
    reader: Reader,
    row: dict[str, Any],
    kind: str,
    sites: list[str],
    cells: dict[str, dict[str, dict[int, Cell]]],
    everybody: dict[str, list[Cell]],
    opened: Opened,
) -> None:
    place = {name: row[name] for name in ("event", "site_id", "weeks")}
    if opened.figure("open_waits", f"{kind}_pct", KINDS[kind], **place) is None:
        return
    where = sites if row["site_id"] == ALL else [row["site_id"]]
    by_then = [cell for site in where for week, cell in cells[site][kind].items() if week <= row["weeks"]]
    all_women = [cell for site in where for cell in everybody[site]]
    n, of = (sum(reader.truth[cell] for cell in mine) for mine in (by_then, all_women))
    if row["site_id"] != ALL:  # the limits are the closer the more women waited
        reader.is_so(dict.fromkeys(all_women, 1.0), of, of)
    percent = round(100 * n / of)
    for sign in (1.0, -1.0):
        terms = {cell: sign * (100.0 * (cell in by_then) - percent) - 0.5 for cell in all_women}
        reader.is_so(terms, -float("inf"), 1e-6)

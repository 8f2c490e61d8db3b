"""What is said of the women of one measure: who is due a second score, who has both, and by how much each of them changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.codes import FLOW_STATES
from pipeline.stats.reliable_methods import reliable_change_by_method
from tests.unit.stages.adversary import BELOW, FAR, MINIMUM, Cell, Reader, but
from tests.unit.stages.reading_of_all import ALL, Opened, Tables, enter

IMPROVED, SAME, WORSE, NOT = "reliably_improved", "no_reliable_change", "reliably_deteriorated", "not_reliably_improved"
OF_CLASS = {IMPROVED: (IMPROVED,), SAME: (SAME,), WORSE: (WORSE,), NOT: (SAME, WORSE)}
BOTH, REST = "due, with both", "due, without"
RANGE = 100.0
"""More than any measure can change."""
By = dict[str, list[Cell]]
"""Cells by site."""


def read_change(reader: Reader, measure: str, exact: Tables, opened: Opened) -> By:
    """Everything on one measure but its groups of women; the cells of those with both scores, by site."""
    effects = exact["site_effects"].query("measure == @measure").set_index("site_id")
    women = exact["change"].query("measure == @measure")
    women = women[women["first_referral"].fillna(value=False).astype(bool)]
    paired = _changes(reader, measure, effects, women, opened)
    for site, cells in paired.items():
        n = opened.figure("open_sites", "n", measure=measure, site_id=site)
        reader.sees(f"{measure} paired at {site}", cells, n)
        for kind in ("mean", IMPROVED):
            again = opened.figure("open_funnels", "n", measure=measure, kind=kind, site_id=site)
            if again is not None:
                reader.sees(f"{measure} {kind} in the funnel of {site}", cells, again)
        if (site, "people", "women") in reader.truth:
            reader.holds([(site, "people", "women")], cells)
    _classes(reader, measure, paired, opened)
    _over_all(reader, measure, effects, women, paired, opened)
    _methods(reader, measure, women, exact["methods"].query("measure == @measure"), paired, opened)
    _due(reader, measure, exact["missingness"].query("measure == @measure").set_index("site_id"), paired, opened)
    _flow(reader, measure, exact["flow"].query("measure == @measure"), paired, opened)
    _imputed(reader, measure, exact, opened)
    return paired


def _changes(reader: Reader, measure: str, effects: pd.DataFrame, women: pd.DataFrame, opened: Opened) -> By:
    """Cells by site, class and size of change, told apart wherever a bin or threshold tells them apart; bins and thresholds."""
    bins = opened.rows("open_distribution", measure=measure, status="shown")
    thresholds = opened.rows("open_thresholds", measure=measure)
    points = {row["points"] for row in thresholds if not pd.isna(row["improved_pct"])}
    points |= {-row["points"] for row in thresholds if not pd.isna(row["deteriorated_pct"])}
    edges = np.array(sorted({row["bin_low"] for row in bins[1:]} | points))
    gain = women["improvement"].to_numpy(dtype="float64")
    # A change at an edge counts on the side further from no change.
    size = np.where(gain < 0, np.searchsorted(edges, gain - 1e-9), np.searchsorted(edges, gain + 1e-9, side="right"))
    table = pd.DataFrame({"site": women["site_id"].to_numpy(), "class": women["class"].to_numpy(), "size": size})
    counts = table.groupby(["site", "size", "class"]).size()
    of_records, kinds = set(table["site"]), sorted(set(zip(table["size"], table["class"], strict=True)))
    paired: By = {}
    for site, row in effects.iterrows():
        where = str(site)
        if where in of_records:
            named = {key: (where, measure, "change", str(key[1]), str(key[0])) for key in kinds}
            paired[where] = [reader.cell(cell, counts.get((where, *key), 0)) for key, cell in named.items()]
        else:
            paired[where] = [reader.cell((where, measure, "paired"), 0 if pd.isna(row["n_paired"]) else row["n_paired"])]
        _mean(reader, measure, where, row, paired[where], opened)
    inside = [cell for site in enter(women.groupby("site_id").size()) for cell in paired.get(site, ())]
    for number, part in enumerate(bins):
        above = _beyond(inside, part["bin_low"], edges) if number else inside
        beyond = _beyond(inside, part["bin_high"], edges) if number < len(bins) - 1 else []
        n = opened.figure("open_distribution", "n", measure=measure, bin_low=part["bin_low"])
        reader.sees(f"{measure} from {part['bin_low']}", but(above, beyond), n)
    for each in thresholds:
        place = {"measure": measure, "points": each["points"], "is_published": each["is_published"]}
        for column, edge in (("improved_pct", each["points"]), ("deteriorated_pct", -each["points"])):
            share = opened.figure("open_thresholds", column, "", **place)
            if share is not None:
                above = _beyond(inside, edge, edges)
                sides = above, but(inside, above)
                reader.sees_share(*(sides if edge > 0 else sides[::-1]), share)
    return paired


def _beyond(cells: list[Cell], edge: float, edges: Any) -> list[Cell]:
    """The cells of changes above an edge."""
    at = int(np.searchsorted(edges, edge))
    return [cell for cell in cells if int(cell[4]) > at]


def _mean(reader: Reader, measure: str, site: str, row: Any, cells: list[Cell], opened: Opened) -> None:
    """The mean of a site as a sum, which lies within what a measure can change."""
    mean = opened.figure("open_sites", "mean_improvement", measure=measure, site_id=site)
    if mean is None:
        return
    total = reader.number((site, measure, "sum of changes"), row["n_paired"] * row["mean_improvement"])
    reader.sees_mean(cells, [total], mean)
    _within_scale(reader, cells, total)


def _within_scale(reader: Reader, cells: list[Cell], total: Cell) -> None:
    for sign in (1.0, -1.0):
        reader.is_so({**dict.fromkeys(cells, -RANGE), total: sign}, -FAR, 0.0)


def _classes(reader: Reader, measure: str, paired: By, opened: Opened) -> None:
    """Classes by site and over the sites that enter, with their shares."""
    by_class = {
        site: {name: [c for c in cells if c[-2] in of] for name, of in OF_CLASS.items()} for site, cells in paired.items()
    }
    known = {site: cells for site, cells in paired.items() if cells[0][2] == "change"}
    inside = enter(pd.Series({site: sum(reader.truth[c] for c in cells) for site, cells in known.items()}, dtype="float64"))
    for site, where in [*((site, [site]) for site in known), (ALL, inside)]:
        for name in OF_CLASS:
            place = {"measure": measure, "site_id": site, "class": name}
            n = opened.figure("open_classes", "n", **place)
            mine = [c for each in where for c in by_class[each][name]]
            if n is not None or name in (IMPROVED, NOT) or site == ALL:
                reader.sees(f"{measure} {name} at {site}", mine, n)
            others = but((c for each in where for c in paired[each]), mine)
            reader.sees_share(mine, others, opened.figure("open_classes", "share_pct", **place))


def _over_all(reader: Reader, measure: str, effects: pd.DataFrame, women: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Women in the pool, and those behind the sizes of change; the number of sites tells which of them enter."""
    n, k_sites = (opened.figure("open_pooled", name, measure=measure) for name in ("n", "k_sites"))
    if n is not None:
        for some in (enter(effects["n_paired"]), [str(s) for s in effects.index[effects["n_paired"] >= MINIMUM]]):
            cells = [cell for site in some for cell in paired[site]]
            if len(some) == k_sites and abs(sum(reader.truth[c] for c in cells) - n) <= BELOW:
                reader.sees(f"{measure} pooled", cells, n)
                break
    inside = enter(women.groupby("site_id").size())
    cells = [cell for site in inside for cell in paired[site]]
    if (n := opened.figure("open_effects", "n", measure=measure)) is not None:
        reader.sees(f"{measure} sizes of change", cells, n)
    if (mean := opened.figure("open_twin", "observed", measure=measure)) is not None:
        sums = [(site, measure, "sum of changes") for site in inside]
        rest = [site for site, *_ in sums if (site, measure, "sum of changes") not in reader.truth]
        for site in rest:
            gain = women.loc[women["site_id"] == site, "improvement"].sum()
            total = reader.number((site, measure, "sum of changes"), gain)
            _within_scale(reader, paired[site], total)
        reader.sees_mean(cells, sums, mean, within=0.5)  # in whole points


def _methods(reader: Reader, measure: str, women: pd.DataFrame, methods: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Each method tells all women of the sites that enter apart once more."""
    rows = opened.rows("open_methods", measure=measure)
    inside = enter(women.groupby("site_id").size())
    mine = women[women["site_id"].isin(inside)]
    if not rows or mine.empty or methods.empty:
        return
    sign = 1 if (mine["pre"] - mine["post"] - mine["improvement"]).abs().max() < 1e-6 else -1
    pre, post = mine["pre"].to_numpy(), mine["post"].to_numpy()
    made = reliable_change_by_method(pre, post, sign=sign, reliability=float(methods["reliability"].iloc[0]))
    for method in dict.fromkeys(row["method"] for row in rows):
        counts = mine.groupby([mine["site_id"], made[method].classes]).size()
        cells = {
            name: [reader.cell((s, measure, f"by {method}", name), counts.get((s, name), 0)) for s in inside]
            for name in (IMPROVED, SAME, WORSE)
        }
        for place, site in enumerate(inside):
            reader.same(paired[site], [each[place] for each in cells.values()])
        for name, of in OF_CLASS.items():
            place_of = {"measure": measure, "method": method, "class": name}
            chosen, others = ([c for n, each in cells.items() for c in each if (n in of) == is_in] for is_in in (True, False))
            reader.sees(f"{measure} {method} {name}", chosen, opened.figure("open_methods", "n", **place_of))
            share = opened.figure("open_methods", "share_pct", **place_of)
            reader.sees_share(chosen, others, share)


def _due(reader: Reader, measure: str, due: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Women due a second score: those who have both, and the rest."""
    for name, row in due.iterrows():
        site = str(name)
        both = reader.cell((site, measure, BOTH), row["n_paired"])
        rest = reader.cell((site, measure, REST), row["n_due"] - row["n_paired"])
        reader.holds(paired.get(site, []), [both])
        if (site, "people", "women") in reader.truth:
            reader.holds([(site, "people", "women")], [both, rest])
    sites = enter(due["n_due"])
    for site, where in [*((str(site), [str(site)]) for site in due.index), (ALL, sites)]:
        twice, once = ([(s, measure, part) for s in where] for part in (BOTH, REST))
        place = {"measure": measure, "site_id": site}
        for column, cells in (("n_due", [*twice, *once]), ("n_paired", twice)):
            reader.sees(f"{measure} {column} at {site}", cells, opened.figure("open_completeness", column, **place))
        share = opened.figure("open_completeness", "completion_pct", **place)
        reader.sees_share(twice, once, share)


def _flow(reader: Reader, measure: str, flow: pd.DataFrame, paired: By, opened: Opened) -> None:
    """Referrals by state, over all sites; the states of women who are due hold them."""
    sites = enter(flow.groupby("site_id")["n_persons"].max())
    counts = flow.pivot_table(index="state", columns="site_id", values="n_referrals", fill_value=0, aggfunc="sum")
    states = [state for state in FLOW_STATES if opened.rows("open_flow", measure=measure, state=state)]
    cells = {state: [reader.cell((s, measure, f"is {state}"), counts[s].get(state, 0)) for s in sites] for state in states}
    for state, mine in cells.items():
        reader.sees(f"{measure} {state}", mine, opened.figure("open_flow", "n", measure=measure, state=state))
    everywhere = [cell for mine in cells.values() for cell in mine]
    reader.sees(f"{measure} all referred", everywhere, opened.figure("open_flow", "n", measure=measure, state="referred"))
    for place, site in enumerate(sites):
        here = {state: mine[place] for state, mine in cells.items()}
        reader.holds([here["paired"]] if "paired" in here else [], paired.get(site, []))
        of_due = [here[state] for state in ("due_without_pre", "due_without_post", "paired") if state in here]
        reader.holds(of_due, [(site, measure, part) for part in (BOTH, REST) if (site, measure, part) in reader.truth])
        sent = [(site, "people", part) for part in ("women", "further referrals")]
        reader.holds([cell for cell in sent if cell in reader.truth], here.values())


def _imputed(reader: Reader, measure: str, exact: Tables, opened: Opened) -> None:
    """Women with both scores at the sites of the completed pool."""
    n = opened.figure("open_missing", "n", measure=measure)
    effects = exact["site_effects"].query("measure == @measure and grain == 'record'")
    pooled = effects.loc[effects["is_pooled"].fillna(value=False).astype(bool), "site_id"]
    mine = exact["imputed"].query("measure == @measure").set_index("site_id")["n_paired"]
    cells = [(str(site), measure, BOTH) for site in mine.index if site in set(pooled)]
    if n is not None and sum(reader.truth[cell] for cell in cells) == mine[[cell[0] for cell in cells]].sum():
        reader.sees(f"{measure} in the completed pool", cells, n)

"""What the open tables of a whole study say of the cells of its sites, read table by table as a stranger would."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.codes import FLOW_STATES
from tests.unit.stages.adversary_of_all import MINIMUM, SENSITIVE, Cell, Reader

Tables = dict[str, pd.DataFrame]
CLASSES = ("reliably_improved", "no_reliable_change", "reliably_deteriorated")
STEPS = ("treated", "accepted", "referred")


def read_all(exact: Tables, opened: Tables) -> Reader:
    """Everything on women who were referred, by measure too, and on people who answered."""
    reader = Reader()
    _referrals(reader, exact, opened)
    _equity(reader, exact["equity"], opened["open_equity"])
    for measure in dict.fromkeys(exact["site_effects"]["measure"]):
        mine = {name: t[t["measure"] == measure] for name, t in exact.items() if "measure" in t}
        told = {name: t[t["measure"] == measure] for name, t in opened.items() if "measure" in t}
        _scores(reader, measure, mine, told)
        _flow(reader, measure, mine["flow"], told["open_flow"])
        _bands(reader, measure, mine["completion"], told["open_severity"])
        _recovery(reader, measure, mine["change"], told["open_recovery"])
        _groups(reader, measure, mine["change"], exact["accepted_referrals"], told["open_subgroups"])
    _voices(reader, exact["voices"], opened["open_voices"])
    _theories(reader, exact["theory_sites"], opened["open_theories"], exact["theories"])
    return reader


def shown(table: pd.DataFrame, column: str, status: str = "status", **where: Any) -> Any:
    """The one figure of a row, None where it is not shown."""
    for name, value in where.items():
        table = table[table[name] == value]
    return table[column].iloc[0] if len(table) and table[status].iloc[0] == "shown" else None


def enter(counts: pd.Series, least: int = MINIMUM) -> list[str]:
    """The sites behind a figure over sites: the large ones, and the small ones together or not at all."""
    small = counts[(counts > 0) & (counts < least)]
    together = len(small) > 1 and small.sum() >= least
    return [str(site) for site, n in counts.items() if n >= least or (together and n > 0)]


def _referrals(reader: Reader, exact: Tables, opened: Tables) -> None:
    sent = exact["accepted_referrals"]
    who = sent["person_id"].fillna(sent["referral_id"])
    counts = pd.DataFrame({"referrals": sent.groupby("site_id").size(), "women": who.groupby(sent["site_id"]).nunique()})
    findings = opened["findings"].set_index("key")
    for site, row in counts.iterrows():
        women = reader.cell((str(site), "women"), row["women"])
        more = reader.cell((str(site), "further referrals"), row["referrals"] - row["women"])
        n = shown(opened["open_returns"], "n_referrals", "n_status", site_id=site)
        reader.sees(f"referrals of {site}", [women, more], n)
        reader.hidden.append((f"women of {site}", (women,), MINIMUM))
        months = opened["open_series"].query("site_id == @site and series == 'referrals' and status == 'shown'")
        printed = exact["activity_series"].query("site_id == @site and series == 'referrals'")
        printed = printed[printed["grain"].isin(months["grain"])].set_index("month")["value"]
        cells = []
        for period, n in zip(months["period"], months["value"], strict=True):
            if not pd.isna(n):
                cells.append(reader.cell((str(site), f"in {period:%Y-%m}"), printed[period]))
                reader.sees(f"{period:%Y-%m} at {site}", [cells[-1]], n)
        reader.holds([women, more], cells)
    if len(counts):
        every = [(str(site), what) for site in counts.index for what in ("women", "further referrals")]
        reader.sees("all women", [cell for cell in every if cell[1] == "women"], findings.loc["study.n_women", "n"])
        reader.sees("all referrals", every, findings.loc["study.n_referrals", "n"])


def _equity(reader: Reader, equity: pd.DataFrame, opened: pd.DataFrame) -> None:
    of_sites = equity[equity["site_id"] != "ALL"]
    for dimension, rows in of_sites.groupby("dimension"):
        least = SENSITIVE if dimension == "pathway" else MINIMUM
        sites = enter(rows.groupby("site_id")["n_referred"].sum(), least)
        cells: dict[tuple[str, str], list[Cell]] = {}
        for group in dict.fromkeys(rows["group"]):
            counts = rows[rows["group"] == group].set_index("site_id")
            for site in sites:
                known = counts.loc[site] if site in counts.index else {f"n_{step}": 0 for step in STEPS}
                before = 0
                for step in STEPS:
                    cell = reader.cell((site, str(dimension), group, step), known[f"n_{step}"] - before)
                    reader.hidden.append((" ".join(cell), (cell,), MINIMUM))
                    cells.setdefault((group, step), []).append(cell)
                    before = known[f"n_{step}"]
            told = opened[(opened["dimension"] == dimension) & (opened["group"] == group)]
            upto: list[Cell] = []
            for step, status in zip(STEPS, ("treated_status", "accepted_status", "status"), strict=True):
                upto = [*upto, *cells[group, step]]
                reader.sees(f"{dimension} {group} {step}", upto, shown(told, f"n_{step}", status), least=least)
        for site in sites:
            reader.holds([(site, "women")], [cell for mine in cells.values() for cell in mine if cell[0] == site])


def _scores(reader: Reader, measure: str, mine: Tables, told: Tables) -> None:
    effects = mine["site_effects"].set_index("site_id")
    due = mine["missingness"].set_index("site_id")
    paired: dict[str, list[Cell]] = {}
    for site, row in effects.iterrows():
        where = str(site)
        if row[[f"n_{name}" for name in CLASSES]].isna().any():
            paired[where] = [reader.cell((where, measure, "paired"), 0 if pd.isna(row["n_paired"]) else row["n_paired"])]
        else:
            paired[where] = [reader.cell((where, measure, name), row[f"n_{name}"]) for name in CLASSES]
            better = shown(told["open_classes"], "n", site_id=where, **{"class": CLASSES[0]})
            others = shown(told["open_classes"], "n", site_id=where, **{"class": "not_reliably_improved"})
            reader.sees(f"{measure} improved at {where}", paired[where][:1], better)
            reader.sees(f"{measure} not improved at {where}", paired[where][1:], others)
        reader.sees(f"{measure} paired at {where}", paired[where], shown(told["open_sites"], "n", site_id=where))
    for site, row in due.iterrows():
        both = reader.cell((str(site), measure, "due, with both"), row["n_paired"])
        rest = reader.cell((str(site), measure, "due, without"), row["n_due"] - row["n_paired"])
        table = told["open_completeness"]
        reader.sees(f"{measure} due at {site}", [both, rest], shown(table, "n_due", site_id=site))
        reader.sees(f"{measure} due with both at {site}", [both], shown(table, "n_paired", site_id=site))
        reader.hidden.append((f"{measure} due without at {site}", (rest,), MINIMUM))
        reader.holds(paired.get(str(site), []), [both])
        if (str(site), "women") in reader.truth:
            reader.holds([(str(site), "women")], [both, rest])
            reader.holds([(str(site), "women")], paired.get(str(site), []))
    sites = enter(due["n_due"])
    for column, parts in (("n_due", ("due, with both", "due, without")), ("n_paired", ("due, with both",))):
        n = shown(told["open_completeness"], column, site_id="ALL")
        if n is not None:
            reader.sees(f"{measure} {column}", [(s, measure, p) for s in sites for p in parts], n)
    pooled = told["open_pooled"]
    if len(pooled) and pooled["status"].iloc[0] == "shown":
        for some in (enter(effects["n_paired"]), list(effects.index[effects["n_paired"] >= MINIMUM])):
            cells = [cell for site in some for cell in paired[str(site)]]
            if len(some) == pooled["k_sites"].iloc[0] and abs(sum(reader.truth[c] for c in cells) - pooled["n"].iloc[0]) <= 2:
                reader.sees(f"{measure} pooled", cells, pooled["n"].iloc[0])
                break


def _flow(reader: Reader, measure: str, flow: pd.DataFrame, opened: pd.DataFrame) -> None:
    sites = enter(flow.groupby("site_id")["n_persons"].max())
    counts = flow.pivot_table(index="state", columns="site_id", values="n_referrals", fill_value=0, aggfunc="sum")
    cells = {
        state: [reader.cell((s, measure, state), counts[s].get(state, 0)) for s in sites]
        for state in FLOW_STATES
        if shown(opened, "status", state=state) or (opened["state"] == state).any()
    }
    for state, mine in cells.items():
        reader.sees(f"{measure} {state}", mine, shown(opened, "n", state=state))
    n = shown(opened, "n", state="referred")
    if n is not None:
        reader.sees(f"{measure} all referred", [cell for mine in cells.values() for cell in mine], n)
    for site in sites:
        here = [cell for mine in cells.values() for cell in mine if cell[0] == site]
        both = [(site, measure, name) for name in CLASSES if (site, measure, name) in reader.truth]
        reader.holds([cell for cell in here if cell[2] == "paired"], both)
        if (site, "women") in reader.truth:
            reader.holds([(site, "women"), (site, "further referrals")], here)


def _bands(reader: Reader, measure: str, completion: pd.DataFrame, opened: pd.DataFrame) -> None:
    for band, rows in completion[completion["site_id"] != "ALL"].groupby("band"):
        told = opened[opened["band"] == band]
        sites = [str(s) for s in rows["site_id"] if (s, measure, "due, with both") in reader.truth]
        counts = rows.set_index("site_id")
        both = [reader.cell((s, measure, str(band), "both"), counts.loc[s, "n_paired"]) for s in sites]
        rest = [reader.cell((s, measure, str(band), "rest"), counts.loc[s, "n_due"] - counts.loc[s, "n_paired"]) for s in sites]
        entering = set(enter(counts["n_due"] * 0 + [_due(reader, s, measure) for s in counts.index]))
        kept = [[cell for cell in cells if cell[0] in entering] for cells in (both, rest)]
        reader.sees(f"{measure} {band} paired", kept[0], shown(told, "n_paired"))
        reader.sees(f"{measure} {band} due", [*kept[0], *kept[1]], shown(told, "n_due"))
    for site in {str(s) for s in completion["site_id"]} - {"ALL"}:
        for end, part in (("both", "due, with both"), ("rest", "due, without")):
            mine = [c for c in reader.truth if c[0] == site and c[1] == measure and c[-1] == end and len(c) == 4]
            if (site, measure, part) in reader.truth:
                reader.holds([(site, measure, part)], mine)


def _due(reader: Reader, site: str, measure: str) -> float:
    return sum(reader.truth.get((site, measure, part), 0.0) for part in ("due, with both", "due, without"))


def _recovery(reader: Reader, measure: str, change: pd.DataFrame, opened: pd.DataFrame) -> None:
    women = change[change["first_referral"].fillna(value=False).astype(bool) & change["case_before"].notna()]
    entering = enter(women.groupby("site_id").size())
    women = women[women["site_id"].isin(entering) & women["case_before"].fillna(value=False).astype(bool)]
    sites = enter(women.groupby("site_id").size())
    if opened.empty or not sites:
        return
    flags = {name: women[name].fillna(value=False).astype(bool) for name in ("recovered", "reliably_recovered")}
    kinds = {
        "reliably": flags["reliably_recovered"] & flags["recovered"],
        "recovered": flags["recovered"] & ~flags["reliably_recovered"],
        "neither": ~flags["recovered"],
    }
    cells = {
        kind: [reader.cell((s, measure, f"case, {kind}"), int((chosen & (women["site_id"] == s)).sum())) for s in sites]
        for kind, chosen in kinds.items()
    }
    everybody = [cell for mine in cells.values() for cell in mine]
    n_cases = opened["n_cases"].dropna()
    if len(n_cases):
        reader.sees(f"{measure} cases", everybody, n_cases.iloc[0])
    for share, parts in (("recovered", ("reliably", "recovered")), ("reliably_recovered", ("reliably",))):
        if (opened["share"] == share).any():
            n = shown(opened, "n", share=share)
            reader.sees(f"{measure} {share}", [cell for part in parts for cell in cells[part]], n)
    for place, site in enumerate(sites):
        paired = [(site, measure, name) for name in CLASSES if (site, measure, name) in reader.truth]
        reader.holds(paired, [mine[place] for mine in cells.values()])
        if len(paired) == len(CLASSES):
            reader.holds(paired[:1], [cells["reliably"][place]])


def _groups(reader: Reader, measure: str, change: pd.DataFrame, referrals: pd.DataFrame, opened: pd.DataFrame) -> None:
    key = ["site_id", "referral_id"]
    women = change[change["first_referral"].fillna(value=False).astype(bool)][key].merge(referrals.drop_duplicates(key), on=key)
    sites = enter(women.groupby("site_id").size())
    women = women[women["site_id"].isin(sites)]
    for dimension in ("pathway", "intervention"):
        given = women[dimension].astype("object").where(women[dimension].notna(), "not_recorded")
        given = given.mask(given.str.contains(";"), "several")
        rows = opened[opened["dimension"] == dimension]
        cells: dict[str, list[Cell]] = {}
        for group in dict.fromkeys([*rows["group"], *given]):
            counts = women[given == group].groupby("site_id").size()
            cells[group] = [reader.cell((s, measure, dimension, group), counts.get(s, 0)) for s in sites]
            least = SENSITIVE if dimension == "pathway" else MINIMUM
            reader.sees(f"{measure} {dimension} {group}", cells[group], shown(rows, "n", group=group), least=least)
        for site in sites:
            paired = [(site, measure, name) for name in (*CLASSES, "paired") if (site, measure, name) in reader.truth]
            reader.holds(paired, [cell for mine in cells.values() for cell in mine if cell[0] == site])


def _voices(reader: Reader, voices: pd.DataFrame, opened: pd.DataFrame) -> None:
    for topic, rows in voices.groupby("topic"):
        counts = rows.set_index("site_id")["n"]
        told = opened[opened["topic"] == topic]
        for site, n in counts.items():
            cell = reader.cell((str(site), str(topic), "answered"), n)
            reader.sees(f"{topic} at {site}", [cell], shown(told, "n", site_id=site))
        over_all = shown(told, "n", site_id="ALL")
        if over_all is not None:
            reader.sees(f"{topic}", [(s, str(topic), "answered") for s in enter(counts)], over_all)


def _theories(reader: Reader, sites: pd.DataFrame, opened: pd.DataFrame, theories: Any) -> None:
    """Sides of contrasts: of women, new cells at every site; of sites, the cells of change that stand there."""
    for name, rows in sites[sites["is_used"].fillna(value=False).astype(bool)].groupby("theory_id"):
        told, theory = opened[opened["theory_id"] == name], theories[name]
        sides = ("with", "without")
        if not theory.context.is_of_sites:
            for side in sides:
                counts = rows.set_index("site_id")[f"n_{side}"].fillna(0)
                cells = [reader.cell((str(site), str(name), side), n) for site, n in counts.items()]
                reader.sees(f"{name} {side}", cells, shown(told, f"n_women_{side}"))
            continue
        for side, is_here in zip(sides, (True, False), strict=True):
            mine = rows[rows["has_context"].fillna(value=False).astype(bool) == is_here]
            n = shown(told, f"n_women_{side}")
            if n is None:
                continue
            cells = [reader.cell((str(s), str(name), side), k) for s, k in zip(mine["site_id"], mine["n"], strict=True)]
            reader.sees(f"{name} {side}", cells, n)
            for cell in cells:
                within = [(cell[0], theory.outcome.measure, part) for part in (*CLASSES, "paired")]
                within = [each for each in within if each in reader.truth] if theory.outcome.kind == "change" else []
                if sum(reader.truth[each] for each in within) == reader.truth[cell] and theory.population is None:
                    reader.same(within, [cell])

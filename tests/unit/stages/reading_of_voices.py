"""What is said of people who answered: how many at each site, what they answered, and how their scores changed."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tests.unit.stages.adversary import BELOW, FAR, MINIMUM, Cell, Reader, but
from tests.unit.stages.reading_of_all import ALL, Opened, Tables, enter

OVER_SITES = (ALL, "ENTERING")
BY = ("topic", "instrument", "question", "occasion")
TOPIC_OF = {"staff": "staff_change", "training": "training_change"}


def read_voices(reader: Reader, exact: Tables, opened: Opened) -> None:
    """Everything on people who answered."""
    for name, rows in exact["voices"].groupby("topic"):
        counts, topic = rows.set_index("site_id")["n"], str(name)
        for site, n in counts.items():
            cell = reader.cell((str(site), topic, "answered"), n)
            reader.sees(f"{topic} at {site}", [cell], opened.figure("open_voices", "n", topic=topic, site_id=site))
        cells = [(site, topic, "answered") for site in enter(counts)]
        reader.sees(f"{topic} at all", cells, opened.figure("open_voices", "n", topic=topic, site_id=ALL))
    _answers(reader, exact, opened)
    _survey(reader, exact["survey_summary"], opened)
    _change(reader, exact, opened)
    _constructs(reader, exact["nomad"], opened)


def _answers(reader: Reader, exact: Tables, opened: Opened) -> None:
    """Bands of answers, question by question, and boxes beside the scale."""
    given = pd.concat([exact["experience_summary"], exact["staff_summary"]], ignore_index=True)
    given = given[~given["site_id"].isin(OVER_SITES)]
    printed: dict[Any, list[dict[str, Any]]] = {}
    for row in opened.rows("open_answers", status="shown"):
        printed.setdefault(tuple(None if pd.isna(row[name]) else row[name] for name in BY), []).append(row)
    keys: Any
    for keys, mine in given.groupby(list(BY), dropna=False):
        what = tuple(None if pd.isna(each) else each for each in keys)
        if what in printed:
            _question(reader, what, mine, printed[what], opened)


def _question(reader: Reader, what: tuple[Any, ...], mine: pd.DataFrame, rows: list[dict[str, Any]], opened: Opened) -> None:
    name = " ".join(str(each) for each in what[1:] if each)
    answers = mine[mine["part"] == "answer"].pivot_table(index="answer", columns="site_id", values="n", fill_value=0)
    sites = enter(answers.sum())
    bands = {int(row["answer_low"]): row for row in rows if row["part"] == "answers"}
    cells: dict[int, list[Cell]] = {}
    for low, row in bands.items():
        counts = answers.loc[low : int(row["answer_high"])].sum()
        cells[low] = [reader.cell((s, what[0], name, f"answer {low}"), counts[s]) for s in sites]
    everybody = [cell for each in cells.values() for cell in each]
    beside = mine[mine["part"] == "non_answer"].groupby("site_id")["n"].sum()
    for row in rows:
        place = {**dict(zip(BY, what, strict=True)), "part": row["part"]}
        place["answer_low"] = None if pd.isna(row["answer_low"]) else row["answer_low"]
        n, of, share = (opened.figure("open_answers", column, **place) for column in ("n", "n_answered", "share_pct"))
        if row["part"] == "beside_the_scale":
            reader.sees(f"{name} beside", [reader.cell((s, what[0], name, "beside"), beside.get(s, 0)) for s in sites], n)
            continue
        chosen = everybody if row["part"] == "positive" else cells[int(row["answer_low"])]
        if row["part"] == "positive":
            chosen = [cell for low, each in cells.items() if bands[low]["is_positive"] == "y" for cell in each]
        reader.sees(f"{name} {row['part']} {row['label']}", chosen, n)
        reader.sees(f"{name} answered", everybody, of)
        reader.sees_share(chosen, but(everybody, chosen), share)
    for site in sites:
        reader.holds([(site, what[0], "answered")], [cell for cell in everybody if cell[0] == site])


def _survey(reader: Reader, survey: pd.DataFrame, opened: Opened) -> None:
    """Groups and options: of every group who ticked an option, and who did not."""
    given = survey[(survey["site_id"] != ALL) & (survey["group"] != ALL)]
    asked = {row["question"] for row in opened.rows("open_survey", status="shown")}
    for question, rows in given[given["question"].isin(asked)].groupby("question"):
        of_all = survey[(survey["question"] == question) & (survey["group"] == ALL) & (survey["site_id"] != ALL)]
        sites = enter(of_all.groupby("site_id")["n_answered"].first())
        cells: dict[tuple[str, int], tuple[list[Cell], list[Cell]]] = {}
        for key, mine in rows[rows["site_id"].isin(sites)].groupby(["group", "option"]):
            group, option = str(key[0]), int(str(key[1]))
            counts, what = mine.set_index("site_id"), f"{question} {group} {option}"
            yes = [reader.cell((str(s), "survey", what, "yes"), n) for s, n in counts["n"].items()]
            no = [reader.cell((str(s), "survey", what, "no"), n) for s, n in (counts["n_answered"] - counts["n"]).items()]
            cells[group, option] = yes, no
        options = sorted({option for _, option in cells})
        groups = sorted({group for group, _ in cells})
        for group in groups:
            known = [both for (each, _), both in cells.items() if each == group]
            for other in known[1:]:
                for site in sites:
                    first, second = ([c for side in both for c in side if c[0] == site] for both in (known[0], other))
                    reader.same(first, second)
        for site in sites:
            every = [c for g in groups for side in cells[g, options[0]] for c in side if c[0] == site]
            reader.holds([(site, "survey", "answered")], every)
        for option in options:
            for group in (ALL, *groups):
                some = [cells[g, option] for g in groups if group in (ALL, g) and (g, option) in cells]
                _option(reader, {"question": question, "group": group, "option": option}, some, opened)


def _option(reader: Reader, place: dict[str, Any], some: list[tuple[list[Cell], list[Cell]]], opened: Opened) -> None:
    yes, no = ([cell for both in some for cell in both[side]] for side in (0, 1))
    name = " ".join(str(each) for each in place.values())
    n, of, share = (opened.figure("open_survey", column, **place) for column in ("n", "n_answered", "share_pct"))
    reader.sees(f"{name} ticked", yes, n)
    if n is not None:
        reader.is_so(dict.fromkeys(no, 1.0), MINIMUM, FAR)
    else:
        reader.sees(f"{name} not ticked", no, None)
    reader.sees(f"{name} answered", [*yes, *no], of)
    reader.sees_share(yes, no, share)


def _change(reader: Reader, exact: Tables, opened: Opened) -> None:
    """People asked twice, and people asked once, by construct and occasion."""
    for row in opened.rows("open_staff_change"):
        topic, is_twice = row["topic"], row["comparison"] == "paired"
        names = ("topic", "instrument", "construct", "occasion", "comparison")
        place = {name: row[name] for name in names}
        table = exact[TOPIC_OF[topic]]
        for name in names[1:]:
            table = table[table[name] == row[name]]
        counts = table[~table["site_id"].isin(OVER_SITES)].set_index("site_id")[["n_before", "n_after"]].fillna(0)
        printed = {column: opened.figure("open_staff_change", column, **place) for column in ("n_before", "n_after")}
        word = " ".join(str(place[name]) for name in names[1:])
        columns = ["n_before"] if is_twice else list(printed)
        cells = {n: [reader.cell((str(s), topic, word, n), counts.loc[s, n]) for s in counts.index] for n in columns}
        sites = _inside(counts[columns], printed["n_before"], row["k_sites"])
        for column in printed:
            mine = [cell for cell in cells[columns[0] if is_twice else column] if cell[0] in sites]
            reader.sees(f"{word} {column}", mine, printed[column])
        for at, site in enumerate(counts.index):
            reader.holds([(str(site), topic, "answered")], [each[at] for each in cells.values()])


def _constructs(reader: Reader, scores: pd.DataFrame, opened: Opened) -> None:
    """People with a score, in all and by wave; the waves are apart."""
    known = scores[~scores["site_id"].isin(OVER_SITES)]
    for row in opened.rows("open_constructs", wave=ALL):
        place: dict[str, Any] = {
            name: None if pd.isna(row[name]) else row[name] for name in ("instrument", "construct", "occasion")
        }
        mine = known
        for name, value in place.items():
            mine = mine[mine[name].isna() if value is None else mine[name] == value]
        word = " ".join(str(each) for each in place.values() if each)
        cells: dict[str, list[Cell]] = {}
        for each, rows in mine[mine["wave"] != ALL].groupby("wave"):
            cells[str(each)] = [
                reader.cell((str(s), "scores", word, str(each)), n) for s, n in zip(rows["site_id"], rows["n"], strict=True)
            ]
        whole = mine[mine["wave"] == ALL].set_index("site_id")[["n"]]
        for wave in (ALL, *cells):
            place["wave"] = wave
            n, k_sites = (opened.figure("open_constructs", column, **place) for column in ("n", "k_sites"))
            sites = _inside(whole if wave == ALL else mine[mine["wave"] == wave].set_index("site_id")[["n"]], n, k_sites)
            some = [c for w, each in cells.items() if wave in (ALL, w) for c in each if c[0] in sites]
            reader.sees(f"{word} {wave}", some, n)
        for site in whole.index:
            here = [c for each in cells.values() for c in each if c[0] == site]
            topic = next((t for t in ("staff", "training") if (site, t, "answered") in reader.truth), None)
            if topic:
                reader.holds([(str(site), topic, "answered")], here)


def _inside(counts: pd.DataFrame, printed: Any, k_sites: Any) -> list[str]:
    """The sites behind a figure: those that may enter, by each count; or all who have any."""
    everybody = [str(site) for site in counts.index[counts.gt(0).any(axis=1)]]
    entering = [set(enter(n)) | {str(site) for site in n.index[n == 0]} for _, n in counts.items()]
    some = [site for site in everybody if all(site in each for each in entering)]
    for sites in (some, everybody):
        n = counts.loc[sites].iloc[:, 0].sum()
        if printed is None or (abs(n - printed) <= BELOW and (pd.isna(k_sites) or len(sites) == k_sites)):
            return sites
    raise AssertionError(f"no sites make {printed}")

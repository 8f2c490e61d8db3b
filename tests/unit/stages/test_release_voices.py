"""What may leave of voices: no small band, no small group, no small rest, and nothing of a site but how many answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config import ReleaseSettings
from pipeline.disclosure.rule import is_spread
from pipeline.instruments import load
from pipeline.stages.release_findings_voices import findings_on_voices
from pipeline.stages.release_voices import release_voices
from pipeline.stages.voices import voices
from pipeline.tables import empty, schemas, shape

pytestmark = pytest.mark.filterwarnings("error")
RULE = ReleaseSettings()
TABLES = ("experience", "survey", "staff", "training", "referrals", "service")


def exact_of(**rows: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    frames = {}
    for name in TABLES:
        table = f"accepted_{name}"
        frames[name] = shape(table, pd.DataFrame(rows[name])) if rows.get(name) else empty(table)
    return voices(frames, frames["referrals"], frames["service"], load(), RULE)


def opened(exact: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    made = release_voices(exact, load(), RULE)
    tables = {name: shape(name, table) if len(table) else empty(name) for name, table in made.items()}
    for name, table in tables.items():
        schemas()[name].validate(table)
    return tables


def forms(answers: dict[int, int], *, sites: int = 5, instrument: str = "fft", question: str = "1") -> list[dict[str, Any]]:
    """Anonymous forms, `answers` of each answer at every site."""
    place = {"instrument": instrument, "question": question}
    return [
        {"site_id": f"S{s + 1:02}", **place, "response": code}
        for s in range(sites)
        for code, n in answers.items()
        for _ in range(n)
    ]


def bands(table: pd.DataFrame) -> list[tuple[int, int, int]]:
    mine = table[table["part"] == "answers"]
    return [tuple(map(int, row)) for row in mine[["answer_low", "answer_high", "n"]].to_numpy()]


def test_nothing_returned_gives_empty_tables_and_no_finding() -> None:
    tables = opened({})
    assert all(table.empty for table in tables.values())
    assert list(findings_on_voices(tables)) == []


def test_neighbouring_answers_are_joined_until_each_band_may_stand_and_never_over_the_positive_border() -> None:
    tables = opened(exact_of(experience=forms({1: 12, 2: 8, 3: 6, 4: 1, 5: 1})))
    answers = tables["open_answers"]
    assert bands(answers) == [(1, 1, 60), (2, 2, 40), (3, 5, 40)]
    positive = answers[answers["part"] == "positive"].iloc[0]
    assert (positive["n"], positive["n_answered"], positive["share_pct"]) == (100, 140, 71)
    assert positive["share_low_pct"] <= 71 <= positive["share_high_pct"]
    finding = next(f for f in findings_on_voices(tables) if f["key"] == "voices.fft.1.positive_pct")
    assert (finding["value"], finding["n"], finding["k_sites"]) == (71, 140, 5)


def test_where_the_others_are_few_no_share_of_positive_answers_is_told() -> None:
    answers = opened(exact_of(experience=forms({1: 12, 2: 8, 4: 1})))["open_answers"]
    assert bands(answers) == [(1, 1, 60), (2, 5, 45)], "the few stand with their neighbours"
    assert answers["is_positive"].isna().all()
    assert not (answers["part"] == "positive").any()


def test_two_sites_that_hold_nearly_all_withhold_the_question() -> None:
    rows = forms({1: 30, 3: 30}, sites=2) + [{**row, "site_id": "S03"} for row in forms({1: 2, 3: 2}, sites=1)]
    answers = opened(exact_of(experience=rows))["open_answers"]
    assert answers["status"].tolist() == ["too_few"]
    assert answers[["n", "n_answered", "share_pct", "answer_low"]].isna().all(axis=None)


def test_a_code_that_one_site_made_up_never_leaves() -> None:
    rows = forms({1: 12, 3: 8}, instrument="own") + [
        {"site_id": "S01", "instrument": "janes_form", "question": "about_jane", "response": 1} for _ in range(40)
    ]
    rows += forms({1: 9, 2: 9}, instrument="Form of A. Nother, room 5", sites=4)
    made = opened(exact_of(experience=rows))
    text = " ".join(table.to_csv() for table in made.values())
    assert "jane" not in text and "Nother" not in text and "nother" not in text
    assert set(made["open_instruments"]["instrument"]) == {"own"}
    assert made["open_instruments"]["has_file"].tolist() == ["n"]


def test_a_site_below_the_minimum_is_withheld_and_enters_the_total_with_another_one_alone() -> None:
    rows = [row for s, n in enumerate((30, 25, 40, 4)) for row in _forms_at(f"S{s + 1:02}", n)]
    people = opened(exact_of(experience=rows))["open_voices"].set_index("site_id")
    assert people.loc["ALL", "n"] == 95, "one small site alone stays out of the total"
    assert people.loc["S04", "status"] == "too_few"
    rows = [row for s, n in enumerate((30, 25, 40, 4, 6)) for row in _forms_at(f"S{s + 1:02}", n)]
    people = opened(exact_of(experience=rows))["open_voices"].set_index("site_id")
    assert people.loc["ALL", "n"] == 105
    assert (people.loc[["S04", "S05"], "status"] == "too_few").all()


def _forms_at(site: str, n: int) -> list[dict[str, Any]]:
    return [{**row, "site_id": site} for row in forms({1: n}, sites=1)]


def ticks(shares: dict[str, tuple[int, dict[int, int]]], *, sites: int = 5) -> list[dict[str, Any]]:
    """By group: people a site, and of them so many who tick each option; everybody also ticks option 9."""
    rows = []
    for s in range(sites):
        for group, (people, options) in shares.items():
            for person in range(people):
                ticked = [9, *(option for option, n in options.items() if person < n)]
                code = f"{group}{person}"
                rows += [
                    {"site_id": f"S{s + 1:02}", "respondent_code": code, "group": group, "question": "priorities", "option": o}
                    for o in ticked
                ]
    return rows


def test_an_option_that_nearly_all_or_hardly_any_tick_is_withheld() -> None:
    survey = opened(exact_of(survey=ticks({"women_and_families": (20, {1: 19, 2: 10, 3: 1})})))["open_survey"]
    whole = survey[survey["group"] == "ALL"].set_index("option")
    assert whole["status"].to_dict() == {1: "too_few", 2: "shown", 3: "too_few", 9: "too_few"}
    assert whole.loc[2, ["n", "n_answered", "share_pct"]].tolist() == [50, 100, 50]
    assert whole.index.tolist() == [1, 2, 3, 9], "in the order of the numbers, whatever came out"


def test_a_small_group_is_not_told_by_what_is_left_of_the_others() -> None:
    """Leaders number two a site: were women and staff both shown, all less these two would tell the leaders."""
    shares = {"women_and_families": (20, {1: 10}), "staff": (12, {1: 6}), "leaders": (1, {1: 1})}
    survey = opened(exact_of(survey=ticks(shares)))["open_survey"]
    mine = survey[survey["option"] == 1].set_index("group")
    assert mine.loc["ALL", "status"] == "shown"
    assert mine.loc["leaders", "status"] == "too_few"
    assert (mine.loc[["women_and_families", "staff"], "status"] == "too_few").any()
    assert mine.loc[mine["status"] == "too_few", ["n", "n_answered"]].isna().all(axis=None)


def test_of_a_question_with_one_tick_each_no_option_is_left_to_be_worked_out() -> None:
    rows = []
    for s in range(5):
        for option, n in {1: 10, 2: 8, 3: 2 if s else 1}.items():
            rows += [
                {
                    "site_id": f"S{s + 1:02}",
                    "respondent_code": f"{option}-{i}",
                    "group": "staff",
                    "question": "venue",
                    "option": option,
                }
                for i in range(n)
            ]
    survey = opened(exact_of(survey=rows))["open_survey"]
    whole = survey[survey["group"] == "ALL"].set_index("option")
    assert whole.loc[3, "status"] == "too_few"
    assert (whole["status"] == "too_few").sum() >= 2


def trained(people: int, *, sites: int, seed: int = 1, same: bool = False) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    rows = []
    for s in range(sites):
        for p in range(people):
            first = int(rng.integers(1, 4))
            gain = 1 if same else int(rng.integers(-1, 3))
            for occasion, answer in (("before", first), ("after", max(1, min(5, first + gain)))):
                rows += [
                    {
                        **{"site_id": f"S{s + 1:02}", "attendee_code": f"A{p}", "profession": "midwife", "occasion": occasion},
                        **{"instrument": "rehearsal_training", "question": str(q), "response": answer},
                    }
                    for q in (1, 2, 3)
                ]
    return rows


def test_change_leaves_over_three_sites_and_not_over_two() -> None:
    three = opened(exact_of(training=trained(15, sites=3)))["open_staff_change"]
    assert three["status"].tolist() == ["shown"]
    assert (three["n_before"].item(), three["k_sites"].item()) == (45, 3)
    two = opened(exact_of(training=trained(40, sites=2)))["open_staff_change"]
    assert two["status"].tolist() == ["too_few"]
    assert two[["n_before", "mean_before", "change", "rank_biserial"]].isna().all(axis=None)


def test_limits_of_a_change_let_people_of_a_site_go_together_and_are_never_narrower_for_it() -> None:
    """Sites that all but differ, then sites that gain alike: the wider limits stand."""
    rows = trained(15, sites=4)
    for s, gain in enumerate((0, 1, 2, 3)):
        for row in rows:
            if row["site_id"] == f"S{s + 1:02}":
                row["response"] = 1 + (gain + int(row["attendee_code"][1:]) % 2 if row["occasion"] == "after" else 0)
    for returned in (rows, trained(15, sites=4)):
        exact = exact_of(training=returned)
        whole = exact["training_change"].query("site_id == 'ALL'").iloc[0]
        said = opened(exact)["open_staff_change"].iloc[0]
        assert said["low"] == round(min(whole["low"], whole["low_by_site"]), 2)
        assert said["high"] == round(max(whole["high"], whole["high_by_site"]), 2)
    apart = exact_of(training=rows)["training_change"].query("site_id == 'ALL'").iloc[0]
    assert apart["high_by_site"] - apart["low_by_site"] > 2 * (apart["high"] - apart["low"])


def test_a_site_that_asked_on_one_occasion_alone_enters_its_own_cohort() -> None:
    rows = [row for row in trained(14, sites=6) if (row["occasion"] == "before") == (row["site_id"] < "S04")]
    table = opened(exact_of(training=rows))["open_staff_change"]
    assert table["comparison"].tolist() == ["unpaired"]
    assert (table["n_before"].item(), table["n_after"].item(), table["status"].item()) == (40, 40, "shown")


def test_a_change_that_was_the_same_for_everybody_is_withheld() -> None:
    table = opened(exact_of(training=trained(15, sites=4, same=True)))["open_staff_change"]
    assert table["status"].tolist() == ["too_few"]
    assert "Everybody changed by the same" in table["note"].item()


def test_no_column_says_which_site_or_profession() -> None:
    tables = opened(exact_of(training=trained(15, sites=4), survey=ticks({"staff": (20, {1: 9})})))
    for name, table in tables.items():
        assert not {"role", "profession"} & set(table.columns), name
        assert ("site_id" in table.columns) == (name == "open_voices"), name


def test_answers_stay_back_where_scores_of_the_same_form_tell_change() -> None:
    tables = opened(exact_of(training=trained(15, sites=4)))
    assert tables["open_answers"].empty


def staff_of(waves: dict[str, list[int]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rng = np.random.default_rng(2)
    staff, service, number = [], [], 0
    for wave, sizes in waves.items():
        for n in sizes:
            number += 1
            site = f"S{number:02}"
            service.append({"site_id": site, "wave": wave or None, "period_end": pd.Timestamp("2026-03-31")})
            staff += [
                {"site_id": site, "staff_code": f"N{p}", "instrument": "nomad", "question": str(q), "response": int(a)}
                for p in range(n)
                for q, a in enumerate(rng.integers(2, 6, 4), start=1)
            ]
    return staff, service


def test_waves_are_told_where_both_may_stand_and_nobody_is_left_over() -> None:
    staff, service = staff_of({"EI": [6, 7, 8, 5], "FF": [6, 6, 7, 9]})
    told = opened(exact_of(staff=staff, service=service))["open_constructs"]
    assert told["wave"].tolist() == ["ALL", "EI", "FF"]
    assert (told["status"] == "shown").all()
    staff, service = staff_of({"EI": [6, 7, 8, 5], "FF": [6, 6, 7, 9], "": [4]})
    told = opened(exact_of(staff=staff, service=service))["open_constructs"]
    assert told["wave"].tolist() == ["ALL"], "four people without a wave would be what is left"


def test_whatever_is_returned_every_band_stands_by_itself() -> None:
    """Fifty sets of returns at random: bands hold everybody once, and each is spread over sites."""
    rng = np.random.default_rng(4)
    n_told = 0
    for _ in range(50):
        sites = int(rng.integers(2, 9))
        rows = []
        for s in range(sites):
            shares = rng.dirichlet(np.ones(6))
            answers = {code + 1: int(n) for code, n in enumerate(rng.multinomial(int(rng.integers(1, 40)), shares))}
            rows += [{**row, "site_id": f"S{s + 1:02}"} for row in forms(answers, sites=1)]
        exact = exact_of(experience=rows)
        table = opened(exact)["open_answers"]
        at_sites = exact["experience_summary"].query("site_id != 'ALL' and part == 'answer'")
        wide = at_sites.pivot_table(index="answer", columns="site_id", values="n", fill_value=0)
        told = [(low, high) for low, high, _ in bands(table[table["status"] == "shown"])]
        for low, high in told:
            assert is_spread(wide.loc[low:high].sum(), RULE)
            n_told += 1
        if told:
            assert [code for low, high in told for code in range(low, high + 1) if code in wide.index] == wide.index.tolist()
    assert n_told > 60

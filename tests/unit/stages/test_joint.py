"""Evidence beside the verdicts: the rule for a reading and a fit, distinct sources, and what of it may leave."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import codes
from pipeline.disclosure.spoken import ALL, are_enough, band, may_stand
from pipeline.stages.joint import fit, joint, reading
from pipeline.stages.release_joint import release_joint
from pipeline.tables import empty, shape
from tests.unit.drawn import drawn

GROUPS = {"w": "women_and_families", "s": "staff", "l": "leaders"}


def said(text: str) -> pd.DataFrame:
    """Excerpts from lines of source, site, role group, theory, element and stance."""
    frame = drawn("source_id site_id role_group theory_id element stance\n" + text.strip())
    frame["role_group"] = frame["role_group"].replace(GROUPS)
    return shape("evidence", frame.assign(excerpt_id=[f"E{n}" for n in range(len(frame))]))


def verdicts(**given: str) -> pd.DataFrame:
    rows = [{"theory_id": name.replace("_", "-"), "verdict": verdict} for name, verdict in given.items()]
    facts = {"test": "moderation", "sites_with": 4, "sites_without": 4, "women_with": 90, "women_without": 90}
    return shape("appraisal", pd.DataFrame(rows).assign(**facts, reason="x", theory_hash="x"))


def whole(table: pd.DataFrame) -> pd.DataFrame:
    return table[(table["element"] == ALL) & (table["role_group"] == ALL)].set_index("theory_id")


@pytest.mark.parametrize(
    ("supports", "contradicts", "refines", "sources", "expected"),
    [
        (0, 0, 0, 0, "none"),
        (3, 0, 0, 3, "supports"),
        (2, 1, 0, 3, "supports"),
        (3, 2, 0, 5, "mixed"),
        (1, 2, 0, 3, "contradicts"),
        (2, 0, 2, 4, "refines"),
        (3, 0, 2, 5, "supports"),
        (0, 0, 1, 1, "refines"),
        (2, 2, 1, 4, "mixed"),
    ],
)
def test_two_thirds_of_those_who_take_a_side_make_a_reading_and_half_who_refine_go_first(
    supports: int, contradicts: int, refines: int, sources: int, expected: str
) -> None:
    assert reading(supports, contradicts, refines, sources) == expected


@pytest.mark.parametrize(
    ("said", "consistent", "inconsistent", "inconclusive"),
    [
        ("supports", "convergent", "divergent", "evidence_alone"),
        ("contradicts", "divergent", "convergent", "evidence_alone"),
        ("refines", "expands", "expands", "expands"),
        ("mixed", "mixed", "mixed", "mixed"),
        ("none", "silent", "silent", "silent"),
    ],
)
def test_evidence_and_numbers_stand_to_each_other_by_the_rule(
    said: str, consistent: str, inconsistent: str, inconclusive: str
) -> None:
    assert fit(said, "consistent") == consistent
    assert fit(said, "inconsistent") == inconsistent
    assert {fit(said, verdict) for verdict in ("inconclusive", "not_testable")} == {inconclusive}


def test_a_source_counts_once_however_often_it_was_coded() -> None:
    evidence = said("""
        I1 S01 w CMO-01 context   supports
        I1 S01 w CMO-01 mechanism supports
        I1 S01 w CMO-01 outcome   contradicts
        I2 S02 s CMO-01 mechanism supports
        G1 -   l CMO-01 mechanism supports
    """)
    table = joint(evidence, verdicts(CMO_01="consistent", CMO_02="inconclusive"))
    row = whole(table).loc["CMO-01"]
    assert row[["k_sources", "k_sites", "k_supports", "k_contradicts", "k_refines"]].tolist() == [3, 2, 3, 1, 0]
    assert (row["reading"], row["fit"]) == ("supports", "convergent")
    women = table[(table["role_group"] == "women_and_families") & (table["theory_id"] == "CMO-01")].set_index("element")
    assert women["k_sources"].to_dict() == {ALL: 1, "context": 1, "mechanism": 1, "outcome": 1}
    assert women.loc["outcome", "fit"] == "divergent"
    assert whole(table).loc["CMO-02", ["reading", "fit"]].tolist() == ["none", "silent"]
    assert len(table) == 2 * 4 * 4


def test_nothing_is_joined_where_no_theory_was_appraised() -> None:
    assert joint(empty("evidence"), empty("appraisal")).empty


def released(evidence: pd.DataFrame, **given: str) -> pd.DataFrame:
    return shape("open_joint", release_joint(joint(evidence, verdicts(**given)), evidence))


def people(*groups: str, sites: int = 2, start: int = 1) -> str:
    lines = [f"I{n} S{1 + n % sites:02d} {g} CMO-01 mechanism supports" for n, g in enumerate(groups, start=start)]
    return "\n".join(lines)


def shown(table: pd.DataFrame) -> set[tuple[str, str]]:
    mine = table[table["status"] == "shown"]
    return set(zip(mine["element"], mine["role_group"], strict=True))


def test_two_sources_or_one_site_are_too_few_and_look_like_nobody() -> None:
    for evidence in (said(people("w", "w")), said(people("w", "w", "w", "w", sites=1))):
        table = released(evidence, CMO_01="consistent", CMO_02="consistent")
        assert shown(table) == set()
        assert set(table["fit"]) == {"silent"}
        assert table[["sources", "reading"]].isna().all(axis=None)
        mine, other = (table[table["theory_id"] == name].drop(columns="theory_id") for name in ("CMO-01", "CMO-02"))
        assert mine.reset_index(drop=True).equals(other.reset_index(drop=True))


def test_a_group_of_too_few_is_not_worked_out_from_the_whole_and_the_others() -> None:
    table = released(said(people("w", "w", "w", "s", "s", "s", "l")), CMO_01="consistent")
    assert (ALL, ALL) in shown(table)
    assert (ALL, "women_and_families") in shown(table)
    assert (ALL, "staff") not in shown(table), "the leader would be all that is left"
    table = released(said(people(*"www", *"sss", *"lll")), CMO_01="consistent")
    assert {group for element, group in shown(table) if element == ALL} == {ALL, *codes.GROUPS}


def test_no_site_no_source_and_no_number_of_sources_leaves() -> None:
    table = released(said(people(*"wwww", *"ssss")), CMO_01="inconsistent")
    assert list(table.columns) == ["theory_id", "element", "role_group", "sources", "reading", "fit", "status"]
    assert not any(code in table.to_csv() for code in ("S01", "S02", "I1"))
    assert table.set_index(["element", "role_group"]).loc[(ALL, ALL), ["sources", "fit"]].tolist() == ["6 to 10", "divergent"]


def test_without_evidence_the_table_is_empty() -> None:
    assert released(empty("evidence"), CMO_01="consistent").empty


def test_bands_do_not_tell_whole_numbers() -> None:
    assert [band(k) for k in (3, 5, 6, 10, 11, 90)] == ["3 to 5", "3 to 5", "6 to 10", "6 to 10", "11 and more", "11 and more"]


ELEMENT = st.sampled_from(codes.ELEMENTS)
SPEAKER = st.tuples(st.integers(1, 3), st.sampled_from(codes.GROUPS), st.sets(ELEMENT, min_size=1))


@given(st.lists(SPEAKER, max_size=14))
def test_no_two_printed_readings_leave_one_or_two_sources_between_them(speakers: list[tuple[int, str, set[str]]]) -> None:
    """Over every pair of printed readings of which one holds the other, and a whole against all printed parts of one kind."""
    places = [(element, group) for element in (ALL, *codes.ELEMENTS) for group in (ALL, *codes.GROUPS)]
    spoken = {
        (element, group): frozenset(
            (f"I{n}", f"S{site}")
            for n, (site, mine, about) in enumerate(speakers)
            if group in (ALL, mine) and (element == ALL or element in about)
        )
        for element, group in places
    }
    printed = may_stand(spoken)
    for place in printed:
        assert are_enough(spoken[place])
    for one, other in combinations(sorted(printed), 2):
        wide, narrow = sorted((one, other), key=lambda place: -sum(part == ALL for part in place))
        if all(part in (ALL, own) for part, own in zip(wide, narrow, strict=True)):
            left = spoken[wide] - spoken[narrow]
            assert not left or are_enough(left)
    for group in (ALL, *codes.GROUPS):
        elements = [spoken[element, group] for element in codes.ELEMENTS if (element, group) in printed]
        if (ALL, group) in printed and elements:
            left = spoken[ALL, group] - frozenset().union(*elements)
            assert not left or are_enough(left)
    for element in (ALL, *codes.ELEMENTS):
        groups = [spoken[element, group] for group in codes.GROUPS if (element, group) in printed]
        if (element, ALL) in printed and groups:
            left = spoken[element, ALL] - frozenset().union(*groups)
            assert not left or are_enough(left)

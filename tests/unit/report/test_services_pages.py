"""What the pages on services must say: components, pathways, types and what cannot be said, with many sites, few and none."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from pipeline.report import figures
from pipeline.report.material import Material
from pipeline.report.plots.components import SITES_A_PICTURE
from pipeline.report.sections.services import services
from pipeline.report.sections.subgroups import subgroups
from tests.unit.report import conftest as made
from tests.unit.report.test_access_pages import twin_of, without

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture(scope="module")
def twin(thirty: made.Release) -> str:
    return twin_of(thirty)


@pytest.fixture(scope="module")
def four() -> made.Release:
    return made.release(4)


def section(twin: str, heading: str) -> str:
    return twin.split(f"## {heading}")[1].split("\n## ")[0]


def test_the_map_counts_the_sites_that_answered(twin: str, thirty: made.Release) -> None:
    table = thirty.tables["open_services"]
    emdr = table[table["component"] == "emdr"]["value"]
    alt = json.loads(thirty.figures["alt.json"])["components"]
    assert f"EMDR {(emdr == 'y').sum()} of {emdr.isin(['y', 'n']).sum()}" in alt
    assert "](figures/components.svg)" in twin
    assert "30 sites described what they offer." in twin


def test_columns_stand_by_type_and_then_by_code(thirty: made.Release) -> None:
    svg = thirty.figures["components.svg"].decode()
    assert svg.index(">Type A<") < svg.index(">Type B<")
    columns = re.findall(r">(S\d\d)<", svg)
    assert columns == [*(f"S{n:02d}" for n in range(1, 31, 2)), *(f"S{n:02d}" for n in range(2, 31, 2))]


def test_with_few_sites_the_cells_of_the_map_are_words(four: made.Release) -> None:
    svg = four.figures["components.svg"].decode()
    assert svg.count(">yes<") > 10
    assert svg.count(">no<") > 5
    assert "Type A" not in svg
    assert "types" not in {name.partition(".")[0] for name in four.figures}


def test_more_sites_than_fit_a_picture_are_drawn_in_several() -> None:
    many = made.release(SITES_A_PICTURE + 6)
    drawn = [name for name in many.figures if name.startswith("components") and name.endswith(".csv")]
    sites = [set(pd.read_csv(io.BytesIO(many.figures[name]))["site_id"]) for name in drawn]
    assert len(sites) == 2
    assert not sites[0] & sites[1]
    assert len(sites[0] | sites[1]) == SITES_A_PICTURE + 6


def test_pathways_say_where_they_exist_and_how_many_women_came(twin: str, thirty: made.Release) -> None:
    rows = thirty.tables["open_components"].set_index("component")
    row = rows.loc["loss_of_custody"]
    pathways = section(twin, "Services and models")
    assert f"| Loss of custody | {row['k_with']} | {row['k_without']} | {row['k_not_recorded']} | too few |" in pathways
    assert "| Birth trauma | " in pathways
    assert (
        "| Pathway | Sites that offer it | Sites that do not | Sites without an answer | Women referred to it alone |" in pathways
    )


def test_a_pathway_that_nobody_offers_is_told_as_not_offered(thirty: made.Release) -> None:
    counts = thirty.tables["open_components"].copy()
    is_custody = counts["component"] == "loss_of_custody"
    counts.loc[is_custody, ["k_with", "k_without", "k_not_recorded"]] = [0, 30, 0]
    tables = {**thirty.tables, "open_components": counts}
    said = json.dumps([str(block) for block in services(Material(tables, thirty.measures, {}))])
    assert "No service that answered offers loss of custody." in said
    assert re.search(r"Loss of custody', '0', '30', '0', Cell\(text='not offered'", said)


def test_staff_are_in_bands_and_no_limit_is_a_word(twin: str) -> None:
    assert "| S01 | EI | whole system | 12 months | 2 to 5 | none |" in twin
    assert "| S02 | EI | whole system | none | 2 to 5 | none |" in twin


def test_types_are_told_with_their_stability_and_never_ranked(twin: str) -> None:
    part = section(twin, "Services and models")
    assert "Services fall into 2 types" in part
    assert "| A | 15 | 0.91 | stable |" in part
    assert "| B | 15 | 0.71 | a pattern: its members are doubtful |" in part
    assert "More often than elsewhere Tokophobia (14 of 15) and EMDR (14 of 15)" in part
    assert "with a probability of 0.002" in part
    assert "agree with these by 0.79 or more" in part
    assert not re.search(r"\b(best|worst|better than|top|rank(ed)?|league|grade)\b", part.replace("Which type is better", ""))


def test_noise_is_told_as_no_stable_types(four: made.Release) -> None:
    part = section(twin_of(four), "Services and models")
    assert "There are no stable types of service" in part
    assert "dealt out among the services at random" in part
    assert "| A |" not in part
    assert "What cannot be said of models" in part


def test_without_a_service_table_the_section_says_so(thirty: made.Release) -> None:
    bare = without(thirty, "open_services", "open_components", "open_typology", "open_types", "open_type_profiles")
    assert "No return describes its service, so the models cannot be set side by side." in twin_of(bare)
    assert not [name for name in bare.figures if name.startswith(("components", "types"))]


def test_sites_that_say_nothing_are_named_with_the_reason(thirty: made.Release) -> None:
    table = thirty.tables["open_services"].copy()
    for site, why in (("S03", "not_returned"), ("S04", "not_open_yet")):
        table.loc[table["site_id"] == site, "value"] = why
    types = thirty.tables["open_types"].copy()
    types.loc[types["site_id"].isin(["S03", "S04"]), ["type", "status"]] = [[None, "not_returned"], [None, "not_open_yet"]]
    tables = {**thirty.tables, "open_services": table, "open_types": types}
    drawn = figures.draw(tables, thirty.measures, style=made.STYLE, synthetic=True)
    alt = json.loads(drawn["alt.json"])["components"]
    assert "Not returned: S03." in alt
    assert "Not open yet: S04." in alt
    said = " ".join(str(block) for block in services(Material(tables, thirty.measures, {})))
    assert "Not open yet: S04. Not returned: S03." in said


def test_women_by_pathway_and_intervention_with_words_where_there_is_no_figure(twin: str) -> None:
    assert "| EMDR | 17 | 11 | 240 | 44.1 | 14.2 (12.1 to 16.3) |" in twin
    assert "| Video interaction guidance | 0 |  | not offered |  |  |" in twin
    assert "| Loss of custody | 17 |  | too few |  |  |" in twin
    assert "no effect of a pathway or an intervention" in twin


def test_with_few_sites_no_mean_improvement_is_given(four: made.Release) -> None:
    rows = four.tables["open_subgroups"].assign(mean_improvement=None, low=None, high=None)
    told = [str(block) for block in subgroups(Material({**four.tables, "open_subgroups": rows}, four.measures, {}))]
    assert "not given" in " ".join(told)
    assert "14.2" not in " ".join(told)


def test_no_subgroups_no_heading(thirty: made.Release) -> None:
    tables = {**thirty.tables, "open_subgroups": thirty.tables["open_subgroups"].iloc[:0]}
    assert subgroups(Material(tables, thirty.measures, {})) == []


def test_where_no_group_may_be_shown_one_sentence_says_so() -> None:
    few = made.release(6, all_too_few=True)
    assert "Of no pathway and no intervention may a mean over sites be given" in twin_of(few)


def test_too_few_services_are_told_as_not_known_and_not_as_none(four: made.Release) -> None:
    typology = four.tables["open_typology"].assign(reason="few_units")
    said = " ".join(str(block) for block in services(Material({**four.tables, "open_typology": typology}, four.measures, {})))
    assert "Whether services fall into types cannot be said: too few services" in said
    assert "no stable types" not in said

"""What every figure must hold: its data, its words, its mark where it is invented, and nothing that changes by itself."""

from __future__ import annotations

import io
import json
import re
from typing import Any
from xml.etree import ElementTree

import pandas as pd
import pytest

from pipeline.measures import Measure
from pipeline.report import figures
from pipeline.report.colours import contrast_with_white, legible
from tests.unit.report import conftest as made

SVG = "{http://www.w3.org/2000/svg}"


def pictures(release: made.Release) -> dict[str, str]:
    return {name.removesuffix(".svg"): data.decode() for name, data in release.figures.items() if name.endswith(".svg")}


def words(svg: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_every_picture_has_its_data_and_its_alternative_text(any_release: made.Release) -> None:
    alt = json.loads(any_release.figures["alt.json"])
    drawn = pictures(any_release)
    assert set(alt) == set(drawn)
    assert set(any_release.figures) == {"alt.json", *(f"{name}.{end}" for name in drawn for end in ("svg", "csv"))}
    for name, text in alt.items():
        assert len(text) > 60, name
        assert not pd.read_csv(io.BytesIO(any_release.figures[f"{name}.csv"])).empty


def test_the_pictures_of_thirty_sites(thirty: made.Release) -> None:
    by_measure = {
        f"{kind}-{name}"
        for kind in ("missing", "thresholds", "distribution", "forest", "shrunken", "classes", "funnel")
        for name in thirty.measures
    }
    assert set(pictures(thirty)) == {
        "flow",
        "completeness",
        "components",
        "types",
        "balance-pcl5",
        "waits",
        "series-referrals",
        "series-activity",
        *(f"theory-CMO-{number:02d}" for number in range(1, 6)),
        *by_measure,
    } - {"classes-wdeq_a"}


def test_of_women_nothing_is_drawn_where_nothing_may_be_shown() -> None:
    assert set(made.release(6, all_too_few=True).figures) == {"alt.json", "components.svg", "components.csv"}


def test_the_same_tables_give_the_same_bytes(thirty: made.Release) -> None:
    again = figures.draw(thirty.tables, thirty.measures, style=made.STYLE, synthetic=True)
    assert again == thirty.figures


def test_an_svg_tells_its_title_and_no_date_and_keeps_text_as_text(any_release: made.Release) -> None:
    for name, svg in pictures(any_release).items():
        root = ElementTree.fromstring(svg)
        assert root.findtext(f"{SVG}title"), name
        assert root.findtext(f"{SVG}desc"), name
        assert root.get("role") == "img"
        assert not re.search(r"dc:date|\d{4}-\d{2}-\d{2}", svg), name
        assert set(re.findall(r"font(?:-family)?: [^;]*?'([^']+)'", svg)) == {"Source Sans 3"}
        assert len(words(svg)) > 5


def test_invented_data_are_marked_in_picture_title_and_data(thirty: made.Release) -> None:
    for name, svg in pictures(thirty).items():
        assert "SYNTHETIC DATA" in words(svg), name
        assert "<title>SYNTHETIC DATA" in svg
        assert set(pd.read_csv(io.BytesIO(thirty.figures[f"{name}.csv"]))["data"]) == {"SYNTHETIC"}


def test_real_data_are_never_marked_as_invented() -> None:
    real = made.release(6, synthetic=False)
    assert not [name for name, data in real.figures.items() if b"SYNTHETIC" in data]


def test_sites_stand_in_order_of_their_code(thirty: made.Release) -> None:
    for name in ("forest-pcl5", "shrunken-core10", "classes-pcl5", "completeness"):
        codes = [text for text in words(pictures(thirty)[name]) if re.fullmatch(r"S\d\d", text)]
        assert codes == sorted(codes)
        assert len(codes) > 20


def test_a_site_that_may_not_be_shown_stands_in_words_alone(thirty: made.Release) -> None:
    svg = pictures(thirty)["forest-pcl5"]
    assert "S05" not in words(svg)
    assert [text for text in words(svg) if text.startswith("Too few: S05, S10")]
    assert "Not offered: S13." in words(svg)
    data = pd.read_csv(io.BytesIO(thirty.figures["forest-pcl5.csv"])).set_index("site_id")
    assert data.loc[["S05", "S13"], ["n", "mean_improvement", "low", "high"]].isna().all(axis=None)


def test_the_forest_holds_a_square_a_site_a_hollow_one_outside_the_pool_and_one_diamond(thirty: made.Release) -> None:
    svg = pictures(thirty)["forest-pcl5"]
    shapes = re.findall(r'style="fill: (#[0-9a-f]{6}); stroke: (#[0-9a-f]{6}); stroke-linejoin: miter', svg)
    table = thirty.tables["open_sites"].query("measure == 'pcl5' and status == 'shown'")
    colour = made.STYLE.colour.lower()
    assert len([shape for shape in shapes if shape[1] == colour]) == len(table)
    assert len([shape for shape in shapes if shape == ("#ffffff", colour)]) == (~table["is_pooled"]).sum() == 1


def test_a_share_is_drawn_where_given_else_counts_else_words(thirty: made.Release) -> None:
    said = words(pictures(thirty)["completeness"])
    for row in thirty.tables["open_completeness"].itertuples():
        counts = "" if row.status != "shown" else f"{row.n_paired:,} of {row.n_due:,}"
        if row.status != "shown":
            assert row.status.replace("_", " ") in said
        elif pd.isna(row.completion_pct):
            assert counts in said
        else:
            assert f"{row.completion_pct:.0f}% ({counts})" in said


def test_many_sites_are_drawn_in_parts_that_fit_a_page() -> None:
    tables = made.Tables(90).frames()
    drawn = figures.draw(tables, {"pcl5": made.measures()["pcl5"]}, style=made.STYLE, synthetic=False)
    assert {"forest-pcl5.svg", "forest-pcl5-2.svg", "completeness-3.svg", "classes-pcl5-2.svg"} <= set(drawn)
    for name, data in drawn.items():
        if name.endswith(".svg"):
            height = re.search(r'height="([\d.]+)pt"', data.decode())
            assert height is not None
            assert float(height[1]) < 235 / 25.4 * 72, name
    sites = [text for name in ("forest-pcl5.svg", "forest-pcl5-2.svg") for text in words(drawn[name].decode()) if text[:1] == "S"]
    assert len([site for site in sites if re.fullmatch(r"S\d\d", site)]) == 71


@pytest.mark.parametrize("name", ["$x_1$ & <b>", 'A \\frac{1}{2} "quoted"', "Ärger & Söhne, naïve"])
def test_a_name_is_drawn_as_it_is_written(name: str) -> None:
    spec: dict[str, Any] = {"id": "pcl5", "name": name, "better": "lower", "range": {"low": 0, "high": 80}}
    drawn = figures.draw(made.Tables(6).frames(), {"pcl5": Measure.model_validate(spec)}, style=made.STYLE, synthetic=False)
    assert f"Mean improvement, points on {name} (positive is better)" in words(drawn["forest-pcl5.svg"].decode())


def test_no_table_no_figure() -> None:
    assert set(figures.draw({}, made.measures(), style=made.STYLE, synthetic=True)) == {"alt.json"}


@pytest.mark.parametrize("colour", ["#ffff00", "#B5651D", "#ffffff", "#1f4e79"])
def test_chosen_colours_are_darkened_until_text_in_them_can_be_read(colour: str) -> None:
    assert contrast_with_white(legible(colour)) >= 4.5
    assert (legible(colour) == colour) is (contrast_with_white(colour) >= 4.5)


def test_drawing_leaves_matplotlib_as_it_was(thirty: made.Release) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    figures.draw(thirty.tables, {"pcl5": thirty.measures["pcl5"]}, style=made.STYLE, synthetic=True)
    assert dict(matplotlib.rcParams) == before


def test_a_measure_that_no_site_recorded_has_no_column_in_the_picture_of_completeness(thirty: made.Release) -> None:
    table = thirty.tables["open_completeness"].copy()
    gone = table["measure"] == "wdeq_a"
    assert gone.any()
    table.loc[gone, "status"] = "not_recorded"
    table.loc[gone, ["n_due", "n_paired", "completion_pct"]] = None
    drawn = figures.draw({**thirty.tables, "open_completeness": table}, thirty.measures, style=made.STYLE, synthetic=True)
    label = thirty.measures["wdeq_a"].label.encode()
    assert label in thirty.figures["completeness.svg"]
    assert label not in drawn["completeness.svg"]


def test_the_flow_is_drawn_of_the_first_measure_that_has_one(thirty: made.Release) -> None:
    from pipeline.report.material import Material

    first, second = list(thirty.measures)[:2]
    table = thirty.tables["open_flow"]
    only = {**thirty.tables, "open_flow": table.assign(measure=second)}
    assert Material(thirty.tables, thirty.measures, {}).primary == first
    assert Material(only, thirty.measures, {}).primary == second

"""Women without a second score, thresholds, what comes by itself and other pools, as the reader meets them."""

from __future__ import annotations

import io
import json
import re
from xml.etree import ElementTree

import pandas as pd
import pytest

from pipeline.report import documents, figures
from tests.unit.report import conftest as made
from tests.unit.report.pdf_text import pages, squeezed

SVG = "{http://www.w3.org/2000/svg}"


def twin_of(release: made.Release, **tables: pd.DataFrame) -> str:
    given = {**release.tables, **tables}
    text = documents.national(given, release.measures, release.figures, release.study)["national-report.md"].decode()
    return re.sub(r"\\([\\`*_{}\[\]<>#|$])", r"\1", text)


def section(twin: str, title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", twin, re.MULTILINE | re.DOTALL)
    assert found is not None, title
    return found[1]


@pytest.fixture(scope="module")
def twin(thirty: made.Release) -> str:
    return twin_of(thirty)


def words(release: made.Release, name: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(release.figures[f"{name}.svg"]).iter(f"{SVG}text")]


def test_the_sections_stand_where_a_reader_looks_for_them(twin: str) -> None:
    titles = re.findall(r"^## (.*)$", twin, re.MULTILINE)
    places = [titles.index(name) for name in ("Completeness", "Women without a second score", "Change by measure")]
    assert places == sorted(places)
    assert titles.index("Programme theories") < titles.index("Sensitivity") < titles.index("Data quality")


def test_the_tipping_point_is_told_in_words_that_compare_women_with_similar_women(twin: str) -> None:
    told = section(twin, "Women without a second score")
    said = "holds unless women without a second score did 22.5 points worse than similar women with a second score."
    assert told.count(said) == 1, "of the first measure; the others stand in the table"
    assert len(re.findall(r"\| 22\.5 points? \||\| 22\.5 \|", told)) == len(made.measures())
    assert "the mean on PCL-5 lies below the smallest important change." in told, "that it has turned already is a result"
    assert said in section(twin, "Key messages")


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("none_within_scale", "fared within the scale, the finding of an improvement on PCL-5 holds."),
        ("already", "the interval of the mean improvement on PCL-5 holds no change at all."),
    ],
)
def test_an_answer_that_never_turns_or_has_turned_already_is_a_result(thirty: made.Release, outcome: str, said: str) -> None:
    tipping, findings = thirty.tables["open_tipping"].copy(), thirty.tables["findings"].copy()
    tipping.loc[(tipping["measure"] == "pcl5") & (tipping["question"] == "no_effect"), ["outcome", "delta"]] = [outcome, None]
    findings.loc[findings["key"] == "missing.pcl5.no_effect", "value"] = None
    told = section(twin_of(thirty, open_tipping=tipping, findings=findings), "Women without a second score")
    assert said in told
    assert "No point is given" not in told


def test_who_they_were_stands_in_a_table_and_a_picture(twin: str, thirty: made.Release) -> None:
    told = section(twin, "Women without a second score")
    assert "| PCL-5 | 41.2 | 43.9 | \N{MINUS SIGN}0.22 |" in told
    assert "figures/balance-pcl5.svg" in told
    drawn = words(thirty, "balance-pcl5")
    assert "Age: under 25" in drawn
    assert "14%, 19%" in drawn
    assert not [text for text in drawn if "other" in text.lower()], "what is withheld has no row"


def test_the_strip_has_three_curves_and_its_published_thresholds(thirty: made.Release) -> None:
    drawn = words(thirty, "thresholds-pcl5")
    assert {"deteriorated", "improved by regression to the mean alone", "improved (bars: 95%, over sites)"} <= set(drawn)
    assert "15" in drawn
    svg = thirty.figures["thresholds-pcl5.svg"].decode()
    assert len(re.findall(r'<path d="M [\d. ]+\nL [\d. ]+\nL [\d. ]+\nL ', svg)) >= 4, "three curves and a band"
    data = pd.read_csv(io.BytesIO(thirty.figures["thresholds-pcl5.csv"]))
    table = thirty.tables["open_thresholds"].query("measure == 'pcl5'")
    assert data["improved_pct"].tolist() == table["improved_pct"].tolist()
    alt = json.loads(thirty.figures["alt.json"])["thresholds-pcl5"]
    assert "52% from 15" in alt


def test_a_curve_without_a_sourced_population_has_no_third_line() -> None:
    tables = made.Tables(30).frames()
    tables["open_thresholds"] = tables["open_thresholds"].assign(twin_pct=None).astype({"twin_pct": "float64"})
    drawn = figures.draw(tables, {"pcl5": made.measures()["pcl5"]}, style=made.STYLE, synthetic=False)
    assert b"regression to the mean" not in drawn["thresholds-pcl5.svg"]


def test_what_comes_of_itself_is_said_with_what_is_not_in_it(twin: str) -> None:
    told = section(twin, "Change by measure")
    by_measure = dict(re.findall(r"^### (.*?)\n(.*?)(?=^### |\Z)", told, re.MULTILINE | re.DOTALL))
    assert "would give an improvement of 1.4 points on CORE-10" in by_measure["CORE-10"]
    assert "would give between 0.7 and 7.9 points on PCL-5" in by_measure["PCL-5"]
    assert "| 20.0 | 4.3 |" in by_measure["PCL-5"]
    for label in ("PCL-5", "CORE-10"):
        assert "Natural recovery is not in it" in by_measure[label]
    assert "cannot be said: no test-retest correlation of this measure is sourced." in by_measure["ReQoL-10"]
    assert "no reliability of the measure is sourced" in by_measure["ReQoL-10"]


def test_methods_stand_side_by_side_with_words_for_what_is_withheld(twin: str) -> None:
    told = section(twin, "Change by measure")
    assert "| Jacobson and Truax | 600 (50%) | too few | too few |" in told
    assert "| Hageman and Arrindell | too few | too few | too few |" in told


def test_sensitivity_names_no_site_and_says_whether_both_ways_agree(twin: str, thirty: made.Release) -> None:
    told = section(twin, "Sensitivity").split("**From first score to treatment.**")[0]
    assert not re.search(r"\bS\d\d\b", told)
    row = thirty.tables["open_sensitivity"].query("measure == 'pcl5' and analysis == 'one_site_left_out'").iloc[0]
    assert f"stays between {row['least']:.1f} and {row['most']:.1f} on PCL-5" in told
    assert "the two means, as printed, are the same, and their intervals agree on whether there was any change." in told
    assert "say the same" not in told, "how far apart they are is a number"
    assert "| One model over all women |" in told


@pytest.mark.parametrize("name", ["Women without a second score", "Sensitivity"])
def test_without_a_pool_the_page_says_why(name: str) -> None:
    four = made.release(4)
    told = section(twin_of(four), name)
    assert "with fewer than five sites to pool, no pooled figure is given" in told
    assert "figures/" not in told
    assert not re.search(r"\d\.\d", told)
    assert not [name for name in four.figures if name.startswith(("missing", "thresholds", "balance"))]


def test_a_site_reads_what_its_missing_scores_could_mean_beside_the_national_answer(thirty: made.Release) -> None:
    args = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
    first, second = (squeezed("".join(pages(documents.site(site, *args)[f"{site}.pdf"]))) for site in ("S01", "S02"))
    assert squeezed("the mean improvement here would be about 9 on PCL-5, 9 on CORE-10") in first
    assert squeezed("How far women without a second score could move the figures here is withheld") in second
    for text in (first, second):
        assert squeezed("Over all sites. Of the women whose first score on PCL-5 lay at or beyond the clinical cut-off") in text
        assert "standarddeviations" not in text, "what women without one were like is said in shares of women"
        assert squeezed("The finding of an improvement on PCL-5 holds unless") in text

"""What the pages on funnels, waits, equity and series must say, and must not."""

from __future__ import annotations

import io
import json
import re

import pandas as pd
import pytest

from pipeline.report import documents, figures, wording
from tests.unit.report import conftest as made
from tests.unit.report.access_tables import NOTE


def twin_of(release: made.Release) -> str:
    made_of = (release.tables, release.measures, release.figures, release.study)
    return documents.national(*made_of)["national-report.md"].decode()


@pytest.fixture(scope="module")
def twin(thirty: made.Release) -> str:
    return twin_of(thirty)


def without(release: made.Release, *names: str) -> made.Release:
    tables = {name: frame.iloc[:0] if name in names else frame for name, frame in release.tables.items()}
    drawn = figures.draw(tables, release.measures, style=made.STYLE, synthetic=True)
    return made.Release(tables=tables, measures=release.measures, study=release.study, figures=drawn)


def test_the_policy_is_printed_with_its_numbers_and_without_a_verdict(twin: str) -> None:
    policy = re.search(r"\*\*The policy\.\*\* (.*)", twin)
    assert policy is not None
    assert "99.8% limits" in policy[1]
    assert "from 10 women on" in policy[1]
    funnels = twin.split("### Funnels, and what chance alone would flag")[1].split("\n## ")[0]
    assert not re.search(r"\b(outlier|worst|best|fail|poor|rank(ed)?|grade)\b", funnels, re.IGNORECASE)


def test_the_budget_stands_before_the_funnels(twin: str) -> None:
    assert twin.index("False alarms") < twin.index("](figures/funnel-pcl5.svg)")
    assert (
        "If no site were special, about 0.4 of them would be expected beyond the limits of the policy. Points beyond them: 1."
        in twin
    )
    assert "| PCL-5, mean improvement | 23 | 0.05 | 1 | 1 |" in twin, "the policy first"


def test_with_few_sites_the_report_says_why_there_is_no_funnel() -> None:
    twin = twin_of(made.release(4))
    assert NOTE in twin
    assert "False alarms" not in twin
    assert "](figures/funnel" not in twin


def test_a_funnel_names_the_sites_beyond_and_at_a_limit_and_orders_none(thirty: made.Release) -> None:
    alt = json.loads(thirty.figures["alt.json"])["funnel-pcl5"]
    assert alt.startswith(
        "Beyond the limits of the policy: S01; if no site were special, 0.05 would be expected. At a limit: S02."
    )
    data = pd.read_csv(io.BytesIO(thirty.figures["funnel-pcl5.csv"]))
    assert data["site_id"].tolist() == sorted(data["site_id"])
    svg = thirty.figures["funnel-pcl5.svg"].decode()
    assert "By the policy: S01 below the limits; S02 at a limit." in svg
    assert "S03<" not in svg, "the others stand in the table of sites"


def test_kinds_of_no_answer_stay_apart_and_have_no_share(twin: str) -> None:
    for code in ("not_stated", "not_known", "not_recorded", "not_sent"):
        assert f"| {wording.group(code)} | 1,250 |  | 800 | 560 | 70% | 66% to 74% |" in twin
    assert "| White | 1,250 | 48% | 800 | 560 | 70% | 66% to 74% | 1.21 (1.02 to 1.43) |" in twin
    assert "| Loss of custody | too few |  | too few | too few |  |  |" in twin
    assert "| 20 to 24 |" in twin and "| 40 and over |" in twin


def test_waits_say_who_left_beside_who_was_seen(twin: str) -> None:
    assert "Within 6 weeks of referral 57% of the women had been assessed (95% interval 55% to 59%)." in twin
    assert "Within 26 weeks 10% had left before they had begun treatment." in twin
    assert "| All sites | 57% (55% to 59%) | 92% (90% to 94%) |" in twin
    assert "| S03 | too few | too few |" in twin
    assert "by 6 weeks" in json.loads(made.release(30).figures["alt.json"])["waits"]


def test_series_of_few_people_are_named_in_words(twin: str, thirty: made.Release) -> None:
    assert "S04 (referrals)" in twin
    assert "There is no comparison series" in twin
    assert "| S01 | bed days | 36, 30 | \N{MINUS SIGN}2.1, from \N{MINUS SIGN}3.0 to \N{MINUS SIGN}1.3 |" in twin
    assert "| S02 | bed days | 30, 30 | ratio 0.51, from 0.40 to 0.66 |" in twin
    assert "S04" not in pd.read_csv(io.BytesIO(thirty.figures["series-referrals.csv"]))["site_id"].tolist()
    assert "S01, bed days" in json.loads(thirty.figures["alt.json"])["series-activity"]


def test_a_site_reads_its_own_waits_beside_those_of_all(thirty: made.Release) -> None:
    from tests.unit.report.pdf_text import pages, squeezed

    def text(site: str) -> str:
        made_of = (thirty.tables, thirty.measures, thirty.figures, thirty.study)
        return squeezed("".join(pages(documents.site(site, *made_of)[f"{site}.pdf"])))

    assert squeezed("Been assessed within 6 weeks 57% (55% to 59%) 57% (55% to 59%)") in text("S01")
    too_few, over_all = squeezed("within 6 weeks not given"), squeezed("not given 57% (55% to 59%)")
    assert over_all in text("S03") and too_few in text("S03")


def test_a_study_without_single_referrals_says_so(thirty: made.Release) -> None:
    bare = without(
        thirty,
        "open_equity",
        "open_waits",
        "open_series",
        "open_breaks",
        "open_funnels",
        "open_funnel_limits",
        "open_false_alarms",
    )
    twin = twin_of(bare)
    assert "No return holds single referrals, so who came cannot be told." in twin
    assert "Month by month" not in twin
    assert "Funnels, and" not in twin
    assert not [name for name in bare.figures if name.startswith(("waits", "series", "funnel"))]


def test_intervals_beside_shares_of_all_women_say_what_they_are_of(thirty: made.Release) -> None:
    twin = twin_of(thirty)
    assert "| Treated, of accepted | Mean over sites (95% interval) |" in twin, "in a column of their own"
    assert "The interval is of the mean share over sites, which need not be the share of all women." in twin


def test_a_step_in_beds_has_a_unit(thirty: made.Release) -> None:
    assert "Steps are changes in days spent in bed per day, that is in beds in use" in twin_of(thirty)


def test_the_flow_says_whom_it_leaves_out(thirty: made.Release) -> None:
    assert "Sites of too few women are not in it" in twin_of(thirty)


def test_the_method_says_that_intervals_of_theories_stand_alone(thirty: made.Release) -> None:
    assert "Each interval is of one theory alone" in twin_of(thirty)

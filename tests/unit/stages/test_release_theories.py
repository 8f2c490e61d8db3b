"""A contrast on a pathway that is held to a higher minimum, and what a theory expects, in words."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import theories
from pipeline.config import ReleaseSettings
from pipeline.stages.appraise_sites import why_not
from pipeline.stages.release_theories import _may_stand, _of_pages, _outcome, in_words, release_theories
from pipeline.tables import shape

RULE = ReleaseSettings()


@pytest.mark.parametrize(("women", "may_stand"), [(25, True), (15, False)])
def test_a_contrast_on_a_sensitive_pathway_needs_the_higher_minimum(women: int, may_stand: bool) -> None:
    """A lone site of 15 women is small where 20 are needed, and could be found; elsewhere it is not small."""
    sites = pd.DataFrame({"site_id": [f"S{n:02}" for n in range(8)], "n_with": [women, *[60] * 7], "n_without": 60})
    table = shape("theory_sites", sites.assign(theory_id="CMO-10", is_used=True))
    assert theories.load()["CMO-10"].context.codes == ("loss_of_custody",)
    assert _may_stand(theories.load()["CMO-10"], table, RULE) is may_stand
    lower = RULE.model_copy(update={"sensitive": RULE.sensitive.model_copy(update={"pathways": ("other",)})})
    assert _may_stand(theories.load()["CMO-10"], table, lower)


def test_what_is_expected_reads_as_a_phrase_whatever_the_outcome() -> None:
    said = {name: _outcome(theory) for name, theory in theories.load().items()}
    assert said["CMO-07"] == "the wait to assessment: it is shorter, more women have it within 6 weeks"
    assert said["CMO-09"] == "the share who have a second score: it is higher"
    assert said["CMO-12"] == "women improve more on pcl5"
    assert said["CMO-13"] == "more answers are positive to question 1 on fft"
    assert said["CMO-14"] == "staff improve more in secondary traumatic stress on proqol"
    counted = _of_pages(list(theories.load().values()))["counted"]
    assert dict(zip(theories.load(), counted, strict=True)) == {
        **dict.fromkeys(theories.load(), "women"),
        **{"CMO-13": "answers", "CMO-14": "staff"},
    }


def test_what_lacks_of_voices_is_people_and_not_women() -> None:
    few = {"sites_with": 4, "sites_without": 4, "women_with": 39, "women_without": 40}
    assert why_not(theories.load()["CMO-14"], few) == "fewer than 40 people on one side"
    assert why_not(theories.load()["CMO-03"], few) == "fewer than 40 women on one side"


def test_a_contrast_of_shares_is_in_percentage_points_and_one_of_scores_in_points() -> None:
    known = {name: theories.load()[name] for name in ("CMO-03", "CMO-07")}
    facts = {"test": "moderation", "sites_with": 4, "sites_without": 4, "women_with": 240, "women_without": 240}
    contrast = {"estimate": -0.104, "low": -0.31, "high": 0.052, "smallest_detectable": 0.148}
    words = {"verdict": "inconclusive", "reason": "open", "registered": "declared", "theory_hash": "x"}
    rows = [{"theory_id": name, **facts, **contrast, **words} for name in known]
    sites = pd.DataFrame({"site_id": [f"S{n:02}" for n in range(8)], "has_context": [True, False] * 4, "n": 60, "is_used": True})
    used = pd.concat([sites.assign(theory_id=name) for name in known], ignore_index=True)
    before = [{"theory_id": name, "measure": "x", "sites_unknown": 2, "reason": "can be tested"} for name in known]
    counts = {**facts, "is_testable": True}
    before = shape("testability", pd.DataFrame([counts | row for row in before]).drop(columns="test"))
    found = release_theories(shape("appraisal", pd.DataFrame(rows)), before, known, shape("theory_sites", used), RULE)
    found = found.set_index("theory_id")
    assert found.loc["CMO-07", ["unit", "estimate", "low", "high"]].tolist() == ["percentage points", -10, -31, 5]
    assert found.loc["CMO-03", ["unit", "estimate", "low", "high"]].tolist() == ["points", -0.1, -0.3, 0.1]
    assert found.loc["CMO-07", "smallest_detectable"] == 15
    assert found["smallest_difference"].to_dict() == {"CMO-03": 5, "CMO-07": 10}
    assert found["k_sites_unknown"].tolist() == [2, 2]


def test_a_page_is_told_what_is_released_by_site_and_what_is_not() -> None:
    """A context that open_services holds and the change of all women; a limit, a pathway or a part of the women is neither."""
    names = ("CMO-03", "CMO-05", "CMO-06", "CMO-07", "CMO-10")
    told = _of_pages([theories.load()[name] for name in names])
    component = ["peer_support", "midwifery", "prior_therapy_required", None, None]
    assert dict(zip(names, told["component"], strict=True)) == dict(zip(names, component, strict=True))
    assert dict(zip(names, told["measure"], strict=True)) == dict(zip(names, ["pcl5", None, "core10", None, None], strict=True))
    assert dict(zip(names, told["side"], strict=True)) == dict(
        zip(names, ["with", "with", "without", "with", "neither"], strict=True)
    )
    assert told["population"][1] == "pathway: tokophobia"


def test_a_code_reads_as_words() -> None:
    assert in_words(theories.load()["CMO-10"]) == "pathway: loss of custody"

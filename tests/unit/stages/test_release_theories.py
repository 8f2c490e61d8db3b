"""A contrast on a pathway that is held to a higher minimum, and what a theory expects, in words."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline import theories
from pipeline.config import ReleaseSettings
from pipeline.stages.release_theories import _may_stand, _outcome
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
    assert said["CMO-07"] == "the wait to assessment: it is shorter"
    assert said["CMO-09"] == "the share who have a second score: it is higher"
    assert said["CMO-12"] == "women improve more on pcl5"

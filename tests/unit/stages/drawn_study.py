"""A small study drawn at random: pairs, women who are due, and every exact table that release reads of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config import CompareSettings
from pipeline.measures import Measure, Range, Reliability, ReliableChange
from pipeline.plan import EXACT
from pipeline.stages.change_severity import completion_of
from pipeline.stages.classify import classify
from pipeline.stages.compare import compare
from pipeline.stages.impute import impute
from pipeline.tables import empty, shape

INVENTED: dict[str, Any] = {"source": "invented", "evidence": "V"}
MEASURE = Measure(
    id="pcl5",
    name="A",
    better="lower",
    range=Range(low=0, high=80, step=1),
    reliabilities=(Reliability(value=0.82, kind="test_retest", population="students", **INVENTED),),
    reliable_changes=tuple(ReliableChange(points=points, kind="jacobson_truax", **INVENTED) for points in (10, 15, 18)),
    primary_reliable_change=15,
)


@dataclass
class Study:
    """`paired` and `missing`: women by site with both scores, and due without the second one; `not_due`: paired, not due yet."""

    paired: dict[str, int]
    missing: dict[str, int]
    not_due: dict[str, int] = field(default_factory=dict)
    means: dict[str, float] = field(default_factory=dict)
    aggregates: pd.DataFrame | None = None
    min_pairs: int = 10
    seed: int = 3
    measure: Measure = MEASURE

    def exact(self) -> dict[str, pd.DataFrame]:
        """Every exact table; those that need no woman stay empty."""
        women = self._women()
        change = shape("change", women[women["post"].notna()])
        due = women[~women["is_early"]]
        counts = due.groupby("site_id").agg(n_due=("pre", "size"), n_pre=("pre", "size"), n_paired=("post", "count"))
        missingness = shape("missingness", counts.reset_index().assign(measure="pcl5", n_referred=counts["n_due"].to_numpy()))
        sent = empty("accepted_aggregates") if self.aggregates is None else self.aggregates
        referrals = empty("accepted_referrals")
        measures = {"pcl5": self.measure}
        settings = CompareSettings(min_pairs=self.min_pairs)
        compared = compare(change, missingness, sent, referrals, measures, settings, 1)
        made = {"change": change, "missingness": missingness, "due": shape("due", due), **compared}
        made |= impute(made["due"], referrals, made["site_effects"], made["pooled"], measures, 1)
        made |= classify(change, measures)
        made["completion"] = completion_of(made["due"], measures)
        return {**{name: empty(name) for name in EXACT}, **made}

    def _women(self) -> pd.DataFrame:
        random = np.random.default_rng(self.seed)
        parts = []
        for site, n in self.paired.items():
            early, missing = self.not_due.get(site, 0), self.missing.get(site, 0)
            size = n + early + missing
            pre = random.normal(50, 8, size).round().clip(20, 80)
            gain = random.normal(self.means.get(site, 14.0), 9, size).round()
            kind = np.repeat(["both", "early", "missing"], [n, early, missing])
            parts.append(pd.DataFrame({"site_id": site, "pre": pre, "post": (pre - gain).clip(0, 80), "kind": kind}))
        table = pd.concat(parts, ignore_index=True)
        name = [f"R{number:05d}" for number in range(len(table))]
        post = table["post"].where(table["kind"] != "missing")
        improvement = table["pre"] - post
        classes = np.where(improvement >= 15, "reliably_improved", "no_reliable_change")
        classes = np.where(improvement <= -15, "reliably_deteriorated", classes)
        known: dict[str, Any] = {"measure": "pcl5", "referral_id": name, "person_id": name, "first_referral": True}
        cut = next((each.value for each in self.measure.clinical_cut_offs), None)
        if cut is not None:
            before, recovered = table["pre"] >= cut, (table["pre"] >= cut) & (post < cut)
            known |= {"case_before": before, "case_after": post >= cut, "recovered": recovered}
            known |= {"reliably_recovered": recovered & (classes == "reliably_improved")}
        return table.assign(
            **known,
            post=post,
            improvement=improvement,
            is_early=table["kind"] == "early",
            **{"class": classes},
        )


def sites(*counts: int) -> dict[str, int]:
    """S01, S02 and so on, with so many women each."""
    return {f"S{number:02d}": n for number, n in enumerate(counts, start=1)}

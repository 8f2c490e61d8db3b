"""Small invented open tables, as a release would hand them over: rounded, with words where a figure is withheld."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline import codes
from pipeline.bibliography import sources
from pipeline.config import FigureSettings
from pipeline.measures import Measure, load
from pipeline.report import documents, figures
from pipeline.report.study import StudyFacts
from pipeline.tables import schemas, shape
from tests.unit.report import access_tables, delivery_tables, numbers, theory_tables

STYLE = FigureSettings()
PATHWAYS = ("birth_trauma", "perinatal_loss", "tokophobia", "loss_of_custody", "other")
FEATURES = (
    "self_referral_accepted",
    "prior_therapy_required",
    "joint_provider",
    "non_medical_venue",
    "trauma_training_delivered",
)


def measures() -> dict[str, Measure]:
    """Three measures with a published reliable change, one of them better when higher, and one without."""
    return {name: load()[name] for name in ("pcl5", "core10", "reqol10", "wdeq_a")}


def study(**changes: Any) -> StudyFacts:
    """Facts of an invented, synthetic, unpublished run."""
    facts: dict[str, Any] = {
        **{"title": "Maternal Mental Health Services in England: a realist evaluation", "synthetic": True, "is_draft": True},
        **{"period_start": "2024-04-01", "period_end": "2026-03-31", "data_cut": "2026-03-31", "run_id": "3f9c2a1e77d0"},
        **{"minimum_count": 10, "round_to": 5, "version": "0.1.0", "min_pairs": 10, "k_sites": 30},
        "sources": sources(),
        "settings": {"change.min_gap_days": 14, "change.post_grace_days": 30, "compare.small_site_variance": "own"},
    }
    return StudyFacts(**{**facts, **changes})


def site_ids(k_sites: int) -> list[str]:
    return [f"S{number:02d}" for number in range(1, k_sites + 1)]


def to_five(value: float) -> int:
    return int(5 * round(value / 5))


class Tables:
    """Builds the open tables of one invented release."""

    def __init__(self, k_sites: int, *, all_too_few: bool = False, seed: int = 1) -> None:
        self.sites, self.few, self.random = site_ids(k_sites), all_too_few, random.Random(seed)
        self.rows: dict[str, list[dict[str, Any]]] = {name: [] for name in documents.OPEN_TABLES}
        for measure in measures().values():
            self.one_measure(measure)
        self.services()
        self.decisions()
        self.theories()
        access_tables.surround(self, measures())
        delivery_tables.surround(self, measures())
        theory_tables.surround(self)
        self.study_findings()

    def frames(self) -> dict[str, pd.DataFrame]:
        checked = {}
        for name, rows in self.rows.items():
            checked[name] = schemas()[name].validate(shape(name, pd.DataFrame(rows)))
        return checked

    def finding(self, key: str, value: float | None = None, status: str = "shown", **more: Any) -> None:
        self.rows["findings"].append({"key": key, "value": value, "status": status, **more})

    def one_measure(self, measure: Measure) -> None:
        mean, spread = (measure.range.high - measure.range.low) * 0.18, (measure.range.high - measure.range.low) * 0.025
        shown, n_all = [], 0
        for position, site in enumerate(self.sites):
            status = "too_few" if self.few or position % 5 == 4 else ("not_offered" if position == 12 else "shown")
            n = to_five(self.random.uniform(15, 90)) if status == "shown" else None
            true = self.random.gauss(mean, spread)
            self.site(measure, site, status, n, round(true, 1), spread)
            self.completeness(measure, site, status, n)
            self.site_classes(measure, site, status, n)
            if n is not None:
                shown.append(true)
                n_all += n
        self.pooled(measure, shown, n_all, spread)
        self.completeness(measure, "ALL", "too_few" if self.few else "shown", None if self.few else n_all)
        self.national_classes(measure, n_all)
        self.flow(measure, n_all)
        self.bins(measure, n_all)
        numbers.surround(self, measure, is_pooled=len(shown) >= 5)

    def site(self, measure: Measure, site: str, status: str, n: int | None, mean: float, spread: float) -> None:
        row: dict[str, Any] = {"measure": measure.id, "site_id": site, "status": status, "grain": "record"}
        keys = [f"compare.{measure.id}.{site}.{name}" for name in ("mean_improvement", "shrunken")]
        if n is None:
            self.rows["open_sites"].append(row)
            for key in keys:
                self.finding(key, status=status)
            return
        half = round(1.96 * spread * 6 / n**0.5, 1)
        is_pooled = site != "S08"
        row |= {"grain": "record" if is_pooled else "aggregate", "is_pooled": is_pooled, "n": n}
        row |= {"mean_improvement": mean, "low": round(mean - half, 1), "high": round(mean + half, 1)}
        if len(self.sites) >= 5:
            row |= {"shrunken": round(mean * 0.8 + 2, 1), "shrunken_low": round(mean * 0.8 + 2 - half * 0.8, 1)}
            row |= {"shrunken_high": round(mean * 0.8 + 2 + half * 0.8, 1)}
        self.rows["open_sites"].append(row)
        self.finding(keys[0], row["mean_improvement"], low=row["low"], high=row["high"], n=n, unit="points")
        if "shrunken" in row:
            self.finding(keys[1], row["shrunken"], low=row["shrunken_low"], high=row["shrunken_high"], n=n, unit="points")

    def pooled(self, measure: Measure, shown: list[float], n: int, spread: float) -> None:
        row: dict[str, Any] = {
            "measure": measure.id,
            "status": "shown",
            "k_sites": len(shown),
            "k_sites_left_out": len(self.sites) // 5,
        }
        key = f"change.{measure.id}"
        if len(shown) < 5:
            why = "fewer sites than are needed for a pooled figure"
            self.rows["open_pooled"].append({"measure": measure.id, "status": "too_few", "note": why})
            for name in ("pooled", "prediction", "tau2", "n_paired", "completion_pct", "reliably_improved_pct"):
                self.finding(f"{key}.{name}", status="too_few")
        else:
            mean = round(sum(shown) / len(shown), 1)
            row |= {"n": n, "mean_improvement": mean, "low": round(mean - 0.6 * spread, 1), "high": round(mean + 0.6 * spread, 1)}
            row |= {
                "tau2": float(f"{spread**2:.2g}"),
                "tau2_low": float(f"{spread**2 / 3:.2g}"),
                "tau2_high": float(f"{spread**2 * 3:.2g}"),
            }
            row |= {"prediction_low": round(mean - 2.2 * spread, 1), "prediction_high": round(mean + 2.2 * spread, 1)}
            row["has_shrunken_plot"] = measure.id != "phq9"
            self.rows["open_pooled"].append(row)
            self.finding(f"{key}.n_paired", n, n=n)
            self.finding(f"{key}.pooled", mean, low=row["low"], high=row["high"], n=n, k_sites=len(shown), unit="points")
            self.finding(f"{key}.prediction", low=row["prediction_low"], high=row["prediction_high"], unit="points")
            self.finding(f"{key}.tau2", row["tau2"], low=row["tau2_low"], high=row["tau2_high"])
            self.finding(f"{key}.completion_pct", 61)
            if measure.primary_reliable_change:
                self.finding(f"{key}.reliably_improved_pct", 52, low=48.6, high=55.4, n=n)
        if measure.primary_reliable_change:
            self.finding(f"{key}.threshold", measure.primary_reliable_change)

    def completeness(self, measure: Measure, site: str, status: str, n: int | None) -> None:
        due = to_five(n / 0.61) if n else None
        share = round(100 * n / due) if n and due and due >= 50 and n >= 10 and due - n >= 10 else None
        row = {"measure": measure.id, "site_id": site, "n_due": due, "n_paired": n, "completion_pct": share, "status": status}
        self.rows["open_completeness"].append(row)

    def site_classes(self, measure: Measure, site: str, status: str, n: int | None) -> None:
        if not measure.primary_reliable_change:
            return
        for name, part in (("reliably_improved", 0.52), ("not_reliably_improved", 0.48)):
            count = to_five(n * part) if n else None
            shown = status if count is None or count >= 10 else "too_few"
            row: dict[str, Any] = {"measure": measure.id, "site_id": site, "class": name, "status": shown}
            row["n"] = count if shown == "shown" else None
            if shown == "shown" and n is not None and n >= 50:
                row |= {"share_pct": round(100 * count / n), "share_low_pct": 40.0, "share_high_pct": 60.0}
            self.rows["open_classes"].append(row)

    def national_classes(self, measure: Measure, n: int) -> None:
        if not measure.primary_reliable_change:
            return
        for name, part in (("reliably_improved", 0.52), ("no_reliable_change", 0.43), ("reliably_deteriorated", 0.05)):
            row: dict[str, Any] = {"measure": measure.id, "site_id": "ALL", "class": name, "status": "too_few"}
            if n * part >= 10:
                row |= {"status": "shown", "n": to_five(n * part)}
                row |= {
                    "share_pct": round(100 * part),
                    "share_low_pct": round(100 * part) - 3.0,
                    "share_high_pct": round(100 * part) + 3.0,
                }
            self.rows["open_classes"].append(row)

    def flow(self, measure: Measure, n: int) -> None:
        shares = {
            "referred": 3.6,
            "pending": 0.01,
            "not_accepted": 0.5,
            "in_treatment": 0.6,
            "due_without_post": 0.4,
            "paired": 1,
        }
        for state in ("referred", *codes.FLOW_STATES):
            share = shares.get(state, 0.2)
            row: dict[str, Any] = {"measure": measure.id, "state": state, "status": "too_few"}
            if n * share >= 10:
                row |= {"status": "shown", "n": to_five(n * share)}
            self.rows["open_flow"].append(row)

    def bins(self, measure: Measure, n: int) -> None:
        step = max(1, round((measure.range.high - measure.range.low) / 16))
        shares = (0.03, 0.07, 0.12, 0.17, 0.2, 0.16, 0.12, 0.08, 0.05)
        for position, share in enumerate(shares):
            low = (position - 2) * step
            row: dict[str, Any] = {"measure": measure.id, "bin_low": low, "bin_high": low + step, "status": "too_few"}
            if n * share >= 10:
                row |= {"status": "shown", "n": to_five(n * share)}
            self.rows["open_distribution"].append(row)

    def services(self) -> None:
        parts = {"pathway": PATHWAYS, "intervention": codes.INTERVENTIONS, "feature": FEATURES}
        for position, site in enumerate(self.sites):
            for kind, names in parts.items():
                for name in names:
                    value = self.random.choices(("y", "n", "not_recorded"), (0.55, 0.38, 0.07))[0]
                    self.rows["open_services"].append({"site_id": site, "component": name, "kind": kind, "value": value})
            read = ("read", "aggregate_only", "set_aside")[0 if position % 9 else (1 if position else 0)]
            row = {"site_id": site, "status": read, "faults": ("none", "1 to 9", "10 to 99", "100 and more")[position % 4]}
            is_shown = read == "read" and not self.few
            row |= {"n_referrals": to_five(self.random.uniform(60, 400)) if is_shown else None}
            self.rows["open_returns"].append({**row, "n_status": "shown" if is_shown else "too_few"})

    def decisions(self) -> None:
        row = {"rule_id": "not-a-number", "reason_code": "checked_against_form", "decision": "correct"}
        self.rows["open_decisions"] += [{**row, "n": None if self.few else 15, "status": "too_few" if self.few else "shown"}]
        self.rows["open_decisions"] += [{**row, "decision": "reject", "status": "too_few"}]

    def theories(self) -> None:
        verdicts = ("consistent", "inconclusive", "not_testable", "inconsistent", "inconclusive")
        for position, verdict in enumerate(verdicts, start=1):
            verdict = "not_testable" if self.few or len(self.sites) < 8 else verdict
            row: dict[str, Any] = {
                "theory_id": f"CMO-{position:02d}",
                "title": "Peer support builds trust, so more women stay and improve",
                "context": "A peer-support worker is part of the offer",
                "mechanism": "Meeting someone who has been through it makes it safe to speak of what happened",
                "outcome": "Larger improvement on PCL-5",
                "unit": "points",
                "k_sites_with": len(self.sites) // 2,
                "k_sites_without": len(self.sites) - len(self.sites) // 2,
                "verdict": verdict,
                "reason": "The interval lies wholly on the expected side of no difference and survives Holm's correction"
                if verdict == "consistent"
                else "Fewer sites on one side than the theory asks for",
                "would_count_against": "A contrast of less than three points, with an interval that leaves three points out",
                "registered": "2026-11-22, declared, not witnessed",
                "status": "too_few" if verdict == "not_testable" else "shown",
            }
            if verdict != "not_testable":
                row |= {"n_women_with": 640, "n_women_without": 485, "estimate": 3.4, "low": 1.1, "high": 5.7}
                row |= {"estimate_adjusted": 3.1, "low_adjusted": 0.7, "high_adjusted": -0.5, "smallest_detectable": 2.9}
            self.rows["open_theories"].append(row)

    def study_findings(self) -> None:
        returns = [row["status"] for row in self.rows["open_returns"]]
        self.finding("study.k_sites", len(self.sites))
        self.finding("study.k_sites_record", returns.count("read"))
        self.finding("study.k_sites_aggregate", returns.count("aggregate_only"))
        self.finding("study.k_returns_set_aside", returns.count("set_aside"))
        if self.few:
            self.finding("study.n_referrals", status="too_few")
        else:
            self.finding("study.n_referrals", 4350, n=4350)
        verdicts = [row["verdict"] for row in self.rows["open_theories"]]
        for verdict in codes.VERDICTS:
            self.finding(f"theories.k_{verdict}", verdicts.count(verdict))


class Release(SimpleNamespace):
    """The open tables with the figures and documents made of them."""


def release(k_sites: int = 30, *, all_too_few: bool = False, **changes: Any) -> Release:
    tables, known, facts = Tables(k_sites, all_too_few=all_too_few).frames(), measures(), study(k_sites=k_sites, **changes)
    drawn = figures.draw(tables, known, style=STYLE, synthetic=facts.synthetic)
    return Release(tables=tables, measures=known, study=facts, figures=drawn)


CASES = {"thirty": {"k_sites": 30}, "four": {"k_sites": 4, "synthetic": False}, "few": {"k_sites": 6, "all_too_few": True}}


@pytest.fixture(scope="session", params=list(CASES))
def any_release(request: pytest.FixtureRequest) -> Release:
    """Thirty sites and synthetic; four sites and real; six sites that are all too small."""
    return release(**CASES[request.param])  # type: ignore[arg-type]  # the values fit the names


@pytest.fixture(scope="session")
def thirty() -> Release:
    """Thirty sites, synthetic."""
    return release(30)

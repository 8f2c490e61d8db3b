"""Open tables behind the pages of theories, for the invented releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.report.wording_theories import ELEMENTS, GROUPS

if TYPE_CHECKING:
    from tests.unit.report.conftest import Tables

FITS = ("convergent", "expands", "silent", "divergent", "mixed")
READINGS = {"convergent": "supports", "expands": "refines", "divergent": "supports", "mixed": "mixed"}


def surround(tables: Tables) -> None:
    """Add the facts of pages to the theories that there are, evidence beside them, and one theory of configurations."""
    for position, row in enumerate(tables.rows["open_theories"]):
        _facts(row, position)
        _evidence(tables, row["theory_id"], FITS[position % len(FITS)])
    if tables.rows["open_theories"]:
        last = tables.rows["open_theories"][-1]
        last |= {
            "test": "configuration",
            **dict.fromkeys(f"{c}{s}" for c in ("estimate", "low", "high") for s in ("", "_adjusted")),
        }
        if last["status"] == "shown":
            _configurations(tables, last["theory_id"])
        change = {"field": "smallest_difference.value", "was": "3", "now": "5", "decides": True, "registered": "2026-01-05"}
        tables.rows["open_theory_changes"].append({"theory_id": tables.rows["open_theories"][0]["theory_id"], **change})


def _facts(row: dict[str, Any], position: int) -> None:
    row |= {"test": "moderation", "testability": "can be tested", "k_sites_unknown": position, "side": "with"}
    row |= {"smallest_difference": 5.0, "component": "peer_support", "component_value": "y", "measure": "pcl5"}
    if position == 1:
        row |= {"component": None, "component_value": None, "measure": None, "population": "pathway: tokophobia"}


def _evidence(tables: Tables, theory: str, fit: str) -> None:
    for element in ELEMENTS:
        for group in GROUPS:
            is_shown = fit != "silent" and not tables.few and (element == "all" or group == "all")
            row: dict[str, Any] = {"theory_id": theory, "element": element, "role_group": group}
            row |= {"fit": fit if is_shown else "silent", "status": "shown" if is_shown else "too_few"}
            if is_shown:
                row |= {"reading": READINGS[fit], "sources": "6 to 10" if group == "all" else "3 to 5"}
            tables.rows["open_joint"].append(row)


def _configurations(tables: Tables, theory: str) -> None:
    names = ("peer_support", "non_medical_venue", "prior_therapy_required")
    for number in range(8):
        signs = [bool(number >> at & 1) for at in (2, 1, 0)]
        term = "*".join(name if sign else f"~{name}" for name, sign in zip(names, signs, strict=True))
        for is_adjusted in (False, True):
            base = {"theory_id": theory, "is_adjusted": is_adjusted, "outcome": "present"}
            row: dict[str, Any] = {**base, "row": number + 1, "configuration": term, "is_predicted": number == 6}
            k_sites = (0, 2, 5)[number % 3]
            row |= {"k_sites": k_sites, "status": "not_recorded" if not k_sites else "shown" if k_sites > 2 else "too_few"}
            if k_sites > 2:
                row |= {"k_sites_in": 4, "k_sites_out": 1, "inclusion": 0.87, "pri": 0.71, "result": "positive"}
            tables.rows["open_truth_table"].append(row | ({"result": "remainder"} if not k_sites else {}))
    for is_adjusted in (False, True):
        base = {"theory_id": theory, "is_adjusted": is_adjusted, "outcome": "present"}
        solution = {"solution": "intermediate", "model": 1, "term": "peer_support*~prior_therapy_required"}
        fits = {"inclusion": 0.91, "pri": 0.84, "coverage": 0.39, "unique_coverage": 0.2}
        tables.rows["open_solutions"].append({**base, **solution, "is_predicted": False, **fits})
        necessary = {"condition": "peer_support", "inclusion": 0.93, "coverage": 0.74, "relevance": 0.7, "is_necessary": True}
        tables.rows["open_necessary"].append({**base, **necessary})

"""Open tables of funnels, waits, equity and series for the invented releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pipeline.measures import Measure
    from tests.unit.report.conftest import Tables

WEEKS = (6, 16, 26)
LIMITS = {"95": 1.96, "998": 3.09}
NOTE = "With fewer than five sites to draw, no funnel is given, and the sites stand side by side."


def surround(tables: Tables, measures: dict[str, Measure]) -> None:
    """Rows that fit the sites of the release: shown where they are, words where they are too few."""
    for measure in measures.values():
        _funnels(tables, measure)
    _waits(tables)
    _equity(tables)
    _series(tables)
    shown = len(tables.sites) >= 5 and not tables.few
    for name, value in (("k_drawn", 60.0), ("expected", 0.4), ("k_beyond", 1.0), ("k_at_limit", 0.0)):
        facts: dict[str, Any] = {"status": "shown" if shown else "too_few", "statement": "" if shown else NOTE}
        tables.finding(f"funnels.mean.{name}", value if shown else None, **facts)


def _funnels(tables: Tables, measure: Measure) -> None:
    rows = [row for row in tables.rows["open_sites"] if row["measure"] == measure.id]
    drawn = [row for row in rows if row["status"] == "shown"]
    is_given = len(drawn) >= 5
    target = sum(row["mean_improvement"] for row in drawn) / len(drawn) if is_given else 0.0
    width = (measure.range.high - measure.range.low) * 0.16
    place = {"measure": measure.id, "kind": "mean"}
    for position, row in enumerate(rows):
        n, value = (row["n"], row["mean_improvement"]) if is_given and row in drawn else (None, None)
        flag = None if n is None else "below" if position == 0 else "at_limit" if position == 1 else "within"
        status = "too_few" if row["status"] == "shown" and n is None else row["status"]
        tables.rows["open_funnels"].append(
            {**place, "site_id": row["site_id"], "n": n, "value": value, "flag": flag, "status": status}
        )
    for size in range(15, 95, 5) if is_given else ():
        limits = {
            f"{end}_{level}{od}": round(target + sign * z * (width**2 / size + (width / 20 if od else 0)) ** 0.5, 1)
            for level, z in LIMITS.items()
            for od in ("", "_od")
            for end, sign in (("low", -1), ("high", 1))
        }
        tables.rows["open_funnel_limits"].append({**place, "n": size, "target": round(target, 1), **limits})
    for level, z in ((95.0, 0.05), (99.8, 0.002)):
        for is_od in (False, True):
            row = {**place, "level_pct": level, "is_over_dispersed": is_od, "is_policy": level == 99.8 and is_od, "minimum": 10}
            if is_given:
                found = {"expected": round(z * len(drawn), 2), "k_beyond": 1, "k_at_limit": 1, "status": "shown", "note": ""}
                tables.rows["open_false_alarms"].append({**row, "k_drawn": len(drawn), **found})
            elif row["is_policy"]:
                tables.rows["open_false_alarms"].append({**row, "k_drawn": len(drawn), "status": "too_few", "note": NOTE})


def _waits(tables: Tables) -> None:
    for event, shares in (("assessment", (57, 92, 95)), ("treatment", (2, 31, 60))):
        for site in ("ALL", *tables.sites):
            for week, share in zip(WEEKS, shares, strict=True):
                is_shown = not tables.few and (site == "ALL" or (share > 5 and tables.sites.index(site) % 3 != 2))
                row: dict[str, Any] = {
                    "event": event,
                    "site_id": site,
                    "weeks": week,
                    "status": "too_few",
                    "left_status": "too_few",
                }
                if is_shown:
                    row |= {"status": "shown", "n": 4200 if site == "ALL" else 140, "k_sites": len(tables.sites)}
                    row |= {"seen_pct": share, "seen_low_pct": share - 2, "seen_high_pct": share + 2}
                    row |= {"left_status": "shown", "left_pct": 4 + week // 4, "left_low_pct": 3, "left_high_pct": 12}
                tables.rows["open_waits"].append(row)
                if site == "ALL":
                    facts = {"status": row["status"], "low": row.get("seen_low_pct"), "high": row.get("seen_high_pct")}
                    tables.finding(f"waits.{event}.{week}.seen_pct", row.get("seen_pct"), **facts)
                    tables.finding(f"waits.{event}.{week}.left_pct", row.get("left_pct"), status=row["left_status"])


def _equity(tables: Tables) -> None:
    groups = {
        "pathway": ("birth_trauma", "perinatal_loss", "loss_of_custody", "several"),
        "age_band": ("under_20", "20_24", "40_plus"),
        "ethnic_group": ("white", "black", "not_stated", "not_known", "not_recorded", "not_sent"),
        "deprivation_fifth": ("fifth_1", "fifth_5"),
    }
    for dimension, names in groups.items():
        for name in names:
            is_shown = not tables.few and name != "loss_of_custody"
            status = dict.fromkeys(("status", "accepted_status", "treated_status"), "shown" if is_shown else "too_few")
            row: dict[str, Any] = {"dimension": dimension, "group": name, **status}
            if is_shown:
                row |= {"n_referred": 1250, "n_accepted": 800, "n_treated": 560, "treated_pct": 70, "k_sites": len(tables.sites)}
                row |= {"treated_low_pct": 66, "treated_high_pct": 74}
                row["share_referred_pct"] = None if name.startswith("not_") else 48
            if is_shown and name in ("white", "black"):
                row |= {"rate_ratio": 1.21, "ratio_low": 1.02, "ratio_high": 1.43}
            tables.rows["open_equity"].append(row)


def _series(tables: Tables) -> None:
    for position, site in enumerate(tables.sites):
        names = ["referrals", *(["bed_days"] if position in (0, 1) else [])]
        for name in names:
            if tables.few or position % 4 == 3:
                tables.rows["open_series"].append({"site_id": site, "series": name, "status": "too_few"})
                continue
            grain, k = ("quarter", 8) if position % 2 and name == "referrals" else ("month", 24)
            step = pd.DateOffset(months=3 if grain == "quarter" else 1)
            for i in range(k):
                value = to_five(40 + 10 * (i % 3)) if i != 5 else None
                row = {"site_id": site, "series": name, "grain": grain, "period": pd.Timestamp("2024-04-01") + i * step}
                row |= {"value": value, "centre": 50, "status": "shown", "chart": "run" if grain == "quarter" else "xmr"}
                row |= {"low": 20, "high": 80} if grain == "month" else {}
                row |= {"rule": "shift", "direction": "up"} if i == 9 and name == "bed_days" else {}
                tables.rows["open_series"].append(row)
    facts: dict[str, Any] = {
        "site_id": tables.sites[0],
        "series": "bed_days",
        "link": "identity",
        "go_live": pd.Timestamp("2025-02-01"),
    }
    if tables.few:
        tables.rows["open_breaks"].append({**facts, "status": "too_few", "note": "Too few people stand behind single months."})
    else:
        numbers = {"level": -2.1, "level_low": -3.0, "level_high": -1.3, "slope": 0.1, "slope_low": -0.4, "slope_high": 0.5}
        tables.rows["open_breaks"].append({**facts, "status": "shown", "k_months_before": 36, "k_months_after": 30, **numbers})
        ratio = {
            **facts,
            "site_id": tables.sites[1],
            "link": "log",
            "status": "shown",
            "k_months_before": 30,
            "k_months_after": 30,
        }
        numbers = {"level": 0.51, "level_low": 0.4, "level_high": 0.66, "slope": 1.0, "slope_low": 0.9, "slope_high": 1.1}
        tables.rows["open_breaks"].append({**ratio, **numbers})


def to_five(value: float) -> float:
    return float(5 * round(value / 5))

"""A site without figures says why: not returned, not open yet, a nil return; and never by an empty line."""

from __future__ import annotations

import pandas as pd

from pipeline.stages.release_blanks import returns_of, with_blanks, without_scores
from pipeline.tables import empty, shape

DAY = pd.Timestamp


def quality(**read: list[str]) -> pd.DataFrame:
    """By site, the tables that were read; another one was set aside."""
    rows = [{"site_id": site, "table": table, "status": "read"} for site, tables in read.items() for table in tables]
    rows += [{"site_id": site, "table": "contacts", "status": "set_aside"} for site in read]
    return pd.DataFrame(rows)


def service(*sites: tuple[str, str, str]) -> pd.DataFrame:
    rows = [{"site_id": s, "go_live_date": DAY(d), "period_end": DAY("2026-06-30"), "nil_return": nil} for s, d, nil in sites]
    return shape("accepted_service", pd.DataFrame(rows))


def test_what_became_of_each_return() -> None:
    read = quality(S01=["outcomes"], S02=["service"], S03=["service"], S04=["aggregates"], S05=["service"], S06=[])
    told = service(("S01", "2026-09-01", "n"), ("S02", "2026-09-01", "y"), ("S03", "2024-01-01", "y"), ("S05", "2024-01-01", "n"))
    assert returns_of(read, told, ["S01", "S07"]) == {
        "S01": "read",  # what it sent stands, whenever it says that it opened
        "S02": "not_open_yet",
        "S03": "nil_return",
        "S04": "aggregate_only",
        "S05": "nothing_usable",
        "S06": "set_aside",
        "S07": "not_returned",
    }


def test_each_measure_has_a_row_of_words_for_each_of_them() -> None:
    rows = [
        {"measure": m, "site_id": s, "n": 20, "mean_improvement": 1.0, "grain": "record", "is_pooled": True, "status": "shown"}
        for m, s in (("pcl5", "S02"), ("pcl5", "S04"), ("core10", "S04"))
    ]
    none = {name: empty(name) for name in ("open_completeness", "open_classes")}
    opened = {"open_sites": shape("open_sites", pd.DataFrame(rows)), **none}
    found = with_blanks(opened, {"S01": "set_aside", "S02": "not_open_yet", "S03": "nil_return", "S04": "read"})
    told = found["open_sites"][["measure", "site_id", "status"]].to_numpy().tolist()
    assert told == [
        ["pcl5", "S01", "not_returned"],
        ["pcl5", "S02", "shown"],
        ["pcl5", "S04", "shown"],
        ["core10", "S01", "not_returned"],
        ["core10", "S02", "not_open_yet"],
        ["core10", "S04", "shown"],
    ]
    assert (
        found["open_sites"]
        .loc[found["open_sites"]["status"] != "shown", ["n", "mean_improvement", "grain"]]
        .isna()
        .all(axis=None)
    )
    assert found["open_completeness"].empty


def received(**rows_read: int) -> pd.DataFrame:
    rows = [{"site_id": "S01", "table": name, "rows_read": n} for name, n in rows_read.items()]
    return pd.DataFrame([*rows, {"site_id": "S02", "table": "outcomes", "rows_read": 7}])


def test_a_site_records_no_score_where_no_row_of_any_came() -> None:
    assert without_scores(received(referrals=40, outcomes=0, aggregates=0)) == {"S01"}
    assert without_scores(received(referrals=40, outcomes=1, aggregates=0)) == set()
    assert without_scores(received(outcomes=0, aggregates=3)) == set()


def test_what_was_not_recorded_is_not_called_too_few() -> None:
    rows = [{"measure": "pcl5", "site_id": site, "status": "too_few"} for site in ("S01", "S02")]
    opened = {name: shape(name, pd.DataFrame(rows)) for name in ("open_sites", "open_completeness", "open_classes")}
    found = with_blanks(opened, {"S01": "read", "S02": "read"}, {"S01"})
    assert [list(table["status"]) for table in found.values()] == [["not_recorded", "too_few"]] * 3

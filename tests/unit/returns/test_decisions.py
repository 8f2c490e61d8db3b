"""Decisions: read with clear faults, bound by two hashes, laid over a return and never taken over to another."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.config import IntakeSettings
from pipeline.engine.nodes import to_csv
from pipeline.returns.decisions import NOT_ACCEPTED, applied, settle
from pipeline.returns.decisions_file import read_decisions
from pipeline.returns.decisions_hashes import return_hash, value_hash, with_hashes
from pipeline.returns.decisions_to_take import decisions_to_take
from pipeline.returns.faults import RULES, as_rows, fault
from pipeline.returns.inventory import Return
from pipeline.returns.since_release import in_words, keys_of, since
from pipeline.stages.ingest import ingest
from pipeline.tables import schemas, shape

COLUMNS = list(schemas()["decisions"].columns)
RETURN = hashlib.sha256(b"a return").hexdigest()
LINE = {
    **{"id": "d1", "site": "S07", "return_hash": RETURN, "rule_id": "not-a-number", "sheet": "outcomes", "cell": "D2"},
    **{"old_value_hash": value_hash("45*"), "decision": "correct", "new_value": "45", "reason_code": "checked_against_form"},
    **{"who": "analyst", "date": "2026-11-22"},
}
ROWS = [
    ["referral_id", "measure", "date", "total"],
    ["R1", "pcl5", "2026-01-05", "45*"],
    ["R2", "pcl5", "2026-01-06", " 300 "],
    ["R3", "pcl5", "2026-01-07", ""],
]


# --- Hashes --------------------------------------------------------------------------------------------------------------


def test_a_value_hash_is_stable_and_ignores_outer_blanks_alone() -> None:
    assert value_hash("45*") == "v" + hashlib.sha256(b"45*").hexdigest()[:16] == value_hash(" 45*\t")
    assert value_hash(None) == value_hash("") == value_hash(float("nan"))
    assert len({value_hash(text) for text in ("45", "045", "45.0", "4 5", "")}) == 5


def records(tmp_path: Path, rows: list[list[str]] = ROWS, name: str = "S07") -> dict[str, pd.DataFrame]:
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "outcomes.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return ingest(Return(name, folder), IntakeSettings())


def rejected(*places: dict[str, Any]) -> pd.DataFrame:
    made = [fault(at.pop("rule", "not-a-number"), **{"site_id": "S07", "found": "x", "sheet": "outcomes", **at}) for at in places]
    return shape("rejected", pd.DataFrame(as_rows(made)))


def test_each_fault_gets_the_hash_of_its_return_and_of_the_value_in_its_cell(tmp_path: Path) -> None:
    frames = records(tmp_path)
    found = with_hashes(rejected({"cell": "D2"}, {"cell": "D3"}, {"cell": "D4"}, {"cell": "Z9"}, {"cell": ""}), {"S07": frames})
    assert found["value_hash"].tolist() == [value_hash("45*"), value_hash("300"), value_hash(""), "", ""]
    assert set(found["return_hash"]) == {return_hash(frames)}
    assert len(return_hash(frames)) == 64


def test_a_score_of_a_wide_sheet_is_hashed_as_the_score_and_not_as_its_measure(tmp_path: Path) -> None:
    (tmp_path / "S07.yaml").write_text(
        "columns:\n  outcomes:\n    pre score: {measure: pcl5, occasion: pre}\n    post score: {measure: pcl5, occasion: post}\n",
        encoding="utf-8",
    )
    folder = tmp_path / "S07"
    folder.mkdir()
    (folder / "outcomes.csv").write_text("referral_id,pre score,post score\nR1,45*,30\n", encoding="utf-8")
    frames = ingest(Return("S07", folder), IntakeSettings(), tmp_path / "S07.yaml")
    found = with_hashes(rejected({"cell": "B2"}, {"cell": "C2"}, {"cell": "A2"}), {"S07": frames})
    assert found["value_hash"].tolist() == [value_hash("45*"), value_hash("30"), value_hash("R1")]
    settled = settle("S07", frames, decided(frames, {"cell": "B2"}))
    assert sorted(settled.frames["outcomes"]["total"]) == ["30", "45"]
    assert set(settled.frames["outcomes"]["measure"]) == {"pcl5"}
    of_id = {"cell": "A2", "old_value_hash": value_hash("R1"), "new_value": "R9"}
    assert set(settle("S07", frames, decided(frames, of_id)).frames["outcomes"]["referral_id"]) == {"R9"}


# --- Settling ------------------------------------------------------------------------------------------------------------


def decided(frames: dict[str, pd.DataFrame], *changes: dict[str, str]) -> pd.DataFrame:
    lines = [{**LINE, "id": f"d{n}", "return_hash": return_hash(frames), **each} for n, each in enumerate(changes)]
    return shape("decisions", pd.DataFrame(lines).assign(date=pd.Timestamp("2026-11-22")))


def told(settled: Any) -> list[str]:
    return [each.rule_id for each in settled.faults]


def test_a_correction_stands_in_the_cell_and_nowhere_else(tmp_path: Path) -> None:
    frames = records(tmp_path)
    before = {name: frame.copy() for name, frame in frames.items()}
    settled = settle("S07", frames, decided(frames, {}))
    assert settled.frames["outcomes"]["total"].tolist() == ["45", " 300 ", ""]
    assert settled.frames["outcomes"].drop(columns="total").equals(before["outcomes"].drop(columns="total"))
    assert all(frames[name].equals(before[name]) for name in frames), "what was given stays as it was"
    (note,) = settled.faults
    assert (note.rule_id, note.severity, note.table, note.column, note.row) == (
        "decision-applied",
        "note",
        "outcomes",
        "total",
        2,
    )
    assert "not-a-number" in note.found
    assert "checked_against_form" in note.found
    assert "45" not in note.found
    (kept,) = applied(shape("rejected", pd.DataFrame(as_rows(settled.faults)))).to_dict("records")
    assert kept == {"decision": "correct", "rule_id": "not-a-number", "reason_code": "checked_against_form"}


def test_accepting_and_rejecting_name_the_fault_and_the_row(tmp_path: Path) -> None:
    frames = records(tmp_path)
    accept = {"decision": "accept", "new_value": "", "rule_id": "total-disagrees"}
    reject = {"decision": "reject", "new_value": "", "cell": "D3", "old_value_hash": value_hash("300")}
    settled = settle("S07", frames, decided(frames, accept, reject))
    assert settled.accepted == {("total-disagrees", "outcomes", "D2")}
    assert settled.rejected == {("outcomes", 3)}
    assert settled.frames["outcomes"].equals(frames["outcomes"])
    assert told(settled) == ["decision-applied"] * 2


def test_a_warning_that_ingest_raised_is_gone_once_it_is_accepted(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "S07.xlsx")
    sheet, filled = book.add_worksheet("outcomes"), book.add_format({"bg_color": "#FF0000"})
    for row, values in enumerate([ROWS[0], ["R1", "pcl5", "2026-01-05", "45"]]):
        for column, value in enumerate(values):
            sheet.write_string(row, column, value, filled if row and column == 3 else None)
    book.close()
    frames = ingest(Return("S07", tmp_path / "S07.xlsx"), IntakeSettings())
    assert "coloured-cells" in set(frames["faults"]["rule_id"])
    same = {"old_value_hash": value_hash("45"), "rule_id": "coloured-cells", "decision": "accept", "new_value": ""}
    assert "coloured-cells" not in set(settle("S07", frames, decided(frames, same)).frames["faults"]["rule_id"])


def test_a_blank_cell_can_be_filled_and_a_cell_be_made_blank(tmp_path: Path) -> None:
    frames = records(tmp_path)
    fill = {"cell": "D4", "old_value_hash": value_hash(""), "new_value": "12"}
    clear = {"cell": "D3", "old_value_hash": value_hash("300"), "new_value": "(blank)"}
    assert settle("S07", frames, decided(frames, fill, clear)).frames["outcomes"]["total"].tolist() == ["45*", "", "12"]


@pytest.mark.parametrize(
    "change",
    [
        {"old_value_hash": value_hash("46*")},
        {"cell": "D3"},
        {"cell": "D99"},
        {"cell": "Z2"},
        {"sheet": "referrals"},
        {"return_hash": RETURN},
    ],
    ids=str,
)
def test_a_decision_on_anything_else_is_stale_and_changes_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    frames = records(tmp_path)
    for decision in ("correct", "accept", "reject"):
        settled = settle("S07", frames, decided(frames, {**change, "decision": decision, "rule_id": "total-disagrees"}))
        assert told(settled) == ["decision-stale"]
        assert settled.faults[0].severity == "warning"
        assert (settled.accepted, settled.rejected) == (frozenset(), frozenset())
        assert settled.frames["outcomes"].equals(frames["outcomes"])


def test_a_return_that_was_sent_again_is_one_line_however_many_decisions_it_makes_stale(tmp_path: Path) -> None:
    before = records(tmp_path)
    many = decided(before, *({"rule_id": rule} for rule in sorted(RULES)[:9]))
    settled = settle("S07", records(tmp_path, [*ROWS, ["R4", "pcl5", "2026-01-08", "12"]]), many)
    (stale,) = settled.faults
    assert stale.found.startswith("9 decision(s) on another return: d0, d1")


def test_a_decision_holds_for_its_site_alone(tmp_path: Path) -> None:
    frames = records(tmp_path)
    settled = settle("S08", frames, decided(frames, {}))
    assert (settled.faults, settled.frames["outcomes"].equals(frames["outcomes"])) == ([], True)


@pytest.mark.parametrize("rule", [*NOT_ACCEPTED, *(r.id for r in RULES.values() if r.severity == "file")])
def test_what_cannot_be_used_cannot_be_accepted(tmp_path: Path, rule: str) -> None:
    assert rule in RULES
    frames = records(tmp_path)
    settled = settle("S07", frames, decided(frames, {"decision": "accept", "new_value": "", "rule_id": rule}))
    assert told(settled) == ["decision-impossible"]
    assert not settled.accepted
    assert "orrect the value or reject the row" in settled.faults[0].mend


def test_decisions_that_contradict_each_other_are_none(tmp_path: Path) -> None:
    frames = records(tmp_path)
    accept = {"decision": "accept", "new_value": "", "rule_id": "total-disagrees"}
    for others in ([{"new_value": "44"}], [accept]):
        settled = settle("S07", frames, decided(frames, {}, *others))
        assert told(settled) == ["decision-impossible"] * 2
        assert settled.frames["outcomes"].equals(frames["outcomes"])
        assert not settled.accepted
    twice = settle("S07", frames, decided(frames, {}, {}))
    assert twice.frames["outcomes"]["total"][0] == "45", "two that agree are no doubt"


def test_a_corrected_or_accepted_cell_loses_its_strike_through(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "S07.xlsx")
    sheet, struck = book.add_worksheet("outcomes"), book.add_format({"font_strikeout": True})
    for row, values in enumerate([ROWS[0], ["R1", "pcl5", "2026-01-05", "45"]]):
        for column, value in enumerate(values):
            sheet.write_string(row, column, value, struck if row else None)
    book.close()
    frames = ingest(Return("S07", tmp_path / "S07.xlsx"), IntakeSettings())
    assert "total=struck-through" in frames["outcomes"]["_marks"][0]
    same = {"old_value_hash": value_hash("45"), "rule_id": "struck-through"}
    for change in ({"new_value": "46"}, {"decision": "accept", "new_value": ""}):
        marks = settle("S07", frames, decided(frames, {**same, **change})).frames["outcomes"]["_marks"][0]
        assert "total=" not in marks
        assert "referral_id=struck-through" in marks


def test_a_return_that_was_not_read_makes_every_decision_stale(tmp_path: Path) -> None:
    (tmp_path / "S07.xlsx").write_bytes(b"no workbook")
    frames = ingest(Return("S07", tmp_path / "S07.xlsx"), IntakeSettings())
    lines = decided({"intake": pd.DataFrame([{"return_hash": RETURN}])}, {})
    assert told(settle("S07", frames, lines)) == ["decision-stale"]


# --- The file ------------------------------------------------------------------------------------------------------------


def written(path: Path, *lines: dict[str, str], columns: list[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(lines)
    return path


def read(path: Path | None) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    found = read_decisions(path, ["S07", "S08"])
    faults: list[dict[str, Any]] = found["decision_faults"].to_dict("records")  # type: ignore[assignment] # keys are column names
    return found["decisions"], faults


def test_no_file_is_no_decision() -> None:
    frame, faults = read(None)
    assert (len(frame), faults) == (0, [])


def test_a_sound_line_is_read_and_one_not_yet_decided_is_left(tmp_path: Path) -> None:
    undecided = {**LINE, "id": "d2", **dict.fromkeys(("decision", "new_value", "reason_code", "who", "date"), "")}
    frame, faults = read(written(tmp_path / "d.csv", LINE, undecided))
    assert faults == []
    assert frame.drop(columns="date").to_dict("records") == [{k: v for k, v in LINE.items() if k != "date"}]
    assert frame["date"].tolist() == [pd.Timestamp("2026-11-22")]


@pytest.mark.parametrize(
    ("column", "value", "found"),
    [
        ("id", "my decision", "aa aaaaaaaa"),
        ("site", "S99", "a99"),
        ("return_hash", "12ab", "99aa"),
        ("rule_id", "not-a-rule", "aaa-a-aaaa"),
        ("sheet", "", "blank"),
        ("cell", "14F", "99a"),
        ("old_value_hash", "45*", "99*"),
        ("decision", "drop", "aaaa"),
        ("reason_code", "Because", "aaaaaaa"),
        ("who", "Jo Bloggs", "aa aaaaaa"),
        ("date", "22/11/2026", "99/99/9999"),
        ("date", "2026-02-30", "9999-99-99"),
        ("new_value", "", "blank"),
        ("new_value", "x" * 101, "a text on several lines or of over 100 characters"),
        ("new_value", "a\nb", "a text on several lines or of over 100 characters"),
    ],
)
def test_a_wrong_cell_is_told_by_line_and_column_and_costs_its_line_alone(
    tmp_path: Path, column: str, value: str, found: str
) -> None:
    frame, faults = read(written(tmp_path / "d.csv", {**LINE, "id": "d2"}, {**LINE, column: value}))
    assert frame["id"].tolist() == ["d2"]
    (wrong,) = faults
    assert (wrong["line"], wrong["column"], wrong["found"], wrong["is_incident"]) == (3, column, found, False)
    assert wrong["expected"]
    assert wrong["mend"]


def test_a_new_value_stands_with_a_correction_alone(tmp_path: Path) -> None:
    _, faults = read(written(tmp_path / "d.csv", {**LINE, "decision": "accept"}))
    assert [(each["column"], each["found"]) for each in faults] == [("new_value", "a value")]


def test_two_lines_of_one_id_are_both_left_out(tmp_path: Path) -> None:
    frame, faults = read(written(tmp_path / "d.csv", LINE, {**LINE, "cell": "D3"}))
    assert (len(frame), [each["line"] for each in faults]) == (0, [2, 3])


@pytest.mark.parametrize("columns", [COLUMNS[:-1], [*COLUMNS, "note"], [*COLUMNS, "id"]])
def test_other_headings_set_the_file_aside(tmp_path: Path, columns: list[str]) -> None:
    path = tmp_path / "d.csv"
    path.write_text(",".join(columns) + "\n" + ",".join(LINE.get(c, "") for c in columns) + "\n", encoding="utf-8")
    frame, faults = read(path)
    assert (len(frame), len(faults)) == (0, 1)
    assert "the headings id, site" in faults[0]["expected"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("new_value", "999 000 0018"),
        ("new_value", "jo.bloggs@example.org"),
        ("new_value", "SW1A 1AA"),
        ("sheet", "999 000 0018"),
    ],
)
def test_an_identifier_sets_the_whole_file_aside_and_is_not_told(tmp_path: Path, column: str, value: str) -> None:
    frame, faults = read(written(tmp_path / "d.csv", {**LINE, "id": "d2"}, {**LINE, "id": "d3"}, {**LINE, column: value}))
    assert len(frame) == 0
    assert all(each["is_incident"] for each in faults)
    assert value not in str(faults)


def test_hashes_are_not_taken_for_identifiers(tmp_path: Path) -> None:
    draw = random.Random(20261122)
    lines = [
        {
            **{**LINE, "id": f"d{n}", "return_hash": draw.randbytes(32).hex(), "old_value_hash": "v" + draw.randbytes(8).hex()},
            "cell": f"{draw.choice(['B', 'E', 'SW', 'N', 'LS'])}{draw.randrange(1, 99)}",
        }
        for n in range(3000)
    ]
    frame, faults = read(written(tmp_path / "d.csv", *lines))
    assert (len(frame), faults) == (3000, [])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: (",".join(COLUMNS) + "\n" + text).encode()))
)
def test_no_bytes_raise(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    frame, _ = read(path)
    assert len(frame) == 0


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    frame, faults = read(tmp_path)
    assert (len(frame), faults[0]["found"]) == (0, "a folder")


# --- What there is to decide ---------------------------------------------------------------------------------------------


def test_each_open_fault_of_a_known_value_is_a_line_and_reads_back_once_decided(tmp_path: Path) -> None:
    frames = records(tmp_path)
    places = [
        {"cell": "D3", "rule": "score-out-of-range"},
        {"cell": "D2"},
        {"cell": "D2", "rule": "duplicate-row"},
        {"cell": "D2", "rule": "another-form"},
        {"cell": ""},
        {"cell": "D4", "rule": "decision-stale"},
    ]
    lines = decisions_to_take(with_hashes(rejected(*places), {"S07": frames}))
    assert list(lines.columns) == COLUMNS
    assert lines[["rule_id", "cell"]].to_numpy().tolist() == [["not-a-number", "D2"], ["score-out-of-range", "D3"]]
    assert lines[["decision", "new_value", "reason_code", "who", "date"]].isna().all().all()
    (tmp_path / "to-take.csv").write_bytes(to_csv(lines))
    undecided, faults = read(tmp_path / "to-take.csv")
    assert (len(undecided), faults) == (0, [])
    taken = pd.read_csv(io.BytesIO(to_csv(lines)), dtype="str")
    taken = taken.assign(decision="reject", reason_code="entered_in_error", who="analyst", date="2026-11-22")
    taken.to_csv(tmp_path / "decisions.csv", index=False)
    frame, faults = read(tmp_path / "decisions.csv")
    assert faults == []
    assert settle("S07", frames, frame).rejected == {("outcomes", 2), ("outcomes", 3)}


def test_no_open_fault_is_a_list_without_lines() -> None:
    assert len(decisions_to_take(rejected({"cell": "D2", "rule": "duplicate-row"}))) == 0


def test_a_sheet_whose_name_looks_like_a_formula_comes_back_as_it_was(tmp_path: Path) -> None:
    found = rejected({"cell": "D2", "sheet": "=cmd()"}).assign(return_hash=RETURN, value_hash=value_hash("1"))
    escaped = to_csv(decisions_to_take(found))
    assert b",'=cmd()," in escaped
    frame = pd.read_csv(io.BytesIO(escaped), dtype="str")
    frame = frame.assign(decision="reject", reason_code="entered_in_error", who="analyst", date="2026-11-22")
    frame.to_csv(tmp_path / "decisions.csv", index=False)
    assert read(tmp_path / "decisions.csv")[0]["sheet"].tolist() == ["=cmd()"]


# --- Since the last release ----------------------------------------------------------------------------------------------


def at(value: str, *, rule: str = "not-a-number", row: int = 2) -> dict[str, Any]:
    return {
        **as_rows([fault(rule, site_id="S07", found="x", table="outcomes", sheet="outcomes", cell=f"D{row}", row=row)])[0],
        **{"column": "total", "value_hash": value_hash(value)},
    }


def then(*faults: dict[str, Any]) -> pd.DataFrame:
    return keys_of(shape("rejected", pd.DataFrame(list(faults))))


def test_a_fault_is_known_again_in_another_row_and_once_each() -> None:
    before = then(at("45*"), at("45*", row=3), at("45*", row=4), at("O"))
    now = [at("45*", row=9), at("45*", row=8), at("44*"), at("45*", rule="not-whole")]
    found = since("S07", now, "2026-05", before)
    assert found.states == ("open", "open", "new", "new")
    assert found.fixed == {"not-a-number": 2}
    assert in_words(found) == "Since release 2026-05: 2 new, 2 still open, 2 fixed (not-a-number 2)."


def test_only_the_sites_own_faults_count_and_notes_do_not() -> None:
    before = then({**at("45*"), "site_id": "S08"}, at("1", rule="duplicate-row"))
    found = since("S07", [at("45*"), at("1", rule="duplicate-row")], "2026-05", before)
    assert (found.states, found.fixed) == (("new", ""), {})


def test_what_is_kept_of_a_fault_holds_no_value_and_nothing_of_the_analyst() -> None:
    kept = then(at("45*"), at("45*", rule="decision-stale"))
    assert list(kept.columns) == ["site_id", "rule_id", "table", "sheet", "column", "value_hash"]
    assert len(kept) == 1


def test_without_an_earlier_release_or_what_was_kept_of_it_nothing_is_compared() -> None:
    assert since("S07", [at("1")], None, None).states == ("",)
    assert in_words(since("S07", [], None, None)).startswith("First release")
    assert "were not kept" in in_words(since("S07", [], "2026-05", None))

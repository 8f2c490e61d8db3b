"""Nodes: checked on load and save, the same bytes for the same content, and never half of a file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline.engine.kept import KeptTable
from pipeline.engine.nodes import ABSENT, CsvTable, Folder, Hashed, Json, Node, Source, Table, check, optional, to_csv
from pipeline.tables import empty


def flow(n: int = 20) -> pd.DataFrame:
    row = {
        "site_id": "S01",
        "measure": "pcl5",
        "state": "paired",
        "n_referrals": n,
        "n_persons": n,
        "data_cut": pd.Timestamp("2026-06-30"),
    }
    return pd.DataFrame([row]).astype(empty("flow").dtypes.to_dict())


def node(tmp_path: Path) -> Table:
    return Table(name="flow", path=tmp_path / "flow.parquet", schema="flow")


def test_a_table_comes_back_as_it_was_saved(tmp_path: Path) -> None:
    table = node(tmp_path)
    table.save(flow())
    pd.testing.assert_frame_equal(table.load(), flow())


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    table = node(tmp_path)
    table.save(flow())
    first = table.path.read_bytes()
    table.save(flow().copy())
    assert table.path.read_bytes() == first


def test_the_state_follows_the_content_and_not_the_clock(tmp_path: Path) -> None:
    table = node(tmp_path)
    assert table.state() is None
    table.save(flow())
    before = table.state()
    table.path.touch()
    assert table.state() == before
    table.save(flow(25))
    assert table.state() != before


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (flow().drop(columns="state"), "state"),
        (flow().assign(extra=1), "extra"),
        (flow().assign(state="somewhere"), "state: isin"),
        (pd.concat([flow(), flow()]), "flow"),
        (flow().assign(n_persons="R000123"), "n_persons"),
    ],
)
def test_a_table_that_does_not_fit_is_not_saved_and_its_values_are_not_told(
    tmp_path: Path, broken: pd.DataFrame, said: str
) -> None:
    table = node(tmp_path)
    with pytest.raises(TypeError, match=said) as caught:
        table.save(broken)
    assert "R000123" not in str(caught.value)
    assert "somewhere'" not in str(caught.value).replace("isin", "")
    assert not table.path.exists()


def test_a_table_spoilt_on_disk_is_not_loaded(tmp_path: Path) -> None:
    table = node(tmp_path)
    flow().drop(columns="state").to_parquet(table.path)
    with pytest.raises(TypeError, match="flow"):
        table.load()


def test_a_folder_is_swapped_whole(tmp_path: Path) -> None:
    folder = Folder(name="f", path=tmp_path / "f")
    folder.save({"a/one.txt": b"1", "two.txt": b"2"})
    assert folder.load() == {"a/one.txt": b"1", "two.txt": b"2"}
    before = folder.state()
    folder.save({"two.txt": b"2"})
    assert folder.load() == {"two.txt": b"2"}
    assert folder.state() != before
    assert [p.name for p in tmp_path.iterdir()] == ["f"], "nothing is left behind"


def test_a_folder_state_knows_names_as_well_as_contents(tmp_path: Path) -> None:
    one, two = (Folder(name=n, path=tmp_path / n) for n in ("one", "two"))
    one.save({"a": b"x"})
    two.save({"b": b"x"})
    assert one.state() != two.state()


def test_an_optional_node_may_be_absent(tmp_path: Path) -> None:
    maybe = optional(Json(name="lock", path=tmp_path / "lock.json"))
    assert maybe.state() == ABSENT
    assert maybe.load() is None
    maybe.save({"b": 1, "a": 2})
    assert maybe.load() == {"a": 2, "b": 1}
    maybe.save(None)
    assert maybe.state() == ABSENT


def test_what_a_person_gave_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "S01.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(PermissionError):
        Source(name="return", path=path).save(b"y")
    assert path.read_bytes() == b"x"


def test_a_hashed_value_has_the_state_of_its_content() -> None:
    one, same, other = (Hashed(name="n", value=v) for v in ({"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": 1}))
    assert one.state() == same.state() != other.state()


def test_text_that_a_spreadsheet_would_run_is_made_plain() -> None:
    frame = pd.DataFrame({"site_id": ["=1+1", "+44", "-x", "@cmd", "S01"], "value": [-1.5, 2, 3, 4, 5]}).astype(
        {"site_id": "str"}
    )
    lines = to_csv(frame).decode().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == ["'=1+1", "'+44", "'-x", "'@cmd", "S01"]
    assert lines[1].endswith(",-1.5"), "numbers stay numbers"


def test_an_open_table_is_written_with_one_line_end_and_blanks_for_missing(tmp_path: Path) -> None:
    table = CsvTable(name="flow.csv", path=tmp_path / "flow.csv", schema="flow")
    table.save(flow())
    assert table.path.read_bytes() == b"site_id,measure,state,n_referrals,n_persons,data_cut\nS01,pcl5,paired,20,20,2026-06-30\n"


def test_a_plain_node_keeps_bytes(tmp_path: Path) -> None:
    plain = Node(name="n", path=tmp_path / "deep" / "n.bin")
    plain.save(b"\x00\x01")
    assert plain.load() == b"\x00\x01"


def test_the_shape_is_checked_for_every_column_at_once() -> None:
    with pytest.raises(TypeError, match=r"measure.*state|state.*measure"):
        check("flow", flow().assign(measure=None, state=None).astype({"measure": "str", "state": "str"}))


def test_text_is_told_from_what_is_none_whatever_type_holds_it() -> None:
    frame = empty("quality").reindex(range(2)).assign(table="outcomes")
    texts = [name for name, dtype in frame.dtypes.items() if dtype == "str"]
    assert {"site_id", "table"} <= {*texts}

    def faults(site_id: pd.Series) -> str:
        with pytest.raises(TypeError) as caught:
            check("quality", frame.assign(site_id=site_id))
        return str(caught.value)

    assert "site_id: dtype" not in faults(pd.Series(["S01", "S02"], dtype="str"))
    assert "site_id: dtype" not in faults(pd.Series(["S01", "S02"], dtype="object"))
    assert "site_id: dtype" in faults(pd.Series(["S01", 2], dtype="object"))
    assert "site_id: dtype" in faults(pd.Series([1, 2]))


def test_an_empty_table_is_ones_own() -> None:
    mine = empty("quality")
    mine["more"] = 1
    assert "more" not in empty("quality")


def test_a_kept_table_is_read_once_and_nobody_writes_into_what_others_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = KeptTable(name="flow", path=tmp_path / "flow.parquet", schema="flow")
    table.save(flow(35))
    first = table.load()
    first.loc[0, "n_referrals"] = 99
    reads: list[Path] = []
    monkeypatch.setattr(pd, "read_parquet", lambda path: reads.append(path))
    pd.testing.assert_frame_equal(table.load(), flow(35))
    assert not reads
    monkeypatch.undo()
    table.save(flow(40))
    assert table.load().loc[0, "n_referrals"] == 40

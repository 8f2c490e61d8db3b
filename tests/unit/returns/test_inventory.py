"""Which returns lie in the folder: by name alone, one a site."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.returns.inventory import Refused, Return, take_inventory

Lay = Callable[..., Path]


@pytest.fixture
def lay(tmp_path: Path) -> Lay:
    """Make empty files, and folders where the name ends in a slash."""

    def make(*names: str) -> Path:
        folder = tmp_path / "raw"
        folder.mkdir()
        for name in names:
            if name.endswith("/"):
                (folder / name).mkdir()
            else:
                (folder / name).touch()
        return folder

    return make


def sites(found: tuple[list[Return], list[Refused]]) -> list[str]:
    return [each.site_id for each in found[0]]


def test_a_workbook_or_a_folder_is_a_return_and_its_name_the_site(lay: Lay) -> None:
    found = take_inventory(lay("S07.xlsx", "S02/", "S05.xlsm", "S01.ods", "S03.XLS"))
    assert sites(found) == ["S01", "S02", "S03", "S05", "S07"]
    assert found[1] == []


def test_hidden_files_read_mes_and_what_systems_leave_are_no_returns(lay: Lay) -> None:
    names = (".DS_Store", ".hidden/", "~$S07.xlsx", "README", "README.md", "readme.txt", "Thumbs.db", "desktop.ini")
    assert take_inventory(lay(*names)) == ([], [])


@pytest.mark.parametrize("name", ["outcomes.csv", "S01.docx", "S01.pdf", "S01.zip", "S01", "S01.xlsx.bak", "S01.xlsb"])
def test_another_kind_of_file_is_refused_with_a_way_to_mend_it(lay: Lay, name: str) -> None:
    found, refused = take_inventory(lay(name))
    assert found == []
    assert [each.position for each in refused] == [1]
    assert refused[0].mend


@pytest.mark.parametrize(
    "name", ["S 07.xlsx", "S07 (1).xlsx", "Städt.xlsx", "-S07.xlsx", "S07;x.xlsx", "S07.v2.xlsx", f"{'S' * 41}.xlsx"]
)
def test_an_unsafe_name_is_no_site_and_is_not_repeated(lay: Lay, name: str) -> None:
    found, refused = take_inventory(lay(name))
    assert found == []
    assert "site code" in refused[0].reason
    assert Path(name).stem not in refused[0].reason + refused[0].mend


def test_a_registry_refuses_sites_that_are_not_in_it(lay: Lay) -> None:
    found, refused = take_inventory(lay("S01.xlsx", "S99.xlsx"), ["S01", "S02"])
    assert [each.site_id for each in found] == ["S01"]
    assert "config" in refused[0].reason


def test_all_that_one_site_sent_is_one_entry_with_the_highest_version_first(lay: Lay) -> None:
    (only,), _ = take_inventory(lay("S07.xlsx", "S07_v2.xlsx", "S07_v10/", "S07_V9.xlsx", "S07.ods"))
    assert (only.site_id, only.path.name) == ("S07", "S07_v10")
    assert [path.name for path in only.paths] == ["S07_v10", "S07_V9.xlsx", "S07_v2.xlsx", "S07.ods", "S07.xlsx"]


def test_the_content_of_a_return_is_that_of_all_files_of_its_site(lay: Lay) -> None:
    folder = lay("S01.xlsx", "S02.xlsx", "S02_v2.xlsx")
    before = [each.content for each in take_inventory(folder)[0]]
    (folder / "S02.xlsx").write_bytes(b"changed")
    after = [each.content for each in take_inventory(folder)[0]]
    assert before[0] == after[0]
    assert before[1] != after[1]


def test_links_that_lead_out_or_nowhere_are_refused(lay: Lay, tmp_path: Path) -> None:
    folder = lay("S01.xlsx")
    (tmp_path / "elsewhere.xlsx").touch()
    (folder / "S02.xlsx").symlink_to(tmp_path / "elsewhere.xlsx")
    (folder / "S03.xlsx").symlink_to(folder / "gone.xlsx")
    (folder / "S04.xlsx").symlink_to(folder / "S04.xlsx")
    found, refused = take_inventory(folder)
    assert [each.site_id for each in found] == ["S01"]
    assert [each.position for each in refused] == [2, 3, 4]


def test_nothing_is_opened(lay: Lay) -> None:
    folder = lay("S01.xlsx")
    (folder / "S01.xlsx").write_bytes(b"no workbook at all")
    assert sites(take_inventory(folder)) == ["S01"]

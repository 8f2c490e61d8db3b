"""A template filled in, then saved by LibreOffice in another form: it comes through as clean as it was filled in."""

from __future__ import annotations

import datetime
import io
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.config import IntakeSettings
from pipeline.measures import load
from pipeline.returns.inventory import Return
from pipeline.returns.template import template
from pipeline.stages.ingest import ingest
from pipeline.stages.validate import validate

pytestmark = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
FORMS = ("xlsx", "ods", "xls")
DAY = datetime.date(2026, 1, 20)
FILLED: dict[str, list[dict[str, object]]] = {
    "service": [
        {"site_id": "S07", "wave": "EI", "go_live_date": datetime.date(2025, 1, 6), "period_start": datetime.date(2025, 4, 1)}
        | {
            "period_end": datetime.date(2026, 12, 31),
            "return_version": 1,
            "birth_trauma": "y",
            "emdr": "y",
            "wte_psychology": 1.5,
        }
    ],
    "referrals": [
        {"referral_id": f"007{n}", "client": "woman_or_birthing_parent", "referral_date": DAY + datetime.timedelta(days=n)}
        | {"pathway": "birth_trauma;tokophobia", "imd_decile": n % 10 + 1, "accepted": "y"}
        for n in range(12)
    ],
    "outcomes": [
        {"referral_id": f"007{n}", "measure": "core10", "occasion": occasion, "total": total}
        | {"date": DAY + datetime.timedelta(days=20 + n + (100 if occasion == "post" else 0))}
        for n in range(12)
        for occasion, total in (("pre", 22 - n % 7), ("post", 10 + n % 5))
    ],
    "aggregates": [
        {"measure": "core10", "pathway": "all", "n_pre": 42, "n_post": 33, "n_paired": 31, "mean_pre_paired": 20.25, "r": 0.5}
        | {"mean_post_paired": 14.5, "sd_pre": 6.5, "sd_post": 6.75}
    ],
}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as a person fills it in, and the same as LibreOffice saves it: S07.<form> in folders of their own."""
    folder = tmp_path_factory.mktemp("filled")
    book = openpyxl.load_workbook(io.BytesIO(template()))
    for table, rows in FILLED.items():
        column_of = {cell.value: cell.column for cell in book[table][1]}
        for number, row in enumerate(rows, start=2):
            for column, value in row.items():
                book[table].cell(number, column_of[column]).value = value
    book.save(folder / "S07.xlsx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    for form in FORMS:
        to = ["--convert-to", form, "--outdir", str(folder / form), str(folder / "S07.xlsx")]
        subprocess.run(["soffice", "--headless", profile, *to], check=True, capture_output=True, timeout=180)
    return folder


def take_in(path: Path) -> dict[str, pd.DataFrame]:
    return validate({"S07": ingest(Return("S07", path), IntakeSettings())}, load())


@pytest.mark.parametrize("form", FORMS)
def test_a_filled_template_saved_by_libreoffice_is_read_like_the_one_that_was_filled_in(filled: Path, form: str) -> None:
    before, after = take_in(filled / "S07.xlsx"), take_in(filled / form / f"S07.{form}")
    for table, rows in FILLED.items():
        assert len(after[f"accepted_{table}"]) == len(rows)
        pd.testing.assert_frame_equal(after[f"accepted_{table}"], before[f"accepted_{table}"])
    unclean = after["rejected"][~after["rejected"]["severity"].eq("note")]
    expected = set(before["rejected"].query("severity != 'note'")["rule_id"]) | (
        {"identifying-perhaps"} if form == "xls" else set()
    )
    expected |= {"marks-not-read"} if form in {"xls", "ods"} else set()
    assert set(unclean["rule_id"]) == expected
    assert not unclean["severity"].isin(["file", "row", "value"]).any()
    assert after["rejected_rows"].empty

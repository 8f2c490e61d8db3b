"""A step runs when the content that it reads has changed, and not otherwise; what vanished leaves no trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import tell

AFTER_VALIDATE = {"validate", "to-sites", "score", "change", "compare", "appraise", "release", "figures", "national-report"}


def run(study: Path, *more: str) -> list[str]:
    told = tell("run", "--config", study / "config.yaml", *more)
    assert told.code == 0, told.err
    return told.ran


def change_config(study: Path, old: str, new: str) -> None:
    path = study / "config.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def tree(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file() and ".pytask" not in p.parts
    }


def mentions(study: Path, word: str) -> list[str]:
    """Files of ours that hold `word` in name or content; Parquet is read as a table."""
    found = []
    for folder in ("processed", "reports"):
        for path in (study / folder).rglob("*"):
            if not path.is_file() or ".pytask" in path.parts:
                continue
            text = (
                pd.read_parquet(path).to_csv()
                if path.suffix == ".parquet"
                else path.read_bytes().decode("utf-8", errors="ignore")
            )
            if word in path.relative_to(study).as_posix() or word in text:
                found.append(path.relative_to(study).as_posix())
    return found


def first_csv(study: Path) -> Path:
    return next(p for p in sorted((study / "raw").iterdir()) if p.is_dir()) / "referrals.csv"


def test_nothing_to_do_runs_no_task(fresh_study: Path) -> None:
    told = tell("run", "--config", fresh_study / "config.yaml")
    assert told.ran == []
    assert "up to date" in told.err
    assert told.out.strip() == str((fresh_study / "reports" / "national-report.pdf").resolve())


def test_touching_a_return_runs_no_task_even_when_the_engine_looks(fresh_study: Path) -> None:
    path = first_csv(fresh_study)
    os.utime(path, (time.time() + 60, time.time() + 60))
    assert run(fresh_study) == []
    (fresh_study / "processed" / ".pytask" / "seal.json").unlink()
    assert run(fresh_study) == []
    assert not list(fresh_study.rglob("*.sqlite*")), "the state of tasks is kept in one place alone"


def test_one_byte_of_a_return_runs_its_ingest_and_what_depends_on_it(fresh_study: Path) -> None:
    path = first_csv(fresh_study)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("perinatal_loss", "birth_trauma", 1), encoding="utf-8")
    ran = run(fresh_study)
    assert [name for name in ran if name.startswith("ingest")] == [f"ingest[{path.parent.name}]"]
    assert "validate" in ran
    assert "score" not in ran, "no outcome changed, so nothing after scoring needs to run but what reads referrals"


def test_a_key_of_the_figure_style_runs_figures_and_reports_only(fresh_study: Path) -> None:
    with (fresh_study / "config.yaml").open("a", encoding="utf-8") as file:
        file.write("figures: {colour: '#204020'}\n")
    steps = {name.split("[")[0] for name in run(fresh_study)}
    assert steps == {"figures", "national-report", "summaries", "site-reports", "output-check"}  # which lists every file


def test_a_table_edited_by_hand_is_noticed_and_rebuilt(fresh_study: Path) -> None:
    path = fresh_study / "processed" / "site_effects.parquet"
    before = path.read_bytes()
    edited = pd.read_parquet(path)
    edited["mean_improvement"] += 1
    edited.to_parquet(path)
    told = tell("why", "--config", fresh_study / "config.yaml")
    assert "compare: its own product site_effects changed" in told.out
    assert "compare" in run(fresh_study)
    assert path.read_bytes() == before


def test_a_return_removed_leaves_no_trace(fresh_study: Path) -> None:
    gone = first_csv(fresh_study).parent
    assert mentions(fresh_study, gone.name)
    shutil.rmtree(gone)
    run(fresh_study)
    assert mentions(fresh_study, gone.name) == []


def test_a_measure_removed_leaves_no_trace(fresh_study: Path) -> None:
    assert mentions(fresh_study, "gad7")
    change_config(fresh_study, ", gad7", "")
    ran = run(fresh_study)
    assert not [name for name in ran if name.startswith(("ingest", "validate"))]
    left = [name for name in mentions(fresh_study, "gad7") if not name.startswith(("processed/records", "processed/accepted_"))]
    assert left == [], "only what the site sent may still name it"


def test_a_theory_added_runs_appraise_and_after_and_removed_leaves_no_trace(fresh_study: Path) -> None:
    folder = fresh_study / "theories"
    folder.mkdir()
    (folder / "LOCAL-01.yaml").write_text(
        "id: LOCAL-01\ntitle: A standing group keeps the service kind\n"
        "context: {variable: service.lived_experience_group, is: yes}\n"
        "mechanism: {says: women who shaped the service trust it}\n"
        "outcome: {variable: change.pcl5, expected: larger_improvement}\n"
        "smallest_difference: {value: 5, scale: points}\nwould_count_against: no difference of five points\n"
        "registered: 2026-11-22\nsources: [kent_medway_2021]\n",
        encoding="utf-8",
    )
    change_config(fresh_study, "releases: releases", "releases: releases, theories: [theories]")
    steps = {name.split("[")[0] for name in run(fresh_study)}
    after = {"since-release", "open-files", "figures", "national-report", "summaries", "site-reports"}
    assert steps <= {"appraise", "joint", "release", "ledger", "output-check", *after}
    assert {"appraise", "joint", "release", "figures", "national-report"} <= steps
    pages = (fresh_study / "reports" / "national-report.md").read_text(encoding="utf-8")
    assert "### LOCAL-01. A standing group keeps the service kind" in pages
    assert (fresh_study / "reports" / "figures" / "theory-LOCAL-01.svg").is_file()
    assert mentions(fresh_study, "LOCAL-01")
    change_config(fresh_study, ", theories: [theories]", "")
    run(fresh_study)
    assert mentions(fresh_study, "LOCAL-01") == []


def test_two_processes_give_the_same_bytes_as_one(fresh_study: Path) -> None:
    before = {name: tree(fresh_study / name) for name in ("processed", "reports")}
    shutil.rmtree(fresh_study / "processed")
    shutil.rmtree(fresh_study / "reports")
    assert run(fresh_study, "--workers", "2")
    assert {name: tree(fresh_study / name) for name in before} == before


def test_one_step_alone_brings_what_it_needs(small_study: Path) -> None:
    told = tell("run", "score", "--config", small_study / "config.yaml")
    assert told.code == 0
    assert told.steps == {"ingest", "decisions", "evidence", "validate", "score", "ledger"}
    assert not (small_study / "reports").exists()


def test_two_studies_at_once_leave_each_other_alone_and_from_nothing_give_the_same_bytes(
    fresh_study: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copytree(fresh_study / "raw", other / "raw")
    shutil.copy(fresh_study / "config.yaml", other)
    before = {name: tree(fresh_study / name) for name in ("processed", "reports")}
    for name in before:
        shutil.rmtree(fresh_study / name)
    command = [sys.executable, "-m", "pipeline", "run", "--config"]
    both = [subprocess.Popen([*command, str(s / "config.yaml")], stderr=subprocess.PIPE, text=True) for s in (fresh_study, other)]
    for process in both:
        _, said = process.communicate(timeout=300)
        assert process.returncode == 0, said
    assert {name: tree(fresh_study / name) for name in before} == before
    assert tree(other / "reports").keys() == before["reports"].keys()


def test_a_second_run_of_the_same_study_is_refused(fresh_study: Path) -> None:
    from pipeline.engine.runner import locked

    with locked(fresh_study / "processed" / ".pytask"):
        told = tell("run", "--config", fresh_study / "config.yaml")
    assert told.code == 2
    assert "another run of this study is under way" in told.err


def test_a_killed_run_leaves_no_half_files_and_the_next_one_ends_well(fresh_study: Path) -> None:
    before = {name: tree(fresh_study / name) for name in ("processed", "reports")}
    for name in before:
        shutil.rmtree(fresh_study / name)
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--config", str(fresh_study / "config.yaml")], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "change" in line:
            process.kill()
            break
    process.wait()
    process.stderr.close()
    for path in (fresh_study / "processed").glob("*.parquet"):
        pd.read_parquet(path)
    (fresh_study / "processed" / ".scores.parquet.1.tmp").write_bytes(b"half")
    run(fresh_study)
    assert {name: tree(fresh_study / name) for name in before} == before


def test_a_real_study_takes_the_place_of_the_rehearsal(tmp_path: Path, small_study: Path) -> None:
    text = (small_study / "config.yaml").read_text(encoding="utf-8").replace("synthetic: true\n", "")
    (small_study / "config.yaml").write_text(text, encoding="utf-8")
    gone = first_csv(small_study).parent
    shutil.rmtree(gone)
    full = tell("run", "open-files", "--config", small_study / "config.yaml")
    assert full.code == 0
    assert mentions(small_study, gone.name) == []


def test_an_unknown_step_is_refused(small_study: Path) -> None:
    told = tell("run", "scores", "--config", small_study / "config.yaml")
    assert told.code == 2
    assert "found 'scores'; allowed: " in told.err


def test_a_running_cluster_does_the_work(small_study: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    address = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": Path(__file__).parents[2]}
    places = ["--scheduler-file", str(address)]
    scheduler = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--port",
        "0",
        "--no-dashboard",
        "--host",
        "127.0.0.1",
        *places,
    ]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny", *places]
    processes = [subprocess.Popen(command, **quiet) for command in (scheduler, worker, worker)]
    try:
        wait_until(address.is_file)
        where = json.loads(address.read_text(encoding="utf-8"))["address"]
        command = [
            sys.executable,
            "-m",
            "pipeline",
            "run",
            "compare",
            "--config",
            str(small_study / "config.yaml"),
            "--scheduler",
            where,
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert done.returncode == 0, done.stderr
    assert "compare" in done.stderr
    assert (small_study / "processed" / "site_effects.parquet").is_file()


def test_a_scheduler_that_is_not_there_is_one_clear_line(small_study: Path) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    command = [sys.executable, "-m", "pipeline", "run", "score", "--config", str(small_study / "config.yaml")]
    done = subprocess.run(
        [*command, "--scheduler", "tcp://127.0.0.1:1"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in done.stderr


def wait_until(is_true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)

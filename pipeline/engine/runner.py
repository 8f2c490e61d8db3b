"""Run the graph: one run a study at a time, state beside the study, no trace of what is no longer there."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine.nodes import digest, digest_path, write_atomically

if TYPE_CHECKING:
    from pipeline.engine.printer import Printer
    from pipeline.engine.step import Step

OURS = {".parquet", ".json", ".svg", ".csv", ".pdf", ".md", ".xlsx"}


class BusyError(Exception):
    """Another run of the same study is under way, or the workers asked for are not there."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    n_run: int
    failed: list[str]
    left: list[str]
    reasons: dict[str, list[str]] = field(default_factory=dict)


@contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the study for one run; the operating system lets go of it when the run ends, however it ends."""
    from filelock import FileLock, Timeout

    state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(state / "run.lock", timeout=0)
    try:
        with lock:
            yield
    except Timeout:
        raise BusyError("another run of this study is under way; wait until it ends") from None


def prune(folders: Iterable[Path], products: set[Path]) -> list[Path]:
    """Remove files of ours that no step makes any more, leftovers of killed runs, and folders left empty."""
    removed = []
    for folder in folders:
        for path in sorted(folder.rglob("*"), reverse=True) if folder.is_dir() else ():
            if ".pytask" in path.parts or any(p in products for p in (path, *path.parents)):
                continue
            if path.is_file() and (path.suffix in OURS or path.suffix == ".tmp"):
                path.unlink()
                removed.append(path)
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
    return removed


def build(
    steps: list[Step],
    *,
    state: Path,
    only: Iterable[str] = (),
    workers: int = 1,
    scheduler: str | None = None,
    explain: bool = False,
) -> Outcome:
    """Bring every step, or `only` the named ones with what they need, up to date.

    With `explain` nothing runs, and `Outcome.reasons` says what would and why.
    """
    import pytask
    from _pytask.console import console

    from pipeline.engine.printer import Printer
    from pipeline.engine.step import marker

    state.mkdir(parents=True, exist_ok=True)
    settings = state / "pytask.toml"
    settings.write_text("[tool.pytask.ini_options]\n", encoding="utf-8")
    printer = Printer(order=[s.signature for s in steps], is_quiet=explain)
    console.quiet = True
    backend = _backend(workers, scheduler) if not explain else {}
    names = sorted({s.step for s in steps})
    session = pytask.build(
        tasks=steps,
        config=settings,
        marker_expression=" or ".join(marker(name) for name in only),
        markers={marker(name): name for name in names},
        verbose=0,
        capture="no",
        show_traceback=False,
        explain=explain,
        printer=printer,
        **backend,
    )
    _raise_if_not_run(session, printer, steps)
    return Outcome(printer.n_run, printer.failed, printer.left, printer.reasons)


def _backend(workers: int, scheduler: str | None) -> dict[str, Any]:
    if scheduler is None:
        return {"n_workers": workers}
    try:
        from distributed import Client
    except ImportError:
        raise BusyError("a scheduler needs the extra `cluster`: uv sync --extra cluster") from None
    from pytask_parallel import ParallelBackend, WorkerType, registry

    try:
        client: Any = Client(scheduler, timeout="10s")  # type: ignore[no-untyped-call] # distributed has no types
    except (OSError, ValueError):
        raise BusyError(f"no Dask scheduler answers at {scheduler}; start it, or correct the address") from None
    registry.register_parallel_backend(
        ParallelBackend.CUSTOM, lambda n_workers: client.get_executor(), worker_type=WorkerType.PROCESSES
    )
    n_workers = max(len(client.scheduler_info(n_workers=-1)["workers"]), 1)
    return {"n_workers": n_workers, "parallel_backend": ParallelBackend.CUSTOM}


def _raise_if_not_run(session: object, printer: Printer, steps: list[Step]) -> None:
    reports = getattr(session, "execution_reports", [])
    if reports or not steps:
        return
    for report in getattr(session, "collection_reports", []):
        if getattr(report, "exc_info", None):
            raise RuntimeError("the graph cannot be read") from report.exc_info[1]
    dag = getattr(session, "dag_report", None)
    raise RuntimeError("the graph cannot be ordered") from (dag.exc_info[1] if dag else None)


def seal(state: Path, inputs: Iterable[Path], products: Iterable[Path], facts: str) -> str:
    """One hash over everything that a run reads and writes: while it stands, there is nothing to do.

    Paths count from `state`, so that a study may be moved as a whole.
    """
    paths = sorted({*inputs, *products})
    return digest(facts + "\n".join(f"{os.path.relpath(p, state)} {digest_path(p)}" for p in paths))


def read_seal(state: Path) -> dict[str, str]:
    """The seal of the last whole run, if it ended well."""
    try:
        stored = json.loads((state / "seal.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def write_seal(state: Path, content: dict[str, str]) -> None:
    """Keep the seal of a whole run that ended well."""
    write_atomically(state / "seal.json", json.dumps(content, sort_keys=True).encode())


def say(text: str = "") -> None:
    """One line on the screen for a person; results that scripts read go to standard output."""
    print(text, file=sys.stderr, flush=True)

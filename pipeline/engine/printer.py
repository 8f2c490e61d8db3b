"""What a person sees while the graph runs: one line a step as it ends. Registered with pytask as a plugin (pyproject.toml)."""

from __future__ import annotations

import sys
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from pytask import ExecutionReport, PTask, TaskOutcome, hookimpl


@dataclass
class Printer:
    """Counts and prints. A fault of ours is shown by type and place only, since its message may hold values."""

    order: list[str]
    out: TextIO = field(default_factory=lambda: sys.stderr)
    is_quiet: bool = False
    n_run: int = 0
    n_seen: int = 0
    failed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    _started: dict[str, float] = field(default_factory=dict)

    @property
    def n_tasks(self) -> int:
        """Tasks in the graph."""
        return len(self.order)

    @hookimpl(tryfirst=True)
    def pytask_execute_build(self, session: Any) -> None:
        """Let tasks that are ready run in the order of the plan, so that every run prints alike."""
        ranks = {signature: -rank for rank, signature in enumerate(self.order)}
        session.scheduler.priorities = ranks

    @hookimpl
    def pytask_execute_task_log_start(self, task: PTask) -> None:
        """Note when a task began."""
        self._started[task.name] = time.perf_counter()

    @hookimpl(tryfirst=True)
    def pytask_execute_task_log_end(self, report: ExecutionReport) -> None:
        """Print a line for a task that ran, or that could not."""
        task = report.task
        self.n_seen += 1
        if report.outcome == TaskOutcome.SUCCESS:
            self.n_run += 1
            seconds = time.perf_counter() - self._started.get(task.name, time.perf_counter())
            self._line("done", task, f"{seconds:5.1f} s")
        elif report.outcome == TaskOutcome.FAIL:
            self.failed.append(task.name)
            self._line("FAILED", task, place_of(report.exc_info))
        elif report.outcome == TaskOutcome.SKIP_PREVIOUS_FAILED:
            self.left.append(task.name)
        elif report.outcome == TaskOutcome.WOULD_BE_EXECUTED:
            self.reasons[task.name] = _reasons(task)

    def _line(self, word: str, task: PTask, end: str) -> None:
        if self.is_quiet:
            return
        width = len(str(self.n_tasks))
        print(f"  [{self.n_seen:>{width}}/{self.n_tasks}] {task.name:<24} {word:<6} {end}", file=self.out, flush=True)


def _reasons(task: PTask) -> list[str]:
    explanation: Any = task.attributes.get("explanation")
    words = {
        "changed": "{} changed",
        "not_in_db": "{} is new",
        "missing": "{} is missing",
        "cascade": "{} runs before it",
        "forced": "{} is forced",
    }
    kinds = {"source": "its code", "product": "its own product "}
    found = []
    for reason in explanation.reasons if explanation else ():
        name = kinds["source"] if reason.node_type == "source" else reason.node_name
        name = f"its own product {name}" if reason.node_type == "product" else name
        found.append(words.get(reason.reason, "{}: " + reason.reason).format(name))
    return sorted(set(found))


def place_of(exc_info: Any) -> str:
    """`Type in file:line, function` of our innermost frame; never the message."""
    kind, error, trace = exc_info
    while error.__cause__ is not None:
        error, trace = error.__cause__, error.__cause__.__traceback__
        kind = type(error)
    if not hasattr(trace, "tb_frame"):
        return f"{kind.__name__} (on a worker; run again with one worker to see the place)"
    frames = traceback.extract_tb(trace)
    own = [
        f
        for f in frames
        if Path(f.filename).parent.name in Path(__file__).parents[1].as_posix() or "pipeline" in Path(f.filename).parts
    ]
    frame = (own or list(frames))[-1]
    return f"{kind.__name__} at {Path(frame.filename).name}:{frame.lineno}, in {frame.name}"


@hookimpl(tryfirst=True)
def pytask_add_hooks(pm: Any) -> None:
    """Keep the state of tasks in pytask's lock file alone: its database says the same, and waits for the disk at every node."""
    pm.set_blocked("_pytask.database")


@hookimpl(trylast=True)
def pytask_post_parse(config: dict[str, Any]) -> None:
    """Register the printer that the run brought along."""
    printer = config.get("printer")
    if printer is not None:
        config["pm"].register(printer, "printer")

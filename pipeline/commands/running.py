"""Run the graph, say what would run, and list what there is."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.commands.preparing import is_sealed, prepared
from pipeline.engine.nodes import digest_path
from pipeline.engine.runner import locked, prune, say, seal, write_seal
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable

    from pipeline.engine.runner import Outcome
    from pipeline.study import Study

DONE, STEP_FAILED = 0, 1
_BEFORE_LEDGER = {"ingest", "decisions", "evidence", "ledger"}
"""Every other step leads to what the ledger says at the end of a run, so that it never tells of an earlier one."""
_MOST_TOLD = 40


def run(given: Namespace) -> int:
    """Bring the study, or the named steps, up to date."""
    started = time.perf_counter()
    study = prepared(given.config)
    with locked(study.state):
        _announce(study)
        if not given.steps and is_sealed(study):
            say("Everything is up to date: no step had to run.")
            return _finish(study, 0, started)
        from pipeline.engine.runner import build
        from pipeline.plan import plan

        steps = plan(study)
        _refuse_unknown(given.steps, {s.step for s in steps})
        removed = prune(_own_folders(study), _products(steps))
        if removed:
            say(f"Removed {len(removed)} earlier product(s) of what is no longer there; no return was touched.")
        wanted = [*given.steps, *(["ledger"] if set(given.steps) - _BEFORE_LEDGER else [])]
        outcome = build(steps, state=study.state, only=wanted, workers=given.workers, scheduler=given.scheduler)
        if outcome.failed:
            return _fail(outcome)
        if not given.steps:
            _seal(study, _products(steps))
        return _finish(study, outcome.n_run, started)


def why(given: Namespace) -> int:
    """Say what would run and why."""
    study = prepared(given.config)
    with locked(study.state):
        if not given.steps and is_sealed(study):
            print("Nothing would run: every input, setting, line of code and product is as the last run left it.")
            return DONE
        from pipeline.engine.runner import build
        from pipeline.plan import plan

        steps = plan(study)
        _refuse_unknown(given.steps, {s.step for s in steps})
        reasons = build(steps, state=study.state, only=given.steps, explain=True).reasons
    for name, found in reasons.items():
        print(f"{name}: {'; '.join(found[:4])}{f'; and {len(found) - 4} more' if len(found) > 4 else ''}")
    print(f"{len(reasons)} of {len(steps)} tasks would run.")
    return DONE


def list_steps(given: Namespace) -> int:
    """List the steps with what they read and write."""
    from pipeline.engine.step import leaves
    from pipeline.plan import plan

    seen: dict[str, Any] = {}
    for each in plan(prepared(given.config)):
        seen.setdefault(each.step, []).append(each)
    for name, tasks in seen.items():
        first = tasks[0]
        writes = [f"{n.name} ({n.level})" for n in leaves(first.produces)]
        print(f"{name}{f' (a task a site: {len(tasks)})' if first.of else ''}: {(first.function.__doc__ or '').strip()}")
        print(f"    reads  {_shortened([n.name for n in leaves(first.depends_on)])}")
        print(f"    writes {_shortened(writes)}")
    return DONE


def _announce(study: Study) -> None:
    config = study.config
    if study.synthetic and not config.synthetic:
        say(f"No returns in {config.paths.returns}: this is a rehearsal on synthetic returns, and every page says so.")
    sizes = f"{len(study.returns)} return(s), {len(study.measures)} measure(s), {len(study.theories)} theories"
    say(f"{config.study.title}: {sizes}.")
    for sentence in study.unlisted:
        say(f"  {sentence}")
    for each in study.refused:
        say(f"  Left aside: entry {each.position} (by name) of the returns folder: {each.reason}. {each.mend}")


def _own_folders(study: Study) -> list[Path]:
    paths = study.config.paths
    return [paths.processed, *(paths.reports / name for name in ("figures", "sites", "sites-text", "tables"))]


def _products(steps: Any) -> set[Path]:
    from pipeline.engine.step import leaves

    return {node.path for each in steps for node in leaves(each.produces)}


def _seal(study: Study, products: set[Path]) -> None:
    names = sorted(os.path.relpath(path, study.state) for path in products)
    content = {"seal": seal(study.state, study.inputs(), products, study.facts), "products": json.dumps(names)}
    write_seal(study.state, content)


def _refuse_unknown(names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            raise FactError(f"step: found {name!r}; allowed: {', '.join(sorted(known))}.")


def _fail(outcome: Outcome) -> int:
    say(f"{len(outcome.failed)} step(s) stopped on a fault of ours: {', '.join(outcome.failed)}.")
    if outcome.left:
        say(f"{len(outcome.left)} step(s) after them did not run. What was there before is unchanged.")
    return STEP_FAILED


def _finish(study: Study, n_run: int, started: float) -> int:
    ledger = study.config.paths.processed / "ledger.json"
    if ledger.is_file():
        kept = json.loads(ledger.read_text(encoding="utf-8"))
        rows = kept["rows"]
        for site in kept["incidents"]:
            say(f"  POSSIBLE INCIDENT: the return of {site} holds an identifier; nothing of it was kept. Tell your")
            say(f"  information-governance lead, ask the site to resend, then run: python -m pipeline purge {site}")
        _tell_decisions(study, kept.get("decisions", {}))
        _tell_file(study.evidence, kept.get("evidence", {}), "no evidence was used")
        for site in study.sites:
            aside = sorted(t for t, r in rows.get(site, {}).items() if r["status"] == "set_aside")
            if aside or site not in rows:
                what = ", ".join(t for t in aside if t) or "the whole return"
                say(f"  Set aside: {what} of {site}. See {study.config.paths.processed / 'to_sites' / site}.")
        to_mend = [
            site for site in study.sites if any(t["rejected"] and t["status"] == "read" for t in rows.get(site, {}).values())
        ]
        if to_mend:
            say(f"  Rows left out: {', '.join(to_mend)}. The cells to mend are in {study.config.paths.processed / 'to_sites'}.")
    if n_run:
        say(f"{n_run} task(s) ran in {time.perf_counter() - started:.0f} s.")
    report = study.config.paths.reports / "national-report.pdf"
    if digest_path(report):
        print(report)
    return DONE


def _tell_decisions(study: Study, told: dict[str, Any]) -> None:
    """What is wrong in the file of decisions, which decisions were not applied, and how many were."""
    _tell_file(study.config.paths.decisions, told, "no decision was applied")
    for each in told.get("not_applied", []):
        cell = f" {each['sheet']} {each['cell']}" if each["cell"] else ""
        say(f"  Not applied ({each['rule_id']}), {each['site_id']}{cell}: {each['found']}; expected {each['expected']}.")
    if told.get("n_applied"):
        say(f"  Decisions applied: {told['n_applied']}.")


def _tell_file(path: Path, told: dict[str, Any], meanwhile: str) -> None:
    """What is wrong in a file that the analyst keeps, by line and column, or cell."""
    if told.get("is_incident"):
        say(f"  POSSIBLE INCIDENT: {path} holds an identifier; {meanwhile}. Tell your information-governance lead.")
    faults = told.get("faults", [])
    for each in faults[:_MOST_TOLD]:
        place = f"{path.name}, line {each['line']}" if each["line"] else path.name
        at = ", ".join(part for part in (place, each["column"], each.get("cell", "")) if part)
        say(f"  {at}: found {each['found']}; expected {each['expected']}. {each['mend']}")
    if len(faults) > _MOST_TOLD:
        say(f"  {path.name}: {len(faults) - _MOST_TOLD} more faults; all of them stand in ledger.json.")


def _shortened(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"

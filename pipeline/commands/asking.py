"""Explain a number; write a template or an invented study."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from pipeline.commands.preparing import prepared
from pipeline.engine.nodes import write_atomically
from pipeline.engine.runner import say
from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from argparse import Namespace

DONE, WRONG_USE = 0, 2


def explain(given: Namespace) -> int:
    """Walk from a finding back to the tables, rule, settings and code behind it, in open values."""
    from pipeline.engine.code import closure

    study = prepared(given.config)
    path = study.config.paths.reports / "tables" / "findings.csv"
    if not path.is_file():
        say("There is no report yet: run `make all` first.")
        return WRONG_USE
    with path.open(encoding="utf-8", newline="") as file:
        findings = {row["key"]: row for row in csv.DictReader(file)}
    row = findings.get(given.key)
    if row is None:
        near = [key for key in findings if key.split(".")[0] == given.key.split(".")[0]][:8] or [*findings][:8]
        say(f"No finding has the key {given.key!r}. Some that there are: {', '.join(near)}.")
        return WRONG_USE
    shown = {name: value for name, value in row.items() if value and name != "key"}
    print(given.key)
    print("  value     " + "; ".join(f"{name} {value}" for name, value in shown.items()))
    made = json.loads((study.config.paths.reports / "run.json").read_text(encoding="utf-8"))
    print(f"  rule      under {made['rule']['minimum_count']} people withheld, counts to the nearest {made['rule']['round_to']}")
    print("  tables    returns > records > accepted tables > scores > change > site_effects > findings")
    print(
        "  code      "
        + ", ".join(sorted(n for n in closure(frozenset({"pipeline.stages.release"})) if ".st" in n or ".disc" in n))
    )
    print(f"  run       {made['run_id']}, package {made['package_hash'][:12]}, config {made['config_hash'][:12]}")
    print(f"  inputs    {len(made['return_hashes'])} return(s), by hash in reports/run.json")
    return DONE


def template(given: Namespace) -> int:
    """Write an empty workbook for a site."""
    from pipeline.returns.template import template as workbook

    if given.file.exists():
        raise FactError(f"template: {str(given.file)!r} is there already and may be filled in; name another file.")

    write_atomically(given.file, workbook())
    print(given.file)
    return DONE


def synthesise(given: Namespace) -> int:
    """Write an invented study."""
    from pipeline.synthetic import synthesise as invent

    if given.folder.exists() and any(given.folder.iterdir()):
        raise FactError(f"synthesise: {str(given.folder)!r} is not empty; name a new folder, so that nothing is written over.")
    invent(given.folder, sites=given.sites, women=given.women, seed=given.seed, dirty=given.dirty)
    print(given.folder / "returns")
    return DONE

"""The command line: `python -m pipeline run`, and the other things that a person asks for."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.strict_yaml import FactError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, STEP_FAILED, WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns 0 done, 1 a step failed, 2 wrong usage or configuration."""
    given = _parser().parse_args(arguments)
    from pipeline.commands import COMMANDS
    from pipeline.engine.runner import BusyError

    try:
        code = COMMANDS[given.command](given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except FactError as error:
        print(f"Wrong configuration:\n{error}", file=sys.stderr)
    except BusyError as error:
        print(f"Not started: {error}.", file=sys.stderr)
    return WRONG_USE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline", description="From site returns to a safe, traceable realist evaluation."
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, default=Path("config.yaml"), metavar="PATH", help="the study's config file")
    steps = argparse.ArgumentParser(add_help=False, parents=[shared])
    steps.add_argument("steps", nargs="*", metavar="STEP", help="only these steps, and what they need")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    run = commands.add_parser("run", parents=[steps], help="bring everything, or the named steps, up to date")
    run.add_argument("--workers", type=_positive, default=1, metavar="N", help="worker processes (default 1)")
    run.add_argument("--scheduler", metavar="ADDRESS", help="address of a running Dask scheduler, such as tcp://host:8786")
    commands.add_parser("why", parents=[steps], help="say what would run, and why; run nothing")
    commands.add_parser("list", parents=[shared], help="list the steps with what they read and write")
    explain = commands.add_parser("explain", parents=[shared], help="say where a number of the report comes from")
    explain.add_argument("key", nargs="*", metavar="KEY", help="a key of reports/tables/findings.csv, or table, row and column")
    explain.add_argument("--private", action="store_true", help="add the exact rows, on the screen alone")
    template = commands.add_parser("template", help="write an empty workbook for a site")
    template.add_argument("file", type=Path, nargs="?", default=Path("mmhs-return-template.xlsx"))
    commands.add_parser("register", parents=[shared], help="fix the theories in theories.lock, before results")
    publish = commands.add_parser("publish", parents=[shared], help="keep what leaves as a release")
    publish.add_argument("release", metavar="ID", help="a short name, such as 2026-11")
    purge = commands.add_parser("purge", parents=[shared], help="remove all that is held of a site")
    purge.add_argument("site", metavar="SITE")
    purge.add_argument("--yes", action="store_true", help="do it without asking")
    synthesise = commands.add_parser("synthesise", help="write an invented study")
    synthesise.add_argument("folder", type=Path, metavar="DIR")
    synthesise.add_argument("--sites", type=_positive, default=30, metavar="N")
    synthesise.add_argument("--women", type=_positive, default=9000, metavar="N")
    synthesise.add_argument("--seed", type=int, default=20261122, metavar="S")
    synthesise.add_argument("--dirty", action="store_true", help="plant honest mistakes, with an answer key")
    return parser


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}; expected a whole number of 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

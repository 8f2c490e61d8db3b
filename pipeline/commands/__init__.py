"""What each command does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.commands.asking import synthesise, template
from pipeline.commands.explaining import explain
from pipeline.commands.keeping import publish, purge, register
from pipeline.commands.running import list_steps, run, why

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "run": run,
    "why": why,
    "list": list_steps,
    "explain": explain,
    "template": template,
    "register": register,
    "publish": publish,
    "purge": purge,
    "synthesise": synthesise,
}

"""The last step of the graph: what whoever checks outputs is given. It reads all that leaves, and writes beside, never there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pipeline.catalog import CHECKED_TABLES, OPEN, OPEN_TABLES, Catalog
from pipeline.engine.nodes import hashed
from pipeline.engine.step import Step, leaves, step
from pipeline.study import Study

if TYPE_CHECKING:
    from pandas import DataFrame

    Frames = dict[str, DataFrame]
else:
    DataFrame = Frames = Any


def checking(study: Study, catalog: Catalog, before: list[Step]) -> Step:
    """The step `output-check` over everything that the steps `before` it write under the reports."""
    reports = study.config.paths.reports
    written = [node for each in before for node in leaves(each.produces) if node.level == OPEN]
    leaving = {node.path.relative_to(reports).as_posix(): node for node in written if reports in node.path.parents}

    def output_check_step(
        files: Annotated[Any, leaving],
        opened: Annotated[Frames, catalog.some(*OPEN_TABLES)],
        checked: Annotated[Frames, catalog.some(*CHECKED_TABLES)],
        rule: Annotated[Any, hashed("config.release", study.config.release)],
    ) -> Annotated[dict[str, bytes], catalog.output_check]:
        """One line a file that leaves, the counts behind it, and the attack on them."""
        from pipeline.stages.output_check import output_check

        return output_check(contents(files), opened, checked, rule)

    return step("output-check", output_check_step)


def contents(loaded: dict[str, Any]) -> dict[str, bytes]:
    """Every file by its path, whatever its node loads: bytes, a path, a folder of bytes, or facts."""
    import json

    found: dict[str, bytes] = {}
    for name, value in loaded.items():
        if isinstance(value, bytes):
            found[name] = value
        elif isinstance(value, Path):
            found[name] = value.read_bytes()
        elif all(isinstance(each, bytes) for each in value.values()):
            found |= {f"{name}/{inner}": each for inner, each in value.items()}
        else:
            found[name] = json.dumps(value, sort_keys=True).encode()
    return found

"""The rules that keep the house in order: who may import whom, who opens files, how large a module may grow."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pipeline"
MODULES = sorted(PACKAGE.rglob("*.py"))

RANKS = (
    {"__main__"},
    {"commands"},
    {"plan"},
    {"plan_reports", "plan_checking"},
    {"catalog", "study"},
    {"stages", "synthetic"},
    {"returns", "report", "disclosure", "not_for_release"},
    {"engine", "stats"},
    {"tables", "reporting"},
    {"measures", "theories", "instruments", "config", "coverage"},
    {"bibliography"},
    {"codes", "strict_yaml", "__init__"},
)
"""From the left: a room imports only rooms to its right, and itself."""
RANK = {room: rank for rank, rooms in enumerate(RANKS) for room in rooms}
EXCEPTIONS = {
    ("disclosure", "stats"),
    ("study", "catalog"),
}
HEAVY = {
    "pandas",
    "scipy",
    "statsmodels",
    "pingouin",
    "matplotlib",
    "seaborn",
    "pandera",
    "openpyxl",
    "xlsxwriter",
    "typst",
    "distributed",
}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path, *, top_level_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_level_only else ast.walk(tree)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module or "", *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def rooms_imported(path: Path) -> set[str]:
    ours = {name for name in imports(path) if name == "pipeline" or name.startswith("pipeline.")}
    return {parts[1] for name in ours if len(parts := name.split(".")) > 1 and parts[1] in RANK}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_rooms_to_its_right(path: Path) -> None:
    mine = room_of(path)
    assert mine in RANK, f"{mine} is no known room: give it a place in RANKS"
    wrong = {
        other for other in rooms_imported(path) if other != mine and RANK[other] <= RANK[mine] and (mine, other) not in EXCEPTIONS
    }
    assert not wrong, f"{mine} may not import {sorted(wrong)}"


def test_the_real_run_never_imports_the_inventor() -> None:
    allowed = {PACKAGE / "commands" / "preparing.py", PACKAGE / "commands" / "asking.py"}
    users = {path for path in MODULES if "synthetic" in rooms_imported(path) and room_of(path) != "synthetic"}
    assert users == allowed


@pytest.mark.parametrize(
    ("libraries", "rooms"),
    [
        ({"scipy"}, {"stats", "disclosure"}),
        ({"statsmodels", "pingouin"}, {"stats"}),
        ({"matplotlib", "seaborn", "typst"}, {"report"}),
        ({"pandera"}, {"tables", "engine"}),
        ({"pytask", "_pytask", "pytask_parallel", "distributed"}, {"engine", "commands"}),
        ({"openpyxl", "xlsxwriter", "python_calamine"}, {"returns", "synthetic"}),
    ],
)
def test_a_library_is_used_in_its_rooms_alone(libraries: set[str], rooms: set[str]) -> None:
    users = {room_of(path) for path in MODULES if {name.split(".")[0] for name in imports(path)} & libraries}
    assert users <= rooms


def test_modules_do_not_import_each_other_in_a_circle() -> None:
    def name_of(path: Path) -> str:
        parts = path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    names = {name_of(path): path for path in MODULES}
    graph = {name: {other for other in imports(path) if other in names and other != name} for name, path in names.items()}
    packages = {name for name in names if (PACKAGE.parent.joinpath(*name.split(".")) / "__init__.py").exists()}
    inner = {name: {o for o in others if not (o in packages and name.startswith(o + "."))} for name, others in graph.items()}
    assert list(TopologicalSorter(inner).static_order())


def test_stats_imports_nothing_of_ours() -> None:
    for path in (PACKAGE / "stats").rglob("*.py"):
        assert rooms_imported(path) <= {"stats"}, path


def test_only_nodes_and_readers_open_data_files() -> None:
    opening = re.compile(r"\b(read_parquet|read_csv|read_excel|to_parquet|to_excel|from_path|load_workbook)\(")
    users = {path.relative_to(PACKAGE).as_posix() for path in MODULES if opening.search(path.read_text(encoding="utf-8"))}
    assert users <= {"engine/nodes.py", "returns/readers.py", "returns/cell_marks.py"}


def test_heavy_libraries_load_late_on_the_way_to_nothing_to_do() -> None:
    import subprocess

    code = "import sys, pipeline.commands, pipeline.plan; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not HEAVY & set(loaded)


def test_the_command_line_starts_without_the_engine() -> None:
    import subprocess

    code = "import sys, pipeline.commands; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not ({"pytask", "_pytask", "sqlalchemy"} | HEAVY) & set(loaded)


def test_no_module_is_long() -> None:
    lengths = {path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert not {name: lines for name, lines in lengths.items() if lines > 300}


def test_no_room_without_a_name() -> None:
    nameless = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert not [path for path in MODULES if nameless & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}]


def test_every_silenced_check_says_why() -> None:
    silent = re.compile(r"#\s*(type: ignore(\[[\w, -]+\])?|noqa(: [A-Z0-9, ]+)?)\s*$", re.MULTILINE)
    assert not [path for path in MODULES if silent.search(path.read_text(encoding="utf-8"))]

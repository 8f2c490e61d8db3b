"""A step knows its edges from its signature and its code from its imports."""

import ast
from pathlib import Path
from typing import Annotated, Any

import pytest

from pipeline.engine import code
from pipeline.engine.code import closure, code_state, imported
from pipeline.engine.nodes import Json, hashed
from pipeline.engine.runner import build, prune, read_seal, seal, write_seal
from pipeline.engine.step import step


def test_the_signature_is_the_edges(tmp_path: Path) -> None:
    source, target = Json(name="a", path=tmp_path / "a.json"), Json(name="b", path=tmp_path / "b.json")
    number = hashed("number", 2)

    def double(
        a: Annotated[Any, source],
        by: Annotated[int, number],
    ) -> Annotated[Any, target]:
        return {"x": a["x"] * by}

    made = step("double", double, of="S01")
    assert made.name == "double[S01]"
    assert made.depends_on == {"a": source, "by": number}
    assert made.produces == {"return": target}


def test_a_parameter_without_a_node_is_refused() -> None:
    def wrong(a: int) -> None:
        """Names no node."""

    with pytest.raises(TypeError, match="a names no node"):
        step("wrong", wrong)


def test_imports_are_followed_without_running_anything() -> None:
    reached = closure(frozenset({"pipeline.stages.compare"}))
    assert {"pipeline.stages.compare", "pipeline.stats.meta", "pipeline.tables"} <= reached
    assert not {name for name in reached if name.startswith(("pipeline.report", "pipeline.synthetic", "pipeline.plan"))}


def test_only_modules_of_ours_count() -> None:
    tree = ast.parse("import os, numpy\nfrom pipeline.stats import meta\nfrom pipeline import config as c")
    assert {"pipeline.stats", "pipeline.stats.meta", "pipeline.config"} <= imported(tree)
    assert not {name for name in imported(tree) if name.startswith(("os", "numpy"))}


def test_imports_are_found_however_deep_they_stand() -> None:
    places = (
        "def f():\n    import pipeline.codes",
        "try:\n    pass\nexcept OSError:\n    import pipeline.codes",
        "try:\n    pass\nfinally:\n    import pipeline.codes",
        "if x:\n    pass\nelif y:\n    pass\nelse:\n    import pipeline.codes",
        "match x:\n    case 1:\n        with y:\n            import pipeline.codes",
        "class A:\n    async def f(self):\n        for x in y:\n            pass\n        else:\n            import pipeline.codes",
    )
    assert [imported(ast.parse(place)) for place in places] == [{"pipeline.codes"}] * len(places)
    told = {name for path in code.PACKAGE.rglob("*.py") for name in imported(ast.parse(path.read_bytes()))}
    walked = {
        node.module
        for path in code.PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "pipeline"
    }
    assert len(walked) > 200
    assert walked <= told


def test_the_state_of_steps_is_kept_without_a_database(tmp_path: Path) -> None:
    source, target = Json(name="a", path=tmp_path / "a.json"), Json(name="b", path=tmp_path / "b.json")
    source.save({"x": 2})

    def double(a: Annotated[Any, source]) -> Annotated[Any, target]:
        return {"x": a["x"] * 2}

    def n_run() -> int:
        return build([step("double", double)], state=tmp_path / "state").n_run

    assert (n_run(), n_run(), target.load()) == (1, 0, {"x": 4})
    source.save({"x": 3})
    assert (n_run(), target.load()) == (1, {"x": 6})
    assert {path.suffix for path in (tmp_path / "state").rglob("*.*")} <= {".toml", ".lock", ".json", ".gitignore", ""}


def test_an_edit_of_a_module_changes_the_state_of_what_uses_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def compares() -> None:
        from pipeline.stages.compare import compare  # noqa: F401 - only read

    def scores() -> None:
        from pipeline.stages.score import score  # noqa: F401 - only read

    before = code_state(compares, ()), code_state(scores, ())
    real = code._module

    def edited(name: str) -> tuple[frozenset[str], str]:
        found, digest = real(name)
        return found, digest + "edited" if name == "pipeline.stats.meta" else digest

    monkeypatch.setattr(code, "_module", edited)
    assert code_state(compares, ()) != before[0]
    assert code_state(scores, ()) == before[1]


def test_what_no_step_makes_is_removed_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    for name in ("kept.parquet", "gone.parquet", "sites/gone.pdf", ".half.parquet.7.tmp", "notes.docx", ".pytask/state.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    prune([tmp_path], {tmp_path / "kept.parquet"})
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"kept.parquet", "notes.docx", ".pytask/state.json"}
    assert not (tmp_path / "sites").exists()


def test_a_seal_stands_for_content(tmp_path: Path) -> None:
    given, made = tmp_path / "in.csv", tmp_path / "out.csv"
    given.write_text("1")
    made.write_text("2")
    first = seal(tmp_path, [given], [made], "facts")
    given.touch()
    assert seal(tmp_path, [given], [made], "facts") == first
    made.write_text("3")
    assert seal(tmp_path, [given], [made], "facts") != first
    assert seal(tmp_path, [given], [made], "other") != first
    write_seal(tmp_path, {"seal": first})
    assert read_seal(tmp_path) == {"seal": first}
    (tmp_path / "seal.json").write_text("broken")
    assert read_seal(tmp_path) == {}

"""Nodes: where an artefact lies, how it is checked on load and save, and the hash of its content that decides staleness."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

ABSENT, CLOSED = "absent", "unreadable"


def digest(content: bytes | str) -> str:
    """SHA-256 of bytes or text, in hexadecimal."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def digest_path(path: Path) -> str | None:
    """SHA-256 of a file, or of the names and contents of a folder's files; None where there is nothing.

    `CLOSED` for a file that cannot be opened, such as one without permission or held open by another program.
    """
    try:
        if path.is_file():
            return digest(path.read_bytes())
        if path.is_dir():
            files = sorted(p for p in path.rglob("*") if p.is_file())
            return digest("\n".join(f"{p.relative_to(path).as_posix()} {digest_path(p)}" for p in files))
    except OSError:
        return CLOSED
    return None


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target, then rename: a killed run leaves the old file or the new one, never half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.write_bytes(content)
    temporary.replace(path)


def write_folder_atomically(path: Path, files: dict[str, bytes]) -> None:
    """Swap a whole folder: the new one is complete before the old one goes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new, old = (path.with_name(f".{path.name}.{os.getpid()}.{kind}.tmp") for kind in ("new", "old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    for name, content in files.items():
        target = new / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    if path.exists():
        path.replace(old)
    new.replace(path)
    shutil.rmtree(old, ignore_errors=True)


@dataclass(kw_only=True)
class Node:
    """What every node has: a name, a place, a level of sensitivity and the grain of what lies there."""

    name: str
    path: Path
    level: str = ""
    grain: str = ""
    attributes: dict[Any, Any] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """Identity in the graph."""
        return digest(f"{type(self).__name__} {self.path.as_posix()}")

    def state(self) -> str | None:
        """Hash of the content; None where there is none."""
        return digest_path(self.path)

    def load(self, is_product: bool = False) -> Any:
        """The bytes, or for a product the node itself."""
        return self if is_product else self.path.read_bytes()

    def save(self, value: Any) -> None:
        """Write bytes or text."""
        write_atomically(self.path, value.encode() if isinstance(value, str) else value)


@dataclass(kw_only=True)
class Table(Node):
    """A Parquet file with a schema, checked on load and on save; the same frame always gives the same bytes."""

    schema: str

    def load(self, is_product: bool = False) -> Any:
        """The checked frame."""
        if is_product:
            return self
        import pandas as pd

        return check(self.schema, pd.read_parquet(self.path))

    def save(self, value: DataFrame) -> None:
        """Check, then write."""
        write_atomically(self.path, to_parquet(check(self.schema, value)))


@dataclass(kw_only=True)
class CsvTable(Table):
    """The same as open CSV: UTF-8, one line end, empty where missing, text that looks like a formula escaped."""

    def load(self, is_product: bool = False) -> Any:
        """The path: nothing in the graph reads a CSV of ours."""
        return self if is_product else self.path

    def save(self, value: DataFrame) -> None:
        """Check, then write."""
        write_atomically(self.path, to_csv(check(self.schema, value)))


@dataclass(kw_only=True)
class Json(Node):
    """A small mapping as JSON with sorted keys."""

    def load(self, is_product: bool = False) -> Any:
        """The mapping."""
        return self if is_product else json.loads(self.path.read_text(encoding="utf-8"))

    def save(self, value: Any) -> None:
        """Write with sorted keys."""
        write_atomically(self.path, (json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode())


@dataclass(kw_only=True)
class Folder(Node):
    """A folder of files, loaded and saved as {name: bytes} and swapped whole."""

    def load(self, is_product: bool = False) -> Any:
        """Every file by its name."""
        if is_product:
            return self
        files = sorted(p for p in self.path.rglob("*") if p.is_file())
        return {p.relative_to(self.path).as_posix(): p.read_bytes() for p in files}

    def save(self, value: dict[str, bytes]) -> None:
        """Swap the folder."""
        write_folder_atomically(self.path, value)


@dataclass(kw_only=True)
class Frames(Folder):
    """A folder of Parquet files without a fixed schema, loaded and saved as {name: frame}: cells as text, as received."""

    def load(self, is_product: bool = False) -> Any:
        """Every frame by its name."""
        if is_product:
            return self
        import pandas as pd

        return {p.stem: pd.read_parquet(p) for p in sorted(self.path.glob("*.parquet"))}

    def save(self, value: dict[str, Any]) -> None:
        """Swap the folder."""
        super().save({f"{name}.parquet": to_parquet(frame) for name, frame in value.items()})


@dataclass(kw_only=True)
class Source(Node):
    """Something that only a person writes: a file or folder that is read where it lies, so a step receives its path."""

    def load(self, is_product: bool = False) -> Any:
        """The path."""
        return self if is_product else self.path

    def save(self, value: Any) -> None:
        """Never: what a person gave is not written."""
        raise PermissionError(f"{self.name} is read-only")


@dataclass(kw_only=True)
class Optional(Node):
    """Another node that may be absent; absence is a state of its own, and loads as None."""

    node: Node

    def state(self) -> str:
        """The content's hash, or `absent`."""
        return self.node.state() or ABSENT

    def load(self, is_product: bool = False) -> Any:
        """The content, or None."""
        return self.node.load(is_product) if is_product or self.node.state() else None

    def save(self, value: Any) -> None:
        """Write what there is; None removes what was there."""
        if value is not None:
            self.node.save(value)
        elif self.path.is_dir():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)


def optional(node: Node) -> Optional:
    """`node`, allowed to be absent."""
    return Optional(name=node.name, path=node.path, level=node.level, grain=node.grain, node=node)


@dataclass(kw_only=True)
class Hashed:
    """A value that a step reads from memory: part of the config, a measure, a list of names. Its content is its state."""

    name: str
    value: Any
    decides: Any = None
    level: str = "FACTS"
    attributes: dict[Any, Any] = field(default_factory=dict)

    @property
    def signature(self) -> str:
        """Identity in the graph."""
        return digest(f"Hashed {self.name}")

    def state(self) -> str:
        """Hash of the canonical JSON of the value, or of that part of it that decides the result."""
        return digest(json.dumps(self.value if self.decides is None else self.decides, sort_keys=True, default=_plain))

    def load(self, is_product: bool = False) -> Any:
        """The value."""
        return self.value

    def save(self, value: Any) -> None:
        """Never: facts are not products."""
        raise PermissionError(f"{self.name} is read-only")


def hashed(name: str, value: Any, *, decides: Any = None) -> Hashed:
    """Make `value` a dependency under `name`; where only part of it matters, give that part as `decides`."""
    return Hashed(name=name, value=value, decides=decides)


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def check(schema: str, frame: DataFrame) -> DataFrame:
    """Hold `frame` against its schema; the error names table, column and check, and never a value."""
    from pandera.errors import SchemaErrors

    from pipeline.tables import schemas

    try:
        return schemas()[schema].validate(frame.reset_index(drop=True), lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    of_the_shape = cases["check"].isin(["column_in_dataframe", "column_in_schema", "column_ordered"])
    column = cases["column"].where(~of_the_shape, cases["failure_case"])
    faults = sorted({f"{name}: {rule}" for name, rule in zip(column, cases["check"], strict=True)})
    raise TypeError(f"table {schema} does not have its shape ({'; '.join(faults)})")


def to_parquet(frame: DataFrame) -> bytes:
    """Parquet bytes that depend on the content of `frame` alone."""
    import io

    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, compression="zstd")
    return buffer.getvalue()


def to_csv(frame: DataFrame) -> bytes:
    """CSV bytes: UTF-8, one line feed a line, empty where missing; text that a spreadsheet would run is made plain."""
    escaped = frame.copy()
    for column in escaped.columns:
        if not hasattr(escaped[column].dtype, "na_value") or escaped[column].dtype != "str":
            continue
        escaped[column] = escaped[column].str.replace("\r\n?", "\n", regex=True)  # a bare return would begin another row
        risky = escaped[column].str.match(r"^[=+\-@\t\n]").fillna(value=False).astype(bool)
        escaped[column] = escaped[column].where(~risky, "'" + escaped[column])
    return escaped.to_csv(index=False, lineterminator="\n").encode("utf-8")


def holds_site(path: Path, site: str) -> bool:
    """Whether a Parquet file holds rows of a site."""
    import pandas as pd

    table = pd.read_parquet(path)
    return "site_id" in table and bool((table["site_id"] == site).any())


def drop_site(path: Path, site: str) -> None:
    """Write a Parquet file again without the rows of a site."""
    import pandas as pd

    table = pd.read_parquet(path)
    write_atomically(path, to_parquet(table[table["site_id"] != site].reset_index(drop=True)))

"""YAML that says where: every value keeps its line; a mistake is named with file, line, key, found and allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

if TYPE_CHECKING:
    from pathlib import Path

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Key = tuple[str | int, ...]


class FactError(Exception):
    """A file of facts or settings that cannot be used; the message is for the person who wrote the file."""


class ConflictError(ValueError):
    """Keys of one file that contradict each other; a model's validator raises it, with the key to mend."""

    def __init__(self, message: str, *key: str | int) -> None:
        super().__init__(message)
        self.key = key


class Strict(BaseModel):
    """A frozen model that refuses unknown keys and numbers without end, and does not convert one type into another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)


def read(path: Path, model: type[Model]) -> Model:
    """Read one YAML file into `model`; raises FactError with one line a place."""
    content, lines = _load(path)
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise FactError("\n".join(_sentences(path, error.errors(include_url=False), lines, model))) from None


def line_of(path: Path, *key: str | int) -> int:
    """The line on which a key stands, or its nearest parent."""
    lines = _load(path)[1]
    return next((lines[key[:end]] for end in range(len(key), -1, -1) if key[:end] in lines), 1)


def _load(path: Path) -> tuple[Any, dict[Key, int]]:
    try:
        source = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise FactError(f"{path}: cannot be read ({reason}). Give a file that exists.") from None
    except UnicodeDecodeError:
        raise FactError(f"{path}: is not text in UTF-8. Save it again as UTF-8.") from None
    lines: dict[Key, int] = {}
    try:
        node = yaml.compose(source, Loader=Loader)
        if node is None:
            return {}, {(): 1}
        _note_lines(path, node, (), lines)
        content = yaml.load(source, Loader=Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else f"{path}"
        problem = getattr(error, "problem", None) or "a value cannot be understood"
        raise FactError(f"{where}: is not valid YAML: {problem}. Check indentation, colons and quotes.") from None
    if not isinstance(content, dict):
        raise FactError(f"{path}:1: found {_kind(content)}; expected keys with values, such as `id: pcl5`.")
    return content, lines


def _note_lines(path: Path, node: yaml.Node, key: Key, lines: dict[Key, int]) -> None:
    lines[key] = _line(node)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise FactError(f"{path}:{_line(name)}: {_dotted(key) or 'file'}: a key must be plain text.")
            if name.value in seen:
                raise FactError(f"{path}:{_line(name)}: {_dotted((*key, name.value))}: stands twice; keep one.")
            seen.add(name.value)
            _note_lines(path, value, (*key, name.value), lines)
            lines[(*key, name.value)] = _line(name)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _note_lines(path, value, (*key, position), lines)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _sentences(path: Path, faults: list[Any], lines: dict[Key, int], model: type[BaseModel]) -> list[str]:
    told: dict[str, list[str]] = {}
    for fault in faults:
        location = _location(fault, lines)
        line = next((lines[location[:end]] for end in range(len(location), -1, -1) if location[:end] in lines), 1)
        plain = fault["type"] not in {"extra_forbidden", "missing"} and not isinstance(fault["input"], dict | list)
        found = f"found {fault['input']!r}; " if plain else ""
        place = f"{path}:{line}: {_dotted(location) or 'file'}: {found}"
        told.setdefault(place, []).append(_problem(fault, location, model))
    joined = {place: " or ".join(dict.fromkeys(problems)) for place, problems in told.items()}
    return [f"{place}{problems.replace(' or input should be', ' or')}." for place, problems in joined.items()]


def _location(fault: Any, lines: dict[Key, int]) -> Key:
    location: Key = tuple(fault["loc"])
    if fault["type"] == "missing":
        return location
    while location and location not in lines:  # pydantic adds the branch of a union, which is no key of the file
        location = location[:-1]
    return (*location, *getattr(fault.get("ctx", {}).get("error"), "key", ()))


def _problem(fault: Any, location: Key, model: type[BaseModel]) -> str:
    if fault["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, location[:-1])
        return f"unknown key. Allowed here: {', '.join(allowed)}" if allowed else "unknown key. Remove it"
    if fault["type"] == "missing":
        return "is missing. Add it"
    message = str(fault["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message[:1].lower() + message[1:]


def _allowed_keys(model: Any, location: Key) -> list[str]:
    for step in location:
        field = getattr(model, "model_fields", {}).get(step) if isinstance(step, str) else None
        if field is None:
            candidates = _models_in(model)
            model = candidates[0] if candidates else None
            field = getattr(model, "model_fields", {}).get(step)
        model = field.annotation if field is not None else model
    models = _models_in(model)
    return sorted(field.alias or name for each in models for name, field in each.model_fields.items())


def _models_in(annotation: Any) -> list[Any]:
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _dotted(location: Key) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in location).lstrip(".")


def _kind(value: object) -> str:
    return {list: "a list", str: "plain text", type(None): "nothing"}.get(type(value), "a single value")

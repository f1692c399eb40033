"""Turns JSON objects into the dataclasses of the state and back, by their fields."""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class Wrong(ValueError):  # noqa: N818 - says what the document is
    """A document is wrong; `problems` are its faults, each with its place."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def read(kind: type[T], document: Any, place: str, problems: list[str]) -> T | None:
    """Make one object of the state from JSON.

    Args:
        kind: its dataclass.
        document: what was read.
        place: where it stands, for problems.
        problems: gets what is wrong.

    Returns:
        The object, or None when something was wrong.
    """
    if not isinstance(document, dict):
        problems.append(f"{place}: an object is needed")
        return None
    known, before = _fields(cast("Any", kind)), len(problems)
    values: dict[str, Any] = {}
    taken = set()
    for name, (each, hint) in known.items():
        if each.metadata.get("kind") == "references":
            values[name] = {key: document[key] for key in each.metadata["keys"] if key in document}
            taken.update(each.metadata["keys"])
            continue
        taken.add(name)
        if name not in document:
            if each.default is MISSING and each.default_factory is MISSING:
                problems.append(f"{place}: {name!r} is needed")
            continue
        try:
            values[name] = _value(hint, each.metadata.get("kind"), document[name], f"{place}.{name}", problems)
        except ValueError as error:
            problems.append(f"{place}.{name}: {error}")
    problems.extend(f"{place}: {name!r} is unknown" for name in sorted(document.keys() - taken))
    return kind(**values) if len(problems) == before else None


def write(thing: Any) -> dict[str, Any]:
    """Give an object of the state as JSON, without what has its default."""
    result: dict[str, Any] = {}
    for name, (each, _hint) in _fields(cast("Any", type(thing))).items():
        value = getattr(thing, name)
        if each.metadata.get("kind") == "references":
            result.update(value)
            continue
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if value != default:
            result[name] = _plain(value)
    return result


def instant(value: Any) -> str:
    """Normalise an instant to `2026-11-24T10:00:00Z`; raises ValueError."""
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    if parsed is None or parsed.tzinfo is None:
        raise ValueError(f"{value!r} is no instant with a zone")
    return parsed.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@cache
def _fields(kind: Any) -> dict[str, tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    return {each.name: (each, hints[each.name]) for each in fields(kind) if each.metadata.get("kind") != "derived"}


def _value(hint: Any, kind: str | None, value: Any, place: str, problems: list[str]) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None:
            return None
        hint = next(each for each in get_args(hint) if each is not type(None))
    if hint is Any:
        return value
    if kind == "instant":
        return instant(value)
    if kind == "day":
        return date.fromisoformat(str(value)).isoformat()
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{value!r} is none of {', '.join(get_args(hint))}")
        return value
    if get_origin(hint) in (list, dict):
        return _many(hint, value, place, problems)
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value, place, problems)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ValueError(f"{value!r} is of the wrong kind")
    return value


def _many(hint: Any, value: Any, place: str, problems: list[str]) -> Any:
    outer, inner = get_origin(hint), get_args(hint)[-1]
    if not isinstance(value, outer):
        raise ValueError(f"a {outer.__name__} is needed")  # noqa: TRY004 - the reader's one error
    if outer is list:
        return [_value(inner, None, each, f"{place}[{n}]", problems) for n, each in enumerate(value)]
    return {str(key): _value(inner, None, each, f"{place}.{key}", problems) for key, each in value.items()}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return write(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value

"""Documents that somebody wrote by hand (switches, faults, what an admin route takes), checked against a dataclass.

A class that is read here bears `__pydantic_config__ = STRICT`, and so does each one within it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from functools import cache
from math import isfinite
from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

STRICT = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
"""A number is no text, a key that nobody knows is wrong, and no number is infinite."""

MOST_SHOWN = 80
"""Characters of a wrong value that a message shows."""

_HALF = re.compile("[\ud800-\udfff]")

T = TypeVar("T")


def read(kind: type[T], document: Any, *, place: str = "") -> T:
    """Make a dataclass from what JSON may give; left out is what has a default.

    Args:
        kind: the dataclass.
        document: from JSON or from Python.
        place: where it stands, for the message.

    Raises:
        ValueError: names everything that is wrong: place, what was expected, what was found.
    """
    try:
        text = json.dumps(document)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{place or 'the document'}: not JSON: {error}") from error
    adapter: TypeAdapter[T] = _adapter(kind)  # type: ignore[arg-type] # every class is hashable
    try:
        return adapter.validate_json(text)
    except ValidationError as error:
        raise ValueError("; ".join(_told(place, problem) for problem in error.errors())) from error


def changed(before: T, changes: Any, *, place: str = "") -> T:
    """Give a dataclass with some of its values set anew, those of dataclasses within it too; None changes nothing.

    Raises:
        ValueError: as `read`.
    """
    if changes is None:
        return before
    if not isinstance(changes, Mapping):
        raise ValueError(f"{place or 'the changes'}: expected an object, found {_shown(changes)}")  # noqa: TRY004 - one error type for whatever is wrong with a document
    return read(type(before), _merged(before, changes), place=place)


def refuse_what_json_cannot_hold(document: Any) -> None:
    """Check a state document that came from a file or from Python; over HTTP none of this arrives.

    Raises:
        ValueError: names the first place with half a surrogate pair, or NaN or Infinity; or says that it is too deep.
    """
    try:
        try:
            json.dumps(document, ensure_ascii=False, allow_nan=False, default=repr).encode()
        except ValueError as error:
            raise ValueError(next(_places_without_json(document, ""), f"the document: not JSON: {error}")) from error
    except RecursionError as error:
        raise ValueError("the document: nested too deeply") from error


def _places_without_json(value: Any, place: str) -> Iterator[str]:
    match value:
        case Mapping():
            for key, each in value.items():
                yield from _places_without_json(str(key), f"the name of a key of {place or 'the document'}")
                yield from _places_without_json(each, f"{place}.{key}" if place else str(key))
        case list() | tuple():
            for number, each in enumerate(value):
                yield from _places_without_json(each, f"{place}[{number}]")
        case str() if _HALF.search(value):
            yield f"{place}: expected a text in Unicode, found half a surrogate pair in {_shown(value)}"
        case float() if not isfinite(value):
            yield f"{place}: expected a number, found {value}"


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _merged(before: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**asdict(before), **changes}
    for each in fields(before):
        inner, given = getattr(before, each.name), merged[each.name]
        if is_dataclass(inner) and isinstance(given, Mapping):
            merged[each.name] = _merged(inner, given)
    return merged


def _told(place: str, problem: Mapping[str, Any]) -> str:
    path = ".".join(str(each) for each in (*([place] if place else []), *problem["loc"])) or "the document"
    if problem["type"] == "unexpected_keyword_argument":
        return f"{path}: there is no such key"
    if problem["type"] == "missing":
        return f"{path}: is missing"
    return f"{path}: {problem['msg'].replace('Input should be', 'expected', 1)}, found {_shown(problem['input'])}"


def _shown(found: Any) -> str:
    text = json.dumps(found)
    return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."

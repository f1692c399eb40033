"""Frozen dataclasses to JSON values and back, by their type hints. Lossless for model and results."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_Decoder = Callable[[Any], Any]


def encode(value: Any) -> Any:
    """The JSON value of a dataclass, enum, date, instant, decimal, or a collection of them."""
    match value:
        case None | bool() | int() | float():
            return value
        case Enum():
            return value.value
        case str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case Mapping():
            return {str(encode(k)): encode(v) for k, v in value.items()}
        case tuple() | list():
            return [encode(v) for v in value]
        case frozenset() | set():
            return sorted(encode(v) for v in value)
        case _ if dataclasses.is_dataclass(value):
            return {f.name: encode(getattr(value, f.name)) for f in dataclasses.fields(value)}
        case _:
            raise TypeError(f"cannot encode {type(value).__name__}")


def decode(cls: type[T], value: Any) -> T:
    """The ``cls`` that ``encode`` made ``value`` of. Attributes that a newer release added take their defaults."""
    hint: Any = cls  # a class is hashable, which its static type does not say
    result: T = _decoder(hint)(value)
    return result


def _identity(value: Any) -> Any:
    return value


@cache
def _decoder(hint: Any) -> _Decoder:
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _optional(args)
    if origin is not None and isinstance(origin, type):
        return _collection(origin, args)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    if isinstance(hint, type):
        if issubclass(hint, Enum | Decimal):
            return hint
        if issubclass(hint, datetime | date):
            return hint.fromisoformat
        if issubclass(hint, str | int | float):
            return _identity
    if hint is Any:
        return _identity
    raise TypeError(f"cannot decode {hint!r}")


def _optional(args: tuple[Any, ...]) -> _Decoder:
    others = [a for a in args if a is not types.NoneType]
    if len(others) != 1:
        raise TypeError(f"cannot decode a union of {args!r}")
    inner = _decoder(others[0])
    return lambda value: None if value is None else inner(value)


def _collection(origin: type, args: tuple[Any, ...]) -> _Decoder:
    if issubclass(origin, tuple):
        if len(args) != 2 or args[1] is not Ellipsis:
            raise TypeError(f"cannot decode tuple{args!r}")
        item = _decoder(args[0])
        return lambda value: tuple(item(v) for v in value)
    if issubclass(origin, frozenset):
        item = _decoder(args[0])
        return lambda value: frozenset(item(v) for v in value)
    if issubclass(origin, Mapping):
        key, item = _decoder(args[0]), _decoder(args[1])
        return lambda value: {key(k): item(v) for k, v in value.items()}
    raise TypeError(f"cannot decode {origin!r}")


def _dataclass(cls: type) -> _Decoder:
    hints = get_type_hints(cls)
    fields = {f.name: _decoder(hints[f.name]) for f in dataclasses.fields(typing.cast(Any, cls))}

    def build(value: Any) -> Any:
        return cls(**{name: fields[name](v) for name, v in value.items() if name in fields})

    return build

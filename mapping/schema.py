"""The shape of every attribute of the model, read from the model's own annotations."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from mapping.entities import ENTITY_TYPES
from mapping.model import Claim, Entity, Money, Reference
from mapping.spec import Shape
from mapping.ties import Link, LinkType

OF_THE_RECORD = frozenset({"ref", "url", "unmapped", "connection", "place", "names", "host", "standing"})
"""Attributes that come from the record itself and cannot be mapped."""

_HAVE_FALLBACK = frozenset({"key", "access", "updated"})
"""Attributes that the record answers when the mapping does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """One attribute that a mapping can fill.

    Attributes:
        name: Its name.
        shape: What it holds.
        choices: The enumeration of a CHOICE, or of what LINKS say.
        must_be_mapped: A mapping without it is refused, since nothing else could answer.
        must_have_value: A record for which its rule yields nothing is refused.
        optional: It may be None.
    """

    name: str
    shape: Shape
    choices: type[StrEnum] | None
    must_be_mapped: bool
    must_have_value: bool
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of entity: its class, its mappable attributes, and whether it knows its connection and place."""

    name: str
    cls: type[Entity]
    attributes: dict[str, Attribute]
    placed: bool


_OWNERS = frozenset({("scope_baseline", "engagement_ref"), ("scope_item", "baseline_ref")})
"""Attributes that a mapping may leave out; a rule for one must yield it, so that nothing is lost to a broken lookup."""

_KEYED = frozenset({"engagement", "scope_item", "deliverable"})
"""Kinds told apart by their key: a rule for it must yield one. Others may be called as the record is."""

_PLAIN: dict[Any, Shape] = {
    str: Shape.TEXT,
    date: Shape.DATE,
    datetime: Shape.DATETIME,
    int: Shape.INTEGER,
    bool: Shape.BOOLEAN,
    Money: Shape.MONEY,
}


def _attribute(kind: str, name: str, hint: Any) -> Attribute:
    optional = False
    if isinstance(hint, UnionType):
        members = [a for a in get_args(hint) if a is not type(None)]
        optional, hint = len(members) < len(get_args(hint)), members[0]
    choices: type[StrEnum] | None = None
    if get_origin(hint) is tuple:
        inner = get_args(hint)[0]
        by_inner: dict[Any, Shape] = {Claim: Shape.CLAIMS, Reference: Shape.REFERENCES, Link: Shape.LINKS}
        shape = by_inner.get(inner, Shape.REFS if name.endswith("_refs") else Shape.LIST)
        choices = LinkType if inner is Link else None
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        shape, choices = Shape.CHOICE, hint
    else:
        shape = Shape.REF if name.endswith("_ref") else _PLAIN[hint]
    must = not optional and name not in _HAVE_FALLBACK and shape in {Shape.REF, Shape.INTEGER, Shape.CHOICE}
    return Attribute(
        name=name,
        shape=shape,
        choices=choices,
        must_be_mapped=must,
        must_have_value=must or (kind, name) in _OWNERS or (name == "key" and kind in _KEYED),
        optional=optional,
    )


def kinds() -> dict[str, Kind]:
    """All kinds of entity by the name a mapping uses (``WorkItem`` is ``work_item``)."""
    result = {}
    for cls in ENTITY_TYPES:
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        hints = get_type_hints(cls)
        names = [f.name for f in fields(cls)]
        result[name] = Kind(
            name=name,
            cls=cls,
            attributes={n: _attribute(name, n, hints[n]) for n in names if n not in OF_THE_RECORD},
            placed="place" in names,
        )
    return result

"""Writes SOQL: names that are checked, literals that are escaped, instants in UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from connectors.core.errors import PartitionError
from connectors.core.port import Catalog

_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")
_ID = re.compile(r"[A-Za-z0-9]{15}([A-Za-z0-9]{3})?")
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
)
_CASE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"

MOST_URL_CHARS = 12_000
"""Of a query in a URL; Salesforce refuses request lines beyond 16 KB."""


def literal(text: str) -> str:
    """``text`` as a quoted SOQL string."""
    return f"'{text.translate(_ESCAPES)}'"


def instant(at: datetime) -> str:
    """An instant as an SOQL literal, floored to the second (Salesforce ignores milliseconds when it compares)."""
    if at.tzinfo is None:
        raise ValueError("expected an aware instant")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: object) -> datetime | None:
    """An instant as Salesforce prints it (``2026-03-02T10:00:00.000+0000``), in UTC; None when it is none."""
    if not isinstance(text, str) or "T" not in text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(UTC)


def full_id(record_id: str) -> str | None:
    """The 18-character form of a record id; None when it is no record id."""
    if not _ID.fullmatch(record_id):
        return None
    if len(record_id) == 18:
        return record_id
    suffix = "".join(
        _CASE_LETTERS[sum(1 << i for i, letter in enumerate(record_id[start : start + 5]) if letter.isupper())]
        for start in (0, 5, 10)
    )
    return record_id + suffix


def resolve(stream: str, names: Iterable[str], catalog: Catalog) -> tuple[str, ...]:
    """API names for visible names or API names, without repeats, in order.

    Raises:
        PartitionError: A visible name is unknown, or stands for several fields.
    """
    found: dict[str, None] = {}
    for name in names:
        fields = catalog.find(stream, name)
        if len(fields) == 1:
            found[fields[0].id] = None
        elif len(fields) > 1:
            ids = ", ".join(f.id for f in fields)
            raise PartitionError(f"{stream}: the field name {name!r} stands for {ids}; write the one that is meant")
        elif _FIELD.fullmatch(name):
            found[name] = None
        else:
            raise PartitionError(f"{stream}: there is no field {name!r}, or this user may not read it")
    return tuple(found)


def select(fields: Sequence[str], object_name: str, where: str = "", *, order: str = "") -> str:
    """A SELECT statement."""
    condition = f" WHERE {where}" if where else ""
    ordering = f" ORDER BY {order}" if order else ""
    return f"SELECT {', '.join(fields)} FROM {object_name}{condition}{ordering}"  # noqa: S608 - names are checked, literals escaped


def chunks_for_in(values: Sequence[str], *, spent: int) -> Iterator[tuple[str, ...]]:
    """Split the values of an IN condition so that each query's URL stays short; ``spent``: characters beside them."""
    chunk: list[str] = []
    length = spent
    for value in values:
        size = len(quote(literal(value) + ",", safe=""))
        if chunk and length + size > MOST_URL_CHARS:
            yield tuple(chunk)
            chunk, length = [], spent
        chunk.append(value)
        length += size
    if chunk:
        yield tuple(chunk)

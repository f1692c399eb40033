"""Which records of a stream meet conditions, and what named parts of them say: in the words of the mapping language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.core.port import Catalog, Record
from mapping.get import Context, Get, Getter, Several, conditions, fields_below
from mapping.language import SOURCES, Checker, Path, one_of
from mapping.links import Standing
from mapping.parse_inbound import read_conditions
from mapping.rules import Rules
from mapping.spec import Condition, Source
from mapping.values import NotReadableError, empty, text

OF_A_PART = tuple(key for key in SOURCES if key != "template")
"""Keys that name the source of a part; it has exactly one of them."""

Sifter = Callable[[Record], Mapping[str, str] | None]
"""What the parts of a record say, empty where they say nothing; None: it does not meet the conditions."""


class UnclearPartError(Exception):
    """A part of one record is no plain text.

    Attributes:
        field: The tool's field.
        found: What stands there, shortened.
    """

    def __init__(self, field: str, found: str) -> None:
        self.field = field
        self.found = found
        super().__init__(f"{field}: found {found}, expected one plain text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sift:
    """Conditions on the records of one stream, and named parts of them.

    Attributes:
        stream: The stream.
        fields_at: Keys that lead to the fields in its records' payloads.
        when: All must hold.
        parts: Where each part stands.
    """

    stream: str
    fields_at: Path
    when: tuple[Condition, ...]
    parts: Mapping[str, Source]

    def fields(self) -> tuple[str, ...]:
        """Names or ids of the fields that a reader must ask for; sorted."""
        return tuple(sorted({source.field_in(self.fields_at) for source in self._sources()} - {""}))

    def unknown(self, catalog: Catalog) -> tuple[str, ...]:
        """The fields given by name that the tool does not have; none while it never told what it has."""
        if not any(field.stream == self.stream for field in catalog.fields):
            return ()
        names = {source.name for source in self._sources() if source.name is not None}
        return tuple(sorted(name for name in names if not catalog.find(self.stream, name)))

    def bound(self, catalog: Catalog) -> Sifter:
        """The sieve for records of a tool with this catalog; it raises ``UnclearPartError`` for a record."""
        getter = Getter(stream=self.stream, fields_at=self.fields_at, catalog=catalog)
        test = conditions(self.when, getter)
        parts = {name: (source.label, getter.of(source)) for name, source in self.parts.items()}

        def sifted(record: Record) -> Mapping[str, str] | None:
            context = Context(
                record=record,
                fields=fields_below(record.payload, self.fields_at),
                standing=Standing(owner="", place=record.partition),
            )
            if test is not None and not test(context):
                return None
            return {name: _said(label, get, context) for name, (label, get) in parts.items()}

        return sifted

    def _sources(self) -> tuple[Source, ...]:
        return (*(condition.source for condition in self.when), *self.parts.values())


def read_sift(check: Checker, stream: str, rules: Rules, *, when: Any, parts: Any, at: tuple[Path, Path]) -> Sift:
    """Conditions and parts as they are written; what is wrong with them goes to ``check``.

    Args:
        check: Collects problems.
        stream: Stream of the records.
        rules: The mapping of their connection.
        when: One condition, or a list of them.
        parts: A table of sources by name.
        at: Keys that lead to the conditions, and to the parts.
    """
    fields_at = rules.streams[stream].fields_at
    found: dict[str, Source] = {}
    for name, raw in check.table(parts, at[1]).items():
        path, before = (*at[1], name), len(check.problems)
        source = check.source(check.table(raw, path, OF_A_PART), path, fields_at)
        if source is not None:
            found[name] = source
        elif len(check.problems) == before:
            check.problem(path, "no source", one_of(OF_A_PART))
    return Sift(stream=stream, fields_at=fields_at, when=read_conditions(check, when, at[0], fields_at), parts=found)


def _said(label: str, get: Get, context: Context) -> str:
    raw = get(context)
    if isinstance(raw, Several):
        raise UnclearPartError(label, raw.text)
    if empty(raw):
        return ""
    try:
        return text(raw).strip()
    except NotReadableError as error:
        raise UnclearPartError(label, error.found) from error

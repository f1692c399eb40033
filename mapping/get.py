"""What a step asks of a record, bound to a catalog: fields, paths and conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from connectors.core.port import Catalog, Record
from mapping import values
from mapping.links import Finder, Prose, Standing
from mapping.model import Unmapped
from mapping.spec import Condition, OfRecord, Source, Step
from mapping.values import NotReadableError, empty


class Asked(Enum):
    """What a step says when it has no value."""

    NOTHING = "nothing"  # it does not apply, or the tool says nothing: ask the next step
    UNKNOWN = "unknown"  # the tool says what is not understood: kept in ``Context.unmapped``, and nobody else is asked


NOTHING, UNKNOWN = Asked.NOTHING, Asked.UNKNOWN  # looked up once, not twice for every attribute of every record


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one step said of one record.

    Attributes:
        attribute: The attribute that it was asked for.
        step: The step.
        raw: What stands in its field; None when it has none.
        answer: Its answer, or ``Asked``.
    """

    attribute: str
    step: Step
    raw: Any
    answer: Any


@dataclass(slots=True, kw_only=True)
class Context:
    """One record while it is mapped. The one mutable thing here; it lives for one record.

    Attributes:
        record: The record.
        fields: What stands where its stream keeps its fields; empty when nothing does.
        standing: Where its texts stand.
        label: Field that is being read, for an error.
        unmapped: What was not understood.
        said: What each step said, when somebody wants to know; else None.
    """

    record: Record
    fields: Mapping[str, Any]
    standing: Standing
    label: str = ""
    unmapped: list[Unmapped] = field(default_factory=list)
    said: list[Said] | None = None
    _prose: list[tuple[Any, Prose]] = field(default_factory=list)

    def prose(self, raw: Any, finder: Finder) -> Prose:
        """What people wrote in a field, read once for all attributes that look into it."""
        for known, prose in self._prose:
            if known is raw:
                return prose
        prose = finder.read(raw)
        self._prose.append((raw, prose))
        return prose


Get = Callable[[Context], Any]
Test = Callable[[Context], bool]
Answer = Callable[[Context], Any]
Convert = Callable[[Any, Context], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Different values in fields of the same visible name: which one counts is not guessed."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Getter:
    """Turns sources into functions of a record, for one stream and catalog."""

    stream: str
    fields_at: tuple[str, ...]
    catalog: Catalog

    def of(self, source: Source) -> Get:
        """The function that reads ``source``; it answers None where the record has no such thing."""
        if source.path is not None:
            return self._at(source.path)
        if source.record is not None:
            return _OF_RECORD[source.record]
        if source.template:
            return _composed(source.template, [(name, self.of(part)) for name, part in source.parts])
        name = source.name or ""
        ids = tuple(dict.fromkeys(f.id for f in self.catalog.find(self.stream, name))) or (name,)
        readers = [self._at((*self.fields_at, i)) for i in ids]
        if "." in name and ids == (name,):  # a field of a related record lies in that record: Product2.Name
            return _either(readers[0], self._at((*self.fields_at, *name.split("."))))
        return readers[0] if len(readers) == 1 else _agreeing(readers)

    def _at(self, path: tuple[str, ...]) -> Get:
        """Most paths lead among the fields, which are found once for a record."""
        depth = len(self.fields_at)
        if path[:depth] != self.fields_at or len(path) == depth or path[depth] == "*":
            whole = _below(path)
            return lambda context: whole(context.record.payload)
        first, rest = path[depth], path[depth + 1 :]
        if not rest:
            return lambda context: context.fields.get(first)
        if len(rest) == 1 and rest != ("*",):
            return _second(first, rest[0])
        below = _below(rest)
        return lambda context: below(context.fields.get(first))


def _either(one: Get, other: Get) -> Get:
    def get(context: Context) -> Any:
        raw = one(context)
        return other(context) if raw is None else raw

    return get


def _second(first: str, second: str) -> Get:
    """Two keys below the fields: the commonest path of all, and so the shortest code."""

    def get(context: Context) -> Any:
        held = context.fields.get(first)
        if held.__class__ is dict or isinstance(held, Mapping):
            return held.get(second)
        return None

    return get


def fields_below(payload: Mapping[str, Any], at: tuple[str, ...]) -> Mapping[str, Any]:
    """What stands where a record keeps its fields; empty when nothing does."""
    held: Any = payload
    for key in at:
        held = held.get(key) if isinstance(held, Mapping) else None
    return held if isinstance(held, Mapping) else {}


def _below(path: tuple[str, ...]) -> Callable[[Any], Any]:
    if "*" in path:
        star = path.index("*")
        before, after = _below(path[:star]), _below(path[star + 1 :])

        def each(held: Any) -> Any:
            entries = before(held)
            if not isinstance(entries, list):
                return entries
            found = [after(e) for e in entries]
            return [x for y in found for x in (y if isinstance(y, list) else [y]) if x is not None]

        return each

    def get(held: Any) -> Any:
        for key in path:
            if not isinstance(held, dict) and not isinstance(held, Mapping):
                return None
            held = held.get(key)
        return held

    return get


_OF_RECORD: Mapping[OfRecord, Get] = {
    OfRecord.PLACE: lambda context: context.record.partition,
    OfRecord.KEY: lambda context: context.record.key,
    OfRecord.ID: lambda context: context.record.id,
    OfRecord.URL: lambda context: context.record.url,
    OfRecord.STREAM: lambda context: context.record.stream,
    OfRecord.CONNECTION: lambda context: context.record.connection,
    OfRecord.VISIBILITY: lambda context: context.record.visibility.value,
}


def _composed(template: str, parts: list[tuple[str, Get]]) -> Get:
    """The template with what its parts say; nothing while one of them says nothing, or several things."""

    def get(context: Context) -> Any:
        said = {}
        for name, read in parts:
            raw = read(context)
            if empty(raw) or isinstance(raw, Several):
                return raw
            said[name] = values.text(raw).strip()
        return template.format_map(said)

    return get


def _agreeing(readers: list[Get]) -> Get:
    def get(context: Context) -> Any:
        found: list[Any] = []
        for read in readers:
            value = read(context)
            if not empty(value) and value not in found:
                found.append(value)
        if len(found) > 1:
            return Several(text=" | ".join(values.brief(f) for f in found))
        return found[0] if found else None

    return get


def conditions(given: Iterable[Condition], getter: Getter) -> Test | None:
    """The conditions as one function of a record; None: there are none."""
    tests = tuple(_test(c, getter.of(c.source)) for c in given)
    if len(tests) < 2:
        return tests[0] if tests else None

    def holds(context: Context) -> bool:
        return all(test(context) for test in tests)

    return holds


def _test(condition: Condition, get: Get) -> Test:
    among, not_among, least, filled = condition.among, condition.not_among, condition.at_least, condition.filled
    if among is None and not_among is None and least is None:
        return lambda context: empty(get(context)) is not filled

    def test(context: Context) -> bool:
        raw = get(context)
        if filled is not None and filled is empty(raw):
            return False
        if least is not None and (isinstance(raw, bool) or not isinstance(raw, (int, float)) or raw < least):
            return False
        if among is None and not_among is None:
            return True
        if raw.__class__ is str and raw:
            said = {values.normal(raw)}
        else:
            said = {n for r in listed(raw) if (n := _said(r)) is not None}
        if among is not None and among.isdisjoint(said):
            return False
        return not_among is None or not_among.isdisjoint(said)

    return test


def _said(raw: Any) -> str | None:
    """Normal form of one value; None when it is empty or an object that no text of a mapping can equal."""
    try:
        return None if empty(raw) else values.normal(raw)
    except NotReadableError:
        return None


def listed(raw: Any) -> list[Any]:
    """A value as a list: what is none is the one entry of one."""
    return raw if isinstance(raw, list) else [raw]

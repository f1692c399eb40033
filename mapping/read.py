"""One step of a rule bound to a catalog: from a payload to one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from connectors.core.port import Catalog, Record
from mapping import values
from mapping.links import Finder, Prose, Standing
from mapping.model import Claim, Reference, Unmapped
from mapping.rules import Rules
from mapping.schema import Attribute
from mapping.spec import Condition, OfRecord, Shape, Source, Step, Unknown
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
class _Several:
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


def _second(first: str, second: str) -> Get:
    """Two keys below the fields: the commonest path of all, and so the shortest code."""

    def get(context: Context) -> Any:
        held = context.fields.get(first)
        if held.__class__ is dict or isinstance(held, Mapping):
            return held.get(second)
        return None

    return get


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
            if empty(raw) or isinstance(raw, _Several):
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
            return _Several(text=" | ".join(values.brief(f) for f in found))
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
            said = {n for r in _listed(raw) if (n := _said(r)) is not None}
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


def watched(attribute: Attribute, step: Step, getter: Getter, answer: Answer) -> Answer:
    """The same answer, noted in the record's context."""
    get = None if step.source is None else getter.of(step.source)

    def noted(context: Context) -> Any:
        given = answer(context)
        if context.said is not None:
            raw = None if get is None else get(context)
            context.said.append(Said(attribute=attribute.name, step=step, raw=raw, answer=given))
        return given

    return noted


def ask(attribute: Attribute, step: Step, getter: Getter, rules: Rules) -> Answer:
    """The step as a function of a record's context. Raises NotReadableError with ``context.label`` set."""
    test = conditions(step.when, getter)
    if step.source is None:
        constant = step.constant
        return lambda context: constant if test is None or test(context) else NOTHING
    convert = _priced(attribute, step, getter) if step.type is Shape.MONEY else _converter(attribute, step, rules)
    get, label = getter.of(step.source), step.source.label
    silent = NOTHING if step.has is None else False

    def answer(context: Context) -> Any:
        if test is not None and not test(context):
            return NOTHING
        raw = get(context)
        if raw is None or empty(raw):
            return silent
        context.label = label
        if raw.__class__ is _Several:
            return _unknown(attribute, label, raw.text, context)
        return convert(raw, context)

    return answer


def _listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else [raw]


def _unknown(attribute: Attribute, label: str, value: str, context: Context) -> Asked:
    context.unmapped.append(Unmapped(attribute=attribute.name, field=label, value=value))
    return UNKNOWN


def _priced(attribute: Attribute, step: Step, getter: Getter) -> Convert:
    label = step.source.label if step.source is not None else attribute.name
    currency = getter.of(step.currency) if step.currency is not None else None

    def convert(raw: Any, context: Context) -> Any:
        code = currency(context) if currency is not None else None
        if empty(code):
            code = step.currency_if_absent
        if code is None or isinstance(code, _Several):
            return _unknown(attribute, label, f"{values.number(raw)} without a currency", context)
        return values.money(raw, code)

    return convert


def _converter(attribute: Attribute, step: Step, rules: Rules) -> Convert:
    label = step.source.label if step.source is not None else attribute.name
    if step.table is not None:
        return _by_table(attribute, step, label)
    if step.has is not None:
        wanted = values.normal(step.has)
        return lambda raw, _: any(values.normal(r) == wanted for r in _listed(raw))
    match attribute.shape:
        case Shape.REF | Shape.REFS:
            return _refs(attribute.shape, step, rules)
        case Shape.LIST:
            return lambda raw, _: _entries(raw, step)
        case Shape.CLAIMS:
            return _claims(attribute, step, label, Finder(rules.spellings))
        case Shape.REFERENCES:
            return _references(attribute, step, label, Finder(rules.spellings, step.kinds))
        case Shape.TEXT if step.pattern is not None:
            return lambda raw, _: _formed(raw, step) or NOTHING
        case Shape.TEXT if attribute.optional or attribute.name == "key":
            return lambda raw, _: values.text(raw).strip()
        case Shape.INTEGER if step.type is Shape.DURATION:
            return lambda raw, _: values.seconds(raw, unit_s=step.unit, day_s=step.day_s, week_s=step.week_s)
        case Shape.DATE if step.type is Shape.DATETIME:
            return lambda raw, _: values.instant(raw).date()
        case _:
            simple = _SIMPLE[attribute.shape]
            return lambda raw, _: simple(raw)


_SIMPLE: Mapping[Shape, Callable[[Any], Any]] = {
    Shape.TEXT: values.text,
    Shape.DATE: values.day,
    Shape.DATETIME: values.instant,
    Shape.INTEGER: values.integer,
    Shape.BOOLEAN: values.boolean,
}


def _by_table(attribute: Attribute, step: Step, label: str) -> Convert:
    table = step.table or {}

    def convert(raw: Any, context: Context) -> Any:
        found = values.normal(raw)
        if found in table:
            return table[found]
        match step.unknown:
            case Unknown.NEXT:
                return NOTHING
            case Unknown.USE:
                return step.use
            case Unknown.REFUSE:
                raise NotReadableError(values.plain(raw), "one of " + ", ".join(sorted(table)))
            case Unknown.KEEP_RAW:
                return _unknown(attribute, label, values.text(raw), context)

    return convert


def _formed(raw: Any, step: Step) -> str:
    """A text, or what the step's pattern finds in it in the step's form; empty when it finds nothing."""
    said = values.text(raw)
    if step.pattern is None:
        return said.strip()
    match = step.pattern.search(said)
    return "" if match is None else step.form.format_map({k: v or "" for k, v in match.groupdict().items()})


def _refs(shape: Shape, step: Step, rules: Rules) -> Convert:
    stream = step.stream or ""
    checked = rules.streams[stream].checked_ids

    def one(raw: Any, context: Context) -> str:
        record_id = _formed(raw, step)
        if checked:
            record_id = values.checked_id(record_id) or record_id
        return f"{context.record.connection}:{stream}:{record_id}" if record_id else ""

    if shape is Shape.REF:
        return lambda raw, context: one(raw, context) or NOTHING
    return lambda raw, context: tuple(ref for r in _listed(raw) if not empty(r) and (ref := one(r, context)))


def _entries(raw: Any, step: Step) -> tuple[str, ...]:
    """The entries of a list, or of a text that holds one: without blanks around, without a prefix, none empty."""
    entries = [_formed(r, step) if step.pattern is not None else values.text(r) for r in _listed(raw) if not empty(r)]
    if step.split is not None:
        entries = [part for e in entries for part in e.split(step.split)]
    if step.prefix is not None:
        start = step.prefix.casefold()
        entries = [e.strip()[len(step.prefix) :] for e in entries if e.strip().casefold().startswith(start)]
    return tuple(e.strip() for e in entries if e.strip())


def _claims(attribute: Attribute, step: Step, label: str, finder: Finder) -> Convert:
    if step.read == "links":
        return lambda raw, context: _linked(context.prose(raw, finder), step.object, label, finder)
    if step.read == "ids":
        return lambda raw, context: tuple(_by_id(raw, attribute, step, label, context))
    prefix = step.prefix or ""

    def convert(raw: Any, context: Context) -> tuple[Claim, ...]:
        claims = []
        for entry in _entries(raw, step):
            parts = [p.strip() for p in entry.split("/")]
            if len(parts) > 2 or not all(parts):
                _unknown(attribute, label, prefix + entry, context)
                continue
            engagement = parts[0] if len(parts) == 2 else None
            claims.append(
                Claim(engagement_key=engagement, item_key=parts[-1], record_id="", field=label, text=prefix + entry)
            )
        return tuple(claims)

    return convert


def _by_id(raw: Any, attribute: Attribute, step: Step, label: str, context: Context) -> Iterable[Claim]:
    for entry in _entries(raw, step):
        text, record_id = (step.prefix or "") + entry, values.checked_id(entry)
        if record_id is None:
            _unknown(attribute, label, text, context)
        else:
            yield Claim(engagement_key=None, item_key="", record_id=record_id, field=label, text=text)


def _linked(prose: Prose, wanted: str | None, label: str, finder: Finder) -> tuple[Claim, ...]:
    if not prose.opened:
        return ()
    return tuple(
        Claim(engagement_key=None, item_key="", record_id=link.record_id, field=label, text=link.text)
        for link in finder.records(prose)
        if wanted is None or link.object.casefold() in ("", wanted.casefold())
    )


def _references(attribute: Attribute, step: Step, label: str, finder: Finder) -> Convert:
    if step.read == "text":
        return lambda raw, context: finder.in_text(context.prose(raw, finder), label, context.standing)

    def convert(raw: Any, context: Context) -> tuple[Reference, ...]:
        said = values.text(raw)
        reference = finder.whole(said, label, context.standing)
        if reference is None:
            _unknown(attribute, label, said, context)
            return ()
        return (reference,)

    return convert

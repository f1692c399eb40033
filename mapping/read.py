"""One step of a rule bound to a catalog: from a payload to one answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mapping import values
from mapping.get import NOTHING, UNKNOWN, Answer, Asked, Context, Convert, Getter, Said, Several, conditions, listed
from mapping.links import Finder, Prose
from mapping.model import Claim, Reference, Unmapped
from mapping.prose import content
from mapping.rules import Rules
from mapping.schema import Attribute
from mapping.spec import Shape, Step, Unknown
from mapping.ties import Link, LinkType
from mapping.values import NotReadableError, empty


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
        if raw.__class__ is Several:
            return _unknown(attribute, label, raw.text, context)
        return convert(raw, context)

    return answer


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
        if code is None or isinstance(code, Several):
            return _unknown(attribute, label, f"{values.number(raw)} without a currency", context)
        return values.money(raw, code)

    return convert


def _converter(attribute: Attribute, step: Step, rules: Rules) -> Convert:
    label = step.source.label if step.source is not None else attribute.name
    if step.table is not None and attribute.shape is not Shape.LINKS:
        return _by_table(attribute, step, label)
    if step.has is not None:
        wanted = values.normal(step.has)
        return lambda raw, _: any(values.normal(r) == wanted for r in listed(raw))
    match attribute.shape:
        case Shape.REF | Shape.REFS:
            return _refs(attribute.shape, step, rules)
        case Shape.LIST:
            return lambda raw, _: _entries(raw, step)
        case Shape.CLAIMS:
            return _claims(attribute, step, label, Finder(rules.spellings))
        case Shape.LINKS:
            return _links(attribute, step, label, rules)
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


def _text(raw: Any) -> str:
    """A text, or that of a document of nodes."""
    is_document = isinstance(raw, dict) and raw.get("type") == "doc"
    return content(raw)[0].strip() if is_document else values.text(raw)


_SIMPLE: Mapping[Shape, Callable[[Any], Any]] = {
    Shape.TEXT: _text,
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
    return lambda raw, context: tuple(ref for r in listed(raw) if not empty(r) and (ref := one(r, context)))


def _links(attribute: Attribute, step: Step, label: str, rules: Rules) -> Convert:
    says = None if step.table is None else _by_table(attribute, step, label)
    refer = _refs(Shape.REF, replace(step, pattern=None), rules) if step.stream is not None else None

    def one(entry: Any, context: Context) -> Link | None:
        """The link of one entry; None: it is one of another direction, or of a meaning that the next step knows."""
        record_id = None
        if refer is not None and empty(record_id := _inside(entry, step.to)):
            return None  # most often: what another step is about, so that nothing more is looked for
        text, name = _inside(entry, step.said), _inside(entry, step.called)
        value = name and _formed(name, step)
        if empty(text) or not value:
            return None
        meaning: Any = step.means if says is None else says(text, context)
        if meaning is NOTHING:
            return None
        return Link(
            type=LinkType.UNMAPPED if meaning is UNKNOWN else meaning,
            value=value,
            ref=None if refer is None else refer(record_id, context),
            field=label,
            text=values.text(text),
        )

    return lambda raw, context: tuple(link for e in listed(raw) if (link := one(e, context)) is not None)


def _inside(entry: Any, keys: tuple[str, ...]) -> Any:
    """What stands in an entry of a list where ``keys`` lead."""
    for key in keys:
        if entry.__class__ is not dict and not isinstance(entry, Mapping):
            return None
        entry = entry.get(key)
    return entry


def _entries(raw: Any, step: Step) -> tuple[str, ...]:
    """The entries of a list, or of a text that holds one: without blanks around, without a prefix, none empty."""
    entries = [_formed(r, step) if step.pattern is not None else values.text(r) for r in listed(raw) if not empty(r)]
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

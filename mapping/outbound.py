"""Model to tool: what a field shall hold, what it holds now, and whether a person would call the two equal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from connectors.core.port import Catalog, FieldInfo, FieldType, Inert, Json, Record, as_it_is
from mapping import values as reading
from mapping.prose import content, lines_as_read, neutral
from mapping.rich import is_html, lines_of, to_html
from mapping.spec import OutField, OutRule, OutType, Target

AttributeValue = str | date | datetime | None

# Longest texts where the catalog names no limit: the narrowest limits of the tools that name none of their own, for a
# text of one line and for a long one.
_MAX_TEXT_UNITS = 255
_MAX_LONG_TEXT_UNITS = 32_767
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LITERAL = frozenset({Target.LINK, Target.LABEL, Target.BLOCK})  # targets whose fields are no fields of the catalog


class OutboundError(Exception):
    """A value that cannot be written to a field.

    Attributes:
        rule: Name of the outward rule.
        field: Visible name of the field.
        found: What stands there.
        expected: What should.
        by_catalog: Whether it is the tool's catalog that says so: what is changed in the tool may mend it.
    """

    def __init__(self, *, rule: str, field: str, found: str, expected: str, by_catalog: bool = False) -> None:
        self.rule = rule
        self.field = field
        self.found = found
        self.expected = expected
        self.by_catalog = by_catalog
        super().__init__(f"{rule}, {field}: found {found}, expected {expected}")


def values(
    rule: OutRule,
    attributes: Mapping[str, AttributeValue],
    catalog: Catalog,
    *,
    creating: bool = False,
    inert: Inert = as_it_is,
) -> dict[str, Json]:
    """What the fields of ``rule`` shall hold, by field id, in the tool's own JSON form.

    Attributes that are not given leave their fields out; None empties them. Texts lose outer blanks, control characters
    and all that hides or reorders text, and are made harmless for the tool. The same arguments give equal values.

    Args:
        rule: The outward rule.
        attributes: What to show, by attribute name.
        catalog: The connection's catalog.
        creating: Whether a record is about to be created (ISSUE): fields that are set on creation only, and the
            ``issuetype``, are then there too.
        inert: The connector's way to keep a text from acting in its tool (``ConnectorSpec.inert``).

    Raises:
        OutboundError: A field is missing, ambiguous or not writable in the tool, or a value does not fit into it.
    """
    result: dict[str, Json] = {}
    for field in rule.fields:
        if not field.wants <= attributes.keys() or (field.on_create_only and not creating):
            continue
        info = _info(rule, field, catalog)
        if info is not None and info.writable is False:
            raise _lack(rule, field, "a field that this login may not write", "the permission to edit it")
        result[field.name if info is None else info.id] = _write(rule, field, info, _shown_in(field, attributes), inert)
    if creating and rule.target is Target.ISSUE:
        result["issuetype"] = {"name": rule.record_type}
    return result


def _shown_in(field: OutField, attributes: Mapping[str, AttributeValue]) -> AttributeValue:
    """The attribute, or the template with its attributes; nothing while one of them says nothing."""
    if not field.template:
        return attributes[field.attribute]
    said = {name: attributes[name] for name in field.wants}
    return None if any(value is None for value in said.values()) else field.template.format_map(said)


def shown(rule: OutRule, record: Record, catalog: Catalog) -> dict[str, Json]:
    """What the fields of ``rule`` hold in a record, in the form of ``values``, without those that are set on creation.

    Empty for links, labels and blocks: a link is no part of the record; see ``owned_labels`` and ``shown_block``.

    Raises:
        OutboundError: A field is missing or ambiguous in the tool.
    """
    result: dict[str, Json] = {}
    if rule.target in _LITERAL:
        return result
    fields = _fields(rule, record)
    for field in rule.fields:
        info = _info(rule, field, catalog)
        if info is not None and not field.on_create_only:
            result[info.id] = _canonical(rule, field, fields.get(info.id))
    return result


def field_value(rule: OutRule, field: OutField, record: Record, field_id: str) -> Json:
    """What one field of a record holds, in the form of ``values``."""
    return _canonical(rule, field, _fields(rule, record).get(field_id))


def same(rule: OutRule, field_id: str, a: Json, b: Json) -> bool:
    """Whether a person would call two values of a field equal; reflexive, symmetric and transitive.

    What does not count: line ends, empty lines, blanks at line ends and around; the mark of a list and a backslash
    before a sign, which a tool chooses that turns what it is given into a document; the order of labels; the spelling
    of an instant; what an option object holds beside its value; the difference between empty and absent.
    """
    known = next((f.type for f in rule.fields if f.name == field_id), None)
    instants = known in (None, OutType.DATETIME)
    return bool(_comparable(a, instants=instants) == _comparable(b, instants=instants))


def field_names(rule: OutRule, catalog: Catalog) -> dict[str, str]:
    """Visible name by field id, for all fields of ``rule`` that the tool has."""
    if rule.target in _LITERAL:
        return {f.name: f.name for f in rule.fields}
    return {info.id: info.name for f in rule.fields for info in catalog.find(rule.stream, f.name)}


def missing_fields(rule: OutRule, catalog: Catalog) -> tuple[str, ...]:
    """Names of the rule's fields that the tool does not have."""
    if rule.target in _LITERAL:
        return ()
    return tuple(f.name for f in rule.fields if not catalog.find(rule.stream, f.name))


def owned_labels(rule: OutRule, record: Record) -> tuple[str, ...]:
    """Labels of a record that begin with the rule's prefix, sorted."""
    held = _fields(rule, record).get("labels")
    labels = held if isinstance(held, list) else []
    return tuple(sorted({x for x in labels if isinstance(x, str) and rule.prefix and x.startswith(rule.prefix)}))


def shown_status(rule: OutRule, record: Record) -> str | None:
    """Name of the workflow status of a record, or None when it does not say."""
    status = reading.plain(_fields(rule, record).get("status"))
    return status if isinstance(status, str) else None


def shown_marker(rule: OutRule, record: Record, catalog: Catalog) -> Json:
    """The marker on a record as read with it: the entity property or the marker field; None when there is none."""
    if rule.marker_property:
        properties = record.payload.get("properties")
        return properties.get(rule.marker_property) if isinstance(properties, Mapping) else None
    for field in rule.fields:
        if field.attribute == "marker":
            info = _info(rule, field, catalog)
            return None if info is None else _fields(rule, record).get(info.id)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBlock:
    """A block as a record shows it.

    Attributes:
        text: Its text; None: the record has no such block.
        marker: What it carries beside the text, or None.
    """

    text: Json = None
    marker: Json = None


def shown_block(rule: OutRule, record: Record, name: str) -> ShownBlock | None:
    """The block known by ``name`` as the record shows it; None: the record does not say whether it has one.

    What stands at the rule's ``shown_at`` is one block, or blocks by their names, or null: an object with ``text``,
    and ``external_id`` and ``marker`` if the tool keeps them.
    """
    if not rule.shown_at or rule.shown_at[0] not in record.payload:
        return None
    held = _below(record, rule.shown_at)
    if not isinstance(held, Mapping):
        return ShownBlock()
    for block in [held] if "text" in held else held.values():
        if isinstance(block, Mapping) and block.get("external_id", name) == name:
            return ShownBlock(text=block.get("text"), marker=block.get("marker"))
    return None if "text" in held else ShownBlock()


def lacks(rule: OutRule, record: Record) -> str:
    """What the record must hold to be written by the rule, and does not; empty when nothing is missing."""
    return ".".join(rule.needs) if rule.needs and reading.empty(_below(record, rule.needs)) else ""


def _fields(rule: OutRule, record: Record) -> Mapping[str, Json]:
    held = _below(record, rule.fields_at)
    return held if isinstance(held, Mapping) else {}


def _below(record: Record, path: tuple[str, ...]) -> Json:
    held: Json = record.payload
    for key in path:
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _error(rule: OutRule, field: OutField, found: str, expected: str) -> OutboundError:
    return OutboundError(rule=rule.name, field=field.name, found=found, expected=expected)


def _lack(rule: OutRule, field: OutField, found: str, expected: str) -> OutboundError:
    return OutboundError(rule=rule.name, field=field.name, found=found, expected=expected, by_catalog=True)


def _info(rule: OutRule, field: OutField, catalog: Catalog) -> FieldInfo | None:
    """The field in the catalog; None for targets whose fields are not there."""
    if rule.target in _LITERAL:
        return None
    found = catalog.find(rule.stream, field.name)
    if not found:
        raise _lack(rule, field, "no such field in the tool", "a field of this name that the login can see")
    if len({f.id for f in found}) > 1:
        ids = ", ".join(sorted(f.id for f in found))
        raise _lack(rule, field, f"several fields of this name ({ids})", "one of these ids in the mapping")
    return found[0]


def _write(rule: OutRule, field: OutField, info: FieldInfo | None, value: AttributeValue, inert: Inert) -> Json:
    if value is None:
        return [] if field.type is OutType.LABELS else None
    if field.table is not None:
        if not isinstance(value, str) or value not in field.table:
            raise _error(rule, field, repr(value), "one of " + ", ".join(field.table))
        value = field.table[value]
    match field.type:
        case OutType.DATE:
            if isinstance(value, date) and not isinstance(value, datetime):
                return value.isoformat()
            raise _error(rule, field, repr(value), "a date")
        case OutType.DATETIME:
            if isinstance(value, datetime) and value.tzinfo is not None:
                return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")  # both tools keep seconds at least
            raise _error(rule, field, repr(value), "an instant with its offset")
        case _:
            if not isinstance(value, str):
                raise _error(rule, field, repr(value), "a text")
            return _write_text(rule, field, info, value, inert)


def _write_text(rule: OutRule, field: OutField, info: FieldInfo | None, raw: str, inert: Inert) -> Json:
    text = neutral(raw).strip()
    match field.type:
        case OutType.OPTION:
            if info is not None and info.options and text not in info.options:
                raise _lack(rule, field, repr(text), "one of the field's options: " + ", ".join(info.options))
            return {"value": text} if rule.option_objects else text
        case OutType.LABELS:
            return [_label(rule, field, text)] if text else []
        case OutType.LONG_TEXT:
            plain = lines_of(text) if is_html(text) else text.split("\n")  # what was written as HTML may come back here
            lines = inert(_place(rule, field, info), "\n".join(line.rstrip() for line in plain))
            return _fitted(rule, field, info, lines, to_html if info is not None and info.rich else str) or None
        case OutType.URL:
            return _fitted(rule, field, info, _address(rule, field, text)) or None
        case _:
            line = " ".join(text.split("\n"))
            if rule.target is Target.LABEL:
                return _label(rule, field, line) or None
            if field.type is OutType.TEXT:
                line = inert(_place(rule, field, info), line)
            return _fitted(rule, field, info, line) or None


def _place(rule: OutRule, field: OutField, info: FieldInfo | None) -> FieldInfo:
    """The field that a text goes into; of a link or a block, which no catalog lists, what the mapping says of it."""
    if info is not None and info.type in (FieldType.TEXT, FieldType.LONG_TEXT):
        return info
    kind = FieldType.LONG_TEXT if field.type is OutType.LONG_TEXT else FieldType.TEXT
    if info is not None:
        return replace(info, type=kind)
    return FieldInfo(stream=rule.stream, name=field.name, id=field.name, type=kind)


def _address(rule: OutRule, field: OutField, text: str) -> str:
    """An address that a browser opens, and nothing that it would run; empty when there is none."""
    if text and not _ADDRESS.fullmatch(text):
        raise _error(rule, field, repr(text), "an address that begins with https:// or http://")
    return text


def _label(rule: OutRule, field: OutField, text: str) -> str:
    if rule.prefix and not text.startswith(rule.prefix):
        raise _error(rule, field, repr(text), f"a label that begins with {rule.prefix!r}")
    if not text or any(c.isspace() for c in text):
        raise _error(rule, field, repr(text), "a label without blanks")
    return text


def _units(text: str) -> int:
    """Length as the tools may count it at most: UTF-16 code units, a line end as two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2 + text.count("\n")


def _fitted(rule: OutRule, field: OutField, info: FieldInfo | None, text: str, form: Callable[[str], str] = str) -> str:
    """The text in its form, cut where it may be cut and must."""
    stated = info.max_length if info is not None else None
    limit = stated or (_MAX_LONG_TEXT_UNITS if field.type is OutType.LONG_TEXT else _MAX_TEXT_UNITS)
    whole = form(text)
    if _units(whole) <= limit or (stated is None and not field.cut):
        return whole
    if not field.cut:
        error = _error if stated is None else _lack
        raise error(rule, field, f"a text of {_units(whole)} characters", f"at most {limit}")
    low, high = 0, len(text)
    while low < high:  # the longest beginning that still fits with its ellipsis
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _units(form(text[:middle] + "…")) <= limit else (low, middle - 1)
    return form(text[:low].rstrip() + "…")


def _canonical(rule: OutRule, field: OutField, raw: Json) -> Json:
    if isinstance(raw, dict) and "value" in raw and raw["value"] is None:
        return None
    match field.type:
        case OutType.OPTION:
            plain = reading.plain(raw)
            return None if plain is None else {"value": plain} if rule.option_objects else plain
        case OutType.LABELS:
            return sorted(x for x in raw if isinstance(x, str)) if isinstance(raw, list) else []
        case _:
            inner = reading.plain(raw)
            return content(inner)[0].strip("\n") if isinstance(inner, dict) else inner


def _comparable(value: Json, *, instants: bool) -> Any:
    if value is None or value in ("", [], {}):
        return ""
    match value:
        case str():
            return _comparable_text(value, instants=instants)
        case bool():
            return ("truth", value)
        case int() | float():
            return ("number", repr(float(value)) if abs(value) < 2**53 else repr(value))
        case list():
            return tuple(sorted((_comparable(v, instants=instants) for v in value), key=repr))
        case Mapping():
            plain = reading.plain(value)
            if plain is not value:
                return _comparable(plain, instants=instants)
            return (
                "object",
                tuple(sorted(((k, _comparable(v, instants=instants)) for k, v in value.items()), key=repr)),
            )
        case _:
            return repr(value)


def _comparable_text(text: str, *, instants: bool) -> Any:
    tidy = "\n".join(lines_as_read(text))
    if instants and len(tidy) >= 19 and tidy[10:11] == "T" and tidy[:4].isdigit():
        try:
            return reading.instant(tidy)
        except reading.NotReadableError:
            return tidy
    return tidy

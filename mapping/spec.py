"""What a compiled mapping is made of: sources, conditions, steps, entity rules and outward rules, as plain values."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mapping.model import ReferenceKind
from mapping.ties import LinkType


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a mapping.

    Attributes:
        path: Keys that lead to it, from the mapping's root (without ``mapping.<kind>``); empty: the whole text.
        found: What stands there.
        expected: What should.
        overridden: True when the key path stands in the user's override, False when only in the default.
    """

    path: tuple[str, ...]
    found: str
    expected: str
    overridden: bool = False

    def __str__(self) -> str:
        return f"{'.'.join(self.path) or 'mapping'}: found {self.found}, expected {self.expected}"


class RulesError(Exception):
    """A mapping that cannot be used; holds every problem found, not only the first.

    Attributes:
        problems: All of them, in the order of the text.
    """

    def __init__(self, problems: Collection[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(str(p) for p in self.problems))


class OfRecord(StrEnum):
    """What is known of every record, whatever its tool."""

    PLACE = "place"
    KEY = "key"
    ID = "id"
    URL = "url"
    STREAM = "stream"
    CONNECTION = "connection"
    VISIBILITY = "visibility"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a value is read from: exactly one of name, path, record and template is given.

    Attributes:
        name: Field by visible name or API name, resolved through the catalog.
        path: Keys into the payload; ``*`` stands for every entry of a list.
        record: Something that is known of every record.
        template: A text with the names of parts in braces.
        parts: The sources of these.
        label: What people call it, for evidence and errors.
    """

    name: str | None = None
    path: tuple[str, ...] | None = None
    record: OfRecord | None = None
    template: str = ""
    parts: tuple[tuple[str, Source], ...] = ()
    label: str

    def field_in(self, fields_at: tuple[str, ...]) -> str:
        """The field that a reader must ask for, by name or id; empty: none, it is always part of the answer.

        Args:
            fields_at: Keys that lead to the fields in a record's payload.
        """
        if self.name is not None:
            return self.name
        path = self.path or ()
        below = path[len(fields_at) :] if path[: len(fields_at)] == fields_at else ()
        return below[0] if below else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A test on one source; every part that is given must hold.

    Attributes:
        source: What is tested.
        among: Its value is one of these (normal forms, see ``mapping.values.normal``), or None.
        not_among: Its value is none of these, or None.
        at_least: It is a number, at least this, or None.
        filled: True: it has a value; False: it has none; None: not tested.
    """

    source: Source
    among: frozenset[str] | None = None
    not_among: frozenset[str] | None = None
    at_least: float | None = None
    filled: bool | None = None


class Unknown(StrEnum):
    """What becomes of a value that the value table does not hold."""

    KEEP_RAW = "keep_raw"  # the attribute is None or UNMAPPED, the raw value is kept beside it
    REFUSE = "refuse"  # the record is refused (InboundError)
    NEXT = "next"  # the next step is asked
    USE = "use"  # a stated value


class Shape(StrEnum):
    """What an attribute of the model holds."""

    TEXT = "text"
    DATE = "date"
    DATETIME = "datetime"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    MONEY = "money"
    CHOICE = "choice"
    REF = "ref"
    LIST = "list"
    REFS = "refs"
    CLAIMS = "claims"
    REFERENCES = "references"
    LINKS = "links"
    DURATION = "duration"  # only as what an INTEGER of seconds is read as


GATHERED = frozenset({Shape.LIST, Shape.REFS, Shape.CLAIMS, Shape.REFERENCES, Shape.LINKS})
"""Shapes for which the answers of all steps are put together; for the others the first answer counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One way to come by an attribute's value.

    Attributes:
        name: Its key in the mapping, or empty for an attribute with a single step.
        source: Where it reads; None: ``constant`` is the answer.
        constant: Answer of a step without a source.
        when: Conditions; all must hold for the step to be asked.
        table: Value table by normal form, or None.
        unknown: What becomes of values outside the table.
        use: The answer for ``Unknown.USE``.
        type: The type that the source is read as.
        split: Separator of a text that holds a list, or None.
        prefix: Only entries that begin so count, and the prefix is cut off, or None.
        has: The answer is whether the list holds this entry, or None.
        unit: Seconds of one unit of a bare number (DURATION), or None: a bare number is not understood.
        day_s: Seconds of a working day (DURATION).
        week_s: Seconds of a working week (DURATION).
        currency: Where the currency of an amount stands.
        currency_if_absent: ISO 4217 code to use when the tool gives none, or None.
        stream: Stream that an id refers into.
        read: How claims or references are written: ``keys``, ``labels``, ``links``, ``ids``, ``text``, ``value``.
        object: Object that a link must name (links without an object name count too), or None.
        kinds: Kinds of reference looked for.
        pattern: Found in the text; what it finds is put into ``form``. Where it finds nothing there is no value.
        form: Template of the named groups of ``pattern``.
        means: What a link says, whatever its words (LINKS), or None: its words say it.
        said: Keys that lead from the entry of a link to its words, or none: the entry itself.
        to: Keys that lead from the entry of a link to the id of the other record, or none.
        called: Keys that lead from the entry of a link to the name of the other record, or none: the entry itself.
    """

    name: str
    source: Source | None
    constant: Any = None
    when: tuple[Condition, ...] = ()
    table: Mapping[str, Any] | None = None
    unknown: Unknown = Unknown.KEEP_RAW
    use: Any = None
    type: Shape = Shape.TEXT
    split: str | None = None
    prefix: str | None = None
    has: str | None = None
    unit: int | None = None
    day_s: int = 8 * 3600
    week_s: int = 40 * 3600
    currency: Source | None = None
    currency_if_absent: str | None = None
    stream: str | None = None
    read: str = ""
    object: str | None = None
    kinds: frozenset[ReferenceKind] = frozenset()
    pattern: re.Pattern[str] | None = None
    form: str = ""
    means: LinkType | None = None
    said: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRule:
    """How records of one stream become entities of one kind.

    Attributes:
        name: Its key in the mapping.
        stream: Stream it reads.
        makes: Name of the entity kind (``work_item``).
        when: Conditions on the record; all must hold.
        attributes: Steps by attribute.
    """

    name: str
    stream: str
    makes: str
    when: tuple[Condition, ...]
    attributes: Mapping[str, tuple[Step, ...]]


class OutType(StrEnum):
    """JSON form of an outward field."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    OPTION = "option"
    DATE = "date"
    DATETIME = "datetime"
    LABELS = "labels"
    REFERENCE = "reference"
    URL = "url"


class Target(StrEnum):
    """What an outward rule writes to."""

    FIELDS = "fields"  # fields of an existing record
    RECORD = "record"  # a record of its own, by external id
    ISSUE = "issue"  # a record of its own, created under a parent and moved through a workflow
    LINK = "link"  # a link beside the record: its fields are not fields of the catalog
    LABEL = "label"  # one label among those of people
    BLOCK = "block"  # one block of text of ours beside or within what people wrote


@dataclass(frozen=True, slots=True, kw_only=True)
class OutField:
    """One outward field.

    Attributes:
        name: Visible name or API name.
        attribute: Attribute that is shown in it, or empty where a template is.
        template: Text with the names of attributes in braces that is shown instead of one attribute, or empty.
        wants: Names of the attributes that it shows.
        type: Its JSON form.
        table: Value table from attribute values to the tool's, or None.
        cut: A text that is too long is cut (ending in ``…``) instead of refused.
        on_create_only: Set when the record is created and never afterwards, so that people may change it.
        only: Conditions on the record; all must hold for the field to be shown there.
    """

    name: str
    attribute: str
    wants: frozenset[str]
    type: OutType
    template: str = ""
    table: Mapping[str, str] | None = None
    cut: bool = False
    on_create_only: bool = False
    only: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitionRule:
    """One step that an issue may be moved by.

    Attributes:
        name: Its name.
        to: Status that it leads to.
        sources: Statuses that it leads from; empty: any.
        only_if: Only while the risk is in this lifecycle (``open``, ``closed``), or None: always.
        fields: What is filled in on its way, as text by field name.
    """

    name: str
    to: str
    sources: tuple[str, ...] = ()
    only_if: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutRule:
    """One outward rule.

    Attributes:
        name: Its name (``engagement.status``).
        stream: Stream of the records it writes.
        target: What it writes to.
        fields: Its fields.
        fields_at: Keys that lead to the fields of a record's payload.
        option_objects: Options are written as ``{"value": …}`` instead of text.
        record_type: Name of the type of records it creates, or empty.
        statuses: Workflow status by lifecycle (``open``, ``closed``); empty when it has no workflow.
        transitions: The steps that an issue may be moved by; empty: any that its workflow offers.
        external_id: Field that holds the external id (RECORD), or empty.
        marker_property: Entity property that holds the marker, or empty when the marker is a field (or there is none).
        prefix: Labels that begin so belong to syncline, or empty.
        needs: Keys that lead to what a record must hold to be written by this rule (FIELDS), or none.
        shown_at: Keys that lead to the block, or blocks by name, as the record shows them (BLOCK), or none. A record
            without the first of them does not say.
        only: Conditions on the record; all must hold for the rule to be followed there.
        record_at: Keys that lead to the fields of a record where its stream keeps them, for the conditions.
    """

    name: str
    stream: str
    target: Target
    fields: tuple[OutField, ...]
    fields_at: tuple[str, ...] = ()
    option_objects: bool = False
    record_type: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    transitions: tuple[TransitionRule, ...] = ()
    external_id: str = ""
    marker_property: str = ""
    prefix: str = ""
    needs: tuple[str, ...] = ()
    shown_at: tuple[str, ...] = ()
    only: tuple[Condition, ...] = ()
    record_at: tuple[str, ...] = ()

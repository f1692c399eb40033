"""The values that cross the port; others import them from ``connectors.core.port``, which they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.core.errors import ConnectorError

Json = Any  # a decoded JSON value, kept as it came


class Visibility(StrEnum):
    """How widely a record may be seen in its own tool; from the widest to the narrowest."""

    PUBLIC = "public"
    INTERNAL = "internal"
    RESTRICTED = "restricted"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Partition:
    """The part of a stream that has its own cursor.

    Attributes:
        stream: Name of the stream (``issues``, ``versions``, ``engagements`` …).
        key: The part: a Jira project key, a Salesforce object name.
    """

    stream: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a tool said, kept as it came.

    Attributes:
        connection: Name of the connection.
        stream: Name of the stream.
        id: The tool's immutable id. ``connection:stream:id`` is the record's reference everywhere.
        partition: Key of the partition that it was read from.
        key: What people call it; may change.
        url: Where a person can open it.
        version: Version token: changes whenever the record changes. May repeat over different records.
        updated: Instant of the last change in the tool (aware UTC), or None if the tool does not say.
        visibility: How widely it may be seen in its tool.
        deleted: True for the tombstone of a record that the tool says is deleted.
        payload: The tool's answer for this record, decoded from JSON and otherwise untouched.
    """

    connection: str
    stream: str
    id: str
    partition: str
    key: str
    url: str
    version: str
    updated: datetime | None
    visibility: Visibility
    payload: Mapping[str, Json]
    deleted: bool = False

    @property
    def ref(self) -> str:
        """The record's reference: ``connection:stream:id``."""
        return f"{self.connection}:{self.stream}:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the engine holds of one record: its version token, and the instant of its last change (aware UTC)."""

    version: str
    updated: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One partition to be read.

    Attributes:
        partition: Which.
        cursor: Where the last stored page ended (opaque text of the connector), or None: never read.
        fields: Fields that the mapping needs, by visible name or API name; the connector resolves them.
            The engine drops the cursor when a field is added, so that the partition is read again.
        since: Only records whose last change is at or after this instant (aware UTC) are asked for; None: all.
        until: Only records whose last change is before this instant are asked for; None: all. With either the cursor
            stands within these bounds, and ``complete`` means that everything between them has been delivered.
            Records from outside may come too. Given only for streams that ``Capabilities.bounded`` names.
        held: By id, the records of the partition that are held and changed last within the day before its last whole
            read, or since; so that they need not be read again at the same version. Given only for streams whose
            ``StreamSpec.by_version`` says so, and only beside a cursor.
    """

    partition: Partition
    cursor: str | None
    fields: tuple[str, ...]
    since: datetime | None = None
    until: datetime | None = None
    held: Mapping[str, Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some records, and how far each partition has now been read.

    The engine stores the records and the cursors in one transaction; a cursor never covers what is not stored. The same
    record may come again in a later page or run (overlap is by design): the engine drops equal versions.

    Attributes:
        records: In any order; may span partitions.
        cursors: Cursor to resume from, for each partition that advanced.
        complete: Partitions of which everything up to ``as_of`` has now been delivered.
        as_of: Server instant (aware UTC) that the page is true of, never later than the request's start.
        expected: How many records the whole pull will bring, when the tool says so; for progress only.
    """

    records: tuple[Record, ...]
    cursors: Mapping[Partition, str]
    complete: frozenset[Partition]
    as_of: datetime
    expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionFailure:
    """Some partitions could not be read; their last good state stays. The others go on."""

    partitions: frozenset[Partition]
    error: ConnectorError


class FieldType(StrEnum):
    """Type of a field of a tool, as far as it matters for mapping and writing."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    OPTION = "option"
    OPTIONS = "options"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    REFERENCE = "reference"
    PERSON = "person"
    LABELS = "labels"
    URL = "url"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldInfo:
    """One field that a tool can hold.

    Attributes:
        stream: Stream whose records have it.
        name: Visible name (label).
        id: API name or id (``customfield_10042``, ``Syncline_Status__c``).
        type: Its type.
        options: Allowed values, if it has a closed set; else empty.
        writable: Whether this login may write it; None when the tool does not say.
        max_length: Longest text in characters, or None.
        rich: Whether the tool reads a text in it as HTML.
    """

    stream: str
    name: str
    id: str
    type: FieldType
    options: tuple[str, ...] = ()
    writable: bool | None = None
    max_length: int | None = None
    rich: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """What a connection's tool can hold. Stored as data and refreshed seldom.

    Attributes:
        fields: All fields; visible names may repeat, ids are unique within a stream.
        record_types: For each partition key that can hold created records, the names of the types that can be created
            there (Jira: the issue types of a project).
    """

    fields: tuple[FieldInfo, ...]
    record_types: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def find(self, stream: str, name: str) -> tuple[FieldInfo, ...]:
        """Fields of ``stream`` whose id is ``name``, else those whose visible name is (may be several)."""
        by_id = tuple(f for f in self.fields if f.stream == stream and f.id == name)
        return by_id or tuple(f for f in self.fields if f.stream == stream and f.name == name)


class WriteKind(StrEnum):
    """The shapes of write that syncline makes. Each may be repeated without a second effect, save CREATE."""

    SET_FIELDS = "set_fields"
    """Set named fields of an existing record. Guarded by ``version`` where the tool has a guard."""
    UPSERT = "upsert"
    """Create or update the record whose external id is ``external_id``."""
    CREATE = "create"
    """Create a record that carries ``marker``. Never sent again before ``Writer.find`` has looked for the marker."""
    ADD_LABEL = "add_label"
    """Add the one label in ``values["label"]``."""
    REMOVE_LABEL = "remove_label"
    """Remove the one label in ``values["label"]``."""
    TRANSITION = "transition"
    """Bring the record into the workflow status named in ``values["status"]``, by one transition of its workflow."""
    PUT_LINK = "put_link"
    """Create or replace the link whose global id is ``external_id``; values: ``url``, ``title``."""
    PUT_BLOCK = "put_block"
    """Create or replace the one block of text that is known by ``external_id`` on the record, in ``values["text"]``.

    A managed comment, or a delimited part of a long text field; what others wrote around it stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One step through a workflow.

    Attributes:
        name: What the mapping calls it.
        to: Name of the status that it leads to.
        fields: What is to be filled in on its way, as text by field id.
    """

    name: str
    to: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One planned write to one record.

    Attributes:
        id: Stable id of the intent: a hash of connection, kind, target, external id and values. Equal intents have
            equal ids.
        connection: Name of the connection.
        kind: Its shape.
        stream: Stream of the record that is written.
        target: The tool's id of the record; for CREATE the id of the parent record (Jira: the anchor issue) or empty;
            for UPSERT empty.
        external_id: External id (UPSERT) or global id (PUT_LINK); else empty. For CREATE the identity that the marker
            carries.
        partition: Key of the partition that the record lies or will lie in.
        values: What to set, by the field's API id (already resolved), in the tool's own JSON form.
        before: What those fields held when the plan was made, in the tool's own JSON form; empty for CREATE.
        version: Version token of the record when the plan was made, or empty.
        marker: JSON object to be left on the record in the same request where the tool can (Jira: entity property
            ``syncline``; Salesforce: part of ``values``), or None.
        reason: One sentence for a person.
        moves: Of TRANSITION: the steps to go, the last one into the status that is wanted. Empty: the connector finds
            a way itself.
    """

    id: str
    connection: str
    kind: WriteKind
    stream: str
    target: str
    partition: str
    values: Mapping[str, Json]
    before: Mapping[str, Json]
    reason: str
    external_id: str = ""
    version: str = ""
    marker: Mapping[str, Json] | None = None
    moves: tuple[Move, ...] = ()


class Outcome(StrEnum):
    """How one write ended."""

    DONE = "done"
    STALE = "stale"  # the guard refused: changed since it was read; nothing written
    REFUSED = "refused"  # the tool refused what the write holds; repeating it is useless
    FAILED = "failed"  # it had no effect, and may be tried again later
    AMBIGUOUS = "ambiguous"  # whether it had effect is not known: read back first


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of one write.

    Attributes:
        write_id: Id of the write.
        outcome: How it ended.
        record_id: The tool's id of the written (created) record, if known.
        key: Its key, if known.
        message: For a person, when it did not end well.
        retry_after_s: Seconds to wait before trying again, if the tool said so.
    """

    write_id: str
    outcome: Outcome
    record_id: str = ""
    key: str = ""
    message: str = ""
    retry_after_s: float | None = None

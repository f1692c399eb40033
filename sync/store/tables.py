"""The tables. Everything here works on SQLite and on PostgreSQL alike; migrations must follow every change."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, ForeignKey, Index, Integer, MetaData, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from sync.store.types import CompressedJson, PlainText, UtcDateTime

_Seq = BigInteger().with_variant(Integer(), "sqlite")  # SQLite counts up by itself only in an INTEGER key


class Base(DeclarativeBase):
    """Base of all tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, str: PlainText, date: Date}  # noqa: RUF012 - SQLAlchemy's own idiom


class InstanceRow(Base):
    """The one row that tells this installation from every other."""

    __tablename__ = "instance"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[datetime]


class AdoptedRow(Base):
    """Another instance of syncline whose records this one took over."""

    __tablename__ = "adopted"

    instance: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class LookRow(Base):
    """When the records that syncline made on a connection were last looked for by their ids."""

    __tablename__ = "looks"

    connection: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class DiscoveredRow(Base):
    """One engagement that a discovery has taken up; ``key`` is folded, ``data`` its ``sync.selection.Selected``."""

    __tablename__ = "discovered"

    discovery: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[Any] = mapped_column(JSON)


class RunRow(Base):
    """One run of a command that reads or writes.

    Attributes:
        finished: None: under way, or killed.
        settled: What its plan depended on beside the records, if that plan writes nothing; else empty.
        settled_at: When such a plan was last really made.
        settled_plan: That plan, as JSON: what it holds and leaves in conflict goes on as long as nothing changes.
    """

    __tablename__ = "runs"

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    id: Mapped[str] = mapped_column(unique=True)
    command: Mapped[str]
    started: Mapped[datetime]
    finished: Mapped[datetime | None]
    summary: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    settled: Mapped[str] = mapped_column(default="")
    settled_at: Mapped[datetime | None]
    settled_plan: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class PartitionRow(Base):
    """How far a partition has been read.

    Attributes:
        cursor: Where to go on; None: from the beginning.
        fields: What the cursor's reading asked for.
        complete_at: The server instant up to which everything was delivered; None: never completely read with
            these fields.
        read_at: When it last answered, by our clock.
        full_read: A read from the beginning is under way (it may span runs).
        generation: Number of that read; heads bear the number of the last full read that brought them.
        formerly_live: How many live records it had when that read began.
        error: Why it could not be read the last time, or empty.
    """

    __tablename__ = "partitions"

    connection: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]
    fields: Mapped[Any] = mapped_column(JSON, default=list)
    complete_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    full_read: Mapped[bool] = mapped_column(default=False)
    generation: Mapped[int] = mapped_column(default=0)
    formerly_live: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    error_at: Mapped[datetime | None]


class BackfillRow(Base):
    """How far the history of one stream has been read, beside the partitions' own cursors.

    Attributes:
        asked_since: What was asked for, and
        asked_until: up to when; None: without such a bound.
        fields: What the reading asks for.
        partitions: Keys of the partitions that it still reads.
        until: The upper end of all of it.
        reached: Everything from here to ``until`` has been read: it goes from the newest to the oldest.
        slice_since: Lower end of the slice at hand.
        cursors: Partition key -> where the slice at hand stands; empty: at its beginning.
        span_s: Length of the next slice in seconds.
        records: How many records its pages brought so far.
        finished: When it came to its end; None: it goes on.
    """

    __tablename__ = "backfills"

    connection: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    asked_since: Mapped[datetime | None]
    asked_until: Mapped[datetime | None]
    fields: Mapped[Any] = mapped_column(JSON)
    partitions: Mapped[Any] = mapped_column(JSON)
    until: Mapped[datetime]
    reached: Mapped[datetime]
    slice_since: Mapped[datetime | None]
    cursors: Mapped[Any] = mapped_column(JSON)
    span_s: Mapped[int]
    records: Mapped[int]
    started: Mapped[datetime]
    finished: Mapped[datetime | None]


class RecordRow(Base):
    """One version of one record as a tool told it; only ever appended."""

    __tablename__ = "records"
    __table_args__ = (UniqueConstraint("connection", "stream", "id", "version", "digest"), Index(None, "stored"))

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    connection: Mapped[str]
    stream: Mapped[str]
    id: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(String(32))
    partition: Mapped[str]
    key: Mapped[str]
    url: Mapped[str]
    updated: Mapped[datetime | None]
    visibility: Mapped[str]
    deleted: Mapped[bool]
    payload: Mapped[Any] = mapped_column(CompressedJson)
    stored: Mapped[datetime]
    run: Mapped[str]


class HeadRow(Base):
    """The latest version of a record.

    Attributes:
        gone: Deleted in the tool, or no longer brought by a full read of its partition.
        generation: The last full read of its partition that brought it.
        mapped: Hash of the mapping that its model rows were made with.
    """

    __tablename__ = "heads"
    __table_args__ = (
        Index(None, "connection", "stream", "partition"),
        Index(None, "connection", "key"),
        Index(None, "connection", "mapped", "ref"),
    )

    ref: Mapped[str] = mapped_column(primary_key=True)
    connection: Mapped[str]
    stream: Mapped[str]
    id: Mapped[str]
    partition: Mapped[str]
    key: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str] = mapped_column(String(32))
    updated: Mapped[datetime | None]
    gone: Mapped[bool]
    generation: Mapped[int]
    mapped: Mapped[str]
    record_seq: Mapped[int] = mapped_column(_Seq, ForeignKey("records.seq"))


class EntityRow(Base):
    """One entity of the model: the latest good mapping of a record.

    Attributes:
        source: Reference of the record it was mapped from.
        ordinal: Its place among the entities of that record.
        key_folded: Its key without regard to case.
        connection: Connection of the record.
        place: Partition key of the record.
        parent: Reference of the entity it belongs to (engagement, baseline, parent issue), or empty.
        parent_key: Key of the parent, without regard to case, when only that is known; else empty.
    """

    __tablename__ = "model"
    __table_args__ = (
        Index(None, "kind", "key_folded"),
        Index(None, "kind", "connection", "place"),
        Index(None, "kind", "parent"),
        Index(None, "kind", "connection", "parent_key"),
        Index(None, "ref"),
    )

    source: Mapped[str] = mapped_column(primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    ref: Mapped[str]
    key: Mapped[str]
    key_folded: Mapped[str]
    connection: Mapped[str]
    place: Mapped[str]
    parent: Mapped[str]
    parent_key: Mapped[str]
    mapping: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)


class LinkRow(Base):
    """What a record points at.

    Kinds: ``engagement`` (key), ``scope_item`` (record id), ``work`` or ``milestone`` (what it is called), ``tied``
    (reference of a milestone), ``account``, ``person`` or ``baseline`` (reference); and ``name``: what itself is called
    beside its key. Keys and names are kept without regard to case.
    """

    __tablename__ = "links"
    __table_args__ = (Index(None, "kind", "value"),)

    source: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class DirtyRow(Base):
    """Something changed that reconciliation has not looked at yet: kind ``ref``, ``engagement`` (key), or ``all``."""

    __tablename__ = "dirty"

    kind: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)


class CatalogRow(Base):
    """What a connection's tool can hold, as last asked."""

    __tablename__ = "catalogs"

    connection: Mapped[str] = mapped_column(primary_key=True)
    taken: Mapped[datetime]
    places: Mapped[Any] = mapped_column(JSON)
    data: Mapped[Any] = mapped_column(JSON)


class ReconciledRow(Base):
    """What the last reconciliation of an engagement rested on; another basis means that it is reconciled again."""

    __tablename__ = "reconciled"

    engagement: Mapped[str] = mapped_column(primary_key=True)
    basis: Mapped[str]
    at: Mapped[datetime]


class FindingRow(Base):
    """A finding as it last was. Identity is stable: a finding that returns is the same row, opened again."""

    __tablename__ = "findings"
    __table_args__ = (Index(None, "engagement", "closed"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    engagement: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)
    first_seen: Mapped[datetime]
    changed: Mapped[datetime]
    closed: Mapped[datetime | None]
    mapping: Mapped[str]


class RiskRow(Base):
    """A risk with its lifecycle as it last was."""

    __tablename__ = "risks"
    __table_args__ = (Index(None, "engagement"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    engagement: Mapped[str]
    rule: Mapped[str]
    lifecycle: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)
    first_seen: Mapped[datetime]
    changed: Mapped[datetime]
    closed: Mapped[datetime | None]
    mapping: Mapped[str]


class StatusRow(Base):
    """The status of an engagement. ``true_of`` moves with every reading; ``changed`` only with the status."""

    __tablename__ = "statuses"

    engagement: Mapped[str] = mapped_column(primary_key=True)
    colour: Mapped[str]
    true_of: Mapped[datetime | None]
    data: Mapped[Any] = mapped_column(JSON)
    first_seen: Mapped[datetime]
    changed: Mapped[datetime]
    mapping: Mapped[str]


class HistoryRow(Base):
    """Every change of a finding, risk or status: what it became (None: closed), when, by which run and mapping."""

    __tablename__ = "history"
    __table_args__ = (Index(None, "kind", "subject", "at"), Index(None, "engagement", "at"))

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    engagement: Mapped[str]
    at: Mapped[datetime]
    run: Mapped[str]
    mapping: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class BaseRow(Base):
    """What we last wrote into a field of a record: the base of the three-way comparison."""

    __tablename__ = "bases"

    connection: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    write: Mapped[str]
    at: Mapped[datetime]


class OutboxRow(Base):
    """One intent to write, committed before anything is sent.

    Attributes:
        write: Id of the write; equal intents have equal ids, so an id may return in later runs.
        target: Identity of the written record, for order: later writes of the same record wait behind a failed one.
        identity: External id of a CREATE, UPSERT or link; empty otherwise.
        state: See ``sync.store.outbox.State``.
        attempts: How often it was sent.
        fetched: The written record has been read back and stored since.
        data: The planned write.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(None, "state"),
        Index(None, "write"),
        Index(None, "connection", "identity"),
        Index(None, "fetched", "state"),
    )

    seq: Mapped[int] = mapped_column(_Seq, primary_key=True)
    write: Mapped[str]
    run: Mapped[str]
    plan: Mapped[str]
    connection: Mapped[str]
    engagement: Mapped[str]
    stream: Mapped[str]
    kind: Mapped[str]
    target: Mapped[str]
    identity: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    record_id: Mapped[str] = mapped_column(default="")
    record_key: Mapped[str] = mapped_column(default="")
    message: Mapped[str] = mapped_column(default="")
    fetched: Mapped[bool] = mapped_column(default=False)
    created: Mapped[datetime]
    sent: Mapped[datetime | None]
    ended: Mapped[datetime | None]
    data: Mapped[Any] = mapped_column(JSON)


class ConflictRow(Base):
    """An owned field that a person edited, with the three values; ``closed`` when it is no longer in conflict."""

    __tablename__ = "conflicts"

    connection: Mapped[str] = mapped_column(primary_key=True)
    target: Mapped[str] = mapped_column(primary_key=True)
    field: Mapped[str] = mapped_column(primary_key=True)
    engagement: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)
    first_seen: Mapped[datetime]
    changed: Mapped[datetime]
    closed: Mapped[datetime | None]


class HeldRow(Base):
    """A record that could not be mapped (kind ``record``), or a write that was wanted and not planned (``write``)."""

    __tablename__ = "held"
    __table_args__ = (Index(None, "kind", "closed"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    connection: Mapped[str]
    engagement: Mapped[str]
    place: Mapped[str]
    message: Mapped[str]
    first_seen: Mapped[datetime]
    changed: Mapped[datetime]
    closed: Mapped[datetime | None]

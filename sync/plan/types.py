"""A plan as a value: every write that would be made, and everything that keeps one from being made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from connectors.core.port import Write


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field of one planned write, for people.

    Attributes:
        field: Visible name of the field (or ``label``, ``remote link``, ``status``).
        before: What the tool shows, in the tool's JSON form.
        after: What it will show.
    """

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One write of a plan.

    Attributes:
        write: What the connector will be given.
        engagement: Engagement key that it is for.
        rule: Outward rule (``engagement.status``, ``anchor.status``, ``anchor.link``, ``anchor.block``,
            ``risk.record``, ``risk.issue``, ``work.label``).
        cause: Id of the risk, or ``status``: what ``syncline explain`` goes back to.
        target_key: What people call the record.
        target_url: Where to open it, or empty.
        lines: The fields.
    """

    write: Write
    engagement: str
    rule: str
    cause: str
    target_key: str
    target_url: str
    lines: tuple[FieldLine, ...]


class Policy(StrEnum):
    """What happens to an owned field that a person edited."""

    HOLD = "hold"  # leave it, report the conflict until a person settles it
    OURS = "ours"  # write ours; the person's value is kept in the conflict's row
    THEIRS = "theirs"  # leave theirs and stop planning this field until our value changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """An owned field that holds neither what we last wrote nor what we want to write.

    Attributes:
        base: What we last wrote, or None: we never wrote it.
        theirs: What the tool shows.
        ours: What we want to write.
    """

    engagement: str
    connection: str
    target: str
    target_key: str
    field: str
    field_id: str
    base: Any
    theirs: Any
    ours: Any
    policy: Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A write that is wanted and was not planned, with the reason: the answer to "why was it not sent?".

    Attributes:
        by_catalog: The tool's catalog is the reason (a field, an option, an issue type or a permission that it lacks):
            the catalog is asked for again at the next run.
    """

    engagement: str
    connection: str
    rule: str
    target: str
    reason: str
    by_catalog: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """An owned field that shows what we want though it is not what we last wrote there.

    Nothing is written; it is remembered as our base, so that a later change of ours is no conflict.
    """

    connection: str
    stream: str
    id: str
    field_id: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreign:
    """Another instance of syncline, whose mark a record bears that is being taken over."""

    instance: str


class BrakeKind(StrEnum):
    """What stopped a run to ask a person."""

    FIRST_WRITE = "first_write"
    LARGE_PLAN = "large_plan"
    SOURCE_EMPTIED = "source_emptied"
    OTHER_INSTANCE = "other_instance"
    OLDER_STORE = "older_store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    """One reason to stop and ask, with how to go on."""

    kind: BrakeKind
    connection: str
    message: str
    mend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Every write that would be made. A value; nothing has happened yet.

    Attributes:
        id: Hash of the writes.
        made: Instant it was made (aware UTC).
        writes: In the order in which they will be made.
        agreed: Bases to be stored without writing; may be stored when the plan is made.
    """

    id: str
    made: datetime
    writes: tuple[PlannedWrite, ...]
    conflicts: tuple[Conflict, ...]
    held: tuple[Held, ...]
    brakes: tuple[Brake, ...]
    agreed: tuple[Agreed, ...] = ()

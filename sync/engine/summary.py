"""What a run did, for people and for ``--json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sync.engine.difference import Difference
from sync.plan.types import Brake, Conflict
from sync.store.codec import encode


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Note:
    """One thing that was held or failed.

    Attributes:
        place: What it is about: a record's reference, ``connection:stream:PARTITION``, a connection,
            ``engagement:KEY``, or the id of a write.
        message: For a person.
    """

    place: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What was read of one connection.

    Attributes:
        records: Records that its pages brought, repeats included.
        requests: Requests that left for it during the run, for whatever purpose, retries included.
    """

    records: int = 0
    requests: int = 0


class Ending(StrEnum):
    """How a run ended, the worst first."""

    FAILED = "failed"  # nothing could be read: every connection failed
    BRAKED = "braked"  # a brake stopped some or all of it
    PARTLY = "partly"  # done, but some records or writes were held, failed or in conflict
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a run did.

    Attributes:
        run: Its id.
        command: What was asked for.
        started: When (aware UTC).
        duration_s: How long, in seconds.
        reads: Connection -> what was read.
        writes: Connection -> writes that had effect in this run.
        reconciled: Keys of the engagements that were reconciled again.
        held: Records that could not be mapped, and wanted writes that were not planned or sent.
        failed: Partitions, connections and writes that failed.
        conflicts: Owned fields that a person edited.
        brakes: What stops and asks.
        down: Connections that could not be used at all.
        remade: What was made again in place of a record that somebody had deleted in the tool.
        adopted: Owned fields that were taken over as the tools show them.
        plan: Id of the plan that was made or applied, or empty.
        planned: How many writes it held.
        remapped: Connection -> what became of its stored records that were mapped again, where there were any.
    """

    run: str
    command: str
    started: datetime
    duration_s: float
    reads: Mapping[str, Reads] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)
    reconciled: tuple[str, ...] = ()
    held: tuple[Note, ...] = ()
    failed: tuple[Note, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    brakes: tuple[Brake, ...] = ()
    down: frozenset[str] = frozenset()
    remade: tuple[Note, ...] = ()
    adopted: int = 0
    plan: str = ""
    planned: int = 0
    remapped: Mapping[str, Difference] = field(default_factory=dict)

    @property
    def ending(self) -> Ending:
        """How it ended."""
        if self.reads and self.down >= set(self.reads):
            return Ending.FAILED
        if self.brakes:
            return Ending.BRAKED
        if self.held or self.failed or self.conflicts:
            return Ending.PARTLY
        return Ending.DONE

    def to_json(self) -> dict[str, Any]:
        """The documented form of ``--json``."""
        return {
            "run": self.run,
            "command": self.command,
            "started": self.started.isoformat(),
            "duration_s": round(self.duration_s, 3),
            "ending": self.ending.value,
            "reads": encode(self.reads),
            "writes": dict(self.writes),
            "reconciled": list(self.reconciled),
            "held": encode(self.held),
            "failed": encode(self.failed),
            "conflicts": [
                {
                    "place": f"{c.connection}:{c.target}:{c.field}",
                    "message": f"{c.target_key}: {c.field} was edited by a person since it was last written",
                    **encode(c),
                }
                for c in self.conflicts
            ],
            "brakes": [{"place": b.connection, **encode(b)} for b in self.brakes],
            "remade": encode(self.remade),
            "adopted": self.adopted,
            "plan": self.plan,
            "planned": self.planned,
            "remapped": {
                name: {**found.counts(), "attributes": found.by_attribute()} for name, found in self.remapped.items()
            },
        }

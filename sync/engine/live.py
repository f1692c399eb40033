"""What the engine is given: live connections with their mapping, and somebody to tell how far it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connectors.core.port import Catalog, Connector, Inert, Json, Record, StreamSpec, Write, as_it_is
from mapping.model import Entity
from mapping.rules import Rules


class Mapper(Protocol):
    """The compiled mapping of one connection, as far as the engine needs it."""

    @property
    def hash(self) -> str:
        """Changes whenever the same record could be mapped otherwise."""
        ...

    def fields(self, stream: str) -> tuple[str, ...]:
        """Fields that the reader must ask for, by visible name or API name."""
        ...

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        """The entities of one record. Raises for a record that cannot be understood; the message is for a person."""
        ...

    def same(self, rule: str, field: str, first: Json, second: Json) -> bool:
        """Whether two values of a field that the outward rule ``rule`` writes are equal for a person."""
        ...

    def shows(self, rule: str, write: Write, record: Record, catalog: Catalog) -> Mapping[str, Json] | None:
        """What a record as read shows of what ``write`` sets by the outward rule ``rule``, for ``same``.

        None: the record does not say; the tool must be asked (``Writer.shown``).
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """One configured connection, alive.

    Attributes:
        name: Its name.
        connector: The connector.
        streams: Its streams.
        mapper: Its mapping.
        rules: The same mapping as planning takes it.
        owned: Outward rules that may be written by.
        first_write_approved: A person has approved the first write to it.
        requests: How many requests have left for it so far, retries included.
        inert: How a text is kept from acting in its tool.
        renew: Called when a run begins: a tool that was given up is asked again.
        anchored: Its places that have an anchor: only there records may be created and statuses shown.
        requests_to_read: About how many requests it takes to read partitions of a stream from the beginning, by the
            stream's name and how many records each has; None: the connector does not tell.
        looked_at: Stream -> fields that are looked at beside what the mapping needs, by name or id.
    """

    name: str
    connector: Connector
    streams: tuple[StreamSpec, ...]
    mapper: Mapper
    rules: Rules
    owned: frozenset[str]
    first_write_approved: bool
    requests: Callable[[], int]
    inert: Inert = as_it_is
    renew: Callable[[], None] = lambda: None
    anchored: frozenset[str] = frozenset()
    requests_to_read: Callable[[str, Sequence[int]], int] | None = None
    looked_at: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def fields(self, stream: str, catalog: Catalog) -> tuple[str, ...]:
        """Fields that the reader must ask for; of those that are only looked at, what the tool has."""
        more = (name for name in self.looked_at.get(stream, ()) if catalog.find(stream, name))
        return tuple(sorted({*self.mapper.fields(stream), *more}))


class Progress(Protocol):
    """Somebody who shows how far long work is. Called from one thread; must return quickly and never raise."""

    def start(self, task: str, total: int | None) -> None:
        """Work named ``task`` begins; ``total`` units if that is known."""
        ...

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """``done`` more units are done; ``total`` when it has become known or has changed."""
        ...

    def done(self, task: str) -> None:
        """The work is over, well or not."""
        ...


class Silent:
    """Shows nothing."""

    def start(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        """Nothing."""

    def done(self, task: str) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run: its id, and the instant that all its decisions are made at.

    Attributes:
        id: Unique.
        now: When it began (aware UTC).
    """

    id: str
    now: datetime

"""Which partitions of which connections the known engagements need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.port import Partition, StreamSpec

NO_RULE_RESTS_ON = frozenset({"accounts", "users", "risks", "requests", "mitigations", "dependencies"})
"""Streams of an engagement's record connection that are read for names, to be shown, and for write-back only.

Their age makes no status unknown.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRef:
    """One place of an engagement, as configured.

    Attributes:
        connection: Name of the connection.
        place: Partition key there (a project, a repository).
        anchor: Key of the record that stands for the engagement there, or None.
    """

    connection: str
    place: str
    anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeRef:
    """A source of an engagement's scope, as configured.

    Attributes:
        connection: Name of the connection.
        stream: Stream of its baselines, or of its items that have none; empty: any.
        place: Partition key of that stream (a file), which is read for this engagement; None: the engagement's records,
            wherever they lie on the connection.
    """

    connection: str
    stream: str = ""
    place: str | None = None

    def gives(self, connection: str, stream: str, place: str) -> bool:
        """Whether what lies there comes from this source."""
        same = self.connection == connection and self.stream in {"", stream}
        return same and self.place in {None, place}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """One engagement that the configuration names, or that was discovered.

    Attributes:
        key: Engagement key.
        record_connection: Connection that holds its commercial record.
        record_key: Key of that record there.
        places: Its places, in the order of the configuration.
        scope: Where its scope comes from, what counts first first; empty: from wherever there is any.
        origin: What discovered it (``discover.NAME``); empty: the configuration names it.
        left_out: Of a discovered one: each place or anchor that it does not have, and why, for a person.
    """

    key: str
    record_connection: str
    record_key: str
    places: tuple[PlaceRef, ...]
    scope: tuple[ScopeRef, ...] = ()
    origin: str = ""
    left_out: tuple[str, ...] = ()

    def read_places(self) -> tuple[tuple[str, str], ...]:
        """(connection, place) of everything that is read for it place by place: of its work, then of its scope."""
        scope = ((s.connection, s.place) for s in self.scope if s.place is not None)
        return (*((p.connection, p.place) for p in self.places), *scope)

    def connections(self) -> frozenset[str]:
        """Every connection that it names."""
        named = {*(p.connection for p in self.places), *(s.connection for s in self.scope)}
        return frozenset({self.record_connection, *named})


def wanted(
    engagements: Iterable[Selected],
    streams: Mapping[str, Sequence[StreamSpec]],
    *,
    looked_at: Iterable[str] = (),
    resting: Collection[tuple[str, str]] = (),
) -> dict[str, tuple[Partition, ...]]:
    """Partitions to be read, by connection: sorted, none twice, no connection that nothing names.

    Args:
        engagements: All engagements.
        streams: Connection -> the streams of its connector.
        looked_at: Connections in which engagements are discovered.
        resting: (connection, place) that are not read, since only engagements at rest have them.

    Raises:
        KeyError: An engagement names a connection that is not in ``streams``.
    """
    found: dict[str, set[Partition]] = {name: _fixed(streams[name]) for name in looked_at}
    for engagement in engagements:
        for connection in engagement.connections():
            found.setdefault(connection, set()).update(_fixed(streams[connection]))
        for connection, place in engagement.read_places():
            if (connection, place) not in resting:
                found[connection].update(_of_place(streams[connection], place))
    return {connection: tuple(sorted(partitions)) for connection, partitions in sorted(found.items())}


def needed(engagement: Selected, streams: Mapping[str, Sequence[StreamSpec]]) -> tuple[tuple[str, Partition], ...]:
    """(connection, partition) pairs that the rules rest on for one engagement: those whose age counts.

    Sorted, none twice.

    Raises:
        KeyError: It names a connection that is not in ``streams``.
    """
    found = {
        (connection, partition)
        for connection in {engagement.record_connection, *(s.connection for s in engagement.scope)}
        for partition in _fixed(streams[connection])
        if partition.stream not in NO_RULE_RESTS_ON
    }
    for connection, place in engagement.read_places():
        found.update((connection, p) for p in _of_place(streams[connection], place))
    return tuple(sorted(found))


def shared_places(engagements: Iterable[Selected]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(connection, place) -> keys of all engagements that have it, sorted without regard to case."""
    found: dict[tuple[str, str], set[str]] = {}
    for engagement in engagements:
        for place in engagement.read_places():
            found.setdefault(place, set()).add(engagement.key)
    return {place: tuple(sorted(keys, key=lambda key: (key.casefold(), key))) for place, keys in sorted(found.items())}


def anchored_places(engagements: Iterable[Selected], connection: str) -> frozenset[str]:
    """Places of a connection that have an anchor: only there records are created and statuses shown."""
    return frozenset(p.place for e in engagements for p in e.places if p.connection == connection and p.anchor)


def used_places(engagements: Iterable[Selected], connection: str) -> tuple[str, ...]:
    """All places of a connection that are read for engagements, in their order, none twice."""
    return tuple(dict.fromkeys(place for e in engagements for name, place in e.read_places() if name == connection))


def named_anchors(engagements: Iterable[Selected]) -> frozenset[tuple[str, str]]:
    """(connection, folded key) of every record that is configured as an anchor."""
    return frozenset((p.connection, p.anchor.strip().casefold()) for e in engagements for p in e.places if p.anchor)


def _fixed(streams: Sequence[StreamSpec]) -> set[Partition]:
    return {Partition(stream=s.name, key=s.fixed_partition) for s in streams if not s.per_place}


def _of_place(streams: Sequence[StreamSpec], place: str) -> set[Partition]:
    return {Partition(stream=s.name, key=place) for s in streams if s.per_place}

"""Which partitions of which connections the configured engagements need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.port import Partition, StreamSpec

NO_RULE_RESTS_ON = frozenset({"accounts", "users", "risks"})
"""Streams of an engagement's record connection that are read for names and for write-back only.

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
class Selected:
    """One configured engagement.

    Attributes:
        key: Engagement key.
        record_connection: Connection that holds its commercial record.
        record_key: Key of that record there.
        places: Its places, in the order of the configuration.
    """

    key: str
    record_connection: str
    record_key: str
    places: tuple[PlaceRef, ...]


def wanted(
    engagements: Iterable[Selected], streams: Mapping[str, Sequence[StreamSpec]]
) -> dict[str, tuple[Partition, ...]]:
    """Partitions to be read, by connection: sorted, none twice, no connection that no engagement names.

    Args:
        engagements: All configured engagements.
        streams: Connection -> the streams of its connector.

    Raises:
        KeyError: An engagement names a connection that is not in ``streams``.
    """
    found: dict[str, set[Partition]] = {}
    for engagement in engagements:
        for connection in {engagement.record_connection, *(p.connection for p in engagement.places)}:
            found.setdefault(connection, set()).update(_fixed(streams[connection]))
        for place in engagement.places:
            found[place.connection].update(_of_place(streams[place.connection], place.place))
    return {connection: tuple(sorted(partitions)) for connection, partitions in sorted(found.items())}


def needed(engagement: Selected, streams: Mapping[str, Sequence[StreamSpec]]) -> tuple[tuple[str, Partition], ...]:
    """(connection, partition) pairs that the rules rest on for one engagement: those whose age counts.

    Sorted, none twice.

    Raises:
        KeyError: It names a connection that is not in ``streams``.
    """
    found = {
        (engagement.record_connection, partition)
        for partition in _fixed(streams[engagement.record_connection])
        if partition.stream not in NO_RULE_RESTS_ON
    }
    for place in engagement.places:
        found.update((place.connection, p) for p in _of_place(streams[place.connection], place.place))
    return tuple(sorted(found))


def shared_places(engagements: Iterable[Selected]) -> dict[tuple[str, str], tuple[str, ...]]:
    """(connection, place) -> keys of all engagements that have it, sorted without regard to case."""
    found: dict[tuple[str, str], set[str]] = {}
    for engagement in engagements:
        for place in engagement.places:
            found.setdefault((place.connection, place.place), set()).add(engagement.key)
    return {place: tuple(sorted(keys, key=lambda key: (key.casefold(), key))) for place, keys in sorted(found.items())}


def anchored_places(engagements: Iterable[Selected], connection: str) -> frozenset[str]:
    """Places of a connection that have an anchor: only there records are created and statuses shown."""
    return frozenset(p.place for e in engagements for p in e.places if p.connection == connection and p.anchor)


def named_anchors(engagements: Iterable[Selected]) -> frozenset[tuple[str, str]]:
    """(connection, folded key) of every record that is configured as an anchor."""
    return frozenset((p.connection, p.anchor.strip().casefold()) for e in engagements for p in e.places if p.anchor)


def _fixed(streams: Sequence[StreamSpec]) -> set[Partition]:
    return {Partition(stream=s.name, key=s.fixed_partition) for s in streams if not s.per_place}


def _of_place(streams: Sequence[StreamSpec], place: str) -> set[Partition]:
    return {Partition(stream=s.name, key=place) for s in streams if s.per_place}

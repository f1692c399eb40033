"""Reads all that the engagements need: their records first, which tell what engagements there are, and which rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from sqlalchemy.orm import Session

from connectors.core.port import Clock, Partition, StreamSpec
from mapping.model import Engagement, Stage
from sync.engine.live import Live, Progress, RunContext
from sync.engine.pull import PullReport, PullSettings, joined, pull
from sync.selection import Selected, shared_places, wanted
from sync.store.database import Store
from sync.store.model import entities, fold

Enlist = Callable[[], tuple[Sequence[Selected], Mapping[str, Live]]]
"""The engagements by what is stored now, and the live connections that know their anchored places."""


def read_all(
    store: Store,
    enlist: Enlist,
    looked_at: Collection[str],
    streams: Mapping[str, Sequence[StreamSpec]],
    clock: Clock,
    run: RunContext,
    settings: PullSettings,
    progress: Progress,
) -> PullReport:
    """Pull the records of engagements and what lies beside them, then the places (see ``sync.engine.pull.pull``).

    A place that only closed engagements have is not read: they are at rest. When one is opened again, its place is read
    from where its cursor stands.

    Args:
        store: Where to.
        enlist: Called before anything is read, and again when the records of engagements are read.
        looked_at: Connections in which engagements are discovered.
        streams: Connection -> the streams of its connector.
        clock: Time.
        run: The run.
        settings: How.
        progress: Who shows how far it is.
    """
    engagements, connections = enlist()
    holding = {*looked_at, *(one.record_connection for one in engagements)}
    places = {(name, spec.name) for name in holding for spec in streams[name] if spec.per_place}
    records = {
        name: tuple(p for p in partitions if (name, p.stream) not in places)
        for name, partitions in wanted(engagements, streams, looked_at=looked_at).items()
        if name in holding
    }
    first = pull(store, connections, records, shared_places(engagements), clock, run, settings, progress)
    engagements, connections = enlist()
    with store.unit_of_work() as session:
        partitions = read_of(session, engagements, looked_at, streams)
    rest = {name: tuple(p for p in all_ if p not in records.get(name, ())) for name, all_ in partitions.items()}
    rest = {name: parts for name, parts in rest.items() if parts}
    return joined([first, pull(store, connections, rest, shared_places(engagements), clock, run, settings, progress)])


def read_of(
    session: Session,
    engagements: Sequence[Selected],
    looked_at: Collection[str],
    streams: Mapping[str, Sequence[StreamSpec]],
) -> dict[str, tuple[Partition, ...]]:
    """What a run reads, by connection: all that is wanted, but for what only engagements at rest have."""
    return wanted(engagements, streams, looked_at=looked_at, resting=resting_places(session, engagements))


def resting_places(session: Session, engagements: Iterable[Selected]) -> frozenset[tuple[str, str]]:
    """(connection, place) that are named by engagements whose records say that they are closed, and by no other."""
    records = entities(session, Engagement)
    at_rest = {(e.ref.partition(":")[0], fold(e.key)) for e in records if e.stage is Stage.CLOSED}
    open_: set[tuple[str, str]] = set()
    closed: set[tuple[str, str]] = set()
    for engagement in engagements:
        over = (engagement.record_connection, fold(engagement.record_key)) in at_rest
        (closed if over else open_).update(engagement.read_places())
    return frozenset(closed - open_)

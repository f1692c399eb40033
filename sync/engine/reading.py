"""Reads all that the engagements need: their records first, so that it is known which of them are closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from connectors.core.port import Clock, Partition, StreamSpec
from mapping.model import Engagement, Stage
from sync.engine.live import Live, Progress, RunContext
from sync.engine.pull import PullReport, PullSettings, joined, pull
from sync.selection import Selected, shared_places, wanted
from sync.store.database import Store
from sync.store.model import entities, fold
from sync.store.partitions import partition_rows

_ASK_AGAIN = timedelta(days=1)
"""A place of closed engagements alone that could not be read is asked for no sooner: they are at rest."""


def read_all(
    store: Store,
    connections: Mapping[str, Live],
    engagements: Sequence[Selected],
    streams: Mapping[str, Sequence[StreamSpec]],
    clock: Clock,
    run: RunContext,
    settings: PullSettings,
    progress: Progress,
) -> PullReport:
    """Pull the connections that hold engagements' records, then the others (see ``sync.engine.pull.pull``).

    A place that only closed engagements have, and that could not be read within the last day, is not asked for.
    """
    partitions = wanted(engagements, streams)
    of_records = {engagement.record_connection for engagement in engagements}
    shared = shared_places(engagements)
    reports = []
    for names in (of_records, partitions.keys() - of_records):
        with store.unit_of_work() as session:
            resting = resting_places(session, engagements)
            left_out = _unreadable(session, resting, run)
        part = {n: tuple(p for p in partitions[n] if (n, p) not in left_out) for n in sorted(names)}
        closed = replace(settings, resting=resting)
        reports.append(pull(store, connections, part, shared, clock, run, closed, progress))
    return joined(reports)


def resting_places(session: Session, engagements: Iterable[Selected]) -> frozenset[tuple[str, str]]:
    """(connection, place) that are named by engagements whose records say that they are closed, and by no other."""
    records = entities(session, Engagement)
    at_rest = {(e.ref.partition(":")[0], fold(e.key)) for e in records if e.stage is Stage.CLOSED}
    open_: set[tuple[str, str]] = set()
    closed: set[tuple[str, str]] = set()
    for engagement in engagements:
        over = (engagement.record_connection, fold(engagement.record_key)) in at_rest
        (closed if over else open_).update((p.connection, p.place) for p in engagement.places)
    return frozenset(closed - open_)


def _unreadable(
    session: Session, resting: frozenset[tuple[str, str]], run: RunContext
) -> frozenset[tuple[str, Partition]]:
    """Partitions of resting places that could not be read of late."""
    return frozenset(
        (connection, partition)
        for (connection, partition), row in partition_rows(session).items()
        if (connection, partition.key) in resting
        and row.error
        and row.error_at is not None
        and run.now - row.error_at < _ASK_AGAIN
    )

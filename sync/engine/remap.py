"""Maps the stored records again after the mapping changed, without a request; or only looks what that would do."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.core.port import Catalog, Clock, Partition
from sync.engine.difference import Difference
from sync.engine.intake import Intake
from sync.engine.live import Live, Progress, RunContext
from sync.engine.lock import single_run
from sync.engine.summary import Summary
from sync.engine.unfetched import Unfetched, requests_to_read, unfetched
from sync.store import runs
from sync.store.database import Store
from sync.store.partitions import load_catalog
from sync.store.touching import Shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Remapped:
    """What became of the stored records, or would.

    Attributes:
        connections: Connection -> the difference, where there were records to be mapped again.
        unfetched: What was read without fields that the mapping wants: these partitions do not count as completely
            read until they have been read again.
        requests: Connection -> about how many requests that takes; None: its connector does not tell.
    """

    connections: Mapping[str, Difference] = field(default_factory=dict)
    unfetched: tuple[Unfetched, ...] = ()
    requests: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records were mapped."""
        return sum(found.records for found in self.connections.values())


def remap(
    store: Store,
    connections: Mapping[str, Live],
    catalogs: Mapping[str, Catalog],
    shared: Shared,
    run: RunContext,
    progress: Progress,
    *,
    save: bool = True,
) -> dict[str, Difference]:
    """Map what another mapping mapped, connection by connection (see ``Intake.remap``); those without any left out.

    A connection without a catalog was never read.
    """
    found = {}
    for name, catalog in sorted(catalogs.items()):
        difference = Intake(connections[name], catalog, run, shared).remap(store, progress, save=save)
        if difference.records:
            found[name] = difference
    return found


class Remap:
    """The stored records of all connections. Not shared between threads; makes no request.

    Args:
        store: Where they are.
        connections: The connections by name.
        shared: (connection, place) -> keys of the engagements that have it (``sync.selection.shared_places``).
        wanted: Connection -> what is read of it.
        clock: Time.
        progress: Who shows how far it is.
    """

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Live],
        shared: Shared,
        wanted: Mapping[str, Sequence[Partition]],
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._store = store
        self._connections = connections
        self._shared = shared
        self._wanted = wanted
        self._clock = clock
        self._progress = progress

    def look(self) -> Remapped:
        """What mapping again would do; nothing is changed.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with single_run(self._store):
            return self._remapped(RunContext(id="", now=self._clock.now()), save=False)

    def run(self) -> tuple[Remapped, Summary]:
        """Map again. Killed at any instruction, the rest comes when it is asked for again, or with the next sync.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        began = self._clock.monotonic()
        with single_run(self._store):
            run = RunContext(id=uuid.uuid4().hex[:12], now=self._clock.now())
            with self._store.unit_of_work() as session:
                runs.start_run(session, run.id, "remap", run.now)
                session.commit()
            found = self._remapped(run, save=True)
            summary = Summary(
                run=run.id,
                command="remap",
                started=run.now,
                duration_s=self._clock.monotonic() - began,
                remapped=found.connections,
            )
            with self._store.unit_of_work() as session:
                runs.finish_run(session, run.id, summary.to_json(), self._clock.now())
                session.commit()
        return found, summary

    def _remapped(self, run: RunContext, *, save: bool) -> Remapped:
        with self._store.unit_of_work() as session:
            stored = {name: load_catalog(session, name) for name in self._connections}
        catalogs = {name: one.catalog for name, one in stored.items() if one is not None}
        found = remap(self._store, self._connections, catalogs, self._shared, run, self._progress, save=save)
        with self._store.unit_of_work() as session:
            lacking = {
                name: unfetched(session, live, frozenset(self._wanted.get(name, ())))
                for name, live in sorted(self._connections.items())
            }
        return Remapped(
            connections=found,
            unfetched=tuple(one for several in lacking.values() for one in several),
            requests={
                name: requests_to_read(self._connections[name], several) for name, several in lacking.items() if several
            },
        )

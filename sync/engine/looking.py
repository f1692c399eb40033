"""Once a day, looks by their ids for the records that syncline made: most tools do not tell what somebody deleted."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from connectors.core.errors import ConnectorError
from connectors.core.port import Catalog
from sync.engine.guard import guarded
from sync.engine.intake import Intake, looks_emptied
from sync.engine.live import Live, RunContext
from sync.engine.summary import Note
from sync.plan.types import Brake, BrakeKind
from sync.store.database import Store
from sync.store.looks import last_look, made_and_live, note_look
from sync.store.touching import Shared

_LOG = logging.getLogger(__name__)
_EVERY = timedelta(days=1)
MADE = "made"
"""Stands for a partition where ``--accept-emptied`` names what syncline made: ``connection:stream:made``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found out.

    Attributes:
        gone: How many records are there no longer.
        failed: Connections that could not be asked.
        brakes: Connections of which so much is gone at once that a person must say whether it is true.
    """

    gone: int = 0
    failed: tuple[Note, ...] = ()
    brakes: tuple[Brake, ...] = ()


def look_for_made(
    store: Store,
    connections: Mapping[str, Live],
    catalogs: Mapping[str, Catalog],
    shared: Shared,
    run: RunContext,
    accept_emptied: Collection[str],
) -> Looked:
    """Read the records that were made on each connection by their ids, when that was not done for a day.

    What is not found is marked as gone; so is what is hidden from our login alone, and before it is made again it is
    looked for once more. Nothing is asked of a place that cannot be read, and on the first day of a connection.
    """
    found = []
    for name, live in sorted(connections.items()):
        catalog = catalogs.get(name)
        if catalog is None or live.connector.writer is None or not _due(store, name, run):
            continue
        intake = Intake(live, catalog, run, shared)
        try:
            found.append(_look(store, live, catalog, intake, accept_emptied))
        except ConnectorError as error:
            found.append(Looked(failed=(Note(place=name, message=f"what was made could not be looked for: {error}"),)))
            continue
        if not found[-1].brakes:
            with store.unit_of_work() as session:
                note_look(session, name, run.now)
                session.commit()
    return Looked(
        gone=sum(one.gone for one in found),
        failed=tuple(note for one in found for note in one.failed),
        brakes=tuple(brake for one in found for brake in one.brakes),
    )


def _due(store: Store, name: str, run: RunContext) -> bool:
    with store.unit_of_work() as session:
        last = last_look(session, name)
        if last is None:
            note_look(session, name, run.now)
            session.commit()
        return last is not None and not timedelta(0) <= run.now - last < _EVERY


def _look(store: Store, live: Live, catalog: Catalog, intake: Intake, accept_emptied: Collection[str]) -> Looked:
    with store.unit_of_work() as session:
        made = made_and_live(session, live.name)
    gone = 0
    brakes = []
    for stream, ids in made.items():
        with guarded(live.name, "looking for what was made"):
            found = live.connector.reader.fetch(stream, ids, live.fields(stream, catalog), catalog)
        lost = [id_ for id_ in ids if found.get(id_) is None]
        place = f"{live.name}:{stream}:{MADE}"
        if looks_emptied(len(ids) - len(lost), len(ids)) and place not in accept_emptied:
            brakes.append(_emptied(live.name, place, len(lost), len(ids)))
            continue
        with store.unit_of_work() as session:
            intake.fetched(session, stream, {id_: found.get(id_) for id_ in ids})
            session.commit()
        gone += len(lost)
        if lost:
            _LOG.warning("%s of what was made is gone", len(lost), extra={"connection": live.name, "ids": lost})
    return Looked(gone=gone, brakes=tuple(brakes))


def _emptied(connection: str, place: str, lost: int, made: int) -> Brake:
    return Brake(
        kind=BrakeKind.SOURCE_EMPTIED,
        connection=connection,
        message=f"{lost} of {made} records that syncline made there are not shown any more; their last state is kept",
        mend=f"look whether syncline's login still sees them; if they really were deleted: --accept-emptied {place}",
    )

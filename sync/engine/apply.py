"""Carries a plan out: intents into the outbox, out to the tools, verified, read back: the next plan is empty."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.core.errors import ConnectorError
from connectors.core.port import Catalog, Clock, Record
from sync.engine.courier import Courier, Intent, intent_of
from sync.engine.guard import guarded
from sync.engine.intake import Intake
from sync.engine.live import Live, Progress, RunContext
from sync.engine.summary import Note
from sync.plan.types import Brake, BrakeKind, Plan, PlannedWrite
from sync.store import outbox
from sync.store.database import Store
from sync.store.outbox import State
from sync.store.records import Stamp, chunks
from sync.store.tables import OutboxRow
from sync.store.touching import Shared

_LOG = logging.getLogger(__name__)
_LOOK_AHEAD = (
    100  # writes looked at together before they are sent: a request's worth, so that little time passes between
)
_FAILED = (State.FAILED.value, State.REFUSED.value, State.STALE.value, State.AMBIGUOUS.value, State.SENDING.value)
_HELD = (State.WAITING.value, State.DROPPED.value, State.PLANNED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplySettings:
    """How a plan is carried out.

    Attributes:
        max_writes: A plan of more writes needs its brake lifted; and no run sends more.
        settle_s: How long a request that was cut off may still take effect, in seconds from its sending. The default is
            longer than a server takes for one write that it has already received.
    """

    max_writes: int = 500
    settle_s: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyReport:
    """What became of a plan.

    Attributes:
        writes: Connection -> writes that were sent and had effect.
        failed: Writes that did not end well, and connections that could not be read back.
        held: Writes that were not sent, with the reason.
        brakes: What stopped some or all of it.
        remade: What was made again in place of a record that somebody had deleted.
    """

    writes: Mapping[str, int] = field(default_factory=dict)
    failed: tuple[Note, ...] = ()
    held: tuple[Note, ...] = ()
    brakes: tuple[Brake, ...] = ()
    remade: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What applying needs beside the plan.

    Attributes:
        store: The outbox's store.
        connections: The live connections by name.
        catalogs: Connection -> what its tool can hold; a connection without one is not written to.
        shared: (connection, place) -> keys of the configured engagements that have it.
        clock: Time.
        run: The run.
        settings: How.
        progress: Who shows how far it is.
    """

    store: Store
    connections: Mapping[str, Live]
    catalogs: Mapping[str, Catalog]
    shared: Shared
    clock: Clock
    run: RunContext
    settings: ApplySettings
    progress: Progress


def recover(desk: Desk) -> tuple[Note, ...]:
    """Find out what became of the intents of runs that died, and read back what they wrote. No request if none died.

    To be called before anything is planned: the plan must know what was made. May itself die anywhere and be repeated.

    Returns:
        What is still not known.
    """
    with desk.store.unit_of_work() as session:
        dropped = outbox.drop_left_planned(session, desk.run.now)
        session.commit()
    notes: list[Note] = []
    for name, live in sorted(desk.connections.items()):
        with desk.store.unit_of_work() as session:
            unknown = outbox.of_unknown_effect(session, name)
        if unknown or dropped:
            _LOG.info("recovering", extra={"connection": name, "unknown": len(unknown), "dropped": dropped})
        courier = _courier(desk, live, frozenset())
        if unknown and courier is not None:
            courier.recover([intent_of(row) for row in unknown])
        notes += _read_back(desk, live)[0]
        with desk.store.unit_of_work() as session:
            notes += [_note(row) for row in outbox.of_unknown_effect(session, name)]
    return tuple(notes)


def apply(desk: Desk, plan: Plan) -> ApplyReport:
    """Make the writes of a plan, in its order. A plan may be applied again: what is already so is not sent.

    A write whose target has changed since the plan is not sent (stale). A write that fails stops only its own record:
    later writes of that record wait. Connections that a brake of the plan names are not written to.
    """
    brakes = standing_brakes(desk, plan)
    braked = {brake.connection for brake in brakes}
    free = [p for p in plan.writes if not braked & {"", p.write.connection}]
    within, beyond = free[: desk.settings.max_writes], free[desk.settings.max_writes :]
    intents = _put(desk, plan, within)
    notes: list[Note] = []
    counts: dict[str, int] = {}
    desk.progress.start("apply", len(within))
    try:
        for name in dict.fromkeys(i.write.connection for i in intents):
            own = [i for i in intents if i.write.connection == name]
            counts[name], found = _deliver(desk, name, own)
            notes += found
    finally:
        desk.progress.done("apply")
    with desk.store.unit_of_work() as session:
        rows = outbox.of_run(session, desk.run.id)
        remade = tuple(_remade(row, lost) for row, lost in outbox.made_again(session, desk.run.id))
    over = f"a run makes at most {desk.settings.max_writes} writes; the next run goes on"
    return ApplyReport(
        writes={name: count for name, count in counts.items() if count},
        failed=(*(_note(row) for row in rows if row.state in _FAILED), *notes),
        held=(
            *(_note(row) for row in rows if row.state in _HELD),
            *(Note(place=p.write.id, message=f"{p.target_key}: {over}") for p in beyond),
        ),
        brakes=brakes,
        remade=remade,
    )


def standing_brakes(desk: Desk, plan: Plan) -> tuple[Brake, ...]:
    """The brakes of a plan that nobody has lifted since it was made."""

    def lifted(brake: Brake) -> bool:
        if brake.kind is BrakeKind.FIRST_WRITE:
            live = desk.connections.get(brake.connection)
            return live is not None and live.first_write_approved
        return brake.kind is BrakeKind.LARGE_PLAN and len(plan.writes) <= desk.settings.max_writes

    return tuple(brake for brake in plan.brakes if not lifted(brake))


def _put(desk: Desk, plan: Plan, writes: Sequence[PlannedWrite]) -> list[Intent]:
    with desk.store.unit_of_work() as session:
        rows = outbox.put(session, writes, plan.id, Stamp(now=desk.run.now, run=desk.run.id))
        session.commit()
    return [Intent(seq=row.seq, target=row.target, planned=p) for row, p in zip(rows, writes, strict=True)]


def _deliver(desk: Desk, name: str, intents: Sequence[Intent]) -> tuple[int, list[Note]]:
    live = desk.connections.get(name)
    with desk.store.unit_of_work() as session:
        blocked = frozenset(row.target for row in outbox.of_unknown_effect(session, name))
    courier = None if live is None else _courier(desk, live, blocked)
    if live is None or courier is None:
        with desk.store.unit_of_work() as session:
            for intent in intents:
                outbox.end(
                    session, intent.seq, State.REFUSED, desk.clock.now(), message=f"{name} cannot be written to now"
                )
            session.commit()
        return 0, []
    for part in chunks(intents, _LOOK_AHEAD):
        courier.deliver(part)
        desk.progress.advance("apply", len(part))
    notes = [] if courier.stopped is None else [Note(place=name, message=str(courier.stopped))]
    unread, records = _read_back(desk, live)
    return len(courier.done), [*notes, *_verify(desk, name, courier, records), *unread]


def _courier(desk: Desk, live: Live, blocked: frozenset[str]) -> Courier | None:
    writer, catalog = live.connector.writer, desk.catalogs.get(live.name)
    if writer is None or catalog is None:
        return None
    return Courier(
        desk.store,
        writer,
        live.mapper,
        catalog,
        desk.clock,
        settle_s=desk.settings.settle_s,
        blocked=blocked,
    )


def _verify(desk: Desk, name: str, courier: Courier, records: Mapping[int, Record]) -> list[Note]:
    """Compare all that was written with the records read since, or with the tool; name what shows something else."""
    try:
        wrong = courier.verify(records)
    except ConnectorError as error:
        return [Note(place=name, message=f"what was written could not be verified: {error}")]
    message = "it was written, and the tool shows something else now"
    with desk.store.unit_of_work() as session:
        for intent in wrong:
            outbox.note(session, intent.seq, message)
        session.commit()
    return [Note(place=i.write.id, message=f"{i.planned.target_key}: {message}") for i in wrong]


def _read_back(desk: Desk, live: Live) -> tuple[list[Note], dict[int, Record]]:
    """Read written records once for each stream and store them as heads, so that the next plan sees them.

    Returns:
        What could not be read, and the records by the ``seq`` of the intents that wrote them.
    """
    with desk.store.unit_of_work() as session:
        rows = outbox.not_fetched(session, live.name)
    catalog = desk.catalogs.get(live.name)
    if not rows or catalog is None:
        return [], {}
    intake = Intake(live, catalog, desk.run, desk.shared)
    notes: list[Note] = []
    read: dict[int, Record] = {}
    for stream in sorted({row.stream for row in rows}):
        own = [row for row in rows if row.stream == stream]
        ids = list(dict.fromkeys(row.record_id for row in own))
        try:
            with guarded(live.name, "reading back"):
                found = live.connector.reader.fetch(stream, ids, live.fields(stream, catalog), catalog)
        except ConnectorError as error:
            notes.append(
                Note(place=f"{live.name}:{stream}", message=f"what was written could not be read back: {error}")
            )
            continue
        with desk.store.unit_of_work() as session:
            intake.fetched(session, stream, found)
            outbox.mark_fetched(session, [row.seq for row in own])
            session.commit()
        read.update({row.seq: record for row in own if (record := found.get(row.record_id)) is not None})
    return notes, read


def _remade(row: OutboxRow, lost: str) -> Note:
    key = row.record_key or row.record_id
    new, old = ("", "its record") if key == row.identity else (f" as {key}", lost)
    message = f"{row.identity} was made again{new}, since {old} was deleted in the tool"
    return Note(place=f"{row.connection}:{row.stream}:{row.record_id}", message=message)


def _note(row: OutboxRow) -> Note:
    key = outbox.planned(row).target_key or row.record_key or row.target
    return Note(place=row.write, message=f"{key}: {row.message or row.state}")

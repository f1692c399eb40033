"""One run as a whole: recover, pull, reconcile, plan, apply; single, noted in the store, and summed up."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from connectors.core.errors import ConnectorError
from connectors.core.port import Catalog, Clock, StreamSpec
from sync.discovery import Discovery
from sync.engine.apply import ApplyReport, ApplySettings, Desk, apply, recover
from sync.engine.intake import mapping_hash
from sync.engine.live import Live, Progress, RunContext
from sync.engine.lock import single_run
from sync.engine.looking import Looked, look_for_made
from sync.engine.planning import make_plan, plan_input, take_over
from sync.engine.pull import PullReport, PullSettings, get_catalog
from sync.engine.reading import read_all
from sync.engine.reconcile import Portfolio, ReconcileReport, reconcile_changed
from sync.engine.remap import remap
from sync.engine.roster import Register
from sync.engine.summary import Note, Reads, Summary
from sync.plan.codec import PlanFormatError, from_json, to_json
from sync.plan.draft import GO_ON
from sync.plan.inputs import PlanInput, PlanSettings
from sync.plan.types import Brake, BrakeKind, Plan
from sync.reconcile.settings import ReconcileSettings
from sync.selection import Selected, anchored_places, shared_places, used_places
from sync.store import runs
from sync.store.adopted import save_agreed
from sync.store.codec import encode
from sync.store.database import Store
from sync.store.partitions import doubt_catalog, load_catalog
from sync.store.types import digest
from sync.store.witness import Witness

_ANY_AGE = timedelta.max
_REALLY_PLAN = timedelta(hours=1)  # far below the age (a day) at which a text is renewed


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """The settings of all parts."""

    pull: PullSettings = field(default_factory=PullSettings)
    reconcile: ReconcileSettings = field(default_factory=ReconcileSettings)
    plan: PlanSettings = field(default_factory=PlanSettings)
    apply: ApplySettings = field(default_factory=ApplySettings)


@dataclass(slots=True, kw_only=True)
class _Run:
    """What one run has gathered so far."""

    context: RunContext
    command: str
    began: float
    requests: dict[str, int]
    recovered: tuple[Note, ...] = ()
    pulled: PullReport = field(default_factory=PullReport)
    looked: Looked = field(default_factory=Looked)
    reconciled: ReconcileReport = field(default_factory=ReconcileReport)
    applied: ApplyReport = field(default_factory=ApplyReport)
    plan: Plan | None = None
    adopted: int = 0
    older: bool = False
    summary: Summary | None = None


class Engine:
    """Runs the parts on one store. Not shared between threads.

    Args:
        store: What is remembered.
        connections: The live connections by name; every connection that an engagement names.
        engagements: The engagements that the configuration names.
        clock: Time.
        settings: How.
        progress: Who shows how far it is.
        witness: What tells that the store is an older copy of itself, or None.
        discoveries: What tells of further engagements.
    """

    def __init__(
        self,
        store: Store,
        connections: Mapping[str, Live],
        engagements: Sequence[Selected],
        clock: Clock,
        settings: EngineSettings,
        progress: Progress,
        witness: Witness | None = None,
        discoveries: Sequence[Discovery] = (),
    ) -> None:
        self._witness = witness
        self._register = Register(store, engagements, discoveries, settings.pull.accept_emptied)
        self._store = store
        self._connections = dict(connections)
        self._clock = clock
        self._settings = settings
        self._progress = progress
        self._streams: Mapping[str, Sequence[StreamSpec]] = {name: live.streams for name, live in connections.items()}

    @property
    def _engagements(self) -> Sequence[Selected]:
        return self._register.roster.engagements

    @property
    def _shared(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        return shared_places(self._engagements)

    def sync(self) -> Summary:
        """Pull, reconcile, plan and apply, once.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with self._run("sync") as run:
            self._read(run)
            catalogs = self._catalogs(run.pulled.catalogs, run.pulled.down)
            run.plan = self._braked(run, self._plan_if_needed(run, catalogs))
            self._remember_agreed(run.plan, run.context)
            self._doubt_catalogs(run.plan)
            run.applied = apply(self._desk(run, catalogs), run.plan)
        return _summed(run)

    def pull(self) -> Summary:
        """Find out what became of earlier writes, read, map and reconcile; nothing is written to a tool.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with self._run("pull") as run:
            self._read(run)
        return _summed(run)

    def plan(self) -> tuple[Plan, Summary]:
        """Map and reconcile what is stored, and plan. No request, save for a catalog that was never had.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with self._run("plan") as run:
            catalogs = self._catalogs({})
            found = remap(self._store, self._connections, catalogs, self._shared, run.context, self._progress)
            run.pulled = PullReport(remapped=found)
            run.reconciled = reconcile_changed(self._store, self._portfolio(catalogs), run.context, self._progress)
            plan = run.plan = self._braked(run, self._plan(run, catalogs))
            self._doubt_catalogs(plan)
        return plan, _summed(run)

    def apply(self, plan: Plan) -> Summary:
        """Carry out a plan that was made earlier: what has changed since is refused.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with self._run("apply") as run:
            catalogs = self._catalogs({})
            desk = self._desk(run, catalogs)
            run.plan = self._braked(run, plan)
            run.recovered = recover(desk)
            run.applied = apply(desk, run.plan)
        return _summed(run)

    def adopt(self) -> Summary:
        """Read everything, and take what bears a mark of syncline as written by this store, as it is shown now.

        The remedy when the store is older than what it wrote, or another installation's records are to be taken over:
        afterwards no brake stands against them. Nothing is written to a tool. May be repeated.

        Raises:
            AlreadyRunningError: Another run is under way on this store.
        """
        with self._run("adopt") as run:
            self._read(run)
            catalogs = self._catalogs(run.pulled.catalogs, run.pulled.down)
            found = take_over(self._store, self._given(run, catalogs))
            run.adopted = len(found.agreed)
            if self._witness is not None and not run.pulled.down:
                self._witness.note(self._store.instance, run.context.id)
        return _summed(run)

    def _braked(self, run: _Run, plan: Plan) -> Plan:
        """The plan, stopped as a whole when the store is an older copy of itself."""
        if not run.older:
            return plan
        brake = Brake(
            kind=BrakeKind.OLDER_STORE,
            connection="",
            message=f"{self._store.name} does not know the run that used it last: it is an older copy of the store",
            mend=f"bring the newest copy back; or, if there is none: {GO_ON}",
        )
        return replace(plan, brakes=(brake, *plan.brakes))

    def _remember_agreed(self, plan: Plan, context: RunContext) -> None:
        """What is shown as we want it is our base from now on; not while anything says that we do not know our own."""
        unsure = {b.connection for b in plan.brakes if b.kind in (BrakeKind.OLDER_STORE, BrakeKind.OTHER_INSTANCE)}
        agreed = [a for a in plan.agreed if not unsure & {"", a.connection}]
        if agreed:
            with self._store.unit_of_work() as session:
                save_agreed(session, agreed, context.now)
                session.commit()

    def _doubt_catalogs(self, plan: Plan) -> None:
        """A catalog that keeps a write from being planned is asked for again at the next run.

        A right that was given, or a field that was made, since it was taken is then seen at once, and not a day later.
        """
        lacking = sorted({one.connection for one in plan.held if one.by_catalog})
        if lacking:
            with self._store.unit_of_work() as session:
                for name in lacking:
                    doubt_catalog(session, name)
                session.commit()

    @contextmanager
    def _run(self, command: str) -> Iterator[_Run]:
        with single_run(self._store):
            context = RunContext(id=uuid.uuid4().hex[:12], now=self._clock.now())
            requests = {name: live.requests() for name, live in self._connections.items()}
            for live in self._connections.values():
                live.renew()
            older = self._witness is not None and self._witness.contradicts(self._store)
            began = self._clock.monotonic()
            run = _Run(context=context, command=command, began=began, requests=requests, older=older)
            self._enlist()
            with self._store.unit_of_work() as session:
                runs.start_run(session, context.id, command, context.now)
                session.commit()
            if self._witness is not None and not older:
                self._witness.note(self._store.instance, context.id)
            yield run
            run.summary = self._sum_up(run)
            with self._store.unit_of_work() as session:
                runs.finish_run(session, context.id, run.summary.to_json(), self._clock.now())
                session.commit()

    def _read(self, run: _Run) -> None:
        run.recovered = recover(self._desk(run, self._known_catalogs()))
        pulled = read_all(
            self._store,
            self._enlist,
            self._register.looked_at,
            self._streams,
            self._clock,
            run.context,
            self._settings.pull,
            self._progress,
        )
        run.pulled = self._register.keep(pulled, run.context)
        down, emptied = run.pulled.down, self._settings.pull.accept_emptied
        up = {name: live for name, live in self._connections.items() if name not in down}
        run.looked = look_for_made(self._store, up, run.pulled.catalogs, self._shared, run.context, emptied)
        portfolio = self._portfolio(self._catalogs(run.pulled.catalogs, down))
        run.reconciled = reconcile_changed(self._store, portfolio, run.context, self._progress)

    def _enlist(self) -> tuple[Sequence[Selected], Mapping[str, Live]]:
        """Look which engagements there are by what is stored now."""
        engagements = self._register.look().engagements
        for name, live in self._connections.items():
            self._connections[name] = replace(live, anchored=anchored_places(engagements, name))
        return engagements, self._connections

    def _given(self, run: _Run, catalogs: Mapping[str, Catalog]) -> PlanInput:
        settings = replace(self._settings.plan, max_writes=self._settings.apply.max_writes)
        portfolio, instance = self._portfolio(catalogs), self._store.instance
        with self._store.unit_of_work() as session:
            return plan_input(session, instance, self._connections, catalogs, portfolio, settings, run.context)

    def _plan(self, run: _Run, catalogs: Mapping[str, Catalog]) -> Plan:
        return make_plan(self._store, self._given(run, catalogs))

    def _plan_if_needed(self, run: _Run, catalogs: Mapping[str, Catalog]) -> Plan:
        """The plan; that of the last run, without looking, when it wrote nothing and nothing has changed since.

        So the cost of a quiet cycle does not grow with the store. A plan is really made once an hour even then, because
        a text in a tool may have to be renewed for its age.
        """
        basis, now = self._plan_basis(catalogs), run.context.now
        with self._store.unit_of_work() as session:
            before = runs.settled_before(session, run.context.id)
        quiet = not (run.pulled.changed or run.looked.gone or run.reconciled.reconciled or run.recovered)
        plan, at = None, now
        if quiet and before is not None and before.basis == basis and now - before.at < _REALLY_PLAN:
            plan, at = _kept(before.plan, now), before.at
        if plan is None:
            plan, at = self._plan(run, catalogs), now
        if not (plan.writes or plan.brakes):
            kept = to_json(replace(plan, agreed=()))
            with self._store.unit_of_work() as session:
                runs.note_settled(session, run.context.id, runs.Settled(basis=basis, at=at, plan=kept))
                session.commit()
        return plan

    def _plan_basis(self, catalogs: Mapping[str, Catalog]) -> str:
        """Changes with everything that a plan depends on beside the records, the results and the time."""
        sinks = {
            name: [live.mapper.hash, sorted(live.owned), live.first_write_approved, encode(catalogs.get(name))]
            for name, live in self._connections.items()
        }
        settings = [str(self._settings.plan), self._settings.apply.max_writes]
        return digest([sinks, settings, encode(self._engagements), self._store.instance])

    def _known_catalogs(self) -> dict[str, Catalog]:
        with self._store.unit_of_work() as session:
            stored = {name: load_catalog(session, name) for name in self._connections}
        return {name: found.catalog for name, found in stored.items() if found is not None}

    def _catalogs(self, fresh: Mapping[str, Catalog], down: Collection[str] = ()) -> dict[str, Catalog]:
        """The catalogs at hand; a connection that has none, and cannot give one now, is left out."""
        found = {**self._known_catalogs(), **fresh}
        context = RunContext(id="", now=self._clock.now())
        for name in sorted(self._connections.keys() - found.keys() - set(down)):
            try:
                places = sorted(used_places(self._engagements, name))
                found[name], _error = get_catalog(self._store, self._connections[name], places, context, _ANY_AGE)
            except ConnectorError:
                continue  # named by the pull, or by the writes that cannot be made
        return found

    def _portfolio(self, catalogs: Mapping[str, Catalog]) -> Portfolio:
        lives = [self._connections[name] for name in catalogs]
        return Portfolio(
            engagements=self._engagements,
            streams=self._streams,
            mappings={live.name: mapping_hash(live.mapper, live.streams, catalogs[live.name]) for live in lives},
            settings=self._settings.reconcile,
            whole=not self._register.roster.failed,
        )

    def _desk(self, run: _Run, catalogs: Mapping[str, Catalog]) -> Desk:
        return Desk(
            store=self._store,
            connections=self._connections,
            catalogs=catalogs,
            shared=self._shared,
            clock=self._clock,
            run=run.context,
            settings=self._settings.apply,
            progress=self._progress,
        )

    def _sum_up(self, run: _Run) -> Summary:
        with self._store.unit_of_work() as session:
            held = [Note(place=row.place, message=row.message) for row in runs.held(session, "record")]
        held += self._register.roster.held
        plan = run.plan
        if plan is not None:
            held += [Note(place=f"{h.connection}:{h.target}", message=f"{h.rule}: {h.reason}") for h in plan.held]
        brakes = run.applied.brakes if run.command in ("sync", "apply") else (plan.brakes if plan else ())
        return Summary(
            run=run.context.id,
            command=run.command,
            started=run.context.now,
            duration_s=self._clock.monotonic() - run.began,
            reads={
                name: Reads(
                    records=run.pulled.records.get(name, 0), requests=live.requests() - run.requests.get(name, 0)
                )
                for name, live in self._connections.items()
            },
            writes={name: run.applied.writes.get(name, 0) for name in self._connections},
            reconciled=run.reconciled.reconciled,
            held=(*held, *run.applied.held),
            failed=(
                *run.recovered,
                *run.pulled.failed,
                *run.looked.failed,
                *run.reconciled.failed,
                *run.applied.failed,
            ),
            conflicts=() if plan is None else plan.conflicts,
            brakes=(*run.pulled.brakes, *run.looked.brakes, *brakes),
            down=run.pulled.down,
            remade=run.applied.remade,
            adopted=run.adopted,
            plan="" if plan is None else plan.id,
            planned=0 if plan is None else len(plan.writes),
            remapped=run.pulled.remapped,
        )


def _summed(run: _Run) -> Summary:
    if run.summary is None:
        raise RuntimeError("a run is summed up when it ends")
    return run.summary


def _kept(raw: Any, now: datetime) -> Plan | None:
    """The plan of an earlier run as one of now; None when another release wrote it."""
    try:
        return replace(from_json(raw), made=now)
    except PlanFormatError:
        return None

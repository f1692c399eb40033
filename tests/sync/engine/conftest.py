from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.core.memory import MemoryConnector, MemoryTool
from connectors.core.port import Catalog, FieldInfo, FieldType, Record, StreamSpec, Write, WriteKind
from mapping.model import (
    Access,
    Claim,
    Deliverable,
    DeliverableState,
    Engagement,
    Entity,
    Milestone,
    OwedBy,
    Reference,
    ReferenceKind,
    ScopeBaseline,
    ScopeItem,
    ScopeState,
    Stage,
    WorkClass,
    WorkItem,
    WorkState,
)
from mapping.rules import Rules
from sync.engine.apply import ApplyReport, ApplySettings, Desk, apply, recover
from sync.engine.live import Live, RunContext, Silent
from sync.engine.pull import PullReport, PullSettings, pull
from sync.engine.run import Engine, EngineSettings
from sync.plan.types import Plan, PlannedWrite
from sync.reconcile.identity import short_id
from sync.selection import PlaceRef, Selected, shared_places, wanted
from sync.store import outbox
from sync.store.database import Store
from sync.store.records import load_records

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CRM_STREAMS = tuple(
    StreamSpec(name=name, title=name, per_place=False, fixed_partition=name)
    for name in ("engagements", "baselines", "scope_items", "deliverables", "risks")
)
TRACKER_STREAMS = tuple(StreamSpec(name=name, title=name, per_place=True) for name in ("issues", "versions"))
_FIELDS = {"issues": ("title", "claims", "extra", "status"), "risks": ("title", "status")}


class VirtualClock:
    """Time that passes only when told."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class PlainMapper:
    """Maps the plain fields of the tools of these tests; ``version`` is its hash."""

    version: str = "1"
    names: dict[str, tuple[str, ...]] = field(default_factory=lambda: {"issues": ("title", "claims", "status")})

    @property
    def hash(self) -> str:
        return self.version

    def fields(self, stream: str) -> tuple[str, ...]:
        return self.names.get(stream, ())

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        told = record.payload
        if "broken" in told:
            raise ValueError(f"broken: found {told['broken']!r}, expected nothing")
        make: Callable[..., Entity] | None = _MAKERS.get(record.stream)
        if make is None:
            return ()
        common = {
            "ref": record.ref,
            "key": told.get("key", record.key),
            "url": record.url,
            "access": Access(record.visibility.value),
            "updated": record.updated,
        }
        return (make(record, told, common),)

    def same(self, rule: str, field: str, first: Any, second: Any) -> bool:
        return bool(first == second)

    def shows(self, rule: str, write: Write, record: Record, catalog: Catalog) -> Mapping[str, Any] | None:
        if write.kind is WriteKind.PUT_LINK:
            return None
        if write.kind is WriteKind.ADD_LABEL:
            label = write.values["label"]
            return {"label": label if label in record.payload.get("labels", ()) else None}
        return {name: record.payload.get(name) for name in write.values}


def _ref(record: Record, stream: str, id_: Any) -> str:
    return f"{record.connection}:{stream}:{id_}"


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _engagement(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    return Engagement(
        **common,
        name=told.get("name", ""),
        account_ref=None,
        contract=None,
        stage=Stage(told.get("stage", "active")),
        start=None,
        end=None,
        budget=None,
        manager_ref=None,
    )


def _baseline(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    engagement = _ref(record, "engagements", told["engagement"])
    return ScopeBaseline(**common, engagement_ref=engagement, version=1, signed_on=date(2026, 1, 1))


def _item(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    return ScopeItem(
        **common,
        baseline_ref=_ref(record, "baselines", told["baseline"]),
        title=told.get("title", ""),
        text="",
        due=_day(told.get("due")),
        budget=None,
        acceptance="",
        state=ScopeState.ACTIVE,
    )


def _deliverable(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    tracked = [(ReferenceKind.WORK, told.get("issue")), (ReferenceKind.MILESTONE, told.get("version"))]
    return Deliverable(
        **common,
        engagement_ref=_ref(record, "engagements", told["engagement"]),
        title=told.get("title", ""),
        owed_by=OwedBy.THIRD_PARTY,
        third_party_ref=None,
        promised_for=_day(told.get("promised")),
        needed_by=_day(told.get("needed")),
        delivered_on=None,
        state=DeliverableState.OPEN,
        scope_item_keys=(),
        tracking=tuple(
            Reference(kind=kind, value=value, host=None, field="tracking", text=value)
            for kind, value in tracked
            if value
        ),
    )


def _issue(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    claims = [c.split("/") for c in told.get("claims", [])]
    parent = told.get("parent")
    return WorkItem(
        **common,
        connection=record.connection,
        place=record.partition,
        title=told.get("title", ""),
        work_class=WorkClass(told.get("class", "work")),
        type="Task",
        status="",
        state=WorkState.OPEN,
        parent_ref=_ref(record, "issues", parent) if parent else None,
        parent_key=told.get("parent_key"),
        assignee=None,
        due=_day(told.get("due")),
        billable=None,
        out_of_contract=False,
        engagement_keys=tuple(told.get("engagements", ())),
        claims=tuple(
            Claim(
                engagement_key=c[0] if len(c) == 2 else None,
                item_key=c[-1] if not c[-1].isdigit() else "",
                record_id=c[-1] if c[-1].isdigit() else "",
                field="claims",
                text="/".join(c),
            )
            for c in claims
        ),
        milestone_refs=(),
        labels=tuple(told.get("labels", ())),
        references=(),
        estimate_s=None,
        spent_s=None,
    )


def _version(record: Record, told: Mapping[str, Any], common: Any) -> Entity:
    return Milestone(
        **common, connection=record.connection, place=record.partition, due=_day(told.get("due")), released=None
    )


_MAKERS: dict[str, Callable[..., Entity]] = {
    "engagements": _engagement,
    "baselines": _baseline,
    "scope_items": _item,
    "deliverables": _deliverable,
    "issues": _issue,
    "versions": _version,
}


class Steps:
    """Notes what it is shown."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []

    def start(self, task: str, total: int | None) -> None:
        self.seen.append(("start", task, total or 0))

    def advance(self, task: str, done: int, total: int | None = None) -> None:
        self.seen.append(("advance", task, done))

    def done(self, task: str) -> None:
        self.seen.append(("done", task, 0))


class World:
    """Two tools with two engagements, a store, and what it takes to run the engine on them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = VirtualClock()
        fields = [
            FieldInfo(stream=stream, name=name, id=name, type=FieldType.TEXT)
            for stream, names in _FIELDS.items()
            for name in names
        ]
        self.crm = MemoryTool(clock=self.clock, streams=CRM_STREAMS, fields=fields)
        self.tracker = MemoryTool(clock=self.clock, streams=TRACKER_STREAMS, fields=fields, page_size=5)
        self.mappers = {"crm": PlainMapper(), "tracker": PlainMapper()}
        self.engagements = tuple(
            Selected(
                key=key,
                record_connection="crm",
                record_key=key,
                places=(PlaceRef(connection="tracker", place=place, anchor=f"{place}-1"),),
            )
            for key, place in (("E-1", "ONE"), ("E-2", "TWO"))
        )
        self.runs = 0
        self.progress = Steps()
        self.store = Store(url, now=NOW)

    def reopen(self) -> Store:
        """What a new process does after the old one was killed."""
        self.store.close()
        self.store = Store(self.url, now=self.clock.now())
        return self.store

    def lives(self) -> dict[str, Live]:
        made = {}
        for name, tool in (("crm", self.crm), ("tracker", self.tracker)):
            made[name] = Live(
                name=name,
                connector=MemoryConnector(tool, name),
                streams=tool.streams,
                mapper=self.mappers[name],
                rules=Rules(kind="memory", hash="1", entities=(), outward={}, streams={}),
                owned=frozenset(),
                first_write_approved=True,
                requests=lambda tool=tool: len(tool.log),  # type: ignore[misc]  # the tool is bound on purpose
            )
        return made

    def run(self) -> RunContext:
        self.runs += 1
        return RunContext(id=f"run-{self.runs}", now=self.clock.now())

    def pull(self, **settings: Any) -> PullReport:
        streams = {"crm": CRM_STREAMS, "tracker": TRACKER_STREAMS}
        return pull(
            self.store,
            self.lives(),
            wanted(self.engagements, streams),
            shared_places(self.engagements),
            self.clock,
            self.run(),
            PullSettings(**settings),
            Silent(),
        )

    def engine(self, **settings: Any) -> Engine:
        return Engine(self.store, self.lives(), self.engagements, self.clock, EngineSettings(**settings), self.progress)

    def seed(self) -> None:
        """Two engagements with a baseline and two items each; an anchor and three issues in each place."""
        for n, (key, place) in enumerate((("E-1", "ONE"), ("E-2", "TWO")), start=1):
            self.crm.add("engagements", "engagements", {"key": key}, id=f"9{n}")
            self.crm.add("baselines", "baselines", {"engagement": f"9{n}"}, id=f"8{n}")
            for i in (1, 2):
                self.crm.add("scope_items", "scope_items", {"key": f"SI-{i}", "baseline": f"8{n}"}, id=f"7{n}{i}")
            self.tracker.add("issues", place, {"title": "Anchor", "class": "anchor"}, key=f"{place}-1", id=f"{n}001")
            for i in (2, 3, 4):
                claims = {"claims": [f"SI-{i - 1}"], "title": f"Work {i}"}
                self.tracker.add("issues", place, claims, key=f"{place}-{i}", id=f"{n}00{i}")


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    yield made
    made.store.close()


@pytest.fixture
def store(world: World) -> Store:
    return world.store


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long proofs of this folder run only when they are asked for (``-m soak``)."""
    if "soak" in config.option.markexpr:
        return
    for item in items:
        if item.get_closest_marker("soak") and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="long: run with -m soak"))


# Writing ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What a record shall show, for the small planner of these tests."""

    kind: WriteKind
    connection: str
    stream: str
    partition: str
    values: Mapping[str, Any]
    target: str = ""
    external_id: str = ""


WISHES = (
    Wish(WriteKind.SET_FIELDS, "crm", "engagements", "engagements", {"light": "amber"}, target="91"),
    Wish(WriteKind.SET_FIELDS, "tracker", "issues", "ONE", {"light": "amber", "text": "since Monday"}, target="1001"),
    Wish(WriteKind.PUT_LINK, "tracker", "issues", "ONE", {"url": "u", "title": "t"}, target="1001", external_id="g"),
    Wish(WriteKind.UPSERT, "crm", "risks", "risks", {"title": "late"}, external_id="R-1"),
    Wish(WriteKind.UPSERT, "crm", "risks", "risks", {"title": "orphans"}, external_id="R-2"),
    Wish(WriteKind.CREATE, "tracker", "issues", "ONE", {"title": "late", "class": "risk"}, "1001", "R-1"),
    Wish(WriteKind.CREATE, "tracker", "issues", "ONE", {"title": "orphans", "class": "risk"}, "1001", "R-2"),
    Wish(WriteKind.TRANSITION, "tracker", "issues", "ONE", {"status": "Done"}, target="1003"),
    Wish(WriteKind.ADD_LABEL, "tracker", "issues", "ONE", {"label": "syncline-x"}, target="1002"),
)


def small_plan(store: Store, wishes: Sequence[Wish], now: datetime) -> Plan:
    """The writes that make the stored records show the wishes; what is shown already is not written."""
    with store.unit_of_work() as session:
        made = outbox.created(session)
        writes = [w for wish in wishes if (w := _planned(session, wish, made)) is not None]
    return Plan(id="P-1", made=now, writes=tuple(writes), conflicts=(), held=(), brakes=())


def _planned(session: Any, wish: Wish, made: Mapping[tuple[str, str], str]) -> PlannedWrite | None:
    known = made.get((wish.connection, wish.external_id)) if wish.kind in _MAKING else wish.target
    record = None
    if known:
        ref = f"{wish.connection}:{wish.stream}:{known}"
        record = load_records(session, [ref]).get(ref)
        if record is None:
            return None
    shown = {} if record is None else _shown(record, wish)
    if record is not None and all(shown.get(name) == value for name, value in wish.values.items()):
        return None
    kind = WriteKind.SET_FIELDS if wish.kind is WriteKind.CREATE and record is not None else wish.kind
    target = "" if kind is WriteKind.UPSERT else (known or wish.target)
    values = json.dumps([wish.values, target], sort_keys=True)
    write = Write(
        id=short_id("W", wish.connection, kind, wish.stream, target, wish.external_id, values),
        connection=wish.connection,
        kind=kind,
        stream=wish.stream,
        target=target,
        partition=wish.partition,
        values=wish.values,
        before=shown,
        reason="the test wants it",
        external_id=wish.external_id,
        version="" if record is None else record.version,
    )
    return PlannedWrite(
        write=write, engagement="E-1", rule="rule", cause="status", target_key=target, target_url="", lines=()
    )


_MAKING = (WriteKind.CREATE, WriteKind.UPSERT)


def _shown(record: Record, wish: Wish) -> dict[str, Any]:
    if wish.kind is WriteKind.ADD_LABEL:
        label = wish.values["label"]
        return {"label": label if label in record.payload.get("labels", ()) else None}
    if wish.kind is WriteKind.PUT_LINK:
        return dict(record.payload.get("links", {}).get(wish.external_id, {}))
    return {name: record.payload.get(name) for name in wish.values}


class Scribe:
    """Runs the writing half on a world: recover, pull, plan, apply."""

    def __init__(self, world: World, wishes: Sequence[Wish] = WISHES) -> None:
        self.world = world
        self.wishes = list(wishes)
        self.wrap: Callable[[Live], Live] = lambda live: live

    def desk(self, **settings: Any) -> Desk:
        lives = {name: self.wrap(live) for name, live in self.world.lives().items()}
        return Desk(
            store=self.world.store,
            connections=lives,
            catalogs={"crm": self.world.crm.catalog, "tracker": self.world.tracker.catalog},
            shared=shared_places(self.world.engagements),
            clock=self.world.clock,
            run=self.world.run(),
            settings=ApplySettings(**settings),
            progress=self.world.progress,
        )

    def run(self, **settings: Any) -> ApplyReport:
        """One whole run; returns the report of its apply, with what recovery could not tell among the failed."""
        desk = self.desk(**settings)
        unknown = recover(desk)
        self.world.pull()
        report = apply(desk, self.plan())
        return replace(report, failed=(*unknown, *report.failed))

    def plan(self) -> Plan:
        return small_plan(self.world.store, self.wishes, self.world.clock.now())

    def state(self) -> dict[str, Any]:
        """What the tools show, without ids and stamps of what was made."""
        found: dict[str, Any] = {}
        for name, tool in (("crm", self.world.crm), ("tracker", self.world.tracker)):
            for row in tool.rows.values():
                key = f"{name}:{row.stream}:{row.external_id or row.id}"
                assert key not in found, f"{key} was made twice"
                found[key] = (dict(row.fields), sorted(row.labels), dict(row.links), row.deleted)
        return found


@pytest.fixture
def scribe(world: World) -> Scribe:
    world.seed()
    return Scribe(world)

"""A small world for planning: one engagement, two tools as dictionaries, and a hand that carries out plans."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import connectors
from connectors.core.port import Catalog, FieldInfo, FieldType, Record, Visibility, WriteKind
from mapping.model import Access, WorkClass
from mapping.rules import Rules, compile_rules
from sync.plan.adoption import build_adoption
from sync.plan.bases import bases_of
from sync.plan.build import build_plan
from sync.plan.inputs import PlanInput, PlanSettings, Sink
from sync.plan.types import Plan, PlannedWrite
from sync.reconcile.risks import lifecycle
from sync.reconcile.rules import reconcile

b = sys.modules["syncline_test_builders"]

LIGHTS = ("Green", "Amber", "Red", "Unknown")
JIRA_RULES = frozenset({"anchor.status", "anchor.link", "risk.issue", "work.label"})
SALES_RULES = frozenset({"engagement.status", "risk.record"})
COLOUR = "customfield_10100"
TEXT = "customfield_10101"
INSTANCE = "inst1"
HOURS = timedelta(hours=1)


@cache
def rules(kind: str) -> Rules:
    folder = Path(connectors.__file__).parent / kind
    return compile_rules(kind, (folder / "mapping.toml").read_text(encoding="utf-8"))


def _info(stream: str, field_id: str, name: str = "", kind: FieldType = FieldType.TEXT, **more: Any) -> FieldInfo:
    return FieldInfo(stream=stream, id=field_id, name=name or field_id, type=kind, writable=True, **more)


JIRA_CATALOG = Catalog(
    fields=(
        _info("issues", COLOUR, "Syncline status", FieldType.OPTION, options=LIGHTS),
        _info("issues", TEXT, "Syncline status text", FieldType.LONG_TEXT),
        _info("issues", "summary", "Summary", max_length=255),
        _info("issues", "description", "Description", FieldType.LONG_TEXT),
        _info("issues", "labels", "Labels", FieldType.LABELS),
    ),
    record_types={"NIM": ("Story", "Engagement", "Risk")},
)
SALES_CATALOG = Catalog(
    fields=(
        _info("engagements", "Syncline_Status__c", "Syncline Status", FieldType.OPTION, options=LIGHTS),
        _info("engagements", "Syncline_Status_Text__c", "Syncline Status Text", FieldType.LONG_TEXT, max_length=32768),
        _info("engagements", "Syncline_As_Of__c", "Syncline As Of", FieldType.DATETIME),
        _info("engagements", "Syncline_Marker__c", "Syncline Marker", max_length=120),
        *(
            _info("risks", name, name.removesuffix("__c").replace("_", " "), max_length=32768)
            for name in (
                "Risk_Key__c", "Name", "Engagement__c", "Description__c", "Subject_URL__c", "Raised_On__c",
                "Closed_Reason__c", "Syncline_Marker__c", "Category__c", "Severity__c", "Lifecycle__c",
            )
        ),
    )
)  # fmt: skip


def issue_record(item: Any, fields: dict[str, Any] | None = None, **changes: Any) -> Record:
    said = {
        "connection": item.connection,
        "stream": "issues",
        "id": item.ref.split(":", 2)[2],
        "partition": item.place,
        "key": item.key,
        "url": item.url,
        "version": "1",
        "updated": None,
        "visibility": Visibility(item.access.value),
        "payload": {"fields": {"summary": item.title, "status": {"name": item.status}, **(fields or {})}},
    }
    return Record(**{**said, **changes})


def sales_record(ref: str, key: str, row: dict[str, Any] | None = None, **changes: Any) -> Record:
    connection, stream, number = ref.split(":", 2)
    said = {
        "connection": connection,
        "stream": stream,
        "id": number,
        "partition": stream,
        "key": key,
        "url": f"https://sales.example/{number}",
        "version": "1",
        "updated": None,
        "visibility": Visibility.INTERNAL,
        "payload": dict(row or {}),
    }
    return Record(**{**said, **changes})


@dataclass
class World:
    """The tools and the store. ``plan`` looks; ``apply`` writes, and remembers as the engine does."""

    views: dict[str, Any]
    records: dict[str, Record]
    links: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    bases: dict[tuple[str, str, str, str], Any] = field(default_factory=dict)
    created: dict[tuple[str, str], str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    risks: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: b.NOW)
    settings: PlanSettings = field(default_factory=PlanSettings)
    owned: dict[str, frozenset[str]] = field(default_factory=lambda: {"jira": JIRA_RULES, "salesforce": SALES_RULES})
    written: bool = True
    approved: bool = False
    instance: str = INSTANCE
    adopted: frozenset[str] = frozenset()
    unsettled: frozenset[str] = frozenset()
    mappings: dict[str, Rules] = field(default_factory=dict)
    catalogs: dict[str, Catalog] = field(default_factory=lambda: {"jira": JIRA_CATALOG, "salesforce": SALES_CATALOG})

    def given(self) -> PlanInput:
        """What a plan would be made from now; moves the lifecycle of the risks on, as each run does."""
        results = {key: reconcile(view, self.now, b.SETTINGS) for key, view in self.views.items()}
        for key, result in results.items():
            states = lifecycle(self.risks.get(key, ()), result.risks, self.now.date(), result.concluded)
            self.risks[key] = states
        sinks = {
            name: Sink(
                connection=name,
                owned=self.owned.get(name, frozenset()),
                rules=self.mappings.get(name) or rules(name),
                catalog=self.catalogs[name],
                fixed={"risks": "Syncline_Risk__c"} if name == "salesforce" else {},
                first_write_approved=self.approved,
                written_before=self.written,
            )
            for name in self.catalogs
        }
        return PlanInput(
            views=self.views,
            results=results,
            risks=dict(self.risks),
            records=dict(self.records),
            bases=dict(self.bases),
            created=dict(self.created),
            gone=dict(self.gone),
            sinks=sinks,
            instance=self.instance,
            now=self.now,
            settings=self.settings,
            adopted=self.adopted,
            unsettled=self.unsettled,
        )

    def plan(self) -> Plan:
        return build_plan(self.given())

    def delete(self, connection: str, risk_id: str) -> Record:
        """Somebody deletes what was made for a risk, and that was read."""
        number = self.created[connection, risk_id]
        record = next(r for r in self.records.values() if (r.connection, r.id) == (connection, number))
        self.gone[record.ref] = record.key
        return self.records.pop(record.ref)

    def apply(self, plan: Plan) -> None:
        for a in plan.agreed:
            self.bases[a.connection, a.stream, a.id, a.field_id] = a.value
        for planned in plan.writes:
            self._apply(planned)

    def adopt(self) -> None:
        """What the engine does with an adoption."""
        found = build_adoption(self.given())
        self.adopted |= found.instances
        for a in found.agreed:
            self.bases[a.connection, a.stream, a.id, a.field_id] = a.value

    def converge(self) -> Plan:
        plan = self.plan()
        self.apply(plan)
        return plan

    def edit(self, ref: str, **fields: Any) -> None:
        """A person's hand: set fields of a record in its tool."""
        record = self.records[ref]
        if "syncline_project" in record.payload:
            project = record.payload["syncline_project"]
            held = {name: {"name": name, "value": value} for name, value in fields.items()}
            payload = {
                **record.payload,
                "syncline_project": {**project, "fields": {**project["fields"], **held}},
            }
        elif record.stream == "issues":
            payload = {**record.payload, "fields": {**record.payload["fields"], **fields}}
        else:
            payload = {**record.payload, **fields}
        self.records[ref] = replace(record, payload=payload, version=record.version + "p")

    def shown(self, ref: str, name: str) -> Any:
        record = self.records[ref]
        return (record.payload["fields"] if record.stream == "issues" else record.payload).get(name)

    def view(self, **changes: Any) -> None:
        """Change what is known of the one engagement."""
        self.views["NIM-01"] = replace(self.views["NIM-01"], **changes)

    def labels(self, key: str) -> tuple[str, ...]:
        return next(i.labels for view in self.views.values() for i in view.work if i.key == key)

    def _apply(self, planned: PlannedWrite) -> None:
        write = planned.write
        target = write.target
        match write.kind:
            case WriteKind.SET_FIELDS:
                self.edit(f"{write.connection}:{write.stream}:{target}", **write.values)
                self._mark(f"{write.connection}:{write.stream}:{target}", write.marker)
            case WriteKind.TRANSITION:
                self.edit(f"{write.connection}:{write.stream}:{target}", status={"name": write.values["status"]})
            case WriteKind.PUT_BLOCK:
                self._block(f"{write.connection}:{write.stream}:{target}", write.values["text"], write.marker)
            case WriteKind.PUT_LINK:
                self.links[target, write.external_id] = dict(write.values)
            case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
                self._label(planned)
            case WriteKind.UPSERT:
                target = self._upsert(planned)
            case WriteKind.CREATE:
                target = self._create(planned)
        for field_id, value in bases_of(write).items():
            self.bases[write.connection, write.stream, target, field_id] = value

    def _block(self, ref: str, text: str | None, marker: Any = None) -> None:
        record = self.records[ref]
        block = {"external_id": "syncline:engagement:NIM-01", "text": text, "marker": marker}
        payload = {**record.payload, "syncline_block": block, "syncline_blocks": {block["external_id"]: block}}
        self.records[ref] = replace(record, payload=payload, version=record.version + "p")

    def _mark(self, ref: str, marker: Any) -> None:
        if marker is not None:
            record = self.records[ref]
            self.records[ref] = replace(record, payload={**record.payload, "properties": {"syncline": dict(marker)}})

    def _label(self, planned: PlannedWrite) -> None:
        write = planned.write
        label = write.values["label"]
        for key, view in self.views.items():
            work = tuple(
                replace(
                    item,
                    labels=tuple(
                        sorted({*item.labels, label} if write.kind is WriteKind.ADD_LABEL else {*item.labels} - {label})
                    ),
                )
                if item.ref == f"{write.connection}:{write.stream}:{write.target}"
                else item
                for item in view.work
            )
            self.views[key] = replace(view, work=work)

    def _upsert(self, planned: PlannedWrite) -> str:
        write = planned.write
        existing = [r for r in self.records.values() if r.payload.get("Risk_Key__c") == write.external_id]
        if existing:
            assert len(existing) == 1
            self.edit(existing[0].ref, **write.values)
            return existing[0].id
        number = f"a1R{len(self.records) + len(self.gone):015d}"
        ref = f"{write.connection}:{write.stream}:{number}"
        self.records[ref] = sales_record(ref, write.external_id, dict(write.values), partition=write.partition)
        self.created[write.connection, write.external_id] = number
        return number

    def _create(self, planned: PlannedWrite) -> str:
        write = planned.write
        made = self.created.get((write.connection, write.external_id))
        assert made is None or f"jira:issues:{made}" in self.gone
        number = str(9000 + len(self.records) + len(self.gone))
        item = b.work(f"{write.partition}-{number}", work_class=WorkClass.RISK, ref=f"jira:issues:{number}")
        self.records[item.ref] = issue_record(item, {**write.values, "status": {"name": "To Do"}})
        self._mark(item.ref, write.marker)
        self.created[write.connection, write.external_id] = number
        return number


def world(**changes: Any) -> World:
    """NIM-01 with an uncovered item, an orphan, a late deliverable; an anchor in Jira; nothing written yet."""
    anchor = b.work("NIM-1", work_class=WorkClass.ANCHOR, type="Engagement", engagement_keys=("NIM-01",))
    works = (anchor, b.work("NIM-2"), b.work("NIM-3", "SI-02"))
    view = b.view(
        items=[b.item("SI-01"), b.item("SI-02")],
        works=works,
        deliverables=[b.deliverable("D-1", promised=b.day(30), needed=b.day(3))],
    )
    records = [issue_record(item) for item in works]
    records.append(sales_record("salesforce:engagements:NIM-01", "NIM-01"))
    return World(**{"views": {"NIM-01": view}, "records": {r.ref: r for r in records}, **changes})


CODE_CATALOG = Catalog(
    fields=(
        _info("issues", "PVT_1", "Syncline status", FieldType.OPTION, options=LIGHTS),
        _info("issues", "PVT_2", "Syncline status text", FieldType.LONG_TEXT),
    )
)
CODE_ANCHOR = "github:issues:901"
PLAN_ANCHOR = "launchpad:blueprints:nimbus/engagement"


def wide_world(code: Visibility = Visibility.INTERNAL, plans: Visibility = Visibility.PUBLIC) -> World:
    """The same engagement with an anchor in a repository and a blueprint as anchor, too."""
    made = world()
    anchors = (
        b.repo_issue(1, connection="github", ref=CODE_ANCHOR, work_class=WorkClass.ANCHOR, access=Access(code.value)),
        b.repo_issue(2, connection="launchpad", ref=PLAN_ANCHOR, key="nimbus/engagement", work_class=WorkClass.ANCHOR),
    )
    view = made.views["NIM-01"]
    places = (
        *view.places,
        b.Place(connection="github", place="example/images", anchor_key="example/images#1"),
        b.Place(connection="launchpad", place="nimbus", anchor_key="nimbus/engagement"),
    )
    made.view(work=(*view.work, *anchors), places=places)
    for item, visibility in zip(anchors, (code, plans), strict=True):
        stream = item.ref.split(":", 2)[1]
        record = replace(issue_record(item), stream=stream, visibility=visibility, payload={"title": item.title})
        made.records[record.ref] = record
    made.owned["github"] = frozenset({"anchor.status", "anchor.block", "work.label"})
    made.owned["launchpad"] = frozenset({"anchor.block", "work.label"})
    made.catalogs.update(github=CODE_CATALOG, launchpad=Catalog(fields=()))
    return made


def told(plan: Plan) -> list[tuple[str, str, str]]:
    return [(p.rule, p.write.kind.value, p.target_key) for p in plan.writes]


def by_rule(plan: Plan, rule: str) -> list[PlannedWrite]:
    return [p for p in plan.writes if p.rule == rule]


def held(plan: Plan) -> list[tuple[str, str]]:
    return [(h.rule, h.reason) for h in plan.held]


def kinds(plan: Plan) -> list[tuple[Any, str]]:
    return [(brake.kind, brake.connection) for brake in plan.brakes]


ANCHOR = "jira:issues:NIM1"
RECORD = "salesforce:engagements:NIM-01"

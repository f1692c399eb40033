"""Short ways to write entities and views in tests. Today is Tuesday 2026-11-24."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from mapping.model import (
    Access,
    Claim,
    Deliverable,
    DeliverableState,
    Engagement,
    Milestone,
    Money,
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
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import ClaimIndex, EngagementView, Place, SourceState

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
SETTINGS = ReconcileSettings()
SF = "https://sales.example/lightning/r"
JIRA = "https://jira.example"


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def engagement(key: str = "NIM-01", stage: Stage = Stage.ACTIVE, **changes) -> Engagement:
    said = {
        "ref": f"salesforce:engagements:{key}",
        "key": key,
        "url": f"{SF}/Engagement__c/{key}/view",
        "access": Access.INTERNAL,
        "name": "Nimbus",
        "account_ref": None,
        "contract": None,
        "stage": stage,
        "start": None,
        "end": None,
        "budget": None,
        "manager_ref": None,
    }
    return Engagement(**{**said, **changes})


def baseline(version: int = 1, signed: date | None = date(2026, 1, 5), ref: str = "") -> ScopeBaseline:
    ref = ref or f"salesforce:baselines:B{version}"
    return ScopeBaseline(
        ref=ref,
        key=f"B{version}",
        url=f"{SF}/Scope_Baseline__c/B{version}/view",
        access=Access.INTERNAL,
        engagement_ref="salesforce:engagements:NIM-01",
        version=version,
        signed_on=signed,
    )


def item(key: str, *, version: int = 1, due: date | None = None, budget: str | None = None, **changes) -> ScopeItem:
    said = {
        "ref": f"salesforce:scope_items:{key}v{version}",
        "key": key,
        "url": f"{SF}/Scope_Item__c/{key}v{version}/view",
        "access": Access.INTERNAL,
        "baseline_ref": f"salesforce:baselines:B{version}",
        "title": f"Title of {key}",
        "text": "",
        "due": due,
        "budget": Money(amount=Decimal(budget), currency="EUR") if budget else None,
        "acceptance": "",
        "state": ScopeState.ACTIVE,
    }
    return ScopeItem(**{**said, **changes})


def claim(text: str, field: str = "Scope item") -> Claim:
    """``SI-01``, ``NIM-02/SI-01``, or ``url:ID`` for a record's URL."""
    if text.startswith("url:"):
        record = text.removeprefix("url:")
        return Claim(engagement_key=None, item_key="", record_id=record, field="description", text=f"{SF}/{record}")
    owner, _, key = text.rpartition("/")
    return Claim(engagement_key=owner or None, item_key=key, record_id="", field=field, text=text)


def work(key: str, *claims: str, connection: str = "jira", **changes) -> WorkItem:
    place, _, number = key.rpartition("-")
    said = {
        "ref": f"{connection}:issues:{place}{number}",
        "key": key,
        "url": f"{JIRA}/browse/{key}",
        "access": Access.INTERNAL,
        "connection": connection,
        "place": place,
        "title": f"Title of {key}",
        "work_class": WorkClass.WORK,
        "type": "Story",
        "status": "To Do",
        "state": WorkState.OPEN,
        "parent_ref": None,
        "parent_key": None,
        "assignee": None,
        "due": None,
        "billable": None,
        "out_of_contract": False,
        "engagement_keys": (),
        "claims": tuple(map(claim, claims)),
        "milestone_refs": (),
        "labels": (),
        "references": (),
        "estimate_s": None,
        "spent_s": None,
    }
    return WorkItem(**{**said, **changes})


def refers_to(value: str, host: str | None = None, field: str = "description") -> Reference:
    return Reference(kind=ReferenceKind.WORK, value=value, host=host, field=field, text=value)


def repo_issue(number: int, *claims: str, place: str = "example/images", **changes) -> WorkItem:
    """An issue (or whatever ``work_class`` says) of a repository on another connection."""
    key = f"{place}#{number}"
    url = f"https://code.example/{place}/issues/{number}"
    said = {"ref": f"code:issues:{9000 + number}", "key": key, "url": url, "place": place, "type": "Issue"}
    said |= {"connection": "code", "title": f"Title of {key}"}
    return replace(work("NIM-1", *claims), **{**said, **changes})


def tracked_by(key: str, host: str | None = None) -> Reference:
    return Reference(kind=ReferenceKind.WORK, value=key, host=host, field="Jira_Issue__c", text=key)


def carried_by(version_id: str, host: str | None = "jira.example") -> Reference:
    return Reference(
        kind=ReferenceKind.MILESTONE, value=version_id, host=host, field="Jira_Version__c", text=version_id
    )


def deliverable(key: str, *tracking: Reference, promised: date | None = None, needed: date | None = None, **changes):
    said = {
        "ref": f"salesforce:deliverables:{key}",
        "key": key,
        "url": f"{SF}/Deliverable__c/{key}/view",
        "access": Access.INTERNAL,
        "engagement_ref": "salesforce:engagements:NIM-01",
        "title": f"Title of {key}",
        "owed_by": OwedBy.THIRD_PARTY,
        "third_party_ref": None,
        "promised_for": promised,
        "needed_by": needed,
        "delivered_on": None,
        "state": DeliverableState.OPEN,
        "scope_item_keys": (),
        "tracking": tracking,
    }
    return Deliverable(**{**said, **changes})


def milestone(
    number: str,
    due: date | None,
    *,
    connection: str = "jira",
    place: str = "NIM",
    host: str = JIRA,
    released: bool | None = False,
    access: Access = Access.INTERNAL,
) -> Milestone:
    return Milestone(
        ref=f"{connection}:versions:{number}",
        key=f"v{number}",
        url=f"{host}/projects/{place}/versions/{number}",
        access=access,
        connection=connection,
        place=place,
        due=due,
        released=released,
    )


def source(
    stream: str, partition: str, age_minutes: float | None = 10, connection: str = "jira", error: str = ""
) -> SourceState:
    read = None if age_minutes is None else NOW - timedelta(minutes=age_minutes)
    return SourceState(connection=connection, stream=stream, partition=partition, read_at=read, error=error)


def fresh_sources() -> tuple[SourceState, ...]:
    objects = {
        "engagements": "Engagement__c",
        "baselines": "Scope_Baseline__c",
        "scope_items": "Scope_Item__c",
        "deliverables": "Deliverable__c",
    }
    return (
        source("issues", "NIM"),
        source("versions", "NIM"),
        *(source(stream, name, connection="salesforce") for stream, name in objects.items()),
    )


def stale(stream: str, partition: str = "NIM", age_minutes: float | None = 121) -> tuple[SourceState, ...]:
    """Fresh sources, save one."""
    others = tuple(s for s in fresh_sources() if s.stream != stream)
    connection = "jira" if stream in ("issues", "versions") else "salesforce"
    return (*others, source(stream, partition, age_minutes, connection))


def view(
    *,
    key: str = "NIM-01",
    stage: Stage = Stage.ACTIVE,
    baselines: Iterable[ScopeBaseline] | None = None,
    items: Iterable[ScopeItem] = (),
    works: Iterable[WorkItem] = (),
    deliverables: Iterable[Deliverable] = (),
    milestones: Iterable[Milestone] = (),
    sources: Iterable[SourceState] | None = None,
    places: Iterable[Place] = (Place(connection="jira", place="NIM", anchor_key="NIM-1"),),
    shared: Mapping[tuple[str, str], tuple[str, ...]] | None = None,
    known: Mapping[str, Iterable[str]] | None = None,
    records: Mapping[str, tuple[str, str]] | None = None,
    **changes,
) -> EngagementView:
    """A view whose claim index knows its own items and those of ``known``."""
    items = tuple(items)
    index = {owner: frozenset(keys) for owner, keys in (known or {}).items()}
    index[key] = index.get(key, frozenset()) | {i.key for i in items}
    return EngagementView(
        engagement=engagement(key, stage, **changes),
        account=None,
        baselines=tuple(baselines) if baselines is not None else (baseline(),),
        items=items,
        deliverables=tuple(deliverables),
        work=tuple(works),
        milestones=tuple(milestones),
        people=(),
        sources=tuple(sources) if sources is not None else fresh_sources(),
        places=tuple(places),
        shared={("jira", "NIM"): (key,)} if shared is None else shared,
        known=ClaimIndex(items=index, records=records or {}),
    )

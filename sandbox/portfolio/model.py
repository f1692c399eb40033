"""The truth: what a fictitious partner's portfolio is, before any tool shows it.

Issues and items are handles that point at each other; what is planted is told as handles too, and becomes a subject
(`connection:stream:id`) only once everything is numbered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from sandbox.salesforce.ids import salesforce_id

CLOUD = "jira"
DATA_CENTER = "jira-dc"
SALESFORCE = "salesforce"


class Kind(StrEnum):
    """Issue types; the values are their names in Jira."""

    EPIC = "Epic"
    STORY = "Story"
    TASK = "Task"
    BUG = "Bug"
    SPIKE = "Spike"
    SUB_TASK = "Sub-task"
    ANCHOR = "Engagement"
    DELIVERABLE = "Third-party deliverable"
    RISK = "Risk"


class Stage(StrEnum):
    """Stages of an engagement, as Salesforce spells them."""

    DRAFT = "Draft"
    ACTIVE = "Active"
    CLOSED = "Closed"


class ItemState(StrEnum):
    """States of a scope item, as Salesforce spells them."""

    ACTIVE = "Active"
    DEFERRED = "Deferred"
    CANCELLED = "Cancelled"


class Reading(StrEnum):
    """What the syncing account may see of a Jira project."""

    READABLE = "readable"
    UNREADABLE = "unreadable"
    MISSING = "missing"


class Security(StrEnum):
    """Security levels of restricted issues."""

    SEEN = "Partner confidential"
    HIDDEN = "Embargoed"


class UrlForm(StrEnum):
    """How the URL of a Salesforce record is written into a description."""

    LIGHTNING_18 = "lightning-18"
    LIGHTNING_15 = "lightning-15"
    SHORT_18 = "short-18"
    SHORT_15 = "short-15"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human and how each tool spells them; a login that is None does not exist there."""

    key: str
    name: str
    cloud_id: str | None
    cloud_name: str
    dc_login: str | None
    dc_name: str
    email: str
    salesforce_number: int | None
    salesforce_email: str
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A partner or third-party organisation."""

    number: int
    code: str
    name: str
    type: str

    @property
    def id(self) -> str:
        """Salesforce id."""
        return salesforce_id("Account", self.number)


@dataclass(slots=True, kw_only=True, eq=False)
class Item:
    """One scope item as one baseline has it."""

    number: int
    key: str
    name: str
    text: str
    due: date
    budget: Decimal
    currency: str
    acceptance: str
    state: ItemState = ItemState.ACTIVE

    @property
    def id(self) -> str:
        """Salesforce id."""
        return salesforce_id("Scope_Item__c", self.number)


@dataclass(slots=True, kw_only=True, eq=False)
class Baseline:
    """One dated version of a statement of work."""

    number: int
    version: int
    signed_on: date | None
    items: list[Item] = field(default_factory=list)

    @property
    def id(self) -> str:
        """Salesforce id."""
        return salesforce_id("Scope_Baseline__c", self.number)

    def item(self, key: str) -> Item:
        """Return the item of that key."""
        return next(each for each in self.items if each.key == key)


@dataclass(slots=True, kw_only=True, eq=False)
class Version:
    """A Jira version."""

    project: Project
    name: str
    release: date | None
    released: bool = False
    id: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class Project:
    """A Jira project of one site."""

    site: str
    key: str
    name: str
    reading: Reading = Reading.READABLE
    silent: bool = False
    empty: bool = False
    owners: list[Engagement] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)

    @property
    def shared(self) -> bool:
        """Whether several engagements have their work here."""
        return len(self.owners) > 1

    @property
    def subject(self) -> str:
        """What a stale place is named by."""
        return f"{self.site}:issues:{self.key}"


@dataclass(slots=True, kw_only=True, eq=False)
class Engagement:
    """One project under one contract for one account."""

    number: int
    key: str
    name: str
    account: Account
    stage: Stage
    contract: str
    start: date
    end: date
    budget: Decimal
    currency: str
    manager: Person
    places: list[Project] = field(default_factory=list)
    baselines: list[Baseline] = field(default_factory=list)
    deliverables: list[Deliverable] = field(default_factory=list)
    anchor: Issue | None = None

    @property
    def id(self) -> str:
        """Salesforce id."""
        return salesforce_id("Engagement__c", self.number)

    @property
    def subject(self) -> str:
        """What a finding about the whole engagement is named by."""
        return f"engagement:{self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeUrl:
    """A URL of a Salesforce record in a description; `target` is any 18-character id."""

    target: str
    form: UrlForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Worklog:
    """Time that someone logged."""

    author: Person
    started: datetime
    seconds: int
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """What someone said."""

    author: Person
    at: datetime
    body: str


@dataclass(slots=True, kw_only=True, eq=False)
class Issue:
    """A Jira issue; numbered (`number`, `id`) and stamped when all are known."""

    project: Project
    kind: Kind
    summary: str
    text: str = ""
    parent: Issue | None = None
    scope_field: str | None = None
    engagement_field: str | None = None
    labels: list[str] = field(default_factory=list)
    urls: list[ScopeUrl] = field(default_factory=list)
    billable: str | None = None
    status: str = "To Do"
    resolution: str | None = None
    security: Security | None = None
    due: date | None = None
    earlier_dues: list[date] = field(default_factory=list)
    estimate_seconds: int | None = None
    versions: list[Version] = field(default_factory=list)
    assignee: Person | None = None
    reporter: Person | None = None
    worklogs: list[Worklog] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    number: int = 0
    id: int = 0
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None

    @property
    def key(self) -> str:
        """Issue key."""
        return f"{self.project.key}-{self.number}"

    @property
    def subject(self) -> str:
        """What a finding about this issue is named by."""
        return f"{self.project.site}:issues:{self.id}"


class TrackedBy(StrEnum):
    """How a deliverable names the issue that tracks it."""

    KEY = "key"
    URL = "url"


@dataclass(slots=True, kw_only=True, eq=False)
class Deliverable:
    """Something owed by a date."""

    number: int
    key: str
    name: str
    owed_by: str
    third_party: Account | None
    items: list[str]
    promised: date | None
    needed: date | None
    delivered: date | None = None
    state: str = "Open"
    issue: Issue | None = None
    tracked_by: TrackedBy = TrackedBy.KEY
    version: Version | None = None

    @property
    def id(self) -> str:
        """Salesforce id."""
        return salesforce_id("Deliverable__c", self.number)

    @property
    def subject(self) -> str:
        """What a finding about this deliverable is named by."""
        return f"{SALESFORCE}:deliverables:{self.id}"


Subject = Issue | Item | Deliverable | Project | Engagement | Version | Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Something planted: a finding, or (in the list of near misses) what looks like one and is none.

    `variant` names the trick. `why` says in words what makes it one, or none.
    """

    engagement: Engagement
    kind: str
    about: Subject
    variant: str
    why: str


@dataclass(slots=True, kw_only=True)
class Portfolio:
    """The whole truth of one seed."""

    seed: int
    scale: int
    today: date
    accounts: list[Account] = field(default_factory=list)
    people: list[Person] = field(default_factory=list)
    engagements: list[Engagement] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    findings: list[Planted] = field(default_factory=list)
    near_misses: list[Planted] = field(default_factory=list)
    later: list[Planted] = field(default_factory=list)
    expected_status: dict[str, str] = field(default_factory=dict)


def subject_of(about: Subject) -> str:
    """Return the name of a record as findings spell it."""
    match about:
        case Item():
            return f"{SALESFORCE}:scope_items:{about.id}"
        case Version():
            return f"{about.project.site}:versions:{about.id}"
        case Person():
            return f"person:{about.key}"
        case _:
            return about.subject

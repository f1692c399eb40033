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
GITHUB = "github"
LAUNCHPAD = "launchpad"

JIRA_SITES = (CLOUD, DATA_CENTER)
TOOLS = (CLOUD, DATA_CENTER, SALESFORCE, GITHUB, LAUNCHPAD)
"""Every connection that a portfolio may have."""

BASE_TOOLS = (CLOUD, DATA_CENTER, SALESFORCE)
"""The connections that every portfolio has."""


class Kind(StrEnum):
    """Issue types; the values are their names in Jira, the last two are GitHub's and Launchpad's own."""

    EPIC = "Epic"
    STORY = "Story"
    TASK = "Task"
    BUG = "Bug"
    SPIKE = "Spike"
    SUB_TASK = "Sub-task"
    ANCHOR = "Engagement"
    DELIVERABLE = "Third-party deliverable"
    RISK = "Risk"
    CHANGE = "Pull request"
    BLUEPRINT = "Blueprint"


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
    """What the syncing account may see of a place."""

    READABLE = "readable"
    UNREADABLE = "unreadable"
    MISSING = "missing"


class Security(StrEnum):
    """Security levels of restricted issues."""

    SEEN = "Partner confidential"
    HIDDEN = "Embargoed"


class UrlForm(StrEnum):
    """How a Salesforce record is named: by its URL in a description, or (GitHub) by its id in a label."""

    LIGHTNING_18 = "lightning-18"
    LIGHTNING_15 = "lightning-15"
    SHORT_18 = "short-18"
    SHORT_15 = "short-15"
    LABEL_18 = "label-18"
    LABEL_15 = "label-15"


class Form(StrEnum):
    """How one record names another; the last three are no reference by the rules."""

    KEY_IN_TITLE = "key-in-title"
    KEY_IN_TEXT = "key-in-text"
    NUMBER_IN_TEXT = "number-in-text"
    URL = "url"
    BUG_URL = "bug-url"
    WHITEBOARD_KEY = "whiteboard-key"
    WHITEBOARD_URL = "whiteboard-url"
    WATCH = "bug-watch"
    COMMENT = "comment"
    REMOTE_LINK = "remote-link"
    OTHER_HOST = "other-host"


NO_REFERENCE = frozenset({Form.COMMENT, Form.REMOTE_LINK, Form.OTHER_HOST})


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
    github: str | None = None
    launchpad: str | None = None


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
    """A Jira version, or a milestone; `released` is also closed (GitHub) and no longer active (Launchpad)."""

    project: Project
    name: str
    release: date | None
    released: bool = False
    archived: bool = False
    id: int = 0

    @property
    def subject(self) -> str:
        """What a finding about this milestone is named by."""
        site = self.project.site
        if site == LAUNCHPAD:
            return f"{site}:milestones:{self.project.key}/{self.name}"
        return f"{site}:{'milestones' if site == GITHUB else 'versions'}:{self.id}"


@dataclass(slots=True, kw_only=True, eq=False)
class Project:
    """A place: a Jira project of one site, a GitHub repository or a Launchpad project."""

    site: str
    key: str
    name: str
    reading: Reading = Reading.READABLE
    silent: bool = False
    empty: bool = False
    private: bool = False
    owners: list[Engagement] = field(default_factory=list, repr=False)
    issues: list[Issue] = field(default_factory=list, repr=False)
    versions: list[Version] = field(default_factory=list, repr=False)

    @property
    def shared(self) -> bool:
        """Whether several engagements have their work here."""
        return len(self.owners) > 1

    @property
    def subject(self) -> str:
        """What a stale place is named by."""
        return f"{self.site}:{'blueprints' if self.site == LAUNCHPAD else 'issues'}:{self.key}"


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
    anchors: list[Issue] = field(default_factory=list)

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
    """A Salesforce record as an issue names it; `target` is any 18-character id."""

    target: str
    form: UrlForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One record named by another."""

    target: Issue
    form: Form


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
    """A work item of any tool; numbered (`number`, `id`) and stamped when all are known.

    On Launchpad it is a task of a bug, or a blueprint (`slug` is then its name). A `twin` is a task of the same bug in
    another project: labels, URLs, mentions and texts are the bug's, so both share them.
    """

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
    mentions: list[Mention] = field(default_factory=list, repr=False)
    twin: Issue | None = field(default=None, repr=False)
    slug: str = ""
    number: int = 0
    id: int = 0
    created: datetime | None = None
    updated: datetime | None = None
    resolved: datetime | None = None

    @property
    def key(self) -> str:
        """The record's key, as the tool's people say it."""
        match self.project.site:
            case _ if self.slug:
                return f"{self.project.key}/{self.slug}"
            case "github":
                return f"{self.project.key}#{self.number}"
            case "launchpad":
                return f"LP: #{self.number} ({self.project.key})"
            case _:
                return f"{self.project.key}-{self.number}"

    @property
    def subject(self) -> str:
        """What a finding about this issue is named by."""
        if self.project.site != LAUNCHPAD:
            return f"{self.project.site}:issues:{self.id}"
        if self.slug:
            return f"{LAUNCHPAD}:blueprints:{self.key}"
        return f"{LAUNCHPAD}:bug_tasks:{self.number}/{self.project.key}"


class TrackedBy(StrEnum):
    """How a deliverable names the issue that tracks it."""

    KEY = "key"
    NUMBER_IN_TEXT = "number-in-text"
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
    tools: tuple[str, ...] = BASE_TOOLS
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
        case Person():
            return f"person:{about.key}"
        case _:
            return about.subject

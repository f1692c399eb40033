"""What the parts of the generator share: one seeded source of chance, and the making of issues, claims and plants."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sandbox.portfolio import states, words
from sandbox.portfolio.days import plus
from sandbox.portfolio.model import (
    BASE_TOOLS,
    CLOUD,
    GITHUB,
    JIRA_SITES,
    LAUNCHPAD,
    Baseline,
    Engagement,
    Issue,
    Item,
    Kind,
    Planted,
    Portfolio,
    Project,
    Reading,
    ScopeUrl,
    Security,
    Stage,
    Subject,
    UrlForm,
    Version,
)

T = TypeVar("T")

WORK_KINDS = (Kind.STORY, Kind.TASK, Kind.STORY, Kind.BUG, Kind.SPIKE)
JIRA = "jira"
"""The focus on both Jira sites; else the focus is the connection."""


@dataclass(slots=True, kw_only=True, eq=False)
class Desk:
    """One engagement while it is being built: which item keys serve what.

    `pool` keys are always covered by plain work; `free` keys are each used by exactly one plant, and by nothing else;
    `retired` live only in older baselines, `future` only in unsigned or later ones.
    """

    engagement: Engagement
    scenario: str
    stale: bool
    wanted: int = 0
    pool: list[str] = field(default_factory=list)
    free: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    future: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    older: list[Baseline] = field(default_factory=list)
    current: Baseline | None = None
    newer: list[Baseline] = field(default_factory=list)
    partner: Desk | None = None
    focus: str = JIRA

    @property
    def active(self) -> bool:
        """Whether the engagement is reconciled at all."""
        return self.engagement.stage is Stage.ACTIVE

    @property
    def calm(self) -> bool:
        """Whether the engagement is in order, or nearly: no trick that raises anything is dealt to it."""
        return self.scenario in ("healthy", "worrying")

    @property
    def troubled(self) -> bool:
        """Whether it may be dealt any trick."""
        return self.active and not self.calm

    @property
    def amended(self) -> bool:
        """Whether there is a signed baseline older than the current one."""
        return self.scenario in ("amended", "unsigned", "out-of-order")

    @property
    def ahead(self) -> bool:
        """Whether there is a baseline that is not in force yet."""
        return self.scenario in ("unsigned", "future", "healthy")

    @property
    def readable(self) -> list[Project]:
        """Places in focus where issues may be planted: readable ones that are not to stay empty."""
        sites = JIRA_SITES if self.focus == JIRA else (self.focus,)
        places = [each for each in self.engagement.places if each.site in sites]
        return [each for each in places if each.reading is Reading.READABLE and not each.empty]

    @property
    def own(self) -> list[Project]:
        """Readable places of this engagement alone."""
        return [each for each in self.readable if not each.shared]

    def item(self, key: str) -> Item:
        """Return the item of the current baseline."""
        assert self.current is not None, "an engagement without a current baseline has no current item"  # noqa: S101 - a slip of this generator
        return self.current.item(key)

    def take(self, among: Iterable[str] | None = None) -> str:
        """Take a key for one plant; `among` narrows the choice."""
        allowed = None if among is None else set(among)
        key = next(each for each in self.free if allowed is None or each in allowed)
        self.free.remove(key)
        return key


class Builder:
    """Makes the truth of one seed, piece by piece."""

    def __init__(self, *, seed: int, scale: int, today: date, tools: Sequence[str] = BASE_TOOLS) -> None:
        self.rng = random.Random(f"portfolio {seed} {scale}")
        self.today = today
        self.truth = Portfolio(seed=seed, scale=scale, today=today, tools=tuple(tools))
        self.desks: list[Desk] = []
        self._counts: dict[str, int] = {}

    def next_number(self, what: str) -> int:
        """Return 1, 2, 3 … for each `what`."""
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def day(self, offset: int) -> date:
        """Return the date so many days from today."""
        return plus(self.today, offset)

    def focus(self, tool: str) -> None:
        """Let tricks be planted in the places of one tool: `jira` (both sites), `github` or `launchpad`."""
        for desk in self.desks:
            desk.focus = tool

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of them."""
        return self.rng.choice(choices)

    def plant(self, desk: Desk, kind: str, about: Subject, variant: str, why: str) -> None:
        """Note a finding that the data just made must raise."""
        note = Planted(engagement=desk.engagement, kind=kind, about=about, variant=variant, why=why)
        self.truth.findings.append(note)

    def near(self, desk: Desk, kind: str, about: Subject, variant: str, why: str) -> None:
        """Note something that looks like a finding and is none."""
        note = Planted(engagement=desk.engagement, kind=kind, about=about, variant=variant, why=why)
        self.truth.near_misses.append(note)

    def later(self, desk: Desk, kind: str, about: Subject, variant: str, why: str) -> None:
        """Note a finding of a kind that is not reconciled yet."""
        self.truth.later.append(Planted(engagement=desk.engagement, kind=kind, about=about, variant=variant, why=why))

    # ── issues ──

    def summary(self, kind: Kind) -> str:
        """Return a realistic summary."""
        match kind:
            case Kind.BUG:
                return f"{self.pick(words.BUGS)} ({self.pick(words.WHERE)})"
            case Kind.SUB_TASK:
                return self.pick(words.SUB_TASKS)
            case Kind.SPIKE:
                return f"Find out: {self.pick(words.THINGS)} {self.pick(words.WHERE)}"
            case Kind.EPIC:
                return f"{self.pick(words.THINGS).capitalize()} {self.pick(words.WHERE)}"
            case _:
                return f"{self.pick(words.VERBS)} {self.pick(words.THINGS)} {self.pick(words.WHERE)}"

    def issue(self, project: Project, kind: Kind | None = None, state: str | None = None, **fields: Any) -> Issue:
        """Make an issue in a project.

        Args:
            project: where.
            kind: its type; some kind of work unless given.
            state: `open`, `progress`, `done` or `dropped`; one of the first three unless given.
            fields: attributes of the issue, over what is usual.
        """
        chosen = states.fitting(project.site, kind or self.pick(WORK_KINDS))
        made = Issue(project=project, kind=chosen, summary=fields.pop("summary", None) or self.summary(chosen))
        made.text = f"{self.pick(words.VERBS)} the {self.pick(words.THINGS)} {self.pick(words.WHERE)}."
        made.reporter = self.pick([each for each in self.truth.people if self.login(each, project.site)])
        made.assignee = self.pick(
            [each for each in self.truth.people if self.login(each, project.site) and each.active]
        )
        self.set_state(made, state or self.pick(("open", "progress", "done")))
        for name, value in fields.items():
            setattr(made, name, value)
        if made.security is not None:
            self.restrict(made, made.security)
        project.issues.append(made)
        return made

    @staticmethod
    def login(person: Any, site: str) -> str | None:
        """Return the person's login on a site, if any."""
        logins = {CLOUD: person.cloud_id, GITHUB: person.github, LAUNCHPAD: person.launchpad}
        login: str | None = logins.get(site, person.dc_login)
        return login

    def set_state(self, issue: Issue, state: str) -> None:
        """Give the issue a status (and resolution) of its tool that means `state`."""
        states.set_state(self.rng, issue, state)

    def twin(self, issue: Issue, project: Project, state: str) -> Issue:
        """Let a Launchpad bug have a task in another project too."""
        made = self.issue(project, Kind.BUG, state, summary=issue.summary)
        made.text, made.labels, made.urls, made.mentions = issue.text, issue.labels, issue.urls, issue.mentions
        made.twin = issue
        return made

    def restrict(self, issue: Issue, level: Security) -> None:
        """Give the issue a security level and a canary in title and description."""
        mark = f"{words.CANARY}-{self.truth.seed}-{self.next_number('canary')}"
        issue.security = level
        issue.summary = f"{issue.summary} {mark}"
        issue.text = f"Not for the partner: {mark}. {issue.text}"

    def version(self, project: Project, release: date | None, name: str = "") -> Version:
        """Make a version of a project, released when its date is past."""
        number = self.next_number(f"version {project.key}")
        made = Version(project=project, name=name or f"Serial {number:02d}", release=release)
        if project.site == LAUNCHPAD:
            made.name = made.name.lower().replace(" ", "-")  # a name there is lower case, without spaces
        made.released = release is not None and release < self.today
        project.versions.append(made)
        return made

    # ── claims ──

    def claim(self, issue: Issue, desk: Desk, key: str, how: str | None = None) -> Issue:
        """Let the issue claim an item, by `field`, `label`, `url` or `url15`; says whose where that is needed.

        In a shared place the claim is qualified, or the issue's Engagement field says whose it is.
        """
        chosen = how or self.pick(("field", "field", "label", "url"))
        text = self.spelled(issue, desk, key)
        if issue.project.site == LAUNCHPAD and ("/" in text or issue.kind in states.SPECIFICATIONS):
            chosen = chosen if chosen.startswith("url") else "url"  # a tag holds no slash, a blueprint has no tags
        match chosen:
            case "field":
                issue.scope_field = f"{issue.scope_field}, {text}" if issue.scope_field else text
            case "label":
                issue.labels.append(f"scope:{text}")
            case "url":
                self.url(issue, desk, desk.item(key).id, self.pick((UrlForm.LIGHTNING_18, UrlForm.SHORT_18)))
            case "url15":
                self.url(issue, desk, desk.item(key).id, self.pick((UrlForm.LIGHTNING_15, UrlForm.SHORT_15)))
            case _:
                raise ValueError(chosen)
        return issue

    def url(self, issue: Issue, desk: Desk, target: str, form: UrlForm) -> None:
        """Put the URL of a record into the description."""
        if issue.project.shared and issue.engagement_field is None:
            issue.engagement_field = desk.engagement.key
        chosen = form
        if issue.project.site == GITHUB and self.rng.random() < 0.4:
            short = form in (UrlForm.LIGHTNING_15, UrlForm.SHORT_15)
            chosen = UrlForm.LABEL_15 if short else UrlForm.LABEL_18
        issue.urls.append(ScopeUrl(target=target, form=chosen))

    def spelled(self, issue: Issue, desk: Desk, key: str) -> str:
        """Return the key as this issue must write it to mean this engagement's item."""
        if desk.engagement not in issue.project.owners:
            return f"{desk.engagement.key}/{key}"
        if not issue.project.shared or issue.engagement_field == desk.engagement.key:
            return key
        if issue.engagement_field is None and not issue.scope_field and not issue.labels and self.rng.random() < 0.4:
            issue.engagement_field = desk.engagement.key
            return key
        return f"{desk.engagement.key}/{key}"

    def owned(self, desk: Desk, project: Project, **fields: Any) -> dict[str, Any]:
        """Return fields for an issue without a claim, so that it belongs to this engagement."""
        if project.shared:
            fields.setdefault("engagement_field", desk.engagement.key)
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One trick: how it is planted, and in which engagements it can be."""

    name: str
    why: str
    build: Callable[[Builder, Desk, Variant], None]
    fits: Callable[[Desk], bool] = lambda desk: bool(desk.readable)

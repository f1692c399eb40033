"""Everyday work around the plants: anchors, plain cover of the pool, ballast, and history stamps before today."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sandbox.portfolio import owed, owed_table, states, words
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.model import (
    CLOUD,
    DATA_CENTER,
    GITHUB,
    LAUNCHPAD,
    Comment,
    Issue,
    Kind,
    Project,
    Reading,
    Worklog,
)
from sandbox.portfolio.sites import PLACES

WORK_PER_PROJECT = (25, 40)
WORK_ELSEWHERE = (12, 20)
HISTORY_DAYS = 240
SILENT_DAYS = 200
FIRST_ID = {"jira": 10_001, "jira-dc": 24_001, "github": 2_650_000_001, "launchpad": 2_090_001}
"""Ids of the first issue and version (milestone) of each site."""


def anchors(b: Builder) -> None:
    """Make the anchor of each engagement in its first place."""
    for desk in b.desks:
        engagement = desk.engagement
        anchor = b.issue(
            engagement.places[0],
            Kind.ANCHOR,
            "progress",
            summary=f"Engagement {engagement.key}: {engagement.name}",
            engagement_field=engagement.key,
        )
        anchor.status, anchor.text = "In Progress", "Where this engagement shows its status."
        engagement.anchor = anchor
        for tool in (GITHUB, LAUNCHPAD):
            for place in [each for each in engagement.places if each.site == tool][:1]:
                engagement.anchors.append(_anchor_elsewhere(b, desk, place))


def _anchor_elsewhere(b: Builder, desk: Desk, place: Project) -> Issue:
    engagement = desk.engagement
    title = f"Engagement {engagement.key}: {engagement.name}"
    made = b.issue(place, Kind.ANCHOR, "open", summary=title, engagement_field=engagement.key)
    made.text = "Where this engagement shows its status."
    return made


def versions(b: Builder) -> None:
    """Give each project with issues a released version and two that lie ahead."""
    for project in b.truth.projects:
        if not project.empty and project.reading is not Reading.MISSING:
            for offset in (-80, 40, 95):
                b.version(project, b.day(offset + b.rng.randint(-6, 6)))


def cover_pool(b: Builder) -> None:
    """Give each item of a pool an epic or plain work in a readable place of its engagement."""
    for desk in b.desks:
        for key in desk.pool if desk.readable else ():
            project = b.pick([each for each in desk.readable if not each.silent])
            if b.rng.random() < 0.6:
                name = desk.item(key).name if desk.current else "Preparation"
                epic = b.issue(project, Kind.EPIC, "progress", summary=f"{name} for {desk.engagement.account.name}")
                b.claim(epic, desk, key, "field")
                b.issue(project, None, None, parent=epic)
            else:
                b.claim(b.issue(project, None, "progress"), desk, key, "field" if desk.current is None else None)


def plain_deliverables(b: Builder) -> None:
    """Give each engagement two deliverables that agree and are in time."""
    for desk in b.desks:
        for _ in range(2):
            base = owed.base_date(b, owed_table.Owed(name="plain", why=""))
            made = owed.deliverable(b, desk, promised=base, needed=owed_table.c(30).after(base))
            if desk.readable and b.rng.random() < 0.6:
                project = b.pick(desk.readable)
                made.issue = b.issue(
                    project, Kind.DELIVERABLE, "progress", due=owed_table.w(2).after(base), **b.owned(desk, project)
                )


def ballast(b: Builder) -> None:
    """Fill each project with everyday work that claims, or inherits a claim on, what is covered anyway."""
    for project in b.truth.projects:
        if project.empty or project.reading is Reading.MISSING:
            continue
        desks = [each for each in b.desks if each.engagement in project.owners]
        wanted = b.rng.randint(*(WORK_PER_PROJECT if project.site in (CLOUD, DATA_CENTER) else WORK_ELSEWHERE))
        while len(project.issues) < wanted:
            _one(b, b.pick(desks), project)


def _one(b: Builder, desk: Desk, project: Project) -> None:
    parents = [each for each in project.issues if _plain_parent(each, desk, project)]
    roll = b.rng.random()
    if roll < 0.25 and project.site == GITHUB:
        _change(b, desk, project)
        return
    if parents and roll < 0.45 and project.site != LAUNCHPAD:
        parent = b.pick(parents)
        kind = None if parent.kind is Kind.EPIC else Kind.SUB_TASK
        b.issue(project, kind, parent=parent)
        return
    kind = Kind.EPIC if roll > 0.93 else None
    if project.site == LAUNCHPAD and roll > 0.85 and desk.current is not None:
        kind = b.pick((Kind.EPIC, Kind.BLUEPRINT, Kind.BLUEPRINT))
    elif project.site == LAUNCHPAD:
        kind = Kind.BUG
    state = "dropped" if b.rng.random() < 0.08 and kind not in (Kind.EPIC, Kind.BLUEPRINT) else None
    made = b.issue(project, kind, state)
    b.claim(made, desk, b.pick(desk.pool), "field" if desk.current is None else None)
    made.billable = b.pick((None, None, "Yes", "No"))
    finished = made.resolution is not None
    fitting = [each for each in project.versions if each.released is finished]
    if fitting and b.rng.random() < 0.4:
        made.versions.append(b.pick(fitting))


def _change(b: Builder, desk: Desk, project: Project) -> None:
    """Make a pull request; most say in a label or not at all what they are for."""
    made = b.issue(project, Kind.CHANGE, b.pick(("open", "done", "done", "dropped")), **b.owned(desk, project))
    if b.rng.random() < 0.3:
        b.claim(made, desk, b.pick(desk.pool), "label")


def _plain_parent(issue: Issue, desk: Desk, project: Project) -> bool:
    """Whether everyday work may hang below: only under everyday work, so that no plant is disturbed."""
    if issue.labels or issue.urls or issue.security or issue.kind in _CHILDLESS:
        return False
    of_desk = not project.shared or issue.engagement_field == desk.engagement.key
    claimed = (issue.scope_field or "").removeprefix(f"{desk.engagement.key}/")
    return of_desk and claimed in desk.pool


_CHILDLESS = (Kind.SUB_TASK, Kind.DELIVERABLE, Kind.RISK, Kind.ANCHOR, Kind.CHANGE)


# ── history ──


def number(b: Builder) -> None:
    """Number issues and versions and stamp their history, plausible and before today."""
    for project in b.truth.projects:
        _order(b, project)
        _stamp(b, project)
    for site in PLACES:
        projects = [each for each in b.truth.projects if each.site == site]
        issues = [issue for each in projects for issue in each.issues]
        issues.sort(key=lambda each: (_created(each), each.key))
        for offset, issue in enumerate(issues):
            issue.id = FIRST_ID[site] + offset
            if site == LAUNCHPAD:
                _launchpad_name(issue)
        for issue in issues:
            if issue.twin is not None:
                _as_twin(issue, issue.twin)
        for offset, version in enumerate(version for each in projects for version in each.versions):
            version.id = FIRST_ID[site] + offset


def _as_twin(issue: Issue, bug: Issue) -> None:
    """Give a task the number and the beginning of its bug."""
    issue.number, issue.created = bug.number, bug.created
    if issue.updated and issue.created and issue.updated < issue.created:
        issue.updated = bug.updated
        issue.resolved = bug.updated if issue.resolved else None


def _launchpad_name(issue: Issue) -> None:
    """Number a bug over the whole of Launchpad, and name a blueprint within its project."""
    issue.number = issue.id
    if issue.kind in states.SPECIFICATIONS:
        plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in issue.summary.lower())
        issue.slug = "-".join(part for part in plain.split("-") if part)[:40].strip("-") + f"-{issue.id % 10_000}"


def labels(b: Builder) -> None:
    """Say with labels (GitHub) and tags (Launchpad) what Jira says in fields; when all is made."""
    for project in b.truth.projects:
        for issue in project.issues if project.site in (GITHUB, LAUNCHPAD) else ():
            _label(issue)


def _label(issue: Issue) -> None:
    said = [f"scope:{part.strip()}" for part in (issue.scope_field or "").split(",") if part.strip()]
    said += [f"engagement:{issue.engagement_field}"] if issue.engagement_field else []
    said += ["non-billable"] if issue.billable == "No" else []
    issue.scope_field = issue.engagement_field = issue.billable = None
    if issue.project.site == GITHUB and issue.kind in (Kind.ANCHOR, Kind.DELIVERABLE):
        said.append("engagement-anchor" if issue.kind is Kind.ANCHOR else "third-party-deliverable")
    found = [*issue.labels, *said]
    if issue.project.site == LAUNCHPAD:
        found = [each.lower().replace(":", "-") for each in found]
        if issue.kind in states.SPECIFICATIONS:
            found = []  # a blueprint has no tags
    issue.labels[:] = sorted(set(found))


def _created(issue: Issue) -> datetime:
    if issue.created is None:
        raise ValueError("an issue was never stamped")
    return issue.created


def _order(b: Builder, project: Project) -> None:
    """Shuffle the issues, anchors first and parents before their children."""
    rest = [each for each in project.issues if each.kind is not Kind.ANCHOR]
    b.rng.shuffle(rest)
    placed = [each for each in project.issues if each.kind is Kind.ANCHOR]
    done = {id(each) for each in placed}
    for issue in rest:
        chain = [issue]
        while (above := chain[-1].parent) is not None:
            chain.append(above)
        for each in reversed(chain):
            if id(each) not in done:
                done.add(id(each))
                placed.append(each)
    project.issues = placed
    for index, issue in enumerate(placed, start=1):
        issue.number = index


def _stamp(b: Builder, project: Project) -> None:
    last_day = -SILENT_DAYS - 10 if project.silent else -2
    start = datetime.combine(b.day(last_day - HISTORY_DAYS), time(9), tzinfo=UTC)
    end = datetime.combine(b.day(last_day), time(17), tzinfo=UTC)
    span = (end - start).total_seconds()
    moments = sorted(b.rng.random() ** 1.2 for _ in project.issues)
    for issue, moment in zip(project.issues, moments, strict=True):
        created = (start + timedelta(seconds=moment * span * 0.97)).replace(microsecond=0)
        room = (end - created).total_seconds()
        issue.created = created
        issue.updated = (created + timedelta(seconds=room * b.rng.random())).replace(microsecond=0)
        if PLACES[project.site].statuses[issue.status] == "done":
            issue.resolved = issue.updated
        _talk(b, issue, created, issue.updated)


def _talk(b: Builder, issue: Issue, created: datetime, updated: datetime) -> None:
    if issue.kind not in (Kind.EPIC, Kind.ANCHOR, Kind.RISK) and b.rng.random() < 0.6:
        issue.estimate_seconds = b.rng.randint(1, 20) * 7200
    crew = [each for each in b.truth.people if b.login(each, issue.project.site) and each.active]
    room = (updated - created).total_seconds()
    if b.rng.random() < 0.25:
        at = (created + timedelta(seconds=room * b.rng.random())).replace(microsecond=0)
        issue.comments.append(Comment(author=b.pick(crew), at=at, body=b.pick(words.COMMENTS)))
    if issue.status != "To Do" and issue.kind not in (Kind.EPIC, Kind.ANCHOR) and b.rng.random() < 0.4:
        for _ in range(b.rng.randint(1, 3)):
            at = (created + timedelta(seconds=room * b.rng.random())).replace(microsecond=0)
            seconds = b.rng.randint(1, 16) * 1800
            author = issue.assignee or b.pick(crew)
            issue.worklogs.append(Worklog(author=author, started=at, seconds=seconds, comment=b.pick(words.COMMENTS)))

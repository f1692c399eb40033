"""Deliverables: makes each trick of the table with its issue and version."""

from __future__ import annotations

from datetime import date

from sandbox.portfolio import words
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.days import plus, weekday_from
from sandbox.portfolio.model import Deliverable, Issue, Kind, Project, Reading, Security, TrackedBy, Version
from sandbox.portfolio.owed_table import Owed, Span
from sandbox.portfolio.sites import SITES


def base_date(b: Builder, owed: Owed) -> date:
    """Return the date from which the trick counts; -1 as weekday leaves the day as it falls."""
    start = b.day(b.rng.randint(25, 60) if owed.base is None else owed.base)
    if owed.weekday == -1:
        return start
    return weekday_from(start, b.rng.randint(0, 4) if owed.weekday is None else owed.weekday)


def _tracking(b: Builder, d: Desk, owed: Owed, due: date | None) -> Issue | None:
    if not owed.tracking:
        return None
    project: Project = b.pick(d.readable)
    if owed.tracking == "unreadable":
        project = next(each for each in d.engagement.places if each.reading is Reading.UNREADABLE)
    state = owed.tracking if owed.tracking in ("done", "dropped") else "progress"
    issue = b.issue(project, Kind.DELIVERABLE, state, due=due, **b.owned(d, project))
    if owed.tracking == "hidden":
        b.restrict(issue, Security.HIDDEN)
    elif owed.tracking == "restricted":
        b.restrict(issue, Security.SEEN)
    elif owed.tracking == "reopened":
        issue.resolution = b.pick(SITES[project.site].dropping_resolutions)
    return issue


def _version(b: Builder, d: Desk, span: Span | None, base: date) -> Version | None:
    return b.version(b.pick(d.readable), span.after(base)) if span else None


def build(b: Builder, d: Desk, owed: Owed) -> Deliverable:
    """Make the deliverable with its issue and version."""
    base = base_date(b, owed)
    issue = _tracking(b, d, owed, owed.due.after(base) if owed.due else None)
    if issue and owed.fix_version:
        issue.versions.append(b.version(issue.project, owed.fix_version.after(base)))
    needed = owed.needed.after(base) if owed.needed else None
    made = deliverable(b, d, promised=owed.promised.after(base) if owed.promised else None, needed=needed)
    made.owed_by, made.state = owed.owed_by, owed.state
    made.issue, made.version = issue, _version(b, d, owed.version, base)
    if owed.owed_by == "Us":
        made.third_party = None
    if owed.state == "Delivered":
        made.delivered = plus(base, 21)
    return made


def deliverable(b: Builder, d: Desk, *, promised: date | None, needed: date | None) -> Deliverable:
    """Make an open deliverable owed by a third party, with these dates and nothing else."""
    name = b.pick(words.DELIVERABLES)
    made = Deliverable(
        number=b.next_number("Deliverable__c"),
        key=f"D-{len(d.engagement.deliverables) + 1:02d}",
        name=name,
        owed_by="Third party",
        third_party=b.pick([each for each in b.truth.accounts if each.type == "Technology Partner"]),
        items=sorted(b.rng.sample(d.pool, min(len(d.pool), b.rng.randint(1, 2)))),
        promised=promised,
        needed=needed,
        tracked_by=b.pick(tuple(TrackedBy)),
    )
    d.engagement.deliverables.append(made)
    return made


def plant(b: Builder, d: Desk, owed: Owed, raises: tuple[str, ...], near: tuple[str, ...]) -> None:
    """Make one trick and note what it raises and nearly raises."""
    made = build(b, d, owed)
    for kind in raises:
        b.plant(d, kind, made, owed.name, owed.why)
    for kind in near:
        b.near(d, kind, made, owed.name, owed.why)

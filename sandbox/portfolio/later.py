"""Findings of kinds that are not reconciled yet: planted, or noted where they occur, each by a plain definition."""

from __future__ import annotations

from sandbox.portfolio import words
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.days import plus
from sandbox.portfolio.model import Issue, Item, Kind, Person, Reading, Security
from sandbox.portfolio.sites import PLACES


def plant(b: Builder) -> None:
    """Plant unowned work and people that nothing identifies; before issues are numbered."""
    for desk in b.desks:
        if not desk.troubled or not desk.readable:
            continue
        project = b.pick([each for each in desk.readable if not each.silent])
        unowned = b.claim(b.issue(project, Kind.STORY, "progress", assignee=None), desk, b.pick(desk.pool), "field")
        b.later(desk, "work.unowned", unowned, "in-progress-unassigned", "in progress, and nobody is assigned")
        request = b.issue(project, Kind.STORY, "progress", summary=b.pick(words.REQUESTS), **b.owned(desk, project))
        request.labels.append("out-of-contract")
        _slipping(b, desk)
    _stranger(b)


def _slipping(b: Builder, d: Desk) -> None:
    """Let the due date of an undisturbed tracking issue have moved three times."""
    for each in d.engagement.deliverables:
        issue = each.issue
        if issue is None or issue.due is None or issue.kind is not Kind.DELIVERABLE or each.state != "Open":
            continue
        if issue.security is None and issue.project in d.readable:
            issue.earlier_dues = [plus(issue.due, -days) for days in (60, 41, 20)]
            b.later(d, "deliverable.slipping", each, "moved-three-times", "its due date moved three times, 60 days")
            return


def _stranger(b: Builder) -> None:
    """Let somebody of the Data Center site have no e-mail address and a name that nobody else has."""
    desk = next(
        each for each in b.desks if each.troubled and any(p.site == "jira-dc" and p in each.own for p in each.readable)
    )
    project = next(each for each in desk.own if each.site == "jira-dc")
    stranger = Person(
        key="P000",
        name="Contractor Seven Example",
        cloud_id=None,
        cloud_name="",
        dc_login="ext-0007",
        dc_name="Contractor 7",
        email="",
        salesforce_number=None,
        salesforce_email="",
        active=False,
    )
    b.truth.people.append(stranger)
    b.claim(b.issue(project, Kind.TASK, "progress", assignee=stranger), desk, b.pick(desk.pool), "field")
    b.later(desk, "people.unresolved", stranger, "no-email", "assigned work, and no address tells who it is")


def note(b: Builder) -> None:
    """Note drift between baselines, and requests under way; when all is made."""
    for desk in b.desks:
        if desk.active:
            _drift(b, desk)
            for place in [each for each in desk.engagement.places if each.reading is Reading.READABLE]:
                for issue in place.issues:
                    if _is_request(issue) and _belongs(desk, issue):
                        b.later(desk, "request.unapproved", issue, "under-way", "out of contract, in progress")


def _is_request(issue: Issue) -> bool:
    under_way = PLACES[issue.project.site].statuses[issue.status] == "indeterminate"
    work = issue.kind in (Kind.STORY, Kind.TASK, Kind.BUG, Kind.SPIKE)
    return work and under_way and "out-of-contract" in issue.labels and issue.security is not Security.HIDDEN


def _belongs(desk: Desk, issue: Issue) -> bool:
    named = (issue.engagement_field, (issue.scope_field or "").partition("/")[0])
    return not issue.project.shared or desk.engagement.key in named


def _drift(b: Builder, d: Desk) -> None:
    signed = [each for each in d.older if each.signed_on is not None]
    if not signed or d.current is None:
        return
    before = max(signed, key=lambda each: each.version)
    old = {item.key: item for item in before.items}
    new = {item.key: item for item in d.current.items}
    for key in sorted(old.keys() | new.keys()):
        for kind, item in _changes(old.get(key), new.get(key)):
            why = f"version {before.version} against version {d.current.version}"
            b.later(d, "scope.drift", item, kind, why)


def _changes(old: Item | None, new: Item | None) -> list[tuple[str, Item]]:
    if old is None or new is None:
        return [("added", new)] if new else [("dropped", old)] if old else []
    found = [("reworded", new)] if old.text != new.text else []
    found += [("re-dated", new)] if old.due != new.due else []
    return found + ([("re-priced", new)] if old.budget != new.budget else [])

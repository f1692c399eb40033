"""Whether records that are linked over tools, or tied to a milestone, agree on what is done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from mapping.model import Access, Milestone, WorkClass, WorkItem, WorkState
from sync.reconcile.claims import WorkFacts, work_facts
from sync.reconcile.freshness import claims_can_resolve
from sync.reconcile.links import Link, links_over_tools
from sync.reconcile.result import Finding, FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import counted, evidence_of, listed, narrowest, titled

_WORK = frozenset({WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK, WorkClass.DELIVERABLE})
"""Classes that can be done or be left open; a change can be left open only."""

_UNDER_WAY = frozenset({WorkState.OPEN, WorkState.IN_PROGRESS})
_MOST_NAMED = 3  # keys named in one summary


def contradiction(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``work.contradiction``: a record that is still open and linked over tools to one that is done."""
    if not claims_can_resolve(view):
        return
    me, links = fold(view.engagement.key), links_over_tools(view)
    facts = {fact.item.ref: fact for fact in work_facts(view)}
    for ref in sorted(links):
        fact = facts[ref]
        if not _left_open(fact.item):
            continue
        done = [link for link in links[ref] if _done(link.other)]
        if done and me in (fact.belongs_to or frozenset(k for o in done for k in facts[o.other.ref].belongs_to)):
            yield _contradiction(view, fact.item, done)


def _left_open(item: WorkItem) -> bool:
    able = item.work_class in _WORK or item.work_class is WorkClass.CHANGE
    return able and item.state in _UNDER_WAY and item.access is not Access.RESTRICTED


def _done(item: WorkItem) -> bool:
    return item.work_class in _WORK and item.state is WorkState.DONE and item.access is not Access.RESTRICTED


def _contradiction(view: EngagementView, item: WorkItem, done: Sequence[Link]) -> Finding:
    partners = {link.other.ref: link.other for link in done}
    ordered = [partners[ref] for ref in sorted(partners)]
    names = listed([f"{titled(p, p.title)} ({p.status})" for p in ordered], _MOST_NAMED)
    said = {(link.source.ref, link.reference.field, link.reference.text): link for link in done}
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.WORK_CONTRADICTION,
        subject=item.ref,
        severity=Severity.MEDIUM,
        summary=f"{titled(item, item.title)} is still {item.status}, though it is linked to what is done: {names}",
        evidence=(
            evidence_of(item, "status", item.status),
            *(evidence_of(p, "status", p.status) for p in ordered),
            *(
                evidence_of(said[key].source, said[key].reference.field, said[key].reference.text)
                for key in sorted(said)
            ),
        ),
        access=narrowest([item.access, *(p.access for p in ordered)]),
        value={"place": item.place, "done": ", ".join(p.key for p in ordered)},
    )


def closed_milestones(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``milestone.closed_with_open_work``: a milestone that is over while work tied to it is under way."""
    if not claims_can_resolve(view):
        return
    me = fold(view.engagement.key)
    tied: dict[str, list[WorkFacts]] = {}
    for fact in work_facts(view):
        if fact.item.work_class in _WORK and fact.item.state in _UNDER_WAY:
            for ref in fact.item.milestone_refs:
                tied.setdefault(ref, []).append(fact)
    for milestone in sorted(view.milestones, key=lambda m: m.ref):
        under_way = tied.get(milestone.ref, [])
        if milestone.released and any(me in fact.belongs_to for fact in under_way):
            yield _closed(view, milestone, [fact.item for fact in under_way])


def _closed(view: EngagementView, milestone: Milestone, work: Sequence[WorkItem]) -> Finding:
    told = [item for item in work if item.access is not Access.RESTRICTED]
    names = listed(sorted(item.key for item in told), _MOST_NAMED)
    hidden = counted(len(work) - len(told), "restricted issue", "restricted issues") if len(told) < len(work) else ""
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.MILESTONE_CLOSED_WITH_OPEN_WORK,
        subject=milestone.ref,
        severity=Severity.MEDIUM,
        summary=f"{milestone.key} of {milestone.place} is over, though work tied to it is under way: "
        + ", ".join(part for part in (names, hidden) if part),
        evidence=(
            evidence_of(milestone, "state", "released or closed"),
            *(evidence_of(item, "status", item.status) for item in work),
        ),
        access=narrowest([milestone.access, *(item.access for item in told)]),
        value={"open": str(len(work)), "place": milestone.place},
    )

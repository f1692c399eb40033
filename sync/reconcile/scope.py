"""Whether what was sold is being built, and what is being built was sold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from mapping.model import Access, ScopeBaseline, ScopeItem, ScopeState, WorkClass, WorkState
from sync.reconcile.claims import ItemRef, WorkFacts, work_facts
from sync.reconcile.freshness import claims_can_resolve, stale_sources
from sync.reconcile.result import Finding, FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import evidence_of, narrowest, titled

COVERING = frozenset({WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK})
"""Classes of work item that count as work on a scope item."""


def current_baseline(view: EngagementView, today: date) -> ScopeBaseline | None:
    """Of the baselines signed on or before today the one with the highest version; None when none is signed.

    Of several with that version: the later signed, then the one with the greater reference.
    """
    signed = [(b.version, b.signed_on, b.ref, b) for b in view.baselines if b.signed_on and b.signed_on <= today]
    return max(signed, key=lambda entry: entry[:3])[3] if signed else None


def current_items(view: EngagementView, today: date) -> tuple[ScopeItem, ...]:
    """The scope items of the current baseline in state Active, sorted by key."""
    baseline = current_baseline(view, today)
    if baseline is None:
        return ()
    items = [i for i in view.items if i.baseline_ref == baseline.ref and i.state is ScopeState.ACTIVE]
    return tuple(sorted(items, key=lambda item: (fold(item.key), item.ref)))


def uncovered(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:
    """``scope.uncovered``: an active item of the current baseline that no live work claims."""
    if stale_sources(view, now, settings):
        return
    today = now.date()
    baseline = current_baseline(view, today)
    facts = work_facts(view)
    live = covered_by(facts)
    for item in current_items(view, today):
        ref = _ref(view, item)
        if baseline is None or ref in live:
            continue
        dropped = [f for f in facts if ref in f.held and f.item.work_class in COVERING]
        yield _uncovered(view, baseline, item, dropped, today + timedelta(days=settings.uncovered_soon_days))


def covered_by(facts: Iterable[WorkFacts]) -> frozenset[ItemRef]:
    """The scope items that live work claims, its own claims or inherited ones."""
    live = (f for f in facts if f.item.work_class in COVERING and f.item.state is not WorkState.DROPPED)
    return frozenset(ref for fact in live for ref in fact.held)


def _ref(view: EngagementView, item: ScopeItem) -> ItemRef:
    return ItemRef(fold(view.engagement.key), fold(item.key))


def _uncovered(
    view: EngagementView, baseline: ScopeBaseline, item: ScopeItem, dropped: list[WorkFacts], soon: date
) -> Finding:
    due = item.due.isoformat() if item.due else "no due date"
    evidence = [evidence_of(item, "due", due), evidence_of(baseline, "signed on", str(baseline.signed_on))]
    evidence += [evidence_of(fact.item, "status", fact.item.status) for fact in dropped]
    less = f"; {len(dropped)} dropped" if dropped else ""
    budget = {"budget": str(item.budget.amount), "currency": item.budget.currency} if item.budget else {}
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.SCOPE_UNCOVERED,
        subject=item.ref,
        severity=Severity.HIGH if item.due is not None and item.due <= soon else Severity.MEDIUM,
        summary=f"Scope item {titled(item, item.title)} ({due}) has no live work{less}",
        evidence=tuple(evidence),
        access=narrowest([item.access]),
        value={"due": item.due.isoformat() if item.due else "", **budget},
    )


def billable_work(view: EngagementView, facts: Iterable[WorkFacts]) -> tuple[WorkFacts, ...]:
    """The engagement's live work that has to be tied to a scope item.

    Class work, not dropped, billable, within contract, and belonging to it by its claims or, without any, by its place.
    """
    me = fold(view.engagement.key)
    return tuple(
        f
        for f in facts
        if f.item.work_class is WorkClass.WORK
        and f.item.state is not WorkState.DROPPED
        and f.item.billable is not False
        and not f.out_of_contract
        and (any(ref.engagement == me for ref in f.held) or (not f.held and me in f.at_home_in))
    )


def orphan_work(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``scope.orphan_work``: billable work of the engagement that holds no resolving claim."""
    if not claims_can_resolve(view):
        return
    for fact in billable_work(view, work_facts(view)):
        if not fact.held:
            yield _orphan(view, fact)


def _orphan(view: EngagementView, fact: WorkFacts) -> Finding:
    item = fact.item
    said = "; ".join(sorted({claim.text for claim in item.claims}))
    claims = f"{said} (does not resolve)" if said else "none"
    billable = "not said, counts as billable" if item.billable is None else "yes"
    restricted = item.access is Access.RESTRICTED
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.SCOPE_ORPHAN_WORK,
        subject=item.ref,
        severity=Severity.MEDIUM,
        summary=f"{titled(item, item.title)} is billable and tied to no scope item"
        + (f" (claims {said}, which does not exist)" if said and not restricted else ""),
        evidence=(
            evidence_of(item, "claims", claims),
            evidence_of(item, "billable", billable),
            evidence_of(item, "status", item.status),
        ),
        access=narrowest([item.access]),
        value={"place": item.place},
    )


def claimed_twice(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``scope.claimed_twice``: live work whose own claims name several scope items, one of them of this engagement."""
    if not claims_can_resolve(view):
        return
    me = fold(view.engagement.key)
    for fact in work_facts(view):
        item = fact.item
        if item.work_class not in COVERING or item.state is WorkState.DROPPED:
            continue
        if len(fact.own) > 1 and any(ref.engagement == me for ref in fact.own):
            yield _twice(view, fact)


def _twice(view: EngagementView, fact: WorkFacts) -> Finding:
    item = fact.item
    names = [f"{ref.engagement}/{ref.item}".upper() for ref in sorted(fact.own)]
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.SCOPE_CLAIMED_TWICE,
        subject=item.ref,
        severity=Severity.MEDIUM,
        summary=f"{titled(item, item.title)} is claimed by {len(names)} scope items: {', '.join(names)}",
        evidence=tuple(
            evidence_of(item, claim.field, claim.text)
            for claim in sorted(item.claims, key=lambda claim: (claim.field, claim.text))
        ),
        access=narrowest([item.access]),
        value={"claims": str(len(names))},
    )

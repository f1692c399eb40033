"""Whether what was sold is being built, and what is being built was sold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from mapping.model import Access, ScopeBaseline, ScopeItem, ScopeState, WorkClass, WorkState
from sync.reconcile.claims import ItemRef, WorkFacts, work_facts
from sync.reconcile.freshness import claims_can_resolve, stale_sources
from sync.reconcile.result import Evidence, Finding, FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, ScopeSource, fold
from sync.reconcile.words import evidence_of, narrowest, titled

_COVERING = frozenset({WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK})
"""Classes of work item that count as work on a scope item."""


def baselines_in_force(view: EngagementView, today: date) -> tuple[tuple[str, ScopeBaseline], ...]:
    """(name of the source, baseline) of each source that has one in force, in the order in which they count.

    Of one source: of the baselines signed and effective on or before today the one with the highest version; of several
    with that version the later signed, then the one with the greater reference. What stands without versions is in
    force where no version is.
    """
    sources = view.scope or (ScopeSource(name="", baselines=frozenset(b.ref for b in view.baselines)),)
    found = ((s.name, _latest((b for b in view.baselines if b.ref in s.baselines), today)) for s in sources)
    return tuple((name, baseline) for name, baseline in found if baseline is not None)


def _latest(baselines: Iterable[ScopeBaseline], today: date) -> ScopeBaseline | None:
    ranked = [
        (not b.standing, b.version, b.signed_on or date.min, b.ref, b)
        for b in baselines
        if b.standing or (b.signed_on and b.signed_on <= today and (b.effective_on or b.signed_on) <= today)
    ]
    return max(ranked, key=lambda entry: entry[:4])[4] if ranked else None


def rival_sources(view: EngagementView, today: date) -> tuple[str, ...]:
    """Names of the sources that each have a baseline in force, while nothing says which of them counts; else none."""
    names = tuple(name for name, _ in baselines_in_force(view, today))
    return names if len(names) > 1 and not view.scope_chosen else ()


def current_baseline(view: EngagementView, today: date) -> ScopeBaseline | None:
    """The baseline that counts today, of the first source that has one in force.

    None when there is none, and when several sources have one and nothing says which of them counts.
    """
    found = baselines_in_force(view, today)
    return None if not found or rival_sources(view, today) else found[0][1]


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
        dropped = [f for f in facts if ref in f.held and covering(f)]
        yield _uncovered(view, baseline, item, dropped, today + timedelta(days=settings.uncovered_soon_days))


def covering(fact: WorkFacts) -> bool:
    """Whether it counts as work on the scope items that it holds: of such a class, and no scope item itself."""
    return fact.item.work_class in _COVERING and not fact.is_scope


def covered_by(facts: Iterable[WorkFacts]) -> frozenset[ItemRef]:
    """The scope items that live work claims, its own claims or inherited ones."""
    live = (f for f in facts if covering(f) and f.item.state is not WorkState.DROPPED)
    return frozenset(ref for fact in live for ref in fact.held)


def _ref(view: EngagementView, item: ScopeItem) -> ItemRef:
    return ItemRef(fold(view.engagement.key), fold(item.key))


def _uncovered(
    view: EngagementView, baseline: ScopeBaseline, item: ScopeItem, dropped: list[WorkFacts], soon: date
) -> Finding:
    due = item.due.isoformat() if item.due else "no due date"
    evidence = [evidence_of(item, "due", due), _in_force(baseline)]
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


def _in_force(baseline: ScopeBaseline) -> Evidence:
    return evidence_of(baseline, "signed on", "without versions" if baseline.standing else str(baseline.signed_on))


def billable_work(view: EngagementView, facts: Iterable[WorkFacts]) -> tuple[WorkFacts, ...]:
    """The engagement's live work that has to be tied to a scope item.

    Class work, no scope item itself, not dropped, billable, within contract, and belonging to it by its claims or,
    without any, by its place.
    """
    me = fold(view.engagement.key)
    return tuple(
        f
        for f in facts
        if f.item.work_class is WorkClass.WORK
        and not f.is_scope
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
        if not covering(fact) or item.state is WorkState.DROPPED:
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

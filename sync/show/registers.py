"""Engineering requests, mitigations and dependencies as data for scripts and tables; amounts and hours as decimals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from mapping.model import Access, Deliverable, Money, Reference, WorkItem
from mapping.registers import EngineeringRequest, Lifecycle, Mitigation, MitigationState, RequestState, Risk
from sync.reconcile.links import Lookup
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import titled
from sync.show.facts import Facts
from sync.show.text import clean

_HOUR_S = 3600
_SHOWN = Decimal("0.01")  # hours: 36 seconds
_UNDECIDED = frozenset({RequestState.REQUESTED, RequestState.TRIAGED})
_UNDONE = frozenset({MitigationState.PLANNED, MitigationState.IN_PROGRESS})


def money(value: Money | None) -> dict[str, str] | None:
    """An amount as JSON holds it: an exact decimal as text, with its currency."""
    return None if value is None else {"amount": str(value.amount), "currency": value.currency}


def hours(seconds: int | None) -> str | None:
    """Seconds as hours of at most two decimals, a half to the even one; None: nothing is said."""
    if seconds is None:
        return None
    return f"{(Decimal(seconds) / _HOUR_S).quantize(_SHOWN, ROUND_HALF_EVEN).normalize():f}"


def effort_json(sold_s: int | None, live: Sequence[WorkItem], all_of_it: Sequence[WorkItem]) -> dict[str, str | None]:
    """What was sold, and the sums of what each piece of work says of itself alone, in hours; None: nobody says.

    Args:
        sold_s: What was sold, in seconds.
        live: The work that is not dropped, of which the estimates count.
        all_of_it: What was dropped too: time was spent on it.
    """
    return {
        "sold_h": hours(sold_s),
        "estimate_h": hours(_sum(item.estimate_s for item in live)),
        "spent_h": hours(_sum(item.spent_s for item in all_of_it)),
        "remaining_h": hours(_sum(item.remaining_s for item in live)),
    }


def _sum(seconds: Iterable[int | None]) -> int | None:
    said = [each for each in seconds if each is not None]
    return sum(said) if said else None


def requests_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline requests --json``: what was asked for beyond the contracts, the oldest first."""
    rows = [row for f in facts if f.view is not None for row in _requests(f, f.view)]
    return {"version": 1, "requests": rows}


def _requests(facts: Facts, view: EngagementView) -> list[dict[str, Any]]:
    lookup = Lookup(view)
    today = facts.now.date()
    found = sorted(facts.registers.requests, key=lambda r: (r.requested_on or today, fold(r.key), r.ref))
    return [_request(facts, lookup, one) for one in found]


def _request(facts: Facts, lookup: Lookup, one: EngineeringRequest) -> dict[str, Any]:
    until = one.decided_on or (facts.now.date() if one.state in _UNDECIDED else None)
    age = (until - one.requested_on).days if until and one.requested_on else None
    return {
        "engagement": facts.key,
        "request": one.key,
        "title": _title(one),
        "state": one.state.value,
        "requested_on": one.requested_on.isoformat() if one.requested_on else None,
        "requested_by": one.requested_by,
        "decided_on": one.decided_on.isoformat() if one.decided_on else None,
        "age_days": age if age is None or age >= 0 else None,
        "effort_h": hours(one.effort_s),
        "amount": money(one.amount),
        "work": [_work(lookup, reference) for reference in one.tracking],
        "url": one.url,
        "ref": one.ref,
    }


def _work(lookup: Lookup, reference: Reference) -> dict[str, Any]:
    """A work item that is meant; without a state when it was not read."""
    item = lookup.work(reference)
    if item is None:
        return {"key": reference.value, "state": None, "url": "", "ref": None}
    return {"key": item.key, "state": item.state.value, "url": item.url, "ref": item.ref}


def kept_risks(facts: Facts) -> dict[str, Risk]:
    """Folded key -> the risk as a tool keeps it."""
    return {fold(risk.key): risk for risk in sorted(facts.registers.risks, key=lambda r: r.ref)}


def recorded_json(facts: Facts) -> list[dict[str, Any]]:
    """The risks that people keep in the tools, which no rule raised."""
    raised = {fold(state.risk.id) for state in facts.risks}
    return [_recorded(facts, risk) for key, risk in sorted(kept_risks(facts).items()) if key not in raised]


def _recorded(facts: Facts, risk: Risk) -> dict[str, Any]:
    return {
        "engagement": facts.key,
        "key": risk.key,
        "title": _title(risk),
        "category": risk.category,
        "severity": risk.severity,
        "lifecycle": risk.lifecycle.value,
        "raised_on": risk.raised_on.isoformat() if risk.raised_on else None,
        "closed_reason": risk.closed_reason,
        "url": risk.url,
        "ref": risk.ref,
        **handled_json(facts, risk),
    }


def _title(one: EngineeringRequest | Risk | Mitigation) -> str:
    """Its title, or its key when it is restricted."""
    return one.key if one.access is Access.RESTRICTED else " ".join(clean(one.title).split())


def is_closed(risk: Mapping[str, Any]) -> bool:
    """Whether a risk, raised by a rule or kept by people, is closed."""
    return bool(risk["lifecycle"] == Lifecycle.CLOSED.value)


def handled_json(facts: Facts, risk: Risk | None) -> dict[str, Any]:
    """Who sees to a risk and what is done about it, as its tool says; nothing when no tool keeps it."""
    if risk is None:
        return {"owned_by": "", "mitigations": []}
    own = [m for m in facts.registers.mitigations if m.risk_ref == risk.ref]
    ordered = sorted(own, key=lambda m: (m.due is None, m.due, m.ref))
    return {"owned_by": _owner(facts, risk), "mitigations": [_mitigation(facts, m) for m in ordered]}


def _mitigation(facts: Facts, one: Mitigation) -> dict[str, Any]:
    return {
        "title": _title(one),
        "state": one.state.value,
        "owned_by": _owner(facts, one),
        "due": one.due.isoformat() if one.due else None,
        "overdue": one.due is not None and one.due < facts.now.date() and one.state in _UNDONE,
        "text": "" if one.access is Access.RESTRICTED else one.text,
        "url": one.url,
        "ref": one.ref,
    }


def _owner(facts: Facts, one: Risk | Mitigation) -> str:
    named = (p.display_name or p.key for p in facts.registers.people if p.ref == one.owner_ref)
    return clean(next(named, one.owner))


def waits_for_json(facts: Facts, deliverable: Deliverable) -> list[dict[str, Any]]:
    """The other deliverables that this one waits for, each once, with every reason that is told and not restricted."""
    known = {one.ref: one for one in facts.registers.depended_on if one.ref != deliverable.ref}
    why: dict[str, dict[str, None]] = {}
    for one in facts.registers.dependencies:
        if one.deliverable_ref == deliverable.ref and one.depends_on_ref in known:
            secret = Access.RESTRICTED in (one.access, known[one.depends_on_ref].access)
            why.setdefault(one.depends_on_ref, {})["" if secret else one.text] = None
    rows = [
        {
            "deliverable": known[ref].key,
            "title": titled(known[ref], known[ref].title),
            "state": known[ref].state.value,
            "text": "; ".join(filter(None, texts)),
            "ref": ref,
        }
        for ref, texts in why.items()
    ]
    return sorted(rows, key=lambda row: (fold(row["deliverable"]), row["ref"]))

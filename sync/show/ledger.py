"""The scope ledger and the deliverables with their dates, as data for scripts and tables."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mapping.model import DeliverableState, ScopeBaseline, ScopeItem, WorkState
from sync.reconcile.claims import ItemRef, WorkFacts, work_facts
from sync.reconcile.deliverables import dates_of, effective_date
from sync.reconcile.links import Lookup
from sync.reconcile.result import FindingKind
from sync.reconcile.scope import billable_work, covering, current_baseline, current_items, rival_sources
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import titled
from sync.show.facts import Facts
from sync.show.registers import effort_json, money, waits_for_json


def scope_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline scope --json``: each item of the current baseline with the work on it, and the coverage both ways."""
    return {"version": 1, "engagements": [_scope(f, f.view) for f in facts if f.view is not None]}


def _scope(facts: Facts, view: EngagementView) -> dict[str, Any]:
    today = facts.now.date()
    baseline = current_baseline(view, today)
    items = current_items(view, today)
    work = work_facts(view)
    rows = [_item(facts, view, item, work) for item in items]
    billable = billable_work(view, work)
    orphans = {f.subject for f in facts.findings if f.kind is FindingKind.SCOPE_ORPHAN_WORK}
    tied = sum(f.item.ref not in orphans for f in billable)
    return {
        "engagement": facts.key,
        "name": facts.name,
        "status": facts.word,
        "baseline": None if baseline is None or baseline.standing else baseline.version,
        "signed_on": baseline.signed_on.isoformat() if baseline and baseline.signed_on else None,
        "source": None if baseline is None else _source(view, baseline),
        "undecided": list(rival_sources(view, today)),
        "baselines": [_baseline(view, b, current=b is baseline) for b in sorted(view.baselines, key=_by_version)],
        "budget": money(view.engagement.budget),
        "rate": money(view.engagement.rate),
        "items": rows,
        "covered": _share(sum(row["live"] > 0 for row in rows), len(rows)),
        "traced": _share(tied, len(billable)),
        "orphans": sorted(f.item.key for f in billable if f.item.ref in orphans),
    }


def _by_version(baseline: ScopeBaseline) -> tuple[int, str]:
    return (-baseline.version, baseline.ref)


def _source(view: EngagementView, baseline: ScopeBaseline) -> str:
    return next((source.name for source in view.scope if baseline.ref in source.baselines), "")


def _baseline(view: EngagementView, baseline: ScopeBaseline, *, current: bool) -> dict[str, Any]:
    return {
        "ref": baseline.ref,
        "version": None if baseline.standing else baseline.version,
        "source": _source(view, baseline),
        "signed_on": baseline.signed_on.isoformat() if baseline.signed_on else None,
        "effective_on": baseline.effective_on.isoformat() if baseline.effective_on else None,
        "current": current,
        "edits": baseline.edits,
        "items": sum(item.baseline_ref == baseline.ref for item in view.items),
        "url": baseline.url,
    }


def _item(facts: Facts, view: EngagementView, item: ScopeItem, work: Sequence[WorkFacts]) -> dict[str, Any]:
    ref = ItemRef(fold(view.engagement.key), fold(item.key))
    held = [f.item for f in work if ref in f.held and covering(f)]
    live = [w for w in held if w.state is not WorkState.DROPPED]
    found = {f.subject: f for f in facts.findings if f.kind is FindingKind.SCOPE_UNCOVERED}
    return {
        "item": item.key,
        "title": titled(item, item.title),
        "due": item.due.isoformat() if item.due else None,
        "budget": money(item.budget),
        "live": len(live),
        "done": sum(w.state is WorkState.DONE for w in live),
        "dropped": len(held) - len(live),
        "work": sorted(w.key for w in live),
        "effort": effort_json(item.effort_s, live, held),
        "finding": found[item.ref].id if item.ref in found else None,
        "url": item.url,
    }


def deliverables_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline deliverables --json``: each with every source's date, the effective one, and what was found."""
    rows = [row for f in facts if f.view is not None for row in _deliverables(f, f.view)]
    return {"version": 1, "deliverables": rows}


def _deliverables(facts: Facts, view: EngagementView) -> list[dict[str, Any]]:
    lookup = Lookup(view)
    accounts = {view.account.ref: view.account.name} if view.account else {}
    rows = []
    for one in sorted(view.deliverables, key=lambda d: (fold(d.key), d.ref)):
        dates = dates_of(lookup, one)
        is_open = one.state is DeliverableState.OPEN
        effective = effective_date(dates, facts.now.date()) if is_open else one.delivered_on
        found = [f for f in facts.findings if f.subject == one.ref]
        rows.append(
            {
                "engagement": facts.key,
                "deliverable": one.key,
                "title": titled(one, one.title),
                "owed_by": one.owed_by.value,
                "third_party": accounts.get(one.third_party_ref or "", one.third_party_ref),
                "state": one.state.value,
                "needed_by": one.needed_by.isoformat() if one.needed_by else None,
                "effective": effective.isoformat() if effective else None,
                "dates": [
                    {"field": d.field, "date": d.day.isoformat(), "key": d.key, "url": d.url, "ref": d.ref}
                    for d in dates
                ],
                "scope_items": list(one.scope_item_keys),
                "depends_on": waits_for_json(facts, one),
                "findings": [{"id": f.id, "kind": f.kind.value, "summary": f.summary} for f in found],
                "url": one.url,
            }
        )
    return rows


def _share(part: int, whole: int) -> dict[str, Any]:
    """A share by count; ``percent`` is None when there is nothing to be a share of, never 0 or 100."""
    percent = str(Decimal(round(Fraction(part * 1000, whole))) / 10) if whole else None
    return {"count": part, "of": whole, "percent": percent}

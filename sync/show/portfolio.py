"""Status, findings and risks as data for scripts; the tables are made of the same data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mapping.people import Human
from sync.reconcile.result import Finding, Reason, RiskLifecycle, RiskState
from sync.reconcile.view import fold
from sync.show.facts import Facts, evidence_json, instant
from sync.show.registers import handled_json, kept_risks, recorded_json

NEVER_READ = "its record was never read: run syncline pull, then look at syncline check"


def status_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline status --json``."""
    return {"version": 1, "engagements": [_one(f) for f in facts]}


def _one(facts: Facts) -> dict[str, Any]:
    status = facts.status
    reasons: list[dict[str, Any]] = _reasons(status.reasons) if status else []
    if facts.view is None:
        reasons = [{"text": NEVER_READ, "findings": []}]
    return {
        "engagement": facts.key,
        "name": facts.name,
        "account": facts.account,
        "status": facts.word,
        "manager": person_json(facts.manager),
        "origin": facts.origin,
        "left_out": list(facts.left_out),
        "last_status": facts.last.status.colour.value if facts.last else None,
        "rested": instant(facts.last.until) if facts.last else None,
        "true_of": instant(status.true_of) if status else None,
        "since": instant(facts.since),
        "reasons": reasons,
        "dimensions": [
            {
                "dimension": d.dimension.value,
                "status": d.colour.value if d.colour else "not assessed",
                "reasons": _reasons(d.reasons),
                "to_green": d.to_green,
            }
            for d in (status.dimensions if status else ())
        ],
        "findings": len(facts.findings),
        "open_risks": sum(r.lifecycle is RiskLifecycle.OPEN for r in facts.risks),
        "sources": [
            {
                "connection": s.connection,
                "stream": s.stream,
                "partition": s.partition,
                "read_at": instant(s.read_at),
                "error": s.error,
            }
            for s in (sorted(facts.view.sources) if facts.view else ())
        ],
    }


def person_json(person: Human | None) -> dict[str, Any] | None:
    """One person with every login that is known to be theirs."""
    if person is None:
        return None
    names = [login.name for login in person.logins if login.name]
    return {
        "person": person.key,
        "name": names[0] if names else "",
        "logins": [f"{login.connection}:{login.id}" for login in person.logins],
    }


def _reasons(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"text": r.text, "findings": list(r.findings)} for r in reasons]


def findings_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline findings --json``."""
    return {"version": 1, "findings": [finding_json(f, one) for f in facts for one in f.findings]}


def finding_json(facts: Facts, finding: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "id": finding.id,
        "engagement": finding.engagement,
        "kind": finding.kind.value,
        "subject": finding.subject,
        "severity": finding.severity.value,
        "summary": finding.summary,
        "first_seen": instant(facts.first_seen.get(finding.id)),
        "access": finding.access.value,
        "value": dict(finding.value),
        "evidence": evidence_json(finding.evidence),
    }


def risks_json(facts: Sequence[Facts]) -> dict[str, Any]:
    """``syncline risks --json``."""
    return {
        "version": 1,
        "risks": [risk_json(f, state) for f in facts for state in f.risks],
        "recorded": [risk for f in facts for risk in recorded_json(f)],
    }


def risk_json(facts: Facts, state: RiskState) -> dict[str, Any]:
    """One risk that a rule raised, with what people say of it in the tools."""
    risk = state.risk
    return {
        "id": risk.id,
        "engagement": risk.engagement,
        "rule": risk.rule,
        "subject": risk.subject,
        "category": risk.category.value,
        "severity": risk.severity.value,
        "lifecycle": state.lifecycle.value,
        "raised_on": state.raised_on.isoformat(),
        "changed_on": state.changed_on.isoformat(),
        "closed_reason": state.closed_reason,
        "title": risk.title,
        "description": risk.description,
        "subject_url": risk.subject_url,
        "findings": list(risk.findings),
        **handled_json(facts, kept_risks(facts).get(fold(risk.id))),
    }

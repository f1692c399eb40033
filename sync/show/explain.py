"""Why something is as it is, back to the records: data for ``syncline explain``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from connectors.core.port import Record
from mapping.model import Entity
from sync.plan.types import PlannedWrite
from sync.reconcile.result import Finding, RiskState
from sync.show.facts import Facts, instant
from sync.show.portfolio import finding_json, person_json, risk_json, status_json
from sync.store.codec import encode

Heads = Mapping[str, Record]
"""The latest stored version of each record, by reference."""


def explain_finding(facts: Facts, finding: Finding, heads: Heads) -> dict[str, Any]:
    """A finding, with each record that it rests on as it is stored."""
    return {"what": "finding", **finding_json(facts, finding), "records": _records(refs_of([finding]), heads)}


def explain_risk(facts: Facts, state: RiskState, heads: Heads) -> dict[str, Any]:
    """A risk, with its findings and their records."""
    findings = _of(facts, state.risk.findings)
    return {
        "what": "risk",
        **risk_json(facts, state),
        "owner": person_json(facts.manager),
        "because": [finding_json(facts, f) for f in findings],
        "records": _records(refs_of(findings), heads),
    }


def explain_status(facts: Facts, heads: Heads) -> dict[str, Any]:
    """A status: every dimension, its reasons, their findings, and the age of the sources."""
    (one,) = status_json([facts])["engagements"]
    return {
        "what": "status",
        **one,
        "people": [person_json(human) for human in facts.people],
        "because": [finding_json(facts, f) for f in facts.findings],
        "records": _records(refs_of(facts.findings), heads),
    }


def explain_write(
    planned: PlannedWrite, states: Sequence[Mapping[str, Any]], cause: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A write: its fields, what became of it each time it was sent, and what it comes from."""
    write = planned.write
    return {
        "what": "write",
        "id": write.id,
        "engagement": planned.engagement,
        "connection": write.connection,
        "rule": planned.rule,
        "kind": write.kind.value,
        "target_key": planned.target_key,
        "target_url": planned.target_url,
        "reason": write.reason,
        "lines": [{"field": line.field, "before": line.before, "after": line.after} for line in planned.lines],
        "sent": list(states),
        "because": cause,
    }


def explain_record(
    record: Record, entities: Sequence[Entity], findings: Sequence[Finding], provenance: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A record: what it was mapped to, where each attribute comes from, and the findings that rest on it."""
    return {
        "what": "record",
        **record_json(record),
        "model": [{"kind": type(e).__name__, **encode(e)} for e in entities],
        "provenance": list(provenance),
        "findings": [{"id": f.id, "kind": f.kind.value, "summary": f.summary} for f in findings],
    }


def record_json(record: Record) -> dict[str, Any]:
    """Where a record is and which version is stored."""
    return {
        "ref": record.ref,
        "key": record.key,
        "url": record.url,
        "record_version": record.version,
        "updated": instant(record.updated),
        "access": record.visibility.value,
        "deleted": record.deleted,
    }


def refs_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """References of the records that findings rest on, none twice."""
    return tuple(dict.fromkeys(ref for f in findings for ref in (f.subject, *(e.ref for e in f.evidence))))


def _records(refs: Iterable[str], heads: Heads) -> list[dict[str, Any]]:
    return [record_json(heads[ref]) for ref in refs if ref in heads]


def _of(facts: Facts, ids: Sequence[str]) -> list[Finding]:
    known = {f.id: f for f in facts.findings}
    return [known[i] for i in ids if i in known]

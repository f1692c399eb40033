"""Turns what is known and what the tools show into the plan."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.port import WriteKind
from sync.plan.block import block_writes
from sync.plan.brakes import brakes_of, gathered
from sync.plan.draft import Desk, Drafted
from sync.plan.ids import plan_id
from sync.plan.inputs import PlanInput
from sync.plan.known import RiskRecords
from sync.plan.labels import label_writes
from sync.plan.risks import risk_writes
from sync.plan.status import link_writes, status_writes
from sync.plan.types import Agreed, Brake, Conflict, Held, Plan, PlannedWrite

_RULE_ORDER = (
    "engagement.status",
    "anchor.status",
    "anchor.link",
    "anchor.block",
    "risk.record",
    "risk.issue",
    "work.label",
)
_KIND_ORDER = tuple(WriteKind)  # of one record: fields before its transition


def build_plan(given: PlanInput) -> Plan:
    """Every write that would be made now. Depends on nothing but ``given``; the order of its mappings changes nothing.

    A plan made again after its writes were done and read back holds no write. Engagements at rest, and those without a
    result, are left as they are.
    """
    found = list(drafted(Desk(given=given)))
    writes = sorted({d.write.id: d for d in found if isinstance(d, PlannedWrite)}.values(), key=_order)
    brakes = [*(d for d in found if isinstance(d, Brake)), *brakes_of(given, writes)]
    return Plan(
        id=plan_id(planned.write for planned in writes),
        made=given.now,
        writes=tuple(writes),
        conflicts=tuple(
            sorted({_conflict_key(d): d for d in found if isinstance(d, Conflict)}.values(), key=_conflict_key)
        ),
        held=tuple(sorted({d for d in found if isinstance(d, Held)}, key=_held_key)),
        agreed=tuple(sorted((d for d in found if isinstance(d, Agreed)), key=_agreed_key)),
        brakes=gathered(brakes),
    )


def drafted(desk: Desk) -> Iterator[Drafted]:
    """What every rule makes of every active engagement, unsorted; some of it may come twice."""
    given = desk.given
    known = RiskRecords(desk)
    active = sorted(key for key, result in given.results.items() if result.status is not None and key in given.views)
    for key in active:
        view, status = given.views[key], given.results[key].status
        if status is None:
            continue
        yield from status_writes(desk, view, status)
        yield from link_writes(desk, view)
        yield from block_writes(desk, view, status, given.risks.get(key, ()))
        for state in sorted(given.risks.get(key, ()), key=lambda state: state.risk.id):
            yield from risk_writes(desk, view, state, known)
    yield from label_writes(desk, active)


def _order(planned: PlannedWrite) -> tuple[int, str, str, str, str, int, str]:
    write = planned.write
    return (
        _RULE_ORDER.index(planned.rule),
        planned.engagement,
        write.connection,
        planned.target_key,
        write.external_id,
        _KIND_ORDER.index(write.kind),
        write.id,
    )


def _conflict_key(conflict: Conflict) -> tuple[str, str, str, str]:
    return (conflict.connection, conflict.target, conflict.field_id, conflict.engagement)


def _agreed_key(agreed: Agreed) -> tuple[str, str, str, str]:
    return (agreed.connection, agreed.stream, agreed.id, agreed.field_id)


def _held_key(held: Held) -> tuple[str, str, str, str, str]:
    return (held.engagement, held.connection, held.rule, held.target, held.reason)

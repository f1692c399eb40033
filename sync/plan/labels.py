"""Which labels of ours are to be put on work items, and which to be taken away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from connectors.core.port import WriteKind
from mapping.fitting import fitting
from mapping.model import WorkClass, WorkItem
from mapping.outbound import OutboundError
from sync.plan.draft import Desk, Drafted, Job, foreign_instance, planned
from sync.reconcile.result import RiskLifecycle, RiskState

_LABEL = "label"
_NOT_OURS_TO_CLEAR = frozenset({WorkClass.RISK, WorkClass.ANCHOR})  # their labels are set when they are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """One work item and the engagement for which it is looked at: the first by key of those whose view holds it."""

    engagement: str
    item: WorkItem


def label_of(prefix: str, rule: str) -> str:
    """Label of the work items that a risk is about: ``scope.orphan_work`` gives ``syncline-orphan-work``."""
    return prefix + rule.rpartition(".")[2].replace("_", "-")


def label_writes(desk: Desk, views: Iterable[str]) -> Iterator[Drafted]:
    """``work.label``: add what an open risk of any engagement asks for, remove ours that none asks for.

    Work items that share their labels bear them together: one of them is written, for what any of them is asked to
    bear. What lies in a stream that has no labels bears none.

    Args:
        desk: What is known.
        views: Keys of the engagements whose work items are looked at.
    """
    wanted = _wanted(desk.given.risks)
    bearers: dict[str, Bearer] = {}
    for key in sorted(views):
        for item in desk.given.views[key].work:
            bearers.setdefault(item.ref, Bearer(engagement=key, item=item))
    together: dict[tuple[str, str], list[Bearer]] = {}
    for ref in sorted(bearers):
        item = bearers[ref].item
        together.setdefault((item.connection, item.labels_with or item.ref), []).append(bearers[ref])
    for sharing in together.values():
        states = {s.risk.id: s for bearer in sharing for s in wanted.get(bearer.item.ref, ())}
        yield from _on(desk, sharing[0], tuple(states[risk_id] for risk_id in sorted(states)))


def _wanted(risks: Mapping[str, tuple[RiskState, ...]]) -> dict[str, tuple[RiskState, ...]]:
    found: dict[str, tuple[RiskState, ...]] = {}
    for key in sorted(risks):
        for state in sorted(risks[key], key=lambda state: state.risk.id):
            if state.lifecycle is RiskLifecycle.OPEN:
                for ref in state.risk.label_targets:
                    found[ref] = (*found.get(ref, ()), state)
    return found


def _on(desk: Desk, bearer: Bearer, asking: tuple[RiskState, ...]) -> Iterator[Drafted]:
    item = bearer.item
    found = desk.rule(item.connection, "work.label")
    if found is None or found[1].stream != item.ref.split(":", 2)[1]:
        return
    sink, rule = found
    record = desk.given.records.get(item.ref)
    if record is not None and fitting(rule, record, sink.catalog) is None:
        return
    asked = {label_of(rule.prefix, state.risk.rule): state for state in reversed(asking)}
    owned = {label for label in item.labels if label.startswith(rule.prefix)}
    if item.work_class in _NOT_OURS_TO_CLEAR:
        owned &= set(asked)
    for label in sorted(set(asked) ^ owned):
        state = asked.get(label)
        job = Job(
            engagement=state.risk.engagement if state is not None else bearer.engagement,
            sink=sink,
            rule=rule,
            cause=state.risk.id if state is not None else _LABEL,
            reason=f"Risk {state.risk.id} names it: {state.risk.title}" if state else "No open risk names it any more",
        )
        kind = WriteKind.ADD_LABEL if state is not None else WriteKind.REMOVE_LABEL
        yield from _write(desk, job, item, kind, label)


def _write(desk: Desk, job: Job, item: WorkItem, kind: WriteKind, label: str) -> Iterator[Drafted]:
    record = desk.given.records.get(item.ref)
    try:
        values = job.values({_LABEL: label})
        foreign = foreign_instance(desk, job, record) if record is not None else ""
    except OutboundError as error:
        yield job.held(item.ref, error)
        return
    if foreign:
        yield job.held(item.ref, f"it was written by another instance of syncline ({foreign})")
        return
    add = kind is WriteKind.ADD_LABEL
    write = planned(
        job,
        kind=kind,
        stream=job.rule.stream,
        target=item.ref.split(":", 2)[2],
        partition=item.place,
        values=values,
        before={name: None if add else value for name, value in values.items()},
        version=record.version if record is not None else "",
        key=item.key,
        url=item.url,
        names={},
    )
    yield write

"""Gathers, from the store, what a plan is made from; the plan itself is made by ``sync.plan``. Makes no request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from connectors.core.port import Catalog, Record
from mapping.model import WorkClass
from sync.engine.live import Live, RunContext
from sync.engine.reconcile import Portfolio
from sync.plan.adoption import Adoption, build_adoption
from sync.plan.build import build_plan
from sync.plan.inputs import PlanInput, PlanSettings, Sink
from sync.plan.types import Plan
from sync.reconcile.result import RiskLifecycle, RiskState
from sync.reconcile.rules import Result
from sync.reconcile.view import EngagementView
from sync.selection import Selected
from sync.store import outbox
from sync.store.adopted import adopt_instances, adopted_instances, save_agreed
from sync.store.database import Store
from sync.store.records import keys_of_gone, load_records, refs_of_keys, stream_records
from sync.store.results import load_findings, load_risks, load_status
from sync.store.runs import save_conflicts, save_held_writes
from sync.store.views import build_view, surroundings

_RISK_RULE = "risk.record"
_OWN_LABEL = "syncline-"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    views: Mapping[str, EngagementView]
    risks: Mapping[str, tuple[RiskState, ...]]
    created: Mapping[tuple[str, str], str]


def make_plan(store: Store, given: PlanInput) -> Plan:
    """Every write that would be made now, by the stored results. What is held or in conflict is noted in the store."""
    plan = build_plan(given)
    with store.unit_of_work() as session:
        save_held_writes(session, plan.held, given.now)
        save_conflicts(session, plan.conflicts, given.now)
        session.commit()
    return plan


def take_over(store: Store, given: PlanInput) -> Adoption:
    """Let what the tools were last read to show, where it bears a mark of syncline, stand as written by this store."""
    adoption = build_adoption(given)
    with store.unit_of_work() as session:
        adopt_instances(session, adoption.instances, given.now)
        save_agreed(session, adoption.agreed, given.now)
        session.commit()
    return adoption


def plan_input(
    session: Session,
    instance: str,
    connections: Mapping[str, Live],
    catalogs: Mapping[str, Catalog],
    portfolio: Portfolio,
    settings: PlanSettings,
    run: RunContext,
) -> PlanInput:
    """Everything that the plan depends on. A connection without a catalog, or without a writing half, is no sink."""
    around = surroundings(session, portfolio.engagements, portfolio.streams)
    views = {}
    for selected in portfolio.engagements:
        view = build_view(session, selected, around)
        if view is not None:
            views[selected.key] = view
    risks = load_risks(session)
    results = {key: _result(session, key, risks.get(key, ())) for key in views}
    written = outbox.written_connections(session)
    sinks = {
        name: Sink(
            connection=name,
            owned=live.owned,
            rules=live.rules,
            catalog=catalogs[name],
            fixed={s.name: s.fixed_partition for s in live.streams if not s.per_place},
            first_write_approved=live.first_write_approved,
            written_before=name in written,
            inert=live.inert,
        )
        for name, live in connections.items()
        if name in catalogs and live.connector.writer is not None
    }
    created = outbox.created(session)
    made = {f"{name}:{stream}:{id_}" for (name, _), id_ in created.items() for stream in _streams(sinks.get(name))}
    return PlanInput(
        views=views,
        results=results,
        risks=risks,
        records=_records(session, portfolio.engagements, _Known(views=views, risks=risks, created=created), sinks),
        bases=outbox.bases(session),
        created=created,
        gone=keys_of_gone(session, made),
        sinks=sinks,
        instance=instance,
        now=run.now,
        settings=settings,
        adopted=adopted_instances(session),
        unsettled=outbox.unsettled_connections(session),
    )


def _result(session: Session, key: str, states: Iterable[RiskState]) -> Result:
    """The result of an engagement as it was stored. Nothing was concluded by reading it."""
    return Result(
        engagement=key,
        findings=load_findings(session, key),
        risks=tuple(state.risk for state in states if state.lifecycle is RiskLifecycle.OPEN),
        status=load_status(session, key),
        concluded=frozenset(),
    )


def _records(
    session: Session,
    engagements: Iterable[Selected],
    given: _Known,
    sinks: Mapping[str, Sink],
) -> dict[str, Record]:
    """The records that the plan compares with: engagements', anchors', risks', and all that bear a label of ours."""
    refs = {view.engagement.ref for view in given.views.values()} | _work(given.views)
    refs.update(ref for states in given.risks.values() for state in states for ref in state.risk.label_targets)
    found: dict[str, Record] = {}
    for name, sink in sinks.items():
        anchors = [p.anchor for e in engagements for p in e.places if p.connection == name and p.anchor]
        made = [id_ for (connection, _), id_ in given.created.items() if connection == name]
        for stream in _streams(sink):
            refs.update(f"{name}:{stream}:{id_}" for id_ in made)
            refs.update(refs_of_keys(session, name, stream, anchors).values())
        records = sink.rules.out(_RISK_RULE)
        if records is not None and _RISK_RULE in sink.owned:
            found.update(stream_records(session, name, records.stream))
    found.update(load_records(session, refs - set(found)))
    return found


def _streams(sink: Sink | None) -> list[str]:
    """The streams whose records are written."""
    rules = () if sink is None else map(sink.rules.out, sink.owned)
    return sorted({rule.stream for rule in rules if rule is not None})


def _work(views: Mapping[str, EngagementView]) -> set[str]:
    """Risk issues, anchors, and work items that bear a label of ours."""
    found = set()
    for view in views.values():
        for item in view.work:
            labelled = any(label.startswith(_OWN_LABEL) for label in item.labels)
            if labelled or item.work_class in (WorkClass.RISK, WorkClass.ANCHOR):
                found.add(item.ref)
    return found

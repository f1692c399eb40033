"""Which writes bring the risks to the tools: a record and an issue each, in the state that the risk is in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from connectors.core.port import Json, Move, Record, WriteKind
from mapping import outbound
from mapping.fitting import fitting
from mapping.outbound import AttributeValue, OutboundError
from mapping.spec import OutRule
from mapping.transitions import way
from mapping.values import empty
from sync.plan.conflict import NEVER_WRITTEN, Sides, Verdict, judge
from sync.plan.draft import (
    Desk,
    Drafted,
    Fields,
    Job,
    agree,
    as_conflict,
    fields_of,
    foreign_instance,
    obstacle_of,
    planned,
    set_fields,
    taken_over,
)
from sync.plan.inputs import Sink
from sync.plan.known import Lost, RiskRecords, risk_label
from sync.plan.markers import marker_property, marker_text
from sync.plan.status import anchor_record
from sync.plan.types import Held, PlannedWrite
from sync.reconcile.result import RiskLifecycle, RiskState
from sync.reconcile.view import EngagementView, Place

_STATUS = "status"


def risk_writes(desk: Desk, view: EngagementView, state: RiskState, known: RiskRecords) -> Iterator[Drafted]:
    """``risk.record`` beside the engagement's record, and ``risk.issue`` below its first anchor.

    A closed risk that was never brought to a tool is not brought there any more. What somebody deleted is made again
    while its risk is open.
    """
    connection = view.engagement.ref.partition(":")[0]
    found = desk.rule(connection, "risk.record")
    own = desk.given.records.get(view.engagement.ref)
    job = None if found is None else _job(view, state, found)
    fit = job if job is None or own is None else job.on(own)
    if fit is not None:
        yield from _record(desk, fit, view, state, known.of(connection, fit.rule.stream, state.risk.id))
    for place in view.places:
        found = desk.rule(place.connection, "risk.issue")
        if found is not None and place.anchor_key is not None and _follows(desk, view, place, found):
            job = _job(view, state, found)
            record = known.of(place.connection, found[1].stream, state.risk.id)
            yield from _issue(desk, job, view, state, place, record)
            return


def _follows(desk: Desk, view: EngagementView, place: Place, found: tuple[Sink, OutRule]) -> bool:
    """Whether issues are made by the rule below the anchor of a place; one that cannot be found is told there."""
    anchor = anchor_record(desk, view, place)
    return isinstance(anchor, str) or fitting(found[1], anchor, found[0].catalog) is not None


def _job(view: EngagementView, state: RiskState, found: tuple[Sink, OutRule]) -> Job:
    word = "is raised" if state.lifecycle is RiskLifecycle.OPEN else "is closed"
    return Job(
        engagement=view.engagement.key,
        sink=found[0],
        rule=found[1],
        cause=state.risk.id,
        reason=f"Risk {state.risk.id} {word}: {state.risk.title}",
    )


def _again(job: Job, state: RiskState, lost: Lost) -> Job:
    return replace(job, reason=f"{lost.key} was deleted, and risk {state.risk.id} stands: {state.risk.title}")


def _absent(state: RiskState, record: Record | Lost | str | None) -> bool:
    """Whether the risk is closed and there is nothing to be closed in the tool."""
    gone = not isinstance(record, Record) or record.deleted
    return state.lifecycle is RiskLifecycle.CLOSED and gone


def _record(
    desk: Desk, job: Job, view: EngagementView, state: RiskState, record: Record | Lost | str | None
) -> Iterator[Drafted]:
    if _absent(state, record):
        return
    if isinstance(record, str):
        yield job.held(state.risk.id, record)
        return
    attributes = _attributes(desk, job, view, state)
    if isinstance(record, Lost):
        job = _again(job, state, record)
    elif record is not None:
        yield from set_fields(
            desk,
            job,
            Fields(
                record=record,
                attributes=attributes,
                kind=WriteKind.UPSERT,
                external_id=state.risk.id,
                reads_as=_progress(job),
                made_by_us=True,
            ),
        )
        return
    try:
        values = job.values(attributes)
    except OutboundError as error:
        yield job.held(state.risk.id, error)
        return
    yield planned(
        job,
        kind=WriteKind.UPSERT,
        stream=job.rule.stream,
        target="",
        external_id=state.risk.id,
        partition=job.sink.fixed.get(job.rule.stream, ""),
        values={field_id: value for field_id, value in values.items() if not empty(value)},
        before={},
        key=state.risk.id,
        url="",
        names=outbound.field_names(job.rule, job.sink.catalog),
    )


def _attributes(desk: Desk, job: Job, view: EngagementView, state: RiskState) -> dict[str, AttributeValue]:
    risk = state.risk
    offered = {name for field in job.rule.fields for name in field.wants}
    every: dict[str, AttributeValue] = {
        "key": risk.id,
        "title": risk.title,
        "engagement_id": view.engagement.ref.split(":", 2)[2],
        "category": risk.category.value,
        "severity": risk.severity.value,
        "lifecycle": state.lifecycle.value,
        "description": risk.description,
        "subject_url": risk.subject_url,
        "raised_on": state.raised_on,
        "closed_reason": state.closed_reason,
        "marker": marker_text(desk.given.instance, risk.id),
        "label": risk_label(risk.id),
    }
    return {name: value for name, value in every.items() if name in offered}


def _progress(job: Job) -> Callable[[str, Json], Json]:
    """Reads a person's word of progress (Mitigating, Accepted) as open: only Closed says that a risk is closed."""
    fields = fields_of(job, "lifecycle")

    def reads_as(field_id: str, theirs: Json) -> Json:
        if field_id not in fields or empty(theirs):
            return theirs
        closed = job.values({"lifecycle": RiskLifecycle.CLOSED.value})[field_id]
        if outbound.same(job.rule, field_id, theirs, closed):
            return theirs
        return job.values({"lifecycle": RiskLifecycle.OPEN.value})[field_id]

    return reads_as


def _issue(
    desk: Desk, job: Job, view: EngagementView, state: RiskState, place: Place, record: Record | Lost | str | None
) -> Iterator[Drafted]:
    if _absent(state, record):
        return
    if isinstance(record, str):
        yield job.held(state.risk.id, record)
        return
    if record is None or isinstance(record, Lost):
        job = job if record is None else _again(job, state, record)
        yield from _create(desk, job, view, state, place)
        return
    fit = job.on(record)
    if fit is None:
        return
    marker = marker_property(desk.given.instance, "risk", state.risk.id)
    attributes = _attributes(desk, fit, view, state)
    yield from set_fields(desk, fit, Fields(record=record, attributes=attributes, marker=marker, made_by_us=True))
    yield from _transition(desk, fit, state, record)


def _create(desk: Desk, job: Job, view: EngagementView, state: RiskState, place: Place) -> Iterator[Drafted]:
    anchor = anchor_record(desk, view, place)
    if isinstance(anchor, str):
        yield job.held(state.risk.id, anchor)
        return
    job = job.on(anchor) or job  # what does not hold for it at all was left before
    types = job.sink.catalog.record_types.get(place.place)
    if types is not None and job.rule.record_type not in types:
        lack = f"{place.place} has no issue type {job.rule.record_type}, or this login may not create it there"
        yield job.held(state.risk.id, lack, by_catalog=True)
        return
    try:
        foreign = foreign_instance(desk, job, anchor)
        attributes = _attributes(desk, job, view, state)
        values = job.values(attributes, creating=True)
    except OutboundError as error:
        yield job.held(state.risk.id, error)
        return
    obstacle = obstacle_of(anchor)
    if obstacle:
        yield job.held(state.risk.id, f"below {anchor.key}: {obstacle}")
        return
    if foreign:
        yield job.held(state.risk.id, f"its anchor was written by another instance of syncline ({foreign})")
        return
    yield planned(
        job,
        kind=WriteKind.CREATE,
        stream=job.rule.stream,
        target=anchor.id,
        external_id=state.risk.id,
        partition=anchor.partition,
        values=values,
        before={},
        marker=marker_property(desk.given.instance, "risk", state.risk.id),
        key=f"new {job.rule.record_type} below {anchor.key}",
        url=anchor.url,
        names=outbound.field_names(job.rule, job.sink.catalog),
    )


def _transition(desk: Desk, job: Job, state: RiskState, record: Record) -> Iterator[Drafted]:
    """Open means any workflow status but the closed one: how far people have come with a risk is theirs to say."""
    shown = outbound.shown_status(job.rule, record)
    if shown is None or record.deleted or foreign_instance(desk, job, record):
        return
    opened, closed = job.rule.statuses["open"], job.rule.statuses["closed"]
    base = desk.base(record.connection, record.stream, record.id, _STATUS)
    sides = Sides(
        base=opened if base is NEVER_WRITTEN else base,
        theirs=closed if _same_word(shown, closed) else opened,
        ours=opened if state.lifecycle is RiskLifecycle.OPEN else closed,
    )
    if desk.given.settings.adopt:
        yield from taken_over(desk, record, "", {_STATUS: sides.theirs})
        return
    verdict = judge(sides, desk.given.settings.policy, _same_word)
    if verdict is Verdict.EQUAL:
        yield from agree(record, _STATUS, sides, _same_word)
    if verdict.conflicts:
        yield as_conflict(desk, job, record, _STATUS, _STATUS, replace(sides, theirs=shown))
    if verdict.writes:
        yield _moved(job, record, shown, str(sides.ours), state)


def _moved(job: Job, record: Record, shown: str, wanted: str, state: RiskState) -> PlannedWrite | Held:
    moves = _moves(job, shown, wanted, state)
    if moves is None:
        why = f"none of the mapping's transitions leads from {shown} to {wanted}"
        return job.held(record.key, f"{record.key} cannot be moved: {why}")
    return planned(
        job,
        kind=WriteKind.TRANSITION,
        stream=record.stream,
        target=record.id,
        partition=record.partition,
        values={_STATUS: wanted},
        before={_STATUS: shown},
        version=record.version,
        key=record.key,
        url=record.url,
        names={},
        moves=moves,
    )


def _moves(job: Job, shown: str, wanted: str, state: RiskState) -> tuple[Move, ...] | None:
    """The steps that the mapping names; none when it names no transitions at all; None when they lead nowhere."""
    if not job.rule.transitions:
        return ()
    found = way(job.rule.transitions, shown, wanted, state.lifecycle.value)
    if found is None:
        return None
    return tuple(Move(name=step.name, to=step.to, fields=_by_id(job, step.fields)) for step in found)


def _by_id(job: Job, fields: Mapping[str, str]) -> dict[str, str]:
    """By field id; a field that the catalog does not have, or has twice, keeps its name, and the tool refuses it."""
    ids = {name: {info.id for info in job.sink.catalog.find(job.rule.stream, name)} for name in fields}
    return {found.pop() if len(found := ids[name]) == 1 else name: text for name, text in fields.items()}


def _same_word(a: Json, b: Json) -> bool:
    return str(a).strip().casefold() == str(b).strip().casefold()

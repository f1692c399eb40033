"""Which writes bring the one managed block of text, with the status and the open risks, to an engagement's anchors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from connectors.core.port import Json, Record, WriteKind
from mapping import outbound
from mapping.model import Access
from mapping.outbound import OutboundError
from sync.plan.conflict import NEVER_WRITTEN, Sides, Verdict, judge
from sync.plan.draft import Desk, Drafted, Job, agree, as_conflict, obstacle_of, other_instance, planned, taken_over
from sync.plan.markers import instance_of, marker_property
from sync.plan.status import STATUS, anchor_record, kept_stamp, knows_all, older_store, reason_of, text_for
from sync.reconcile.result import RiskLifecycle, RiskState, Status
from sync.reconcile.text import risk_lines, same_message, stamp_of
from sync.reconcile.view import EngagementView

_TEXT = "text"
_BETWEEN = "\n\n"  # between the status text, which has no empty line, and the risks


def block_writes(desk: Desk, view: EngagementView, status: Status, states: Sequence[RiskState]) -> Iterator[Drafted]:
    """``anchor.block``: on each anchor of each connection that owns it, the status and all open risks.

    What a record that anybody can see is given holds no text of ours but the kinds, numbers, ids and dates.
    """
    risks = [state for state in states if state.lifecycle is RiskLifecycle.OPEN]
    for place in view.places:
        found = desk.rule(place.connection, "anchor.block")
        if found is None or place.anchor_key is None:
            continue
        job = Job(engagement=view.engagement.key, sink=found[0], rule=found[1], cause=STATUS, reason=reason_of(status))
        anchor = anchor_record(desk, view, place)
        if isinstance(anchor, str):
            yield job.held(place.anchor_key, anchor)
        elif anchor.stream != job.rule.stream:
            yield job.held(anchor.id, f"it is none of the {job.rule.stream}, which alone bear a block")
        elif job.on(anchor) is not None:
            yield from _on(desk, job, view, status, risks, anchor)


def _on(
    desk: Desk, job: Job, view: EngagementView, status: Status, risks: Sequence[RiskState], anchor: Record
) -> Iterator[Drafted]:
    external_id = f"syncline:engagement:{view.engagement.key}"
    field_id = f"block:{external_id}"
    access = Access(anchor.visibility.value)
    base = desk.base(anchor.connection, anchor.stream, anchor.id, field_id)
    try:
        shown = outbound.shown_block(job.rule, anchor, external_id)
        theirs = shown.text if shown is not None else None if base is NEVER_WRITTEN else base
        instance = instance_of(shown.marker) if shown is not None and shown.text is not None else ""
        stamp, text = _stamped(desk, job, text_for(desk, view, status, access), [theirs, base])
        lines = risk_lines([state.risk for state in risks], public=access is Access.PUBLIC)
        whole = {_TEXT: _BETWEEN.join([text, "\n".join(lines)])}
        ours = job.values(whole)[_TEXT]
    except OutboundError as error:
        yield job.held(anchor.id, error)
        return
    obstacle = obstacle_of(anchor, access)
    if obstacle:
        yield job.held(anchor.id, obstacle)
        return
    if desk.is_foreign(instance):
        yield job.held(anchor.id, f"it was written by another instance of syncline ({instance})")
        yield other_instance(anchor.connection, anchor, instance)
        return
    if desk.given.settings.adopt:
        yield from _taken_over(desk, anchor, field_id, instance, theirs)
        return
    if _later(theirs, base) and knows_all(desk, anchor.connection):
        yield job.held(anchor.id, "it shows a later status than this store ever wrote there")
        yield older_store(anchor.connection, anchor, stamp_of(_status_of(theirs)) or stamp)
        return
    yield from _judged(desk, job, anchor, external_id, Sides(base=base, theirs=theirs, ours=ours))


def _taken_over(desk: Desk, anchor: Record, field_id: str, instance: str, theirs: Json) -> Iterator[Drafted]:
    """The block that is shown, as if we had written it; nothing when it bears no sign of us."""
    if not instance and stamp_of(_status_of(theirs)) is None:
        return
    yield from taken_over(desk, anchor, instance, {field_id: theirs})


def _judged(desk: Desk, job: Job, anchor: Record, external_id: str, sides: Sides) -> Iterator[Drafted]:
    field_id = f"block:{external_id}"

    def same(a: Json, b: Json) -> bool:
        return _same(job, a, b)

    verdict = judge(sides, desk.given.settings.policy, same, _unmoved)
    if verdict is Verdict.EQUAL:
        yield from agree(anchor, field_id, sides, same)
    if verdict.conflicts:
        yield as_conflict(desk, job, anchor, "block", field_id, sides)
    if verdict.writes:
        yield planned(
            job,
            kind=WriteKind.PUT_BLOCK,
            stream=anchor.stream,
            target=anchor.id,
            external_id=external_id,
            partition=anchor.partition,
            values={_TEXT: sides.ours},
            before={_TEXT: sides.theirs},
            version=anchor.version,
            marker=marker_property(desk.given.instance, "engagement", job.engagement),
            key=anchor.key,
            url=anchor.url,
            names={_TEXT: "block"},
        )


def _stamped(desk: Desk, job: Job, fresh: str, held: Sequence[Json]) -> tuple[datetime, str]:
    return kept_stamp(desk, str(job.values({_TEXT: fresh})[_TEXT]), [_status_of(value) for value in held])


def _status_of(value: Json) -> str:
    """The status text at the head of a block, or empty."""
    return value.strip().replace("\r\n", "\n").partition(_BETWEEN)[0] if isinstance(value, str) else ""


def _later(theirs: Json, base: Json) -> bool:
    """Whether a block shows an instant that is later than what we last wrote: no person writes such a text."""
    shown, written = stamp_of(_status_of(theirs)), stamp_of(_status_of(base))
    return shown is not None and (written is None or shown > written)


def _same(job: Job, a: Json, b: Json) -> bool:
    return outbound.same(job.rule, _TEXT, a, b)


def _unmoved(a: Json, b: Json) -> bool:
    """Whether two blocks of ours differ in their instant only."""
    if not isinstance(a, str) or not isinstance(b, str):
        return False
    rests = [value.strip().partition(_BETWEEN)[2] for value in (a, b)]
    return same_message(_status_of(a), _status_of(b)) and rests[0] == rests[1]

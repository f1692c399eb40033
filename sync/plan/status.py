"""Which writes bring the status and the link to an engagement's record and its anchors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from connectors.core.port import Json, Record, WriteKind
from mapping import outbound
from mapping.confidentiality import may_show, narrowest
from mapping.model import Access, WorkClass, WorkItem
from mapping.outbound import OutboundError
from mapping.prose import lines_as_read
from sync.plan.conflict import NEVER_WRITTEN
from sync.plan.draft import (
    GO_ON,
    Desk,
    Drafted,
    Fields,
    Job,
    fields_of,
    foreign_instance,
    obstacle_of,
    planned,
    set_fields,
)
from sync.plan.markers import marker_property, marker_text
from sync.plan.types import Brake, BrakeKind
from sync.reconcile.freshness import instant_text
from sync.reconcile.result import Status
from sync.reconcile.text import public_status_text, same_message, stamp_of, status_text
from sync.reconcile.view import EngagementView, Place, fold

STATUS = "status"
"""Cause of the writes that bring the status."""


def status_writes(desk: Desk, view: EngagementView, status: Status) -> Iterator[Drafted]:
    """``engagement.status`` on the engagement's record and ``anchor.status`` on each of its anchors."""
    yield from _on_record(desk, view, status)
    for place in view.places:
        found = desk.rule(place.connection, "anchor.status")
        if found is None or place.anchor_key is None:
            continue
        job = Job(engagement=view.engagement.key, sink=found[0], rule=found[1], cause=STATUS, reason=reason_of(status))
        anchor = anchor_record(desk, view, place)
        if isinstance(anchor, str):
            yield job.held(place.anchor_key, anchor)
        elif (fit := job.on(anchor)) is not None:
            yield from _on(desk, fit, view, status, anchor, Access.PUBLIC)


def _on_record(desk: Desk, view: EngagementView, status: Status) -> Iterator[Drafted]:
    engagement = view.engagement
    found = desk.rule(engagement.ref.partition(":")[0], "engagement.status")
    if found is None:
        return
    job = Job(engagement=engagement.key, sink=found[0], rule=found[1], cause=STATUS, reason=reason_of(status))
    record = desk.given.records.get(engagement.ref)
    if record is None:
        yield job.held(engagement.ref, "its record was not read")
        return
    if (fit := job.on(record)) is not None:
        yield from _on(desk, fit, view, status, record, Access.INTERNAL)


def reason_of(status: Status) -> str:
    """Why the status is written, for the plan."""
    why = f": {status.reasons[0].text}" if status.reasons else ""
    return f"The status is {status.colour.value}{why}"


def _on(
    desk: Desk, job: Job, view: EngagementView, status: Status, record: Record, widest: Access
) -> Iterator[Drafted]:
    """The status on one record; its instant is renewed only when the status says something else or has grown old.

    Never on a record that more people see than ``widest``.
    """
    missing = outbound.lacks(job.rule, record)
    if missing:
        yield job.held(record.id, f"it does not say {missing}: it is not where these fields are")
        return
    access = narrowest((widest, Access(record.visibility.value)))
    try:
        unknown = _unknown_to_us(desk, job, record)
        stamp, text = _stamped(desk, job, text_for(desk, view, status, access), record)
    except OutboundError as error:
        yield job.held(record.id, error)
        return
    if unknown is not None and knows_all(desk, record.connection):
        yield job.held(record.id, "it shows a later status than this store ever wrote there")
        yield older_store(job.sink.connection, record, unknown)
        return
    key = view.engagement.key
    attributes: dict[str, str | datetime | None] = {"status": status.colour.value, "text": text}
    offered = {name for field in job.rule.fields for name in field.wants}
    if "as_of" in offered:
        attributes["as_of"] = stamp
    if "marker" in offered:
        attributes["marker"] = marker_text(desk.given.instance, key)
    in_field = "marker" in offered
    texts = fields_of(job, "text")
    yield from set_fields(
        desk,
        job,
        Fields(
            record=record,
            attributes=attributes,
            access=access,
            marker=None if in_field else marker_property(desk.given.instance, "engagement", key),
            unmoved=_says_the_same,
            together=(texts, fields_of(job, "as_of")),
        ),
    )


def text_for(desk: Desk, view: EngagementView, status: Status, access: Access) -> str:
    """The status text for a record with this access, of this instant: what anybody may see holds no text of ours."""
    now = desk.given.now.replace(second=0, microsecond=0)
    if access is Access.PUBLIC:
        return public_status_text(status, desk.given.results[view.engagement.key].findings, view.sources, now)
    return status_text(status, view.sources, now)


def _unknown_to_us(desk: Desk, job: Job, record: Record) -> datetime | None:
    """Instant of a shown status text that is later than the one that we last wrote.

    A person does not write such a text.
    """
    shown = outbound.shown(job.rule, record, job.sink.catalog)
    for field_id in sorted(fields_of(job, "text")):
        theirs, base = shown.get(field_id), desk.base(record.connection, record.stream, record.id, field_id)
        stamp = stamp_of(theirs) if isinstance(theirs, str) else None
        ours = stamp_of(base) if isinstance(base, str) else None
        if stamp is not None and (ours is None or stamp > ours):
            return stamp
    return None


def knows_all(desk: Desk, connection: str) -> bool:
    """Whether what a connection shows beyond what we know to have written is a sign of an older store.

    Not while the effect of an own write is unknown, and not while it is just that which is taken over.
    """
    return connection not in desk.given.unsettled and not desk.given.settings.adopt


def older_store(connection: str, record: Record, stamp: datetime) -> Brake:
    """The brake for a record that shows what this store cannot have written."""
    return Brake(
        kind=BrakeKind.OLDER_STORE,
        connection=connection,
        message=f"{record.key} shows a status of {instant_text(stamp)}, which this store never wrote: "
        "it is older than what it wrote (a restored backup), or another installation writes here too",
        mend=f"bring the newest store back; or, if there is none and no other installation writes here: {GO_ON}",
    )


def _says_the_same(a: Json, b: Json) -> bool:
    return isinstance(a, str) and isinstance(b, str) and same_message(a, b)


def _stamped(desk: Desk, job: Job, fresh: str, record: Record) -> tuple[datetime, str]:
    """Instant and text to show."""
    shown = outbound.shown(job.rule, record, job.sink.catalog)
    texts = sorted(fields_of(job, "text"))
    written = job.values({"text": fresh})  # harmless and cut, as what is shown is
    held = [shown.get(field_id) for field_id in texts]
    bases = [desk.base(record.connection, record.stream, record.id, field_id) for field_id in texts]
    return kept_stamp(desk, next((str(written[field_id]) for field_id in texts), fresh), [*held, *bases])


def kept_stamp(desk: Desk, fresh: str, held: Iterable[Json]) -> tuple[datetime, str]:
    """Instant and text to show.

    Those that are shown (or were last written) if they say the same as the fresh text and are recent enough: as we
    wrote them, where the tool has changed their form.

    Args:
        desk: What is known.
        fresh: The text of now, as it would be written.
        held: What is shown, then what was last written.
    """
    now = desk.given.now.replace(second=0, microsecond=0)
    texts = [text for text in held if isinstance(text, str)]
    for text in texts:
        stamp = stamp_of(text)
        if stamp is None or not same_message(text, fresh):
            continue
        if timedelta(0) <= now - stamp <= desk.given.settings.restamp:
            read = lines_as_read(text)
            return stamp, next(one for one in reversed(texts) if lines_as_read(one) == read)
    return now, fresh


def link_writes(desk: Desk, view: EngagementView) -> Iterator[Drafted]:
    """``anchor.link``: one link from each anchor to the engagement's record.

    Links are not among what is read, so that what was last written stands for what is shown; apply compares before it
    sends.
    """
    engagement = view.engagement
    for place in view.places:
        found = desk.rule(place.connection, "anchor.link")
        if found is None or place.anchor_key is None:
            continue
        sink, rule = found
        job = Job(
            engagement=engagement.key,
            sink=sink,
            rule=rule,
            cause=STATUS,
            reason=f"{place.anchor_key} stands for engagement {engagement.key}",
        )
        anchor = anchor_record(desk, view, place)
        if isinstance(anchor, str):
            yield job.held(place.anchor_key, anchor)
            continue
        if job.on(anchor) is None:
            continue
        if not may_show(engagement.access, Access(anchor.visibility.value)):
            yield job.held(anchor.id, "the engagement's record is seen by fewer people than the anchor")
            continue
        yield from _link(desk, job, view, anchor)


def _link(desk: Desk, job: Job, view: EngagementView, anchor: Record) -> Iterator[Drafted]:
    engagement = view.engagement
    global_id = f"syncline:engagement:{engagement.key}"
    title = f"{engagement.key} {engagement.name}".strip()
    try:
        foreign = foreign_instance(desk, job, anchor)
        values = job.values({"url": engagement.url, "title": title})
    except OutboundError as error:
        yield job.held(anchor.id, error)
        return
    obstacle = obstacle_of(anchor) or ("it was written by another instance of syncline" if foreign else "")
    if obstacle:
        yield job.held(anchor.id, obstacle)
        return
    base = desk.base(anchor.connection, anchor.stream, anchor.id, f"link:{global_id}")
    if base is not NEVER_WRITTEN and base == dict(values):
        return
    before: Mapping[str, Json] = base if isinstance(base, Mapping) else {}
    yield planned(
        job,
        kind=WriteKind.PUT_LINK,
        stream=anchor.stream,
        target=anchor.id,
        external_id=global_id,
        partition=anchor.partition,
        values=values,
        before={name: before.get(name) for name in values},
        version=anchor.version,
        key=anchor.key,
        url=anchor.url,
        names={name: f"remote link {name}" for name in values},
    )


def anchor_record(desk: Desk, view: EngagementView, place: Place) -> Record | str:
    """The record of the anchor of a place, or why nothing may be written on it."""
    item = anchor_item(view, place)
    if item is None:
        return f"{place.anchor_key} was not found in what was read of {place.place}"
    if item.work_class is not WorkClass.ANCHOR:
        return f"{item.key} is of type {item.type}, not an anchor"
    named = {fold(key) for key in item.engagement_keys}
    if named and fold(view.engagement.key) not in named:
        return f"{item.key} stands for another engagement ({', '.join(item.engagement_keys)})"
    record = desk.given.records.get(item.ref)
    return record if record is not None else f"{item.key} was not read"


def anchor_item(view: EngagementView, place: Place) -> WorkItem | None:
    """The work item that is configured as anchor of a place, if it was read."""
    if place.anchor_key is None:
        return None
    wanted = (place.connection, fold(place.anchor_key))
    found = [item for item in view.work if (item.connection, fold(item.key)) == wanted]
    return min(found, key=lambda item: item.ref) if found else None

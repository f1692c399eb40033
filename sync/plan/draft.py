"""How the writes of one rule on one record are drafted: compared, judged field by field, and explained."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, replace

from connectors.core.port import Json, Move, Record, Write, WriteKind
from mapping import outbound
from mapping.confidentiality import may_show
from mapping.fitting import fitting
from mapping.model import Access
from mapping.outbound import AttributeValue, OutboundError
from mapping.spec import OutRule
from mapping.values import empty
from sync.plan.conflict import NEVER_WRITTEN, Sides, Verdict, judge
from sync.plan.ids import identified
from sync.plan.inputs import PlanInput, Sink
from sync.plan.markers import instance_of
from sync.plan.types import Agreed, Brake, BrakeKind, Conflict, FieldLine, Foreign, Held, PlannedWrite
from sync.reconcile.text import stamp_of

PROPERTY = "syncline"
"""Entity property that bears the marker on records whose rule has no field for it."""

GO_ON = (
    "`syncline adopt` takes what the tools show as its own, `syncline plan` shows what would be written, and "
    "`syncline sync` goes on"
)
"""The remedy of every brake that finds what this store does not know."""

Drafted = PlannedWrite | Conflict | Held | Brake | Agreed | Foreign
"""What drafting yields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What every draft needs.

    Attributes:
        given: Everything known.
    """

    given: PlanInput

    def rule(self, connection: str, name: str) -> tuple[Sink, OutRule] | None:
        """The sink and its outward rule, when the configuration owns the rule and the mapping has it."""
        sink = self.given.sinks.get(connection)
        if sink is None or name not in sink.owned:
            return None
        rule = sink.rules.out(name)
        return None if rule is None else (sink, rule)

    def is_foreign(self, instance: str) -> bool:
        """Whether what bears the mark of this instance is another's; while taking over, nothing is."""
        given = self.given
        return instance not in ("", given.instance) and instance not in given.adopted and not given.settings.adopt

    def base(self, connection: str, stream: str, record_id: str, field_id: str) -> Json:
        """What we last wrote there, or ``NEVER_WRITTEN``."""
        return self.given.bases.get((connection, stream, record_id, field_id), NEVER_WRITTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one draft is about.

    Attributes:
        engagement: Engagement key.
        sink: Connection that is written to.
        rule: Outward rule.
        cause: Id of the risk, or ``status``.
        reason: One sentence for a person.
    """

    engagement: str
    sink: Sink
    rule: OutRule
    cause: str
    reason: str

    def on(self, record: Record) -> Job | None:
        """The same job by what of its rule holds for ``record`` (``only``); None: nothing does."""
        rule = fitting(self.rule, record, self.sink.catalog)
        return self if rule is self.rule else None if rule is None else replace(self, rule=rule)

    def values(self, attributes: Mapping[str, AttributeValue], *, creating: bool = False) -> dict[str, Json]:
        """What the fields of the rule shall hold: see ``mapping.outbound.values``.

        Raises:
            OutboundError: As there.
        """
        sink = self.sink
        return outbound.values(self.rule, attributes, sink.catalog, creating=creating, inert=sink.inert)

    def held(self, target: str, reason: str | OutboundError, *, by_catalog: bool = False) -> Held:
        """The write is wanted and not planned; ``by_catalog``: see ``Held``, an error knows by itself."""
        return Held(
            engagement=self.engagement,
            connection=self.sink.connection,
            rule=self.rule.name,
            target=target,
            reason=str(reason),
            by_catalog=by_catalog or (isinstance(reason, OutboundError) and reason.by_catalog),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Fields of one existing record that are to show something.

    Attributes:
        record: The record.
        attributes: What is to be shown.
        access: How widely that may be seen.
        kind: SET_FIELDS, or UPSERT with ``external_id``.
        external_id: For UPSERT.
        marker: For an entity property, or None.
        reads_as: What a shown value stands for when it is compared (a person's word of progress stands for open);
            None: itself.
        unmoved: Whether two values of ours are one to a person (two texts that differ in their instant only); None: as
            the mapping says.
        together: Fields that are written only if none of the first group is kept by a person: (first, these).
        made_by_us: The record itself was made by syncline (a risk's), whatever it bears.
    """

    record: Record
    attributes: Mapping[str, AttributeValue]
    access: Access = Access.INTERNAL
    kind: WriteKind = WriteKind.SET_FIELDS
    external_id: str = ""
    marker: Mapping[str, Json] | None = None
    reads_as: Callable[[str, Json], Json] | None = None
    unmoved: Callable[[Json, Json], bool] | None = None
    together: tuple[Collection[str], Collection[str]] = ((), ())
    made_by_us: bool = False


def set_fields(desk: Desk, job: Job, wanted: Fields) -> Iterator[Drafted]:
    """Draft the one write that makes a record show what it is to show; nothing when it does."""
    record = wanted.record
    obstacle = obstacle_of(record, wanted.access)
    if obstacle:
        yield job.held(record.id, obstacle)
        return
    try:
        foreign = foreign_instance(desk, job, record)
        ours = job.values(wanted.attributes)
        shown = outbound.shown(job.rule, record, job.sink.catalog)
    except OutboundError as error:
        yield job.held(record.id, error)
        return
    if foreign:
        yield job.held(record.id, f"it was written by another instance of syncline ({foreign})")
        yield other_instance(job.sink.connection, record, foreign)
        return
    if desk.given.settings.adopt:
        yield from _taken_over(desk, job, wanted, {field_id: shown.get(field_id) for field_id in ours})
        return
    names = outbound.field_names(job.rule, job.sink.catalog)
    verdicts: dict[str, Verdict] = {}
    for field_id in sorted(ours):
        sides = Sides(
            base=desk.base(record.connection, record.stream, record.id, field_id),
            theirs=shown.get(field_id),
            ours=ours[field_id],
        )
        name = names.get(field_id, field_id)
        verdicts[field_id] = yield from _judged(desk, job, wanted, field_id, name, sides)
    values = {field_id: ours[field_id] for field_id in _to_write(verdicts, wanted.together)}
    if not values:
        return
    yield planned(
        job,
        kind=wanted.kind,
        stream=record.stream,
        target="" if wanted.kind is WriteKind.UPSERT else record.id,
        external_id=wanted.external_id,
        partition=record.partition,
        values=values,
        before={field_id: shown.get(field_id) for field_id in values},
        version=record.version,
        marker=wanted.marker,
        key=record.key,
        url=record.url,
        names=names,
    )


def _taken_over(desk: Desk, job: Job, wanted: Fields, shown: Mapping[str, Json]) -> Iterator[Drafted]:
    """What a record of syncline's shows, as if we had written it; nothing for a record that bears no sign of us."""
    record = wanted.record
    instance = instance_shown(job, record)
    signed = any(isinstance(value, str) and stamp_of(value) is not None for value in shown.values())
    if not (instance or signed or wanted.made_by_us):
        return
    read = {i: theirs if wanted.reads_as is None else wanted.reads_as(i, theirs) for i, theirs in shown.items()}
    yield from taken_over(desk, record, instance, read)


def taken_over(desk: Desk, record: Record, instance: str, shown: Mapping[str, Json]) -> Iterator[Drafted]:
    """Fields as they are shown, as if we had written them, and the other instance that did."""
    if instance not in ("", desk.given.instance):
        yield Foreign(instance=instance)
    for field_id, value in sorted(shown.items()):
        yield Agreed(connection=record.connection, stream=record.stream, id=record.id, field_id=field_id, value=value)


def _to_write(verdicts: Mapping[str, Verdict], together: tuple[Collection[str], Collection[str]]) -> tuple[str, ...]:
    """The fields that are written: those of the second group not when one of the first is kept by a person."""
    first, these = together
    kept = any(verdicts.get(field_id) is Verdict.KEEP for field_id in first)
    return tuple(f for f, verdict in verdicts.items() if verdict.writes and not (kept and f in these))


def _judged(
    desk: Desk, job: Job, wanted: Fields, field_id: str, name: str, sides: Sides
) -> Generator[Drafted, None, Verdict]:
    """What is to be done with one field, and what is to be said of it; ``sides`` as the tool shows them."""
    theirs = sides.theirs if wanted.reads_as is None else wanted.reads_as(field_id, sides.theirs)
    read = replace(sides, theirs=theirs)
    same = _sameness(job.rule, field_id)
    verdict = judge(read, desk.given.settings.policy, same, wanted.unmoved)
    if verdict is Verdict.EQUAL:
        yield from agree(wanted.record, field_id, read, same)
    if verdict.conflicts:
        yield as_conflict(desk, job, wanted.record, name, field_id, sides)
    return verdict


def agree(record: Record, field_id: str, sides: Sides, same: Callable[[Json, Json], bool]) -> Iterator[Agreed]:
    """The base to be stored for a field that shows what we want, when it is not the base already."""
    if empty(sides.ours) if sides.base is NEVER_WRITTEN else same(sides.base, sides.ours):
        return
    yield Agreed(connection=record.connection, stream=record.stream, id=record.id, field_id=field_id, value=sides.ours)


def _sameness(rule: OutRule, field_id: str) -> Callable[[Json, Json], bool]:

    def same(a: Json, b: Json) -> bool:
        return outbound.same(rule, field_id, a, b)

    return same


def as_conflict(desk: Desk, job: Job, record: Record, field: str, field_id: str, sides: Sides) -> Conflict:
    """A person's edit that stands against ours."""
    return Conflict(
        engagement=job.engagement,
        connection=record.connection,
        target=record.id,
        target_key=record.key,
        field=field,
        field_id=field_id,
        base=None if sides.base is NEVER_WRITTEN else sides.base,
        theirs=sides.theirs,
        ours=sides.ours,
        policy=desk.given.settings.policy,
    )


def obstacle_of(record: Record, access: Access = Access.INTERNAL) -> str:
    """Why what may be seen so widely may not be written on the record at all, or empty."""
    if record.deleted:
        return "its record was deleted in the tool"
    if not may_show(access, Access(record.visibility.value)):
        return f"its record is {record.visibility.value}, and what is to be written is {access.value}"
    return ""


def foreign_instance(desk: Desk, job: Job, record: Record) -> str:
    """The other instance of syncline that the record's marker names, or empty; one that was taken over is no other.

    Raises:
        OutboundError: The tool lacks the field of the marker.
    """
    found = instance_shown(job, record)
    return found if desk.is_foreign(found) else ""


def instance_shown(job: Job, record: Record) -> str:
    """The instance of syncline that the record's marker names, or empty.

    Raises:
        OutboundError: The tool lacks the field of the marker.
    """
    marker = outbound.shown_marker(job.rule, record, job.sink.catalog)
    if marker is None:
        properties = record.payload.get("properties")
        marker = properties.get(PROPERTY) if isinstance(properties, Mapping) else None
    return instance_of(marker)


def fields_of(job: Job, attribute: str) -> frozenset[str]:
    """Ids of the fields in which the rule shows an attribute."""
    named = {field.name for field in job.rule.fields if field.attribute == attribute}
    names = outbound.field_names(job.rule, job.sink.catalog)
    return frozenset(field_id for field_id, name in names.items() if field_id in named or name in named)


def other_instance(connection: str, record: Record, found: str) -> Brake:
    """The brake for a record that another instance wrote."""
    return Brake(
        kind=BrakeKind.OTHER_INSTANCE,
        connection=connection,
        message=f"{record.key} bears the marker of another instance of syncline ({found})",
        mend=f"let one installation alone write here: run this on the other's store, or stop the other; then {GO_ON}",
    )


def planned(
    job: Job,
    *,
    kind: WriteKind,
    stream: str,
    target: str,
    partition: str,
    values: Mapping[str, Json],
    before: Mapping[str, Json],
    key: str,
    url: str,
    names: Mapping[str, str],
    external_id: str = "",
    version: str = "",
    marker: Mapping[str, Json] | None = None,
    moves: tuple[Move, ...] = (),
) -> PlannedWrite:
    """One planned write with its stable id and its lines for people."""
    write = identified(
        Write(
            id="",
            connection=job.sink.connection,
            kind=kind,
            stream=stream,
            target=target,
            external_id=external_id,
            partition=partition,
            values=dict(sorted(values.items())),
            before=dict(sorted(before.items())),
            version=version,
            marker=marker,
            reason=job.reason,
            moves=moves,
        )
    )
    return PlannedWrite(
        write=write,
        engagement=job.engagement,
        rule=job.rule.name,
        cause=job.cause,
        target_key=key,
        target_url=url,
        lines=(
            *(
                FieldLine(field=names.get(field_id, field_id), before=before.get(field_id), after=value)
                for field_id, value in sorted(values.items())
            ),
            *(FieldLine(field=f"transition {move.name}", before=None, after=_told(move)) for move in moves),
        ),
    )


def _told(move: Move) -> str:
    filled = ", ".join(f"{name}: {text}" for name, text in move.fields.items())
    return f"{move.to} ({filled})" if filled else move.to

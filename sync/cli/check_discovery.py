"""What ``syncline check`` says of discoveries: which engagements the tool tells of now, and where their work is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.checking import mend_of
from connectors.core.errors import ConnectorError
from connectors.core.port import Catalog, CheckResult, Page, Partition, PartitionFailure, Record, Wanted
from mapping.model import Engagement
from sync import bootstrap
from sync.config.load import Config
from sync.discovery import Discovered, Discovery, discover, enlisted
from sync.engine.live import Live
from sync.engine.roster import unknown_fields
from sync.selection import PlaceRef, Selected


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found.

    Attributes:
        engagements: All engagements, named or discovered now.
        results: Connection -> what was looked at there.
    """

    engagements: tuple[Selected, ...]
    results: Mapping[str, Sequence[CheckResult]]


def look(config: Config, live: Mapping[str, Live]) -> Found:
    """Ask each connection that discoveries look at for all its engagements. Stores nothing, and looks at no store."""
    named = bootstrap.named(config)
    discovered: list[Selected] = []
    results: dict[str, list[CheckResult]] = {}
    for discovery in config.discoveries:
        told = results.setdefault(discovery.connection, [])
        try:
            found = _discovered(discovery, live[discovery.connection], told)
        except ConnectorError as error:
            told.append(CheckResult(name=discovery.origin, ok=False, found=str(error), mend=mend_of(error)))
            continue
        if isinstance(found, str):
            lacks, _, mend = found.partition("; ")
            told.append(CheckResult(name=discovery.origin, ok=False, found=lacks, mend=mend))
            continue
        discovered += found.engagements
        told += _told(discovery, found, enlisted(named, discovered))
    return Found(engagements=enlisted(named, discovered), results=results)


def _discovered(discovery: Discovery, live: Live, told: list[CheckResult]) -> Discovered | str:
    """What a discovery finds in the tool now, or what it looks at and the tool does not have."""
    catalog = live.connector.catalog(())
    lacks = unknown_fields(discovery, catalog)
    return lacks or discover(discovery, _candidates(discovery, live, catalog, told), catalog, {})


def _candidates(
    discovery: Discovery, live: Live, catalog: Catalog, told: list[CheckResult]
) -> Iterator[tuple[Engagement, Record]]:
    """The engagements of the records that the mapping understands; those that it does not are told."""
    stream = next(one for one in live.streams if one.name == discovery.sift.stream)
    partition = Partition(stream=stream.name, key=stream.fixed_partition)
    fields = live.fields(stream.name, catalog)
    records: dict[str, Record] = {}
    for page in live.connector.reader.pull([Wanted(partition=partition, cursor=None, fields=fields)], catalog):
        match page:
            case Page():
                records.update((record.id, record) for record in page.records)
            case PartitionFailure():
                raise page.error
    for record in records.values():
        try:
            made = live.mapper.map(record, catalog)
        except Exception as error:  # noqa: BLE001 - the boundary of one record: whatever is wrong, it alone is told
            mend = "correct the record, or the mapping: syncline check --mapping --record shows why"
            told.append(CheckResult(name=record.key, ok=False, found=str(error), mend=mend))
            continue
        yield from ((entity, record) for entity in made if isinstance(entity, Engagement))


def _told(discovery: Discovery, found: Discovered, everybody: Sequence[Selected]) -> Iterator[CheckResult]:
    origin = discovery.origin
    count = len(found.engagements)
    yield CheckResult(
        name=origin,
        ok=True if count else None,
        found=f"tells of {count} engagements",
        mend="" if count else f"if there should be some, look at only of [{origin}], and at what this login may see",
    )
    for one in found.engagements:
        if one not in everybody:
            yield CheckResult(name=one.key, ok=True, found=f"by {origin}, and taken up before; that stands")
            continue
        places = ", ".join(map(_place, one.places)) or "no place"
        mend = "" if one.places else "fill in the fields of its record"
        said = "; ".join((f"by {origin}: {places}", *one.left_out))
        yield CheckResult(name=one.key, ok=True if one.places else None, found=said, mend=mend)
    for held in found.held:
        reason, _, mend = held.reason.rpartition("; ")
        yield CheckResult(name=held.key, ok=False, found=reason, mend=mend)


def _place(place: PlaceRef) -> str:
    return f"{place.connection} {place.place}" + (f" ({place.anchor})" if place.anchor else "")

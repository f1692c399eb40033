"""What ``syncline init`` finds in the live tools: whether a connection works, and what a configuration can name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from connectors.core.errors import ConnectorError
from connectors.core.port import Catalog, CheckResult, Choice, Offered, Partition
from mapping.entities import AnyEntity
from mapping.inbound import InboundError, map_record
from mapping.model import Engagement, Stage, WorkClass, WorkItem
from mapping.rules import Rules
from mapping.undecided import Seen, Undecided, Unfound, undecided, unfound
from sync import bootstrap
from sync.cli.check_mapping import Asked, read_first
from sync.cli.look_at_tools import checked
from sync.config.credentials import CredentialError
from sync.config.draft import Draft
from sync.engine.live import Live
from sync.selection import NO_RULE_RESTS_ON
from sync.show.mapped import Source, mapped_json

_SAMPLE = Asked(limit=300)
"""Records of a stream and place that are looked at; enough to meet each value that is in common use."""

Typed = Mapping[bootstrap.Setting, str]
"""Secrets that a person typed, and that lie nowhere yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """A place that seems to belong to an engagement.

    Attributes:
        connection: Its connection.
        place: Its key.
        anchor: The record that seems to stand for the engagement, or None.
        why: Why it seems so.
        likely: False where the place has the anchor of another engagement, so that the few records may be strays.
    """

    connection: str
    place: str
    anchor: str | None
    why: str
    likely: bool


@dataclass(kw_only=True)
class Found:
    """What was found so far.

    Attributes:
        rules: The mapping of each connection.
        catalogs: What each connection's tool can hold.
        places: Places that each connection lists.
        offered: Values that each connection's tool offers.
        sources: Records that were read, as a sample.
        engagements: Engagements that were read, with their connection.
    """

    rules: dict[str, Rules] = field(default_factory=dict)
    catalogs: dict[str, Catalog] = field(default_factory=dict)
    places: dict[str, tuple[Choice, ...]] = field(default_factory=dict)
    offered: dict[str, tuple[Offered, ...]] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    engagements: list[tuple[str, Engagement]] = field(default_factory=list)


@contextmanager
def trial(draft: Draft, typed: Typed, path: Path) -> Iterator[Mapping[str, Live]]:
    """The connections of a draft that is to stand in ``path``; nothing is left on disk.

    Raises:
        sync.config.problems.ConfigError: The draft is not valid.
        CredentialError: A secret is not where the draft says.
    """
    config = bootstrap.check_text(path, draft.text())
    with bootstrap.connected(config, bootstrap.clock(), trial=typed) as live:
        yield live


def try_connection(draft: Draft, typed: Typed, path: Path, name: str, found: Found) -> list[CheckResult]:
    """What ``check`` says of one connection; what it can see goes to ``found`` when nothing is wrong.

    Raises:
        sync.config.problems.ConfigError: Its table is not valid.
    """
    alone = draft.only(name)
    config = bootstrap.check_text(path, alone.text())
    results: list[CheckResult] = []
    try:
        with trial(alone, typed, path) as live:
            results = list(checked(bootstrap.named(config), live[name]))
            if all(r.ok is not False for r in results):
                _see(live[name], found)
    except CredentialError as error:
        mend = "put the secret there, or say where else it is"
        return [CheckResult(name="credential", ok=False, found=str(error), mend=mend)]
    except ConnectorError as error:
        results.append(CheckResult(name="what it can hold", ok=False, found=str(error), mend="try again"))
    return results


def _see(live: Live, found: Found) -> None:
    survey = live.connector.survey()
    found.rules[live.name] = live.rules
    found.catalogs[live.name] = live.connector.catalog(())
    found.places[live.name] = survey.places
    found.offered[live.name] = survey.values
    fixed = [s for s in live.streams if not s.per_place and s.name not in NO_RULE_RESTS_ON]
    _read(live, [Partition(stream=s.name, key=s.fixed_partition) for s in fixed], found)
    entities = _entities(source for source in found.sources if source.connection == live.name)
    found.engagements += [(live.name, e) for e in entities if isinstance(e, Engagement)]


def read_places(draft: Draft, typed: Typed, path: Path, places: Mapping[str, Sequence[str]], found: Found) -> None:
    """Read a sample of some places of each connection, without streams whose records have to be read one by one.

    Raises:
        ConnectorError: A tool does not answer; what was read before stays.
    """
    with trial(draft, typed, path) as live:
        for name, keys in places.items():
            streams = [s for s in live[name].streams if s.per_place and not s.by_version]
            _read(live[name], [Partition(stream=s.name, key=key) for key in keys for s in streams], found)


def _read(live: Live, partitions: Sequence[Partition], found: Found) -> None:
    catalog = found.catalogs[live.name]
    for partition in partitions:
        records = tuple(read_first(live, partition, catalog, _SAMPLE))
        source = Source(connection=live.name, origin="the tool", rules=live.rules, catalog=catalog, records=records)
        found.sources.append(source)


def _entities(sources: Iterator[Source]) -> Iterator[AnyEntity]:
    for source in sources:
        for record in source.records:
            try:
                yield from map_record(source.rules, record, source.catalog)
            except InboundError:  # a record that cannot be understood is for check --mapping to tell
                continue


def called(found: Found, field: str) -> str:
    """What people call a field that a mapping names by its id or by a path; the mapping's name where no tool says."""
    ids = set(field.split("."))
    names = (info.name for catalog in found.catalogs.values() for info in catalog.fields if info.id in ids)
    return next(names, field)


def active(engagement: Engagement) -> bool:
    """Whether an engagement is under way, as far as its stage was understood."""
    return engagement.stage is Stage.ACTIVE


def suggestions(found: Found, keys: Sequence[str]) -> dict[str, list[Suggested]]:
    """By engagement key the places whose records name it, those with an anchor for it first.

    Engagements that are not among ``keys`` are looked for too: a place with the anchor of one is likely its own.
    """
    if not keys:
        return {}
    known = {key.casefold(): key for key in (*(e.key for _, e in found.engagements), *keys)}
    pattern = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(map(re.escape, known))})(?![a-z0-9])")
    named: dict[tuple[str, str, str], Counter[str]] = {}
    for item in _entities(iter(found.sources)):
        if not isinstance(item, WorkItem):
            continue
        text = f"{item.key} {item.title}".casefold()
        claimed = (c.engagement_key for c in item.claims if c.engagement_key)
        said = {*pattern.findall(text), *(k.casefold() for k in (*item.engagement_keys, *claimed))}
        may_be_anchor = item.work_class is WorkClass.ANCHOR or item.may_be_anchor
        for key in said & known.keys():
            place = named.setdefault((known[key], item.connection, item.place), Counter())
            place["*"] += 1
            if may_be_anchor and pattern.search(text):
                place[item.key] += 1
    anchored = {(connection, place) for (_, connection, place), counts in named.items() if len(counts) > 1}
    result: dict[str, list[Suggested]] = {}
    for (key, connection, place_key), counts in named.items():
        anchor = next((k for k in counts if k != "*"), None)
        one = Suggested(
            connection=connection,
            place=place_key,
            anchor=anchor,
            why="it is named after it" if anchor else f"records that name it: {counts['*']}",
            likely=anchor is not None or (connection, place_key) not in anchored,
        )
        result.setdefault(key, []).append(one)
    return {key: sorted(result[key], key=lambda s: (not s.likely, s.anchor is None)) for key in keys if key in result}


def left_undecided(draft: Draft, found: Found) -> list[tuple[str, Undecided]]:
    """Values that the mapping of each kind of connector does not understand, with that kind."""
    return [
        (kind, one)
        for kind, names in _by_kind(draft, found).items()
        for one in undecided(found.rules[names[0]], _offered(found, names), _seen(found, names))
    ]


def left_unfound(draft: Draft, found: Found) -> list[tuple[str, Unfound]]:
    """Fields that no connection of a kind has under the name that its mapping uses, with that kind."""
    return [
        (kind, one)
        for kind, names in _by_kind(draft, found).items()
        for one in unfound(found.rules[names[0]], [found.catalogs[name] for name in names])
    ]


def _by_kind(draft: Draft, found: Found) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for name, table in draft.connections.items():
        if name in found.rules:
            kinds.setdefault(table["kind"], []).append(name)
    return kinds


def _offered(found: Found, names: Sequence[str]) -> Iterator[Offered]:
    return chain.from_iterable(found.offered[name] for name in names)


def _seen(found: Found, names: Sequence[str]) -> Iterator[Seen]:
    counts: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], str] = {}
    for source in found.sources:
        if source.connection in names:
            for row in mapped_json(source)["not_understood"]:
                at = (row["rule"], row["value"])
                counts[at] += row["records"]
                example.setdefault(at, next(iter(row["for_example"]), ""))
    for (rule, value), records in counts.most_common():
        yield Seen(rule=rule, value=value, records=records, example=example[rule, value])

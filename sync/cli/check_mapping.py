"""``syncline check --mapping``: what records become, and why; nothing is stored and nothing written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from connectors.core.port import Catalog, Page, Partition, Record, Wanted
from sync import bootstrap
from sync.cli.app import App
from sync.cli.exits import Exit, StoppedError
from sync.cli.output import say, table
from sync.cli.samples import read_samples
from sync.engine.live import Live
from sync.show.mapped import Source, because_rows, brief, is_silent, mapped_json
from sync.show.text import one_line
from sync.store.partitions import known_catalog
from sync.store.records import find_refs, load_records

_MOST_SHOWN = 3  # records of a stream that are told attribute by attribute when nobody names one


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for.

    Attributes:
        connection: Only this one, or None.
        sample: File of sample records, or None.
        stream: Only this stream, or None.
        place: Only this place; of samples: the place that they are from.
        records: References or keys of the records wanted; empty: any.
        live: Ask the tools instead of the store.
        limit: Most records of a stream.
    """

    connection: str | None = None
    sample: Path | None = None
    stream: str | None = None
    place: str | None = None
    records: tuple[str, ...] = ()
    live: bool = False
    limit: int = 200


NOTHING_ASKED = Asked()
"""What is asked for when no option says more."""


def mapped(app: App, asked: Asked) -> dict[str, Any]:
    """The JSON form of what the records become, connection by connection.

    Raises:
        StoppedError: The question does not fit the configuration, or the sample file cannot be read.
        connectors.core.errors.ConnectorError: With ``live``: a tool does not answer.
    """
    names = [app.connection(asked.connection)] if asked.connection else list(app.config.connections)
    sources = list(_live(app, asked, names) if asked.live else _stored(app, asked, names))
    if asked.records and not any(source.records for source in sources):
        raise StoppedError(
            f"no record is called {' or '.join(asked.records)}; give a key or connection:stream:id", Exit.USAGE
        )
    return {"mapping": [mapped_json(source) for source in sources]}


def exit_code(data: Mapping[str, Any]) -> Exit:
    """3 when the mapping refuses a record."""
    return Exit.PARTLY if any(one["refused"] for one in data["mapping"]) else Exit.DONE


def _stored(app: App, asked: Asked, names: Sequence[str]) -> Iterator[Source]:
    if asked.sample is not None and len(names) > 1:
        known = ", ".join(names)
        raise StoppedError(f"--sample needs --connection, to say whose records they are: {known}", Exit.USAGE)
    with app.store() as store, store.unit_of_work() as session:
        for name in names:
            connection = app.config.connections[name]
            streams = _streams(app, asked, name)
            if not streams:
                continue
            if asked.sample is not None:
                stream, place = asked.stream or streams[0], asked.place or ""
                records = read_samples(asked.sample, connection=name, stream=stream, place=place)
                origin = asked.sample.name
            else:
                origin = "the store"
                refs = [
                    ref
                    for stream in streams
                    for ref in find_refs(session, name, stream, asked.limit, place=asked.place, names=asked.records)
                ]
                held = load_records(session, refs)
                records = tuple(held[ref] for ref in refs if ref in held)
            yield Source(
                connection=name,
                origin=origin,
                rules=connection.rules,
                catalog=known_catalog(session, name),
                records=_chosen(records, asked),
            )


def _live(app: App, asked: Asked, names: Sequence[str]) -> Iterator[Source]:
    if asked.sample is not None:
        raise StoppedError("--live and --sample are two different origins; give one of them", Exit.USAGE)
    with app.store() as store, store.unit_of_work() as session:
        partitions = bootstrap.read_now(app.config, session)
    with app.live() as live:
        for name in names:
            streams = _streams(app, asked, name)
            parts = [p for p in partitions.get(name, ()) if p.stream in streams and asked.place in {None, p.key}]
            if not parts:
                continue
            catalog = live[name].connector.catalog(())
            records = tuple(r for part in parts for r in read_first(live[name], part, catalog, asked))
            yield Source(connection=name, origin="the tool", rules=live[name].rules, catalog=catalog, records=records)


def read_first(live: Live, part: Partition, catalog: Catalog, asked: Asked) -> Iterator[Record]:
    """The first records of a partition, read from its beginning; no more pages than are needed."""
    want = Wanted(partition=part, cursor=None, fields=live.fields(part.stream, catalog))
    pages = live.connector.reader.pull([want], catalog)
    found = (r for page in pages if isinstance(page, Page) for r in page.records if _is_wanted(r, asked))
    yield from islice(found, asked.limit)


def _streams(app: App, asked: Asked, name: str) -> list[str]:
    known = [s.name for s in app.config.connections[name].streams]
    if asked.stream is not None and asked.stream not in known and asked.connection is not None:
        raise StoppedError(f"{name} has no stream {asked.stream!r}; there are: {', '.join(known)}", Exit.USAGE)
    return [s for s in known if asked.stream in {None, s}]


def _chosen(records: Sequence[Record], asked: Asked) -> tuple[Record, ...]:
    return tuple(islice((r for r in records if _is_wanted(r, asked)), None if asked.sample is None else asked.limit))


def _is_wanted(record: Record, asked: Asked) -> bool:
    names = {name.casefold() for name in asked.records}
    return not names or bool(names & {record.ref.casefold(), record.key.casefold()})


def tell(data: Mapping[str, Any], *, whole: bool) -> None:
    """Show it; ``whole``: every record attribute by attribute, not only the first ones of each stream."""
    for one in data["mapping"]:
        say(f"\n{one['connection']}: {len(one['records'])} records from {one['origin']}")
        if one["records"] and not one["catalog_known"]:
            say("its fields are not known yet, so a name counts as an id; syncline pull asks for them, or --live")
        told: dict[str, int] = {}
        for record in one["records"]:
            told[record["stream"]] = told.get(record["stream"], 0) + 1
            if whole or told[record["stream"]] <= _MOST_SHOWN:
                _tell_record(record)
        if len(one["taken_by_no_rule"]):
            say(f"taken by no rule: {len(one['taken_by_no_rule'])} records, such as {one['taken_by_no_rule'][0]}")
        rows = [
            (
                u["attribute"],
                u["field"],
                one_line(u["value"], 40),
                str(u["records"]),
                ", ".join(u["for_example"]),
                u["rule"],
            )
            for u in one["not_understood"]
        ]
        if rows:
            columns = ("attribute", "field", "value", "records", "for example", "rule")
            table(f"\n{one['connection']}: not understood", columns, rows)
        if one["steps_without_an_answer"]:
            say("steps that answered for none of these records: " + ", ".join(one["steps_without_an_answer"]))


def _tell_record(record: Mapping[str, Any]) -> None:
    for entity in record["entities"]:
        title = f"\n{record['key']} ({record['ref']}): {entity['kind']}, by {entity['rule']}"
        if entity["refused"]:
            say(f"{title}: refused: {entity['refused']}")
            continue
        rows = [cells for _, cells in because_rows(entity)]
        silent = [a["name"] for a in entity["attributes"] if is_silent(a)]
        table(title, ("attribute", "value", "field", "what stands there", "step"), rows)
        if silent:
            say("nothing is said of: " + ", ".join(silent))
    for one in record["shows"]:
        said = [f"{name} {brief(value)}" for name, value in one["attributes"].items()]
        said += [f"{name} {brief(value)} (not ours)" for name, value in one["not_understood"].items()]
        say(f"it shows, by outbound.{one['rule']}: " + "; ".join(said))


def options(command: Any) -> Any:
    """The options of ``check`` that belong to ``--mapping``."""
    for option in reversed(
        (
            click.option(
                "--mapping", "mapping", is_flag=True, help="Show what records become by the mapping, and why."
            ),
            click.option("--connection", help="With --mapping: only this connection."),
            click.option("--sample", type=click.Path(path_type=Path), help="With --mapping: records from a JSON file."),
            click.option("--stream", help="With --mapping: only this stream (issues, engagements …)."),
            click.option("--place", help="With --mapping: only this project or repository."),
            click.option("--record", "records", multiple=True, help="With --mapping: only this key or reference."),
            click.option("--live", is_flag=True, help="With --mapping: ask the tools, not the store."),
            click.option(
                "--limit",
                type=click.IntRange(1),
                default=NOTHING_ASKED.limit,
                help="With --mapping: most records of a stream.",
            ),
        )
    ):
        command = option(command)
    return command

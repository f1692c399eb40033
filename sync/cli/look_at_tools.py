"""``syncline check`` and ``syncline fields``: looks at the configuration and the live tools, writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from rich.text import Text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from connectors.core.checking import mend_of
from connectors.core.errors import ConnectorError
from connectors.core.port import CheckResult, FieldInfo
from sync import bootstrap
from sync.cli import check_discovery, check_mapping
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit, StoppedError
from sync.cli.output import json_option, print_json, say, say_hanging, table
from sync.config.credentials import CredentialError
from sync.config.doubts import doubts
from sync.config.load import Connection
from sync.engine.intake import mapping_hash
from sync.engine.live import Live
from sync.reconcile.words import counted
from sync.selection import Selected, anchored_places, used_places
from sync.store.database import StoreError
from sync.store.mapped import count_mapped_otherwise
from sync.store.partitions import load_catalog

_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("?", "yellow")}


@click.command(epilog="Examples:  syncline -c syncline.toml check      syncline check --mapping --record NIM-7")
@click.option("--offline", is_flag=True, help="Check the configuration only; ask no tool.")
@check_mapping.options
@json_option
@pass_app
@click.pass_context
def check(ctx: click.Context, app: App, /, *, offline: bool, mapping: bool, as_json: bool, **asked: Any) -> None:
    """Validate the configuration, then look at each live connection, and say how to mend what is wrong.

    Looks at reachability, identity, permissions, fields by name and type, clock skew and rate budget; lists the
    engagements that would be discovered now, with their places. Exit code 1 when something is wrong.

    With --mapping it shows instead what the stored records (or samples, or live ones) become, attribute by attribute:
    by which step of which rule, from which field, and what stands there; what was not understood; which steps answered
    for none of them. Exit code 3 when the mapping refuses a record.
    """
    config = app.config
    if not mapping and check_mapping.Asked(**asked) != check_mapping.NOTHING_ASKED:
        raise StoppedError("this option needs --mapping: syncline check --mapping …", Exit.USAGE)
    if mapping:
        data = check_mapping.mapped(app, check_mapping.Asked(**asked))
        if as_json:
            print_json(data)
        else:
            check_mapping.tell(data, whole=bool(asked["records"]))
        ctx.exit(check_mapping.exit_code(data))
    results: dict[str, list[CheckResult]] = {}
    if not offline:
        with app.live() as live:
            found = check_discovery.look(config, live)
            for name, one in live.items():
                results[name] = [*checked(found.engagements, one), *found.results.get(name, ())]
    wrong = any(r.ok is False for rs in results.values() for r in rs)
    warnings = [*doubts(config), *_mapped_otherwise(app)]
    if as_json:
        connections = {
            name: [{"name": r.name, "ok": r.ok, "found": r.found, "mend": r.mend} for r in rs]
            for name, rs in results.items()
        }
        told = {"configuration": str(config.path), "ok": not wrong, "warnings": warnings, "connections": connections}
        print_json(told)
    else:
        named = counted(len(config.connections), "connection", "connections")
        named += ", " + counted(len(config.engagements), "engagement", "engagements")
        more = ", " + counted(len(config.discoveries), "discovery", "discoveries") if config.discoveries else ""
        say(f"{config.path.name}: valid, {named}{more}")
        for warning in warnings:
            say_hanging(f"warning: {warning}")
        for name, rs in results.items():
            show_results(f"\n{name} ({config.connections[name].spec.title})", rs)
    if wrong:
        ctx.exit(Exit.FAILED)


def _mapped_otherwise(app: App) -> Iterator[str]:
    """One sentence for each connection with stored records that another mapping mapped."""
    if not bootstrap.is_store_there(app.config):
        return
    try:
        with app.store() as store, store.unit_of_work() as session:
            counts = {n: _count_mapped_otherwise(session, n, c) for n, c in app.config.connections.items()}
    except (StoreError, CredentialError, SQLAlchemyError) as error:
        yield f"the store could not be looked into: {str(error).splitlines()[0]}"
        return
    for name, count in counts.items():
        if count:
            yield (
                f"{count} stored records of {name} were mapped by another mapping than this one: syncline remap shows"
                " what becomes otherwise; the next run maps them again"
            )


def _count_mapped_otherwise(session: Session, name: str, connection: Connection) -> int:
    catalog = load_catalog(session, name)
    if catalog is None:  # never read
        return 0
    mapping = mapping_hash(bootstrap.mapper(connection), connection.streams, catalog.catalog)
    return count_mapped_otherwise(session, name, mapping)


def checked(engagements: Sequence[Selected], live: Live) -> Iterator[CheckResult]:
    """What the connector finds with one connection that engagements use; never raises a connector's error."""
    used, anchored = used_places(engagements, live.name), anchored_places(engagements, live.name)
    try:
        yield from live.connector.check(used, anchored)
    except ConnectorError as error:
        yield CheckResult(name="connection", ok=False, found=str(error), mend=mend_of(error))


def show_results(title: str, results: Sequence[CheckResult]) -> None:
    """What was looked at, as a table: whether it is right, what was found, and how to mend it."""
    rows = [(Text(*_MARKS[r.ok]), r.name, r.found, r.mend) for r in results]
    table(title, ("", "what", "found", "how to mend"), rows)


@click.command(epilog="Example:  syncline fields CONNECTION --stream issues")
@click.argument("connection")
@click.option("--stream", help="Only this stream (issues, engagements …).")
@json_option
@pass_app
def fields(app: App, *, connection: str, stream: str | None, as_json: bool) -> None:
    """Show the catalog of a connected tool: every field by name, id, type, options, and whether it can be written."""
    name = app.connection(connection)
    engagements = bootstrap.named(app.config)
    if app.config.discoveries and bootstrap.is_store_there(app.config):
        with app.store() as store:
            engagements = app.engagements(store)
    with app.live() as live:
        catalog = live[name].connector.catalog(sorted(anchored_places(engagements, name)))
    found = sorted(
        (f for f in catalog.fields if stream in {None, f.stream}), key=lambda f: (f.stream, f.name.casefold(), f.id)
    )
    if as_json:
        print_json({"connection": name, "fields": [_as_json(f) for f in found]})
        return
    rows = [(f.stream, f.name, f.id, f.type.value, _writable(f), ", ".join(f.options)) for f in found]
    table(f"{name}: {len(rows)} fields", ("stream", "name", "id", "type", "writable", "options"), rows)


def _writable(field: FieldInfo) -> str:
    return {True: "yes", False: "no", None: "?"}[field.writable]


def _as_json(field: FieldInfo) -> dict[str, object]:
    return {
        "stream": field.stream,
        "name": field.name,
        "id": field.id,
        "type": field.type.value,
        "options": list(field.options),
        "writable": field.writable,
        "max_length": field.max_length,
    }

"""``syncline remap``: maps the stored records again after the mapping changed, the difference first."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from sync import bootstrap
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit
from sync.cli.facts import refuse_when_nothing_read
from sync.cli.output import Bars, Lines, json_option, note, print_json, say, say_hanging, table
from sync.cli.run import EXITS, running, tell_summary
from sync.config.load import Config
from sync.engine.remap import Remap, Remapped
from sync.engine.run import Engine
from sync.engine.summary import Summary
from sync.show.remapped import change_rows, cost_lines, unfetched_rows, value_rows
from sync.store.codec import encode

_HOUR_S = 3600


@click.command(epilog="Examples:  syncline remap      syncline remap --yes      syncline remap --yes --read")
@click.option("--yes", is_flag=True, help="Map them again at once, without asking.")
@click.option("--read", is_flag=True, help="Then read again what was read without fields that the mapping wants.")
@json_option
@pass_app
@click.pass_context
def remap(ctx: click.Context, app: App, *, yes: bool, read: bool, as_json: bool) -> None:
    """Map the stored records again after the mapping changed, without a request; show first what becomes otherwise.

    On a terminal it asks before anything is changed; elsewhere it only shows, unless --yes is given. It may be stopped
    or killed at any time: each record is mapped by the one mapping or by the other, and the next run maps the rest.

    Fields that were never read are named, with what reading them again costs. What lacks them does not count as
    completely read until the next pull or sync has read it again; --read does it now.

    Exit code 3 when the mapping refuses records: these are held. Reload a running service first (SIGHUP), or it maps
    everything back by the configuration that it has.
    """
    with app.store() as store:
        refuse_when_nothing_read(app, store)
    asks = not as_json and _on_a_terminal()
    found, done = _remapped(app, save=yes), yes
    if not as_json:
        tell(told(app.config, found, done=done))
    if found.records and not done and asks and click.confirm(f"Map {found.records} records again?"):
        found, done = _remapped(app, save=True), True
        say(f"mapped again: {found.records} records")
    there = done or not found.records
    again = read or (asks and there and bool(found.unfetched) and click.confirm("Read again what lacks fields, now?"))
    pulled = _pulled(app) if there and found.unfetched and again else None
    if as_json:
        print_json(told(app.config, found, done=done, pulled=pulled))
    else:
        _tell_end(found, done=done, pulled=pulled)
    ctx.exit(_exit_code(found, pulled))


def told(config: Config, found: Remapped, *, done: bool, pulled: Summary | None = None) -> dict[str, Any]:
    """The documented form of ``--json``."""
    return {
        "done": done,
        "records": found.records,
        "connections": {name: one.to_json() for name, one in found.connections.items()},
        "never_read": encode(found.unfetched),
        "reading": {name: _reading(config, found, name) for name in found.requests},
        "read": None if pulled is None else {"version": 1, **pulled.to_json()},
    }


def tell(data: dict[str, Any]) -> None:
    """What becomes, or became, otherwise, and what was never read."""
    verb = "became" if data["done"] else "would become"
    for name, one in data["connections"].items():
        say(f"\n{name}: another mapping had mapped {one['records']} records; {one['otherwise']} {verb} otherwise")
        if changes := list(change_rows(one)):
            table("", ("stream", "what", "records", "for example"), changes)
        if values := list(value_rows(one)):
            table("\nValues in no table", ("attribute", "field: value", "records", ""), values)
    if not data["records"]:
        say("every stored record is mapped by this mapping")
    if data["never_read"]:
        rows = list(unfetched_rows(data["never_read"]))
        table("\nRead without fields that the mapping wants", ("stream", "fields", "records", "places"), rows)
        for line in cost_lines(data["reading"]):
            say_hanging(line)


def _tell_end(found: Remapped, *, done: bool, pulled: Summary | None) -> None:
    if pulled is not None:
        tell_summary(pulled)
    elif found.unfetched:
        from_now = "from now on" if done or not found.records else "from then on"
        say_hanging(
            f"what they say there is not known before: {from_now} these places count as not completely read, until the"
            " next pull or sync has read them again; syncline remap --read does it at once"
        )
    if found.records and not done:
        note("nothing was changed; syncline remap --yes maps them again, and so does the next run of syncline")
    elif done:
        say("next: syncline plan shows what would be written by it")


def _reading(config: Config, found: Remapped, name: str) -> dict[str, Any]:
    limit, requests = config.connections[name].settings.requests_per_hour, found.requests[name]
    known = limit is not None and requests is not None
    return {
        "records": sum(one.records for one in found.unfetched if one.connection == name),
        "requests": requests,
        "requests_per_hour": limit,
        "waits_s": (max(0, (requests or 0) - 1) // (limit or 1)) * _HOUR_S if known else None,
    }


def _exit_code(found: Remapped, pulled: Summary | None) -> Exit:
    code = Exit.DONE if pulled is None else EXITS[pulled.ending]
    held = any(one.held.records for one in found.connections.values())
    return Exit.PARTLY if code is Exit.DONE and held else code


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _remapped(app: App, *, save: bool) -> Remapped:
    with _remap(app) as work:
        return work.run()[0] if save else work.look()


def _pulled(app: App) -> Summary:
    with running(app) as engine:
        return Engine.pull(engine)


@contextmanager
def _remap(app: App) -> Iterator[Remap]:
    the_clock = bootstrap.clock()
    with (
        app.store() as store,
        bootstrap.connected(app.config, the_clock) as live,
        Bars().shown() as bars,
    ):
        shown = bars if sys.stderr.isatty() else Lines(the_clock)
        yield bootstrap.remap(app.config, store, live, the_clock, shown)

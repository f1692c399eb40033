"""The commands that go on for long: backfill, daemon."""

from __future__ import annotations

import logging
import os
import random
import sys
from datetime import UTC, datetime

import click

from sync import bootstrap
from sync.cli.app import App, pass_app
from sync.cli.exits import Exit, StoppedError
from sync.cli.output import Bars, Lines, json_option
from sync.cli.run import end
from sync.service.daemon import Daemon
from sync.service.heart import Heart
from sync.service.notify import Notifier
from sync.service.state import Board, State
from sync.service.watch import signals, watchdog
from sync.serving import Service


def _instant(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"found {value!r}, expected a date such as 2026-01-31") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


_SHARE = 0.5  # of the hour's requests; the rest is the service's, whose own count does not see ours


@click.command(epilog="Example:  syncline backfill CONNECTION --since 2026-01-01 --stream issues")
@click.argument("connection")
@click.option("--since", metavar="DATE", callback=_instant, help="What changed on this day (UTC) or later; else all.")
@click.option("--until", metavar="DATE", callback=_instant, help="What changed before this day (UTC); else all.")
@click.option("--stream", metavar="STREAM", help="One stream of the connection; else all.")
@json_option
@pass_app
@click.pass_context
def backfill(
    ctx: click.Context,
    app: App,
    *,
    connection: str,
    since: datetime | None,
    until: datetime | None,
    stream: str | None,
    as_json: bool,
) -> None:
    """Read the history of a connection in slices, newest first, beside a running service.

    It may be stopped or killed at any time: the same command goes on where it was. Of a stream whose tool cannot tell
    what changed between two days, all is read. It takes at most half of requests_per_hour, and gives the store up
    to others every few seconds. Writes nothing to any tool; the next run reconciles what it brought.
    """
    name = app.connection(connection)
    known = [s.name for s in app.config.connections[name].streams]
    if stream is not None and stream not in known:
        raise StoppedError(f"{name} has no stream {stream!r}; it has: {', '.join(known)}", Exit.USAGE)
    if since is not None and since >= (until or bootstrap.clock().now()):
        raise StoppedError("found --since at or after --until (or now), expected it before", Exit.USAGE)
    clock = bootstrap.clock()
    with (
        app.store() as store,
        bootstrap.connected(app.config, clock, bootstrap.budget(app.config, clock, share=_SHARE)) as live,
        Bars().shown() as bars,
    ):
        shown = bars if sys.stderr.isatty() else Lines(clock)
        reader, partitions = bootstrap.backfill(app.config, store, live[name], clock, shown)
        summary = reader.run([p for p in partitions if stream in (None, p.stream)], since, until)
    end(ctx, summary, as_json=as_json)


@click.command(epilog="Example:  syncline -c /etc/syncline/syncline.toml daemon")
@pass_app
def daemon(app: App) -> None:
    """Sync again and again, until it is told to stop.

    Every [daemon] interval; after failures ever more seldom. SIGTERM ends it within 30 seconds: what was sent is
    accounted for, nothing new begins. SIGHUP reads the configuration again. Under systemd it tells when it is ready and
    answers the watchdog: see deploy/systemd. One line is logged for each run.
    """
    root = logging.getLogger()
    root.setLevel(min(root.level, logging.INFO))
    heart, notifier, clock = Heart(), Notifier(os.environ), bootstrap.clock()
    board = Board(State(began=clock.now()))
    with signals(heart, notifier), watchdog(heart, notifier, lambda: board.state.hang.total_seconds()):
        chance = random.Random()  # noqa: S311 - spreads installations over time; nothing secret
        Daemon(lambda: Service(app.config_path, heart), heart, notifier, board, clock, chance).run()

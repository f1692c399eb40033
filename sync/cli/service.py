"""The commands that go on for long: daemon."""

from __future__ import annotations

import logging
import os
import random

import click

from sync import bootstrap
from sync.cli.app import App, pass_app
from sync.service.daemon import Daemon
from sync.service.heart import Heart
from sync.service.notify import Notifier
from sync.service.state import Board, State
from sync.service.watch import signals, watchdog
from sync.serving import Service


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

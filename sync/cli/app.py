"""What every command shares: the configuration, the store, and live connections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from sync import bootstrap
from sync.cli.exits import Exit, StoppedError
from sync.config.load import Config
from sync.engine.live import Live
from sync.selection import Selected
from sync.store.database import Store


@dataclass(kw_only=True)
class App:
    """One invocation of the command line.

    Attributes:
        config_path: The configuration's file.
    """

    config_path: Path

    @cached_property
    def config(self) -> Config:
        """The configuration.

        Raises:
            sync.config.problems.ConfigError: With every problem, by line.
        """
        return bootstrap.load_config(self.config_path)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, opened and migrated."""
        store = bootstrap.open_store(self.config)
        try:
            yield store
        finally:
            store.close()

    @contextmanager
    def live(self) -> Iterator[Mapping[str, Live]]:
        """All connections."""
        with bootstrap.connected(self.config, bootstrap.clock()) as live:
            yield live

    def connection(self, name: str) -> str:
        """``name`` if the configuration has such a connection.

        Raises:
            StoppedError: It has not; the message names those it has.
        """
        if name not in self.config.connections:
            names = ", ".join(self.config.connections)
            raise StoppedError(f"no connection {name!r} in {self.config.path.name}; there are: {names}", Exit.USAGE)
        return name

    def engagements(self, store: Store) -> tuple[Selected, ...]:
        """All engagements, named or discovered, by what is stored."""
        with store.unit_of_work() as session:
            return bootstrap.roster(self.config, session).engagements

    def engagement_of(self, engagements: Iterable[Selected], key: str | None) -> str | None:
        """``key`` as its engagement spells it; None stays None.

        Raises:
            StoppedError: There is none; the message names those that there are.
        """
        if key is None:
            return None
        names = [one.key for one in engagements]
        for known in names:
            if known.casefold() == key.casefold():
                return known
        there = ", ".join(names) or "none"
        raise StoppedError(f"no engagement {key!r} in {self.config.path.name}; there are: {there}", Exit.USAGE)


pass_app = click.make_pass_decorator(App)

"""Builds the service: the program on one configuration, read again when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from connectors.core.port import Clock
from sync import bootstrap
from sync.budget import HourlyBudget
from sync.config.load import Config
from sync.engine.run import Engine
from sync.engine.summary import Summary
from sync.service.daemon import Settings
from sync.service.heart import Heart, LivingBudget, LivingClock, LivingProgress
from sync.service.state import Freshness
from sync.store.database import Store
from sync.store.partitions import freshness


class Service:
    """The program on one valid configuration.

    Args:
        path: Its file.
        heart: Where signs of life go, and whether to stop.

    Raises:
        sync.config.problems.ConfigError: It is not valid; every problem, by line.
    """

    def __init__(self, path: Path, heart: Heart) -> None:
        self._config = bootstrap.load_config(path)
        self._heart = heart
        self._clock = LivingClock(bootstrap.clock(), heart)
        self._budget = bootstrap.budget(self._config, self._clock)  # outlives the connections, as the hour does
        daemon = self._config.top.daemon
        self.settings = Settings(interval=daemon.interval, hang=daemon.hang, health=daemon.health)

    def open(self) -> AbstractContextManager[Opened]:
        """The open store and the live connections."""
        return _opened(self._config, self._clock, self._budget, self._heart)


class Opened:
    """An open store and live connections."""

    def __init__(self, config: Config, engine: Engine, store: Store) -> None:
        self._config = config
        self._engine = engine
        self._store = store

    def sync(self) -> Summary:
        """One whole run."""
        return self._engine.sync()

    def freshness(self) -> Mapping[str, Freshness]:
        """How well each configured connection is read."""
        with self._store.unit_of_work() as session:
            found = freshness(session, bootstrap.read_now(self._config, session))
        return {name: Freshness(read_at=read_at, failing=failing) for name, (read_at, failing) in sorted(found.items())}


@contextmanager
def _opened(config: Config, the_clock: Clock, budget: HourlyBudget, heart: Heart) -> Iterator[Opened]:
    store = bootstrap.open_store(config)
    try:
        with bootstrap.connected(config, the_clock, LivingBudget(budget, heart)) as live:
            engine = bootstrap.engine(config, store, live, the_clock, LivingProgress(heart))
            yield Opened(config, engine, store)
    finally:
        store.close()

"""SQLite as the store: how its connections are prepared."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL

_BUSY_TIMEOUT_MS = 30_000  # readers beside a running sync wait this long for a commit; a page commits in far less

ALONE = "syncline_alone"
"""Execution option: the transaction waits for other writers at its beginning, and keeps them waiting to its end."""


def make_engine(url: URL) -> Engine:
    """An engine whose transactions are ours alone to begin, durable against a power cut. Connects later."""
    engine = create_engine(url, connect_args={"timeout": _BUSY_TIMEOUT_MS / 1000})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: the driver's own guess commits before DDL
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # an intent must outlive a power cut, not only a kill
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        alone = connection.get_execution_options().get(ALONE, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if alone else "BEGIN")

    return engine

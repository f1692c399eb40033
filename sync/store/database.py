"""Opening the store: the engine, its migrations, and the unit of work."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from sync.store.tables import InstanceRow

_BUSY_TIMEOUT_MS = 30_000  # readers beside a running sync wait this long for a commit; a page commits in far less
_MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(Exception):
    """The store cannot be opened; the message says why and what to do."""


class StoreTooNewError(StoreError):
    """The store was written by a newer release; this one does not touch it."""


class Store:
    """The database behind everything that syncline remembers. One for a process; may be used by several threads.

    Args:
        url: SQLAlchemy URL (``sqlite:///syncline.sqlite3``).
        now: The instant, for the creation of a new store.

    Raises:
        StoreTooNewError: It was written by a newer release.
        StoreError: It cannot be opened or is no store of ours.
    """

    def __init__(self, url: str, *, now: datetime) -> None:
        self.url: URL = make_url(url)
        if self.path is not None:
            _create_private(self.path)
        self._engine = _engine(self.url)
        try:
            with self._engine.begin() as connection:
                _migrate(connection)
            self.instance = self._identify(now)
        except DatabaseError as error:
            self._engine.dispose()
            raise StoreError(
                f"{self.url.render_as_string(hide_password=True)}: cannot be opened: {error.orig}"
            ) from error
        except BaseException:
            self._engine.dispose()
            raise

    @property
    def path(self) -> Path | None:
        """The file that the store lies in; None for a server or a store in memory."""
        name = self.url.database
        if self.url.get_backend_name() != "sqlite" or not name or name == ":memory:":
            return None
        return Path(name)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """A session in one transaction, rolled back unless ``commit`` is called on it."""
        session = Session(self._engine, expire_on_commit=False, autoflush=False)
        try:
            yield session
        finally:
            session.close()  # rolls back what was not committed, and leaves the rows that were read readable

    def close(self) -> None:
        """Let go of all connections; the store cannot be used after it."""
        self._engine.dispose()

    def _identify(self, now: datetime) -> str:
        with self.unit_of_work() as session:
            found = session.scalar(select(InstanceRow.id))
            if found is None:
                found = uuid.uuid4().hex
                session.add(InstanceRow(id=found, created=now))
                session.commit()
            return found


def _create_private(path: Path) -> None:
    """Make a new store's file readable by its owner alone, as it will hold what is confidential in the tools.

    SQLite gives the files beside it the same mode. A file that is there keeps the mode that its owner gave it; one that
    cannot be made is left to the opening, which says why.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url)
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
        connection.exec_driver_sql("BEGIN")

    return engine


def _migrate(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {step.revision for step in script.walk_revisions()}:
        raise StoreTooNewError(
            f"the store is at revision {current}, which this release does not know: it was written by a newer release. "
            "Use that release, or name another store."
        )
    if current != script.get_current_head():
        command.upgrade(config, "head")

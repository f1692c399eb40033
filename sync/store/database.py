"""Opening the store: the engine, its migrations, and the unit of work."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from sync.store import postgresql, sqlite
from sync.store.tables import InstanceRow

_MIGRATIONS = Path(__file__).parent / "migrations"


class StoreError(Exception):
    """The store cannot be opened; the message says why and what to do."""


class StoreTooNewError(StoreError):
    """The store was written by a newer release; this one does not touch it."""


class Store:
    """The database behind everything that syncline remembers. One for a process; may be used by several threads.

    Args:
        url: SQLAlchemy URL (``sqlite:///syncline.sqlite3``, ``postgresql+psycopg://user@host/database``).
        now: The instant, for the creation of a new store.
        password: Of the database's user; it lies in no attribute and is shown in no message.

    Raises:
        StoreTooNewError: It was written by a newer release.
        StoreError: It cannot be opened or is no store of ours.
    """

    def __init__(self, url: str, *, now: datetime, password: str | None = None) -> None:
        self.url: URL = make_url(url)
        if self.path is not None:
            _create_private(self.path)
        self._guard: Callable[[], None] | None = None
        self._engine = self._connect(password)
        try:
            self.instance = self._known() or self._made(now)
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

    @property
    def name(self) -> str:
        """What people call it: the file, or the address without a password."""
        return str(self.path) if self.path is not None else self.url.render_as_string(hide_password=True)

    @property
    def is_server(self) -> bool:
        """True: a database server, which several machines may reach."""
        return self.url.get_backend_name() == "postgresql"

    @contextmanager
    def guarded_by(self, guard: Callable[[], None]) -> Iterator[None]:
        """Ask ``guard`` before every unit of work while inside; it raises when nothing more may be done."""
        self._guard = guard
        try:
            yield
        finally:
            self._guard = None

    @contextmanager
    def raw_connection(self) -> Iterator[Connection]:
        """A connection of its own, outside of transactions; for locks of a session."""
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """A session in one transaction, rolled back unless ``commit`` is called on it."""
        if self._guard is not None:
            self._guard()
        session = Session(self._engine, expire_on_commit=False, autoflush=False)
        try:
            yield session
        finally:
            session.close()  # rolls back what was not committed, and leaves the rows that were read readable

    def close(self) -> None:
        """Let go of all connections; the store cannot be used after it."""
        self._engine.dispose()

    def _known(self) -> str | None:
        """The instance of a store that needs nothing done; looked at without keeping a writer waiting."""
        with self._engine.begin() as connection:
            return connection.scalar(select(InstanceRow.id)) if _is_current(connection) else None

    def _made(self, now: datetime) -> str:
        with self._alone() as connection:
            _migrate(connection)
            return _identify(connection, now)

    def _connect(self, password: str | None) -> Engine:
        match self.url.get_backend_name():
            case "sqlite":
                return sqlite.make_engine(self.url)
            case "postgresql":
                try:
                    return postgresql.make_engine(self.url, password)
                except ImportError as error:
                    raise StoreError(
                        f"{self.name}: found no driver for PostgreSQL; expected the extra: pip install "
                        "'syncline[postgresql]', and an address that begins with postgresql+psycopg://"
                    ) from error
            case other:
                raise StoreError(f"found a store on {other}; expected sqlite or postgresql")

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction that no other process opening the store is in at the same time."""
        options: dict[str, Any] = {"isolation_level": "READ COMMITTED"} if self.is_server else {sqlite.ALONE: True}
        with self._engine.connect().execution_options(**options) as connection, connection.begin():
            if self.is_server:
                postgresql.wait_alone(connection)
            yield connection


def _identify(connection: Connection, now: datetime) -> str:
    found = connection.scalar(select(InstanceRow.id))
    if found is None:
        found = uuid.uuid4().hex
        connection.execute(insert(InstanceRow).values(id=found, created=now))
    return found


def _create_private(path: Path) -> None:
    """Make a new store's file readable by its owner alone, as it will hold what is confidential in the tools.

    SQLite gives the files beside it the same mode. A file that is there keeps the mode that its owner gave it; one that
    cannot be made is left to the opening, which says why.
    """
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _is_current(connection: Connection) -> bool:
    """Whether the store is exactly of this release.

    Raises:
        StoreTooNewError: It was written by a newer one.
    """
    script = ScriptDirectory(str(_MIGRATIONS))
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {step.revision for step in script.walk_revisions()}:
        raise StoreTooNewError(
            f"the store is at revision {current}, which this release does not know: it was written by a newer release. "
            "Use that release, or name another store."
        )
    return current == script.get_current_head()


def _migrate(connection: Connection) -> None:
    if _is_current(connection):
        return
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

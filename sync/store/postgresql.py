"""PostgreSQL as the store: how its connections are prepared, and the locks that its sessions hold."""

from __future__ import annotations

import os
import socket

from sqlalchemy import Connection, Engine, TextClause, create_engine, text
from sqlalchemy.engine import URL

_LOCK_CLASS = 0x53594E43  # "SYNC": the first half of our advisory locks' names, so that other programs' do not collide
_CONNECT_TIMEOUT_S = 10
_KEEPALIVE_S = 30
_PROBES, _PROBE_EVERY_S = 3, 10
"""A holder whose machine lost its power is noticed, and its lock freed, about a minute later by either side."""
_RUN, _OPEN = "run", "open"


def make_engine(url: URL, password: str | None) -> Engine:
    """An engine whose transactions see one state of the database, as SQLite's do. Connects later.

    Raises:
        ImportError: The driver is not installed.
    """
    arguments: dict[str, object] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "application_name": f"syncline {os.getpid()} on {socket.gethostname()}"[:63],
        "keepalives_idle": _KEEPALIVE_S,
        "keepalives_interval": _PROBE_EVERY_S,
        "keepalives_count": _PROBES,
    }
    if password is not None:
        arguments["password"] = password
    return create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args=arguments,
        isolation_level="REPEATABLE READ",
        pool_pre_ping=True,  # a server that was restarted costs no run
        hide_parameters=True,
    )


def wait_alone(connection: Connection) -> None:
    """Wait until no other transaction has called this, and keep all others waiting to the end of this one."""
    connection.execute(_locking("pg_advisory_xact_lock", _OPEN))


def try_lock_run(connection: Connection) -> bool:
    """Take the lock of the single run for this session, freed when the session ends however it ends; False: held."""
    for name, value in (("idle", _KEEPALIVE_S), ("interval", _PROBE_EVERY_S), ("count", _PROBES)):
        connection.execute(text(f"SET tcp_keepalives_{name} = {value}"))
    return bool(connection.scalar(_locking("pg_try_advisory_lock", _RUN)))


def unlock_run(connection: Connection) -> None:
    """Give the lock back."""
    connection.execute(_locking("pg_advisory_unlock", _RUN))


def holder(connection: Connection) -> str:
    """Who holds the run's lock, for a person; empty when it has just been freed."""
    found = connection.scalar(
        text(
            "SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
            " WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE"
            " datname = current_database()) AND l.classid = :class"
            " AND l.objid::bigint = hashtext(:name || current_schema())::bigint & 4294967295"
        ),
        {"class": _LOCK_CLASS, "name": _RUN},
    )
    return str(found or "")


def _locking(function: str, name: str) -> TextClause:
    return text(f"SELECT {function}(:class, hashtext(:name || current_schema()))").bindparams(
        **{"class": _LOCK_CLASS, "name": name}
    )

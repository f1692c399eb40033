"""One run at a time on one store: a lock that is freed when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from sync.store import postgresql
from sync.store.database import Store, StoreError


class AlreadyRunningError(Exception):
    """Another run holds the store, or has come to hold it; the message says which process."""


@contextmanager
def single_run(store: Store) -> Iterator[None]:
    """Hold the store's lock; nothing stale is left by a killed holder.

    For SQLite it is on the file ``<store>.lock``, which stays, and the kernel lets go of it. On PostgreSQL it is held
    by a session of the server, which frees it when the session ends; a run whose session has ended stops at its next
    unit of work. A store in memory has none: no other process sees it.

    Raises:
        AlreadyRunningError: Another process, or another run of this one, holds it.
        StoreError: The lock's file cannot be made (a read-only folder).
    """
    if store.is_server:
        with _on_server(store):
            yield
    elif store.path is None:
        yield
    else:
        with _on_file(store.path):
            yield


@contextmanager
def _on_server(store: Store) -> Iterator[None]:
    with store.raw_connection() as connection:
        if not postgresql.try_lock_run(connection):
            raise _already(postgresql.holder(connection) or "which has just ended", store.name)

        def still_ours() -> None:
            try:
                connection.exec_driver_sql("SELECT 1")
            except SQLAlchemyError as error:
                raise AlreadyRunningError(
                    f"the connection that held the lock of {store.name} was lost; stopped, lest two runs use it at once"
                ) from error

        try:
            with store.guarded_by(still_ours):
                yield
        finally:
            try:
                postgresql.unlock_run(connection)
            except SQLAlchemyError:
                connection.invalidate()  # the session is over, and the lock with it


@contextmanager
def _on_file(store: Path) -> Iterator[None]:
    path = Path(f"{store}.lock")
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: cannot be opened for the run's lock: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise _already(os.pread(handle, 32, 0).decode("ascii", "replace").strip(), str(store)) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _already(holder: str, store: str) -> AlreadyRunningError:
    return AlreadyRunningError(
        f"another syncline run (process {holder or 'unknown'}) is using {store}; wait for it to end, or stop it"
    )

"""One run at a time on one store: a lock that the kernel lets go of when its holder dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.store.database import Store


class AlreadyRunningError(Exception):
    """Another run holds the store; the message says which process."""


@contextmanager
def single_run(store: Store) -> Iterator[None]:
    """Hold the store's lock; nothing stale is left by a killed holder.

    The lock is on the file ``<store>.lock``, which stays. A store in memory has none: no other process sees it.

    Raises:
        AlreadyRunningError: Another process, or another run of this one, holds it.
    """
    if store.path is None:
        yield
        return
    path = Path(f"{store.path}.lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise AlreadyRunningError(
                f"another syncline run (process {holder}) is using {store.path}; wait for it to end, or stop it"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)

"""The command `syncline` as a process that a proof can watch, block at its commit, and kill."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.steering import until

SLEEPING = {"35", "230"}
"""System calls nanosleep and clock_nanosleep on x86-64: what SQLite waits for a lock with."""


class Client:
    """The command `syncline`, in a process of its own that had the program loaded when it was forked."""

    def __init__(self, folder: Path, command: str) -> None:
        self._out, self._err = folder / "client.out", folder / "client.err"
        self._code: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            self._run(folder, command)

    def _run(self, folder: Path, command: str) -> None:
        code = 70
        try:
            for number, path in ((1, self._out), (2, self._err)):
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            from sync.cli.main import main

            sys.argv = ["syncline", "-c", str(folder / "syncline.toml"), command, "--json"]
            main()
        except SystemExit as ending:
            code = int(ending.code or 0)
        except BaseException:  # noqa: BLE001 - a forked child must never return into its parent's code
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def ended(self) -> bool:
        """Whether it is gone."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code is not None

    def wait(self) -> None:
        """Wait for its end."""
        if not until(self.ended, seconds=300, every=0.01):
            self.kill()
            raise RuntimeError("the client did not end in 300 s")

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def sleeps(self) -> bool:
        """Whether it waits for a lock (it has read its answer, then). Where that cannot be seen, after 0.2 s."""
        try:
            call = Path(f"/proc/{self.pid}/syscall").read_text(encoding="ascii").split()[0]
        except OSError:
            time.sleep(0.2)
            return True
        return call in SLEEPING

    def told(self) -> str:
        """The end of what it said."""
        return (self._err.read_text(encoding="utf-8") + self._out.read_text(encoding="utf-8"))[-500:]

    def json(self) -> dict[str, Any]:
        """Its summary."""
        try:
            found: dict[str, Any] = json.loads(self._out.read_text(encoding="utf-8"))
        except ValueError as error:
            raise RuntimeError(f"exit {self._code}: {self.told()}") from error
        return found


@contextmanager
def locked(store: Path) -> Iterator[None]:
    """Hold the store's write lock."""
    connection = sqlite3.connect(store, isolation_level=None, timeout=10)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def sending(store: Path) -> int:
    """How many intents a killed client left as sent, of unknown effect."""
    connection = sqlite3.connect(store)
    try:
        return int(connection.execute("SELECT count(*) FROM outbox WHERE state = 'sending'").fetchone()[0])
    finally:
        connection.close()

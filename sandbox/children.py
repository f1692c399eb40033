"""Stand-ins as child processes: started tethered, waited for until they serve, stopped in order."""

from __future__ import annotations

import contextlib
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

START_SECONDS = 30.0
"""How long a stand-in may take until it serves; on a busy machine a start takes a few seconds."""
STOP_SECONDS = 5.0
"""How long it may take to stop before it is killed."""
TOLD_CHARACTERS = 2_000


class ChildFailedError(RuntimeError):
    """A stand-in did not start; `name` says which."""

    def __init__(self, name: str, told: str) -> None:
        super().__init__(f"the stand-in {name} did not start: {told}")
        self.name = name


class Child:
    """One stand-in in a process of its own."""

    def __init__(self, name: str, command: list[str], errors: Path) -> None:
        self.name = name
        self.url = ""
        self._errors = errors
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and modules of this package
                [sys.executable, "-m", "sandbox.tether", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,  # Ctrl-C reaches the launcher alone, which stops them in order
            )

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return the exit code once it ended."""
        return self._process.poll()

    def wait_ready(self, deadline: float) -> None:
        """Wait for its `ready NAME URL` and keep the address.

        Raises:
            ChildFailedError: it ended, or said nothing until the deadline (monotonic seconds).
        """
        stdout = _pipe(self._process.stdout)
        poll = select.poll()
        poll.register(stdout, select.POLLIN | select.POLLHUP)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise ChildFailedError(self.name, f"nothing said in {START_SECONDS:.0f} s")
        words = stdout.readline().decode("utf-8", "replace").split()
        if not words or words[0] != "ready":
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
            told = self._errors.read_text(encoding="utf-8", errors="replace")[-TOLD_CHARACTERS:]
            raise ChildFailedError(self.name, told or " ".join(words) or "it ended without a word")
        self.url = words[-1].rstrip("/")

    def stop(self) -> None:
        """Stop it, kindly first; may be called again."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _pipe(pipe).close()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("the process was started without this pipe")
    return pipe


def start(commands: Mapping[str, list[str]], logs: Path) -> dict[str, Child]:
    """Start every stand-in at once and wait until all serve.

    Args:
        commands: module and arguments, by name.
        logs: folder for what they write to standard error, `NAME.stderr`.

    Raises:
        ChildFailedError: one did not start; the others are stopped.
    """
    children: dict[str, Child] = {}
    with contextlib.ExitStack() as undo:
        for name, command in commands.items():
            children[name] = Child(name, command, logs / f"{name}.stderr")
            undo.callback(children[name].stop)
        deadline = time.monotonic() + START_SECONDS
        for child in children.values():
            child.wait_ready(deadline)
        undo.pop_all()
    return children

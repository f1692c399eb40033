"""A PostgreSQL server of the tests' own, on a free port of this machine, gone when they end."""

from __future__ import annotations

import ctypes
import itertools
import os
import pwd
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PASSWORD = "canary-of-the-store-4711"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_TRIES = 5  # another process may take the free port first


def binaries() -> Path | None:
    """Folder of the newest server's programs, or None."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if debian:
        return debian[-1].parent
    found = shutil.which("initdb")
    return Path(found).parent if found else None


@dataclass
class Server:
    """A running server.

    Attributes:
        programs: Folder of its programs.
        data: Its data.
        port: Its port on 127.0.0.1.
        password: Of the login ``syncline``.
        user: Which user of the machine runs it; None: the one that runs the tests.
    """

    programs: Path
    data: Path
    port: int
    user: str | None
    password: str = PASSWORD
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs."""
        subprocess.run(
            [self.programs / program, *arguments],
            user=self.user,
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=60,
            cwd="/",
            env={**os.environ, "PGPASSWORD": PASSWORD},
        )

    def database(self) -> str:
        """Address of a new, empty database, without the password."""
        name = f"store_{next(self.numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return f"postgresql+psycopg://syncline@127.0.0.1:{self.port}/{name}"

    def sql(self, statement: str) -> None:
        """Carry out one statement."""
        self.run("psql", "-qX", "-h", "127.0.0.1", "-p", str(self.port), "-U", "syncline", "-c", statement, "postgres")

    def start(self) -> bool:
        """Start, and wait until it answers; False: it ended at once, since its port is taken."""
        options = ["-F", "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        options += ["-c", f"unix_socket_directories={self.data}", "-D", str(self.data)]
        with (self.data / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", *options],
                user=self.user,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd="/",
                preexec_fn=_die_with_parent,
            )
        ready = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            if subprocess.run(ready, check=False).returncode == 0:
                return True
            time.sleep(0.1)
        return False

    def stop(self) -> None:
        """Stop at once, as a crash would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(60)


def _die_with_parent() -> None:
    """A server of tests that were killed ends too."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A new server; asks for a password."""
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="syncline-pg-"))
    try:
        folder.chmod(0o755)
        secret = folder / "secret"
        secret.write_text(PASSWORD)
        data = folder / "data"
        data.mkdir(mode=0o700)
        if user is not None:
            entry = pwd.getpwnam(user)
            for path in (data, secret):
                os.chown(path, entry.pw_uid, entry.pw_gid)
        server = Server(programs=programs, data=data, port=_likely_port(), user=user)
        login = ("--auth=scram-sha-256", f"--pwfile={secret}", "-U", "syncline")
        server.run("initdb", "-D", str(data), "-N", "-E", "UTF8", "--locale=C.UTF-8", *login)
        _start(server)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(server: Server) -> None:
    for _ in range(_TRIES):
        if server.start():
            return
        server.stop()
        server.port = _likely_port()
    raise RuntimeError(f"PostgreSQL did not start: {(server.data / 'log').read_text()[-2000:]}")


def _likely_port() -> int:
    """Below the ports that the kernel gives out by itself; without a socket, as these are off in unit tests."""
    return random.randint(20_000, 32_000)  # noqa: S311 - no secret

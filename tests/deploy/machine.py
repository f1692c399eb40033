"""A Debian that systemd boots in a container, with syncline installed in it as an operator would."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = Path("/var/cache/syncline-test")
PACKAGES = ("systemd", "systemd-sysv", "python3")
SUITES = {(3, 11): "bookworm", (3, 13): "trixie"}
"""Which Debian has the Python that the libraries of the tests' environment were built for."""
_PROGRAMS = ("debootstrap", "systemd-nspawn", "nsenter")
_LAUNCHER = """\
#!/usr/bin/python3 -I
import site, sys
sys.path.insert(0, "/opt/syncline/src")
site.addsitedir("/opt/syncline/site-packages")
from sync.cli.main import main
main()
"""


def lacking() -> str:
    """What is missing for such a machine, or empty."""
    if os.geteuid() != 0:
        return "root, to boot a container"
    if missing := [name for name in _PROGRAMS if shutil.which(name) is None]:
        return f"{', '.join(missing)} (Debian: apt-get install debootstrap systemd-container)"
    if sys.version_info[:2] not in SUITES:
        return f"a Debian release with Python {sys.version_info[0]}.{sys.version_info[1]}"
    return ""


def tree() -> Path:
    """The installed Debian that machines are booted from; made once, and never written to again."""
    suite = SUITES[sys.version_info[0], sys.version_info[1]]
    made = TREES / f"{suite}-{hashlib.sha256(' '.join(PACKAGES).encode()).hexdigest()[:8]}"
    TREES.mkdir(parents=True, exist_ok=True)
    with (TREES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.is_dir():
            half = made.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", suite, str(half)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(f"debootstrap failed: {done.stdout[-1000:]} {done.stderr[-1000:]}")
            half.rename(made)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A booted container.

    Attributes:
        leader: Its first process, by the number that we see.
        folder: What lies in its ``/etc/syncline``.
    """

    leader: int
    folder: Path

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in it, and return what it printed."""
        done = subprocess.run(
            ["nsenter", "-a", "-t", str(self.leader), *command], capture_output=True, text=True, timeout=90, check=False
        )
        if check and done.returncode:
            raise AssertionError(
                f"{command}: {done.returncode}: {done.stdout[-2000:]} {done.stderr[-2000:]}\n{self.log()}"
            )
        return done.stdout

    def show(self, name: str) -> str:
        """A property of the service."""
        return self.run("systemctl", "show", "-P", name, "syncline").strip()

    def log(self) -> str:
        """What the service logged."""
        done = subprocess.run(
            ["nsenter", "-a", "-t", str(self.leader), "journalctl", "-o", "cat", "--no-pager", "-u", "syncline"],
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        return done.stdout

    def wait(self, what: str, seconds: float = 60.0) -> None:
        """Wait until the log holds ``what``."""
        end = time.monotonic() + seconds
        while what not in (text := self.log()):
            if time.monotonic() > end:
                raise AssertionError(f"{what!r} was never logged:\n{text[-3000:]}")
            time.sleep(0.3)


@contextmanager
def booted(work: Path, files: dict[str, str], secrets: dict[str, str], drop_in: str) -> Iterator[Machine]:
    """Boot a machine with the shipped unit.

    Args:
        work: An empty folder.
        files: What lies in ``/etc/syncline``, by name.
        secrets: What lies in ``/etc/syncline/credentials``, by name.
        drop_in: The unit's drop-in.
    """
    folder = work / "etc"
    (folder / "credentials").mkdir(parents=True, mode=0o700)
    folder.chmod(0o755)
    for name, text in files.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    for name, text in secrets.items():
        (folder / "credentials" / name).write_text(text)
        (folder / "credentials" / name).chmod(0o600)
    (work / "drop-in.conf").write_text(drop_in)
    (work / "hosts").write_text("127.0.0.1 localhost\n")
    launcher = work / "syncline"
    launcher.write_text(_LAUNCHER)
    launcher.chmod(0o755)
    site = next(Path(p) for p in sys.path if p.endswith("site-packages") and (Path(p) / "sqlalchemy").is_dir())
    binds = {
        ROOT / "deploy/systemd/syncline.service": "/etc/systemd/system/syncline.service",
        work / "drop-in.conf": "/etc/systemd/system/syncline.service.d/local.conf",
        work / "hosts": "/etc/hosts",
        launcher: "/opt/syncline/bin/syncline",
        site: "/opt/syncline/site-packages",
        folder: "/etc/syncline",
        **{ROOT / package: f"/opt/syncline/src/{package}" for package in ("connectors", "mapping", "sync")},
    }
    command = ["systemd-nspawn", "-q", "-b", "-D", str(tree()), "--volatile=overlay", "--register=no", "--keep-unit"]
    command += ["--console=pipe", "--resolv-conf=off", "-M", f"syncline-{os.getpid()}"]
    command += [f"--bind-ro={source}:{target}" for source, target in binds.items()]
    with (work / "console").open("wb") as console:
        nspawn = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=console, stderr=subprocess.STDOUT)
        try:
            machine = Machine(leader=_leader(nspawn, work), folder=folder)
            _wait_booted(machine)
            yield machine
            machine.run("systemctl", "poweroff", check=False)
            nspawn.wait(30)
        finally:
            nspawn.kill()
            nspawn.wait()


def _leader(nspawn: subprocess.Popen[bytes], work: Path) -> int:
    """The container's first process."""
    end = time.monotonic() + 30
    while time.monotonic() < end and nspawn.poll() is None:
        for child in Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text().split():
            if Path(f"/proc/{child}/comm").read_text().strip() in ("systemd", "init"):
                return int(child)
        time.sleep(0.1)
    raise RuntimeError(f"the container did not start: {(work / 'console').read_text(errors='replace')[-2000:]}")


def _wait_booted(machine: Machine) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        state = machine.run("systemctl", "is-system-running", check=False).strip()
        if state in ("running", "degraded"):
            return
        time.sleep(0.3)
    raise RuntimeError(f"the container did not boot: {state}")

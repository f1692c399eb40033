"""Starts the whole sandbox: a seeded portfolio, one process a stand-in, and a configuration that fits them."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sandbox.children import Child, ChildFailedError, start
from sandbox.portfolio.configuration import CONFIG_FILE, CREDENTIAL_FILES, STORE_FILE, configuration
from sandbox.portfolio.generate import generate
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import (
    CLOUD,
    DATA_CENTER,
    GITHUB,
    LAUNCHPAD,
    SALESFORCE,
    TOOLS,
    Portfolio,
)
from sandbox.portfolio.render_github import render_github
from sandbox.portfolio.render_jira import render_jira
from sandbox.portfolio.render_launchpad import TOKEN_KEY, render_launchpad
from sandbox.portfolio.render_salesforce import render_salesforce
from sandbox.portfolio.truth_file import truth_document

CA_FILE = "ca.pem"
TRUTH_FILE = "truth.json"
ADMIN_FILE = "admin.json"
PORT_TRIES = 3
"""How often free ports are looked for: another process may take one between the look and the start."""
WATCH_SECONDS = 0.5
"""How often a served sandbox looks whether its stand-ins still run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        directory: where its files lie.
        config: the configuration file, ready to use.
        truth: what was planted (`truth.json`, see docs/sandbox/portfolio.md).
        urls: where each stand-in is reached, by connection name.
        admin: where each is steered (`/_sandbox`), by connection name.
        ca_file: the authority that Salesforce's address is to be trusted by.
        children: its processes, by connection name.
    """

    directory: Path
    config: Path
    truth: Path
    urls: Mapping[str, str]
    admin: Mapping[str, str]
    ca_file: Path
    children: Mapping[str, Child]

    def stopped(self) -> list[str]:
        """Return the names of stand-ins that no longer run."""
        return [name for name, child in self.children.items() if child.exit_code() is not None]


def installed() -> tuple[str, ...]:
    """Return the services that can run here: each whose stand-in, and what it stands on, is installed."""
    needed = {
        GITHUB: ("sandbox.github.__main__",),
        LAUNCHPAD: ("sandbox.launchpad.__main__", "lazr.restful"),
    }
    return tuple(name for name in TOOLS if all(_importable(module) for module in needed.get(name, ())))


def _importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing
        return False


@contextlib.contextmanager
def running(
    *,
    seed: int,
    directory: Path,
    scale: int = 1,
    today: date | None = None,
    log: bool = False,
    throttle: bool = True,
    services: Sequence[str] | None = None,
) -> Iterator[Sandbox]:
    """Write a sandbox into a directory and serve it while the block lasts.

    The same seed, scale and today give the same records; only the ports in their addresses differ. A store that an
    earlier sandbox left in the directory is put aside into `earlier/`, since the tools it knew are gone.

    Args:
        seed: which portfolio.
        directory: made when missing.
        scale: about how many times fourteen engagements.
        today: the date on which the truth holds; the present date (UTC) unless given.
        log: whether every exchange is appended to `logs/NAME.jsonl`.
        throttle: whether the Data Center site answers its first search with 429.
        services: the connections that run; None: all that are `installed`. The truth knows no other.

    Raises:
        ValueError: scale is less than 1, or a service is unknown or must not be missing.
        ChildFailedError: a stand-in did not start.
    """
    truth = generate(seed=seed, scale=scale, today=today or datetime.now(tz=UTC).date(), tools=services or installed())
    directory = directory.resolve()
    (directory / "logs").mkdir(parents=True, exist_ok=True)
    _put_aside(directory)
    with contextlib.ExitStack() as stack:
        for attempt in range(PORT_TRIES):
            ports = dict(zip(truth.tools, _free_ports(len(truth.tools)), strict=True))
            hosts = _hosts(ports)
            _write(truth, hosts, directory, throttle=throttle)
            try:
                children = start(_commands(directory, ports, log=log), directory / "logs")
            except ChildFailedError as error:
                if attempt + 1 == PORT_TRIES or "in use" not in str(error):
                    raise
                continue
            break
        for child in children.values():
            stack.callback(child.stop)
        yield _sandbox(directory, children)


def main(
    *,
    seed: int,
    scale: int = 1,
    dir: str | Path,  # noqa: A002 - named like the option that it comes from
    today: date | None = None,
    log: bool = False,
    throttle: bool = True,
    services: Sequence[str] | None = None,
) -> int:
    """Serve a sandbox until SIGTERM or SIGINT, after one line that begins with `ready` on standard output.

    To be called from the main thread.

    Returns:
        0 when it was told to stop, 1 when a stand-in did not start or stopped by itself (said on standard error).
    """
    over = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda _number, _frame: over.set())
    try:
        with running(
            seed=seed,
            scale=scale,
            directory=Path(dir),
            today=today,
            log=log,
            throttle=throttle,
            services=services,
        ) as sandbox:
            addresses = " ".join(f"{name}={url}" for name, url in sandbox.urls.items())
            sys.stdout.write(f"ready {sandbox.config} {addresses}\n")
            sys.stdout.flush()
            while not over.wait(WATCH_SECONDS):
                if gone := sandbox.stopped():
                    sys.stderr.write(f"stopped by itself: {', '.join(gone)}; see {sandbox.directory / 'logs'}\n")
                    return 1
    except ChildFailedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


# ── files ──


def _write(truth: Portfolio, hosts: Hosts, directory: Path, *, throttle: bool) -> None:
    secrets = {name: _secret(name, truth.seed) for name in truth.tools}
    documents: dict[str, dict[str, Any]] = {
        name: render_jira(truth, name, hosts=hosts, token=secrets[name]) for name in (CLOUD, DATA_CENTER)
    }
    if not throttle:
        documents[DATA_CENTER].pop("faults", None)
    documents[SALESFORCE] = render_salesforce(truth, hosts=hosts, client_secret=secrets[SALESFORCE])
    if GITHUB in truth.tools:
        documents[GITHUB] = render_github(truth, hosts=hosts, token=secrets[GITHUB])
    if LAUNCHPAD in truth.tools:
        documents[LAUNCHPAD] = render_launchpad(truth, hosts=hosts, secret=secrets[LAUNCHPAD])
        secrets[LAUNCHPAD] = f"{TOKEN_KEY}:{secrets[LAUNCHPAD]}"
    for name, document in documents.items():
        _private(directory / _state_file(name), json.dumps(document, ensure_ascii=False))
        _private(directory / CREDENTIAL_FILES[name], secrets[name] + "\n")
    config = configuration(truth, hosts=hosts, ca_file=CA_FILE)
    (directory / CONFIG_FILE).write_text(config, encoding="utf-8")
    told = json.dumps(truth_document(truth), ensure_ascii=False, indent=1)
    (directory / TRUTH_FILE).write_text(told + "\n", encoding="utf-8")
    urls = _urls(hosts)
    admin = {name: f"{urls[name]}/_sandbox" for name in truth.tools}
    (directory / ADMIN_FILE).write_text(json.dumps(admin, indent=1) + "\n", encoding="utf-8")


def _secret(name: str, seed: int) -> str:
    """Return a secret of the sandbox: worthless, the same for the same seed, and easy to search for in a leak."""
    return f"sandbox-secret-{sha256(f'{name} {seed}'.encode()).hexdigest()[:32]}"


def _private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _put_aside(directory: Path) -> None:
    left = sorted(directory.glob(f"{STORE_FILE}*"))
    if not left:
        return
    earlier = directory / "earlier"
    place = next(path for n in range(1, 100_000) if not (path := earlier / str(n)).exists())
    place.mkdir(parents=True)
    for path in left:
        shutil.move(path, place / path.name)


def _state_file(name: str) -> str:
    return f"state-{name}.json"


# ── processes ──


def _free_ports(count: int) -> list[int]:
    """Return ports of 127.0.0.1 that nobody holds just now; all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _hosts(ports: Mapping[str, int]) -> Hosts:
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    usual = Hosts()
    return Hosts(
        jira=urls[CLOUD],
        jira_dc=urls[DATA_CENTER],
        salesforce=f"https://localhost:{ports[SALESFORCE]}",
        github=urls.get(GITHUB, usual.github),
        launchpad=urls.get(LAUNCHPAD, usual.launchpad),
    )


def _urls(hosts: Hosts) -> dict[str, str]:
    return {
        CLOUD: hosts.jira,
        DATA_CENTER: hosts.jira_dc,
        SALESFORCE: hosts.salesforce,
        GITHUB: hosts.github,
        LAUNCHPAD: hosts.launchpad,
    }


def _commands(directory: Path, ports: Mapping[str, int], *, log: bool) -> dict[str, list[str]]:
    extra = {
        CLOUD: ["sandbox.jira", "--deployment", "cloud"],
        DATA_CENTER: ["sandbox.jira", "--deployment", "data-center"],
        SALESFORCE: ["sandbox.salesforce", "--ca-file", str(directory / CA_FILE)],
        GITHUB: ["sandbox.github"],
        LAUNCHPAD: ["sandbox.launchpad"],
    }
    commands = {}
    for name, port in ports.items():
        command = [*extra[name], "--port", str(port), "--state", str(directory / _state_file(name))]
        commands[name] = [*command, "--log", str(directory / "logs" / f"{name}.jsonl")] if log else command
    return commands


def _sandbox(directory: Path, children: Mapping[str, Child]) -> Sandbox:
    urls = {name: child.url for name, child in children.items()}
    return Sandbox(
        directory=directory,
        config=directory / CONFIG_FILE,
        truth=directory / TRUTH_FILE,
        urls=urls,
        admin={name: f"{url}/_sandbox" for name, url in urls.items()},
        ca_file=directory / CA_FILE,
        children=children,
    )

"""What the command lines of the stand-ins share: their common options, and serving until told to stop."""

import argparse
import contextlib
import signal
import sys
import threading
from pathlib import Path

from sandbox.core.server import running
from sandbox.core.service import Service
from sandbox.core.tls import ServerTls


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add `--port`, `--state` and `--log`."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, help="JSON file with the state to start from")
    parser.add_argument("--log", type=Path, help="append every exchange to this file, as JSON lines")


def serve_until_stopped(service: Service, *, port: int, tls: ServerTls | None = None) -> None:
    """Serve, print `ready NAME URL`, and return on SIGTERM or SIGINT. To be called from the main thread.

    Raises:
        SystemExit: 2, when the port is taken; stderr says so.
    """
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    with contextlib.ExitStack() as served:
        try:
            url = served.enter_context(running(service, port=port, tls=tls))
        except OSError as error:
            sys.stderr.write(f"{service.name}: cannot listen on port {port}: {error.strerror}; try --port 0\n")
            raise SystemExit(2) from error
        sys.stdout.write(f"ready {service.name} {url}\n")
        sys.stdout.flush()
        stopped.wait()

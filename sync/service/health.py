"""Answers ``GET /health`` on this machine: 200 when the service is well, else 503, with its state as JSON."""

from __future__ import annotations

import json
import logging
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 5.0  # for a client that connects and says nothing
_UNIX = "unix:"

Ask = Callable[[], Mapping[str, Any]]


@contextmanager
def answering(address: str | None, ask: Ask) -> Iterator[None]:
    """Answer while inside, from a thread of its own; ``address``: ``HOST:PORT``, ``unix:PATH``, or None: nowhere.

    ``ask`` gives the state; its ``ok`` decides between 200 and 503. An address that cannot be had is logged, and the
    service goes on without it.
    """
    try:
        server = None if address is None else _serve(address, ask)
    except OSError as error:
        _LOG.error("health cannot be told on %s: %s", address, error)
        server = None
    if server is None:
        yield
        return
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_S
    server_version = "syncline"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path != "/health":
            self.send_error(404)
            return
        server = self.server
        if not isinstance(server, _Server):
            raise TypeError("made for _Server alone")
        state = server.ask()
        body = json.dumps(state, indent=2).encode() + b"\n"
        self.send_response(200 if state["ok"] else 503)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def address_string(self) -> str:
        """No look-up, and a Unix socket has no address."""
        return "local"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's signature
        """Nothing: a probe every few seconds would fill the journal."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, ask: Ask) -> None:
        self.ask = ask
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the library's signature
        """A client that went away is nothing; anything else is told."""
        _LOG.debug("a health answer failed", exc_info=True)


class _UnixServer(_Server):
    def __init__(self, path: str, ask: Ask) -> None:
        self.ask = ask
        self.address_family = socket.AF_UNIX
        ThreadingHTTPServer.__init__(self, path, _Handler)  # type: ignore[arg-type]  # a path is a Unix socket's address

    def server_bind(self) -> None:
        """Bind in place of a socket that a killed service left."""
        path = Path(str(self.server_address))
        with suppress(OSError):
            if stat.S_ISSOCK(path.lstat().st_mode):
                path.unlink()
        self.socket.bind(str(path))
        os.chmod(path, 0o660)  # noqa: PTH101 - for the owner and its group
        self.server_name, self.server_port = "syncline", 0

    def server_close(self) -> None:
        """Close, and leave no file behind."""
        super().server_close()
        Path(str(self.server_address)).unlink(missing_ok=True)


def _serve(address: str, ask: Ask) -> _Server:
    if address.startswith(_UNIX):
        return _UnixServer(address.removeprefix(_UNIX), ask)
    host, _, port = address.rpartition(":")
    return _Server(host.strip("[]"), int(port), ask)

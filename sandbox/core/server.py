"""A stand-in on a loopback socket: HTTP/1.1 with keep-alive, a thread a connection, optionally TLS.

The sockets are the standard library's: werkzeug's own server closes every connection after one answer.
"""

import contextlib
import io
import select
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from sandbox.core.http import Call
from sandbox.core.service import Delivery, Service
from sandbox.core.tls import ServerTls

HOST = "127.0.0.1"
DRIP_PIECES = 20
"""Into how many pieces a dripped body is cut."""

IDLE_SECONDS = 300
"""After how long an idle keep-alive connection is closed."""


class _Handler(BaseHTTPRequestHandler):
    """Reads one request, has the service answer it, and sends what the service decided."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    server: "_Server"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature of the base class
        """Say nothing: the request log has it all."""

    def _serve(self) -> None:
        try:
            body = self._read_body()
        except ValueError:
            self.send_error(400, "Bad Content-Length or chunk")
            self.close_connection = True
            return
        call = Call(self._environ(body))
        self._send(self.server.service.exchange(call, self._gone))

    def _read_body(self) -> bytes:
        if "chunked" not in (self.headers.get("Transfer-Encoding") or "").lower():
            if (length := int(self.headers.get("Content-Length") or 0)) < 0:
                raise ValueError("a negative Content-Length")
            return self.rfile.read(length)
        pieces = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return b"".join(pieces)

    def _environ(self, body: bytes) -> dict[str, Any]:
        raw_path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(raw_path).encode().decode("latin-1"),
            "RAW_PATH": raw_path,
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": HOST,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "wsgi.url_scheme": "https" if self.server.tls else "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
        }
        for key, value in self.headers.items():
            environ.setdefault("HTTP_" + key.upper().replace("-", "_"), value)
        return environ

    def _gone(self) -> bool:
        """Say whether the client has closed its side of the connection."""
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLRDHUP)
        return bool(poll.poll(0))

    def _send(self, delivery: Delivery) -> None:
        response = delivery.response
        if response is None:
            self._cut()
            return
        body = response.get_data()
        known = response.status_code in self.responses  # whose phrase is sent, not the upper case that werkzeug has
        self.send_response_only(response.status_code, None if known else response.status.partition(" ")[2])
        for key, value in response.headers.items():
            if key.lower() not in ("content-length", "connection"):
                self.send_header(key, value)
        if response.status_code not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD" or response.status_code in (204, 304):
            return
        if delivery.cut_bytes is not None:
            self.wfile.write(body[: delivery.cut_bytes])
            self._cut()
        elif delivery.drip_seconds:
            step = max(1, -(-len(body) // DRIP_PIECES))
            for start in range(0, len(body), step):
                time.sleep(delivery.drip_seconds / DRIP_PIECES)
                self.wfile.write(body[start : start + step])
        else:
            self.wfile.write(body)

    def _cut(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, service: Service, *, port: int, tls: ServerTls | None) -> None:
        self.service = service
        self.tls = tls
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """Where the stand-in is reached, without a trailing slash."""
        port = self.server_address[1]
        return f"https://{self.tls.hostname}:{port}" if self.tls else f"http://{HOST}:{port}"

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Shake hands in the connection's own thread, so that a silent client blocks nobody else."""
        if self.tls:
            try:
                request.settimeout(IDLE_SECONDS)
                request = self.tls.context.wrap_socket(request, server_side=True)
            except OSError:
                self.shutdown_request(request)
                return
        with self._open_lock:
            self._open.add(request)
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._open_lock:
                self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a client that went away go; anything else is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def close(self) -> None:
        """Stop accepting, close every connection."""
        self.service.faults.close()
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def running(service: Service, *, port: int = 0, tls: ServerTls | None = None) -> Iterator[str]:
    """Serve on 127.0.0.1 in a thread of its own while the block lasts; gives the address.

    Args:
        service: what answers.
        port: 0 takes a free one.
        tls: serve https with this certificate.
    """
    server = _Server(service, port=port, tls=tls)
    service.faults.open()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, name=f"sandbox-{service.name}", daemon=True
    )
    thread.start()
    try:
        yield server.url
    finally:
        server.close()
        thread.join()

"""The transport on real sockets: slow, broken, oversized, vanished."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from connectors.core.errors import AmbiguousError, RetriableError
from connectors.core.transport import Transport

pytestmark = pytest.mark.loopback

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


class RealClock:
    """Real time; waits between attempts are cut short."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))


class Server:
    """Answers each request on each connection by ``answer(connection, number of the request)``; True: keep it open."""

    def __init__(self, answer: Callable[[socket.socket, int], bool]) -> None:
        self.seen: list[bytes] = []
        self._answer = answer
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}/x"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._connections.append(connection)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            while head := self._head(connection):
                self.seen.append(head)
                if not self._answer(connection, len(self.seen)):
                    break
        except OSError:
            pass  # the client went away, as some tests want
        finally:
            connection.close()

    @staticmethod
    def _head(connection: socket.socket) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = connection.recv(1)
            if not byte:
                return b""
            head += byte
        return head

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._connections:
            connection.close()
        self._thread.join(timeout=5)


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket, int], bool]], Server]]:
    servers: list[Server] = []

    def start(answer: Callable[[socket.socket, int], bool]) -> Server:
        servers.append(Server(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def made() -> Iterator[Callable[..., Transport]]:
    transports: list[Transport] = []

    def make(**options: object) -> Transport:
        options = {"timeout_s": 0.5, "max_wait_s": 3, **options}
        transports.append(Transport(connection="tool", clock=RealClock(), **options))
        return transports[-1]

    yield make
    for transport in transports:
        transport.close()


def whole(connection: socket.socket, body: bytes, extra: bytes = b"") -> bool:
    connection.sendall(OK + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    return True


def test_an_answer_comes_whole_over_a_kept_connection(serve, made):
    server = serve(lambda c, n: whole(c, b'{"n": %d}' % n))
    session = made().session()
    assert [session.get(server.url).json()["n"] for _ in range(3)] == [1, 2, 3]


def test_a_chunked_and_a_compressed_answer_come_whole(serve, made):
    packed = gzip.compress(b'{"packed": true}')

    def answer(connection: socket.socket, number: int) -> bool:
        if number == 1:
            connection.sendall(OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2\r\n1}\r\n0\r\n\r\n')
            return True
        return whole(connection, packed, b"Content-Encoding: gzip\r\n")

    server = serve(answer)
    session = made().session()
    assert session.get(server.url).json() == {"a": 1}
    assert session.get(server.url).json() == {"packed": True}


def test_a_silent_server_is_given_up_in_time(serve, made):
    server = serve(lambda _connection, _number: time.sleep(3) or False)
    started = time.monotonic()
    with pytest.raises(AmbiguousError, match="no whole answer within"):
        made().session().post(server.url, data=b"")
    assert time.monotonic() - started < 2
    assert len(server.seen) == 1


def test_an_answer_that_drips_is_given_up_in_time(serve, made):
    def drip(connection: socket.socket, number: int) -> bool:
        connection.sendall(OK + b"Content-Length: 1000\r\n\r\n")
        for _ in range(200):
            connection.sendall(b" ")
            time.sleep(0.1)
        return False

    server = serve(drip)
    started = time.monotonic()
    with pytest.raises(AmbiguousError, match="no whole answer within"):
        made().session().post(server.url, data=b"")
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("head", [b"Content-Length: 100\r\n\r\n{", b"Transfer-Encoding: chunked\r\n\r\n20\r\n{"])
def test_a_truncated_answer_is_read_again_and_a_truncated_write_is_ambiguous(serve, made, head):
    def cut(connection: socket.socket, number: int) -> bool:
        if number == 2:
            return whole(connection, b"{}")
        connection.sendall(OK + head)
        return False

    server = serve(cut)
    session = made().session()
    assert session.get(server.url).json() == {}
    server.seen.clear()
    with pytest.raises(AmbiguousError, match="broke before the whole answer"):
        session.post(server.url, data=b"")
    assert len(server.seen) == 1


def test_a_connection_closed_without_an_answer_makes_a_write_ambiguous(serve, made):
    server = serve(lambda _connection, _number: False)
    with pytest.raises(AmbiguousError):
        made().session().post(server.url, data=b"")
    assert len(server.seen) == 1


def test_a_refused_connection_leaves_a_write_undone(made):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(RetriableError, match="cannot connect"):
        made().session().post(f"http://127.0.0.1:{port}/x")


def test_an_idle_connection_that_the_server_closed_costs_no_write(serve, made):
    server = serve(lambda c, n: whole(c, b"{}") and n != 1)
    session = made().session()
    session.get(server.url)
    time.sleep(0.1)
    assert session.post(server.url, data=b"").status_code == 200
    assert len(server.seen) == 2


def test_a_small_answer_that_unpacks_beyond_the_limit_is_refused(serve, made):
    bomb = gzip.compress(b" " * 5_000_000)
    server = serve(lambda c, _number: whole(c, bomb, b"Content-Encoding: gzip\r\n"))
    with pytest.raises(RetriableError, match="too large"):
        made(max_answer_bytes=100_000).session().get(server.url)
    assert len(server.seen) == 1

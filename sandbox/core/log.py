"""Every exchange of a stand-in, kept in the form that the outside validators read."""

import json
import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from sandbox.core.http import dumps

MAX_ENTRIES = 100_000
"""Exchanges kept in memory; the oldest go first."""

MAX_BODY_BYTES = 256 * 1024 * 1024
"""Bodies kept in memory, all told; the oldest exchanges go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and what its client got.

    Attributes:
        status: the status sent; 0 when the connection was closed without one.
        effect: whether the request reached its handler.
        t: seconds since the epoch on the stand-in's clock, when the request came.
        fault: id of the fault that disturbed it.
        failure: traceback, when the stand-in itself failed.
    """

    method: str
    path: str
    query: str
    request_body: bytes
    status: int
    response_body: bytes
    route: str
    t: float
    fault: str | None = None
    effect: bool = True
    failure: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Give the exchange as one JSON object: bodies parsed when they are JSON, else text, null when empty."""
        query = {
            key: values[0] if len(values) == 1 else values
            for key, values in parse_qs(self.query, keep_blank_values=True).items()
        }
        entry: dict[str, Any] = {
            "method": self.method,
            "path": self.path,
            "query": query,
            "request_body": _body(self.request_body),
            "status": self.status,
            "response_body": _body(self.response_body),
            "route": self.route,
            "t": round(self.t, 6),
            "fault": self.fault,
            "effect": self.effect,
        }
        if self.failure:
            entry["failure"] = self.failure
        return entry

    @property
    def size(self) -> int:
        """Bytes of both bodies."""
        return len(self.request_body) + len(self.response_body)


class RequestLog:
    """A bounded list of exchanges, optionally appended to a JSON-lines file; safe from any thread.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, *, file: Path | None = None, max_entries: int = MAX_ENTRIES) -> None:
        self._entries: deque[Exchange] = deque()
        self._max_entries = max_entries
        self._size = 0
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._file = file
        if file is not None:
            file.open("ab").close()  # a place that cannot be written is told at once, not at the first request

    def append(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        with self._lock:
            self._entries.append(exchange)
            self._size += exchange.size
            self._counts[f"{exchange.method} {exchange.route or '(no route)'}"] += 1
            while len(self._entries) > self._max_entries or (self._size > MAX_BODY_BYTES and len(self._entries) > 1):
                self._size -= self._entries.popleft().size
            if self._file is not None:
                with self._file.open("ab") as sink:
                    sink.write(dumps(exchange.as_json()) + b"\n")

    def clear(self) -> None:
        """Forget all exchanges and counts; the file stays."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()
            self._size = 0

    def exchanges(self) -> list[Exchange]:
        """Copy the kept exchanges, oldest first."""
        with self._lock:
            return list(self._entries)

    @staticmethod
    def render(exchanges: Iterable[Exchange]) -> bytes:
        """Give exchanges as JSON lines."""
        return b"".join(dumps(exchange.as_json()) + b"\n" for exchange in exchanges)

    def counts(self) -> dict[str, int]:
        """Count requests since the last clear, by method and route template."""
        with self._lock:
            return dict(sorted(self._counts.items()))


def _body(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return raw.decode("utf-8", "replace")

"""The one place an HTTP request leaves: timeout, retry, budget, count, size limit and redaction, for all libraries."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_exponential_jitter
from urllib3.exceptions import HTTPError

from connectors.core.answers import Trouble, judge_answer, judge_failure, read_body, route_of
from connectors.core.clock import Clock
from connectors.core.errors import AmbiguousError, ConnectorError, FatalError, RetriableError

SAFE_HEADER = "X-Syncline-Safe"
"""A POST marked with this header (value ``1``) only reads, and may be repeated. It is stripped before sending."""

_CONNECT_TIMEOUT_S = (
    10.0  # a host that does not accept a connection in this time is down, however slow its answers may be
)
_FIRST_BACKOFF_S = 1.0
_MAX_BACKOFF_S = 30.0
_MOST_ATTEMPTS = 8  # a bound beside max_wait_s, for tools that ask for no wait at all ("Retry-After: 0")
_MIN_SECRET_LENGTH = 4  # shorter values would blank ordinary words


class Budget(Protocol):
    """How many requests a connection may still make; may span processes."""

    def take(self, connection: str) -> None:
        """Take one request. May sleep.

        Raises:
            InterruptedRunError: The budget is spent.
        """
        ...


class Transport:
    """Sends the requests of one connection, whichever client library makes them.

    Safe requests (GET, HEAD, and POST marked with ``SAFE_HEADER``) are repeated on connection errors, timeouts,
    truncated answers, 429, 502, 503 and 504, honouring ``Retry-After``, until ``max_wait_s`` seconds are over. All
    other requests are sent exactly once. What is raised out of a session's call:

    - ``RetriableError``: down or limited; a write had no effect.
    - ``AmbiguousError``: a write was sent and its effect is not known.
    - ``FatalError``: certificate not trusted, or a redirect to another host.
    - ``InterruptedRunError``: the budget is spent.

    All other answers reach the client library untouched.

    Attributes:
        counts: Requests that left, retries included, by (method, route). A route is a path without query, with ids
            shown as ``{}``.
    """

    def __init__(
        self,
        *,
        connection: str,
        clock: Clock,
        timeout_s: float,
        secrets: Sequence[str] = (),
        ca_file: str | None = None,
        budget: Budget | None = None,
        max_answer_bytes: int = 50_000_000,
        max_wait_s: float = 120.0,
    ) -> None:
        self.connection = connection
        self.counts: Counter[tuple[str, str]] = Counter()
        self.clock = clock
        self.timeout_s = timeout_s
        self.max_answer_bytes = max_answer_bytes
        self.max_wait_s = max_wait_s
        self._ca_file = ca_file
        self._budget = budget
        self._secrets: set[str] = set()
        self._adapters: list[_Adapter] = []
        self._lock = threading.Lock()
        for secret in secrets:
            self.add_secret(secret)

    @property
    def requests_made(self) -> int:
        """Requests that left so far, retries included."""
        with self._lock:
            return self.counts.total()

    def session(self) -> requests.Session:
        """A new session on this transport. Not shared between threads."""
        return self.mount(requests.Session())

    def mount(self, session: requests.Session) -> requests.Session:
        """Put a session that a client library made onto this transport, and return it.

        Proxies and credentials of the environment (netrc) are ignored. Not shared between threads.
        """
        adapter = _Adapter(self, self._tls())
        session.trust_env = False
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        with self._lock:
            self._adapters.append(adapter)
        return session

    def add_secret(self, secret: str) -> None:
        """From now on show ``secret`` as ``***`` in every error (for tokens that a tool gives at run time)."""
        if len(secret) >= _MIN_SECRET_LENGTH:
            with self._lock:
                self._secrets.add(secret)

    def redact(self, text: str) -> str:
        """``text`` with every known secret shown as ``***``."""
        with self._lock:
            known = sorted(self._secrets, key=len, reverse=True)
        for secret in known:
            text = text.replace(secret, "***")
        return text

    def close(self) -> None:
        """Close all connections. A session may be used again; it reconnects."""
        with self._lock:
            adapters = list(self._adapters)
        for adapter in adapters:
            adapter.close()

    def leave(self, method: str, route: str) -> None:
        """Take one request from the budget and count it; called by the adapter just before each sending."""
        if self._budget is not None:
            self._budget.take(self.connection)
        with self._lock:
            self.counts[method, route] += 1

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(cafile=self._ca_file)
            except (OSError, ssl.SSLError) as exc:
                raise FatalError(
                    f"{self.connection}: ca_file {self._ca_file} cannot be read as PEM certificates; give the path of"
                    " the authority's certificate file",
                    connection=self.connection,
                ) from exc
        return context


class _TransientError(Exception):
    """One attempt failed in a way that another may mend."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble


class _Adapter(HTTPAdapter):
    """Carries the rules of a ``Transport`` into ``requests``."""

    def __init__(self, transport: Transport, tls: ssl.SSLContext) -> None:
        self._transport = transport
        self._tls = tls
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:  # noqa: FBT001, FBT002 - signature of requests
        """Make the connection pool with our certificates beside the usual ones."""
        super().init_poolmanager(connections, maxsize, block=block, ssl_context=self._tls, **kwargs)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002, FBT001, FBT002 - signature of requests; bodies are always read here
        timeout: object = None,  # noqa: ARG002 - signature of requests; the transport's own is forced
        verify: bool | str = True,  # noqa: ARG002, FBT001, FBT002 - signature of requests; certificates are always verified
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request by the transport's rules (see ``Transport``)."""
        transport = self._transport
        method = request.method or "GET"
        safe = method in ("GET", "HEAD") or request.headers.pop(SAFE_HEADER, "") == "1"
        started = transport.clock.monotonic()

        def given_up(state: RetryCallState) -> bool:
            elapsed = transport.clock.monotonic() - started
            return state.attempt_number >= _MOST_ATTEMPTS or elapsed + state.upcoming_sleep > transport.max_wait_s

        retrying = Retrying(
            sleep=transport.clock.sleep,
            retry=retry_if_exception_type(_TransientError),
            wait=_wait,
            stop=given_up,
            reraise=True,
        )
        try:
            return retrying(self._once, request, safe=safe, cert=cert, proxies=proxies)
        except _TransientError as exc:
            raise self._error(exc.trouble, request, RetriableError) from exc.__cause__

    def _once(
        self, request: requests.PreparedRequest, *, safe: bool, cert: Any, proxies: Mapping[str, str] | None
    ) -> requests.Response:
        transport = self._transport
        transport.leave(request.method or "GET", route_of(request.url or ""))
        cause: Exception | None = None
        try:
            timeout = (min(_CONNECT_TIMEOUT_S, transport.timeout_s), transport.timeout_s)
            response = super().send(request, stream=True, timeout=timeout, verify=True, cert=cert, proxies=proxies)
            read_body(
                response, limit=transport.max_answer_bytes, timeout_s=transport.timeout_s, now=transport.clock.monotonic
            )
        except (requests.RequestException, HTTPError, OSError) as exc:
            trouble = judge_failure(exc, timeout_s=transport.timeout_s)
            cause = exc
        else:
            found = judge_answer(request, response, safe=safe, now=transport.clock.now())
            if found is None:
                return response
            trouble = found
        if trouble.fatal:
            raise self._error(trouble, request, FatalError) from cause
        if safe and trouble.transient:
            raise _TransientError(trouble) from cause
        if safe or trouble.no_effect:
            raise self._error(trouble, request, RetriableError) from cause
        raise self._error(trouble, request, AmbiguousError) from cause

    def _error(self, trouble: Trouble, request: requests.PreparedRequest, kind: type[ConnectorError]) -> ConnectorError:
        transport = self._transport
        place = transport.redact(f"{request.method} {route_of(request.url or '', keep_ids=True)}")
        message = transport.redact(f"{transport.connection}: {place}: {trouble.message}")
        if kind is RetriableError:
            return RetriableError(
                message,
                retry_after_s=trouble.retry_after_s,
                connection=transport.connection,
                place=place,
                status=trouble.status,
            )
        return kind(message, connection=transport.connection, place=place, status=trouble.status)


_backoff = wait_exponential_jitter(initial=_FIRST_BACKOFF_S, max=_MAX_BACKOFF_S, jitter=_FIRST_BACKOFF_S)


def _wait(state: RetryCallState) -> float:
    outcome = state.outcome
    failure = outcome.exception() if outcome is not None else None
    if isinstance(failure, _TransientError) and failure.trouble.retry_after_s is not None:
        return failure.trouble.retry_after_s
    return _backoff(state)

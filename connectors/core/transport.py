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
from connectors.core.patience import SHARE, Patience

SAFE_HEADER = "X-Syncline-Safe"
"""A POST marked with this header (value ``1``) only reads, and may be repeated. It is stripped before sending."""

_CONNECT_TIMEOUT_S = (
    10.0  # a host that does not accept a connection in this time is down, however slow its answers may be
)
_FIRST_BACKOFF_S = 1.0
_MAX_BACKOFF_S = 30.0
_MOST_ATTEMPTS = 8  # a bound beside max_wait_s, for tools that ask for no wait at all ("Retry-After: 0")
_MOST_FAILED = 3  # attempts that the tool itself answers with 500: a hiccup passes by then, a defect does not
_FAILED = 500
_LEAST_TIMEOUT_S = 1.0
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
    truncated answers, 429, 500, 502, 503 and 504. A wait that the tool asks for (``Retry-After``) is kept, up to
    ``max_wait_s`` seconds a request. What is tried again without such a word comes out of the run's patience: a tool
    that fails costs a run ``patience_s`` seconds; one that gives no answer is then not asked any more until
    ``renew``. A 500 is tried three times, and reaches the client library if it stays. All other requests are sent
    exactly once. What is raised out of a session's call:

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
        patience_s: float = 30.0,
    ) -> None:
        self.connection = connection
        self.counts: Counter[tuple[str, str]] = Counter()
        self.clock = clock
        self.timeout_s = timeout_s
        self.max_answer_bytes = max_answer_bytes
        self.max_wait_s = max_wait_s
        self.patience = Patience(max(patience_s, timeout_s))  # the first attempt may always take its time
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

    def renew(self) -> None:
        """A new run begins: a tool that was given up is asked again."""
        self.patience.renew()

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

    def __init__(self, trouble: Trouble, answer: requests.Response | None = None) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble
        self.answer = answer  # what the client library is given if no attempt mends it


class _Trying:
    """How long one request is tried again."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._started = transport.clock.monotonic()
        self._patience_s = transport.patience.left_s * SHARE

    def is_given_up(self, state: RetryCallState) -> bool:
        """Whether the attempt that just failed was the last."""
        trouble = _trouble(state)
        elapsed = self._transport.clock.monotonic() - self._started + state.upcoming_sleep
        asked = trouble is not None and trouble.retry_after_s is not None
        most_s = self._transport.max_wait_s if asked else min(self._patience_s, self._transport.max_wait_s)
        failed = trouble is not None and trouble.status == _FAILED
        return elapsed > most_s or state.attempt_number >= (_MOST_FAILED if failed else _MOST_ATTEMPTS)

    def waits(self, state: RetryCallState) -> None:
        """A wait that the tool did not ask for comes out of the run's patience."""
        trouble = _trouble(state)
        if trouble is not None and trouble.retry_after_s is None:
            self._transport.patience.lost(state.upcoming_sleep, silent=trouble.status is None)


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
        if transport.patience.is_over:
            said = f"not asked: the tool gave no answer in {transport.patience.most_s:g} s of trying"
            raise self._error(Trouble(message=f"{said}; the next run tries again"), request, RetriableError)
        trying = _Trying(transport)
        retrying = Retrying(
            sleep=transport.clock.sleep,
            retry=retry_if_exception_type(_TransientError),
            wait=_wait,
            stop=trying.is_given_up,
            before_sleep=trying.waits,
            reraise=True,
        )
        try:
            return retrying(self._once, request, safe=safe, cert=cert, proxies=proxies)
        except _TransientError as exc:
            if exc.answer is not None:
                return exc.answer
            raise self._error(exc.trouble, request, RetriableError) from exc.__cause__

    def _once(
        self, request: requests.PreparedRequest, *, safe: bool, cert: Any, proxies: Mapping[str, str] | None
    ) -> requests.Response:
        transport = self._transport
        transport.leave(request.method or "GET", route_of(request.url or ""))
        cause: Exception | None = None
        began = transport.clock.monotonic()
        timeout_s = min(transport.timeout_s, max(transport.patience.left_s, _LEAST_TIMEOUT_S))
        try:
            timeout = (min(_CONNECT_TIMEOUT_S, timeout_s), timeout_s)
            response = super().send(request, stream=True, timeout=timeout, verify=True, cert=cert, proxies=proxies)
            read_body(response, limit=transport.max_answer_bytes, timeout_s=timeout_s, now=transport.clock.monotonic)
        except (requests.RequestException, HTTPError, OSError) as exc:
            trouble = judge_failure(exc, timeout_s=timeout_s)
            cause = exc
            transport.patience.lost(transport.clock.monotonic() - began, silent=True)
        else:
            took_s = transport.clock.monotonic() - began
            if safe and response.status_code == _FAILED:
                transport.patience.lost(took_s, silent=False)
                raise _TransientError(Trouble(message="the tool answered 500", status=_FAILED), response)
            found = judge_answer(request, response, safe=safe, now=transport.clock.now())
            if found is None:
                transport.patience.answered(took_s)
                return response
            trouble = found
            transport.patience.lost(took_s, silent=False)
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
    trouble = _trouble(state)
    if trouble is not None and trouble.retry_after_s is not None:
        return trouble.retry_after_s
    return _backoff(state)


def _trouble(state: RetryCallState) -> Trouble | None:
    failure = state.outcome.exception() if state.outcome is not None else None
    return failure.trouble if isinstance(failure, _TransientError) else None

"""Builds the real library's client on the project's transport, and asks GitHub through it."""

from __future__ import annotations

import logging
from collections.abc import Callable, ItemsView, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from github import Auth, Github
from github.Requester import (
    HTTPRequestsConnectionClass,
    HTTPSRequestsConnectionClass,
    Requester,
    RequestsResponse,
)

from connectors.core.errors import AmbiguousError, FatalError, RefusedError, RetriableError
from connectors.core.port import ConnectorContext, Json
from connectors.core.transport import SAFE_HEADER, Transport
from connectors.github.auth import API_VERSION, Installation, InstallationAuth
from connectors.github.errors import REDIRECTS, MovedError, decoded, graphql_words, server_date, translate
from connectors.github.pace import READ_POINTS, WRITE_POINTS, Pace
from connectors.github.settings import GithubSettings

PAGE = 100
"""Most items of a list in one answer (GitHub's description of ``per_page``)."""

_LOCATION = "x-syncline-location"
_DATE_RESOLUTION_S = 1.0  # an HTTP Date has whole seconds: the instant may be this much later than it says
_NOT_MODIFIED = 304
_Connection = TypeVar("_Connection", HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What GitHub answered.

    Attributes:
        status: HTTP status, below 400.
        headers: Headers, names in lower case.
        body: Decoded JSON; None for an empty body.
    """

    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def unchanged(self) -> bool:
        """Whether it says that nothing changed since the ETag that was sent."""
        return self.status == _NOT_MODIFIED

    @property
    def etag(self) -> str | None:
        """Its ETag."""
        return self.headers.get("etag")


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What GitHub answered to a GraphQL document; data are kept when there are errors too.

    Attributes:
        data: The data, empty when there are none.
        errors: The errors.
    """

    data: Mapping[str, Json]
    errors: tuple[Mapping[str, Json], ...]


class GithubClient:
    """One login on one GitHub; makes no request by itself. Not shared between threads.

    Every call raises the port's errors only: what the transport raises, and GitHub's refusals translated.

    Attributes:
        settings: Its settings.
        connection: Name of the connection.
        page: How many items of a list one answer holds.
    """

    def __init__(self, context: ConnectorContext) -> None:
        settings = context.settings
        if not isinstance(settings, GithubSettings):
            raise TypeError(f"expected GithubSettings, found {type(settings).__name__}")
        self.settings = settings
        self.connection = context.connection
        self.page = PAGE
        self._clock = context.clock
        self._transport = context.transport
        self._skew: timedelta | None = None
        self._asked_at: datetime | None = None
        self._began_s = 0.0
        self._headers: Mapping[str, str] = {}
        self._pace = Pace(context.connection, context.clock, settings.points_per_minute)
        self._installation = Installation(context, settings) if settings.token is None else None
        auth: Auth.Auth = (
            InstallationAuth(self._installation.current)
            if self._installation is not None
            else Auth.Token(context.secrets["token"])
        )
        self._requester = self._build(auth, settings)

    def _build(self, auth: Auth.Auth, settings: GithubSettings) -> Requester:
        library = Github(
            auth=auth,
            base_url=settings.url,
            timeout=max(1, int(settings.timeout_s)),  # the transport forces its own
            user_agent="syncline",
            per_page=PAGE,
            retry=None,  # the transport alone repeats
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            api_version=API_VERSION,
        )
        requester = library.requester
        secure = urlsplit(settings.url).scheme == "https"
        base = HTTPSRequestsConnectionClass if secure else HTTPRequestsConnectionClass
        # The library offers no other way to put one client, and not all of them, onto a transport.
        requester._Requester__connectionClass = _mounted(base, self._transport, self._look)  # type: ignore[attr-defined] # noqa: SLF001
        quiet = logging.getLogger("github.Requester.syncline")
        quiet.setLevel(logging.WARNING)  # at DEBUG it would log whole bodies
        requester._Requester__logger = quiet  # type: ignore[attr-defined] # noqa: SLF001 - as above
        return requester

    def _look(self, response: requests.Response, *_args: Any, **_kwargs: Any) -> None:
        """Note server time and headers of each answer."""
        self._headers = response.headers
        date = server_date(response.headers)
        if date is None:
            self._asked_at = None
            return
        took_s = self._clock.monotonic() - self._began_s  # the transport's waiting and repeating included
        self._asked_at = date - timedelta(seconds=took_s + _DATE_RESOLUTION_S)
        self._skew = date - self._clock.now()

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the last answer."""
        return self._headers

    @property
    def skew(self) -> timedelta | None:
        """How far the server's clock is ahead of ours, by the last answer; None: not known yet."""
        return self._skew

    def asked_at(self) -> datetime:
        """Server instant of the start of the last request, never later (aware UTC).

        Raises:
            RetriableError: The answer bore no ``Date``: nothing can be concluded about when it is true of.
        """
        if self._asked_at is None:
            raise self.nonsense("answer", "it bears no Date, so that it cannot be told when it is true of")
        return self._asked_at

    def server_now(self) -> datetime:
        """Best guess of the server's time without a request; for courtesy intervals, never for cursors."""
        return self._clock.now() + (self._skew or timedelta())

    def monotonic(self) -> float:
        """Seconds from an arbitrary start."""
        return self._clock.monotonic()

    def wait(self, seconds: float) -> None:
        """Wait, if there is anything to wait for."""
        if seconds > 0:
            self._clock.sleep(seconds)

    # REST -------------------------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, str | int] | None = None, *, etag: str | None = None) -> Answer:
        """GET ``path``, or an address that GitHub gave (a ``Link``); with ``etag`` only if it changed since.

        Raises:
            MovedError: Moved to another address; nothing was followed.
            NotFoundError: Gone or hidden.
            RefusedError: Not allowed.
        """
        headers = {"Accept": "application/vnd.github+json"}
        if etag is not None:
            headers["If-None-Match"] = etag
        url = path if not params else f"{path}?{urlencode(sorted(params.items()))}"
        return self._send("GET", url, headers, None, write=False)

    def write(self, method: str, path: str, body: Json = None) -> Answer:
        """A write; sent once.

        Raises:
            AmbiguousError: Whether it had effect is not known.
        """
        try:
            return self._send(method, path, {"Accept": "application/vnd.github+json"}, body, write=True)
        except FatalError as exc:
            if exc.status not in REDIRECTS:
                raise
            raise MovedError(  # a redirected write is not followed, and had no effect
                f"{self.connection}: {method} {path}: moved to another address ({exc.status})",
                location="",
                connection=self.connection,
                place=f"{method} {path}",
                status=exc.status or 301,
            ) from exc

    # GraphQL ----------------------------------------------------------------------------------------------------

    def query(self, document: str, variables: Mapping[str, Json]) -> Graph:
        """A GraphQL document that only reads; what is not found is absent from the data.

        Raises:
            RefusedError: Not allowed, or the document is not understood.
            RetriableError: GitHub could not answer all of it for now.
        """
        graph = self._graph(document, variables, safe=True)
        wrong = [e for e in graph.errors if e.get("type") != "NOT_FOUND"]
        if not wrong:
            return graph
        message = f"{self.connection}: POST graphql: {self._transport.redact(graphql_words(wrong))}"
        kinds = {str(e.get("type")) for e in wrong}
        kind = RefusedError if kinds & _REFUSALS or any("extensions" in e for e in wrong) else RetriableError
        raise kind(message, connection=self.connection, place="POST graphql", status=200)

    def mutate(self, document: str, variables: Mapping[str, Json], *, repeatable: bool = False) -> Graph:
        """A GraphQL document that writes; sent once unless ``repeatable``. Its errors are left to the caller."""
        return self._graph(document, variables, safe=repeatable)

    def _graph(self, document: str, variables: Mapping[str, Json], *, safe: bool) -> Graph:
        headers = {SAFE_HEADER: "1"} if safe else {}
        body = {"query": document, "variables": dict(variables)}
        answer = self._send("POST", self._requester.graphql_url, headers, body, write=not safe)
        found = answer.body
        if not isinstance(found, Mapping) or not ("data" in found or "errors" in found):
            if safe:
                raise self.nonsense("POST graphql", "neither data nor errors")
            raise AmbiguousError(
                f"{self.connection}: POST graphql: GitHub's answer makes no sense",
                connection=self.connection,
                place="POST graphql",
                status=answer.status,
            )
        errors = found.get("errors") or ()
        return Graph(data=found.get("data") or {}, errors=tuple(e for e in errors if isinstance(e, Mapping)))

    def redact(self, text: str) -> str:
        """``text`` without secrets: a tool may echo what it was given."""
        return self._transport.redact(text)

    # ------------------------------------------------------------------------------------------------------------

    def _send(self, method: str, url: str, headers: dict[str, str], body: Json, *, write: bool) -> Answer:
        place = f"{method} {urlsplit(url).path}"
        renewed = False
        while True:
            token = self._installation.current() if self._installation is not None else None
            self._pace.take(WRITE_POINTS if write else READ_POINTS, place)
            self._began_s = self._clock.monotonic()
            try:
                status, found, text = self._requester.requestJson(method, url, headers=dict(headers), input=body)
            except RetriableError as exc:
                self._pace.closed(exc)
                raise
            if status == requests.codes.unauthorized and token is not None and not renewed:
                renewed = True  # a refused login had no effect, so that even a write may be sent again
                if self._installation is not None:
                    self._installation.renew(token)
                continue
            break
        if status >= requests.codes.bad_request or status in REDIRECTS:
            lower = {**found, "location": found.get(_LOCATION, "")}
            raise translate(
                status,
                lower,
                text,
                connection=self.connection,
                place=place,
                write=write,
                redact=self._transport.redact,
            )
        value = decoded(text)
        if value is None and text and not write:
            raise self.nonsense(place, "not JSON")
        return Answer(status=status, headers=found, body=value)

    def nonsense(self, place: str, found: str) -> RetriableError:
        """The error for a read that was answered with something that is no answer."""
        message = f"{self.connection}: {place}: GitHub's answer makes no sense ({found})"
        return RetriableError(message, connection=self.connection, place=place)


_REFUSALS = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES", "UNAUTHORIZED", "SAML", "UNPROCESSABLE"})


class _Response(RequestsResponse):
    """An answer that the library does not act upon: it would follow a redirect without the query."""

    def getheaders(self) -> ItemsView[str, str]:
        """All headers; where a redirect leads has another name."""
        if self.status in REDIRECTS:
            return {_LOCATION if k.lower() == "location" else k: v for k, v in self.headers.items()}.items()
        return super().getheaders()


def _mounted(base: type[_Connection], transport: Transport, look: Callable[..., None]) -> type[_Connection]:
    """The library's connection class with its session on our transport."""

    class Mounted(base):  # type: ignore[valid-type,misc] # a class made from a parameter
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            transport.mount(self.session)
            self.session.hooks["response"].append(look)

        def getresponse(self) -> RequestsResponse:
            usual = {"https": 443, "http": 80}[self.protocol]
            host = self.host if self.port == usual else f"{self.host}:{self.port}"
            url = urljoin(f"{self.protocol}://{host}", self.url)
            send = getattr(self.session, self.verb.lower())
            answer = send(url, headers=self.headers, data=self.input, allow_redirects=False)
            if answer.status_code == requests.codes.accepted and self.verb == "GET":
                raise RetriableError(  # the library would ask again and again, for ever
                    f"{transport.connection}: GET {urlsplit(url).path}: GitHub is still computing the answer (202)",
                    connection=transport.connection,
                    place=f"GET {urlsplit(url).path}",
                    status=answer.status_code,
                )
            return _Response(answer)

    return Mounted


def next_page(answer: Answer) -> str | None:
    """Address of the next page of a list, as GitHub gives it in ``Link``; None: this is the last."""
    links = requests.utils.parse_header_links(answer.headers.get("link", ""))
    return next((link["url"] for link in links if link.get("rel") == "next"), None)


def items_of(client: GithubClient, answer: Answer, place: str) -> Sequence[Mapping[str, Json]]:
    """The items of a list.

    Raises:
        RetriableError: It is no list of objects.
    """
    if not isinstance(answer.body, list) or not all(isinstance(item, Mapping) for item in answer.body):
        raise client.nonsense(place, "no list")
    return answer.body

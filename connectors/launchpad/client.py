"""Asks Launchpad through the real library's browser, on the project's transport."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from launchpadlib.launchpad import Launchpad
from lazr.restfulclient._browser import Browser
from lazr.restfulclient.errors import HTTPError

from connectors.core.errors import AmbiguousError, FatalError, NotFoundError, RefusedError, RetriableError
from connectors.core.port import ConnectorContext, Json
from connectors.launchpad.credentials import read_credentials
from connectors.launchpad.errors import translate
from connectors.launchpad.http import HttpFactory, KeepsNothing, described
from connectors.launchpad.settings import LaunchpadSettings

Params = Sequence[tuple[str, str]]
Entry = Mapping[str, Json]

_DATE_RESOLUTION_S = 1.0  # an HTTP Date has whole seconds: the instant may be this much later than it says
_MOST_REMEMBERED_BYTES = 16_000_000  # entries as they came, about 4 kB each, for conditional reads and shared bugs
_USER_AGENT = "syncline (launchpadlib, lazr.restfulclient)"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Remembered:
    """An entry as it came, and the server instant that it is true of."""

    etag: str
    content: bytes
    asked_at: datetime | None


class LaunchpadClient:
    """One login on one Launchpad; makes no request by itself. Not shared between threads.

    Reading and writing use the library's own browser and signatures alone. They do without the service's description
    (two megabytes, two requests at each start), which only ``described`` asks for.

    Every call raises the port's errors only. Links in answers are followed by their path, on the configured address:
    the credential goes nowhere else.

    Attributes:
        settings: Its settings.
        connection: Name of the connection.
    """

    def __init__(self, context: ConnectorContext) -> None:
        settings = context.settings
        if not isinstance(settings, LaunchpadSettings):
            raise TypeError(f"expected LaunchpadSettings, found {type(settings).__name__}")
        self.settings = settings
        self.connection = context.connection
        self._secret = context.secrets["credentials"]
        self._clock = context.clock
        self._transport = context.transport
        self._browser: Browser | None = None
        self._session: requests.Session | None = None
        self._asked_at: datetime | None = None
        self._skew: timedelta | None = None
        self._began_s = 0.0
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._remembered_bytes = 0

    @property
    def skew(self) -> timedelta | None:
        """How far the server's clock is ahead of ours, by the last answer; None: not known yet."""
        return self._skew

    def asked_at(self) -> datetime:
        """Server instant of the start of the last request, never later (aware UTC), from the answer's ``Date``.

        Raises:
            RetriableError: The server states no time: nothing can be said about how far reading has come.
        """
        if self._asked_at is None:
            message = f"{self.connection}: the server's answer has no Date; a proxy in front of it may have removed it"
            raise RetriableError(message, connection=self.connection, place="Date")
        return self._asked_at

    def server_now(self) -> datetime:
        """Best guess of the server's time without a request; for courtesy intervals, never for cursors."""
        return self._clock.now() + (self._skew or timedelta())

    def path_of(self, link: Json) -> str:
        """Path of a link within the web service (``nimbus/+bug/12``).

        Raises:
            RetriableError: It is no link into a web service of our version.
        """
        path = urlsplit(link).path if isinstance(link, str) else ""
        _, mark, rest = path.partition(f"/{self.settings.version}/")
        if not mark:
            raise self.nonsense("link", "an entry without a link to itself or to what it belongs to")
        return rest

    def get(self, path: str, params: Params = ()) -> Entry:
        """GET an entry or a page of a collection, as it is now."""
        _, content = self._get(path, params, {})
        return self._object(content, f"GET {path}")

    def remembered(self, path: str) -> tuple[Entry, datetime] | None:
        """An entry as it was last read in this process, and the server instant that it is true of; no request."""
        known = self._remembered.get(path)
        if known is None or known.asked_at is None:
            return None
        return self._object(known.content, f"GET {path}"), known.asked_at

    def entry(self, path: str) -> Entry:
        """GET one entry as it is now, on condition when the same was read before in this process."""
        known = self._remembered.get(path)
        response, content = self._get(path, (), {"If-None-Match": known.etag} if known else {})
        if content is Browser.NOT_MODIFIED and known is not None:
            self._remember(path, known.etag, known.content)
            return self._object(known.content, f"GET {path}")
        entry = self._object(content, f"GET {path}")
        self._remember(path, response.get("etag"), content)
        return entry

    def entry_or_none(self, path: str) -> Entry | None:
        """GET one entry at exactly this path, as it is now. None: it is gone, hidden, or moved elsewhere."""
        try:
            found = self.entry(path)
        except NotFoundError:
            return None
        return found if self.path_of(found.get("self_link")) == path else None

    def patch(self, path: str, values: Mapping[str, Json], etag: str) -> Entry:
        """PATCH fields of an entry, on condition that it still has ``etag``; sent once. The entry as it then is.

        Raises:
            StaleVersionError: It has changed.
            RefusedError: Launchpad refused it, or the entry has moved to another address.
            AmbiguousError: Whether it took effect is not known.
        """
        place = f"PATCH {path}"
        self._forget(path)
        try:
            with self._asking(place, write=True):
                response, content = self._library().patch(self._url(path), dict(values), {"If-Match": etag})
        except FatalError as exc:
            if exc.status is not None and 300 <= exc.status < 400:
                message = f"{self.connection}: {place}: it has moved to another address ({exc.status})"
                raise RefusedError(message, connection=self.connection, place=place, status=exc.status) from None
            raise
        self._look(response)
        try:
            entry = json.loads(content)
        except ValueError:
            entry = None
        if not isinstance(entry, Mapping):
            message = f"{self.connection}: {place}: the answer ({response.status}) is no entry"
            raise AmbiguousError(message, connection=self.connection, place=place, status=response.status)
        self._remember(path, entry.get("http_etag"), content)
        return entry

    def described(self) -> Launchpad:
        """The library's whole client, with the service's description: two requests."""
        self._library()
        session = self._session
        if session is None:
            raise RuntimeError("the library has no session")
        with self._asking("GET description", write=False):
            credentials = read_credentials(
                self._secret, consumer_key=self.settings.consumer_key, connection=self.connection
            )
            return described(credentials, session, url=self.settings.url, version=self.settings.version)

    def nonsense(self, place: str, found: str) -> RetriableError:
        """The error for a read that was answered with something that is no answer."""
        message = f"{self.connection}: {place}: Launchpad's answer makes no sense ({found})"
        return RetriableError(message, connection=self.connection, place=place)

    def _library(self) -> Browser:
        if self._browser is None:
            credentials = read_credentials(
                self._secret, consumer_key=self.settings.consumer_key, connection=self.connection
            )
            token = credentials.access_token
            for secret in (token.key, token.secret, quote(token.secret, safe=""), quote(token.key, safe="")):
                self._transport.add_secret(secret)
            self._session = self._transport.session()
            factory = HttpFactory(self._session)
            self._browser = Browser(factory, credentials, KeepsNothing(), None, None, _USER_AGENT, max_retries=0)
        return self._browser

    def _url(self, path: str, params: Params = ()) -> str:
        query = f"?{urlencode(params)}" if params else ""
        return f"{self.settings.root}{path}{query}"

    def _get(self, path: str, params: Params, headers: Mapping[str, str]) -> tuple[Any, Any]:
        with self._asking(f"GET {path}", write=False):
            response, content = self._library().get(self._url(path, params), dict(headers), return_response=True)
            self._look(response)
        return response, content

    def _object(self, content: bytes, place: str) -> Entry:
        try:
            answer = json.loads(content)
        except (TypeError, ValueError) as exc:
            raise self.nonsense(place, "not JSON") from exc
        if not isinstance(answer, Mapping):
            raise self.nonsense(place, f"expected an object, found {type(answer).__name__}")
        return answer

    def _remember(self, path: str, etag: Json, content: bytes) -> None:
        self._forget(path)
        if not isinstance(etag, str) or not etag.startswith('"'):  # a weak one never matches again
            return
        self._remembered[path] = _Remembered(etag=etag, content=content, asked_at=self._asked_at)
        self._remembered_bytes += len(content)
        while self._remembered_bytes > _MOST_REMEMBERED_BYTES:
            self._forget(next(iter(self._remembered)))

    def _forget(self, path: str) -> None:
        known = self._remembered.pop(path, None)
        self._remembered_bytes -= len(known.content) if known is not None else 0

    def _look(self, response: Mapping[str, str]) -> None:
        """Note the server's time."""
        stated = response.get("date")
        try:
            date = parsedate_to_datetime(stated) if stated else None
        except ValueError:
            date = None
        if date is None:
            self._asked_at = None
            return
        date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        took_s = self._clock.monotonic() - self._began_s  # the transport's waiting and repeating included
        self._asked_at = date - timedelta(seconds=took_s + _DATE_RESOLUTION_S)
        self._skew = date - self._clock.now()

    @contextmanager
    def _asking(self, place: str, *, write: bool) -> Iterator[None]:
        self._began_s = self._clock.monotonic()
        try:
            yield
        except HTTPError as exc:
            # Not chained: the library's error writes the whole answer into tracebacks, and Launchpad echoes tokens.
            raise translate(
                exc, connection=self.connection, place=place, write=write, redact=self._transport.redact
            ) from None


def parse_instant(value: Json) -> datetime | None:
    """An instant as Launchpad writes it (``2026-11-24T02:36:45.622954+00:00``) as aware UTC; None: not one."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant).astimezone(UTC)

"""Builds the real library's client on the project's transport, and asks Jira through it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from jira import JIRA, JIRAError
from requests import Response
from requests.structures import CaseInsensitiveDict

from connectors.core.errors import FatalError, RetriableError
from connectors.core.port import ConnectorContext, Json
from connectors.core.transport import SAFE_HEADER
from connectors.jira.errors import anonymous_reason, translate
from connectors.jira.settings import Deployment, JiraSettings

MARKER_PROPERTY = "syncline"
"""Entity property of an issue that holds syncline's marker."""

CLOUD_PAGE = 100
"""Most issues with fields in one answer of Cloud (field guide 1.2)."""
DATA_CENTER_PAGE = 1000
"""Most issues in one answer of Data Center by default, ``jira.search.views.default.max`` (field guide 1.2)."""
BULK_FETCH = 100
"""Most issues in one bulkfetch of Cloud (Atlassian's description of ``POST /issue/bulkfetch``)."""

_DATE_RESOLUTION_S = 1.0  # an HTTP Date has whole seconds: the instant may be this much later than it says


class JiraClient:
    """One login on one Jira site; makes no request by itself. Not shared between threads.

    Every call raises the port's errors only: what the transport raises, and Jira's refusals translated.

    Attributes:
        cloud: Whether the site is a Cloud site.
        settings: Its settings.
        connection: Name of the connection.
    """

    def __init__(self, context: ConnectorContext) -> None:
        settings = context.settings
        if not isinstance(settings, JiraSettings):
            raise TypeError(f"expected JiraSettings, found {type(settings).__name__}")
        self.settings = settings
        self.connection = context.connection
        self.cloud = settings.deployment is Deployment.CLOUD
        self._clock = context.clock
        self._transport = context.transport
        self._skew: timedelta | None = None
        self._asked_at: datetime | None = None
        self._began_s = 0.0
        self._headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
        self._jira = self._build(context, settings, context.secrets["token"])

    def _build(self, context: ConnectorContext, settings: JiraSettings, token: str) -> JIRA:
        login: dict[str, Any] = {"token_auth": token}
        if self.cloud:
            login = {"basic_auth": (settings.email or "", token)}
            context.transport.add_secret(b64encode(f"{settings.email}:{token}".encode()).decode())
        library = JIRA(
            server=settings.url,
            options={"rest_api_version": "2", "check_update": False},
            get_server_info=False,  # no request of its own; the kind of site is configured
            max_retries=0,  # the transport alone repeats
            timeout=(10.0, settings.timeout_s),  # the transport forces its own; this is for whoever reads the client
            logging=False,  # it would log whole bodies that are no JSON
            **login,
        )
        library.deploymentType = "Cloud" if self.cloud else "Server"  # otherwise Cloud searches return None
        library._fields_cache_value = {"_": "_"}  # noqa: SLF001 - keeps the library from asking GET /field; fields go by id
        session = library._session  # noqa: SLF001 - the one way to give the library our transport
        context.transport.mount(session)
        session.hooks["response"].append(self._look)
        return library

    def _look(self, response: Response, *_args: Any, **_kwargs: Any) -> None:
        """Note server time and headers of each answer, and refuse answers that were given to nobody."""
        self._headers = response.headers
        said = response.headers.get("Date")
        try:
            date = parsedate_to_datetime(said) if said else None
        except ValueError:
            date = None
        if date is not None:
            date = date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
            took_s = self._clock.monotonic() - self._began_s  # the transport's waiting and repeating included
            self._asked_at = date - timedelta(seconds=took_s + _DATE_RESOLUTION_S)
            self._skew = date - self._clock.now()
        else:
            self._asked_at = None
        reason = anonymous_reason(response)
        if reason and response.status_code != 401:
            place = f"{response.request.method} {response.request.path_url.partition('?')[0]}"
            raise FatalError(
                f"{self.connection}: {place}: {reason}; check email and token, and whether the token expired."
                " Nothing was concluded from the answer",
                connection=self.connection,
                place=place,
                status=response.status_code,
            )

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

        From the answer's ``Date``; a server that sends none is asked for its time (one request more).
        """
        if self._asked_at is not None:
            return self._asked_at
        began_s = self._began_s
        info = self.get("serverInfo")
        stated = parse_instant(info.get("serverTime")) if isinstance(info, Mapping) else None
        if stated is None:
            raise RetriableError(
                f"{self.connection}: the server states its time neither in Date nor in serverInfo",
                connection=self.connection,
                place="GET serverInfo",
            )
        return stated - timedelta(seconds=self._clock.monotonic() - began_s + _DATE_RESOLUTION_S)

    def server_now(self) -> datetime:
        """Best guess of the server's time without a request; for courtesy intervals, never for cursors."""
        return self._clock.now() + (self._skew or timedelta())

    def get(self, path: str, params: Mapping[str, Json] | None = None) -> Json:
        """GET ``/rest/api/2/{path}``."""
        with self._asking("GET", path, write=False):
            response = self._session.get(self._url(path), params=dict(params or {}))
            return self._json(response, "GET", path)

    def ask(self, path: str, body: Json) -> Json:
        """POST that only reads, and may be repeated by the transport."""
        with self._asking("POST", path, write=False):
            response = self._session.post(self._url(path), data=json.dumps(body), headers={SAFE_HEADER: "1"})
            return self._json(response, "POST", path)

    def put(self, path: str, body: Json, params: Mapping[str, str] | None = None) -> None:
        """PUT a write; sent once."""
        with self._asking("PUT", path, write=True):
            self._session.put(self._url(path), data=json.dumps(body), params=dict(params or {}))

    def post(self, path: str, body: Json) -> Json:
        """POST a write; sent once. The decoded answer, or None when it is empty or no JSON."""
        with self._asking("POST", path, write=True):
            response = self._session.post(self._url(path), data=json.dumps(body))
            try:
                return response.json() if response.content else None
            except ValueError:
                return None

    def search_cloud(self, jql: str, fields: Sequence[str], token: str | None) -> Mapping[str, Json]:
        """One page of ``search/jql`` with syncline's marker inline."""
        with self._asking("GET", "search/jql", write=False):
            answer = self._jira.enhanced_search_issues(
                jql,
                nextPageToken=token,
                maxResults=CLOUD_PAGE,
                fields=list(fields),  # a copy: the library changes the list in place
                properties=MARKER_PROPERTY,
                json_result=True,
            )
            return self._object(answer, "GET search/jql")

    def search_data_center(self, jql: str, fields: Sequence[str], start_at: int) -> Mapping[str, Json]:
        """One page of Data Center's ``search``."""
        with self._asking("GET", "search", write=False):
            answer = self._jira.search_issues(
                jql,
                startAt=start_at,
                maxResults=DATA_CENTER_PAGE,
                fields=list(fields),
                json_result=True,
            )
            return self._object(answer, "GET search")

    def myself(self) -> Mapping[str, Json]:
        """The login, as Jira sees it."""
        with self._asking("GET", "myself", write=False):
            return self._object(self._jira.myself(), "GET myself")

    @property
    def _session(self) -> Any:
        return self._jira._session  # noqa: SLF001 - Issue.update() and its like cost a second request and drop gateway paths

    def _url(self, path: str) -> str:
        return self._jira._get_url(path)  # noqa: SLF001 - the library's own rule for addresses, context paths included

    def _object(self, answer: Json, place: str) -> Mapping[str, Json]:
        if isinstance(answer, Mapping):
            return answer
        raise self.nonsense(place, f"expected an object, found {type(answer).__name__}")

    def _json(self, response: Response, method: str, path: str) -> Json:
        try:
            return response.json()
        except ValueError as exc:
            raise self.nonsense(f"{method} {path}", "not JSON") from exc

    def nonsense(self, place: str, found: str) -> RetriableError:
        """The error for a read that was answered with something that is no answer."""
        message = f"{self.connection}: {place}: Jira's answer makes no sense ({found})"
        return RetriableError(message, connection=self.connection, place=place)

    @contextmanager
    def _asking(self, method: str, path: str, *, write: bool) -> Iterator[None]:
        place = f"{method} {path}"
        self._began_s = self._clock.monotonic()
        try:
            yield
        except JIRAError as exc:
            # Not chained: the library's error writes request headers and bodies into tracebacks, credentials included.
            raise translate(
                exc, connection=self.connection, place=place, write=write, redact=self._transport.redact
            ) from None
        except ValueError as exc:  # the library decodes answers itself
            if write:
                raise
            raise self.nonsense(place, "not JSON") from exc


def parse_instant(value: Json) -> datetime | None:
    """An instant as Jira writes it (``2026-11-24T10:00:00.123+0000``) as aware UTC; None: not one."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo is not None else None

"""Carries the requests of launchpadlib and lazr.restfulclient over the project's transport instead of httplib2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httplib2
import requests
from launchpadlib.credentials import Credentials
from launchpadlib.launchpad import Launchpad


class TransportHttp:
    """Stands where the library expects its httplib2 object.

    What httplib2 would do and this does not: send a request again when the connection drops, keep every answer on disk,
    and heed ``LP_DISABLE_SSL_CERTIFICATE_VALIDATION``. What launchpadlib's own would do and this does not: open a
    browser and wait a quarter of an hour when the token has expired.

    Attributes:
        authorizer: Signs each request.
        cache: None: nothing is kept here.
        ignore_etag: True: preconditions are set by whoever writes.
    """

    cache = None
    ignore_etag = True

    def __init__(self, authorizer: Credentials, session: requests.Session) -> None:
        self.authorizer = authorizer
        self._session = session

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int = 0,  # noqa: ARG002 - signature of httplib2; the transport decides which redirects are followed
        connection_type: object = None,  # noqa: ARG002 - signature of httplib2
    ) -> tuple[httplib2.Response, bytes]:
        """Send one request by the transport's rules.

        Raises:
            connectors.core.errors.ConnectorError: What the transport raises.
        """
        sent = dict(headers or {})
        # A PLAINTEXT signature covers the credential alone: the query has no part in it, and need not be parsed for it.
        self.authorizer.authorizeRequest(uri.partition("?")[0], method, body, sent)
        data = body.encode() if isinstance(body, str) else body
        answer = self._session.request(method, uri, data=data or None, headers=sent)
        heads: dict[str, Any] = {name.lower(): value for name, value in answer.headers.items()}
        response = httplib2.Response({**heads, "status": str(answer.status_code)})
        response.reason = answer.reason or ""
        return response, answer.content

    def _getCachedHeader(self, uri: str, header: str) -> None:  # noqa: N802 - the library's name
        """Nothing is cached."""


class KeepsNothing:
    """What is given to the library as its cache, so that it makes no folder of its own."""


class HttpFactory:
    """What the library's browser asks for its HTTP object."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def httpFactory(self, authorizer: Credentials, *_unused: object) -> TransportHttp:  # noqa: N802 - the library's name
        """The HTTP object for a login."""
        return TransportHttp(authorizer, self._session)


def described(credentials: Credentials, session: requests.Session, *, url: str, version: str) -> Launchpad:
    """The library's whole client, which asks for the service's description and root: two requests.

    It never logs in: without an engine a refused token is an error at once.

    Args:
        credentials: The login.
        session: A session on the transport.
        url: Service root without the version.
        version: Version of the web service.
    """
    factory = HttpFactory(session)

    class OnTransport(Launchpad):  # type: ignore[misc] # the library is untyped
        httpFactory = staticmethod(factory.httpFactory)  # noqa: N815 - the library's name

    launchpad = OnTransport(credentials, None, None, service_root=url, cache=KeepsNothing(), version=version)
    launchpad._browser.max_retries = 0  # noqa: SLF001 - no argument for it; the transport alone repeats
    return launchpad

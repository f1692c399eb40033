"""Gets and keeps the access token: two OAuth flows, one token at a time, renewed under a lock."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import requests

from connectors.core.errors import FatalError, RetriableError
from connectors.core.port import ConnectorContext
from connectors.core.transport import SAFE_HEADER
from connectors.salesforce.errors import complaint
from connectors.salesforce.settings import Flow, SalesforceSettings

_ASSERTION_LIFE = timedelta(minutes=3)  # the longest that Salesforce accepts
_GRANT_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_PATH = "/services/oauth2/token"

_MENDS = {
    "invalid_client_id": "correct client_id",
    "invalid_client": "correct client_id and client_secret",
    "invalid_grant": "for jwt: correct username, pre-authorise the user by permission set, and compare the clocks;"
    " for client_credentials: set the app's Run As user",
    "invalid_app_access": "admit the user to the External Client App by permission set",
    "app_not_found": "set url to the org's My Domain address",
    "unsupported_grant_type": "enable the flow in the External Client App",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An access token and the instance that it is for."""

    access: str
    instance_url: str


class Login:
    """The token of one connection. It has no known end: Salesforce answers 401 when it is over, then ``renew`` it.

    The token is kept in the token store, so that a new process does not log in again.
    """

    def __init__(self, context: ConnectorContext, settings: SalesforceSettings, session: requests.Session) -> None:
        self._context = context
        self._settings = settings
        self._session = session
        self._lock = threading.Lock()
        self._token: Token | None = None

    def token(self) -> Token:
        """The token at hand; logs in when there is none.

        Raises:
            FatalError: Salesforce refuses the login.
            RetriableError: It cannot be reached.
        """
        with self._lock:
            if self._token is None:
                self._token = self._stored() or self._log_in()
            return self._token

    def renew(self, refused: Token) -> Token:
        """A token other than ``refused``: the one that someone else has got meanwhile, else a new one."""
        with self._lock:
            if self._token is None or self._token == refused:
                stored = self._stored()
                self._token = stored if stored is not None and stored != refused else self._log_in()
            return self._token

    @property
    def _name(self) -> str:
        return f"{self._context.connection}:access-token"

    def _stored(self) -> Token | None:
        text = self._context.tokens.get(self._name)
        if text is None:
            return None
        try:
            kept = json.loads(text)
            if kept["for"] != self._identity():
                return None
            token = Token(access=str(kept["access"]), instance_url=str(kept["instance_url"]))
        except (ValueError, KeyError, TypeError):
            return None  # an older form; a login gives a new one
        self._context.transport.add_secret(token.access)
        return token

    def _identity(self) -> list[str]:
        """Whom a token is for: one got under other settings is of no use."""
        settings = self._settings
        return [settings.url, settings.flow.value, settings.client_id, settings.username or ""]

    def _log_in(self) -> Token:
        answer = self._session.post(self._settings.url + _PATH, data=self._grant(), headers={SAFE_HEADER: "1"})
        try:
            body = answer.json()
        except requests.JSONDecodeError:
            body = None
        if not answer.ok:
            raise self._refused(answer.status_code, body)
        if not isinstance(body, dict) or not body.get("access_token"):
            raise RetriableError(
                f"{self._context.connection}: POST {_PATH}: the answer holds no access_token; is url a Salesforce org?",
                connection=self._context.connection,
                place=f"POST {_PATH}",
                status=answer.status_code,
            )
        token = Token(access=str(body["access_token"]), instance_url=self._instance(body))
        self._context.transport.add_secret(token.access)
        kept = {"for": self._identity(), "access": token.access, "instance_url": token.instance_url}
        self._context.tokens.put(self._name, json.dumps(kept))
        return token

    def _instance(self, body: dict[str, object]) -> str:
        """Where to send requests; only ever over https."""
        instance = str(body.get("instance_url") or self._settings.url).rstrip("/")
        parts = urlsplit(instance)
        return instance if parts.scheme == "https" and parts.hostname else self._settings.url

    def _grant(self) -> dict[str, str]:
        settings, secrets = self._settings, self._context.secrets
        if settings.flow is Flow.CLIENT_CREDENTIALS:
            return {
                "grant_type": "client_credentials",
                "client_id": settings.client_id,
                "client_secret": secrets["client_secret"],
            }
        now = self._context.clock.now()
        claims = {
            "iss": settings.client_id,
            "sub": settings.username,
            "aud": settings.url,
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
        }
        try:
            assertion = jwt.encode(claims, secrets["private_key"], algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise FatalError(
                f"{self._context.connection}: private_key is not an unencrypted RSA key in PEM form",
                connection=self._context.connection,
            ) from exc
        self._context.transport.add_secret(assertion)
        return {"grant_type": _GRANT_JWT, "assertion": assertion}

    def _refused(self, status: int, body: object) -> FatalError | RetriableError:
        found = complaint(body)
        place = f"POST {_PATH}"
        said = self._context.transport.redact(f"{found.code or status} {found.message}".strip())
        text = f"{self._context.connection}: {place}: Salesforce refuses the login ({said})"
        if status >= 500:
            return RetriableError(text, connection=self._context.connection, place=place, status=status)
        mend = _MENDS.get(found.code, "check the External Client App and its credentials")
        return FatalError(f"{text}; {mend}", connection=self._context.connection, place=place, status=status)

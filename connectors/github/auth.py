"""Gets and keeps the token of an app's installation: one at a time, renewed before it ends, by the server's clock."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt
import requests
from github.Auth import Auth

from connectors.core.errors import ConnectorError, FatalError, RetriableError
from connectors.core.port import ConnectorContext
from connectors.core.transport import SAFE_HEADER
from connectors.github.errors import instant, server_date, words
from connectors.github.settings import GithubSettings

API_VERSION = "2022-11-28"
"""Pinned: an Enterprise Server refuses versions that are newer than itself (field guide 3.1)."""

_BACKDATED = timedelta(seconds=60)  # GitHub's advice against clocks that differ
_ASSERTION_LIFE = timedelta(minutes=8)  # GitHub takes at most ten minutes, counted from its own clock
_RENEW_BEFORE = timedelta(minutes=5)  # longer than one request with its repeats takes
_TOLERABLE_SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An installation's access token and when it ends (aware UTC, the server's clock)."""

    access: str
    ends: datetime


class Installation:
    """The token of one installation. It is kept in the token store, so that a new process makes none while it lasts."""

    def __init__(self, context: ConnectorContext, settings: GithubSettings) -> None:
        self._context = context
        self._settings = settings
        self._session = context.transport.session()
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._skew = timedelta()

    def current(self) -> Token:
        """A token that lasts some minutes at least.

        Raises:
            FatalError: GitHub refuses the app or its installation.
            RetriableError: It cannot be reached.
        """
        with self._lock:
            if self._token is None:
                self._token = self._stored()
            if self._token is None or self._ending(self._token):
                self._token = self._fetch()
            return self._token

    def renew(self, refused: Token) -> None:
        """GitHub refused ``refused``, though it should last: get another."""
        with self._lock:
            if self._token == refused:
                self._token = self._fetch()

    def _now(self) -> datetime:
        return self._context.clock.now() + self._skew

    def _ending(self, token: Token) -> bool:
        return token.ends - self._now() < _RENEW_BEFORE

    @property
    def _name(self) -> str:
        return f"{self._context.connection}:installation-token"

    def _identity(self) -> list[str]:
        """Whom a token is for: one got under other settings is of no use."""
        return [self._settings.url, str(self._settings.app_id), str(self._settings.installation_id)]

    def _stored(self) -> Token | None:
        text = self._context.tokens.get(self._name)
        try:
            kept = json.loads(text or "{}")
            if kept["for"] != self._identity():
                return None
            token = Token(access=str(kept["access"]), ends=datetime.fromisoformat(kept["ends"]))
        except (ValueError, KeyError, TypeError):
            return None
        self._context.transport.add_secret(token.access)
        return token

    def _fetch(self) -> Token:
        assumed = self._skew
        answer = self._ask()
        refused = answer.status_code == requests.codes.unauthorized
        if refused and abs(self._skew - assumed) > _TOLERABLE_SKEW:  # the assertion was too old or too new
            answer = self._ask()
        if not answer.ok:
            raise self._refused(answer)
        try:
            body = answer.json()
            token = Token(access=str(body["token"]), ends=self._ends(body))
        except (ValueError, KeyError, TypeError) as exc:
            raise self._error(RetriableError, "the answer holds no token", answer.status_code) from exc
        self._context.transport.add_secret(token.access)
        kept = {"for": self._identity(), "access": token.access, "ends": token.ends.isoformat()}
        self._context.tokens.put(self._name, json.dumps(kept))
        return token

    def _ends(self, body: dict[str, object]) -> datetime:
        ends = instant(body["expires_at"])
        if ends is None:
            raise ValueError("no instant")
        return ends

    @property
    def _path(self) -> str:
        return f"/app/installations/{self._settings.installation_id}/access_tokens"

    def _ask(self) -> requests.Response:
        now = self._now()
        claims = {
            "iat": int((now - _BACKDATED).timestamp()),
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
            "iss": str(self._settings.app_id),
        }
        try:
            assertion = jwt.encode(claims, self._context.secrets["private_key"], algorithm="RS256")
        except (jwt.PyJWTError, ValueError, TypeError) as exc:
            raise FatalError(
                f"{self._context.connection}: private_key is not an unencrypted RSA key in PEM form",
                connection=self._context.connection,
            ) from exc
        self._context.transport.add_secret(assertion)
        headers = {
            "Authorization": f"Bearer {assertion}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            SAFE_HEADER: "1",  # a token more does no harm
        }
        answer = self._session.post(self._settings.url + self._path, headers=headers)
        date = server_date(answer.headers)
        if date is not None:
            self._skew = date - self._context.clock.now()
        return answer

    def _refused(self, answer: requests.Response) -> ConnectorError:
        status = answer.status_code
        said = self._context.transport.redact(words(answer.text))
        if status >= requests.codes.server_error:
            return self._error(RetriableError, f"GitHub answered {status}{said}", status)
        mend = {
            requests.codes.unauthorized: "check app_id and private_key, and compare the clocks",
            requests.codes.not_found: "check installation_id, and that it is an installation of this app",
        }.get(answer.status_code, "check the installation: it may be suspended, or lack a permission")
        return self._error(FatalError, f"GitHub refuses the app's login ({status}){said}; {mend}", status)

    def _error(self, kind: type[ConnectorError], message: str, status: int) -> ConnectorError:
        place = f"POST {self._path}"
        text = f"{self._context.connection}: {place}: {message}"
        return kind(text, connection=self._context.connection, place=place, status=status)


class InstallationAuth(Auth):
    """Puts an installation's token on the requests of the library, in place of its own unguarded renewal."""

    def __init__(self, current: Callable[[], Token]) -> None:
        self._current = current

    @property
    def token_type(self) -> str:
        """The word before the token in the ``Authorization`` header."""
        return "token"

    @property
    def token(self) -> str:
        """The token at hand."""
        return self._current().access

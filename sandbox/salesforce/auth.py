"""OAuth 2.0 as an org gives it: client credentials, JWT bearer, sessions that end by idleness or by being revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import jwt
from cryptography.x509 import load_pem_x509_certificate

from sandbox.core.http import Call, HttpError, Json, empty_response
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.org import Client
from sandbox.salesforce.state import Record, Session, State

LOGIN_AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")
HOUR_SECONDS = 3_600
MAX_ASSERTION_SECONDS = 300
"""How far ahead an assertion may expire; Salesforce asks for three minutes and leaves some room."""

JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def oauth_error(error: str, description: str, *, status: int = 400) -> HttpError:
    """Return a refusal in OAuth's form."""
    return HttpError(status, description, body={"error": error, "error_description": description})


class Auth:
    """Gives, checks and ends access tokens. Called under the service's lock."""

    def __init__(self, state: State) -> None:
        self._state = state

    def machine(self, call: Call, form: Mapping[str, str]) -> tuple[Client, Record]:
        """Return who asks by client credentials or by a signed assertion.

        Raises:
            HttpError: 400, in OAuth's form, for another grant or a wrong proof.
        """
        match form.get("grant_type", ""):
            case "client_credentials":
                return self._client_credentials(call, form)
            case grant if grant == JWT_GRANT:
                return self._assertion(call, form.get("assertion", ""))
            case _:
                raise oauth_error("unsupported_grant_type", "grant type not supported")

    def grant(self, call: Call, client: Client, user: Record) -> dict[str, Any]:
        """Open a session and return what the token endpoint says of it.

        Raises:
            HttpError: 400 when the user has had as many tokens in the last hour as one may have.
        """
        self._rate(user["Username"])
        idle = self._state.switches.session_seconds if client.idle_seconds is None else client.idle_seconds
        session = self.open(user["Username"], idle)
        base = call.host_url.rstrip("/")
        issued = str(int(self._state.clock.seconds() * 1000))
        signed = hashlib.sha256(f"{client.client_secret}{user['Id']}{issued}".encode()).hexdigest()
        return {
            "access_token": session.token,
            "signature": signed,
            "scope": "api",
            "instance_url": base,
            "id": f"{base}/id/{self._state.org.id}/{user['Id']}",
            "token_type": "Bearer",
            "issued_at": issued,
            "api_instance_url": base,
        }

    def _rate(self, username: str) -> None:
        now, name = self._state.clock.seconds(), username.casefold()
        recent = [each for each in self._state.logins.get(name, []) if now - HOUR_SECONDS < each <= now]
        if len(recent) >= self._state.switches.logins_per_hour:
            raise oauth_error("invalid_grant", "login rate exceeded")
        self._state.logins[name] = [*recent, now]

    def revoke(self, call: Call) -> Any:
        """Answer /services/oauth2/revoke."""
        token = call.values.get("token", "")
        ended = self._state.sessions.pop(token, None), self._state.refresh_tokens.pop(token, None)
        if ended == (None, None):
            raise oauth_error("invalid_token", "invalid token: " + call.values.get("token", "")[:8])
        return empty_response(status=200)

    def introspect(self, call: Call) -> Json:
        """Answer /services/oauth2/introspect."""
        client = self._state.org.clients.get(call.form.get("client_id", ""))
        if client is None or client.client_secret != call.form.get("client_secret"):
            raise oauth_error("invalid_client", "invalid client credentials", status=401)
        session = self.live(call.form.get("token", ""))
        if session is None:
            return {"active": False}
        until = int(session.last_used + session.idle_seconds)
        return {
            "active": True,
            "scope": "api",
            "username": session.username,
            "token_type": "access_token",
            "exp": until,
        }

    def open(self, username: str, idle_seconds: float) -> Session:
        """Start a session and return it; tokens follow from the org and their number."""
        n = self._state.counters.get("Session", 0) + 1
        self._state.counters["Session"] = n
        digest = hashlib.sha256(f"{self._state.org.id}:{n}".encode()).hexdigest()
        session = Session(
            token=f"{self._state.org.id[:15]}!{digest}",
            username=username,
            idle_seconds=idle_seconds,
            last_used=self._state.clock.seconds(),
        )
        self._state.sessions[session.token] = session
        return session

    def actor(self, call: Call, session_id: str | None = None) -> Actor:
        """Return who calls, by the Authorization header or the session that is given.

        Raises:
            SalesforceError: 401 INVALID_SESSION_ID for an unknown, ended or idle token, 401 INVALID_AUTH_HEADER for
                another scheme.
        """
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        if scheme and scheme.lower() not in ("bearer", "oauth"):
            raise _unauthorized("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE")
        session = self.live(session_id or token.strip())
        user = self._state.user(session.username) if session else None
        if session is None or user is None or not user.get("IsActive"):
            raise _unauthorized("INVALID_SESSION_ID", "Session expired or invalid")
        session.last_used = self._state.clock.seconds()
        insists = "allowsave=true" in call.headers.get("Sforce-Duplicate-Rule-Header", "").lower().replace(" ", "")
        return replace(self.actor_of(user), allow_duplicates=insists)

    def actor_of(self, user: Record) -> Actor:
        """Return the actor that a User is."""
        return Actor(user_id=user["Id"], username=user["Username"], access=self._state.access(user["Username"]))

    def live(self, token: str) -> Session | None:
        """Return the session of a token, unless it has been idle for too long."""
        session = self._state.sessions.get(token)
        if session is not None and self._state.clock.seconds() - session.last_used > session.idle_seconds:
            del self._state.sessions[token]
            return None
        return session

    def _client_credentials(self, call: Call, form: Mapping[str, str]) -> tuple[Client, Record]:
        basic = call.authorization
        named = (basic.username, basic.password) if basic and basic.type == "basic" else (None, None)
        client_id = form.get("client_id") or named[0] or ""
        secret = form.get("client_secret") or named[1] or ""
        client = self._state.org.clients.get(client_id)
        if client is None:
            raise oauth_error("invalid_client_id", "client identifier invalid")
        if client.client_secret != secret:
            raise oauth_error("invalid_client", "invalid client credentials")
        user = self._state.user(client.run_as) if client.run_as else None
        if user is None or not user.get("IsActive"):
            raise oauth_error("invalid_grant", "no client credentials user enabled")
        return client, user

    def _assertion(self, call: Call, assertion: str) -> tuple[Client, Record]:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError as error:
            raise oauth_error("invalid_grant", "invalid assertion") from error
        client = self._state.org.clients.get(str(claims.get("iss")))
        if client is None or client.public_key is None:
            raise oauth_error("invalid_client_id", "client identifier invalid")
        if not _signed(assertion, client.public_key):
            raise oauth_error("invalid_grant", "invalid assertion")
        if self._state.switches.external_client_app and str(claims.get("aud")).rstrip("/") in LOGIN_AUDIENCES:
            raise oauth_error("app_not_found", "External client app is not installed in this org")
        host = call.host.partition(":")[0]
        allowed = {*LOGIN_AUDIENCES, call.host_url.rstrip("/"), f"https://{host}", *self._state.org.audiences}
        if str(claims.get("aud")).rstrip("/") not in allowed:
            raise oauth_error("invalid_grant", "audience is invalid")
        self._fresh(claims.get("exp"))
        user = self._state.user(str(claims.get("sub")))
        if user is None or not user.get("IsActive"):
            raise oauth_error("invalid_grant", "user hasn't approved this consumer")
        if client.authorized is not None and user["Username"] not in client.authorized:
            raise oauth_error("invalid_grant", "user hasn't approved this consumer")
        return client, user

    def _fresh(self, expires: Any) -> None:
        try:
            left = float(expires) - self._state.clock.seconds()
        except (TypeError, ValueError) as error:
            raise oauth_error("invalid_grant", "invalid assertion") from error
        if not 0 < left <= MAX_ASSERTION_SECONDS:
            raise oauth_error("invalid_grant", "expired authorization code")


def _signed(assertion: str, public_key: str) -> bool:
    try:
        jwt.api_jws.decode(assertion, key=_public_key(public_key), algorithms=["RS256"])  # the claims are checked apart
    except (jwt.PyJWTError, ValueError):
        return False
    return True


def _public_key(pem: str) -> Any:
    """Return the key of a PEM that is a public key or a certificate, as the org's settings page takes either."""
    if "BEGIN CERTIFICATE" not in pem:
        return pem

    return load_pem_x509_certificate(pem.encode()).public_key()


def _unauthorized(code: str, message: str) -> SalesforceError:
    error = refused(code, message, status=401)
    error.headers["WWW-Authenticate"] = "Token"
    return error

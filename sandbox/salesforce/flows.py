"""The flows of OAuth that people take part in: passwords, authorization codes, refresh tokens."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from sandbox.core.http import Call
from sandbox.salesforce.auth import Auth, oauth_error
from sandbox.salesforce.org import Client
from sandbox.salesforce.state import Record, State

CODE_SECONDS = 900
"""How long an authorization code is good: 15 minutes (documentation of the web server flow)."""


class Flows:
    """Grants beyond those that machines use. Called under the service's lock."""

    def __init__(self, state: State) -> None:
        self._state = state

    def password(self, form: Mapping[str, str]) -> tuple[Client, Record]:
        """Return who asks by username and password; refused unless switched on."""
        client = self._client(form)
        user = by_password(self._state, form.get("username", ""), form.get("password", ""))
        if user is None or not self._state.switches.password_grant:
            raise oauth_error("invalid_grant", "authentication failure")
        return client, user

    def authorize(self, call: Call) -> Response:
        """Answer GET /services/oauth2/authorize: consent is given at once, by `login_hint` or the client's user.

        Raises:
            HttpError: 400 when the client is unknown or nobody is there to consent.
        """
        client = self._state.org.clients.get(call.args.get("client_id", ""))
        target, kind = call.args.get("redirect_uri", ""), call.args.get("response_type")
        if client is None or not target or kind not in ("code", "token"):
            raise oauth_error(
                "invalid_request", "client_id, redirect_uri and a response_type of code or token are needed"
            )
        user = self._state.user(call.args.get("login_hint") or client.run_as or "")
        if user is None:
            raise oauth_error("access_denied", "end-user denied authorization")
        state = {"state": call.args["state"]} if "state" in call.args else {}
        if kind == "token":
            answer = Auth(self._state).grant(call, client, user) | state
            return _redirect(f"{target}#{urlencode(answer)}")
        n = self._state.counters["code"] = self._state.counters.get("code", 0) + 1
        code = "aPrx" + hashlib.sha256(f"{self._state.org.id}:code:{n}".encode()).hexdigest()
        self._state.codes[code] = {
            "client_id": client.client_id,
            "username": user["Username"],
            "redirect_uri": target,
            "challenge": call.args.get("code_challenge"),
            "until": self._state.clock.seconds() + CODE_SECONDS,
        }
        joiner = "&" if "?" in target else "?"
        return _redirect(f"{target}{joiner}{urlencode({'code': code, **state})}")

    def code(self, form: Mapping[str, str]) -> tuple[Client, Record]:
        """Return who asks by an authorization code, which is good once."""
        client = self._client(form)
        found = self._state.codes.pop(form.get("code", ""), None)
        if found is None or found["client_id"] != client.client_id or found["until"] < self._state.clock.seconds():
            raise oauth_error("invalid_grant", "expired authorization code")
        if found["redirect_uri"] != form.get("redirect_uri"):
            raise oauth_error("redirect_uri_mismatch", "redirect_uri must match configuration")
        if found["challenge"] and _challenge(form.get("code_verifier", "")) != found["challenge"]:
            raise oauth_error("invalid_grant", "invalid code verifier")
        return client, self._user(found["username"])

    def refresh(self, form: Mapping[str, str]) -> tuple[Client, Record]:
        """Return who asks by a refresh token, which stays good until it is revoked."""
        client = self._client(form)
        found = self._state.refresh_tokens.get(form.get("refresh_token", ""))
        if found is None or found[0] != client.client_id:
            raise oauth_error("invalid_grant", "expired access/refresh token")
        return client, self._user(found[1])

    def refresh_token(self, client: Client, user: Record) -> str:
        """Give a refresh token."""
        n = self._state.counters["refresh"] = self._state.counters.get("refresh", 0) + 1
        made = "5Aep" + hashlib.sha256(f"{self._state.org.id}:refresh:{n}".encode()).hexdigest()
        self._state.refresh_tokens[made] = (client.client_id, user["Username"])
        return made

    def _client(self, form: Mapping[str, str]) -> Client:
        client = self._state.org.clients.get(form.get("client_id", ""))
        if client is None:
            raise oauth_error("invalid_client_id", "client identifier invalid")
        given = form.get("client_secret")
        if given is not None and given != client.client_secret:
            raise oauth_error("invalid_client", "invalid client credentials")
        return client

    def _user(self, username: str) -> Record:
        user = self._state.user(username)
        if user is None or not user.get("IsActive"):
            raise oauth_error("inactive_user", "user is inactive")
        return user


def by_password(state: State, username: str, password: str) -> Record | None:
    """Return the active user of a name and password, which the security token follows, or None."""
    wanted = state.org.passwords.get(username.casefold())
    user = state.user(username)
    if wanted is None or user is None or not user.get("IsActive"):
        return None
    return user if password == "".join(wanted) else None


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _redirect(location: str) -> Response:
    return Response(status=302, headers={"Location": location})


def discovery(base: str) -> dict[str, Any]:
    """Return the answer of /.well-known/openid-configuration."""
    oauth = f"{base}/services/oauth2"
    return {
        "issuer": base,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "revocation_endpoint": f"{oauth}/revoke",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "introspection_endpoint": f"{oauth}/introspect",
        "jwks_uri": f"{base}/id/keys",
        "scopes_supported": ["api", "refresh_token", "id"],
        "response_types_supported": ["code", "token"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
    }

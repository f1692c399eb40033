"""OAuth 2.0: Cloud's authorization code with rotating refresh tokens, client credentials, and Data Center's own."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira import scopes
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site

CODE_SECONDS = 600
"""How long a code can be exchanged."""

REFRESH_DAYS = 90
"""After so many days without use a refresh token is worth nothing."""

DATA_CENTER_BASE = "/rest/oauth2/latest"
PLACES = frozenset({"/oauth/token", f"{DATA_CENTER_BASE}/token", f"{DATA_CENTER_BASE}/revoke"})
"""Where an Authorization header names a client, and no user."""

DATA_CENTER_SCOPES = ("READ", "WRITE", "ADMIN")
DAY_SECONDS = 86_400


class OAuth:
    """The handlers of `/authorize` and `/oauth/token` on Cloud, `/rest/oauth2/latest` on Data Center.

    The user of an `oauth_clients` entry consents at once, so that no browser is needed: `/authorize` answers with the
    redirect that a person's yes would bring.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List the routes."""
        cloud = self._site.state.cloud
        base, token = ("", "/oauth/token") if cloud else (DATA_CENTER_BASE, f"{DATA_CENTER_BASE}/token")
        return [
            Route(method="GET", path=f"{base}/authorize", handler=self.authorize),
            Route(method="POST", path=token, handler=self.token),
            *([] if cloud else [Route(method="POST", path=f"{base}/revoke", handler=self.revoke)]),
        ]

    def authorize(self, call: Call) -> Response:
        """Send the browser back with a code, or with the error that the client is to be told."""
        args = call.args
        client = self._client(args.get("client_id"))
        target = args.get("redirect_uri") or ""
        known = client.get("redirect_uris") if client else None
        if client is None or urlsplit(target).scheme not in ("http", "https") or (known and target not in known):
            raise HttpError(400, body=_error("invalid_request", "Unknown client_id or redirect_uri"))
        answer: Row = {"state": args["state"]} if args.get("state") else {}
        wanted = args.get("scope", "").split()
        if args.get("response_type") != "code":
            answer |= _error("unsupported_response_type", "response_type must be code")
        elif unknown := [one for one in wanted if one not in self._scopes(client)]:
            answer |= _error("invalid_scope", f"Unknown or disallowed scopes: {' '.join(unknown)}")
        else:
            code = self._mint("code", client)
            challenge = {key: args.get(key) for key in ("code_challenge", "code_challenge_method")}
            expires = self._site.clock.seconds() + CODE_SECONDS
            grant = {"client_id": client["client_id"], "scopes": wanted, "redirect_uri": target, "expires": expires}
            self._site.state.grants[code] = {**grant, **challenge, "kind": "code"}
            answer["code"] = code
        return Response(status=302, headers={"Location": f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}"})

    def token(self, call: Call) -> Json:
        """Give tokens for client credentials, a code or a refresh token; JSON or a form."""
        form = self._form(call)
        client = self._client(form.get("client_id"))
        if client is None or not hmac.compare_digest(
            str(client.get("client_secret")).encode(), str(form.get("client_secret")).encode()
        ):
            raise HttpError(401, body=_error("access_denied", "Unauthorized"))
        match form.get("grant_type"):
            case "client_credentials":
                return self._tokens(client, self._asked(client, form), refresh=False)
            case "authorization_code":
                return self._exchange(client, form)
            case "refresh_token":
                return self._refresh(client, form)
            case _:
                raise HttpError(400, body=_error("unsupported_grant_type", "Unsupported grant"))

    def revoke(self, call: Call) -> Json:
        """End a token (Data Center)."""
        form = self._form(call)
        for table in (self._site.state.access_tokens, self._site.state.grants):
            table.pop(str(form.get("token")), None)
        return {}

    def _exchange(self, client: Row, form: Row) -> Json:
        """Take a code once, at the address it was sent to, and with the verifier of its challenge if it had one."""
        grant = self._site.state.grants.pop(str(form.get("code")), None)
        fits = (
            grant is not None
            and grant["kind"] == "code"
            and grant["client_id"] == client["client_id"]
            and grant["expires"] > self._site.clock.seconds()
            and grant["redirect_uri"] == form.get("redirect_uri")
            and _verified(grant, form.get("code_verifier"))
        )
        if grant is None or not fits:
            raise HttpError(403, body=_error("invalid_grant", "Invalid authorization code"))
        refresh = scopes.OFFLINE in grant["scopes"] or not self._site.state.cloud
        return self._tokens(client, grant["scopes"], refresh=refresh)

    def _refresh(self, client: Row, form: Row) -> Json:
        """Give new tokens for a refresh token; on Cloud it is spent by that, unless the switch says otherwise."""
        state, now = self._site.state, self._site.clock.seconds()
        token = str(form.get("refresh_token"))
        grant = state.grants.get(token)
        good = grant is not None and grant["kind"] == "refresh" and grant["client_id"] == client["client_id"]
        if grant is None or not good or grant["expires"] <= now:
            raise HttpError(403, body=_error("invalid_grant", "Unknown or invalid refresh token."))
        if state.switches.refresh_rotates:
            del state.grants[token]
            return self._tokens(client, grant["scopes"], refresh=True)
        grant["expires"] = now + REFRESH_DAYS * DAY_SECONDS
        return {**self._tokens(client, grant["scopes"], refresh=False), "refresh_token": token}

    def _tokens(self, client: Row, given: Sequence[str], *, refresh: bool) -> Row:
        state, now = self._site.state, self._site.clock.seconds()
        seconds = state.switches.token_seconds
        token = self._mint("access token", client)
        user = state.user_id(client["user"])
        state.access_tokens[token] = {"user": user, "expires": now + seconds, "scopes": list(given)}
        kind = "Bearer" if state.cloud else "bearer"
        shown: Row = {"access_token": token, "expires_in": seconds, "token_type": kind, "scope": " ".join(given)}
        if refresh:
            shown["refresh_token"] = self._mint("refresh token", client)
            grant = {"kind": "refresh", "client_id": client["client_id"], "scopes": list(given)}
            state.grants[shown["refresh_token"]] = {**grant, "expires": now + REFRESH_DAYS * DAY_SECONDS}
        return shown

    def _asked(self, client: Row, form: Row) -> list[str]:
        """Give the scopes of a token for the client itself: those asked for, else all that it has."""
        allowed = self._scopes(client)
        wanted = str(form.get("scope") or "").split() or [one for one in allowed if one != scopes.OFFLINE]
        if unknown := [one for one in wanted if one not in allowed]:
            raise HttpError(400, body=_error("invalid_scope", f"Unknown or disallowed scopes: {' '.join(unknown)}"))
        return wanted

    def _scopes(self, client: Row) -> Sequence[str]:
        every = (*scopes.ALL, scopes.OFFLINE, scopes.ME) if self._site.state.cloud else DATA_CENTER_SCOPES
        own = client.get("scopes")
        return every if own is None else [*own, scopes.OFFLINE]

    def _client(self, client_id: Any) -> Row | None:
        return next((one for one in self._site.state.oauth_clients if one.get("client_id") == client_id), None)

    def _mint(self, what: str, client: Row) -> str:
        text = f"{what} {client['client_id']} {client.get('client_secret')} {self._site.state.next_id(what)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def _form(self, call: Call) -> Row:
        """Read the form, and the client's name and secret from a Basic header when it came so."""
        form = body_object(call.json_body()) if call.is_json else dict(call.form)
        scheme, _, rest = call.headers.get("Authorization", "").partition(" ")
        if scheme.casefold() == "basic":
            try:
                name, _, secret = base64.b64decode(rest, validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return form
            return {"client_id": name, "client_secret": secret, **form}
        return form


def _verified(grant: Row, verifier: Any) -> bool:
    """Check the proof of possession (PKCE) of a code that began with a challenge."""
    challenge = grant.get("code_challenge")
    if not challenge:
        return True
    if grant.get("code_challenge_method") == "plain":
        return bool(challenge == verifier)
    digest = hashlib.sha256(str(verifier).encode()).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), str(challenge).encode())


def _error(word: str, said: str) -> dict[str, str]:
    return {"error": word, "error_description": said}

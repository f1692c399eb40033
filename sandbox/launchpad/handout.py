"""How tokens are handed out: request token, a person's word, access token. The word comes by an admin route here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, Route, json_response
from sandbox.launchpad.auth import RequestToken, Token
from sandbox.launchpad.session import Level
from sandbox.launchpad.store import Store

_TEXT = "text/plain;charset=utf-8"


class Handout:
    """The three steps. Keys are counted, not drawn, so that runs are alike.

    Args:
        store: gives the state in force.
    """

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def routes(self) -> Iterable[Route]:
        """List the steps that a client takes."""
        yield Route(method="POST", path="/+request-token", handler=self._request)
        yield Route(method="GET", path="/+authorize-token", handler=self._page)
        yield Route(method="POST", path="/+authorize-token", handler=self._word)
        yield Route(method="POST", path="/+access-token", handler=self._access)

    def authorize(self, call: Call) -> Json:
        """Take a person's word: `{"token", "person", "level"}`; the level UNAUTHORIZED refuses."""
        body = call.json_object()
        asked = self._decide(body.get("token"), body.get("person"), body.get("level"))
        return {"token": asked.key, "person": asked.person, "level": asked.level}

    def _decide(self, token: Any, person: Any, level: Any) -> RequestToken:
        asked = self._store().request_tokens.get(str(token))
        if asked is None:
            raise HttpError(404, f"no such request token: {token!r}")
        if self._store().person(str(person)) is None:
            raise HttpError(400, f"no such person: {person!r}")
        if level not in list(Level):
            raise HttpError(400, f"level: expected one of {', '.join(Level)}")
        asked.person, asked.level = str(person), Level(level)
        return asked

    def _word(self, call: Call) -> Response:
        """Take the word from the page's form, and lead back to the application that asked, if it said where."""
        given = _given(call)
        self._decide(given.get("oauth_token"), given.get("person"), given.get("level"))
        if given.get("oauth_callback"):
            return Response(status=302, headers={"Location": given["oauth_callback"]})
        return Response("Almost finished: go back to the application that asked.\n", content_type=_TEXT)

    def _request(self, call: Call) -> Response:
        consumer = _given(call).get("oauth_consumer_key")
        if not consumer:
            raise HttpError(401, "No oauth_consumer_key was given.")
        if _given(call).get("oauth_signature") != "&":
            raise HttpError(401, "Invalid signature.")
        number = self._store().next_number("token")
        asked = RequestToken(key=f"request-token-{number}", secret=f"request-secret-{number}", consumer=consumer)
        self._store().request_tokens[asked.key] = asked
        given = {"oauth_token": asked.key, "oauth_token_secret": asked.secret}
        if "json" in call.headers.get("Accept", ""):
            levels = [{"value": one.value, "title": one.value} for one in Level]
            return json_response({**given, "oauth_token_consumer": consumer, "access_levels": levels})
        return Response(urlencode(given), content_type=_TEXT)

    def _page(self, call: Call) -> Response:
        """Show the page on which a person allows it; anyone may speak for anyone here."""
        asked = self._store().request_tokens.get(call.args.get("oauth_token", ""))
        if asked is None:
            raise HttpError(404, "No such request token; ask for one by POST /+request-token.")
        allowed = [one for one in call.args.getlist("allow_permission") if one in list(Level)] or list(Level)
        levels = dict.fromkeys([*allowed, Level.UNAUTHORIZED.value])
        people = "".join(f"<option>{escape(one.name)}</option>" for one in self._store().people)
        buttons = "".join(f'<button name="level" value="{one}">{one}</button> ' for one in levels)
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(call.args.get(name, ""))}">'
            for name in ("oauth_token", "oauth_callback")
        )
        page = (
            f"<!DOCTYPE html><title>Authorize</title><p>{escape(asked.consumer)} wants to act for you.</p>"
            f'<form method="post" action="/+authorize-token">{hidden}<select name="person">{people}</select> '
            f"{buttons}</form>"
        )
        return Response(page, content_type="text/html;charset=utf-8")

    def _access(self, call: Call) -> Response:
        asked = self._store().request_tokens.get(_given(call).get("oauth_token", ""))
        if asked is None or _given(call).get("oauth_signature") != f"&{asked.secret}":
            raise HttpError(401, "Invalid request token or signature.")
        if asked.level is None:
            raise HttpError(401, "Request token has not yet been reviewed. Try again later.")
        if asked.level is Level.UNAUTHORIZED:
            raise HttpError(401, "End-user refused to authorize request token.")
        del self._store().request_tokens[asked.key]
        number = asked.key.rsplit("-", 1)[-1]
        made = Token(
            key=f"token-{number}",
            secret=f"secret-{number}",
            person=asked.person,
            level=asked.level,
            consumer=asked.consumer,
        )
        self._store().tokens.append(made)
        given = {"oauth_token": made.key, "oauth_token_secret": made.secret, "lp.context": "None"}
        return Response(urlencode(given), content_type=_TEXT)


def _given(call: Call) -> dict[str, str]:
    """Read the parameters; the client library sends a form without saying that it is one."""
    return {**dict(call.args), **dict(parse_qsl(call.get_data(as_text=True)))}

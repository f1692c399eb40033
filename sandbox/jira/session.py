"""Data Center's log-in by cookie: `/rest/auth/1/session`, where the token stands for the password."""

import hashlib
import hmac

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, Route, empty_response, json_response
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site

COOKIE = "JSESSIONID"


class Session:
    """The handlers of the session."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List the routes."""
        table = {"GET": self.get, "POST": self.log_in, "DELETE": self.log_out}
        return [Route(method=method, path="/rest/auth/1/session", handler=each) for method, each in table.items()]

    def log_in(self, call: Call) -> Response:
        """`POST`: name and password; gives the cookie."""
        body, state = body_object(call.json_body()), self._site.state
        uid = state.user_id(str(body.get("username")))
        token = str(state.users[uid].get("token") or "") if uid else ""
        if not token or not hmac.compare_digest(token.encode(), str(body.get("password")).encode()):
            raise HttpError(401, body={"errorMessages": ["Login failed"], "errors": {}})
        value = hashlib.sha256(f"session {token} {state.next_id('session')}".encode()).hexdigest()[:32].upper()
        state.sessions[value] = str(uid)
        response = json_response({"session": {"name": COOKIE, "value": value}, "loginInfo": self._info()})
        response.set_cookie(COOKIE, value, path="/", httponly=True)
        return response

    def get(self, call: Call) -> Json:
        """`GET`: who is logged in."""
        uid = self._site.caller(call).require()
        link = f"{self._site.renderer(call).rest}/user?username={uid}"
        return {"self": link, "name": self._site.state.users[uid].get("name"), "loginInfo": self._info()}

    def log_out(self, call: Call) -> Response:
        """`DELETE`: ends the session of the cookie."""
        self._site.caller(call).require()
        self._site.state.sessions.pop(call.cookies.get(COOKIE, ""), None)
        return empty_response()

    def _info(self) -> Row:
        now = self._site.clock.now().strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        return {"failedLoginCount": 0, "loginCount": 1, "previousLoginTime": now}

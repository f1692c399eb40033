"""The stand-in as a service: routes, authentication, headers, Jira's form of errors."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.checked import changed
from sandbox.core.clock import Clock
from sandbox.core.http import Call, Handler, HttpError, Json, Route, json_response
from sandbox.core.service import Service
from sandbox.jira import auth, gateway, loading, oauth, scopes, session, steering
from sandbox.jira.auth import Caller
from sandbox.jira.limits import Ask, Meter
from sandbox.jira.routes import API_PREFIX, MAIN_VERSION, all_routes, listed_path, version_of
from sandbox.jira.site import Site
from sandbox.jira.switches import SelfLinks
from sandbox.jira.webhooks import Postman

_RATE_HEADERS_CLOUD = {
    "X-RateLimit-Limit": "350",
    "X-RateLimit-Remaining": "349",
    "Beta-RateLimit-Policy": '"jira-burst-based";q=350;w=1',
    "Beta-RateLimit": '"jira-burst-based";r=349',
    "Atl-Traceid": "0" * 32,
}
_RATE_HEADERS_DATA_CENTER = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-FillRate": "500",
    "X-RateLimit-Interval-Seconds": "60",
}

NODE_COOKIE = "ROUTEID"
"""By which a load balancer keeps a client on one node."""

_NO_JSON = ("application/x-www-form-urlencoded", "text/plain")
_FORMS = re.compile(r"^/oauth/|^/rest/oauth2/|/columns$|/mypreferences$")
"""Where a form or a plain text may be sent; elsewhere in REST it is JSON."""

_ISSUE_PATH = re.compile(r"/issue/([^/]+)")


class JiraService(Service):
    """Jira Cloud or Data Center over the state that a document describes (see `sandbox.jira.state`).

    Args:
        document: the state document.
        name: how the stand-in calls itself.
        clock: its time.
        log_file: where exchanges are appended.

    Raises:
        ValueError: the document is wrong.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        name: str = "jira",
        clock: Clock | None = None,
        log_file: Path | None = None,
    ) -> None:
        super().__init__(clock=clock, log_file=log_file)
        self.name = name
        self._site = Site(state=loading.load(document), clock=self.clock)
        self.meter = Meter(self.clock)
        self.postman = Postman(self._site, self.lock)
        self._site.listener = self.postman
        self._turn = 0
        self._served = 0
        self.faults.replace(self.faults.of_state(document))

    @property
    def site(self) -> Site:
        """The state in force, for tests in the same process; use it under `lock`."""
        return self._site

    def dump_state(self) -> Json:
        """Give the state document."""
        return loading.dump(self._site.state, self.faults.documents())

    def load_state(self, document: Json) -> None:
        """Replace the state; the deployment cannot change."""
        state = loading.load(document)
        rules = self.faults.of_state(document)
        if state.deployment is not self._site.state.deployment:
            raise ValueError("the deployment of a running stand-in cannot change")
        state.writes = self._site.state.writes + 1  # answers kept from the old state must not fit the new one
        self._site.state = state
        self.faults.replace(rules)

    def settings(self) -> Mapping[str, Any]:
        """Give `index_lag_seconds` and all switches (see `sandbox.jira.switches`)."""
        state = self._site.state
        return {"index_lag_seconds": state.index_lag_seconds, **state.switches.as_json()}

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change `index_lag_seconds` or switches; a new set of limits begins with nothing used."""
        changes = dict(changes)
        lag = changes.pop("index_lag_seconds", None)
        state = self._site.state
        state.switches = changed(state.switches, changes)
        if lag is not None:
            state.index_lag_seconds = float(lag)
        if "limits" in changes:
            self.meter.clear()
        state.writes += 1

    @property
    def server_header(self) -> str:  # type: ignore[override] # depends on the deployment
        """What the Server header says."""
        return "AtlassianEdge" if self._site.state.cloud else "Apache"

    def _match(self, call: Call) -> tuple[Handler, dict[str, Any]]:
        """Find the route; the gateway's addresses lead to the site's own, and each version's to the listed ones."""
        raw = str(call.environ.get("RAW_PATH") or call.path)
        cloud = self._site.state.cloud
        inside = gateway.split(raw) if cloud else None
        path = raw if inside is None else inside[1]
        version = version_of(path, cloud=cloud)
        if version is None and path.startswith(API_PREFIX):
            raise HttpError(404, "No such resource")
        call.environ["RAW_PATH"] = listed_path(path, version)
        try:
            found = super()._match(call)
        finally:
            call.environ["RAW_PATH"] = raw
        if version is not None:
            call.route = f"{API_PREFIX}{version}{call.route.removeprefix(API_PREFIX + MAIN_VERSION)}"
        if inside is None:
            return found
        if inside[0] != gateway.cloud_id(self._site) or not call.route.startswith("/rest/"):
            raise HttpError(404, body={"code": 404, "message": "Not Found"})
        call.route = f"{gateway.PREFIX}<cloud_id>{call.route}"
        return found

    def authenticate(self, call: Call) -> None:
        """Find the caller; wrong credentials are anonymous on Cloud and refused on Data Center. Limits count here."""
        state = self._site.state
        behind = call.route.startswith(gateway.PREFIX)
        version = 3 if "/rest/api/3" in call.route else 2
        base = state.site.get("base_url") or call.host_url.rstrip("/")
        self._site.base = base
        if behind and state.switches.gateway_self_links is SelfLinks.GATEWAY:
            base = f"{call.host_url.rstrip('/')}{gateway.PREFIX}{gateway.cloud_id(self._site)}"
        node = self._node(call)
        caller = auth.caller(
            state,
            None if call.route in oauth.PLACES else call.headers.get("Authorization"),
            version=version,
            base=base,
            gateway=behind,
            node=node,
            now=self.clock.seconds(),
            session=call.cookies.get(session.COOKIE, ""),
        )
        call.user, call.notes = caller.uid, caller
        self._check_scope(call, caller)
        if call.mimetype in _NO_JSON and call.get_data() and not _FORMS.search(call.route):
            raise HttpError(415, f"Unsupported Media Type: {call.mimetype}; application/json is expected.")
        if state.switches.limits.on:
            headers = self.meter.check(state.switches.limits, self._ask(call, caller), cloud=state.cloud)
            call.environ["sandbox.limits"] = headers

    def _check_scope(self, call: Call, caller: Caller) -> None:
        """Refuse what the scopes of an OAuth token do not cover."""
        if caller.scopes is None:
            return
        if not self._site.state.cloud:
            if call.method != "GET" and not {"WRITE", "ADMIN"} & caller.scopes:
                raise HttpError(403, "The scope of the token does not allow this request.")
            return
        version = version_of(call.path[call.path.find("/rest/") :], cloud=True)
        path = call.route.removeprefix(f"{gateway.PREFIX}<cloud_id>").removeprefix(f"{API_PREFIX}{version}")
        scope = scopes.needed(call.method, path)
        if scope and scope not in caller.scopes:
            raise HttpError(401, body={"code": 401, "message": "Unauthorized; scope does not match"})

    def _node(self, call: Call) -> int:
        """Give the node that answers: the one of the caller's cookie, else the next one in turn."""
        count = self._site.state.switches.nodes
        named = call.cookies.get(NODE_COOKIE, "").removeprefix(".node")
        if named.isascii() and named.isdigit() and 1 <= int(named) <= count:
            return int(named)
        self._turn += 1
        return self._turn % count + 1

    def _ask(self, call: Call, caller: Caller) -> Ask:
        match = _ISSUE_PATH.search(call.path) if call.method in ("POST", "PUT", "DELETE") else None
        issue = self._site.state.issue(match[1]) if match else None
        who = caller.uid or "anonymous"
        route = f"{call.method} {call.route}"
        return Ask(who=who, route=route, issue=issue.id if issue else None, oauth=caller.oauth, node=caller.node)

    def finish(self, call: Call, response: Response) -> None:
        """Add the headers that Jira's answers bear, count what was read, and send off webhooks."""
        self._served += 1
        headers = response.headers
        state = self._site.state
        headers["X-AREQUESTID"] = hashlib.sha256(str(self._served).encode()).hexdigest()[:32]
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cache-Control"] = "no-cache, no-store, no-transform"
        usual = _RATE_HEADERS_CLOUD if state.cloud else _RATE_HEADERS_DATA_CENTER
        for name, value in (call.environ.get("sandbox.limits") or usual).items():
            headers.setdefault(name, value)
        self.postman.call()
        caller = call.notes
        if not isinstance(caller, Caller):
            return
        if state.switches.limits.quota_points is not None and (call.method == "GET" or "/search" in call.path):
            self.meter.read(state.switches.limits, self._ask(call, caller), _objects(response))
        if state.cloud:
            if caller.uid:
                headers["X-AACCOUNTID"] = caller.uid
            if caller.failed:
                headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
            return
        headers["X-AUSERNAME"] = str(state.users[caller.uid].get("name")) if caller.uid else "anonymous"
        headers["X-Seraph-LoginReason"] = "OK"
        headers["X-ANODEID"] = f"node{caller.node}"
        if state.switches.nodes > 1:
            response.set_cookie(NODE_COOKIE, f".node{caller.node}", path="/")

    def render_error(self, call: Call, error: HttpError) -> Response:  # noqa: ARG002 - part of the hook
        """Give `{"errorMessages", "errors"}`."""
        body = error.body if error.body is not None else {"errorMessages": [error.message], "errors": {}}
        return json_response(body, status=error.status, headers=error.headers)

    def routes(self) -> Iterable[Route]:
        """List the routes of the deployment."""
        return all_routes(self._site)

    def admin_routes(self) -> Iterable[Route]:
        """List the stand-in's own routes (see `sandbox.jira.steering`)."""
        return steering.routes(self)


def _objects(response: Response) -> int:
    """Count the objects of an answer: the entries of its list, else one."""
    try:
        body = json.loads(response.get_data())
    except ValueError:
        return 0
    if isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list)]
        body = max(lists, key=len, default=[body])
    return len(body) if isinstance(body, list) else 1

"""The stand-in itself: all endpoints together, authentication, the daily quota, errors in Salesforce's form."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.checked import changed
from sandbox.core.clock import Clock
from sandbox.core.http import Call, HttpError, Json, Route, json_response
from sandbox.core.service import Delivery, Service
from sandbox.salesforce import loading
from sandbox.salesforce.auth import Auth
from sandbox.salesforce.bulk import Bulk
from sandbox.salesforce.bulk_batches import PREFIX as BATCH_PREFIX, Batches, BulkXmlError, failure
from sandbox.salesforce.composite import Composite
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import SalesforceError, not_found, refused
from sandbox.salesforce.extras import Extras
from sandbox.salesforce.layouts import Layouts
from sandbox.salesforce.login import OPEN_PATHS, Login
from sandbox.salesforce.org import OutboundMessage
from sandbox.salesforce.postman import Postman
from sandbox.salesforce.queries import Queries
from sandbox.salesforce.replication import Replication
from sandbox.salesforce.resources import FIRST_VERSION, LAST_VERSION, Resources
from sandbox.salesforce.room import Room
from sandbox.salesforce.rows import Rows
from sandbox.salesforce.searching import Searching
from sandbox.salesforce.sobject_collections import Collections
from sandbox.salesforce.state import Note
from sandbox.salesforce.steering import Steering
from sandbox.salesforce.transport import packed, received, refuse_packed, shown
from sandbox.salesforce.trees import Trees
from sandbox.salesforce.webhooks import envelope

_VERSION = re.compile(r"/services/data/v(\d+)\.0(?:/|\Z)")


class SalesforceService(Service):
    """An org over HTTP. Start it with TLS: clients of Salesforce speak only https.

    Args:
        state: A document of the form that `sandbox.salesforce.state` tells; an empty org otherwise.
        clock: The time it lives in.
        log_file: Where exchanges are appended.
    """

    name = "salesforce"
    server_header = "sfdcedge"

    def __init__(
        self, state: Mapping[str, Any] | None = None, *, clock: Clock | None = None, log_file: Path | None = None
    ) -> None:
        self._room: Room | None = None
        self._base = "https://localhost"
        self._postman = Postman(self)
        super().__init__(clock=clock, log_file=log_file)
        self.load_state(state or {})

    @property
    def room(self) -> Room:
        """The state, as the endpoints reach it."""
        if self._room is None:
            self._room = Room(state=loading.load({}, self.clock))
        return self._room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        room = self.room
        groups = (Login, Resources, Queries, Replication, Collections, Rows, Bulk, Batches, Searching, Layouts, Extras)
        for group in groups:
            yield from group(room).routes()
        composite = Composite(room, self._dispatch)
        yield from composite.routes()
        yield from Trees(room, composite).routes()

    def admin_routes(self) -> Iterable[Route]:
        """List the routes by which a test steers the org (`sandbox.salesforce.steering`)."""
        return Steering(self.room, self.lock, self._postman.call).routes()

    def dump_state(self) -> Json:
        """Give the state document."""
        return loading.dump(self.room.state, self.faults.documents())

    def load_state(self, document: Json) -> None:
        """Replace the state; ValueError names all that is wrong with the document."""
        state = loading.load(document, self.clock)
        rules = self.faults.of_state(document)
        self.room.replace(state)
        self.faults.replace(rules)

    def settings(self) -> Mapping[str, Any]:
        """Give the daily quota, what is used of it, and the switches."""
        state = self.room.state
        return {
            "daily_limit": state.quota.limit,
            "calls_used": state.quota.used,
            "switches": state.switches.as_json(),
        }

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change the quota, its use, or some switches."""
        super().change_settings(changes)
        state = self.room.state
        switches = changed(state.switches, changes.get("switches"), place="switches")
        limit, used = int(changes.get("daily_limit", state.quota.limit)), changes.get("calls_used")
        if used is not None:
            state.quota.put(int(used))
        state.quota.limit, state.switches = limit, switches

    def outbound_body(self, message: OutboundMessage, notes: list[Note]) -> bytes:
        """Return the body of an outbound message; called under the lock."""
        state = self.room.state
        session = None
        if message.with_session:
            user = state.user(message.username or "") or next(iter(state.tables["User"].values()))
            session = Auth(state).open(user["Username"], state.switches.session_seconds).token
        return envelope(state, message, notes, self._base, session)

    def exchange(self, call: Call, gone: Callable[[], bool]) -> Delivery:
        """Answer one request: unpacked and with the method that is meant, and packed where the client takes that."""
        call = received(call)
        delivery = super().exchange(call, gone)
        if delivery.response is not None:
            packed(call, delivery.response)
        return delivery

    def authenticate(self, call: Call) -> None:
        """Check version and token, and count the call.

        Raises:
            SalesforceError: 404 for a version not served, 401 INVALID_SESSION_ID, 403 REQUEST_LIMIT_EXCEEDED.
        """
        if call.route in OPEN_PATHS or call.route == "/services/data":
            return
        if len(call.path) + len(call.query_string) > self.room.state.switches.uri_bytes:
            raise HttpError(414, "URI Too Long")
        version = _VERSION.match(call.path)
        if call.path.startswith("/services/data/") and not (
            version and FIRST_VERSION <= int(version[1]) <= LAST_VERSION
        ):
            raise not_found()
        call.user = self._actor(call)
        refuse_packed(call)
        state = self.room.state
        if not state.quota.left:
            raise refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", status=403)
        state.quota.count()

    def _actor(self, call: Call) -> Actor:
        auth = Auth(self.room.state)
        if not call.path.startswith(BATCH_PREFIX):
            return auth.actor(call)
        try:
            return auth.actor(call, call.headers.get("X-SFDC-Session"))
        except SalesforceError as error:
            raise failure(call, "InvalidSessionId", "Invalid session id") from error

    def finish(self, call: Call, response: Response) -> None:
        """Say how much of the daily quota is used, in the form asked for, and see to what is to be sent."""
        shown(call, response)
        self._base = call.host_url.rstrip("/")
        self._postman.call()
        if call.user is not None:
            state = self.room.state
            info = f"api-usage={state.quota.used}/{state.quota.limit}"
            if state.switches.per_app_usage:
                info += f"; per-app-api-usage={state.quota.used}/{state.quota.limit}(appName=Sandbox)"
            response.headers["Sforce-Limit-Info"] = info
            response.headers.setdefault("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")

    def render_error(self, call: Call, error: HttpError) -> Response:
        """Turn an error into a list of {message, errorCode}."""
        if isinstance(error, BulkXmlError):
            return error.response
        if isinstance(error, SalesforceError) or error.body is not None:
            return json_response(error.body, status=error.status, headers=error.headers)
        if error.status == 414:
            return Response("<html><body><h1>URI Too Long</h1></body></html>", status=414, content_type="text/html")
        code, message = (
            "UNKNOWN_EXCEPTION",
            "An unexpected error occurred. Please include this ErrorId if you contact support",
        )
        if error.status == 404:
            code, message = "NOT_FOUND", "The requested resource does not exist"
        elif error.status == 405:
            allowed = error.headers.get("Allow", "").replace(" ", "")
            code, message = "METHOD_NOT_ALLOWED", f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
        elif error.status == 400:
            code, message = "JSON_PARSER_ERROR", error.message
        return json_response([{"errorCode": code, "message": message}], status=error.status, headers=error.headers)

    def _dispatch(self, outer: Call, inner: Call) -> Response:
        """Answer a subrequest of a composite call as the same user, without counting it."""
        try:
            handler, arguments = self._match(inner)
            inner.user = outer.user
            result = handler(inner, **arguments)
        except HttpError as error:
            return self.render_error(inner, error)
        return result if isinstance(result, Response) else json_response(result)

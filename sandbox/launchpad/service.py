"""The stand-in itself: the framework behind the routes, token and user, what a request changed, webhooks, files."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.clock import Clock
from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.core.service import Service
from sandbox.launchpad import framework
from sandbox.launchpad.auth import identify
from sandbox.launchpad.commit import commit
from sandbox.launchpad.dumping import dump
from sandbox.launchpad.files import find_file
from sandbox.launchpad.handout import Handout
from sandbox.launchpad.postman import Postman
from sandbox.launchpad.session import Level, Session
from sandbox.launchpad.state import load
from sandbox.launchpad.steering import Steering
from sandbox.launchpad.store import Store

LOGGER = logging.getLogger(__name__)

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_TEMPLATES = (
    "/<version>",
    "/<version>/bugs",
    "/<version>/bugs/<bug>",
    "/<version>/bugs/<bug>/<field>",
    "/<version>/people",
    "/<version>/people/+me",
    "/<version>/projects",
    "/<version>/projectgroups",
    "/<version>/distros",
    "/<version>/specs",
    "/<version>/+git",
    "/<version>/~<person>",
    "/<version>/~<person>/<field>",
    "/<version>/~<person>/<target>/+git/<repository>",
    "/<version>/~<person>/<target>/+git/<repository>/+merge/<proposal>",
    "/<version>/<pillar>",
    "/<version>/<pillar>/<field_or_series>",
    "/<version>/<pillar>/<series>/<field>",
    "/<version>/<pillar>/+bug/<bug>",
    "/<version>/<pillar>/+bug/<bug>/comments/<comment>",
    "/<version>/<pillar>/<series>/+bug/<bug>",
    "/<version>/<pillar>/+source/<package>/+bug/<bug>",
    "/<version>/<pillar>/+milestone/<milestone>",
    "/<version>/<pillar>/+spec/<specification>",
    "/<version>/<pillar>/+webhook/<webhook>",
    "/<version>/<pillar>/+webhook/<webhook>/deliveries",
    "/<path:rest>",
)
"""By which counts and log name requests; the framework does the routing."""

_MINUTE_SECONDS = 60
_HANDOUT = ("/+request-token", "/+authorize-token", "/+access-token")
"""Steps whose token is none yet."""

_FILES = "/+librarian/<int:number>/<filename>"


class LaunchpadService(Service):
    """A Launchpad web service over HTTP, below `/devel`, `/1.0` and `/beta`.

    Args:
        state: a document of the form that `sandbox.launchpad.state` tells; an empty Launchpad otherwise.
        name: the name in the `ready` line.
        clock: the time it lives in.
        log_file: where exchanges are appended.

    Raises:
        ValueError: naming all that is wrong with the document.
    """

    server_header = "zope.server.http (HTTP)"

    def __init__(
        self,
        state: Mapping[str, Any] | None = None,
        *,
        name: str = "launchpad",
        clock: Clock | None = None,
        log_file: Path | None = None,
    ) -> None:
        self._asked_at: dict[str, list[float]] = {}
        self._handout = Handout(lambda: self.store)
        super().__init__(clock=clock, log_file=log_file)
        self.name = name
        self.postman = Postman(self)
        framework.set_up()
        self.store = Store(self.nobody())
        self.load_state({} if state is None else state)

    def routes(self) -> Iterable[Route]:
        """List the routes; all lead to the framework, but for files."""
        yield Route(method="GET", path=_FILES, handler=self._file)
        yield from self._handout.routes()
        for path in _TEMPLATES:
            for method in _METHODS:
                yield Route(method=method, path=path, handler=self._serve)

    def admin_routes(self) -> Iterable[Route]:
        """List the routes by which a test steers it (`sandbox.launchpad.steering`)."""
        return Steering(self, self._handout).routes()

    def dump_state(self) -> Json:
        """Give the state document."""
        return dump(self.store, self.faults.documents())

    def load_state(self, document: Json) -> None:
        """Replace the state; ValueError names all that is wrong with the document."""
        rules = self.faults.of_state(document)
        self.store = load(document, self.nobody(loading=True))
        self.store.session = self.nobody()
        self.faults.replace(rules)
        with self.lock:
            self.postman.call()

    def settings(self) -> Mapping[str, Any]:
        """Give the switches of the state."""
        return self.store.switches.as_json()

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change some switches."""
        self.store.change_switches(changes)

    def authenticate(self, call: Call) -> None:
        """Find out who calls.

        Raises:
            HttpError: 401 for a token that is not good.
        """
        now = self.clock.now()
        user, level = None, Level.READ_PUBLIC
        if call.path not in _HANDOUT:
            user, level = identify(self.store, call, now)
            self._throttle(user.name if user else "")
        host = call.headers.get("Host", "127.0.0.1")
        call.user = user
        if call.method not in ("GET", "HEAD"):
            now -= timedelta(seconds=self.store.switches.late_commit_seconds)
        self.store.session = Session(user=user, level=level, now=now, web_service_url=f"{call.scheme}://{host}")

    def _throttle(self, caller: str) -> None:
        """Refuse a caller who asks too often, where the switch says so."""
        settings = self.store.switches
        if not settings.throttle_per_minute:
            self._asked_at.clear()
            return
        now = self.clock.seconds()
        recent = [one for one in self._asked_at.get(caller, ()) if 0 <= now - one < _MINUTE_SECONDS]
        if len(recent) >= settings.throttle_per_minute:
            headers = {"Retry-After": str(settings.throttle_retry_after)} if settings.throttle_retry_after else {}
            raise HttpError(settings.throttle_status, "Too many requests.", headers=headers)
        self._asked_at[caller] = [*recent, now]

    def render_error(self, call: Call, error: HttpError) -> Response:  # noqa: ARG002 - part of the hook
        """Turn an error into plain text, as all errors of the web service are."""
        return Response(
            error.message, status=error.status, headers=error.headers, content_type="text/plain;charset=utf-8"
        )

    def _serve(self, call: Call, **_arguments: str) -> Response:
        """Have the framework answer, then settle or take back what the request changed."""
        environ = {**call.environ, "wsgi.input": io.BytesIO(call.get_data())}
        status, reason, headers, body = framework.answer(self.store, environ)
        limit = self.store.switches.timeout_above_entries
        if limit and status == 200 and body.startswith(b'{"start"') and len(json.loads(body)["entries"]) > limit:
            raise HttpError(503, "The request took too long.")
        session = self.store.session
        if session.failure:
            LOGGER.error("%s failed on %s %s\n%s", self.name, call.method, call.path, session.failure)
        if status >= 400:
            if session.roll_back():
                self.store.reindex()
        elif session.changes or call.method not in ("GET", "HEAD"):
            self._settle()
        response = Response(body, status=f"{status} {reason}", headers=headers)
        if all(name.lower() != "content-type" for name, _value in headers):
            del response.headers["Content-Type"]  # which the class adds of itself
        return response

    def _settle(self) -> None:
        """Settle what the request changed; take it back should that fail, as a transaction would be."""
        try:
            commit(self.store)
        except Exception:
            self.store.session.roll_back()
            self.store.reindex()
            raise
        self.postman.call()

    def _file(self, call: Call, number: str, filename: str) -> Response:  # noqa: ARG002 - part of the address
        """Give the content of a file, of an attachment to who may see its bug."""
        found = find_file(self.store, int(number))
        if found is None:
            raise HttpError(404, "No such file")
        return Response(found.content, content_type=found.content_type)

    def nobody(self, *, loading: bool = False) -> Session:
        """Make the session of a change that no caller asked for."""
        return Session(user=None, level=Level.READ_PUBLIC, now=self.clock.now(), loading=loading)

    @property
    def loopback_giveup(self) -> timedelta:
        """How long deliveries to this machine are retried."""
        return timedelta(seconds=self.store.switches.webhook_loopback_giveup_seconds)

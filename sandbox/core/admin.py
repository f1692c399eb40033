"""The routes under `/_sandbox/`, by which a test steers a stand-in; never logged, never disturbed by faults.

=========  =======================  ==============================================================================
method     path                     does
=========  =======================  ==============================================================================
GET        `/_sandbox/health`       `{"name", "now", "ok": true}`
GET, PUT   `/_sandbox/state`        the whole state
GET        `/_sandbox/log`          the exchanges as JSON lines; `?faulted=no` leaves out those a fault disturbed
DELETE     `/_sandbox/log`          forgets exchanges and counts
GET        `/_sandbox/counts`       requests by method and route template
GET        `/_sandbox/faults`       the rules, with `matched`, `hits`, `waiting`
POST       `/_sandbox/faults`       adds one rule, gives `{"id"}`
DELETE     `/_sandbox/faults`       removes all rules, or `?id=` one
POST       `/_sandbox/release`      lets held requests go on, all or `{"id"}`'s; gives `{"released": n}`
GET, POST  `/_sandbox/clock`        `{"offset_seconds"}`; POST takes that, or `{"advance_seconds"}`
GET, POST  `/_sandbox/settings`     the stand-in's own settings
=========  =======================  ==============================================================================
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from sandbox.core.checked import STRICT, read
from sandbox.core.http import Call, HttpError, Json, Route, empty_response

if TYPE_CHECKING:
    from sandbox.core.service import Service

PREFIX = "/_sandbox/"


def routes(service: "Service") -> list[Route]:
    """List the admin routes of one service."""
    actions = _Admin(service)
    table = (
        ("GET", "health", actions.health),
        ("GET", "state", actions.get_state),
        ("PUT", "state", actions.put_state),
        ("GET", "log", actions.get_log),
        ("DELETE", "log", actions.delete_log),
        ("GET", "counts", actions.counts),
        ("GET", "faults", actions.get_faults),
        ("POST", "faults", actions.post_fault),
        ("DELETE", "faults", actions.delete_faults),
        ("POST", "release", actions.release),
        ("GET", "clock", actions.get_clock),
        ("POST", "clock", actions.post_clock),
        ("GET", "settings", actions.get_settings),
        ("POST", "settings", actions.post_settings),
    )
    return [Route(method=method, path=PREFIX + path, handler=handler) for method, path, handler in table]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    __pydantic_config__ = STRICT

    offset_seconds: float | None = None
    advance_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Release:
    __pydantic_config__ = STRICT

    id: str | None = None


class _Admin:
    def __init__(self, service: "Service") -> None:
        self._service = service

    def health(self, _call: Call) -> Json:
        return {"name": self._service.name, "now": self._service.clock.now().isoformat(), "ok": True}

    def get_state(self, _call: Call) -> Json:
        with self._service.lock:
            return self._service.dump_state()

    def put_state(self, call: Call) -> Response:
        with self._service.lock:
            self._service.load_state(call.json_object())
        return empty_response()

    def get_log(self, call: Call) -> Response:
        exchanges = self._service.log.exchanges()
        if call.args.get("faulted") == "no":
            exchanges = [exchange for exchange in exchanges if exchange.fault is None]
        return Response(self._service.log.render(exchanges), content_type="application/x-ndjson")

    def delete_log(self, _call: Call) -> Response:
        self._service.log.clear()
        return empty_response()

    def counts(self, _call: Call) -> Json:
        return self._service.log.counts()

    def get_faults(self, _call: Call) -> Json:
        return self._service.faults.describe()

    def post_fault(self, call: Call) -> Json:
        return {"id": self._service.faults.add(call.json_object())}

    def delete_faults(self, call: Call) -> Response:
        wanted = call.args.get("id")
        if wanted is not None and all(rule["id"] != wanted for rule in self._service.faults.describe()):
            raise HttpError(404, f"there is no fault with the id {wanted!r}")
        self._service.faults.clear(wanted)
        return empty_response()

    def release(self, call: Call) -> Json:
        return {"released": self._service.faults.release(read(_Release, call.json_object()).id)}

    def get_clock(self, _call: Call) -> Json:
        return {"offset_seconds": self._service.clock.offset_seconds, "now": self._service.clock.now().isoformat()}

    def post_clock(self, call: Call) -> Json:
        given, clock = read(_Clock, call.json_object()), self._service.clock
        before = clock.offset_seconds
        clock.offset_seconds = (
            before if given.offset_seconds is None else given.offset_seconds
        ) + given.advance_seconds
        try:
            clock.now()
        except (ValueError, OverflowError, OSError) as error:
            clock.offset_seconds = before
            raise HttpError(400, "the clock would show a year that does not exist: expected 1 to 9999") from error
        return self.get_clock(call)

    def get_settings(self, _call: Call) -> Json:
        with self._service.lock:
            return dict(self._service.settings())

    def post_settings(self, call: Call) -> Json:
        with self._service.lock:
            self._service.change_settings(call.json_object())
        return self.get_settings(call)

"""One stand-in: routes, faults, lock, log and clock around the handlers that a tool's package gives."""

import logging
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import Map, RequestRedirect, Rule
from werkzeug.wrappers import Response

from sandbox.core import admin
from sandbox.core.clock import Clock
from sandbox.core.faults import HTML_PAGE, Fault, FaultKind, FaultTable
from sandbox.core.http import Call, Handler, HttpError, Json, Route, json_response
from sandbox.core.log import Exchange, RequestLog

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """How an answer goes out: whole, cut, slowly, or (None) not at all.

    Attributes:
        response: the answer; None closes the connection without one.
        cut_bytes: send only so many bytes of the body, then close.
        drip_seconds: spread the body over this time.
    """

    response: Response | None
    cut_bytes: int | None = None
    drip_seconds: float = 0.0


class Service(ABC):
    """The base of every stand-in.

    A subclass gives `routes`, `dump_state` and `load_state`, and may override `authenticate`, `finish`,
    `render_error`, `settings` and `change_settings`. Handlers and hooks run under `lock`, so they may use the state
    freely and must not wait.
    """

    name: str = "service"
    server_header: str = "sandbox"

    def __init__(self, *, clock: Clock | None = None, log_file: Path | None = None) -> None:
        self.clock = clock or Clock()
        self.log = RequestLog(file=log_file)
        self.faults = FaultTable()
        self.lock = threading.RLock()
        self._map: Map | None = None
        self._admin = Map([_rule(route) for route in (*admin.routes(self), *self.admin_routes())], strict_slashes=False)

    @abstractmethod
    def routes(self) -> Iterable[Route]:
        """List the routes; asked once, at the first request."""

    @abstractmethod
    def dump_state(self) -> Json:
        """Give the whole state as JSON, as `load_state` takes it."""

    @abstractmethod
    def load_state(self, document: Json) -> None:
        """Replace the whole state; raises ValueError when the document is wrong."""

    def admin_routes(self) -> Iterable[Route]:
        """List the tool's own routes under `/_sandbox/`; asked while the base is made, and run without the lock."""
        return ()

    def authenticate(self, call: Call) -> None:  # noqa: B027 - a hook that may stay empty
        """Find out who calls, before the handler; may set `call.user` or raise HttpError."""

    def finish(self, call: Call, response: Response) -> None:  # noqa: B027 - a hook that may stay empty
        """Add what every answer of the tool bears (headers)."""

    def render_error(self, call: Call, error: HttpError) -> Response:  # noqa: ARG002 - part of the hook
        """Turn an error into the tool's own form."""
        body = error.body if error.body is not None else {"message": error.message}
        return json_response(body, status=error.status, headers=error.headers)

    def settings(self) -> Mapping[str, Any]:
        """Give the settings that `POST /_sandbox/settings` may change."""
        return {}

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change some settings; raises ValueError for one that does not exist."""
        if unknown := set(changes) - set(self.settings()):
            raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")

    def exchange(self, call: Call, gone: Callable[[], bool]) -> Delivery:
        """Answer one request, faults included, and log it.

        Args:
            call: the request, its body already read.
            gone: says whether the client has closed its side.
        """
        if call.path.startswith(admin.PREFIX):
            return Delivery(response=self._administer(call))
        began = self.clock.seconds()
        body = call.get_data()
        query = call.query_string.decode("latin-1")
        fault = self.faults.pick(call.method, call.path, query, body)
        failure, effect = None, False
        delivery = self._without_effect(fault, gone) if fault else None
        if delivery is None:
            effect = True
            response, failure = self._answer(call)
            delivery = self._deliver(fault, response, gone)
        elif delivery.response is not None:
            self._match(call)  # so that the log names the route even though no handler ran
        answer = delivery.response
        if answer is not None:
            answer.headers["Date"] = formatdate(self.clock.seconds(), usegmt=True)
            answer.headers["Server"] = self.server_header
        sent = b"" if answer is None or call.method == "HEAD" else answer.get_data()[: delivery.cut_bytes]
        self.log.append(
            Exchange(
                method=call.method,
                path=call.path,
                query=query,
                request_body=body,
                status=0 if answer is None else answer.status_code,
                response_body=sent,
                route=call.route,
                t=began,
                fault=fault.rule.id if fault else None,
                effect=effect,
                failure=failure,
            )
        )
        return delivery

    def _without_effect(self, fault: Fault, gone: Callable[[], bool]) -> Delivery | None:
        """Do what a fault does before the handler; a delivery when the handler must not run."""
        action = fault.action
        if action.kind is FaultKind.LATENCY:
            time.sleep(action.seconds)
        elif action.kind is FaultKind.STATUS:
            headers = {
                "Content-Type": "application/json;charset=UTF-8",
                **{k: str(v) for k, v in action.headers.items()},
            }
            return Delivery(response=Response(action.body, status=action.status, headers=headers))
        elif action.kind is FaultKind.HTML:
            return Delivery(response=Response(action.body or HTML_PAGE, content_type="text/html;charset=UTF-8"))
        elif action.kind is FaultKind.DROP_BEFORE or (
            action.kind is FaultKind.HOLD_BEFORE and not self.faults.hold(fault.rule, gone)
        ):
            return Delivery(response=None)
        return None

    def _deliver(self, fault: Fault | None, response: Response, gone: Callable[[], bool]) -> Delivery:
        """Do what a fault does after the handler."""
        if fault is None:
            return Delivery(response=response)
        kind = fault.action.kind
        if kind is FaultKind.DROP_AFTER or (kind is FaultKind.HOLD_AFTER and not self.faults.hold(fault.rule, gone)):
            return Delivery(response=None)
        if kind is FaultKind.TRUNCATE:
            return Delivery(response=response, cut_bytes=fault.action.bytes)
        if kind is FaultKind.DRIP:
            return Delivery(response=response, drip_seconds=fault.action.seconds)
        return Delivery(response=response)

    def _answer(self, call: Call) -> tuple[Response, str | None]:
        """Run the handler; gives its answer, and the traceback when the stand-in itself failed."""
        failure = None
        with self.lock:
            try:
                handler, arguments = self._match(call)
                self.authenticate(call)
                result = handler(call, **arguments)
                response = result if isinstance(result, Response) else json_response(result)
            except HttpError as error:
                response = self.render_error(call, error)
            except Exception:  # the boundary of one request: the stand-in must answer the next one
                failure = traceback.format_exc()
                LOGGER.exception("%s failed on %s %s", self.name, call.method, call.path)
                response = self.render_error(call, HttpError(500, "Internal server error"))
            self.finish(call, response)
        return response, failure

    def _match(self, call: Call) -> tuple[Handler, dict[str, Any]]:
        """Find the route. Paths are matched as sent and arguments unquoted afterwards, so `%2F` may stand in one."""
        if self._map is None:
            self._map = Map([_rule(route) for route in self.routes()], strict_slashes=False, merge_slashes=False)
        return _find(self._map, call)

    def _administer(self, call: Call) -> Response:
        try:
            handler, arguments = _find(self._admin, call)
            result = handler(call, **arguments)
            return result if isinstance(result, Response) else json_response(result)
        except HttpError as error:
            return json_response({"error": error.message}, status=error.status)
        except ValueError as error:
            return json_response({"error": str(error)}, status=400)
        except Exception as error:  # the boundary of one request: the stand-in must answer the next one
            LOGGER.exception("%s failed on %s %s", self.name, call.method, call.path)
            return json_response({"error": f"the stand-in failed: {error!r}"}, status=500)


class _MatchOnly(Rule):
    """A rule that is only matched, never made into an address: preparing for that takes most of the time to set up."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002, ARG002 - werkzeug's signature
        return _never_built


def _never_built(*_parts: Any, **_values: Any) -> tuple[str, str]:
    raise TypeError("a rule that is only matched makes no address")


def _rule(route: Route) -> Rule:
    return _MatchOnly(route.path, methods=[route.method], endpoint=route.handler)


def _find(routes: Map, call: Call) -> tuple[Handler, dict[str, Any]]:
    raw_path = call.environ.get("RAW_PATH") or call.path
    try:
        rule, arguments = routes.bind("127.0.0.1").match(raw_path, call.method, return_rule=True)
    except (NotFound, RequestRedirect) as error:
        raise HttpError(404, "No such resource") from error
    except MethodNotAllowed as error:
        allow = ", ".join(sorted(error.valid_methods or []))
        raise HttpError(405, "Method not allowed", headers={"Allow": allow}) from error
    call.route = rule.rule
    decoded = {name: unquote(value) if isinstance(value, str) else value for name, value in arguments.items()}
    return rule.endpoint, decoded

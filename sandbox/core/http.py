"""The vocabulary of a request to a stand-in, and of its answer."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

Json = Any
"""Whatever `json.loads` may give."""

LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""May be one: a body that has none needs no closer look."""

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

Handler = Callable[..., Any]
"""`handler(call, **path_arguments)`, giving a `Response` or something that `json.dumps` takes."""


class HttpError(Exception):
    """Ends a handler with a status; the service turns it into its own tool's form of error.

    Args:
        status: HTTP status.
        message: one sentence, for services whose errors are made of messages.
        body: the whole JSON body, when the handler knows it; wins over `message`.
        headers: further response headers.
    """

    def __init__(
        self, status: int, message: str = "", *, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message
        self.body = body
        self.headers = dict(headers or {})


class Call(Request):
    """One request to a stand-in: werkzeug's request, the route that matched, and who calls.

    Attributes:
        route: the template of the route, `/rest/api/<version>/issue/<key>`; empty when none matched.
        user: whatever the service's `authenticate` put there.
        notes: room for a service to keep things between its hooks during one request.
    """

    route: str = ""
    user: Any = None
    notes: Any = None

    def json_body(self) -> Json:
        """Parse the body as JSON; None when it is empty.

        Raises:
            HttpError: 400 when the body is not JSON in UTF-8; half a surrogate pair, NaN and Infinity are none either.
        """
        raw = self.get_data()
        if not raw:
            return None
        try:
            value = json.loads(raw.decode(), parse_constant=_no_constant)
            if LONE_SURROGATE.search(raw):
                json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise HttpError(400, f"Unexpected character in the request body: {error}") from error
        return value

    def json_object(self) -> dict[str, Any]:
        """Parse the body as a JSON object; an empty body is an empty one.

        Raises:
            HttpError: 400 when it is something else.
        """
        body = self.json_body()
        if body is None:
            return {}
        if not isinstance(body, dict):
            raise HttpError(400, "the body: expected a JSON object")
        return body


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method on one path template (werkzeug's rule syntax) and what answers it."""

    method: str
    path: str
    handler: Handler


def dumps(value: Json) -> bytes:
    """Serialise compactly; the result never holds a line break, and half a surrogate pair stays an escape."""
    return _ENCODER.encode(value).encode(errors="backslashreplace")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def json_response(value: Json, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Make a JSON answer."""
    return Response(
        dumps(value), status=status, headers=dict(headers or {}), content_type="application/json;charset=UTF-8"
    )


def empty_response(*, status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    """Make an answer without a body."""
    response = Response(b"", status=status, headers=dict(headers or {}))
    del response.headers["Content-Type"]
    return response

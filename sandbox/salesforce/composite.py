"""Several requests in one: composite (references from one to the next, all or none) and batch (independent)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce.errors import refused
from sandbox.salesforce.room import DATA, Room, flag, json_object

MAX_SUBREQUESTS = 25

Dispatch = Callable[[Call, Call], Response]
"""Answers an inner request as the outer one's user; errors come back as answers."""

_REFERENCE = re.compile(r"@\{([^}]+)\}")
_COUNTED = re.compile(r"/services/data/v[\d.]+/(?:query|queryAll|composite/sobjects)\b", re.IGNORECASE)


class Composite:
    """Endpoints /composite and /composite/batch."""

    def __init__(self, room: Room, dispatch: Dispatch) -> None:
        self._room = room
        self._dispatch = dispatch

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        yield Route(method="POST", path=DATA + "/composite", handler=self.composite)
        yield Route(method="POST", path=DATA + "/composite/batch", handler=self.batch)

    def composite(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Run subrequests in order; with allOrNone a failure takes back all of them."""
        body = json_object(call)
        subs = _list(body.get("compositeRequest"), "compositeRequest")
        most = self._room.state.switches.composite_queries
        if sum(bool(_COUNTED.match(str(sub.get("url")))) for sub in subs) > most:
            message = f"The request can't contain more than {most} query or collection subrequests"
            raise refused("LIMIT_EXCEEDED", message)
        answers, _ = self.run(call, subs, all_or_none=flag(body.get("allOrNone")))
        return {"compositeResponse": answers}

    def run(
        self, call: Call, subs: Any, *, all_or_none: bool, most: int = MAX_SUBREQUESTS
    ) -> tuple[list[dict[str, Any]], bool]:
        """Run subrequests in order, and return their answers and whether all of them succeeded.

        Raises:
            SalesforceError: 400 when they are no list of subrequests with references of their own, or too many.
        """
        subs = _list(subs, "compositeRequest", most)
        names = [sub.get("referenceId") for sub in subs]
        if not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
            raise refused("INVALID_BATCH_REQUEST", "Every subrequest needs a referenceId of its own")
        snapshot = self._room.state.snapshot() if all_or_none else None
        answers: dict[str, dict[str, Any]] = {}
        for sub in subs:
            answers[sub["referenceId"]] = self._one(call, sub, answers)
        failed = any(answer["httpStatusCode"] >= HTTPStatus.BAD_REQUEST for answer in answers.values())
        if snapshot is not None and failed:
            self._room.state.restore(snapshot)
            answers = {name: _halted(answer) for name, answer in answers.items()}
        return list(answers.values()), not failed

    def batch(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see composite
        """Run independent subrequests in order; each counts as a call of its own."""
        body = json_object(call)
        subs = _list(body.get("batchRequests"), "batchRequests")
        results: list[dict[str, Any]] = []
        for sub in subs:
            url = str(sub.get("url", ""))
            path = url if url.startswith("/services") else f"/services/data/{url.lstrip('/')}"
            if flag(body.get("haltOnError")) and any(each["statusCode"] >= HTTPStatus.BAD_REQUEST for each in results):
                message = "Batch processing halted per request"
                refusal = [{"message": message, "errorCode": "BATCH_PROCESSING_HALTED"}]
                results.append({"statusCode": int(HTTPStatus.PRECONDITION_FAILED), "result": refusal})
                continue
            response = self._dispatch(call, _inner(call, str(sub.get("method")), path, sub.get("richInput"), {}))
            results.append({"statusCode": response.status_code, "result": _body(response)})
        self._room.state.quota.count(max(0, len(subs) - 1))
        has_errors = any(result["statusCode"] >= HTTPStatus.BAD_REQUEST for result in results)
        return {"hasErrors": has_errors, "results": results}

    def _headers(self, sub: Mapping[str, Any]) -> Mapping[str, str]:
        given = sub.get("httpHeaders") if self._room.state.switches.guards_in_composite else None
        return given if isinstance(given, dict) else {}

    def _one(self, call: Call, sub: Mapping[str, Any], answers: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        try:
            url, body = _filled(sub["url"], answers), _filled(sub.get("body"), answers)
        except LookupError as error:
            message = f"Invalid reference specified. No value for {error.args[0]} found"
            refusal = [{"message": message, "errorCode": "PROCESSING_HALTED"}]
            return _answer(sub["referenceId"], refusal, {}, int(HTTPStatus.BAD_REQUEST))
        inner = _inner(call, str(sub.get("method")), url, body, self._headers(sub))
        response = self._dispatch(call, inner)
        headers = {
            key: value for key, value in response.headers.items() if key in ("Location", "ETag", "Last-Modified")
        }
        return _answer(sub["referenceId"], _body(response), headers, response.status_code)


def _list(subs: Any, name: str, most: int = MAX_SUBREQUESTS) -> list[dict[str, Any]]:
    if not isinstance(subs, list) or not all(isinstance(sub, dict) for sub in subs) or not subs:
        raise refused("JSON_PARSER_ERROR", f"{name} must be a list of subrequests")
    if len(subs) > most:
        message = f"The request can't contain more than {most} operations"
        raise refused("LIMIT_EXCEEDED", message)
    return subs


def _answer(reference: str, body: Any, headers: Mapping[str, str], status: int) -> dict[str, Any]:
    return {"body": body, "httpHeaders": dict(headers), "httpStatusCode": status, "referenceId": reference}


def _halted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a subrequest's answer after its effect was taken back; those that failed themselves keep theirs."""
    if answer["httpStatusCode"] >= HTTPStatus.BAD_REQUEST:
        return answer
    message = "The transaction was rolled back since another operation in the same transaction failed."
    refusal = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    return _answer(answer["referenceId"], refusal, {}, int(HTTPStatus.BAD_REQUEST))


def _inner(outer: Call, method: str, url: str, body: Any, headers: Mapping[str, str]) -> Call:
    parts = urlsplit(url)
    data = None if body is None else json.dumps(body)
    builder = EnvironBuilder(
        path=parts.path,
        method=method.upper(),
        query_string=parts.query,
        data=data,
        content_type="application/json" if data is not None else None,
        headers=list(headers.items()),
        base_url=outer.host_url,
    )
    call = Call({**builder.get_environ(), "RAW_PATH": parts.path})
    call.user = outer.user
    return call


def _body(response: Response) -> Any:
    raw = response.get_data()
    return json.loads(raw) if raw else None


def _filled(value: Any, answers: Mapping[str, dict[str, Any]]) -> Any:
    """Return a url or body with its `@{referenceId.path}` replaced; LookupError names one that leads nowhere."""
    if isinstance(value, dict):
        return {key: _filled(one, answers) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, answers) for one in value]
    if not isinstance(value, str):
        return value
    whole = _REFERENCE.fullmatch(value)
    if whole:
        return _referenced(whole[1], answers)
    return _REFERENCE.sub(lambda match: str(_referenced(match[1], answers)), value)


def _referenced(path: str, answers: Mapping[str, dict[str, Any]]) -> Any:
    name, *steps = re.findall(r"[^.\[\]]+", path)
    answer = answers.get(name)
    if answer is None or answer["httpStatusCode"] >= HTTPStatus.BAD_REQUEST:
        raise LookupError(path)
    found: Any = answer["body"]
    for step in steps:
        try:
            found = found[int(step)] if isinstance(found, list) else found[step]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise LookupError(path) from error
    return found

"""The stand-in's own routes under `/_sandbox/`: what other people, administrators and time do.

=====================  =========================================  ==================================================
route (all POST)       body                                       does
=====================  =========================================  ==================================================
`as`                   `{login, method, path, body}`              a REST request as that account, without limits;
                                                                  `path` begins with `/repos/...`; gives
                                                                  `{"status", "body"}`
`rename`               `{repository, to}`                         renames or transfers a repository
`transfer`             `{issue, to}`                              transfers `owner/name#1` to a repository; gives
                                                                  `{"issue"}`
`delete`               `{issue}`                                  deletes an issue
`revoke`               `{}`, `{token}` or `{installation}`        installation tokens (or the one token) end
`access`               `{token or installation, permissions,      changes what was granted; what is not named stays
                       repositories, suspended}`
`rate`                 `{resource, remaining, owner}`             leaves so much of a primary limit to those seen so
                                                                  far, or to the one owner (`user 1001`)
`secondary`            `{times}`                                  refuses the next requests for a secondary limit
=====================  =========================================  ==================================================
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.test import EnvironBuilder

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.github import references, repositories, transfers

if TYPE_CHECKING:
    from sandbox.github.context import Context
    from sandbox.github.entities import Issue
    from sandbox.github.service import GitHubService


def routes(service: GitHubService) -> list[Route]:
    """List the routes."""
    desk = _Desk(service)
    table: dict[str, Callable[[dict[str, Any], Call], Json]] = {
        "as": desk.act,
        "rename": desk.rename,
        "transfer": desk.transfer,
        "delete": desk.delete,
        "revoke": desk.revoke,
        "access": desk.access,
        "rate": desk.rate,
        "secondary": desk.secondary,
    }
    return [Route(method="POST", path=f"/_sandbox/{path}", handler=desk.locked(each)) for path, each in table.items()]


class _Desk:
    def __init__(self, service: GitHubService) -> None:
        self._service = service

    def locked(self, action: Callable[[dict[str, Any], Call], Json]) -> Callable[[Call], Json]:
        def serve(call: Call) -> Json:
            with self._service.lock:
                try:
                    return action(call.json_body() or {}, call)
                except (ValueError, KeyError, TypeError, AttributeError) as problem:
                    raise HttpError(400, f"{type(problem).__name__}: {problem}") from problem

        return serve

    def act(self, body: dict[str, Any], call: Call) -> Json:
        return self._service.act(
            str(body["login"]), str(body.get("method", "GET")), str(body["path"]), body.get("body"), call.host_url
        )

    def _context(self, call: Call, login: str) -> Context:
        return self._service.context(call, self._service.rights_of_account(login))

    def _issue(self, name: str) -> Issue:
        found = references.find(self._service.state, name)
        if found is None or found.gone:
            raise ValueError(f"{name!r} is no issue")
        return found

    def rename(self, body: dict[str, Any], call: Call) -> Json:
        repo = self._service.state.repo(body["repository"])
        if repo is None:
            raise ValueError(f"{body['repository']!r} is no repository")
        repositories.rename(self._context(call, repo.owner), repo, body["to"])
        return {}

    def transfer(self, body: dict[str, Any], call: Call) -> Json:
        issue, target = self._issue(body["issue"]), self._service.state.repo(body["to"])
        if target is None or target is issue.repo:
            raise ValueError(f"{body['to']!r} is no other repository")
        made = transfers.transfer(self._context(call, issue.repo.owner).edits, issue, target)
        return {"issue": references.name_of(made)}

    def delete(self, body: dict[str, Any], call: Call) -> Json:
        issue = self._issue(body["issue"])
        transfers.delete(self._context(call, issue.repo.owner).edits, issue)
        return {}

    def revoke(self, body: dict[str, Any], _call: Call) -> Json:
        state = self._service.state
        if "token" in body:
            found = state.tokens.pop(body["token"], None) or state.installation_tokens.pop(body["token"], None)
            return {"revoked": int(found is not None)}
        ended = [
            each.token
            for each in state.installation_tokens.values()
            if body.get("installation") in (None, each.installation)
        ]
        for token in ended:
            del state.installation_tokens[token]
        return {"revoked": len(ended)}

    def access(self, body: dict[str, Any], _call: Call) -> Json:
        state = self._service.state
        target: Any = state.tokens.get(body.get("token", ""))
        if "installation" in body:
            found = state.installation(body["installation"])
            target = found[1] if found else None
        if target is None:
            raise ValueError("no such token or installation")
        if "permissions" in body:
            target.permissions = dict(body["permissions"])
        if "repositories" in body:
            target.repositories = body["repositories"]
        if "suspended" in body:
            target.suspended = bool(body["suspended"])
        state.writes += 1
        return {}

    def rate(self, body: dict[str, Any], _call: Call) -> Json:
        limits = self._service.state.limits
        resource, remaining = body.get("resource", "core"), int(body.get("remaining", 0))
        self._service.meter.set_remaining(limits, resource, remaining, body.get("owner"))
        return {}

    def secondary(self, body: dict[str, Any], _call: Call) -> Json:
        self._service.meter.force(int(body.get("times", 1)))
        return {}


def request(method: str, path: str, body: Json, host_url: str) -> Call:
    """Make a request that comes over no wire."""
    data = json.dumps(body).encode() if body is not None else b""
    raw, _, query = path.partition("?")
    builder = EnvironBuilder(method=method, path=raw, query_string=query, data=data, base_url=host_url)
    environ = builder.get_environ()
    environ["RAW_PATH"] = raw
    return Call(environ)

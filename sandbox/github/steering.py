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
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import NonNegativeInt
from werkzeug.test import EnvironBuilder

from sandbox.core.checked import STRICT, read
from sandbox.core.http import Call, Json, Route
from sandbox.github import references, repositories, transfers
from sandbox.github.accounts import Level

if TYPE_CHECKING:
    from sandbox.github.context import Context
    from sandbox.github.entities import Issue, Repo
    from sandbox.github.service import GitHubService

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _As:
    __pydantic_config__ = STRICT

    login: str
    path: str
    method: str = "GET"
    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rename:
    __pydantic_config__ = STRICT

    repository: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Transfer:
    __pydantic_config__ = STRICT

    issue: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Delete:
    __pydantic_config__ = STRICT

    issue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revoke:
    __pydantic_config__ = STRICT

    token: str | None = None
    installation: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    __pydantic_config__ = STRICT

    token: str | None = None
    installation: int | None = None
    permissions: dict[str, Level] | None = None
    repositories: Literal["all"] | list[str] | None = None
    suspended: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    __pydantic_config__ = STRICT

    resource: Literal["core", "search", "graphql"] = "core"
    remaining: NonNegativeInt = 0
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Secondary:
    __pydantic_config__ = STRICT

    times: NonNegativeInt = 1


def routes(service: GitHubService) -> list[Route]:
    """List the routes."""
    desk = _Desk(service)
    table = {
        "as": desk.bound(_As, desk.act),
        "rename": desk.bound(_Rename, desk.rename),
        "transfer": desk.bound(_Transfer, desk.transfer),
        "delete": desk.bound(_Delete, desk.delete),
        "revoke": desk.bound(_Revoke, desk.revoke),
        "access": desk.bound(_Access, desk.access),
        "rate": desk.bound(_Rate, desk.rate),
        "secondary": desk.bound(_Secondary, desk.secondary),
    }
    return [Route(method="POST", path=f"/_sandbox/{path}", handler=each) for path, each in table.items()]


class _Desk:
    def __init__(self, service: GitHubService) -> None:
        self._service = service

    def bound(self, kind: type[T], action: Callable[[T, Call], Json]) -> Callable[[Call], Json]:
        def serve(call: Call) -> Json:
            given = read(kind, call.json_object())
            with self._service.lock:
                return action(given, call)

        return serve

    def act(self, given: _As, call: Call) -> Json:
        return self._service.act(given.login, given.method, given.path, given.body, call.host_url)

    def _context(self, call: Call, login: str) -> Context:
        return self._service.context(call, self._service.rights_of_account(login))

    def _issue(self, name: str) -> Issue:
        found = references.find(self._service.state, name)
        if found is None or found.gone:
            raise ValueError(f"{name!r} is no issue")
        return found

    def _repository(self, name: str) -> Repo:
        found = self._service.state.repo(name)
        if found is None:
            raise ValueError(f"{name!r} is no repository")
        return found

    def rename(self, given: _Rename, call: Call) -> Json:
        repo = self._repository(given.repository)
        repositories.rename(self._context(call, repo.owner), repo, given.to)
        return {}

    def transfer(self, given: _Transfer, call: Call) -> Json:
        issue, target = self._issue(given.issue), self._repository(given.to)
        if target is issue.repo:
            raise ValueError(f"{given.to!r} is no other repository")
        made = transfers.transfer(self._context(call, issue.repo.owner).edits, issue, target)
        return {"issue": references.name_of(made)}

    def delete(self, given: _Delete, call: Call) -> Json:
        issue = self._issue(given.issue)
        transfers.delete(self._context(call, issue.repo.owner).edits, issue)
        return {}

    def revoke(self, given: _Revoke, _call: Call) -> Json:
        state = self._service.state
        if given.token is not None:
            found = state.tokens.pop(given.token, None) or state.installation_tokens.pop(given.token, None)
            return {"revoked": int(found is not None)}
        ended = [
            each.token for each in state.installation_tokens.values() if given.installation in (None, each.installation)
        ]
        for token in ended:
            del state.installation_tokens[token]
        return {"revoked": len(ended)}

    def access(self, given: _Access, _call: Call) -> Json:
        state = self._service.state
        target: Any = state.tokens.get(given.token or "")
        if given.installation is not None:
            found = state.installation(given.installation)
            target = found[1] if found else None
        if target is None:
            raise ValueError("no such token or installation")
        if given.suspended is not None and given.installation is None:
            raise ValueError("suspended: only an installation can be")
        if isinstance(given.repositories, list):
            for name in given.repositories:
                self._repository(name)
        for name in ("permissions", "repositories", "suspended"):
            if (value := getattr(given, name)) is not None:
                setattr(target, name, value)
        state.writes += 1
        return {}

    def rate(self, given: _Rate, _call: Call) -> Json:
        self._service.meter.set_remaining(self._service.state.limits, given.resource, given.remaining, given.owner)
        return {}

    def secondary(self, given: _Secondary, _call: Call) -> Json:
        self._service.meter.force(given.times)
        return {}


def request(method: str, path: str, body: Json, host_url: str) -> Call:
    """Make a request that comes over no wire."""
    data = json.dumps(body).encode() if body is not None else b""
    raw, _, query = path.partition("?")
    builder = EnvironBuilder(method=method, path=raw, query_string=query, data=data, base_url=host_url)
    environ = builder.get_environ()
    environ["RAW_PATH"] = raw
    return Call(environ)

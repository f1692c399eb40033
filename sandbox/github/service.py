"""The stand-in as a service: routes, authentication, limits, headers, conditional requests, GitHub's errors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from sandbox.core.checked import changed
from sandbox.core.clock import Clock
from sandbox.core.http import Call, Handler, HttpError, Json, Route, empty_response, json_response
from sandbox.core.service import Delivery, Service
from sandbox.github import auth, loading, steering
from sandbox.github.access import DOCS, Kind, Rights, error, not_found, require
from sandbox.github.account_routes import OTHER
from sandbox.github.context import Context, moved, raw_path
from sandbox.github.edits import Edits
from sandbox.github.entities import Repo
from sandbox.github.graph.engine import GraphEngine
from sandbox.github.limits import UNLIMITED, Crowd, Meter
from sandbox.github.render_issues import IssueRender
from sandbox.github.repositories import archived
from sandbox.github.routes import RepoRoute, repository_routes
from sandbox.github.search import ENTERPRISE_VERSION
from sandbox.github.state import State
from sandbox.github.webhooks import Webhooks

ENTERPRISE_PREFIX = "/api/v3"
ENTERPRISE_PREFIXES = (ENTERPRISE_PREFIX, "/api/uploads")
GRAPHQL_PATHS = ("/graphql", "/api/graphql")
DEFAULT_VERSION = "2022-11-28"
VERSIONS = (DEFAULT_VERSION, "2026-03-10")
READS = ("GET", "HEAD", "OPTIONS")
CROWD = "sandbox.github.crowd"
"""Where a request bears how many its token has under way, itself included."""
_MEDIA = re.compile(r"application/vnd\.github\.(?:v3\.)?(raw|text|html|full)\+json")
EXPOSED = (
    "ETag, Link, Location, Retry-After, X-GitHub-OTP, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Used, "
    "X-RateLimit-Resource, X-RateLimit-Reset, X-OAuth-Scopes, X-Accepted-OAuth-Scopes, X-Poll-Interval, "
    "X-GitHub-Media-Type, X-GitHub-Request-Id, Deprecation, Sunset"
)
"""What scripts of pages from elsewhere may read of an answer."""
WRITE_POINTS = 5
"""What a request that changes something costs of the secondary limit; a read costs 1."""


class GitHubService(Service):
    """GitHub over the state that a document describes (see `sandbox.github.state`).

    Args:
        document: the state document.
        name: how the stand-in calls itself.
        clock: its time.
        log_file: where exchanges are appended.

    Raises:
        ValueError: the document is wrong.
    """

    server_header = "github.com"

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        name: str = "github",
        clock: Clock | None = None,
        log_file: Path | None = None,
    ) -> None:
        super().__init__(clock=clock, log_file=log_file)
        self.name = name
        self._state = loading.load(document, self.clock)
        self.meter = Meter(self.clock)
        self.webhooks = Webhooks(self.lock)
        self._graph = GraphEngine()
        self._crowd = Crowd()
        self._served = 0
        self.faults.replace(self.faults.of_state(document))

    @property
    def state(self) -> State:
        """The state in force, for tests in the same process; use it under `lock`."""
        return self._state

    def dump_state(self) -> Json:
        """Give the state document."""
        return loading.dump(self._state, self.faults.documents())

    def load_state(self, document: Json) -> None:
        """Replace the state, faults included; limits begin anew."""
        rules = self.faults.of_state(document)
        state = loading.load(document, self.clock)
        state.writes = self._state.writes + 1
        self._state = state
        self.meter.clear()
        self.faults.replace(rules)

    def settings(self) -> Mapping[str, Any]:
        """Give `switches` and `limits` (`sandbox.github.switches`)."""
        return asdict(self._state.knobs)

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change some of them, `{"switches": {"issue_list_cursors": false}}`; the others stay."""
        self._state.knobs = changed(self._state.knobs, changes)

    # ── routes ──

    def admin_routes(self) -> Iterable[Route]:
        """List the routes by which tests play the part of everybody else."""
        return steering.routes(self)

    def routes(self) -> Iterable[Route]:
        """List the routes, without the base path of GHES."""
        for path in GRAPHQL_PATHS:
            yield Route(method="POST", path=path, handler=self._graphql)
            yield Route(method="GET", path=path, handler=self._graphql_schema)
        yield Route(method="GET", path="/rate_limit", handler=self._rate_limit)
        for entry, handler in OTHER.items():
            method, _, path = entry.partition(" ")
            yield Route(method=method, path=path, handler=self._plain(handler))
        for each in repository_routes():
            named, numbered = self._of_repository(each), self._of_repository_by_id(each)
            yield Route(method=each.method, path=f"/repos/<owner>/<repo_name>{each.path}", handler=named)
            yield Route(method=each.method, path=f"/repositories/<int:repo_id>{each.path}", handler=numbered)

    def _match(self, call: Call) -> tuple[Handler, dict[str, Any]]:
        """Find the route; the base path of GHES is passed over, and what browsers ask beforehand is answered."""
        if call.method == "OPTIONS":
            return _preflight, {}
        sent = raw_path(call)
        prefix = next((each for each in ENTERPRISE_PREFIXES if f"{sent}/".startswith(f"{each}/")), None)
        if prefix is None:
            return super()._match(call)
        call.environ["RAW_PATH"] = sent.removeprefix(prefix) or "/"
        try:
            return super()._match(call)
        finally:
            call.environ["RAW_PATH"] = sent

    def _plain(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        def serve(call: Call, **arguments: Any) -> Any:
            return handler(self.context(call), **arguments)

        return serve

    def _of_repository(self, route: RepoRoute) -> Callable[..., Any]:
        def serve(call: Call, owner: str, repo_name: str, **arguments: Any) -> Any:
            context = self.context(call)
            repo = self._state.repo(f"{owner}/{repo_name}")
            if repo is None:
                raise self._renamed(context, f"{owner}/{repo_name}")
            return self._enter(context, repo, route, arguments)

        return serve

    def _of_repository_by_id(self, route: RepoRoute) -> Callable[..., Any]:
        def serve(call: Call, repo_id: int, **arguments: Any) -> Any:
            repo = self._state.repos.get(repo_id)
            if repo is None:
                raise not_found()
            return self._enter(self.context(call), repo, route, arguments)

        return serve

    def _renamed(self, context: Context, full_name: str) -> HttpError:
        number = self._state.former_names.get(full_name.casefold())
        repo = self._state.repos.get(number) if number is not None else None
        if repo is None or not context.sees(repo):
            return not_found()
        rest = "/".join(raw_path(context.call).partition("/repos/")[2].split("/")[2:])
        return moved(context.call, f"{context.repo_url(repo)}{'/' if rest else ''}{rest}")

    def _enter(self, context: Context, repo: Repo, route: RepoRoute, arguments: dict[str, Any]) -> Any:
        require(self._state, context.rights, repo, route.permission, route.needed, least=route.least)
        if repo.archived and route.needed == "write" and route.permission != "administration":
            raise archived(repo)
        return route.handler(context, repo, **arguments)

    def context(self, call: Call, rights: Rights | None = None) -> Context:
        """Make what handlers are given, for the caller or for somebody else."""
        who = rights or call.notes or Rights()
        host = call.host_url.rstrip("/")
        api = host + ENTERPRISE_PREFIX if call.path.startswith("/api/") else host
        html = self._state.html_url or host
        plain = IssueRender(self._state, api=api, html=html, rights=who)
        render = plain
        if (media := _media(call)) != "raw":
            render = IssueRender(self._state, api=api, html=html, rights=who, media=media)
        edits = Edits(self._state, login=who.login, app=who.app, tell=lambda news: self.webhooks.take(news, plain))
        return Context(call=call, state=self._state, rights=who, render=render, edits=edits)

    def rights_of_account(self, login: str) -> Rights:
        """Make the rights of an account that acts for itself, on the site so to speak; raises ValueError."""
        account = self._state.account(login)
        if account is None:
            raise ValueError(f"{login!r} has no account")
        scopes = frozenset({"repo", "delete_repo", "project", "admin:org", "admin:org_hook", "user"})
        return Rights(kind=Kind.CLASSIC, login=account.login, owner=f"site {account.id}", scopes=scopes)

    def act(self, login: str, method: str, path: str, body: Json, host_url: str) -> Json:
        """Do a REST request as an account, without limits, log and faults; raises ValueError for unknown logins."""
        call = steering.request(method, path, body, host_url)
        call.notes = self.rights_of_account(login)
        try:
            handler, arguments = self._match(call)
            result = handler(call, **arguments)
            response = result if isinstance(result, Response) else json_response(result)
        except HttpError as problem:
            response = self.render_error(call, problem)
        return {"status": response.status_code, "body": json.loads(response.get_data() or b"null")}

    def _rate_limit(self, call: Call) -> Json:
        rights = call.notes or Rights()
        if self.meter.standing(self._state.limits, rights, "core").limit == UNLIMITED:
            raise error(404, "Rate limiting is not enabled.")
        standings = {
            name: self.meter.standing(self._state.limits, rights, name).as_json()
            for name in ("core", "graphql", "search")
        }
        return {"resources": standings, "rate": standings["core"]}

    def _graphql(self, call: Call) -> Response:
        return self._graph.answer(self.context(call), self.meter)

    def _graphql_schema(self, call: Call) -> Json:
        if not call.user and not call.notes.app:
            raise error(401, "This endpoint requires you to be authenticated.")
        return {"data": self._graph.introspection()}

    # ── hooks of the base ──

    def exchange(self, call: Call, gone: Callable[[], bool]) -> Delivery:
        """Answer one request, counted among those that its token has under way."""
        with self._crowd.joined(call.headers.get("Authorization", "")) as size:
            call.environ[CROWD] = size
            return super().exchange(call, gone)

    def authenticate(self, call: Call) -> None:
        """Find the caller, and refuse for limits, versions and preconditions."""
        if call.method == "OPTIONS":
            return
        if not call.headers.get("User-Agent"):
            told = "Request forbidden by administrative rules. Please make sure your request has a User-Agent header"
            raise HttpError(403, told, body={"message": told})
        rights = auth.rights_of(self._state, call.headers.get("Authorization"))
        call.user, call.notes = rights.login, rights
        version = call.headers.get("X-GitHub-Api-Version", DEFAULT_VERSION)
        if version not in (VERSIONS[:1] if self._state.enterprise else VERSIONS):
            raise error(400, f'"{version}" is not a supported version.')
        resource, limits = _resource(call), self._state.limits
        if resource is None:
            return
        self.meter.crowded(limits, call.environ.get(CROWD, 0))
        if resource == "graphql":
            return
        self.meter.check(limits, rights, resource)
        reads = call.method in READS
        points = 1 if reads else WRITE_POINTS
        creates = call.method == "POST" and not call.route.endswith("/access_tokens")
        self.meter.secondary(limits, rights, points=points, graphql=False, creates=creates)
        if not reads and self._state.switches.if_match_on_writes and "If-Match" in call.headers:
            self._precondition(call, rights)

    def _precondition(self, call: Call, rights: Rights) -> None:
        if self._map is None:
            return
        try:
            path = raw_path(call).removeprefix(ENTERPRISE_PREFIX)
            handler, arguments = self._map.bind("127.0.0.1").match(path, "GET")
            response = handler(call, **arguments)
        except (HTTPException, HttpError):
            return
        if isinstance(response, Response) and self._etag(response, rights) not in _marks(call, "If-Match"):
            raise error(412, "Precondition Failed")

    def finish(self, call: Call, response: Response) -> None:
        """Answer conditional requests, count, and add the headers that GitHub's answers bear."""
        self._served += 1
        rights: Rights = call.notes if isinstance(call.notes, Rights) else Rights()
        if call.method in ("GET", "HEAD") and response.status_code == 200:
            self._conditional(call, response, rights)
        self._count(call, response, rights)
        headers = response.headers
        mark = hashlib.sha256(str(self._served).encode()).hexdigest().upper()
        headers["X-GitHub-Request-Id"] = ":".join(mark[n : n + 4] for n in range(0, 20, 4))
        media = _media(call)
        param = "" if media == "raw" else f"; param={media}"
        headers["X-GitHub-Media-Type"] = f"github.v3{param}; format=json"
        if response.mimetype == "application/json":
            headers["Content-Type"] = "application/json; charset=utf-8"
        headers["X-GitHub-Api-Version-Selected"] = call.headers.get("X-GitHub-Api-Version", DEFAULT_VERSION)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Access-Control-Expose-Headers"] = EXPOSED
        private = rights.kind is not Kind.ANONYMOUS
        headers["Cache-Control"] = "private, max-age=60, s-maxage=60" if private else "public, max-age=60, s-maxage=60"
        headers["Vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP, Accept-Encoding, Accept, X-Requested-With"
        if self._state.enterprise:
            headers["X-GitHub-Enterprise-Version"] = ENTERPRISE_VERSION
        if rights.kind is Kind.CLASSIC:
            headers["X-OAuth-Scopes"] = ", ".join(sorted(rights.scopes))
        if rights.expires_at:
            moment = datetime.fromisoformat(rights.expires_at).astimezone(UTC)
            headers["GitHub-Authentication-Token-Expiration"] = moment.strftime("%Y-%m-%d %H:%M:%S UTC")

    def _conditional(self, call: Call, response: Response, rights: Rights) -> None:
        if call.path.endswith("/rate_limit"):
            return
        mark = self._etag(response, rights)
        response.headers["ETag"] = mark
        wanted = _marks(call, "If-None-Match")
        since = call.headers.get("If-Modified-Since")
        same = mark in wanted if wanted else bool(since) and since == response.headers.get("Last-Modified")
        if same:
            response.status_code = 304
            response.set_data(b"")
            del response.headers["Content-Type"]

    def _etag(self, response: Response, rights: Rights) -> str:
        whose = rights.token if self._state.switches.etag_per_token else rights.owner
        whole = hashlib.sha256(response.get_data())
        whole.update(f"{whose} {sorted(rights.permissions.items())}".encode())
        return f'W/"{whole.hexdigest()}"'

    def _count(self, call: Call, response: Response, rights: Rights) -> None:
        resource = _resource(call)
        if resource is None:
            resource = "core"
        elif response.status_code == 304 and rights.kind is not Kind.ANONYMOUS:
            if not self._state.switches.conditional_costs_secondary:
                self.meter.take_back(rights, points=1)
        elif resource != "graphql" and response.status_code != 401:
            self.meter.use(rights, resource)
        standing = self.meter.standing(self._state.limits, rights, resource)
        if standing.limit != UNLIMITED:
            response.headers.update(standing.headers())

    def render_error(self, call: Call, error: HttpError) -> Response:  # noqa: ARG002 - part of the hook
        """Give `{"message", "documentation_url", "status"}`."""
        body = error.body
        if body is None:
            message = {404: "Not Found", 405: "Not Found", 500: "Server Error"}.get(error.status, error.message)
            status = 404 if error.status == 405 else error.status
            body = {"message": message, "documentation_url": DOCS, "status": str(status)}
            return json_response(body, status=status, headers=error.headers)
        return json_response(body, status=error.status, headers=error.headers)


def _preflight(_call: Call) -> Response:
    """Tell browsers that pages from anywhere may ask."""
    told = {
        "Access-Control-Allow-Methods": "GET, POST, PATCH, PUT, DELETE",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
        "Accept-Encoding, X-GitHub-OTP, X-Requested-With, User-Agent, X-GitHub-Api-Version",
        "Access-Control-Max-Age": "86400",
    }
    return empty_response(headers=told)


def _media(call: Call) -> str:
    """Read in which forms the caller wants texts, `application/vnd.github.full+json`; raw unless told."""
    found = _MEDIA.search(call.headers.get("Accept", ""))
    return found[1] if found else "raw"


def _resource(call: Call) -> str | None:
    """Name the limit that a request counts against; None for none."""
    if call.path.endswith("/rate_limit") or call.method == "OPTIONS":
        return None
    if call.route in GRAPHQL_PATHS:
        return "graphql"
    return "search" if "/search/" in call.route else "core"


def _marks(call: Call, header: str) -> list[str]:
    return [each.strip() for each in call.headers.get(header, "").split(",") if each.strip()]

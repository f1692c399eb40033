"""A small GitHub behind ``responses``: REST and GraphQL, as much of it as the connector uses."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest
import requests
import responses

from connectors.core.port import ConnectorContext
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.github.connector import GithubConnector
from connectors.github.settings import GithubSettings


def _load(name: str):
    path = Path(__file__).parent / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"github_{name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


graph = _load("graph")

TOKEN = "canary-token-51c2"
PLACE = "fictive/sizing"
OTHER = "fictive/other"
URL = "https://github.example/api/v3"


class FakeClock:
    """Sleeping moves the site's time; nothing waits."""

    def __init__(self, site: FakeGithub) -> None:
        self.site = site
        self.skew = timedelta()
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.site.now + self.skew

    def monotonic(self) -> float:
        return self.site.now.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.site.now += timedelta(seconds=seconds)


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class FakeGithub:
    """Two repositories of one organisation, and a project."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
        self.page = 100
        self.log: list[tuple[str, str, dict, object]] = []
        self.denied = False
        self.lose_next = False
        self.tokens = {TOKEN}
        self.extra: dict[str, str] = {}
        self.script: list[tuple[str, str, object]] = []  # (method, end of path, answer or function of it)
        self.before: list = []  # called before each list of issues, one a list
        self.refuses: dict[str, str] = {}  # field of GraphQL -> type of the error that it is answered with
        self.items: dict[str, dict] = {}
        self.repositories: dict[int, dict] = {}
        self.moved: dict[str, int] = {}
        self.has_project = True
        self._next = 70_000
        self.add_repository(PLACE)
        self.add_repository(OTHER)

    # state ------------------------------------------------------------------

    def number(self) -> int:
        self._next += 1
        return self._next

    def add_repository(self, name: str, visibility: str = "private") -> dict:
        number = self.number()
        self.repositories[number] = {
            "id": number,
            "node_id": f"R_{number}",
            "full_name": name,
            "visibility": visibility,
            "visible": True,
            "labels": {},
            "issues": {},
            "milestones": {},
        }
        return self.repositories[number]

    def repository(self, name: str = PLACE) -> dict:
        return next(r for r in self.repositories.values() if r["full_name"] == name)

    def add(self, place: str = PLACE, *, labels: tuple[str, ...] = (), pull: bool = False, **fields: object) -> str:
        repository = self.repository(place)
        name = len(repository["issues"]) + 1
        number = self.number()
        issue = {
            "id": number,
            "node_id": f"{'PR' if pull else 'I'}_{number}",
            "number": name,
            "title": f"Issue {name}",
            "body": None,
            "state": "open",
            "labels": [],
            "html_url": f"https://github.example/{place}/issues/{name}",
            "reactions": {"total_count": 0},
            **fields,
        }
        if pull:
            issue["pull_request"] = {"merged_at": None}
        repository["issues"][name] = {"fields": issue, "comments": [], "at": self.now, "repository": repository}
        for label in labels:
            self.label(issue, label, repository)
        self.touch(str(number))
        return str(number)

    def label(self, issue: dict, label: str, repository: dict) -> None:
        repository["labels"].setdefault(label.casefold(), {"name": label, "color": "ededed"})
        if label not in [held["name"] for held in issue["labels"]]:
            issue["labels"] = [*issue["labels"], {"id": 1, "name": label}]

    def entry(self, number: str) -> dict:
        return next(
            i for r in self.repositories.values() for i in r["issues"].values() if str(i["fields"]["id"]) == number
        )

    def issue(self, number: str) -> dict:
        return self.entry(number)["fields"]

    def touch(self, number: str, *, at: datetime | None = None, **fields: object) -> None:
        entry = self.entry(number)
        if at is None:
            self.now += timedelta(seconds=1)
        entry["at"] = at or self.now
        entry["fields"].update(fields)

    def delete(self, number: str) -> None:
        entry = self.entry(number)
        del entry["repository"]["issues"][entry["fields"]["number"]]

    def comment(self, number: str, body: str, *, ours: bool = True) -> dict:
        made = {"id": self.number(), "body": body, "ours": ours}
        self.entry(number)["comments"].append(made)
        return made

    def item_of(self, node_id: str) -> dict | None:
        return next((i for i in self.items.values() if i["content"] == node_id), None)

    def new_item(self, node_id: str) -> dict:
        name = f"PVTI_{self.number()}"
        self.items[name] = {"id": name, "content": node_id, "values": {}}
        return self.items[name]

    def add_item(self, number: str) -> dict:
        return self.new_item(self.issue(number)["node_id"])

    def value(self, number: str, field: str) -> object:
        item = self.item_of(self.issue(number)["node_id"])
        return item["values"].get(field) if item else None

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.log]

    # HTTP -------------------------------------------------------------------

    def answer(self, request: requests.PreparedRequest):
        parts = urlsplit(request.url)
        query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        body = json.loads(request.body) if request.body else {}
        path = parts.path.removeprefix("/api").removeprefix("/v3")
        self.log.append((request.method, path, query, body))
        assert "X-Syncline-Safe" not in request.headers
        headers = {"Date": self.now.strftime("%a, %d %b %Y %H:%M:%S GMT"), **self.extra}
        for step in self.script:
            if step[0] == request.method and path.endswith(step[1]):
                self.script.remove(step)
                status, more, answer = step[2]() if callable(step[2]) else step[2]
                if not isinstance(answer, Exception):
                    answer = json.dumps(answer) if answer is not None else ""
                return status, {**headers, **more}, answer
        said = request.headers["Authorization"]
        if path.startswith("/app/"):
            return self._install(said, headers)
        if self.denied or said.removeprefix("token ") not in self.tokens:
            return 401, headers, json.dumps({"message": f"Bad credentials {said}"})
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        status, more, answer = self._route(request.method, path, query, body)
        text = json.dumps(answer) if answer is not None else ""
        etag = f'W/"{hashlib.sha256((request.url + text).encode()).hexdigest()}"'
        if request.method == "GET" and status == 200:
            more = {**more, "ETag": etag}
            if request.headers.get("If-None-Match") == etag:
                status, text = 304, ""
        wrote = request.method != "GET" and not (path == "/graphql" and body["query"].startswith("query"))
        if self.lose_next and wrote:
            self.lose_next = False
            return status, headers, requests.ConnectionError("reset")
        return status, {**headers, **more}, text

    def _install(self, said: str, headers: dict):
        token = f"ghs_canary_{self.number()}"
        self.tokens.add(token)
        ends = stamp(self.now + timedelta(hours=1))
        return 201, headers, json.dumps({"token": token, "expires_at": ends})

    def _route(self, method: str, path: str, query: dict, body: dict):
        if path == "/graphql":
            return 200, {}, self._graphql(body)
        if path == "/rate_limit":
            return 200, {}, {"resources": {}}
        if path == "/user/repos":
            return 200, {}, [self._facts(r) for r in self.repositories.values() if r["visible"]]
        if found := re.fullmatch(r"/repos/(.+/.+)", path):
            if found[1] in self.moved:
                return 301, {"Location": f"{URL}/repositories/{self.moved[found[1]]}"}, {"message": "Moved"}
            known = [r for r in self.repositories.values() if r["full_name"] == found[1] and r["visible"]]
            return (200, {}, self._facts(known[0])) if known else (404, {}, {"message": "Not Found"})
        found = re.fullmatch(r"/repositories/(\d+)(/.*)?", path)
        repository = self.repositories.get(int(found[1])) if found else None
        if repository is None or not repository["visible"]:
            return 404, {}, {"message": "Not Found"}
        return self._of_repository(method, repository, found[2] or "", query, body)

    def _facts(self, repository: dict) -> dict:
        return {
            **{k: repository[k] for k in ("id", "node_id", "full_name", "visibility")},
            "private": repository["visibility"] != "public",
            "has_issues": True,
            "permissions": {"triage": True, "pull": True},
        }

    def _of_repository(self, method: str, repository: dict, path: str, query: dict, body: dict):
        place = f"/repositories/{repository['id']}{path}"
        match [method, *path.split("/")[1:]]:
            case ["GET"]:
                return 200, {}, self._facts(repository)
            case ["GET", "issues"]:
                return self._list(place, query, self._sorted(repository, query))
            case ["GET", "milestones"]:
                return self._list(place, query, list(repository["milestones"].values()))
            case [_, "labels", *name]:
                return self._label(repository, "".join(name), body)
            case ["PATCH", "issues", "comments", number]:
                return self._edit_comment(repository, number, body)
            case [_, "issues", number, *rest]:
                entry = repository["issues"].get(int(number))
                if entry is None:
                    return 410, {}, {"message": "This issue was deleted"}
                if "to" in entry:
                    return 301, {"Location": f"{URL}/repositories/1/issues/9"}, {"message": "Moved Permanently"}
                return self._of_issue(method, repository, entry, rest, body)
        return 404, {}, {"message": "Not Found"}

    def _label(self, repository: dict, name: str, body: dict):
        held = repository["labels"].get(unquote(name or body["name"]).casefold())
        if name:
            return (200, {}, held) if held else (404, {}, {"message": "Not Found"})
        if held:
            return 422, {}, {"message": "Validation Failed", "errors": [{"code": "already_exists"}]}
        repository["labels"][body["name"].casefold()] = body
        return 201, {}, body

    def _edit_comment(self, repository: dict, number: str, body: dict):
        for entry in repository["issues"].values():
            for comment in entry["comments"]:
                if str(comment["id"]) == number:
                    comment["body"] = body["body"]
                    self.touch(str(entry["fields"]["id"]))
                    return 200, {}, {"id": comment["id"], "body": comment["body"]}
        return 404, {}, {"message": "Not Found"}

    def _of_issue(self, method: str, repository: dict, entry: dict, rest: list[str], body: dict):
        issue = entry["fields"]
        match [method, *rest]:
            case ["GET"]:
                return 200, {}, {**self._shown(entry), "closed_by": None}
            case ["POST", "labels"]:
                for label in body["labels"]:
                    if label.casefold() not in repository["labels"]:
                        return 422, {}, {"message": f"no label {label}"}
                    self.label(issue, label, repository)
                self.touch(str(issue["id"]))
                return 200, {}, issue["labels"]
            case ["DELETE", "labels", name]:
                kept = [held for held in issue["labels"] if held["name"].casefold() != unquote(name).casefold()]
                if len(kept) == len(issue["labels"]):
                    return 404, {}, {"message": "Label does not exist"}
                issue["labels"] = kept
                self.touch(str(issue["id"]))
                return 200, {}, kept
            case ["POST", "comments"]:
                made = self.comment(str(issue["id"]), body["body"])
                self.touch(str(issue["id"]))
                return 201, {}, {"id": made["id"]}
        return 404, {}, {"message": "Not Found"}

    def _shown(self, entry: dict) -> dict:
        return {**entry["fields"], "updated_at": stamp(entry["at"])}

    def _sorted(self, repository: dict, query: dict) -> list[dict]:
        if self.before:
            self.before.pop(0)()
        if query["per_page"] != "1":
            assert (query["state"], query["sort"]) == ("all", "updated")
        found = [e for e in repository["issues"].values() if stamp(e["at"]) >= query.get("since", "")]
        found.sort(key=lambda e: (stamp(e["at"]), e["fields"]["id"]), reverse=query.get("direction", "desc") == "desc")
        return [self._shown(e) for e in found]

    def _list(self, place: str, query: dict, items: list[dict]):
        page = int(query.get("page", 1))
        size = min(int(query["per_page"]), self.page)
        more = {}
        if len(items) > page * size:
            following = urlencode({**query, "page": page + 1})
            more["Link"] = f'<{URL}{place}?{following}>; rel="next", <{URL}{place}?page=9>; rel="last"'
        return 200, more, items[(page - 1) * size : page * size]

    # GraphQL ----------------------------------------------------------------

    def _graphql(self, body: dict) -> dict:
        return graph.answer(self, body)

    # what a test makes ------------------------------------------------------

    def connector(self, clock: FakeClock | None = None, *, tokens=None, secrets=None, **settings: object):
        table = {
            "url": URL,
            "token": {"env": "X"},
            "project": "fictive/7",
            "owned": ("anchor.status", "anchor.block", "work.label"),
            **settings,
        }
        clock = clock or FakeClock(self)
        secrets = secrets or {"token": TOKEN}
        transport = Transport(
            connection="github", clock=clock, timeout_s=5.0, secrets=list(secrets.values()), max_wait_s=60.0
        )
        return GithubConnector(
            ConnectorContext(
                connection="github",
                settings=GithubSettings.model_validate(table),
                secrets=secrets,
                transport=transport,
                tokens=tokens or MemoryTokenStore(),
                clock=clock,
            )
        )


@pytest.fixture
def site() -> Iterator[FakeGithub]:
    github = FakeGithub()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in ("GET", "PUT", "POST", "PATCH", "DELETE"):
            mock.add_callback(method, re.compile(r"https://github\.example/api/.*"), callback=github.answer)
        yield github

"""A small fictitious organization, asked either in process or over loopback."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from sandbox.core.clock import Clock
from sandbox.core.http import Call
from sandbox.core.server import running
from sandbox.github.service import GitHubService

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
ORG = "fictive-partner"
REPO = f"{ORG}/sizing"
ADA, BOB, STRANGER, CLASSIC = "token-of-ada", "token-of-bob", "token-of-stranger", "classic-token-of-ada"
WRITE = {
    "issues": "write",
    "pull_requests": "write",
    "contents": "write",
    "checks": "write",
    "repository_hooks": "write",
    "administration": "write",
    "organization_administration": "write",
    "organization_projects": "write",
    "organization_hooks": "write",
    "members": "write",
}


@pytest.fixture(scope="session")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwt(key: rsa.RSAPrivateKey, claims: Mapping[str, Any], *, algorithm: str = "RS256") -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).decode().rstrip("=")

    signed = f"{part(json.dumps({'alg': algorithm, 'typ': 'JWT'}).encode())}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(key.sign(signed.encode(), padding.PKCS1v15(), SHA256()))}"


def document(public_key: str = "") -> dict[str, Any]:
    """Return a state of four repositories, a dozen issues and a project."""
    label = "fine_grained"
    return {
        "accounts": [
            {
                "login": ORG,
                "type": "Organization",
                "members": {"ada": "admin", "bob": "member"},
                "base_permission": "write",
                "issue_types": [{"name": "Bug", "color": "red"}, {"name": "Task"}],
                "teams": [
                    {"name": "Core Team", "members": {"ada": "maintainer"}, "repositories": {REPO: "maintain"}},
                    {"name": "Helpers", "parent": "core-team", "privacy": "closed", "members": {"bob": "member"}},
                ],
            },
            {"login": "ada", "name": "Ada Example", "email": "ada@partner.example"},
            {"login": "bob"},
            {"login": "stranger"},
        ],
        "apps": [
            {
                "id": 7,
                "slug": "sync-app",
                "owner": ORG,
                "public_key": public_key,
                "hook": {"url": "http://127.0.0.1:9/app", "events": []},
                "installations": [{"id": 70, "account": ORG, "repositories": "all", "permissions": dict(WRITE)}],
            }
        ],
        "tokens": [
            {"token": ADA, "login": "ada", "kind": label, "permissions": dict(WRITE)},
            {"token": BOB, "login": "bob", "kind": label, "permissions": {"issues": "read"}, "repositories": [REPO]},
            {"token": STRANGER, "login": "stranger", "kind": label, "permissions": {"issues": "write"}},
            {"token": CLASSIC, "login": "ada", "kind": "classic", "scopes": ["repo", "project", "read:org"]},
        ],
        "repositories": [
            {
                "full_name": REPO,
                "private": True,
                "description": "Sizing of fictive clouds",
                "previous_names": [f"{ORG}/old-sizing"],
                "labels": [
                    {"name": "bug", "color": "d73a4a", "description": "Broken", "default": True},
                    {"name": "needs info", "description": "?"},
                ],
                "milestones": [
                    {"title": "v1", "due_on": "2026-12-01T08:00:00Z", "description": "first"},
                    {"title": "v0", "state": "closed", "description": "none"},
                ],
                "files": {"README.md": "# Sizing\n", ".github/sync.yaml": "labels: [bug]\n"},
                "branches": [{"name": "stable", "protected": True}],
                "issues": issues(),
                "releases": [
                    {
                        "tag_name": "v0.1",
                        "name": "First",
                        "author": "ada",
                        "body": "notes",
                        "assets": [{"name": "notes.txt", "data": "aGVsbG8="}],
                        "reacted": [{"user": "bob", "content": "rocket"}],
                    },
                    {"tag_name": "v0.2", "draft": True},
                ],
            },
            {"full_name": f"{ORG}/open", "issues": [{"number": 1, "title": "Seen by all", "user": "stranger"}]},
            {"full_name": f"{ORG}/shut", "archived": True, "issues": [{"number": 1, "title": "old", "user": "ada"}]},
            {"full_name": "ada/own", "private": True},
        ],
        "projects": [
            project(),
            {"owner": "ada", "title": "Own", "items": [{"content": {"title": "Mine"}}]},
        ],
        "limits": {"rest_points": None, "graphql_points": None, "content_minute": None, "content_hour": None},
    }


def issues() -> list[dict[str, Any]]:
    old = {"created_at": "2026-10-01T09:00:00Z"}
    reviewed = {"user": "bob", "state": "APPROVED", "body": "good"}
    return [
        {
            "number": 1,
            "title": "Sizing is wrong",
            "body": "See PART-1",
            "user": "ada",
            "labels": ["bug"],
            "assignees": ["bob"],
            "milestone": 1,
            "type": "Bug",
            "updated_at": "2026-10-05T09:00:00Z",
            "comments": [
                {"user": "bob", "body": "Agreed.", "reacted": [{"user": "ada", "content": "+1"}]},
                {"user": "ada", "body": "Thanks."},
            ],
            "reactions": {"heart": 1},
            "reacted": [{"user": "bob", "content": "eyes"}],
            "events": [
                {"event": "labeled", "label": "bug"},
                {"event": "assigned", "assignee": "bob"},
                {"event": "milestoned", "milestone": "v1"},
                {"event": "renamed", "rename": {"from": "Sizing", "to": "Sizing is wrong"}},
                {"event": "cross-referenced", "issue": f"{REPO}#4"},
            ],
            **old,
        },
        {
            "number": 2,
            "title": "Done",
            "user": "bob",
            "state": "closed",
            "milestone": 1,
            "closed_at": "2026-10-07T09:00:00Z",
            "parent": f"{REPO}#1",
            **old,
        },
        {"number": 3, "title": "Blocked", "user": "ada", "blocked_by": [f"{REPO}#1"], "parent": f"{REPO}#1", **old},
        {
            "number": 4,
            "title": "PART-1: fix sizing",
            "user": "bob",
            "labels": ["bug"],
            "updated_at": "2026-10-09T09:00:00Z",
            "pull_request": {
                "head": "fix",
                "closes": [f"{REPO}#1"],
                "requested_reviewers": ["ada"],
                "reviews": [reviewed],
                "review_comments": [{"user": "ada", "body": "why?", "path": "a.py", "line": 3}],
                "checks": [{"name": "build"}, {"name": "lint", "conclusion": "failure"}],
            },
            **old,
        },
        {"number": 5, "title": "gone", "user": "ada", "deleted": True},
        {"number": 6, "title": "moved", "user": "ada", "transferred_to": f"{ORG}/open#1"},
        {
            "number": 7,
            "title": "Merged",
            "user": "ada",
            "pull_request": {"merged_at": "2026-10-08T09:00:00Z"},
            **old,
        },
    ]


def project() -> dict[str, Any]:
    return {
        "owner": ORG,
        "title": "Roadmap",
        "fields": [
            {"name": "Status", "type": "SINGLE_SELECT", "options": [{"name": "Todo"}, {"name": "Done"}]},
            {"name": "Estimate", "type": "NUMBER"},
            {"name": "Due", "type": "DATE"},
            {"name": "Note", "type": "TEXT"},
            {
                "name": "Sprint",
                "type": "ITERATION",
                "iterations": [
                    {"title": "Sprint 1", "start_date": "2026-11-02"},
                    {"title": "Sprint 2", "start_date": "2026-11-16"},
                ],
            },
        ],
        "views": [{"name": "Open", "filter": "is:open status:Todo"}],
        "items": [
            {
                "content": f"{REPO}#1",
                "values": {"Status": "Todo", "Estimate": 3, "Due": "2026-12-01", "Note": "n", "Sprint": "Sprint 2"},
            },
            {"content": f"{REPO}#4"},
            {"content": {"title": "A draft", "body": "only here"}},
        ],
    }


class StillClock(Clock):
    """Stands at NOW unless it is moved, so that no test depends on how fast it runs."""

    def seconds(self) -> float:
        return NOW.timestamp() + self.offset_seconds


@dataclass(slots=True, kw_only=True)
class Hub:
    """The stand-in in process: no socket, but everything from the request line to the log."""

    service: GitHubService
    token: str | None = ADA
    last: Response = field(default_factory=Response)

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        token: str | None = "",
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Any:
        """Send one request; gives (status, parsed body); `last` holds the response."""
        parts = urlsplit(url)
        sent = {"User-Agent": "test", **(headers or {})}
        who = self.token if token == "" else token
        if who is not None:
            sent.setdefault("Authorization", f"Bearer {who}")
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else b""
        builder = EnvironBuilder(
            method=method,
            path=parts.path,
            query_string=parts.query,
            data=data,
            headers=sent,
            base_url="http://127.0.0.1:1",
        )
        environ = builder.get_environ()
        environ["RAW_PATH"] = parts.path
        delivery = self.service.exchange(Call(environ), lambda: False)
        assert delivery.response is not None
        self.last = delivery.response
        text = delivery.response.get_data()
        return delivery.response.status_code, json.loads(text) if text else None

    def get(self, url: str, **more: Any) -> Any:
        """Read; gives the body of a 200."""
        status, body = self.ask("GET", url, **more)
        assert status == 200, body
        return body

    def graph(self, query: str, variables: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Ask GraphQL; gives the whole body of a 200."""
        status, body = self.ask("POST", "/graphql", {"query": query, "variables": variables or {}}, **more)
        assert status == 200, body
        return body


@pytest.fixture
def app_jwt(key: rsa.RSAPrivateKey) -> Callable[..., str]:
    """Make the JWT of the app, its claims as given or good ones."""

    def make(*, algorithm: str = "RS256", **claims: Any) -> str:
        now = int(NOW.timestamp())
        return jwt(key, {"iss": "7", "iat": now - 60, "exp": now + 300, **claims}, algorithm=algorithm)

    return make


@pytest.fixture(scope="session")
def service(key: rsa.RSAPrivateKey) -> GitHubService:
    return GitHubService(document(), clock=StillClock())


@pytest.fixture
def hub(service: GitHubService, key: rsa.RSAPrivateKey) -> Iterator[Hub]:
    """The stand-in as new: one service for all tests, since making its routes takes a while."""
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    service.clock.offset_seconds = 0.0
    service.load_state(document(pem))
    service.log.clear()
    yield Hub(service=service)
    service.webhooks.drain()
    service.faults.clear()
    assert [each.failure for each in service.log.exchanges() if each.failure] == []


@pytest.fixture
def url(hub: Hub) -> Iterator[str]:
    with running(hub.service) as address:
        yield address


@pytest.fixture
def validated(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run the validator on what a stand-in recorded; gives its report, exchange by exchange."""

    def run(hub: Hub, *arguments: str) -> list[dict[str, Any]]:
        log, report = tmp_path / "log.jsonl", tmp_path / "report.json"
        log.write_bytes(hub.service.log.render(hub.service.log.exchanges()))
        command = [sys.executable, *arguments, "--log", str(log), "--report", str(report), "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        exchanges: list[dict[str, Any]] = json.loads(report.read_text())["exchanges"]
        return exchanges

    return run

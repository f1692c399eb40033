"""A small Launchpad for tests: two projects in a group, a distribution, a private bug, a blueprint, a repository."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from benchmarks.wadl import FILE, Wadl
from sandbox.core.clock import Clock
from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def document() -> dict[str, Any]:
    return {
        "people": [
            {"name": "ann", "display_name": "Ann Example", "emails": ["ann@nimbus.example"]},
            {"name": "bot", "display_name": "Sync Bot", "emails": ["bot@nimbus.example"]},
            {"name": "cid"},
        ],
        "teams": [{"name": "nimbus-qa", "owner": "ann", "members": ["bot"], "admins": ["ann"]}],
        "tokens": [
            *({"key": name, "secret": f"sec-{name}", "person": name} for name in ("ann", "bot", "cid")),
            {"key": "bot-ro", "secret": "s", "person": "bot", "level": "READ_PUBLIC"},
            {"key": "ann-public", "secret": "s", "person": "ann", "level": "WRITE_PUBLIC"},
            {"key": "old", "secret": "s", "person": "bot", "expires": "2026-01-01T00:00:00+00:00"},
            {"key": "only", "secret": "s", "person": "bot", "consumer": "syncline"},
        ],
        "bug_trackers": [
            {
                "name": "nimbus-jira",
                "base_url": "https://jira.nimbus.example/browse",
                "bug_tracker_type": "GitHub Issues",
            }
        ],
        "project_groups": [{"name": "nimbus-all", "owner": "ann"}],
        "projects": [
            {
                "name": "nimbus",
                "display_name": "Nimbus",
                "owner": "ann",
                "project_group": "nimbus-all",
                "series": [
                    {
                        "name": "2.0",
                        "milestones": [
                            {"name": "2.0.1", "date_targeted": "2026-04-01"},
                            {"name": "1.9", "date_targeted": "2026-01-01", "is_active": False},
                        ],
                    }
                ],
                "specifications": [
                    {
                        "name": "fast-boot",
                        "title": "Fast boot",
                        "milestone": "2.0.1",
                        "assignee": "bot",
                        "implementation_status": "Started",
                        "workitems_text": "[bot] Measure: TODO",
                        "dependencies": ["boot-plan"],
                        "bugs": [1],
                    },
                    {"name": "boot-plan", "definition_status": "Obsolete"},
                ],
            },
            {"name": "cumulus", "display_name": "Cumulus", "owner": "cid", "project_group": "nimbus-all"},
            {"name": "stratus", "owner": "ann", "bug_supervisor": "nimbus-qa"},
        ],
        "distributions": [
            {
                "name": "nimbuntu",
                "display_name": "Nimbuntu",
                "owner": "ann",
                "series": [{"name": "noble", "version": "24.04", "status": "Current Stable Release"}],
                "source_packages": ["linux"],
            }
        ],
        "bugs": [
            {
                "id": 1,
                "title": "Boot hangs",
                "owner": "cid",
                "tags": ["api"],
                "tasks": [
                    {"target": "nimbus", "status": "Triaged", "importance": "High", "milestone": "2.0.1"},
                    {"target": "nimbuntu/+source/linux"},
                ],
                "messages": [{"owner": "ann", "content": "seen", "date_created": "2026-02-01T00:00:00+00:00"}],
                "watches": [{"id": 3, "bug_tracker": "nimbus-jira", "remote_bug": "NIM-7", "remote_status": "Open"}],
            },
            {
                "id": 2,
                "title": "Secret hang",
                "owner": "cid",
                "information_type": "Private",
                "subscribers": ["cid"],
                "tasks": [{"target": "nimbus", "assignee": "bot"}],
            },
            {"id": 3, "title": "Same hang", "owner": "bot", "duplicate_of": 1, "tasks": [{"target": "nimbus"}]},
            {"id": 4, "title": "Fixed", "owner": "bot", "tasks": [{"target": "nimbus", "status": "Fix Released"}]},
            {"id": 5, "title": "Rain", "owner": "bot", "tasks": [{"target": "stratus", "status": "Fix Released"}]},
            {
                "id": 6,
                "title": "Grey",
                "owner": "bot",
                "cves": ["2026-1"],
                "tasks": [{"target": "cumulus", "status": "Incomplete"}],
            },
        ],
        "git_repositories": [
            {
                "owner": "ann",
                "target": "nimbus",
                "name": "nimbus",
                "default": True,
                "refs": {"main": "1" * 40, "fix": "2" * 40},
                "merge_proposals": [
                    {"id": 9, "source": "fix", "target": "main", "queue_status": "Needs review", "bugs": [1]}
                ],
            }
        ],
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running stand-in, and requests to it."""

    service: LaunchpadService
    url: str

    def call(self, method: str, path: str, *, who: str | None = None, **given: Any) -> requests.Response:
        headers = {"Accept": "application/json", **given.pop("headers", {})}
        if who is not None:
            token = next(one for one in self.service.store.tokens if one.key == who)
            headers["Authorization"] = (
                f'OAuth oauth_consumer_key="syncline", oauth_token="{token.key}", '
                f'oauth_signature_method="PLAINTEXT", oauth_signature="%26{token.secret}"'
            )
        return requests.request(
            method, f"{self.url}/devel{path}", headers=headers, allow_redirects=False, timeout=30, **given
        )

    def get(self, path: str, who: str | None = None, **given: Any) -> Any:
        answer = self.call("GET", path, who=who, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def patch(self, path: str, body: dict[str, Any], who: str = "ann", **headers: str) -> requests.Response:
        return self.call("PATCH", path, who=who, json=body, headers=headers)

    def post(self, path: str, who: str | None = "ann", **form: str) -> requests.Response:
        return self.call(
            "POST", path, who=who, data={f"ws.{key}" if key == "op" else key: value for key, value in form.items()}
        )


@pytest.fixture
def served(description: Wadl | None) -> Iterator[Served]:
    """Serve the small Launchpad; with the outside evidence at hand, all that a test heard is held against it."""
    service = LaunchpadService(document(), clock=Clock.starting_at(START))
    with running(service) as url:
        yield Served(service=service, url=url)
    if description is not None:
        told = [one for exchange in service.log.exchanges() for one in judged(description, exchange.as_json())]
        assert told == [], "against the description that a real server gave of itself"


@pytest.fixture(scope="session")
def description() -> Wadl | None:
    folder = os.environ.get("SYNCLINE_API_EVIDENCE")
    return Wadl(Path(folder) / "launchpad" / FILE) if folder else None


@pytest.fixture
def judge(description: Wadl | None) -> Callable[[dict[str, Any]], list[str]]:
    assert description is not None
    return partial(judged, description)


OLDER_NAMES = frozenset(f"transitionTo{what}" for what in ("Status", "Importance", "Assignee", "Milestone", "Target"))
"""Operations that the description of `devel` leaves out; older versions have them (see test_wadl)."""


def judged(description: Wadl, exchange: dict[str, Any]) -> list[str]:
    """Say what is wrong with an exchange that succeeded: unknown operations and parameters, fields more or fewer."""
    if not exchange["path"].startswith("/devel") or exchange["status"] not in (200, 201, 209) or exchange["fault"]:
        return []
    told: list[str] = []
    body = exchange["response_body"]
    form = exchange["request_body"] if isinstance(exchange["request_body"], str) else ""
    given = {**exchange["query"], **(parse_qs(form) if form.startswith(("ws.", "oauth")) or "&ws.op=" in form else {})}
    given = {key: value for key, value in given.items() if not key.startswith("oauth_")}
    name = given.get("ws.op")
    name = name[0] if isinstance(name, list) else name
    if name and name not in OLDER_NAMES:
        owners = description.owners(name)
        findings = [list(description.operation(owner, {**given, "ws.op": name})) for owner in owners]
        told += min(findings, key=len) if findings else [f"no operation {name}"]
    if isinstance(body, dict) and "entries" in body:
        told += [f"{key}: not of a collection" for key in body if key not in description.collection]
        told += [one for entry in body["entries"] for one in description.entry(entry)]
    elif isinstance(body, dict) and "self_link" in body:
        told += description.entry(body)
    return [f"{exchange['method']} {exchange['path']}: {one}" for one in told]


@pytest.fixture
def make_document() -> Callable[[], dict[str, Any]]:
    return document


@dataclass(slots=True)
class Receiver:
    """A receiver that keeps what came, and answers as told."""

    url: str
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def wait_for(self, count: int) -> list[tuple[dict[str, str], dict[str, Any]]]:
        deadline = time.monotonic() + 10
        while len(self.got) < count and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.got) == count
        return [(headers, json.loads(body)) for headers, body in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept: list[Receiver] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept[0].got.append((dict(self.headers), body))
            self.send_response(kept[0].status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature of the base class
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.append(Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/hook"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield kept[0]
    server.shutdown()
    server.server_close()
    thread.join()

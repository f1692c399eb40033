import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService

ANN = {"accountId": "acc:ann", "name": "ann", "displayName": "Ann Example", "emailAddress": "ann@nimbus.example"}
BOB = {"accountId": "acc:bob", "name": "bob", "displayName": "Bob Example", "emailAddress": "bob@nimbus.example"}
BOT = {"accountId": "acc:bot", "name": "bot", "displayName": "Bot Example", "emailAddress": "bot@nimbus.example"}


def document(deployment: str) -> dict[str, Any]:
    """A small site: two projects, one of them not for Bob, an epic, a story with a sub-task, a restricted issue."""
    cloud = deployment == "cloud"
    epic_fields = [] if cloud else [{"id": "customfield_10008", "name": "Epic Link", "type": "epiclink"}]
    return {
        "format": 1,
        "deployment": deployment,
        "site": {"title": "Nimbus Jira", "time_zone": "UTC"},
        "users": [
            {**ANN, "timeZone": "Europe/Berlin", "token": "ann-token"},
            {**BOB, "timeZone": "UTC", "token": "bob-token"},
            {**BOT, "timeZone": "UTC", "token": "bot-token"},
        ],
        "projects": [
            {
                "id": "10000",
                "key": "NIM",
                "name": "Nimbus",
                "lead": "ann" if not cloud else "acc:ann",
                "administer": [ANN, BOT],
                "versions": [
                    {"id": "500", "name": "1.0", "releaseDate": "2026-12-01", "released": False},
                    {"id": "501", "name": "2.0", "released": False},
                ],
                "components": [{"id": "600", "name": "API"}],
            },
            {"id": "10001", "key": "SEC", "name": "Secret", "browse": [ANN, BOT]},
        ],
        "issuetypes": [
            {"id": "1", "name": "Story"},
            {"id": "2", "name": "Epic", "hierarchyLevel": 1},
            {"id": "3", "name": "Sub-task", "subtask": True},
        ],
        "statuses": [
            {"id": "1", "name": "To Do", "category": "new"},
            {"id": "3", "name": "In Progress", "category": "indeterminate"},
            {"id": "5", "name": "Done", "category": "done"},
        ],
        "resolutions": [{"id": "1", "name": "Done"}],
        "priorities": [{"id": "2", "name": "High"}, {"id": "3", "name": "Medium"}],
        "link_types": [{"id": "10", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}],
        "security_levels": [{"id": "7", "name": "Confidential", "projects": ["NIM"], "members": [ANN]}],
        "workflows": [
            {
                "initial": "To Do",
                "transitions": [
                    {"id": "11", "name": "Start", "from": ["To Do"], "to": "In Progress"},
                    {"id": "21", "name": "Finish", "from": ["In Progress"], "to": "Done", "resolution": "Done"},
                    {"id": "31", "name": "Reopen", "from": ["Done"], "to": "To Do", "resolution": None},
                ],
            }
        ],
        "fields": [
            {
                "id": "customfield_10051",
                "name": "Billable",
                "type": "select",
                "options": [{"id": "1", "value": "Yes"}, {"id": "2", "value": "No"}],
            },
            {"id": "customfield_10052", "name": "Scope item", "type": "text", "projects": ["NIM"]},
            {"id": "customfield_10053", "name": "Syncline status text", "type": "textarea"},
            *epic_fields,
        ],
        "issues": [
            {
                "id": "100",
                "key": "NIM-1",
                "fields": {
                    "issuetype": {"name": "Epic"},
                    "summary": "The epic",
                    "created": "2026-01-01T10:00:00.000+0000",
                    "reporter": ANN,
                },
            },
            {
                "id": "101",
                "key": "NIM-2",
                "old_keys": ["OLD-9"],
                "fields": {
                    "issuetype": {"name": "Story"},
                    "summary": "Login page",
                    "description": "First line\nsecond\n\n* one\n* two",
                    "status": {"name": "In Progress"},
                    "priority": {"name": "High"},
                    "assignee": BOB,
                    "reporter": ANN,
                    "created": "2026-01-02T10:00:00.000+0000",
                    "updated": "2026-02-02T10:30:00.000+0000",
                    "duedate": "2026-12-24",
                    "labels": ["web", "scope:SI-03"],
                    "fixVersions": [{"name": "1.0"}],
                    "components": [{"name": "API"}],
                    "customfield_10051": {"value": "No"},
                    "customfield_10052": "SI-03",
                    "customfield_10053": "long",
                    "issuelinks": [{"id": "900", "type": {"name": "Blocks"}, "outwardIssue": {"key": "NIM-4"}}],
                    **({"parent": {"key": "NIM-1"}} if cloud else {"customfield_10008": "NIM-1"}),
                },
                "properties": {"syncline": {"op": 1}},
                "comments": [{"id": "40", "author": ANN, "body": "Hello", "created": "2026-01-03T10:00:00.000+0000"}],
                "worklogs": [
                    {"id": "50", "author": BOB, "timeSpentSeconds": 3600, "started": "2026-01-04T10:00:00.000+0000"}
                ],
                "changelog": [
                    {
                        "id": "60",
                        "author": ANN,
                        "created": "2026-01-05T10:00:00.000+0000",
                        "items": [
                            {
                                "field": "status",
                                "fieldtype": "jira",
                                "from": "1",
                                "fromString": "To Do",
                                "to": "3",
                                "toString": "In Progress",
                            }
                        ],
                    }
                ],
            },
            {
                "id": "102",
                "key": "NIM-3",
                "fields": {
                    "issuetype": {"name": "Sub-task"},
                    "summary": "Draw it",
                    "parent": {"key": "NIM-2"},
                    "created": "2026-01-03T10:00:00.000+0000",
                    "reporter": BOB,
                },
            },
            {
                "id": "103",
                "key": "NIM-4",
                "fields": {
                    "issuetype": {"name": "Story"},
                    "summary": "Restricted",
                    "security": {"name": "Confidential"},
                    "created": "2026-01-04T10:00:00.000+0000",
                    "reporter": ANN,
                    "customfield_10051": {"id": "1"},
                },
            },
            {
                "id": "104",
                "key": "SEC-1",
                "fields": {
                    "issuetype": {"name": "Story"},
                    "summary": "In the secret project",
                    "created": "2026-01-05T10:00:00.000+0000",
                    "reporter": ANN,
                },
            },
        ],
    }


class Client:
    """A plain client of one user; `api` paths are relative to the version's root."""

    def __init__(self, url: str, service: JiraService, version: int) -> None:
        self.url = url
        self.service = service
        self.version = version
        self.session = requests.Session()
        self.session.trust_env = False

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        address = f"{self.url}/rest/api/{self.version}{path}"
        answer = self.session.request(method, address, json=body, params=query, timeout=30)
        assert answer.status_code != 500, self.service.log.exchanges()[-1].failure
        return answer

    def get(self, path: str, **query: Any) -> Any:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def keys(self, jql: str, **more: Any) -> list[str]:
        """Search and give the keys."""
        if self.service.site.state.cloud:
            found = self("POST", "/search/jql", {"jql": jql, "fields": ["key"], **more})
        else:
            found = self("POST", "/search", {"jql": jql, "fields": ["key"], **more})
        assert found.status_code == 200, found.text
        return [issue["key"] for issue in found.json()["issues"]]


Connect = Callable[..., Client]


@pytest.fixture
def small_site() -> Callable[[str], dict[str, Any]]:
    return document


@pytest.fixture(scope="session")
def small_site_of() -> Callable[[str], dict[str, Any]]:
    return document


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Gives `connect(deployment, user=..., version=...)`: a client of a stand-in, one a deployment and test."""
    clients: list[Client] = []
    running_now: dict[str, tuple[JiraService, str]] = {}
    contexts = []

    def make(deployment: str = "cloud", *, user: str | None = "ann", version: int = 2) -> Client:
        if deployment not in running_now:
            service = JiraService(document(deployment))
            context = running(service)
            running_now[deployment] = (service, context.__enter__())
            contexts.append(context)
        service, url = running_now[deployment]
        client = Client(url, service, version)
        if user and deployment == "cloud":
            client.session.auth = (f"{user}@nimbus.example", f"{user}-token")
        elif user:
            client.session.headers["Authorization"] = f"Bearer {user}-token"
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.session.close()
    for context in contexts:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def tours() -> ModuleType:
    """The requests that drive every route; the second half finds the first by its name."""
    for name in ("tour", "tour_apps"):
        module = f"syncline_test_jira_{name}"
        if module not in sys.modules:
            spec = importlib.util.spec_from_file_location(module, Path(__file__).with_name(f"{name}.py"))
            assert spec is not None
            assert spec.loader is not None
            sys.modules[module] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[module])
    return sys.modules["syncline_test_jira_tour_apps"]

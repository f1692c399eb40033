"""The port's promises again, over real HTTP, against the stand-in as a black box."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import ConnectorContext, Page, Partition, PartitionFailure, Record, Wanted, Write, WriteKind
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.jira import SPEC, client
from connectors.jira.connector import JiraConnector
from connectors.jira.settings import JiraSettings

pytestmark = pytest.mark.loopback

TOKEN = "canary-token-77"
PERSON = "token-of-ann"
SMALL_PAGE = 20


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return datetime.now(UTC).timestamp()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing here should make us wait {seconds} s")


def _state(deployment: str) -> dict:
    def user(name: str, token: str) -> dict:
        return {
            "accountId": f"5b10a:{name}",
            "name": name,
            "displayName": name.title(),
            "emailAddress": f"{name}@partner.example",
            "timeZone": "Asia/Kathmandu",
            "token": token,
        }

    def project(number: str, key: str) -> dict:
        return {"id": number, "key": key, "name": key.title(), "versions": [{"id": f"{number}1", "name": "1.0"}]}

    def issue(number: str, key: str) -> dict:
        fields = {"issuetype": {"name": "Story"}, "summary": key, "created": "2026-01-02T03:04:05.000+0000"}
        return {"id": number, "key": key, "fields": fields}

    return {
        "format": 1,
        "deployment": deployment,
        "users": [user("syncline", TOKEN), user("ann", PERSON)],
        "projects": [project("10000", "NIM"), project("10001", "FOX")],
        "issuetypes": [
            {"id": "1", "name": "Story"},
            {"id": "5", "name": "Risk", "subtask": True},
            {"id": "6", "name": "Engagement"},
        ],
        "statuses": [
            {"id": "11", "name": "To Do", "category": "new"},
            {"id": "12", "name": "In Progress", "category": "indeterminate"},
            {"id": "13", "name": "Done", "category": "done"},
        ],
        "workflows": [
            {
                "name": "stepwise",
                "initial": "To Do",
                "transitions": [
                    {"id": "21", "name": "Start", "from": ["To Do"], "to": "In Progress"},
                    {"id": "22", "name": "Finish", "from": ["In Progress"], "to": "Done"},
                    {"id": "23", "name": "Reopen", "from": ["Done", "In Progress"], "to": "To Do"},
                ],
            }
        ],
        "fields": [
            {
                "id": "customfield_10001",
                "name": "Syncline status",
                "type": "select",
                "options": [{"id": str(n), "value": v} for n, v in enumerate(("Green", "Amber", "Red", "Unknown"), 1)],
            },
            {"id": "customfield_10002", "name": "Syncline status text", "type": "textarea"},
            {"id": "customfield_10003", "name": "Scope item", "type": "text"},
        ],
        "issues": [issue("19001", "FOX-1")],
    }


def _marker(issue: dict) -> dict:
    marker = (issue.get("properties") or {}).get("syncline") or {}
    return json.loads(marker) if isinstance(marker, str) else marker


class StandIn:
    """One running stand-in, steered by its admin routes and used by a person over its REST API."""

    def __init__(self, url: str, deployment: str) -> None:
        self.url = url
        self.cloud = deployment == "cloud"
        self.session = requests.Session()
        self.session.trust_env = False

    def admin(self, method: str, path: str, body: object = None):
        answer = self.session.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else answer.text

    def person(self, method: str, path: str, body: object = None):
        auth = {"auth": ("ann@partner.example", PERSON)} if self.cloud else {}
        headers = {} if self.cloud else {"Authorization": f"Bearer {PERSON}"}
        url = f"{self.url}/rest/api/2/{path}"
        answer = self.session.request(method, url, json=body, headers=headers, timeout=20, **auth)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def asked(self) -> list[str]:
        text = self.session.get(f"{self.url}/_sandbox/log", timeout=20).text
        lines = [json.loads(line) for line in text.splitlines() if line]
        return [f"{line['method']} {line['path']}" for line in lines]

    def forget(self) -> None:
        self.session.request("DELETE", f"{self.url}/_sandbox/log", timeout=20)

    def advance(self, minutes: float) -> None:
        self.admin("POST", "clock", {"advance_seconds": minutes * 60})

    def connector(self) -> JiraConnector:
        table = {
            "url": self.url,
            "deployment": "cloud" if self.cloud else "data-center",
            "email": "syncline@partner.example" if self.cloud else None,
            "token": {"env": "X"},
            "owned": ["anchor.status", "anchor.link", "risk.issue", "work.label"],
        }
        clock = RealClock()
        return JiraConnector(
            ConnectorContext(
                connection="jira",
                settings=JiraSettings.model_validate(table),
                secrets={"token": TOKEN},
                transport=Transport(connection="jira", clock=clock, timeout_s=10.0, secrets=[TOKEN], max_wait_s=1.0),
                tokens=MemoryTokenStore(),
                clock=clock,
            )
        )


def _running(folder: Path, deployment: str) -> Iterator[StandIn]:
    path = folder / "state.json"
    path.write_text(json.dumps(_state(deployment)))
    command = [sys.executable, "-m", "sandbox.jira", "--state", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("ready "), line
            stand_in = StandIn(line.split()[-1], deployment)
            with stand_in.session:
                yield stand_in
        finally:
            process.terminate()


@pytest.fixture(scope="module", params=["cloud", "data-center"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    yield from _running(tmp_path_factory.mktemp("jira"), request.param)


@pytest.fixture
def stand_in(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setattr(client, "CLOUD_PAGE", SMALL_PAGE)
    monkeypatch.setattr(client, "DATA_CENTER_PAGE", SMALL_PAGE)
    server.session.request("DELETE", f"{server.url}/_sandbox/faults", timeout=20)
    server.admin("POST", "clock", {"offset_seconds": 0})
    server.admin("PUT", "state", _state("cloud" if server.cloud else "data-center"))
    server.forget()
    return server


class StandInHarness:
    connection = "jira"
    capabilities = SPEC.capabilities
    partition = Partition(stream="issues", key="NIM")
    other = Partition(stream="issues", key="FOX")
    secrets = (TOKEN,)
    several_pages = SMALL_PAGE + 5

    def __init__(self, stand_in: StandIn) -> None:
        self.jira = stand_in

    def connector(self) -> JiraConnector:
        return self.jira.connector()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ("summary", "status", "labels", "Scope item", "No such field")

    def seed(self, count: int) -> Sequence[str]:
        self.jira.advance(10)
        fields = {"project": {"key": "NIM"}, "issuetype": {"name": "Story"}, "summary": "seeded"}
        return [self.jira.person("POST", "issue", {"fields": fields})["id"] for _ in range(count)]

    def change(self, record_id: str) -> None:
        self.jira.advance(0.1)
        self.jira.person("PUT", f"issue/{record_id}", {"fields": {"summary": "changed by Ann"}})

    def delete(self, record_id: str) -> None:
        self.jira.person("DELETE", f"issue/{record_id}")

    def break_other(self) -> None:
        state = self.jira.admin("GET", "state")
        for project in state["projects"]:
            if project["key"] == "FOX":
                project["browse"] = ["ann"] if not self.jira.cloud else ["5b10a:ann"]
        self.jira.admin("PUT", "state", state)

    def _write(self, number: str, kind: WriteKind, values: dict, **more) -> Write:
        return Write(
            id=f"W-{kind}-{number}",
            connection="jira",
            kind=kind,
            stream="issues",
            target=number,
            partition="NIM",
            values=values,
            before={},
            reason="to try it",
            **more,
        )

    def writes(self, record_id: str) -> Sequence[Write]:
        status = {"customfield_10001": {"value": "Amber"}, "customfield_10002": "AMBER as of now\n- late"}
        link = {"url": "https://partner.my.salesforce.example/a0X?a=1&b=2", "title": "NIM-01"}
        return [
            self._write(record_id, WriteKind.SET_FIELDS, status, marker={"instance": "i-1", "engagement": "NIM-01"}),
            self._write(record_id, WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
            self._write(record_id, WriteKind.PUT_LINK, link, external_id="system=syncline&id=NIM-01"),
            self._write(record_id, WriteKind.TRANSITION, {"status": "Done"}),
        ]

    def guarded_write(self, record: Record) -> Write:
        raise NotImplementedError

    def create(self, record_id: str) -> Write:
        values = {"summary": "Two deliverables are late", "issuetype": {"name": "Risk"}}
        marker = {"instance": "i-1", "risk": "R-0123456789"}
        return self._write(record_id, WriteKind.CREATE, values, external_id="R-0123456789", marker=marker)

    def drift(self, write: Write) -> None:
        place = f"issue/{write.target}"
        match write.kind:
            case WriteKind.SET_FIELDS:
                self.jira.person("PUT", place, {"fields": {"customfield_10001": {"value": "Green"}}})
            case WriteKind.ADD_LABEL:
                self.jira.person("PUT", place, {"update": {"labels": [{"remove": "syncline-orphan"}]}})
            case WriteKind.PUT_LINK:
                body = {"globalId": write.external_id, "object": {"url": "https://other.example", "title": "Other"}}
                self.jira.person("POST", f"{place}/remotelink", body)
            case WriteKind.TRANSITION:
                self.jira.person("POST", f"{place}/transitions", {"transition": {"id": "23"}})

    def traces(self, write: Write) -> int:
        issues = self.jira.admin("GET", "state")["issues"]
        if write.kind is WriteKind.CREATE:
            return sum(_marker(i).get("risk") == write.external_id for i in issues)
        (issue,) = (i for i in issues if i["id"] == write.target)
        match write.kind:
            case WriteKind.SET_FIELDS:
                return int(_marker(issue) == {"instance": "i-1", "engagement": "NIM-01"})
            case WriteKind.ADD_LABEL:
                return issue["fields"]["labels"].count("syncline-orphan")
            case WriteKind.PUT_LINK:
                return len(issue["remotelinks"])
        return int(issue["fields"]["status"].get("id") == "13")

    def lose_next_answer(self) -> None:
        for method in ("PUT", "POST"):
            rule = {
                "method": method,
                "route": "/rest/api/2/issue(/\\d+)?$",
                "times": 1,
                "action": {"kind": "drop_after"},
            }
            self.jira.admin("POST", "faults", rule)

    def deny(self) -> None:
        body = json.dumps({"errorMessages": [f"no login with {TOKEN}"]})
        rule = {"route": "/rest/", "action": {"kind": "status", "status": 401, "body": body}}
        self.jira.admin("POST", "faults", rule)


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, stand_in: StandIn) -> StandInHarness:
        return StandInHarness(stand_in)


def _pull(stand_in: StandIn, cursors: dict, *streams: str):
    connector = stand_in.connector()
    catalog = connector.catalog([])
    partitions = [Partition(stream=s, key=k) for s in streams for k in ("NIM", "FOX")]
    wanted = [Wanted(partition=p, cursor=cursors.get(p), fields=("summary", "status")) for p in partitions]
    stand_in.forget()
    items = list(connector.reader.pull(wanted, catalog))
    assert not [i for i in items if isinstance(i, PartitionFailure)]
    pages = [i for i in items if isinstance(i, Page)]
    found = {p: c for page in pages for p, c in page.cursors.items()}
    return pages, {**cursors, **found}


def test_a_quiet_cycle_is_one_request(stand_in: StandIn) -> None:
    _, cursors = _pull(stand_in, {}, "issues", "versions")
    stand_in.advance(10)
    pages, _ = _pull(stand_in, cursors, "issues", "versions")
    path = "search/jql" if stand_in.cloud else "search"
    assert stand_in.asked() == [f"GET /rest/api/2/{path}"]
    assert [r for p in pages for r in p.records] == []


def test_versions_are_read_when_due(stand_in: StandIn) -> None:
    pages, cursors = _pull(stand_in, {}, "versions")
    assert [(r.partition, r.key) for p in pages for r in p.records] == [("NIM", "1.0"), ("FOX", "1.0")]
    assert set(cursors) == {Partition(stream="versions", key=k) for k in ("NIM", "FOX")}


def test_issues_that_change_between_pages_hide_no_other(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    numbers = set(harness.seed(3 * SMALL_PAGE))
    connector = stand_in.connector()
    pages = connector.reader.pull(
        [Wanted(partition=harness.partition, cursor=None, fields=("summary",))], connector.catalog([])
    )
    met = {r.id for r in next(pages).records}
    some = sorted(met)[:7]
    for number in some[:5]:
        harness.change(number)
    for number in some[5:]:
        harness.delete(number)
    for page in pages:
        met |= {r.id for r in page.records}
    assert numbers - set(some[5:]) <= met


def test_the_index_may_lag(stand_in: StandIn) -> None:
    harness = StandInHarness(stand_in)
    stand_in.admin("POST", "settings", {"index_lag_seconds": 120})
    late = harness.seed(1)
    stand_in.advance(1)
    pages, cursors = _pull(stand_in, {}, "issues")
    assert late[0] not in {r.id for p in pages for r in p.records}
    stand_in.advance(2)
    pages, _ = _pull(stand_in, cursors, "issues")
    assert late[0] in {r.id for p in pages for r in p.records}


def test_the_check_passes(stand_in: StandIn) -> None:
    results = list(stand_in.connector().check(["NIM", "FOX"]))
    assert [(r.name, r.found) for r in results if r.ok is False] in ([], [("fields", "Billable: no such field")])

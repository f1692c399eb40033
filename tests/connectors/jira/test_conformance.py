"""The port's promises, on the small Jira of ``conftest``, as Cloud and as Data Center."""

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import Partition, Record, Write, WriteKind
from connectors.jira import SPEC

TOKEN = "canary-token-8f3a"


def _marker(issue: dict) -> dict:
    marker = issue["properties"].get("syncline", {})
    return json.loads(marker) if isinstance(marker, str) else marker


class JiraHarness:
    connection = "jira"
    capabilities = SPEC.capabilities
    partition = Partition(stream="issues", key="NIM")
    other = Partition(stream="issues", key="FOX")
    secrets = (TOKEN,)

    def __init__(self, jira) -> None:
        self.jira = jira
        jira.page = 50  # the site may allow less than is asked for
        self.several_pages = jira.page + 5
        jira.add("FOX")

    def connector(self):
        return self.jira.connector()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ("Summary", "Status", "Labels", "Scope item", "No such field")

    def seed(self, count: int) -> Sequence[str]:
        self.jira.now += timedelta(minutes=10)
        return [self.jira.add("NIM") for _ in range(count)]

    def change(self, record_id: str) -> None:
        self.jira.touch(record_id, summary=f"changed at {self.jira.now}")

    def delete(self, record_id: str) -> None:
        del self.jira.issues[record_id]

    def break_other(self) -> None:
        self.jira.projects["FOX"] = False

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
        return [
            self._write(
                record_id,
                WriteKind.SET_FIELDS,
                {"customfield_10001": {"value": "Amber"}, "customfield_10002": "AMBER as of now\n- late"},
                marker={"instance": "i-1", "id": "status"},
            ),
            self._write(record_id, WriteKind.ADD_LABEL, {"label": "syncline-orphan"}),
            self._write(
                record_id,
                WriteKind.PUT_LINK,
                {"url": "https://partner.my.salesforce.example/a0X", "title": "NIM-01"},
                external_id="syncline:engagement:NIM-01",
            ),
            self._write(record_id, WriteKind.TRANSITION, {"status": "Done"}),
        ]

    def guarded_write(self, record: Record) -> Write:
        raise NotImplementedError

    def create(self, record_id: str) -> Write:
        return self._write(
            record_id,
            WriteKind.CREATE,
            {"summary": "Two deliverables are late", "issuetype": {"name": "Risk"}},
            external_id="R-0123456789",
            marker={"instance": "i-1", "id": "R-0123456789"},
        )

    def drift(self, write: Write) -> None:
        issue = self.jira.issues[write.target]
        match write.kind:
            case WriteKind.SET_FIELDS:
                self.jira.touch(write.target, customfield_10001={"value": "Green", "id": "1"})
            case WriteKind.ADD_LABEL:
                self.jira.touch(write.target, labels=["other"])
            case WriteKind.PUT_LINK:
                issue["links"][write.external_id]["title"] = "renamed"
            case WriteKind.TRANSITION:
                self.jira.touch(write.target, status="To Do")

    def traces(self, write: Write) -> int:
        if write.kind is WriteKind.CREATE:
            return sum(_marker(i).get("id") == write.external_id for i in self.jira.issues.values())
        issue = self.jira.issues[write.target]
        match write.kind:
            case WriteKind.SET_FIELDS:
                return int(_marker(issue) == {"instance": "i-1", "id": "status"})
            case WriteKind.ADD_LABEL:
                return issue["fields"]["labels"].count("syncline-orphan")
            case WriteKind.PUT_LINK:
                return len(issue["links"])
        return int(issue["fields"]["status"] == "Done")

    def lose_next_answer(self) -> None:
        self.jira.lose_next = True

    def deny(self) -> None:
        self.jira.denied = True


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, site) -> JiraHarness:
        return JiraHarness(site)

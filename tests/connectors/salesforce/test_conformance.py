"""The Salesforce connector keeps the promises of the port, over real HTTP."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from connectors.core.conformance import ConformanceSuite
from connectors.core.port import Partition, Record, Write, WriteKind
from connectors.salesforce import SPEC, client
from connectors.salesforce.connector import SalesforceConnector

pytestmark = pytest.mark.loopback

SMALL_PAGE_ROWS = 200  # the fewest that Salesforce allows to ask for
FIELDS = {
    "engagements": ("Name", "Key__c", "Stage__c", "Syncline_Status__c", "Syncline_Status_Text__c"),
    "deliverables": ("Name", "State__c"),
}


def write(
    kind: WriteKind, stream: str, target: str, values: dict, *, external_id: str = "", version: str = ""
) -> Write:
    return Write(
        id=f"{kind}:{target}:{external_id}",
        connection="salesforce",
        kind=kind,
        stream=stream,
        target=target,
        partition=next(s.fixed_partition for s in SPEC.streams if s.name == stream),
        values=values,
        before={},
        reason="because",
        external_id=external_id,
        version=version,
    )


def risk(key: str) -> Write:
    values = {
        "Risk_Key__c": key,
        "Name": "Interface description is late",
        "Category__c": "schedule",
        "Severity__c": "high",
        "Lifecycle__c": "Open",
        "Description__c": "Late by 4 working days.\nAsk for a new date.",
        "Subject_URL__c": "https://partner.my.salesforce.example/x?a=1&b=2",
        "Raised_On__c": "2026-03-02",
        "Closed_Reason__c": None,
    }
    return write(WriteKind.UPSERT, "risks", "", values, external_id=key)


class OrgHarness:
    connection = "salesforce"
    capabilities = SPEC.capabilities
    partition = Partition(stream="engagements", key="Engagement__c")
    other = Partition(stream="deliverables", key="Deliverable__c")
    secrets: Sequence[str] = ("canary-client-secret",)
    several_pages = SMALL_PAGE_ROWS + 50

    def __init__(self, connections) -> None:
        self.connections = connections
        self.org = connections.org
        self.made = 0
        engagement = self.seed(1)[0]
        self.org.act("create", "Deliverable__c", {"Name": "D", "Engagement__c": engagement, "State__c": "Open"})

    def connector(self) -> SalesforceConnector:
        return self.connections.connect()

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return FIELDS[partition.stream]

    def seed(self, count: int) -> Sequence[str]:
        changes = []
        for _ in range(count):
            self.made += 1
            values = {"Name": f"Engagement {self.made}", "Key__c": f"FIC-{self.made}", "Stage__c": "Active"}
            changes.append({"op": "create", "object": "Engagement__c", "values": values})
        return self.org.admin("POST", "records", changes)["ids"]

    def change(self, record_id: str) -> None:
        self.org.admin("POST", "clock", {"advance_seconds": 2})
        self.org.act("update", "Engagement__c", {"Name": "Renamed"}, record_id)

    def delete(self, record_id: str) -> None:
        self.org.act("delete", "Engagement__c", None, record_id)

    def break_other(self) -> None:
        self.org.admin("POST", "access", {"username": "sync@partner.example", "hidden": ["Deliverable__c"]})

    def writes(self, record_id: str) -> Sequence[Write]:
        status = {
            "Syncline_Status__c": "Amber",
            "Syncline_Status_Text__c": "AMBER as of 2026-03-02 10:00 UTC\n- one deliverable is late",
            "Syncline_As_Of__c": "2026-03-02T10:00:00Z",
            "Syncline_Marker__c": "here:1",
        }
        return [
            write(WriteKind.SET_FIELDS, "engagements", record_id, status),
            risk("R-one/ ?#&'\\"),
            risk("R-two"),
        ]

    def guarded_write(self, record: Record) -> Write:
        values = {"Syncline_Status__c": "Red"}
        return write(WriteKind.SET_FIELDS, "engagements", record.id, values, version=record.version)

    def create(self, record_id: str) -> Write:
        raise NotImplementedError

    def drift(self, write: Write) -> None:
        object_name = write.partition
        (row,) = (r for r in self.org.rows(object_name) if write.target in ("", r["Id"]) and self._is_of(r, write))
        field = "Syncline_Status__c" if write.stream == "engagements" else "Severity__c"
        self.org.act(
            "update", object_name, {field: "Red" if field.startswith("S") and write.target else "low"}, row["Id"]
        )

    def traces(self, write: Write) -> int:
        rows = [r for r in self.org.rows(write.partition) if self._is_of(r, write)]
        if write.kind is WriteKind.UPSERT:
            return len(rows)
        return sum(r.get("Syncline_Status__c") == write.values["Syncline_Status__c"] for r in rows)

    def lose_next_answer(self) -> None:
        self.org.fault("drop_after", method="PATCH", times=1)

    def deny(self) -> None:
        self.org.admin("POST", "sessions/revoke", {})
        body = '{"error":"invalid_client","error_description":"not canary-client-secret"}'
        self.org.fault("status", route="oauth2/token", arguments={"status": 400, "body": body})

    @staticmethod
    def _is_of(row: dict, write: Write) -> bool:
        return row["Id"] == write.target or (bool(write.external_id) and row.get("Risk_Key__c") == write.external_id)


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self, connections, monkeypatch) -> OrgHarness:
        monkeypatch.setattr(client, "PAGE_ROWS", SMALL_PAGE_ROWS)
        return OrgHarness(connections)

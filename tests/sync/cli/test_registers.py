"""``requests``, ``risks``, ``deliverables`` and ``scope`` show what people keep in their registers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.core.port import Catalog, Record, Visibility
from mapping.inbound import map_record
from sync import bootstrap
from sync.cli.main import cli
from sync.store.database import Store
from sync.store.model import save_entities
from sync.store.records import Stamp, save_records

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
CONFIG = """\
version = 1
[store]
url = "sqlite:///s.sqlite3"
[connections.crm]
kind = "salesforce"
url = "https://sf.example"
flow = "client_credentials"
client_id = "x"
client_secret = { env = "NOT_SET_IN_THESE_TESTS" }
[connections.jira]
kind = "jira"
url = "https://jira.example"
deployment = "data-center"
token = { env = "NOT_SET_IN_THESE_TESTS" }
[engagements.NIM-01]
record = { connection = "crm", key = "NIM-01" }
places = [{ connection = "jira", place = "NIM" }]
[mapping.jira.inbound.request]
stream = "issues"
makes = "engineering_request"
when = { path = "fields.issuetype.name", is = "Request" }
[mapping.jira.inbound.request.attributes]
title = { path = "fields.summary" }
engagement_key = { field = "Engagement" }
state = { path = "fields.status.name", values = { "To Do" = "requested" }, unknown = "keep_raw" }
"""
STREAMS = ("accounts", "users", "engagements", "baselines", "scope_items", "deliverables")
STREAMS += ("risks", "requests", "mitigations", "dependencies")
HOUR_S = 3600


def day(offset: int) -> str:
    return (NOW.date() + timedelta(days=offset)).isoformat()


def of(stream: str, number: int) -> str:
    return f"a{STREAMS.index(stream):02d}{number:012d}AAA"


def row(stream: str, number: int, **fields: Any) -> Record:
    record_id = of(stream, number)
    return Record(
        connection="crm",
        stream=stream,
        id=record_id,
        partition=stream,
        key=str(fields.get("Name", record_id)),
        url=f"https://sf.example/{record_id}",
        version="1",
        updated=NOW,
        visibility=Visibility.INTERNAL,
        payload={"Id": record_id, **fields},
    )


def issue(number: int, type_: str = "Story", *, status: str = "In Progress", **fields: Any) -> Record:
    category = "new" if status == "To Do" else "indeterminate"
    held = {
        "summary": "Second region",
        "issuetype": {"name": type_, "subtask": False},
        "status": {"name": status, "statusCategory": {"key": category}},
        **fields,
    }
    return Record(
        connection="jira",
        stream="issues",
        id=str(number),
        partition="NIM",
        key=f"NIM-{number}",
        url=f"https://jira.example/browse/NIM-{number}",
        version="1",
        updated=NOW,
        visibility=Visibility.INTERNAL,
        payload={"id": str(number), "key": f"NIM-{number}", "fields": held},
    )


ENGAGEMENT = {"Engagement__c": of("engagements", 1)}
WORLD = (
    row("users", 1, Name="Ada Person", Username="ada@org.example", Email="ada@partner.example", IsActive=True),
    row(
        "engagements",
        1,
        Name="Backup service",
        Key__c="NIM-01",
        Stage__c="Active",
        Budget__c=180000.5,
        Rate__c=95.0,
        CurrencyIsoCode="EUR",
    ),
    row("baselines", 1, Name="SoW v1", Version__c=1, Signed_On__c=day(-90), **ENGAGEMENT),
    row(
        "scope_items",
        1,
        Name="Regions",
        Item_Key__c="SI-01",
        Scope_Baseline__c=of("baselines", 1),
        State__c="Active",
        Effort_Hours__c=12.35,
    ),
    issue(1, labels=["scope:SI-01"], timeoriginalestimate=8 * HOUR_S, timespent=HOUR_S, timeestimate=3 * HOUR_S),
    issue(2, labels=["scope:SI-01"], timeoriginalestimate=HOUR_S // 2, timespent=100),
)


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Keeps the world and more records, and shows what a command prints: as text, or as JSON."""

    monkeypatch.setattr(bootstrap, "clock", lambda: SimpleNamespace(now=lambda: NOW))

    def show(*words: str, also: tuple[Record, ...] = ()) -> Any:
        path = tmp_path / "syncline.toml"
        path.write_text(CONFIG)
        config = bootstrap.load_config(path)
        store = Store(f"sqlite:///{tmp_path / 's.sqlite3'}", now=NOW)
        with store.unit_of_work() as session:
            for record in (*WORLD, *also):
                save_records(session, [record], Stamp(now=NOW, run="run"))
                made = map_record(config.connections[record.connection].rules, record, Catalog(fields=()))
                save_entities(session, {record.ref: made}, {record.ref: (record.connection, record.partition)}, "m")
            session.commit()
        store.close()
        ran = CliRunner().invoke(cli, ["-c", str(path), *words], standalone_mode=False, env={"COLUMNS": "220"})
        assert ran.exception is None, ran.exception
        return json.loads(ran.stdout) if "--json" in words else ran.stdout

    return show


REQUEST = {
    "Name": "Second region",
    "Request_Key__c": "ER-1",
    "State__c": "Triaged",
    "Requested_On__c": day(-21),
    "Requested_By__c": "Nimbus",
    "Effort_Hours__c": 40.25,
    "Amount__c": 12500.1,
    "CurrencyIsoCode": "EUR",
    "Jira_Issue__c": "NIM-1",
    **ENGAGEMENT,
}


def test_a_request_is_shown_with_its_age_effort_amount_and_work(shown: Any) -> None:
    (request,) = shown("requests", "NIM-01", "--json", also=(row("requests", 1, **REQUEST),))["requests"]
    assert request == {
        "engagement": "NIM-01",
        "request": "ER-1",
        "title": "Second region",
        "state": "triaged",
        "requested_on": day(-21),
        "requested_by": "Nimbus",
        "decided_on": None,
        "age_days": 21,
        "effort_h": "40.25",
        "amount": {"amount": "12500.1", "currency": "EUR"},
        "work": [
            {
                "key": "NIM-1",
                "state": "in_progress",
                "url": "https://jira.example/browse/NIM-1",
                "ref": "jira:issues:1",
            }
        ],
        "url": f"https://sf.example/{of('requests', 1)}",
        "ref": f"crm:requests:{of('requests', 1)}",
    }
    told = shown("requests")
    for word in ("ER-1", "triaged", "21 d", "40.25 h", "12500.10 EUR", "NIM-1 (in_progress)", "by Nimbus"):
        assert word in told


@pytest.mark.parametrize(
    ("state", "decided", "age"),
    [("Requested", None, 21), ("Approved", day(-14), 7), ("Billed", None, None), ("On ice", None, None)],
)
def test_the_age_of_a_request_ends_with_its_decision(shown: Any, state: str, decided: str | None, age: int) -> None:
    record = row("requests", 1, **{**REQUEST, "State__c": state, "Decided_On__c": decided})
    (request,) = shown("requests", "--json", also=(record,))["requests"]
    assert request["age_days"] == age
    assert request["state"] == ("unmapped" if state == "On ice" else state.lower())


@pytest.mark.parametrize(("asked", "decided"), [(day(3), None), (day(-3), day(-4))])
def test_a_request_decided_before_it_was_asked_for_has_no_age(shown: Any, asked: str, decided: str | None) -> None:
    record = row("requests", 1, **{**REQUEST, "Requested_On__c": asked, "Decided_On__c": decided})
    (request,) = shown("requests", "--json", also=(record,))["requests"]
    assert (request["requested_on"], request["decided_on"], request["age_days"]) == (asked, decided, None)


def test_a_request_belongs_by_record_else_by_key_else_by_place(shown: Any) -> None:
    others = (
        row("requests", 1, **REQUEST),
        row("requests", 2, **{**REQUEST, "Request_Key__c": "ER-2", "Engagement__c": of("engagements", 9)}),
        row("requests", 3, **{**REQUEST, "Request_Key__c": "ER-3", "Engagement__c": None}),
        issue(11, "Request", status="To Do", Engagement="NIM-01"),
        issue(12, "Request", status="To Do"),
        issue(13, "Request", status="To Do", Engagement="ORB-01"),
    )
    found = shown("requests", "--json", also=others)["requests"]
    assert sorted(r["request"] for r in found) == ["ER-1", "NIM-11", "NIM-12"]


def test_without_requests_that_is_said(shown: Any) -> None:
    assert shown("requests").strip() == "no engineering requests"


RISK = {"Name": "Key engineer may leave", "Risk_Key__c": "RK-1", "Severity__c": "medium", **ENGAGEMENT}


def test_risks_of_people_are_shown_with_owner_and_mitigations(shown: Any) -> None:
    step = {"Risk__c": of("risks", 1), "Owner__c": of("users", 1)}
    also = (
        row("risks", 1, Lifecycle__c="Mitigating", Risk_Owner__c=of("users", 1), **RISK),
        row("risks", 2, Lifecycle__c="Closed", **{**RISK, "Risk_Key__c": None, "Name": "Visa"}),
        row("mitigations", 1, Name="Write it down", State__c="In progress", Due_Date__c=day(-1), **step),
        row("mitigations", 2, Name="Hire", State__c="Done", Due_Date__c=day(-9), **step),
        row("mitigations", 3, Name="Of another", State__c="Planned", Risk__c=of("risks", 9)),
    )
    (risk,) = shown("risks", "--json", also=also)["recorded"]
    assert (risk["key"], risk["lifecycle"], risk["owned_by"]) == ("RK-1", "mitigating", "Ada Person")
    assert [(m["title"], m["state"], m["overdue"], m["owned_by"]) for m in risk["mitigations"]] == [
        ("Hire", "done", False, "Ada Person"),
        ("Write it down", "in_progress", True, "Ada Person"),
    ]
    both = shown("risks", "--all", "--json")["recorded"]
    assert [r["key"] for r in both] == ["RK-1", "Visa"]
    told = shown("risks")
    assert "(overdue)" in told
    assert "it down (Ada Person)" in told
    assert "Visa" not in told


def test_a_deliverable_says_what_it_waits_for(shown: Any) -> None:
    base = {"Owed_By__c": "Us", "State__c": "Open", **ENGAGEMENT}
    also = (
        row("deliverables", 1, Name="Image", Deliverable_Key__c="D-01", **base),
        row("deliverables", 2, Name="Guide", Deliverable_Key__c="D-02", **base),
        row("dependencies", 1, Deliverable__c=of("deliverables", 2), Depends_On__c=of("deliverables", 1), Note__c="x"),
        row("dependencies", 2, Deliverable__c=of("deliverables", 2), Depends_On__c=None),
    )
    image, guide = shown("deliverables", "--json", also=also)["deliverables"]
    assert image["depends_on"] == []
    assert [(d["deliverable"], d["state"], d["text"]) for d in guide["depends_on"]] == [("D-01", "open", "x")]
    assert "D-01 (open)" in shown("deliverables")


def test_a_deliverable_waits_for_another_one_once_whatever_the_records_repeat(shown: Any) -> None:
    base = {"Owed_By__c": "Us", "State__c": "Open", **ENGAGEMENT}
    pair = {"Deliverable__c": of("deliverables", 2), "Depends_On__c": of("deliverables", 1)}
    hidden = row("dependencies", 4, Note__c="a secret", **pair)
    also = (
        row("deliverables", 1, Name="Image", Deliverable_Key__c="D-01", **base),
        row("deliverables", 2, Name="Guide", Deliverable_Key__c="D-02", **base),
        row("dependencies", 1, Note__c="x", **pair),
        row("dependencies", 2, Note__c="y", **pair),
        row("dependencies", 3, **{**pair, "Depends_On__c": of("deliverables", 2)}),
        replace(hidden, visibility=Visibility.RESTRICTED),
    )
    guide = shown("deliverables", "--json", also=also)["deliverables"][1]
    assert [(d["deliverable"], d["text"]) for d in guide["depends_on"]] == [("D-01", "x; y")]


def test_the_scope_ledger_tells_effort_in_hours_and_what_an_hour_costs(shown: Any) -> None:
    (ledger,) = shown("scope", "--json")["engagements"]
    assert ledger["budget"] == {"amount": "180000.5", "currency": "EUR"}
    assert ledger["rate"] == {"amount": "95.0", "currency": "EUR"}
    (item,) = ledger["items"]
    assert item["effort"] == {"sold_h": "12.35", "estimate_h": "8.5", "spent_h": "1.03", "remaining_h": "3"}
    told = shown("scope")
    assert "12.35 h sold, 8.5 h estimated, 1.03 h spent, 3 h to go" in told
    assert "worth 180000.50 EUR, 95 EUR an hour" in told


def test_since_when_a_status_is_unchanged_is_told_only_where_it_is_known(shown: Any) -> None:
    told = shown("status", "NIM-01", "--true-at", NOW.isoformat())
    assert "true of" in told
    assert "None" not in told


def test_a_name_of_several_lines_makes_no_line_that_looks_like_another_row(shown: Any) -> None:
    name = "Region\nNIM-01  ER-9  approved"
    also = (
        row("requests", 1, **{**REQUEST, "Request_Key__c": None, "Name": name}),
        row("risks", 1, Lifecycle__c="Open", **{**RISK, "Risk_Key__c": None, "Name": name}),
    )
    for command in ("requests", "risks"):
        lines = shown(command, also=also).splitlines()
        assert sum(line.startswith("NIM-01") or " ER-9" in line for line in lines) == 1

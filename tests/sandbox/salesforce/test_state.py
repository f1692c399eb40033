"""The state document: what may be left out, what is checked, and that a dump loads to the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.loading import dump, load
from sandbox.salesforce.switches import Switches


def test_a_dump_loads_to_the_same(org: Any, clock: Clock) -> None:
    org.ask("POST", "sobjects/Syncline_Risk__c", {"Name": "r", "Risk_Key__c": "K"})
    org.ask("DELETE", f"sobjects/Account/{salesforce_id('Account', 2)}")
    org.ask("POST", "/_sandbox/faults", {"route": "/limits", "action": {"kind": "status", "status": 503}})
    first = org.service.dump_state()
    assert dump(load(first, clock), first["faults"]) == first
    status, body = org.ask("GET", "/_sandbox/state")
    assert (status, body) == (200, first)
    assert org.ask("PUT", "/_sandbox/state", first)[0] == 204
    assert org.service.dump_state() == first
    assert org.ask("GET", "limits")[0] == 503


def test_what_is_left_out_is_filled_the_same_way_each_time(clock: Clock) -> None:
    document = {
        "records": {"Account": [{"Name": "A"}, {"Name": "B", "Id": salesforce_id("Account", 1)}, {"Name": "C"}]}
    }
    one, two = load(document, clock), load(document, clock)
    assert one.tables == two.tables
    assert list(one.tables["Account"]) == [salesforce_id("Account", n) for n in (2, 1, 3)]
    (user,) = one.tables["User"].values()
    assert user["Username"] == "integration@sandbox.example"
    first = one.tables["Account"][salesforce_id("Account", 2)]
    assert first["OwnerId"] == first["CreatedById"] == user["Id"]
    assert first["SystemModstamp"] == "2026-11-24T10:00:00.000+0000"


def test_stamps_default_to_one_another(clock: Clock) -> None:
    rows = [
        {"Name": "A", "CreatedDate": "2020-01-01T01:00:00+01:00"},
        {"Name": "B", "LastModifiedDate": "2021-01-01T00:00:00Z", "CreatedDate": "2020-01-01T00:00:00Z"},
    ]
    a, b = load({"records": {"Account": rows}}, clock).tables["Account"].values()
    assert a["CreatedDate"] == a["LastModifiedDate"] == a["SystemModstamp"] == "2020-01-01T00:00:00.000+0000"
    assert (b["CreatedDate"], b["SystemModstamp"]) == ("2020-01-01T00:00:00.000+0000", "2021-01-01T00:00:00.000+0000")


def test_all_that_is_wrong_is_named_at_once(clock: Clock) -> None:
    document = {
        "colour": 1,
        "records": {
            "Nothing__c": [],
            "Account": [{"Name": "A", "Wrong": 1}, {"Id": "001", "Name": "B"}],
            "Engagement__c": [
                {"Name": "x", "Stage__c": "Paused"},
                {"Name": "y", "Account__c": salesforce_id("Account", 77)},
                {"Key__c": "K"},
                {"Key__c": "k"},
            ],
        },
    }
    with pytest.raises(ValueError, match="colour") as caught:
        load(document, clock)
    told = str(caught.value)
    for part in ("Nothing__c", "'Wrong'", "'001' is no id", "Paused", "leads nowhere", "'k' occurs twice"):
        assert part in told


def test_a_wrong_document_leaves_the_old_state(org: Any) -> None:
    before = org.service.dump_state()
    status, body = org.ask("PUT", "/_sandbox/state", {"records": {"Nope": []}})
    assert status == 400
    assert "Nope" in body["error"]
    assert org.service.dump_state() == before


def test_null_is_as_good_as_left_out(clock: Clock) -> None:
    nothing = load({"org": {"users": None}, "records": {"Account": None}, "sessions": None}, clock)
    assert dump(nothing, []) == dump(load({}, clock), [])


def test_the_docs_page_lists_exactly_the_switches() -> None:
    page = (Path(__file__).parents[3] / "docs/sandbox/salesforce.md").read_text(encoding="utf-8")
    table = page.split("## Switches")[1].split("## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", table, re.MULTILINE))
    assert told == {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in Switches().as_json().items()
    }


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        ({"nothing": 1}, "switches.nothing: there is no such key"),
        ({"cursors": "many"}, "expected a valid integer"),
        ({"cursors": True}, "expected a valid integer"),
        ({"soap_login": 1}, "expected a valid boolean"),
        ({"cursors": -1}, "expected greater than or equal to 0"),
        ({"upsert_status": 201}, "expected 0, 200 or 204"),
        ({"page_rows": 0}, "expected greater than 0"),
        ({"precondition_code": 412}, "expected a valid string"),
    ],
)
def test_a_wrong_switch_is_refused_and_none_is_changed(org: Any, switches: dict[str, Any], told: str) -> None:
    before = org.ask("GET", "/_sandbox/settings")[1]
    status, body = org.ask("POST", "/_sandbox/settings", {"switches": {"job_looks": 2, **switches}, "calls_used": 9})
    assert status == 400
    assert told in body["error"]
    assert org.ask("GET", "/_sandbox/settings")[1] == before


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"records": [{}]}, r"records: expected an object, found \[\{\}\]"),
        ({"records": {"Account": 5}}, "records.Account: expected a list of objects, found 5"),
        ({"records": {"Account": [5]}}, "records.Account: expected a list of objects"),
        ({"org": {"tokens": ["x"]}}, "org.tokens.0: expected an object"),
        ({"org": 5, "counters": 7}, "org: expected an object, found 5; counters: expected an object, found 7"),
        (5, "the document: expected an object, found 5"),
        ({"org": 0}, "org: expected an object, found 0"),
        ({"records": []}, r"records: expected an object, found \[\]"),
        (
            {"records": {"Account": 5, "Contact": [7]}},
            r"records.Account: expected a list of objects.*; records.Contact:",
        ),
        ({"records": {"Account": [{"Id": {}}]}}, r"records.Account\[0\].Id: expected a text, found \{\}"),
        ({"sessions": [{"token": "t"}]}, "sessions.0.username: is missing"),
        (
            {"sessions": [{"token": "t", "username": "u", "last_used": None}]},
            "sessions.0.last_used: expected a valid number",
        ),
        ({"deleted_log": {"Account": [["a"]]}}, "deleted_log.Account.0.1: is missing"),
        ({"calls_by_hour": [7]}, r"calls_by_hour: expected an object, found \[7\]"),
        ({"refresh_tokens": {"t": 0}}, "refresh_tokens.t: expected"),
        ({"org": {"id": [{}]}}, r"org.id: expected a valid string, found \[\{\}\]"),
        ({"org": {"duplicate_rules": [{"object": [], "field": "Name"}]}}, "org.duplicate_rules.0.object: expected"),
        ({"org": {"describes": [{"name": "X"}]}}, "not of the documented form"),
    ],
)
def test_a_document_of_another_form_is_refused_by_place(clock: Clock, document: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        load(document, clock)

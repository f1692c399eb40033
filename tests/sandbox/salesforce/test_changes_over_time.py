"""What a reader of changes meets: getUpdated, getDeleted, late commits, merges, undeletions, paging."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

ENG = salesforce_id("Engagement__c", 1)
ACC = [salesforce_id("Account", n) for n in range(4)]


def span(kind: str, name: str, start: str, end: str) -> str:
    return f"sobjects/{name}/{kind}/?start={quote(start)}&end={quote(end)}"


def edit(org: Any, op: str, name: str, record_id: str, **values: Any) -> None:
    body = [{"op": op, "object": name, "id": record_id, "values": values}]
    status, answer = org.ask("POST", "/_sandbox/records", body)
    assert status == 200, answer


def test_get_updated_and_get_deleted(org: Any, clock: Clock) -> None:
    edit(org, "update", "Engagement__c", ENG, Name="new")
    clock.advance(120)
    status, body = org.ask("GET", span("updated", "Engagement__c", "2026-11-24T09:00:00Z", "2026-11-24T10:02:00+00:00"))
    assert (status, body) == (200, {"ids": [ENG], "latestDateCovered": "2026-11-24T10:02:00.000+0000"})
    edit(org, "delete", "Engagement__c", ENG)
    clock.advance(120)
    updated = org.ask("GET", span("updated", "Engagement__c", "2026-11-24T09:00:00Z", "2026-11-24T10:10:00Z"))[1]
    assert updated == {"ids": [], "latestDateCovered": "2026-11-24T10:04:00.000+0000"}
    deleted = org.ask("GET", span("deleted", "Engagement__c", "2026-11-24T09:00:00Z", "2026-11-24T10:10:00Z"))[1]
    assert deleted["deletedRecords"] == [{"deletedDate": "2026-11-24T10:02:00.000+0000", "id": ENG}]
    assert deleted["earliestDateAvailable"] == "2026-11-09T10:04:00.000+0000"
    edit(org, "purge", "Engagement__c", ENG)
    assert org.query("SELECT COUNT() FROM Engagement__c", everything=True)["totalSize"] == 1
    assert (
        org.ask("GET", span("deleted", "Engagement__c", "2026-11-24T09:00:00Z", "2026-11-24T10:10:00Z"))[1] == deleted
    )


@pytest.mark.parametrize(
    ("start", "end", "code"),
    [
        ("2026-11-24T09:00:00Z", "2026-11-24T09:01:00Z", "INVALID_REPLICATION_DATE"),
        ("2026-10-01T09:00:00Z", "2026-11-24T09:00:00Z", "INVALID_REPLICATION_DATE"),
        ("2026-11-24T09:00:00", "2026-11-24T10:00:00Z", "ILLEGAL_QUERY_PARAMETER_VALUE"),
        ("", "2026-11-24T10:00:00Z", "MISSING_ARGUMENT"),
    ],
)
def test_a_wrong_span_is_refused(org: Any, start: str, end: str, code: str) -> None:
    for kind in ("updated", "deleted"):
        status, body = org.ask("GET", span(kind, "Account", start, end))
        assert (status, body[0]["errorCode"]) == (400, code)


def test_a_late_commit_appears_behind_the_reader(org: Any, clock: Clock) -> None:
    operations = [
        {"op": "update", "object": "Engagement__c", "id": ENG, "values": {"Name": "late"}},
        {"op": "create", "object": "Syncline_Risk__c", "values": {"Name": "late too", "Risk_Key__c": "L"}},
        {"op": "delete", "object": "Account", "id": ACC[2]},
    ]
    opened = org.ask("POST", "/_sandbox/transactions", {"operations": operations})[1]
    clock.advance(300)
    where = "WHERE SystemModstamp >= 2026-11-24T10:00:00Z"
    for name in ("Engagement__c", "Syncline_Risk__c", "Account"):
        assert org.query(f"SELECT COUNT() FROM {name} {where}", everything=True)["totalSize"] == 0
    covered = org.ask("GET", span("updated", "Engagement__c", "2026-11-24T09:00:00Z", "2026-11-24T11:00:00Z"))[1]
    assert covered == {"ids": [], "latestDateCovered": "2026-11-24T10:00:00.000+0000"}
    status, body = org.ask("PATCH", f"sobjects/Engagement__c/{ENG}", {"Stage__c": "Closed"})
    assert (status, body[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    ended = org.ask("POST", f"/_sandbox/transactions/{opened['id']}/commit")[1]
    assert ended["records"] == opened["records"]
    for name in ("Engagement__c", "Syncline_Risk__c", "Account"):
        (row,) = org.query(f"SELECT SystemModstamp, Name FROM {name} {where}", everything=True)["records"]
        assert row["SystemModstamp"] == "2026-11-24T10:00:00.000+0000"
    assert org.ask("PATCH", f"sobjects/Engagement__c/{ENG}", {"Stage__c": "Closed"})[0] == 204


def test_a_transaction_rolled_back_was_never_there(org: Any) -> None:
    operations = [{"op": "update", "object": "Engagement__c", "id": ENG, "values": {"Name": "late"}}]
    opened = org.ask("POST", "/_sandbox/transactions", {"operations": operations})[1]
    org.ask("POST", f"/_sandbox/transactions/{opened['id']}/rollback")
    assert org.ask("GET", f"sobjects/Engagement__c/{ENG}")[1]["Name"] == "Alpha cloud"
    assert org.ask("POST", f"/_sandbox/transactions/{opened['id']}/commit")[0] == 400


def test_a_merge_moves_children_in_silence(org: Any, clock: Clock) -> None:
    clock.advance(60)
    body = {"object": "Account", "master": ACC[2], "losers": [ACC[1]]}
    assert org.ask("POST", "/_sandbox/merge", body) == (200, {"merged": 1})
    rows = org.query("SELECT Id, IsDeleted, MasterRecordId, SystemModstamp FROM Account ORDER BY Id", everything=True)[
        "records"
    ]
    assert [(row["IsDeleted"], row["MasterRecordId"]) for row in rows[:2]] == [(True, ACC[2]), (False, None)]
    assert {row["SystemModstamp"] for row in rows[:2]} == {"2026-11-24T10:01:00.000+0000"}
    (child,) = org.query("SELECT Account__c, SystemModstamp FROM Engagement__c WHERE Key__c = 'ENG-1'")["records"]
    assert (child["Account__c"], child["SystemModstamp"]) == (ACC[2], "2026-11-20T17:30:00.000+0000")
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 1
    assert org.ask("POST", "/_sandbox/merge", {**body, "object": "Opportunity"})[0] == 400


def test_an_undeleted_record_comes_back_with_a_new_stamp(org: Any, clock: Clock) -> None:
    edit(org, "delete", "Engagement__c", ENG)
    clock.advance(60)
    edit(org, "undelete", "Engagement__c", ENG)
    (row,) = org.query(f"SELECT SystemModstamp, Key__c FROM Engagement__c WHERE Id = '{ENG}'")["records"]
    assert row["SystemModstamp"] == "2026-11-24T10:01:00.000+0000"
    assert org.ask("GET", "sobjects/Engagement__c/Key__c/ENG-1")[0] == 200


def test_a_system_change_moves_only_the_modstamp(org: Any) -> None:
    edit(org, "touch", "Engagement__c", ENG)
    (row,) = org.query(f"SELECT SystemModstamp, LastModifiedDate FROM Engagement__c WHERE Id = '{ENG}'")["records"]
    assert row["SystemModstamp"] > row["LastModifiedDate"]


def test_pages_follow_a_snapshot_and_can_be_read_again(org: Any, clock: Clock) -> None:
    rows = [{"op": "create", "object": "Syncline_Risk__c", "values": {"Name": f"r{n}"}} for n in range(450)]
    org.ask("POST", "/_sandbox/records", rows)
    soql = "query?q=SELECT+Id,Name+FROM+Syncline_Risk__c+ORDER+BY+Id"
    small = {"Sforce-Query-Options": "batchSize=200"}
    first = org.ask("GET", soql, headers=small)[1]
    assert (first["totalSize"], first["done"], len(first["records"])) == (450, False, 200)
    edit(org, "update", "Syncline_Risk__c", first["records"][0]["Id"], Name="changed meanwhile")
    second = org.ask("GET", first["nextRecordsUrl"])[1]
    assert org.ask("GET", first["nextRecordsUrl"])[1] == second
    third = org.ask("GET", second["nextRecordsUrl"])[1]
    assert (third["done"], "nextRecordsUrl" in third, len(third["records"])) == (True, False, 50)
    names = [row["Name"] for page in (first, second, third) for row in page["records"]]
    assert names == [f"r{n}" for n in range(450)]
    assert org.ask("GET", soql, headers={"Sforce-Query-Options": "batchSize=7"})[1]["nextRecordsUrl"].endswith("-200")
    clock.advance(49 * 3600)
    status, body = org.ask("GET", first["nextRecordsUrl"])
    assert (status, body[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


def test_an_eleventh_open_cursor_releases_the_first(org: Any) -> None:
    rows = [{"op": "create", "object": "Syncline_Risk__c", "values": {"Name": f"r{n}"}} for n in range(201)]
    org.ask("POST", "/_sandbox/records", rows)
    small = {"Sforce-Query-Options": "batchSize=200"}
    urls = [
        org.ask("GET", "query?q=SELECT+Id+FROM+Syncline_Risk__c", headers=small)[1]["nextRecordsUrl"] for _ in range(11)
    ]
    assert org.ask("GET", urls[0])[0] == 400
    assert all(org.ask("GET", url)[0] == 200 for url in urls[1:])
    org.token = "narrow-token"
    assert org.ask("GET", urls[5])[0] == 400  # another user's cursor


def test_a_cursor_read_to_its_end_is_open_no_more(org: Any) -> None:
    rows = [{"op": "create", "object": "Syncline_Risk__c", "values": {"Name": f"r{n}"}} for n in range(201)]
    org.ask("POST", "/_sandbox/records", rows)
    small = {"Sforce-Query-Options": "batchSize=200"}
    kept = org.ask("GET", "query?q=SELECT+Id+FROM+Syncline_Risk__c", headers=small)[1]["nextRecordsUrl"]
    for _ in range(25):
        url = org.ask("GET", "query?q=SELECT+Id+FROM+Syncline_Risk__c", headers=small)[1]["nextRecordsUrl"]
        assert org.ask("GET", url)[1]["done"] is True
        assert org.ask("GET", url)[1]["done"] is True
    assert org.ask("GET", kept)[0] == 200


def test_archived_events_are_for_query_all(org: Any) -> None:
    state = org.service.dump_state()
    state["records"]["Event"] = [{"Subject": "old", "IsArchived": True}, {"Subject": "new"}]
    org.service.load_state(state)
    assert org.query("SELECT COUNT() FROM Event")["totalSize"] == 1
    assert org.query("SELECT COUNT() FROM Event", everything=True)["totalSize"] == 2


def test_a_load_ends_the_cursors_of_the_old_state(org: Any) -> None:
    rows = [{"op": "create", "object": "Syncline_Risk__c", "values": {"Name": f"r{n}"}} for n in range(201)]
    org.ask("POST", "/_sandbox/records", rows)
    small = {"Sforce-Query-Options": "batchSize=200"}
    url = org.ask("GET", "query?q=SELECT+Id+FROM+Syncline_Risk__c", headers=small)[1]["nextRecordsUrl"]
    org.service.load_state(org.service.dump_state())
    assert org.ask("GET", url)[0] == 400


def test_a_query_that_is_too_long_for_a_url(org: Any) -> None:
    ids = ",".join(f"'{salesforce_id('Account', n)}'" for n in range(900))
    assert org.ask("GET", "query?q=" + quote(f"SELECT Id FROM Account WHERE Id IN ({ids})"))[0] == 414

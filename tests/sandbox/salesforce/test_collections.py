"""Many records in one call: order, partial success, all or none, duplicates; composite and batch."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.ids import salesforce_id

ENG = [salesforce_id("Engagement__c", n) for n in range(3)]
KIND = {"attributes": {"type": "Engagement__c"}}
RISK = {"attributes": {"type": "Syncline_Risk__c"}}
UPSERT = "composite/sobjects/Syncline_Risk__c/Risk_Key__c"


def codes(results: list[dict[str, Any]]) -> list[str | None]:
    return [None if each["success"] else each["errors"][0]["statusCode"] for each in results]


def test_results_come_in_order_and_failures_stop_nothing_else(org: Any) -> None:
    records = [
        {**RISK, "Risk_Key__c": "A", "Name": "a"},
        {**RISK, "Risk_Key__c": "B", "Severity__c": "enormous"},
        {**RISK, "Risk_Key__c": "C", "Name": "c"},
    ]
    status, results = org.ask("PATCH", UPSERT, {"allOrNone": False, "records": records})
    assert status == 200
    assert codes(results) == [None, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None]
    assert [each.get("created") for each in results] == [True, None, True]
    assert results[1]["errors"][0]["fields"] == ["Severity__c"]
    again = org.ask("PATCH", UPSERT, {"records": records})[1]
    assert [each.get("created") for each in again] == [False, None, False]
    assert again[0]["id"] == results[0]["id"]


def test_all_or_none_leaves_nothing(org: Any) -> None:
    records = [{**RISK, "Risk_Key__c": "A"}, {**RISK, "Risk_Key__c": "B", "Severity__c": "enormous"}]
    results = org.ask("PATCH", UPSERT, {"allOrNone": True, "records": records})[1]
    assert codes(results) == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"]
    assert org.query("SELECT COUNT() FROM Syncline_Risk__c", everything=True)["totalSize"] == 0
    assert codes(org.ask("PATCH", UPSERT, {"allOrNone": True, "records": records[:1]})[1]) == [None]


def test_a_key_that_is_named_twice_is_refused_each_time(org: Any) -> None:
    records = [{**RISK, "Risk_Key__c": "a"}, {**RISK, "Risk_Key__c": "B"}, {**RISK, "Risk_Key__c": "A"}]
    assert codes(org.ask("PATCH", UPSERT, {"records": records})[1]) == ["DUPLICATE_VALUE", None, "DUPLICATE_VALUE"]
    twice = [{**KIND, "id": ENG[1], "Name": "x"}, {**KIND, "id": ENG[1][:15], "Name": "y"}]
    assert codes(org.ask("PATCH", "composite/sobjects", {"records": twice})[1]) == ["DUPLICATE_VALUE"] * 2


def test_update_by_id(org: Any) -> None:
    records = [
        {**KIND, "id": ENG[1], "Name": "new"},
        {**KIND, "Name": "no id"},
        {**KIND, "id": salesforce_id("Engagement__c", 99), "Name": "x"},
        {**KIND, "id": "short", "Name": "x"},
        {"attributes": {"type": "Foo"}, "id": ENG[0]},
        {"id": ENG[2], "Name": "no type"},
    ]
    results = org.ask("PATCH", "composite/sobjects", {"records": records})[1]
    wanted = [None, "MISSING_ARGUMENT", "INVALID_CROSS_REFERENCE_KEY", "MALFORMED_ID", "INVALID_TYPE", "INVALID_TYPE"]
    assert codes(results) == wanted
    assert org.query("SELECT Name FROM Engagement__c WHERE Key__c = 'ENG-1'")["records"][0]["Name"] == "new"


def test_more_than_200_are_refused_whole(org: Any) -> None:
    records = [{**RISK, "Risk_Key__c": str(n)} for n in range(201)]
    status, body = org.ask("POST", "composite/sobjects", {"records": records})
    assert (status, body[0]["errorCode"]) == (400, "EXCEEDED_ID_LIMIT")
    assert len(org.ask("POST", "composite/sobjects", {"records": records[:200]})[1]) == 200


def test_a_locked_row_fails_alone(org: Any) -> None:
    org.ask("POST", "/_sandbox/locks", {"ids": [ENG[1]], "times": 1})
    records = [{**KIND, "id": ENG[1], "Name": "a"}, {**KIND, "id": ENG[2], "Name": "b"}]
    assert codes(org.ask("PATCH", "composite/sobjects", {"records": records})[1]) == ["UNABLE_TO_LOCK_ROW", None]
    assert codes(org.ask("PATCH", "composite/sobjects", {"records": records})[1]) == [None, None]


def test_delete_and_retrieve(org: Any) -> None:
    gone = salesforce_id("Engagement__c", 99)
    path = f"composite/sobjects?ids={ENG[1]},{gone}&allOrNone=false"
    assert codes(org.ask("DELETE", path)[1]) == [None, "INVALID_CROSS_REFERENCE_KEY"]
    status, rows = org.ask("GET", f"composite/sobjects/Engagement__c?ids={ENG[2]},{ENG[1]},{gone}&fields=Key__c")
    assert status == 200
    assert [row and row["Key__c"] for row in rows] == ["ENG-2", None, None]
    posted = org.ask("POST", "composite/sobjects/Engagement__c", {"ids": [ENG[2]], "fields": ["Key__c"]})[1]
    assert posted == rows[:1]


def test_composite_refers_from_one_to_the_next(org: Any) -> None:
    body = {
        "compositeRequest": [
            {
                "method": "POST",
                "url": "/services/data/v66.0/sobjects/Account",
                "referenceId": "a",
                "body": {"Name": "New"},
            },
            {
                "method": "PATCH",
                "url": "/services/data/v66.0/sobjects/Engagement__c/Key__c/ENG-7",
                "referenceId": "e",
                "body": {"Name": "N", "Account__c": "@{a.id}"},
            },
            {
                "method": "GET",
                "url": "/services/data/v66.0/query?q=SELECT+Account__r.Name+FROM+Engagement__c+WHERE+Id='@{e.id}'",
                "referenceId": "q",
            },
            {"method": "GET", "url": "/services/data/v66.0/sobjects/Account/@{nobody.id}", "referenceId": "x"},
        ]
    }
    status, answer = org.ask("POST", "composite", body)
    assert status == 200
    made, upserted, queried, refused = answer["compositeResponse"]
    assert [each["httpStatusCode"] for each in (made, upserted, queried, refused)] == [201, 201, 200, 400]
    assert queried["body"]["records"][0]["Account__r"]["Name"] == "New"
    assert refused["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert made["httpHeaders"]["Location"].endswith(made["body"]["id"])


def test_composite_all_or_none_takes_all_back(org: Any) -> None:
    subs = [
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Account", "referenceId": "a", "body": {"Name": "New"}},
        {"method": "POST", "url": "/services/data/v66.0/sobjects/Account", "referenceId": "b", "body": {}},
    ]
    answers = org.ask("POST", "composite", {"allOrNone": True, "compositeRequest": subs})[1]["compositeResponse"]
    assert [each["httpStatusCode"] for each in answers] == [400, 400]
    assert [each["body"][0]["errorCode"] for each in answers] == ["PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]
    assert org.query("SELECT COUNT() FROM Account")["totalSize"] == 2


def test_composite_subrequests_may_be_guarded(org: Any) -> None:
    sub = {
        "method": "PATCH",
        "url": f"/services/data/v66.0/sobjects/Engagement__c/{ENG[1]}",
        "referenceId": "g",
        "body": {"Name": "x"},
        "httpHeaders": {"If-Unmodified-Since": "Tue, 24 Nov 2015 10:00:00 GMT"},
    }
    (answer,) = org.ask("POST", "composite", {"compositeRequest": [sub]})[1]["compositeResponse"]
    assert answer["httpStatusCode"] == 412


def test_composite_has_limits_and_counts_as_one_call(org: Any) -> None:
    query = {"method": "GET", "url": "/services/data/v66.0/query?q=SELECT+Id+FROM+Account"}
    subs = [{**query, "referenceId": f"q{n}"} for n in range(26)]
    used = org.service.room.state.quota.used
    assert org.ask("POST", "composite", {"compositeRequest": subs[:5]})[0] == 200
    assert org.service.room.state.quota.used == used + 1
    for many in (subs[:6], subs):
        assert org.ask("POST", "composite", {"compositeRequest": many})[0] == 400


def test_batch_runs_each_and_may_halt(org: Any) -> None:
    good = {"method": "GET", "url": "v66.0/query?q=SELECT+Id+FROM+Account"}
    bad = {"method": "GET", "url": "v66.0/query?q=SELECT"}
    used = org.service.room.state.quota.used
    body = org.ask("POST", "composite/batch", {"batchRequests": [bad, good]})[1]
    assert (body["hasErrors"], [each["statusCode"] for each in body["results"]]) == (True, [400, 200])
    assert org.service.room.state.quota.used == used + 2
    body = org.ask("POST", "composite/batch", {"haltOnError": True, "batchRequests": [bad, good]})[1]
    assert [each["statusCode"] for each in body["results"]] == [400, 412]

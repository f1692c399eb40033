"""Trees of records and graphs of subrequests: whole or not at all."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.ids import salesforce_id

ACC = [salesforce_id("Account", n) for n in range(4)]
BASE = "/services/data/v66.0/sobjects"


def record(kind: str, reference: str, **values: Any) -> dict[str, Any]:
    return {"attributes": {"type": kind, "referenceId": reference}, **values}


def test_a_tree_makes_parents_and_children(org: Any) -> None:
    contact = record("Contact", "c1", LastName="One")
    engagement = record("Engagement__c", "e1", Name="E", Key__c="TREE")
    engagement["Deliverables__r"] = {"records": [record("Deliverable__c", "d1", Name="D")]}
    root = record(
        "Account", "a1", Name="Root", Contacts={"records": [contact]}, Engagements__r={"records": [engagement]}
    )
    status, body = org.ask("POST", "composite/tree/Account", {"records": [root, record("Account", "a2", Name="Two")]})
    assert status == 201
    assert not body["hasErrors"]
    ids = {each["referenceId"]: each["id"] for each in body["results"]}
    assert set(ids) == {"a1", "c1", "e1", "d1", "a2"}
    soql = "SELECT Engagement__r.Account__r.Name, Engagement__r.Account__c FROM Deliverable__c WHERE Name = 'D'"
    (row,) = org.query(soql)["records"]
    assert row["Engagement__r"]["Account__c"] == ids["a1"]


def test_a_tree_with_a_fault_leaves_nothing(org: Any) -> None:
    before = org.query("SELECT COUNT() FROM Account", everything=True)["totalSize"]
    wrong = record("Account", "a1", Name="Root", Contacts={"records": [record("Contact", "c1", FirstName="x")]})
    status, body = org.ask("POST", "composite/tree/Account", {"records": [wrong]})
    assert status == 400
    assert body["hasErrors"]
    (told,) = body["results"]
    assert (told["referenceId"], told["errors"][0]["statusCode"]) == ("c1", "REQUIRED_FIELD_MISSING")
    assert org.query("SELECT COUNT() FROM Account", everything=True)["totalSize"] == before
    twice = [record("Account", "a1", Name="x"), record("Account", "a1", Name="y")]
    for records in (twice, [], [{"Name": "x"}], [record("Contact", "c", LastName="x")], "x", None):
        assert org.ask("POST", "composite/tree/Account", {"records": records})[0] == 400
    many = [record("Account", f"a{n}", Name="x") for n in range(201)]
    assert org.ask("POST", "composite/tree/Account", {"records": many})[0] == 400
    assert org.query("SELECT COUNT() FROM Account", everything=True)["totalSize"] == before


def test_graphs_succeed_or_fail_each_alone(org: Any) -> None:
    def graph(name: str, key: str, stage: str) -> dict[str, Any]:
        account = {"method": "POST", "url": f"{BASE}/Account", "referenceId": "a", "body": {"Name": f"Graph {name}"}}
        body = {"Key__c": key, "Stage__c": stage, "Account__c": "@{a.id}"}
        engagement = {"method": "POST", "url": f"{BASE}/Engagement__c", "referenceId": "e", "body": body}
        return {"graphId": name, "compositeRequest": [account, engagement]}

    body = {"graphs": [graph("good", "G1", "Active"), graph("bad", "G2", "Nowhere")]}
    status, answer = org.ask("POST", "composite/graph", body)
    assert status == 200
    good, bad = answer["graphs"]
    assert (good["graphId"], good["isSuccessful"]) == ("good", True)
    assert [each["httpStatusCode"] for each in good["graphResponse"]["compositeResponse"]] == [201, 201]
    assert not bad["isSuccessful"]
    first, second = bad["graphResponse"]["compositeResponse"]
    assert first["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert second["body"][0]["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    found = org.query("SELECT Name FROM Account WHERE Name LIKE 'Graph%'")["records"]
    assert [row["Name"] for row in found] == ["Graph good"]
    for graphs in (None, [], [{"graphId": ""}], [graph("x", "a", "b")] * 2, [{"graphId": "g"}]):
        assert org.ask("POST", "composite/graph", {"graphs": graphs})[0] == 400

"""What SOQL is refused, in Salesforce's words; and the shape of what is answered."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.salesforce.ids import salesforce_id


@pytest.mark.parametrize(
    ("soql", "code", "part"),
    [
        (
            "SELECT Id, Foo FROM Account",
            "INVALID_FIELD",
            "ERROR at Row:1:Column:12\nNo such column 'Foo' on entity 'Account'.",
        ),
        ("SELECT Id FROM Account WHERE Foo__c = 1", "INVALID_FIELD", "No such column 'Foo__c'"),
        ("SELECT Id FROM Account ORDER BY Foo", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Foo__r.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo__r' in field path."),
        (
            "SELECT Engagement__r.Account__r.Foo FROM Deliverable__c",
            "INVALID_FIELD",
            "No such column 'Foo' on entity 'Account'",
        ),
        ("SELECT IsDeleted FROM User", "INVALID_FIELD", "No such column 'IsDeleted' on entity 'User'"),
        ("SELECT Id FROM Foo__c", "INVALID_TYPE", "sObject type 'Foo__c' is not supported."),
        (
            "SELECT Id, (SELECT Id FROM Foos__r) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Foos__r'",
        ),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "field 'Description' can not be filtered"),
        (
            "SELECT Id FROM Scope_Item__c WHERE Text__c LIKE 'x%'",
            "INVALID_FIELD",
            "field 'Text__c' can not be filtered",
        ),
        ("SELECT Id FROM Account ORDER BY Description", "MALFORMED_QUERY", "field 'Description' can not be sorted"),
        (
            "SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "field 'SystemModstamp' must be of type dateTime and should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01", "INVALID_FIELD", "must be of type dateTime"),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "must be of type string and should be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE AnnualRevenue = '5'", "INVALID_FIELD", "must be of type double"),
        ("SELECT Id FROM Account WHERE Name = TODAY", "INVALID_FIELD", "must be of type string"),
        ("SELECT Id FROM Account WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        (
            "SELECT Id FROM Account WHERE Id LIKE '001%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field",
        ),
        ("SELECT Id FROM", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT * FROM Account", "MALFORMED_QUERY", "unexpected char: '*'"),
        ("DELETE FROM Account", "MALFORMED_QUERY", "unexpected token: 'DELETE'"),
        ('SELECT Id FROM Account WHERE Name = "x"', "MALFORMED_QUERY", "unexpected char: '\"'"),
        ("SELECT Id FROM Account WHERE Name = 'x", "MALFORMED_QUERY", "unexpected char"),
        (
            "SELECT Id FROM Account WHERE Name = 'a' AND Id = null OR Name = 'b'",
            "MALFORMED_QUERY",
            "unexpected token: 'OR'",
        ),
        ("SELECT Id FROM Account WHERE SystemModstamp > 2026-13-01T00:00:00Z", "MALFORMED_QUERY", "Invalid date"),
        ("SELECT Id FROM Account WHERE SystemModstamp > 2026-01-01T00:00:00", "MALFORMED_QUERY", "unexpected"),
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "does not support aggregate operator SUM"),
        ("SELECT CreatedDate, COUNT(Id) FROM Account GROUP BY CreatedDate", "MALFORMED_QUERY", "can not be grouped"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000"),
        ("SELECT Id Name FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        (
            "SELECT Parent.Parent.Parent.Parent.Parent.Parent.Name FROM Account",
            "INVALID_FIELD",
            "only 5 levels of parent relationships",
        ),
    ],
)
def test_a_wrong_query_is_refused(org: Any, soql: str, code: str, part: str) -> None:
    error = org.refusal(soql)
    assert error["errorCode"] == code
    assert part in error["message"]
    assert set(error) == {"message", "errorCode"}


def test_a_hidden_field_does_not_exist_for_its_user(org: Any) -> None:
    assert org.query("SELECT AnnualRevenue FROM Account")["totalSize"] == 2
    org.token = "narrow-token"
    assert org.refusal("SELECT AnnualRevenue FROM Account")["errorCode"] == "INVALID_FIELD"
    assert org.refusal("SELECT Id FROM Account WHERE AnnualRevenue > 1")["errorCode"] == "INVALID_FIELD"
    assert org.refusal("SELECT Account__r.AnnualRevenue FROM Engagement__c")["errorCode"] == "INVALID_FIELD"
    assert org.refusal("SELECT Id FROM Lead")["errorCode"] == "INVALID_TYPE"
    assert "AnnualRevenue" not in org.query("SELECT FIELDS(ALL) FROM Account LIMIT 1")["records"][0]


def test_parents_and_children_are_nested(org: Any) -> None:
    body = org.query(
        "SELECT e.Name, Account__r.Name, Account__r.Owner.Username, Project_Manager__r.Name, "
        "(SELECT Name, Third_Party__r.Name FROM Deliverables__r WHERE State__c = 'Open' ORDER BY Name) "
        "FROM Engagement__c e ORDER BY Key__c"
    )
    first, second = body["records"]
    assert first["attributes"]["url"].endswith(f"/sobjects/Engagement__c/{salesforce_id('Engagement__c', 1)}")
    assert first["Account__r"]["attributes"]["type"] == "Account"
    assert (first["Account__r"]["Name"], first["Account__r"]["Owner"]["Username"]) == (
        "Fictive Alpha",
        "sync@partner.example",
    )
    assert first["Project_Manager__r"]["Name"] == "Nora Narrow"
    children = first["Deliverables__r"]
    assert (children["totalSize"], children["done"]) == (1, True)
    assert children["records"][0]["Third_Party__r"]["Name"] == "Fictive Beta"
    assert second["Project_Manager__r"] is None
    assert second["Deliverables__r"] is None


def test_keywords_and_names_have_no_case_and_fields_take_their_own(org: Any) -> None:
    body = org.query("select id, KEY__C from engagement__C where stage__c = 'ACTIVE' limit 1")
    assert body["records"][0]["Key__c"] == "ENG-1"


def test_only_query_all_sees_the_recycle_bin(org: Any) -> None:
    assert org.query("SELECT COUNT() FROM Account") == {"totalSize": 2, "done": True, "records": []}
    assert org.query("SELECT COUNT() FROM Account", everything=True)["totalSize"] == 3


def test_a_polymorphic_owner_is_followed(org: Any) -> None:
    (row,) = org.query("SELECT Owner.Name FROM Engagement__c WHERE Owner.Name = 'sync' LIMIT 1")["records"]
    url = f"/services/data/v66.0/sobjects/User/{salesforce_id('User', 1)}"
    assert row["Owner"]["attributes"] == {"type": "Name", "url": url}

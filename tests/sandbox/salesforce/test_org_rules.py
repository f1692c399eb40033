"""What an org's own configuration does: sharing, record types, validation and duplicate rules, approval locks."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.service import SalesforceService

ACC = [salesforce_id("Account", n) for n in range(4)]
USER = [salesforce_id("User", n) for n in range(3)]
SYNC, NARROW = "sync@partner.example", "narrow@partner.example"


def reload(org: Any, **parts: Any) -> Any:
    state = org.service.dump_state()
    state["org"] |= parts
    org.service.load_state(state)
    return org


@pytest.fixture
def shared(org: Any) -> Any:
    """Accounts are private; the narrow user owns the second one."""
    org.ask("PATCH", f"sobjects/Account/{ACC[2]}", {"OwnerId": USER[2]})
    rules = [{"object": "Account", "with": [NARROW], "access": "read", "where": "Type = 'Prospect'"}]
    return reload(org, sharing={"defaults": {"Account": "private"}, "rules": rules})


def names(org: Any, soql: str = "SELECT Name FROM Account ORDER BY Name") -> list[str]:
    return [row["Name"] for row in org.query(soql)["records"]]


def test_private_rows_are_their_owners_and_a_rule_opens_some(shared: Any, make_org: Any) -> None:
    narrow = make_org(shared.service, "narrow-token")
    assert names(shared) == ["Fictive Alpha"]
    assert names(narrow) == ["Fictive Alpha", "Fictive Beta"]
    assert shared.ask("GET", f"sobjects/Account/{ACC[2]}")[0] == 404
    assert shared.ask("PATCH", f"sobjects/Account/{ACC[2]}", {"Name": "x"})[0] == 404
    status, told = narrow.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"})
    assert (status, told[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    assert narrow.ask("PATCH", f"sobjects/Account/{ACC[2]}", {"Name": "mine"})[0] == 204
    assert narrow.ask("DELETE", f"sobjects/Account/{ACC[1]}")[0] == 403


def test_rows_that_cannot_be_seen_are_missing_everywhere(shared: Any) -> None:
    hidden = ACC[2]
    (row,) = shared.query("SELECT Third_Party__r.Name FROM Deliverable__c")["records"]
    assert row["Third_Party__r"] is None
    assert shared.ask("GET", f"composite/sobjects/Account?ids={ACC[1]},{hidden}&fields=Name")[1][1] is None
    kind = {"attributes": {"type": "Account"}}
    _, (result,) = shared.ask("PATCH", "composite/sobjects", {"records": [{**kind, "id": hidden, "Name": "x"}]})
    assert result["errors"][0]["statusCode"] == "INVALID_CROSS_REFERENCE_KEY"
    counts = shared.ask("GET", "limits/recordCount?sObjects=Account")[1]["sObjects"]
    assert counts == [{"count": 1, "name": "Account"}]
    status, told = shared.ask("POST", "sobjects/Contact", {"LastName": "x", "AccountId": hidden})
    assert (status, told[0]["errorCode"]) == (400, "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY")
    recent = shared.ask("GET", "sobjects/Account")[1]["recentItems"]
    assert [each["Id"] for each in recent] == [ACC[1]]
    span = "start=2026-11-24T09:00:00Z&end=2026-11-25T10:00:00Z"
    assert hidden not in shared.ask("GET", f"sobjects/Account/updated?{span}")[1]["ids"]


def test_permission_lost_in_mid_run_by_the_admin_api(org: Any) -> None:
    assert len(names(org)) == 2
    body = {"defaults": {"Account": "read"}, "rules": [], "users": [{"username": SYNC, "above": []}]}
    org.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"OwnerId": USER[2]})
    assert org.ask("POST", "/_sandbox/sharing", body)[0] == 200
    assert len(names(org)) == 2
    assert org.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"})[0] == 403
    body["users"] = [{"username": SYNC, "above": [NARROW]}]
    org.ask("POST", "/_sandbox/sharing", body)
    assert org.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "x"})[0] == 204
    body |= {"defaults": {"Account": "private"}, "users": [{"username": SYNC, "view_all": True}]}
    org.ask("POST", "/_sandbox/sharing", body)
    assert len(names(org)) == 2
    assert org.ask("DELETE", f"sobjects/Account/{ACC[1]}")[0] == 403
    org.ask("POST", "/_sandbox/sharing", {**body, "users": [{"username": SYNC, "modify_all": True}]})
    assert org.ask("DELETE", f"sobjects/Account/{ACC[1]}")[0] == 204
    assert org.ask("POST", "/_sandbox/sharing", {"defaults": {"Account": "some"}})[0] == 400


def test_a_validation_rule_refuses_with_its_message(org: Any) -> None:
    rule = {
        "object": "Engagement__c",
        "when": "Stage__c = 'Closed' AND End_Date__c = null",
        "message": "A closed engagement has an end.",
        "field": "End_Date__c",
    }
    reload(org, validation_rules=[rule])
    path = f"sobjects/Engagement__c/{salesforce_id('Engagement__c', 1)}"
    status, told = org.ask("PATCH", path, {"Stage__c": "Closed"})
    assert (status, told) == (
        400,
        [
            {
                "message": "A closed engagement has an end.",
                "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
                "fields": ["End_Date__c"],
            }
        ],
    )
    assert org.ask("PATCH", path, {"Stage__c": "Closed", "End_Date__c": "2026-12-01"})[0] == 204
    kind = {"attributes": {"type": "Engagement__c"}}
    records = [{**kind, "Key__c": "N1", "Stage__c": "Closed"}, {**kind, "Key__c": "N2"}]
    bad, good = org.ask("POST", "composite/sobjects", {"records": records})[1]
    assert bad["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"
    assert good["success"]


def test_a_wrong_rule_is_named_at_load(clock: Clock) -> None:
    rule = {"object": "Account", "when": "Nothing = 1", "message": "m"}
    with pytest.raises(ValueError, match=r"(?s)org\.validation_rules: .*No such column 'Nothing'"):
        SalesforceService({"org": {"validation_rules": [rule]}}, clock=clock)


def test_record_types(org: Any) -> None:
    types = [
        {"object": "Engagement__c", "developer_name": "Fixed", "default": True, "picklists": {"Stage__c": ["Draft"]}},
        {"object": "Engagement__c", "developer_name": "Agile", "name": "Agile work"},
        {"object": "Engagement__c", "developer_name": "Old", "active": False},
    ]
    reload(org, record_types=types)
    reload(org)  # once more, from a dump that has them as rows too
    described = org.ask("GET", "sobjects/Engagement__c/describe")[1]
    infos = {each["developerName"]: each for each in described["recordTypeInfos"]}
    assert list(infos) == ["Fixed", "Agile", "Old", "Master"]
    assert [name for name, each in infos.items() if each["defaultRecordTypeMapping"]] == ["Fixed"]
    assert not infos["Old"]["available"]
    assert "RecordTypeId" in {each["name"] for each in described["fields"]}
    rows = org.query("SELECT Id, DeveloperName FROM RecordType WHERE SobjectType = 'Engagement__c' AND IsActive = true")
    assert {row["DeveloperName"]: row["Id"] for row in rows["records"]} == {
        name: infos[name]["recordTypeId"] for name in ("Fixed", "Agile")
    }
    made = org.ask("POST", "sobjects/Engagement__c", {"Key__c": "R1", "Stage__c": "Draft"})[1]["id"]
    path = f"sobjects/Engagement__c/{made}"
    assert (
        org.query(f"SELECT RecordType.Name FROM Engagement__c WHERE Id = '{made}'")["records"][0]["RecordType"]["Name"]
        == "Fixed"
    )
    status, told = org.ask("PATCH", path, {"Stage__c": "Active"})
    assert (status, told[0]["errorCode"]) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    change = {"RecordTypeId": infos["Agile"]["recordTypeId"], "Stage__c": "Active"}
    assert org.ask("PATCH", path, change)[0] == 204
    status, told = org.ask("PATCH", path, {"RecordTypeId": infos["Old"]["recordTypeId"]})
    assert (status, told[0]["errorCode"]) == (400, "INVALID_CROSS_REFERENCE_KEY")


def test_a_duplicate_rule_stops_until_the_client_insists(org: Any) -> None:
    reload(org, duplicate_rules=[{"object": "Contact", "field": "Email"}])
    values = {"LastName": "One", "Email": "one@partner.example"}
    assert org.ask("POST", "sobjects/Contact", values)[0] == 201
    status, told = org.ask("POST", "sobjects/Contact", {**values, "Email": "ONE@partner.example"})
    assert (status, told[0]["errorCode"]) == (400, "DUPLICATES_DETECTED")
    insist = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    assert org.ask("POST", "sobjects/Contact", values, headers=insist)[0] == 201
    org.ask("POST", "/_sandbox/settings", {"switches": {"duplicate_header": False}})
    assert org.ask("POST", "sobjects/Contact", values, headers=insist)[0] == 400


def test_a_record_under_approval_is_locked(org: Any) -> None:
    path = f"sobjects/Account/{ACC[1]}"
    org.ask("POST", "/_sandbox/locks", {"ids": [ACC[1]], "kind": "approval"})
    status, told = org.ask("PATCH", path, {"Name": "x"})
    assert (status, told[0]["errorCode"]) == (400, "ENTITY_IS_LOCKED")
    reload(org)
    assert org.ask("DELETE", path)[0] == 400
    org.ask("POST", "/_sandbox/locks", {"ids": [ACC[1]], "kind": "approval", "times": 0})
    assert org.ask("PATCH", path, {"Name": "x"})[0] == 204


def test_the_setup_of_an_org_can_be_asked_for(org: Any) -> None:
    (row,) = org.query("SELECT Id, Name, IsSandbox, InstanceName, OrganizationType FROM Organization")["records"]
    assert (row["Id"], row["IsSandbox"]) == (org.service.room.state.org.id, True)
    profiles = org.query("SELECT Name FROM Profile ORDER BY Name")["records"]
    assert [each["Name"] for each in profiles] == ["Standard User", "System Administrator"]
    profile = org.query("SELECT Profile.Name FROM User WHERE LastName = 'Sync'")["records"][0]["Profile"]
    assert profile["Name"] == "System Administrator"
    assert org.ask("POST", "sobjects/Organization", {"Name": "x"})[0] in (400, 403, 405)
    role = {"OpportunityId": None, "ContactId": salesforce_id("Contact", 1), "Role": "Decision Maker"}
    deal = {"Name": "D", "StageName": "Prospecting", "CloseDate": "2026-12-24"}
    role["OpportunityId"] = org.ask("POST", "sobjects/Opportunity", deal)[1]["id"]
    assert org.ask("POST", "sobjects/OpportunityContactRole", role)[0] == 201
    (found,) = org.query("SELECT Name, (SELECT Contact.Name FROM OpportunityContactRoles) FROM Opportunity")["records"]
    assert found["OpportunityContactRoles"]["records"][0]["Contact"]["Name"] == "Example"

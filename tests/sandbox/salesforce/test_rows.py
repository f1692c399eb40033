"""Single records: what is stored, what is refused, and how."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

ENGAGEMENT = salesforce_id("Engagement__c", 1)
ACCOUNT = salesforce_id("Account", 1)
NOWHERE = salesforce_id("Engagement__c", 999)


def test_create_get_update_delete(org: Any, clock: Clock) -> None:
    status, made = org.ask(
        "POST", "sobjects/Syncline_Risk__c", {"Name": "Late", "Risk_Key__c": "R-1", "Severity__c": "high"}
    )
    assert (status, made["success"], made["errors"]) == (201, True, [])
    assert set(made) == {"id", "success", "errors"}
    path = f"sobjects/Syncline_Risk__c/{made['id']}"
    status, shown = org.ask("GET", path)
    assert status == 200
    assert (
        shown["CreatedDate"] == shown["LastModifiedDate"] == shown["SystemModstamp"] == "2026-11-24T10:00:00.000+0000"
    )
    assert (shown["CurrencyIsoCode"], shown["IsDeleted"], shown["Lifecycle__c"]) == ("EUR", False, None)
    clock.advance(61)
    assert org.ask("PATCH", path, {"Severity__c": "low", "Description__c": "  text \n"}) == (204, None)
    assert org.ask("GET", f"{path}?fields=Severity__c,Description__c,LastModifiedDate")[1] == {
        "attributes": {"type": "Syncline_Risk__c", "url": f"/services/data/v66.0/{path}"},
        "Severity__c": "low",
        "Description__c": "text",
        "LastModifiedDate": "2026-11-24T10:01:01.000+0000",
        "Id": made["id"],
    }
    assert org.ask("DELETE", path) == (204, None)
    for method in ("GET", "PATCH", "DELETE"):
        status, body = org.ask(method, path, {"Name": "x"} if method == "PATCH" else None)
        assert (status, body[0]["errorCode"]) == (404, "ENTITY_IS_DELETED")
    (row,) = org.query("SELECT IsDeleted FROM Syncline_Risk__c", everything=True)["records"]
    assert row["IsDeleted"] is True


def test_a_fifteen_character_id_names_the_record_too(org: Any) -> None:
    assert org.ask("GET", f"sobjects/Engagement__c/{ENGAGEMENT[:15]}")[1]["Id"] == ENGAGEMENT


@pytest.mark.parametrize(
    ("values", "code", "message", "fields"),
    [
        ({"Syncline_Marker__c": "m" * 121}, "STRING_TOO_LONG", "(max length=120)", ["Syncline_Marker__c"]),
        (
            {"Syncline_Status__c": "Purple"},
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            "Syncline Status: bad value for restricted picklist field: Purple",
            ["Syncline_Status__c"],
        ),
        ({"Account__c": "001"}, "MALFORMED_ID", "Account: id value of incorrect type: 001", ["Account__c"]),
        ({"Account__c": ENGAGEMENT}, "FIELD_INTEGRITY_EXCEPTION", "id value of incorrect type", ["Account__c"]),
        (
            {"Account__c": salesforce_id("Account", 999)},
            "INVALID_CROSS_REFERENCE_KEY",
            "invalid cross reference id",
            [],
        ),
        ({"Account__c": salesforce_id("Account", 3)}, "ENTITY_IS_DELETED", "entity is deleted", []),
        ({"CreatedDate": "2026-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "CreatedDate", ["CreatedDate"]),
        (
            {"Key__c": "eng-2"},
            "DUPLICATE_VALUE",
            "duplicate value found: Key__c duplicates value on record with id:",
            [],
        ),
        ({"Nothing__c": 1}, "INVALID_FIELD", "No such column 'Nothing__c' on sobject of type Engagement__c", None),
        (
            {"Budget__c": "many"},
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of currency from VALUE_STRING value many",
            None,
        ),
        ({"Budget__c": True}, "JSON_PARSER_ERROR", "VALUE_TRUE", None),
        ({"Budget__c": 1e17}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range", ["Budget__c"]),
        ({"Start_Date__c": "24.11.2026"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of date", None),
        (
            {"Syncline_As_Of__c": "2026-11-24T10:00:00"},
            "JSON_PARSER_ERROR",
            "Cannot deserialize instance of datetime",
            None,
        ),
        ({"Name": 5}, "JSON_PARSER_ERROR", "Cannot deserialize instance of string from VALUE_NUMBER_INT value 5", None),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(
    org: Any, values: dict[str, Any], code: str, message: str, fields: list[str] | None
) -> None:
    before = org.ask("GET", f"sobjects/Engagement__c/{ENGAGEMENT}")[1]
    status, (error,) = org.ask("PATCH", f"sobjects/Engagement__c/{ENGAGEMENT}", {"Stage__c": "Closed", **values})
    assert (status, error["errorCode"]) == (404 if code == "NOT_FOUND" else 400, code)
    assert message in error["message"]
    assert error.get("fields") == fields
    assert org.ask("GET", f"sobjects/Engagement__c/{ENGAGEMENT}")[1] == before


def test_what_is_required_on_create(org: Any) -> None:
    status, (error,) = org.ask("POST", "sobjects/Opportunity", {"Name": "x"})
    assert (status, error["errorCode"], error["fields"]) == (400, "REQUIRED_FIELD_MISSING", ["StageName", "CloseDate"])
    assert error["message"] == "Required fields are missing: [StageName, CloseDate]"
    status, (error,) = org.ask("PATCH", f"sobjects/Account/{ACCOUNT}", {"Name": None})
    assert (error["errorCode"], error["fields"]) == ("REQUIRED_FIELD_MISSING", ["Name"])
    status, (error,) = org.ask("POST", "sobjects/Account", {"Id": ACCOUNT, "Name": "x"})
    assert (error["errorCode"], error["fields"]) == ("INVALID_FIELD_FOR_INSERT_UPDATE", ["Id"])


def test_numbers_sent_as_text_are_read_and_scaled(org: Any) -> None:
    assert org.ask("PATCH", f"sobjects/Engagement__c/{ENGAGEMENT}", {"Budget__c": "10.005"})[0] == 204
    assert org.ask("GET", f"sobjects/Engagement__c/{ENGAGEMENT}?fields=Budget__c")[1]["Budget__c"] == 10.01


@pytest.mark.parametrize("value", ["a/b", "a?b=c&d", "http://x.example//y#z", "50% off", "ü x", "+"])
def test_upsert_decodes_the_key_in_the_path(org: Any, value: str) -> None:
    path = f"sobjects/Syncline_Risk__c/Risk_Key__c/{quote(value, safe='')}"
    status, made = org.ask("PATCH", path, {"Name": "first"})
    assert (status, made["created"]) == (201, True)
    status, again = org.ask("PATCH", path, {"Name": "second"})
    assert (status, again) == (200, {"id": made["id"], "success": True, "errors": [], "created": False})
    status, shown = org.ask("GET", path)
    assert (shown["Risk_Key__c"], shown["Name"]) == (value, "second")
    assert org.ask("DELETE", path)[0] == 204


def test_an_old_version_answers_an_updating_upsert_without_a_body(org: Any) -> None:
    assert org.ask("PATCH", "/services/data/v45.0/sobjects/Engagement__c/Key__c/ENG-1", {"Name": "x"}) == (204, None)


def test_upsert_by_what_is_no_external_id_or_with_the_key_in_the_body(org: Any) -> None:
    assert org.ask("PATCH", "sobjects/Engagement__c/Name/x", {})[0] == 404
    status, (error,) = org.ask("PATCH", "sobjects/Engagement__c/Key__c/ENG-1", {"Key__c": "ENG-1"})
    assert (status, error["errorCode"]) == (400, "INVALID_FIELD")


def test_several_records_of_one_key_are_listed(org: Any) -> None:
    state = org.service.dump_state()
    state["org"]["not_unique"] = ["Syncline_Risk__c.Risk_Key__c"]
    state["org"]["tokens"] = [{"token": org.token, "username": "sync@partner.example"}]
    state["records"]["Syncline_Risk__c"] = [{"Risk_Key__c": "twice"}, {"Risk_Key__c": "twice"}]
    org.service.load_state(state)
    status, body = org.ask("PATCH", "sobjects/Syncline_Risk__c/Risk_Key__c/twice", {"Name": "x"})
    assert status == 300
    assert len(body) == 2
    assert all(url.startswith("/services/data/v66.0/sobjects/Syncline_Risk__c/a04") for url in body)


def test_a_reference_by_external_id(org: Any) -> None:
    body = {"Name": "By key", "Engagement__r": {"Key__c": "ENG-2"}}
    made = org.ask("POST", "sobjects/Syncline_Risk__c", body)[1]
    shown = org.ask("GET", f"sobjects/Syncline_Risk__c/{made['id']}")[1]
    assert shown["Engagement__c"] == salesforce_id("Engagement__c", 2)
    status, (error,) = org.ask("POST", "sobjects/Syncline_Risk__c", {"Engagement__r": {"Key__c": "none"}})
    assert (status, error["errorCode"]) == (400, "INVALID_FIELD")


@pytest.mark.parametrize("name", ["Account", "Engagement__c"])
def test_if_unmodified_since_has_the_resolution_of_a_second(org: Any, clock: Clock, name: str) -> None:
    path = f"sobjects/{name}/{salesforce_id(name, 1)}"
    clock.advance(0.9)
    assert org.ask("PATCH", path, {"Name": "one"})[0] == 204
    same = {"If-Unmodified-Since": "Tue, 24 Nov 2026 10:00:00 GMT"}
    assert org.ask("PATCH", path, {"Name": "two"}, headers=same)[0] == 204  # the same second: let through
    clock.advance(1)
    assert org.ask("PATCH", path, {"Name": "three"})[0] == 204
    status, body = org.ask("PATCH", path, {"Name": "four"}, headers=same)
    assert (status, body[0]["errorCode"]) == (412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE")
    status, body = org.ask("PATCH", path, {"Name": "five"}, headers={"If-Unmodified-Since": "yesterday"})
    assert status == 400
    assert org.ask("GET", path)[1]["Name"] == "three"


def test_if_unmodified_since_guards_an_upsert_that_updates(org: Any) -> None:
    old = {"If-Unmodified-Since": "Tue, 24 Nov 2015 10:00:00 GMT"}
    assert org.ask("PATCH", "sobjects/Engagement__c/Key__c/ENG-1", {"Name": "x"}, headers=old)[0] == 412
    assert org.ask("PATCH", "sobjects/Engagement__c/Key__c/ENG-9", {"Name": "x"}, headers=old)[0] == 201


def test_if_modified_since_and_entity_tags(org: Any) -> None:
    path = f"sobjects/Account/{ACCOUNT}"
    org.ask("GET", path)
    modified, tag = org.last.headers["Last-Modified"], org.last.headers["ETag"]
    assert org.ask("GET", path, headers={"If-Modified-Since": modified}) == (304, None)
    assert org.ask("PATCH", path, {"Name": "new"}, headers={"If-Match": tag})[0] == 204
    assert org.ask("PATCH", path, {"Name": "newer"}, headers={"If-Match": tag})[0] == 412
    assert org.ask("GET", path, headers={"If-Modified-Since": modified})[0] == 200


def test_bodies_that_are_no_json_object(org: Any) -> None:
    path = f"sobjects/Account/{ACCOUNT}"
    for raw in (b"{", b"[]", b""):
        status, body = org.ask("PATCH", path, raw=raw)
        assert (status, body[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")
    status, body = org.ask("PATCH", path, raw=b"<x/>", headers={"Content-Type": "application/xml"})
    assert (status, body[0]["errorCode"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_what_is_not_there(org: Any) -> None:
    for path in ("sobjects/Foo", f"sobjects/Engagement__c/{NOWHERE}", "sobjects/Engagement__c/short", "nothing"):
        status, body = org.ask("GET", path)
        assert (status, body[0]["errorCode"]) == (404, "NOT_FOUND"), path
    status, body = org.ask("PUT", f"sobjects/Account/{ACCOUNT}", {})
    assert (status, body[0]["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert org.ask("GET", "/services/data/v99.0/sobjects")[0] == 404
    assert org.ask("GET", "/services/data/v20.0/sobjects")[0] == 404


def test_a_parents_deletion_takes_owned_children_and_empties_lookups(org: Any) -> None:
    assert org.ask("DELETE", f"sobjects/Account/{ACCOUNT}")[0] == 204
    assert org.query("SELECT COUNT() FROM Contact")["totalSize"] == 0
    (row,) = org.query("SELECT Account__c, SystemModstamp FROM Engagement__c WHERE Key__c = 'ENG-1'")["records"]
    assert (row["Account__c"], row["SystemModstamp"]) == (None, "2026-11-20T17:30:00.000+0000")
    body = [{"op": "undelete", "object": "Account", "id": ACCOUNT}]
    assert org.ask("POST", "/_sandbox/records", body)[0] == 200
    assert (
        org.query("SELECT Account__c FROM Engagement__c WHERE Key__c = 'ENG-1'")["records"][0]["Account__c"] == ACCOUNT
    )


def test_users_cannot_be_deleted(org: Any) -> None:
    status, body = org.ask("DELETE", f"sobjects/User/{salesforce_id('User', 2)}")
    assert (status, body[0]["errorCode"]) == (400, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_what_a_stage_implies_for_an_opportunity(org: Any) -> None:
    body = {"Name": "Deal", "StageName": "Closed Won", "CloseDate": "2026-11-24", "Amount": 100}
    made = org.ask("POST", "sobjects/Opportunity", body)[1]
    shown = org.ask("GET", f"sobjects/Opportunity/{made['id']}")[1]
    assert (shown["IsClosed"], shown["IsWon"], shown["Probability"], shown["FiscalQuarter"]) == (True, True, 100.0, 4)


def test_rights_of_a_user(org: Any) -> None:
    narrow = {"username": "narrow@partner.example", "read_only": ["Engagement__c.Name", "Account"], "hidden": ["Lead"]}
    org.ask("POST", "/_sandbox/access", narrow)
    org.token = "narrow-token"
    status, (error,) = org.ask("PATCH", f"sobjects/Engagement__c/{ENGAGEMENT}", {"Name": "x"})
    assert (status, error["errorCode"], error["fields"]) == (400, "INVALID_FIELD_FOR_INSERT_UPDATE", ["Name"])
    status, (error,) = org.ask("PATCH", f"sobjects/Account/{ACCOUNT}", {"Name": "x"})
    assert (status, error["errorCode"]) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")
    described = org.ask("GET", "sobjects/Engagement__c/describe")[1]
    (name,) = [field for field in described["fields"] if field["name"] == "Name"]
    assert (name["updateable"], name["createable"]) == (False, False)
    assert org.ask("GET", "sobjects/Account/describe")[1]["updateable"] is False


def test_an_id_has_no_place_in_a_body(org: Any) -> None:
    status, told = org.ask("PATCH", f"sobjects/Account/{ACCOUNT}", {"Id": ACCOUNT, "Name": "x"})
    assert (status, told[0]["errorCode"], told[0]["fields"]) == (400, "INVALID_FIELD", ["Id"])
    status, made = org.ask("POST", "sobjects/Account/Id", {"Name": "by upsert"})
    assert (status, made["success"]) == (201, True)


def test_an_accounts_tag_is_good_for_reads_and_writes(org: Any) -> None:
    path = f"sobjects/Account/{ACCOUNT}"
    org.ask("GET", path)
    tag = org.last.headers["ETag"]
    assert org.ask("GET", path, headers={"If-None-Match": tag})[0] == 304
    assert org.ask("GET", path, headers={"If-None-Match": '"other"'})[0] == 200
    assert org.ask("PATCH", path, {"Name": "x"}, headers={"If-None-Match": tag})[0] == 412
    assert org.ask("PATCH", path, {"Name": "x"}, headers={"If-Match": tag})[0] == 204
    assert org.ask("PATCH", path, {"Name": "y"}, headers={"If-Match": tag})[0] == 412
    assert org.ask("PATCH", path, {"Name": "y"}, headers={"If-Match": "*"})[0] == 204

"""The describes: complete, consistent with recorded ones, and the same as the shipped metadata and the docs page."""

# ruff: noqa: S314 - the project's own XML

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce.objects import CHILD_NAMES, CUSTOM, LONG_TEXT, org_schema
from sandbox.salesforce.service import SalesforceService

ROOT = Path(__file__).parents[3]
NS = {"m": "http://soap.sforce.com/2006/04/metadata"}
SYSTEM = {"Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp"}
KINDS = {
    "Text": "string",
    "LongTextArea": "textarea",
    "Picklist": "picklist",
    "DateTime": "datetime",
    "Date": "date",
    "Number": "double",
    "Currency": "currency",
    "Lookup": "reference",
    "Url": "url",
}


def described(org: Any, name: str) -> dict[str, Any]:
    status, body = org.ask("GET", f"sobjects/{name}/describe")
    assert status == 200
    assert isinstance(body, dict)
    return body


def docs_page() -> dict[str, dict[str, tuple[str, str, str]]]:
    """Read the docs page: object -> field -> (kind, its brackets, picklist values)."""
    found: dict[str, dict[str, tuple[str, str, str]]] = {}
    for line in (ROOT / "docs/connectors/salesforce.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        head = re.match(r"`(\w+)` \(`\w+`\)", cells[0])
        if not head:
            continue
        fields: dict[str, tuple[str, str, str]] = {}
        text = " ".join(cells[1:])
        for names, kind, brackets, tail in re.findall(
            r"((?:`\w+`[ ,]*)+) (" + "|".join(KINDS) + r")\b(?:\(([^)]*)\))?([^`]*)",
            text,
        ):
            values = tail.strip().rstrip(",").strip() if kind == "Picklist" else ""
            for name in re.findall(r"`(\w+)`", names):
                fields[name] = (kind, brackets, values)
        for name in re.findall(r"`(\w+)`", text):
            fields.setdefault(name, ("", "", ""))
        found[head[1]] = fields
    return found


def metadata(name: str) -> dict[str, dict[str, Any]]:
    root = ET.parse(ROOT / f"deploy/salesforce/objects/{name}.object").getroot()
    fields = {}
    for node in root.findall("m:fields", NS):
        entry: dict[str, Any] = {each.tag.split("}")[1]: each.text for each in node}
        entry["values"] = [each.text for each in node.findall("m:valueSet//m:fullName", NS)]
        fields[str(entry["fullName"])] = entry
    return fields


def test_the_docs_page_names_exactly_the_custom_objects() -> None:
    assert {name for name in docs_page() if name.endswith("__c")} == set(CUSTOM)


@pytest.mark.parametrize("name", sorted(CUSTOM))
def test_docs_metadata_and_describe_have_the_same_fields(org: Any, name: str) -> None:
    docs, shipped = docs_page()[name], metadata(name)
    shown = {field["name"]: field for field in described(org, name)["fields"]}
    custom = {field for field in docs if field.endswith("__c")}
    assert custom == set(shipped) == {field for field, entry in shown.items() if entry["custom"]}
    assert set(docs) | SYSTEM <= set(shown)
    for field in custom:
        kind, brackets, values = docs[field]
        entry, told = shown[field], shipped[field]
        assert (told["type"], KINDS[kind]) == (kind, entry["type"]), field
        assert entry["label"] == told["label"]
        assert entry["externalId"] is (told["externalId"] == "true")
        assert entry["unique"] is (told.get("unique") == "true") is ("external id unique" in _around(name, field))
        if kind in ("Text", "LongTextArea"):
            length = int(brackets or LONG_TEXT)
            assert (entry["length"], int(told["length"])) == (length, length), field
        if kind in ("Number", "Currency"):
            left, scale = (int(part) for part in brackets.split(","))
            digits = (left + scale, scale) if kind == "Currency" else (left, scale)
            assert (entry["precision"], entry["scale"]) == (int(told["precision"]), int(told["scale"])) == digits
        if kind == "Picklist":
            assert [each["value"] for each in entry["picklistValues"]] == told["values"] == values.split("/"), field
            assert entry["restrictedPicklist"] is True
        if kind == "Lookup":
            assert entry["referenceTo"] == [told["referenceTo"]]
            assert brackets in ("", told["referenceTo"])
            assert entry["relationshipName"] == field.removesuffix("__c") + "__r"
            assert CHILD_NAMES[name, field] == told["relationshipName"] + "__r"


def _around(name: str, field: str) -> str:
    """Return what the docs page says of one field, up to the next."""
    page = (ROOT / "docs/connectors/salesforce.md").read_text()
    row = next(line for line in page.splitlines() if line.startswith(f"| `{name}`"))
    return re.split(r", `|\|", row.partition(f"`{field}`")[2])[0]


def test_the_package_and_the_permission_set_name_what_is_shipped() -> None:
    package = ET.parse(ROOT / "deploy/salesforce/package.xml").getroot()
    members = {each.text for each in package.findall("m:types/m:members", NS)}
    assert members == {*CUSTOM, "Syncline"}
    permissions = ET.parse(ROOT / "deploy/salesforce/permissionsets/Syncline.permissionset").getroot()
    editable = {
        str(node.findtext("m:field", namespaces=NS)): node.findtext("m:editable", namespaces=NS) == "true"
        for node in permissions.findall("m:fieldPermissions", NS)
    }
    assert set(editable) == {f"{name}.{field}" for name in CUSTOM for field in metadata(name)}
    owned = {
        f"{name}.{field}"
        for name, column in _owned().items()
        for field in re.findall(r"`(\w+__c)`", column)
        if name.endswith("__c")
    }
    assert {name for name, may in editable.items() if may} == owned


def _owned() -> dict[str, str]:
    rows = [
        line for line in (ROOT / "docs/connectors/salesforce.md").read_text().splitlines() if line.startswith("| `")
    ]
    return {line.split("`")[1]: line.strip("|").split("|")[2] for line in rows}


def test_users_have_no_is_deleted(org: Any) -> None:
    shown = {field["name"] for field in described(org, "User")["fields"]}
    wanted = set(docs_page()["User"])
    assert wanted <= shown
    assert "IsDeleted" not in shown  # users are made inactive, never deleted; asking for it is an INVALID_FIELD


@pytest.mark.parametrize("name", sorted(org_schema(multi_currency=True).objects))
def test_every_key_of_a_recorded_describe_is_there(org: Any, api_evidence: Path, name: str) -> None:
    recorded = json.loads((api_evidence / "salesforce/describe/Custom__c.json").read_text())
    shown = described(org, name)
    assert set(shown) == set(recorded)
    for field in shown["fields"]:
        assert set(field) == set(recorded["fields"][0])


@pytest.mark.parametrize("name", ["Account", "Contact", "Opportunity", "Case", "Event", "Lead"])
def test_standard_objects_are_as_recorded(org: Any, api_evidence: Path, name: str) -> None:
    recorded = json.loads((api_evidence / f"salesforce/describe/{name}.json").read_text())
    fields = {field["name"]: field for field in recorded["fields"]}
    shown = described(org, name)
    for field in shown["fields"]:
        assert field == fields[field["name"]], field["name"]
    assert {field["name"] for field in fields.values()} - {field["name"] for field in shown["fields"]} <= {
        each for each in fields if each.endswith("__c") or each == "RecurrenceTimeZoneSidKey"
    }
    assert shown["keyPrefix"] == recorded["keyPrefix"]


def test_the_global_describe_has_the_recorded_keys(org: Any, api_evidence: Path) -> None:
    recorded = json.loads((api_evidence / "salesforce/describe/Global.json").read_text())
    status, body = org.ask("GET", "sobjects")
    assert status == 200
    assert set(body) == set(recorded)
    assert all(set(each) == set(recorded["sobjects"][0]) for each in body["sobjects"])


def test_a_field_that_is_hidden_from_the_user_is_not_described(org: Any) -> None:
    org.token = "narrow-token"
    assert "AnnualRevenue" not in {field["name"] for field in described(org, "Account")["fields"]}
    assert org.ask("GET", "sobjects/Lead/describe")[0] == 404


def test_a_single_currency_org_has_no_currency_codes() -> None:
    schema = org_schema(multi_currency=False)
    assert all("currencyisocode" not in each.by_name for each in schema.objects.values())


def test_describe_answers_304_until_metadata_changes(org: Any) -> None:
    org.ask("GET", "sobjects/Account/describe")
    modified = org.last.headers["Last-Modified"]
    assert org.ask("GET", "sobjects/Account/describe", headers={"If-Modified-Since": modified}) == (304, None)
    before = {"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}
    assert org.ask("GET", "sobjects/Account/describe", headers=before)[0] == 200


@pytest.mark.parametrize(
    "name",
    ["Account_PersonAccount", "Account", "Case", "Contact", "Event", "Lead", "Opportunity", "OpportunityContactRole"],
)
def test_a_recorded_org_can_be_served(make_org: Any, api_evidence: Path, name: str) -> None:
    """The describe results of real orgs, custom fields and all, given to the stand-in and asked of it again."""
    recorded = json.loads((api_evidence / f"salesforce/describe/{name}.json").read_text())
    user = "integration@sandbox.example"
    service = SalesforceService({"org": {"describes": [recorded], "tokens": [{"token": "t", "username": user}]}})
    service.load_state(service.dump_state())
    org = make_org(service, "t")
    described = org.ask("GET", f"sobjects/{recorded['name']}/describe")[1]
    fields = {each["name"]: each for each in described["fields"]}
    assert list(fields) == [each["name"] for each in recorded["fields"]]
    for each in recorded["fields"]:
        assert {key: fields[each["name"]][key] for key in each} == each
    assert described["keyPrefix"] == recorded["keyPrefix"]
    shown = {each["relationshipName"] for each in described["childRelationships"]}
    assert shown <= {each["relationshipName"] for each in recorded["childRelationships"]}
    plain = [each["name"] for each in recorded["fields"] if each["type"] not in ("address", "location")]
    for n in range(0, len(plain), 60):
        names = ", ".join(plain[n : n + 60])
        assert org.query(f"SELECT {names} FROM {recorded['name']} LIMIT 1")["done"]  # noqa: S608 - recorded names

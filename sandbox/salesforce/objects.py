"""The custom objects of docs/connectors/salesforce.md, and `User`, as table rows; and the org's whole schema.

The custom objects are those of `deploy/salesforce`; a test holds both, and the docs page, to the same names and types.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sandbox.salesforce.ids import KEY_PREFIXES
from sandbox.salesforce.schema import Child, JsonObject, Schema, SObject, make_field, tables
from sandbox.salesforce.setup_objects import READ_ONLY_TOP, RECORD_TYPE_ID, SETUP

Row = dict[str, Any]

CURRENCIES = ("EUR", "USD", "GBP", "JPY")
"""Active currencies of the fictitious org."""

LONG_TEXT = 32_768


def _label(api_name: str) -> str:
    return api_name.removesuffix("__c").replace("_", " ")


def _custom(name: str, kind: str, **more: Any) -> Row:
    row = {"name": name, "type": kind, "label": _label(name), "custom": True, "createable": True, "updateable": True}
    return {**row, "permissionable": True, **more}


def _text(name: str, length: int, **more: Any) -> Row:
    return _custom(name, "string", length=length, **more)


def _key(name: str, length: int) -> Row:
    return _text(name, length, externalId=True, unique=True, idLookup=True)


def _long(name: str) -> Row:
    return _custom(name, "textarea", length=LONG_TEXT, extraTypeInfo="plaintextarea")


def _picklist(name: str, *values: str) -> Row:
    return _custom(name, "picklist", length=255, restrictedPicklist=True, picklistValues=list(values))


def _lookup(name: str, target: str) -> Row:
    relation = name.removesuffix("__c") + "__r"
    return _custom(name, "reference", referenceTo=[target], relationshipName=relation)


def _date(name: str) -> Row:
    return _custom(name, "date")


def _currency(name: str) -> Row:
    return _custom(name, "currency", precision=18, scale=2)


def _hours(name: str) -> Row:
    return _custom(name, "double", precision=8, scale=2)


CUSTOM: Mapping[str, tuple[Row, ...]] = {
    "Engagement__c": (
        _key("Key__c", 40),
        _lookup("Account__c", "Account"),
        _text("Contract_Number__c", 40),
        _picklist("Stage__c", "Draft", "Active", "Closed"),
        _date("Start_Date__c"),
        _date("End_Date__c"),
        _currency("Budget__c"),
        _lookup("Project_Manager__c", "User"),
        _currency("Rate__c"),
        _picklist("Syncline_Status__c", "Green", "Amber", "Red", "Unknown"),
        _long("Syncline_Status_Text__c"),
        _custom("Syncline_As_Of__c", "datetime"),
        _text("Syncline_Marker__c", 120),
    ),
    "Scope_Baseline__c": (
        _lookup("Engagement__c", "Engagement__c"),
        _custom("Version__c", "double", precision=4, scale=0),
        _date("Signed_On__c"),
    ),
    "Scope_Item__c": (
        _lookup("Scope_Baseline__c", "Scope_Baseline__c"),
        _text("Item_Key__c", 20),
        _long("Text__c"),
        _date("Due_Date__c"),
        _currency("Budget__c"),
        _long("Acceptance__c"),
        _picklist("State__c", "Active", "Deferred", "Cancelled"),
        _hours("Effort_Hours__c"),
    ),
    "Deliverable__c": (
        _lookup("Engagement__c", "Engagement__c"),
        _text("Deliverable_Key__c", 20),
        _picklist("Owed_By__c", "Us", "Third party"),
        _lookup("Third_Party__c", "Account"),
        _date("Promised_For__c"),
        _date("Needed_By__c"),
        _date("Delivered_On__c"),
        _picklist("State__c", "Open", "Delivered", "Cancelled"),
        _text("Scope_Items__c", 255),
        _text("Jira_Issue__c", 255),
        _text("Jira_Version__c", 255),
    ),
    "Syncline_Risk__c": (
        _key("Risk_Key__c", 40),
        _lookup("Engagement__c", "Engagement__c"),
        _picklist("Category__c", "schedule", "scope", "cost", "budget", "resources"),
        _picklist("Severity__c", "low", "medium", "high", "critical"),
        _picklist("Lifecycle__c", "Open", "Mitigating", "Accepted", "Closed"),
        _long("Description__c"),
        _custom("Subject_URL__c", "url", length=255, extraTypeInfo=None),
        _date("Raised_On__c"),
        _text("Closed_Reason__c", 80),
        _text("Syncline_Marker__c", 120),
        _lookup("Risk_Owner__c", "User"),
    ),
    "Engineering_Request__c": (
        _key("Request_Key__c", 40),
        _lookup("Engagement__c", "Engagement__c"),
        _long("Text__c"),
        _picklist("State__c", "Requested", "Triaged", "Approved", "Declined", "Billed"),
        _date("Requested_On__c"),
        _text("Requested_By__c", 80),
        _date("Decided_On__c"),
        _hours("Effort_Hours__c"),
        _currency("Amount__c"),
        _text("Jira_Issue__c", 255),
    ),
    "Mitigation__c": (
        _lookup("Risk__c", "Syncline_Risk__c"),
        _long("Text__c"),
        _lookup("Owner__c", "User"),
        _date("Due_Date__c"),
        _picklist("State__c", "Planned", "In progress", "Done", "Dropped"),
    ),
    "Deliverable_Dependency__c": (
        _lookup("Deliverable__c", "Deliverable__c"),
        _lookup("Depends_On__c", "Deliverable__c"),
        _text("Note__c", 255),
    ),
}
"""Custom fields of each custom object, beside the system fields that every one has (`system_fields`)."""

CHILD_NAMES: Mapping[tuple[str, str], str] = {
    ("Engagement__c", "Account__c"): "Engagements__r",
    ("Engagement__c", "Project_Manager__c"): "Managed_Engagements__r",
    ("Scope_Baseline__c", "Engagement__c"): "Scope_Baselines__r",
    ("Scope_Item__c", "Scope_Baseline__c"): "Scope_Items__r",
    ("Deliverable__c", "Engagement__c"): "Deliverables__r",
    ("Deliverable__c", "Third_Party__c"): "Owed_Deliverables__r",
    ("Syncline_Risk__c", "Engagement__c"): "Syncline_Risks__r",
    ("Syncline_Risk__c", "Risk_Owner__c"): "Owned_Risks__r",
    ("Engineering_Request__c", "Engagement__c"): "Engineering_Requests__r",
    ("Mitigation__c", "Risk__c"): "Mitigations__r",
    ("Mitigation__c", "Owner__c"): "Owned_Mitigations__r",
    ("Deliverable_Dependency__c", "Deliverable__c"): "Dependencies__r",
    ("Deliverable_Dependency__c", "Depends_On__c"): "Dependents__r",
}
"""Child relationship names as the lookups' metadata gives them."""


def _stamp(name: str, label: str) -> Row:
    return {"name": name, "type": "datetime", "label": label, "nillable": False, "defaultedOnCreate": True}


def _by(name: str, label: str) -> Row:
    return {
        "name": name,
        "type": "reference",
        "label": label,
        "createable": False,
        "updateable": False,
        "nillable": False,
        "defaultedOnCreate": True,
        "referenceTo": ["User"],
        "relationshipName": name.removesuffix("Id"),
    }


_AUDIT: tuple[Row, ...] = (
    _stamp("CreatedDate", "Created Date"),
    _by("CreatedById", "Created By ID"),
    _stamp("LastModifiedDate", "Last Modified Date"),
    _by("LastModifiedById", "Last Modified By ID"),
    _stamp("SystemModstamp", "System Modstamp"),
)

_CURRENCY_CODE: Row = {
    "name": "CurrencyIsoCode",
    "type": "picklist",
    "label": "Currency ISO Code",
    "length": 3,
    "defaultedOnCreate": True,
    "permissionable": False,
    "restrictedPicklist": True,
    "picklistValues": list(CURRENCIES),
}


def system_fields(*, multi_currency: bool) -> tuple[Row, ...]:
    """Return the fields that every custom object has; `CurrencyIsoCode` only in an org with several currencies."""
    owner: Row = {
        **_by("OwnerId", "Owner ID"),
        "createable": True,
        "updateable": True,
        "referenceTo": ["Group", "User"],
        "polymorphicForeignKey": True,
        "namePointing": True,
    }
    name: Row = {"name": "Name", "type": "string", "label": "Name", "length": 80, "nameField": True, "idLookup": True}
    return (
        {"name": "Id", "type": "id", "label": "Record ID"},
        owner,
        {"name": "IsDeleted", "type": "boolean", "label": "Deleted"},
        {**name, "defaultedOnCreate": True, "permissionable": False},
        *((_CURRENCY_CODE,) if multi_currency else ()),
        *_AUDIT,
        {"name": "LastActivityDate", "type": "date", "label": "Last Activity Date"},
        {"name": "LastViewedDate", "type": "datetime", "label": "Last Viewed Date"},
        {"name": "LastReferencedDate", "type": "datetime", "label": "Last Referenced Date"},
    )


_NEEDED = {"nillable": False, "permissionable": False}
_READ_ONLY = {"createable": False, "updateable": False, "permissionable": False}
_SETTING = {**_NEEDED, "restrictedPicklist": True}

USER: tuple[Row, ...] = (
    {"name": "Id", "type": "id", "label": "User ID"},
    {"name": "Username", "type": "string", "label": "Username", "length": 80, "idLookup": True, **_NEEDED},
    {"name": "LastName", "type": "string", "label": "Last Name", "length": 80, **_NEEDED},
    {"name": "FirstName", "type": "string", "label": "First Name", "length": 40},
    {
        "name": "Name",
        "type": "string",
        "label": "Full Name",
        "length": 121,
        "nameField": True,
        "nillable": False,
        **_READ_ONLY,
    },
    {"name": "CompanyName", "type": "string", "label": "Company Name", "length": 80},
    {"name": "Division", "type": "string", "label": "Division", "length": 80},
    {"name": "Department", "type": "string", "label": "Department", "length": 80},
    {"name": "Title", "type": "string", "label": "Title", "length": 80},
    {"name": "Email", "type": "email", "label": "Email", "length": 128, **_NEEDED},
    {"name": "Phone", "type": "phone", "label": "Phone"},
    {"name": "MobilePhone", "type": "phone", "label": "Mobile"},
    {"name": "Alias", "type": "string", "label": "Alias", "length": 8, **_NEEDED},
    {
        "name": "CommunityNickname",
        "type": "string",
        "label": "Nickname",
        "length": 40,
        "defaultedOnCreate": True,
        **_NEEDED,
    },
    {"name": "IsActive", "type": "boolean", "label": "Active", "createable": True, "updateable": True},
    {
        "name": "TimeZoneSidKey",
        "type": "picklist",
        "label": "Time Zone",
        "picklistValues": ["UTC", "Europe/Berlin", "America/New_York"],
        **_SETTING,
    },
    {
        "name": "LocaleSidKey",
        "type": "picklist",
        "label": "Locale",
        "picklistValues": ["en_US", "en_GB", "de_DE"],
        **_SETTING,
    },
    {
        "name": "EmailEncodingKey",
        "type": "picklist",
        "label": "Email Encoding",
        "picklistValues": ["UTF-8", "ISO-8859-1"],
        **_SETTING,
    },
    {
        "name": "ProfileId",
        "type": "reference",
        "label": "Profile ID",
        "referenceTo": ["Profile"],
        "relationshipName": "Profile",
        **_NEEDED,
    },
    {"name": "UserType", "type": "picklist", "label": "User Type", "picklistValues": ["Standard"], **_READ_ONLY},
    {
        "name": "LanguageLocaleKey",
        "type": "picklist",
        "label": "Language",
        "picklistValues": ["en_US", "de"],
        **_SETTING,
    },
    {"name": "EmployeeNumber", "type": "string", "label": "Employee Number", "length": 20},
    {
        "name": "ManagerId",
        "type": "reference",
        "label": "Manager ID",
        "referenceTo": ["User"],
        "relationshipName": "Manager",
        "permissionable": True,
    },
    {"name": "LastLoginDate", "type": "datetime", "label": "Last Login"},
    *_AUDIT,
    {"name": "FederationIdentifier", "type": "string", "label": "SAML Federation ID", "length": 512},
    {"name": "LastViewedDate", "type": "datetime", "label": "Last Viewed Date"},
    {"name": "LastReferencedDate", "type": "datetime", "label": "Last Referenced Date"},
)
"""`User` by its well-known fields. It has no IsDeleted: users are made inactive, never deleted."""

_NO_USER_DELETE = {"deletable": False, "undeletable": False, "mergeable": False}


def _children(owner: str, standard: list[list[Any]]) -> tuple[Child, ...]:
    found = [
        Child(name=name, object_name=child, field_name=field, cascade_delete=cascade, restricted_delete=restricted)
        for child, field, name, cascade, restricted in standard
        if child != "User"
    ]
    for (child, field), name in CHILD_NAMES.items():
        target = next(row["referenceTo"][0] for row in CUSTOM[child] if row["name"] == field)
        if target == owner:
            found.append(Child(name=name, object_name=child, field_name=field))
    return tuple(found)


def _top(base: JsonObject, name: str, label: str, plural: str, **more: Any) -> JsonObject:
    return {**base, "name": name, "label": label, "labelPlural": plural, "keyPrefix": KEY_PREFIXES[name], **more}


def org_schema(
    *,
    multi_currency: bool,
    not_unique: frozenset[str] = frozenset(),
    record_typed: frozenset[str] = frozenset(),
    described: Sequence[JsonObject] = (),
) -> Schema:
    """Build the org's schema: standard and setup objects of the tables, `User`, and the custom objects.

    Args:
        multi_currency: Whether custom objects have CurrencyIsoCode.
        not_unique: `Object.Field` names of external ids whose values may occur more than once.
        record_typed: Objects that have record types, and so the field RecordTypeId.
        described: Describe results of further objects, or of others in place of those of that name.
    """
    shipped = _shipped(multi_currency, not_unique, record_typed)
    if not described:
        return shipped
    objects = dict(shipped.objects)
    for each in described:
        objects[each["name"]] = _from_describe(each)
    known = {
        name: replace(each, children=tuple(child for child in each.children if child.object_name in objects))
        for name, each in objects.items()
    }
    return Schema(known.values())


def _from_describe(described: JsonObject) -> SObject:
    """Build an object from its describe result; children of objects that are not there are dropped later."""
    table = tables()
    bases = table["type_base"]
    rows = [dict(row) for row in described["fields"]]
    fields = tuple(make_field({row["type"]: bases.get(row["type"], bases["string"])}, row) for row in rows)
    children = tuple(
        Child(
            name=each["relationshipName"],
            object_name=each["childSObject"],
            field_name=each["field"],
            cascade_delete=bool(each.get("cascadeDelete")),
            restricted_delete=bool(each.get("restrictedDelete")),
        )
        for each in described.get("childRelationships") or ()
        if each.get("relationshipName") and each["childSObject"] != "User"
    )
    left_out = ("fields", "childRelationships", "recordTypeInfos", "urls")
    top = {**table["object_base"], **{key: value for key, value in described.items() if key not in left_out}}
    return SObject(name=described["name"], top=top, fields=fields, children=children)


@cache
def _shipped(multi_currency: bool, not_unique: frozenset[str], record_typed: frozenset[str]) -> Schema:  # noqa: FBT001 - a cache takes its key by position
    table = tables()
    bases, base = table["type_base"], table["object_base"]

    def build(name: str, top: JsonObject, rows: tuple[Row, ...], standard: list[list[Any]]) -> SObject:
        if name in record_typed and not any(row["name"] == "RecordTypeId" for row in rows):
            rows = (*rows, RECORD_TYPE_ID)
        fields = tuple(make_field(bases, row) for row in rows)
        return SObject(name=name, top=top, fields=fields, children=_children(name, standard))

    objects = []
    for name, entry in table["objects"].items():
        objects.append(build(name, {**base, **entry["top"]}, tuple(entry["fields"]), entry["children"]))
    objects.append(build("User", _top(base, "User", "User", "Users", **_NO_USER_DELETE), USER, []))
    for name, rows in SETUP.items():
        label = _label(name) if name != "RecordType" else "Record Type"
        objects.append(build(name, _top(base, name, label, label + "s", **READ_ONLY_TOP), rows, []))
    for name, rows in CUSTOM.items():
        label = _label(name)
        top = _top(base, name, label, label + "s", custom=True, mergeable=False, feedEnabled=False)
        every = (*system_fields(multi_currency=multi_currency), *rows)
        told = [{**row, "unique": False} if f"{name}.{row['name']}" in not_unique else row for row in every]
        objects.append(build(name, top, tuple(told), []))
    return Schema(objects)

"""Objects of an org's setup, by their well-known fields: Organization, Profile, RecordType."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]


def _field(name: str, kind: str, label: str, **more: Any) -> Row:
    return {"name": name, "type": kind, "label": label, "createable": False, "updateable": False, **more}


def _text(name: str, label: str, length: int = 80, **more: Any) -> Row:
    return _field(name, "string", label, length=length, **more)


def _choice(name: str, label: str, *values: str) -> Row:
    return _field(name, "picklist", label, length=40, picklistValues=list(values), restrictedPicklist=True)


def _audit() -> tuple[Row, ...]:
    user = {"referenceTo": ["User"], "nillable": False, "defaultedOnCreate": True}
    return (
        _field("CreatedDate", "datetime", "Created Date", nillable=False, defaultedOnCreate=True),
        _field("CreatedById", "reference", "Created By ID", relationshipName="CreatedBy", **user),
        _field("LastModifiedDate", "datetime", "Last Modified Date", nillable=False, defaultedOnCreate=True),
        _field("LastModifiedById", "reference", "Last Modified By ID", relationshipName="LastModifiedBy", **user),
        _field("SystemModstamp", "datetime", "System Modstamp", nillable=False, defaultedOnCreate=True),
    )


def _id(label: str) -> Row:
    return _field("Id", "id", label, nillable=False, defaultedOnCreate=True)


SETUP: Mapping[str, tuple[Row, ...]] = {
    "Organization": (
        _id("Organization ID"),
        _text("Name", "Name", nameField=True, nillable=False),
        _text("Division", "Division"),
        _text("PrimaryContact", "Primary Contact"),
        _choice("DefaultLocaleSidKey", "Locale", "en_US", "en_GB", "de_DE"),
        _choice("TimeZoneSidKey", "Time Zone", "UTC", "Europe/Berlin", "America/New_York"),
        _choice("LanguageLocaleKey", "Language", "en_US", "de"),
        _field("FiscalYearStartMonth", "int", "Fiscal Year Starts In", digits=2),
        _field("UsesStartDateAsFiscalYearName", "boolean", "Fiscal Year Name by Start", nillable=False),
        _choice("OrganizationType", "Edition", "Enterprise Edition", "Developer Edition"),
        _text("NamespacePrefix", "Namespace Prefix", 15),
        _text("InstanceName", "Instance Name", 5),
        _field("IsSandbox", "boolean", "Is Sandbox", nillable=False),
        _field("IsReadOnly", "boolean", "Is Read Only", nillable=False),
        *_audit(),
    ),
    "Profile": (
        _id("Profile ID"),
        _text("Name", "Name", 255, nameField=True, nillable=False),
        _choice("UserType", "User Type", "Standard"),
        _text("Description", "Description", 255),
        *_audit(),
    ),
    "RecordType": (
        _id("Record Type ID"),
        _text("Name", "Name", nameField=True, nillable=False),
        _text("DeveloperName", "Record Type Name", nillable=False),
        _text("NamespacePrefix", "Namespace Prefix", 15),
        _text("Description", "Description", 255),
        _field("BusinessProcessId", "reference", "Business Process ID", referenceTo=["BusinessProcess"]),
        _text("SobjectType", "SObject Type Name", 40, nillable=False),
        _field("IsActive", "boolean", "Active", nillable=False),
        *_audit(),
    ),
}
"""Fields by object. None of these rows is ever deleted, and none is written by clients."""

READ_ONLY_TOP = {
    "createable": False,
    "updateable": False,
    "deletable": False,
    "undeletable": False,
    "mergeable": False,
    "searchable": False,
    "layoutable": False,
    "feedEnabled": False,
    "triggerable": False,
    "mruEnabled": False,
}

RECORD_TYPE_ID: Row = {
    "name": "RecordTypeId",
    "type": "reference",
    "label": "Record Type ID",
    "createable": True,
    "updateable": True,
    "defaultedOnCreate": True,
    "referenceTo": ["RecordType"],
    "relationshipName": "RecordType",
    "permissionable": False,
}
"""The field that an object gets with its first record type."""

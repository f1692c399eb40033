"""`Name`: what SOQL sees at the end of a relationship that may lead to several objects, such as Owner, Who or What."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.salesforce.schema import Field, SObject, make_field, tables

_FIELDS = (
    ("Id", "id"),
    ("Name", "string"),
    ("LastName", "string"),
    ("FirstName", "string"),
    ("Type", "picklist"),
    ("Alias", "string"),
    ("Title", "string"),
    ("Phone", "phone"),
    ("Email", "email"),
    ("Username", "string"),
    ("ProfileId", "id"),
    ("IsActive", "boolean"),
    ("RecordTypeId", "id"),
    ("LastViewedDate", "datetime"),
    ("LastReferencedDate", "datetime"),
)


@cache
def name_object() -> SObject:
    """Return the object `Name`; it has no records of its own and is not described."""
    table = tables()
    rows = ({"name": name, "type": kind, "label": name} for name, kind in _FIELDS)
    return SObject(
        name="Name",
        top={**table["object_base"], "name": "Name", "keyPrefix": None, "label": "Name", "labelPlural": "Names"},
        fields=tuple(make_field(table["type_base"], row) for row in rows),
    )


def is_polymorphic(hop: Field) -> bool:
    """Say whether a reference's relationship leads to `Name`."""
    return bool(hop.info["polymorphicForeignKey"])


def name_value(owner: SObject | None, record: dict[str, Any], field_name: str) -> Any:
    """Return a value of `Name` for a record of whatever object: its own, save `Type` and a name by another name."""
    if field_name == "Type":
        return owner.name if owner else None
    if field_name == "Name" and owner is not None:
        return display_name(owner, record)
    return record.get(field_name)


def display_name(sobject: SObject, record: dict[str, Any]) -> Any:
    """Return what people call a record: the value of its name field."""
    found = next((each.name for each in sobject.fields if each.info["nameField"]), "Name")
    return record.get(found)

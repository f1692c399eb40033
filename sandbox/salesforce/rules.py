"""What the org's own configuration says of a write: record types, validation rules, duplicate rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce.org import RecordType
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import Record, State
from sandbox.salesforce.values import refuse

MASTER = "012000000000000AAA"
"""The record type of records that have none; the same in every org (recorded describes)."""


def default_type(state: State, sobject: SObject) -> RecordType | None:
    """Return the record type that a new record gets where its creator names none."""
    types = [each for each in state.org.types_of(sobject.name) if each.active]
    return next((each for each in types if each.default), None)


def check_record_type(state: State, sobject: SObject, record: Record, changes: Mapping[str, Any]) -> None:
    """Refuse a record type that is not the object's, and values that the record type does not have.

    Raises:
        SalesforceError: INVALID_CROSS_REFERENCE_KEY, INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST.
    """
    types = {each.id: each for each in state.org.types_of(sobject.name)}
    wanted = changes.get("RecordTypeId")
    if wanted and wanted != MASTER and (wanted not in types or not types[wanted].active):
        message = f"Record Type ID: this ID value isn't valid for the user: {wanted}"
        raise refuse("INVALID_CROSS_REFERENCE_KEY", message, "RecordTypeId")
    chosen = types.get(record.get("RecordTypeId") or "")
    if chosen is None:
        return
    for name, allowed in chosen.picklists.items():
        field = sobject.by_name.get(name.lower())
        value = changes.get(field.name) if field else None
        if field is None or value is None or field.restricted is None:
            continue
        for each in value.split(";") if field.type == "multipicklist" else [value]:
            if each not in allowed:
                message = f"{field.label}: bad value for restricted picklist field: {each}"
                raise refuse("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, field.name)


def check_validation(state: State, sobject: SObject, record: Record) -> None:
    """Refuse a record, as it would be, that a validation rule finds wrong.

    Raises:
        SalesforceError: FIELD_CUSTOM_VALIDATION_EXCEPTION with the rule's message.
    """
    for rule in state.org.validation_rules:
        if rule.object_name == sobject.name and state.holds(sobject.name, rule.when, record):
            fields = (rule.field_name,) if rule.field_name else ()
            raise refuse("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *fields)


def check_duplicates(state: State, sobject: SObject, record: Record, *, allowed: bool) -> None:
    """Refuse a record whose value another one has already, where a duplicate rule watches for that.

    Raises:
        SalesforceError: DUPLICATES_DETECTED.
    """
    if allowed and state.switches.duplicate_header:
        return
    for rule in state.org.duplicate_rules:
        value = record.get(rule.field_name)
        if rule.object_name != sobject.name or value is None:
            continue
        for other in state.rows(sobject, deleted=False):
            if other["Id"] != record["Id"] and str(other.get(rule.field_name)).casefold() == str(value).casefold():
                raise refuse("DUPLICATES_DETECTED", "Use one of these records?")

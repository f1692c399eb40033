"""What both Bulk APIs do with one row: a record made, changed or deleted by a job; a record shown in columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.salesforce import dml, sharing
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import State

NULL = "#N/A"
"""What empties a field in an ingest of CSV; an empty cell leaves it alone."""


def save(
    state: State, who: Actor, operation: str, sobject: SObject, key: str, values: dict[str, Any]
) -> tuple[str, bool]:
    """Do what a job says with one row, and return the record's id and whether it was made.

    Args:
        state: The org.
        who: Whose job it is.
        operation: insert, update, upsert, delete or hardDelete.
        sobject: The object.
        key: The field by which records are found, `Id` or an external id.
        values: Field values as the REST API takes them.

    Raises:
        SalesforceError: As `sandbox.salesforce.dml`.
    """
    named = next((values.pop(name) for name in list(values) if name.lower() == key.lower()), None)
    if operation == "insert":
        return str(dml.create(state, who, sobject, values)["Id"]), True
    if key == "Id":
        record = state.tables[sobject.name].get(to_18(str(named)) or "")
        if record is None or not sharing.reads_id(state, who.viewer, record):
            raise refused("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", fields=())
    else:
        found = state.by_external_id(sobject, sobject.by_name[key.lower()], named)
        record = next((row for row in found if sharing.reads_id(state, who.viewer, row)), None)
    if record is None:
        return str(dml.create(state, who, sobject, {**values, key: named})["Id"]), True
    if operation in ("delete", "hardDelete"):
        dml.delete(state, who, sobject, record)
        if operation == "hardDelete":
            state.purge(sobject, record["Id"])
    else:
        dml.update(state, who, sobject, record, values)
    return str(record["Id"]), False


def cells(row: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the values of a CSV row as the REST API takes them."""
    for name, text in row.items():
        if not text:
            continue
        value = None if text == NULL else text
        relation, _, inner = name.partition(".")
        yield (relation, {inner: value}) if inner else (name, value)


def flat(shown: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield a shown record's values by path."""
    for name, value in shown.items():
        if isinstance(value, dict) and "attributes" in value:
            yield from flat(value, f"{prefix}{name}.")
        elif name != "attributes":
            yield prefix + name, value


def cell(value: Any) -> str:
    """Return a value as CSV shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    return text.removesuffix("+0000") + "Z" if text.endswith(".000+0000") else text

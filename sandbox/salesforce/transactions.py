"""Transactions that commit late: rows bear the stamps of when they were written, and are seen after commit."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce import dml, webhooks
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import Change, Record, State, Transaction


class NoSuchTransactionError(LookupError):
    """The transaction was committed, rolled back, or never opened."""


def open_transaction(state: State, actor: Actor, operations: list[dict[str, Any]]) -> Transaction:
    """Open a transaction that has made these changes already, and keeps their rows locked until it ends.

    Args:
        state: The org.
        actor: Who makes the changes.
        operations: `{"op": "create", "object", "values"}`, `{"op": "update", "object", "id", "values"}` or
            `{"op": "delete", "object", "id"}`.

    Raises:
        SalesforceError: A change that the platform would refuse; nothing is opened then.
        ValueError: An operation that is none of these.
    """
    n = state.counters["Transaction"] = state.counters.get("Transaction", 0) + 1
    made = Transaction(id=f"tx-{n}", started=state.now())
    made.changes = [_change(state, actor, operation) for operation in operations]
    state.transactions[made.id] = made
    return made


def commit(state: State, transaction_id: str) -> list[str]:
    """Make a transaction's changes seen, stamps as they were, and return the ids of its rows."""
    found = _taken(state, transaction_id)
    for change in found.changes:
        sobject = state.schema.objects[change.object_name]
        before: Record = state.tables[sobject.name].get(change.record_id, {})
        after = {**before, **change.values}
        state.put(sobject, after)
        if not after.get("IsDeleted"):
            webhooks.notice(state, sobject, before or None, after)
        if change.values.get("IsDeleted"):
            state.log_deletion(sobject, change.record_id, change.values["SystemModstamp"])
    return [change.record_id for change in found.changes]


def roll_back(state: State, transaction_id: str) -> None:
    """Drop a transaction's changes."""
    _taken(state, transaction_id)


def _taken(state: State, transaction_id: str) -> Transaction:
    try:
        return state.transactions.pop(transaction_id)
    except KeyError as error:
        raise NoSuchTransactionError(transaction_id) from error


def _change(state: State, actor: Actor, operation: dict[str, Any]) -> Change:
    sobject = state.schema.get(str(operation.get("object")))
    if sobject is None:
        raise ValueError(f"no such object: {operation.get('object')!r}")
    values = operation.get("values", {})
    match operation.get("op"):
        case "create":
            made = dml.prepared(state, actor, sobject, values)
            return Change(object_name=sobject.name, record_id=made["Id"], values=made)
        case "update":
            before = existing(state, sobject, operation)
            after = dml.prepared_update(state, actor, sobject, before, values)
            laid = {name: value for name, value in after.items() if before.get(name) != value or "Modified" in name}
            return Change(object_name=sobject.name, record_id=before["Id"], values=laid)
        case "delete":
            before = existing(state, sobject, operation)
            stamp = state.stamp()
            laid = {"IsDeleted": True, "SystemModstamp": stamp, "LastModifiedDate": stamp}
            return Change(object_name=sobject.name, record_id=before["Id"], values=laid)
        case other:
            raise ValueError(f"no such operation: {other!r}")


def existing(state: State, sobject: SObject, operation: dict[str, Any]) -> Record:
    """Return the record that an operation names by `id`.

    Raises:
        ValueError: There is none.
    """
    record_id = to_18(str(operation.get("id")))
    found = state.tables[sobject.name].get(record_id or "")
    if found is None:
        raise ValueError(f"no {sobject.name} of id {operation.get('id')!r}")
    return found

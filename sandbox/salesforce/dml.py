"""Changes of single records, by a user and under the platform's rules: create, update, delete, undelete.

Each function either changes the state whole or raises `SalesforceError` and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.salesforce import derived, rules, sharing, webhooks
from sandbox.salesforce.errors import SalesforceError, not_found, refused
from sandbox.salesforce.org import Access
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import Record, State
from sandbox.salesforce.values import read_value, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who writes: the User's Id, and what that user may not do.

    Attributes:
        system: Every row is the actor's to change.
        allow_duplicates: The request says to save what a duplicate rule would stop.
    """

    user_id: str
    username: str
    access: Access
    system: bool = False
    allow_duplicates: bool = False

    @property
    def viewer(self) -> str | None:
        """Whose rows these are to be, as `sandbox.salesforce.sharing` asks; None for the system itself."""
        return None if self.system else self.user_id


def create(state: State, actor: Actor, sobject: SObject, values: Mapping[str, Any]) -> Record:
    """Create a record and return it.

    Raises:
        SalesforceError: With the reasons of `read_value`, and REQUIRED_FIELD_MISSING, INVALID_FIELD,
            INVALID_FIELD_FOR_INSERT_UPDATE, DUPLICATE_VALUE, INVALID_CROSS_REFERENCE_KEY, ENTITY_IS_DELETED.
    """
    record = prepared(state, actor, sobject, values)
    state.put(sobject, record)
    webhooks.notice(state, sobject, None, record)
    return record


def prepared(state: State, actor: Actor, sobject: SObject, values: Mapping[str, Any]) -> Record:
    """Return the record that `create` would store, with Id, defaults and stamps; raises as it does."""
    _may_write(actor, sobject)
    changes = _changes(state, actor, sobject, values, creating=True)
    missing = [f.name for f in sobject.fields if f.required and changes.get(f.name) is None]
    if missing:
        raise refuse("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)
    _unique(state, sobject, changes, None)
    record_id, stamp = state.next_id(sobject.name), state.stamp()
    given = {name: value for name, value in changes.items() if value is not None}
    chosen = rules.default_type(state, sobject)
    if chosen is not None:
        given.setdefault("RecordTypeId", chosen.id)
    record = {"Id": record_id, **derived.defaults(sobject, record_id, state.org.currency), **given}
    for name in ("OwnerId", "CreatedById", "LastModifiedById"):
        if name.lower() in sobject.by_name:
            record.setdefault(name, actor.user_id)
    record |= {"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp}
    return _ruled(state, actor, sobject, derived.complete(sobject, record), changes)


def update(state: State, actor: Actor, sobject: SObject, record: Record, values: Mapping[str, Any]) -> Record:
    """Change the named fields of a record that is not deleted, move its stamps, and return it as it now is.

    Stamps move even when no value differs, as on the platform.

    Raises:
        SalesforceError: As `create`, and UNABLE_TO_LOCK_ROW, ENTITY_IS_DELETED.
    """
    changed = prepared_update(state, actor, sobject, record, values)
    state.put(sobject, changed)
    webhooks.notice(state, sobject, record, changed)
    return changed


def prepared_update(state: State, actor: Actor, sobject: SObject, record: Record, values: Mapping[str, Any]) -> Record:
    """Return the record that `update` would store; raises as it does."""
    _may_write(actor, sobject)
    if record.get("IsDeleted"):
        raise deleted()
    changes = _changes(state, actor, sobject, values, creating=False)
    emptied = [name for name, value in changes.items() if value is None and not sobject.by_name[name.lower()].nillable]
    if emptied:
        raise refuse("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(emptied)}]", *emptied)
    _permitted(state, actor, sobject, record, sharing.Level.EDIT)
    _unlocked(state, record["Id"])
    _unique(state, sobject, changes, record["Id"])
    stamp = state.stamp()
    stamped = {"LastModifiedDate": stamp, "LastModifiedById": actor.user_id, "SystemModstamp": stamp}
    return _ruled(state, actor, sobject, derived.complete(sobject, {**record, **changes, **stamped}), changes)


def delete(state: State, actor: Actor, sobject: SObject, record: Record) -> None:
    """Put a record into the recycle bin: children that belong to it follow, lookups to it become empty.

    The emptied lookups do not move their rows' stamps, unless the switch says so.

    Raises:
        SalesforceError: ENTITY_IS_DELETED, UNABLE_TO_LOCK_ROW, DELETE_FAILED where children forbid it.
    """
    _may_write(actor, sobject)
    if not sobject.deletable:
        raise refused("INSUFFICIENT_ACCESS_OR_READONLY", f"{sobject.name} rows cannot be deleted", fields=())
    if record.get("IsDeleted"):
        raise deleted()
    _permitted(state, actor, sobject, record, sharing.Level.FULL)
    _unlocked(state, record["Id"])
    for child in sobject.children:
        rows = children_of(state, child.object_name, child.field_name, record["Id"])
        if child.restricted_delete and rows:
            message = (
                f"Your attempt to delete the record could not be completed because it is associated with: {child.name}"
            )
            raise refused("DELETE_FAILED", message, fields=())
    for child in sobject.children:
        owner = state.schema.objects[child.object_name]
        for row in children_of(state, child.object_name, child.field_name, record["Id"]):
            if child.cascade_delete:
                delete(state, replace(actor, system=True), owner, row)
            else:
                emptied = {**row, child.field_name: None}
                if state.switches.emptied_lookups_move:
                    emptied["SystemModstamp"] = state.stamp()
                state.put(owner, emptied)
                state.cleared.setdefault(record["Id"], []).append((row["Id"], child.field_name))
    stamp = state.stamp()
    state.put(sobject, {**record, "IsDeleted": True, "SystemModstamp": stamp, "LastModifiedDate": stamp})
    state.log_deletion(sobject, record["Id"], stamp)


def undelete(state: State, sobject: SObject, record: Record) -> None:
    """Take a record out of the recycle bin, and give the lookups that were emptied for it their value again.

    Raises:
        SalesforceError: UNDELETE_FAILED when it is not in the bin.
    """
    if not record.get("IsDeleted"):
        raise refused("UNDELETE_FAILED", "Entity is not in the recycle bin", fields=())
    stamp = state.stamp()
    state.put(sobject, {**record, "IsDeleted": False, "SystemModstamp": stamp, "LastModifiedDate": stamp})
    for child_id, field_name in state.cleared.pop(record["Id"], []):
        owner, row = state.schema.of_id(child_id), state.find(child_id)
        if owner and row and row.get(field_name) is None:
            state.put(owner, {**row, field_name: record["Id"]})


def may_remove(state: State, actor: Actor, sobject: SObject, record: Record) -> None:
    """Refuse an actor who may not delete a record, nor bring it back.

    Raises:
        SalesforceError: NOT_FOUND, INSUFFICIENT_ACCESS_OR_READONLY.
    """
    _may_write(actor, sobject)
    _permitted(state, actor, sobject, record, sharing.Level.FULL)


def children_of(state: State, object_name: str, field_name: str, parent_id: str) -> list[Record]:
    """Return the records, not deleted, whose reference field names the parent."""
    rows = state.rows(state.schema.objects[object_name], deleted=False)
    return [row for row in rows if row.get(field_name) == parent_id]


def deleted() -> SalesforceError:
    """Return the refusal for a row in the recycle bin."""
    return refused("ENTITY_IS_DELETED", "entity is deleted", status=404, fields=())


def _may_write(actor: Actor, sobject: SObject) -> None:
    if not actor.access.sees(sobject):
        raise not_found()
    if not actor.access.writes(sobject):
        message = f"insufficient access rights on object id: {sobject.name}"
        raise refused("INSUFFICIENT_ACCESS_OR_READONLY", message, status=403, fields=())


def _changes(
    state: State, actor: Actor, sobject: SObject, values: Mapping[str, Any], *, creating: bool
) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    forbidden: list[str] = []
    for name, value in values.items():
        if name == "attributes" or (name.lower() == "id" and not creating):
            continue
        if name.lower() == "id":
            raise refuse("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
        field = sobject.by_name.get(name.lower())
        relation = sobject.by_relationship.get(name.lower())
        if field is None and relation is not None and isinstance(value, dict):
            field, value = relation, _by_external_id(state, relation, value)
        if field is None or not actor.access.sees(sobject, field.name):
            message = f"No such column '{name}' on sobject of type {sobject.name}"
            raise refused("INVALID_FIELD", message)
        if not (field.createable if creating else field.updateable) or not actor.access.writes(sobject, field.name):
            forbidden.append(field.name)
            continue
        changes[field.name] = _led(state, actor.viewer, field, read_value(field, value))
    if forbidden:
        message = (
            f"Unable to create/update fields: {', '.join(forbidden)}. Please check the security settings of this field "
            "and verify that it is read/write for your profile or permission set."
        )
        raise refuse("INVALID_FIELD_FOR_INSERT_UPDATE", message, *forbidden)
    return changes


def _led(state: State, viewer: str | None, field: Field, value: Any) -> Any:
    """Return a reference's value when it leads to a record of the right kind; other values as they are."""
    if value is None or field.type != "reference":
        return value
    target = state.schema.of_id(value)
    known = [name for name in field.reference_to if name in state.schema.objects]
    if target is None and len(known) < len(field.reference_to):
        return value  # an object outside this org's schema, such as a profile: nothing to check it against
    if target is None or target.name not in known:
        raise refuse("FIELD_INTEGRITY_EXCEPTION", f"{field.label}: id value of incorrect type: {value}", field.name)
    found = state.find(value)
    if found is None:
        raise refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if found.get("IsDeleted"):
        raise refuse("ENTITY_IS_DELETED", "entity is deleted")
    if not sharing.reads_id(state, viewer, found):
        raise refuse(
            "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access rights on cross-reference id"
        )
    return value


def _by_external_id(state: State, field: Field, value: Mapping[str, Any]) -> str:
    """Resolve {"Key__c": "..."} to the Id of the record that a relationship is to lead to."""
    named = {name: one for name, one in value.items() if name != "attributes"}
    target = state.schema.objects.get(field.reference_to[0]) if field.reference_to else None
    if target is None or len(named) != 1:
        raise refused("INVALID_FIELD", f"Invalid relationship value for {field.relationship}", fields=())
    ((name, wanted),) = named.items()
    key = target.by_name.get(name.lower())
    if key is None or not key.external_id:
        raise refused("INVALID_FIELD", f"{name} is not an external id of {target.name}", fields=())
    found = state.by_external_id(target, key, wanted)
    if not found:
        message = (
            f"Foreign key external ID: {str(wanted).lower()} not found for field {key.name} in entity {target.name}"
        )
        raise refused("INVALID_FIELD", message, fields=())
    return str(found[0]["Id"])


def _unique(state: State, sobject: SObject, changes: Mapping[str, Any], own_id: str | None) -> None:
    for field in sobject.unique_fields:
        value = changes.get(field.name)
        if value is None:
            continue
        for other in state.by_external_id(sobject, field, value):
            if other["Id"] != own_id:
                message = f"duplicate value found: {field.name} duplicates value on record with id: {other['Id'][:15]}"
                raise refuse("DUPLICATE_VALUE", message)


def _permitted(state: State, actor: Actor, sobject: SObject, record: Record, wanted: sharing.Level) -> None:
    if sharing.level(state, actor.viewer, sobject, record) < wanted:
        message = f"insufficient access rights on object id: {record['Id']}"
        raise refused("INSUFFICIENT_ACCESS_OR_READONLY", message, status=403, fields=())


def _ruled(state: State, actor: Actor, sobject: SObject, record: Record, changes: Mapping[str, Any]) -> Record:
    """Return the record that a write would leave, when the org's own rules allow it."""
    rules.check_record_type(state, sobject, record, changes)
    rules.check_validation(state, sobject, record)
    rules.check_duplicates(state, sobject, record, allowed=actor.allow_duplicates)
    return record


def _unlocked(state: State, record_id: str) -> None:
    if record_id in state.approvals:
        raise refuse("ENTITY_IS_LOCKED", "the entity is locked for editing")
    if state.locked(record_id):
        message = f"unable to obtain exclusive access to this record or 1 records: {record_id[:15]}"
        raise refuse("UNABLE_TO_LOCK_ROW", message)

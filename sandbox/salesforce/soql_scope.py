"""What the names of a query mean: paths resolved against the schema, as the asking user sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any

from sandbox.salesforce import sharing
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.names import is_polymorphic, name_object, name_value
from sandbox.salesforce.org import Access
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql_ast import Path
from sandbox.salesforce.soql_parser import pointer
from sandbox.salesforce.state import Record, State

MAX_LEVELS = 5
"""Parent relationships in one path, as SOQL allows."""

_WSDL = "Please reference your WSDL or the describe call for the appropriate names."

Getter = Callable[[Record], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A path understood: the reference fields to follow, then the field; `sobject` is the one that has it."""

    hops: tuple[Field, ...]
    field: Field
    sobject: SObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One FROM: the object, its alias, and who asks.

    Attributes:
        parents: further aliases, of parents, with their paths.
        deleted: lets records of the recycle bin be seen.
        user_id: whose rows are seen; None sees all.
        zone: the user's, in which days begin.
    """

    state: State
    access: Access
    soql: str
    sobject: SObject
    alias: str | None = None
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    deleted: bool = False
    user_id: str | None = None
    zone: tzinfo = UTC

    def of_parent(self, sobject: SObject) -> Scope:
        """Return the scope of a record that a relationship leads to."""
        return replace(self, sobject=sobject, alias=None, parents={})

    def resolve(self, path: Path) -> Resolved:
        """Return what a path means.

        Raises:
            SalesforceError: INVALID_FIELD, in Salesforce's words.
        """
        names = list(path.names)
        for _ in self.parents:  # each may stand for a path that begins with another
            if len(names) > 1 and (stands_for := self.parents.get(names[0].lower())):
                names = [*stands_for, *names[1:]]
        if len(names) > 1 and names[0].lower() in {(self.alias or "").lower(), self.sobject.name.lower()}:
            names = names[1:]
        hops: list[Field] = []
        current = self.sobject
        for name in names[:-1]:
            hop = current.by_relationship.get(name.lower())
            target = self._target(hop) if hop is not None and self.access.sees(current, hop.name) else None
            if hop is None or target is None:
                message = (
                    f"Didn't understand relationship '{name}' in field path. If you are attempting to use a custom "
                    f"relationship, be sure to append the '__r' after the custom relationship name. {_WSDL}"
                )
                raise self.error("INVALID_FIELD", path.position, message)
            hops.append(hop)
            current = name_object() if is_polymorphic(hop) else target
        if len(hops) > MAX_LEVELS:
            raise self.error(
                "INVALID_FIELD", path.position, f"only {MAX_LEVELS} levels of parent relationships allowed"
            )
        field = current.by_name.get(names[-1].lower())
        if field is None or not self.access.sees(current, field.name):
            raise self.no_column(current, names[-1], path.position)
        return Resolved(hops=tuple(hops), field=field, sobject=current)

    def no_column(self, sobject: SObject, name: str, position: int) -> SalesforceError:
        """Return the refusal of a field that is not there, or not for this user."""
        message = (
            f"No such column '{name}' on entity '{sobject.name}'. If you are attempting to use a custom field, be sure "
            f"to append the '__c' after the custom field name. {_WSDL}"
        )
        return self.error("INVALID_FIELD", position, message)

    def error(self, code: str, position: int, message: str) -> SalesforceError:
        """Return a refusal that points at a place in the query."""
        return refused(code, pointer(self.soql, position) + message)

    def getter(self, resolved: Resolved) -> Getter:
        """Return a function from a record to the value at the path; None where the path breaks off."""
        name, hops = resolved.field.name, resolved.hops
        if not hops:
            return lambda record: record.get(name)
        of_name = resolved.sobject is name_object()

        def through(record: Record) -> Any:
            for hop in hops:
                parent = self.parent(record, hop)
                if parent is None:
                    return None
                record = parent
            return name_value(self.state.schema.of_id(record["Id"]), record, name) if of_name else record.get(name)

        return through

    def parent(self, record: Record, hop: Field) -> Record | None:
        """Return the record that a reference leads to, or None when it is empty or not to be seen."""
        found = self.state.find(record[hop.name]) if record.get(hop.name) else None
        if found is None or (found.get("IsDeleted") and not self.deleted):
            return None
        return found if sharing.reads_id(self.state, self.user_id, found) else None

    def _target(self, hop: Field) -> SObject | None:
        known = [self.state.schema.objects[name] for name in hop.reference_to if name in self.state.schema.objects]
        return next((each for each in known if self.access.sees(each)), None)


def find_object(state: State, access: Access, soql: str, path: Path) -> SObject:
    """Return the object that FROM names.

    Raises:
        SalesforceError: INVALID_TYPE, in Salesforce's words.
    """
    found = state.schema.get(path.text)
    if found is None or not access.sees(found):
        message = (
            f"sObject type '{path.text}' is not supported. If you are attempting to use a custom object, be sure to "
            f"append the '__c' after the entity name. {_WSDL}"
        )
        raise refused("INVALID_TYPE", pointer(soql, path.position) + message)
    return found

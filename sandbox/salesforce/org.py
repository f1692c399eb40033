"""What an org is, beside its records: users' rights, applications, rules, record types, outbound messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.salesforce.schema import SObject
from sandbox.salesforce.sharing import Sharing


@dataclass(slots=True, kw_only=True)
class Access:
    """What one user may not do; names are lower-case `object` or `object.field`."""

    hidden: frozenset[str] = frozenset()
    read_only: frozenset[str] = frozenset()

    def sees(self, sobject: SObject, field_name: str | None = None) -> bool:
        """Say whether the user sees the object, and the field where one is named."""
        return self._allowed(self.hidden, sobject, field_name)

    def writes(self, sobject: SObject, field_name: str | None = None) -> bool:
        """Say whether the user may write the object, and the field where one is named."""
        return self._allowed(self.hidden | self.read_only, sobject, field_name)

    @staticmethod
    def _allowed(denied: frozenset[str], sobject: SObject, field_name: str | None) -> bool:
        if not denied:
            return True
        name = sobject.name.lower()
        return name not in denied and (field_name is None or f"{name}.{field_name.lower()}" not in denied)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An application that may ask for tokens; `idle_seconds` None means the org's session timeout."""

    client_id: str
    client_secret: str
    run_as: str | None = None
    public_key: str | None = None
    authorized: frozenset[str] | None = None
    idle_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """Refuses a record that a condition holds for, as it would be after the write."""

    object_name: str
    when: str
    message: str
    field_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateRule:
    """Stops a record whose value of a field another one has already, unless the client insists."""

    object_name: str
    field_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordType:
    """A record type of an object; `picklists` are the values that it leaves of a picklist, by field."""

    id: str
    object_name: str
    developer_name: str
    name: str
    active: bool = True
    default: bool = False
    picklists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """Tells an address of records that a condition begins to hold for (all changes, where there is none)."""

    id: str
    name: str
    object_name: str
    endpoint: str
    fields: tuple[str, ...]
    when: str | None = None
    on: str = "create_and_edit"
    username: str | None = None
    with_session: bool = False


@dataclass(slots=True, kw_only=True)
class Org:
    """What the org is, beside its records.

    Attributes:
        not_unique: External ids that this org does not hold to be unique, `Object.Field`.
        rates: How much of a currency one unit of the org's own is worth; 1 where nothing is said.
        passwords: By username, what username-password flow and SOAP login take: password, then security token.
        describes: Describe results of further objects, or of standard ones in place of the shipped.
    """

    id: str
    name: str = "Fictitious Partner"
    multi_currency: bool = True
    not_unique: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    currency: str = "EUR"
    rates: dict[str, float] = field(default_factory=dict)
    metadata_modified: str = "2026-01-01T00:00:00.000+0000"
    access: dict[str, Access] = field(default_factory=dict)
    passwords: dict[str, tuple[str, str]] = field(default_factory=dict)
    clients: dict[str, Client] = field(default_factory=dict)
    sharing: Sharing = field(default_factory=Sharing)
    validation_rules: tuple[ValidationRule, ...] = ()
    duplicate_rules: tuple[DuplicateRule, ...] = ()
    record_types: tuple[RecordType, ...] = ()
    outbound_messages: tuple[OutboundMessage, ...] = ()
    describes: tuple[dict[str, Any], ...] = ()

    def converted(self, amount: float, currency: str | None) -> float:
        """Return an amount in the org's own currency."""
        return amount / self.rates.get(currency or self.currency, 1.0)

    def types_of(self, object_name: str) -> tuple[RecordType, ...]:
        """Return the record types of an object."""
        return tuple(each for each in self.record_types if each.object_name == object_name)

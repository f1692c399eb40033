"""The org's state in memory: records, who may do what, quota; loaded from and dumped as one JSON document.

The document, every key optional save where said::

    {
      "org": {
        "id": "00D...",                      an 18-character id; one is given otherwise
        "name": "Fictitious Partner",
        "multi_currency": true,              false: no CurrencyIsoCode anywhere
        "currency": "EUR",                   default CurrencyIsoCode of new records
        "rates": {"USD": 1.1},               what one unit of the org's currency is worth; 1 where nothing is said
        "sharing": {                         who sees and edits which rows (sandbox.salesforce.sharing)
          "defaults": {"Account": "private"},               or "read", "edit"; "edit" where nothing is said
          "rules": [{"object": "Account", "with": ["sync@partner.example"], "access": "read",
                     "where": "Type = 'Prospect'"}]},       or "owned_by": a username
        "validation_rules": [{"object": "Engagement__c", "when": "Stage__c = 'Closed' AND End_Date__c = null",
                              "message": "...", "field": "End_Date__c"}],   a condition of SOQL that must not hold
        "duplicate_rules": [{"object": "Contact", "field": "Email"}],
        "record_types": [{"object": "Engagement__c", "developer_name": "Fixed", "name": "Fixed price", "default": true,
                          "active": true, "id": "012...", "picklists": {"Stage__c": ["Draft"]}}],
        "outbound_messages": [{"object": "Engagement__c", "endpoint": "http://127.0.0.1:8000/", "fields": ["Name"],
                               "when": "Stage__c = 'Closed'", "on": "create_and_edit", "username": "...",
                               "with_session": false}],
        "describes": [{...}],                describe results: further objects, or others in place of the shipped
        "not_unique": ["Syncline_Risk__c.Risk_Key__c"],    external ids that this org does not hold to be unique
        "metadata_modified": "2026-01-01T00:00:00Z",   what describe's If-Modified-Since is compared with
        "users": [                           what each API user may not do; a user not listed may do everything
          {"username": "sync@partner.example",
           "hidden": ["Account.AnnualRevenue", "Lead"],     fields and whole objects that the user cannot see
           "read_only": ["Engagement__c.Name", "Case"],     fields and objects seen but not written
           "password": "...", "security_token": "...",      what password flow and SOAP login take, where switched on
           "view_all": true, "modify_all": true,            every row is theirs to read, or to do anything with
           "above": ["pm@partner.example"]}                 whose rows are as their own
        ],
        "clients": [                         applications that may ask for tokens
          {"client_id": "...", "client_secret": "...",      needed
           "run_as": "sync@partner.example",                needed for client_credentials
           "public_key": "-----BEGIN PUBLIC KEY-----...",   or a certificate; needed for JWT bearer
           "authorized": ["sync@partner.example"],          users that JWT may name; all when left out
           "idle_seconds": 7200}     (the switch else)      a token unused for longer is expired
        ],
        "audiences": ["https://fictive.my.salesforce.com"],   further `aud` of assertions, beside login and this host
        "tokens": [{"token": "...", "username": "...", "idle_seconds": 7200}]   tokens that are good from the start
      },
      "records": {
        "User":    [{"Id": "005...", "Username": "sync@partner.example", "LastName": "...", "Email": "..."}],
        "Account": [{"Id": "001...", "Name": "...", "Type": "Customer"}],
        "Engagement__c": [{"Id": "a00...", "Name": "...", "Key__c": "ENG-1", "Account__c": "001...",
                           "Stage__c": "Active", "Start_Date__c": "2026-01-05", "Budget__c": 125000.0,
                           "CreatedDate": "2026-01-05T09:00:00Z", "SystemModstamp": "2026-11-20T17:30:00Z"}],
        ...
      },
      "daily_limit": 100000,                 API calls in 24 hours, as Sforce-Limit-Info shows
      "calls_used": 0,
      "switches": {"cursors": 10},           sandbox.salesforce.switches
      "faults": [{...}]                      rules of sandbox.core.faults, added at load
    }

A record is its REST field values by exact API name; unset fields are left out or null. `Id` may be left out: then the
n-th record without one gets `salesforce_id(object, n)`, n counted from 1 in document order and passing over ids that
are given, whichever object stands first. References (`Account__c`) are Ids of records in the same document (a
record's own Id must then be given). `CreatedDate`, `LastModifiedDate`, `SystemModstamp` may be set (any ISO 8601 with
a zone; kept to the second); `SystemModstamp` defaults to `LastModifiedDate`, that to `CreatedDate`, that to the
load's instant. `OwnerId`, `CreatedById`, `LastModifiedById` default to the first user; where the document has none,
one `User` is made, `integration@sandbox.example`. `"IsDeleted": true` puts a record into the recycle bin;
`"MasterRecordId"` says what it was merged into. A person's `Name` is made from `FirstName` and `LastName`. Picklist
values, lengths and unknown fields are checked at load: one ValueError names all that is wrong.

A dump is a document that loads to the same state; beside the above it bears `"counters"`, `"deleted_log"`, `"locks"`,
`"approvals"`, `"sessions"`, `"outbox"`, `"calls_by_hour"`.
Open transactions are not dumped: as in an org that went down, they are rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.core.clock import Clock
from sandbox.salesforce import stamps
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.objects import org_schema
from sandbox.salesforce.org import Access, Org
from sandbox.salesforce.quota import Quota
from sandbox.salesforce.schema import Field, Schema, SObject
from sandbox.salesforce.switches import Switches

Record = dict[str, Any]
"""Field values by exact API name; never changed in place once stored, so that a page may hold on to it."""

DEFAULT_USER = "integration@sandbox.example"
DEFAULT_DAILY_LIMIT = 100_000
"""Calls in 24 hours of an Enterprise org without licences (field guide 2.5)."""


@dataclass(slots=True, kw_only=True)
class Session:
    """An access token in force."""

    token: str
    username: str
    idle_seconds: float
    last_used: float


@dataclass(slots=True, kw_only=True)
class Note:
    """One change of a record that an outbound message tells of; `sent` counts how often it was tried."""

    id: str
    message_id: str
    record_id: str
    made: float
    due: float
    sent: int = 0
    acknowledged: int = 0


@dataclass(slots=True, kw_only=True)
class Change:
    """One change of an open transaction: field values to lay over the record, or a whole new record."""

    object_name: str
    record_id: str
    values: Record


@dataclass(slots=True, kw_only=True)
class Transaction:
    """Changes that bear the stamps of when they were made and are seen by nobody until commit."""

    id: str
    started: datetime
    changes: list[Change] = field(default_factory=list)

    @property
    def touched(self) -> set[str]:
        """Ids of the records that the transaction has locked."""
        return {change.record_id for change in self.changes}


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The records at one moment (`State.snapshot`)."""

    tables: dict[str, dict[str, Record]]
    unique: dict[tuple[str, str], dict[str, list[str]]]
    deleted_log: dict[str, list[tuple[str, str]]]
    cleared: dict[str, list[tuple[str, str]]]
    outbox: list[Note]


class State:
    """Everything the stand-in remembers. Not thread-safe by itself: the service's lock guards it."""

    def __init__(self, clock: Clock, org: Org | None = None) -> None:
        self.clock = clock
        self.org = org or Org(id=salesforce_id("Organization", 1))
        self.schema: Schema = org_schema(
            multi_currency=self.org.multi_currency,
            not_unique=self.org.not_unique,
            record_typed=frozenset(each.object_name for each in self.org.record_types),
            described=self.org.describes,
        )
        self.tables: dict[str, dict[str, Record]] = {name: {} for name in self.schema.objects}
        self.counters: dict[str, int] = {}
        self.unique: dict[tuple[str, str], dict[str, list[str]]] = {
            (each.name, one.name): {} for each in self.schema.objects.values() for one in each.fields if one.external_id
        }
        self.sessions: dict[str, Session] = {}
        self.codes: dict[str, dict[str, Any]] = {}
        self.refresh_tokens: dict[str, tuple[str, str]] = {}
        self.logins: dict[str, list[float]] = {}
        self.deleted_log: dict[str, list[tuple[str, str]]] = {}
        self.locks: dict[str, int] = {}
        self.cleared: dict[str, list[tuple[str, str]]] = {}
        self.transactions: dict[str, Transaction] = {}
        self.quota = Quota(limit=DEFAULT_DAILY_LIMIT, clock=clock)
        self.switches = Switches()
        self.approvals: set[str] = set()
        self.outbox: list[Note] = []
        self.predicates: dict[tuple[str, str], Callable[[Record], bool]] = {}
        self.earlier: dict[str, list[tuple[float, Record | None]]] = {}

    def now(self) -> datetime:
        """Return the clock's instant."""
        return self.clock.now()

    def stamp(self) -> str:
        """Return now as a stamp of a record."""
        return stamps.to_api(self.clock.now())

    def next_id(self, object_name: str) -> str:
        """Return an id of that object that no record has or had."""
        table = self.tables.get(object_name, {})
        while True:
            n = self.counters.get(object_name, 0) + 1
            self.counters[object_name] = n
            made = salesforce_id(object_name, n, prefix=self.schema.prefix(object_name))
            if made not in table:
                return made

    def find(self, record_id: str) -> Record | None:
        """Return the record of an 18-character id, deleted ones too, or None."""
        owner = self.schema.of_id(record_id)
        return self.tables[owner.name].get(record_id) if owner else None

    def rows(self, sobject: SObject, *, deleted: bool) -> Iterator[Record]:
        """Yield an object's records in order of creation; those in the recycle bin only when asked for."""
        rows = self.tables[sobject.name].values()
        return iter(rows) if deleted else (row for row in rows if not row.get("IsDeleted"))

    def put(self, sobject: SObject, record: Record) -> None:
        """Store a record, replacing the one of the same Id, and keep the external-id index true."""
        table = self.tables[sobject.name]
        before = table.get(record["Id"])
        if self.switches.search_lag_seconds:
            self.earlier.setdefault(record["Id"], []).append((self.clock.seconds(), before))
        self._index(sobject, before, add=False)
        table[record["Id"]] = record
        self._index(sobject, record, add=True)

    def purge(self, sobject: SObject, record_id: str) -> None:
        """Remove a record for good; only the log of deletions remembers it."""
        self._index(sobject, self.tables[sobject.name].pop(record_id), add=False)

    def by_external_id(self, sobject: SObject, one: Field, value: Any) -> list[Record]:
        """Return the records, not deleted, whose external id has the value, without regard to case."""
        ids = self.unique[sobject.name, one.name].get(str(value).casefold(), ())
        return [self.tables[sobject.name][record_id] for record_id in ids]

    def user(self, username: str) -> Record | None:
        """Return the User of that name, without regard to case."""
        wanted = username.casefold()
        return next((row for row in self.tables["User"].values() if row["Username"].casefold() == wanted), None)

    def access(self, username: str) -> Access:
        """Return what the user may not do."""
        return self.org.access.get(username.casefold()) or Access()

    def locked(self, record_id: str) -> bool:
        """Say whether a write to the record must fail now; a lock for a number of times is used up by asking."""
        if any(record_id in transaction.touched for transaction in self.transactions.values()):
            return True
        left = self.locks.get(record_id, 0)
        if left > 0:
            self.locks[record_id] = left - 1
        return left != 0

    def covered_until(self) -> datetime:
        """Return the instant up to which all changes are visible: now, or the start of the oldest open transaction."""
        return min([self.now(), *(transaction.started for transaction in self.transactions.values())])

    def holds(self, object_name: str, where: str, record: Record) -> bool:
        """Say whether a condition of the org's configuration holds for a record (compiled at load)."""
        return self.predicates[object_name, where](record)

    def as_searched(self, record: Record) -> Record | None:
        """Return a record as the search index knows it: as it is, or as it was before the changes of late."""
        oldest = self.clock.seconds() - self.switches.search_lag_seconds
        for changed, before in self.earlier.get(record["Id"], ()):
            if changed > oldest:
                return before
        return record

    def snapshot(self) -> Snapshot:
        """Return what `restore` needs to take back every change of records since."""
        tables = {name: dict(rows) for name, rows in self.tables.items()}
        unique = {key: {value: list(ids) for value, ids in index.items()} for key, index in self.unique.items()}
        deleted = {name: list(entries) for name, entries in self.deleted_log.items()}
        cleared = {key: list(found) for key, found in self.cleared.items()}
        return Snapshot(tables=tables, unique=unique, deleted_log=deleted, cleared=cleared, outbox=list(self.outbox))

    def restore(self, snapshot: Snapshot) -> None:
        """Take back every change of records since the snapshot; ids given meanwhile are not given again."""
        self.tables, self.unique = snapshot.tables, snapshot.unique
        self.deleted_log, self.cleared = snapshot.deleted_log, snapshot.cleared
        self.outbox = snapshot.outbox

    def log_deletion(self, sobject: SObject, record_id: str, stamp: str) -> None:
        """Remember a deletion for getDeleted."""
        self.deleted_log.setdefault(sobject.name, []).append((record_id, stamp))

    def _index(self, sobject: SObject, record: Record | None, *, add: bool) -> None:
        if record is None or record.get("IsDeleted"):
            return
        for one in sobject.external_ids:
            if record.get(one.name) is None:
                continue
            index, key = self.unique[sobject.name, one.name], str(record[one.name]).casefold()
            if add:
                index.setdefault(key, []).append(record["Id"])
            else:
                index[key].remove(record["Id"])


def default_user_values(username: str) -> Record:
    """Return the fields of a User that the API would demand, for users who are only named."""
    return {
        "Username": username,
        "LastName": username.split("@", maxsplit=1)[0].capitalize(),
        "Email": username,
        "Alias": username[:8].split("@", maxsplit=1)[0],
        "IsActive": True,
        "TimeZoneSidKey": "UTC",
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "LanguageLocaleKey": "en_US",
        "ProfileId": salesforce_id("Profile", 1),
        "UserType": "Standard",
    }

"""Reads a state document into a `State` and writes one; the form is told in `sandbox.salesforce.state`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.core.clock import Clock
from sandbox.salesforce import derived, stamps
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import (
    DEFAULT_DAILY_LIMIT,
    DEFAULT_IDLE_SECONDS,
    DEFAULT_USER,
    Access,
    Client,
    Org,
    Record,
    Session,
    State,
    default_user_values,
)
from sandbox.salesforce.values import read_value

MAX_PROBLEMS = 20
"""How many problems one ValueError names."""

_TOP_KEYS = frozenset(
    ["org", "records", "faults", "daily_limit", "calls_used", "counters", "deleted_log", "locks", "sessions", "cleared"]
)
_ORG_KEYS = frozenset(
    [
        "id",
        "name",
        "multi_currency",
        "not_unique",
        "audiences",
        "currency",
        "metadata_modified",
        "users",
        "clients",
        "tokens",
    ]
)


def load(document: Mapping[str, Any], clock: Clock) -> State:
    """Return the state of a document.

    Raises:
        ValueError: With every problem found, `MAX_PROBLEMS` at most.
    """
    problems = [f"unknown key {key!r}" for key in document if key not in _TOP_KEYS]
    raw = document.get("org", {})
    problems += [f"unknown key org.{key}" for key in raw if key not in _ORG_KEYS]
    state = State(clock, _org(raw))
    _records(state, document.get("records", {}), problems)
    if problems:
        raise ValueError("; ".join(problems[:MAX_PROBLEMS]))
    state.daily_limit = int(document.get("daily_limit", DEFAULT_DAILY_LIMIT))
    state.calls_used = int(document.get("calls_used", 0))
    state.counters |= document.get("counters", {})
    state.locks = dict(document.get("locks", {}))
    logged = document.get("deleted_log", {})
    state.deleted_log = {name: [(entry[0], entry[1]) for entry in entries] for name, entries in logged.items()}
    state.cleared = {key: [(one[0], one[1]) for one in found] for key, found in document.get("cleared", {}).items()}
    for entry in [*raw.get("tokens", ()), *document.get("sessions", ())]:
        session = Session(
            token=entry["token"],
            username=entry["username"],
            idle_seconds=float(entry.get("idle_seconds", DEFAULT_IDLE_SECONDS)),
            last_used=float(entry.get("last_used", clock.seconds())),
        )
        state.sessions[session.token] = session
    if "deleted_log" not in document:
        _log_deleted(state)
    return state


def dump(state: State, faults: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a document that loads to the same state."""
    return {
        "org": _dump_org(state.org),
        "records": {name: list(rows.values()) for name, rows in state.tables.items()},
        "faults": faults,
        "daily_limit": state.daily_limit,
        "calls_used": state.calls_used,
        "counters": dict(state.counters),
        "deleted_log": {name: [list(entry) for entry in entries] for name, entries in state.deleted_log.items()},
        "locks": dict(state.locks),
        "cleared": {key: [list(one) for one in found] for key, found in state.cleared.items()},
        "sessions": [
            {
                "token": session.token,
                "username": session.username,
                "idle_seconds": session.idle_seconds,
                "last_used": session.last_used,
            }
            for session in state.sessions.values()
        ],
    }


def _org(raw: Mapping[str, Any]) -> Org:
    clients = [
        Client(
            client_id=entry["client_id"],
            client_secret=entry["client_secret"],
            run_as=entry.get("run_as"),
            public_key=entry.get("public_key"),
            authorized=frozenset(entry["authorized"]) if "authorized" in entry else None,
            idle_seconds=float(entry.get("idle_seconds", DEFAULT_IDLE_SECONDS)),
        )
        for entry in raw.get("clients", ())
    ]
    org = Org(
        id=raw.get("id") or salesforce_id("Organization", 1),
        multi_currency=bool(raw.get("multi_currency", True)),
        not_unique=frozenset(raw.get("not_unique", ())),
        audiences=frozenset(raw.get("audiences", ())),
        access={entry["username"].casefold(): access_of(entry) for entry in raw.get("users", ())},
        clients={client.client_id: client for client in clients},
    )
    org.name = raw.get("name", org.name)
    org.currency = raw.get("currency", org.currency)
    org.metadata_modified = stamps.normal_datetime(raw.get("metadata_modified", org.metadata_modified))
    return org


def access_of(entry: Mapping[str, Any]) -> Access:
    """Return what an entry of `org.users` says the user may not do."""
    hidden, read_only = entry.get("hidden", ()), entry.get("read_only", ())
    return Access(
        hidden=frozenset(name.lower() for name in hidden), read_only=frozenset(name.lower() for name in read_only)
    )


def _dump_org(org: Org) -> dict[str, Any]:
    users = [
        {"username": name, "hidden": sorted(access.hidden), "read_only": sorted(access.read_only)}
        for name, access in org.access.items()
    ]
    clients = []
    for client in org.clients.values():
        entry: dict[str, Any] = {"client_id": client.client_id, "client_secret": client.client_secret}
        entry |= {"run_as": client.run_as, "public_key": client.public_key, "idle_seconds": client.idle_seconds}
        if client.authorized is not None:
            entry["authorized"] = sorted(client.authorized)
        clients.append(entry)
    return {
        "id": org.id,
        "name": org.name,
        "multi_currency": org.multi_currency,
        "not_unique": sorted(org.not_unique),
        "audiences": sorted(org.audiences),
        "currency": org.currency,
        "metadata_modified": org.metadata_modified,
        "users": users,
        "clients": clients,
    }


def _records(state: State, raw: Mapping[str, list[Record]], problems: list[str]) -> None:
    tables = {name: list(rows) for name, rows in raw.items() if name in state.schema.objects}
    problems += [f"records.{name}: no such object" for name in raw if name not in state.schema.objects]
    if not tables.get("User"):
        tables["User"] = [default_user_values(DEFAULT_USER)]
    taken = {row["Id"] for rows in tables.values() for row in rows if row.get("Id")}
    tables = {name: [_with_id(state, name, row, taken) for row in rows] for name, rows in tables.items()}
    first_user, now = tables["User"][0]["Id"], state.stamp()
    for name, rows in tables.items():
        sobject = state.schema.objects[name]
        for place, row in enumerate(rows):
            where = f"records.{name}[{place}]"
            checked = _record(state, sobject, row, where, problems)
            if checked["Id"] in state.tables[name]:
                problems.append(f"{where}: Id {checked['Id']} occurs twice")
                continue
            record = _filled(state, sobject, checked, first_user, now)
            problems += _duplicates(state, sobject, record, where)
            state.put(sobject, record)
    _references(state, problems)


def _with_id(state: State, name: str, row: Record, taken: set[str]) -> Record:
    if row.get("Id"):
        return row
    made = state.next_id(name)
    while made in taken:
        made = state.next_id(name)
    taken.add(made)
    return {**row, "Id": made}


def _record(state: State, sobject: SObject, row: Record, where: str, problems: list[str]) -> Record:
    checked: Record = {}
    for name, value in row.items():
        field = sobject.by_name.get(name.lower())
        if field is None or field.name != name:
            problems.append(f"{where}: no field {name!r} on {sobject.name}")
            continue
        if field.type == "address":
            continue
        try:
            checked[name] = None if value is None else read_value(field, value)
        except SalesforceError as error:
            problems.append(f"{where}.{name}: {error.message}")
    record_id = to_18(str(row["Id"]))
    if record_id is None or state.schema.of_id(record_id) is not sobject:
        problems.append(f"{where}: {row['Id']!r} is no id of {sobject.name}")
    checked["Id"] = record_id or str(row["Id"])
    return checked


def _filled(state: State, sobject: SObject, checked: Record, user_id: str, now: str) -> Record:
    given = {name: value for name, value in checked.items() if value is not None}
    nulls = {name: None for name, value in checked.items() if value is None and _may_be_null(sobject, name)}
    record = {**derived.defaults(sobject, checked["Id"], state.org.currency), **nulls, **given}
    record.setdefault("CreatedDate", now)
    record.setdefault("LastModifiedDate", given.get("CreatedDate", now))
    record.setdefault("SystemModstamp", record["LastModifiedDate"])
    for name in ("OwnerId", "CreatedById", "LastModifiedById"):
        if name.lower() in sobject.by_name:
            record.setdefault(name, user_id)
    return derived.complete(sobject, record)


def _may_be_null(sobject: SObject, name: str) -> bool:
    field = sobject.by_name[name.lower()]
    return field.nillable and not field.defaulted


def _duplicates(state: State, sobject: SObject, record: Record, where: str) -> list[str]:
    return [
        f"{where}.{field.name}: {record[field.name]!r} occurs twice"
        for field in sobject.unique_fields
        if record.get(field.name) is not None and state.by_external_id(sobject, field, record[field.name])
    ]


def _references(state: State, problems: list[str]) -> None:
    for sobject in state.schema.objects.values():
        lookups = [field for field in sobject.fields if field.type == "reference"]
        for row in state.tables[sobject.name].values():
            problems += [
                f"{sobject.name} {row['Id']}.{field.name}: {row[field.name]} leads nowhere"
                for field in lookups
                if row.get(field.name) and _dangles(state, field, row[field.name])
            ]


def _dangles(state: State, field: Field, record_id: str) -> bool:
    target = state.schema.of_id(record_id)
    return target is not None and (target.name not in field.reference_to or state.find(record_id) is None)


def _log_deleted(state: State) -> None:
    for sobject in state.schema.objects.values():
        for row in state.rows(sobject, deleted=True):
            if row.get("IsDeleted"):
                state.log_deletion(sobject, row["Id"], row["SystemModstamp"])

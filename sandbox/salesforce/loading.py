"""Reads a state document into a `State` and writes one; the form is told in `sandbox.salesforce.state`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sandbox.core.checked import changed
from sandbox.core.clock import Clock
from sandbox.salesforce import derived, outline
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.org import Access
from sandbox.salesforce.org_document import ORG_KEYS, dump_org, read_org
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.setup_objects import SETUP
from sandbox.salesforce.soql_engine import Engine
from sandbox.salesforce.state import (
    DEFAULT_DAILY_LIMIT,
    DEFAULT_USER,
    Note,
    Record,
    Session,
    State,
    default_user_values,
)
from sandbox.salesforce.values import read_value

MAX_PROBLEMS = 20
"""How many problems one ValueError names."""

_TOP_KEYS = frozenset(
    [
        *("org", "records", "faults", "switches", "daily_limit", "calls_used", "calls_by_hour", "counters"),
        *("deleted_log", "locks", "approvals", "sessions", "cleared", "outbox", "refresh_tokens"),
    ]
)


def load(document: Mapping[str, Any], clock: Clock) -> State:
    """Return the state of a document.

    Raises:
        ValueError: With every problem found, `MAX_PROBLEMS` at most.
    """
    document = outline.check(document)
    try:
        return _load(document, clock)
    except (AttributeError, IndexError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"the document: not of the documented form: {error!r}") from error


def _load(document: Mapping[str, Any], clock: Clock) -> State:
    problems = [f"unknown key {key!r}" for key in document if key not in _TOP_KEYS]
    raw = document.get("org", {})
    problems += [f"unknown key org.{key}" for key in raw if key not in ORG_KEYS]
    state = State(clock, read_org(raw))
    state.switches = changed(state.switches, document.get("switches"), place="switches")
    _records(state, document.get("records", {}), problems)
    if problems:
        raise ValueError("; ".join(problems[:MAX_PROBLEMS]))
    _compile(state, problems)
    if problems:
        raise ValueError("; ".join(problems[:MAX_PROBLEMS]))
    state.quota.limit = int(document.get("daily_limit", DEFAULT_DAILY_LIMIT))
    state.quota.put(int(document.get("calls_used", 0)))
    if "calls_by_hour" in document:
        state.quota.load(document["calls_by_hour"])
    state.counters |= document.get("counters", {})
    state.locks = dict(document.get("locks", {}))
    state.approvals = set(document.get("approvals", ()))
    logged = document.get("deleted_log", {})
    state.deleted_log = {name: [(entry[0], entry[1]) for entry in entries] for name, entries in logged.items()}
    state.cleared = {key: [(one[0], one[1]) for one in found] for key, found in document.get("cleared", {}).items()}
    for entry in [*raw.get("tokens", ()), *document.get("sessions", ())]:
        session = Session(
            token=entry["token"],
            username=entry["username"],
            idle_seconds=float(entry.get("idle_seconds", state.switches.session_seconds)),
            last_used=float(entry.get("last_used", clock.seconds())),
        )
        state.sessions[session.token] = session
    if "deleted_log" not in document:
        _log_deleted(state)
    for token, (client_id, username) in document.get("refresh_tokens", {}).items():
        state.refresh_tokens[token] = (client_id, username)
    state.outbox = [Note(**entry) for entry in document.get("outbox", ())]
    return state


def dump(state: State, faults: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a document that loads to the same state."""
    return {
        "org": dump_org(state.org),
        "switches": state.switches.as_json(),
        "records": {name: list(rows.values()) for name, rows in state.tables.items()},
        "faults": faults,
        "daily_limit": state.quota.limit,
        "calls_used": state.quota.used,
        "calls_by_hour": state.quota.by_hour(),
        "counters": dict(state.counters),
        "deleted_log": {name: [list(entry) for entry in entries] for name, entries in state.deleted_log.items()},
        "locks": dict(state.locks),
        "approvals": sorted(state.approvals),
        "cleared": {key: [list(one) for one in found] for key, found in state.cleared.items()},
        "sessions": [asdict(session) for session in state.sessions.values()],
        "refresh_tokens": {token: list(found) for token, found in state.refresh_tokens.items()},
        "outbox": [asdict(note) for note in state.outbox],
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
    _setup(state, first_user, now)
    _references(state, problems)


def _setup(state: State, user_id: str, now: str) -> None:
    """Make the rows of an org's setup that the document does not have: the organisation, profiles, record types."""
    org = state.org
    made: list[tuple[str, Record]] = [
        (
            "Organization",
            {
                "Id": org.id,
                "Name": org.name,
                "OrganizationType": "Enterprise Edition",
                "InstanceName": "SBX0",
                "IsSandbox": True,
                "DefaultLocaleSidKey": "en_US",
                "LanguageLocaleKey": "en_US",
                "TimeZoneSidKey": "UTC",
                "FiscalYearStartMonth": 1,
            },
        ),
        *(
            ("Profile", {"Id": salesforce_id("Profile", n), "Name": name, "UserType": "Standard"})
            for n, name in enumerate(("System Administrator", "Standard User"), 1)
        ),
        *(
            (
                "RecordType",
                {
                    "Id": each.id,
                    "Name": each.name,
                    "DeveloperName": each.developer_name,
                    "SobjectType": each.object_name,
                    "IsActive": each.active,
                },
            )
            for each in org.record_types
        ),
    ]
    for name, row in made:
        if row["Id"] not in state.tables[name]:
            state.put(state.schema.objects[name], _filled(state, state.schema.objects[name], row, user_id, now))


def _compile(state: State, problems: list[str]) -> None:
    """Make predicates of the conditions in the org's configuration."""
    org = state.org
    wanted = [("validation_rules", rule.object_name, rule.when) for rule in org.validation_rules]
    wanted += [("sharing.rules", rule.object_name, rule.where) for rule in org.sharing.rules if rule.where]
    wanted += [("outbound_messages", each.object_name, each.when) for each in org.outbound_messages if each.when]
    engine = Engine(state, Access(), version="v66.0", deleted=True)
    for place, object_name, where in wanted:
        try:
            state.predicates[object_name, where] = engine.condition(object_name, where)
        except SalesforceError as error:
            problems.append(f"org.{place}: {error.message.strip()}")
    named = [*org.sharing.defaults, *(each.object_name for each in org.record_types)]
    named += [rule.object_name for rule in org.duplicate_rules]
    problems += [f"org: no such object {name!r}" for name in named if name not in state.schema.objects]
    for message in org.outbound_messages:
        sobject = state.schema.objects.get(message.object_name)
        unknown = [name for name in message.fields if sobject is None or name.lower() not in sobject.by_name]
        problems += [f"org.outbound_messages: no field {name!r} on {message.object_name}" for name in unknown]


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
    if target is not None and target.name in SETUP:
        return False  # profiles and record types of elsewhere
    return target is not None and (target.name not in field.reference_to or state.find(record_id) is None)


def _log_deleted(state: State) -> None:
    for sobject in state.schema.objects.values():
        for row in state.rows(sobject, deleted=True):
            if row.get("IsDeleted"):
                state.log_deletion(sobject, row["Id"], row["SystemModstamp"])

"""Reads and writes the `org` part of a state document; the form is told in `sandbox.salesforce.state`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.salesforce import stamps
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.org import (
    Access,
    Client,
    DuplicateRule,
    Org,
    OutboundMessage,
    RecordType,
    ValidationRule,
)
from sandbox.salesforce.sharing import LEVELS, Level, Rule, Sharing

ORG_KEYS = frozenset(
    [
        *("id", "name", "multi_currency", "not_unique", "audiences", "currency", "rates", "metadata_modified"),
        *("users", "clients", "tokens", "sharing", "validation_rules", "duplicate_rules", "record_types"),
        *("outbound_messages", "describes"),
    ]
)
ON = ("create", "create_and_edit")
"""When an outbound message is sent: for new records alone, or whenever its condition begins to hold."""

Raw = Mapping[str, Any]


def read_org(raw: Raw) -> Org:
    """Return the org of a document.

    Raises:
        ValueError: A part is missing or of another form.
    """
    try:
        return _read(raw)
    except KeyError as error:
        raise ValueError(f"org: an entry lacks {error.args[0]!r}") from error
    except (TypeError, AttributeError) as error:
        raise ValueError(f"org: {error}") from error


def _read(raw: Raw) -> Org:
    users = list(raw.get("users", ()))
    clients = [_client(entry) for entry in raw.get("clients", ())]
    org = Org(
        id=raw.get("id") or salesforce_id("Organization", 1),
        multi_currency=bool(raw.get("multi_currency", True)),
        not_unique=frozenset(raw.get("not_unique", ())),
        audiences=frozenset(raw.get("audiences", ())),
        rates={name.upper(): float(rate) for name, rate in raw.get("rates", {}).items()},
        access={entry["username"].casefold(): access_of(entry) for entry in users},
        passwords={
            entry["username"].casefold(): (str(entry["password"]), str(entry.get("security_token", "")))
            for entry in users
            if entry.get("password")
        },
        clients={client.client_id: client for client in clients},
        sharing=_sharing(raw.get("sharing", {}), users),
        validation_rules=tuple(
            ValidationRule(
                object_name=entry["object"], when=entry["when"], message=entry["message"], field_name=entry.get("field")
            )
            for entry in raw.get("validation_rules", ())
        ),
        duplicate_rules=tuple(
            DuplicateRule(object_name=entry["object"], field_name=entry["field"])
            for entry in raw.get("duplicate_rules", ())
        ),
        record_types=tuple(_record_type(n, entry) for n, entry in enumerate(raw.get("record_types", ()), 1)),
        outbound_messages=tuple(_message(n, entry) for n, entry in enumerate(raw.get("outbound_messages", ()), 1)),
        describes=tuple(raw.get("describes", ())),
    )
    org.name = raw.get("name", org.name)
    org.currency = raw.get("currency", org.currency)
    org.metadata_modified = stamps.normal_datetime(raw.get("metadata_modified", org.metadata_modified))
    return org


def access_of(entry: Raw) -> Access:
    """Return what an entry of `org.users` says the user may not do."""
    hidden, read_only = entry.get("hidden", ()), entry.get("read_only", ())
    return Access(
        hidden=frozenset(name.lower() for name in hidden), read_only=frozenset(name.lower() for name in read_only)
    )


def sharing_of(raw: Raw, users: list[Raw]) -> Sharing:
    """Return the sharing model of a document's `org.sharing` and `org.users`; raises ValueError."""
    try:
        return _sharing(raw, users)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"org.sharing: {error}") from error


def _client(entry: Raw) -> Client:
    idle = entry.get("idle_seconds")
    return Client(
        client_id=entry["client_id"],
        client_secret=entry["client_secret"],
        run_as=entry.get("run_as"),
        public_key=entry.get("public_key"),
        authorized=frozenset(entry["authorized"]) if "authorized" in entry else None,
        idle_seconds=None if idle is None else float(idle),
    )


def _level(text: str) -> Level:
    if text not in LEVELS:
        raise ValueError(f"org.sharing: {text!r} is none of {', '.join(LEVELS)}")
    return LEVELS[text]


def _sharing(raw: Raw, users: list[Raw]) -> Sharing:
    rules = tuple(
        Rule(
            object_name=entry["object"],
            users=frozenset(name.casefold() for name in entry["with"]),
            level=_level(entry.get("access", "read")),
            owned_by=entry["owned_by"].casefold() if entry.get("owned_by") else None,
            where=entry.get("where"),
        )
        for entry in raw.get("rules", ())
    )
    return Sharing(
        defaults={name: _level(text) for name, text in raw.get("defaults", {}).items()},
        rules=rules,
        above={
            entry["username"].casefold(): frozenset(name.casefold() for name in entry["above"])
            for entry in users
            if entry.get("above")
        },
        view_all=frozenset(entry["username"].casefold() for entry in users if entry.get("view_all")),
        modify_all=frozenset(entry["username"].casefold() for entry in users if entry.get("modify_all")),
    )


def _record_type(n: int, entry: Raw) -> RecordType:
    given = entry.get("id")
    record_id = to_18(str(given)) if given else salesforce_id("RecordType", n)
    if record_id is None:
        raise ValueError(f"org.record_types[{n - 1}].id: {given!r} is no id")
    return RecordType(
        id=record_id,
        object_name=entry["object"],
        developer_name=entry["developer_name"],
        name=entry.get("name", entry["developer_name"]),
        active=bool(entry.get("active", True)),
        default=bool(entry.get("default", False)),
        picklists={name: tuple(values) for name, values in entry.get("picklists", {}).items()},
    )


def _message(n: int, entry: Raw) -> OutboundMessage:
    on = entry.get("on", "create_and_edit")
    if on not in ON:
        raise ValueError(f"org.outbound_messages[{n - 1}].on: {on!r} is none of {', '.join(ON)}")
    return OutboundMessage(
        id=salesforce_id("WorkflowOutboundMessage", n),
        name=entry.get("name", f"Message {n}"),
        object_name=entry["object"],
        endpoint=entry["endpoint"],
        fields=tuple(entry.get("fields", ("Id",))),
        when=entry.get("when"),
        on=on,
        username=entry.get("username"),
        with_session=bool(entry.get("with_session", False)),
    )


def dump_org(org: Org) -> dict[str, Any]:
    """Return a document's `org` that reads to the same."""
    return {
        "id": org.id,
        "name": org.name,
        "multi_currency": org.multi_currency,
        "not_unique": sorted(org.not_unique),
        "audiences": sorted(org.audiences),
        "currency": org.currency,
        "rates": dict(org.rates),
        "metadata_modified": org.metadata_modified,
        "users": _dump_users(org),
        "clients": [_dump_client(client) for client in org.clients.values()],
        "sharing": _dump_sharing(org.sharing),
        "validation_rules": [
            {"object": rule.object_name, "when": rule.when, "message": rule.message, "field": rule.field_name}
            for rule in org.validation_rules
        ],
        "duplicate_rules": [{"object": rule.object_name, "field": rule.field_name} for rule in org.duplicate_rules],
        "record_types": [
            {
                "id": each.id,
                "object": each.object_name,
                "developer_name": each.developer_name,
                "name": each.name,
                "active": each.active,
                "default": each.default,
                "picklists": {name: list(values) for name, values in each.picklists.items()},
            }
            for each in org.record_types
        ],
        "outbound_messages": [
            {
                "name": each.name,
                "object": each.object_name,
                "endpoint": each.endpoint,
                "fields": list(each.fields),
                "when": each.when,
                "on": each.on,
                "username": each.username,
                "with_session": each.with_session,
            }
            for each in org.outbound_messages
        ],
        "describes": list(org.describes),
    }


def _dump_users(org: Org) -> list[dict[str, Any]]:
    names = dict.fromkeys([*org.access, *org.passwords, *org.sharing.above, *sorted(org.sharing.view_all)])
    names |= dict.fromkeys(sorted(org.sharing.modify_all))
    users = []
    for name in names:
        access = org.access.get(name, Access())
        entry: dict[str, Any] = {"username": name}
        entry |= {"hidden": sorted(access.hidden), "read_only": sorted(access.read_only)}
        if name in org.passwords:
            entry["password"], entry["security_token"] = org.passwords[name]
        if name in org.sharing.above:
            entry["above"] = sorted(org.sharing.above[name])
        entry |= {key: True for key in ("view_all", "modify_all") if name in getattr(org.sharing, key)}
        users.append(entry)
    return users


def _dump_client(client: Client) -> dict[str, Any]:
    entry: dict[str, Any] = {"client_id": client.client_id, "client_secret": client.client_secret}
    entry |= {"run_as": client.run_as, "public_key": client.public_key, "idle_seconds": client.idle_seconds}
    if client.authorized is not None:
        entry["authorized"] = sorted(client.authorized)
    return entry


def _dump_sharing(model: Sharing) -> dict[str, Any]:
    names = {level: name for name, level in LEVELS.items()}
    return {
        "defaults": {name: names[level] for name, level in model.defaults.items()},
        "rules": [
            {
                "object": rule.object_name,
                "with": sorted(rule.users),
                "access": names[rule.level],
                "owned_by": rule.owned_by,
                "where": rule.where,
            }
            for rule in model.rules
        ],
    }

"""What a state document must be made of, before any of it is read; fields of records are checked by their describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict

from sandbox.core.checked import read, refuse_what_json_cannot_hold

_STRICT = ConfigDict(strict=True)
"""A number is no text; keys that nobody knows are told of where each part is read."""

MOST_TOLD = 20
"""How many problems with records one ValueError names."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Org:
    __pydantic_config__ = _STRICT

    id: str | None = None
    name: str | None = None
    currency: str | None = None
    multi_currency: bool | None = None
    metadata_modified: str | None = None
    not_unique: list[str] | None = None
    audiences: list[str] | None = None
    rates: dict[str, float] | None = None
    users: list[_User] | None = None
    clients: list[_Client] | None = None
    tokens: list[_Token] | None = None
    sharing: _Sharing | None = None
    validation_rules: list[dict[str, str | None]] | None = None
    duplicate_rules: list[dict[str, str | None]] | None = None
    record_types: list[_RecordType] | None = None
    outbound_messages: list[_Message] | None = None
    describes: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _User:
    __pydantic_config__ = _STRICT

    username: str
    hidden: list[str] | None = None
    read_only: list[str] | None = None
    above: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Client:
    __pydantic_config__ = _STRICT

    client_id: str
    client_secret: str
    run_as: str | None = None
    public_key: str | None = None
    authorized: list[str] | None = None
    idle_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    __pydantic_config__ = _STRICT

    token: str
    username: str
    idle_seconds: float = 0.0
    last_used: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sharing:
    __pydantic_config__ = _STRICT

    defaults: dict[str, str] | None = None
    rules: list[dict[str, str | list[str] | None]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _RecordType:
    __pydantic_config__ = _STRICT

    id: str | None = None
    object: str | None = None
    developer_name: str | None = None
    name: str | None = None
    picklists: dict[str, list[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    __pydantic_config__ = _STRICT

    name: str | None = None
    object: str | None = None
    endpoint: str | None = None
    fields: list[str] | None = None
    when: str | None = None
    on: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Note:
    __pydantic_config__ = _STRICT

    id: str
    message_id: str
    record_id: str
    made: float
    due: float
    sent: int | None = None
    acknowledged: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    __pydantic_config__ = _STRICT

    org: _Org | None = None
    switches: dict[str, Any] | None = None
    daily_limit: int | None = None
    calls_used: int | None = None
    calls_by_hour: dict[str, int] | None = None
    counters: dict[str, int] | None = None
    deleted_log: dict[str, list[Pair]] | None = None
    locks: dict[str, int] | None = None
    approvals: list[str] | None = None
    sessions: list[_Token] | None = None
    refresh_tokens: dict[str, Pair] | None = None
    cleared: dict[str, list[Pair]] | None = None
    outbox: list[_Note] | None = None


def check(document: Any) -> dict[str, Any]:
    """Check a document, and give it without what is null, which is as good as left out.

    Raises:
        ValueError: names everything that is wrong: place, what was expected, what was found.
    """
    if not isinstance(document, Mapping):
        raise ValueError(f"the document: expected an object, found {document!r:.60}")  # noqa: TRY004 - one error type for whatever is wrong with a document
    refuse_what_json_cannot_hold(document)
    told = {key: value for key, value in document.items() if value is not None}
    if isinstance(told.get("org"), Mapping):
        told["org"] = {key: value for key, value in told["org"].items() if value is not None}
    read(_Document, {key: value for key, value in told.items() if key != "records"})
    told["records"] = _records(told.get("records", {}))
    return told


def _records(found: Any) -> dict[str, list[Any]]:
    if not isinstance(found, Mapping):
        raise ValueError(f"records: expected an object, found {found!r:.60}")  # noqa: TRY004 - as above
    tables = {name: [] if rows is None else rows for name, rows in found.items()}
    wrong = []
    for name, rows in tables.items():
        if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
            wrong.append(f"records.{name}: expected a list of objects, found {rows!r:.60}")
        else:
            ids = ((number, row.get("Id")) for number, row in enumerate(rows))
            wrong += [
                f"records.{name}[{number}].Id: expected a text, found {value!r:.60}"
                for number, value in ids
                if not isinstance(value, str | None)
            ]
    if wrong:
        raise ValueError("; ".join(wrong[:MOST_TOLD]))
    return tables

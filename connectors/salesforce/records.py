"""Turns a row of Salesforce into the port's record, and names the fields that every record needs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.core.port import Catalog, Json, Record, Visibility
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.soql import full_id, parse_instant

MODSTAMP = "SystemModstamp"
DELETED = "IsDeleted"
MERGED_INTO = "MasterRecordId"

_ALWAYS = ("Id", MODSTAMP, "CreatedDate")
_MERGEABLE = frozenset({"Account", "Contact", "Lead"})  # the objects whose rows can be merged
_NEVER_DELETED = frozenset({"User"})  # users can only be switched off: the object has no IsDeleted
_DIGEST_CHARS = 12


def system_fields(stream: str, object_name: str, catalog: Catalog) -> tuple[str, ...]:
    """Fields that are read of every record of a stream, whatever the mapping asks for."""
    described = {f.id for f in catalog.fields if f.stream == stream}
    deleted = DELETED in described if described else object_name not in _NEVER_DELETED
    merged = object_name in _MERGEABLE and (not described or MERGED_INTO in described)
    return _ALWAYS + ((DELETED,) if deleted else ()) + ((MERGED_INTO,) if merged else ())


def as_record(
    row: Mapping[str, Any], *, connection: str, stream: str, partition: str, settings: SalesforceSettings
) -> Record:
    """The record of a row.

    Its version is the row's SystemModstamp and a digest of what was read: stamps have whole seconds, so that two
    changes in one second would look like one; a value read through a relationship changes without any stamp; and a
    field that is read for the first time makes another version.
    """
    payload = _plain(row)
    record_id = full_id(str(row["Id"])) or str(row["Id"])
    stamp = str(row.get(MODSTAMP) or "")
    digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()[:_DIGEST_CHARS]
    object_name = settings.object_of(stream)
    key_field = settings.external_id_of(stream) or "Name"
    return Record(
        connection=connection,
        stream=stream,
        id=record_id,
        partition=partition,
        key=str(payload.get(key_field) or payload.get("Name") or record_id),
        url=f"{settings.url}/lightning/r/{object_name}/{record_id}/view",
        version=f"{stamp}/{digest}",
        updated=parse_instant(stamp),
        visibility=Visibility.INTERNAL,
        payload=payload,
        deleted=bool(row.get(DELETED)),
    )


def stamp_of(version: str) -> datetime | None:
    """The instant in a version token, to the second; None when it has none."""
    return parse_instant(version.split("/", maxsplit=1)[0])


def _plain(row: Mapping[str, Any]) -> dict[str, Json]:
    """A row without ``attributes``, in related rows too."""
    return {
        name: _plain(value) if isinstance(value, Mapping) else value
        for name, value in row.items()
        if name != "attributes"
    }

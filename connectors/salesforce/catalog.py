"""Reads what the org's objects can hold from their descriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connectors.core.errors import NotFoundError, RefusedError, SkippableError
from connectors.core.port import Catalog, FieldInfo, FieldType
from connectors.salesforce.client import SalesforceClient

_TYPES: Mapping[str, FieldType] = {
    "string": FieldType.TEXT,
    "email": FieldType.TEXT,
    "phone": FieldType.TEXT,
    "encryptedstring": FieldType.TEXT,
    "textarea": FieldType.LONG_TEXT,
    "picklist": FieldType.OPTION,
    "combobox": FieldType.OPTION,
    "multipicklist": FieldType.OPTIONS,
    "int": FieldType.NUMBER,
    "long": FieldType.NUMBER,
    "double": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "currency": FieldType.MONEY,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "boolean": FieldType.BOOLEAN,
    "reference": FieldType.REFERENCE,
    "url": FieldType.URL,
}
_WITH_LENGTH = frozenset({FieldType.TEXT, FieldType.LONG_TEXT, FieldType.URL, FieldType.OPTION})


def describe_all(client: SalesforceClient) -> dict[str, dict[str, Any] | None]:
    """The description of each stream's object, in one request; None: missing, or this user may not see it."""
    objects = {stream: client.settings.object_of(stream) for stream in client.settings.streams()}
    names = list(dict.fromkeys(objects.values()))
    paths = [(f"describe {name}", f"sobjects/{name}/describe") for name in names]
    found: dict[str, dict[str, Any] | None] = {}
    try:
        answers = client.composite(paths, place="describe")
    except (RefusedError, NotFoundError):  # an org may switch composite requests off
        found = {name: _describe(client, name) for name in names}
    else:
        for name, one in zip(names, answers, strict=True):
            if one.error is not None and not isinstance(one.error, SkippableError):
                raise one.error
            found[name] = one.body if isinstance(one.body, dict) else None
    return {stream: found[name] for stream, name in objects.items()}


def read_catalog(client: SalesforceClient) -> Catalog:
    """All fields of the streams' objects that this user can see; an object that is missing has none."""
    fields = [
        field_info(stream, described)
        for stream, description in describe_all(client).items()
        for described in (description or {}).get("fields", ())
    ]
    return Catalog(fields=tuple(fields))


def field_info(stream: str, described: Mapping[str, Any]) -> FieldInfo:
    """A described field as the port's."""
    kind = _TYPES.get(str(described.get("type")), FieldType.OTHER)
    if kind is FieldType.REFERENCE and list(described.get("referenceTo") or ()) == ["User"]:
        kind = FieldType.PERSON
    options: tuple[str, ...] = ()
    if kind in (FieldType.OPTION, FieldType.OPTIONS) and described.get("restrictedPicklist"):
        options = tuple(str(v["value"]) for v in described.get("picklistValues") or () if v.get("active", True))
    length = described.get("length") or 0
    return FieldInfo(
        stream=stream,
        name=str(described.get("label") or described["name"]),
        id=str(described["name"]),
        type=kind,
        options=options,
        writable=bool(described.get("updateable")) or bool(described.get("createable")),
        max_length=int(length) if kind in _WITH_LENGTH and length else None,
        rich=bool(described.get("htmlFormatted")) and kind is FieldType.LONG_TEXT,
    )


def _describe(client: SalesforceClient, name: str) -> dict[str, Any] | None:
    try:
        return client.describe(name)
    except SkippableError:
        return None

"""Asks Jira what it can hold: fields by name, their types and options, and the issue types of projects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Catalog, FieldInfo, FieldType, Json
from connectors.jira.client import JiraClient
from connectors.jira.records import ISSUES, VERSIONS

ANCHOR_TYPE = "Engagement"
"""Issue type whose options are looked at, since syncline writes them (``docs/connectors/jira.md``)."""
RISK_TYPE = "Risk"
"""Issue type that syncline creates."""

_PAGE = 200
_LONGEST_LINE = 255  # characters of a single-line text (summary, text field)
_LONGEST_TEXT = 32_767  # characters of a multi-line text, Jira's default limit

_BY_SYSTEM = {
    "labels": FieldType.LABELS,
    "description": FieldType.LONG_TEXT,
    "environment": FieldType.LONG_TEXT,
}
_BY_CUSTOM = {  # the last part of a custom field's type address
    "textarea": FieldType.LONG_TEXT,
    "textfield": FieldType.TEXT,
    "readonlyfield": FieldType.TEXT,
    "url": FieldType.URL,
    "labels": FieldType.LABELS,
    "gh-epic-link": FieldType.REFERENCE,
}
_BY_TYPE = {
    "string": FieldType.TEXT,
    "number": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datetime": FieldType.DATETIME,
    "user": FieldType.PERSON,
    "option": FieldType.OPTION,
    "option-with-child": FieldType.OPTION,
    "status": FieldType.REFERENCE,
    "resolution": FieldType.REFERENCE,
    "priority": FieldType.REFERENCE,
    "issuetype": FieldType.REFERENCE,
    "project": FieldType.REFERENCE,
    "version": FieldType.REFERENCE,
    "component": FieldType.REFERENCE,
    "issuelink": FieldType.REFERENCE,
    "issuelinks": FieldType.REFERENCE,
    "securitylevel": FieldType.REFERENCE,
}
_UNLISTED = (  # fields that an issue has and some sites leave out of their list
    FieldInfo(stream=ISSUES, name="Parent", id="parent", type=FieldType.REFERENCE),
    FieldInfo(stream=ISSUES, name="Sub-tasks", id="subtasks", type=FieldType.REFERENCE),
)
_OF_VERSIONS = (
    FieldInfo(stream=VERSIONS, name="Name", id="name", type=FieldType.TEXT, max_length=_LONGEST_LINE),
    FieldInfo(stream=VERSIONS, name="Description", id="description", type=FieldType.LONG_TEXT),
    FieldInfo(stream=VERSIONS, name="Start date", id="startDate", type=FieldType.DATE),
    FieldInfo(stream=VERSIONS, name="Release date", id="releaseDate", type=FieldType.DATE),
    FieldInfo(stream=VERSIONS, name="Released", id="released", type=FieldType.BOOLEAN),
    FieldInfo(stream=VERSIONS, name="Archived", id="archived", type=FieldType.BOOLEAN),
    FieldInfo(stream=VERSIONS, name="Overdue", id="overdue", type=FieldType.BOOLEAN),
    FieldInfo(stream=VERSIONS, name="Project", id="projectId", type=FieldType.REFERENCE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatableType:
    """An issue type that this login can create in a project.

    Attributes:
        id: Its id.
        name: Its name.
        sub_task: Whether it makes sub-tasks.
    """

    id: str
    name: str
    sub_task: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateField:
    """A field of an issue type when created in a project.

    Attributes:
        id: Field id.
        name: Visible name.
        required: Whether Jira demands it, and has no default for it.
        options: Allowed values by their visible text; empty when there is no closed set.
        settable: Whether it can be set.
    """

    id: str
    name: str
    required: bool
    options: tuple[str, ...]
    settable: bool


def read_catalog(client: JiraClient, places: Sequence[str]) -> Catalog:
    """The catalog: one request for the fields, and two for each place of a connection that is written to.

    Options are known for fields that can be set when an ``Engagement`` issue is created in ``places``. Places that
    cannot be seen are left out.
    """
    fields = {info.id: info for info in _fields(client)}
    types: dict[str, tuple[str, ...]] = {}
    for place in places if client.settings.owned else ():
        creatable = creatable_types(client, place)
        if creatable is None:
            continue
        types[place] = tuple(t.name for t in creatable)
        for issue_type in creatable:
            if issue_type.name == ANCHOR_TYPE:
                for found in create_fields(client, place, issue_type.id):
                    if found.id in fields:
                        fields[found.id] = _merged(fields[found.id], found)
    return Catalog(fields=(*fields.values(), *_OF_VERSIONS), record_types=types)


def creatable_types(client: JiraClient, place: str) -> tuple[CreatableType, ...] | None:
    """Issue types that can be created in a project; None: the project cannot be seen, or the site is too old to say."""
    try:
        found = list(_paged(client, f"issue/createmeta/{place}/issuetypes", ("issueTypes", "values")))
    except (NotFoundError, RefusedError):
        return None
    return tuple(
        CreatableType(id=str(t["id"]), name=str(t.get("name", "")), sub_task=bool(t.get("subtask")))
        for t in found
        if t.get("id") is not None
    )


def create_fields(client: JiraClient, place: str, type_id: str) -> tuple[CreateField, ...]:
    """Fields of an issue type when created in a project; empty when they cannot be seen."""
    try:
        found = list(_paged(client, f"issue/createmeta/{place}/issuetypes/{type_id}", ("fields", "values")))
    except (NotFoundError, RefusedError):
        return ()
    return tuple(
        CreateField(
            id=str(f.get("fieldId") or f.get("key")),
            name=str(f.get("name", "")),
            required=bool(f.get("required")) and not f.get("hasDefaultValue"),
            options=_options(f.get("allowedValues")),
            settable="set" in (f.get("operations") or []),
        )
        for f in found
    )


def _fields(client: JiraClient) -> Iterator[FieldInfo]:
    answer = client.get("field")
    if not isinstance(answer, list):
        raise client.nonsense("GET field", "no list of fields")
    seen = set()
    for field in answer:
        if isinstance(field, Mapping) and isinstance(field.get("id"), str):
            seen.add(field["id"])
            kind = field_type(field.get("schema"))
            yield FieldInfo(
                stream=ISSUES,
                name=str(field.get("name") or field["id"]),
                id=field["id"],
                type=kind,
                max_length={FieldType.TEXT: _LONGEST_LINE, FieldType.LONG_TEXT: _LONGEST_TEXT}.get(kind),
            )
    yield from (info for info in _UNLISTED if info.id not in seen)


def field_type(schema: Json) -> FieldType:
    """Our type for Jira's schema of a field."""
    if not isinstance(schema, Mapping):
        return FieldType.OTHER
    custom = str(schema.get("custom") or "").rpartition(":")[2]
    named = _BY_SYSTEM.get(str(schema.get("system"))) or _BY_CUSTOM.get(custom)
    if named is not None:
        return named
    kind = str(schema.get("type"))
    if kind != "array":
        return _BY_TYPE.get(kind, FieldType.OTHER)
    match schema.get("items"):
        case "option":
            return FieldType.OPTIONS
        case "version" | "component" | "issuelinks" | "issuelink":
            return FieldType.REFERENCE
        case _:
            return FieldType.OTHER


def _merged(info: FieldInfo, found: CreateField) -> FieldInfo:
    options = tuple(dict.fromkeys((*info.options, *found.options)))
    # That a field cannot be set when creating does not say that it cannot be edited.
    return replace(info, options=options, writable=True if found.settable else info.writable)


def _options(allowed: Json) -> tuple[str, ...]:
    if not isinstance(allowed, list):
        return ()
    texts = (v.get("value") or v.get("name") if isinstance(v, Mapping) else v for v in allowed)
    return tuple(str(t) for t in texts if t)


def _paged(client: JiraClient, path: str, keys: tuple[str, ...]) -> Iterator[Mapping[str, Json]]:
    """All items of a list in pages; Cloud and Data Center name the list differently."""
    start = 0
    while True:
        answer = client.get(path, {"startAt": start, "maxResults": _PAGE})
        found = next((answer[k] for k in keys if k in answer), None) if isinstance(answer, Mapping) else None
        if not isinstance(found, list):
            raise client.nonsense(f"GET {path}", "no list")
        yield from (item for item in found if isinstance(item, Mapping))
        start += len(found)
        total = answer.get("total")
        if not found or answer.get("isLast") is True or not isinstance(total, int) or start >= total:
            return

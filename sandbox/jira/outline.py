"""What a state document must be made of, before any of it is read: known keys, lists and objects in their places."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Any

from sandbox.core.checked import refuse_what_json_cannot_hold
from sandbox.jira import shapes
from sandbox.jira.shapes import Shape

MOST_TOLD = 20
"""Problems that one error names."""

_SHOWN = 60


def _entries(value: Any) -> bool:
    return isinstance(value, list)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return _number(value) if isinstance(value, int) else isinstance(value, str) and value.isdecimal()


def _name(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool))


def _instant(value: Any) -> bool:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return found.tzinfo is not None and MINYEAR < found.year < MAXYEAR  # so that it is one in every zone


def _numbers_by_name(value: Any) -> bool:
    return isinstance(value, Mapping) and all(type(each) is int for each in value.values())


def _objects_by_name(value: Any) -> bool:
    return isinstance(value, Mapping) and shapes.objects(list(value.values()))


_KINDS: Mapping[Shape, str] = {
    shapes.an_object: "an object",
    shapes.objects: "a list of objects",
    shapes.texts: "a list of texts",
    shapes.text: "a text",
    _entries: "a list",
    _number: "a number",
    _whole: "a whole number",
    _name: "a text or a whole number",
    _instant: "an instant with an offset, as 2026-01-02T03:04:05.000+0000",
    _numbers_by_name: "an object of whole numbers",
    _objects_by_name: "an object of objects",
}

_TOP: Mapping[str, Shape] = {
    "format": _number,
    "deployment": shapes.text,
    "index_lag_seconds": _number,
    "groups": shapes.texts,
    "counters": _numbers_by_name,
    **dict.fromkeys(("access_tokens", "grants"), _objects_by_name),
    **dict.fromkeys(("site", "switches", "sessions"), shapes.an_object),
    **dict.fromkeys(("users", "oauth_clients", "filters", "project_categories", "roles", "boards"), shapes.objects),
    **dict.fromkeys(("sprints", "webhooks", "projects", "issuetypes", "statuses", "resolutions"), shapes.objects),
    **dict.fromkeys(("priorities", "link_types", "security_levels", "workflows", "fields"), shapes.objects),
    **dict.fromkeys(("issues", "deleted_worklogs", "faults"), shapes.objects),
}
_STAMPED: Mapping[str, Shape] = {"id": _name, **dict.fromkeys(("created", "updated", "started"), _instant)}
_NAMED: Mapping[str, Shape] = {"id": _name, "name": shapes.text}
_INSIDE: Mapping[str, Mapping[str, Shape]] = {
    "issues": {
        **dict.fromkeys(("fields", "properties", "archived"), shapes.an_object),
        **dict.fromkeys(("remotelinks", "comments", "worklogs", "attachments", "changelog"), shapes.objects),
        **dict.fromkeys(("voters", "watchers"), _entries),
        "old_keys": shapes.texts,
        "id": _whole,
        "key": shapes.text,
        "rank": _number,
    },
    "issues.fields": {
        **dict.fromkeys(("created", "updated", "resolutiondate"), _instant),
        **dict.fromkeys(("comment", "worklog"), shapes.an_object),
        **dict.fromkeys(("issuelinks", "subtasks"), shapes.objects),
    },
    "issues.fields.comment": {"comments": shapes.objects},
    "issues.fields.worklog": {"worklogs": shapes.objects},
    "issues.fields.issuelinks": {
        "id": _name,
        **dict.fromkeys(("inwardIssue", "outwardIssue"), shapes.an_object),
    },
    "issues.archived": {"at": _instant},
    "issues.remotelinks": {"id": _whole, "object": shapes.an_object},
    **dict.fromkeys(("issues.comments", "issues.worklogs", "issues.attachments", "issues.changelog"), _STAMPED),
    **dict.fromkeys(("issues.fields.comment.comments", "issues.fields.worklog.worklogs"), _STAMPED),
    "projects": {
        **dict.fromkeys(("browse", "edit", "administer", "issuetypes"), _entries),
        **dict.fromkeys(("versions", "components"), shapes.objects),
        **dict.fromkeys(("roles", "properties", "projectCategory"), shapes.an_object),
        "id": _name,
        "key": shapes.text,
    },
    "users": {"groups": shapes.texts, "token_expires": _instant},
    "fields": {
        "options": shapes.objects,
        "projects": shapes.texts,
        "issuetypes": _entries,
        **dict.fromkeys(("id", "type"), shapes.text),
    },
    "boards": {"id": _whole, "quickfilters": shapes.objects},
    "sprints": {
        **dict.fromkeys(("id", "originBoardId"), _whole),
        **dict.fromkeys(("startDate", "endDate", "completeDate", "createdDate"), _instant),
        "state": shapes.text,
    },
    "filters": {"id": _whole, "favourites": _entries, "sharePermissions": shapes.objects},
    "webhooks": {"id": _whole, "events": shapes.texts},
    "workflows": {"transitions": shapes.objects, "projects": _entries, "issuetypes": _entries},
    "workflows.transitions": {"from": _entries, "screen": shapes.texts, "required": shapes.texts, "id": _name},
    **dict.fromkeys(("issuetypes", "statuses", "resolutions", "priorities"), _NAMED),
    **dict.fromkeys(("link_types", "security_levels", "project_categories"), _NAMED),
}
"""Kinds of the parts of rows, by where the rows lie."""

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "issues": ("key", "fields"),
    "issues.fields": ("created",),
    "issues.fields.issuelinks": ("type",),
    "projects": ("key",),
    "fields": ("id", "name"),
    "boards": ("id",),
    "sprints": ("id",),
    "workflows": ("transitions",),
    "workflows.transitions": ("id", "name", "to"),
    **dict.fromkeys(("issuetypes", "statuses", "resolutions", "priorities"), ("id", "name")),
    **dict.fromkeys(("link_types", "security_levels", "project_categories"), ("id", "name")),
}
"""Parts that rows must have."""


def check(document: Any) -> None:
    """Check a document.

    Raises:
        ValueError: names what is wrong: place, what was expected, what was found.
    """
    if not isinstance(document, Mapping):
        raise ValueError(f"the document: expected an object, found {_found(document)}")  # noqa: TRY004 - one error type for whatever is wrong with a document
    refuse_what_json_cannot_hold(document)
    problems = list(_problems(document, _TOP, ""))
    problems += [f"{key}: there is no such key" for key in document if key not in _TOP]
    if not problems:
        for path, inside in _INSIDE.items():
            for place, row in _rows(document, path.split("."), ""):
                problems += _problems(row, inside, f"{place}.")
                problems += [f"{place}.{key}: is missing" for key in _NEEDED.get(path, ()) if row.get(key) is None]
    if problems:
        raise ValueError("; ".join(problems[:MOST_TOLD]))


def _rows(holder: Mapping[str, Any], path: Sequence[str], place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Give the objects at a path, each with its place; what is none was told of where its holder was looked at."""
    found = holder.get(path[0])
    where = f"{place}.{path[0]}" if place else path[0]
    listed = [(f"{where}[{number}]", each) for number, each in enumerate(found)] if isinstance(found, list) else []
    for here, row in listed or [(where, found)]:
        if isinstance(row, Mapping):
            yield from _rows(row, path[1:], here) if path[1:] else [(here, row)]


def _problems(row: Mapping[str, Any], parts: Mapping[str, Shape], place: str) -> Iterator[str]:
    for key, fits in parts.items():
        value = row.get(key)
        if value is not None and not fits(value):
            yield f"{place}{key}: expected {_KINDS[fits]}, found {_found(value)}"


def _found(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."

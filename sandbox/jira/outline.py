"""What a state document must be made of, before any of it is read: known keys, lists and objects in their places."""

import json
from collections.abc import Iterator, Mapping
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


_KINDS: Mapping[Shape, str] = {
    shapes.an_object: "an object",
    shapes.objects: "a list of objects",
    shapes.texts: "a list of texts",
    shapes.text: "a text",
    _entries: "a list",
    _number: "a number",
}

_TOP: Mapping[str, Shape] = {
    "format": _number,
    "deployment": shapes.text,
    "index_lag_seconds": _number,
    "groups": shapes.texts,
    **dict.fromkeys(("site", "switches", "counters", "access_tokens", "grants", "sessions"), shapes.an_object),
    **dict.fromkeys(("users", "oauth_clients", "filters", "project_categories", "roles", "boards"), shapes.objects),
    **dict.fromkeys(("sprints", "webhooks", "projects", "issuetypes", "statuses", "resolutions"), shapes.objects),
    **dict.fromkeys(("priorities", "link_types", "security_levels", "workflows", "fields"), shapes.objects),
    **dict.fromkeys(("issues", "deleted_worklogs", "faults"), shapes.objects),
}
_INSIDE: Mapping[str, Mapping[str, Shape]] = {
    "issues": {
        **dict.fromkeys(("fields", "properties", "archived"), shapes.an_object),
        **dict.fromkeys(("remotelinks", "comments", "worklogs", "attachments", "changelog"), shapes.objects),
        **dict.fromkeys(("voters", "watchers"), _entries),
        "old_keys": shapes.texts,
    },
    "projects": {
        **dict.fromkeys(("browse", "edit", "administer", "issuetypes"), _entries),
        **dict.fromkeys(("versions", "components"), shapes.objects),
        **dict.fromkeys(("roles", "properties", "projectCategory"), shapes.an_object),
    },
    "users": {"groups": shapes.texts},
    "fields": {"options": shapes.objects, "projects": shapes.texts, "issuetypes": _entries},
    "workflows": {"transitions": shapes.objects, "projects": _entries, "issuetypes": _entries},
}


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
        for name, inside in _INSIDE.items():
            for number, row in enumerate(document.get(name) or ()):
                problems += _problems(row, inside, f"{name}[{number}].")
    if problems:
        raise ValueError("; ".join(problems[:MOST_TOLD]))


def _problems(row: Mapping[str, Any], parts: Mapping[str, Shape], place: str) -> Iterator[str]:
    for key, fits in parts.items():
        value = row.get(key)
        if value is not None and not fits(value):
            yield f"{place}{key}: expected {_KINDS[fits]}, found {_found(value)}"


def _found(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."

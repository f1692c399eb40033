"""What the parts of a request body must be made of: Jira refuses, before anything else, what it cannot read."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.core.http import HttpError

Shape = Callable[[Any], bool]


def text(value: Any) -> bool:
    """Say whether it is a text."""
    return isinstance(value, str)


def texts(value: Any) -> bool:
    """Say whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def words(value: Any) -> bool:
    """Say whether it is a text or a list of them."""
    return text(value) or texts(value)


def objects(value: Any) -> bool:
    """Say whether it is a list of objects."""
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def a_flag(value: Any) -> bool:
    """Say whether it is true or false."""
    return isinstance(value, bool)


def an_object(value: Any) -> bool:
    """Say whether it is an object."""
    return isinstance(value, Mapping)


def numbers(value: Any) -> bool:
    """Say whether it is a list of whole numbers, as such or as texts."""
    return isinstance(value, list) and all(type(one) in (int, str) for one in value)


def operations(value: Any) -> bool:
    """Say whether it is an `update`: by field, operations or one, each an object."""
    return isinstance(value, Mapping) and all(objects(one) or an_object(one) for one in value.values())


def properties(value: Any) -> bool:
    """Say whether it is a list of `{"key", "value"}`."""
    return objects(value) and all(isinstance(one.get("key", ""), str) for one in value)


def a_remote_object(value: Any) -> bool:
    """Say whether it is the object of a remote link."""
    return an_object(value) and isinstance(value.get("status") or {}, Mapping)


SEARCH: Mapping[str, Shape] = {
    "jql": text,
    "fields": texts,
    "expand": words,
    "properties": texts,
    "nextPageToken": text,
    "reconcileIssues": numbers,
}
"""Searches, and `bulkfetch`."""

EDIT: Mapping[str, Shape] = {
    "fields": an_object,
    "update": operations,
    "properties": properties,
    "transition": an_object,
}
"""An issue, an edit or a transition."""

COMMENT: Mapping[str, Shape] = {"properties": properties, "visibility": an_object}
LINK: Mapping[str, Shape] = {"type": an_object, "inwardIssue": an_object, "outwardIssue": an_object}
REMOTE: Mapping[str, Shape] = {"object": a_remote_object, "application": an_object}
BULK_CREATE: Mapping[str, Shape] = {"issueUpdates": objects}
FILTER: Mapping[str, Shape] = {
    **dict.fromkeys(("name", "jql", "description"), text),
    "favourite": a_flag,
    "sharePermissions": objects,
}
VERSION: Mapping[str, Shape] = {
    **dict.fromkeys(("name", "description", "startDate", "releaseDate", "project"), text),
    "released": a_flag,
    "archived": a_flag,
}
PROJECT: Mapping[str, Shape] = dict.fromkeys(
    ("key", "name", "description", "lead", "leadAccountId", "projectTypeKey", "assigneeType"), text
)
COMPONENT: Mapping[str, Shape] = dict.fromkeys(
    ("name", "description", "project", "assigneeType", "leadAccountId", "leadUserName"), text
)
IDS: Mapping[str, Shape] = {"ids": numbers}


def check(body: Mapping[str, Any], shapes: Mapping[str, Shape]) -> None:
    """Check a body.

    Raises:
        HttpError: 400, naming the part that cannot be read.
    """
    for name, fits in shapes.items():
        value = body.get(name)
        if value is not None and not fits(value):
            raise HttpError(
                400, f"Cannot deserialize the value of '{name}': {type(value).__name__} is not expected there."
            )

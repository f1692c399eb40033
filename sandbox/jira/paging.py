"""Reading the common parts of requests, and cutting lists into pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.core.http import HttpError, Json
from sandbox.jira.shapes import Shape, check


def listed(values: Sequence[str]) -> list[str]:
    """Split values at commas; a list may be sent either way."""
    return [one.strip() for value in values for one in value.split(",") if one.strip()]


def number(text: str | None, default: int) -> int:
    """Read a number of the query.

    Raises:
        HttpError: 400 when it is none.
    """
    try:
        return default if text is None else int(text)
    except ValueError as error:
        raise HttpError(400, f"'{text}' is not a number.") from error


def flag(text: str | None) -> bool:
    """Read a flag of the query."""
    return (text or "").lower() == "true"


def body_object(body: Json, parts: Mapping[str, Shape] | None = None) -> dict[str, Any]:
    """Give the body as an object, an empty one when there is none.

    Args:
        body: as parsed.
        parts: what its parts must be made of.

    Raises:
        HttpError: 400 when it, or a part of it, is something else.
    """
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise HttpError(400, "The request body is not an object.")
    check(body, parts or {})
    return body


def object_at(body: dict[str, Any], key: str) -> dict[str, Any]:
    """Give an object inside a body; an empty one when there is none."""
    found = body.get(key)
    return found if isinstance(found, dict) else {}


def page_bean(rows: Sequence[Json], *, start: int, size: int, link: str) -> Json:
    """Cut one page in the form of Jira's `PageBean`."""
    page = list(rows[start : start + size])
    last = start + size >= len(rows)
    bean: dict[str, Any] = {"self": f"{link}?maxResults={size}&startAt={start}"}
    if not last:
        bean["nextPage"] = f"{link}?maxResults={size}&startAt={start + size}"
    return {**bean, "maxResults": size, "startAt": start, "total": len(rows), "isLast": last, "values": page}

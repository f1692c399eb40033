"""Pages of lists: by number with `last`, or by opaque cursors without."""

from __future__ import annotations

import base64
import json
from binascii import Error as BinasciiError
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from sandbox.core.http import Call, HttpError
from sandbox.github.access import error

T = TypeVar("T")
DEFAULT_SIZE = 30
MOST = 100


def size_of(call: Call) -> int:
    """Read `per_page`: 30 unless told, at most 100."""
    size = _number(call.args.get("per_page"), DEFAULT_SIZE)
    return min(size, MOST)


def page_number(call: Call) -> int:
    """Read `page`, from 1."""
    return _number(call.args.get("page"), 1)


def _number(text: str | None, default: int) -> int:
    try:
        number = int(text or "")
    except ValueError:
        return default
    return number if number >= 1 else default


def by_number(call: Call, things: Sequence[T], url: str) -> tuple[Sequence[T], dict[str, str]]:
    """Cut out the page that is asked for.

    Args:
        call: the request.
        things: the whole list.
        url: where the list is, for `Link`.

    Returns:
        The page and the headers that go with it.
    """
    size, page = size_of(call), page_number(call)
    last = max(1, -(-len(things) // size))
    numbers = {}
    if page > 1:
        numbers["prev"] = min(page - 1, last)
    if page < last:
        numbers["next"] = page + 1
        numbers["last"] = last
    if page > 1:
        numbers["first"] = 1
    rels = {rel: _url(call, url, page=str(number)) for rel, number in numbers.items()}
    return things[(page - 1) * size : page * size], _link(rels)


def by_cursor(
    call: Call, things: Sequence[T], url: str, *, key: Callable[[T], tuple[str | int, ...]], descending: bool
) -> tuple[Sequence[T], dict[str, str]]:
    """Cut out the page after (or before) a cursor, which holds the place in the order and not a count.

    Args:
        call: the request.
        things: the whole list, in order of `key`.
        url: where the list is, for `Link`.
        key: the place of one of them; unique.
        descending: whether the order falls.
    """
    size = size_of(call)
    after, before = call.args.get("after"), call.args.get("before")
    start = (page_number(call) - 1) * size if not after and not before else 0
    try:
        if after:
            start = place_of(things, decode(after), key, descending=descending, past=True)
        elif before:
            start = max(0, place_of(things, decode(before), key, descending=descending, past=False) - size)
    except TypeError as problem:  # a cursor of another order
        raise _invalid() from problem
    page = things[start : start + size]
    rels = {}
    number = page_number(call)
    if page and start + size < len(things):
        rels["next"] = _url(call, url, page=str(number + 1), after=encode(key(page[-1])))
    if page and start > 0:
        rels["prev"] = _url(call, url, page=str(max(1, number - 1)), before=encode(key(page[0])))
    return page, _link(rels)


def place_of(
    things: Sequence[T],
    place: tuple[str | int, ...],
    key: Callable[[T], tuple[str | int, ...]],
    *,
    descending: bool,
    past: bool,
) -> int:
    """Find where a place stands in a list, or (`past`) where what comes after it begins."""
    low, high = 0, len(things)
    while low < high:
        middle = (low + high) // 2
        there = key(things[middle])
        ahead = there > place if descending else there < place
        if ahead or (past and there == place):
            low = middle + 1
        else:
            high = middle
    return low


def encode(place: tuple[str | int, ...]) -> str:
    """Make a cursor of a place in an order."""
    return base64.urlsafe_b64encode(b"cursor:v2:" + json.dumps(place).encode()).decode()


def decode(text: str) -> tuple[str | int, ...]:
    """Read a cursor; raises HttpError 422 when it is none."""
    try:
        raw = base64.b64decode(text, altchars=b"-_", validate=True)
        place = json.loads(raw.removeprefix(b"cursor:v2:"))
        first, second = place
        if not isinstance(first, str | int) or not isinstance(second, int):
            raise ValueError("not a place")  # noqa: TRY301, TRY004 - one answer for all that is no cursor
    except (BinasciiError, ValueError, TypeError) as problem:
        raise _invalid() from problem
    return first, second


def _invalid() -> HttpError:
    return error(422, "The cursor is invalid.")


def _url(call: Call, url: str, **changes: str) -> str:
    query = [(name, value) for name, value in call.args.items(multi=True) if name not in ("page", "after", "before")]
    return f"{url}?{urlencode([*query, *changes.items()])}"


def _link(rels: dict[str, str]) -> dict[str, str]:
    return {"Link": ", ".join(f'<{url}>; rel="{rel}"' for rel, url in rels.items())} if rels else {}

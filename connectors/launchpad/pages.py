"""Reads collections page by page, by row numbers, without losing a row when the numbers shift."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import requests

from connectors.core.errors import RefusedError, RetriableError
from connectors.launchpad.client import Entry, LaunchpadClient, Params
from connectors.launchpad.errors import largest_page

LARGEST_PAGE = 300
"""Most rows that Launchpad gives in one answer (measured: 301 is refused)."""
REMEMBERED_ROWS = 5
"""How many of the rows delivered last are looked for on the next page; one would do, were it sure to stay."""
_SMALLEST_PAGE = 10  # a search that is too slow for ten rows is too slow for any
_SHRINK = 4
_TOO_SLOW = (502, 503, 504)  # Launchpad cuts a slow request and answers 503 (field guide 4.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows that had not been delivered before.

    Attributes:
        entries: The rows.
        start: How many rows of the collection have been delivered with them.
        asked_at: Server instant at which they were asked for.
        last: Whether nothing follows.
        total: Size of the collection, when the answer says so.
    """

    entries: tuple[Entry, ...]
    start: int
    asked_at: datetime
    last: bool
    total: int | None


class Pager:
    """Reads pages for one connection, and learns how large they may be."""

    def __init__(self, client: LaunchpadClient) -> None:
        self._client = client
        self._size = LARGEST_PAGE

    def rows(
        self,
        path: str,
        params: Params,
        identify: Callable[[Entry], str],
        *,
        start: int = 0,
        last: Sequence[str] = (),
    ) -> Iterator[Rows]:
        """All rows of a collection after those already delivered.

        Each page begins with the last row of the page before it. When none of the rows delivered last is on it, rows
        before it have gone and the numbers have shifted: reading steps back until it meets one of them, or the start.
        Rows may then come twice; none is passed over.

        Args:
            path: Path of the collection.
            params: Its parameters, without those of paging.
            identify: Id of a row.
            start: How many rows were delivered before.
            last: Ids of the rows delivered last.

        Raises:
            RetriableError: A page of the smallest size still takes too long.
        """
        tail = tuple(last)
        while True:
            answer, entries, at = self._from(path, params, identify, start=start, tail=tail)
            ids = [identify(entry) for entry in entries]
            met = max((n for n, i in enumerate(ids) if i in tail), default=-1)
            start = at + len(entries)
            tail = tuple([*tail, *ids[met + 1 :]][-REMEMBERED_ROWS:])
            more = answer.get("next_collection_link") is not None
            total = answer.get("total_size")
            yield Rows(
                entries=tuple(entries[met + 1 :]),
                start=start,
                asked_at=self._client.asked_at(),
                last=not more,
                total=total if isinstance(total, int) else None,
            )
            if not more:
                return

    def _from(
        self, path: str, params: Params, identify: Callable[[Entry], str], *, start: int, tail: Sequence[str]
    ) -> tuple[Entry, list[Entry], int]:
        """The page that begins with a row that was delivered last: the answer, its rows, and where it begins."""
        back = 1
        while True:
            at = max(0, start - back) if tail else start
            answer, entries = self._page(path, params, at)
            if at == 0 or not tail or any(identify(entry) in tail for entry in entries):
                return answer, entries, at
            back *= 8

    def _page(self, path: str, params: Params, start: int) -> tuple[Entry, list[Entry]]:
        while True:
            paging = [("ws.size", str(self._size))]
            if start:
                paging += [("memo", str(start)), ("ws.start", str(start))]  # as the server's own links have it
            try:
                answer = self._client.get(path, [*params, *paging])
            except RefusedError as exc:
                allowed = largest_page(str(exc))
                if allowed is None or allowed >= self._size or allowed < 1:
                    raise
                self._size = allowed
                continue
            except RetriableError as exc:
                if self._size <= _SMALLEST_PAGE or not _too_slow(exc):
                    raise
                self._size = max(_SMALLEST_PAGE, self._size // _SHRINK)
                continue
            entries = answer.get("entries")
            if not isinstance(entries, list) or not all(isinstance(e, Mapping) for e in entries):
                raise self._client.nonsense(f"GET {path}", "no list of entries")
            if not entries and answer.get("next_collection_link") is not None:
                raise self._client.nonsense(f"GET {path}", "an empty page that says more follows")
            return answer, entries


def _too_slow(exc: RetriableError) -> bool:
    return exc.status in _TOO_SLOW or isinstance(exc.__cause__, requests.ReadTimeout)

"""The endpoints of queries: answers in pages, and the locators that lead from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.room import DATA, Room, actor
from sandbox.salesforce.soql_engine import Answer, Engine

DEFAULT_PAGE = 2_000
MIN_PAGE = 200
MAX_PAGE = 2_000
"""Rows in one answer: Sforce-Query-Options batchSize may ask for 200 to 2,000 (field guide 2.2)."""
MAX_CURSORS = 10
"""Open cursors of one user; opening another releases the oldest (field guide 2.2, not verified there). One read to its
end is open no more, but its pages can still be had again for a while."""
CURSOR_SECONDS = 48 * 3_600
"""How long a locator is good (field guide 2.2, not verified there)."""

_OPTION = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cursor:
    """An answer that has more than one page; it is a snapshot of the moment of the query."""

    id: str
    username: str
    answer: Answer
    page: int
    opened: float


class Queries:
    """Endpoints /query and /queryAll."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._cursors: dict[str, _Cursor] = room.cursors
        self._read: set[str] = set()

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        table = (
            (DATA + "/query", self.query),
            (DATA + "/queryAll", self.query_all),
            (DATA + "/query/<locator>", self.more),
            (DATA + "/queryAll/<locator>", self.more),
        )
        return [Route(method="GET", path=path, handler=handler) for path, handler in table]

    def query(self, call: Call, version: str) -> Json:
        """Answer a query over the records outside the recycle bin."""
        return self._first(call, version, Engine(self._room.state, actor(call).access, version=version))

    def query_all(self, call: Call, version: str) -> Json:
        """Answer a query over all records, deleted and merged ones too."""
        return self._first(call, version, Engine(self._room.state, actor(call).access, version=version, deleted=True))

    def more(self, call: Call, version: str, locator: str) -> Json:
        """Answer a further page; the same locator gives the same page again.

        Raises:
            SalesforceError: 400 INVALID_QUERY_LOCATOR for one that is unknown, another user's, released or too old.
        """
        cursor_id, _, start = locator.rpartition("-")
        cursor = self._cursors.get(cursor_id)
        if cursor is None or cursor.username != actor(call).username or not start.isdigit():
            raise _bad_locator()
        if self._room.state.clock.seconds() - cursor.opened > CURSOR_SECONDS:
            del self._cursors[cursor_id]
            raise _bad_locator()
        return self._page(cursor, version, int(start))

    def _first(self, call: Call, version: str, engine: Engine) -> Json:
        soql = call.args.get("q")
        if soql is None:
            raise refused("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        answer = engine.run(soql)
        option = _OPTION.search(call.headers.get("Sforce-Query-Options", ""))
        page = min(max(int(option[1]), MIN_PAGE), MAX_PAGE) if option else DEFAULT_PAGE
        state = self._room.state
        cursor = _Cursor(id="", username=actor(call).username, answer=answer, page=page, opened=state.clock.seconds())
        if len(answer.rows) > page:
            cursor = self._open(cursor)
        return self._page(cursor, version, 0)

    def _open(self, cursor: _Cursor) -> _Cursor:
        state = self._room.state
        n = state.counters["QueryLocator"] = state.counters.get("QueryLocator", 0) + 1
        opened = _Cursor(
            id=salesforce_id("QueryLocator", n),
            username=cursor.username,
            answer=cursor.answer,
            page=cursor.page,
            opened=cursor.opened,
        )
        mine = [each.id for each in self._cursors.values() if each.username == cursor.username]
        still_open = [each for each in mine if each not in self._read]
        finished = [each for each in mine if each in self._read]
        for old in (*still_open[: max(0, len(still_open) - MAX_CURSORS + 1)], *finished[:-MAX_CURSORS]):
            del self._cursors[old]
            self._read.discard(old)
        self._cursors[opened.id] = opened
        return opened

    def _page(self, cursor: _Cursor, version: str, start: int) -> Json:
        end = start + cursor.page
        answer = cursor.answer
        shown = [answer.show(row) for row in answer.rows[start:end]]
        body: dict[str, Json] = {"totalSize": answer.total, "done": end >= len(answer.rows)}
        if body["done"]:
            self._read.add(cursor.id)
        else:
            body["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor.id}-{end}"
        return {**body, "records": shown}


def _bad_locator() -> SalesforceError:
    return refused("INVALID_QUERY_LOCATOR", "invalid query locator")

"""The endpoints of queries: answers in pages, and the locators that lead from one to the next."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.extras import plans
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.room import DATA, Room, actor
from sandbox.salesforce.soql_engine import Answer, Engine

MIN_PAGE = 200
MAX_PAGE = 2_000
"""Rows in one answer: Sforce-Query-Options batchSize may ask for 200 to 2,000 (field guide 2.2)."""
KEPT_CHILDREN = 5_000
"""Cursors of child sub-queries kept; the oldest go first. They do not count as open cursors."""

_OPTION = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cursor:
    """An answer that has more than one page; it is a snapshot of the moment of the query.

    One read to its end is open no more, but its pages can still be had again for a while.
    """

    id: str
    username: str
    answer: Answer
    page: int
    opened: float
    child: bool = False


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
        """Answer a query over the records outside the recycle bin; with `explain`, how it would be run."""
        if "explain" in call.args:
            return plans(self._room, call, version, call.args["explain"])
        return self._first(call, version, self._engine(call, version, deleted=False))

    def query_all(self, call: Call, version: str) -> Json:
        """Answer a query over all records, deleted and merged ones too."""
        return self._first(call, version, self._engine(call, version, deleted=True))

    def more(self, call: Call, version: str, locator: str) -> Json:
        """Answer a further page; the same locator gives the same page again.

        Raises:
            SalesforceError: 400 INVALID_QUERY_LOCATOR for one that is unknown, another user's, released or too old.
        """
        cursor_id, _, start = locator.rpartition("-")
        cursor = self._cursors.get(cursor_id)
        if cursor is None or cursor.username != actor(call).username or not start.isdigit():
            raise _bad_locator()
        if self._room.state.clock.seconds() - cursor.opened > self._room.state.switches.cursor_seconds:
            del self._cursors[cursor_id]
            raise _bad_locator()
        return self._page(cursor, version, int(start))

    def _first(self, call: Call, version: str, engine: Engine) -> Json:
        soql = call.args.get("q")
        if soql is None:
            raise refused("MALFORMED_QUERY", "SOQL statements cannot be empty or null")
        answer = engine.run(soql)
        state = self._room.state
        cursor = _Cursor(
            id="", username=actor(call).username, answer=answer, page=self._rows(call), opened=state.clock.seconds()
        )
        if len(answer.rows) > cursor.page:
            cursor = self._open(cursor)
        return self._page(cursor, version, 0)

    def _engine(self, call: Call, version: str, *, deleted: bool) -> Engine:
        who = actor(call)

        def child_page(answer: Answer) -> dict[str, Any]:
            opened = self._room.state.clock.seconds()
            cursor = _Cursor(
                id="", username=who.username, answer=answer, page=self._rows(call), opened=opened, child=True
            )
            if len(answer.rows) > cursor.page:
                cursor = self._keep(cursor)
                children = [each.id for each in self._cursors.values() if each.child]
                for old in children[:-KEPT_CHILDREN]:
                    del self._cursors[old]
            return self._page(cursor, version, 0)

        return Engine(
            self._room.state, who.access, version=version, deleted=deleted, user_id=who.viewer, pager=child_page
        )

    def _rows(self, call: Call) -> int:
        """Return how many rows a page is to have."""
        option = _OPTION.search(call.headers.get("Sforce-Query-Options", ""))
        wanted = min(max(int(option[1]), MIN_PAGE), MAX_PAGE) if option else MAX_PAGE
        return min(wanted, self._room.state.switches.page_rows)

    def _keep(self, cursor: _Cursor) -> _Cursor:
        state = self._room.state
        n = state.counters["QueryLocator"] = state.counters.get("QueryLocator", 0) + 1
        kept = replace(cursor, id=salesforce_id("QueryLocator", n))
        self._cursors[kept.id] = kept
        return kept

    def _open(self, cursor: _Cursor) -> _Cursor:
        mine = [each.id for each in self._cursors.values() if each.username == cursor.username and not each.child]
        still_open = [each for each in mine if each not in self._read]
        finished = [each for each in mine if each in self._read]
        most = self._room.state.switches.cursors
        for old in (*still_open[: max(0, len(still_open) - most + 1)], *finished[: max(0, len(finished) - most)]):
            del self._cursors[old]
            self._read.discard(old)
        return self._keep(cursor)

    def _page(self, cursor: _Cursor, version: str, start: int) -> dict[str, Any]:
        end = start + cursor.page
        answer = cursor.answer
        shown = [answer.show(row) for row in answer.rows[start:end]]
        body: dict[str, Any] = {"totalSize": answer.total, "done": end >= len(answer.rows)}
        if body["done"]:
            self._read.add(cursor.id)
        else:
            body["nextRecordsUrl"] = f"/services/data/{version}/query/{cursor.id}-{end}"
        return {**body, "records": shown}


def _bad_locator() -> SalesforceError:
    return refused("INVALID_QUERY_LOCATOR", "invalid query locator")

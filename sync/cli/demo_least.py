"""The least number of requests for what a run did, by what the tools' APIs can carry in one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from sync.config.load import Config, Connection
from sync.engine.summary import Summary
from sync.store.database import Store
from sync.store.outbox import State
from sync.store.tables import HeadRow, OutboxRow

ISSUES_A_PAGE = {"cloud": 100, "data-center": 1000}
"""Issues with fields in one answer: Cloud's ``search/jql``; Data Center's default ``jira.search.views.default.max``."""
ROWS_A_PAGE = 2000
"""Rows in one answer of Salesforce's query resource."""
QUERIES_A_REQUEST = 5
"""Queries in one composite request of Salesforce."""
UPSERTS_A_REQUEST = 200
"""Records in one sObject collections request of Salesforce."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The fewest requests for one connection in one run.

    Attributes:
        start: Log-in and catalog.
        reading: All that had to be read.
        writing: All that was written: one each where the tool has no batches.
    """

    start: int
    reading: int
    writing: int

    @property
    def total(self) -> int:
        """Their sum."""
        return self.start + self.reading + self.writing


def least_requests(config: Config, store: Store, summary: Summary, *, first: bool) -> dict[str, Least]:
    """The fewest requests that each connection needs for what ``summary`` says was done.

    ``first``: the run read everything; otherwise nothing had changed.
    """
    with store.unit_of_work() as session:
        heads: Counter[tuple[str, str]] = Counter()
        for of, stream, count in session.execute(
            select(HeadRow.connection, HeadRow.stream, func.count()).group_by(HeadRow.connection, HeadRow.stream)
        ):
            heads[of, stream] = count
        written: Counter[tuple[str, str]] = Counter()
        sent = select(OutboxRow.connection, OutboxRow.kind, func.count()).where(
            OutboxRow.run == summary.run, OutboxRow.state == State.DONE.value
        )
        for of, kind, count in session.execute(sent.group_by(OutboxRow.connection, OutboxRow.kind)):
            written[of, kind] = count
    failed = {note.place for note in summary.failed}
    found = {}
    for name, connection in config.connections.items():
        kinds = {kind: count for (where, kind), count in written.items() if where == name}
        if any(s.per_place for s in connection.spec.streams):
            places = {p.place for e in config.engagements.values() for p in e.places if p.connection == name}
            hidden = {p for p in places if any(f"{name}:{s.name}:{p}" in failed for s in connection.spec.streams)}
            found[name] = _by_places(connection, heads, kinds, len(places - hidden), bool(hidden), first=first)
        else:
            found[name] = _by_objects(connection, heads, kinds, first=first)
    return found


def _by_places(
    connection: Connection,
    heads: Mapping[tuple[str, str], int],
    written: Mapping[str, int],
    places: int,
    hidden: bool,  # noqa: FBT001 - private, called once
    *,
    first: bool,
) -> Least:
    """Jira: one search for all projects; versions one request a project; hidden projects are asked for apart, once."""
    main = connection.spec.streams[0].name
    page = ISSUES_A_PAGE[str(getattr(connection.settings, "deployment", "cloud"))]
    pages = _pages(heads.get((connection.name, main), 0) - written.get("create", 0), page)
    reading = (pages + places if first else 1) + int(hidden)
    return Least(start=2 if first else 1, reading=reading, writing=sum(written.values()))


def _by_objects(
    connection: Connection, heads: Mapping[tuple[str, str], int], written: Mapping[str, int], *, first: bool
) -> Least:
    """Salesforce: the first page of five objects in one composite request; further pages one request each."""
    streams = [s.name for s in connection.spec.streams]
    further = sum(_pages(heads.get((connection.name, s), 0), ROWS_A_PAGE) - 1 for s in streams) if first else 0
    upserts = written.get("upsert", 0)
    others = sum(written.values()) - upserts
    reading = -(-len(streams) // QUERIES_A_REQUEST) + further
    return Least(start=2 if first else 0, reading=reading, writing=others + -(-upserts // UPSERTS_A_REQUEST))


def _pages(records: int, page: int) -> int:
    """Requests for so many records: at least one, since emptiness has to be asked for too."""
    return max(1, -(-records // page))


def rows_of(summary: Summary, least: Mapping[str, Least]) -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """Table rows: connection, made, least, and the least's parts, with the ratio of the two."""
    for name, reads in summary.reads.items():
        one = least[name]
        ratio = f"{reads.requests / one.total:.2f}"
        yield name, str(reads.requests), str(one.total), str(one.start), str(one.reading), str(one.writing), ratio

"""The least number of requests for what a run did, by what the tools' APIs can carry in one request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select

from sync import bootstrap
from sync.config.load import Config, Connection
from sync.engine.summary import Summary
from sync.store.database import Store
from sync.store.outbox import State
from sync.store.partitions import partition_rows
from sync.store.tables import HeadRow, OutboxRow

ISSUES_A_PAGE = {"cloud": 100, "data-center": 1000}
"""Issues with fields in one answer: Cloud's ``search/jql``; Data Center's default ``jira.search.views.default.max``."""
ROWS_A_PAGE = 2000
"""Rows in one answer of Salesforce's query resource."""
QUERIES_A_REQUEST = 5
"""Queries in one composite request of Salesforce."""
UPSERTS_A_REQUEST = 200
"""Records in one sObject collections request of Salesforce."""
ITEMS_A_PAGE = 100
"""Issues, pull requests or milestones in one answer of GitHub."""
FIELDS_A_REQUEST = 20
"""Project field mutations in one GraphQL document that GitHub executes within its time."""
TASKS_A_PAGE = 300
"""Most entries in one batch of a Launchpad collection."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What one connection did in one run."""

    connection: Connection
    held: Mapping[str, int]  # stream -> records in the store, without those that the run itself made
    ids: Mapping[str, tuple[str, ...]]  # stream -> their ids
    by_place: Mapping[tuple[str, str], int]  # (stream, partition) -> records
    written: Mapping[str, int]  # kind of write -> how many
    places: int  # that could be read
    hidden: int  # 1 when some place could not be read: it has to be asked for again, apart from the others
    first: bool

    def pages(self, stream: str, size: int) -> int:
        """Pages over all places, each beginning anew."""
        pages = sum(_pages(count, size) for (of, _), count in self.by_place.items() if of == stream)
        empty = self.places - sum(of == stream for of, _ in self.by_place)
        return pages + max(0, empty)


def least_requests(config: Config, store: Store, summary: Summary, *, first: bool) -> dict[str, Least]:
    """The fewest requests that each connection needs for what ``summary`` says was done.

    ``first``: the run read everything; otherwise nothing had changed.
    """
    failed = {note.place for note in summary.failed}
    with store.unit_of_work() as session:
        read = bootstrap.read_now(config, session)
        unread = {(name, p.key) for (name, p), row in partition_rows(session).items() if row.error}
    found = {}
    for name, connection in config.connections.items():
        per_place = {s.name for s in connection.streams if s.per_place}
        places = {p.key for p in read.get(name, ()) if p.stream in per_place}
        hidden = {p for p in places if any(f"{name}:{s.name}:{p}" in failed for s in connection.streams)}
        readable = {p for p in places if (name, p) not in unread}
        work = _work(store, connection, summary, len(readable), int(bool(hidden)), first)
        found[name] = _LEAST[connection.spec.kind](work)
    return found


def _work(store: Store, connection: Connection, summary: Summary, places: int, hidden: int, first: bool) -> _Work:  # noqa: FBT001 - private, called once
    name = connection.name
    heads = select(HeadRow.stream, HeadRow.partition, HeadRow.id).where(HeadRow.connection == name)
    sent = select(OutboxRow.kind, func.count()).where(
        OutboxRow.run == summary.run, OutboxRow.connection == name, OutboxRow.state == State.DONE.value
    )
    made = select(OutboxRow.record_id).where(
        OutboxRow.run == summary.run, OutboxRow.connection == name, OutboxRow.kind.in_(("create", "upsert"))
    )
    with store.unit_of_work() as session:
        own = set(session.scalars(made))
        rows = [row for row in session.execute(heads).tuples() if row[2] not in own]
        written = dict(session.execute(sent.group_by(OutboxRow.kind)).tuples().all())
    return _Work(
        connection=connection,
        held=Counter(stream for stream, _, _ in rows),
        ids={s.name: tuple(i for stream, _, i in rows if stream == s.name) for s in connection.streams},
        by_place=Counter((stream, partition) for stream, partition, _ in rows),
        written=written,
        places=places,
        hidden=hidden,
        first=first,
    )


def _jira(work: _Work) -> Least:
    """One search for all projects; versions one request a project."""
    page = ISSUES_A_PAGE[str(getattr(work.connection.settings, "deployment", "cloud"))]
    reading = _pages(work.held.get("issues", 0), page) + work.places if work.first else 1
    return Least(start=2 if work.first else 1, reading=reading + work.hidden, writing=sum(work.written.values()))


def _salesforce(work: _Work) -> Least:
    """The first page of five objects in one composite request; further pages one request each."""
    streams = [s.name for s in work.connection.streams]
    further = sum(_pages(work.held.get(s, 0), ROWS_A_PAGE) - 1 for s in streams) if work.first else 0
    upserts = work.written.get("upsert", 0)
    others = sum(work.written.values()) - upserts
    reading = -(-len(streams) // QUERIES_A_REQUEST) + further
    return Least(start=2 if work.first else 0, reading=reading, writing=others + -(-upserts // UPSERTS_A_REQUEST))


def _github(work: _Work) -> Least:
    """Two lists a repository (unchanged ones answer 304), and one GraphQL request for all anchors."""
    lists = work.pages("issues", ITEMS_A_PAGE) + work.pages("milestones", ITEMS_A_PAGE)
    fields = work.written.get("set_fields", 0)
    others = sum(work.written.values()) - fields
    return Least(
        start=1 if work.first else 0,
        reading=(lists if work.first else 2 * work.places) + 1 + work.hidden,
        writing=others + -(-fields // FIELDS_A_REQUEST),
    )


def _launchpad(work: _Work) -> Least:
    """One search a project; each bug by itself, since no list has its fields; blueprints and milestones by project."""
    bugs = len({i.partition("/")[0] for i in work.ids.get("bug_tasks", ())})
    lists = sum(work.pages(stream, TASKS_A_PAGE) for stream in ("bug_tasks", "blueprints", "milestones"))
    reading = lists + bugs if work.first else work.places
    return Least(start=0, reading=reading + work.hidden, writing=sum(work.written.values()))


_LEAST: Mapping[str, Callable[[_Work], Least]] = {
    "jira": _jira,
    "salesforce": _salesforce,
    "github": _github,
    "launchpad": _launchpad,
}


def _pages(records: int, page: int) -> int:
    """Requests for so many records: at least one, since emptiness has to be asked for too."""
    return max(1, -(-records // page))


def rows_of(summary: Summary, least: Mapping[str, Least]) -> Iterator[tuple[str, str, str, str, str, str, str]]:
    """Table rows: connection, made, least, and the least's parts, with the ratio of the two."""
    for name, reads in summary.reads.items():
        one = least[name]
        ratio = f"{reads.requests / one.total:.2f}"
        yield name, str(reads.requests), str(one.total), str(one.start), str(one.reading), str(one.writing), ratio

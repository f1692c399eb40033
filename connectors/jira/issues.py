"""Reads the issues of many projects by one search, and keeps projects that cannot be seen from stopping the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.core.errors import FatalError, NotFoundError, PartitionError, RefusedError, RetriableError
from connectors.core.port import Catalog, Json, Page, Partition, PartitionFailure, Record, Wanted
from connectors.jira.client import JiraClient
from connectors.jira.cursor import BoundForm, IssuesCursor, Window, issues_cursor, search, settled
from connectors.jira.projects import unseen_projects
from connectors.jira.records import ISSUES, field_ids, issue_record

_PROJECTS_A_SEARCH = 200  # keeps the address of the request under 6,000 characters, with keys of 10 and 60 fields
_CLOUD_ORDER = "updated ASC, id ASC"
"""A token goes on from a place in this order: an issue that changes meanwhile moves to the end and comes again."""
_DATA_CENTER_ORDER = "id ASC"
"""Pages are numbered: an order in which a changed issue stays where it is."""
_MOST_STEPS_BACK = 20
_QUOTED = re.compile(r"[\"']([^\"']+)[\"']")
_DATE_WORDS = ("updated", "date", "1970")

Cursors = dict[str, IssuesCursor | None]


class IssueReading:
    """Reads issues for one connection; remembers which projects could not be seen, and which form of bound is taken."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._overlap = timedelta(minutes=client.settings.overlap_minutes)
        self._form = BoundForm.EPOCH
        self._zone: str | None = None
        self._identity_confirmed = False
        self.hidden: set[str] = set()

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        """All issues changed since the cursors: a search for those that go on, one for new projects, one for hidden."""
        fields = field_ids((name for w in wanted for name in w.fields), catalog)
        windows: dict[Window, list[Wanted]] = {}
        for one in wanted:
            windows.setdefault(Window(since=one.since, until=one.until), []).append(one)
        for window, part in windows.items():
            yield from self._pull(part, window, fields)

    def _pull(
        self, wanted: Sequence[Wanted], window: Window, fields: Sequence[str]
    ) -> Iterator[Page | PartitionFailure]:
        cursors: Cursors = {w.partition.key: issues_cursor(w.cursor) for w in wanted}
        known = {k: c for k, c in cursors.items() if c is not None and k not in self.hidden}
        new = {k: c for k, c in cursors.items() if c is None and k not in self.hidden}
        apart = {k: c for k, c in cursors.items() if k in self.hidden}
        # Beside projects that go on, one that was never read is most often one that never could be.
        doubtful = {**apart, **(new if known else {})}
        if doubtful and (unseen := unseen_projects(self._client, doubtful)):
            yield from self._set_apart(unseen, None)
            apart = {k: c for k, c in apart.items() if k not in unseen}
            new = {k: c for k, c in new.items() if k not in unseen}
        for group in (known, new, apart):
            names = list(group)
            for start in range(0, len(names), _PROJECTS_A_SEARCH):
                chunk = {k: cursors[k] for k in names[start : start + _PROJECTS_A_SEARCH]}
                yield from self._read(chunk, window, fields)

    def _read(self, cursors: Cursors, window: Window, fields: Sequence[str]) -> Iterator[Page | PartitionFailure]:
        """Read a group, again without the projects that Jira names as unknown.

        If it names them one at a time, the second refusal is the last: then it is asked which ones can be seen.
        """
        refusals = 0
        while cursors:
            crawl = _Crawl(self._client, cursors, self._overlap)
            order = _CLOUD_ORDER if self._client.cloud else _DATA_CENTER_ORDER
            since = {k: window.start(c, self._overlap) for k, c in cursors.items()}
            jql = search(since, self._form, self._zone, order, window.until)
            try:
                yield from crawl.cloud(jql, fields) if self._client.cloud else crawl.data_center(jql, fields)
            except NotFoundError as exc:
                message = f"{exc}; there is no search at this address: check url and deployment (cloud or data-center)"
                raise FatalError(message, connection=exc.connection, place=exc.place, status=exc.status) from exc
            except RefusedError as exc:
                named = _named(exc, cursors)
                refusals += 1
                if named:
                    if refusals > 1:
                        named |= unseen_projects(self._client, cursors.keys() - named)
                    yield from self._set_apart(named, exc)
                    cursors = {k: crawl.reached[k] for k in cursors if k not in named}
                elif self._form is BoundForm.EPOCH and _about_dates(exc):
                    self._zone = str(self._client.myself().get("timeZone") or "")
                    self._form = BoundForm.LOCAL
                elif crawl.pages:  # the first page was answered: a continuation that is no longer valid
                    raise RetriableError(
                        f"{exc}; reading goes on from the last page",
                        connection=exc.connection,
                        place=exc.place,
                        status=exc.status,
                    ) from exc
                else:
                    yield self._failure(cursors, exc, str(exc))
                    return
            else:
                self.hidden.difference_update(cursors)
                return

    def _set_apart(self, named: frozenset[str], exc: RefusedError | None) -> Iterator[PartitionFailure]:
        if not named <= self.hidden and not self._identity_confirmed:
            self._client.myself()  # with a dead login every project would look hidden: this raises FatalError then
            self._identity_confirmed = True
        self.hidden |= named
        for key in sorted(named):
            message = (
                f"{self._client.connection}: project {key} does not exist or this login may not see it"
                " (permission Browse Projects)"
            )
            yield self._failure({key: None}, exc, message)

    def _failure(self, keys: Mapping[str, object], exc: RefusedError | None, message: str) -> PartitionFailure:
        place, status = (exc.place, exc.status) if exc else (f"project {', '.join(keys)}", None)
        error = PartitionError(message, connection=self._client.connection, place=place, status=status)
        error.__cause__ = exc
        return PartitionFailure(partitions=frozenset(Partition(stream=ISSUES, key=k) for k in keys), error=error)


def _named(exc: RefusedError, keys: Mapping[str, object]) -> frozenset[str]:
    """Which of ``keys`` Jira names in quotes in its refusal, in whatever language.

    Compared letter by letter: a project may be called PROJECT, and Jira also quotes the name of the field ``project``.
    """
    return frozenset(keys).intersection(_QUOTED.findall(str(exc)))


def _about_dates(exc: RefusedError) -> bool:
    text = str(exc).casefold()
    return any(word in text for word in _DATE_WORDS)


class _Crawl:
    """One search read to its end.

    Attributes:
        pages: Pages delivered.
        reached: Cursor of each project after the last page delivered.
    """

    def __init__(self, client: JiraClient, cursors: Cursors, overlap: timedelta) -> None:
        self._client = client
        self._overlap = overlap
        self._as_of: datetime | None = None
        self.reached: Cursors = dict(cursors)
        self.pages = 0

    def cloud(self, jql: str, fields: Sequence[str]) -> Iterator[Page]:
        """Follow the tokens; after each page the cursors cover what it surely completed."""
        token: str | None = None
        seen: set[str] = set()
        while True:
            answer = self._client.search_cloud(jql, fields, token)
            as_of = self._started()
            records = self._records(answer)
            token = answer.get("nextPageToken") or None
            if token is None:
                yield self._last(records, as_of, None)
                return
            if token in seen:
                raise self._client.nonsense("GET search/jql", "the same nextPageToken twice")
            seen.add(token)
            yield self._middle(records, as_of)

    def data_center(self, jql: str, fields: Sequence[str]) -> Iterator[Page]:
        """Follow numbered pages.

        Each begins with the last issue of the page before it: if that is not so, an issue before it went away and the
        numbers shifted, and reading steps back until it meets an issue that it has seen.
        """
        start, back = 0, 0
        seen: set[str] = set()
        while True:
            answer = self._client.search_data_center(jql, fields, start)
            as_of = self._started()
            records, total = self._records(answer), answer.get("total")
            if not isinstance(total, int):
                raise self._client.nonsense("GET search", "no total")
            if start and (not records or records[0].id not in seen):
                back += 1
                if back > _MOST_STEPS_BACK:
                    raise RetriableError(
                        f"{self._client.connection}: GET search: the result keeps shifting while it is read",
                        connection=self._client.connection,
                        place="GET search",
                    )
                start = max(0, start - 50 * 2 ** (back - 1))
                continue
            fresh = tuple(r for r in records if r.id not in seen)
            seen.update(r.id for r in records)
            end = start + len(records)
            if not records or end >= total:
                yield self._last(fresh, as_of, total)
                return
            start = end - 1 if len(records) > 1 else end
            self.pages += 1
            yield Page(records=fresh, cursors={}, complete=frozenset(), as_of=as_of, expected=total)

    def _started(self) -> datetime:
        """Server instant at which the first request of this crawl began."""
        if self._as_of is None:
            self._as_of = self._client.asked_at()
        return self._as_of

    def _records(self, answer: Mapping[str, Json]) -> tuple[Record, ...]:
        issues = answer.get("issues")
        if not isinstance(issues, list) or not all(isinstance(i, Mapping) for i in issues):
            raise self._client.nonsense("search", "no list of issues")
        return tuple(issue_record(self._client, issue, tuple(self.reached)) for issue in issues)

    def _middle(self, records: tuple[Record, ...], as_of: datetime) -> Page:
        upto = settled((r.updated for r in records), as_of - self._overlap)
        if upto is not None:
            for key, cursor in self.reached.items():
                # A new project has no day-wide read yet: its next one, after a break, reaches back from here.
                self.reached[key] = cursor.advanced(upto) if cursor else IssuesCursor(at=upto, wide=upto)
        self.pages += 1
        cursors = self._cursors() if upto is not None else {}
        return Page(records=records, cursors=cursors, complete=frozenset(), as_of=as_of)

    def _last(self, records: tuple[Record, ...], as_of: datetime, total: int | None) -> Page:
        for key, cursor in self.reached.items():
            self.reached[key] = cursor.finished(as_of) if cursor else IssuesCursor(at=as_of, wide=as_of)
        self.pages += 1
        cursors = self._cursors()
        return Page(records=records, cursors=cursors, complete=frozenset(cursors), as_of=as_of, expected=total)

    def _cursors(self) -> dict[Partition, str]:
        return {Partition(stream=ISSUES, key=k): c.text() for k, c in self.reached.items() if c is not None}

"""Reads objects incrementally: all that is stamped since the cursor, deleted rows too, several objects a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.core.errors import (
    ConnectorError,
    FatalError,
    NotFoundError,
    PartitionError,
    RefusedError,
    RetriableError,
)
from connectors.core.keyset import Position
from connectors.core.port import Catalog, Clock, FieldType, Page, Partition, PartitionFailure, Record, Wanted
from connectors.salesforce import soql
from connectors.salesforce.client import COMPOSITE_QUERIES, SalesforceClient, checked_page
from connectors.salesforce.errors import QUOTA_WAIT_S
from connectors.salesforce.records import MERGED_INTO, MODSTAMP, as_record, system_fields
from connectors.salesforce.settings import NOT_EVERYWHERE, REGISTERS

_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_SECOND = timedelta(seconds=1)  # of the resolution that instants are compared with
_ORDER = f"{MODSTAMP}, Id"
_LOST_LOCATOR = "INVALID_QUERY_LOCATOR"


@dataclass(slots=True, kw_only=True)
class _Job:
    """One partition being read."""

    wanted: Wanted
    object_name: str
    fields: tuple[str, ...]
    position: Position
    references: frozenset[str]
    horizon: datetime = _BEGINNING
    as_of: datetime = _BEGINNING

    @property
    def partition(self) -> Partition:
        return self.wanted.partition

    def soql(self) -> str:
        """Rows since the position, in order; the position's second is read again, milliseconds are never compared."""
        bounds = [] if self.position.at <= _BEGINNING else [f"{MODSTAMP} >= {soql.instant(self.position.at)}"]
        if self.wanted.until is not None:
            bounds.append(f"{MODSTAMP} < {soql.instant(self.wanted.until + _SECOND)}")
        return soql.select(self.fields, self.object_name, " AND ".join(bounds), order=_ORDER)


class SalesforceReader:
    """The reading half.

    A cursor never passes ten minutes (``overlap_minutes``) before the server's instant of the request: a transaction
    that is still open may commit rows stamped before what was read. Rows after it are delivered at once, and again.
    """

    def __init__(self, client: SalesforceClient, clock: Clock) -> None:
        self._client = client
        self._settings = client.settings
        self._clock = clock

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        """Yield changed rows; see the port. Up to five objects share one request.

        Nothing is said of a register that the catalog does not have: it stays unread.
        """
        jobs: list[_Job] = []
        seen = {field.stream for field in catalog.fields}
        for one in wanted:
            if seen and one.partition.stream in REGISTERS - seen:
                continue  # this org keeps no such register
            try:
                jobs.append(self._job(one, catalog))
            except PartitionError as exc:
                yield PartitionFailure(partitions=frozenset({one.partition}), error=exc)
        merged: set[str] = set()
        for start in range(0, len(jobs), COMPOSITE_QUERIES):
            group = jobs[start : start + COMPOSITE_QUERIES]
            for job, first in zip(group, self._first_pages(group), strict=True):
                if isinstance(first, ConnectorError):
                    yield PartitionFailure(partitions=frozenset({job.partition}), error=first)
                else:
                    yield from self._pages(job, first, jobs, merged)

    def fetch(
        self, stream: str, ids: Sequence[str], fields: Sequence[str], catalog: Catalog
    ) -> Mapping[str, Record | None]:
        """Read rows by id; one request for some hundred ids. A deleted row is gone."""
        found: dict[str, Record | None] = dict.fromkeys(ids)
        asked: dict[str, list[str]] = {}  # the same record may be asked for by both forms of its id
        for record_id in ids:
            full = soql.full_id(record_id)
            if full is not None:
                asked.setdefault(full, []).append(record_id)
        if not asked:
            return found
        object_name = self._settings.object_of(stream)
        names = self._fields(stream, object_name, fields, catalog)
        spent = len(soql.select(names, object_name))
        for chunk in soql.chunks_for_in(list(asked), spent=spent):
            condition = f"Id IN ({', '.join(soql.literal(i) for i in chunk)})"
            query = soql.select(names, object_name, condition)
            for row in self._client.query_all_rows(query, place=f"query {object_name}"):
                record = self._record(row, stream, object_name)
                if not record.deleted:
                    found.update(dict.fromkeys(asked[record.id], record))
        return found

    def _job(self, wanted: Wanted, catalog: Catalog) -> _Job:
        stream = wanted.partition.stream
        object_name = self._settings.object_of(stream)
        try:
            start = Position(at=wanted.since or _BEGINNING)
            position = max(start, Position.decode(wanted.cursor)) if wanted.cursor else start
        except ValueError as exc:
            raise PartitionError(
                f"{self._client.connection}: {object_name}: {exc}; drop the cursor to read the object again",
                connection=self._client.connection,
                place=object_name,
            ) from exc
        names = self._fields(stream, object_name, wanted.fields, catalog)
        references = frozenset(
            f.id for f in catalog.fields if f.stream == stream and f.type is FieldType.REFERENCE and f.id in names
        )
        return _Job(wanted=wanted, object_name=object_name, fields=names, position=position, references=references)

    def _fields(self, stream: str, object_name: str, names: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
        system = system_fields(stream, object_name, catalog)
        wanted = soql.resolve(stream, names, catalog)
        if any(f.stream == stream for f in catalog.fields):
            wanted = tuple(name for name in wanted if name not in NOT_EVERYWHERE or catalog.find(stream, name))
        return tuple(dict.fromkeys((*system, *wanted)))

    def _first_pages(self, group: Sequence[_Job]) -> list[dict[str, Any] | ConnectorError]:
        """The first page of each job in one request, or the error that concerns this job alone."""
        if len(group) == 1:
            return [self._first_page(group[0])]
        paths = [(f"queryAll {job.object_name}", self._client.query_path(job.soql(), deleted=True)) for job in group]
        place = "queryAll " + ", ".join(job.object_name for job in group)
        try:
            answers = self._client.composite(paths, place=place)
        except (RefusedError, NotFoundError):  # an org may switch composite requests off
            return [self._first_page(job) for job in group]
        pages: list[dict[str, Any] | ConnectorError] = []
        for job, one in zip(group, answers, strict=True):
            self._stamp(job)
            if one.error is not None:
                pages.append(_for_one_partition(one.error))
            else:
                pages.append(checked_page(one.body, connection=self._client.connection, place=job.object_name))
        return pages

    def _first_page(self, job: _Job) -> dict[str, Any] | ConnectorError:
        try:
            page = self._client.query(job.soql(), deleted=True, place=f"queryAll {job.object_name}")
        except (PartitionError, NotFoundError, RefusedError) as exc:
            return _for_one_partition(exc)
        self._stamp(job)
        return page

    def _stamp(self, job: _Job) -> None:
        """Note the instant that the request just made is true of."""
        job.as_of = self._client.server_now or self._clock.now()
        job.horizon = job.as_of - timedelta(minutes=self._settings.overlap_minutes)

    def _pages(
        self, job: _Job, page: dict[str, Any], jobs: Sequence[_Job], merged: set[str]
    ) -> Iterator[Page | PartitionFailure]:
        expected = int(page.get("totalSize") or 0)
        while True:
            records = tuple(self._record(row, job.partition.stream, job.partition.key) for row in page["records"])
            yield from self._children_of_merges(records, job, jobs, merged)
            for record in records:
                if record.updated is not None:
                    job.position = job.position.advance(at=record.updated, record_id="", horizon=job.horizon)
            last = bool(page["done"])
            if last:
                job.position = max(job.position, Position(at=job.horizon))
            yield Page(
                records=records,
                cursors={job.partition: job.position.encode()},
                complete=frozenset({job.partition}) if last else frozenset(),
                as_of=job.as_of,
                expected=expected,
            )
            if last:
                return
            try:
                page = self._next_page(job, page)
            except (PartitionError, NotFoundError, RefusedError) as exc:
                yield PartitionFailure(partitions=frozenset({job.partition}), error=_for_one_partition(exc))
                return

    def _next_page(self, job: _Job, page: dict[str, Any]) -> dict[str, Any]:
        place = f"queryAll {job.object_name}"
        try:
            return self._client.more(page["nextRecordsUrl"], place=place)
        except RefusedError as exc:
            if _LOST_LOCATOR not in str(exc):
                raise
            return self._client.query(job.soql(), deleted=True, place=place)  # from where the last page ended

    def _children_of_merges(
        self, records: Sequence[Record], job: _Job, jobs: Sequence[_Job], merged: set[str]
    ) -> Iterator[Page]:
        """Rows that refer to the winner of a merge: they moved there without any stamp of theirs.

        They come before the page that tells the merge, whose cursor then covers them too.
        """
        winners = {str(r.payload[MERGED_INTO]) for r in records if r.deleted and r.payload.get(MERGED_INTO)} - merged
        if not winners:
            return
        merged |= winners
        ids = [full for w in sorted(winners) if (full := soql.full_id(w)) is not None]
        for other in jobs:
            if other is not job:
                found = tuple(self._referring(other, ids))
                if found:
                    yield Page(records=found, cursors={}, complete=frozenset(), as_of=job.as_of)

    def _referring(self, job: _Job, ids: Sequence[str]) -> Iterator[Record]:
        lookups = sorted(job.references - {MERGED_INTO})
        if not lookups:
            return
        values = ", ".join(soql.literal(i) for i in ids)
        condition = " OR ".join(f"{name} IN ({values})" for name in lookups)
        query = soql.select(job.fields, job.object_name, condition)
        for row in self._client.query_all_rows(query, place=f"query {job.object_name}"):
            yield self._record(row, job.partition.stream, job.partition.key)

    def _record(self, row: Mapping[str, Any], stream: str, partition: str) -> Record:
        return as_record(
            row,
            connection=self._client.connection,
            stream=stream,
            partition=partition,
            settings=self._settings,
        )


def _for_one_partition(error: ConnectorError) -> ConnectorError:
    """``error`` if it concerns one object alone.

    Raises:
        ConnectorError: It concerns the whole connection.
    """
    whole = isinstance(error, FatalError) or (isinstance(error, RetriableError) and error.retry_after_s == QUOTA_WAIT_S)
    if whole:
        raise error
    if isinstance(error, RetriableError | PartitionError):
        return error
    return PartitionError(str(error), connection=error.connection, place=error.place, status=error.status)

"""Reads the versions of projects: whole, one request a project, and not more often than the settings say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from connectors.core.errors import NotFoundError, PartitionError, RefusedError
from connectors.core.port import Page, Partition, PartitionFailure, Wanted
from connectors.jira.client import JiraClient
from connectors.jira.cursor import VersionsCursor, versions_cursor
from connectors.jira.records import version_record, version_tombstone

_CLOCKS_DIFFER = timedelta(minutes=1)  # of one server's nodes; a last read later than that was stamped by a wrong clock


class VersionReading:
    """Reads versions for one connection."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._every = timedelta(minutes=client.settings.versions_minutes)

    def pull(self, wanted: Sequence[Wanted], hidden: set[str]) -> Iterator[Page | PartitionFailure]:
        """Pages of the projects whose versions are due.

        A project that is not due yields nothing: what is stored stays true of the instant it was read, and no fresher.

        Args:
            wanted: Partitions of the versions stream.
            hidden: Projects that the issues' search found hidden in this pull; they are not asked again.
        """
        for want in wanted:
            cursor = versions_cursor(want.cursor)
            age = self._client.server_now() - cursor.read if cursor is not None else self._every
            if -_CLOCKS_DIFFER < age < self._every:
                continue
            if want.partition.key in hidden:
                yield self._failure(want.partition, None)
                continue
            try:
                page = self._read(want.partition, cursor)
            except (NotFoundError, RefusedError) as exc:
                yield self._failure(want.partition, exc)
            else:
                yield page

    def _read(self, partition: Partition, cursor: VersionsCursor | None) -> Page:
        project = partition.key
        place = f"project/{project}/versions"
        answer = self._client.get(place)
        as_of = self._client.asked_at()
        if not isinstance(answer, list) or not all(isinstance(v, Mapping) for v in answer):
            raise self._client.nonsense(f"GET {place}", "no list of versions")
        before = dict(cursor.hashes) if cursor is not None else {}
        records = [version_record(self._client, version, project) for version in answer]
        now = {r.id: r.version for r in records}
        changed = [r for r in records if before.get(r.id) != r.version]
        gone = [version_tombstone(self._client, number, project) for number in before if number not in now]
        return Page(
            records=(*changed, *gone),
            cursors={partition: VersionsCursor(read=as_of, hashes=now).text()},
            complete=frozenset({partition}),
            as_of=as_of,
        )

    def _failure(self, partition: Partition, exc: NotFoundError | RefusedError | None) -> PartitionFailure:
        message = (
            f"{self._client.connection}: versions of project {partition.key} cannot be read: it does not exist or this"
            " login may not see it (permission Browse Projects)"
        )
        place = exc.place if exc is not None else f"project {partition.key}"
        status = exc.status if exc is not None else None
        error = PartitionError(message, connection=self._client.connection, place=place, status=status)
        error.__cause__ = exc
        return PartitionFailure(partitions=frozenset({partition}), error=error)

"""Reads blueprints and milestones: whole, and not too often, since they keep no update instant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from connectors.core.errors import NotFoundError, PartitionError, RefusedError, RetriableError
from connectors.core.port import Page, Partition, PartitionFailure, Record, Visibility, Wanted
from connectors.launchpad.client import LaunchpadClient
from connectors.launchpad.cursor import ListCursor, list_cursor
from connectors.launchpad.pages import Pager
from connectors.launchpad.records import (
    BLUEPRINTS,
    MILESTONES,
    Gone,
    listed_id,
    listed_record,
    path_of_record,
    tombstone,
    visibility_of,
)
from connectors.launchpad.tasks import hidden_failure

_COLLECTION = {BLUEPRINTS: "all_specifications", MILESTONES: "all_milestones"}
_FEW = 10  # entries that may be gone at once without a word; each is asked for by its id
_CLOCKS_DIFFER = timedelta(minutes=1)  # of one server's nodes; a last read later than that was stamped by a wrong clock
_MOST_LOOKS = 3  # a list that changes under every one of so many reads is read at the next pull


class ListReading:
    """Reads one of the two streams for one connection."""

    def __init__(self, client: LaunchpadClient, pager: Pager, stream: str) -> None:
        self._client = client
        self._pager = pager
        self._stream = stream
        self._every = timedelta(minutes=client.settings.lists_minutes)

    def pull(self, wanted: Sequence[Wanted], hidden: set[str]) -> Iterator[Page | PartitionFailure]:
        """Pages of the projects whose lists are due.

        A project that is not due yields nothing: what is stored stays true of the instant it was read, and no fresher.

        Args:
            wanted: Partitions of this stream.
            hidden: Projects that were found hidden in this pull; they are not asked again.
        """
        for want in wanted:
            cursor = list_cursor(want.cursor)
            age = self._client.server_now() - cursor.read if cursor is not None else self._every
            if -_CLOCKS_DIFFER < age < self._every:
                continue
            if want.partition.key in hidden:
                yield hidden_failure(self._client, want.partition, None)
                continue
            try:
                page = self._read(want.partition, cursor)
            except NotFoundError as exc:
                hidden.add(want.partition.key)
                yield hidden_failure(self._client, want.partition, exc)
            except (RefusedError, PartitionError) as exc:
                yield PartitionFailure(partitions=frozenset({want.partition}), error=exc)
            except RetriableError as exc:
                if len(wanted) == 1:
                    raise
                yield PartitionFailure(partitions=frozenset({want.partition}), error=exc)
            else:
                yield page

    def fetch(self, ids: Sequence[str]) -> dict[str, Record | None]:
        """Entries by id: one request each, for milestones one more a project."""
        return {record_id: self._by_id(record_id) for record_id in ids}

    def _by_id(self, record_id: str, partition: str = "") -> Record | None:
        entry = self._client.entry_or_none(path_of_record(self._stream, record_id))
        if entry is None:
            return None
        project = record_id.rpartition("/")[0]
        visibility = visibility_of(entry) if self._stream == BLUEPRINTS else self._of_project(project)
        return listed_record(self._client, self._stream, entry, visibility, partition)

    def _of_project(self, project: str) -> Visibility:
        """Milestones say nothing of themselves: they are as visible as their project."""
        return visibility_of(self._client.entry(project))

    def _read(self, partition: Partition, cursor: ListCursor | None) -> Page:
        project = partition.key
        records, as_of = self._listed(project)
        before: Mapping[str, str] = cursor.hashes if cursor is not None else {}
        now = {r.id: r.version for r in records}
        changed = [r for r in records if before.get(r.id) != r.version]
        missing = sorted(before.keys() - now.keys())
        if len(missing) > max(_FEW, len(before) // 10):
            message = (
                f"{self._client.connection}: project {project} no longer shows {len(missing)} of {len(before)}"
                f" {self._stream}; nothing was concluded. If that is right, have the project read again as a whole"
            )
            raise PartitionError(message, connection=self._client.connection, place=f"{self._stream} of {project}")
        for record_id in missing:  # a candidate: the list may have shifted while it was read
            found = self._by_id(record_id, project)
            if found is None:
                changed.append(tombstone(self._client, self._stream, record_id, project, Gone.ABSENT))
            else:
                changed.append(found)
                now[record_id] = found.version
        return Page(
            records=tuple(changed),
            cursors={partition: ListCursor(read=as_of, hashes=now).text()},
            complete=frozenset({partition}),
            as_of=as_of,
        )

    def _listed(self, project: str) -> tuple[list[Record], datetime]:
        """The whole list, read again when its size says that it shifted under the reading."""
        path = f"{project}/{_COLLECTION[self._stream]}"
        of_project = self._of_project(project) if self._stream == MILESTONES else None
        for _ in range(_MOST_LOOKS):
            found: dict[str, Record] = {}
            as_of: datetime | None = None
            total: int | None = None
            for rows in self._pager.rows(path, (), lambda entry: listed_id(self._client, self._stream, entry)):
                as_of = as_of or rows.asked_at
                total = rows.total
                for entry in rows.entries:
                    record = listed_record(
                        self._client, self._stream, entry, of_project or visibility_of(entry), project
                    )
                    found[record.id] = record
            if as_of is not None and (total is None or total == len(found)):
                return list(found.values()), as_of
        raise self._client.nonsense(f"GET {path}", "it says another size than it has, time after time")

"""The reading half: cursors in, pages of records out, and records by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.core.errors import ConnectorError, NotFoundError, PartitionError, RefusedError, RetriableError
from connectors.core.port import Catalog, Page, Partition, PartitionFailure, Record, Wanted
from connectors.github.anchors import Anchors
from connectors.github.client import GithubClient
from connectors.github.cursor import IssuesCursor, issues_cursor, milestones_cursor
from connectors.github.fetching import fetch_issues, fetch_milestones
from connectors.github.issues import IssueReading, Start, States
from connectors.github.look import SpotKey, key_of
from connectors.github.milestones import MilestoneReading
from connectors.github.records import ISSUES
from connectors.github.repositories import Places, Repository
from connectors.github.spots import Spot, Spots

_FACTS_AGE = timedelta(hours=1)
"""How old the visibility and name of repositories may grow on a connection that nothing is written to."""
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What one look at all that is known told, before anything is read.

    Attributes:
        states: What the anchors of each place show, by issue id.
        at: Server instant of the look, or None when there was none.
        refused: Why anchors could not be looked at, or None.
    """

    states: Mapping[str, States]
    at: datetime | None = None
    refused: RefusedError | None = None


class GithubReader:
    """Reads one GitHub; ``docs/connectors/github.md`` says what may repeat, and why nothing is lost."""

    def __init__(self, client: GithubClient, places: Places, spots: Spots) -> None:
        self._client = client
        self._places = places
        self._spots = spots
        self._milestones = MilestoneReading(client)

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:
        """See ``connectors.core.port.Reader.pull``.

        A cycle without changes is one conditional request for each list of each repository, and one GraphQL request
        for 50 repositories and anchors together. Anchors that were not known come last, looked at together.
        """
        anchors = Anchors(self._client, catalog, {n for w in wanted if w.partition.stream == ISSUES for n in w.fields})
        cursors = {w.partition.key: issues_cursor(w.cursor) for w in wanted if w.partition.stream == ISSUES}
        for want in wanted:
            self._recall(want, cursors)
        self._places.begin()
        view = self._look(anchors, cursors)
        self._places.meet(w.partition.key for w in wanted)
        failures = 0
        owing: list[IssueReading] = []
        for want in sorted(wanted, key=lambda w: (w.partition.stream, w.partition.key)):
            try:
                yield from self._read(want, cursors, anchors, view, owing)
            except (NotFoundError, RefusedError, PartitionError) as exc:
                yield self._failure(want.partition, exc)
            except RetriableError as exc:
                failures += 1
                if failures > 1 or exc.status is None or exc.status < _SERVER_ERROR:
                    raise  # GitHub itself is down or limited
                yield self._failure(want.partition, exc)  # one list may be more than GitHub can answer in time
        yield from self._rest(owing, anchors)

    def _rest(self, owing: Sequence[IssueReading], anchors: Anchors) -> Iterator[Page | PartitionFailure]:
        """What was held back: the anchors of many repositories, by one look."""
        if not owing:
            return
        try:
            states = anchors.states([spot for reading in owing for spot in reading.owed])
        except RefusedError as exc:
            for reading in owing:
                yield self._failure(reading.partition, exc)
            return
        for reading in owing:
            yield reading.rest(states)

    def fetch(
        self, stream: str, ids: Sequence[str], fields: Sequence[str], catalog: Catalog
    ) -> Mapping[str, Record | None]:
        """See ``connectors.core.port.Reader.fetch``.

        One request for the issues of a repository that changed last, one for each other, one for the anchors.
        """
        if stream == ISSUES:
            anchors = Anchors(self._client, catalog, fields)
            return fetch_issues(self._client, self._spots, anchors, ids, tuple(catalog.record_types))
        return fetch_milestones(self._client, self._places, ids, tuple(catalog.record_types))

    def _recall(self, want: Wanted, cursors: Mapping[str, IssuesCursor | None]) -> None:
        """Know the repository of a place again, by its id."""
        cursor = cursors.get(want.partition.key) or milestones_cursor(want.cursor)
        if cursor is not None:
            self._places.remember(want.partition.key, cursor.repository)

    def _look(self, anchors: Anchors, cursors: Mapping[str, IssuesCursor | None]) -> _View:
        """Look at all known repositories and anchors: who may see them, what they are called, what they show."""
        repositories = self._places.all()
        settings = self._client.settings
        seen = [c.seen for c in cursors.values() if c is not None]
        due = bool(seen) and self._client.server_now() - min(seen) > _FACTS_AGE
        if not repositories or not (settings.owned or anchors.matter or due):
            return _View(states={})
        spots: dict[str, dict[str, Spot]] = {}
        known: dict[SpotKey, str] = {}
        for place, cursor in cursors.items():
            if cursor is not None:
                for number, anchor in cursor.anchors.items():
                    spot = Spot(repository=cursor.repository, number=anchor.number)
                    spots.setdefault(place, {})[number] = spot
                    if anchor.comment:
                        known[key_of(spot)] = anchor.comment
        refused: RefusedError | None = None
        every = [spot for own in spots.values() for spot in own.values()]
        try:
            found = anchors.see(every, known, repositories)
        except RefusedError as exc:
            refused = exc
            found = anchors.see((), {}, repositories)
        at = self._client.asked_at()
        self._places.update(found.repositories)
        states = {
            place: {n: anchors.state(f) for n, s in own.items() if (f := found.issues.get(key_of(s))) is not None}
            for place, own in spots.items()
        }
        return _View(states=states, at=at, refused=refused)

    def _read(
        self,
        want: Wanted,
        cursors: Mapping[str, IssuesCursor | None],
        anchors: Anchors,
        view: _View,
        owing: list[IssueReading],
    ) -> Iterator[Page]:
        """Pages of one partition; a reading that holds anchors back is put among ``owing``."""
        place = want.partition.key
        met = self._places.known(place) is not None
        repository = self._places.find(place)
        try:
            yield from self._read_from(want, repository, cursors.get(place), anchors, view, owing)
        except NotFoundError:
            # Deleted and made anew under its old name, or out of our sight: the name tells.
            now = self._places.ask(place) if met else repository
            if now.id == repository.id:
                raise
            yield from self._read_from(want, now, None, anchors, view, owing)

    def _read_from(
        self,
        want: Wanted,
        repository: Repository,
        cursor: IssuesCursor | None,
        anchors: Anchors,
        view: _View,
        owing: list[IssueReading],
    ) -> Iterator[Page]:
        if want.partition.stream != ISSUES:
            yield self._milestones.read(want, repository)
            return
        if cursor is not None and view.refused is not None and cursor.anchors:
            raise view.refused
        if cursor is not None and cursor.repository != repository:
            cursor = None  # renamed, or shown to others than before: every record says so, so that all are read again
        seen = view.at or (cursor.seen if cursor is not None else self._client.server_now())
        start = Start(
            want=want,
            repository=repository,
            cursor=cursor,
            seen=seen,
            states=view.states.get(want.partition.key, {}) if anchors.matter else None,
            looked_at=view.at,
        )
        reading = IssueReading(self._client, self._spots, start)
        yield from reading.pages()
        if reading.owed:
            owing.append(reading)

    def _failure(self, partition: Partition, exc: ConnectorError) -> PartitionFailure:
        said = str(exc).removeprefix(f"{self._client.connection}: ")
        message = f"{self._client.connection}: {partition.stream} of {partition.key} cannot be read: {said}"
        error = PartitionError(message, connection=self._client.connection, place=exc.place, status=exc.status)
        error.__cause__ = exc
        return PartitionFailure(partitions=frozenset({partition}), error=error)

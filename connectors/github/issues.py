"""Reads issues and pull requests of one repository by keyset, in the order of their last change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from connectors.core.errors import NotFoundError
from connectors.core.port import Json, Page, Partition, Record, Wanted
from connectors.github.client import GithubClient, items_of, next_page
from connectors.github.cursor import UNDELIVERED, UNSEEN, IssuesCursor, KnownAnchor, stamp
from connectors.github.errors import instant
from connectors.github.records import AnchorState, Maker, is_anchor
from connectors.github.repositories import Repository
from connectors.github.spots import Spot, Spots
from connectors.github.walk import first_unless_unchanged, walk

Items = Sequence[Mapping[str, Json]]
States = Mapping[str, AnchorState]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """From where a repository is read.

    Attributes:
        want: The partition.
        repository: The repository as it is now.
        cursor: Where reading stands; None: everything is read.
        seen: Server instant at which ``repository`` was known to be so.
        states: What the known anchors show, by issue id; one that is missing could not be seen. None: they are not
            looked at.
        looked_at: Server instant at which they were looked at.
    """

    want: Wanted
    repository: Repository
    cursor: IssuesCursor | None
    seen: datetime
    states: States | None = None
    looked_at: datetime | None = None


class IssueReading:
    """Reads the issues of one repository, once.

    Anchors that were not known before are held back: what they show is looked at for many repositories together. Until
    they are delivered the cursor names them as owed.

    Args:
        client: The client.
        spots: Learns where the issues are.
        start: From where.
    """

    def __init__(self, client: GithubClient, spots: Spots, start: Start) -> None:
        self._client = client
        self._spots = spots
        self._start = start
        self._held_back: dict[str, Mapping[str, Json]] = {}
        self._overlap = timedelta(seconds=client.settings.overlap_seconds)
        self._states: dict[str, AnchorState] = dict(start.states or {})
        self._delivered: set[str] = set()
        self._as_of: datetime | None = start.looked_at
        self._cursor = IssuesCursor(
            repository=start.repository,
            seen=start.seen,
            since=start.cursor.since if start.cursor is not None else None,
            etags=start.cursor.etags if start.cursor is not None else {},
            anchors=start.cursor.anchors if start.cursor is not None else {},
        )

    def pages(self) -> Iterator[Page]:
        """Pages, the last of which completes the partition, unless anchors are held back (``owed``, ``rest``).

        Page 1 is asked again and again from the last update that was seen, until it is not full: what changes
        meanwhile moves to the end and comes again, and nothing is passed over. One repeat a page.

        Raises:
            NotFoundError: The repository is gone, hidden or moved.
            RefusedError: Its issues may not be read.
        """
        since, etags = self._cursor.since, self._cursor.etags
        while True:
            url = self._url(since)
            answer, asked_at = first_unless_unchanged(self._client, url, etags)
            as_of = self._as_of = self._as_of or asked_at
            if answer is None:
                yield self._last([], as_of)
                return
            items = items_of(self._client, answer, "GET issues")
            if len(items) < self._client.page and next_page(answer) is None:
                self._ask_next(since, {url: answer.etag} if answer.etag else {}, as_of)
                yield self._last(items, as_of)
                return
            last = self._latest(items)
            if since is not None and last <= since:
                # More than a page of one single second: its pages are numbered, and read until they stand still.
                walked = walk(self._client, answer, url, enough=partial(self._passes, last))
                items = list(walked.items.values())
                last = self._latest(items)
                if walked.ended:
                    self._ask_next(since, walked.etags, as_of)
                    yield self._last(items, as_of)
                    return
            since, etags = last, {}
            self._ask_next(since, etags, as_of)
            yield self._page(items, as_of)

    @property
    def partition(self) -> Partition:
        """What is read."""
        return self._start.want.partition

    @property
    def owed(self) -> tuple[Spot, ...]:
        """Anchors held back, to be looked at before ``rest``."""
        return tuple(self._spot(item) for item in self._held_back.values())

    def rest(self, states: Mapping[Spot, AnchorState]) -> Page:
        """The page that completes the partition after anchors were held back.

        Args:
            states: What those of ``owed`` show; one that is missing could not be seen.
        """
        items, self._held_back = self._held_back, {}
        self._states.update({k: states[spot] for k, i in items.items() if (spot := self._spot(i)) in states})
        records = self._delivered_records(list(items.values()))
        return self._whole(records, self._as_of or self._start.seen)

    def _spot(self, item: Mapping[str, Json]) -> Spot:
        return Spot(repository=self._start.repository, number=item["number"])

    def _url(self, since: datetime | None) -> str:
        params: dict[str, str | int] = {
            "direction": "asc",
            "per_page": self._client.page,
            "sort": "updated",
            "state": "all",
        }
        if since is not None:
            params["since"] = stamp(since)
        return f"{self._start.repository.path}/issues?{urlencode(sorted(params.items()))}"

    def _latest(self, items: Items) -> datetime:
        moments = [instant(item.get("updated_at")) for item in items]
        if not moments or None in moments:
            raise self._client.nonsense("GET issues", "an issue without updated_at")
        return max(m for m in moments if m is not None)

    def _passes(self, second: datetime, items: Items) -> bool:
        return self._latest(items) > second

    def _ask_next(self, since: datetime | None, etags: Mapping[str, str], as_of: datetime) -> None:
        """What the next read asks: the same question, so that its ETag holds, unless it is too near to the present."""
        latest = as_of - self._overlap
        if since is not None and since > latest:
            since, etags = latest, {}
        self._cursor = replace(self._cursor, since=since, etags=etags)

    def _page(self, items: Items, as_of: datetime) -> Page:
        records = self._records(items)
        return Page(
            records=records,
            cursors={self.partition: self._cursor.text()},
            complete=frozenset(),
            as_of=as_of,
        )

    def _last(self, items: Items, as_of: datetime) -> Page:
        records = self._records(items)
        others = self._records(self._changed_anchors())
        return self._whole((*records, *others), as_of)

    def _whole(self, records: tuple[Record, ...], as_of: datetime) -> Page:
        """The last page; it completes the partition when nothing is held back."""
        return Page(
            records=records,
            cursors={self.partition: self._cursor.text()},
            complete=frozenset() if self._held_back else frozenset({self.partition}),
            as_of=as_of,
        )

    def _changed_anchors(self) -> Items:
        """Anchors whose project fields or comment changed, though the issue itself did not; read one by one.

        So are those that an earlier read met, and was stopped before it delivered them.
        """
        found = []
        for number, anchor in self._cursor.anchors.items():
            state = self._states.get(number)
            if number in self._delivered or (state.hash() if state is not None else UNSEEN) == anchor.hash:
                continue
            if state is None and anchor.hash != UNDELIVERED:
                continue
            try:
                answer = self._client.get(f"{self._start.repository.path}/issues/{anchor.number}")
            except NotFoundError:
                continue
            if isinstance(answer.body, Mapping) and str(answer.body.get("id")) == number:
                found.append(answer.body)
        return found

    def _records(self, items: Items) -> tuple[Record, ...]:
        """Records of what was answered, without the anchors that are held back."""
        for item in items:
            if isinstance(item.get("number"), int):
                self._spots.note(self._start.repository, item)
        fresh = {str(i.get("id")): i for i in items if self._is_owed(i)}
        for item in items:
            self._held_back.pop(str(item.get("id")), None)  # what came before of the same issue counts no more
        self._held_back.update(fresh)
        self._delivered.update(fresh)
        known = {k: KnownAnchor(number=i["number"], comment="", hash=UNDELIVERED) for k, i in fresh.items()}
        self._cursor = replace(self._cursor, anchors={**self._cursor.anchors, **known})
        return self._delivered_records([i for i in items if str(i.get("id")) not in fresh])

    def _is_owed(self, item: Mapping[str, Json]) -> bool:
        if self._start.states is None or not isinstance(item.get("number"), int):
            return False
        return self._is_anchor(item) and str(item.get("id")) not in self._states

    def _is_anchor(self, item: Mapping[str, Json]) -> bool:
        return is_anchor(item, self._client.settings.anchor_label)

    def _delivered_records(self, items: Items) -> tuple[Record, ...]:
        self._delivered.update(str(item.get("id")) for item in items)
        known = dict(self._cursor.anchors)
        for item in items:
            number = str(item.get("id"))
            state = self._states.get(number)
            if self._is_anchor(item) and self._start.states is not None:
                known[number] = KnownAnchor(
                    number=item["number"],
                    comment=state.comment_node if state is not None else "",
                    hash=state.hash() if state is not None else UNSEEN,
                )
            else:
                known.pop(number, None)
        self._cursor = replace(self._cursor, anchors=known)
        shown = {number: state for number, state in self._states.items() if number in known}
        maker = Maker(client=self._client, place=self.partition.key, repository=self._start.repository, anchors=shown)
        return tuple(maker.issue(item) for item in items)

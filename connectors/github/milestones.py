"""Reads the milestones of a repository: whole, with one conditional request a page while nothing changes."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from connectors.core.port import Page, Record, Wanted
from connectors.github.client import GithubClient
from connectors.github.cursor import MilestonesCursor, milestones_cursor
from connectors.github.records import Maker
from connectors.github.repositories import Repository
from connectors.github.walk import first_unless_unchanged, walk


class MilestoneReading:
    """Reads milestones for one connection."""

    def __init__(self, client: GithubClient) -> None:
        self._client = client

    def read(self, want: Wanted, repository: Repository) -> Page:
        """What changed since the cursor; what a whole read no longer holds was deleted.

        Raises:
            NotFoundError: The repository is gone, hidden or moved.
            RefusedError: Its milestones may not be read.
        """
        cursor = milestones_cursor(want.cursor)
        if cursor is not None and cursor.repository.id != repository.id:
            cursor = None
        url = f"{repository.path}/milestones?" + urlencode({"per_page": self._client.page, "state": "all"})
        etags = cursor.etags if cursor is not None and cursor.repository == repository else {}
        first, as_of = first_unless_unchanged(self._client, url, etags)
        if first is None and cursor is not None:
            return self._page(want, (), cursor, as_of)
        if first is None:
            raise self._client.nonsense("GET milestones", "unchanged, though it was never read")
        walked = walk(self._client, first, url)
        maker = Maker(client=self._client, place=want.partition.key, repository=repository)
        records = [maker.milestone(item) for item in walked.items.values()]
        before = dict(cursor.hashes) if cursor is not None else {}
        gone = [maker.milestone_gone(number) for number in before if int(number) not in walked.items]
        changed = [r for r in records if before.get(r.id) != r.version]
        fresh = MilestonesCursor(repository=repository, etags=walked.etags, hashes={r.id: r.version for r in records})
        return self._page(want, (*changed, *gone), fresh, as_of)

    def _page(self, want: Wanted, records: tuple[Record, ...], cursor: MilestonesCursor, as_of: datetime) -> Page:
        return Page(
            records=records,
            cursors={want.partition: cursor.text()},
            complete=frozenset({want.partition}),
            as_of=as_of,
        )

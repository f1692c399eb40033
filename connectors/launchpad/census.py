"""Looks once a day which bug tasks a project has: Launchpad's search never tells of one that went or came quietly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.core.errors import PartitionError, RefusedError
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.cursor import TasksCursor
from connectors.launchpad.pages import Pager
from connectors.launchpad.records import PUBLIC_TYPES, RESTRICTED_TYPES, task_id
from connectors.launchpad.search import Search

FEW = 25
"""As many tasks may be gone at once without a word: each is asked for by its id."""
_SHARE = 10  # more than a tenth of all at once is an accident until a person says otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Which tasks a project has now.

    Attributes:
        public: Tasks of public bugs, by id.
        restricted: Tasks of all other bugs that this login may see, by id.
    """

    public: dict[str, Entry]
    restricted: dict[str, Entry]

    def news(self, cursor: TasksCursor) -> list[Entry]:
        """Tasks never delivered, or of a bug that became private or public without moving its date."""
        came = [task for number, task in self.public.items() if number not in cursor.public]
        return came + [task for number, task in self.restricted.items() if number not in cursor.restricted]

    def missing(self, cursor: TasksCursor) -> list[str]:
        """Ids of delivered tasks that the project no longer shows: candidates, each to be asked for by its id."""
        return sorted(cursor.known - self.public.keys() - self.restricted.keys())


class Census:
    """Counts the tasks of projects for one connection."""

    def __init__(self, client: LaunchpadClient, pager: Pager, search: Search) -> None:
        self._client = client
        self._pager = pager
        self._search = search
        self._every = timedelta(hours=client.settings.census_hours)
        self._statuses_asked: datetime | None = None

    def due(self, cursor: TasksCursor) -> bool:
        """Whether the last one is too long ago, by the server's time."""
        return cursor.at is not None and (cursor.census is None or cursor.at - cursor.census >= self._every)

    def look(self, project: str, now: datetime) -> Seen:
        """Which tasks there are: one request for 300, apart for public and other bugs, and one for the statuses.

        The statuses are asked for once in the same time, for the whole connection: a task in a status that this release
        does not know would be in no search.

        Args:
            project: The project.
            now: Server instant of the read that this belongs to.
        """
        if self._statuses_asked is None or now - self._statuses_asked >= self._every:
            self._search.ask_statuses(project)
            self._statuses_asked = now
        return Seen(public=self._tasks(project, PUBLIC_TYPES), restricted=self._tasks(project, RESTRICTED_TYPES))

    def brake(self, project: str, cursor: TasksCursor, missing: int) -> None:
        """Stop when too much is gone at once.

        Raises:
            PartitionError: More than 25 tasks and more than a tenth of all.
        """
        known = len(cursor.known)
        if missing <= max(FEW, known // _SHARE):
            return
        message = (
            f"{self._client.connection}: project {project} no longer shows {missing} of {known} bug tasks; nothing was"
            " concluded. Either this login lost its access to private bugs, or they were moved: if that is right, have"
            " the project read again as a whole"
        )
        raise PartitionError(message, connection=self._client.connection, place=f"census of {project}")

    def _tasks(self, project: str, types: tuple[str, ...]) -> dict[str, Entry]:
        try:
            return self._listed(project, types)
        except RefusedError as exc:
            if not self._search.learn(exc):
                raise
            return self._listed(project, types)

    def _listed(self, project: str, types: tuple[str, ...]) -> dict[str, Entry]:
        params = self._search.params(since=None, types=types)
        found: dict[str, Entry] = {}
        for rows in self._pager.rows(project, params, lambda task: task_id(self._client, task)):
            found.update({task_id(self._client, task): task for task in rows.entries})
        return found

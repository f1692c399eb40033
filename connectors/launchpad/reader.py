"""The reading half: cursors in, pages of records out, and records by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from connectors.core.port import Catalog, Page, PartitionFailure, Record, Wanted
from connectors.launchpad.client import LaunchpadClient
from connectors.launchpad.lists import ListReading
from connectors.launchpad.pages import Pager
from connectors.launchpad.records import BLUEPRINTS, BUG_TASKS, MILESTONES
from connectors.launchpad.tasks import TaskReading


class LaunchpadReader:
    """Reads one Launchpad; ``docs/connectors/launchpad.md`` says what may repeat, and why nothing is lost."""

    def __init__(self, client: LaunchpadClient) -> None:
        pager = Pager(client)
        self._tasks = TaskReading(client, pager)
        self._lists = {stream: ListReading(client, pager, stream) for stream in (BLUEPRINTS, MILESTONES)}

    def pull(self, wanted: Sequence[Wanted], catalog: Catalog) -> Iterator[Page | PartitionFailure]:  # noqa: ARG002 - signature of the port; entries come whole
        """See ``connectors.core.port.Reader.pull``.

        A cycle without changes is one search a project; blueprints and milestones are asked for when they are due.
        """
        yield from self._tasks.pull([w for w in wanted if w.partition.stream == BUG_TASKS])
        for stream, reading in self._lists.items():
            yield from reading.pull([w for w in wanted if w.partition.stream == stream], self._tasks.hidden)

    def fetch(
        self,
        stream: str,
        ids: Sequence[str],
        fields: Sequence[str],  # noqa: ARG002 - signature of the port; entries come whole
        catalog: Catalog,  # noqa: ARG002 - signature of the port
    ) -> Mapping[str, Record | None]:
        """See ``connectors.core.port.Reader.fetch``. Two requests a bug task, one a blueprint or milestone."""
        if stream == BUG_TASKS:
            return self._tasks.fetch(ids)
        return self._lists[stream].fetch(ids)

"""Says which bug tasks are wanted: Launchpad's search by default leaves out most of what a status needs."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.core.errors import RefusedError
from connectors.launchpad.client import LaunchpadClient
from connectors.launchpad.errors import choices_named
from connectors.launchpad.records import PUBLIC_TYPES, RESTRICTED_TYPES

STATUSES = (
    "New",
    "Incomplete",
    "Opinion",
    "Invalid",
    "Won't Fix",
    "Expired",
    "Confirmed",
    "Triaged",
    "In Progress",
    "Deferred",
    "Fix Committed",
    "Fix Released",
    "Does Not Exist",
)
"""Every status a bug task can have (measured: what the search names as acceptable)."""
_NO_STATUS = "syncline"  # a value that is none: the refusal names all there are


class Search:
    """Builds the search's parameters, and learns which statuses and information types this Launchpad has."""

    def __init__(self, client: LaunchpadClient) -> None:
        self._client = client
        self._statuses: tuple[str, ...] = STATUSES
        self._unknown_types: frozenset[str] = frozenset()

    def params(self, *, since: datetime | None, types: tuple[str, ...] = ()) -> list[tuple[str, str]]:
        """Tasks in any status, duplicates and targeted ones too, in an order that an edit does not change.

        Args:
            since: Only those whose bug changed after this instant (Launchpad's bound is strict); None: all.
            types: Only those whose bug has one of these information types; empty: all.
        """
        wanted = [
            ("ws.op", "searchTasks"),
            ("order_by", "id"),
            ("omit_duplicates", "false"),
            ("omit_targeted", "false"),
        ]
        wanted += [("status", status) for status in self._statuses]
        wanted += [("information_type", kind) for kind in types if kind not in self._unknown_types]
        if since is not None:
            wanted.append(("modified_since", since.astimezone(UTC).isoformat(timespec="microseconds")))
        return wanted

    def learn(self, exc: RefusedError) -> bool:
        """Take from a refusal which values are acceptable; True when another attempt may succeed."""
        named = choices_named(str(exc))
        if named is None:
            return False
        parameter, values = named
        if parameter == "status":
            # The search also knows two halves of Incomplete, which are no statuses.
            before, self._statuses = self._statuses, tuple(v for v in values if "(" not in v and v != "Unknown")
            return self._statuses != before
        if parameter == "information_type":
            from_us = {kind for kind in PUBLIC_TYPES + RESTRICTED_TYPES if kind not in values}
            before_types, self._unknown_types = self._unknown_types, frozenset(from_us)
            return self._unknown_types != before_types
        return False

    def ask_statuses(self, project: str) -> None:
        """Ask which statuses there are (one request): one that a later Launchpad brings would not be seen otherwise."""
        try:
            self._client.get(project, [("ws.op", "searchTasks"), ("ws.size", "1"), ("status", _NO_STATUS)])
        except RefusedError as exc:
            self.learn(exc)

    @property
    def statuses(self) -> tuple[str, ...]:
        """The statuses that are asked for."""
        return self._statuses

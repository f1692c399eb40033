"""The endpoints getUpdated and getDeleted: ids of what changed in a span of time, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce import stamps
from sandbox.salesforce.errors import refused
from sandbox.salesforce.room import DATA, Room

MAX_AGE = timedelta(days=30)
"""getUpdated reaches back no further (field guide 2.2)."""
MIN_SPAN = timedelta(minutes=1)


class Replication:
    """Endpoints /sobjects/X/updated and /sobjects/X/deleted."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        yield Route(method="GET", path=DATA + "/sobjects/<name>/updated", handler=self.updated)
        yield Route(method="GET", path=DATA + "/sobjects/<name>/deleted", handler=self.deleted)

    def updated(self, call: Call, version: str, name: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Answer ids of records, not deleted, whose SystemModstamp lies in [start, end)."""
        sobject = self._room.sobject(call, name)
        start, end = self._span(call, MAX_AGE)
        first, last = stamps.to_api(start), stamps.to_api(end)
        rows = self._room.state.rows(sobject, deleted=False)
        ids = [row["Id"] for row in rows if first <= row["SystemModstamp"] < last and self._room.visible(call, row)]
        return {"ids": ids, "latestDateCovered": self._covered(end)}

    def deleted(self, call: Call, version: str, name: str) -> Json:  # noqa: ARG002 - see updated
        """Answer ids and instants of deletions in [start, end), purged records too."""
        sobject = self._room.sobject(call, name)
        start, end = self._span(call, self._kept())
        first, last = stamps.to_api(start), stamps.to_api(end)
        table = self._room.state.tables[sobject.name]
        logged = self._room.state.deleted_log.get(sobject.name, [])
        found = {
            record_id: stamp
            for record_id, stamp in logged
            if first <= stamp < last and table.get(record_id, {"IsDeleted": True}).get("IsDeleted")
        }
        return {
            "deletedRecords": [{"deletedDate": stamp, "id": record_id} for record_id, stamp in found.items()],
            "earliestDateAvailable": stamps.to_api(self._room.state.now() - self._kept()),
            "latestDateCovered": self._covered(end),
        }

    def _span(self, call: Call, oldest: timedelta) -> tuple[datetime, datetime]:
        start, end = self._instant(call, "start"), self._instant(call, "end")
        if end - start <= MIN_SPAN:
            message = "The end date must be at least one minute greater than the start date"
            raise refused("INVALID_REPLICATION_DATE", message)
        if start < self._room.state.now() - oldest:
            raise refused("INVALID_REPLICATION_DATE", f"startDate cannot be more than {oldest.days} days ago")
        return start, end

    @staticmethod
    def _instant(call: Call, name: str) -> datetime:
        text = call.args.get(name)
        if not text:
            raise refused("MISSING_ARGUMENT", f"The {name} parameter is required")
        try:
            found = stamps.from_api(text.replace(" ", "+"))  # an unencoded plus arrives as a blank
        except ValueError as error:
            raise refused("ILLEGAL_QUERY_PARAMETER_VALUE", f"Bad value for parameter {name}: {text}") from error
        return found.replace(second=0).astimezone(UTC)  # the platform ignores the seconds

    def _kept(self) -> timedelta:
        """Return how far back deletions are known (field guide 2.3; a switch)."""
        return timedelta(days=self._room.state.switches.deletions_days)

    def _covered(self, end: datetime) -> str:
        return stamps.to_api(min(end, self._room.state.covered_until()))

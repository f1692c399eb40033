"""The small endpoints: versions, the resources of a version, limits, record counts, who I am."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce.room import DATA, Room, actor

FIRST_VERSION = 31
LAST_VERSION = 68
"""API versions served; 31 to 64 are those that SOAP login() is about (field guide 2.1), 68.0 is Winter '27."""

_SEASONS = ("Winter", "Spring", "Summer")
_RESOURCES = (
    *("query", "queryAll", "sobjects", "composite", "limits", "jobs", "search", "parameterizedSearch", "recent"),
    *("tabs", "theme", "appMenu", "actions", "quickActions", "compactLayouts"),
)
_ALLOCATIONS = {
    "ConcurrentAsyncGetReportInstances": 200,
    "DailyAsyncApexExecutions": 250_000,
    "DailyBulkApiBatches": 15_000,
    "DailyBulkV2QueryFileStorageMB": 976_562,
    "DailyBulkV2QueryJobs": 10_000,
    "DataStorageMB": 10_240,
    "FileStorageMB": 10_240,
    "HourlyAsyncReportRuns": 1_200,
    "HourlySyncReportRuns": 500,
    "MassEmail": 5_000,
    "SingleEmail": 5_000,
}
"""Allocations that the stand-in tells but does not count: all of them always remain."""


class Resources:
    """Endpoints that need no object."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        table = (
            ("/services/data", self.versions),
            (DATA, self.resources),
            (DATA + "/limits", self.limits),
            (DATA + "/limits/recordCount", self.record_count),
            (DATA + "/composite", self.composite),
        )
        return [Route(method="GET", path=path, handler=handler) for path, handler in table]

    def versions(self, call: Call) -> Json:  # noqa: ARG002 - the same for all
        """Answer the versions; needs no token."""
        return [
            {"label": season(number), "url": f"/services/data/v{number}.0", "version": f"{number}.0"}
            for number in range(FIRST_VERSION, LAST_VERSION + 1)
        ]

    def resources(self, call: Call, version: str) -> Json:
        """Answer where the resources of a version are."""
        base = f"/services/data/{version}"
        found = {name: f"{base}/{name}" for name in _RESOURCES}
        return {**found, "identity": f"{call.host_url}id/{self._room.state.org.id}/{actor(call).user_id}"}

    def limits(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Answer the org's allocations; API calls alone are counted."""
        state = self._room.state
        uncounted = {name: {"Max": most, "Remaining": most} for name, most in _ALLOCATIONS.items()}
        return {**uncounted, "DailyApiRequests": {"Max": state.quota.limit, "Remaining": state.quota.left}}

    def record_count(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see limits
        """Answer how many records objects have, those named in `sObjects` or all."""
        wanted = {name.strip().lower() for name in call.args.get("sObjects", "").split(",") if name.strip()}
        state, access = self._room.state, actor(call).access
        counts = [
            {
                "count": sum(1 for row in state.rows(sobject, deleted=False) if self._room.visible(call, row)),
                "name": name,
            }
            for name, sobject in state.schema.objects.items()
            if access.sees(sobject) and (not wanted or name.lower() in wanted)
        ]
        return {"sObjects": counts}

    def composite(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see limits
        """Answer where the composite resources are."""
        base = f"/services/data/{version}/composite"
        return {
            "tree": f"{base}/tree",
            "batch": f"{base}/batch",
            "sobjects": f"{base}/sobjects",
            "graph": f"{base}/graph",
        }


def season(number: int) -> str:
    """Return the release of an API version: 59 is Winter '24, and there are three a year."""
    years, place = divmod(number - 59, 3)
    return f"{_SEASONS[place]} '{24 + years}"

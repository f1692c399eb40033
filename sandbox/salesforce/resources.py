"""The small endpoints: versions, the resources of a version, limits, record counts, who I am."""

from __future__ import annotations

from collections.abc import Iterable

from sandbox.core.http import Call, Json, Route, json_response
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.room import DATA, Room, actor

FIRST_VERSION = 31
LAST_VERSION = 68
"""API versions served; 31 to 64 are those that SOAP login() is about (field guide 2.1), 68.0 is Winter '27."""

_SEASONS = ("Winter", "Spring", "Summer")
_RESOURCES = ("query", "queryAll", "sobjects", "composite", "limits", "jobs")


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
            ("/services/oauth2/userinfo", self.user_info),
            ("/id/<org_id>/<user_id>", self.identity),
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
        """Answer the org's allocations that the stand-in counts."""
        state = self._room.state
        return {"DailyApiRequests": {"Max": state.quota.limit, "Remaining": state.quota.left}}

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
        return {"batch": f"{base}/batch", "sobjects": f"{base}/sobjects"}

    def user_info(self, call: Call) -> Json:
        """Answer who the token's user is, in OpenID's words."""
        user = self._room.state.tables["User"][actor(call).user_id]
        return {
            "sub": f"{call.host_url}id/{self._room.state.org.id}/{user['Id']}",
            "user_id": user["Id"],
            "organization_id": self._room.state.org.id,
            "preferred_username": user["Username"],
            "name": user.get("Name"),
            "email": user.get("Email"),
            "active": user["IsActive"],
            "zoneinfo": user.get("TimeZoneSidKey", "UTC"),
        }

    def identity(self, call: Call, org_id: str, user_id: str) -> Json:
        """Answer who the token's user is."""
        user = self._room.state.tables["User"].get(user_id)
        if user is None or org_id != self._room.state.org.id or user_id != actor(call).user_id:
            raise not_found()
        base = f"{call.host_url}services/data/v{{version}}"
        return json_response(
            {
                "id": call.base_url,
                "user_id": user["Id"],
                "organization_id": org_id,
                "username": user["Username"],
                "display_name": user.get("Name"),
                "email": user.get("Email"),
                "active": user["IsActive"],
                "urls": {"rest": base + "/", "query": base + "/query/", "sobjects": base + "/sobjects/"},
            }
        )


def season(number: int) -> str:
    """Return the release of an API version: 59 is Winter '24, and there are three a year."""
    years, place = divmod(number - 59, 3)
    return f"{_SEASONS[place]} '{24 + years}"

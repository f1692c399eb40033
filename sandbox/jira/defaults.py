"""What every site has one of and nobody changes here: the default schemes, screen, avatars and icons."""

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira.model import Row
from sandbox.jira.paging import number, page_bean
from sandbox.jira.permissions import PERMISSIONS
from sandbox.jira.site import Site, Table

_SQUARE = '<rect width="48" height="48" fill="#0052cc"/>'
PICTURE = f'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48">{_SQUARE}</svg>'.encode()
SCHEME_ID = 10_000
SCREEN = {"id": 1, "name": "Default Screen", "description": "The fields of every issue."}
AVATAR_TYPES = ("project", "issuetype", "user", "priority")


class Defaults:
    """The handlers; permissions themselves are lists of users in the state, which no scheme can tell."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        return [
            ("GET", "/permissionscheme", self.permission_schemes),
            ("GET", "/permissionscheme/<int:scheme_id>", self.permission_scheme),
            ("GET", "/project/<ref>/permissionscheme", self.permissions_of),
            ("GET", "/notificationscheme", self.notification_schemes),
            ("GET", "/notificationscheme/<int:scheme_id>", self.notification_scheme),
            ("GET", "/project/<ref>/notificationscheme", self.notifications_of),
            ("GET", "/project/<ref>/avatars", self.avatars_of),
            ("GET", "/avatar/<kind>/system", self.avatars),
            *([("GET", "/screens", self.screens)] if self._site.state.cloud else []),
        ]

    def routes(self) -> list[Route]:
        """List the routes of pictures."""
        paths = ("/secure/useravatar", "/secure/projectavatar", "/secure/viewavatar", "/images/icons/<path:name>")
        return [Route(method="GET", path=path, handler=self.picture) for path in paths]

    def picture(self, _call: Call, **_name: str) -> Response:
        """Give a picture: the same for everything."""
        return Response(PICTURE, content_type="image/svg+xml")

    def permission_schemes(self, call: Call) -> Json:
        """`GET /permissionscheme`."""
        return {"permissionSchemes": [self.permission_scheme(call, SCHEME_ID)]}

    def permission_scheme(self, call: Call, scheme_id: int) -> Json:
        """`GET /permissionscheme/{id}`; `expand=permissions` says that who uses the site has them."""
        self._site.caller(call).require()
        self._known(scheme_id, "permission")
        link = f"{self._site.renderer(call).rest}/permissionscheme/{SCHEME_ID}"
        shown: Row = {"id": SCHEME_ID, "self": link, "name": "Default Permission Scheme", "description": ""}
        if "permissions" in (call.args.get("expand") or ""):
            shown["permissions"] = [
                {"id": at, "self": f"{link}/permission/{at}", "holder": {"type": "applicationRole"}, "permission": key}
                for at, key in enumerate(PERMISSIONS, start=SCHEME_ID)
                if key != "ADMINISTER"
            ]
        return shown

    def permissions_of(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/permissionscheme`."""
        self._site.project(call, ref)
        return self.permission_scheme(call, SCHEME_ID)

    def notification_schemes(self, call: Call) -> Json:
        """`GET /notificationscheme`."""
        return self._bean(call, [self.notification_scheme(call, SCHEME_ID)])

    def notification_scheme(self, call: Call, scheme_id: int) -> Json:
        """`GET /notificationscheme/{id}`: nobody is told by mail."""
        self._site.caller(call).require()
        self._known(scheme_id, "notification")
        link = f"{self._site.renderer(call).rest}/notificationscheme/{SCHEME_ID}"
        name = "Default Notification Scheme"
        return {"id": SCHEME_ID, "self": link, "name": name, "description": "", "notificationSchemeEvents": []}

    def notifications_of(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/notificationscheme`."""
        self._site.project(call, ref)
        return self.notification_scheme(call, SCHEME_ID)

    def screens(self, call: Call) -> Json:
        """`GET /screens` (Cloud)."""
        if not self._site.state.administers(self._site.caller(call).require()):
            raise HttpError(403, "Only administrators may look at screens.")
        return self._bean(call, [dict(SCREEN)])

    def avatars(self, call: Call, kind: str) -> Json:
        """`GET /avatar/{type}/system`."""
        if kind not in AVATAR_TYPES:
            raise HttpError(404, f"There are no avatars of the type '{kind}'.")
        return {"system": [self._avatar(call)]}

    def avatars_of(self, call: Call, ref: str) -> Json:
        """`GET /project/{ref}/avatars`."""
        self._site.project(call, ref)
        return {"system": [{**self._avatar(call), "isSelected": True}], "custom": []}

    def _avatar(self, call: Call) -> Row:
        base = f"{self._site.caller(call).base}/secure/viewavatar?avatarId=10000&size="
        urls = {f"{size}x{size}": f"{base}{size}" for size in (16, 24, 32, 48)}
        return {"id": "10000", "isSystemAvatar": True, "isSelected": False, "isDeletable": False, "urls": urls}

    def _known(self, scheme_id: int, kind: str) -> None:
        if scheme_id != SCHEME_ID:
            raise HttpError(404, f"There is no {kind} scheme with id {scheme_id}.")

    def _bean(self, call: Call, rows: list[Row]) -> Json:
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 50)
        return page_bean(rows, start=start, size=size, link=call.base_url)

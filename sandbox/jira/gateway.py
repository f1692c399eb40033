"""What stands around a Cloud site: `/_edge/tenant_info`, whose an OAuth token is, and the gateway's addresses."""

import hashlib

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira import scopes
from sandbox.jira.model import Row
from sandbox.jira.site import Site

PREFIX = "/ex/jira/"


def cloud_id(site: Site) -> str:
    """Give the site's cloud id: the state's, or one made of its title."""
    given = site.state.site.get("cloud_id")
    digest = hashlib.sha256(str(site.state.site.get("title")).encode()).hexdigest()
    made = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    return str(given or made)


def split(path: str) -> tuple[str, str] | None:
    """Cut a gateway path into cloud id and the site's own path; None when it is none."""
    if not path.startswith(PREFIX):
        return None
    found, slash, rest = path.removeprefix(PREFIX).partition("/")
    return found, slash + rest


class Edge:
    """The handlers that are not the site's own."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List the routes."""
        return [
            Route(method="GET", path="/_edge/tenant_info", handler=self.tenant_info),
            Route(method="GET", path="/me", handler=self.me),
            Route(method="GET", path="/oauth/token/accessible-resources", handler=self.resources),
        ]

    def tenant_info(self, _call: Call) -> Json:
        """`GET /_edge/tenant_info`."""
        if not self._site.state.switches.tenant_info:
            raise HttpError(404, "Not found")
        return {"cloudId": cloud_id(self._site)}

    def resources(self, call: Call) -> Json:
        """`GET /oauth/token/accessible-resources`."""
        row = self._token(call)
        site = self._site.state.site
        shown = [one for one in row["scopes"] if one in scopes.ALL]
        url = site.get("base_url") or call.host_url.rstrip("/")
        name = site.get("title") or "Jira"
        return [{"id": cloud_id(self._site), "name": name, "url": url, "scopes": shown, "avatarUrl": f"{url}/a"}]

    def me(self, call: Call) -> Json:
        """`GET /me`: whose token it is."""
        row = self._token(call)
        if scopes.ME not in row["scopes"]:
            raise HttpError(403, body={"code": 403, "message": "Forbidden; scope does not match"})
        user = self._site.state.users[row["user"]]
        shown = {"account_id": row["user"], "account_type": user.get("accountType", "atlassian")}
        shown |= {"email": user.get("emailAddress"), "name": user.get("displayName"), "account_status": "active"}
        return {**shown, "zoneinfo": user.get("timeZone"), "locale": "en-US", "picture": ""}

    def _token(self, call: Call) -> Row:
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        row = self._site.state.access_tokens.get(token)
        if scheme.casefold() != "bearer" or row is None or self._site.clock.seconds() >= row["expires"]:
            raise HttpError(401, body={"code": 401, "message": "Unauthorized"})
        return row

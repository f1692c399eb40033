"""What stands around a Cloud site: `/_edge/tenant_info`, OAuth tokens, and the gateway's addresses."""

import hashlib

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site

PREFIX = "/ex/jira/"
TOKEN_SECONDS = 3600
"""How long an access token lives."""

SCOPES = ("read:jira-work", "write:jira-work", "read:jira-user", "manage:jira-webhook")


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
            Route(method="POST", path="/oauth/token", handler=self.token),
            Route(method="GET", path="/oauth/token/accessible-resources", handler=self.resources),
        ]

    def tenant_info(self, _call: Call) -> Json:
        """`GET /_edge/tenant_info`."""
        return {"cloudId": cloud_id(self._site)}

    def token(self, call: Call) -> Json:
        """`POST /oauth/token` with client credentials, as `auth.atlassian.com` answers it; JSON or a form."""
        form = body_object(call.json_body()) if call.is_json else dict(call.form)
        if form.get("grant_type") != "client_credentials":
            raise HttpError(400, body={"error": "unsupported_grant_type", "error_description": "Unsupported grant"})
        state = self._site.state
        for client in state.oauth_clients:
            if (client.get("client_id"), client.get("client_secret")) == (
                form.get("client_id"),
                form.get("client_secret"),
            ):
                number = state.next_id("access token")
                token = hashlib.sha256(f"{client['client_id']} {number}".encode()).hexdigest()
                expires = self._site.clock.seconds() + TOKEN_SECONDS
                state.access_tokens[token] = {"user": state.user_id(client["user"]), "expires": expires}
                return {
                    "access_token": token,
                    "expires_in": TOKEN_SECONDS,
                    "scope": " ".join(SCOPES),
                    "token_type": "Bearer",
                }
        raise HttpError(401, body={"error": "access_denied", "error_description": "Unauthorized"})

    def resources(self, call: Call) -> Json:
        """`GET /oauth/token/accessible-resources`."""
        scheme, _, token = call.headers.get("Authorization", "").partition(" ")
        row = self._site.state.access_tokens.get(token)
        if scheme.casefold() != "bearer" or row is None or self._site.clock.seconds() >= row["expires"]:
            raise HttpError(401, body={"code": 401, "message": "Unauthorized"})
        site = self._site.state.site
        url = site.get("base_url") or call.host_url.rstrip("/")
        name = site.get("title") or "Jira"
        return [{"id": cloud_id(self._site), "name": name, "url": url, "scopes": list(SCOPES), "avatarUrl": f"{url}/a"}]

"""The endpoints by which clients get, ask about and give back tokens; and who a token's user is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Handler, Json, Route, json_response
from sandbox.salesforce.auth import Auth
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.flows import Flows, discovery
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.room import Room, actor
from sandbox.salesforce.soap import Soap
from sandbox.salesforce.state import Record

OAUTH = "/services/oauth2/"
SOAP_PATHS = (
    *("/services/Soap/u/<version>", "/services/Soap/u/<version>/<org_id>"),
    *("/services/Soap/c/<version>", "/services/Soap/c/<version>/<org_id>"),
)
OPEN_PATHS = frozenset(
    [
        *(OAUTH + name for name in ("token", "revoke", "introspect", "authorize")),
        *("/.well-known/openid-configuration", "/.well-known/auth-configuration", "/id/keys"),
        *SOAP_PATHS,
    ]
)
"""Route templates that need no token."""


class Login:
    """Endpoints under /services/oauth2, SOAP login, discovery and identity."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", OAUTH + "token", self.token),
            ("GET", OAUTH + "authorize", self.authorize),
            ("POST", OAUTH + "revoke", self.revoke),
            ("GET", OAUTH + "revoke", self.revoke),
            ("POST", OAUTH + "introspect", self.introspect),
            ("GET", OAUTH + "userinfo", self.user_info),
            ("POST", OAUTH + "userinfo", self.user_info),
            ("GET", "/.well-known/openid-configuration", self.discovery),
            ("GET", "/.well-known/auth-configuration", self.configuration),
            ("GET", "/id/keys", self.keys),
            ("GET", "/id/<org_id>/<user_id>", self.identity),
            ("POST", "/id/<org_id>/<user_id>", self.identity),
            *(("POST", path, self.soap) for path in SOAP_PATHS),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def token(self, call: Call) -> Json:
        """Answer POST /services/oauth2/token."""
        form, state = call.form, self._room.state
        flows = Flows(state)
        match form.get("grant_type", ""):
            case "password":
                client, user = flows.password(form)
            case "refresh_token":
                client, user = flows.refresh(form)
            case "authorization_code":
                client, user = flows.code(form)
                return {**Auth(state).grant(call, client, user), "refresh_token": flows.refresh_token(client, user)}
            case _:
                client, user = Auth(state).machine(call, form)
        return Auth(state).grant(call, client, user)

    def authorize(self, call: Call) -> Response:
        """Answer GET /services/oauth2/authorize."""
        return Flows(self._room.state).authorize(call)

    def revoke(self, call: Call) -> Any:
        """Answer /services/oauth2/revoke."""
        return Auth(self._room.state).revoke(call)

    def introspect(self, call: Call) -> Json:
        """Answer /services/oauth2/introspect."""
        return Auth(self._room.state).introspect(call)

    def soap(self, call: Call, version: str, org_id: str | None = None) -> Response:  # noqa: ARG002 - one org
        """Answer a SOAP call."""
        return Soap(self._room.state).answer(call, version)

    def discovery(self, call: Call) -> Json:
        """Answer where OAuth's endpoints are."""
        return discovery(call.host_url.rstrip("/"))

    def configuration(self, call: Call) -> Json:
        """Answer how people log in here."""
        org = self._room.state.org
        return {
            "OrgId": org.id,
            "Url": call.host_url.rstrip("/"),
            "LoginPage": {"LoginPageType": "Standard", "LoginPageUrl": None},
            "AuthProviders": [],
            "SamlProviders": [],
        }

    def keys(self, call: Call) -> Json:  # noqa: ARG002 - a handler's form
        """Answer the keys that sign identity tokens: there are none, as no such token is given."""
        return {"keys": []}

    def user_info(self, call: Call) -> Json:
        """Answer who the token's user is, in OpenID's words."""
        user = self._room.state.tables["User"][actor(call).user_id]
        return {
            "sub": f"{call.host_url}id/{self._room.state.org.id}/{user['Id']}",
            "user_id": user["Id"],
            "organization_id": self._room.state.org.id,
            "preferred_username": user["Username"],
            "nickname": user.get("CommunityNickname"),
            "name": user.get("Name"),
            "given_name": user.get("FirstName"),
            "family_name": user.get("LastName"),
            "email": user.get("Email"),
            "email_verified": True,
            "active": user["IsActive"],
            "user_type": "STANDARD",
            "zoneinfo": user.get("TimeZoneSidKey", "UTC"),
            "locale": user.get("LocaleSidKey", "en_US"),
            "language": user.get("LanguageLocaleKey", "en_US"),
            "utcOffset": 0,
            "updated_at": user["LastModifiedDate"],
            "urls": _urls(call, self._room.state.org.id, user["Id"]),
        }

    def identity(self, call: Call, org_id: str, user_id: str) -> Json:
        """Answer who the token's user is."""
        user = self._room.state.tables["User"].get(to_18(user_id) or "")
        org = self._room.state.org.id
        if user is None or to_18(org_id) != org or user["Id"] != actor(call).user_id:
            raise not_found()
        return json_response({"id": call.base_url, **_identity(user, org), "urls": _urls(call, org, user["Id"])})


def _identity(user: Record, org_id: str) -> dict[str, Any]:
    return {
        "asserted_user": True,
        "user_id": user["Id"],
        "organization_id": org_id,
        "username": user["Username"],
        "nick_name": user.get("CommunityNickname"),
        "display_name": user.get("Name"),
        "email": user.get("Email"),
        "email_verified": True,
        "first_name": user.get("FirstName"),
        "last_name": user.get("LastName"),
        "timezone": user.get("TimeZoneSidKey", "UTC"),
        "mobile_phone": user.get("MobilePhone"),
        "active": user["IsActive"],
        "user_type": "STANDARD",
        "language": user.get("LanguageLocaleKey", "en_US"),
        "locale": user.get("LocaleSidKey", "en_US"),
        "utcOffset": 0,
        "last_modified_date": user["LastModifiedDate"],
    }


def _urls(call: Call, org_id: str, user_id: str) -> dict[str, str]:
    home = call.host_url.rstrip("/")
    base = home + "/services/data/v{version}"
    return {
        "enterprise": home + "/services/Soap/c/{version}/" + org_id[:15],
        "partner": home + "/services/Soap/u/{version}/" + org_id[:15],
        "metadata": home + "/services/Soap/m/{version}/" + org_id[:15],
        "rest": base + "/",
        "sobjects": base + "/sobjects/",
        "search": base + "/search/",
        "query": base + "/query/",
        "recent": base + "/recent/",
        "profile": f"{home}/{user_id}",
    }

"""Who calls: Basic e-mail and token on Cloud, Bearer token (or Basic name and token) on Data Center.

Cloud's gateway (`/ex/jira/{cloudId}`) takes scoped API tokens too, and OAuth access tokens as Bearer.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import tzinfo

from sandbox.core.http import HttpError
from sandbox.jira import stamps
from sandbox.jira.access import Eyes
from sandbox.jira.model import Row
from sandbox.jira.state import State
from sandbox.jira.switches import WrongCredentials

UNAUTHENTICATED = {"message": "Client must be authenticated to access this resource.", "status-code": 401}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """One request's caller, and how answers are written for it.

    Attributes:
        uid: None for an anonymous one.
        failed: credentials were sent and were wrong.
        eyes: what the caller sees.
        version: of the interface, 2 or 3.
        base: address that self links begin with.
        gateway: the request came through the gateway.
        oauth: by an OAuth access token.
        scopes: of that token; None without one.
        node: which node of a Data Center answers, counted from 1.
        zone: in which instants are written.
    """

    uid: str | None
    failed: bool
    eyes: Eyes
    version: int
    base: str
    zone: tzinfo
    zone_name: str
    gateway: bool = False
    oauth: bool = False
    scopes: frozenset[str] | None = None
    node: int = 1

    def require(self) -> str:
        """Give the user's id.

        Raises:
            HttpError: 401 for an anonymous caller.
        """
        if self.uid is None:
            raise HttpError(401, body=UNAUTHENTICATED, headers={"WWW-Authenticate": 'OAuth realm="sandbox"'})
        return self.uid


def identify(
    state: State, authorization: str | None, *, gateway: bool = False, now: float = 0.0
) -> tuple[str | None, bool]:
    """Find the user of an Authorization header: (uid, whether wrong credentials were sent)."""
    if not authorization:
        return None, False
    scheme, _, rest = authorization.partition(" ")
    if scheme.casefold() == "bearer":
        names: tuple[str, ...] = ()
        token = rest.strip()
    else:
        try:
            name, _, token = base64.b64decode(rest.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None, True
        names = (name.casefold(),)
    for uid, row in state.users.items():
        tokens = {row.get("token"), row.get("scoped_token") if gateway else None} - {None, ""}
        if token not in tokens or not row.get("active", True) or _expired(row, now):
            continue
        if names and str(row.get("emailAddress" if state.cloud else "name")).casefold() not in names:
            continue
        if not names and state.cloud:
            continue  # API tokens are not bearer tokens
        return uid, False
    return None, True


def _expired(row: Row, now: float) -> bool:
    return bool(row.get("token_expires")) and stamps.parse_instant(row["token_expires"]) <= now * 1000


def access_token(state: State, authorization: str | None, now: float) -> tuple[str, frozenset[str]] | None:
    """Give the user and the scopes of a live OAuth access token; None when it is none, or has expired."""
    scheme, _, token = (authorization or "").partition(" ")
    row = state.access_tokens.get(token.strip()) if scheme.casefold() == "bearer" else None
    if row is None or now >= row["expires"]:
        return None
    return str(row["user"]), frozenset(row.get("scopes") or ())


def caller(
    state: State,
    authorization: str | None,
    *,
    version: int,
    base: str,
    gateway: bool = False,
    node: int = 1,
    now: float = 0.0,
    session: str = "",
) -> Caller:
    """Make the caller of a request.

    Raises:
        HttpError: 401 on Data Center for wrong credentials, and at the gateway; Cloud's site lets them pass as
            anonymous, unless the switch says otherwise.
    """
    uid, failed = identify(state, authorization, gateway=gateway, now=now)
    if not authorization and session in state.sessions:
        uid = state.sessions[session]
    granted = None
    if (gateway or not state.cloud) and (found := access_token(state, authorization, now)) is not None:
        (uid, granted), failed = found, False
    if gateway and uid is None:
        raise HttpError(401, body={"code": 401, "message": "Unauthorized"})
    refused = state.switches.wrong_credentials is WrongCredentials.REFUSED
    if failed and (refused or not state.cloud):
        raise HttpError(
            401,
            body=UNAUTHENTICATED,
            headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED", "WWW-Authenticate": 'OAuth realm="sandbox"'},
        )
    zone_name = str((state.users[uid].get("timeZone") if uid else None) or state.site.get("time_zone") or "UTC")
    return Caller(
        uid=uid,
        failed=failed,
        eyes=Eyes(state, uid),
        version=version,
        base=base,
        zone=stamps.zone(zone_name),
        zone_name=zone_name,
        gateway=gateway,
        oauth=granted is not None,
        scopes=granted,
        node=node,
    )

"""Who calls: personal access tokens, installation tokens, and the JWT of an app."""

from __future__ import annotations

import base64
import json
from binascii import Error as BinasciiError
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeGuard

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from sandbox.core.http import HttpError
from sandbox.github import ids
from sandbox.github.access import Kind, Rights, error
from sandbox.github.accounts import App, Installation, InstallationToken, Token
from sandbox.github.state import State

JWT_SECONDS = 600
"""How far in the future a JWT may end."""
DRIFT_SECONDS = 60
"""How far in the future it may have been issued."""
JWT_PARTS = 3
ENOUGH, PER_MORE = 20, 50
"""Beyond so many repositories or members, the limit of an installation grows by so much for each."""


def rights_of(state: State, header: str | None) -> Rights:
    """Find the caller by the Authorization header.

    Raises:
        HttpError: 401 when what it bears is not good.
    """
    if not header:
        return Rights()
    secret = _secret(header)
    if token := state.tokens.get(secret):
        return _personal(state, token)
    if issued := state.installation_tokens.get(secret):
        return _installed(state, issued)
    if secret.count(".") == JWT_PARTS - 1 and not secret.startswith("gh"):
        app = _app(state, secret)
        return Rights(kind=Kind.APP, token=secret, owner=f"app {app.id}", app=app.slug, app_id=app.id)
    raise error(401, "Bad credentials")


def repository_ids(state: State, given: Any) -> frozenset[int] | None:
    """Turn `"all"` or a list of `owner/name` into ids; None is all."""
    if given == "all" or not isinstance(given, list):
        return None
    found = (state.repo_once(each) if isinstance(each, str) else state.repos.get(each) for each in given)
    return frozenset(each.id for each in found if each)


def _secret(header: str) -> str:
    scheme, _, rest = header.strip().partition(" ")
    match scheme.lower():
        case "bearer" | "token":
            return rest.strip()
        case "basic":
            try:
                user, _, password = base64.b64decode(rest, validate=True).decode().partition(":")
            except (BinasciiError, UnicodeDecodeError) as problem:
                raise error(401, "Bad credentials") from problem
            return user if password in ("", "x-oauth-basic") else password
        case _:
            raise error(401, "Bad credentials")


def _expired(state: State, expires_at: str | None) -> bool:
    return bool(expires_at) and str(expires_at) <= state.now()


def _personal(state: State, token: Token) -> Rights:
    if _expired(state, token.expires_at):
        raise error(401, "Bad credentials")
    account = state.accounts[token.login.casefold()]
    classic = token.kind == "classic"
    return Rights(
        kind=Kind.CLASSIC if classic else Kind.FINE_GRAINED,
        login=account.login,
        token=token.token,
        owner=f"user {account.id}",
        permissions=token.permissions,
        repositories=None if classic else repository_ids(state, token.repositories),
        scopes=frozenset(token.scopes),
        expires_at=token.expires_at,
    )


def _installed(state: State, issued: InstallationToken) -> Rights:
    found = state.installation(issued.installation)
    if found is None or found[1].suspended or _expired(state, issued.expires_at):
        raise error(401, "Bad credentials")
    app, installation = found
    permissions = {
        name: min(level, installation.permissions[name], key=("read", "write", "admin").index)
        for name, level in issued.permissions.items()
        if name in installation.permissions
    }
    reached = repository_ids(state, installation.repositories)
    asked = repository_ids(state, issued.repositories)
    both = asked if reached is None else reached if asked is None else reached & asked
    return Rights(
        kind=Kind.INSTALLATION,
        login=f"{app.slug}[bot]",
        token=issued.token,
        owner=f"installation {installation.id}",
        permissions=permissions,
        repositories=both,
        account=installation.account,
        app=app.slug,
        app_id=app.id,
        installation=installation.id,
        expires_at=issued.expires_at,
        growth=_growth(state, installation),
    )


def _growth(state: State, installation: Installation) -> int:
    account = state.accounts[installation.account.casefold()]
    counts = (sum(1 for _ in state.owned(account.login)), len(account.members))
    return sum(PER_MORE * max(0, count - ENOUGH) for count in counts)


def _app(state: State, jwt: str) -> App:
    signed, _, signature = jwt.rpartition(".")
    try:
        header, claims = (_json(part) for part in signed.split("."))
        mark = _decoded(signature)
    except (ValueError, BinasciiError) as problem:
        raise _undecodable() from problem
    issuer = str(claims.get("iss"))
    app = next((each for each in state.apps.values() if issuer in (str(each.id), each.client_id)), None)
    if app is None:
        raise error(404, "Integration not found")
    if header.get("alg") != "RS256" or not _verifies(app, signed.encode(), mark):
        raise _undecodable()
    now = state.clock.seconds()
    issued, ends = claims.get("iat"), claims.get("exp")
    if not _number(issued) or issued > now + DRIFT_SECONDS:
        text = "must be an Integer representing the time that the assertion was issued"
        raise error(401, f"'Issued at' claim ('iat') {text}")
    if not _number(ends) or ends <= now:
        text = "must be a numeric value representing the future time at which the assertion expires"
        raise error(401, f"'Expiration time' claim ('exp') {text}")
    if ends > now + JWT_SECONDS + DRIFT_SECONDS:
        raise error(401, "'Expiration time' claim ('exp') is too far in the future")
    return app


def _undecodable() -> HttpError:
    return error(401, "A JSON web token could not be decoded")


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _json(text: str) -> dict[str, Any]:
    value = json.loads(_decoded(text))
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for all that cannot be decoded
    return value


def _verifies(app: App, signed: bytes, signature: bytes) -> bool:
    try:
        key = load_pem_public_key(app.public_key.encode())
        if isinstance(key, RSAPublicKey):
            key.verify(signature, signed, PKCS1v15(), SHA256())
            return True
    except (ValueError, UnsupportedAlgorithm, InvalidSignature):
        return False
    return False


def new_token(state: State, app: App, serial: int, claims: Iterable[object]) -> str:
    """Make the text of an installation token; deterministic, so worthless outside a sandbox."""
    text = "".join(ids.sha(app.slug, serial, *claims, part) for part in range(6))
    if not state.switches.long_tokens:
        return f"ghs_{text[:36]}"
    return f"ghs_{app.id}_{text[:80]}.{text[80:160]}.{text[160:]}"


def seconds_of(instant: str) -> float:
    """Turn an instant of the state into seconds since the epoch."""
    return datetime.fromisoformat(instant).timestamp()

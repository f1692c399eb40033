"""OAuth 1.0 with the PLAINTEXT signature, and the levels of tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote

from sandbox.core.http import Call, HttpError
from sandbox.launchpad.session import Level

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person
    from sandbox.launchpad.store import Store

_PART = re.compile(r'(\w+)=(?:"([^"]*)"|([^",\s]+))')


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token.

    Attributes:
        consumer: the application it was made for; None passes any.
        expires: after this instant it is refused.
    """

    key: str
    secret: str
    person: str
    level: Level = Level.WRITE_PRIVATE
    consumer: str | None = None
    expires: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RequestToken:
    """A token that waits for a person's word: a level, UNAUTHORIZED for a refusal, or nothing yet."""

    key: str
    secret: str
    consumer: str
    person: str = ""
    level: Level | None = None


def identify(store: Store, call: Call, now: datetime) -> tuple[Person | None, Level]:
    """Find out who calls, by the header, or by the parameters of the same names where the switch lets them count.

    Anonymous callers send no token, or an empty one; they may read what is public.

    Raises:
        HttpError: 401 with the reason as text, for a token, consumer or signature that is wrong.
    """
    given = _parameters(call, anywhere=store.switches.oauth_in_parameters)
    key = given.get("oauth_token", "")
    if not key:
        return None, Level.READ_PUBLIC
    token = next((one for one in store.tokens if one.key == key), None)
    if token is None:
        raise HttpError(401, f"Unknown access token ({key}).")
    consumer = given.get("oauth_consumer_key", "")
    if token.consumer not in (None, consumer, consumer.replace("+", " ")):  # the manual's header has `just+testing`
        raise HttpError(401, f"Unknown consumer ({consumer}).")
    if token.expires is not None and token.expires <= now:
        raise HttpError(401, f"Expired token ({key}).")
    if given.get("oauth_signature_method", "PLAINTEXT") != "PLAINTEXT":
        raise HttpError(401, "Invalid signature.")
    if given.get("oauth_signature") != f"&{token.secret}":
        raise HttpError(401, "Invalid signature.")
    person = store.person(token.person)
    if person is None or token.level is Level.UNAUTHORIZED:
        raise HttpError(401, f"Unknown access token ({key}).")
    return person, token.level


def _parameters(call: Call, *, anywhere: bool) -> dict[str, str]:
    """Read them from the header, or where a switch says so from the query or a form."""
    header = call.headers.get("Authorization", "")
    if header[:6].lower() == "oauth ":
        return {name: unquote(quoted or bare) for name, quoted, bare in _PART.findall(header[6:])}
    if not anywhere:
        return {}
    form = call.get_data(as_text=True) if call.mimetype == "application/x-www-form-urlencoded" else ""
    return dict(parse_qsl(call.query_string.decode("latin-1")) + parse_qsl(form))

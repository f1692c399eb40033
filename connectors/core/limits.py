"""Tells whether an answer says that a limit of requests is reached, and how long to wait, in every form tools use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import requests

_REFUSED = 403
_TOO_MANY = 429
_SECONDARY_S = 60.0
"""GitHub: "wait for at least one minute" when a secondary limit names no time (its documentation of rate limits)."""
_WORDS = ("rate limit", "abuse detection")
_LONGEST_BODY = 100_000  # bytes; an answer that tells of a limit is short


def wait_without_429(response: requests.Response, *, wait_s: float | None, now: datetime) -> float | None:
    """Seconds to wait if the answer says that a limit is reached and nothing was done; None: it does not say so.

    A 403 counts when it bears ``Retry-After``, a spent ``X-RateLimit-Remaining`` with an epoch reset, or says so in
    words (GitHub's primary and secondary limits); a 200 when it is a GraphQL answer without data whose errors are
    ``RATE_LIMITED``. A 429 is told by its status alone; ``wait_after_429`` says for how long.

    Args:
        response: The whole answer.
        wait_s: What its ``Retry-After`` asks for, or None.
        now: The instant, for servers that send no ``Date``.
    """
    if response.status_code == _REFUSED:
        until_reset = _until_reset(response, now)
        spoken = _says_limit(response)
        if wait_s is None and until_reset is None and not spoken:
            return None
        return wait_s if wait_s is not None else until_reset if until_reset is not None else _SECONDARY_S
    if response.ok and _graphql_limited(response):
        return wait_s if wait_s is not None else _until_reset(response, now) or _SECONDARY_S
    return None


def wait_after_429(response: requests.Response, *, wait_s: float | None, now: datetime) -> float | None:
    """Seconds to wait after a 429: as it asks, else until the stated reset, else a minute for a secondary limit."""
    if wait_s is not None:
        return wait_s
    until_reset = _until_reset(response, now)
    if until_reset is not None:
        return until_reset
    return _SECONDARY_S if _says_limit(response) else None


def _until_reset(response: requests.Response, now: datetime) -> float | None:
    """Seconds until a spent limit is renewed, by the server's own clock; None: not spent, or the reset is no epoch."""
    left = response.headers.get("X-RateLimit-Remaining", "").strip()
    reset = response.headers.get("X-RateLimit-Reset", "").strip()
    if left != "0" or not reset.isdigit():
        return None
    return max(1.0, float(reset) - _server_now(response, now).timestamp())


def _server_now(response: requests.Response, now: datetime) -> datetime:
    said = response.headers.get("Date")
    try:
        date = parsedate_to_datetime(said) if said else now
    except ValueError:
        return now
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def _body(response: requests.Response) -> Mapping[str, object]:
    if len(response.content) > _LONGEST_BODY:
        return {}
    try:
        body = json.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _says_limit(response: requests.Response) -> bool:
    message = str(_body(response).get("message") or "").casefold()
    return any(words in message for words in _WORDS)


def _graphql_limited(response: requests.Response) -> bool:
    if b"RATE_LIMIT" not in response.content[:_LONGEST_BODY]:
        return False
    body = _body(response)
    errors = body.get("errors")
    data = body.get("data")
    if not isinstance(errors, list) or (isinstance(data, dict) and any(v is not None for v in data.values())):
        return False
    kinds = [e.get("type") for e in errors if isinstance(e, dict)]
    return bool(kinds) and all(kind in ("RATE_LIMITED", "RATE_LIMIT") for kind in kinds)

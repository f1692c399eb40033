"""The rate limits: primary ones by the hour, secondary ones by the minute, and how GitHub refuses beyond them."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.core.clock import Clock
from sandbox.core.http import HttpError
from sandbox.github.access import Kind, Rights, error
from sandbox.github.switches import LimitForm, Limits

DOCS = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"
SECONDARY_DOCS = f"{DOCS}#about-secondary-rate-limits"
UNLIMITED = 1_000_000_000
"""Stands for no limit; nothing is shown of it."""
APP_MOST = 12_500
"""What the limit of an installation grows to at most."""
HOUR, MINUTE = 3600.0, 60.0


@dataclass(slots=True)
class _Window:
    began: float
    used: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a caller stands with one resource. `reset` is seconds since the epoch."""

    limit: int
    used: int
    reset: int
    resource: str

    @property
    def remaining(self) -> int:
        """What is left."""
        return max(0, self.limit - self.used)

    def headers(self) -> dict[str, str]:
        """Give the headers of an answer."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Resource": self.resource,
        }

    def as_json(self) -> dict[str, int]:
        """Give the entry of `/rate_limit`."""
        return {
            "limit": self.limit,
            "used": self.used,
            "remaining": self.remaining,
            "reset": self.reset,
        }


class Crowd:
    """Counts the requests that are under way, by token; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sizes: Counter[str] = Counter()

    @contextmanager
    def joined(self, token: str) -> Iterator[int]:
        """Count a request while the block lasts; gives how many there are with it."""
        with self._lock:
            self._sizes[token] += 1
            size = self._sizes[token]
        try:
            yield size
        finally:
            with self._lock:
                self._sizes[token] -= 1
                if not self._sizes[token]:
                    del self._sizes[token]


class Meter:
    """Counts what callers use. Used under the service's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self._forced = 0

    def clear(self) -> None:
        """Begin all windows anew."""
        self._windows.clear()
        self._forced = 0

    def force(self, times: int) -> None:
        """Refuse so many requests to come for a secondary limit."""
        self._forced = times

    def set_remaining(self, limits: Limits, resource: str, remaining: int, owner: str | None) -> None:
        """Let callers that were seen (or the one named) have so much left of a resource."""
        for (who, what), window in self._windows.items():
            if what == resource and owner in (None, who):
                window.used = self._limit(limits, who, resource) - remaining

    def standing(self, limits: Limits, rights: Rights, resource: str) -> Standing:
        """Say how a caller stands."""
        span = MINUTE if resource == "search" else HOUR
        window = self._window(rights.owner, resource, span)
        limit = self._limit(limits, rights.owner, resource)
        if resource == "core" and rights.growth and limits.app_grows and limits.app is not None:
            limit = max(limit, min(limit + rights.growth, APP_MOST))
        return Standing(
            limit=limit,
            used=window.used,
            reset=math.ceil(window.began + span),
            resource=resource,
        )

    def check(self, limits: Limits, rights: Rights, resource: str) -> None:
        """Refuse at the primary limit.

        Raises:
            HttpError: 403 or 429.
        """
        standing = self.standing(limits, rights, resource)
        if standing.remaining > 0:
            return
        who = "127.0.0.1. (But here's the good news: Authenticated requests get a higher rate limit.)"
        if rights.kind is not Kind.ANONYMOUS:
            who = f"{rights.owner.replace('user', 'user ID').replace('installation', 'installation ID')}."
        raise error(int(limits.primary_status), f"API rate limit exceeded for {who}", docs=DOCS)

    def use(self, rights: Rights, resource: str, points: int = 1) -> None:
        """Count a request (or points) against the primary limit."""
        self._window(rights.owner, resource, MINUTE if resource == "search" else HOUR).used += points

    def secondary(self, limits: Limits, rights: Rights, *, points: int, graphql: bool, creates: bool) -> None:
        """Count a request against the secondary limits, and refuse it beyond one.

        Raises:
            HttpError: 403 or 429.
        """
        if self._forced > 0:
            self._forced -= 1
            raise self._refusal(limits, limits.retry_after_seconds)
        kinds = [("points graphql" if graphql else "points", points, self._points(limits, graphql), MINUTE)]
        if creates:
            kinds.append(("content minute", 1, limits.content_minute, MINUTE))
            kinds.append(("content hour", 1, limits.content_hour, HOUR))
        for name, cost, limit, span in kinds:
            window = self._window(rights.owner, name, span)
            if limit is not None and window.used + cost > limit:
                rest = math.ceil(window.began + span - self._clock.seconds())
                raise self._refusal(limits, max(rest, limits.retry_after_seconds))
            window.used += cost

    def crowded(self, limits: Limits, size: int) -> None:
        """Refuse a request when too many are under way; raises HttpError 403 or 429."""
        if limits.concurrent is not None and size > limits.concurrent:
            raise self._refusal(limits, limits.retry_after_seconds)

    def take_back(self, rights: Rights, *, points: int) -> None:
        """Forget the points of a request that turned out to be free."""
        self._window(rights.owner, "points", MINUTE).used -= points

    @staticmethod
    def _points(limits: Limits, graphql: bool) -> int | None:  # noqa: FBT001 - one of two tables
        return limits.graphql_points if graphql else limits.rest_points

    @staticmethod
    def _refusal(limits: Limits, seconds: int) -> HttpError:
        headers = {"Retry-After": str(seconds)} if limits.secondary_form is LimitForm.RETRY_AFTER else {}
        text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return error(int(limits.secondary_status), text, headers=headers, docs=SECONDARY_DOCS)

    @staticmethod
    def _limit(limits: Limits, owner: str, resource: str) -> int:
        match resource:
            case "graphql":
                limit = limits.graphql
            case "search":
                limit = limits.search
            case _ if owner == "anonymous":
                limit = limits.anonymous
            case _ if owner.startswith("installation"):
                limit = limits.app
            case _:
                limit = limits.user
        return UNLIMITED if limit is None else limit

    def _window(self, owner: str, resource: str, span: float) -> _Window:
        now = self._clock.seconds()
        window = self._windows.get((owner, resource))
        if window is None or now >= window.began + span or now < window.began:
            window = self._windows[owner, resource] = _Window(now)
        return window

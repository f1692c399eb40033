"""The rate limits: Cloud's three (points an hour, bursts, writes to one issue) and Data Center's token bucket."""

import math
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.core.clock import Clock
from sandbox.core.http import HttpError
from sandbox.jira.switches import Limits

HOUR_SECONDS = 3600.0
NEAR = 0.2
"""`X-RateLimit-NearLimit` is said when less than this part is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request as the limits see it.

    Attributes:
        who: the user, or `anonymous`.
        route: method and route template.
        issue: id of the issue that is written; None when none is.
        oauth: whether the caller came by an OAuth token.
        node: of a Data Center.
    """

    who: str
    route: str
    issue: str | None = None
    oauth: bool = False
    node: int = 1


@dataclass(slots=True, kw_only=True)
class _Bucket:
    tokens: float
    at: float


class Meter:
    """Counts what callers use. Used under the service's lock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, ...], tuple[float, int]] = {}
        self._writes: dict[str, deque[float]] = {}
        self._buckets: dict[tuple[str, int], _Bucket] = {}

    def clear(self) -> None:
        """Forget what was used."""
        self._windows.clear()
        self._writes.clear()
        self._buckets.clear()

    def check(self, limits: Limits, ask: Ask, *, cloud: bool) -> dict[str, str]:
        """Count a request, and refuse it beyond a limit; gives the headers that its answer bears.

        Raises:
            HttpError: 429.
        """
        if not cloud:
            return self._bucket(limits, ask)
        headers: dict[str, str] = {}
        if limits.burst_per_second is not None:
            headers = self._window(limits, ("burst", ask.route), limits.burst_per_second, 1.0, "jira-burst-based")
        if limits.quota_points is not None and (ask.oauth or limits.quota_for_api_tokens):
            key = ("quota", ask.who)
            headers = self._window(limits, key, limits.quota_points, HOUR_SECONDS, "jira-quota-tenant-based")
        if ask.issue is not None:
            self._issue(limits, ask.issue)
        return headers

    def read(self, limits: Limits, ask: Ask, objects: int) -> None:
        """Count the objects that a request gave."""
        if limits.quota_points is not None and (ask.oauth or limits.quota_for_api_tokens):
            began, used = self._windows.get(("quota", ask.who), (self._clock.seconds(), 0))
            self._windows["quota", ask.who] = (began, used + objects * limits.points_per_object)

    def _window(self, limits: Limits, key: tuple[str, ...], limit: int, span: float, reason: str) -> dict[str, str]:
        now = self._clock.seconds()
        began, used = self._windows.get(key, (now, 0))
        if not began <= now < began + span:
            began, used = now, 0
        left = max(0, limit - used - 1)
        headers = _headers(limit, left, began + span, reason, int(span))
        if used >= limit:
            raise _refusal(limits, began + span - now, reason, headers)
        self._windows[key] = (began, used + 1)
        return headers

    def _issue(self, limits: Limits, issue: str) -> None:
        now, reason = self._clock.seconds(), "jira-per-issue-on-write"
        times = self._writes.setdefault(issue, deque())
        while times and not now - 30.0 < times[0] <= now:
            times.popleft()
        for limit, span in ((limits.issue_writes_2s, 2.0), (limits.issue_writes_30s, 30.0)):
            inside = [one for one in times if one > now - span]
            if limit is not None and len(inside) >= limit:
                free = inside[len(inside) - limit] + span
                raise _refusal(limits, free - now, reason, _headers(limit, 0, free, reason, int(span)))
        times.append(now)

    def _bucket(self, limits: Limits, ask: Ask) -> dict[str, str]:
        if limits.bucket_size is None:
            return {}
        now = self._clock.seconds()
        key = (ask.who, ask.node)
        bucket = self._buckets.setdefault(key, _Bucket(tokens=limits.bucket_size, at=now))
        rounds = max(0, math.floor((now - bucket.at) / limits.bucket_seconds))
        bucket.tokens = min(limits.bucket_size, bucket.tokens + rounds * limits.bucket_fill)
        bucket.at += rounds * limits.bucket_seconds
        headers = {
            "X-RateLimit-Limit": str(limits.bucket_size),
            "X-RateLimit-Remaining": str(max(0, int(bucket.tokens) - 1)),
            "X-RateLimit-FillRate": str(limits.bucket_fill),
            "X-RateLimit-Interval-Seconds": str(limits.bucket_seconds),
        }
        if bucket.tokens < 1:
            wait = bucket.at + limits.bucket_seconds - now
            after = {"retry-after": str(max(1, math.ceil(wait)))} if limits.retry_after else {}
            raise HttpError(429, "Rate limit exceeded.", headers={**headers, **after})
        bucket.tokens -= 1
        return headers


def _headers(limit: int, left: int, reset: float, reason: str, span: int) -> dict[str, str]:
    instant = datetime.fromtimestamp(math.ceil(reset), tz=UTC)
    headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": instant.strftime("%Y-%m-%dT%H:%MZ"),
        "Beta-RateLimit-Policy": f'"{reason}";q={limit};w={span}',
        "Beta-RateLimit": f'"{reason}";r={left}',
    }
    if left < limit * NEAR:
        headers["X-RateLimit-NearLimit"] = "true"
    return headers


def _refusal(limits: Limits, wait: float, reason: str, headers: dict[str, str]) -> HttpError:
    told = {**headers, "RateLimit-Reason": reason, "X-RateLimit-Remaining": "0"}
    if limits.retry_after:
        told["Retry-After"] = str(max(1, math.ceil(wait)))
    return HttpError(429, "Rate limit exceeded. Please retry later.", headers=told)

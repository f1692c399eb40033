"""Judges what came back for one HTTP request: an answer for the client library, or a trouble of a known sort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from connectors.core.limits import wait_after_429, wait_without_429

_CHUNK_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LIMITED = 429
_UNAVAILABLE = 503
_GATEWAY = frozenset({502, 503, 504})  # answered by something in front of the tool, or the tool itself is restarting
_DOUBTFUL_WRITE = frozenset({500, 502, 503, 504})  # the effect of a write is not known after these
_SOME_ID = re.compile(
    r"\d{2,}"  # numbers (single digits are API versions)
    r"|[A-Z][A-Z0-9_]*-\d+"  # Jira keys
    r"|(?=[A-Za-z]*\d)[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?:-\d+)?"  # Salesforce ids and query locators
    r"|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}"  # UUIDs
    r"|R-[0-9A-Za-z]+"  # external ids of risks
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a request did not give an answer that a client library should see.

    Attributes:
        message: For a person; no query, no body.
        status: HTTP status, or None when no answer came.
        transient: Another attempt may mend it.
        no_effect: A write certainly had no effect.
        fatal: A person must act first.
        retry_after_s: Seconds that the tool asked for.
    """

    message: str
    status: int | None = None
    transient: bool = False
    no_effect: bool = False
    fatal: bool = False
    retry_after_s: float | None = None


class OversizeError(requests.RequestException):
    """The answer is larger than allowed."""


def route_of(url: str, *, keep_ids: bool = False) -> str:
    """Path of ``url`` without its query; segments that look like ids are shown as ``{}`` unless they are to be kept."""
    path = urlsplit(url).path or "/"
    if keep_ids:
        return path
    return "/".join("{}" if _SOME_ID.fullmatch(part) else part for part in path.split("/"))


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds asked for by a ``Retry-After`` header in either form (seconds, HTTP date); None: absent or nonsense."""
    if value is None:
        return None
    text = value.strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def read_body(response: requests.Response, *, limit: int, timeout_s: float, now: Callable[[], float]) -> None:
    """Read the whole body into ``response``, as it comes in: one that drips must not outlast the time allowed.

    Raises:
        OversizeError: More than ``limit`` bytes (after decompression).
        requests.Timeout: Still coming after ``timeout_s`` seconds.
        urllib3.exceptions.HTTPError: Truncated or undecodable.
    """
    deadline = now() + timeout_s
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > limit:
                raise OversizeError(f"more than {limit} bytes")
            if now() > deadline:
                raise requests.ReadTimeout(f"still coming after {timeout_s:g} s")
            chunks.append(chunk)
    except (requests.RequestException, HTTPError, OSError):
        response.close()
        raise
    response._content = b"".join(chunks)  # noqa: SLF001 - requests has no public way to hand over a body already read


def judge_failure(exc: Exception, *, timeout_s: float) -> Trouble:
    """What it means that no whole answer came."""
    text = " ".join(str(part) for part in _chain(exc))
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return Trouble(
            message="the server's certificate is not trusted; if your own authority signed it, set ca_file",
            fatal=True,
            no_effect=True,
        )
    if isinstance(exc, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
        return Trouble(message="the address is not valid; check url", fatal=True, no_effect=True)
    if isinstance(exc, requests.ConnectTimeout):
        return Trouble(message="no connection within the time allowed", transient=True, no_effect=True)
    if isinstance(exc, requests.Timeout) or "timed out" in text:
        return Trouble(message=f"no whole answer within {timeout_s:g} s", transient=True)
    if isinstance(exc, OversizeError):
        return Trouble(message=f"the answer is too large: {exc}")
    if any(isinstance(part, NewConnectionError) for part in _chain(exc)):
        return Trouble(message="cannot connect (refused, or the name is not known)", transient=True, no_effect=True)
    return Trouble(message="the connection broke before the whole answer had come", transient=True)


def judge_answer(
    request: requests.PreparedRequest, response: requests.Response, *, safe: bool, now: datetime
) -> Trouble | None:
    """What keeps a whole answer from being given to the client library; None: nothing does."""
    status = response.status_code
    wait = retry_after(response.headers.get("Retry-After"), now)
    if status in _REDIRECTS and "Location" in response.headers:
        return _judge_redirect(request, response)
    if status == _LIMITED:
        wait = wait_after_429(response, wait_s=wait, now=now)
        return Trouble(
            message="too many requests (429); the tool asks to wait" + _for(wait),
            status=status,
            transient=True,
            no_effect=True,
            retry_after_s=wait,
        )
    pause = wait_without_429(response, wait_s=wait, now=now)
    if pause is not None:
        return Trouble(
            message=f"a limit of requests is reached ({status}); the tool asks to wait" + _for(pause),
            status=status,
            transient=True,
            no_effect=True,
            retry_after_s=pause,
        )
    if status in (_GATEWAY if safe else _DOUBTFUL_WRITE):
        limited = status == _UNAVAILABLE and wait is not None and _has_limit_header(response)
        return Trouble(
            message=f"the tool answered {status}" + _for(wait),
            status=status,
            transient=True,
            no_effect=limited,
            retry_after_s=wait,
        )
    if response.ok and _is_html(response):
        return Trouble(message=f"answered HTML ({status}), a login page or a proxy? expected JSON", status=status)
    return None


def _judge_redirect(request: requests.PreparedRequest, response: requests.Response) -> Trouble | None:
    here = urlsplit(request.url or "")
    there = urlsplit(urljoin(request.url or "", response.headers["Location"]))
    if (here.scheme, here.netloc) == (there.scheme, there.netloc) and request.method in ("GET", "HEAD"):
        return None
    return Trouble(
        message=f"redirected ({response.status_code}) to {there.scheme}://{there.hostname}; redirects to another host,"
        " and of anything but a plain read, are not followed. Set url to the tool's own address",
        status=response.status_code,
        fatal=True,
        no_effect=True,
    )


def _is_html(response: requests.Response) -> bool:
    head = response.content[:200].lstrip().lower()
    if not head:
        return False
    said = "html" in response.headers.get("Content-Type", "").lower()
    return head.startswith((b"<!doctype html", b"<html")) or (said and head.startswith(b"<"))


def _has_limit_header(response: requests.Response) -> bool:
    return any("ratelimit" in name.lower().replace("-", "") for name in response.headers)


def _for(wait_s: float | None) -> str:
    return "" if wait_s is None else f" {wait_s:g} s"


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """``exc`` and what it was raised from or wraps (urllib3 keeps the reason as an argument)."""
    seen: set[int] = set()
    todo: list[BaseException] = [exc]
    while todo:
        part = todo.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        todo.extend(a for a in part.args if isinstance(a, BaseException))
        if isinstance(part, MaxRetryError) and part.reason is not None:
            todo.append(part.reason)
        if part.__cause__ is not None:
            todo.append(part.__cause__)

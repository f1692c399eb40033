"""Tells webhooks what happened: signed as GitHub signs, to addresses on loopback alone, each once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import logging
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sandbox.core.http import dumps
from sandbox.github import ids
from sandbox.github.accounts import Delivery, Hook, Installation
from sandbox.github.auth import repository_ids
from sandbox.github.edits import News
from sandbox.github.payloads import payload
from sandbox.github.render_issues import IssueRender
from sandbox.github.state import State

LOGGER = logging.getLogger(__name__)
ANSWER_SECONDS = 10.0
"""How long GitHub waits for an answer."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
KEPT_ANSWER_BYTES = 10_000
FAILED, TIMED_OUT = (502, "failed to connect to host"), (504, "timed out")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    state: State
    hook: Hook
    delivery: Delivery


class Webhooks:
    """Delivers in one thread, in order; the thread starts with the first delivery.

    Args:
        lock: the service's, taken to write down how a delivery went.
    """

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._jobs: queue.Queue[_Job] = queue.Queue()
        self._thread: threading.Thread | None = None

    def take(self, news: News, render: IssueRender) -> None:
        """Send news to the hooks that want them. Called under the lock; the payload is written at once."""
        if news.event == "redelivery":
            self._again(render.state, news.more["hook"], news.more["delivery"])
            return
        told = [(news.more["hook"], None)] if news.event == "ping" else list(_listening(render.state, news))
        if not told:
            return
        body = payload(news, render)
        for hook, installation in told:
            number = render.state.next_id("delivery")
            self._put(
                render.state,
                hook,
                Delivery(
                    id=number,
                    hook=hook.id,
                    guid=str(uuid.UUID(hex=ids.sha("delivery", number, hook.id)[:32])),
                    event=news.event,
                    action=news.action,
                    repository_id=news.repo.id if news.repo else None,
                    installation_id=installation,
                    payload=body if installation is None else {**body, "installation": _installation(installation)},
                ),
            )

    def _again(self, state: State, hook: Hook, earlier: Delivery) -> None:
        again = Delivery(
            id=state.next_id("delivery"),
            hook=hook.id,
            guid=earlier.guid,
            event=earlier.event,
            action=earlier.action,
            repository_id=earlier.repository_id,
            installation_id=earlier.installation_id,
            payload=earlier.payload,
            redelivery=True,
        )
        self._put(state, hook, again)

    def _put(self, state: State, hook: Hook, delivery: Delivery) -> None:
        self._jobs.put(_Job(state=state, hook=hook, delivery=delivery))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sandbox-webhooks", daemon=True)
            self._thread.start()

    def drain(self) -> None:
        """Wait until everything is delivered. Not to be called under the lock."""
        self._jobs.join()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                self._deliver(job)
            except Exception:  # the boundary of one delivery: the thread must make the next one
                LOGGER.exception("delivery %s failed", job.delivery.id)
            finally:
                self._jobs.task_done()

    def _deliver(self, job: _Job) -> None:
        hook, delivery = job.hook, job.delivery
        body, headers = _request(job)
        began = time.monotonic()
        answer: dict[str, str] = {}
        text = None
        try:
            code, answer, text = _post(hook.url, body, headers)
            status = "OK" if code < 400 else f"Invalid HTTP Response: {code}"
        except TimeoutError:
            code, status = TIMED_OUT
        except (OSError, ValueError, http.client.HTTPException):
            code, status = FAILED
        with self._lock:
            delivery.duration = round(time.monotonic() - began, 2)
            delivery.delivered_at = job.state.now()
            delivery.status_code, delivery.status = code, status
            delivery.request_headers, delivery.response_headers = headers, answer
            delivery.response_body = text
            hook.last_status = code
            job.state.deliveries.append(delivery)


_PERMISSIONS = {
    "issues": "issues",
    "issue_comment": "issues|pull_requests",
    "label": "issues|pull_requests",
    "milestone": "issues|pull_requests",
    "sub_issues": "issues",
    "issue_dependencies": "issues",
    "pull_request": "pull_requests",
    "pull_request_review": "pull_requests",
    "pull_request_review_comment": "pull_requests",
    "release": "contents",
    "repository": "metadata",
    "projects_v2_item": "organization_projects",
}
"""What an installation must have been given to hear of an event."""


def _listening(state: State, news: News) -> Iterator[tuple[Hook, int | None]]:
    """List the hooks that want some news; with those of apps goes the installation that hears it."""
    hooks = list(news.repo.hooks) if news.repo else []
    owner = news.organization or (news.repo.owner if news.repo else "")
    hooks += state.organization_hooks.get(owner.casefold(), [])
    yield from ((each, None) for each in hooks if _wants(each, news))
    for app in state.apps.values():
        if app.hook is None or not _wants(app.hook, news):
            continue
        for each in app.installations:
            if each.account.casefold() == owner.casefold() and _hears(state, each, news):
                yield app.hook, each.id


def _wants(hook: Hook, news: News) -> bool:
    return hook.active and bool(hook.url) and ("*" in hook.events or news.event in hook.events)


def _hears(state: State, installation: Installation, news: News) -> bool:
    given = repository_ids(state, installation.repositories)
    reached = news.repo is None or given is None or news.repo.id in given
    names = _PERMISSIONS.get(news.event, "metadata").split("|")
    allowed = "metadata" in names or any(name in installation.permissions for name in names)
    return reached and allowed and not installation.suspended


def _installation(number: int) -> dict[str, Any]:
    node = base64.b64encode(f"023:IntegrationInstallation{number}".encode()).decode()
    return {"id": number, "node_id": node}


def _target(state: State, hook: Hook) -> tuple[str, int]:
    """Say what a hook belongs to, and the id of that."""
    for repo in state.repos.values():
        if any(each is hook for each in repo.hooks):
            return "repository", repo.id
    for app in state.apps.values():
        if app.hook is hook:
            return "integration", app.id
    owners = (login for login, hooks in state.organization_hooks.items() if any(each is hook for each in hooks))
    account = state.account(next(owners, None))
    return "organization", account.id if account else 0


def _request(job: _Job) -> tuple[bytes, dict[str, str]]:
    hook, delivery = job.hook, job.delivery
    body = dumps(delivery.payload)
    if hook.content_type == "form":
        body = urlencode({"payload": body.decode()}).encode()
    kind, number = _target(job.state, hook)
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/x-www-form-urlencoded" if hook.content_type == "form" else "application/json",
        "User-Agent": "GitHub-Hookshot/0000000",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
        "X-GitHub-Hook-Installation-Target-Type": kind,
        "X-GitHub-Hook-Installation-Target-ID": str(number),
    }
    if hook.secret:
        headers["X-Hub-Signature"] = f"sha1={hmac.new(hook.secret.encode(), body, hashlib.sha1).hexdigest()}"
        headers["X-Hub-Signature-256"] = f"sha256={hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest()}"
    return body, headers


def _post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, str], str]:
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        raise ValueError("only plain http to loopback is sent")
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=body, headers=headers)
        response = connection.getresponse()
        text = response.read(KEPT_ANSWER_BYTES).decode("utf-8", "replace")
        return response.status, dict(response.getheaders()), text
    finally:
        connection.close()

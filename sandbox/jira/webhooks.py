"""Tells webhooks what happened: signed as Jira signs, to addresses on loopback alone, again when a delivery failed."""

import base64
import hashlib
import hmac
import http.client
import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.core.http import dumps
from sandbox.jira import issue_json, jql, stamps
from sandbox.jira.access import Eyes
from sandbox.jira.auth import Caller
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import Issue, Row
from sandbox.jira.render import Renderer
from sandbox.jira.site import Site

LOGGER = logging.getLogger(__name__)
ANSWER_SECONDS = 10.0
POLL_SECONDS = 0.02
"""How often the clock is looked at for deliveries that are due again."""

RETRIED = frozenset({408, 409, 425, 429})
"""Statuses, beside 5xx and no answer at all, after which Jira sends again."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
KEPT = 1000
"""Deliveries remembered, and failures that `/webhook/failed` can give."""

DAY_MS = 86_400_000
FAILED_DAYS = 3


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook to be sent, or sent. `due` is seconds since the epoch; `status` 0 means no answer came."""

    id: str
    hook: int
    dynamic: bool
    event: str
    url: str
    body: bytes
    headers: dict[str, str]
    due: float
    attempt: int = 0
    status: int | None = None
    failed_ms: int | None = None

    def as_json(self) -> Row:
        """Show the delivery."""
        shown = {name: getattr(self, name) for name in ("id", "hook", "event", "url", "attempt", "status", "headers")}
        return {**shown, "body": self.body.decode()}


class Postman:
    """Delivers in one thread that lives as long as something is pending.

    Args:
        lock: the service's; `told`, `call` and `idle` run under it.
    """

    def __init__(self, site: Site, lock: threading.RLock) -> None:
        self._site = site
        self._lock = lock
        self._pending: list[Delivery] = []
        self._working = False
        self.sent: deque[Delivery] = deque(maxlen=KEPT)

    def told(self, event: str, issue: Issue | None, more: Row) -> None:
        """Write a delivery for every webhook that wants the event."""
        state = self._site.state
        if not state.hooks or not state.switches.deliver_webhooks:
            return
        drop_expired(self._site)
        wanting = [hook for hook in state.hooks.values() if self._wants(hook, event, issue, more)]
        if not wanting:
            return
        body = self._payload(event, issue, more)
        for hook in wanting:
            number = state.next_id("delivery")
            extra = {"matchedWebhookIds": [hook["id"]]} if hook.get("dynamic") else {}
            delivery = Delivery(
                id=hashlib.sha256(f"delivery {number} {hook['id']}".encode()).hexdigest()[:32],
                hook=int(hook["id"]),
                dynamic=bool(hook.get("dynamic")),
                event=event,
                url=_filled(str(hook["url"]), issue),
                body=dumps({**body, **extra}),
                headers={},
                due=self._site.clock.seconds(),
            )
            delivery.headers = self._headers(hook, delivery)
            self._pending.append(delivery)

    def call(self) -> None:
        """Start sending, unless nothing is pending or it is at it."""
        if self._working or not self._pending:
            return
        self._working = True
        threading.Thread(target=self._work, name="sandbox-jira-webhooks", daemon=True).start()

    def idle(self) -> bool:
        """Say whether nothing is due; what waits for another attempt does not count."""
        now = self._site.clock.seconds()
        return not any(one.due <= now for one in self._pending)

    def failed(self) -> list[Delivery]:
        """Give the dynamic webhooks given up within 72 hours, oldest first."""
        since = self._site.now_ms - FAILED_DAYS * DAY_MS
        return [one for one in self.sent if one.failed_ms is not None and one.failed_ms >= since and one.dynamic]

    def _wants(self, hook: Row, event: str, issue: Issue | None, more: Row) -> bool:
        if not hook.get("enabled", True) or event not in hook.get("events", ()):
            return False
        names = {item.get("fieldId", item["field"]) for item in more.get("items") or ()}
        fields, keys = hook.get("fieldIdsFilter"), hook.get("issuePropertyKeysFilter")
        if fields and event == "jira:issue_updated" and names.isdisjoint(fields):
            return False
        if keys and event.startswith("issue_property") and (more.get("property") or {}).get("key") not in keys:
            return False
        return issue is None or self._matches(hook, issue)

    def _matches(self, hook: Row, issue: Issue) -> bool:
        state = self._site.state
        eyes = Eyes(state, hook["owner"]) if hook.get("owner") else Eyes.of_all(state)
        if not eyes.see(issue):
            return False
        if not hook.get("jql"):
            return True
        moment = Moment(now=self._site.clock.now(), zone=stamps.zone(state.site.get("time_zone")))
        try:
            return compile_query(jql.parse(hook["jql"]), Scope(state=state, eyes=eyes, moment=moment)).test(issue)
        except jql.JqlError:
            return False  # what the query names is gone

    def _payload(self, event: str, issue: Issue | None, more: Row) -> Row:
        renderer = self._renderer()
        body: Row = {"timestamp": self._site.now_ms, "webhookEvent": event}
        if event.startswith("jira:issue_"):
            body["issue_event_type_name"] = more.get("kind") or _KINDS[event]
        if more.get("user") is not None and event.startswith("jira:issue_"):
            body["user"] = renderer.user(more["user"])
        if issue is not None:
            want = issue_json.wanted(renderer, fields=None, default="*all")
            body["issue"] = issue_json.issue_json(renderer, issue, want)
        if more.get("items"):
            body["changelog"] = {"id": str(more.get("entry") or "0"), "items": more["items"]}
        if issue is not None and "comment" in more:
            body["comment"] = renderer.comment(issue, more["comment"])
        if issue is not None and "worklog" in more:
            body["worklog"] = renderer.worklog(issue, more["worklog"])
        for name in ("sprint", "board", "version", "property", "issueLink", "attachment"):
            if name in more:
                body[name] = more[name]
        return body

    def _renderer(self) -> Renderer:
        state = self._site.state
        name = str(state.site.get("time_zone") or "UTC")
        base = str(state.site.get("base_url") or self._site.base)
        eyes = Eyes.of_all(state)
        zone = stamps.zone(name)
        caller = Caller(uid=None, failed=False, eyes=eyes, version=2, base=base, zone=zone, zone_name=name)
        return Renderer(state, caller)

    def _headers(self, hook: Row, delivery: Delivery) -> dict[str, str]:
        switches = self._site.state.switches
        headers = {"Content-Type": "application/json; charset=UTF-8", "User-Agent": "Atlassian HttpClient sandbox"}
        cloud = self._site.state.cloud
        if cloud or switches.data_center_signs:
            headers["X-Atlassian-Webhook-Identifier"] = delivery.id
        if cloud:
            headers["X-Atlassian-Webhook-Flow"] = "Primary"
        secret = hook.get("secret")
        if hook.get("dynamic") and switches.dynamic_signed_by_jwt and secret:
            headers["Authorization"] = f"Bearer {jwt(secret, self._site.clock.seconds(), issuer=str(hook['owner']))}"
        elif secret and (cloud or switches.data_center_signs):
            digest = hmac.new(str(secret).encode(), delivery.body, hashlib.sha256).hexdigest()
            headers["X-Hub-Signature"] = f"sha256={digest}"
        return headers

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._pending:
                    self._working = False
                    return
                now = self._site.clock.seconds()
                due = next((one for one in self._pending if one.due <= now), None)
                if due is not None and due.attempt:
                    due.headers["X-Atlassian-Webhook-Retry"] = str(due.attempt)
            if due is None:
                time.sleep(POLL_SECONDS)
                continue
            status = 0
            try:
                status = _post(due)
            except Exception:  # the boundary of one delivery: the thread must make the next one
                LOGGER.exception("delivery %s failed", due.id)
            with self._lock:
                self._settle(due, status)

    def _settle(self, delivery: Delivery, status: int) -> None:
        delivery.status = status
        delivery.attempt += 1
        switches = self._site.state.switches
        wrong = status in RETRIED or status >= 500 or status == 0
        retries = switches.webhook_retries if self._site.state.cloud else switches.data_center_retries
        if wrong and delivery.attempt <= retries:
            delivery.due = self._site.clock.seconds() + switches.webhook_retry_seconds
            return
        if wrong:
            delivery.failed_ms = self._site.now_ms
        self._pending.remove(delivery)
        self.sent.append(delivery)


_KINDS = {
    "jira:issue_created": "issue_created",
    "jira:issue_updated": "issue_generic",
    "jira:issue_deleted": "issue_deleted",
}


def drop_expired(site: Site) -> None:
    """Forget dynamic webhooks that nobody extended in time."""
    now = site.now_ms
    site.state.hooks = {one: hook for one, hook in site.state.hooks.items() if hook.get("expirationDate", now) >= now}


def jwt(secret: str, now: float, *, issuer: str) -> str:
    """Make a JSON web token signed by HS256, good for three minutes."""

    def part(value: Any) -> bytes:
        return base64.urlsafe_b64encode(dumps(value)).rstrip(b"=")

    claims = {"iss": issuer, "iat": int(now), "exp": int(now) + 180}
    head = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    signature = base64.urlsafe_b64encode(hmac.new(secret.encode(), head, hashlib.sha256).digest()).rstrip(b"=")
    return (head + b"." + signature).decode()


def _filled(url: str, issue: Issue | None) -> str:
    """Put in what an admin webhook's address may name of the issue."""
    names = {"${issue.key}": issue.key, "${issue.id}": issue.id} if issue is not None else {}
    for name, value in names.items():
        url = url.replace(name, quote(value))
    return url


def _post(delivery: Delivery) -> int:
    """Send one delivery; gives the status, 0 when no answer came."""
    try:
        parts = urlsplit(delivery.url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            LOGGER.warning("webhook %s: only plain http to loopback is sent", delivery.hook)
            return 0
        connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_SECONDS)
    except ValueError:
        return 0
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body=delivery.body, headers=delivery.headers)
        response = connection.getresponse()
        response.read()
    except (OSError, ValueError, http.client.HTTPException):
        return 0
    else:
        return response.status
    finally:
        connection.close()

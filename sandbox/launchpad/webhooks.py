"""Webhooks and their deliveries: signed, one for each changed field, retried as the original does."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from sandbox.launchpad.errors import ApiError
from sandbox.launchpad.record import Record

_BUGS = ("bug:0.1", "bug:comment:0.1")
EVENT_TYPES = {
    "project": _BUGS,
    "distribution": _BUGS,
    "distribution_source_package": _BUGS,
    "git_repository": ("git:push:0.1", "merge-proposal:0.1", "ci:build:0.1"),
}
"""What each kind of target can tell of (field guide 4.6, and the manual's page on webhooks)."""

_PARTS = {"merge-proposal:0.1": ("create", "push", "review", "edit", "status-change", "delete")}
"""Parts of an event that can be asked for alone, as `merge-proposal:0.1::create` (the manual's page)."""

REVISION = "0" * 40
TIMEOUT_SECONDS = 30
"""How long a receiver may take (field guide 4.6)."""

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Webhook(Record):
    """Where events of one target are sent."""

    entry = "webhook"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.target.path}/+webhook/{self.number}"

    def may_edit(self, name: str) -> bool:
        """Who may edit the target."""
        return self.target.may_edit(name)  # type: ignore[no-any-return]  # values are as the table has them

    def written(self, name: str, old: Any, new: Any) -> None:  # noqa: ARG002 - part of the hook
        """Note when it was changed."""
        if name == "event_types":
            check_event_types(self.target, new)
        self.put("date_last_modified", self.store.session.now)

    def child(self, name: str) -> object:
        """Deliveries."""
        if name == "+delivery":
            return self.store.step(lambda one: next((each for each in self.sent if str(each.number) == one), None))
        return None

    @property
    def sent(self) -> list[WebhookDelivery]:
        """All deliveries, oldest first."""
        return list(self.__dict__.get("_deliveries", ()))

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """All deliveries, latest first."""
        return self.sent[::-1]

    def enqueue(self, event_type: str, payload: dict[str, Any]) -> WebhookDelivery:
        """Make a delivery that is due at once."""
        made = WebhookDelivery(
            self.store,
            webhook=self,
            number=self.store.next_number("delivery"),
            event_type=event_type,
            payload=payload,
            date_created=self.store.session.now,
            successful=None,
        )
        self.put("_deliveries", [*self.sent, made])
        self.store.pending.append(made)
        return made

    def wants(self, event_type: str, part: str, refs: Iterable[str]) -> bool:
        """Say whether an event is to be sent: by its type, or a part of it, and for repositories by the branches."""
        if not self.active or not {event_type, f"{event_type}::{part}"} & set(self.event_types):
            return False
        pattern = self.git_ref_pattern
        return not pattern or any(fnmatchcase(one, pattern) for one in refs)

    def ping(self) -> WebhookDelivery:
        """Send an event that says nothing."""
        self.check("ping")
        return self.enqueue("ping", {"ping": True})

    def set_secret(self, *, secret: str | None = None) -> None:
        """Change the secret by which deliveries are signed; null signs none."""
        self.check("setSecret")
        self.put("secret", secret)

    def destroy_self(self) -> None:
        """Take it away."""
        self.check("delete")
        self.target.put("webhooks", [one for one in self.target.webhooks if one is not self])


class WebhookDelivery(Record):
    """One event for one webhook, and what came of sending it."""

    entry = "webhook_delivery"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.webhook.path}/+delivery/{self.number}"

    def retry(self, *, reset: bool | None = False) -> None:
        """Send it again now."""
        self.webhook.check("retry")
        self.put("pending", True)  # noqa: FBT003 - a value, not a switch
        self.put("date_scheduled", None)
        if reset:
            self.put("date_first_sent", None)
        self.store.pending.append(self)

    def due(self, now: datetime) -> bool:
        """Say whether it is to be sent."""
        return self.pending and (self.date_scheduled is None or self.date_scheduled <= now)

    def request(self) -> tuple[str, bytes, dict[str, str]]:
        """Give address, body and headers as they are sent."""
        body = json.dumps(self.payload).encode()
        headers = {
            "User-Agent": f"{self.store.host}-Webhooks/r{REVISION}",
            "Content-Type": "application/json",
            "X-Launchpad-Event-Type": self.event_type,
            "X-Launchpad-Delivery": str(self.number),
        }
        if secret := self.webhook.__dict__.get("secret"):
            headers["X-Hub-Signature"] = f"sha1={hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()}"
        return self.webhook.delivery_url, body, headers

    def settle(self, now: datetime, outcome: int | str, *, loopback_giveup: timedelta) -> None:
        """Note what came of an attempt, and when the next is due.

        Args:
            now: when it was made.
            outcome: the status answered, or why there was none.
            loopback_giveup: how long receivers on this machine are retried.
        """
        values = self.__dict__
        values.setdefault("date_first_sent", now)
        values["date_sent"] = now
        succeeded = isinstance(outcome, int) and 200 <= outcome < 300
        values["successful"] = succeeded
        values["error_message"] = None if succeeded else _told(outcome)
        age = now - values["date_first_sent"]
        lasting = _HOUR if isinstance(outcome, int) and outcome < 500 else _DAY
        if urlsplit(self.webhook.delivery_url).hostname in _LOOPBACK:
            lasting = min(lasting, loopback_giveup)
        step = _MINUTE if age < 10 * _MINUTE else 5 * _MINUTE if age < _HOUR else _HOUR
        values["pending"] = not succeeded and age < lasting
        values["date_scheduled"] = now + step if values["pending"] else None


def tell(target: Any, event_type: str, payload: dict[str, Any], *, part: str = "", refs: Iterable[str] = ()) -> None:
    """Make a delivery for each webhook of a target that wants the event.

    Args:
        target: whose webhooks.
        event_type: what happened, without its part.
        payload: what is said of it.
        part: which part of the event it is.
        refs: the branches of a repository that it is about; none for bugs.
    """
    about = list(refs)
    for hook in target.webhooks:
        if hook.wants(event_type, part, about):
            named = part and hook.store.switches.webhook_parts_in_header
            hook.enqueue(f"{event_type}::{part}" if named else event_type, payload)


def send(address: str, body: bytes, headers: dict[str, str]) -> int | str:
    """Post to a receiver on this machine; gives its status, or why there was none. Other hosts are never called."""
    parts = urlsplit(address)
    if parts.hostname not in _LOOPBACK or parts.scheme != "http":
        return "Connection error: this stand-in delivers to http on loopback only"
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"Connection error: {error}"
    finally:
        connection.close()


def check_event_types(target: Any, event_types: list[str]) -> None:
    """Refuse events that the target does not know; 400."""
    whole = EVENT_TYPES[type(target).entry]
    known = [*whole, *(f"{one}::{part}" for one in whole for part in _PARTS.get(one, ()))]
    for one in event_types:
        if one not in known:
            raise ApiError(f'event_types: Invalid value "{one}". Acceptable values are: {", ".join(known)}')
        if "::" in one and one.partition("::")[0] in event_types:
            raise ApiError(f"event_types: {one} is a part of {one.partition('::')[0]}; choose one of them.")


def _told(outcome: int | str) -> str:
    return f"Bad HTTP response: {outcome}" if isinstance(outcome, int) else outcome

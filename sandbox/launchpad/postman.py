"""Delivers webhooks in a thread that lives as long as something is pending."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sandbox.launchpad.webhooks import WebhookDelivery, send

if TYPE_CHECKING:
    from sandbox.launchpad.service import LaunchpadService

POLL_SECONDS = 0.05
"""How often the clock is looked at for deliveries that are due again."""


class Postman:
    """Sends what is due, one after another, oldest first; at most one thread for each service."""

    def __init__(self, service: LaunchpadService) -> None:
        self._service = service
        self._working = False

    def call(self) -> None:
        """Start sending, unless nothing is pending or it is at it. To be called under the service's lock."""
        store = self._service.store
        if self._working or not store.pending or not store.switches.deliver_webhooks:
            return
        self._working = True
        threading.Thread(target=self.work, name=f"sandbox-{self._service.name}-webhooks", daemon=True).start()

    def work(self) -> None:
        """Send until nothing is pending."""
        while True:
            with self._service.lock:
                store = self._service.store
                store.pending = [one for one in store.pending if one.pending]
                if not store.pending or not store.switches.deliver_webhooks:
                    self._working = False
                    return
                now = self._service.clock.now()
                due = [(one, one.request()) for one in store.pending if one.due(now)]
            for delivery, request in due:
                self._settle(delivery, send(*request))
            if not due:
                time.sleep(POLL_SECONDS)

    def _settle(self, delivery: WebhookDelivery, outcome: int | str) -> None:
        with self._service.lock:
            delivery.settle(self._service.clock.now(), outcome, loopback_giveup=self._service.loopback_giveup)

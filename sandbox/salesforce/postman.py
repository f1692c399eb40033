"""Sends outbound messages in a thread that lives as long as something waits."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from sandbox.salesforce import webhooks

if TYPE_CHECKING:
    from sandbox.salesforce.service import SalesforceService

POLL_SECONDS = 0.05
"""How often the clock is looked at for messages that are due again."""


class Postman:
    """Sends what is due; at most one thread for each service."""

    def __init__(self, service: SalesforceService) -> None:
        self._service = service
        self._working = False

    def call(self) -> None:
        """Start sending, unless nothing waits or it is at it. To be called under the service's lock."""
        if self._working or not self._service.room.state.outbox:
            return
        self._working = True
        threading.Thread(target=self._work, name="sandbox-salesforce-outbound", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._service.lock:
                state = self._service.room.state
                batches = [
                    (message, notes, self._service.outbound_body(message, notes))
                    for message, notes in webhooks.due(state)
                ]
                if not state.outbox:
                    self._working = False
                    return
            for message, notes, body in batches:
                acknowledged = webhooks.send(message.endpoint, body)
                with self._service.lock:
                    webhooks.settle(state, notes, acknowledged=acknowledged)
            if not batches:
                time.sleep(POLL_SECONDS)

"""Builds webhooks with their deliveries, and structural subscriptions, from the state document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.launchpad.reading import Reader
from sandbox.launchpad.store import Store
from sandbox.launchpad.subscriptions import StructuralSubscription
from sandbox.launchpad.webhooks import EVENT_TYPES, Webhook, WebhookDelivery

Row = Mapping[str, Any]


class HookLoader:
    """Loads what listens to a target; `reader` gathers what is wrong."""

    def __init__(self, reader: Reader, created: datetime) -> None:
        self.reader = reader
        self.store: Store = reader.store
        self.created = created

    def load(self, target: Any, row: Row, where: str) -> None:
        """Load the webhooks of a target."""
        target.__dict__["webhooks"] = []
        for place, one in self.reader.rows(row, "webhooks", where):
            self._webhook(target, one, place)

    def subscriptions(self, target: Any, row: Row, where: str) -> None:
        """Load the structural subscriptions of a target: names, or objects that tell more."""
        made = []
        for index, one in enumerate(row.get("subscriptions") or ()):
            place = f"{where}.subscriptions[{index}]"
            given = one if isinstance(one, Mapping) else {"subscriber": one, "subscribed_by": one}
            values = self.reader.values(StructuralSubscription, given, place)
            if values.get("subscriber") is not None:
                dates = {"date_created": self.created, "date_last_updated": self.created}
                made.append(StructuralSubscription(self.store, target=target, **{**dates, **values}))
        if made:
            target.__dict__["structural"] = made

    def _webhook(self, target: Any, row: Row, where: str) -> None:
        if not self.reader.needed(row, "delivery_url", where):
            return
        values = self.reader.values(Webhook, row, where, apart="id secret deliveries")
        owner = getattr(target, "owner", None) or target.pillar.owner
        common = {
            "event_types": list(EVENT_TYPES[type(target).entry]),
            "registrant": owner,
            "date_created": self.created,
            "date_last_modified": self.created,
        }
        number = self.reader.number("webhook", row, where)
        made = Webhook(self.store, **{**common, **values}, target=target, number=number, secret=row.get("secret"))
        made.__dict__["_deliveries"] = [
            self._delivery(made, one, place) for place, one in self.reader.rows(row, "deliveries", where)
        ]
        target.__dict__["webhooks"].append(made)
        self.store.pending.extend(one for one in made.sent if one.pending)

    def _delivery(self, hook: Webhook, row: Row, where: str) -> WebhookDelivery:
        self.reader.needed(row, "event_type payload", where)
        values = self.reader.values(WebhookDelivery, row, where, apart="id")
        number = self.reader.number("delivery", row, where)
        common = {"date_created": self.created, "successful": None}
        return WebhookDelivery(self.store, webhook=hook, number=number, **{**common, **values})

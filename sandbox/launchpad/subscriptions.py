"""Structural subscriptions: someone's wish to hear of all bugs of a project, series, milestone, package or group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.launchpad.errors import forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person


class StructuralSubscription(Record):
    """Someone's wish to hear of all bugs of a target."""

    entry = "structural_subscription"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.target.path}/+subscription/{self.subscriber.name}"


class Subscribable(Record):
    """Whatever can be subscribed to as a whole."""

    def get_subscriptions(self) -> list[StructuralSubscription]:
        """List the structural subscriptions."""
        return list(self.__dict__.get("structural", ()))

    def get_subscription(self, *, person: Person) -> StructuralSubscription | None:
        """Give someone's."""
        return next((one for one in self.get_subscriptions() if one.subscriber is person), None)

    def user_has_bug_subscriptions(self) -> bool:
        """Say whether the caller, or a team of theirs, has one."""
        user = self.store.session.user
        return user is not None and any(user.is_in(one.subscriber) for one in self.get_subscriptions())

    def add_bug_subscription(self, *, subscriber: Person | None = None) -> StructuralSubscription:
        """Subscribe oneself or a team of one's own."""
        writer = self.store.session.writer
        who = subscriber or writer
        if writer is None or who is None or not writer.is_in(who):
            raise forbidden(self, "addBugSubscription", "launchpad.AnyPerson")
        now = self.store.session.now
        made = StructuralSubscription(
            self.store, target=self, subscriber=who, subscribed_by=writer, date_created=now, date_last_updated=now
        )
        self.put("structural", [*(one for one in self.get_subscriptions() if one.subscriber is not who), made])
        return made

    def remove_bug_subscription(self, *, subscriber: Person | None = None) -> None:
        """Take it away again."""
        writer = self.store.session.writer
        who = subscriber or writer
        if writer is None or who is None or not writer.is_in(who):
            raise forbidden(self, "removeBugSubscription", "launchpad.AnyPerson")
        self.put("structural", [one for one in self.get_subscriptions() if one.subscriber is not who])

    def find_subscription(self, name: str) -> object:
        """Find someone's by their name; None when there is none."""
        person = self.store.person(name)
        return self.get_subscription(person=person) if person else None

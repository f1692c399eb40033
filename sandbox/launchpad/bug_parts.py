"""What hangs on a bug: messages, activity, watches, attachments, subscriptions, nominations, CVEs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record, Step

if TYPE_CHECKING:
    from sandbox.launchpad.bugs import Bug


class Message(Record):
    """A comment; number 0 is the description as it was first given."""

    entry = "message"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.bug.default_task.path}/comments/{self.index}"

    @property
    def bug_attachments(self) -> list[Any]:
        """The attachments that came with it."""
        return [one for one in self.bug.attachments if one.message is self]

    def child(self, name: str) -> object:
        """Revisions of an edited message."""
        if name == "revisions":
            return Step(
                self.store, lambda one: next((each for each in self.revisions if str(each.revision) == one), None)
            )
        return None

    def edit_content(self, *, new_content: str) -> None:
        """Change the text; by its author. Moves nothing else, not even the bug's description or date."""
        self._by_author("editContent")
        self._keep_revision()
        self.put("content", new_content)
        self.put("date_last_edited", self.store.session.now)

    def delete_content(self) -> None:
        """Empty the text; by its author."""
        self._by_author("deleteContent")
        self.put("content", "")
        self.put("revisions", [])
        self.put("date_deleted", self.store.session.now)

    def get_api_parent(self) -> dict[str, Any]:
        """Name the bug it belongs to."""
        return {"type": "bug", "id": self.bug.id}

    def _by_author(self, operation: str) -> None:
        if self.store.session.writer is not self.owner:
            raise forbidden(self, operation)

    def _keep_revision(self) -> None:
        made = MessageRevision(
            self.store,
            message=self,
            revision=len(self.revisions) + 1,
            content=self.content,
            date_created=self.date_last_edited or self.date_created,
            date_created_display="a moment ago",
        )
        self.put("revisions", [*self.revisions, made])


class MessageRevision(Record):
    """An earlier text of an edited message."""

    entry = "message_revision"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.message.path}/revisions/{self.revision}"

    def delete_content(self) -> None:
        """Empty the text; by the author of the message."""
        if self.store.session.writer is not self.message.owner:
            raise forbidden(self, "deleteContent")
        self.put("content", "")
        self.put("date_deleted", self.store.session.now)


class BugActivity(Record):
    """One line of a bug's history; all lines have one and the same address, as in the original."""

    entry = "bug_activity"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.bug.path}/activity"


class BugTracker(Record):
    """Another bug tracker that bugs are watched in."""

    entry = "bug_tracker"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/bugtrackers/{self.name}"

    @property
    def watches(self) -> list[Any]:
        """The watches of visible bugs in it."""
        return [one for bug in self.store.bugs for one in bug.bug_watches if one.bug_tracker is self and bug.is_visible]


class BugWatch(Record):
    """A bug's counterpart in another tracker."""

    entry = "bug_watch"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/{self.bug.id}/+watch/{self.id}"

    @property
    def bug_tasks(self) -> list[Any]:
        """The tasks that follow it."""
        return [one for one in self.bug.bug_tasks if one.bug_watch is self]

    @property
    def title(self) -> str:
        """Tracker and number."""
        return f"{self.bug_tracker.title} #{self.remote_bug}"

    @property
    def url(self) -> str:
        """Where the counterpart is read."""
        base = self.bug_tracker.base_url.rstrip("/")
        shape = {
            "Bugzilla": "{}/show_bug.cgi?id={}",
            "GitHub Issues": "{}/{}",
            "GitLab Issues": "{}/{}",
            "Trac": "{}/ticket/{}",
            "Debbugs": "{}/cgi-bin/bugreport.cgi?bug={}",
        }
        return shape.get(self.bug_tracker.bug_tracker_type, "{}/{}").format(base, self.remote_bug)

    def written(self, name: str, old: Any, new: Any) -> None:  # noqa: ARG002 - part of the hook
        """A changed watch moves the bug's date."""
        if old != new:
            self.bug.touch()


class BugAttachment(Record):
    """A file or link on a bug."""

    entry = "bug_attachment"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/{self.bug.id}/+attachment/{self.number}"

    def remove_from_bug(self) -> None:
        """Take it away; by who may edit the bug."""
        self.bug.check("attachments")
        self.bug.put("attachments", [one for one in self.bug.attachments if one is not self])
        self.bug.log("attachment removed", old=f"{self.title} {self.web_url}")
        self.bug.touch()


class BugSubscription(Record):
    """Who gets mail about a bug, and may see it when it is private."""

    entry = "bug_subscription"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.bug.default_task.path}/+subscription/{self.person.name}"

    def can_be_unsubscribed_by_user(self) -> bool:
        """Oneself, one's teams, and who subscribed them."""
        user = self.store.session.user
        return user is not None and (user.is_in(self.person) or user is self.subscribed_by)


class BugNomination(Record):
    """A wish to have a bug fixed in a series; approved, it becomes a task there."""

    entry = "bug_nomination"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/{self.bug.id}/nominations/{self.number}"

    @property
    def target_task(self) -> Any:
        """The task that came of it; None before it is approved."""
        return next((one for one in self.bug.bug_tasks if one.target is self.target), None)

    @property
    def productseries(self) -> Any:
        """The series, when it is a project's."""
        return self.target if self.target.is_upstream else None

    @property
    def distroseries(self) -> Any:
        """The series, when it is a distribution's."""
        return None if self.target.is_upstream else self.target

    def can_approve(self) -> bool:
        """Whether the caller has supervisor's rights on the series."""
        writer = self.store.session.writer
        return writer is not None and self.target.pillar.grants_supervision(writer)

    def approve(self) -> None:
        """Accept it: a task of the series is made."""
        self._decide("Approved")
        if all(task.target is not self.target for task in self.bug.bug_tasks):
            self.bug.make_task(self.target, self.store.session.user)

    def decline(self) -> None:
        """Turn it down."""
        self._decide("Declined")

    def _decide(self, status: str) -> None:
        if not self.can_approve():
            raise forbidden(self, status.lower())
        if self.status == "Approved":
            raise ApiError(f"Cannot {status.lower()} an approved nomination.")
        self.put("status", status)
        self.put("decider", self.store.session.user)
        self.put("date_decided", self.store.session.now)


class Cve(Record):
    """A CVE entry."""

    entry = "cve"
    web_host = "bugs"

    @property
    def path(self) -> str:
        """See Record."""
        return f"bugs/cve/{self.sequence}"

    @property
    def bugs(self) -> list[Bug]:
        """The visible bugs that link it."""
        return [bug for bug in self.store.bugs if self in bug.cves and bug.is_visible]

    @property
    def title(self) -> str:
        """Number and status."""
        return f"CVE-{self.sequence} ({self.status})"

    @property
    def display_name(self) -> str:
        """The full number."""
        return f"CVE-{self.sequence}"

    @property
    def url(self) -> str:
        """Where it is read."""
        return f"https://cve.mitre.org/cgi-bin/cvename.cgi?name={self.sequence}"

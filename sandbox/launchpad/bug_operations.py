"""The named operations of a bug."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad.bug_parts import BugAttachment, BugNomination, BugSubscription, BugWatch, Cve, Message
from sandbox.launchpad.errors import ApiError, NotPermittedError, forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person


class BugOperations(Record):
    """Operations by their snake-case names; each refuses who may not, with 401."""

    def new_message(
        self, *, content: str, subject: str | None = None, send_notifications: bool | None = True
    ) -> Message:
        """Add a comment. Without notifications the bug's date stays, as measured."""
        made = self._comment("newMessage", content, subject)
        if send_notifications is not False:
            self.touch()
            self.store.session.changes.append(self.store.comment_made(made))
        return made

    def _comment(self, operation: str, content: str, subject: str | None) -> Message:
        writer = self._writer(operation, "launchpad.Append")
        made = Message(
            self.store,
            bug=self,
            index=len(self.messages),
            owner=writer,
            content=content,
            subject=subject or f"Re: {self.title}",
            date_created=self.store.session.now,
            visible=True,
        )
        self.put("messages", [*self.messages, made])
        return made

    def set_comment_visibility(self, *, comment_number: int, visible: bool) -> None:
        """Hide or show a comment; by its author, or by who has supervisor's rights."""
        writer = self._writer("setCommentVisibility")
        if not 0 <= comment_number < len(self.messages):
            raise ApiError("comment_number: no such comment")
        message = self.messages[comment_number]
        if writer is not message.owner and not self.supervised:
            raise forbidden(self, "setCommentVisibility")
        message.put("visible", visible)

    def add_task(self, *, target: Any) -> Any:
        """Add a task on another target; moves no date, as measured."""
        writer = self._writer("addTask")
        if any(one.target is target for one in self.bug_tasks):
            raise ApiError(f"A fix for this bug has already been requested for {target.target_display_name}")
        if target.is_series:
            nomination = self.add_nomination(target=target)
            nomination.approve()
            return nomination.target_task
        made = self.make_task(target, writer)
        self.log("bug task added", new=made.bug_target_name)
        return made

    def can_be_nominated_for(self, *, target: Any) -> bool:
        """Say whether a series can be nominated."""
        return bool(target.is_series) and all(one.target is not target for one in (*self.nominations, *self.bug_tasks))

    def get_nomination_for(self, *, target: Any) -> BugNomination:
        """Give the nomination of a series; 400 when there is none."""
        found = next((one for one in self.nominations if one.target is target), None)
        if found is None:
            raise ApiError(f"Bug #{self.id} is not nominated for {target.target_display_name}.")
        return found  # type: ignore[no-any-return]  # values are as the table has them

    def get_nominations(self, *, target: Any = None, nominations: list[str] | None = None) -> list[Any]:  # noqa: ARG002
        """List the nominations, of one target if it is given."""
        return [one for one in self.nominations if target is None or target in (one.target, one.target.pillar)]

    def add_nomination(self, *, target: Any) -> BugNomination:
        """Nominate a series; moves no date, as measured."""
        writer = self._writer("addNomination")
        if not self.can_be_nominated_for(target=target):
            raise ApiError("This bug cannot be nominated for the specified target.")
        made = BugNomination(
            self.store,
            bug=self,
            target=target,
            owner=writer,
            number=self.store.next_number("nomination"),
            date_created=self.store.session.now,
        )
        self.put("nominations", [*self.nominations, made])
        self.log("nominated for series", new=target.target_display_name)
        return made

    def link_cve(self, *, cve: Cve) -> None:
        """Link a CVE."""
        self._writer("linkCVE")
        if cve not in self.cves:
            self.put("cves", [*self.cves, cve])
            self.log("cve linked", new=cve.sequence)
            self.touch()

    def unlink_cve(self, *, cve: Cve) -> None:
        """Unlink a CVE."""
        self._writer("unlinkCVE")
        if cve in self.cves:
            self.put("cves", [one for one in self.cves if one is not cve])
            self.log("cve unlinked", old=cve.sequence)
            self.touch()

    def add_watch(self, *, bug_tracker: Record, remote_bug: str) -> BugWatch:
        """Watch a bug of another tracker."""
        made = BugWatch(
            self.store,
            id=self.store.next_number("watch"),
            bug=self,
            bug_tracker=bug_tracker,
            remote_bug=remote_bug,
            owner=self._writer("addWatch"),
            date_created=self.store.session.now,
        )
        self.put("bug_watches", [*self.bug_watches, made])
        self.log("bug watch added", new=made.url)
        self.touch()
        return made

    def add_attachment(self, *, comment: str, filename: str | None = None, **given: Any) -> BugAttachment:
        """Add a file or a link, with a comment."""
        data, url = given.get("data"), given.get("url")
        if data is None and url is None:
            raise ApiError("Either data or url must be specified.")
        if data is not None and filename is None:
            raise ApiError("Filename must be specified.")
        message = self._comment("addAttachment", comment, None)
        made = BugAttachment(
            self.store,
            number=self.store.next_number("attachment"),
            bug=self,
            message=message,
            title=given.get("description") or filename or url,
            type="Patch" if given.get("is_patch") else "Unspecified",
            filename=filename,
            content=data,
            content_type=given.get("content_type") or "text/plain",
            url=url,
        )
        self.put("attachments", [*self.attachments, made])
        self.log("attachment added", new=f"{made.title} {made.web_url}")
        self.touch()
        return made

    def mark_user_affected(self, *, affected: bool | None = True) -> None:
        """Say that it affects the caller, or not; moves no date, as measured."""
        writer = self._writer("markUserAffected")
        for name, inside in (("users_affected", affected), ("users_unaffected", not affected)):
            others = [one for one in getattr(self, name) if one is not writer]
            self.put(name, [*others, writer] if inside else others)

    def is_user_affected(self) -> bool | None:
        """Say whether the caller said so; None when nothing was said."""
        user = self.store.session.user
        return True if user in self.users_affected else False if user in self.users_unaffected else None

    def subscribe(self, *, person: Person, level: str | None = None) -> BugSubscription:
        """Subscribe someone; a private bug becomes visible to them."""
        writer = self._writer("subscribe", "launchpad.AnyPerson")
        made = BugSubscription(
            self.store,
            bug=self,
            person=person,
            subscribed_by=writer,
            date_created=self.store.session.now,
            bug_notification_level=level or "Discussion",
        )
        self.put("subscriptions", [*(one for one in self.subscriptions if one.person is not person), made])
        return made

    def unsubscribe(self, *, person: Person | None = None) -> None:
        """Take a subscription away: one's own, one's team's, or one that the caller made."""
        writer = self._writer("unsubscribe", "launchpad.AnyPerson")
        who = person or writer
        for one in self.subscriptions:
            if one.person is who and not one.can_be_unsubscribed_by_user():
                raise NotPermittedError(
                    f"{writer.display_name} does not have permission to unsubscribe {who.display_name}."
                )
        self.put("subscriptions", [one for one in self.subscriptions if one.person is not who])

    def unsubscribe_from_dupes(self, *, person: Person | None = None) -> list[Any]:
        """Take the subscriptions to the duplicates away."""
        who = person or self._writer("unsubscribeFromDupes", "launchpad.AnyPerson")
        left = [bug for bug in self.store.duplicates_of(self) if who in bug.direct_subscribers]
        for bug in left:
            bug.unsubscribe(person=who)
        return []

    def mute(self, *, person: Person | None = None) -> None:
        """Stop mail about the bug for someone."""
        who = person or self._writer("mute", "launchpad.AnyPerson")
        self.put("muted", [*(one for one in self.__dict__.get("muted", ()) if one is not who), who])

    def unmute(self, *, person: Person | None = None) -> None:
        """Let mail come again."""
        who = person or self._writer("unmute", "launchpad.AnyPerson")
        self.put("muted", [one for one in self.__dict__.get("muted", ()) if one is not who])

    def lock(self, *, status: str | None = "Comment-only", reason: str | None = None) -> None:
        """Let only those with supervisor's rights edit; moves no date, as measured."""
        self._moderate("lock", status or "Comment-only", reason)

    def unlock(self) -> None:
        """Let everyone edit again."""
        self._moderate("unlock", "Unlocked", None)

    def _moderate(self, operation: str, status: str, reason: str | None) -> None:
        if self.store.session.writer is None or not self.supervised:
            raise forbidden(self, operation, "launchpad.Moderate")
        if status == self.lock_status:
            raise ApiError("This bug is already unlocked." if status == "Unlocked" else "This bug is already locked.")
        self.log("lock status", old=self.lock_status, new=status)
        self.put("lock_status", status)
        self.put("lock_reason", reason)

    def link_merge_proposal(self, *, merge_proposal: Any) -> None:
        """Link a merge proposal."""
        self._writer("linkMergeProposal")
        merge_proposal.link_bug(bug=self)

    def unlink_merge_proposal(self, *, merge_proposal: Any) -> None:
        """Unlink a merge proposal."""
        self._writer("unlinkMergeProposal")
        merge_proposal.unlink_bug(bug=self)

    def get_visible_linked_merge_proposals(self) -> list[Any]:
        """List the linked merge proposals."""
        return list(self.linked_merge_proposals)

    def transition_to_information_type(self, *, information_type: str) -> bool:
        """Set the information type; unlike a PATCH of `private` it moves no date, as measured."""
        self.check("information_type")
        old = self.information_type
        if old == information_type:
            return False
        self.set_information_type(information_type)
        self.log("information type", old=old, new=information_type)
        return True

    @property
    def can_expire(self) -> bool:
        """Say whether the janitor would expire it; a field of the older versions."""
        return self.is_expirable()

    def is_expirable(self, *, days_old: int | None = None) -> bool:
        """Say whether the janitor would expire it."""
        return bool(self.store.expirable(self, days_old))

    def _writer(self, operation: str, permission: str = "launchpad.Edit") -> Person:
        """Give who calls, when the token may write."""
        writer = self.store.session.writer
        if writer is None or not self.is_visible:
            raise forbidden(self, operation, permission)
        return writer

"""Merge proposals with their votes and comments, and what webhooks tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad import webhooks
from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record
from sandbox.launchpad.session import Change

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person


_VIEWED = (
    "registrant",
    "source_git_repository",
    "source_git_path",
    "target_git_repository",
    "target_git_path",
    "prerequisite_git_repository",
    "prerequisite_git_path",
    "queue_status",
    "commit_message",
    "whiteboard",
    "description",
    "preview_diff",
)
"""What webhooks show of a proposal (Launchpad's manual, the page on webhooks)."""

_EVENTS = {"created": "create", "vote": "review", "queue_status": "status-change", "push": "push"}
"""What each change is called as a part of the event; every other is `edit`."""


def _told(value: Any) -> Any:
    return f"/{value.path}" if isinstance(value, Record) else value


class BranchMergeProposal(Record):
    """A proposal to merge one branch into another."""

    entry = "branch_merge_proposal"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.source_git_repository.path}/+merge/{self.id}"

    @property
    def address(self) -> str:
        """Where mail about it goes."""
        return f"mp+{self.id}@code.{self.store.host}"

    def child(self, name: str) -> object:
        """Comments and votes."""
        if name == "comments":
            return self.store.step(lambda one: self.get_comment(id=int(one)) if one.isdigit() else None)
        if name == "reviews":
            return self.store.step(lambda one: next((each for each in self.votes if str(each.number) == one), None))
        return None

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Who registered it, and the owners of both repositories."""
        writer = self.store.session.writer
        if writer is None:
            return False
        own = (self.registrant, self.source_git_repository.owner, self.target_git_repository.owner)
        return writer.is_admin or any(writer.is_in(one) for one in own)

    def written(self, name: str, old: Any, new: Any) -> None:
        """Note it for webhooks."""
        if old != new:
            self.note(name, old, new)

    def webhook_view(self) -> dict[str, Any]:
        """Show it as webhooks do: links as paths."""
        return {name: _told(getattr(self, name, None)) for name in _VIEWED}

    def get_comment(self, *, id: int) -> CodeReviewComment | None:  # noqa: A002 - the operation's parameter
        """Give a comment by number; null when there is none."""
        return next((one for one in self.all_comments if one.id == id), None)

    def get_related_bug_tasks(self) -> list[Any]:
        """List the tasks of the linked bugs."""
        return [task for bug in self.bugs if bug.is_visible for task in bug.bug_tasks]

    def create_comment(self, *, content: str | None = None, vote: str | None = None, **given: Any) -> CodeReviewComment:
        """Add a comment, with a vote perhaps."""
        writer = self._logged_in("createComment")
        made = CodeReviewComment(
            self.store,
            branch_merge_proposal=self,
            id=self.store.next_number("review comment"),
            author=writer,
            owner=writer,
            title=given.get("subject") or f"Re: [Merge] {self.source_git_path} into {self.target_git_path}",
            content=content or "",
            message_body=content or "",
            vote=vote,
            vote_tag=given.get("review_type"),
            date_created=self.store.session.now,
        )
        self.put("all_comments", [*self.all_comments, made])
        if vote is not None:
            self.vote_of(writer, given.get("review_type")).put("comment", made)
            self.note("vote", None, vote)
        return made

    def set_comment_visibility(self, *, comment_number: int, visible: bool) -> None:
        """Hide or show a comment; by its author, or by who may edit the proposal."""
        made = self.get_comment(id=comment_number)
        if made is None:
            raise ApiError(f"comment_number: no such comment: {comment_number}")
        if self.store.session.writer is not made.author:
            self.check("setCommentVisibility")
        made.put("visible", visible)

    def vote_of(self, reviewer: Person, review_type: str | None) -> CodeReviewVote:
        """Give someone's vote, asked for or made now."""
        found = next((one for one in self.votes if one.reviewer is reviewer), None)
        if found is None:
            found = CodeReviewVote(
                self.store,
                branch_merge_proposal=self,
                number=self.store.next_number("vote"),
                reviewer=reviewer,
                registrant=self.store.session.user,
                review_type=review_type,
                date_created=self.store.session.now,
            )
            self.put("votes", [*self.votes, found])
        return found

    def nominate_reviewer(self, *, reviewer: Person, review_type: str | None = None) -> CodeReviewVote:
        """Ask someone for a review."""
        self.check("nominateReviewer")
        return self.vote_of(reviewer, review_type)

    def set_status(self, *, status: str, revid: str | None = None) -> None:
        """Move it to another state; by who may edit it.

        Raises:
            ApiError: 400, from a final state.
        """
        self.check("setStatus")
        if self.queue_status in ("Merged", "Superseded") and status != self.queue_status:
            raise ApiError(f"Invalid state transition for merge proposal: {self.queue_status} -> {status}")
        now = self.store.session.now
        if status == "Needs review":
            self.put("date_review_requested", now)
        elif status in ("Approved", "Rejected"):
            self.put("date_reviewed", now)
            self.put("reviewer", self.store.session.user)
            self.put("reviewed_revid", revid)
        elif status == "Merged":
            self.put("date_merged", now)
            self.put("merge_reporter", self.store.session.user)
            self.put("merged_revision_id", revid)
        if status != self.queue_status:
            self.note("queue_status", self.queue_status, status)
        self.put("queue_status", status)

    def link_bug(self, *, bug: Any) -> None:
        """Link a bug; it moves the bug's date."""
        self._logged_in("linkBug")
        if bug not in self.bugs:
            self.put("bugs", [*self.bugs, bug])
            bug.log("merge proposal linked", new=self.web_url)
            bug.touch()

    def unlink_bug(self, *, bug: Any) -> None:
        """Unlink a bug; it moves the bug's date."""
        self._logged_in("unlinkBug")
        if bug in self.bugs:
            self.put("bugs", [one for one in self.bugs if one is not bug])
            bug.log("merge proposal unlinked", old=self.web_url)
            bug.touch()

    def _logged_in(self, operation: str) -> Person:
        writer = self.store.session.writer
        if writer is None:
            raise forbidden(self, operation, "launchpad.AnyPerson")
        return writer


class CodeReviewComment(Record):
    """A comment on a merge proposal."""

    entry = "code_review_comment"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.branch_merge_proposal.path}/comments/{self.id}"

    @property
    def as_quoted_email(self) -> str:
        """The text as an answer would quote it."""
        return "\n".join(f"> {line}" for line in str(self.content).splitlines())

    def edit_content(self, *, new_content: str) -> None:
        """Change the text; by its author."""
        if self.store.session.writer is not self.author:
            raise forbidden(self, "editContent")
        self.put("content", new_content)
        self.put("message_body", new_content)
        self.put("date_last_edited", self.store.session.now)

    def delete_content(self) -> None:
        """Empty the text; by its author."""
        self.edit_content(new_content="")
        self.put("date_deleted", self.store.session.now)


class CodeReviewVote(Record):
    """A review asked for, or given. `number` stands in its address; which number is no part of any description."""

    entry = "code_review_vote_reference"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.branch_merge_proposal.path}/reviews/{self.number}"

    def claim_review(self) -> None:
        """Take over what a team of the caller's was asked for.

        Raises:
            NotPermittedError: 401, the caller is not in the team.
            ApiError: 400, it was given already, or the caller was asked as well.
        """
        writer = self.store.session.writer
        if writer is None or not writer.is_in(self.reviewer):
            raise forbidden(self, "claimReview")
        self._hand_to(writer)

    def reassign_review(self, *, reviewer: Person) -> None:
        """Ask someone else; by who was asked, or who may edit the proposal. 400 as above."""
        writer = self.store.session.writer
        if writer is None or not writer.is_in(self.reviewer):
            self.branch_merge_proposal.check("reassignReview")
        self._hand_to(reviewer)

    def _hand_to(self, reviewer: Person) -> None:
        if not self.is_pending:
            raise ApiError("The review is not pending.")
        if any(one.reviewer is reviewer for one in self.branch_merge_proposal.votes if one is not self):
            raise ApiError(f"{reviewer.display_name} has already been asked to review this.")
        self.put("reviewer", reviewer)

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be given."""
        return self.comment is None


def tell(changes: list[Change]) -> None:
    """Tell the webhooks of target repositories: one event for each proposal and kind of change.

    `old` is what the proposal was before all changes of its kind; alike with `new` for a review and a push, which
    change none of the attributes shown.
    """
    groups: dict[tuple[BranchMergeProposal, str], list[Change]] = {}
    for change in changes:
        if isinstance(change.record, BranchMergeProposal):
            groups.setdefault((change.record, _EVENTS.get(change.attribute, "edit")), []).append(change)
    for (proposal, kind), group in groups.items():
        payload: dict[str, Any] = {
            "merge_proposal": f"/{proposal.path}",
            "action": "created" if kind == "create" else "modified",
        }
        new = proposal.webhook_view()
        if kind != "create":
            before = {one.attribute: _told(one.old) for one in reversed(group) if one.attribute in new}
            payload["old"] = {**new, **before}
        payload["new"] = new
        refs = [proposal.source_git_path, proposal.target_git_path]
        webhooks.tell(proposal.target_git_repository, "merge-proposal:0.1", payload, part=kind, refs=refs)

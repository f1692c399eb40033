"""Git repositories, their branches, merge proposals with votes and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person

DEFAULT_STATES = ("Approved", "Needs review", "Work in progress")
"""Which proposals are listed when no state is asked for. As remembered of the original; a sync should name all."""

_OPEN = frozenset({"Work in progress", "Needs review", "Approved", "Code failed to merge", "Queued"})


class GitRepository(Record):
    """A git repository."""

    entry = "git_repository"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        middle = "" if self.target is None or self.target is self.owner else f"/{self.target.path}"
        return f"{self.owner.path}{middle}/+git/{self.name}"

    @property
    def unique_name(self) -> str:
        """The address without the host."""
        return self.path

    @property
    def display_name(self) -> str:
        """As `lp:` address."""
        return self.git_identity

    @property
    def git_identity(self) -> str:
        """The short address, shorter still for a pillar's default repository."""
        return f"lp:{self.target.path}" if self.target_default else f"lp:{self.path}"

    @property
    def git_https_url(self) -> str:
        """Where it is fetched."""
        return f"https://git.{self.store.host}/{self.path}"

    @property
    def git_ssh_url(self) -> str:
        """Where it is pushed."""
        return f"git+ssh://git.{self.store.host}/{self.path}"

    @property
    def private(self) -> bool:
        """Whether the information type is a private one."""
        return self.information_type not in ("Public", "Public Security")

    @property
    def branches(self) -> list[GitRef]:
        """The branches."""
        return [one for one in self.refs if one.full_path.startswith("refs/heads/")]

    @property
    def landing_candidates(self) -> list[Any]:
        """Open proposals into this repository."""
        return self.store.merge_proposals(
            None, lambda one: one.target_git_repository is self and one.queue_status in _OPEN
        )

    @property
    def landing_targets(self) -> list[Any]:
        """Proposals from this repository."""
        return self.store.merge_proposals(None, lambda one: one.source_git_repository is self)

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """The owner and administrators."""
        writer = self.store.session.writer
        return writer is not None and (writer.is_admin or writer.is_in(self.owner))

    def child(self, name: str) -> object:
        """Branches, proposals, webhooks."""
        if name == "+ref":
            return self.store.step(lambda one: self.get_ref_by_path(path=one))
        if name == "+merge":
            return self.store.step(lambda one: next((each for each in self.proposals if str(each.id) == one), None))
        if name == "+webhook":
            return self.store.step(lambda one: self.store.webhook(self, one))
        return None

    @property
    def proposals(self) -> list[BranchMergeProposal]:
        """All proposals that lie below this repository: those from it."""
        return list(self.__dict__.get("_proposals", ()))

    def get_ref_by_path(self, *, path: str) -> GitRef | None:
        """Give a branch by `main` or `refs/heads/main`; null when there is none."""
        return next((one for one in self.refs if path in (one.path_name, one.full_path)), None)

    def get_merge_proposals(
        self, *, status: list[str] | None = None, merged_revision_ids: list[str] | None = None
    ) -> list[Any]:
        """List the proposals into this repository, in the given states."""
        found = self.store.merge_proposals(
            status or list(DEFAULT_STATES), lambda one: one.target_git_repository is self
        )
        return [one for one in found if not merged_revision_ids or one.merged_revision_id in merged_revision_ids]

    def can_be_deleted(self) -> bool:
        """Say whether nothing hangs on it."""
        return not self.landing_candidates and not self.landing_targets

    def new_webhook(
        self, *, delivery_url: str, event_types: list[str], active: bool | None = True, secret: str | None = None
    ) -> Any:
        """Add a webhook; by the owner."""
        self.check("webhooks")
        return self.store.new_webhook(self, delivery_url, event_types, active=active is not False, secret=secret)


class GitRef(Record):
    """A branch or tag. `path_name` is what stands in its address, `full_path` what its field `path` shows."""

    entry = "git_ref"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record; the *field* `path` is `full_path`, see the framework's note on it."""
        return f"{self.repository.path}/+ref/{self.path_name}"

    @property
    def path_name(self) -> str:
        """The name without `refs/heads/`."""
        return str(self.full_path).removeprefix("refs/heads/")

    @property
    def landing_candidates(self) -> list[Any]:
        """Open proposals into this branch."""
        return [one for one in self.repository.landing_candidates if one.target_git_path == self.full_path]

    @property
    def landing_targets(self) -> list[Any]:
        """Proposals from this branch."""
        return [one for one in self.repository.landing_targets if one.source_git_path == self.full_path]

    def get_merge_proposals(
        self, *, status: list[str] | None = None, merged_revision_ids: list[str] | None = None
    ) -> list[Any]:
        """List the proposals into this branch."""
        found = self.repository.get_merge_proposals(status=status, merged_revision_ids=merged_revision_ids)
        return [one for one in found if one.target_git_path == self.full_path]

    def create_merge_proposal(self, *, merge_target: GitRef, **given: Any) -> BranchMergeProposal:
        """Propose to merge this branch into another; by the owner of the repository.

        Raises:
            ApiError: 400, into itself, or when there is an open one already.
        """
        writer = self.store.session.writer
        if writer is None or not self.repository.may_edit("createMergeProposal"):
            raise forbidden(self, "createMergeProposal")
        if merge_target is self:
            raise ApiError("Source and target references must be different.")
        if any(
            one.target_git_path == merge_target.full_path for one in self.landing_targets if one.queue_status in _OPEN
        ):
            raise ApiError("There is already a branch merge proposal registered for this pair of branches.")
        prerequisite = given.get("merge_prerequisite")
        return self.store.new_proposal(
            source=self,
            target=merge_target,
            registrant=writer,
            description=given.get("initial_comment"),
            commit_message=given.get("commit_message"),
            prerequisite_git_repository=prerequisite and prerequisite.repository,
            prerequisite_git_path=prerequisite and prerequisite.full_path,
            queue_status="Work in progress" if given.get("needs_review") is False else "Needs review",
        )


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
        if name == "+review":
            return self.store.step(lambda one: next((each for each in self.votes if each.reviewer.name == one), None))
        return None

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Who registered it, and the owners of both repositories."""
        writer = self.store.session.writer
        if writer is None:
            return False
        own = (self.registrant, self.source_git_repository.owner, self.target_git_repository.owner)
        return writer.is_admin or any(writer.is_in(one) for one in own)

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
        return made

    def vote_of(self, reviewer: Person, review_type: str | None) -> CodeReviewVote:
        """Give someone's vote, asked for or made now."""
        found = next((one for one in self.votes if one.reviewer is reviewer), None)
        if found is None:
            found = CodeReviewVote(
                self.store,
                branch_merge_proposal=self,
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
    """A review asked for, or given."""

    entry = "code_review_vote_reference"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.branch_merge_proposal.path}/+review/{self.reviewer.name}"

    @property
    def is_pending(self) -> bool:
        """Whether it is still to be given."""
        return self.comment is None

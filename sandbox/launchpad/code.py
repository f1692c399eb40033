"""Git repositories and their branches; what they hold is told by the state and by `POST /_sandbox/push`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.launchpad import webhooks
from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person
    from sandbox.launchpad.reviews import BranchMergeProposal

DEFAULT_STATES = ("Approved", "Needs review", "Work in progress")
"""Which proposals are listed when no state is asked for. As remembered of the original; a sync should name all."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
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

    def written(self, name: str, old: Any, new: Any) -> None:
        """Note when it was changed; a default branch must be there."""
        if name == "default_branch" and self.get_ref_by_path(path=str(new)) is None:
            raise ApiError(f'default_branch: This repository does not contain a reference named "{new}".')
        if old != new:
            self.put("date_last_modified", self.store.session.now)

    def child(self, name: str) -> object:
        """Branches, proposals, subscriptions, webhooks."""
        if name == "+subscription":
            return self.store.step(
                lambda one: next((each for each in self.subscriptions if each.person.name == one), None)
            )
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

    @property
    def subscribers(self) -> list[Person]:
        """Those subscribed."""
        return [one.person for one in self.subscriptions]

    def get_subscription(self, *, person: Person) -> GitSubscription | None:
        """Give someone's subscription; null when there is none."""
        return next((one for one in self.subscriptions if one.person is person), None)

    def is_person_trusted_reviewer(self, *, reviewer: Person) -> bool:
        """Say whether someone's vote counts: the reviewer, or the owner where none is named."""
        return reviewer.is_in(self.reviewer or self.owner)

    def subscribe(
        self, *, person: Person, notification_level: str, max_diff_lines: str, code_review_level: str
    ) -> GitSubscription:
        """Subscribe someone, or change how they are."""
        writer = self.store.session.writer
        if writer is None:
            raise forbidden(self, "subscribe", "launchpad.AnyPerson")
        made = GitSubscription(
            self.store,
            person=person,
            repository=self,
            subscribed_by=writer,
            notification_level=notification_level,
            max_diff_lines=max_diff_lines,
            review_level=code_review_level,
        )
        self.put("subscriptions", [*(one for one in self.subscriptions if one.person is not person), made])
        return made

    def unsubscribe(self, *, person: Person) -> None:
        """Take a subscription away: one's own, one's team's, or one that the caller made."""
        writer = self.store.session.writer
        found = self.get_subscription(person=person)
        if writer is None or (found and not (writer.is_in(person) or writer is found.subscribed_by)):
            raise forbidden(self, "unsubscribe", "launchpad.AnyPerson")
        self.put("subscriptions", [one for one in self.subscriptions if one.person is not person])

    def fork(self, *, new_owner: Person) -> GitRepository:
        """Copy it, branches included, to another owner.

        Raises:
            NotPermittedError: 401, the caller is not in the new owner.
            ApiError: 400, the owner has one of that name.
        """
        made = self.store.new_repository(new_owner, self.target, self.name, self.information_type)
        made.put("refs", [one.copy_to(made) for one in self.refs])
        made.put("default_branch", self.default_branch)
        return made

    def rescan(self) -> None:
        """Read the branches anew: what is there stays, the date is noted."""
        self.check("rescan")
        self.put("date_last_scanned", self.store.session.now)

    def push(self, refs: Mapping[str, str | None]) -> dict[str, Any]:
        """Do what a push does: move, add or (null) delete branches; webhooks and open proposals hear of it.

        Args:
            refs: the commit by `main` or `refs/heads/main`.

        Raises:
            ValueError: a commit that is not 40 hex digits, a deletion of what is not there.
        """
        changes: dict[str, Any] = {}
        for name, commit in refs.items():
            path = name if name.startswith("refs/") else f"refs/heads/{name}"
            old = self.get_ref_by_path(path=path)
            if commit is None and old is None:
                raise ValueError(f"refs.{name}: there is no such branch to delete")
            if commit is not None and not _COMMIT.fullmatch(str(commit)):
                raise ValueError(f"refs.{name}: expected 40 hex digits or null, found {commit!r}")
            if old is not None and commit == old.commit_sha1:
                continue
            told = {"old": old and {"commit_sha1": old.commit_sha1}, "new": commit and {"commit_sha1": commit}}
            changes[path] = told
            self._move(path, old, commit)
        if changes:
            self.put("date_last_modified", self.store.session.now)
            self.put("date_last_scanned", self.store.session.now)
            payload = {"git_repository": f"/{self.path}", "git_repository_path": self.path, "ref_changes": changes}
            webhooks.tell(self, "git:push:0.1", payload, refs=list(changes))
        return changes

    def _move(self, path: str, ref: GitRef | None, commit: str | None) -> None:
        if ref is None:
            made = GitRef(self.store, repository=self, full_path=path, commit_sha1=commit)
            self.put("refs", [*self.refs, made])
            self.put("default_branch", self.default_branch or path)
            return
        for proposal in self.landing_targets:
            if proposal.source_git_path == path and proposal.queue_status in _OPEN:
                proposal.note("push", ref.commit_sha1, commit)
        if commit is None:
            self.put("refs", [one for one in self.refs if one is not ref])
        else:
            ref.put("commit_sha1", commit)

    def can_be_deleted(self) -> bool:
        """Say whether nothing hangs on it."""
        return not self.landing_candidates and not self.landing_targets

    def new_webhook(
        self, *, delivery_url: str, event_types: list[str], active: bool | None = True, secret: str | None = None
    ) -> Any:
        """Add a webhook; by the owner."""
        self.check("webhooks")
        return self.store.new_webhook(self, delivery_url, event_types, active=active is not False, secret=secret)


class GitSubscription(Record):
    """Who gets mail about a repository."""

    entry = "git_subscription"
    web_host = "code"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.repository.path}/+subscription/{self.person.name}"

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Who is subscribed, and who subscribed them."""
        writer = self.store.session.writer
        return writer is not None and (writer.is_in(self.person) or writer is self.subscribed_by)

    def can_be_unsubscribed_by_user(self) -> bool:
        """Say whether the caller may take it away."""
        user = self.store.session.user
        return user is not None and (user.is_in(self.person) or user is self.subscribed_by)


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

    def copy_to(self, repository: GitRepository) -> GitRef:
        """Make the same branch in another repository."""
        return GitRef(self.store, repository=repository, full_path=self.full_path, commit_sha1=self.commit_sha1)

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
        made = self.store.new_proposal(
            source=self,
            target=merge_target,
            registrant=writer,
            description=given.get("initial_comment"),
            commit_message=given.get("commit_message"),
            prerequisite_git_repository=prerequisite and prerequisite.repository,
            prerequisite_git_path=prerequisite and prerequisite.full_path,
            queue_status="Work in progress" if given.get("needs_review") is False else "Needs review",
        )
        kinds = given.get("review_types") or ()
        for index, reviewer in enumerate(given.get("reviewers") or ()):
            made.vote_of(self._reviewer(reviewer), kinds[index] if index < len(kinds) else None)
        made.note("created", None, None)
        return made

    def _reviewer(self, address: str) -> Person:
        """Find a reviewer by the address that `reviewers` gives."""
        found: Person | None = self.store.person(address.rsplit("/", 1)[-1].removeprefix("~"))
        if found is None:
            raise ApiError(f"reviewers: no such person: {address}")
        return found

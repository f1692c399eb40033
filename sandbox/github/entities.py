"""What the state is made of. Fields are the keys of the document; those made with `derived` are not in it.

Instants are text, `2026-11-24T10:00:00Z`, so that they compare as they should. People are logins as their account
spells them. Ids are 0 and instants empty until loading has completed them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sandbox.github.accounts import Hook
from sandbox.github.state_fields import DERIVED, instant, maybe_instant, references


@dataclass(slots=True, kw_only=True)
class Reaction:
    """Somebody's reaction."""

    user: str
    content: str
    id: int = 0
    created_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Branch:
    """A branch of a repository."""

    name: str
    sha: str = ""
    protected: bool = False


@dataclass(slots=True, kw_only=True)
class Asset:
    """A file of a release; its bytes are kept as text in base 64."""

    name: str
    id: int = 0
    label: str | None = None
    content_type: str = "application/octet-stream"
    data: str = ""
    download_count: int = 0
    uploader: str = ""
    created_at: str = instant()
    updated_at: str = instant()


@dataclass(slots=True, kw_only=True)
class Label:
    """A label of a repository."""

    name: str
    id: int = 0
    color: str = "ededed"
    description: str | None = None
    default: bool = False


@dataclass(slots=True, kw_only=True)
class Milestone:
    """A milestone of a repository."""

    title: str
    number: int = 0
    id: int = 0
    state: str = "open"
    description: str | None = None
    due_on: str | None = maybe_instant()
    creator: str | None = None
    created_at: str = instant()
    updated_at: str = instant()
    closed_at: str | None = maybe_instant()


@dataclass(slots=True, kw_only=True)
class Comment:
    """A comment on an issue or on the conversation of a pull request."""

    user: str
    body: str
    id: int = 0
    created_at: str = instant()
    updated_at: str = instant()
    app: str | None = None
    pinned_at: str | None = maybe_instant()
    pinned_by: str | None = None
    reactions: dict[str, int] = field(default_factory=dict)
    reacted: list[Reaction] = field(default_factory=list)
    issue: Issue = field(default=None, repr=False, metadata=DERIVED)  # type: ignore[assignment] # set by its maker


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened to an issue. `other` is the id of the issue at the other end."""

    event: str
    id: int = 0
    actor: str | None = None
    created_at: str = instant()
    label: str | None = None
    milestone: str | None = None
    rename: dict[str, str] | None = None
    assignee: str | None = None
    assigner: str | None = None
    issue_type: str | None = None
    prev_issue_type: str | None = None
    state_reason: str | None = None
    commit_id: str | None = None
    reviewer: str | None = None
    app: str | None = None
    spelt: dict[str, Any] = field(default_factory=dict, repr=False, metadata=references("issue"))
    other: int | None = field(default=None, metadata=DERIVED)
    issue: Issue = field(default=None, repr=False, metadata=DERIVED)  # type: ignore[assignment] # set by its maker


@dataclass(slots=True, kw_only=True)
class Review:
    """A review of a pull request."""

    user: str
    id: int = 0
    state: str = "COMMENTED"
    body: str = ""
    submitted_at: str = instant()
    commit_id: str | None = None


@dataclass(slots=True, kw_only=True)
class ReviewComment:
    """A comment on a line of a pull request."""

    user: str
    body: str
    id: int = 0
    path: str = "README.md"
    line: int = 1
    diff_hunk: str = "@@ -1 +1 @@"
    review: int | None = None
    in_reply_to: int | None = None
    commit_id: str | None = None
    created_at: str = instant()
    updated_at: str = instant()
    reactions: dict[str, int] = field(default_factory=dict)
    reacted: list[Reaction] = field(default_factory=list)
    issue: Issue = field(default=None, repr=False, metadata=DERIVED)  # type: ignore[assignment] # set by its maker


FAILED = frozenset({"failure", "timed_out", "cancelled", "action_required", "startup_failure"})
"""Conclusions of a check run that make the whole fail."""


@dataclass(slots=True, kw_only=True)
class CheckRun:
    """A check run of a pull request's head commit."""

    name: str
    id: int = 0
    status: str = "completed"
    conclusion: str | None = None
    started_at: str | None = maybe_instant()
    completed_at: str | None = maybe_instant()
    app: str | None = None


@dataclass(slots=True, kw_only=True)
class PullRequest:
    """What a pull request has beyond an issue."""

    head: str = "topic"
    head_sha: str = ""
    head_repository: str | None = None
    base: str = "main"
    base_sha: str = ""
    draft: bool = False
    merged_at: str | None = maybe_instant()
    merged_by: str | None = None
    merge_commit_sha: str | None = None
    mergeable: bool | None = True
    requested_reviewers: list[str] = field(default_factory=list)
    requested_teams: list[str] = field(default_factory=list)
    commits: int = 1
    additions: int = 1
    deletions: int = 0
    changed_files: int = 1
    reviews: list[Review] = field(default_factory=list)
    review_comments: list[ReviewComment] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    id: int = 0
    spelt: dict[str, Any] = field(default_factory=dict, repr=False, metadata=references("closes"))
    closes: list[int] = field(default_factory=list, metadata=DERIVED)


@dataclass(slots=True, kw_only=True)
class Issue:
    """An issue or, with `pull_request`, a pull request. References to other issues are ids."""

    number: int = 0
    title: str
    user: str
    id: int = 0
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    milestone: int | None = None
    type: str | None = None
    locked: bool = False
    active_lock_reason: str | None = None
    created_at: str = instant()
    updated_at: str = instant()
    closed_at: str | None = maybe_instant()
    closed_by: str | None = None
    app: str | None = None
    deleted: bool = False
    reactions: dict[str, int] = field(default_factory=dict)
    reacted: list[Reaction] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    pull_request: PullRequest | None = None
    repo: Repo = field(default=None, repr=False, metadata=DERIVED)  # type: ignore[assignment] # set by its maker
    spelt: dict[str, Any] = field(
        default_factory=dict, repr=False, metadata=references("parent", "sub_issues", "blocked_by", "transferred_to")
    )
    parent: int | None = field(default=None, metadata=DERIVED)
    sub_issues: list[int] = field(default_factory=list, metadata=DERIVED)
    blocked_by: list[int] = field(default_factory=list, metadata=DERIVED)
    blocking: list[int] = field(default_factory=list, metadata=DERIVED)
    transferred_to: int | None = field(default=None, metadata=DERIVED)
    before: Any = field(default=None, repr=False, metadata=DERIVED)

    @property
    def gone(self) -> bool:
        """Whether it is deleted or lives elsewhere now."""
        return self.deleted or self.transferred_to is not None


@dataclass(slots=True, kw_only=True)
class Release:
    """A release of a repository."""

    tag_name: str
    id: int = 0
    name: str | None = None
    body: str | None = None
    draft: bool = False
    prerelease: bool = False
    target_commitish: str = "main"
    author: str = ""
    created_at: str = instant()
    published_at: str | None = maybe_instant()
    assets: list[Asset] = field(default_factory=list)
    reactions: dict[str, int] = field(default_factory=dict)
    reacted: list[Reaction] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Repo:
    """A repository. Deleted and transferred issues stay in `issues`."""

    full_name: str
    id: int = 0
    private: bool = False
    description: str | None = None
    archived: bool = False
    has_issues: bool = True
    default_branch: str = "main"
    topics: list[str] = field(default_factory=list)
    previous_names: list[str] = field(default_factory=list)
    collaborators: dict[str, str] = field(default_factory=dict)
    created_at: str = instant()
    updated_at: str = instant()
    pushed_at: str = instant()
    labels: list[Label] = field(default_factory=list)
    milestones: list[Milestone] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    homepage: str | None = None
    files: dict[str, str] = field(default_factory=dict)
    issues: list[Issue] = field(default_factory=list)
    by_number: dict[int, Issue] = field(default_factory=dict, repr=False, metadata=DERIVED)
    version: int = field(default=0, metadata=DERIVED)

    @property
    def owner(self) -> str:
        """Login of the account that it belongs to."""
        return self.full_name.partition("/")[0]

    @property
    def name(self) -> str:
        """Name without the owner."""
        return self.full_name.partition("/")[2]

    def label(self, name: str) -> Label | None:
        """Find a label; case does not matter."""
        key = name.casefold()
        return next((each for each in self.labels if each.name.casefold() == key), None)

    def milestone(self, number: int | None) -> Milestone | None:
        """Find a milestone by its number."""
        return next((each for each in self.milestones if each.number == number), None)

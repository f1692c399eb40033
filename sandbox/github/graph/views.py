"""What resolvers are given where an entity alone does not know where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.github.accounts import Account, IssueType, Team
from sandbox.github.entities import CheckRun, Comment, Event, Issue, Label, Milestone, Release, Repo, Review
from sandbox.github.projects import Draft, Iteration, Project, ProjectField, ProjectItem, StatusUpdate, View


@dataclass(frozen=True, slots=True)
class LabelView:
    """A label of a repository."""

    repo: Repo
    label: Label


@dataclass(frozen=True, slots=True)
class MilestoneView:
    """A milestone of a repository."""

    repo: Repo
    milestone: Milestone


@dataclass(frozen=True, slots=True)
class ReleaseView:
    """A release of a repository."""

    repo: Repo
    release: Release


@dataclass(frozen=True, slots=True)
class BranchView:
    """A branch of a repository."""

    repo: Repo
    name: str


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A review of a pull request."""

    issue: Issue
    review: Review


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request for a review."""

    issue: Issue
    login: str
    account: Account | TeamView


@dataclass(frozen=True, slots=True)
class CommitView:
    """A commit; `issue` is the pull request whose head it is."""

    repo: Repo
    oid: str
    issue: Issue | None


@dataclass(frozen=True, slots=True)
class PullCommitView:
    """A commit of a pull request."""

    issue: Issue
    commit: CommitView


@dataclass(frozen=True, slots=True)
class RollupView:
    """The checks of a pull request's head."""

    issue: Issue
    commit: CommitView


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check run."""

    issue: Issue
    check: CheckRun


@dataclass(frozen=True, slots=True)
class FieldView:
    """A field of a project: one of its own, or a built-in one (`data_type` says which)."""

    project: Project
    name: str
    data_type: str
    number: int
    field: ProjectField | None = None


@dataclass(frozen=True, slots=True)
class IterationView:
    """An iteration."""

    iteration: Iteration


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item of a project."""

    project: Project
    item: ProjectItem


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft issue."""

    at: ItemView
    draft: Draft


@dataclass(frozen=True, slots=True)
class ValueView:
    """The value of a field of an item."""

    at: ItemView
    field: FieldView
    value: Any


@dataclass(frozen=True, slots=True)
class ViewView:
    """A view of a project."""

    project: Project
    view: View


@dataclass(frozen=True, slots=True)
class SortView:
    """A field that a view is sorted by."""

    field: FieldView
    direction: str


@dataclass(frozen=True, slots=True)
class StatusView:
    """A status update of a project."""

    project: Project
    update: StatusUpdate


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team of an organization."""

    account: Account
    team: Team


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic of a repository."""

    repo: Repo
    name: str


TIMELINE = {
    "assigned": "AssignedEvent",
    "unassigned": "UnassignedEvent",
    "labeled": "LabeledEvent",
    "unlabeled": "UnlabeledEvent",
    "milestoned": "MilestonedEvent",
    "demilestoned": "DemilestonedEvent",
    "renamed": "RenamedTitleEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "locked": "LockedEvent",
    "unlocked": "UnlockedEvent",
    "cross-referenced": "CrossReferencedEvent",
    "sub_issue_added": "SubIssueAddedEvent",
    "sub_issue_removed": "SubIssueRemovedEvent",
    "parent_issue_added": "ParentIssueAddedEvent",
    "parent_issue_removed": "ParentIssueRemovedEvent",
    "transferred": "TransferredEvent",
    "merged": "MergedEvent",
    "review_requested": "ReviewRequestedEvent",
    "review_request_removed": "ReviewRequestRemovedEvent",
}
"""Events by their name in the state, and the type of the schema that they are of."""

_TYPES = {
    IssueType: "IssueType",
    TeamView: "Team",
    CommitView: "Commit",
    Repo: "Repository",
    Comment: "IssueComment",
    LabelView: "Label",
    MilestoneView: "Milestone",
    ReleaseView: "Release",
    ReviewView: "PullRequestReview",
    CheckView: "CheckRun",
    Project: "ProjectV2",
    ItemView: "ProjectV2Item",
    DraftView: "DraftIssue",
    ViewView: "ProjectV2View",
    StatusView: "ProjectV2StatusUpdate",
}
_VALUES = {
    "TITLE": "Text",
    "TEXT": "Text",
    "NUMBER": "Number",
    "DATE": "Date",
    "SINGLE_SELECT": "SingleSelect",
    "ITERATION": "Iteration",
    "ASSIGNEES": "User",
    "LABELS": "Label",
    "MILESTONE": "Milestone",
    "REPOSITORY": "Repository",
    "LINKED_PULL_REQUESTS": "PullRequest",
    "REVIEWERS": "Reviewer",
}


def type_name(value: object) -> str:
    """Name the type of the schema that a value is of."""
    match value:
        case Issue():
            return "PullRequest" if value.pull_request else "Issue"
        case Account():
            return value.type
        case Event():
            return TIMELINE[value.event]
        case FieldView():
            kinds = {"SINGLE_SELECT": "ProjectV2SingleSelectField", "ITERATION": "ProjectV2IterationField"}
            return kinds.get(value.data_type, "ProjectV2Field")
        case ValueView():
            return f"ProjectV2ItemField{_VALUES[value.field.data_type]}Value"
        case _:
            return _TYPES[type(value)]

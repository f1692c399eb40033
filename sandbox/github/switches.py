"""What the outside evidence leaves open, and the rate limits: both in the state, changed by `/_sandbox/settings`."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Self, get_args

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from sandbox.core.checked import STRICT, changed

Move = Literal[
    "title",
    "body",
    "state",
    "labels",
    "assignees",
    "milestone",
    "lock",
    "issue_type",
    "comment_created",
    "comment_edited",
    "comment_deleted",
    "sub_issue_child",
    "sub_issue_parent",
    "dependency",
    "review",
    "review_comment",
    "cross_reference",
    "reaction",
    "label_edited",
    "label_deleted",
    "milestone_edited",
    "milestone_deleted",
    "issue_type_edited",
    "project_item",
    "project_value",
    "head_pushed",
]
"""Everything that might move an issue's `updated_at`."""

MOVES: tuple[Move, ...] = get_args(Move)
MOVES_UNLESS_TOLD: tuple[Move, ...] = (*MOVES[: MOVES.index("sub_issue_child") + 1], "review", "review_comment")


class LimitStatus(StrEnum):
    """The status of a refusal for a limit; GitHub documents both."""

    FORBIDDEN = "403"
    TOO_MANY = "429"


class GraphStatus(StrEnum):
    """The status of a refusal by GraphQL for a secondary limit."""

    FINE = "200"
    FORBIDDEN = "403"


class LimitForm(StrEnum):
    """What a refusal for a secondary limit tells: when to come back, or nothing."""

    RETRY_AFTER = "retry_after"
    BARE = "bare"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One way or the other; a client must do right by both.

    Attributes:
        moves_updated_at: which of `MOVES` move an issue's `updated_at`.
        issue_list_cursors: `Link` of issue lists bears opaque `after=` and no `last`; else page numbers.
        etag_per_token: an ETag is good only with the very token that got it; else with any of the same installation
            or user.
        if_match_on_writes: a write with an `If-Match` that does not match is 412; else the header is not looked at.
        pulls_hidden_without_permission: issue lists of private repositories leave out pull requests when the token
            lacks `pull_requests`.
        add_project_item_idempotent: `addProjectV2ItemById` gives the item that exists; else it is an error.
        project_queries: REST lists of projects and their items heed `q`; else they give all.
        archived_labels: labels bear `archived_at` and `archived_by`, as descriptions newer than those at hand have it.
        org_issues_for_apps: `/orgs/{org}/issues` answers to App tokens; else 403.
        user_projects_for_apps: projects of users can be reached by App tokens.
        conditional_costs_secondary: a 304 costs points of the secondary limit.
        deleted_status: what a deleted issue answers, 410 or 404.
        long_tokens: installation tokens are `ghs_APPID_JWT`, longer than 40 characters.
        token_seconds: how long an installation token lives.
        delivery_seconds: how long deliveries of webhooks are kept.
        list_lag_seconds: lists, searches and connections show a changed issue as it was until so long after the change.
        late_commit_seconds: the stamps of a change are so much older than the moment from which it can be seen.
        reordered_pages: what stands on a page comes in another order than asked for; the pages stay the same.
    """

    __pydantic_config__ = STRICT

    moves_updated_at: tuple[Move, ...] = MOVES_UNLESS_TOLD
    issue_list_cursors: bool = True
    etag_per_token: bool = False
    if_match_on_writes: bool = False
    pulls_hidden_without_permission: bool = False
    add_project_item_idempotent: bool = True
    project_queries: bool = True
    archived_labels: bool = False
    org_issues_for_apps: bool = True
    user_projects_for_apps: bool = False
    conditional_costs_secondary: bool = True
    deleted_status: Literal[404, 410] = 410
    long_tokens: bool = True
    token_seconds: NonNegativeFloat = 3600
    delivery_seconds: NonNegativeFloat = 259_200
    list_lag_seconds: NonNegativeFloat = 0
    late_commit_seconds: NonNegativeFloat = 0
    reordered_pages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The documented rate limits; null turns one off. On GHES all are off unless told.

    Attributes:
        anonymous: requests an hour for each address.
        user: requests an hour for each user, over all tokens of theirs.
        app: requests an hour for each installation.
        graphql: points an hour.
        search: requests a minute.
        rest_points: secondary points a minute; a read costs 1, a write 5.
        graphql_points: secondary points a minute; a query costs 1, a mutation 5.
        content_minute: requests that create content, a minute.
        content_hour: the same, an hour.
        primary_status: of a refusal at the primary limit.
        secondary_status: of a refusal at a secondary limit.
        secondary_form: whether that bears `Retry-After`.
        retry_after_seconds: its least value.
        graphql_secondary_status: of a refusal at a secondary limit by GraphQL; 200 bears the error in its body.
        concurrent: requests that one token may have under way at once, REST and GraphQL together.
        nodes: how many nodes a GraphQL call may ask for.
        graphql_timeout_nodes: a call that asks for more is cut off as one that takes too long: 502, and no data.
        app_grows: the limit of an installation grows by 50 for each repository and member beyond 20, to 12,500 at most.
    """

    __pydantic_config__ = STRICT

    anonymous: NonNegativeInt | None = 60
    user: NonNegativeInt | None = 5_000
    app: NonNegativeInt | None = 5_000
    graphql: NonNegativeInt | None = 5_000
    search: NonNegativeInt | None = 30
    rest_points: NonNegativeInt | None = 900
    graphql_points: NonNegativeInt | None = 2_000
    content_minute: NonNegativeInt | None = 80
    content_hour: NonNegativeInt | None = 500
    primary_status: LimitStatus = LimitStatus.FORBIDDEN
    secondary_status: LimitStatus = LimitStatus.FORBIDDEN
    secondary_form: LimitForm = LimitForm.RETRY_AFTER
    retry_after_seconds: NonNegativeInt = 60
    graphql_secondary_status: GraphStatus = GraphStatus.FORBIDDEN
    concurrent: NonNegativeInt | None = 100
    nodes: PositiveInt = 500_000
    graphql_timeout_nodes: NonNegativeInt | None = None
    app_grows: bool = True

    @classmethod
    def of(cls, *, enterprise: bool) -> Self:
        """Give the limits that a deployment has unless told."""
        return changed(cls(), dict.fromkeys(_LIMITS if enterprise else ()))


_LIMITS = (
    "anonymous",
    "user",
    "app",
    "graphql",
    "search",
    "rest_points",
    "graphql_points",
    "content_minute",
    "content_hour",
    "concurrent",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    """Both, as they stand now."""

    __pydantic_config__ = STRICT

    switches: Switches = field(default_factory=Switches)
    limits: Limits = field(default_factory=Limits)

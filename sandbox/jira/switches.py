"""What the outside evidence leaves open, and what an operator may impose: in the state, changed by settings."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from sandbox.core.checked import STRICT

Bump = Literal[
    "comment",
    "worklog",
    "link",
    "attachment",
    "remote_link",
    "property",
    "version",
    "component",
    "sprint",
    "rank",
]
"""What may move an issue's `updated`, beside edits of its fields and transitions."""


class WrongCredentials(StrEnum):
    """What Cloud makes of wrong credentials: an anonymous caller, or 401."""

    ANONYMOUS = "anonymous"
    REFUSED = "refused"


class SelfLinks(StrEnum):
    """Where self links point in answers that went through the gateway."""

    SITE = "site"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of use; None is no limit. Seconds and figures are the ones that were seen, where some were.

    Attributes:
        quota_points: points an hour and user (Cloud); a request costs one, an object read the next figure.
        points_per_object: what each object read costs.
        quota_for_api_tokens: whether API tokens are counted too; else OAuth tokens alone.
        burst_per_second: requests a second of one method and route (Cloud).
        issue_writes_2s: writes to one issue within 2 seconds (Cloud).
        issue_writes_30s: writes to one issue within 30 seconds (Cloud).
        retry_after: whether a refusal says when to come back.
        bucket_size: what a user may use at once, on each node (Data Center).
        bucket_fill: how much of it comes back every `bucket_seconds`.
    """

    __pydantic_config__ = STRICT

    quota_points: PositiveInt | None = None
    points_per_object: NonNegativeInt = 1
    quota_for_api_tokens: bool = False
    burst_per_second: PositiveInt | None = None
    issue_writes_2s: PositiveInt | None = None
    issue_writes_30s: PositiveInt | None = None
    retry_after: bool = True
    bucket_size: PositiveInt | None = None
    bucket_fill: PositiveInt = 1
    bucket_seconds: PositiveInt = 1

    @property
    def on(self) -> bool:
        """Whether anything is limited."""
        return any((self.quota_points, self.burst_per_second, self.issue_writes_2s, self.issue_writes_30s)) or bool(
            self.bucket_size
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One way or the other; a client must do right by both.

    Attributes:
        bumps_updated: which of `Bump` move an issue's `updated`.
        wrong_credentials: what Cloud makes of them.
        gateway_self_links: where self links point behind the gateway.
        epoch_milliseconds: whether JQL takes them as dates.
        page_with_fields: issues on a page of Cloud's search when fields are asked for.
        changelog_in_search: entries of a changelog that a search with `expand=changelog` gives, the newest; None all.
        notify_refused: whether Cloud refuses `notifyUsers=false` from who does not administer; else it is ignored.
        reordered_pages: the issues of a page come in another order than asked for.
        unstable_ties: issues that are equal under `ORDER BY` change places from page to page (Data Center).
        late_every: every so many-th write shows in searches `late_seconds` after its fellows; 0 is none.
        late_seconds: see there.
        nodes: nodes of a Data Center, each with its own index; who keeps the cookie stays on one.
        node_lags: seconds that the nodes' indexes run behind, each beside `index_lag_seconds`; left out is 0.
        page_ids: issues on a page of Cloud's search when nothing but ids are asked for.
        page_bulkfetch: issues that bulkfetch takes.
        page_data_center: issues on a page of Data Center's search.
        changelog_issues: issues that the bulk form of the changelog takes.
        property_bytes: size of an entity property's value.
        unbounded_refused: whether Cloud's search refuses a query without a restriction.
        zone_of_user: whether JQL's dates are in the caller's zone; else in the site's.
        reads_lag: whether reads by id lag behind writes as searches do.
        archived_readable: whether an archived issue can be read by id.
        tenant_info: whether the site tells its cloud id to everyone.
        bulk_seconds: how long a bulk task takes.
        bulk_at_once: bulk tasks of a site at one time.
        webhook_days: after how many days a dynamic webhook expires.
        webhook_retry_seconds: how long after a failure a webhook is sent again.
        webhook_retries: how often it is sent again (Cloud).
        data_center_retries: how often a Data Center sends again.
        dynamic_signed_by_jwt: dynamic webhooks bear a JWT; else `X-Hub-Signature`.
        token_seconds: how long an OAuth access token lives.
        refresh_rotates: whether a refresh token is spent by its use.
        deliver_webhooks: whether webhooks are sent at all.
        data_center_signs: whether a Data Center signs its webhooks.
    """

    __pydantic_config__ = STRICT

    bumps_updated: tuple[Bump, ...] = ("comment", "worklog", "link", "attachment")
    wrong_credentials: WrongCredentials = WrongCredentials.ANONYMOUS
    gateway_self_links: SelfLinks = SelfLinks.SITE
    epoch_milliseconds: bool = True
    page_with_fields: PositiveInt = 100
    changelog_in_search: NonNegativeInt | None = None
    notify_refused: bool = True
    reordered_pages: bool = False
    unstable_ties: bool = False
    late_every: NonNegativeInt = 0
    late_seconds: NonNegativeFloat = 0.0
    nodes: PositiveInt = 1
    node_lags: tuple[NonNegativeFloat, ...] = ()
    page_ids: PositiveInt = 5000
    page_bulkfetch: PositiveInt = 100
    page_data_center: PositiveInt = 1000
    changelog_issues: PositiveInt = 1000
    property_bytes: NonNegativeInt = 32_768
    unbounded_refused: bool = True
    zone_of_user: bool = True
    reads_lag: bool = False
    archived_readable: bool = True
    tenant_info: bool = True
    bulk_seconds: NonNegativeFloat = 0.0
    bulk_at_once: NonNegativeInt = 5
    webhook_days: NonNegativeInt = 30
    webhook_retry_seconds: NonNegativeFloat = 300.0
    webhook_retries: NonNegativeInt = 5
    data_center_retries: NonNegativeInt = 0
    token_seconds: NonNegativeInt = 3600
    refresh_rotates: bool = True
    dynamic_signed_by_jwt: bool = True
    deliver_webhooks: bool = True
    data_center_signs: bool = False
    limits: Limits = field(default_factory=Limits)

    @property
    def longest_lag(self) -> float:
        """The lag of the slowest node."""
        return max(self.node_lags, default=0.0)

    def lag_of(self, node: int) -> float:
        """Give the lag of a node, counted from 1."""
        return self.node_lags[node - 1] if node <= len(self.node_lags) else 0.0

    def as_json(self) -> dict[str, Any]:
        """Give all of them."""
        return asdict(self)

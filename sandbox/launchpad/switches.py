"""The switches of the stand-in: what is not settled about the original, and what installations differ in."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from sandbox.core.checked import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The state's `"switches"`; each may also be changed while it runs by `POST /_sandbox/settings`.

    Attributes:
        page_size: entries of a page when `ws.size` is not given; 75 is production's, 50 the schema's default.
        max_page_size: a larger `ws.size` is answered 400.
        hidden_status: what a private bug answers to who may not see it: 404 as measured, or 401.
        root_specifications_link: False leaves `specifications_collection_link` of the root at `/devel/` as one
            snapshot of the original had it; True points it at `/devel/specs`, which works through launchpadlib.
        redact_person_ids: True shows the ids of people as `tag:launchpad.net:2008:redacted`, as production does.
        whiteboard_for_all: whether anyone logged in may write a blueprint's whiteboard, or only its people and drivers.
        expiry_days: days without change after which the janitor (`POST /_sandbox/janitor`) expires Incomplete bugs.
        oauth_in_parameters: whether the `oauth_*` parameters count in the query and in a form as well. The manual says
            that only the header does.
        list_bugs: whether a plain GET of `/bugs` lists bugs, latest first, as the manual shows it, or nothing.
        timeout_above_entries: a page with more entries than this takes too long and is cut with 503; 0 is never.
        throttle_per_minute: requests of one caller in a minute, above which the front end refuses; 0 is never. Nothing
            is documented; `throttle_status` and `throttle_retry_after` (seconds, 0 sends no header) are how it does.
        throttle_status: see above.
        throttle_retry_after: see above.
        search_lag_seconds: by how much searches lag behind: a change that is younger is not found by its date, a bug
            that is younger not at all. What is found is shown as it is.
        late_commit_seconds: by how much the stamp of a change is older than the moment it can be seen, as of a slow
            transaction.
        unstable_ties: True orders tasks that are alike in `order_by` anew at each search, as a database may: pages then
            overlap and leave gaps unless the order is total.
        webhooks_enabled: False is the original with its feature flag off: newWebhook is answered 401.
        webhook_loopback_giveup_seconds: how long deliveries to loopback are retried; the original gives them 5 minutes.
        webhook_parts_in_header: True names the part of a merge proposal's event in `X-Launchpad-Event-Type`
            (`merge-proposal:0.1::create`), which the manual leaves open; False the event alone.
        deliver_webhooks: False only records deliveries, and sends none.
    """

    __pydantic_config__ = STRICT

    page_size: PositiveInt = 75
    max_page_size: PositiveInt = 300
    hidden_status: Literal[401, 404] = 404
    root_specifications_link: bool = False
    redact_person_ids: bool = False
    whiteboard_for_all: bool = True
    expiry_days: NonNegativeInt = 60
    oauth_in_parameters: bool = False
    list_bugs: bool = False
    timeout_above_entries: NonNegativeInt = 0
    throttle_per_minute: NonNegativeInt = 0
    throttle_status: Annotated[int, Field(ge=400, le=599)] = 429
    throttle_retry_after: NonNegativeInt = 30
    search_lag_seconds: NonNegativeInt = 0
    late_commit_seconds: NonNegativeInt = 0
    unstable_ties: bool = False
    webhooks_enabled: bool = True
    webhook_loopback_giveup_seconds: NonNegativeInt = 300
    webhook_parts_in_header: bool = False
    deliver_webhooks: bool = True

    def as_json(self) -> dict[str, Any]:
        """Give all of them."""
        return asdict(self)

"""What the outside evidence leaves open or calls unverified: each one way or the other, by `/_sandbox/settings`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveInt

from sandbox.core.checked import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """One way or the other; a client must do right by both.

    Attributes:
        password_grant: OAuth's username-password flow gives tokens; else it is refused, as in new orgs.
        soap_login: SOAP login() gives sessions up to API 64; else it is refused, as in new orgs.
        external_client_app: applications are External Client Apps: an assertion for the login hosts is refused with
            `app_not_found`.
        session_seconds: idle seconds of a token whose client does not say its own.
        logins_per_hour: tokens given to one user in an hour.
        uri_bytes: a longer address is refused with 414.
        cursors: open query cursors of one user; another one releases the oldest.
        cursor_seconds: how long a query locator is good.
        page_rows: the most rows in a page of a query; wide rows make it fewer than 2,000.
        composite_queries: queries and collections among the subrequests of one composite.
        guards_on_custom_objects: conditional headers hold on custom objects; else they are not looked at there.
        guards_in_composite: `httpHeaders` of composite subrequests are looked at.
        precondition_code: the errorCode of a 412.
        upsert_status: of an upsert that updates, 200 or 204; 0 lets the API version decide.
        emptied_lookups_move: a lookup emptied by its parent's deletion moves the child's SystemModstamp.
        merged_children_move: a merge moves the SystemModstamp of the children that change their parent.
        deletions_days: how long getDeleted remembers.
        job_seconds: how long a bulk job and its results are kept.
        job_looks: how often a job must be asked about until it is done.
        duplicate_header: `Sforce-Duplicate-Rule-Header: allowSave=true` saves what a duplicate rule would stop.
        shuffled_without_order: rows of a query without ORDER BY come in another order each time.
        search_lag_seconds: SOSL finds a record as it was until so long after a change.
        outbound_retry_seconds: how long an outbound message that is not acknowledged is sent again.
        outbound_copies: how often each outbound message is sent although it was acknowledged.
        outbound_reversed: outbound messages that wait together are sent the newest first.
        per_app_usage: `Sforce-Limit-Info` tells of the application's own use too.
    """

    __pydantic_config__ = STRICT

    password_grant: bool = False
    soap_login: bool = False
    external_client_app: bool = False
    session_seconds: NonNegativeFloat = 7_200
    logins_per_hour: NonNegativeInt = 3_600
    uri_bytes: NonNegativeInt = 16_384
    cursors: NonNegativeInt = 10
    cursor_seconds: NonNegativeFloat = 172_800
    page_rows: PositiveInt = 2_000
    composite_queries: NonNegativeInt = 5
    guards_on_custom_objects: bool = True
    guards_in_composite: bool = True
    precondition_code: str = "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE"
    upsert_status: Literal[0, 200, 204] = 0
    emptied_lookups_move: bool = False
    merged_children_move: bool = False
    deletions_days: NonNegativeFloat = 15
    job_seconds: NonNegativeFloat = 604_800
    job_looks: NonNegativeInt = 1
    duplicate_header: bool = True
    shuffled_without_order: bool = False
    search_lag_seconds: NonNegativeFloat = 0
    outbound_retry_seconds: NonNegativeFloat = 86_400
    outbound_copies: NonNegativeInt = 1
    outbound_reversed: bool = False
    per_app_usage: bool = False

    def as_json(self) -> dict[str, Any]:
        """Give all of them."""
        return asdict(self)

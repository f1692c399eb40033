"""What the outside evidence leaves open or calls unverified: each one way or the other, by `/_sandbox/settings`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

UPSERT_STATUSES = (0, 200, 204)


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

    password_grant: bool = False
    soap_login: bool = False
    external_client_app: bool = False
    session_seconds: float = 7_200
    logins_per_hour: int = 3_600
    uri_bytes: int = 16_384
    cursors: int = 10
    cursor_seconds: float = 172_800
    page_rows: int = 2_000
    composite_queries: int = 5
    guards_on_custom_objects: bool = True
    guards_in_composite: bool = True
    precondition_code: str = "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE"
    upsert_status: int = 0
    emptied_lookups_move: bool = False
    merged_children_move: bool = False
    deletions_days: float = 15
    job_seconds: float = 604_800
    job_looks: int = 1
    duplicate_header: bool = True
    shuffled_without_order: bool = False
    search_lag_seconds: float = 0
    outbound_retry_seconds: float = 86_400
    outbound_copies: int = 1
    outbound_reversed: bool = False
    per_app_usage: bool = False

    def changed(self, document: Mapping[str, Any]) -> Self:
        """Return the switches with those that are named set anew.

        Raises:
            ValueError: A switch that does not exist, or a value of another kind.
        """
        known = {each.name for each in fields(self)}
        if unknown := set(document) - known:
            raise ValueError(f"switches: {', '.join(sorted(unknown))} unknown")
        for name, value in document.items():
            if not _fits(getattr(self, name), value):
                raise ValueError(f"switches.{name}: {value!r} is of the wrong kind")
        made = replace(self, **document)
        if made.upsert_status not in UPSERT_STATUSES:
            raise ValueError("switches.upsert_status: 0, 200 or 204")
        if made.page_rows < 1:
            raise ValueError("switches.page_rows: at least 1")
        return made

    def as_json(self) -> dict[str, Any]:
        """Give what `changed` reads."""
        return asdict(self)


def _fits(default: Any, value: Any) -> bool:
    match default:
        case bool():
            return isinstance(value, bool)
        case str():
            return isinstance(value, str)
        case int():
            return isinstance(value, int) and not isinstance(value, bool) and value >= 0
        case _:
            return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0

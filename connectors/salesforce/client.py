"""Builds simple-salesforce's client on our transport, and calls it: token, one re-login, daily quota, errors."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError, SalesforceExpiredSession

from connectors.core.errors import AmbiguousError, ConnectorError, FatalError, InterruptedRunError, RetriableError
from connectors.core.port import ConnectorContext, Json
from connectors.core.transport import SAFE_HEADER
from connectors.salesforce.errors import complaint, port_error
from connectors.salesforce.login import Login, Token
from connectors.salesforce.settings import SalesforceSettings

T = TypeVar("T")

PAGE_ROWS = 2000
"""Most rows of one answer to a query; Salesforce's own limit."""
COMPOSITE_QUERIES = 5
"""Most queries in one composite request; Salesforce's own limit. The whole request counts as one."""

_RESERVE = 0.05  # of the org's daily requests are left to people and other programs, whoever used the rest
_USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")
_APP_USAGE = re.compile(r"per-app-api-usage=(\d+)/(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """API requests of the org in the last 24 hours, as its last answer said.

    Attributes:
        used: By everyone.
        limit: Allowed.
        ours: By our app as Salesforce counts, or None: it does not say.
    """

    used: int
    limit: int
    ours: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One sub-answer of a composite request: a body, or the error that it means."""

    body: Json
    error: ConnectorError | None


class SalesforceClient:
    """One org, one login, one thread.

    Attributes:
        connection: Name of the connection.
        usage: Daily quota as last told, or None.
        server_now: Server's instant at about the start of the last request, never later; None before any.
    """

    def __init__(self, context: ConnectorContext, settings: SalesforceSettings) -> None:
        self.connection = context.connection
        self.settings = settings
        self.usage: Usage | None = None
        self.server_now: datetime | None = None
        self._context = context
        self._session = context.transport.session()
        self._session.hooks["response"].append(self._observe)
        self._login = Login(context, settings, self._session)
        self._built: tuple[Token, Salesforce] | None = None

    def query(self, soql: str, *, deleted: bool = False, place: str) -> dict[str, Any]:
        """The first page of a query; ``deleted``: deleted rows too."""
        return self._rows(
            self.call(
                place,
                lambda sf: sf.query(
                    soql, include_deleted=deleted, headers={"Sforce-Query-Options": f"batchSize={PAGE_ROWS}"}
                ),
            ),
            place,
        )

    def more(self, next_url: str, *, place: str) -> dict[str, Any]:
        """The page at ``nextRecordsUrl``."""
        return self._rows(self.call(place, lambda sf: sf.query_more(next_url, identifier_is_url=True)), place)

    def query_all_rows(self, soql: str, *, place: str) -> list[dict[str, Any]]:
        """All rows of a query that is known to be small."""
        page = self.query(soql, place=place)
        rows: list[dict[str, Any]] = list(page["records"])
        while not page["done"]:
            page = self.more(page["nextRecordsUrl"], place=place)
            rows.extend(page["records"])
        return rows

    def describe(self, object_name: str) -> dict[str, Any]:
        """The description of an object."""
        place = f"describe {object_name}"
        found: dict[str, Any] = self.call(place, lambda sf: getattr(sf, object_name).describe())
        return found

    def composite(self, paths: Sequence[tuple[str, str]], *, place: str) -> list[Answered]:
        """GET several paths (below the version's root) in one request that counts as one; they fail independently.

        Args:
            paths: What is asked (for errors), and the path where it is.
            place: What all of it is, for errors.
        """
        root = f"/services/data/v{self.settings.api_version}/"
        body = {
            "allOrNone": False,
            "compositeRequest": [
                {"method": "GET", "url": root + path, "referenceId": f"r{number}"}
                for number, (_, path) in enumerate(paths)
            ],
        }
        data = json.dumps(body)
        answer = self.call(
            place,
            lambda sf: sf.restful("composite", method="POST", data=data, headers={SAFE_HEADER: "1"}),
        )
        answers = dicts(answer.get("compositeResponse") if isinstance(answer, dict) else None, len(paths))
        if answers is None or not all(isinstance(one.get("httpStatusCode"), int) for one in answers):
            raise RetriableError(
                f"{self.connection}: {place}: the composite answer does not fit the request",
                connection=self.connection,
                place=place,
            )
        return [self._answered(one, asked) for one, (asked, _) in zip(answers, paths, strict=True)]

    def query_path(self, soql: str, *, deleted: bool) -> str:
        """Path of a query for ``composite``."""
        return f"{'queryAll' if deleted else 'query'}?q={quote(soql, safe='')}"

    def get_plain(self, path: str) -> requests.Response:
        """GET a path of the org without a login (``/services/data``)."""
        return self._session.get(self.settings.url + path)

    def call(self, place: str, make: Callable[[Salesforce], T], *, writes: bool = False) -> T:
        """Call the client library; on 401 renew the token once and call again, with the same headers.

        Args:
            place: What is being asked, for errors.
            make: The call; it is given the client and may be called twice.
            writes: The call is a write: an answer that cannot be understood leaves its effect unknown.

        Raises:
            InterruptedRunError: Our share of the daily quota is used up.
            ConnectorError: As in the transport, and as Salesforce's error code means.
        """
        self._stop_at_quota()
        token = self._login.token()
        try:
            try:
                return self._once(token, make)
            except SalesforceExpiredSession:
                renewed = self._login.renew(token)
                return self._once(renewed, make)
        except SalesforceExpiredSession:
            raise FatalError(
                f"{self.connection}: {place}: Salesforce refuses a token that it has just given;"
                " check the user's API access, login hours and IP ranges",
                connection=self.connection,
                place=place,
                status=401,
            ) from None
        except SalesforceError as exc:
            raise self.refused(exc.status, exc.content, place) from None  # its text is the whole answer, unredacted
        except (ValueError, TypeError, LookupError, AttributeError) as exc:  # the library trips over nonsense
            kind = AmbiguousError if writes else RetriableError
            raise kind(
                f"{self.connection}: {place}: the answer is not the JSON that Salesforce sends; a proxy?",
                connection=self.connection,
                place=place,
            ) from exc

    def refused(self, status: int, content: Json, place: str) -> ConnectorError:
        """The port's error for an answer that says no."""
        found = complaint(content)
        found = replace(found, message=self._context.transport.redact(found.message))
        return port_error(status, found, connection=self.connection, place=place)

    def _once(self, token: Token, make: Callable[[Salesforce], T]) -> T:
        if self._built is None or self._built[0] != token:
            client = Salesforce(
                session_id=token.access,
                instance_url=token.instance_url,
                version=self.settings.api_version,
                session=self._session,
                object_pairs_hook=dict,
            )
            self._built = (token, client)
        return make(self._built[1])

    def _answered(self, one: Mapping[str, Any], place: str) -> Answered:
        status: int = one["httpStatusCode"]
        if status == 200:
            return Answered(body=one.get("body"), error=None)
        return Answered(body=None, error=self.refused(status, one.get("body"), place))

    def _rows(self, page: Json, place: str) -> dict[str, Any]:
        return checked_page(page, connection=self.connection, place=place)

    def _observe(self, response: requests.Response, *_args: object, **_kwargs: object) -> None:
        """Read what every answer tells beside its body: the server's clock and the daily quota."""
        stamp = response.headers.get("Date")
        if stamp is not None:
            try:
                answered = parsedate_to_datetime(stamp)
            except ValueError:
                answered = None
            if answered is not None and answered.tzinfo is not None:
                took_s = math.ceil(response.elapsed.total_seconds())
                self.server_now = answered - timedelta(seconds=took_s)
        info = response.headers.get("Sforce-Limit-Info", "")
        if (usage := _USAGE.search(info)) is not None:
            ours = _APP_USAGE.search(info)
            self.usage = Usage(used=int(usage[1]), limit=int(usage[2]), ours=int(ours[1]) if ours is not None else None)

    def _stop_at_quota(self) -> None:
        usage = self.usage
        if usage is None or usage.limit <= 0:
            return
        ours = self._context.transport.requests_made if usage.ours is None else usage.ours
        share = self.settings.daily_share
        if ours >= usage.limit * share:
            why = f"syncline has used {ours} of the org's {usage.limit} API requests a day, its share is {share:.0%}"
        elif usage.used >= usage.limit * (1 - _RESERVE):
            why = f"the org has used {usage.used} of its {usage.limit} API requests a day; the rest is left to people"
        else:
            return
        raise InterruptedRunError(
            f"{self.connection}: {why}. The run goes on from here when requests are free again, or raise daily_share",
            connection=self.connection,
        )


def dicts(answer: Json, count: int) -> list[dict[str, Any]] | None:
    """``answer`` if it is a list of so many JSON objects."""
    if isinstance(answer, list) and len(answer) == count and all(isinstance(one, dict) for one in answer):
        return answer
    return None


def checked_page(page: Json, *, connection: str, place: str) -> dict[str, Any]:
    """A page of a query's answer that has what every page has.

    Raises:
        RetriableError: It has not.
    """
    if isinstance(page, dict) and isinstance(page.get("records"), list) and isinstance(page.get("done"), bool):
        whole = all(isinstance(row, dict) and isinstance(row.get("Id"), str) for row in page["records"])
        following = page["done"] or str(page.get("nextRecordsUrl")).startswith("/services/data/")
        if whole and following and isinstance(page.get("totalSize", 0), int):
            return page
    raise RetriableError(
        f"{connection}: {place}: the answer is not a page of records; a proxy?", connection=connection, place=place
    )

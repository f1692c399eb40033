"""A small fictitious org, asked either in process or over loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from sandbox.core.clock import Clock
from sandbox.core.http import Call
from sandbox.core.server import running
from sandbox.core.tls import ServerTls, from_new_authority
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.service import SalesforceService

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
TOKEN = "token-of-the-sync-user"
SYNC_USER = "sync@partner.example"
DATA = "/services/data/v66.0"


def document() -> dict[str, Any]:
    """Return a state of three accounts, two engagements and some of their children."""
    account = [salesforce_id("Account", n) for n in range(4)]
    engagement = [salesforce_id("Engagement__c", n) for n in range(3)]
    old = {"CreatedDate": "2026-01-05T09:00:00Z", "SystemModstamp": "2026-11-20T17:30:00Z"}
    return {
        "org": {
            "users": [{"username": "narrow@partner.example", "hidden": ["Account.AnnualRevenue", "Lead"]}],
            "clients": [{"client_id": "sync-app", "client_secret": "sync-secret", "run_as": SYNC_USER}],
            "tokens": [
                {"token": TOKEN, "username": SYNC_USER, "idle_seconds": 1e9},
                {"token": "narrow-token", "username": "narrow@partner.example"},
            ],
        },
        "records": {
            "User": [
                {"Id": salesforce_id("User", 1), "Username": SYNC_USER, "LastName": "Sync", "Email": SYNC_USER},
                {
                    "Id": salesforce_id("User", 2),
                    "Username": "narrow@partner.example",
                    "FirstName": "Nora",
                    "LastName": "Narrow",
                    "Email": "narrow@partner.example",
                },
            ],
            "Account": [
                {"Id": account[1], "Name": "Fictive Alpha", "Type": "Prospect", "AnnualRevenue": 5000000.0, **old},
                {"Id": account[2], "Name": "Fictive Beta", **old},
                {"Id": account[3], "Name": "Fictive Gamma", "IsDeleted": True, **old},
            ],
            "Contact": [{"Id": salesforce_id("Contact", 1), "LastName": "Example", "AccountId": account[1], **old}],
            "Engagement__c": [
                {
                    "Id": engagement[1],
                    "Name": "Alpha cloud",
                    "Key__c": "ENG-1",
                    "Account__c": account[1],
                    "Stage__c": "Active",
                    "Start_Date__c": "2026-01-05",
                    "Budget__c": 125000.5,
                    "Project_Manager__c": salesforce_id("User", 2),
                    **old,
                },
                {"Id": engagement[2], "Name": "Beta cloud", "Key__c": "ENG-2", "Account__c": account[2], **old},
            ],
            "Deliverable__c": [
                {
                    "Id": salesforce_id("Deliverable__c", 1),
                    "Name": "Sizing",
                    "Engagement__c": engagement[1],
                    "Owed_By__c": "Third party",
                    "Third_Party__c": account[2],
                    "Promised_For__c": "2026-12-01",
                    "State__c": "Open",
                    **old,
                }
            ],
        },
    }


@dataclass(slots=True, kw_only=True)
class Org:
    """An org in process: no socket, but everything from the request line to the log."""

    service: SalesforceService
    token: str = TOKEN
    last: Response = field(default_factory=Response)

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Any:
        """Send one request; gives (status, parsed body); `last` holds the response."""
        parts = urlsplit(url if url.startswith("/") else f"{DATA}/{url}")
        data = raw if raw is not None else None if body is None else json.dumps(body)
        given = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        kind = given.pop("Content-Type", "application/json" if data is not None else None)
        builder = EnvironBuilder(
            path=parts.path,
            method=method,
            query_string=parts.query,
            data=data,
            content_type=kind,
            headers=list(given.items()),
            base_url="https://localhost:8443/",
        )
        call = Call({**builder.get_environ(), "RAW_PATH": parts.path})
        response = self.service.exchange(call, lambda: False).response
        assert response is not None
        self.last = response
        text = response.get_data(as_text=True)
        json_like = "json" in (response.content_type or "")
        return response.status_code, json.loads(text) if json_like and text else text or None

    def query(self, soql: str, *, everything: bool = False) -> Any:
        """Run a query and give its body."""
        builder = EnvironBuilder(query_string={"q": soql})
        status, body = self.ask("GET", f"{'queryAll' if everything else 'query'}?{builder.query_string}")
        assert status == 200, body
        return body

    def refusal(self, soql: str) -> dict[str, Any]:
        """Run a query that is refused and give its one error."""
        builder = EnvironBuilder(query_string={"q": soql})
        status, body = self.ask("GET", f"query?{builder.query_string}")
        assert status == 400, body
        (error,) = body
        assert isinstance(error, dict)
        return error


class StillClock(Clock):
    """Stands at NOW unless it is moved, so that no test depends on how fast it runs."""

    def seconds(self) -> float:
        return NOW.timestamp() + self.offset_seconds


@pytest.fixture
def clock() -> Clock:
    return StillClock()


@pytest.fixture
def org(clock: Clock) -> Org:
    return Org(service=SalesforceService(document(), clock=clock))


@pytest.fixture
def make_org() -> Callable[[SalesforceService, str], Org]:
    """Give what asks a service in process with a token."""
    return lambda service, token: Org(service=service, token=token)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ServerTls:
    return from_new_authority(tmp_path_factory.mktemp("authority"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """An org over https on loopback, with a session that trusts it."""

    url: str
    service: SalesforceService
    session: requests.Session
    ca_file: Path


@pytest.fixture
def live(org: Org, tls: ServerTls) -> Iterator[Live]:
    assert tls.ca_file is not None
    with running(org.service, tls=tls) as url, requests.Session() as session:
        session.trust_env = False
        session.verify = str(tls.ca_file)
        yield Live(url=url, service=org.service, session=session, ca_file=tls.ca_file)

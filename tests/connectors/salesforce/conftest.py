"""An org over real HTTP: the stand-in as its own process, known only by its documented routes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import pytest
import requests

from connectors.core.port import ConnectorContext
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings

SECRET = "canary-client-secret"
USERNAME = "sync@partner.example"


class RealClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()

    def sleep(self, seconds: float) -> None:
        sleep(min(seconds, 0.05))


class Org:
    """The org as its own people and administrators act on it."""

    def __init__(self, url: str, ca_file: Path) -> None:
        self.url = url
        self.ca_file = ca_file
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(ca_file)

    def admin(self, method: str, path: str, body: object = None) -> object:
        answer = self.http.request(method, f"{self.url}/_sandbox/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def reset(self, records: dict | None = None, **org: object) -> None:
        self.admin("DELETE", "faults")
        self.admin("POST", "clock", {"offset_seconds": 0})
        client = {"client_id": "syncline", "client_secret": SECRET, "run_as": USERNAME, **org.pop("client", {})}
        user = {"Id": "005000000000001AAA", "Username": USERNAME, "LastName": "Sync", "Email": USERNAME}
        self.admin(
            "PUT",
            "state",
            {"org": {"clients": [client], **org}, "records": {"User": [user], **(records or {})}},
        )
        self.http.delete(f"{self.url}/_sandbox/log", timeout=20)

    def act(self, op: str, object_name: str, values: dict | None = None, record_id: str | None = None) -> str:
        change = {"op": op, "object": object_name, "values": values or {}}
        if record_id is not None:
            change["id"] = record_id
        return self.admin("POST", "records", [change])["ids"][0]

    def rows(self, object_name: str) -> list[dict]:
        rows = self.admin("GET", "state")["records"].get(object_name, [])
        return [row for row in rows if not row.get("IsDeleted")]

    def fault(self, kind: str, **rule: object) -> None:
        arguments = rule.pop("arguments", {})
        self.admin("POST", "faults", {**rule, "action": {"kind": kind, **arguments}})

    def log(self) -> list[dict]:
        answer = self.http.get(f"{self.url}/_sandbox/log", timeout=20)
        return [json.loads(line) for line in answer.text.splitlines() if line]


@pytest.fixture(scope="session")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    ca_file = tmp_path_factory.mktemp("org") / "ca.pem"
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.salesforce", "--port", "0", "--ca-file", str(ca_file)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("ready"), f"the stand-in did not start: {line!r}"
        org = Org(line.split()[-1], ca_file)
        yield org
        org.http.close()
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


class Connections:
    """Makes connections to the org, each with its own transport, as a new process would."""

    def __init__(self, org: Org) -> None:
        self.org = org
        self.tokens = MemoryTokenStore()
        self.transports: list[Transport] = []

    def connect(self, secrets: dict[str, str] | None = None, **settings: object) -> SalesforceConnector:
        made = SalesforceSettings.model_validate(
            {
                "url": self.org.url,
                "flow": "client_credentials",
                "client_id": "syncline",
                "client_secret": {"env": "UNUSED"},
                "owned": ("engagement.status", "risk.record"),
                **settings,
            }
        )
        clock = RealClock()
        transport = Transport(
            connection="salesforce",
            clock=clock,
            timeout_s=10,
            secrets=[SECRET],
            ca_file=str(self.org.ca_file),
            max_wait_s=5,
        )
        self.transports.append(transport)
        return SalesforceConnector(
            ConnectorContext(
                connection="salesforce",
                settings=made,
                secrets=secrets or {"client_secret": SECRET},
                transport=transport,
                tokens=self.tokens,
                clock=clock,
            )
        )

    @property
    def requests_made(self) -> int:
        return sum(t.requests_made for t in self.transports)


@pytest.fixture
def org(stand_in: Org) -> Org:
    stand_in.reset()
    return stand_in


@pytest.fixture
def connections(org: Org) -> Iterator[Connections]:
    made = Connections(org)
    yield made
    for transport in made.transports:
        transport.close()

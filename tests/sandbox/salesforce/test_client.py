"""The unmodified simple-salesforce client against the stand-in, over https."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

from sandbox.salesforce.ids import salesforce_id

pytestmark = pytest.mark.loopback
TOKEN = "token-of-the-sync-user"


@pytest.fixture
def client(live: Any) -> Salesforce:
    return Salesforce(instance_url=live.url, session_id=TOKEN, session=live.session, version="66.0")


class _Home(HTTPAdapter):
    """Sends what is meant for a My Domain host to the stand-in."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        assert request.url is not None
        request.url = self.url + "/" + request.url.split("/", 3)[3]
        return super().send(request, *args, **kwargs)


def test_read_write_and_describe(client: Salesforce) -> None:
    assert client.query("SELECT Name FROM Account ORDER BY Name")["records"][0]["Name"] == "Fictive Alpha"
    assert client.Engagement__c.describe()["keyPrefix"] == "a00"
    assert "Account" in {each["name"] for each in client.describe()["sobjects"]}
    made = client.Syncline_Risk__c.create({"Name": "r", "Risk_Key__c": "R"})
    assert client.Syncline_Risk__c.update(made["id"], {"Severity__c": "low"}) == 204
    assert client.Syncline_Risk__c.get(made["id"])["Severity__c"] == "low"
    assert client.Syncline_Risk__c.get_by_custom_id("Risk_Key__c", "R")["Id"] == made["id"]
    assert client.Syncline_Risk__c.upsert("Risk_Key__c/R", {"Name": "s"}) == 200
    assert client.Syncline_Risk__c.delete(made["id"]) == 204
    assert client.query("SELECT COUNT() FROM Syncline_Risk__c", include_deleted=True)["totalSize"] == 1
    assert client.limits()["DailyApiRequests"]["Max"] == 100000
    assert client.api_usage["api-usage"].total == 100000


def test_updated_and_deleted(client: Salesforce, live: Any) -> None:
    client.Account.update(salesforce_id("Account", 1), {"Name": "x"})
    start, end = datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert client.Account.updated(start, end)["ids"] == [salesforce_id("Account", 1)]
    client.Account.delete(salesforce_id("Account", 2))
    assert [each["id"] for each in client.Account.deleted(start, end)["deletedRecords"]] == [
        salesforce_id("Account", 2)
    ]


def test_errors_arrive_as_the_clients_own(client: Salesforce, live: Any) -> None:
    with pytest.raises(SalesforceMalformedRequest) as malformed:
        client.query("SELECT Foo FROM Account")
    assert malformed.value.content[0]["errorCode"] == "INVALID_FIELD"
    with pytest.raises(SalesforceResourceNotFound):
        client.Account.get(salesforce_id("Account", 3))
    old = {"If-Unmodified-Since": "Tue, 24 Nov 2015 10:00:00 GMT"}
    with pytest.raises(SalesforceGeneralError) as failed:
        client.Account.update(salesforce_id("Account", 1), {"Name": "x"}, headers=old)
    assert failed.value.status == 412
    live.session.post(f"{live.url}/_sandbox/settings", json={"daily_limit": 1})
    with pytest.raises(SalesforceRefusedRequest):
        client.query("SELECT Id FROM Account")
    live.session.post(f"{live.url}/_sandbox/settings", json={"daily_limit": 1000})
    live.session.post(f"{live.url}/_sandbox/sessions/revoke", json={})
    with pytest.raises(SalesforceExpiredSession):
        client.query("SELECT Id FROM Account")


def test_more_than_one_record_of_a_key(live: Any, client: Salesforce) -> None:
    state = live.service.dump_state()
    state["org"]["not_unique"] = ["Engagement__c.Key__c"]
    state["records"]["Engagement__c"] = [{"Key__c": "twice"}, {"Key__c": "twice"}]
    state["records"].pop("Deliverable__c")
    live.service.load_state(state)
    with pytest.raises(SalesforceMoreThanOneRecord):
        client.Engagement__c.upsert("Key__c/twice", {"Name": "x"})


def test_collections_through_restful(client: Salesforce) -> None:
    kind = {"attributes": {"type": "Syncline_Risk__c"}}
    body = {"allOrNone": False, "records": [{**kind, "Risk_Key__c": str(n), "Name": "n"} for n in range(200)]}
    path = "composite/sobjects/Syncline_Risk__c/Risk_Key__c"
    results = client.restful(path, method="PATCH", data=json.dumps(body))
    assert all(each["created"] for each in results)


def test_bulk_2(client: Salesforce, tmp_path: Path) -> None:
    data = [{"Risk_Key__c": str(n), "Name": f"bulk {n}"} for n in range(30)]
    (told,) = client.bulk2.Syncline_Risk__c.upsert(records=data, external_id_field="Risk_Key__c", wait=0)
    assert (told["numberRecordsProcessed"], told["numberRecordsFailed"]) == (30, 0)
    pages = list(client.bulk2.Syncline_Risk__c.query("SELECT Id, Name FROM Syncline_Risk__c", max_records=20, wait=0))
    assert sum(page.count("bulk") for page in pages) == 30


def test_login_by_client_credentials_at_a_domain(live: Any) -> None:
    live.session.mount("https://fictive.my.salesforce.com", _Home(live.url))
    client = Salesforce(
        consumer_key="sync-app",
        consumer_secret="sync-secret",
        domain="fictive.my",
        session=live.session,
        version="66.0",
    )
    assert client.sf_instance == live.url.removeprefix("https://")
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 2


def test_login_by_assertion_at_a_domain(live: Any, tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    state = live.service.dump_state()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
    state["org"]["clients"] = [{"client_id": "jwt-app", "client_secret": "s", "public_key": public}]
    live.service.load_state(state)
    live.service.clock.advance(
        time.time() - live.service.clock.seconds()
    )  # the client stamps its assertion with real time
    live.session.mount("https://login.salesforce.com", _Home(live.url))
    client = Salesforce(
        username="sync@partner.example", consumer_key="jwt-app", privatekey=pem, session=live.session, version="66.0"
    )
    assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 2


def test_plain_requests_and_keep_alive(live: Any) -> None:
    form = {"grant_type": "client_credentials", "client_id": "sync-app", "client_secret": "sync-secret"}
    body = live.session.post(f"{live.url}/services/oauth2/token", data=form).json()
    bearer = {"Authorization": f"Bearer {body['access_token']}"}
    versions = live.session.get(f"{body['instance_url']}/services/data").json()
    assert versions[-1] == {"label": "Winter '27", "url": "/services/data/v68.0", "version": "68.0"}
    assert "sobjects" in live.session.get(live.url + versions[-1]["url"], headers=bearer).json()
    answer = live.session.get(f"{live.url}/services/data/v68.0/limits", headers=bearer)
    assert answer.headers["Date"] == "Tue, 24 Nov 2026 10:00:00 GMT"


def test_plain_http_is_not_spoken(live: Any) -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        live.session.get(live.url.replace("https", "http") + "/services/data", timeout=5)


def test_many_threads_upsert_each_key_once(live: Any) -> None:
    def work(_n: int) -> list[int]:
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(live.ca_file)
            session.headers["Authorization"] = f"Bearer {TOKEN}"
            base = f"{live.url}/services/data/v66.0/sobjects/Syncline_Risk__c/Risk_Key__c"
            return [session.patch(f"{base}/K{n}", json={"Name": "r"}).status_code for n in range(15)]

    with ThreadPoolExecutor(6) as pool:
        statuses = [status for found in pool.map(work, range(6)) for status in found]
    assert (statuses.count(201), statuses.count(200)) == (15, 75)
    assert len(live.service.room.state.tables["Syncline_Risk__c"]) == 15


def test_three_thousand_records_a_second(live: Any, client: Salesforce) -> None:
    state = live.service.dump_state()
    state["records"]["Syncline_Risk__c"] = [
        {"Name": f"Risk {n}", "Risk_Key__c": f"K{n}", "Severity__c": "low", "Description__c": "text " * 20}
        for n in range(6000)
    ]
    live.service.load_state(state)
    soql = (
        "SELECT Id, Name, Risk_Key__c, Severity__c, Description__c, Engagement__r.Key__c, SystemModstamp, IsDeleted "
        "FROM Syncline_Risk__c ORDER BY SystemModstamp, Id"
    )
    taken = []
    for _ in range(3):
        began = time.process_time()  # of client and stand-in together: what neighbours on the machine do does not count
        assert sum(1 for _ in client.query_all_iter(soql, include_deleted=True)) == 6000
        taken.append(time.process_time() - began)
    assert 6000 / min(taken) >= 3000


def _serve(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.salesforce", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("ready salesforce https://localhost:"), line
        yield process, line.split()[2]
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stdout is not None
        process.stdout.close()


def test_the_command_line_serves_until_it_is_told_to_stop(org: Any, tmp_path: Path) -> None:
    state = org.service.dump_state()
    (tmp_path / "state.json").write_text(json.dumps(state))
    ca_file = tmp_path / "ca.pem"
    options = ("--state", str(tmp_path / "state.json"), "--ca-file", str(ca_file), "--log", str(tmp_path / "log.jsonl"))
    for _, url in _serve(*options):
        with requests.Session() as session:
            session.trust_env, session.verify = False, str(ca_file)
            session.post(
                f"{url}/_sandbox/clock",
                json={
                    "offset_seconds": (datetime(2026, 11, 24, 10, tzinfo=UTC) - datetime.now(UTC))
                    / timedelta(seconds=1)
                },
            )
            client = Salesforce(instance_url=url, session_id=TOKEN, session=session, version="66.0")
            assert client.query("SELECT COUNT() FROM Account")["totalSize"] == 2
    (line,) = (tmp_path / "log.jsonl").read_text().splitlines()
    logged = json.loads(line)
    assert (logged["method"], logged["status"], logged["query"]["q"]) == ("GET", 200, "SELECT COUNT() FROM Account")
    assert "BEGIN CERTIFICATE" in ca_file.read_text()
    assert "PRIVATE KEY" not in ca_file.read_text()

"""Whatever comes back, a read ends in an error of the port and a write in a receipt."""

from __future__ import annotations

import json
import traceback

import pytest
import responses

from connectors.core.errors import ConnectorError
from connectors.core.port import (
    Catalog,
    ConnectorContext,
    Outcome,
    Partition,
    PartitionFailure,
    Wanted,
    Write,
    WriteKind,
)
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.salesforce.connector import SalesforceConnector
from connectors.salesforce.settings import SalesforceSettings

URL = "https://partner.my.salesforce.example"
NONSENSE = [
    b"",
    b"null",
    b"7",
    b"[]",
    b"{}",
    b'"text"',
    b"{truncated",
    b"\xff\xfe",
    b'{"records": [7], "done": true}',
    b'{"records": [{}], "done": true, "totalSize": 1}',
    b'{"records": [], "done": false}',
    b'{"records": [], "done": false, "nextRecordsUrl": "@elsewhere.example/"}',
    b'{"records": [], "done": true, "totalSize": "many"}',
    b'{"compositeResponse": [7, 8]}',
    b'{"compositeResponse": [{}, {}]}',
    b'{"compositeResponse": [{"httpStatusCode": 200, "body": 7}, {"httpStatusCode": 200}]}',
    b'{"compositeResponse": [{"httpStatusCode": 400, "body": {}}, {"httpStatusCode": 500, "body": []}]}',
]
ACCOUNTS, USERS = Partition(stream="accounts", key="Account"), Partition(stream="users", key="User")


class StillClock:
    """Time stands still, so nothing waits."""

    def now(self):
        from datetime import UTC, datetime

        return datetime(2026, 3, 2, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        pass


@pytest.fixture
def http():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.post(f"{URL}/services/oauth2/token", json={"access_token": "canary-token", "instance_url": URL})
        yield mock


@pytest.fixture
def connector():
    settings = SalesforceSettings.model_validate(
        {"url": URL, "client_id": "x", "flow": "client_credentials", "client_secret": {"env": "UNUSED"}}
    )
    clock = StillClock()
    return SalesforceConnector(
        ConnectorContext(
            connection="salesforce",
            settings=settings,
            secrets={"client_secret": "canary-secret"},
            transport=Transport(connection="salesforce", clock=clock, timeout_s=10),
            tokens=MemoryTokenStore(),
            clock=clock,
        )
    )


def write(kind: WriteKind, **more: str) -> Write:
    return Write(
        id="w",
        connection="salesforce",
        kind=kind,
        stream="risks" if kind is WriteKind.UPSERT else "engagements",
        partition="P",
        values={"Name": "x"},
        before={},
        reason="because",
        **more,
    )


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize("partitions", [[ACCOUNTS], [ACCOUNTS, USERS]])
def test_a_nonsense_answer_to_a_read_is_an_error_of_the_port(http, connector, body, partitions):
    http.get(f"{URL}/services/data/v60.0/queryAll/", body=body, content_type="application/json")
    http.post(f"{URL}/services/data/v60.0/composite", body=body, content_type="application/json")
    wanted = [Wanted(partition=p, cursor=None, fields=("Name",)) for p in partitions]
    try:
        items = list(connector.reader.pull(wanted, Catalog(fields=())))
    except ConnectorError:
        return
    assert items
    assert all(isinstance(item, PartitionFailure) for item in items)


@pytest.mark.parametrize("body", NONSENSE)
def test_a_nonsense_answer_to_a_collection_leaves_its_effect_unknown(http, connector, body):
    url = f"{URL}/services/data/v60.0/composite/sobjects/Syncline_Risk__c/Risk_Key__c"
    http.patch(url, body=body, content_type="application/json")
    (receipt,) = connector.writer.send([write(WriteKind.UPSERT, target="", external_id="R-1")])
    assert receipt.outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize("body", NONSENSE)
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 412, 415])
def test_a_refusal_in_any_form_is_a_receipt(http, connector, body, status):
    url = f"{URL}/services/data/v60.0/sobjects/Engagement__c/a00000000000001AAA"
    http.patch(url, body=body, status=status, content_type="application/json")
    (receipt,) = connector.writer.send([write(WriteKind.SET_FIELDS, target="a00000000000001AAA")])
    assert receipt.outcome in (Outcome.REFUSED, Outcome.FAILED, Outcome.STALE)
    assert receipt.message


def test_the_tools_own_words_are_cut_and_its_answer_is_in_no_traceback(http, connector):
    said = [{"errorCode": "INVALID_FIELD", "message": "canary-token " + "x" * 5000}]
    http.get(f"{URL}/services/data/v60.0/query/", body=json.dumps(said), status=400)
    with pytest.raises(ConnectorError) as caught:
        connector.reader.fetch("accounts", ["001000000000001"], ("Name",), Catalog(fields=()))
    text = "".join(traceback.format_exception(caught.value))
    assert "canary" not in text
    assert "x" * 400 not in text

"""Outbound messages: sent once acknowledged, again when not, given up after a day; in SOAP's words."""

# ruff: noqa: S314 - the XML is the stand-in's own

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

pytestmark = pytest.mark.loopback
ENG = salesforce_id("Engagement__c", 1)
NS = {
    "s": "http://schemas.xmlsoap.org/soap/envelope/",
    "o": "http://soap.sforce.com/2005/09/outbound",
    "f": "urn:sobject.enterprise.soap.sforce.com",
}
ACK = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>{}</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


class Listener:
    """What a customer runs at the address: takes messages, and acknowledges them or not."""

    def __init__(self) -> None:
        self.got: list[ET.Element] = []
        self.headers: list[dict[str, str]] = []
        self.acknowledges = True
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                listener.got.append(ET.fromstring(self.rfile.read(int(self.headers["Content-Length"]))))
                listener.headers.append(dict(self.headers))
                body = ACK.format(str(listener.acknowledges).lower()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/listener?x=1"

    def names(self) -> list[str]:
        return [each.text or "" for message in self.got for each in message.iterfind(".//f:Name", NS)]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def until(told: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not told():
        assert time.monotonic() < end
        time.sleep(0.02)


def configured(org: Any, listener: Listener, **more: Any) -> Any:
    message = {
        "name": "Status",
        "object": "Engagement__c",
        "endpoint": listener.url,
        "fields": ["Name", "Budget__c", "SystemModstamp", "End_Date__c"],
        **more,
    }
    state = org.service.dump_state()
    state["org"]["outbound_messages"] = [message]
    org.service.load_state(state)
    return org


def rename(org: Any, name: str) -> None:
    assert org.ask("PATCH", f"sobjects/Engagement__c/{ENG}", {"Name": name})[0] == 204


def waiting(org: Any) -> list[Any]:
    found: list[Any] = org.ask("GET", "/_sandbox/outbox")[1]
    return found


def test_a_change_is_told_in_soap(org: Any, listener: Listener) -> None:
    configured(org, listener, with_session=True, username="sync@partner.example")
    rename(org, "A & <B>")
    until(lambda: not waiting(org))
    (message,) = listener.got
    body = message.find("s:Body/o:notifications", NS)
    assert body is not None
    assert body.findtext("o:OrganizationId", namespaces=NS) == org.service.room.state.org.id
    assert (body.findtext("o:ActionId", namespaces=NS) or "").startswith("04k")
    (note,) = body.findall("o:Notification", NS)
    assert (note.findtext("o:Id", namespaces=NS) or "").startswith("04l")
    told = note.find("o:sObject", NS)
    assert told is not None
    assert told.get("{http://www.w3.org/2001/XMLSchema-instance}type") == "sf:Engagement__c"
    assert {each.tag.rpartition("}")[2]: each.text for each in told} == {
        "Id": ENG,
        "Name": "A & <B>",
        "Budget__c": "125000.5",
        "SystemModstamp": "2026-11-24T10:00:00.000Z",
    }
    assert listener.headers[0]["Content-Type"] == "text/xml; charset=utf-8"
    org.token = body.findtext("o:SessionId", namespaces=NS)
    assert org.ask("GET", "limits")[0] == 200


def test_what_is_not_acknowledged_comes_again_with_the_values_of_then(
    org: Any, listener: Listener, clock: Clock
) -> None:
    configured(org, listener)
    listener.acknowledges = False
    rename(org, "first")
    until(lambda: listener.names() == ["first"])
    until(lambda: waiting(org)[0]["sent"] == 1)
    time.sleep(0.2)
    assert listener.names() == ["first"]  # not before its time
    org.ask("POST", "/_sandbox/records", [{"op": "touch", "object": "Engagement__c", "id": ENG}])
    listener.acknowledges = True
    clock.advance(20)
    until(lambda: not waiting(org))
    assert listener.names() == ["first", "first"]
    ids = [note.text for message in listener.got for note in message.iterfind(".//o:Notification/o:Id", NS)]
    assert ids[0] == ids[1]


def test_a_message_is_given_up_after_a_day(org: Any, listener: Listener, clock: Clock) -> None:
    configured(org, listener)
    listener.acknowledges = False
    rename(org, "lost")
    until(lambda: bool(waiting(org)) and waiting(org)[0]["sent"] == 1)
    clock.advance(86_401)
    until(lambda: not waiting(org))
    assert listener.names() == ["lost"]


def test_only_when_a_condition_begins_to_hold(org: Any, listener: Listener) -> None:
    configured(org, listener, when="Stage__c = 'Closed'")
    path = f"sobjects/Engagement__c/{ENG}"
    for stage in ("Draft", "Closed", "Closed", "Draft", "Closed"):
        org.ask("PATCH", path, {"Stage__c": stage})
        until(lambda: not waiting(org))
    assert len(listener.names()) == 2


def test_for_new_records_alone(org: Any, listener: Listener) -> None:
    configured(org, listener, on="create")
    rename(org, "changed")
    org.ask("POST", "sobjects/Engagement__c", {"Name": "made", "Key__c": "M"})
    until(lambda: not waiting(org) and bool(listener.got))
    assert listener.names() == ["made"]


def test_what_is_rolled_back_is_not_told(org: Any, listener: Listener) -> None:
    configured(org, listener)
    kind = {"attributes": {"type": "Engagement__c"}}
    records = [{**kind, "Name": "a", "Key__c": "N1"}, {**kind, "Name": "b", "Stage__c": "Nowhere"}]
    org.ask("POST", "composite/sobjects", {"records": records, "allOrNone": True})
    org.ask("POST", "composite/sobjects", {"records": [{**kind, "Name": "c", "Key__c": "N2"}]})
    until(lambda: not waiting(org) and bool(listener.got))
    assert listener.names() == ["c"]


def test_many_changes_ride_in_one_message_and_may_come_reversed_and_twice(org: Any, listener: Listener) -> None:
    configured(org, listener)
    org.ask("POST", "/_sandbox/settings", {"switches": {"outbound_reversed": True, "outbound_copies": 2}})
    kind = {"attributes": {"type": "Engagement__c"}}
    records = [{**kind, "Name": f"n{n}", "Key__c": f"N{n}"} for n in range(150)]
    org.ask("POST", "composite/sobjects", {"records": records})
    until(lambda: not waiting(org))
    sizes = [len(message.findall(".//o:Notification", NS)) for message in listener.got]
    assert max(sizes) == 100
    assert sum(sizes) == 300
    assert listener.names()[0] == "n149"
    assert sorted(set(listener.names())) == sorted(f"n{n}" for n in range(150))


def test_nothing_leaves_loopback(org: Any, listener: Listener, clock: Clock) -> None:
    configured(org, listener, endpoint="http://192.0.2.1/")
    rename(org, "x")
    until(lambda: bool(waiting(org)) and waiting(org)[0]["sent"] == 1)
    clock.advance(86_401)
    until(lambda: not waiting(org))

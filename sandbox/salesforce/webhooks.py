"""Outbound messages: which changes are told of, what is sent in SOAP's words, and when it is sent again."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.org import OutboundMessage
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import Note, Record, State

MAX_NOTIFICATIONS = 100
"""Notifications in one message (documentation of outbound messaging)."""
FIRST_RETRY_SECONDS = 15.0
LONGEST_RETRY_SECONDS = 7_200.0
"""Each retry waits twice as long, up to two hours."""
ANSWER_SECONDS = 60.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_NAMESPACE = "http://soap.sforce.com/2005/09/outbound"
_API = "66.0"


def notice(state: State, sobject: SObject, before: Record | None, after: Record) -> None:
    """Put into the outbox what a change of a record is to be told to whom: a condition that begins to hold."""
    for message in state.org.outbound_messages:
        if message.object_name != sobject.name or (message.on == "create" and before is not None):
            continue
        if message.when is not None:
            held = before is not None and state.holds(sobject.name, message.when, before)
            if held or not state.holds(sobject.name, message.when, after):
                continue
        n = state.counters["OutboundNotification"] = state.counters.get("OutboundNotification", 0) + 1
        now = state.clock.seconds()
        note = Note(
            id=salesforce_id("OutboundNotification", n),
            message_id=message.id,
            record_id=after["Id"],
            made=now,
            due=now,
        )
        state.outbox.append(note)


def due(state: State) -> list[tuple[OutboundMessage, list[Note]]]:
    """Return what is to be sent now, by message; what was tried for too long is given up."""
    now, switches = state.clock.seconds(), state.switches
    messages = {each.id: each for each in state.org.outbound_messages}
    state.outbox = [
        note
        for note in state.outbox
        if note.message_id in messages and (not note.sent or now - note.made <= switches.outbound_retry_seconds)
    ]
    waiting = [note for note in state.outbox if note.due <= now]
    if switches.outbound_reversed:
        waiting.reverse()
    found = []
    for message in messages.values():
        mine = [note for note in waiting if note.message_id == message.id][:MAX_NOTIFICATIONS]
        if mine:
            found.append((message, mine))
    return found


def settle(state: State, notes: list[Note], *, acknowledged: bool) -> None:
    """Write down how a message went: done with, to be sent once more, or to be tried again later."""
    now = state.clock.seconds()
    for note in notes:
        note.sent += 1
        if acknowledged:
            note.acknowledged += 1
        else:
            note.due = now + min(FIRST_RETRY_SECONDS * 2 ** min(note.sent - 1, 20), LONGEST_RETRY_SECONDS)
    state.outbox = [note for note in state.outbox if note.acknowledged < max(1, state.switches.outbound_copies)]


def envelope(state: State, message: OutboundMessage, notes: list[Note], base: str, session: str | None) -> bytes:
    """Return the SOAP envelope of a message, with the records' values as they are now."""
    sobject = state.schema.objects[message.object_name]
    org_id = state.org.id
    parts = [_notification(sobject, message, note, state.find(note.record_id)) for note in notes]
    told = f"<SessionId>{escape(session)}</SessionId>" if session else '<SessionId xsi:nil="true"/>'
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f'<soapenv:Body><notifications xmlns="{_NAMESPACE}">'
        f"<OrganizationId>{org_id}</OrganizationId><ActionId>{message.id}</ActionId>{told}"
        f"<EnterpriseUrl>{base}/services/Soap/c/{_API}/{org_id[:15]}</EnterpriseUrl>"
        f"<PartnerUrl>{base}/services/Soap/u/{_API}/{org_id[:15]}</PartnerUrl>"
        f"{''.join(parts)}</notifications></soapenv:Body></soapenv:Envelope>"
    )
    return text.encode()


def _notification(sobject: SObject, message: OutboundMessage, note: Note, record: Record | None) -> str:
    values = record or {"Id": note.record_id}
    names = dict.fromkeys(["Id", *(sobject.by_name[name.lower()].name for name in message.fields)])
    told = "".join(_value(name, values.get(name)) for name in names if values.get(name) is not None)
    return (
        f'<Notification><Id>{note.id}</Id><sObject xsi:type="sf:{sobject.name}" '
        f'xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{told}</sObject></Notification>'
    )


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, str) and value.endswith("+0000"):
        text = value.removesuffix("+0000") + "Z"
    else:
        text = str(value)
    return f"<sf:{name}>{escape(text)}</sf:{name}>"


def send(endpoint: str, body: bytes) -> bool:
    """Send a message to an address on loopback, and say whether it was acknowledged."""
    parts = urlsplit(endpoint)
    if parts.scheme != "http" or parts.hostname not in LOOPBACK:
        return False
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_SECONDS)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "POST", path, body=body, headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
        )
        response = connection.getresponse()
        return response.status == http.HTTPStatus.OK and acknowledges(response.read())
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def acknowledges(answer: bytes) -> bool:
    """Say whether an answer holds `<Ack>true</Ack>`."""
    try:
        root = ET.fromstring(answer)  # noqa: S314 - from the tester's own listener on loopback
    except ET.ParseError:
        return False
    return any(
        each.tag.rpartition("}")[2] == "Ack" and (each.text or "").strip().lower() == "true" for each in root.iter()
    )

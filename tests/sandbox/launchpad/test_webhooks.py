"""Webhooks: one signed delivery for each changed field, retries by the clock."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest

pytestmark = pytest.mark.loopback


def hook(served: Any, receiver: Any, **given: str) -> str:
    events = json.dumps(["bug:0.1", "bug:comment:0.1"])
    made = served.post(
        "/nimbus", op="newWebhook", delivery_url=receiver.url, event_types=events, secret="s3cr3t", **given
    )
    assert made.status_code == 201, made.text
    return made.headers["Location"].removeprefix(f"{served.url}/devel")


def test_each_changed_field_is_told_once_and_signed(served: Any, receiver: Any) -> None:
    hook(served, receiver)
    served.patch("/nimbus/+bug/1", {"status": "In Progress", "importance": "Low"})
    told = receiver.wait_for(2)
    assert [body["action"] for _headers, body in told] == ["status-changed", "importance-changed"]
    assert all((body["old"]["importance"], body["new"]["status"]) == ("High", "In Progress") for _headers, body in told)
    assert told[0][1]["target"] == "/nimbus"
    assert told[0][1]["bug"] == "/bugs/1"
    for headers, body in receiver.got:
        assert headers["X-Hub-Signature"] == "sha1=" + hmac.new(b"s3cr3t", body, hashlib.sha1).hexdigest()
        assert headers["X-Launchpad-Event-Type"] == "bug:0.1"
    assert [headers["X-Launchpad-Delivery"] for headers, _body in told] == ["1", "2"]


def test_new_bugs_and_comments_are_told(served: Any, receiver: Any) -> None:
    hook(served, receiver)
    served.post("/bugs", op="createBug", target=f"{served.url}/devel/nimbus", title="t", description="d")
    served.post("/bugs/7", op="newMessage", content="hello")
    (_first, created), (headers, comment) = receiver.wait_for(2)
    assert (created["action"], "old" in created, created["new"]["reporter"]) == ("created", False, "/~ann")
    assert headers["X-Launchpad-Event-Type"] == "bug:comment:0.1"
    assert comment["bug_comment"] == "/nimbus/+bug/7/comments/1"
    assert comment["new"] == {"commenter": "/~ann", "content": "hello"}


def test_some_changes_are_not_told(served: Any, receiver: Any) -> None:
    hook(served, receiver)
    served.patch("/bugs/4", {"duplicate_of_link": f"{served.url}/devel/bugs/1"})
    served.post("/bugs/1", op="addTask", target=f"{served.url}/devel/cumulus")
    served.post("/bugs/1", op="newMessage", content="quiet", send_notifications="false")
    served.post("/nimbus/+bug/1/comments/1", op="editContent", new_content="y")
    served.call("DELETE", "/cumulus/+bug/1", who="ann")
    served.patch("/nimbus/+bug/1", {"milestone_link": None})
    served.patch("/bugs/1", {"private": True})
    told = receiver.wait_for(2)
    assert [body["action"] for _headers, body in told] == ["milestone-changed", "private-changed"]


def test_a_refused_delivery_comes_again_a_minute_later(served: Any, receiver: Any) -> None:
    path = hook(served, receiver)
    receiver.status = 503
    served.patch("/bugs/1", {"title": "other"})
    receiver.wait_for(1)
    receiver.status = 200
    time.sleep(0.2)
    assert len(receiver.got) == 1
    served.service.clock.advance(60)
    receiver.wait_for(2)
    deadline = time.monotonic() + 5
    while served.get(f"{path}/deliveries", "ann")["entries"][0]["pending"] and time.monotonic() < deadline:
        time.sleep(0.02)
    [delivery] = served.get(f"{path}/deliveries", "ann")["entries"]
    assert (delivery["pending"], delivery["successful"], delivery["error_message"]) == (False, True, None)
    assert receiver.got[0][0]["X-Launchpad-Delivery"] == receiver.got[1][0]["X-Launchpad-Delivery"]


def test_deliveries_to_loopback_are_given_up_after_five_minutes(served: Any, receiver: Any) -> None:
    path = hook(served, receiver)
    receiver.status = 500
    served.patch("/bugs/1", {"title": "other"})
    for count in range(1, 7):
        receiver.wait_for(count)
        time.sleep(0.15)
        served.service.clock.advance(60)
    time.sleep(0.2)
    assert len(receiver.got) == 6
    [delivery] = served.get(f"{path}/deliveries", "ann")["entries"]
    assert (delivery["pending"], delivery["error_message"]) == (False, "Bad HTTP response: 500")


def test_webhooks_can_be_switched_off_and_need_the_owner(served: Any, receiver: Any) -> None:
    given = {"op": "newWebhook", "delivery_url": receiver.url, "event_types": '["bug:0.1"]'}
    assert served.post("/nimbus", "bot", **given).status_code == 401
    assert served.call("GET", "/nimbus/webhooks", who="bot").status_code == 401
    assert served.call("GET", "/nimbus/webhooks", who="ann").json()["total_size"] == 0
    assert served.post("/nimbus", **{**given, "event_types": '["nope"]'}).status_code == 400
    served.service.change_settings({"webhooks_enabled": False})
    assert served.post("/nimbus", **given).status_code == 401

"""The whole state goes out as JSON and comes in again: every document of the service is then the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from sandbox.core.clock import Clock
from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService

pytestmark = pytest.mark.loopback

REPOSITORY = "/~ann/nimbus/+git/nimbus"


def lived_in(served: Any) -> None:
    """Do something of every kind that leaves a trace."""
    root = f"{served.url}/devel"
    served.service.change_settings({"deliver_webhooks": False, "late_commit_seconds": 5})
    events = '["bug:0.1", "bug:comment:0.1"]'
    for path in ("/nimbus", "/nimbuntu", "/nimbuntu/+source/linux"):
        hook = {"op": "newWebhook", "delivery_url": "http://127.0.0.1:1/x", "event_types": events, "secret": "s"}
        served.post(path, **hook)
    code = {"op": "newWebhook", "delivery_url": "http://127.0.0.1:1/x", "event_types": '["merge-proposal:0.1"]'}
    served.post(REPOSITORY, **code)
    for path in ("/nimbus", "/nimbus/2.0", "/nimbus/+milestone/2.0.1", "/nimbus-all", "/nimbuntu/+source/linux"):
        served.post(path, op="addBugSubscription")
    served.patch("/bugs/1", {"tags": ["ui"], "title": "other", "lock_reason": None})
    served.patch("/nimbus/+spec/fast-boot", {"whiteboard": "text", "priority": "High"})
    served.post("/nimbus/+spec/boot-plan", op="proposeGoal", goal=f"{root}/nimbus/2.0")
    served.post("/nimbus/+spec/fast-boot", "cid", op="proposeGoal", goal=f"{root}/nimbus/2.0")
    served.post("/nimbus/+spec/fast-boot", op="subscribe", person=f"{root}/~bot")
    served.post("/bugs/1", op="newMessage", content="hello")
    served.post("/nimbus/+bug/1/comments/1", op="editContent", new_content="edited")
    served.post("/bugs/1", "bot", op="subscribe", person=f"{root}/~cid", level="Lifecycle")
    served.post("/bugs/1", op="addNomination", target=f"{root}/nimbus/2.0")
    served.post("/bugs/4", op="lock", reason="done with")
    served.post("/bugs/4", op="markUserAffected", affected="false")
    served.post("/bugs/1", op="linkCVE", cve=f"{root}/bugs/cve/2026-1")
    assert served.patch("/bugs/cve/2026-1", {"description": "overflow", "status": "Entry"}).status_code == 209
    assert served.patch("/~cid", {"team_owner_link": f"{root}/~nimbus-qa"}, "cid").status_code == 209
    assert served.patch("/nimbuntu", {"members_link": f"{root}/~nimbus-qa"}).status_code == 209
    focus = {"translation_focus_link": f"{root}/nimbus/2.0"}
    assert served.patch("/nimbus", focus).status_code == 209
    assert served.patch("/~nimbus-qa", {"default_renewal_period": True}).status_code == 209
    for path in ("/nimbus", "/nimbus-all"):
        tracker = {"bug_tracker_link": f"{root}/bugs/bugtrackers/nimbus-jira"}
        assert served.patch(path, tracker).status_code == 209
    told = {"bug_reporting_guidelines": "attach the log"}
    assert served.patch("/nimbuntu/noble/+source/linux", told).status_code == 209
    binary = {"data": ("core.bin", b"\x00\xff\xfe binary", "application/octet-stream")}
    form = {"ws.op": "addAttachment", "comment": "c", "filename": "core.bin", "is_patch": "false"}
    served.call("POST", "/bugs/1", who="ann", data={**form, "content_type": "application/x-core"}, files=binary)
    served.post("/bugs/1", op="addAttachment", comment="c", url="https://logs.nimbus.example/1", description="a link")
    served.post("/nimbus/+milestone/1.9", op="createProductRelease", date_released="2026-01-02T00:00:00+00:00")
    served.patch("/nimbus/2.0/1.9", {"changelog": "all new", "release_notes": "read this"})
    served.post("/people", op="newTeam", name="guests", display_name="Guests", membership_policy="Moderated Team")
    served.post("/~cid", "cid", op="join", team=f"{root}/~guests")
    served.post("/~guests/+member/ann", op="setExpirationDate", date="2030-01-01T00:00:00+00:00")
    served.post("/~nimbus-qa", op="addMember", person=f"{root}/~guests", comment="come in")
    given = {"notification_level": "No email", "max_diff_lines": "500 lines", "code_review_level": "No email"}
    served.post(REPOSITORY, op="subscribe", person=f"{root}/~bot", **given)
    served.post(REPOSITORY, op="fork", new_owner=f"{root}/~nimbus-qa")
    served.post(f"{REPOSITORY}/+merge/9", op="createComment", content="fine", vote="Approve", review_type="ops")
    served.post(f"{REPOSITORY}/+merge/9", op="nominateReviewer", reviewer=f"{root}/~cid")
    served.post(f"{REPOSITORY}/+merge/9", "bot", op="createComment", content="hm")
    said = served.post(f"{REPOSITORY}/+merge/9", "cid", op="createComment", content="no")
    told = {"vote": "Needs Fixing"}
    assert served.patch(said.headers["Location"].removeprefix(root), told).status_code == 209
    served.post("/bugs", op="createBug", target=f"{root}/nimbus", title="Filed", description="d", tags='["ui"]')
    served.post("/bugs/7", op="addNomination", target=f"{root}/nimbus/2.0")
    served.post("/nimbus", op="newSeries", name="3.0", summary="s")
    served.post("/nimbus/3.0", op="newMilestone", name="3.0.1", date_targeted="2027-01-01")
    made = {"name": "anew", "display_name": "Anew", "title": "Anew", "summary": "s"}
    served.post("/projects", op="new_project", **made)
    spec = {"name": "plan", "title": "Plan", "summary": "s", "target": f"{root}/anew"}
    served.post("/specs", op="createSpecification", **spec)
    served.post("/+git", op="new", owner=f"{root}/~ann", target=f"{root}/anew", name="anew")
    picture = {"Content-Type": "image/png", "Content-Disposition": 'attachment; filename="me.png"'}
    served.call("PUT", "/~ann/mugshot", who="ann", data=b"\x89PNG\r\n\x1a\n more", headers=picture)
    served.post("/bugs/bugtrackers", op="ensureBugTracker", base_url="https://bugs.nimbus.example/")


def everything(url: str) -> dict[str, Any]:
    """Follow every link from the root, as someone who may see most; gives each document by its address."""
    login = 'OAuth oauth_consumer_key="c", oauth_token="ann", oauth_signature="%26sec-ann"'
    found: dict[str, Any] = {}
    waiting = [f"{url}/devel/"]
    with requests.Session() as session:
        session.headers.update({"Authorization": login, "Accept": "application/json"})
        while waiting:
            address = waiting.pop()
            if address in found:
                continue
            answer = session.get(address, allow_redirects=False, timeout=30)
            text = answer.text.replace(url, "http://host")
            if answer.status_code == 404:
                text = ""  # names an object in memory
            found[address] = answer.status_code, without_etags(json.loads(text)) if text.startswith("{") else text
            waiting += [one for one in links(answer.json()) if one.startswith(url)] if text.startswith("{") else []
            waiting += [answer.headers["Location"]] if "Location" in answer.headers else []
    return {address.replace(url, "http://host"): document for address, document in found.items()}


def without_etags(document: Any) -> Any:
    """ETags are made of links too, so they hold the port."""
    if isinstance(document, list):
        return [without_etags(one) for one in document]
    if isinstance(document, dict):
        return {key: without_etags(value) for key, value in document.items() if key != "http_etag"}
    return document


def links(document: Any) -> list[str]:
    if isinstance(document, list):
        return [one for each in document for one in links(each)]
    if not isinstance(document, dict):
        return []
    own = [
        value.partition("#")[0] for key, value in document.items() if key.endswith("_link") and isinstance(value, str)
    ]
    return [*own, *(one for value in document.values() for one in links(value))]


def test_every_document_is_the_same_after_a_dump_and_a_load(served: Any) -> None:
    lived_in(served)
    dumped = requests.get(f"{served.url}/_sandbox/state", timeout=30).json()
    before = everything(served.url)
    again = LaunchpadService(
        json.loads(json.dumps(dumped)), clock=Clock(offset_seconds=served.service.clock.offset_seconds)
    )
    with running(again) as url:
        after = everything(url)
    assert again.dump_state() == dumped
    differing = {
        address: (before.get(address), after.get(address))
        for address in {**before, **after}
        if before.get(address) != after.get(address)
    }
    assert differing == {}
    assert len(before) > 450
    assert {status for status, _document in before.values()} == {200, 303, 401, 404}


def test_a_webhook_that_waits_is_sent_after_the_load(served: Any, receiver: Any) -> None:
    served.service.change_settings({"deliver_webhooks": False})
    given = {"op": "newWebhook", "delivery_url": receiver.url, "event_types": '["bug:0.1"]', "secret": "s"}
    assert served.post("/nimbus", **given).status_code == 201
    served.patch("/bugs/1", {"title": "other"})
    dumped = served.service.dump_state()
    dumped["switches"]["deliver_webhooks"] = True
    served.service.load_state(dumped)
    [(headers, body)] = receiver.wait_for(1)
    assert (headers["X-Launchpad-Delivery"], body["action"]) == ("1", "title-changed")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (REPOSITORY, "builder_constraints"),
        ("/nimbus", "official_bug_tags"),
        ("/nimbus", "licenses"),
        ("/bugs/bugtrackers/nimbus-jira", "base_url_aliases"),
    ],
)
def test_no_list_is_the_empty_list_before_and_after_a_load(served: Any, path: str, name: str) -> None:
    answer = served.patch(path, {name: None})
    assert (answer.status_code, answer.json()[name]) == (209, [])
    served.service.load_state(json.loads(json.dumps(served.service.dump_state())))
    assert served.get(path, "ann")[name] == []

"""Attachments go up and come down again; people vote and watch."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
import requests
from jira import JIRA

pytestmark = pytest.mark.loopback
Connect = Callable[..., Any]
DEPLOYMENTS = pytest.mark.parametrize("deployment", ["cloud", "data-center"])
NO_CHECK = {"X-Atlassian-Token": "no-check"}


def upload(api: Any, *files: tuple[str, bytes, str], **headers: str) -> requests.Response:
    address = f"{api.url}/rest/api/2/issue/NIM-2/attachments"
    sent: requests.Response = api.session.post(
        address, files=[("file", one) for one in files], headers=headers or NO_CHECK, timeout=30
    )
    assert sent.status_code != 500, api.service.log.exchanges()[-1].failure
    return sent


@DEPLOYMENTS
def test_what_was_uploaded_is_told_and_comes_down_again(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    before = api.get("/issue/NIM-2")["fields"]["updated"]
    made = upload(api, ("plan ä.txt", b"one two three", "text/plain"), ("dot.png", b"\x89PNG", "image/png"))
    assert made.status_code == 200, made.text
    text, picture = made.json()
    assert (text["filename"], text["size"], text["mimeType"]) == ("plan ä.txt", 13, "text/plain")
    assert "thumbnail" not in text
    issue = api.get("/issue/NIM-2", expand="changelog")
    assert [one["id"] for one in issue["fields"]["attachment"]] == [text["id"], picture["id"]]
    assert issue["fields"]["updated"] > before
    entry = issue["changelog"]["histories"][0 if deployment == "cloud" else -1]
    assert [one["toString"] for one in entry["items"]] == ["plan ä.txt", "dot.png"]
    down = api.session.get(text["content"], timeout=30)
    assert (down.status_code, down.content, down.headers["Content-Type"]) == (200, b"one two three", "text/plain")
    part = api.session.get(text["content"], headers={"Range": "bytes=4-6"}, timeout=30)
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"two", "bytes 4-6/13")
    assert api.session.get(text["content"], headers={"Range": "bytes=99-"}, timeout=30).status_code == 416
    assert api.session.get(picture["thumbnail"], timeout=30).content == b"\x89PNG"
    assert api.keys("attachments is not EMPTY") == ["NIM-2"]
    document = api.service.dump_state()
    api.service.load_state(document)
    assert api.service.dump_state() == document
    assert api("DELETE", f"/attachment/{text['id']}").status_code == 204
    assert api("GET", f"/attachment/{text['id']}").status_code == 404
    assert [one["id"] for one in api.get("/issue/NIM-2")["fields"]["attachment"]] == [picture["id"]]


@DEPLOYMENTS
def test_uploads_are_refused_that_jira_would_refuse(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    assert upload(api, ("a", b"x", "text/plain"), Accept="application/json").status_code == 403
    assert "XSRF" in upload(api, ("a", b"x", "text/plain"), Accept="application/json").text
    limit = api.get("/attachment/meta")["uploadLimit"]
    assert upload(api, ("big", b"x" * (limit + 1), "text/plain")).status_code == 413
    address = f"{api.url}/rest/api/2/issue/NIM-2/attachments"
    assert api.session.post(address, json={}, headers=NO_CHECK, timeout=30).status_code == 415
    assert api.session.post(address, files={"other": b"x"}, headers=NO_CHECK, timeout=30).status_code == 400
    made = upload(api, ("a", b"x", "text/plain")).json()[0]
    bob = connect(deployment, user="bob")
    assert bob("DELETE", f"/attachment/{made['id']}").status_code == 403
    assert api("PUT", "/issue/NIM-2", {"fields": {"security": {"id": "7"}}}).status_code == 204
    assert bob("GET", f"/attachment/{made['id']}").status_code == 404, "it is hidden with its issue"


def test_content_on_cloud_leads_to_an_address_that_needs_no_login(connect: Connect) -> None:
    api = connect("cloud")
    made = upload(api, ("a.txt", b"x", "text/plain")).json()[0]
    there = api.session.get(made["content"], allow_redirects=False, timeout=30)
    assert there.status_code == 303
    assert requests.get(there.headers["Location"], timeout=30).content == b"x"
    assert requests.get(there.headers["Location"].replace("/media/", "/media/0"), timeout=30).status_code == 404
    here = api.session.get(made["content"], params={"redirect": "false"}, allow_redirects=False, timeout=30)
    assert (here.status_code, here.content) == (200, b"x")
    assert api("GET", f"/attachment/thumbnail/{made['id']}").status_code == 404


@DEPLOYMENTS
def test_people_vote_and_watch_without_moving_updated(connect: Connect, deployment: str) -> None:
    ann, bob = connect(deployment), connect(deployment, user="bob")
    name = "acc:bob" if deployment == "cloud" else "bob"
    before = ann.get("/issue/NIM-2")["fields"]["updated"]
    assert ann("POST", "/issue/NIM-2/votes").status_code == 404, "who reported it cannot vote"
    assert bob("POST", "/issue/NIM-2/votes").ok
    assert ann.get("/issue/NIM-2/votes")["voters"][0]["displayName"] == "Bob Example"
    assert bob.get("/issue/NIM-2")["fields"]["votes"]["hasVoted"] is True
    assert ann.get("/issue/NIM-2")["fields"]["votes"] | {"self": ""} == {"self": "", "votes": 1, "hasVoted": False}
    assert ann("POST", "/issue/NIM-2/watchers", name).status_code == 204
    assert ann("POST", "/issue/NIM-2/watchers").status_code == 204, "without a body it is oneself"
    assert ann("POST", "/issue/NIM-2/watchers", "nobody").status_code == 404
    assert ann.get("/issue/NIM-2/watchers")["watchCount"] == 2
    for query in ("watcher = currentUser()", "voter = acc:bob OR voter = bob", "votes > 0", "watchers >= 2"):
        assert ann.keys(query) == ["NIM-2"], query
    assert bob.keys("voter = currentUser()") == ["NIM-2"]
    assert ann.keys("votes > 0 AND watchers = 2") == ["NIM-2"]
    assert ann.keys("watchers > 2") == []
    assert ann.get("/issue/NIM-2")["fields"]["updated"] == before
    document = ann.service.dump_state()
    ann.service.load_state(document)
    assert ann.service.dump_state() == document
    assert bob("DELETE", "/issue/NIM-2/votes").status_code == 204
    assert bob("DELETE", "/issue/NIM-2/votes").status_code == 404
    query = {"accountId": name} if deployment == "cloud" else {"username": name}
    assert ann("DELETE", "/issue/NIM-2/watchers").status_code == 400
    assert ann("DELETE", "/issue/NIM-2/watchers", **query).status_code == 204
    assert ann.get("/issue/NIM-2/watchers")["watchCount"] == 1
    if deployment == "cloud":
        told = ann("POST", "/issue/watching", {"issueIds": ["101", "102"]}).json()
        assert told["issuesIsWatching"] == {"101": True, "102": False}


@DEPLOYMENTS
def test_the_library_uploads_votes_and_watches(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    login = {"basic_auth": api.session.auth} if deployment == "cloud" else {"token_auth": "ann-token"}
    client = JIRA(server=api.url, max_retries=0, timeout=10, **login)
    made = client.add_attachment("NIM-3", attachment=BytesIO(b"words"), filename="words.txt")
    assert client.attachment(made.id).get() == b"words"
    assert client.attachment_meta()["enabled"] is True
    client.add_vote("NIM-3")
    assert client.votes("NIM-3").votes == 1
    client.remove_vote("NIM-3")
    client.add_watcher("NIM-3", "ann")
    assert client.watchers("NIM-3").watchCount == 1
    client.remove_watcher("NIM-3", "ann")
    made.delete()
    assert client.issue("NIM-3").fields.attachment == []
    client.close()

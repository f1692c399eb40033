"""Webhooks: signed, valid by the payload schemas, listed and sent again."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

pytestmark = pytest.mark.loopback
ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"
SECRET = "sandbox-secret"
NOT_IN_THE_SCHEMAS = {"sub_issues", "issue_dependencies"}
"""Events that GitHub began to send after the schemas were written, as `issues.typed`."""


@dataclass(slots=True)
class Ear:
    url: str = ""
    status: int = 200
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def ear() -> Iterator[Ear]:
    made = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.heard.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(made.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def listen(hub: Any, ear: Ear, *events: str) -> int:
    config = {"url": ear.url, "content_type": "json", "secret": SECRET}
    status, hook = hub.ask("POST", f"{R}/hooks", {"config": config, "events": list(events)})
    assert status == 201, hook
    hub.service.webhooks.drain()
    number: int = hook["id"]
    return number


def test_a_delivery_is_signed_as_github_signs(hub: Any, ear: Ear) -> None:
    listen(hub, ear, "issue_comment")
    hub.ask("POST", f"{R}/issues/1/comments", {"body": "héllo"})
    hub.ask("PATCH", f"{R}/issues/1", {"title": "not asked for"})
    hub.service.webhooks.drain()
    (ping, _), (headers, body) = ear.heard
    assert ping["X-GitHub-Event"] == "ping"
    assert headers["X-GitHub-Event"] == "issue_comment"
    assert headers["X-Hub-Signature-256"] == f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    assert json.loads(body)["comment"]["body"] == "héllo"
    assert headers["X-GitHub-Delivery"] != ping["X-GitHub-Delivery"]


def test_payloads_are_valid_by_the_schemas(hub: Any, ear: Ear, api_evidence: Path) -> None:
    hub.service.state.organization_hooks[ORG] = []
    listen(hub, ear, "*")
    for method, path, body in (
        ("POST", "/issues", {"title": "t", "labels": ["bug"], "assignees": ["bob"], "milestone": 1, "type": "Bug"}),
        ("PATCH", "/issues/8", {"title": "u", "body": "b", "labels": [], "assignees": [], "milestone": None}),
        ("PATCH", "/issues/8", {"state": "closed"}),
        ("PATCH", "/issues/8", {"state": "open"}),
        ("PUT", "/issues/8/lock", {"lock_reason": "spam"}),
        ("DELETE", "/issues/8/lock", None),
        ("POST", "/issues/8/comments", {"body": "c"}),
        ("PATCH", "/issues/comments/100003", {"body": "d"}),
        ("DELETE", "/issues/comments/100003", None),
        ("POST", "/pulls", {"title": "p", "head": "h", "base": "main"}),
        ("POST", "/issues/9/labels", ["bug"]),
        ("PATCH", "/pulls/9", {"title": "q", "state": "closed"}),
        ("POST", "/pulls/4/reviews", {"event": "APPROVE"}),
        ("POST", "/pulls/4/requested_reviewers", {"reviewers": ["ada"]}),
        ("POST", "/labels", {"name": "n"}),
        ("PATCH", "/labels/n", {"new_name": "m"}),
        ("DELETE", "/labels/m", None),
        ("POST", "/milestones", {"title": "v5"}),
        ("PATCH", "/milestones/3", {"description": "x"}),
        ("PATCH", "/milestones/3", {"state": "closed"}),
        ("PATCH", "/milestones/3", {"state": "open"}),
        ("DELETE", "/milestones/3", None),
        ("POST", "/releases", {"tag_name": "v3", "name": "three", "body": "notes"}),
        ("POST", "/issues/8/sub_issues", {"sub_issue_id": 100003, "replace_parent": True}),
        ("POST", "/issues/8/dependencies/blocked_by", {"issue_id": 100001}),
        ("POST", "/pulls/4/comments/100001/replies", {"body": "because"}),
        ("PATCH", "/pulls/comments/100002", {"body": "why not?"}),
        ("DELETE", "/pulls/comments/100002", None),
        ("PUT", "/pulls/4/update-branch", {}),
        ("PATCH", "/releases/100001", {"name": "one"}),
        ("PATCH", "", {"private": False}),
        ("PATCH", "", {"private": True}),
        ("PATCH", "", {"archived": True}),
        ("PATCH", "", {"archived": False}),
    ):
        status, answer = hub.ask(method, R + path, body)
        assert status < 300, answer
    steer(hub, "transfer", {"issue": f"{ORG}/sizing#2", "to": f"{ORG}/open"})
    steer(hub, "delete", {"issue": f"{ORG}/sizing#3"})
    steer(hub, "rename", {"repository": f"{ORG}/sizing", "to": f"{ORG}/sized"})
    hub.service.webhooks.drain()
    assert check(ear, api_evidence) >= {
        "issues.opened", "issues.edited", "issues.labeled", "issues.unlabeled", "issues.assigned", "issues.unassigned",
        "issues.milestoned", "issues.demilestoned", "issues.closed", "issues.reopened", "issues.transferred",
        "issues.deleted", "issue_comment.created", "issue_comment.edited", "issue_comment.deleted",
        "pull_request.opened", "pull_request.labeled", "pull_request.closed", "pull_request.review_requested",
        "pull_request_review.submitted", "label.edited", "milestone.closed", "release.published", "repository.renamed",
        "pull_request_review_comment.created", "pull_request_review_comment.edited", "pull_request.synchronize",
        "pull_request_review_comment.deleted", "repository.privatized", "repository.publicized", "repository.archived",
    }  # fmt: skip


def steer(hub: Any, what: str, body: Any) -> None:
    status, answer = hub.ask("POST", f"/_sandbox/{what}", body)
    assert status == 200, answer


def check(ear: Ear, api_evidence: Path) -> set[str]:
    """Validate what was heard; gives `event.action` of it."""
    schema = json.loads((api_evidence / "github" / "github_webhooks_schema.json").read_text())
    heard = set()
    for headers, raw in ear.heard:
        event, body = headers["X-GitHub-Event"], json.loads(raw)
        action = body.get("action") or "event"
        if event in NOT_IN_THE_SCHEMAS or action in ("typed", "untyped"):
            continue
        validator = Draft7Validator(
            {**schema["definitions"][f"{event}${action}"], "definitions": schema["definitions"]}
        )
        problems = [f"{event}.{action} {each.json_path}: {each.message[:200]}" for each in validator.iter_errors(body)]
        assert problems == []
        heard.add(f"{event}.{action}")
    return heard


def test_items_of_projects_are_told_to_the_organization(hub: Any, ear: Ear, api_evidence: Path) -> None:
    document = hub.service.dump_state()
    document["organization_hooks"] = {ORG: [{"url": ear.url, "secret": SECRET, "events": ["projects_v2_item"]}]}
    hub.service.load_state(document)
    query = "query($o:String!){organization(login:$o){projectV2(number:1){id "
    query += 'field(name:"Note"){... on ProjectV2Field{id}} items(first:1){nodes{id}}}}}'
    project = hub.graph(query, {"o": ORG})["data"]["organization"]["projectV2"]
    given = {"p": project["id"], "i": project["items"]["nodes"][0]["id"], "f": project["field"]["id"]}
    answer = hub.graph(
        "mutation($p:ID!,$i:ID!,$f:ID!){a:updateProjectV2ItemFieldValue(input:{projectId:$p,itemId:$i,fieldId:$f,"
        'value:{text:"new"}}){projectV2Item{id}} b:archiveProjectV2Item(input:{projectId:$p,itemId:$i}){item{id}}'
        'c:addProjectV2DraftIssue(input:{projectId:$p,title:"d"}){projectItem{id}}'
        "d:deleteProjectV2Item(input:{projectId:$p,itemId:$i}){deletedItemId}}",
        given,
    )
    assert "errors" not in answer
    hub.service.webhooks.drain()
    assert check(ear, api_evidence) == {
        "projects_v2_item.edited",
        "projects_v2_item.archived",
        "projects_v2_item.created",
        "projects_v2_item.deleted",
    }


def test_a_failed_delivery_is_not_repeated_but_can_be_sent_again(hub: Any, ear: Ear) -> None:
    hook = listen(hub, ear, "issues")
    ear.status = 500
    hub.ask("PATCH", f"{R}/issues/1", {"state": "closed"})
    hub.service.webhooks.drain()
    failed, ping = hub.get(f"{R}/hooks/{hook}/deliveries")
    assert (failed["status_code"], failed["event"], failed["action"], ping["status_code"]) == (
        500,
        "issues",
        "closed",
        200,
    )
    assert len(ear.heard) == 2
    ear.status = 200
    assert hub.ask("POST", f"{R}/hooks/{hook}/deliveries/{failed['id']}/attempts")[0] == 202
    hub.service.webhooks.drain()
    again = hub.get(f"{R}/hooks/{hook}/deliveries?per_page=1")[0]
    assert (again["redelivery"], again["guid"], again["status_code"]) == (True, failed["guid"], 200)
    assert 'rel="next"' in hub.last.headers["Link"]
    assert ear.heard[1][1] == ear.heard[2][1]
    detail = hub.get(f"{R}/hooks/{hook}/deliveries/{again['id']}")
    assert detail["request"]["headers"]["X-GitHub-Delivery"] == failed["guid"]
    assert detail["request"]["payload"]["issue"]["state"] == "closed"


def test_old_deliveries_are_forgotten(hub: Any, ear: Ear) -> None:
    hook = listen(hub, ear, "issues")
    hub.service.clock.advance(4 * 86_400)
    assert hub.get(f"{R}/hooks/{hook}/deliveries") == []


def test_nothing_leaves_the_machine(hub: Any) -> None:
    config = {"url": "http://collector.example/hook"}
    hook = hub.ask("POST", f"{R}/hooks", {"config": config, "events": ["issues"]})[1]["id"]
    hub.service.webhooks.drain()
    assert hub.get(f"{R}/hooks/{hook}/deliveries")[0]["status"] == "failed to connect to host"


def of_app(hub: Any, url: str, *events: str, **installation: Any) -> None:
    """Let the app hear of events."""
    document = hub.service.dump_state()
    document["apps"][0]["hook"] = {"id": 55, "url": url, "secret": SECRET, "events": list(events)}
    document["apps"][0]["installations"][0].update(installation)
    hub.service.load_state(document)


def test_an_app_hears_of_its_installations(hub: Any, ear: Ear, app_jwt: Any, api_evidence: Path) -> None:
    of_app(hub, ear.url, "issues", "projects_v2_item")
    hub.ask("PATCH", f"{R}/issues/1", {"title": "heard"})
    hub.ask("POST", f"{R}/issues/1/comments", {"body": "not subscribed to"})
    hub.ask("POST", f"/orgs/{ORG}/projectsV2/1/drafts", {"title": "heard too"})
    hub.ask("PATCH", "/repos/ada/own", {"description": "no installation here"})
    hub.service.webhooks.drain()
    assert check(ear, api_evidence) == {"issues.edited", "projects_v2_item.created"}
    headers, body = ear.heard[0]
    assert json.loads(body)["installation"]["id"] == 70
    assert headers["X-Hub-Signature-256"] == f"sha256={hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()}"
    target = (headers["X-GitHub-Hook-Installation-Target-Type"], headers["X-GitHub-Hook-Installation-Target-ID"])
    assert target == ("integration", "7")
    listed = hub.get("/app/hook/deliveries", token=app_jwt())
    assert [(each["event"], each["installation_id"]) for each in listed] == [("projects_v2_item", 70), ("issues", 70)]
    number = listed[1]["id"]
    assert hub.ask("POST", f"/app/hook/deliveries/{number}/attempts", token=app_jwt())[0] == 202
    hub.service.webhooks.drain()
    assert ear.heard[-1][1] == body
    detail = hub.get(f"/app/hook/deliveries/{number}", token=app_jwt())
    assert detail["request"]["payload"]["issue"]["title"] == "heard"


@pytest.mark.parametrize(
    "installation",
    [
        {"repositories": [f"{ORG}/open"]},
        {"permissions": {"contents": "read"}},
        {"suspended": True},
    ],
)
def test_an_app_hears_nothing_of_what_it_was_not_given(hub: Any, ear: Ear, installation: Any) -> None:
    of_app(hub, ear.url, "issues", **installation)
    hub.ask("PATCH", f"{R}/issues/1", {"title": "not heard"})
    hub.service.webhooks.drain()
    assert ear.heard == []


def test_the_hook_of_an_app_is_configured(hub: Any, ear: Ear, app_jwt: Any) -> None:
    at = "/app/hook/config"
    assert hub.ask("PATCH", at, {"url": ear.url, "content_type": "form", "secret": "s"}, token=app_jwt())[0] == 200
    assert hub.get(at, token=app_jwt()) == {
        "url": ear.url,
        "content_type": "form",
        "secret": "********",
        "insecure_ssl": "0",
    }
    assert hub.ask("GET", at)[0] == 401


def test_the_hook_of_an_organization_is_made_told_and_deleted(hub: Any, ear: Ear) -> None:
    at = f"/orgs/{ORG}/hooks"
    status, hook = hub.ask("POST", at, {"name": "web", "config": {"url": ear.url}, "events": ["issues"]})
    assert status == 201
    hub.ask("PATCH", f"{R}/issues/1", {"title": "heard"})
    hub.service.webhooks.drain()
    assert [headers["X-GitHub-Event"] for headers, _ in ear.heard] == ["ping", "issues"]
    assert {headers["X-GitHub-Hook-Installation-Target-Type"] for headers, _ in ear.heard} == {"organization"}
    hub.ask("PATCH", f"{at}/{hook['id']}", {"active": False})
    hub.ask("PATCH", f"{R}/issues/1", {"title": "not heard"})
    hub.ask("DELETE", f"{at}/{hook['id']}")
    hub.service.webhooks.drain()
    assert len(ear.heard) == 2
    assert hub.get(at) == []

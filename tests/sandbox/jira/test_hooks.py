import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback

Connect = Callable[..., Any]


class Mailbox:
    """Takes webhooks; answers with the statuses given, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        box = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                box.got.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(box.statuses.pop(0) if box.statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def events(self) -> list[str]:
        return [json.loads(body)["webhookEvent"] for _, body in self.got]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    yield box
    box.close()


def settle(api: Any) -> None:
    assert requests.post(f"{api.url}/_sandbox/deliveries/wait", json={}, timeout=30).json()["idle"]


def admin(api: Any, method: str, path: str = "", body: Any = None) -> requests.Response:
    answer = api.session.request(method, f"{api.url}/rest/webhooks/1.0/webhook{path}", json=body, timeout=30)
    return answer  # noqa: RET504 - the type is known here


def register(api: Any, mailbox: Mailbox, *events: str, **more: Any) -> dict[str, Any]:
    made = admin(api, "POST", "", {"name": "w", "url": mailbox.url, "events": list(events), **more})
    assert made.status_code == 201, made.text
    shown: dict[str, Any] = made.json()
    return shown


def test_an_admin_webhook_is_signed_and_tells_what_changed(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("cloud")
    made = register(api, mailbox, "jira:issue_updated", secret="s3", filters={"issue-related-events-section": ""})
    assert made["isSigned"]
    assert "s3" not in json.dumps(made)
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "New", "labels": []}})
    settle(api)
    ((headers, body),) = mailbox.got
    digest = hmac.new(b"s3", body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature"] == f"sha256={digest}"
    assert headers["x-atlassian-webhook-flow"] == "Primary"
    assert "x-atlassian-webhook-retry" not in headers
    told = json.loads(body)
    assert (told["issue"]["id"], told["issue"]["fields"]["summary"]) == ("101", "New")
    assert {item["fieldId"] for item in told["changelog"]["items"]} == {"summary", "labels"}
    assert told["user"]["accountId"] == "acc:ann"


def test_each_kind_of_event_is_told_to_who_asked_for_it(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("cloud")
    events = ("jira:issue_created", "jira:issue_deleted", "comment_created", "comment_updated", "comment_deleted")
    register(api, mailbox, *events, "worklog_created", "issuelink_created", "jira:version_released")
    fields = {"project": {"key": "NIM"}, "issuetype": {"name": "Story"}, "summary": "s"}
    key = api("POST", "/issue", {"fields": fields}).json()["key"]
    comment = api("POST", f"/issue/{key}/comment", {"body": "x"}).json()["id"]
    api("PUT", f"/issue/{key}/comment/{comment}", {"body": "y"})
    api("DELETE", f"/issue/{key}/comment/{comment}")
    api("POST", f"/issue/{key}/worklog", {"timeSpentSeconds": 60})
    ends = {"inwardIssue": {"key": "NIM-1"}, "outwardIssue": {"key": key}}
    api("POST", "/issueLink", {"type": {"name": "Blocks"}, **ends})
    api("PUT", "/version/501", {"released": True})
    api("PUT", f"/issue/{key}", {"fields": {"summary": "not asked for"}})
    api("DELETE", f"/issue/{key}")
    settle(api)
    assert mailbox.events() == [
        "jira:issue_created",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "worklog_created",
        "issuelink_created",
        "jira:version_released",
        "jira:issue_deleted",
    ]
    assert json.loads(mailbox.got[-1][1])["issue"]["key"] == key


def test_a_filter_keeps_others_out_and_a_wrong_one_is_refused(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("cloud")
    section = "issue-related-events-section"
    wrong = {"url": mailbox.url, "events": ["jira:issue_updated"], "filters": {section: "project = NOPE"}}
    assert admin(api, "POST", "", wrong).status_code == 400
    register(api, mailbox, "jira:issue_updated", filters={section: "project = SEC"})
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "a"}})
    api("PUT", "/issue/SEC-1", {"fields": {"summary": "b"}})
    settle(api)
    assert [json.loads(body)["issue"]["key"] for _, body in mailbox.got] == ["SEC-1"]
    assert admin(connect("cloud", user="bob"), "GET").status_code == 403


def test_a_failed_delivery_comes_again_under_the_same_identifier(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("cloud")
    api.service.change_settings({"webhook_retries": 2})
    register(api, mailbox, "jira:issue_updated")
    mailbox.statuses = [503, 429, 500]
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "a"}})
    for _ in range(4):
        settle(api)
        api.service.clock.advance(301)
    settle(api)
    assert len(mailbox.got) == 3, "once and twice again"
    assert len({headers["x-atlassian-webhook-identifier"] for headers, _ in mailbox.got}) == 1
    assert [headers.get("x-atlassian-webhook-retry") for headers, _ in mailbox.got] == [None, "1", "2"]
    assert len({body for _, body in mailbox.got}) == 1
    mailbox.statuses = [400]
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "b"}})
    settle(api)
    api.service.clock.advance(301)
    settle(api)
    assert len(mailbox.got) == 4, "a refusal is final"


def test_a_data_center_neither_signs_nor_sends_again(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("data-center")
    register(api, mailbox, "jira:issue_updated", secret="s3")
    mailbox.statuses = [503]
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "a"}})
    settle(api)
    api.service.clock.advance(4000)
    settle(api)
    ((headers, _),) = mailbox.got
    assert "x-hub-signature" not in headers
    api.service.change_settings({"data_center_signs": True})
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "b"}})
    settle(api)
    assert mailbox.got[-1][0]["x-hub-signature"].startswith("sha256=")


def test_dynamic_webhooks_expire_unless_extended(connect: Connect, mailbox: Mailbox) -> None:
    api = connect("cloud")
    document = api.service.dump_state()
    document["oauth_clients"] = [{"client_id": "app", "client_secret": "shh", "user": "acc:ann"}]
    api.service.load_state(document)

    def log_in() -> None:
        form = {"grant_type": "client_credentials", "client_id": "app", "client_secret": "shh"}
        token = api.session.post(f"{api.url}/oauth/token", json=form, timeout=30).json()["access_token"]
        api.session.auth = None
        api.session.headers["Authorization"] = f"Bearer {token}"

    site = connect("cloud", user="bob")
    cloud_id = api.session.get(f"{api.url}/_edge/tenant_info", timeout=30).json()["cloudId"]
    api.url += f"/ex/jira/{cloud_id}"
    address, api.url = api.url, api.url.partition("/ex/")[0]
    log_in()
    api.url = address
    details = {"events": ["jira:issue_updated"], "jqlFilter": "project = NIM", "fieldIdsFilter": ["summary"]}
    made = api("POST", "/webhook", {"url": mailbox.url, "webhooks": [details]}).json()["webhookRegistrationResult"]
    number = made[0]["createdWebhookId"]
    site("PUT", "/issue/NIM-2", {"fields": {"labels": ["not", "asked"]}})
    site("PUT", "/issue/NIM-2", {"fields": {"summary": "asked"}})
    settle(site)
    ((headers, body),) = mailbox.got
    assert json.loads(body)["matchedWebhookIds"] == [number]
    signed, _, signature = headers["authorization"].removeprefix("Bearer ").rpartition(".")
    digest = hmac.new(b"shh", signed.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature
    day = 86_400
    site.service.clock.advance(29 * day)
    api.url = address.partition("/ex/")[0]
    log_in()
    api.url = address
    assert api("PUT", "/webhook/refresh", {"webhookIds": [number]}).status_code == 200
    site.service.clock.advance(29 * day)
    site("PUT", "/issue/NIM-2", {"fields": {"summary": "still"}})
    settle(site)
    assert len(mailbox.got) == 2
    site.service.clock.advance(2 * day)
    site("PUT", "/issue/NIM-2", {"fields": {"summary": "no more"}})
    settle(site)
    assert len(mailbox.got) == 2

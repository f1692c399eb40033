"""Boards, sprints, bulk tasks, webhooks, archives and schemes against Atlassian's descriptions."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback

DAYS = {"startDate": "2026-03-02T09:00:00.000+0000", "endDate": "2026-03-13T17:00:00.000+0000"}
ADF = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": "hi"}]}]}

Call = Callable[..., requests.Response]

EXPLAINED = (
    # one address is described under two templates: DELETE under {schemeId}, GET and PUT under {id}
    (r"/issuesecurityschemes/\{schemeId\}$", r"GET is not described for"),
    # two required names that the description itself does not have among the properties
    (r"/bulk/issues/move$", r"'(issueIdOrKeys|targetToMultipleSourceMapping)' is a required property"),
    # asked for on purpose: an event that there is not
    (r"/webhook$", r"'x' is not one of \['jira:issue_created'"),
)
"""Findings that are no faults of the stand-in: where, and what is said."""


@contextmanager
def served(document: dict[str, Any]) -> Any:
    document["boards"] = [{"id": 1, "name": "Nimbus board", "type": "scrum", "project": "NIM"}]
    document["sprints"] = [
        {"id": 8, "name": "Now", "state": "active", "originBoardId": 1, **DAYS},
        {"id": 9, "name": "Next", "state": "future", "originBoardId": 1},
    ]
    document["issues"][1]["fields"]["customfield_10020"] = [8]
    document["oauth_clients"] = [{"client_id": "app", "client_secret": "shh", "user": "ann"}]
    if document["deployment"] == "cloud":
        document["oauth_clients"][0]["user"] = "acc:ann"
    service = JiraService(document)
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        if document["deployment"] == "cloud":
            session.auth = ("ann@nimbus.example", "ann-token")
        else:
            session.headers["Authorization"] = "Bearer ann-token"

        def call(method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
            answer = session.request(method, url + path, json=body, params=query, timeout=30)
            assert answer.status_code != 500, service.log.exchanges()[-1].failure
            return answer

        yield service, url, session, call


def use_boards(call: Call, *, cloud: bool) -> None:
    """Call every agile route, with right and wrong input."""
    agile = "/rest/agile/1.0"
    made = {"name": "Second", "type": "kanban", "filterId": 10001}
    if cloud:
        made["location"] = {"type": "project", "projectKeyOrId": "NIM"}
    board = call("POST", f"{agile}/board", made)
    assert board.status_code == 201, board.text
    for path in (
        "/board",
        "/board?projectKeyOrId=NIM&maxResults=1",
        "/board/1",
        "/board/1/configuration",
        "/board/1/project",
        "/board/1/version?released=false",
        "/board/1/epic?done=false",
        "/board/1/sprint?state=active,future",
        "/board/1/issue?fields=summary,sprint&jql=labels%20is%20EMPTY",
        "/board/1/backlog",
        "/board/1/sprint/8/issue",
        "/board/1/epic/none/issue",
        "/board/1/epic/100/issue",
        "/sprint/8",
        "/sprint/8/issue",
        "/issue/NIM-2",
        "/epic/NIM-1",
        "/epic/NIM-1/issue",
        "/epic/none/issue",
    ):
        assert call("GET", agile + path).status_code == 200, path
    for path in ("/board/99", "/sprint/99", "/epic/NOPE-1"):
        assert call("GET", agile + path).status_code == 404, path
    sprint = call("POST", f"{agile}/sprint", {"name": "Plan", "originBoardId": 1, "goal": "g", **DAYS}).json()
    link = f"{agile}/sprint/{sprint['id']}"
    assert call("POST", f"{link}/issue", {"issues": ["NIM-4"]}).status_code == 204
    assert call("POST", link, {"state": "active"}).status_code == 200
    assert call("PUT", link, {"name": "Plan", "state": "closed", **DAYS}).status_code == 200
    assert call("POST", link, {"state": "future"}).status_code == 400
    assert call("POST", f"{agile}/backlog/issue", {"issues": ["NIM-2"]}).status_code == 204
    assert call("PUT", f"{agile}/issue/rank", {"issues": ["NIM-4"], "rankBeforeIssue": "NIM-1"}).status_code == 204
    assert call("POST", f"{agile}/epic/none/issue", {"issues": ["NIM-2"]}).status_code == 204
    assert call("POST", f"{agile}/epic/NIM-1/issue", {"issues": ["NIM-2"]}).status_code == 204
    assert call("DELETE", link).status_code == 204
    assert call("DELETE", f"{agile}/board/{board.json()['id']}").status_code == 204


def use_cloud(service: JiraService, url: str, session: requests.Session, call: Call) -> None:
    """Call the routes that Cloud alone has: bulk, archive, schemes, changelogs, and webhooks behind the gateway."""
    api = "/rest/api/3"
    for path in (
        "/issuesecurityschemes",
        "/issuesecurityschemes/10000",
        "/issuesecurityschemes/level",
        "/issuesecurityschemes/search",
        "/project/NIM/issuesecuritylevelscheme",
        "/securitylevel/7",
        "/bulk/issues/fields?issueIdsOrKeys=NIM-2,NIM-4",
        "/bulk/issues/transition?issueIdsOrKeys=NIM-2,NIM-4",
    ):
        answer = call("GET", api + path)
        assert answer.status_code == 200, (path, answer.text)
    edit = {
        "selectedIssueIdsOrKeys": ["NIM-2", "NIM-4", "NOPE-1"],
        "selectedActions": ["labels", "customfield_10052", "description"],
        "editedFieldsInput": {
            "labelsFields": [{"fieldId": "labels", "labels": [{"name": "b"}], "bulkEditMultiSelectFieldOption": "ADD"}],
            "singleLineTextFields": [{"fieldId": "customfield_10052", "text": "SI-9"}],
            "richTextFields": [{"fieldId": "description", "richText": {"adfValue": ADF}}],
        },
        "sendBulkNotification": False,
    }
    task = call("POST", f"{api}/bulk/issues/fields", edit).json()["taskId"]
    assert call("GET", f"{api}/bulk/queue/{task}").json()["processedAccessibleIssues"] == [101, 103]
    assert call("POST", f"{api}/bulk/issues/fields", {**edit, "selectedActions": ["priority"]}).status_code == 400
    way = {"selectedIssueIdsOrKeys": ["NIM-2", "NIM-4"], "transitionId": "21"}
    task = call("POST", f"{api}/bulk/issues/transition", {"bulkTransitionInputs": [way]}).json()["taskId"]
    assert list(call("GET", f"{api}/bulk/queue/{task}").json()["failedAccessibleIssues"]) == ["103"]
    assert call("PUT", f"{api}/issue/archive", {"issueIdsOrKeys": ["NIM-4", "NIM-3"]}).status_code == 200
    assert call("PUT", f"{api}/issue/unarchive", {"issueIdsOrKeys": ["NIM-4"]}).status_code == 200
    assert call("POST", f"{api}/changelog/bulkfetch", {"issueIdsOrKeys": ["NIM-2"], "maxResults": 1}).status_code == 200
    assert call("POST", f"{api}/issue/NIM-2/changelog/list", {"changelogIds": [60]}).status_code == 200
    source = {
        "issueIdsOrKeys": ["NIM-4"],
        "inferClassificationDefaults": True,
        "inferFieldDefaults": True,
        "inferStatusDefaults": True,
        "inferSubtaskTypeDefault": True,
    }
    assert call("POST", f"{api}/bulk/issues/move", {"targetToSourcesMapping": {"SEC,1": source}}).status_code == 201
    assert call("POST", f"{api}/bulk/issues/delete", {"selectedIssueIdsOrKeys": ["NIM-4"]}).status_code == 201
    assert call("GET", f"{api}/issue/NIM-4").status_code == 404
    assert call("GET", f"{api}/webhook").status_code == 403
    token = requests.post(
        f"{url}/oauth/token",
        json={"grant_type": "client_credentials", "client_id": "app", "client_secret": "shh"},
        timeout=30,
    ).json()["access_token"]
    cloud_id = session.get(f"{url}/_edge/tenant_info", timeout=30).json()["cloudId"]
    session.auth = None
    session.headers["Authorization"] = f"Bearer {token}"
    api = f"/ex/jira/{cloud_id}{api}"
    hook = {
        "url": "http://127.0.0.1:9/",
        "webhooks": [{"events": ["jira:issue_updated"], "jqlFilter": "project = NIM"}],
    }
    made = call("POST", f"{api}/webhook", hook).json()["webhookRegistrationResult"]
    assert call("POST", f"{api}/webhook", {**hook, "webhooks": [{"events": ["x"], "jqlFilter": ""}]}).status_code == 200
    ids = {"webhookIds": [made[0]["createdWebhookId"]]}
    assert call("GET", f"{api}/webhook").json()["total"] == 1
    assert call("PUT", f"{api}/webhook/refresh", ids).status_code == 200
    assert call("GET", f"{api}/webhook/failed").status_code == 200
    assert call("DELETE", f"{api}/webhook", ids).status_code == 202


def findings(evidence: Path, log: Path, *arguments: str) -> tuple[list[Any], int]:
    report = log.with_suffix(".report.json")
    command = [sys.executable, str(evidence / "validate.py"), "--profile", "jira", *arguments]
    command += ["--log", str(log), "--report", str(report)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert report.exists(), done.stdout + done.stderr
    told = json.loads(report.read_text())
    left = [
        f"{one['matched']}: {message}"
        for one in told["exchanges"]
        for _, message in one["errors"]
        if not any(re.search(path, one["matched"]) and re.search(said, message) for path, said in EXPLAINED)
    ]
    return left, told["checked"]


def written(service: JiraService, log: Path) -> Path:
    log.write_bytes(service.log.render(service.log.exchanges()))
    return log


def test_cloud_boards_agree_with_the_description(
    small_site: Callable[[str], dict[str, Any]], tmp_path: Path, api_evidence: Path
) -> None:
    spec = str(api_evidence / "jira/jira_cloud_software_agile.json")
    with served(small_site("cloud")) as (service, _, _, call):
        use_boards(call, cloud=True)
        found, checked = findings(
            api_evidence, written(service, tmp_path / "log.jsonl"), "--spec", spec, "--only-described"
        )
    assert found == []
    assert checked > 30


def test_data_center_boards_agree_with_the_description(
    small_site: Callable[[str], dict[str, Any]], tmp_path: Path, api_evidence: Path
) -> None:
    spec = str(api_evidence / "jira/jira_data_center.json")
    with served(small_site("data-center")) as (service, _, _, call):
        use_boards(call, cloud=False)
        for path in ("/issuesecurityschemes", "/issuesecurityschemes/10000", "/securitylevel/7"):
            assert call("GET", f"/rest/api/2{path}").status_code == 200
        assert call("PUT", "/rest/api/2/issue/NIM-4/archive").status_code == 204
        found, checked = findings(
            api_evidence, written(service, tmp_path / "log.jsonl"), "--spec", spec, "--only-described"
        )
    assert found == []
    assert checked > 30


def test_cloud_bulk_webhooks_and_archives_agree_with_the_description(
    small_site: Callable[[str], dict[str, Any]], tmp_path: Path, api_evidence: Path
) -> None:
    spec = str(api_evidence / "jira/jira_cloud_platform_v3_full.json")
    with served(small_site("cloud")) as (service, url, session, call):
        use_cloud(service, url, session, call)
        log = written(service, tmp_path / "log.jsonl")
        cloud_id = service.log.exchanges()[-1].path.split("/")[3]
        log.write_text(log.read_text().replace(f'"/ex/jira/{cloud_id}/rest', '"/rest'))
        found, checked = findings(api_evidence, log, "--spec", spec, "--only-described")
    assert found == []
    assert checked > 25

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.jira import adf, loading
from sandbox.jira.service import JiraService

Connect = Callable[..., Any]

SITE = {
    "deployment": "cloud",
    "issuetypes": [{"id": "1", "name": "Task"}],
    "statuses": [{"id": "1", "name": "To Do"}],
    "link_types": [{"id": "1", "name": "Blocks"}],
}
TASK = {"created": "2026-01-01T00:00:00Z", "issuetype": {"id": "1"}}
LINK = {"type": {"name": "Blocks"}, "outwardIssue": {"self": "http://127.0.0.1:1/"}}


@pytest.mark.loopback
@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_a_dumped_state_loads_into_the_same(connect: Connect, deployment: str) -> None:
    api = connect(deployment)
    api("POST", "/issue/NIM-2/comment", {"body": "c"})
    api("PUT", "/issue/NIM-2", {"fields": {"summary": "Changed"}})
    first = requests.get(f"{api.url}/_sandbox/state", timeout=30).json()
    before = [api.get(f"/issue/{key}", expand="changelog") for key in ("NIM-1", "NIM-2", "NIM-3", "NIM-4")]
    assert requests.put(f"{api.url}/_sandbox/state", json=first, timeout=30).status_code == 204
    assert [api.get(f"/issue/{key}", expand="changelog") for key in ("NIM-1", "NIM-2", "NIM-3", "NIM-4")] == before
    assert requests.get(f"{api.url}/_sandbox/state", timeout=30).json() == first


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(deployment="x"), "deployment must be cloud or data-center"),
        (
            lambda d: d["issues"][0]["fields"].update(status="Nope"),
            "issue A-1: status: The status selected is invalid.",
        ),
        (lambda d: d["issues"][0]["fields"].update(customfield_9=1), "issue A-1: no such field: customfield_9"),
        (lambda d: d["issues"][0]["fields"].pop("created"), r"issues\[0\].fields.created: is missing"),
        (lambda d: d["issues"][0]["fields"].pop("issuetype"), "issue A-1: issuetype is missing"),
        (lambda d: d["issues"].append(d["issues"][0]), "is there twice"),
        (lambda d: d["projects"][0].update(browse=["zed"]), "project A: browse: no such user: zed"),
        (lambda d: d["fields"].append({"id": "customfield_1", "name": "x", "type": "y"}), "field customfield_1"),
        (
            lambda d: d.update(workflows=[{"initial": "To Do", "transitions": [{"id": "1", "name": "n", "to": "No"}]}]),
            "a workflow names a status that there is not: No",
        ),
    ],
)
def test_a_wrong_document_is_refused_by_name(change: Callable[[dict[str, Any]], Any], message: str) -> None:
    document: dict[str, Any] = {
        "deployment": "cloud",
        "users": [{"accountId": "a"}],
        "projects": [{"id": "1", "key": "A", "name": "A"}],
        "issuetypes": [{"id": "1", "name": "Task"}],
        "statuses": [{"id": "1", "name": "To Do"}],
        "fields": [],
        "issues": [{"key": "A-1", "fields": {"issuetype": {"id": "1"}, "created": "2026-01-01T00:00:00Z"}}],
    }
    loading.load(document)
    change(document)
    with pytest.raises(ValueError, match=message):
        loading.load(document)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"isues": []}, "isues: there is no such key"),
        ({"users": 5}, "users: expected a list of objects, found 5"),
        ({"issues": [7]}, r"issues: expected a list of objects, found \[7\]"),
        ({"site": []}, r"site: expected an object, found \[\]"),
        ({"issues": [{"key": "A-1", "fields": "x"}]}, r'issues\[0\].fields: expected an object, found "x"'),
        ({"issues": [{"key": "A-1", "comments": {}}]}, r"issues\[0\].comments: expected a list of objects"),
        ({"projects": [{"key": "A", "browse": "ann"}]}, r'projects\[0\].browse: expected a list, found "ann"'),
        ({"issues": [{}]}, r"issues\[0\].key: is missing; issues\[0\].fields: is missing"),
        ({"issues": [{"key": "A-1", "fields": {"created": 7}}]}, r"fields.created: expected an instant.*, found 7"),
        (
            {"issues": [{"key": "A-1", "fields": {"issuelinks": ["x"]}}]},
            r"fields.issuelinks: expected a list of objects",
        ),
        (
            {"issues": [{"key": "A-1", "comments": [{"created": "today"}]}]},
            r'issues\[0\].comments\[0\].created: expected an instant.*, found "today"',
        ),
        ({"issues": [{"id": "x"}]}, r'issues\[0\].id: expected a whole number, found "x"'),
        ({"counters": {"issue": {}}}, r'counters: expected an object of whole numbers, found \{"issue": \{\}\}'),
        ({"access_tokens": {"t": 1}}, r"access_tokens: expected an object of objects"),
        ({"workflows": [{"name": "w"}]}, r"workflows\[0\].transitions: is missing"),
        ({"workflows": [{"transitions": [{"id": []}]}]}, r"transitions\[0\].id: expected a text or a whole number"),
        (
            {"projects": [{"key": "A"}], "issues": [{"key": "A-1", "fields": {**TASK, "subtasks": [{"id": None}]}}]},
            "issue A-1: subtasks: expected an issue's id or key, found",
        ),
        (
            {"projects": [{"key": "A"}], "issues": [{"key": "A-1", "fields": {**TASK, "issuelinks": [LINK]}}]},
            "issue A-1: issuelinks: outwardIssue: expected an issue's id or key, found",
        ),
        ({"users": {}, "fields": "x"}, r"users: expected a list of objects, found \{\}; fields: expected"),
    ],
)
def test_a_document_of_another_form_is_refused_by_place(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loading.load({**SITE, **change})


@pytest.mark.parametrize("document", [5, [], "cloud", None])
def test_what_is_no_document_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match="the document: expected an object"):
        loading.load(document)


@pytest.mark.loopback
def test_faults_and_lag_come_with_the_state(connect: Connect) -> None:
    api = connect()
    document = api.service.dump_state()
    document["faults"] = [{"route": "/myself", "times": 1, "action": {"kind": "status", "status": 503}}]
    document["index_lag_seconds"] = 7
    api.service.load_state(document)
    assert [api("GET", "/myself").status_code for _ in range(2)] == [503, 200]
    assert requests.get(f"{api.url}/_sandbox/settings", timeout=30).json()["index_lag_seconds"] == 7.0
    api.service.faults.add({"id": "mine", "route": "/field", "action": {"kind": "html"}})
    api.service.load_state(api.service.dump_state())
    assert [(rule["id"], rule["matched"]) for rule in api.service.faults.describe()] == [("fault-1", 0), ("mine", 0)]
    assert api("GET", "/myself").status_code == 503


def test_a_document_stays_what_it_is(small_site: Callable[[str], dict[str, Any]]) -> None:
    given = small_site("cloud")
    document = loading.dump(loading.load(given))
    assert given == small_site("cloud")
    assert JiraService(document).dump_state() == document


@pytest.mark.parametrize(
    "text", ["one\ntwo", "a\n\nb", "* x\n* y", "h2. Title\n\n*bold* and [label|https://a.example]", ""]
)
def test_wiki_text_survives_the_document_format(text: str) -> None:
    document = adf.from_wiki(text)
    assert adf.is_document(document)
    assert adf.to_wiki(document) == text


@pytest.mark.loopback
def test_the_command_serves_until_it_is_told_to_stop(
    tmp_path: Path, small_site: Callable[[str], dict[str, Any]]
) -> None:
    state, log = tmp_path / "state.json", tmp_path / "log.jsonl"
    state.write_text(json.dumps(small_site("cloud")))
    command = [sys.executable, "-m", "sandbox.jira", "--port", "0", "--state", str(state), "--log", str(log)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        word, name, url = process.stdout.readline().split()
        assert (word, name) == ("ready", "jira")
        answer = requests.get(f"{url}/rest/api/2/myself", auth=("ann@nimbus.example", "ann-token"), timeout=10)
        assert answer.json()["displayName"] == "Ann Example"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert json.loads(log.read_text())["path"] == "/rest/api/2/myself"


def test_the_command_refuses_a_wrong_state(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text('{"deployment": "moon"}')
    command = [sys.executable, "-m", "sandbox.jira", "--state", str(state)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "deployment must be cloud or data-center" in done.stderr

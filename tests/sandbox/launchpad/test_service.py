"""The stand-in as a whole: tokens, faults, log, state, command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService

pytestmark = pytest.mark.loopback


@pytest.mark.parametrize(
    ("key", "secret", "consumer", "text"),
    [
        ("nope", "s", "c", "Unknown access token (nope)."),
        ("ann", "wrong", "c", "Invalid signature."),
        ("old", "s", "c", "Expired token (old)."),
        ("only", "s", "other", "Unknown consumer (other)."),
    ],
)
def test_bad_tokens_are_401_with_the_reason(served: Any, key: str, secret: str, consumer: str, text: str) -> None:
    header = f'OAuth oauth_consumer_key="{consumer}", oauth_token="{key}", oauth_signature="%26{secret}"'
    answer = served.call("GET", "/bugs/1", headers={"Authorization": header})
    assert (answer.status_code, answer.text) == (401, text)


def test_the_caller_is_found_by_parameters_too(served: Any) -> None:
    given = {"oauth_consumer_key": "c", "oauth_token": "ann", "oauth_signature": "&sec-ann"}
    answer = served.call("GET", "/people/+me", params=given)
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, f"{served.url}/devel/~ann")


def test_pages_say_their_size_only_at_the_end(served: Any) -> None:
    params = {"ws.op": "searchTasks", "omit_duplicates": "false", "ws.size": "1", "order_by": "id"}
    first = served.get("/nimbus", params=params)
    assert ("total_size" in first, first["start"]) == (False, 0)
    assert served.call("GET", first["total_size_link"].removeprefix(f"{served.url}/devel")).text == "2"
    second = requests.get(first["next_collection_link"], timeout=30).json()
    assert (second["total_size"], second["start"], "next_collection_link" in second) == (2, 1, False)
    served.service.change_settings({"page_size": 1, "max_page_size": 2})
    assert len(served.get("/nimbus/all_milestones")["entries"]) == 1
    assert served.call("GET", "/nimbus", params={**params, "ws.size": "3"}).status_code == 400


def test_older_versions_give_the_size_always_and_know_less(served: Any) -> None:
    url = f"{served.url}/1.0/nimbus"
    params = {"ws.op": "searchTasks", "omit_duplicates": "false", "ws.size": "1"}
    assert requests.get(url, params=params, timeout=30).json()["total_size"] == 2
    assert "all_specifications_collection_link" not in requests.get(url, timeout=30).json()
    assert requests.get(f"{served.url}/2.0/nimbus", timeout=30).status_code == 404


def test_a_dropped_request_took_effect_or_not(served: Any) -> None:
    for kind, count in (("drop_before", 2), ("drop_after", 3)):
        served.service.faults.add({"method": "POST", "nth": 1, "action": {"kind": kind}})
        with pytest.raises(requests.ConnectionError):
            served.post("/bugs/1", op="newMessage", content=kind)
        served.service.faults.clear()
        assert served.get("/bugs/1")["message_count"] == count


def test_a_token_expires_or_loses_its_rights_while_in_use(served: Any) -> None:
    steer = f"{served.url}/_sandbox/tokens"
    assert served.patch("/bugs/1", {"tags": ["a1"]}).status_code == 209
    assert requests.post(steer, json={"key": "ann", "level": "READ_PRIVATE"}, timeout=30).status_code == 200
    assert served.patch("/bugs/1", {"tags": ["a2"]}).status_code == 401
    assert served.get("/bugs/2", "ann")["id"] == 2
    requests.post(steer, json={"key": "ann", "expires_in_seconds": 60}, timeout=30)
    assert served.get("/bugs/2", "ann")["id"] == 2
    served.service.clock.advance(61)
    assert served.call("GET", "/bugs/2", who="ann").text == "Expired token (ann)."


def test_late_commits_bear_older_stamps(served: Any) -> None:
    served.service.change_settings({"late_commit_seconds": 90})
    answer = served.patch("/bugs/1", {"tags": ["a1"]})
    stamped = datetime.fromisoformat(answer.json()["date_last_updated"])
    seen = parsedate_to_datetime(answer.headers["Date"])
    assert 89 <= (seen - stamped).total_seconds() <= 91


def test_unstable_ties_disturb_all_but_a_total_order(served: Any, make_document: Any) -> None:
    document = {**make_document(), "settings": {"unstable_ties": True}}
    document["bugs"] = [
        {"id": one, "title": "t", "owner": "ann", "tasks": [{"target": "nimbus"}]} for one in range(1, 30)
    ]
    served.service.load_state(document)

    def order(by: str) -> list[str]:
        params = {"ws.op": "searchTasks", "order_by": by}
        return [one["bug_link"] for one in served.get("/nimbus", params=params)["entries"]]

    assert order("importance") != order("importance")
    assert order("id") == order("id")


def test_the_log_names_routes(served: Any) -> None:
    served.get("/nimbus/+bug/1")
    served.get("/bugs/1/messages")
    served.get("/~ann")
    assert served.service.log.counts() == {
        "GET /<version>/<pillar>/+bug/<bug>": 1,
        "GET /<version>/bugs/<bug>/<field>": 1,
        "GET /<version>/~<person>": 1,
    }


def test_the_state_comes_back_as_it_was_dumped(served: Any) -> None:
    served.patch("/bugs/1", {"tags": ["ui"], "title": "other"})
    served.patch("/nimbus/+spec/fast-boot", {"whiteboard": "text"})
    served.post("/bugs/1", op="newMessage", content="hello")
    dumped = requests.get(f"{served.url}/_sandbox/state", timeout=30).json()
    again = LaunchpadService(dumped)
    assert again.dump_state() == dumped
    bug = next(one for one in dumped["bugs"] if one["id"] == 1)
    assert (bug["tags"], bug["messages"][-1]["content"], len(bug["activity"])) == (["ui"], "hello", 3)
    for path in ("/devel/bugs/1", "/devel/nimbus/+spec/fast-boot", "/devel/nimbus/+milestone/2.0.1", "/devel/~ann"):
        with running(LaunchpadService(dumped)) as url:
            other = requests.get(f"{url}{path}", timeout=30).json()
        ours = served.get(path.removeprefix("/devel"))
        assert (
            json.dumps(other).replace(url, served.url).split('"http_etag"')[0]
            == json.dumps(ours).split('"http_etag"')[0]
        )


def test_everything_wrong_with_a_state_is_named_at_once() -> None:
    wrong = {
        "nonsense": 1,
        "settings": {"page_size": "many"},
        "people": [{"name": "ann", "colour": "red"}, {}],
        "projects": [{"name": "p", "owner": "nobody", "information_type": "Secret"}],
        "bugs": [
            {"id": 1, "title": "t", "owner": "ann", "tasks": [{"target": "q"}, {"target": "p", "milestone": "9"}]}
        ],
    }
    with pytest.raises(ValueError) as caught:
        LaunchpadService(wrong)
    text = str(caught.value)
    for part in (
        "unknown key nonsense",
        "settings.page_size: expected int",
        "people[0]: unknown key colour",
        "people[1]: name is missing",
        "no such person or team: 'nobody'",
        "projects[0].information_type: expected one of Public",
        "bugs[0].tasks[0].target: no such target: 'q'",
        "bugs[0].tasks[1].milestone: no such milestone: '9'",
    ):
        assert part in text


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"people": {}},
        {"people": [1]},
        {"people": [{"name": "a", "emails": 3}]},
        {"people": [{"name": "a"}], "projects": [{"name": "p", "owner": "a", "series": [[]]}]},
        {"people": [{"name": "a"}], "git_repositories": [{"owner": "a", "name": "r", "refs": ["main"]}]},
        {"people": [{"name": "a"}, {"name": "a"}]},
        {"format": 2},
        {"settings": []},
    ],
)
def test_a_state_of_another_form_is_a_value_error(wrong: Any) -> None:
    with pytest.raises(ValueError):
        LaunchpadService(wrong)


def test_several_stand_ins_live_in_one_process(served: Any) -> None:
    with running(LaunchpadService({"people": [{"name": "zoe"}]})) as url:
        assert requests.get(f"{url}/devel/~zoe", timeout=30).json()["self_link"] == f"{url}/devel/~zoe"
        assert requests.get(f"{url}/devel/~ann", timeout=30).status_code == 404
        assert served.get("/~ann")["name"] == "ann"


def test_the_command_says_when_it_serves_and_ends_on_sigterm(tmp_path: Path, make_document: Any) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps(make_document()), encoding="utf-8")
    command = [sys.executable, "-W", "error", "-m", "sandbox.launchpad", "--port", "0", "--state", str(state)]
    with subprocess.Popen([*command, "--log", str(tmp_path / "log")], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, name, url = process.stdout.readline().split()
        assert (word, name) == ("ready", "launchpad")
        assert requests.get(f"{url}/devel/bugs/1", timeout=30).json()["title"] == "Boot hangs"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8"))["path"] == "/devel/bugs/1"


def test_the_command_tells_what_is_wrong_with_a_state(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text('{"nonsense": 1}', encoding="utf-8")
    command = [sys.executable, "-m", "sandbox.launchpad", "--state", str(tmp_path / "state.json")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (2, "sandbox.launchpad: state: unknown key nonsense\n")


@pytest.mark.soak
def test_rates_over_loopback() -> None:
    """By CPU seconds of server and client together, which is what a machine of its own would take at most."""
    people = [{"name": "ann"}]
    bugs = [{"id": one, "title": f"Bug {one}", "owner": "ann", "tasks": [{"target": "p"}]} for one in range(1, 3001)]
    service = LaunchpadService({"people": people, "projects": [{"name": "p", "owner": "ann"}], "bugs": bugs})
    with running(service) as url, requests.Session() as session:
        next_page, tasks = f"{url}/devel/p?ws.op=searchTasks&order_by=id&ws.size=300", 0
        began = time.process_time()
        while next_page:
            page = session.get(next_page, timeout=60).json()
            tasks, next_page = tasks + len(page["entries"]), page.get("next_collection_link")
        task_rate = tasks / (time.process_time() - began)
        began = time.process_time()
        for one in range(1, 501):
            session.get(f"{url}/devel/bugs/{one}", timeout=60)
        read_rate = 500 / (time.process_time() - began)
    assert (tasks, task_rate >= 600, read_rate >= 250) == (3000, True, True), (
        f"{task_rate:.0f} tasks/s, {read_rate:.0f} reads/s"
    )

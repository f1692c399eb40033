"""The launcher: files, one process a stand-in, and none of them left behind."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
import tomllib
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from sandbox.children import ChildFailedError, start
from sandbox.launch import installed, running
from sandbox.portfolio.generate import generate
from sandbox.portfolio.model import BASE_TOOLS, Project, Reading, Security

pytestmark = pytest.mark.loopback

NAMES = {"jira", "jira-dc", "salesforce"}


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_gone(pids: list[int], seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def served(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--seed", "4", "--dir", str(tmp_path / "box")],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        yield process, line
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_sandbox_writes_what_a_first_try_needs_and_serves(tmp_path):
    with running(seed=4, directory=tmp_path / "box", log=True, services=BASE_TOOLS) as sandbox:
        config = tomllib.loads(sandbox.config.read_text())
        truth = json.loads(sandbox.truth.read_text())
        assert truth["seed"] == 4
        assert truth["today"] == datetime.now(tz=UTC).date().isoformat()
        assert set(sandbox.urls) == NAMES == set(config["connections"])
        for name, connection in config["connections"].items():
            assert connection["url"] == sandbox.urls[name]
            secret = sandbox.directory / (connection.get("token") or connection["client_secret"])["file"]
            assert stat.S_IMODE(secret.stat().st_mode) == 0o600
        assert sandbox.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
        assert json.loads((sandbox.directory / "admin.json").read_text()) == dict(sandbox.admin)
        with urllib.request.urlopen(f"{sandbox.admin['jira']}/health") as answer:
            assert json.load(answer)["ok"]
        assert sandbox.stopped() == []
        pids = [child.pid for child in sandbox.children.values()]
    assert wait_gone(pids)


def test_all_tools_that_are_installed_are_served_on_demand(tmp_path):
    with running(seed=4, directory=tmp_path / "box", services=installed()) as sandbox:
        config = tomllib.loads(sandbox.config.read_text())
        assert set(sandbox.urls) == set(installed()) == set(config["connections"])
        assert json.loads(sandbox.truth.read_text())["tools"] == list(installed())
        for name in installed():
            if name != "salesforce":
                assert config["connections"][name]["url"].startswith(sandbox.urls[name])
                with urllib.request.urlopen(f"{sandbox.admin[name]}/health") as answer:
                    assert json.load(answer)["ok"]
        if "github" in installed():
            token = (sandbox.directory / "github-token").read_text().strip()
            rows = json.loads((sandbox.directory / "state-github.json").read_text())["repositories"]
            for row in rows:
                answer = requests.get(
                    f"{config['connections']['github']['url']}/repos/{row['full_name']}",
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=30,
                )
                assert answer.status_code == (200 if "syncline-bot" in row["collaborators"] else 404)


def test_an_unknown_service_is_refused(tmp_path):
    with pytest.raises(ValueError, match="tools are"), running(seed=4, directory=tmp_path, services=("jira", "trac")):
        pass


def test_addresses_in_records_are_those_that_are_served(tmp_path):
    with running(seed=4, directory=tmp_path / "box", services=BASE_TOOLS) as sandbox:
        owed = json.loads((sandbox.directory / "state-salesforce.json").read_text())["records"]["Deliverable__c"]
        named = {row["Jira_Version__c"] for row in owed if row["Jira_Version__c"]}
        assert named
        assert all(each.startswith((sandbox.urls["jira"], sandbox.urls["jira-dc"])) for each in named)


def test_one_ready_line_and_an_orderly_end_on_sigterm(served):
    process, line = served
    assert re.match(r"ready \S+/syncline\.toml jira=http://127\.0\.0\.1:\d+ jira-dc=\S+ salesforce=https://\S+", line)
    pids = children_of(process.pid)
    assert len(pids) == len(installed())
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert wait_gone(pids)
    assert process.stdout.read() == ""


def test_children_end_when_the_launcher_is_killed(served):
    process, _ = served
    pids = children_of(process.pid)
    assert len(pids) == len(installed())
    process.kill()
    process.wait()
    assert wait_gone(pids)


def test_the_launcher_ends_when_a_stand_in_does(served):
    process, _ = served
    pids = children_of(process.pid)
    os.kill(pids[0], signal.SIGKILL)
    assert process.wait(10) == 1
    assert wait_gone(pids)


def test_the_store_of_an_earlier_sandbox_is_put_aside(tmp_path):
    (tmp_path / "syncline.sqlite3").write_text("old")
    (tmp_path / "syncline.sqlite3-wal").write_text("old too")
    with running(seed=4, directory=tmp_path):
        assert not list(tmp_path.glob("syncline.sqlite3*"))
    assert (tmp_path / "earlier" / "1" / "syncline.sqlite3").read_text() == "old"
    assert (tmp_path / "earlier" / "1" / "syncline.sqlite3-wal").read_text() == "old too"


def test_the_throttle_can_be_left_out(tmp_path):
    for throttle in (True, False):
        with running(seed=4, directory=tmp_path, throttle=throttle) as sandbox:
            state = json.loads((sandbox.directory / "state-jira-dc.json").read_text())
            assert ("faults" in state) is throttle


def test_a_stand_in_that_does_not_start_is_named_with_its_reason(tmp_path):
    (tmp_path / "broken.json").write_text("{")
    commands = {"broken": ["sandbox.salesforce", "--ca-dir", str(tmp_path), "--state", str(tmp_path / "broken.json")]}
    with pytest.raises(ChildFailedError, match=r"(?s)broken did not start: .*JSONDecodeError") as raised:
        start(commands, tmp_path)
    assert raised.value.name == "broken"


def test_the_syncing_account_sees_what_the_truth_says_it_sees(tmp_path):
    truth = generate(seed=4, today=datetime.now(tz=UTC).date())
    with running(seed=4, directory=tmp_path / "box", services=BASE_TOOLS) as sandbox:
        token = {name: (sandbox.directory / f"{name}-token").read_text().strip() for name in ("jira", "jira-dc")}

        def search(project: Project) -> requests.Response:
            query = {"jql": f"project = {project.key}", "maxResults": 200, "fields": "summary"}
            if project.site == "jira":
                route, auth = "3/search/jql", {"auth": ("syncline@partner.example", token["jira"])}
            else:
                route, auth = "2/search", {"headers": {"Authorization": f"Bearer {token['jira-dc']}"}}
            return requests.get(f"{sandbox.urls[project.site]}/rest/api/{route}", params=query, timeout=30, **auth)

        throttled = search(next(each for each in truth.projects if each.site == "jira-dc"))
        assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "1")
        for project in truth.projects:
            answer = search(project)
            if project.reading is not Reading.READABLE:
                assert answer.status_code == 400
                continue
            expected = {str(each.id) for each in project.issues if each.security is not Security.HIDDEN}
            assert {row["id"] for row in answer.json()["issues"]} == expected

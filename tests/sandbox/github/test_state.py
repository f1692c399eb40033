"""The state document: what is left out, what is wrong, and that a dump loads to the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.core.clock import Clock
from sandbox.github import payloads
from sandbox.github.ids import node_id, parse_node_id
from sandbox.github.loading import dump, load
from sandbox.github.switches import Limits, Switches

ISSUE = {"title": "t", "user": "u"}
DRAFT = {"content": {"title": "d"}, "values": {"X": 1}}


def test_a_dump_loads_to_the_same(hub: Any) -> None:
    hub.ask("POST", "/repos/fictive-partner/sizing/issues", {"title": "t", "body": "#1", "labels": ["bug"]})
    hub.ask("POST", "/_sandbox/transfer", {"issue": "fictive-partner/sizing#2", "to": "fictive-partner/open"})
    hub.ask("POST", "/_sandbox/delete", {"issue": "fictive-partner/sizing#3"})
    first = hub.get("/_sandbox/state")
    assert hub.ask("PUT", "/_sandbox/state", first)[0] == 204
    assert hub.get("/_sandbox/state") == first


def test_little_is_enough() -> None:
    document = {
        "repositories": [
            {"full_name": "ada/own", "issues": [{"title": "t", "user": "bob", "created_at": "0001-01-01T00:00:00Z"}]}
        ]
    }
    state = load(document, Clock())
    (issue,) = state.issues.values()
    assert (issue.number, issue.user, sorted(state.accounts)) == (1, "bob", ["ada", "bob"])
    again = load(dump(state), Clock())
    assert [each.created_at for each in again.issues.values()] == ["0001-01-01T00:00:00Z"]


def test_ids_of_events_rise_with_time() -> None:
    late, soon = ({"event": "closed", "created_at": f"2026-01-0{day}T00:00:00Z"} for day in (2, 1))
    issues = [{**ISSUE, "events": [late]}, {**ISSUE, "events": [soon]}]
    state = load({"repositories": [{"full_name": "a/b", "issues": issues}]}, Clock())
    assert [state.events[number].created_at[:10] for number in sorted(state.events)] == ["2026-01-01", "2026-01-02"]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"extra": 1}, "'extra' is unknown"),
        ({"accounts": [{}]}, "accounts[0]: 'login' is needed"),
        ({"accounts": [{"login": "a"}, {"login": "A"}]}, "stands there twice"),
        ({"repositories": [{"full_name": "x"}]}, "owner/name"),
        ({"repositories": [{"full_name": "a/b", "issues": [{**ISSUE, "milestone": 3}]}]}, "no milestone 3"),
        ({"repositories": [{"full_name": "a/b", "issues": [{**ISSUE, "parent": "a/b#9"}]}]}, "no issue"),
        ({"repositories": [{"full_name": "a/b", "created_at": "2026-01-01"}]}, "no instant with a zone"),
        (
            {"projects": [{"owner": "a", "title": "P", "items": [{"content": ISSUE, "values": {}}]}]},
            "'user' is unknown",
        ),
        ({"projects": [{"owner": "a", "title": "P", "items": [DRAFT]}]}, "no field 'X'"),
        (
            {
                "projects": [
                    {
                        "owner": "ada",
                        "title": "P",
                        "fields": [{"name": "S", "type": "ITERATION", "iterations": [{"title": "1", "start_date": 1}]}],
                    }
                ]
            },
            "start_date: Invalid isoformat",
        ),
        ({"switches": {"nothing": True}}, "switches.nothing: there is no such key"),
        (
            {"tokens": [{"token": "t", "login": "ada", "permissions": {"issues": "all"}}]},
            "'all' is none of read, write",
        ),
        ({"limits": {"user": "many"}}, 'limits.user: expected a valid integer, found "many"'),
        ([], "must be an object"),
    ],
)
def test_what_is_wrong_is_named(document: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told.replace("[", r"\[")):
        load(document, Clock())


@pytest.mark.parametrize("numbers", [(1,), (5001, 100_001), (2**40, 7, 300)])
def test_node_ids_can_be_read_back(numbers: tuple[int, ...]) -> None:
    assert parse_node_id(node_id("I", *numbers)) == ("I", numbers)
    assert parse_node_id("I_" + "x" * 7) is None


@pytest.mark.loopback
def test_it_is_served_by_a_command(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"repositories": [{"full_name": "ada/own"}]}))
    command = [
        sys.executable,
        "-m",
        "sandbox.github",
        "--port",
        "0",
        "--state",
        str(state),
        "--log",
        str(tmp_path / "log"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, name, url = process.stdout.readline().split()
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(f"{url}/api/v3/repos/ada/own", timeout=10).json()
        process.terminate()
        assert process.wait(10) == 0
    assert (word, name, found["full_name"]) == ("ready", "github", "ada/own")
    assert json.loads((tmp_path / "log").read_text())["path"] == "/api/v3/repos/ada/own"


@pytest.mark.parametrize(
    ("route", "wrong", "told"),
    [
        ("as", {"path": "/user"}, "login: is missing"),
        ("as", {"login": "ada", "path": 5}, "path: expected a valid string, found 5"),
        ("rename", {"repository": "no/where", "to": "no/there"}, "'no/where' is no repository"),
        ("transfer", {"issue": "x", "to": "ada/own"}, "'x' is no issue"),
        ("access", {"token": "token-of-ada", "permissions": {"issues": "all"}}, "permissions.issues: expected 'read'"),
        ("access", {"token": "token-of-ada", "repositories": ["no/where"]}, "'no/where' is no repository"),
        ("access", {"token": "token-of-ada", "suspended": True}, "only an installation"),
        ("access", {}, "no such token or installation"),
        ("rate", {"resource": "coffee"}, "resource: expected 'core', 'search' or 'graphql'"),
        ("secondary", {"times": -1}, "times: expected greater than or equal to 0"),
    ],
)
def test_a_wrong_wish_is_told(hub: Any, route: str, wrong: dict[str, Any], told: str) -> None:
    before = hub.service.dump_state()
    status, body = hub.ask("POST", f"/_sandbox/{route}", wrong)
    assert (status, told in body["error"]) == (400, True), body
    assert hub.service.dump_state() == before


PAGE = Path(__file__).parents[3] / "docs/sandbox/github.md"


def section(title: str) -> str:
    """Give a section of the page about the stand-in."""
    return PAGE.read_text(encoding="utf-8").partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_the_page_names_the_routes_of_steering_and_no_others(hub: Any) -> None:
    named = set(re.findall(r"^\| `(/_sandbox/\w+)`", section("Steering"), re.MULTILINE))
    assert named == {each.path for each in hub.service.admin_routes()} | {"/_sandbox/settings"}


def test_the_page_names_the_events_of_webhooks_and_no_others() -> None:
    told = section("Exact").partition("**Webhooks**")[2]
    named = set(re.findall(r"`([a-z_0-9]+)`", told)) - {"http", "typed"}
    assert named == set(payloads._WRITERS)


def test_what_the_page_calls_missing_is_missing(hub: Any) -> None:
    for path in ("notifications", "actions/runs", "events",
                 "comments", "discussions", "issues/1/issue-field-values", "issues/1/suggestions"):  # fmt: skip
        assert hub.ask("GET", f"/repos/fictive-partner/sizing/{path}")[0] == 404


def test_every_switch_and_limit_that_the_page_names_is_one() -> None:
    text = PAGE.read_text(encoding="utf-8")
    known = {each.name for kind in (Switches, Limits) for each in fields(kind)}
    named = {"list_lag_seconds", "late_commit_seconds", "reordered_pages"}
    assert named <= known
    assert all(f"`{each}`" in text for each in named)
    assert known == set(re.findall(r"^        (\w+): ", f"{Switches.__doc__}{Limits.__doc__}", re.MULTILINE))

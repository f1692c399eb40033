"""The stand-in as a whole: tokens, faults, log, state, command line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService
from sandbox.launchpad.switches import Switches

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


@pytest.mark.parametrize(
    "header",
    [
        'OAuth realm="x", oauth_consumer_key="just+testing", oauth_token="ann", oauth_signature="%26sec-ann"',
        'OAuth oauth_consumer_key="c",oauth_token="ann",oauth_signature="&sec-ann"',
        "oauth oauth_consumer_key=c, oauth_token=ann, oauth_signature=%26sec-ann",
    ],
)
def test_the_header_may_be_written_in_several_ways(served: Any, header: str) -> None:
    answer = served.call("GET", "/people/+me", headers={"Authorization": header})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{served.url}/devel/~ann")


@pytest.mark.parametrize(("counts", "read", "made"), [(False, 401, 401), (True, 303, 201)])
def test_oauth_parameters_count_elsewhere_only_where_the_switch_says_so(
    served: Any, counts: bool, read: int, made: int
) -> None:
    served.service.change_settings({"oauth_in_parameters": counts})
    given = {"oauth_consumer_key": "c", "oauth_token": "ann", "oauth_signature": "&sec-ann"}
    assert served.call("GET", "/people/+me", params=given).status_code == read
    form = {"ws.op": "newMessage", "content": "hello", **given}
    assert served.call("POST", "/bugs/1", data=form).status_code == made


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
        "switches": {"page_size": "many"},
        "people": [{"name": "ann", "colour": "red"}, {}],
        "request_tokens": [{"key": "r", "secret": "s", "consumer": "c", "person": "zoe", "level": "ALL"}],
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
        "switches.page_size: expected a valid integer",
        "people[0]: unknown key colour",
        "people[1]: name is missing",
        "request_tokens[0].level: expected one of UNAUTHORIZED",
        "no such person or team: 'nobody'",
        "projects[0].information_type: expected one of Public",
        "bugs[0].tasks[0].target: no such target: 'q'",
        "bugs[0].tasks[1].milestone: no such milestone: '9'",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/nimbuntu", "supports_ppas"),
        ("/nimbuntu", "display_name"),
        ("/nimbuntu/noble", "distribution_link"),
        ("/nimbuntu/+source/linux", "distribution_link"),
        ("/nimbus/2.0", "translations_usage"),
        ("/nimbus-all", "name"),
        ("/nimbus", "development_focus_link"),
        ("/~nimbus-qa", "team_owner_link"),
        ("/bugs/cve/2026-1", "date_modified"),
    ],
)
def test_what_may_not_be_null_is_not_made_so(served: Any, path: str, field: str) -> None:
    answer = served.patch(path, {field: None})
    assert (answer.status_code, answer.text) == (400, f"{field}: Missing required value.")
    assert served.get(path, "ann")[field] is not None


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        {"people": {}},
        {"people": [1]},
        {"people": [{"name": "a", "emails": 3}]},
        {"people": [{"name": "a"}], "projects": [{"name": "p", "owner": "a", "series": [[]]}]},
        {"people": [{"name": "a"}], "git_repositories": [{"owner": "a", "name": "r", "refs": ["main"]}]},
        {"people": [{"name": "a"}], "git_repositories": [{"owner": "a", "name": "r", "refs": {"main": None}}]},
        {"people": [{"name": "a"}, {"name": "a"}]},
        {"format": 2},
        {
            "people": [{"name": "a"}],
            "distributions": [
                {"name": "d", "owner": "a", "source_packages": [{"name": "p", "in_series": {"zesty": {}}}]}
            ],
        },
        {"switches": []},
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


def test_the_page_leads_back_to_the_website_that_asked(served: Any) -> None:
    asked = {"oauth_consumer_key": "a <site>", "oauth_signature_method": "PLAINTEXT", "oauth_signature": "&"}
    told = dict(parse_qsl(requests.post(f"{served.url}/+request-token", data=asked, timeout=30).text))
    callback = "http://site.nimbus.example/done?x=1&y=2"
    query = {"oauth_token": told["oauth_token"], "oauth_callback": callback}
    page = requests.get(f"{served.url}/+authorize-token", params=query, timeout=30)
    assert "a &lt;site&gt; wants to act for you" in page.text
    assert f'value="{escape(callback)}"' in page.text
    form = {**query, "person": "cid", "level": "READ_PUBLIC"}
    answer = requests.post(f"{served.url}/+authorize-token", data=form, allow_redirects=False, timeout=30)
    assert (answer.status_code, answer.headers["Location"]) == (302, callback)
    served.service.load_state(json.loads(json.dumps(served.service.dump_state())))  # what was allowed is not forgotten
    asked.update({"oauth_token": told["oauth_token"], "oauth_signature": f"&{told['oauth_token_secret']}"})
    token = dict(parse_qsl(requests.post(f"{served.url}/+access-token", data=asked, timeout=30).text))
    header = f'OAuth oauth_consumer_key="a+<site>", oauth_token="{token["oauth_token"]}", '
    header += f'oauth_signature="%26{token["oauth_token_secret"]}"'
    me = served.call("GET", "/people/+me", headers={"Authorization": header})
    assert me.headers["Location"].endswith("/~cid")
    gone = requests.get(f"{served.url}/+authorize-token", params=query, timeout=30)
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("route", "wrong", "told"),
    [
        ("authorize", ["ann"], "the body: expected a JSON object"),
        ("push", {"repository": "x"}, "refs: is missing"),
        ("push", {"repository": "x", "refs": {"main": 5}}, "refs.main: expected a valid string, found 5"),
        ("tokens", {"key": "ann", "level": "ALL"}, "level: expected 'UNAUTHORIZED', 'READ_PUBLIC'"),
        ("tokens", {"key": "ann", "expires_in_seconds": 1e300}, "expires_in_seconds: expected less than or equal to"),
    ],
)
def test_a_wrong_wish_is_told(served: Any, route: str, wrong: Any, told: str) -> None:
    answer = requests.post(f"{served.url}/_sandbox/{route}", json=wrong, timeout=30)
    assert (answer.status_code, told in answer.json()["error"]) == (400, True), answer.text


def test_every_switch_is_told_with_its_first_value() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sandbox" / "launchpad.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE))
    assert told == {name: json.dumps(value) for name, value in Switches().as_json().items()}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"page_size": "many"}, 'switches.page_size: expected a valid integer, found "many"'),
        ({"no_such": 1}, "switches.no_such: there is no such key"),
    ],
)
def test_a_wrong_switch_is_refused_and_changes_nothing(served: Any, wrong: dict[str, Any], told: str) -> None:
    answer = requests.post(f"{served.url}/_sandbox/settings", json={"list_bugs": True, **wrong}, timeout=30)
    assert (answer.status_code, told in answer.json()["error"]) == (400, True)
    assert served.service.settings()["list_bugs"] is False

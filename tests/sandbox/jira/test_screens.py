"""Screens: what a transition carries and must carry, and what create and edit must give."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback


@pytest.fixture(params=["cloud", "data-center"])
def ask(request: pytest.FixtureRequest, small_site: Callable[[str], dict[str, Any]]) -> Iterator[Any]:
    document = small_site(request.param)
    (finish,) = [one for one in document["workflows"][0]["transitions"] if one["name"] == "Finish"]
    finish |= {"screen": ["resolution", "assignee"], "required": ["customfield_10052"]}
    document["fields"][0]["required"] = True
    for issue in document["issues"]:
        issue["fields"].setdefault("customfield_10051", {"value": "No"})
    service = JiraService(document)
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        session.auth = ("ann@nimbus.example" if request.param == "cloud" else "ann", "ann-token")

        def call(method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
            answer = session.request(method, f"{url}/rest/api/2{path}", json=body, params=query, timeout=30)
            assert answer.status_code != 500, service.log.exchanges()[-1].failure
            return answer

        yield call


def test_a_transition_tells_its_screen_and_asks_for_what_is_required(ask: Any) -> None:
    way = ask("GET", "/issue/NIM-2/transitions", expand="transitions.fields").json()["transitions"][0]
    assert (way["name"], way["hasScreen"]) == ("Finish", True)
    told = {name: row["required"] for name, row in way["fields"].items()}
    assert told == {"resolution": False, "assignee": False, "customfield_10052": True}
    assert [one["name"] for one in way["fields"]["resolution"]["allowedValues"]] == ["Done"]
    assert "fields" not in ask("GET", "/issue/NIM-2/transitions").json()["transitions"][0]
    go: dict[str, Any] = {"transition": {"id": "21"}}
    assert ask("PUT", "/issue/NIM-2", {"fields": {"customfield_10052": None}}).status_code == 204
    refused = ask("POST", "/issue/NIM-2/transitions", go)
    assert (refused.status_code, refused.json()["errors"]) == (400, {"customfield_10052": "Scope item is required."})
    wrong = {**go, "fields": {"customfield_10052": "x", "summary": "not on the screen"}}
    assert ask("POST", "/issue/NIM-2/transitions", wrong).json()["errors"].keys() == {"summary"}
    assert ask("GET", "/issue/NIM-2").json()["fields"]["status"]["name"] == "In Progress", "nothing happened"
    right = {**go, "fields": {"customfield_10052": "SI-9", "assignee": None}}
    assert ask("POST", "/issue/NIM-2/transitions", right).status_code == 204
    fields = ask("GET", "/issue/NIM-2").json()["fields"]
    assert (fields["status"]["name"], fields["assignee"], fields["customfield_10052"]) == ("Done", None, "SI-9")


def test_create_and_edit_ask_for_what_is_required(ask: Any) -> None:
    fields: dict[str, Any] = {"project": {"key": "NIM"}, "issuetype": {"id": "1"}, "summary": "s"}
    refused = ask("POST", "/issue", {"fields": fields})
    assert (refused.status_code, refused.json()["errors"]) == (400, {"customfield_10051": "Billable is required."})
    assert ask("POST", "/issue", {"fields": {**fields, "customfield_10051": {"value": "Yes"}}}).status_code == 201
    emptied = ask("PUT", "/issue/NIM-2", {"fields": {"customfield_10051": None}})
    assert (emptied.status_code, emptied.json()["errors"]) == (400, {"customfield_10051": "Billable is required."})
    assert ask("PUT", "/issue/NIM-2", {"fields": {"summary": "left alone"}}).status_code == 204
    shown = ask("GET", "/issue/NIM-2/editmeta").json()["fields"]
    assert (shown["customfield_10051"]["required"], shown["customfield_10052"]["required"]) == (True, False)
    whole = ask("GET", "/issue/NIM-2", expand="editmeta,operations,transitions").json()
    assert whole["editmeta"]["fields"].keys() == shown.keys()
    assert [one["name"] for one in whole["transitions"]] == ["Finish"]


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_who_may_not_create_is_told_of_nothing_to_create(connect: Callable[..., Any], deployment: str) -> None:
    ann, bob = connect(deployment), connect(deployment, user="bob")
    document = ann.service.dump_state()
    document["projects"][0]["edit"] = [document["projects"][0]["administer"][0]]
    ann.service.load_state(document)
    rows = "issueTypes" if deployment == "cloud" else "values"
    for path, name in (("", rows), ("/1", "fields" if deployment == "cloud" else "values")):
        assert ann.get(f"/issue/createmeta/NIM/issuetypes{path}")["total"] > 1
        told = bob.get(f"/issue/createmeta/NIM/issuetypes{path}")
        assert (told["total"], told[name]) == (0, [])
    assert [one["key"] for one in ann.get("/issue/createmeta")["projects"]] == ["NIM", "SEC"]
    assert bob.get("/issue/createmeta")["projects"] == []
    assert bob("GET", "/issue/createmeta/SEC/issuetypes").status_code == 400

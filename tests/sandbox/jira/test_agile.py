"""Boards, sprints, epics, the backlog and ranks: by hand, by the `jira` library, and against the description."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from jira import JIRA, JIRAError

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback

DAY_ONE, DAY_TWO = "2026-03-02T09:00:00.000+0000", "2026-03-13T17:00:00.000+0000"


def with_boards(document: dict[str, Any]) -> dict[str, Any]:
    """The small site with a scrum board, a kanban board, and three sprints."""
    document["boards"] = [
        {"id": 1, "name": "Nimbus board", "type": "scrum", "project": "NIM"},
        {"id": 2, "name": "Secret flow", "type": "kanban", "project": "SEC"},
    ]
    document["sprints"] = [
        {"id": 7, "name": "Old", "state": "closed", "originBoardId": 1, "startDate": DAY_ONE, "endDate": DAY_TWO},
        {"id": 8, "name": "Now", "state": "active", "originBoardId": 1, "startDate": DAY_ONE, "endDate": DAY_TWO},
        {"id": 9, "name": "Next", "state": "future", "originBoardId": 1},
    ]
    document["issues"][1]["fields"]["customfield_10020"] = [7, 8]
    return document


class Board:
    """A plain client of the agile interface."""

    def __init__(self, url: str, service: JiraService, session: requests.Session) -> None:
        self.url, self.service, self.session = url, service, session

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        address = f"{self.url}/rest/agile/1.0{path}" if not path.startswith("/rest/") else self.url + path
        answer = self.session.request(method, address, json=body, params=query, timeout=30)
        assert answer.status_code != 500, self.service.log.exchanges()[-1].failure
        return answer

    def keys(self, path: str, **query: Any) -> list[str]:
        answer = self("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return [issue["key"] for issue in answer.json()["issues"]]


@pytest.fixture(params=["cloud", "data-center"])
def board(request: pytest.FixtureRequest, small_site: Callable[[str], dict[str, Any]]) -> Iterator[Board]:
    service = JiraService(with_boards(small_site(request.param)))
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        if request.param == "cloud":
            session.auth = ("ann@nimbus.example", "ann-token")
        else:
            session.headers["Authorization"] = "Bearer ann-token"
        yield Board(url, service, session)


def test_boards_and_sprints_are_listed_by_what_is_asked(board: Board) -> None:
    assert [one["name"] for one in board("GET", "/board").json()["values"]] == ["Nimbus board", "Secret flow"]
    assert [one["id"] for one in board("GET", "/board", projectKeyOrId="NIM").json()["values"]] == [1]
    assert [one["id"] for one in board("GET", "/board", type="kanban").json()["values"]] == [2]
    live = board("GET", "/board/1/sprint", state="active,future").json()
    assert [(one["id"], one["state"]) for one in live["values"]] == [(8, "active"), (9, "future")]
    assert live["isLast"]
    assert board("GET", "/board/1/sprint", maxResults=1).json()["isLast"] is False
    assert board("GET", "/board/2/sprint").status_code == 400
    assert board("GET", "/board/99").status_code == 404


def test_issues_move_between_backlog_and_sprints(board: Board) -> None:
    assert board.keys("/sprint/8/issue") == board.keys("/board/1/sprint/8/issue") == ["NIM-2"]
    assert "NIM-2" not in board.keys("/board/1/backlog")
    assert board("POST", "/backlog/issue", {"issues": ["NIM-2"]}).status_code == 204
    assert "NIM-2" in board.keys("/board/1/backlog")
    assert board("POST", "/sprint/9/issue", {"issues": ["NIM-2", "NIM-4"]}).status_code == 204
    assert sorted(board.keys("/sprint/9/issue")) == ["NIM-2", "NIM-4"]
    assert board.keys("/sprint/7/issue") == ["NIM-2"], "a closed sprint stays in the history"
    assert board("POST", "/sprint/7/issue", {"issues": ["NIM-2"]}).status_code == 400
    issue = board("GET", "/issue/NIM-2").json()["fields"]
    assert issue["sprint"]["id"] == 9
    assert [one["id"] for one in issue["closedSprints"]] == [7]


def test_a_sprint_starts_and_closes_once_without_bumping_issues(board: Board) -> None:
    before = board("GET", "/rest/api/2/issue/NIM-2").json()["fields"]["updated"]
    assert board("POST", "/sprint/9", {"state": "closed"}).status_code == 400
    assert board("POST", "/sprint/9", {"state": "active"}).status_code == 400, "no dates yet"
    dates = {"startDate": DAY_ONE, "endDate": DAY_TWO}
    assert board("POST", "/sprint/9", {"state": "active", **dates}).json()["state"] == "active"
    closed = board("POST", "/sprint/8", {"state": "closed", "goal": "done"}).json()
    assert (closed["state"], closed["goal"]) == ("closed", "done")
    assert closed["completeDate"]
    assert board("POST", "/sprint/8", {"state": "active"}).status_code == 400
    assert board("GET", "/rest/api/2/issue/NIM-2").json()["fields"]["updated"] == before
    board.service.change_settings({"bumps_updated": ["sprint"]})
    board("POST", "/sprint/8", {"name": "Then"})
    assert board("GET", "/rest/api/2/issue/NIM-2").json()["fields"]["updated"] > before


def test_ranking_orders_boards_and_jql(board: Board) -> None:
    first = board.keys("/board/1/issue")
    assert first == ["NIM-1", "NIM-2", "NIM-3", "NIM-4"]
    moved = {"issues": ["NIM-4", "NIM-3"], "rankBeforeIssue": "NIM-1"}
    assert board("PUT", "/issue/rank", moved).status_code == 204
    assert board.keys("/board/1/issue") == ["NIM-4", "NIM-3", "NIM-1", "NIM-2"]
    assert board("PUT", "/issue/rank", {"issues": ["NIM-4"], "rankAfterIssue": "NIM-2"}).status_code == 204
    assert board.keys("/board/1/issue") == ["NIM-3", "NIM-1", "NIM-2", "NIM-4"]
    assert board("PUT", "/issue/rank", {"issues": ["NIM-4"], "rankAfterIssue": "NIM-4"}).status_code == 400


def test_epics_hold_and_lose_issues(board: Board) -> None:
    assert [one["key"] for one in board("GET", "/board/1/epic").json()["values"]] == ["NIM-1"]
    assert board.keys("/epic/NIM-1/issue") == board.keys("/board/1/epic/100/issue") == ["NIM-2"]
    assert board.keys("/board/1/epic/none/issue") == ["NIM-4"]
    assert board("POST", "/epic/none/issue", {"issues": ["NIM-2"]}).status_code == 204
    assert board.keys("/epic/NIM-1/issue") == []
    assert board("POST", "/epic/NIM-1/issue", {"issues": ["NIM-4"]}).status_code == 204
    assert board.keys("/epic/NIM-1/issue") == ["NIM-4"]
    assert board("GET", "/epic/NIM-2").status_code == 400


def test_the_field_and_jql_know_sprints(board: Board) -> None:
    cloud = board.service.site.state.cloud
    value = board("GET", "/rest/api/2/issue/NIM-2").json()["fields"]["customfield_10020"]
    assert len(value) == 2
    if cloud:
        assert value[1] | {"goal": ""} == value[1]
        assert (value[1]["id"], value[1]["state"], value[1]["boardId"]) == (8, "active", 1)
    else:
        assert "[id=8,rapidViewId=1,state=ACTIVE,name=Now," in value[1]
    route = "/rest/api/2/search/jql" if cloud else "/rest/api/2/search"
    for text, found in (
        ("sprint = 8", ["NIM-2"]),
        ('Sprint in ("Now", 9)', ["NIM-2"]),
        ("sprint in openSprints()", ["NIM-2"]),
        ("sprint in futureSprints()", []),
        ("cf[10020] in closedSprints()", ["NIM-2"]),
    ):
        issues = board("GET", route, jql=text, fields="summary").json()["issues"]
        assert [one["key"] for one in issues] == found, text
    assert board("PUT", "/rest/api/2/issue/NIM-2", {"fields": {"customfield_10020": 9}}).status_code == 204
    ids = board.service.site.state.issue("NIM-2")
    assert ids is not None
    assert ids.fields["customfield_10020"] == [7, 9]
    assert board("PUT", "/rest/api/2/issue/NIM-2", {"fields": {"customfield_10020": 77}}).status_code == 400


def test_a_dump_holds_boards_and_sprints(board: Board) -> None:
    board("PUT", "/issue/rank", {"issues": ["NIM-4"], "rankBeforeIssue": "NIM-1"})
    document = board.service.dump_state()
    board.service.load_state(document)
    assert board.service.dump_state() == document
    assert board.keys("/board/1/issue")[0] == "NIM-4"


@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_the_library_plans_a_sprint(small_site: Callable[[str], dict[str, Any]], deployment: str) -> None:
    service = JiraService(with_boards(small_site(deployment)))
    log_in: dict[str, Any] = {"basic_auth": ("ann@nimbus.example", "ann-token")}
    with running(service) as url:
        client = JIRA(server=url, max_retries=0, **(log_in if deployment == "cloud" else {"token_auth": "ann-token"}))
        assert [one.name for one in client.boards(projectKeyOrID="NIM")] == ["Nimbus board"]
        made = client.create_sprint("Plan", 1, startDate=DAY_ONE, endDate=DAY_TWO, goal="go")
        assert (made.name, made.state) == ("Plan", "future")
        client.add_issues_to_sprint(made.id, ["NIM-4"])
        assert [one.id for one in client.sprints(1, state="future")] == [9, made.id]
        client.update_sprint(made.id, name="Plan", state="active", startDate=DAY_ONE, endDate=DAY_TWO)
        assert client.sprint(made.id).state == "active"
        client.rank("NIM-4", next_issue="NIM-1")
        client.move_to_backlog(["NIM-4"])
        client.add_issues_to_epic("NIM-1", ["NIM-4"])
        assert client.sprints_by_name(1)["Plan"]["id"] == made.id
        board = client.create_board("Second", 10001, project_ids="NIM")
        board.delete()
        with pytest.raises(JIRAError):
            client.sprint(404)
        client.close()

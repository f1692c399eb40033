"""Reviews in their states, comments on lines, reactions, pinned comments, and texts in other forms."""

from __future__ import annotations

from typing import Any

import pytest

R = "/repos/fictive-partner/sizing"


def as_ada(hub: Any, method: str, path: str, body: Any = None) -> Any:
    answer = hub.ask("POST", "/_sandbox/as", {"login": "ada", "method": method, "path": f"{R}{path}", "body": body})[1]
    return answer["status"], answer["body"]


def as_bob(hub: Any, method: str, path: str, body: Any = None) -> Any:
    answer = hub.ask("POST", "/_sandbox/as", {"login": "bob", "method": method, "path": f"{R}{path}", "body": body})[1]
    return answer["status"], answer["body"]


def test_a_pending_review_is_its_authors_until_it_is_submitted(hub: Any) -> None:
    draft = {"body": "so far", "comments": [{"path": "a.py", "line": 2, "body": "why?"}]}
    status, made = as_ada(hub, "POST", "/pulls/4/reviews", draft)
    assert (status, made["state"]) == (200, "PENDING")
    assert as_bob(hub, "GET", f"/pulls/4/reviews/{made['id']}")[0] == 404
    assert as_ada(hub, "POST", "/pulls/4/reviews", draft)[0] == 422
    at = f"/pulls/4/reviews/{made['id']}"
    assert as_ada(hub, "POST", f"{at}/events", {"event": "REQUEST_CHANGES"})[1]["state"] == "CHANGES_REQUESTED"
    assert as_bob(hub, "GET", at)[0] == 200
    assert [each["body"] for each in as_bob(hub, "GET", f"{at}/comments")[1]] == ["why?"]
    assert as_ada(hub, "DELETE", at)[0] == 422
    assert as_ada(hub, "PUT", f"{at}/dismissals", {"message": "settled"})[1]["state"] == "DISMISSED"


def test_nobody_judges_their_own_work(hub: Any) -> None:
    assert as_bob(hub, "POST", "/pulls/4/reviews", {"event": "APPROVE"})[0] == 422
    assert as_bob(hub, "POST", "/pulls/4/reviews", {"event": "COMMENT", "body": "note"})[0] == 200


def test_a_reply_stands_below_the_first_comment(hub: Any) -> None:
    one = as_bob(hub, "POST", "/pulls/4/comments/100001/replies", {"body": "because"})[1]
    two = as_ada(hub, "POST", "/pulls/4/comments", {"body": "ah", "in_reply_to": one["id"]})[1]
    assert (one["in_reply_to_id"], two["in_reply_to_id"]) == (100001, 100001)
    assert as_ada(hub, "POST", "/pulls/7/comments/100001/replies", {"body": "elsewhere"})[0] == 404


def test_a_comment_on_a_line_names_the_head(hub: Any) -> None:
    head = hub.get(f"{R}/pulls/4")["head"]["sha"]
    body = {"body": "here", "path": "b.py", "line": 7}
    assert as_ada(hub, "POST", "/pulls/4/comments", {**body, "commit_id": "0" * 40})[0] == 422
    status, made = as_ada(hub, "POST", "/pulls/4/comments", {**body, "commit_id": head})
    assert (status, made["path"], made["line"]) == (201, "b.py", 7)
    assert [each["filename"] for each in hub.get(f"{R}/pulls/4/files")] == ["a.py", "b.py"]


def test_reviewers_are_asked_for_and_no_more(hub: Any) -> None:
    body = {"reviewers": ["ada"], "team_reviewers": ["core-team"]}
    assert as_bob(hub, "POST", "/pulls/4/requested_reviewers", body)[0] == 201
    asked = hub.get(f"{R}/pulls/4/requested_reviewers")
    assert ([each["login"] for each in asked["users"]], [each["slug"] for each in asked["teams"]]) == (
        ["ada"],
        ["core-team"],
    )
    assert as_bob(hub, "POST", "/pulls/4/requested_reviewers", {"reviewers": ["bob"]})[0] == 422
    assert as_bob(hub, "POST", "/pulls/4/requested_reviewers", {"team_reviewers": ["none"]})[0] == 422
    as_bob(hub, "DELETE", "/pulls/4/requested_reviewers", body)
    assert hub.get(f"{R}/pulls/4/requested_reviewers") == {"users": [], "teams": []}


@pytest.mark.parametrize(
    ("path", "before"), [("/issues/1", 2), ("/issues/comments/100001", 1), ("/pulls/comments/100001", 0)]
)
def test_one_reacts_once_in_each_way(hub: Any, path: str, before: int) -> None:
    statuses = [hub.ask("POST", f"{R}{path}/reactions", {"content": "rocket"})[0] for _ in range(2)]
    assert statuses == [201, 200]
    rollup = hub.get(f"{R}{path}")["reactions"]
    assert (rollup["rocket"], rollup["total_count"]) == (1, before + 1)
    (mine,) = hub.get(f"{R}{path}/reactions?content=rocket")
    assert as_bob(hub, "DELETE", f"{path}/reactions/{mine['id']}")[0] == 204
    assert hub.get(f"{R}{path}")["reactions"]["total_count"] == before
    assert hub.ask("POST", f"{R}{path}/reactions", {"content": "applause"})[0] == 422


def test_a_reaction_is_withdrawn_by_its_author_or_a_writer(hub: Any) -> None:
    (eyes,) = hub.get(f"{R}/issues/1/reactions")
    hub.ask("PUT", f"{R}/collaborators/stranger", {"permission": "triage"})
    body = {"login": "stranger", "method": "DELETE", "path": f"{R}/issues/1/reactions/{eyes['id']}"}
    assert hub.ask("POST", "/_sandbox/as", body)[1]["status"] == 403


def test_one_comment_of_an_issue_is_pinned(hub: Any) -> None:
    for number in (100001, 100002):
        hub.ask("PUT", f"{R}/issues/comments/{number}/pin")
    pinned = [each["id"] for each in hub.get(f"{R}/issues/1/comments") if each.get("pin")]
    assert pinned == [100002]
    hub.ask("DELETE", f"{R}/issues/comments/100002/pin")
    assert not any(each.get("pin") for each in hub.get(f"{R}/issues/1/comments"))


@pytest.mark.parametrize(
    ("media", "keys"),
    [
        ("json", {"body"}),
        ("raw+json", {"body"}),
        ("text+json", {"body_text"}),
        ("html+json", {"body_html"}),
        ("full+json", {"body", "body_text", "body_html"}),
        ("v3.full+json", {"body", "body_text", "body_html"}),
    ],
)
@pytest.mark.parametrize("path", ["/issues/1", "/issues/comments/100001", "/pulls/4", "/releases/100001"])
def test_texts_come_in_the_forms_that_are_asked_for(hub: Any, media: str, keys: set[str], path: str) -> None:
    found = hub.get(f"{R}{path}", headers={"Accept": f"application/vnd.github.{media}"})
    assert {key for key in found if key.startswith("body")} == keys


def test_html_of_a_text_is_escaped(hub: Any) -> None:
    hub.ask("PATCH", f"{R}/issues/1", {"body": "a < b\n\nsecond"})
    found = hub.get(f"{R}/issues/1", headers={"Accept": "application/vnd.github.html+json"})
    assert found["body_html"] == '<p dir="auto">a &lt; b</p>\n<p dir="auto">second</p>'


def test_an_app_tells_how_its_check_goes(hub: Any, app_jwt: Any) -> None:
    token = hub.ask("POST", "/app/installations/70/access_tokens", {}, token=app_jwt())[1]["token"]
    head = hub.get(f"{R}/pulls/4")["head"]["sha"]
    body = {"name": "e2e", "head_sha": head, "status": "in_progress"}
    assert hub.ask("POST", f"{R}/check-runs", body)[0] == 403
    status, made = hub.ask("POST", f"{R}/check-runs", body, token=token)
    assert (status, made["status"], made["conclusion"], made["app"]["slug"]) == (201, "in_progress", None, "sync-app")
    at = made["url"].partition("/repos")[2]
    assert hub.ask("PATCH", f"/repos{at}", {"status": "completed"}, token=token)[0] == 422
    done = hub.ask("PATCH", f"/repos{at}", {"conclusion": "failure"}, token=token)[1]
    assert (done["status"], done["completed_at"]) == ("completed", "2026-11-24T10:00:00Z")
    assert hub.get(f"/repos{at}") == done
    assert [each["name"] for each in hub.get(f"{R}/commits/{head}/check-runs")["check_runs"]][-1] == "e2e"
    assert hub.ask("POST", f"{R}/check-runs", {**body, "head_sha": "main"}, token=token)[0] == 422
    assert hub.get(f"/repos{at}/annotations") == []


@pytest.mark.parametrize("path", ["pulls/7", "issues/7"])
def test_what_is_merged_is_not_opened_again(hub: Any, path: str) -> None:
    status, body = hub.ask("PATCH", f"/repos/fictive-partner/sizing/{path}", {"state": "open", "title": "again"})
    assert (status, body["errors"][0]["field"]) == (422, "state")
    merged = hub.get("/repos/fictive-partner/sizing/pulls/7")
    assert (merged["state"], merged["title"]) == ("closed", "Merged")
    assert hub.ask("PATCH", f"/repos/fictive-partner/sizing/{path}", {"title": "told"})[0] == 200


def test_check_runs_stand_in_suites_by_app(hub: Any, app_jwt: Any) -> None:
    status, granted = hub.ask("POST", "/app/installations/70/access_tokens", token=app_jwt())
    assert status == 201
    head = hub.get("/repos/fictive-partner/sizing/pulls/4")["head"]["sha"]
    run = {"name": "scan", "head_sha": head, "status": "in_progress"}
    made = hub.ask("POST", "/repos/fictive-partner/sizing/check-runs", run, token=granted["token"])[1]
    told = hub.get("/repos/fictive-partner/sizing/commits/fix/check-suites")
    assert told["total_count"] == 2
    document, app = told["check_suites"]
    assert (document["app"], document["status"], document["conclusion"]) == (None, "completed", "failure")
    assert (app["app"]["slug"], app["status"], app["conclusion"]) == ("sync-app", "in_progress", None)
    assert (app["head_commit"]["id"], app["latest_check_runs_count"]) == (head, 1)
    assert app["id"] == made["check_suite"]["id"]
    number = document["id"]
    assert hub.get(f"/repos/fictive-partner/sizing/check-suites/{number}") == document
    runs = hub.get(f"/repos/fictive-partner/sizing/check-suites/{number}/check-runs?check_name=lint")
    assert [each["name"] for each in runs["check_runs"]] == ["lint"]
    assert {each["check_suite"]["id"] for each in runs["check_runs"]} == {number}
    narrowed = hub.get("/repos/fictive-partner/sizing/commits/fix/check-suites?app_id=7")
    assert [each["id"] for each in narrowed["check_suites"]] == [app["id"]]
    assert hub.ask("GET", "/repos/fictive-partner/sizing/check-suites/9")[0] == 404

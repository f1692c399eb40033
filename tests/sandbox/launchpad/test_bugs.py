"""Bugs and tasks: what moves their date, who may change what, where they are found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback

BUG = "/bugs/1"
TASK = "/nimbus/+bug/1"


def search(served: Any, who: str | None = None, path: str = "/nimbus", **given: Any) -> list[int]:
    found = served.get(path, who, params={"ws.op": "searchTasks", "order_by": "id", **given})
    return [int(one["bug_link"].rsplit("/", 1)[-1]) for one in found["entries"]]


def link(served: Any, path: str) -> str:
    return f"{served.url}/devel{path}"


def moves(served: Any, path: str = BUG) -> Any:
    """Say whether what happens in between moves the date that modified_since looks at."""
    served.service.clock.advance(60)
    before = served.get(path, "ann")["date_last_updated"]
    return lambda: served.get(path, "ann")["date_last_updated"] != before


def test_a_search_without_status_finds_unresolved_tasks_without_duplicates(served: Any) -> None:
    assert search(served) == [1]
    assert search(served, omit_duplicates="false") == [1, 3]
    assert search(served, status=["Fix Released"]) == [4]


def test_modified_since_is_strict(served: Any) -> None:
    moment = served.get(BUG)["date_last_updated"]
    assert search(served, modified_since=moment) == []
    assert search(served, modified_since="2026-01-31T23:59:59.999999") == [1]
    answer = served.call(
        "GET", "/nimbus", params={"ws.op": "searchTasks", "created_since": "2026-01-01T00:00:00+01:00"}
    )
    assert (answer.status_code, answer.text) == (400, "created_since: Time not in UTC.")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"tags": "api"}, [1]),
        ({"tags": "-api", "omit_duplicates": "false"}, [3]),
        ({"tags": "*"}, [1]),
        ({"tags": ["api", "ui"], "tags_combinator": "All"}, []),
        ({"importance": "High"}, [1]),
        ({"search_text": "boot HANGS"}, [1]),
        ({"information_type": "Private"}, []),
        ({"status": ["Incomplete (with response)"]}, []),
        ({"has_cve": "true"}, []),
    ],
)
def test_searches_narrow(served: Any, given: dict[str, Any], found: list[int]) -> None:
    assert search(served, **given) == found


def test_groups_distributions_packages_milestones_and_people_are_searched(served: Any) -> None:
    assert search(served, path="/nimbus-all", omit_duplicates="false") == [1, 3, 6]
    assert search(served, path="/nimbuntu") == [1]
    assert search(served, path="/nimbuntu/+source/linux") == [1]
    assert search(served, path="/nimbus/+milestone/2.0.1") == [1]
    assert search(served, path="/nimbus-all/+milestone/2.0.1") == [1]
    assert search(served, path="/~cid") == [1, 1]
    assert search(served, who="ann", path="/bugs", assignee=link(served, "/~bot")) == [2]
    assert search(served, milestone=link(served, "/nimbus/+milestone/2.0.1")) == [1]


def test_private_bugs_are_not_there_for_those_without_access(served: Any) -> None:
    assert served.call("GET", "/bugs/2").status_code == 404
    assert served.call("GET", "/bugs/2", who="bot").status_code == 404, "the assignee included"
    assert served.call("GET", "/nimbus/+bug/2", who="bot").status_code == 404
    assert search(served, "bot") == [1]
    assert served.get("/bugs/2", "cid")["private"] is True
    assert served.get("/bugs/2", "ann")["title"] == "Secret hang"
    assert served.call("GET", "/bugs/2", who="ann-public").status_code == 404, "the token sees no private data"


def test_the_switch_for_hidden_bugs(served: Any) -> None:
    served.service.change_settings({"hidden_status": 401})
    assert served.call("GET", "/bugs/2", who="bot").status_code == 401


@pytest.mark.parametrize(
    ("what", "moved"),
    [
        (lambda s: s.patch(BUG, {"title": "other"}), True),
        (lambda s: s.patch(BUG, {"tags": ["ui"]}), True),
        (lambda s: s.patch(BUG, {"private": True}), True),
        (lambda s: s.patch(TASK, {"status": "In Progress"}), True),
        (lambda s: s.patch(TASK, {"status": "Triaged"}), False),
        (lambda s: s.post(BUG, op="newMessage", content="x"), True),
        (lambda s: s.post(BUG, op="newMessage", content="x", send_notifications="false"), False),
        (lambda s: s.post("/nimbus/+bug/1/comments/1", op="editContent", new_content="y"), False),
        (lambda s: s.post(BUG, op="markUserAffected"), False),
        (lambda s: s.post(BUG, op="addTask", target=link(s, "/cumulus")), False),
        (lambda s: s.call("DELETE", "/nimbuntu/+source/linux/+bug/1", who="ann"), False),
        (lambda s: s.post(BUG, op="addNomination", target=link(s, "/nimbus/2.0")), False),
        (lambda s: s.post(BUG, op="transitionToInformationType", information_type="Private"), False),
        (lambda s: s.post(BUG, op="lock", status="Comment-only"), False),
        (lambda s: s.patch("/bugs/4", {"duplicate_of_link": link(s, BUG)}), False),
        (
            lambda s: s.post(
                BUG, op="addWatch", bug_tracker=link(s, "/bugs/bugtrackers/nimbus-jira"), remote_bug="N-9"
            ),
            True,
        ),
        (lambda s: s.patch("/bugs/1/+watch/3", {"remote_status": "Done"}), True),
        (lambda s: s.post(BUG, op="linkCVE", cve=link(s, "/bugs/cve/2026-1")), True),
        (lambda s: s.post(BUG, op="addAttachment", comment="c", url="https://x.example/"), True),
        (lambda s: s.patch("/nimbus/+milestone/2.0.1", {"summary": "x"}), False),
    ],
)
def test_what_moves_a_bugs_date(served: Any, what: Any, moved: bool) -> None:
    moved_now = moves(served)
    what(served)
    assert moved_now() is moved


def test_etags_have_a_readable_and_a_writable_half(served: Any) -> None:
    etag = served.call("GET", BUG).headers["ETag"]
    assert served.call("GET", BUG, headers={"If-None-Match": etag}).status_code == 304
    served.post(BUG, op="newMessage", content="moves the readable half")
    assert served.call("GET", BUG, headers={"If-None-Match": etag}).status_code == 200
    answer = served.patch(BUG, {"tags": ["ui"]}, **{"If-Match": etag})
    assert (answer.status_code, "ETag" in answer.headers, answer.json()["tags"]) == (209, False, ["ui"])
    assert served.patch(BUG, {"tags": ["x1"]}, **{"If-Match": etag}).status_code == 412
    assert served.patch(BUG, {"tags": ["x1"]}, **{"If-Match": "*"}).status_code == 412
    current = served.get(BUG)["http_etag"]
    assert served.patch(BUG, {"tags": ["x1"]}, **{"If-Match": f'"a-b", W/{current}'}).status_code == 209
    stale_and_forbidden = served.patch(BUG, {"tags": ["x2"]}, who="bot-ro", **{"If-Match": etag})
    assert stale_and_forbidden.status_code == 412


def test_of_parallel_writes_with_one_etag_one_succeeds(served: Any) -> None:
    for round_ in range(4):
        etag = served.get(BUG)["http_etag"]

        def write(number: int, etag: str = etag, round_: int = round_) -> int:
            return int(served.patch(BUG, {"title": f"race {round_}-{number}"}, **{"If-Match": etag}).status_code)

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(write, range(4))) == [209, 412, 412, 412]


def test_dates_that_a_status_implies_are_filled_in(served: Any) -> None:
    task = served.get("/nimbus/+bug/4")
    there = {key for key, value in task.items() if key.startswith("date_") and value}
    assert there == {
        "date_created",
        "date_left_new",
        "date_confirmed",
        "date_triaged",
        "date_in_progress",
        "date_fix_committed",
        "date_fix_released",
        "date_closed",
    }


def test_a_refused_write_leaves_nothing_behind(served: Any) -> None:
    before = served.service.dump_state()
    answer = served.patch(TASK, {"status": "In Progress", "importance": "Low"}, who="cid")
    assert answer.status_code == 401
    assert served.service.dump_state() == before


@pytest.mark.parametrize("who", [None, "bot-ro"])
def test_reading_tokens_and_anonymous_callers_write_nothing(served: Any, who: str | None) -> None:
    answer = served.call("PATCH", BUG, who=who, json={"tags": []})
    assert (answer.status_code, answer.text) == (401, "(<Bug object>, 'tags', 'launchpad.Edit')")
    assert served.post(BUG, who, op="newMessage", content="x").status_code == 401


def test_a_reading_token_may_file_a_bug_and_an_anonymous_caller_breaks_it(served: Any) -> None:
    given = {"op": "createBug", "target": link(served, "/nimbus"), "title": "t", "description": "d"}
    assert served.post("/bugs", "bot-ro", **given).status_code == 201
    assert served.post("/bugs", None, **given).status_code == 500


def test_supervisors_statuses_importance_and_milestone_need_rights(served: Any) -> None:
    for value in ("Won't Fix", "Deferred", "Expired", "Triaged", "Does Not Exist"):
        answer = served.patch("/cumulus/+bug/6", {"status": value}, who="bot")
        assert (answer.status_code, answer.text) == (401, f"Only Bug Supervisors may change status to {value}.")
    answer = served.patch(TASK, {"importance": "Low"}, who="bot")
    assert answer.text == "User does not have sufficient permissions to edit the bug task importance."
    answer = served.patch(TASK, {"milestone_link": None}, who="bot")
    assert answer.text == "User does not have sufficient permissions to edit the bug task milestone."
    assert served.patch(TASK, {"importance": "High"}, who="bot").status_code == 209, "the value already set"
    assert served.patch(TASK, {"assignee_link": link(served, "/~ann")}, who="cid").status_code == 209


def test_a_supervisor_narrows_what_others_may(served: Any) -> None:
    task = "/stratus/+bug/5"
    assert served.patch(task, {"assignee_link": link(served, "/~ann")}, who="cid").status_code == 401
    assert served.patch(task, {"assignee_link": link(served, "/~cid")}, who="cid").status_code == 209
    assert served.patch(task, {"status": "New"}, who="cid").status_code == 401
    assert served.patch(task, {"status": "Triaged"}, who="bot").status_code == 209, "in the supervising team"


def test_a_locked_bug_takes_comments_and_the_status_it_has(served: Any) -> None:
    assert served.post(BUG, "bot", op="lock", status="Comment-only").status_code == 401
    assert served.post(BUG, op="lock", status="Comment-only", reason="heated").status_code == 200
    assert served.get(BUG)["lock_status"] == "Comment-only"
    assert served.patch(TASK, {"status": "Invalid"}, who="bot").status_code == 401
    assert served.patch(TASK, {"status": "Triaged"}, who="bot").status_code == 209
    assert served.post(BUG, "bot", op="newMessage", content="x").status_code == 201
    assert served.patch(BUG, {"tags": []}, who="ann").status_code == 209
    assert served.post(BUG, op="unlock").status_code == 200


def test_a_retargeted_task_answers_301_and_its_old_address_too(served: Any) -> None:
    answer = served.patch(TASK, {"target_link": link(served, "/cumulus")})
    assert (answer.status_code, answer.headers["Location"]) == (301, link(served, "/cumulus/+bug/1"))
    old = served.call("GET", TASK)
    assert (old.status_code, old.headers["Location"]) == (301, link(served, "/cumulus/+bug/1"))
    assert search(served) == []
    assert search(served, path="/cumulus") == [1, 6]


def test_a_deleted_task_leads_to_a_remaining_one(served: Any) -> None:
    assert served.call("DELETE", TASK, who="bot").status_code == 401
    assert served.call("DELETE", TASK, who="ann").text == "null"
    assert served.call("GET", TASK).headers["Location"] == link(served, "/nimbuntu/+source/linux/+bug/1")
    last = served.call("DELETE", "/nimbuntu/+source/linux/+bug/1", who="ann")
    assert (last.status_code, last.text) == (400, "Cannot delete only bugtask affecting: linux (Nimbuntu).")


def test_milestones_that_are_inactive_or_foreign_are_refused(served: Any) -> None:
    assert served.patch(TASK, {"milestone_link": link(served, "/nimbus/+milestone/1.9")}).status_code == 400
    assert (
        served.patch("/stratus/+bug/5", {"milestone_link": link(served, "/nimbus/+milestone/2.0.1")}).status_code == 400
    )


@pytest.mark.parametrize(
    ("path", "value", "gone"),
    [
        ("/nimbus/2.0", "2.x", "/nimbus/2.0"),
        ("/nimbus/+milestone/2.0.1", "2.0.2", "/nimbus/+milestone/2.0.1"),
        ("/~nimbus-qa", "nimbus-test", "/~nimbus-qa"),
    ],
)
def test_renamed_things_answer_301_and_their_old_names_404(served: Any, path: str, value: str, gone: str) -> None:
    answer = served.patch(path, {"name": value})
    assert answer.status_code == 301
    assert served.call("GET", answer.headers["Location"].removeprefix(link(served, ""))).status_code == 200
    assert served.call("GET", gone).status_code == 404


@pytest.mark.parametrize("path", [BUG, TASK, "/nimbus", "/bugs", "/bugs/1/messages"])
def test_head_and_options_are_not_allowed(served: Any, path: str) -> None:
    assert served.call("HEAD", path).status_code == 405
    assert served.call("OPTIONS", path).status_code == 405


def test_comments_can_be_hidden_by_their_authors(served: Any) -> None:
    assert served.post(BUG, "bot", op="setCommentVisibility", comment_number="1", visible="false").status_code == 401
    assert served.post(BUG, op="setCommentVisibility", comment_number="1", visible="false").status_code == 200
    assert [one["visible"] for one in served.get("/bugs/1/messages")["entries"]] == [True, False]


def test_nominations_become_tasks_of_the_series(served: Any) -> None:
    made = served.post(BUG, "bot", op="addNomination", target=link(served, "/nimbus/2.0"))
    path = made.headers["Location"].removeprefix(link(served, ""))
    assert served.post(path, "bot", op="approve").status_code == 401
    assert served.post(path, op="approve").status_code == 200
    assert served.get("/nimbus/2.0/+bug/1")["bug_target_name"] == "nimbus/2.0"


def test_the_janitor_expires_what_is_incomplete_for_long(served: Any) -> None:
    served.service.clock.advance(86400 * 70)
    told = requests.post(f"{served.url}/_sandbox/janitor", timeout=30).json()
    assert told == {"expired": [{"bug": 6, "target": "cumulus"}]}
    assert served.get("/cumulus/+bug/6")["status"] == "Expired"
    assert served.get("/bugs/6/activity")["entries"][-1]["newvalue"] == "Expired"


def test_a_task_follows_a_watch_of_its_own_bug(served: Any) -> None:
    watch = f"{served.url}/devel/bugs/1/+watch/3"
    assert served.patch("/nimbus/+bug/4", {"bug_watch_link": watch}).status_code == 400
    assert served.patch("/nimbus/+bug/1", {"bug_watch_link": watch}).json()["bug_watch_link"] == watch
    assert served.get("/bugs/1/activity")["entries"][-1]["newvalue"] == "nimbus-jira #NIM-7"
    assert served.patch("/nimbus/+bug/1", {"bug_watch_link": None}).json()["bug_watch_link"] is None


def test_what_fails_while_it_is_settled_is_taken_back(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("sandbox.launchpad.service.commit", fail)
    assert served.patch("/bugs/1", {"title": "other"}).status_code == 500
    assert served.get("/bugs/1")["title"] == "Boot hangs"

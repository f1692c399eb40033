"""Git repositories, merge proposals, and what their webhooks tell."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

pytestmark = pytest.mark.loopback

REPOSITORY = "/~ann/nimbus/+git/nimbus"
PROPOSAL = f"{REPOSITORY}/+merge/9"
SHOWN = {
    "registrant",
    "source_git_repository",
    "source_git_path",
    "target_git_repository",
    "target_git_path",
    "prerequisite_git_repository",
    "prerequisite_git_path",
    "queue_status",
    "commit_message",
    "whiteboard",
    "description",
    "preview_diff",
}
"""The attributes of a proposal in Launchpad's manual, on the page about webhooks."""


def hook(served: Any, receiver: Any, *events: str, pattern: str | None = None) -> None:
    made = served.post(REPOSITORY, op="newWebhook", delivery_url=receiver.url, event_types=json.dumps(events))
    assert made.status_code == 201, made.text
    if pattern:
        path = made.headers["Location"].removeprefix(f"{served.url}/devel")
        assert served.patch(path, {"git_ref_pattern": pattern}).status_code == 209


def push(served: Any, **refs: str | None) -> requests.Response:
    body = {"repository": REPOSITORY[1:], "refs": refs}
    return requests.post(f"{served.url}/_sandbox/push", json=body, timeout=30)


def test_a_proposal_tells_when_it_is_made_edited_voted_on_and_decided(served: Any, receiver: Any) -> None:
    hook(served, receiver, "merge-proposal:0.1")
    ref = f"{served.url}/devel{REPOSITORY}/+ref/"
    made = served.post(
        f"{REPOSITORY}/+ref/main", op="createMergeProposal", merge_target=f"{ref}fix", needs_review="false"
    )
    path = made.headers["Location"].removeprefix(f"{served.url}/devel")
    served.patch(path, {"description": "why", "commit_message": "what"})
    served.post(path, op="createComment", content="fine", vote="Approve")
    served.post(path, op="createComment", content="no vote, no event")
    served.post(path, op="setStatus", status="Needs review")
    created, edited, voted, decided = [body for _headers, body in receiver.wait_for(4)]
    assert (created["action"], "old" in created, set(created["new"])) == ("created", False, SHOWN)
    assert created["merge_proposal"] == path
    assert created["new"]["source_git_repository"] == REPOSITORY
    assert (edited["action"], edited["old"]["description"], edited["new"]["description"]) == ("modified", None, "why")
    assert (edited["old"]["commit_message"], edited["new"]["commit_message"]) == (None, "what")
    assert voted["old"] == voted["new"] == edited["new"]
    states = decided["old"]["queue_status"], decided["new"]["queue_status"]
    assert states == ("Work in progress", "Needs review")


@pytest.mark.parametrize(("in_header", "shown"), [(False, "merge-proposal:0.1"), (True, "merge-proposal:0.1::review")])
def test_a_part_of_the_event_can_be_asked_for_alone(served: Any, receiver: Any, in_header: bool, shown: str) -> None:
    served.service.change_settings({"webhook_parts_in_header": in_header})
    hook(served, receiver, "merge-proposal:0.1::review")
    served.patch(PROPOSAL, {"description": "why"})
    served.post(PROPOSAL, op="createComment", content="fine", vote="Approve")
    [(headers, body)] = receiver.wait_for(1)
    assert (headers["X-Launchpad-Event-Type"], body["action"]) == (shown, "modified")


@pytest.mark.parametrize(
    "events", [["merge-proposal:0.1", "merge-proposal:0.1::edit"], ["git:push:0.1::edit"], ["bug:0.1"]]
)
def test_events_that_a_repository_does_not_know_are_refused(served: Any, receiver: Any, events: list[str]) -> None:
    given = {"op": "newWebhook", "delivery_url": receiver.url, "event_types": json.dumps(events)}
    answer = served.post(REPOSITORY, **given)
    assert (answer.status_code, answer.text.split(":")[0]) == (400, "event_types")


def test_a_push_moves_branches_and_tells_webhooks_and_proposals(served: Any, receiver: Any) -> None:
    hook(served, receiver, "git:push:0.1", "merge-proposal:0.1::push")
    answer = push(served, fix="a" * 40, new="b" * 40, main="1" * 40)
    assert answer.status_code == 200
    (pushed, body), (_about, proposal) = receiver.wait_for(2)
    assert pushed["X-Launchpad-Event-Type"] == "git:push:0.1"
    assert body == {
        "git_repository": REPOSITORY,
        "git_repository_path": REPOSITORY[1:],
        "ref_changes": {
            "refs/heads/fix": {"old": {"commit_sha1": "2" * 40}, "new": {"commit_sha1": "a" * 40}},
            "refs/heads/new": {"old": None, "new": {"commit_sha1": "b" * 40}},
        },
    }
    assert (proposal["merge_proposal"], proposal["action"]) == (PROPOSAL, "modified")
    refs = {one["path"]: one["commit_sha1"] for one in served.get(f"{REPOSITORY}/branches")["entries"]}
    assert refs == {"refs/heads/main": "1" * 40, "refs/heads/fix": "a" * 40, "refs/heads/new": "b" * 40}
    assert push(served, new=None).json()["ref_changes"]["refs/heads/new"]["new"] is None
    assert len(served.get(f"{REPOSITORY}/branches")["entries"]) == 2


def test_a_push_that_cannot_be_changes_nothing(served: Any) -> None:
    for refs in ({"fix": "a" * 40, "main": "short"}, {"gone": None}):
        assert push(served, **refs).status_code == 400
    refs = {one["path"]: one["commit_sha1"] for one in served.get(f"{REPOSITORY}/branches")["entries"]}
    assert refs["refs/heads/fix"] == "2" * 40
    body = {"repository": "~ann/+git/none", "refs": {}}
    assert requests.post(f"{served.url}/_sandbox/push", json=body, timeout=30).status_code == 404


def test_a_pattern_filters_by_the_branches(served: Any, receiver: Any) -> None:
    hook(served, receiver, "git:push:0.1", pattern="refs/heads/rel[!-]*")
    push(served, fix="a" * 40)
    push(served, release="b" * 40)
    push(served, **{"rel-x": "b" * 40})
    [(_headers, body)] = receiver.wait_for(1)
    assert list(body["ref_changes"]) == ["refs/heads/release"]


def test_repositories_are_made_forked_and_made_default(served: Any) -> None:
    target, ann, bot = (f"{served.url}/devel/{one}" for one in ("nimbus", "~ann", "~bot"))
    made = served.post("/+git", op="new", owner=ann, target=target, name="other")
    assert (made.status_code, made.headers["Location"]) == (201, f"{ann}/nimbus/+git/other")
    assert served.post("/+git", op="new", owner=ann, target=target, name="other").status_code == 400
    assert served.post("/+git", op="new", owner=bot, target=target, name="other").status_code == 401
    forked = served.post(REPOSITORY, "bot", op="fork", new_owner=bot)
    assert forked.json()["self_link"] == f"{bot}/nimbus/+git/nimbus"
    assert len(served.get("/~bot/nimbus/+git/nimbus/branches")["entries"]) == 2
    number = served.get("/~ann/nimbus/+git/other")["id"]
    assert served.get("/+git", params={"ws.op": "getByID", "id": number})["name"] == "other"
    given = {"op": "setDefaultRepository", "target": target, "repository": made.headers["Location"]}
    assert served.post("/+git", "bot", **given).status_code == 401
    assert served.post("/+git", **given).status_code == 200
    assert served.get("/+git", params={"ws.op": "getDefaultRepository", "target": target})["name"] == "other"
    assert served.get(REPOSITORY)["target_default"] is False
    own = {"ws.op": "getDefaultRepositoryForOwner", "owner": ann, "target": target}
    assert served.get("/+git", params=own) is None
    given = {"op": "setDefaultRepositoryForOwner", "owner": ann, "target": target}
    assert served.post("/+git", **given, repository=f"{bot}/nimbus/+git/nimbus").status_code == 400
    assert served.post("/+git", **given, repository=made.headers["Location"]).status_code == 200
    assert served.get("/+git", params=own)["name"] == "other"


def test_subscriptions_to_a_repository(served: Any) -> None:
    bot = f"{served.url}/devel/~bot"
    given = {"notification_level": "No email", "max_diff_lines": "500 lines", "code_review_level": "No email"}
    made = served.post(REPOSITORY, op="subscribe", person=bot, **given).json()
    assert (made["person_link"], made["review_level"], made["subscribed_by_link"]) == (
        bot,
        "No email",
        f"{served.url}/devel/~ann",
    )
    path = made["self_link"].removeprefix(f"{served.url}/devel")
    assert served.patch(path, {"review_level": "Status changes only"}, who="cid").status_code == 401
    assert served.patch(path, {"review_level": "Status changes only"}, who="bot").status_code == 209
    assert [one["name"] for one in served.get(f"{REPOSITORY}/subscribers")["entries"]] == ["bot"]
    assert served.post(REPOSITORY, "cid", op="unsubscribe", person=bot).status_code == 401
    assert served.post(REPOSITORY, "bot", op="unsubscribe", person=bot).status_code == 200
    assert served.get(REPOSITORY, params={"ws.op": "getSubscription", "person": bot}) is None


def test_reviews_are_asked_for_claimed_and_handed_on(served: Any) -> None:
    team, bot, cid = (f"{served.url}/devel/{one}" for one in ("~nimbus-qa", "~bot", "~cid"))
    asked = served.post(PROPOSAL, op="nominateReviewer", reviewer=team, review_type="ops").json()
    vote = asked["self_link"].removeprefix(f"{served.url}/devel")
    assert served.post(vote, "cid", op="claimReview").status_code == 401
    assert served.post(vote, "bot", op="claimReview").status_code == 200
    assert served.post(vote, "bot", op="reassignReview", reviewer=cid).status_code == 200
    served.post(PROPOSAL, "cid", op="createComment", content="no", vote="Disapprove")
    votes = served.get(f"{PROPOSAL}/votes")["entries"]
    assert [(one["reviewer_link"], one["review_type"], one["is_pending"]) for one in votes] == [(cid, "ops", False)]
    assert served.post(vote, "cid", op="reassignReview", reviewer=bot).status_code == 400


def test_a_comment_is_hidden_by_its_author_or_the_proposals_people(served: Any) -> None:
    made = served.post(PROPOSAL, "cid", op="createComment", content="oops")
    number = served.get(made.headers["Location"].removeprefix(f"{served.url}/devel"))["id"]
    for who, status in (("bot", 401), ("cid", 200), ("ann", 200)):
        given = {"op": "setCommentVisibility", "comment_number": str(number), "visible": "false"}
        assert served.post(PROPOSAL, who, **given).status_code == status
    given = {"op": "setCommentVisibility", "comment_number": "77", "visible": "false"}
    assert served.post(PROPOSAL, **given).status_code == 400


def test_a_package_has_webhooks_of_its_own(served: Any, receiver: Any) -> None:
    package = "/nimbuntu/+source/linux"
    given = {"op": "newWebhook", "delivery_url": receiver.url, "event_types": '["bug:0.1"]'}
    assert served.post(package, "bot", **given).status_code == 401
    assert served.post(package, **given).status_code == 201
    served.patch("/nimbuntu/+source/linux/+bug/1", {"status": "Confirmed"})
    [(_headers, body)] = receiver.wait_for(1)
    assert (body["target"], body["action"]) == (package, "status-changed")

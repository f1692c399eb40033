"""Projects, distributions, blueprints, teams and code by plain requests."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.launchpad.service import LaunchpadService

pytestmark = pytest.mark.loopback


def names(served: Any, path: str, who: str | None = None) -> list[str]:
    return [one["name"] for one in served.get(path, who)["entries"]]


def link(served: Any, path: str) -> str:
    return f"{served.url}/devel{path}"


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/nimbus/series", ["trunk", "2.0"]),
        ("/nimbus/2.0/all_milestones", ["2.0.1", "1.9"]),
        ("/nimbus/active_milestones", ["2.0.1"]),
        ("/nimbus-all/projects", ["nimbus", "cumulus"]),
        ("/nimbus-all/all_milestones", ["2.0.1", "1.9"]),
        ("/nimbus/all_specifications", ["fast-boot", "boot-plan"]),
        ("/nimbus/valid_specifications", ["fast-boot"]),
        ("/nimbus-all/all_specifications", ["fast-boot", "boot-plan"]),
        ("/~bot/all_specifications", ["fast-boot"]),
        ("/~nimbus-qa/members", ["ann", "bot"]),
        ("/~nimbus-qa/admins", ["ann"]),
        ("/~bot/super_teams", ["nimbus-qa"]),
        ("/nimbuntu/series", ["noble"]),
        ("/projects", ["nimbus", "cumulus", "stratus"]),
        ("/projects?ws.op=search&text=cumu", ["cumulus"]),
        ("/people?ws.op=find&text=bot", ["bot"]),
        ("/people?ws.op=findTeam&text=nimbus", ["nimbus-qa"]),
        ("/~nimbus-qa?ws.op=getMembersByStatus&status=Administrator", ["ann"]),
        ("/nimbuntu?ws.op=searchSourcePackages&source_match=lin", ["linux"]),
        ("/distros", ["nimbuntu"]),
    ],
)
def test_collections_hold_what_belongs_there(served: Any, path: str, found: list[str]) -> None:
    assert names(served, path) == found


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/nimbuntu/24.04", "noble"),
        ("/nimbus/development_focus", "trunk"),
        ("/nimbus/owner", "ann"),
        ("/nimbus?ws.op=getSeries&name=2.0", "2.0"),
        ("/people?ws.op=getByEmail&email=BOT@nimbus.example", "bot"),
        ("/nimbus-all?ws.op=getMilestone&name=2.0.1", "2.0.1"),
        ("/nimbuntu/noble?ws.op=getSourcePackage&name=linux", "linux"),
        ("/+git?ws.op=getByPath&path=nimbus", "nimbus"),
    ],
)
def test_single_things_are_found(served: Any, path: str, name: str) -> None:
    assert served.get(path)["name"] == name


def test_what_is_not_there_is_null_or_404(served: Any) -> None:
    assert served.get("/nimbus?ws.op=getMilestone&name=nope") is None
    for path in ("/nope", "/nimbus/+milestone/nope", "/nimbus/+spec/nope", "/~nope", "/nimbus/logo", "/nimbus/+bug/99"):
        assert served.call("GET", path).status_code == 404


def test_blueprints_follow_their_statuses_and_their_work_items_are_checked(served: Any) -> None:
    path = "/nimbus/+spec/fast-boot"
    done = served.patch(path, {"implementation_status": "Implemented"}, who="bot").json()
    assert (done["is_complete"], done["lifecycle_status"]) == (True, "Complete")
    assert done["completer_link"] == link(served, "/~bot")
    text = "Work items for 2.0.1:\n[bot] Measure: DONE\nWrite: INPROGRESS"
    assert served.patch(path, {"workitems_text": text}, who="bot").json()["workitems_text"] == text
    assert served.patch(path, {"workitems_text": "nonsense"}, who="bot").status_code == 400
    assert served.patch(path, {"workitems_text": "Work items for 9.9:\nx: TODO"}, who="bot").status_code == 400
    assert served.patch(path, {"priority": "High"}, who="bot").status_code == 401
    assert served.patch(path, {"milestone_link": None}).json()["milestone_link"] is None


def test_whiteboards_are_for_all_unless_the_switch_says_otherwise(served: Any) -> None:
    path = "/nimbus/+spec/fast-boot"
    assert served.patch(path, {"whiteboard": "hello"}, who="cid").status_code == 209
    assert served.patch(path, {"title": "hello"}, who="cid").status_code == 401
    served.service.change_settings({"whiteboard_for_all": False})
    assert served.patch(path, {"whiteboard": "again"}, who="cid").status_code == 401
    assert served.call("PATCH", path, json={"whiteboard": "anonymous"}).status_code == 401


def test_tags_are_official_by_owner_or_supervisor(served: Any) -> None:
    assert served.patch("/stratus", {"official_bug_tags": ["syncline-risk"]}, who="bot").status_code == 209
    assert served.post("/stratus", op="addOfficialBugTag", tag="api").status_code == 200
    assert served.get("/stratus")["official_bug_tags"] == ["api", "syncline-risk"]
    assert served.patch("/stratus", {"official_bug_tags": []}, who="cid").status_code == 401
    assert served.patch("/stratus", {"summary": "x"}, who="bot").status_code == 401


def test_milestones_are_made_released_and_taken_away(served: Any) -> None:
    made = served.post("/nimbus/2.0", op="newMilestone", name="2.2", date_targeted="2026-12-24")
    assert made.headers["Location"] == link(served, "/nimbus/+milestone/2.2")
    assert served.post("/nimbus/2.0", op="newMilestone", name="2.2").status_code == 400
    assert served.post("/nimbus/2.0", "bot", op="newMilestone", name="2.3").status_code == 401
    released = served.post("/nimbus/+milestone/2.2", op="createProductRelease", date_released="2026-12-25")
    assert released.headers["Location"] == link(served, "/nimbus/2.0/2.2")
    assert served.get("/nimbus/2.0/2.2")["date_released"] == "2026-12-25T00:00:00+00:00"
    assert served.call("DELETE", "/nimbus/+milestone/2.2", who="ann").status_code == 400
    assert served.call("DELETE", "/nimbus/+milestone/2.0.1", who="ann").status_code == 200
    assert served.get("/nimbus/+bug/1")["milestone_link"] is None


def test_proprietary_projects_are_not_there_for_others(make_document: Any, served: Any) -> None:
    document = make_document()
    document["projects"].append({"name": "dark", "owner": "cid", "information_type": "Proprietary", "members": ["bot"]})
    served.service.load_state(document)
    assert served.call("GET", "/dark").status_code == 404
    assert served.call("GET", "/dark", who="ann").status_code == 404
    assert served.get("/dark", "bot")["private"] is True
    assert "dark" in names(served, "/projects", "cid")
    assert "dark" not in names(served, "/projects", "ann")


def test_merge_proposals_are_made_voted_on_and_merged(served: Any) -> None:
    ref = "/~ann/nimbus/+git/nimbus/+ref"
    given = {"op": "createMergeProposal", "merge_target": link(served, f"{ref}/fix"), "initial_comment": "LP: #1"}
    made = served.post(f"{ref}/main", **given)
    assert made.status_code == 201
    path = made.headers["Location"].removeprefix(link(served, ""))
    assert served.get(path)["queue_status"] == "Needs review"
    assert served.post(f"{ref}/main", **given).status_code == 400
    assert served.post(f"{ref}/main", "bot", **given).status_code == 401
    served.post(path, "bot", op="createComment", content="good", vote="Approve")
    assert [one["is_pending"] for one in served.get(f"{path}/votes")["entries"]] == [False]
    assert served.post(path, "cid", op="setStatus", status="Merged").status_code == 401
    assert served.post(path, op="setStatus", status="Merged", revid="abc").status_code == 200
    assert served.get(path)["merged_revision_id"] == "abc"
    assert served.post(path, op="setStatus", status="Approved").status_code == 400
    assert served.get("/nimbus?ws.op=getMergeProposals")["total_size"] == 1
    assert served.get("/nimbus?ws.op=getMergeProposals&status=Merged")["total_size"] == 1


def test_people_ids_can_be_redacted_as_production_does() -> None:
    document = {"people": [{"name": "ann", "id": 7}], "switches": {"redact_person_ids": True}}
    service = LaunchpadService(document)
    with running(service) as url:
        assert requests.get(f"{url}/devel/~ann", timeout=30).json()["id"] == "tag:launchpad.net:2008:redacted"
    assert service.dump_state()["people"][0]["id"] == 7


def test_teams_are_made_and_members_added(served: Any) -> None:
    made = served.post("/people", "cid", op="newTeam", name="rain", display_name="Rain")
    assert made.headers["Location"] == link(served, "/~rain")
    assert served.post("/~rain", "bot", op="addMember", person=link(served, "/~bot")).status_code == 401
    assert served.post("/~rain", "cid", op="addMember", person=link(served, "/~bot")).status_code == 200
    assert names(served, "/~rain/members") == ["cid", "bot"]
    assert names(served, "/~bot/super_teams") == ["nimbus-qa", "rain"]


def test_a_milestone_moves_between_series_of_its_project_alone(served: Any) -> None:
    root = f"{served.url}/devel"
    path = "/nimbus/+milestone/2.0.1"
    assert served.patch(path, {"series_target_link": f"{root}/cumulus/trunk"}).status_code == 400
    assert served.patch(path, {"series_target_link": f"{root}/nimbus/trunk"}).status_code == 209
    assert [one["name"] for one in served.get("/nimbus/trunk/all_milestones")["entries"]] == ["2.0.1"]
    assert [one["name"] for one in served.get("/nimbus/2.0/all_milestones")["entries"]] == ["1.9"]
    assert served.patch("/nimbus/2.0", {"project_link": f"{root}/cumulus"}).status_code == 400


def test_what_pointed_at_a_milestone_that_is_gone_points_at_none(served: Any) -> None:
    assert served.call("DELETE", "/nimbus/+milestone/2.0.1", who="ann").status_code == 200
    assert served.get("/nimbus/+spec/fast-boot")["milestone_link"] is None
    assert served.get("/nimbus/+bug/1")["milestone_link"] is None


def test_a_blueprint_moves_to_another_project(served: Any) -> None:
    target = {"target_link": f"{served.url}/devel/stratus"}
    moved = served.patch("/nimbus/+spec/fast-boot", target)
    assert (moved.status_code, moved.headers["Location"]) == (301, f"{served.url}/devel/stratus/+spec/fast-boot")
    assert served.get("/stratus/+spec/fast-boot")["milestone_link"] is None
    assert [one["name"] for one in served.get("/nimbus/all_specifications")["entries"]] == ["boot-plan"]
    spec = {"name": "fast-boot", "title": "t", "summary": "s", "target": f"{served.url}/devel/nimbus"}
    assert served.post("/specs", op="createSpecification", **spec).status_code == 201
    assert served.patch("/nimbus/+spec/fast-boot", target).status_code == 400


def test_a_field_that_follows_from_others_is_not_kept(served: Any) -> None:
    served.patch("/nimbus/2.0", {"title": "mine"})
    assert served.get("/nimbus/2.0")["title"] == "Nimbus 2.0 series"
    dumped = served.service.dump_state()
    served.service.load_state(dumped)
    assert served.service.dump_state() == dumped


@pytest.mark.parametrize(
    ("path", "taken"), [("/nimbus", "cumulus"), ("/nimbus", "nimbus-all"), ("/nimbus-all", "nimbus"), ("/~ann", "bot")]
)
def test_a_name_that_another_has_is_refused(served: Any, path: str, taken: str) -> None:
    answer = served.patch(path, {"name": taken})
    assert answer.status_code == 400
    assert "already" in answer.text
    assert served.get(path, "ann")["name"] == path.strip("/~")


def test_an_address_is_given_to_nobody_else(served: Any) -> None:
    path = served.get("/~bot", "bot")["preferred_email_address_link"].partition("/devel")[2]
    assert served.patch(path, {"person_link": link(served, "/~ann")}, "bot").status_code == 401
    assert served.get(path, "bot")["person_link"].endswith("/~bot")

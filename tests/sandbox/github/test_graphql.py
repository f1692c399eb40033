"""GraphQL beyond the lists: timelines, reactions, teams, branches, and the mutations that change ties and projects."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ORG = "fictive-partner"
REACTED = "reactionGroups{content createdAt users(first:5){totalCount nodes{login}} viewerHasReacted}"
EVENTS = """
__typename ... on Node{id}
... on LabeledEvent{createdAt actor{login} label{name} labelable{__typename}}
... on AssignedEvent{assignee{... on User{login}}}
... on MilestonedEvent{milestoneTitle subject{... on Issue{number}}}
... on RenamedTitleEvent{previousTitle currentTitle}
... on CrossReferencedEvent{isCrossRepository willCloseTarget source{__typename ... on PullRequest{number}} url}
... on ClosedEvent{stateReason closable{closed} url}
... on SubIssueAddedEvent{subIssue{number}} ... on ParentIssueAddedEvent{parent{number}}
... on IssueComment{body isMinimized viewerCanDelete reactions(first:3){totalCount nodes{content user{login}}}}"""
OF_PULLS = """
... on ReviewRequestedEvent{requestedReviewer{... on User{login}}}
... on MergedEvent{commit{oid} mergeRefName url}
... on PullRequestReview{state}"""
LOOK = f"""
query{{
  repository(owner:"{ORG}",name:"sizing"){{
    homepageUrl isEmpty forkCount stargazerCount hasWikiEnabled sshUrl visibility
    repositoryTopics(first:5){{nodes{{topic{{name}} url}}}}
    refs(refPrefix:"refs/heads/",first:10){{nodes{{name prefix target{{oid abbreviatedOid
      ... on Commit{{message messageHeadline committedDate}}}}}}}}
    ref(qualifiedName:"refs/heads/stable"){{name}}
    collaborators(first:5){{edges{{permission node{{login}}}}}}
    issue(number:1){{
      titleHTML bodyHTML isPinned editor{{login}} viewerCanReact viewerCanLabel viewerCanClose viewerCanDelete
      participants(first:5){{nodes{{login}}}} {REACTED} reactions(first:5,content:EYES){{totalCount nodes{{id
        content createdAt user{{login}} reactable{{id}}}}}}
      timelineItems(first:50){{totalCount filteredCount pageCount updatedAt pageInfo{{hasNextPage}}
        nodes{{{EVENTS}}}}}
      labeled:timelineItems(first:5,itemTypes:[LABELED_EVENT]){{filteredCount nodes{{__typename}}}}}}
    pullRequest(number:4){{bodyHTML timelineItems(first:50){{nodes{{{EVENTS}{OF_PULLS}}}}} {REACTED}}}}}
  organization(login:"{ORG}"){{teams(first:5){{totalCount nodes{{id name slug combinedSlug url parentTeam{{slug}}
    privacy organization{{login}} childTeams(first:2){{nodes{{slug}}}} members(first:5){{edges{{role node{{login}}}}}}
    repositories(first:5){{edges{{permission node{{name}}}}}}}}}} team(slug:"helpers"){{name}}}}
  resource(url:"http://127.0.0.1:1/{ORG}/sizing/issues/1"){{__typename url ... on Issue{{number}}}}}}
"""


def test_what_is_told_is_as_described(hub: Any, api_evidence: Path, validated: Any) -> None:
    hub.ask("PATCH", f"/repos/{ORG}/sizing/issues/1", {"state": "closed"})
    answer = hub.graph(LOOK)
    assert "errors" not in answer, answer["errors"]
    data = answer["data"]
    issue = data["repository"]["issue"]
    kinds = [each["__typename"] for each in issue["timelineItems"]["nodes"]]
    assert set(kinds) == {
        "LabeledEvent", "AssignedEvent", "MilestonedEvent", "RenamedTitleEvent", "CrossReferencedEvent", "IssueComment",
        "ClosedEvent",
    }  # fmt: skip
    assert kinds[-1] == "ClosedEvent"
    assert issue["labeled"] == {"filteredCount": 1, "nodes": [{"__typename": "LabeledEvent"}]}
    groups = {each["content"]: each["users"]["totalCount"] for each in issue["reactionGroups"]}
    assert (len(groups), groups["HEART"], groups["EYES"], groups["ROCKET"]) == (8, 1, 1, 0)
    (core, helpers) = data["organization"]["teams"]["nodes"]
    assert core["members"]["edges"] == [
        {"role": "MAINTAINER", "node": {"login": "ada"}},
        {"role": "MEMBER", "node": {"login": "bob"}},
    ]
    assert helpers["parentTeam"]["slug"] == "core-team"
    assert data["resource"]["number"] == 1
    assert [each["name"] for each in data["repository"]["refs"]["nodes"]] == ["fix", "main", "stable"]
    schema = str(api_evidence / "github" / "github_graphql_schema.graphql")
    report = validated(hub, str(api_evidence / "validate.py"), "--graphql", schema)
    assert [each["errors"] for each in report] == [[]] * len(report)


class Ids:
    """Node ids, as a client finds them."""

    def __init__(self, hub: Any) -> None:
        query = (
            f'{{repository(owner:"{ORG}",name:"sizing"){{id label(name:"bug"){{id}} one:issue(number:1){{id}}'
            "two:issue(number:2){id} three:issue(number:3){id} pull:pullRequest(number:4){id}}"
            f'open:repository(owner:"{ORG}",name:"open"){{id}} bob:user(login:"bob"){{id}}'
            f'organization(login:"{ORG}"){{id projectV2(number:1){{id items(first:5){{nodes{{id '
            "content{... on DraftIssue{id}}}}}}}"
        )
        data = hub.graph(query)["data"]
        for name, each in data["repository"].items():
            setattr(self, name if name != "id" else "repo", each["id"] if isinstance(each, dict) else each)
        self.open, self.bob = data["open"]["id"], data["bob"]["id"]
        self.org = data["organization"]["id"]
        project = data["organization"]["projectV2"]
        self.project, self.items = project["id"], [each["id"] for each in project["items"]["nodes"]]
        self.draft = project["items"]["nodes"][2]["content"]["id"]


@pytest.fixture
def node(hub: Any) -> Any:
    return Ids(hub)


def do(hub: Any, name: str, given: dict[str, Any], told: str) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input"
    answer = hub.graph(f"mutation($i:{kind}!){{{name}(input:$i){{{told}}}}}", {"i": given})
    assert "errors" not in answer, answer["errors"]
    return answer["data"][name]


def refused(hub: Any, name: str, given: dict[str, Any]) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    answer = hub.graph(f"mutation($i:{kind}!){{{name}(input:$i){{clientMutationId}}}}", {"i": given})
    (problem,) = answer["errors"]
    told: str = problem["type"]
    return told


def test_sub_issues(hub: Any, node: Any) -> None:
    moved = {"issueId": node.one, "subIssueId": node.three, "beforeId": node.two}
    do(hub, "reprioritizeSubIssue", moved, "issue{id}")
    order = [each["number"] for each in hub.get(f"/repos/{ORG}/sizing/issues/1/sub_issues")]
    assert order == [3, 2]
    do(hub, "removeSubIssue", {"issueId": node.one, "subIssueId": node.two}, "subIssue{number}")
    again = do(
        hub, "addSubIssue", {"issueId": node.three, "subIssueId": node.two}, "issue{subIssues(first:2){totalCount}}"
    )
    assert again["issue"]["subIssues"]["totalCount"] == 1
    assert refused(hub, "addSubIssue", {"issueId": node.two, "subIssueId": node.one}) == "UNPROCESSABLE"


def test_reactions(hub: Any, node: Any) -> None:
    given = {"subjectId": node.one, "content": "ROCKET"}
    assert do(hub, "addReaction", given, "reaction{content user{login}}")["reaction"]["user"]["login"] == "ada"
    assert hub.get(f"/repos/{ORG}/sizing/issues/1")["reactions"]["rocket"] == 1
    do(hub, "removeReaction", given, "subject{id}")
    assert hub.get(f"/repos/{ORG}/sizing/issues/1")["reactions"]["rocket"] == 0


def test_people_and_locks(hub: Any, node: Any) -> None:
    given = {"assignableId": node.three, "assigneeIds": [node.bob]}
    assignees = "assignable{assignees(first:5){nodes{login}}}"
    assert do(hub, "addAssigneesToAssignable", given, assignees)["assignable"]["assignees"]["nodes"] == [
        {"login": "bob"}
    ]
    assert do(hub, "removeAssigneesFromAssignable", given, assignees)["assignable"]["assignees"]["nodes"] == []
    locked = do(
        hub, "lockLockable", {"lockableId": node.three, "lockReason": "SPAM"}, "lockedRecord{locked activeLockReason}"
    )
    assert locked["lockedRecord"] == {"locked": True, "activeLockReason": "SPAM"}
    assert not do(hub, "unlockLockable", {"lockableId": node.three}, "unlockedRecord{locked}")["unlockedRecord"][
        "locked"
    ]


def test_an_issue_moves_and_goes(hub: Any, node: Any) -> None:
    given = {"issueId": node.three, "repositoryId": node.open, "createLabelsIfMissing": True}
    moved = do(hub, "transferIssue", given, "issue{id repository{name}}")["issue"]
    assert moved["repository"]["name"] == "open"
    assert hub.ask("GET", f"/repos/{ORG}/sizing/issues/3")[0] == 301
    assert do(hub, "deleteIssue", {"issueId": moved["id"]}, "repository{name}")["repository"]["name"] == "open"
    assert refused(hub, "deleteIssue", {"issueId": moved["id"]}) == "NOT_FOUND"


def test_labels(hub: Any, node: Any) -> None:
    made = do(hub, "createLabel", {"repositoryId": node.repo, "name": "fresh", "color": "00ff00"}, "label{id}")["label"]
    assert (
        refused(hub, "createLabel", {"repositoryId": node.repo, "name": "Fresh", "color": "00ff00"}) == "UNPROCESSABLE"
    )
    assert do(hub, "updateLabel", {"id": made["id"], "name": "stale"}, "label{name}")["label"]["name"] == "stale"
    do(hub, "deleteLabel", {"id": made["id"]}, "clientMutationId")
    assert hub.ask("GET", f"/repos/{ORG}/sizing/labels/stale")[0] == 404


def test_pull_requests(hub: Any, node: Any) -> None:
    given = {"repositoryId": node.repo, "title": "P", "headRefName": "topic", "baseRefName": "main"}
    made = do(hub, "createPullRequest", given, "pullRequest{id number state}")["pullRequest"]
    one = {"pullRequestId": made["id"]}
    told = "pullRequest{title state}"
    assert do(hub, "updatePullRequest", {**one, "title": "Q"}, told)["pullRequest"]["title"] == "Q"
    assert do(hub, "closePullRequest", one, told)["pullRequest"]["state"] == "CLOSED"
    assert refused(hub, "mergePullRequest", one) == "UNPROCESSABLE"
    assert do(hub, "reopenPullRequest", one, told)["pullRequest"]["state"] == "OPEN"
    assert do(hub, "mergePullRequest", one, told)["pullRequest"]["state"] == "MERGED"
    assert refused(hub, "reopenPullRequest", one) == "UNPROCESSABLE"


def test_a_project_from_its_making_to_its_end(hub: Any, node: Any) -> None:
    made = do(hub, "createProjectV2", {"ownerId": node.org, "title": "Next"}, "projectV2{id number}")["projectV2"]
    at = f"/orgs/{ORG}/projectsV2/{made['number']}"
    assert [each["name"]["raw"] for each in hub.get(f"{at}/fields/100006")["options"]] == [
        "Todo",
        "In Progress",
        "Done",
    ]
    given = {"projectId": made["id"], "shortDescription": "soon", "closed": True}
    do(hub, "updateProjectV2", given, "projectV2{closed}")
    assert (hub.get(at)["short_description"], hub.get(at)["state"]) == ("soon", "closed")
    field = {"projectId": made["id"], "name": "Week", "dataType": "ITERATION", "iterationConfiguration": {
        "startDate": "2026-11-23", "duration": 7, "iterations": [
            {"title": "W1", "startDate": "2026-11-23", "duration": 7}]}}  # fmt: skip
    told = "projectV2Field{... on ProjectV2IterationField{id configuration{iterations{title}}}}"
    week = do(hub, "createProjectV2Field", field, told)["projectV2Field"]
    assert week["configuration"]["iterations"] == [{"title": "W1"}]
    do(hub, "deleteProjectV2Field", {"fieldId": week["id"]}, "projectV2Field{... on ProjectV2IterationField{name}}")
    assert "Week" not in [each["name"] for each in hub.get(f"{at}/fields")]
    do(hub, "deleteProjectV2", {"projectId": made["id"]}, "projectV2{title}")
    assert hub.ask("GET", at)[0] == 404
    assert refused(hub, "createProjectV2", {"ownerId": node.bob, "title": "not mine"}) == "FORBIDDEN"


def test_drafts_and_the_order_of_items(hub: Any, node: Any) -> None:
    told = "draftIssue{title assignees(first:2){nodes{login}}}"
    given = {"draftIssueId": node.draft, "title": "Better", "assigneeIds": [node.bob]}
    assert do(hub, "updateProjectV2DraftIssue", given, told)["draftIssue"] == {
        "title": "Better",
        "assignees": {"nodes": [{"login": "bob"}]},
    }
    one, two, three = node.items
    moved = do(
        hub, "updateProjectV2ItemPosition", {"projectId": node.project, "itemId": three}, "items(first:5){nodes{id}}"
    )
    assert [each["id"] for each in moved["items"]["nodes"]] == [three, one, two]
    given = {"projectId": node.project, "itemId": three, "afterId": one}
    moved = do(hub, "updateProjectV2ItemPosition", given, "items(first:5){nodes{id}}")
    assert [each["id"] for each in moved["items"]["nodes"]] == [one, three, two]
    content = "item{type content{... on Issue{title number assignees(first:1){nodes{login}}}}}"
    given = {"itemId": three, "repositoryId": node.repo}
    made = do(hub, "convertProjectV2DraftIssueItemToIssue", given, content)["item"]
    assert (made["type"], made["content"]["title"]) == ("ISSUE", "Better")
    assert hub.get(f"/repos/{ORG}/sizing/issues/{made['content']['number']}")["title"] == "Better"
    assert refused(hub, "convertProjectV2DraftIssueItemToIssue", given) == "UNPROCESSABLE"


def test_the_schema_can_be_asked_for(hub: Any) -> None:
    from graphql import build_client_schema, get_introspection_query

    schema = build_client_schema(hub.graph(get_introspection_query())["data"])
    told = build_client_schema(hub.get("/graphql")["data"])
    assert set(told.type_map) == set(schema.type_map)
    assert "updateProjectV2ItemFieldValue" in schema.mutation_type.fields  # type: ignore[union-attr] # it has mutations

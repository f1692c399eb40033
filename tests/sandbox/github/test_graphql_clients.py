"""GraphQL as GitHub's command line client and boards of projects ask it, and the qualifiers of a search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ORG = "fictive-partner"
WHERE = f'repository(owner:"{ORG}",name:"sizing")'
PULL = """
  {WHERE{pullRequest(number:4){ number headRefName headRepositoryOwner{id login ... on User{name}}
  maintainerCanModify autoMergeRequest{enabledAt} potentialMergeCommit{oid} baseRef{name repository{name}}
  headRef{name} isInMergeQueue canBeRebased checksUrl commitsCount:commits{totalCount} files(first:9){nodes{path
  additions deletions changeType}} latestReviews(first:9){nodes{state bodyHTML isMinimized includesCreatedEdit
  authorCanPushToRepository comments(first:3){totalCount} reactionGroups{content}}}
  reviewRequests(first:9){nodes{asCodeOwner requestedReviewer{__typename ... on User{login} ... on
  Team{organization{login} slug ancestors(first:1){totalCount} membersUrl}}}} reviewThreads(first:9){nodes{id
  isResolved line path subjectType diffSide comments(first:9){nodes{id databaseId author{login} body bodyHTML
  diffHunk path line state url replyTo{id} pullRequestReview{id}}}}} viewerLatestReview{state}
  reactionGroups{content users{totalCount}} last:commits(last:1){nodes{commit{oid messageBody authoredDate
  authors(first:2){nodes{name email user{login}}} checkSuites(first:2){nodes{id databaseId status conclusion
  app{slug} createdAt url checkRuns(first:9){nodes{name}}}} statusCheckRollup{state
  contexts(first:9){checkRunCount statusContextCount nodes{__typename ... on StatusContext{context state} ... on
  CheckRun{name checkSuite{workflowRun{event workflow{name}}}}}}}}}} }}}
""".replace("WHERE", WHERE).replace("ORG", ORG)
REPOSITORY = """
  {WHERE{ id name parent{name} mergeCommitAllowed rebaseMergeAllowed squashMergeAllowed autoMergeAllowed
  deleteBranchOnMerge viewerDefaultMergeMethod watchers{totalCount} issues{totalCount} licenseInfo{key name
  nickname} primaryLanguage{name} languages(first:9){totalSize edges{size node{name}}} diskUsage
  mentionableUsers(first:9){nodes{login}} issueTemplates{name} isBlankIssuesEnabled isMirror isLocked archivedAt
  viewerHasStarred viewerSubscription descriptionHTML shortDescriptionHTML templateRepository{name}
  labels(first:1){nodes{pullRequests(first:9){nodes{number}}}} milestones(first:1){nodes{viewerCanClose
  viewerCanReopen}} releases(first:9){nodes{tagCommit{oid} descriptionHTML releaseAssets(first:9){nodes{name size
  contentType downloadCount downloadUrl url uploadedBy{login} release{tagName}}}}}
  issue(number:1){viewerCanSubscribe viewerSubscription}} viewer{location bioHTML companyHTML viewerCanFollow
  issues(first:9){nodes{number}} pullRequests{totalCount}} organization(login:"ORG"){location isVerified
  viewerCanCreateTeams teamsUrl projectsUrl projectV2(number:1){ viewerCanClose workflows(first:2){nodes{name}}
  teams(first:2){nodes{slug}} repositories(first:9){nodes{name}} views(first:9){nodes{id name number layout filter
  fields(first:50){totalCount} sortByFields(first:2){nodes{direction}} groupByFields(first:2){totalCount}}}
  view(number:1){name}}} search(query:"repo:ORG/sizing is:pr",type:ISSUE,first:2){issueCount codeCount
  discussionCount wikiCount edges{textMatches{fragment} node{__typename}}}}
""".replace("WHERE", WHERE).replace("ORG", ORG)


OF_EITHER = """
  {WHERE{issueOrPullRequest(number:1){__typename ... on Issue{state projectCards(first:9){nodes{project{name}
  column{name}} totalCount}} ... on PullRequest{state isMergeQueueEnabled}} pullRequest(number:4){
  projectCards(first:1){totalCount} viewerMergeHeadlineText viewerMergeBodyText baseRef{branchProtectionRule{
  requiresStrictStatusChecks}} statusCheckRollup{contexts(first:9){nodes{... on CheckRun{isRequired(
  pullRequestNumber:4)}}}}}}}
""".replace("WHERE", WHERE)


def test_fields_of_unlike_types_may_have_one_name(hub: Any) -> None:
    answer = hub.graph(OF_EITHER)
    assert "errors" not in answer, answer["errors"]
    assert answer["data"]["repository"]["issueOrPullRequest"]["state"] == "OPEN"
    for wrong in ("title title:body", "labels(first:1){totalCount} labels(first:2){totalCount}"):
        assert "conflict" in hub.graph(f"{{{WHERE}{{issue(number:1){{{wrong}}}}}}}")["errors"][0]["message"]


@pytest.mark.parametrize("query", [PULL, REPOSITORY])
def test_what_the_command_line_client_asks_is_answered_as_described(
    hub: Any, query: str, api_evidence: Path, validated: Any
) -> None:
    hub.ask("POST", f"/repos/{ORG}/sizing/pulls/4/requested_reviewers", {"team_reviewers": ["core-team"]})
    answer = hub.graph(query)
    assert "errors" not in answer, answer["errors"]
    schema = str(api_evidence / "github" / "github_graphql_schema.graphql")
    report = validated(hub, str(api_evidence / "validate.py"), "--graphql", schema)
    assert [each["errors"] for each in report] == [[]] * len(report)


def test_parts_of_a_pull_request_are_what_rest_tells(hub: Any) -> None:
    hub.ask("POST", f"/repos/{ORG}/sizing/pulls/4/requested_reviewers", {"team_reviewers": ["core-team"]})
    (comment,) = hub.get(f"/repos/{ORG}/sizing/pulls/4/comments")
    hub.ask("POST", f"/repos/{ORG}/sizing/pulls/4/comments/{comment['id']}/replies", {"body": "because"})
    pull = hub.graph(PULL)["data"][WHERE.partition("(")[0]]["pullRequest"]
    asked = [each["requestedReviewer"] for each in pull["reviewRequests"]["nodes"]]
    assert [(each["__typename"], each.get("slug")) for each in asked] == [("User", None), ("Team", "core-team")]
    (thread,) = pull["reviewThreads"]["nodes"]
    assert [each["body"] for each in thread["comments"]["nodes"]] == ["why?", "because"]
    assert thread["comments"]["nodes"][1]["replyTo"] == {"id": thread["comments"]["nodes"][0]["id"]}
    assert [each["path"] for each in pull["files"]["nodes"]] == ["a.py"]
    (last,) = pull["last"]["nodes"]
    (suite,) = last["commit"]["checkSuites"]["nodes"]
    assert (suite["status"], suite["conclusion"]) == ("COMPLETED", "FAILURE")
    assert [each["name"] for each in suite["checkRuns"]["nodes"]] == ["build", "lint"]


def test_counts_alone_need_no_page(hub: Any) -> None:
    asked = f"fragment F on IssueConnection{{totalCount}} {{{WHERE}{{issues{{... F}} labels{{... on LabelConnection"
    answer = hub.graph(asked + "{totalCount}}}}")
    assert answer == {"data": {"repository": {"issues": {"totalCount": 3}, "labels": {"totalCount": 2}}}}
    for part in ("nodes{number}", "totalCount pageInfo{hasNextPage}", "... on IssueConnection{edges{cursor}}"):
        (error,) = hub.graph(f"{{{WHERE}{{issues{{{part}}}}}}}")["errors"]
        assert error["type"] == "MISSING_PAGINATION_BOUNDARIES"


def _project(hub: Any, what: str) -> Any:
    return hub.graph(f'{{organization(login:"{ORG}"){{projectV2(number:1){{{what}}}}}}}')["data"]["organization"][
        "projectV2"
    ]


def _do(hub: Any, name: str, given: dict[str, Any], told: str) -> Any:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return hub.graph(f"mutation($i:{kind}!){{{name}(input:$i){{{told}}}}}", {"i": given})


def test_a_project_has_status_updates(hub: Any) -> None:
    number = _project(hub, "id")["id"]
    told = "statusUpdate{id body status startDate targetDate creator{login} project{number}}"
    given = {"projectId": number, "body": "Late", "status": "AT_RISK", "targetDate": "2026-12-24"}
    made = _do(hub, "createProjectV2StatusUpdate", given, told)["data"]["createProjectV2StatusUpdate"]["statusUpdate"]
    assert (made["status"], made["creator"], made["targetDate"]) == ("AT_RISK", {"login": "ada"}, "2026-12-24")
    _do(hub, "createProjectV2StatusUpdate", {"projectId": number, "status": "COMPLETE"}, told)
    changed = {"statusUpdateId": made["id"], "status": "ON_TRACK", "targetDate": None}
    _do(hub, "updateProjectV2StatusUpdate", changed, told)
    assert hub.ask("PUT", "/_sandbox/state", hub.get("/_sandbox/state"))[0] == 204
    listed = _project(hub, "statusUpdates(first:9){nodes{id status body targetDate}}")["statusUpdates"]["nodes"]
    assert [each["status"] for each in listed] == ["COMPLETE", "ON_TRACK"]
    assert listed[1] == {"id": made["id"], "status": "ON_TRACK", "body": "Late", "targetDate": None}
    gone = _do(hub, "deleteProjectV2StatusUpdate", {"statusUpdateId": made["id"]}, "deletedStatusUpdateId")
    assert gone["data"]["deleteProjectV2StatusUpdate"] == {"deletedStatusUpdateId": made["id"]}
    assert _project(hub, "statusUpdates{totalCount}") == {"statusUpdates": {"totalCount": 1}}
    wrong = {"projectId": number, "startDate": "soon"}
    assert _do(hub, "createProjectV2StatusUpdate", wrong, "statusUpdate{id}")["errors"][0]["type"] == "UNPROCESSABLE"


def test_a_field_gets_another_name_and_other_options(hub: Any) -> None:
    asked = 'field(name:"Status"){... on ProjectV2SingleSelectField{id options{id name}}}'
    before = _project(hub, asked)["field"]
    options = [{"name": name, "color": "RED", "description": ""} for name in ("Todo", "Shipped")]
    given = {"fieldId": before["id"], "name": "Stage", "singleSelectOptions": options}
    told = "projectV2Field{... on ProjectV2SingleSelectField{id name options{id name color}}}"
    after = _do(hub, "updateProjectV2Field", given, told)["data"]["updateProjectV2Field"]["projectV2Field"]
    assert (after["id"], after["name"]) == (before["id"], "Stage")
    assert [each["name"] for each in after["options"]] == ["Todo", "Shipped"]
    assert after["options"][0]["id"] == before["options"][0]["id"]
    value = 'items(first:9){nodes{fieldValueByName(name:"Stage"){... on ProjectV2ItemFieldSingleSelectValue{name}}}}'
    assert _project(hub, value)["items"]["nodes"][0]["fieldValueByName"] == {"name": "Todo"}
    taken = {"fieldId": before["id"], "name": "Estimate"}
    assert (
        _do(hub, "updateProjectV2Field", taken, "clientMutationId")["errors"][0]["message"]
        == "Name has already been taken"
    )
    gone = {"fieldId": before["id"], "singleSelectOptions": options[1:]}
    _do(hub, "updateProjectV2Field", gone, "clientMutationId")
    assert _project(hub, value)["items"]["nodes"][0]["fieldValueByName"] is None


def test_issues_have_types_and_dependencies(hub: Any) -> None:
    types = hub.graph(f"{{{WHERE}{{id issueTypes(first:9){{nodes{{id name color isEnabled isPrivate}}}}}}}}")["data"][
        "repository"
    ]
    bug, task = types["issueTypes"]["nodes"]
    assert (bug["name"], bug["color"], task["color"]) == ("Bug", "RED", "GRAY")
    issue = "id issueType{name} blockedBy(first:9){nodes{number}} blocking{totalCount} "
    issue += "issueDependenciesSummary{blockedBy totalBlocking}"
    blocked = hub.graph(f"{{{WHERE}{{issue(number:3){{{issue}}}}}}}")["data"]["repository"]["issue"]
    assert (blocked["issueType"], blocked["blockedBy"]) == (None, {"nodes": [{"number": 1}]})
    assert blocked["issueDependenciesSummary"] == {"blockedBy": 1, "totalBlocking": 0}
    done = _do(
        hub, "updateIssueIssueType", {"issueId": blocked["id"], "issueTypeId": task["id"]}, "issue{issueType{name}}"
    )
    assert done["data"]["updateIssueIssueType"]["issue"] == {"issueType": {"name": "Task"}}
    assert hub.get(f"/repos/{ORG}/sizing/issues/3")["type"]["name"] == "Task"
    made = {"repositoryId": types["id"], "title": "typed", "issueTypeId": bug["id"]}
    new = _do(hub, "createIssue", made, "issue{id number issueType{name}}")["data"]["createIssue"]["issue"]
    assert new["issueType"] == {"name": "Bug"}
    tie = {"issueId": new["id"], "blockingIssueId": blocked["id"]}
    told = f"issue{{{issue}}} blockingIssue{{blocking(first:9){{nodes{{number}}}}}}"
    tied = _do(hub, "addBlockedBy", tie, told)["data"]["addBlockedBy"]
    assert tied["blockingIssue"]["blocking"]["nodes"] == [{"number": new["number"]}]
    assert _do(hub, "addBlockedBy", tie, "clientMutationId")["errors"][0]["type"] == "UNPROCESSABLE"
    assert "errors" not in _do(hub, "removeBlockedBy", tie, "clientMutationId")
    assert _do(hub, "removeBlockedBy", tie, "clientMutationId")["errors"][0]["type"] == "NOT_FOUND"
    listed = hub.graph(f'{{{WHERE}{{issues(first:9,filterBy:{{type:"task"}}){{nodes{{number}}}}}}}}')["data"][
        "repository"
    ]
    assert listed["issues"]["nodes"] == [{"number": 3}]


def test_events_of_a_label_outlive_it(hub: Any) -> None:
    asked = f"{{{WHERE}{{issue(number:1){{timelineItems(first:9,itemTypes:[LABELED_EVENT]){{nodes{{"
    asked += "... on LabeledEvent{label{name color}}}}}}}"
    labels = f"/repos/{ORG}/sizing/labels"
    assert hub.ask("PATCH", f"{labels}/bug", {"new_name": "defect"})[0] == 200
    items = hub.graph(asked)["data"]["repository"]["issue"]["timelineItems"]
    assert items == {"nodes": [{"label": {"name": "defect", "color": "d73a4a"}}]}
    assert hub.ask("DELETE", f"{labels}/defect")[0] == 204
    items = hub.graph(asked)["data"]["repository"]["issue"]["timelineItems"]
    assert items == {"nodes": [{"label": {"name": "defect", "color": "ededed"}}]}


def test_an_issue_is_made_below_another(hub: Any) -> None:
    data = hub.graph(f"{{{WHERE}{{id issue(number:1){{id}}}}}}")["data"]["repository"]
    made = {"repositoryId": data["id"], "title": "below", "parentIssueId": data["issue"]["id"], "projectIds": []}
    new = _do(hub, "createIssue", made, "issue{parent{number}}")["data"]["createIssue"]["issue"]
    assert new == {"parent": {"number": 1}}


def test_a_review_is_begun_and_submitted(hub: Any) -> None:
    node = hub.graph(f"{{{WHERE}{{pullRequest(number:4){{id}}}}}}")["data"]["repository"]["pullRequest"]["id"]
    told = "pullRequestReview{id state body comments(first:9){nodes{path line body state}}}"
    begun = {"pullRequestId": node, "body": "so far", "threads": [{"path": "b.py", "line": 7, "body": "hm"}]}
    review = _do(hub, "addPullRequestReview", begun, told)["data"]["addPullRequestReview"]["pullRequestReview"]
    assert review["state"] == "PENDING"
    assert review["comments"]["nodes"] == [{"path": "b.py", "line": 7, "body": "hm", "state": "PENDING"}]
    assert _do(hub, "addPullRequestReview", begun, told)["errors"][0]["type"] == "UNPROCESSABLE"
    given = {"pullRequestReviewId": review["id"], "event": "APPROVE"}
    done = _do(hub, "submitPullRequestReview", given, told)["data"]["submitPullRequestReview"]["pullRequestReview"]
    assert (done["state"], done["body"]) == ("APPROVED", "so far")
    again = _do(hub, "submitPullRequestReview", {"pullRequestId": node, "event": "COMMENT"}, told)
    assert again["errors"][0]["type"] == "NOT_FOUND"
    at_once = {"pullRequestId": node, "event": "REQUEST_CHANGES", "body": "no"}
    assert "errors" not in _do(hub, "addPullRequestReview", at_once, told)
    listed = [each["state"] for each in hub.get(f"/repos/{ORG}/sizing/pulls/4/reviews")]
    assert listed[-2:] == ["APPROVED", "CHANGES_REQUESTED"]


def test_a_pull_request_becomes_a_draft_and_ready_again(hub: Any) -> None:
    node = hub.graph(f"{{{WHERE}{{pullRequest(number:4){{id}}}}}}")["data"]["repository"]["pullRequest"]["id"]
    for name, draft in (("convertPullRequestToDraft", True), ("markPullRequestReadyForReview", False)):
        answer = _do(hub, name, {"pullRequestId": node}, "pullRequest{isDraft}")
        assert answer["data"][name]["pullRequest"] == {"isDraft": draft}
        assert hub.get(f"/repos/{ORG}/sizing/pulls/4")["draft"] is draft


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("is:issue", [1, 2, 3]),
        ("is:pr is:merged", [7]),
        ("is:pr -is:merged draft:false head:fix base:main", [4]),
        ("no:milestone is:open is:issue", [3]),
        ("no:label is:issue", [2, 3]),
        ("label:bug,nothing", [1, 4]),
        ("assignee:* author:ada", [1]),
        ("involves:bob is:issue", [1, 2]),
        ("commenter:bob", [1]),
        ("comments:>=2", [1]),
        ("comments:0..1 is:issue", [2, 3]),
        ("updated:2026-10-04..2026-10-06", [1]),
        ("closed:*..2026-10-07", [2]),
        ("merged:>2026-10-07", [7]),
        ("review:approved", [4]),
        ("review-requested:ada", [4]),
        ("in:comments agreed", [1]),
        ("in:title PART-1", [4]),
        ("sizing -wrong is:open", [4]),
        ("milestone:v1 reason:completed", [2]),
        ("type:bug", [1]),
    ],
)
def test_a_search_heeds_its_qualifiers(hub: Any, query: str, numbers: list[int]) -> None:
    found = hub.get(f"/search/issues?q=repo:{ORG}/sizing {query}")
    assert sorted(each["number"] for each in found["items"]) == numbers


def test_a_search_is_sorted_as_it_says(hub: Any) -> None:
    ways = {"sort:updated-asc": [3, 1, 2], "sort:updated-desc": [2, 1, 3], "sort:comments": [1, 3, 2]}
    for word, numbers in ways.items():
        found = hub.get(f"/search/issues?q=repo:{ORG}/sizing is:issue {word}")
        assert [each["number"] for each in found["items"]] == numbers, word
    assert hub.ask("GET", f"/search/issues?q=repo:{ORG}/sizing comments:many")[0] == 422


@pytest.mark.parametrize("name", ["closeIssue", "reopenIssue", "updateIssue"])
def test_a_pull_request_is_no_issue_to_mutations_of_issues(hub: Any, name: str) -> None:
    node = hub.graph(f"{{{WHERE}{{pullRequest(number:7){{id}}}}}}")["data"]["repository"]["pullRequest"]["id"]
    given = {"id" if name == "updateIssue" else "issueId": node}
    assert _do(hub, name, given, "issue{id}")["errors"][0]["type"] == "NOT_FOUND"
    assert hub.get(f"/repos/{ORG}/sizing/pulls/7")["state"] == "closed"

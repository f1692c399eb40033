"""The stand-in against outside evidence: the validator's opinion of recorded REST and GraphQL traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

ORG = "fictive-partner"
R = f"/repos/{ORG}/sizing"
P = f"/orgs/{ORG}/projectsV2"
U = "/users/ada/projectsV2"

READS = f"""
/ /meta /rate_limit /user /users/bob /user/repos /issues?filter=all /orgs/{ORG} /orgs/{ORG}/repos
/orgs/{ORG}/issues?filter=all&state=all /search/issues?q=sizing {R} {R}/assignees {R}/assignees/bob {R}/collaborators
{R}/collaborators/bob/permission
{R}/issues?state=all&per_page=100&sort=updated&direction=asc&since=2026-01-01T00:00:00Z
{R}/issues?labels=bug {R}/issues?milestone=1&assignee=bob&creator=ada&type=Bug {R}/issues/1 {R}/issues/5 {R}/issues/6
{R}/issues/99 {R}/issues/1/comments {R}/issues/comments?since=2026-01-01T00:00:00Z {R}/issues/comments/100001
{R}/issues/1/labels {R}/issues/events {R}/issues/events/100001 {R}/issues/1/events {R}/issues/1/timeline
{R}/issues/4/timeline {R}/issues/1/sub_issues {R}/issues/2/parent {R}/issues/3/dependencies/blocked_by
{R}/issues/1/dependencies/blocking {R}/pulls?state=all {R}/pulls/4 {R}/pulls/7 {R}/pulls/4/reviews
{R}/pulls/4/reviews/100001 {R}/pulls/4/comments {R}/pulls/comments {R}/pulls/comments/100001 {R}/pulls/7/merge
{R}/pulls/4/requested_reviewers {R}/labels {R}/labels/bug {R}/labels/needs%20info {R}/labels/none
{R}/milestones?state=all {R}/milestones/1 {R}/milestones/1/labels {R}/releases {R}/releases/latest
{R}/releases/tags/v0.1 {R}/releases/100001 {R}/releases/100001/assets {R}/releases/assets/100001
{R}/releases/100001/reactions {R}/issues/1/reactions {R}/issues/1/reactions?content=eyes
{R}/issues/comments/100001/reactions {R}/pulls/comments/100001/reactions {R}/issues/1/assignees/bob
{R}/issues/1/assignees/stranger {R}/collaborators/bob {R}/collaborators/stranger {R}/pulls/4/commits {R}/pulls/4/files
{P} {P}?q=is:open {P}/1 {P}/9 {P}/1/fields {P}/1/fields/3 {P}/1/fields/100001 {P}/1/fields/999 {P}/1/items
{P}/1/items?fields=1,2,3,4,5,6,7,8,9,100001,100002,100003,100004,100005 {P}/1/items/100001 {P}/1/items/999
{P}/1/items?q=is:open&per_page=1 {P}/1/views/1/items {P}/1/views/2/items {U} {U}/1 {U}/1/fields {U}/1/items
{U}/1/fields/1 {U}/1/items/100004 {R}/hooks {R}/issues?milestone=77 /repos/{ORG}/old-sizing
""".split()

HOOK = {"config": {"url": "http://127.0.0.1:9/x", "content_type": "json", "secret": "s"}, "events": ["star"]}
WRITES: list[tuple[str, str, Any]] = [
    (
        "POST",
        "/issues",
        {
            "title": "New",
            "body": "See #1",
            "labels": ["bug", "new"],
            "milestone": 1,
            "assignees": ["bob"],
            "type": "Bug",
        },
    ),
    ("POST", "/issues", {"title": "Another"}),
    ("POST", "/issues", {"title": " "}),
    ("PATCH", "/issues/8", {"state": "closed", "state_reason": "not_planned"}),
    ("PATCH", "/issues/8", {"state": "open", "title": "Newer", "body": None, "labels": ["bug"], "assignees": []}),
    ("PATCH", "/issues/8", {"milestone": None, "type": "Task"}),
    ("PATCH", "/issues/8", {"milestone": 99}),
    ("PATCH", "/issues/8", {"assignees": ["nobody"]}),
    ("POST", "/issues/8/comments", {"body": "hi"}),
    ("POST", "/issues/8/comments", {"body": " "}),
    ("PATCH", "/issues/comments/100003", {"body": "hi again"}),
    ("DELETE", "/issues/comments/100003", None),
    ("POST", "/issues/8/labels", {"labels": ["needs info"]}),
    ("PUT", "/issues/8/labels", {"labels": ["bug"]}),
    ("DELETE", "/issues/8/labels/bug", None),
    ("DELETE", "/issues/8/labels/bug", None),
    ("DELETE", "/issues/8/labels", None),
    ("POST", "/issues/8/assignees", {"assignees": ["bob"]}),
    ("DELETE", "/issues/8/assignees", {"assignees": ["bob"]}),
    ("PUT", "/issues/8/lock", {"lock_reason": "resolved"}),
    ("DELETE", "/issues/8/lock", None),
    ("POST", "/issues/8/sub_issues", {"sub_issue_id": 100009}),
    ("DELETE", "/issues/8/sub_issue", {"sub_issue_id": 100009}),
    ("POST", "/issues/8/dependencies/blocked_by", {"issue_id": 100001}),
    ("DELETE", "/issues/8/dependencies/blocked_by/100001", None),
    ("POST", "/labels", {"name": "fresh", "color": "00ff00", "description": "d"}),
    ("POST", "/labels", {"name": "FRESH"}),
    ("PATCH", "/labels/fresh", {"new_name": "stale"}),
    ("DELETE", "/labels/stale", None),
    ("POST", "/milestones", {"title": "v2", "due_on": "2027-01-01T00:00:00Z"}),
    ("POST", "/milestones", {"title": "v2"}),
    ("PATCH", "/milestones/3", {"state": "closed"}),
    ("DELETE", "/milestones/3", None),
    ("POST", "/pulls", {"title": "P", "head": "b", "base": "main"}),
    ("PATCH", "/pulls/10", {"title": "PP"}),
    ("POST", "/pulls/4/reviews", {"event": "APPROVE"}),
    ("POST", "/pulls/4/requested_reviewers", {"reviewers": ["ada"]}),
    ("PATCH", "/pulls/comments/100001", {"body": "x"}),
    ("PUT", "/pulls/10/merge", {}),
    ("POST", "/releases", {"tag_name": "v1"}),
    ("POST", "/hooks", HOOK),
    ("PATCH", "/hooks/100002", {"active": False}),
    ("GET", "/hooks/100002", None),
    ("GET", "/hooks/100002/config", None),
    ("PATCH", "/hooks/100002/config", {"content_type": "form"}),
    ("DELETE", "/hooks/100002", None),
    ("PATCH", "", {"description": "x"}),
    ("POST", "/issues/8/reactions", {"content": "heart"}),
    ("POST", "/issues/8/reactions", {"content": "heart"}),
    ("DELETE", "/issues/8/reactions/100004", None),
    ("POST", "/issues/comments/100001/reactions", {"content": "rocket"}),
    ("POST", "/pulls/comments/100001/reactions", {"content": "-1"}),
    ("POST", "/releases/100001/reactions", {"content": "laugh"}),
    ("PUT", "/issues/comments/100001/pin", None),
    ("DELETE", "/issues/comments/100001/pin", None),
    ("PUT", "/collaborators/stranger", {"permission": "triage"}),
    ("DELETE", "/collaborators/stranger", None),
    ("POST", "/pulls/4/reviews", {"body": "soon", "comments": [{"path": "b.py", "line": 2, "body": "hm"}]}),
    ("PUT", "/pulls/4/reviews/100003", {"body": "later"}),
    ("GET", "/pulls/4/reviews/100003/comments", None),
    ("POST", "/pulls/4/reviews/100003/events", {"event": "REQUEST_CHANGES"}),
    ("PUT", "/pulls/4/reviews/100003/dismissals", {"message": "done"}),
    ("POST", "/pulls/4/reviews", {"body": "pending"}),
    ("DELETE", "/pulls/4/reviews/100004", None),
    ("POST", "/pulls/4/comments/100001/replies", {"body": "because"}),
    ("DELETE", "/pulls/4/requested_reviewers", {"reviewers": ["ada"]}),
    ("PUT", "/pulls/4/update-branch", {}),
    ("PATCH", "/releases/100001", {"name": "First of all"}),
    ("POST", "/releases/generate-notes", {"tag_name": "v2"}),
    ("PATCH", "/releases/assets/100001", {"label": "Notes"}),
    ("DELETE", "/releases/assets/100001", None),
    ("DELETE", "/releases/100003", None),
    ("GET", "/issues/8/events", None),
    ("GET", "/issues/8/timeline", None),
    ("GET", "/issues/events", None),
    ("GET", "/issues/1/timeline", None),
    ("POST", "/issues/4/labels", {"labels": ["plain"]}),
    ("GET", "/pulls", None),
]

ITERATION = {"start_date": "2026-12-01", "duration": 7}
OPTIONS = [{"name": "Low", "color": "GREEN", "description": "can wait"}, {"name": "High"}]
ELSEWHERE: list[tuple[str, str, Any]] = [
    ("PATCH", f"/repos/{ORG}/old-sizing/issues/3", {"title": "y"}),
    ("POST", f"{P}/1/items", {"type": "Issue", "owner": ORG, "repo": "sizing", "number": 3}),
    ("POST", f"{P}/1/items", {"type": "PullRequest", "id": 100002}),
    ("POST", f"{P}/1/drafts", {"title": "A thought", "body": "only one"}),
    ("POST", f"{P}/1/fields", {"name": "Size", "data_type": "number"}),
    ("POST", f"{P}/1/fields", {"name": "Size", "data_type": "number"}),
    ("POST", f"{P}/1/fields", {"name": "Urgency", "data_type": "single_select", "single_select_options": OPTIONS}),
    ("POST", f"{P}/1/fields", {"name": "Week", "data_type": "iteration", "iteration_configuration": ITERATION}),
    ("PATCH", f"{P}/1/items/100001", {"fields": [{"id": 100002, "value": 8}, {"id": 100003, "value": "2026-12-24"}]}),
    ("PATCH", f"{P}/1/items/100001", {"fields": [{"id": 100001, "value": "nonsense"}]}),
    ("POST", f"{P}/1/views", {"name": "All", "layout": "table", "visible_fields": [1, 2], "sort_by": [[1, "asc"]]}),
    ("DELETE", f"{P}/1/items/100002", None),
    ("POST", f"{U}/1/fields", {"name": "Size", "data_type": "number"}),
    ("POST", f"{U}/1/items", {"type": "Issue", "id": 100001}),
    ("PATCH", f"{U}/1/items/100004", {"fields": [{"id": 100009, "value": 8}]}),
    ("DELETE", f"{U}/1/items/100004", None),
    ("POST", "/user/1002/projectsV2/1/drafts", {"title": "Mine too"}),
    ("POST", "/users/ada/projectsV2/1/views", {"name": "All", "layout": "board"}),
    ("GET", "/users/ada/projectsV2/1/views/1/items", None),
    ("POST", f"/orgs/{ORG}/repos", {"name": "fresh", "private": True, "auto_init": True}),
    ("POST", "/user/repos", {"name": "mine"}),
    ("POST", "/user/repos", {"name": "mine"}),
    ("DELETE", "/repos/ada/mine", None),
    ("PATCH", "/user", {"bio": "writes tests"}),
    ("PATCH", f"/orgs/{ORG}", {"description": "a partner"}),
]

FIELDS = """
__typename ... on ProjectV2FieldCommon{id name dataType updatedAt} ... on ProjectV2SingleSelectField{options{id name
color description}} ... on ProjectV2IterationField{configuration{duration startDay
iterations{id title startDate duration}
completedIterations{title}}}"""
VALUES = """
__typename ... on ProjectV2ItemFieldValueCommon{id updatedAt field{... on ProjectV2FieldCommon{name}}}
... on ProjectV2ItemFieldTextValue{text} ... on ProjectV2ItemFieldNumberValue{number}
... on ProjectV2ItemFieldDateValue{date} ... on ProjectV2ItemFieldSingleSelectValue{name optionId color}
... on ProjectV2ItemFieldIterationValue{title startDate duration iterationId}
... on ProjectV2ItemFieldUserValue{users(first:5){nodes{login}}}
... on ProjectV2ItemFieldLabelValue{labels(first:5){nodes{name}}}
... on ProjectV2ItemFieldMilestoneValue{milestone{title}} ... on ProjectV2ItemFieldRepositoryValue{repository{name}}
... on ProjectV2ItemFieldPullRequestValue{pullRequests(first:5){nodes{number}}}
... on ProjectV2ItemFieldReviewerValue{reviewers(first:5){nodes{__typename ... on User{login}}}}"""
EVERYTHING = f"""
query($o:String!,$n:String!,$since:DateTime){{
  rateLimit{{cost nodeCount limit remaining used resetAt}} viewer{{login id email url isViewer}}
  repository(owner:$o,name:$n){{
    id databaseId nameWithOwner isPrivate url owner{{__typename login}} viewerPermission
    defaultBranchRef{{id name prefix}}
    issues(first:50,filterBy:{{since:$since,states:[OPEN,CLOSED]}},orderBy:{{field:UPDATED_AT,direction:ASC}}){{
      totalCount pageInfo{{hasNextPage hasPreviousPage startCursor endCursor}} edges{{cursor}}
      nodes{{
        id databaseId fullDatabaseId number title body bodyText state stateReason updatedAt createdAt closedAt closed
        url author{{login __typename ... on User{{name}}}} authorAssociation locked
        activeLockReason viewerCanUpdate
        assignees(first:10){{nodes{{login}}}} labels(first:20){{nodes{{id name color description isDefault}}}}
        milestone{{id number title dueOn state progressPercentage creator{{login}}}} parent{{number}}
        subIssues(first:10){{totalCount nodes{{number}}}} subIssuesSummary{{total completed percentCompleted}}
        comments(first:5){{nodes{{id body author{{login}} updatedAt url issue{{number}} viewerCanUpdate}}}}
        projectItems(first:5){{nodes{{id project{{title number}}}}}}
        closedByPullRequestsReferences(first:5,includeClosedPrs:true){{nodes{{number}}}}}}}}
    pullRequests(first:20,states:[OPEN,MERGED],orderBy:{{field:UPDATED_AT,direction:DESC}}){{nodes{{
      id number state merged mergedAt mergedBy{{login}} mergeCommit{{oid}} isDraft headRefName headRefOid baseRefName
      headRepository{{name}} reviewDecision reviews(first:10){{nodes{{id state author{{login}} submittedAt body url}}}}
      reviewRequests(first:5){{nodes{{id requestedReviewer{{__typename ... on User{{login}}}}}}}}
      statusCheckRollup{{state contexts(first:10){{nodes{{
        __typename ... on CheckRun{{id name conclusion status url}}}}}}}}
      closingIssuesReferences(first:10){{nodes{{number}}}} mergeable mergeStateStatus additions changedFiles
      commits(last:1){{totalCount nodes{{id commit{{oid url statusCheckRollup{{state}}}}}}}}
      latestReviews(first:3){{nodes{{state}}}} latestOpinionatedReviews(first:3){{nodes{{state}}}}}}}}
    milestones(first:10){{nodes{{title issues(first:5){{totalCount}} pullRequests(first:5){{totalCount}}}}}}
    labels(first:10){{nodes{{name issues(first:3){{totalCount}}}}}}
    releases(first:5){{nodes{{id tagName isLatest author{{login}} url}}}} latestRelease{{tagName}}
    label(name:"BUG"){{name}} issueOrPullRequest(number:4){{__typename}} assignableUsers(first:10){{nodes{{login}}}}}}
  organization(login:$o){{
    login membersWithRole(first:10){{nodes{{login}} edges{{role}}}} repositories(first:10){{nodes{{name}}}}
    projectsV2(first:5){{nodes{{title}}}}
    projectV2(number:1){{
      id title number url updatedAt closed public owner{{__typename id}} viewerCanUpdate
      fields(first:30){{nodes{{{FIELDS}}}}} field(name:"Status"){{{FIELDS}}}
      items(first:50){{totalCount nodes{{
        id databaseId type updatedAt isArchived creator{{login}}
        content{{__typename ... on Issue{{number repository{{nameWithOwner}}}} ... on PullRequest{{number}}
          ... on DraftIssue{{title body creator{{login}}}}}}
        fieldValues(first:30){{nodes{{{VALUES}}}}}
        fieldValueByName(name:"Status"){{... on ProjectV2ItemFieldSingleSelectValue{{name}}}}}}}}}}}}
  search(type:ISSUE,query:"repo:{ORG}/sizing is:open",first:5){{issueCount nodes{{__typename ... on Issue{{number}}}}}}
  missing:repository(owner:$o,name:"none"){{id}}}}
"""


EXPLAINED = {
    # GitHub shows an issue without a description as null here too; the description of search results forgot it
    ("/search/issues", "response-body"),
    # a label without a description is null wherever it stands; the description of listed pull requests alone forgot it
    ("/repos/{owner}/{repo}/pulls", "response-body"),
    # a write to a repository that was renamed is to be sent again as it is, so 307; the description tells of it where
    # the repository itself is changed, and forgot it for all below
    ("/repos/{owner}/{repo}/issues/{issue_number}", "status"),
}


@pytest.mark.loopback  # the new hook is greeted
@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_rest_traffic_is_as_described(hub: Any, api_evidence: Path, validated: Any, prefix: str) -> None:
    for path in READS:
        hub.ask("GET", prefix + path)
    for method, path, body in WRITES:
        hub.ask(method, prefix + R + path, body)
    for method, path, body in ELSEWHERE:
        hub.ask(method, prefix + path, body)
    hub.ask("GET", prefix + R, token=None)
    hub.ask("POST", f"{prefix}{R}/issues", {"title": "x"}, token="token-of-bob")
    spec = str(api_evidence / "github" / "github_openapi_trimmed.json")
    script = str(api_evidence / "validate.py")
    report = validated(hub, script, "--spec", spec, "--base-url", f"http://x{prefix}", "--fail-undeclared")
    assert len(report) == len(READS) + len(WRITES) + len(ELSEWHERE) + 2
    found = {(each["matched"], kind, text) for each in report for kind, text in each["errors"]}
    assert {each for each in found if each[:2] not in EXPLAINED} == set()
    told = {kind: {text for _, each, text in found if each == kind} for kind in ("response-body", "status")}
    assert all(text.endswith("None is not of type 'string'") for text in told["response-body"])
    assert all("307" in text for text in told["status"])
    assert {each[:2] for each in found} == EXPLAINED
    assert len({(each["method"], each["matched"]) for each in report}) > 140


def test_by_id_is_as_by_name(hub: Any) -> None:
    for path in READS:
        if path.startswith(R):
            by_name = hub.ask("GET", path)
            assert hub.ask("GET", path.replace(R, "/repositories/5001", 1)) == by_name


def test_graphql_traffic_is_as_described(hub: Any, api_evidence: Path, validated: Any) -> None:
    values = {"o": ORG, "n": "sizing", "since": "2026-01-01T00:00:00Z"}
    answer = hub.graph(EVERYTHING, values)
    assert [each["type"] for each in answer["errors"]] == ["NOT_FOUND"]
    project = answer["data"]["organization"]["projectV2"]
    issue = answer["data"]["repository"]["issues"]["nodes"][0]
    fields = {each["name"]: each for each in project["fields"]["nodes"]}
    item = project["items"]["nodes"][0]["id"]
    given = {
        "Status": {"singleSelectOptionId": fields["Status"]["options"][1]["id"]},
        "Estimate": {"number": 8.5},
        "Due": {"date": "2026-12-24"},
        "Note": {"text": "later"},
        "Sprint": {"iterationId": fields["Sprint"]["configuration"]["iterations"][0]["id"]},
    }
    parts = [
        f'a{n}:updateProjectV2ItemFieldValue(input:{{projectId:$p,itemId:$i,fieldId:"{fields[name]["id"]}",value:$v{n}}})'
        f"{{projectV2Item{{id fieldValues(first:20){{nodes{{{VALUES}}}}}}}}}"
        for n, name in enumerate(given)
    ]
    heads = "".join(f",$v{n}:ProjectV2FieldValue!" for n in range(len(given)))
    changed = hub.graph(
        f"mutation($p:ID!,$i:ID!{heads}){{{' '.join(parts)}}}",
        {"p": project["id"], "i": item, **{f"v{n}": value for n, value in enumerate(given.values())}},
    )
    assert "errors" not in changed
    hub.graph(
        'mutation($c:ID!,$p:ID!){addComment(input:{subjectId:$c,body:"hi",clientMutationId:"q"}){clientMutationId '
        "commentEdge{cursor node{id body}} subject{id}} "
        "addProjectV2ItemById(input:{projectId:$p,contentId:$c}){item{id type}}"
        "closeIssue(input:{issueId:$c,stateReason:NOT_PLANNED}){issue{state stateReason}}}",
        {"c": issue["id"], "p": project["id"]},
    )
    schema = str(api_evidence / "github" / "github_graphql_schema.graphql")
    report = validated(hub, str(api_evidence / "validate.py"), "--graphql", schema)
    assert [each["errors"] for each in report] == [[], [], []]


def test_the_served_schema_is_a_part_of_the_official_one(api_evidence: Path) -> None:
    from graphql import build_schema

    official = build_schema((api_evidence / "github" / "github_graphql_schema.graphql").read_text(), assume_valid=True)
    served = build_schema((Path(__file__).parents[3] / "sandbox/github/graph/schema.graphql").read_text())
    for name, kind in served.type_map.items():
        if name.startswith("__"):
            continue
        theirs = official.type_map[name]
        fields = getattr(kind, "fields", {})
        assert {field: str(each.type) for field, each in fields.items()} == {
            field: str(theirs.fields[field].type) for field in fields
        }
        if hasattr(kind, "values"):
            assert set(kind.values) == set(theirs.values)

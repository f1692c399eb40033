"""Whatever is sent, the stand-in answers or refuses; it never fails itself."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings, strategies as st

from sandbox.github.account_routes import OTHER
from sandbox.github.routes import repository_routes

PATHS = [f"/repos/fictive-partner/sizing{each.path}" for each in repository_routes()]
PATHS += [f"/repositories/5001{each.path}" for each in repository_routes()] + [entry.split(" ")[1] for entry in OTHER]
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD"]
KEYS = [
    "title",
    "body",
    "state",
    "state_reason",
    "labels",
    "assignees",
    "milestone",
    "type",
    "name",
    "color",
    "new_name",
    "description",
    "due_on",
    "sub_issue_id",
    "issue_id",
    "after_id",
    "config",
    "events",
    "event",
    "permissions",
    "repositories",
    "repository_ids",
    "reviewers",
    "head",
    "base",
    "tag_name",
    "draft",
    "lock_reason",
    "private",
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200_000),
    st.floats(allow_nan=False),
    st.text(max_size=4),
    st.sampled_from(["bug", "closed", "open", "v1", "Bug", "ada", "2026-01-01T00:00:00Z", "http://127.0.0.1:1/"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*KEYS, "url"]), inner, max_size=3),
    max_leaves=6,
)
bodies = st.one_of(st.dictionaries(st.sampled_from(KEYS), values, max_size=5), values)
parts = st.sampled_from(
    ["1", "2", "4", "5", "6", "99", "100001", "bug", "ada", "fictive-partner", "v0.1", "70", "%2F", "a%00"]
)
queries = st.dictionaries(
    st.sampled_from(
        [
            "page",
            "per_page",
            "after",
            "before",
            "since",
            "state",
            "sort",
            "direction",
            "labels",
            "milestone",
            "q",
            "filter",
            "cursor",
            "type",
            "assignee",
        ]
    ),
    st.one_of(
        st.text(max_size=6),
        st.sampled_from(
            ["all", "1", "-1", "0", "asc", "updated", "9999999999999999999", "2026-01-01", "2026-13-01T00:00:00Z"]
        ),
    ),
    max_size=3,
)
SETTINGS = settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fill(template: str, given_parts: list[str]) -> str:
    pieces = template.split("<")
    return pieces[0] + "".join(
        given_parts[n % len(given_parts)] + piece.partition(">")[2] for n, piece in enumerate(pieces[1:])
    )


def whole(hub: Any, status: int) -> None:
    (*_, last) = hub.service.log.exchanges()
    assert last.failure is None, last.failure
    assert status < 500
    hub.service.log.clear()


@SETTINGS
@given(
    method=st.sampled_from(METHODS),
    template=st.sampled_from(PATHS),
    names=st.lists(parts, min_size=1, max_size=3),
    query=queries,
    body=bodies,
)
def test_any_request(hub: Any, method: str, template: str, names: list[str], query: dict[str, str], body: Any) -> None:
    asked = "&".join(f"{key}={quote(value)}" for key, value in query.items())
    status, _ = hub.ask(method, f"{fill(template, names)}?{asked}", body)
    whole(hub, status)


words = st.sampled_from(
    [
        "{",
        "}",
        "(",
        ")",
        "query",
        "mutation",
        "repository",
        'owner:"fictive-partner"',
        'name:"sizing"',
        "issues",
        "first:5",
        "nodes",
        "id",
        "viewer",
        "login",
        "...",
        "on",
        "Issue",
        "$a",
        ":",
        "!",
        "number",
        "node",
        '(id:"I_x")',
        "first:$a",
        "@skip",
    ]
)


@SETTINGS
@given(text=st.lists(words, max_size=14).map(" ".join), variables=values)
def test_any_graphql_text(hub: Any, text: str, variables: Any) -> None:
    status, _ = hub.ask("POST", "/graphql", {"query": text, "variables": variables})
    whole(hub, status)


MUTATIONS = [
    "updateProjectV2ItemFieldValue(input:$i){projectV2Item{id fieldValues(first:20){nodes{__typename}}}}",
    "addProjectV2ItemById(input:$i){item{id}}",
    "addComment(input:$i){subject{id}}",
    "updateIssue(input:$i){issue{id}}",
    "createIssue(input:$i){issue{id}}",
]
KINDS = [
    "UpdateProjectV2ItemFieldValueInput",
    "AddProjectV2ItemByIdInput",
    "AddCommentInput",
    "UpdateIssueInput",
    "CreateIssueInput",
]
node_ids = st.sampled_from(
    [
        "I_kwDNE4nOAAGGoQ",
        "PR_kwDNE4nOAAGGoQ",
        "PVT_kwDNA-nOAAGGoQ",
        "PVTI_kwDOAAGGoc4AAYah",
        "R_kgDNE4k",
        "LA_kwDNE4nOAAGGoQ",
        "MI_kwDNE4nOAAGGoQ",
        "U_kgDNA-o",
        "PVTF_kwDOAAGGoc4AAYai",
        "PVTSSF_kwDOAAGGoc4AAYah",
        "",
        "x_",
        "I_kgA",
    ]
)
inputs = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("projectId", "itemId", "fieldId", "contentId", "subjectId", "id", "repositoryId"), node_ids),
        "body": st.text(max_size=3),
        "title": st.text(max_size=3),
        "state": st.sampled_from(["OPEN", "CLOSED", "X"]),
        "labelIds": st.lists(node_ids, max_size=2),
        "assigneeIds": st.lists(node_ids, max_size=2),
        "milestoneId": node_ids,
        "value": st.fixed_dictionaries({}, optional={"text": scalars, "number": scalars, "date": scalars}),
    },
)


@SETTINGS
@given(which=st.integers(0, len(KINDS) - 1), given_input=inputs)
def test_any_mutation(hub: Any, which: int, given_input: dict[str, Any]) -> None:
    wanted = {
        0: ("projectId", "itemId", "fieldId", "value"),
        1: ("projectId", "contentId"),
        2: ("subjectId", "body"),
        3: ("id", "title", "body", "state", "labelIds", "assigneeIds", "milestoneId"),
        4: ("repositoryId", "title", "body", "labelIds", "assigneeIds", "milestoneId"),
    }[which]
    variables = {"i": {key: value for key, value in given_input.items() if key in wanted}}
    query = f"mutation($i:{KINDS[which]}!){{{MUTATIONS[which]}}}"
    status, answer = hub.ask("POST", "/graphql", {"query": query, "variables": variables})
    whole(hub, status)
    assert "data" in answer or "errors" in answer


@SETTINGS
@given(
    document=st.dictionaries(
        st.sampled_from(
            ["accounts", "apps", "tokens", "repositories", "projects", "limits", "switches", "organization_hooks"]
        ),
        values,
        max_size=3,
    )
)
def test_any_state(hub: Any, document: Any) -> None:
    status, _ = hub.ask("PUT", "/_sandbox/state", raw=json.dumps(document).encode())
    assert status in (204, 400)

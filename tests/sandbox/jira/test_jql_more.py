"""JQL on what hangs on an issue, its functions, saved filters, and the help that Jira gives for writing it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback


class Asker:
    def __init__(self, url: str, service: JiraService) -> None:
        self.url, self.service, self.session = url, service, requests.Session()
        self.session.trust_env = False
        self.log_in("ann")

    def log_in(self, name: str) -> None:
        self.session.auth = (f"{name}@nimbus.example", f"{name}-token")

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        answer = self.session.request(method, f"{self.url}/rest/api/3{path}", json=body, params=query, timeout=30)
        assert answer.status_code != 500, self.service.log.exchanges()[-1].failure
        return answer

    def keys(self, jql: str) -> list[str]:
        found = self("POST", "/search/jql", {"jql": f"({jql}) AND id > 0 ORDER BY key", "fields": ["key"]})
        if found.status_code == 400:
            found = self("POST", "/search/jql", {"jql": jql, "fields": ["key"]})
        assert found.status_code == 200, found.text
        return sorted(one["key"] for one in found.json()["issues"])

    def refused(self, jql: str) -> str:
        found = self("POST", "/search/jql", {"jql": jql})
        assert found.status_code == 400, found.text
        return str(found.json()["errorMessages"][0])


@pytest.fixture
def ask(small_site: Callable[[str], dict[str, Any]]) -> Iterator[Asker]:
    document = small_site("cloud")
    nim, issues = document["projects"][0], {row["key"]: row for row in document["issues"]}
    nim |= {"projectCategory": {"id": "1", "name": "Partners", "description": ""}}
    nim["components"][0]["lead"] = "acc:bob"
    nim["versions"][0] |= {"released": True}
    issues["NIM-2"]["fields"] |= {"timeoriginalestimate": 28_800, "timeestimate": 7200}
    issues["NIM-2"]["worklogs"][0]["comment"] = "drew the page"
    issues["NIM-3"] |= {"watchers": ["acc:ann"], "voters": ["acc:ann", "acc:bot"]}
    document["users"][1]["groups"] = ["staff"]
    document["filters"] = [
        {"id": 1, "name": "Epics", "owner": "acc:ann", "jql": "type = Epic", "sharePermissions": [{"type": "global"}]},
        {"id": 2, "name": "Own", "owner": "acc:bob", "jql": "assignee = currentUser()"},
        {"id": 3, "name": "Circle", "owner": "acc:ann", "jql": "filter = 4"},
        {"id": 4, "name": "Back", "owner": "acc:ann", "jql": "filter = Circle OR type = Epic"},
    ]
    service = JiraService(document)
    with running(service) as url:
        asker = Asker(url, service)
        yield asker
        asker.session.close()


@pytest.mark.parametrize(
    ("jql", "keys"),
    [
        ("watcher = currentUser()", ["NIM-3"]),
        ("voter in (acc:bot)", ["NIM-3"]),
        ("votes = 2 AND watchers = 1", ["NIM-3"]),
        ("worklogAuthor = acc:bob", ["NIM-2"]),
        ('worklogDate >= "2026-01-04" AND worklogDate < "2026-01-05"', ["NIM-2"]),
        ('worklogDate = "2026-01-05"', []),
        ('worklogComment ~ "drew"', ["NIM-2"]),
        ("originalEstimate = 8h", ["NIM-2"]),
        ("remainingEstimate > 1h AND timespent = 60", ["NIM-2"]),
        ("originalEstimate is EMPTY AND type = Story AND project = NIM", ["NIM-4"]),
        ("workRatio = 12", ["NIM-2"]),
        ("category = partners AND type = Epic", ["NIM-1"]),
        ("category is EMPTY", ["SEC-1"]),
        ("hierarchyLevel = 1", ["NIM-1"]),
        ("hierarchyLevel < 0", ["NIM-3"]),
        ("projectType = software AND type = Epic", ["NIM-1"]),
        ("issueLinkType = Blocks", ["NIM-2"]),
        ('issueLinkType = "is blocked by"', ["NIM-4"]),
        ("lastViewed is EMPTY AND type = Epic", ["NIM-1"]),
        ('statusCategoryChangedDate > "2026-01-05 00:00" AND project = NIM', ["NIM-2"]),
        ("issue in linkedIssues(NIM-2)", ["NIM-4"]),
        ('issue in linkedIssues(NIM-2, "blocks")', ["NIM-4"]),
        ('issue in linkedIssues(NIM-2, "is blocked by")', []),
        ("issue in watchedIssues()", ["NIM-3"]),
        ("issue in votedIssues()", ["NIM-3"]),
        ('key in updatedBy(acc:ann, "2026-01-05")', ["NIM-2", "SEC-1"]),
        ("issuetype in standardIssueTypes()", ["NIM-1", "NIM-2", "NIM-4", "SEC-1"]),
        ("issuetype in subtaskIssueTypes()", ["NIM-3"]),
        ("project in projectsLeadByUser()", ["NIM-1", "NIM-2", "NIM-3", "NIM-4"]),
        ('component in componentsLeadByUser("bob@nimbus.example")', ["NIM-2"]),
        ("fixVersion = latestReleasedVersion(NIM)", ["NIM-2"]),
        ("fixVersion = earliestUnreleasedVersion(NIM)", []),
        ("assignee in membersOf(staff)", ["NIM-2"]),
        ("filter = Epics", ["NIM-1"]),
        ("filter in (1) AND project = SEC", []),
        ("filter != 1 AND project = SEC", ["SEC-1"]),
        ("created >= startOfYear(-100y) AND key = NIM-1", ["NIM-1"]),
    ],
)
def test_a_query_finds(ask: Asker, jql: str, keys: list[str]) -> None:
    assert ask.keys(jql) == keys


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("filter = Own", "A value with ID 'Own' does not exist for the field 'filter'."),
        ("filter = 3", "causes a cyclical reference"),
        ("filter ~ x", "The operator '~' is not supported by the 'filter' field."),
        ("issue in linkedIssues(NIM-99)", "Issue does not exist or you do not have permission to see it: 'NIM-99'."),
        ("issue in linkedIssues(NIM-2, eats)", "Link type 'eats' does not exist."),
        ("issue in openSprints()", "Unable to find JQL function 'openSprints()'."),
        ("status in currentUser()", "Unable to find JQL function 'currentUser()'."),
        ("votes = many", "Value 'many' is invalid for the field 'votes'."),
        ("originalEstimate = soon", "The duration 'soon' is invalid for the field 'originalEstimate'."),
        ("issueLinkType = eats", "The value 'eats' does not exist for the field 'issueLinkType'."),
        ("attachments = 3", "The operator '=' is not supported by the 'attachments' field."),
    ],
)
def test_a_query_is_refused_with_jiras_words(ask: Asker, jql: str, said: str) -> None:
    assert said in ask.refused(jql)


def test_a_filter_is_its_owners_until_it_is_shared(ask: Asker) -> None:
    made = ask("POST", "/filter", {"name": "Mine", "jql": "project = NIM", "favourite": True}).json()
    assert (made["favourite"], made["favouritedCount"], made["owner"]["accountId"]) == (True, 1, "acc:ann")
    assert ask("POST", "/filter", {"name": "mine", "jql": ""}).json()["errors"].keys() == {"filterName"}
    assert "Error in the JQL Query" in ask("POST", "/filter", {"name": "x", "jql": "a ="}).json()["errorMessages"][0]
    place = f"/filter/{made['id']}"
    ask.log_in("bob")
    assert ask("GET", place).status_code == 400
    assert [one["name"] for one in ask("GET", "/filter/search").json()["values"]] == ["Epics", "Own"]
    ask.log_in("ann")
    share = ask("POST", f"{place}/permission", {"type": "group", "groupname": "staff"}).json()[0]
    ask.log_in("bob")
    assert ask("GET", place).json()["jql"] == "project = NIM"
    assert ask("PUT", place, {"name": "His"}).status_code == 400, "who sees it does not own it"
    assert ask.keys("filter = Mine") == ["NIM-1", "NIM-2", "NIM-3"], "its query shows each caller what that one may see"
    ask.log_in("ann")
    document = ask.service.dump_state()
    ask.service.load_state(document)
    assert ask.service.dump_state() == document
    assert ask("DELETE", f"{place}/permission/{share['id']}").status_code == 204
    ask.log_in("bob")
    assert ask("GET", place).status_code == 400


def test_a_query_is_parsed_matched_and_completed(ask: Asker) -> None:
    query = 'status was not in ("To Do", Done) BY ann AND cf[10051] is EMPTY OR NOT votes > 3 ORDER BY created DESC'
    (parsed,) = ask("POST", "/jql/parse", {"queries": [query]}, validation="none").json()["queries"]
    where = parsed["structure"]["where"]
    assert (where["operator"], [one["operator"] for one in where["clauses"]]) == ("or", ["and", "not"])
    was, empty = where["clauses"][0]["clauses"]
    assert (was["operator"], was["operand"]["encodedOperand"]) == ("was not in", '("To Do", Done)')
    assert was["predicates"] == [{"operator": "by", "operand": {"value": "ann", "encodedValue": "ann"}}]
    assert empty["operand"] == {"keyword": "empty"}
    assert parsed["structure"]["orderBy"]["fields"] == [
        {"field": {"name": "created", "encodedName": "created"}, "direction": "desc"}
    ]
    modes = {}
    for mode in ("strict", "warn", "none"):
        modes[mode] = ask("POST", "/jql/parse", {"queries": ["nothing = 1"]}, validation=mode).json()["queries"][0]
    assert [sorted(one) for one in modes.values()] == [
        ["errors", "query"],
        ["query", "structure", "warnings"],
        ["query", "structure"],
    ]
    body = {"jqls": ["type = Epic", "project = NIM", "a ="], "issueIds": [100, 101]}
    matches = ask("POST", "/jql/match", body).json()["matches"]
    assert [one["matchedIssues"] for one in matches] == [[100], [100, 101], []]
    assert [bool(one["errors"]) for one in matches] == [False, False, True]
    complete = lambda **query: [  # noqa: E731 - read on the spot
        one["value"] for one in ask("GET", "/jql/autocompletedata/suggestions", **query).json()["results"]
    ]
    assert complete(fieldName="status", fieldValue="to") == ['"To Do"']
    assert complete(fieldName="Billable") == ["Yes", "No"]
    data = ask("GET", "/jql/autocompletedata").json()
    fields = {one.get("cfid", one["value"]): one["operators"] for one in data["visibleFieldNames"]}
    assert "was" in fields["status"]
    assert "cf[10051]" in fields
    assert {"value": "currentUser()", "displayName": "currentUser()", "isList": "false"}.items() <= next(
        one for one in data["visibleFunctionNames"] if one["value"] == "currentUser()"
    ).items()
    picked = ask("GET", "/issue/picker", query="login").json()["sections"][0]["issues"]
    assert [one["key"] for one in picked] == ["NIM-2"]

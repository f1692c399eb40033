"""Clauses and functions of JQL that Atlassian documents and people write, on the small site."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.jira import loading
from sandbox.jira.access import Eyes
from sandbox.jira.jql import JqlError, parse
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope

NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
Find = Callable[[str], list[int]]


@pytest.fixture
def find(small_site: Callable[[str], dict[str, Any]]) -> Callable[[str], Find]:
    def on(deployment: str) -> Find:
        document = small_site(deployment)
        document["users"][0]["groups"] = ["staff"]
        document["projects"][0]["roles"] = {"Developers": [{"group": "staff"}]}
        document["issues"][1]["remotelinks"] = [{"id": 1, "globalId": "https://docs.nimbus.example/7", "object": {}}]
        document["issues"][2]["fields"]["fixVersions"] = [{"name": "2.0"}]
        document["issues"][2]["fields"]["priority"] = {"name": "Medium"}
        state = loading.load(document)
        scope = Scope(state=state, eyes=Eyes(state, state.user_id("ann")), moment=Moment(now=NOW, zone=UTC))

        def keys(text: str) -> list[int]:
            test = compile_query(parse(text), scope).test
            return sorted(int(one.id) for one in state.issues.values() if test(one))

        return keys

    return on


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("key > NIM-1 AND key <= NIM-3", [101, 102]),
        ("key >= SEC-1", [104]),
        ("priority > Medium", [101]),
        ("priority <= High", [101, 102]),
        ("fixVersion < 2.0", [101]),
        ("fixVersion >= earliestUnreleasedVersion(NIM)", [101, 102]),
        ("issueLinkType = blocks", [101]),
        ('issueLinkType = "is blocked by"', [103]),
        ('issue in issuesWithRemoteLinksByGlobalId("https://docs.nimbus.example/7", other)', [101]),
        ('project in projectsWhereUserHasRole("developers")', [100, 101, 102, 103]),
        ("labels = WEB AND labels in (Scope:si-03)", [101]),
        ("fixVersion in (latestReleasedVersion(), earliestUnreleasedVersion())", [101]),
        ("NOT assignee = ann", [101]),  # as in Jira: issues without an assignee differ from nobody
        ("NOT (assignee = ann OR labels = red)", [101]),
        ("description !~ nothing", [101]),
        ("NOT text ~ login", [100, 101, 102, 103, 104]),  # some text of each does not say so
    ],
)
@pytest.mark.parametrize("deployment", ["cloud", "data-center"])
def test_what_is_documented_of_both(find: Callable[[str], Find], deployment: str, text: str, found: list[int]) -> None:
    assert find(deployment)(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"Billable[Dropdown]" = Yes', [103]),
        ('"scope item[short text]" ~ "SI-03"', [101]),
        ("issueLink = NIM-4", [101]),
        ("issueLink is not EMPTY", [101, 103]),
        ("parentEpic = NIM-1", [101, 102]),
        ("parentEpic is EMPTY", [100, 103, 104]),
    ],
)
def test_what_is_of_cloud_alone(find: Callable[[str], Find], text: str, found: list[int]) -> None:
    assert find("cloud")(text) == found
    with pytest.raises(JqlError, match=r"does not exist|is not searchable"):
        find("data-center")(text)


@pytest.mark.loopback
@pytest.mark.parametrize(
    ("order", "keys"),
    [
        (
            "priority DESC",
            ["SEC-1", "NIM-1", "NIM-2", "NIM-3"],
        ),  # the highest before the lower; nothing first, downwards
        ("priority ASC", ["NIM-3", "NIM-2", "NIM-1", "SEC-1"]),
        ("assignee", ["NIM-2", "NIM-1", "NIM-3", "SEC-1"]),  # by the names that people read
        ("fixVersion DESC, key", ["NIM-2", "SEC-1", "NIM-1", "NIM-3"]),
        ("Billable, key DESC", ["NIM-1", "SEC-1", "NIM-3", "NIM-2"]),
        ("project DESC, key", ["SEC-1", "NIM-1", "NIM-2", "NIM-3"]),
    ],
)
def test_values_are_ordered_as_the_site_orders_them(connect: Callable[..., Any], order: str, keys: list[str]) -> None:
    api = connect("cloud")
    document = api.service.dump_state()
    document["priorities"] = [{"id": "9", "name": "Highest"}, {"id": "2", "name": "High"}, {"id": "1", "name": "Low"}]
    document["users"][0]["displayName"] = "Zoe"  # whose id comes before the others'
    rows = {row["key"]: row["fields"] for row in document["issues"]}
    values = {
        "NIM-1": {
            "priority": "Highest",
            "assignee": "acc:bot",
            "fixVersions": ["501"],
            "customfield_10051": {"id": "1"},
        },
        "NIM-2": {"priority": "High", "assignee": "acc:bob", "fixVersions": [], "customfield_10051": None},
        "NIM-3": {"priority": "Low", "assignee": "acc:ann", "fixVersions": ["500"], "customfield_10051": {"id": "2"}},
        "SEC-1": {"priority": None, "assignee": None, "fixVersions": [], "customfield_10051": {"id": "2"}},
    }
    for key, more in values.items():
        rows[key] |= more
    document["issues"] = [row for row in document["issues"] if row["key"] in values]
    api.service.load_state(document)
    assert api.keys(f"created > 0 ORDER BY {order}") == keys


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("text !~ login", "The operator '!~' is not supported by the 'text' field."),
        ("comment is EMPTY", "The operator 'is' is not supported by the 'comment' field."),
        ('summary ~ ""', "The field 'summary' does not support searching for an empty string."),
        ('text ~ "AND"', "Unable to parse the text 'AND' for field 'text'."),
        ('text ~ "(login"', "Unable to parse the text '(login' for field 'text'."),
        ("created > now(-30d)", "Function 'now' expected '0' arguments but received '1'."),
        (
            "created > startOfDay(soon)",
            "Duration for function 'startOfDay' should have the format (+/-)n(yMwdm), e.g -1M for 1 month earlier.",
        ),
        ("status changed before (11, 12)", "The BEFORE predicate must be supplied with only 1 date value."),
        ("status changed during 11", "The DURING predicate must be supplied with exactly 2 date values."),
        (
            'status changed after "20/12/10"',
            (
                "Date value '20/12/10' for predicate 'after' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
            ),
        ),
        ("status > Done", "The operator '>' is not supported by the 'status' field."),
        ("priority > EMPTY", "The operator '>' is not supported for EMPTY by the 'priority' field."),
    ],
)
def test_what_is_refused(find: Callable[[str], Find], text: str, message: str) -> None:
    with pytest.raises(JqlError) as caught:
        find("cloud")(text)
    assert caught.value.messages == [message]


@pytest.mark.loopback
def test_a_field_says_how_cloud_writes_its_type(connect: Callable[..., Any]) -> None:
    names = {row["id"]: row["clauseNames"] for row in connect("cloud").get("/field")}
    assert names["customfield_10051"] == ["cf[10051]", "Billable", "Billable[Dropdown]"]
    names = {row["id"]: row["clauseNames"] for row in connect("data-center").get("/field")}
    assert names["customfield_10051"] == ["cf[10051]", "Billable"]


@pytest.mark.loopback
def test_radio_buttons_can_be_made_and_asked_for(connect: Callable[..., Any]) -> None:
    bot = connect("cloud", user="bot")
    bot.service.site.state.projects["10001"]["administer"] = ["acc:bot"]
    made = bot(
        "POST",
        "/field",
        {"name": "Phase", "type": "com.atlassian.jira.plugin.system.customfieldtypes:radiobuttons"},
    )
    assert made.status_code == 201, made.text
    assert made.json()["clauseNames"][2] == "Phase[Radio Buttons]"
    assert bot.keys('"Phase[Radio Buttons]" is EMPTY AND key = NIM-1') == ["NIM-1"]

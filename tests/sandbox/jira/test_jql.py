import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sandbox.jira import loading
from sandbox.jira.access import Eyes
from sandbox.jira.jql import Clause, Function, JqlError, Junction, Negation, Several, Value, parse
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope

NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)  # a Wednesday


def site(*issues: dict[str, Any]) -> dict[str, Any]:
    return {
        "deployment": "cloud",
        "users": [{"accountId": "a", "displayName": "Ann"}, {"accountId": "b", "displayName": "Bob"}],
        "projects": [
            {"key": "ABC", "id": "1", "name": "Alpha", "versions": [{"id": "9", "name": "1.0"}]},
            {"key": "NO", "id": "2", "name": "Nothing", "browse": ["b"]},
        ],
        "issuetypes": [{"id": "1", "name": "Task"}, {"id": "2", "name": "Epic", "hierarchyLevel": 1}],
        "statuses": [{"id": "1", "name": "To Do", "category": "new"}, {"id": "2", "name": "Done", "category": "done"}],
        "resolutions": [{"id": "1", "name": "Fixed"}],
        "fields": [
            {"id": "customfield_1", "name": "Scope item", "type": "text"},
            {"id": "customfield_2", "name": "Billable", "type": "select", "options": [{"id": "1", "value": "Yes"}]},
            {"id": "customfield_3", "name": "Points", "type": "number"},
        ],
        "issues": list(issues),
    }


def issue(number: int, **fields: Any) -> dict[str, Any]:
    base = {"issuetype": {"name": "Task"}, "summary": f"Number {number}", "created": "2026-06-01T00:00:00.000+0000"}
    return {"id": str(number), "key": f"ABC-{number}", "fields": {**base, **fields}}


STATE = loading.load(
    site(
        issue(
            1, issuetype={"name": "Epic"}, assignee="a", labels=["red", "scope:SI-1"], updated="2026-06-17T11:50:00Z"
        ),
        issue(2, parent={"key": "ABC-1"}, assignee="b", updated="2026-06-17T11:30:30Z", duedate="2026-06-20"),
        issue(
            3,
            status={"name": "Done"},
            resolution={"name": "Fixed"},
            resolutiondate="2026-06-10T00:00:00Z",
            updated="2026-06-10T22:30:00Z",
            fixVersions=[{"name": "1.0"}],
            description="The quick brown fox",
            customfield_1="SI-03",
            customfield_2={"value": "Yes"},
            customfield_3=5,
        ),
    )
)


def run(text: str, *, zone: Any = UTC, uid: str | None = "a", lenient: bool = False) -> list[int]:
    scope = Scope(state=STATE, eyes=Eyes(STATE, uid), moment=Moment(now=NOW, zone=zone), lenient=lenient)
    compiled = compile_query(parse(text), scope)
    found = [one for one in STATE.issues.values() if compiled.test(one)]
    for key, descending in reversed(compiled.order):
        found.sort(key=key, reverse=descending)
    return [int(one.id) for one in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("project = ABC", [3, 2, 1]),
        ("project = abc order by key", [1, 2, 3]),
        ('project in (ABC, "Alpha", 1) ORDER BY updated DESC, id ASC', [1, 2, 3]),
        ("key in (ABC-1, ABC-3)", [3, 1]),
        ("id = 2", [2]),
        ("issuekey != ABC-1", [3, 2]),
        ('status = "To Do"', [2, 1]),
        ("statusCategory = Done", [3]),
        ("statusCategory != Done", [2, 1]),
        ("type = Epic", [1]),
        ("issuetype not in (Epic)", [3, 2]),
        ("labels = red", [1]),
        ("labels = scope:SI-1", [1]),
        ("labels != red", []),  # as in Jira: an empty field does not differ
        ("labels is EMPTY", [3, 2]),
        ("labels is not empty", [1]),
        ("resolution = Unresolved", [2, 1]),
        ("resolution is not null", [3]),
        ("assignee = currentUser()", [1]),
        ("assignee in (a, b)", [2, 1]),
        ("fixVersion = 1.0", [3]),
        ("parent = ABC-1", [2]),
        ('"Epic Link" = ABC-1', [2]),
        ('text ~ "brown fox"', [3]),
        ('text ~ "fox quick"', [3]),
        ('text ~ "\\"fox quick\\""', []),
        ('summary ~ "numb*"', [3, 2, 1]),
        ('summary !~ "2"', [3, 1]),
        ('"Scope item" ~ "SI-03"', [3]),
        ("cf[1] is EMPTY", [2, 1]),
        ("Billable = Yes", [3]),
        ("cf[2] = Yes", [3]),
        ("Points >= 5", [3]),
        ("Points in (1, 5)", [3]),
        ("due = 2026-06-20", [2]),
        ("duedate < 2026-06-20", []),
        ("due <= 3d", [2]),
        ('resolutiondate > "2026/06/09"', [3]),
        ("NOT (type = Epic OR assignee = b)", []),  # as in Jira: that is assignee != b
        ("NOT (type = Epic AND assignee = b)", [3, 2, 1]),
        ("!(type = Epic) and not assignee is empty", [2]),
        ("type = Epic or assignee = b and labels = red", [1]),
        ("updated >= -10m", [1]),
        ("updated >= -11m AND updated <= now()", [1]),
        ("updated > -1w AND updated < startOfDay()", [3]),
        ("updated >= startOfWeek(-1) and updated < startOfWeek()", [3]),
        ("created >= startOfYear() AND created <= endOfMonth()", [3, 2, 1]),
        ("updated >= 1781695830000", [2, 1]),
        ("updated > 1781695830000", [1]),
    ],
)
def test_what_a_query_finds(text: str, found: list[int]) -> None:
    assert run(text) == found


def test_absolute_dates_are_in_the_callers_zone_and_of_minutes() -> None:
    assert run('updated >= "2026/06/17 11:30"') == [2, 1]
    assert run('updated >= "2026-06-17 11:31"') == [1]
    assert run('updated >= "2026/06/17 13:30"', zone=ZoneInfo("Europe/Berlin")) == [2, 1]
    assert run('updated >= "2026/06/17 11:30"', zone=ZoneInfo("America/New_York")) == []
    assert run("updated >= 2026-06-11", zone=ZoneInfo("Europe/Berlin")) == [3, 2, 1]
    assert run("updated >= 2026-06-11") == [2, 1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nope = 1", "Field 'nope' does not exist or you do not have permission to view it."),
        ("project = NO", "The value 'NO' does not exist for the field 'project'."),
        ("status = Nope", "The value 'Nope' does not exist for the field 'status'."),
        ("fixVersion = 7", "The value '7' does not exist for the field 'fixVersion'."),
        ("key = ABC-99", "An issue with key 'ABC-99' does not exist for field 'key'."),
        ("Billable = Perhaps", "The option 'Perhaps' for field 'Billable' does not exist."),
        ("summary = x", "The operator '=' is not supported by the 'summary' field."),
        ("status ~ x", "The operator '~' is not supported by the 'status' field."),
        ("assignee = foo()", "Unable to find JQL function 'foo()'."),
        ("project = ABC order by nope", "Not able to sort using field 'nope'."),
    ],
)
def test_what_is_refused_and_how(text: str, message: str) -> None:
    with pytest.raises(JqlError) as caught:
        run(text)
    assert caught.value.messages == [message]


def test_all_errors_come_at_once() -> None:
    with pytest.raises(JqlError) as caught:
        run("nope = 1 AND status = Nope")
    assert len(caught.value.messages) == 2


@pytest.mark.parametrize("text", ["project =", "= 1", "project = ABC AND", "project = (", "a b", 'x = "open', "order"])
def test_what_is_no_query(text: str) -> None:
    with pytest.raises(JqlError, match="Error in the JQL Query"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("updated > 2026/06/09", "The character '/' is a reserved JQL character."),
        ("assignee = ann@nimbus.example", "The character '@' is a reserved JQL character."),
        ("project = ON", "'ON' is a reserved JQL word."),
        ("labels in (input)", "'input' is a reserved JQL word."),
    ],
)
def test_what_must_stand_in_quotes(text: str, message: str) -> None:
    with pytest.raises(JqlError, match=re.escape(message)):
        parse(text)


def test_a_wrong_date_names_the_forms() -> None:
    with pytest.raises(JqlError, match="Valid formats include: 'yyyy/MM/dd HH:mm'"):
        run("updated > 12.12.2026")


def test_a_caller_with_wrong_credentials_is_refused_nothing_and_finds_nothing() -> None:
    assert run("project = ABC AND key = ABC-1", uid=None, lenient=True) == []


def test_the_tree() -> None:
    query = parse("a = 1 AND (b in (x, \"y z\") OR NOT c = f('p', q)) ORDER BY d DESC, e")
    assert query.where == Junction(
        conjunction=True,
        parts=(
            Clause(field="a", operator="=", operand=Value(text="1", quoted=False)),
            Junction(
                conjunction=False,
                parts=(
                    Clause(
                        field="b",
                        operator="in",
                        operand=Several(items=(Value(text="x", quoted=False), Value(text="y z", quoted=True))),
                    ),
                    Negation(part=Clause(field="c", operator="=", operand=Function(name="f", arguments=("p", "q")))),
                ),
            ),
        ),
    )
    assert query.order == (("d", True), ("e", False))

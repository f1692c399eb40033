"""`WAS`, `CHANGED` and entity properties in JQL."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.jira import loading
from sandbox.jira.access import Eyes
from sandbox.jira.jql import JqlError, parse
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope
from sandbox.jira.state import State

NOW = datetime(2026, 6, 17, 12, 0, tzinfo=UTC)
STATUSES = {"1": "To Do", "2": "Doing", "3": "Done"}
PEOPLE = ("a", "b", None)


def site(issues: list[dict[str, Any]]) -> State:
    return loading.load(
        {
            "deployment": "cloud",
            "users": [{"accountId": "a", "displayName": "Ann"}, {"accountId": "b", "displayName": "Bob"}],
            "projects": [
                {
                    "key": "ABC",
                    "id": "1",
                    "name": "Alpha",
                    "versions": [{"id": "8", "name": "1.0"}, {"id": "9", "name": "2.0"}],
                }
            ],
            "issuetypes": [{"id": "1", "name": "Task"}],
            "statuses": [{"id": one, "name": name} for one, name in STATUSES.items()],
            "issues": issues,
        }
    )


def day(number: float) -> str:
    return f"{datetime(2026, 5, 1, tzinfo=UTC) + timedelta(days=number):%Y-%m-%dT%H:%M:%S.000+0000}"


def entry(number: float, author: str, *items: tuple[str, str | None, str | None]) -> dict[str, Any]:
    rows = [
        {
            "field": "Fix Version" if field == "fixVersions" else field,
            "fieldId": field,
            "from": before,
            "fromString": STATUSES.get(before or ""),
            "to": after,
            "toString": STATUSES.get(after or ""),
        }
        for field, before, after in items
    ]
    return {"id": str(round(number * 100)), "author": author, "created": day(number), "items": rows}


def issue(number: int, *entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    base = {"issuetype": {"name": "Task"}, "summary": "s", "created": day(0), "creator": "a", "status": {"id": "1"}}
    properties = fields.pop("properties", {})
    return {
        "id": str(number),
        "key": f"ABC-{number}",
        "fields": {**base, **fields},
        "changelog": list(entries),
        "properties": properties,
    }


def run(state: State, text: str) -> list[int]:
    scope = Scope(state=state, eyes=Eyes(state, "a"), moment=Moment(now=NOW, zone=UTC))
    test = compile_query(parse(text), scope).test
    return [int(one.id) for one in state.issues.values() if test(one)]


FLOW = site(
    [
        issue(1),
        issue(2, entry(2, "a", ("status", "1", "2")), entry(5, "b", ("status", "2", "3")), status={"id": "3"}),
        issue(3, entry(4, "b", ("status", "1", "2"), ("assignee", None, "b")), status={"id": "2"}, assignee="b"),
        issue(
            4,
            entry(1, "a", ("fixVersions", None, "8")),
            entry(3, "a", ("fixVersions", "8", None)),
            entry(3, "a", ("fixVersions", None, "9")),
            fixVersions=[{"id": "9"}],
        ),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('status WAS "To Do"', [1, 2, 3, 4]),
        ("status was Doing", [2, 3]),
        ("status WAS NOT Doing", [1, 4]),
        ("status was in (Doing, Done)", [2, 3]),
        ("status was not in (Doing, Done)", [1, 4]),
        ("status WAS Doing BEFORE 2026-05-04", [2]),
        ("status WAS Doing AFTER 2026-05-06", [3]),
        ("status WAS Doing ON 2026-05-04", [2]),
        ("status was Doing during (2026-05-01, 2026-05-02)", []),
        ('status WAS Doing DURING ("2026-05-05", "2026-05-06")', [2, 3]),
        ("status WAS Doing BY b", [3]),
        ("status WAS Doing BY currentUser() BEFORE now()", [2]),
        ("status CHANGED", [2, 3]),
        ("status changed and assignee changed", [3]),
        ("status CHANGED AFTER 2026-05-05", [2]),
        ("status CHANGED AFTER 2026-05-06", []),
        ("status CHANGED BEFORE 2026-05-04", [2]),
        ("status CHANGED ON 2026-05-05", [3]),
        ("status CHANGED DURING (2026-05-03, 2026-05-05)", [2, 3]),
        ("status CHANGED FROM Doing TO Done", [2]),
        ('status CHANGED FROM "To Do" TO Doing BY b AFTER 2026-05-02', [3]),
        ("NOT status CHANGED", [1, 4]),
        ("(status CHANGED BY (a, b)) OR fixVersion CHANGED", [2, 3, 4]),
        ("assignee WAS EMPTY", [1, 2, 3, 4]),
        ("assignee WAS b", [3]),
        ("assignee WAS NOT EMPTY", []),
        ("assignee CHANGED FROM EMPTY", [3]),
        ('fixVersion WAS "1.0"', [4]),
        ('fixVersion WAS "1.0" AFTER 2026-05-05', []),
        ('fixVersion WAS "2.0" AFTER 2026-05-05', [4]),
        ("fixVersion WAS EMPTY BEFORE 2026-05-03", [1, 2, 3, 4]),
        ("status CHANGED AFTER -45d ORDER BY key", [2, 3]),
    ],
)
def test_the_past(text: str, found: list[int]) -> None:
    assert run(FLOW, text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("summary WAS x", "History searches do not support the 'summary' field."),
        ("nothing CHANGED", "Field 'nothing' does not exist"),
        ("status WAS Nowhere", "The value 'Nowhere' does not exist for the field 'status'."),
        ("status WAS Done FROM Doing", "not supported by the operator 'was'"),
        ("status CHANGED DURING 2026-05-03", "exactly 2 date values"),
        ("status CHANGED AFTER tomorrow", "Date value 'tomorrow' for predicate 'after' is invalid"),
        ("status CHANGED BY a BY b", "given twice"),
        ("comment.property[x] = 1", "does not exist"),
    ],
)
def test_what_is_wrong_with_a_clause_on_the_past_is_said(text: str, said: str) -> None:
    with pytest.raises(JqlError, match=said.replace("(", r"\(")):
        run(FLOW, text)


def timeline(raw: dict[str, Any], field: str) -> list[tuple[str | None, float, float, str]]:
    """The values of a field by walking its entries: (value, from, until, who set it)."""
    steps = []
    for one in raw["changelog"]:
        steps += [
            (float(one["id"]) / 100, item["from"], item["to"], one["author"])
            for item in one["items"]
            if item["fieldId"] == field
        ]
    value = steps[0][1] if steps else raw["now"][field]
    spans, since, by = [], 0.0, "a"
    for at, _, after, author in steps:
        spans.append((value, since, at, by))
        value, since, by = after, at, author
    return [*spans, (value, since, 1e9, by)]


def test_random_histories_are_searched_as_a_walk_over_them_finds() -> None:
    chance = random.Random(7)  # noqa: S311 - a seed, so that a failure can be seen again
    raws = []
    for number in range(1, 61):
        now: dict[str, str | None] = {"status": "1", "assignee": None}
        entries = []
        for at in sorted(chance.sample(range(1, 40), chance.randrange(5))):
            field = chance.choice(("status", "assignee"))
            options = [one for one in (STATUSES if field == "status" else PEOPLE) if one != now[field]]
            after = chance.choice(options)
            entries.append(entry(at + 0.5, chance.choice("ab"), (field, now[field], after)))
            now[field] = after
        raw = issue(number, *entries, status={"id": now["status"]}, assignee=now["assignee"])
        raws.append({**raw, "now": now})
    state = site([{key: value for key, value in raw.items() if key != "now"} for raw in raws])
    telling = 0
    for _ in range(150):
        field, first, second = chance.choice(("status", "assignee")), chance.randrange(40), chance.randrange(40)
        low, high = min(first, second), max(first, second)
        value = chance.choice(list(STATUSES) if field == "status" else ["a", "b"])
        text_value = quoted(STATUSES[value]) if field == "status" else value
        who = chance.choice((None, "a", "b"))
        by = f" BY {who}" if who else ""
        limit, inside = chance.choice(limits(low, high))
        was = f"{field} WAS {text_value}{by}{limit}"
        changed = f"{field} CHANGED TO {text_value}{by}{limit}"
        expected: dict[str, list[int]] = {was: [], changed: []}
        for raw in raws:
            spans = [one for one in timeline(raw, field) if one[0] == value and who in (None, one[3])]
            if any(inside(start, end) for _, start, end, _ in spans):
                expected[was].append(int(raw["id"]))
            if any(inside(start, start) for _, start, _, _ in spans if start > 0):
                expected[changed].append(int(raw["id"]))
        for text, ids in expected.items():
            assert run(state, text) == ids, text
            telling += 0 < len(ids) < len(raws)
    assert telling > 150


def quoted(text: str) -> str:
    return f'"{text}"'


def limits(low: int, high: int) -> list[tuple[str, Callable[[float, float], bool]]]:
    """Predicates of time and what they mean; changes fall on noon, so that no bound meets one."""
    return [
        ("", lambda *_: True),
        (f" AFTER {day(low)[:10]}", lambda *span: span[1] > low),
        (f" BEFORE {day(high)[:10]}", lambda *span: span[0] < high),
        (f" ON {day(low)[:10]}", lambda start, end: start < low + 1 and end > low),
        (f" DURING ({day(low)[:10]}, {day(high)[:10]})", lambda start, end: start <= high and end > low),
    ]


MARKED = site(
    [
        issue(1, properties={"syncline": {"op": 1, "hash": "abc", "tags": ["red", "blue"], "at": "2026-05-04"}}),
        issue(2, properties={"syncline": {"op": 20, "done": True, "text": "The quick fox"}}),
        issue(3, properties={"other": 5}),
        issue(4),
    ]
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("issue.property[syncline].op = 1", [1]),
        ("issue.property['syncline'].op > 1", [2]),
        ('issue.property["syncline"].op in (1, 20)', [1, 2]),
        ("issue.property[syncline].op != 1", [2]),
        ("issue.property[syncline].hash = ABC", [1]),
        ("issue.property[syncline].tags = blue", [1]),
        ("issue.property[syncline].done = 'true'", [2]),
        ("issue.property[syncline].text ~ quick", [2]),
        ("issue.property[syncline].at <= 2026-05-04", [1]),
        ("issue.property[other] = 5", [3]),
        ("issue.property[syncline].op is EMPTY", [3, 4]),
        ("issue.property[syncline].op is not EMPTY AND NOT issue.property[syncline].op = 1", [2]),
    ],
)
def test_entity_properties(text: str, found: list[int]) -> None:
    assert run(MARKED, text) == found

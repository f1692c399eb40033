"""Over a hundred queries over recorded issues of a real Jira; a filter over the raw JSON confirms each answer."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from operator import ge, gt, le, lt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from sandbox.core.server import running
from sandbox.jira import loading, samples
from sandbox.jira.service import JiraService

pytestmark = pytest.mark.loopback

Raw = dict[str, Any]
Keep = Callable[[Raw], bool]
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def raws(samples: Path) -> list[Raw]:
    with gzip.open(samples / "jira_server_issues.jsonl.gz", "rt", encoding="utf-8") as source:
        return [json.loads(line) for line in source]


def name_of(field: str) -> Callable[[Raw], str | None]:
    return lambda raw: (raw["fields"].get(field) or {}).get("name")


def names_of(field: str) -> Callable[[Raw], list[str]]:
    """Labels, which are plain texts, are searched without regard to case."""
    return lambda raw: [
        one.casefold() if isinstance(one, str) else one["name"] for one in raw["fields"].get(field) or []
    ]


def instant(raw: Raw, field: str) -> datetime | None:
    text = raw["fields"].get(field)
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z") if text else None


def when(text: str, zone: Any = UTC) -> datetime:
    form = "%Y-%m-%d %H:%M" if ":" in text else "%Y-%m-%d"
    return datetime.strptime(text.replace("/", "-"), form).replace(tzinfo=zone)


def words(text: str | None) -> set[str]:
    return set(re.findall(r"\w+", (text or "").casefold()))


def commonest(raws: list[Raw], get: Callable[[Raw], Any], count: int) -> list[str]:
    """The values that most issues have; ties in the order of the alphabet."""
    tally: Counter[str] = Counter()
    for raw in raws:
        value = get(raw)
        tally.update([value] if isinstance(value, str) else value or [])
    return [one for one, _ in sorted(tally.items(), key=lambda pair: (-pair[1], pair[0]))[:count]]


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def single_valued(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    """Equality, lists and emptiness on fields with one value."""
    for field, clause in (("status", "status"), ("priority", "priority"), ("issuetype", "type")):
        get = name_of(field)
        first, second, third = commonest(raws, get, 3)
        yield f"{clause} = {quoted(first)}", lambda raw, g=get, a=first: g(raw) == a
        yield f"{clause} != {quoted(first)}", lambda raw, g=get, a=first: g(raw) not in (None, a)
        yield f"{clause} in ({quoted(second)}, {quoted(third)})", lambda raw, g=get, s=(second, third): g(raw) in s
        yield (
            f"{clause} not in ({quoted(first)}, {quoted(third)})",
            lambda raw, g=get, s=(first, third): g(raw) is not None and g(raw) not in s,
        )
        yield f"{clause} is EMPTY", lambda raw, g=get: g(raw) is None
        yield f"NOT {clause} = {quoted(second)}", lambda raw, g=get, a=second: g(raw) not in (None, a)
    for field in ("assignee", "reporter", "creator"):
        get = name_of(field)
        first, second = commonest(raws, get, 2)
        yield f"{field} = {quoted(first)}", lambda raw, g=get, a=first: g(raw) == a
        yield f"{field} != {quoted(second)}", lambda raw, g=get, a=second: g(raw) not in (None, a)
        yield f"{field} in ({quoted(first)}, {quoted(second)})", lambda raw, g=get, s=(first, second): g(raw) in s
    yield "assignee is EMPTY", lambda raw: not raw["fields"].get("assignee")
    yield "assignee is not EMPTY", lambda raw: bool(raw["fields"].get("assignee"))
    yield "assignee = currentUser() OR assignee = EMPTY", lambda raw: not raw["fields"].get("assignee")
    yield "resolution = Unresolved", lambda raw: not raw["fields"].get("resolution")
    yield "resolution is not EMPTY", lambda raw: bool(raw["fields"].get("resolution"))
    resolution = commonest(raws, name_of("resolution"), 1)[0]
    yield f"resolution = {quoted(resolution)}", lambda raw: name_of("resolution")(raw) == resolution


def projects_and_keys(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    first, second, third = commonest(raws, lambda raw: raw["fields"]["project"]["key"], 3)
    key = lambda raw: raw["fields"]["project"]["key"]  # noqa: E731 - read on the spot
    whole = next(raw["fields"]["project"]["name"] for raw in raws if key(raw) == second)
    yield f"project = {first}", lambda raw: key(raw) == first
    yield f"project != {first.lower()}", lambda raw: key(raw) != first
    yield f"project in ({second}, {third})", lambda raw: key(raw) in (second, third)
    yield f"project = {quoted(whole)}", lambda raw: raw["fields"]["project"]["name"] == whole
    keys = [raw["key"] for raw in raws[::60]]
    yield f"key in ({', '.join(keys)})", lambda raw: raw["key"] in keys
    yield f"issuekey != {keys[0]}", lambda raw: raw["key"] != keys[0]
    yield f"id in ({raws[3]['id']}, {raws[30]['id']})", lambda raw: raw["id"] in (raws[3]["id"], raws[30]["id"])
    parent = next(raw["fields"]["parent"]["key"] for raw in raws if raw["fields"].get("parent"))
    if parent in {raw["key"] for raw in raws}:
        yield f"parent = {parent}", lambda raw: (raw["fields"].get("parent") or {}).get("key") == parent
    yield "parent is not EMPTY", lambda raw: bool(raw["fields"].get("parent"))


def several_valued(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    for field, clause in (
        ("labels", "labels"),
        ("components", "component"),
        ("fixVersions", "fixVersion"),
        ("versions", "affectedVersion"),
    ):
        get = names_of(field)
        first, second, third = commonest(raws, get, 3)
        yield f"{clause} = {quoted(first)}", lambda raw, g=get, a=first: a in g(raw)
        yield (
            f"{clause} != {quoted(first)}",
            lambda raw, g=get, a=first: bool(g(raw)) and a not in g(raw),
        )
        yield (
            f"{clause} in ({quoted(second)}, {quoted(third)})",
            lambda raw, g=get, s={second, third}: bool(s & set(g(raw))),
        )
        yield f"{clause} is EMPTY", lambda raw, g=get: not g(raw)
        yield (
            f"NOT {clause} in ({quoted(first)}, {quoted(third)})",
            lambda raw, g=get, s={first, third}: bool(g(raw)) and s.isdisjoint(g(raw)),
        )
        yield (
            f"{clause} = {quoted(first)} OR {clause} is EMPTY",
            lambda raw, g=get, a=first: not g(raw) or a in g(raw),
        )


def dates(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    for field, clause in (("created", "created"), ("updated", "updated"), ("resolutiondate", "resolved")):
        found = sorted(stamp for raw in raws if (stamp := instant(raw, field)))
        low, middle = found[len(found) // 4], found[len(found) // 2]
        day, minute = f"{low:%Y-%m-%d}", f"{middle.astimezone(UTC):%Y/%m/%d %H:%M}"

        def at(raw: Raw, name: str = field) -> datetime:
            return instant(raw, name) or datetime.max.replace(tzinfo=UTC)

        def has(raw: Raw, name: str = field) -> bool:
            return instant(raw, name) is not None

        yield f"{clause} >= {day}", lambda raw, h=has, a=at, d=day: h(raw) and a(raw) >= when(d)
        yield f'{clause} < "{minute}"', lambda raw, h=has, a=at, m=minute: h(raw) and a(raw) < when(m)
        yield (
            f'{clause} > {day} AND {clause} <= "{minute}"',
            lambda raw, h=has, a=at, d=day, m=minute: h(raw) and when(d) < a(raw) <= when(m),
        )
        epoch = int(middle.timestamp() * 1000)
        yield f"{clause} >= {epoch}", lambda raw, h=has, a=at, e=middle: h(raw) and a(raw) >= e
        yield f"{clause} <= -1d", lambda raw, h=has: h(raw)
        yield f"NOT {clause} < {day}", lambda raw, h=has, a=at, d=day: h(raw) and a(raw) >= when(d)
    yield "resolved is EMPTY", lambda raw: not raw["fields"].get("resolutiondate")


def texts(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    common = ("the", "a", "to", "in", "is", "on", "of", "and", "for", "not", "with")
    summary = [
        one
        for one in commonest(raws, lambda raw: sorted(words(raw["fields"].get("summary"))), 60)
        if one not in common and one.isalpha()
    ]
    first, second, third = summary[:3]
    yield f"summary ~ {quoted(first)}", lambda raw: first in words(raw["fields"]["summary"])
    yield f"summary !~ {quoted(first)}", lambda raw: first not in words(raw["fields"]["summary"])
    both = quoted(f"{first} {second}")
    yield f"summary ~ {both}", lambda raw: {first, second} <= words(raw["fields"]["summary"])
    yield f"description ~ {quoted(third)}", lambda raw: third in words(raw["fields"].get("description"))
    start = second[:4]
    yield (
        f"summary ~ {quoted(start + '*')}",
        lambda raw: any(one.startswith(start) for one in words(raw["fields"]["summary"])),
    )
    yield "description is EMPTY", lambda raw: not raw["fields"].get("description")
    yield "environment is not EMPTY", lambda raw: bool(raw["fields"].get("environment"))
    said = lambda raw: [one.get("body") for one in raw["fields"]["comment"]["comments"]]  # noqa: E731
    yield "comment ~ tested", lambda raw: any("tested" in words(body) for body in said(raw))


def combined(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    project = commonest(raws, lambda raw: raw["fields"]["project"]["key"], 1)[0]
    component = commonest(raws, names_of("components"), 1)[0]
    label = commonest(raws, names_of("labels"), 1)[0]
    bug = lambda raw: name_of("issuetype")(raw) == "Bug"  # noqa: E731 - read on the spot
    mine = lambda raw: raw["fields"]["project"]["key"] == project  # noqa: E731
    category = lambda raw: raw["fields"]["status"]["statusCategory"]["key"]  # noqa: E731
    yield "statusCategory = Done", lambda raw: category(raw) == "done"
    yield "statusCategory != done AND type = Bug", lambda raw: category(raw) != "done" and bug(raw)
    yield 'statusCategory in ("To Do", indeterminate)', lambda raw: category(raw) in ("new", "indeterminate")
    yield (
        f"project = {project} AND (type = Bug OR labels is EMPTY)",
        lambda raw: mine(raw) and (bug(raw) or not raw["fields"].get("labels")),
    )
    yield (
        f"project = {project} OR type = Bug AND labels is EMPTY",
        lambda raw: mine(raw) or (bug(raw) and not raw["fields"].get("labels")),
    )
    yield f"NOT (project = {project} OR type = Bug)", lambda raw: not (mine(raw) or bug(raw))
    yield (
        f"project = {project} && !(type = Bug) || labels = {quoted(label)}",
        lambda raw: (mine(raw) and not bug(raw)) or label in names_of("labels")(raw),
    )
    yield (
        f"component = {quoted(component)} and resolution is empty and assignee is not empty",
        lambda raw: (
            component in names_of("components")(raw)
            and not raw["fields"].get("resolution")
            and bool(raw["fields"].get("assignee"))
        ),
    )
    yield (
        "type = Bug AND NOT status in (Closed, Resolved) ORDER BY created DESC",
        lambda raw: bug(raw) and name_of("status")(raw) not in ("Closed", "Resolved"),
    )


def denied(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    """`NOT` is carried down to the clauses: what is empty does not differ from anything."""
    single = {"status": "status", "priority": "priority", "type": "issuetype", "assignee": "assignee"}
    for clause, field in {**single, "reporter": "reporter", "resolution": "resolution"}.items():
        get = name_of(field)
        a, b = commonest(raws, get, 2)
        yield f"NOT {clause} in ({quoted(a)}, {quoted(b)})", lambda raw, g=get, s=(None, a, b): g(raw) not in s
        yield f"NOT NOT {clause} = {quoted(a)}", lambda raw, g=get, a=a: g(raw) == a
        yield (
            f"NOT ({clause} = {quoted(a)} AND labels is EMPTY)",
            lambda raw, g=get, a=a: g(raw) not in (None, a) or bool(raw["fields"].get("labels")),
        )
        yield f"NOT {clause} != {quoted(b)}", lambda raw, g=get, b=b: g(raw) == b
    label, component = commonest(raws, names_of("labels"), 1)[0], commonest(raws, names_of("components"), 1)[0]
    others = lambda raw, field, one: bool(names_of(field)(raw)) and one not in names_of(field)(raw)  # noqa: E731
    yield (
        f"NOT (labels = {quoted(label)} OR component = {quoted(component)})",
        lambda raw: others(raw, "labels", label) and others(raw, "components", component),
    )
    yield "NOT assignee is not EMPTY", lambda raw: not raw["fields"].get("assignee")
    yield (
        "NOT environment ~ windows",
        lambda raw: bool(raw["fields"].get("environment")) and "windows" not in words(raw["fields"]["environment"]),
    )


def in_order(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    """Priorities and versions stand in the order in which the site lists them; keys in that of their numbers."""
    state = loading.load(samples.state_of(raws, token="pat"))
    ranks = {row["name"]: -number for number, row in enumerate(state.tables["priorities"].values())}
    middle = sorted(ranks, key=lambda name: ranks[name])[len(ranks) // 2]
    number = lambda raw: int(raw["key"].partition("-")[2])  # noqa: E731
    rank = lambda raw: ranks.get(name_of("priority")(raw) or "")  # noqa: E731
    project = commonest(raws, lambda raw: raw["fields"]["project"]["key"], 1)[0]
    numbers = sorted(number(raw) for raw in raws if raw["fields"]["project"]["key"] == project)
    at = numbers[len(numbers) // 2]
    versions = {row_id: (row["projectId"], place) for place, (row_id, row) in enumerate(state.versions.items())}
    version = commonest(raws, lambda raw: [one["id"] for one in raw["fields"].get("fixVersions") or []], 1)[0]
    bound = versions[version]
    for word, compare in (("<", lt), ("<=", le), (">", gt), (">=", ge)):
        yield (
            f"priority {word} {quoted(middle)}",
            lambda raw, c=compare: rank(raw) is not None and c(rank(raw), ranks[middle]),
        )
        yield (
            f"key {word} {project}-{at}",
            lambda raw, c=compare: raw["fields"]["project"]["key"] == project and c(number(raw), at),
        )
        yield (
            f"fixVersion {word} {version}",
            lambda raw, c=compare: any(
                versions[one["id"]][0] == bound[0] and c(versions[one["id"]][1], bound[1])
                for one in raw["fields"].get("fixVersions") or []
            ),
        )


def worded(raws: list[Raw]) -> Iterator[tuple[str, Keep]]:
    """The connectives, signs and wildcards inside the quotes of `~`."""
    has = lambda raw: words(raw["fields"].get("summary"))  # noqa: E731
    a, b, c = [one for one in commonest(raws, lambda raw: sorted(has(raw)), 80) if len(one) > 3 and one.isalpha()][:3]
    yield f'summary ~ "{a} OR {b}"', lambda raw: bool({a, b} & has(raw))
    yield f'summary ~ "{a} AND {b}"', lambda raw: {a, b} <= has(raw)
    yield f'summary ~ "+{a} -{b}"', lambda raw: a in has(raw) and b not in has(raw)
    yield f'summary ~ "{a} NOT {c}"', lambda raw: a in has(raw) and c not in has(raw)
    yield f'summary ~ "({a} OR {b}) !{c}"', lambda raw: bool({a, b} & has(raw)) and c not in has(raw)
    yield f'summary ~ "{a[:-1]}?"', lambda raw: any(len(one) == len(a) and one[:-1] == a[:-1] for one in has(raw))
    yield f'summary ~ "*{b[1:]}"', lambda raw: any(one.endswith(b[1:]) for one in has(raw))
    phrase = next(found for raw in raws if len(found := re.findall(r"\w+", raw["fields"]["summary"])) > 3)[:3]
    yield (
        f'summary ~ "\\"{" ".join(phrase)}\\""',
        lambda raw: (
            re.search(rf"(?<!\w){'[^0-9A-Za-z_]+'.join(phrase)}(?!\w)", raw["fields"]["summary"], re.IGNORECASE)
            is not None
        ),
    )


def queries(raws: list[Raw]) -> list[tuple[str, Keep]]:
    makers = (single_valued, projects_and_keys, several_valued, dates, texts, combined, denied, in_order, worded)
    return [one for make in makers for one in make(raws)]


def searching(service: JiraService, url: str, session: requests.Session) -> Callable[[str], list[str]]:
    def keys(text: str) -> list[str]:
        query: dict[str, Any] = {"jql": text, "fields": "key", "maxResults": 1000}
        answer = session.get(f"{url}/rest/api/2/search", params=query, timeout=60)
        assert answer.status_code == 200, (text, answer.text)
        return [one["key"] for one in answer.json()["issues"]]

    return keys


def test_over_a_hundred_queries_find_what_a_filter_over_the_raw_issues_finds(raws: list[Raw]) -> None:
    made = queries(raws)
    assert len({text for text, _ in made}) >= 140
    service = JiraService(samples.state_of(raws, token="pat"))
    wrong, telling = [], 0
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = "Bearer pat"
        keys = searching(service, url, session)
        for text, keep in made:
            expected = {raw["key"] for raw in raws if keep(raw)}
            found = keys(text)
            telling += 0 < len(expected) < len(raws)
            if set(found) != expected or len(found) != len(set(found)):
                wrong.append(f"{text}: {len(found)} found, {len(expected)} expected")
    assert wrong == []
    assert telling >= 85, "queries that find all or nothing prove little"


def test_dates_are_in_the_zone_of_who_asks_and_orders_hold(raws: list[Raw]) -> None:
    document = samples.state_of(raws, token="pat")
    document["users"][0]["timeZone"] = "Europe/Berlin"
    service = JiraService(document)
    middle = sorted(raw["fields"]["created"] for raw in raws)[len(raws) // 2]
    local = f"{datetime.strptime(middle, '%Y-%m-%dT%H:%M:%S.%f%z').astimezone(BERLIN):%Y-%m-%d %H:%M}"
    with running(service) as url, requests.Session() as session:
        session.trust_env = False
        session.headers["Authorization"] = "Bearer pat"
        keys = searching(service, url, session)
        found = keys(f'created >= "{local}" ORDER BY created ASC, key ASC')
        stamps = {raw["key"]: instant(raw, "created") for raw in raws}
        assert set(found) == {key for key, stamp in stamps.items() if stamp and stamp >= when(local, BERLIN)}
        assert [stamps[key] for key in found] == sorted(stamps[key] for key in found)
        by_status = keys("ORDER BY status ASC, updated DESC")
        updated = {raw["key"]: (raw["fields"]["status"]["name"], instant(raw, "updated")) for raw in raws}
        for before, after in pairwise(by_status):
            if updated[before][0] == updated[after][0]:
                assert updated[before][1] >= updated[after][1]

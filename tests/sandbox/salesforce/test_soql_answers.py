"""Answers of SOQL, held against a filter written by hand over the same records."""

# ruff: noqa: S311, S608 - a seeded generator is wanted; queries of the tests' own making

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.loading import load
from sandbox.salesforce.org import Access
from sandbox.salesforce.soql_engine import Engine
from sandbox.salesforce.state import State

NOW = datetime(2026, 11, 24, 10, 0, 0, tzinfo=UTC)
TODAY = NOW.date()
Row = dict[str, Any]
Atom = tuple[str, Callable[[Row], bool]]


def build() -> State:
    rng = random.Random(11)
    accounts = [
        {
            "Id": salesforce_id("Account", n),
            "Name": rng.choice(["Alpha", "alpha", "Beta_1", "50% off", "O'Neil", "Gamma"]),
        }
        for n in range(1, 9)
    ]
    rows = []
    for n in range(1, 161):
        stamp = NOW - timedelta(hours=rng.randrange(0, 24 * 400))
        rows.append(
            {
                "Id": salesforce_id("Engagement__c", n),
                "Name": rng.choice(["Alpha one", "alpha two", "Beta", "Gamma%", "Delta_x"]),
                "Key__c": f"ENG-{n}",
                "Account__c": rng.choice([None, *(each["Id"] for each in accounts)]),
                "Stage__c": rng.choice([None, "Draft", "Active", "Closed"]),
                "Start_Date__c": rng.choice([None, (TODAY + timedelta(days=rng.randrange(-500, 500))).isoformat()]),
                "Budget__c": rng.choice([None, round(rng.uniform(0, 1e6), 2), 1000.0]),
                "CreatedDate": stamp.isoformat(),
                "SystemModstamp": stamp.isoformat(),
                "IsDeleted": rng.random() < 0.15,
            }
        )
    document = {"records": {"Account": accounts, "Engagement__c": rows}}
    return load(document, Clock.starting_at(NOW))


@pytest.fixture(scope="module")
def state() -> State:
    return build()


def account(state: State, row: Row) -> Row:
    return state.tables["Account"].get(row.get("Account__c") or "", {})


def span(field: str, start: date, end: date) -> Callable[[Row], bool]:
    return lambda row: (value := row.get(field)) is not None and start.isoformat() <= value[:10] < end.isoformat()


def low(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def atoms(state: State) -> list[Atom]:
    first = salesforce_id("Account", 3)
    later = salesforce_id("Engagement__c", 80)
    month = date(2026, 11, 1)
    week = date(2026, 11, 22)  # a Sunday
    return [
        ("Name = 'ALPHA ONE'", lambda r: low(r["Name"]) == "alpha one"),
        ("Name != 'beta'", lambda r: low(r["Name"]) != "beta"),
        ("Name <> 'beta'", lambda r: low(r["Name"]) != "beta"),
        ("Name LIKE 'alpha%'", lambda r: low(r["Name"]).startswith("alpha")),
        ("Name LIKE '%a'", lambda r: low(r["Name"]).endswith("a")),
        ("Name LIKE '_eta'", lambda r: len(r["Name"]) == 4 and low(r["Name"]).endswith("eta")),
        (r"Name LIKE '%\%'", lambda r: r["Name"].endswith("%")),
        (r"Name LIKE '%\_x'", lambda r: low(r["Name"]).endswith("_x")),
        ("Name > 'beta'", lambda r: low(r["Name"]) > "beta"),
        ("Name <= 'beta'", lambda r: low(r["Name"]) <= "beta"),
        ("Key__c IN ('eng-1', 'ENG-2', 'nothing')", lambda r: r["Key__c"] in ("ENG-1", "ENG-2")),
        ("Key__c NOT IN ('ENG-1')", lambda r: r["Key__c"] != "ENG-1"),
        ("Stage__c = null", lambda r: r.get("Stage__c") is None),
        ("Stage__c != NULL", lambda r: r.get("Stage__c") is not None),
        ("Stage__c = ''", lambda r: r.get("Stage__c") is None),
        ("Stage__c != 'Active'", lambda r: r.get("Stage__c") != "Active"),
        ("Stage__c IN ('Active', null)", lambda r: r.get("Stage__c") in ("Active", None)),
        ("Stage__c NOT IN ('Active', 'Draft')", lambda r: r.get("Stage__c") not in ("Active", "Draft")),
        ("Budget__c > 1000", lambda r: (r.get("Budget__c") or 0) > 1000),
        ("Budget__c >= 1000.0", lambda r: (r.get("Budget__c") or 0) >= 1000),
        ("Budget__c < 500000", lambda r: r.get("Budget__c") is not None and r["Budget__c"] < 500000),
        ("Budget__c = 1000", lambda r: r.get("Budget__c") == 1000),
        ("Budget__c != 1000", lambda r: r.get("Budget__c") != 1000),
        ("Budget__c IN (1000, 2)", lambda r: r.get("Budget__c") in (1000, 2)),
        ("Start_Date__c >= 2026-11-24", lambda r: (r.get("Start_Date__c") or "") >= "2026-11-24"),
        ("Start_Date__c < 2026-01-01", lambda r: "" < (r.get("Start_Date__c") or "") < "2026-01-01"),
        ("Start_Date__c = null", lambda r: r.get("Start_Date__c") is None),
        ("Start_Date__c = THIS_MONTH", span("Start_Date__c", month, date(2026, 12, 1))),
        ("Start_Date__c = NEXT_N_MONTHS:3", span("Start_Date__c", date(2026, 12, 1), date(2027, 3, 1))),
        ("Start_Date__c = LAST_QUARTER", span("Start_Date__c", date(2026, 7, 1), date(2026, 10, 1))),
        ("Start_Date__c = LAST_YEAR", span("Start_Date__c", date(2025, 1, 1), date(2026, 1, 1))),
        ("Start_Date__c > LAST_YEAR", span("Start_Date__c", date(2026, 1, 1), date(9999, 1, 1))),
        ("Start_Date__c <= THIS_YEAR", span("Start_Date__c", date(1, 1, 1), date(2027, 1, 1))),
        ("Start_Date__c != THIS_YEAR", lambda r: (r.get("Start_Date__c") or "x")[:4] != "2026"),
        ("Start_Date__c = NEXT_90_DAYS", span("Start_Date__c", TODAY + timedelta(1), TODAY + timedelta(91))),
        ("SystemModstamp = TODAY", span("SystemModstamp", TODAY, TODAY + timedelta(1))),
        ("SystemModstamp = LAST_N_DAYS:30", span("SystemModstamp", TODAY - timedelta(30), TODAY + timedelta(1))),
        ("SystemModstamp = THIS_WEEK", span("SystemModstamp", week, week + timedelta(7))),
        ("SystemModstamp < LAST_N_WEEKS:2", span("SystemModstamp", date(1, 1, 1), week - timedelta(14))),
        ("SystemModstamp >= N_DAYS_AGO:10", span("SystemModstamp", TODAY - timedelta(10), date(9999, 1, 1))),
        ("SystemModstamp >= 2026-06-01T00:00:00Z", lambda r: r["SystemModstamp"] >= "2026-06-01T00"),
        ("SystemModstamp < 2026-06-01T02:00:00+02:00", lambda r: r["SystemModstamp"] < "2026-06-01T00"),
        ("IsDeleted = true", lambda r: r["IsDeleted"]),
        ("IsDeleted = null", lambda r: not r["IsDeleted"]),
        ("Account__r.IsPartner = false", lambda _: True),
        ("IsDeleted != TRUE", lambda r: not r["IsDeleted"]),
        (f"Account__c = '{first}'", lambda r: r.get("Account__c") == first),
        (f"Account__c = '{first[:15]}'", lambda r: r.get("Account__c") == first),
        (f"Id > '{later}'", lambda r: r["Id"] > later),
        ("Account__r.Name = 'Alpha'", lambda r: low(account(state, r).get("Name")) == "alpha"),
        ("Account__r.Name LIKE '%o%'", lambda r: "o" in low(account(state, r).get("Name") or "")),
        ("Account__r.Name = null", lambda r: not account(state, r)),
        (r"Account__r.Name = 'O\'Neil'", lambda r: account(state, r).get("Name") == "O'Neil"),
        (
            "Account__c IN (SELECT Id FROM Account WHERE Name = 'gamma')",
            lambda r: low(account(state, r).get("Name")) == "gamma",
        ),
        (
            "Account__c NOT IN (SELECT Id FROM Account WHERE Name = 'gamma')",
            lambda r: low(account(state, r).get("Name")) != "gamma",
        ),
    ]


def conditions(state: State) -> Iterator[Atom]:
    single = atoms(state)
    yield from single
    yield from ((f"NOT {text}", lambda r, p=test: not p(r)) for text, test in single)
    rng = random.Random(5)
    for (one, p), (two, q), (three, s) in (rng.sample(single, 3) for _ in range(60)):
        yield f"{one} AND {two} AND {three}", lambda r, p=p, q=q, s=s: p(r) and q(r) and s(r)
        yield f"{one} OR {two}", lambda r, p=p, q=q: p(r) or q(r)
        yield f"({one} OR {two}) AND (NOT {three})", lambda r, p=p, q=q, s=s: (p(r) or q(r)) and not s(r)
        yield f"NOT ({one} AND {two}) OR ({three})", lambda r, p=p, q=q, s=s: not (p(r) and q(r)) or s(r)


def run(state: State, soql: str, *, deleted: bool = True) -> list[Row]:
    answer = Engine(state, Access(), version="v66.0", deleted=deleted).run(soql)
    return [answer.show(row) for row in answer.rows]


@pytest.mark.parametrize("deleted", [True, False], ids=["queryAll", "query"])
def test_where_finds_what_a_filter_by_hand_finds(state: State, *, deleted: bool) -> None:
    tried = 0
    for text, test in conditions(state):
        rows = state.tables["Engagement__c"].values()
        wanted = [r["Id"] for r in rows if (deleted or not r["IsDeleted"]) and test(r)]
        found = run(state, f"SELECT Id FROM Engagement__c WHERE {text}", deleted=deleted)
        assert [row["Id"] for row in found] == wanted, text
        tried += 1
    assert tried > 300


@pytest.mark.parametrize(
    ("field", "get"),
    [
        ("Name", lambda r: low(r["Name"])),
        ("Budget__c", lambda r: r.get("Budget__c")),
        ("Start_Date__c", lambda r: r.get("Start_Date__c")),
        ("Stage__c", lambda r: low(r.get("Stage__c"))),
    ],
)
@pytest.mark.parametrize("way", ["", "ASC", "DESC", "NULLS LAST", "DESC NULLS LAST", "DESC NULLS FIRST"])
def test_order_limit_and_offset(state: State, field: str, get: Callable[[Row], Any], way: str) -> None:
    rows = [r for r in state.tables["Engagement__c"].values() if not r["IsDeleted"]]
    filled = sorted((r for r in rows if get(r) is not None), key=lambda r: r["Id"])
    filled.sort(key=get, reverse="DESC" in way)
    empty = [r for r in rows if get(r) is None]
    wanted = [r["Id"] for r in (filled + empty if "LAST" in way else empty + filled)]
    soql = f"SELECT Id FROM Engagement__c ORDER BY {field} {way}, Id"
    assert [row["Id"] for row in run(state, soql, deleted=False)] == wanted
    cut = run(state, f"{soql} LIMIT 17 OFFSET 5", deleted=False)
    assert [row["Id"] for row in cut] == wanted[5:22]


def test_resuming_by_stamp_and_id_misses_and_repeats_nothing(state: State) -> None:
    seen: list[str] = []
    where = ""
    while True:
        soql = f"SELECT Id, SystemModstamp FROM Engagement__c {where} ORDER BY SystemModstamp, Id LIMIT 7"
        page = run(state, soql)
        seen += [row["Id"] for row in page]
        if len(page) < 7:
            break
        stamp, last = page[-1]["SystemModstamp"].replace("+0000", "Z"), page[-1]["Id"]
        where = f"WHERE (SystemModstamp > {stamp}) OR (SystemModstamp = {stamp} AND Id > '{last}')"
    assert sorted(seen) == sorted(state.tables["Engagement__c"])
    assert len(seen) == len(set(seen))


def test_aggregates_are_those_counted_by_hand(state: State) -> None:
    rows = [r for r in state.tables["Engagement__c"].values() if not r["IsDeleted"]]
    soql = (
        "SELECT Stage__c, COUNT(Id) n, COUNT(Budget__c), SUM(Budget__c) total, AVG(Budget__c), "
        "MIN(Start_Date__c) first, "
        "MAX(Name), COUNT_DISTINCT(Name) FROM Engagement__c GROUP BY Stage__c HAVING COUNT(Id) > 2 "
        "ORDER BY COUNT(Id) DESC, Stage__c"
    )
    found = run(state, soql, deleted=False)
    groups = {
        stage: list(members)
        for stage, members in itertools.groupby(
            sorted(rows, key=lambda r: r.get("Stage__c") or ""), key=lambda r: r.get("Stage__c")
        )
    }
    assert [row["n"] for row in found] == sorted((len(members) for members in groups.values()), reverse=True)
    for row in found:
        members = groups[row["Stage__c"]]
        budgets = [r["Budget__c"] for r in members if r.get("Budget__c") is not None]
        assert row["expr0"] == len(budgets)
        assert row["total"] == pytest.approx(sum(budgets))
        assert row["expr1"] == pytest.approx(sum(budgets) / len(budgets))
        assert row["first"] == min(r["Start_Date__c"] for r in members if r.get("Start_Date__c"))
        assert row["expr2"].lower() == max(r["Name"].lower() for r in members)
        assert row["expr3"] == len({r["Name"].lower() for r in members})
        assert row["attributes"] == {"type": "AggregateResult"}


def test_an_aggregate_without_groups_is_one_row(state: State) -> None:
    alive = sum(not r["IsDeleted"] for r in state.tables["Engagement__c"].values())
    (row,) = run(state, "SELECT COUNT(Id), MAX(Budget__c) FROM Engagement__c", deleted=False)
    assert row["expr0"] == alive
    (empty,) = run(state, "SELECT COUNT(Id), MAX(Budget__c) m FROM Engagement__c WHERE Name = 'nobody'")
    assert (empty["expr0"], empty["m"]) == (0, None)

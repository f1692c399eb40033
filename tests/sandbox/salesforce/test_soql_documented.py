"""Queries as the SOQL guide writes them, over standard objects; each answer is held against Python over its rows."""

# ruff: noqa: S311, S608 - a seeded generator is wanted; queries of the tests' own making

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.service import SalesforceService

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = NOW.date()
Row = dict[str, Any]
STAGES = ("Prospecting", "Negotiation/Review", "Closed Won", "Closed Lost")


def rows() -> dict[str, list[Row]]:
    rng = random.Random(5)
    accounts = [
        {
            "Id": salesforce_id("Account", n),
            "Name": f"{rng.choice(['North', 'South', 'Ö'])} {n}",
            "Industry": rng.choice([None, "Banking", "Energy"]),
            "ParentId": salesforce_id("Account", n // 2) if n > 3 else None,
        }
        for n in range(1, 13)
    ]
    ids = [None, *(each["Id"] for each in accounts[:9])]
    deals = [
        {
            "Id": salesforce_id("Opportunity", n),
            "Name": f"Deal {n:03}",
            "AccountId": rng.choice(ids),
            "StageName": rng.choice(STAGES),
            "Amount": rng.choice([None, 0.0, 1000.0, round(rng.uniform(1, 9e4), 2)]),
            "CloseDate": (TODAY + timedelta(days=rng.randrange(-400, 400))).isoformat(),
            "LeadSource": rng.choice([None, "Web", "Other"]),
            "CreatedDate": (NOW - timedelta(hours=rng.randrange(1, 9000))).isoformat(),
            "IsDeleted": rng.random() < 0.1,
        }
        for n in range(1, 141)
    ]
    people = [
        {
            "Id": salesforce_id("Contact", n),
            "LastName": rng.choice(["Adams", "adams", "Baker", "O'Hara", "50%_x"]),
            "FirstName": rng.choice([None, "Ann", "Bo"]),
            "AccountId": rng.choice(ids),
        }
        for n in range(1, 61)
    ]
    return {"Account": accounts, "Opportunity": deals, "Contact": people}


ROWS = rows()
ACCOUNTS = {row["Id"]: row for row in ROWS["Account"]}
DEALS = [row for row in ROWS["Opportunity"] if not row["IsDeleted"]]


def account(row: Row) -> Row:
    return ACCOUNTS.get(row["AccountId"] or "", {})


def closes(row: Row) -> date:
    return date.fromisoformat(row["CloseDate"])


def days(start: int, end: int) -> Callable[[Row], bool]:
    """Whether a deal closes from so many days from today on, up to but not on another day."""
    return lambda row: TODAY + timedelta(start) <= closes(row) < TODAY + timedelta(end)


def between(start: date, end: date) -> Callable[[Row], bool]:
    return lambda row: start <= closes(row) < end


WHERE: list[tuple[str, Callable[[Row], bool]]] = [
    ("Account.Industry = 'Banking'", lambda r: account(r).get("Industry") == "Banking"),
    ("Account.Industry != 'Banking'", lambda r: account(r).get("Industry") != "Banking"),
    ("Account.Parent.Name LIKE '% 2'", lambda r: _parent(r).get("Name", "").endswith(" 2")),
    ("Account.Parent.ParentId = null", lambda r: _parent(r).get("ParentId") is None),
    ("Account.Name >= 'Ö'", lambda r: account(r).get("Name", "") >= "Ö"),
    (
        "AccountId IN (SELECT AccountId FROM Contact WHERE LastName = 'ADAMS')",
        lambda r: r["AccountId"] is not None and r["AccountId"] in _employers("adams"),
    ),
    (
        "AccountId NOT IN (SELECT Id FROM Account WHERE Industry IN ('Banking', 'Energy'))",
        lambda r: account(r).get("Industry") is None,
    ),
    ("IsWon = TRUE", lambda r: r["StageName"] == "Closed Won"),
    ("IsClosed = false AND Amount > 0", lambda r: not r["StageName"].startswith("Closed") and (r["Amount"] or 0) > 0),
    ("NOT IsClosed = false", lambda r: r["StageName"].startswith("Closed")),
    (
        "(StageName = 'Prospecting' AND Amount = null) OR (StageName = 'Closed Lost' AND Amount != null)",
        lambda r: (r["StageName"], r["Amount"] is None) in (("Prospecting", True), ("Closed Lost", False)),
    ),
    (
        "NOT (StageName = 'Prospecting' OR LeadSource = 'Web')",
        lambda r: r["StageName"] != "Prospecting" and r["LeadSource"] != "Web",
    ),
    ("LeadSource IN ('Web', null)", lambda r: r["LeadSource"] in ("Web", None)),
    ("LeadSource NOT IN ('Web')", lambda r: r["LeadSource"] != "Web"),
    ("Amount >= 1e3 AND Amount < +5.0e4", lambda r: r["Amount"] is not None and 1e3 <= r["Amount"] < 5e4),
    ("Amount IN (0, 1000)", lambda r: r["Amount"] in (0.0, 1000.0)),
    ("Name LIKE 'Deal 0_5'", lambda r: r["Name"][5] == "0" and r["Name"][7] == "5"),
    ("Name > 'Deal 100' AND Name <= 'Deal 120'", lambda r: "Deal 100" < r["Name"] <= "Deal 120"),
    ("CloseDate = LAST_N_DAYS:30", days(-30, 1)),
    ("CloseDate = NEXT_N_DAYS:7", days(1, 8)),
    ("CloseDate > LAST_N_DAYS:7", days(1, 9999)),
    ("CloseDate < NEXT_N_DAYS:7", days(-9999, 1)),
    ("CloseDate = NEXT_MONTH", between(date(2026, 12, 1), date(2027, 1, 1))),
    ("CloseDate = LAST_N_MONTHS:2", between(date(2026, 9, 1), date(2026, 11, 1))),
    ("CloseDate = N_MONTHS_AGO:2", between(date(2026, 9, 1), date(2026, 10, 1))),
    ("CloseDate = THIS_QUARTER", between(date(2026, 10, 1), date(2027, 1, 1))),
    ("CloseDate = NEXT_N_QUARTERS:2", between(date(2027, 1, 1), date(2027, 7, 1))),
    ("CloseDate <= LAST_QUARTER", between(date(1, 1, 1), date(2026, 10, 1))),
    ("CloseDate = N_YEARS_AGO:1", between(date(2025, 1, 1), date(2026, 1, 1))),
    ("CloseDate != THIS_FISCAL_YEAR", lambda r: closes(r).year != 2026),
    ("CALENDAR_QUARTER(CloseDate) = 2", lambda r: closes(r).month in (4, 5, 6)),
    ("DAY_IN_WEEK(CloseDate) = 1", lambda r: closes(r).isoweekday() == 7),
    ("WEEK_IN_MONTH(CloseDate) = 1", lambda r: closes(r).day <= 7),
    ("HOUR_IN_DAY(CreatedDate) < 6", lambda r: datetime.fromisoformat(r["CreatedDate"]).hour < 6),
    (
        "DAY_ONLY(CreatedDate) >= 2026-10-01",
        lambda r: datetime.fromisoformat(r["CreatedDate"]).date() >= date(2026, 10, 1),
    ),
    (
        "CreatedDate >= 2026-10-01T02:00:00+02:00",
        lambda r: datetime.fromisoformat(r["CreatedDate"]) >= datetime(2026, 10, 1, tzinfo=UTC),
    ),
]


def _parent(row: Row) -> Row:
    return ACCOUNTS.get(account(row).get("ParentId") or "", {})


def _employers(name: str) -> set[str | None]:
    return {row["AccountId"] for row in ROWS["Contact"] if row["LastName"].casefold() == name}


class Standing(Clock):
    def seconds(self) -> float:
        return NOW.timestamp()


@pytest.fixture(scope="module")
def service() -> SalesforceService:
    document = {
        "org": {"tokens": [{"token": "t", "username": "sync@partner.example"}]},
        "records": {"User": [{"Id": salesforce_id("User", 1), "Username": "sync@partner.example"}], **ROWS},
    }
    return SalesforceService(document, clock=Standing())


@pytest.fixture
def asked(service: SalesforceService, make_org: Callable[..., Any]) -> Any:
    return make_org(service, "t")


@pytest.mark.parametrize(("where", "keep"), WHERE, ids=[where for where, _ in WHERE])
def test_a_condition_finds_what_python_finds(asked: Any, where: str, keep: Callable[[Row], bool]) -> None:
    expected = [row["Name"] for row in DEALS if keep(row)]
    found = asked.query(f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name")
    assert [row["Name"] for row in found["records"]] == expected
    assert 0 < len(expected) < len(DEALS), "a query that finds all or nothing proves little"
    assert asked.query(f"SELECT COUNT() FROM Opportunity WHERE {where}")["totalSize"] == len(expected)


def grouped(key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in DEALS:
        found[key(row)].append(row)
    return found


def totals(groups: dict[Any, list[Row]]) -> Iterator[tuple[Any, int, float | None]]:
    for key, members in groups.items():
        amounts = [row["Amount"] for row in members if row["Amount"] is not None]
        yield key, len(members), pytest.approx(sum(amounts)) if amounts else None


def test_groups_are_counted_summed_and_chosen(asked: Any) -> None:
    found = asked.query("SELECT StageName, COUNT(Id) n, SUM(Amount) total FROM Opportunity GROUP BY StageName")
    expected = {key: (count, total) for key, count, total in totals(grouped(lambda r: r["StageName"]))}
    assert {row["StageName"]: (row["n"], row["total"]) for row in found["records"]} == expected
    found = asked.query(
        "SELECT Account.Name, COUNT(Id) n FROM Opportunity GROUP BY Account.Name HAVING COUNT(Id) > 12 "
        "ORDER BY COUNT(Id) DESC, Account.Name NULLS LAST"
    )
    counts = Counter(account(row).get("Name") for row in DEALS)
    chosen = [(name, count) for name, count in counts.items() if count > 12]
    chosen.sort(key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))
    assert [(row["Name"], row["n"]) for row in found["records"]] == chosen
    found = asked.query(
        "SELECT CALENDAR_YEAR(CloseDate) y, MAX(Amount) most FROM Opportunity GROUP BY CALENDAR_YEAR(CloseDate)"
    )
    most = {key: max(r["Amount"] or 0 for r in group) for key, group in grouped(lambda r: closes(r).year).items()}
    assert {row["y"]: row["most"] for row in found["records"]} == most
    found = asked.query(
        "SELECT COUNT_DISTINCT(LeadSource) kinds, COUNT(LeadSource) told, AVG(Amount) mean FROM Opportunity"
    )
    amounts = [row["Amount"] for row in DEALS if row["Amount"] is not None]
    (row,) = found["records"]
    assert (row["kinds"], row["told"]) == (2, sum(row["LeadSource"] is not None for row in DEALS))
    assert row["mean"] == pytest.approx(sum(amounts) / len(amounts))


def test_children_are_filtered_ordered_and_cut_for_each_parent(asked: Any) -> None:
    found = asked.query(
        "SELECT Name, (SELECT Name FROM Opportunities WHERE IsWon = true ORDER BY Amount DESC NULLS LAST, Name LIMIT 2)"
        " FROM Account ORDER BY Name"
    )
    for row in found["records"]:
        won = [r for r in DEALS if account(r).get("Name") == row["Name"] and r["StageName"] == "Closed Won"]
        won.sort(key=lambda r: (r["Amount"] is None, -(r["Amount"] or 0), r["Name"]))
        shown = row["Opportunities"]["records"] if row["Opportunities"] else []
        assert [r["Name"] for r in shown] == [r["Name"] for r in won[:2]]


def test_rows_are_ordered_by_a_parent_and_cut(asked: Any) -> None:
    found = asked.query(
        "SELECT Name, Account.Name FROM Opportunity ORDER BY Account.Name DESC NULLS LAST, Name ASC LIMIT 20 OFFSET 15"
    )
    expected = sorted(sorted(DEALS, key=lambda r: r["Name"]), key=lambda r: account(r).get("Name", ""), reverse=True)
    assert [row["Name"] for row in found["records"]] == [row["Name"] for row in expected[15:35]]


def test_aliases_of_parents_stand_for_their_paths(asked: Any) -> None:
    found = asked.query(
        "SELECT o.Name, a.Name, p.Name FROM Opportunity o, o.Account a, a.Parent AS p WHERE p.Industry = 'Energy' AND "
        "a.Name != null ORDER BY o.Name"
    )
    expected = [row for row in DEALS if _parent(row).get("Industry") == "Energy"]
    assert [row["Name"] for row in found["records"]] == [row["Name"] for row in expected]
    assert expected
    assert found["records"][0]["Account"]["Parent"]["Name"] == _parent(expected[0])["Name"]
    count = asked.query("SELECT COUNT() FROM Contact c, c.Account a WHERE a.Industry = 'Banking'")["totalSize"]
    assert count == sum(account(row).get("Industry") == "Banking" for row in ROWS["Contact"])


def test_the_recycle_bin_is_seen_by_query_all_alone(asked: Any) -> None:
    gone = [row["Name"] for row in ROWS["Opportunity"] if row["IsDeleted"]]
    found = asked.query("SELECT Name FROM Opportunity WHERE IsDeleted = true ORDER BY Name", everything=True)
    assert [row["Name"] for row in found["records"]] == gone
    assert asked.query("SELECT Name FROM Opportunity WHERE IsDeleted = true")["totalSize"] == 0


@pytest.mark.parametrize(
    ("soql", "said"),
    [
        ("SELECT Id FROM Account HAVING COUNT(Id) > 1", "HAVING needs a GROUP BY"),
        ("SELECT Id, " + "(SELECT Id, " * 200 + "Name" + " FROM Contacts)" * 200 + " FROM Account", "too complicated"),
        ("SELECT Id FROM Account WHERE CreatedDate > 9999-12-31T23:59:59-12:00", "Invalid date"),
    ],
)
def test_what_cannot_be_answered_is_refused(asked: Any, soql: str, said: str) -> None:
    assert said in asked.refusal(soql)["message"]


def test_an_upsert_by_id_changes_and_never_makes(asked: Any) -> None:
    known = ROWS["Account"][0]["Id"]
    assert asked.ask("PATCH", f"sobjects/Account/Id/{known}", {"Type": "Prospect"})[0] == 200
    assert asked.ask("GET", f"sobjects/Account/{known}?fields=Type")[1]["Type"] == "Prospect"
    status, body = asked.ask("PATCH", f"sobjects/Account/Id/{salesforce_id('Account', 999)}", {"Name": "x"})
    assert (status, body[0]["errorCode"]) == (404, "NOT_FOUND")

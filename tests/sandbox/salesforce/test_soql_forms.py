"""The rarer forms of SOQL: functions, roll-ups, TYPEOF, multi-select picklists, money, scopes, pages of children."""

# ruff: noqa: S608 - queries of the tests' own making

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id
from sandbox.salesforce.service import SalesforceService

ACC = [salesforce_id("Account", n) for n in range(4)]
FIRST = datetime(2026, 1, 1, 23, 30, tzinfo=UTC)


@pytest.fixture
def many(org: Any) -> Any:
    """Sixty engagements over two years, each 12 days and 5 hours after the one before."""
    state = org.service.dump_state()
    state["org"]["users"] += [{"username": "sync@partner.example"}]
    state["org"]["rates"] = {"USD": 2.0}
    state["records"]["User"][0]["TimeZoneSidKey"] = "America/New_York"
    state["records"]["Engagement__c"] = [
        {
            "Id": salesforce_id("Engagement__c", n),
            "Name": f"E{n}",
            "Key__c": f"ENG-{n}",
            "Stage__c": ["Draft", "Active", None][n % 3],
            "CurrencyIsoCode": ["EUR", "USD"][n % 2],
            "Budget__c": float(n),
            "Start_Date__c": (FIRST + timedelta(days=12 * n)).date().isoformat(),
            "CreatedDate": (FIRST + timedelta(days=12 * n, hours=5 * n)).isoformat(),
            "Account__c": ACC[1 + n % 2],
        }
        for n in range(60)
    ]
    state["records"]["Deliverable__c"] = []
    org.service.load_state(state)
    return org


def created(n: int) -> datetime:
    return FIRST + timedelta(days=12 * n, hours=5 * n)


DAYS = {
    "CALENDAR_MONTH": lambda day: day.month,
    "CALENDAR_QUARTER": lambda day: (day.month - 1) // 3 + 1,
    "CALENDAR_YEAR": lambda day: day.year,
    "DAY_IN_MONTH": lambda day: day.day,
    "DAY_IN_WEEK": lambda day: (day.weekday() + 1) % 7 + 1,
    "DAY_IN_YEAR": lambda day: (day - date(day.year, 1, 1)).days + 1,
    "FISCAL_QUARTER": lambda day: (day.month - 1) // 3 + 1,
    "WEEK_IN_MONTH": lambda day: (day.day - 1) // 7 + 1,
    "WEEK_IN_YEAR": lambda day: (day - date(day.year, 1, 1)).days // 7 + 1,
}


@pytest.mark.parametrize("name", DAYS)
def test_parts_of_dates_group_and_filter(many: Any, name: str) -> None:
    wanted = Counter(DAYS[name](created(n).date()) for n in range(60))
    rows = many.query(f"SELECT {name}(CreatedDate) part, COUNT(Id) n FROM Engagement__c GROUP BY {name}(CreatedDate)")
    assert {row["part"]: row["n"] for row in rows["records"]} == wanted
    part, n = wanted.most_common(1)[0]
    assert many.query(f"SELECT COUNT() FROM Engagement__c WHERE {name}(CreatedDate) = {part}")["totalSize"] == n


def test_hours_and_days_in_the_users_zone(many: Any) -> None:
    zone = timedelta(hours=-5)  # New York in January
    soql = "SELECT COUNT() FROM Engagement__c WHERE HOUR_IN_DAY(convertTimezone(CreatedDate)) = {} AND Name = 'E0'"
    assert many.query(soql.format((FIRST + zone).hour))["totalSize"] == 1
    assert many.query(soql.format(FIRST.hour))["totalSize"] == 0
    day = "DAY_ONLY(CreatedDate)"
    days = many.query(f"SELECT {day} d FROM Engagement__c GROUP BY {day} ORDER BY {day}")
    assert [row["d"] for row in days["records"]] == [created(n).date().isoformat() for n in range(60)]
    assert many.query("SELECT Name FROM Engagement__c WHERE DAY_ONLY(CreatedDate) = 2026-01-01")["totalSize"] == 1


def test_a_day_begins_in_the_users_zone(many: Any, clock: Clock) -> None:
    clock.advance(-7 * 3600)  # 03:00 UTC is still the day before in New York
    many.ask("POST", "/_sandbox/records", [{"op": "create", "object": "Account", "values": {"Name": "now"}}])
    assert many.query("SELECT Id FROM Account WHERE CreatedDate = TODAY AND Name = 'now'")["totalSize"] == 1
    clock.advance(2 * 3600)  # midnight in New York
    assert many.query("SELECT Id FROM Account WHERE CreatedDate = TODAY AND Name = 'now'")["totalSize"] == 0
    assert many.query("SELECT Id FROM Account WHERE CreatedDate = YESTERDAY AND Name = 'now'")["totalSize"] == 1


@pytest.mark.parametrize(
    ("literal", "start", "end"),
    [
        ("N_WEEKS_AGO:2", "2026-11-08", "2026-11-15"),
        ("N_MONTHS_AGO:1", "2026-10-01", "2026-11-01"),
        ("N_QUARTERS_AGO:3", "2026-01-01", "2026-04-01"),
        ("N_FISCAL_QUARTERS_AGO:1", "2026-07-01", "2026-10-01"),
        ("N_YEARS_AGO:0", "2026-01-01", "2027-01-01"),
        ("THIS_FISCAL_QUARTER", "2026-10-01", "2027-01-01"),
        ("NEXT_FISCAL_YEAR", "2027-01-01", "2028-01-01"),
        ("LAST_N_FISCAL_QUARTERS:2", "2026-04-01", "2026-10-01"),
    ],
)
def test_further_named_dates(many: Any, literal: str, start: str, end: str) -> None:
    found = many.query(
        f"SELECT Start_Date__c FROM Engagement__c WHERE Start_Date__c = {literal} ORDER BY Start_Date__c"
    )
    every = [(FIRST + timedelta(days=12 * n)).date().isoformat() for n in range(60)]
    assert [row["Start_Date__c"] for row in found["records"]] == [day for day in every if start <= day < end]


def test_rollup_and_cube(many: Any) -> None:
    fields = "Stage__c, CurrencyIsoCode"
    soql = f"SELECT {fields}, COUNT(Id) n, GROUPING(Stage__c) gs, GROUPING(CurrencyIsoCode) gc FROM Engagement__c"
    rolled = many.query(f"{soql} GROUP BY ROLLUP({fields})")["records"]
    by_level = Counter((row["gs"], row["gc"]) for row in rolled)
    assert by_level == {(0, 0): 6, (0, 1): 3, (1, 1): 1}
    assert {row["Stage__c"]: row["n"] for row in rolled if (row["gs"], row["gc"]) == (0, 1)} == {
        "Draft": 20,
        "Active": 20,
        None: 20,
    }
    assert next(row["n"] for row in rolled if row["gs"]) == 60
    cubed = many.query(f"{soql} GROUP BY CUBE({fields})")["records"]
    assert Counter((row["gs"], row["gc"]) for row in cubed) == {(0, 0): 6, (0, 1): 3, (1, 0): 2, (1, 1): 1}
    assert {row["CurrencyIsoCode"]: row["n"] for row in cubed if (row["gs"], row["gc"]) == (1, 0)} == {
        "EUR": 30,
        "USD": 30,
    }


def test_typeof_shows_a_parent_by_its_object(org: Any) -> None:
    for what, subject in ((ACC[1], "a"), (salesforce_id("Engagement__c", 1), "b"), (None, "c")):
        values = {
            "Subject": subject,
            "DurationInMinutes": 5,
            "ActivityDateTime": "2026-11-24T10:00:00Z",
            "WhatId": what,
        }
        if what and what.startswith("a"):
            values["WhatId"] = org.ask("POST", "sobjects/Case", {"Subject": "s"})[1]["id"]
        assert org.ask("POST", "sobjects/Event", values)[0] == 201
    soql = "SELECT Subject, TYPEOF What WHEN Account THEN Type, Name {}END FROM Event ORDER BY Subject"
    first, second, third = (row["What"] for row in org.query(soql.format("ELSE Name, Type "))["records"])
    assert (first["attributes"]["type"], first["Type"], first["Name"]) == ("Account", "Prospect", "Fictive Alpha")
    assert (second["attributes"]["type"], second["Type"]) == ("Name", "Case")
    assert second["Name"].isdigit()
    assert third is None
    assert set(org.query(soql.format(""))["records"][1]["What"]) == {"attributes"}
    of_cases = org.query("SELECT Subject, What.Type FROM Event WHERE What.Type = 'Case'")["records"]
    assert [(row["Subject"], row["What"]["Type"]) for row in of_cases] == [("b", "Case")]
    assert "No such column 'Industry' on entity 'Name'" in org.refusal("SELECT What.Industry FROM Event")["message"]
    assert org.refusal("SELECT TYPEOF Account WHEN User THEN Id END FROM Contact")["errorCode"] == "MALFORMED_QUERY"


def test_multi_select_picklists(clock: Clock, make_org: Any) -> None:
    described = {
        "name": "Project__c",
        "label": "Project",
        "labelPlural": "Projects",
        "keyPrefix": "a0P",
        "custom": True,
        "fields": [
            {"name": "Id", "type": "id", "label": "Record ID", "nillable": False, "defaultedOnCreate": True},
            {"name": "IsDeleted", "type": "boolean", "label": "Deleted", "nillable": False, "defaultedOnCreate": True},
            {"name": "Name", "type": "string", "label": "Name", "length": 80, "createable": True, "nameField": True},
            {"name": "SystemModstamp", "type": "datetime", "label": "System Modstamp"},
            {"name": "LastModifiedDate", "type": "datetime", "label": "Last Modified Date"},
            {"name": "CreatedDate", "type": "datetime", "label": "Created Date"},
            {
                "name": "Tiers__c",
                "type": "multipicklist",
                "label": "Tiers",
                "length": 4099,
                "createable": True,
                "restrictedPicklist": True,
                "picklistValues": ["One", "Two", "Three"],
            },
        ],
    }
    state = {
        "org": {
            "describes": [described],
            "users": [{"username": "integration@sandbox.example"}],
            "tokens": [{"token": "t", "username": "integration@sandbox.example"}],
        },
        "records": {
            "Project__c": [{"Name": n, "Tiers__c": t} for n, t in (("a", "One;Two"), ("b", "Three"), ("c", None))]
        },
    }
    service = SalesforceService(state, clock=clock)
    service.load_state(service.dump_state())  # a dump holds the described objects too
    org = make_org(service, "t")

    def names(where: str) -> list[str]:
        return [row["Name"] for row in org.query(f"SELECT Name FROM Project__c WHERE Tiers__c {where}")["records"]]

    assert names("INCLUDES ('One')") == ["a"]
    assert names("INCLUDES ('one;two', 'Three')") == ["a", "b"]
    assert names("INCLUDES ('One;Three')") == []
    assert names("EXCLUDES ('One')") == ["b", "c"]
    assert (
        org.refusal("SELECT Id FROM Account WHERE Type INCLUDES ('x')")["errorCode"] == "INVALID_QUERY_FILTER_OPERATOR"
    )
    status, told = org.ask("POST", "sobjects/Project__c", {"Name": "d", "Tiers__c": "One;Four"})
    assert (status, told[0]["errorCode"]) == (400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")
    status, made = org.ask("POST", "sobjects/Project__c", {"Name": "d", "Tiers__c": "One;Two"})
    assert status == 201
    assert made["id"].startswith("a0P")


def test_money_is_compared_in_one_currency(many: Any) -> None:
    in_euro = [n if n % 2 == 0 else n / 2 for n in range(60)]
    found = many.query("SELECT COUNT() FROM Engagement__c WHERE Budget__c > USD40")["totalSize"]
    assert found == sum(each > 20 for each in in_euro)
    rows = many.query(
        "SELECT Budget__c, convertCurrency(Budget__c) c, FORMAT(Budget__c) f FROM Engagement__c WHERE Name = 'E51'"
    )
    (row,) = rows["records"]
    assert (row["Budget__c"], row["c"], row["f"]) == (51.0, 25.5, "USD 51.00")


def test_labels(many: Any) -> None:
    (row,) = many.query("SELECT toLabel(Stage__c), FORMAT(Start_Date__c) f FROM Engagement__c WHERE Name = 'E1'")[
        "records"
    ]
    assert (row["Stage__c"], row["f"]) == ("Active", "1/13/2026")


def test_using_scope_mine(many: Any) -> None:
    many.ask("PATCH", f"sobjects/Account/{ACC[2]}", {"OwnerId": salesforce_id("User", 2)})
    mine = many.query("SELECT Id FROM Account USING SCOPE mine")["records"]
    assert [row["Id"] for row in mine] == [ACC[1]]
    assert many.query("SELECT Id FROM Account USING SCOPE everything")["totalSize"] == 2


def test_children_come_in_pages(many: Any) -> None:
    for n in range(0, 450, 150):
        records = [
            {
                "attributes": {"type": "Deliverable__c"},
                "Name": f"D{n + i}",
                "Engagement__c": salesforce_id("Engagement__c", 1),
            }
            for i in range(150)
        ]
        assert all(each["success"] for each in many.ask("POST", "composite/sobjects", {"records": records})[1])
    soql = "SELECT+Name,(SELECT+Name+FROM+Deliverables__r+ORDER+BY+CreatedDate)+FROM+Engagement__c+WHERE+Name='E1'"
    options = {"Sforce-Query-Options": "batchSize=200"}
    _, body = many.ask("GET", f"query?q={soql}", headers=options)
    page = body["records"][0]["Deliverables__r"]
    assert (page["totalSize"], page["done"], len(page["records"])) == (450, False, 200)
    seen = [row["Name"] for row in page["records"]]
    while not page["done"]:
        _, page = many.ask("GET", page["nextRecordsUrl"])
        seen += [row["Name"] for row in page["records"]]
    assert seen == [f"D{n}" for n in range(450)]


def test_rows_without_an_order_may_come_in_any(many: Any) -> None:
    def names(order: str = "") -> list[str]:
        return [row["Name"] for row in many.query(f"SELECT Name FROM Engagement__c {order}")["records"]]

    still = names()
    assert names() == still
    many.ask("POST", "/_sandbox/settings", {"switches": {"shuffled_without_order": True}})
    first, second = names(), names()
    assert first != second
    assert sorted(first) == sorted(second) == sorted(still)
    assert names("ORDER BY CreatedDate") == still


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT CALENDAR_YEAR(CreatedDate) FROM Engagement__c",
        "SELECT CALENDAR_YEAR(Name) FROM Engagement__c GROUP BY CALENDAR_YEAR(Name)",
        "SELECT HOUR_IN_DAY(Start_Date__c), COUNT(Id) FROM Engagement__c GROUP BY HOUR_IN_DAY(Start_Date__c)",
        "SELECT Id FROM Engagement__c WHERE COUNT(Id) > 1",
        "SELECT toLabel(Budget__c) FROM Engagement__c",
        "SELECT Id FROM Account USING SCOPE nobody",
        "SELECT GROUPING(Name) FROM Engagement__c GROUP BY Stage__c",
        "SELECT COUNT(Id) n, COUNT(Name) n FROM Engagement__c",
        "SELECT SUM(CALENDAR_YEAR(CreatedDate)) FROM Engagement__c",
        "SELECT MAX(MIN(Name)) FROM Engagement__c",
    ],
)
def test_functions_out_of_place_are_refused(many: Any, soql: str) -> None:
    assert many.refusal(soql)["errorCode"] in ("MALFORMED_QUERY", "INVALID_FIELD")

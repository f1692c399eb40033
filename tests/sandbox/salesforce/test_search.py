"""SOSL and the other searches: words, phrases, wildcards, fields, the index that lags."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.core.clock import Clock
from sandbox.salesforce.ids import salesforce_id

ACC = [salesforce_id("Account", n) for n in range(4)]


def search(org: Any, sosl: str, version: str = "v66.0") -> Any:
    status, body = org.ask("GET", f"/services/data/{version}/search?q={quote(sosl)}")
    assert status == 200, body
    return body


def names(org: Any, sosl: str) -> list[str]:
    return [row.get("Name") or row.get("LastName") for row in search(org, sosl)["searchRecords"]]


@pytest.fixture
def filled(org: Any) -> Any:
    for values in (
        {"Name": "Delta Works", "Phone": "555 0100", "Website": "delta.example"},
        {"Name": "Works of Delta", "Description": "an old friend of alpha"},
        {"Name": "Deltaic (North)", "Industry": "Banking"},
    ):
        assert org.ask("POST", "sobjects/Account", values)[0] == 201
    return org


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("delta", ["Delta Works", "Works of Delta"]),
        ("DELTA*", ["Delta Works", "Works of Delta", "Deltaic (North)"]),
        ("delta??", ["Deltaic (North)"]),
        ("delta works", ["Delta Works", "Works of Delta"]),
        ('"delta works"', ["Delta Works"]),
        ("delta AND works", ["Delta Works", "Works of Delta"]),
        ("deltaic OR fictive", ["Fictive Alpha", "Fictive Beta", "Deltaic (North)"]),
        ("delta AND NOT friend", ["Delta Works"]),
        ("(delta OR deltaic) AND north", ["Deltaic (North)"]),
        ("alpha", ["Fictive Alpha", "Works of Delta"]),
        (r"\(north\)", ["Deltaic (North)"]),
        ("gamma", []),  # in the recycle bin
    ],
)
def test_words(filled: Any, text: str, found: list[str]) -> None:
    assert names(filled, f"FIND {{{text}}} RETURNING Account(Name ORDER BY CreatedDate, Id)") == found


def test_fields_objects_and_the_rest_of_the_query(filled: Any) -> None:
    assert names(filled, "FIND {alpha} IN NAME FIELDS RETURNING Account(Name)") == ["Fictive Alpha"]
    assert names(filled, "FIND {0100} IN PHONE FIELDS RETURNING Account(Name)") == ["Delta Works"]
    assert names(filled, "FIND {0100} IN EMAIL FIELDS RETURNING Account(Name)") == []
    rest = "WHERE Name LIKE '%works%' AND Name != 'a, (b' ORDER BY Name DESC LIMIT 1"
    assert names(filled, f"FIND {{delta}} RETURNING Account(Id, Name {rest}), Contact(LastName)") == ["Works of Delta"]
    assert (
        names(filled, "FIND {delta*} RETURNING Account(Name ORDER BY Name) LIMIT 2")
        == ["Deltaic (North)", "Delta Works"][::-1]
    )
    every = search(filled, "FIND {example}")["searchRecords"]
    assert {row["attributes"]["type"] for row in every} == {"Account", "Contact", "User"}
    assert set(every[0]) == {"attributes", "Id"}
    assert isinstance(search(filled, "FIND {delta}", "v36.0"), list)


def test_searches_by_parameters(filled: Any) -> None:
    asked = "q=delta&sobject=Account&Account.fields=id,Name&Account.limit=1&in=NAME"
    (row,) = filled.ask("GET", f"parameterizedSearch?{asked}")[1]["searchRecords"]
    assert row["Name"] == "Delta Works"
    body = {
        "q": "delta*",
        "fields": ["Name"],
        "sobjects": [{"name": "Account", "where": "Name LIKE 'D%'"}],
        "overallLimit": 5,
    }
    found = filled.ask("POST", "parameterizedSearch", body)[1]["searchRecords"]
    assert [row["Name"] for row in found] == ["Delta Works", "Deltaic (North)"]
    told = filled.ask("GET", "search/suggestions?q=del&sobject=Account,Contact&limit=2")[1]
    assert [each["Name"] for each in told["autoSuggestResults"]] == ["Delta Works", "Works of Delta"]
    assert told["hasMoreResults"]
    assert "Account" in {each["type"] for each in filled.ask("GET", "search/scopeOrder")[1]}
    (layout,) = filled.ask("GET", "search/layout?q=Account")[1]
    assert layout["searchColumns"][0]["name"] == "Name"


def test_what_a_user_may_not_see_is_not_found(filled: Any, make_org: Any) -> None:
    narrow = make_org(filled.service, "narrow-token")
    filled.ask("POST", "/_sandbox/access", {"username": "narrow@partner.example", "hidden": ["Account.Phone", "Lead"]})
    assert names(narrow, "FIND {0100} RETURNING Account(Name)") == []
    assert names(filled, "FIND {0100} RETURNING Account(Name)") == ["Delta Works"]
    filled.ask("POST", "/_sandbox/sharing", {"defaults": {"Account": "private"}})
    assert names(narrow, "FIND {delta} RETURNING Account(Name)") == []


def test_the_index_lags_behind(filled: Any, clock: Clock) -> None:
    filled.ask("POST", "/_sandbox/settings", {"switches": {"search_lag_seconds": 60}})
    filled.ask("PATCH", f"sobjects/Account/{ACC[1]}", {"Name": "Renamed"})
    filled.ask("POST", "sobjects/Account", {"Name": "Newborn"})
    assert filled.query("SELECT Id FROM Account WHERE Name = 'Renamed'")["totalSize"] == 1
    assert names(filled, "FIND {renamed OR newborn} RETURNING Account(Name)") == []
    assert names(filled, "FIND {fictive} IN NAME FIELDS RETURNING Account(Name)") == ["Renamed", "Fictive Beta"]
    clock.advance(61)
    assert names(filled, "FIND {renamed OR newborn} RETURNING Account(Name)") == ["Renamed", "Newborn"]


@pytest.mark.parametrize(
    ("sosl", "code"),
    [
        ("FIND", "MALFORMED_SEARCH"),
        ("FIND {a}", "MALFORMED_SEARCH"),
        ("FIND {(delta}", "MALFORMED_SEARCH"),
        ("FIND {delta} IN SOME FIELDS", "MALFORMED_SEARCH"),
        ("FIND {delta} RETURNING Account(Name", "MALFORMED_SEARCH"),
        ("FIND {delta} RETURNING Foo", "INVALID_TYPE"),
        ("FIND {delta} RETURNING Organization(Name)", "INVALID_TYPE"),
        ("FIND {delta} RETURNING Account(Foo)", "INVALID_FIELD"),
        ("FIND {delta} NONSENSE", "MALFORMED_SEARCH"),
        ("FIND {delta AND}", "MALFORMED_SEARCH"),
    ],
)
def test_wrong_searches(org: Any, sosl: str, code: str) -> None:
    status, body = org.ask("GET", f"search?q={quote(sosl)}")
    assert (status, body[0]["errorCode"]) == (400, code)

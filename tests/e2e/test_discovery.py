"""A portfolio that no configuration names: its records tell of it, of a new contract, and of its end."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from benchmarks.product import findings, planted
from sandbox.salesforce.objects import org_schema

pytestmark = pytest.mark.loopback

CONDITION = "Managed_By__c"


class Discovered:
    """The sandbox, with the places of each engagement in fields of its record, and not in the configuration."""

    def __init__(self, world: Any) -> None:
        self.world = world
        text = world.config.read_text(encoding="utf-8")
        self.named = tomllib.loads(text)["engagements"]
        self.fields: dict[str, tuple[str, str, str]] = {}  # field -> connection, place or anchor, number
        values = {key: self._values(one["places"]) for key, one in self.named.items()}
        self._extend_salesforce(values)
        world.config.write_text(self._configured(text), encoding="utf-8")

    def _values(self, places: list[dict[str, str]]) -> dict[str, str]:
        found, counts = {CONDITION: "syncline"}, dict.fromkeys(("jira", "jira-dc", "github", "launchpad"), 0)
        for one in places:
            counts[one["connection"]] += 1
            for what in ("place", "anchor"):
                name = f"{one['connection'].replace('-', '_')}_{what}_{counts[one['connection']]}".title() + "__c"
                self.fields[name] = (one["connection"], what, str(counts[one["connection"]]))
                if what in one:
                    found[name] = one[what]
        return found

    def _extend_salesforce(self, values: dict[str, dict[str, str]]) -> None:
        shipped = org_schema(multi_currency=True).objects["Engagement__c"]
        like = next(field.info for field in shipped.fields if field.name == "Contract_Number__c")
        own = [
            {**like, "name": name, "label": name.removesuffix("__c").replace("_", " "), "length": 80}
            for name in (CONDITION, *self.fields)
        ]
        state = self.world.steering.call("GET", "salesforce", "state").json()
        described = {**shipped.top, "fields": [*(field.info for field in shipped.fields), *own]}
        state["org"]["describes"] = [described]
        for row in state["records"]["Engagement__c"]:
            row.update(values[row["Key__c"]])
        self.world.steering.call("PUT", "salesforce", "state", state)

    def _configured(self, text: str) -> str:
        places: dict[tuple[str, str], dict[str, str]] = {}
        for name, (connection, what, number) in self.fields.items():
            places.setdefault((connection, number), {})[what] = name
        parts = ", ".join(f'{name} = {{ field = "{label(name)}" }}' for name in self.fields)
        listed = "\n".join(
            f'  {{ connection = "{connection}", '
            + ", ".join(f'{what} = "{{{name}}}"' for what, name in one.items())
            + " },"
            for (connection, _), one in places.items()
        )
        table = f"""
[discover.contracts]
connection = "salesforce"
only = {{ field = "{label(CONDITION)}", is = "Syncline" }}
parts = {{ {parts} }}
places = [
{listed}
]
"""
        return re.sub(r"\n\[engagements\..*\Z", table, text, flags=re.DOTALL)

    def rows(self) -> dict[str, dict[str, Any]]:
        return {row["Key__c"]: row for row in self.world.rows("Engagement__c").values()}

    def asked(self, connection: str, place: str) -> bool:
        """Whether a tool was asked for a place since the last time."""
        told = [str(entry) for entry in self.world.steering.log(connection)]
        self.world.steering.call("DELETE", connection, "log")
        return any(place in one for one in told)

    def status(self, key: str) -> dict[str, Any]:
        return next(one for one in self.world.json("status")["engagements"] if one["engagement"] == key)


def label(field: str) -> str:
    return field.removesuffix("__c").replace("_", " ")


def requests(summary: dict[str, Any]) -> dict[str, int]:
    return {name: read["requests"] for name, read in summary["reads"].items()}


class Kept:
    """The portfolio after its first sync, which both tests begin with."""

    portfolio: Discovered
    text = ""
    first: dict[str, Any]


@pytest.fixture
def portfolio(untouched) -> Discovered:
    if not Kept.text:
        Kept.portfolio = Discovered(untouched)
        Kept.text = untouched.config.read_text(encoding="utf-8")
        Kept.first = untouched.json("sync", code=3)
        untouched.keep("discovered")
    untouched.restore("discovered")
    untouched.config.write_text(Kept.text, encoding="utf-8")
    return Kept.portfolio


def test_a_discovered_portfolio_is_as_a_named_one_and_asks_no_more(untouched, portfolio) -> None:
    assert set(Kept.first["reconciled"]) == set(portfolio.named)
    assert sorted(findings(untouched.config)) == sorted(planted(untouched.box.truth))
    second = untouched.json("sync", code=3)
    assert not any(second["writes"].values())
    checked = {row["name"]: row["found"] for row in untouched.json("check")["connections"]["salesforce"]}
    assert checked["discover.contracts"] == f"tells of {len(portfolio.named)} engagements"
    assert all(place["place"] in checked[key] for key, one in portfolio.named.items() for place in one["places"])
    untouched.restore("synced")
    assert requests(second) == requests(untouched.json("sync", code=3))


def test_a_contract_that_is_signed_appears_and_one_that_is_closed_rests(untouched, portfolio) -> None:
    rows = portfolio.rows()
    closed = next(key for key, row in rows.items() if row["Stage__c"] == "Closed")
    field = next(name for name, told in portfolio.fields.items() if told[:2] == ("launchpad", "place"))
    place = rows[closed][field]
    untouched.json("sync", code=3)
    assert not portfolio.asked("launchpad", place)

    new = {"Name": "Signed today", "Key__c": "NEW-01", "Account__c": rows[closed]["Account__c"], "Stage__c": "Active"}
    create = {"op": "create", "object": "Engagement__c", "values": {**new, CONDITION: "syncline", field: place}}
    untouched.steering.call("POST", "salesforce", "records", [create])
    assert "NEW-01" in untouched.json("sync", code=3)["reconciled"]
    assert portfolio.asked("launchpad", place)
    found = portfolio.status("NEW-01")
    assert found["origin"] == "discover.contracts"
    assert "no place on github: Github Place 1 is empty" in found["left_out"]
    assert all(source["read_at"] for source in found["sources"])
    shown = portfolio.rows()["NEW-01"]
    assert shown["Syncline_Status__c"].casefold() == found["status"]

    untouched.steering.change_rows("Engagement__c", {shown["Id"]: {"Stage__c": "Closed", CONDITION: None}})
    resting = untouched.json("sync", code=3)
    assert not portfolio.asked("launchpad", place)
    assert not any(resting["writes"].values())
    rested = portfolio.status("NEW-01")
    assert (rested["status"], rested["last_status"]) == ("closed", found["status"])
    assert rested["rested"] is not None

"""Scope from a file, from products and from epics, over the stand-ins, as `syncline scope` shows it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

SHEET = """\
Item;Title;Version;Signed;Due;Budget
SI-01;Images;1;2026-01-05;2026-06-30;12000,50
SI-01;Images, also for the edge;2;2026-03-01;2026-07-31;14.000,50
SI-77;Nobody's;2;;2026-07-31;
"""
EPICS = """
[mapping.jira.inbound.scope_item]
stream = "issues"
makes = "scope_item"
when = { path = "fields.issuetype.name", is = "Epic" }

[mapping.jira.inbound.scope_item.attributes]
title = { path = "fields.summary" }
text = { path = "fields.description" }
state = { value = "active" }

[connections.sow]
kind = "file"
folder = "."
currency = "EUR"
"""


def _alone(world: Any) -> list[tuple[str, str]]:
    """(engagement, project) of each place on jira that one engagement has for itself, and that holds epics."""
    engagements = tomllib.loads(world.config.read_text(encoding="utf-8"))["engagements"]
    named = [(p["place"], key) for key, e in engagements.items() for p in e["places"] if p["connection"] == "jira"]
    alone = {place: key for place, key in named if [p for p, _ in named].count(place) == 1}
    single = {key: place for place, key in alone.items() if [k for _, k in named].count(key) == 1}
    return [(key, place) for key, place in sorted(single.items()) if _epics(world, place)]


def _epics(world: Any, place: str) -> list[str]:
    state = world.steering.call("GET", "jira", "state").json()
    (epic,) = [each["id"] for each in state["issuetypes"] if each["name"] == "Epic"]
    mine = [each for each in state["issues"] if each["key"].startswith(f"{place}-")]
    return sorted(each["key"] for each in mine if each["fields"]["issuetype"] in (epic, {"id": epic}, {"name": "Epic"}))


@pytest.mark.loopback
@pytest.mark.timeout(400)
def test_a_file_products_and_epics_are_scope(world: Any, products: Any) -> None:
    (by_epics, place), *_ = _alone(world)
    by_products, by_file = [key for key in world.rows_by_key() if key != by_epics][:2]
    state = world.steering.call("GET", "salesforce", "state").json()
    state["org"]["describes"] = products.sold()
    record = world.rows_by_key()[by_products]["Id"]
    state["records"].update(products.sale(record, ("IMG", "Images", 2, 1500), ("OPS", "Operation", 12, 100.5)))
    world.steering.call("PUT", "salesforce", "state", state)
    (world.folder / "SoW.csv").write_text(SHEET, encoding="utf-8")
    objects = 'objects = { opportunities = "Opportunity", opportunity_products = "OpportunityLineItem" }'
    sources = {
        by_epics: '{ connection = "jira" }',
        by_products: '{ connection = "salesforce", stream = "opportunities" }',
        by_file: '{ connection = "sow", place = "SoW.csv" }',
    }
    world.configure(
        ('kind = "salesforce"\n', f'kind = "salesforce"\n{objects}\n'),
        *((f"[engagements.{key}]\n", f"[engagements.{key}]\nscope = [{said}]\n") for key, said in sources.items()),
    )
    world.config.write_text(world.config.read_text(encoding="utf-8") + EPICS, encoding="utf-8")

    world.json("pull")
    found = {one["engagement"]: one for one in world.json("scope")["engagements"]}

    file = found[by_file]
    assert (file["source"], file["baseline"], file["signed_on"]) == ("sow SoW.csv", 2, "2026-03-01")
    assert [(b["version"], b["current"], b["items"]) for b in file["baselines"]] == [(2, True, 2), (1, False, 1)]
    (item,) = [i for i in file["items"] if i["item"] == "SI-01"]
    assert (item["due"], item["budget"]) == ("2026-07-31", {"amount": "14000.5", "currency": "EUR"})
    (bare,) = [i for i in file["items"] if i["item"] == "SI-77"]
    assert bare["finding"] is not None

    sold = found[by_products]
    assert (sold["source"], sold["baseline"]) == ("salesforce opportunities", 1)
    assert [(i["item"], i["title"], i["budget"]["amount"]) for i in sold["items"]] == [
        ("IMG", "IMG Images", "3000.0"),
        ("OPS", "OPS Operation", "1206.0"),
    ]

    stands = found[by_epics]
    assert (stands["source"], stands["baseline"], stands["undecided"]) == ("jira", None, [])
    assert sorted(i["item"] for i in stands["items"]) == _epics(world, place)
    assert all(i["live"] + i["dropped"] > 0 or i["finding"] for i in stands["items"])
    assert any(i["live"] for i in stands["items"])

    line = world.json("explain", "SoW.csv:4")
    assert (line["ref"], line["key"]) == ("sow:scope:SoW.csv/2/si-77", "SoW.csv:4")

"""What an org sells becomes scope, from its products and from objects of its own, over real HTTP."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.core.port import Partition, PartitionFailure, Wanted
from connectors.salesforce import SPEC
from mapping.inbound import map_record
from mapping.model import Entity, Money, ScopeBaseline, ScopeItem, ScopeState
from mapping.rules import Rules, compile_rules

pytestmark = pytest.mark.loopback

OF_PRODUCTS = {"opportunities": "Opportunity", "opportunity_products": "OpportunityLineItem"}


def mapped(connector: Any, rules: Rules) -> list[Entity]:
    """What everything that the connection has becomes, read with the fields that the mapping asks for."""
    catalog = connector.catalog([])
    streams = SPEC.streams_of(connector._client.settings)
    partitions = [Partition(stream=s.name, key=s.fixed_partition) for s in SPEC.streams if s.name in streams]
    wanted = [Wanted(partition=p, cursor=None, fields=rules.fields(p.stream, owned=())) for p in partitions]
    found: list[Entity] = []
    for page in connector.reader.pull(wanted, catalog):
        assert not isinstance(page, PartitionFailure), page.error
        found += [entity for record in page.records for entity in map_record(rules, record, catalog)]
    return found


def of(kind: type, entities: list[Entity]) -> list[Any]:
    return sorted((e for e in entities if isinstance(e, kind)), key=lambda e: e.key)


def test_the_products_of_a_won_opportunity_are_the_scope_of_its_engagement(org, connections, products):
    engagement = {"Id": "a00000000000001AAA", "Name": "Backup", "Key__c": "NIM-01", "Stage__c": "Active"}
    rows = products.sale(engagement["Id"], ("IMG", "Images", 2, 1500), ("OPS", "Operation", 12, 100.5))
    org.reset({"Engagement__c": [engagement | products.STAMP], **rows}, describes=products.sold())
    found = mapped(connections.connect(objects=OF_PRODUCTS), compile_rules("salesforce", SPEC.mapping()))
    lost, won = of(ScopeBaseline, found)
    assert (won.engagement_key, won.signed_on, won.key) == ("NIM-01", date(2026, 2, 1), "Backup service")
    assert lost.signed_on is None
    images, operation = of(ScopeItem, found)
    assert images.baseline_ref == operation.baseline_ref == won.ref
    assert (images.key, images.title, images.text) == ("IMG", "Images", "2 x 1500: Sells Images")
    assert operation.budget == Money(amount=Decimal("1206.0"), currency="EUR")
    assert (operation.due, operation.state) == (date(2026, 12, 1), ScopeState.ACTIVE)
    assert operation.url.endswith("/lightning/r/OpportunityLineItem/00k000000000002AAA/view")


def test_objects_of_an_org_are_read_in_the_place_of_ours(org, connections, products):
    field, described = products.field, products.described
    describes = [
        described("SOW__c", "a10", field("Project__c", "string", length=20), field("Approved__c", "date")),
        described(
            "SOW_Line__c",
            "a11",
            field("SOW__c", "reference", "SOW__c", "SOW__r"),
            field("Pos__c", "string", length=20, label="Position"),
            field("Amount__c", "currency", precision=18, scale=2),
            field("Phase__c", "string", length=20),
        ),
    ]
    sow = {"Id": "a10000000000001AAA", "Name": "3", "Project__c": "NIM-01", "Approved__c": "2026-03-01"}
    line = {"Id": "a11000000000001AAA", "Name": "Images", "SOW__c": sow["Id"], "Pos__c": "1.1", "Amount__c": 10.5}
    rows = {"SOW__c": [sow | products.STAMP], "SOW_Line__c": [line | {"Phase__c": "Later"} | products.STAMP]}
    org.reset(rows, describes=describes)
    override = {
        "inbound": {
            "scope_baseline": {
                "attributes": {
                    "engagement_ref": False,
                    "engagement_key": {"field": "Project__c"},
                    "version": {"field": "Name"},
                    "signed_on": {"field": "Approved__c"},
                }
            },
            "scope_item": {
                "attributes": {
                    "key": {"field": "Position"},
                    "baseline_ref": {"field": "SOW__c"},
                    "text": False,
                    "due": False,
                    "budget": {"field": "Amount__c", "currency_if_absent": "EUR"},
                    "acceptance": False,
                    "state": {"field": "Phase__c", "values": {"Now": "active", "Later": "deferred"}},
                }
            },
        }
    }
    objects = {"baselines": "SOW__c", "scope_items": "SOW_Line__c", "engagements": False, "deliverables": False}
    rules = compile_rules("salesforce", SPEC.mapping(), override)
    found = mapped(connections.connect(objects={**objects, "risks": False}, owned=()), rules)
    (baseline,) = of(ScopeBaseline, found)
    assert (baseline.engagement_key, baseline.version, baseline.signed_on) == ("NIM-01", 3, date(2026, 3, 1))
    (item,) = of(ScopeItem, found)
    assert (item.key, item.title, item.baseline_ref) == ("1.1", "Images", baseline.ref)
    assert item.budget == Money(amount=Decimal("10.5"), currency="EUR")
    assert item.state is ScopeState.DEFERRED
    assert not {line["path"] for line in org.log() if "Deliverable__c" in line["path"]}

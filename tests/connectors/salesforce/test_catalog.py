"""A description becomes the port's catalog."""

from __future__ import annotations

import json

import pytest

from connectors.core.port import FieldType
from connectors.salesforce.catalog import field_info


@pytest.mark.parametrize(
    ("described", "kind"),
    [
        ({"type": "string", "length": 40}, FieldType.TEXT),
        ({"type": "textarea", "length": 32768}, FieldType.LONG_TEXT),
        ({"type": "currency"}, FieldType.MONEY),
        ({"type": "reference", "referenceTo": ["Account"]}, FieldType.REFERENCE),
        ({"type": "reference", "referenceTo": ["User"]}, FieldType.PERSON),
        ({"type": "anytype"}, FieldType.OTHER),
    ],
)
def test_a_type_is_translated(described, kind):
    info = field_info("engagements", {"name": "X__c", "label": "X", **described})
    assert info.type is kind
    assert info.max_length == described.get("length")


def test_only_a_closed_list_of_values_is_one_and_only_active_values_count():
    values = [{"value": "Green", "active": True}, {"value": "Old", "active": False}]
    described = {"name": "X__c", "label": "X", "type": "picklist", "picklistValues": values}
    assert field_info("engagements", {**described, "restrictedPicklist": True}).options == ("Green",)
    assert field_info("engagements", described).options == ()


@pytest.mark.parametrize(("updateable", "createable"), [(True, False), (False, True), (False, False)])
def test_a_field_is_writable_when_it_can_be_set_at_any_time(updateable, createable):
    described = {"name": "X__c", "type": "string", "updateable": updateable, "createable": createable}
    assert field_info("risks", described).writable is (updateable or createable)


def test_the_descriptions_of_real_orgs_are_understood(api_evidence):
    files = sorted((api_evidence / "salesforce" / "describe").glob("*.json"))
    found = [field_info("accounts", f) for p in files for f in json.loads(p.read_text()).get("fields", ())]
    assert len(found) > 100
    assert {FieldType.TEXT, FieldType.DATE, FieldType.OPTION, FieldType.BOOLEAN} <= {f.type for f in found}

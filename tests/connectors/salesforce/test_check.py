"""``check`` names what is wrong, and how to mend it, over real HTTP."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.loopback

USERNAME = "sync@partner.example"


def results(connector):
    return {r.name: r for r in connector.check([])}


def test_a_good_org_is_good_in_everything(org, connections):
    found = results(connections.connect())
    assert {name for name, r in found.items() if r.ok is not True} == set()
    assert {"reachability", "API version", "clock", "identity", "rate budget"} <= set(found)
    assert {"write permission engagement.status", "write permission risk.record"} <= set(found)
    assert connections.requests_made <= 4


def test_missing_fields_are_named_with_the_package_to_install(org, connections):
    org.admin(
        "POST",
        "access",
        {"username": USERNAME, "hidden": ["Engagement__c.Stage__c", "Engagement__c.Syncline_Status__c"]},
    )
    found = results(connections.connect())
    assert found["fields Engagement__c"].ok is False
    assert "Stage__c" in found["fields Engagement__c"].found
    assert "deploy/salesforce" in found["fields Engagement__c"].mend
    assert "Syncline_Status__c (missing)" in found["write permission engagement.status"].found


def test_a_missing_object_is_named_and_matters_only_when_it_is_used(org, connections):
    org.admin("POST", "access", {"username": USERNAME, "hidden": ["Syncline_Risk__c"]})
    owned = results(connections.connect())
    assert owned["object Syncline_Risk__c"].ok is False
    assert "deploy/salesforce" in owned["object Syncline_Risk__c"].mend
    reading = results(connections.connect(owned=("engagement.status",)))
    assert "object Syncline_Risk__c" not in reading


def test_a_register_that_is_not_there_is_told_and_is_no_fault(org, connections):
    org.admin("POST", "access", {"username": USERNAME, "hidden": ["Mitigation__c", "Scope_Item__c.Effort_Hours__c"]})
    found = results(connections.connect())
    assert found["object Mitigation__c"].ok is None
    assert "none of these records are read" in found["object Mitigation__c"].found
    assert found["fields Scope_Item__c"].ok is None
    assert "Effort_Hours__c" in found["fields Scope_Item__c"].found
    assert "deploy/salesforce" in found["fields Scope_Item__c"].mend


def test_a_field_that_may_only_be_read_is_named(org, connections):
    org.admin(
        "POST", "access", {"username": USERNAME, "read_only": ["Engagement__c.Syncline_As_Of__c", "Syncline_Risk__c"]}
    )
    found = results(connections.connect())
    assert "Syncline_As_Of__c (read only)" in found["write permission engagement.status"].found
    assert found["write permission risk.record"].ok is False


def test_a_wrong_clock_is_named(org, connections):
    org.admin("POST", "clock", {"advance_seconds": 600})
    found = results(connections.connect())
    assert found["clock"].ok is False
    assert "behind" in found["clock"].found


def test_a_version_that_the_org_does_not_offer_is_named(org, connections):
    found = results(connections.connect(api_version="99.0"))
    assert found["API version"].ok is False


def test_a_refused_login_is_named_and_nothing_else_is_guessed(org, connections):
    found = results(connections.connect(client_id="another"))
    assert found["identity"].ok is False
    assert "client_id" in found["identity"].mend
    assert not any(name.startswith(("fields", "write")) for name in found)


def test_an_address_that_is_no_org_is_named(org, connections):
    org.fault("html", route="^/services/data$", arguments={"body": "<html>"})
    found = results(connections.connect())
    assert found["reachability"].ok is False
    assert set(found) == {"reachability"}


def test_a_used_up_quota_is_named(org, connections):
    org.admin("POST", "settings", {"daily_limit": 1000, "calls_used": 990})
    assert "of 1000" in results(connections.connect())["rate budget"].found

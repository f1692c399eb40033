import pytest

from connectors.core.port import Partition, StreamSpec
from sync.selection import PlaceRef, Selected, anchored_places, needed, shared_places, wanted

JIRA = (
    StreamSpec(name="issues", title="Issues", per_place=True),
    StreamSpec(name="versions", title="Versions", per_place=True),
)
SALES = tuple(
    StreamSpec(name=name, title=name, per_place=False, fixed_partition=key)
    for name, key in {
        "accounts": "Account",
        "users": "User",
        "engagements": "Engagement__c",
        "baselines": "Scope_Baseline__c",
        "scope_items": "Scope_Item__c",
        "deliverables": "Deliverable__c",
        "risks": "Syncline_Risk__c",
    }.items()
)
STREAMS = {"jira": JIRA, "jira-dc": JIRA, "sales": SALES, "unused": SALES}


def selected(key, *places):
    refs = tuple(PlaceRef(connection=c, place=p) for c, p in places)
    return Selected(key=key, record_connection="sales", record_key=key, places=refs)


NIM = selected("NIM-01", ("jira", "NIM"), ("jira-dc", "NIMDC"))
ORB = selected("ORB-01", ("jira", "ORB"), ("jira", "NIM"))


def test_every_place_and_every_fixed_object_is_wanted_once():
    found = wanted([NIM, ORB], STREAMS)
    assert list(found) == ["jira", "jira-dc", "sales"]
    assert found["jira"] == tuple(Partition(stream=s, key=k) for s in ("issues", "versions") for k in ("NIM", "ORB"))
    assert found["jira-dc"] == (Partition(stream="issues", key="NIMDC"), Partition(stream="versions", key="NIMDC"))
    assert {p.key for p in found["sales"]} == {s.fixed_partition for s in SALES}


def test_the_order_of_engagements_and_places_changes_nothing():
    turned = selected("ORB-01", ("jira", "NIM"), ("jira", "ORB"))
    assert wanted([turned, NIM], STREAMS) == wanted([NIM, ORB], STREAMS)
    assert needed(turned, STREAMS) == needed(ORB, STREAMS)


def test_no_engagement_wants_nothing():
    assert wanted([], STREAMS) == {}


def test_an_unknown_connection_is_refused():
    with pytest.raises(KeyError):
        wanted([selected("X-1", ("nowhere", "X"))], STREAMS)
    with pytest.raises(KeyError):
        needed(selected("X-1", ("nowhere", "X")), STREAMS)


def test_the_age_of_accounts_users_and_risks_does_not_count():
    streams = {partition.stream for connection, partition in needed(NIM, STREAMS) if connection == "sales"}
    assert streams == {"engagements", "baselines", "scope_items", "deliverables"}
    assert ("jira-dc", Partition(stream="versions", key="NIMDC")) in needed(NIM, STREAMS)


def test_a_shared_place_names_all_its_engagements_without_regard_to_case():
    lower = selected("abc-01", ("jira", "NIM"))
    found = shared_places([NIM, ORB, lower])
    assert found["jira", "NIM"] == ("abc-01", "NIM-01", "ORB-01")
    assert found["jira-dc", "NIMDC"] == ("NIM-01",)


def test_anchored_places_are_those_of_the_connection_with_an_anchor():
    places = (
        PlaceRef(connection="jira", place="NIM", anchor="NIM-1"),
        PlaceRef(connection="jira", place="NIMX"),
        PlaceRef(connection="github", place="nimbus/images", anchor="nimbus/images#1"),
    )
    one = Selected(key="NIM-01", record_connection="sales", record_key="NIM-01", places=places)
    assert anchored_places([one], "jira") == {"NIM"}
    assert anchored_places([one], "launchpad") == frozenset()

"""Which engagements stored records tell of: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.core.port import Catalog, FieldInfo, FieldType, Form, Record, Visibility
from mapping.model import Access, Engagement, Stage
from mapping.sift import Sift
from mapping.spec import Condition, Source
from sync.discovery import Discovered, Discovery, PlaceTemplate, ScopeTemplate, discover, enlisted, fold
from sync.selection import PlaceRef, ScopeRef, Selected

CATALOG = Catalog(
    fields=tuple(
        FieldInfo(stream="engagements", name=name, id=id_, type=FieldType.TEXT)
        for name, id_ in (("Jira project", "Jira__c"), ("Jira anchor", "Anchor__c"), ("Kind", "Kind__c"))
    )
)
PROJECT = Source(name="Jira project", label="Jira project")
ANCHOR = Source(name="Jira anchor", label="Jira anchor")
KEY = "[A-Z][A-Z0-9]+"
DISCOVERY = Discovery(
    name="contracts",
    connection="crm",
    sift=Sift(
        stream="engagements",
        fields_at=(),
        when=(Condition(source=Source(name="Kind", label="Kind"), among=frozenset({"managed"})),),
        parts={"project": PROJECT, "anchor": ANCHOR},
    ),
    places=(
        PlaceTemplate(
            connection="jira",
            place="{project}",
            anchor="{anchor}",
            place_form=Form(pattern=KEY, example="a project key such as NIM"),
            anchor_form=Form(pattern=rf"(?P<place>{KEY})-[0-9]+", example="an issue key such as NIM-1"),
        ),
        PlaceTemplate(connection="code", place="partner/{key}"),
    ),
)


def candidate(key: str, *, stage: Stage = Stage.ACTIVE, id_: str = "", **payload: Any) -> tuple[Engagement, Record]:
    record = Record(
        connection="crm",
        stream="engagements",
        id=id_ or key,
        partition="engagements",
        key=key,
        url=f"https://crm.example/{key}",
        version="1",
        updated=datetime(2026, 11, 24, tzinfo=UTC),
        visibility=Visibility.INTERNAL,
        payload={"Kind__c": "Managed", "Jira__c": "NIM", "Anchor__c": "NIM-1", **payload},
    )
    engagement = Engagement(
        ref=record.ref,
        key=key,
        url=record.url,
        access=Access.INTERNAL,
        name="Images",
        account_ref=None,
        contract=None,
        stage=stage,
        start=None,
        end=None,
        budget=None,
        manager_ref=None,
    )
    return engagement, record


def found(*candidates: tuple[Engagement, Record], before: tuple[Selected, ...] = ()) -> Discovered:
    return discover(DISCOVERY, candidates, CATALOG, {fold(one.key): one for one in before})


def test_an_engagement_has_the_places_that_its_record_names():
    (one,) = found(candidate("NIM-01")).engagements
    assert one == Selected(
        key="NIM-01",
        record_connection="crm",
        record_key="NIM-01",
        places=(
            PlaceRef(connection="jira", place="NIM", anchor="NIM-1"),
            PlaceRef(connection="code", place="partner/NIM-01"),
        ),
        origin="discover.contracts",
    )


def test_a_record_that_does_not_meet_the_conditions_is_none():
    assert found(candidate("NIM-01", Kind__c="Resale"), candidate("NIM-02", Kind__c=None)) == Discovered()


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_while_a_part_is_empty_there_is_no_such_place_or_anchor_and_it_is_told(empty: str | None):
    (no_place,) = found(candidate("NIM-01", Jira__c=empty)).engagements
    assert [place.connection for place in no_place.places] == ["code"]
    assert no_place.left_out == ("no place on jira: Jira project is empty",)
    (no_anchor,) = found(candidate("NIM-01", Anchor__c=empty)).engagements
    assert no_anchor.places[0] == PlaceRef(connection="jira", place="NIM")
    assert no_anchor.left_out == ("no anchor in NIM on jira: Jira anchor is empty",)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"Jira__c": "nim images"}, "found 'nim images' by Jira project, expected a project key such as NIM"),
        ({"Jira__c": 'NIM" OR 1=1'}, "expected a project key such as NIM"),
        ({"Anchor__c": "the anchor"}, "found 'the anchor' by Jira anchor, expected an issue key such as NIM-1"),
        ({"Anchor__c": "ORB-1"}, "the anchor ORB-1 lies in ORB, and not in NIM as its place says"),
        ({"Jira__c": ["NIM", "ORB"]}, "Jira project: found a list, expected one plain text"),
    ],
)
def test_what_no_place_can_be_called_holds_that_engagement_alone_as_it_was(payload: dict[str, Any], said: str):
    before = found(candidate("NIM-01")).engagements
    result = found(candidate("NIM-01", **payload), candidate("ORB-01"), before=before)
    assert [one.key for one in result.engagements] == ["NIM-01", "ORB-01"]
    assert result.engagements[0] == before[0]
    (held,) = result.held
    assert held.key == "NIM-01"
    assert said in held.reason
    assert "https://crm.example/NIM-01" in held.reason
    assert found(candidate("NIM-01", **payload)).engagements == ()


def test_a_key_that_no_engagement_can_have_is_held():
    result = found(candidate("NIM 01"))
    assert result.engagements == ()
    assert "'NIM 01'" in result.held[0].reason


def test_two_records_of_one_key_are_told_and_one_stands():
    two = [candidate("NIM-01", id_="2"), candidate("nim-01", id_="1", Jira__c="ORB", Anchor__c=None)]
    result = found(*two)
    assert [place.place for place in result.engagements[0].places] == ["ORB", "partner/nim-01"]
    assert "several records" in result.held[0].reason


def test_a_closed_engagement_stays_though_it_meets_the_conditions_no_longer():
    before = found(candidate("NIM-01"), candidate("NIM-02")).engagements
    closed = candidate("NIM-01", stage=Stage.CLOSED, Kind__c="Over")
    left = candidate("NIM-02", Kind__c="Over")
    assert found(closed, left, before=before).engagements == (before[0],)
    assert found(closed).engagements == ()


def test_the_order_of_records_changes_nothing():
    many = [candidate(f"E-{n}", id_=str(n), Jira__c=f"P{n % 3}", Anchor__c=None) for n in range(12)]
    many.append(candidate("e-3", id_="99"))
    assert found(*many) == found(*reversed(many)) == found(*many[5:], *many[:5])


def test_a_named_engagement_wins_by_its_key_and_by_its_record():
    discovered = found(candidate("NIM-01"), candidate("ORB-01"), candidate("PUL-01")).engagements
    named = (
        Selected(key="nim-01", record_connection="crm", record_key="A", places=()),
        Selected(key="OTHER", record_connection="crm", record_key="orb-01", places=()),
    )
    assert enlisted(named, discovered) == (*named, discovered[2])


def test_of_two_discoveries_the_first_has_an_engagement():
    first = found(candidate("NIM-01")).engagements
    second = [replace(one, origin="discover.others") for one in first]
    assert enlisted((), [*first, *second]) == first


def test_a_field_that_the_tool_lacks_is_named_and_only_once_the_tool_has_told_its_fields():
    assert DISCOVERY.sift.unknown(CATALOG) == ()
    assert DISCOVERY.sift.fields() == ("Jira anchor", "Jira project", "Kind")
    lacking = Catalog(fields=CATALOG.fields[1:])
    assert DISCOVERY.sift.unknown(lacking) == ("Jira project",)
    assert DISCOVERY.sift.unknown(Catalog(fields=())) == ()


def test_each_has_the_sources_of_scope_that_its_record_tells() -> None:
    files = Form(pattern=r"[^/]+\.csv", example="a file")
    scope = (
        ScopeTemplate(connection="sow", place="{key}-{project}.csv", place_form=files),
        ScopeTemplate(connection="crm", stream="baselines"),
    )
    discovery = replace(DISCOVERY, scope=scope)
    candidates = [candidate("A-1"), candidate("A-2", Jira__c=None, Anchor__c=None), candidate("A-3", Jira__c="N/M")]
    found = discover(discovery, candidates, CATALOG, {})
    of_crm = ScopeRef(connection="crm", stream="baselines")
    assert [one.scope for one in found.engagements] == [
        (ScopeRef(connection="sow", place="A-1-NIM.csv"), of_crm),
        (of_crm,),
    ]
    assert "no scope on sow: Jira project is empty" in found.engagements[1].left_out
    assert [one.key for one in found.held] == ["A-3"]

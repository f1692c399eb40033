"""Engagements that records tell of appear, change and vanish in runs; a sudden loss is asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.core.faults import Fault, FaultKind, Op
from connectors.core.port import FieldInfo, FieldType
from mapping.sift import Sift
from mapping.spec import Condition, Source
from sync.discovery import Discovery, PlaceTemplate
from sync.engine.live import Silent
from sync.engine.pull import PullSettings
from sync.engine.run import Engine, EngineSettings
from sync.engine.summary import Ending
from sync.plan.types import BrakeKind
from sync.store.discovered import load_discovered
from sync.store.partitions import load_catalog, partition_rows
from sync.store.results import load_status

PLACE = "crm:engagements:discover.contracts"


def source(name: str) -> Source:
    return Source(name=name, label=name)


CONTRACTS = Discovery(
    name="contracts",
    connection="crm",
    sift=Sift(
        stream="engagements",
        fields_at=(),
        when=(Condition(source=source("kind"), among=frozenset({"managed"})),),
        parts={"project": source("project")},
    ),
    places=(PlaceTemplate(connection="tracker", place="{project}", anchor="{project}-1"),),
)


class Signed:
    """A world without named engagements, in which contracts are signed."""

    def __init__(self, world: Any) -> None:
        self.world = world
        world.seed()
        fields = [
            FieldInfo(stream="engagements", name=n, id=n, type=FieldType.TEXT)
            for n in ("key", "stage", "kind", "project")
        ]
        world.crm.catalog = replace(world.crm.catalog, fields=(*world.crm.catalog.fields, *fields))
        world.mappers["crm"].names["engagements"] = ("key", "stage")
        for id_, project in (("91", "ONE"), ("92", "TWO")):
            world.crm.change("engagements", id_, {"kind": "managed", "project": project, "stage": "active"})
        self.discovery = CONTRACTS

    def sign(self, number: int, project: str) -> None:
        fields = {"key": f"E-{number}", "kind": "managed", "project": project, "stage": "active"}
        self.world.crm.add("engagements", "engagements", fields, id=f"9{number}")

    def engine(self, **pull: Any) -> Engine:
        lives = self.world.lives()
        looked_at = {"engagements": self.discovery.sift.fields()}
        lives["crm"] = replace(lives["crm"], looked_at=looked_at)
        settings = EngineSettings(pull=PullSettings(**pull))
        found = (self.discovery,)
        return Engine(self.world.store, lives, (), self.world.clock, settings, Silent(), discoveries=found)

    def sync(self, **pull: Any) -> Any:
        self.world.clock.sleep(700)
        return self.engine(**pull).sync()

    def kept(self) -> list[str]:
        with self.world.store.unit_of_work() as session:
            return [one.key for one in load_discovered(session).get("contracts", {}).values()]

    def has_status(self, key: str) -> bool:
        with self.world.store.unit_of_work() as session:
            return load_status(session, key) is not None

    def read(self) -> set[str]:
        with self.world.store.unit_of_work() as session:
            return {p.key for (_, p), row in partition_rows(session, "tracker").items() if row.complete_at}


@pytest.fixture
def signed(world: Any) -> Signed:
    return Signed(world)


def test_the_first_run_reads_the_records_and_then_the_places_that_they_name(signed: Signed) -> None:
    summary = signed.sync()
    assert summary.reconciled == ("E-1", "E-2")
    assert signed.read() == {"ONE", "TWO"}
    assert signed.has_status("E-1")
    assert (summary.failed, summary.held, summary.brakes) == ((), (), ())


def test_a_contract_signed_later_is_taken_up_by_the_next_run_with_its_place_read_in_full(signed: Signed) -> None:
    signed.sync()
    signed.world.tracker.add("issues", "THREE", {"title": "Anchor", "class": "anchor"}, key="THREE-1", id="3001")
    signed.world.clock.sleep(86_400)
    signed.sign(3, "THREE")
    summary = signed.sync()
    assert "E-3" in summary.reconciled
    assert "THREE" in signed.read()
    assert signed.has_status("E-3")


def test_a_quiet_run_asks_no_more_than_with_named_engagements(signed: Signed) -> None:
    signed.sync()
    quiet = signed.sync()
    assert quiet.reconciled == ()
    world = signed.world
    world.clock.sleep(700)
    named = Engine(world.store, world.lives(), world.engagements, world.clock, EngineSettings(), Silent())
    named.sync()
    world.clock.sleep(700)
    assert {n: r.requests for n, r in named.sync().reads.items()} == {n: r.requests for n, r in quiet.reads.items()}


def test_a_record_that_leaves_the_condition_is_forgotten(signed: Signed) -> None:
    signed.sync()
    signed.world.crm.change("engagements", "91", {"kind": "resale"})
    summary = signed.sync()
    assert summary.brakes == ()
    assert signed.kept() == ["E-2"]
    assert not signed.has_status("E-1")


def test_one_that_is_closed_stays_though_it_left_the_condition(signed: Signed) -> None:
    signed.sync()
    signed.world.crm.change("engagements", "91", {"kind": "over", "stage": "closed"})
    assert signed.sync().brakes == ()
    assert signed.kept() == ["E-1", "E-2"]


@pytest.mark.parametrize("left", [0, 5])
def test_that_far_fewer_or_none_are_found_is_a_brake_and_nothing_is_given_up(signed: Signed, left: int) -> None:
    for number in range(3, 13):
        signed.sign(number, f"P{number}")
    signed.sync()
    everybody = signed.kept()
    assert len(everybody) == 12
    for number in range(1, 13 - left):
        signed.world.crm.change("engagements", f"9{number}", {"kind": None})
    for _ in range(2):
        summary = signed.sync()
        assert [brake.kind for brake in summary.brakes] == [BrakeKind.SOURCE_EMPTIED]
        assert PLACE in summary.brakes[0].mend
        assert summary.ending is Ending.BRAKED
        assert signed.kept() == everybody
        assert signed.has_status("E-1")
    summary = signed.sync(accept_emptied=frozenset({PLACE}))
    assert summary.brakes == ()
    assert len(signed.kept()) == left
    assert not signed.has_status("E-1")
    assert signed.sync().brakes == ()


def test_a_field_that_the_tool_lacks_is_told_and_stops_nothing_else(signed: Signed) -> None:
    signed.sync()
    good = signed.discovery
    sift = replace(good.sift, parts={"project": source("Projct")})
    signed.discovery = replace(good, sift=sift)
    crm = replace(signed.world.lives()["crm"], looked_at={"engagements": sift.fields()})
    assert crm.fields("engagements", signed.world.crm.catalog) == ("key", "kind", "stage")  # others would be refused
    summary = signed.sync()
    assert [note.place for note in summary.failed] == ["discover.contracts"]
    assert "'Projct'" in summary.failed[0].message
    assert signed.kept() == ["E-1", "E-2"]
    assert signed.has_status("E-1")
    signed.discovery = good
    assert signed.sync().failed == ()


def named_before(signed: Signed) -> None:
    """E-1 and E-2 as named engagements, read while the tool had no field that a discovery looks at."""
    world, catalog = signed.world, signed.world.crm.catalog
    lacks = tuple(one for one in catalog.fields if one.name not in {"kind", "project"})
    world.crm.catalog = replace(catalog, fields=lacks)
    Engine(world.store, world.lives(), world.engagements, world.clock, EngineSettings(), Silent()).sync()
    world.crm.catalog = catalog
    assert signed.has_status("E-1")


def test_a_field_that_was_made_since_the_catalog_was_taken_is_found_by_the_first_run(signed: Signed) -> None:
    named_before(signed)
    summary = signed.sync()
    assert summary.failed == ()
    assert signed.kept() == ["E-1", "E-2"]


def test_nothing_is_concluded_of_engagements_named_before_while_a_discovery_cannot_be_made(signed: Signed) -> None:
    named_before(signed)
    sift = replace(signed.discovery.sift, parts={"project": source("Projct")})
    signed.discovery = replace(signed.discovery, sift=sift)
    assert [note.place for note in signed.sync().failed] == ["discover.contracts"]
    assert signed.has_status("E-1")


def test_nothing_is_concluded_before_the_records_are_read_with_what_a_discovery_looks_at(signed: Signed) -> None:
    world = signed.world
    Engine(world.store, world.lives(), world.engagements, world.clock, EngineSettings(), Silent()).sync()
    world.clock.sleep(700)
    signed.engine().plan()  # asks nothing, and so knows no more than before
    assert signed.has_status("E-1")
    world.crm.faults.append(Fault(kind=FaultKind.PARTITION, op=Op.PULL, stream="engagements", times=1))
    assert [note.place for note in signed.sync().failed] == ["crm:engagements:engagements", "discover.contracts"]
    assert signed.has_status("E-1")
    assert signed.sync().failed == ()
    assert signed.kept() == ["E-1", "E-2"]


def test_records_that_cannot_be_read_leave_all_as_it_was_and_the_fields_are_asked_for_again(signed: Signed) -> None:
    signed.sync()
    fault = Fault(kind=FaultKind.PARTITION, op=Op.PULL, stream="engagements", times=1)
    signed.world.crm.faults.append(fault)
    summary = signed.sync()
    assert [note.place for note in summary.failed] == ["crm:engagements:engagements"]
    assert summary.brakes == ()
    assert signed.kept() == ["E-1", "E-2"]
    with signed.world.store.unit_of_work() as session:
        catalog = load_catalog(session, "crm")
    assert catalog is not None
    assert catalog.taken.year == 1970


def test_a_bad_value_holds_its_engagement_alone_and_is_told(signed: Signed) -> None:
    signed.sync()
    signed.world.crm.change("engagements", "91", {"project": ["ONE", "TWO"]})
    summary = signed.sync()
    assert [note.place for note in summary.held] == ["engagement:E-1"]
    assert summary.ending is Ending.PARTLY
    assert signed.has_status("E-1")


def test_what_another_discovery_found_is_forgotten_with_it(signed: Signed) -> None:
    signed.sync()
    signed.discovery = replace(signed.discovery, name="others")
    signed.sync()
    assert signed.kept() == []
    with signed.world.store.unit_of_work() as session:
        assert set(load_discovered(session)) == {"others"}
    assert signed.has_status("E-1")

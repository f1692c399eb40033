from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.port import Partition, Wanted
from mapping.model import WorkItem
from sync.engine.live import Silent
from sync.engine.pull import PullSettings, get_catalog, pull
from sync.plan.types import BrakeKind
from sync.selection import shared_places
from sync.store.model import dirty, entities
from sync.store.partitions import partition_rows
from sync.store.records import load_records
from sync.store.runs import held
from sync.store.tables import CatalogRow, EntityRow, HeadRow, RecordRow

ISSUES_ONE = ("tracker", Partition(stream="issues", key="ONE"))


def titles(world: Any) -> dict[str, str]:
    with world.store.unit_of_work() as session:
        return {item.key: item.title for item in entities(session, WorkItem)}


def partition(world: Any, which: tuple[str, Partition] = ISSUES_ONE) -> Any:
    with world.store.unit_of_work() as session:
        return partition_rows(session)[which]


def count(world: Any, table: Any) -> int:
    with world.store.unit_of_work() as session:
        return int(session.scalar(select(func.count()).select_from(table)) or 0)


@pytest.fixture
def pulled(world: Any) -> Any:
    world.seed()
    world.pull()
    world.clock.sleep(3600)
    return world


def test_everything_is_read_mapped_and_complete(world: Any) -> None:
    world.seed()
    report = world.pull()
    assert report.records == {"crm": 8, "tracker": 8}
    assert report.failed == ()
    assert report.brakes == ()
    assert report.down == frozenset()
    assert titles(world)["TWO-3"] == "Work 3"
    assert all(row.complete_at == world.clock.now() for row in _rows(world).values())


def _rows(world: Any) -> Any:
    with world.store.unit_of_work() as session:
        return partition_rows(session)


def test_a_quiet_cycle_stores_nothing_and_marks_nothing(pulled: Any) -> None:
    with pulled.store.unit_of_work() as session:
        from sync.store.model import clear_dirty

        clear_dirty(session, dirty(session))
        session.commit()
    before = count(pulled, RecordRow)
    assert pulled.pull().changed == 0
    assert count(pulled, RecordRow) == before
    with pulled.store.unit_of_work() as session:
        assert dirty(session) == {}


def test_a_change_is_one_new_version_and_the_latest_mapping(pulled: Any) -> None:
    pulled.tracker.change("issues", "1002", {"title": "Renamed"})
    assert pulled.pull().changed == 1
    assert titles(pulled)["ONE-2"] == "Renamed"


def test_a_change_that_commits_late_is_not_missed(pulled: Any) -> None:
    stamped = pulled.clock.now()
    pulled.tracker.change(
        "issues", "1002", {"title": "Late"}, updated=stamped, visible_from=stamped + timedelta(minutes=5)
    )
    pulled.clock.sleep(60)
    pulled.pull()
    assert titles(pulled)["ONE-2"] == "Work 2"
    pulled.clock.sleep(300)
    pulled.pull()
    assert titles(pulled)["ONE-2"] == "Late"


def test_killed_at_any_page_nothing_is_lost(world: Any) -> None:
    for n in range(23):
        world.tracker.add("issues", "ONE", {"title": f"T{n}"}, id=str(500 + n))
    deaths = 0
    world.tracker.faults.append(Fault(kind=FaultKind.KILL_AFTER, op=Op.PULL, times=4, after=1))
    for _ in range(10):
        try:
            world.pull()
            break
        except KilledError:
            deaths += 1
            world.reopen()
            world.tracker.faults[0].after = 1
    assert deaths == 4
    assert len(titles(world)) == 23
    assert count(world, RecordRow) == 23


def test_one_bad_record_is_held_and_everything_else_flows(world: Any) -> None:
    world.seed()
    world.tracker.change("issues", "1003", {"broken": "x"})
    assert world.pull().failed == ()
    assert "ONE-3" not in titles(world)
    assert titles(world)["ONE-4"] == "Work 4"
    with world.store.unit_of_work() as session:
        assert [(row.place, row.message) for row in held(session)] == [
            ("tracker:issues:1003", "broken: found 'x', expected nothing")
        ]
    del world.tracker.rows["issues", "1003"].fields["broken"]
    world.clock.sleep(60)
    world.tracker.change("issues", "1003", {"title": "Mended"})
    world.pull()
    assert titles(world)["ONE-3"] == "Mended"
    with world.store.unit_of_work() as session:
        assert held(session) == []


def test_a_record_that_becomes_bad_keeps_its_last_good_mapping(pulled: Any) -> None:
    pulled.tracker.change("issues", "1003", {"broken": "x", "title": "Bad"})
    pulled.pull()
    assert titles(pulled)["ONE-3"] == "Work 3"


def test_a_held_record_is_mapped_when_the_mapping_learns_it_with_no_request(pulled: Any) -> None:
    pulled.tracker.change("issues", "1003", {"broken": "x", "title": "Now"})
    pulled.pull()
    mapper = pulled.mappers["tracker"]
    mapper.version = "2"
    learned = type(
        "Learned", (type(mapper),), {"map": lambda _self, record, catalog: _without(mapper, record, catalog)}
    )
    pulled.mappers["tracker"] = learned(version="2")
    pulled.tracker.faults.append(Fault(kind=FaultKind.FATAL, op=Op.PULL, times=None))
    pulled.pull()
    assert titles(pulled)["ONE-3"] == "Now"
    with pulled.store.unit_of_work() as session:
        assert held(session) == []
        mappings = set(session.scalars(select(EntityRow.mapping).where(EntityRow.connection == "tracker")))
        assert len(mappings) == 1
        assert mappings.pop().startswith("2:")
        assert dirty(session) == {"all": frozenset({""})}


def _without(mapper: Any, record: Any, catalog: Any) -> Any:
    return mapper.map(replace(record, payload={k: v for k, v in record.payload.items() if k != "broken"}), catalog)


def test_a_newly_wanted_field_is_read_again_before_its_partition_counts_as_complete(pulled: Any) -> None:
    pulled.mappers["tracker"].names["issues"] = ("title", "claims", "status", "extra")
    pulled.tracker.rows["issues", "1002"].fields["extra"] = "was always there"
    pulled.tracker.faults.append(Fault(kind=FaultKind.PARTITION, op=Op.PULL, times=1, partition="ONE", stream="issues"))
    pulled.pull()
    assert partition(pulled).complete_at is None
    pulled.pull()
    assert partition(pulled).complete_at == pulled.clock.now()
    with pulled.store.unit_of_work() as session:
        record = load_records(session, ["tracker:issues:1002"])["tracker:issues:1002"]
    assert record.payload["extra"] == "was always there"


def test_a_field_no_longer_wanted_costs_no_reading_but_wanting_it_again_does(pulled: Any) -> None:
    pulled.mappers["tracker"].names["issues"] = ("title",)
    pulled.pull()
    assert partition(pulled).generation == 1
    pulled.mappers["tracker"].names["issues"] = ("title", "claims")
    pulled.pull()
    assert partition(pulled).generation == 2


def test_a_new_partition_is_backfilled(pulled: Any) -> None:
    from sync.selection import PlaceRef, Selected

    pulled.tracker.add("issues", "NEW", {"title": "Old work"}, updated=pulled.clock.now() - timedelta(days=400))
    place = PlaceRef(connection="tracker", place="NEW")
    pulled.engagements += (Selected(key="E-3", record_connection="crm", record_key="E-3", places=(place,)),)
    pulled.pull()
    assert "Old work" in titles(pulled).values()


def test_a_partition_that_fails_keeps_its_state_and_is_named_and_the_others_go_on(pulled: Any) -> None:
    before = partition(pulled).complete_at
    pulled.tracker.change("issues", "2002", {"title": "Seen"})
    pulled.tracker.faults.append(Fault(kind=FaultKind.PARTITION, op=Op.PULL, partition="ONE", stream="issues"))
    report = pulled.pull()
    assert [note.place for note in report.failed] == ["tracker:issues:ONE"]
    assert report.down == frozenset()
    assert partition(pulled).complete_at == before
    assert partition(pulled).error == "as the test demanded"
    assert titles(pulled)["TWO-2"] == "Seen"
    pulled.pull()
    assert partition(pulled).error == ""
    assert partition(pulled).complete_at > before


def test_a_connection_that_is_down_is_named_and_the_other_goes_on(pulled: Any) -> None:
    pulled.tracker.faults.append(Fault(kind=FaultKind.FAIL, op=Op.PULL, times=None))
    pulled.crm.change("engagements", "91", {"name": "Seen"})
    report = pulled.pull()
    assert report.down == frozenset({"tracker"})
    assert {note.place for note in report.failed} == {
        f"tracker:{stream}:{place}" for stream in ("issues", "versions") for place in ("ONE", "TWO")
    }
    assert report.changed == 1
    assert len(titles(pulled)) == 8


def test_a_connection_that_never_gave_its_catalog_is_down(world: Any) -> None:
    world.seed()
    world.tracker.faults.append(Fault(kind=FaultKind.FATAL, op=Op.CATALOG, times=None))
    report = world.pull()
    assert report.down == frozenset({"tracker"})
    assert set(report.catalogs) == {"crm"}


def test_a_catalog_is_asked_for_once_a_day_and_a_stale_one_serves_when_it_cannot_be_had(pulled: Any) -> None:
    assert pulled.tracker.requests(Op.CATALOG) == 1
    pulled.pull()
    assert pulled.tracker.requests(Op.CATALOG) == 1
    pulled.clock.sleep(24 * 3600)
    pulled.tracker.faults.append(Fault(kind=FaultKind.FATAL, op=Op.CATALOG))
    report = pulled.pull()
    assert [note.place for note in report.failed] == ["tracker"]
    assert set(report.catalogs) == {"crm", "tracker"}


def test_a_reader_that_wants_to_know_is_told_what_is_held_of_late(pulled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pulled.clock.sleep(30 * 3600)
    pulled.tracker.touch(pulled.tracker.rows["issues", "1002"])
    pulled.pull()
    told: dict[str, dict[str, Any]] = {}
    for name, by_version in (("told", True), ("not told", False), ("read anew", True)):
        live = pulled.lives()["tracker"]
        streams = tuple(replace(s, by_version=by_version) for s in live.streams)
        read = live.connector.reader.pull
        wishes: list[Wanted] = []
        monkeypatch.setattr(
            live.connector.reader, "pull", lambda w, c, to=wishes, do=read: [to.extend(w), *do(w, c)][1:]
        )
        if name == "read anew":
            pulled.mappers["tracker"].names["issues"] = ("title", "claims", "status", "extra")
        parts = [Partition(stream="issues", key="ONE")]
        made = {"tracker": replace(live, streams=streams)}
        shared = shared_places(pulled.engagements)
        pull(pulled.store, made, {"tracker": parts}, shared, pulled.clock, pulled.run(), PullSettings(), Silent())
        (wish,) = wishes
        told[name] = dict(wish.held)
    row = pulled.tracker.rows["issues", "1002"]
    assert {i: one.updated for i, one in told["told"].items()} == {"1002": row.updated}
    assert told["not told"] == told["read anew"] == {}


def test_a_new_anchor_makes_a_young_catalog_be_asked_for_again(pulled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[str]]] = []
    live = pulled.lives()["tracker"]

    def catalog(places: Any, anchored: Any) -> Any:
        asked.append((list(places), list(anchored)))
        return pulled.tracker.catalog

    monkeypatch.setattr(live.connector, "catalog", catalog)
    for anchored in (("ONE",), ("ONE",), ("ONE", "elsewhere"), ("ONE", "TWO"), ("TWO",)):
        one = replace(live, anchored=frozenset(anchored))
        get_catalog(pulled.store, one, ["ONE", "TWO"], pulled.run(), timedelta(hours=24))
    assert asked == [(["ONE", "TWO"], ["ONE"]), (["ONE", "TWO"], ["ONE", "TWO"])]


def test_a_catalog_that_an_earlier_release_asked_of_all_places_alike_serves(pulled: Any) -> None:
    with pulled.store.unit_of_work() as session:
        session.get(CatalogRow, "tracker").places = ["ONE", "TWO"]
        session.commit()
    live = replace(pulled.lives()["tracker"], anchored=frozenset({"TWO"}))
    before = pulled.tracker.requests(Op.CATALOG)
    get_catalog(pulled.store, live, ["ONE", "TWO"], pulled.run(), timedelta(hours=24))
    assert pulled.tracker.requests(Op.CATALOG) == before


def test_nonsense_from_a_reader_fails_its_own_connection_alone(pulled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def nonsense(row: Any) -> Any:
        raise KeyError("fields")

    monkeypatch.setattr(pulled.tracker, "payload", nonsense)
    pulled.tracker.touch(pulled.tracker.rows["issues", "1002"])
    report = pulled.pull()
    assert {note.message for note in report.failed} == {"unexpected KeyError while reading"}
    assert report.records["crm"] == 0 or "crm" not in report.down


def test_a_deleted_record_leaves_the_model(pulled: Any) -> None:
    pulled.tracker.delete("issues", "1003")
    pulled.pull()
    assert "ONE-3" not in titles(pulled)
    with pulled.store.unit_of_work() as session:
        assert "e-1" in touched(session, pulled)


def touched(session: Any, world: Any) -> frozenset[str]:
    return dirty(session).get("engagement", frozenset())


def _fill(world: Any, number: int) -> None:
    for n in range(number):
        world.tracker.add("issues", "ONE", {"title": f"T{n}"}, id=str(500 + n))


def _full_read(world: Any) -> None:
    """The next pull reads everything again: a field more is wanted."""
    world.mappers["tracker"].names["issues"] += ("extra",)


def test_a_full_read_that_brings_less_than_half_is_refused_and_the_last_good_state_stays(world: Any) -> None:
    _fill(world, 12)
    world.pull()
    for n in range(7):
        world.tracker.rows["issues", str(500 + n)].hidden = True
    _full_read(world)
    for _ in range(2):  # it asks again until a person has said something
        report = world.pull()
        assert [(b.kind, b.connection) for b in report.brakes] == [(BrakeKind.SOURCE_EMPTIED, "tracker")]
        assert len(titles(world)) == 12
        assert partition(world).complete_at is None
    report = world.pull(accept_emptied=frozenset({"tracker:issues:ONE"}))
    assert report.brakes == ()
    assert len(titles(world)) == 5
    assert partition(world).complete_at is not None


@pytest.mark.parametrize(("held_before", "hidden"), [(12, 6), (10, 10)])
def test_half_is_believed_and_so_is_a_small_partition(world: Any, held_before: int, hidden: int) -> None:
    _fill(world, held_before)
    world.pull()
    for n in range(hidden):
        world.tracker.rows["issues", str(500 + n)].hidden = True
    _full_read(world)
    assert world.pull().brakes == ()
    assert len(titles(world)) == held_before - hidden


def test_a_full_read_that_spans_runs_still_knows_what_it_brought(world: Any) -> None:
    _fill(world, 12)
    world.pull()
    world.clock.sleep(3600)
    world.tracker.rows["issues", "503"].hidden = True
    _full_read(world)
    world.tracker.faults.append(Fault(kind=FaultKind.FAIL, op=Op.PULL, after=1, partition="ONE", stream="issues"))
    assert world.pull().failed != ()
    world.pull()
    assert len(titles(world)) == 11
    assert count(world, HeadRow) == 12


def test_a_moved_issue_dirties_both_engagements(pulled: Any) -> None:
    from sync.selection import shared_places
    from sync.store.model import clear_dirty
    from sync.store.touching import touched_engagements

    with pulled.store.unit_of_work() as session:
        clear_dirty(session, dirty(session))
        session.commit()
    row = pulled.tracker.rows["issues", "1002"]
    row.partition, row.key = "TWO", "TWO-9"
    pulled.tracker.touch(row)
    pulled.pull()
    with pulled.store.unit_of_work() as session:
        marks = dirty(session)
        after = touched_engagements(session, marks["ref"], shared_places(pulled.engagements))
    assert marks["engagement"] | after == {"e-1", "e-2"}

"""Stored records are mapped again after the mapping changed: with no request, wholly or not yet, in bounded memory."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import func, select

from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.port import Catalog, Partition, Record
from mapping.model import Entity
from sync.engine import intake
from sync.engine.live import Live, Silent
from sync.engine.lock import AlreadyRunningError, single_run
from sync.engine.pull import PullSettings, pull
from sync.engine.remap import Remap
from sync.engine.unfetched import Unfetched
from sync.selection import shared_places, wanted
from sync.store.history_tables import HeadChangeRow, ReadRow
from sync.store.model import entities_of
from sync.store.partitions import partition_rows
from sync.store.runs import held, held_among, last_run
from sync.store.tables import EntityRow, HeadRow, RecordRow

ISSUES = Partition(stream="issues", key="ONE")


class Louder:
    """The mapping of these tests with titles in capitals; ``refuses`` ids, and ``dies`` at its n-th record."""

    def __init__(self, world: Any, *, refuses: tuple[str, ...] = (), dies: int = 0) -> None:
        self._inner = world.mappers["tracker"]
        self.hash = "louder"
        self._refuses = refuses
        self._dies = dies
        self.seen = 0

    def fields(self, stream: str) -> tuple[str, ...]:
        return self._inner.fields(stream)  # type: ignore[no-any-return]

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        self.seen += 1
        if self.seen == self._dies:
            raise KilledError("while mapping")
        if record.id in self._refuses:
            raise ValueError(f"{record.key}: found a title, expected none")
        found = self._inner.map(record, catalog)
        return tuple(replace(one, title=one.title.upper()) if hasattr(one, "title") else one for one in found)


@pytest.fixture
def pulled(world: Any) -> Any:
    world.seed()
    world.pull()
    for tool in (world.crm, world.tracker):
        tool.faults.append(Fault(kind=FaultKind.FATAL, op=Op.PULL, times=None))
        tool.log.clear()
    return world


def remap(world: Any, change: Callable[[Live], Live] = lambda live: live) -> Remap:
    lives = {name: change(live) for name, live in world.lives().items()}
    shared = shared_places(world.engagements)
    partitions = wanted(world.engagements, {name: live.streams for name, live in lives.items()})
    return Remap(world.store, lives, shared, partitions, world.clock, world.progress)


def model(world: Any) -> dict[str, tuple[Entity, ...]]:
    with world.store.unit_of_work() as session:
        return entities_of(session, session.scalars(select(EntityRow.source)).all())


def mappings(world: Any) -> dict[str, str]:
    """Reference -> what mapped it, as the head says; the same stands on its model rows, unless it is held."""
    with world.store.unit_of_work() as session:
        query = select(HeadRow.ref, HeadRow.mapped, EntityRow.mapping).join(EntityRow, EntityRow.source == HeadRow.ref)
        rows = session.execute(query.where(HeadRow.connection == "tracker")).all()
        kept = {row.place for row in held(session)}
    assert all(head == row for ref, head, row in rows if ref not in kept)
    return {ref: mapped.partition(":")[0] for ref, mapped, _ in rows}


def versions(world: Any) -> list[tuple[Any, ...]]:
    """What the tools said and when, as far as it is kept."""
    with world.store.unit_of_work() as session:
        counts = [session.scalar(select(func.count()).select_from(t)) for t in (RecordRow, HeadChangeRow, ReadRow)]
        return [tuple(counts), *session.execute(select(HeadRow.ref, HeadRow.version, HeadRow.record_seq)).all()]


def partition(world: Any) -> Any:
    with world.store.unit_of_work() as session:
        return partition_rows(session, "tracker")["tracker", ISSUES]


def test_looking_tells_what_mapping_again_then_does_and_changes_nothing(pulled: Any) -> None:
    pulled.mappers["tracker"] = Louder(pulled, refuses=("2002",))
    before = model(pulled)
    looked = remap(pulled).look()
    assert (model(pulled), mappings(pulled)) == (before, dict.fromkeys(mappings(pulled), "1"))
    found, summary = remap(pulled).run()
    assert found == looked
    assert found.connections["tracker"].counts() == {"records": 8, "otherwise": 7, "held": 1, "freed": 0}
    assert summary.to_json()["remapped"]["tracker"]["attributes"] == {"work_item.title": 7}
    assert set(mappings(pulled).values()) == {"louder"}
    assert model(pulled)["tracker:issues:1002"][0].title == "WORK 2"  # type: ignore[attr-defined]
    assert model(pulled)["tracker:issues:2002"] == before["tracker:issues:2002"]
    assert remap(pulled).look().records == 0


def test_it_makes_no_request_and_is_no_change_of_what_the_tools_said(pulled: Any) -> None:
    before = versions(pulled)
    pulled.mappers["tracker"] = Louder(pulled)
    remap(pulled).run()
    assert (pulled.tracker.log, pulled.crm.log) == ([], [])
    assert versions(pulled) == before


def test_it_is_noted_as_a_run(pulled: Any) -> None:
    pulled.mappers["tracker"] = Louder(pulled)
    _, summary = remap(pulled).run()
    with pulled.store.unit_of_work() as session:
        run = last_run(session, "remap")
    assert run is not None
    assert (run.id, run.summary["remapped"]["tracker"]["records"]) == (summary.run, 8)


def test_a_record_that_the_old_mapping_refused_is_freed(pulled: Any) -> None:
    plain = pulled.mappers["tracker"]
    pulled.mappers["tracker"] = Louder(pulled, refuses=("1002",))
    remap(pulled).run()
    pulled.mappers["tracker"] = plain
    found, _ = remap(pulled).run()
    assert found.connections["tracker"].freed.records == 1
    with pulled.store.unit_of_work() as session:
        assert held(session) == []


@pytest.mark.parametrize("dies", [2, 5, 8])
def test_killed_anywhere_each_record_is_mapped_by_one_of_the_two_and_the_next_time_completes(
    pulled: Any, dies: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "REMAP_BATCH", 3)
    before = model(pulled)
    plain = pulled.mappers["tracker"]
    pulled.mappers["tracker"] = Louder(pulled, dies=dies)
    with pytest.raises(KilledError):
        remap(pulled).run()
    pulled.reopen()
    by = mappings(pulled)
    assert sorted(by.values()).count("louder") == (dies - 1) // 3 * 3
    for ref, mapping in by.items():
        (was,), (now,) = before[ref], model(pulled)[ref]
        assert now.title == (was.title.upper() if mapping == "louder" else was.title)  # type: ignore[attr-defined]
    pulled.mappers["tracker"] = Louder(SimpleNamespace(mappers={"tracker": plain}))
    rest, _ = remap(pulled).run()
    assert rest.records == 8 - (dies - 1) // 3 * 3
    assert set(mappings(pulled).values()) == {"louder"}


def test_no_more_records_are_in_memory_than_one_part_of_a_batch_however_many_are_stored(
    pulled: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "REMAP_BATCH", 24)
    monkeypatch.setattr(intake, "REMAP_AT_A_TIME", 6)
    for tool in (pulled.crm, pulled.tracker):
        tool.faults.clear()
    for n in range(40):
        pulled.tracker.add("issues", "ONE", {"title": f"More {n}"}, id=str(5000 + n))
    pulled.pull()
    most = 0

    def count() -> None:
        nonlocal most
        most = max(most, sum(isinstance(one, Record) for one in gc.get_objects()))

    monkeypatch.setattr(intake, "held_among", lambda session, refs: count() or held_among(session, refs))
    pulled.mappers["tracker"] = Louder(pulled)
    gc.collect()
    others = sum(isinstance(one, Record) for one in gc.get_objects())
    assert remap(pulled).run()[0].records == 48
    assert 0 < most - others <= 6


@pytest.mark.parametrize("step", ["look", "run"])
def test_it_does_not_run_beside_another_run(pulled: Any, step: str) -> None:
    with single_run(pulled.store), pytest.raises(AlreadyRunningError, match="another syncline run"):
        getattr(remap(pulled), step)()


def _want_more(world: Any) -> None:
    world.mappers["tracker"] = replace(
        world.mappers["tracker"], version="2", names={"issues": ("title", "claims", "status", "extra")}
    )


def test_fields_that_were_never_read_are_named_with_their_cost(pulled: Any) -> None:
    _want_more(pulled)
    found = remap(pulled, lambda live: replace(live, requests_to_read=lambda _stream, counts: 10 * len(counts))).look()
    assert found.unfetched == tuple(
        Unfetched(connection="tracker", stream="issues", partition=place, fields=("extra",), records=4)
        for place in ("ONE", "TWO")
    )
    assert found.requests == {"tracker": 20}
    assert remap(pulled).look().requests == {"tracker": None}


def test_a_place_that_no_engagement_has_any_more_is_not_named(pulled: Any) -> None:
    _want_more(pulled)
    pulled.engagements = pulled.engagements[:1]
    assert [one.partition for one in remap(pulled).look().unfetched] == ["ONE"]


def test_what_comes_whole_lacks_nothing(pulled: Any) -> None:
    _want_more(pulled)
    whole = remap(pulled, lambda live: replace(live, streams=tuple(replace(s, whole=True) for s in live.streams)))
    found, _ = whole.run()
    assert (found.unfetched, found.records) == ((), 8)
    assert partition(pulled).complete_at is not None


@pytest.mark.parametrize("step", ["remap", "plan"])
def test_what_lacks_a_field_does_not_count_as_read_until_it_has_been_read_again(pulled: Any, step: str) -> None:
    assert partition(pulled).complete_at is not None
    _want_more(pulled)
    remap(pulled).look()
    assert partition(pulled).complete_at is not None
    if step == "remap":
        remap(pulled).run()
    else:
        pulled.engine().plan()
    assert partition(pulled).complete_at is None
    assert [one.partition for one in remap(pulled).look().unfetched] == ["ONE", "TWO"]
    pulled.tracker.faults.clear()
    pulled.pull()
    assert partition(pulled).complete_at == pulled.clock.now()
    assert partition(pulled).generation == 2
    assert remap(pulled).look().unfetched == ()


def test_a_mapping_that_is_taken_back_before_anything_was_read_costs_no_full_reading(pulled: Any) -> None:
    plain = pulled.mappers["tracker"]
    _want_more(pulled)
    remap(pulled).run()
    pulled.mappers["tracker"] = plain
    pulled.tracker.faults.clear()
    pulled.pull()
    assert partition(pulled).complete_at == pulled.clock.now()
    assert partition(pulled).generation == 1


def test_a_new_field_of_records_that_come_whole_is_not_read_again_by_a_pull(pulled: Any) -> None:
    _want_more(pulled)
    live = pulled.lives()["tracker"]
    pulled.tracker.faults.clear()
    whole = replace(live, streams=tuple(replace(s, whole=True) for s in live.streams))
    parts = {"tracker": [ISSUES]}
    pull(pulled.store, {"tracker": whole}, parts, {}, pulled.clock, pulled.run(), PullSettings(), Silent())
    assert partition(pulled).generation == 1


def test_a_sync_after_the_mapping_changed_tells_what_became_otherwise(pulled: Any) -> None:
    pulled.mappers["tracker"] = Louder(pulled)
    told = pulled.engine().pull().to_json()["remapped"]
    assert told == {
        "tracker": {"records": 8, "otherwise": 8, "held": 0, "freed": 0, "attributes": {"work_item.title": 8}}
    }
    assert pulled.engine().pull().to_json()["remapped"] == {}

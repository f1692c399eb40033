"""The in-memory connector passes the suite, and its faults do what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from connectors.core.conformance import ConformanceSuite, read
from connectors.core.errors import FatalError, InterruptedRunError, RetriableError
from connectors.core.faults import Fault, FaultKind, KilledError, Op
from connectors.core.memory import MemoryConnector, MemoryTool, memory_spec
from connectors.core.port import Catalog, Outcome, Page, Partition, Record, StreamSpec, Wanted, Write, WriteKind

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ITEMS = Partition(stream="items", key="NIM")
NOTHING = Catalog(fields=())


class VirtualClock:
    def __init__(self) -> None:
        self.instant = NOW

    def now(self) -> datetime:
        return self.instant

    def monotonic(self) -> float:
        return (self.instant - NOW).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)


def write(kind: WriteKind, target: str, values: dict, *, external_id: str = "", version: str = "") -> Write:
    return Write(
        id=f"{kind}:{target}:{external_id}:{sorted(values.items())}",
        connection="memory",
        kind=kind,
        stream="items",
        target=target,
        partition="NIM",
        values=values,
        before={},
        reason="because",
        external_id=external_id,
        version=version,
        marker={"id": external_id} if kind is WriteKind.CREATE else None,
    )


class MemoryHarness:
    connection = "memory"
    partition = ITEMS
    other = Partition(stream="items", key="OTHER")
    secrets: Sequence[str] = ("canary-secret",)
    several_pages = 7

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.tool = MemoryTool(
            clock=self.clock, streams=(StreamSpec(name="items", title="Items", per_place=True),), page_size=3
        )
        self.capabilities = memory_spec(self.tool).capabilities
        self.tool.add("items", "OTHER", {"title": "elsewhere"})

    def connector(self) -> MemoryConnector:
        return MemoryConnector(self.tool, "memory")

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ("title",)

    def seed(self, count: int) -> Sequence[str]:
        return [self.tool.add("items", "NIM", {"title": f"item {n}"}).id for n in range(count)]

    def change(self, record_id: str) -> None:
        self.clock.sleep(1)
        self.tool.change("items", record_id, {"title": "changed"})

    def delete(self, record_id: str) -> None:
        self.clock.sleep(1)
        self.tool.delete("items", record_id)

    def break_other(self) -> None:
        self.tool.faults.append(Fault(kind=FaultKind.PARTITION, op=Op.PULL, partition="OTHER", times=None))

    def writes(self, record_id: str) -> Sequence[Write]:
        return [
            write(WriteKind.SET_FIELDS, record_id, {"text": "amber"}),
            write(WriteKind.UPSERT, "", {"title": "a risk"}, external_id="R-1"),
            write(WriteKind.UPSERT, "", {"title": "another"}, external_id="R-2"),
            write(WriteKind.ADD_LABEL, record_id, {"label": "syncline-risk"}),
            write(WriteKind.TRANSITION, record_id, {"status": "Done"}),
            write(WriteKind.PUT_LINK, record_id, {"url": "https://x.example", "title": "X"}, external_id="gid"),
        ]

    def guarded_write(self, record: Record) -> Write:
        return write(WriteKind.SET_FIELDS, record.id, {"text": "guarded"}, version=record.version)

    def create(self, record_id: str) -> Write:
        return write(WriteKind.CREATE, record_id, {"title": "made"}, external_id="R-9")

    def drift(self, write: Write) -> None:
        row = next(
            r
            for r in self.tool.rows.values()
            if r.id == write.target or (write.kind is WriteKind.UPSERT and r.external_id == write.external_id)
        )
        row.fields |= dict.fromkeys(("text", "title", "status"), "a person's")
        row.labels.clear()
        row.links.clear()
        self.tool.touch(row)

    def traces(self, write: Write) -> int:
        rows = [r for r in self.tool.rows.values() if not r.deleted]
        if write.kind in (WriteKind.UPSERT, WriteKind.CREATE):
            return sum(r.external_id == write.external_id for r in rows)
        (row,) = (r for r in rows if r.id == write.target)
        if write.kind is WriteKind.ADD_LABEL:
            return row.labels.count(write.values["label"])
        if write.kind is WriteKind.PUT_LINK:
            return len(row.links)
        return int(all(row.fields.get(k) == v for k, v in write.values.items()))

    def lose_next_answer(self) -> None:
        self.tool.faults.append(Fault(kind=FaultKind.LOSE_ANSWER, op=Op.SEND))

    def deny(self) -> None:
        self.tool.faults.append(Fault(kind=FaultKind.FATAL, op=Op.PULL, times=None, message="refused"))


class TestConformance(ConformanceSuite):
    @pytest.fixture
    def harness(self) -> MemoryHarness:
        return MemoryHarness()


@pytest.fixture
def harness() -> MemoryHarness:
    return MemoryHarness()


def test_a_late_commit_under_an_old_stamp_is_not_missed(harness):
    harness.seed(1)
    first = read(harness, [ITEMS])
    late = harness.tool.add(
        "items", "NIM", {"title": "late"}, updated=NOW - timedelta(minutes=5), visible_from=NOW + timedelta(minutes=1)
    )
    assert late.id not in first.ids(ITEMS)
    harness.clock.sleep(120)
    assert late.id in read(harness, [ITEMS], first.cursors).ids(ITEMS)


def test_a_late_commit_behind_an_abandoned_page_is_not_missed(harness):
    harness.seed(7)
    first = read(harness, [ITEMS], most_pages=2)
    late = harness.tool.add("items", "NIM", {}, updated=NOW - timedelta(minutes=5), visible_from=NOW)
    assert late.id in read(harness, [ITEMS], first.cursors).ids(ITEMS)


def test_index_lag_hides_a_change_from_pull_and_not_from_fetch(harness):
    harness.tool.index_lag_s = 60
    (made,) = harness.seed(1)
    assert made not in read(harness, [ITEMS]).ids(ITEMS)
    assert harness.connector().reader.fetch("items", [made], (), NOTHING)[made] is not None


def test_a_hidden_record_is_gone_without_a_tombstone(harness):
    (made,) = harness.seed(1)
    harness.tool.rows["items", made].hidden = True
    assert made not in read(harness, [ITEMS]).ids(ITEMS)
    assert harness.connector().reader.fetch("items", [made], (), NOTHING)[made] is None


def test_flaky_versions_differ_at_every_read(harness):
    harness.seed(1)
    harness.tool.flaky_versions = True
    assert read(harness, [ITEMS]).versions() != read(harness, [ITEMS]).versions()


@pytest.mark.parametrize(
    ("kind", "outcome", "effects"),
    [
        (FaultKind.FAIL, Outcome.FAILED, 0),
        (FaultKind.LOSE_REQUEST, Outcome.AMBIGUOUS, 0),
        (FaultKind.LOSE_ANSWER, Outcome.AMBIGUOUS, 1),
        (FaultKind.REFUSE, Outcome.REFUSED, 0),
        (FaultKind.STALE, Outcome.STALE, 0),
    ],
)
def test_a_fault_strikes_one_write_of_a_batch(harness, kind, outcome, effects):
    harness.tool.faults.append(Fault(kind=kind, op=Op.SEND, target="R-1"))
    upserts = [w for w in harness.writes("1") if w.kind is WriteKind.UPSERT]
    receipts = harness.connector().writer.send(upserts)
    assert [r.outcome for r in receipts] == [outcome, Outcome.DONE]
    assert harness.traces(upserts[0]) == effects
    assert harness.tool.requests(Op.SEND) == 1


@pytest.mark.parametrize(("kind", "effects"), [(FaultKind.KILL_BEFORE, 0), (FaultKind.KILL_AFTER, 1)])
def test_the_process_can_die_on_either_side_of_the_effect(harness, kind, effects):
    create = harness.create(harness.seed(1)[0])
    harness.tool.faults.append(Fault(kind=kind, op=Op.SEND))
    with pytest.raises(KilledError):
        harness.connector().writer.send([create])
    assert harness.traces(create) == effects
    assert len(harness.tool.effects) == effects


@pytest.mark.parametrize(("kind", "error"), [(FaultKind.FATAL, FatalError), (FaultKind.INTERRUPT, InterruptedRunError)])
def test_a_whole_request_can_fail_without_any_effect(harness, kind, error):
    writes = [w for w in harness.writes("1") if w.kind is WriteKind.UPSERT]
    harness.tool.faults.append(Fault(kind=kind, op=Op.SEND, target="R-2"))
    with pytest.raises(error):
        harness.connector().writer.send(writes)
    assert harness.tool.effects == []


def test_a_fault_can_wait_for_a_later_page(harness):
    harness.seed(7)
    harness.tool.faults.append(Fault(kind=FaultKind.FAIL, op=Op.PULL, after=1))
    pages = harness.connector().reader.pull([Wanted(partition=ITEMS, cursor=None, fields=())], NOTHING)
    assert isinstance(next(pages), Page)
    with pytest.raises(RetriableError):
        next(pages)


def test_a_transition_that_the_workflow_does_not_have_is_refused(harness):
    harness.tool.statuses = ("Done",)
    (made,) = harness.seed(1)
    (receipt,) = harness.connector().writer.send([write(WriteKind.TRANSITION, made, {"status": "Nowhere"})])
    assert receipt.outcome is Outcome.REFUSED
    assert "status" not in harness.tool.rows["items", made].fields

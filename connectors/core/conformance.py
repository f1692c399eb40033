"""The suite that every connector, ours or a plug-in, must pass.

A connector's tests derive a class from ``ConformanceSuite`` and give it a pytest fixture ``harness`` that yields a
``Harness`` over a tool of their own (a stand-in, a fake). pytest is not imported here; what a tool cannot do is
skipped, and says so.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from unittest import SkipTest

from connectors.core.errors import ConnectorError
from connectors.core.port import (
    Capabilities,
    Catalog,
    Connector,
    Outcome,
    Page,
    Partition,
    PartitionFailure,
    Receipt,
    Record,
    Wanted,
    Write,
    WriteKind,
    Writer,
)

_MOMENT = timedelta(seconds=2)  # longer than the resolution of any tool's instants
_LONG = timedelta(days=10)  # longer than what a tool's bounds may be off for its time zones


class Harness(Protocol):
    """What the suite needs of a tool and of a connector to it.

    Attributes:
        connection: Name of the connection.
        capabilities: As in the connector's spec.
        partition: A partition in which records can be seeded.
        other: A second partition (of any stream), which is not empty and can be broken.
        secrets: Every credential and token that is in play, to be found nowhere.
        several_pages: How many records make more than one page.
    """

    connection: str
    capabilities: Capabilities
    partition: Partition
    other: Partition
    secrets: Sequence[str]
    several_pages: int

    def connector(self) -> Connector:
        """A new connection to the same tool, as after a restart."""
        ...

    def fields(self, partition: Partition) -> tuple[str, ...]:
        """Fields to ask for."""
        ...

    def seed(self, count: int) -> Sequence[str]:
        """Make ``count`` records in ``partition``; their ids."""
        ...

    def change(self, record_id: str) -> None:
        """A person changes a seeded record, so that its version differs from before."""
        ...

    def delete(self, record_id: str) -> None:
        """A person deletes a seeded record."""
        ...

    def break_other(self) -> None:
        """From now on ``other`` cannot be read; the rest of the tool works."""
        ...

    def writes(self, record_id: str) -> Sequence[Write]:
        """One write of each shape that the connector makes, CREATE excepted, for a seeded record, without versions."""
        ...

    def guarded_write(self, record: Record) -> Write:
        """A SET_FIELDS guarded by the record's version."""
        ...

    def create(self, record_id: str) -> Write:
        """A CREATE under (or beside) a seeded record."""
        ...

    def drift(self, write: Write) -> None:
        """A person changes what ``write`` has set to something else."""
        ...

    def traces(self, write: Write) -> int:
        """How many records, labels or links in the tool come from ``write``, asked of the tool itself."""
        ...

    def lose_next_answer(self) -> None:
        """The next write takes effect, and its answer gets lost."""
        ...

    def deny(self) -> None:
        """From now on the tool refuses our credentials, echoing what it was given."""
        ...


class Reading:
    """What one pull brought."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.cursors: dict[Partition, str] = {}
        self.complete: set[Partition] = set()
        self.failures: list[PartitionFailure] = []
        self.pages = 0

    def take(self, item: Page | PartitionFailure) -> None:
        """Add what was yielded."""
        if isinstance(item, PartitionFailure):
            self.failures.append(item)
            return
        self.pages += 1
        self.records.extend(item.records)
        self.cursors.update(item.cursors)
        self.complete |= item.complete

    def ids(self, partition: Partition) -> set[str]:
        """Ids of the records of one partition."""
        return {r.id for r in self.records if (r.stream, r.partition) == (partition.stream, partition.key)}

    def versions(self) -> set[tuple[str, str, str]]:
        """Every (stream, id, version)."""
        return {(r.stream, r.id, r.version) for r in self.records}


def read(
    harness: Harness,
    partitions: Sequence[Partition],
    cursors: Mapping[Partition, str] | None = None,
    *,
    most_pages: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Reading:
    """Pull ``partitions`` with a new connection from ``cursors``, abandoning after ``most_pages``."""
    known = cursors or {}
    wanted = [
        Wanted(partition=p, cursor=known.get(p), fields=harness.fields(p), since=since, until=until) for p in partitions
    ]
    connector = harness.connector()
    reading = Reading()
    for item in connector.reader.pull(wanted, connector.catalog([p.key for p in partitions])):
        reading.take(item)
        if most_pages is not None and reading.pages >= most_pages:
            break
    return reading


class ConformanceSuite:
    """The promises of the port, as tests. Each starts from a new tool."""

    # Reading ----------------------------------------------------------------------------------------------------

    def test_a_first_pull_delivers_everything(self, harness: Harness) -> None:
        """Every record comes, over several pages, and the partition is complete at the end."""
        ids = set(harness.seed(harness.several_pages))
        reading = read(harness, [harness.partition])
        _same(ids - reading.ids(harness.partition), set(), "records that never came")
        _true(harness.partition in reading.complete, "the partition was never said to be complete")
        _true(harness.partition in reading.cursors, "no cursor came")

    def test_records_say_what_the_port_promises(self, harness: Harness) -> None:
        """Connection, version, url and an aware instant are on every record."""
        harness.seed(2)
        for record in read(harness, [harness.partition]).records:
            _same(record.connection, harness.connection, "connection")
            _true(bool(record.id and record.version and record.url and record.key), f"something is empty in {record}")
            _true(record.updated is None or record.updated.tzinfo is not None, "updated is naive")

    def test_a_pull_abandoned_after_a_page_resumes_from_its_cursor(self, harness: Harness) -> None:
        """What the first page did not bring comes after it, with a new connection."""
        ids = set(harness.seed(harness.several_pages))
        first = read(harness, [harness.partition], most_pages=1)
        rest = read(harness, [harness.partition], first.cursors)
        _same(ids - first.ids(harness.partition) - rest.ids(harness.partition), set(), "records lost between the pages")
        _true(harness.partition in rest.complete, "the resumed pull did not complete")

    def test_a_repeated_pull_brings_nothing_that_was_not_seen(self, harness: Harness) -> None:
        """Repeats are equal versions; nothing else comes when nothing changed."""
        harness.seed(3)
        first = read(harness, [harness.partition])
        again = read(harness, [harness.partition], first.cursors)
        _same(again.versions() - first.versions(), set(), "new versions without a change")

    def test_a_changed_record_comes_again(self, harness: Harness) -> None:
        """With another version, at the next pull."""
        ids = harness.seed(3)
        first = read(harness, [harness.partition])
        harness.change(ids[1])
        again = read(harness, [harness.partition], first.cursors)
        fresh = {record_id for _, record_id, _ in again.versions() - first.versions()}
        _same(fresh, {ids[1]}, "records that came with a new version")

    def test_a_new_record_comes(self, harness: Harness) -> None:
        """At the next pull after it was made."""
        harness.seed(2)
        first = read(harness, [harness.partition])
        made = harness.seed(1)
        again = read(harness, [harness.partition], first.cursors)
        _true(made[0] in again.ids(harness.partition), "the new record did not come")

    def test_a_deletion_comes_as_a_tombstone(self, harness: Harness) -> None:
        """Where the connector says that it gives any."""
        if not harness.capabilities.tombstones:
            raise SkipTest("the tool tells no deletions")
        ids = harness.seed(2)
        first = read(harness, [harness.partition])
        harness.delete(ids[0])
        again = read(harness, [harness.partition], first.cursors)
        _same({r.id for r in again.records if r.deleted}, {ids[0]}, "tombstones")

    def test_a_pull_between_two_instants_brings_what_changed_between_them(self, harness: Harness) -> None:
        """All of it, over several pages and when abandoned; and nothing from long before or after."""
        if harness.partition.stream not in harness.capabilities.bounded:
            raise SkipTest("the stream cannot be read between two instants")
        ids = set(harness.seed(harness.several_pages))
        stamps = [r.updated for r in read(harness, [harness.partition]).records if r.updated is not None]
        first, last = min(stamps), max(stamps) + _MOMENT
        between = read(harness, [harness.partition], since=first, until=last)
        _same(ids - between.ids(harness.partition), set(), "records that never came")
        _true(harness.partition in between.complete, "the partition was never said to be complete")
        begun = read(harness, [harness.partition], since=first, until=last, most_pages=1)
        rest = read(harness, [harness.partition], begun.cursors, since=first, until=last)
        _same(ids - begun.ids(harness.partition) - rest.ids(harness.partition), set(), "records lost between the pages")
        for since, until in ((first - 9 * _LONG, first - 2 * _LONG), (last + 2 * _LONG, last + 9 * _LONG)):
            outside = read(harness, [harness.partition], since=since, until=until)
            _same(outside.ids(harness.partition) & ids, set(), "records from outside")
            _true(harness.partition in outside.complete, "an empty partition was never said to be complete")
        parts = [read(harness, [harness.partition], since=first - _LONG, until=first + _MOMENT)]
        parts.append(read(harness, [harness.partition], since=first + _MOMENT, until=last))
        _same(ids - parts[0].ids(harness.partition) - parts[1].ids(harness.partition), set(), "records between windows")

    def test_a_failing_partition_stops_no_other(self, harness: Harness) -> None:
        """It is named, and the others complete."""
        ids = set(harness.seed(2))
        harness.break_other()
        reading = read(harness, [harness.other, harness.partition])
        failed = frozenset().union(*(f.partitions for f in reading.failures))
        _same(failed, frozenset({harness.other}), "failed partitions")
        _same(ids - reading.ids(harness.partition), set(), "records of the healthy partition that never came")
        _true(harness.partition in reading.complete, "the healthy partition did not complete")
        _true(harness.other not in reading.complete, "the failed partition was said to be complete")
        _true(harness.other not in reading.cursors, "the failed partition's cursor advanced")

    def test_fetch_sees_changes_at_once_and_tells_what_is_gone(self, harness: Harness) -> None:
        """None for a record that is gone."""
        ids = harness.seed(3)
        before = self._fetch(harness, ids)
        harness.change(ids[0])
        harness.delete(ids[1])
        after = self._fetch(harness, ids)
        _same(set(after), set(ids), "ids answered")
        _true(_version(after[ids[0]]) != _version(before[ids[0]]), "the change is not seen")
        _true(after[ids[1]] is None, "the deleted record was answered")
        _same(_version(after[ids[2]]), _version(before[ids[2]]), "version of the untouched record")

    def test_what_it_sees_can_be_named_in_a_configuration(self, harness: Harness) -> None:
        """Each place once, with a key; each value for a stream of its own, with a field."""
        found = harness.connector().survey()
        keys = [place.key for place in found.places]
        _true(all(keys), "a place without a key")
        _same(len(set(keys)), len(keys), "places named once")
        _true(all(v.stream and v.field and v.value for v in found.values), "a value without stream, field or text")

    # Writing ----------------------------------------------------------------------------------------------------

    def test_batches_keep_every_write_in_order(self, harness: Harness) -> None:
        """And ``send`` answers in that order."""
        writer, writes, _ = self._writing(harness)
        batches = writer.batches(writes)
        _same([w.id for batch in batches for w in batch], [w.id for w in writes], "writes in the batches")
        for batch in batches:
            _same([r.write_id for r in writer.send(batch)], [w.id for w in batch], "receipts")

    def test_a_write_is_shown_afterwards(self, harness: Harness) -> None:
        """In the form of ``values``."""
        writer, writes, catalog = self._writing(harness)
        _done(_send(writer, writes))
        shown = writer.shown(writes, catalog)
        for write in writes:
            _same(shown[write.id], dict(write.values), f"what the tool shows after {write.kind}")

    def test_a_repeated_write_has_no_second_effect(self, harness: Harness) -> None:
        """For every shape save CREATE."""
        writer, writes, catalog = self._writing(harness)
        _done(_send(writer, writes))
        _done(_send(writer, writes))
        for write in writes:
            _same(harness.traces(write), 1, f"traces of {write.kind} sent twice")
            _same(writer.shown([write], catalog)[write.id], dict(write.values), f"what is shown after {write.kind}")

    def test_what_a_person_changed_is_seen(self, harness: Harness) -> None:
        """``shown`` differs after a person's edit."""
        writer, writes, catalog = self._writing(harness)
        _done(_send(writer, writes))
        for write in writes:
            harness.drift(write)
            shown = writer.shown([write], catalog)[write.id]
            _true(shown != dict(write.values), f"the drift of {write.kind} is not seen")

    def test_a_created_record_is_found_by_its_marker(self, harness: Harness) -> None:
        """And is not found before."""
        writer = _writer(harness.connector())
        write = _create(harness)
        _true(writer.find(write) is None, "found before it was made")
        (receipt,) = _send(writer, [write])
        _same(receipt.outcome, Outcome.DONE, f"outcome ({receipt.message})")
        found = _writer(harness.connector()).find(write)
        _true(found is not None, "not found by its marker")
        if found is not None:
            _same((found.record_id, found.key), (receipt.record_id, receipt.key), "what was found")
        _same(harness.traces(write), 1, "records made")

    def test_a_lost_answer_is_ambiguous_and_the_effect_can_be_found(self, harness: Harness) -> None:
        """Reading back tells what happened, and nothing was sent twice."""
        writer, writes, catalog = self._writing(harness)
        harness.lose_next_answer()
        (receipt,) = writer.send([writes[0]])
        _same(receipt.outcome, Outcome.AMBIGUOUS, f"outcome ({receipt.message})")
        _same(writer.shown([writes[0]], catalog)[writes[0].id], dict(writes[0].values), "what is shown")
        _same(harness.traces(writes[0]), 1, "traces")

    def test_a_create_whose_answer_is_lost_is_found(self, harness: Harness) -> None:
        """So that it is never sent again."""
        writer = _writer(harness.connector())
        write = _create(harness)
        harness.lose_next_answer()
        (receipt,) = writer.send([write])
        _same(receipt.outcome, Outcome.AMBIGUOUS, f"outcome ({receipt.message})")
        _true(_writer(harness.connector()).find(write) is not None, "the record is not found")
        _same(harness.traces(write), 1, "records made")

    def test_a_guarded_write_to_a_changed_record_is_stale(self, harness: Harness) -> None:
        """Where the tool itself guards."""
        if not harness.capabilities.guarded:
            raise SkipTest("the tool has no guard")
        ids = harness.seed(1)
        record = self._fetch(harness, ids)[ids[0]]
        if record is None:
            raise AssertionError("the seeded record is not there")
        write = harness.guarded_write(record)
        harness.change(ids[0])
        (receipt,) = _send(_writer(harness.connector()), [write])
        _same(receipt.outcome, Outcome.STALE, f"outcome ({receipt.message})")
        _same(harness.traces(write), 0, "effects")

    def test_a_write_to_a_record_that_is_gone_is_refused(self, harness: Harness) -> None:
        """And ``shown`` says that it is gone."""
        ids = harness.seed(1)
        connector = harness.connector()
        writer, catalog = _writer(connector), connector.catalog([harness.partition.key])
        write = next(w for w in harness.writes(ids[0]) if w.target)
        harness.delete(ids[0])
        _true(writer.shown([write], catalog)[write.id] is None, "shown for a record that is gone")
        (receipt,) = _send(writer, [write])
        _same(receipt.outcome, Outcome.REFUSED, f"outcome ({receipt.message})")

    # Leaking ----------------------------------------------------------------------------------------------------

    def test_no_error_holds_a_secret(self, harness: Harness) -> None:
        """Not in its message, place, traceback or check results, though the tool echoes what it was given."""
        harness.seed(1)
        harness.deny()
        texts = [f"{r.name} {r.found} {r.mend}" for r in harness.connector().check([harness.partition.key])]
        try:
            reading = read(harness, [harness.partition])
        except ConnectorError as exc:
            texts.append(_all_text(exc))
        else:
            _true(bool(reading.failures), "the tool refused the credentials and nothing failed")
            texts.extend(_all_text(failure.error) for failure in reading.failures)
        leaked = [secret for secret in harness.secrets for text in texts if secret in text]
        _same(len(leaked), 0, "secrets found in errors")

    # ------------------------------------------------------------------------------------------------------------

    def _writing(self, harness: Harness) -> tuple[Writer, Sequence[Write], Catalog]:
        """A writer, one write of each shape to a new record, and the catalog."""
        ids = harness.seed(1)
        connector = harness.connector()
        return _writer(connector), harness.writes(ids[0]), connector.catalog([harness.partition.key])

    def _fetch(self, harness: Harness, ids: Sequence[str]) -> Mapping[str, Record | None]:
        connector = harness.connector()
        catalog = connector.catalog([harness.partition.key])
        partition = harness.partition
        return connector.reader.fetch(partition.stream, ids, harness.fields(partition), catalog)


def _writer(connector: Connector) -> Writer:
    if connector.writer is None:
        raise SkipTest("the tool can only be read")
    return connector.writer


def _create(harness: Harness) -> Write:
    if WriteKind.CREATE not in harness.capabilities.writes:
        raise SkipTest("the connector makes no CREATE")
    return harness.create(harness.seed(1)[0])


def _send(writer: Writer, writes: Sequence[Write]) -> list[Receipt]:
    return [receipt for batch in writer.batches(writes) for receipt in writer.send(batch)]


def _done(receipts: Sequence[Receipt]) -> None:
    for receipt in receipts:
        _same(receipt.outcome, Outcome.DONE, f"outcome of {receipt.write_id} ({receipt.message})")


def _all_text(error: ConnectorError) -> str:
    """Everything that a log could show of an error: what it was raised from, too."""
    return "".join([*traceback.format_exception(error), error.place, error.connection])


def _version(record: Record | None) -> str | None:
    return None if record is None else record.version


def _same(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: found {found!r}, expected {expected!r}")


def _true(condition: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not condition:
        raise AssertionError(message)

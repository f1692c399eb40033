"""What connectors say of reading again is true: what comes whole, and about how many requests it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest

from connectors.core.port import Catalog, Page, Partition, Record, StreamSpec, Wanted
from sync import bootstrap
from sync.engine.live import Live
from sync.store.database import Store
from sync.store.partitions import known_catalog, partition_rows
from sync.store.records import live_count, load_records

BESIDE_THE_PAGES = 3
"""Requests for logging in, for where the repositories are, and for what anchors show."""


class Reading:
    """The streams of one connection, read from the beginning."""

    def __init__(self, store: Store, live: Live) -> None:
        self._live = live
        with store.unit_of_work() as session:
            rows = partition_rows(session, live.name)
            self.readable = [partition for (_, partition), row in sorted(rows.items()) if not row.error]
            self.counts = {p: live_count(session, live.name, p) for p in self.readable}
            self._catalog: Catalog = known_catalog(session, live.name)

    def of(self, stream: StreamSpec) -> list[Partition]:
        return [p for p in self.readable if p.stream == stream.name]

    def records(self, partitions: Sequence[Partition], *, with_fields: bool) -> list[Record]:
        fields = self._live.mapper.fields(partitions[0].stream) if with_fields else ()
        wanted = [Wanted(partition=p, cursor=None, fields=fields) for p in partitions]
        pages = self._live.connector.reader.pull(wanted, self._catalog)
        return [record for page in pages if isinstance(page, Page) for record in page.records]


@pytest.fixture
def synced(world: Any) -> Iterator[tuple[Store, dict[str, Live]]]:
    config = bootstrap.load_config(world.config)
    with closing(bootstrap.open_store(config)) as store, bootstrap.connected(config, bootstrap.clock()) as live:
        yield store, dict(live)


@pytest.mark.loopback
def test_records_that_are_said_to_come_whole_are_as_they_were_read_for_the_mapping(synced: Any) -> None:
    store, lives = synced
    seen = set()
    for name, live in lives.items():
        reading = Reading(store, live)
        for stream in (s for s in live.streams if s.whole):
            brought = [r for r in reading.records(reading.of(stream), with_fields=False) if not r.deleted]
            with store.unit_of_work() as session:
                stored = load_records(session, [record.ref for record in brought])
            alike = [r for r in brought if r.version == stored[r.ref].version]  # what was written is not all read again
            assert len(alike) > len(brought) * 0.9
            assert [r.ref for r in alike if r.payload != stored[r.ref].payload] == []
            seen.add(f"{name} {stream.name}")
    assert len(seen) == 6


@pytest.mark.loopback
def test_about_as_many_requests_are_made_as_were_said(synced: Any) -> None:
    store, lives = synced
    seen = set()
    for name, live in lives.items():
        reading = Reading(store, live)
        for stream in (s for s in live.streams if live.requests_to_read and reading.of(s)):
            partitions = reading.of(stream)
            said = live.requests_to_read(stream.name, [reading.counts[p] for p in partitions])
            before = live.requests()
            reading.records(partitions, with_fields=True)
            assert said <= live.requests() - before <= said + BESIDE_THE_PAGES, (name, stream.name)
            seen.add(name)
    assert seen == {"jira", "jira-dc", "salesforce", "github"}

"""SoW files through the whole engine: versions, edits, and files that are not right."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.core.port import ConnectorContext, Partition
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.file import SPEC
from connectors.file.settings import FileSettings
from mapping.rules import compile_rules
from sync.engine.live import Live
from sync.engine.mapper import RulesMapper
from sync.reconcile.result import Colour, Dimension
from sync.reconcile.scope import current_baseline, current_items
from sync.reconcile.view import EngagementView
from sync.selection import ScopeRef
from sync.store.partitions import partition_row
from sync.store.results import load_findings, load_status
from sync.store.versions import refs_called
from sync.store.views import build_view, surroundings

HEAD = "Item,Title,Version,Signed,Effective,Phase\n"
FIRST = HEAD + "SI-1,Images,1,2026-01-05,,A\nSI-2,Backup,1,,,A\n"


class Sold:
    """The world of the engine's tests, in which E-1's scope lies in a file."""

    def __init__(self, world: Any, folder: Path) -> None:
        self.world = world
        self.file = folder / "E-1.csv"
        self.override: dict[str, Any] = {}
        self._lives = world.lives
        world.lives = self.lives
        world.seed()
        source = (ScopeRef(connection="sow", place="E-1.csv"),)
        world.engagements = tuple(replace(e, scope=source) if e.key == "E-1" else e for e in world.engagements)

    def lives(self) -> dict[str, Live]:
        transport = Transport(connection="sow", clock=self.world.clock, timeout_s=1, secrets=())
        context = ConnectorContext(
            connection="sow",
            settings=FileSettings(),
            secrets={},
            transport=transport,
            tokens=MemoryTokenStore(),
            clock=self.world.clock,
            folder=self.file.parent,
        )
        rules = compile_rules("file", SPEC.mapping(), self.override)
        sow = Live(
            name="sow",
            connector=SPEC.connect(context),
            streams=SPEC.streams,
            mapper=RulesMapper(rules=rules, owned=frozenset()),
            rules=rules,
            owned=frozenset(),
            first_write_approved=False,
            requests=lambda: transport.requests_made,
        )
        return {**self._lives(), "sow": sow}

    def read(self, text: str | None = None) -> Any:
        if text is not None:
            self.file.write_text(text)
        self.world.clock.sleep(60)
        return self.world.engine().pull()

    def view(self) -> EngagementView:
        with self.world.store.unit_of_work() as session:
            around = surroundings(session, self.world.engagements, self.world.engine()._streams)
            view = build_view(session, self.world.engagements[0], around)
        assert view is not None
        return view

    def current(self) -> tuple[str | None, list[str]]:
        view, today = self.view(), self.world.clock.now().date()
        baseline = current_baseline(view, today)
        return baseline.ref if baseline else None, [item.key for item in current_items(view, today)]

    def uncovered(self) -> set[str]:
        with self.world.store.unit_of_work() as session:
            return {f.subject for f in load_findings(session, "E-1") if f.kind.value == "scope.uncovered"}


@pytest.fixture
def sold(world: Any, tmp_path: Path) -> Sold:
    return Sold(world, tmp_path)


def test_a_file_is_the_scope_of_the_engagement_that_names_it(sold: Sold) -> None:
    report = sold.read(FIRST + "SI-9,Nobody's,1,,,A\n")
    assert report.failed == ()
    assert sold.current() == ("sow:scope:E-1.csv/1", ["SI-1", "SI-2", "SI-9"])
    assert sold.uncovered() == {"sow:scope:E-1.csv/1/si-9"}
    with sold.world.store.unit_of_work() as session:
        assert refs_called(session, ["sow"], "E-1.csv:4") == ("sow:scope:E-1.csv/1/si-9",)
    assert sold.read().reconciled == ()


def test_a_new_version_counts_from_its_day_on_and_the_old_one_stays_known(sold: Sold) -> None:
    sold.read(FIRST)
    tomorrow = sold.world.clock.now().date() + timedelta(days=1)
    assert sold.read(HEAD + f"SI-1,Images,2,2026-11-01,{tomorrow},B\n").reconciled == ("E-1",)
    assert sold.current() == ("sow:scope:E-1.csv/1", ["SI-1", "SI-2"])
    sold.world.clock.sleep(86400)
    sold.read()
    assert sold.current() == ("sow:scope:E-1.csv/2", ["SI-1"])
    assert {b.version for b in sold.view().baselines} == {1, 2}


def test_a_column_that_is_mapped_later_needs_no_reading_and_loses_no_version(sold: Sold) -> None:
    sold.read(FIRST)
    sold.read(HEAD + "SI-1,Images,2,2026-11-01,,B\n")
    sold.override = {"inbound": {"scope_item": {"attributes": {"acceptance": {"field": "Phase"}}}}}
    sold.file.unlink()
    sold.read()
    assert {(i.baseline_ref[-1], i.acceptance) for i in sold.view().items} == {("1", "A"), ("2", "B")}


def test_a_reading_from_the_beginning_loses_no_version(sold: Sold) -> None:
    sold.read(FIRST)
    sold.read(HEAD + "SI-1,Images,2,2026-11-01,,B\n")
    with sold.world.store.unit_of_work() as session:  # as where a clock is put back
        partition_row(session, "sow", Partition(stream="scope", key="E-1.csv")).cursor = None
        session.commit()
    sold.read()
    assert {b.version for b in sold.view().baselines} == {1, 2}
    assert len(sold.view().items) == 3


def test_a_signed_version_that_is_edited_is_read_as_it_stands(sold: Sold, caplog: Any) -> None:
    caplog.set_level(logging.INFO)
    sold.read(FIRST)
    assert sold.read(HEAD + "SI-1,More images,1,2026-01-05,,A\n").reconciled == ("E-1",)
    assert sold.current() == ("sow:scope:E-1.csv/1", ["SI-1"])
    assert [i.title for i in sold.view().items] == ["More images"]
    assert [b.edits for b in sold.view().baselines] == [1]
    assert any("version 1 was signed, and was changed" in message for message in caplog.messages)


def test_a_broken_file_leaves_what_was_read_until_that_is_too_old(sold: Sold) -> None:
    sold.read(FIRST)
    (note,) = sold.read(FIRST + "SI-3,X,soon,,,A\n").failed
    assert note.place == "sow:scope:E-1.csv"
    assert "E-1.csv: line 4, column Version: found 'soon'" in note.message
    assert sold.current() == ("sow:scope:E-1.csv/1", ["SI-1", "SI-2"])
    sold.world.clock.sleep(3 * 3600)
    sold.read()
    with sold.world.store.unit_of_work() as session:
        status = load_status(session, "E-1")
    assert status is not None
    assert {d.colour for d in status.dimensions if d.dimension is Dimension.SCOPE} == {Colour.UNKNOWN}
    assert sold.read(FIRST).failed == ()
    assert sold.current() == ("sow:scope:E-1.csv/1", ["SI-1", "SI-2"])


def test_a_folder_that_is_gone_stops_nothing_else(sold: Sold) -> None:
    report = sold.read()
    assert [note.place for note in report.failed] == ["sow:scope:E-1.csv"]
    assert set(report.reconciled) == {"E-1", "E-2"}
    assert sold.current() == (None, [])

"""An earlier instant is shown as it was shown then: rebuilt from what is stored, whatever happened in between."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from difflib import unified_diff
from typing import Any

import pytest
from sqlalchemy import delete, func, make_url, select

from connectors.core.faults import Fault, FaultKind, Op
from connectors.core.port import Catalog, Record
from mapping.model import Entity, WorkItem
from sync.engine.past import Mapped, Moment, PastError, Unsure, made_otherwise, rewind
from sync.engine.pull import PullSettings
from sync.engine.reconcile import made_with
from sync.reconcile.settings import ReconcileSettings
from sync.show.facts import Facts
from sync.show.gather import Gathering, gather
from sync.show.ledger import deliverables_json, scope_json
from sync.show.portfolio import findings_json, risks_json, status_json
from sync.store.discovered import load_discovered, save_discovered
from sync.store.history_tables import CatalogVersionRow, HeadChangeRow, MadeWithRow, ReadRow
from sync.store.records import Stamp
from sync.store.tables import RecordRow

ANEW = PullSettings(catalog_max_age=timedelta(0))
FIELDS = ("title", "claims", "status")


class Titles:
    """A mapping that depends on the catalog: a title tells how many fields of issues there are."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        made = self._plain.map(record, catalog)
        options = sum(len(f.options) for f in catalog.fields if f.stream == "issues")
        return tuple(replace(e, title=f"{e.title} {options}") if isinstance(e, WorkItem) else e for e in made)


def gathering(world: Any, *, reckoned: bool = False) -> Gathering:
    return Gathering(
        engagements=world.engagements,
        streams={name: live.streams for name, live in world.lives().items()},
        settings=ReconcileSettings(),
        people={},
        reckoned=reckoned,
    )


def shown(session: Any, world: Any, now: datetime, *, reckoned: bool = False) -> str:
    """All that the commands show, and the views that they are made of."""
    facts = gather(session, gathering(world, reckoned=reckoned), now)
    told: list[Callable[[list[Facts]], Mapping[str, Any]]] = [
        status_json,
        scope_json,
        deliverables_json,
        risks_json,
        findings_json,
    ]
    return "\n".join(
        [*(json.dumps(tell(facts), indent=1) for tell in told), *(repr(f.view).replace("), ", "),\n") for f in facts)]
    )


def now_shown(world: Any) -> str:
    with world.store.unit_of_work() as session:
        return shown(session, world, world.clock.now())


def mapped(world: Any) -> dict[str, Mapped]:
    return {name: Mapped(mapper=live.mapper, streams=live.streams) for name, live in world.lives().items()}


def back_then(world: Any, at: datetime, *, by_tool: bool = False, settings: Any = None) -> tuple[str, Unsure]:
    rules = {name: mapper.hash for name, mapper in world.mappers.items()}
    today = made_with(world.engagements, rules, settings or ReconcileSettings())
    with world.store.unit_of_work() as session:
        moment = Moment(instant=at, by_tool=by_tool)
        unsure = rewind(session, moment, mapped(world), world.clock.now())
        told = shown(session, world, at, reckoned=by_tool)
        return told, replace(unsure, changed=made_otherwise(session, moment, today))


class People:
    """What people and tools do between two runs, at random; after each run it is kept what is shown then."""

    def __init__(self, world: Any, seed: int) -> None:
        self.world = world
        self.tracker = world.tracker
        self.random = random.Random(seed)  # noqa: S311 - no secret
        self.hidden: list[Any] = []
        self.seen: dict[datetime, str] = {}

    def run(self) -> None:
        self.world.clock.sleep(self.random.choice([7, 61, 61.5]))
        self.world.engine(pull=ANEW).pull()
        self.look()

    def look(self) -> None:
        self.seen[self.world.clock.now()] = now_shown(self.world)

    def any_issue(self) -> Any:
        rows = [r for r in self.tracker.rows.values() if r.stream == "issues"]
        return self.random.choice([r for r in rows if not r.deleted and not r.hidden])

    def change(self) -> None:
        pool: dict[str, list[Any]] = {
            "title": ["Work", "Other work", "More work"],
            "claims": [["SI-1"], ["SI-2"], ["E-2/SI-1"], []],
            "due": ["2026-12-01", "2027-01-15", None],
            "class": ["work", "risk"],
            "parent": ["1002", "2003"],
        }
        name = self.random.choice(sorted(pool))
        self.tracker.change("issues", self.any_issue().id, {name: self.random.choice(pool[name])})

    def add(self) -> None:
        self.tracker.add("issues", self.random.choice(["ONE", "TWO"]), {"title": "New", "claims": ["SI-1"]})

    def promise(self) -> None:
        told = {
            "engagement": "91",
            "promised": self.random.choice(["2026-11-20", "2026-12-20"]),
            "needed": self.random.choice(["2026-11-25", "2026-12-01"]),
            "issue": self.random.choice(["ONE-2", "TWO-2"]),
        }
        if ("deliverables", "61") in self.world.crm.rows:
            self.world.crm.change("deliverables", "61", told)
        else:
            self.world.crm.add("deliverables", "deliverables", told, key="D-1", id="61")

    def delete(self) -> None:
        self.tracker.delete("issues", self.any_issue().id)

    def hide_or_show(self) -> None:
        """A record is gone without a word, or back unchanged: only a full read tells."""
        if self.hidden and self.random.random() < 0.6:
            self.hidden.pop().hidden = False
        else:
            self.hidden.append(self.any_issue())
            self.hidden[-1].hidden = True
        self.read_all_again()

    def read_all_again(self) -> None:
        names = self.world.mappers["tracker"].names
        names["issues"] = FIELDS
        self.run()
        names["issues"] = (*FIELDS, "extra")

    def slip(self) -> None:
        """A change is taken back under the stamp and the version that the record had."""
        row = self.any_issue()
        self.tracker.change("issues", row.id, {"title": "First"})
        first, version, stamp = dict(row.fields), row.version, row.updated
        self.run()
        self.tracker.change("issues", row.id, {"title": "A slip"}, updated=stamp)
        self.run()
        row.fields, row.version = first, version

    def commit_late(self) -> None:
        now = self.world.clock.now()
        before, after = now - timedelta(minutes=1), now + timedelta(minutes=2)
        row = self.any_issue()
        if row.updated < before:
            self.tracker.change("issues", row.id, {"title": "Late"}, updated=before, visible_from=after)

    def break_or_mend(self) -> None:
        row = self.any_issue()
        if row.fields.pop("broken", None) is None:
            row.fields["broken"] = "yes"
        self.tracker.touch(row)

    def move(self) -> None:
        row = self.any_issue()
        row.partition = "TWO" if row.partition == "ONE" else "ONE"
        if self.random.random() < 0.5:
            self.tracker.touch(row)

    def fail(self) -> None:
        kinds = [(FaultKind.PARTITION, "ONE"), (FaultKind.PARTITION, "TWO"), (FaultKind.FAIL, "")]
        kind, place = self.random.choice(kinds)
        self.tracker.faults[:] = [Fault(kind=kind, op=Op.PULL, partition=place, times=None)]

    def heal(self) -> None:
        self.tracker.faults.clear()

    def offer(self) -> None:
        """The catalog changes: a field has one more option."""
        fields = self.tracker.catalog.fields
        more = [
            replace(f, options=(*f.options, f"option {len(f.options)}")) if f.name == "title" else f for f in fields
        ]
        self.tracker.catalog = replace(self.tracker.catalog, fields=tuple(more))

    def rest(self) -> None:
        """Nothing happens, for a minute or until the sources are stale."""
        self.world.clock.sleep(self.random.choice([60, 3600, 8 * 3600, 30 * 3600]))
        self.look()

    def live(self, steps: int) -> None:
        can = [
            *(self.change, self.add, self.promise, self.delete, self.hide_or_show, self.slip, self.commit_late),
            *(self.break_or_mend, self.move, self.fail, self.heal, self.offer, self.rest, self.read_all_again),
        ]
        self.run()
        for do in [*self.random.sample(can, len(can)), *self.random.choices(can, k=steps)]:
            do()
            self.run()


def a_life(world: Any, seed: int, steps: int = 4) -> People:
    world.seed()
    world.mappers["tracker"] = Titles(world.mappers["tracker"])
    world.mappers["tracker"].names["issues"] = (*FIELDS, "extra")
    people = People(world, seed)
    people.live(steps)
    return people


def assert_rebuilt(world: Any, people: People) -> None:
    assert len(set(people.seen.values())) > 10, "much changed"
    for at, then in people.seen.items():
        again, unsure = back_then(world, at)
        differs = "\n".join(unified_diff(then.splitlines(), again.splitlines(), lineterm="", n=0))
        assert not differs, f"{at}: {differs}"
        assert unsure == Unsure()
    assert now_shown(world) == list(people.seen.values())[-1], "nothing is left over the store"


def test_every_earlier_instant_is_shown_as_it_was_then(world: Any) -> None:
    assert_rebuilt(world, a_life(world, 1))


@pytest.mark.loopback
def test_every_earlier_instant_is_shown_as_it_was_then_on_postgresql(world: Any, postgresql: Any) -> None:
    url = make_url(postgresql.database()).set(password=postgresql.password)
    other = type(world)(url.render_as_string(hide_password=False))
    try:
        assert_rebuilt(other, a_life(other, 7, steps=0))
    finally:
        other.store.close()


def test_a_view_without_the_notes_of_what_went_would_be_wrong(world: Any) -> None:
    """The test above would tell: a record that is gone, and one that is back at an earlier version."""
    people = a_life(world, 0, steps=0)
    with world.store.unit_of_work() as session:
        session.execute(delete(HeadChangeRow))
        session.commit()
    with pytest.raises(AssertionError):
        assert_rebuilt(world, people)


def rows(world: Any) -> dict[str, int]:
    tables = (RecordRow, HeadChangeRow, ReadRow, CatalogVersionRow, MadeWithRow)
    with world.store.unit_of_work() as session:
        return {t.__tablename__: session.scalar(select(func.count()).select_from(t)) or 0 for t in tables}


def test_a_quiet_run_leaves_one_row_a_connection_which_says_that_it_was_read(world: Any) -> None:
    world.seed()
    people = People(world, 0)
    people.run()
    before = rows(world)
    for _ in range(3):
        people.run()
    assert rows(world) == before | {"reads": before["reads"] + 3 * 2}
    with world.store.unit_of_work() as session:
        stored = session.connection().exec_driver_sql("SELECT max(length(data)) FROM reads").scalar()
    assert stored < 250, "bytes, for four partitions or five"


def test_what_was_learned_later_is_true_before_by_the_clock_of_the_tool(world: Any) -> None:
    world.seed()
    people = People(world, 0)
    people.run()
    world.clock.sleep(3600)
    changed = world.clock.now()
    world.tracker.change("issues", "1002", {"title": "Later"}, visible_from=changed + timedelta(minutes=5))
    world.tracker.add("issues", "ONE", {"title": "New"}, id="1999")
    people.run()
    between = world.clock.now()
    world.clock.sleep(400)
    people.run()
    known, unsure = back_then(world, between)
    assert ("Later" in known, "New" in known, unsure) == (False, True, Unsure())
    true, unsure = back_then(world, between, by_tool=True)
    assert ("Later" in true, "New" in true, unsure) == (True, True, Unsure())
    true, unsure = back_then(world, changed - timedelta(seconds=1), by_tool=True)
    assert ("Later" in true, "New" in true) == (False, False)
    assert unsure == Unsure(unknown={"tracker:issues": 1}), "1999: not there yet, or read only later, nobody knows"


def test_when_a_record_went_without_a_word_is_not_guessed(world: Any) -> None:
    world.seed()
    people = People(world, 0)
    people.run()
    before = world.clock.now()
    world.tracker.rows["issues", "1003"].hidden = True
    world.mappers["tracker"].names["issues"] = (*FIELDS, "extra")
    people.run()
    true, unsure = back_then(world, before, by_tool=True)
    assert "tracker:issues:1003" in true
    assert unsure.undated == 1
    true, unsure = back_then(world, world.clock.now(), by_tool=True)
    assert "tracker:issues:1003" not in true
    assert unsure == Unsure()


def test_the_tools_clock_looks_no_further_than_everything_was_read(world: Any) -> None:
    world.seed()
    People(world, 0).run()
    read = world.clock.now()
    world.clock.sleep(5 * 3600)
    true, _ = back_then(world, world.clock.now(), by_tool=True)
    assert json.loads(true[: true.index("\n}\n") + 2])["engagements"][0]["status"] == "unknown", (
        "read five hours before"
    )
    assert '"read_at": "' + read.isoformat().replace("+00:00", "Z") in true


def test_what_was_made_with_another_configuration_is_said(world: Any) -> None:
    world.seed()
    people = People(world, 0)
    people.run()
    world.mappers["tracker"].version = "2"
    assert back_then(world, world.clock.now())[1].changed == ("the mapping of tracker",)
    _, unsure = back_then(world, world.clock.now(), settings=ReconcileSettings(late_red_working_days=9))
    assert unsure.changed == ("the mapping of tracker", "the thresholds")
    at = world.clock.now()
    people.run()
    assert back_then(world, at)[1].changed == ("the mapping of tracker",)
    assert back_then(world, world.clock.now())[1].changed == ()


@pytest.mark.parametrize(
    ("shift", "says"), [(timedelta(days=1), "in the future"), (-timedelta(days=1), "first record")]
)
def test_what_cannot_be_known_is_refused(world: Any, shift: timedelta, says: str) -> None:
    world.seed()
    People(world, 0).run()
    with pytest.raises(PastError, match=says):
        back_then(world, world.clock.now() + shift)


def test_what_was_discovered_is_known_as_it_was(world: Any) -> None:
    world.seed()
    people = People(world, 0)
    known = []
    for run, engagements in enumerate([world.engagements[:1], world.engagements, ()]):
        people.run()
        with world.store.unit_of_work() as session:
            save_discovered(session, "signed", engagements, Stamp(now=world.clock.now(), run=f"d-{run}"))
            session.commit()
        known.append((world.clock.now(), sorted(one.key.casefold() for one in engagements)))
    for at, keys in known:
        with world.store.unit_of_work() as session:
            rewind(session, Moment(instant=at), mapped(world), world.clock.now())
            assert sorted(load_discovered(session).get("signed", {})) == keys

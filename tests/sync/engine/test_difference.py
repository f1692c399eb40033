"""What is told of records that another mapping maps: counts, and a few examples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from connectors.core.port import Record, Visibility
from mapping.model import Access, Account, Entity, Milestone, Unmapped
from sync.engine.difference import MOST_EXAMPLES, Difference, Example


def record(number: int, **said: Any) -> Record:
    return Record(
        connection="tracker",
        stream="versions",
        id=str(number),
        partition="ONE",
        key=f"ONE-{number}",
        url="",
        version="1",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload=said,
    )


def milestone(number: int, **said: Any) -> Milestone:
    return Milestone(
        **{
            "ref": f"tracker:versions:{number}",
            "key": f"ONE-{number}",
            "url": "",
            "access": Access.INTERNAL,
            "updated": datetime(2026, 11, 24, tzinfo=UTC),
            "connection": "tracker",
            "place": "ONE",
            "due": None,
            "released": None,
            **said,
        }
    )


def account(number: int) -> Account:
    common = {name: getattr(milestone(number), name) for name in ("ref", "key", "url", "access", "updated")}
    return Account(**common, name="A")


def difference(
    before: dict[int, tuple[Entity, ...]],
    after: dict[int, tuple[Entity, ...]],
    *,
    held: tuple[int, ...] = (),
    refused: dict[int, str] | None = None,
) -> Difference:
    found = Difference()
    refused = refused or {}
    for n in sorted(before.keys() | after.keys() | refused.keys()):
        ref = f"tracker:versions:{n}"
        found.add(
            [record(n)],
            {ref: before.get(n, ())},
            {f"tracker:versions:{h}" for h in held},
            {} if n in refused else {ref: after.get(n, ())},
            {ref: refused[n]} if n in refused else {},
        )
    return found


def test_records_that_stay_as_they_are_are_counted_and_nothing_else_is_told() -> None:
    found = difference({1: (milestone(1),), 2: ()}, {1: (milestone(1),), 2: ()})
    assert found.counts() == {"records": 2, "otherwise": 0, "held": 0, "freed": 0}
    assert found == Difference(records=2)


def test_each_attribute_is_told_with_what_it_was_and_what_it_becomes() -> None:
    day = date(2026, 12, 1)
    found = difference({1: (milestone(1),)}, {1: (milestone(1, due=day, key="New"),)})
    assert found.by_attribute() == {"milestone.due": 1, "milestone.key": 1}
    (told,) = found.attributes["versions", "milestone", "due"].examples
    assert told == Example(ref="tracker:versions:1", key="ONE-1", before=None, after=day)
    assert found.to_json()["attributes"][0]["examples"][0]["after"] == "2026-12-01"


def test_only_the_first_records_of_a_change_are_kept_however_many_there_are() -> None:
    many = range(500)
    found = difference(
        {n: (milestone(n),) for n in many}, {n: (milestone(n, place="TWO"),) for n in many}, refused={900: "no"}
    )
    change = found.attributes["versions", "milestone", "place"]
    assert (change.records, found.otherwise, found.held.records) == (500, 500, 1)
    assert [one.key for one in change.examples] == [f"ONE-{n}" for n in range(MOST_EXAMPLES)]


def test_entities_that_come_and_go_are_told_by_kind() -> None:
    found = difference({1: (milestone(1),), 2: ()}, {1: (account(1),), 2: (milestone(2),)})
    assert {at: one.records for at, one in found.appeared.items()} == {
        ("versions", "account"): 1,
        ("versions", "milestone"): 1,
    }
    assert [one.key for one in found.vanished["versions", "milestone"].examples] == ["ONE-1"]
    assert found.otherwise == 2
    assert not found.attributes


def test_a_refused_record_is_told_once_it_was_not_held_before_and_its_last_good_state_stays() -> None:
    found = difference({1: (milestone(1),), 2: (milestone(2),)}, {}, held=(2,), refused={1: "no date", 2: "no date"})
    assert [(one.key, one.message) for one in found.held.examples] == [("ONE-1", "no date")]
    assert found.counts() == {"records": 2, "otherwise": 0, "held": 1, "freed": 0}


def test_a_held_record_that_can_be_mapped_is_freed() -> None:
    found = difference({1: (milestone(1),)}, {1: (milestone(1),)}, held=(1,))
    assert [one.key for one in found.freed.examples] == ["ONE-1"]
    assert found.otherwise == 0


def unmapped(*values: str) -> tuple[Unmapped, ...]:
    return tuple(Unmapped(attribute="due", field="Due", value=value) for value in values)


def test_values_are_told_that_are_no_longer_understood_and_that_are_now() -> None:
    found = difference(
        {n: (milestone(n, unmapped=unmapped("soon", "never")),) for n in (1, 2)},
        {n: (milestone(n, unmapped=unmapped("soon", "later")),) for n in (1, 2)},
    )
    told = found.to_json()
    assert [(v["value"], v["records"]) for v in told["no_longer_understood"]] == [("later", 2)]
    assert [(v["value"], v["records"]) for v in told["now_understood"]] == [("never", 2)]
    assert not told["attributes"]
    assert found.otherwise == 2


def test_a_field_of_any_text_does_not_make_the_difference_grow() -> None:
    many = range(1000)
    found = difference(
        {n: (milestone(n),) for n in many}, {n: (milestone(n, unmapped=unmapped(f"text {n}")),) for n in many}
    )
    assert len(found.unmapped) == 200
    assert found.other_values == 800

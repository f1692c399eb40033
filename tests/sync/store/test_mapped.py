"""Which records another mapping mapped: by the index, in order, each once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from connectors.core.port import Record, Visibility
from sync.store.database import Store
from sync.store.mapped import count_mapped_otherwise, other_mappings, refs_mapped_by, set_mapped
from sync.store.records import Stamp, mark_gone, save_records


def record(number: int) -> Record:
    return Record(
        connection="jira",
        stream="issues",
        id=str(number),
        partition="ABC",
        key=f"ABC-{number}",
        url="",
        version="1",
        updated=None,
        visibility=Visibility.INTERNAL,
        payload={},
    )


def seed(session: Session, now: datetime) -> None:
    made = [record(n) for n in range(10, 20)]
    save_records(session, made, Stamp(now=now, run="r"))
    refs = [one.ref for one in made]
    for mapping, part in (("a", refs[:3]), ("b", refs[3:5]), ("c", refs[5:])):
        set_mapped(session, part, mapping)
    mark_gone(session, refs[9:], Stamp(now=now, run="r"))
    session.flush()


def test_what_another_mapping_mapped_is_found_mapping_by_mapping(store: Store, now: datetime) -> None:
    with store.unit_of_work() as session:
        seed(session, now)
        assert other_mappings(session, "jira", "b") == ("a", "c")
        assert other_mappings(session, "elsewhere", "b") == ()
        assert count_mapped_otherwise(session, "jira", "b") == 3 + 4
        assert count_mapped_otherwise(session, "jira", "z") == 9


def test_pages_bring_each_live_record_once_in_order(store: Store, now: datetime) -> None:
    with store.unit_of_work() as session:
        seed(session, now)
        first = refs_mapped_by(session, "jira", "c", "", 3)
        rest = refs_mapped_by(session, "jira", "c", first[-1], 3)
        assert [ref.rpartition(":")[2] for ref in (*first, *rest)] == ["15", "16", "17", "18"]


def test_a_page_is_read_in_the_order_of_an_index(sqlite_store: Store) -> None:
    """Without it every page would look at, or sort, all records of the connection."""
    query = (
        "EXPLAIN QUERY PLAN SELECT ref FROM heads WHERE connection = 'c' AND mapped = 'm' AND gone IS 0 AND ref > 'r'"
        " ORDER BY ref LIMIT 500"
    )
    with sqlite_store.unit_of_work() as session:
        steps = [row[3] for row in session.execute(text(query))]
    assert len(steps) == 1
    assert "ix_heads_connection_mapped_ref (connection=? AND mapped=? AND ref>?)" in steps[0]

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from sync.store.database import Store, StoreError, StoreTooNewError
from sync.store.tables import Base, RunRow


def test_migrations_yield_exactly_the_tables_of_the_code(store: Store) -> None:
    with store.unit_of_work() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_store_opened_again_keeps_its_instance(opened: Callable[..., Store], now: datetime) -> None:
    first = opened("s")
    first.close()
    assert opened("s", now + timedelta(days=1)).instance == first.instance
    assert opened("other").instance != first.instance


def test_a_store_that_several_open_at_once_is_made_once(opened: Callable[..., Store]) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({store.instance for store in pool.map(opened, ["s"] * 4)}) == 1


def test_a_new_store_is_for_its_owner_alone_and_an_old_one_keeps_its_mode(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "s.sqlite3"
    store = Store(f"sqlite:///{path}", now=now)
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.glob("s.sqlite3*")}.items() >= {
        ("s.sqlite3", 0o600),
        ("s.sqlite3-wal", 0o600),
    }
    store.close()
    path.chmod(0o640)
    Store(f"sqlite:///{path}", now=now).close()
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_store_of_a_newer_release_is_refused_and_left_alone(store: Store, opened: Callable[..., Store]) -> None:
    with store.unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.commit()
    with pytest.raises(StoreTooNewError, match="9999"):
        opened()
    with store.unit_of_work() as session:
        assert session.execute(text("SELECT version_num FROM alembic_version")).all() == [("9999",)]


def test_a_file_that_is_no_store_is_refused(tmp_path: Path, now: datetime) -> None:
    path = tmp_path / "text.sqlite3"
    path.write_text("this is a shopping list, not a database, and long enough to be seen as such" * 20)
    with pytest.raises(StoreError, match=r"text\.sqlite3"):
        Store(f"sqlite:///{path}", now=now)


def test_a_unit_of_work_is_rolled_back_unless_committed(store: Store, now: datetime) -> None:
    with store.unit_of_work() as session:
        session.add(RunRow(id="lost", command="sync", started=now))
        session.flush()
    with store.unit_of_work() as session:
        session.add(RunRow(id="kept", command="sync", started=now))
        session.commit()
    with store.unit_of_work() as session:
        assert list(session.scalars(select(RunRow.id))) == ["kept"]


def test_instants_come_back_aware_and_naive_ones_are_refused(store: Store, now: datetime) -> None:
    with store.unit_of_work() as session:
        session.add(RunRow(id="a", command="sync", started=now))
        session.commit()
    with store.unit_of_work() as session:
        assert session.scalars(select(RunRow.started)).one() == now
        session.add(RunRow(id="b", command="sync", started=now.replace(tzinfo=None)))
        with pytest.raises(Exception, match="aware"):
            session.flush()


def test_commits_are_durable_against_a_power_cut(sqlite_store: Store) -> None:
    with sqlite_store.unit_of_work() as session:
        connection = session.connection()
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

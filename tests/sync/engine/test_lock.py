from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from sync.engine.lock import AlreadyRunningError, single_run
from sync.store.database import Store, StoreError

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
HOLDER = """
import sys, time
from datetime import UTC, datetime
from sync.engine.lock import single_run
from sync.store.database import Store
with single_run(Store(sys.argv[1], now=datetime.now(UTC), password=sys.argv[2] or None)):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Any) -> tuple[str, str | None]:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 's.sqlite3'}", None
    server = request.getfixturevalue("postgresql")
    return server.database(), server.password


@pytest.fixture
def store(place: tuple[str, str | None]) -> Any:
    opened = Store(place[0], now=NOW, password=place[1])
    yield opened
    opened.close()


def test_a_second_run_is_refused_and_told_by_whom(store: Store, place: tuple[str, str | None]) -> None:
    other = Store(place[0], now=NOW, password=place[1])
    with single_run(store):
        with pytest.raises(AlreadyRunningError, match=rf"\b{os.getpid()}\b") as caught, single_run(other):
            pass
        assert "canary" not in str(caught.value)
    with single_run(other):
        pass
    other.close()


def test_a_killed_holder_leaves_nothing(store: Store, place: tuple[str, str | None]) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, place[0], place[1] or ""], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunningError, match=rf"\b{holder.pid}\b"), single_run(store):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    for _ in range(100):  # the server notices the end of a session in some milliseconds
        try:
            with single_run(store):
                return
        except AlreadyRunningError:
            pass
    pytest.fail("the lock outlived its holder")


def test_a_lock_that_cannot_be_made_is_told_and_no_traceback(tmp_path: Any) -> None:
    store = Store(f"sqlite:///{tmp_path / 's.sqlite3'}", now=NOW)
    (tmp_path / "s.sqlite3.lock").mkdir()  # as good as a read-only folder, which root would not notice
    with pytest.raises(StoreError, match=r"s\.sqlite3\.lock"), single_run(store):
        pass
    store.close()


def test_a_run_whose_session_was_lost_stops(postgresql: Any) -> None:
    store = Store(postgresql.database(), now=NOW, password=postgresql.password)
    with single_run(store):
        with store.unit_of_work():
            pass
        postgresql.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^syncline'")
        with pytest.raises(AlreadyRunningError, match="lost"), store.unit_of_work():
            pass
    with single_run(store), store.unit_of_work():
        pass
    store.close()

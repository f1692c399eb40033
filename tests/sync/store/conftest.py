from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync.store.database import Store

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
Opener = Callable[..., Store]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request: pytest.FixtureRequest, tmp_path: Path, now: datetime) -> Iterator[Opener]:
    """Opens stores on the same place each time it is called; another place for another ``name``."""
    kind = request.param
    server: Any = request.getfixturevalue("postgresql") if kind == "postgresql" else None
    urls: dict[str, str] = {}
    stores: list[Store] = []
    placing = threading.Lock()

    def make(name: str = "store", at: datetime = now) -> Store:
        with placing:
            if name not in urls:
                urls[name] = server.database() if server else f"sqlite:///{tmp_path / name}.sqlite3"
        stores.append(Store(urls[name], now=at, password=server.password if server else None))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: Opener) -> Store:
    return opened()


@pytest.fixture
def sqlite_store(tmp_path: Path, now: datetime) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite3'}", now=now)
    yield opened
    opened.close()

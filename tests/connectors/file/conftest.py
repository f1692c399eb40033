"""A folder of SoW files, and connections to it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.core.port import ConnectorContext, Page, Partition, PartitionFailure, Record, Wanted
from connectors.core.tokens import MemoryTokenStore
from connectors.core.transport import Transport
from connectors.file.connector import FileConnector
from connectors.file.settings import FileSettings

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


class Clock:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("a file needs no waiting")


class Sow:
    """The folder as a person who writes into it sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cursors: dict[str, str] = {}

    def write(self, text: str | bytes, place: str = "NIM-01.csv") -> None:
        path = self.folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def connector(self, **settings: Any) -> FileConnector:
        clock = Clock()
        made = FileSettings.model_validate({"folder": str(self.folder), "currency": "EUR", **settings})
        transport = Transport(connection="sow", clock=clock, timeout_s=1, secrets=())
        return FileConnector(
            ConnectorContext(
                connection="sow",
                settings=made,
                secrets={},
                transport=transport,
                tokens=MemoryTokenStore(),
                clock=clock,
                folder=self.folder,
            )
        )

    def pull(self, place: str = "NIM-01.csv", **settings: Any) -> list[Record] | str:
        """What the file brings beyond what it brought before; or the error."""
        connector = self.connector(**settings)
        partition = Partition(stream="scope", key=place)
        wanted = [Wanted(partition=partition, cursor=self.cursors.get(place), fields=())]
        (item,) = connector.reader.pull(wanted, connector.catalog([place]))
        if isinstance(item, PartitionFailure):
            return str(item.error)
        assert isinstance(item, Page)
        self.cursors[place] = item.cursors[partition]
        return list(item.records)


@pytest.fixture
def sow(tmp_path: Path) -> Sow:
    return Sow(tmp_path)

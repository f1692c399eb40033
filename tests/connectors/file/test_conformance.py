"""The connector keeps the promises of the port."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.core.conformance import ConformanceSuite, read
from connectors.core.port import Partition
from connectors.file import SPEC

HEAD = "Item,Title,Version,Signed\n"


class FileHarness:
    connection = "sow"
    capabilities = SPEC.capabilities
    partition = Partition(stream="scope", key="NIM-01.csv")
    other = Partition(stream="scope", key="OTHER.csv")
    secrets: Sequence[str] = ()
    several_pages = 5

    def __init__(self, sow: Any) -> None:
        self.sow = sow
        self.titles: dict[str, str | None] = {}
        self._write()
        sow.write(HEAD + "SI-1,Elsewhere,1,2026-01-05\n", "OTHER.csv")

    def connector(self) -> Any:
        return self.sow.connector(web_url="https://partner.example/sow")

    def fields(self, partition: Partition) -> tuple[str, ...]:
        return ()

    def seed(self, count: int) -> Sequence[str]:
        keys = [f"si-{len(self.titles) + n}" for n in range(count)]
        self.titles.update(dict.fromkeys(keys, "seeded"))
        self._write()
        return [f"NIM-01.csv/1/{key}" for key in keys]

    def change(self, record_id: str) -> None:
        self.titles[record_id.rpartition("/")[2]] = "changed"
        self._write()

    def delete(self, record_id: str) -> None:
        self.titles[record_id.rpartition("/")[2]] = None  # an emptied row: the others keep their lines
        self._write()

    def break_other(self) -> None:
        self.sow.write("Item\n", "OTHER.csv")

    def deny(self) -> None:
        Path(self.sow.folder / "NIM-01.csv").unlink()

    def _write(self) -> None:
        rows = [f"{key},{title},1,2026-01-05\n" if title else ",,,\n" for key, title in sorted(self.titles.items())]
        self.sow.write(HEAD + "".join(rows) + "zz-last,Always there,1,2026-01-05\n")


class TestFile(ConformanceSuite):
    @pytest.fixture
    def harness(self, sow: Any) -> FileHarness:
        return FileHarness(sow)

    def test_a_changed_record_comes_again(self, harness: Any) -> None:
        """With the version that it is part of, and the file: these changed too. No other item does."""
        ids = harness.seed(3)
        first = read(harness, [harness.partition])
        harness.change(ids[1])
        again = read(harness, [harness.partition], first.cursors)
        fresh = {record_id for _, record_id, _ in again.versions() - first.versions()}
        assert fresh == {ids[1], "NIM-01.csv/1", "NIM-01.csv"}

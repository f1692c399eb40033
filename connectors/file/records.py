"""Turns a SoW file into records: the file itself with its bytes, each of its versions, and each of their items."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.core.port import Record, Visibility
from connectors.file.folder import SowFile
from connectors.file.settings import Column
from connectors.file.sow import Item, Version

STREAM = "scope"
_DIGEST_CHARS = 16


def content(version: Version) -> str:
    """Changes whenever what a version says changes; not with the order of its items, nor with how a file is read."""
    items = sorted(json.dumps(dict(item.columns), sort_keys=True) for item in version.items)
    return _digest([version.signed, version.effective, items])


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the records of one file.

    Attributes:
        connection: Name of the connection.
        place: The file's path within the folder.
        web_url: Where people open the folder, or None.
        edits: Number of a version -> how often it was changed after it was signed.
    """

    connection: str
    place: str
    web_url: str | None
    edits: Mapping[int, int]

    def all(self, file: SowFile, versions: Iterable[Version]) -> Iterator[Record]:
        """The records of a file, the file itself first."""
        data = base64.b64encode(file.data).decode()
        yield self._record(self.place, self.place, {"sort": "file", "bytes": data}, 1)
        for version in versions:
            yield from self._version(version)

    def gone(self, record_id: str, digest: str) -> Record:
        """The tombstone of an item that the file with this digest no longer has."""
        return self._made(record_id, record_id, f"gone/{digest[:_DIGEST_CHARS]}", {}, deleted=True)

    def _version(self, version: Version) -> Iterator[Record]:
        baseline = baseline_id(self.place, version.number)
        said = {"version": version.number, "signed": version.signed, "effective": version.effective}
        told = {"sort": "baseline", **said, "edits": self.edits.get(version.number, 0)}
        yield self._record(baseline, f"{self.place} v{version.number}", told, version.line)
        for item in version.items:
            says = {str(column): text for column, text in item.said.items() if column not in _OF_VERSION}
            told = {"sort": "item", "baseline": baseline, **says, "columns": dict(item.columns)}
            yield self._record(item_id(baseline, item), f"{self.place}:{item.line}", told, item.line)

    def _record(self, record_id: str, key: str, told: Mapping[str, Any], line: int) -> Record:
        payload = {**told, "file": self.place, "line": line}
        return self._made(record_id, key, _digest(payload), payload)

    def _made(
        self, record_id: str, key: str, version: str, payload: Mapping[str, Any], *, deleted: bool = False
    ) -> Record:
        return Record(
            connection=self.connection,
            stream=STREAM,
            id=record_id,
            partition=self.place,
            key=key,
            url=f"{self.web_url}/{quote(self.place)}" if self.web_url else "",
            version=version,
            updated=None,  # a file system's stamp goes back when an older copy is put there
            visibility=Visibility.INTERNAL,
            payload=payload,
            deleted=deleted,
        )


_OF_VERSION = frozenset({Column.VERSION, Column.SIGNED, Column.EFFECTIVE})


def baseline_id(place: str, number: int) -> str:
    """Id of a version's record."""
    return f"{place}/{number}"


def item_id(baseline: str, item: Item) -> str:
    """Id of an item's record: the same as long as its version has an item of that key, in whatever case."""
    return f"{baseline}/{item.said[Column.ITEM].casefold()}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:_DIGEST_CHARS]

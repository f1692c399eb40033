"""Reads SoW files: each as a whole, and only when it changed."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from connectors.core.errors import PartitionError
from connectors.core.port import Catalog, Clock, Page, Partition, PartitionFailure, Record, Wanted
from connectors.file.folder import Folder, SowFile
from connectors.file.records import Maker, baseline_id, content, item_id
from connectors.file.settings import FileSettings
from connectors.file.sow import Version

_LOG = logging.getLogger(__name__)
_FORM = 1  # of what a file becomes: raised so that files are read again
_PLACE = re.compile(r"(.+?\.(?:csv|toml))(?:/\d+(?:/.+)?)?", re.IGNORECASE | re.DOTALL)


class _Seen(NamedTuple):
    """What was last read of one version.

    Attributes:
        content: Digest of what it says.
        signed: Whether it was signed.
        edits: How often that changed after it was signed.
        items: Ids of its items.
    """

    content: str
    signed: bool
    edits: int
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What was read of a file so far: the cursor.

    Attributes:
        digest: Of the file and of how it was read.
        versions: Number -> what was last read of it, of every version that was ever read.
    """

    digest: str = ""
    versions: Mapping[str, _Seen] = field(default_factory=dict)

    @classmethod
    def decode(cls, text: str | None) -> _Known:
        """What a cursor says; nothing when there is none, or one of another form: the file is then read anew."""
        try:
            raw = json.loads(text or "{}")
            said = raw["versions"].items()
            versions = {n: _Seen(str(c), bool(s), int(e), tuple(map(str, ids))) for n, (c, s, e, ids) in said}
            return cls(digest=str(raw["digest"]), versions=versions)
        except (ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def encode(self) -> str:
        """The cursor."""
        return json.dumps(asdict(self), separators=(",", ":"))


class FileReader:
    """The reading half. A file that is not right in every line brings nothing: what was read of it before stays.

    A version that is no longer in its file stays too; an item that a version no longer has comes as a tombstone.
    """

    def __init__(self, connection: str, folder: Folder, settings: FileSettings, clock: Clock) -> None:
        self._connection = connection
        self._folder = folder
        self._settings = settings
        self._clock = clock

    def pull(
        self,
        wanted: Sequence[Wanted],
        catalog: Catalog,  # noqa: ARG002 - the port's signature; a file's columns are in its first row
    ) -> Iterator[Page | PartitionFailure]:
        """Yield the files that changed, a page each; see the port."""
        for one in wanted:
            try:
                yield self._page(one.partition, _Known.decode(one.cursor))
            except PartitionError as error:
                yield PartitionFailure(partitions=frozenset({one.partition}), error=error)

    def fetch(
        self,
        stream: str,  # noqa: ARG002 - there is one
        ids: Sequence[str],
        fields: Sequence[str],  # noqa: ARG002 - a row comes whole
        catalog: Catalog,  # noqa: ARG002 - as above
    ) -> Mapping[str, Record | None]:
        """Read records by id, from their files as they are now."""
        places = {match[1] for record_id in ids if (match := _PLACE.fullmatch(record_id))}
        there: dict[str, Record] = {}
        for place in sorted(places):
            try:
                file = self._folder.open(place)
                there.update((r.id, r) for r in self._maker(file, {}).all(file, self._folder.versions(file)))
            except PartitionError as error:
                _LOG.warning("%s", error, extra={"connection": self._connection})
        return {record_id: there.get(record_id) for record_id in ids}

    def _page(self, partition: Partition, known: _Known) -> Page:
        as_of = self._clock.now()
        file = self._folder.open(partition.key)
        now = _Known(digest=self._digest(file), versions=known.versions)
        records: tuple[Record, ...] = ()
        if now.digest != known.digest:
            versions = self._folder.versions(file)
            seen = {str(v.number): self._seen(file, v, known.versions.get(str(v.number))) for v in versions}
            maker = self._maker(file, seen)
            lost = [
                i
                for n, now_ in seen.items()
                if n in known.versions
                for i in known.versions[n].items
                if i not in now_.items
            ]
            records = (*maker.all(file, versions), *(maker.gone(i, file.digest) for i in lost))
            now = _Known(digest=now.digest, versions={**known.versions, **seen})
        return Page(
            records=records,
            cursors={partition: now.encode()},
            complete=frozenset({partition}),
            as_of=as_of,
            expected=len(records),
        )

    def _seen(self, file: SowFile, version: Version, before: _Seen | None) -> _Seen:
        """What is read of a version now; that one which was signed reads otherwise is told: nobody signed that."""
        says, ids = content(version), _ids(file.place, version)
        edited = before is not None and before.signed and before.content != says
        if edited:
            _LOG.warning(
                "%s: %s: version %d was signed, and was changed without a new version; it is read as it now stands",
                self._connection,
                file.place,
                version.number,
                extra={"connection": self._connection},
            )
        count = (before.edits if before else 0) + edited
        return _Seen(content=says, signed=bool(version.signed), edits=count, items=ids)

    def _digest(self, file: SowFile) -> str:
        """Of the file, and of the settings that say how it is read."""
        read_as: Any = self._settings.model_dump(mode="json", include={"columns", "currency", "decimal", "web_url"})
        told = json.dumps([_FORM, read_as, file.digest], sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()

    def _maker(self, file: SowFile, seen: Mapping[str, _Seen]) -> Maker:
        return Maker(
            connection=self._connection,
            place=file.place,
            web_url=self._settings.web_url,
            edits={int(number): one.edits for number, one in seen.items()},
        )


def _ids(place: str, version: Version) -> tuple[str, ...]:
    return tuple(item_id(baseline_id(place, version.number), item) for item in version.items)

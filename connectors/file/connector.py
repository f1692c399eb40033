"""One folder of SoW files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from connectors.core.errors import PartitionError
from connectors.core.port import Catalog, CheckResult, ConnectorContext, Survey
from connectors.file.folder import Folder
from connectors.file.reader import FileReader
from connectors.file.settings import FileSettings
from connectors.file.sow import Version


class FileConnector:
    """A reader and a check; there is nothing to write, and no request to make."""

    def __init__(self, context: ConnectorContext) -> None:
        if not isinstance(context.settings, FileSettings):
            raise TypeError(f"expected FileSettings, got {type(context.settings).__name__}")
        self._folder = Folder(context.connection, context.folder / context.settings.folder, context.settings)
        self._reader = FileReader(context.connection, self._folder, context.settings, context.clock)

    @property
    def reader(self) -> FileReader:
        """The reading half."""
        return self._reader

    @property
    def writer(self) -> None:
        """Files are only read."""

    def catalog(
        self,
        places: Sequence[str],  # noqa: ARG002 - a file's columns are in its first row
        anchored: Collection[str] | None = None,  # noqa: ARG002 - as above
    ) -> Catalog:
        """Nothing: every column can be named in the mapping as it is called."""
        return Catalog(fields=())

    def survey(self) -> Survey:
        """Nothing: a file is no place of work, and which one is whose scope a person says at ``scope``."""
        return Survey()

    def check(self, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:  # noqa: ARG002 - no file has an anchor
        """The folder, and each file: whether it can be read, and which versions it holds."""
        yield self._folder.check()
        for place in places:
            try:
                versions = self._folder.versions(self._folder.open(place))
            except PartitionError as error:
                mend = "correct the file, or its name at scope of the engagement (docs/connectors/file.md)"
                yield CheckResult(name=f"file {place}", ok=False, found=str(error), mend=mend)
            else:
                found = "; ".join(_told(version) for version in versions)
                yield CheckResult(name=f"file {place}", ok=True, found=found)


def _told(version: Version) -> str:
    state = f"signed {version.signed}" if version.signed else "not signed"
    count = len(version.items)
    return f"version {version.number}, {state}, {count} item{'' if count == 1 else 's'}"

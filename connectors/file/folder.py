"""Opens the files of one folder, and takes each as a whole or not at all."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from connectors.core.errors import PartitionError
from connectors.core.port import CheckResult
from connectors.file.document import read_document
from connectors.file.settings import FileSettings
from connectors.file.sheet import read_sheet
from connectors.file.sow import MOST_BYTES, SowError, Version

_WIDE = ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SowFile:
    """A file as it was found.

    Attributes:
        place: Its path within the folder.
        data: Its bytes.
    """

    place: str
    data: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""
        return hashlib.sha256(self.data).hexdigest()


class Folder:
    """The folder of one connection.

    Args:
        connection: Name of the connection, for errors.
        root: The folder.
        settings: How its files are read.
    """

    def __init__(self, connection: str, root: Path, settings: FileSettings) -> None:
        self.root = root
        self._connection = connection
        self._settings = settings

    def check(self) -> CheckResult:
        """Whether it is there and can be looked into."""
        try:
            count = sum(1 for _ in self.root.iterdir())
        except OSError as error:
            found = f"no readable folder at {self.root} ({error.strerror})"
            return CheckResult(
                name="folder", ok=False, found=found, mend="make it, or correct folder of the connection"
            )
        return CheckResult(name="folder", ok=True, found=f"{self.root}, {count} entries")

    def open(self, place: str) -> SowFile:
        """The file at ``place``.

        Raises:
            PartitionError: There is none that can be read, or it is too large.
        """
        path = self.root / place
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode):  # a pipe would never end
                raise self._error(place, f"{path} is no plain file")
            if found.st_size > MOST_BYTES:
                raise self._error(place, f"{path} has {found.st_size} bytes; at most {MOST_BYTES} are read")
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
                then = os.fstat(file.fileno())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise self._error(place, f"no readable file at {path} ({why})") from error
        if (len(data), then.st_mtime_ns) != (found.st_size, found.st_mtime_ns):  # half a SoW would be taken for one
            raise self._error(place, f"{path} is being written")
        return SowFile(place=place, data=data)

    def versions(self, file: SowFile) -> tuple[Version, ...]:
        """The versions that a file holds.

        Raises:
            PartitionError: It is no SoW; the message names line and column, what was found and what was expected.
        """
        read = read_document if file.place.lower().endswith(".toml") else read_sheet
        try:
            return read(_text(file.data), self._settings)
        except SowError as error:
            raise self._error(file.place, str(error)) from error

    def _error(self, place: str, message: str) -> PartitionError:
        said = f"{self._connection}: {place}: {message}; what was read of it before stays"
        return PartitionError(said, connection=self._connection, place=place)


def _text(data: bytes) -> str:
    for mark, name in _WIDE:
        if data.startswith(mark):
            raise SowError(line=1, column="", found=f"{name} text", expected="UTF-8 (Excel: CSV UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{data[error.start]:02x}, which is not UTF-8"
        raise SowError(line=line, column="", found=found, expected="UTF-8 (Excel: CSV UTF-8)") from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise SowError(line=line, column="", found="a NUL character", expected="a text file")
    return text

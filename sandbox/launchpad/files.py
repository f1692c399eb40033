"""Files: attachments of bugs, and the pictures of people and projects, each read at an address of its own."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from lazr.restful.interfaces import IByteStorage
from zope.interface import implementer

from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record

if TYPE_CHECKING:
    from sandbox.launchpad.store import Store

_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")
"""How PNG, JPEG and GIF begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A stored file; `number` stands in its address."""

    number: int
    filename: str
    content_type: str
    content: bytes


def file_of(record: Any, name: str) -> File | None:
    """Give the file of a field, if there is one."""
    if name == "data":  # of an attachment, which has no other
        content = record.__dict__.get("content")
        if content is None:
            return None
        return File(
            number=record.number,
            filename=str(record.filename),
            content_type=str(record.content_type),
            content=content,
        )
    found: File | None = record.__dict__.get("_files", {}).get(name)
    return found


def find_file(store: Store, number: int) -> File | None:
    """Find a file that the caller may see; pictures are public, attachments as their bug is."""
    for bug in store.bugs:
        for one in bug.attachments:
            if one.number == number and bug.is_visible:
                return file_of(one, "data")
    holders = (*store.people, *store.teams, *store.projects, *store.project_groups, *store.distributions)
    kept = (one for holder in holders for one in holder.__dict__.get("_files", {}).values())
    return next((one for one in kept if one.number == number), None)


def dump_files(record: Any) -> dict[str, Any]:
    """Write the pictures of a record for the state."""
    return {
        name: {
            "id": one.number,
            "filename": one.filename,
            "content_type": one.content_type,
            "content_base64": b64encode(one.content).decode(),
        }
        for name, one in record.__dict__.get("_files", {}).items()
    }


def load_file(row: Mapping[str, Any], number: int) -> File:
    """Read one picture of the state.

    Raises:
        ValueError: a key is missing, or the content is no base64.
    """
    try:
        return File(
            number=number,
            filename=str(row["filename"]),
            content_type=str(row["content_type"]),
            content=b64decode(row["content_base64"], validate=True),
        )
    except KeyError as error:
        raise ValueError(f"{error.args[0]} is missing") from error


@implementer(IByteStorage)
class ByteStorage:
    """The file of one field, as the framework asks for it."""

    def __init__(self, entry: Any, field: Any) -> None:
        self.field = field
        self.__name__ = field.__name__
        self._record: Record = entry.context
        self._file = file_of(self._record, self.__name__)
        self.filename = self._file.filename if self._file else None

    @property
    def is_stored(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    @property
    def alias_url(self) -> str:
        """Where the file is read."""
        session = self._record.store.session
        number = self._file.number if self._file else 0
        return f"{session.web_service_url}/+librarian/{number}/{quote(str(self.filename))}"

    def createStored(self, media_type: str, representation: bytes, filename: str | None = None) -> None:  # noqa: N802 - the framework's name
        """Store a picture, by who may edit the record.

        Raises:
            ApiError: 400, it is no picture.
        """
        self._check()
        if not representation.startswith(_PICTURES):
            raise ApiError("The file uploaded was not recognized as an image; please check it and retry.")
        made = File(
            number=self._record.store.next_number("attachment"),
            filename=filename or self.__name__,
            content_type=media_type,
            content=representation,
        )
        self._record.put("_files", {**self._record.__dict__.get("_files", {}), self.__name__: made})

    def deleteStored(self) -> None:  # noqa: N802 - the framework's name
        """Take the picture away, by who may edit the record."""
        self._check()
        kept = self._record.__dict__.get("_files", {})
        self._record.put("_files", {name: one for name, one in kept.items() if name != self.__name__})

    def _check(self) -> None:
        if not self._record.may_edit(self.__name__):
            raise forbidden(self._record, self.__name__)

"""Reads values of the state document by the types that the table of entries gives them, gathering what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sandbox.launchpad.files import File, load_file
from sandbox.launchpad.record import Record, fields_of
from sandbox.launchpad.store import Store
from sandbox.launchpad.table import Field, table

_PLAIN: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "bool": (bool,),
    "line": (str,),
    "text": (str,),
    "json": (object,),
    "file": (str,),
}


class Reader:
    """Reads one document into one store.

    Attributes:
        errors: what is wrong, each with its place.
        later: what can only be done when all records are there.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.errors: list[str] = []
        self.later: list[Callable[[], None]] = []

    def wrong(self, where: str, what: str) -> None:
        """Note an error."""
        self.errors.append(f"{where}: {what}")

    def rows(self, holder: Mapping[str, Any], key: str, where: str = "") -> list[tuple[str, Mapping[str, Any]]]:
        """Give the objects of a list, each with its place."""
        prefix = f"{where}.{key}" if where else key
        listed = holder.get(key)
        if listed is None:
            return []
        if not isinstance(listed, list):
            self.wrong(prefix, "expected a list")
            return []
        found = []
        for index, one in enumerate(listed):
            if isinstance(one, Mapping):
                found.append((f"{prefix}[{index}]", one))
            else:
                self.wrong(f"{prefix}[{index}]", "expected an object")
        return found

    def values(self, kind: type[Record], row: Mapping[str, Any], where: str, *, apart: str = "") -> dict[str, Any]:
        """Read the plain fields of a record.

        Args:
            kind: whose fields.
            row: the object.
            where: its place.
            apart: names of keys that the caller reads itself.
        """
        fields = fields_of(kind.entry)
        skipped = apart.split()
        found: dict[str, Any] = {}
        for key, value in row.items():
            if key in skipped:
                continue
            if key == "files":
                found["_files"] = self._files(kind, value, f"{where}.files")
                continue
            field = fields.get(kind.aliases.get(key, key))
            if field is None or field.type == "many":
                self.wrong(where, f"unknown key {key}")
            elif isinstance(getattr(kind, field.name, None), property):
                self.wrong(where, f"{key} follows from the rest and cannot be given")
            elif value is not None:
                found[field.name] = self.value(field, value, f"{where}.{key}")
        return found

    def value(self, field: Field, value: Any, where: str) -> Any:
        """Read one value by its type."""
        match field.type:
            case "instant":
                return self.instant(value, where)
            case "date":
                return self.day(value, where)
            case "words" | "tags":
                if isinstance(value, list) and all(isinstance(one, str) for one in value):
                    return sorted(set(value)) if field.type == "tags" else list(value)
                self.wrong(where, "expected a list of strings")
                return []
            case "choice":
                titles = table().enums[field.of]
                if value not in titles:
                    self.wrong(where, f"expected one of {', '.join(titles)}; found {value!r}")
                return value
            case "link" if field.of == "person":
                return self.person(value, where)
            case "link" if field.of == "bug_tracker":
                return self.tracker(value, where)
            case "link":
                self.wrong(where, f"a {field.of} cannot be given here")
                return None
            case _:
                return self._plain(field, value, where)

    def _files(self, kind: type[Record], given: Any, where: str) -> dict[str, File]:
        """Read the pictures of a record: name of the field -> `{"filename", "content_type", "content_base64"}`."""
        found = {}
        for name, row in given.items():
            field = fields_of(kind.entry).get(name)
            if field is None or field.type != "file" or not isinstance(row, Mapping):
                self.wrong(f"{where}.{name}", "expected a picture of this entry")
                continue
            try:
                found[name] = load_file(row, self.number("attachment", row, f"{where}.{name}"))
            except ValueError as error:
                self.wrong(f"{where}.{name}", str(error))
        return found

    def _plain(self, field: Field, value: Any, where: str) -> Any:
        if not isinstance(value, _PLAIN[field.type]) or (field.type == "int" and isinstance(value, bool)):
            self.wrong(where, f"expected {field.type}, found {value!r}")
        return value

    def instant(self, value: Any, where: str) -> datetime | None:
        """Read an instant; null stays null."""
        if value is None:
            return None
        try:
            found = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            found = None
        if found is None or found.tzinfo is None:
            self.wrong(where, f"expected an instant with an offset, found {value!r}")
            return None
        return found.astimezone(UTC)

    def day(self, value: Any, where: str) -> date | None:
        """Read a date."""
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            self.wrong(where, f"expected a date, found {value!r}")
            return None

    def person(self, name: Any, where: str) -> Any:
        """Find a person or team; null stays null."""
        if name is None:
            return None
        found = self.store.person(name) if isinstance(name, str) else None
        if found is None:
            self.wrong(where, f"no such person or team: {name!r}")
        return found

    def tracker(self, name: Any, where: str) -> Any:
        """Find a bug tracker."""
        found = next((one for one in self.store.bug_trackers if one.name == name), None)
        if found is None:
            self.wrong(where, f"no such bug tracker: {name!r}")
        return found

    def people(self, row: Mapping[str, Any], key: str, where: str) -> list[Any]:
        """Find several."""
        found = [self.person(name, f"{where}.{key}") for name in row.get(key) or ()]
        return [one for one in found if one is not None]

    def number(self, kind: str, row: Mapping[str, Any], where: str) -> int:
        """Give the number that a row has as `id`, or the next of its kind."""
        given = row.get("id")
        if given is None:
            return self.store.next_number(kind)
        if not isinstance(given, int) or isinstance(given, bool):
            self.wrong(f"{where}.id", f"expected int, found {given!r}")
            return 0
        self.store.numbers[kind] = max(self.store.numbers[kind], given)
        return given

    def needed(self, row: Mapping[str, Any], keys: str, where: str) -> bool:
        """Say whether all keys are there; those that are not are noted."""
        missing = [key for key in keys.split() if row.get(key) is None]
        for key in missing:
            self.wrong(where, f"{key} is missing")
        return not missing

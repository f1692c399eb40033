"""The table of entries, fields and operations (`entries.txt`), parsed; knows nothing of the framework."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

_SECTION = re.compile(r"\[(\w+) (\w+)(?: : ([\w ]+))?\]")
_COLLECTION = re.compile(r"\[= (\w+) (\w+)\]")
_OPERATION = re.compile(r"(GET|POST|DELETE) (\w+)\((.*)\)(?: -> (json|(?:new|one|many) \w+))?( devel)?")
_TYPES_WITH_NAME = frozenset({"link", "many", "choice", "choices"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an entry, or one parameter of an operation.

    Attributes:
        type: `int`, `bool`, `line`, `text`, `instant`, `date`, `words`, `tags`, `json`, `file`, `data`, `choice`,
            `choices`, `link` or `many`.
        of: the enumeration or entry that the last four types are of.
        readonly: not writable by a client.
        required: may not be null, or left out.
        devel: there only in the version `devel`.
        old: there only in the versions before `devel`.
        default: the value of a fresh entry, or of a parameter left out.
    """

    name: str
    type: str
    of: str = ""
    readonly: bool = False
    required: bool = False
    devel: bool = False
    old: bool = False
    default: Any = None

    def initial(self) -> Any:
        """Give the value of a fresh entry."""
        if self.default is None and self.type in ("words", "tags", "many"):
            return []
        if self.default is None and self.type in ("bool", "int"):
            return False if self.type == "bool" else 0
        return self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One named operation; `returns` is `json`, or `new`, `one` or `many` of the entry `of`."""

    method: str
    name: str
    parameters: tuple[Field, ...]
    returns: str
    of: str = ""
    devel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry: its names, the entries it also is, its fields and operations (its own ones)."""

    name: str
    plural: str
    bases: tuple[str, ...] = ()
    fields: dict[str, Field] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """All entries, top-level collections and enumerations by name."""

    enums: Mapping[str, tuple[str, ...]]
    entries: Mapping[str, Entry]
    collections: Mapping[str, Entry]

    def fields_of(self, name: str) -> dict[str, Field]:
        """Give the fields of an entry, those of its bases included."""
        entry = self.entries[name]
        found: dict[str, Field] = {}
        for base in entry.bases:
            found.update(self.fields_of(base))
        return {**found, **entry.fields}


@lru_cache(maxsize=1)
def table() -> Table:
    """Read the table; ValueError names the first wrong line."""
    text = (files("sandbox.launchpad") / "entries.txt").read_text(encoding="utf-8")
    enums: dict[str, tuple[str, ...]] = {}
    entries: dict[str, Entry] = {}
    collections: dict[str, Entry] = {}
    entry: Entry | None = None
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        if line.startswith("enum "):
            name, _, titles = line.removeprefix("enum ").partition(": ")
            enums[name] = tuple(titles.split("; "))
        elif section := _SECTION.fullmatch(line):
            bases = tuple((section[3] or "").split())
            entry = entries[section[1]] = Entry(name=section[1], plural=section[2], bases=bases)
        elif section := _COLLECTION.fullmatch(line):
            entry = collections[section[1]] = Entry(name=section[2], plural=section[1])
        elif entry is None:
            raise ValueError(f"not within an entry: {line}")
        elif made := _OPERATION.fullmatch(line):
            operation = _operation(made)
            entry.operations[operation.name] = operation
        else:
            one = _field(line, required=None)
            entry.fields[one.name] = one
    return Table(enums=enums, entries=entries, collections=collections)


def _operation(found: re.Match[str]) -> Operation:
    inside = found[3]
    text = ", ".join(SEARCH) if inside == "search" else inside
    returns, _, of = (found[4] or "json").partition(" ")
    return Operation(
        method=found[1],
        name=found[2],
        parameters=tuple(_field(part, required=True) for part in text.split(", ") if part),
        returns=returns,
        of=of,
        devel=bool(found[5]),
    )


def _field(text: str, *, required: bool | None) -> Field:
    """Read one field, or (when `required` tells the rule) one parameter."""
    head, _, default = text.partition(" = ")
    name, kind, *flags = head.split()
    of = flags.pop(0) if kind in _TYPES_WITH_NAME else ""
    value: Any = default or None
    if kind == "bool" and default:
        value = default == "true"
    return Field(
        name=name,
        type=kind,
        of=of,
        readonly="ro" in flags,
        required="!" in flags or kind == "bool" or (kind == "choice" and bool(default))
        if required is None
        else "?" not in flags,
        devel="devel" in flags,
        old="old" in flags,
        default=value,
    )


SEARCH = (
    "order_by words ?",
    "search_text line ?",
    "status choices BugTaskStatusSearch ?",
    "importance choices BugTaskImportance ?",
    "information_type choices InformationType ?",
    "assignee link person ?",
    "bug_reporter link person ?",
    "bug_supervisor link person ?",
    "bug_commenter link person ?",
    "bug_subscriber link person ?",
    "structural_subscriber link person ?",
    "owner link person ?",
    "affected_user link person ?",
    "has_patch bool ?",
    "has_cve bool ?",
    "tags words ?",
    "tags_combinator choice TagsCombinator ? = Any",
    "omit_duplicates bool ?",
    "status_upstream words ?",
    "milestone link milestone ?",
    "component line ?",
    "nominated_for link bug_target ?",
    "has_no_package bool ?",
    "linked_branches line ?",
    "modified_since instant ?",
    "created_since instant ?",
    "created_before instant ?",
    "omit_targeted bool ?",
    "linked_blueprints line ?",
)
"""The parameters of searchTasks; the same for every kind of target."""

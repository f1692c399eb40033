"""Reading the mapping language: tables checked key by key, with every problem collected."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from string import Formatter
from typing import Any

from mapping.spec import OfRecord, Problem, Source
from mapping.values import normal

Path = tuple[str, ...]
SOURCES = ("field", "path", "record", "template")
"""Keys that name a source; a step has exactly one of them, or a ``value``."""

_REPLACED = (*SOURCES, "parts", "value", "steps", "attribute")  # what a new source takes the place of


def merge(default: Mapping[str, Any], override: Mapping[str, Any], *, values: bool = False) -> dict[str, Any]:
    """``override`` laid over ``default``, key by key.

    ``false`` in the place of a table removes it. A new source replaces the old one; new steps come before those of the
    default, so that they are asked first. The keys of a value table are compared in their normal form.

    Args:
        default: What stands in the connector's mapping.
        override: What the user says.
        values: Whether this is a value table.
    """
    result = dict(default)
    given = [k for k in _REPLACED if k in override]
    if given and not values:
        if ("steps" in given) != ("steps" in default):
            result = {}
        elif "steps" not in given:
            result = {k: v for k, v in default.items() if k not in _REPLACED}
    for key, value in override.items():
        old = result.get(key)
        if values:
            for twin in [k for k in result if normal(k) == normal(key)]:
                del result[twin]
            result[key] = value
        elif value is False and isinstance(old, dict):
            del result[key]
        elif key == "steps" and isinstance(old, dict) and isinstance(value, dict):
            merged = merge(old, value)
            result[key] = {k: merged[k] for k in (*(k for k in value if k not in old), *old) if k in merged}
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = merge(old, value, values=key == "values")
        else:
            result[key] = value
    return result


def show(value: Any) -> str:
    """A TOML value for a message."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return repr(value)


def one_of(names: Collection[str]) -> str:
    """``one of a, b, c`` for a message."""
    return "one of " + ", ".join(sorted(names))


class Checker:
    """Collects the problems of one mapping while it is read."""

    def __init__(self, override: Mapping[str, Any]) -> None:
        self.problems: list[Problem] = []
        self._override = override

    def problem(self, path: Path, found: str, expected: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(path=path, found=found, expected=expected, overridden=self.overridden(path)))

    def overridden(self, path: Path) -> bool:
        """Whether the key path stands in the user's override."""
        here: Any = self._override
        for key in path:
            here = here.get(key) if isinstance(here, Mapping) else None
        return here is not None and bool(path)

    def table(self, value: Any, path: Path, allowed: Collection[str] | None = None) -> dict[str, Any]:
        """``value`` as a table without unknown keys; an empty one when it is none."""
        if not isinstance(value, dict):
            self.problem(path, show(value), "a table")
            return {}
        if allowed is not None:
            for key in value:
                if key not in allowed:
                    self.problem((*path, key), "an unknown key", one_of(allowed))
        return {k: v for k, v in value.items() if allowed is None or k in allowed}

    def text(self, table: Mapping[str, Any], key: str, path: Path, *, required: bool = False) -> str | None:
        """A text under ``key`` that is not empty, or None."""
        if key not in table:
            if required:
                self.problem((*path, key), "nothing", "a text")
            return None
        value = table[key]
        if not isinstance(value, str) or not value.strip():
            self.problem((*path, key), show(value), "a text")
            return None
        return value

    def keys(self, table: Mapping[str, Any], key: str, path: Path) -> Path:
        """Keys separated by dots under ``key``; none when it is not there."""
        said = self.text(table, key, path)
        found = tuple(said.split(".")) if said else ()
        if not all(found):
            self.problem((*path, key), show(said), "keys separated by single dots")
        return found

    def number(self, table: Mapping[str, Any], key: str, path: Path, most: float) -> float | None:
        """A number under ``key`` above nothing and up to ``most``, or None."""
        value = table.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
            self.problem((*path, key), show(value), f"a number above 0, at most {most:g}")
            return None
        return float(value)

    def choice(
        self, table: Mapping[str, Any], key: str, path: Path, allowed: Collection[str], *, required: bool = False
    ) -> str | None:
        """A text under ``key`` out of ``allowed``, or None."""
        if key in table and table[key] not in list(allowed):
            self.problem((*path, key), show(table[key]), one_of(allowed))
            return None
        if key not in table and required:
            self.problem((*path, key), "nothing", one_of(allowed))
        return table.get(key)

    def texts(self, table: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
        """One text or a list of texts under ``key``."""
        value = table.get(key, [])
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(i, (str, bool, int)) for i in items):
            self.problem((*path, key), show(value), "a text or a list of texts")
            return ()
        return tuple(i if isinstance(i, str) else normal(i) for i in items)

    def names_in(self, template: str, path: Path) -> frozenset[str]:
        """The names in braces of a template."""
        try:
            return frozenset(name for _, name, _, _ in Formatter().parse(template) if name is not None)
        except ValueError as error:
            self.problem(path, f"{show(template)}, {error}", "a text with names in braces")
            return frozenset()

    def source(self, table: Mapping[str, Any], path: Path, fields_at: Path) -> Source | None:
        """The source that a key of ``SOURCES`` names, or None (a problem when there are two)."""
        given = [key for key in SOURCES if key in table]
        if len(given) > 1:
            found = f"a {given[1]} beside a {given[0]}"
            self.problem((*path, given[1]), found, f"only one of {', '.join(SOURCES)}")
            return None
        if "parts" in table and given != ["template"]:
            self.problem((*path, "parts"), "parts without a template", "a template that names them")
        match given:
            case ["field"]:
                name = self.text(table, "field", path)
                return None if name is None else Source(name=name, label=name)
            case ["path"]:
                return self._path(table, path, fields_at)
            case ["record"]:
                word = self.choice(table, "record", path, [r.value for r in OfRecord])
                return None if word is None else Source(record=OfRecord(word), label=word)
            case ["template"]:
                return self._template(table, path, fields_at)
            case _:
                return None

    def _path(self, table: Mapping[str, Any], path: Path, fields_at: Path) -> Source | None:
        where = self.text(table, "path", path)
        if where is None:
            return None
        keys = tuple(where.split("."))
        if not all(keys):
            self.problem((*path, "path"), show(where), "keys separated by single dots")
            return None
        below = keys[len(fields_at) :] if fields_at and keys[: len(fields_at)] == fields_at else keys
        label = ".".join(k for k in below if k != "*")
        return Source(path=keys, label=label or where)

    def _template(self, table: Mapping[str, Any], path: Path, fields_at: Path) -> Source | None:
        template, where = self.text(table, "template", path), (*path, "parts")
        if template is None:
            return None
        parts: list[tuple[str, Source]] = []
        for name, raw in self.table(table.get("parts", {}), where).items():
            keys = [key for key in SOURCES if key != "template"]
            part = self.source(self.table(raw, (*where, name), keys), (*where, name), fields_at)
            if part is None:
                self.problem((*where, name), "no source", one_of(keys))
            else:
                parts.append((name, part))
        names = self.names_in(template, (*path, "template"))
        for name in sorted(names ^ {name for name, _ in parts}):
            found = f"{{{name}}}" if name in names else f"a part {name!r} that the template does not name"
            self.problem((*path, "template"), found, "the names of its parts in braces")
        return Source(template=template, parts=tuple(parts), label=" and ".join(part.label for _, part in parts))

"""Reads a configuration, checks all of it, and names all errors at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError

from connectors.core.port import ConnectorSpec, Form, StreamSpec
from connectors.core.positions import KeyPath, Positions
from connectors.core.settings import ConnectionSettings
from mapping.rules import Rules, RulesError, compile_rules
from mapping.spellings import Spelling, spellings_of
from sync.config.discover import read_discoveries
from sync.config.problems import ConfigError, Problem, shown
from sync.config.scope import scope_problems
from sync.config.settings import EngagementSettings, PlaceSettings, TopLevel
from sync.config.told import told
from sync.discovery import ENGAGEMENT_KEY, Discovery

_CONNECTION_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")  # no colon: it parts connection, stream and id in a reference
_MOST_SHOWN = 200  # characters of what was found
_MAX_BYTES = 4_000_000  # far above any configuration that a person or a generator would write

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One configured account on one tool, with its rules compiled.

    Attributes:
        name: Its name.
        spec: The connector that serves it.
        settings: Its validated table.
        rules: The connector's mapping with the user's overrides.
    """

    name: str
    spec: ConnectorSpec
    settings: ConnectionSettings
    rules: Rules

    @property
    def streams(self) -> tuple[StreamSpec, ...]:
        """The streams that it has, which its settings may choose among those of its connector."""
        choose = self.spec.streams_of
        chosen = None if choose is None else choose(self.settings)
        return tuple(s for s in self.spec.streams if chosen is None or s.name in chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A valid configuration.

    Attributes:
        path: The file it was read from.
        top: Its tables, validated.
        connections: By name, in the file's order.
        discoveries: What tells of further engagements, in the file's order.
    """

    path: Path
    top: TopLevel
    connections: Mapping[str, Connection]
    discoveries: tuple[Discovery, ...] = ()

    @property
    def folder(self) -> Path:
        """Folder that relative paths start from."""
        return self.path.parent

    @property
    def engagements(self) -> Mapping[str, EngagementSettings]:
        """The named engagements by key."""
        return self.top.engagements

    def store_url(self) -> str:
        """Address of the store, a relative SQLite path made absolute from the configuration's folder."""
        url = self.top.store.url
        prefix = "sqlite:///"
        if url.startswith(prefix) and not url.startswith(prefix + "/") and url != prefix + ":memory:":
            return prefix + str((self.folder / url.removeprefix(prefix)).absolute())
        return url


def load(path: Path, specs: Mapping[str, ConnectorSpec]) -> Config:
    """Read and check ``path``.

    Raises:
        ConfigError: With every problem of the file, by line.
    """
    return checked(path, _read(path), specs)


def checked(path: Path, text: str, specs: Mapping[str, ConnectorSpec]) -> Config:
    """Check a configuration that is to stand in ``path``, whether or not it does yet.

    Raises:
        ConfigError: With every problem of the text, by line.
    """
    raw = _parse(path, text)
    try:
        checker = _Checker(path, Positions(text), raw, specs)
        top = checker.top()
        connections = checker.connections()
        discoveries: tuple[Discovery, ...] = ()
        if top is not None:
            checker.cross(top, connections)
            discoveries = read_discoveries(top.discover, connections, top.connections, checker.add)
    except RecursionError as error:
        raise _too_deep(path) from error
    if checker.problems or top is None:
        raise ConfigError(checker.problems)
    return Config(path=path.absolute(), top=top, connections=connections, discoveries=discoveries)


def _read(path: Path) -> str:
    def refuse(found: str, expected: str, line: int = 1) -> ConfigError:
        return ConfigError([Problem(file=path.name, line=line, key="(file)", found=found, expected=expected)])

    try:
        data = path.read_bytes()
    except OSError as error:
        raise refuse(
            f"no readable file at {path} ({error.strerror})", "a TOML file, named by -c FILE or SYNCLINE_CONFIG"
        ) from error
    if len(data) > _MAX_BYTES:
        raise refuse(f"{len(data)} bytes", f"a configuration of at most {_MAX_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refuse(f"byte 0x{data[error.start]:02x}, which is not UTF-8", "UTF-8 text", line) from error


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        match = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(match[1]) if match else text.count("\n") + 1
        what = str(error).split(" (at ")[0]
        problem = Problem(file=path.name, line=line, key="(syntax)", found=what, expected="TOML 1.0")
        raise ConfigError([problem]) from error
    except ValueError as error:  # of a whole number that Python does not take; it names no place
        match = re.search(r"[\d_]{4000,}", text)
        line = text.count("\n", 0, match.start()) + 1 if match else 1
        found, expected = "a number of thousands of digits", "a number that can be meant"
        raise ConfigError(
            [Problem(file=path.name, line=line, key="(syntax)", found=found, expected=expected)]
        ) from error
    except RecursionError as error:
        raise _too_deep(path) from error


def _too_deep(path: Path) -> ConfigError:
    found, expected = "tables nested too deep", "no deeper than the documented keys"
    return ConfigError([Problem(file=path.name, line=1, key="(syntax)", found=found, expected=expected)])


class _Checker:
    """Collects the problems of one document."""

    def __init__(
        self, path: Path, positions: Positions, raw: dict[str, Any], specs: Mapping[str, ConnectorSpec]
    ) -> None:
        self.problems: list[Problem] = []
        self._file = path.name
        self._positions = positions
        self._raw = raw
        self._specs = specs

    def add(self, key: KeyPath, found: str, expected: str) -> None:
        """Note one problem."""
        self.problems.append(
            Problem(
                file=self._file,
                line=self._positions.line(key),
                key=".".join(str(k) for k in key) or "(document)",
                found=found if len(found) <= _MOST_SHOWN else found[: _MOST_SHOWN - 1] + "…",
                expected=expected,
            )
        )

    def top(self) -> TopLevel | None:
        """The document's own tables; what is wrong in them is told, and left out so that the rest is looked at too."""
        return self._model(TopLevel, self._raw, ()) or _rest(self._raw)

    def connections(self) -> dict[str, Connection]:
        """Each ``[connections.x]`` by its connector's settings model, its mapping compiled."""
        found: dict[str, Connection] = {}
        tables = self._raw.get("connections")
        overrides = self._raw.get("mapping")
        named = [t.get("kind") for t in tables.values() if isinstance(t, dict)] if isinstance(tables, dict) else []
        used = {kind for kind in named if isinstance(kind, str)}
        rules = self._rules(overrides if isinstance(overrides, dict) else {}, used)
        for name, table in tables.items() if isinstance(tables, dict) else ():
            key: KeyPath = ("connections", name)
            if not isinstance(table, dict):
                continue  # said by the document's own model
            if not _CONNECTION_NAME.fullmatch(name):
                self.add(key, repr(name), "a name of small letters, digits and hyphens, beginning with a letter")
            kind = table.get("kind")
            spec = self._specs.get(kind) if isinstance(kind, str) else None
            if spec is None:
                self.add((*key, "kind"), shown(kind), "one of " + ", ".join(sorted(self._specs)))
                continue
            settings = self._model(spec.settings, {k: v for k, v in table.items() if k != "kind"}, key)
            self._url(key, table)
            if spec.kind not in rules:
                continue
            self._owned(key, table.get("owned"), rules[spec.kind])
            if isinstance(settings, ConnectionSettings):
                found[name] = Connection(name=name, spec=spec, settings=settings, rules=rules[spec.kind])
        return found

    def cross(self, top: TopLevel, connections: Mapping[str, Connection]) -> None:
        """What no table can say alone."""
        if _has_password(top.store.url):
            mend = 'the address alone, and password = { credential = "NAME" }'
            self.add(("store", "url"), "an address with a password in it", mend)
        if not top.connections:
            self.add(("connections",), "no connection", "at least one [connections.NAME] table")
        seen: dict[tuple[str, str], str] = {}
        self._people(top)
        for problem in scope_problems(top, {n: (c.spec, c.streams, c.rules) for n, c in connections.items()}):
            self.add(*problem)
        for engagement, settings in top.engagements.items():
            key: KeyPath = ("engagements", engagement)
            if not ENGAGEMENT_KEY.fullmatch(engagement):
                self.add(key, repr(engagement), "a key of letters, digits, dots and hyphens, at most 40")
            record = (settings.record.connection, settings.record.key)
            if record in seen:
                self.add((*key, "record"), f"the record of engagement {seen[record]} again", "a record of its own")
            seen[record] = engagement
            self._known((*key, "record", "connection"), settings.record.connection, top)
            places = [(p.connection, p.place) for p in settings.places]
            for i, place in enumerate(settings.places):
                if places.index((place.connection, place.place)) != i:
                    self.add((*key, "places", i), f"{place.place} on {place.connection} again", "each place once")
                self._place((*key, "places", i), place, top, connections)

    def _place(self, key: KeyPath, place: PlaceSettings, top: TopLevel, connections: Mapping[str, Connection]) -> None:
        self._known((*key, "connection"), place.connection, top)
        connection = connections.get(place.connection)
        if connection is None:
            return
        spec = connection.spec
        if not any(s.per_place for s in spec.streams):
            self.add(
                (*key, "connection"),
                f"{place.connection}, a {spec.title} connection, which has no places",
                "a connection whose tool has places (projects, repositories)",
            )
        self._spelt((*key, "place"), place.place, spec.place)
        self._spelt((*key, "anchor"), place.anchor, spec.anchor)

    def _spelt(self, key: KeyPath, name: str | None, form: Form | None) -> None:
        if name is not None and form is not None and not re.fullmatch(form.pattern, name):
            self.add(key, repr(name), form.example)

    def _people(self, top: TopLevel) -> None:
        owner: dict[str, str] = {}
        for person in top.people:
            first = owner.setdefault(person.strip().casefold(), person)
            if first != person:
                self.add(("people", person), f"{first} again", "each person once")
        for person, names in top.people.items():
            for i, name in enumerate(names):
                key: KeyPath = ("people", person, i)
                connection, colon, login = name.partition(":")
                if not (colon and login) and "@" not in name:
                    self.add(key, repr(name), "CONNECTION:LOGIN, or an e-mail address")
                elif colon:
                    self._known(key, connection, top)
                of = owner.setdefault(name.strip().casefold(), person)
                if of != person:
                    self.add(key, f"what belongs to {of} already", "each login at one person")

    def _known(self, key: KeyPath, name: str, top: TopLevel) -> None:
        if name not in top.connections:
            names = ", ".join(sorted(top.connections)) or "none"
            self.add(key, repr(name), f"the name of a connection of this file: {names}")

    def _owned(self, key: KeyPath, owned: object, rules: Rules) -> None:
        for i, name in enumerate(owned if isinstance(owned, list) else ()):
            if isinstance(name, str) and rules.out(name) is None:
                known = ", ".join(rules.out_names()) or "none"
                self.add((*key, "owned", i), repr(name), f"an outward rule of the mapping: {known}")

    def _url(self, key: KeyPath, table: Mapping[str, Any]) -> None:
        url = table.get("url")
        if not isinstance(url, str):
            return
        try:
            parts = urlsplit(url)
            port_is_right = parts.port is None or parts.port > 0
        except ValueError:
            parts, port_is_right = urlsplit(""), False
        is_plain = url.isprintable() and " " not in url
        if parts.scheme not in {"https", "http"} or not parts.hostname or not port_is_right or not is_plain:
            self.add((*key, "url"), repr(url), "an address such as https://HOST")
        elif parts.username or parts.password:
            self.add((*key, "url"), "an address with credentials in it", "the address alone; secrets lie elsewhere")
        elif parts.scheme == "http" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
            self.add((*key, "url"), repr(url), "https, since a token would travel in the clear")

    def _rules(self, overrides: Mapping[str, Any], used: Collection[object]) -> dict[str, Rules]:
        """The compiled mapping of each kind of connector that the file uses or overrides; no other is looked at."""
        compiled: dict[str, Rules] = {}
        spellings = self._spellings(overrides)
        for kind in overrides:
            if kind not in self._specs:
                self.add(("mapping", kind), repr(kind), "a kind of connector: " + ", ".join(sorted(self._specs)))
        for kind, spec in self._specs.items():
            override = overrides.get(kind)
            if override is None and kind not in used:
                continue
            if override is not None and not isinstance(override, dict):
                continue  # said by the document's own model
            try:
                compiled[kind] = compile_rules(kind, spec.mapping(), override, f"{kind}/mapping.toml", spellings)
            except RulesError as error:
                for problem in error.problems:
                    self.add(("mapping", kind, *problem.path), problem.found, problem.expected)
        return compiled

    def _spellings(self, overrides: Mapping[str, Any]) -> tuple[Spelling, ...]:
        """How the records of every installed kind of connector are written about; mistakes are told by ``_rules``."""
        found: list[Spelling] = []
        for kind, spec in sorted(self._specs.items()):
            override = overrides.get(kind)
            try:
                found += spellings_of(kind, spec.mapping(), override if isinstance(override, dict) else None)
            except RulesError:
                continue
        return tuple(found)

    def _model(self, model: type[M], raw: Mapping[str, Any], base: KeyPath) -> M | None:
        try:
            return model.model_validate(raw)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                self.add(*told(item, base))
            return None


def _rest(raw: Mapping[str, Any]) -> TopLevel | None:
    """The document without what its own model refuses; None when its connections cannot even be named."""
    left: dict[str, Any] = {k: dict(v) if isinstance(v, dict) else v for k, v in raw.items()} | {"version": 1}
    for _ in range(3):  # what is left out once is not refused again
        try:
            return TopLevel.model_validate(left)
        except ValidationError as error:
            for item in error.errors(include_url=False):
                table, *below = map(str, item["loc"])
                if table == "connections" and not (below and isinstance(left.get(table), dict)):
                    return None
                if table == "connections":
                    left[table][below[0]] = {}  # it is refused, but it is there
                elif below and isinstance(left.get(table), dict):
                    left[table].pop(below[0], None)
                else:
                    left.pop(table, None)
    return None


def _has_password(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.password) or "password" in parts.query.casefold()

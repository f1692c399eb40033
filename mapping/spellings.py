"""How people write about the records of a tool elsewhere: ``[references.…]`` tables into patterns."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapping.language import Checker, Path, merge, one_of, show
from mapping.model import ReferenceKind
from mapping.spec import Problem, RulesError
from mapping.values import checked_id

SPELLING_KEYS = ("to", "value", "also", "urls", "texts", "local_texts", "holds", "case", "ids")
"""All keys of a ``[references.…]`` table."""

_PLAIN = re.compile(r"(?:[\w#:/@-](?![*?{]))*")  # letters that stand for themselves, and stand there at least once
_PLACE = "place"  # in a template: the place of the record in which a local text stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """The ways in which one kind of record of one tool is referred to.

    Attributes:
        owner: Kind of connector whose records are meant.
        name: Its key in the mapping.
        to: What such a reference points at.
        value: Template of what the record is called, from the named groups of a pattern and ``{place}``.
        also: Templates of further names under which a record with this URL is referred to.
        urls: Patterns of URLs without their scheme (``host/path?query#fragment``); a group ``host`` replaces the host.
        texts: Patterns of words in free text, in this very case; a whole field may hold them in any case.
        local_texts: Such patterns that count only within records of the same tool, and mean the record's own place.
        holds: A free text in which this finds nothing is not searched; None: every text is.
        beginning: A word with which whatever ``holds`` finds begins; empty: no such word is known.
        case: ``upper``, ``lower`` or empty: the case in which the value is kept.
        checked_ids: The value is an id with a short and a long form (``mapping.values.checked_id``).
    """

    owner: str
    name: str
    to: ReferenceKind
    value: str
    also: tuple[str, ...] = ()
    urls: tuple[re.Pattern[str], ...] = ()
    texts: tuple[re.Pattern[str], ...] = ()
    local_texts: tuple[re.Pattern[str], ...] = ()
    holds: re.Pattern[str] | None = None
    beginning: str = ""
    case: str = ""
    checked_ids: bool = False

    @property
    def id(self) -> str:
        """What tells it from every other spelling."""
        return f"{self.owner}.{self.name}"

    @property
    def identity(self) -> list[str]:
        """All of it as texts: equal ones find the same."""
        patterns = [",".join(p.pattern for p in group) for group in (self.urls, self.texts, self.local_texts)]
        also = ",".join(self.also)
        holds = "" if self.holds is None else self.holds.pattern
        return [self.owner, self.to, self.value, also, *patterns, holds, self.case, str(self.checked_ids)]

    def may_be_in(self, text: str) -> bool:
        """Whether a free text is to be searched: asked first, since it is much cheaper."""
        return self.holds is None or (self.beginning in text and self.holds.search(text) is not None)

    def called(self, match: re.Match[str], place: str = "", template: str | None = None) -> str | None:
        """What the record is called that a match means; None when it cannot be one."""
        groups = {name: found or "" for name, found in match.groupdict().items()}
        value = (self.value if template is None else template).format_map({_PLACE: place, **groups})
        if self.case:
            value = value.upper() if self.case == "upper" else value.lower()
        return checked_id(value) if self.checked_ids else value


def spellings_of(kind: str, default_text: str, override: Mapping[str, Any] | None = None) -> tuple[Spelling, ...]:
    """How the records of one kind of connector are written about, from its mapping; nothing else in it is checked.

    Raises:
        RulesError: Its ``[references]`` cannot be used; it holds all problems.
    """
    try:
        default = tomllib.loads(default_text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError([Problem(path=(), found=str(error), expected="valid TOML")]) from error
    check = Checker(override or {})
    found = read_spellings(check, kind, merge(default, override or {}).get("references", {}))
    if check.problems:
        raise RulesError(check.problems)
    return found


def read_spellings(check: Checker, kind: str, raw: Any) -> tuple[Spelling, ...]:
    """All spellings of ``[references]``."""
    tables = check.table(raw, ("references",))
    found = (_spelling(check, kind, name, value, ("references", name)) for name, value in tables.items())
    return tuple(s for s in found if s is not None)


def _spelling(check: Checker, kind: str, name: str, raw: Any, path: Path) -> Spelling | None:
    before = len(check.problems)
    table = check.table(raw, path, SPELLING_KEYS)
    to = check.choice(table, "to", path, [k.value for k in ReferenceKind], required=True)
    value = check.text(table, "value", path, required=True) or ""
    patterns = {key: _patterns(check, table, key, path) for key in ("urls", "texts", "local_texts")}
    if not any(patterns.values()) and len(check.problems) == before:
        check.problem(path, "no pattern", one_of(patterns))
    also = check.texts(table, "also", path)
    for key, template in (("value", value), *(("also", a) for a in also)):
        _template(check, template, patterns, (*path, key))
    if also and not patterns["urls"]:
        check.problem((*path, "also"), "further names without urls", "urls, from which a record's names are told")
    holds = next(iter(_patterns(check, table, "holds", path)), None)
    spelling = Spelling(
        owner=kind,
        name=name,
        to=ReferenceKind(to or "work"),
        value=value,
        also=also,
        urls=patterns["urls"],
        texts=patterns["texts"],
        local_texts=patterns["local_texts"],
        holds=holds,
        beginning="" if holds is None else _beginning(holds.pattern),
        case=check.choice(table, "case", path, ("upper", "lower")) or "",
        checked_ids=check.choice(table, "ids", path, ("checked", "plain")) == "checked",
    )
    return spelling if len(check.problems) == before else None


def _patterns(check: Checker, table: Mapping[str, Any], key: str, path: Path) -> tuple[re.Pattern[str], ...]:
    found = []
    for text in check.texts(table, key, path):
        try:
            found.append(re.compile(text, re.IGNORECASE if key == "urls" else 0))
        except re.error as error:
            check.problem((*path, key), f"{show(text)}, {error}", "a regular expression")
    return tuple(found)


def _beginning(pattern: str) -> str:
    """The plain letters with which a pattern begins: to look for a word is faster than to look for a pattern."""
    match = _PLAIN.match(pattern)
    return match.group() if match is not None and "|" not in pattern else ""


def _template(check: Checker, text: str, patterns: Mapping[str, tuple[re.Pattern[str], ...]], path: Path) -> None:
    names = check.names_in(text, path)
    for key, compiled in patterns.items():
        local = {_PLACE} if key == "local_texts" else set()
        for pattern in compiled if path[-1] == "value" or key == "urls" else ():
            for name in sorted(names - set(pattern.groupindex) - local):
                check.problem(path, f"{{{name}}}", f"a group of the pattern {pattern.pattern!r}")

"""SOSL: the text of a search understood, and records that its words are found in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput
from lark.exceptions import VisitError

from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import Record

MAX_RESULTS = 2_000
"""Records of one search, as SOSL allows."""
GROUPS = ("ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR")

_TEXT = ("string", "textarea", "phone", "email", "url", "picklist", "multipicklist", "combobox")
_CLAUSE = re.compile(
    r"\s*(LIMIT\s+(\d+)|WITH\s+(SPELL_CORRECTION|HIGHLIGHT|SNIPPET)\b[^A-Z]*(?:true|false)?)", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_EXPRESSION = r"""
?start: any
?any: all (_OR all)*
?all: term ((_AND_NOT term) | (_AND? term))*
?term: "(" any ")"
    | PHRASE -> phrase
    | WORD -> word
_AND_NOT.4: /AND\s+NOT\b/i
_AND.3: /AND\b/i
_OR.3: /OR\b/i
PHRASE: /"(\\.|[^"\\])*"/
WORD.1: /(\\.|[^\s"()\\])+/
%import common.WS
%ignore WS
"""

Match = Callable[[list[list[str]]], bool]
"""Says whether a record's texts, each as its words, are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returning:
    """One object to be returned: which fields, and the rest of a query over it."""

    object_name: str
    fields: str = "Id"
    rest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A search understood."""

    text: str
    group: str = "ALL"
    returning: tuple[Returning, ...] = ()
    limit: int = MAX_RESULTS


def parse(sosl: str) -> Search:
    """Understand `FIND {...} IN ... FIELDS RETURNING ... LIMIT n`.

    Raises:
        SalesforceError: 400 MALFORMED_SEARCH.
    """
    found = re.match(r"\s*FIND\s*\{((?:\\.|[^{}\\])*)\}\s*", sosl, re.IGNORECASE | re.DOTALL)
    if found is None:
        raise malformed("expecting 'FIND {'")
    rest, group = sosl[found.end() :], "ALL"
    if where := re.match(r"IN\s+(\w+)\s+FIELDS\b\s*", rest, re.IGNORECASE):
        group, rest = where[1].upper(), rest[where.end() :]
        if group not in GROUPS:
            raise malformed(f"unexpected token: '{where[1]}'")
    returning: tuple[Returning, ...] = ()
    if word := re.match(r"RETURNING\b\s*", rest, re.IGNORECASE):
        body, rest = _until_clause(rest[word.end() :])
        returning = tuple(_returning(part) for part in _split(body))
    limit = MAX_RESULTS
    while rest.strip():
        clause = _CLAUSE.match(rest)
        if clause is None:
            raise malformed(f"unexpected token: '{rest.split()[0]}'")
        limit = min(MAX_RESULTS, int(clause[2])) if clause[2] else limit
        rest = rest[clause.end() :]
    return Search(text=found[1], group=group, returning=returning, limit=limit)


def malformed(message: str) -> SalesforceError:
    """Return the refusal of a search that cannot be read."""
    return refused("MALFORMED_SEARCH", message)


def _until_clause(text: str) -> tuple[str, str]:
    """Split what RETURNING names from the clauses behind it."""
    depth = 0
    for match in re.finditer(r"'(?:\\.|[^'\\])*'|[()]|\b(?:LIMIT|WITH|UPDATE)\b", text, re.IGNORECASE | re.DOTALL):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif depth == 0 and not match[0].startswith("'"):
            return text[: match.start()], text[match.start() :]
    if depth:
        raise malformed("expecting a right parentheses, found '<EOF>'")
    return text, ""


def _split(text: str) -> Iterator[str]:
    """Yield the parts between commas that stand in no parentheses."""
    depth, start = 0, 0
    for match in re.finditer(r"'(?:\\.|[^'\\])*'|[(),]", text, re.DOTALL):
        if match[0] in "()":
            depth += 1 if match[0] == "(" else -1
        elif match[0] == "," and depth == 0:
            yield text[start : match.start()]
            start = match.end()
    yield text[start:]


def _returning(part: str) -> Returning:
    found = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", part, re.DOTALL)
    if found is None:
        raise malformed(f"unexpected token: '{part.strip()}'")
    if found[2] is None:
        return Returning(object_name=found[1])
    inner = re.split(r"\b(WHERE|ORDER\s+BY|LIMIT|OFFSET)\b", found[2], maxsplit=1, flags=re.IGNORECASE)
    fields = re.sub(r"\s+USING\s+\S+\s*$", "", inner[0].strip(), flags=re.IGNORECASE)
    return Returning(object_name=found[1], fields=fields or "Id", rest="".join(inner[1:]))


class _Matcher(Transformer[Token, Match]):
    """Makes a predicate over words; each method is named after its rule."""

    def word(self, found: list[Token]) -> Match:
        wanted = [_pattern(each) for each in _words(str(found[0]), wild=True)]
        return lambda texts: all(any(each.fullmatch(word) for text in texts for word in text) for each in wanted)

    def phrase(self, found: list[Token]) -> Match:
        wanted = [_pattern(each) for each in _words(str(found[0])[1:-1], wild=True)]

        def holds(texts: list[list[str]]) -> bool:
            return any(
                all(each.fullmatch(word) for each, word in zip(wanted, text[start:], strict=False))
                for text in texts
                for start in range(len(text) - len(wanted) + 1)
            )

        return holds

    def any(self, found: list[Match]) -> Match:
        return lambda texts: any(each(texts) for each in found)

    def all(self, found: list[Match]) -> Match:
        return lambda texts: all(each(texts) for each in found)

    def but_not(self, found: list[Match]) -> Match:
        return lambda texts: not found[0](texts)


def _words(text: str, *, wild: bool = False) -> list[str]:
    plain = re.sub(r"\\(.)", r"\1", text)
    return re.findall(r"[\w*?]+" if wild else r"\w+", plain.casefold())


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in word))


@cache
def _parser() -> Lark:
    grammar = _EXPRESSION.replace("(_AND_NOT term)", "(_AND_NOT but_not)") + "but_not: term\n"
    return Lark(grammar, parser="lalr", maybe_placeholders=False)


def matcher(text: str) -> Match:
    """Return the predicate of the text in braces: words (all of them), phrases, AND, OR, AND NOT, * and ?.

    Raises:
        SalesforceError: 400 MALFORMED_SEARCH; a term must be longer than one character.
    """
    if len("".join(_WORD.findall(text))) < 2:
        raise malformed(f"search term must be longer than one character: FIND {{{text}}}")
    try:
        found: Match = _Matcher().transform(_parser().parse(text))
    except (UnexpectedInput, VisitError, RecursionError) as error:
        raise malformed(f"unexpected token in: FIND {{{text}}}") from error
    return found


def texts_of(sobject: SObject, record: Record, group: str, sees: Callable[[Field], bool]) -> list[list[str]]:
    """Return a record's texts that a search looks into, each as its words."""
    return [
        words
        for field in sobject.fields
        if _searched(field, group) and sees(field) and (words := _words(str(record.get(field.name) or "")))
    ]


def _searched(field: Field, group: str) -> bool:
    info: dict[str, Any] = field.info
    match group:
        case "NAME" | "SIDEBAR":
            return bool(info["nameField"]) or field.name in ("FirstName", "LastName")
        case "EMAIL":
            return field.type == "email"
        case "PHONE":
            return field.type == "phone"
        case _:
            return field.type in _TEXT

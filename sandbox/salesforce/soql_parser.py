"""Turns SOQL text into a `Select`, or says MALFORMED_QUERY as Salesforce does."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from sandbox.salesforce.errors import SalesforceError, refused
from sandbox.salesforce.soql_ast import (
    AllFields,
    Call,
    Choices,
    Comparison,
    Condition,
    Group,
    Item,
    Literal,
    LiteralKind,
    Logic,
    Membership,
    Negation,
    Order,
    Path,
    Select,
    TypeOf,
)
from sandbox.salesforce.soql_grammar import GRAMMAR

_RESERVED = frozenset(
    [
        "AND",
        "ASC",
        "DESC",
        "EXCLUDES",
        "FIRST",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INCLUDES",
        "LAST",
        "LIKE",
        "LIMIT",
        "NOT",
        "NULL",
        "NULLS",
        "OR",
        "SELECT",
        "WHERE",
        "WITH",
    ]
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}
_KINDS = {kind.name: kind for kind in LiteralKind}
_NAMED = ("DAY_NAME", "SPAN_NAME", "COUNTED_NAME")


def unescape(text: str, *, keep: str = "") -> str:
    r"""Return a string literal's value; escapes of the characters in `keep` stay as they are (LIKE's \% and \_)."""

    def one(match: re.Match[str]) -> str:
        char = match[1]
        if char in keep:
            return match[0]
        if char.lower() not in _ESCAPES and char not in "%_":
            raise refused("MALFORMED_QUERY", f"Invalid string literal '{text}'. Illegal character sequence '\\{char}'")
        return _ESCAPES.get(char.lower(), char)

    return re.sub(r"\\(.)", one, text, flags=re.DOTALL)


class _Builder(Transformer[Token, Any]):
    """Makes the nodes; each method is named after its rule."""

    def field_item(self, found: list[Token]) -> Item:
        return Item(what=_path(found[0]), alias=str(found[1]) if len(found) > 1 else None)

    def call_item(self, found: list[Any]) -> Item:
        return Item(what=found[0], alias=str(found[1]) if len(found) > 1 else None)

    def child_item(self, found: list[Select]) -> Item:
        return Item(what=found[0])

    def fields_item(self, found: list[Token]) -> Item:
        return Item(what=AllFields(which=str(found[1]).upper(), position=found[0].start_pos or 0))

    def typeof_item(self, found: list[Any]) -> Item:
        whens = tuple(each for each in found[1:] if isinstance(each, tuple))
        rest = next((each for each in found[1:] if isinstance(each, list)), [])
        return Item(what=TypeOf(relation=_path(found[0]), whens=whens, otherwise=tuple(rest)))

    def when(self, found: list[Any]) -> tuple[Path, tuple[Path, ...]]:
        return _path(found[0]), tuple(found[1])

    def otherwise(self, found: list[list[Path]]) -> list[Path]:
        return found[0]

    def path_list(self, found: list[Token]) -> list[Path]:
        return [_path(each) for each in found]

    def call_empty(self, found: list[Token]) -> Call:
        return Call(name=_function(found[0]), argument=None, position=found[0].start_pos or 0)

    def call_operand(self, found: list[Any]) -> Call:
        return Call(name=_function(found[0]), argument=found[1], position=found[0].start_pos or 0)

    def path(self, found: list[Token]) -> Path:
        return _path(found[0])

    def literal(self, found: list[Token]) -> Literal:
        return _literal(found[0])

    def comparison(self, found: list[Any]) -> Comparison:
        operator = str(found[1]).replace("<>", "!=")
        return Comparison(operand=found[0], operator=operator, literal=found[2])

    def comparison_like(self, found: list[Any]) -> Comparison:
        literal = Literal(kind=LiteralKind.STRING, text=unescape(str(found[2])[1:-1], keep="%_\\"))
        return Comparison(operand=found[0], operator="LIKE", literal=literal)

    def value_list(self, found: list[Literal]) -> tuple[Literal, ...]:
        return tuple(found)

    def value_query(self, found: list[Select]) -> Select:
        return found[0]

    def member(self, found: list[Any]) -> Membership:
        return Membership(operand=found[0], negated=False, values=found[2])

    def not_member(self, found: list[Any]) -> Membership:
        return Membership(operand=found[0], negated=True, values=found[2])

    def choices(self, found: list[Any]) -> Choices:
        negated = str(found[1]).upper() == "EXCLUDES"
        if not isinstance(found[2], tuple):
            raise refused("MALFORMED_QUERY", f"unexpected token: '{found[1]}'")
        return Choices(operand=found[0], negated=negated, values=found[2])

    def negation(self, found: list[Condition]) -> Negation:
        return Negation(condition=found[0])

    def all_of(self, found: list[Condition]) -> Group:
        return Group(logic=Logic.AND, conditions=tuple(found))

    def any_of(self, found: list[Condition]) -> Group:
        return Group(logic=Logic.OR, conditions=tuple(found))

    def order_item(self, found: list[Any]) -> Order:
        words = {token.type for token in found[1:]}
        return Order(operand=found[0], descending="DESC" in words, nulls_last="NULLS_LAST" in words)

    def items(self, found: list[Item]) -> tuple[str, Any]:
        return "items", tuple(found)

    def source(self, found: list[Token]) -> tuple[str, Any]:
        return "source", (_path(found[0]), str(found[1]) if len(found) > 1 else None)

    def parents(self, found: list[Token]) -> tuple[str, Any]:
        pairs = zip(found[1::2], found[::2], strict=True)
        return "parents", tuple((str(alias), _path(path)) for alias, path in pairs)

    def where(self, found: list[Condition]) -> tuple[str, Any]:
        return "where", found[0]

    def scope(self, found: list[Token]) -> tuple[str, Any]:
        return "scope", str(found[0]).lower()

    def group(self, found: list[Any]) -> tuple[str, Any]:
        how = ""
        if isinstance(found[0], Token):
            how = _function(found.pop(0))
        return "group_by", (how, tuple(found))

    def having(self, found: list[Condition]) -> tuple[str, Any]:
        return "having", found[0]

    def order(self, found: list[Order]) -> tuple[str, Any]:
        return "order_by", tuple(found)

    def limit(self, found: list[Token]) -> tuple[str, Any]:
        return "limit", _whole(found[0])

    def offset(self, found: list[Token]) -> tuple[str, Any]:
        return "offset", _whole(found[0])

    def select(self, found: list[tuple[str, Any]]) -> Select:
        parts = dict(found)
        source, alias = parts.pop("source")
        rolled, group_by = parts.pop("group_by", ("", ()))
        return Select(source=source, alias=alias, rolled=rolled, group_by=group_by, **parts)


def _path(token: Token) -> Path:
    names = tuple(name.strip() for name in str(token).split("."))
    for name in names:
        if name.upper() in _RESERVED:
            raise refused("MALFORMED_QUERY", f"unexpected token: '{name}'")
    return Path(names=names, position=token.start_pos or 0)


def _function(token: Token) -> str:
    return str(token).rstrip("( \t\r\n").upper()


def _whole(token: Token) -> int:
    if not str(token).isdigit():
        raise refused("MALFORMED_QUERY", f"unexpected token: '{token}'")
    return int(token)


def _literal(token: Token) -> Literal:
    kind = LiteralKind.NAMED_DATE if token.type in _NAMED else _KINDS[token.type]
    text = str(token)
    if kind is LiteralKind.STRING:
        text = unescape(text[1:-1])
    return Literal(kind=kind, text=text)


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=False)


def parse(soql: str) -> Select:
    """Parse one query.

    Raises:
        SalesforceError: 400 MALFORMED_QUERY with the place, in Salesforce's words.
        RecursionError: it is nested too deeply.
    """
    try:
        built: Select = _Builder().transform(_parser().parse(soql))
    except UnexpectedInput as error:
        raise _malformed(soql, error) from error
    except VisitError as error:
        if isinstance(error.orig_exc, SalesforceError | RecursionError):
            raise error.orig_exc from error
        raise
    return built


def pointer(soql: str, position: int) -> str:
    """Return the head of Salesforce's messages about one place of a query: the line, a caret below, row and column."""
    line_start = soql.rfind("\n", 0, position) + 1
    line_end = soql.find("\n", position)
    line = soql[line_start : line_end if line_end >= 0 else len(soql)]
    column = position - line_start
    shown_from = max(0, column - 30)
    row = soql.count("\n", 0, position) + 1
    shown = line[shown_from : column + 30]
    return f"\n{shown}\n{' ' * (column - shown_from)}^\nERROR at Row:{row}:Column:{column + 1}\n"


def _malformed(soql: str, error: UnexpectedInput) -> SalesforceError:
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        return refused("MALFORMED_QUERY", "unexpected token: '<EOF>'")
    if isinstance(error, UnexpectedToken):
        head = pointer(soql, error.token.start_pos or 0)
        return refused("MALFORMED_QUERY", f"{head}unexpected token: '{error.token}'")
    position = _offset(soql, error) if isinstance(error, UnexpectedCharacters) else 0
    return refused("MALFORMED_QUERY", f"{pointer(soql, position)}unexpected char: '{soql[position : position + 1]}'")


def _offset(soql: str, error: UnexpectedCharacters) -> int:
    """Return where in the text the parser stopped."""
    lines = soql.split("\n")
    return sum(len(line) + 1 for line in lines[: error.line - 1]) + error.column - 1

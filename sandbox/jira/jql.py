"""JQL as text: parsed into a tree, or refused in Jira's words."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, Tree
from lark.exceptions import UnexpectedInput, VisitError

from sandbox.jira.jql_errors import refusal

GRAMMAR = r"""
start: [disjunction] [order]
?disjunction: conjunction (_OR conjunction)*
?conjunction: negation (_AND negation)*
?negation: _NOT negation -> negated
         | "(" disjunction ")"
         | clause
clause: field OPERATOR operand     -> compare
      | field _IN operand          -> is_in
      | field _NOT _IN operand     -> not_in
      | field _IS EMPTY            -> is_empty
      | field _IS _NOT EMPTY       -> is_not_empty
      | field _WAS operand predicate*          -> was
      | field _WAS _NOT operand predicate*     -> was_not
      | field _WAS _IN operand predicate*      -> was_in
      | field _WAS _NOT _IN operand predicate* -> was_not_in
      | field _CHANGED predicate*  -> changed
predicate: PREDICATE operand
         | _BY operand             -> by
field: WORD | CF | PROPERTY | STRING
?operand: value | call | list_of | empty
empty: EMPTY
list_of: "(" operand ("," operand)* ")"
call: WORD "(" [argument ("," argument)*] ")"
argument: WORD | STRING
value: WORD | STRING
order: _ORDER _BY term ("," term)*
term: field [DIRECTION]

_OR.3: /or(?![^\s()])/i | "||"
_AND.3: /and(?![^\s()])/i | "&&"
_NOT.3: /not(?![^\s()])/i | /!(?![=~])/
_IN.3: /in(?![^\s("'])/i
_IS.3: /is(?![^\s])/i
_ORDER.3: /order(?=\s+by\b)/i
_BY.3: /by(?![^\s])/i
_WAS.3: /was(?![^\s])/i
_CHANGED.3: /changed(?![^\s()])/i
PREDICATE.3: /(after|before|during|from|to|on)(?![^\s("'])/i
EMPTY.3: /(empty|null)(?![^\s(),])/i
DIRECTION.3: /(asc|desc)(?![^\s,])/i
OPERATOR: "!=" | "!~" | "<=" | ">=" | "=" | "<" | ">" | "~"
CF.4: /cf\[\d+\]/i
PROPERTY.4: /(issue|comment|project)\.property\[("[^"\]]*"|'[^'\]]*'|[^\]"']+)\](\.[\w.\-]+)?/i
STRING: /"(\\.|[^"\\])*"|'(\\.|[^'\\])*'/
WORD: /(\\.|[^\s()\[\]"',=!<>~&|{}*\/%+^$#@?;])+/
%ignore /\s+/
"""


_RESERVED = """
abort access add after alias all alter and any as asc audit avg before begin between boolean break by byte
catch cf char character check checkpoint collate collation column commit connect continue count create current
date decimal declare decrement default defaults define delete delimiter desc difference distinct divide do
double drop else empty encoding end equals escape exclusive exec execute exists explain false fetch file field
first float for from function go goto grant greater group having identified if immediate in increment index
initial inner inout input insert int integer intersect intersection into is isempty isnull join last left less
like limit lock long max min minus mode modify modulo more multiply next noaudit not notin nowait null number
object of on option or order outer output power previous prior privileges public raise raw remainder rename
resource return returns revoke right row rowid rownum rows select session set share size sqrt start strict
string subtract sum synonym table then to trans transaction trigger true uid union unique update user validate
values view when whenever where while with
"""

RESERVED_WORDS = frozenset(_RESERVED.split())
"""Words that may stand only in quotes, as Jira's documentation lists them."""


MAX_DEPTH = 150
"""Levels of negations, brackets and lists that a query may have; each takes several of Python's 1000 frames."""


class JqlError(ValueError):
    """A query that is refused; `messages` are Jira's."""

    def __init__(self, *messages: str) -> None:
        super().__init__("; ".join(messages))
        self.messages = list(messages)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A literal; `quoted` when it stood in quotes."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function and its arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """The word EMPTY or NULL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A list in parentheses."""

    items: tuple["Operand", ...]


Operand = Value | Function | Empty | Several


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One comparison; the operator is one of `= != < <= > >= ~ !~ in`, `not in`, `is`, `is not`."""

    field: str
    operator: str
    operand: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Junction:
    """Several parts joined by `and`, or by `or`."""

    conjunction: bool
    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """Not the part."""

    part: "Node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A clause on the history of a field.

    Attributes:
        operand: what the field was; None asks whether it changed.
        negated: `was not`, `was not in`.
        predicates: by name (`after`, `before`, `during`, `on`, `by`, `from`, `to`), each at most once.
    """

    field: str
    operand: Operand | None
    negated: bool
    predicates: tuple[tuple[str, Operand], ...]


Node = Clause | Past | Junction | Negation


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A whole query: its restriction, if any, and what it is ordered by, as (field, descending)."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", maybe_placeholders=True)


@lru_cache(maxsize=2000)
def parse(text: str) -> Query:
    """Parse a query.

    Raises:
        JqlError: it is none.
    """
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        raise JqlError(refusal(error, text)) from error
    if _depth(tree) > MAX_DEPTH:
        raise JqlError(f"Error in the JQL Query: The query is nested more than {MAX_DEPTH} levels deep.")
    try:
        query: Query = _Build().transform(tree)
    except VisitError as error:
        if isinstance(error.orig_exc, JqlError):
            raise error.orig_exc from error
        raise
    return query


def _depth(tree: Tree[Token]) -> int:
    """Count the levels of a tree, without recursion: it may have thousands."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        waiting += [(child, level + 1) for child in one.children if isinstance(child, Tree)]
    return deepest


def _text(token: Token) -> str:
    raw = str(token)
    if token.type == "STRING":
        raw = raw[1:-1]
    elif raw.casefold() in RESERVED_WORDS:
        raise JqlError(
            f"Error in the JQL Query: '{raw}' is a reserved JQL word. You must surround it in quotation marks to use "
            f"it in a query. (line {token.line}, character {token.column})"
        )
    out, escaped = [], False
    for char in raw:
        if escaped:
            out.append({"n": "\n", "t": "\t", "r": "\r"}.get(char, char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            out.append(char)
    return "".join(out)


class _Build(Transformer[Token, Any]):
    """Turns lark's tree into ours; each method is a rule of the grammar."""

    def start(self, items: list[Any]) -> Query:
        where, order = items
        return Query(where=where, order=order or ())

    def disjunction(self, items: list[Any]) -> Node:
        return Junction(conjunction=False, parts=tuple(items))

    def conjunction(self, items: list[Any]) -> Node:
        return Junction(conjunction=True, parts=tuple(items))

    def negated(self, items: list[Any]) -> Node:
        return Negation(part=items[0])

    def compare(self, items: list[Any]) -> Node:
        return Clause(field=items[0], operator=str(items[1]), operand=items[2])

    def is_in(self, items: list[Any]) -> Node:
        return Clause(field=items[0], operator="in", operand=items[1])

    def not_in(self, items: list[Any]) -> Node:
        return Clause(field=items[0], operator="not in", operand=items[1])

    def is_empty(self, items: list[Any]) -> Node:
        return Clause(field=items[0], operator="is", operand=Empty())

    def is_not_empty(self, items: list[Any]) -> Node:
        return Clause(field=items[0], operator="is not", operand=Empty())

    def was(self, items: list[Any]) -> Node:
        return Past(field=items[0], operand=items[1], negated=False, predicates=tuple(items[2:]))

    def was_not(self, items: list[Any]) -> Node:
        return Past(field=items[0], operand=items[1], negated=True, predicates=tuple(items[2:]))

    was_in, was_not_in = was, was_not

    def changed(self, items: list[Any]) -> Node:
        return Past(field=items[0], operand=None, negated=False, predicates=tuple(items[1:]))

    def predicate(self, items: list[Any]) -> tuple[str, Operand]:
        return str(items[0]).casefold(), items[1]

    def by(self, items: list[Any]) -> tuple[str, Operand]:
        return "by", items[0]

    def field(self, items: list[Any]) -> str:
        return str(items[0]) if items[0].type == "PROPERTY" else _text(items[0])

    def empty(self, _items: list[Any]) -> Operand:
        return Empty()

    def list_of(self, items: list[Any]) -> Operand:
        return Several(items=tuple(items))

    def call(self, items: list[Any]) -> Operand:
        return Function(name=str(items[0]), arguments=tuple(one for one in items[1:] if one is not None))

    def argument(self, items: list[Any]) -> str:
        return _text(items[0])

    def value(self, items: list[Any]) -> Operand:
        return Value(text=_text(items[0]), quoted=items[0].type == "STRING")

    def order(self, items: list[Any]) -> tuple[tuple[str, bool], ...]:
        return tuple(items)

    def term(self, items: list[Any]) -> tuple[str, bool]:
        return items[0], items[1] is not None and str(items[1]).casefold() == "desc"

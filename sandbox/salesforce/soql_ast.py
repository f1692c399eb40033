"""A SOQL query as a value, as the parser gives it: nothing in it is resolved against the org yet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Logic(StrEnum):
    """How a `Group` joins its conditions."""

    AND = "AND"
    OR = "OR"


class LiteralKind(StrEnum):
    """What a literal was written as; SOQL checks it against the field's type."""

    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    NULL = "null"
    NAMED_DATE = "named date"
    MONEY = "money"


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A literal: `text` is the unescaped string, or the token as written."""

    kind: LiteralKind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A field, maybe through parents: `Engagement__r.Account__r.Name`. `position` is its offset in the query."""

    names: tuple[str, ...]
    position: int

    @property
    def text(self) -> str:
        """The path as written."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function: COUNT(Id), MAX(Amount), CALENDAR_YEAR(CreatedDate). `argument` is None for COUNT()."""

    name: str
    argument: Operand | None
    position: int


Operand = Path | Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """`operand operator literal`; operator is one of = != < <= > >= LIKE."""

    operand: Operand
    operator: str
    literal: Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """`operand [NOT] IN (...)`: a list, or a sub-query that gives ids."""

    operand: Operand
    negated: bool
    values: tuple[Literal, ...] | Select


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """`operand INCLUDES ('A;B', 'C')` of a multi-select picklist, or EXCLUDES."""

    operand: Operand
    negated: bool
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Negation:
    """`NOT condition`."""

    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Conditions joined by one kind of logic; SOQL never mixes them without parentheses."""

    logic: Logic
    conditions: tuple[Condition, ...]


Condition = Comparison | Membership | Choices | Negation | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One item of ORDER BY. Nulls come first unless told otherwise, in either direction."""

    operand: Operand
    descending: bool
    nulls_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AllFields:
    """`FIELDS(ALL | STANDARD | CUSTOM)`."""

    which: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeOf:
    """`TYPEOF What WHEN Account THEN Phone ELSE Name END`: what to show of a parent, by the object it is of."""

    relation: Path
    whens: tuple[tuple[Path, tuple[Path, ...]], ...]
    otherwise: tuple[Path, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One selected thing, with its alias where it has one."""

    what: Path | Call | Select | AllFields | TypeOf
    alias: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Select:
    """A whole query, or a sub-query."""

    items: tuple[Item, ...]
    source: Path
    alias: str | None = None
    parents: tuple[tuple[str, Path], ...] = ()
    """Further aliases, `c.Account a`, each with the path that it stands for."""
    where: Condition | None = None
    scope: str = "everything"
    group_by: tuple[Operand, ...] = ()
    rolled: str = ""
    """ROLLUP or CUBE, or nothing."""
    having: Condition | None = None
    order_by: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0

"""JQL on entity properties: `issue.property[key].path`, for every property, as if an app had indexed them all."""

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sandbox.jira.jql import Clause, Empty, Function, JqlError, Operand, Several, Value
from sandbox.jira.model import Issue

_FORM = re.compile(r"(issue)\.property\[([\"']?)(.+?)\2\](?:\.(.+))?", re.IGNORECASE)
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def property_test(clause: Clause) -> Callable[[Issue], bool]:
    """Give the test of a clause on a property of issues.

    Lists match by any of their entries; texts without regard to case; numbers and ISO dates by order.

    Raises:
        JqlError: another entity's property, or an operator that properties do not have.
    """
    form = _FORM.fullmatch(clause.field)
    if form is None:
        raise JqlError(f"Field '{clause.field}' does not exist or you do not have permission to view it.")
    key, path = form[3], (form[4] or "").split(".") if form[4] else []

    def found(issue: Issue) -> list[Any]:
        return list(_at(issue.properties.get(key), path))

    operands = clause.operand.items if isinstance(clause.operand, Several) else (clause.operand,)
    if clause.operator in ("is", "is not") or any(isinstance(one, Empty) for one in operands):
        wants_empty = clause.operator in ("is", "=", "in")
        return lambda issue: (not found(issue)) is wants_empty
    wanted = [_text(one, clause) for one in operands]
    match clause.operator:
        case "=" | "in":
            return lambda issue: any(_same(one, text) for one in found(issue) for text in wanted)
        case "!=" | "not in":
            return lambda issue: (
                bool(values := found(issue)) and not any(_same(one, text) for one in values for text in wanted)
            )
        case "~" | "!~":
            words, negated = wanted[0].casefold().split(), clause.operator == "!~"
            return lambda issue: any(_like(one, words) for one in found(issue)) is not negated
        case _:
            compare = _ORDERS[clause.operator]
            return lambda issue: any(_ordered(one, wanted[0], compare) for one in found(issue))


def _text(one: Operand, clause: Clause) -> str:
    if isinstance(one, Value):
        return one.text
    if isinstance(one, Function):
        raise JqlError(f"Unable to find JQL function '{one.name}({', '.join(one.arguments)})'.")
    raise JqlError(f"The operator '{clause.operator}' does not support that value for the field '{clause.field}'.")


def _at(value: Any, path: list[str]) -> Iterable[Any]:
    """Give the values at the end of a path; lists on the way are gone into."""
    if isinstance(value, list):
        for one in value:
            yield from _at(one, path)
    elif path:
        if isinstance(value, Mapping):
            yield from _at(value.get(path[0]), path[1:])
    elif value is not None and not isinstance(value, Mapping):
        yield value


def _same(value: Any, text: str) -> bool:
    if isinstance(value, bool):
        return text.casefold() == str(value).casefold()
    if isinstance(value, int | float):
        return _ordered(value, text, operator.eq)
    return str(value).casefold() == text.casefold()


def _like(value: Any, words: list[str]) -> bool:
    there = re.findall(r"\w+", str(value).casefold())
    return all(any(one.startswith(word[:-1]) if word.endswith("*") else one == word for one in there) for word in words)


def _ordered(value: Any, text: str, compare: Callable[[Any, Any], bool]) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, int | float):
        try:
            return compare(value, float(text))
        except ValueError:
            return False
    return compare(str(value), text)

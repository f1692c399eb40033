"""What Jira says of a query that it cannot parse: what it expects, what it found, and where."""

from collections.abc import Set as AbstractSet

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

RESERVED_CHARACTERS = frozenset("{}*/%+^$#@?;")
"""Characters that may stand only in quotes."""

_OPERATORS = "'=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'"
_TO_USE = "You must surround '{got}' in quotation marks to use it as {what}."

_EXPECTED: tuple[tuple[str, str, str], ...] = (
    # a terminal that may come; what is said of something else; what is said of the end of the query
    (
        "OPERATOR",
        f"Expecting operator but got '{{got}}'. The valid operators are {_OPERATORS}.",
        f"Expecting operator before the end of the query. The valid operators are {_OPERATORS}.",
    ),
    (
        "CF",
        "Expecting a field name but got '{got}'. " + _TO_USE.replace("{what}", "a field name"),
        "Expecting a field name at the end of the query.",
    ),
    ("DIRECTION", "Expecting either 'ASC' or 'DESC' but got '{got}'.", ""),
    (
        "EMPTY",
        "Expecting either a value, list or function but got '{got}'. " + _TO_USE.replace("{what}", "a value"),
        "Expecting either a value, list or function before the end of the query.",
    ),
    ("_AND", "Expecting either 'OR' or 'AND' but got '{got}'.", ""),
    (
        "WORD",
        "Expecting a function argument but got '{got}'. " + _TO_USE.replace("{what}", "an argument"),
        "Expecting a function argument at the end of the query.",
    ),
    ("RPAR", "Expecting ')' or ',' but got '{got}'.", "Expecting ')' before the end of the query."),
    ("COMMA", "Expecting ',' but got '{got}'.", ""),
    ("_IN", "Expecting 'IN' but got '{got}'.", "Expecting 'IN' before the end of the query."),
)


def refusal(error: UnexpectedInput, text: str) -> str:
    """Give the message of a query that the grammar refuses."""
    at: int = getattr(error, "pos_in_stream", None) or 0
    line, column = max(getattr(error, "line", 1), 1), max(getattr(error, "column", 1), 1)
    where = f"(line {line}, character {column})"
    if isinstance(error, UnexpectedCharacters):
        got, may_come = error.char, frozenset(error.allowed)
    else:
        got = str(getattr(error, "token", ""))
        may_come = frozenset(error.accepts) if isinstance(error, UnexpectedToken) else frozenset()
    if got in RESERVED_CHARACTERS:
        said = (
            f"The character '{got}' is a reserved JQL character. You must enclose it in a string or use the escape "
            f"'\\u{ord(got):04x}' instead."
        )
    elif got in ("'", '"'):
        rest = " ".join(text[at + 1 :].splitlines())
        said = (
            f"The quoted string '{rest}' has not been completed."
            if rest
            else "The quoted string has not been completed."
        )
    else:
        said, where = _unexpected(got, may_come, where)
        if got.casefold() == "order" and "either 'OR' or 'AND'" in said:
            said, where = _by(text[at:], line, column)
    return f"Error in the JQL Query: {said} {where}".rstrip()


def _by(rest: str, line: int, column: int) -> tuple[str, str]:
    """Say that `by` must follow `order`, with which the rest of the query begins."""
    after = rest.split(maxsplit=1)[1:]
    if not after:
        return "Expecting 'by' before the end of the query.", ""
    got = after[0].split()[0]
    return f"Expecting 'by' but got '{got}'.", f"(line {line}, character {column + rest.index(after[0])})"


def _unexpected(got: str, may_come: AbstractSet[str], where: str) -> tuple[str, str]:
    if "_AND" in may_come and "RPAR" in may_come:
        return (f"Expecting ')' but got '{got}'.", where) if got else ("Expecting ')' before the end of the query.", "")
    if not got and {"WORD", "RPAR"} <= may_come:
        return "Expecting ')' before the end of the query.", ""
    for terminal, otherwise, at_the_end in _EXPECTED:
        if terminal in may_come and (got or at_the_end):
            return (otherwise.format(got=got), where) if got else (at_the_end, "")
    if "$END" in may_come:
        return f"Expecting either 'OR' or 'AND' but got '{got}'.", where
    return (f"'{got}' is not expected here.", where) if got else ("The query ends unexpectedly.", "")

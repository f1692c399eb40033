"""What is wrong with a configuration, said so that it can be mended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing that is wrong.

    Attributes:
        file: Name of the file.
        line: Line, from 1.
        key: Dotted key.
        found: What stands there; never a secret.
        expected: What was expected, and so how to mend it.
    """

    file: str
    line: int
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.key}: found {self.found}; expected {self.expected}"


class ConfigError(Exception):
    """A configuration is refused as a whole.

    Attributes:
        problems: All that is wrong, by line.
    """

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(p) for p in self.problems))


def shown(value: object) -> str:
    """A value as a person would recognise it, without what could be a secret."""
    match value:
        case None:
            return "nothing"
        case dict():
            return "a table with " + (", ".join(str(k) for k in value) or "nothing in it")
        case list() | tuple():
            return f"a list of {len(value)}"
        case bool():
            return "true" if value else "false"
        case str() if "://" in value and "@" in value:  # it may hold a password
            return f"an address that begins with {value.partition('://')[0][:20]}://"
        case str() if len(value) > 60:
            return f"a text of {len(value)} characters"
        case _:
            return repr(value)

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

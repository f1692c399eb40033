"""Exit codes, and how an error ends as one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says (also in README.md)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    """Done, but some records were held, failed or in conflict."""
    BRAKE = 4
    """A brake stopped it; a person must say how to go on."""


class StoppedError(Exception):
    """Ends a command with a sentence for the person and an exit code."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.code = code

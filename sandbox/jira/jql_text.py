"""What stands in the quotes of `~`: words, phrases, wildcards and the connectives of Lucene's classic query parser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from sandbox.jira.jql import JqlError

Words = Callable[[str], bool]
"""Says whether a text, in lower case, is meant."""

_PIECE = re.compile(
    r'\s*(?:(?P<phrase>[+\-!]?"(?:\\.|[^"\\])*")(?:~\d*)?|(?P<bracket>[+\-!]?\(|\))|(?P<word>(?:\\.|[^\s()"])+))',
    re.DOTALL,
)
_CONNECTIVES = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
_TAIL = re.compile(r"(?:~[\d.]*|\^[\d.]+)+\Z")  # of fuzzy or weighted words, which are taken as they stand


class _Occur(Enum):
    MUST = "must"
    MAY = "may"
    NOT = "not"


@dataclass(slots=True, kw_only=True)
class _Part:
    occur: _Occur
    test: Words


def compile_text(text: str, field: str) -> Words:
    """Give the test of a text query. Words next to each other must all occur, in any order.

    Raises:
        JqlError: it is empty, or no query.
    """
    if not text.strip():
        raise JqlError(f"The field '{field}' does not support searching for an empty string.")
    wrong = JqlError(f"Unable to parse the text '{text}' for field '{field}'.")
    try:
        pieces = _pieces(text)
        test, end = _query(pieces, 0)
    except (ValueError, IndexError, RecursionError) as error:
        raise wrong from error
    if end != len(pieces):  # a bracket closes nothing
        raise wrong
    return test


def _pieces(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _PIECE.match(text, at)
        if match is None:
            raise ValueError("a quotation mark closes nothing")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        at = match.end()
    return found


def _query(pieces: list[tuple[str, str]], at: int) -> tuple[Words, int]:
    """Read up to the end or the closing bracket; gives the test, and where it ended."""
    parts: list[_Part] = []
    joint, negated = "", False
    while at < len(pieces) and pieces[at][1] != ")":
        kind, piece = pieces[at]
        at += 1
        if kind == "word" and (word := _CONNECTIVES.get(piece)):
            if word == "not":
                negated = True
            elif joint or negated or not parts:
                raise ValueError("a connective without two sides")
            else:
                joint = word
            continue
        sign = piece[0] if piece[0] in "+-!" else ""
        if kind == "bracket":
            test, at = _query(pieces, at)
            if pieces[at][1] != ")":
                raise ValueError("a bracket is open")
            at += 1
        elif (found := _words(piece.removeprefix(sign), kind)) is None:
            continue
        else:
            test = found
        _join(parts, test, joint, "-" if negated else sign)
        joint, negated = "", False
    if joint or negated:
        raise ValueError("a connective without two sides")
    return _all_of(parts), at


def _join(parts: list[_Part], test: Words, joint: str, sign: str) -> None:
    """Add a part; a connective also says whether the part before it must occur."""
    if joint and parts and parts[-1].occur is not _Occur.NOT:
        parts[-1].occur = _Occur.MUST if joint == "and" else _Occur.MAY
    if sign in ("-", "!"):
        parts.append(_Part(occur=_Occur.NOT, test=test))
    else:
        parts.append(_Part(occur=_Occur.MAY if joint == "or" and not sign else _Occur.MUST, test=test))


def _all_of(parts: list[_Part]) -> Words:
    must = [part.test for part in parts if part.occur is _Occur.MUST]
    may = [part.test for part in parts if part.occur is _Occur.MAY]
    none = [part.test for part in parts if part.occur is _Occur.NOT]

    def test(text: str) -> bool:
        return (
            bool(must or may)  # nothing is found by what must not occur alone
            and all(one(text) for one in must)
            and (bool(must) or any(one(text) for one in may))
            and not any(one(text) for one in none)
        )

    return test


def _words(piece: str, kind: str) -> Words | None:
    """Give the test of a word or phrase; one with marks inside (`a-b`) is a phrase. None when it is marks alone."""
    text = piece[1:-1] if kind == "phrase" else _TAIL.sub("", piece)
    words = re.findall(r"[\w*?]+" if kind == "word" else r"\w+", re.sub(r"\\(.)", r"\1", text).casefold())
    if not any(word.strip("*?") for word in words):
        return None
    wild = [re.escape(word).replace(r"\*", r"\w*").replace(r"\?", r"\w") for word in words]
    pattern = re.compile(r"(?<!\w)" + r"\W+".join(wild) + r"(?!\w)")
    return lambda found: pattern.search(found) is not None

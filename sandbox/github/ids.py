"""Ids as GitHub makes them: global node ids, and names that follow from a place."""

from __future__ import annotations

import base64
import hashlib
from binascii import Error as BinasciiError

USER, ORGANIZATION, BOT = "U", "O", "BOT"
REPOSITORY, ISSUE, PULL_REQUEST, COMMENT, LABEL, MILESTONE = "R", "I", "PR", "IC", "LA", "MI"
REVIEW, REVIEW_COMMENT, RELEASE, CHECK_RUN, ISSUE_TYPE = "PRR", "PRRC", "RE", "CR", "IT"
PROJECT, PROJECT_ITEM, PROJECT_FIELD, PROJECT_SELECT, PROJECT_ITERATION, DRAFT = (
    "PVT",
    "PVTI",
    "PVTF",
    "PVTSSF",
    "PVTIF",
    "DI",
)
PROJECT_VALUE = "PVTFV"
EVENT, APP, COMMIT = "EV", "A", "C"
REACTION, TEAM, ASSET, PROJECT_VIEW, HOOK_DELIVERY = "REA", "T", "RA", "PVTV", "HD"
STATUS_UPDATE, CHECK_SUITE, REVIEW_THREAD = "PVTSU", "CS", "PRRT"


def node_id(kind: str, *numbers: int) -> str:
    """Make a global node id.

    Args:
        kind: its prefix.
        numbers: the id, preceded by the id of what it belongs to (a repository, an owner) where there is one.
    """
    packed = bytes([0x90 + len(numbers) + 1, 0]) + b"".join(_packed(number) for number in numbers)
    return f"{kind}_{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def parse_node_id(text: str) -> tuple[str, tuple[int, ...]] | None:
    """Take a global node id apart into its prefix and numbers; None when it is none."""
    kind, found, rest = text.partition("_")
    if not found or not kind or not rest:
        return None
    try:
        raw = base64.b64decode(rest + "=" * (-len(rest) % 4), altchars=b"-_", validate=True)
        numbers = _unpack(raw)
    except (BinasciiError, IndexError, ValueError):
        return None
    return (kind, tuple(numbers)) if node_id(kind, *numbers) == text else None


def _packed(number: int) -> bytes:
    if number < 0x80:
        return bytes([number])
    for mark, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4)):
        if number < 1 << (8 * size):
            return bytes([mark]) + number.to_bytes(size, "big")
    return bytes([0xCF]) + number.to_bytes(8, "big")


def _unpack(raw: bytes) -> list[int]:
    count, place, numbers = raw[0] - 0x90, 1, []
    for _ in range(count):
        mark = raw[place]
        place += 1
        size = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}.get(mark, 0)
        if mark >= 0x80 and not size:
            raise ValueError("not a number")
        numbers.append(int.from_bytes(raw[place : place + size], "big") if size else mark)
        place += size
    return numbers[1:]


def sha(*place: object) -> str:
    """Make a commit's name, 40 hex digits, from where it stands."""
    return hashlib.sha1(" ".join(map(str, place)).encode(), usedforsecurity=False).hexdigest()


def short_id(*place: object) -> str:
    """Make an id of 8 hex digits, as options and iterations of a project have."""
    return sha(*place)[:8]

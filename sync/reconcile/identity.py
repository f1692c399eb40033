"""Stable short ids for findings, risks and writes."""

from __future__ import annotations

import hashlib

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no letter that can be misread
_LENGTH = 10  # 50 bits: about one chance in a million of a collision among 50,000 ids


def short_id(prefix: str, *parts: str) -> str:
    """``prefix-`` and ten characters that depend on ``parts`` alone; equal parts give equal ids, in every release."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    number = int.from_bytes(digest[:8], "big") >> (64 - 5 * _LENGTH)
    return f"{prefix}-" + "".join(_ALPHABET[(number >> (5 * (_LENGTH - 1 - i))) & 31] for i in range(_LENGTH))

"""Column types: aware UTC instants, and JSON kept compressed."""

from __future__ import annotations

import hashlib
import json
import zlib
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, Text
from sqlalchemy.types import TypeDecorator

_LEVEL = 6  # zlib's usual middle: higher levels cost far more time for a few per cent


def canonical(value: Any) -> bytes:
    """JSON text of ``value`` that is equal for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(value: Any) -> str:
    """Hash of a JSON value, equal for equal values in every release."""
    return hashlib.sha256(canonical(value)).hexdigest()[:32]


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; naive ones are refused, since they would be a guess."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Aware instant to the naive UTC that is stored."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected an aware instant, found {value!r}")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Stored naive UTC to an aware instant."""
        return None if value is None else value.replace(tzinfo=UTC)


class PlainText(TypeDecorator[str]):
    """Text. PostgreSQL cannot hold the character NUL, which has no meaning in a text: it becomes U+FFFD there."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is stored, or compared with what is stored."""
        if value is None or dialect.name != "postgresql" or "\0" not in value:
            return value
        return value.replace("\0", "\ufffd")


class CompressedJson(TypeDecorator[Any]):
    """A JSON value, compressed with zlib. Lossless."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes:  # noqa: ARG002 - the signature is SQLAlchemy's
        """JSON value to the bytes that are stored."""
        return zlib.compress(canonical(value), _LEVEL)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:  # noqa: ARG002 - the signature is SQLAlchemy's
        """Stored bytes to the JSON value."""
        return None if value is None else json.loads(zlib.decompress(value))

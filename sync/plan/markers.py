"""How a record bears that syncline wrote it, and which instance did."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.core.port import Json

_SEPARATOR = "/"
_INSTANCE = "instance"


def marker_text(instance: str, identity: str) -> str:
    """Marker for a text field: the instance and what the record is (engagement key or risk id)."""
    return f"{instance}{_SEPARATOR}{identity}"


def marker_property(instance: str, kind: str, identity: str) -> dict[str, Json]:
    """Marker for an entity property. ``kind``: ``engagement`` or ``risk``."""
    return {_INSTANCE: instance, kind: identity}


def instance_of(marker: Json) -> str:
    """The instance that a marker of either form names, or empty when there is none (or it was not read)."""
    if isinstance(marker, str):
        return marker.partition(_SEPARATOR)[0].strip()
    return _text(marker, _INSTANCE)


def risk_of(marker: Json) -> str:
    """The id of the risk that a marker of the property form names, or empty."""
    return _text(marker, "risk")


def _text(marker: Json, key: str) -> str:
    value = marker.get(key) if isinstance(marker, Mapping) else None
    return value if isinstance(value, str) else ""

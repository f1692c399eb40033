"""About how many requests reading repositories from the beginning takes."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from connectors.github.client import PAGE


def requests_to_read(settings: BaseModel, stream: str, counts: Sequence[int]) -> int:  # noqa: ARG001 - the signature of the port; both lists are read alike, whatever the settings say
    """See ``connectors.core.port.ConnectorSpec.requests_to_read``: the pages of one list of each repository."""
    return sum(max(1, -(-count // PAGE)) for count in counts)

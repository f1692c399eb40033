"""The managed comment: its marker line, and its text in a fence, where it mentions nobody and refers to nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.core.port import Json

_MARKER = re.compile(r"<!-- syncline:block=(\S+?)(?: marker=(\{.*\}))? -->")
_FENCE = re.compile(r"(`{3,})text")
_TICKS = re.compile(r"`{3,}")
_SAFE = str.maketrans(
    {"-": "\\u002d", ">": "\\u003e", "<": "\\u003c"}
)  # in JSON text: nothing may end the HTML comment


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A managed comment.

    Attributes:
        external_id: What it is known by.
        text: Its text, without the marker line and the fence.
        marker: What the marker line carries beside the id, or None.
    """

    external_id: str
    text: str
    marker: Mapping[str, Json] | None


def body_of(block: Block) -> str:
    """The comment's body.

    Raises:
        ValueError: The id would not be found again in a marker line.
    """
    marker = ""
    if block.marker is not None:
        marker = f" marker={json.dumps(dict(block.marker), sort_keys=True).translate(_SAFE)}"
    line = f"<!-- syncline:block={block.external_id}{marker} -->"
    found = _MARKER.fullmatch(line)
    if found is None or found[1] != block.external_id or "--" in block.external_id:
        raise ValueError(f"not fit to be the id of a comment: {block.external_id!r}")
    longest = max((len(ticks) for ticks in _TICKS.findall(block.text)), default=2)
    fence = "`" * (longest + 1)
    return f"{line}\n{fence}text\n{block.text}\n{fence}"


def block_of(body: Json) -> Block | None:
    """The managed comment whose body this is; None: it is none.

    When a person has changed its form, the text is all that stands below the marker line.
    """
    if not isinstance(body, str):
        return None
    first, _, rest = body.replace("\r\n", "\n").partition("\n")
    found = _MARKER.fullmatch(first.strip())
    if found is None:
        return None
    return Block(external_id=found[1], text=_unfenced(rest), marker=_marker(found[2]))


def _marker(text: str | None) -> Mapping[str, Json] | None:
    try:
        marker = json.loads(text) if text else None
    except ValueError:
        return None
    return marker if isinstance(marker, dict) else None


def _unfenced(rest: str) -> str:
    lines = rest.rstrip("\n").split("\n")
    fence = _FENCE.fullmatch(lines[0].strip())
    if fence is None or len(lines) < 2 or lines[-1].strip() != fence[1]:
        return rest
    return "\n".join(lines[1:-1])

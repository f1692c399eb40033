"""What becomes of stored records that are mapped again, and what they were read without, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sync.show.mapped import brief
from sync.show.text import span

Row = tuple[str, str, str, str]
_MOST_VALUES = 20
_MOST_PLACES = 4


def change_rows(found: Mapping[str, Any]) -> Iterator[Row]:
    """Stream, what changes, in how many records, and examples; of one connection's JSON form."""
    for one in found["attributes"]:
        examples = [f"{e['key']}: {_shown(e['before'])} → {_shown(e['after'])}" for e in one["examples"]]
        yield one["stream"], f"{one['kind']}.{one['attribute']}", str(one["records"]), "\n".join(examples)
    for what, words in (("appeared", "becomes a"), ("vanished", "is no longer a")):
        for one in found[what]:
            yield one["stream"], f"{words} {one['kind']}", str(one["records"]), _keys(one)
    for what, words in (("held", "is not understood, and held"), ("freed", "is understood, and no longer held")):
        if found[what]["records"]:
            yield "", words, str(found[what]["records"]), _keys(found[what])


def value_rows(found: Mapping[str, Any]) -> Iterator[Row]:
    """Attribute, field with the tool's value, in how many records, and what happens to it; the commonest values."""
    for what, words in (("no_longer_understood", "no longer understood"), ("now_understood", "no longer in doubt")):
        for one in found[what][:_MOST_VALUES]:
            at = f"{one['kind']}.{one['attribute']}"
            yield at, f"{one['field']}: {brief(one['value']) or '(empty)'}", str(one["records"]), words


def unfetched_rows(found: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    """Stream, fields, records and places of what was read without the same fields."""
    alike: dict[tuple[str, tuple[str, ...]], list[Mapping[str, Any]]] = {}
    for one in found:
        alike.setdefault((f"{one['connection']} {one['stream']}", tuple(one["fields"])), []).append(one)
    for (stream, fields), several in alike.items():
        places = [one["partition"] for one in several]
        more = f" and {len(places) - _MOST_PLACES} more" if len(places) > _MOST_PLACES else ""
        records = str(sum(one["records"] for one in several))
        yield stream, ", ".join(fields), records, ", ".join(places[:_MOST_PLACES]) + more


def cost_lines(reading: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """What reading them again takes of each connection."""
    for name, one in reading.items():
        if one["requests"] is None:
            yield f"reading them again from {name}: {one['records']} records; requests: its connector cannot tell"
            continue
        line = f"reading them again from {name}: {one['records']} records; requests: about {one['requests']}"
        if one["requests_per_hour"] is not None:
            waits = one["waits_s"]
            takes = f"at least {span(timedelta(seconds=waits))}" if waits else "less than an hour"
            line += f", {takes} by requests_per_hour = {one['requests_per_hour']}"
        yield line


def _shown(value: Any) -> str:
    return brief(value) or "(empty)"


def _keys(change: Mapping[str, Any]) -> str:
    return "\n".join(e["key"] + (f": {e['message']}" if e["message"] else "") for e in change["examples"])

"""What is wrong with the sources of scope that a configuration names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from connectors.core.port import ConnectorSpec, StreamSpec
from connectors.core.positions import KeyPath
from mapping.rules import Rules
from sync.config.settings import ScopeSettings, TopLevel

Found = tuple[KeyPath, str, str]
"""Where, what was found, what was expected."""

Connected = tuple[ConnectorSpec, Sequence[StreamSpec], Rules]
"""What is known of a connection."""

GIVES_SCOPE = frozenset({"scope_baseline", "scope_item"})
"""What a mapping makes of records that give scope."""


def scope_problems(top: TopLevel, connections: Mapping[str, Connected]) -> Iterator[Found]:
    """Each thing that is wrong at ``scope`` of an engagement.

    Args:
        top: The document's tables.
        connections: Connection -> its connector, streams and mapping; those that are wrong themselves are missing.
    """
    owner: dict[tuple[str, str], str] = {}
    for name, engagement in top.engagements.items():
        for i, source in enumerate(engagement.scope):
            key: KeyPath = ("engagements", name, "scope", i)
            if source in engagement.scope[:i]:
                yield key, "a source that is there twice", "each source once"
            if source.connection not in top.connections:
                names = ", ".join(sorted(top.connections)) or "none"
                yield (*key, "connection"), repr(source.connection), f"the name of a connection of this file: {names}"
            elif source.connection in connections:
                *_, rules = connected = connections[source.connection]
                has_places = any(p.connection == source.connection for p in engagement.places)
                yield from source_problems(key, source, connected, has_places=has_places)
                first = owner.setdefault((source.connection, source.place or ""), name)
                if source.place and first != name and not says_whose(rules):
                    mend = "a place of its own, or a mapping that reads engagement_key from what lies there"
                    yield (*key, "place"), f"the place of engagement {first} again", mend


def source_problems(
    key: KeyPath, source: ScopeSettings, connected: Connected, *, has_places: bool, is_template: bool = False
) -> Iterator[Found]:
    """What is wrong with one source, whosever it is.

    Args:
        key: Where it stands.
        source: The source.
        connected: What is known of its connection.
        has_places: Whether the engagement has places of its work on that connection.
        is_template: Its place is one, so that how it is spelt is seen when it is made.
    """
    spec, known, rules = connected
    if not any(rule.makes in GIVES_SCOPE for rule in rules.entities):
        mend = f"a connection that gives scope, or rules in [mapping.{spec.kind}.inbound] (docs/scope.md)"
        yield (*key, "connection"), f"{source.connection}, whose mapping makes no scope of its records", mend
    streams = [stream.name for stream in known]
    if source.stream is not None and source.stream not in streams:
        yield (*key, "stream"), repr(source.stream), "one of " + ", ".join(streams)
    takes_places = any(stream.per_place for stream in known)
    if source.place is None:
        if takes_places and not has_places:
            example = f", such as {spec.place.example}" if spec.place else ""
            yield (*key, "place"), "nothing", f"what to read for it on {source.connection}{example}"
    elif not takes_places:
        yield (*key, "place"), f"a place of {source.connection}, a {spec.title} connection, which has none", "no place"
    elif spec.place is not None and not is_template and not re.fullmatch(spec.place.pattern, source.place):
        yield (*key, "place"), repr(source.place), spec.place.example


def says_whose(rules: Rules) -> bool:
    """Whether the mapping reads from the records which engagement they belong to."""
    return any(rule.makes in GIVES_SCOPE and "engagement_key" in rule.attributes for rule in rules.entities)

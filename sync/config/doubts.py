"""What a valid configuration holds and can never come to anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sync.config.load import Config
from sync.discovery import template_parts


def doubts(config: Config) -> tuple[str, ...]:
    """One sentence for each thing that no engagement can ever use, and what to do."""
    return (
        *_of_connections(config),
        *_of_records(config),
        *_of_anchors(config),
        *_of_discoveries(config),
        *_of_mappings(config),
    )


def _of_connections(config: Config) -> Iterator[str]:
    if not (config.engagements or config.discoveries):
        yield (
            "no engagement is configured: nothing is read; add an [engagements.KEY] table for each, or [discover.NAME]"
        )
        return
    named = {p.connection for e in config.engagements.values() for p in e.places}
    named |= {e.record.connection for e in config.engagements.values()}
    named |= {s.connection for e in config.engagements.values() for s in e.scope}
    named |= {s.connection for d in config.discoveries for s in d.scope}
    named |= {p.connection for d in config.discoveries for p in d.places} | {d.connection for d in config.discoveries}
    for name in config.connections:
        if name not in named:
            yield f"[connections.{name}] is named by no engagement: nothing is read of it; name it, or take it out"


def _of_records(config: Config) -> Iterator[str]:
    makers = [n for n, c in config.connections.items() if any(rule.makes == "engagement" for rule in c.rules.entities)]
    for key, engagement in config.engagements.items():
        name = engagement.record.connection
        if name not in makers:
            can = ", ".join(makers) or "none of this file"
            yield (
                f"the record of {key} lies in {name}, whose mapping makes no engagement of a record: it stays unknown;"
                f" connections that do: {can}"
            )


def _of_anchors(config: Config) -> Iterator[str]:
    for key, engagement in config.engagements.items():
        for place in engagement.places:
            connection = config.connections.get(place.connection)
            form = connection.spec.anchor if connection else None
            found = re.fullmatch(form.pattern, place.anchor) if form and place.anchor else None
            lies = found.groupdict().get("place") if found else None
            if lies is not None and lies.casefold() != place.place.casefold():
                yield (
                    f"the anchor {place.anchor} of {key} lies in {lies}, and not in its place {place.place}, which does"
                    " not read it; correct one of them"
                )


def _of_discoveries(config: Config) -> Iterator[str]:
    for discovery in config.discoveries:
        templates = [text for place in discovery.places for text in (place.place, place.anchor) if text is not None]
        templates += [source.place for source in discovery.scope if source.place is not None]
        named = frozenset[str]().union(*map(template_parts, templates))
        for part in sorted(set(discovery.sift.parts) - named):
            yield f"[{discovery.origin}] has a part {part!r} that none of its templates names; name it, or take it out"


def _of_mappings(config: Config) -> Iterator[str]:
    for kind, override in config.top.mapping.items():
        users = [c for c in config.connections.values() if c.spec.kind == kind]
        if not users:
            yield f"[mapping.{kind}] is used by no connection, since none is of this kind; add one, or take it out"
            continue
        said = override.get("outbound")
        rules: dict[str, object] = said if isinstance(said, dict) else {}
        owned = {name for connection in users for name in connection.settings.owned}
        for name in rules:
            if rules[name] is not False and name not in owned:
                yield (
                    f'[mapping.{kind}.outbound."{name}"] writes nothing, since no {kind} connection owns it; add it to'
                    " owned, or take it out"
                )

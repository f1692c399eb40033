"""Where each attribute of a record comes from, and since when it is so: data for ``syncline explain``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.core.port import Catalog
from mapping.rules import Rules
from mapping.why import explain_record
from sync.show.facts import instant
from sync.show.mapped import entity_json
from sync.store.versions import Version

_NEVER = object()  # equals no value


@dataclass(slots=True, kw_only=True)
class _Since:
    """The earliest version known so far from which on an attribute has had the value that it has now."""

    version: Version
    before: datetime | None = None
    found: bool = False


def provenance_json(rules: Rules, catalog: Catalog, versions: Iterable[Version]) -> list[dict[str, Any]]:
    """What a record becomes, attribute by attribute: the value, why, when it became so in the tool and when we knew.

    Args:
        rules: The mapping of today; earlier versions are mapped with it too, so that a change is one of the tool.
        catalog: What the tool can hold.
        versions: Of the record, the one that holds now first; no more are taken than are needed.
    """
    rest = iter(versions)
    now = next(rest, None)
    if now is None:
        return []
    entities = [entity_json(made) for made in explain_record(rules, now.record, catalog)]
    attributes = {(e["kind"], a["name"]): a for e in entities for a in e["attributes"]}
    since = {at: _Since(version=now) for at in attributes}
    for version in rest:
        if all(one.found for one in since.values()):
            break
        then = {
            (made.kind, a["name"]): _NEVER if made.refused else a["value"]
            for made in explain_record(rules, version.record, catalog)
            for a in entity_json(made)["attributes"]
        }
        for at, one in since.items():
            if one.found:
                continue
            if then.get(at, _NEVER) == attributes[at]["value"]:
                one.version = version
            else:
                one.found, one.before = True, version.record.updated
    for at, one in since.items():
        attributes[at].update(_times(one))
    return entities


def _times(since: _Since) -> dict[str, Any]:
    again = since.version.again  # an earlier version holds again: its own instant is not that of the return
    return {
        "changed_after": instant(since.before),
        "changed_by": None if again else instant(since.version.record.updated),
        "learned": instant(since.version.stored),
        "run": since.version.run,
    }

"""Exchanges with Launchpad against the description (WADL) that a real server generated of itself.

The outside evidence has no validator for it, so this is one: in requests, every field of a PATCH and every parameter of
a named operation must be the description's, and choices one of its options; in answers, every entry must have exactly
the fields of its kind, links be links or null, and choices one of the options.
"""

from __future__ import annotations

import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FILE = "launchpad-devel-2025-07-31.wadl.gz"
_NS = "{http://research.sun.com/wadl/2006/10}"
_BATCHES = {"ws.size", "ws.start", "memo", "direction", "ws.show"}
Told = tuple[str, str]
"""(where, what is wrong)."""


class Wadl:
    """The description, as names and options."""

    def __init__(self, path: Path) -> None:
        root = ET.fromstring(gzip.decompress(path.read_bytes()))  # noqa: S314 - outside evidence, not of the wire
        self._kinds: dict[str, dict[str, frozenset[str]]] = {}
        for one in root.iter(f"{_NS}representation"):
            if one.get("id"):
                params = one.findall(f"{_NS}param")
                self._kinds[str(one.get("id"))] = {str(p.get("name")): _options(p) for p in params}
        self.collection = frozenset(self._kinds["bug_task-page"])
        """Fields of a page of any collection."""
        self._operations: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
        for method in root.iter(f"{_NS}method"):
            params = [p for p in method.iter(f"{_NS}param") if p.get("style") == "query"]
            fixed = next((str(p.get("fixed")) for p in params if p.get("name") == "ws.op"), "")
            if fixed:
                owner = str(method.get("id")).rpartition("-")[0]
                self._operations[owner, fixed] = {str(p.get("name")): _options(p) for p in params}

    def entry(self, entry: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with an entry of an answer."""
        kind = str(entry["resource_type_link"]).rpartition("#")[2]
        fields = self._kinds.get(f"{kind}-full")
        if fields is None:
            yield f"{kind}: not described"
            return
        yield from (f"{kind}.{name}: absent" for name in fields if name not in entry)
        yield from (f"{kind}.{name}: not described" for name in entry if name not in fields)
        yield from _values(kind, entry, fields)
        for name, value in entry.items():
            if name.endswith("_link") and not (value is None or re.match(r"https?://", str(value))):
                yield f"{kind}.{name}: {value!r} is no link"

    def change(self, kind: str, fields: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with a PATCH of an entry of this kind."""
        known = self._kinds[f"{kind}-diff"]
        yield from (f"{kind}.{name}: cannot be set" for name in fields if name not in known)
        yield from _values(kind, fields, known)

    def owners(self, operation: str) -> list[str]:
        """The kinds that have a named operation."""
        return sorted(owner for owner, name in self._operations if name == operation)

    def operation(self, owner: str, query: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with the parameters of a named operation."""
        name = str(query["ws.op"])
        known = self._operations.get((owner, name))
        if known is None:
            yield f"{owner}.{name}: no operation"
            return
        yield from (f"{owner}.{name}: no parameter {one}" for one in query if one not in known and one not in _BATCHES)
        yield from _values(f"{owner}.{name}", query, known)


def _options(param: ET.Element) -> frozenset[str]:
    return frozenset(str(option.get("value")) for option in param.findall(f"{_NS}option"))


def _values(kind: str, given: Mapping[str, Any], known: Mapping[str, frozenset[str]]) -> Iterator[str]:
    for name, options in known.items():
        for value in given[name] if isinstance(given.get(name), list) else [given.get(name)]:
            if options and value is not None and value not in options:
                yield f"{kind}.{name}: {value!r} is none of the options"


def judged(wadl: Wadl, exchange: Mapping[str, Any]) -> list[Told]:
    """What is wrong with one exchange: (route, message)."""
    route, body, query = exchange["route"], exchange["response_body"], exchange["query"]
    told: list[str] = []
    if exchange["method"] == "PATCH":
        kind = _kind_of(exchange)
        told += wadl.change(kind, exchange["request_body"])
    elif query.get("ws.op"):
        told += wadl.operation("project", query)
    elif set(query) - _BATCHES:
        told.append(f"parameters {sorted(set(query) - _BATCHES)} of a plain read")
    if exchange["status"] in (200, 209) and isinstance(body, dict):
        if "entries" in body:
            told += [f"{name}: not of a collection" for name in body if name not in wadl.collection]
            for one in body["entries"]:
                told += wadl.entry(one)
        elif "resource_type_link" in body and not str(body["resource_type_link"]).endswith("#service-root"):
            told += wadl.entry(body)
        elif "resource_type_link" not in body:
            told.append(f"neither an entry nor a collection: {json.dumps(body)[:80]}")
    elif exchange["status"] not in (200, 209, 303, 304, 404, 412):
        told.append(f"status {exchange['status']}")
    return [(str(route), one) for one in told]


def _kind_of(exchange: Mapping[str, Any]) -> str:
    for pattern, kind in ((r"/\+spec/", "specification"), (r"/\+bug/", "bug_task"), (r"/bugs/", "bug")):
        if re.search(pattern, exchange["path"]):
            return kind
    raise ValueError(f"a PATCH of an unknown kind: {exchange['path']}")

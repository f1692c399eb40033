"""Which requests of a log are writes, of what kind each is, and the fault that stops at one of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.steering import Steering

MUTATION = "mutation"
"""What is put behind the route of a request in GraphQL that writes: queries go to the same route."""
_MUTATES = r'"query":\s*"\s*mutation\b'


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One write request of an undisturbed run: the nth of its method and route on its connection."""

    connection: str
    method: str
    route: str
    nth: int
    what: str

    @property
    def kind(self) -> str:
        """Tool and kind of write."""
        return f"{self.connection} {self.what}"

    def rule(self, kind: str) -> dict[str, Any]:
        """The fault that holds it."""
        route, _, what = self.route.partition(" ")
        path = re.sub(r"<[^>]*>", "[^/]+", re.escape(route))
        # GitHub's stand-in lies under the path of an Enterprise Server
        found = {"method": self.method, "route": f"^(/api/v3)?{path}$", "nth": self.nth, "action": {"kind": kind}}
        return {**found, "body": _MUTATES} if what == MUTATION else found

    def first(self, kind: str) -> dict[str, Any]:
        """The fault that holds the first of its kind that is made, whatever its number."""
        body = {"labels": r'"update"', "set_fields": r'"fields"'}.get(self.what, "") if self.method == "PUT" else ""
        return {**self.rule(kind), "nth": 1, **({"body": body} if body else {})}

    def __str__(self) -> str:
        return f"{self.kind}: {self.method} {self.route} #{self.nth}"


def writes_of(steering: Steering) -> tuple[Request, ...]:
    """The write requests in the logs, as they came: what changes something, not a query or a login by POST."""
    found: list[tuple[float, Request]] = []
    for name in steering.names:
        seen: Counter[tuple[str, str]] = Counter()
        for entry in steering.log(name):
            at = (entry["method"], _known(entry))
            seen[at] += 1
            if is_write(entry):
                request = Request(connection=name, method=at[0], route=at[1], nth=seen[at], what=_kind(entry))
                found.append((entry["t"], request))
    return tuple(request for _, request in sorted(found, key=lambda one: one[0]))


KINDS = (
    (r"POST .*/issue$", "create"),
    (r"POST .*/transitions$", "transition"),
    (r"POST .*/remotelink$", "link"),
    (r"PATCH .*/composite/sobjects/", "upsert"),
    (r"PATCH .*/sobjects/", "set_fields"),
    (r"POST .*/graphql$", "set_fields"),
    (r"POST .*/comments$", "put_block, made"),
    (r"PATCH .*/comments/", "put_block, edited"),
    (r"POST .*/issues/<[^>]*>/labels$", "add_label"),
    (r"DELETE .*/labels/", "remove_label"),
    (r"POST .*/labels$", "label of a repository"),
    (r"PATCH .*/bugs/", "labels"),
    (r"PATCH .*/\+spec/", "put_block"),
)
"""Kind of a write by its method and route; of what Jira's PUT changes tells the body."""


def _kind(entry: Mapping[str, Any]) -> str:
    at = f"{entry['method']} {entry['route']}"
    for pattern, kind in KINDS:
        if re.match(pattern, at):
            return kind
    if entry["method"] == "PUT" and "/issue/" in entry["route"]:
        return "labels" if "labels" in (entry["request_body"].get("update") or {}) else "set_fields"
    return at


def _known(entry: Mapping[str, Any]) -> str:
    route = str(entry["route"])
    return f"{route} {MUTATION}" if route.endswith("/graphql") and _mutates(entry) else route


def _mutates(entry: Mapping[str, Any]) -> bool:
    return str(entry["request_body"]["query"]).lstrip().startswith(MUTATION)


def is_write(entry: Mapping[str, Any]) -> bool:
    """Whether an exchange of a log may have changed something: not a query or a login by POST."""
    if entry["method"] == "GET" or entry["route"].endswith(("/bulkfetch", "/oauth2/token", "/search/jql")):
        return False
    if entry["route"].endswith("/graphql"):
        return _mutates(entry)
    if entry["route"].endswith("/composite"):
        return any(part["method"] != "GET" for part in entry["request_body"]["compositeRequest"])
    return True

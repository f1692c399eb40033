"""Requests drawn from GitHub's own description, good ones and bent ones: no failure, and answers as described."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

pytestmark = pytest.mark.loopback  # hooks are greeted
ORG = "fictive-partner"
METHODS = ("get", "post", "put", "patch", "delete")
MISSING = (
    "/issue-field-values",
    "/suggestions",
    "/codespaces",
    "/merge-async",
    "/repos/{owner}/{repo}/comments",
)
"""What the stand-in does not have; `docs/sandbox/github.md` says so."""

POOLS: dict[str, list[Any]] = {
    "owner": [ORG, ORG, ORG, "ada", "nobody"],
    "repo": ["sizing", "sizing", "sizing", "open", "shut", "own", "old-sizing", "none"],
    "org": [ORG, ORG, "ada", "none"],
    "username": ["ada", "bob", "stranger", ORG, "none"],
    "assignee": ["bob", "stranger", "none"],
    "user_id": [1002, "ada", 9],
    "issue_number": [1, 2, 3, 4, 5, 6, 7, 99],
    "pull_number": [4, 4, 7, 1, 99],
    "project_number": [1, 1, 9],
    "field_id": [1, 3, 100001, 100002, 100003, 100004, 100005, 9],
    "item_id": [100001, 100002, 100003, 100004, 9],
    "view_number": [1, 9],
    "milestone_number": [1, 2, 9],
    "name": ["bug", "needs info", "none", "a/b"],
    "tag": ["v0.1", "v9", "a/b"],
    "since": ["2026-10-06T00:00:00Z", "yesterday", ""],
    "fields": ["1,100001,100002", "x", ""],
    "q": ["sizing", "is:open", f"repo:{ORG}/sizing label:bug", 'a"b', ""],
    "milestone": ["1", "*", "none", "9", "x"],
    "labels": ["bug", "bug,needs info", ","],
    "per_page": [1, 2, 100, 0, 1000, "x"],
    "page": [1, 2, 0, -1, "x"],
    "head": ["fix", "fictive-partner:fix", "z"],
    "url": ["http://127.0.0.1:9/hook"],
    "sub_issue_id": [100001, 100002, 100003, 9],
    "issue_id": [100001, 100002, 100003, 9],
    "title": ["A title", " ", "x" * 300],
    "value": ["text", 3, "2026-12-01", None],
}
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**20,
    1.5,
    "",
    " ",
    "\x00",
    "é\U0001f600",
    [],
    [None],
    {},
    {"a": 1},
    "x" * 70_000,
]


class Draws:
    """Draws requests from a description."""

    def __init__(self, spec: dict[str, Any], seed: int) -> None:
        self._spec = spec
        self._random = random.Random(seed)  # noqa: S311 - no secret

    def _resolved(self, schema: Any) -> dict[str, Any]:
        while "$ref" in schema:
            found: Any = self._spec
            for part in schema["$ref"][2:].split("/"):
                found = found[part]
            schema = found
        resolved: dict[str, Any] = schema
        return resolved

    def value(self, name: str, schema: Any, depth: int = 0) -> Any:
        """Draw a value of a name: from the pool, by its schema, or now and then a strange one."""
        schema, chance = self._resolved(schema), self._random
        if chance.random() < 0.07:
            return copy.deepcopy(chance.choice(STRANGE))
        if name in POOLS and chance.random() < 0.85:
            return chance.choice(POOLS[name])
        for key in ("oneOf", "anyOf", "allOf"):
            if key in schema:
                return self.value(name, chance.choice(schema[key]), depth)
        if "enum" in schema:
            return chance.choice(schema["enum"])
        match schema.get("type"):
            case "object" if depth < 4:
                return self.body(schema, depth + 1)
            case "array" if depth < 4:
                return [self.value(name, schema.get("items", {}), depth + 1) for _ in range(chance.randrange(3))]
            case "integer":
                return chance.choice([1, 100_001, 100_002, 0])
            case "number":
                return chance.choice([1, 2.5])
            case "boolean":
                return chance.choice([True, False])
            case _:
                return chance.choice(["bug", "ada", "v1", "open", "2026-12-01T00:00:00Z", "text"])

    def body(self, schema: Any, depth: int = 0) -> dict[str, Any]:
        """Draw an object: what it requires nearly always, the rest half the time."""
        schema, needed = self._resolved(schema), set()
        for each in (schema, *schema.get("anyOf", []), *schema.get("oneOf", [])):
            needed |= set(self._resolved(each).get("required", []))
        chances = {name: 0.95 if name in needed else 0.4 for name in schema.get("properties", {})}
        return {
            name: self.value(name, part, depth)
            for name, part in schema.get("properties", {}).items()
            if self._random.random() < chances[name]
        }

    def request(self, path: str, operation: Any) -> tuple[str, Any]:
        """Draw an address and a body for an operation."""
        query: list[tuple[str, Any]] = []
        for parameter in map(self._resolved, operation.get("parameters", [])):
            name = parameter["name"]
            if parameter["in"] == "path":
                pool = POOLS.get(name, [100_001, 100_002, 9])
                path = path.replace(f"{{{name}}}", quote(str(self._random.choice(pool)), safe=""))
            elif parameter["in"] == "query" and (parameter.get("required") or self._random.random() < 0.3):
                query.append((name, self.value(name, parameter.get("schema", {}))))
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        body = self.value("body of the request", schema) if schema else None
        return f"{path}?{urlencode(query)}" if query else path, body


@pytest.fixture
def spec(api_evidence: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((api_evidence / "github" / "github_openapi_trimmed.json").read_text())
    return found


def test_every_path_that_is_described_is_served_or_said_to_be_missing(hub: Any, spec: dict[str, Any]) -> None:
    unserved = []
    for path, item in spec["paths"].items():
        for method in METHODS:
            if method in item:
                address = path.replace("{username}", "ada").replace("{user_id}", "1002")
                while "{" in address:
                    before, _, rest = address.partition("{")
                    address = f"{before}{1}{rest.partition('}')[2]}"
                hub.ask(method.upper(), address)
                if not hub.service.log.exchanges()[-1].route:
                    unserved.append((method.upper(), path))
    assert {each for each in unserved if not any(part in each[1] for part in MISSING)} == {("DELETE", "/orgs/{org}")}
    assert {part for part in MISSING if not any(part in path for _, path in unserved)} == set()


@pytest.mark.parametrize("seed", range(4))
def test_drawn_requests_are_answered_as_described(
    hub: Any, spec: dict[str, Any], api_evidence: Path, validated: Any, seed: int
) -> None:
    draws, chance = Draws(spec, seed), random.Random(seed + 1)  # noqa: S311 - no secret
    operations = [
        (method, path, item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item and not any(part in path for part in MISSING)
    ]
    start = hub.service.dump_state()
    for n in range(600):
        method, path, operation = chance.choice(operations)
        address, body = draws.request(path, operation)
        status, _ = hub.ask(method.upper(), address, body)
        (*_, last) = hub.service.log.exchanges()
        assert last.failure is None, (method, address, body, last.failure)
        assert status < 500
        if n % 100 == 99:  # so that what was deleted comes back
            hub.service.webhooks.drain()
            hub.service.load_state(start)
    evidence = str(api_evidence / "github" / "github_openapi_trimmed.json")
    script = str(api_evidence / "validate.py")
    assert unexplained(validated(hub, script, "--spec", evidence, "--base-url", "http://x")) == []
    answered = [each.status < 300 for each in hub.service.log.exchanges()]
    assert sum(answered) > 80


NULL_TEXTS = {"/search/issues", "/repos/{owner}/{repo}/pulls"}
"""Where the description forgot that a text may be null; see `test_evidence`."""


EVERYWHERE = {301, 307, 410, 422}
"""Redirects of what moved, what is deleted, and bad values: documented for all, described for some alone.

What the description calls an address (`homepage`) is whatever somebody wrote there.
"""


def unexplained(report: list[dict[str, Any]]) -> list[Any]:
    """Give what the validator finds in the answers; requests are bent on purpose."""
    return [
        (each["method"], each["matched"], kind, told)
        for each in report
        for kind, told in each["errors"]
        if kind.startswith("response") or kind == "status"
        if not (kind == "status" and int(told.split()[1]) in EVERYWHERE)
        if not (each["matched"] in NULL_TEXTS and told.endswith("None is not of type 'string'"))
        if ".homepage" not in told
    ]

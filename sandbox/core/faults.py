"""Faults on demand: which request is disturbed, and how.

A rule is one JSON object::

    {"id": "f1", "method": "POST", "route": "regex on the path", "query": "regex on the raw query string",
     "body": "regex on the request body", "nth": 3, "times": 1, "probability": 0.1, "seed": 7,
     "action": {"kind": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": "..."}}

All but `action` may be left out. Regexes are searched, not anchored. `nth` fires on the nth matching request only
(counted from 1, for this rule), `times` at most so often, `probability` by a generator seeded with `seed` (0 unless
told). In place of `action`, `"script": [action or null, ...]` says what befalls the first, second, third ... matching
request in turn; null, and the end of the script, leave a request alone. The first rule that fires wins; every rule
counts what it matched.

==============  ===========================  ===================================================================
kind            arguments                    what happens
==============  ===========================  ===================================================================
`latency`       `seconds`                    the request waits first, then goes its way
`status`        `status` `headers` `body`    answered so, without effect
`html`          `body`                       200 with an HTML page, without effect
`drop_before`                                the connection is closed, without effect
`drop_after`                                 takes effect, the connection is closed without an answer
`truncate`      `bytes`                      takes effect; so many bytes of the body are sent, then the end
`drip`          `seconds`                    takes effect; the body is sent piecemeal over that time
`hold_before`                                blocked before its effect until released
`hold_after`                                 blocked after its effect, before the answer, until released
==============  ===========================  ===================================================================

A held request whose client goes away is given up: before its effect it then never takes effect.
"""

import random
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt

from sandbox.core.checked import STRICT, read

HOLD_POLL_SECONDS = 0.02
"""How often a held request looks whether its client is still there."""

HTML_PAGE = "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>"


class FaultKind(StrEnum):
    """What can be done to a request."""

    LATENCY = "latency"
    STATUS = "status"
    HTML = "html"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    TRUNCATE = "truncate"
    DRIP = "drip"
    HOLD_BEFORE = "hold_before"
    HOLD_AFTER = "hold_after"


HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]
HeaderValue = Annotated[str, Field(pattern=r"^[\t -~\u00a0-\u00ff]*$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAction:
    """The action of a rule."""

    __pydantic_config__ = STRICT

    kind: FaultKind
    seconds: NonNegativeFloat = 0.0
    status: Annotated[int, Field(ge=200, le=599)] = 503
    headers: Mapping[HeaderName, HeaderValue | int] = field(default_factory=dict)
    body: str = ""
    bytes: NonNegativeInt = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _RuleDocument:
    """A rule as it is given."""

    __pydantic_config__ = STRICT

    id: str | None = None
    method: str | None = None
    route: re.Pattern[str] | None = None
    query: re.Pattern[str] | None = None
    body: re.Pattern[str] | None = None
    nth: PositiveInt | None = None
    times: NonNegativeInt | None = None
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    seed: int = 0
    action: FaultAction | None = None
    script: tuple[FaultAction | None, ...] | None = None


@dataclass(slots=True, kw_only=True)
class FaultRule:
    """A rule and what has come of it; changed only under the table's lock.

    Attributes:
        actions: the one of every request, or (`scripted`) those of the first, second ... matching one.
    """

    id: str
    source: Mapping[str, Any]
    actions: tuple[FaultAction | None, ...]
    scripted: bool
    method: str | None
    route: re.Pattern[str] | None
    query: re.Pattern[str] | None
    body: re.Pattern[str] | None
    nth: int | None
    times: int | None
    probability: float | None
    random: random.Random
    matched: int = 0
    hits: int = 0
    waiting: int = 0
    releases: int = 0

    def matches(self, method: str, path: str, query: str, body: bytes) -> bool:
        """Say whether the request is one this rule is about."""
        return (
            (self.method is None or self.method == method)
            and (self.route is None or self.route.search(path) is not None)
            and (self.query is None or self.query.search(query) is not None)
            and (self.body is None or self.body.search(body.decode("utf-8", "replace")) is not None)
        )

    def due(self) -> FaultAction | None:
        """Count one match and give the action that befalls it, if any."""
        self.matched += 1
        if self.nth is not None and self.matched != self.nth:
            return None
        if self.times is not None and self.hits >= self.times:
            return None
        if self.probability is not None and self.random.random() >= self.probability:
            return None
        if self.scripted and self.matched > len(self.actions):
            return None
        action = self.actions[self.matched - 1 if self.scripted else 0]
        self.hits += action is not None
        return action


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What befalls one request."""

    rule: FaultRule
    action: FaultAction


class FaultTable:
    """The rules in force; safe from any thread."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []
        self._made = 0
        self._closed = False
        self._condition = threading.Condition(threading.RLock())

    def add(self, document: Mapping[str, Any]) -> str:
        """Add one rule and give its id.

        Raises:
            ValueError: the rule is not of the form above.
        """
        with self._condition:
            rule = parse_rule(document, default_id=self._next_id())
            if any(other.id == rule.id for other in self._rules):
                raise ValueError(f"a fault with the id {rule.id!r} is already there")
            self._rules.append(rule)
            return rule.id

    def _next_id(self) -> str:
        with self._condition:
            taken = {rule.id for rule in self._rules}
            while True:
                self._made += 1
                if (name := f"fault-{self._made}") not in taken:
                    return name

    def clear(self, rule_id: str | None = None) -> None:
        """Remove one rule or all; what they held goes on."""
        with self._condition:
            for rule in self._rules:
                if rule_id in (None, rule.id):
                    rule.releases += 1
            self._rules = [] if rule_id is None else [rule for rule in self._rules if rule.id != rule_id]
            self._condition.notify_all()

    def of_state(self, state: Any) -> list[FaultRule]:
        """Check the `"faults"` of a state document, for `replace`.

        Raises:
            ValueError: names every rule that is not of the form above, or whose id stands there twice.
        """
        documents = state.get("faults") if isinstance(state, Mapping) else None
        if not isinstance(documents, list | tuple | None):
            raise ValueError("faults: a list is needed")  # noqa: TRY004 - one error type for whatever is wrong with a state
        rules: list[FaultRule] = []
        problems: list[str] = []
        for place, document in enumerate(documents or ()):
            try:
                rule = parse_rule(document, default_id=self._next_id())
            except ValueError as error:
                problems.append(f"faults[{place}]: {error}")
                continue
            if any(other.id == rule.id for other in rules):
                problems.append(f"faults[{place}]: the id {rule.id!r} stands there twice")
            rules.append(rule)
        if problems:
            raise ValueError("; ".join(problems))
        return rules

    def replace(self, rules: Iterable[FaultRule]) -> None:
        """Put rules in place of all; what the old ones held goes on."""
        self.clear()
        with self._condition:
            self._rules = list(rules)

    def documents(self) -> list[dict[str, Any]]:
        """List the rules in force as `of_state` reads them, with their ids; what has come of them is left out."""
        with self._condition:
            return [{**rule.source, "id": rule.id} for rule in self._rules]

    def describe(self) -> list[dict[str, Any]]:
        """List the rules as they were given, with `id`, `matched`, `hits` and `waiting`."""
        with self._condition:
            return [
                {**rule.source, "id": rule.id, "matched": rule.matched, "hits": rule.hits, "waiting": rule.waiting}
                for rule in self._rules
            ]

    def pick(self, method: str, path: str, query: str, body: bytes) -> Fault | None:
        """Count the request against the rules and give what befalls it by the first that fires, if any."""
        with self._condition:
            for rule in self._rules:
                if rule.matches(method, path, query, body) and (action := rule.due()) is not None:
                    return Fault(rule=rule, action=action)
            return None

    def release(self, rule_id: str | None = None) -> int:
        """Let held requests go on, of one rule or of all; gives how many waited. Later requests are held anew."""
        with self._condition:
            waited = 0
            for rule in self._rules:
                if rule_id in (None, rule.id):
                    waited += rule.waiting
                    rule.releases += 1
            self._condition.notify_all()
            return waited

    def hold(self, rule: FaultRule, gone: Callable[[], bool]) -> bool:
        """Block until released; False when the client went away or the stand-in ends."""
        with self._condition:
            released_at_start = rule.releases
            rule.waiting += 1
            try:
                while rule.releases == released_at_start:
                    if self._closed or gone():
                        return False
                    self._condition.wait(HOLD_POLL_SECONDS)
                return not gone()
            finally:
                rule.waiting -= 1

    def close(self) -> None:
        """Give up every held request."""
        with self._condition:
            self._closed = True
            self._condition.notify_all()

    def open(self) -> None:
        """Hold again; called when the stand-in starts."""
        with self._condition:
            self._closed = False


def parse_rule(document: Mapping[str, Any], *, default_id: str) -> FaultRule:
    """Check one rule.

    Raises:
        ValueError: naming what is wrong.
    """
    given = read(_RuleDocument, document)
    if (given.action is None) == (given.script is None):
        raise ValueError("a fault needs an action, or in its place a script: a list of actions and nulls")
    return FaultRule(
        id=given.id or default_id,
        source=dict(document),
        actions=(given.action,) if given.script is None else given.script,
        scripted=given.script is not None,
        method=given.method.upper() if given.method else None,
        route=given.route,
        query=given.query,
        body=given.body,
        nth=given.nth,
        times=given.times,
        probability=given.probability,
        random=random.Random(given.seed),
    )

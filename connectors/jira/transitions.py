"""Brings an issue into a workflow status, by the transitions that its workflow offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Json, Move
from connectors.jira.client import JiraClient

_MOST_STEPS = 4
_RANK = {"new": 0, "indeterminate": 1, "done": 2}  # Jira's status categories, in the order in which work goes


def bring_to(client: JiraClient, issue: str, project: str, wanted: str) -> str:
    """Transition ``issue`` until its status is named ``wanted``; nothing is sent when it is.

    Goes straight when a transition leads there. Otherwise, if the project's workflows have that status, takes up to
    three steps between: only forward to a status that was not passed, whose transition needs nothing filled in, and
    never through a status that means done.

    Returns:
        Empty when the issue has the status; else why it could not be brought there, naming the transitions there are.

    Raises:
        NotFoundError: The issue is gone or hidden.
        AmbiguousError, RetriableError, RefusedError: From the step that did not end well; earlier steps stand.
    """
    passed: list[str] = []
    for _ in range(_MOST_STEPS):
        current, offers = _look(client, issue)
        if _is(current, wanted):
            return ""
        status = str(current["name"])
        step = next((o for o in _fewest_fields(offers) if _is(o.get("to"), wanted)), None)
        if step is None and not passed and not _exists(client, project, wanted):
            return f"no workflow of project {project} has a status {wanted}; {_ways(status, offers)}"
        passed.append(status)
        step = step or _between(offers, passed, _category(current))
        if step is None:
            text = f"its workflow offers no way from {status} to {wanted}; {_ways(status, offers)}"
            return text if len(passed) == 1 else f"{text}. It was brought from {passed[0]} to {status} on the way"
        client.post(f"issue/{issue}/transitions", {"transition": {"id": str(step["id"])}})
        if _is(step.get("to"), wanted):
            return ""
    return f"its workflow does not lead to {wanted} within {_MOST_STEPS} steps (tried {' → '.join(passed)})"


def move_along(client: JiraClient, issue: str, moves: Sequence[Move]) -> str:
    """Take the transitions that lead through the statuses of ``moves``, one after the other.

    A status that the issue has passed already is not gone to again, so that this may be repeated after a part of it
    was done.

    Returns:
        Empty when the issue has the last status; else why not, naming the step.

    Raises:
        As ``bring_to``.
    """
    current, offers = _look(client, issue)
    reached = max((n for n, move in enumerate(moves, start=1) if _is(current, move.to)), default=0)
    for n, move in enumerate(moves[reached:]):
        if n:
            current, offers = _look(client, issue)
        ways = [o for o in _fewest_fields(offers) if _is(o.get("to"), move.to)]
        if not ways:
            here = str(current["name"])
            return f"transition {move.name}: {here} does not lead to {move.to}; {_ways(here, offers)}"
        missing = [key for key in _required(ways[0]) if key not in move.fields]
        if missing:
            needed = ", ".join(missing)
            return f"transition {move.name} needs {needed} to be filled in: add that to its fields in the mapping"
        body: dict[str, Json] = {"transition": {"id": str(ways[0]["id"])}}
        if move.fields:
            body["fields"] = {key: _filled_in(ways[0], key, text) for key, text in move.fields.items()}
        client.post(f"issue/{issue}/transitions", body)
    return ""


def _filled_in(offer: Mapping[str, Json], key: str, text: str) -> Json:
    """A text as the field of a transition takes it: where values are allowed, the one that is called so."""
    fields = offer.get("fields")
    asked = fields.get(key) if isinstance(fields, Mapping) else None
    allowed = asked.get("allowedValues") if isinstance(asked, Mapping) else None
    for value in allowed if isinstance(allowed, list) else []:
        if isinstance(value, Mapping) and value.get("id") is not None:
            called = (str(value.get(name, "")).strip().casefold() for name in ("name", "value"))
            if text.strip().casefold() in called:
                return {"id": str(value["id"])}
    return text


def _exists(client: JiraClient, project: str, wanted: str) -> bool:
    """Whether some workflow of the project has the status; True when Jira does not say."""
    try:
        types = client.get(f"project/{project}/statuses")
    except (NotFoundError, RefusedError):
        return True
    known = [s for t in types if isinstance(t, Mapping) for s in t.get("statuses") or []] if types else []
    return not known or any(_is(status, wanted) for status in known)


def _look(client: JiraClient, issue: str) -> tuple[Mapping[str, Json], list[Mapping[str, Json]]]:
    """The status, and the transitions that are offered now, in one request."""
    place = f"issue/{issue}"
    answer = client.get(place, {"fields": "status", "expand": "transitions,transitions.fields"})
    if not isinstance(answer, Mapping):
        raise client.nonsense(f"GET {place}", "no issue")
    status = (answer.get("fields") or {}).get("status")
    if not isinstance(status, Mapping) or not status.get("name"):
        raise client.nonsense(f"GET {place}", "no status")
    offers = answer.get("transitions")
    if offers is None:  # an expansion that this server does not know
        try:
            offers = client.get(f"{place}/transitions", {"expand": "transitions.fields"}).get("transitions")
        except NotFoundError:
            offers = []
    found = [o for o in offers or [] if isinstance(o, Mapping) and o.get("id") is not None]
    return status, [o for o in found if o.get("isAvailable") is not False]


def _fewest_fields(offers: Sequence[Mapping[str, Json]]) -> list[Mapping[str, Json]]:
    return sorted(offers, key=lambda o: len(_required(o)))


def _between(offers: Sequence[Mapping[str, Json]], passed: Sequence[str], category: str) -> Mapping[str, Json] | None:
    """The transition that goes furthest forward without being done, if there is one."""
    here = 0 if category == "done" else _RANK.get(category, 1)
    steps = [
        o
        for o in offers
        if not _required(o) and here <= _rank(o) < _RANK["done"] and not any(_is(o.get("to"), name) for name in passed)
    ]
    return max(steps, key=_rank, default=None)


def _rank(offer: Mapping[str, Json]) -> int:
    return _RANK.get(_category(offer.get("to")), 1)


def _ways(status: str, offers: Sequence[Mapping[str, Json]]) -> str:
    if not offers:
        return f"this login is offered no transition at all from {status} (permission Transition Issues?)"
    return "transitions there are: " + ", ".join(f"{o.get('name') or o['id']} (to {_target(o)})" for o in offers)


def _required(offer: Mapping[str, Json]) -> list[str]:
    fields = offer.get("fields")
    if not isinstance(fields, Mapping):
        return []
    return [
        k for k, f in fields.items() if isinstance(f, Mapping) and f.get("required") and not f.get("hasDefaultValue")
    ]


def _target(offer: Mapping[str, Json]) -> str:
    to = offer.get("to")
    return str(to.get("name", "")) if isinstance(to, Mapping) else ""


def _category(status: Json) -> str:
    category = status.get("statusCategory") if isinstance(status, Mapping) else None
    return str(category.get("key", "")) if isinstance(category, Mapping) else ""


def _is(status: Json, wanted: str) -> bool:
    """Whether a status has this name or id."""
    if not isinstance(status, Mapping):
        return False
    return str(status.get("name", "")).strip().casefold() == wanted.strip().casefold() or status.get("id") == wanted

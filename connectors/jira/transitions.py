"""Brings an issue into a workflow status, by the transitions that its workflow offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Json
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

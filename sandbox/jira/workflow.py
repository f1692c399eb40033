"""Which status leads to which."""

from dataclasses import dataclass
from typing import Any

from sandbox.jira.model import Issue, Row
from sandbox.jira.state import State

_UNSET = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One way out of a status.

    Attributes:
        resolution: id that it sets, None to clear; `keeps` says that it leaves the resolution alone.
        screen: ids of the fields that it may carry; None when nothing was said.
        required: ids of those that it must carry.
    """

    id: str
    name: str
    to: str
    resolution: str | None
    keeps: bool
    is_global: bool
    screen: frozenset[str] | None = None
    required: frozenset[str] = frozenset()


def initial_status(state: State, issue: Issue) -> str:
    """Give the status that a new issue of that project and type begins in."""
    workflow = _workflow(state, issue)
    if workflow and (found := state.row_id(state.tables["statuses"], workflow.get("initial"))):
        return found
    return next(iter(state.tables["statuses"]))


def transitions(state: State, issue: Issue) -> list[Transition]:
    """List the ways out of the issue's status."""
    workflow = _workflow(state, issue)
    here = issue.fields["status"]
    if workflow is None:
        return [_to_anywhere(state, one, row) for one, row in state.tables["statuses"].items() if one != here]
    found = []
    for row in workflow["transitions"]:
        sources = row.get("from")
        to = _status(state, row["to"])
        if (sources is None and to != here) or (sources is not None and here in [_status(state, s) for s in sources]):
            resolution: Any = row.get("resolution", _UNSET)
            resolution_id = None if resolution in (_UNSET, None) else _resolution(state, resolution)
            found.append(
                Transition(
                    id=str(row["id"]),
                    name=row["name"],
                    to=to,
                    resolution=resolution_id,
                    keeps=resolution is _UNSET,
                    is_global=sources is None,
                    screen=None if row.get("screen") is None else frozenset(row["screen"]),
                    required=frozenset(row.get("required") or ()),
                )
            )
    return found


def statuses(state: State, issue: Issue) -> frozenset[str] | None:
    """Give the statuses of an issue's workflow; None when it may have any."""
    found = _workflow(state, issue)
    if found is None:
        return None
    names = [found.get("initial"), *(row["to"] for row in found["transitions"])]
    names += [one for row in found["transitions"] for one in row.get("from") or ()]
    return frozenset(_status(state, one) for one in names if one is not None)


def check(state: State) -> None:
    """Check every workflow of a state.

    Raises:
        ValueError: one names a status or resolution that there is not.
    """
    for workflow in state.workflows:
        _status(state, workflow.get("initial"))
        for row in workflow["transitions"]:
            for ref in (row["to"], *(row.get("from") or ())):
                _status(state, ref)
            if row.get("resolution"):
                _resolution(state, row["resolution"])
            for name in (*(row.get("screen") or ()), *(row.get("required") or ())):
                if name not in state.fields:
                    raise ValueError(f"a workflow names a field that there is not: {name}")


def _to_anywhere(state: State, status_id: str, row: Row) -> Transition:
    done = row.get("category") == "done"
    resolution = next(iter(state.tables["resolutions"]), None) if done else None
    return Transition(id=status_id, name=row["name"], to=status_id, resolution=resolution, keeps=False, is_global=True)


def _workflow(state: State, issue: Issue) -> Row | None:
    project = state.projects[issue.fields["project"]]
    issuetype = state.tables["issuetypes"][issue.fields["issuetype"]]
    for workflow in state.workflows:
        projects, types = workflow.get("projects"), workflow.get("issuetypes")
        if (projects is None or project["key"] in projects) and (
            types is None or issuetype["name"] in types or issuetype["id"] in types
        ):
            return workflow
    return None


def _status(state: State, ref: Any) -> str:
    found = state.row_id(state.tables["statuses"], ref)
    if found is None:
        raise ValueError(f"a workflow names a status that there is not: {ref}")
    return found


def _resolution(state: State, ref: Any) -> str:
    found = state.row_id(state.tables["resolutions"], ref)
    if found is None:
        raise ValueError(f"a workflow names a resolution that there is not: {ref}")
    return found

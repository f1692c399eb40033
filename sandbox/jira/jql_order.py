"""What stands before what: the order of keys, priorities, versions, options and people, for `ORDER BY`, `<` and `>`."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.jira.jql import JqlError
from sandbox.jira.jql_names import find_field
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_tests import Place, getter
from sandbox.jira.model import FieldDef, Issue, Kind
from sandbox.jira.state import State
from sandbox.jira.values import TABLE_OF_KIND

SortKey = Callable[[Issue], Any]

KEYS = frozenset({"key", "issuekey", "id", "issue"})
"""The names of what an issue is known by."""

_COUNTED: dict[str, SortKey] = {"votes": lambda one: len(one.voters), "watchers": lambda one: len(one.watchers)}


def place_of_key(key: str) -> Place:
    """Give where a key stands: by its number among those of its project."""
    project, _, number = key.rpartition("-")
    return project, int(number)


def places(field: FieldDef, state: State) -> Callable[[Any], Place | None]:
    """Give where values stand: versions in the order of their project, priorities with the highest (first) on top."""
    if field.kind is Kind.VERSIONS:
        rows = enumerate(state.versions.items())
        return {row_id: (row["projectId"], number) for number, (row_id, row) in rows}.get
    return {row_id: ("", rank) for row_id, rank in _ranks(field, state).items()}.get


def by_id(issue: Issue) -> int:
    """Sort by the number of an issue's id."""
    return int(issue.id)


def sort_key(name: str, scope: Scope) -> SortKey:
    """Give what to sort by: a pair that puts empty values last when ascending; raises JqlError."""
    wanted, state = name.casefold(), scope.state
    if wanted in _COUNTED:
        return _COUNTED[wanted]
    if wanted == "id":
        return by_id
    if wanted in KEYS:
        return lambda issue: place_of_key(issue.key)
    field = find_field(state, name)
    if wanted == "rank" or (field is not None and field.kind is Kind.RANK):
        return state.rank
    if field is None:
        raise JqlError(f"Not able to sort using field '{name}'.")
    get = getter(field.id)
    if field.id in ("created", "updated"):
        return get
    if field.kind in (Kind.NUMBER, Kind.DATETIME) or field.id == "resolutiondate":
        return lambda issue: _pair(get(issue))
    ranks = _ranks(field, state)

    def shown(value: Any) -> Any:
        if isinstance(value, list):
            return sorted(ranks[one] for one in value if one in ranks) if ranks else str(value).casefold()
        return ranks.get(value) if ranks else str(value).casefold()

    return lambda issue: _pair(None if get(issue) in (None, []) else shown(get(issue)))


def _ranks(field: FieldDef, state: State) -> Mapping[str, Any]:
    """Give what values are sorted by; empty where that is their text."""
    match field.kind:
        case Kind.PRIORITY:  # listed from the highest down
            return {row_id: -number for number, row_id in enumerate(state.tables["priorities"])}
        case Kind.USER | Kind.MULTIUSER:
            return {uid: str(row.get("displayName") or uid).casefold() for uid, row in state.users.items()}
        case Kind.PROJECT:
            return {row_id: str(row["name"]).casefold() for row_id, row in state.projects.items()}
        case Kind.COMPONENTS:
            return {row_id: str(row["name"]).casefold() for row_id, row in state.components.items()}
        case Kind.VERSIONS:
            return {row_id: number for number, row_id in enumerate(state.versions)}
        case Kind.SELECT | Kind.MULTISELECT | Kind.CASCADE:
            return {one["id"]: number for number, one in enumerate(field.options)}
        case _ if field.kind in TABLE_OF_KIND:
            return {row_id: number for number, row_id in enumerate(state.tables[TABLE_OF_KIND[field.kind]])}
        case _:
            return {}


def _pair(value: Any) -> tuple[int, Any]:
    return (1, 0) if value is None else (0, value)

"""The clauses of JQL that are about no single field: voters, links, work logged, estimates, categories."""

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.jira import jql_dates, stamps
from sandbox.jira.issue_json import spent_seconds, status_changed
from sandbox.jira.issues import level
from sandbox.jira.jql import Clause, Function, JqlError, Operand, Value
from sandbox.jira.jql_names import issue_id, reference
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_tests import Test, emptiness, equality, figure, likeness, ordered
from sandbox.jira.model import Issue

_USERS: Mapping[str, Callable[[Issue], Iterable[Any]]] = {
    "watcher": lambda issue: issue.watchers,
    "voter": lambda issue: issue.voters,
    "worklogauthor": lambda issue: {row["author"] for row in issue.worklogs},
}
_COUNTS: Mapping[str, Callable[[Issue], float | None]] = {
    "watchers": lambda issue: len(issue.watchers),
    "votes": lambda issue: len(issue.voters),
    "workratio": lambda issue: _ratio(issue),
}
_SECONDS: Mapping[str, Callable[[Issue], int | None]] = {
    "originalestimate": lambda issue: issue.fields.get("timeoriginalestimate"),
    "timeoriginalestimate": lambda issue: issue.fields.get("timeoriginalestimate"),
    "remainingestimate": lambda issue: issue.fields.get("timeestimate"),
    "timeestimate": lambda issue: issue.fields.get("timeestimate"),
    "timespent": lambda issue: spent_seconds(issue) or None,
}


def hanging(clause: Clause, name: str, scope: Scope) -> Test | None:
    """Give the test of such a clause; None when it is about a field.

    Raises:
        JqlError: its operator or value is wrong.
    """
    if name in _USERS:
        field = scope.state.fields["assignee"]
        return equality(clause, _USERS[name], lambda one: reference(one, clause.field, field, scope))
    if name in _COUNTS:
        return ordered(clause, _COUNTS[name], lambda one: figure(one, clause.field))
    if name in _SECONDS:
        return ordered(clause, _SECONDS[name], lambda one: _duration(one, clause.field))
    if name in ("statuscategorychangeddate", "statuscategorychangedate"):
        return ordered(clause, status_changed, lambda one: jql_dates.instant(one, clause.field, scope.moment))
    return _of_parts(clause, name, scope) or _of_places(clause, name, scope)


def _of_parts(clause: Clause, name: str, scope: Scope) -> Test | None:
    """Match by attachments, work logged and links."""
    match name:
        case "attachments" | "attachment":
            return emptiness(clause, lambda issue: [*issue.attachments, *(issue.fields.get("attachment") or ())])
        case "worklogcomment":
            return likeness(clause, [lambda issue: "\n".join(str(row.get("comment") or "") for row in issue.worklogs)])
        case "worklogdate":
            return _worklog_date(clause, scope)
        case "issuelinktype":
            return equality(clause, _link_ends(scope), lambda one: _link_type(one, clause.field, scope))
        case "issuelink" if scope.state.cloud:
            return equality(clause, _linked_ids(scope), lambda one: issue_id(one, clause.field, scope))
        case "parentepic" if scope.state.cloud:
            return equality(clause, _epics(scope), lambda one: issue_id(one, clause.field, scope))
        case _:
            return None


def _of_places(clause: Clause, name: str, scope: Scope) -> Test | None:
    """Match by what the issue's project and type are of."""
    state = scope.state
    match name:
        case "category":
            return equality(
                clause,
                lambda issue: _names((state.project_of(issue).get("projectCategory") or {}).get("name")),
                lambda one: _names(_text(one, clause.field)),
            )
        case "projecttype":
            return equality(
                clause,
                lambda issue: (state.project_of(issue).get("projectTypeKey", "software"),),
                lambda one: _names(_text(one, clause.field)),
            )
        case "hierarchylevel":
            types = state.tables["issuetypes"]
            return ordered(clause, lambda issue: level(types[issue.fields["issuetype"]]), lambda one: figure(one, name))
        case "lastviewed":  # nobody looks at issues in a browser here
            return ordered(clause, lambda _issue: None, lambda one: jql_dates.instant(one, name, scope.moment))
        case _:
            return None


def _ratio(issue: Issue) -> int | None:
    estimate = issue.fields.get("timeoriginalestimate")
    return spent_seconds(issue) * 100 // int(estimate) if estimate else None


def _names(text: Any) -> set[str]:
    return {str(text).casefold()} if text else set()


def _text(one: Operand, field: str) -> str:
    if not isinstance(one, Value):
        raise JqlError(f"The field '{field}' takes a text.")
    return one.text


def _duration(one: Value | Function, field: str) -> int:
    text = one.text if isinstance(one, Value) else one.name
    try:
        return int(text) * 60 if text.isdecimal() else stamps.parse_duration(text)
    except ValueError as error:
        raise JqlError(f"The duration '{text}' is invalid for the field '{field}'.") from error


def _link_ends(scope: Scope) -> Callable[[Issue], set[tuple[str, bool]]]:
    """Give what finds the types of an issue's links, each with whether it leads outward."""
    links, of = scope.state.links, scope.state.links_of
    return lambda issue: {(links[one].type_id, links[one].source == issue.id) for one in of.get(issue.id, ())}


def _linked_ids(scope: Scope) -> Callable[[Issue], set[str]]:
    """Give what finds the ids of the issues that an issue is linked to, by any link."""
    links, of = scope.state.links, scope.state.links_of

    def ids(issue: Issue) -> set[str]:
        ends = (
            links[one].target if links[one].source == issue.id else links[one].source for one in of.get(issue.id, ())
        )
        return {one for one in ends if isinstance(one, str)}

    return ids


def _epics(scope: Scope) -> Callable[[Issue], Iterable[str]]:
    """Give what finds the epic of an issue, or of the issue that it is a sub-task of."""
    issues, types = scope.state.issues, scope.state.tables["issuetypes"]

    def above(issue: Issue) -> Issue | None:
        ref = issue.fields.get("parent")
        return issues.get(ref) if isinstance(ref, str) else None

    def epic(issue: Issue) -> Iterable[str]:
        one = above(issue)
        while one is not None and level(types[one.fields["issuetype"]]) < 1:
            one = above(one)
        return () if one is None else (one.id,)

    return epic


def _link_type(one: Operand, field: str, scope: Scope) -> set[tuple[str, bool]]:
    """Find the ends of links that a name means: those so described; both, where it is the name of the type alone."""
    wanted = _text(one, field).casefold()
    rows = scope.state.tables["link_types"].items()
    found = {
        (row_id, outward)
        for row_id, row in rows
        for outward in (False, True)
        if wanted == str(row.get("outward" if outward else "inward") or row["name"]).casefold()
    }
    found = found or {
        (row_id, outward) for row_id, row in rows for outward in (False, True) if wanted == str(row["name"]).casefold()
    }
    if not found:
        raise JqlError(f"The value '{_text(one, field)}' does not exist for the field '{field}'.")
    return found


def _worklog_date(clause: Clause, scope: Scope) -> Test:
    """Match issues with any worklog whose day is so."""
    bounds: list[str] = []

    def days(issue: Issue) -> list[str]:
        zone = scope.moment.zone
        starts = [int(row.get("started") or row["created"]) for row in issue.worklogs]
        return [datetime.fromtimestamp(one / 1000, tz=zone).date().isoformat() for one in starts]

    def read(one: Value | Function) -> str:
        bounds.append(jql_dates.day(one, clause.field, scope.moment))
        return bounds[-1]

    ordered(clause, lambda _issue: None, read)  # checks operator and values
    compare = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}.get(clause.operator)
    if compare is not None:
        return lambda issue: any(compare(one, bounds[0]) for one in days(issue))
    if not bounds:
        return lambda issue: (not issue.worklogs) is (clause.operator in ("is", "=", "in"))
    if clause.operator in ("!=", "not in"):
        return lambda issue: bool(issue.worklogs) and set(bounds).isdisjoint(days(issue))
    return lambda issue: not set(bounds).isdisjoint(days(issue))

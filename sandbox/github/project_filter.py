"""Which items of a project fit a filter, as the search field of a project has it: the commonest qualifiers."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from sandbox.github.context import Context
from sandbox.github.entities import Issue
from sandbox.github.projects import Project, ProjectItem
from sandbox.github.render_projects import issue_of

Test = Callable[[ProjectItem], bool]


def words_of(text: str) -> list[str]:
    """Cut a filter into its words; quoted ones stay whole."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def fitting(context: Context, project: Project, text: str) -> list[ProjectItem]:
    """List the items that fit every word of a filter, in their order."""
    tests = [_test(context, project, word) for word in words_of(text)]
    return [item for item in project.items if all(test(item) for test in tests)]


def projects_fitting(projects: list[Project], text: str) -> list[Project]:
    """List the projects that fit `is:open`, `is:closed` and words of the title."""
    found = projects
    for word in words_of(text):
        if word in ("is:open", "is:closed"):
            found = [each for each in found if each.closed is (word == "is:closed")]
        elif ":" not in word:
            found = [each for each in found if word.casefold() in each.title.casefold()]
    return found


def _test(context: Context, project: Project, word: str) -> Test:
    unless = word.startswith("-") and ":" in word
    name, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        return lambda item: word.casefold() in _title(context, item).casefold()
    test = _qualified(context, project, name.casefold(), value.casefold())
    return (lambda item: not test(item)) if unless else test


def _title(context: Context, item: ProjectItem) -> str:
    issue = issue_of(context, item)
    return item.draft.title if item.draft else issue.title if issue else ""


def _qualified(context: Context, project: Project, name: str, value: str) -> Test:
    if name in ("no", "has"):
        return lambda item: bool(_values(context, project, item, value)) is (name == "has")
    if name == "is":
        return lambda item: value in _states(context, item)
    if name == "updated":
        return lambda item: _compared(item.updated_at, value)
    wanted = value.split(",")
    return lambda item: any(_fits(each, one) for each in _values(context, project, item, name) for one in wanted)


def _states(context: Context, item: ProjectItem) -> set[str]:
    archived = {"archived"} if item.archived else set()
    if item.draft:
        return {"draft", *archived}
    issue = issue_of(context, item)
    if issue is None:
        return archived
    pull = issue.pull_request
    return {"pr" if pull else "issue", issue.state, *({"merged"} if pull and pull.merged_at else ()), *archived}


def _compared(has: str, value: str) -> bool:
    sign = next((each for each in (">=", "<=", ">", "<") if value.startswith(each)), "")
    day, wanted = has[:10], value.removeprefix(sign)[:10]
    return {">=": day >= wanted, "<=": day <= wanted, ">": day > wanted, "<": day < wanted}.get(sign, day == wanted)


def _fits(has: str, wanted: str) -> bool:
    if wanted[:1] in "<>" and wanted[:1]:
        sign = next(each for each in (">=", "<=", ">", "<") if wanted.startswith(each))
        try:
            left: Any = float(has)
            right: Any = float(wanted.removeprefix(sign))
        except ValueError:
            left, right = has, wanted.removeprefix(sign)
        return bool({">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[sign])
    return has.casefold() == wanted


def _values(context: Context, project: Project, item: ProjectItem, name: str) -> list[str]:
    """Give what an item holds under the name of a qualifier: a field's, with hyphens for blanks, or one of an issue."""
    field = next((each for each in project.fields if each.name.casefold().replace(" ", "-") == name), None)
    if field is not None:
        value = item.values.get(field.name)
        return [] if value is None else [f"{value:g}" if isinstance(value, float) else str(value)]
    issue = issue_of(context, item)
    if issue is None:
        return item.draft.assignees if item.draft and name in ("assignee", "assignees") else []
    return _of_issue(context, issue, name)


def _of_issue(context: Context, issue: Issue, name: str) -> list[str]:
    milestone = issue.repo.milestone(issue.milestone)
    parent = context.state.issues.get(issue.parent or 0)
    reviewers = issue.pull_request.requested_reviewers if issue.pull_request else []
    held: dict[str, list[str | None]] = {
        "assignee": [*issue.assignees],
        "label": [*issue.labels],
        "milestone": [milestone.title if milestone else None],
        "repo": [issue.repo.full_name],
        "type": [issue.type],
        "reason": [issue.state_reason],
        "reviewers": [*reviewers],
        "parent-issue": [f"{parent.repo.full_name}#{parent.number}" if parent else None],
        "title": [issue.title],
    }
    singular = {"assignees": "assignee", "labels": "label", "repository": "repo"}
    return [each for each in held.get(singular.get(name, name), []) if each]

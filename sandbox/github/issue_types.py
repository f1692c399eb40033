"""Handlers of the issue types of an organization."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github.access import allows_account, error, not_found, refused, schema_mismatch
from sandbox.github.accounts import Account, IssueType
from sandbox.github.context import Context, choice, flag, text

COLORS = ("gray", "blue", "green", "yellow", "orange", "red", "pink", "purple")
MOST = 25
"""How many an organization may have."""


def _organization(context: Context, org: str) -> Account:
    account = context.state.account(org)
    if account is None or not account.is_organization:
        raise not_found()
    return account


def listed(context: Context, org: str) -> Response:
    """`GET orgs/ORG/issue-types`."""
    found = _organization(context, org).issue_types
    return json_response([context.render.issue_type(each) for each in found])


def _owned(context: Context, org: str) -> Account:
    """Find an organization whose types the caller may change; raises HttpError."""
    account = _organization(context, org)
    state, rights = context.state, context.rights
    if not allows_account(state, rights, account.login, "organization_administration", "write"):
        raise refused(rights, "organization_administration", "write")
    if not rights.app and account.members.get(rights.login) != "admin":
        raise error(403, "You must be an organization owner to manage issue types.")
    return account


def _values(account: Account, body: dict[str, Any], own: IssueType | None) -> dict[str, Any]:
    name = (text(body, "name", needed=True) or "").strip()
    if "is_enabled" not in body:
        raise schema_mismatch('"is_enabled" wasn\'t supplied.')
    if not name:
        raise error(422, "Name can't be blank")
    if any(each.name.casefold() == name.casefold() and each is not own for each in account.issue_types):
        raise error(422, "Name has already been taken")
    return {
        "name": name,
        "is_enabled": flag(body, "is_enabled", default=True),
        "description": text(body, "description"),
        "color": choice(body, "color", COLORS),
    }


def create(context: Context, org: str) -> Json:
    """`POST orgs/ORG/issue-types`."""
    account = _owned(context, org)
    values = _values(account, context.body(), None)
    if len(account.issue_types) >= MOST:
        raise error(422, f"Maximum number of issue types ({MOST}) has been reached")
    now = context.state.stamp()
    made = IssueType(id=context.state.next_id("issue_type"), created_at=now, updated_at=now, **values)
    account.issue_types.append(made)
    context.state.writes += 1
    return context.render.issue_type(made)


def _one(account: Account, issue_type_id: int) -> IssueType:
    found = next((each for each in account.issue_types if each.id == issue_type_id), None)
    if found is None:
        raise not_found()
    return found


def _bear(context: Context, account: Account, before: str, after: str | None) -> None:
    """Let the issues of a type bear its new name, or no type."""
    for repo in context.state.owned(account.login):
        for issue in (each for each in repo.issues if each.type == before):
            issue.type = after
            context.edits.moved(issue, "issue_type_edited")
        for event in (event for issue in repo.issues for event in issue.events):
            event.issue_type = after if event.issue_type == before else event.issue_type
            event.prev_issue_type = after if event.prev_issue_type == before else event.prev_issue_type
        context.state.touch(repo)


def edit(context: Context, org: str, issue_type_id: int) -> Json:
    """`PUT orgs/ORG/issue-types/ID`: issues keep it under its new name."""
    account = _owned(context, org)
    found = _one(account, issue_type_id)
    values = _values(account, context.body(), found)
    before = found.name
    for name, value in values.items():
        setattr(found, name, value)
    found.updated_at = context.state.stamp()
    _bear(context, account, before, found.name)
    return context.render.issue_type(found)


def delete(context: Context, org: str, issue_type_id: int) -> Response:
    """`DELETE orgs/ORG/issue-types/ID`: issues lose it without an event."""
    account = _owned(context, org)
    found = _one(account, issue_type_id)
    account.issue_types.remove(found)
    _bear(context, account, found.name, None)
    return empty_response()

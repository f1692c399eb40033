"""The table of REST routes: what a token and its account need for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.github import catalogue, hooks, issues, parts, people, pulls, search
from sandbox.github.access import Role

ISSUES, PULLS, EITHER, META = "issues", "pull_requests", "issues|pull_requests", "metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepoRoute:
    """A route below a repository.

    Attributes:
        permission: what a token needs, see `sandbox.github.access.allows`.
        least: what the account needs.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    permission: str
    least: Role = Role.READ

    @property
    def needed(self) -> str:
        """Whether the token needs to read or to write."""
        return "read" if self.method == "GET" else "write"


def repository_routes() -> Iterator[RepoRoute]:
    """List what lies below `/repos/OWNER/NAME` and `/repositories/ID`."""
    for permission, least, table in (
        (META, Role.READ, _REPOSITORY),
        ("administration", Role.ADMIN, _ADMINISTRATION),
        ("repository_hooks", Role.ADMIN, _HOOKS),
        (EITHER, Role.READ, _BY_ANYBODY),
        (EITHER, Role.TRIAGE, _BY_TRIAGE),
        (EITHER, Role.WRITE, _BY_WRITERS),
        (PULLS, Role.READ, _PULLS),
        (PULLS, Role.WRITE, _PULLS_BY_WRITERS),
        ("contents", Role.READ, _RELEASES),
        ("contents", Role.WRITE, _RELEASES_BY_WRITERS),
        ("checks", Role.READ, _CHECKS),
    ):
        for entry, handler in table.items():
            method, _, path = entry.partition(" ")
            yield RepoRoute(method=method, path=path, handler=handler, permission=permission, least=least)


Table = dict[str, Callable[..., Any]]

_REPOSITORY: Table = {
    "GET ": catalogue.get,
    "GET /assignees": issues.assignees,
    "GET /assignees/<login>": issues.assignee,
    "GET /collaborators": catalogue.collaborators,
    "GET /collaborators/<login>/permission": catalogue.permission,
}
_ADMINISTRATION: Table = {"PATCH ": catalogue.edit}
_HOOKS: Table = {
    "GET /hooks": hooks.list_of_repo,
    "POST /hooks": hooks.create,
    "GET /hooks/<int:hook_id>": hooks.get,
    "PATCH /hooks/<int:hook_id>": hooks.edit,
    "DELETE /hooks/<int:hook_id>": hooks.delete,
    "GET /hooks/<int:hook_id>/config": hooks.config,
    "POST /hooks/<int:hook_id>/pings": hooks.ping,
    "GET /hooks/<int:hook_id>/deliveries": hooks.deliveries,
    "GET /hooks/<int:hook_id>/deliveries/<int:delivery_id>": hooks.delivery,
    "POST /hooks/<int:hook_id>/deliveries/<int:delivery_id>/attempts": hooks.redeliver,
}
_BY_ANYBODY: Table = {
    "GET /issues": issues.list_of_repo,
    "POST /issues": issues.create,
    "GET /issues/<int:number>": issues.get,
    "PATCH /issues/<int:number>": issues.edit,
    "GET /issues/comments": parts.comments_of_repo,
    "GET /issues/comments/<int:comment_id>": parts.get_comment,
    "PATCH /issues/comments/<int:comment_id>": parts.edit_comment,
    "DELETE /issues/comments/<int:comment_id>": parts.delete_comment,
    "GET /issues/<int:number>/comments": parts.comments_of_issue,
    "POST /issues/<int:number>/comments": parts.create_comment,
    "GET /issues/<int:number>/labels": parts.labels,
    "GET /issues/events": parts.events_of_repo,
    "GET /issues/events/<int:event_id>": parts.event,
    "GET /issues/<int:number>/events": parts.events_of_issue,
    "GET /issues/<int:number>/timeline": parts.timeline,
    "GET /issues/<int:number>/sub_issues": parts.sub_issues,
    "GET /issues/<int:number>/parent": parts.parent,
    "GET /issues/<int:number>/dependencies/blocked_by": parts.blocked_by,
    "GET /issues/<int:number>/dependencies/blocking": parts.blocking,
    "GET /labels": catalogue.labels,
    "GET /labels/<name>": catalogue.label,
    "GET /milestones": catalogue.milestones,
    "GET /milestones/<int:number>": catalogue.milestone,
    "GET /milestones/<int:number>/labels": catalogue.milestone_labels,
}
_BY_TRIAGE: Table = {
    "POST /issues/<int:number>/labels": parts.add_labels,
    "PUT /issues/<int:number>/labels": parts.set_labels,
    "DELETE /issues/<int:number>/labels": parts.clear_labels,
    "DELETE /issues/<int:number>/labels/<name>": parts.remove_label,
    "POST /issues/<int:number>/sub_issues": parts.add_sub_issue,
    "DELETE /issues/<int:number>/sub_issue": parts.remove_sub_issue,
    "PATCH /issues/<int:number>/sub_issues/priority": parts.order_sub_issue,
    "POST /issues/<int:number>/dependencies/blocked_by": parts.add_blocker,
    "DELETE /issues/<int:number>/dependencies/blocked_by/<int:issue_id>": parts.remove_blocker,
    "POST /issues/<int:number>/assignees": issues.add_assignees,
    "DELETE /issues/<int:number>/assignees": issues.remove_assignees,
}
_BY_WRITERS: Table = {
    "PUT /issues/<int:number>/lock": issues.lock,
    "DELETE /issues/<int:number>/lock": issues.unlock,
    "POST /labels": catalogue.create_label,
    "PATCH /labels/<name>": catalogue.edit_label,
    "DELETE /labels/<name>": catalogue.delete_label,
    "POST /milestones": catalogue.create_milestone,
    "PATCH /milestones/<int:number>": catalogue.edit_milestone,
    "DELETE /milestones/<int:number>": catalogue.delete_milestone,
}
_PULLS: Table = {
    "GET /pulls": pulls.list_of_repo,
    "POST /pulls": pulls.create,
    "GET /pulls/<int:number>": pulls.get,
    "PATCH /pulls/<int:number>": pulls.edit,
    "GET /pulls/<int:number>/merge": pulls.merged,
    "GET /pulls/comments": pulls.comments_of_repo,
    "GET /pulls/comments/<int:comment_id>": pulls.review_comment,
    "PATCH /pulls/comments/<int:comment_id>": pulls.edit_review_comment,
    "DELETE /pulls/comments/<int:comment_id>": pulls.delete_review_comment,
    "GET /pulls/<int:number>/comments": pulls.review_comments,
    "GET /pulls/<int:number>/reviews": pulls.reviews,
    "POST /pulls/<int:number>/reviews": pulls.create_review,
    "GET /pulls/<int:number>/reviews/<int:review_id>": pulls.review,
    "GET /pulls/<int:number>/reviews/<int:review_id>/comments": pulls.comments_of_review,
    "GET /pulls/<int:number>/requested_reviewers": pulls.requested_reviewers,
}
_PULLS_BY_WRITERS: Table = {
    "PUT /pulls/<int:number>/merge": pulls.merge,
    "POST /pulls/<int:number>/requested_reviewers": pulls.request_reviewers,
}
_RELEASES: Table = {
    "GET /releases": catalogue.releases,
    "GET /releases/latest": catalogue.latest_release,
    "GET /releases/tags/<path:tag>": catalogue.release_by_tag,
    "GET /releases/<int:release_id>": catalogue.release,
}
_RELEASES_BY_WRITERS: Table = {"POST /releases": catalogue.create_release}
_CHECKS: Table = {
    "GET /commits/<path:ref>/check-runs": pulls.check_runs,
    "GET /commits/<path:ref>/status": pulls.combined_status,
}

OTHER: Table = {
    "GET /": search.root,
    "GET /meta": search.meta,
    "GET /search/issues": search.issues,
    "GET /user": people.me,
    "GET /user/orgs": people.my_organizations,
    "GET /user/repos": people.my_repos,
    "GET /user/<int:user_id>": people.user_by_id,
    "GET /users/<login>": people.user,
    "GET /users/<login>/repos": people.repos_of_user,
    "GET /users/<org>/installation": people.installation_of_account,
    "GET /issues": issues.of_caller,
    "GET /orgs/<org>": people.organization,
    "GET /organizations/<int:org_id>": people.organization_by_id,
    "GET /orgs/<org>/issues": issues.of_organization,
    "GET /orgs/<org>/repos": people.repos_of_organization,
    "GET /orgs/<org>/members": people.members,
    "GET /orgs/<org>/members/<login>": people.member,
    "GET /orgs/<org>/issue-types": people.issue_types,
    "GET /orgs/<org>/installation": people.installation_of_account,
    "GET /repos/<owner>/<repo_name>/installation": people.installation_of_repo,
    "GET /app": people.app,
    "GET /app/installations": people.installations,
    "GET /app/installations/<int:installation_id>": people.installation,
    "POST /app/installations/<int:installation_id>/access_tokens": people.create_token,
    "GET /installation/repositories": people.installation_repositories,
    "DELETE /installation/token": people.revoke_token,
    "GET /orgs/<org>/hooks": hooks.list_of_organization,
    "GET /orgs/<org>/hooks/<int:hook_id>": hooks.get_of_organization,
    "GET /orgs/<org>/hooks/<int:hook_id>/deliveries": hooks.deliveries_of_organization,
    "GET /orgs/<org>/hooks/<int:hook_id>/deliveries/<int:delivery_id>": hooks.delivery_of_organization,
    "POST /orgs/<org>/hooks/<int:hook_id>/deliveries/<int:delivery_id>/attempts": hooks.redeliver_of_organization,
}
"""What does not lie below one repository; each handler sees for itself who may."""

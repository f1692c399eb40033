"""The table of REST routes: what a token and its account need for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.github import (
    catalogue,
    checks,
    code,
    contents,
    hooks,
    issues,
    parts,
    pulls,
    reactions,
    releases,
    repositories,
    reviews,
    suites,
    teams,
)
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
    "GET ": repositories.get,
    "GET /assignees": issues.assignees,
    "GET /assignees/<login>": issues.assignee,
    "GET /collaborators": repositories.collaborators,
    "GET /collaborators/<login>": repositories.collaborator,
    "GET /collaborators/<login>/permission": repositories.permission,
    "GET /topics": repositories.topics,
    "GET /contributors": repositories.contributors,
    "GET /stargazers": repositories.none,
    "GET /subscribers": repositories.none,
    "GET /forks": repositories.none,
    "GET /deployments": repositories.none,
    "GET /languages": repositories.nothing,
    "GET /teams": teams.of_repository,
    "GET /branches": code.branches,
    "GET /branches/<path:name>": code.branch,
    "GET /tags": code.tags,
}
_ADMINISTRATION: Table = {
    "PATCH ": repositories.edit,
    "DELETE ": repositories.delete,
    "PUT /collaborators/<login>": repositories.add_collaborator,
    "DELETE /collaborators/<login>": repositories.remove_collaborator,
    "PUT /topics": repositories.set_topics,
}
_HOOKS: Table = {
    "GET /hooks": hooks.list_of_repo,
    "POST /hooks": hooks.create,
    "GET /hooks/<int:hook_id>": hooks.get,
    "PATCH /hooks/<int:hook_id>": hooks.edit,
    "DELETE /hooks/<int:hook_id>": hooks.delete,
    "GET /hooks/<int:hook_id>/config": hooks.config,
    "PATCH /hooks/<int:hook_id>/config": hooks.edit_config,
    "POST /hooks/<int:hook_id>/tests": hooks.try_out,
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
    "GET /issues/<int:number>/assignees/<login>": issues.assignee_of_issue,
    **reactions.table("issues", "issues/comments"),
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
    "PUT /issues/comments/<int:comment_id>/pin": parts.pin_comment,
    "DELETE /issues/comments/<int:comment_id>/pin": parts.unpin_comment,
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
    "GET /pulls/<int:number>/commits": code.of_pull,
    "GET /pulls/<int:number>/files": pulls.files,
    "GET /pulls/comments": reviews.comments_of_repo,
    "GET /pulls/comments/<int:comment_id>": reviews.review_comment,
    "PATCH /pulls/comments/<int:comment_id>": reviews.edit_review_comment,
    "DELETE /pulls/comments/<int:comment_id>": reviews.delete_review_comment,
    "GET /pulls/<int:number>/comments": reviews.review_comments,
    "POST /pulls/<int:number>/comments": reviews.create_comment,
    "POST /pulls/<int:number>/comments/<int:comment_id>/replies": reviews.reply,
    "GET /pulls/<int:number>/reviews": reviews.reviews,
    "POST /pulls/<int:number>/reviews": reviews.create_review,
    "GET /pulls/<int:number>/reviews/<int:review_id>": reviews.review,
    "PUT /pulls/<int:number>/reviews/<int:review_id>": reviews.edit_review,
    "DELETE /pulls/<int:number>/reviews/<int:review_id>": reviews.delete_review,
    "POST /pulls/<int:number>/reviews/<int:review_id>/events": reviews.submit_review,
    "GET /pulls/<int:number>/reviews/<int:review_id>/comments": reviews.comments_of_review,
    "GET /pulls/<int:number>/requested_reviewers": reviews.requested_reviewers,
    **reactions.table("pulls/comments"),
}
_PULLS_BY_WRITERS: Table = {
    "PUT /pulls/<int:number>/merge": pulls.merge,
    "PUT /pulls/<int:number>/update-branch": pulls.update_branch,
    "PUT /pulls/<int:number>/reviews/<int:review_id>/dismissals": reviews.dismiss_review,
    "POST /pulls/<int:number>/requested_reviewers": reviews.request_reviewers,
    "DELETE /pulls/<int:number>/requested_reviewers": reviews.withdraw_reviewers,
}
_RELEASES: Table = {
    "GET /releases": releases.releases,
    "GET /releases/latest": releases.latest_release,
    "GET /releases/tags/<path:tag>": releases.release_by_tag,
    "GET /releases/<int:release_id>": releases.release,
    "GET /releases/<int:release_id>/assets": releases.assets,
    "GET /releases/assets/<int:asset_id>": releases.asset,
    **reactions.table("releases"),
    "GET /contents": contents.root,
    "GET /contents/<path:path>": contents.get,
    "GET /readme": contents.readme,
    "GET /compare/<path:basehead>": code.compare,
    "GET /commits": code.commits,
    "GET /commits/<path:ref>": code.commit,
    "GET /commits/<sha>/pulls": code.pulls_of_commit,
    "GET /git/ref/<path:ref>": code.reference,
    "GET /git/commits/<sha>": code.git_commit,
}
_RELEASES_BY_WRITERS: Table = {
    "POST /releases": releases.create_release,
    "PATCH /releases/<int:release_id>": releases.edit,
    "DELETE /releases/<int:release_id>": releases.delete,
    "POST /releases/generate-notes": releases.notes,
    "POST /releases/<int:release_id>/assets": releases.upload,
    "PATCH /releases/assets/<int:asset_id>": releases.edit_asset,
    "DELETE /releases/assets/<int:asset_id>": releases.delete_asset,
    "POST /git/refs": code.create_reference,
    "PATCH /git/refs/<path:ref>": code.move_reference,
    "DELETE /git/refs/<path:ref>": code.delete_reference,
}
_CHECKS: Table = {
    "GET /check-runs/<int:check_run_id>": checks.check_run,
    "GET /check-runs/<int:check_run_id>/annotations": checks.notes,
    "POST /check-runs": checks.create,
    "PATCH /check-runs/<int:check_run_id>": checks.edit,
    "GET /commits/<path:ref>/check-runs": checks.check_runs,
    "GET /commits/<path:ref>/check-suites": suites.list_of_commit,
    "GET /check-suites/<int:suite_id>": suites.one,
    "GET /check-suites/<int:suite_id>/check-runs": suites.runs,
    "GET /commits/<path:ref>/status": checks.combined_status,
    "GET /commits/<path:ref>/statuses": checks.statuses,
    "GET /statuses/<path:ref>": checks.statuses,
}

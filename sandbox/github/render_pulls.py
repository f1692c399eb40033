"""Writes pull requests, their reviews and checks as GitHub's REST API does."""

from __future__ import annotations

from typing import Any

from sandbox.github import ids
from sandbox.github.entities import CheckRun, Issue, PullRequest, Repo, Review, ReviewComment
from sandbox.github.render import Render


def issue_node(issue: Issue) -> str:
    """Give the node id of an issue or pull request."""
    if issue.pull_request:
        return ids.node_id(ids.PULL_REQUEST, issue.repo.id, issue.pull_request.id)
    return ids.node_id(ids.ISSUE, issue.repo.id, issue.id)


class PullRender(Render):
    """Renders what belongs to pull requests."""

    def html_of(self, issue: Issue) -> str:
        """Give the address of an issue on the site."""
        place = "pull" if issue.pull_request else "issues"
        return f"{self.html}/{issue.repo.full_name}/{place}/{issue.number}"

    def pull(self, issue: Issue, *, full: bool) -> dict[str, Any]:
        """Render a pull request, as listed or by itself."""
        pull = issue.pull_request
        if pull is None:
            raise LookupError(f"#{issue.number} is no pull request")
        repo = issue.repo
        at = f"{self.api}/repos/{repo.full_name}"
        url, html = f"{at}/pulls/{issue.number}", self.html_of(issue)
        assignees = [self.someone(each) for each in issue.assignees]
        links = {
            "self": url,
            "html": html,
            "issue": f"{at}/issues/{issue.number}",
            "comments": f"{at}/issues/{issue.number}/comments",
            "review_comments": f"{url}/comments",
            "review_comment": f"{at}/pulls/comments{{/number}}",
            "commits": f"{url}/commits",
            "statuses": f"{at}/statuses/{pull.head_sha}",
        }
        return {
            "url": url,
            "id": pull.id,
            "node_id": issue_node(issue),
            "html_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            **{f"{name}_url": link for name, link in links.items() if name not in ("self", "html")},
            "number": issue.number,
            "state": issue.state,
            "locked": issue.locked,
            "title": issue.title,
            "user": self.someone(issue.user),
            **self.texts(issue.body),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_commit_sha,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "requested_reviewers": [self.someone(each) for each in pull.requested_reviewers],
            "requested_teams": [],
            "labels": self.labels(issue),
            "milestone": self.milestone(repo, repo.milestone(issue.milestone)) if issue.milestone else None,
            "draft": pull.draft,
            "head": self._branch(self._head_repo(repo, pull), pull.head, pull.head_sha),
            "base": self._branch(repo, pull.base, pull.base_sha),
            "_links": {name: {"href": link} for name, link in links.items()},
            "author_association": self.association(issue.user, repo),
            "auto_merge": None,
            "active_lock_reason": issue.active_lock_reason,
            **(self._pull_rest(issue, pull) if full else {}),
        }

    def _pull_rest(self, issue: Issue, pull: PullRequest) -> dict[str, Any]:
        mergeable = None if pull.merged_at else pull.mergeable
        clean = {True: "clean", False: "dirty", None: "unknown"}[mergeable]
        return {
            "merged": pull.merged_at is not None,
            "mergeable": mergeable,
            "rebaseable": mergeable,
            "mergeable_state": "draft" if pull.draft else clean,
            "merged_by": self.user(pull.merged_by),
            "comments": len(issue.comments),
            "review_comments": len(pull.review_comments),
            "maintainer_can_modify": False,
            "commits": pull.commits,
            "additions": pull.additions,
            "deletions": pull.deletions,
            "changed_files": pull.changed_files,
        }

    def _head_repo(self, repo: Repo, pull: PullRequest) -> Repo:
        return (self.state.repo(pull.head_repository) if pull.head_repository else None) or repo

    def _branch(self, repo: Repo, ref: str, sha: str) -> dict[str, Any]:
        return {
            "label": f"{repo.owner}:{ref}",
            "ref": ref,
            "sha": sha,
            "user": self.someone(repo.owner),
            "repo": self.repo(repo),
        }

    def review(self, issue: Issue, review: Review) -> dict[str, Any]:
        """Render a review."""
        html = f"{self.html_of(issue)}#pullrequestreview-{review.id}"
        url = f"{self.api}/repos/{issue.repo.full_name}/pulls/{issue.number}"
        return {
            "id": review.id,
            "node_id": ids.node_id(ids.REVIEW, issue.repo.id, review.id),
            "user": self.someone(review.user),
            **self.texts(review.body),
            "state": review.state,
            "html_url": html,
            "pull_request_url": url,
            "author_association": self.association(review.user, issue.repo),
            "_links": {"html": {"href": html}, "pull_request": {"href": url}},
            "submitted_at": review.submitted_at,
            "commit_id": review.commit_id,
        }

    def review_comment(self, comment: ReviewComment) -> dict[str, Any]:
        """Render a comment on a line."""
        issue = comment.issue
        at = f"{self.api}/repos/{issue.repo.full_name}"
        url, pull = f"{at}/pulls/comments/{comment.id}", f"{at}/pulls/{issue.number}"
        html = f"{self.html_of(issue)}#discussion_r{comment.id}"
        reply = {"in_reply_to_id": comment.in_reply_to} if comment.in_reply_to else {}
        return {
            "url": url,
            "pull_request_review_id": comment.review,
            "id": comment.id,
            "node_id": ids.node_id(ids.REVIEW_COMMENT, issue.repo.id, comment.id),
            "diff_hunk": comment.diff_hunk,
            "path": comment.path,
            "commit_id": comment.commit_id,
            "original_commit_id": comment.commit_id,
            "user": self.someone(comment.user),
            **self.texts(comment.body),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            "html_url": html,
            "pull_request_url": pull,
            "author_association": self.association(comment.user, issue.repo),
            "_links": {"self": {"href": url}, "html": {"href": html}, "pull_request": {"href": pull}},
            "reactions": self.reactions(url, comment),
            "start_line": None,
            "original_start_line": None,
            "start_side": None,
            "line": comment.line,
            "original_line": comment.line,
            "side": "RIGHT",
            **reply,
            "original_position": comment.line,
            "position": comment.line,
            "subject_type": "line",
        }

    def check_run(self, issue: Issue, check: CheckRun) -> dict[str, Any]:
        """Render a check run of a pull request's head."""
        pull = issue.pull_request
        url = f"{self.api}/repos/{issue.repo.full_name}/check-runs/{check.id}"
        html = f"{self.html}/{issue.repo.full_name}/runs/{check.id}"
        output = {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{url}/annotations",
        }
        return {
            "id": check.id,
            "name": check.name,
            "node_id": ids.node_id(ids.CHECK_RUN, issue.repo.id, check.id),
            "head_sha": pull.head_sha if pull else "",
            "external_id": "",
            "url": url,
            "html_url": html,
            "details_url": html,
            "status": check.status,
            "conclusion": check.conclusion,
            "started_at": check.started_at,
            "completed_at": check.completed_at,
            "output": output,
            "check_suite": {"id": min(each.id for each in pull.checks if each.app == check.app) if pull else check.id},
            "app": self.app(check.app),
            "pull_requests": [],
        }

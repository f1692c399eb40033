"""Writes issues and their conversation as GitHub's REST API does."""

from __future__ import annotations

from typing import Any

from sandbox.github import ids
from sandbox.github.entities import Comment, Event, Issue, Repo
from sandbox.github.render_pulls import PullRender, issue_node

TIMELINE_ONLY = frozenset({"cross-referenced"})
"""Events that the lists of events leave out."""

_TIES = {
    f"{tie}_{change}": tie
    for tie in ("sub_issue", "parent_issue", "blocked_by", "blocking")
    for change in ("added", "removed")
}


class IssueRender(PullRender):
    """Renders what belongs to issues."""

    def issue(self, issue: Issue, *, with_repository: bool = False) -> dict[str, Any]:
        """Render an issue, or a pull request as one."""
        repo = issue.repo
        url = f"{self.api}/repos/{repo.full_name}/issues/{issue.number}"
        assignees = [self.someone(each) for each in issue.assignees]
        rendered = {
            "url": url,
            "repository_url": f"{self.api}/repos/{repo.full_name}",
            "labels_url": f"{url}/labels{{/name}}",
            "comments_url": f"{url}/comments",
            "events_url": f"{url}/events",
            "html_url": self.html_of(issue),
            "id": issue.id,
            "node_id": issue_node(issue),
            "number": issue.number,
            "title": issue.title,
            "user": self.someone(issue.user),
            "labels": self.labels(issue),
            "state": issue.state,
            "locked": issue.locked,
            "assignee": assignees[0] if assignees else None,
            "assignees": assignees,
            "milestone": self.milestone(repo, repo.milestone(issue.milestone)) if issue.milestone else None,
            "comments": len(issue.comments),
            "created_at": issue.created_at,
            "updated_at": issue.updated_at,
            "closed_at": issue.closed_at,
            "author_association": self.association(issue.user, repo),
            "type": self.issue_type(self.type_of(repo, issue.type)),
            "active_lock_reason": issue.active_lock_reason,
            **self._pull_part(issue),
            "sub_issues_summary": self.sub_issues(issue),
            "issue_dependencies_summary": self.dependencies(issue),
            **self.texts(issue.body),
            "closed_by": self.user(issue.closed_by) if issue.state == "closed" else None,
            "reactions": self.reactions(url, issue),
            "timeline_url": f"{url}/timeline",
            "performed_via_github_app": self.app(issue.app),
            "state_reason": issue.state_reason,
            "parent_issue_url": self._url_of(issue.parent),
        }
        if with_repository:
            rendered["repository"] = self.repo(repo)
        return rendered

    def _url_of(self, number: int | None) -> str | None:
        if number is None:
            return None
        issue = self.state.issues[number]
        return f"{self.api}/repos/{issue.repo.full_name}/issues/{issue.number}"

    def _pull_part(self, issue: Issue) -> dict[str, Any]:
        pull = issue.pull_request
        if pull is None:
            return {}
        html = self.html_of(issue)
        return {
            "draft": pull.draft,
            "pull_request": {
                "url": f"{self.api}/repos/{issue.repo.full_name}/pulls/{issue.number}",
                "html_url": html,
                "diff_url": f"{html}.diff",
                "patch_url": f"{html}.patch",
                "merged_at": pull.merged_at,
            },
        }

    def sub_issues(self, issue: Issue) -> dict[str, int]:
        """Render how many sub-issues there are, and how many of them are closed."""
        total = len(issue.sub_issues)
        done = sum(self.state.issues[each].state == "closed" for each in issue.sub_issues)
        return {"total": total, "completed": done, "percent_completed": 100 * done // total if total else 0}

    def dependencies(self, issue: Issue) -> dict[str, int]:
        """Count the issues that block an issue and that it blocks, open ones and all."""
        issues = self.state.issues
        return {
            "blocked_by": sum(issues[each].state == "open" for each in issue.blocked_by),
            "total_blocked_by": len(issue.blocked_by),
            "blocking": sum(issues[each].state == "open" for each in issue.blocking),
            "total_blocking": len(issue.blocking),
        }

    def comment(self, comment: Comment) -> dict[str, Any]:
        """Render a comment on an issue."""
        issue = comment.issue
        repo = f"{self.api}/repos/{issue.repo.full_name}"
        url = f"{repo}/issues/comments/{comment.id}"
        return {
            "url": url,
            "html_url": f"{self.html_of(issue)}#issuecomment-{comment.id}",
            "issue_url": f"{repo}/issues/{issue.number}",
            "id": comment.id,
            "node_id": ids.node_id(ids.COMMENT, issue.repo.id, comment.id),
            "user": self.someone(comment.user),
            "created_at": comment.created_at,
            "updated_at": comment.updated_at,
            **self.texts(comment.body),
            "author_association": self.association(comment.user, issue.repo),
            "reactions": self.reactions(url, comment),
            "performed_via_github_app": self.app(comment.app),
            **({"pin": self._pin(comment)} if comment.pinned_at else {}),
        }

    def _pin(self, comment: Comment) -> dict[str, Any]:
        return {"pinned_at": comment.pinned_at, "pinned_by": self.user(comment.pinned_by)}

    # ── events ──

    def event(self, event: Event, *, with_issue: bool = False) -> dict[str, Any]:
        """Render an event as the lists of events do."""
        repo = event.issue.repo
        commit = f"{self.api}/repos/{repo.full_name}/commits/{event.commit_id}" if event.commit_id else None
        rendered: dict[str, Any] = {
            "id": event.id,
            "node_id": ids.node_id(ids.EVENT, repo.id, event.id),
            "url": f"{self.api}/repos/{repo.full_name}/issues/events/{event.id}",
            "actor": self.user(event.actor),
            "event": event.event,
            "commit_id": event.commit_id,
            "commit_url": commit,
            "created_at": event.created_at,
            **({_TIES[event.event]: self.reference(event.other)} if event.event in _TIES else {}),
            **self._event_part(event, repo),
            "performed_via_github_app": self.app(event.app),
        }
        if with_issue:
            rendered["issue"] = self.issue(event.issue)
        return rendered

    def _event_part(self, event: Event, repo: Repo) -> dict[str, Any]:
        match event.event:
            case "labeled" | "unlabeled":
                label = repo.label(event.label or "")
                return {"label": {"name": event.label, "color": label.color if label else "ededed"}}
            case "milestoned" | "demilestoned":
                return {"milestone": {"title": event.milestone or ""}}
            case "assigned" | "unassigned":
                return {"assignee": self.user(event.assignee), "assigner": self.user(event.assigner or event.actor)}
            case "renamed":
                return {"rename": event.rename or {"from": "", "to": event.issue.title}}
            case "locked":
                return {"lock_reason": event.issue.active_lock_reason}
            case "review_requested" | "review_request_removed":
                return {
                    "review_requester": self.user(event.actor),
                    "requested_reviewer": self.user(event.reviewer or event.actor),
                }
            case "issue_type_added" | "issue_type_removed":
                return {"issue_type": self._short_type(repo, event.issue_type)}
            case "issue_type_changed":
                return {
                    "issue_type": self._short_type(repo, event.issue_type),
                    "prev_issue_type": self._short_type(repo, event.prev_issue_type),
                }
            case _:
                return {}

    def _short_type(self, repo: Repo, name: str | None) -> dict[str, Any] | None:
        kind = self.type_of(repo, name)
        return {"id": kind.id, "name": kind.name, "color": kind.color} if kind else None

    def reference(self, number: int | None) -> dict[str, Any] | None:
        """Render an issue as events show the one at the other end."""
        if number is None:
            return None
        issue = self.state.issues[number]
        kind = self.type_of(issue.repo, issue.type)
        short = {"id": kind.id, "node_id": ids.node_id(ids.ISSUE_TYPE, kind.id), "name": kind.name} if kind else None
        return {
            "number": issue.number,
            "title": issue.title,
            "state": issue.state,
            "state_reason": issue.state_reason,
            "repository": self.simple_repo(issue.repo),
            "issue_type": short,
        }

    def timeline(self, issue: Issue) -> list[dict[str, Any]]:
        """Render everything that happened to an issue, oldest first."""
        entries = [(each.created_at, 0, self._timeline_event(each)) for each in issue.events]
        for comment in issue.comments:
            told = {**self.comment(comment), "event": "commented", "actor": self.someone(comment.user)}
            entries.append((comment.created_at, 1, told))
        if issue.pull_request:
            for review in issue.pull_request.reviews:
                told = {**self.review(issue, review), "event": "reviewed", "state": review.state.lower()}
                entries.append((review.submitted_at, 2, told))
        entries.sort(key=lambda entry: entry[:2])
        return [entry for _, _, entry in entries]

    def _timeline_event(self, event: Event) -> dict[str, Any]:
        if event.event != "cross-referenced":
            told = self.event(event)
            told.pop("assigner", None)
            return {**told, "state_reason": event.state_reason} if event.event == "closed" else told
        other = self.state.issues.get(event.other or 0, event.issue)
        return {
            "actor": self.user(event.actor),
            "created_at": event.created_at,
            "updated_at": event.created_at,
            "source": {"type": "issue", "issue": self.issue(other, with_repository=True)},
            "event": "cross-referenced",
        }

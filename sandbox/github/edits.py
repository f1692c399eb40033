"""Changes to issues and what hangs on them, with all that follows: events, `updated_at`, news for webhooks.

REST and GraphQL both change the state through here. Who may do it, and whether the values are good, is settled before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sandbox.github.access import invalid
from sandbox.github.entities import Comment, Event, Issue, Label, Milestone, Repo
from sandbox.github.projects import Project, ProjectItem
from sandbox.github.state import State

TITLE_MOST, BODY_MOST, LABEL_MOST, LABEL_TEXT_MOST = 256, 65_536, 50, 100
ASSIGNEES_MOST, LABELS_MOST = 10, 100
_REFERENCE = re.compile(r"(?:^|[\s(\[])(?:([\w.-]+/[\w.-]+))?#(\d+)\b|/([\w.-]+/[\w.-]+)/(?:issues|pull)/(\d+)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that webhooks are told."""

    event: str
    action: str | None
    repo: Repo | None
    issue: Issue | None
    more: dict[str, Any]
    sender: str
    organization: str | None = None


class Edits:
    """Edits as one caller.

    Args:
        state: what is changed.
        login: who does it.
        app: slug of the app through which it is done.
        tell: is told the news.
    """

    def __init__(self, state: State, *, login: str, app: str | None, tell: Callable[[News], None]) -> None:
        self.state = state
        self.login = login
        self.app = app
        self._tell = tell

    def tell(
        self,
        event: str,
        action: str | None,
        issue: Issue | None,
        *,
        repo: Repo | None = None,
        organization: str | None = None,
        **more: Any,
    ) -> None:
        """Tell news of an issue, a repository or an organization."""
        place = issue.repo if issue else repo
        made = News(
            event=event,
            action=action,
            repo=place,
            issue=issue,
            more=more,
            sender=self.login,
            organization=organization,
        )
        self._tell(made)

    def tell_project(self, project: Project, item: ProjectItem, action: str, **more: Any) -> None:
        """Tell news of an item of a project: organizations' hooks alone hear of them."""
        self.tell("projects_v2_item", action, None, organization=project.owner, project=project, item=item, **more)

    def remember(self, issue: Issue) -> None:
        """Keep an issue as it is before a change, for lists that lag behind."""
        lag = self.state.switches.list_lag_seconds
        if lag > 0:
            now = self.state.clock.seconds()
            if issue.before is None or now >= issue.before[0]:
                lists: dict[str, Any] = {
                    name: list(getattr(issue, name)) for name in ("labels", "assignees", "comments")
                }
                issue.before = (now + lag, replace(issue, **lists))

    def moved(self, issue: Issue, what: str) -> None:
        """Note a change; moves `updated_at` where the switches say so."""
        if what in self.state.switches.moves_updated_at:
            issue.updated_at = max(self.state.stamp(), issue.updated_at)
        self.state.touch(issue.repo)

    def event(self, issue: Issue, name: str, **more: Any) -> Event:
        """Add an event."""
        made = Event(
            event=name,
            id=self.state.next_id("event"),
            actor=self.login,
            created_at=self.state.stamp(),
            app=self.app,
            issue=issue,
            **more,
        )
        issue.events.append(made)
        self.state.events[made.id] = made
        return made

    # ── issues ──

    def create_issue(self, repo: Repo, title: str, body: str | None) -> Issue:
        """Make an issue."""
        now = self.state.stamp()
        issue = Issue(
            number=max(repo.by_number, default=0) + 1,
            title=title,
            body=body,
            user=self.login,
            id=self.state.next_id("issue"),
            created_at=now,
            updated_at=now,
            app=self.app,
            repo=repo,
        )
        if (lag := self.state.switches.list_lag_seconds) > 0:
            issue.before = (self.state.clock.seconds() + lag, None)
        repo.issues.append(issue)
        repo.by_number[issue.number] = issue
        self.state.issues[issue.id] = issue
        self.state.touch(repo)
        self.cross_reference(issue, body)
        return issue

    def set_title(self, issue: Issue, title: str) -> None:
        """Change the title; nothing when it is the same."""
        if title == issue.title:
            return
        before, issue.title = issue.title, title
        self.event(issue, "renamed", rename={"from": before, "to": title})
        self.moved(issue, "title")
        self._edited(issue, {"title": {"from": before}})

    def set_body(self, issue: Issue, body: str | None) -> None:
        """Change the description; nothing when it is the same."""
        if body == issue.body:
            return
        before, issue.body = issue.body, body
        self.moved(issue, "body")
        self.cross_reference(issue, body)
        self._edited(issue, {"body": {"from": before or ""}})

    def _edited(self, issue: Issue, changes: dict[str, Any]) -> None:
        self.tell(_kind(issue), "edited", issue, changes=changes)

    def set_state(self, issue: Issue, state: str, reason: str | None) -> None:
        """Open or close; nothing when it is so already and for this reason."""
        if issue.pull_request:
            reason = None
        elif state == "closed":
            reason = reason or (issue.state_reason if issue.state == "closed" else "completed")
        elif issue.state == "closed":
            reason = "reopened"
        else:
            reason = issue.state_reason
        if (issue.state, issue.state_reason) == (state, reason):
            return
        changed, issue.state, issue.state_reason = issue.state != state, state, reason
        if state == "closed":
            issue.closed_at, issue.closed_by = self.state.stamp(), self.login
        else:
            issue.closed_at, issue.closed_by = None, None
        self.moved(issue, "state")
        if changed or state == "closed":
            self.event(issue, "closed" if state == "closed" else "reopened", state_reason=reason)
            self.tell(_kind(issue), "closed" if state == "closed" else "reopened", issue)

    def set_labels(self, issue: Issue, names: Iterable[str]) -> None:
        """Let an issue bear these labels and no others."""
        wanted = [self.label_for(issue.repo, each).name for each in _unique(names)]
        for name in [each for each in issue.labels if each not in wanted]:
            self._unlabel(issue, name)
        self.add_labels(issue, wanted)

    def add_labels(self, issue: Issue, names: Iterable[str]) -> None:
        """Add labels; those that the repository lacks are made."""
        for each in _unique(names):
            label = self.label_for(issue.repo, each)
            if label.name not in issue.labels:
                issue.labels.append(label.name)
                self.event(issue, "labeled", label=label.name)
                self.moved(issue, "labels")
                self.tell(_kind(issue), "labeled", issue, label=label)

    def remove_label(self, issue: Issue, name: str) -> bool:
        """Take a label off; False when it was not there."""
        found = next((each for each in issue.labels if each.casefold() == name.casefold()), None)
        if found is None:
            return False
        self._unlabel(issue, found)
        return True

    def _unlabel(self, issue: Issue, name: str) -> None:
        issue.labels.remove(name)
        self.event(issue, "unlabeled", label=name)
        self.moved(issue, "labels")
        self.tell(_kind(issue), "unlabeled", issue, label=issue.repo.label(name))

    def set_assignees(self, issue: Issue, logins: Iterable[str]) -> None:
        """Let these people and no others be assigned, at most ten."""
        wanted = list(dict.fromkeys(logins))[:ASSIGNEES_MOST]
        for login in [each for each in issue.assignees if each not in wanted]:
            issue.assignees.remove(login)
            self._assigned(issue, "unassigned", login)
        for login in wanted:
            if login not in issue.assignees:
                issue.assignees.append(login)
                self._assigned(issue, "assigned", login)

    def _assigned(self, issue: Issue, what: str, login: str) -> None:
        self.event(issue, what, assignee=login, assigner=self.login)
        self.moved(issue, "assignees")
        self.tell(_kind(issue), what, issue, assignee=login)

    def set_milestone(self, issue: Issue, milestone: Milestone | None) -> None:
        """Put an issue into a milestone, or into none."""
        before = issue.repo.milestone(issue.milestone)
        if before is milestone:
            return
        issue.milestone = milestone.number if milestone else None
        for one, name in ((before, "demilestoned"), (milestone, "milestoned")):
            if one is not None:
                self.event(issue, name, milestone=one.title)
        self.moved(issue, "milestone")
        for one, name in ((before, "demilestoned"), (milestone, "milestoned")):
            if one is not None:
                self.tell(_kind(issue), name, issue, milestone=one)

    def set_type(self, issue: Issue, name: str | None) -> None:
        """Give an issue a type, or none."""
        before = issue.type
        if before == name:
            return
        issue.type = name
        if before and name:
            self.event(issue, "issue_type_changed", issue_type=name, prev_issue_type=before)
        else:
            self.event(issue, "issue_type_added" if name else "issue_type_removed", issue_type=name or before)
        self.moved(issue, "issue_type")
        self.tell("issues", "typed" if name else "untyped", issue, issue_type=name or before)

    def set_lock(self, issue: Issue, *, locked: bool, reason: str | None = None) -> None:
        """Lock or unlock a conversation."""
        if issue.locked == locked:
            return
        issue.locked, issue.active_lock_reason = locked, reason if locked else None
        self.event(issue, "locked" if locked else "unlocked")
        self.moved(issue, "lock")
        self.tell(_kind(issue), "locked" if locked else "unlocked", issue)

    # ── comments ──

    def add_comment(self, issue: Issue, body: str) -> Comment:
        """Add a comment."""
        now = self.state.stamp()
        made = Comment(
            user=self.login,
            body=body,
            id=self.state.next_id("comment"),
            created_at=now,
            updated_at=now,
            app=self.app,
            issue=issue,
        )
        issue.comments.append(made)
        self.state.comments[made.id] = made
        self.moved(issue, "comment_created")
        self.cross_reference(issue, body)
        self.tell("issue_comment", "created", issue, comment=made)
        return made

    def edit_comment(self, comment: Comment, body: str) -> None:
        """Change a comment."""
        before, comment.body = comment.body, body
        if before != body:
            comment.updated_at = self.state.stamp()
            self.moved(comment.issue, "comment_edited")
            self.tell("issue_comment", "edited", comment.issue, comment=comment, changes={"body": {"from": before}})

    def delete_comment(self, comment: Comment) -> None:
        """Delete a comment."""
        comment.issue.comments.remove(comment)
        del self.state.comments[comment.id]
        self.moved(comment.issue, "comment_deleted")
        self.tell("issue_comment", "deleted", comment.issue, comment=comment)

    def cross_reference(self, issue: Issue, body: str | None) -> None:
        """Add `cross-referenced` events to the issues that a text names."""
        for match in _REFERENCE.finditer(body or ""):
            name = match[1] or match[3] or issue.repo.full_name
            repo = self.state.repo(name)
            other = repo.by_number.get(int((match[2] or match[4])[:9])) if repo else None
            if other is None or other is issue or other.gone:
                continue
            if not any(each.event == "cross-referenced" and each.other == issue.id for each in other.events):
                self.event(other, "cross-referenced", other=issue.id)
                self.moved(other, "cross_reference")

    # ── ties ──

    def add_sub_issue(self, parent: Issue, child: Issue) -> None:
        """Put an issue below another, taking it from where it was."""
        if child.parent is not None:
            self.remove_sub_issue(self.state.issues[child.parent], child)
        child.parent = parent.id
        parent.sub_issues.append(child.id)
        self._tie(parent, child, "added")

    def remove_sub_issue(self, parent: Issue, child: Issue) -> None:
        """Take an issue from below another."""
        child.parent = None
        parent.sub_issues.remove(child.id)
        self._tie(parent, child, "removed")

    def _tie(self, parent: Issue, child: Issue, change: str) -> None:
        self.event(parent, f"sub_issue_{change}", other=child.id)
        self.event(child, f"parent_issue_{change}", other=parent.id)
        self.moved(parent, "sub_issue_parent")
        self.moved(child, "sub_issue_child")
        self.tell("sub_issues", f"sub_issue_{change}", parent, sub_issue=child, parent_issue=parent)

    def add_blocker(self, issue: Issue, blocker: Issue) -> None:
        """Let an issue be blocked by another."""
        issue.blocked_by.append(blocker.id)
        blocker.blocking.append(issue.id)
        self._block(issue, blocker, "added")

    def remove_blocker(self, issue: Issue, blocker: Issue) -> None:
        """Let an issue be blocked by another no more."""
        issue.blocked_by.remove(blocker.id)
        blocker.blocking.remove(issue.id)
        self._block(issue, blocker, "removed")

    def _block(self, issue: Issue, blocker: Issue, change: str) -> None:
        self.event(issue, f"blocked_by_{change}", other=blocker.id)
        self.event(blocker, f"blocking_{change}", other=issue.id)
        self.moved(issue, "dependency")
        self.moved(blocker, "dependency")
        self.tell("issue_dependencies", f"blocked_by_{change}", issue, blocked_issue=issue, blocking_issue=blocker)

    # ── labels ──

    def label_for(self, repo: Repo, name: str) -> Label:
        """Find a label or make it; raises HttpError 422 when the name is not good."""
        return repo.label(name) or self.create_label(repo, name, "ededed", None)

    def create_label(self, repo: Repo, name: str, color: str, description: str | None) -> Label:
        """Make a label."""
        check_label(name, color, description)
        label = Label(name=name, id=self.state.next_id("label"), color=color.lower(), description=description)
        repo.labels.append(label)
        self.state.touch(repo)
        self.tell("label", "created", None, repo=repo, label=label)
        return label


def check_label(name: str, color: str, description: str | None) -> None:
    """Refuse what no label may be; raises HttpError 422."""
    if not name.strip():
        raise invalid("Label", "name", "missing_field")
    if len(name) > LABEL_MOST:
        raise invalid("Label", "name", "custom", f"name is too long (maximum is {LABEL_MOST} characters)")
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        raise invalid("Label", "color", "invalid")
    if description and len(description) > LABEL_TEXT_MOST:
        text = f"description is too long (maximum is {LABEL_TEXT_MOST} characters)"
        raise invalid("Label", "description", "custom", text)


def _kind(issue: Issue) -> str:
    return "pull_request" if issue.pull_request else "issues"


def _unique(names: Iterable[str]) -> list[str]:
    return list({each.casefold(): each for each in names}.values())

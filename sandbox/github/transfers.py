"""What takes an issue away: deletion, and transfer to another repository."""

from __future__ import annotations

from sandbox.github.edits import Edits
from sandbox.github.entities import Issue, Repo


def delete(edits: Edits, issue: Issue) -> None:
    """Delete an issue: it answers 410, and leaves its ties and projects."""
    edits.tell("issues", "deleted", issue)
    _untie(edits, issue)
    _leave_projects(edits, issue)
    issue.deleted = True
    edits.state.touch(issue.repo)


def transfer(edits: Edits, issue: Issue, target: Repo) -> Issue:
    """Transfer an issue: a new one, with a new id and number, gets what it had; the old place answers 301.

    Labels and milestones go along where the target has them by the same name; comments keep their ids.
    """
    made = edits.create_issue(target, issue.title, issue.body)
    made.user, made.created_at = issue.user, issue.created_at
    made.state, made.state_reason = issue.state, issue.state_reason
    made.closed_at, made.closed_by = issue.closed_at, issue.closed_by
    made.labels = [found.name for each in issue.labels if (found := target.label(each))]
    before = issue.repo.milestone(issue.milestone)
    same = next((each for each in target.milestones if before and each.title == before.title), None)
    made.milestone = same.number if same else None
    made.assignees = list(issue.assignees)
    made.type = issue.type if target.owner == issue.repo.owner else None
    made.comments, issue.comments = issue.comments, []
    for comment in made.comments:
        comment.issue = made
    edits.tell("issues", "transferred", issue, new_issue=made)
    _retie(edits, issue, made)
    issue.transferred_to = made.id
    edits.event(made, "transferred")
    for project in edits.state.projects:
        for item in project.items:
            if item.issue == issue.id:
                item.issue = made.id
    edits.state.touch(issue.repo)
    edits.state.touch(target)
    return made


def delete_repository(edits: Edits, repo: Repo) -> None:
    """Delete a repository with all that is in it; what refers to it elsewhere is undone."""
    state = edits.state
    gone = {each.id for each in repo.issues}
    for issue in repo.issues:
        _untie(edits, issue)
        _leave_projects(edits, issue)
        state.issues.pop(issue.id, None)
        for comment in issue.comments:
            state.comments.pop(comment.id, None)
        for event in issue.events:
            state.events.pop(event.id, None)
        if issue.pull_request:
            state.pulls.pop(issue.pull_request.id, None)
            for each in issue.pull_request.review_comments:
                state.review_comments.pop(each.id, None)
    for issue in state.issues.values():
        for event in [each for each in issue.events if each.other in gone]:
            issue.events.remove(event)
            state.events.pop(event.id, None)
        if issue.transferred_to in gone:
            issue.transferred_to, issue.deleted = None, True
        if issue.pull_request:
            issue.pull_request.closes = [each for each in issue.pull_request.closes if each not in gone]
    for names in (state.names, state.former_names):
        for name in [name for name, number in names.items() if number == repo.id]:
            del names[name]
    del state.repos[repo.id]
    state.touch(repo)


def _untie(edits: Edits, issue: Issue) -> None:
    issues = edits.state.issues
    if issue.parent is not None:
        issues[issue.parent].sub_issues.remove(issue.id)
    for each in issue.sub_issues:
        issues[each].parent = None
    for each in issue.blocked_by:
        issues[each].blocking.remove(issue.id)
    for each in issue.blocking:
        issues[each].blocked_by.remove(issue.id)
    issue.parent = None
    issue.sub_issues, issue.blocked_by, issue.blocking = [], [], []


def _retie(edits: Edits, old: Issue, new: Issue) -> None:
    issues = edits.state.issues

    def swap(numbers: list[int]) -> list[int]:
        return [new.id if each == old.id else each for each in numbers]

    new.parent, new.sub_issues = old.parent, old.sub_issues
    new.blocked_by, new.blocking = old.blocked_by, old.blocking
    if new.parent is not None:
        issues[new.parent].sub_issues = swap(issues[new.parent].sub_issues)
    for each in new.sub_issues:
        issues[each].parent = new.id
    for each in new.blocked_by:
        issues[each].blocking = swap(issues[each].blocking)
    for each in new.blocking:
        issues[each].blocked_by = swap(issues[each].blocked_by)
    old.parent, old.sub_issues, old.blocked_by, old.blocking = None, [], [], []


def _leave_projects(edits: Edits, issue: Issue) -> None:
    for project in edits.state.projects:
        project.items = [each for each in project.items if each.issue != issue.id]

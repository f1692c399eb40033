"""Resolvers of mutations of issues' ties, people, labels and places, and of pull requests."""

from __future__ import annotations

from typing import Any

from sandbox.github import catalogue, issues, parts, pulls, reviews, transfers
from sandbox.github.access import Role
from sandbox.github.accounts import Account
from sandbox.github.context import Context
from sandbox.github.entities import Issue, Repo
from sandbox.github.graph.finding import Mutation, find, issue_for, mutation, writable
from sandbox.github.graph.mutations import values
from sandbox.github.graph.scope import GraphError, Info, Resolvers, scope_of
from sandbox.github.graph.views import LabelView, ReviewView
from sandbox.github.paging import encode
from sandbox.github.render_pulls import issue_node

# ── sub-issues ──


def _pair(info: Info, given: dict[str, Any]) -> tuple[Issue, Issue]:
    parent = issue_for(info, given["issueId"], Role.TRIAGE)
    if given.get("subIssueId"):
        child: Issue = find(info, given["subIssueId"], Issue)
        return parent, child
    number = str(given.get("subIssueUrl") or "").rstrip("/").rpartition("/")[2]
    found = parent.repo.by_number.get(int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None or found.gone:
        raise GraphError("NOT_FOUND", "Either subIssueId or subIssueUrl must name an issue")
    return parent, found


def _add_sub_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    parent, child = _pair(info, given)
    parts.put_below(scope_of(info).context, parent, child, replace=bool(given.get("replaceParent")))
    return {"issue": parent, "subIssue": child}


def _remove_sub_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    parent, child = _pair(info, given)
    if child.parent != parent.id:
        raise GraphError("NOT_FOUND", "The provided sub-issue does not exist")
    scope_of(info).context.edits.remove_sub_issue(parent, child)
    return {"issue": parent, "subIssue": child}


def _order_sub_issue(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    parent, child = _pair(info, given)
    beside = [name for name in ("afterId", "beforeId") if given.get(name)]
    anchor: Issue | None = find(info, given[beside[0]], Issue) if len(beside) == 1 else None
    if child.parent != parent.id or anchor is None or anchor.parent != parent.id or anchor is child:
        raise GraphError("UNPROCESSABLE", "One of afterId and beforeId must name another sub-issue")
    parts.reorder(scope_of(info).context, parent, child.id, anchor.id, after=beside[0] == "afterId")
    return {"issue": parent}


# ── people, locks ──


def _assign(add: bool) -> Mutation:  # noqa: FBT001 - one of two mutations
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        issue = issue_for(info, given["assignableId"], Role.TRIAGE)
        context = scope_of(info).context
        people: list[Account] = [find(info, each, Account) for each in given["assigneeIds"]]
        logins = [each.login for each in people if not add or issues.assignable(context, issue.repo, each.login)]
        left = [each for each in issue.assignees if each not in logins]
        context.edits.set_assignees(issue, [*issue.assignees, *logins] if add else left)
        return {"assignable": issue}

    return act


def _lock(lock: bool) -> Mutation:  # noqa: FBT001 - one of two mutations
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        issue = issue_for(info, given["lockableId"], Role.WRITE)
        context = scope_of(info).context
        if context.role(issue.repo) < Role.WRITE:
            raise GraphError("FORBIDDEN", f"{context.rights.login} does not have permission to do this.")
        reasons = {"OFF_TOPIC": "off-topic", "TOO_HEATED": "too heated", "RESOLVED": "resolved", "SPAM": "spam"}
        context.edits.set_lock(issue, locked=lock, reason=reasons.get(given.get("lockReason") or ""))
        return {"actor": _actor(info), "lockedRecord": issue, "unlockedRecord": issue}

    return act


def _actor(info: Info) -> Account | None:
    return scope_of(info).account(scope_of(info).context.rights.login)


# ── places ──


def _transfer(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue = issue_for(info, given["issueId"], Role.WRITE)
    target: Repo = find(info, given["repositoryId"], Repo)
    context = writable(info, target, "issues", Role.WRITE).context
    if issue.pull_request or target is issue.repo or target.owner != issue.repo.owner:
        raise GraphError("UNPROCESSABLE", "The issue cannot be transferred to this repository")
    if given.get("createLabelsIfMissing"):
        for name in issue.labels:
            context.edits.label_for(target, name)
    return {"issue": transfers.transfer(context.edits, issue, target)}


def _delete(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue: Issue = find(info, given["issueId"], Issue)
    context = writable(info, issue.repo, "issues", Role.ADMIN).context
    transfers.delete(context.edits, issue)
    return {"repository": issue.repo}


# ── labels of a repository ──


def _create_label(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    repo: Repo = find(info, given["repositoryId"], Repo)
    context = writable(info, repo, "issues|pull_requests", Role.WRITE).context
    return {"label": LabelView(repo, catalogue.new_label(context, repo, given))}


def _label(info: Info, text: str) -> LabelView:
    found: LabelView = find(info, text, LabelView)
    writable(info, found.repo, "issues|pull_requests", Role.WRITE)
    return found


def _update_label(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view = _label(info, given["id"])
    catalogue.change_label(scope_of(info).context, view.repo, view.label, given)
    return {"label": view}


def _delete_label(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    view = _label(info, given["id"])
    catalogue.drop_label(scope_of(info).context, view.repo, view.label)
    return {}


# ── pull requests ──


def _pull(info: Info, text: str) -> Issue:
    found = issue_for(info, text, Role.WRITE)
    if found.pull_request is None:
        raise GraphError("NOT_FOUND", f"Could not resolve to a PullRequest with the global id of '{text}'")
    return found


def _create_pull(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    repo: Repo = find(info, given["repositoryId"], Repo)
    context = writable(info, repo, "pull_requests", Role.READ).context
    named = {"title": "title", "body": "body", "draft": "draft", "headRefName": "head", "baseRefName": "base"}
    body = {own: given[theirs] for theirs, own in named.items() if given.get(theirs) is not None}
    return {"pullRequest": pulls.made(context, repo, body)}


def _update_pull(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    pull = _pull(info, given["pullRequestId"])
    issues.change(scope_of(info).context, pull, values(info, pull.repo, given))
    if given.get("baseRefName") and pull.pull_request:
        pull.pull_request.base = given["baseRefName"]
    return {"actor": _actor(info), "pullRequest": pull}


def _set_state(state: str) -> Mutation:
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        pull = _pull(info, given["pullRequestId"])
        if pull.pull_request and pull.pull_request.merged_at:
            raise GraphError("UNPROCESSABLE", "Could not change the state of a merged pull request.")
        scope_of(info).context.edits.set_state(pull, state, None)
        return {"pullRequest": pull}

    return act


def _draft(draft: bool) -> Mutation:  # noqa: FBT001 - one of two mutations
    def act(info: Info, given: dict[str, Any]) -> dict[str, Any]:
        issue = _pull(info, given["pullRequestId"])
        pull, edits = pulls.part_of(issue), scope_of(info).context.edits
        if issue.state == "closed":
            raise GraphError("UNPROCESSABLE", "Pull request is closed")
        if pull.draft is not draft:
            pull.draft = draft
            edits.moved(issue, "state")
            edits.tell("pull_request", "converted_to_draft" if draft else "ready_for_review", issue)
        return {"pullRequest": issue}

    return act


def _review(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    issue, context = _reviewed(info, given["pullRequestId"])
    lines = [{"path": each["path"], "body": each["body"], "line": each["line"]} for each in given.get("threads") or ()]
    lines += [{**each, "line": each["position"]} for each in given.get("comments") or ()]
    body = {"body": given.get("body"), "commit_id": given.get("commitOID"), "comments": lines}
    made = reviews.made(context, issue, {**body, **({"event": given["event"]} if given.get("event") else {})})
    place = len(pulls.part_of(issue).reviews) - 1
    view = ReviewView(issue, made)
    return {"pullRequestReview": view, "reviewEdge": {"node": view, "cursor": encode(("", place))}}


def _submit_review(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    if given.get("pullRequestReviewId"):
        view: ReviewView = find(info, given["pullRequestReviewId"], ReviewView)
        issue, context = _reviewed(info, issue_node(view.issue))
        review = view.review if view.review.user == context.rights.login else None
    else:
        issue, context = _reviewed(info, given.get("pullRequestId") or "")
        mine = (each for each in pulls.part_of(issue).reviews if each.user == context.rights.login)
        review = next((each for each in mine if each.state == "PENDING"), None)
    if review is None:
        raise GraphError("NOT_FOUND", "Could not find a pending review of yours")
    reviews.submit(context, issue, review, {"event": given["event"], "body": given.get("body")})
    return {"pullRequestReview": ReviewView(issue, review)}


def _reviewed(info: Info, text: str) -> tuple[Issue, Context]:
    found: Issue = find(info, text, Issue)
    if not found.pull_request:
        raise GraphError("NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'")
    return found, writable(info, found.repo, "pull_requests", Role.READ).context


def _merge(info: Info, given: dict[str, Any]) -> dict[str, Any]:
    pull = _pull(info, given["pullRequestId"])
    context = writable(info, pull.repo, "pull_requests", Role.WRITE).context
    pulls.merge_now(context, pull, given.get("expectedHeadOid"))
    return {"actor": _actor(info), "pullRequest": pull}


ISSUE_MUTATIONS: Resolvers = {
    "Mutation": {
        name: mutation(action)
        for name, action in {
            "addSubIssue": _add_sub_issue,
            "removeSubIssue": _remove_sub_issue,
            "reprioritizeSubIssue": _order_sub_issue,
            "addAssigneesToAssignable": _assign(True),  # noqa: FBT003 - one of two mutations
            "removeAssigneesFromAssignable": _assign(False),  # noqa: FBT003 - one of two mutations
            "lockLockable": _lock(True),  # noqa: FBT003 - one of two mutations
            "unlockLockable": _lock(False),  # noqa: FBT003 - one of two mutations
            "transferIssue": _transfer,
            "deleteIssue": _delete,
            "createLabel": _create_label,
            "updateLabel": _update_label,
            "deleteLabel": _delete_label,
            "createPullRequest": _create_pull,
            "updatePullRequest": _update_pull,
            "closePullRequest": _set_state("closed"),
            "reopenPullRequest": _set_state("open"),
            "mergePullRequest": _merge,
            "addPullRequestReview": _review,
            "submitPullRequestReview": _submit_review,
            "convertPullRequestToDraft": _draft(True),  # noqa: FBT003 - one of two mutations
            "markPullRequestReadyForReview": _draft(False),  # noqa: FBT003 - one of two mutations
        }.items()
    }
}

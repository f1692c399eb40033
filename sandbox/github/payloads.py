"""Writes what webhooks are sent, as GitHub's payload schemas describe it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.github import ids
from sandbox.github.accounts import Hook
from sandbox.github.edits import News
from sandbox.github.entities import Issue, Repo, Review
from sandbox.github.projects import Project, ProjectItem
from sandbox.github.render_issues import IssueRender
from sandbox.github.render_pulls import issue_node

ZEN = "Approachable is better than simple."
_NOT_IN_PAYLOADS = frozenset(
    {
        "user_view_type",
        "closed_by",
        "sub_issues_summary",
        "issue_dependencies_summary",
        "parent_issue_url",
        "immutable",
        "client_id",
        "digest",
        "pin",
    }
)
"""What REST answers bear and the payload schemas do not know."""


def payload(news: News, render: IssueRender) -> dict[str, Any]:
    """Write the payload of some news."""
    made: dict[str, Any] = {"action": news.action} if news.action else {}
    writer = _WRITERS.get(news.event)
    if writer is not None:
        made.update(writer(news, render))
    repo = news.repo
    owner = news.organization or (repo.owner if repo else None)
    if repo is not None:
        made["repository"] = render.repo(repo)
    account = render.state.account(owner)
    if account is not None and account.is_organization:
        made["organization"] = render.organization(account, full=False)
    made["sender"] = render.someone(news.sender)
    cleaned: dict[str, Any] = _clean(made)
    return cleaned


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        cleaned = {key: _clean(each) for key, each in value.items() if key not in _NOT_IN_PAYLOADS}
        return {**cleaned, "custom_properties": {}} if "default_branch" in value else cleaned
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return value


def _issue(issue: Issue, render: IssueRender) -> dict[str, Any]:
    rendered = render.issue(issue)
    del rendered["type"]
    return rendered


def _issues(news: News, render: IssueRender) -> dict[str, Any]:
    issue = _of(news)
    made: dict[str, Any] = {"issue": _issue(issue, render), **_common(news, render)}
    if news.action == "transferred":
        target: Issue = news.more["new_issue"]
        made["changes"] = {"new_issue": _issue(target, render), "new_repository": render.repo(target.repo)}
    if news.action in ("typed", "untyped"):
        made["type"] = render.issue_type(render.type_of(issue.repo, news.more["issue_type"]))
    return made


def _of(news: News) -> Issue:
    if news.issue is None:
        raise LookupError(f"{news.event} is news of an issue")
    return news.issue


def _common(news: News, render: IssueRender) -> dict[str, Any]:
    made: dict[str, Any] = {}
    more, repo = news.more, news.repo
    if more.get("label") is not None and repo is not None:
        made["label"] = render.label(repo, more["label"])
    if more.get("milestone") is not None and repo is not None:
        made["milestone"] = render.milestone(repo, more["milestone"])
    if "assignee" in more:
        made["assignee"] = render.someone(more["assignee"])
    if "changes" in more:
        made["changes"] = more["changes"]
    return made


def _pull(news: News, render: IssueRender) -> dict[str, Any]:
    issue = _of(news)
    made = {"number": issue.number, "pull_request": render.pull(issue, full=True), **_common(news, render)}
    made |= {key: news.more[key] for key in ("before", "after") if key in news.more}
    if "reviewer" in news.more:
        made["requested_reviewer"] = render.someone(news.more["reviewer"])
    return made


def _comment(news: News, render: IssueRender) -> dict[str, Any]:
    made = {"issue": _issue(_of(news), render), "comment": render.comment(news.more["comment"])}
    return {**made, **({"changes": news.more["changes"]} if "changes" in news.more else {})}


def _review(news: News, render: IssueRender) -> dict[str, Any]:
    issue, review = _of(news), news.more["review"]
    if not isinstance(review, Review):
        raise TypeError("a review is needed")
    told = {**render.review(issue, review), "state": review.state.lower()}
    return {"review": told, "pull_request": render.pull(issue, full=False)}


def _review_comment(news: News, render: IssueRender) -> dict[str, Any]:
    issue, comment = _of(news), news.more["comment"]
    told = {key: value for key, value in render.review_comment(comment).items() if key != "subject_type"}
    pull = {key: value for key, value in render.pull(issue, full=False).items() if key != "mergeable"}
    changes = {"changes": news.more["changes"]} if "changes" in news.more else {}
    return {"comment": {**told, "subject_type": "line"}, "pull_request": pull, **changes}


def _release(news: News, render: IssueRender) -> dict[str, Any]:
    repo = _repo(news)
    told = render.release(repo, news.more["release"])
    del told["updated_at"]
    changes = {"changes": news.more["changes"]} if "changes" in news.more else {}
    return {"release": {**told, "name": told["name"] or "", "body": told["body"] or ""}, **changes}


def _repo(news: News) -> Repo:
    if news.repo is None:
        raise LookupError(f"{news.event} is news of a repository")
    return news.repo


def _repository(news: News, render: IssueRender) -> dict[str, Any]:
    owner, _, name = str(news.more["before"]).partition("/")
    match news.action:
        case "renamed":
            return {"changes": {"repository": {"name": {"from": name}}}}
        case "transferred":
            return {"changes": {"owner": {"from": {"user": render.someone(owner)}}}}
        case _:
            return {}


def _sub_issues(news: News, render: IssueRender) -> dict[str, Any]:
    child, parent = news.more["sub_issue"], news.more["parent_issue"]
    return {
        "sub_issue_id": child.id,
        "sub_issue": _issue(child, render),
        "parent_issue_id": parent.id,
        "parent_issue": _issue(parent, render),
    }


def _dependencies(news: News, render: IssueRender) -> dict[str, Any]:
    blocked, blocking = news.more["blocked_issue"], news.more["blocking_issue"]
    return {
        "blocked_issue_id": blocked.id,
        "blocked_issue": _issue(blocked, render),
        "blocking_issue_id": blocking.id,
        "blocking_issue": _issue(blocking, render),
    }


def _project_item(news: News, render: IssueRender) -> dict[str, Any]:
    project, item = news.more["project"], news.more["item"]
    if not isinstance(project, Project) or not isinstance(item, ProjectItem):
        raise TypeError("an item of a project is needed")
    issue = render.state.issues.get(item.issue or 0)
    kind = ("PullRequest" if issue.pull_request else "Issue") if issue else "DraftIssue"
    content = issue_node(issue) if issue else ids.node_id(ids.DRAFT, item.draft.id if item.draft else 0)
    archived = item.updated_at if item.archived else None
    owner = render.state.accounts[project.owner.casefold()]
    told = {
        "id": item.id,
        "node_id": ids.node_id(ids.PROJECT_ITEM, project.id, item.id),
        "project_node_id": ids.node_id(ids.PROJECT, owner.id, project.id),
        "content_node_id": content,
        "content_type": kind,
        "creator": render.someone(item.creator or project.owner),
        "created_at": item.created_at,
        "updated_at": item.updated_at,
        "archived_at": archived,
    }
    return {"projects_v2_item": told, **_item_changes(news, project, archived, item)}


def _item_changes(news: News, project: Project, archived: str | None, item: ProjectItem) -> dict[str, Any]:
    match news.action:
        case "edited":
            field = news.more["field"]
            kinds = {"SINGLE_SELECT": ids.PROJECT_SELECT, "ITERATION": ids.PROJECT_ITERATION}
            node = ids.node_id(kinds.get(field.type, ids.PROJECT_FIELD), project.id, field.id)
            return {"changes": {"field_value": {"field_type": field.type.lower(), "field_node_id": node}}}
        case "reordered":
            before, after = (
                ids.node_id(ids.PROJECT_ITEM, project.id, each.id) if each else None
                for each in (news.more["before"], news.more["after"])
            )
            return {"changes": {"previous_projects_v2_item_node_id": {"from": before or "", "to": after}}}
        case "archived":
            return {"changes": {"archived_at": {"from": None, "to": archived}}}
        case "restored":
            return {"changes": {"archived_at": {"from": item.updated_at, "to": None}}}
        case _:
            return {}


def ping(hook: Hook, kind: str, url: str) -> dict[str, Any]:
    """Write the payload that a new hook is greeted with."""
    config = {"content_type": hook.content_type, "insecure_ssl": hook.insecure_ssl, "url": hook.url}
    more = {"test_url": f"{url}/test"} if kind == "Repository" else {}
    return {
        "zen": ZEN,
        "hook_id": hook.id,
        "hook": {
            "type": kind,
            "id": hook.id,
            "name": "web",
            "active": hook.active,
            "events": hook.events,
            "config": {**config, **({"secret": "********"} if hook.secret else {})},
            "updated_at": hook.updated_at,
            "created_at": hook.created_at,
            "url": url,
            **more,
            "ping_url": f"{url}/pings",
            "deliveries_url": f"{url}/deliveries",
            "last_response": {"code": None, "status": "unused", "message": None},
        },
    }


def _ping(news: News, render: IssueRender) -> dict[str, Any]:
    hook = news.more["hook"]
    if news.repo is None:
        return ping(hook, "Organization", f"{render.api}/orgs/{news.organization}/hooks/{hook.id}")
    return ping(hook, "Repository", f"{render.api}/repos/{news.repo.full_name}/hooks/{hook.id}")


_WRITERS: dict[str, Callable[[News, IssueRender], dict[str, Any]]] = {
    "issues": _issues,
    "pull_request": _pull,
    "issue_comment": _comment,
    "pull_request_review": _review,
    "pull_request_review_comment": _review_comment,
    "label": _common,
    "milestone": _common,
    "release": _release,
    "repository": _repository,
    "sub_issues": _sub_issues,
    "issue_dependencies": _dependencies,
    "projects_v2_item": _project_item,
    "ping": _ping,
}

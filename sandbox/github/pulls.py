"""Handlers of pull requests: lists, reviews, comments on lines, checks of the head commit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import ids, issues
from sandbox.github.access import error, invalid, not_found
from sandbox.github.context import Context, flag, text
from sandbox.github.entities import Issue, PullRequest, Repo


def list_of_repo(context: Context, repo: Repo) -> Response:
    """`GET pulls`: there is no `since`."""
    args = context.call.args
    state, sort = args.get("state", "open"), args.get("sort", "created")
    if state not in ("open", "closed", "all"):
        raise invalid("PullRequest", "state", "invalid", value=state)
    found = [each for each in repo.issues if each.pull_request and not each.gone and state in ("all", each.state)]
    if base := args.get("base"):
        found = [each for each in found if part_of(each).base == base]
    if head := args.get("head"):
        found = [each for each in found if f"{_head_owner(each)}:{part_of(each).head}" == head]
    rising = args.get("direction", "asc" if args.get("sort") else "desc") == "asc"
    key = issues.SORTS.get(sort if sort != "popularity" else "comments", issues.SORTS["created"])
    found.sort(key=key, reverse=not rising)
    url = f"{context.repo_url(repo)}/pulls"
    return context.listed(found, url, lambda each: context.render.pull(each, full=False))


def part_of(issue: Issue) -> PullRequest:
    """Give what a pull request has beyond an issue; raises HttpError 404."""
    if issue.pull_request is None:
        raise not_found()
    return issue.pull_request


def _head_owner(issue: Issue) -> str:
    return (part_of(issue).head_repository or issue.repo.full_name).partition("/")[0]


def get(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N`."""
    issue = context.pull(repo, number)
    headers = {"Last-Modified": issues.http_date(issue.updated_at)}
    return json_response(context.render.pull(issue, full=True), headers=headers)


def create(context: Context, repo: Repo) -> Response:
    """`POST pulls`: branches are taken on trust."""
    rendered = context.render.pull(made(context, repo, context.body()), full=True)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def made(context: Context, repo: Repo, body: Mapping[str, Any]) -> Issue:
    """Make a pull request as a body says; raises HttpError 422."""
    head, base = text(body, "head", needed=True) or "", text(body, "base", needed=True) or ""
    title = text(body, "title") or ""
    if not title.strip():
        raise invalid("PullRequest", "title", "missing_field")
    for name, value in (("head", head), ("base", base)):
        if not value.strip():
            raise invalid("PullRequest", name, "missing_field")
    open_pulls = [each for each in repo.issues if each.pull_request and each.state == "open" and not each.gone]
    if any(part_of(each).head == head.rpartition(":")[2] and part_of(each).base == base for each in open_pulls):
        raise invalid("PullRequest", None, "custom", f"A pull request already exists for {repo.owner}:{head}.")
    draft = flag(body, "draft", default=False)
    issue = context.edits.create_issue(repo, title, text(body, "body"))
    place = (repo.full_name, issue.number)
    issue.pull_request = PullRequest(
        head=head.rpartition(":")[2],
        base=base,
        head_sha=ids.sha(*place, "head"),
        base_sha=ids.sha(*place, "base"),
        draft=draft,
        id=context.state.next_id("pull"),
    )
    context.state.pulls[issue.pull_request.id] = issue
    context.edits.tell("pull_request", "opened", issue)
    return issue


def edit(context: Context, repo: Repo, number: int) -> Json:
    """`PATCH pulls/N`: title, body, state, base."""
    issue, body = context.pull(repo, number), context.body()
    issues.require_author(context, issue)
    base = text(body, "base")
    issues.change(context, issue, {key: body[key] for key in ("title", "body", "state") if key in body})
    if base:
        part_of(issue).base = base
        context.edits.moved(issue, "title")
    return context.render.pull(issue, full=True)


def merge(context: Context, repo: Repo, number: int) -> Json:
    """`PUT pulls/N/merge`: closes what the pull request closes."""
    issue = context.pull(repo, number)
    sha = merge_now(context, issue, text(context.body(), "sha"))
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


def merge_now(context: Context, issue: Issue, wanted: str | None) -> str:
    """Merge a pull request if its head is the wanted one; gives the merge. Raises HttpError 405 or 409."""
    repo, pull = issue.repo, part_of(issue)
    if wanted is not None and wanted != pull.head_sha:
        raise error(409, "Head branch was modified. Review and try the merge again.")
    if issue.state == "closed" or pull.draft or pull.mergeable is False:
        raise error(405, "Pull Request is not mergeable")
    pull.merged_at, pull.merged_by = context.state.stamp(), context.rights.login
    pull.merge_commit_sha = ids.sha(repo.full_name, issue.number, "merge")
    context.edits.event(issue, "merged", commit_id=pull.merge_commit_sha)
    context.edits.set_state(issue, "closed", None)
    for each in pull.closes:
        context.edits.set_state(context.state.issues[each], "closed", "completed")
    return pull.merge_commit_sha


def merged(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/merge`: 204 when it is merged."""
    if not part_of(context.pull(repo, number)).merged_at:
        raise not_found()
    return empty_response()


def files(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/files`: those that comments on lines name; there are no others."""
    issue = context.pull(repo, number)
    pull = part_of(issue)
    at, html = f"{context.render.api}/repos/{repo.full_name}", f"{context.render.html}/{repo.full_name}"

    def told(path: str) -> dict[str, Any]:
        return {
            "sha": ids.sha(pull.head_sha, path),
            "filename": path,
            "status": "modified",
            "additions": 0,
            "deletions": 0,
            "changes": 0,
            "blob_url": f"{html}/blob/{pull.head_sha}/{quote(path)}",
            "raw_url": f"{html}/raw/{pull.head_sha}/{quote(path)}",
            "contents_url": f"{at}/contents/{quote(path)}?ref={pull.head_sha}",
        }

    names = list(dict.fromkeys(each.path for each in pull.review_comments))
    return context.listed(names, f"{context.repo_url(repo)}/pulls/{number}/files", told)


def update_branch(context: Context, repo: Repo, number: int) -> Response:
    """`PUT pulls/N/update-branch`: the head moves."""
    issue = context.pull(repo, number)
    pull = part_of(issue)
    wanted = text(context.body(), "expected_head_sha")
    if wanted is not None and wanted != pull.head_sha:
        raise error(422, "expected head sha didn\u2019t match current head ref.")
    before, pull.head_sha = pull.head_sha, ids.sha(repo.full_name, number, pull.head_sha)
    context.edits.moved(issue, "head_pushed")
    context.edits.tell("pull_request", "synchronize", issue, before=before, after=pull.head_sha)
    url = f"{context.render.api}/repos/{repo.full_name}/pulls/{number}"
    return json_response({"message": "Updating pull request branch.", "url": url}, status=202)

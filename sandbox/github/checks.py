"""Handlers of check runs of the heads of pull requests, and of statuses, of which there are none."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, json_response
from sandbox.github import reading
from sandbox.github.access import error, invalid, not_found
from sandbox.github.context import Context, choice, text
from sandbox.github.entities import CheckRun, Issue, Repo
from sandbox.github.pulls import part_of

STATUSES = ("queued", "in_progress", "completed", "waiting", "requested", "pending")
CONCLUSIONS = ("action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out")


def of_commit(repo: Repo, ref: str) -> list[Issue]:
    """Give the pull requests whose head a commit or branch is; raises HttpError 422 for one that is not known."""
    pulls = [each for each in repo.issues if each.pull_request and not each.gone]
    found = [each for each in pulls if ref in (part_of(each).head_sha, part_of(each).head)]
    known = {part_of(each).base_sha for each in pulls} | {part_of(each).merge_commit_sha for each in pulls}
    if not found and ref not in known | {repo.default_branch}:
        raise error(422, f"No commit found for SHA: {ref}")
    return found


def check_runs(context: Context, repo: Repo, ref: str) -> Response:
    """`GET commits/REF/check-runs`."""
    found = [(issue, check) for issue in of_commit(repo, ref) for check in part_of(issue).checks]
    name = context.call.args.get("check_name")
    found = [(issue, check) for issue, check in found if name in (None, check.name)]
    url = f"{context.repo_url(repo)}/commits/{ref}/check-runs"
    page = context.listed(found, url, lambda pair: context.render.check_run(*pair))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    return json_response({"total_count": len(found), "check_runs": page.json}, headers=headers)


def statuses(context: Context, repo: Repo, ref: str) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET commits/REF/statuses`: there are checks and no statuses."""
    of_commit(repo, ref)
    return []


def combined_status(context: Context, repo: Repo, ref: str) -> Json:
    """`GET commits/REF/status`: there are checks and no statuses, so it is pending as GitHub has it."""
    found = of_commit(repo, ref)
    sha = part_of(found[0]).head_sha if found else ref
    url = f"{context.render.api}/repos/{repo.full_name}/commits/{sha}"
    told: dict[str, Any] = {"state": "pending", "statuses": [], "sha": sha, "total_count": 0}
    return {**told, "repository": context.render.repo(repo), "commit_url": url, "url": f"{url}/status"}


def _one(repo: Repo, check_run_id: int) -> tuple[Issue, CheckRun]:
    pairs = ((issue, each) for issue in repo.issues if issue.pull_request for each in issue.pull_request.checks)
    found = next((pair for pair in pairs if pair[1].id == check_run_id), None)
    if found is None:
        raise not_found()
    return found


def check_run(context: Context, repo: Repo, check_run_id: int) -> Json:
    """`GET check-runs/ID`."""
    return context.render.check_run(*_one(repo, check_run_id))


def notes(context: Context, repo: Repo, check_run_id: int) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET check-runs/ID/annotations`: there are none."""
    _one(repo, check_run_id)
    return []


def create(context: Context, repo: Repo) -> Response:
    """`POST check-runs`: by apps alone, on the head of a pull request."""
    if not context.rights.app:
        raise error(403, "You must authenticate via a GitHub App.")
    body = context.body()
    name, sha = text(body, "name", needed=True) or "", text(body, "head_sha", needed=True) or ""
    issue = next((each for each in of_commit(repo, sha) if part_of(each).head_sha == sha), None)
    if issue is None or not name.strip():
        raise invalid("CheckRun", "head_sha" if issue is None else "name", "invalid")
    made = CheckRun(name=name, status="queued", app=context.rights.app)
    _fill(context, made, body)
    made.id = context.state.next_id("check")
    part_of(issue).checks.append(made)
    context.state.touch(repo)
    return json_response(context.render.check_run(issue, made), status=201)


def edit(context: Context, repo: Repo, check_run_id: int) -> Json:
    """`PATCH check-runs/ID`: by the app that made it."""
    issue, check = _one(repo, check_run_id)
    if not context.rights.app or check.app not in (None, context.rights.app):
        told = "check run can only be modified by the GitHub App that created it."
        raise error(403, f"Invalid app_id `{context.rights.app_id}` - {told}")
    body = context.body()
    check.name = text(body, "name") or check.name
    _fill(context, check, body)
    context.state.touch(repo)
    return context.render.check_run(issue, check)


def _fill(context: Context, check: CheckRun, body: dict[str, Any]) -> None:
    """Set status, conclusion and instants: a conclusion completes."""
    status, conclusion = choice(body, "status", STATUSES), choice(body, "conclusion", CONCLUSIONS)
    if status == "completed" and conclusion is None and check.conclusion is None:
        raise invalid("CheckRun", "conclusion", "missing_field")
    started, completed = _instant(body, "started_at"), _instant(body, "completed_at")
    check.status = "completed" if conclusion else status or check.status
    check.conclusion = (conclusion or check.conclusion) if check.status == "completed" else None
    check.started_at = started or check.started_at or context.state.stamp()
    check.completed_at = (
        (completed or check.completed_at or context.state.stamp()) if check.status == "completed" else None
    )


def _instant(body: dict[str, Any], name: str) -> str | None:
    given = text(body, name)
    try:
        return reading.instant(given) if given else None
    except (ValueError, OverflowError) as problem:
        raise invalid("CheckRun", name, "invalid", value=given) from problem

"""Suites of checks: the check runs of one app on the head of a pull request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, json_response
from sandbox.github import code, ids
from sandbox.github.access import not_found
from sandbox.github.checks import of_commit
from sandbox.github.context import Context
from sandbox.github.entities import FAILED, CheckRun, Issue, Repo
from sandbox.github.pulls import part_of


@dataclass(frozen=True, slots=True)
class Suite:
    """The check runs of one app on the head of a pull request; `app` is its slug, None for those that name none."""

    issue: Issue
    app: str | None

    @property
    def checks(self) -> list[CheckRun]:
        """Its check runs, as the document has them."""
        return [each for each in part_of(self.issue).checks if each.app == self.app]

    @property
    def id(self) -> int:
        """That of its first check run: a suite has none of its own in the state."""
        return min(each.id for each in self.checks)

    @property
    def status(self) -> str:
        """Completed when all are, in progress when one is, else queued."""
        states = {each.status for each in self.checks}
        return "completed" if states == {"completed"} else "in_progress" if "in_progress" in states else "queued"

    @property
    def conclusion(self) -> str | None:
        """The first that fails, else success; None until all is done."""
        if self.status != "completed":
            return None
        return next((each.conclusion for each in self.checks if each.conclusion in FAILED), "success")

    @property
    def created_at(self) -> str:
        """When its first check run began."""
        return min(each.started_at or self.issue.created_at for each in self.checks)

    @property
    def updated_at(self) -> str:
        """When its last check run began or ended."""
        return max(each.completed_at or each.started_at or self.issue.created_at for each in self.checks)


def suites_of(issue: Issue) -> list[Suite]:
    """List the suites of a pull request's head: one for each app that checked it."""
    return [Suite(issue, slug) for slug in dict.fromkeys(each.app for each in part_of(issue).checks)]


def list_of_commit(context: Context, repo: Repo, ref: str) -> Response:
    """`GET commits/REF/check-suites`."""
    found = [suite for issue in of_commit(repo, ref) for suite in suites_of(issue)]
    if number := context.call.args.get("app_id"):
        found = [each for each in found if (app := context.state.app_by_slug(each.app)) and str(app.id) == number]
    if name := context.call.args.get("check_name"):
        found = [each for each in found if name in {check.name for check in each.checks}]
    url = f"{context.repo_url(repo)}/commits/{ref}/check-suites"
    page = context.listed(found, url, lambda suite: _rendered(context, suite))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    return json_response({"total_count": len(found), "check_suites": page.json}, headers=headers)


def _one(repo: Repo, suite_id: int) -> Suite:
    pulls = (each for each in repo.issues if each.pull_request and not each.gone)
    found = next((suite for issue in pulls for suite in suites_of(issue) if suite.id == suite_id), None)
    if found is None:
        raise not_found()
    return found


def one(context: Context, repo: Repo, suite_id: int) -> Json:
    """`GET check-suites/ID`."""
    return _rendered(context, _one(repo, suite_id))


def runs(context: Context, repo: Repo, suite_id: int) -> Response:
    """`GET check-suites/ID/check-runs`."""
    suite = _one(repo, suite_id)
    name, status = context.call.args.get("check_name"), context.call.args.get("status")
    found = [each for each in suite.checks if name in (None, each.name) and status in (None, each.status)]
    url = f"{context.repo_url(repo)}/check-suites/{suite_id}/check-runs"
    page = context.listed(found, url, lambda each: context.render.check_run(suite.issue, each))
    headers = {"Link": page.headers["Link"]} if "Link" in page.headers else {}
    return json_response({"total_count": len(found), "check_runs": page.json}, headers=headers)


def _rendered(context: Context, suite: Suite) -> dict[str, Any]:
    repo, pull = suite.issue.repo, part_of(suite.issue)
    url = f"{context.render.api}/repos/{repo.full_name}/check-suites/{suite.id}"
    return {
        "id": suite.id,
        "node_id": ids.node_id(ids.CHECK_SUITE, repo.id, suite.id),
        "head_branch": pull.head,
        "head_sha": pull.head_sha,
        "status": suite.status,
        "conclusion": suite.conclusion,
        "url": url,
        "before": pull.base_sha,
        "after": pull.head_sha,
        "pull_requests": [],
        "app": context.render.app(suite.app),
        "repository": context.render.repo(repo),
        "created_at": suite.created_at,
        "updated_at": suite.updated_at,
        "head_commit": _head(context, suite),
        "latest_check_runs_count": len(suite.checks),
        "check_runs_url": f"{url}/check-runs",
    }


def _head(context: Context, suite: Suite) -> dict[str, Any]:
    sha = part_of(suite.issue).head_sha
    told = code.render(context, suite.issue.repo, code.commits_of(suite.issue.repo)[sha])["commit"]
    who = {name: {"name": told[name]["name"], "email": told[name]["email"]} for name in ("author", "committer")}
    return {
        "id": sha,
        "tree_id": told["tree"]["sha"],
        "message": told["message"],
        "timestamp": told["committer"]["date"],
        **who,
    }

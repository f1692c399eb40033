"""Handlers of branches, tags and commits: there are names and no files behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import ids
from sandbox.github.access import error, invalid, not_found
from sandbox.github.context import Context, text
from sandbox.github.entities import Branch, Issue, PullRequest, Repo

HEADS = "refs/heads/"
SHA_LENGTH = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit, as far as it is known: the head of a branch or of a pull request, or a merge."""

    sha: str
    message: str
    author: str
    moment: str
    parents: tuple[str, ...] = ()


def branches_of(repo: Repo) -> list[Branch]:
    """List a repository's branches: its own, its default branch, and those that open pull requests are about."""
    found = {each.name: each for each in repo.branches}
    if repo.issues or repo.branches:
        found.setdefault(repo.default_branch, _default(repo))
    for issue in repo.issues:
        pull = issue.pull_request
        if pull and not issue.gone and issue.state == "open" and pull.head_repository in (None, repo.full_name):
            found.setdefault(pull.head, Branch(name=pull.head, sha=pull.head_sha))
    return sorted(found.values(), key=lambda each: each.name)


def _default(repo: Repo) -> Branch:
    merged = [part for _, part in _pulls(repo) if part.merge_commit_sha and part.merged_at]
    last = max(merged, key=lambda part: part.merged_at or "", default=None)
    sha = last.merge_commit_sha if last and last.merge_commit_sha else ids.sha(repo.full_name, repo.default_branch)
    return Branch(name=repo.default_branch, sha=sha)


def _pulls(repo: Repo) -> list[tuple[Issue, PullRequest]]:
    return [(each, each.pull_request) for each in repo.issues if each.pull_request and not each.gone]


def commits_of(repo: Repo) -> dict[str, Commit]:
    """List the commits that are known, by their names."""
    found: dict[str, Commit] = {}
    for issue, pull in _pulls(repo):
        base = Commit(sha=pull.base_sha, message="Before", author=repo.owner, moment=repo.created_at)
        found.setdefault(pull.base_sha, base)
        found[pull.head_sha] = Commit(
            sha=pull.head_sha,
            message=issue.title,
            author=issue.user,
            moment=issue.created_at,
            parents=(pull.base_sha,),
        )
        if pull.merged_at and pull.merge_commit_sha:
            found[pull.merge_commit_sha] = Commit(
                sha=pull.merge_commit_sha,
                message=f"Merge pull request #{issue.number} from {repo.owner}/{pull.head}",
                author=pull.merged_by or issue.user,
                moment=pull.merged_at,
                parents=(pull.base_sha, pull.head_sha),
            )
    for branch in branches_of(repo):
        found.setdefault(
            branch.sha,
            Commit(sha=branch.sha, message="Initial commit", author=repo.owner, moment=repo.created_at),
        )
    return found


def resolved(repo: Repo, ref: str) -> str | None:
    """Find the commit that a branch, a tag or a (shortened) name names."""
    name = ref.removeprefix(HEADS).removeprefix("heads/")
    branch = next((each for each in branches_of(repo) if each.name == name), None)
    if branch is not None:
        return branch.sha
    tag = ref.removeprefix("refs/").removeprefix("tags/")
    if any(each.tag_name == tag and not each.draft for each in repo.releases):
        return _default(repo).sha
    least = 7
    fits = [each for each in commits_of(repo) if len(ref) >= least and each.startswith(ref)]
    return fits[0] if len(fits) == 1 else None


# ── commits ──


def render(context: Context, repo: Repo, commit: Commit) -> dict[str, Any]:
    """Render a commit as lists show it."""
    at, html = f"{context.render.api}/repos/{repo.full_name}", f"{context.render.html}/{repo.full_name}"
    account = context.state.accounts[commit.author.casefold()]
    email = account.email or f"{account.id}+{account.login}@users.noreply.github.example"
    who = {"name": account.name or account.login, "email": email, "date": commit.moment}
    tree = ids.sha(commit.sha, "tree")
    return {
        "sha": commit.sha,
        "node_id": ids.node_id(ids.COMMIT, repo.id, int(commit.sha[:8], 16)),
        "commit": {
            "author": who,
            "committer": who,
            "message": commit.message,
            "tree": {"sha": tree, "url": f"{at}/git/trees/{tree}"},
            "url": f"{at}/git/commits/{commit.sha}",
            "comment_count": 0,
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
        "url": f"{at}/commits/{commit.sha}",
        "html_url": f"{html}/commit/{commit.sha}",
        "comments_url": f"{at}/commits/{commit.sha}/comments",
        "author": context.render.someone(account.login),
        "committer": context.render.someone(account.login),
        "parents": [
            {"sha": each, "url": f"{at}/commits/{each}", "html_url": f"{html}/commit/{each}"} for each in commit.parents
        ],
    }


def _full(context: Context, repo: Repo, commit: Commit) -> dict[str, Any]:
    stats = {"total": 0, "additions": 0, "deletions": 0}
    return {**render(context, repo, commit), "stats": stats, "files": []}


def _history(repo: Repo, start: str) -> dict[str, Commit]:
    """List what is known from a commit on, each before its parents."""
    known, walked, waiting = commits_of(repo), dict[str, Commit](), [start]
    while waiting:
        sha = waiting.pop()
        if sha in known and sha not in walked:
            walked[sha] = known[sha]
            waiting += known[sha].parents
    return walked


def compare(context: Context, repo: Repo, basehead: str) -> Json:
    """`GET compare/BASE...HEAD`: commits alone, there are no files."""
    base_name, dots, head_name = basehead.partition("...")
    base, head = (resolved(repo, each.rpartition(":")[2]) for each in (base_name, head_name))
    if not dots or base is None or head is None:
        raise not_found()
    behind, ahead = _history(repo, base), _history(repo, head)
    more = [each for each in ahead.values() if each.sha not in behind]
    less = [each for each in behind.values() if each.sha not in ahead]
    shared = next((each for each in ahead.values() if each.sha in behind), ahead[head])
    state = ("diverged" if less else "ahead") if more else ("behind" if less else "identical")
    at, html = f"{context.render.api}/repos/{repo.full_name}", f"{context.render.html}/{repo.full_name}"
    return {
        "url": f"{at}/compare/{basehead}",
        "html_url": f"{html}/compare/{basehead}",
        "permalink_url": f"{html}/compare/{base[:12]}...{head[:12]}",
        "diff_url": f"{html}/compare/{basehead}.diff",
        "patch_url": f"{html}/compare/{basehead}.patch",
        "base_commit": _full(context, repo, behind[base]),
        "merge_base_commit": _full(context, repo, shared),
        "status": state,
        "ahead_by": len(more),
        "behind_by": len(less),
        "total_commits": len(more),
        "commits": [render(context, repo, each) for each in reversed(more)],
        "files": [],
    }


def commits(context: Context, repo: Repo) -> Response:
    """`GET commits`: those that are known of the branch, each before its parents."""
    args = context.call.args
    known = commits_of(repo)
    if not known:
        raise error(409, "Git Repository is empty.")
    start = resolved(repo, args.get("sha") or repo.default_branch)
    if start is None:
        raise not_found()
    walked = _history(repo, start)
    since, until = args.get("since", ""), args.get("until", "~")
    found = [each for each in walked.values() if since <= each.moment <= until]
    return context.listed(found, f"{context.repo_url(repo)}/commits", lambda each: render(context, repo, each))


def commit(context: Context, repo: Repo, ref: str) -> Response:
    """`GET commits/REF`; the media type `sha` gives the name alone."""
    sha = resolved(repo, ref)
    found = commits_of(repo).get(sha or "")
    if found is None:
        raise not_found() if "/" in ref else error(422, f"No commit found for SHA: {ref}")
    if "application/vnd.github.sha" in context.call.headers.get("Accept", ""):
        return Response(found.sha, content_type="application/vnd.github.sha; charset=utf-8")
    return json_response(_full(context, repo, found))


def git_commit(context: Context, repo: Repo, sha: str) -> Json:
    """`GET git/commits/SHA`."""
    found = commits_of(repo).get(sha)
    if found is None:
        raise not_found()
    told = render(context, repo, found)
    kept = {key: told["commit"][key] for key in ("author", "committer", "message", "tree", "verification")}
    place = {key: told[key] for key in ("sha", "node_id", "html_url", "parents")}
    return {**place, "url": told["commit"]["url"], **kept}


def pulls_of_commit(context: Context, repo: Repo, sha: str) -> Response:
    """`GET commits/SHA/pulls`."""
    found = [issue for issue, pull in _pulls(repo) if sha in (pull.head_sha, pull.merge_commit_sha)]
    url = f"{context.repo_url(repo)}/commits/{sha}/pulls"
    return context.listed(found, url, lambda each: context.render.pull(each, full=False))


def of_pull(context: Context, repo: Repo, number: int) -> Response:
    """`GET pulls/N/commits`: its head."""
    part = context.pull(repo, number).pull_request
    found = [commits_of(repo)[part.head_sha]] if part else []
    url = f"{context.repo_url(repo)}/pulls/{number}/commits"
    return context.listed(found, url, lambda each: render(context, repo, each))


# ── branches, tags, references ──


def branches(context: Context, repo: Repo) -> Response:
    """`GET branches`."""
    wanted = {"true": True, "false": False}.get(context.call.args.get("protected", ""))
    found = [each for each in branches_of(repo) if wanted in (None, each.protected)]
    at = f"{context.render.api}/repos/{repo.full_name}"

    def told(each: Branch) -> dict[str, Any]:
        where = {"sha": each.sha, "url": f"{at}/commits/{each.sha}"}
        return {"name": each.name, "commit": where, "protected": each.protected}

    return context.listed(found, f"{context.repo_url(repo)}/branches", told)


def branch(context: Context, repo: Repo, name: str) -> Json:
    """`GET branches/NAME`."""
    found = next((each for each in branches_of(repo) if each.name == name), None)
    if found is None:
        raise error(404, "Branch not found")
    url = f"{context.render.api}/repos/{repo.full_name}/branches/{found.name}"
    html = f"{context.render.html}/{repo.full_name}/tree/{found.name}"
    checks: dict[str, Any] = {"enforcement_level": "off", "contexts": [], "checks": []}
    return {
        "name": found.name,
        "commit": _full(context, repo, commits_of(repo)[found.sha]),
        "_links": {"self": url, "html": html},
        "protected": found.protected,
        "protection": {"enabled": found.protected, "required_status_checks": checks},
        "protection_url": f"{url}/protection",
    }


def tags(context: Context, repo: Repo) -> Response:
    """`GET tags`: those of releases."""
    at, sha = f"{context.render.api}/repos/{repo.full_name}", _default(repo).sha
    found = [each for each in repo.releases if not each.draft]

    def told(each: Any) -> dict[str, Any]:
        return {
            "name": each.tag_name,
            "zipball_url": f"{at}/zipball/refs/tags/{each.tag_name}",
            "tarball_url": f"{at}/tarball/refs/tags/{each.tag_name}",
            "commit": {"sha": sha, "url": f"{at}/commits/{sha}"},
            "node_id": ids.node_id("REF", repo.id, each.id),
        }

    return context.listed(found, f"{context.repo_url(repo)}/tags", told)


def _reference(context: Context, repo: Repo, ref: str, sha: str) -> dict[str, Any]:
    at = f"{context.render.api}/repos/{repo.full_name}/git"
    mark = int(ids.sha(ref)[:8], 16)
    target = {"sha": sha, "type": "commit", "url": f"{at}/commits/{sha}"}
    return {"ref": ref, "node_id": ids.node_id("REF", repo.id, mark), "url": f"{at}/{ref}", "object": target}


def reference(context: Context, repo: Repo, ref: str) -> Json:
    """`GET git/ref/heads/NAME`, or of a tag."""
    kind, _, name = ref.partition("/")
    sha = resolved(repo, ref) if kind in ("heads", "tags") and name else None
    if sha is None:
        raise not_found()
    return _reference(context, repo, f"refs/{ref}", sha)


def create_reference(context: Context, repo: Repo) -> Response:
    """`POST git/refs`: makes a branch."""
    body = context.body()
    ref, sha = text(body, "ref", needed=True) or "", text(body, "sha", needed=True) or ""
    name = ref.removeprefix(HEADS)
    if not ref.startswith(HEADS) or not name:
        raise error(422, "Reference name is invalid: only branches can be made here")
    if len(sha) != SHA_LENGTH or sha not in commits_of(repo):
        raise error(422, "Object does not exist")
    if any(each.name == name for each in branches_of(repo)):
        raise error(422, "Reference already exists")
    repo.branches.append(Branch(name=name, sha=sha))
    context.state.touch(repo)
    made = _reference(context, repo, ref, sha)
    return json_response(made, status=201, headers={"Location": made["url"]})


def move_reference(context: Context, repo: Repo, ref: str) -> Json:
    """`PATCH git/refs/heads/NAME`: points a branch elsewhere."""
    found = _own(repo, ref)
    sha = text(context.body(), "sha", needed=True) or ""
    if sha not in commits_of(repo):
        raise error(422, "Object does not exist")
    found.sha = sha
    context.state.touch(repo)
    return _reference(context, repo, f"refs/{ref}", sha)


def delete_reference(context: Context, repo: Repo, ref: str) -> Response:
    """`DELETE git/refs/heads/NAME`."""
    found = _own(repo, ref)
    if found.name == repo.default_branch:
        raise invalid("Reference", "ref", "custom", "Cannot delete the default branch")
    repo.branches.remove(found)
    context.state.touch(repo)
    return empty_response()


def _own(repo: Repo, ref: str) -> Branch:
    found = next((each for each in repo.branches if f"heads/{each.name}" == ref), None)
    if found is None:
        raise error(422, "Reference does not exist")
    return found

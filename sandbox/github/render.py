"""Writes repositories and what belongs to them as GitHub's REST API does."""

from __future__ import annotations

import base64
import hashlib
from typing import Any, TypeAlias
from urllib.parse import quote

from sandbox.github import ids
from sandbox.github.access import access
from sandbox.github.accounts import IssueType
from sandbox.github.entities import Asset, Comment, Issue, Label, Milestone, Release, Repo, ReviewComment
from sandbox.github.render_accounts import AccountRender

_REPO_PATHS = (
    ("forks_url", "/forks"),
    ("keys_url", "/keys{/key_id}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("teams_url", "/teams"),
    ("hooks_url", "/hooks"),
    ("issue_events_url", "/issues/events{/number}"),
    ("events_url", "/events"),
    ("assignees_url", "/assignees{/user}"),
    ("branches_url", "/branches{/branch}"),
    ("tags_url", "/tags"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("trees_url", "/git/trees{/sha}"),
    ("statuses_url", "/statuses/{sha}"),
    ("languages_url", "/languages"),
    ("stargazers_url", "/stargazers"),
    ("contributors_url", "/contributors"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("commits_url", "/commits{/sha}"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("comments_url", "/comments{/number}"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("contents_url", "/contents/{+path}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("merges_url", "/merges"),
    ("archive_url", "/{archive_format}{/ref}"),
    ("downloads_url", "/downloads"),
    ("issues_url", "/issues{/number}"),
    ("pulls_url", "/pulls{/number}"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("labels_url", "/labels{/name}"),
    ("releases_url", "/releases{/id}"),
    ("deployments_url", "/deployments"),
)
Reacted: TypeAlias = Issue | Comment | ReviewComment | Release
REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


class Render(AccountRender):
    """Renders repositories and what belongs to them."""

    # ── repositories ──

    def repo(self, repo: Repo) -> dict[str, Any]:
        """Render a repository as lists and pull requests show it."""
        made = self._repos.get(repo.id)
        if made is None:
            made = self._repos[repo.id] = self._repo(repo)
        return made

    def simple_repo(self, repo: Repo) -> dict[str, Any]:
        """Render the least of a repository."""
        drop = {"git_url", "ssh_url", "clone_url", "svn_url", "mirror_url"}
        whole = self.repo(repo)
        keep = {"id", "node_id", "name", "full_name", "private", "owner", "html_url", "description", "fork", "url"}
        return {key: whole[key] for key in whole if key in keep or (key.endswith("_url") and key not in drop)}

    def full_repo(self, repo: Repo) -> dict[str, Any]:
        """Render a repository by itself."""
        owner = self.state.accounts[repo.owner.casefold()]
        belongs = {"organization": self.someone(owner.login)} if owner.is_organization else {}
        return {
            **self.repo(repo),
            "temp_clone_token": "",
            **belongs,
            "network_count": 0,
            "subscribers_count": 0,
        }

    def _repo(self, repo: Repo) -> dict[str, Any]:
        url, html = f"{self.api}/repos/{repo.full_name}", f"{self.html}/{repo.full_name}"
        host = self.html.partition("://")[2]
        open_issues = self.state.memo(
            repo, "open", lambda: sum(each.state == "open" and not each.gone for each in repo.issues)
        )
        level = access(self.state, self.rights, repo)
        return {
            "id": repo.id,
            "node_id": ids.node_id(ids.REPOSITORY, repo.id),
            "name": repo.name,
            "full_name": repo.full_name,
            "private": repo.private,
            "owner": self.someone(repo.owner),
            "html_url": html,
            "description": repo.description,
            "fork": False,
            "url": url,
            **{key: url + path for key, path in _REPO_PATHS},
            "created_at": repo.created_at,
            "updated_at": repo.updated_at,
            "pushed_at": repo.pushed_at,
            "git_url": f"git://{host}/{repo.full_name}.git",
            "ssh_url": f"git@{host}:{repo.full_name}.git",
            "clone_url": f"{html}.git",
            "svn_url": html,
            "homepage": repo.homepage,
            "size": 0,
            "stargazers_count": 0,
            "watchers_count": 0,
            "language": None,
            "has_issues": repo.has_issues,
            "has_projects": True,
            "has_downloads": True,
            "has_wiki": False,
            "has_pages": False,
            "has_discussions": False,
            "forks_count": 0,
            "mirror_url": None,
            "archived": repo.archived,
            "disabled": False,
            "open_issues_count": open_issues,
            "license": None,
            "allow_forking": True,
            "is_template": False,
            "web_commit_signoff_required": False,
            "topics": repo.topics,
            "visibility": "private" if repo.private else "public",
            "forks": 0,
            "open_issues": open_issues,
            "watchers": 0,
            "default_branch": repo.default_branch,
            "permissions": level.as_json(),
        }

    def label(self, repo: Repo, label: Label) -> dict[str, Any]:
        """Render a label."""
        return {
            "id": label.id,
            "node_id": ids.node_id(ids.LABEL, repo.id, label.id),
            "url": f"{self.api}/repos/{repo.full_name}/labels/{_quoted(label.name)}",
            "name": label.name,
            "color": label.color,
            "default": label.default,
            "description": label.description,
            **({"archived_at": None, "archived_by": None} if self.state.switches.archived_labels else {}),
        }

    def labels(self, issue: Issue) -> list[dict[str, Any]]:
        """Render an issue's labels."""
        if not issue.labels:
            return []
        repo = issue.repo
        made = self._labels.get(repo.id)
        if made is None:
            made = self._labels[repo.id] = {each.name: self.label(repo, each) for each in repo.labels}
        return [made[name] for name in issue.labels]

    def milestone(self, repo: Repo, milestone: Milestone | None) -> dict[str, Any] | None:
        """Render a milestone; None for none."""
        if milestone is None:
            return None
        url = f"{self.api}/repos/{repo.full_name}/milestones/{milestone.number}"
        counts = self._milestone_counts(repo)
        return {
            "url": url,
            "html_url": f"{self.html}/{repo.full_name}/milestone/{milestone.number}",
            "labels_url": f"{url}/labels",
            "id": milestone.id,
            "node_id": ids.node_id(ids.MILESTONE, repo.id, milestone.id),
            "number": milestone.number,
            "title": milestone.title,
            "description": milestone.description,
            "creator": self.user(milestone.creator),
            "open_issues": counts.get((milestone.number, "open"), 0),
            "closed_issues": counts.get((milestone.number, "closed"), 0),
            "state": milestone.state,
            "created_at": milestone.created_at,
            "updated_at": milestone.updated_at,
            "due_on": milestone.due_on,
            "closed_at": milestone.closed_at,
        }

    def _milestone_counts(self, repo: Repo) -> dict[tuple[int, str], int]:
        def count() -> dict[tuple[int, str], int]:
            counts: dict[tuple[int, str], int] = {}
            for issue in repo.issues:
                if issue.milestone is not None and not issue.gone:
                    key = (issue.milestone, issue.state)
                    counts[key] = counts.get(key, 0) + 1
            return counts

        return self.state.memo(repo, "milestones", count)

    def release(self, repo: Repo, release: Release) -> dict[str, Any]:
        """Render a release."""
        url = f"{self.api}/repos/{repo.full_name}/releases/{release.id}"
        zipball = f"{self.api}/repos/{repo.full_name}"
        return {
            "url": url,
            "assets_url": f"{url}/assets",
            "upload_url": f"{self.uploads}/repos/{repo.full_name}/releases/{release.id}/assets{{?name,label}}",
            "html_url": f"{self.html}/{repo.full_name}/releases/tag/{_quoted(release.tag_name)}",
            "id": release.id,
            "author": self.someone(release.author),
            "node_id": ids.node_id(ids.RELEASE, repo.id, release.id),
            "tag_name": release.tag_name,
            "target_commitish": release.target_commitish,
            "name": release.name,
            "draft": release.draft,
            "immutable": False,
            "prerelease": release.prerelease,
            "created_at": release.created_at,
            "updated_at": release.published_at or release.created_at,
            "published_at": release.published_at,
            "assets": [self.asset(repo, release, each) for each in release.assets],
            "tarball_url": f"{zipball}/tarball/{_quoted(release.tag_name)}",
            "zipball_url": f"{zipball}/zipball/{_quoted(release.tag_name)}",
            **self.texts(release.body),
            **({"reactions": self.reactions(url, release)} if release.reacted or release.reactions else {}),
        }

    @property
    def uploads(self) -> str:
        """What addresses of uploads begin with; on GHES it is a path of its own."""
        return f"{self.api.removesuffix('/api/v3')}/api/uploads" if self.api.endswith("/api/v3") else self.api

    def asset(self, repo: Repo, release: Release, asset: Asset) -> dict[str, Any]:
        """Render a file of a release."""
        data = base64.b64decode(asset.data)
        html = f"{self.html}/{repo.full_name}/releases/download/{_quoted(release.tag_name)}/{_quoted(asset.name)}"
        return {
            "url": f"{self.api}/repos/{repo.full_name}/releases/assets/{asset.id}",
            "id": asset.id,
            "node_id": ids.node_id(ids.ASSET, repo.id, asset.id),
            "name": asset.name,
            "label": asset.label,
            "uploader": self.user(asset.uploader),
            "content_type": asset.content_type,
            "state": "uploaded",
            "size": len(data),
            "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
            "download_count": asset.download_count,
            "created_at": asset.created_at,
            "updated_at": asset.updated_at,
            "browser_download_url": html,
        }

    # ── small things ──

    @staticmethod
    def issue_type(kind: IssueType | None) -> dict[str, Any] | None:
        """Render an issue type; None for none."""
        if kind is None:
            return None
        return {
            "id": kind.id,
            "node_id": ids.node_id(ids.ISSUE_TYPE, kind.id),
            "name": kind.name,
            "description": kind.description,
            "color": kind.color,
            "created_at": kind.created_at,
            "updated_at": kind.updated_at,
            "is_enabled": kind.is_enabled,
        }

    def type_of(self, repo: Repo, name: str | None) -> IssueType | None:
        """Find an issue type by name among those of the repository's owner."""
        if not name:
            return None
        types = self.state.accounts[repo.owner.casefold()].issue_types
        return next((each for each in types if each.name == name), None)

    def association(self, login: str, repo: Repo) -> str:
        """Say how an author stands to a repository."""
        key = (login, repo.id)
        if key not in self._associations:
            self._associations[key] = self._association(login, repo)
        return self._associations[key]

    def _association(self, login: str, repo: Repo) -> str:
        if login == repo.owner:
            return "OWNER"
        if login in self.state.accounts[repo.owner.casefold()].members:
            return "MEMBER"
        if login in repo.collaborators:
            return "COLLABORATOR"
        mergers = self.state.memo(
            repo,
            "mergers",
            lambda: {each.user for each in repo.issues if each.pull_request and each.pull_request.merged_at},
        )
        return "CONTRIBUTOR" if login in mergers else "NONE"

    @staticmethod
    def reactions(url: str, thing: Reacted) -> dict[str, Any]:
        """Render the roll-up of reactions: those of the document that are counts alone, and those with a person."""
        counts = dict.fromkeys(REACTIONS, 0)
        for name, count in thing.reactions.items():
            counts[name] = counts.get(name, 0) + count
        for each in thing.reacted:
            counts[each.content] += 1
        return {"url": f"{url}/reactions", "total_count": sum(counts.values()), **counts}


def _quoted(text: str) -> str:
    return quote(text, safe="")

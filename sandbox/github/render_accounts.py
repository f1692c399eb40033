"""Writes users, organizations and apps as GitHub's REST API does."""

from __future__ import annotations

from html import escape
from typing import Any

from sandbox.github import ids
from sandbox.github.access import Rights
from sandbox.github.accounts import Account, App
from sandbox.github.state import State

_USER_PATHS = (
    ("followers_url", "/followers"),
    ("following_url", "/following{/other_user}"),
    ("gists_url", "/gists{/gist_id}"),
    ("starred_url", "/starred{/owner}{/repo}"),
    ("subscriptions_url", "/subscriptions"),
    ("organizations_url", "/orgs"),
    ("repos_url", "/repos"),
    ("events_url", "/events{/privacy}"),
    ("received_events_url", "/received_events"),
)


class AccountRender:
    """Renders for one request: whatever is asked for twice is made once.

    Args:
        state: what is rendered.
        api: what the API's addresses begin with, `http://127.0.0.1:1234/api/v3`.
        html: what the site's addresses begin with.
        rights: of the caller.
        media: in which forms texts are wanted: `raw`, `text`, `html` or `full`, which is all.
    """

    def __init__(self, state: State, *, api: str, html: str, rights: Rights, media: str = "raw") -> None:
        self.state = state
        self.api = api
        self.html = html
        self.rights = rights
        self.media = media
        self._users: dict[str, dict[str, Any]] = {}
        self._repos: dict[int, dict[str, Any]] = {}
        self._labels: dict[int, dict[str, dict[str, Any]]] = {}
        self._associations: dict[tuple[str, int], str] = {}

    def texts(self, body: str | None) -> dict[str, str | None]:
        """Render a text in the forms that are wanted. There is no Markdown: its HTML is the text in paragraphs."""
        if self.media == "raw":
            return {"body": body}
        told = body or ""
        made = {"body_text": told, "body_html": paragraphs(told)}
        if self.media == "full":
            return {"body": body, **made}
        return {f"body_{self.media}": made[f"body_{self.media}"]}

    # ── accounts ──

    def user(self, login: str | None) -> dict[str, Any] | None:
        """Render a simple user; None for nobody."""
        return self.someone(login) if login else None

    def someone(self, login: str) -> dict[str, Any]:
        """Render a simple user."""
        made = self._users.get(login)
        if made is None:
            account = self.state.accounts[login.casefold()]
            made = self._users[login] = self._simple(account)
        return made

    def _simple(self, account: Account) -> dict[str, Any]:
        url = f"{self.api}/users/{account.login.replace('[', '%5B').replace(']', '%5D')}"
        app = self.state.app_by_slug(account.login.removesuffix("[bot]")) if account.type == "Bot" else None
        return {
            "login": account.login,
            "id": account.id,
            "node_id": self.account_node(account),
            "avatar_url": f"{self.html}/avatars/u/{account.id}?v=4",
            "gravatar_id": "",
            "url": url,
            "html_url": f"{self.html}/apps/{app.slug}" if app else f"{self.html}/{account.login}",
            **{key: url + path for key, path in _USER_PATHS},
            "type": account.type,
            "user_view_type": "public",
            "site_admin": account.site_admin,
        }

    @staticmethod
    def account_node(account: Account) -> str:
        """Give an account's node id."""
        kind = {"Organization": ids.ORGANIZATION, "Bot": ids.BOT}.get(account.type, ids.USER)
        return ids.node_id(kind, account.id)

    def full_user(self, account: Account, *, private: bool) -> dict[str, Any]:
        """Render a user as `/users/{login}` and, with what only they see, `/user` do."""
        repos = list(self.state.owned(account.login))
        hidden = {
            "private_gists": 0,
            "total_private_repos": sum(each.private for each in repos),
            "owned_private_repos": sum(each.private for each in repos),
            "disk_usage": 0,
            "collaborators": 0,
            "two_factor_authentication": True,
        }
        return {
            **self.someone(account.login),
            "name": account.name,
            "company": account.company,
            "blog": account.blog,
            "location": account.location,
            "email": account.email,
            "hireable": None,
            "bio": account.bio,
            "twitter_username": None,
            "public_repos": sum(not each.private for each in repos),
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "created_at": account.created_at,
            "updated_at": account.updated_at,
            **(hidden if private else {}),
        }

    def organization(self, account: Account, *, full: bool = True) -> dict[str, Any]:
        """Render an organization, as listed or in full."""
        url = f"{self.api}/orgs/{account.login}"
        simple = {
            "login": account.login,
            "id": account.id,
            "node_id": self.account_node(account),
            "url": url,
            "repos_url": f"{url}/repos",
            "events_url": f"{url}/events",
            "hooks_url": f"{url}/hooks",
            "issues_url": f"{url}/issues",
            "members_url": f"{url}/members{{/member}}",
            "public_members_url": f"{url}/public_members{{/member}}",
            "avatar_url": f"{self.html}/avatars/u/{account.id}?v=4",
            "description": account.bio,
        }
        if not full:
            return simple
        return {
            **simple,
            **({"name": account.name} if account.name else {}),
            **({"email": account.email} if account.email else {}),
            "is_verified": False,
            "has_organization_projects": True,
            "has_repository_projects": True,
            "public_repos": sum(not each.private for each in self.state.owned(account.login)),
            "public_gists": 0,
            "followers": 0,
            "following": 0,
            "html_url": f"{self.html}/{account.login}",
            "type": "Organization",
            "default_repository_permission": account.base_permission,
            "created_at": account.created_at,
            "updated_at": account.updated_at,
            "archived_at": None,
        }

    def app(self, slug: str | None) -> dict[str, Any] | None:
        """Render an app as `performed_via_github_app` shows it; None for none."""
        app = self.state.app_by_slug(slug)
        return self.integration(app) if app else None

    def integration(self, app: App) -> dict[str, Any]:
        """Render an app."""
        return {
            "id": app.id,
            "client_id": app.client_id,
            "slug": app.slug,
            "node_id": ids.node_id(ids.APP, app.id),
            "owner": self.someone(app.owner),
            "name": app.name,
            "description": "",
            "external_url": f"{self.html}/apps/{app.slug}",
            "html_url": f"{self.html}/apps/{app.slug}",
            "created_at": app.created_at,
            "updated_at": app.updated_at,
            "permissions": dict(app.installations[0].permissions) if app.installations else {},
            "events": [],
        }


def paragraphs(text: str) -> str:
    """Render a text as HTML: paragraphs, and nothing of Markdown."""
    blocks = (each.strip() for each in text.split("\n\n"))
    return "\n".join(f'<p dir="auto">{escape(each, quote=False)}</p>' for each in blocks if each)

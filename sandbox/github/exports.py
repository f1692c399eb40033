"""Makes a state document of what GitHub's REST API answered, so that an export of real repositories can be served.

An export is one JSON object, as a script collects it from the pages of the API::

    {"token": "any text",                       good for everything in the export; it acts as the first owner
     "organizations": [<GET /orgs/ORG>],
     "issue_types": {"ORG": <GET /orgs/ORG/issue-types>},
     "repositories": [
       {"repository": <GET /repos/O/R>,         needed; of everything else all pages, or nothing
        "labels": <GET labels>, "milestones": <GET milestones?state=all>, "issues": <GET issues?state=all>,
        "comments": <GET issues/comments>, "events": <GET issues/events>, "pulls": <GET pulls?state=all>,
        "review_comments": <GET pulls/comments>, "reviews": {"4": <GET pulls/4/reviews>},
        "releases": <GET releases>}]}

What the answers do not tell is left out: `sub_issues` and dependencies, who reacted, checks, contents of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

EXPORT_KEYS = frozenset({"token", "organizations", "issue_types", "repositories"})
PART_KEYS = frozenset(
    {
        "repository",
        "labels",
        "milestones",
        "issues",
        "comments",
        "events",
        "pulls",
        "review_comments",
        "reviews",
        "releases",
    }
)
_EVENT_PLAIN = ("event", "id", "created_at", "commit_id", "rename", "state_reason")
Json = Mapping[str, Any]


def document_of(export: Any) -> dict[str, Any]:
    """Make a state document.

    Raises:
        ValueError: the export is not of the form above; the text names the place.
    """
    _check(export, EXPORT_KEYS, "the export")
    repositories = export.get("repositories") or []
    accounts = _Accounts()
    for org in export.get("organizations") or []:
        accounts.add(org, type="Organization", name=org.get("name"), bio=org.get("description"))
    made = [_repository(each, f"repositories[{n}]", accounts) for n, each in enumerate(repositories)]
    for login, types in (export.get("issue_types") or {}).items():
        kept = ("id", "name", "description", "color", "is_enabled", "created_at", "updated_at")
        accounts.known(login, "Organization")["issue_types"] = [_kept(each, kept) for each in types]
    owner = made[0]["full_name"].partition("/")[0] if made else "nobody"
    if accounts.known(owner)["type"] == "Organization":
        accounts.known(owner).setdefault("members", {})["exporter"] = "admin"
        owner = "exporter"
    token = {"token": export.get("token") or "token-of-the-export", "login": owner, "kind": "classic"}
    scopes = ["repo", "read:org", "project", "admin:org_hook"]
    return {"accounts": accounts.listed(), "tokens": [{**token, "scopes": scopes}], "repositories": made}


def _check(given: Any, known: frozenset[str], place: str) -> None:
    if not isinstance(given, Mapping):
        raise ValueError(f"{place}: an object is needed, with some of {', '.join(sorted(known))}")  # noqa: TRY004 - one error for all
    if unknown := set(given) - known:
        raise ValueError(f"{place}: {', '.join(sorted(unknown))} unknown; known are {', '.join(sorted(known))}")


def _kept(given: Json, names: Iterable[str]) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


class _Accounts:
    """Everybody who is named anywhere, with the id that GitHub gave them."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Any]] = {}

    def known(self, login: str, kind: str = "User") -> dict[str, Any]:
        """Give an account, made when it is new."""
        return self._found.setdefault(login.casefold(), {"login": login, "type": kind})

    def add(self, told: Json, **more: Any) -> str:
        """Note an account as an answer shows it; gives its login."""
        kind = told.get("type") if told.get("type") in ("User", "Organization", "Bot") else "User"
        account = self.known(told["login"], str(kind))
        account.update({"id": told["id"], **{name: value for name, value in more.items() if value is not None}})
        return str(told["login"])

    def login(self, told: Json | None) -> str | None:
        """Note an account that may be missing, as those of deleted users are."""
        return self.add(told) if told else None

    def author(self, told: Json | None) -> str:
        """Note an author; what nobody wrote is the ghost's, as on GitHub."""
        return self.login(told) or self.known("ghost")["login"]

    def listed(self) -> list[dict[str, Any]]:
        """Give them all."""
        return list(self._found.values())


def _repository(part: Any, place: str, accounts: _Accounts) -> dict[str, Any]:
    _check(part, PART_KEYS, place)
    try:
        told = part["repository"]
        accounts.add(told["owner"])
        kept = ("id", "full_name", "private", "description", "archived", "has_issues", "default_branch", "topics",
                "homepage", "created_at", "updated_at", "pushed_at")  # fmt: skip
        return {
            **_kept(told, kept),
            "labels": [
                _kept(each, ("id", "name", "color", "description", "default")) for each in _list(part, "labels")
            ],
            "milestones": [_milestone(each, accounts) for each in _list(part, "milestones")],
            "issues": _issues(part, accounts),
            "releases": [_release(each, accounts) for each in _list(part, "releases")],
        }
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"{place}: not as the API answers it: {type(problem).__name__} {problem}") from problem


def _list(part: Json, name: str) -> list[Any]:
    return part.get(name) or []


def _milestone(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = ("title", "number", "id", "state", "description", "due_on", "created_at", "updated_at", "closed_at")
    return {**_kept(told, kept), "creator": accounts.login(told.get("creator"))}


def _release(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = ("id", "tag_name", "name", "body", "draft", "prerelease", "target_commitish", "created_at", "published_at")
    return {**_kept(told, kept), "author": accounts.author(told.get("author")), "reactions": _counts(told)}


def _by_issue(things: Iterable[Json], link: str) -> dict[int, list[Json]]:
    found: dict[int, list[Json]] = {}
    for each in things:
        found.setdefault(int(str(each[link]).rpartition("/")[2]), []).append(each)
    return found


def _issues(part: Json, accounts: _Accounts) -> list[dict[str, Any]]:
    pulls = {each["number"]: each for each in _list(part, "pulls")}
    comments = _by_issue(_list(part, "comments"), "issue_url")
    lines = _by_issue(_list(part, "review_comments"), "pull_request_url")
    events: dict[int, list[Json]] = {}
    for each in _list(part, "events"):
        if each.get("issue"):
            events.setdefault(each["issue"]["number"], []).append(each)
    reviews = {int(number): found for number, found in (part.get("reviews") or {}).items()}
    made = []
    for told in _list(part, "issues"):
        number = told["number"]
        issue = _issue(told, accounts)
        issue["comments"] = [_comment(each, accounts) for each in comments.get(number, [])]
        issue["events"] = [_event(each, accounts) for each in reversed(events.get(number, []))]
        if told.get("pull_request"):
            issue["pull_request"] = _pull(pulls.get(number), accounts)
            issue["pull_request"]["reviews"] = [_review(each, accounts) for each in reviews.get(number, [])]
            issue["pull_request"]["review_comments"] = [_line(each, accounts) for each in lines.get(number, [])]
        made.append(issue)
    return sorted(made, key=lambda each: each["number"])


def _counts(told: Json) -> dict[str, int]:
    rollup = told.get("reactions") or {}
    return {name: count for name, count in rollup.items() if name not in ("url", "total_count") and count}


def _issue(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = ("number", "id", "title", "body", "state", "state_reason", "locked", "active_lock_reason", "created_at",
            "updated_at", "closed_at")  # fmt: skip
    return {
        **_kept(told, kept),
        "user": accounts.author(told.get("user")),
        "labels": [each["name"] for each in told.get("labels") or []],
        "assignees": [accounts.add(each) for each in told.get("assignees") or []],
        "milestone": told["milestone"]["number"] if told.get("milestone") else None,
        "type": told["type"]["name"] if told.get("type") else None,
        "closed_by": accounts.login(told.get("closed_by")),
        "reactions": _counts(told),
    }


def _comment(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = _kept(told, ("id", "created_at", "updated_at"))
    user = accounts.author(told.get("user"))
    return {**kept, "body": told.get("body") or "", "user": user, "reactions": _counts(told)}


def _event(told: Json, accounts: _Accounts) -> dict[str, Any]:
    people = {name: accounts.login(told.get(name)) for name in ("actor", "assignee", "assigner")}
    return {
        **_kept(told, _EVENT_PLAIN),
        **people,
        "reviewer": accounts.login(told.get("requested_reviewer")),
        "label": (told.get("label") or {}).get("name"),
        "milestone": (told.get("milestone") or {}).get("title"),
        "issue_type": (told.get("issue_type") or {}).get("name"),
        "prev_issue_type": (told.get("prev_issue_type") or {}).get("name"),
    }


def _pull(told: Json | None, accounts: _Accounts) -> dict[str, Any]:
    if told is None:
        return {}
    kept = ("id", "draft", "merged_at", "merge_commit_sha", "commits", "additions", "deletions", "changed_files")
    return {
        **_kept(told, kept),
        "head": told["head"]["ref"],
        "head_sha": told["head"]["sha"],
        "base": told["base"]["ref"],
        "base_sha": told["base"]["sha"],
        "merged_by": accounts.login(told.get("merged_by")),
        "requested_reviewers": [accounts.add(each) for each in told.get("requested_reviewers") or []],
    }


def _review(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = _kept(told, ("id", "state", "body", "submitted_at", "commit_id"))
    return {**kept, "user": accounts.author(told.get("user"))}


def _line(told: Json, accounts: _Accounts) -> dict[str, Any]:
    kept = ("id", "path", "line", "diff_hunk", "commit_id", "created_at", "updated_at")
    return {
        **_kept(told, kept),
        "body": told.get("body") or "",
        "user": accounts.author(told.get("user")),
        "review": told.get("pull_request_review_id"),
        "in_reply_to": told.get("in_reply_to_id"),
        "reactions": _counts(told),
    }

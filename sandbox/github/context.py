"""What a handler is given: the state, the caller, a pen to render and one to edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, json_response
from sandbox.github import paging
from sandbox.github.access import Rights, Role, access, allows, error, not_found, schema_mismatch
from sandbox.github.edits import Edits
from sandbox.github.entities import Issue, Repo
from sandbox.github.render_issues import IssueRender
from sandbox.github.state import State

Item = TypeVar("Item")


@dataclass(slots=True, kw_only=True)
class Context:
    """One request."""

    call: Call
    state: State
    rights: Rights
    render: IssueRender
    edits: Edits

    def role(self, repo: Repo) -> Role:
        """Say what the caller may do in a repository."""
        return access(self.state, self.rights, repo)

    def sees(self, repo: Repo) -> bool:
        """Whether the caller may know of a repository."""
        return self.role(repo) > Role.NONE

    def may(self, repo: Repo, permission: str, needed: str) -> bool:
        """Whether the caller's token reaches so far."""
        return allows(self.rights, repo, permission, needed)

    def repo_url(self, repo: Repo) -> str:
        """Where a repository is reached by its id, as `Link` and `Location` have it."""
        return f"{self.render.api}/repositories/{repo.id}"

    def issue(self, repo: Repo, number: int) -> Issue:
        """Find an issue or pull request.

        Raises:
            HttpError: 404, 410 for a deleted one, 301 (or 307) for one that lives elsewhere now.
        """
        found = repo.by_number.get(number)
        if found is None:
            raise not_found()
        if found.deleted:
            if self.state.switches.deleted_status == 404:
                raise not_found()
            raise error(410, "This issue was deleted")
        if found.transferred_to is not None:
            target = self.state.issues[found.transferred_to]
            if not self.sees(target.repo):
                raise not_found()
            rest = raw_path(self.call).partition(f"/{number}")[2]
            raise moved(self.call, f"{self.repo_url(target.repo)}/issues/{target.number}{rest}")
        if self.call.method not in ("GET", "HEAD"):
            self.edits.remember(found)
        return found

    def pull(self, repo: Repo, number: int) -> Issue:
        """Find a pull request; raises HttpError 404."""
        found = self.issue(repo, number)
        if found.pull_request is None:
            raise not_found()
        return found

    def listed(self, things: Sequence[Any], url: str, render: Callable[[Any], Any]) -> Response:
        """Answer with the page of a list that is asked for."""
        page, headers = paging.by_number(self.call, things, url)
        return json_response([render(each) for each in self.as_sent(page)], headers=headers)

    def as_sent(self, page: Sequence[Item]) -> Sequence[Item]:
        """Give a page in the order in which it is sent."""
        return list(reversed(page)) if self.state.switches.reordered_pages else page

    def body(self) -> dict[str, Any]:
        """Read the request's body, an object (empty when there is none).

        Raises:
            HttpError: 400 when it is no JSON, 422 when it is no object.
        """
        body = self.any_body()
        if not isinstance(body, dict):
            raise schema_mismatch(f"{_shown(body)} is not an object.")
        return body

    def any_body(self) -> Any:
        """Read the request's body; raises HttpError 400 when it is no JSON."""
        try:
            body = self.call.json_body()
        except HttpError as problem:
            raise error(400, "Problems parsing JSON") from problem
        except RecursionError as problem:
            raise error(400, "Problems parsing JSON") from problem
        return {} if body is None else body


def raw_path(call: Call) -> str:
    """Give the path as it was sent."""
    return str(call.environ.get("RAW_PATH") or call.path)


def moved(call: Call, url: str) -> HttpError:
    """Make the answer for what lives elsewhere now: 301, or 307 where the method must be kept."""
    status = 301 if call.method in ("GET", "HEAD") else 307
    query = call.query_string.decode("latin-1")
    where = f"{url}?{query}" if query else url
    text = "Moved Permanently" if status == 301 else "Temporary Redirect"
    body = {"message": text, "url": where, "documentation_url": "https://docs.github.com/rest"}
    return HttpError(status, text, body=body, headers={"Location": where})


def text(body: Mapping[str, Any], name: str, *, needed: bool = False) -> str | None:
    """Read a text of a body; None when it is absent or null.

    Raises:
        HttpError: 422 when it is absent though needed, or no text.
    """
    if name not in body:
        if needed:
            raise schema_mismatch(f'"{name}" wasn\'t supplied.')
        return None
    value = body[name]
    if value is None and not needed:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise schema_mismatch(f"For 'properties/{name}', {_shown(value)} is not a string.")
    if "\x00" in value:
        raise schema_mismatch(f"For 'properties/{name}', null characters are not allowed.")
    return value


def texts(body: Mapping[str, Any], name: str, *, key: str = "name") -> list[str] | None:
    """Read a list of texts, or of objects that bear one as `key`; None when it is absent or null.

    Raises:
        HttpError: 422 when it is something else.
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list):
        raise schema_mismatch(f"For 'properties/{name}', {_shown(value)} is not an array.")
    found: list[Any] = [each.get(key) if isinstance(each, dict) else each for each in value]
    if wrong := [each for each in found if not isinstance(each, str)]:
        raise schema_mismatch(f"For 'properties/{name}/items', {_shown(wrong[0])} is not a string.")
    return found


def flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """Read a boolean; raises HttpError 422 when it is something else."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise schema_mismatch(f"For 'properties/{name}', {_shown(value)} is not a boolean.")
    return value


def whole(body: Mapping[str, Any], name: str) -> int:
    """Read a number that is needed; raises HttpError 422 when it is none."""
    if name not in body:
        raise schema_mismatch(f'"{name}" wasn\'t supplied.')
    value = body[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise schema_mismatch(f"For 'properties/{name}', {_shown(value)} is not an integer.")
    return value


def choice(body: Mapping[str, Any], name: str, choices: Sequence[str]) -> str | None:
    """Read one of several words; None when it is absent or null; raises HttpError 422."""
    value = text(body, name)
    if value is not None and value not in choices:
        raise schema_mismatch(f"{_shown(value)} is not a member of {list(choices)}.")
    return value


def _shown(value: object) -> str:
    return repr(value)[:100]

"""What GitHub tells whoever writes a first configuration: the repositories."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.port import Choice, Survey
from connectors.github.client import GithubClient, items_of, next_page

_PAGE = 100  # GitHub's most
_MOST_PAGES = 30  # more repositories than a person would choose from


def survey(client: GithubClient) -> Survey:
    """The repositories that this login or installation can see, in pages of 100; archived ones are left out."""
    return Survey(places=tuple(_repositories(client)))


def _repositories(client: GithubClient) -> Iterator[Choice]:
    by_app = client.settings.token is None
    url: str | None = f"{'/installation/repositories' if by_app else '/user/repos'}?per_page={_PAGE}"
    for _ in range(_MOST_PAGES):
        if url is None:
            return
        answer = client.get(url)
        rows = answer.body.get("repositories", ()) if isinstance(answer.body, dict) else items_of(client, answer, url)
        for row in rows:
            if isinstance(row.get("full_name"), str) and row.get("has_issues") is not False and not row.get("archived"):
                yield Choice(key=row["full_name"], title=str(row.get("description") or ""))
        url = next_page(answer)

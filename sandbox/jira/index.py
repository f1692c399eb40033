"""The search index: which version of each issue a search sees, as the index runs behind the writes."""

from collections.abc import Iterable, Mapping

from sandbox.jira.model import Issue

_BEGINNING = float("-inf")


class SearchIndex:
    """Remembers what issues were, for as long as some node of the index may still show it. Used under the lock.

    A version is seen once `lag` seconds have gone by since it was written, and so many more as that write came late.
    Versions of one issue are never seen out of order.
    """

    def __init__(self) -> None:
        self._versions: dict[str, list[tuple[float, Issue | None]]] = {}

    def keep(self, issue_id: str, before: Issue | None) -> None:
        """Keep what an issue is before it changes; None when it is not there yet."""
        if issue_id not in self._versions:
            self._versions[issue_id] = [(_BEGINNING, before.snapshot() if before else None)]

    def written(self, issue_id: str, now: float, after: Issue | None, *, late: float = 0.0) -> None:
        """Enter what an issue has become; None when it is gone."""
        versions = self._versions.get(issue_id)
        if versions is not None:
            due = max(now + late, versions[-1][0])
            versions.append((due, after.snapshot() if after else None))

    def stale(self, now: float, lag: float) -> Mapping[str, tuple[int, Issue | None]]:
        """Give the issues that a search sees otherwise than they are: each one's version number and content."""
        found = {}
        for issue_id, versions in self._versions.items():
            at = max(number for number, (due, _) in enumerate(versions) if due == _BEGINNING or due + lag <= now)
            if at < len(versions) - 1:
                found[issue_id] = (at, versions[at][1])
        return found

    def forget(self, now: float, longest_lag: float) -> None:
        """Forget issues whose latest version every node has seen."""
        self._versions = {
            issue_id: versions
            for issue_id, versions in self._versions.items()
            if len(versions) == 1 or versions[-1][0] + longest_lag > now
        }

    def seen(
        self, live: Mapping[str, Issue], stale: Mapping[str, tuple[int, Issue | None]], fresh: Iterable[str]
    ) -> Iterable[Issue]:
        """Give the issues as a search sees them.

        Args:
            live: all issues as they are.
            stale: from `stale`.
            fresh: ids to be looked at as they are now.
        """
        hidden = set(stale) - set(fresh)
        if not hidden:
            return live.values()
        kept = [issue for one, issue in live.items() if one not in hidden]
        return kept + [snapshot for one in hidden if (snapshot := stale[one][1]) is not None]

"""What all handlers share: the state in force, the clock, and the caller of a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sandbox.core.clock import Clock
from sandbox.core.http import Call, Handler, HttpError
from sandbox.jira import access
from sandbox.jira.auth import Caller
from sandbox.jira.model import Issue, Row
from sandbox.jira.render import Renderer
from sandbox.jira.state import State

Table = list[tuple[str, str, Handler]]
"""Routes: method, path below the version's root, handler."""


class Failed(Protocol):
    """A webhook that was given up."""

    id: str
    hook: int
    url: str
    body: bytes
    failed_ms: int | None


class Listener(Protocol):
    """Is told what happened, under the lock."""

    def failed(self) -> "Sequence[Failed]":
        """Give the webhooks of apps that were given up."""

    def told(self, event: str, issue: Issue | None, more: Row) -> None:
        """Take one event.

        Args:
            event: as webhooks name it: `jira:issue_updated`, `comment_created`, `sprint_closed`.
            issue: the one it is about, if any, as it then is.
            more: what else it is about: `user`, `items`, `comment`, `worklog`, `sprint`, `version`, `property`.
        """


@dataclass(slots=True, kw_only=True)
class Site:
    """The state, which a load replaces whole, and the clock.

    Attributes:
        base: address of the site as it was last called, for what is written without a request.
        listener: who is told what happens.
    """

    state: State
    clock: Clock
    base: str = "http://127.0.0.1"
    listener: Listener | None = None

    def tell(self, event: str, issue: Issue | None = None, **more: Any) -> None:
        """Tell the listener what happened."""
        if self.listener is not None:
            self.listener.told(event, issue, more)

    @property
    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return int(self.clock.seconds() * 1000)

    def caller(self, call: Call) -> Caller:
        """Give the caller that authentication found."""
        found = call.notes
        if not isinstance(found, Caller):
            raise HttpError(401, "Not authenticated")
        return found

    def renderer(self, call: Call) -> Renderer:
        """Give what renders for the caller."""
        return Renderer(self.state, self.caller(call))

    def as_read(self, ref: str) -> Issue | None:
        """Find an issue as a read by id shows it: as it is, or as the index has it when the switch says so."""
        found, switches = self.state.issue(ref), self.state.switches
        if not switches.reads_lag:
            return found
        now = self.clock.seconds()
        stale = self.state.index.stale(now, self.state.index_lag_seconds + switches.lag_of(1))
        gone = next((old for _, old in stale.values() if old and ref.upper() in (old.id, old.key)), None)
        if found is None:
            return gone
        return stale[found.id][1] if found.id in stale else found

    def read_issue(self, call: Call, ref: str) -> Issue:
        """Find an issue that the caller sees, as a read by id shows it.

        Raises:
            HttpError: 404.
        """
        found = self.as_read(ref)
        hidden = found is not None and found.archived is not None and not self.state.switches.archived_readable
        if found is None or hidden or not self.caller(call).eyes.see(found):
            raise HttpError(404, access.NOT_FOUND if self.state.cloud else "Issue Does Not Exist")
        return found

    def issue(self, call: Call, ref: str) -> Issue:
        """Find an issue that the caller sees.

        Raises:
            HttpError: 404, the same whether it is absent or hidden.
        """
        found = self.state.issue(ref)
        if found is None or not self.caller(call).eyes.see(found):
            message = access.NOT_FOUND if self.state.cloud else "Issue Does Not Exist"
            raise HttpError(404, message)
        return found

    def writable(self, call: Call, ref: str) -> Issue:
        """Find an issue that the caller may change.

        Raises:
            HttpError: 401, 403 or 404.
        """
        self.caller(call).require()
        found = self.issue(call, ref)
        if found.archived is not None:
            raise HttpError(403, f"The issue '{found.key}' is archived and cannot be changed.")
        if not access.may_edit(self.state, self.caller(call).uid, self.state.project_of(found)):
            raise HttpError(403, "You do not have permission to edit issues in this project.")
        return found

    def project(self, call: Call, ref: str) -> Row:
        """Find a project that the caller sees.

        Raises:
            HttpError: 404.
        """
        project_id = self.state.project_id(ref)
        if project_id is None or project_id not in self.caller(call).eyes.projects:
            raise HttpError(404, f"No project could be found with key '{ref}'.")
        return self.state.projects[project_id]

    def types_of(self, project_id: str) -> list[str]:
        """List the ids of the issue types that a project has."""
        rows = self.state.tables["issuetypes"]
        given = self.state.projects[project_id].get("issuetypes")
        if given is None:
            return list(rows)
        return [found for one in given if (found := self.state.row_id(rows, one))]

    def bumps(self, kind: str) -> bool:
        """Say whether a change of that kind (see `switches.BUMPS`) moves `updated`."""
        return kind in self.state.switches.bumps_updated

    def touched(self, issue: Issue, *, bump: bool = True) -> None:
        """Finish a write: bump `updated` unless told not to, and tell the index."""
        if bump:
            issue.updated = max(self.now_ms, issue.updated + 1)
        self.state.after_write(issue, self.clock.seconds())

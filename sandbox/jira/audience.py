"""Who watches an issue and who voted for it."""

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response
from sandbox.jira import access
from sandbox.jira.model import Issue
from sandbox.jira.paging import body_object
from sandbox.jira.site import Site, Table


class Audience:
    """The handlers of `/issue/{ref}/votes` and `/issue/{ref}/watchers`; neither moves `updated`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes."""
        return [
            ("GET", "/issue/<ref>/votes", self.votes),
            ("POST", "/issue/<ref>/votes", self.vote),
            ("DELETE", "/issue/<ref>/votes", self.take_back),
            ("GET", "/issue/<ref>/watchers", self.watchers),
            ("POST", "/issue/<ref>/watchers", self.watch),
            ("DELETE", "/issue/<ref>/watchers", self.unwatch),
            *([("POST", "/issue/watching", self.watching)] if self._site.state.cloud else []),
        ]

    def votes(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/votes`."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        return {**renderer.votes(issue), "voters": [renderer.user(one) for one in issue.voters]}

    def vote(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/votes`: not by the reporter, and not once it is resolved."""
        issue = self._site.issue(call, ref)
        uid = self._site.caller(call).require()
        if issue.fields.get("reporter") == uid or issue.fields.get("resolution") is not None:
            what = "you have reported" if issue.fields.get("reporter") == uid else "that is resolved"
            raise HttpError(404, f"You cannot vote for an issue {what}.")
        if uid not in issue.voters:
            self._change(issue, voters=[*issue.voters, uid])
        return empty_response(status=204 if self._site.state.cloud else 200)

    def take_back(self, call: Call, ref: str) -> Response:
        """`DELETE /issue/{ref}/votes`."""
        issue = self._site.issue(call, ref)
        uid = self._site.caller(call).require()
        if uid not in issue.voters:
            raise HttpError(404, "Cannot remove a vote for an issue that the user has not already voted for.")
        self._change(issue, voters=[one for one in issue.voters if one != uid])
        return empty_response()

    def watchers(self, call: Call, ref: str) -> Json:
        """`GET /issue/{ref}/watchers`."""
        issue = self._site.issue(call, ref)
        renderer = self._site.renderer(call)
        return {**renderer.watches(issue), "watchers": [renderer.user(one) for one in issue.watchers]}

    def watch(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/watchers`: the body is the user, as a text; without one it is the caller."""
        issue = self._site.issue(call, ref)
        caller = self._site.caller(call)
        given = call.json_body() or call.args.get("userName") or caller.require()
        uid = self._user(call, issue, given)
        if uid not in issue.watchers:
            self._change(issue, watchers=[*issue.watchers, uid])
        return empty_response()

    def unwatch(self, call: Call, ref: str) -> Response:
        """`DELETE /issue/{ref}/watchers?accountId=` or, on Data Center, `?username=`."""
        issue = self._site.issue(call, ref)
        names = ("accountId",) if self._site.state.cloud else ("username", "userName")
        given = next((call.args[name] for name in names if call.args.get(name)), None)
        if given is None:
            raise HttpError(400, f"The query parameter '{names[0]}' is required.")
        uid = self._user(call, issue, given)
        self._change(issue, watchers=[one for one in issue.watchers if one != uid])
        return empty_response()

    def watching(self, call: Call) -> Json:
        """`POST /issue/watching` (Cloud): which of many issues the caller watches."""
        uid = self._site.caller(call).require()
        ids = body_object(call.json_body()).get("issueIds")
        if not isinstance(ids, list) or not ids:
            raise HttpError(400, "issueIds must be a list of ids.")
        found = {str(one): self._site.state.issue(str(one)) for one in ids}
        return {"issuesIsWatching": {ref: issue is not None and uid in issue.watchers for ref, issue in found.items()}}

    def _user(self, call: Call, issue: Issue, given: Json) -> str:
        """Find the user who is to watch or not; others than oneself need to be allowed to edit."""
        state, me = self._site.state, self._site.caller(call).require()
        uid = state.user_id(given) if isinstance(given, str) else None
        if uid is None:
            raise HttpError(404 if isinstance(given, str) else 400, f"The user '{given}' does not exist.")
        project = state.project_of(issue)
        if uid != me and not access.may_edit(state, me, project):
            raise HttpError(401 if not state.cloud else 403, "You do not have permission to manage the watcher list.")
        if not access.may_browse(state, uid, project):
            raise HttpError(
                400 if state.cloud else 401, f"The user '{given}' does not have permission to view this issue."
            )
        return uid

    def _change(self, issue: Issue, *, voters: list[str] | None = None, watchers: list[str] | None = None) -> None:
        self._site.state.before_write(issue)
        issue.voters = issue.voters if voters is None else voters
        issue.watchers = issue.watchers if watchers is None else watchers
        self._site.touched(issue, bump=False)

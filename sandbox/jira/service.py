"""The stand-in as a service: routes, authentication, headers, Jira's form of errors."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.clock import Clock
from sandbox.core.http import Call, Handler, HttpError, Json, Route, json_response
from sandbox.core.service import Service
from sandbox.jira import auth, loading
from sandbox.jira.auth import Caller
from sandbox.jira.directory import Directory
from sandbox.jira.issues import Issues
from sandbox.jira.meta import Meta
from sandbox.jira.parts import Comments, Worklogs
from sandbox.jira.search import Search
from sandbox.jira.site import Site
from sandbox.jira.ties import IssueLinks, Properties, RemoteLinks

API_PREFIX = "/rest/api/"

_RATE_HEADERS_CLOUD = {
    "X-RateLimit-Limit": "350",
    "X-RateLimit-Remaining": "349",
    "Beta-RateLimit-Policy": '"jira-burst-based";q=350;w=1',
    "Beta-RateLimit": '"jira-burst-based";r=349',
    "Atl-Traceid": "0" * 32,
}
_RATE_HEADERS_DATA_CENTER = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-FillRate": "500",
    "X-RateLimit-Interval-Seconds": "60",
    "X-ANODEID": "node1",
}


class JiraService(Service):
    """Jira Cloud or Data Center over the state that a document describes (see `sandbox.jira.state`).

    Args:
        document: the state document.
        name: how the stand-in calls itself.
        clock: its time.
        log_file: where exchanges are appended.

    Raises:
        ValueError: the document is wrong.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        *,
        name: str = "jira",
        clock: Clock | None = None,
        log_file: Path | None = None,
    ) -> None:
        super().__init__(clock=clock, log_file=log_file)
        self.name = name
        self._site = Site(state=loading.load(document), clock=self.clock)
        self._served = 0
        self._state_faults: list[str] = []
        self._add_faults()

    @property
    def site(self) -> Site:
        """The state in force, for tests in the same process; use it under `lock`."""
        return self._site

    def dump_state(self) -> Json:
        """Give the state document."""
        return loading.dump(self._site.state)

    def load_state(self, document: Json) -> None:
        """Replace the state; the deployment cannot change. The old document's faults go, those added otherwise stay."""
        state = loading.load(document)
        if state.deployment is not self._site.state.deployment:
            raise ValueError("the deployment of a running stand-in cannot change")
        state.writes = self._site.state.writes + 1  # answers kept from the old state must not fit the new one
        self._site.state = state
        self._add_faults()

    def _add_faults(self) -> None:
        for fault_id in self._state_faults:
            self.faults.clear(fault_id)
        self._state_faults = [self.faults.add(rule) for rule in self._site.state.faults]

    def settings(self) -> Mapping[str, Any]:
        """Give `index_lag_seconds`."""
        return {"index_lag_seconds": self._site.state.index_lag_seconds}

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change `index_lag_seconds`."""
        super().change_settings(changes)
        if "index_lag_seconds" in changes:
            self._site.state.index_lag_seconds = float(changes["index_lag_seconds"])

    @property
    def server_header(self) -> str:  # type: ignore[override] # depends on the deployment
        """What the Server header says."""
        return "AtlassianEdge" if self._site.state.cloud else "Apache"

    def authenticate(self, call: Call) -> None:
        """Find the caller; wrong credentials are anonymous on Cloud and refused on Data Center."""
        version = 3 if call.route.startswith("/rest/api/3") else 2
        base = self._site.state.site.get("base_url") or call.host_url.rstrip("/")
        caller = auth.caller(self._site.state, call.headers.get("Authorization"), version=version, base=base)
        call.user, call.notes = caller.uid, caller

    def finish(self, call: Call, response: Response) -> None:
        """Add the headers that Jira's answers bear."""
        self._served += 1
        headers = response.headers
        state = self._site.state
        headers["X-AREQUESTID"] = hashlib.sha256(str(self._served).encode()).hexdigest()[:32]
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Cache-Control"] = "no-cache, no-store, no-transform"
        for name, value in (_RATE_HEADERS_CLOUD if state.cloud else _RATE_HEADERS_DATA_CENTER).items():
            headers.setdefault(name, value)
        caller = call.notes
        if not isinstance(caller, Caller):
            return
        if state.cloud:
            if caller.uid:
                headers["X-AACCOUNTID"] = caller.uid
            if caller.failed:
                headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        else:
            headers["X-AUSERNAME"] = str(state.users[caller.uid].get("name")) if caller.uid else "anonymous"
            headers["X-Seraph-LoginReason"] = "OK"

    def render_error(self, call: Call, error: HttpError) -> Response:  # noqa: ARG002 - part of the hook
        """Give `{"errorMessages", "errors"}`."""
        body = error.body if error.body is not None else {"errorMessages": [error.message], "errors": {}}
        return json_response(body, status=error.status, headers=error.headers)

    def routes(self) -> Iterable[Route]:
        """List the routes of the deployment: versions 2 and 3 on Cloud, 2 alone on Data Center."""
        yield Route(method="GET", path="/rest/applinks/latest/listApplicationlinks", handler=self._application_links)
        table = self._common() + (self._cloud_only() if self._site.state.cloud else self._data_center_only())
        for version in ("2", "3", "latest") if self._site.state.cloud else ("2", "latest"):
            for method, path, handler in table:
                yield Route(method=method, path=f"{API_PREFIX}{version}{path}", handler=handler)

    def _application_links(self, _call: Call) -> Json:
        if self._site.state.cloud:
            raise HttpError(404, "No such resource")
        return {"list": []}

    def _common(self) -> list[tuple[str, str, Handler]]:
        return [*self._issue_routes(), *self._part_routes(), *self._directory_routes()]

    def _issue_routes(self) -> list[tuple[str, str, Handler]]:
        issues, meta, links = Issues(self._site), Meta(self._site), IssueLinks(self._site)
        return [
            ("POST", "/issue", issues.create),
            ("POST", "/issue/bulk", issues.create_many),
            ("GET", "/issue/createmeta", meta.createmeta),
            ("GET", "/issue/createmeta/<project_ref>/issuetypes", meta.create_types),
            ("GET", "/issue/createmeta/<project_ref>/issuetypes/<type_id>", meta.create_fields),
            ("GET", "/issue/<ref>", issues.get),
            ("PUT", "/issue/<ref>", issues.edit),
            ("DELETE", "/issue/<ref>", issues.delete),
            ("PUT", "/issue/<ref>/assignee", issues.assign),
            ("GET", "/issue/<ref>/editmeta", meta.editmeta),
            ("GET", "/issue/<ref>/transitions", issues.transitions),
            ("POST", "/issue/<ref>/transitions", issues.transition),
            ("POST", "/issueLink", links.create),
            ("GET", "/issueLink/<link_id>", links.get),
            ("DELETE", "/issueLink/<link_id>", links.delete),
            ("GET", "/field", meta.fields),
            ("GET", "/mypermissions", meta.permissions),
        ]

    def _part_routes(self) -> list[tuple[str, str, Handler]]:
        comments, worklogs = Comments(self._site), Worklogs(self._site)
        remote, properties = RemoteLinks(self._site), Properties(self._site)
        return [
            ("GET", "/issue/<ref>/comment", comments.list_all),
            ("POST", "/issue/<ref>/comment", comments.create),
            ("GET", "/issue/<ref>/comment/<comment_id>", comments.get),
            ("PUT", "/issue/<ref>/comment/<comment_id>", comments.edit),
            ("DELETE", "/issue/<ref>/comment/<comment_id>", comments.delete),
            ("GET", "/comment/<comment_id>/properties", comments.property_keys),
            ("GET", "/comment/<comment_id>/properties/<key>", comments.get_property),
            ("PUT", "/comment/<comment_id>/properties/<key>", comments.put_property),
            ("GET", "/issue/<ref>/worklog", worklogs.list_all),
            ("POST", "/issue/<ref>/worklog", worklogs.create),
            ("GET", "/issue/<ref>/worklog/<worklog_id>", worklogs.get),
            ("PUT", "/issue/<ref>/worklog/<worklog_id>", worklogs.edit),
            ("DELETE", "/issue/<ref>/worklog/<worklog_id>", worklogs.delete),
            ("GET", "/worklog/updated", worklogs.updated),
            ("GET", "/worklog/deleted", worklogs.deleted),
            ("POST", "/worklog/list", worklogs.by_ids),
            ("GET", "/issue/<ref>/remotelink", remote.list_all),
            ("POST", "/issue/<ref>/remotelink", remote.put),
            ("DELETE", "/issue/<ref>/remotelink", remote.delete_by_global_id),
            ("GET", "/issue/<ref>/remotelink/<int:link_id>", remote.get),
            ("PUT", "/issue/<ref>/remotelink/<int:link_id>", remote.replace),
            ("DELETE", "/issue/<ref>/remotelink/<int:link_id>", remote.delete),
            ("GET", "/issue/<ref>/properties", properties.keys),
            ("GET", "/issue/<ref>/properties/<key>", properties.get),
            ("PUT", "/issue/<ref>/properties/<key>", properties.put),
            ("DELETE", "/issue/<ref>/properties/<key>", properties.delete),
        ]

    def _directory_routes(self) -> list[tuple[str, str, Handler]]:
        directory = Directory(self._site)
        gets: dict[str, Callable[..., Any]] = {
            "/myself": directory.myself,
            "/serverInfo": directory.server_info,
            "/status": directory.statuses,
            "/status/<ref>": directory.status,
            "/statuscategory": directory.categories,
            "/issuetype": directory.issuetypes,
            "/issuetype/<ref>": directory.issuetype,
            "/priority": directory.priorities,
            "/resolution": directory.resolutions,
            "/issueLinkType": directory.link_types,
            "/project": directory.projects,
            "/project/<ref>": directory.project,
            "/project/<ref>/statuses": directory.project_statuses,
            "/project/<ref>/version": directory.versions_page,
            "/project/<ref>/versions": directory.versions,
            "/project/<ref>/components": directory.components,
            "/project/<project_ref>/securitylevel": directory.security_levels,
            "/version/<version_id>": directory.version,
            "/component/<component_id>": directory.component,
            "/user": directory.user,
            "/user/search": directory.user_search,
            "/user/assignable/search": directory.assignable,
        }
        return [
            *(("GET", path, handler) for path, handler in gets.items()),
            ("PUT", "/version/<version_id>", directory.edit_version),
        ]

    def _cloud_only(self) -> list[tuple[str, str, Handler]]:
        search, issues, meta, directory = (
            Search(self._site),
            Issues(self._site),
            Meta(self._site),
            Directory(self._site),
        )
        return [
            ("GET", "/search", search.removed),
            ("POST", "/search", search.removed),
            ("GET", "/search/jql", search.cloud_get),
            ("POST", "/search/jql", search.cloud_post),
            ("POST", "/search/approximate-count", search.approximate_count),
            ("POST", "/issue/bulkfetch", search.bulk_fetch),
            ("GET", "/issue/<ref>/changelog", issues.changelog),
            ("POST", "/changelog/bulkfetch", issues.changelogs),
            ("GET", "/field/search", meta.field_search),
            ("GET", "/project/search", directory.project_search),
            ("GET", "/users/search", directory.users),
            ("GET", "/label", directory.labels),
        ]

    def _data_center_only(self) -> list[tuple[str, str, Handler]]:
        search, directory = Search(self._site), Directory(self._site)
        return [
            ("GET", "/search", search.data_center_get),
            ("POST", "/search", search.data_center_post),
            ("GET", "/securitylevel/<ref>", directory.security_level),
        ]

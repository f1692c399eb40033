"""Which address is answered by which handler, by deployment. Other versions' addresses lead to those listed here."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira.agile_issues import AgileIssues
from sandbox.jira.agile_more import AgileMore
from sandbox.jira.attachments import Attachments
from sandbox.jira.audience import Audience
from sandbox.jira.boards import Boards
from sandbox.jira.bulk import Bulk
from sandbox.jira.components import Components
from sandbox.jira.defaults import Defaults
from sandbox.jira.directory import Directory
from sandbox.jira.field_admin import FieldAdmin
from sandbox.jira.filters import Filters
from sandbox.jira.gateway import Edge
from sandbox.jira.groups import Groups, Roles
from sandbox.jira.hooks import AdminHooks, DynamicHooks
from sandbox.jira.issues import Issues
from sandbox.jira.jql_routes import JqlHelp
from sandbox.jira.meta import Meta
from sandbox.jira.model import Row
from sandbox.jira.moving import Archive
from sandbox.jira.oauth import OAuth
from sandbox.jira.own_properties import Find, OwnProperties
from sandbox.jira.pages import Pages
from sandbox.jira.parts import Comments, Worklogs
from sandbox.jira.parts_more import PartsMore
from sandbox.jira.people import People
from sandbox.jira.permissions import Permissions
from sandbox.jira.projects import Projects
from sandbox.jira.schemes import Schemes
from sandbox.jira.search import Search
from sandbox.jira.session import Session
from sandbox.jira.setup import Setup
from sandbox.jira.site import Site, Table
from sandbox.jira.sprints import Sprints
from sandbox.jira.tables import Tables
from sandbox.jira.ties import IssueLinks, Properties, RemoteLinks
from sandbox.jira.versions import Versions, administered

API_PREFIX = "/rest/api/"
MAIN_VERSION = "2"
"""The version under which the routes are listed."""

AGILE_PREFIX = "/rest/agile/1.0"

_VERSION = re.compile(r"/rest/api/(2|3|latest)(?=/)")


def version_of(path: str, *, cloud: bool) -> str | None:
    """Give the version of the interface that a path names: 2, latest or, on Cloud alone, 3; None when it names none."""
    found = _VERSION.match(path)
    return found[1] if found and (cloud or found[1] != "3") else None


def listed_path(path: str, version: str | None) -> str:
    """Give the path as the routes list it."""
    if version is not None:
        return API_PREFIX + MAIN_VERSION + path[len(API_PREFIX) + len(version) :]
    latest = "/rest/agile/latest/"
    return f"{AGILE_PREFIX}/{path.removeprefix(latest)}" if path.startswith(latest) else path


def all_routes(site: Site) -> Iterable[Route]:
    """List the routes of the deployment."""
    cloud = site.state.cloud
    search = Search(site)

    def application_links(_call: Call) -> Json:
        if cloud:
            raise HttpError(404, "No such resource")
        return {"list": []}

    yield Route(method="GET", path="/rest/applinks/latest/listApplicationlinks", handler=application_links)
    yield from Attachments(site).routes()
    yield from OAuth(site).routes()
    yield from Defaults(site).routes()
    yield from Pages(site).routes()
    if not cloud:
        yield from Session(site).routes()
    if cloud:
        yield from Edge(site).routes()
    table = [*_issue_routes(site), *_part_routes(site), *_directory_routes(site, search)]
    table += _cloud_only(site, search) if cloud else _data_center_only(site, search)
    for method, path, handler in table:
        yield Route(method=method, path=f"{API_PREFIX}{MAIN_VERSION}{path}", handler=handler)
    for method, path, handler in _agile(site, search):
        yield Route(method=method, path=f"{AGILE_PREFIX}{path}", handler=handler)
    for method, path, handler in _admin_hooks(site):
        yield Route(method=method, path=f"/rest/webhooks/1.0{path}", handler=handler)
        if not cloud:
            yield Route(
                method=method, path="/rest/jira-webhook/1.0" + path.replace("webhook", "webhooks"), handler=handler
            )


def _issue_routes(site: Site) -> Table:
    issues, meta, links = Issues(site), Meta(site), IssueLinks(site)
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
    ]


def _part_routes(site: Site) -> Table:
    comments, worklogs = Comments(site), Worklogs(site)
    remote, properties = RemoteLinks(site), Properties(site)
    return [
        ("GET", "/issue/<ref>/comment", comments.list_all),
        ("POST", "/issue/<ref>/comment", comments.create),
        ("GET", "/issue/<ref>/comment/<comment_id>", comments.get),
        ("PUT", "/issue/<ref>/comment/<comment_id>", comments.edit),
        ("DELETE", "/issue/<ref>/comment/<comment_id>", comments.delete),
        ("GET", "/comment/<comment_id>/properties", comments.property_keys),
        ("GET", "/comment/<comment_id>/properties/<key>", comments.get_property),
        ("PUT", "/comment/<comment_id>/properties/<key>", comments.put_property),
        ("DELETE", "/comment/<comment_id>/properties/<key>", comments.delete_property),
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


def _directory_routes(site: Site, search: Search) -> Table:
    directory, schemes = Directory(site), Schemes(site)
    gets: dict[str, Callable[..., Any]] = {
        "/myself": directory.myself,
        "/serverInfo": directory.server_info,
        "/project": directory.projects,
        "/project/<ref>": directory.project,
        "/project/<ref>/statuses": directory.project_statuses,
        "/project/<project_ref>/securitylevel": directory.security_levels,
        "/project/<project_ref>/issuesecuritylevelscheme": schemes.of_project,
        "/issuesecurityschemes": schemes.all,
        "/issuesecurityschemes/<int:scheme_id>": schemes.get,
    }
    return [
        *(("GET", path, handler) for path, handler in gets.items()),
        *Versions(site).table(),
        *Components(site).table(),
        *Attachments(site).table(),
        *Audience(site).table(),
        *Filters(site).table(),
        *Groups(site).table(),
        *Roles(site).table(),
        *People(site).table(),
        *Tables(site).table(),
        *JqlHelp(site, search).table(),
        *Projects(site, directory.show).table(),
        *Permissions(site).table(),
        *FieldAdmin(site).table(),
        *Setup(site).table(),
        *PartsMore(site).table(),
        *Defaults(site).table(),
        *_own_properties(site),
    ]


def _own_properties(site: Site) -> Table:
    def project(call: Call, *, write: bool, ref: str) -> Row:
        found = site.project(call, ref)
        if write:
            administered(site, call, found, "change the project's properties")
        return found

    def issuetype(call: Call, *, write: bool, ref: str) -> Row:
        uid, rows = site.caller(call).require(), site.state.tables["issuetypes"]
        if ref not in rows or (write and not site.state.administers(uid)):
            raise HttpError(403 if ref in rows else 404, f"The issue type '{ref}' does not exist or is not yours.")
        return rows[ref]

    def user(call: Call, *, write: bool) -> Row:
        me = site.caller(call).require()
        ref = call.args.get("accountId") or call.args.get("userKey") or call.args.get("username") or me
        found = site.state.user_id(ref)
        if found is None or (found != me and not site.state.administers(me)):
            raise HttpError(
                404 if found is None or not write else 403, f"The user '{ref}' does not exist or is not you."
            )
        return site.state.users[found]

    places: dict[str, Find] = {"/project/<ref>": project, "/issuetype/<ref>": issuetype, "/user": user}
    return [row for path, find in places.items() for row in OwnProperties(site, path, find).table()]


def _cloud_only(site: Site, search: Search) -> Table:
    issues, meta, directory, schemes = Issues(site), Meta(site), Directory(site), Schemes(site)
    bulk, archive, hooks = Bulk(site), Archive(site), DynamicHooks(site)
    return [
        ("GET", "/search", search.removed),
        ("POST", "/search", search.removed),
        ("GET", "/search/jql", search.cloud_get),
        ("POST", "/search/jql", search.cloud_post),
        ("POST", "/search/approximate-count", search.approximate_count),
        ("POST", "/issue/bulkfetch", search.bulk_fetch),
        ("GET", "/issue/<ref>/changelog", issues.changelog),
        ("POST", "/issue/<ref>/changelog/list", issues.changelog_by_ids),
        ("POST", "/changelog/bulkfetch", issues.changelogs),
        ("GET", "/field/search", meta.field_search),
        ("GET", "/project/search", directory.project_search),
        ("GET", "/label", directory.labels),
        ("PUT", "/issue/archive", archive.archive_many),
        ("PUT", "/issue/unarchive", archive.restore_many),
        ("GET", "/issuesecurityschemes/level", schemes.levels),
        ("GET", "/issuesecurityschemes/search", schemes.search),
        ("GET", "/bulk/issues/fields", bulk.fields),
        ("POST", "/bulk/issues/fields", bulk.edit),
        ("GET", "/bulk/issues/transition", bulk.transitions),
        ("POST", "/bulk/issues/transition", bulk.transition),
        ("POST", "/bulk/issues/delete", bulk.delete),
        ("POST", "/bulk/issues/move", bulk.move),
        ("GET", "/bulk/queue/<task_id>", bulk.progress),
        ("GET", "/webhook", hooks.list_all),
        ("POST", "/webhook", hooks.register),
        ("DELETE", "/webhook", hooks.delete),
        ("PUT", "/webhook/refresh", hooks.refresh),
        ("GET", "/webhook/failed", hooks.failed),
    ]


def _data_center_only(site: Site, search: Search) -> Table:
    archive = Archive(site)
    return [
        ("GET", "/search", search.data_center_get),
        ("POST", "/search", search.data_center_post),
        ("PUT", "/issue/<ref>/archive", archive.archive_one),
        ("PUT", "/issue/<ref>/restore", archive.restore_one),
    ]


def _admin_hooks(site: Site) -> Table:
    hooks = AdminHooks(site)
    return [
        ("GET", "/webhook", hooks.list_all),
        ("POST", "/webhook", hooks.create),
        ("GET", "/webhook/<int:hook_id>", hooks.get),
        ("PUT", "/webhook/<int:hook_id>", hooks.replace),
        ("DELETE", "/webhook/<int:hook_id>", hooks.delete),
    ]


def _agile(site: Site, search: Search) -> Table:
    boards, sprints, issues = Boards(site), Sprints(site), AgileIssues(site, search)
    return [
        ("GET", "/board", boards.list_all),
        ("POST", "/board", boards.create),
        ("GET", "/board/<int:board_id>", boards.get),
        ("DELETE", "/board/<int:board_id>", boards.delete),
        ("GET", "/board/<int:board_id>/configuration", boards.configuration),
        ("GET", "/board/<int:board_id>/project", boards.projects),
        ("GET", "/board/<int:board_id>/version", boards.versions),
        ("GET", "/board/<int:board_id>/epic", issues.epics),
        ("GET", "/board/<int:board_id>/sprint", sprints.of_board),
        ("GET", "/board/<int:board_id>/issue", issues.of_board),
        ("GET", "/board/<int:board_id>/backlog", issues.backlog),
        ("GET", "/board/<int:board_id>/sprint/<int:sprint_id>/issue", issues.of_board_sprint),
        ("GET", "/board/<int:board_id>/epic/none/issue", issues.of_board_without_epic),
        ("GET", "/board/<int:board_id>/epic/<epic>/issue", issues.of_board_epic),
        ("POST", "/sprint", sprints.create),
        ("GET", "/sprint/<int:sprint_id>", sprints.get),
        ("PUT", "/sprint/<int:sprint_id>", sprints.replace),
        ("POST", "/sprint/<int:sprint_id>", sprints.change),
        ("DELETE", "/sprint/<int:sprint_id>", sprints.delete),
        ("GET", "/sprint/<int:sprint_id>/issue", issues.of_sprint),
        ("POST", "/sprint/<int:sprint_id>/issue", issues.into_sprint),
        ("POST", "/backlog/issue", issues.into_backlog),
        ("PUT", "/issue/rank", issues.rank),
        ("GET", "/issue/<ref>", issues.get),
        ("GET", "/epic/none/issue", issues.without_epic),
        ("POST", "/epic/none/issue", issues.out_of_epic),
        ("GET", "/epic/<epic>", issues.epic),
        ("GET", "/epic/<epic>/issue", issues.of_epic),
        ("POST", "/epic/<epic>/issue", issues.into_epic),
        *AgileMore(site, boards, issues).table(),
    ]

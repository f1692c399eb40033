"""From the state document to the state, and back."""

import copy
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from sandbox.core.checked import changed
from sandbox.jira import adf, outline, scopes, stamps, values, workflow
from sandbox.jira.catalog import custom_field, system_fields
from sandbox.jira.model import Deployment, FieldDef, Issue, Kind, Link, Row
from sandbox.jira.state import TABLES, State
from sandbox.jira.switches import Switches

_LIFTED = frozenset({"created", "updated", "resolutiondate", "comment", "worklog", "issuelinks", "project", "subtasks"})
"""Fields of an issue document that are not stored among the fields."""

_DERIVED_STUBS = "subtask_stubs"

_AGILE_FIELDS = (
    {"id": "customfield_10020", "name": "Sprint", "type": "sprint"},
    {"id": "customfield_10019", "name": "Rank", "type": "rank"},
)
"""Fields that a site with boards has, under the ids that new Cloud sites give them."""


def load(document: Mapping[str, Any]) -> State:
    """Build the state that a document describes.

    Raises:
        ValueError: naming what is wrong, and where.
    """
    outline.check(document)
    try:
        deployment = Deployment(document.get("deployment", ""))
    except ValueError as error:
        raise ValueError("deployment must be cloud or data-center") from error
    try:
        return _load(State(deployment=deployment), document)
    except (AttributeError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"the document: not of the documented form: {error!r}") from error


def _load(state: State, document: Mapping[str, Any]) -> State:
    document = copy.deepcopy(dict(document))
    state.site = document.get("site") or {}
    state.index_lag_seconds = float(document.get("index_lag_seconds") or 0)
    state.switches = changed(Switches(), document.get("switches"), place="switches")
    state.counters = dict(document.get("counters") or {})
    state.deleted_worklogs = list(document.get("deleted_worklogs") or [])
    state.workflows = list(document.get("workflows") or [])
    _load_tables(state, document)
    _load_boards(state, document)
    _load_access(state, document)
    workflow.check(state)
    rows = list(document.get("issues") or [])
    _load_issues(state, rows)
    return state


def dump(state: State, faults: Sequence[Row] = ()) -> Row:
    """Give the document that `load` makes the same state of, with the rules of faults in force."""
    document = {**state.dump_tables(), "faults": list(faults)}
    document["issues"] = [copy.deepcopy(_dump_issue(state, issue)) for issue in state.issues.values()]
    return document


def _load_users(state: State, document: Mapping[str, Any]) -> None:
    for row in document.get("users") or []:
        if not state.cloud:
            row.setdefault("key", row.get("name"))
        uid = row.get("accountId") if state.cloud else row.get("key")
        if not uid:
            raise ValueError(f"user {row.get('displayName')!r} has no {'accountId' if state.cloud else 'name'}")
        if row.get("token_expires"):
            stamps.parse_instant(row["token_expires"])
        state.users[str(uid)] = {"active": True, **row}


def _load_tables(state: State, document: Mapping[str, Any]) -> None:
    _load_users(state, document)
    for table in TABLES:
        for row in document.get(table) or []:
            if "id" not in row or "name" not in row:
                raise ValueError(f"{table}: a row has no id or no name: {row}")
            row["id"] = str(row["id"])
            state.tables[table][row["id"]] = row
    types = {one: one for one in state.tables["issuetypes"]}
    types |= {row["name"]: one for one, row in state.tables["issuetypes"].items()}
    for field in system_fields(state.deployment):
        state.fields[field.id] = field
    state.field_rows = list(document.get("fields") or [])
    if document.get("boards"):
        kinds = {row.get("type") for row in state.field_rows}
        ids = {str(row["id"]) for row in state.field_rows}
        state.field_rows += [row for row in _AGILE_FIELDS if row["type"] not in kinds and row["id"] not in ids]
    for row in state.field_rows:
        try:
            state.fields[str(row["id"])] = custom_field(row, types, state.deployment)
        except (KeyError, ValueError) as error:
            raise ValueError(f"field {row.get('id')}: {error}") from error
    for row in document.get("projects") or []:
        _load_project(state, row)


def _load_boards(state: State, document: Mapping[str, Any]) -> None:
    for name, target in (("boards", state.boards), ("sprints", state.sprints)):
        for row in document.get(name) or []:
            row["id"] = int(row["id"])
            state.saw_id(name, row["id"])
            target[row["id"]] = row
    for board in state.boards.values():
        if board.get("project") is not None and state.project_id(board["project"]) is None:
            raise ValueError(f"board {board['id']}: no such project: {board['project']}")
    for sprint in state.sprints.values():
        if sprint.get("originBoardId") not in state.boards:
            raise ValueError(f"sprint {sprint['id']}: no such board: {sprint.get('originBoardId')}")
        if sprint.setdefault("state", "future") not in ("future", "active", "closed"):
            raise ValueError(f"sprint {sprint['id']}: no such state: {sprint['state']}")
        for name in ("startDate", "endDate", "completeDate", "createdDate"):
            if sprint.get(name):
                stamps.parse_instant(sprint[name])


def _load_access(state: State, document: Mapping[str, Any]) -> None:
    state.oauth_clients = list(document.get("oauth_clients") or [])
    state.access_tokens = dict(document.get("access_tokens") or {})
    state.grants, state.sessions = dict(document.get("grants") or {}), dict(document.get("sessions") or {})
    for token in state.access_tokens.values():
        token.setdefault("scopes", list(scopes.ALL))
    for client in state.oauth_clients:
        if state.user_id(client.get("user")) is None:
            raise ValueError(f"oauth_clients: no such user: {client.get('user')}")
    state.groups, state.roles = list(document.get("groups") or []), list(document.get("roles") or [])
    for row in document.get("project_categories") or []:
        state.saw_id("category", row["id"])
        state.project_categories[str(row["id"])] = row
    for row in document.get("filters") or []:
        row["id"] = int(row.get("id") or state.next_id("filter"))
        state.saw_id("filter", row["id"])
        row.setdefault("jql", "")
        if state.user_id(row.get("owner")) is None:
            raise ValueError(f"filter {row['id']}: no such user: {row.get('owner')}")
        row["favourites"] = _users(state, f"filter {row['id']}: favourites", row.get("favourites") or [])
        for share in row.get("sharePermissions") or ():
            if "id" not in share:
                share["id"] = state.next_id("share")
            state.saw_id("share", share["id"])
        state.filters[row["id"]] = row
    for hook in document.get("webhooks") or []:
        hook["id"] = int(hook.get("id") or state.next_id("webhook"))
        state.saw_id("webhook", hook["id"])
        state.hooks[hook["id"]] = hook


def _load_project(state: State, row: Row) -> None:
    project_id = str(row.get("id") or state.next_id("project"))
    state.saw_id("project", project_id)
    row["id"] = project_id
    for name, target in (("versions", state.versions), ("components", state.components)):
        for part in row.pop(name, None) or []:
            part["id"] = str(part.get("id") or state.next_id(name))
            state.saw_id(name, part["id"])
            target[part["id"]] = {**part, "projectId": project_id}
    for list_name in ("browse", "edit", "administer"):
        for ref in row.get(list_name) or []:
            if state.user_id(ref) is None:
                raise ValueError(f"project {row['key']}: {list_name}: no such user: {ref}")
    state.projects[project_id] = row


def _load_issues(state: State, rows: list[Row]) -> None:
    """Load in two passes, because parents and links may name issues that come later."""
    shells: list[tuple[Issue, Row]] = []
    for row in rows:
        given = row.get("id")
        issue_id = str(given) if given is not None else str(state.next_id("issue"))
        state.saw_id("issue", issue_id)
        issue = Issue(id=issue_id, key=row["key"], created=0, updated=0, old_keys=list(row.get("old_keys") or []))
        if issue_id in state.issues or row["key"] in state.keys:
            raise ValueError(f"issue {row['key']} (id {issue_id}) is there twice")
        state.add_issue(issue)
        state.saw_id(f"key {row['key'].rpartition('-')[0]}", row["key"].rpartition("-")[2])
        shells.append((issue, row))
    for issue, row in shells:
        try:
            _fill(state, issue, row)
        except values.WrongValue as error:
            raise ValueError(f"issue {row['key']}: {error}") from error
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ValueError(f"issue {row['key']}: not of the documented form: {error!r}") from error
    for issue, row in shells:
        for link in (row.get("fields") or {}).get("issuelinks") or []:
            _load_link(state, issue, link)
    for issue, row in shells:  # each issue shows its links in the order of its own document
        order = [_load_link(state, issue, link) for link in (row.get("fields") or {}).get("issuelinks") or []]
        there = state.links_of.get(issue.id)
        if there:
            there.sort(key=lambda one: order.index(one) if one in order else len(order))


def _fill(state: State, issue: Issue, row: Row) -> None:
    fields: Row = row.get("fields") or {}
    project_id = state.project_id(fields.get("project") or issue.key.rpartition("-")[0])
    if project_id is None:
        raise values.WrongValue("no such project")
    issue.fields["project"] = project_id
    for name, value in fields.items():
        if name in _LIFTED or (definition := state.fields.get(name)) is None or _is_derived(definition):
            if name not in state.fields:
                raise values.WrongValue(f"no such field: {name}")
            continue
        try:
            issue.fields[name] = values.read(state, definition, value, project_id=project_id, limited=False)
        except values.WrongValue as error:
            raise values.WrongValue(f"{name}: {error}") from error
    if issue.fields.get("issuetype") is None:
        raise values.WrongValue("issuetype is missing")
    issue.fields.setdefault("creator", issue.fields.get("reporter"))
    if issue.fields.get("status") is None:
        issue.fields["status"] = workflow.initial_status(state, issue)
    issue.created = stamps.parse_instant(fields["created"])
    issue.updated = stamps.parse_instant(fields.get("updated") or fields["created"])
    if fields.get("resolutiondate"):
        issue.resolved = stamps.parse_instant(fields["resolutiondate"])
    stubs = _stubs(state, fields.get("subtasks") or [])
    if stubs:
        issue.fields[_DERIVED_STUBS] = stubs
    if row.get("rank") is not None:
        state.ranks[issue.id] = float(row["rank"])
    if row.get("archived"):
        issue.archived = {
            "by": state.user_id(row["archived"].get("by")),
            "at": stamps.parse_instant(row["archived"].get("at") or fields["created"]),
        }
    state.adopt(issue)
    _fill_parts(state, issue, row, fields)


def _stubs(state: State, subtasks: list[Row]) -> list[Row]:
    """Give the sub-tasks that are outside the document."""
    for one in subtasks:
        if not (one.get("id") or one.get("key")):
            raise values.WrongValue(f"subtasks: expected an issue's id or key, found {one}")
    return [one for one in subtasks if state.issue(str(one.get("id") or one["key"])) is None]


def _is_derived(definition: FieldDef) -> bool:
    return definition.kind is Kind.DERIVED


def _fill_parts(state: State, issue: Issue, row: Row, fields: Row) -> None:
    issue.properties = dict(row.get("properties") or {})
    issue.remotelinks = list(row.get("remotelinks") or [])
    for link in issue.remotelinks:
        link["id"] = int(link.get("id") or state.next_id("remotelink"))
        state.saw_id("remotelink", link["id"])
    issue.comments = list(row.get("comments") or (fields.get("comment") or {}).get("comments") or [])
    issue.worklogs = list(row.get("worklogs") or (fields.get("worklog") or {}).get("worklogs") or [])
    issue.entries = list(row.get("changelog") or [])
    issue.attachments = list(row.get("attachments") or [])
    issue.voters, issue.watchers = (_users(state, name, row.get(name) or []) for name in ("voters", "watchers"))
    for name, parts in (
        ("comment", issue.comments),
        ("worklog", issue.worklogs),
        ("attachment", issue.attachments),
        ("changelog", issue.entries),
    ):
        for part in parts:
            for key in ("body", "comment"):
                if adf.is_document(part.get(key)):
                    part[key] = values.read_long_text(part[key], adf_expected=True, limited=False)
            part["id"] = str(part.get("id") or state.next_id(name))
            state.saw_id(name, part["id"])
            author = state.user_id(part["author"]) if part.get("author") else None
            if part.get("author") and author is None:
                raise values.WrongValue(f"{name} {part['id']}: no such user: {part['author']}")
            part["author"] = author
            if "updateAuthor" in part:
                part["updateAuthor"] = state.user_id(part["updateAuthor"])
            part["created"] = part.get("created") or part.get("started") or fields["created"]
            for stamp in ("created", "updated", "started"):
                if part.get(stamp):
                    part[stamp] = stamps.parse_instant(part[stamp])
                else:
                    part.pop(stamp, None)


def _users(state: State, name: str, refs: list[Any]) -> list[str]:
    found = []
    for ref in refs:
        uid = state.user_id(ref)
        if uid is None:
            raise values.WrongValue(f"{name}: no such user: {ref}")
        found.append(uid)
    return found


def _load_link(state: State, issue: Issue, row: Row) -> str:
    """Enter a link unless it is there; gives its id."""
    type_id = state.row_id(state.tables["link_types"], row["type"])
    if type_id is None:
        raise ValueError(f"issue {issue.key}: no such link type: {row['type']}")
    side = "outwardIssue" if row.get("outwardIssue") else "inwardIssue"
    other: Any = row.get(side) or {}
    if not (other.get("id") or other.get("key")):
        raise ValueError(f"issue {issue.key}: issuelinks: {side}: expected an issue's id or key, found {other}")
    known = state.issue(str(other.get("id") or other["key"]))
    end = known.id if known else other
    source, target = (issue.id, end) if side == "outwardIssue" else (end, issue.id)
    for link_id in state.links_of.get(issue.id, ()):
        there = state.links[link_id]
        if (there.type_id, there.source, there.target) == (type_id, source, target):
            return link_id
    link_id = str(row.get("id") or state.next_id("link"))
    state.saw_id("link", link_id)
    state.add_link(Link(id=link_id, type_id=type_id, source=source, target=target))
    return link_id


def _dump_issue(state: State, issue: Issue) -> Row:
    fields: Row = {
        name: _dump_value(state, state.fields[name], value)
        for name, value in issue.fields.items()
        if name != _DERIVED_STUBS and value is not None
    }
    fields["created"], fields["updated"] = _utc(issue.created), _utc(issue.updated)
    if issue.resolved is not None:
        fields["resolutiondate"] = _utc(issue.resolved)
    if _DERIVED_STUBS in issue.fields:
        fields["subtasks"] = issue.fields[_DERIVED_STUBS]
    fields["issuelinks"] = [_dump_link(state, issue, state.links[one]) for one in state.links_of.get(issue.id, ())]
    parts = {
        name: [
            {
                key: _utc(value) if key in ("created", "updated", "started") else adf.kept(value)
                for key, value in part.items()
            }
            for part in rows
        ]
        for name, rows in (
            ("comments", issue.comments),
            ("worklogs", issue.worklogs),
            ("attachments", issue.attachments),
            ("changelog", issue.entries),
        )
    }
    return {
        "id": issue.id,
        "key": issue.key,
        "fields": fields,
        "properties": issue.properties,
        "remotelinks": issue.remotelinks,
        **parts,
        "voters": issue.voters,
        "watchers": issue.watchers,
        "old_keys": issue.old_keys,
        **({"rank": state.ranks[issue.id]} if issue.id in state.ranks else {}),
        **({"archived": {"by": issue.archived["by"], "at": _utc(issue.archived["at"])}} if issue.archived else {}),
    }


def _dump_value(state: State, field: FieldDef, value: Any) -> Any:
    match field.kind:
        case Kind.DATETIME:
            return _utc(value)
        case Kind.VERSIONS | Kind.COMPONENTS | Kind.MULTISELECT:
            return [{"id": one} for one in value]
        case Kind.CASCADE if above := field.option_above(value):
            return {"id": above, "child": {"id": value}}
        case (
            Kind.CASCADE
            | Kind.SELECT
            | Kind.PROJECT
            | Kind.ISSUETYPE
            | Kind.STATUS
            | Kind.PRIORITY
            | Kind.RESOLUTION
            | Kind.SECURITY
        ):
            return {"id": value}
        case Kind.PARENT if isinstance(value, str):
            return {"id": value, "key": state.issues[value].key}
        case _:
            return adf.kept(value)


def _dump_link(state: State, issue: Issue, link: Link) -> Row:
    outward = link.source == issue.id
    other = link.target if outward else link.source
    end = {"id": other, "key": state.issues[other].key} if isinstance(other, str) else other
    return {"id": link.id, "type": {"id": link.type_id}, "outwardIssue" if outward else "inwardIssue": end}


def _utc(milliseconds: int) -> str:
    return stamps.render_instant(milliseconds, UTC)

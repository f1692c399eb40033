"""Handlers of Projects v2 by REST: projects of organizations and of users, fields, items, drafts, views."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date, timedelta
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import HttpError, Json, empty_response, json_response
from sandbox.github import ids, paging, project_filter, render_projects as render
from sandbox.github.access import Kind, allows_account, error, invalid, not_found, refused, schema_mismatch
from sandbox.github.accounts import Account
from sandbox.github.context import Context, choice, text, whole
from sandbox.github.entities import Issue
from sandbox.github.graph.nodes import fields_of
from sandbox.github.graph.views import FieldView
from sandbox.github.project_edits import ProjectEdits
from sandbox.github.projects import Iteration, Option, Project, ProjectField, ProjectItem, View

PERMISSION = "organization_projects"
COLORS = ("BLUE", "GRAY", "GREEN", "ORANGE", "PINK", "PURPLE", "RED", "YELLOW")
LAYOUTS = ("table", "board", "roadmap")
FIELDS_MOST = 50


def _owner(context: Context, owner: str, *, organization: bool) -> Account:
    account = context.state.account(owner)
    if account is None and not organization and owner.isdecimal():
        account = context.state.account_by_id(int(owner))
    if account is None or account.is_organization is not organization:
        raise not_found()
    return account


def _may(context: Context, account: Account, needed: str) -> bool:
    return allows_account(context.state, context.rights, account.login, PERMISSION, needed)


def _project(context: Context, account: Account, number: int, needed: str) -> Project:
    found = context.state.project(account.login, number)
    if found is None or not (found.public or _may(context, account, "read")):
        raise not_found()
    if needed == "write" and not _may(context, account, "write"):
        if context.rights.kind is Kind.ANONYMOUS:
            raise error(401, "Requires authentication")
        raise refused(context.rights, PERMISSION, "write")
    return found


def _by_cursor(context: Context, things: Sequence[Any], url: str, told: Callable[[Any], Any]) -> Response:
    page, headers = paging.by_cursor(
        context.call, list(enumerate(things)), url, key=lambda pair: ("", pair[0]), descending=False
    )
    return json_response([told(each) for _, each in context.as_sent(page)], headers=headers)


def _listed(context: Context, owner: str, *, organization: bool) -> Response:
    account = _owner(context, owner, organization=organization)
    seen = _may(context, account, "read")
    found = [each for each in context.state.projects if each.owner == account.login and (seen or each.public)]
    asked = context.call.args.get("q", "")
    if context.state.switches.project_queries:
        found = project_filter.projects_fitting(found, asked)
    kind = "orgs" if organization else "users"
    url = f"{context.render.api}/{kind}/{account.login}/projectsV2"
    return _by_cursor(context, found, url, lambda each: render.project(context, each))


Step = Callable[..., Any]


def listed(context: Context, org: str) -> Response:
    """`GET orgs/ORG/projectsV2`."""
    return _listed(context, org, organization=True)


def listed_of_user(context: Context, login: str) -> Response:
    """`GET users/LOGIN/projectsV2`."""
    return _listed(context, login, organization=False)


def _entered(step: Step, needed: str, *, organization: bool) -> Step:
    """Make a handler of what is done in a project."""

    def handle(context: Context, owner: str, project_number: int, **arguments: Any) -> Any:
        account = _owner(context, owner, organization=organization)
        return step(context, _project(context, account, project_number, needed), **arguments)

    return handle


def _get(context: Context, project: Project) -> Json:
    return render.project(context, project)


# ── fields ──


def _fields(context: Context, project: Project) -> Response:
    url = f"{render.path_of(context, project)}/fields"
    return _by_cursor(context, fields_of(project), url, lambda each: render.field(context, each))


def _field(context: Context, project: Project, field_id: int) -> Json:
    return render.field(context, _one_field(project, field_id))


def _one_field(project: Project, field_id: int) -> FieldView:
    found = next((each for each in fields_of(project) if each.number == field_id), None)
    if found is None:
        raise not_found()
    return found


def _create_field(context: Context, project: Project) -> Response:
    made = new_field(context, project, context.body())
    return json_response(_field(context, project, made.id), status=201)


def new_field(context: Context, project: Project, body: dict[str, Any]) -> ProjectField:
    """Give a project another field as a body says; raises HttpError 422."""
    name = (text(body, "name", needed=True) or "").strip()
    kind = choice(body, "data_type", ("text", "number", "date", "single_select", "iteration"))
    if kind is None:
        raise schema_mismatch('"data_type" wasn\'t supplied.')
    if not name or any(each.name.casefold() == name.casefold() for each in fields_of(project)):
        raise invalid("ProjectV2Field", "name", "already_exists" if name else "missing_field")
    if len(project.fields) >= FIELDS_MOST:
        raise error(422, f"A project has {FIELDS_MOST} fields at most")
    made = ProjectField(name=name, type=kind.upper())
    place = (project.owner, project.title, name)
    if kind == "single_select":
        made.options = [option_of(each, place) for each in _objects(body, "single_select_options")]
    if kind == "iteration":
        made.duration, made.iterations = iterations_of(body, place)
    return ProjectEdits(context).new_field(project, made)


def _objects(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    given = body.get(name)
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise schema_mismatch(f"For 'properties/{name}', an array of objects is needed.")
    return given


def option_of(given: dict[str, Any], place: tuple[str, ...]) -> Option:
    """Make a choice of a single select field as a body says; raises HttpError 422."""
    name = text(given, "name", needed=True) or ""
    color = choice(given, "color", COLORS) or "GRAY"
    return Option(name=name, id=ids.short_id(*place, name), color=color, description=text(given, "description") or "")


def iterations_of(body: dict[str, Any], place: tuple[str, ...]) -> tuple[int, list[Iteration]]:
    """Make the iterations of a field, and how long they last, as a body says; raises HttpError 422."""
    given = body.get("iteration_configuration")
    if not isinstance(given, dict):
        raise schema_mismatch('"iteration_configuration" wasn\'t supplied.')
    duration = whole(given, "duration")
    first = _day(text(given, "start_date", needed=True))
    if duration < 1:
        raise invalid("ProjectV2Field", "duration", "invalid")
    described = _objects(given, "iterations") if given.get("iterations") is not None else []
    if not described:
        starts = [(date.fromisoformat(first) + timedelta(days=n * duration)).isoformat() for n in range(3)]
        described = [{"title": f"{place[-1]} {n}", "start_date": day} for n, day in enumerate(starts, 1)]
    made = []
    for each in described:
        title = text(each, "title", needed=True) or ""
        length = whole(each, "duration") if "duration" in each else duration
        day = _day(text(each, "start_date", needed=True))
        made.append(Iteration(title=title, start_date=day, id=ids.short_id(*place, title), duration=length))
    return duration, made


def _day(given: Any) -> str:
    try:
        return date.fromisoformat(str(given)[:10]).isoformat()
    except ValueError as problem:
        raise invalid("ProjectV2Field", "date", "invalid", value=given) from problem


# ── items ──


def _wanted(context: Context) -> Collection[int] | None:
    """Read `fields`, `fields[]` or both: ids, with commas or one each."""
    given = [*context.call.args.getlist("fields"), *context.call.args.getlist("fields[]")]
    numbers = [each for text_given in given for each in text_given.split(",") if each.strip()]
    if not numbers:
        return None
    if not all(each.strip().isdecimal() for each in numbers):
        raise invalid("ProjectV2Item", "fields", "invalid")
    return {int(each) for each in numbers}


def _page_of_items(context: Context, project: Project, asked: str, url: str) -> Response:
    heeded = asked.strip() and context.state.switches.project_queries
    found = project_filter.fitting(context, project, asked) if heeded else project.items
    wanted = _wanted(context)
    return _by_cursor(context, found, url, lambda each: render.item(context, project, each, fields=wanted))


def _items(context: Context, project: Project) -> Response:
    url = f"{render.path_of(context, project)}/items"
    return _page_of_items(context, project, context.call.args.get("q", ""), url)


def _one_item(project: Project, item_id: int) -> ProjectItem:
    found = next((each for each in project.items if each.id == item_id), None)
    if found is None:
        raise not_found()
    return found


def _item(context: Context, project: Project, item_id: int) -> Json:
    return render.item(context, project, _one_item(project, item_id), fields=_wanted(context))


def _add_item(context: Context, project: Project) -> Response:
    body = context.body()
    kind = choice(body, "type", ("Issue", "PullRequest"))
    if kind is None:
        raise schema_mismatch('"type" wasn\'t supplied.')
    issue = _content(context, body, kind)
    if issue is None or issue.gone or not context.sees(issue.repo) or bool(issue.pull_request) != (kind != "Issue"):
        raise not_found()
    there = next((each for each in project.items if each.issue == issue.id), None)
    if there is not None and not context.state.switches.add_project_item_idempotent:
        raise error(422, "Content already exists in this project")
    item = there or ProjectEdits(context).new_item(project, issue, None)
    return json_response(render.item(context, project, item, whole=False), status=201)


def _content(context: Context, body: dict[str, Any], kind: str) -> Issue | None:
    if body.get("id") is not None:
        number = whole(body, "id")
        return (context.state.issues if kind == "Issue" else context.state.pulls).get(number)
    owner, name = text(body, "owner", needed=True), text(body, "repo", needed=True)
    repo = context.state.repo(f"{owner}/{name}")
    return repo.by_number.get(whole(body, "number")) if repo else None


def _add_draft(context: Context, project: Project) -> Response:
    body = context.body()
    title = text(body, "title", needed=True) or ""
    if not title.strip():
        raise invalid("DraftIssue", "title", "missing_field")
    item = ProjectEdits(context).new_draft(project, title, text(body, "body") or "", [])
    return json_response(render.item(context, project, item, whole=False), status=201)


def _edit_item(context: Context, project: Project, item_id: int) -> Json:
    item = _one_item(project, item_id)
    changes: list[tuple[ProjectField, Any]] = []
    for each in _objects(context.body(), "fields"):
        view = _one_field(project, whole(each, "id"))
        if view.field is None:
            raise error(422, f"The field of type {view.data_type.lower()} is currently not supported.")
        if "value" not in each:
            raise schema_mismatch('"value" wasn\'t supplied.')
        changes.append((view.field, _value(view.field, each["value"])))
    edits = ProjectEdits(context)
    for field, value in changes:
        edits.set_value(project, item, field, value)
    return render.item(context, project, item, fields={each.number for each in fields_of(project)})


def _value(field: ProjectField, given: Any) -> Any:
    """Turn a value as REST takes it into one as the document spells it; raises HttpError 422."""
    if given is None:
        return None
    number = isinstance(given, int | float) and not isinstance(given, bool)
    if field.type == "NUMBER" and number:
        return given
    if field.type == "NUMBER" or not isinstance(given, str):
        raise _unfit(field, given)
    match field.type:
        case "SINGLE_SELECT":
            names = [each.name for each in field.options if each.id == given]
        case "ITERATION":
            names = [each.title for each in field.iterations if each.id == given]
        case "DATE":
            names = [_day(given)]
        case _:
            names = [given]
    if not names:
        raise _unfit(field, given)
    return names[0]


def _unfit(field: ProjectField, given: Any) -> HttpError:
    return invalid("ProjectV2ItemFieldValue", field.name, "invalid", value=given)


def _delete_item(context: Context, project: Project, item_id: int) -> Response:
    ProjectEdits(context).delete_item(project, _one_item(project, item_id))
    return empty_response()


# ── views ──


def _create_view(context: Context, project: Project) -> Response:
    body, state = context.body(), context.state
    name, layout = (text(body, "name", needed=True) or "").strip(), choice(body, "layout", LAYOUTS)
    if layout is None or not name:
        raise schema_mismatch('"name" and "layout" are needed.')
    known = {each.number for each in fields_of(project)}
    lists = {key: _numbers(body, key, known) for key in ("visible_fields", "group_by", "vertical_group_by")}
    sorting = body.get("sort_by") or []
    good = isinstance(sorting, list) and all(
        isinstance(each, list) and len(each) == 2 and each[0] in known and each[1] in ("asc", "desc")
        for each in sorting
    )
    if not good:
        raise invalid("ProjectV2View", "sort_by", "invalid")
    now = state.stamp()
    made = View(
        name=name,
        number=max((each.number for each in project.views), default=0) + 1,
        id=state.next_id("project_view"),
        layout=layout,
        filter=text(body, "filter"),
        sort_by=sorting,
        creator=context.rights.login,
        created_at=now,
        updated_at=now,
        **lists,
    )
    project.views.append(made)
    state.writes += 1
    return json_response(render.view(context, project, made), status=201)


def _numbers(body: dict[str, Any], name: str, known: Collection[int]) -> list[int]:
    given = body.get(name) or []
    if not isinstance(given, list) or not all(type(each) is int and each in known for each in given):
        raise invalid("ProjectV2View", name, "invalid")
    return given


def _items_of_view(context: Context, project: Project, view_number: int) -> Response:
    view = next((each for each in project.views if each.number == view_number), None)
    if view is None:
        raise not_found()
    url = f"{render.path_of(context, project)}/views/{view_number}/items"
    return _page_of_items(context, project, view.filter or "", url)


_STEPS: tuple[tuple[str, str, Step], ...] = (
    ("GET", "", _get),
    ("GET", "/fields", _fields),
    ("POST", "/fields", _create_field),
    ("GET", "/fields/<int:field_id>", _field),
    ("GET", "/items", _items),
    ("POST", "/items", _add_item),
    ("GET", "/items/<int:item_id>", _item),
    ("PATCH", "/items/<int:item_id>", _edit_item),
    ("DELETE", "/items/<int:item_id>", _delete_item),
    ("POST", "/drafts", _add_draft),
    ("POST", "/views", _create_view),
    ("GET", "/views/<int:view_number>/items", _items_of_view),
)


def table() -> dict[str, Step]:
    """List the routes. Drafts of a user's project are made below `/user/ID`, as GitHub has it."""
    made: dict[str, Step] = {
        "GET /orgs/<org>/projectsV2": listed,
        "GET /users/<login>/projectsV2": listed_of_user,
    }
    for method, path, step in _STEPS:
        needed = "read" if method == "GET" else "write"
        for root, organization in (("orgs", True), ("users", False), ("user", False)):
            if root == "user" and path != "/drafts":
                continue
            at = f"/{root}/<owner>/projectsV2/<int:project_number>{path}"
            made[f"{method} {at}"] = _entered(step, needed, organization=organization)
    return made

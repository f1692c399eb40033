"""Whole issues as REST shows them, kept rendered so that serving many is joining bytes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.core.http import dumps
from sandbox.jira import stamps
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.render import Renderer
from sandbox.jira.rendered import rendered_fields
from sandbox.jira.workflow import Transition

EXPAND = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
EXPAND_TRANSITIONS = f"{EXPAND},transitions"


_REFERENCES = frozenset(
    {Kind.PROJECT, Kind.ISSUETYPE, Kind.STATUS, Kind.PRIORITY, Kind.RESOLUTION, Kind.SECURITY, Kind.USER}
)
"""Kinds of the system's own fields whose values many issues share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of an issue is asked for.

    Attributes:
        fields: ids of fields; None when only the id is wanted.
        key: whether self link and key are given too.
        properties: keys of entity properties.
        expand: words of `expand`.
    """

    fields: tuple[str, ...] | None
    key: bool = True
    properties: tuple[str, ...] = ()
    expand: frozenset[str] = frozenset()


def wanted(
    renderer: Renderer,
    *,
    fields: Sequence[str] | None,
    default: str,
    properties: Sequence[str] = (),
    expand: Sequence[str] = (),
) -> Wanted:
    """Read `fields`, `properties` and `expand` of a request.

    Args:
        renderer: whose site it is.
        fields: as sent, already split at commas; None when nothing was sent.
        default: what `fields` is then.
        properties: as sent.
        expand: as sent.
    """
    definitions = renderer.state.fields
    words = [word.strip() for word in (fields or [default]) if word.strip()]
    chosen: set[str] = set()
    if all(word.startswith("-") for word in words):
        words = ["*all" if default == "*all" else "*navigable", *words]
    by_name = {definition.name.casefold(): definition.id for definition in definitions.values()}
    for word in words:
        if word == "*all":
            chosen |= set(definitions)
        elif word == "*navigable":
            chosen |= {one for one, definition in definitions.items() if definition.navigable}
        elif word.startswith("-"):
            chosen.discard(word[1:])
        elif word in definitions:
            chosen.add(word)
        elif word.casefold() in by_name:
            chosen.add(by_name[word.casefold()])
    only_id = all(word == "id" for word in words)
    return Wanted(
        fields=None if only_id or not chosen else tuple(one for one in definitions if one in chosen),
        key=not only_id,
        properties=tuple(properties),
        expand=frozenset(expand),
    )


def issue_bytes(
    renderer: Renderer, issue: Issue, want: Wanted, *, expand: str = EXPAND, newest: int | None = None
) -> bytes:
    """Give one issue as JSON bytes.

    Args:
        renderer: for whom.
        issue: the issue.
        want: what of it.
        expand: what the answer says may be expanded.
        newest: how many entries of the changelog are given at most; None is all.
    """
    if not want.key and not want.properties and not want.expand:
        return b'{"id":"%s"}' % issue.id.encode()
    link = f"{renderer.rest}/issue/{issue.id}"
    head: Row = {"expand": expand, "id": issue.id, "self": link, "key": issue.key} if want.key else {"id": issue.id}
    parts = [dumps(head)[:-1]]
    if want.fields is not None:
        parts.append(b',"fields":{' + _fields(renderer, issue, want.fields) + b"}")
    if want.properties:
        names = issue.properties if "*all" in want.properties else want.properties
        found = {name: issue.properties[name] for name in names if name in issue.properties}
        parts.append(b',"properties":' + dumps(found))
    if "renderedFields" in want.expand:
        parts.append(b',"renderedFields":' + dumps(rendered_fields(renderer, issue, want.fields or ())))
    if "changelog" in want.expand:
        parts.append(b',"changelog":' + dumps(renderer.changelog(issue, newest=newest)))
    parts.append(b"}")
    return b"".join(parts)


def issue_json(renderer: Renderer, issue: Issue, want: Wanted) -> Row:
    """Give one issue as an object."""
    shown: Row = json.loads(issue_bytes(renderer, issue, want))
    return shown


def names_and_schema(renderer: Renderer, want: Wanted) -> Row:
    """Give the `names` and `schema` that `expand` asked for."""
    chosen = [renderer.state.fields[one] for one in want.fields or ()]
    extra: Row = {}
    if "names" in want.expand:
        extra["names"] = {field.id: field.name for field in chosen}
    if "schema" in want.expand:
        extra["schema"] = {field.id: field.schema for field in chosen if field.schema}
    return extra


def transition_json(renderer: Renderer, transition: Transition) -> Row:
    """Show a transition."""
    return {
        "id": transition.id,
        "name": transition.name,
        "to": renderer.status(transition.to),
        "hasScreen": bool(transition.screen or transition.required),
        "isGlobal": transition.is_global,
        "isInitial": False,
        "isAvailable": True,
        "isConditional": False,
        "isLooped": False,
    }


def _fields(renderer: Renderer, issue: Issue, wanted_ids: tuple[str, ...]) -> bytes:
    """Give the wanted fields rendered, once for as long as the issue stays as it is."""
    state, caller = renderer.state, renderer.caller
    hidden: frozenset[str] = frozenset()
    if not caller.eyes.all_seeing:
        hidden = frozenset(one.id for one in state.relatives(issue) if not caller.eyes.see(one))
    manner = (caller.version, caller.base, caller.zone_name)
    key = (*manner, caller.uid, hidden, wanted_ids)
    kept: bytes | None = issue.cache.get(key)
    if kept is not None:
        return kept
    own: Row = {}
    pieces = []
    for field_id in wanted_ids:
        field = state.fields[field_id]
        if field.kind in _REFERENCES and not field.custom:
            pieces.append(_reference(renderer, manner, field, issue.fields.get(field_id)))
        elif _shown(renderer, issue, field, hidden):
            own[field_id] = _derived(renderer, issue, field, hidden)
    if own:
        pieces.append(dumps(own)[1:-1])
    kept = issue.cache[key] = b",".join(pieces)
    return kept


def _reference(renderer: Renderer, manner: tuple[Any, ...], field: FieldDef, stored: Any) -> bytes:
    """Render a field that refers to a row of a table, once for all the issues that refer to it."""
    key = (*manner, field.id, stored)
    piece = renderer.state.fragments.get(key)
    if piece is None:
        piece = renderer.state.fragments[key] = dumps(field.id) + b":" + dumps(renderer.value(field, stored))
    return piece


def _shown(renderer: Renderer, issue: Issue, field: FieldDef, hidden: frozenset[str]) -> bool:
    """Say whether the issue has the field at all, be it empty."""
    if field.id == "parent":
        return _visible_parent(issue, hidden) is not None
    if field.kind is Kind.ANY and field.id != "attachment":
        return field.id in issue.fields
    project_key = renderer.state.project_of(issue)["key"]
    return not field.custom or field.on_screen(project_key, issue.fields["issuetype"])


def _visible_parent(issue: Issue, hidden: frozenset[str]) -> Any:
    parent = issue.fields.get("parent")
    return None if isinstance(parent, str) and parent in hidden else parent


def _derived(renderer: Renderer, issue: Issue, field: FieldDef, hidden: frozenset[str]) -> Any:
    """Show a field, whether stored or worked out."""
    if field.kind is Kind.RANK:
        return f"0|i{round(renderer.state.rank(issue) * 1000):08x}:"
    if field.id == "attachment":
        return [*issue.fields.get("attachment", ()), *(renderer.attachment(row) for row in issue.attachments)]
    if field.kind is not Kind.DERIVED:
        return renderer.value(field, issue.fields.get(field.id))
    link = f"{renderer.rest}/issue/{issue.id if field.id == 'comment' else issue.key}"
    match field.id:
        case "created":
            return renderer.instant(issue.created)
        case "updated":
            return renderer.instant(issue.updated)
        case "resolutiondate":
            return None if issue.resolved is None else renderer.instant(issue.resolved)
        case "statuscategorychangedate":
            return renderer.instant(status_changed(issue))
        case "comment":
            comments = [renderer.comment(issue, row) for row in issue.comments]
            count = len(comments)
            return {"comments": comments, "self": f"{link}/comment", "maxResults": count, "total": count, "startAt": 0}
        case "worklog":
            rows = [renderer.worklog(issue, row) for row in issue.worklogs[:20]]
            return {"startAt": 0, "maxResults": 20, "total": len(issue.worklogs), "worklogs": rows}
        case "watches":
            return renderer.watches(issue)
        case "votes":
            return renderer.votes(issue)
        case _:
            return _related(renderer, issue, field, hidden)


def _related(renderer: Renderer, issue: Issue, field: FieldDef, hidden: frozenset[str]) -> Any:
    state = renderer.state
    match field.id:
        case "subtasks":
            children = [state.issues[one] for one in sorted(state.children.get(issue.id, ()), key=int)]
            shown = [one for one in children if is_subtask(renderer, one) and one.id not in hidden]
            return [*(renderer.short_issue(one.id) for one in shown), *issue.fields.get("subtask_stubs", ())]
        case "issuelinks":
            links = [state.links[one] for one in state.links_of.get(issue.id, ())]
            return [renderer.link(one, issue) for one in links if hidden.isdisjoint(_ends((one.source, one.target)))]
        case "timespent":
            return spent_seconds(issue) or None
        case "timetracking":
            return time_tracking(issue)
        case "workratio":
            estimate = issue.fields.get("timeoriginalestimate")
            return -1 if not estimate else spent_seconds(issue) * 100 // estimate
        case _:
            return None


def _ends(ends: Iterable[Any]) -> set[str]:
    return {one for one in ends if isinstance(one, str)}


def is_subtask(renderer: Renderer, issue: Issue) -> bool:
    """Say whether an issue is of a sub-task type."""
    return bool(renderer.state.tables["issuetypes"][issue.fields["issuetype"]].get("subtask"))


def spent_seconds(issue: Issue) -> int:
    """Add up the worklogs."""
    return sum(int(row["timeSpentSeconds"]) for row in issue.worklogs)


def time_tracking(issue: Issue) -> Row:
    """Show estimates and time spent."""
    figures = {
        "originalEstimate": issue.fields.get("timeoriginalestimate"),
        "remainingEstimate": issue.fields.get("timeestimate"),
        "timeSpent": spent_seconds(issue) or None,
    }
    given = {name: int(seconds) for name, seconds in figures.items() if seconds is not None}
    return {name: stamps.render_duration(seconds) for name, seconds in given.items()} | {
        f"{name}Seconds": seconds for name, seconds in given.items()
    }


def status_changed(issue: Issue) -> int:
    """Give when the status was last changed, in milliseconds."""
    for entry in reversed(issue.entries):
        if any(item.get("field") == "status" for item in entry["items"]):
            return int(entry["created"])
    return issue.created

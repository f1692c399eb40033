"""`renderedFields`: long texts as HTML and instants as people read them; every other field is null."""

from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any

from sandbox.jira import adf
from sandbox.jira.model import Issue, Kind, Row
from sandbox.jira.render import Renderer

_MARKS = {"strong": "b", "em": "em", "code": "tt", "underline": "ins", "strike": "del"}
_BLOCKS = {"paragraph": "p", "bulletList": "ul", "orderedList": "ol", "listItem": "li", "blockquote": "blockquote"}


def html(text: str) -> str:
    """Give wiki text as HTML."""
    return "\n".join(_node(one) for one in adf.from_wiki(text)["content"])


def rendered_fields(renderer: Renderer, issue: Issue, wanted: Iterable[str]) -> Row:
    """Give the wanted fields rendered."""
    shown: Row = {}
    for name in wanted:
        field = renderer.state.fields[name]
        stored = issue.fields.get(name)
        shown[name] = None
        if field.kind is Kind.TEXTAREA:
            shown[name] = html(stored) if stored else ""
        elif field.kind is Kind.DATETIME and stored is not None:
            shown[name] = instant(renderer, stored)
        elif field.kind is Kind.DATE and stored is not None:
            shown[name] = f"{datetime.fromisoformat(stored):%d/%b/%y}"
        elif name in ("created", "updated"):
            shown[name] = instant(renderer, issue.created if name == "created" else issue.updated)
        elif name == "resolutiondate" and issue.resolved is not None:
            shown[name] = instant(renderer, issue.resolved)
        elif name == "comment":
            rows = [_part(renderer, renderer.comment(issue, row), row, "body") for row in issue.comments]
            shown[name] = {"comments": rows, "maxResults": len(rows), "total": len(rows), "startAt": 0}
        elif name == "worklog":
            rows = [_part(renderer, renderer.worklog(issue, row), row, "comment") for row in issue.worklogs[:20]]
            shown[name] = {"startAt": 0, "maxResults": 20, "total": len(issue.worklogs), "worklogs": rows}
    return shown


def instant(renderer: Renderer, milliseconds: int) -> str:
    """Write an instant as Jira's look-and-feel does by default, in the zone of who asks."""
    local = datetime.fromtimestamp(milliseconds / 1000, tz=renderer.caller.zone)
    return f"{local:%d/%b/%y} {local.hour % 12 or 12}:{local:%M %p}"


def _part(renderer: Renderer, shown: Row, row: Row, text: str) -> Row:
    stamps = {name: instant(renderer, row[name]) for name in ("created", "updated", "started") if row.get(name)}
    return {**shown, text: html(row[text]) if row.get(text) else "", **stamps}


def _node(node: Row) -> str:
    kind = node["type"]
    if kind == "text":
        return _text(node)
    inside = "".join(_node(one) for one in node.get("content") or ())
    match kind:
        case "hardBreak":
            return "<br/>\n"
        case "heading":
            level = node["attrs"]["level"]
            return f"<h{level}>{inside}</h{level}>"
        case "codeBlock":
            return f'<div class="code panel"><pre>{inside}</pre></div>'
        case _ if kind in _BLOCKS:
            return f"<{_BLOCKS[kind]}>{inside}</{_BLOCKS[kind]}>"
        case _:
            return inside


def _text(node: Any) -> str:
    shown = escape(str(node["text"]), quote=False)
    for mark in node.get("marks") or ():
        if mark["type"] == "link":
            shown = f'<a href="{escape(str(mark["attrs"]["href"]))}" class="external-link">{shown}</a>'
        elif tag := _MARKS.get(mark["type"]):
            shown = f"<{tag}>{shown}</{tag}>"
    return shown

"""The one page for people: `/browse/KEY`, to which links in other tools lead."""

from html import escape

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Route
from sandbox.jira.rendered import html
from sandbox.jira.site import Site


class Pages:
    """The handler of the page; it shows to a caller what REST would show."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def routes(self) -> list[Route]:
        """List the routes."""
        return [Route(method="GET", path="/browse/<ref>", handler=self.issue)]

    def issue(self, call: Call, ref: str) -> Response:
        """`GET /browse/{key}`."""
        issue = self._site.issue(call, ref)
        fields = issue.fields
        status = self._site.state.tables["statuses"][fields["status"]]["name"]
        title = escape(f"[{issue.key}] {fields.get('summary') or ''}")
        text = html(fields["description"]) if fields.get("description") else ""
        head = f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head>'
        body = f"<body><h1>{title}</h1><p>Status: {escape(str(status))}</p>{text}</body></html>"
        return Response(head + body, content_type="text/html;charset=UTF-8")

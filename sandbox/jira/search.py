"""Searching: Cloud's `search/jql` with its tokens, Data Center's `search` with its pages."""

import base64
import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, dumps, json_response
from sandbox.jira import issue_json, jql, screens, shapes, stamps
from sandbox.jira.jql_compile import Compiled, compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import Issue
from sandbox.jira.paging import body_object, listed, number
from sandbox.jira.render import Renderer
from sandbox.jira.site import Site

MAX_RECONCILE = 50
"""Ids that `reconcileIssues` may name."""

KEPT_ANSWERS = 8
"""Sorted answers kept, so that the pages of a crawl need no new evaluation."""

UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
GONE = (
    "The requested API has been removed. Please migrate to the /rest/api/{version}/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)


class Search:
    """The search routes' handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[Any, tuple[list[Issue], Compiled]] = OrderedDict()
        self._shakes = 0

    def cloud_get(self, call: Call) -> Response:
        """`GET /search/jql`."""
        args = call.args
        body = {
            "jql": args.get("jql"),
            "nextPageToken": args.get("nextPageToken"),
            "maxResults": number(args.get("maxResults"), 50),
            "fields": listed(args.getlist("fields")),
            "properties": listed(args.getlist("properties")),
            "expand": args.get("expand"),
            "reconcileIssues": [number(one, 0) for one in listed(args.getlist("reconcileIssues"))],
        }
        return self._cloud(call, body)

    def cloud_post(self, call: Call) -> Response:
        """`POST /search/jql`."""
        return self._cloud(call, body_object(call.json_body(), shapes.SEARCH))

    def _cloud(self, call: Call, body: dict[str, Any]) -> Response:
        renderer = self._site.renderer(call)
        fresh = [str(one) for one in body.get("reconcileIssues") or []]
        if len(fresh) > MAX_RECONCILE:
            raise HttpError(400, f"The reconcileIssues list must not exceed {MAX_RECONCILE} elements.")
        text = body.get("jql") or ""
        want = issue_json.wanted(
            renderer,
            fields=body.get("fields"),
            default="id",
            properties=body.get("properties") or (),
            expand=listed([body.get("expand") or ""]),
        )
        only_ids = want.fields is None and not want.properties and not want.expand
        size = body.get("maxResults", 50)
        if not isinstance(size, int) or size < 0:
            raise HttpError(400, "The value of maxResults must not be negative.")
        switches = renderer.state.switches
        size = min(size or 50, max(1, switches.page_ids if only_ids else switches.page_with_fields))
        issues, compiled = self._run(renderer, text, fresh=fresh, bounded=True)
        start = 0
        mark = hashlib.sha256(text.encode()).hexdigest()[:16]
        if token := body.get("nextPageToken"):
            start = _position(issues, compiled, _open_token(token, mark))
        page = issues[start : start + size]
        last = start + size >= len(issues)
        rest = dumps(issue_json.names_and_schema(renderer, want))[1:-1]
        pieces = [b'{"issues":[', self._rendered(renderer, want, page), b"]"]
        if not last:
            pieces.append(b',"nextPageToken":' + dumps(_make_token(compiled, page[-1], mark)))
        pieces.append(b',"isLast":' + (b"true" if last else b"false"))
        pieces.append((b"," + rest if rest else b"") + b"}")
        return Response(b"".join(pieces), content_type="application/json;charset=UTF-8")

    def approximate_count(self, call: Call) -> Json:
        """`POST /search/approximate-count`."""
        renderer = self._site.renderer(call)
        issues, _ = self._run(
            renderer, body_object(call.json_body(), shapes.SEARCH).get("jql") or "", fresh=(), bounded=True
        )
        return {"count": len(issues)}

    def removed(self, call: Call) -> Response:
        """`/search` on Cloud: gone."""
        message = GONE.format(version=self._site.caller(call).version)
        return json_response({"errorMessages": [message], "errors": {}}, status=410)

    def data_center_get(self, call: Call) -> Response:
        """`GET /search`."""
        args = call.args
        body = {
            "jql": args.get("jql"),
            "startAt": number(args.get("startAt"), 0),
            "maxResults": number(args.get("maxResults"), 50),
            "fields": listed(args.getlist("fields")),
            "properties": listed(args.getlist("properties")),
            "expand": listed(args.getlist("expand")),
        }
        return self._data_center(call, body)

    def data_center_post(self, call: Call) -> Response:
        """`POST /search`."""
        return self._data_center(call, body_object(call.json_body(), shapes.SEARCH))

    def _data_center(self, call: Call, body: dict[str, Any]) -> Response:
        renderer = self._site.renderer(call)
        want = issue_json.wanted(
            renderer,
            fields=body.get("fields"),
            default="*navigable",
            properties=body.get("properties") or (),
            expand=body.get("expand") or (),
        )
        start, size = body.get("startAt") or 0, body.get("maxResults", 50)
        if not isinstance(size, int) or not isinstance(start, int) or start < 0:
            raise HttpError(400, "The value of startAt or maxResults is invalid.")
        most = renderer.state.switches.page_data_center
        size = most if size < 0 else min(size, most)
        issues, compiled = self._run(renderer, body.get("jql") or "", fresh=(), bounded=False)
        if renderer.state.switches.unstable_ties:
            issues = self._shaken(issues, compiled)
        page = issues[start : start + size]
        head = {"expand": "schema,names", "startAt": start, "maxResults": size, "total": len(issues)}
        head |= issue_json.names_and_schema(renderer, want)
        listed = self._rendered(renderer, want, page)
        return Response(
            dumps(head)[:-1] + b',"issues":[' + listed + b"]}", content_type="application/json;charset=UTF-8"
        )

    def _rendered(self, renderer: Renderer, want: issue_json.Wanted, page: Sequence[Issue]) -> bytes:
        """Render the issues of one page, in another order when the switch says so."""
        shown = page[::-1] if renderer.state.switches.reordered_pages else page
        limit = renderer.state.switches.changelog_in_search
        return b",".join(self._whole(renderer, one, want, newest=limit) for one in shown)

    def _whole(self, renderer: Renderer, issue: Issue, want: issue_json.Wanted, *, newest: int | None = None) -> bytes:
        """Render an issue with all that `expand` asks for."""
        body = issue_json.issue_bytes(renderer, issue, want, newest=newest)
        extra = screens.expanded(self._site, renderer, issue, want.expand) if want.expand else {}
        return body[:-1] + b"," + dumps(extra)[1:] if extra else body

    def _shaken(self, issues: list[Issue], compiled: Compiled) -> list[Issue]:
        """Order anew those that are equal under the query's own order, otherwise at each request."""
        self._shakes += 1
        shaken = sorted(issues, key=lambda one: hashlib.sha256(f"{one.id} {self._shakes}".encode()).digest())
        for sort_key, descending in reversed(compiled.order[:-1]):
            shaken.sort(key=sort_key, reverse=descending)
        return shaken

    def bulk_fetch(self, call: Call) -> Response:
        """`POST /issue/bulkfetch`: known issues, as they are now."""
        renderer = self._site.renderer(call)
        body = body_object(call.json_body(), shapes.SEARCH)
        given = body.get("issueIdsOrKeys")
        refs = [str(one) for one in given] if isinstance(given, list) else []
        most = renderer.state.switches.page_bulkfetch
        if not refs or len(refs) > most:
            raise HttpError(400, f"issueIdsOrKeys must hold between 1 and {most} issues.")
        want = issue_json.wanted(
            renderer,
            fields=body.get("fields"),
            default="*navigable",
            properties=body.get("properties") or (),
            expand=body.get("expand") or (),
        )
        found: dict[str, Issue] = {}
        errors = []
        for ref in refs:
            issue = self._site.as_read(ref)
            if issue is None or not renderer.caller.eyes.see(issue):
                errors.append({"id": ref, "errorMessage": "Issue does not exist or you do not have permission"})
            else:
                found[issue.id] = issue
        listed = b",".join(self._whole(renderer, one, want) for one in found.values())
        tail = dumps({"issueErrors": errors, **issue_json.names_and_schema(renderer, want)})[1:]
        return Response(b'{"issues":[' + listed + b"]," + tail, content_type="application/json;charset=UTF-8")

    def run(self, renderer: Renderer, text: str) -> list[Issue]:
        """Give all that a query finds for the caller, sorted.

        Raises:
            HttpError: 400 when it is none.
        """
        return self._run(renderer, text, fresh=(), bounded=False)[0]

    def _run(
        self, renderer: Renderer, text: str, *, fresh: Sequence[str], bounded: bool
    ) -> tuple[list[Issue], Compiled]:
        """Evaluate a query and give all that it finds, sorted."""
        state, caller = renderer.state, renderer.caller
        now = self._site.clock.now()
        candidates, mark = state.indexed(now.timestamp(), fresh, node=caller.node)
        key = (text, caller.uid, caller.failed, caller.zone_name, state.writes, mark, tuple(fresh))
        if key in self._kept:
            return self._kept[key]
        lenient = caller.uid is None and caller.failed
        zone = caller.zone if state.switches.zone_of_user else stamps.zone(state.site.get("time_zone"))
        moment = Moment(now=now, zone=zone, epoch=state.switches.epoch_milliseconds)
        scope = Scope(state=state, eyes=caller.eyes, moment=moment, lenient=lenient)
        try:
            query = jql.parse(text)
            compiled = compile_query(query, scope)
        except jql.JqlError as error:
            raise HttpError(400, body={"errorMessages": error.messages, "errors": {}}) from error
        if bounded and query.where is None and state.switches.unbounded_refused:
            raise HttpError(400, UNBOUNDED)
        see, test = caller.eyes.see, compiled.test
        if caller.eyes.all_seeing:
            issues = [issue for issue in candidates if issue.archived is None and test(issue)]
        else:
            issues = [issue for issue in candidates if issue.archived is None and see(issue) and test(issue)]
        for sort_key, descending in reversed(compiled.order):
            issues.sort(key=sort_key, reverse=descending)
        if compiled.timeless:
            self._kept[key] = (issues, compiled)
            while len(self._kept) > KEPT_ANSWERS:
                self._kept.popitem(last=False)
        return issues, compiled


def _make_token(compiled: Compiled, issue: Issue, mark: str) -> str:
    """Make the token that stands behind an issue: its sort values, so that it survives changes elsewhere."""
    document = [mark, [sort_key(issue) for sort_key, _ in compiled.order]]
    return base64.urlsafe_b64encode(dumps(document)).decode()


def _open_token(token: str, mark: str) -> list[Any]:
    try:
        found_mark, position = json.loads(base64.urlsafe_b64decode(str(token)))
    except ValueError as error:
        raise HttpError(400, "The provided next page token is invalid or expired.") from error
    if found_mark != mark:
        raise HttpError(400, "The provided next page token does not belong to this query.")
    return [tuple(value) if isinstance(value, list) else value for value in position]


def _position(issues: list[Issue], compiled: Compiled, position: list[Any]) -> int:
    """Find the first issue behind a position, by halving."""
    low, high = 0, len(issues)
    while low < high:
        middle = (low + high) // 2
        if _behind(compiled, issues[middle], position):
            high = middle
        else:
            low = middle + 1
    return low


def _behind(compiled: Compiled, issue: Issue, position: list[Any]) -> bool:
    for (sort_key, descending), bound in zip(compiled.order, position, strict=True):
        value = sort_key(issue)
        if value != bound:
            return bool(value < bound) if descending else bool(value > bound)
    return False

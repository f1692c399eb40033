"""What helps people write queries: parsing, completing, matching, cleaning, and picking issues."""

from html import escape

from sandbox.core.http import Call, HttpError, Json
from sandbox.jira import jql
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_functions import FUNCTIONS
from sandbox.jira.jql_scope import Scope
from sandbox.jira.jql_structure import structure
from sandbox.jira.jql_tests import operators_of
from sandbox.jira.model import FieldDef, Issue, Kind, Row
from sandbox.jira.paging import body_object
from sandbox.jira.search import Search
from sandbox.jira.site import Site, Table
from sandbox.jira.values import TABLE_OF_KIND

MAX_SUGGESTIONS = 15
MAX_PICKED = 20
HISTORY = ("from", "to", "by", "before", "after", "on", "during")


class JqlHelp:
    """The handlers of `/jql` and `/issue/picker`."""

    def __init__(self, site: Site, search: Search) -> None:
        self._site = site
        self._search = search

    def table(self) -> Table:
        """List the routes."""
        cloud: Table = [
            ("POST", "/jql/parse", self.parse),
            ("POST", "/jql/autocompletedata", self.reference),
            ("POST", "/jql/match", self.match),
            ("POST", "/jql/sanitize", self.sanitize),
            ("POST", "/jql/pdcleaner", self.clean),
        ]
        return [
            ("GET", "/jql/autocompletedata", self.reference),
            ("GET", "/jql/autocompletedata/suggestions", self.suggestions),
            ("GET", "/issue/picker", self.picker),
            *(cloud if self._site.state.cloud else []),
        ]

    def parse(self, call: Call) -> Json:
        """`POST /jql/parse` (Cloud): the structure of each query, and what is wrong with it."""
        checked = call.args.get("validation", "strict")
        if checked not in ("strict", "warn", "none"):
            raise HttpError(400, "validation must be strict, warn or none.")
        shown = []
        for text in self._texts(call, "queries"):
            row: Row = {"query": text}
            try:
                parsed = jql.parse(text)
                row["structure"] = structure(parsed)
                if checked != "none":
                    compile_query(parsed, self._scope(call))
            except jql.JqlError as error:
                row["warnings" if checked == "warn" and "structure" in row else "errors"] = error.messages
                if checked == "strict":
                    row.pop("structure", None)
            shown.append(row)
        return {"queries": shown}

    def match(self, call: Call) -> Json:
        """`POST /jql/match` (Cloud): which of the issues each query finds."""
        ids = body_object(call.json_body()).get("issueIds")
        if not isinstance(ids, list) or not all(type(one) in (int, str) for one in ids):
            raise HttpError(400, "issueIds must be a list of ids.")
        wanted = {str(one) for one in ids}
        found = []
        for text in self._texts(call, "jqls"):
            try:
                hits = [int(one.id) for one in self._search.run(self._site.renderer(call), text) if one.id in wanted]
                found.append({"matchedIssues": sorted(hits), "errors": []})
            except HttpError as error:
                found.append({"matchedIssues": [], "errors": (error.body or {}).get("errorMessages", [error.message])})
        return {"matches": found}

    def sanitize(self, call: Call) -> Json:
        """`POST /jql/sanitize` (Cloud): queries come back as they are, with what is wrong with them."""
        uid = self._site.caller(call).require()
        if not self._site.state.administers(uid):
            raise HttpError(403, "Only administrators may sanitize queries.")
        given = body_object(call.json_body()).get("queries")
        if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
            raise HttpError(400, "queries must be a list of objects.")
        shown = []
        for one in given:
            text = str(one.get("query") or "")
            row: Row = {"initialQuery": text, "sanitizedQuery": text}
            if one.get("accountId"):
                row["accountId"] = str(one["accountId"])
            try:
                jql.parse(text)
            except jql.JqlError as error:
                row.pop("sanitizedQuery")
                row["errors"] = {"errorMessages": error.messages, "errors": {}, "status": 400}
            shown.append(row)
        return {"queries": shown}

    def clean(self, call: Call) -> Json:
        """`POST /jql/pdcleaner` (Cloud): user names and keys become account ids; here they are account ids already."""
        return {"queryStrings": self._texts(call, "queryStrings"), "queriesWithUnknownUsers": []}

    def reference(self, _call: Call) -> Json:
        """`/jql/autocompletedata`: fields with their operators, functions and reserved words."""
        fields = [
            self._told(field) for field in self._site.state.fields.values() if field.clauses and _searchable(field)
        ]
        functions = [
            {
                "value": f"{name}()",
                "displayName": f"{name}()",
                "isList": "true" if several else "false",
                "types": [kind],
            }
            for name, (kind, several) in FUNCTIONS.items()
        ]
        words = sorted(jql.RESERVED_WORDS)
        return {"visibleFieldNames": fields, "visibleFunctionNames": functions, "jqlReservedWords": words}

    def _told(self, field: FieldDef) -> Row:
        name = field.clauses[0]
        shown: Row = {
            "value": f'"{field.name}"' if field.custom else name,
            "displayName": f"{field.name} - {name}" if field.custom else name,
            "orderable": "true",
            "searchable": "true",
            "operators": operators_of(field),
            "types": [str((field.schema or {}).get("type", "string"))],
        }
        return {**shown, "cfid": name} if field.custom else shown

    def suggestions(self, call: Call) -> Json:
        """`GET /jql/autocompletedata/suggestions`: values of a field that begin so."""
        args, state = call.args, self._site.state
        name, part = (
            args.get("fieldName") or "",
            (args.get("fieldValue") or args.get("predicateValue") or "").casefold(),
        )
        if not name:
            return {"results": [{"value": one, "displayName": one} for one in HISTORY if one.startswith(part)]}
        wanted = name.strip('"').casefold()
        field = next(
            (one for one in state.fields.values() if wanted in (one.name.casefold(), *map(str.casefold, one.clauses))),
            None,
        )
        if field is None:
            raise HttpError(400, f"The field '{name}' does not exist.")
        found = [(value, shown) for value, shown in self._values(call, field) if shown.casefold().startswith(part)]
        return {"results": [{"value": value, "displayName": shown} for value, shown in found[:MAX_SUGGESTIONS]]}

    def _values(self, call: Call, field: FieldDef) -> list[tuple[str, str]]:
        state, seen = self._site.state, self._site.caller(call).eyes.projects
        match field.kind:
            case Kind.PROJECT:
                names = [state.projects[one] for one in state.projects if one in seen]
                return [(row["key"], f"{row['name']} ({row['key']})") for row in names]
            case Kind.USER | Kind.MULTIUSER:
                return [(uid, str(row.get("displayName") or uid)) for uid, row in state.users.items()]
            case Kind.VERSIONS | Kind.COMPONENTS:
                rows = state.versions if field.kind is Kind.VERSIONS else state.components
                names = [row["name"] for row in rows.values() if row["projectId"] in seen]
            case Kind.SELECT | Kind.MULTISELECT | Kind.CASCADE:
                names = [option["value"] for option in field.options]
            case Kind.LABELS:
                names = sorted({one for issue in state.issues.values() for one in issue.fields.get(field.id) or ()})
            case _ if field.kind in TABLE_OF_KIND:
                names = [row["name"] for row in state.tables[TABLE_OF_KIND[field.kind]].values()]
            case _:
                names = []
        return [(f'"{one}"' if " " in str(one) else str(one), str(one)) for one in dict.fromkeys(names)]

    def picker(self, call: Call) -> Json:
        """`GET /issue/picker`: issues whose key or summary has the words typed so far."""
        self._site.caller(call).require()
        text = (call.args.get("query") or "").strip()
        query, renderer = call.args.get("currentJQL") or "ORDER BY updated DESC", self._site.renderer(call)
        if not call.args.get("currentJQL"):
            query = "ORDER BY updated DESC"
        here = call.args.get("currentIssueKey")
        found = [
            one
            for one in self._search.run(renderer, query)
            if one.key != here and text.casefold() in f"{one.key} {one.fields.get('summary') or ''}".casefold()
        ]
        rows = [self._picked(one, text) for one in found[:MAX_PICKED]]
        section: Row = {"label": "Current Search", "sub": f"Showing {len(rows)} of {len(found)} matching issues"}
        return {"sections": [{**section, "id": "cs", "issues": rows}]}

    def _picked(self, issue: Issue, text: str) -> Row:
        summary = str(issue.fields.get("summary") or "")

        def marked(words: str) -> str:
            return escape(words).replace(escape(text), f"<b>{escape(text)}</b>") if text else escape(words)

        row: Row = {"key": issue.key, "keyHtml": marked(issue.key), "img": "/images/icons/issuetypes/generic.png"}
        row |= {"summary": marked(summary), "summaryText": summary}
        return {**row, "id": int(issue.id)} if self._site.state.cloud else row

    def _texts(self, call: Call, name: str) -> list[str]:
        given = body_object(call.json_body()).get(name)
        if not isinstance(given, list) or not given or not all(isinstance(one, str) for one in given):
            raise HttpError(400, f"{name} must be a list of texts.")
        return given

    def _scope(self, call: Call) -> Scope:
        caller, state = self._site.caller(call), self._site.state
        epoch = state.switches.epoch_milliseconds
        moment = Moment(now=self._site.clock.now(), zone=caller.zone, epoch=epoch)
        return Scope(state=state, eyes=caller.eyes, moment=moment)


def _searchable(field: FieldDef) -> bool:
    return field.kind not in (Kind.ANY, Kind.RANK) and bool(operators_of(field))

"""The endpoints of searches: SOSL, searches by parameters, suggestions, and what is searched."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.core.http import Call, Json, Route
from sandbox.salesforce import sosl
from sandbox.salesforce.errors import refused
from sandbox.salesforce.names import display_name
from sandbox.salesforce.org import Access
from sandbox.salesforce.room import DATA, Room, actor, json_object
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql_engine import Engine
from sandbox.salesforce.sosl import Returning, Search

WRAPPED_SINCE = 37.0
"""From this API version on, a search answers an object; before, a list (documentation of the resource)."""
SUGGESTIONS = 5


class Searching:
    """Endpoints /search and /parameterizedSearch."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        table = (
            ("GET", "/search", self.search),
            ("GET", "/search/scopeOrder", self.scope_order),
            ("GET", "/search/layout", self.layout),
            ("GET", "/search/suggestions", self.suggestions),
            ("GET", "/parameterizedSearch", self.by_parameters),
            ("POST", "/parameterizedSearch", self.by_body),
        )
        return [Route(method=method, path=DATA + path, handler=handler) for method, path, handler in table]

    def search(self, call: Call, version: str) -> Json:
        """Answer a search in SOSL."""
        text = call.args.get("q")
        if not text:
            raise sosl.malformed("The search string is empty")
        return self._answer(version, self._run(call, version, sosl.parse(text)))

    def by_parameters(self, call: Call, version: str) -> Json:
        """Answer a search by the parameters of an address."""
        args = call.args
        names = [name.strip() for name in args.get("sobject", "").split(",") if name.strip()]
        returning = tuple(
            Returning(
                object_name=name,
                fields=args.get(f"{name}.fields") or args.get("fields") or "Id",
                rest=_rest(
                    args.get(f"{name}.where"),
                    args.get(f"{name}.orderBy"),
                    args.get(f"{name}.limit") or args.get("defaultLimit"),
                ),
            )
            for name in names
        )
        found = Search(
            text=_braced(args.get("q", "")),
            group=args.get("in", "ALL").upper(),
            returning=returning,
            limit=_whole(args.get("overallLimit")),
        )
        return {"searchRecords": self._run(call, version, found)}

    def by_body(self, call: Call, version: str) -> Json:
        """Answer a search by a body's parameters."""
        body = json_object(call)
        objects = body.get("sobjects") or []
        if not isinstance(objects, list) or not all(isinstance(each, dict) and each.get("name") for each in objects):
            raise refused("JSON_PARSER_ERROR", "sobjects must be a list of objects with a name")
        every = body.get("fields")
        returning = tuple(
            Returning(
                object_name=str(each["name"]),
                fields=_joined(each.get("fields") or every),
                rest=_rest(each.get("where"), each.get("orderBy"), each.get("limit") or body.get("defaultLimit")),
            )
            for each in objects
        )
        found = Search(
            text=_braced(str(body.get("q", ""))),
            group=str(body.get("in", "ALL")).upper(),
            returning=returning,
            limit=_whole(body.get("overallLimit")),
        )
        return {"searchRecords": self._run(call, version, found)}

    def scope_order(self, call: Call, version: str) -> Json:
        """Answer the objects that are searched."""
        base = f"/services/data/{version}/sobjects/"
        return [{"type": each.name, "url": f"{base}{each.name}/describe"} for each in self._searchable(call)]

    def layout(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Answer the columns of search results, of each object named in `q`."""
        found = []
        for name in call.args.get("q", "").split(","):
            sobject = self._room.sobject(call, name.strip())
            title = next((each for each in sobject.fields if each.info["nameField"]), sobject.fields[0])
            column = {"field": f"{sobject.name}.{title.name}", "format": None, "label": title.label, "name": title.name}
            told = {"errorMsg": None, "label": "Search Results", "limitRows": 25, "objectType": sobject.name}
            found.append({**told, "searchColumns": [column]})
        return found

    def suggestions(self, call: Call, version: str) -> Json:
        """Answer records whose names begin with `q`."""
        wanted, names = call.args.get("q", "").casefold(), call.args.get("sobject", "")
        if len(wanted) < 2 or not names:
            raise refused("MALFORMED_SEARCH", "q (two characters or more) and sobject are required")
        limit = _whole(call.args.get("limit") or SUGGESTIONS)
        found = []
        for name in names.split(","):
            sobject = self._room.sobject(call, name.strip())
            found += [
                {
                    "attributes": {
                        "type": sobject.name,
                        "url": f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}",
                    },
                    "Id": row["Id"],
                    "Name": display_name(sobject, row),
                }
                for row in self._room.state.rows(sobject, deleted=False)
                if self._room.visible(call, row)
                and any(word.startswith(wanted) for word in str(display_name(sobject, row)).casefold().split())
            ]
        return {"autoSuggestResults": found[:limit], "hasMoreResults": len(found) > limit}

    def _run(self, call: Call, version: str, search: Search) -> list[Any]:
        if search.group not in sosl.GROUPS:
            raise sosl.malformed(f"unexpected token: '{search.group}'")
        holds = sosl.matcher(search.text)
        state, who = self._room.state, actor(call)
        engine = Engine(state, who.access, version=version, user_id=who.viewer)
        wanted = search.returning or tuple(Returning(object_name=each.name) for each in self._searchable(call))
        found: list[Any] = []
        for one in wanted:
            sobject = state.schema.get(one.object_name)
            if sobject is None or not who.access.sees(sobject) or not sobject.top["searchable"]:
                message = f"sObject type '{one.object_name}' is not supported."
                raise refused("INVALID_TYPE", message)
            ids = self._found(sobject, who.access, search.group, holds)
            soql = f"SELECT {one.fields} FROM {sobject.name} {one.rest}"  # noqa: S608 - SOQL of the caller's own
            answer = engine.run(soql, ids)
            found += [answer.show(row) for row in answer.rows]
        return found[: search.limit]

    def _found(self, sobject: SObject, access: Access, group: str, holds: sosl.Match) -> frozenset[str]:
        """Return the ids of the records that the index finds, which may lag behind."""
        state = self._room.state

        def sees(field: Field) -> bool:
            return access.sees(sobject, field.name)

        return frozenset(
            row["Id"]
            for row in state.rows(sobject, deleted=False)
            if (known := state.as_searched(row)) is not None and holds(sosl.texts_of(sobject, known, group, sees))
        )

    def _searchable(self, call: Call) -> list[SObject]:
        access = actor(call).access
        objects = sorted(self._room.state.schema.objects.values(), key=lambda each: each.name)
        return [each for each in objects if each.top["searchable"] and access.sees(each)]

    @staticmethod
    def _answer(version: str, found: list[Any]) -> Json:
        return {"searchRecords": found} if float(version.removeprefix("v")) >= WRAPPED_SINCE else found


def _braced(text: str) -> str:
    """Return a plain text as SOSL's braces would hold it; quotes and operators keep their meaning."""
    if not text.strip():
        raise sosl.malformed("The search string is empty")
    return text


def _joined(fields: Any) -> str:
    if isinstance(fields, list):
        return ", ".join(map(str, fields)) or "Id"
    return str(fields or "Id")


def _rest(where: Any, order: Any, limit: Any) -> str:
    parts = [f"WHERE {where}" if where else "", f"ORDER BY {order}" if order else ""]
    return " ".join([*parts, f"LIMIT {limit}" if limit else ""])


def _whole(value: Any) -> int:
    if value is None:
        return sosl.MAX_RESULTS
    if not str(value).isdigit():
        raise refused("INVALID_SEARCH", f"invalid limit: {value}")
    return min(int(value), sosl.MAX_RESULTS)

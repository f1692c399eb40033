"""Properties of what is no issue: projects, issue types, users, boards, sprints, worklogs."""

from collections.abc import Callable

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira.edits import check_property
from sandbox.jira.model import Row
from sandbox.jira.site import Site, Table

Find = Callable[..., Row]
"""`find(call, *, write, **path_arguments)`: the row that has the properties; checks what the caller may do."""


class OwnProperties:
    """The handlers of the properties of one kind of thing.

    Args:
        site: whose they are.
        path: of the thing, with its arguments.
        find: gives its row.
    """

    def __init__(self, site: Site, path: str, find: Find) -> None:
        self._site = site
        self._path = path
        self._find = find

    def table(self) -> Table:
        """List the routes."""
        one = f"{self._path}/properties/<key>"
        return [
            ("GET", f"{self._path}/properties", self.keys),
            ("GET", one, self.get),
            ("PUT", one, self.put),
            ("DELETE", one, self.delete),
        ]

    def keys(self, call: Call, **where: str) -> Json:
        """`GET`: the keys."""
        held = self._find(call, write=False, **where).get("properties") or {}
        link = f"{self._site.caller(call).base}{call.path}"
        return {"keys": [{"self": f"{link}/{key}", "key": key} for key in held]}

    def get(self, call: Call, key: str, **where: str) -> Json:
        """`GET /{key}`."""
        held = self._find(call, write=False, **where).get("properties") or {}
        if key not in held:
            raise HttpError(404, f"The property with key '{key}' does not exist.")
        return {"key": key, "value": held[key]}

    def put(self, call: Call, key: str, **where: str) -> Response:
        """`PUT /{key}`: 201 when new, 200 when it was there."""
        row = self._find(call, write=True, **where)
        if not call.get_data():
            raise HttpError(400, "The property value cannot be empty.")
        value = call.json_body()
        check_property(self._site, key, value)
        held = row.get("properties") or {}
        row["properties"] = {**held, key: value}
        return json_response({}, status=200 if key in held else 201)

    def delete(self, call: Call, key: str, **where: str) -> Response:
        """`DELETE /{key}`."""
        row = self._find(call, write=True, **where)
        held = row.get("properties") or {}
        if key not in held:
            raise HttpError(404, f"The property with key '{key}' does not exist.")
        row["properties"] = {one: value for one, value in held.items() if one != key}
        return empty_response()

"""The endpoints that tell how records are shown: layouts, compact layouts, list views. Each is made from the schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.core.http import Call, Handler, Json, Route
from sandbox.salesforce.describe import record_types
from sandbox.salesforce.errors import not_found
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.names import display_name
from sandbox.salesforce.room import DATA, Room, actor
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.soql_engine import Engine

MAX_RESULTS = 2_000
_VIEWS = ("All", "RecentlyViewed")
_COLUMNS = 5
"""Fields that a list view or compact layout shows at most."""


class Layouts:
    """Endpoints under /sobjects/X/describe and /sobjects/X/listviews."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        one, views = DATA + "/sobjects/<name>", DATA + "/sobjects/<name>/listviews"
        table: tuple[tuple[str, Handler], ...] = (
            (one + "/describe/layouts", self.layouts),
            (one + "/describe/layouts/<record_type>", self.layout),
            (one + "/describe/compactLayouts", self.compact),
            (one + "/describe/compactLayouts/<record_type>", self.compact),
            (one + "/describe/approvalLayouts", self.approvals),
            (views, self.views),
            (views + "/<view>/describe", self.view),
            (views + "/<view>/results", self.results),
            (DATA + "/compactLayouts", self.primary_compact),
        )
        return [Route(method="GET", path=path, handler=handler) for path, handler in table]

    def layouts(self, call: Call, version: str, name: str) -> Json:
        """Answer an object's one page layout and the record types that use it."""
        if name.lower() == "global":
            return {"layouts": [], "recordTypeMappings": [], "recordTypeSelectorRequired": [False]}
        sobject = self._room.sobject(call, name)
        types = record_types(self._room.state, sobject, version)
        mappings = [
            {
                **{key: each[key] for key in ("active", "available", "defaultRecordTypeMapping", "developerName")},
                **{key: each[key] for key in ("master", "name", "recordTypeId", "urls")},
                "layoutId": _layout_id(sobject),
                "picklistsForRecordType": None,
            }
            for each in types
        ]
        return {
            "layouts": [self._layout(call, sobject)],
            "recordTypeMappings": mappings,
            "recordTypeSelectorRequired": [len(types) > 1],
        }

    def layout(self, call: Call, version: str, name: str, record_type: str) -> Json:
        """Answer the layout of a record type."""
        sobject = self._room.sobject(call, name)
        if to_18(record_type) not in {
            each["recordTypeId"] for each in record_types(self._room.state, sobject, version)
        }:
            raise not_found()
        return self._layout(call, sobject)

    def compact(self, call: Call, version: str, name: str, record_type: str | None = None) -> Json:  # noqa: ARG002 - one for all
        """Answer an object's compact layouts."""
        sobject = self._room.sobject(call, name)
        found = self._compact(call, sobject)
        mappings = [
            {
                "available": each["available"],
                "compactLayoutId": None,
                "compactLayoutName": "SYSTEM",
                "recordTypeId": each["recordTypeId"],
                "recordTypeName": each["name"],
                "urls": {},
            }
            for each in record_types(self._room.state, sobject, version)
        ]
        return {"compactLayouts": [found], "defaultCompactLayoutId": None, "recordTypeCompactLayoutMappings": mappings}

    def primary_compact(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Answer the compact layouts of the objects named in `q`."""
        names = [name.strip() for name in call.args.get("q", "").split(",") if name.strip()]
        found = [self._room.sobject(call, name) for name in names]
        return {sobject.name: self._compact(call, sobject) for sobject in found}

    def approvals(self, call: Call, version: str, name: str) -> Json:  # noqa: ARG002 - see primary_compact
        """Answer the layouts of approval processes: there are no processes."""
        self._room.sobject(call, name)
        return {"approvalLayouts": []}

    def views(self, call: Call, version: str, name: str) -> Json:
        """Answer an object's list views."""
        sobject = self._room.sobject(call, name)
        base = f"/services/data/{version}/sobjects/{sobject.name}/listviews/"
        views = [
            {
                "describeUrl": f"{base}{_view_id(sobject, each)}/describe",
                "developerName": each,
                "id": _view_id(sobject, each),
                "label": f"All {sobject.top['labelPlural']}" if each == "All" else "Recently Viewed",
                "resultsUrl": f"{base}{_view_id(sobject, each)}/results",
                "soqlCompatible": True,
                "url": f"{base}{_view_id(sobject, each)}",
            }
            for each in _VIEWS
        ]
        told = {"done": True, "listviews": views, "nextRecordsUrl": None, "size": len(views)}
        return {**told, "sobjectType": sobject.name}

    def view(self, call: Call, version: str, name: str, view: str) -> Json:  # noqa: ARG002 - see primary_compact
        """Answer what a list view shows."""
        sobject = self._room.sobject(call, name)
        _known(sobject, view)
        return {
            "columns": self._columns(call, sobject),
            "id": to_18(view),
            "orderBy": [{"fieldNameOrPath": "Id", "nullsPosition": "first", "sortDirection": "ascending"}],
            "query": self._query(call, sobject),
            "scope": None,
            "sobjectType": sobject.name,
            "whereCondition": {"conditions": [], "conjunction": "and"},
        }

    def results(self, call: Call, version: str, name: str, view: str) -> Json:
        """Answer the rows of a list view, `limit` at most from `offset`."""
        sobject = self._room.sobject(call, name)
        which = _known(sobject, view)
        limit, offset = _number(call.args.get("limit"), 25), _number(call.args.get("offset"), 0)
        who = actor(call)
        engine = Engine(self._room.state, who.access, version=version, user_id=who.viewer)
        answer = engine.run(self._query(call, sobject))
        rows = list(answer.rows)[offset : offset + min(limit, MAX_RESULTS)]
        columns = self._columns(call, sobject)
        paths = [column["fieldNameOrPath"] for column in columns]
        records = [{"columns": [{"fieldNameOrPath": path, "value": row.get(path)} for path in paths]} for row in rows]
        return {
            "columns": columns,
            "developerName": which,
            "done": offset + len(rows) >= len(answer.rows),
            "id": to_18(view),
            "label": which,
            "records": records,
            "size": len(records),
        }

    def _fields(self, call: Call, sobject: SObject) -> list[Field]:
        access = actor(call).access
        return [field for field in sobject.fields if access.sees(sobject, field.name) and field.type != "address"]

    def _short(self, call: Call, sobject: SObject) -> list[Field]:
        """Return the fields of a list: the name first, then others that can be sorted."""
        fields = [each for each in self._fields(call, sobject) if each.sortable]
        fields.sort(key=lambda each: (not each.info["nameField"], each.type in ("id", "reference", "boolean")))
        return fields[:_COLUMNS]

    def _query(self, call: Call, sobject: SObject) -> str:
        names = dict.fromkeys([*(field.name for field in self._short(call, sobject)), "Id"])
        return f"SELECT {', '.join(names)} FROM {sobject.name} ORDER BY Id"  # noqa: S608 - names of the schema

    def _columns(self, call: Call, sobject: SObject) -> list[dict[str, Any]]:
        ids = [] if any(field.name == "Id" for field in self._short(call, sobject)) else [sobject.by_name["id"]]
        return [
            {
                "ascendingLabel": "Z-A",
                "descendingLabel": "A-Z",
                "fieldNameOrPath": field.name,
                "hidden": field.name == "Id",
                "label": field.label,
                "selectListItem": field.name,
                "sortDirection": None,
                "sortIndex": None,
                "sortable": field.sortable,
                "type": field.type,
            }
            for field in [*self._short(call, sobject), *ids]
        ]

    def _layout(self, call: Call, sobject: SObject) -> dict[str, Any]:
        access = actor(call).access
        fields = self._fields(call, sobject)
        rows = [
            {"layoutItems": [_item(field, edits=access.writes(sobject, field.name)) for field in pair], "numItems": 2}
            for pair in (fields[n : n + 2] for n in range(0, len(fields), 2))
        ]
        section = {
            "collapsed": False,
            "columns": 2,
            "heading": "Information",
            "layoutRows": rows,
            "layoutSectionId": None,
            "parentLayoutId": _layout_id(sobject),
            "rows": len(rows),
            "tabOrder": "LeftToRight",
            "useCollapsibleSection": False,
            "useHeading": True,
        }
        return {
            "buttonLayoutSection": {"detailButtons": []},
            "detailLayoutSections": [section],
            "editLayoutSections": [section],
            "feedView": None,
            "highlightsPanelLayoutSection": None,
            "id": _layout_id(sobject),
            "multirowEditLayoutSections": [],
            "offlineLinks": [],
            "quickActionList": {"quickActionListItems": []},
            "relatedContent": None,
            "relatedLists": [],
            "saveOptions": [],
        }

    def _compact(self, call: Call, sobject: SObject) -> dict[str, Any]:
        fields = self._short(call, sobject)
        return {
            "actions": [],
            "fieldItems": [_item(field, edits=False) for field in fields],
            "id": None,
            "imageItems": [],
            "label": "System Default",
            "name": "SYSTEM",
            "objectType": sobject.name,
        }


def _item(field: Field, *, edits: bool) -> dict[str, Any]:
    component = {"details": field.info, "displayLines": 1, "tabOrder": 1, "type": "Field", "value": field.name}
    return {
        "editableForNew": edits and field.createable,
        "editableForUpdate": edits and field.updateable,
        "label": field.label,
        "layoutComponents": [component],
        "placeholder": False,
        "required": field.required,
    }


def _layout_id(sobject: SObject) -> str:
    return salesforce_id(sobject.name, 1, prefix="00h")


def _view_id(sobject: SObject, name: str) -> str:
    number = sum(ord(char) << (5 * place % 40) for place, char in enumerate(sobject.name))
    return salesforce_id("ListView", number * len(_VIEWS) + _VIEWS.index(name))


def _known(sobject: SObject, view: str) -> str:
    found = {_view_id(sobject, name): name for name in _VIEWS}.get(to_18(view) or "")
    if found is None:
        raise not_found()
    return found


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def recent(room: Room, call: Call, version: str, sobjects: Iterable[SObject], limit: int) -> list[dict[str, Any]]:
    """Return the records that the caller changed last, as the stand-in has nobody who only looks at them."""
    rows = [
        (row["LastModifiedDate"], sobject, row)
        for sobject in sobjects
        for row in room.state.rows(sobject, deleted=False)
        if row.get("LastModifiedById") == actor(call).user_id and room.visible(call, row)
    ]
    rows.sort(key=lambda each: each[0], reverse=True)
    return [
        {
            "attributes": {
                "type": sobject.name,
                "url": f"/services/data/{version}/sobjects/{sobject.name}/{row['Id']}",
            },
            "Id": row["Id"],
            "Name": display_name(sobject, row),
        }
        for _, sobject, row in rows[:limit]
    ]

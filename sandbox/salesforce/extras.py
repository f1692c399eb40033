"""The small endpoints about an org that clients look at in passing: what is there is told, what is not is empty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Handler, Json, Route, empty_response
from sandbox.salesforce.errors import not_found, refused
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.layouts import recent
from sandbox.salesforce.room import DATA, Room, actor, json_object
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.soql_engine import Engine

MAX_RECENT = 200
_ICON_SIZES = (16, 32)


class Extras:
    """Endpoints that tell of the org's face: recent items, tabs, themes, menus, actions, processes, passwords."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        password = DATA + "/sobjects/User/<user_id>/password"
        table: tuple[tuple[str, str, Handler], ...] = (
            ("GET", DATA + "/recent", self.recent),
            ("GET", DATA + "/sobjects/<name>/listviews/recent", self.recent_of),
            ("GET", DATA + "/tabs", self.tabs),
            ("GET", DATA + "/theme", self.theme),
            ("GET", DATA + "/appMenu", self.app_menu),
            ("GET", DATA + "/appMenu/<kind>", self.app_menu_items),
            ("GET", DATA + "/actions", self.actions),
            ("GET", DATA + "/actions/standard", self.standard_actions),
            ("GET", DATA + "/actions/custom", self.custom_actions),
            ("GET", DATA + "/quickActions", self.quick_actions),
            ("GET", DATA + "/sobjects/<name>/quickActions", self.quick_actions_of),
            ("GET", DATA + "/process/rules", self.rules),
            ("GET", DATA + "/process/approvals", self.approvals),
            ("POST", DATA + "/process/approvals", self.submit),
            ("GET", DATA + "/support/dataCategoryGroups", self.categories),
            ("GET", DATA + "/sobjects/relevantItems", self.relevant),
            ("GET", password, self.password),
            ("POST", password, self.set_password),
            ("DELETE", password, self.reset_password),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def recent(self, call: Call, version: str) -> Json:
        """Answer the records that the caller worked with last."""
        return recent(self._room, call, version, self._tabbed(call), _limit(call))

    def recent_of(self, call: Call, version: str, name: str) -> Json:
        """Answer those of one object."""
        return recent(self._room, call, version, [self._room.sobject(call, name)], _limit(call))

    def relevant(self, call: Call, version: str) -> Json:
        """Answer the records that matter most to the caller: those worked with last, by object."""
        found = []
        for sobject in self._tabbed(call):
            items = recent(self._room, call, version, [sobject], 5)
            if items:
                told = {"apiName": sobject.name, "key": sobject.key_prefix, "label": sobject.top["labelPlural"]}
                found.append({**told, "lastUpdatedId": items[0]["Id"], "recordIds": [each["Id"] for each in items]})
        return found

    def tabs(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer a tab of each object."""
        return [
            {
                "colors": [],
                "custom": sobject.top["custom"],
                "iconUrl": "",
                "icons": [],
                "label": sobject.top["labelPlural"],
                "miniIconUrl": "",
                "name": f"standard-{sobject.name}" if not sobject.top["custom"] else sobject.name,
                "sobjectName": sobject.name,
                "url": f"{call.host_url}{sobject.key_prefix}/o",
            }
            for sobject in self._tabbed(call)
        ]

    def theme(self, call: Call, version: str) -> Json:  # noqa: ARG002 - every data route has a version
        """Answer the colours and icons of each object."""
        items = [
            {
                "colors": [{"color": "706E6B", "context": "primary", "theme": "theme4"}],
                "icons": [
                    {
                        "contentType": "image/png",
                        "height": size,
                        "theme": "theme3",
                        "url": f"{call.host_url}img/icon{size}.png",
                        "width": size,
                    }
                    for size in _ICON_SIZES
                ],
                "name": sobject.name,
            }
            for sobject in self._tabbed(call)
        ]
        return {"themeItems": items}

    def app_menu(self, call: Call, version: str) -> Json:  # noqa: ARG002 - a handler's form
        """Answer the menus that there are."""
        base = f"/services/data/{version}/appMenu/"
        return {name: base + name for name in ("NetworkTabs", "Salesforce1", "AppSwitcher")}

    def app_menu_items(self, call: Call, version: str, kind: str) -> Json:  # noqa: ARG002 - see theme
        """Answer a menu: no apps are installed."""
        if kind not in ("NetworkTabs", "Salesforce1", "AppSwitcher"):
            raise not_found()
        return {"appMenuItems": []}

    def actions(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer where actions are listed."""
        base = f"/services/data/{version}/actions/"
        return {"standard": base + "standard", "custom": base + "custom"}

    def standard_actions(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer the actions that can be invoked: none is."""
        return {"actions": []}

    def custom_actions(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer where custom actions would be listed: the org has none."""
        return {}

    def quick_actions(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer the global quick actions: there are none."""
        return []

    def quick_actions_of(self, call: Call, version: str, name: str) -> Json:  # noqa: ARG002 - see theme
        """Answer an object's quick actions: there are none."""
        self._room.sobject(call, name)
        return []

    def rules(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer the workflow rules that can be triggered: there are none."""
        return {"rules": {}}

    def approvals(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer the approval processes: there are none."""
        return {"approvals": {}}

    def submit(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Refuse what is submitted for approval, as there is no process for it."""
        if not isinstance(json_object(call).get("requests"), list):
            raise refused("MISSING_ARGUMENT", "requests is required")
        raise refused("NO_APPLICABLE_PROCESS", "No applicable approval process was found.", fields=())

    def categories(self, call: Call, version: str) -> Json:  # noqa: ARG002 - see theme
        """Answer the data category groups: there are none."""
        return {"categoryGroups": []}

    def password(self, call: Call, version: str, user_id: str) -> Json:  # noqa: ARG002 - see theme
        """Say whether a user's password is expired."""
        self._user(user_id)
        return {"isExpired": False}

    def set_password(self, call: Call, version: str, user_id: str) -> Response:  # noqa: ARG002 - see theme
        """Set a user's password: 204."""
        user, wanted = self._user(user_id), json_object(call).get("NewPassword")
        if not isinstance(wanted, str) or len(wanted) < 8:
            raise refused("INVALID_NEW_PASSWORD", "Your password must be at least 8 characters long.")
        passwords = self._room.state.org.passwords
        name = user["Username"].casefold()
        passwords[name] = (wanted, passwords.get(name, ("", ""))[1])
        return empty_response()

    def reset_password(self, call: Call, version: str, user_id: str) -> Json:  # noqa: ARG002 - a handler's form
        """Give a user a new password, and tell it."""
        state, user = self._room.state, self._user(user_id)
        n = state.counters["password"] = state.counters.get("password", 0) + 1
        made, name = f"{version}sandbox{n:04d}", user["Username"].casefold()
        state.org.passwords[name] = (made, state.org.passwords.get(name, ("", ""))[1])
        return {"NewPassword": made}

    def _user(self, user_id: str) -> dict[str, Any]:
        found = self._room.state.tables["User"].get(to_18(user_id) or "")
        if found is None:
            raise not_found()
        return found

    def _tabbed(self, call: Call) -> list[SObject]:
        access = actor(call).access
        objects = sorted(self._room.state.schema.objects.values(), key=lambda each: each.name)
        return [each for each in objects if each.top["mruEnabled"] and access.sees(each)]


def _limit(call: Call) -> int:
    text = call.args.get("limit", "")
    return min(int(text), MAX_RECENT) if text.isdigit() else MAX_RECENT


def plans(room: Room, call: Call, version: str, soql: str) -> dict[str, Any]:
    """Return how a query would be run (`/query?explain=`): always by a scan of the object, as the stand-in does."""
    who = actor(call)
    answer = Engine(room.state, who.access, version=version, user_id=who.viewer).run(soql)
    source = answer.source
    count = sum(1 for _ in room.state.rows(source, deleted=False))
    plan = {
        "cardinality": len(answer.rows),
        "fields": [],
        "leadingOperationType": "TableScan",
        "notes": [],
        "relativeCost": 1.0,
        "sobjectCardinality": count,
        "sobjectType": source.name,
    }
    return {"plans": [plan], "sourceQuery": soql}

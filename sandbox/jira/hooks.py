"""Webhooks: an administrator's, which stay, and those that apps register, which expire."""

from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, empty_response, json_response
from sandbox.jira import jql
from sandbox.jira.jql_compile import compile_query
from sandbox.jira.jql_dates import Moment
from sandbox.jira.jql_scope import Scope
from sandbox.jira.model import Row
from sandbox.jira.paging import body_object, number, object_at, page_bean
from sandbox.jira.site import Site
from sandbox.jira.webhooks import DAY_MS, drop_expired

DYNAMIC_EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "comment_created",
    "comment_updated",
    "comment_deleted",
    "issue_property_set",
    "issue_property_deleted",
)
EVENTS = (
    *DYNAMIC_EVENTS[:6],
    "worklog_created",
    "worklog_updated",
    "worklog_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "attachment_created",
    "attachment_deleted",
    "jira:version_created",
    "jira:version_updated",
    "jira:version_deleted",
    "jira:version_moved",
    "jira:version_released",
    "jira:version_unreleased",
    "sprint_created",
    "sprint_updated",
    "sprint_started",
    "sprint_closed",
    "sprint_deleted",
    "board_created",
    "board_deleted",
)
"""What an administrator's webhook may ask for and the stand-in tells."""

MAX_DYNAMIC = 100
"""Dynamic webhooks of one app and site."""


def _check_jql(site: Site, call: Call, text: str) -> list[str]:
    caller = site.caller(call)
    moment = Moment(now=site.clock.now(), zone=caller.zone)
    try:
        compile_query(jql.parse(text), Scope(state=site.state, eyes=caller.eyes, moment=moment))
    except jql.JqlError as error:
        return error.messages
    return []


class DynamicHooks:
    """The handlers of `/webhook` (Cloud): for callers that came by OAuth."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def _owner(self, call: Call) -> str:
        caller = self._site.caller(call)
        if not caller.oauth:
            message = "Only Connect and OAuth 2.0 apps can use this operation."
            raise HttpError(403, body={"errorMessages": [message], "errors": {}})
        drop_expired(self._site)
        return caller.require()

    def _own(self, call: Call) -> list[Row]:
        owner = self._owner(call)
        return [one for one in self._site.state.hooks.values() if one.get("dynamic") and one.get("owner") == owner]

    def list_all(self, call: Call) -> Json:
        """`GET`: the app's own."""
        rows = []
        for hook in self._own(call):
            row = {"id": hook["id"], "jqlFilter": hook["jql"], "events": hook["events"], "url": hook["url"]}
            row |= {name: hook[name] for name in ("fieldIdsFilter", "issuePropertyKeysFilter") if hook.get(name)}
            rows.append({**row, "expirationDate": hook["expirationDate"]})
        start, size = number(call.args.get("startAt"), 0), number(call.args.get("maxResults"), 100)
        return page_bean(rows, start=start, size=size, link=f"{self._site.renderer(call).rest}/webhook")

    def register(self, call: Call) -> Json:
        """`POST`: several for one address; each is registered or told why not."""
        owner = self._owner(call)
        body = body_object(call.json_body())
        given = body.get("webhooks")
        if not isinstance(body.get("url"), str) or not isinstance(given, list) or not given:
            raise HttpError(400, "The url and the webhooks are required.")
        results: list[Row] = []
        for one in given:
            errors = self._errors(call, one)
            if errors:
                results.append({"errors": errors})
                continue
            hook = {"id": self._site.state.next_id("webhook"), "url": body["url"], "dynamic": True, "owner": owner}
            hook |= {"events": one["events"], "jql": one["jqlFilter"], "expirationDate": self._expiry()}
            hook |= {name: one[name] for name in ("fieldIdsFilter", "issuePropertyKeysFilter") if one.get(name)}
            hook["secret"] = self._secret(owner)
            self._site.state.hooks[hook["id"]] = hook
            results.append({"createdWebhookId": hook["id"]})
        return {"webhookRegistrationResult": results}

    def _errors(self, call: Call, given: Any) -> list[str]:
        if not isinstance(given, dict) or not isinstance(given.get("events"), list) or not given["events"]:
            return ["At least one event must be given."]
        wrong = [one for one in given["events"] if one not in DYNAMIC_EVENTS]
        if wrong:
            return [f"The event '{wrong[0]}' is not supported."]
        if not isinstance(given.get("jqlFilter"), str):
            return ["The jqlFilter is required."]
        for name in ("fieldIdsFilter", "issuePropertyKeysFilter"):
            if not isinstance(given.get(name) or [], list):
                return [f"{name} must be a list."]
        if len(self._own(call)) >= MAX_DYNAMIC:
            return [f"The limit of {MAX_DYNAMIC} webhooks was reached."]
        return _check_jql(self._site, call, given["jqlFilter"])

    def _expiry(self) -> int:
        return self._site.now_ms + self._site.state.switches.webhook_days * DAY_MS

    def _secret(self, owner: str) -> str | None:
        state = self._site.state
        for client in state.oauth_clients:
            if state.user_id(client["user"]) == owner:
                return str(client["client_secret"])
        return None

    def _ids(self, call: Call) -> list[int]:
        ids = body_object(call.json_body()).get("webhookIds")
        if not isinstance(ids, list) or not all(type(one) is int for one in ids):
            raise HttpError(400, "webhookIds must be a list of numbers.")
        return ids

    def delete(self, call: Call) -> Response:
        """`DELETE`: those named; 202 even when one is not the app's."""
        own = {hook["id"] for hook in self._own(call)}
        for one in self._ids(call):
            if one in own:
                self._site.state.hooks.pop(one, None)
        return empty_response(status=202)

    def refresh(self, call: Call) -> Json:
        """`PUT /webhook/refresh`: those named live for another month."""
        ids = self._ids(call)
        for hook in self._own(call):
            if hook["id"] in ids:
                hook["expirationDate"] = self._expiry()
        return {"expirationDate": self._expiry()}

    def failed(self, call: Call) -> Json:
        """`GET /webhook/failed`: those given up within 72 hours, after `after` (milliseconds)."""
        own = {hook["id"] for hook in self._own(call)}
        size, after = number(call.args.get("maxResults"), 100), number(call.args.get("after"), 0)
        listener = self._site.listener
        found = listener.failed() if listener is not None else []
        rows = [one for one in found if one.hook in own and (one.failed_ms or 0) > after][: max(0, size)]
        values = [
            {"id": one.id, "body": one.body.decode(), "url": one.url, "failureTime": one.failed_ms} for one in rows
        ]
        shown: Row = {"values": values, "maxResults": size}
        if values:
            link = f"{self._site.renderer(call).rest}/webhook/failed"
            shown["next"] = f"{link}?after={values[-1]['failureTime']}&maxResults={size}"
        return shown


class AdminHooks:
    """The handlers of `/rest/webhooks/1.0/webhook`: for who administers every project."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def _administered(self, call: Call) -> None:
        caller, state = self._site.caller(call), self._site.state
        uid = caller.require()
        if not state.administers(uid):
            raise HttpError(403, "You need the Administer Jira permission to manage webhooks.")

    def _shown(self, call: Call, hook: Row) -> Row:
        base = self._site.renderer(call).caller.base
        owner = hook.get("lastUpdatedUser")
        return {
            "name": hook.get("name") or f"Webhook {hook['id']}",
            "url": hook["url"],
            "excludeBody": False,
            "filters": {"issue-related-events-section": hook.get("jql") or ""},
            "events": hook["events"],
            "enabled": hook.get("enabled", True),
            "isSigned": bool(hook.get("secret")),
            "self": f"{base}/rest/webhooks/1.0/webhook/{hook['id']}",
            **({"lastUpdatedUser": owner} if owner else {}),
            "lastUpdated": hook.get("lastUpdated", 0),
        }

    def list_all(self, call: Call) -> Json:
        """`GET`."""
        self._administered(call)
        return [self._shown(call, one) for one in self._site.state.hooks.values() if not one.get("dynamic")]

    def _found(self, call: Call, hook_id: int) -> Row:
        self._administered(call)
        hook = self._site.state.hooks.get(hook_id)
        if hook is None or hook.get("dynamic"):
            raise HttpError(404, f"Webhook with id {hook_id} does not exist.")
        return hook

    def get(self, call: Call, hook_id: int) -> Json:
        """`GET /{id}`."""
        return self._shown(call, self._found(call, hook_id))

    def create(self, call: Call) -> Response:
        """`POST`."""
        self._administered(call)
        hook = {"id": self._site.state.next_id("webhook"), **self._read(call, {})}
        self._site.state.hooks[int(hook["id"])] = hook
        return json_response(self._shown(call, hook), status=201)

    def replace(self, call: Call, hook_id: int) -> Json:
        """`PUT /{id}`: what is not given stays."""
        hook = self._found(call, hook_id)
        hook |= self._read(call, hook)
        return self._shown(call, hook)

    def delete(self, call: Call, hook_id: int) -> Response:
        """`DELETE /{id}`."""
        self._found(call, hook_id)
        del self._site.state.hooks[hook_id]
        return empty_response()

    def _read(self, call: Call, before: Row) -> Row:
        body = {**before, **body_object(call.json_body())}
        events = body.get("events")
        if not isinstance(body.get("url"), str) or not body["url"].startswith(("http://", "https://")):
            raise HttpError(400, "The webhook URL is invalid.")
        if not isinstance(events, list) or not events or any(one not in EVENTS for one in events):
            raise HttpError(400, "The webhook events are invalid.")
        filters = object_at(body, "filters")
        text = filters.get("issue-related-events-section", body.get("jqlFilter", before.get("jql"))) or ""
        if messages := _check_jql(self._site, call, str(text)):
            raise HttpError(400, body={"errorMessages": messages, "errors": {}})
        stamp = {"lastUpdatedUser": self._site.caller(call).uid, "lastUpdated": self._site.now_ms}
        read = {"name": body.get("name"), "url": body["url"], "events": events, "jql": str(text), **stamp}
        return {**read, "secret": body.get("secret"), "enabled": body.get("enabled", True) is not False}

"""Handlers of webhooks and of their deliveries."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import paging
from sandbox.github.access import allows_account, error, invalid, not_found, refused, schema_mismatch
from sandbox.github.auth import seconds_of
from sandbox.github.context import Context, flag, texts
from sandbox.github.entities import Delivery, Hook, Repo

HIDDEN = "********"


def _one(hooks: list[Hook], hook_id: int) -> Hook:
    found = next((each for each in hooks if each.id == hook_id), None)
    if found is None:
        raise not_found()
    return found


def _config(hook: Hook) -> dict[str, str]:
    secret = {"secret": HIDDEN} if hook.secret else {}
    return {"url": hook.url, "content_type": hook.content_type, **secret, "insecure_ssl": hook.insecure_ssl}


def _render(context: Context, repo: Repo, hook: Hook) -> dict[str, Any]:
    url = f"{context.render.api}/repos/{repo.full_name}/hooks/{hook.id}"
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": _config(hook),
        "updated_at": hook.updated_at,
        "created_at": hook.created_at,
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {
            "code": hook.last_status,
            "status": "unused" if hook.last_status is None else "active",
            "message": None,
        },
    }


def list_of_repo(context: Context, repo: Repo) -> Response:
    """`GET hooks`."""
    url = f"{context.repo_url(repo)}/hooks"
    return context.listed(repo.hooks, url, lambda each: _render(context, repo, each))


def get(context: Context, repo: Repo, hook_id: int) -> Json:
    """`GET hooks/ID`."""
    return _render(context, repo, _one(repo.hooks, hook_id))


def config(context: Context, repo: Repo, hook_id: int) -> Json:  # noqa: ARG001 - the signature of handlers
    """`GET hooks/ID/config`."""
    return _config(_one(repo.hooks, hook_id))


def create(context: Context, repo: Repo) -> Response:
    """`POST hooks`: addresses on loopback alone are told."""
    body = context.body()
    now = context.state.now()
    made = Hook(url="", created_at=now, updated_at=now, active=flag(body, "active", default=True))
    _fill(made, body)
    if not made.url:
        raise invalid("Hook", "url", "missing_field")
    if any(each.url == made.url and each.events == made.events for each in repo.hooks):
        raise invalid("Hook", None, "custom", "Hook already exists on this repository")
    made.id = context.state.next_id("hook")
    repo.hooks.append(made)
    context.state.touch(repo)
    context.edits.tell("ping", None, None, repo=repo, hook=made)
    rendered = _render(context, repo, made)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def _fill(hook: Hook, body: dict[str, Any]) -> None:
    settings = body.get("config")
    if settings is None:
        settings = {}
    if not isinstance(settings, dict):
        raise schema_mismatch("For 'properties/config', an object is needed.")
    url = settings.get("url", hook.url)
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
    except ValueError:
        parts = None
    if parts is None or (url and (parts.scheme not in ("http", "https") or not parts.netloc)):
        raise invalid("Hook", "url", "invalid")
    events = texts(body, "events")
    hook.url = url
    hook.secret = str(settings.get("secret") or hook.secret)
    hook.content_type = "form" if settings.get("content_type", hook.content_type) == "form" else "json"
    hook.insecure_ssl = str(settings.get("insecure_ssl", hook.insecure_ssl))
    if events is not None:
        hook.events = events
    hook.events = [each for each in hook.events if each not in (texts(body, "remove_events") or [])]
    hook.events += [each for each in texts(body, "add_events") or [] if each not in hook.events]


def edit(context: Context, repo: Repo, hook_id: int) -> Json:
    """`PATCH hooks/ID`."""
    hook, body = _one(repo.hooks, hook_id), context.body()
    active = flag(body, "active", default=hook.active)
    _fill(hook, body)
    hook.active, hook.updated_at = active, context.state.now()
    context.state.touch(repo)
    return _render(context, repo, hook)


def delete(context: Context, repo: Repo, hook_id: int) -> Response:
    """`DELETE hooks/ID`."""
    repo.hooks.remove(_one(repo.hooks, hook_id))
    context.state.touch(repo)
    return empty_response()


def ping(context: Context, repo: Repo, hook_id: int) -> Response:
    """`POST hooks/ID/pings`."""
    hook = _one(repo.hooks, hook_id)
    context.edits.tell("ping", None, None, repo=repo, hook=hook)
    return empty_response()


# ── deliveries ──


def _kept(context: Context, hook: Hook) -> list[Delivery]:
    state = context.state
    oldest = state.clock.seconds() - state.switches.delivery_seconds
    found = (each for each in reversed(state.deliveries) if each.hook == hook.id)
    return [each for each in found if seconds_of(each.delivered_at) >= oldest]


def _item(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "guid": delivery.guid,
        "delivered_at": delivery.delivered_at,
        "redelivery": delivery.redelivery,
        "duration": delivery.duration,
        "status": delivery.status,
        "status_code": delivery.status_code,
        "event": delivery.event,
        "action": delivery.action,
        "installation_id": None,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def _list(context: Context, hook: Hook, url: str) -> Response:
    found, cursor = _kept(context, hook), context.call.args.get("cursor")
    if cursor:
        if not cursor.removeprefix("v1_").isdecimal():
            raise error(422, "Invalid cursor")
        found = [each for each in found if each.id < int(cursor.removeprefix("v1_"))]
    size = paging.size_of(context.call)
    page = found[:size]
    link = f'<{url}?per_page={size}&cursor=v1_{page[-1].id}>; rel="next"' if len(found) > size else ""
    return json_response([_item(each) for each in page], headers={"Link": link} if link else {})


def _detail(context: Context, hook: Hook, delivery_id: int) -> Json:
    delivery = next((each for each in _kept(context, hook) if each.id == delivery_id), None)
    if delivery is None:
        raise not_found()
    return {
        **_item(delivery),
        "url": hook.url,
        "request": {"headers": delivery.request_headers, "payload": delivery.payload},
        "response": {"headers": delivery.response_headers, "payload": delivery.response_body},
    }


def _again(context: Context, hook: Hook, delivery_id: int) -> Response:
    delivery = next((each for each in _kept(context, hook) if each.id == delivery_id), None)
    if delivery is None:
        raise not_found()
    context.edits.tell("redelivery", None, None, delivery=delivery, hook=hook)
    return json_response({}, status=202)


def deliveries(context: Context, repo: Repo, hook_id: int) -> Response:
    """`GET hooks/ID/deliveries`, newest first, by cursor."""
    url = f"{context.repo_url(repo)}/hooks/{hook_id}/deliveries"
    return _list(context, _one(repo.hooks, hook_id), url)


def delivery(context: Context, repo: Repo, hook_id: int, delivery_id: int) -> Json:
    """`GET hooks/ID/deliveries/ID`: with what was sent and answered."""
    return _detail(context, _one(repo.hooks, hook_id), delivery_id)


def redeliver(context: Context, repo: Repo, hook_id: int, delivery_id: int) -> Response:
    """`POST hooks/ID/deliveries/ID/attempts`: sends the same again, under the same GUID."""
    return _again(context, _one(repo.hooks, hook_id), delivery_id)


# ── of organizations ──


def _of_organization(context: Context, org: str, needed: str) -> list[Hook]:
    account = context.state.account(org)
    if account is None:
        raise not_found()
    if not allows_account(context.state, context.rights, account.login, "organization_hooks", needed):
        raise refused(context.rights, "organization_hooks", needed)
    return context.state.organization_hooks.get(account.login.casefold(), [])


def _short(context: Context, org: str, hook: Hook) -> dict[str, Any]:
    url = f"{context.render.api}/orgs/{org}/hooks/{hook.id}"
    return {
        "type": "Organization",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": hook.events,
        "config": _config(hook),
        "updated_at": hook.updated_at,
        "created_at": hook.created_at,
        "url": url,
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
    }


def list_of_organization(context: Context, org: str) -> Response:
    """`GET orgs/ORG/hooks`."""
    url = f"{context.render.api}/orgs/{org}/hooks"
    return context.listed(_of_organization(context, org, "read"), url, lambda each: _short(context, org, each))


def get_of_organization(context: Context, org: str, hook_id: int) -> Json:
    """`GET orgs/ORG/hooks/ID`."""
    return _short(context, org, _one(_of_organization(context, org, "read"), hook_id))


def deliveries_of_organization(context: Context, org: str, hook_id: int) -> Response:
    """`GET orgs/ORG/hooks/ID/deliveries`."""
    hook = _one(_of_organization(context, org, "read"), hook_id)
    return _list(context, hook, f"{context.render.api}/orgs/{org}/hooks/{hook_id}/deliveries")


def delivery_of_organization(context: Context, org: str, hook_id: int, delivery_id: int) -> Json:
    """`GET orgs/ORG/hooks/ID/deliveries/ID`."""
    return _detail(context, _one(_of_organization(context, org, "read"), hook_id), delivery_id)


def redeliver_of_organization(context: Context, org: str, hook_id: int, delivery_id: int) -> Response:
    """`POST orgs/ORG/hooks/ID/deliveries/ID/attempts`."""
    return _again(context, _one(_of_organization(context, org, "write"), hook_id), delivery_id)

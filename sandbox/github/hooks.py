"""Handlers of webhooks and of their deliveries."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github import paging
from sandbox.github.access import allows_account, error, invalid, not_found, refused, schema_mismatch
from sandbox.github.accounts import Delivery, Hook
from sandbox.github.auth import seconds_of
from sandbox.github.context import Context, flag, texts
from sandbox.github.entities import Repo

HIDDEN = "********"


def _one(hooks: list[Hook], hook_id: int) -> Hook:
    found = next((each for each in hooks if each.id == hook_id), None)
    if found is None:
        raise not_found()
    return found


def config_of(hook: Hook) -> dict[str, str]:
    """Render the configuration, without its secret."""
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
        "config": config_of(hook),
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
    return config_of(_one(repo.hooks, hook_id))


def create(context: Context, repo: Repo) -> Response:
    """`POST hooks`: addresses on loopback alone are told."""
    made = _made(context, repo.hooks, "Hook already exists on this repository")
    context.state.touch(repo)
    context.edits.tell("ping", None, None, repo=repo, hook=made)
    rendered = _render(context, repo, made)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def _made(context: Context, hooks: list[Hook], taken: str) -> Hook:
    body, now = context.body(), context.state.stamp()
    made = Hook(url="", created_at=now, updated_at=now, active=flag(body, "active", default=True))
    _fill(made, body)
    if not made.url:
        raise invalid("Hook", "url", "missing_field")
    if any(each.url == made.url and each.events == made.events for each in hooks):
        raise invalid("Hook", None, "custom", taken)
    made.id = context.state.next_id("hook")
    hooks.append(made)
    context.state.writes += 1
    return made


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
    events, added, removed = (texts(body, name) for name in ("events", "add_events", "remove_events"))
    hook.url = url
    hook.secret = str(settings.get("secret") or hook.secret)
    hook.content_type = "form" if settings.get("content_type", hook.content_type) == "form" else "json"
    hook.insecure_ssl = str(settings.get("insecure_ssl", hook.insecure_ssl))
    if events is not None:
        hook.events = events
    hook.events = [each for each in hook.events if each not in (removed or [])]
    hook.events += [each for each in added or [] if each not in hook.events]


def edit(context: Context, repo: Repo, hook_id: int) -> Json:
    """`PATCH hooks/ID`."""
    hook = _one(repo.hooks, hook_id)
    _change(context, hook)
    context.state.touch(repo)
    return _render(context, repo, hook)


def _change(context: Context, hook: Hook) -> None:
    body = context.body()
    active = flag(body, "active", default=hook.active)
    _fill(hook, body)
    hook.active, hook.updated_at = active, context.state.stamp()
    context.state.writes += 1


def change_config(context: Context, hook: Hook) -> Json:
    """Change the configuration as a body says; raises HttpError 422."""
    _fill(hook, {"config": context.body()})
    hook.updated_at = context.state.stamp()
    context.state.writes += 1
    return config_of(hook)


def edit_config(context: Context, repo: Repo, hook_id: int) -> Json:
    """`PATCH hooks/ID/config`."""
    return change_config(context, _one(repo.hooks, hook_id))


def try_out(context: Context, repo: Repo, hook_id: int) -> Response:  # noqa: ARG001 - the signature of handlers
    """`POST hooks/ID/tests`: would send a push; there are none."""
    _one(repo.hooks, hook_id)
    return empty_response()


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
        "installation_id": delivery.installation_id,
        "repository_id": delivery.repository_id,
        "throttled_at": None,
    }


def listed(context: Context, hook: Hook, url: str) -> Response:
    """List the deliveries to a hook, newest first, by cursor."""
    found, cursor = _kept(context, hook), context.call.args.get("cursor")
    if (wanted := context.call.args.get("status")) in ("success", "failure"):
        found = [each for each in found if (each.status_code < 400) == (wanted == "success")]
    if cursor:
        if not cursor.removeprefix("v1_").isdecimal():
            raise error(422, "Invalid cursor")
        found = [each for each in found if each.id < int(cursor.removeprefix("v1_"))]
    size = paging.size_of(context.call)
    page = found[:size]
    link = f'<{url}?per_page={size}&cursor=v1_{page[-1].id}>; rel="next"' if len(found) > size else ""
    return json_response([_item(each) for each in page], headers={"Link": link} if link else {})


def detail(context: Context, hook: Hook, delivery_id: int) -> Json:
    """Render a delivery with what was sent and answered; raises HttpError 404."""
    delivery = next((each for each in _kept(context, hook) if each.id == delivery_id), None)
    if delivery is None:
        raise not_found()
    return {
        **_item(delivery),
        "url": hook.url,
        "request": {"headers": delivery.request_headers, "payload": delivery.payload},
        "response": {"headers": delivery.response_headers, "payload": delivery.response_body},
    }


def again(context: Context, hook: Hook, delivery_id: int) -> Response:
    """Send a delivery again, under the same GUID; raises HttpError 404."""
    delivery = next((each for each in _kept(context, hook) if each.id == delivery_id), None)
    if delivery is None:
        raise not_found()
    context.edits.tell("redelivery", None, None, delivery=delivery, hook=hook)
    return json_response({}, status=202)


def deliveries(context: Context, repo: Repo, hook_id: int) -> Response:
    """`GET hooks/ID/deliveries`, newest first, by cursor."""
    url = f"{context.repo_url(repo)}/hooks/{hook_id}/deliveries"
    return listed(context, _one(repo.hooks, hook_id), url)


def delivery(context: Context, repo: Repo, hook_id: int, delivery_id: int) -> Json:
    """`GET hooks/ID/deliveries/ID`: with what was sent and answered."""
    return detail(context, _one(repo.hooks, hook_id), delivery_id)


def redeliver(context: Context, repo: Repo, hook_id: int, delivery_id: int) -> Response:
    """`POST hooks/ID/deliveries/ID/attempts`: sends the same again, under the same GUID."""
    return again(context, _one(repo.hooks, hook_id), delivery_id)


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
        "config": config_of(hook),
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
    return listed(context, hook, f"{context.render.api}/orgs/{org}/hooks/{hook_id}/deliveries")


def delivery_of_organization(context: Context, org: str, hook_id: int, delivery_id: int) -> Json:
    """`GET orgs/ORG/hooks/ID/deliveries/ID`."""
    return detail(context, _one(_of_organization(context, org, "read"), hook_id), delivery_id)


def redeliver_of_organization(context: Context, org: str, hook_id: int, delivery_id: int) -> Response:
    """`POST orgs/ORG/hooks/ID/deliveries/ID/attempts`."""
    return again(context, _one(_of_organization(context, org, "write"), hook_id), delivery_id)


def create_of_organization(context: Context, org: str) -> Response:
    """`POST orgs/ORG/hooks`."""
    there = _of_organization(context, org, "write")
    account = context.state.accounts[org.casefold()]
    hooks = context.state.organization_hooks.setdefault(org.casefold(), there)
    made = _made(context, hooks, "Hook already exists on this organization")
    context.edits.tell("ping", None, None, hook=made, organization=account.login)
    rendered = _short(context, account.login, made)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def edit_of_organization(context: Context, org: str, hook_id: int) -> Json:
    """`PATCH orgs/ORG/hooks/ID`."""
    hook = _one(_of_organization(context, org, "write"), hook_id)
    _change(context, hook)
    return _short(context, org, hook)


def delete_of_organization(context: Context, org: str, hook_id: int) -> Response:
    """`DELETE orgs/ORG/hooks/ID`."""
    hooks = _of_organization(context, org, "write")
    hooks.remove(_one(hooks, hook_id))
    context.state.writes += 1
    return empty_response()


def config_of_organization(context: Context, org: str, hook_id: int) -> Json:
    """`GET orgs/ORG/hooks/ID/config`."""
    return config_of(_one(_of_organization(context, org, "read"), hook_id))


def edit_config_of_organization(context: Context, org: str, hook_id: int) -> Json:
    """`PATCH orgs/ORG/hooks/ID/config`."""
    return change_config(context, _one(_of_organization(context, org, "write"), hook_id))


def ping_of_organization(context: Context, org: str, hook_id: int) -> Response:
    """`POST orgs/ORG/hooks/ID/pings`."""
    hook = _one(_of_organization(context, org, "write"), hook_id)
    context.edits.tell("ping", None, None, hook=hook, organization=context.state.accounts[org.casefold()].login)
    return empty_response()

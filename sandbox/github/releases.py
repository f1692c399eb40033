"""Handlers of releases and their files."""

from __future__ import annotations

import base64
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Json, empty_response, json_response
from sandbox.github.access import Role, access, invalid, not_found
from sandbox.github.context import Context, flag, text
from sandbox.github.entities import Asset, Release, Repo


def _releases(context: Context, repo: Repo) -> list[Release]:
    drafts = access(context.state, context.rights, repo) >= Role.WRITE and context.may(repo, "contents", "write")
    found = [each for each in repo.releases if drafts or not each.draft]
    return sorted(found, key=lambda each: (each.created_at, each.id), reverse=True)


def releases(context: Context, repo: Repo) -> Response:
    """`GET releases`, newest first; drafts for those with push access."""
    url = f"{context.repo_url(repo)}/releases"
    return context.listed(_releases(context, repo), url, lambda each: context.render.release(repo, each))


def release(context: Context, repo: Repo, release_id: int) -> Json:
    """`GET releases/ID`."""
    return _one_release(context, repo, lambda each: each.id == release_id)


def release_by_tag(context: Context, repo: Repo, tag: str) -> Json:
    """`GET releases/tags/TAG`."""
    return _one_release(context, repo, lambda each: each.tag_name == tag and not each.draft)


def latest_release(context: Context, repo: Repo) -> Json:
    """`GET releases/latest`: neither draft nor prerelease."""
    return _one_release(context, repo, lambda each: not each.draft and not each.prerelease)


def _one_release(context: Context, repo: Repo, fits: Any) -> Json:
    found = next((each for each in _releases(context, repo) if fits(each)), None)
    if found is None:
        raise not_found()
    return context.render.release(repo, found)


def create_release(context: Context, repo: Repo) -> Response:
    """`POST releases`."""
    body, now = context.body(), context.state.stamp()
    tag = text(body, "tag_name", needed=True) or ""
    if not tag.strip():
        raise invalid("Release", "tag_name", "missing_field")
    if any(each.tag_name == tag for each in repo.releases):
        raise invalid("Release", "tag_name", "already_exists")
    draft = flag(body, "draft", default=False)
    made = Release(
        tag_name=tag,
        name=text(body, "name"),
        body=text(body, "body"),
        draft=draft,
        prerelease=flag(body, "prerelease", default=False),
        target_commitish=text(body, "target_commitish") or repo.default_branch,
        author=context.rights.login,
        created_at=now,
        published_at=None if draft else now,
    )
    made.id = context.state.next_id("release")
    repo.releases.append(made)
    context.state.touch(repo)
    if not draft:
        context.edits.tell("release", "published", None, repo=repo, release=made)
    rendered = context.render.release(repo, made)
    return json_response(rendered, status=201, headers={"Location": rendered["url"]})


def _found(context: Context, repo: Repo, release_id: int) -> Release:
    found = next((each for each in _releases(context, repo) if each.id == release_id), None)
    if found is None:
        raise not_found()
    return found


def edit(context: Context, repo: Repo, release_id: int) -> Json:
    """`PATCH releases/ID`; taking `draft` away publishes."""
    found, body = _found(context, repo, release_id), context.body()
    tag, target = text(body, "tag_name") or found.tag_name, text(body, "target_commitish") or found.target_commitish
    if any(each.tag_name == tag and each is not found for each in repo.releases):
        raise invalid("Release", "tag_name", "already_exists")
    draft = flag(body, "draft", default=found.draft)
    prerelease = flag(body, "prerelease", default=found.prerelease)
    name, told = text(body, "name"), text(body, "body")
    was_draft, before = found.draft, {"name": found.name or "", "body": found.body or ""}
    found.tag_name, found.target_commitish, found.draft, found.prerelease = tag, target, draft, prerelease
    found.name = name if "name" in body else found.name
    found.body = told if "body" in body else found.body
    if was_draft and not draft:
        found.published_at = context.state.stamp()
    context.state.touch(repo)
    if was_draft and not draft:
        context.edits.tell("release", "published", None, repo=repo, release=found)
    elif not draft:
        now = {"name": found.name or "", "body": found.body or ""}
        changes = {key: {"from": before[key]} for key in now if now[key] != before[key]}
        context.edits.tell("release", "edited", None, repo=repo, release=found, changes=changes)
    return context.render.release(repo, found)


def delete(context: Context, repo: Repo, release_id: int) -> Response:
    """`DELETE releases/ID`."""
    found = _found(context, repo, release_id)
    repo.releases.remove(found)
    context.state.touch(repo)
    context.edits.tell("release", "deleted", None, repo=repo, release=found)
    return empty_response()


def notes(context: Context, repo: Repo) -> Json:
    """`POST releases/generate-notes`: the merged pull requests."""
    tag = text(context.body(), "tag_name", needed=True) or ""
    merged = [each for each in repo.issues if each.pull_request and each.pull_request.merged_at and not each.gone]
    at = f"{context.render.html}/{repo.full_name}"
    lines = [f"* {each.title} by @{each.user} in {at}/pull/{each.number}" for each in merged]
    log = f"**Full Changelog**: {at}/commits/{tag}"
    return {"name": tag, "body": "\n".join(["## What's Changed", *lines, "", "", log])}


# ── files ──


def assets(context: Context, repo: Repo, release_id: int) -> Response:
    """`GET releases/ID/assets`."""
    url = f"{context.repo_url(repo)}/releases/{release_id}/assets"
    found = _found(context, repo, release_id)
    return context.listed(found.assets, url, lambda each: context.render.asset(repo, found, each))


def upload(context: Context, repo: Repo, release_id: int) -> Response:
    """`POST releases/ID/assets`, at the `upload_url`: the body is the file."""
    found, args = _found(context, repo, release_id), context.call.args
    name = (args.get("name") or "").strip()
    if not name:
        raise invalid("ReleaseAsset", "name", "missing_field")
    if any(each.name == name for each in found.assets):
        raise invalid("ReleaseAsset", "name", "already_exists")
    now = context.state.stamp()
    made = Asset(
        name=name,
        id=context.state.next_id("asset"),
        label=args.get("label"),
        content_type=context.call.headers.get("Content-Type") or "application/octet-stream",
        data=base64.b64encode(context.call.get_data()).decode(),
        uploader=context.rights.login,
        created_at=now,
        updated_at=now,
    )
    found.assets.append(made)
    context.state.touch(repo)
    return json_response(context.render.asset(repo, found, made), status=201)


def _asset(context: Context, repo: Repo, asset_id: int) -> tuple[Release, Asset]:
    pairs = ((release, each) for release in _releases(context, repo) for each in release.assets)
    found = next((pair for pair in pairs if pair[1].id == asset_id), None)
    if found is None:
        raise not_found()
    return found


def asset(context: Context, repo: Repo, asset_id: int) -> Response:
    """`GET releases/assets/ID`: the file itself for `application/octet-stream`."""
    release, found = _asset(context, repo, asset_id)
    if "application/octet-stream" in context.call.headers.get("Accept", ""):
        found.download_count += 1
        return Response(base64.b64decode(found.data), content_type="application/octet-stream")
    return json_response(context.render.asset(repo, release, found))


def edit_asset(context: Context, repo: Repo, asset_id: int) -> Json:
    """`PATCH releases/assets/ID`."""
    (release, found), body = _asset(context, repo, asset_id), context.body()
    name, label = text(body, "name") or found.name, text(body, "label")
    if any(each.name == name and each is not found for each in release.assets):
        raise invalid("ReleaseAsset", "name", "already_exists")
    found.name, found.label = name, label if "label" in body else found.label
    found.updated_at = context.state.stamp()
    context.state.touch(repo)
    return context.render.asset(repo, release, found)


def delete_asset(context: Context, repo: Repo, asset_id: int) -> Response:
    """`DELETE releases/assets/ID`."""
    release, found = _asset(context, repo, asset_id)
    release.assets.remove(found)
    context.state.touch(repo)
    return empty_response()

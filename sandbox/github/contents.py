"""Handlers of the files of a repository: those that the document gives, the same on every branch."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Response

from sandbox.core.http import json_response
from sandbox.github.access import not_found
from sandbox.github.code import resolved
from sandbox.github.context import Context
from sandbox.github.entities import Repo

LINE_LENGTH = 60
"""How long the lines of base 64 are."""


def _blob(data: bytes) -> str:
    """Name a blob as git does."""
    return hashlib.sha1(b"blob %d\x00%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _ref(context: Context, repo: Repo) -> str:
    """Read `ref`; raises HttpError 404 for one that is not there."""
    ref = context.call.args.get("ref") or repo.default_branch
    if context.call.args.get("ref") and resolved(repo, ref) is None:
        raise not_found()
    return ref


def _entry(context: Context, repo: Repo, path: str, ref: str, data: bytes | None) -> dict[str, Any]:
    """Render a file, or (None) a folder, as a listing shows it."""
    at, html = f"{context.render.api}/repos/{repo.full_name}", f"{context.render.html}/{repo.full_name}"
    place = quote(path)
    sha = _blob(data) if data is not None else hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
    kind = "blob" if data is not None else "tree"
    url = f"{at}/contents/{place}?ref={quote(ref)}"
    links = {"self": url, "git": f"{at}/git/{kind}s/{sha}", "html": f"{html}/{kind}/{quote(ref)}/{place}"}
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": sha,
        "size": len(data or b""),
        "url": url,
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"{html}/raw/{quote(ref)}/{place}" if data is not None else None,
        "type": "file" if data is not None else "dir",
        "_links": links,
    }


def _answer(context: Context, repo: Repo, path: str, ref: str) -> Response:
    data = repo.files[path].encode()
    if "application/vnd.github.raw" in context.call.headers.get("Accept", ""):
        return Response(data, content_type="application/vnd.github.raw; charset=utf-8")
    text = base64.b64encode(data).decode()
    lines = [text[n : n + LINE_LENGTH] for n in range(0, len(text), LINE_LENGTH)]
    told = {**_entry(context, repo, path, ref, data), "content": "\n".join([*lines, ""]), "encoding": "base64"}
    return json_response(told)


def root(context: Context, repo: Repo) -> Response:
    """`GET contents`."""
    return get(context, repo, "")


def get(context: Context, repo: Repo, path: str) -> Response:
    """`GET contents/PATH`: a file, or what is in a folder."""
    ref, path = _ref(context, repo), path.strip("/")
    if path in repo.files:
        return _answer(context, repo, path, ref)
    start = f"{path}/" if path else ""
    below = sorted({each[len(start) :].partition("/")[0] for each in repo.files if each.startswith(start)})
    if not below:
        raise not_found()
    found = [(f"{start}{name}", repo.files.get(f"{start}{name}")) for name in below]
    return json_response(
        [_entry(context, repo, each, ref, None if text is None else text.encode()) for each, text in found]
    )


def readme(context: Context, repo: Repo) -> Response:
    """`GET readme`."""
    found = next((each for each in sorted(repo.files) if each.casefold().partition(".")[0] == "readme"), None)
    if found is None:
        raise not_found()
    return _answer(context, repo, found, _ref(context, repo))

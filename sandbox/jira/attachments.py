"""Attachments: uploaded, described, downloaded whole or in part, deleted."""

import base64
import hashlib
import mimetypes

from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wrappers import Response

from sandbox.core.http import Call, HttpError, Json, Route, empty_response, json_response
from sandbox.jira import access, applying
from sandbox.jira.model import Issue, Row
from sandbox.jira.paging import flag
from sandbox.jira.site import Site, Table

UPLOAD_LIMIT_BYTES = 10 * 1024 * 1024
"""Size of one attachment, as `/attachment/meta` tells it; what new sites begin with."""

XSRF_HEADER = "X-Atlassian-Token"
"""Without this header, `no-check`, Jira refuses an upload as a forged one."""


def media_key(attachment_id: str) -> str:
    """Give the part of a media address that stands for the permission to read it."""
    return hashlib.sha256(f"media {attachment_id}".encode()).hexdigest()[:32]


class Attachments:
    """The handlers of `/attachment` and of uploads."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def table(self) -> Table:
        """List the routes below a version."""
        cloud = [
            ("GET", "/attachment/content/<attachment_id>", self.content),
            ("GET", "/attachment/thumbnail/<attachment_id>", self.thumbnail),
        ]
        return [
            ("POST", "/issue/<ref>/attachments", self.upload),
            ("GET", "/attachment/meta", self.meta),
            ("GET", "/attachment/<attachment_id>", self.get),
            ("DELETE", "/attachment/<attachment_id>", self.delete),
            *(cloud if self._site.state.cloud else []),
        ]

    def routes(self) -> list[Route]:
        """List the routes that belong to no version: where the bytes are."""
        if self._site.state.cloud:
            return [Route(method="GET", path="/media/<key>/<attachment_id>", handler=self.media)]
        return [
            Route(method="GET", path="/secure/attachment/<attachment_id>/<name>", handler=self.secure),
            Route(method="GET", path="/secure/thumbnail/<attachment_id>/<name>", handler=self.secure),
        ]

    def meta(self, _call: Call) -> Json:
        """`GET /attachment/meta`."""
        return {"enabled": True, "uploadLimit": UPLOAD_LIMIT_BYTES}

    def upload(self, call: Call, ref: str) -> Response:
        """`POST /issue/{ref}/attachments`: a form of several parts, each named `file`."""
        if "check" not in call.headers.get(XSRF_HEADER, "").casefold():
            raise HttpError(403, "XSRF check failed")
        issue = self._site.writable(call, ref)
        uid = self._site.caller(call).require()
        if call.mimetype != "multipart/form-data":
            raise HttpError(415, f"Attachments are sent as multipart/form-data, not as {call.mimetype or 'nothing'}.")
        try:
            files = call.files.getlist("file")
            rows = [self._row(uid, str(one.filename or "file"), str(one.mimetype), one.read()) for one in files]
        finally:
            call.close()
        if not rows:
            raise HttpError(400, "No file was sent; each part of the form must be named 'file'.")
        state = self._site.state
        state.before_write(issue)
        issue.attachments = [*issue.attachments, *rows]
        items = [_item(row, added=True) for row in rows]
        applying.log(self._site, issue, uid, items)
        self._site.touched(issue, bump=self._site.bumps("attachment"))
        renderer = self._site.renderer(call)
        for row in rows:
            self._site.tell("attachment_created", issue, attachment=renderer.attachment(row))
        applying.tell_updated(self._site, issue, uid, items)
        return json_response([renderer.attachment(row) for row in rows])

    def _row(self, uid: str, name: str, kind: str, content: bytes) -> Row:
        if len(content) > UPLOAD_LIMIT_BYTES:
            message = f"The attachment '{name}' is {len(content)} bytes long; at most {UPLOAD_LIMIT_BYTES} are allowed."
            raise HttpError(413, message)
        name = name.replace("\\", "/").rpartition("/")[2]
        kind = kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return {
            "id": str(self._site.state.next_id("attachment")),
            "filename": name,
            "author": uid,
            "created": self._site.now_ms,
            "mimeType": kind,
            "content": base64.b64encode(content).decode(),
        }

    def get(self, call: Call, attachment_id: str) -> Json:
        """`GET /attachment/{id}`."""
        _, row = self._found(call, attachment_id)
        shown = self._site.renderer(call).attachment(row)
        return {**shown, "id": int(shown["id"])} if self._site.state.cloud else shown

    def delete(self, call: Call, attachment_id: str) -> Response:
        """`DELETE /attachment/{id}`: by who uploaded it, or who administers the project."""
        issue, row = self._found(call, attachment_id)
        uid = self._site.caller(call).require()
        self._site.writable(call, issue.id)
        if uid != row["author"] and not access.may_administer(
            self._site.state, uid, self._site.state.project_of(issue)
        ):
            raise HttpError(403, f"You do not have permission to delete attachment with id: {attachment_id}")
        self._site.state.before_write(issue)
        issue.attachments = [one for one in issue.attachments if one is not row]
        items = [_item(row, added=False)]
        applying.log(self._site, issue, uid, items)
        self._site.touched(issue, bump=self._site.bumps("attachment"))
        self._site.tell("attachment_deleted", issue, attachment=self._site.renderer(call).attachment(row))
        applying.tell_updated(self._site, issue, uid, items)
        return empty_response()

    def content(self, call: Call, attachment_id: str) -> Response:
        """`GET /attachment/content/{id}` (Cloud): sent on to where the bytes are, unless `redirect=false`."""
        _, row = self._found(call, attachment_id)
        if flag(call.args.get("redirect", "true")):
            place = f"{self._site.caller(call).base}/media/{media_key(attachment_id)}/{attachment_id}"
            return Response(status=303, headers={"Location": place})
        return self._bytes(call, row)

    def thumbnail(self, call: Call, attachment_id: str) -> Response:
        """`GET /attachment/thumbnail/{id}` (Cloud): the picture itself, not made smaller."""
        _, row = self._found(call, attachment_id)
        if not row["mimeType"].startswith("image/"):
            raise HttpError(404, f"The attachment with id '{attachment_id}' has no thumbnail.")
        return self.content(call, attachment_id)

    def media(self, call: Call, key: str, attachment_id: str) -> Response:
        """`GET /media/{key}/{id}`: the key is the permission."""
        for issue in self._site.state.issues.values():
            for row in issue.attachments:
                if row["id"] == attachment_id and key == media_key(attachment_id):
                    return self._bytes(call, row)
        raise HttpError(404, "Not found")

    def secure(self, call: Call, attachment_id: str, name: str) -> Response:
        """`GET /secure/attachment/{id}/{name}` (Data Center)."""
        _, row = self._found(call, attachment_id)
        if name != row["filename"]:
            raise HttpError(404, "Not found")
        return self._bytes(call, row)

    def _bytes(self, call: Call, row: Row) -> Response:
        """Give the bytes, or those of them that the header `Range` asks for."""
        content = base64.b64decode(row["content"])
        response = Response(content, content_type=row["mimeType"])
        response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{row['filename']}"
        try:
            response.make_conditional(call.environ, accept_ranges=True, complete_length=len(content))
        except RequestedRangeNotSatisfiable as error:
            raise HttpError(
                416, "Range not satisfiable", headers={"Content-Range": f"bytes */{len(content)}"}
            ) from error
        response.set_data(b"".join(response.iter_encoded()))
        return response

    def _found(self, call: Call, attachment_id: str) -> tuple[Issue, Row]:
        for issue in self._site.state.issues.values():
            for row in issue.attachments:
                if row["id"] == attachment_id and self._site.caller(call).eyes.see(issue):
                    return issue, row
        raise HttpError(404, f"The attachment with id '{attachment_id}' does not exist")


def _item(row: Row, *, added: bool) -> Row:
    before, after = (None, row) if added else (row, None)
    return {
        "field": "Attachment",
        "fieldtype": "jira",
        "fieldId": "attachment",
        "from": before["id"] if before else None,
        "fromString": before["filename"] if before else None,
        "to": after["id"] if after else None,
        "toString": after["filename"] if after else None,
    }

"""Bulk API 2.0: query and ingest jobs over CSV. A job's work is done when it is asked about."""

from __future__ import annotations

import base64
import contextlib
import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Json, Route, empty_response
from sandbox.salesforce import bulk_rows
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import SalesforceError, not_found, refused
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.room import DATA, Room, actor, json_object
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.soql_ast import Call as Function, Path, Select
from sandbox.salesforce.soql_engine import Answer, Engine
from sandbox.salesforce.soql_parser import parse

MAX_PAGE = 50_000
"""Rows in one page of results where `maxRecords` does not say less (field guide 2.2)."""

_PENDING = ("UploadComplete", "InProgress")
_QUERIES = ("query", "queryAll")
_CHANGES = ("insert", "update", "upsert", "delete", "hardDelete")
_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}


@dataclass(slots=True, kw_only=True)
class Job:
    """One job; `info` is what the API shows of it."""

    info: dict[str, Any]
    owner: Actor
    data: str = ""
    made: float = 0.0
    looks: int = 0
    answer: Answer | None = None
    columns: list[str] = field(default_factory=list)
    successful: list[dict[str, str]] = field(default_factory=list)
    failed: list[dict[str, str]] = field(default_factory=list)
    unprocessed: list[dict[str, str]] = field(default_factory=list)


class Bulk:
    """Endpoints under /jobs."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._jobs: dict[str, Job] = room.jobs

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        base, one = DATA + "/jobs/<kind>", DATA + "/jobs/<kind>/<job_id>"
        table = (
            ("GET", base, self.list_jobs),
            ("POST", base, self.create),
            ("GET", one, self.info),
            ("PATCH", one, self.change),
            ("DELETE", one, self.delete),
            ("PUT", one + "/batches", self.upload),
            ("GET", one + "/results", self.results),
            ("GET", one + "/<which>", self.outcomes),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def list_jobs(self, call: Call, version: str, kind: str) -> Json:  # noqa: ARG002 - a handler's form
        """Answer all jobs of a kind."""
        jobs = [job.info for job in self._jobs.values() if (job.info["operation"] in _QUERIES) is (kind == "query")]
        url = f"/services/data/{version}/jobs/{kind}"
        return {"done": True, "records": jobs, "nextRecordsUrl": None, "self": url}

    def create(self, call: Call, version: str, kind: str) -> Json:
        """Open a job."""
        body, content = _job_and_content(call, kind)
        operation = body.get("operation")
        if operation not in (_QUERIES if kind == "query" else _CHANGES):
            raise refused("INVALIDJOB", f"InvalidJob : Unsupported operation {operation}")
        delimiter = body.get("columnDelimiter", "COMMA")
        if body.get("lineEnding", "LF") not in ("LF", "CRLF"):
            raise refused("INVALIDJOB", f"InvalidJob : Unsupported line ending {body['lineEnding']}")
        if not isinstance(delimiter, str) or delimiter not in _DELIMITERS:
            raise refused("INVALIDJOB", f"InvalidJob : Unsupported column delimiter {delimiter}")
        state, who = self._room.state, actor(call)
        n = state.counters["AsyncApexJob"] = state.counters.get("AsyncApexJob", 0) + 1
        stamp = state.stamp()
        info = {
            "id": salesforce_id("AsyncApexJob", n),
            "operation": operation,
            "object": body.get("object"),
            "createdById": who.user_id,
            "createdDate": stamp,
            "systemModstamp": stamp,
            "state": "UploadComplete" if kind == "query" else "Open",
            "concurrencyMode": "Parallel",
            "contentType": "CSV",
            "jobType": "V2Query" if kind == "query" else "V2Ingest",
            "apiVersion": float(version.removeprefix("v")),
            "lineEnding": body.get("lineEnding", "LF"),
            "columnDelimiter": delimiter,
        }
        job = Job(info=info, owner=who, made=state.clock.seconds())
        if kind == "query":
            self._open_query(job, version, str(body.get("query", "")))
        else:
            self._open_ingest(call, job, version, body)
        if content is not None:
            job.data, job.info["state"] = content, "UploadComplete"
        self._jobs[info["id"]] = job
        return info

    def info(self, call: Call, version: str, kind: str, job_id: str) -> Json:  # noqa: ARG002 - a handler's form
        """Answer a job's state and counts, after doing its work when that is due."""
        job = self._job(kind, job_id)
        if job.info["state"] in _PENDING:
            job.looks += 1
            if job.looks < self._room.state.switches.job_looks:
                job.info["state"] = "InProgress"
            elif kind == "query":
                self._finish(job, len(job.answer.rows) if job.answer else 0, 0)
            else:
                self._ingest(job)
        return job.info

    def change(self, call: Call, version: str, kind: str, job_id: str) -> Json:  # noqa: ARG002 - a handler's form
        """Close the upload, or abort the job."""
        job = self._job(kind, job_id)
        wanted = json_object(call).get("state")
        if wanted not in ("UploadComplete", "Aborted") or job.info["state"] in ("JobComplete", "Failed", "Aborted"):
            raise refused("INVALIDJOBSTATE", f"Invalid job state transition from {job.info['state']} to {wanted}")
        job.info["state"] = wanted
        return job.info

    def delete(self, call: Call, version: str, kind: str, job_id: str) -> Response:  # noqa: ARG002 - see change
        """Forget a job that has ended."""
        job = self._job(kind, job_id)
        if job.info["state"] in (*_PENDING, "Open"):
            raise refused("INVALIDJOBSTATE", "A job can be deleted only when it has ended")
        del self._jobs[job.info["id"]]
        return empty_response()

    def upload(self, call: Call, version: str, kind: str, job_id: str) -> Response:  # noqa: ARG002 - see change
        """Take the CSV of an ingest job: 201."""
        job = self._job(kind, job_id)
        if kind != "ingest" or job.info["state"] != "Open" or job.data:
            raise refused("INVALIDJOBSTATE", "The job is not open for an upload")
        job.data = _text(call.get_data())
        return empty_response(status=201)

    def results(self, call: Call, version: str, kind: str, job_id: str) -> Response:  # noqa: ARG002 - see change
        """Answer a page of a query job's rows."""
        job = self._job(kind, job_id)
        if kind != "query" or job.info["state"] != "JobComplete" or job.answer is None:
            raise refused("INVALIDJOBSTATE", "The job has no results yet")
        start, most = _place(call.args.get("locator")), call.args.get("maxRecords") or str(MAX_PAGE)
        if not most.isdigit() or not int(most):
            raise refused("API_ERROR", f"Invalid maxRecords: {most}")
        end = start + min(int(most), MAX_PAGE)
        rows = [dict(bulk_rows.flat(job.answer.show(row))) for row in job.answer.rows[start:end]]
        text = _csv(job, job.columns, [{name: bulk_rows.cell(row.get(name)) for name in job.columns} for row in rows])
        more = _locator(end) if end < len(job.answer.rows) else "null"
        headers = {"Sforce-Locator": more, "Sforce-NumberOfRecords": str(len(rows))}
        return Response(text, headers=headers, content_type="text/csv;charset=UTF-8")

    def outcomes(self, call: Call, version: str, kind: str, job_id: str, which: str) -> Response:  # noqa: ARG002 - see change
        """Answer which rows of an ingest were saved, failed, or were not tried."""
        job = self._job(kind, job_id)
        found = {
            "successfulResults": job.successful,
            "failedResults": job.failed,
            "unprocessedrecords": job.unprocessed,
        }
        lower = {name.lower(): rows for name, rows in found.items()}
        if kind != "ingest" or which.lower() not in lower:
            raise not_found()
        extra = {"successfulresults": ["sf__Id", "sf__Created"], "failedresults": ["sf__Id", "sf__Error"]}
        columns = [*extra.get(which.lower(), []), *job.columns]
        return Response(_csv(job, columns, lower[which.lower()]), content_type="text/csv;charset=UTF-8")

    def _job(self, kind: str, job_id: str) -> Job:
        oldest = self._room.state.clock.seconds() - self._room.state.switches.job_seconds
        for key in [key for key, each in self._jobs.items() if each.made < oldest]:
            del self._jobs[key]
        job = self._jobs.get(to_18(job_id) or "")
        if job is None or (job.info["operation"] in _QUERIES) is not (kind == "query"):
            raise not_found()
        return job

    def _open_query(self, job: Job, version: str, soql: str) -> None:
        select = parse(soql)
        if any(isinstance(item.what, (Select, Function)) for item in select.items) or select.group_by or select.offset:
            message = "Bulk queries take no sub-queries, aggregate functions, GROUP BY or OFFSET"
            raise refused("INVALIDJOB", f"InvalidJob : {message}")
        deleted = job.info["operation"] == "queryAll"
        engine = Engine(self._room.state, job.owner.access, version=version, deleted=deleted, user_id=job.owner.viewer)
        job.answer = engine.run(soql)
        source = self._room.state.schema.get(select.source.text)
        job.info["object"] = source.name if source else select.source.text
        paths = [item.what for item in select.items if isinstance(item.what, Path)]
        if source is None or len(paths) < len(select.items):
            raise refused("INVALIDJOB", "InvalidJob : Bulk queries name their fields")
        job.columns = [self._spelled(source, path) for path in paths]

    def _spelled(self, sobject: SObject, path: Path) -> str:
        """Return a selected path as the rows spell it."""
        names, current = [], sobject
        for name in path.names[:-1]:
            hop = current.by_relationship.get(name.lower())
            if hop is not None:
                names.append(hop.relationship or name)
                known = [one for one in hop.reference_to if one in self._room.state.schema.objects]
                current = self._room.state.schema.objects[known[0]]
        return ".".join([*names, current.by_name[path.names[-1].lower()].name])

    def _open_ingest(self, call: Call, job: Job, version: str, body: Mapping[str, Any]) -> None:
        sobject = self._room.state.schema.get(str(body.get("object")))
        if sobject is None or not actor(call).access.sees(sobject):
            raise refused("INVALIDJOB", f"InvalidJob : Unable to find object: {body.get('object')}")
        job.info["object"] = sobject.name
        job.info["contentUrl"] = f"services/data/{version}/jobs/ingest/{job.info['id']}/batches"
        if job.info["operation"] == "upsert":
            key = sobject.by_name.get(str(body.get("externalIdFieldName", "")).lower())
            if key is None or not (key.external_id or key.name == "Id"):
                raise refused("INVALIDJOB", "InvalidJob : externalIdFieldName must name an external id field")
            job.info["externalIdFieldName"] = key.name

    def _ingest(self, job: Job) -> None:
        sobject = self._room.state.schema.objects[job.info["object"]]
        delimiter = _DELIMITERS[job.info["columnDelimiter"]]
        reader = csv.DictReader(io.StringIO(job.data, newline=""), delimiter=delimiter, strict=True)
        try:
            job.columns = list(reader.fieldnames or ())
            rows = [{name: value for name, value in row.items() if name is not None} for row in reader]
        except csv.Error as error:
            self._fail(job, [], f"InvalidBatch : Failed to parse CSV. {error}")
            return
        if problem := _wrong_header(job, sobject):
            self._fail(job, rows, problem)
            return
        key = job.info.get("externalIdFieldName", "Id")
        for row in rows:
            try:
                record_id, created = bulk_rows.save(
                    self._room.state, job.owner, job.info["operation"], sobject, key, dict(bulk_rows.cells(row))
                )
                job.successful.append({"sf__Id": record_id, "sf__Created": str(created).lower(), **row})
            except SalesforceError as error:
                first = error.faults[0]
                told = f"{first.code}:{first.message}:{','.join(first.fields or ())} --"
                job.failed.append({"sf__Id": row.get("Id") or "", "sf__Error": told, **row})
        self._finish(job, len(job.successful) + len(job.failed), len(job.failed))

    def _fail(self, job: Job, rows: list[dict[str, str]], message: str) -> None:
        self._finish(job, 0, 0)
        job.unprocessed = rows
        job.info |= {"state": "Failed", "errorMessage": message}

    def _finish(self, job: Job, processed: int, failed: int) -> None:
        job.info |= {"state": "JobComplete", "numberRecordsProcessed": processed, "numberRecordsFailed": failed}
        job.info |= {"retries": 0, "totalProcessingTime": 0, "systemModstamp": self._room.state.stamp()}
        job.info |= {"apiActiveProcessingTime": 0, "apexProcessingTime": 0}


def _job_and_content(call: Call, kind: str) -> tuple[dict[str, Any], str | None]:
    """Return a job's description, and its data where both came in one request of two parts."""
    if kind != "ingest" or call.mimetype != "multipart/form-data":
        return json_object(call), None
    with contextlib.closing(call):  # its parts may be files
        described, content = _part(call, "job"), _part(call, "content")
    try:
        job = json.loads(described or "")
    except (ValueError, RecursionError) as error:
        raise refused("JSON_PARSER_ERROR", f"The part job is no JSON: {error}") from error
    if not isinstance(job, dict) or content is None:
        raise refused("JSON_PARSER_ERROR", "A request of parts needs job (a JSON object) and content (CSV)")
    return job, content.lstrip("\r\n")


def _part(call: Call, name: str) -> str | None:
    found = call.files.get(name)
    return call.form.get(name) if found is None else _text(found.read())


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused("INVALIDJOB", "InvalidJob : The data is not in UTF-8") from error


def _wrong_header(job: Job, sobject: SObject) -> str | None:
    """Say what is wrong with the data as a whole: its line ends, or a column that is no field."""
    first = job.data.partition("\n")[0]
    ending = job.info["lineEnding"]
    if (ending == "CRLF") is not first.endswith("\r") and "\n" in job.data:
        message = "LineEnding is invalid on user data. Current LineEnding setting is "
        return f"ClientInputError : {message}{ending}"
    for name in job.columns:
        head = name.partition(".")[0].lower()
        if head not in sobject.by_name and head not in sobject.by_relationship:
            return f"InvalidBatch : Field name not found : {name}"
    return None


def _locator(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).rstrip(b"=").decode()


def _place(locator: str | None) -> int:
    """Return where a page of results begins."""
    if not locator or locator == "null":
        return 0
    try:
        return max(0, int(base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4))))
    except ValueError as error:
        raise refused("API_ERROR", f"Invalid locator: {locator}") from error


def _csv(job: Job, columns: list[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO()
    ending = "\r\n" if job.info["lineEnding"] == "CRLF" else "\n"
    delimiter = _DELIMITERS[job.info["columnDelimiter"]]
    writer = csv.DictWriter(
        out, columns, delimiter=delimiter, lineterminator=ending, quoting=csv.QUOTE_ALL, extrasaction="ignore"
    )
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()

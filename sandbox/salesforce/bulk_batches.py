"""Bulk API 1.0: jobs of batches in CSV, JSON or XML, under /services/async; a batch's work is done when it comes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from sandbox.core.http import Call, Handler, HttpError, Route, json_response
from sandbox.salesforce import bulk_rows
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.errors import SalesforceError
from sandbox.salesforce.ids import salesforce_id, to_18
from sandbox.salesforce.room import Room, actor
from sandbox.salesforce.soql_engine import Engine

PREFIX = "/services/async/"
MAX_ROWS = 10_000
"""Rows of one batch (documentation of the API)."""
NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_OPERATIONS = ("insert", "update", "upsert", "delete", "hardDelete", "query", "queryAll")
_TYPES = ("CSV", "JSON", "XML")
_NULL_ATTRIBUTE = "{http://www.w3.org/2001/XMLSchema-instance}nil"

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Batch:
    """One batch: what the API shows of it, what came, and what became of it."""

    info: dict[str, Any]
    request: bytes
    rows: list[Row] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class BatchJob:
    """One job of batches; `info` is what the API shows of it."""

    info: dict[str, Any]
    owner: Actor
    version: str
    batches: dict[str, Batch] = field(default_factory=dict)


class Batches:
    """Endpoints under /services/async/XX.0/job."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._jobs: dict[str, BatchJob] = room.batch_jobs

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        job = PREFIX + "<version>/job"
        one = job + "/<job_id>"
        batch = one + "/batch/<batch_id>"
        table: tuple[tuple[str, str, Handler], ...] = (
            ("POST", job, self.create),
            ("GET", one, self.info),
            ("POST", one, self.change),
            ("POST", one + "/batch", self.add),
            ("GET", one + "/batch", self.batches),
            ("GET", batch, self.batch),
            ("GET", batch + "/request", self.request),
            ("GET", batch + "/result", self.results),
            ("GET", batch + "/result/<result_id>", self.result),
        )
        return [Route(method=method, path=path, handler=handler) for method, path, handler in table]

    def create(self, call: Call, version: str) -> Response:
        """Open a job: 201."""
        told, state = _told(call), self._room.state
        operation, kind = told.get("operation"), str(told.get("contentType") or "XML")
        sobject = state.schema.get(str(told.get("object")))
        if operation not in _OPERATIONS or kind not in _TYPES:
            raise failure(call, "InvalidJob", f"Unsupported operation {operation} or content type {kind}")
        if sobject is None or not actor(call).access.sees(sobject):
            raise failure(call, "InvalidJob", f"Unable to find object: {told.get('object')}")
        key = sobject.by_name.get(str(told.get("externalIdFieldName") or "Id").lower())
        if key is None or not (key.external_id or key.name == "Id"):
            raise failure(call, "InvalidJob", "externalIdFieldName must name an external id field")
        n = state.counters["AsyncApexJob"] = state.counters.get("AsyncApexJob", 0) + 1
        stamp = _stamp(state.stamp())
        info = {
            "id": salesforce_id("AsyncApexJob", n),
            "operation": operation,
            "object": sobject.name,
            "createdById": actor(call).user_id,
            "createdDate": stamp,
            "systemModstamp": stamp,
            "state": "Open",
            "externalIdFieldName": key.name if operation == "upsert" else None,
            "concurrencyMode": told.get("concurrencyMode") or "Parallel",
            "contentType": kind,
            "apiVersion": float(version) if version.replace(".", "", 1).isdigit() else 0.0,
            **dict.fromkeys(_COUNTS, 0),
        }
        self._jobs[info["id"]] = BatchJob(info=info, owner=actor(call), version=f"v{version}")
        return _shown(call, "jobInfo", info, status=201)

    def info(self, call: Call, version: str, job_id: str) -> Response:  # noqa: ARG002 - a handler's form
        """Answer a job."""
        return _shown(call, "jobInfo", self._job(call, job_id).info)

    def change(self, call: Call, version: str, job_id: str) -> Response:  # noqa: ARG002 - see info
        """Close a job, or abort it."""
        job, wanted = self._job(call, job_id), _told(call).get("state")
        if wanted not in ("Closed", "Aborted") or job.info["state"] == "Aborted":
            raise failure(call, "InvalidJobState", f"The job cannot go from {job.info['state']} to {wanted}")
        job.info["state"] = wanted
        return _shown(call, "jobInfo", job.info)

    def add(self, call: Call, version: str, job_id: str) -> Response:  # noqa: ARG002 - see info
        """Take a batch and do its work: 201."""
        job, state = self._job(call, job_id), self._room.state
        if job.info["state"] != "Open":
            raise failure(call, "InvalidJobState", "This job is not open")
        n = state.counters["Batch"] = state.counters.get("Batch", 0) + 1
        stamp = _stamp(state.stamp())
        info = {"id": salesforce_id("Batch", n, prefix="751"), "jobId": job.info["id"], "state": "Completed"}
        info |= {"createdDate": stamp, "systemModstamp": stamp}
        batch = Batch(info={**info, **dict.fromkeys(_COUNTS_OF_BATCH, 0)}, request=call.get_data())
        try:
            self._work(job, batch)
        except (ValueError, ET.ParseError, csv.Error, RecursionError) as error:
            batch.info |= {"state": "Failed", "stateMessage": f"InvalidBatch : {error}"}
        except SalesforceError as error:
            batch.info |= {"state": "Failed", "stateMessage": f"InvalidBatch : {error.message}"}
        job.batches[batch.info["id"]] = batch
        ended = "numberBatchesFailed" if batch.info["state"] == "Failed" else "numberBatchesCompleted"
        for name in (ended, "numberBatchesTotal"):
            job.info[name] += 1
        for name in ("numberRecordsProcessed", "numberRecordsFailed"):
            job.info[name] += batch.info[name]
        return _shown(call, "batchInfo", {**batch.info, "state": "Queued", "stateMessage": None}, status=201)

    def batches(self, call: Call, version: str, job_id: str) -> Response:  # noqa: ARG002 - see info
        """Answer a job's batches."""
        found = [batch.info for batch in self._job(call, job_id).batches.values()]
        if _speaks_json(call):
            return json_response({"batchInfo": found})
        inner = "".join(f"<batchInfo>{_elements(info)}</batchInfo>" for info in found)
        return _xml(f'<batchInfoList xmlns="{NAMESPACE}">{inner}</batchInfoList>')

    def batch(self, call: Call, version: str, job_id: str, batch_id: str) -> Response:  # noqa: ARG002 - see info
        """Answer a batch."""
        return _shown(call, "batchInfo", self._batch(call, job_id, batch_id)[1].info)

    def request(self, call: Call, version: str, job_id: str, batch_id: str) -> Response:  # noqa: ARG002 - see info
        """Answer what came as a batch."""
        job, batch = self._batch(call, job_id, batch_id)
        kind = {"CSV": "text/csv", "JSON": "application/json", "XML": "application/xml"}[job.info["contentType"]]
        if job.info["operation"] in ("query", "queryAll"):
            kind = "text/plain"
        return Response(batch.request, content_type=f"{kind};charset=UTF-8")

    def results(self, call: Call, version: str, job_id: str, batch_id: str) -> Response:  # noqa: ARG002 - see info
        """Answer what became of each row, in order; of a query, the ids of its results."""
        job, batch = self._batch(call, job_id, batch_id)
        if batch.info["state"] == "Failed":
            raise failure(call, "InvalidBatch", str(batch.info["stateMessage"]))
        kind = job.info["contentType"]
        if job.info["operation"] in ("query", "queryAll"):
            result_id = _result_id(batch)
            if kind == "JSON":
                return json_response([result_id])
            return _xml(f'<result-list xmlns="{NAMESPACE}"><result>{result_id}</result></result-list>')
        if kind == "JSON":
            return json_response(batch.rows)
        if kind == "XML":
            inner = "".join(f"<result>{_elements(row)}</result>" for row in batch.rows)
            return _xml(f'<results xmlns="{NAMESPACE}">{inner}</results>')
        told = [
            {
                "Id": row["id"] or "",
                "Success": bulk_rows.cell(row["success"]),
                "Created": bulk_rows.cell(row["created"]),
                "Error": " ".join(f"{each['statusCode']}:{each['message']}:--" for each in row["errors"]),
            }
            for row in batch.rows
        ]
        return _csv(["Id", "Success", "Created", "Error"], told)

    def result(self, call: Call, version: str, job_id: str, batch_id: str, result_id: str) -> Response:  # noqa: ARG002 - see info
        """Answer the rows of a query."""
        job, batch = self._batch(call, job_id, batch_id)
        if result_id != _result_id(batch):
            raise failure(call, "InvalidResult", "no such result", status=404)
        if job.info["contentType"] == "JSON":
            return json_response(batch.rows)
        rows = [dict(bulk_rows.flat(row)) for row in batch.rows]
        if job.info["contentType"] == "CSV":
            return _csv(
                batch.columns, [{name: bulk_rows.cell(row.get(name)) for name in batch.columns} for row in rows]
            )
        inner = "".join(f"<records>{_elements(row)}</records>" for row in rows)
        return _xml(f'<queryResult xmlns="{NAMESPACE}">{inner}</queryResult>')

    def _work(self, job: BatchJob, batch: Batch) -> None:
        state, operation = self._room.state, job.info["operation"]
        if operation in ("query", "queryAll"):
            who, deleted = job.owner, operation == "queryAll"
            engine = Engine(state, who.access, version=job.version, deleted=deleted, user_id=who.viewer)
            answer = engine.run(batch.request.decode())
            batch.rows = [answer.show(row) for row in answer.rows]
            batch.columns = list(dict.fromkeys(name for row in batch.rows for name, _ in bulk_rows.flat(row)))
            batch.info["numberRecordsProcessed"] = len(batch.rows)
            return
        rows = _read(job.info["contentType"], batch.request)
        if len(rows) > MAX_ROWS:
            raise ValueError(f"Maximum number of rows ({MAX_ROWS}) exceeded")
        sobject = state.schema.objects[job.info["object"]]
        key = job.info["externalIdFieldName"] or "Id"
        for row in rows:
            try:
                record_id, made = bulk_rows.save(state, job.owner, operation, sobject, key, row)
                batch.rows.append({"success": True, "created": made, "id": record_id, "errors": []})
            except SalesforceError as error:
                errors = [{**fault.as_save_error(), "extendedErrorDetails": None} for fault in error.faults]
                batch.rows.append({"success": False, "created": False, "id": None, "errors": errors})
        batch.info["numberRecordsProcessed"] = len(batch.rows)
        batch.info["numberRecordsFailed"] = sum(not row["success"] for row in batch.rows)

    def _job(self, call: Call, job_id: str) -> BatchJob:
        job = self._jobs.get(to_18(job_id) or "")
        if job is None or job.owner.username != actor(call).username:
            raise failure(call, "InvalidJob", f"Invalid job id: {job_id}")
        return job

    def _batch(self, call: Call, job_id: str, batch_id: str) -> tuple[BatchJob, Batch]:
        job = self._job(call, job_id)
        batch = job.batches.get(to_18(batch_id) or "")
        if batch is None:
            raise failure(call, "InvalidBatch", f"Records not found for this query or batch: {batch_id}")
        return job, batch


_COUNTS_OF_BATCH = (
    *("numberRecordsProcessed", "numberRecordsFailed"),
    *("totalProcessingTime", "apiActiveProcessingTime", "apexProcessingTime"),
)
_COUNTS = (
    *("numberBatchesQueued", "numberBatchesInProgress", "numberBatchesCompleted", "numberBatchesFailed"),
    *("numberBatchesTotal", "numberRetries", *_COUNTS_OF_BATCH),
)


def failure(call: Call, code: str, message: str, *, status: int = 400) -> HttpError:
    """Return a refusal in the Bulk API's form, as JSON or XML."""
    body = {"exceptionCode": code, "exceptionMessage": message}
    if _speaks_json(call):
        return HttpError(status, message, body=body)
    return BulkXmlError(status, message, f'<error xmlns="{NAMESPACE}">{_elements(body)}</error>')


class BulkXmlError(HttpError):
    """A refusal whose body is XML."""

    def __init__(self, status: int, message: str, text: str) -> None:
        super().__init__(status, message)
        self.response = _xml(text, status=status)


def _speaks_json(call: Call) -> bool:
    named = call.headers.get("Accept", "*/*") if call.method == "GET" and not call.mimetype else call.mimetype
    return "json" in named


def _told(call: Call) -> Mapping[str, Any]:
    """Return a job's description, from JSON or XML."""
    raw = call.get_data()
    try:
        if "json" in call.mimetype:
            found = json.loads(raw)
            if isinstance(found, dict):
                return found
        else:
            return {each.tag.rpartition("}")[2]: each.text for each in ET.fromstring(raw)}  # noqa: S314 - on loopback
    except (ValueError, ET.ParseError, RecursionError) as error:
        raise failure(call, "InvalidJob", f"Unable to parse Job: {error}") from error
    raise failure(call, "InvalidJob", "Unable to parse Job")


def _read(kind: str, raw: bytes) -> list[Row]:
    """Return a batch's rows as the REST API takes them; ValueError says what cannot be read."""
    if kind == "CSV":
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        return [dict(bulk_rows.cells({name: row[name] or "" for name in row if name})) for row in reader]
    if kind == "JSON":
        rows = json.loads(raw)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError("a list of records was expected")
        return rows
    root = ET.fromstring(raw)  # noqa: S314 - on loopback, and expat bounds what entities may do
    return [_from_xml(each) for each in root if each.tag.rpartition("}")[2].lower() == "sobject"]


def _from_xml(element: ET.Element) -> Row:
    row: Row = {}
    for each in element:
        name = each.tag.rpartition("}")[2]
        if len(each):
            inner = each[0] if each[0].tag.rpartition("}")[2].lower() == "sobject" else each
            row[name] = {one.tag.rpartition("}")[2]: one.text for one in inner}
        else:
            row[name] = None if each.get(_NULL_ATTRIBUTE) == "true" else each.text
    row.pop("type", None)
    return row


def _result_id(batch: Batch) -> str:
    return "752" + str(batch.info["id"])[3:]


def _stamp(text: str) -> str:
    return text.removesuffix("+0000") + "Z"


def _shown(call: Call, name: str, info: Mapping[str, Any], *, status: int = 200) -> Response:
    if _speaks_json(call):
        return json_response(info, status=status)
    return _xml(f'<{name} xmlns="{NAMESPACE}">{_elements(info)}</{name}>', status=status)


def _elements(values: Mapping[str, Any]) -> str:
    out = ""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                out += f"<{name}>{_elements(each) if isinstance(each, dict) else escape(bulk_rows.cell(each))}</{name}>"
    return out


def _xml(text: str, *, status: int = 200) -> Response:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    return Response(head + text, status=status, content_type="application/xml;charset=UTF-8")


def _csv(columns: list[str], rows: list[dict[str, str]]) -> Response:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return Response(out.getvalue(), content_type="text/csv;charset=UTF-8")

"""Writes rows: guarded fields one row a request, risks by external id up to 200 a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any

from connectors.core.errors import AmbiguousError, ConnectorError, FatalError, InterruptedRunError, RetriableError
from connectors.core.port import Catalog, Json, Outcome, Receipt, Write, WriteKind
from connectors.salesforce import soql
from connectors.salesforce.client import COMPOSITE_QUERIES, SalesforceClient, checked_page, dicts
from connectors.salesforce.errors import outcome_of
from connectors.salesforce.records import stamp_of
from connectors.salesforce.shown import in_form_of

COLLECTION_ROWS = 200
"""Most rows of one sObject collection; Salesforce's own limit. The whole request counts as one."""

_GUARD = "If-Unmodified-Since"


class SalesforceWriter:
    """The writing half: SET_FIELDS and UPSERT.

    A guard compares whole seconds: Salesforce itself does not notice a change in the very second of the version.
    ``InterruptedRunError`` from ``send`` means that the daily quota is used up and nothing was written.
    """

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._settings = client.settings

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """Group neighbouring UPSERTs of one object, no external id twice; see the port."""
        found: list[list[Write]] = []
        for write in writes:
            if found and _joins(found[-1], write):
                found[-1].append(write)
            else:
                found.append([write])
        return [tuple(batch) for batch in found]

    def send(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        """Make the one request of a batch; see the port."""
        try:
            match batch[0].kind:
                case WriteKind.SET_FIELDS:
                    return (self._set_fields(batch[0]),)
                case WriteKind.UPSERT:
                    return self._upsert(batch)
                case kind:
                    message = f"Salesforce has no write of the kind {kind}"
                    return tuple(Receipt(write_id=w.id, outcome=Outcome.REFUSED, message=message) for w in batch)
        except (FatalError, InterruptedRunError):
            raise
        except AmbiguousError as exc:
            return tuple(Receipt(write_id=w.id, outcome=Outcome.AMBIGUOUS, message=str(exc)) for w in batch)
        except ConnectorError as exc:
            return tuple(_not_done(write, exc) for write in batch)

    def find(self, write: Write) -> Receipt | None:
        """The row whose external id is the write's; by a query, which sees every committed row."""
        external = self._settings.external_id_of(write.stream)
        if external is None or not write.external_id:
            return None
        object_name = self._settings.object_of(write.stream)
        query = soql.select(("Id",), object_name, f"{external} = {soql.literal(write.external_id)}")
        rows = self._client.query_all_rows(query, place=f"query {object_name}")
        if not rows:
            return None
        return Receipt(write_id=write.id, outcome=Outcome.DONE, record_id=str(rows[0]["Id"]), key=write.external_id)

    def shown(
        self,
        writes: Sequence[Write],
        catalog: Catalog,  # noqa: ARG002 - the port's signature; values are compared by what they mean
    ) -> Mapping[str, Mapping[str, Json] | None]:
        """What the rows hold now, in the form of ``values`` or ``before`` where they mean the same; see the port."""
        asked = [w for w in writes if w.kind in (WriteKind.SET_FIELDS, WriteKind.UPSERT)]
        rows = self._rows_by_key(asked)
        return {write.id: _shown(write, rows.get(_key(write))) for write in asked}

    def _set_fields(self, write: Write) -> Receipt:
        object_name = self._settings.object_of(write.stream)
        record_id = soql.full_id(write.target)
        place = f"PATCH {object_name}/{write.target}"
        if record_id is None:
            message = f"{self._client.connection}: {place}: not the id of a Salesforce record"
            return Receipt(write_id=write.id, outcome=Outcome.REFUSED, message=message)
        stamp = stamp_of(write.version) if write.version else None
        headers = {} if stamp is None else {_GUARD: format_datetime(stamp, usegmt=True)}
        values = dict(write.values)
        self._client.call(
            place, lambda sf: getattr(sf, object_name).update(record_id, values, headers=headers), writes=True
        )
        return Receipt(write_id=write.id, outcome=Outcome.DONE, record_id=record_id)

    def _upsert(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        stream = batch[0].stream
        object_name = self._settings.object_of(stream)
        external = self._settings.external_id_of(stream)
        if external is None:
            message = f"{self._client.connection}: {object_name} has no external id field; name it in external_ids"
            return tuple(Receipt(write_id=w.id, outcome=Outcome.REFUSED, message=message) for w in batch)
        rows = [{"attributes": {"type": object_name}, **write.values, external: write.external_id} for write in batch]
        data = json.dumps({"allOrNone": False, "records": rows})
        place = f"PATCH composite/sobjects/{object_name}/{external}"
        path = f"composite/sobjects/{object_name}/{external}"
        answer = self._client.call(place, lambda sf: sf.restful(path, method="PATCH", data=data), writes=True)
        answers = dicts(answer, len(batch))
        if answers is None:
            raise AmbiguousError(
                f"{self._client.connection}: {place}: the answer does not fit the request",
                connection=self._client.connection,
                place=place,
            )
        return tuple(self._row_receipt(w, a, place) for w, a in zip(batch, answers, strict=True))

    def _row_receipt(self, write: Write, answer: Mapping[str, Any], place: str) -> Receipt:
        if answer.get("success"):
            return Receipt(
                write_id=write.id,
                outcome=Outcome.DONE,
                record_id=soql.full_id(str(answer.get("id") or "")) or "",
                key=write.external_id,
            )
        error = self._client.refused(400, answer.get("errors"), f"{place} {write.external_id}")
        return _not_done(write, error)

    def _rows_by_key(self, writes: Sequence[Write]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
        """Rows by (stream, kind, key) in as few requests as there can be."""
        queries: list[tuple[str, WriteKind, str, str]] = []
        for stream, kind in dict.fromkeys((w.stream, w.kind) for w in writes):
            queries.extend(self._queries(stream, kind, [w for w in writes if (w.stream, w.kind) == (stream, kind)]))
        found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        for start in range(0, len(queries), COMPOSITE_QUERIES):
            group = queries[start : start + COMPOSITE_QUERIES]
            for (stream, kind, key_field, _), rows in zip(group, self._answers([q[3] for q in group]), strict=True):
                for row in rows:
                    found[stream, kind.value, _fold(kind, str(row.get(key_field)))] = row
        return found

    def _queries(self, stream: str, kind: WriteKind, writes: Sequence[Write]) -> list[tuple[str, WriteKind, str, str]]:
        object_name = self._settings.object_of(stream)
        key_field = "Id" if kind is WriteKind.SET_FIELDS else self._settings.external_id_of(stream)
        if key_field is None:
            return []
        keys = [k for k in dict.fromkeys(_lookup(w) for w in writes) if k]
        names = tuple(dict.fromkeys(("Id", key_field, *(name for w in writes for name in w.values))))
        spent = len(soql.select(names, object_name)) * 2
        return [
            (
                stream,
                kind,
                key_field,
                soql.select(names, object_name, f"{key_field} IN ({', '.join(map(soql.literal, chunk))})"),
            )
            for chunk in soql.chunks_for_in(keys, spent=spent)
        ]

    def _answers(self, queries: Sequence[str]) -> list[list[dict[str, Any]]]:
        place = "query of what is shown"
        if len(queries) == 1:
            return [self._client.query_all_rows(queries[0], place=place)]
        paths = [(place, self._client.query_path(query, deleted=False)) for query in queries]
        found: list[list[dict[str, Any]]] = []
        for one in self._client.composite(paths, place=place):
            if one.error is not None:
                raise one.error
            page = checked_page(one.body, connection=self._client.connection, place=place)
            rows = list(page["records"])
            while not page["done"]:
                page = self._client.more(page["nextRecordsUrl"], place=place)
                rows.extend(page["records"])
            found.append(rows)
        return found


def _joins(batch: Sequence[Write], write: Write) -> bool:
    return (
        write.kind is WriteKind.UPSERT
        and batch[0].kind is WriteKind.UPSERT
        and batch[0].stream == write.stream
        and len(batch) < COLLECTION_ROWS
        and all(other.external_id.casefold() != write.external_id.casefold() for other in batch)
    )


def _not_done(write: Write, error: ConnectorError) -> Receipt:
    return Receipt(
        write_id=write.id,
        outcome=outcome_of(error),
        message=str(error),
        retry_after_s=error.retry_after_s if isinstance(error, RetriableError) else None,
    )


def _lookup(write: Write) -> str:
    """Value of the key field that the write's row is asked by, or empty: there can be none."""
    return write.external_id if write.kind is WriteKind.UPSERT else soql.full_id(write.target) or ""


def _key(write: Write) -> tuple[str, str, str]:
    return write.stream, write.kind.value, _fold(write.kind, _lookup(write))


def _fold(kind: WriteKind, key: str) -> str:
    """Salesforce compares external ids without regard to case, and record ids with it."""
    return key.casefold() if kind is WriteKind.UPSERT else key


def _shown(write: Write, row: Mapping[str, Any] | None) -> Mapping[str, Json] | None:
    if row is None:
        return {} if write.kind is WriteKind.UPSERT else None
    return {
        name: in_form_of(row.get(name), value, *([write.before[name]] if name in write.before else []))
        for name, value in write.values.items()
    }

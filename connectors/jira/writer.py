"""The writing half: one planned write in, one receipt out; nothing is sent twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from connectors.core.errors import AmbiguousError, RetriableError, SkippableError
from connectors.core.port import Catalog, Json, Outcome, Receipt, Write, WriteKind
from connectors.jira.client import MARKER_PROPERTY, JiraClient
from connectors.jira.reader import issues_by_id
from connectors.jira.records import ISSUES
from connectors.jira.shown import Shown
from connectors.jira.transitions import bring_to, move_along
from connectors.jira.words import explain

_LABELS = (WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL)
_LONGEST_LABEL = 255  # characters; Jira takes no spaces in a label either


class JiraWriter:
    """Writes to one Jira site. Edits leave the marker in the same request as what they set."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client
        self._names: dict[str, str] = {}
        self._send: Mapping[WriteKind, Callable[[Write], Receipt]] = {
            WriteKind.SET_FIELDS: self._set_fields,
            WriteKind.CREATE: self._create,
            WriteKind.TRANSITION: self._transition,
            WriteKind.PUT_LINK: self._put_link,
        }

    def learn(self, catalog: Catalog) -> None:
        """Remember visible names, for messages to people."""
        self._names.update({info.id: info.name for info in catalog.fields if info.stream == ISSUES})

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """See ``connectors.core.port.Writer.batches``.

        Neighbouring label writes of one issue ride in one edit, which takes effect as a whole; every other write is a
        request of its own (a transition may need several).
        """
        grouped: list[list[Write]] = []
        for write in writes:
            if grouped and _joins(write, grouped[-1]):
                grouped[-1].append(write)
            else:
                grouped.append([write])
        return [tuple(group) for group in grouped]

    def send(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        """See ``connectors.core.port.Writer.send``."""
        if not batch:
            return ()
        first = batch[0]
        if first.kind not in _LABELS:
            return tuple(self._receipt(write, self._send.get(write.kind, _unknown)) for write in batch)
        receipt = self._receipt(first, lambda _: self._labels(batch))
        return tuple(_for(write, receipt) for write in batch)

    def find(self, write: Write) -> Receipt | None:
        """See ``connectors.core.port.Writer.find``. Reads the parent and its sub-tasks, past the search index."""
        if not write.target:
            return None
        parent = issues_by_id(self._client, [write.target], ["subtasks"])[write.target]
        fields = parent.get("fields") if parent else None
        sub_tasks = fields.get("subtasks") if isinstance(fields, Mapping) else None
        if not sub_tasks:
            return None
        title = write.values.get("summary")
        likeliest = sorted(sub_tasks, key=lambda s: (s.get("fields") or {}).get("summary") != title)
        ids = [str(s["id"]) for s in likeliest]
        if self._client.cloud:
            return self._first_marked(write, issues_by_id(self._client, ids, ["summary"]).values())
        return self._first_marked(write, (issues_by_id(self._client, [i], ["summary"])[i] for i in ids))

    def shown(self, writes: Sequence[Write], catalog: Catalog) -> Mapping[str, Mapping[str, Json] | None]:
        """See ``connectors.core.port.Writer.shown``.

        Cloud: one request for 100 issues; Data Center: one an issue. Links: one each.
        """
        self.learn(catalog)
        return Shown(self._client).of(writes)

    def _first_marked(self, write: Write, candidates: Iterable[Mapping[str, Json] | None]) -> Receipt | None:
        for issue in candidates:
            if issue and _carries(issue, write.external_id):
                return Receipt(
                    write_id=write.id, outcome=Outcome.DONE, record_id=str(issue["id"]), key=str(issue.get("key", ""))
                )
        return None

    def _receipt(self, write: Write, send: Callable[[Write], Receipt]) -> Receipt:
        try:
            return send(write)
        except AmbiguousError as exc:
            return _ended(write, Outcome.AMBIGUOUS, str(exc))
        except RetriableError as exc:
            return _ended(write, Outcome.FAILED, str(exc), retry_after_s=exc.retry_after_s)
        except SkippableError as exc:
            return _ended(write, Outcome.REFUSED, explain(exc, write, self._names))

    def _set_fields(self, write: Write) -> Receipt:
        self._edit(write.target, {"fields": dict(write.values)}, write.marker)
        return _ended(write, Outcome.DONE)

    def _labels(self, batch: Sequence[Write]) -> Receipt:
        verbs = [{"add" if w.kind is WriteKind.ADD_LABEL else "remove": w.values["label"]} for w in batch]
        marker = next((w.marker for w in reversed(batch) if w.marker is not None), None)
        self._edit(batch[0].target, {"update": {"labels": verbs}}, marker)
        return _ended(batch[0], Outcome.DONE)

    def _edit(self, issue: str, body: dict[str, Json], marker: Mapping[str, Json] | None) -> None:
        if marker is not None:
            body["properties"] = self._properties(marker)
        quiet = {} if self._client.settings.notify_users else {"notifyUsers": "false"}
        self._client.put(f"issue/{issue}", body, quiet)

    def _properties(self, marker: Mapping[str, Json]) -> list[Json]:
        """The marker as part of an edit.

        Data Center's description gives properties of an edit as JSON text; whether it keeps the text or what it says,
        ``_carries`` understands both.
        """
        value: Json = dict(marker) if self._client.cloud else json.dumps(dict(marker), sort_keys=True)
        return [{"key": MARKER_PROPERTY, "value": value}]

    def _create(self, write: Write) -> Receipt:
        if not write.target or not write.external_id or write.marker is None:
            return _ended(
                write,
                Outcome.REFUSED,
                "an issue is created only below a parent and with a marker: it could not be found again otherwise",
            )
        fields = {"project": {"key": write.partition}, "parent": {"id": write.target}, **write.values}
        answer = self._client.post("issue", {"fields": fields, "properties": self._properties(write.marker)})
        if not isinstance(answer, Mapping) or not answer.get("id"):
            return _ended(write, Outcome.AMBIGUOUS, "Jira accepted the new issue but did not say which it is")
        return Receipt(
            write_id=write.id, outcome=Outcome.DONE, record_id=str(answer["id"]), key=str(answer.get("key", ""))
        )

    def _transition(self, write: Write) -> Receipt:
        if write.moves:
            refusal = move_along(self._client, write.target, write.moves)
        else:
            refusal = bring_to(self._client, write.target, write.partition, str(write.values["status"]))
        return _ended(write, Outcome.REFUSED, refusal) if refusal else _ended(write, Outcome.DONE)

    def _put_link(self, write: Write) -> Receipt:
        body = {
            "globalId": write.external_id,
            "object": {"url": write.values.get("url"), "title": write.values.get("title")},
        }
        self._client.post(f"issue/{write.target}/remotelink", body)
        return _ended(write, Outcome.DONE)


def _unknown(write: Write) -> Receipt:
    return _ended(write, Outcome.REFUSED, f"Jira has no write of the kind {write.kind}")


def _ended(write: Write, outcome: Outcome, message: str = "", *, retry_after_s: float | None = None) -> Receipt:
    created = write.kind is WriteKind.CREATE
    return Receipt(
        write_id=write.id,
        outcome=outcome,
        record_id="" if created else write.target,
        message=message,
        retry_after_s=retry_after_s,
    )


def _for(write: Write, receipt: Receipt) -> Receipt:
    """What became of a whole edit, for one of its writes."""
    return Receipt(
        write_id=write.id,
        outcome=receipt.outcome,
        record_id=receipt.record_id,
        message=receipt.message,
        retry_after_s=receipt.retry_after_s,
    )


def _joins(write: Write, group: Sequence[Write]) -> bool:
    """Whether a label write may ride with others: same issue, another label, none that Jira refuses for its form."""
    together = (*group, write)
    labels = [str(w.values.get("label", "")) for w in together]
    return (
        all(w.kind in _LABELS and w.target == write.target for w in together)
        and len(set(labels)) == len(labels)
        and all(0 < len(label) <= _LONGEST_LABEL and not any(c.isspace() for c in label) for label in labels)
    )


def _carries(issue: Mapping[str, Json], identity: str) -> bool:
    properties = issue.get("properties")
    marker = properties.get(MARKER_PROPERTY) if isinstance(properties, Mapping) else None
    if isinstance(marker, str):
        try:
            marker = json.loads(marker)
        except ValueError:
            return False
    return isinstance(marker, Mapping) and identity in [v for v in marker.values() if isinstance(v, str)]

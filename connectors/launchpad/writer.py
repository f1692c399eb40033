"""The writing half: one edit of one entry in, a receipt for each write out; nothing is sent twice."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connectors.core.errors import (
    AmbiguousError,
    NotFoundError,
    RefusedError,
    RetriableError,
    SkippableError,
    StaleVersionError,
)
from connectors.core.port import Catalog, Json, Outcome, Receipt, Write, WriteKind
from connectors.launchpad.block import blocks, put_block, refusal, remove_block
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.records import BLUEPRINTS, BUG_TASKS, MILESTONES, digest
from connectors.launchpad.shown import LABELS, Shown, path_of_write

OWN_PREFIX = "syncline-"
"""Only tags that begin with this are ever added or removed."""
WRITABLE: Mapping[str, frozenset[str]] = {
    BUG_TASKS: frozenset({"status", "importance", "milestone_link", "assignee_link"}),
    BLUEPRINTS: frozenset(
        {"definition_status", "implementation_status", "priority", "milestone_link", "assignee_link", "workitems_text"}
    ),
    MILESTONES: frozenset({"date_targeted", "is_active", "summary"}),
}
"""Fields that SET_FIELDS may be given, by stream: none that moves, renames, hides or notifies in a person's name."""
_TAG = re.compile(r"[a-z0-9][a-z0-9+.-]+")  # measured: what Launchpad accepts as a tag


class LaunchpadWriter:
    """Writes to one Launchpad: each batch is one PATCH of one entry, on condition that it is as it was looked at."""

    def __init__(self, client: LaunchpadClient) -> None:
        self._client = client
        self._shown = Shown(client)

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """See ``connectors.core.port.Writer.batches``. Neighbouring writes to one entry ride in one edit."""
        grouped: list[list[Write]] = []
        for write in writes:
            if grouped and _joins(write, grouped[-1]):
                grouped[-1].append(write)
            else:
                grouped.append([write])
        return [tuple(group) for group in grouped]

    def send(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        """See ``connectors.core.port.Writer.send``.

        The entry is the one that ``shown`` just looked at, else it is read first; when it already holds what is wanted,
        nothing is sent.
        """
        reasons = {w.id: _unfit(w) for w in batch}
        fit = [w for w in batch if not reasons[w.id]]
        outcome, message, wait_s = self._edit(fit) if fit else (Outcome.DONE, "", None)
        return tuple(
            _ended(w, Outcome.REFUSED, reasons[w.id])
            if reasons[w.id]
            else _ended(w, outcome, message, retry_after_s=wait_s)
            for w in batch
        )

    def find(self, write: Write) -> Receipt | None:  # noqa: ARG002 - signature of the port
        """See ``connectors.core.port.Writer.find``. Nothing is created on Launchpad."""
        return None

    def shown(self, writes: Sequence[Write], catalog: Catalog) -> Mapping[str, Mapping[str, Json] | None]:  # noqa: ARG002 - signature of the port
        """See ``connectors.core.port.Writer.shown``. One request an entry."""
        return self._shown.of(writes)

    def _edit(self, writes: Sequence[Write]) -> tuple[Outcome, str, float | None]:
        path = path_of_write(writes[0])
        try:
            entry = self._shown.looked.pop(path, None) or self._client.entry_or_none(path)
            if entry is None:
                return Outcome.REFUSED, f"{path} is gone, has moved, or this login may not see it", None
            if any(_stale(w, entry) for w in writes):
                return Outcome.STALE, f"{path} has changed since the plan was made", None
            values = _values(writes, entry)
            if values:
                self._patch(path, writes, entry, values)
        except StaleVersionError as exc:
            return Outcome.STALE, str(exc), None
        except AmbiguousError as exc:
            return Outcome.AMBIGUOUS, str(exc), None
        except RetriableError as exc:
            return Outcome.FAILED, str(exc), exc.retry_after_s
        except SkippableError as exc:
            return Outcome.REFUSED, _explain(exc, path), None
        return Outcome.DONE, "", None

    def _patch(self, path: str, writes: Sequence[Write], entry: Entry, values: Mapping[str, Json]) -> None:
        """One PATCH. A precondition that failed is looked into: our own write whose answer got lost is no conflict.

        Raises:
            StaleVersionError: Somebody else's change.
        """
        etag = entry.get("http_etag")
        if not isinstance(etag, str) or not etag:
            raise self._client.nonsense(f"GET {path}", "an entry without http_etag")
        try:
            self._client.patch(path, values, etag)
        except StaleVersionError:
            now = self._client.entry_or_none(path)
            if now is None or _values(writes, now):
                raise


def _joins(write: Write, group: Sequence[Write]) -> bool:
    """Whether a write may ride with others: the same entry, nothing set twice, and none that would be refused alone."""
    together = (*group, write)
    if len({path_of_write(w) if w.target else w.id for w in together}) > 1 or any(_unfit(w) for w in together):
        return False
    touched = [part for w in together for part in _touches(w)]
    return len(set(touched)) == len(touched)


def _touches(write: Write) -> list[str]:
    match write.kind:
        case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
            return [f"tag {write.values.get('label')}"]
        case WriteKind.PUT_BLOCK:
            return [f"block {write.external_id}"]
        case _:
            return [f"field {name}" for name in write.values]


def _unfit(write: Write) -> str:
    """Why a write is not for Launchpad, before it is asked; empty when it may be sent."""
    if write.kind in LABELS:
        label = str(write.values.get("label") or "")
        if write.stream != BUG_TASKS:
            return f"{write.stream} have no tags; only bugs do"
        if not label.startswith(OWN_PREFIX):
            return f"the tag {label!r} does not begin with {OWN_PREFIX}, so it is not syncline's to change"
        if not _TAG.fullmatch(label):
            return f"{label!r} cannot be a tag: lower-case letters, digits and + . - only"
        return ""
    if write.kind is WriteKind.PUT_BLOCK:
        if write.stream != BLUEPRINTS:
            return f"{write.stream} have no whiteboard; only blueprints do"
        return refusal(write.external_id, str(write.values.get("text") or ""))
    if write.kind is WriteKind.SET_FIELDS:
        strange = sorted(set(write.values) - WRITABLE.get(write.stream, frozenset()))
        return f"syncline does not write {', '.join(strange)} on Launchpad's {write.stream}" if strange else ""
    return f"Launchpad has no write of the kind {write.kind}"


def _stale(write: Write, entry: Entry) -> bool:
    """Whether the entry is another than the one that the plan was made for; the first part of a version is its hash."""
    return (
        write.kind is WriteKind.SET_FIELDS
        and bool(write.version)
        and write.version.split("-")[0] != digest(dict(entry))
    )


def _values(writes: Sequence[Write], entry: Entry) -> dict[str, Json]:
    """What one PATCH must set so that the entry holds what all writes want; empty when it does already."""
    tags = [str(tag) for tag in entry.get("tags") or []]
    whiteboard = entry.get("whiteboard")
    values: dict[str, Json] = {}
    for write in writes:
        match write.kind:
            case WriteKind.ADD_LABEL:
                tags = sorted({*tags, str(write.values["label"])})
            case WriteKind.REMOVE_LABEL:
                tags = [tag for tag in tags if tag != write.values["label"]]
            case WriteKind.PUT_BLOCK:
                whiteboard = _with_block(whiteboard, write)
            case _:
                values.update({name: v for name, v in write.values.items() if entry.get(name) != v})
    if set(tags) != set(entry.get("tags") or []):
        values["tags"] = tags
    if whiteboard != entry.get("whiteboard"):
        values["whiteboard"] = whiteboard
    return values


def _with_block(whiteboard: str | None, write: Write) -> str | None:
    text = write.values.get("text")
    if text is None:
        return remove_block(whiteboard, write.external_id)
    held = blocks(whiteboard).get(write.external_id)
    if held is not None and held.text == text and write.marker in (None, held.marker):
        return whiteboard
    return put_block(whiteboard, write.external_id, str(text), write.marker)


def _explain(exc: SkippableError, path: str) -> str:
    """One sentence: what was refused, in Launchpad's own words, and what to mend."""
    if isinstance(exc, NotFoundError):
        return f"{path} is gone, or this login may not see it"
    text = str(exc)
    if isinstance(exc, RefusedError) and exc.status in (401, 403):
        text += (
            ". The credential must have been made with the level WRITE_PRIVATE (or WRITE_PUBLIC, for public bugs and"
            " blueprints), and its account must be allowed to make this edit"
        )
    return text


def _ended(write: Write, outcome: Outcome, message: str = "", *, retry_after_s: float | None = None) -> Receipt:
    return Receipt(
        write_id=write.id, outcome=outcome, record_id=write.target, message=message, retry_after_s=retry_after_s
    )

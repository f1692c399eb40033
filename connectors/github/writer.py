"""The writing half: one planned write in, one receipt out; nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from connectors.core.errors import AmbiguousError, NotFoundError, RefusedError, RetriableError, SkippableError
from connectors.core.port import Catalog, Json, Outcome, Receipt, Write, WriteKind
from connectors.github.blocks import Block, body_of
from connectors.github.client import GithubClient
from connectors.github.desk import Desk
from connectors.github.projects import AT_ONCE, ProjectDesk
from connectors.github.repositories import Repository
from connectors.github.spots import Spots

_LABEL_COLOUR = "c5def5"  # pale blue: a label of ours shouts at nobody
_LABEL_SAYS = "Kept by syncline: an open risk names this issue"
_MOST_LABELS = 100  # in one request: GitHub's own bound of labels on an issue

_SETTLE_S = 5.0
"""How long after it was sent a comment whose answer was lost may still appear, in seconds."""


class GithubWriter:
    """Writes to one GitHub."""

    def __init__(self, client: GithubClient, spots: Spots, projects: ProjectDesk) -> None:
        self._client = client
        self._spots = spots
        self._projects = projects
        self._desk = Desk(client, spots)
        self._doubtful: dict[tuple[str, str], float] = {}

    def learn(self, catalog: Catalog) -> None:
        """Remember visible names of fields."""
        self._desk.learn(catalog)

    def batches(self, writes: Sequence[Write]) -> list[tuple[Write, ...]]:
        """See ``connectors.core.port.Writer.batches``.

        Neighbouring new labels of one issue ride in one request, and neighbouring project fields of several issues in
        one document; every other write is a request of its own. A label that the repository lacks, and an issue that
        is no item of the project yet, cost one request more; whether it lacks one, the look before has told.
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
        match batch[0].kind:
            case WriteKind.ADD_LABEL:
                return self._guarded(batch, self._add_labels)
            case WriteKind.SET_FIELDS:
                return self._guarded(batch, self._set_fields)
            case WriteKind.REMOVE_LABEL:
                return self._one_by_one(batch, self._remove_label)
            case WriteKind.PUT_BLOCK:
                return self._one_by_one(batch, self._put_block)
            case _:
                words = "GitHub has no write of the kind"
                return tuple(_ended(w, Outcome.REFUSED, f"{words} {w.kind}") for w in batch)

    def find(self, write: Write) -> Receipt | None:  # noqa: ARG002 - the port's signature; nothing is created
        """See ``connectors.core.port.Writer.find``. This connector makes no CREATE, so there is nothing to find."""
        return None

    def shown(self, writes: Sequence[Write], catalog: Catalog) -> Mapping[str, Mapping[str, Json] | None]:
        """See ``connectors.core.port.Writer.shown``. One request for 50 issues."""
        self.learn(catalog)
        return self._desk.shown(writes)

    def _one_by_one(self, batch: Sequence[Write], send: Callable[[Write], Receipt]) -> tuple[Receipt, ...]:
        return tuple(self._guarded([write], lambda ws: (send(ws[0]),))[0] for write in batch)

    def _guarded(
        self, batch: Sequence[Write], send: Callable[[Sequence[Write]], tuple[Receipt, ...]]
    ) -> tuple[Receipt, ...]:
        try:
            return send(batch)
        except AmbiguousError as exc:
            return tuple(_ended(w, Outcome.AMBIGUOUS, str(exc)) for w in batch)
        except RetriableError as exc:
            return tuple(_ended(w, Outcome.FAILED, str(exc), retry_after_s=exc.retry_after_s) for w in batch)
        except SkippableError as exc:
            return tuple(_ended(w, Outcome.REFUSED, str(exc)) for w in batch)

    # Labels -----------------------------------------------------------------------------------------------------

    def _add_labels(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        spot = self._desk.spot(batch[0])
        labels = [str(w.values["label"]) for w in batch]
        for label in labels:
            self._make_label(spot.repository, label)
        self._client.write("POST", f"{spot.path}/labels", {"labels": labels})
        return tuple(_ended(w, Outcome.DONE) for w in batch)

    def _make_label(self, repository: Repository, label: str) -> None:
        """Make a label of the repository, if it was never met there; one that exists after all stays as it is."""
        if self._spots.has_label(repository, label):
            return
        body = {"name": label, "color": _LABEL_COLOUR, "description": _LABEL_SAYS}
        try:
            self._client.write("POST", f"{repository.path}/labels", body)
        except RefusedError as exc:
            if "already_exists" not in str(exc):
                raise
        self._spots.note_labels(repository.id, [label])

    def _remove_label(self, write: Write) -> Receipt:
        spot = self._desk.spot(write)
        label = str(write.values["label"])
        try:
            self._client.write("DELETE", f"{spot.path}/labels/{quote(label, safe='')}")
        except NotFoundError:
            found = self._desk.found(write)  # raises when it is the issue that is gone
            if label.casefold() in (name.casefold() for name in found.labels):
                raise
        return _ended(write, Outcome.DONE)

    # Project fields ---------------------------------------------------------------------------------------------

    def _set_fields(self, batch: Sequence[Write]) -> tuple[Receipt, ...]:
        receipts: dict[str, Receipt] = {}
        ready = []
        self._desk.prepare(batch)
        for write in batch:
            try:
                ready.append((write, self._desk.target(write)))
            except NotFoundError as exc:
                receipts[write.id] = _ended(write, Outcome.REFUSED, str(exc))
        if ready:
            try:
                verdicts = self._projects.set_values(ready)
            finally:
                for write, _ in ready:
                    self._desk.forget_target(write)  # it may have become an item, or have ceased to be one
            for (write, _), verdict in zip(ready, verdicts, strict=True):
                receipts[write.id] = _ended(write, verdict.outcome, verdict.message)
        return tuple(receipts[w.id] for w in batch)

    # The managed comment ----------------------------------------------------------------------------------------

    def _put_block(self, write: Write) -> Receipt:
        try:
            body = body_of(Block(external_id=write.external_id, text=str(write.values["text"]), marker=write.marker))
        except ValueError as exc:
            return _ended(write, Outcome.REFUSED, str(exc))
        spot = self._desk.spot(write)
        known = self._desk.comment(write)
        if known and self._edit(spot.repository, known, body):
            return _ended(write, Outcome.DONE)
        # Making a comment cannot be repeated: whether there is one is looked for directly before, and not while one
        # whose answer was lost may still appear.
        self._settle(write)
        self._desk.found(write)
        known = self._desk.comment(write)
        if known and self._edit(spot.repository, known, body):
            return _ended(write, Outcome.DONE)
        try:
            answer = self._client.write("POST", f"{spot.path}/comments", {"body": body})
        except AmbiguousError:
            self._doubtful[write.target, write.external_id] = self._client.monotonic()
            raise
        made = answer.body.get("id") if isinstance(answer.body, Mapping) else None
        if made is None:
            return _ended(write, Outcome.AMBIGUOUS, "GitHub accepted the comment but did not say which it is")
        self._desk.made(write, str(made))
        return _ended(write, Outcome.DONE)

    def _settle(self, write: Write) -> None:
        sent = self._doubtful.pop((write.target, write.external_id), None)
        if sent is not None:
            self._client.wait(sent + _SETTLE_S - self._client.monotonic())

    def _edit(self, repository: Repository, comment_id: str, body: str) -> bool:
        """Edit a comment in place; False: it is no longer there."""
        try:
            self._client.write("PATCH", f"{repository.path}/issues/comments/{comment_id}", {"body": body})
        except NotFoundError:
            return False
        return True


def _joins(write: Write, group: Sequence[Write]) -> bool:
    first = group[0]
    if write.kind is not first.kind:
        return False
    if write.kind is WriteKind.ADD_LABEL:
        return write.target == first.target and len(group) < _MOST_LABELS
    if write.kind is WriteKind.SET_FIELDS:
        fresh = all(write.target != w.target for w in group)
        return fresh and sum(len(w.values) for w in (*group, write)) <= AT_ONCE
    return False


def _ended(write: Write, outcome: Outcome, message: str = "", *, retry_after_s: float | None = None) -> Receipt:
    return Receipt(
        write_id=write.id,
        outcome=outcome,
        record_id=write.target,
        message=message,
        retry_after_s=retry_after_s,
    )

"""What the writing half knows of the records that it writes: where they are, and what was last seen of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.errors import NotFoundError, PartitionError
from connectors.core.port import Catalog, Json, Write, WriteKind
from connectors.github.client import GithubClient
from connectors.github.look import Ask, Found, key_of, look
from connectors.github.projects import Target
from connectors.github.records import ISSUES
from connectors.github.spots import Spot, Spots

LABELS = (WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL)
_SHOWN = (*LABELS, WriteKind.SET_FIELDS, WriteKind.PUT_BLOCK)


class Desk:
    """Looks at the targets of writes, for one connection."""

    def __init__(self, client: GithubClient, spots: Spots) -> None:
        self._client = client
        self._spots = spots
        self._names: dict[str, str] = {}
        self._targets: dict[str, Target] = {}
        self._comments: dict[tuple[str, str], str] = {}

    def learn(self, catalog: Catalog) -> None:
        """Remember the visible names of fields: GitHub gives values by name."""
        self._names.update({info.id: info.name for info in catalog.fields if info.stream == ISSUES})

    def shown(self, writes: Sequence[Write]) -> dict[str, Mapping[str, Json] | None]:
        """What the tool shows now for each write; one request for 50 issues."""
        asked = [w for w in writes if w.kind in _SHOWN]
        found = self.look(asked)
        return {w.id: self._of(w, found.get(w.target)) for w in asked}

    def look(self, writes: Sequence[Write]) -> dict[str, Found]:
        """What the targets of writes show, by target; those that are gone or hidden are missing."""
        spots = self.locate(writes)
        if not spots:
            return {}
        kinds = {w.kind for w in writes}
        labels = self._unmet(writes, spots)
        values = {name for w in writes if w.kind is WriteKind.SET_FIELDS for name in w.values}
        ask = Ask(
            spots=list(spots.values()),
            labels=any(kind in kinds for kind in LABELS),
            project=self._client.settings.project_ref if WriteKind.SET_FIELDS in kinds else None,
            fields={name: self._names[name] for name in sorted(values) if name in self._names},
            comments=WriteKind.PUT_BLOCK in kinds,
            names={number: sorted(names) for number, names in labels.items()},
        )
        seen = look(self._client, ask)
        for number, names in seen.labels.items():
            self._spots.note_labels(number, names)
        issues = seen.issues
        found = {t: f for t, spot in spots.items() if (f := issues.get(key_of(spot))) is not None}
        self._remember(found, kinds)
        return found

    def _unmet(self, writes: Sequence[Write], spots: Mapping[str, Spot]) -> dict[int, set[str]]:
        """Labels to be added, by repository: those of which it is not known whether the repository has them."""
        labels: dict[int, set[str]] = {}
        for write in writes:
            if write.kind is WriteKind.ADD_LABEL and (spot := spots.get(write.target)) is not None:
                label = str(write.values["label"])
                if not self._spots.has_label(spot.repository, label):
                    labels.setdefault(spot.repository.id, set()).add(label)
        return labels

    def locate(self, writes: Sequence[Write]) -> dict[str, Spot]:
        """Where the targets of writes are; those that are certainly gone or hidden are missing."""
        self._spots.meet(w.partition for w in writes)
        for write in writes:
            try:
                self._spots.hint(write.target, write.partition, write.version)
            except PartitionError:
                continue
        targets = list(dict.fromkeys(w.target for w in writes))
        found = self._spots.find(targets, [w.partition for w in writes])
        return {target: spot for target, spot in found.items() if spot is not None}

    def spot(self, write: Write) -> Spot:
        """Where the target of a write is.

        Raises:
            NotFoundError: It is gone or hidden.
        """
        spot = self.locate([write]).get(write.target)
        if spot is None:
            raise self._gone(write)
        return spot

    def found(self, write: Write) -> Found:
        """What the target of a write shows now.

        Raises:
            NotFoundError: It is gone or hidden.
        """
        found = self.look([write]).get(write.target)
        if found is None:
            raise self._gone(write)
        return found

    def prepare(self, writes: Sequence[Write]) -> None:
        """Look at the targets of SET_FIELDS that were not seen yet, all in one request."""
        unseen = [w for w in writes if w.target not in self._targets]
        if unseen:
            self.look(unseen)

    def target(self, write: Write) -> Target:
        """The target of a SET_FIELDS in GraphQL, as last seen.

        Raises:
            NotFoundError: It was not to be seen.
        """
        if write.target not in self._targets:
            raise self._gone(write)
        return self._targets[write.target]

    def comment(self, write: Write) -> str:
        """REST id of the managed comment of a PUT_BLOCK, as last seen; empty when it was not seen."""
        return self._comments.get((write.target, write.external_id), "")

    def made(self, write: Write, comment_id: str) -> None:
        """A managed comment was made, or (empty) is no longer there."""
        self._comments[write.target, write.external_id] = comment_id

    def forget_target(self, write: Write) -> None:
        """A SET_FIELDS did not end well: the item is looked up anew next time."""
        self._targets.pop(write.target, None)

    def _remember(self, found: Mapping[str, Found], kinds: set[WriteKind]) -> None:
        for target, seen in found.items():
            if WriteKind.SET_FIELDS in kinds:
                self._targets[target] = Target(node_id=seen.node_id, item_id=seen.item_id)
            if WriteKind.PUT_BLOCK in kinds:
                self._comments = {k: v for k, v in self._comments.items() if k[0] != target}
                for managed in reversed(seen.managed):  # the oldest counts
                    self._comments[target, managed.block.external_id] = managed.comment_id

    def _of(self, write: Write, found: Found | None) -> Mapping[str, Json] | None:
        if found is None:
            return None
        if write.kind in LABELS:
            label = str(write.values["label"])
            there = label.casefold() in (name.casefold() for name in found.labels)
            return {"label": label if there else None}
        if write.kind is WriteKind.PUT_BLOCK:
            texts = [m.block.text for m in found.managed if m.block.external_id == write.external_id]
            return {"text": texts[0] if texts else None}
        return {name: found.values.get(name) for name in write.values}

    def _gone(self, write: Write) -> NotFoundError:
        return NotFoundError(
            f"{self._client.connection}: issue {write.target} of {write.partition} is gone or hidden",
            connection=self._client.connection,
            place=f"issue {write.target}",
        )

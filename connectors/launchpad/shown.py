"""What Launchpad shows now for the fields of planned writes, in the form in which they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.port import Json, Write, WriteKind
from connectors.launchpad.block import read_block
from connectors.launchpad.client import Entry, LaunchpadClient
from connectors.launchpad.records import BUG_TASKS, bug_of, path_of_record

_MOST_LOOKED = 500  # more writes than a run makes; one that finds its entry gone from here reads it
LABELS = (WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL)


def path_of_write(write: Write) -> str:
    """Path of the one entry that a write changes: tags lie on the bug, all else on the record's own entry."""
    if write.kind in LABELS and write.stream == BUG_TASKS:
        return f"bugs/{bug_of(write.target)}"
    return path_of_record(write.stream, write.target)


class Shown:
    """Reads what the targets of some writes show, each entry once.

    Attributes:
        looked: Entries as they were last looked at, by path; the write that follows takes it and need not look again.
    """

    def __init__(self, client: LaunchpadClient) -> None:
        self.looked: dict[str, Entry] = {}
        self._client = client

    def of(self, writes: Sequence[Write]) -> dict[str, Mapping[str, Json] | None]:
        """By write id; None: the entry is gone, hidden or moved. CREATE and UPSERT are left out."""
        asked = [w for w in writes if w.kind not in (WriteKind.CREATE, WriteKind.UPSERT)]
        entries: dict[str, Entry | None] = {}
        for path in dict.fromkeys(path_of_write(w) for w in asked):
            entry = entries[path] = self._client.entry_or_none(path)
            if entry is not None:
                self.looked[path] = entry
        while len(self.looked) > _MOST_LOOKED:
            self.looked.pop(next(iter(self.looked)))
        return {w.id: shown_of(w, entries[path_of_write(w)]) for w in asked}


def shown_of(write: Write, entry: Entry | None) -> Mapping[str, Json] | None:
    """What an entry shows for one write."""
    if entry is None:
        return None
    match write.kind:
        case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
            label = write.values.get("label")
            return {"label": label if label in (entry.get("tags") or []) else None}
        case WriteKind.PUT_BLOCK:
            return {"text": read_block(entry.get("whiteboard"), write.external_id)}
        case _:
            return {name: entry.get(name) for name in write.values}

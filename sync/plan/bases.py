"""What has to be remembered of a write that is done, so that the next plan can tell a person's edit from our own."""

from __future__ import annotations

from connectors.core.port import Json, Write, WriteKind


def bases_of(write: Write) -> dict[str, Json]:
    """Field id -> value to be stored as base of the written record.

    The key of a base is (connection, stream, id of the record, field id). The id of the record is that of the receipt
    (for UPSERT and CREATE) or the write's target. Labels have no base: those with our prefix are ours.
    """
    match write.kind:
        case WriteKind.SET_FIELDS | WriteKind.UPSERT | WriteKind.CREATE:
            return dict(write.values)
        case WriteKind.TRANSITION:
            return {"status": write.values["status"]}
        case WriteKind.PUT_LINK:
            return {f"link:{write.external_id}": dict(write.values)}
        case WriteKind.PUT_BLOCK:
            return {f"block:{write.external_id}": write.values["text"]}
        case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
            return {}

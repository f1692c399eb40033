"""Merges: losers go to the recycle bin with the winner's id, and their children move over."""

from __future__ import annotations

from sandbox.salesforce import dml, transactions
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.state import State


def merge(state: State, sobject: SObject, master_id: str, loser_ids: list[str]) -> None:
    """Merge records into one: losers go to the bin with MasterRecordId, children move over and keep their stamps.

    Raises:
        ValueError: The object cannot be merged, or a record is missing or deleted.
    """
    if not sobject.top["mergeable"]:
        raise ValueError(f"{sobject.name} cannot be merged")
    master = transactions.existing(state, sobject, {"id": master_id})
    losers = [transactions.existing(state, sobject, {"id": each}) for each in loser_ids]
    if any(row.get("IsDeleted") for row in (master, *losers)):
        raise ValueError("a deleted record cannot be merged")
    stamp = state.stamp()
    for loser in losers:
        for child in sobject.children:
            owner = state.schema.objects[child.object_name]
            for row in dml.children_of(state, child.object_name, child.field_name, loser["Id"]):
                moved = {**row, child.field_name: master["Id"]}
                state.put(owner, moved | ({"SystemModstamp": stamp} if state.switches.merged_children_move else {}))
        gone = {"IsDeleted": True, "MasterRecordId": master["Id"], "SystemModstamp": stamp, "LastModifiedDate": stamp}
        state.put(sobject, {**loser, **gone})
        state.log_deletion(sobject, loser["Id"], stamp)
    state.put(sobject, {**master, "SystemModstamp": stamp, "LastModifiedDate": stamp})

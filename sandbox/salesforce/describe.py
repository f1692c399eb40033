"""What `describe` answers, of the org, an object, or an object's fields, as the asking user sees them."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.org import Access
from sandbox.salesforce.rules import MASTER
from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import State

_GLOBAL_KEYS = (
    "activateable",
    "associateEntityType",
    "associateParentEntity",
    "createable",
    "custom",
    "customSetting",
    "deepCloneable",
    "deletable",
    "deprecatedAndHidden",
    "feedEnabled",
    "hasSubtypes",
    "isInterface",
    "isSubtype",
    "keyPrefix",
    "label",
    "labelPlural",
    "layoutable",
    "mergeable",
    "mruEnabled",
    "name",
    "queryable",
    "replicateable",
    "retrieveable",
    "searchable",
    "triggerable",
    "undeletable",
    "updateable",
)
"""What the global describe says of each object, beside its urls (recorded)."""

MAX_BATCH_SIZE = 200
"""Records in one collections call, as the global describe says."""


def global_describe(state: State, access: Access, version: str) -> dict[str, Any]:
    """Return the answer of /sobjects."""
    shown = [
        short(sobject, access, version)
        for sobject in sorted(state.schema.objects.values(), key=lambda each: each.name)
        if access.sees(sobject)
    ]
    return {"encoding": "UTF-8", "maxBatchSize": MAX_BATCH_SIZE, "sobjects": shown}


def short(sobject: SObject, access: Access, version: str) -> dict[str, Any]:
    """Return one object's entry in the global describe."""
    top = _top(sobject, access)
    return {**{key: top[key] for key in _GLOBAL_KEYS}, "urls": _urls(sobject, version)}


def full(state: State, sobject: SObject, access: Access, version: str) -> dict[str, Any]:
    """Return the answer of /sobjects/X/describe; fields that the user may not see are left out."""
    children = [
        {
            "cascadeDelete": child.cascade_delete,
            "childSObject": child.object_name,
            "deprecatedAndHidden": False,
            "field": child.field_name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": child.name,
            "restrictedDelete": child.restricted_delete,
        }
        for child in sobject.children
        if access.sees(state.schema.objects[child.object_name], child.field_name)
    ]
    fields = [_field(sobject, field, access) for field in sobject.fields if access.sees(sobject, field.name)]
    more = {"childRelationships": children, "fields": fields, "recordTypeInfos": record_types(state, sobject, version)}
    return dict(sorted({**_top(sobject, access), **more, "urls": _urls(sobject, version)}.items()))


def record_types(state: State, sobject: SObject, version: str) -> list[dict[str, Any]]:
    """Return an object's record types, the master last; it is the default where no other is."""
    base = f"/services/data/{version}/sobjects/{sobject.name}/describe/layouts/"
    types = state.org.types_of(sobject.name)
    found = [
        _record_type(each.id, each.developer_name, each.name, base, active=each.active, default=each.default)
        for each in types
    ]
    chosen = any(each.default for each in types)
    return [*found, _record_type(MASTER, "Master", "Master", base, active=True, default=not chosen)]


def _record_type(
    record_id: str, developer_name: str, name: str, base: str, *, active: bool, default: bool
) -> dict[str, Any]:
    return {
        "active": active,
        "available": active,
        "defaultRecordTypeMapping": default,
        "developerName": developer_name,
        "master": record_id == MASTER,
        "name": name,
        "recordTypeId": record_id,
        "urls": {"layout": base + record_id},
    }


def _top(sobject: SObject, access: Access) -> dict[str, Any]:
    if access.writes(sobject):
        return sobject.top
    return {**sobject.top, "createable": False, "updateable": False, "deletable": False, "undeletable": False}


def _field(sobject: SObject, field: Field, access: Access) -> dict[str, Any]:
    if access.writes(sobject, field.name):
        return field.info
    return {**field.info, "createable": False, "updateable": False}


def _urls(sobject: SObject, version: str) -> dict[str, str]:
    base = f"/services/data/{version}/sobjects/{sobject.name}"
    return {
        "compactLayouts": f"{base}/describe/compactLayouts",
        "rowTemplate": f"{base}/{{ID}}",
        "approvalLayouts": f"{base}/describe/approvalLayouts",
        "listviews": f"{base}/listviews",
        "describe": f"{base}/describe",
        "quickActions": f"{base}/quickActions",
        "layouts": f"{base}/describe/layouts",
        "sobject": base,
    }

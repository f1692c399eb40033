"""What `describe` answers, of the org, an object, or an object's fields, as the asking user sees them."""

from __future__ import annotations

from typing import Any

from sandbox.salesforce.schema import Field, SObject
from sandbox.salesforce.state import Access, State

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
    layouts = f"/services/data/{version}/sobjects/{sobject.name}/describe/layouts/012000000000000AAA"
    master = {
        "active": True,
        "available": True,
        "defaultRecordTypeMapping": True,
        "developerName": "Master",
        "master": True,
        "name": "Master",
        "recordTypeId": "012000000000000AAA",
        "urls": {"layout": layouts},
    }
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
    more = {"childRelationships": children, "fields": fields, "recordTypeInfos": [master]}
    return dict(sorted({**_top(sobject, access), **more, "urls": _urls(sobject, version)}.items()))


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

"""Says in a project manager's words why Jira refused a write."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.core.errors import NotFoundError, RefusedError, SkippableError
from connectors.core.port import Write, WriteKind

_DOES = {
    WriteKind.SET_FIELDS: "edit issue",
    WriteKind.ADD_LABEL: "label issue",
    WriteKind.REMOVE_LABEL: "remove a label of issue",
    WriteKind.TRANSITION: "change the status of issue",
    WriteKind.PUT_LINK: "link issue",
    WriteKind.CREATE: "create an issue below",
    WriteKind.UPSERT: "write issue",
}
_PERMISSION = {
    WriteKind.SET_FIELDS: "Edit Issues",
    WriteKind.ADD_LABEL: "Edit Issues",
    WriteKind.REMOVE_LABEL: "Edit Issues",
    WriteKind.TRANSITION: "Transition Issues",
    WriteKind.PUT_LINK: "Link Issues",
    WriteKind.CREATE: "Create Issues",
    WriteKind.UPSERT: "Edit Issues",
}


def explain(exc: SkippableError, write: Write, names: Mapping[str, str]) -> str:
    """One sentence: what was refused, Jira's own message for each field under its visible name, and what to mend.

    Args:
        exc: The refusal.
        write: What was refused.
        names: Visible names by field id.
    """
    what = f"Jira would not {_DOES[write.kind]} {write.target}"
    if isinstance(exc, NotFoundError):
        return f"{what}: it is gone, or this login may not see it"
    fields = exc.fields if isinstance(exc, RefusedError) else {}
    by_name = [f"{names.get(field, field)}: {message}" for field, message in fields.items()]
    general = str(exc).partition(f"refused ({exc.status})")[2].lstrip(": ")
    for field, message in fields.items():  # the general line holds the fields too, by their ids
        general = general.replace(f"{field}: {message.rstrip('.')}", "")
    parts = [part for part in (general.strip("; "), *by_name) if part]
    text = f"{what}: {'; '.join(parts)}" if parts else f"{what} (status {exc.status}, without a reason)"
    if exc.status == 403:
        text += f". The login needs the permission {_PERMISSION[write.kind]} in project {write.partition}"
    return text

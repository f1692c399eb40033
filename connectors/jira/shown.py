"""What Jira shows now for the fields of planned writes, in the form in which they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.core.errors import NotFoundError, RefusedError
from connectors.core.port import Json, Write, WriteKind
from connectors.jira.client import JiraClient
from connectors.jira.reader import issues_by_id

Issues = Mapping[str, Mapping[str, Json] | None]


class Shown:
    """Reads what the targets of some writes show, each issue once."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def of(self, writes: Sequence[Write]) -> dict[str, Mapping[str, Json] | None]:
        """By write id; None: the issue is gone or hidden. CREATE and UPSERT are left out."""
        asked = [w for w in writes if w.kind not in (WriteKind.CREATE, WriteKind.UPSERT)]
        plain = [w for w in asked if w.kind is not WriteKind.PUT_LINK]
        issues = self._issues(plain)
        result = {w.id: _of_issue(w, issues[w.target]) for w in plain}
        result.update(self._links([w for w in asked if w.kind is WriteKind.PUT_LINK], issues))
        return result

    def _issues(self, writes: Sequence[Write]) -> Issues:
        if self._client.cloud:
            fields = sorted({name for w in writes for name in _fields(w)})
            return issues_by_id(self._client, [w.target for w in writes], fields)
        found: dict[str, Mapping[str, Json] | None] = {}
        for target in dict.fromkeys(w.target for w in writes):
            fields = sorted({name for w in writes if w.target == target for name in _fields(w)})
            found.update(issues_by_id(self._client, [target], fields))
        return found

    def _links(self, writes: Sequence[Write], issues: Issues) -> dict[str, Mapping[str, Json] | None]:
        """Jira answers 404 for a missing link and for a missing issue alike: issues not seen yet are then asked for."""
        answers = {w.id: self._link(w) for w in writes}
        unclear = [w.target for w in writes if answers[w.id] is None and w.target not in issues]
        known = {**issues, **(issues_by_id(self._client, unclear, ["summary"]) if unclear else {})}
        result: dict[str, Mapping[str, Json] | None] = {}
        for write in writes:
            link = answers[write.id]
            if link is not None:
                result[write.id] = {name: link.get(name) for name in write.values}
            else:
                result[write.id] = dict.fromkeys(write.values) if known.get(write.target) else None
        return result

    def _link(self, write: Write) -> Mapping[str, Json] | None:
        place = f"issue/{write.target}/remotelink"
        try:
            answer = self._client.get(place, {"globalId": write.external_id})
        except (NotFoundError, RefusedError):  # refused: issue linking is turned off on this site, so there is none
            return None
        # One link by global id is answered as an object; some versions answer a list.
        links = answer if isinstance(answer, list) else [answer]
        for link in links:
            if isinstance(link, Mapping) and link.get("globalId") == write.external_id:
                shown = link.get("object")
                return shown if isinstance(shown, Mapping) else {}
        return None


def _fields(write: Write) -> tuple[str, ...]:
    match write.kind:
        case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
            return ("labels",)
        case WriteKind.TRANSITION:
            return ("status",)
        case _:
            return tuple(write.values)


def _of_issue(write: Write, issue: Mapping[str, Json] | None) -> Mapping[str, Json] | None:
    if issue is None:
        return None
    held = issue.get("fields")
    fields: Mapping[str, Json] = held if isinstance(held, Mapping) else {}
    match write.kind:
        case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
            label = write.values.get("label")
            return {"label": label if label in (fields.get("labels") or []) else None}
        case WriteKind.TRANSITION:
            return {"status": (fields.get("status") or {}).get("name")}
        case _:
            return {name: shaped(fields.get(name), write, name) for name in write.values}


def shaped(value: Json, write: Write, name: str) -> Json:
    """``value`` as Jira shows it, cut down to the form in which ``write`` gives the field ``name``."""
    like = write.values.get(name)
    return alike(value, write.before.get(name) if like is None else like)


def alike(value: Json, like: Json) -> Json:
    """``value`` with the keys of ``like`` alone: an option is shown with id and address, and written by its value."""
    if isinstance(value, list):
        pattern = like[0] if isinstance(like, list) and like else None
        return [alike(v, pattern) for v in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(like, Mapping):
        return {key: alike(value.get(key), part) for key, part in like.items()}
    # Nothing to go by (the field is to be emptied): what identifies an option, a version or a user.
    for key in ("value", "name", "accountId", "key", "id"):
        if key in value:
            return {key: value[key]}
    return dict(value)

"""The admin routes by which a test acts as the org's people and its administrator.

- `POST /_sandbox/records`: changes at once, a list of `{"op", "object", "id", "values", "as"}`; op is create,
  update, delete, undelete, purge (out of the bin for good) or touch (only SystemModstamp moves); `as` names the
  user; gives `{"ids"}`.
- `POST /_sandbox/merge`: `{"object", "master", "losers"}`; losers go to the bin with MasterRecordId, their children
  move to the master without a stamp.
- `POST /_sandbox/transactions`: `{"operations": [...]}`, create, update and delete as above, seen only after
  commit; gives `{"id", "records"}`. `POST /_sandbox/transactions/ID/commit` or `.../rollback` ends it.
- `POST /_sandbox/locks`: `{"ids", "times", "kind"}`; writes to them fail with UNABLE_TO_LOCK_ROW so often (left out:
  always; 0: no more). With the kind `approval` they fail with ENTITY_IS_LOCKED until `times` 0 is sent.
- `POST /_sandbox/sharing`: `{"defaults", "rules", "users"}`, as the state's org.sharing and org.users.
- `GET /_sandbox/outbox`: outbound messages that wait.
- `POST /_sandbox/sessions/revoke`: ends tokens, all or those of `{"username"}` or `{"token"}`; gives `{"revoked":
  n}`.
- `POST /_sandbox/access`: `{"username", "hidden", "read_only"}`, as an entry of the state's org.users.

The daily quota is changed by `POST /_sandbox/settings` with `daily_limit`, `calls_used`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.salesforce import dml, transactions
from sandbox.salesforce.dml import Actor
from sandbox.salesforce.ids import to_18
from sandbox.salesforce.merging import merge
from sandbox.salesforce.org import Access
from sandbox.salesforce.org_document import access_of, sharing_of
from sandbox.salesforce.room import Room
from sandbox.salesforce.schema import SObject
from sandbox.salesforce.soql_engine import Engine
from sandbox.salesforce.state import Record

PREFIX = "/_sandbox/"


class Steering:
    """The routes above; each takes the service's lock, as admin routes run outside of it."""

    def __init__(self, room: Room, lock: AbstractContextManager[Any], changed: Callable[[], None]) -> None:
        self._room = room
        self._lock = lock
        self._changed = changed

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        table: tuple[tuple[str, Callable[..., Json]], ...] = (
            ("records", self.records),
            ("merge", self.merge),
            ("transactions", self.open_transaction),
            ("transactions/<transaction_id>/<end>", self.end_transaction),
            ("locks", self.locks),
            ("sessions/revoke", self.revoke),
            ("access", self.access),
            ("sharing", self.sharing),
        )
        made = [Route(method="POST", path=PREFIX + path, handler=self._guarded(handler)) for path, handler in table]
        return [*made, Route(method="GET", path=PREFIX + "outbox", handler=self._guarded(self.outbox))]

    def records(self, call: Call) -> Json:
        """Change records at once."""
        body = call.json_body()
        operations = body if isinstance(body, list) else [body]
        return {"ids": [self._operate(operation) for operation in operations]}

    def merge(self, call: Call) -> Json:
        """Merge records into one."""
        body = call.json_object()
        sobject = self._object(body)
        merge(self._room.state, sobject, str(body["master"]), [str(one) for one in body["losers"]])
        return {"merged": len(body["losers"])}

    def open_transaction(self, call: Call) -> Json:
        """Open a transaction whose changes are made but not seen."""
        body = call.json_object()
        state = self._room.state
        opened = transactions.open_transaction(state, self._actor(body), body["operations"])
        return {"id": opened.id, "records": [change.record_id for change in opened.changes]}

    def end_transaction(self, call: Call, transaction_id: str, end: str) -> Json:  # noqa: ARG002 - a handler's form
        """Commit or roll back."""
        if end == "commit":
            return {"records": transactions.commit(self._room.state, transaction_id)}
        if end != "rollback":
            raise HttpError(404, "a transaction ends by commit or rollback")
        transactions.roll_back(self._room.state, transaction_id)
        return {"records": []}

    def locks(self, call: Call) -> Json:
        """Lock rows, or unlock them."""
        body = call.json_object()
        times, approval = int(body.get("times", -1)), body.get("kind") == "approval"
        for text in body["ids"]:
            record_id = to_18(text) or text
            if approval:
                (self._room.state.approvals.add if times else self._room.state.approvals.discard)(record_id)
                continue
            self._room.state.locks.pop(record_id, None)
            if times:
                self._room.state.locks[record_id] = times
        state = self._room.state
        return dict(state.locks) | dict.fromkeys(state.approvals, "approval")

    def revoke(self, call: Call) -> Json:
        """End tokens."""
        body = call.json_object()
        sessions = self._room.state.sessions
        ended = [
            token
            for token, session in sessions.items()
            if body.get("username", session.username) == session.username and body.get("token", token) == token
        ]
        for token in ended:
            del sessions[token]
        return {"revoked": len(ended)}

    def access(self, call: Call) -> Json:
        """Say what a user may not do."""
        body = call.json_object()
        self._room.state.org.access[str(body["username"]).casefold()] = access_of(body)
        return {}

    def sharing(self, call: Call) -> Json:
        """Say who sees and edits which rows."""
        body, state = call.json_object(), self._room.state
        model = sharing_of(body, list(body.get("users", ())))
        engine = Engine(state, Access(), version="v66.0", deleted=True)
        found = {
            (rule.object_name, rule.where): engine.condition(rule.object_name, rule.where)
            for rule in model.rules
            if rule.where
        }
        state.predicates |= found
        state.org.sharing = model
        return {}

    def outbox(self, call: Call) -> Json:  # noqa: ARG002 - a handler's form
        """List the outbound messages that wait."""
        return [asdict(note) for note in self._room.state.outbox]

    def _operate(self, operation: dict[str, Any]) -> str:
        state, sobject = self._room.state, self._object(operation)
        actor, op = self._actor(operation), operation.get("op")
        if op == "create":
            return str(dml.create(state, actor, sobject, operation.get("values", {}))["Id"])
        record = transactions.existing(state, sobject, operation)
        match op:
            case "update":
                dml.update(state, actor, sobject, record, operation.get("values", {}))
            case "delete":
                dml.delete(state, actor, sobject, record)
            case "undelete":
                dml.undelete(state, sobject, record)
            case "purge":
                state.purge(sobject, record["Id"])
            case "touch":
                state.put(sobject, {**record, "SystemModstamp": state.stamp()})
            case _:
                raise ValueError(f"no such operation: {op!r}")
        return str(record["Id"])

    def _object(self, body: dict[str, Any]) -> SObject:
        found = self._room.state.schema.get(str(body.get("object")))
        if found is None:
            raise ValueError(f"no such object: {body.get('object')!r}")
        return found

    def _actor(self, body: dict[str, Any]) -> Actor:
        state = self._room.state
        name = body.get("as")
        user: Record | None = state.user(str(name)) if name else next(iter(state.tables["User"].values()))
        if user is None:
            raise ValueError(f"no such user: {name!r}")
        access = state.access(user["Username"]) if name else Access()
        return Actor(user_id=user["Id"], username=user["Username"], access=access, system=not name)

    def _guarded(self, handler: Callable[..., Json]) -> Callable[..., Json]:
        def run(call: Call, **arguments: str) -> Json:
            with self._lock:
                try:
                    answer = handler(call, **arguments)
                except (ValueError, TypeError, LookupError, AttributeError) as error:
                    raise HttpError(400, f"{type(error).__name__}: {error}") from error
                self._changed()
                return answer

        return run

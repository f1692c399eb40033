"""The stand-in's own routes under `/_sandbox/`: what people, pushes and time do. All are POST.

- `/_sandbox/janitor`: expires what has been Incomplete for too long; gives `{"expired": [{"bug", "target"}]}`.
- `/_sandbox/authorize`: a person's word on a request token, `{"token", "person", "level"}`; UNAUTHORIZED refuses.
- `/_sandbox/push`: a push, `{"repository": "~ann/nimbus/+git/nimbus", "refs": {"main": COMMIT or null}}`.
- `/_sandbox/tokens`: changes a token while it is in use, `{"key", "level"}` or `{"key", "expires_in_seconds"}`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from sandbox.core.checked import STRICT, read
from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.launchpad.commit import commit
from sandbox.launchpad.dumping import written
from sandbox.launchpad.handout import Handout
from sandbox.launchpad.session import Level

if TYPE_CHECKING:
    from sandbox.launchpad.service import LaunchpadService

CENTURY_SECONDS = 3_155_760_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Push:
    __pydantic_config__ = STRICT

    repository: str
    refs: dict[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TokenChange:
    __pydantic_config__ = STRICT

    key: str
    level: Level | None = None
    expires_in_seconds: Annotated[float, Field(ge=-CENTURY_SECONDS, le=CENTURY_SECONDS)] | None = None


class Steering:
    """The handlers."""

    def __init__(self, service: LaunchpadService, handout: Handout) -> None:
        self._service = service
        self._handout = handout

    def routes(self) -> Iterable[Route]:
        """List the routes."""
        yield Route(method="POST", path="/_sandbox/janitor", handler=self._janitor)
        yield Route(method="POST", path="/_sandbox/authorize", handler=self._handout.authorize)
        yield Route(method="POST", path="/_sandbox/push", handler=self._push)
        yield Route(method="POST", path="/_sandbox/tokens", handler=self._change_token)

    def _janitor(self, _call: Call) -> Json:
        service = self._service
        with service.lock:
            service.store.session = service.nobody(loading=True)
            expired = []
            for bug in service.store.bugs:
                for task in service.store.expirable(bug):
                    task.status = "Expired"
                    expired.append({"bug": bug.id, "target": task.bug_target_name})
            commit(service.store)
            service.store.session = service.nobody()
            return {"expired": expired}

    def _push(self, call: Call) -> Json:
        given, service = read(_Push, call.json_object()), self._service
        with service.lock:
            repository = next((one for one in service.store.repositories if one.path == given.repository), None)
            if repository is None:
                raise HttpError(404, f"no such repository: {given.repository!r}")
            service.store.session = service.nobody()
            try:
                changes = repository.push(given.refs)
            except ValueError as error:
                service.store.session.roll_back()
                raise HttpError(400, str(error)) from error
            commit(service.store)
            service.postman.call()
            return {"ref_changes": changes}

    def _change_token(self, call: Call) -> Json:
        given, service = read(_TokenChange, call.json_object()), self._service
        with service.lock:
            token = next((one for one in service.store.tokens if one.key == given.key), None)
            if token is None:
                raise HttpError(404, f"no such token: {given.key!r}")
            if given.level is not None:
                token.level = given.level
            if given.expires_in_seconds is not None:
                token.expires = service.clock.now() + timedelta(seconds=given.expires_in_seconds)
            return {"key": token.key, "level": token.level.value, "expires": written(token.expires)}

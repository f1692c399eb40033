"""The stand-in's own routes under `/_sandbox/`: what other people, administrators and time do.

==========================  =================================  =====================================================
route                       body                               does
==========================  =================================  =====================================================
POST `move`                 `{issue, project, issuetype}`      moves an issue; gives `{"id", "key"}`. `issuetype` may
                                                               be left out
POST `archive`, `restore`   `{issue}`                          archives an issue, or takes it out of the archive
POST `revoke`               `{}` or `{token}`                  ends OAuth access tokens, all or one
POST `tokens/end`           `{user}`                           ends the API token or PAT of a user, and its sessions
POST `permit`               `{project, user, browse, edit,     gives (true) or takes (false) a user's permissions in a
                            administer}`                       project; those left out stay
POST `limits/forget`        `{}`                               begins all rate limits anew
GET `deliveries`                                               what was sent to webhooks: `{"id", "hook", "event",
                                                               "attempt", "status", "headers", "body"}`
POST `deliveries/wait`      `{seconds}`                        waits until all that is due was sent
==========================  =================================  =====================================================
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.core.http import Call, HttpError, Json, Route
from sandbox.jira import moving
from sandbox.jira.model import Issue

if TYPE_CHECKING:
    from sandbox.jira.service import JiraService

Action = Callable[[dict[str, Any]], Json]


def routes(service: "JiraService") -> list[Route]:
    """List the routes."""
    desk = _Desk(service)
    table: dict[str, Action] = {
        "move": desk.move,
        "archive": desk.archive,
        "restore": desk.restore,
        "revoke": desk.revoke,
        "tokens/end": desk.end_token,
        "permit": desk.permit,
        "limits/forget": desk.forget,
    }
    return [
        *(Route(method="POST", path=f"/_sandbox/{path}", handler=desk.locked(each)) for path, each in table.items()),
        Route(method="GET", path="/_sandbox/deliveries", handler=desk.deliveries),
        Route(method="POST", path="/_sandbox/deliveries/wait", handler=desk.wait),
    ]


class _Desk:
    def __init__(self, service: "JiraService") -> None:
        self._service = service

    def locked(self, action: Action) -> Callable[[Call], Json]:
        def serve(call: Call) -> Json:
            with self._service.lock:
                try:
                    given = action(call.json_object())
                except (ValueError, KeyError, TypeError, AttributeError) as problem:
                    raise HttpError(400, f"{type(problem).__name__}: {problem}") from problem
                self._service.postman.call()
                return given

        return serve

    def _issue(self, body: dict[str, Any]) -> Issue:
        found = self._service.site.state.issue(str(body["issue"]))
        if found is None:
            raise ValueError(f"{body['issue']!r} is no issue")
        return found

    def move(self, body: dict[str, Any]) -> Json:
        issue, state = self._issue(body), self._service.site.state
        project_id = state.project_id(body["project"])
        if project_id is None:
            raise ValueError(f"{body['project']!r} is no project")
        type_id = None
        if body.get("issuetype") is not None:
            type_id = state.row_id(state.tables["issuetypes"], body["issuetype"])
            if type_id is None:
                raise ValueError(f"{body['issuetype']!r} is no issue type")
        moving.move(self._service.site, issue, project_id=project_id, type_id=type_id, uid=None)
        return {"id": issue.id, "key": issue.key}

    def archive(self, body: dict[str, Any]) -> Json:
        moving.archive(self._service.site, self._issue(body), None)
        return {}

    def restore(self, body: dict[str, Any]) -> Json:
        moving.restore(self._service.site, self._issue(body))
        return {}

    def revoke(self, body: dict[str, Any]) -> Json:
        tokens = self._service.site.state.access_tokens
        ended = [one for one in tokens if body.get("token") in (None, one)]
        for one in ended:
            del tokens[one]
        return {"revoked": len(ended)}

    def _user(self, body: dict[str, Any]) -> str:
        found = self._service.site.state.user_id(body["user"])
        if found is None:
            raise ValueError(f"{body['user']!r} is no user")
        return found

    def end_token(self, body: dict[str, Any]) -> Json:
        state, uid = self._service.site.state, self._user(body)
        state.users[uid] |= {"token": None, "scoped_token": None}
        state.sessions = {value: owner for value, owner in state.sessions.items() if owner != uid}
        return {}

    def permit(self, body: dict[str, Any]) -> Json:
        state, uid = self._service.site.state, self._user(body)
        project_id = state.project_id(body["project"])
        if project_id is None:
            raise ValueError(f"{body['project']!r} is no project")
        row = state.projects[project_id]
        for name in ("browse", "edit", "administer"):
            if name in body:
                given = row.get(name)
                allowed = list(state.users) if given is None else [state.user_id(one) for one in given]
                row[name] = [one for one in allowed if one != uid] + ([uid] if body[name] else [])
        state.writes += 1
        return {name: row.get(name) for name in ("browse", "edit", "administer")}

    def forget(self, _body: dict[str, Any]) -> Json:
        self._service.meter.clear()
        return {}

    def deliveries(self, _call: Call) -> Json:
        with self._service.lock:
            return [one.as_json() for one in self._service.postman.sent]

    def wait(self, call: Call) -> Json:
        """Wait without the lock, which the postman needs."""
        end = time.monotonic() + float(call.json_object().get("seconds", 5.0))
        while time.monotonic() < end:
            with self._service.lock:
                if self._service.postman.idle():
                    return {"idle": True}
            time.sleep(0.01)
        return {"idle": False}

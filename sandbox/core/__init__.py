"""What every stand-in is built on: HTTP on loopback, faults, request log, clock, lock, TLS, admin routes.

Each stand-in is one folder beside this one, with the same file names: `__main__.py` the command, `service.py` what is
served, `state.py` the state and its document, `loading.py` from the document to the state, `switches.py` what is not
settled, `auth.py` who calls, `steering.py` its own admin routes, `webhooks.py` what it tells of by itself; the others
bear the names of what the tool has.

A service is made so::

    from collections.abc import Iterable

    from sandbox.core.http import Call, HttpError, Json, Route, json_response
    from sandbox.core.server import running
    from sandbox.core.service import Service


    class Greeter(Service):
        name = "greeter"

        def __init__(self) -> None:
            super().__init__()  # takes clock= and log_file=
            self.names: list[str] = []

        def routes(self) -> Iterable[Route]:
            yield Route(method="GET", path="/hello/<name>", handler=self.hello)
            yield Route(method="POST", path="/hello", handler=self.learn)

        def hello(self, call: Call, name: str) -> Json:  # path arguments arrive unquoted (%2F too)
            if name not in self.names:
                raise HttpError(404, f"{name} is unknown")
            return {"hello": name, "asked": call.args.get("why")}  # 200, application/json

        def learn(self, call: Call) -> Json:
            self.names.append(call.json_body()["name"])
            return json_response({"learnt": True}, status=201)

        def dump_state(self) -> Json:
            return {"names": self.names}

        def load_state(self, document: Json) -> None:
            self.names = list(document["names"])


    with running(Greeter()) as url:  # http://127.0.0.1:PORT; tls=tls.from_new_authority(dir) for https
        ...

Hooks that a service may override: `authenticate(call)` before the handler (may set `call.user`),
`finish(call, response)` for headers, `render_error(call, error)` for the tool's own form of errors,
`settings`/`change_settings` for its own knobs. Handlers and hooks run under the service's lock.
`HttpError(status, message, body=, headers=)` ends a handler; `empty_response()` is a 204.

From Python a test uses `service.faults.add({...})`, `.release()`, `.clear()`, `service.log.exchanges()`,
`service.log.counts()`, `service.clock.advance(seconds)`; over HTTP the same is at `/_sandbox/...` (see
`sandbox.core.admin`, `sandbox.core.faults`). A command line uses `sandbox.core.command.add_options` and
`serve_until_stopped`.
"""

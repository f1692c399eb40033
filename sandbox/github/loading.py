"""Makes a state from its document and a document from a state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sandbox.core.checked import changed, refuse_what_json_cannot_hold
from sandbox.core.clock import Clock
from sandbox.github.accounts import Account, App, Delivery, Hook, InstallationToken, Token
from sandbox.github.completing import complete
from sandbox.github.entities import Repo
from sandbox.github.projects import Project
from sandbox.github.reading import Wrong, read, write
from sandbox.github.references import resolve, spell
from sandbox.github.state import State
from sandbox.github.switches import Knobs, Limits

KEYS = frozenset(
    {
        "deployment",
        "html_url",
        "accounts",
        "apps",
        "tokens",
        "repositories",
        "organization_hooks",
        "projects",
        "switches",
        "limits",
        "faults",
        "counters",
        "installation_tokens",
        "deliveries",
    }
)
DEPLOYMENTS = ("cloud", "ghes")


def load(document: Any, clock: Clock) -> State:
    """Make a state.

    Raises:
        ValueError: the document is wrong; the text names every problem with its place.
    """
    if not isinstance(document, Mapping):
        raise ValueError("the state must be an object")  # noqa: TRY004 - the loader's one error
    refuse_what_json_cannot_hold(document)
    problems = [f"{key!r} is unknown" for key in sorted(document.keys() - KEYS)]
    deployment = document.get("deployment", "cloud")
    if deployment not in DEPLOYMENTS:
        problems.append("deployment: cloud or ghes")
    state = State(
        clock=clock,
        enterprise=deployment == "ghes",
        html_url=str(document.get("html_url") or "").rstrip("/"),
        counters=dict(document.get("counters") or {}),
    )
    _knobs(state, document, problems)
    _read_all(state, document, problems)
    if problems:
        raise Wrong(problems)
    complete(state, problems)
    resolve(state, problems)
    if problems:
        raise Wrong(problems)
    return state


def dump(state: State, faults: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Give the document of a state, with the rules of faults in force."""
    spell(state)
    document: dict[str, Any] = {
        "deployment": "ghes" if state.enterprise else "cloud",
        "html_url": state.html_url,
        "accounts": _write_all(state.accounts.values()),
        "apps": _write_all(state.apps.values()),
        "tokens": _write_all(state.tokens.values()),
        "repositories": _write_all(state.repos.values()),
        "organization_hooks": {login: _write_all(hooks) for login, hooks in state.organization_hooks.items()},
        "projects": _write_all(state.projects),
        **asdict(state.knobs),
        "faults": list(faults),
        "counters": dict(state.counters),
        "installation_tokens": _write_all(state.installation_tokens.values()),
        "deliveries": _write_all(state.deliveries),
    }
    return {key: value for key, value in document.items() if value not in ("", [], {})}


def _write_all(things: Iterable[Any]) -> list[dict[str, Any]]:
    return [write(each) for each in things]


def _knobs(state: State, document: Mapping[str, Any], problems: list[str]) -> None:
    given = {key: document[key] for key in ("switches", "limits") if document.get(key) is not None}
    try:
        state.knobs = changed(Knobs(limits=Limits.of(enterprise=state.enterprise)), given)
    except ValueError as error:
        problems.append(str(error))


def _read_all(state: State, document: Mapping[str, Any], problems: list[str]) -> None:
    for account in _list(Account, document, "accounts", problems):
        same = state.accounts.setdefault(account.login.casefold(), account) is account
        problems.extend([] if same else [f"accounts: {account.login} stands there twice"])
    state.apps = {each.id: each for each in _list(App, document, "apps", problems)}
    state.tokens = {each.token: each for each in _list(Token, document, "tokens", problems)}
    state.installation_tokens = {
        each.token: each for each in _list(InstallationToken, document, "installation_tokens", problems)
    }
    for n, repo in enumerate(_list(Repo, document, "repositories", problems)):
        owner, _, name = repo.full_name.partition("/")
        if not owner or not name or "/" in name:
            problems.append(f"repositories[{n}]: full_name is owner/name, not {repo.full_name!r}")
        state.repos[n] = repo  # completing puts them by their ids
    state.projects = _list(Project, document, "projects", problems)
    state.deliveries = _list(Delivery, document, "deliveries", problems)
    hooks = document.get("organization_hooks") or {}
    if not isinstance(hooks, Mapping):
        problems.append("organization_hooks: an object is needed")
    else:
        state.organization_hooks = {login.casefold(): _list(Hook, hooks, login, problems) for login in hooks}


def _list(kind: type[Any], document: Mapping[str, Any], key: str, problems: list[str]) -> list[Any]:
    things = document.get(key) or []
    if not isinstance(things, list):
        problems.append(f"{key}: a list is needed")
        return []
    found = (read(kind, each, f"{key}[{n}]", problems) for n, each in enumerate(things))
    return [each for each in found if each is not None]

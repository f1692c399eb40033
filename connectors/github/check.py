"""Looks at one live GitHub connection, and says for each thing that is not as it must be how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.core.checking import guarded
from connectors.core.errors import ConnectorError, NotFoundError, PartitionError
from connectors.core.port import CheckResult, Json
from connectors.github.catalog import Project, ProjectField
from connectors.github.client import GithubClient
from connectors.github.projects import ProjectDesk
from connectors.github.repositories import Places

_MOST_SKEW_S = 60.0  # cursors use server time alone; more than this is worth a person's look
_LOW_SHARE = 0.2
_COLOURS = ("Green", "Amber", "Red", "Unknown")
_FIELDS = {"Syncline status": "SINGLE_SELECT", "Syncline status text": "TEXT"}
_KIND_WORDS = {"SINGLE_SELECT": "single select", "TEXT": "text"}
_EVERYWHERE = ("work.label",)
_BY_ANCHOR = ("anchor.block",)
_VIEWER = "query SynclineViewer { viewer { login } }"


def check(
    client: GithubClient,
    places: Places,
    projects: ProjectDesk,
    wanted: Sequence[str],
    anchored: Collection[str] | None = None,
) -> Iterator[CheckResult]:
    """Everything, in the order in which it is to be mended; ends when nothing more can be told.

    Never raises a connector's error.

    Args:
        client: The client.
        places: Where its repositories are kept.
        projects: The configured project.
        wanted: Repositories that engagements use: all must be readable.
        anchored: Those with an anchor, on which the status is shown; None: all.
    """
    yield (reached := guarded("reachability", lambda: _reachability(client)))
    if not reached.ok:
        return
    yield (known := guarded("identity", lambda: _identity(client)))
    if not known.ok:
        return
    yield _clock(client)
    for place in wanted:
        rules = _EVERYWHERE + (_BY_ANCHOR if anchored is None or place in anchored else ())
        writes = any(rule in client.settings.owned for rule in rules)
        yield guarded("repository", lambda place=place, writes=writes: _repository(client, places, place, writes))  # type: ignore[misc] # mypy cannot infer a lambda's default
    if client.settings.project is not None:
        yield from _project(client, projects)
    elif "anchor.status" in client.settings.owned:
        mend = "set project to the ORG/NUMBER of the project whose fields show the status"
        yield CheckResult(name="fields", ok=False, found="anchor.status is owned, and no project is named", mend=mend)
    yield _rate_budget(client)


def _reachability(client: GithubClient) -> CheckResult:
    try:
        answer = client.get("/rate_limit")  # open to every login, and counts against no limit
    except NotFoundError as exc:
        if "rate limiting" in str(exc).casefold():  # an Enterprise Server says so when limits are turned off
            return CheckResult(name="reachability", ok=True, found="GitHub Enterprise Server without rate limits")
        mend = "set url to the REST API: https://api.github.com, or https://HOST/api/v3 of an Enterprise Server"
        return CheckResult(name="reachability", ok=False, found=str(exc), mend=mend)
    version = answer.headers.get("x-github-enterprise-version")
    return CheckResult(
        name="reachability", ok=True, found=f"GitHub Enterprise Server {version}" if version else "GitHub"
    )


def _identity(client: GithubClient) -> CheckResult:
    viewer = client.query(_VIEWER, {}).data.get("viewer")
    login = viewer.get("login") if isinstance(viewer, Mapping) else None
    if not login:
        mend = "make a new token for the login that syncline uses, and put it where token says"
        return CheckResult(name="identity", ok=False, found="GitHub does not say who we are", mend=mend)
    return CheckResult(name="identity", ok=True, found=str(login))


def _clock(client: GithubClient) -> CheckResult:
    skew = client.skew
    if skew is None:
        mend = "something between this machine and GitHub strips Date; without it nothing can be read"
        return CheckResult(name="clock", ok=False, found="the answers bear no Date", mend=mend)
    seconds = skew.total_seconds()
    found = f"the server's clock is {abs(seconds):.0f} s {'ahead of' if seconds >= 0 else 'behind'} this machine's"
    if abs(seconds) > _MOST_SKEW_S:
        return CheckResult(name="clock", ok=False, found=found, mend="set this machine's clock (NTP)")
    return CheckResult(name="clock", ok=True, found=found)


def _repository(client: GithubClient, places: Places, place: str, writes: bool) -> CheckResult:  # noqa: FBT001 - one call, by a lambda
    try:
        repository = places.ask(place)
    except PartitionError as exc:
        mend = f"give the token or the app's installation access to {place}, or correct the place in the configuration"
        return CheckResult(name="repository", ok=False, found=str(exc), mend=mend)
    data = client.get(repository.path).body
    held = data.get("permissions") if isinstance(data, Mapping) else None
    if isinstance(data, Mapping) and data.get("has_issues") is False:
        mend = f"turn issues on in the settings of {place}"
        return CheckResult(name="repository", ok=False, found=f"{place}: issues are turned off", mend=mend)
    client.get(f"{repository.path}/issues", {"per_page": 1})  # refused without the permission Issues
    renamed = f", now called {repository.full_name}" if repository.full_name.casefold() != place.casefold() else ""
    found = f"{place}{renamed}: {repository.visibility}"
    if writes:
        if isinstance(data, Mapping) and data.get("archived"):
            mend = "take it out of the archive, or out of the engagements"
            return CheckResult(name="repository", ok=False, found=f"{found}, archived: read-only", mend=mend)
        if isinstance(held, Mapping) and not _may_write(held):
            mend = f"give the login the role Triage in {place}, and the token the permission Issues: write"
            return CheckResult(name="repository", ok=False, found=f"{found}: this login may only read", mend=mend)
    return CheckResult(name="repository", ok=True, found=found)


def _may_write(held: Mapping[str, Json]) -> bool:
    return any(held.get(role) for role in ("triage", "push", "maintain", "admin"))


def _project(client: GithubClient, projects: ProjectDesk) -> Iterator[CheckResult]:
    try:
        project = projects.read()
    except ConnectorError as exc:
        mend = "give the token or app the organisation permission Projects (write), or correct project"
        yield CheckResult(name="fields", ok=False, found=str(exc), mend=mend)
        return
    if project is None or "anchor.status" not in client.settings.owned:
        return
    if project.closed or not project.writable:
        what = "is closed" if project.closed else "may not be written to by this login"
        mend = "open it again" if project.closed else "give the login the role Write in the project"
        yield CheckResult(name="write permission", ok=False, found=f"project {project.title!r} {what}", mend=mend)
    for name, kind in _FIELDS.items():
        yield _field(project, name, kind)


def _field(project: Project, name: str, kind: str) -> CheckResult:
    words = _KIND_WORDS[kind]
    found: ProjectField | None = next((f for f in project.fields.values() if f.name == name), None)
    if found is None:
        mend = f"make a {words} field {name} in the project"
        mend += f" with the options {', '.join(_COLOURS)}" if kind == "SINGLE_SELECT" else ""
        return CheckResult(name="fields", ok=False, found=f"{name}: no such field in {project.title!r}", mend=mend)
    if found.kind != kind:
        text = f"{name}: is of the kind {found.kind.lower()}"
        return CheckResult(name="fields", ok=False, found=text, mend=f"make {name} a {words} field")
    lacking = [c for c in _COLOURS if c not in found.options] if kind == "SINGLE_SELECT" else []
    if lacking:
        text = f"{name}: lacks the options {', '.join(lacking)}"
        return CheckResult(name="fields", ok=False, found=text, mend=f"add {', '.join(lacking)} to {name}")
    return CheckResult(name="fields", ok=True, found=f"{name}: {words} ({found.id})")


def _rate_budget(client: GithubClient) -> CheckResult:
    left, limit = client.headers.get("X-RateLimit-Remaining"), client.headers.get("X-RateLimit-Limit")
    if left is None or limit is None or not left.isdigit() or not limit.isdigit():
        return CheckResult(name="rate budget", ok=True, found="the server states no limit")
    found = f"{left} of {limit} requests left in the current hour"
    if int(left) < int(limit) * _LOW_SHARE:
        mend = "something else uses this login, or requests_per_hour is set too high"
        return CheckResult(name="rate budget", ok=False, found=found, mend=mend)
    return CheckResult(name="rate budget", ok=True, found=found)

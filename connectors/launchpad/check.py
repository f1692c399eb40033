"""Looks at one live Launchpad connection, and says for each thing that is not as it must be how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.core.checking import guarded
from connectors.core.errors import ConnectorError, NotFoundError
from connectors.core.port import CheckResult
from connectors.launchpad.client import LaunchpadClient
from connectors.launchpad.search import STATUSES

_MOST_SKEW_S = 60.0  # cursors use server time alone; more than this is worth a person's look
_NEEDED = {
    "bug": ("tags", "description", "duplicate_of_link", "information_type", "date_last_updated", "http_etag"),
    "bug_task": ("status", "importance", "milestone_link", "assignee_link", "bug_link", "http_etag"),
    "specification": ("whiteboard", "workitems_text", "implementation_status", "information_type", "http_etag"),
    "milestone": ("date_targeted", "is_active", "http_etag"),
}
_OPTIONAL_STATUSES = frozenset({"Unknown"})  # the description's own word for none


def check(client: LaunchpadClient, places: Sequence[str]) -> Iterator[CheckResult]:
    """Everything, in the order in which it is to be mended; ends when nothing more can be told.

    Never raises a connector's error.

    Args:
        client: The client.
        places: Names of the projects that engagements use.
    """
    yield (reached := guarded("reachability", lambda: _reachability(client)))
    if not reached.ok:
        return
    yield (known := guarded("identity", lambda: _identity(client)))
    if not known.ok:
        return
    yield _clock(client)
    yield guarded("fields", lambda: _description(client))
    for place in places:
        yield guarded("project", lambda place=place: _project(client, place))  # type: ignore[misc] # mypy cannot infer a lambda's default
    yield _write_permission(client)
    yield CheckResult(
        name="rate budget", ok=True, found="Launchpad states no limit; requests_per_hour can set one of your own"
    )


def _reachability(client: LaunchpadClient) -> CheckResult:
    try:
        root = client.get("")
    except NotFoundError as exc:
        mend = 'set url to the service root, such as https://api.launchpad.net/ (without "devel")'
        return CheckResult(name="reachability", ok=False, found=str(exc), mend=mend)
    kind = str(root.get("resource_type_link") or "")
    if not kind.endswith("#service-root"):
        return CheckResult(
            name="reachability",
            ok=False,
            found=f"{client.settings.root} answers, but is no Launchpad service root",
            mend="set url to the service root, such as https://api.launchpad.net/",
        )
    return CheckResult(name="reachability", ok=True, found=f"Launchpad at {client.settings.root}")


def _identity(client: LaunchpadClient) -> CheckResult:
    try:
        me = client.get("people/+me")
    except ConnectorError as exc:
        mend = "make a new credential for the account that syncline uses, and put it where credentials says"
        return CheckResult(name="identity", ok=False, found=str(exc), mend=mend)
    name = me.get("name")
    if not name:
        mend = "check credentials and consumer_key"
        return CheckResult(name="identity", ok=False, found="Launchpad does not say who we are", mend=mend)
    return CheckResult(name="identity", ok=True, found=f"{me.get('display_name') or name} (~{name})")


def _clock(client: LaunchpadClient) -> CheckResult:
    skew = client.skew
    if skew is None:
        mend = "have the proxy in front of Launchpad pass the Date header on; reading needs it"
        return CheckResult(name="clock", ok=False, found="the server sends no Date", mend=mend)
    seconds = skew.total_seconds()
    found = f"the server's clock is {abs(seconds):.0f} s {'ahead of' if seconds >= 0 else 'behind'} this machine's"
    if abs(seconds) > _MOST_SKEW_S:
        mend = "set this machine's clock by NTP; if it is right, tell Launchpad's operators"
        return CheckResult(name="clock", ok=False, found=found, mend=mend)
    return CheckResult(name="clock", ok=True, found=found)


def _description(client: LaunchpadClient) -> CheckResult:
    """What the service says of itself, through the library's whole client."""
    application = client.described()._wadl  # noqa: SLF001 - the library asks for an entry before it tells of its type
    root = application.get_resource_by_path("")
    missing: list[str] = []
    statuses: set[str] = set()
    for kind, needed in _NEEDED.items():
        definition = application.representation_definitions.get(f"{kind}-full")
        parameters = {p.name: p for p in definition.params(root)} if definition is not None else {}
        missing += [f"{kind}.{field}" for field in needed if field not in parameters]
        if kind == "bug_task" and "status" in parameters:
            statuses = {option.value for option in parameters["status"].options}
    if missing:
        mend = "this Launchpad is too old, or url leads to another version of it"
        return CheckResult(name="fields", ok=False, found=f"it lacks {', '.join(missing)}", mend=mend)
    strange = sorted(statuses - set(STATUSES) - _OPTIONAL_STATUSES)
    if strange:
        found_text = f"it has bug statuses that this release does not know: {', '.join(strange)}"
        mend = "give them a meaning in the mapping; they are read with the daily census"
        return CheckResult(name="fields", ok=None, found=found_text, mend=mend)
    return CheckResult(name="fields", ok=True, found="bugs, bug tasks, blueprints and milestones have what is needed")


def _project(client: LaunchpadClient, place: str) -> CheckResult:
    try:
        project = client.get(place)
    except NotFoundError:
        return CheckResult(
            name="project",
            ok=False,
            found=f"{place} does not exist or this login may not see it",
            mend=f"correct the project's name, or share {place} with the account that syncline uses",
        )
    kind = project.get("information_type") or "information type not stated"
    return CheckResult(name="project", ok=True, found=f"{place}: {project.get('display_name') or place} ({kind})")


def _write_permission(client: LaunchpadClient) -> CheckResult:
    if not client.settings.owned:
        return CheckResult(name="write permission", ok=True, found="nothing is owned here, so nothing is written")
    return CheckResult(
        name="write permission",
        ok=None,
        found="Launchpad does not tell what a credential may write before it is tried",
        mend="the credential must have been made with the level WRITE_PRIVATE (or WRITE_PUBLIC, where all is public)",
    )

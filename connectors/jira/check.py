"""Looks at one live Jira connection, and says for each thing that is not as it must be how to mend it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from connectors.core.checking import guarded
from connectors.core.errors import ConnectorError, NotFoundError
from connectors.core.port import Catalog, CheckResult, FieldType, Json
from connectors.jira.catalog import RISK_TYPE, creatable_types, create_fields, read_catalog
from connectors.jira.client import JiraClient, parse_instant
from connectors.jira.records import ISSUES

_MOST_SKEW_S = 60.0  # cursors use server time alone; more than this is worth a person's look
_LOW_SHARE = 0.2  # Atlassian's own mark for "near the limit" (field guide 1.5)
_READ = ("BROWSE_PROJECTS",)
_EVERYWHERE = {"work.label": ("EDIT_ISSUES",)}
_BY_ANCHOR = {
    "anchor.status": ("EDIT_ISSUES",),
    "anchor.link": ("LINK_ISSUES",),
    "risk.issue": ("CREATE_ISSUES", "EDIT_ISSUES", "TRANSITION_ISSUES"),
}
_FIELDS_READ = {"Scope item": FieldType.TEXT, "Engagement": FieldType.TEXT, "Billable": FieldType.OPTION}
_WITHOUT = {
    "Scope item": "work can be tied to scope items by labels and links alone",
    "Engagement": "work in a shared project is told apart by its claims alone",
    "Billable": "all work counts as billable",
}
_FIELDS_WRITTEN = {"Syncline status": FieldType.OPTION, "Syncline status text": FieldType.LONG_TEXT}
_GIVEN = frozenset({"project", "issuetype", "parent", "summary", "description", "labels", "reporter"})
"""What syncline, or Jira itself, gives to a new risk issue."""
_IN_WORDS = {
    "BROWSE_PROJECTS": "Browse Projects",
    "EDIT_ISSUES": "Edit Issues",
    "LINK_ISSUES": "Link Issues",
    "CREATE_ISSUES": "Create Issues",
    "TRANSITION_ISSUES": "Transition Issues",
}


def check(client: JiraClient, places: Sequence[str], anchored: Collection[str] | None = None) -> Iterator[CheckResult]:
    """Everything, in the order in which it is to be mended; ends when nothing more can be told.

    Never raises a connector's error.

    Args:
        client: The client.
        places: Keys of the projects that engagements use: all must be seen.
        anchored: Those with an anchor, where risks are created and statuses shown; None: all.
    """
    with_anchor = [place for place in places if anchored is None or place in anchored]
    yield (reached := guarded("reachability", lambda: _reachability(client)))
    if not reached.ok:
        return
    yield (known := guarded("identity", lambda: _identity(client)))
    if not known.ok:
        return
    yield guarded("clock", lambda: _clock(client))
    for place in places:
        yield guarded("project", lambda place=place: _permissions(client, place, place in with_anchor))  # type: ignore[misc] # mypy cannot infer a lambda's default
    try:
        catalog = read_catalog(client, ())
    except ConnectorError as exc:
        yield CheckResult(name="fields", ok=False, found=str(exc), mend="try again")
    else:
        yield from _fields(client, catalog)
    if "risk.issue" in client.settings.owned:
        for place in with_anchor:
            yield guarded("issue types", lambda place=place: _risk_type(client, place))  # type: ignore[misc] # as above
    yield _rate_budget(client)


def _reachability(client: JiraClient) -> CheckResult:
    try:
        info = client.get("serverInfo")
    except NotFoundError as exc:
        mend = "set url to the address that people open, with its context path (…/jira) if it has one"
        return CheckResult(name="reachability", ok=False, found=str(exc), mend=mend)
    if not isinstance(info, Mapping):
        raise client.nonsense("GET serverInfo", "no object")
    kind = str(info.get("deploymentType") or "")
    found = f"{info.get('serverTitle') or 'Jira'} {info.get('version', '')} ({kind or 'kind not stated'})"
    if kind and (kind == "Cloud") != client.cloud:
        right = "cloud" if kind == "Cloud" else "data-center"
        return CheckResult(name="reachability", ok=False, found=found, mend=f'set deployment = "{right}"')
    return CheckResult(name="reachability", ok=True, found=found)


def _identity(client: JiraClient) -> CheckResult:
    try:
        me = client.myself()
    except ConnectorError as exc:
        mend = "make a new token for the login that syncline uses, and put it where token says"
        return CheckResult(name="identity", ok=False, found=str(exc), mend=mend)
    name = me.get("displayName") or me.get("name") or me.get("accountId")
    if not name:
        return CheckResult(
            name="identity", ok=False, found="Jira does not say who we are", mend="check email and token"
        )
    return CheckResult(name="identity", ok=True, found=f"{name}, time zone {me.get('timeZone') or 'not stated'}")


def _clock(client: JiraClient) -> CheckResult:
    info = client.get("serverInfo")
    skew = client.skew
    if skew is None:
        return CheckResult(name="clock", ok=None, found="the server sends no Date")
    seconds = skew.total_seconds()
    stated = parse_instant(info.get("serverTime")) if isinstance(info, Mapping) else None
    found = f"the server's clock is {abs(seconds):.0f} s {'ahead of' if seconds >= 0 else 'behind'} this machine's"
    if abs(seconds) > _MOST_SKEW_S:
        mend = "set this machine's clock by NTP; if it is right, tell Jira's administrator"
        return CheckResult(name="clock", ok=False, found=found, mend=mend)
    if stated is not None:
        apart = (client.asked_at() - stated).total_seconds()
        if abs(apart) > _MOST_SKEW_S + client.settings.timeout_s:
            found = f"Jira's own clock and the one of the server in front of it are {abs(apart):.0f} s apart"
            mend = f"set overlap_minutes to more than {abs(apart) / 60:.0f}, or have the clocks set"
            return CheckResult(name="clock", ok=False, found=found, mend=mend)
    return CheckResult(name="clock", ok=True, found=found)


def _permissions(client: JiraClient, place: str, anchored: bool) -> CheckResult:  # noqa: FBT001 - one call, by a lambda
    needed = list(_READ)
    for rule in client.settings.owned:
        wanted = (*_EVERYWHERE.get(rule, ()), *(_BY_ANCHOR.get(rule, ()) if anchored else ()))
        needed += [p for p in wanted if p not in needed]
    params = {"projectKey": place}
    if client.cloud:  # Cloud demands the list; Data Center answers all
        params["permissions"] = ",".join(needed)
    try:
        answer = client.get("mypermissions", params)
    except NotFoundError:
        return CheckResult(
            name="project",
            ok=False,
            found=f"{place} does not exist or this login may not see it",
            mend=f"give the login the permission Browse Projects in {place}, or correct the project key",
        )
    held = answer.get("permissions") if isinstance(answer, Mapping) else None
    if not isinstance(held, Mapping):
        raise client.nonsense("GET mypermissions", "no permissions")
    lacking = [_IN_WORDS[p] for p in needed if not _has(held.get(p))]
    if lacking:
        return CheckResult(
            name="project",
            ok=False,
            found=f"{place}: this login lacks {', '.join(lacking)}",
            mend=f"give the login these permissions in the permission scheme of {place}",
        )
    return CheckResult(name="project", ok=True, found=f"{place}: {', '.join(_IN_WORDS[p] for p in needed)}")


def _has(permission: Json) -> bool:
    return isinstance(permission, Mapping) and bool(permission.get("havePermission"))


def _fields(client: JiraClient, catalog: Catalog) -> Iterator[CheckResult]:
    written = "anchor.status" in client.settings.owned
    for name, kind in {**_FIELDS_READ, **(_FIELDS_WRITTEN if written else {})}.items():
        found = catalog.find(ISSUES, name)
        must = name in _FIELDS_WRITTEN
        if not found:
            mend = f"make a custom field {name} of the type {kind.value}, on the screens of the projects"
            mend = mend if must else f"{mend}; without it {_WITHOUT[name]}"
            yield CheckResult(name="fields", ok=False if must else None, found=f"{name}: no such field", mend=mend)
        elif must and len(found) > 1:
            ids = ", ".join(info.id for info in found)
            mend = "rename all but one, or name the field by its id in the mapping"
            yield CheckResult(name="fields", ok=False, found=f"{name}: several fields ({ids})", mend=mend)
        elif kind not in {info.type for info in found}:
            types = ", ".join(info.type.value for info in found)
            mend = f"make {name} a field of the type {kind.value}"
            yield CheckResult(name="fields", ok=False, found=f"{name}: is of the type {types}", mend=mend)
        else:
            ids = ", ".join(info.id for info in found)
            yield CheckResult(name="fields", ok=True, found=f"{name}: {kind.value} ({ids})")


def _risk_type(client: JiraClient, place: str) -> CheckResult:
    types = creatable_types(client, place)
    if types is None:
        return CheckResult(name="issue types", ok=None, found=f"{place}: Jira does not say which types can be created")
    risk = next((t for t in types if t.name == RISK_TYPE), None)
    if risk is None or not risk.sub_task:
        found = f"{place}: no issue type {RISK_TYPE}" if risk is None else f"{place}: {RISK_TYPE} is no sub-task type"
        mend = f"add a sub-task type {RISK_TYPE} to the issue type scheme of {place}"
        return CheckResult(name="issue types", ok=False, found=found, mend=mend)
    demanded = [f.name for f in create_fields(client, place, risk.id) if f.required and f.id not in _GIVEN]
    if demanded:
        found = f"{place}: creating a {RISK_TYPE} demands {', '.join(demanded)}"
        mend = f"make these fields optional for {RISK_TYPE} in {place}, or give them defaults"
        return CheckResult(name="issue types", ok=False, found=found, mend=mend)
    return CheckResult(name="issue types", ok=True, found=f"{place}: {RISK_TYPE} is a sub-task type")


def _rate_budget(client: JiraClient) -> CheckResult:
    left, limit = client.headers.get("X-RateLimit-Remaining"), client.headers.get("X-RateLimit-Limit")
    near = client.headers.get("X-RateLimit-NearLimit", "").lower() == "true"
    if left is None or limit is None or not left.isdigit() or not limit.isdigit():
        return CheckResult(name="rate budget", ok=True, found="the site states no limit")
    found = f"{left} of {limit} requests left in the current interval"
    if near or int(left) < int(limit) * _LOW_SHARE:
        mend = "something else uses this login, or requests_per_hour is set too high"
        return CheckResult(name="rate budget", ok=False, found=found, mend=mend)
    return CheckResult(name="rate budget", ok=True, found=found)

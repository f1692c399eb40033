"""Looks at a live connection for ``syncline check``: what is wrong, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests

from connectors.core.errors import ConnectorError
from connectors.core.port import CheckResult, Clock
from connectors.salesforce.catalog import describe_all
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import DEFAULT_OBJECTS, NOT_EVERYWHERE, REGISTERS, Flow

_MOST_SKEW_S = 90.0  # a JWT assertion lives three minutes, so half of that leaves room either way
_INSTALL = "install deploy/salesforce in the org, and assign its permission set to the user of this connection"

READ: Mapping[str, tuple[str, ...]] = {
    "accounts": ("Name", "Type"),
    "users": ("Name", "Email", "Username", "IsActive"),
    "engagements": (
        "Name",
        "Key__c",
        "Account__c",
        "Contract_Number__c",
        "Stage__c",
        "Start_Date__c",
        "End_Date__c",
        "Budget__c",
        "Project_Manager__c",
        "Rate__c",
    ),
    "baselines": ("Name", "Engagement__c", "Version__c", "Signed_On__c"),
    "scope_items": (
        "Name",
        "Scope_Baseline__c",
        "Item_Key__c",
        "Text__c",
        "Due_Date__c",
        "Budget__c",
        "Acceptance__c",
        "State__c",
        "Effort_Hours__c",
    ),
    "deliverables": (
        "Name",
        "Engagement__c",
        "Deliverable_Key__c",
        "Owed_By__c",
        "Third_Party__c",
        "Promised_For__c",
        "Needed_By__c",
        "Delivered_On__c",
        "State__c",
        "Scope_Items__c",
        "Jira_Issue__c",
        "Jira_Version__c",
    ),
    "risks": ("Name", "Risk_Owner__c"),
    "requests": (
        "Name",
        "Request_Key__c",
        "Engagement__c",
        "Text__c",
        "State__c",
        "Requested_On__c",
        "Requested_By__c",
        "Decided_On__c",
        "Effort_Hours__c",
        "Amount__c",
        "Jira_Issue__c",
    ),
    "mitigations": ("Name", "Risk__c", "Text__c", "Owner__c", "Due_Date__c", "State__c"),
    "dependencies": ("Name", "Deliverable__c", "Depends_On__c", "Note__c"),
}
"""Fields of the shipped objects that the shipped mapping reads (``docs/connectors/salesforce.md``)."""

WRITTEN: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "engagement.status": (
        "engagements",
        ("Syncline_Status__c", "Syncline_Status_Text__c", "Syncline_As_Of__c", "Syncline_Marker__c"),
    ),
    "risk.record": (
        "risks",
        (
            "Name",
            "Risk_Key__c",
            "Engagement__c",
            "Category__c",
            "Severity__c",
            "Lifecycle__c",
            "Description__c",
            "Subject_URL__c",
            "Raised_On__c",
            "Closed_Reason__c",
            "Syncline_Marker__c",
        ),
    ),
}
"""Fields that each outward rule writes in the shipped objects, with their stream."""


def check_connection(client: SalesforceClient, clock: Clock) -> Iterator[CheckResult]:
    """Look at everything that can be looked at; what rests on something that failed is left out."""
    reachable = False
    for result in _reach(client, clock):
        reachable = reachable or (result.name == "reachability" and result.ok is True)
        yield result
    if not reachable:
        return
    try:
        described = describe_all(client)
    except ConnectorError as exc:
        yield CheckResult(name="identity", ok=False, found=str(exc), mend=_login_mend(client))
        return
    yield _identity(client)
    for stream in client.settings.streams():
        yield from _check_object(client, stream, described[stream])
    yield _budget(client)


def _reach(client: SalesforceClient, clock: Clock) -> Iterator[CheckResult]:
    settings = client.settings
    try:
        answer = client.get_plain("/services/data")
        versions = [str(v["version"]) for v in answer.json()]
    except ConnectorError as exc:
        yield CheckResult(
            name="reachability", ok=False, found=str(exc), mend=f"check url ({settings.url}) and the network"
        )
        return
    except (requests.JSONDecodeError, KeyError, TypeError):
        found = f"{settings.url}/services/data answers something that is not Salesforce's list of versions"
        yield CheckResult(name="reachability", ok=False, found=found, mend="set url to the org's My Domain address")
        return
    yield CheckResult(name="reachability", ok=True, found=settings.url)
    known = settings.api_version in versions
    newest = max(versions, key=lambda v: [int(p) for p in v.split(".") if p.isdigit()], default="none")
    mend = "" if known else f"set api_version to one that the org offers, at most {newest}"
    yield CheckResult(
        name="API version", ok=known, found=f"{settings.api_version}, the org offers up to {newest}", mend=mend
    )
    yield _clock(client, clock)


def _clock(client: SalesforceClient, clock: Clock) -> CheckResult:
    if client.server_now is None:
        return CheckResult(name="clock", ok=None, found="the server does not tell its time")
    skew_s = (clock.now() - client.server_now).total_seconds()
    ok = abs(skew_s) <= _MOST_SKEW_S
    mend = "" if ok else "set this machine's clock (NTP); logins by JWT fail when it is wrong"
    side = "behind" if skew_s < 0 else "ahead of"
    found = f"this machine's clock is {abs(skew_s):.0f} s {side} Salesforce's"
    return CheckResult(name="clock", ok=ok, found=found, mend=mend)


def _identity(client: SalesforceClient) -> CheckResult:
    try:
        info = client.call("GET /services/oauth2/userinfo", lambda sf: sf.oauth2("userinfo"))
    except ConnectorError as exc:
        return CheckResult(name="identity", ok=None, found=f"logged in; who we are could not be asked ({exc})")
    name = info.get("preferred_username") if isinstance(info, dict) else None
    return CheckResult(name="identity", ok=True, found=f"logged in as {name or 'a user whose name is not told'}")


def _login_mend(client: SalesforceClient) -> str:
    if client.settings.flow is Flow.JWT:
        return "check client_id, username, private_key and the app's pre-authorised users"
    return "check client_id, client_secret and the app's Run As user"


def _check_object(client: SalesforceClient, stream: str, described: Mapping[str, Any] | None) -> Iterator[CheckResult]:
    name = client.settings.object_of(stream)
    shipped = name == DEFAULT_OBJECTS.get(stream)
    rules = [rule for rule in client.settings.owned if rule in WRITTEN and WRITTEN[rule][0] == stream]
    if described is None:
        if stream == "risks" and not rules:
            return  # nothing is written there, so the object is not needed
        if stream in REGISTERS and not rules:
            found = f"{name} is not there, or this user may not see it: so none of these records are read"
            yield CheckResult(name=f"object {name}", ok=None, found=found, mend=_INSTALL if shipped else "")
            return
        mend = _INSTALL if shipped else f"correct objects.{stream}, or let the user of this connection see {name}"
        yield CheckResult(
            name=f"object {name}", ok=False, found=f"{name} is missing, or this user may not see it", mend=mend
        )
        return
    fields = {str(f["name"]): f for f in described.get("fields", ())}
    if shipped:
        read = READ.get(stream, ("Name",))
        missing = [f for f in read if f not in fields]
        found = f"{name} has all fields that are read"
        if missing:
            found = f"{name} lacks, or this user may not read: {', '.join(missing)}"
        ok = None if missing and NOT_EVERYWHERE.issuperset(missing) else not missing
        yield CheckResult(name=f"fields {name}", ok=ok, found=found, mend=_INSTALL if missing else "")
        for rule in rules:
            yield _write_permission(name, rule, described, fields)


def _write_permission(
    name: str, rule: str, described: Mapping[str, Any], fields: Mapping[str, Mapping[str, Any]]
) -> CheckResult:
    stream, wanted = WRITTEN[rule]
    problems = [f"{f} (missing)" for f in wanted if f not in fields]
    problems += [
        f"{f} (read only)"
        for f in wanted
        if f in fields and not (fields[f].get("updateable") or (stream == "risks" and fields[f].get("createable")))
    ]
    if not described.get("updateable"):
        problems.append(f"{name} itself (no Edit permission)")
    if stream == "risks" and not described.get("createable"):
        problems.append(f"{name} itself (no Create permission)")
    found = f"{name}: this user cannot write {', '.join(problems)}" if problems else f"{name} can be written"
    return CheckResult(name=f"write permission {rule}", ok=not problems, found=found, mend=_INSTALL if problems else "")


def _budget(client: SalesforceClient) -> CheckResult:
    usage = client.usage
    if usage is None:
        return CheckResult(name="rate budget", ok=None, found="Salesforce does not tell its daily quota")
    allowed = int(usage.limit * client.settings.daily_share)
    found = f"{usage.used} of {usage.limit} API requests used in 24 hours; syncline may use {allowed}"
    ok = usage.used < usage.limit
    return CheckResult(
        name="rate budget", ok=ok, found=found, mend="" if ok else "wait, or buy more API requests for the org"
    )

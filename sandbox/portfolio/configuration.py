"""The configuration file that fits a rendered portfolio: what a person would write for these tools."""

from __future__ import annotations

import json

from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.layout import ORGANISATION
from sandbox.portfolio.model import CLOUD, DATA_CENTER, GITHUB, LAUNCHPAD, SALESFORCE, Engagement, Portfolio
from sandbox.portfolio.render_github import PROJECT_NUMBER
from sandbox.portfolio.render_jira import BOT_EMAIL
from sandbox.portfolio.render_launchpad import CONSUMER
from sandbox.portfolio.render_salesforce import CLIENT_ID

CREDENTIAL_FILES = {
    CLOUD: "jira-token",
    DATA_CENTER: "jira-dc-token",
    SALESFORCE: "salesforce-secret",
    GITHUB: "github-token",
    LAUNCHPAD: "launchpad-credentials",
}
"""Where each connection's secret lies, beside the configuration file."""

STORE_FILE = "syncline.sqlite3"
CONFIG_FILE = "syncline.toml"
MAX_WRITES = 100_000
"""Larger than any plan of a sandbox, so that this brake is not what a first try meets."""

_JIRA_OWNED = ["anchor.status", "anchor.link", "risk.issue", "work.label"]
_GITHUB_OWNED = ["anchor.status", "anchor.block", "work.label"]
_LAUNCHPAD_OWNED = ["anchor.block", "work.label"]
_SALESFORCE_OWNED = ["engagement.status", "risk.record"]


def configuration(truth: Portfolio, *, hosts: Hosts, ca_file: str) -> str:
    """Return the text of the file; paths in it are relative to its own folder.

    Args:
        truth: the portfolio.
        hosts: where the stand-ins are reached.
        ca_file: the authority that Salesforce's address is to be trusted by.
    """
    head = [
        "# Written by the sandbox, for its own stand-ins. Nothing here is real.",
        "version = 1",
        "",
        "[store]",
        f"url = {_text('sqlite:///' + STORE_FILE)}",
        "",
        "[freshness]",
        'max_age = "2h"',
        "",
        "[write]",
        'policy = "hold"',
        f"max_writes = {MAX_WRITES}",
    ]
    parts = ["\n".join(head), _jira(CLOUD, "cloud", hosts.jira), _jira(DATA_CENTER, "data-center", hosts.jira_dc)]
    parts.append(_salesforce(hosts.salesforce, ca_file))
    if GITHUB in truth.tools:
        parts.append(_github(hosts.github))
    if LAUNCHPAD in truth.tools:
        parts.append(_launchpad(hosts))
    parts += [_engagement(each) for each in truth.engagements]
    return "\n\n".join(parts) + "\n"


def _text(value: str) -> str:
    return json.dumps(value)  # a JSON string without control characters is a TOML basic string


def _jira(name: str, deployment: str, url: str) -> str:
    lines = [f"[connections.{name}]", 'kind = "jira"', f"url = {_text(url)}", f"deployment = {_text(deployment)}"]
    if deployment == "cloud":
        lines.append(f"email = {_text(BOT_EMAIL)}")
    lines.append(f"token = {{ file = {_text(CREDENTIAL_FILES[name])} }}")
    lines += [f"owned = {json.dumps(_JIRA_OWNED)}", "first_write_approved = true"]
    return "\n".join(lines)


def _salesforce(url: str, ca_file: str) -> str:
    lines = [
        f"[connections.{SALESFORCE}]",
        'kind = "salesforce"',
        f"url = {_text(url)}",
        'flow = "client_credentials"',
        f"client_id = {_text(CLIENT_ID)}",
        f"client_secret = {{ file = {_text(CREDENTIAL_FILES[SALESFORCE])} }}",
        f"ca_file = {_text(ca_file)}",
        f"owned = {json.dumps(_SALESFORCE_OWNED)}",
        "first_write_approved = true",
    ]
    return "\n".join(lines)


def _github(url: str) -> str:
    lines = [
        f"[connections.{GITHUB}]",
        'kind = "github"',
        f"url = {_text(url + '/api/v3')}",
        f"token = {{ file = {_text(CREDENTIAL_FILES[GITHUB])} }}",
        f"project = {_text(f'{ORGANISATION}/{PROJECT_NUMBER}')}",
        "points_per_minute = 1000000",
        f"owned = {json.dumps(_GITHUB_OWNED)}",
        "first_write_approved = true",
    ]
    return "\n".join(lines)


def _launchpad(hosts: Hosts) -> str:
    lines = [
        f"[connections.{LAUNCHPAD}]",
        'kind = "launchpad"',
        f"url = {_text(hosts.launchpad + '/')}",
        f"web_url = {_text(hosts.launchpad_web)}",
        f"consumer_key = {_text(CONSUMER)}",
        f"credentials = {{ file = {_text(CREDENTIAL_FILES[LAUNCHPAD])} }}",
        f"owned = {json.dumps(_LAUNCHPAD_OWNED)}",
        "first_write_approved = true",
    ]
    return "\n".join(lines)


def _engagement(engagement: Engagement) -> str:
    lines = [
        f"[engagements.{engagement.key}]",
        f"record = {{ connection = {_text(SALESFORCE)}, key = {_text(engagement.key)} }}",
        "places = [",
    ]
    for place in engagement.places:
        anchors = [engagement.anchor, *engagement.anchors]
        here = [each for each in anchors if each is not None and each.project is place]
        shown = "".join(f", anchor = {_text(each.key)}" for each in here[:1])
        lines.append(f"  {{ connection = {_text(place.site)}, place = {_text(place.key)}{shown} }},")
    return "\n".join([*lines, "]"])

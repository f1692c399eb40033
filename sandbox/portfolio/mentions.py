"""How one record names another in the words of people: keys, numbers and addresses."""

from __future__ import annotations

from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import GITHUB, LAUNCHPAD, Form, Issue, Kind, Mention

OTHER_HOST = "https://git.elsewhere.example"
"""A host that no connection has."""

_IN_TEXT = {Form.KEY_IN_TEXT, Form.NUMBER_IN_TEXT, Form.URL, Form.BUG_URL, Form.OTHER_HOST}
_IN_WHITEBOARD = {Form.WHITEBOARD_KEY, Form.WHITEBOARD_URL}
_LEADS = ("See {}.", "Tracked in {}", "Same as {}, seen from here.", "Needed for {}.", "Part of {}")


def short(issue: Issue) -> str:
    """Return the key by which people name a record in a sentence."""
    if issue.project.site == LAUNCHPAD and not issue.slug:
        return f"LP: #{issue.number}"
    return issue.key


def address(issue: Issue, hosts: Hosts) -> str:
    """Return the page of a record."""
    place = issue.project.key
    match issue.project.site:
        case "github":
            return f"{hosts.github}/{place}/{'pull' if issue.kind is Kind.CHANGE else 'issues'}/{issue.number}"
        case "launchpad" if issue.slug:
            return f"{_launchpad(hosts, 'blueprints')}/{place}/+spec/{issue.slug}"
        case "launchpad":
            return f"{_launchpad(hosts, 'bugs')}/{place}/+bug/{issue.number}"
        case _:
            return hosts.issue(issue)


def _launchpad(hosts: Hosts, part: str) -> str:
    return hosts.launchpad_web.replace("://", f"://{part}.")


def _said(mention: Mention, hosts: Hosts) -> str:
    match mention.form:
        case Form.URL | Form.WHITEBOARD_URL:
            return address(mention.target, hosts)
        case Form.NUMBER_IN_TEXT:
            return f"#{mention.target.number}"
        case Form.BUG_URL:
            return f"{_launchpad(hosts, 'bugs')}/bugs/{mention.target.number}"
        case Form.OTHER_HOST:
            return address(mention.target, hosts).replace(hosts.github, OTHER_HOST)
        case _:
            return short(mention.target)


def title(issue: Issue) -> str:
    """Return the title with the keys that people put into it."""
    text = issue.summary
    for mention in issue.mentions:
        if mention.form is Form.KEY_IN_TITLE:
            named = short(mention.target)
            text = f"{text} ({named})" if mention.target.project.site in (GITHUB, LAUNCHPAD) else f"{named}: {text}"
    return text


def sentences(issue: Issue, hosts: Hosts) -> list[str]:
    """Return what the description says of other records."""
    found = [each for each in issue.mentions if each.form in _IN_TEXT]
    return [_LEADS[(issue.id + n) % len(_LEADS)].format(_said(each, hosts)) for n, each in enumerate(found)]


def comments(issue: Issue, hosts: Hosts) -> list[str]:
    """Return what is said of other records in comments alone."""
    found = [each.target for each in issue.mentions if each.form is Form.COMMENT]
    return [f"{short(each)} ({address(each, hosts)}) is about the same." for each in found]


def whiteboard(issue: Issue, hosts: Hosts) -> str:
    """Return what a blueprint's whiteboard says of other records."""
    found = [each for each in issue.mentions if each.form in _IN_WHITEBOARD]
    return "\n".join(f"Story: {_said(each, hosts)}" for each in found)


def of_form(issue: Issue, form: Form) -> list[Issue]:
    """Return what is named in one form."""
    return [each.target for each in issue.mentions if each.form is form]

"""Salesforce records as issues name them: addresses in descriptions, ids in GitHub's labels."""

from __future__ import annotations

from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.model import Issue, ScopeUrl, UrlForm

_LONG = (UrlForm.LIGHTNING_18, UrlForm.SHORT_18, UrlForm.LABEL_18)
_LABELS = (UrlForm.LABEL_18, UrlForm.LABEL_15)
_OBJECTS = {"a00": "Engagement__c", "a01": "Scope_Baseline__c", "a02": "Scope_Item__c"}


def record(url: ScopeUrl) -> str:
    """Return the id as it is written, in 15 or 18 characters."""
    return url.target if url.form in _LONG else url.target[:15]


def labels(issue: Issue) -> list[str]:
    """Return the labels that name a record by its id."""
    return [f"sf:{record(each)}" for each in issue.urls if each.form in _LABELS]


def sentences(issue: Issue, hosts: Hosts, *, named: str = "{}") -> list[str]:
    """Return what the description says; `named` is how the tool gives an address a name of its own."""
    addresses = [_address(each, hosts) for each in issue.urls if each.form not in _LABELS]
    forms = [named if (issue.id + n) % 3 == 0 else "{}" for n in range(len(addresses))]
    return [f"Statement of work: {form.format(each)}" for form, each in zip(forms, addresses, strict=True)]


def _address(url: ScopeUrl, hosts: Hosts) -> str:
    said = record(url)
    if url.form in (UrlForm.LIGHTNING_18, UrlForm.LIGHTNING_15):
        return f"{hosts.salesforce}/lightning/r/{_OBJECTS[said[:3]]}/{said}/view"
    return f"{hosts.salesforce}/{said}"

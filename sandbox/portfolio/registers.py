"""What people keep beside scope and work: requests, risks of their own, mitigations, dependencies, and links of issues.

It is made of the truth when that is all there, without chance; no rule rests on it, so nothing is planted here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from sandbox.portfolio import mentions, words
from sandbox.portfolio.days import plus
from sandbox.portfolio.hosts import Hosts
from sandbox.portfolio.layout import user_id
from sandbox.portfolio.model import Deliverable, Engagement, Issue, Kind, Portfolio, Project, Reading, Stage
from sandbox.portfolio.sites import PLACES
from sandbox.salesforce.ids import salesforce_id

Row = dict[str, Any]
History = Callable[[int, int], Row]
"""From a number, and the offset of the day of creation, to the stamps of a row."""

_WORK = (Kind.STORY, Kind.TASK, Kind.BUG, Kind.SPIKE)
_MOST_REQUESTS = 3
_STATES = {"new": "Approved", "indeterminate": "Triaged", "done": "Billed"}
_RISK = "Key engineer may leave in spring"
_STEPS = (("Second engineer works along", "Done", -12), ("Write the runbook down", "In progress", 14))
_LATE_STEP = ("Agree on cover with the partner", "Planned", -6)
_EVERY = 5  # issues from one that blocks another to the next


def registers(truth: Portfolio, hosts: Hosts, history: History) -> dict[str, list[Row]]:
    """Return the rows of the objects in which people keep them."""
    active = [each for each in truth.engagements if each.stage is Stage.ACTIVE]
    requests = [row for each in active for row in _requests(truth, hosts, each)]
    dependencies = [pair for each in active for pair in _waiting(each)]
    steps = [(each, step) for each in active for step in _steps(each)]
    return {
        "Engineering_Request__c": _numbered("Engineering_Request__c", requests, history),
        "Syncline_Risk__c": [_risk(truth, each) | history(each.number, -50) for each in active],
        "Mitigation__c": _numbered("Mitigation__c", [_mitigation(truth, *each) for each in steps], history),
        "Deliverable_Dependency__c": _numbered(
            "Deliverable_Dependency__c", [_dependency(*each) for each in dependencies], history
        ),
    }


def _numbered(name: str, rows: list[Row], history: History) -> list[Row]:
    return [{"Id": salesforce_id(name, n), **row, **history(n, -40)} for n, row in enumerate(rows, start=1)]


def _requests(truth: Portfolio, hosts: Hosts, engagement: Engagement) -> Iterator[Row]:
    """For the first pieces of work out of contract, undecided while it is under way; and one without work."""
    found = [issue for project in engagement.places for issue in project.issues if _out_of_contract(project, issue)]
    for issue in found[:_MOST_REQUESTS]:
        state = _STATES[PLACES[issue.project.site].statuses[issue.status]]
        yield _request(truth, engagement, state, issue.id, issue.summary, mentions.address(issue, hosts))
    title = words.REQUESTS[engagement.number % len(words.REQUESTS)]
    state = ("Requested", "Declined")[engagement.number % 2]
    yield _request(truth, engagement, state, engagement.number, title, None)


def _out_of_contract(project: Project, issue: Issue) -> bool:
    own = project.reading is Reading.READABLE and not project.shared
    return own and issue.kind in _WORK and issue.security is None and "out-of-contract" in issue.labels


def _request(truth: Portfolio, engagement: Engagement, state: str, seed: int, title: str, tracking: str | None) -> Row:
    asked = plus(truth.today, -30 - seed % 40)
    decided = None if state in ("Requested", "Triaged") else plus(asked, 5 + seed % 12)
    quoted = state != "Requested"
    hours = 8 * (1 + seed % 15)
    key = f"{engagement.key}-ER-{seed}"
    return {
        "Name": title[:80],
        "Request_Key__c": key,
        "Engagement__c": engagement.id,
        "Text__c": f"{title}. Asked for in the weekly call.",
        "State__c": state,
        "Requested_On__c": asked.isoformat(),
        "Requested_By__c": engagement.account.name,
        "Decided_On__c": decided.isoformat() if decided else None,
        "Effort_Hours__c": float(hours) if quoted else None,
        "Amount__c": hours * hourly_rate(engagement) if quoted else None,
        "Jira_Issue__c": tracking,
        "CurrencyIsoCode": engagement.currency,
    }


def hourly_rate(engagement: Engagement) -> float:
    """Return what an hour of work on an engagement is billed at, in its currency."""
    return 92.5 + engagement.number * 7 % 40


def _risk(truth: Portfolio, engagement: Engagement) -> Row:
    """A risk that the project manager keeps; syncline did not write it."""
    return {
        "Id": _risk_id(engagement),
        "Name": _RISK,
        "Risk_Key__c": f"{engagement.key}-RK-1",
        "Engagement__c": engagement.id,
        "Category__c": "resources",
        "Severity__c": "medium",
        "Lifecycle__c": "Mitigating",
        "Description__c": "Only one engineer knows the build pipeline.",
        "Subject_URL__c": None,
        "Raised_On__c": plus(truth.today, -50).isoformat(),
        "Closed_Reason__c": None,
        "Syncline_Marker__c": None,
        "Risk_Owner__c": user_id(engagement.manager),
        "CurrencyIsoCode": engagement.currency,
    }


def _risk_id(engagement: Engagement) -> str:
    return salesforce_id("Syncline_Risk__c", engagement.number)


def _steps(engagement: Engagement) -> tuple[tuple[str, str, int], ...]:
    return (*_STEPS, _LATE_STEP) if engagement.number % 3 == 0 else _STEPS


def _mitigation(truth: Portfolio, engagement: Engagement, step: tuple[str, str, int]) -> Row:
    title, state, offset = step
    return {
        "Name": title,
        "Risk__c": _risk_id(engagement),
        "Text__c": None,
        "Owner__c": user_id(engagement.manager),
        "Due_Date__c": plus(truth.today, offset).isoformat(),
        "State__c": state,
        "CurrencyIsoCode": engagement.currency,
    }


def _waiting(engagement: Engagement) -> Iterator[tuple[Deliverable, Deliverable]]:
    """Open deliverables, each with an earlier one that is promised well before it is needed: nothing slips by it."""
    still = [each for each in engagement.deliverables if each.state == "Open"]
    for n, one in enumerate(still):
        earlier = [each for each in still[:n] if _well_before(each.promised, one.needed)]
        if earlier:
            yield one, earlier[-1]


def _well_before(promised: date | None, needed: date | None) -> bool:
    return promised is not None and needed is not None and plus(promised, 14) < needed


def _dependency(waits: Deliverable, other: Deliverable) -> Row:
    return {
        "Name": f"{waits.key} waits for {other.key}",
        "Deliverable__c": waits.id,
        "Depends_On__c": other.id,
        "Note__c": f"{other.name} goes into it",
    }


def blocks(project: Project) -> dict[int, Issue]:
    """Return, by its id, every piece of work of a Jira project that blocks the next one; few do."""
    plain = [each for each in project.issues if each.kind in _WORK and each.security is None]
    return {one.id: other for one, other in list(pairwise(plain))[::_EVERY]}

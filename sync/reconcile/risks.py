"""Which findings become risks, and how a risk lives."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from mapping.model import Access, Deliverable, Entity, Milestone, ScopeItem, WorkItem
from sync.reconcile.result import Finding, FindingKind, Risk, RiskCategory, RiskLifecycle, RiskState, Severity
from sync.reconcile.view import EngagementView
from sync.reconcile.words import counted, cut, titled

TITLE_LENGTH = 80
"""Longest title of a risk: the shortest name that a tool gives a record."""

CONDITION_GONE = "The condition no longer holds"
_MOST_LISTED = 100  # keys named in one description; far below what a description holds


def raise_risks(view: EngagementView, findings: Iterable[Finding]) -> tuple[Risk, ...]:
    """The risks that the findings make, sorted by rule, then subject; no text of a restricted record in them.

    Texts hold no number that moves with the calendar alone, so that a risk is not written anew every day.
    """
    ordered = sorted(findings, key=lambda finding: (finding.kind.value, finding.subject))
    risks = [*_single(view, ordered), *_gathered(view, ordered)]
    return tuple(sorted(risks, key=lambda risk: (risk.rule, risk.subject)))


def _single(view: EngagementView, findings: Sequence[Finding]) -> Iterator[Risk]:
    deliverables = {d.ref: d for d in view.deliverables}
    items = {i.ref: i for i in view.items}
    milestones = {m.ref: m for m in view.milestones}
    work = {item.ref: item for item in view.work}
    for finding in findings:
        match finding.kind:
            case FindingKind.DELIVERABLE_LATE:
                yield _late(finding, deliverables[finding.subject])
            case FindingKind.DELIVERABLE_DATES_DISAGREE:
                yield _disagreeing(finding, deliverables[finding.subject])
            case FindingKind.SCOPE_UNCOVERED:
                yield _uncovered(finding, items[finding.subject])
            case FindingKind.MILESTONE_CLOSED_WITH_OPEN_WORK:
                yield _closed(finding, milestones[finding.subject], work)
            case (
                FindingKind.SCOPE_ORPHAN_WORK
                | FindingKind.SCOPE_CLAIMED_TWICE
                | FindingKind.WORK_CONTRADICTION
                | FindingKind.DATA_UNMAPPED_VALUE
                | FindingKind.SOURCE_STALE
            ):
                pass  # gathered into one risk, or no risk


def _late(finding: Finding, deliverable: Deliverable) -> Risk:
    because = "a restricted record gives a date" if finding.access is Access.RESTRICTED else finding.value["because"]
    text = (
        f"{titled(deliverable, deliverable.title)} will come after it is needed.\n"
        f"Needed by {finding.value['needed_by']}; {because}.\n"
        "To do: agree an earlier delivery, or a later needed-by date."
    )
    return _of_record(
        finding, deliverable, RiskCategory.SCHEDULE, f"Late: {titled(deliverable, deliverable.title)}", text
    )


def _disagreeing(finding: Finding, deliverable: Deliverable) -> Risk:
    if finding.access is Access.RESTRICTED:
        said = "One of its dates stands in a restricted record.\n"
    else:
        dated = (e for e in finding.evidence if e.field != "state")
        said = "".join(f"{e.key}: {e.field} {e.value}\n" for e in dated)
    text = (
        f"The dates of {titled(deliverable, deliverable.title)} lie more than "
        f"{finding.value['tolerance_working_days']} working days apart.\n{said}"
        "To do: find out which date holds, and correct the others."
    )
    title = f"Dates disagree: {titled(deliverable, deliverable.title)}"
    return _of_record(finding, deliverable, RiskCategory.SCHEDULE, title, text)


def _uncovered(finding: Finding, item: ScopeItem) -> Risk:
    due = f"It is due on {finding.value['due']}." if finding.value["due"] else "It has no due date."
    text = (
        f"No live work claims scope item {titled(item, item.title)} of the current baseline. {due}\n"
        "To do: create or tie the work, or change the baseline."
    )
    return _of_record(finding, item, RiskCategory.SCOPE, f"No work: {titled(item, item.title)}", text)


def _closed(finding: Finding, milestone: Milestone, work: Mapping[str, WorkItem]) -> Risk:
    told = [work[e.ref] for e in finding.evidence if e.ref in work and e.access is not Access.RESTRICTED]
    names = sorted(titled(item, item.title) for item in told)
    name = f"{milestone.key} of {milestone.place}" if milestone.access is not Access.RESTRICTED else "A milestone"
    text = (
        f"{name} is over, though work tied to it is under way:\n{_lines(names, int(finding.value['open']))}"
        "To do: finish the work, move it to a later milestone, or open the milestone again."
    )
    return _of_record(finding, milestone, RiskCategory.SCHEDULE, f"Closed with open work: {name}", text)


def _of_record(finding: Finding, entity: Entity, category: RiskCategory, title: str, description: str) -> Risk:
    return Risk(
        engagement=finding.engagement,
        rule=finding.kind.value,
        subject=finding.subject,
        category=category,
        severity=finding.severity,
        title=cut(title, TITLE_LENGTH),
        description=description,
        subject_url="" if entity.access is Access.RESTRICTED else entity.url,
        findings=(finding.id,),
    )


_GATHERED = {
    FindingKind.SCOPE_ORPHAN_WORK: (
        RiskCategory.SCOPE,
        "Billable work that no scope item covers",
        "billable, within contract, and tied to no scope item",
        "tie each to a scope item, or mark it out-of-contract or not billable",
    ),
    FindingKind.SCOPE_CLAIMED_TWICE: (
        RiskCategory.SCOPE,
        "Work that several scope items claim",
        "claimed by more than one scope item",
        "leave one claim on each, or split the work",
    ),
    FindingKind.WORK_CONTRADICTION: (
        RiskCategory.SCHEDULE,
        "Work that is done in one tool and open in another",
        "still open, though linked to what is done in another tool",
        "close what is done, or open again what is not",
    ),
}
"""Category, title, what is wrong, what to do, of the risks that gather an engagement's findings of one kind."""


def _gathered(view: EngagementView, findings: Sequence[Finding]) -> Iterator[Risk]:
    work = {item.ref: item for item in view.work}
    for kind, (category, title, what, mend) in _GATHERED.items():
        members = [finding for finding in findings if finding.kind is kind]
        if not members:
            continue
        shown = sorted(
            titled(work[f.subject], work[f.subject].title) for f in members if f.access is not Access.RESTRICTED
        )
        lines = _lines(shown, len(members))
        yield Risk(
            engagement=view.engagement.key,
            rule=kind.value,
            subject=f"engagement:{view.engagement.key}",
            category=category,
            severity=max((f.severity for f in members), key=_SEVERITIES.index),
            title=title,
            description=f"{counted(len(members), 'issue is', 'issues are')} {what}:\n{lines}To do: {mend}.",
            subject_url=view.engagement.url,
            findings=tuple(f.id for f in members),
            label_targets=tuple(f.subject for f in members),
        )


def _lines(shown: Sequence[str], number: int) -> str:
    """One line a name, up to a limit; those of ``number`` that are not shown are restricted."""
    hidden = number - len(shown)
    names = [*shown[:_MOST_LISTED], *([f"and {len(shown) - _MOST_LISTED} more"] * (len(shown) > _MOST_LISTED))]
    names += [counted(hidden, "restricted issue", "restricted issues")] * bool(hidden)
    return "".join(f"- {name}\n" for name in names)


_SEVERITIES = tuple(Severity)  # in the order of their definition: from low to critical


def lifecycle(
    previous: Sequence[RiskState], raised: Sequence[Risk], today: date, concluded: Collection[FindingKind]
) -> tuple[RiskState, ...]:
    """The states of an engagement's risks after a run, sorted by the risk's id.

    A risk keeps its identity for ever. One that is raised again is opened again; one that is no longer raised is closed
    only if its rule is ``concluded``, that is when the sources it rests on are fresh. Running it again with the same
    arguments and its own answer as ``previous`` changes nothing.

    Args:
        previous: States after the last run.
        raised: Risks raised now (``Result.risks``).
        today: Date (UTC) of the run.
        concluded: ``Result.concluded``.
    """
    known = {state.risk.id: state for state in previous}
    now = {risk.id: risk for risk in raised}
    states = [_raised(known.get(risk_id), risk, today) for risk_id, risk in now.items()]
    states += [_not_raised(state, today, concluded) for risk_id, state in known.items() if risk_id not in now]
    return tuple(sorted(states, key=lambda state: state.risk.id))


def _raised(before: RiskState | None, risk: Risk, today: date) -> RiskState:
    if before is None:
        return RiskState(risk=risk, lifecycle=RiskLifecycle.OPEN, raised_on=today, changed_on=today)
    if before.lifecycle is RiskLifecycle.OPEN:
        return replace(before, risk=risk)
    return replace(before, risk=risk, lifecycle=RiskLifecycle.OPEN, changed_on=today, closed_reason="")


def _not_raised(before: RiskState, today: date, concluded: Collection[FindingKind]) -> RiskState:
    if before.lifecycle is RiskLifecycle.CLOSED or before.risk.rule not in concluded:
        return before
    return replace(before, lifecycle=RiskLifecycle.CLOSED, changed_on=today, closed_reason=CONDITION_GONE)

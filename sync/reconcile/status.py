"""What colour an engagement has, with the reasons: value, threshold, margin, and what would turn it green."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from mapping.model import Access, Deliverable, OwedBy, ScopeItem
from sync.reconcile.claims import work_facts
from sync.reconcile.deliverables import open_deliverables
from sync.reconcile.freshness import one_a_place, resting_on, span_text, stale_sources, stale_text
from sync.reconcile.result import (
    Colour,
    Dimension,
    DimensionStatus,
    Finding,
    FindingKind,
    Reason,
    Status,
)
from sync.reconcile.scope import billable_work, current_baseline, current_items, rival_sources
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, SourceState
from sync.reconcile.words import counted, listed

_MOST_NAMED = 5  # keys named in one sentence
_WORSE = (Colour.GREEN, Colour.AMBER, Colour.RED)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Light:
    """One reason with the colour that it makes, and what would take it away."""

    colour: Colour
    reason: Reason
    mend: str


def status_of(view: EngagementView, findings: Iterable[Finding], now: datetime, settings: ReconcileSettings) -> Status:
    """The status of an active engagement.

    Never green while a source that it rests on is stale. Reasons hold no text of restricted records, and no instant of
    this run; they may be shown wherever the engagement is.
    """
    ordered = sorted(findings, key=lambda finding: (finding.kind.value, finding.subject))
    stale = stale_sources(view, now, settings)
    known = (
        _lateness(Dimension.SCHEDULE, view, ordered, settings),
        _lateness(Dimension.THIRD_PARTIES, view, ordered, settings),
        _scope(view, ordered, now.date(), settings),
        _freshness(view, settings),
    )
    judged = [_or_unknown(dimension, view, stale, settings) for dimension in known]
    colour = _overall(judged)
    read = [source.read_at for source in view.sources]
    instants = [instant for instant in read if instant is not None]
    return Status(
        engagement=view.engagement.key,
        colour=colour,
        reasons=_foremost(judged, colour, [stale_text(source, settings) for source in one_a_place(stale)]),
        dimensions=(*judged[:3], DimensionStatus(dimension=Dimension.COST, colour=None, reasons=()), *judged[3:]),
        true_of=min(instants) if instants and len(instants) == len(read) else None,
    )


def _overall(dimensions: Sequence[DimensionStatus]) -> Colour:
    colours = {d.colour for d in dimensions}
    return next(c for c in (Colour.RED, Colour.UNKNOWN, Colour.AMBER, Colour.GREEN) if c in colours)


def _foremost(dimensions: Sequence[DimensionStatus], colour: Colour, stale: Sequence[str]) -> tuple[Reason, ...]:
    """The reasons of the dimensions that made the colour.

    What is not known first, or last when it did not make the colour.
    """
    made = [reason for d in dimensions if d.colour is colour for reason in d.reasons]
    if colour is Colour.UNKNOWN:
        made.sort(key=lambda reason: bool(reason.findings))
        made += [reason for d in dimensions if d.colour is Colour.AMBER for reason in d.reasons]
    else:
        made += [Reason(text=text) for text in stale]
    return tuple(dict.fromkeys(made))


def _or_unknown(
    known: DimensionStatus, view: EngagementView, stale: Sequence[SourceState], settings: ReconcileSettings
) -> DimensionStatus:
    """The dimension as unknown, with what is known, when a source that it rests on is stale, or there is none."""
    resting = one_a_place(resting_on(known.dimension, stale))
    if view.sources and not resting:
        return known
    reasons = tuple(Reason(text=f"Not known: {stale_text(source, settings)}") for source in resting)
    found = tuple(reason for reason in known.reasons if reason.findings)
    read = "Read " + (listed([f"{s.connection} {s.partition}" for s in resting], _MOST_NAMED) or "its sources")
    return DimensionStatus(
        dimension=known.dimension,
        colour=Colour.UNKNOWN,
        reasons=(reasons or (Reason(text="Not known: no source was ever read"),)) + found,
        to_green=f"{read}; {known.to_green}" if known.to_green else read,
    )


def _made_of(dimension: Dimension, lights: Sequence[_Light], fine: str) -> DimensionStatus:
    if not lights:
        return DimensionStatus(dimension=dimension, colour=Colour.GREEN, reasons=(Reason(text=fine),))
    ordered = sorted(lights, key=lambda light: -_WORSE.index(light.colour))
    mends = [light.mend for light in ordered]
    more = f"; and {len(mends) - _MOST_NAMED} more" if len(mends) > _MOST_NAMED else ""
    return DimensionStatus(
        dimension=dimension,
        colour=ordered[0].colour,
        reasons=tuple(light.reason for light in ordered),
        to_green="; ".join(mends[:_MOST_NAMED]) + more,
    )


def _lateness(
    dimension: Dimension,
    view: EngagementView,
    findings: Sequence[Finding],
    settings: ReconcileSettings,
) -> DimensionStatus:
    """Our own deliverables make the schedule, those of third parties their own dimension."""
    theirs = dimension is Dimension.THIRD_PARTIES
    mine = {d.ref: d for d in open_deliverables(view) if (d.owed_by is OwedBy.THIRD_PARTY) == theirs}
    about = [(finding, mine[finding.subject]) for finding in findings if finding.subject in mine]
    late = [
        _late(f, d, settings) for f, d in sorted(about, key=_latest_first) if f.kind is FindingKind.DELIVERABLE_LATE
    ]
    apart = [_apart(f, d) for f, d in about if f.kind is FindingKind.DELIVERABLE_DATES_DISAGREE]
    owed = "owed by third parties" if theirs else "owed by us"
    return _made_of(
        dimension,
        [*late, *apart, *([] if theirs else _disagreements(findings))],
        f"None of {counted(len(mine), 'open deliverable', 'open deliverables')} {owed} is late, and their dates agree"
        if mine
        else f"Nothing is {owed} just now",
    )


def _disagreements(findings: Sequence[Finding]) -> list[_Light]:
    """What is done by one word and open by another: the schedule then rests on one of two words."""
    lights = []
    for kind, text, mend in (
        (
            FindingKind.WORK_CONTRADICTION,
            ("record is", "records are", "still open though linked to what is done in another tool"),
            "Close what is done, or open again what is not",
        ),
        (
            FindingKind.MILESTONE_CLOSED_WITH_OPEN_WORK,
            ("milestone is", "milestones are", "over though work tied to it is under way"),
            "Finish the work of the milestones that are over, or move it",
        ),
    ):
        mine = [f for f in findings if f.kind is kind]
        one, many, what = text
        if mine:
            lights.append(_light(Colour.AMBER, f"{counted(len(mine), one, many)} {what} (amber above 0)", mine, mend))
    return lights


def _latest_first(entry: tuple[Finding, Deliverable]) -> tuple[int, str]:
    finding, deliverable = entry
    return (-int(finding.value.get("days_late", "0")), deliverable.ref)


def _late(finding: Finding, deliverable: Deliverable, settings: ReconcileSettings) -> _Light:
    days, limit = int(finding.value["days_late"]), settings.late_red_working_days
    colour = Colour.RED if days > limit else Colour.AMBER
    name, needed = deliverable.key, finding.value["needed_by"]
    if finding.access is Access.RESTRICTED:
        text = f"{name} is late for {needed}; the date stands in a restricted record"
        return _light(colour, text, [finding], f"Deliver {name} by {needed}, or agree a later needed-by date")
    margin = f"{days - limit} over" if days > limit else f"{limit - days} below"
    text = (
        f"{name} is late by {counted(days, 'working day', 'working days')}: {finding.value['because']}, "
        f"needed by {needed} (red above {limit}: {margin})"
    )
    return _light(
        colour, text, [finding], f"Deliver {name} by {needed}, or agree {finding.value['effective']} as needed-by date"
    )


def _apart(finding: Finding, deliverable: Deliverable) -> _Light:
    name, limit = deliverable.key, int(finding.value["tolerance_working_days"])
    if finding.access is Access.RESTRICTED:
        text = f"The dates of {name} disagree; one of them stands in a restricted record"
    else:
        spread = int(finding.value["spread_working_days"])
        text = f"The dates of {name} lie {spread} working days apart (amber above {limit}: {spread - limit} over)"
    return _light(Colour.AMBER, text, [finding], f"Bring the dates of {name} within {limit} working days")


def _light(colour: Colour, text: str, findings: Sequence[Finding], mend: str) -> _Light:
    return _Light(colour=colour, reason=Reason(text=text, findings=tuple(f.id for f in findings)), mend=mend)


def _scope(
    view: EngagementView,
    findings: Sequence[Finding],
    today: date,
    settings: ReconcileSettings,
) -> DimensionStatus:
    rivals = rival_sources(view, today)
    if rivals:
        return _undecided(rivals)
    lights = [
        *_no_baseline(view, today),
        *_uncovered(view, findings, today, settings),
        *_orphans(view, findings, settings),
        *_twice(findings),
    ]
    items = counted(len(current_items(view, today)), "active scope item", "active scope items")
    return _made_of(Dimension.SCOPE, lights, f"All work is tied to scope, and none of {items} is without work")


def _undecided(rivals: Sequence[str]) -> DimensionStatus:
    """Which scope counts is not guessed."""
    names = listed(rivals, _MOST_NAMED)
    return DimensionStatus(
        dimension=Dimension.SCOPE,
        colour=Colour.UNKNOWN,
        reasons=(Reason(text=f"Not known: {len(rivals)} sources give scope, and nothing says which counts: {names}"),),
        to_green="Name the one that counts in the configuration, at `scope` of the engagement",
    )


def _no_baseline(view: EngagementView, today: date) -> list[_Light]:
    if current_baseline(view, today) is not None:
        return []
    return [_light(Colour.AMBER, "No scope baseline is signed", [], "Sign a scope baseline")]


def _uncovered(
    view: EngagementView, findings: Sequence[Finding], today: date, settings: ReconcileSettings
) -> list[_Light]:
    mine = [f for f in findings if f.kind is FindingKind.SCOPE_UNCOVERED]
    if not mine:
        return []
    items = current_items(view, today)
    bare = {f.subject for f in mine}
    without = [item for item in items if item.ref in bare]
    share, of_what = _value_share(without, items)
    names = listed([item.key for item in without], _MOST_NAMED)
    text = (
        f"{len(without)} of {counted(len(items), 'scope item', 'scope items')} "
        f"({_percent(share)} % {of_what}) without work: {names} ({_margin(share, settings)})"
    )
    return [_light(_colour(share, settings), text, mine, f"Give {names} work, or take them out of the baseline")]


def _value_share(part: Sequence[ScopeItem], whole: Sequence[ScopeItem]) -> tuple[Fraction, str]:
    """Share by value when every item has a budget in one currency, else by number."""
    budgets = [item.budget for item in whole]
    if all(b is not None for b in budgets) and len({b.currency for b in budgets if b is not None}) == 1:
        total = sum((Fraction(b.amount) for b in budgets if b is not None), Fraction(0))
        if total > 0:
            return sum(
                (Fraction(i.budget.amount) for i in part if i.budget is not None), Fraction(0)
            ) / total, "of value"
    return Fraction(len(part), len(whole)), "by number"


def _orphans(view: EngagementView, findings: Sequence[Finding], settings: ReconcileSettings) -> list[_Light]:
    mine = [f for f in findings if f.kind is FindingKind.SCOPE_ORPHAN_WORK]
    if not mine:
        return []
    billable = len(billable_work(view, work_facts(view)))
    share = Fraction(len(mine), billable)
    text = (
        f"{len(mine)} of {counted(billable, 'billable issue', 'billable issues')} ({_percent(share)} %) tied to no "
        f"scope item ({_margin(share, settings)})"
    )
    mend = f"Tie {counted(len(mine), 'issue', 'issues')} to scope items, or mark them out-of-contract or not billable"
    return [_light(_colour(share, settings), text, mine, mend)]


def _twice(findings: Sequence[Finding]) -> list[_Light]:
    mine = [f for f in findings if f.kind is FindingKind.SCOPE_CLAIMED_TWICE]
    if not mine:
        return []
    text = f"{counted(len(mine), 'issue is', 'issues are')} claimed by more than one scope item (amber above 0)"
    return [_light(Colour.AMBER, text, mine, f"Leave one claim on {counted(len(mine), 'issue', 'issues')}")]


def _colour(share: Fraction, settings: ReconcileSettings) -> Colour:
    return Colour.RED if share * 100 > settings.scope_red_percent else Colour.AMBER


def _margin(share: Fraction, settings: ReconcileSettings) -> str:
    over = share * 100 - settings.scope_red_percent
    side = "over" if over > 0 else "below"
    return f"red above {settings.scope_red_percent} %: {_decimal(abs(over))} {side}"


def _percent(share: Fraction) -> str:
    return _decimal(share * 100)


def _decimal(number: Fraction) -> str:
    """One decimal, for reading only: thresholds are compared unrounded."""
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return str(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN))


def _freshness(view: EngagementView, settings: ReconcileSettings) -> DimensionStatus:
    text = f"All {counted(len(view.sources), 'source', 'sources')} read within {span_text(settings.max_age)}"
    return DimensionStatus(dimension=Dimension.FRESHNESS, colour=Colour.GREEN, reasons=(Reason(text=text),))

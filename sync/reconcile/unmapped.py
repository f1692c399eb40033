"""What tools say and the mapping does not understand: told, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from mapping.model import Access, Engagement, Entity, Unmapped
from sync.reconcile.claims import work_facts
from sync.reconcile.freshness import claims_can_resolve
from sync.reconcile.result import Finding, FindingKind, Severity
from sync.reconcile.scope import current_baseline
from sync.reconcile.settings import ReconcileSettings
from sync.reconcile.view import EngagementView, fold
from sync.reconcile.words import counted, cut, evidence_of, listed, narrowest

_MOST_NAMED = 3  # values named in one summary
_NO_RULE_RESTS_ON = frozenset({"links"})  # attributes: their values would fill the list, and change nothing
_LONGEST_VALUE = 60  # characters of a value in a summary; the evidence holds the whole of it


def unmapped_value(view: EngagementView, now: datetime, settings: ReconcileSettings) -> Iterator[Finding]:  # noqa: ARG001 - all rules are called alike
    """``data.unmapped_value``: a record of the engagement holds values that the mapping does not understand."""
    for entity in sorted(_concerned(view, now), key=lambda each: each.ref):
        if _counted(entity):
            yield _finding(view, entity)


def of_the_engagement_itself(view: EngagementView) -> tuple[Finding, ...]:
    """The finding on the engagement's own record alone, when there is one."""
    return (_finding(view, view.engagement),) if _counted(view.engagement) else ()


def _counted(entity: Entity) -> list[Unmapped]:
    """What was not understood of a record, each once, without what no rule rests on."""
    said = {each for each in entity.unmapped if each.attribute not in _NO_RULE_RESTS_ON}
    return sorted(said, key=lambda each: (each.attribute, each.field, each.value))


def _concerned(view: EngagementView, now: datetime) -> Iterator[Entity]:
    """The records whose values count for the engagement, each once."""
    yield view.engagement
    current = current_baseline(view, now.date())
    if current is not None:
        yield current
        yield from (item for item in view.items if item.baseline_ref == current.ref)
    yield from view.deliverables
    places = {(place.connection, place.place) for place in view.places}
    yield from (m for m in view.milestones if (m.connection, m.place) in places)
    if claims_can_resolve(view):
        me = fold(view.engagement.key)
        yield from (fact.item for fact in work_facts(view) if me in fact.belongs_to)


def _finding(view: EngagementView, entity: Entity) -> Finding:
    said = _counted(entity)
    fields = sorted({each.field for each in said})
    if entity.access is Access.RESTRICTED:
        told = counted(len(said), "value", "values") + f" of {', '.join(fields)}"
    else:
        told = listed([_told(each) for each in said], _MOST_NAMED)
    return Finding(
        engagement=view.engagement.key,
        kind=FindingKind.DATA_UNMAPPED_VALUE,
        subject=f"engagement:{entity.key}" if isinstance(entity, Engagement) else entity.ref,
        severity=Severity.MEDIUM,
        summary=f"{entity.key}: {told} {'is' if len(said) == 1 else 'are'} not understood, and so not guessed",
        evidence=tuple(evidence_of(entity, each.field, each.value or "(nothing)") for each in said),
        access=narrowest([entity.access]),
        value={"attributes": ", ".join(sorted({each.attribute for each in said})), "fields": ", ".join(fields)},
    )


def _told(unmapped: Unmapped) -> str:
    return f"{unmapped.field} {cut(unmapped.value, _LONGEST_VALUE)!r}" if unmapped.value else f"empty {unmapped.field}"

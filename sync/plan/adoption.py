"""What is taken over when the store does not know what syncline wrote: marked records, as the tools show them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync.plan.build import drafted
from sync.plan.draft import Desk
from sync.plan.inputs import PlanInput
from sync.plan.types import Agreed, Foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What a store that is older than the tools, or another's, takes as its own. Nothing is written to a tool by it.

    Attributes:
        instances: Other instances of syncline whose marks count as ours from now on.
        agreed: Owned fields of records that syncline wrote, with what they show: the bases of what is written next.
    """

    instances: frozenset[str]
    agreed: tuple[Agreed, ...]


def build_adoption(given: PlanInput) -> Adoption:
    """Everything that bears a mark of syncline, of whatever instance, with what it shows now.

    Owned fields of records without a mark are left: what a person wrote there stays a conflict. A person's edit on a
    marked record cannot be told from a later write of ours, and is taken for one.
    """
    found = list(drafted(Desk(given=replace(given, settings=replace(given.settings, adopt=True)))))
    agreed = {(a.connection, a.stream, a.id, a.field_id): a for a in found if isinstance(a, Agreed)}
    return Adoption(
        instances=frozenset(f.instance for f in found if isinstance(f, Foreign)),
        agreed=tuple(agreed[key] for key in sorted(agreed)),
    )

"""Which findings become risks, and how a risk lives."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date

from sync.reconcile.result import FindingKind, Risk, RiskLifecycle, RiskState

CONDITION_GONE = "The condition no longer holds"


def lifecycle(
    previous: Sequence[RiskState], raised: Sequence[Risk], today: date, concluded: Collection[FindingKind]
) -> tuple[RiskState, ...]:
    """The states of an engagement's risks after a run, sorted by the risk's id.

    A risk keeps its identity for ever. One that is raised again is opened again; one that is no longer raised is closed
    only if its rule is ``concluded``, that is when the sources it rests on are fresh. Running it again with the same arguments and
    its own answer as ``previous`` changes nothing.

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

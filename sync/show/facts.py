"""What the commands that look at the model start from: one engagement as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mapping.people import Human
from sync.reconcile.result import Evidence, Finding, RiskState, Status
from sync.reconcile.view import EngagementView
from sync.store.queries import LastStatus
from sync.store.registers import Registers

CONFIGURATION = "configuration"
"""Origin of an engagement that the configuration names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One engagement as it is now.

    Attributes:
        key: Its key.
        now: The instant that this is looked at.
        view: Everything known of it; None: its record was never read.
        status: Its status now (it ages without any sync); None: it is at rest, or its record was never read.
        findings: The open findings.
        first_seen: Finding id -> when it was first seen.
        risks: All its risks, closed ones too.
        since: When the status last changed, or None.
        origin: What names it: ``CONFIGURATION``, or ``discover.NAME``.
        left_out: Of a discovered one: each place or anchor that it does not have, and why.
        last: The status that it had until it came to rest; None: it is not at rest, or never had one.
        people: The persons behind the logins of its manager and of whoever its work is assigned to, joined.
        registers: What people keep of it beside scope and work.
    """

    key: str
    now: datetime
    view: EngagementView | None
    status: Status | None
    findings: Sequence[Finding]
    first_seen: Mapping[str, datetime]
    risks: Sequence[RiskState]
    since: datetime | None
    origin: str = CONFIGURATION
    left_out: Sequence[str] = ()
    last: LastStatus | None = None
    people: Sequence[Human] = ()
    registers: Registers = field(default_factory=Registers)

    @property
    def manager(self) -> Human | None:
        """The person who manages it, with all logins; None: not told, or no such user was read."""
        ref = self.view.engagement.manager_ref if self.view is not None else None
        if ref is None:
            return None
        connection, _, rest = ref.partition(":")
        wanted = (connection, rest.partition(":")[2])
        return next((h for h in self.people if wanted in {(login.connection, login.id) for login in h.logins}), None)

    @property
    def word(self) -> str:
        """The colour, or why there is none: a word for ``show.text.light``."""
        if self.status is not None:
            return self.status.colour.value
        return "unknown" if self.view is None else self.view.engagement.stage.value

    @property
    def name(self) -> str:
        """Name of the engagement, or empty."""
        return self.view.engagement.name if self.view else ""

    @property
    def account(self) -> str:
        """Name of its account, or empty."""
        return self.view.account.name if self.view and self.view.account else ""


def instant(value: datetime | None) -> str | None:
    """An instant as JSON holds it."""
    return None if value is None else value.isoformat().replace("+00:00", "Z")


def evidence_json(items: Sequence[Evidence]) -> list[dict[str, Any]]:
    """Evidence as JSON."""
    return [{"ref": e.ref, "key": e.key, "field": e.field, "value": e.value, "url": e.url} for e in items]

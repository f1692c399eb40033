"""Which record of a tool is the one of a risk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connectors.core.port import Record
from mapping import outbound
from mapping.model import WorkClass
from mapping.outbound import OutboundError
from mapping.spec import OutRule
from sync.plan.draft import Desk
from sync.plan.inputs import Sink
from sync.plan.markers import risk_of
from sync.reconcile.view import EngagementView

_LABEL = "syncline-"


def risk_label(risk_id: str) -> str:
    """Label of a risk's issue: by it the issue is known where entity properties are not read."""
    return f"{_LABEL}{risk_id}"


@dataclass(frozen=True, slots=True)
class Lost:
    """What was made for a risk is gone from the tool: somebody deleted it.

    Attributes:
        key: What people called it.
    """

    key: str


class RiskRecords:
    """Finds the record of each risk.

    A record that we are known to have made comes first, then the eldest that says it is one.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._labels = _labels(desk.given.views.values())
        self._found: dict[tuple[str, str], Record] = {}
        for record in sorted(desk.given.records.values(), key=_age):
            risk_id = self._risk_of(record)
            if risk_id:
                self._found.setdefault((record.connection, risk_id), record)

    def of(self, connection: str, stream: str, risk_id: str) -> Record | Lost | str | None:
        """The record of a risk.

        Or why it cannot be told, when it was made and is not there; or that it is gone; None: it was never made.
        """
        given = self._desk.given
        found = self._found.get((connection, risk_id))
        made = given.created.get((connection, risk_id))
        if made is None:
            return found
        ref = f"{connection}:{stream}:{made}"
        if ref in given.gone:
            return found or Lost(given.gone[ref])
        return given.records.get(ref) or f"{made} was made for it earlier and is not among what was read"

    def _risk_of(self, record: Record) -> str:
        for name in ("risk.record", "risk.issue"):
            found = self._desk.rule(record.connection, name)
            if found is not None and found[1].stream == record.stream:
                return self._said(record, *found)
        return ""

    def _said(self, record: Record, sink: Sink, rule: OutRule) -> str:
        try:
            if rule.marker_property:
                marked = risk_of(outbound.shown_marker(rule, record, sink.catalog))
                return marked or self._labels.get(record.ref, "")
            shown = outbound.shown(rule, record, sink.catalog)
        except OutboundError:
            return ""  # the tool lacks a field of the rule; each write by the rule is held for that reason
        names = outbound.field_names(rule, sink.catalog)
        values = (shown.get(i) for i, name in names.items() if rule.external_id in (i, name))
        return next((value for value in values if isinstance(value, str)), "")


def _labels(views: Iterable[EngagementView]) -> dict[str, str]:
    """Reference -> the id of the risk that a risk issue's label names."""
    found: dict[str, str] = {}
    for view in views:
        for item in view.work:
            if item.work_class is WorkClass.RISK:
                ids = sorted(n.removeprefix(_LABEL) for n in item.labels if n.startswith(f"{_LABEL}R-"))
                found.update({item.ref: ids[0]} if ids else {})
    return found


def _age(record: Record) -> tuple[str, str, int, str]:
    """Ids grow with time; a longer number is a greater one."""
    return (record.connection, record.stream, len(record.id), record.id)

"""The mapping of a connection as the engine takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.core.port import Catalog, Json, Record, Write, WriteKind
from mapping import outbound
from mapping.fitting import fitting
from mapping.inbound import InboundError, map_record
from mapping.model import Entity, WorkItem
from mapping.rules import Rules
from mapping.spec import OutRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesMapper:
    """A ``Mapper`` by compiled rules.

    Attributes:
        rules: The rules.
        owned: Outward rules that may be written by: their fields are read too.
    """

    rules: Rules
    owned: frozenset[str]

    @property
    def hash(self) -> str:
        """Changes whenever the same record could be mapped otherwise."""
        return self.rules.hash

    def fields(self, stream: str) -> tuple[str, ...]:
        """Fields that the reader must ask for."""
        return self.rules.fields(stream, owned=self.owned)

    def map(self, record: Record, catalog: Catalog) -> tuple[Entity, ...]:
        """The entities of one record."""
        return map_record(self.rules, record, catalog)

    def same(self, rule: str, field: str, first: Json, second: Json) -> bool:
        """Whether two values of a field are equal for a person."""
        out = self.rules.out(rule)
        return first == second if out is None else outbound.same(out, field, first, second)

    def shows(self, rule: str, write: Write, record: Record, catalog: Catalog) -> Mapping[str, Json] | None:
        """What a record as read shows of what a write sets; None: it does not say. Links are no part of a record."""
        out = self.rules.out(rule)
        if out is None or out.stream != record.stream or record.deleted:
            return None
        out = fitting(out, record, catalog)
        if out is None:
            return None
        try:
            shown = self._shown(out, write, record, catalog)
        except (InboundError, outbound.OutboundError):
            return None  # a record that cannot be understood, or a field that the tool lacks
        return shown if shown is not None and set(write.values) <= set(shown) else None

    def _shown(self, out: OutRule, write: Write, record: Record, catalog: Catalog) -> Mapping[str, Json] | None:
        match write.kind:
            case WriteKind.SET_FIELDS | WriteKind.UPSERT:
                return outbound.shown(out, record, catalog)
            case WriteKind.TRANSITION:
                return {"status": outbound.shown_status(out, record)}
            case WriteKind.PUT_BLOCK:
                block = outbound.shown_block(out, record, write.external_id)
                return None if block is None else {"text": block.text}
            case WriteKind.ADD_LABEL | WriteKind.REMOVE_LABEL:
                items = [e for e in self.map(record, catalog) if isinstance(e, WorkItem)]
                label = write.values.get("label")
                return {"label": label if any(label in item.labels for item in items) else None} if items else None
            case _:
                return None

"""The mapping of a connection as the engine takes it."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.core.port import Catalog, Json, Record
from mapping.inbound import map_record
from mapping.model import Entity
from mapping.outbound import same
from mapping.rules import Rules


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
        return first == second if out is None else same(out, field, first, second)

"""What of an outward rule holds for one record: its ``only``, and those of its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from connectors.core.port import Catalog, Record
from mapping.get import Context, Getter, conditions, fields_below
from mapping.links import Standing
from mapping.spec import Condition, OutRule
from mapping.values import NotReadableError


def fitting(rule: OutRule, record: Record, catalog: Catalog) -> OutRule | None:
    """The rule with the fields that are shown on this record; None: nothing of it is. Itself when it has no ``only``.

    For a record that is about to be created, the record that it is created below stands for it: what can be asked then
    is the same of both. A value that cannot be compared fulfils no condition.
    """
    if not rule.only and not any(field.only for field in rule.fields):
        return rule
    holds = _tester(rule, record, catalog)
    fields = tuple(field for field in rule.fields if holds(field.only)) if holds(rule.only) else ()
    return replace(rule, fields=fields) if fields else None


def _tester(rule: OutRule, record: Record, catalog: Catalog) -> Callable[[Iterable[Condition]], bool]:
    getter = Getter(stream=record.stream, fields_at=rule.record_at, catalog=catalog)
    context = Context(
        record=record,
        fields=fields_below(record.payload, rule.record_at),
        standing=Standing(owner="", place=record.partition, host=""),
    )

    def holds(only: Iterable[Condition]) -> bool:
        test = conditions(only, getter)
        try:
            return test is None or test(context)
        except NotReadableError:
            return False

    return holds

"""Connectors are found by their folder, then by entry point."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from connectors.core.memory import MemoryTool, memory_spec
from connectors.core.registry import load_connectors

GROUP = "syncline.connectors"
not_a_spec = "something else"
fifth_spec = memory_spec(MemoryTool(clock=None), kind="fifth")
false_salesforce = memory_spec(MemoryTool(clock=None), kind="salesforce")


class Point(EntryPoint):
    """An entry point that gives what it is told to."""

    def load(self):
        if self.value == "broken":
            raise ImportError("no module named x")
        return globals()[self.value]


def point(name: str, value: str) -> EntryPoint:
    return Point(name=name, value=value, group=GROUP)


def test_folders_beside_core_are_found_and_core_is_not_one():
    found = load_connectors([])
    assert "salesforce" in found.specs
    assert "core" not in found.specs
    assert found.broken.keys().isdisjoint({"core", "salesforce"})
    assert all(spec.kind == kind for kind, spec in found.specs.items())


def test_a_plug_in_is_found_by_its_entry_point():
    assert load_connectors([point("fifth", "fifth_spec")]).get("fifth") is fifth_spec


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("fifth", "broken", "no module named x"),
        ("fifth", "not_a_spec", "expected a ConnectorSpec"),
        ("sixth", "fifth_spec", "expected 'sixth'"),
    ],
)
def test_a_broken_plug_in_is_named_and_stops_no_other(name, value, why):
    found = load_connectors([point(name, value)])
    assert why in found.broken[name]
    assert "salesforce" in found.specs
    with pytest.raises(LookupError, match=f"(?s){name}.*{why}"):
        found.get(name)


def test_a_plug_in_cannot_take_the_place_of_a_built_in_connector():
    found = load_connectors([point("salesforce", "false_salesforce")])
    assert found.get("salesforce") is not false_salesforce
    assert "salesforce (entry point)" in found.broken


def test_an_unknown_kind_is_refused_with_those_there_are():
    with pytest.raises(LookupError, match="salesforce"):
        load_connectors([]).get("trello")

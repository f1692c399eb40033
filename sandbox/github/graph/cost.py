"""What a query costs, in points and in nodes, before it is executed: as GitHub documents the reckoning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

MOST_DEPTH = 60
PER_POINT = 100


@dataclass(slots=True)
class Reckoning:
    """The sum: how many connections would be asked for, and how many nodes they might give."""

    requests: int = 0
    nodes: int = 0

    @property
    def points(self) -> int:
        """A hundredth of the requests, at least 1."""
        return max(1, round(self.requests / PER_POINT))


def reckon(document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Reckoning:
    """Reckon an operation of a valid document."""
    fragments = {each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)}
    total = Reckoning()
    _walk(operation.selection_set, 1, 0, fragments, variables, total)
    return total


def _walk(
    selections: SelectionSetNode | None,
    parents: int,
    depth: int,
    fragments: Mapping[str, FragmentDefinitionNode],
    variables: Mapping[str, Any],
    total: Reckoning,
) -> None:
    if selections is None or depth > MOST_DEPTH:
        return
    for each in selections.selections:
        match each:
            case FieldNode():
                size = _size(each, variables)
                if size is not None:
                    total.requests += parents
                    total.nodes += parents * size
                here = parents if size is None else parents * size
                _walk(each.selection_set, here, depth + 1, fragments, variables, total)
            case InlineFragmentNode():
                _walk(each.selection_set, parents, depth + 1, fragments, variables, total)
            case FragmentSpreadNode():
                fragment = fragments.get(each.name.value)
                inner = fragment.selection_set if fragment else None
                _walk(inner, parents, depth + 1, fragments, variables, total)
            case _:
                pass


def _size(field: FieldNode, variables: Mapping[str, Any]) -> int | None:
    for argument in field.arguments or ():
        if argument.name.value in ("first", "last"):
            match argument.value:
                case IntValueNode():
                    return max(0, int(argument.value.value))
                case VariableNode():
                    value = variables.get(argument.value.name.value)
                    if isinstance(value, int):
                        return max(0, value)
                case _:
                    pass
    return None

"""A parsed query as `/jql/parse` shows it."""

import re

from sandbox.jira.jql import Clause, Empty, Function, Junction, Negation, Node, Operand, Past, Query, Several, Value
from sandbox.jira.model import Row

_PROPERTY = re.compile(r"(issue|comment|project)\.property\[[\"']?([^\"'\]]+)[\"']?\](?:\.([\w.\-]+))?", re.IGNORECASE)


def structure(query: Query) -> Row:
    """Give the restriction and the order of a query."""
    shown: Row = {}
    if query.where is not None:
        shown["where"] = _node(query.where)
    if query.order:
        fields = [{"field": _field(name), "direction": "desc" if down else "asc"} for name, down in query.order]
        shown["orderBy"] = {"fields": fields}
    return shown


def _node(node: Node) -> Row:
    match node:
        case Junction(conjunction=conjunction, parts=parts):
            return {"operator": "and" if conjunction else "or", "clauses": [_node(one) for one in parts]}
        case Negation(part=part):
            return {"operator": "not", "clauses": [_node(part)]}
        case Clause(field=field, operator=operator, operand=operand):
            return {"field": _field(field), "operator": operator, "operand": _operand(operand)}
        case Past(field=field, operand=operand, negated=negated, predicates=predicates):
            told = [{"operator": word, "operand": _operand(value)} for word, value in predicates]
            if operand is None:
                return {"field": _field(field), "operator": "changed", "predicates": told}
            operator = "was not" if negated else "was"
            operator += " in" if isinstance(operand, Several) else ""
            return {"field": _field(field), "operator": operator, "operand": _operand(operand), "predicates": told}


def _field(name: str) -> Row:
    if found := _PROPERTY.fullmatch(name):
        entity, key, path = found.groups()
        return {"name": name, "property": [{"entity": entity.casefold(), "key": key, "path": path or ""}]}
    return {"name": name, "encodedName": _encoded(name)}


def _operand(operand: Operand) -> Row:
    match operand:
        case Empty():
            return {"keyword": "empty"}
        case Several(items=items):
            values = [_operand(one) for one in items]
            inside = ", ".join(one.get("encodedOperand") or one.get("encodedValue") or "empty" for one in values)
            return {"values": values, "encodedOperand": f"({inside})"}
        case Function(name=name, arguments=arguments):
            inside = ", ".join(_encoded(one) for one in arguments)
            return {"function": name, "arguments": list(arguments), "encodedOperand": f"{name}({inside})"}
        case Value(text=text):
            return {"value": text, "encodedValue": _encoded(text)}


def _encoded(text: str) -> str:
    """Write a value as it may stand in a query: in quotes where it must."""
    return text if re.fullmatch(r"[\w.\-]+|cf\[\d+\]", text) else '"' + text.replace('"', '\\"') + '"'

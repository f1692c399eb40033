"""Answers GraphQL requests: parses, validates, reckons the cost, executes, and tells errors as GitHub does."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLAbstractType,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    introspection_from_schema,
    is_abstract_type,
    parse,
    validate,
)
from werkzeug.wrappers import Response

from sandbox.core.http import HttpError, json_response
from sandbox.github.access import Kind, error
from sandbox.github.context import Context
from sandbox.github.graph.boards import BOARDS
from sandbox.github.graph.checks import CHECKS
from sandbox.github.graph.conversations import CONVERSATIONS
from sandbox.github.graph.cost import Reckoning, reckon
from sandbox.github.graph.hub import ACCOUNTS, QUERY
from sandbox.github.graph.issue_mutations import ISSUE_MUTATIONS
from sandbox.github.graph.lines import LINES
from sandbox.github.graph.mutations import MUTATIONS
from sandbox.github.graph.newer import NEWER
from sandbox.github.graph.plain import PLAIN
from sandbox.github.graph.project_mutations import PROJECT_MUTATIONS
from sandbox.github.graph.project_parts import PROJECT_PARTS
from sandbox.github.graph.pull_parts import PULL_PARTS
from sandbox.github.graph.reactions import REACTIONS
from sandbox.github.graph.repositories import CATALOGUE, REPOSITORIES
from sandbox.github.graph.scope import GraphError, Scope
from sandbox.github.graph.teams import TEAMS
from sandbox.github.graph.timeline import TIMELINES
from sandbox.github.graph.views import type_name
from sandbox.github.limits import Meter
from sandbox.github.switches import GraphStatus

SCHEMA_FILES = ("schema.graphql", "newer.graphql")
KEPT_DOCUMENTS = 200
MUTATION_POINTS = 5
"""What a mutation costs of the secondary limit; a query costs 1."""
CREATING = frozenset({"addComment", "createIssue", "createPullRequest"})
DOCS = "https://docs.github.com/graphql"
MOST_TOKENS = 20_000
OTHER_TYPES = "because they return conflicting types"
"""Of an error that GitHub does not make: one name for fields of an issue and of a pull request, of unlike types."""

TIMED_OUT = (
    "Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."
)


TABLES = (
    QUERY,
    ACCOUNTS,
    REPOSITORIES,
    CATALOGUE,
    CONVERSATIONS,
    CHECKS,
    REACTIONS,
    TIMELINES,
    TEAMS,
    BOARDS,
    MUTATIONS,
    ISSUE_MUTATIONS,
    PROJECT_MUTATIONS,
    PULL_PARTS,
    LINES,
    PROJECT_PARTS,
    PLAIN,
    NEWER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    document: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()


class GraphEngine:
    """The schema with its resolvers; keeps what it parsed, so that a query that comes again is quick."""

    def __init__(self) -> None:
        self._schema: GraphQLSchema | None = None
        self._documents: OrderedDict[str, _Prepared] = OrderedDict()

    def answer(self, context: Context, meter: Meter) -> Response:
        """Answer one request.

        Raises:
            HttpError: 401 without a token, 400 when there is no query, 403 or 429 for a secondary limit.
        """
        if context.rights.kind in (Kind.ANONYMOUS, Kind.APP):
            told = "This endpoint requires you to be authenticated."
            raise error(401, told, docs=f"{DOCS}/guides/forming-calls-with-graphql#authenticating-with-graphql")
        body = context.any_body()
        text = body.get("query") if isinstance(body, dict) else None
        if not isinstance(text, str):
            raise error(400, "A query attribute must be specified and must be a string.", docs=DOCS)
        variables, name = body.get("variables") or {}, body.get("operationName")
        if not isinstance(variables, dict) or not isinstance(name, str | None):
            raise error(400, "Variables must be an object.", docs=DOCS)
        prepared = self._prepare(text)
        if prepared.document is None:
            return json_response({"errors": [_told(each) for each in prepared.errors]})
        operation = _operation(prepared.document, name or None)
        if operation is None:
            return json_response({"errors": [{"message": "An operation name is required" if not name else
                                              f"No operation named {name!r}"}]})  # fmt: skip
        return self._execute(context, meter, prepared.document, operation, variables)

    def introspection(self) -> Mapping[str, Any]:
        """Give the schema as `GET /graphql` tells it."""
        return introspection_from_schema(self._served())

    def _prepare(self, text: str) -> _Prepared:
        prepared = self._documents.get(text)
        if prepared is None:
            prepared = self._documents[text] = self._parse(text)
            if len(self._documents) > KEPT_DOCUMENTS:
                self._documents.popitem(last=False)
        self._documents.move_to_end(text)
        return prepared

    def _parse(self, text: str) -> _Prepared:
        try:
            document = parse(text, max_tokens=MOST_TOKENS)
            errors = tuple(each for each in validate(self._served(), document) if OTHER_TYPES not in each.message)
        except GraphQLError as problem:
            return _Prepared(document=None, errors=(problem,))
        except RecursionError:
            return _Prepared(document=None, errors=(GraphQLError("Query is nested too deeply"),))
        return _Prepared(document=None, errors=errors) if errors else _Prepared(document=document)

    def _served(self) -> GraphQLSchema:
        if self._schema is None:
            self._schema = _schema()
        return self._schema

    def _execute(
        self,
        context: Context,
        meter: Meter,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
    ) -> Response:
        limits, rights = context.state.limits, context.rights
        if refusal := _limited(context, meter, operation):
            return refusal
        sum_of = reckon(document, operation, variables)
        if sum_of.nodes > limits.nodes:
            return json_response({"errors": [_too_many(sum_of, limits.nodes)]})
        meter.use(rights, "graphql", sum_of.points)
        if limits.graphql_timeout_nodes is not None and sum_of.nodes > limits.graphql_timeout_nodes:
            return json_response({"data": None, "errors": [{"message": TIMED_OUT}]}, status=502)
        scope = Scope(
            context=context,
            cost=sum_of.points,
            nodes=sum_of.nodes,
            standing=meter.standing(limits, rights, "graphql"),
        )
        name = operation.name.value if operation.name else None
        result = execute_sync(
            self._served(), document, context_value=scope, variable_values=variables, operation_name=name
        )
        answer: dict[str, Any] = {"data": result.data}
        errors = result.errors
        if errors:
            _raise_failures(errors)
            answer["errors"] = [_told(each) for each in errors]
            if result.data is None and not any(each.path for each in errors):
                del answer["data"]
        return json_response(answer)


def _limited(context: Context, meter: Meter, operation: OperationDefinitionNode) -> Response | None:
    """Count an operation; the answer when that is beyond a limit. Raises HttpError 403 or 429."""
    limits, rights = context.state.limits, context.rights
    mutates = operation.operation is OperationType.MUTATION
    creates = mutates and any(
        getattr(getattr(each, "name", None), "value", "") in CREATING for each in operation.selection_set.selections
    )
    points = MUTATION_POINTS if mutates else 1
    try:
        meter.check(limits, rights, "graphql")
    except HttpError as problem:
        return json_response({"errors": [{"type": "RATE_LIMITED", "message": problem.message}]})
    try:
        meter.secondary(limits, rights, points=points, graphql=True, creates=creates)
    except HttpError as problem:
        if limits.graphql_secondary_status is GraphStatus.FORBIDDEN:
            raise
        told = {"type": "RATE_LIMITED", "message": problem.message}
        return json_response({"errors": [told]}, headers=problem.headers)
    return None


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name is None:
        return found[0] if len(found) == 1 else None
    return next((each for each in found if each.name and each.name.value == name), None)


def _too_many(sum_of: Reckoning, most: int) -> dict[str, Any]:
    told = f"This query requests up to {sum_of.nodes:,} possible nodes which exceeds the maximum limit of {most:,}."
    return {"type": "MAX_NODE_LIMIT_EXCEEDED", "message": told}


def _raise_failures(errors: list[GraphQLError]) -> None:
    """Let faults of the stand-in itself be a 500 with a traceback in the log, not an error of the query."""
    for each in errors:
        cause = each.original_error
        if cause is not None and not isinstance(cause, GraphError | GraphQLError):
            raise cause


def _told(problem: GraphQLError) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if isinstance(problem.original_error, GraphError):
        told["type"] = problem.original_error.kind
    if problem.path:
        told["path"] = list(problem.path)
    if problem.locations:
        told["locations"] = [{"line": each.line, "column": each.column} for each in problem.locations]
    told["message"] = problem.message
    return told


@cache
def _schema() -> GraphQLSchema:
    """Build it once: resolvers hold no state, and several stand-ins of a process share it."""
    texts = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in SCHEMA_FILES]
    schema = build_schema("\n".join(texts))
    for table in TABLES:
        for name, resolvers in table.items():
            kind = schema.type_map[name]
            if not isinstance(kind, GraphQLObjectType):
                raise TypeError(f"{name} is no object type")
            for field, resolver in resolvers.items():
                if field in kind.fields:
                    kind.fields[field].resolve = resolver
    for kind in schema.type_map.values():
        if is_abstract_type(kind):
            _resolve_type(kind)
    return schema


def _resolve_type(kind: GraphQLAbstractType) -> None:
    kind.resolve_type = lambda value, _info, _kind: type_name(value)

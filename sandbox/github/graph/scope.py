"""What every resolver needs: the request's context, errors in GitHub's form, connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import FieldNode, FragmentSpreadNode, GraphQLResolveInfo, Node

from sandbox.core.http import HttpError
from sandbox.github import paging
from sandbox.github.access import Kind, allows_account
from sandbox.github.accounts import Account
from sandbox.github.context import Context
from sandbox.github.entities import Repo
from sandbox.github.limits import Standing

MOST = 100
"""How many records a connection gives at most."""

PAGED = frozenset({"nodes", "edges", "pageInfo"})
"""What of a connection needs `first` or `last`."""

Info: TypeAlias = "GraphQLResolveInfo[Any]"
Resolver = Callable[..., Any]
Resolvers = Mapping[str, Mapping[str, Resolver]]


class GraphError(Exception):
    """An error of one field; `kind` is GitHub's `type`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(slots=True, kw_only=True)
class Scope:
    """One GraphQL request."""

    context: Context
    cost: int
    nodes: int
    standing: Standing
    accounts: dict[str, Account] = field(default_factory=dict)

    def account(self, login: str | None) -> Account | None:
        """Find an account by its login as spelt."""
        if login is None:
            return None
        return self.context.state.accounts.get(login.casefold())

    def require(self, repo: Repo, permission: str, needed: str = "read") -> None:
        """Refuse what the token may not do; raises GraphError."""
        if not self.context.may(repo, permission, needed):
            raise self.forbidden()

    def sees_projects(self, owner: str, needed: str = "read") -> bool:
        """Whether the token reaches an account's projects."""
        return allows_account(self.context.state, self.context.rights, owner, "organization_projects", needed)

    def forbidden(self) -> GraphError:
        """Make the error for a missing permission."""
        kind = self.context.rights.kind
        if kind is Kind.CLASSIC:
            text = "Your token has not been granted the required scopes to execute this query."
            return GraphError("INSUFFICIENT_SCOPES", text)
        whose = "integration" if kind is Kind.INSTALLATION else "personal access token"
        return GraphError("FORBIDDEN", f"Resource not accessible by {whose}")


def scope_of(info: Info) -> Scope:
    """Give the scope of a request."""
    scope: Scope = info.context
    return scope


def missing(kind: str, what: str) -> GraphError:
    """Make the error for what is not there, or not to be known."""
    return GraphError("NOT_FOUND", f"Could not resolve to {kind} {what}.")


def from_http(problem: HttpError) -> GraphError:
    """Turn a refusal in REST's form into one of a field."""
    kinds = {401: "FORBIDDEN", 403: "FORBIDDEN", 404: "NOT_FOUND", 410: "NOT_FOUND", 301: "NOT_FOUND"}
    told = problem.message
    if isinstance(problem.body, Mapping) and problem.body.get("errors"):
        entry = problem.body["errors"][0]
        if isinstance(entry, str):
            return GraphError(kinds.get(problem.status, "UNPROCESSABLE"), entry)
        told = entry.get("message") or f"{entry.get('field')} {entry.get('code')}".strip()
    return GraphError(kinds.get(problem.status, "UNPROCESSABLE"), told)


def connection(
    info: Info,
    things: Sequence[Any],
    args: Mapping[str, Any],
    *,
    key: Callable[[Any], tuple[str | int, int]] | None = None,
    descending: bool = False,
) -> dict[str, Any]:
    """Cut out what `first`, `last`, `after` and `before` ask for.

    Args:
        info: of the field.
        things: the whole list, in order.
        args: of the field.
        key: the place of one of them in the order; cursors count positions without it.
        descending: whether that order falls.

    Raises:
        GraphError: neither of `first` and `last` where more than counts is asked for, or more than 100.
    """
    first, last = args.get("first"), args.get("last")
    if first is None and last is None and not _paged(info, info.field_nodes):
        first = 0
    _check(info.field_name, first, last)
    positions: Sequence[Any] = things
    if key is None:
        positions = range(len(things))
        key = _position
    start, end = 0, len(things)
    try:
        if args.get("after"):
            place = paging.decode(args["after"])
            start = paging.place_of(positions, place, key, descending=descending, past=True)
        if args.get("before"):
            place = paging.decode(args["before"])
            end = paging.place_of(positions, place, key, descending=descending, past=False)
    except (HttpError, TypeError) as problem:
        told = f"`{args.get('after') or args.get('before')}` does not appear to be a valid cursor."
        raise GraphError("INVALID_CURSOR_ARGUMENTS", told) from problem
    low, high = start, max(start, end)
    if first is not None:
        high = min(high, low + first)
    elif last is not None:
        low = max(low, high - last)
    cursors = [_Cursor(key(positions[n])) for n in range(low, high)]
    sent = scope_of(info).context.as_sent
    page = things[low:high]
    return {
        "nodes": sent(page),
        "edges": sent([{"node": node, "cursor": cursor} for node, cursor in zip(page, cursors, strict=True)]),
        "pageInfo": {
            "hasNextPage": high < len(things),
            "hasPreviousPage": low > 0,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
        "totalCount": len(things),
    }


class _Cursor:
    """A cursor that is written only when it is asked for, as the default resolver does with what can be called."""

    __slots__ = ("_place",)

    def __init__(self, place: tuple[str | int, int]) -> None:
        self._place = place

    def __call__(self, _info: Info) -> str:
        return paging.encode(self._place)


def _position(number: int) -> tuple[str | int, int]:
    return "", number


def _paged(info: Info, nodes: Iterable[Node]) -> bool:
    """Say whether more than counts is asked of a connection, so that `first` or `last` must be given."""
    for node in nodes:
        chosen = getattr(node, "selection_set", None)
        for each in chosen.selections if chosen else ():
            if isinstance(each, FieldNode):
                if each.name.value in PAGED:
                    return True
                continue
            inner = info.fragments[each.name.value] if isinstance(each, FragmentSpreadNode) else each
            if _paged(info, [inner]):
                return True
    return False


def _check(name: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        told = f"You must provide a `first` or `last` value to properly paginate the `{name}` connection."
        raise GraphError("MISSING_PAGINATION_BOUNDARIES", told)
    for word, value in (("first", first), ("last", last)):
        if value is not None and value > MOST:
            told = (
                f"Requesting {value} records on the `{name}` connection exceeds the `{word}` limit of {MOST} records."
            )
            raise GraphError("EXCESSIVE_PAGINATION", told)
        if value is not None and value < 0:
            raise GraphError("INVALID_PAGINATION", f"`{word}` on the `{name}` connection cannot be less than zero.")

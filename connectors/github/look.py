"""Looks at repositories and issues through GraphQL: many in one request, with what the REST API does not tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.core.port import Json
from connectors.github.blocks import Block, block_of
from connectors.github.client import GithubClient
from connectors.github.repositories import Repository, from_graph
from connectors.github.settings import ProjectRef
from connectors.github.spots import Spot

AT_ONCE = 50
"""Issues and repositories in one request: 50 times 100 comments and 100 items are far below GitHub's 500,000 nodes."""

SpotKey = tuple[int, int]
"""Repository id and number."""

_COMMENT = "id fullDatabaseId body viewerDidAuthor"
_COMMENTS = f"comments(first: 100) {{ nodes {{ {_COMMENT} }} pageInfo {{ hasNextPage endCursor }} }}"
_VALUE = """__typename
 ... on ProjectV2ItemFieldSingleSelectValue { name }
 ... on ProjectV2ItemFieldTextValue { text }
 ... on ProjectV2ItemFieldNumberValue { number }
 ... on ProjectV2ItemFieldDateValue { date }
 ... on ProjectV2ItemFieldIterationValue { title }"""
_VALUES = ("name", "text", "number", "date", "title")
_MORE = f"""query SynclineComments($id: ID!, $after: String!) {{ node(id: $id) {{
 ... on Issue {{ {_COMMENTS.replace("first: 100", "first: 100, after: $after")} }}
 ... on PullRequest {{ {_COMMENTS.replace("first: 100", "first: 100, after: $after")} }} }} }}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """A managed comment of ours: its ids in GraphQL and in the REST API, and its block."""

    node_id: str
    comment_id: str
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked.

    Attributes:
        spots: Issues.
        repositories: Repositories whose facts are wanted though none of their issues is asked for.
        labels: Whether labels are wanted.
        project: Project whose items are wanted, or None.
        fields: Its fields that are wanted: id to name.
        comments: Whether our managed comments are wanted.
        known: GraphQL ids of managed comments that were met before: these are read by their id.
        names: Labels of which it is wanted whether the repository has them, by repository id.
    """

    spots: Sequence[Spot] = ()
    repositories: Sequence[Repository] = ()
    labels: bool = False
    project: ProjectRef | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    comments: bool = False
    known: Mapping[SpotKey, str] = field(default_factory=dict)
    names: Mapping[int, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an issue or pull request shows.

    Attributes:
        node_id: Its id in GraphQL.
        labels: Names of its labels.
        project_id: GraphQL id of the project, when it is an item there; else empty.
        item_id: Id of the item, or empty.
        values: Values of the wanted fields by id.
        managed: Our managed comments, the oldest first.
    """

    node_id: str
    labels: tuple[str, ...] = ()
    project_id: str = ""
    item_id: str = ""
    values: Mapping[str, Json] = field(default_factory=dict)
    managed: tuple[Managed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was found.

    Attributes:
        repositories: By id; None: gone or hidden.
        issues: By repository id and number; None: gone, hidden, or moved to another repository.
        labels: Those of ``Ask.names`` that the repository has, by its id.
    """

    repositories: Mapping[int, Repository | None]
    issues: Mapping[SpotKey, Found | None]
    labels: Mapping[int, Sequence[str]] = field(default_factory=dict)


def key_of(spot: Spot) -> SpotKey:
    """Repository id and number."""
    return spot.repository.id, spot.number


def look(client: GithubClient, ask: Ask) -> Seen:
    """Ask, in one request for every 50 issues or repositories.

    A comment that is not known, or no longer where it was, costs one request more for 50 issues, and one for each 100
    comments of an issue beyond the first 100.

    Raises:
        RefusedError: Not allowed.
        RetriableError: GitHub could not answer all of it for now.
    """
    repositories: dict[int, Repository | None] = {}
    issues: dict[SpotKey, Found | None] = {}
    labels: dict[int, Sequence[str]] = {}
    spots = list({key_of(s): s for s in ask.spots}.values())
    alone = [r for r in {r.id: r for r in ask.repositories}.values() if all(s.repository.id != r.id for s in spots)]
    for some, others in _portions(spots, alone):
        part = _Question(ask, some, others).put(client)
        repositories.update(part.repositories)
        issues.update(part.issues)
        labels.update(part.labels)
    if ask.comments and ask.known:
        lost = [s for s in spots if key_of(s) in ask.known and (f := issues[key_of(s)]) is not None and not f.managed]
        for some, _ in _portions(lost, []):
            listed = _Question(Ask(comments=True), some, []).put(client)
            for place, found in listed.issues.items():
                before = issues[place]
                issues[place] = replace(before, managed=found.managed) if before and found else None
    return Seen(repositories=repositories, issues=issues, labels=labels)


def _portions(
    spots: Sequence[Spot], repositories: Sequence[Repository]
) -> Iterator[tuple[Sequence[Spot], Sequence[Repository]]]:
    both: list[Spot | Repository] = [*spots, *repositories]
    for start in range(0, len(both), AT_ONCE):
        part = both[start : start + AT_ONCE]
        yield [p for p in part if isinstance(p, Spot)], [p for p in part if isinstance(p, Repository)]


class _Question:
    """One document, and how its answer is read."""

    def __init__(self, ask: Ask, spots: Sequence[Spot], repositories: Sequence[Repository]) -> None:
        self._ask = ask
        self._names = {f"v{n}": name for n, name in enumerate(ask.fields)}
        self._repositories = {r.id: r for r in [*(s.repository for s in spots), *repositories]}
        self._spots = spots
        self._known = {f"c{n}": s for n, s in enumerate(spots) if ask.comments and key_of(s) in ask.known}
        self._variables: dict[str, Json] = {}
        self._types: dict[str, str] = {}

    def put(self, client: GithubClient) -> Seen:
        """Ask, and read the answer."""
        data = client.query(*self._document()).data
        repositories: dict[int, Repository | None] = {}
        issues: dict[SpotKey, Found | None] = {}
        labels: dict[int, Sequence[str]] = {}
        for n, repository in enumerate(self._repositories.values()):
            node = data.get(f"r{n}")
            repositories[repository.id] = from_graph(repository, node)
            names = self._ask.names.get(repository.id, ())
            labels[repository.id] = [name for k, name in enumerate(names) if _at(node, f"l{n}x{k}")]
            for m, spot in enumerate(self._spots):
                if spot.repository.id == repository.id:
                    found = node.get(f"i{m}") if isinstance(node, Mapping) else None
                    issues[key_of(spot)] = self._found(client, found, node)
        for alias, spot in self._known.items():
            managed, before = _managed(data.get(alias)), issues[key_of(spot)]
            if managed is not None and before is not None:
                issues[key_of(spot)] = replace(before, managed=(managed,))
        return Seen(repositories=repositories, issues=issues, labels=labels)

    def _var(self, name: str, kind: str, value: Json) -> str:
        self._variables[name], self._types[name] = value, kind
        return f"${name}"

    def _document(self) -> tuple[str, Mapping[str, Json]]:
        parts = []
        for n, repository in enumerate(self._repositories.values()):
            own = [self._issue(m, s) for m, s in enumerate(self._spots) if s.repository.id == repository.id]
            own += [
                f"l{n}x{k}: label(name: {self._var(f'l{n}x{k}', 'String!', name)}) {{ name }}"
                for k, name in enumerate(self._ask.names.get(repository.id, ()))
            ]
            facts = "id nameWithOwner isPrivate visibility"
            node = self._var(f"r{n}", "ID!", repository.node_id)
            parts.append(f"r{n}: node(id: {node}) {{ ... on Repository {{ {facts} {' '.join(own)} }} }}")
        for alias, spot in self._known.items():
            node = self._var(alias, "ID!", self._ask.known[key_of(spot)])
            parts.append(f"{alias}: node(id: {node}) {{ ... on IssueComment {{ {_COMMENT} }} }}")
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._types.items())
        return f"query SynclineLook({declared}) {{\n{chr(10).join(parts)}\n}}", self._variables

    def _issue(self, m: int, spot: Spot) -> str:
        shown = ["id number repository { id }"]
        if self._ask.labels:
            shown.append("labels(first: 100) { nodes { name } }")
        if self._ask.project is not None:
            shown.append(self._items())
        if self._ask.comments and key_of(spot) not in self._ask.known:
            shown.append(_COMMENTS)
        number = self._var(f"n{m}", "Int!", spot.number)
        both = " ".join(f"... on {kind} {{ {' '.join(shown)} }}" for kind in ("Issue", "PullRequest"))
        return f"i{m}: issueOrPullRequest(number: {number}) {{ {both} }}"

    def _items(self) -> str:
        values = [
            f"{alias}: fieldValueByName(name: {self._var(alias, 'String!', self._ask.fields[field_id])}) {{ {_VALUE} }}"
            for alias, field_id in self._names.items()
        ]
        owner = "owner { ... on Organization { login } ... on User { login } }"
        return f"projectItems(first: 100) {{ nodes {{ id project {{ id number {owner} }} {' '.join(values)} }} }}"

    def _found(self, client: GithubClient, node: Json, repository: Json) -> Found | None:
        if not isinstance(node, Mapping) or not node.get("id") or not isinstance(repository, Mapping):
            return None
        if _at(node, "repository").get("id") != repository.get("id"):
            return None  # transferred
        item = self._item(node)
        return Found(
            node_id=str(node["id"]),
            labels=tuple(str(label.get("name")) for label in _nodes(node, "labels")),
            project_id=str(_at(item, "project").get("id") or ""),
            item_id=str(item.get("id") or ""),
            values={field_id: _value(item.get(alias)) for alias, field_id in self._names.items()},
            managed=tuple(_all_managed(client, node)),
        )

    def _item(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        project = self._ask.project
        if project is None:
            return {}
        for item in _nodes(node, "projectItems"):
            holder = _at(item, "project")
            owner = str(_at(holder, "owner").get("login") or "")
            if holder.get("number") == project.number and owner.casefold() == project.owner.casefold():
                return item
        return {}


def _all_managed(client: GithubClient, node: Mapping[str, Json]) -> Iterator[Managed]:
    page: Mapping[str, Json] = node
    while True:
        yield from (m for m in map(_managed, _nodes(page, "comments")) if m is not None)
        info = _at(_at(page, "comments"), "pageInfo")
        if not info.get("hasNextPage"):
            return
        answer = client.query(_MORE, {"id": node["id"], "after": info.get("endCursor")}).data
        page = _at(answer, "node")


def _managed(comment: Json) -> Managed | None:
    """A comment as a managed one of ours; None: it is somebody else's, or has no marker line."""
    if not isinstance(comment, Mapping) or not comment.get("viewerDidAuthor"):
        return None
    block = block_of(comment.get("body"))
    if block is None:
        return None
    return Managed(node_id=str(comment.get("id")), comment_id=str(comment.get("fullDatabaseId")), block=block)


def _value(node: Json) -> Json:
    return next((node[k] for k in _VALUES if k in node), None) if isinstance(node, Mapping) else None


def _at(node: Json, name: str) -> Mapping[str, Json]:
    found = node.get(name) if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _nodes(node: Mapping[str, Json], name: str) -> Iterable[Mapping[str, Json]]:
    return [n for n in _at(node, name).get("nodes") or () if isinstance(n, Mapping)]

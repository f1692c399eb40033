"""Writes fields of a project's items: many values in one document, each with its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.errors import AmbiguousError, FatalError, RefusedError
from connectors.core.port import Json, Outcome, Write
from connectors.github.catalog import Project, ProjectField, read_project
from connectors.github.client import GithubClient, Graph
from connectors.github.errors import graphql_words

AT_ONCE = 20
"""Values in one document (field guide 3.4); GitHub carries them out one after the other."""

_LATER = frozenset({"SERVICE_UNAVAILABLE", "RATE_LIMITED", "STALE_DATA"})  # types of errors that time mends
_SET = """{alias}: updateProjectV2ItemFieldValue(input:
 {{projectId: $p, itemId: {item}, fieldId: {field}, value: {value}}}) {{ projectV2Item {{ id }} }}"""
_CLEAR = """{alias}: clearProjectV2ItemFieldValue(input:
 {{projectId: $p, itemId: {item}, fieldId: {field}}}) {{ projectV2Item {{ id }} }}"""
_ADD = "{alias}: addProjectV2ItemById(input: {{projectId: $p, contentId: {content}}}) {{ item {{ id }} }}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An issue whose values are written: its GraphQL id, and its item in the project, or empty."""

    node_id: str
    item_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How one write ended, and why when not well."""

    outcome: Outcome
    message: str = ""


class ProjectDesk:
    """The configured project of one connection, read once."""

    def __init__(self, client: GithubClient) -> None:
        self._client = client
        self._project: Project | None = None

    def read(self) -> Project | None:
        """The project as it is now; None when the settings name none.

        Raises:
            FatalError: It is gone or hidden.
        """
        ref = self._client.settings.project_ref
        self._project = read_project(self._client, ref) if ref is not None else None
        return self._project

    def set_values(self, writes: Sequence[tuple[Write, Target]]) -> list[Verdict]:
        """Write the values of some writes; one request, and one more when an issue is no item of the project yet.

        Raises:
            AmbiguousError: No answer came; each value may or may not be set.
            RetriableError: Nothing was set.
            RefusedError: The project may not be written to.
        """
        project = self._known()
        verdicts: dict[str, Verdict] = {}
        for write, _ in writes:
            problem = next(filter(None, (_problem(project, k, v) for k, v in write.values.items())), "")
            if problem:
                verdicts[write.id] = Verdict(outcome=Outcome.REFUSED, message=problem)
        not_added: dict[str, Verdict] = {}
        items = self._items(project, [t for w, t in writes if w.id not in verdicts], not_added)
        ready = []
        for write, target in writes:
            if write.id in verdicts:
                continue
            if target.node_id in items:
                ready.append((write, items[target.node_id]))
            else:
                verdicts[write.id] = not_added[target.node_id]
        if ready:
            verdicts.update(self._send(project, ready))
        return [verdicts[write.id] for write, _ in writes]

    def _known(self) -> Project:
        project = self._project or self._read_to_write()
        if project is None:
            raise RefusedError(
                f"{self._client.connection}: no project is configured; set project = ORG/NUMBER",
                connection=self._client.connection,
            )
        return project

    def _read_to_write(self) -> Project | None:
        try:
            return self.read()
        except FatalError as exc:  # only these fields cannot be written; labels and comments can
            raise RefusedError(str(exc), connection=exc.connection, place=exc.place, status=exc.status) from exc

    def _items(self, project: Project, targets: Iterable[Target], refused: dict[str, Verdict]) -> dict[str, str]:
        """Item id by the issue's GraphQL id; issues that are none yet are added.

        GitHub answers the item that there is when an issue is added again, so that this may be repeated.
        """
        known = {t.node_id: t.item_id for t in targets}
        missing = [node for node, item in known.items() if not item]
        items = {node: item for node, item in known.items() if item}
        if not missing:
            return items
        document = _Document()
        for node in missing:
            document.add(_ADD, content=("ID!", node))
        graph = self._client.mutate(*document.put(project.id), repeatable=True)
        for alias, node in zip(document.aliases, missing, strict=True):
            answer = graph.data.get(alias)
            item = answer.get("item") if isinstance(answer, Mapping) else None
            if isinstance(item, Mapping) and item.get("id"):
                items[node] = str(item["id"])
            else:
                refused[node] = _verdict(graph, [alias], self._client.redact)
        return items

    def _send(self, project: Project, ready: Sequence[tuple[Write, str]]) -> dict[str, Verdict]:
        document = _Document()
        aliases: dict[str, list[str]] = {}
        for write, item in ready:
            for field_id, value in write.values.items():
                field = project.fields[field_id]
                parts: dict[str, tuple[str, Json]] = {"item": ("ID!", item), "field": ("ID!", field_id)}
                if value is None:
                    alias = document.add(_CLEAR, **parts)
                else:
                    alias = document.add(_SET, **parts, value=("ProjectV2FieldValue!", _input(field, value)))
                aliases.setdefault(write.id, []).append(alias)
        graph = self._client.mutate(*document.put(project.id))
        if not graph.data and not graph.errors:
            raise AmbiguousError(
                f"{self._client.connection}: POST graphql: GitHub answered nothing",
                connection=self._client.connection,
                place="POST graphql",
            )
        return {write.id: _verdict(graph, aliases[write.id], self._client.redact) for write, _ in ready}


class _Document:
    """A mutation of several aliased parts, all their values in variables."""

    def __init__(self) -> None:
        self.aliases: list[str] = []
        self._parts: list[str] = []
        self._types = {"p": "ID!"}
        self._variables: dict[str, Json] = {}

    def add(self, template: str, **values: tuple[str, Json]) -> str:
        alias = f"m{len(self.aliases)}"
        names = {}
        for name, (kind, value) in values.items():
            variable = f"{name}{len(self.aliases)}"
            self._types[variable], self._variables[variable] = kind, value
            names[name] = f"${variable}"
        self._parts.append(template.format(alias=alias, **names))
        self.aliases.append(alias)
        return alias

    def put(self, project_id: str) -> tuple[str, Mapping[str, Json]]:
        declared = ", ".join(f"${name}: {kind}" for name, kind in self._types.items())
        newline = "\n"
        document = f"mutation SynclineWrite({declared}) {{\n{newline.join(self._parts)}\n}}"
        return document, {"p": project_id, **self._variables}


def _verdict(graph: Graph, aliases: Sequence[str], redact: Callable[[str], str]) -> Verdict:
    """What became of a write of several parts: the worst of them; what the answer does not tell is not known."""
    own = [e for e in graph.errors if _first(e) in aliases]
    general = [e for e in graph.errors if _first(e) is None]
    if all(graph.data.get(alias) is not None for alias in aliases) and not own:
        return Verdict(outcome=Outcome.DONE)
    said = redact(graphql_words(own or general))
    if not own and (not general or graph.data or not all(_refuses(e) for e in general)):
        # GitHub says neither that it was done nor that it was refused ("something went wrong").
        return Verdict(outcome=Outcome.AMBIGUOUS, message=said or "GitHub did not say what became of it")
    if any(e.get("type") in _LATER for e in own or general):
        return Verdict(outcome=Outcome.FAILED, message=said)
    return Verdict(outcome=Outcome.REFUSED, message=said)


def _first(error: Mapping[str, Json]) -> str | None:
    path = error.get("path")
    return str(path[0]) if isinstance(path, list) and path else None


def _refuses(error: Mapping[str, Json]) -> bool:
    """Whether an error about a whole document says that none of it was carried out."""
    return bool(error.get("type")) or "extensions" in error


def _problem(project: Project, field_id: str, value: Json) -> str:
    """Why a value cannot be set; empty when it can."""
    field = project.fields.get(field_id)
    if field is None:
        return f"project {project.title!r} has no field with the id {field_id}"
    if value is None:
        return ""
    if field.kind == "SINGLE_SELECT" and value not in field.options:
        return f"field {field.name!r} has no option {value!r}; it has {', '.join(field.options) or 'none'}"
    if field.kind == "ITERATION":
        return f"field {field.name!r} is an iteration, which is not written"
    if field.kind == "NUMBER" and not isinstance(value, (int, float)):
        return f"field {field.name!r} takes a number, not {value!r}"
    return ""


def _input(field: ProjectField, value: Json) -> dict[str, Json]:
    match field.kind:
        case "SINGLE_SELECT":
            return {"singleSelectOptionId": field.options[value]}
        case "NUMBER":
            return {"number": float(value)}
        case "DATE":
            return {"date": str(value)}
        case _:
            return {"text": str(value)}

"""Which repository a place is: found by its name once, then kept by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlsplit

from connectors.core.errors import NotFoundError, PartitionError, RefusedError
from connectors.core.port import Json, Visibility
from connectors.github.client import GithubClient
from connectors.github.errors import MovedError

_AT_ONCE = 50
"""Repositories found by name in one request; far below what GitHub lets one query cost."""
_FACTS = "id databaseId nameWithOwner isPrivate visibility"
_MOST_MOVES = 3  # a renamed repository that was renamed again answers with its id at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """One repository as GitHub says it is.

    Attributes:
        id: Its immutable id; requests go to ``/repositories/{id}/...``, which renaming and transfer do not change.
        node_id: Its id in GraphQL.
        full_name: ``owner/name`` now.
        private: Whether it is not public.
        visibility: ``public``, ``private`` or ``internal``.
    """

    id: int
    node_id: str
    full_name: str
    private: bool
    visibility: str

    @property
    def path(self) -> str:
        """Where its resources are."""
        return f"/repositories/{self.id}"

    @property
    def seen_by(self) -> Visibility:
        """How widely its records may be seen."""
        return Visibility.PUBLIC if self.visibility == "public" else Visibility.INTERNAL

    def facts(self) -> dict[str, Json]:
        """What is kept in a cursor."""
        return {
            "id": self.id,
            "node_id": self.node_id,
            "full_name": self.full_name,
            "private": self.private,
            "visibility": self.visibility,
        }

    def shown(self) -> dict[str, Json]:
        """What the payload of its records says of it."""
        return {
            "full_name": self.full_name,
            "id": self.id,
            "private": self.private,
            "visibility": self.visibility,
        }


def repository_of(data: Json) -> Repository | None:
    """The repository of an answer of the REST API or of ``facts``; None: it is none."""
    if not isinstance(data, Mapping):
        return None
    number, name, node = data.get("id"), data.get("full_name"), data.get("node_id")
    if not isinstance(number, int) or not isinstance(name, str) or not isinstance(node, str):
        return None
    private = bool(data.get("private", True))
    stated = str(data.get("visibility") or ("private" if private else "public")).lower()
    # When the two disagree, the narrower one counts.
    visibility = "private" if private and stated == "public" else stated
    return Repository(id=number, node_id=node, full_name=name, private=private, visibility=visibility)


def from_graph(known: Repository, node: Json) -> Repository | None:
    """``known`` as GraphQL describes it now; None: it is gone or hidden."""
    if not isinstance(node, Mapping) or not isinstance(node.get("nameWithOwner"), str):
        return None
    private = bool(node.get("isPrivate", True))
    stated = str(node.get("visibility") or ("private" if private else "public")).lower()
    visibility = "private" if private and stated == "public" else stated
    return replace(known, full_name=node["nameWithOwner"], private=private, visibility=visibility)


def _met(node: Json) -> Repository | None:
    """A repository that GraphQL found by its name; None: it found none."""
    if not isinstance(node, Mapping) or not isinstance(node.get("id"), str):
        return None
    number = node.get("databaseId")
    if not isinstance(number, int):
        return None
    # Until GraphQL's own words are taken in, the narrowest counts.
    blank = Repository(id=number, node_id=node["id"], full_name="", private=True, visibility="private")
    return from_graph(blank, node)


class Places:
    """The repositories of one connection's places, as this process knows them."""

    def __init__(self, client: GithubClient) -> None:
        self._client = client
        self._known: dict[str, Repository] = {}
        self._names: dict[str, str] = {}  # as configured, by the folded form
        self._hidden: set[str] = set()  # folded; found to be nowhere since ``begin``

    def begin(self) -> None:
        """A new read begins: what could not be seen before is asked for again."""
        self._hidden.clear()

    def known(self, place: str) -> Repository | None:
        """The repository of a place, if this process has met it."""
        return self._known.get(place.casefold())

    def all(self) -> tuple[Repository, ...]:
        """All that were met."""
        return tuple(self._known.values())

    def remember(self, place: str, repository: Repository) -> None:
        """Keep what is known of a place."""
        self._known[place.casefold()] = repository
        self._hidden.discard(place.casefold())
        self._names[place.casefold()] = place

    def update(self, seen: Mapping[int, Repository | None]) -> None:
        """Take in what was seen of known repositories; one that was not seen stays as it was known."""
        for place, repository in self._known.items():
            self._known[place] = seen.get(repository.id) or repository

    def place_of(self, repository: Repository) -> str:
        """The configured place that a repository is known by; its name when there is none."""
        return next((self._names[p] for p, r in self._known.items() if r.id == repository.id), repository.full_name)

    def meet(self, places: Iterable[str]) -> None:
        """Find the repositories of places that were not met yet by their names: one request for 50 of them.

        A single one is left to ``find``, and so are all when GitHub refuses the question.
        """
        unknown = [p for p in dict.fromkeys(places) if p.count("/") == 1 and self.known(p) is None]
        if len(unknown) < 2:
            return
        for start in range(0, len(unknown), _AT_ONCE):
            some = unknown[start : start + _AT_ONCE]
            variables = {
                f"{k}{n}": part for n, p in enumerate(some) for k, part in zip("on", p.split("/"), strict=True)
            }
            declared = ", ".join(f"${name}: String!" for name in variables)
            parts = [f"r{n}: repository(owner: $o{n}, name: $n{n}) {{ {_FACTS} }}" for n in range(len(some))]
            newline = "\n"
            document = f"query SynclineRepositories({declared}) {{{newline}{newline.join(parts)}{newline}}}"
            try:
                data = self._client.query(document, variables).data
            except RefusedError:
                return  # one that may not be seen has refused them all: each is asked for by itself
            for n, place in enumerate(some):
                repository = _met(data.get(f"r{n}"))
                if repository is not None:
                    self.remember(place, repository)
                else:
                    self._hidden.add(place.casefold())

    def find(self, place: str) -> Repository:
        """The repository of a place: as known, else by its name (one request, one more when it was renamed).

        Raises:
            PartitionError: There is none, or this login may not see it; that is asked once a read.
        """
        if place.casefold() in self._hidden:
            raise self._nowhere(place, None)
        return self.known(place) or self.ask(place)

    def ask(self, place: str) -> Repository:
        """The repository that a name leads to now.

        Raises:
            PartitionError: There is none, or this login may not see it.
        """
        path = "/repos/" + "/".join(quote(part, safe="") for part in place.split("/"))
        if place.count("/") != 1:
            raise PartitionError(
                f"{self._client.connection}: {place!r} is no repository; expected owner/name",
                connection=self._client.connection,
                place=place,
            )
        try:
            repository = self._follow(path)
        except NotFoundError as exc:
            self._hidden.add(place.casefold())
            raise self._nowhere(place, exc) from exc
        self.remember(place, repository)
        return repository

    def _nowhere(self, place: str, exc: NotFoundError | None) -> PartitionError:
        return PartitionError(
            f"{self._client.connection}: repository {place} does not exist or this login may not see it; give the"
            " token or the app's installation access to it, or correct its name",
            connection=self._client.connection,
            place=exc.place if exc is not None else f"repository {place}",
            status=exc.status if exc is not None else 404,
        )

    def _follow(self, path: str) -> Repository:
        for _ in range(_MOST_MOVES):
            try:
                answer = self._client.get(path)
            except MovedError as exc:
                if not exc.location:
                    raise
                path = urlsplit(exc.location).path.removeprefix(urlsplit(self._client.settings.url).path)
                continue
            repository = repository_of(answer.body)
            if repository is None:
                raise self._client.nonsense(f"GET {path}", "no repository")
            return repository
        raise NotFoundError(
            f"{self._client.connection}: GET {path}: it moved and moved again",
            connection=self._client.connection,
            place=f"GET {path}",
        )

"""Where an issue is, when only its id is known: GitHub has no address by that id."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from connectors.core.errors import PartitionError
from connectors.core.port import Json
from connectors.github.client import GithubClient, items_of, next_page
from connectors.github.repositories import Places, Repository

_HINT = re.compile(r"(\d+)/(\d+)@.*", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """One issue's or pull request's address: its repository and its number there, which are never given to another."""

    repository: Repository
    number: int

    @property
    def path(self) -> str:
        """Its address in the REST API."""
        return f"{self.repository.path}/issues/{self.number}"


class Spots:
    """Addresses of issues by id: as met in this process, as a version token says, or looked for in the lists."""

    def __init__(self, client: GithubClient, places: Places) -> None:
        self._client = client
        self._places = places
        self._met: dict[str, Spot] = {}
        self._labels: dict[int, set[str]] = {}

    def place_of(self, spot: Spot) -> str:
        """Partition key of the repository that an issue is in."""
        return self._places.place_of(spot.repository)

    def note(self, repository: Repository, issue: Mapping[str, Json]) -> None:
        """An issue was answered: keep its address, and that its labels exist."""
        self._met[str(issue.get("id"))] = Spot(repository=repository, number=int(issue["number"]))
        self.note_labels(repository.id, labels_of(issue))

    def note_labels(self, repository: int, labels: Iterable[str]) -> None:
        """These labels exist in the repository with this id."""
        self._labels.setdefault(repository, set()).update(label.casefold() for label in labels)

    def has_label(self, repository: Repository, label: str) -> bool:
        """Whether a label was met in the repository."""
        return label.casefold() in self._labels.get(repository.id, set())

    def meet(self, places: Iterable[str]) -> None:
        """Know the repositories of places, see ``Places.meet``."""
        self._places.meet(places)

    def hint(self, number: str, place: str, version: str) -> None:
        """Keep the address of issue ``number`` if the version token of its record tells it.

        Raises:
            PartitionError: Its place cannot be seen.
        """
        found = _HINT.fullmatch(version)
        if number in self._met or found is None:
            return
        repository = self._places.find(place)
        if repository.id == int(found[1]):
            self._met[number] = Spot(repository=repository, number=int(found[2]))

    def find(self, ids: Collection[str], places: Iterable[str]) -> dict[str, Spot | None]:
        """Addresses of issues; None: in none of the repositories that this login sees.

        What was not met is looked for in the lists of ``places``, the most recently changed first: one request, when it
        was changed of late; at worst one for each 100 issues.
        """
        missing = {number for number in ids if number not in self._met}
        for place in dict.fromkeys(places):
            if not missing:
                break
            try:
                repository = self._places.find(place)
            except PartitionError:
                continue
            missing -= {number for number, _ in self.latest(repository, missing)}
        return {number: self._met.get(number) for number in ids}

    def latest(
        self, repository: Repository, ids: Collection[str], *, most_pages: int | None = None
    ) -> Sequence[tuple[str, Mapping[str, Json]]]:
        """Those of ``ids`` that are in the repository, as its list shows them, the most recently changed first.

        An issue that changes meanwhile moves to the front: others may come twice, and none is passed over.
        """
        wanted = set(ids)
        found: list[tuple[str, Mapping[str, Json]]] = []
        url: str | None = f"{repository.path}/issues"
        params: dict[str, str | int] = {
            "state": "all",
            "sort": "updated",
            "direction": "desc",
            "per_page": self._client.page,
        }
        pages = 0
        while url is not None and wanted and (most_pages is None or pages < most_pages):
            answer = self._client.get(url, params)
            for issue in items_of(self._client, answer, "GET issues"):
                self.note(repository, issue)
                number = str(issue.get("id"))
                if number in wanted:
                    wanted.discard(number)
                    found.append((number, issue))
            url, params = next_page(answer), {}
            pages += 1
        return found


def labels_of(issue: Mapping[str, Json]) -> tuple[str, ...]:
    """Names of the labels of an issue as answered."""
    labels = issue.get("labels")
    names = (label.get("name") if isinstance(label, Mapping) else label for label in labels or ())
    return tuple(name for name in names if isinstance(name, str))


def hint_of(repository: Repository, number: int) -> str:
    """The beginning of a version token that ``Spots.hint`` reads."""
    return f"{repository.id}/{number}@"

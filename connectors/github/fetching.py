"""Reads issues and milestones by id, read-after-write consistent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlencode

from connectors.core.errors import NotFoundError, PartitionError, RefusedError
from connectors.core.port import Json, Record
from connectors.github.anchors import Anchors
from connectors.github.client import GithubClient
from connectors.github.records import AnchorState, Maker, is_anchor
from connectors.github.repositories import Places
from connectors.github.spots import Spot, Spots
from connectors.github.walk import walk

_WORTH_A_LIST = 3
"""From so many issues of one repository on, its most recently changed 100 are asked for first: those just written."""


def fetch_issues(
    client: GithubClient, spots: Spots, anchors: Anchors, ids: Sequence[str], places: Collection[str]
) -> Mapping[str, Record | None]:
    """Records of issues; None: gone, hidden, or moved to another repository, where it has another id."""
    found = spots.find(ids, places)
    answers = _recent(client, spots, found)
    for number, spot in found.items():
        if spot is not None and number not in answers:
            issue = _one(client, number, spot)
            if issue is not None:
                answers[number] = issue
    met = {number: spot for number, spot in found.items() if spot is not None and number in answers}
    label = client.settings.anchor_label
    looked = {n: s for n, s in met.items() if anchors.matter and is_anchor(answers[n], label)}
    states = anchors.states(list(looked.values())) if looked else {}
    records: dict[str, Record | None] = dict.fromkeys(ids)
    for number, spot in met.items():
        shown: dict[str, AnchorState] = {number: states[spot]} if spot in states else {}
        place = spots.place_of(spot)
        records[number] = Maker(client=client, place=place, repository=spot.repository, anchors=shown).issue(
            answers[number]
        )
    return records


def _recent(client: GithubClient, spots: Spots, found: Mapping[str, Spot | None]) -> dict[str, Mapping[str, Json]]:
    by_repository: dict[int, list[tuple[str, Spot]]] = {}
    for number, spot in found.items():
        if spot is not None:
            by_repository.setdefault(spot.repository.id, []).append((number, spot))
    answers: dict[str, Mapping[str, Json]] = {}
    for group in by_repository.values():
        if len(group) >= _WORTH_A_LIST:
            pages = -(-len(group) // client.page)
            answers.update(spots.latest(group[0][1].repository, [n for n, _ in group], most_pages=pages))
    return answers


def _one(client: GithubClient, number: str, spot: Spot) -> Mapping[str, Json] | None:
    try:
        issue = client.get(spot.path).body
    except NotFoundError:
        return None
    except RefusedError as exc:
        if exc.status == 403:
            return None
        raise
    if not isinstance(issue, Mapping):
        raise client.nonsense(f"GET {spot.path}", "no issue")
    return issue if str(issue.get("id")) == number else None


def fetch_milestones(
    client: GithubClient, places: Places, ids: Sequence[str], among: Collection[str]
) -> Mapping[str, Record | None]:
    """Records of milestones, looked for in the repositories of ``among``; None: gone or hidden."""
    records: dict[str, Record | None] = dict.fromkeys(ids)
    for place in among:
        if all(record is not None for record in records.values()):
            break
        try:
            repository = places.find(place)
            url = f"{repository.path}/milestones?" + urlencode({"per_page": client.page, "state": "all"})
            items = walk(client, client.get(url), url).items
        except (NotFoundError, PartitionError):
            continue
        maker = Maker(client=client, place=place, repository=repository)
        records.update({str(k): maker.milestone(item) for k, item in items.items() if str(k) in records})
    return records

"""What anchors show beside the issue itself: the fields of a project, and the managed comment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.core.port import Catalog
from connectors.github.catalog import project_fields
from connectors.github.client import GithubClient
from connectors.github.look import Ask, Found, Seen, SpotKey, key_of, look
from connectors.github.records import AnchorState
from connectors.github.repositories import Repository
from connectors.github.spots import Spot


class Anchors:
    """Looks at anchors for one connection, with the wanted fields of its project.

    Args:
        client: The client.
        catalog: What the project holds.
        wanted: Visible names or ids of the fields that the mapping needs.
    """

    def __init__(self, client: GithubClient, catalog: Catalog, wanted: Iterable[str]) -> None:
        self._client = client
        self._project = client.settings.project_ref
        self._fields = project_fields(catalog, wanted) if self._project is not None else {}

    @property
    def matter(self) -> bool:
        """Whether there is anything to look at."""
        return self._project is not None or self._client.settings.reads_blocks

    def see(self, spots: Sequence[Spot], known: Mapping[SpotKey, str], repositories: Sequence[Repository] = ()) -> Seen:
        """Look at anchors and repositories, see ``look``."""
        ask = Ask(
            spots=spots if self.matter else (),
            repositories=repositories,
            project=self._project,
            fields=self._fields,
            comments=self._client.settings.reads_blocks,
            known=known,
        )
        return look(self._client, ask)

    def state(self, found: Found) -> AnchorState:
        """What an anchor shows."""
        first = found.managed[0] if found.managed else None
        fields = {k: {"name": name, "value": found.values.get(k)} for k, name in self._fields.items()}
        return AnchorState(
            item_id=found.item_id or None,
            fields=fields if self._project is not None else None,
            block=first.block if first is not None else None,
            comment_node=first.node_id if first is not None else "",
            comment_id=first.comment_id if first is not None else "",
        )

    def states(self, spots: Sequence[Spot]) -> Mapping[Spot, AnchorState]:
        """What anchors show that were not known before; those that cannot be seen are left out."""
        seen = self.see(spots, {})
        return {s: self.state(found) for s in spots if (found := seen.issues.get(key_of(s))) is not None}

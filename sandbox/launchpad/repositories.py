"""The top-level collection of git repositories, and which is the default of what."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sandbox.launchpad.collections import Collection
from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.people import Person


class GitRepositories(Collection):
    """`/+git`."""

    holds_entry = "git_repository"
    place = "+git"

    def everything(self) -> Iterable[Any]:
        """All repositories."""
        return self.store.repositories

    def get_by_path(self, *, path: str) -> Any:
        """Give one by its address without the host, or a pillar's default one by the pillar's name."""
        for one in self.store.repositories:
            if path in (one.path, f"lp:{one.path}") or (
                one.target_default and path in (one.target.path, one.git_identity)
            ):
                return one
        return None

    def get_by_id(self, *, id: int) -> Any:  # noqa: A002 - the operation's parameter
        """Give one by number; null when there is none."""
        return next((one for one in self.store.repositories if one.id == id), None)

    def new(self, *, owner: Person, target: Any, name: str, information_type: str | None = None) -> Any:
        """Make an empty repository; by who is the owner, or in it."""
        return self.store.new_repository(owner, target, name, information_type)

    def set_default_repository(self, *, target: Any, repository: Any = None) -> None:
        """Make one a target's default; null takes the mark away. By who may edit the target; 400 for a foreign one."""
        target.check("setDefaultRepository")
        self._mark("target_default", [one for one in self.store.repositories if one.target is target], repository)

    def set_default_repository_for_owner(self, *, owner: Person, target: Any, repository: Any = None) -> None:
        """Make one an owner's default on a target; by the owner."""
        writer = self.store.session.writer
        if writer is None or not (writer.is_admin or writer.is_in(owner)):
            raise forbidden(self, "setDefaultRepositoryForOwner")
        theirs = [one for one in self.store.repositories if one.target is target and one.owner is owner]
        self._mark("owner_default", theirs, repository)

    @staticmethod
    def _mark(name: str, among: list[Any], repository: Any) -> None:
        if repository is not None and repository not in among:
            raise ApiError("Cannot set default Git repository to one attached to another target or owner.")
        for one in among:
            if getattr(one, name) != (one is repository):
                one.put(name, one is repository)

    def get_default_repository_for_owner(self, *, owner: Person, target: Any) -> Any:
        """Give an owner's default repository on a target; null when there is none."""
        found = (one for one in self.store.repositories if one.target is target and one.owner is owner)
        return next((one for one in found if one.owner_default), None)

    def get_default_repository(self, *, target: Any) -> Any:
        """Give a pillar's default repository; null when there is none."""
        return next((one for one in self.store.repositories if one.target is target and one.target_default), None)

    def get_repositories(self, *, target: Any = None, modified_since_date: datetime | None = None) -> list[Any]:
        """List repositories, of one target if it is given."""
        owners = isinstance(target, Person)
        return [
            one
            for one in self.store.repositories
            if (target is None or (one.owner if owners else one.target) is target)
            and (modified_since_date is None or one.date_last_modified >= modified_since_date)
        ]

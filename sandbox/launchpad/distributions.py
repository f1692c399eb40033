"""Distributions, their series and source packages."""

from __future__ import annotations

from typing import Any

from sandbox.launchpad.code import DEFAULT_STATES
from sandbox.launchpad.targets import Pillar, Series, Target


class Distribution(Pillar):
    """A distribution."""

    entry = "distribution"

    @property
    def packages(self) -> list[DistributionSourcePackage]:
        """Its source packages."""
        return list(self.__dict__.get("_packages", ()))

    @property
    def current_series(self) -> Any:
        """The series that is current, or the last."""
        current = [one for one in self.series if one.status == "Current Stable Release"]
        return (current or self.series or [None])[-1]

    def holds(self, target: Any) -> bool:
        """Itself and its packages."""
        return target is self or (not target.is_series and target.pillar is self)

    def steps(self) -> dict[str, Any]:
        """See Target."""
        return {**super().steps(), "+source": lambda one: self.get_source_package(name=one)}

    def get_series(self, *, name_or_version: str) -> Any:
        """Give a series by name or version; null when there is none."""
        return self._series(name_or_version)

    def get_development_series(self) -> list[Any]:
        """List the series under development."""
        return [
            one for one in self.series if one.status in ("Active Development", "Experimental", "Pre-release Freeze")
        ]

    def get_source_package(self, *, name: str) -> Any:
        """Give a package by name; null when there is none."""
        return next((one for one in self.packages if one.name == name), None)

    def search_source_packages(self, *, source_match: str) -> list[Any]:
        """Find packages by a part of the name."""
        return [one for one in self.packages if source_match in one.name]


class DistroSeries(Series):
    """A series of a distribution."""

    entry = "distro_series"

    @property
    def pillar(self) -> Pillar:
        """The distribution."""
        return self.distribution  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def version_name(self) -> str:
        """The version."""
        return str(self.version)

    @property
    def displayname(self) -> str:
        """The name, capitalised."""
        return str(self.name).capitalize()

    @property
    def title(self) -> str:
        """Distribution and name."""
        return f"The {self.distribution.display_name} {self.displayname} release"

    @property
    def target_name(self) -> str:
        """Distribution and name."""
        return f"{self.distribution.name}/{self.name}"

    @property
    def target_display_name(self) -> str:
        """Distribution and name."""
        return f"{self.distribution.display_name} {self.displayname}"

    def holds(self, target: Any) -> bool:
        """Itself and its packages."""
        return target is self or getattr(target, "distroseries", None) is self

    def steps(self) -> dict[str, Any]:
        """See Target."""
        return {**super().steps(), "+source": lambda one: self.get_source_package(name=one)}

    def get_source_package(self, *, name: str) -> Any:
        """Give a package of the series; null when the distribution has none of that name."""
        package = self.distribution.get_source_package(name=name)
        return self.store.source_package(self, package) if package else None


class DistributionSourcePackage(Target):
    """A source package of a distribution, whichever the series."""

    entry = "distribution_source_package"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.distribution.path}/+source/{self.name}"

    @property
    def pillar(self) -> Pillar:
        """The distribution."""
        return self.distribution  # type: ignore[no-any-return]  # values are as the table has them

    def steps(self) -> dict[str, Any]:
        """See Target."""
        return {**super().steps(), "+webhook": lambda one: self.store.webhook(self, one)}

    def get_merge_proposals(self, *, status: list[str] | None = None) -> list[Any]:
        """List the proposals into repositories of this package, in the given states."""
        return self.store.merge_proposals(
            status or list(DEFAULT_STATES), lambda one: one.target_git_repository.target is self
        )

    def new_webhook(
        self, *, delivery_url: str, event_types: list[str], active: bool | None = True, secret: str | None = None
    ) -> Any:
        """Add a webhook; by who may edit the distribution."""
        self.check("webhooks")
        return self.store.new_webhook(self, delivery_url, event_types, active=active is not False, secret=secret)

    @property
    def target_name(self) -> str:
        """Package, and distribution in brackets."""
        return f"{self.name} ({self.distribution.display_name})"

    @property
    def target_display_name(self) -> str:
        """The same."""
        return self.target_name

    @property
    def display_name(self) -> str:
        """Package and distribution."""
        return f"{self.name} in {self.distribution.display_name}"

    @property
    def title(self) -> str:
        """Package and distribution."""
        return f"{self.name} package in {self.distribution.display_name}"


class SourcePackage(Target):
    """A source package of one series of a distribution."""

    entry = "source_package"
    is_series = True

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.distroseries.path}/+source/{self.name}"

    @property
    def pillar(self) -> Pillar:
        """The distribution."""
        return self.distroseries.distribution  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def target_name(self) -> str:
        """Package, and series in brackets."""
        return f"{self.name} ({self.distroseries.target_display_name})"

    @property
    def target_display_name(self) -> str:
        """The same."""
        return self.target_name

    def get_merge_proposals(self, *, status: list[str] | None = None) -> list[Any]:
        """List none: what can be proposed here are Bazaar branches, which are not served."""
        return self.store.merge_proposals(status, lambda _one: False)

    @property
    def displayname(self) -> str:
        """Package and series."""
        return f"{self.name} in {self.distroseries.target_display_name}"

"""Projects, project groups, their series, milestones and releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.launchpad.errors import ApiError, forbidden
from sandbox.launchpad.record import Record
from sandbox.launchpad.subscriptions import Subscribable
from sandbox.launchpad.targets import HasBugs, Pillar, Series

if TYPE_CHECKING:
    from datetime import datetime


class Project(Pillar):
    """A project."""

    entry = "project"
    is_upstream = True

    @property
    def title(self) -> str:
        """The display name."""
        return str(self.display_name)

    @property
    def releases(self) -> list[Any]:
        """The releases of all series."""
        return [one for series in self.series for one in series.releases]

    def get_series(self, *, name: str) -> Any:
        """Give a series by name; null when there is none."""
        return self._series(name)

    def get_release(self, *, version: str) -> Any:
        """Give a release by version; null when there is none."""
        return next((one for one in self.releases if one.version == version), None)

    def new_series(self, *, name: str, summary: str, release_url_pattern: str | None = None) -> ProjectSeries:
        """Add a series; by owner or driver."""
        writer = self.store.session.writer
        if writer is None or not self.grants_driving(writer):
            raise forbidden(self, "newSeries", "launchpad.Driver")
        if self._series(name) is not None:
            raise ApiError(f"name: {name} is already in use by another series.")
        made = ProjectSeries(
            self.store,
            project=self,
            name=name,
            summary=summary,
            release_finder_url_pattern=release_url_pattern,
            owner=writer,
            date_created=self.store.session.now,
        )
        self.put("series", [*self.series, made])
        return made


class ProjectSeries(Series):
    """A series of a project."""

    entry = "project_series"
    is_upstream = True

    @property
    def pillar(self) -> Pillar:
        """The project."""
        return self.project  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def display_name(self) -> str:
        """The name."""
        return str(self.name)

    @property
    def title(self) -> str:
        """Project and name."""
        return f"{self.project.display_name} {self.name} series"

    @property
    def target_name(self) -> str:
        """Project and name."""
        return f"{self.project.name}/{self.name}"

    @property
    def target_display_name(self) -> str:
        """Project and name."""
        return f"{self.project.display_name} {self.name}"

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "project" and value is not self.project:
            raise ApiError("project_link: A series cannot be moved to another project.")
        super().__setattr__(name, value)

    def get_timeline(self, *, include_inactive: bool | None = None) -> dict[str, Any]:
        """Give milestones and releases as the timeline shows them."""
        shown = [one for one in self.all_milestones if include_inactive or one.is_active or one.release]
        landmarks = [
            {
                "name": one.name,
                "code_name": one.code_name,
                "type": "release" if one.release else "milestone",
                "date": (one.release.date_released if one.release else one.date_targeted or "")
                and str(one.release.date_released.date() if one.release else one.date_targeted),
                "uri": f"/{one.path}",
            }
            for one in shown
        ]
        return {
            "name": self.name,
            "is_development_focus": self.project.development_focus is self,
            "uri": f"/{self.path}",
            "landmarks": landmarks,
        }


class Milestone(HasBugs, Subscribable):
    """A milestone of one series; it is listed with its pillar."""

    entry = "milestone"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.target.path}/+milestone/{self.name}"

    @property
    def target(self) -> Any:
        """The project or distribution."""
        return self.series_target.pillar

    @property
    def parts(self) -> tuple[Milestone, ...]:
        """Itself: a milestone of a project group has several."""
        return (self,)

    @property
    def title(self) -> str:
        """Project, name, and code name in quotes."""
        code = f' "{self.code_name}"' if self.code_name else ""
        return f"{self.target.display_name} {self.name}{code}"

    @property
    def official_bug_tags(self) -> list[str]:
        """Those of the pillar."""
        return list(self.target.official_bug_tags)

    def own_tasks(self) -> list[Any]:
        """See HasBugs."""
        return [task for task in self.store.tasks() if task.milestone is self]

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Owner and drivers of the pillar."""
        writer = self.store.session.writer
        return writer is not None and self.target.grants_driving(writer)

    def child(self, name: str) -> object:
        """Structural subscriptions."""
        return self.store.step(self.find_subscription) if name == "+subscription" else None

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "series_target":
            self.check(name)
            self._move_to(value)
        else:
            super().__setattr__(name, value)

    def _move_to(self, series: Any) -> None:
        """Move it to another series of the same pillar.

        Raises:
            ApiError: 400, no such series.
        """
        old = self.series_target
        if getattr(series, "pillar", None) is not old.pillar or not series.is_series:
            raise ApiError("series_target_link: Constraint not satisfied.")
        old.put("_milestones", [one for one in old.milestones if one is not self])
        series.put("_milestones", [*series.milestones, self])
        self.put("series_target", series)

    def get_tags(self) -> list[str]:
        """List the milestone's own tags."""
        return list(self.__dict__.get("tags", ()))

    def set_tags(self, *, tags: list[str]) -> None:
        """Replace them."""
        self.check("tags")
        self.put("tags", sorted(set(tags)))

    def create_product_release(
        self, *, date_released: datetime, changelog: str | None = None, release_notes: str | None = None
    ) -> ProjectRelease:
        """Make a release of it."""
        self.check("release")
        if self.release is not None:
            raise ApiError("A milestone can only have one ProjectRelease.")
        made = ProjectRelease(
            self.store,
            milestone=self,
            owner=self.store.session.user,
            date_created=self.store.session.now,
            date_released=date_released,
            changelog=changelog,
            release_notes=release_notes,
        )
        self.put("release", made)
        return made

    def destroy_self(self) -> None:
        """Take it away; its tasks lose it."""
        self.check("delete")
        if self.release is not None:
            raise ApiError("You cannot delete a milestone which has a product release associated with it.")
        for one in (*self.own_tasks(), *self.target.__dict__.get("specifications", ())):
            if one.milestone is self:
                one.put("milestone", None)
        series = self.series_target
        series.put("_milestones", [one for one in series.milestones if one is not self])


class ProjectRelease(Record):
    """A release made of a milestone."""

    entry = "project_release"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.milestone.series_target.path}/{self.version}"

    @property
    def version(self) -> str:
        """The milestone's name."""
        return str(self.milestone.name)

    @property
    def project(self) -> Pillar:
        """The project."""
        return self.milestone.target  # type: ignore[no-any-return]  # values are as the table has them

    @property
    def title(self) -> str:
        """Project and version."""
        return str(self.milestone.title)

    @property
    def display_name(self) -> str:
        """Project and version."""
        return str(self.milestone.title)

    def may_edit(self, name: str) -> bool:
        """As the milestone."""
        return self.milestone.may_edit(name)  # type: ignore[no-any-return]  # values are as the table has them

    def delete(self) -> None:
        """Take it away."""
        self.check("delete")
        self.milestone.put("release", None)


class ProjectGroup(HasBugs, Subscribable):
    """A group of projects; it has no bugs of its own."""

    entry = "project_group"

    @property
    def path(self) -> str:
        """See Record."""
        return str(self.name)

    @property
    def projects(self) -> list[Project]:
        """The visible projects of the group."""
        return [one for one in self.store.projects if one.project_group is self and one.is_visible]

    @property
    def official_bug_tags(self) -> list[str]:
        """Those of its projects."""
        return sorted({tag for one in self.projects for tag in one.official_bug_tags})

    @property
    def all_specifications(self) -> list[Any]:
        """Those of its projects."""
        return [one for project in self.projects for one in project.all_specifications]

    @property
    def valid_specifications(self) -> list[Any]:
        """Those of its projects."""
        return [one for project in self.projects for one in project.valid_specifications]

    @property
    def all_milestones(self) -> list[ProjectGroupMilestone]:
        """One for each name of a milestone of its projects."""
        names = {one.name for project in self.projects for one in project.all_milestones}
        return [ProjectGroupMilestone(self.store, group=self, name=name) for name in sorted(names, reverse=True)]

    @property
    def active_milestones(self) -> list[ProjectGroupMilestone]:
        """Those with an open part."""
        return [one for one in self.all_milestones if one.is_active]

    def own_tasks(self) -> list[Any]:
        """See HasBugs."""
        return [task for task in self.store.tasks() if getattr(task.target, "project_group", None) is self]

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """The owner and administrators."""
        writer = self.store.session.writer
        return writer is not None and (writer.is_admin or writer.is_in(self.owner))

    def written(self, name: str, old: Any, new: Any) -> None:  # noqa: ARG002 - part of the hook
        """Find by the new name, if no other pillar has it."""
        if name == "name":
            self.store.refuse_taken(self, new)
            self.store.reindex()

    def child(self, name: str) -> object:
        """Milestones and structural subscriptions."""
        steps = {"+milestone": lambda one: self.get_milestone(name=one), "+subscription": self.find_subscription}
        return self.store.step(steps[name]) if name in steps else None

    def get_milestone(self, *, name: str) -> ProjectGroupMilestone | None:
        """Give the milestone of that name."""
        return next((one for one in self.all_milestones if one.name == name), None)

    def get_merge_proposals(self, *, status: list[str] | None = None) -> list[Any]:
        """List the proposals into its projects."""
        return [one for project in self.projects for one in project.get_merge_proposals(status=status)]


class ProjectGroupMilestone(Milestone):
    """The milestones of one name in the projects of a group, seen as one; not writable."""

    entry = "project_group_milestone"

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.group.path}/+milestone/{self.name}"

    @property
    def parts(self) -> tuple[Milestone, ...]:
        """The milestones it stands for."""
        return tuple(one for project in self.group.projects for one in project.all_milestones if one.name == self.name)

    @property
    def target(self) -> Any:
        """The group."""
        return self.group

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group.display_name} {self.name}"

    @property
    def is_active(self) -> bool:
        """Whether a part is open."""
        return any(one.is_active for one in self.parts)

    @property
    def date_targeted(self) -> Any:
        """The latest date of a part."""
        return max((one.date_targeted for one in self.parts if one.date_targeted), default=None)

    def own_tasks(self) -> list[Any]:
        """See HasBugs."""
        parts = self.parts
        return [task for task in self.store.tasks() if task.milestone in parts]

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """Nobody."""
        return False

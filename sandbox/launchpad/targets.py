"""What every target of bugs shares, projects and distributions, their series and packages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from sandbox.launchpad.code import DEFAULT_STATES
from sandbox.launchpad.errors import ApiError
from sandbox.launchpad.record import Record
from sandbox.launchpad.search import search
from sandbox.launchpad.subscriptions import Subscribable

if TYPE_CHECKING:
    from sandbox.launchpad.people import Person


class HasBugs(Record):
    """Whatever searchTasks can be asked of."""

    @abstractmethod
    def own_tasks(self) -> list[Any]:
        """List the tasks a search here looks at, hidden ones too."""

    def search_tasks(self, **parameters: Any) -> list[Any]:
        """Search them."""
        return search(self.own_tasks(), parameters)


class Target(HasBugs, Subscribable):
    """A place where a bug can have a task.

    Attributes:
        is_series: whether tasks come here by nomination only.
        is_upstream: whether it belongs to a project, not to a distribution.
    """

    is_series: ClassVar[bool] = False
    is_upstream: ClassVar[bool] = False

    @property
    @abstractmethod
    def pillar(self) -> Pillar:
        """The project or distribution it belongs to."""

    @property
    @abstractmethod
    def target_name(self) -> str:
        """As `bug_target_name` has it."""

    @property
    @abstractmethod
    def target_display_name(self) -> str:
        """As `bug_target_display_name` has it."""

    @property
    def bug_target_name(self) -> str:
        """The name of the target, under the name of the field."""
        return self.target_name

    @property
    def bug_target_display_name(self) -> str:
        """The display name of the target, under the name of the field."""
        return self.target_display_name

    def holds(self, target: Any) -> bool:
        """Say whether tasks on that target belong here."""
        return target is self

    def own_tasks(self) -> list[Any]:
        """See HasBugs."""
        return [task for task in self.store.tasks() if self.holds(task.target)]

    def may_edit(self, name: str) -> bool:  # noqa: ARG002 - part of the hook
        """The pillar's owner and drivers, and administrators."""
        writer = self.store.session.writer
        return writer is not None and self.pillar.grants_driving(writer)

    def written(self, name: str, old: Any, new: Any) -> None:  # noqa: ARG002 - part of the hook
        """Find by the new name, if no other pillar has it."""
        if name == "name":
            if self.pillar is self:
                self.store.refuse_taken(self, new)
            self.store.reindex()

    def child(self, name: str) -> object:
        """Tasks, milestones, blueprints, webhooks and the like, each below a step of its own."""
        steps = self.steps()
        if name in steps:
            return self.store.step(steps[name])
        return None

    def steps(self) -> dict[str, Any]:
        """Name the steps below and how each finds what is meant."""
        return {"+bug": self._task, "+subscription": self.find_subscription}

    def _task(self, number: str) -> object:
        """Find the task here, or the bug's remaining one: old addresses lead on with 301."""
        bug = self.store.bug(number)
        if bug is None or not bug.is_visible:
            return None
        here = next((task for task in bug.bug_tasks if task.target is self), None)
        return here or self.store.moved(bug.default_task)


class Pillar(Target):
    """A project or a distribution: its people, blueprints, tags, webhooks."""

    @property
    def path(self) -> str:
        """See Record."""
        return str(self.name)

    @property
    def pillar(self) -> Pillar:
        """Itself."""
        return self

    @property
    def target_name(self) -> str:
        """Its name."""
        return str(self.name)

    @property
    def target_display_name(self) -> str:
        """Its display name."""
        return str(self.display_name)

    @property
    def private(self) -> bool:
        """Whether it is proprietary."""
        return self.information_type not in ("Public", "Public Security")

    @property
    def is_visible(self) -> bool:
        """Whether the caller may see it."""
        viewer = self.store.session.viewer
        return not self.private or self.store.session.loading or (viewer is not None and self.shares_with(viewer))

    @property
    def _owners(self) -> Iterable[Person]:
        return (one for one in (self.owner,) if one is not None)

    def grants_driving(self, person: Person) -> bool:
        """Say whether someone is owner, driver or administrator."""
        return person.is_admin or any(person.is_in(one) for one in (self.owner, self.driver))

    def grants_supervision(self, person: Person) -> bool:
        """Say whether someone has a bug supervisor's rights."""
        return self.grants_driving(person) or person.is_in(self.bug_supervisor)

    def shares_with(self, person: Person) -> bool:
        """Say whether someone sees all that is private here."""
        shares = (self.owner, *self.__dict__.get("sharing", ()))
        return person.is_admin or any(person.is_in(one) for one in shares)

    def may_edit(self, name: str) -> bool:
        """The owner and administrators; bug tags the bug supervisor too."""
        writer = self.store.session.writer
        if writer is None:
            return False
        if name in ("official_bug_tags", "bug_reporting_guidelines", "content_templates"):
            return self.grants_supervision(writer)
        return writer.is_admin or writer.is_in(self.owner)

    @property
    def all_specifications(self) -> list[Any]:
        """The blueprints that the caller may see."""
        return [one for one in self.__dict__.get("specifications", ()) if one.is_visible]

    @property
    def valid_specifications(self) -> list[Any]:
        """Those that are neither superseded nor obsolete."""
        return [one for one in self.all_specifications if one.is_valid]

    @property
    def all_milestones(self) -> list[Any]:
        """The milestones of all series, latest first."""
        return _latest_first(one for series in self.series for one in series.milestones)

    @property
    def active_milestones(self) -> list[Any]:
        """Those that are still open."""
        return [one for one in self.all_milestones if one.is_active]

    def steps(self) -> dict[str, Any]:
        """See Target."""
        return {
            **super().steps(),
            "+milestone": self._milestone,
            "+spec": self._specification,
            "+webhook": lambda one: self.store.webhook(self, one),
            "+git": lambda one: self.store.repository(None, self, one),
        }

    def child(self, name: str) -> object:
        """A step, or a series."""
        return super().child(name) or self._series(name)

    def _series(self, name: str) -> Any:
        return next((one for one in self.series if name in (one.name, one.version_name)), None)

    def _milestone(self, name: str) -> Any:
        return next((one for one in self.all_milestones if one.name == name), None)

    def _specification(self, name: str) -> Any:
        return next((one for one in self.all_specifications if one.name == name), None)

    def get_specification(self, *, name: str) -> Any:
        """Give a blueprint by name; null when there is none."""
        return self._specification(name)

    def get_milestone(self, *, name: str) -> Any:
        """Give a milestone by name; null when there is none."""
        return self._milestone(name)

    def get_merge_proposals(self, *, status: list[str] | None = None) -> list[Any]:
        """List the proposals into repositories of this pillar, in the given states."""
        return self.store.merge_proposals(
            status or list(DEFAULT_STATES), lambda one: one.target_git_repository.target is self
        )

    def add_official_bug_tag(self, *, tag: str) -> None:
        """Make a tag official."""
        self.check("official_bug_tags")
        self.put("official_bug_tags", sorted({*self.official_bug_tags, tag}))

    def remove_official_bug_tag(self, *, tag: str) -> None:
        """Make it an ordinary one."""
        self.check("official_bug_tags")
        self.put("official_bug_tags", [one for one in self.official_bug_tags if one != tag])

    def new_webhook(
        self, *, delivery_url: str, event_types: list[str], active: bool | None = True, secret: str | None = None
    ) -> Any:
        """Add a webhook; by who may edit the pillar."""
        self.check("webhooks")
        return self.store.new_webhook(self, delivery_url, event_types, active=active is not False, secret=secret)


def _latest_first(milestones: Iterable[Any]) -> list[Any]:
    """Order milestones as the original lists them: those without a date first, then by date, then by name."""
    ordered = sorted(milestones, key=lambda one: one.name, reverse=True)
    ordered.sort(key=lambda one: one.date_targeted.isoformat() if one.date_targeted else "~", reverse=True)
    return ordered


class Series(Target):
    """A series of a project or a distribution, with its milestones."""

    is_series = True

    @property
    def path(self) -> str:
        """See Record."""
        return f"{self.pillar.path}/{self.name}"

    @property
    def version_name(self) -> str:
        """The other name by which a series is found."""
        return str(self.name)

    @property
    def milestones(self) -> list[Any]:
        """The milestones of the series, as made."""
        return list(self.__dict__.get("_milestones", ()))

    @property
    def all_milestones(self) -> list[Any]:
        """The milestones, latest first."""
        return _latest_first(self.milestones)

    @property
    def active_milestones(self) -> list[Any]:
        """Those that are still open."""
        return [one for one in self.all_milestones if one.is_active]

    @property
    def releases(self) -> list[Any]:
        """The releases made of milestones."""
        return [one.release for one in self.all_milestones if one.release is not None]

    @property
    def official_bug_tags(self) -> list[str]:
        """Those of the pillar."""
        return list(self.pillar.official_bug_tags)

    @property
    def drivers(self) -> list[Any]:
        """The drivers of the series and its pillar, or the owner."""
        found = [one for one in (self.driver, self.pillar.driver) if one is not None]
        return found or [self.pillar.owner]

    @property
    def all_specifications(self) -> list[Any]:
        """The blueprints whose accepted goal it is."""
        return [one for one in self.pillar.all_specifications if one.__dict__.get("goal") is self]

    @property
    def valid_specifications(self) -> list[Any]:
        """Those that are neither superseded nor obsolete."""
        return [one for one in self.all_specifications if one.is_valid]

    def child(self, name: str) -> object:
        """A step, or a release by its version."""
        return super().child(name) or next((one for one in self.releases if one.version == name), None)

    def get_specification(self, *, name: str) -> Any:
        """Give a blueprint of the series by name."""
        return next((one for one in self.all_specifications if one.name == name), None)

    def new_milestone(self, *, name: str, **given: Any) -> Any:
        """Add a milestone; by owner or driver.

        Raises:
            ApiError: 400, the name is taken in the pillar.
        """
        self.check("milestones")
        if self.pillar.get_milestone(name=name) is not None:
            raise ApiError(f"name: The name {name} is already used by another milestone in {self.pillar.display_name}.")
        return self.store.new_milestone(self, name=name, **given)

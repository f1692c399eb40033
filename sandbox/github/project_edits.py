"""Changes to projects and their items; REST and GraphQL both change projects through here."""

from __future__ import annotations

from typing import Any

from sandbox.github.context import Context
from sandbox.github.entities import Issue
from sandbox.github.projects import Draft, Project, ProjectField, ProjectItem


class ProjectEdits:
    """Edits as the caller of one request. Who may do it, and whether values are good, is settled before."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._state = context.state

    def _touch(self, project: Project, item: ProjectItem, action: str, what: str, **more: Any) -> None:
        now = self._state.stamp()
        item.updated_at = project.updated_at = now
        issue = self._state.issues.get(item.issue or 0)
        if issue:
            self._context.edits.moved(issue, what)
        self._state.writes += 1
        self._context.edits.tell_project(project, item, action, **more)

    def new_item(self, project: Project, issue: Issue | None, draft: Draft | None) -> ProjectItem:
        """Put an issue, a pull request or a draft into a project."""
        now = self._state.stamp()
        item = ProjectItem(
            id=self._state.next_id("project_item"),
            creator=self._context.rights.login,
            created_at=now,
            updated_at=now,
        )
        item.issue, item.draft = issue.id if issue else None, draft
        project.items.append(item)
        self._touch(project, item, "created", "project_item")
        return item

    def new_draft(self, project: Project, title: str, body: str, assignees: list[str]) -> ProjectItem:
        """Put a draft that is made for it into a project."""
        draft = Draft(
            title=title,
            body=body,
            assignees=assignees,
            creator=self._context.rights.login,
            id=self._state.next_id("draft"),
        )
        return self.new_item(project, None, draft)

    def set_value(self, project: Project, item: ProjectItem, field: ProjectField, value: Any) -> None:
        """Give an item a value, as the document spells it, or (None) take it away; nothing when it is so already."""
        before = item.values.get(field.name)
        if before == value:
            return
        if value is None:
            del item.values[field.name]
            item.value_times.pop(field.name, None)
        else:
            item.values[field.name] = value
            item.value_times[field.name] = self._state.stamp()
        self._touch(project, item, "edited", "project_value", field=field, before=before, after=value)

    def edit_draft(self, project: Project, item: ProjectItem, **changes: Any) -> None:
        """Change title, body or assignees of a draft. Webhooks hear nothing of it."""
        for name, value in changes.items():
            setattr(item.draft, name, value)
        now = self._state.stamp()
        item.updated_at = project.updated_at = now
        self._state.writes += 1

    def convert(self, project: Project, item: ProjectItem, issue: Issue) -> None:
        """Let an item be an issue that was a draft."""
        item.draft, item.issue = None, issue.id
        self._touch(project, item, "converted", "project_item")

    def delete_item(self, project: Project, item: ProjectItem) -> None:
        """Take an item out of a project."""
        project.items.remove(item)
        self._touch(project, item, "deleted", "project_item")

    def archive(self, project: Project, item: ProjectItem, *, archived: bool) -> None:
        """Archive an item or take it back; nothing when it is so already."""
        if item.archived is not archived:
            item.archived = archived
            self._touch(project, item, "archived" if archived else "restored", "project_item")

    def move(self, project: Project, item: ProjectItem, after: ProjectItem | None) -> None:
        """Put an item behind another, or in front of all."""
        before = project.items[place - 1] if (place := project.items.index(item)) else None
        project.items.remove(item)
        project.items.insert(project.items.index(after) + 1 if after else 0, item)
        self._touch(project, item, "reordered", "project_item", before=before, after=after)

    def new_field(self, project: Project, field: ProjectField) -> ProjectField:
        """Give a project another field."""
        field.id = self._state.next_id("project_field")
        field.created_at = field.updated_at = project.updated_at = self._state.stamp()
        project.fields.append(field)
        self._state.writes += 1
        return field

    def rename_field(self, project: Project, field: ProjectField, name: str) -> None:
        """Give a field a name, after its choices were put: items keep their values but those that are none any more."""
        kept = {each.name for each in field.options} | {each.title for each in field.iterations}
        chosen = field.type in ("SINGLE_SELECT", "ITERATION")
        for item in project.items:
            value, moment = item.values.pop(field.name, None), item.value_times.pop(field.name, None)
            if value is None or (chosen and value not in kept):
                continue
            item.values[name] = value
            if moment is not None:
                item.value_times[name] = moment
        field.name = name
        field.updated_at = project.updated_at = self._state.stamp()
        self._state.writes += 1

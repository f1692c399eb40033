"""References between issues: from `owner/name#number` to ids after reading, and back before writing."""

from __future__ import annotations

from sandbox.github.entities import Event, Issue
from sandbox.github.projects import Draft, ProjectItem
from sandbox.github.reading import read, write
from sandbox.github.state import State


def find(state: State, text: object) -> Issue | None:
    """Find what `owner/name#number` names."""
    if not isinstance(text, str):
        return None
    name, _, number = text.rpartition("#")
    repo = state.repo(name)
    return repo.by_number.get(int(number)) if repo and number.isdecimal() else None


def name_of(issue: Issue) -> str:
    """Give `owner/name#number`."""
    return f"{issue.repo.full_name}#{issue.number}"


def resolve(state: State, problems: list[str]) -> None:
    """Turn what the document spelt into ids; for a complete state."""
    search = _Search(state, problems)
    issues = [issue for repo in state.repos.values() for issue in repo.issues]
    for issue in issues:
        place = name_of(issue)
        for child in search.many(issue.spelt.get("sub_issues"), f"{place}: sub_issues"):
            _adopt(state, issue.id, child, f"{place}: sub_issues", problems)
        issue.blocked_by = search.many(issue.spelt.get("blocked_by"), f"{place}: blocked_by")
        for other in issue.blocked_by:
            state.issues[other].blocking.append(issue.id)
        issue.transferred_to = search.one(issue.spelt.get("transferred_to"), f"{place}: transferred_to")
        if issue.pull_request:
            issue.pull_request.closes = search.many(issue.pull_request.spelt.get("closes"), f"{place}: closes")
            issue.pull_request.spelt = {}
        for event in issue.events:
            event.other = search.one(event.spelt.get("issue"), f"{place}: events: issue")
            event.spelt = {}
    for issue in issues:
        parent = search.one(issue.spelt.get("parent"), f"{name_of(issue)}: parent")
        if parent is not None and issue.parent != parent:
            _adopt(state, parent, issue.id, f"{name_of(issue)}: parent", problems)
        issue.spelt = {}
    for project in state.projects:
        for item in project.items:
            _content(state, item, f"{project.title}: items", search)


def spell(state: State) -> None:
    """Fill in what the document spells."""
    for repo in state.repos.values():
        for issue in repo.issues:
            issue.spelt = {
                key: value
                for key, value in {
                    "sub_issues": [name_of(state.issues[each]) for each in issue.sub_issues],
                    "blocked_by": [name_of(state.issues[each]) for each in issue.blocked_by],
                    "transferred_to": _name(state, issue.transferred_to),
                }.items()
                if value
            }
            if issue.pull_request:
                closes = [name_of(state.issues[each]) for each in issue.pull_request.closes]
                issue.pull_request.spelt = {"closes": closes} if closes else {}
            for event in issue.events:
                _spell_event(state, event)
    for project in state.projects:
        for item in project.items:
            item.spelt = {"content": write(item.draft) if item.draft else _name(state, item.issue)}


def _spell_event(state: State, event: Event) -> None:
    event.spelt = {"issue": _name(state, event.other)} if event.other is not None else {}


def _name(state: State, number: int | None) -> str | None:
    return name_of(state.issues[number]) if number is not None else None


def _adopt(state: State, parent: int, child: int, place: str, problems: list[str]) -> None:
    issue = state.issues[child]
    if issue.parent is not None or parent == child:
        problems.append(f"{place}: {name_of(issue)} has another parent")
        return
    issue.parent = parent
    state.issues[parent].sub_issues.append(child)


def _content(state: State, item: ProjectItem, place: str, search: _Search) -> None:
    content = item.spelt.get("content")
    item.spelt = {}
    if isinstance(content, dict):
        item.draft = read(Draft, content, place, search.problems)
        if item.draft and not item.draft.id:
            item.draft.id = state.next_id("draft")
    else:
        item.issue = search.one(content, place)
        if item.issue is None and not content:
            search.problems.append(f"{place}: 'content' is needed")


class _Search:
    def __init__(self, state: State, problems: list[str]) -> None:
        self._state = state
        self.problems = problems

    def one(self, text: object, place: str) -> int | None:
        if text is None:
            return None
        found = find(self._state, text)
        if found is None:
            self.problems.append(f"{place}: {text!r} is no issue")
            return None
        return found.id

    def many(self, texts: object, place: str) -> list[int]:
        if texts is not None and not isinstance(texts, list):
            self.problems.append(f"{place}: a list is needed")
            return []
        found = [self.one(each, place) for each in texts or []]
        return [each for each in found if each is not None]

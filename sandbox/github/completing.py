"""Fills in what a document left out: ids, numbers, instants, accounts and labels that are only mentioned."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.github import ids
from sandbox.github.accounts import Account, Hook
from sandbox.github.entities import Issue, Label, Repo
from sandbox.github.projects import Project
from sandbox.github.render import REACTIONS
from sandbox.github.state import State

ROLES = ("none", "read", "triage", "write", "maintain", "admin")
IN_TIME = ("event", "comment", "review_comment")
"""Kinds whose ids rise with time, as GitHub's do, wherever the document has them."""
FIELD_TYPES = ("TEXT", "NUMBER", "DATE", "SINGLE_SELECT", "ITERATION")


def complete(state: State, problems: list[str]) -> None:
    """Complete a state that was just read; `problems` gets what contradicts itself."""
    work = _Completion(state, problems)
    work.accounts()
    work.repositories()
    work.projects()
    work.tokens()
    work.ids()


def slug_of(name: str) -> str:
    """Make the slug of a team."""
    return re.sub(r"[^a-z0-9_]+", "-", name.casefold()).strip("-")


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except ValueError:
        return False
    return True


class _Completion:
    def __init__(self, state: State, problems: list[str]) -> None:
        self._state = state
        self._problems = problems
        self._now = state.now()
        self._given: dict[str, list[Any]] = {}

    def accounts(self) -> None:
        state = self._state
        for app in state.apps.values():
            app.name = app.name or app.slug
            app.client_id = app.client_id or f"Iv23li{app.id}"
            app.owner = self.login(app.owner or next((each.account for each in app.installations), app.slug))
            self.times(app)
            self.login(f"{app.slug}[bot]", kind="Bot")
            for installation in app.installations:
                installation.account = self.login(installation.account)
            for installation in app.installations:
                self.times(installation, app.created_at)
            if app.hook:
                self._hooks([app.hook])
        for account in list(state.accounts.values()):
            self.times(account)
            self._teams(account)
            for login in list(account.members):
                account.members[self.login(login)] = account.members.pop(login)
            for each in account.issue_types:
                self.times(each, account.created_at)
            self.given("issue_type", account.issue_types)

    def _teams(self, account: Account) -> None:
        above = {}
        for team in account.teams:
            team.slug = team.slug or slug_of(team.name)
            self.times(team, account.created_at)
            for login, part in list(team.members.items()):
                if part not in ("member", "maintainer"):
                    self._problems.append(
                        f"{account.login}: team {team.slug}: {part!r} is neither member nor maintainer"
                    )
                team.members[self.login(login)] = team.members.pop(login)
            for name, role in team.repositories.items():
                if role not in ROLES:
                    self._problems.append(f"{account.login}: team {team.slug}: {name}: {role!r} is no role")
            above[team.slug] = team.parent
        for slug in above:
            seen, place = [], above.get(slug)
            while place is not None and place not in seen:
                seen.append(place)
                place = above.get(place)
            if slug in seen or any(each not in above for each in seen):
                self._problems.append(f"{account.login}: team {slug}: parent is another team, and not one below it")
        self.given("team", account.teams)

    def login(self, login: str, *, kind: str = "User") -> str:
        """Give the login as its account spells it; makes the account when it is missing."""
        found = self._state.account(login)
        if found is None:
            found = Account(login=login, type=kind, created_at=self._now, updated_at=self._now)
            self._state.accounts[login.casefold()] = found
        return found.login

    def times(self, thing: Any, created: str | None = None) -> None:
        thing.created_at = thing.created_at or created or self._now
        if hasattr(thing, "updated_at"):
            thing.updated_at = thing.updated_at or getattr(thing, "closed_at", None) or thing.created_at

    def given(self, kind: str, things: Iterable[Any]) -> None:
        self._given.setdefault(kind, []).extend(things)

    def repositories(self) -> None:
        repos = list(self._state.repos.values())
        self._fill_ids("repository", repos)
        self._state.repos = {each.id: each for each in repos}
        for repo in repos:
            owner, _, name = repo.full_name.partition("/")
            repo.full_name = f"{self.login(owner)}/{name}"
            key = repo.full_name.casefold()
            if self._state.names.setdefault(key, repo.id) != repo.id:
                self._problems.append(f"{repo.full_name} stands there twice")
            self._state.former_names.update({each.casefold(): repo.id for each in repo.previous_names})
            self.times(repo)
            repo.pushed_at = repo.pushed_at or repo.updated_at
            for login, role in list(repo.collaborators.items()):
                if role not in ROLES:
                    self._problems.append(f"{repo.full_name}: {role} is no role")
                repo.collaborators[self.login(login)] = repo.collaborators.pop(login)
            self._parts(repo)
            self._number(repo.issues)
            for issue in repo.issues:
                self._issue(repo, issue)
        for login, hooks in self._state.organization_hooks.items():
            self.login(login, kind="Organization")
            self._hooks(hooks)

    def _parts(self, repo: Repo) -> None:
        self.given("label", repo.labels)
        self._number(repo.milestones)
        self.given("milestone", repo.milestones)
        for each in repo.milestones:
            self.times(each, repo.created_at)
            each.creator = self.login(each.creator or repo.owner)
            if each.state == "closed":
                each.closed_at = each.closed_at or each.updated_at
        self.given("release", repo.releases)
        for release in repo.releases:
            release.author = self.login(release.author or repo.owner)
            release.created_at = release.created_at or self._now
            if not release.draft:
                release.published_at = release.published_at or release.created_at
            for asset in release.assets:
                self.times(asset, release.created_at)
                if not _is_base64(asset.data):
                    self._problems.append(f"{repo.full_name}: {release.tag_name}: {asset.name}: data is base 64")
                asset.uploader = self.login(asset.uploader or release.author)
            self.given("asset", release.assets)
            self._reacted(release, release.created_at)
        self._hooks(repo.hooks)
        for branch in repo.branches:
            branch.sha = branch.sha or ids.sha(repo.full_name, branch.name)

    def _hooks(self, hooks: list[Hook]) -> None:
        for each in hooks:
            self.times(each)
            if not each.url:
                self._problems.append("a hook needs a url")
        self.given("hook", hooks)

    def _number(self, things: list[Any]) -> None:
        used = {each.number for each in things if each.number}
        fresh = (number for number in itertools.count(1) if number not in used)
        for each in things:
            each.number = each.number or next(fresh)

    def _issue(self, repo: Repo, issue: Issue) -> None:
        issue.repo = repo
        if repo.by_number.setdefault(issue.number, issue) is not issue:
            self._problems.append(f"{repo.full_name}#{issue.number} stands there twice")
        issue.user = self.login(issue.user)
        issue.assignees = [self.login(each) for each in issue.assignees]
        issue.labels = [self._label(repo, each) for each in issue.labels]
        if issue.milestone is not None and repo.milestone(issue.milestone) is None:
            self._problems.append(f"{repo.full_name}#{issue.number}: no milestone {issue.milestone}")
        if issue.pull_request and issue.pull_request.merged_at:
            issue.closed_at = issue.closed_at or issue.pull_request.merged_at
        self.times(issue)
        self._closing(repo, issue)
        self._conversation(issue)
        self.given("issue", [issue])
        if issue.pull_request:
            self._pull(repo, issue)

    def _closing(self, repo: Repo, issue: Issue) -> None:
        if issue.state not in ("open", "closed"):
            self._problems.append(f"{repo.full_name}#{issue.number}: state is open or closed")
        if issue.pull_request and issue.pull_request.merged_at:
            issue.state = "closed"
        if issue.state == "closed":
            issue.closed_at = issue.closed_at or issue.updated_at
            issue.closed_by = self.login(issue.closed_by or issue.user)
            if not issue.pull_request:
                issue.state_reason = issue.state_reason or "completed"
        if issue.type and not any(
            each.name == issue.type for each in self._state.accounts[repo.owner.casefold()].issue_types
        ):
            self._problems.append(f"{repo.full_name}#{issue.number}: no issue type {issue.type!r}")

    def _label(self, repo: Repo, name: str) -> str:
        found = repo.label(name)
        if found is None:
            found = Label(name=name)
            repo.labels.append(found)
            self.given("label", [found])
        return found.name

    def _conversation(self, issue: Issue) -> None:
        self._reacted(issue, issue.updated_at)
        for comment in issue.comments:
            comment.issue = issue
            comment.user = self.login(comment.user)
            self.times(comment, issue.created_at)
            self._reacted(comment, comment.updated_at)
        for event in issue.events:
            event.issue = issue
            event.created_at = event.created_at or issue.updated_at
            event.actor = self.login(event.actor or issue.user)
            event.assignee = self.login(event.assignee) if event.assignee else None
        self.given("comment", issue.comments)
        self.given("event", issue.events)

    def _reacted(self, thing: Any, moment: str) -> None:
        for each in thing.reacted:
            each.user = self.login(each.user)
            each.created_at = each.created_at or moment
            if each.content not in REACTIONS:
                self._problems.append(f"{each.content!r} is no reaction: {' '.join(REACTIONS)}")
        self.given("reaction", thing.reacted)

    def _pull(self, repo: Repo, issue: Issue) -> None:
        pull = issue.pull_request
        if pull is None:
            return
        place = (repo.full_name, issue.number)
        pull.head_sha = pull.head_sha or ids.sha(*place, "head")
        pull.base_sha = pull.base_sha or ids.sha(*place, "base")
        if pull.merged_at:
            pull.merged_by = self.login(pull.merged_by or issue.closed_by or issue.user)
            pull.merge_commit_sha = pull.merge_commit_sha or ids.sha(*place, "merge")
        pull.requested_reviewers = [self.login(each) for each in pull.requested_reviewers]
        for review in pull.reviews:
            review.user = self.login(review.user)
            review.submitted_at = review.submitted_at or issue.updated_at
            review.commit_id = review.commit_id or pull.head_sha
        for comment in pull.review_comments:
            comment.issue = issue
            comment.user = self.login(comment.user)
            comment.commit_id = comment.commit_id or pull.head_sha
            self.times(comment, issue.created_at)
            self._reacted(comment, comment.updated_at)
        for check in pull.checks:
            check.started_at = check.started_at or issue.updated_at
            if check.status == "completed":
                check.conclusion = check.conclusion or "success"
                check.completed_at = check.completed_at or check.started_at
        self.given("pull", [pull])
        self.given("review", pull.reviews)
        self.given("review_comment", pull.review_comments)
        self.given("check", pull.checks)

    def projects(self) -> None:
        by_owner: dict[str, list[Project]] = {}
        for project in self._state.projects:
            project.owner = self.login(project.owner)
            by_owner.setdefault(project.owner, []).append(project)
            project.creator = self.login(project.creator or project.owner)
            self.times(project)
            if project.closed:
                project.closed_at = project.closed_at or project.updated_at
            self._fields(project)
            self._number(project.views)
            for view in project.views:
                view.creator = self.login(view.creator or project.creator)
                self.times(view, project.created_at)
            self.given("project_view", project.views)
            for update in project.status_updates:
                update.creator = self.login(update.creator or project.creator)
                self.times(update, project.created_at)
            self.given("status_update", project.status_updates)
            for item in project.items:
                item.creator = self.login(item.creator or project.creator)
                self.times(item, project.created_at)
                self._values(project, item.values)
            self.given("project_item", project.items)
        for projects in by_owner.values():
            self._number(projects)
        self.given("project", self._state.projects)

    def _fields(self, project: Project) -> None:
        for each in project.fields:
            self.times(each, project.created_at)
            place = (project.owner, project.title, each.name)
            if each.type not in FIELD_TYPES:
                self._problems.append(f"{project.title}: {each.name}: type is one of {' '.join(FIELD_TYPES)}")
            for option in each.options:
                option.id = option.id or ids.short_id(*place, option.name)
            for iteration in each.iterations:
                iteration.id = iteration.id or ids.short_id(*place, iteration.title)
        self.given("project_field", project.fields)

    def _values(self, project: Project, values: dict[str, Any]) -> None:
        for name, value in values.items():
            each = next((one for one in project.fields if one.name == name), None)
            if each is None:
                self._problems.append(f"{project.title}: there is no field {name!r}")
                continue
            if not VALUE_FITS[each.type if each.type in FIELD_TYPES else "TEXT"](each, value):
                self._problems.append(f"{project.title}: {value!r} does not fit {name!r}")

    def ids(self) -> None:
        state = self._state
        self._fill_ids("account", list(state.accounts.values()))
        for kind, things in self._given.items():
            if kind in IN_TIME:
                things.sort(key=lambda each: each.created_at)
            self._fill_ids(kind, things)
        state.issues = {each.id: each for each in self._given.get("issue", [])}
        state.pulls = {each.pull_request.id: each for each in state.issues.values() if each.pull_request}
        state.comments = {each.id: each for each in self._given.get("comment", [])}
        state.events = {each.id: each for each in self._given.get("event", [])}
        state.review_comments = {each.id: each for each in self._given.get("review_comment", [])}

    def _fill_ids(self, kind: str, things: list[Any]) -> None:
        used: set[int] = set()
        for each in things:
            if each.id in used:
                self._problems.append(f"the {kind} id {each.id} stands there twice")
            if each.id:
                used.add(each.id)
        counter = self._state.counters.pop(kind, 0)
        for each in things:
            while not each.id:
                number = self._state.next_id(kind)
                each.id = 0 if number in used else number
        for number in (counter, max(used, default=0)):
            self._state.taken(kind, number)

    def tokens(self) -> None:
        for token in self._state.tokens.values():
            token.login = self.login(token.login)
            if token.kind not in ("fine_grained", "classic"):
                self._problems.append(f"tokens: kind is fine_grained or classic, not {token.kind!r}")


VALUE_FITS: dict[str, Callable[[Any, Any], bool]] = {
    "TEXT": lambda _field, value: isinstance(value, str),
    "NUMBER": lambda _field, value: isinstance(value, int | float) and not isinstance(value, bool),
    "DATE": lambda _field, value: isinstance(value, str),
    "SINGLE_SELECT": lambda field, value: any(each.name == value for each in field.options),
    "ITERATION": lambda field, value: any(each.title == value for each in field.iterations),
}
"""Whether a value, as the document spells it, fits a field."""

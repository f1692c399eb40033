"""Reads the query of a search for issues and pull requests: words, quoted words, qualifiers and their negations."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from sandbox.github import reading
from sandbox.github.access import invalid
from sandbox.github.entities import Issue, PullRequest

Test = Callable[[Issue], bool]
SIGNS: dict[str, Callable[[str | int, str | int], bool]] = {
    ">=": lambda has, wanted: has >= wanted,  # type: ignore[operator] # both are texts or both numbers
    "<=": lambda has, wanted: has <= wanted,  # type: ignore[operator] # as above
    ">": lambda has, wanted: has > wanted,  # type: ignore[operator] # as above
    "<": lambda has, wanted: has < wanted,  # type: ignore[operator] # as above
    "": lambda has, wanted: has == wanted,
}
SORTABLE = ("created", "updated", "comments")


def words_of(text: str) -> list[str]:
    """Cut a query into its words; what stands in quotes is one, and a quote that is never closed is a letter."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def tests_of(text: str) -> tuple[list[Test], tuple[str, bool] | None]:
    """Give what an issue must pass, and by what to sort (falling?) if the query says so.

    Raises:
        HttpError: 422 for a date or a number that is none.
    """
    words = words_of(text)
    places = {each.partition(":")[2] for each in words if each.startswith("in:")}
    order = None
    tests = []
    for word in words:
        name, colon, value = word.partition(":")
        if name == "sort" and colon:
            key, _, direction = value.partition("-")
            order = (key, direction != "asc") if key in SORTABLE else order
        elif name != "in" or not colon:
            tests.append(_test(word, places))
    return tests, order


def _test(word: str, places: set[str]) -> Test:
    unless = word.startswith("-") and len(word) > 1
    name, colon, value = word.removeprefix("-").partition(":")
    test = _qualified(name, value) if colon else None
    if test is None:
        wanted = word.casefold().removeprefix("-") if unless and not colon else word.casefold()
        unless, test = unless and not colon, lambda issue: wanted in _texts(issue, places)
    return (lambda issue: not test(issue)) if unless else test


def _texts(issue: Issue, places: set[str]) -> str:
    told = [issue.title] if not places or "title" in places else []
    told += [issue.body or ""] if not places or "body" in places else []
    told += [each.body for each in issue.comments] if "comments" in places else []
    return "\n".join(told).casefold()


def _qualified(name: str, value: str) -> Test | None:
    key = value.casefold()
    if name in ("updated", "created", "closed"):
        return _compared(lambda issue: getattr(issue, f"{name}_at"), value, _moment)
    if name == "merged":
        return _compared(lambda issue: _pull(issue).merged_at, value, _moment)
    if name == "comments":
        return _compared(lambda issue: len(issue.comments), value, _number)
    return _of_people(name, key) or _of_pulls(name, key) or _plain(name, key)


def _plain(name: str, key: str) -> Test | None:
    tests: dict[str, Test] = {
        "repo": lambda issue: issue.repo.full_name.casefold() == key,
        "org": lambda issue: issue.repo.owner.casefold() == key,
        "user": lambda issue: issue.repo.owner.casefold() == key,
        "is": lambda issue: key in _states(issue),
        "type": lambda issue: key in _states(issue) or key == (issue.type or "").casefold(),
        "state": lambda issue: issue.state == key,
        "reason": lambda issue: (issue.state_reason or "").replace("_", " ") == key.replace("_", " "),
        "label": lambda issue: bool(set(key.split(",")) & {each.casefold() for each in issue.labels}),
        "milestone": lambda issue: _milestone(issue) == key or (key == "*" and issue.milestone is not None),
        "archived": lambda issue: str(issue.repo.archived).lower() == key,
        "no": lambda issue: key in _lacks(issue),
    }
    return tests.get(name)


def _of_people(name: str, key: str) -> Test | None:
    mention = f"@{key}"
    tests: dict[str, Test] = {
        "author": lambda issue: issue.user.casefold() == key,
        "assignee": lambda issue: key in _folded(issue.assignees) or (key == "*" and bool(issue.assignees)),
        "commenter": lambda issue: key in _folded([each.user for each in issue.comments]),
        "mentions": lambda issue: mention in _texts(issue, {"body", "comments"}),
    }
    if name == "involves":
        return lambda issue: any(test(issue) for test in tests.values())
    return tests.get(name)


def _of_pulls(name: str, key: str) -> Test | None:
    reviews = {"approved": "APPROVED", "changes_requested": "CHANGES_REQUESTED"}
    tests: dict[str, Test] = {
        "draft": lambda issue: bool(issue.pull_request) and str(_pull(issue).draft).lower() == key,
        "head": lambda issue: bool(issue.pull_request) and _pull(issue).head.casefold() == key,
        "base": lambda issue: bool(issue.pull_request) and _pull(issue).base.casefold() == key,
        "review-requested": lambda issue: key in _folded(_pull(issue).requested_reviewers),
        "reviewed-by": lambda issue: key in _folded([each.user for each in _pull(issue).reviews]),
        "review": lambda issue: (
            bool(issue.pull_request)
            and (
                reviews.get(key) in {each.state for each in _pull(issue).reviews}
                or (key == "none" and not _pull(issue).reviews)
            )
        ),
    }
    return tests.get(name)


def _pull(issue: Issue) -> PullRequest:
    return issue.pull_request or PullRequest()


def _folded(names: list[str]) -> set[str]:
    return {each.casefold() for each in names}


def _states(issue: Issue) -> set[str]:
    kind = {"pr", "pull-request"} if issue.pull_request else {"issue"}
    merged = {"merged"} if _pull(issue).merged_at else {"unmerged"} if issue.pull_request else set()
    draft = {"draft"} if _pull(issue).draft else set()
    locked = {"locked"} if issue.locked else {"unlocked"}
    return {issue.state, "private" if issue.repo.private else "public", *kind, *merged, *draft, *locked}


def _lacks(issue: Issue) -> set[str]:
    has = {
        "label": bool(issue.labels),
        "milestone": issue.milestone is not None,
        "assignee": bool(issue.assignees),
        "type": issue.type is not None,
    }
    return {name for name, there in has.items() if not there}


def _milestone(issue: Issue) -> str:
    found = issue.repo.milestone(issue.milestone)
    return found.title.casefold() if found else ""


def _moment(text: str) -> str:
    return reading.instant(text if "T" in text else f"{text}T00:00:00Z")


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


def _compared(read: Callable[[Issue], str | int | None], value: str, parse: Callable[[str], str | int]) -> Test:
    """Compare as `>=1`, `<1`, `1`, `1..5`, `*..5`, `5..*` say; a day without a time is the whole day."""
    low, dots, high = value.partition("..")
    if dots:
        bounds = [(sign, text) for sign, text in ((">=", low), ("<=", high)) if text != "*"]
    else:
        sign = next((each for each in SIGNS if each and value.startswith(each)), "")
        bounds = [(sign, value.removeprefix(sign))]
    try:
        wanted = [(SIGNS[sign], parse(text), "T" in text) for sign, text in bounds]
    except (ValueError, OverflowError) as problem:
        raise invalid("Search", "q", "invalid", value=value) from problem

    def test(issue: Issue) -> bool:
        has = read(issue)
        if has is None:
            return False
        days = f"{has[:10]}T00:00:00Z" if isinstance(has, str) else has
        return all(fits(has if exact else days, bound) for fits, bound, exact in wanted)

    return test

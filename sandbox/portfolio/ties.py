"""The tricks around two linked records, as a table: what lies where, in which state, and how one names the other."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.portfolio.model import CLOUD, DATA_CENTER, GITHUB, LAUNCHPAD, Form, Kind, Security


@dataclass(frozen=True, slots=True)
class End:
    """One of the two records: where it lies, its kind and its state."""

    site: str
    kind: Kind
    state: str
    security: Security | None = None
    billable: str | None = None
    labels: tuple[str, ...] = ()
    drops_by: tuple[str, str | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One trick: `source` names `target`; the finding would be about the source, or else about the target."""

    name: str
    why: str
    source: End
    target: End
    form: Form
    about_source: bool = True
    both_ways: bool = False


POSITIVE: tuple[Tie, ...] = (
    Tie(
        name="sites-key-in-title",
        why="a story of one site bears the key of a done task of the other in its title",
        source=End(DATA_CENTER, Kind.STORY, "progress"),
        target=End(CLOUD, Kind.TASK, "done"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="sites-named-by-the-done",
        why="the done one names the open one: whichever refers to the other",
        source=End(DATA_CENTER, Kind.BUG, "done"),
        target=End(CLOUD, Kind.STORY, "open"),
        form=Form.KEY_IN_TEXT,
        about_source=False,
    ),
    Tie(
        name="sites-epic-by-url",
        why="an epic under way has the URL of a done epic",
        source=End(CLOUD, Kind.EPIC, "progress"),
        target=End(DATA_CENTER, Kind.EPIC, "done"),
        form=Form.URL,
    ),
    Tie(
        name="sites-deliverable",
        why="a third-party deliverable is still open, and the work that it names is done",
        source=End(DATA_CENTER, Kind.DELIVERABLE, "progress"),
        target=End(CLOUD, Kind.STORY, "done"),
        form=Form.URL,
    ),
    Tie(
        name="sites-both-ways",
        why="each names the other: one finding",
        source=End(CLOUD, Kind.TASK, "open"),
        target=End(DATA_CENTER, Kind.TASK, "done"),
        form=Form.KEY_IN_TEXT,
        both_ways=True,
    ),
    Tie(
        name="sites-not-billable",
        why="neither billing nor contract matters",
        source=End(CLOUD, Kind.TASK, "progress", billable="No"),
        target=End(DATA_CENTER, Kind.TASK, "done"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="change-open-work-done",
        why="the issue in the pull request's title is done, the pull request still open",
        source=End(GITHUB, Kind.CHANGE, "open"),
        target=End(CLOUD, Kind.STORY, "done"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="github-closed-jira-open",
        why="the GitHub issue that carries out the story is closed as completed",
        source=End(GITHUB, Kind.TASK, "done"),
        target=End(CLOUD, Kind.STORY, "progress"),
        form=Form.KEY_IN_TITLE,
        about_source=False,
    ),
    Tie(
        name="github-open-jira-done",
        why="an open GitHub issue has the URL of a done story",
        source=End(GITHUB, Kind.BUG, "open"),
        target=End(DATA_CENTER, Kind.BUG, "done"),
        form=Form.URL,
    ),
    Tie(
        name="jira-names-repository",
        why="owner/name#number of a closed issue in a description",
        source=End(DATA_CENTER, Kind.STORY, "open"),
        target=End(GITHUB, Kind.TASK, "done"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="lp-number-in-title",
        why="`LP: #number` in an open GitHub issue's title; the bug's fix is released",
        source=End(GITHUB, Kind.BUG, "open"),
        target=End(LAUNCHPAD, Kind.BUG, "done"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="change-open-bug-fixed",
        why="`LP: #number` in an open pull request; the bug's fix is released",
        source=End(GITHUB, Kind.CHANGE, "open"),
        target=End(LAUNCHPAD, Kind.BUG, "done"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="bug-watch",
        why="a bug watch on a closed GitHub issue",
        source=End(LAUNCHPAD, Kind.BUG, "progress"),
        target=End(GITHUB, Kind.BUG, "done"),
        form=Form.WATCH,
    ),
    Tie(
        name="bug-url-in-jira",
        why="the URL of a bug with a released fix in a story's description",
        source=End(CLOUD, Kind.BUG, "progress"),
        target=End(LAUNCHPAD, Kind.BUG, "done"),
        form=Form.URL,
    ),
    Tie(
        name="key-in-whiteboard",
        why="a blueprint's whiteboard has the key of a done story",
        source=End(LAUNCHPAD, Kind.BLUEPRINT, "progress"),
        target=End(CLOUD, Kind.STORY, "done"),
        form=Form.WHITEBOARD_KEY,
    ),
    Tie(
        name="blueprint-done-story-open",
        why="the URL of an implemented blueprint in an open story",
        source=End(CLOUD, Kind.STORY, "open"),
        target=End(LAUNCHPAD, Kind.EPIC, "done"),
        form=Form.URL,
    ),
)

NEAR: tuple[Tie, ...] = (
    Tie(
        name="dropped-partner",
        why="the partner was dropped, not done",
        source=End(CLOUD, Kind.STORY, "progress"),
        target=End(DATA_CENTER, Kind.TASK, "dropped"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="both-open",
        why="both are open",
        source=End(DATA_CENTER, Kind.STORY, "open"),
        target=End(CLOUD, Kind.STORY, "progress"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="both-done",
        why="both are done",
        source=End(CLOUD, Kind.STORY, "done"),
        target=End(DATA_CENTER, Kind.STORY, "done"),
        form=Form.URL,
    ),
    Tie(
        name="same-site",
        why="two issues of one site",
        source=End(CLOUD, Kind.STORY, "open"),
        target=End(CLOUD, Kind.STORY, "done"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="restricted-done",
        why="a restricted record takes no part",
        source=End(DATA_CENTER, Kind.TASK, "open"),
        target=End(CLOUD, Kind.TASK, "done", security=Security.SEEN),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="restricted-open",
        why="a restricted record takes no part, on neither side",
        source=End(CLOUD, Kind.TASK, "open", security=Security.SEEN),
        target=End(DATA_CENTER, Kind.TASK, "done"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="hidden-done",
        why="what is not seen takes no part",
        source=End(CLOUD, Kind.TASK, "open"),
        target=End(DATA_CENTER, Kind.TASK, "done", security=Security.HIDDEN),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="comment-only",
        why="a comment is no reference",
        source=End(CLOUD, Kind.STORY, "progress"),
        target=End(DATA_CENTER, Kind.STORY, "done"),
        form=Form.COMMENT,
    ),
    Tie(
        name="remote-link-only",
        why="a remote link is no reference that a person wrote",
        source=End(DATA_CENTER, Kind.STORY, "progress"),
        target=End(CLOUD, Kind.STORY, "done"),
        form=Form.REMOTE_LINK,
    ),
    Tie(
        name="url-of-another-host",
        why="the URL's host is no connection's",
        source=End(CLOUD, Kind.STORY, "progress"),
        target=End(GITHUB, Kind.BUG, "done"),
        form=Form.OTHER_HOST,
    ),
    Tie(
        name="change-merged-work-open",
        why="a merged pull request with open work is how work goes",
        source=End(GITHUB, Kind.CHANGE, "done"),
        target=End(CLOUD, Kind.STORY, "progress"),
        form=Form.KEY_IN_TITLE,
        about_source=False,
    ),
    Tie(
        name="change-closed-unmerged",
        why="a pull request closed without a merge is dropped",
        source=End(GITHUB, Kind.CHANGE, "dropped"),
        target=End(DATA_CENTER, Kind.STORY, "done"),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="closed-as-not-planned",
        why="closed as not planned is dropped, not done",
        source=End(GITHUB, Kind.TASK, "dropped"),
        target=End(CLOUD, Kind.STORY, "progress"),
        form=Form.KEY_IN_TEXT,
        about_source=False,
    ),
    Tie(
        name="change-of-same-tool",
        why="pull request and issue of one tool",
        source=End(GITHUB, Kind.CHANGE, "open"),
        target=End(GITHUB, Kind.TASK, "done"),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="duplicate-bug",
        why="a bug that duplicates another is dropped, whatever its status",
        source=End(GITHUB, Kind.BUG, "open"),
        target=End(LAUNCHPAD, Kind.BUG, "done", drops_by=("Fix Released", "Duplicate")),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="private-bug",
        why="a private bug takes no part",
        source=End(GITHUB, Kind.BUG, "open"),
        target=End(LAUNCHPAD, Kind.BUG, "done", security=Security.SEEN),
        form=Form.KEY_IN_TITLE,
    ),
    Tie(
        name="private-bug-watches",
        why="a private bug takes no part, on neither side",
        source=End(LAUNCHPAD, Kind.BUG, "progress", security=Security.SEEN),
        target=End(GITHUB, Kind.BUG, "done"),
        form=Form.WATCH,
    ),
    Tie(
        name="bug-invalid",
        why="an invalid bug is dropped",
        source=End(CLOUD, Kind.BUG, "progress"),
        target=End(LAUNCHPAD, Kind.BUG, "done", drops_by=("Invalid", None)),
        form=Form.KEY_IN_TEXT,
    ),
    Tie(
        name="whiteboard-both-open",
        why="a blueprint and the story in its whiteboard are both under way",
        source=End(LAUNCHPAD, Kind.EPIC, "progress"),
        target=End(CLOUD, Kind.STORY, "progress"),
        form=Form.WHITEBOARD_URL,
    ),
)

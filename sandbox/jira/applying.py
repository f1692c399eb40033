"""Applying checked changes to an issue: stored values, changelog, comments, worklogs, links, properties."""

from collections.abc import Mapping
from typing import Any

from sandbox.jira.edits import Change, changelog_items
from sandbox.jira.model import Issue, Link, Row
from sandbox.jira.site import Site


def apply(site: Site, issue: Issue, change: Change, uid: str) -> None:
    """Apply an edit. `updated` moves only when something but properties changed."""
    site.state.before_write(issue)
    items = changelog_items(site, issue, change.fields)
    put_fields(site, issue, change.fields)
    if items:
        log(site, issue, uid, items)
    for comment in change.comments:
        add_comment(site, issue, uid, comment)
    for worklog in change.worklogs:
        add_worklog(site, issue, uid, worklog)
    for type_id, source, target in change.links:
        add_link(site, type_id, source or issue.id, target or issue.id, uid)
    issue.properties |= change.properties
    site.touched(issue, bump=bool(items or change.comments or change.worklogs or change.links))


def put_fields(site: Site, issue: Issue, new: Mapping[str, Any]) -> None:
    """Store values, keeping the index of children in step."""
    if "parent" in new:
        for relative in site.state.relatives(issue):
            relative.cache.clear()
        site.state.disown(issue)
    issue.fields |= new
    if "parent" in new:
        site.state.adopt(issue)


def log(site: Site, issue: Issue, uid: str | None, items: list[Row]) -> None:
    """Add an entry to the changelog."""
    entry = {"id": str(site.state.next_id("changelog")), "author": uid, "created": site.now_ms, "items": items}
    issue.entries = [*issue.entries, entry]


def add_comment(site: Site, issue: Issue, uid: str, given: Row) -> Row:
    """Add a comment; the caller finishes the write."""
    row = {
        **given,
        "id": str(site.state.next_id("comment")),
        "author": uid,
        "created": site.now_ms,
        "updated": site.now_ms,
    }
    issue.comments = [*issue.comments, row]
    return row


def add_worklog(site: Site, issue: Issue, uid: str, given: Row) -> Row:
    """Add a worklog and take it off the remaining estimate; the caller finishes the write."""
    row = {
        **given,
        "id": str(site.state.next_id("worklog")),
        "author": uid,
        "created": site.now_ms,
        "updated": site.now_ms,
    }
    issue.worklogs = [*issue.worklogs, row]
    remaining = issue.fields.get("timeestimate")
    if remaining is not None:
        issue.fields["timeestimate"] = max(0, remaining - row["timeSpentSeconds"])
    return row


def add_link(site: Site, type_id: str, source: str, target: str, uid: str) -> Link:
    """Link two issues unless they are so linked already; both are bumped when they were not."""
    state = site.state
    for link_id in state.links_of.get(source, ()):
        there = state.links[link_id]
        if (there.type_id, there.source, there.target) == (type_id, source, target):
            return there
    link = Link(id=str(state.next_id("link")), type_id=type_id, source=source, target=target)
    ends = [state.issues[source], state.issues[target]]
    for end in ends:
        state.before_write(end)
    state.add_link(link)
    row = state.tables["link_types"][type_id]
    first, second = ends
    for end, other, word in ((first, second, "outward"), (second, first, "inward")):
        text = f"This issue {row.get(word, row['name'])} {other.key}"
        log(site, end, uid, [_link_item(to=other.key, to_text=text)])
        site.touched(end)
    return link


def remove_link(site: Site, link: Link, uid: str) -> None:
    """Remove a link; both its issues are bumped."""
    state = site.state
    ends = [state.issues[one] for one in (link.source, link.target) if isinstance(one, str)]
    for end in ends:
        state.before_write(end)
        end.cache.clear()
    state.remove_link(link)
    for end in ends:
        log(site, end, uid, [{**_link_item(to=None, to_text=None), "from": link.id, "fromString": "This link"}])
        site.touched(end)


def _link_item(*, to: str | None, to_text: str | None) -> Row:
    return {"field": "Link", "fieldtype": "jira", "from": None, "fromString": None, "to": to, "toString": to_text}


def delete(site: Site, issue: Issue) -> None:
    """Delete an issue with its links and worklogs; children that are not sub-tasks lose their parent."""
    state = site.state
    state.before_write(issue)
    for relative in state.relatives(issue):
        relative.cache.clear()
    for child_id in list(state.children.get(issue.id, ())):
        child = state.issues[child_id]
        state.before_write(child)
        put_fields(site, child, {"parent": None})
        site.touched(child)
    for worklog in issue.worklogs:
        forget_worklog(site, worklog)
    state.remove_issue(issue)
    site.touched(issue, bump=False)


def forget_worklog(site: Site, worklog: Row) -> None:
    """Remember that a worklog was deleted, and when."""
    site.state.deleted_worklogs.append({"worklogId": int(worklog["id"]), "updatedTime": site.now_ms})

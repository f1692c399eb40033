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
    comments = [add_comment(site, issue, uid, comment) for comment in change.comments]
    worklogs = [add_worklog(site, issue, uid, worklog) for worklog in change.worklogs]
    for type_id, source, target in change.links:
        add_link(site, type_id, source or issue.id, target or issue.id, uid)
    issue.properties |= change.properties
    parts = {
        "comment": change.comments,
        "worklog": change.worklogs,
        "link": change.links,
        "property": change.properties,
    }
    site.touched(issue, bump=bool(items) or any(rows and site.bumps(kind) for kind, rows in parts.items()))
    if items:
        tell_updated(site, issue, uid, items)
    for row in comments:
        tell_comment(site, issue, uid, row)
    for row in worklogs:
        site.tell("worklog_created", issue, worklog=row)
    for key, value in change.properties.items():
        site.tell("issue_property_set", issue, user=uid, property={"key": key, "value": value})


def tell_updated(site: Site, issue: Issue, uid: str | None, items: list[Row]) -> None:
    """Tell that fields of an issue were changed."""
    kind = "issue_assigned" if [item["field"] for item in items] == ["assignee"] else "issue_generic"
    kind = "issue_updated" if kind == "issue_generic" and all(one["field"] != "status" for one in items) else kind
    entry = issue.entries[-1]["id"] if issue.entries else None
    site.tell("jira:issue_updated", issue, user=uid, items=items, kind=kind, entry=entry)


def tell_comment(site: Site, issue: Issue, uid: str | None, row: Row, *, word: str = "created") -> None:
    """Tell that a comment was created, updated or deleted; the issue counts as updated too."""
    kinds = {"created": "issue_commented", "updated": "issue_comment_edited", "deleted": "issue_comment_deleted"}
    site.tell(f"comment_{word}", issue, user=uid, comment=row)
    site.tell("jira:issue_updated", issue, user=uid, comment=row, kind=kinds[word])


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
        site.touched(end, bump=site.bumps("link"))
    site.tell("issuelink_created", issueLink=_told_link(link))
    return link


def _told_link(link: Link) -> Row:
    ends = [int(one) if isinstance(one, str) else None for one in (link.source, link.target)]
    return {
        "id": int(link.id),
        "sourceIssueId": ends[0],
        "destinationIssueId": ends[1],
        "issueLinkType": {"id": int(link.type_id)},
    }


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
        site.touched(end, bump=site.bumps("link"))
    site.tell("issuelink_deleted", issueLink=_told_link(link))


def _link_item(*, to: str | None, to_text: str | None) -> Row:
    return {"field": "Link", "fieldtype": "jira", "from": None, "fromString": None, "to": to, "toString": to_text}


def delete(site: Site, issue: Issue, uid: str | None) -> None:
    """Delete an issue with its links and worklogs; children that are not sub-tasks lose their parent."""
    state = site.state
    site.tell("jira:issue_deleted", issue, user=uid)
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

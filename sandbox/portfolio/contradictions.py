"""Tricks around `work.contradiction`: records that name each other over two tools, one of them done."""

from __future__ import annotations

from sandbox.portfolio import twice
from sandbox.portfolio.builder import Builder, Desk
from sandbox.portfolio.model import (
    JIRA_SITES,
    LAUNCHPAD,
    Form,
    Issue,
    Kind,
    Mention,
    Project,
    Reading,
)
from sandbox.portfolio.ties import NEAR, POSITIVE, End, Tie

KIND = "work.contradiction"


def plant(b: Builder) -> None:
    """Plant every tie that the tools of the portfolio can have, once a block, and those that need more than two."""
    size = len(b.desks) // b.truth.scale
    for block in range(b.truth.scale):
        desks = [each for each in b.desks[block * size : (block + 1) * size] if each.active]
        for tie, near in [(each, False) for each in POSITIVE] + [(each, True) for each in NEAR]:
            _tie(b, desks, tie, near=near)
        _two_partners(b, desks)
        _belongs_to_two(b, desks)
        _special(b, desks)
        _at_rest(b, desks)
        if LAUNCHPAD in b.truth.tools:
            _tasks(b, desks)


def spots(desk: Desk, site: str) -> list[Project]:
    """Return the places of an engagement on a site where work may be tied."""
    places = [each for each in desk.engagement.places if each.site == site and each.reading is Reading.READABLE]
    return [each for each in places if not each.empty and not each.silent]


def desk_with(b: Builder, desks: list[Desk], *sites: str, calm: bool = False) -> Desk | None:
    """Return an engagement with a place on the first site, and if possible on the others too."""
    fitting = [each for each in desks if (calm or not each.calm) and spots(each, sites[0])]
    best = [each for each in fitting if all(spots(each, site) for site in sites)]
    return b.pick(best or fitting) if fitting else None


def work(b: Builder, d: Desk, end: End) -> Issue:
    """Make one end: ordinary work of the engagement that raises nothing else."""
    project = b.pick(spots(d, end.site))
    made = b.issue(project, end.kind, end.state, **b.owned(d, project))
    if end.security is not None:
        b.restrict(made, end.security)
    if end.kind is not Kind.CHANGE:
        b.claim(made, d, b.pick(d.pool), "field")
    made.billable = end.billable
    made.labels += end.labels
    if end.drops_by:
        made.status, made.resolution = end.drops_by
    return made


def _tie(b: Builder, desks: list[Desk], tie: Tie, *, near: bool) -> None:
    about, other = (tie.source, tie.target) if tie.about_source else (tie.target, tie.source)
    if not {about.site, other.site} <= set(b.truth.tools):
        return
    d = desk_with(b, desks, about.site, other.site, calm=near)
    e = d if d is not None and spots(d, other.site) else desk_with(b, desks, other.site)
    if d is None or e is None:
        return
    subject, partner = work(b, d, about), work(b, e, other)
    source, target = (subject, partner) if tie.about_source else (partner, subject)
    source.mentions.append(Mention(target=target, form=tie.form))
    if tie.both_ways:
        target.mentions.append(Mention(target=source, form=Form.URL))
    (b.near if near else b.plant)(d, KIND, subject, tie.name, tie.why)


def _two_partners(b: Builder, desks: list[Desk]) -> None:
    d = desk_with(b, desks, "jira", "jira-dc")
    e = desk_with(b, desks, "jira-dc")
    if d is None or e is None:
        return
    story = work(b, d, End("jira", Kind.STORY, "open"))
    for state in ("done", "done", "open"):
        partner = work(b, e, End("jira-dc", Kind.TASK, state))
        story.mentions.append(Mention(target=partner, form=b.pick((Form.KEY_IN_TEXT, Form.URL))))
    b.plant(d, KIND, story, "two-partners", "two of the three that it names are done: one finding")


def _belongs_to_two(b: Builder, desks: list[Desk]) -> None:
    d = desk_with(b, desks, "jira-dc")
    if d is None:
        return
    e = b.pick([each for each in desks if each is not d and not each.calm and spots(each, "jira")])
    story = work(b, d, End("jira-dc", Kind.STORY, "progress"))
    b.claim(story, e, b.pick(e.pool), "label")
    for desk in (d, e):
        b.plant(desk, twice.KIND, story, "claimed-over-engagements", "claimed for an item of two engagements")
        b.plant(desk, KIND, story, "belongs-to-two", "its claims name two engagements: one finding each")
    done = work(b, e, End("jira", Kind.STORY, "done"))
    done.mentions.append(Mention(target=story, form=Form.KEY_IN_TITLE))


def _special(b: Builder, desks: list[Desk]) -> None:
    """Let an anchor and a risk name what is done elsewhere."""
    for kind in (Kind.ANCHOR, Kind.RISK):
        d = b.pick([each for each in desks if each.engagement.anchor and spots(each, each.engagement.places[0].site)])
        anchor = d.engagement.anchor
        assert anchor is not None  # noqa: S101 - chosen so
        other = next(site for site in JIRA_SITES if site != anchor.project.site)
        e = desk_with(b, desks, other)
        if e is None:
            continue
        subject = anchor if kind is Kind.ANCHOR else b.issue(anchor.project, kind, "open", parent=anchor)
        done = work(b, e, End(other, Kind.TASK, "done"))
        subject.mentions.append(Mention(target=done, form=Form.KEY_IN_TEXT))
        b.near(d, KIND, subject, kind.name.lower(), "anchors and risks take no part")


def _at_rest(b: Builder, desks: list[Desk]) -> None:
    resting = [each for each in b.desks if not each.active and each.current is None and spots(each, "jira")]
    d, e = b.pick(resting), desk_with(b, desks, "jira-dc")
    if e is None:
        return
    story = work(b, d, End("jira", Kind.STORY, "open"))
    done = work(b, e, End("jira-dc", Kind.TASK, "done"))
    done.mentions.append(Mention(target=story, form=Form.KEY_IN_TEXT))
    b.near(d, KIND, story, "at-rest", "a draft engagement is at rest")
    b.near(e, KIND, story, "not-handed-on", "what belongs to an engagement at rest is not handed on")


def _tasks(b: Builder, desks: list[Desk]) -> None:
    """Let a bug have tasks in two projects, one done, one open; alone, and named from elsewhere."""
    with_bugs = [each for each in desks if not each.calm and spots(each, LAUNCHPAD)]
    pairs = [(d, e) for d in with_bugs for e in with_bugs if d is not e and set(d.pool) & set(e.pool)]
    d, e = b.pick(pairs)
    key = b.pick(sorted(set(d.pool) & set(e.pool)))
    for form, near in ((None, True), (Form.URL, True), (Form.BUG_URL, False)):
        bug = b.claim(b.issue(b.pick(spots(d, LAUNCHPAD)), Kind.BUG, "open"), d, key, "label")
        twin = b.twin(bug, b.pick(spots(e, LAUNCHPAD)), "done")
        if form is None:
            b.near(d, KIND, bug, "tasks-of-one-bug", "tasks of one bug lie on one connection")
            continue
        owner = desk_with(b, desks, "jira")
        assert owner is not None  # noqa: S101 - every block has such places
        story = work(b, owner, End("jira", Kind.STORY, "open"))
        story.mentions.append(Mention(target=bug, form=form))
        if near:
            b.near(owner, KIND, story, "url-of-open-task", "its URL means the open task, not the bug's other one")
        else:
            b.plant(owner, KIND, story, "url-of-bug", "its URL means all tasks of the bug, and one of them is done")
        assert twin.twin is bug  # noqa: S101 - a slip of this generator

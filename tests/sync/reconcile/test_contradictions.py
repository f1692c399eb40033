from dataclasses import replace

import pytest

from mapping.model import Access, WorkClass, WorkState
from sync.reconcile.claims import work_facts
from sync.reconcile.contradictions import closed_milestones, contradiction
from sync.reconcile.result import Severity
from sync.reconcile.scope import claimed_twice, orphan_work, uncovered

DONE, OPEN, UNDER_WAY, DROPPED = WorkState.DONE, WorkState.OPEN, WorkState.IN_PROGRESS, WorkState.DROPPED
HERE = {("jira", "NIM"): ("NIM-01",), ("code", "example/images"): ("NIM-01",)}
SHARED = {("jira", "NIM"): ("NIM-01",), ("code", "example/images"): ("NIM-01", "ORB-01")}


def found(build, *works, shared=None, **more):
    view = build.view(works=works, shared=HERE if shared is None else shared, **more)
    return list(contradiction(view, build.NOW, build.SETTINGS))


def pair(build, here, there, value="example/images#4", host=None, shared=None):
    issue = build.work("NIM-8", references=(build.refers_to(value, host),), **here)
    return [f.subject for f in found(build, issue, build.repo_issue(4, **there), shared=shared)]


@pytest.mark.parametrize(
    ("here", "there", "subjects"),
    [
        (OPEN, DONE, ["jira:issues:NIM8"]),
        (UNDER_WAY, DONE, ["jira:issues:NIM8"]),
        (DONE, OPEN, ["code:issues:9004"]),
        (DONE, UNDER_WAY, ["code:issues:9004"]),
        (DONE, DONE, []),
        (OPEN, UNDER_WAY, []),
        (DROPPED, DONE, []),
        (DONE, DROPPED, []),
        (OPEN, DROPPED, []),
        (WorkState.UNMAPPED, DONE, []),
        (OPEN, WorkState.UNMAPPED, []),
    ],
)
def test_one_is_done_and_the_other_still_open(build, here, there, subjects):
    assert pair(build, {"state": here}, {"state": there}) == subjects


@pytest.mark.parametrize("work_class", WorkClass)
def test_classes_that_can_be_left_open(build, work_class):
    able = {WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK, WorkClass.DELIVERABLE, WorkClass.CHANGE}
    there = {"state": OPEN, "work_class": work_class}
    assert bool(pair(build, {"state": DONE}, there)) is (work_class in able)


@pytest.mark.parametrize("work_class", WorkClass)
def test_classes_of_which_being_done_contradicts(build, work_class):
    able = {WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK, WorkClass.DELIVERABLE}
    there = {"state": DONE, "work_class": work_class}
    assert bool(pair(build, {"state": OPEN}, there)) is (work_class in able)


@pytest.mark.parametrize(
    ("value", "host", "linked"),
    [
        ("example/images#4", None, True),
        ("EXAMPLE/images#4", "code.example", True),
        ("example/images#4", "other.example", False),
        ("example/images#5", None, False),
    ],
)
def test_a_link_is_a_reference_by_key_and_host(build, value, host, linked):
    assert bool(pair(build, {}, {"state": DONE}, value, host)) is linked


def test_either_record_may_hold_the_reference(build):
    issue = build.work("NIM-8")
    other = build.repo_issue(4, state=DONE, references=(build.refers_to("NIM-8"),))
    (finding,) = found(build, issue, other)
    assert finding.subject == "jira:issues:NIM8"
    assert finding.severity is Severity.MEDIUM
    assert [(e.ref, e.value) for e in finding.evidence] == [
        ("jira:issues:NIM8", "To Do"),
        ("code:issues:9004", "To Do"),
        ("code:issues:9004", "NIM-8"),
    ]


def test_records_of_one_connection_are_not_linked(build):
    first = build.work("NIM-8", references=(build.refers_to("NIM-9"),))
    assert found(build, first, build.work("NIM-9", state=DONE)) == []


def test_a_bare_key_means_the_record_of_its_own_connection_when_there_is_one(build):
    first = build.work("NIM-8", references=(build.refers_to("NIM-9"),))
    elsewhere = build.work("NIM-9", connection="jira-dc", url="https://dc.example/browse/NIM-9", state=DONE)
    assert len(found(build, first, elsewhere)) == 1
    assert found(build, first, elsewhere, build.work("NIM-9")) == []
    by_url = replace(first, references=(build.refers_to("NIM-9", "dc.example"),))
    assert len(found(build, by_url, elsewhere, build.work("NIM-9"))) == 1


def test_one_step_is_followed_and_no_more(build):
    first = build.work("NIM-8", references=(build.refers_to("example/images#4"),))
    between = build.repo_issue(4, references=(build.refers_to("LP: #1"),))
    last = build.repo_issue(5, connection="lp", ref="lp:bug_tasks:1/x", key="LP: #1 (x)", state=DONE)
    last = replace(last, names=("LP: #1",))
    assert [f.subject for f in found(build, first, between, last)] == ["code:issues:9004"]


def test_all_done_partners_are_named_in_one_finding(build):
    names = ("example/images#4", "example/images#5", "example/images#4")
    issue = build.work("NIM-8", references=tuple(map(build.refers_to, names)))
    works = [issue, *(build.repo_issue(n, state=DONE) for n in (4, 5))]
    (finding,) = found(build, *works)
    assert {e.ref for e in finding.evidence} == {"jira:issues:NIM8", "code:issues:9004", "code:issues:9005"}
    assert found(build, *reversed(works)) == [finding]


@pytest.mark.parametrize("side", ["here", "there"])
def test_a_restricted_record_takes_no_part(build, side):
    hidden = {"access": Access.RESTRICTED}
    here = {"state": OPEN, **(hidden if side == "here" else {})}
    there = {"state": DONE, **(hidden if side == "there" else {})}
    assert pair(build, here, there) == []


def test_it_is_of_the_engagement_that_the_open_record_belongs_to(build):
    there = {"state": OPEN, "engagement_keys": ("orb-01",)}
    assert pair(build, {"state": DONE}, there, shared=SHARED) == []
    assert pair(build, {"state": DONE}, {**there, "engagement_keys": ()}, shared=SHARED) == ["code:issues:9004"]


def test_what_belongs_to_nobody_is_of_its_done_partners_engagement(build):
    only_jira = {("jira", "NIM"): ("NIM-01",)}
    assert pair(build, {"state": DONE}, {"state": OPEN}, shared=only_jira) == ["code:issues:9004"]
    only_code = {("jira", "NIM"): ("NIM-01",), ("code", "example/images"): ("ORB-01",)}
    assert pair(build, {"state": DONE}, {"state": OPEN}, shared=only_code) == []


def test_a_claim_makes_it_belong_too(build):
    shared = {("jira", "NIM"): ("NIM-01",), ("code", "example/images"): ("ORB-01",)}
    issue = build.work("NIM-8", state=DONE, references=(build.refers_to("example/images#4"),))
    there = build.repo_issue(4, "NIM-01/SI-01")
    assert len(found(build, issue, there, shared=shared, items=[build.item("SI-01")])) == 1
    assert found(build, issue, there, shared=shared) == []


def test_nothing_is_concluded_while_no_claim_could_resolve(build):
    issue = build.work("NIM-8", references=(build.refers_to("example/images#4"),))
    works = (issue, build.repo_issue(4, state=DONE))
    assert found(build, *works, sources=build.stale("scope_items", "Scope_Item__c", None)) == []


def over(build, *works, released=True, **more):
    view = build.view(works=works, milestones=[build.milestone("1", None, released=released)], **more)
    return list(closed_milestones(view, build.NOW, build.SETTINGS))


TIED = ("jira:versions:1",)


@pytest.mark.parametrize(
    ("state", "released", "raised"),
    [
        (OPEN, True, True),
        (UNDER_WAY, True, True),
        (DONE, True, False),
        (DROPPED, True, False),
        (WorkState.UNMAPPED, True, False),
        (OPEN, False, False),
        (OPEN, None, False),
    ],
)
def test_a_milestone_that_is_over_has_no_work_under_way(build, state, released, raised):
    got = over(build, build.work("NIM-8", state=state, milestone_refs=TIED), released=released)
    assert [f.subject for f in got] == (["jira:versions:1"] if raised else [])


@pytest.mark.parametrize("work_class", WorkClass)
def test_classes_that_keep_a_milestone_open(build, work_class):
    able = {WorkClass.WORK, WorkClass.EPIC, WorkClass.SUB_TASK, WorkClass.DELIVERABLE}
    got = over(build, build.work("NIM-8", work_class=work_class, milestone_refs=TIED))
    assert bool(got) is (work_class in able)


def test_work_of_another_milestone_does_not_count(build):
    assert over(build, build.work("NIM-8", milestone_refs=("jira:versions:2",))) == []


def test_restricted_work_counts_and_is_not_named(build):
    (finding,) = over(build, build.work("NIM-8", milestone_refs=TIED, access=Access.RESTRICTED))
    assert "NIM-8" not in finding.summary
    assert "1 restricted issue" in finding.summary


def test_a_milestone_is_of_the_engagements_that_its_open_work_belongs_to(build):
    shared = {("jira", "NIM"): ("NIM-01", "ORB-01")}
    theirs = build.work("NIM-8", milestone_refs=TIED, engagement_keys=("ORB-01",))
    assert over(build, theirs, shared=shared) == []
    mine = build.work("NIM-9", milestone_refs=TIED, engagement_keys=("NIM-01",))
    assert len(over(build, theirs, mine, shared=shared)) == 1


def test_a_change_hands_nothing_down_and_neither_covers_nor_is_orphan(build):
    items = [build.item("SI-01"), build.item("SI-02")]
    change = build.work("NIM-8", "SI-01", "SI-02", work_class=WorkClass.CHANGE, out_of_contract=True)
    bare = build.work("NIM-10", work_class=WorkClass.CHANGE)
    child = build.work("NIM-9", parent_ref=change.ref)
    view = build.view(items=items, works=[change, bare, child])
    facts = {f.item.key: f for f in work_facts(view)}
    assert (facts["NIM-9"].held, facts["NIM-9"].out_of_contract) == (frozenset(), False)
    assert [f.subject for f in orphan_work(view, build.NOW, build.SETTINGS)] == [child.ref]
    assert list(claimed_twice(view, build.NOW, build.SETTINGS)) == []
    assert len(list(uncovered(view, build.NOW, build.SETTINGS))) == 2

from datetime import timedelta

import pytest

from mapping.model import Access, ScopeState, WorkClass, WorkState
from sync.reconcile import scope
from sync.reconcile.result import Severity

SHARED = {("jira", "NIM"): ("NIM-01",), ("jira", "SHR"): ("ORB-01", "NIM-01"), ("jira", "ORB"): ("ORB-01",)}
KNOWN = {"NIM-01": ["SI-01", "SI-02"], "ORB-01": ["SI-01", "SI-09"]}


def found(rule, build, **view):
    view.setdefault("shared", SHARED)
    view.setdefault("known", KNOWN)
    return list(rule(build.view(**view), build.NOW, build.SETTINGS))


def subjects(findings):
    return [finding.subject for finding in findings]


# ------------------------------------------------------------------------------------------------ current baseline


@pytest.mark.parametrize(
    ("signed", "current"),
    [
        ({1: -300, 2: -10}, 2),
        ({1: -300, 2: None}, 1),  # unsigned
        ({1: -300, 2: 1}, 1),  # signed in the future
        ({1: -300, 2: 0}, 2),  # signed today
        ({1: -10, 2: -300}, 2),  # the version decides, not the date
        ({1: None, 2: 5}, None),
        ({}, None),
    ],
)
def test_the_current_baseline_is_the_highest_version_signed_by_today(build, signed, current):
    baselines = [build.baseline(v, None if d is None else build.day(d)) for v, d in signed.items()]
    for order in (baselines, baselines[::-1]):
        got = scope.current_baseline(build.view(baselines=order), build.TODAY)
        assert (got.version if got else None) == current


def test_of_two_baselines_with_one_version_the_later_signed_counts(build):
    early = build.baseline(1, build.day(-9), ref="salesforce:baselines:Z")
    late = build.baseline(1, build.day(-8), ref="salesforce:baselines:A")
    twin = build.baseline(1, build.day(-8), ref="salesforce:baselines:B")
    assert scope.current_baseline(build.view(baselines=[late, early]), build.TODAY) == late
    assert scope.current_baseline(build.view(baselines=[twin, late]), build.TODAY) == twin


# ------------------------------------------------------------------------------------------------ scope.uncovered


@pytest.mark.parametrize(
    ("changes", "covers"),
    [
        ({}, True),
        ({"state": WorkState.IN_PROGRESS}, True),
        ({"state": WorkState.DONE}, True),
        ({"state": WorkState.UNMAPPED}, True),
        ({"state": WorkState.DROPPED}, False),
        ({"work_class": WorkClass.EPIC}, True),
        ({"work_class": WorkClass.SUB_TASK}, True),
        ({"work_class": WorkClass.ANCHOR}, False),
        ({"work_class": WorkClass.RISK}, False),
        ({"work_class": WorkClass.DELIVERABLE}, False),
        ({"billable": False}, True),
        ({"out_of_contract": True}, True),
        ({"access": Access.RESTRICTED}, True),
    ],
)
def test_live_work_covers_an_item(build, changes, covers):
    got = found(scope.uncovered, build, items=[build.item("SI-01")], works=[build.work("NIM-2", "SI-01", **changes)])
    assert subjects(got) == ([] if covers else ["salesforce:scope_items:SI-01v1"])


@pytest.mark.parametrize(
    ("key", "claim", "covers"),
    [
        ("NIM-2", "si-01", True),
        ("NIM-2", "SI-02", False),
        ("NIM-2", "ORB-01/SI-01", False),  # the same key in another engagement is another item
        ("ORB-2", "SI-01", False),
        ("ORB-2", "NIM-01/SI-01", True),  # claimed from elsewhere
        ("SHR-2", "SI-01", True),
    ],
)
def test_only_a_claim_on_the_very_item_covers_it(build, key, claim, covers):
    got = found(scope.uncovered, build, items=[build.item("SI-01")], works=[build.work(key, claim)])
    assert bool(got) is not covers


def test_inherited_claims_cover_and_dropped_ones_are_told(build):
    epic = build.work("NIM-2", "SI-01", work_class=WorkClass.EPIC, state=WorkState.DROPPED, status="Won't Do")
    child = build.work("NIM-3", parent_ref=epic.ref)
    assert found(scope.uncovered, build, items=[build.item("SI-01")], works=[epic, child]) == []
    (finding,) = found(scope.uncovered, build, items=[build.item("SI-01")], works=[epic])
    assert "1 dropped" in finding.summary
    assert [(e.key, e.value) for e in finding.evidence][-1] == ("NIM-2", "Won't Do")


@pytest.mark.parametrize("state", [ScopeState.DEFERRED, ScopeState.CANCELLED, ScopeState.UNMAPPED])
def test_items_that_are_not_active_need_no_work(build, state):
    assert found(scope.uncovered, build, items=[build.item("SI-01", state=state)]) == []


def test_only_items_of_the_current_baseline_count(build):
    baselines = [build.baseline(1), build.baseline(2), build.baseline(3, None)]
    items = [build.item("SI-01", version=1), build.item("SI-02", version=2), build.item("SI-03", version=3)]
    assert subjects(found(scope.uncovered, build, baselines=baselines, items=items)) == [
        "salesforce:scope_items:SI-02v2"
    ]


def test_a_claim_by_url_on_an_older_baseline_covers_the_item(build):
    items = [build.item("SI-01", version=1), build.item("SI-01", version=2)]
    got = found(
        scope.uncovered,
        build,
        baselines=[build.baseline(1), build.baseline(2)],
        items=items,
        works=[build.work("NIM-2", "url:OLD")],
        records={"OLD": ("NIM-01", "SI-01")},
    )
    assert got == []


@pytest.mark.parametrize(
    ("due", "severity"),
    [(-400, Severity.HIGH), (0, Severity.HIGH), (30, Severity.HIGH), (31, Severity.MEDIUM), (None, Severity.MEDIUM)],
)
def test_an_uncovered_item_is_the_worse_the_sooner_it_is_due(build, due, severity):
    item = build.item("SI-01", due=None if due is None else build.day(due))
    (finding,) = found(scope.uncovered, build, items=[item])
    assert finding.severity is severity


@pytest.mark.parametrize("stream", ["issues", "versions", "scope_items", "deliverables", "engagements", "baselines"])
@pytest.mark.parametrize("age", [None, 121])
def test_uncovered_is_not_concluded_while_any_source_is_stale(build, stream, age):
    assert found(scope.uncovered, build, items=[build.item("SI-01")], sources=build.stale(stream, "NIM", age)) == []


# ------------------------------------------------------------------------------------------------ scope.orphan_work


@pytest.mark.parametrize(
    ("changes", "orphan"),
    [
        ({}, True),
        ({"billable": True}, True),
        ({"billable": False}, False),
        ({"out_of_contract": True}, False),
        ({"state": WorkState.DONE}, True),
        ({"state": WorkState.UNMAPPED}, True),
        ({"state": WorkState.DROPPED}, False),
        ({"work_class": WorkClass.EPIC}, False),
        ({"work_class": WorkClass.SUB_TASK}, False),
        ({"work_class": WorkClass.ANCHOR}, False),
        ({"work_class": WorkClass.RISK}, False),
        ({"work_class": WorkClass.DELIVERABLE}, False),
        ({"access": Access.RESTRICTED}, True),
    ],
)
def test_billable_work_without_a_claim_is_an_orphan(build, changes, orphan):
    got = found(scope.orphan_work, build, works=[build.work("NIM-2", **changes)])
    assert subjects(got) == (["jira:issues:NIM2"] if orphan else [])
    assert all(f.severity is Severity.MEDIUM for f in got)


@pytest.mark.parametrize(
    ("claim", "orphan"),
    [("SI-01", False), ("SI-77", True), ("ORB-01/SI-09", False), ("ORB-01/SI-77", True), ("SI-09", True)],
)
def test_only_a_resolving_claim_saves_work_from_being_an_orphan(build, claim, orphan):
    assert bool(found(scope.orphan_work, build, works=[build.work("NIM-2", claim)])) is orphan


def test_an_ancestor_lends_its_claim_and_its_mark(build):
    epic = build.work("NIM-2", "SI-01", work_class=WorkClass.EPIC)
    request = build.work("NIM-3", work_class=WorkClass.EPIC, out_of_contract=True)
    middle = build.work("NIM-4", parent_ref=request.ref, work_class=WorkClass.EPIC)
    works = [
        epic,
        request,
        middle,
        build.work("NIM-5", parent_ref=epic.ref),
        build.work("NIM-6", parent_ref=middle.ref),
    ]
    assert found(scope.orphan_work, build, works=works) == []
    assert subjects(found(scope.orphan_work, build, works=[*works, build.work("NIM-7")])) == ["jira:issues:NIM7"]


@pytest.mark.parametrize(
    ("key", "field", "mine"),
    [
        ("NIM-2", (), True),
        ("NIM-2", ("ORB-01",), True),
        ("ORB-2", (), False),
        ("ORB-2", ("NIM-01",), False),
        ("SHR-2", (), True),  # the first by key
        ("SHR-2", ("ORB-01",), False),
        ("SHR-2", ("NIM-01", "ORB-01"), True),
        ("XXX-2", (), False),
    ],
)
def test_an_orphan_is_the_finding_of_the_engagement_it_belongs_to(build, key, field, mine):
    works = [build.work(key, engagement_keys=field)]
    assert bool(found(scope.orphan_work, build, works=works)) is mine


def test_in_a_shared_place_the_second_engagement_gets_what_names_it(build):
    works = [build.work("SHR-2"), build.work("SHR-3", engagement_keys=("ORB-01",))]
    got = found(scope.orphan_work, build, key="ORB-01", works=works)
    assert subjects(got) == ["jira:issues:SHR3"]


@pytest.mark.parametrize("rule", [scope.orphan_work, scope.claimed_twice])
@pytest.mark.parametrize(
    ("stream", "age", "concluded"),
    [("scope_items", None, False), ("baselines", None, False), ("scope_items", 500, True), ("issues", None, True)],
)
def test_claims_are_judged_once_the_scope_was_ever_read(build, rule, stream, age, concluded):
    works = [build.work("NIM-2"), build.work("NIM-3", "SI-01", "SI-02")]
    assert bool(found(rule, build, works=works, sources=build.stale(stream, "NIM", age))) is concluded


# ------------------------------------------------------------------------------------------------ scope.claimed_twice


@pytest.mark.parametrize(
    ("claims", "changes", "twice"),
    [
        (["SI-01", "SI-02"], {}, True),
        (["SI-01", "ORB-01/SI-01"], {}, True),
        (["SI-01"], {}, False),
        (["SI-01", "si-01", "NIM-01/SI-01", "url:R1"], {}, False),  # one item said in four ways
        (["SI-01", "url:R2"], {}, True),
        (["SI-01", "SI-77"], {}, False),  # one does not resolve
        (["ORB-01/SI-01", "ORB-01/SI-09"], {}, False),  # twice, but not by this engagement
        (["SI-01", "SI-02"], {"work_class": WorkClass.EPIC}, True),
        (["SI-01", "SI-02"], {"work_class": WorkClass.SUB_TASK}, True),
        (["SI-01", "SI-02"], {"work_class": WorkClass.DELIVERABLE}, False),
        (["SI-01", "SI-02"], {"work_class": WorkClass.ANCHOR}, False),
        (["SI-01", "SI-02"], {"work_class": WorkClass.RISK}, False),
        (["SI-01", "SI-02"], {"state": WorkState.DROPPED}, False),
        (["SI-01", "SI-02"], {"state": WorkState.DONE}, True),
    ],
)
def test_own_claims_on_more_than_one_item_are_a_double_claim(build, claims, changes, twice):
    records = {"R1": ("NIM-01", "SI-01"), "R2": ("NIM-01", "SI-02")}
    got = found(scope.claimed_twice, build, works=[build.work("NIM-2", *claims, **changes)], records=records)
    assert subjects(got) == (["jira:issues:NIM2"] if twice else [])


def test_a_double_claim_is_raised_for_each_engagement_that_claims(build):
    works = [build.work("NIM-2", "SI-01", "ORB-01/SI-09")]
    for key in ("NIM-01", "ORB-01"):
        assert [f.engagement for f in found(scope.claimed_twice, build, key=key, works=works)] == [key]
    assert found(scope.claimed_twice, build, key="ZZZ-01", works=works) == []


def test_inherited_claims_do_not_make_a_double_claim(build):
    epic = build.work("NIM-2", "SI-01", "SI-02", work_class=WorkClass.EPIC)
    child = build.work("NIM-3", parent_ref=epic.ref)
    one = build.work("NIM-4", "SI-01", parent_ref=epic.ref)
    assert subjects(found(scope.claimed_twice, build, works=[epic, child, one])) == [epic.ref]


@pytest.mark.parametrize("rule", [scope.orphan_work, scope.claimed_twice])
def test_a_restricted_title_is_not_told(build, rule):
    works = [
        build.work("NIM-2", "SECRET-9", title="SECRET", access=Access.RESTRICTED),
        build.work("NIM-3", "SI-01", "SI-02", title="SECRET", access=Access.RESTRICTED),
    ]
    (finding,) = found(rule, build, works=works)
    assert "SECRET" not in finding.summary
    assert finding.access is Access.RESTRICTED
    assert all(e.access is Access.RESTRICTED for e in finding.evidence)


def test_time_alone_does_not_make_an_orphan(build):
    view = build.view(works=[build.work("NIM-2", "SI-01")], known=KNOWN)
    for days in (0, 400):
        assert not list(scope.orphan_work(view, build.NOW + timedelta(days=days), build.SETTINGS))

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, strategies as st

from mapping.model import Access, WorkState
from sync.reconcile.result import FindingKind, Risk, RiskCategory, RiskLifecycle, Severity
from sync.reconcile.risks import TITLE_LENGTH, lifecycle
from sync.reconcile.rules import reconcile

ALL = frozenset(FindingKind)


def risks(build, **view):
    return reconcile(build.view(**view), build.NOW, build.SETTINGS).risks


def test_each_late_or_disputed_deliverable_and_each_bare_item_is_a_risk(build):
    got = risks(
        build,
        items=[build.item("SI-01"), build.item("SI-02", due=build.day(3))],
        deliverables=[
            build.deliverable("D-1", promised=build.day(60), needed=build.day(1)),
            build.deliverable("D-2", build.tracked_by("NIM-7"), promised=build.day(0), needed=build.day(90)),
        ],
        works=[build.work("NIM-7", "NIM-01/SI-99", billable=False, due=build.day(30))],
    )
    assert [(r.rule, r.subject, r.category.value, r.severity.value) for r in got] == [
        ("deliverable.dates_disagree", "salesforce:deliverables:D-2", "schedule", "medium"),
        ("deliverable.late", "salesforce:deliverables:D-1", "schedule", "critical"),
        ("scope.uncovered", "salesforce:scope_items:SI-01v1", "scope", "medium"),
        ("scope.uncovered", "salesforce:scope_items:SI-02v1", "scope", "high"),
    ]


def test_orphans_and_double_claims_are_one_risk_each_for_the_engagement(build):
    works = [build.work("NIM-2", title="Core"), build.work("NIM-3"), build.work("NIM-4", "SI-01", "SI-02")]
    orphans, twice = sorted(risks(build, works=works, known={"NIM-01": ["SI-01", "SI-02"]}), key=lambda r: r.title)
    assert {r.subject for r in (orphans, twice)} == {"engagement:NIM-01"}
    assert orphans.label_targets == ("jira:issues:NIM2", "jira:issues:NIM3")
    assert twice.label_targets == ("jira:issues:NIM4",)
    assert "- NIM-2 Core\n" in orphans.description
    assert len(orphans.findings) == 2


def test_stale_sources_are_no_risk(build):
    assert risks(build, sources=[build.source("issues", "NIM", None)]) == ()


def test_titles_fit_into_a_record_name_and_descriptions_into_a_field(build):
    works = [build.work(f"NIM-{n}", title="word " * 40) for n in range(2, 400)]
    got = risks(build, items=[build.item("SI-01", title="word " * 60)], works=works)
    assert all(len(r.title) <= TITLE_LENGTH for r in got)
    assert all(len(r.description) < 32_000 for r in got)
    assert any("and 298 more" in r.description for r in got)


def test_a_risk_tells_nothing_of_restricted_records(build):
    hidden = {"access": Access.RESTRICTED, "title": "SECRET"}
    works = [
        build.work("NIM-2", **hidden),
        build.work("NIM-3", "SI-01", "SI-02", **hidden),
        build.work("NIM-7", billable=False, due=build.day(43), **hidden),
    ]
    needed = build.deliverable("D-1", build.tracked_by("NIM-7"), promised=build.day(0), needed=build.day(1))
    got = risks(build, works=works, deliverables=[needed], known={"NIM-01": ["SI-01", "SI-02"]})
    assert len(got) == 4
    for risk in got:
        text = risk.title + risk.description + risk.subject_url
        for secret in ("SECRET", "NIM-2", "NIM-3", "NIM-7", build.day(43).isoformat()):
            assert secret not in text
    assert any("1 restricted issue" in r.description for r in got)


def test_the_texts_of_an_overdue_deliverable_stay_the_same_from_day_to_day(build):
    view = build.view(deliverables=[build.deliverable("D-1", promised=build.day(-9), needed=build.day(-8))])
    today, tomorrow = (reconcile(view, build.NOW + timedelta(days=d), build.SETTINGS).risks[0] for d in (0, 1))
    assert today == tomorrow


# ------------------------------------------------------------------------------------------------------- lifecycle


def risk(rule=FindingKind.DELIVERABLE_LATE, subject="salesforce:deliverables:1", severity=Severity.HIGH):
    return Risk(
        engagement="NIM-01",
        rule=rule.value,
        subject=subject,
        category=RiskCategory.SCHEDULE,
        severity=severity,
        title="Late",
        description="Late",
        subject_url="",
        findings=(),
    )


def test_a_risk_is_raised_changed_closed_and_opened_again_as_one(build):
    (raised,) = lifecycle((), [risk()], build.day(0), ALL)
    assert (raised.lifecycle, raised.raised_on, raised.changed_on) == (RiskLifecycle.OPEN, build.day(0), build.day(0))
    (changed,) = lifecycle([raised], [risk(severity=Severity.CRITICAL)], build.day(1), ALL)
    assert changed == replace(raised, risk=risk(severity=Severity.CRITICAL))
    (closed,) = lifecycle([changed], [], build.day(2), ALL)
    assert (closed.lifecycle, closed.raised_on, closed.changed_on) == (
        RiskLifecycle.CLOSED,
        build.day(0),
        build.day(2),
    )
    assert closed.closed_reason
    (again,) = lifecycle([closed], [risk()], build.day(3), ALL)
    assert again.risk.id == raised.risk.id
    assert (again.lifecycle, again.raised_on, again.changed_on, again.closed_reason) == (
        RiskLifecycle.OPEN,
        build.day(0),
        build.day(3),
        "",
    )


@pytest.mark.parametrize("concluded", [frozenset(), ALL - {FindingKind.DELIVERABLE_LATE}])
def test_a_risk_is_not_closed_while_its_absence_cannot_be_believed(build, concluded):
    before = lifecycle((), [risk()], build.day(0), ALL)
    assert lifecycle(before, [], build.day(1), concluded) == before


def test_an_engagement_at_rest_leaves_its_risks_alone(build):
    from mapping.model import Stage

    before = lifecycle((), [risk()], build.day(0), ALL)
    for stage in (Stage.DRAFT, Stage.CLOSED, Stage.UNMAPPED):
        result = reconcile(build.view(stage=stage), build.NOW, build.SETTINGS)
        assert lifecycle(before, result.risks, build.day(1), result.concluded) == before


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=100))
def test_a_flapping_condition_is_one_risk_and_running_twice_changes_nothing(history):
    from datetime import date

    states = ()
    first = None
    for number, (holds, believed) in enumerate(history):
        today = date(2026, 1, 1) + timedelta(days=number)
        raised, concluded = ([risk()] if holds else []), (ALL if believed else frozenset())
        states = lifecycle(states, raised, today, concluded)
        assert lifecycle(states, raised, today, concluded) == states
        assert len(states) <= 1
        if states:
            first = first or states[0]
            assert (states[0].risk.id, states[0].raised_on) == (first.risk.id, first.raised_on)
            if holds:
                assert states[0].lifecycle is RiskLifecycle.OPEN
            elif believed:
                assert states[0].lifecycle is RiskLifecycle.CLOSED


def test_states_do_not_depend_on_order(build):
    several = [risk(subject=f"salesforce:deliverables:{n}") for n in range(5)]
    forwards = lifecycle((), several, build.day(0), ALL)
    assert lifecycle(forwards[::-1], several[::-1], build.day(1), ALL) == lifecycle(
        forwards, several, build.day(1), ALL
    )


def test_dropping_the_work_opens_the_risk_of_the_item_and_reviving_it_closes_it(build):
    states = ()
    seen = []
    for state in (WorkState.OPEN, WorkState.DROPPED, WorkState.OPEN, WorkState.DROPPED):
        works = [build.work("NIM-2", "SI-01", state=state)]
        result = reconcile(build.view(items=[build.item("SI-01")], works=works), build.NOW, build.SETTINGS)
        states = lifecycle(states, result.risks, build.TODAY, result.concluded)
        seen.append([s.lifecycle.value for s in states])
    assert seen == [[], ["open"], ["closed"], ["open"]]

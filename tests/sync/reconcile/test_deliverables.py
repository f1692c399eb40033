from dataclasses import replace

import pytest

from mapping.model import Access, DeliverableState, OwedBy, WorkState
from sync.reconcile.deliverables import dates_disagree, late
from sync.reconcile.result import Severity
from sync.reconcile.view import Place

PLACES = (Place(connection="jira", place="NIM"), Place(connection="jira-dc", place="NIM"))


def found(rule, build, *deliverables, works=(), milestones=(), places=PLACES):
    view = build.view(deliverables=deliverables, works=works, milestones=milestones, places=places)
    return list(rule(view, build.NOW, build.SETTINGS))


def offset(build, days):
    return None if days is None else build.day(days)


def sources(build, promised=None, issue=None, version=None, needed=None, **issue_changes):
    """A deliverable with up to three dates, as days from today (Tuesday)."""
    deliverable = build.deliverable(
        "D-1",
        build.tracked_by("NIM-7"),
        build.carried_by("100"),
        promised=offset(build, promised),
        needed=offset(build, needed),
    )
    works = [build.work("NIM-7", due=offset(build, issue), **issue_changes)]
    return {
        "deliverables": [deliverable],
        "works": works,
        "milestones": [build.milestone("100", offset(build, version))],
    }


def spread(build, **said):
    parts = sources(build, **said)
    got = found(dates_disagree, build, *parts.pop("deliverables"), **parts)
    return got[0].value["spread_working_days"] if got else None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"promised": 0, "issue": 7}, None),  # Tuesday to Tuesday: 5 working days are tolerated
        ({"promised": 0, "issue": 8}, "6"),
        ({"promised": 8, "issue": 0}, "6"),
        ({"promised": 0, "version": 8}, "6"),
        ({"issue": 0, "version": 8}, "6"),
        ({"promised": 0, "issue": 3, "version": 8}, "6"),  # the earliest and the latest count
        ({"promised": 3, "issue": 8, "version": 0}, "6"),
        ({"promised": 3, "issue": 3, "version": 3}, None),
        ({"promised": 8}, None),
        ({}, None),
        ({"promised": -60, "issue": -53}, None),  # the past is compared as it is
        ({"promised": -60, "issue": 0}, "42"),
        ({"promised": 0, "issue": 30, "state": WorkState.DROPPED}, None),
        ({"promised": 0, "issue": 30, "state": WorkState.DONE}, "22"),
        ({"promised": 0, "issue": 8, "access": Access.RESTRICTED}, "6"),
    ],
)
def test_dates_further_apart_than_five_working_days_disagree(build, said, expected):
    assert spread(build, **said) == expected


@pytest.mark.parametrize("a", range(3, 10))
@pytest.mark.parametrize("b", range(3, 14))
def test_the_weekend_widens_no_spread(build, a, b):
    working = sum(build.day(d).isoweekday() <= 5 for d in range(min(a, b) + 1, max(a, b) + 1))
    assert (spread(build, promised=a, issue=b) is not None) is (working > 5)


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ({"needed": 10, "promised": 10}, None),
        ({"needed": 10, "promised": 13}, "1"),  # Friday to Monday
        ({"needed": 10, "promised": 11}, "0"),  # Friday to Saturday is late
        ({"needed": 10, "promised": 9}, None),
        ({"needed": 10, "promised": 9, "version": 14}, "2"),
        ({"needed": 10, "promised": 30, "version": 9}, None),  # the version counts before the promise
        ({"needed": 10, "promised": 30, "version": 30, "issue": 9}, None),  # the issue before both
        ({"needed": 10, "promised": 9, "version": 9, "issue": 14}, "2"),
        ({"needed": 10, "promised": 14, "issue": 9, "state": WorkState.DROPPED}, "2"),
        ({"needed": 10, "promised": 14, "issue": 9, "state": WorkState.DONE}, None),
        ({"needed": -1, "promised": -5}, "1"),  # not delivered: never before today
        ({"needed": 0, "promised": -5}, None),
        ({"needed": -5, "promised": -5}, "3"),
        ({"needed": -1}, "1"),  # without any date
        ({"needed": 0}, None),
        ({"needed": 10}, None),
        ({"promised": 400}, None),  # needed by no date
    ],
)
def test_late_when_the_effective_date_is_after_the_needed_by_date(build, said, days):
    parts = sources(build, **said)
    got = found(late, build, *parts.pop("deliverables"), **parts)
    assert [f.value["days_late"] for f in got] == ([] if days is None else [days])


@pytest.mark.parametrize(("promised", "severity"), [(28, Severity.HIGH), (29, Severity.CRITICAL)])
def test_more_than_twenty_working_days_are_critical(build, promised, severity):
    (finding,) = found(late, build, build.deliverable("D-1", promised=build.day(promised), needed=build.day(0)))
    assert finding.severity is severity


@pytest.mark.parametrize("rule", [late, dates_disagree])
@pytest.mark.parametrize("owed_by", OwedBy)
def test_what_is_owed_by_us_counts_like_what_others_owe(build, rule, owed_by):
    parts = sources(build, promised=0, issue=40, needed=1)
    (one,) = parts.pop("deliverables")
    assert len(found(rule, build, replace(one, owed_by=owed_by), **parts)) == 1


@pytest.mark.parametrize("rule", [late, dates_disagree])
@pytest.mark.parametrize("state", [DeliverableState.DELIVERED, DeliverableState.CANCELLED, DeliverableState.UNMAPPED])
def test_only_open_deliverables_are_looked_at(build, rule, state):
    parts = sources(build, promised=0, issue=40, needed=1)
    (one,) = parts.pop("deliverables")
    assert found(rule, build, replace(one, state=state), **parts) == []


@pytest.mark.parametrize(
    ("reference", "seen"),
    [
        (("NIM-7", None), True),
        (("nim-7", None), True),
        (("NIM-7", "jira.example"), True),
        (("NIM-7", "JIRA.example"), True),
        (("NIM-7", "other.example"), False),
        (("NIM-7", "jira.example:8443"), False),
        (("NIM-8", None), False),
    ],
)
def test_the_tracking_issue_is_found_by_key_and_host(build, reference, seen):
    one = build.deliverable("D-1", build.tracked_by(*reference), promised=build.day(0))
    got = found(dates_disagree, build, one, works=[build.work("NIM-7", due=build.day(30))])
    assert bool(got) is seen


def test_of_one_key_on_two_sites_the_host_decides_and_a_bare_key_means_the_first_place(build):
    here = build.work("NIM-7", due=build.day(1))
    there = build.work("NIM-7", connection="jira-dc", url="https://dc.example/browse/NIM-7", due=build.day(30))

    def is_apart(host, places=PLACES):
        one = build.deliverable("D-1", build.tracked_by("NIM-7", host), promised=build.day(1))
        return bool(found(dates_disagree, build, one, works=[there, here], places=places))

    assert is_apart("dc.example")
    assert not is_apart("jira.example")
    assert not is_apart(None)
    assert is_apart(None, PLACES[::-1])


def test_a_version_is_found_by_id_and_host(build):
    one = build.deliverable("D-1", build.carried_by("100", "jira.example"), promised=build.day(0))
    other = build.milestone("100", build.day(40), connection="jira-dc", host="https://dc.example")
    assert found(dates_disagree, build, one, milestones=[other]) == []
    assert found(dates_disagree, build, one, milestones=[other, build.milestone("100", build.day(40))])


def test_fix_versions_of_the_tracking_issue_give_no_date(build):
    issue = build.work("NIM-7", milestone_refs=("jira:versions:100",))
    one = build.deliverable("D-1", build.tracked_by("NIM-7"), promised=build.day(0))
    assert found(dates_disagree, build, one, works=[issue], milestones=[build.milestone("100", build.day(40))]) == []


def test_of_several_tracking_issues_the_latest_is_effective(build):
    one = build.deliverable("D-1", build.tracked_by("NIM-7"), build.tracked_by("NIM-8"), needed=build.day(10))
    works = [build.work("NIM-7", due=build.day(9)), build.work("NIM-8", due=build.day(13))]
    assert len(found(late, build, one, works=works)) == 1
    assert found(late, build, one, works=works[:1]) == []


def test_a_date_from_a_restricted_issue_makes_the_finding_restricted(build):
    parts = sources(build, promised=0, issue=40, needed=1, access=Access.RESTRICTED)
    deliverables = parts.pop("deliverables")
    for rule in (late, dates_disagree):
        (finding,) = found(rule, build, *deliverables, **parts)
        assert finding.access is Access.RESTRICTED


def test_both_dates_and_where_they_stand_are_evidence(build):
    parts = sources(build, promised=0, issue=8, version=3)
    (finding,) = found(dates_disagree, build, *parts.pop("deliverables"), **parts)
    assert [(e.ref, e.value) for e in finding.evidence[:3]] == [
        ("jira:issues:NIM7", "2026-12-02"),
        ("jira:versions:100", "2026-11-27"),
        ("salesforce:deliverables:D-1", "2026-11-24"),
    ]

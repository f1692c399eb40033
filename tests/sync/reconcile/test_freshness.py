from datetime import timedelta

import pytest

from sync.reconcile.freshness import concluded, source_stale
from sync.reconcile.result import FindingKind, Severity
from sync.reconcile.settings import ReconcileSettings

TIED = ("scope.orphan_work", "scope.claimed_twice", "work.contradiction")
CLOSED = "milestone.closed_with_open_work"
DATED = ("deliverable.late", "deliverable.dates_disagree")


def subjects(build, *sources, settings=None):
    view = build.view(sources=sources)
    return [f.subject for f in source_stale(view, build.NOW, settings or build.SETTINGS)]


@pytest.mark.parametrize(
    ("age", "is_stale"),
    [(None, True), (0, False), (119, False), (120, False), (120.1, True), (9999, True), (-5, False), (-121, True)],
)
def test_older_than_two_hours_or_never_read_is_stale(build, age, is_stale):
    assert subjects(build, build.source("issues", "NIM", age)) == (["jira:issues:NIM"] if is_stale else [])


def test_the_maximum_age_is_a_setting(build):
    source = build.source("issues", "NIM", 30)
    assert subjects(build, source, settings=ReconcileSettings(max_age=timedelta(minutes=29)))
    assert not subjects(build, source, settings=ReconcileSettings(max_age=timedelta(minutes=30)))


def test_one_finding_a_place_named_by_the_first_of_its_stale_streams(build):
    issues, versions = build.source("issues", "NIM", None), build.source("versions", "NIM", 500)
    assert subjects(build, versions, issues) == ["jira:issues:NIM"]
    assert subjects(build, versions, build.source("issues", "NIM")) == ["jira:versions:NIM"]
    other = build.source("issues", "NIM", None, "jira-dc")
    assert sorted(subjects(build, versions, issues, other)) == ["jira-dc:issues:NIM", "jira:issues:NIM"]


def test_an_object_is_named_by_its_stream(build):
    source = build.source("scope_items", "Scope_Item__c", None, "salesforce")
    assert subjects(build, source) == ["salesforce:scope_items:Scope_Item__c"]


def test_the_finding_tells_when_it_was_read_and_what_went_wrong(build):
    view = build.view(sources=[build.source("issues", "NIM", 180, error="answered 503")])
    (finding,) = source_stale(view, build.NOW, build.SETTINGS)
    assert finding.severity is Severity.HIGH
    assert "2026-11-24 07:00 UTC" in finding.summary
    assert [e.value for e in finding.evidence] == ["2026-11-24 07:00 UTC", "answered 503"]


@pytest.mark.parametrize(
    ("stream", "missing"),
    [
        ("issues", {"scope.uncovered", *TIED, *DATED, CLOSED}),
        ("engagements", {"scope.uncovered", *TIED, *DATED, CLOSED}),
        ("versions", {"scope.uncovered", *DATED, CLOSED}),
        ("deliverables", {"scope.uncovered", *DATED}),
        ("scope_items", {"scope.uncovered", *TIED, CLOSED}),
        ("baselines", {"scope.uncovered", *TIED, CLOSED}),
    ],
)
def test_absence_is_believed_only_where_no_stale_source_is_needed(build, stream, missing):
    view = build.view(sources=build.stale(stream))
    believed = concluded(view, build.NOW, build.SETTINGS)
    assert {k.value for k in FindingKind} - believed == {*missing, "data.unmapped_value"}


def test_with_fresh_sources_everything_is_concluded(build):
    assert concluded(build.view(), build.NOW, build.SETTINGS) == frozenset(FindingKind)

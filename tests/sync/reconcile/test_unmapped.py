"""What the mapping does not understand is told of every record that counts, and of no other."""

from dataclasses import replace

import pytest

from mapping.model import Access, Stage, Unmapped, WorkClass, WorkState
from sync.reconcile.result import FindingKind, Severity
from sync.reconcile.rules import reconcile
from sync.reconcile.unmapped import unmapped_value

SHELVED = Unmapped(attribute="state", field="resolution.name", value="Shelved")
ASK = Unmapped(attribute="billable", field="Billable", value="Ask first")
HERE = {("jira", "NIM"): ("NIM-01",), ("jira", "ELSE"): ("ORB-01",)}


def found(build, *works, **more):
    return list(unmapped_value(build.view(works=works, shared=HERE, **more), build.NOW, build.SETTINGS))


def test_all_values_of_a_record_are_one_finding_with_field_and_text(build):
    (finding,) = found(build, build.work("NIM-7", unmapped=(SHELVED, ASK, ASK)))
    assert (finding.kind, finding.subject) == (FindingKind.DATA_UNMAPPED_VALUE, "jira:issues:NIM7")
    assert finding.severity is Severity.MEDIUM
    assert [(e.field, e.value) for e in finding.evidence] == [("Billable", "Ask first"), ("resolution.name", "Shelved")]
    assert (
        finding.summary
        == "NIM-7: Billable 'Ask first', resolution.name 'Shelved' are not understood, and so not guessed"
    )
    assert finding.value["attributes"] == "billable, state"


@pytest.mark.parametrize("work_class", WorkClass)
@pytest.mark.parametrize("state", [WorkState.UNMAPPED, WorkState.DROPPED])
def test_class_and_state_do_not_matter(build, work_class, state):
    assert len(found(build, build.work("NIM-7", work_class=work_class, state=state, unmapped=(ASK,)))) == 1


def test_what_a_link_says_is_no_finding(build):
    odd = Unmapped(attribute="links", field="issuelinks", value="is triggering")
    assert found(build, build.work("NIM-7", unmapped=(odd,))) == []
    (finding,) = found(build, build.work("NIM-7", unmapped=(odd, ASK)))
    assert finding.value["fields"] == "Billable"


def test_what_is_understood_or_belongs_to_another_engagement_is_not_told(build):
    assert found(build, build.work("NIM-7")) == []
    assert found(build, build.work("ELSE-7", place="ELSE", unmapped=(ASK,))) == []


def test_a_restricted_value_is_not_told_in_the_summary(build):
    (finding,) = found(build, build.work("NIM-7", access=Access.RESTRICTED, unmapped=(SHELVED,)))
    assert "Shelved" not in finding.summary
    assert "resolution.name" in finding.summary
    assert finding.access is Access.RESTRICTED
    assert {e.access for e in finding.evidence} == {Access.RESTRICTED}


def test_items_of_the_current_baseline_deliverables_and_milestones_count(build):
    older = build.item("SI-01", version=1, unmapped=(SHELVED,))
    current = build.item("SI-01", version=2, unmapped=(SHELVED,))
    owed = build.deliverable("D-1", unmapped=(ASK,))
    here = replace(build.milestone("1", None), unmapped=(ASK,))
    elsewhere = replace(here, ref="jira:versions:2", place="ELSE")
    findings = found(
        build,
        items=[older, current],
        baselines=[build.baseline(1), build.baseline(2)],
        deliverables=[owed],
        milestones=[here, elsewhere],
    )
    assert {f.subject for f in findings} == {current.ref, owed.ref, here.ref}


def test_work_is_not_judged_while_its_claims_cannot_resolve(build):
    sources = build.stale("scope_items", age_minutes=None)
    assert found(build, build.work("NIM-7", unmapped=(ASK,)), sources=sources) == []


def test_an_engagement_whose_stage_is_not_understood_has_that_finding_alone(build):
    odd = Unmapped(attribute="stage", field="Stage__c", value="On hold")
    engagement = replace(build.engagement(stage=Stage.UNMAPPED), unmapped=(odd,))
    view = replace(build.view(works=[build.work("NIM-7", unmapped=(ASK,))]), engagement=engagement)
    result = reconcile(view, build.NOW, build.SETTINGS)
    assert [(f.kind.value, f.subject) for f in result.findings] == [("data.unmapped_value", "engagement:NIM-01")]
    assert "'On hold'" in result.findings[0].summary
    assert (result.status, result.risks) == (None, ())

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings, strategies as st

from mapping.model import Access, ScopeState, Stage, Unmapped, WorkClass, WorkState
from sync.reconcile.result import Colour, FindingKind
from sync.reconcile.rules import RULES, reconcile

KEYS = ["SI-01", "SI-02", "SI-03"]
KNOWN = {"NIM-01": KEYS, "ORB-01": ["SI-01"]}
FINDING_IDS = {
    "data.unmapped_value": "F-e3g9bv86bt",
    "deliverable.dates_disagree": "F-2vq0rmjsd2",
    "deliverable.late": "F-2fwfhc24hz",
    "milestone.closed_with_open_work": "F-j7019nvyz9",
    "scope.claimed_twice": "F-h1hv7f35dc",
    "scope.orphan_work": "F-mt93mkq84v",
    "scope.uncovered": "F-hyyb8ybw9c",
    "work.contradiction": "F-b6vrn3efs8",
}
RISK_IDS = {
    "deliverable.dates_disagree": "R-2vq0rmjsd2",
    "deliverable.late": "R-2fwfhc24hz",
    "milestone.closed_with_open_work": "R-j7019nvyz9",
    "scope.claimed_twice": "R-b51f2m44y9",
    "scope.orphan_work": "R-65kqvj0b6r",
    "scope.uncovered": "R-hyyb8ybw9c",
    "work.contradiction": "R-k6fe3fvthm",
}
SHARED = {("jira", "NIM"): ("NIM-01",), ("jira", "SHR"): ("NIM-01", "ORB-01"), ("jira", "ORB"): ("ORB-01",)}


@pytest.fixture(scope="session")
def views(build):
    """A strategy of views in which every kind of finding turns up now and then."""
    days = st.one_of(st.none(), st.integers(-40, 60).map(build.day))
    claims = st.lists(st.sampled_from([*KEYS, "si-01", "SI-77", "ORB-01/SI-01", "NIM-01/SI-02", "url:R1"]), max_size=3)

    @st.composite
    def works(draw):
        drawn = []
        names = st.lists(st.sampled_from(["NIM-2", "NIM-3", "example/images#1", "example/images#2"]), max_size=2)
        versions = st.lists(st.sampled_from(["jira:versions:1", "jira:versions:2"]), max_size=1)
        drawn.extend(
            build.repo_issue(
                number,
                work_class=draw(st.sampled_from([WorkClass.WORK, WorkClass.CHANGE])),
                state=draw(st.sampled_from(WorkState)),
                references=tuple(map(build.refers_to, draw(names))),
            )
            for number in range(1, draw(st.integers(0, 3)) + 1)
        )
        for number in range(draw(st.integers(0, 7))):
            parents = st.one_of(st.none(), *[st.just(w.ref) for w in drawn])
            drawn.append(
                build.work(
                    f"{draw(st.sampled_from(['NIM', 'NIM', 'SHR', 'ORB']))}-{number + 2}",
                    *draw(claims),
                    work_class=draw(st.sampled_from([WorkClass.WORK, WorkClass.WORK, *WorkClass])),
                    state=draw(st.sampled_from(WorkState)),
                    access=draw(st.sampled_from([Access.INTERNAL, Access.RESTRICTED])),
                    billable=draw(st.sampled_from([None, True, False])),
                    out_of_contract=draw(st.integers(0, 4)) == 0,
                    engagement_keys=draw(st.sampled_from([(), (), ("NIM-01",), ("ORB-01",)])),
                    due=draw(days),
                    parent_ref=draw(parents),
                    references=tuple(map(build.refers_to, draw(names))),
                    milestone_refs=tuple(draw(versions)),
                )
            )
        return drawn

    @st.composite
    def deliverables(draw):
        return [
            build.deliverable(
                f"D-{n}",
                build.tracked_by(f"NIM-{draw(st.integers(2, 6))}"),
                build.carried_by(str(draw(st.integers(1, 3)))),
                promised=draw(days),
                needed=draw(days),
            )
            for n in range(draw(st.integers(0, 4)))
        ]

    @st.composite
    def whole(draw):
        items = [
            build.item(key, version=v, due=draw(days), state=draw(st.sampled_from([ScopeState.ACTIVE, *ScopeState])))
            for key in KEYS
            for v in (1, 2)
        ]
        ages = st.sampled_from([5, 5, 5, 5, 5, 5, 119, 121, None])
        sources = [replace(s, read_at=build.source("", "", draw(ages)).read_at) for s in build.fresh_sources()]
        return build.view(
            baselines=[build.baseline(1), build.baseline(2, draw(days))],
            items=items,
            works=draw(works()),
            deliverables=draw(deliverables()),
            milestones=[build.milestone(str(n), draw(days), released=draw(st.booleans())) for n in (1, 2)],
            sources=sources if draw(st.booleans()) else build.fresh_sources(),
            shared=SHARED,
            known=KNOWN,
            records={"R1": ("NIM-01", "SI-03")},
        )

    return whole()


def shuffled(view, seed):
    mixed = random.Random(seed)  # noqa: S311 - a seeded shuffle of test data
    names = ("baselines", "items", "deliverables", "work", "milestones", "sources")
    changes = {name: tuple(mixed.sample(getattr(view, name), len(getattr(view, name)))) for name in names}
    return replace(view, **changes, shared=dict(reversed(view.shared.items())))


@settings(deadline=None, max_examples=60)
@given(st.data(), st.integers())
def test_the_order_of_what_is_given_changes_nothing(build, views, data, seed):
    view = data.draw(views)
    assert reconcile(shuffled(view, seed), build.NOW, build.SETTINGS) == reconcile(view, build.NOW, build.SETTINGS)


def without(view, ref):
    kept = {
        name: tuple(one for one in getattr(view, name) if one.ref != ref)
        for name in ("baselines", "items", "deliverables", "work", "milestones")
    }
    sources = tuple(s for s in view.sources if f"{s.connection}:{s.stream}:{s.partition}" != ref)
    return replace(view, **kept, sources=sources)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_finding_stands_and_falls_with_each_record_it_cites(build, views, data):
    view = data.draw(views)
    for finding in reconcile(view, build.NOW, build.SETTINGS).findings:
        assert finding.evidence
        for ref in {e.ref for e in finding.evidence}:
            assert finding not in reconcile(without(view, ref), build.NOW, build.SETTINGS).findings


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_stale_source_never_yields_green(build, views, data):
    view = data.draw(views)
    number = data.draw(st.integers(0, len(view.sources) - 1))
    age = data.draw(st.sampled_from([timedelta(hours=2, seconds=1), timedelta(days=40), None]))
    read_at = None if age is None else build.NOW - age
    sources = [replace(s, read_at=read_at) if n == number else s for n, s in enumerate(view.sources)]
    status = reconcile(replace(view, sources=tuple(sources)), build.NOW, build.SETTINGS).status
    assert status.colour in (Colour.UNKNOWN, Colour.RED)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_findings_are_one_for_each_kind_and_subject_and_every_risk_rests_on_some(build, views, data):
    result = reconcile(data.draw(views), build.NOW, build.SETTINGS)
    subjects = [(f.kind, f.subject) for f in result.findings]
    assert subjects == sorted(set(subjects))
    ids = {f.id for f in result.findings}
    resting = {i for risk in result.risks for i in risk.findings}
    riskless = (FindingKind.SOURCE_STALE, FindingKind.DATA_UNMAPPED_VALUE)
    assert resting == ids - {f.id for f in result.findings if f.kind in riskless}
    assert len({risk.id for risk in result.risks}) == len(result.risks)
    cited = {i for d in result.status.dimensions for reason in d.reasons for i in reason.findings}
    assert cited <= ids


def everything(build):
    works = [
        build.work("NIM-2", unmapped=(Unmapped(attribute="billable", field="Billable", value="Ask first"),)),
        build.work("NIM-3", "SI-02", "SI-03"),
        build.work("NIM-7", billable=False, due=build.day(60)),
        build.work("NIM-8", billable=False, references=(build.refers_to("example/images#4"),)),
        build.repo_issue(4, state=WorkState.DONE),
        build.work("NIM-9", billable=False, milestone_refs=("jira:versions:1",)),
    ]
    over = build.milestone("1", None, released=True)
    late = build.deliverable("D-1", build.tracked_by("NIM-7"), promised=build.day(0), needed=build.day(1))
    return build.view(items=[build.item("SI-01")], works=works, deliverables=[late], milestones=[over], known=KNOWN)


@pytest.mark.parametrize("kind", FindingKind)
def test_each_kind_has_one_rule_of_its_own(build, kind):
    (rule,) = [rule for rule in RULES if rule.kind is kind]
    view = everything(build)
    if kind is FindingKind.SOURCE_STALE:
        view = replace(view, sources=build.stale("versions"))
    whole = {f.kind for f in reconcile(view, build.NOW, build.SETTINGS).findings}
    others = tuple(r for r in RULES if r is not rule)
    assert kind in whole
    assert {f.kind for f in reconcile(view, build.NOW, build.SETTINGS, others).findings} == whole - {kind}


@pytest.mark.parametrize("stage", [Stage.DRAFT, Stage.CLOSED, Stage.UNMAPPED])
def test_an_engagement_at_rest_has_nothing(build, stage):
    view = replace(everything(build), engagement=build.engagement(stage=stage), sources=build.stale("issues"))
    result = reconcile(view, build.NOW, build.SETTINGS)
    assert (result.findings, result.risks, result.status, result.concluded) == ((), (), None, frozenset())


def test_today_is_the_date_in_utc(build):
    needed = build.deliverable("D-1", needed=build.day(0))
    view = build.view(deliverables=[needed], sources=())
    evening = datetime(2026, 11, 24, 23, 30, tzinfo=timezone(timedelta(hours=-5)))  # already the 25th in UTC
    assert evening.astimezone(UTC).date() == build.day(1)
    assert [f.kind for f in reconcile(view, evening, build.SETTINGS).findings] == [FindingKind.DELIVERABLE_LATE]
    morning = datetime(2026, 11, 25, 0, 30, tzinfo=timezone(timedelta(hours=5)))  # still the 24th in UTC
    assert reconcile(view, morning, build.SETTINGS).findings == ()


def test_ids_stay_the_same_in_every_release(build):
    findings = {f.kind.value: f.id for f in reconcile(everything(build), build.NOW, build.SETTINGS).findings}
    risks = {r.rule: r.id for r in reconcile(everything(build), build.NOW, build.SETTINGS).risks}
    assert findings == FINDING_IDS
    assert risks == RISK_IDS

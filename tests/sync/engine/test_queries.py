"""The named queries, on what a real run stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync.engine.apply import apply
from sync.store.queries import latest_statuses, open_findings, outbox_rows, risks, trace


@pytest.fixture
def synced(scribe: Any) -> Any:
    scribe.world.engine().pull()
    return scribe.world


def test_statuses_findings_and_risks_are_listed_with_their_instants(synced: Any) -> None:
    began = synced.clock.now()
    synced.clock.sleep(1200)
    synced.tracker.change("issues", "2004", {"claims": ["SI-1"]})
    synced.engine().pull()
    with synced.store.unit_of_work() as session:
        assert {k: (s.first_seen, s.changed) for k, s in latest_statuses(session).items()} == {
            "E-1": (began, began),
            "E-2": (began, synced.clock.now()),
        }
        assert [(f.finding.engagement, f.first_seen, f.closed) for f in open_findings(session)] == [
            ("E-1", began, None)
        ]
        assert open_findings(session, "E-2") == ()
        assert [(r.state.risk.engagement, r.closed) for r in risks(session)] == [
            ("E-1", None),
            ("E-2", synced.clock.now()),
        ]


def test_a_finding_is_traced_to_its_records_risk_and_history(synced: Any) -> None:
    with synced.store.unit_of_work() as session:
        finding = open_findings(session, "E-1")[0]
        traced = trace(session, finding.finding.id)
    assert traced is not None
    assert traced.subject == finding
    assert "tracker:issues:1004" in traced.records
    assert [r.state.risk.rule for r in traced.risks] == ["scope.orphan_work"]
    assert [change.at for change in traced.history] == [synced.clock.now()]


def test_a_status_is_traced_by_the_key_of_its_engagement_in_any_case(synced: Any) -> None:
    with synced.store.unit_of_work() as session:
        traced = trace(session, "e-1")
    assert traced is not None
    assert traced.id == "E-1"
    assert [f.finding.kind.value for f in traced.findings] == ["scope.orphan_work"]
    assert "tracker:issues:1004" in traced.records


def test_a_write_is_traced_to_its_risk_and_to_what_became_of_it(synced: Any, scribe: Any) -> None:
    with synced.store.unit_of_work() as session:
        risk = risks(session, "E-1")[0].state.risk
    plan = scribe.plan()
    caused = replace(plan, writes=tuple(replace(p, cause=risk.id) for p in plan.writes[:1]))
    apply(scribe.desk(), caused)
    with synced.store.unit_of_work() as session:
        by_write = trace(session, caused.writes[0].write.id)
        by_risk = trace(session, risk.id)
        assert [row.state for row in outbox_rows(session, caused.writes[0].write.id)] == ["done"]
    assert by_write is not None
    assert by_risk is not None
    assert by_write.subject == caused.writes[0]
    assert [r.state.risk.id for r in by_write.risks] == [risk.id]
    assert "tracker:issues:1004" in by_write.records
    assert [row.write for row in by_risk.writes] == [caused.writes[0].write.id]


def test_what_has_no_such_id_is_not_traced(synced: Any) -> None:
    with synced.store.unit_of_work() as session:
        assert trace(session, "F-0000000000") is None

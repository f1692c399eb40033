from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connectors.core.faults import Fault, FaultKind, Op
from sync.reconcile.result import Colour, RiskLifecycle
from sync.reconcile.settings import ReconcileSettings
from sync.selection import PlaceRef, Selected
from sync.store.model import dirty
from sync.store.results import load_findings, load_risks, load_status
from sync.store.tables import FindingRow, HistoryRow


@pytest.fixture
def synced(world: Any) -> Any:
    world.seed()
    world.engine().pull()
    world.clock.sleep(1200)
    return world


def findings(world: Any, key: str = "E-1") -> set[tuple[str, str]]:
    with world.store.unit_of_work() as session:
        return {(f.kind.value, f.subject) for f in load_findings(session, key)}


def status(world: Any, key: str = "E-1") -> Any:
    with world.store.unit_of_work() as session:
        return load_status(session, key)


def test_the_first_run_reconciles_everything_and_leaves_no_mark(world: Any) -> None:
    world.seed()
    assert world.engine().pull().reconciled == ("E-1", "E-2")
    assert findings(world) == {("scope.orphan_work", "tracker:issues:1004")}
    with world.store.unit_of_work() as session:
        assert dirty(session) == {}


def test_a_quiet_run_reconciles_nothing_and_moves_only_the_instant_of_the_status(synced: Any) -> None:
    before = status(synced)
    assert synced.engine().pull().reconciled == ()
    after = status(synced)
    assert after.true_of == synced.clock.now() > before.true_of
    assert after.reasons == before.reasons
    with synced.store.unit_of_work() as session:
        kinds = list(session.scalars(select(HistoryRow.kind).where(HistoryRow.engagement == "E-1")))
    assert sorted(kinds) == ["finding", "risk", "status"]


def test_a_change_reconciles_only_the_engagements_it_touches(synced: Any) -> None:
    synced.tracker.change("issues", "1004", {"claims": ["SI-2"]})
    assert synced.engine().pull().reconciled == ("E-1",)
    assert findings(synced) == set()


def _change(world: Any, what: str) -> None:
    tracker, crm = world.tracker, world.crm
    match what:
        case "issue":
            tracker.change("issues", "2002", {"title": "x"})
        case "claims the other's item by key":
            tracker.change("issues", "2002", {"claims": ["E-1/SI-1"]})
        case "claims the other's item by record":
            tracker.change("issues", "2002", {"claims": ["711"]})
        case "item":
            crm.change("scope_items", "721", {"due": "2026-12-01"})
        case "baseline":
            crm.change("baselines", "82", {"x": 1})
        case "engagement":
            crm.change("engagements", "92", {"name": "x"})
        case "version":
            tracker.add("versions", "TWO", {"due": "2026-12-01"}, id="555")
        case "deliverable":
            crm.add("deliverables", "deliverables", {"engagement": "92", "key": "D-1"})


@pytest.mark.parametrize(
    ("what", "whom"),
    [
        ("issue", ("E-2",)),
        ("claims the other's item by key", ("E-1", "E-2")),
        ("claims the other's item by record", ("E-1", "E-2")),
        ("item", ("E-2",)),
        ("baseline", ("E-2",)),
        ("engagement", ("E-2",)),
        ("version", ("E-2",)),
        ("deliverable", ("E-2",)),
    ],
)
def test_the_dirty_set(synced: Any, what: str, whom: tuple[str, ...]) -> None:
    _change(synced, what)
    assert synced.engine().pull().reconciled == whom
    if what.startswith("claims"):  # and when the claim is taken back, the other hears of that too
        synced.clock.sleep(1200)
        synced.tracker.change("issues", "2002", {"claims": []})
        assert synced.engine().pull().reconciled == whom


def test_an_item_that_comes_into_being_makes_the_claims_on_it_resolve_elsewhere(synced: Any) -> None:
    synced.tracker.change("issues", "2004", {"claims": ["E-1/SI-9"]})
    synced.engine().pull()
    assert ("scope.orphan_work", "tracker:issues:2004") in findings(synced, "E-2")
    synced.clock.sleep(1200)
    synced.crm.add("scope_items", "scope_items", {"key": "SI-9", "baseline": "81"})
    assert synced.engine().pull().reconciled == ("E-1", "E-2")
    assert findings(synced, "E-2") == set()


def test_a_child_inherits_from_a_parent_in_another_place(synced: Any) -> None:
    synced.tracker.add("issues", "TWO", {"class": "epic", "claims": ["E-1/SI-1"]}, id="7000", key="TWO-70")
    synced.tracker.add("issues", "ONE", {"parent": "7000"}, id="7001", key="ONE-71")
    synced.engine().pull()
    assert ("scope.orphan_work", "tracker:issues:7001") not in findings(synced)
    synced.clock.sleep(1200)
    synced.tracker.change("issues", "7000", {"claims": []})
    assert synced.engine().pull().reconciled == ("E-1", "E-2")
    assert ("scope.orphan_work", "tracker:issues:7001") in findings(synced)


def test_a_tracking_issue_elsewhere_gives_its_date(synced: Any) -> None:
    synced.tracker.add("issues", "TWO", {"due": "2027-03-01", "class": "deliverable"}, id="7000", key="TWO-70")
    told = {"engagement": "91", "key": "D-1", "issue": "TWO-70", "needed": "2027-01-01", "promised": "2026-12-30"}
    synced.crm.add("deliverables", "deliverables", told, id="601")
    synced.engine().pull()
    late = ("deliverable.late", "crm:deliverables:601")
    assert late in findings(synced)
    synced.clock.sleep(1200)
    synced.tracker.change("issues", "7000", {"due": "2026-12-30"})
    assert "E-1" in synced.engine().pull().reconciled
    assert late not in findings(synced)


def test_a_new_day_new_thresholds_and_a_new_mapping_reconcile_everything(synced: Any) -> None:
    synced.clock.sleep(24 * 3600)
    assert synced.engine().pull().reconciled == ("E-1", "E-2")
    settings = ReconcileSettings(tolerance_working_days=9)
    assert synced.engine(reconcile=settings).pull().reconciled == ("E-1", "E-2")
    assert synced.engine(reconcile=settings).pull().reconciled == ()
    synced.mappers["crm"].version = "2"
    assert synced.engine(reconcile=settings).pull().reconciled == ("E-1", "E-2")


def test_a_source_that_grows_stale_makes_what_rests_on_it_unknown_never_green(synced: Any) -> None:
    assert status(synced, "E-2").colour is not Colour.UNKNOWN
    synced.tracker.faults.append(Fault(kind=FaultKind.PARTITION, op=Op.PULL, partition="TWO", times=None))
    synced.clock.sleep(3 * 3600)
    summary = synced.engine().pull()
    assert "E-2" in summary.reconciled
    assert status(synced, "E-2").colour is Colour.UNKNOWN
    assert ("source.stale", "tracker:issues:TWO") in findings(synced, "E-2")
    assert [note.place for note in summary.failed] == ["tracker:issues:TWO"]


def test_a_finding_keeps_its_identity_and_its_instants_through_closing_and_returning(synced: Any) -> None:
    first = synced.clock.now() - timedelta(seconds=1200)
    for claims in (["SI-1"], []):
        synced.tracker.change("issues", "1004", {"claims": claims})
        synced.engine().pull()
        synced.clock.sleep(1200)
    with synced.store.unit_of_work() as session:
        rows = list(session.scalars(select(FindingRow).where(FindingRow.engagement == "E-1")))
        history = list(
            session.scalars(select(HistoryRow).where(HistoryRow.subject == rows[0].id).order_by(HistoryRow.seq))
        )
    assert len(rows) == 1
    assert rows[0].first_seen == first
    assert rows[0].closed is None
    assert rows[0].changed == first + timedelta(seconds=2400)
    assert [entry.data is None for entry in history] == [False, True, False]
    assert [entry.at - first for entry in history] == [timedelta(seconds=s) for s in (0, 1200, 2400)]
    assert all(entry.mapping and entry.run for entry in history)


def test_a_risk_is_closed_and_opened_again_with_the_same_identity(synced: Any) -> None:
    def risks() -> dict[str, RiskLifecycle]:
        with synced.store.unit_of_work() as session:
            return {s.risk.id: s.lifecycle for s in load_risks(session, "E-1").get("E-1", ())}

    seen = [risks()]
    for claims in (["SI-1"], []):
        synced.tracker.change("issues", "1004", {"claims": claims})
        synced.engine().pull()
        synced.clock.sleep(1200)
        seen.append(risks())
    assert [list(one.values()) for one in seen] == [["open"], ["closed"], ["open"]]
    assert len({key for one in seen for key in one}) == 1


def test_an_engagement_that_is_closed_is_at_rest(synced: Any) -> None:
    synced.crm.change("engagements", "91", {"stage": "closed"})
    synced.engine().pull()
    assert findings(synced) == set()
    assert status(synced) is None


def test_an_engagement_without_its_record_has_no_status_and_is_named(synced: Any) -> None:
    synced.crm.delete("engagements", "91")
    summary = synced.engine().pull()
    assert [note.place for note in summary.failed] == ["engagement:E-1"]
    assert status(synced) is None
    assert status(synced, "E-2") is not None


def test_an_engagement_no_longer_configured_is_forgotten_and_a_new_one_is_found(synced: Any) -> None:
    synced.crm.add("engagements", "engagements", {"key": "E-3"}, id="93")
    place = PlaceRef(connection="tracker", place="TWO")
    synced.engagements = (
        synced.engagements[1],
        Selected(key="E-3", record_connection="crm", record_key="e-3", places=(place,)),
    )
    assert set(synced.engine().pull().reconciled) == {"E-2", "E-3"}
    assert status(synced, "E-1") is None
    assert findings(synced, "E-1") == set()
    assert status(synced, "E-3") is not None


def test_dying_between_pull_and_reconciliation_loses_no_change(synced: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.engine import run as module

    class Died(BaseException):
        pass

    def dies(*args: Any) -> None:
        raise Died

    synced.tracker.change("issues", "1004", {"claims": ["SI-1"]})
    with monkeypatch.context() as patch:
        patch.setattr(module, "reconcile_changed", dies)
        engine = synced.engine()
        with pytest.raises(Died):
            engine.pull()
    synced.reopen()
    assert synced.engine().pull().reconciled == ("E-1",)
    assert findings(synced) == set()

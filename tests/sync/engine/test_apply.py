from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from connectors.core.faults import Fault, FaultKind, Op
from connectors.core.port import WriteKind
from sync.engine.apply import apply, recover
from sync.plan.types import Brake, BrakeKind
from sync.store import outbox
from sync.store.outbox import State
from sync.store.records import load_records
from sync.store.tables import OutboxRow


def states(scribe: Any) -> dict[str, int]:
    with scribe.world.store.unit_of_work() as session:
        found = list(session.scalars(select(OutboxRow.state)))
    return {state: found.count(state) for state in set(found)}


def fault(scribe: Any, kind: FaultKind, op: Op = Op.SEND, *, tool: str = "tracker", **more: Any) -> None:
    getattr(scribe.world, tool).faults.append(Fault(kind=kind, op=op, **more))


def test_everything_is_written_once_verified_and_read_back(scribe: Any) -> None:
    report = scribe.run()
    assert report.writes == {"crm": 3, "tracker": 6}
    assert (report.failed, report.held, report.brakes) == ((), (), ())
    world = scribe.world
    assert world.tracker.rows["issues", "1001"].links == {"g": {"url": "u", "title": "t"}}
    assert world.tracker.rows["issues", "1002"].labels == ["syncline-x"]
    assert states(scribe) == {"done": 9}


def test_the_very_next_plan_is_empty_without_a_pull(scribe: Any) -> None:
    scribe.world.tracker.index_lag_s = scribe.world.crm.index_lag_s = 3600
    scribe.world.clock.sleep(3600)
    scribe.run()
    assert scribe.plan().writes == ()


def test_a_quiet_run_makes_no_request_for_writing(scribe: Any) -> None:
    scribe.run()
    scribe.world.clock.sleep(60)
    before = len(scribe.world.tracker.log)
    assert scribe.run().writes == {}
    assert {op for op, _ in scribe.world.tracker.log[before:]} == {Op.PULL}


def test_the_calls_are_the_plans_and_in_its_order(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    apply(scribe.desk(), plan)
    for name, tool in (("crm", scribe.world.crm), ("tracker", scribe.world.tracker)):
        assert [w.id for w in tool.effects] == [p.write.id for p in plan.writes if p.write.connection == name]


def test_bases_are_what_was_written_under_the_id_that_was_made(scribe: Any) -> None:
    scribe.run()
    with scribe.world.store.unit_of_work() as session:
        bases = outbox.bases(session)
        made = outbox.created(session)
    assert bases["tracker", "issues", made["tracker", "R-1"], "title"] == "late"
    assert bases["crm", "risks", made["crm", "R-2"], "title"] == "orphans"
    assert bases["tracker", "issues", "1001", "link:g"] == {"url": "u", "title": "t"}
    assert bases["tracker", "issues", "1003", "status"] == "Done"


def test_requests_are_the_fewest(scribe: Any) -> None:
    scribe.world.pull()
    before = len(scribe.world.tracker.log)
    apply(scribe.desk(), scribe.plan())
    ops = [op for op, _ in scribe.world.tracker.log[before:]]
    assert {op: ops.count(op) for op in ops} == {Op.SHOWN: 2, Op.SEND: 6, Op.FETCH: 1}


def test_what_the_records_read_back_show_is_not_asked_for_again(scribe: Any) -> None:
    scribe.world.pull()
    before = {name: len(getattr(scribe.world, name).log) for name in ("crm", "tracker")}
    plan = scribe.plan()
    apply(scribe.desk(), plan)
    asked = {name: getattr(scribe.world, name).log[n:] for name, n in before.items()}
    assert [op for op, _ in asked["crm"]].count(Op.SHOWN) == 1  # before; nothing more after
    (link,) = [p.write.id for p in plan.writes if p.write.kind is WriteKind.PUT_LINK]
    assert [told for op, told in asked["tracker"] if op is Op.SHOWN][1:] == [link]  # no record tells of links


def test_records_that_cannot_be_read_back_are_asked_for_one_by_one(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    fault(scribe, FaultKind.FAIL, Op.FETCH)
    report = apply(scribe.desk(), plan)
    assert ["could not be read back" in note.message for note in report.failed] == [True]
    asked = [told for op, told in scribe.world.tracker.log if op is Op.SHOWN][-1]
    wanted = {
        p.write.id for p in plan.writes if p.write.connection == "tracker" and p.write.kind is not WriteKind.CREATE
    }
    assert set(asked.split()) == wanted


def test_what_drifted_is_refused_reported_and_seen_by_the_next_plan(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    scribe.world.tracker.change("issues", "1003", {"status": "In progress"})
    report = apply(scribe.desk(), plan)
    assert [note.message for note in report.failed] == ["1003: it has changed in the tool since the plan was made"]
    assert scribe.world.tracker.rows["issues", "1003"].fields["status"] == "In progress"
    assert [p.write.before for p in scribe.plan().writes] == [{"status": "In progress"}]


def test_what_is_already_so_is_not_sent(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    scribe.world.tracker.change("issues", "1003", {"status": "Done"})
    assert apply(scribe.desk(), plan).failed == ()
    assert [w for w in scribe.world.tracker.effects if w.kind is WriteKind.TRANSITION] == []


def test_a_plan_applied_twice_writes_once(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    apply(scribe.desk(), plan)
    state = scribe.state()
    again = apply(scribe.desk(), plan)
    assert again.writes == {}
    assert scribe.state() == state


def test_a_record_that_is_gone_is_not_written_and_leaves_the_store(scribe: Any) -> None:
    scribe.world.pull()
    plan = scribe.plan()
    scribe.world.tracker.rows["issues", "1003"].hidden = True
    report = apply(scribe.desk(), plan)
    assert [note.message for note in report.failed] == ["1003: the record is gone or hidden"]
    with scribe.world.store.unit_of_work() as session:
        assert load_records(session, ["tracker:issues:1003"]) == {}


def test_a_refused_write_stops_only_its_own_record(scribe: Any) -> None:
    fault(scribe, FaultKind.REFUSE, target="1001", write_kind=WriteKind.SET_FIELDS)
    report = scribe.run()
    assert [note.message for note in report.failed] == ["1001: as the test demanded"]
    assert [note.message for note in report.held] == ["1001: an earlier write of the same record did not end well"]
    assert report.writes == {"crm": 3, "tracker": 4}
    scribe.world.clock.sleep(60)
    assert scribe.run().writes == {"tracker": 2}


def test_a_lost_answer_is_looked_up_and_not_sent_again(scribe: Any) -> None:
    fault(scribe, FaultKind.LOSE_ANSWER, times=None)
    report = scribe.run()
    assert report.failed == ()
    assert report.writes["tracker"] == 6
    assert len(scribe.world.tracker.effects) == 6


def test_a_lost_request_is_sent_once_more(scribe: Any) -> None:
    fault(scribe, FaultKind.LOSE_REQUEST, times=1)
    fault(scribe, FaultKind.LOSE_REQUEST, times=1, write_kind=WriteKind.CREATE)
    report = scribe.run()
    assert report.failed == ()
    assert report.held == ()
    assert len(scribe.world.tracker.effects) == 6


def test_a_request_that_takes_effect_after_we_gave_up_is_still_not_repeated(scribe: Any) -> None:
    world = scribe.world
    fault(scribe, FaultKind.LOSE_REQUEST, target="R-1", write_kind=WriteKind.CREATE)
    sleep = world.clock.sleep

    def late_effect(seconds: float) -> None:
        sleep(seconds)
        if not any(row.external_id == "R-1" for row in world.tracker.rows.values()):
            world.tracker.add("issues", "ONE", {"title": "late", "class": "risk"}, external_id="R-1")

    world.clock.sleep = late_effect
    assert scribe.run().failed == ()
    scribe.state()  # fails when it was made twice


def test_while_it_cannot_be_told_nothing_is_sent_again(scribe: Any) -> None:
    fault(scribe, FaultKind.LOSE_ANSWER, target="R-1", write_kind=WriteKind.CREATE)
    fault(scribe, FaultKind.FAIL, Op.FIND, times=3)
    assert [note.message[:35] for note in scribe.run().failed] == ["1001: whether it had effect cannot b"[:35]]
    report = scribe.run()
    assert "cannot be told" in report.failed[0].message
    scribe.run()
    assert scribe.run().failed == ()
    scribe.state()


def test_a_connection_that_refuses_our_login_is_left_and_the_other_goes_on(scribe: Any) -> None:
    fault(scribe, FaultKind.FATAL)
    report = scribe.run()
    assert report.writes == {"crm": 3}
    assert "tracker" in {note.place for note in report.failed}
    scribe.world.clock.sleep(60)
    assert scribe.run().writes == {"tracker": 6}


def test_more_writes_than_are_looked_at_together_keep_their_order_and_stop_together(scribe: Any) -> None:
    world = scribe.world
    wish = scribe.wishes[1]
    for n in range(120):
        world.tracker.add("issues", "ONE", {"title": str(n)}, id=str(50_000 + n))
    scribe.wishes = [replace(wish, target=str(50_000 + n)) for n in range(120)]
    fault(scribe, FaultKind.FATAL, after=30)
    report = scribe.run()
    assert report.writes == {"tracker": 30}
    assert len(report.held) == 89
    world.clock.sleep(60)
    assert scribe.run().writes == {"tracker": 90}
    assert [w.target for w in world.tracker.effects] == [str(50_000 + n) for n in range(120)]
    assert sum(n for kind, task, n in world.progress.seen if (kind, task) == ("advance", "apply")) == 210


def test_an_unexpected_error_while_sending_counts_as_unknown_effect(scribe: Any) -> None:
    desk = scribe.desk()
    scribe.world.pull()
    writer = desk.connections["tracker"].connector.writer
    send = writer.send

    def sends_and_breaks(batch: Any) -> Any:
        send(batch)
        raise KeyError("receipt")

    writer.send = sends_and_breaks
    report = apply(desk, scribe.plan())
    assert report.failed == ()
    assert len(scribe.world.tracker.effects) == 6


@pytest.mark.parametrize("half", ["find", "shown", "fetch"])
def test_a_defect_of_a_connector_fails_its_own_connection_alone(
    scribe: Any, half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*args: Any) -> Any:
        raise KeyError("fields")

    fault(scribe, FaultKind.LOSE_ANSWER, write_kind=WriteKind.CREATE)
    desk = scribe.desk()
    scribe.world.pull()
    plan = scribe.plan()
    connector = desk.connections["tracker"].connector
    monkeypatch.setattr(connector.reader if half == "fetch" else connector.writer, half, breaks)
    report = apply(desk, plan)
    assert report.writes["crm"] == 3
    assert any("unexpected KeyError while" in note.message for note in report.failed)
    assert scribe.run().failed == ()
    scribe.world.clock.sleep(60)
    assert scribe.run().writes == {}
    scribe.state()


def test_what_a_tool_makes_of_a_value_is_noticed(scribe: Any) -> None:
    world = scribe.world
    world.pull()
    desk = scribe.desk()
    writer = desk.connections["tracker"].connector.writer
    send = writer.send

    def alters(batch: Any) -> Any:
        receipts = send(batch)
        world.tracker.rows["issues", "1001"].fields["text"] = "SINCE MONDAY"
        return receipts

    writer.send = alters
    report = apply(desk, scribe.plan())
    assert "1001: it was written, and the tool shows something else now" in {note.message for note in report.failed}


@pytest.mark.parametrize("connection", ["tracker", ""])
def test_a_brake_stops_what_it_names(scribe: Any, connection: str) -> None:
    scribe.world.pull()
    brake = Brake(kind=BrakeKind.OTHER_INSTANCE, connection=connection, message="m", mend="n")
    report = apply(scribe.desk(), replace(scribe.plan(), brakes=(brake,)))
    assert report.brakes == (brake,)
    assert report.writes == ({"crm": 3} if connection else {})
    assert scribe.world.tracker.effects == []


def test_a_brake_that_a_person_has_lifted_since_the_plan_does_not_stop(scribe: Any) -> None:
    scribe.world.pull()
    brakes = (
        Brake(kind=BrakeKind.FIRST_WRITE, connection="tracker", message="m", mend="n"),
        Brake(kind=BrakeKind.LARGE_PLAN, connection="", message="m", mend="n"),
    )
    plan = replace(scribe.plan(), brakes=brakes)
    assert [b.kind for b in apply(scribe.desk(max_writes=8), plan).brakes] == [BrakeKind.LARGE_PLAN]
    assert apply(scribe.desk(max_writes=9), plan).writes == {"crm": 3, "tracker": 6}


def test_a_run_sends_no_more_than_its_limit_and_says_so(scribe: Any) -> None:
    report = scribe.run(max_writes=4)
    assert sum(report.writes.values()) == 4
    assert len(report.held) == 5
    scribe.world.clock.sleep(60)
    assert sum(scribe.run().writes.values()) == 5


def test_when_the_record_cannot_be_read_back_now_recovery_does_it(scribe: Any) -> None:
    fault(scribe, FaultKind.FAIL, Op.FETCH)
    assert [note.place for note in scribe.run().failed] == ["tracker:issues"]
    assert recover(scribe.desk()) == ()
    assert scribe.plan().writes == ()


def test_a_connection_no_longer_configured_is_not_written_to(scribe: Any) -> None:
    scribe.world.pull()
    desk = scribe.desk()
    desk = replace(desk, connections={"crm": desk.connections["crm"]})
    report = apply(desk, scribe.plan())
    assert report.writes == {"crm": 3}
    assert {note.message for note in report.failed} >= {"1003: tracker cannot be written to now"}
    assert states(scribe)[State.REFUSED] == 6

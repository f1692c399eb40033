"""Writing: one guarded edit an entry, only what is ours, and nothing twice."""

import pytest

from connectors.core.errors import FatalError
from connectors.core.port import Outcome, Write, WriteKind
from connectors.launchpad.block import blocks, put_block, read_block


def _write(target: str, kind: WriteKind, values: dict, *, stream: str = "bug_tasks", **more) -> Write:
    return Write(
        id=f"W-{kind}-{target}-{values}-{more.get('external_id')}",
        connection="lp",
        kind=kind,
        stream=stream,
        target=target,
        partition="nimbus",
        values=values,
        before={},
        reason="to try it",
        **more,
    )


def _label(target: str, label: str, kind: WriteKind = WriteKind.ADD_LABEL) -> Write:
    return _write(target, kind, {"label": label})


def _block(target: str, text: str | None, name: str = "i-1:nim-01") -> Write:
    return _write(target, WriteKind.PUT_BLOCK, {"text": text}, stream="blueprints", external_id=name)


def _send(writer, *writes: Write) -> list:
    return [receipt for batch in writer.batches(writes) for receipt in writer.send(batch)]


def _patches(launchpad) -> list[dict]:
    return [body for method, _, _, body in launchpad.log if method == "PATCH"]


@pytest.fixture
def writer(launchpad):
    return launchpad.connector().writer


def test_tags_of_people_stay(launchpad, writer) -> None:
    number = launchpad.add(tags=["api", "syncline-old", "ui"])
    bug = launchpad.bugs[int(number.split("/")[0])]
    writes = [_label(number, "syncline-new"), _label(number, "syncline-old", WriteKind.REMOVE_LABEL)]
    assert [r.outcome for r in _send(writer, *writes)] == [Outcome.DONE] * 2
    assert bug["tags"] == ["api", "syncline-new", "ui"]
    assert len(_patches(launchpad)) == 1


def test_an_edit_bears_the_tag_of_what_was_looked_at(launchpad, writer) -> None:
    number = launchpad.add()
    write = _label(number, "syncline-x")
    writer.shown([write], None)
    held = launchpad.bug(int(number.split("/")[0]))["http_etag"]
    del launchpad.log[:], launchpad.headers[:]
    _send(writer, write)
    assert launchpad.asked() == [f"PATCH bugs/{number.split('/')[0]}"]
    assert launchpad.headers[0]["If-Match"] == held


@pytest.mark.parametrize("label", ["api", "syncline", "Syncline-x", "syncline-a b", "syncline-\u00e9", ""])
def test_only_our_own_tags_are_written(launchpad, writer, label: str) -> None:
    number = launchpad.add(tags=["api"])
    kinds = (WriteKind.ADD_LABEL, WriteKind.REMOVE_LABEL)
    receipts = _send(writer, *(_label(number, label, kind) for kind in kinds))
    assert [r.outcome for r in receipts] == [Outcome.REFUSED] * 2
    assert launchpad.log == []


def test_what_holds_already_is_not_sent(launchpad, writer) -> None:
    number = launchpad.add(tags=["syncline-x"])
    (receipt,) = _send(writer, _label(number, "syncline-x"))
    assert receipt.outcome is Outcome.DONE
    assert _patches(launchpad) == []


def test_a_persons_edit_since_the_look_is_not_overwritten(launchpad, writer) -> None:
    number = launchpad.add()
    write = _label(number, "syncline-x")
    writer.shown([write], None)
    bug = int(number.split("/")[0])
    launchpad.touch(bug, tags=["by-ann"])
    (receipt,) = _send(writer, write)
    assert receipt.outcome is Outcome.STALE
    assert launchpad.bugs[bug]["tags"] == ["by-ann"]
    (receipt,) = _send(writer, write)
    assert receipt.outcome is Outcome.DONE
    assert launchpad.bugs[bug]["tags"] == ["by-ann", "syncline-x"]


def test_a_comment_since_the_look_is_no_conflict(launchpad, writer) -> None:
    number = launchpad.add()
    write = _label(number, "syncline-x")
    writer.shown([write], None)
    launchpad.touch(int(number.split("/")[0]))
    assert _send(writer, write)[0].outcome is Outcome.DONE


def test_our_own_edit_whose_answer_got_lost_is_recognised(launchpad, writer) -> None:
    number = launchpad.add()
    write = _label(number, "syncline-x")
    writer.shown([write], None)
    looked = dict(writer._shown.looked)
    launchpad.lose_next = True
    assert _send(writer, write)[0].outcome is Outcome.AMBIGUOUS
    writer._shown.looked.update(looked)  # as though nobody had looked since
    assert _send(writer, write)[0].outcome is Outcome.DONE
    assert len(_patches(launchpad)) == 2  # the second was refused with 412


def test_tasks_of_one_bug_share_its_tags(launchpad, writer) -> None:
    number = launchpad.add()
    bug = int(number.split("/")[0])
    launchpad.add_task(bug, "fox")
    receipts = _send(writer, _label(number, "syncline-a"), _label(f"{bug}/fox", "syncline-b"))
    assert [(r.outcome, r.record_id) for r in receipts] == [(Outcome.DONE, number), (Outcome.DONE, f"{bug}/fox")]
    assert _patches(launchpad) == [{"tags": ["syncline-a", "syncline-b"]}]


def test_one_write_that_is_unfit_stops_no_other(launchpad, writer) -> None:
    number = launchpad.add()
    receipts = _send(writer, _label(number, "syncline-a"), _label(number, "not-ours"), _label(number, "syncline-b"))
    assert [r.outcome for r in receipts] == [Outcome.DONE, Outcome.REFUSED, Outcome.DONE]


def test_a_block_is_put_beside_what_people_wrote(launchpad, writer) -> None:
    number = launchpad.blueprint("fast-boot", whiteboard="by Ann\r\n")
    assert _send(writer, _block(number, "AMBER"), _block(number, "GREEN", "i-2:nim-01"))[1].outcome is Outcome.DONE
    held = launchpad.blueprints[number]["whiteboard"]
    assert held.startswith("by Ann\r\n")
    assert (read_block(held, "i-1:nim-01"), read_block(held, "i-2:nim-01")) == ("AMBER", "GREEN")
    assert len(_patches(launchpad)) == 1


def test_a_block_is_edited_in_place(launchpad, writer) -> None:
    held = put_block("by Ann", "i-1:nim-01", "AMBER") + "\nby Ben"
    number = launchpad.blueprint("fast-boot", whiteboard=held)
    _send(writer, _block(number, "GREEN"))
    assert launchpad.blueprints[number]["whiteboard"] == held.replace("AMBER", "GREEN")


def test_a_block_bears_its_marker(launchpad, writer) -> None:
    number = launchpad.blueprint("fast-boot", whiteboard=put_block("", "i-1:nim-01", "AMBER"))
    marker = {"instance": "i-1", "id": "status"}
    write = _write(
        number, WriteKind.PUT_BLOCK, {"text": "AMBER"}, stream="blueprints", external_id="i-1:nim-01", marker=marker
    )
    _send(writer, write)
    _send(writer, write)
    assert blocks(launchpad.blueprints[number]["whiteboard"])["i-1:nim-01"].marker == marker
    assert len(_patches(launchpad)) == 1


def test_a_block_is_taken_out(launchpad, writer) -> None:
    number = launchpad.blueprint("fast-boot", whiteboard=put_block("by Ann\n", "i-1:nim-01", "AMBER"))
    assert _send(writer, _block(number, None))[0].outcome is Outcome.DONE
    assert launchpad.blueprints[number]["whiteboard"] == "by Ann\n\n"
    assert writer.shown([_block(number, None)], None) == {_block(number, None).id: {"text": None}}


def test_a_block_and_fields_of_one_blueprint_are_one_edit(launchpad, writer) -> None:
    number = launchpad.blueprint("fast-boot")
    fields = _write(number, WriteKind.SET_FIELDS, {"implementation_status": "Blocked"}, stream="blueprints")
    assert {r.outcome for r in _send(writer, _block(number, "RED"), fields)} == {Outcome.DONE}
    (body,) = _patches(launchpad)
    assert set(body) == {"whiteboard", "implementation_status"}


@pytest.mark.parametrize(
    "write",
    [
        _write("2001/nimbus", WriteKind.SET_FIELDS, {"target_link": "x"}),
        _write("nimbus/a", WriteKind.SET_FIELDS, {"whiteboard": "x"}, stream="blueprints"),
        _write("nimbus/a", WriteKind.ADD_LABEL, {"label": "syncline-x"}, stream="blueprints"),
        _write("2001/nimbus", WriteKind.PUT_BLOCK, {"text": "x"}, external_id="i-1"),
        _write("nimbus/a", WriteKind.PUT_BLOCK, {"text": "x"}, stream="blueprints", external_id="no name"),
        _write("2001/nimbus", WriteKind.CREATE, {"title": "x"}, external_id="R-1"),
        _write("2001/nimbus", WriteKind.TRANSITION, {"status": "Invalid"}),
    ],
)
def test_what_is_not_ours_to_write_is_refused_unasked(launchpad, writer, write: Write) -> None:
    (receipt,) = _send(writer, write)
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.message
    assert launchpad.log == []


def test_launchpads_own_words_are_passed_on(launchpad, writer) -> None:
    number = launchpad.add()
    (receipt,) = _send(writer, _write(number, WriteKind.SET_FIELDS, {"status": "Triaged"}))
    assert receipt.outcome is Outcome.REFUSED
    assert "Only Bug Supervisors may change status to Triaged" in receipt.message
    assert "WRITE_PRIVATE" in receipt.message


def test_a_task_that_moved_is_refused(launchpad, writer) -> None:
    number = launchpad.add()
    bug = number.split("/")[0]
    launchpad.add_task(int(bug), "fox")
    launchpad.moved[f"nimbus/+bug/{bug}"] = f"fox/+bug/{bug}"
    write = _write(number, WriteKind.SET_FIELDS, {"status": "Invalid"})
    assert writer.shown([write], None) == {write.id: None}
    assert _send(writer, write)[0].outcome is Outcome.REFUSED
    assert launchpad.tasks[int(bug), "fox"]["status"] == "New"


def test_a_task_that_moves_under_the_edit_stops_only_itself(launchpad, writer) -> None:
    number = launchpad.add()
    write = _write(number, WriteKind.SET_FIELDS, {"status": "Invalid"})
    writer.shown([write], None)
    bug = number.split("/")[0]
    launchpad.moved[f"nimbus/+bug/{bug}"] = f"fox/+bug/{bug}"
    (receipt,) = _send(writer, write)
    assert receipt.outcome is Outcome.REFUSED
    assert "moved" in receipt.message


def test_a_refused_login_is_fatal(launchpad, writer) -> None:
    number = launchpad.add()
    launchpad.denied = "Expired token (x)."
    with pytest.raises(FatalError):
        _send(writer, _label(number, "syncline-x"))


def test_a_limit_has_no_effect_and_may_be_tried_again(launchpad, writer) -> None:
    number = launchpad.add()
    bug = number.split("/")[0]
    launchpad.script.append(("PATCH", f"bugs/{bug}", (429, {"Retry-After": "7"}, "slow down")))
    (receipt,) = _send(writer, _label(number, "syncline-x"))
    assert (receipt.outcome, receipt.retry_after_s) == (Outcome.FAILED, 7)


@pytest.mark.parametrize("answer", [(500, {}, "OOPS"), (200, {}, "<html>proxy</html>"), (209, {}, "not json")])
def test_an_answer_that_says_nothing_is_ambiguous(launchpad, writer, answer) -> None:
    number = launchpad.add()
    launchpad.script.append(("PATCH", f"bugs/{number.split('/')[0]}", answer))
    assert _send(writer, _label(number, "syncline-x"))[0].outcome is Outcome.AMBIGUOUS


def test_writes_stay_in_order(launchpad, writer) -> None:
    one, two = launchpad.add(), launchpad.add()
    writes = [
        _label(one, "syncline-a"),
        _label(two, "syncline-a"),
        _label(one, "syncline-a", WriteKind.REMOVE_LABEL),
        _label(one, "syncline-b"),
        _write(one, WriteKind.SET_FIELDS, {"status": "Invalid"}),
    ]
    batches = writer.batches(writes)
    assert [w for batch in batches for w in batch] == writes
    assert [len(batch) for batch in batches] == [1, 1, 2, 1]

"""Writing: one effect for one write, the marker in the same request, refusals in words."""

import json
from datetime import timedelta

import pytest

from connectors.core.errors import FatalError
from connectors.core.port import Move, Outcome, Write, WriteKind


def _write(target, kind=WriteKind.SET_FIELDS, values=None, *, name="W-1", **more):
    return Write(
        id=name,
        connection="jira",
        kind=kind,
        stream="issues",
        target=target,
        partition="NIM",
        values=values or {},
        before=more.pop("before", {}),
        reason="to try it",
        **more,
    )


def _amber(target, **more):
    return _write(target, values={"customfield_10001": {"value": "Amber"}}, **more)


def _label(target, label, kind=WriteKind.ADD_LABEL, **more):
    return _write(target, kind, {"label": label}, name=f"W-{kind}-{label}", **more)


def _risk(parent, **values):
    return _write(
        parent,
        WriteKind.CREATE,
        {"summary": "Late", "issuetype": {"name": "Risk"}, **values},
        external_id="R-1",
        marker={"instance": "i-1", "id": "R-1"},
    )


def _marker(issue):
    marker = issue["properties"]["syncline"]
    return json.loads(marker) if isinstance(marker, str) else marker


def _send(connector, *writes):
    return [r for batch in connector.writer.batches(writes) for r in connector.writer.send(batch)]


def test_fields_and_marker_go_in_one_request(site):
    number = site.add()
    (receipt,) = _send(site.connector(), _amber(number, marker={"id": "status"}))
    assert receipt.outcome is Outcome.DONE
    assert site.log == [
        (
            "PUT",
            f"issue/{number}",
            {},
            {
                "fields": {"customfield_10001": {"value": "Amber"}},
                "properties": [{"key": "syncline", "value": {"id": "status"} if site.cloud else '{"id": "status"}'}],
            },
        )
    ]


def test_an_edit_without_mail_is_asked_for_where_configured(site):
    number = site.add()
    _send(site.connector(notify_users=False), _amber(number))
    assert site.log[0][2] == {"notifyUsers": ["false"]}


def test_labels_of_one_issue_ride_in_one_edit_with_a_receipt_each(site):
    number, other = site.add(labels=["old"]), site.add()
    writes = [
        _label(number, "syncline-a"),
        _label(number, "old", WriteKind.REMOVE_LABEL),
        _label(other, "syncline-a"),
    ]
    receipts = _send(site.connector(), *writes)
    assert [(r.write_id, r.outcome, r.record_id) for r in receipts] == [
        ("W-add_label-syncline-a", Outcome.DONE, number),
        ("W-remove_label-old", Outcome.DONE, number),
        ("W-add_label-syncline-a", Outcome.DONE, other),
    ]
    assert len(site.paths()) == 2
    assert site.issues[number]["fields"]["labels"] == ["syncline-a"]


def test_a_label_that_jira_would_refuse_takes_no_other_with_it(site):
    connector = site.connector()
    batches = connector.writer.batches([_label("1", "syncline-a"), _label("1", "two words"), _label("1", "syncline-b")])
    assert [len(b) for b in batches] == [1, 1, 1]


def test_the_same_label_added_and_removed_keeps_its_order(site):
    writes = [_label("1", "a"), _label("1", "a", WriteKind.REMOVE_LABEL)]
    assert [len(b) for b in site.connector().writer.batches(writes)] == [1, 1]


def test_a_risk_is_made_below_its_parent_with_its_marker_in_the_same_request(site):
    parent = site.add()
    connector = site.connector()
    (receipt,) = _send(connector, _risk(parent))
    assert receipt.outcome is Outcome.DONE
    made = site.issues[receipt.record_id]
    assert (made["key"], made["fields"]["parent"]) == (receipt.key, parent)
    assert _marker(made) == {"instance": "i-1", "id": "R-1"}
    assert len(site.paths()) == 1


def test_a_created_issue_is_found_though_the_index_does_not_show_it_and_its_title_was_changed(site):
    parent = site.add()
    site.lag = timedelta(hours=1)
    connector = site.connector()
    other = _send(connector, _risk(parent, summary="Another"))[0].record_id
    site.issues[other]["properties"]["syncline"] = {"instance": "i-1", "id": "R-2"}
    (receipt,) = _send(connector, _risk(parent))
    site.touch(receipt.record_id, summary="Renamed by a person")
    site.log.clear()
    found = site.connector().writer.find(_risk(parent))
    assert (found.record_id, found.key, found.outcome) == (receipt.record_id, receipt.key, Outcome.DONE)
    assert not site.searches()


@pytest.mark.parametrize(
    ("marker", "ours"), [({"id": "R-1"}, True), ('{"id": "R-1"}', True), ("R-1", False), ([], False)]
)
def test_a_marker_is_understood_as_an_object_and_as_text(site, marker, ours):
    parent = site.add()
    child = site.add(parent=parent)
    site.issues[child]["properties"]["syncline"] = marker
    found = site.connector().writer.find(_risk(parent))
    assert (found is not None) == ours


def test_a_sub_task_with_the_same_title_but_without_the_marker_is_not_ours(site):
    parent = site.add()
    site.add(parent=parent, summary="Late")
    assert site.connector().writer.find(_risk(parent)) is None


def test_nothing_is_found_below_a_parent_that_is_gone(site):
    assert site.connector().writer.find(_risk("99999")) is None


def test_a_create_that_could_not_be_found_again_is_refused_unsent(site):
    (receipt,) = _send(site.connector(), _write("", WriteKind.CREATE, {"summary": "x"}))
    assert receipt.outcome is Outcome.REFUSED
    assert site.log == []


def test_an_accepted_create_without_an_id_is_ambiguous(site):
    parent = site.add()
    site.script.append(("POST", "issue", (201, {}, {})))
    assert _send(site.connector(), _risk(parent))[0].outcome is Outcome.AMBIGUOUS


def test_a_link_is_put_under_its_global_id(site):
    number = site.add()
    link = _write(number, WriteKind.PUT_LINK, {"url": "https://x.example", "title": "NIM-01"}, external_id="g=1&b")
    connector = site.connector()
    catalog = connector.catalog([])
    assert connector.writer.shown([link], catalog) == {"W-1": {"url": None, "title": None}}
    _send(connector, link)
    assert connector.writer.shown([link], catalog) == {"W-1": {"url": "https://x.example", "title": "NIM-01"}}
    gone = _write("99999", WriteKind.PUT_LINK, {"url": "u", "title": "t"}, external_id="g")
    assert connector.writer.shown([gone], catalog) == {"W-1": None}


def test_what_jira_shows_is_cut_to_the_form_that_is_written(site):
    number = site.add(customfield_10001={"self": "x", "value": "Green", "id": "1"}, duedate=None)
    asked = [
        _amber(number, name="a"),
        _write(number, values={"customfield_10001": None}, name="b", before={"customfield_10001": {"value": "Red"}}),
        _write(number, values={"customfield_10001": None}, name="c"),
        _write(number, values={"duedate": "2026-12-01"}, name="d"),
    ]
    connector = site.connector()
    shown = connector.writer.shown(asked, connector.catalog([]))
    assert shown["a"] == shown["b"] == shown["c"] == {"customfield_10001": {"value": "Green"}}
    assert shown["d"] == {"duedate": None}


def test_what_is_shown_costs_one_request_on_cloud_and_one_an_issue_on_data_center(site):
    numbers = [site.add() for _ in range(3)]
    connector = site.connector()
    catalog = connector.catalog([])
    site.log.clear()
    writes = [w for n in numbers for w in (_amber(n, name=f"s{n}"), _label(n, "x"))]
    connector.writer.shown(writes, catalog)
    assert len(site.paths()) == (1 if site.cloud else 3)


# refusals ---------------------------------------------------------------------------------------------------------


def test_a_refusal_names_the_field_by_its_visible_name_and_jiras_reason(site):
    number = site.add()
    connector = site.connector()
    connector.catalog([])
    (receipt,) = _send(connector, _write(number, values={"customfield_10001": {"value": "Blue"}}))
    assert receipt.outcome is Outcome.REFUSED
    expected = f"Jira would not edit issue {number}: Syncline status: Option value 'Blue' is not valid"
    assert receipt.message == expected


def test_a_lacking_permission_is_named(site):
    number = site.add()
    words = {"errorMessages": ["You do not have permission to edit issues in this project."], "errors": {}}
    site.script.append(("PUT", number, (403, {}, words)))
    (receipt,) = _send(site.connector(), _amber(number))
    assert receipt.outcome is Outcome.REFUSED
    assert "You do not have permission to edit issues" in receipt.message
    assert "needs the permission Edit Issues in project NIM" in receipt.message


def test_a_required_field_that_is_missing_is_named(site):
    parent = site.add()
    connector = site.connector()
    site.script.append(("POST", "issue", (400, {}, {"errors": {"duedate": "Due date is required."}})))
    connector.catalog([])
    (receipt,) = _send(connector, _risk(parent))
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.message == f"Jira would not create an issue below {parent}: Due date: Due date is required."


def test_an_issue_that_is_gone_is_refused(site):
    (receipt,) = _send(site.connector(), _amber("99999"))
    assert receipt.outcome is Outcome.REFUSED
    assert "gone, or this login may not see it" in receipt.message


def test_the_limit_of_writes_to_one_issue_is_a_failure_with_its_wait_and_is_not_repeated_here(site):
    number = site.add()
    headers = {"Retry-After": "2", "RateLimit-Reason": "jira-per-issue-on-write"}
    site.script.append(("PUT", number, (429, headers, {})))
    (receipt,) = _send(site.connector(), _amber(number))
    assert (receipt.outcome, receipt.retry_after_s) == (Outcome.FAILED, 2.0)
    assert len(site.paths()) == 1


@pytest.mark.parametrize("status", [409, 423])
def test_an_issue_that_is_being_changed_is_a_failure_that_may_be_tried_again(site, status):
    number = site.add()
    site.script.append(("PUT", number, (status, {}, {"errorMessages": ["busy"]})))
    assert _send(site.connector(), _amber(number))[0].outcome is Outcome.FAILED


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_a_write_ambiguous_and_sent_once(site, status):
    number = site.add()
    site.script.append(("PUT", number, (status, {}, {})))
    assert _send(site.connector(), _amber(number))[0].outcome is Outcome.AMBIGUOUS
    assert len(site.paths()) == 1


def test_refused_credentials_are_fatal(site):
    number = site.add()
    site.denied = True
    with pytest.raises(FatalError):
        _send(site.connector(), _amber(number))


def test_a_write_that_jira_has_no_shape_for_is_refused(site):
    (receipt,) = _send(site.connector(), _write("", WriteKind.UPSERT, {"a": 1}, external_id="R-1"))
    assert receipt.outcome is Outcome.REFUSED
    assert site.log == []


# transitions ------------------------------------------------------------------------------------------------------


def _to(target, status):
    return _write(target, WriteKind.TRANSITION, {"status": status})


def test_a_status_that_is_there_already_needs_no_transition(site):
    number = site.add(status="Done")
    assert _send(site.connector(), _to(number, "done"))[0].outcome is Outcome.DONE
    assert site.paths() == [f"GET issue/{number}"]


def test_a_straight_transition_is_two_requests(site):
    number = site.add(status="In Progress")
    assert _send(site.connector(), _to(number, "Done"))[0].outcome is Outcome.DONE
    assert site.issues[number]["fields"]["status"] == "Done"
    assert len(site.paths()) == 2


def test_a_status_between_is_stepped_through(site):
    number = site.add(status="To Do")
    assert _send(site.connector(), _to(number, "Done"))[0].outcome is Outcome.DONE
    assert site.issues[number]["fields"]["status"] == "Done"


def test_a_status_that_no_workflow_has_is_refused_without_a_step_naming_the_ways_there_are(site):
    number = site.add(status="To Do")
    (receipt,) = _send(site.connector(), _to(number, "Archived"))
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.message == (
        "no workflow of project NIM has a status Archived; transitions there are: Go to In Progress (to In Progress)"
    )
    assert site.issues[number]["fields"]["status"] == "To Do"


def test_steps_that_led_nowhere_are_told(site):
    site.states_statuses = False
    number = site.add(status="To Do")
    (receipt,) = _send(site.connector(), _to(number, "Archived"))
    assert receipt.outcome is Outcome.REFUSED
    assert "It was brought from To Do to In Progress on the way" in receipt.message


def _state(status, category, *offers):
    def offer(number, name, to_category, **fields):
        to = {"name": name, "id": number, "statusCategory": {"key": to_category}}
        return {"id": number, "name": f"To {name}", "to": to, "fields": fields}

    shown = {"name": status, "id": "0", "statusCategory": {"key": category}}
    return {"fields": {"status": shown}, "transitions": [offer(*o[:3], **(o[3] if len(o) > 3 else {})) for o in offers]}


def _refusal(site, state, wanted):
    site.states_statuses = False
    number = site.add()
    site.script.append(("GET", f"issue/{number}", (200, {}, state)))
    (receipt,) = _send(site.connector(), _to(number, wanted))
    return receipt, [p for p in site.paths() if p.startswith("POST")]


def test_no_step_between_goes_through_done_or_demands_a_field(site):
    needs = {"resolution": {"required": True}}
    state = _state("Open", "new", ("21", "Closed", "done"), ("22", "Review", "indeterminate", needs))
    receipt, posts = _refusal(site, state, "Waiting")
    assert receipt.outcome is Outcome.REFUSED
    assert posts == []
    assert "To Closed (to Closed), To Review (to Review)" in receipt.message


def test_without_any_transition_the_permission_is_suspected(site):
    receipt, posts = _refusal(site, _state("Open", "new"), "Done")
    assert "permission Transition Issues?" in receipt.message
    assert posts == []


def test_a_transition_that_cannot_be_taken_now_is_not_taken(site):
    state = _state("Open", "new", ("21", "Done", "done"))
    state["transitions"][0]["isAvailable"] = False
    receipt, posts = _refusal(site, state, "Done")
    assert receipt.outcome is Outcome.REFUSED
    assert posts == []


def test_a_workflow_that_goes_round_is_left(site):
    site.states_statuses = False
    number = site.add()
    states = [("A", "B"), ("B", "C"), ("C", "D"), ("D", "E"), ("E", "F")]
    for here, there in states:
        site.script.append(("GET", f"issue/{number}", (200, {}, _state(here, "new", ("21", there, "new")))))
        site.script.append(("POST", "transitions", (204, {}, None)))
    (receipt,) = _send(site.connector(), _to(number, "Z"))
    assert receipt.outcome is Outcome.REFUSED
    assert len([p for p in site.paths() if p.startswith("POST")]) == 4
    assert "within 4 steps" in receipt.message


# transitions that the mapping names ------------------------------------------------------------------------------


def _along(target, *moves):
    return _write(target, WriteKind.TRANSITION, {"status": moves[-1].to}, moves=moves)


def test_named_steps_are_gone_one_after_the_other(site):
    number = site.add(status="To Do")
    moves = (Move(name="start", to="In Progress"), Move(name="close", to="Done"))
    assert _send(site.connector(), _along(number, *moves))[0].outcome is Outcome.DONE
    assert site.issues[number]["fields"]["status"] == "Done"
    assert [p for p in site.paths() if p.startswith("POST")] == [f"POST issue/{number}/transitions"] * 2


def test_a_step_that_was_gone_before_is_not_gone_again(site):
    number = site.add(status="In Progress")
    moves = (Move(name="start", to="In Progress"), Move(name="close", to="Done"))
    assert _send(site.connector(), _along(number, *moves))[0].outcome is Outcome.DONE
    assert len([p for p in site.paths() if p.startswith("POST")]) == 1


def test_a_named_step_that_the_workflow_does_not_offer_is_refused_by_its_name(site):
    number = site.add(status="To Do")
    (receipt,) = _send(site.connector(), _along(number, Move(name="close", to="Archived")))
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.message.startswith("transition close: To Do does not lead to Archived; transitions there are: ")


NEEDS = {
    "resolution": {"required": True, "allowedValues": [{"id": "7", "name": "Shelved"}, {"id": "9", "name": "Fixed"}]}
}


def _filled(site, **fields):
    number = site.add()
    state = _state("Open", "new", ("21", "Done", "done", NEEDS))
    site.script.append(("GET", f"issue/{number}", (200, {}, state)))
    site.script.append(("POST", "transitions", (204, {}, None)))
    (receipt,) = _send(site.connector(), _along(number, Move(name="close", to="Done", fields=fields)))
    return receipt, [body for method, _, _, body in site.log if method == "POST"]


def test_what_a_step_wants_filled_in_is_filled_in_by_the_name_of_its_value(site):
    receipt, bodies = _filled(site, resolution="fixed")
    assert receipt.outcome is Outcome.DONE
    assert bodies == [{"transition": {"id": "21"}, "fields": {"resolution": {"id": "9"}}}]


def test_a_field_that_a_step_wants_and_the_mapping_does_not_name_is_told(site):
    receipt, bodies = _filled(site)
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.message == "transition close needs resolution to be filled in: add that to its fields in the mapping"
    assert bodies == []
